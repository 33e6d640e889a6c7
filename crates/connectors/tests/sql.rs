//! Databases as managed systems: what exports give, and what orders do, on SQLite and on a real PostgreSQL.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/fulfilling.rs"]
#[allow(dead_code)]
mod fulfilling;

use common::{World, table};
use fulfilling::{Office, order, property};
use provost_connectors::{Databases, ExportMode, ExportReport, PostgresClient};
use provost_model::fulfilment::{PropertyRole, TargetMapping};
use provost_model::orders::ProvisioningOrder;
use serde_json::{Value, json};

/// Opens the server of the tests, and finds tables in a schema of its own.
#[derive(Debug)]
struct Server;

impl Databases for Server {
    fn postgres(&self, connection: &str) -> Result<PostgresClient, String> {
        let schema = connection.rsplit('/').next().unwrap();
        Ok(connect(schema))
    }
}

fn connect(schema: &str) -> PostgresClient {
    let server = std::env::var("PROVOST_TEST_POSTGRES").unwrap();
    let mut client = postgres::Client::connect(&server, postgres::NoTls).unwrap();
    client.batch_execute(&format!("SET search_path = {schema}")).unwrap();
    client
}

/// A database with tables of its own.
struct Place {
    world: World,
    schema: Option<String>,
}

fn places(name: &str) -> Vec<Place> {
    let schema = format!("target_{name}_{}", std::process::id());
    let world = |connection: String| World::new("Usercube.SQL@0000001", json!({"ConnectionString": connection}));
    let mut places = Vec::new();
    let lite = world("sqlite:app.db".to_owned());
    drop(rusqlite::Connection::open(lite.path("app.db")).unwrap());
    places.push(Place { world: lite, schema: None });
    if std::env::var_os("PROVOST_TEST_POSTGRES").is_some() {
        let mut client = connect("public");
        client.batch_execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")).unwrap();
        let world = world(format!("postgres://tests/{schema}"));
        places.push(Place { world, schema: Some(schema) });
    } else {
        assert!(std::env::var_os("CI").is_none(), "PROVOST_TEST_POSTGRES must be set in CI");
    }
    for place in &mut places {
        place.world.databases = &Server;
    }
    places
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(schema) = &self.schema {
            connect(schema).batch_execute(&format!("DROP SCHEMA {schema} CASCADE")).unwrap();
        }
    }
}

impl Place {
    fn run(&self, sql: &str) {
        match &self.schema {
            None => rusqlite::Connection::open(self.world.path("app.db")).unwrap().execute_batch(sql).unwrap(),
            Some(schema) => connect(schema).batch_execute(sql).unwrap(),
        }
    }

    /// A table, exported.
    fn text(&self, name: &str) -> String {
        let ExportReport::Done { .. } = self.world.run().unwrap() else { panic!("not launched") };
        std::fs::read_to_string(self.world.path(&format!("out/{name}.csv"))).unwrap()
    }

    fn office(&self, mapping: TargetMapping) -> Office {
        let mut office = Office::new("Usercube.SQL@0000001", self.world.settings.clone(), vec![mapping]);
        office.databases = &Server;
        office.base = self.world.folder.path().to_owned();
        office
    }
}

fn mapping() -> TargetMapping {
    TargetMapping {
        resource_type: "Account".to_owned(),
        object_classes: vec!["accounts".to_owned()],
        properties: vec![
            property("Login", "login", PropertyRole::Rdn),
            property("Name", "name", PropertyRole::Value),
            property("Age", "age", PropertyRole::Value),
        ],
        ..TargetMapping::default()
    }
}

const ACCOUNTS: &str = "CREATE TABLE accounts (login VARCHAR(20) PRIMARY KEY, name VARCHAR(40) NOT NULL, age INTEGER); \
    CREATE TABLE roles (login VARCHAR(20), role VARCHAR(20), PRIMARY KEY (login, role)); \
    INSERT INTO accounts VALUES ('bob', 'Bob', 41), ('cyd', 'Cyd', NULL), ('dan', 'Dan', 52)";

fn add(login: &str, name: &str) -> ProvisioningOrder {
    order("Added", "Account", Value::Null, json!({"Login": login, "Name": name, "Age": "36"}))
}

fn change(login: &str, changes: Value) -> ProvisioningOrder {
    order("Modified", "Account", json!({"Login": login}), changes)
}

#[test]
fn orders_become_rows_and_nothing_when_done_again() {
    for mut place in places("orders") {
        place.run(ACCOUNTS);
        place.world.settings["SqlCommand"] = json!("SELECT login, name, age FROM accounts ORDER BY login");
        place.world.settings["Links"] = json!([{"Property": "Roles",
            "AddCommand": "INSERT INTO roles VALUES (@key, @value) ON CONFLICT DO NOTHING",
            "RemoveCommand": "DELETE FROM roles WHERE login = @key AND role = @value"}]);
        let orders = [
            add("ada", "Ada O'Hara"),
            change("bob", json!({"Name": "Robert", "Age": "", "Roles_add": [{"Id": "7", "Code": "R1"}]})),
            change("cyd", json!({"Login": "cydney"})),
            order("Deleted", "Account", json!({"Login": "dan"}), json!({})),
        ];
        let office = place.office(mapping());
        for _ in 0..2 {
            assert_eq!(office.must(&orders)[0].as_deref(), Some("ada"));
            assert_eq!(place.text("HR"), "login,name,age\nada,Ada O'Hara,36\nbob,Robert,\ncydney,Cyd,\n");
        }
        place.world.settings["SqlCommand"] = json!("SELECT login, role FROM roles");
        assert_eq!(place.text("HR"), "login,role\nbob,R1\n");
    }
}

#[test]
fn what_the_database_refuses_is_told_and_the_rest_goes_on() {
    for place in places("refusals") {
        place.run(ACCOUNTS);
        let office = place.office(mapping());
        let exists = office.refused(&add("bob", "Another"));
        assert_eq!(exists, "accounts holds a row bob with other values: correlate it, or choose another key");
        let gone = office.refused(&change("eve", json!({"Name": "Eve"})));
        assert!(gone.starts_with("the row eve of accounts is gone; synchronise"), "{gone}");
        let empty = office.refused(&change("bob", json!({"Name": ""})));
        assert!(empty.starts_with("the database says: ") && empty.to_lowercase().contains("null"), "{empty}");
        let unknown = office.refused(&change("bob", json!({"Roles_add": ["R1"]})));
        assert!(unknown.contains("Roles") && unknown.contains("Links"), "{unknown}");
        let table = TargetMapping { object_classes: vec![], ..mapping() };
        assert!(place.office(table).refused(&add("x", "X")).contains("DefaultObjectClass"));
        office.must(&[change("bob", json!({"Name": "Robert"}))]);
    }
}

#[test]
fn own_statements_carry_orders_out() {
    for mut place in places("statements") {
        place.run(ACCOUNTS);
        place.world.settings["InsertCommand"] =
            json!("INSERT INTO accounts (login, name, age) VALUES (@login, upper(@Name), @age + 0)");
        place.world.settings["DeleteCommand"] = json!("UPDATE accounts SET age = -1 WHERE login = @key");
        place.world.settings["SqlCommand"] =
            json!("SELECT login, name, age FROM accounts WHERE login IN ('ada', 'dan') ORDER BY 1");
        let office = place.office(mapping());
        office.must(&[add("ada", "ADA"), order("Deleted", "Account", json!({"Login": "dan"}), json!({}))]);
        assert_eq!(place.text("HR"), "login,name,age\nada,ADA,36\ndan,Dan,-1\n");
    }
}

#[test]
fn mapped_tables_are_exported_and_a_time_stamp_tells_what_changed() {
    for mut place in places("times") {
        place.run(
            "CREATE TABLE people (id INTEGER, name TEXT, changed TIMESTAMP); \
            INSERT INTO people VALUES (1, 'Ada', '2026-01-01 00:00:00'), (2, 'Bob', '2026-01-02 00:00:00')",
        );
        place.world.tables = vec![table("HR_people", &["id", "name", "changed"])];
        place.world.settings["TimestampColumn"] = json!("changed");
        let first = place.text("HR_people");
        assert_eq!(first, "id,name,changed\n1,Ada,2026-01-01 00:00:00\n2,Bob,2026-01-02 00:00:00\n");
        place.run("UPDATE people SET name = 'Ada L', changed = '2026-01-03 00:00:00' WHERE id = 1");
        place.world.mode = ExportMode::Incremental;
        // Rows of the last time stamp come again: another one may have been written with it.
        let changes = "command,id,name,changed\nmerge,1,Ada L,2026-01-03 00:00:00\nmerge,2,Bob,2026-01-02 00:00:00\n";
        assert_eq!(sorted(&place.text("HR_people")), changes);
        let again = "command,id,name,changed\nmerge,1,Ada L,2026-01-03 00:00:00\n";
        assert_eq!(place.text("HR_people"), again);
        place.world.settings["SqlCommandIncremental"] = json!("SELECT 'delete' AS command, 2 AS id");
        assert_eq!(place.text("HR"), "command,id\ndelete,2\n");
    }
}

fn sorted(text: &str) -> String {
    let (header, rows) = text.split_once('\n').unwrap();
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.sort_unstable();
    format!("{header}\n{}\n", rows.join("\n"))
}

#[test]
fn a_database_that_is_away_leaves_orders_untried() {
    let world = World::new("Usercube.SQL@0000001", json!({"ConnectionString": "sqlite:none.db"}));
    let mut office = Office::new("Usercube.SQL@0000001", world.settings.clone(), vec![mapping()]);
    office.base = world.folder.path().to_owned();
    let (report, results) = office.run(&[add("ada", "Ada")]);
    let error = report.unwrap_err();
    assert_eq!((error.code(), results.len()), ("sql-database", 0));
    assert!(error.to_string().contains("none.db cannot be opened"), "{error}");
}
