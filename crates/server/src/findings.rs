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

#[cfg(test)]
mod tests {
    use super::*;
    use provost_model::problem::Severity;

    #[test]
    fn findings_are_written_as_csv_and_removed_when_there_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let problem = RowProblem {
            severity: Severity::Error,
            table: "Person".to_owned(),
            line: 7,
            column: Some("mail".to_owned()),
            value: Some("a,\"b\"\n".to_owned()),
            reason: "too long".to_owned(),
            remedy: "shorten it".to_owned(),
        };
        let of_the_table = RowProblem {
            severity: Severity::Warning,
            line: 0,
            column: None,
            value: None,
            reason: " ".to_owned(),
            remedy: String::new(),
            ..problem.clone()
        };
        write(folder.path(), "HR", &[problem, of_the_table]).unwrap();
        let path = folder.path().join("HR.findings.csv");
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "severity,table,line,column,value,reason,remedy\n\
             error,Person,7,mail,\"a,\"\"b\"\"\n\",too long,shorten it\n\
             warning,Person,,,,\" \",\n"
        );
        write(folder.path(), "HR", &[]).unwrap();
        assert!(!path.exists());
        write(folder.path(), "HR", &[]).unwrap();
    }
}
