//! Writing decisions into the books. Every function here runs inside a transaction that holds the lock of the books.

use super::decide::{Change, TaskView, decide};
use super::error::JobError;
use super::plan::StoredTask;
use provost_model::configuration::jobs::TaskKind;
use provost_model::summary::ErrorReport;
use provost_model::work::InstanceState;
use provost_store::{ConnectorState, JobInstance, TaskInstance, WriteTx};

/// What has ended, to be told when it is written down.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// Tasks that nobody ran to their end, by element and state.
    pub(super) tasks: Vec<(String, InstanceState)>,
    pub(super) jobs: Vec<JobInstance>,
}

impl Ended {
    /// Closes a task that nobody runs to its end.
    pub(super) fn close(
        &mut self,
        tx: &mut WriteTx,
        task: &TaskInstance,
        state: InstanceState,
        error: Option<&str>,
        now: i64,
    ) -> Result<(), JobError> {
        tx.close_task(task.id, state, error, now)?;
        self.tasks.push((task.kind.clone(), state));
        Ok(())
    }

    /// The job instance has ended.
    pub(super) fn job(&mut self, tx: &mut WriteTx, id: i64) -> Result<(), JobError> {
        self.jobs.extend(tx.job_instance(id)?);
        Ok(())
    }
}

/// Decides what follows from how the tasks of a job instance stand, and writes it down.
pub(super) fn settle(tx: &mut WriteTx, instance: i64, now: i64, ended: &mut Ended) -> Result<(), JobError> {
    let job = tx.job_instance(instance)?.ok_or(JobError::UnknownInstance { id: instance })?;
    if job.state.is_final() {
        return Ok(());
    }
    let rows = tx.task_instances(instance)?;
    let connectors = tx.connector_states()?;
    let mut views = Vec::with_capacity(rows.len());
    let mut switched_off = Vec::new();
    for row in &rows {
        let stored: StoredTask = serde_json::from_str(&row.definition).unwrap_or_default();
        if stored.deactivated {
            switched_off.push(row.id);
        }
        views.push(view(row, stored));
    }
    let connector_of = |id: i64| rows.iter().find(|r| r.id == id).and_then(|r| r.connector.as_deref());
    let hindrance =
        |task: &TaskView| hindrance(&job, task, connector_of(task.id), switched_off.contains(&task.id), &connectors);
    for change in decide(job.cancelled_by.is_some(), views, hindrance) {
        apply(tx, &job, &rows, change, now, ended)?;
    }
    Ok(())
}

fn view(row: &TaskInstance, stored: StoredTask) -> TaskView {
    TaskView {
        id: row.id,
        level: row.level,
        state: row.state,
        ready: row.ready_at.is_some(),
        approved: row.approval.is_some(),
        produced: row.produced,
        task: stored.task,
    }
}

fn apply(
    tx: &mut WriteTx,
    job: &JobInstance,
    rows: &[TaskInstance],
    change: Change,
    now: i64,
    ended: &mut Ended,
) -> Result<(), JobError> {
    let mut close = |tx: &mut WriteTx, id: i64, state, error: Option<&str>| match rows.iter().find(|r| r.id == id) {
        Some(row) => ended.close(tx, row, state, error, now),
        None => Ok(()),
    };
    match change {
        Change::Ready(id) => tx.set_task_waiting(id, Some(now))?,
        Change::Wait(id) => tx.set_task_waiting(id, None)?,
        Change::Skip(id, reason) => close(tx, id, InstanceState::Skipped, Some(&text(&reason)))?,
        Change::Cancel(id) => close(tx, id, InstanceState::Cancelled, None)?,
        Change::End(state) => {
            let stopped = rows.iter().find(|r| r.state == state && state != InstanceState::Warning);
            let error = stopped.and_then(|r| r.error.as_deref().map(|error| of_task(&r.task, error)));
            tx.set_job_state(job.id, state, error.as_deref(), now)?;
            ended.job(tx, job.id)?;
        }
    }
    Ok(())
}

/// The error of a task as that of its job.
fn of_task(task: &str, error: &str) -> String {
    let mut report: ErrorReport = serde_json::from_str(error).unwrap_or_default();
    report.message = format!("{task}: {}", report.message);
    text(&report)
}

/// An error report as the books keep it.
pub(super) fn text(report: &ErrorReport) -> String {
    serde_json::to_string(report).unwrap_or_default()
}

/// Tasks that a connector must not run while it is switched off.
const SWITCHED_OFF: &[TaskKind] = &[
    TaskKind::Export,
    TaskKind::PrepareSynchronization,
    TaskKind::Synchronize,
    TaskKind::GenerateProvisioningOrders,
    TaskKind::Fulfill,
];

/// Tasks that leave incremental jobs while their connector is blocked.
const BLOCKED: &[TaskKind] = &[TaskKind::Export, TaskKind::PrepareSynchronization, TaskKind::Synchronize];

/// Why a task must not run although its parents went well.
fn hindrance(
    job: &JobInstance,
    task: &TaskView,
    connector: Option<&str>,
    switched_off: bool,
    connectors: &[ConnectorState],
) -> Option<ErrorReport> {
    let kind = task.task.kind;
    if !kind.is_acted_on() {
        return provost_model::work::TaskOutcome::not_available(kind).error;
    }
    let connector = connector?;
    let known = connectors.iter().find(|c| c.connector == connector);
    if SWITCHED_OFF.contains(&kind) && known.and_then(|c| c.is_deactivated).unwrap_or(switched_off) {
        return Some(ErrorReport {
            code: "connector-deactivated".to_owned(),
            message: format!("connector \"{connector}\" is deactivated"),
            hint: Some("activate it when it may run again".to_owned()),
        });
    }
    let hash = known.filter(|c| c.blocked_since.is_some())?.blocked_by.clone().unwrap_or_default();
    (job.is_incremental && BLOCKED.contains(&kind)).then(|| ErrorReport {
        code: "connector-blocked".to_owned(),
        message: format!("connector \"{connector}\" is left out: change set {hash} blocks it"),
        hint: Some("resume the job that was blocked, or run the connector in complete mode".to_owned()),
    })
}
