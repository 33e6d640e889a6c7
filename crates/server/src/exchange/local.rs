//! The server side as this very process: the repository and the work folders are at hand.

use super::{OpenRequest, Opened, PrepareMapping, SealedBefore, SessionHost, about};
use crate::error::ServerError;
use crate::files;
use crate::folders::Folders;
use crate::manifest::{MANIFEST, Manifest};
use crate::mapping::ConnectorMapping;
use crate::metadata;
use crate::previous::{read_manifest, write_manifest};
use crate::sessions::{self, SEAL};
use provost_model::fault;
use provost_model::summary::Mode;
use provost_model::work::InstanceState;
use provost_store::{ReadTx, Session, SessionState, Store, WriteTx};
use std::path::Path;

/// The repository and the work folders of this machine.
#[derive(Debug)]
pub struct LocalHost<'a> {
    /// The repository.
    pub store: &'a Store,
    /// The folders.
    pub folders: &'a Folders,
    /// Who prepares: for the journal, and the owner of the sessions.
    pub actor: String,
    /// Microseconds since 1970, UTC.
    pub now_micros: i64,
    /// Word of the lease of the task that it is prepared for, when a job wants it.
    pub lease: Option<String>,
}

impl SessionHost for LocalHost<'_> {
    fn mapping(&self, connector: &str) -> Result<PrepareMapping, ServerError> {
        let metadata = self.store.read(metadata::load)?;
        Ok(PrepareMapping::of(&ConnectorMapping::new(&metadata, connector)?))
    }

    fn is_accepted(&self, session: &str) -> Result<bool, ServerError> {
        let session: Option<Session> = self.store.read(|tx| tx.session(session))?;
        Ok(session.is_some_and(|s| !matches!(s.state, SessionState::Open | SessionState::Failed)))
    }

    fn open(&self, request: &OpenRequest) -> Result<Opened, ServerError> {
        if let Some(sealed) = self.sealed_before(&request.session)? {
            return Ok(Opened { sealed: Some(sealed), ..Opened::default() });
        }
        let known: Option<Session> = self.store.read(|tx| tx.session(&request.session))?;
        if known.is_none() {
            self.give_up_open(request)?;
        }
        let base_digest = self.store.read(|tx| base(tx, request))?;
        if known.is_some() {
            return Ok(Opened { base_digest, sealed: None });
        }
        let made = self.store.write(&self.actor, &about(request), |tx| {
            tx.create_session(&request.session, &request.connector, request.mode, &self.actor, self.now_micros)
        });
        if let Err(error) = made {
            // The same call may have come twice at the same time.
            let known: Option<Session> = self.store.read(|tx| tx.session(&request.session))?;
            known.ok_or(error)?;
        }
        // A folder that the repository does not know would stay for ever.
        let folder = self.folders.session(&request.session);
        std::fs::create_dir_all(&folder).map_err(ServerError::file("making folder", &folder))?;
        fault::point("session.opened");
        Ok(Opened { base_digest, sealed: None })
    }

    fn upload(&self, working: &Path, manifest: &Manifest) -> Result<(), ServerError> {
        let folder = self.folders.session(&manifest.session);
        for table in &manifest.tables {
            files::link_or_copy(&working.join(&table.file), &folder.join(&table.file))?;
            fault::point("session.file-uploaded");
        }
        Ok(())
    }

    /// The manifest is written last of all files, and a digest of it goes into the repository. A complete or initial
    /// session makes waiting ones of its connector moot: it says everything that they would have said. They are
    /// cancelled here, not when the session was opened, so that a prepare that fails costs nothing.
    fn seal(&self, manifest: &Manifest) -> Result<(), ServerError> {
        let id = &manifest.session;
        let folder = self.folders.session(id);
        let known: Option<Session> = self.store.read(|tx| tx.session(id))?;
        let given_up = || ServerError::Session {
            session: id.clone(),
            message: "it was given up by another run of the same connector".to_owned(),
        };
        let session = known.ok_or_else(given_up)?;
        if is_sealed(&session, manifest) {
            return Ok(());
        }
        write_manifest(&folder, manifest)?;
        // The repository will name this folder: a power cut must not take it away.
        folder.parent().map_or(Ok(()), files::sync_folder)?;
        let reason = format!("sealed {} session of connector {}", manifest.mode, manifest.connector);
        let seal = serde_json::json!({ SEAL: files::digest(&folder.join(MANIFEST))? }).to_string();
        self.store.write(&self.actor, &reason, |tx| {
            if manifest.mode != Mode::Incremental {
                tx.cancel_sessions_before(&manifest.connector, session.sequence, self.now_micros)?;
            }
            let base = manifest.base_digest.as_deref();
            if tx.seal_session(id, base, Some(&manifest.new_digest), self.now_micros)? {
                if let Some(lease) = &self.lease
                    && !tx.note_session(lease, id)?
                {
                    return Err(ServerError::LeaseLost { session: id.clone() });
                }
                return Ok(tx.set_session_summary(id, &seal)?);
            }
            // The same call may have come twice at the same time.
            match tx.session(id)? {
                Some(other) if is_sealed(&other, manifest) => Ok(()),
                _ => Err(given_up()),
            }
        })
    }

    fn abandon(&self, session: &str) {
        let known: Result<Option<Session>, _> = self.store.read(|tx| tx.session(session));
        if known.is_ok_and(|known| known.is_none_or(|known| known.state != SessionState::Open)) {
            return;
        }
        let fail =
            |tx: &mut WriteTx| tx.set_session_state(session, SessionState::Open, SessionState::Failed, self.now_micros);
        let remove = |was_open| match was_open {
            true => files::remove_folder(&self.folders.session(session)),
            false => Ok(()),
        };
        let outcome =
            self.store.write(&self.actor, "abandoned session", fail).map_err(ServerError::from).and_then(remove);
        if let Err(error) = outcome {
            tracing::warn!(session, %error, "the files of an abandoned session could not be removed");
        }
    }
}

impl LocalHost<'_> {
    /// What an earlier run of the same task has put into the queue. One that can never be applied does not count.
    fn sealed_before(&self, session: &str) -> Result<Option<SealedBefore>, ServerError> {
        let Some(lease) = &self.lease else { return Ok(None) };
        let known = self.store.read(|tx| {
            let task = tx.task_under_lease(lease)?.filter(|task| task.state == InstanceState::InProgress);
            let task = task.ok_or_else(|| ServerError::LeaseLost { session: session.to_owned() })?;
            let before = task.session.map(|before| tx.session(&before)).transpose()?;
            Ok::<_, ServerError>(before.flatten())
        })?;
        let Some(before) = known.filter(|before| before.state != SessionState::Failed) else { return Ok(None) };
        let manifest = read_manifest(&self.folders.session(&before.id)).ok().flatten();
        Ok(Some(SealedBefore { session: before.id, manifest }))
    }

    /// Gives up sessions of the connector that a crash left open. Their runs are over: the caller prepares one at a
    /// time. A call that was long under way must not end a run that began after it.
    fn give_up_open(&self, request: &OpenRequest) -> Result<(), ServerError> {
        let open: Vec<Session> = self.store.read(|tx| tx.sessions_in(SessionState::Open))?;
        let others: Vec<Session> =
            open.into_iter().filter(|s| s.connector == request.connector && s.id != request.session).collect();
        if others.iter().any(|s| s.opened_by == self.actor && began_before(&request.session, &s.id)) {
            return Err(ServerError::Session {
                session: request.session.clone(),
                message: "another run of the same connector has begun after it".to_owned(),
            });
        }
        for session in others {
            self.store.write(&self.actor, "gave up a session that was never sealed", |tx| {
                tx.set_session_state(&session.id, SessionState::Open, SessionState::Failed, self.now_micros)
            })?;
            files::remove_folder(&self.folders.session(&session.id))?;
        }
        Ok(())
    }
}

/// Whether a session was accepted with this very manifest.
fn is_sealed(session: &Session, manifest: &Manifest) -> bool {
    let same = session.new_digest.as_deref() == Some(&manifest.new_digest);
    same && !matches!(session.state, SessionState::Open | SessionState::Failed)
}

/// Whether a session was named before another one, as far as their names tell.
fn began_before(one: &str, other: &str) -> bool {
    let time = |name: &str| uuid::Uuid::parse_str(name).ok().filter(|id| id.get_version_num() == 7);
    matches!((time(one), time(other)), (Some(one), Some(other)) if one < other)
}

/// The state that an incremental run starts from: that of the last session in the queue, else the one applied last.
/// Refuses incremental runs of a blocked connector, and first loads that are none.
fn base(tx: &mut ReadTx, request: &OpenRequest) -> Result<Option<String>, ServerError> {
    match request.mode {
        Mode::Complete => return Ok(None),
        // Told before `previous` is replaced by a state that will not be applied.
        Mode::Initial => {
            ConnectorMapping::new(&metadata::load(tx)?, &request.connector)?.must_be_empty(tx)?;
            return Ok(None);
        }
        Mode::Incremental => {}
    }
    let connector = &request.connector;
    let queued = tx.unfinished_sessions(connector)?;
    if let Some(blocked) = queued.iter().find(|s| s.state == SessionState::Blocked) {
        return Err(ServerError::ConnectorBlocked {
            connector: connector.clone(),
            hash: blocked.change_set_hash.clone().unwrap_or_default(),
        });
    }
    match queued.into_iter().rev().find(|s| s.state == SessionState::Sealed) {
        Some(last) => Ok(last.new_digest),
        None => sessions::without_gap(tx.last_digest(connector)?, connector),
    }
}
