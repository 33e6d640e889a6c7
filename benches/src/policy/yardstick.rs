//! The same policy as SQL for DuckDB: who holds which role, which resource types follow, their values and links.
//!
//! It knows nothing of states, of what was there before, of history, and of what changes when: it makes four tables anew.

use super::company::{ROLES, Rule, TREES, TYPES, root};
use crate::Failure;
use crate::measure::Program;
use crate::yardstick::DuckDb;
use std::fmt::Write;
use std::path::Path;

/// Loads the files into a database of its own.
pub(super) fn load(duckdb: &DuckDb, files: &Path, database: &Path) -> Result<Program, Failure> {
    if database.exists() {
        std::fs::remove_file(database)?;
    }
    let sql = format!(
        "ATTACH '{}' AS company; USE company;
         CREATE TABLE people AS SELECT row_number() OVER () AS id, * FROM read_csv('{}', delim = ';', header = true);",
        database.display(),
        files.join("People.csv").display(),
    );
    duckdb.script("policy-load", &sql)
}

/// Computes and stores.
pub(super) fn compute(duckdb: &DuckDb, rules: &[Rule], database: &Path) -> Result<Program, Failure> {
    let mut sql = format!("ATTACH '{}' AS company; USE company; BEGIN;\n", database.display());
    for table in ["held", "types", "scalars", "links"] {
        let _ = writeln!(sql, "DROP TABLE IF EXISTS {table};");
    }
    let parts: Vec<String> = rules.iter().enumerate().map(|(at, rule)| select(at, rule)).collect();
    let _ = writeln!(
        sql,
        "CREATE TABLE held AS SELECT id AS owner, role, min(rule) AS rule, any_value(start) AS start, any_value(\"end\") AS \"end\", 11 AS state
         FROM ({}) GROUP BY id, role;",
        parts.join("\nUNION ALL ")
    );
    let _ = writeln!(
        sql,
        "CREATE TABLE types AS SELECT owner, role % {TYPES} AS resource_type, any_value(start) AS start, any_value(\"end\") AS \"end\", 11 AS state
         FROM held GROUP BY owner, role % {TYPES};"
    );
    let values: Vec<String> = (0..TYPES)
        .flat_map(|t| {
            ["number", "upper(first)", "last", "lower(last)", "'x'"].iter().enumerate().map(move |(property, value)| {
                format!(
                    "SELECT owner, {t} AS resource_type, {property} AS property, {value} AS value, t.start, t.\"end\", 1 AS state
                     FROM types t JOIN people p ON p.id = t.owner WHERE resource_type = {t}"
                )
            })
        })
        .collect();
    let _ = writeln!(sql, "CREATE TABLE scalars AS {};", values.join("\nUNION ALL "));
    let links: Vec<String> = (0..ROLES)
        .map(|role| {
            format!(
                "SELECT owner, {} AS resource_type, {role} AS link, rule, start, \"end\", 1 AS state FROM held WHERE role = {role}",
                role % TYPES
            )
        })
        .collect();
    let _ = writeln!(sql, "CREATE TABLE links AS {};\nCOMMIT;", links.join("\nUNION ALL "));
    duckdb.script("policy-compute", &sql)
}

fn select(at: usize, rule: &Rule) -> String {
    let places = match rule.is_hierarchical {
        true => {
            let below = (0..super::company::DEPARTMENTS).filter(|department| {
                root(*department) == rule.department && (*department == rule.department || *department >= TREES)
            });
            below.map(|department| department.to_string()).collect::<Vec<_>>().join(", ")
        }
        false => rule.department.to_string(),
    };
    let site = rule.site.map(|site| format!(" AND site = {site}")).unwrap_or_default();
    format!(
        "SELECT id, {} AS role, {at} AS rule, start, \"end\" FROM people WHERE department IN ({places}){site}",
        rule.role
    )
}
