//! Stored items, the two schemas, views and the journal.

use super::scratch::{Scratch, configuration};
use crate::{Dialect, ItemChange, StoreError, StoredItem, StoredProblem};
use provost_model::configuration::EntityType;

super::both!(
    items_are_inserted_updated_and_deleted,
    the_journal_tells_who_why_and_how_many,
    profiles_and_problems_are_kept,
    views_have_readable_names,
);

fn item(identity: &str, json: &str) -> StoredItem {
    StoredItem {
        element: "EntityType".to_owned(),
        identity: identity.to_owned(),
        file: "a.xml".to_owned(),
        json: json.to_owned(),
    }
}

fn items_are_inserted_updated_and_deleted(s: &Scratch) {
    assert_eq!(s.read(|tx| tx.configuration_version()), 0);
    let change = |changes: &[ItemChange]| s.write(|tx| tx.replace_configuration(changes));
    change(&[ItemChange::Insert(item("B", "1")), ItemChange::Insert(item("A", "2"))]);
    change(&[ItemChange::Update(item("B", "3")), ItemChange::Insert(item("C", "4"))]);
    change(&[ItemChange::Delete("EntityType".to_owned(), "A".to_owned())]);
    change(&[]);
    assert_eq!(s.read(|tx| tx.configuration_items()), [item("B", "3"), item("C", "4")]);
    assert_eq!(s.read(|tx| tx.configuration_version()), 3);
    for wrong in [
        ItemChange::Insert(item("B", "9")),
        ItemChange::Update(item("Z", "9")),
        ItemChange::Delete("EntityType".to_owned(), "Z".to_owned()),
    ] {
        let result = s.store.write("tester", "test", |tx| tx.replace_configuration(&[wrong]));
        assert_eq!(result.unwrap_err().code(), "internal");
    }
    assert_eq!(s.read(|tx| tx.configuration_version()), 3);
}

fn the_journal_tells_who_why_and_how_many(s: &Scratch) {
    s.deploy(&configuration(), 50).fill(s);
    let failed = s.store.write("mallory", "nothing", |_| -> Result<(), StoreError> {
        Err(StoreError::NotDeployed { what: "x".to_owned() })
    });
    assert!(failed.is_err());
    s.store.write("ada", "a second look", |_| Ok::<(), StoreError>(())).unwrap();
    let entries = s.read(|tx| tx.journal(2));
    let told: Vec<String> = entries.iter().map(|e| format!("{} {} {:?}", e.actor, e.reason, e.counts)).collect();
    assert_eq!(told, ["ada a second look {}", r#"tester test {"linksCreated": 4, "resourcesInserted": 5}"#]);
    assert!(entries[0].at >= entries[1].at && entries[0].id > entries[1].id && entries[1].duration_micros > 0);
}

fn profiles_and_problems_are_kept(s: &Scratch) {
    assert_eq!(s.read(|tx| tx.table_profile("HR", "Person")), None);
    s.write(|tx| {
        tx.set_table_profile("HR", "Person", "1")?;
        tx.set_table_profile("HR", "Person", "2")
    });
    assert_eq!(s.read(|tx| tx.table_profile("HR", "Person")).as_deref(), Some("2"));
    let problem = |line| StoredProblem {
        table: "Person".to_owned(),
        line,
        column: Some("mail".to_owned()),
        value: None,
        reason: "too long".to_owned(),
        remedy: Some("shorten it".to_owned()),
    };
    s.write(|tx| {
        let run = tx.new_run("HR", 1)?;
        tx.insert_problem(run, &problem(5))?;
        tx.insert_problem(run, &problem(3))
    });
    let kept = "SELECT TableName, CAST(Line AS TEXT), ColumnName, Value, Reason, Remedy FROM UJ_Problems ORDER BY Id";
    assert_eq!(s.rows(kept, 6), ["Person|5|mail|-|too long|shorten it", "Person|3|mail|-|too long|shorten it"],);
}

fn views_have_readable_names(s: &Scratch) {
    let mut configuration = configuration();
    configuration.entity_types.push(EntityType { identifier: "PERSON".to_owned(), ..EntityType::default() });
    let c = s.deploy(&configuration, 50);
    c.fill(s);
    s.by_hand("CREATE VIEW zz_old AS SELECT 1 AS one");
    assert_eq!(s.write(|tx| tx.rebuild_views(&c.metadata)), 3);
    assert_eq!(s.write(|tx| tx.rebuild_views(&c.metadata)), 3);
    assert_eq!(
        s.rows("SELECT number, name, department FROM zz_person ORDER BY id", 3),
        ["P1|Ada|11", "P2|Bob|11", "P3|Cyd|-"]
    );
    assert_eq!(s.rows("SELECT code, internaldisplayname FROM zz_department ORDER BY id", 2), ["D1|Sales", "D2|Tech"]);
    assert!(s.store.read(|tx| tx.link.count("SELECT COUNT(*) FROM zz_old", &[])).is_err());
}

/// A statement that works on one database must work on the other.
#[test]
fn both_databases_have_the_same_tables_and_columns() {
    let Some(postgres) = Scratch::postgres() else {
        return;
    };
    let sqlite = Scratch::sqlite();
    let columns = |s: &Scratch, dialect: Dialect| {
        s.deploy(&configuration(), 50);
        assert_eq!(s.store.dialect(), dialect);
        let mut columns = s.rows(dialect.columns(), 2);
        columns.sort();
        columns
    };
    let expected = columns(&sqlite, Dialect::Sqlite);
    assert!(expected.contains(&"ur_resources|i40".to_owned()), "{expected:?}");
    assert_eq!(columns(&postgres, Dialect::Postgres), expected);
}
