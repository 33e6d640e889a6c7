//! The tasks of the server, one function each.

use super::engine::Engine;
use super::error::JobError;
use super::settings::micros;
use super::work::{Run, Taken};
use super::{order_steps, policy_steps, role_steps};
use crate::error::ServerError;
use crate::expressions::{ExpressionOptions, update_expressions};
use crate::flags::set_recently_modified_flag;
use crate::options::{SynchroniseOptions, Watch};
use crate::synchronise::{self, Synchronised};
use provost_model::configuration::jobs::{LogLevel, TaskKind};
use provost_model::summary::{ChangeSetName, ErrorReport, State, Summary};
use provost_model::work::{InstanceState, TaskContext, TaskOutcome, TaskProgress};
use provost_store::{Follower, KeyChangeLog, Session, StoreError, WriteTx};

/// Resources evaluated at once when the task does not say (`BatchSelectSize`).
const BATCH: usize = 10_000;

/// Runs a task.
pub(super) fn run(engine: &Engine, taken: &Taken, context: &dyn TaskContext) -> TaskOutcome {
    context.progress(&TaskProgress { stage: taken.row.task.clone(), ..TaskProgress::default() });
    let done = match taken.stored.task.kind {
        TaskKind::Synchronize => synchronise(engine, taken, context),
        TaskKind::SetRecentlyModifiedFlag => flags(engine, taken, context),
        TaskKind::UpdateEntityPropertyExpressions => expressions(engine, taken, context),
        TaskKind::CleanDatabase => clean(engine, taken, context),
        TaskKind::MaintainIndexes => maintain(engine),
        TaskKind::ManageConfigurationIndexes => indexes(engine, taken, context),
        TaskKind::ResetValidFrom => reset_valid_from(engine, taken, context),
        TaskKind::ComputeCorrelationKeys => policy_steps::correlation_keys(engine, taken, context),
        TaskKind::ComputeRoleModel => policy_steps::role_model(engine, taken, context),
        TaskKind::ComputeRiskScores => policy_steps::risk_scores(engine, taken, context),
        TaskKind::BuildRoleModel => role_steps::build(engine, taken, context),
        TaskKind::GetRoleMining => role_steps::mine(engine, taken, context),
        TaskKind::UpdateClassification => policy_steps::classification(engine, taken, context),
        TaskKind::GenerateProvisioningOrders => order_steps::generate_orders(engine, taken, context),
        TaskKind::SavePreExistingAccessRights => policy_steps::pre_existing(engine, taken),
        kind => match engine.handed_out(taken) {
            Ok(work) => Ok(engine.tasks.run(&work, context).unwrap_or_else(|| TaskOutcome::not_available(kind))),
            Err(error) => Err(error),
        },
    };
    done.unwrap_or_else(|error| TaskOutcome::errored(error.report()))
}

pub(super) fn actor(taken: &Taken) -> String {
    format!("job {}", taken.job.job)
}

pub(super) fn completed(produced: bool) -> TaskOutcome {
    TaskOutcome { state: InstanceState::Completed, produced, ..TaskOutcome::default() }
}

/// Processes what waits for the connector; first of all what somebody approved.
fn synchronise(engine: &Engine, taken: &Taken, context: &dyn TaskContext) -> Result<TaskOutcome, JobError> {
    let Some(connector) = taken.row.connector.clone() else {
        return Ok(TaskOutcome::errored(ErrorReport {
            code: "no-connector".to_owned(),
            message: format!("task \"{}\" names no connector", taken.row.task),
            hint: Some("set Connector on the task and deploy it".to_owned()),
        }));
    };
    let task = &taken.stored.task;
    let began = taken.row.started_at.unwrap_or(taken.row.created_at);
    let forced = taken.stored.forced || task.is("ForceSynchronization");
    let mut options = SynchroniseOptions {
        connector: connector.clone(),
        actor: actor(taken),
        force: forced.then(|| format!("job {}, requested by {}", taken.job.job, taken.job.requested_by)),
        keep_changes: task.is("DoNotDeleteChanges"),
        orphans: task.is("Orphans"),
        retention: engine.settings().retention,
        now_micros: engine.now(),
        watch: watch(engine, taken),
    };
    if let Some(approval) = taken.approval() {
        let as_approver =
            SynchroniseOptions { actor: approval.by.clone(), force: Some(approval.reason.clone()), ..options.clone() };
        match synchronise::validate(&engine.store, &engine.folders, &as_approver, &approval.change_set) {
            Ok(_) => context.log(LogLevel::Information, &format!("{} approved {}", approval.by, approval.change_set)),
            Err(ServerError::ChangeSetDiffers { found, approved }) => {
                return Ok(blocked_anew(
                    &connector,
                    &ServerError::ChangeSetDiffers { found: found.clone(), approved },
                    found,
                ));
            }
            // A server that died behind the commit has done it.
            Err(error) if !is_applied(engine, &connector, began, &approval.change_set)? => return Err(error.into()),
            Err(_) => {}
        }
        options.now_micros = engine.now();
    }
    let last = synchronise::synchronise(&engine.store, &engine.folders, &options)?;
    let applied: Vec<Session> = engine.store.read(|tx| tx.applied_sessions(&connector, began))?;
    let summary = total(&connector, &applied, last.as_ref());
    if let Some(last) = &last {
        report(last, context);
    }
    let produced = changed(&summary);
    applied.iter().for_each(|_| engine.count_session("applied"));
    if summary.state == State::Blocked {
        engine.count_session("blocked");
    }
    Ok(TaskOutcome::of(summary, produced))
}

/// Tells the stages of a synchronisation in the log and to whoever watches.
pub(super) fn watch(engine: &Engine, taken: &Taken) -> Watch {
    let (engine, taken) = (engine.clone(), taken.clone());
    Watch::new(move |stage, rows| {
        let context = Run { engine: &engine, taken: &taken };
        let text = match rows {
            Some(rows) => format!("{stage}: {rows} rows"),
            None => stage.to_owned(),
        };
        context.log(LogLevel::Information, &text);
        let rows = rows.unwrap_or_default();
        context.progress(&TaskProgress { stage: stage.to_owned(), rows, ..TaskProgress::default() });
    })
}

fn is_applied(engine: &Engine, connector: &str, since: i64, change_set: &str) -> Result<bool, JobError> {
    let sessions: Vec<Session> = engine.store.read(|tx| tx.applied_sessions(connector, since))?;
    let this = |s: &Session| s.change_set_hash.as_deref() == Some(change_set);
    Ok(sessions.iter().any(this))
}

/// The repository or the files have changed since the approval: another decision is needed.
fn blocked_anew(connector: &str, error: &ServerError, found: String) -> TaskOutcome {
    TaskOutcome {
        state: InstanceState::Blocked,
        error: Some(error.report()),
        summary: Some(Summary {
            connector: connector.to_owned(),
            state: State::Blocked,
            change_set: Some(ChangeSetName { hash: found }),
            ..Summary::default()
        }),
        ..TaskOutcome::default()
    }
}

/// One summary for all sessions that a task has applied, also before it was interrupted, with the state of the last one.
fn total(connector: &str, applied: &[Session], last: Option<&Synchronised>) -> Summary {
    let mut total = Summary { connector: connector.to_owned(), ..Summary::default() };
    let summaries = applied.iter().filter_map(|s| serde_json::from_str::<Summary>(s.summary.as_deref()?).ok());
    summaries.for_each(|summary| total.add(&summary));
    match last {
        // What was not applied is not among the sessions, and is what matters.
        Some(last) if last.summary.state == State::Blocked => last.summary.clone(),
        _ => total,
    }
}

fn changed(summary: &Summary) -> bool {
    summary.entity_types.values().any(|c| c.inserted + c.updated + c.deleted > 0)
        || summary.associations.values().any(|c| c.inserted + c.deleted + c.links_created + c.links_removed > 0)
}

/// Findings for the log.
fn report(done: &Synchronised, context: &dyn TaskContext) {
    const SHOWN: usize = 100;
    for problem in done.problems.iter().take(SHOWN) {
        let line = if problem.line > 0 { format!(" line {}", problem.line) } else { String::new() };
        let message = format!("{}{line}: {} ({})", problem.table, problem.reason, problem.remedy);
        context.log(LogLevel::Warning, &message);
    }
}

fn flags(engine: &Engine, taken: &Taken, context: &dyn TaskContext) -> Result<TaskOutcome, JobError> {
    let marked = set_recently_modified_flag(&engine.store, &actor(taken))?;
    context.log(LogLevel::Information, &format!("{marked} resources are marked as modified"));
    // What only lost something has no flag, nor has what is gone itself; the policy follows both all the same.
    let is_followed = engine.store.read(|tx| {
        let freed = tx.key_change_log()?;
        Ok::<_, StoreError>(!tx.data_changes(Follower::Owners)?.is_empty() || freed != KeyChangeLog::default())
    })?;
    // A task that begins again may have marked them before it was interrupted.
    Ok(completed(marked > 0 || is_followed || taken.row.attempts > 1))
}

fn expressions(engine: &Engine, taken: &Taken, context: &dyn TaskContext) -> Result<TaskOutcome, JobError> {
    let task = &taken.stored.task;
    let entity_types = if task.is("AllEntityType") { Vec::new() } else { task.entity_types.clone() };
    if entity_types.is_empty() && !task.is("AllEntityType") {
        context.log(LogLevel::Warning, "the task lists no entity type, and AllEntityType is not set");
        return Ok(completed(false));
    }
    let batch = match task.number("BatchSelectSize") {
        0 => BATCH,
        rows => usize::try_from(rows).unwrap_or(BATCH),
    };
    let options =
        ExpressionOptions { entity_types, dirty: task.dirty, batch, actor: actor(taken), now_micros: engine.now() };
    let done = update_expressions(&engine.store, &options)?;
    let mut changed = 0;
    for (entity_type, read, values) in &done.types {
        changed += values;
        context.log(LogLevel::Information, &format!("{entity_type}: {values} values changed in {read} resources"));
    }
    for problem in done.problems.iter().take(100) {
        context.log(LogLevel::Warning, &format!("{}: {} ({})", problem.table, problem.reason, problem.remedy));
    }
    let state = if done.problems.is_empty() { InstanceState::Completed } else { InstanceState::Warning };
    Ok(TaskOutcome { state, ..completed(changed > 0) })
}

/// Closes what is stuck, and forgets what ended long ago.
fn clean(engine: &Engine, taken: &Taken, context: &dyn TaskContext) -> Result<TaskOutcome, JobError> {
    let closed = engine.close_stuck(taken.job.id)?;
    for id in &closed {
        context.log(LogLevel::Warning, &format!("job instance {id} was stuck and is closed"));
    }
    let before = engine.now() - micros(engine.settings().history);
    let reason = "job instances that ended long ago";
    let gone = engine.store.write(&actor(taken), reason, |tx| {
        tx.lock_jobs()?;
        tx.forget_job_instances(before)
    });
    let gone = gone.map_err(|error: StoreError| error)?;
    engine.logs.remove(&gone)?;
    context.log(LogLevel::Information, &format!("{} old job instances are forgotten", gone.len()));
    Ok(completed(!closed.is_empty() || !gone.is_empty()))
}

fn maintain(engine: &Engine) -> Result<TaskOutcome, JobError> {
    engine.store.maintain()?;
    Ok(completed(true))
}

/// Makes the indexes that the deployed configuration needs and that are not there.
fn indexes(engine: &Engine, taken: &Taken, context: &dyn TaskContext) -> Result<TaskOutcome, JobError> {
    let there = engine.store.write(&actor(taken), "indexes of the configuration", WriteTx::ensure_indexes);
    let there = there.map_err(|error: StoreError| error)?;
    context.log(LogLevel::Information, &format!("{there} indexes of the configuration are there"));
    Ok(completed(true))
}

/// Lets the history of each resource begin at the beginning.
fn reset_valid_from(engine: &Engine, taken: &Taken, context: &dyn TaskContext) -> Result<TaskOutcome, JobError> {
    let reason = "the history of each resource begins at the beginning";
    let changed = engine.store.write(&actor(taken), reason, WriteTx::reset_valid_from);
    let changed = changed.map_err(|error: StoreError| error)?;
    context.log(LogLevel::Information, &format!("{changed} resources begin on 0001-01-01"));
    // A task that begins again may have done it before it was interrupted.
    Ok(completed(changed > 0 || taken.row.attempts > 1))
}
