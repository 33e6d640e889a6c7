//! What is forgotten at the end of a run, in its transaction.

use crate::error::ServerError;
use crate::files;
use crate::folders::Folders;
use crate::options::SynchroniseOptions;
use provost_store::WriteTx;

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// Forgets sessions of the connector, then runs of all connectors. The folders go first: what a crash leaves is a
/// session without its files, which is over and is forgotten by the next run.
pub(crate) fn apply(tx: &mut WriteTx, folders: &Folders, options: &SynchroniseOptions) -> Result<(), ServerError> {
    let retention = options.retention;
    if retention.sessions > 0 {
        let past = tx.past_sessions(&options.connector, retention.sessions)?;
        for session in &past {
            files::remove_folder(&folders.session(&session.id))?;
        }
        tx.forget_sessions(&past)?;
    }
    if retention.days > 0 {
        tx.forget_runs(options.now_micros - i64::from(retention.days) * DAY_MICROS)?;
    }
    Ok(())
}
