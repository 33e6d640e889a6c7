//! The same work done by other tools: scripts for DuckDB, the sqlite3 shell and psql.

use crate::Failure;
use crate::home::MAPPED;
use crate::measure::{Program, is_there};
use provost_model::Slot;
use std::path::{Path, PathBuf};

/// Run of the yardsticks' change set.
const RUN: i64 = 1_000_000;
/// Time of the yardsticks' changes, behind any other.
const NOW: i64 = 4_000_000_000_000_000;

/// DuckDB from PyPI, in an environment of its own.
#[derive(Clone, Debug)]
pub(crate) struct DuckDb {
    python: PathBuf,
    folder: PathBuf,
    /// Its version.
    pub(crate) version: String,
}

impl DuckDb {
    /// Finds it below `folder`, or installs it there when that is allowed.
    pub(crate) fn find(folder: &Path, may_install: bool) -> Result<DuckDb, Failure> {
        let python = folder.join("venv/bin/python");
        let version =
            |python: &Path| Program::new(python).words(&["-c", "import duckdb; print(duckdb.__version__)"]).run();
        if version(&python).is_err() && may_install {
            println!("installing duckdb from PyPI");
            Program::new("python3").words(&["-m", "venv"]).path(&folder.join("venv")).run()?;
            Program::new(&python).words(&["-m", "pip", "install", "--quiet", "duckdb"]).run()?;
        }
        let version = version(&python)?.trim().to_owned();
        Ok(DuckDb { python, folder: folder.to_owned(), version })
    }

    /// A program that runs these statements.
    pub(crate) fn script(&self, name: &str, sql: &str) -> Result<Program, Failure> {
        let out = self.folder.join("duckdb");
        std::fs::create_dir_all(&out)?;
        let path = self.folder.join(format!("{name}.py"));
        let text = format!(
            "import duckdb\nduckdb.connect().execute(r'''\nSET temp_directory = '{}';\n{sql}''')\n",
            out.display()
        );
        std::fs::write(&path, text)?;
        Ok(Program::new(&self.python).path(&path))
    }

    /// Reads, projects, sets rows without key and duplicates aside, sorts, writes.
    pub(crate) fn prepare(&self, file: &Path, columns: &[&str], keys: usize) -> Result<Program, Failure> {
        let all = columns.join(", ");
        let key = columns[..keys].join(", ");
        let missing: Vec<String> = columns[..keys].iter().map(|c| format!("{c} IS NULL")).collect();
        let missing = missing.join(" OR ");
        let out = self.folder.join("duckdb");
        let sql = format!(
            "CREATE TABLE source AS SELECT row_number() OVER () AS line, {all}
              FROM read_csv('{file}', delim = ';', header = true, all_varchar = true, quote = '\"');
            COPY (SELECT * FROM source WHERE {missing}) TO '{out}/nullpk.csv' (HEADER);
            CREATE TABLE ranked AS SELECT *, row_number() OVER (PARTITION BY {key} ORDER BY line) AS n
              FROM source WHERE NOT ({missing});
            COPY (SELECT line, {all} FROM ranked WHERE n > 1) TO '{out}/duplicates.csv' (HEADER);
            COPY (SELECT {all} FROM ranked WHERE n = 1 ORDER BY {key}) TO '{out}/sorted.csv' (HEADER);",
            file = file.display(),
            out = out.display()
        );
        self.script(&format!("prepare-{keys}"), &sql)
    }

    /// Joins two sorted files and writes what differs.
    pub(crate) fn delta(&self, old: &Path, new: &Path) -> Result<Program, Failure> {
        let [(key, _), ..] = MAPPED;
        let read = |file: &Path| {
            format!("read_csv('{}', delim = ',', header = true, all_varchar = true, quote = '\"')", file.display())
        };
        let differs: Vec<String> =
            MAPPED.iter().skip(1).map(|(c, _)| format!("o.{c} IS DISTINCT FROM n.{c}")).collect();
        let all: Vec<String> = MAPPED.iter().map(|(c, _)| format!("coalesce(n.{c}, o.{c}) AS {c}")).collect();
        let sql = format!(
            "CREATE TABLE o AS SELECT * FROM {};
            CREATE TABLE n AS SELECT * FROM {};
            COPY (SELECT CASE WHEN o.{key} IS NULL THEN 'insert' WHEN n.{key} IS NULL THEN 'delete' ELSE 'update' END
                AS command, {} FROM o FULL JOIN n ON o.{key} = n.{key}
                WHERE o.{key} IS NULL OR n.{key} IS NULL OR {} ORDER BY 2)
              TO '{}/delta.csv' (HEADER);",
            read(old),
            read(new),
            all.join(", "),
            differs.join(" OR "),
            self.folder.join("duckdb").display()
        );
        self.script("delta", &sql)
    }
}

/// The ids that the repository has given to the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    entity_type: i64,
    key: i64,
    dn: i64,
}

const IDS: &str = "SELECT (SELECT Id FROM UM_EntityTypes WHERE Identifier = 'AD_Entry'), \
     (SELECT Id FROM UM_EntityProperties WHERE Identifier = 'objectGUID'), \
     (SELECT Id FROM UM_EntityProperties WHERE Identifier = 'dn')";

impl Model {
    fn parse(text: &str) -> Result<Model, Failure> {
        let ids: Vec<i64> = text.trim().split('|').filter_map(|n| n.parse().ok()).collect();
        match ids[..] {
            [entity_type, key, dn] => Ok(Model { entity_type, key, dn }),
            _ => Err(format!("three ids expected, found {text:?}").into()),
        }
    }
}

/// The column of a slot in the repository's tables.
fn column(slot: u8) -> String {
    Slot::new(slot.into()).map(Slot::column).unwrap_or_default()
}

fn names() -> String {
    MAPPED.map(|(name, _)| name).join(", ")
}

/// The mapped columns in the repository's tables, each with a prefix.
fn slots(prefix: &str) -> String {
    MAPPED.map(|(_, slot)| format!("{prefix}{}", column(slot))).join(", ")
}

/// Statements that load staged rows `s` into empty tables.
fn load(m: &Model) -> String {
    let (t, key, dn) = (m.entity_type, m.key, m.dn);
    format!(
        "INSERT INTO UR_Resources (Id, Type, ValidFrom, Dirty, {slots})
           SELECT rowid, {t}, {NOW} - 1000000000, 0, {names} FROM s ORDER BY rowid;
         INSERT INTO UR_ResourceKeys (EntityType_Id, Property_Id, KeyValue, Resource_Id, Fingerprint)
           SELECT {t}, {key}, objectGUID, rowid, 0 FROM s ORDER BY objectGUID;
         INSERT INTO UR_ResourceKeys (EntityType_Id, Property_Id, KeyValue, Resource_Id, Fingerprint)
           SELECT {t}, {dn}, dn, rowid, 0 FROM s ORDER BY dn;\n",
        slots = slots(""),
        names = names()
    )
}

/// Statements that bring the repository to the staged rows `s`: change table, counts for the thresholds, history,
/// changes, keys.
fn complete(m: &Model) -> String {
    let (t, key, dn) = (m.entity_type, m.key, m.dn);
    let differs: Vec<String> =
        MAPPED.iter().map(|(name, slot)| format!("s.{name} IS DISTINCT FROM r.{}", column(*slot))).collect();
    let differs = differs.join(" OR ");
    let assigned = MAPPED.map(|(_, slot)| format!("{0} = c.{0}", column(slot))).join(", ");
    let (all, of_r, of_c) = (slots(""), slots("r."), slots("c."));
    let of_s = MAPPED.map(|(name, _)| format!("s.{name}")).join(", ");
    let change = format!(
        "INSERT INTO UR_ResourceChanges (Run_Id, Type, Command, Resource_Id, KeyValue, Line, HistoryPrecision, \
         Fingerprint, Changed, {all})"
    );
    let mine = format!("EntityType_Id = {t} AND k.Property_Id = {key}");
    let changed = |commands: &str| {
        format!("(SELECT Resource_Id FROM UR_ResourceChanges WHERE Run_Id = {RUN} AND Command IN ({commands}))")
    };
    let (keys, dn_slot) = ("EntityType_Id, Property_Id, KeyValue, Resource_Id", column(0));
    format!(
        "{change} SELECT {RUN}, {t}, 2, r.Id, s.objectGUID, 0, 0, 0, 0, {of_s} FROM s
           JOIN UR_ResourceKeys k ON k.{mine} AND k.KeyValue = s.objectGUID JOIN UR_Resources r ON r.Id = k.Resource_Id
           WHERE {differs};
         {change} SELECT {RUN}, {t}, 1, (SELECT MAX(Id) FROM UR_Resources) + row_number() OVER (ORDER BY s.objectGUID),
           s.objectGUID, 0, 0, 0, 0, {of_s} FROM s
           WHERE NOT EXISTS (SELECT 1 FROM UR_ResourceKeys k WHERE k.{mine} AND k.KeyValue = s.objectGUID);
         {change} SELECT {RUN}, {t}, 3, r.Id, k.KeyValue, 0, 0, 0, 0, {of_r} FROM UR_ResourceKeys k
           JOIN UR_Resources r ON r.Id = k.Resource_Id
           WHERE k.{mine} AND NOT EXISTS (SELECT 1 FROM s WHERE s.objectGUID = k.KeyValue);
         SELECT Command, COUNT(*) FROM UR_ResourceChanges WHERE Run_Id = {RUN} GROUP BY Command;
         INSERT INTO UR_ResourcesHistory (Id, Type, ValidFrom, ValidTo, KeyValue, {all})
           SELECT r.Id, r.Type, r.ValidFrom, {NOW}, r.{key_slot}, {of_r} FROM UR_Resources r WHERE r.Id IN {touched};
         DELETE FROM UR_ResourceKeys WHERE ({keys}) IN (
           SELECT {t}, {dn}, r.{dn_slot}, r.Id FROM UR_Resources r JOIN UR_ResourceChanges c ON c.Resource_Id = r.Id
           WHERE c.Run_Id = {RUN} AND (c.Command = 3 OR c.Command = 2 AND c.{dn_slot} IS DISTINCT FROM r.{dn_slot}));
         DELETE FROM UR_Resources WHERE Id IN {gone};
         UPDATE UR_Resources SET ValidFrom = {NOW}, {assigned} FROM UR_ResourceChanges c
           WHERE c.Run_Id = {RUN} AND c.Command = 2 AND UR_Resources.Id = c.Resource_Id;
         INSERT INTO UR_Resources (Id, Type, ValidFrom, Dirty, {all})
           SELECT c.Resource_Id, {t}, {NOW}, 0, {of_c} FROM UR_ResourceChanges c
           WHERE c.Run_Id = {RUN} AND c.Command = 1;
         INSERT INTO UR_ResourceKeys ({keys}, Fingerprint)
           SELECT {t}, {key}, KeyValue, Resource_Id, 0 FROM UR_ResourceChanges WHERE Run_Id = {RUN} AND Command = 1;
         INSERT INTO UR_ResourceKeys ({keys}, Fingerprint)
           SELECT {t}, {dn}, {dn_slot}, Resource_Id, 0 FROM UR_ResourceChanges
           WHERE Run_Id = {RUN} AND Command IN (1, 2) ON CONFLICT DO NOTHING;
         DELETE FROM UR_ResourceChanges WHERE Run_Id = {RUN};\n",
        key_slot = column(4),
        touched = changed("2, 3"),
        gone = changed("3")
    )
}

/// The sqlite3 shell.
#[derive(Clone, Debug)]
pub(crate) struct SqliteShell {
    folder: PathBuf,
    model: Model,
}

impl SqliteShell {
    /// With the ids of this repository; `None` where there is no shell.
    pub(crate) fn new(folder: &Path, repository: &Path) -> Result<Option<SqliteShell>, Failure> {
        if !is_there("sqlite3") {
            return Ok(None);
        }
        let model = Model::parse(&Program::new("sqlite3").path(repository).words(&[IDS]).run()?)?;
        Ok(Some(SqliteShell { folder: folder.to_owned(), model }))
    }

    /// Loads a sorted file into empty tables.
    pub(crate) fn load(&self, repository: &Path, sorted: &Path) -> Result<Program, Failure> {
        self.script("load", repository, sorted, "", &load(&self.model))
    }

    /// Brings the repository to a sorted file.
    pub(crate) fn complete(&self, repository: &Path, sorted: &Path) -> Result<Program, Failure> {
        self.script("complete", repository, sorted, " PRIMARY KEY", &complete(&self.model))
    }

    /// Durability as in the product, and a gigabyte of cache.
    fn script(&self, name: &str, repository: &Path, sorted: &Path, key: &str, sql: &str) -> Result<Program, Failure> {
        let columns = MAPPED.map(|(name, _)| name).join(" TEXT, ").replacen(" TEXT", &format!(" TEXT{key}"), 1);
        let text = format!(
            ".bail on\nPRAGMA journal_mode = WAL;\nPRAGMA synchronous = FULL;\nPRAGMA cache_size = -1000000;\n\
             PRAGMA temp_store = MEMORY;\nBEGIN;\nCREATE TEMP TABLE s ({columns} TEXT);\n\
             .import --csv --skip 1 {} s\n{sql}COMMIT;\n",
            sorted.display()
        );
        let path = self.folder.join(format!("{name}.sqlite.sql"));
        std::fs::write(&path, text)?;
        Ok(Program::new("sqlite3").path(repository).input(&path))
    }
}

/// PostgreSQL through psql.
#[derive(Clone, Debug)]
pub(crate) struct Psql {
    folder: PathBuf,
    server: String,
}

impl Psql {
    /// For the server of `PROVOST_TEST_POSTGRES`; `None` where there is none, or no psql.
    pub(crate) fn new(folder: &Path) -> Option<Psql> {
        let server = std::env::var("PROVOST_TEST_POSTGRES").ok().filter(|s| !s.is_empty())?;
        is_there("psql").then(|| Psql { folder: folder.to_owned(), server })
    }

    /// Connection string of a database on the server.
    pub(crate) fn connection(&self, database: &str) -> String {
        match self.server.rsplit_once('/') {
            Some((head, tail)) if self.server.contains("://") => {
                let query = tail.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
                format!("{head}/{database}{query}")
            }
            _ => format!("{} dbname={database}", self.server),
        }
    }

    fn psql(connection: &str) -> Program {
        Program::new("psql").words(&["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", connection])
    }

    fn sql(&self, statement: &str) -> Result<String, Failure> {
        Psql::psql(&self.server).words(&["-c", statement]).run()
    }

    /// Makes a database anew, empty or as a copy of another.
    pub(crate) fn make(&self, database: &str, template: Option<&str>) -> Result<String, Failure> {
        self.remove(database)?;
        let template = template.map(|t| format!(" TEMPLATE {t}")).unwrap_or_default();
        self.sql(&format!("CREATE DATABASE {database}{template}"))?;
        // Both sides begin with nothing left to write from the preparation.
        self.sql("CHECKPOINT")?;
        Ok(self.connection(database))
    }

    /// Removes a database that [`Psql::make`] made.
    pub(crate) fn remove(&self, database: &str) -> Result<(), Failure> {
        self.sql(&format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)")).map(|_| ())
    }

    /// Writes the loaded rows of a database to files, for [`Psql::load`].
    pub(crate) fn unload(&self, database: &str) -> Result<(), Failure> {
        for table in ["UR_Resources", "UR_ResourceKeys"] {
            let copy = format!("\\copy {table} TO '{}'", self.folder.join(format!("{table}.copy")).display());
            Psql::psql(&self.connection(database)).words(&["-c", &copy]).run()?;
        }
        Ok(())
    }

    /// COPY of the unloaded rows into the empty tables of a database.
    pub(crate) fn load(&self, database: &str) -> Result<Program, Failure> {
        let copies = ["UR_Resources", "UR_ResourceKeys"]
            .map(|t| format!("\\copy {t} FROM '{}'\n", self.folder.join(format!("{t}.copy")).display()));
        self.script("load", database, &copies.concat())
    }

    /// Brings a database to a sorted file.
    pub(crate) fn complete(&self, database: &str, sorted: &Path) -> Result<Program, Failure> {
        let model = Model::parse(&Psql::psql(&self.connection(database)).words(&["-c", IDS]).run()?)?;
        let columns = MAPPED.map(|(name, _)| name).join(" TEXT COLLATE \"C\", ");
        let sql = format!(
            "CREATE TEMP TABLE s ({columns} TEXT COLLATE \"C\");\n\\copy s FROM '{}' WITH (FORMAT csv, HEADER)\n\
             ALTER TABLE s ADD PRIMARY KEY (objectGUID);\nANALYZE s;\n{}",
            sorted.display(),
            complete(&model)
        );
        self.script("complete", database, &sql)
    }

    fn script(&self, name: &str, database: &str, sql: &str) -> Result<Program, Failure> {
        let path = self.folder.join(format!("{name}.postgres.sql"));
        std::fs::write(&path, format!("BEGIN;\n{sql}COMMIT;\n"))?;
        Ok(Psql::psql(&self.connection(database)).words(&["-f"]).path(&path))
    }
}
