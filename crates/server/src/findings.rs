//! Findings of a run as a file: what is wrong with the data, and what to do about it.

use crate::error::ServerError;
use crate::files;
use crate::manifest::RowProblem;
use provost_pipeline::csv::canonical::push_record;
use std::path::Path;

/// Writes `<connector>.findings.csv` into `folder`; removes the one of an earlier run when there is nothing to say.
pub(crate) fn write(folder: &Path, connector: &str, problems: &[RowProblem]) -> Result<(), ServerError> {
    let path = folder.join(format!("{connector}.findings.csv"));
    if problems.is_empty() {
        return files::remove_if_there(&path);
    }
    let mut text = Vec::new();
    push_record(&mut text, ["severity", "table", "line", "column", "value", "reason", "remedy"].map(str::as_bytes));
    for problem in problems {
        let line = if problem.line == 0 { String::new() } else { problem.line.to_string() };
        let severity = problem.severity.to_string();
        let fields = [
            severity.as_str(),
            &problem.table,
            &line,
            problem.column.as_deref().unwrap_or_default(),
            problem.value.as_deref().unwrap_or_default(),
            &problem.reason,
            &problem.remedy,
        ];
        push_record(&mut text, fields.map(str::as_bytes));
    }
    files::write(&path, &text)
}
