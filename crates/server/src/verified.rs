//! The files of a session are held against their digests while they are being worked on.

use crate::error::ServerError;
use crate::files;
use crate::manifest::Manifest;
use provost_store::Session;
use std::cell::RefCell;
use std::path::Path;
use std::thread::{Builder, ScopedJoinHandle};

/// A check that goes on.
pub(crate) struct Verification<'scope> {
    check: RefCell<Option<ScopedJoinHandle<'scope, Result<(), ServerError>>>>,
}

impl Verification<'_> {
    /// Waits for the result. Asked again, it says nothing new.
    pub(crate) fn wait(&self) -> Result<(), ServerError> {
        let Some(check) = self.check.borrow_mut().take() else {
            return Ok(());
        };
        check.join().map_err(|_| std::io::Error::other("the verifying thread ended unexpectedly"))?
    }
}

/// Runs `work`, which waits for the check before anything of it may last. When a file is not the one that was sealed,
/// that is the error, whatever else went wrong because of it.
pub(crate) fn while_verifying<T>(
    folder: &Path,
    manifest: &Manifest,
    session: &Session,
    work: impl FnOnce(&Verification<'_>) -> Result<T, ServerError>,
) -> Result<T, ServerError> {
    std::thread::scope(|scope| {
        let check = move || verify(folder, manifest, &session.id);
        let thread = Builder::new().name("verify".to_owned()).spawn_scoped(scope, check)?;
        let verification = Verification { check: RefCell::new(Some(thread)) };
        let result = work(&verification);
        verification.wait().and(result)
    })
}

fn verify(folder: &Path, manifest: &Manifest, session: &str) -> Result<(), ServerError> {
    for table in &manifest.tables {
        if files::digest(&folder.join(&table.file))? != table.digest {
            return Err(ServerError::Session {
                session: session.to_owned(),
                message: format!("{} was changed after it was sealed", table.file),
            });
        }
    }
    Ok(())
}
