//! Synchronisation sessions: a folder named by GUID for each prepared run, queued per connector (spec 13 §4.5).
//!
//! The folder is complete before the repository hears of it: the manifest is written last, then the session is sealed
//! in the repository, which gives it its place in the queue. A session that was never sealed is never processed.

use crate::error::ServerError;
use crate::files;
use crate::folders::Folders;
use crate::manifest::{Delivery, MANIFEST, Manifest};
use crate::options::SynchroniseOptions;
use provost_model::summary::Mode;
use provost_store::{Session, SessionState, Store};
use std::path::Path;

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
pub(crate) const SEAL: &str = "manifestDigest";

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
