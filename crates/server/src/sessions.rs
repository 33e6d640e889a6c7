//! Synchronisation sessions: a folder named by GUID for each prepared run, queued per connector (spec 13 §4.5).
//!
//! The folder is complete before the repository hears of it: the manifest is written last, then the session is sealed
//! in the repository, which gives it its place in the queue. A session that was never sealed is never processed.

use crate::error::ServerError;
use crate::files;
use crate::folders::Folders;
use crate::manifest::{Delivery, MANIFEST, Manifest};
use crate::options::{PrepareOptions, SynchroniseOptions};
use crate::previous::write_manifest;
use provost_model::summary::Mode;
use provost_store::{Session, SessionState, Store, WriteTx};
use std::path::{Path, PathBuf};

/// A session that is being filled.
#[derive(Debug)]
pub(crate) struct OpenSession {
    pub(crate) id: String,
    folder: PathBuf,
    sequence: i64,
}

/// Begins the digest of a state that delivered changes lead to: nobody can compare it with files.
pub(crate) const CHANGES: &str = "changes:";

/// Begins the digest that stands for delivered changes that were lost.
const GAP: &str = "gap:";

/// Delivered changes are not delivered again: after a session of them that failed only a complete run helps.
pub(crate) fn without_gap(digest: Option<String>, connector: &str) -> Result<Option<String>, ServerError> {
    match digest.as_deref().and_then(|digest| digest.strip_prefix(GAP)) {
        None => Ok(digest),
        Some(lost) => Err(ServerError::CompleteNeeded {
            message: format!("the changes of session {lost} of connector \"{connector}\" could not be applied"),
        }),
    }
}

/// Whether the server side has accepted a session.
pub(crate) fn is_accepted(store: &Store, id: &str) -> Result<bool, ServerError> {
    let session: Option<Session> = store.read(|tx| tx.session(id))?;
    Ok(session.is_some_and(|s| !matches!(s.state, SessionState::Open | SessionState::Failed)))
}

/// The state that an incremental run starts from: that of the last session in the queue, else the one applied last.
/// Refuses incremental runs of a blocked connector.
pub(crate) fn base(store: &Store, options: &PrepareOptions) -> Result<Option<String>, ServerError> {
    if options.mode != Mode::Incremental {
        return Ok(None);
    }
    store.read(|tx| {
        let queued = tx.unfinished_sessions(&options.connector)?;
        if let Some(blocked) = queued.iter().find(|s| s.state == SessionState::Blocked) {
            return Err(ServerError::ConnectorBlocked {
                connector: options.connector.clone(),
                hash: blocked.change_set_hash.clone().unwrap_or_default(),
            });
        }
        match queued.into_iter().rev().find(|s| s.state == SessionState::Sealed) {
            Some(last) => Ok(last.new_digest),
            None => without_gap(tx.last_digest(&options.connector)?, &options.connector),
        }
    })
}

/// Notifies the server side of a run that is going to be prepared: makes the folder that takes its files.
pub(crate) fn open(store: &Store, folders: &Folders, options: &PrepareOptions) -> Result<OpenSession, ServerError> {
    let id = uuid::Uuid::now_v7().to_string();
    let reason = format!("{} session of connector {}", options.mode, options.connector);
    let session = store.write(&options.actor, &reason, |tx| {
        tx.create_session(&id, &options.connector, options.mode, options.now_micros)
    })?;
    // A folder that the repository does not know would stay for ever.
    let folder = folders.session(&id);
    std::fs::create_dir_all(&folder).map_err(ServerError::file("making folder", &folder))?;
    provost_model::fault::point("session.opened");
    Ok(OpenSession { id, folder, sequence: session.sequence })
}

impl OpenSession {
    /// Hands the files of `working` that the manifest names to the server side, the manifest last.
    pub(crate) fn upload(&self, working: &Path, manifest: &Manifest) -> Result<(), ServerError> {
        for table in &manifest.tables {
            files::link_or_copy(&working.join(&table.file), &self.folder.join(&table.file))?;
            provost_model::fault::point("session.file-uploaded");
        }
        write_manifest(&self.folder, manifest)?;
        // The repository will name this folder: a power cut must not take it away.
        self.folder.parent().map_or(Ok(()), files::sync_folder)
    }

    /// Puts the session in the queue. A complete or initial session makes waiting ones of its connector moot: it says
    /// everything that they would have said. They are cancelled here, not when the session was opened, so that a
    /// prepare that fails costs nothing.
    pub(crate) fn seal(&self, store: &Store, manifest: &Manifest, options: &PrepareOptions) -> Result<(), ServerError> {
        let reason = format!("sealed {} session of connector {}", manifest.mode, manifest.connector);
        let now = options.now_micros;
        let seal = serde_json::json!({ SEAL: files::digest(&self.folder.join(MANIFEST))? }).to_string();
        store.write(&options.actor, &reason, |tx| {
            if manifest.mode != Mode::Incremental {
                tx.cancel_sessions_before(&manifest.connector, self.sequence, now)?;
            }
            if tx.seal_session(&self.id, manifest.base_digest.as_deref(), Some(&manifest.new_digest), now)? {
                return Ok(tx.set_session_summary(&self.id, &seal)?);
            }
            Err(ServerError::Session {
                session: self.id.clone(),
                message: "it was given up by another run of the same connector".to_owned(),
            })
        })
    }

    /// Forgets a session that could not be prepared. What remains of it is harmless: nothing processes it.
    pub(crate) fn abandon(&self, store: &Store, options: &PrepareOptions) {
        let fail = |tx: &mut WriteTx| {
            tx.set_session_state(&self.id, SessionState::Open, SessionState::Failed, options.now_micros)
        };
        let outcome = store
            .write(&options.actor, "abandoned session", fail)
            .map_err(ServerError::from)
            .and_then(|was_open| if was_open { files::remove_folder(&self.folder) } else { Ok(()) });
        if let Err(error) = outcome {
            tracing::warn!(session = self.id, %error, "the files of an abandoned session could not be removed");
        }
    }
}

/// Takes a session that can never be applied out of the queue. Its folder stays, for inspection.
pub(crate) fn fail(store: &Store, session: &Session, error: &ServerError, options: &SynchroniseOptions) {
    let hopeless = matches!(
        error,
        ServerError::CompleteNeeded { .. } | ServerError::Session { .. } | ServerError::InitialNotEmpty { .. }
    );
    if !hopeless {
        return;
    }
    let reason = format!("session {} cannot be applied: {error}", session.id);
    let outcome = store.write(&options.actor, &reason, |tx| {
        let moved = tx.set_session_state(&session.id, session.state, SessionState::Failed, options.now_micros)?;
        if moved && session.new_digest.as_deref().is_some_and(|digest| digest.starts_with(CHANGES)) {
            tx.set_last_digest(&session.connector, &format!("{GAP}{}", session.id))?;
        }
        Ok::<(), ServerError>(())
    });
    if let Err(error) = outcome {
        tracing::warn!(session = session.id, %error, "the session stays in the queue");
    }
}

/// Gives up sessions of the connector that a crash left open. Their runs are over: the caller holds the lock.
pub(crate) fn give_up_open(store: &Store, folders: &Folders, options: &PrepareOptions) -> Result<(), ServerError> {
    let open: Vec<Session> = store.read(|tx| tx.sessions_in(SessionState::Open))?;
    for session in open.into_iter().filter(|s| s.connector == options.connector) {
        store.write(&options.actor, "gave up a session that was never sealed", |tx| {
            tx.set_session_state(&session.id, SessionState::Open, SessionState::Failed, options.now_micros)
        })?;
        files::remove_folder(&folders.session(&session.id))?;
    }
    Ok(())
}

/// Removes the folders of sessions that are over, which a crash may have left.
pub(crate) fn sweep(store: &Store, folders: &Folders) -> Result<(), ServerError> {
    let folder = folders.synchronization();
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(()) };
    for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
        let id = entry.file_name().to_string_lossy().into_owned();
        let session: Option<Session> = store.read(|tx| tx.session(&id))?;
        let over = |state| matches!(state, SessionState::Applied | SessionState::Cancelled);
        if session.is_some_and(|s| over(s.state)) {
            files::remove_folder(&entry.path())?;
        }
    }
    Ok(())
}

/// Name of the manifest's digest in the summary of a sealed session.
const SEAL: &str = "manifestDigest";

/// Whether the manifest in the folder is the one that was sealed. A session that was blocked has another summary: what
/// it may do is bound by the hash of its change set.
pub(crate) fn seal_holds(session: &Session, folder: &Path) -> Result<bool, ServerError> {
    let summary: Option<serde_json::Value> =
        session.summary.as_deref().and_then(|text| serde_json::from_str(text).ok());
    match summary.as_ref().and_then(|s| s[SEAL].as_str()) {
        Some(sealed) => Ok(files::digest(&folder.join(MANIFEST))? == sealed),
        None => Ok(session.state != SessionState::Sealed),
    }
}

/// Whether sessions of this kind depend on the state that the repository holds.
pub(crate) fn depends_on_state(manifest: &Manifest) -> bool {
    manifest.mode == Mode::Incremental && manifest.delivery == Delivery::Full
}
