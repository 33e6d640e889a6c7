//! `InvokeSqlCommandTask`: SQL on a database of the agent's settings; the rows of a query become a CSV source file.

use super::{completed, paths};
use crate::home::ensure_folder;
use crate::report::{Kind, Report};
use crate::settings::Settings;
use provost_connectors::{Database, SqlError, SqlRequest, Watcher, run_sql};
use provost_model::configuration::jobs::{LogLevel, Task};
use provost_model::nearest;
use provost_model::work::{AgentWork, InstanceState, TaskContext, TaskOutcome, TaskProgress};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Seconds of a statement whose task says nothing.
const SECONDS: u32 = 30;

/// Runs the SQL of a task.
///
/// # Errors
/// Database, statement or place of the result cannot be used.
pub(super) fn run(settings: &Settings, work: &AgentWork, context: &dyn TaskContext) -> Result<TaskOutcome, Report> {
    let task = &work.task;
    let sql = statement(settings, task)?;
    let output = if task.is("IsNotAQuery") { None } else { Some(output(settings, task)?) };
    let seconds = match task.number("Timeout") {
        0 => SECONDS,
        seconds => seconds,
    };
    let (name, database) = database(settings, task)?;
    let keeping = settings.export_files()?;
    let request = SqlRequest {
        database: &name,
        sql: &sql,
        output: output.as_ref().map(|(folder, table)| (folder.as_path(), table.as_str())),
        timeout: Duration::from_secs(seconds.into()),
        isolation: task.text("IsolationLevel"),
        encoding: task.text("Encoding"),
        keeping: &keeping,
    };
    let watched = Watched { context, began: Instant::now(), stage: format!("Query {name}") };
    match run_sql(database, &request, &watched) {
        Ok(Some(table)) => {
            let text = format!("{} rows of database {name} are in {}", table.rows, table.file.display());
            context.log(LogLevel::Information, &text);
            Ok(completed(true))
        }
        Ok(None) => {
            context.log(LogLevel::Information, &format!("the statement is carried out on database {name}"));
            Ok(completed(true))
        }
        Err(error @ SqlError::Cancelled { .. }) => Ok(TaskOutcome {
            state: InstanceState::Cancelled,
            error: Some(explain(&error).to_error()),
            ..TaskOutcome::default()
        }),
        Err(error) => Err(explain(&error)),
    }
}

fn explain(error: &SqlError) -> Report {
    let kind = match error.code() {
        "sql-database" | "sql-timeout" | "sql-cancelled" | "export-write" => Kind::Error,
        _ => Kind::Data,
    };
    Report::from_error(kind, error.code(), error).hint(error.remedy())
}

/// What the agent says of the task, over what the task says.
fn statement(settings: &Settings, task: &Task) -> Result<String, Report> {
    let own = settings.sql_tasks.iter().find(|(name, _)| name.eq_ignore_ascii_case(&task.identifier));
    let file = match own.and_then(|(_, own)| own.input.clone()) {
        Some(file) => file,
        None if !task.text("SQLCommand").is_empty() => return Ok(task.text("SQLCommand").to_owned()),
        None if task.text("SQLInputFile").is_empty() => {
            let text = format!("task \"{}\" has no SQL", task.identifier);
            return Err(Report::new(Kind::Data, "sql-empty", text).hint("set SQLCommand or SQLInputFile on the task"));
        }
        None => paths::file_of_task(settings, "SQLInputFile", task.text("SQLInputFile"))?,
    };
    let text = std::fs::read_to_string(&file).map_err(|error| Report::io("read", &file, &error))?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

fn output(settings: &Settings, task: &Task) -> Result<(PathBuf, String), Report> {
    let own = settings.sql_tasks.iter().find(|(name, _)| name.eq_ignore_ascii_case(&task.identifier));
    let place = match own.and_then(|(_, own)| own.output.as_ref()) {
        Some(path) => paths::split(path, &task.identifier),
        None => paths::table_of_task(settings, &task.identifier, task.text("OutputPath"))?,
    };
    ensure_folder(&place.0)?;
    Ok(place)
}

/// The database of a task, opened where that needs its secrets. Messages name it as the settings do.
fn database(settings: &Settings, task: &Task) -> Result<(String, Database), Report> {
    let wanted = task.text("DatabaseIdentifier");
    if wanted.is_empty() {
        let text = format!("task \"{}\" names no database", task.identifier);
        return Err(Report::new(Kind::Data, "no-database", text).hint("set DatabaseIdentifier on the task"));
    }
    let all = &settings.databases.0;
    let Some((name, connection)) = all.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)) else {
        let question = nearest::question(wanted, all.keys().map(String::as_str));
        let text = format!("database \"{wanted}\" is not in the settings of this agent");
        return Err(Report::usage("unknown-database", text)
            .hint(format!("add it to Databases in appsettings.agent.json.{question}")));
    };
    let opened = match connection.split_once(':') {
        Some(("sqlite", path)) => Database::Sqlite(settings.home.join(path)),
        Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
            let client = provost_store::postgres_client(connection).map_err(|error| {
                Report::new(Kind::Error, "sql-database", format!("database {name} cannot be opened: {error}"))
                    .hint(format!("check the database, and Databases:{name} in appsettings.agent.json"))
            })?;
            Database::Postgres(Box::new(client))
        }
        _ => {
            let text = format!("database {name} is of a kind that this version cannot reach");
            return Err(Report::usage("database-kind", text).hint(format!(
                "write Databases:{name} as sqlite:PATH or as postgres://USER:PASSWORD@HOST/DATABASE; for other kinds \
                 run the tool of the database by an InvokeExpressionTask"
            )));
        }
    };
    Ok((name.clone(), opened))
}

/// Tells how many rows have come to whoever watches the task.
struct Watched<'a> {
    context: &'a dyn TaskContext,
    began: Instant,
    stage: String,
}

impl Watcher for Watched<'_> {
    fn rows(&self, rows: u64, bytes: u64) {
        let rate = rows as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        let stage = self.stage.clone();
        self.context.progress(&TaskProgress { stage, rows, bytes, rate, ..TaskProgress::default() });
    }

    fn is_cancelled(&self) -> bool {
        self.context.is_cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Heard, home, script, work};
    use super::*;
    use provost_model::configuration::jobs::TaskKind;

    const AGENT: &str = r#"{
        "Databases": {"HR": "sqlite:hr.db", "Old": "Server=db;Database=hr;Password=s3cret",
                      "Far": "postgres://u:s3cret@127.0.0.1:1/hr"},
        "InvokeSqlCommands": {"Other": {"SQLInputFile": "own.sql", "OutputPath": "Own/Result.csv"}}
    }"#;

    fn run_task(identifier: &str, attributes: &[(&str, &str)]) -> (tempfile::TempDir, Result<TaskOutcome, Report>) {
        let (folder, settings) = home(AGENT);
        let database = rusqlite::Connection::open(folder.path().join("hr.db")).unwrap();
        database.execute_batch("CREATE TABLE p (id TEXT, name TEXT); INSERT INTO p VALUES ('1', 'Ada')").unwrap();
        script(folder.path(), "Conf/people.sql", "SELECT id FROM p");
        script(folder.path(), "own.sql", "SELECT name FROM p");
        let mut work = work(TaskKind::InvokeSqlCommand, attributes);
        identifier.clone_into(&mut work.task.identifier);
        let outcome = run(&settings, &work, &Heard::default());
        (folder, outcome)
    }

    #[test]
    fn a_query_of_a_task_becomes_a_source_file() {
        let (folder, outcome) = run_task("People", &[("DatabaseIdentifier", "hr"), ("SQLCommand", "SELECT * FROM p")]);
        assert_eq!(outcome.unwrap(), completed(true));
        let text = std::fs::read_to_string(folder.path().join("Temp/ExportOutput/People.csv")).unwrap();
        assert_eq!(text, "id,name\n1,Ada\n");
        let from_file = [("DatabaseIdentifier", "HR"), ("SQLInputFile", "people.sql"), ("OutputPath", "HR_People.csv")];
        let (folder, outcome) = run_task("People", &from_file);
        outcome.unwrap();
        let text = std::fs::read_to_string(folder.path().join("Temp/ExportOutput/HR_People.csv")).unwrap();
        assert_eq!(text, "id\n1\n");
    }

    #[test]
    fn the_settings_of_the_agent_say_where_a_task_reads_and_writes() {
        let (folder, outcome) = run_task("Other", &[("DatabaseIdentifier", "HR"), ("SQLCommand", "SELECT 1 AS one")]);
        outcome.unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("Own/Result.csv")).unwrap(), "name\nAda\n");
    }

    #[test]
    fn what_is_not_a_query_writes_no_file() {
        let attributes = [("DatabaseIdentifier", "HR"), ("SQLCommand", "DELETE FROM p"), ("IsNotAQuery", "true")];
        let (folder, outcome) = run_task("People", &attributes);
        assert_eq!(outcome.unwrap(), completed(true));
        assert!(!folder.path().join("Temp/ExportOutput/People.csv").exists());
    }

    #[test]
    fn what_is_wrong_is_told_without_secrets() {
        let wrong = |database: &str, sql: &str| {
            let report = run_task("T", &[("DatabaseIdentifier", database), ("SQLCommand", sql)]).1.unwrap_err();
            let text = format!("{}: {} ({})", report.id, report.text, report.hint.clone().unwrap_or_default());
            assert!(!format!("{report:?}").contains("s3cret"), "{report:?}");
            text
        };
        assert_eq!(
            wrong("HRR", "SELECT 1"),
            "unknown-database: database \"HRR\" is not in the settings of this agent (add it to Databases in \
             appsettings.agent.json. Did you mean \"HR\"?)"
        );
        assert!(wrong("Old", "SELECT 1").starts_with("database-kind: database Old is of a kind that this version"));
        assert!(wrong("Far", "SELECT 1").starts_with("sql-database: database Far cannot be opened: "));
        assert_eq!(
            wrong("HR", "SELECT id,\nnme FROM p"),
            "sql-statement: database HR refuses the statement at line 2, column 1: no such column: nme (mend the \
             statement; try it with the database's own tools)"
        );
        assert!(wrong("HR", "").starts_with("sql-empty: task \"T\" has no SQL"));
    }
}
