//! Transformations.
use crate::{ExportError, output::Staged};
use provost_model::{Problem, configuration::Connection};
pub(crate) fn check(_: &Connection) -> Vec<Problem> {
    Vec::new()
}
pub(crate) fn apply(
    _: &Connection,
    staged: Vec<Staged>,
    _: &mut [Problem],
) -> Result<Vec<Staged>, ExportError> {
    Ok(staged)
}
