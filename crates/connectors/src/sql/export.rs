//! `Usercube.SQL`: a query, or the mapped tables of a database, become CSV source files.
//!
//! Changes alone are exported by a query that gives them (`SqlCommandIncremental`, with a column `command`), or by a
//! column that says when a row changed (`TimestampColumn`). The greatest value of that column is asked for before the
//! rows are read, and rows that have it come again: so none is passed over.

use super::link::{Link, literal, name};
use super::place::FORMS;
use super::rows::Rows;
use super::settings::{SqlSettings, read};
use super::{Isolation, SqlError, SqlRequest, Watcher, encoding_of, postgres, sqlite};
use crate::error::ExportError;
use crate::export::{Driver, ExportMode, ExportRequest, Run};
use crate::fulfil::Refusal;
use crate::ldap::state::{Header, New, Old};
use crate::settings::Settings;
use provost_model::Problem;
#[cfg(test)]
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

/// The packages of databases that can be reached.
pub(crate) struct Sql;

/// What a table is made of.
struct Query {
    table: String,
    sql: String,
}

/// Greatest time stamps by table.
type Times = BTreeMap<String, String>;

struct Silent;

impl Watcher for Silent {
    fn rows(&self, _: u64, _: u64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

impl Driver for Sql {
    fn check(&self, settings: Settings<'_>) -> Vec<Problem> {
        read(settings).1
    }

    #[cfg(test)]
    fn effective(&self, settings: Settings<'_>) -> Value {
        read(settings).0.written()
    }

    fn not_launched(&self, _: &ExportRequest<'_>) -> Option<String> {
        None
    }

    fn run(&self, run: &mut Run<'_>) -> Result<(), ExportError> {
        let (settings, _) = read(run.settings());
        let request = run.request;
        let place = settings.place.clone().ok_or_else(|| system("sql-database", "no database is named", FORMS))?;
        let opened = place.open(request.base_dir, request.databases);
        let database = opened.map_err(|detail| {
            let text = format!("the database of {} cannot be opened: {detail}", run.connection());
            system("sql-database", &text, "compare ConnectionString with the database")
        })?;
        let mut link = Link::open(database, settings.timeout).map_err(refused)?;
        let is_part = request.mode == ExportMode::Incremental && !request.force_complete;
        if let Some(sql) = settings.incremental.as_ref().filter(|_| is_part) {
            return write(run, &mut link, &settings, &Query { table: run.connection().to_owned(), sql: sql.clone() });
        }
        let queries = queries(run, &settings)?;
        match settings.timestamp.as_deref() {
            Some(column) => by_time(run, &mut link, &settings, &queries, column, is_part),
            None => queries.iter().try_for_each(|query| write(run, &mut link, &settings, query)),
        }
    }
}

/// The query of the settings, else one for each mapped table: `<connection>_<table>`.
fn queries(run: &Run<'_>, settings: &SqlSettings) -> Result<Vec<Query>, ExportError> {
    let connection = run.connection();
    let given = match (&settings.command, &settings.file) {
        (Some(sql), _) => Some(sql.clone()),
        (None, Some(file)) => {
            let path = run.request.base_dir.join(file);
            let text = fs::read_to_string(&path).map_err(|error| {
                let text = format!("{} cannot be read: {error}", path.display());
                system("sql-file", &text, "compare SqlFile with the folder of the home")
            })?;
            Some(text.trim_start_matches('\u{feff}').to_owned())
        }
        (None, None) => None,
    };
    if let Some(sql) = given {
        return Ok(vec![Query { table: connection.to_owned(), sql: sql.trim_end().trim_end_matches(';').to_owned() }]);
    }
    let prefix = format!("{connection}_");
    let of_table = |table: &provost_model::extract::SourceTable| {
        let own = table.name.strip_prefix(&prefix)?;
        let columns: Vec<String> = table.columns.iter().map(|column| name(&column.name)).collect();
        let sql = format!("SELECT {} FROM {}", columns.join(", "), name(own));
        Some(Query { table: table.name.clone(), sql })
    };
    let queries: Vec<Query> = run.request.tables.iter().filter_map(of_table).collect();
    if queries.is_empty() {
        let text = format!("connection {connection} has no query, and no mapping reads a table {prefix}…");
        return Err(system("sql-empty", &text, "set SqlCommand or SqlFile, or map a table"));
    }
    Ok(queries)
}

/// Exports with the time stamps of rows; a part of them when there is a cookie.
fn by_time(
    run: &mut Run<'_>,
    link: &mut Link,
    settings: &SqlSettings,
    queries: &[Query],
    column: &str,
    is_part: bool,
) -> Result<(), ExportError> {
    let path = crate::ldap::cookie_file(run, "")?;
    let scope =
        queries.iter().fold(column.to_owned(), |scope, query| format!("{scope}\n{}\n{}", query.table, query.sql));
    let known = match is_part {
        true => Old::open(&path, 0, run.request.keeping)?.filter(|old| old.header.scope == scope),
        false => None,
    };
    if is_part && known.is_none() {
        run.problems.push(crate::ldap::no_cookie(&path));
    }
    let since: Times = known.and_then(|old| serde_json::from_slice(&old.header.cookie).ok()).unwrap_or_default();
    let column = name(column);
    let mut times = Times::new();
    for Query { table, sql } in queries {
        let greatest = link.rows(&format!("SELECT max(q.{column}) FROM (\n{sql}\n) AS q")).map_err(refused)?;
        let before = since.get(table);
        if let Some(time) = greatest.into_iter().flatten().flatten().next().or_else(|| before.cloned()) {
            times.insert(table.clone(), time);
        }
        let sql = match (is_part, before) {
            (false, _) => sql.clone(),
            (true, None) => format!("SELECT 'merge' AS command, q.* FROM (\n{sql}\n) AS q"),
            (true, Some(time)) => {
                let time = literal(Some(time)).map_err(refused)?;
                format!("SELECT 'merge' AS command, q.* FROM (\n{sql}\n) AS q WHERE q.{column} >= {time}")
            }
        };
        write(run, link, settings, &Query { table: table.clone(), sql })?;
    }
    let cookie = serde_json::to_vec(&times).unwrap_or_default();
    let new = New::create(&path, run.request.keeping)?;
    run.states.push(new.finish(&Header { scope, cookie }, run.request.keeping)?);
    Ok(())
}

/// Writes the rows of a query into its table.
fn write(run: &mut Run<'_>, link: &mut Link, settings: &SqlSettings, query: &Query) -> Result<(), ExportError> {
    let request = SqlRequest {
        database: run.connection(),
        sql: &query.sql,
        output: None,
        timeout: settings.timeout,
        isolation: &settings.isolation,
        encoding: &settings.encoding,
        keeping: run.request.keeping,
    };
    let encoding = encoding_of(&settings.encoding).map_err(explain)?;
    let isolation = Isolation::parse(&settings.isolation).map_err(explain)?;
    let mut rows = Rows::new(&request, (run.request.output_dir, &query.table), encoding, &Silent);
    let done = match link {
        Link::Sqlite(path, _) => sqlite::query(path, &request, &mut rows),
        Link::Postgres(client) => postgres::query(client, &request, isolation, &mut rows),
    };
    let staged = done.and_then(|()| rows.finish()).map_err(explain)?;
    run.staged.push(staged);
    run.tell(&query.table, 0, 0);
    Ok(())
}

fn system(code: &'static str, message: &str, hint: &str) -> ExportError {
    ExportError::System { code, message: message.to_owned(), hint: hint.to_owned() }
}

fn refused(refusal: Refusal) -> ExportError {
    system(refusal.code, &refusal.text, "mend the query or the settings of the connection")
}

fn explain(error: SqlError) -> ExportError {
    match error {
        SqlError::Output(error) => error,
        other => ExportError::System { code: other.code(), message: other.to_string(), hint: other.remedy() },
    }
}
