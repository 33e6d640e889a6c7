//! Excel.
use crate::error::ExportError;
use crate::export::{Driver, ExportRequest, Run};
use crate::settings::Settings;
use provost_model::Problem;
pub(crate) struct Excel;
impl Driver for Excel {
    fn check(&self, _: Settings<'_>) -> Vec<Problem> {
        Vec::new()
    }
    #[cfg(test)]
    fn effective(&self, _: Settings<'_>) -> serde_json::Value {
        serde_json::Value::Null
    }
    fn not_launched(&self, _: &ExportRequest<'_>) -> Option<String> {
        None
    }
    fn run(&self, _: &mut Run<'_>) -> Result<(), ExportError> {
        Ok(())
    }
}
