//! The synchronise step: difference, thresholds, apply (spec 13 §5 to §7).
//!
//! One transaction holds everything that happens to a session: its change tables, the decision, the changes
//! themselves, its new state and the digest that the next incremental run starts from. A crash at any instant leaves
//! the session as it was, to be processed again; a repeated call finds it processed.

use crate::error::ServerError;
use crate::folders::Folders;
use crate::guard;
use crate::manifest::{Delivery, Manifest};
use crate::mapping::ConnectorMapping;
use crate::options::SynchroniseOptions;
use crate::previous::read_manifest;
use crate::shown::{self, ShownChange};
use crate::stage::{self, Staged};
use crate::verified::{self, Verification};
use crate::{metadata, retention, sessions};
use provost_model::fault;
use provost_model::metadata::Metadata;
use provost_model::summary::{ChangeSetName, Mode, State, Summary};
use provost_store::{ApplyPlan, RunId, Session, SessionState, Store, WriteTx};
use std::path::Path;

/// Change rows shown of each table and command of a blocked run.
const SAMPLE: usize = 5;

/// What became of a session.
#[derive(Clone, Debug, Default)]
pub struct Synchronised {
    /// Counters, thresholds, causes.
    pub summary: Summary,
    /// Change rows that matter, when it was blocked.
    pub changes: Vec<ShownChange>,
    /// Findings, bounded.
    pub problems: Vec<crate::manifest::RowProblem>,
}

/// Processes the waiting sessions of a connector in their order, until there are none or one is blocked. The result is
/// that of the last one; `None` when nothing waits.
///
/// # Errors
/// When a session's files are damaged, an incremental session does not fit the repository, or the database fails. The
/// repository is then as it was.
pub fn synchronise(
    store: &Store,
    folders: &Folders,
    options: &SynchroniseOptions,
) -> Result<Option<Synchronised>, ServerError> {
    ConnectorMapping::new(&store.read(metadata::load)?, &options.connector)?;
    sessions::sweep(store, folders)?;
    let mut last = None;
    loop {
        let queued: Vec<Session> = store.read(|tx| tx.unfinished_sessions(&options.connector))?;
        let next = queued.into_iter().find(|s| matches!(s.state, SessionState::Sealed | SessionState::Blocked));
        let Some(session) = next else { return Ok(last) };
        if session.state == SessionState::Blocked && options.force.is_none() {
            return Ok(Some(last.unwrap_or_else(|| blocked_before(&session))));
        }
        let done = process(store, folders, &session, options, None)
            .inspect_err(|error| sessions::fail(store, &session, error, options))?;
        let stop = done.summary.state == State::Blocked;
        last = Some(done);
        if stop {
            return Ok(last);
        }
    }
}

/// Releases a blocked session by the name of its change set. The change set is computed anew: if it is not the one that
/// was approved, because the repository has changed in between, nothing is applied.
///
/// # Errors
/// When no blocked session has this name, when its change set differs now, and as [`synchronise`].
pub fn validate(
    store: &Store,
    folders: &Folders,
    options: &SynchroniseOptions,
    change_set: &str,
) -> Result<Synchronised, ServerError> {
    ConnectorMapping::new(&store.read(metadata::load)?, &options.connector)?;
    let blocked: Vec<Session> = store.read(|tx| -> Result<Vec<Session>, ServerError> {
        let mut queued = tx.unfinished_sessions(&options.connector)?;
        queued.retain(|s| s.state == SessionState::Blocked);
        Ok(queued)
    })?;
    let session = blocked.iter().find(|s| s.change_set_hash.as_deref() == Some(change_set));
    let Some(session) = session else {
        return Err(ServerError::UnknownChangeSet {
            connector: options.connector.clone(),
            hash: change_set.to_owned(),
            known: blocked.into_iter().filter_map(|s| s.change_set_hash).collect(),
        });
    };
    process(store, folders, session, options, Some(change_set))
}

/// The stored result of a session that was blocked earlier.
fn blocked_before(session: &Session) -> Synchronised {
    let summary: Summary =
        session.summary.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    Synchronised { summary: Summary { state: State::Blocked, ..summary }, ..Synchronised::default() }
}

/// Processes one session. What goes wrong before it is done is due to another process when that has processed the
/// session meanwhile: it removes the files, for one.
fn process(
    store: &Store,
    folders: &Folders,
    session: &Session,
    options: &SynchroniseOptions,
    approved: Option<&str>,
) -> Result<Synchronised, ServerError> {
    let mut committed = false;
    process_alone(store, folders, session, options, approved, &mut committed).map_err(|error| {
        let is_ours = committed || matches!(error, ServerError::Store(_));
        let now = if is_ours { None } else { store.read(|tx| tx.session(&session.id)).ok().flatten() };
        match now.filter(|now| now.state != session.state) {
            Some(_) => overtaken(session),
            None => error,
        }
    })
}

fn process_alone(
    store: &Store,
    folders: &Folders,
    session: &Session,
    options: &SynchroniseOptions,
    approved: Option<&str>,
    committed: &mut bool,
) -> Result<Synchronised, ServerError> {
    let folder = folders.session(&session.id);
    let manifest = sealed_manifest(&folder, session)?;
    let reason = reason(options, &manifest, approved);
    let mut differs = None;
    let done = verified::while_verifying(&folder, &manifest, session, |verified| {
        let work = |tx: &mut WriteTx| {
            // From here on nobody deploys another mapping, applies another session or cancels this one.
            tx.lock_repository()?;
            let metadata = metadata::load(tx)?;
            let mapping = ConnectorMapping::new(&metadata, &options.connector)?;
            check(tx, session, &mapping, &manifest)?;
            // Each run has an instant of its own behind that of the one before, however the clock goes: history would
            // take two runs of one instant for one.
            let now_micros = options.now_micros.max(tx.latest_run_at()? + 1);
            let options = &SynchroniseOptions { now_micros, ..options.clone() };
            let work = Work {
                metadata: &metadata,
                mapping: &mapping,
                manifest: &manifest,
                session,
                options,
                folder: &folder,
                folders,
                before_apply: &|_, _| Ok(()),
            };
            let done = work.run(tx, approved, verified)?;
            if let (Some(approved), State::Blocked) = (approved, done.summary.state) {
                let found = done.summary.change_set.as_ref().map(|c| c.hash.clone()).unwrap_or_default();
                differs = Some(ServerError::ChangeSetDiffers { approved: approved.to_owned(), found });
            }
            Ok(done)
        };
        match is_direct(&manifest, options) {
            true => store.load(&options.actor, &reason, work),
            false => store.write(&options.actor, &reason, work),
        }
    })?;
    *committed = true;
    fault::point("synchronise.committed");
    if done.summary.state != State::Blocked {
        crate::files::remove_folder(&folder)?;
    }
    match differs {
        Some(error) => Err(error),
        None => Ok(done),
    }
}

/// Processes what was prepared for a plan, as [`synchronise`] would, inside a transaction that is given up: change sets
/// that exceed thresholds are taken for approved. `before_apply` is told the run once its change set is complete.
pub(crate) fn suppose(
    tx: &mut WriteTx,
    folders: &Folders,
    manifest: &Manifest,
    options: &SynchroniseOptions,
    before_apply: &BeforeApply<'_>,
) -> Result<Synchronised, ServerError> {
    let (id, now) = (&manifest.session, options.now_micros);
    tx.create_session(id, &manifest.connector, manifest.mode, &options.actor, now)?;
    tx.seal_session(id, None, Some(&manifest.new_digest), now)?;
    let unknown = || ServerError::Session { session: id.clone(), message: "it is not in the repository".to_owned() };
    let session = tx.session(id)?.ok_or_else(unknown)?;
    let metadata = metadata::load(tx)?;
    let mapping = ConnectorMapping::new(&metadata, &manifest.connector)?;
    check(tx, &session, &mapping, manifest)?;
    let options = &SynchroniseOptions { now_micros: now.max(tx.latest_run_at()? + 1), ..options.clone() };
    let folder = &folders.session(id);
    let (metadata, mapping, session) = (&metadata, &mapping, &session);
    let work = Work { metadata, mapping, manifest, session, options, folder, folders, before_apply };
    verified::while_verifying(folder, manifest, session, |verified| work.run(tx, None, verified))
}

/// What the journal says.
fn reason(options: &SynchroniseOptions, manifest: &Manifest, approved: Option<&str>) -> String {
    let connector = &options.connector;
    match (approved, &options.force) {
        (Some(hash), reason) => {
            let why = reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default();
            format!("approved change set {hash} of connector {connector}{why}")
        }
        (None, Some(reason)) => format!("forced synchronisation of connector {connector}: {reason}"),
        (None, None) => format!("{} synchronisation of connector {connector}", manifest.mode),
    }
}

/// Whether the session may still be processed, and fits what is deployed and stored.
fn check(
    tx: &mut WriteTx,
    session: &Session,
    mapping: &ConnectorMapping,
    manifest: &Manifest,
) -> Result<(), ServerError> {
    let state = tx.session(&session.id)?.map(|s| s.state);
    if !matches!(state, Some(SessionState::Sealed | SessionState::Blocked)) {
        return Err(overtaken(session));
    }
    mapping.must_fit(manifest)?;
    check_base(tx, manifest)?;
    if manifest.mode == Mode::Initial {
        mapping.must_be_empty(tx)?;
    }
    Ok(())
}

fn overtaken(session: &Session) -> ServerError {
    ServerError::Overtaken { connector: session.connector.clone(), session: session.id.clone() }
}

/// Reads the manifest; what its files must be follows from it.
fn sealed_manifest(folder: &Path, session: &Session) -> Result<Manifest, ServerError> {
    let damaged = |message: String| ServerError::Session { session: session.id.clone(), message };
    let manifest =
        read_manifest(folder)?.ok_or_else(|| damaged(format!("its folder {} has no manifest", folder.display())))?;
    if session.new_digest.as_deref() != Some(manifest.new_digest.as_str()) || !sessions::seal_holds(session, folder)? {
        return Err(damaged("its manifest is not the one that was sealed".to_owned()));
    }
    Ok(manifest)
}

/// An incremental session applies only to the state that it was computed from.
fn check_base(tx: &mut WriteTx, manifest: &Manifest) -> Result<(), ServerError> {
    if manifest.mode != Mode::Incremental {
        return Ok(());
    }
    let held = sessions::without_gap(tx.last_digest(&manifest.connector)?, &manifest.connector)?;
    if !sessions::depends_on_state(manifest) {
        return Ok(());
    }
    if held == manifest.base_digest {
        return Ok(());
    }
    Err(ServerError::CompleteNeeded {
        message: format!(
            "the changes of session {} were computed from another state of connector \"{}\" than the repository holds",
            manifest.session, manifest.connector
        ),
    })
}

/// Whether the files go straight into the tables, so that only pairs that wait are left to apply. Change tables that
/// somebody wants to keep must be made.
fn is_direct(manifest: &Manifest, options: &SynchroniseOptions) -> bool {
    manifest.mode == Mode::Initial && !options.keep_changes
}

/// Is told the run of a complete change set.
pub(crate) type BeforeApply<'a> = dyn Fn(&mut WriteTx, RunId) -> Result<(), ServerError> + 'a;

/// One session inside its transaction.
struct Work<'a> {
    metadata: &'a Metadata,
    mapping: &'a ConnectorMapping,
    manifest: &'a Manifest,
    session: &'a Session,
    options: &'a SynchroniseOptions,
    folder: &'a Path,
    folders: &'a Folders,
    before_apply: &'a BeforeApply<'a>,
}

impl Work<'_> {
    fn run(
        &self,
        tx: &mut WriteTx,
        approved: Option<&str>,
        verified: &Verification<'_>,
    ) -> Result<Synchronised, ServerError> {
        if let Some(run) = self.session.run {
            tx.clear_changes(run)?;
        }
        let run = tx.new_run(&self.mapping.connector, self.options.now_micros)?;
        let watch = &self.options.watch;
        watch.stage("Compare", None);
        let staged = if is_direct(self.manifest, self.options) {
            stage::load(tx, run, self.mapping, self.manifest, self.folder, self.options.now_micros)?
        } else {
            stage::stage(tx, run, self.mapping, self.manifest, self.folder)?
        };
        let resources: u64 = staged.entity_types.values().map(|c| c.rows).sum();
        let rows = resources + staged.associations.values().map(|c| c.rows).sum::<u64>();
        // Nothing is concluded from files that are not those that were sealed.
        watch.stage("Verify", Some(rows));
        verified.wait()?;
        fault::point("synchronise.staged");
        let looked_at = approved == Some(staged.hash.as_str()) || self.options.force.is_some();
        let mut done = self.judge(tx, &staged, looked_at)?;
        // The files that list findings and pairs without link.
        let reports = self.folders.synchronization();
        crate::findings::write(&reports, &self.mapping.connector, &done.problems)?;
        for problem in guard::stored_problems(&done.problems) {
            tx.insert_problem(run, &problem)?;
        }
        let may_go_on = done.summary.thresholds.is_empty()
            || self.manifest.mode == Mode::Initial
            || approved == Some(staged.hash.as_str())
            || (approved.is_none() && self.options.force.is_some());
        if !may_go_on {
            done.summary.state = State::Blocked;
            done.changes = shown::changes(tx, self.metadata, run, SAMPLE)?;
            let text = serde_json::to_string(&done.summary).map_err(std::io::Error::other)?;
            self.close(tx, run, &staged.hash, &text, SessionState::Blocked)?;
            return Ok(done);
        }
        if !done.summary.thresholds.is_empty() && done.problems.is_empty() {
            // Somebody has seen the causes, and decided.
            done.summary.state = State::Completed;
        }
        (self.before_apply)(tx, run)?;
        watch.stage("Apply", Some(rows));
        self.apply(tx, run)?;
        if self.options.orphans {
            crate::orphans::write(tx, self.mapping, &reports)?;
        }
        let text = serde_json::to_string(&done.summary).map_err(std::io::Error::other)?;
        self.close(tx, run, &staged.hash, &text, SessionState::Applied)?;
        retention::apply(tx, self.folders, self.options)?;
        fault::point("synchronise.applied");
        Ok(done)
    }

    fn close(
        &self,
        tx: &mut WriteTx,
        run: RunId,
        hash: &str,
        summary: &str,
        state: SessionState,
    ) -> Result<(), ServerError> {
        let id = &self.session.id;
        tx.set_session_changes(id, Some(run), Some(hash))?;
        tx.set_session_summary(id, summary)?;
        // Nothing of this transaction counts when somebody else has processed the session in the meantime.
        if self.session.state != state
            && !tx.set_session_state(id, self.session.state, state, self.options.now_micros)?
        {
            return Err(overtaken(self.session));
        }
        Ok(())
    }

    /// Counters, thresholds and causes. Causes that somebody has looked at make no warning.
    fn judge(&self, tx: &mut WriteTx, staged: &Staged, looked_at: bool) -> Result<Synchronised, ServerError> {
        let connector = &self.mapping.connector;
        let mut problems: Vec<_> = self.manifest.tables.iter().flat_map(|t| t.problems.clone()).collect();
        problems.extend(staged.problems.kept.iter().cloned());
        let mut summary = Summary {
            connector: connector.clone(),
            mode: Some(self.manifest.mode),
            change_set: Some(ChangeSetName { hash: staged.hash.clone() }),
            entity_types: staged.entity_types.clone(),
            associations: staged.associations.clone(),
            ..Summary::default()
        };
        if self.manifest.mode != Mode::Initial {
            summary.thresholds = guard::thresholds(self.metadata, connector, &staged.measured);
            summary.causes = guard::causes(tx, self.mapping, self.manifest, staged, &summary.thresholds)?;
        }
        if !problems.is_empty() || staged.problems.count > 0 || !(summary.causes.is_empty() || looked_at) {
            summary.state = State::Warning;
        }
        Ok(Synchronised { summary, problems, ..Synchronised::default() })
    }

    fn apply(&self, tx: &mut WriteTx, run: RunId) -> Result<(), ServerError> {
        let mut plan = ApplyPlan {
            now_micros: self.options.now_micros,
            dont_delete_changes: self.options.keep_changes,
            ..ApplyPlan::default()
        };
        if !is_direct(self.manifest, self.options) {
            let types = self.mapping.types.iter();
            plan.types = types.map(|t| (t.id, t.columns.iter().map(|c| c.slot).collect())).collect();
            plan.associations = self.mapping.associations.iter().map(|a| (a.association.id, a.place)).collect();
        }
        tx.apply_changes(run, &plan)?;
        tx.set_last_digest(&self.mapping.connector, &self.manifest.new_digest)?;
        if self.manifest.delivery == Delivery::Full || self.manifest.mode != Mode::Incremental {
            for table in &self.manifest.tables {
                let json = serde_json::to_string(&table.profile).map_err(std::io::Error::other)?;
                tx.set_table_profile(&self.mapping.connector, &table.name, &json)?;
            }
        }
        Ok(())
    }
}
