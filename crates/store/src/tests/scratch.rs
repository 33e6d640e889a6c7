//! A repository for one test, and a small model to fill it with.

use crate::{ApplyPlan, LinkPlace, ResourceChangeRow, RunId, Store, StoreError, WriteTx};
use provost_model::changes::Command;
use provost_model::configuration::{
    Configuration, EntityAssociation, EntityAssociationMapping, EntityType, EntityTypeMapping, Property,
    PropertyMapping, PropertyPath, PropertyType,
};
use provost_model::metadata::Metadata;
use provost_model::{AssociationId, EntityTypeId, PropertyId, ResourceId, Slot};
use std::sync::atomic::{AtomicU32, Ordering};

/// A repository that vanishes with the test.
pub(crate) struct Scratch {
    pub(crate) store: Store,
    pub(crate) connection: String,
    pub(crate) folder: Option<tempfile::TempDir>,
    schema: Option<(String, String)>,
}

impl Scratch {
    pub(crate) fn sqlite() -> Scratch {
        let folder = tempfile::tempdir().unwrap();
        let connection = format!("sqlite:{}?busy_timeout=300", folder.path().join("provost.db").display());
        let store = Store::open(&connection).unwrap();
        Scratch { store, connection, folder: Some(folder), schema: None }
    }

    /// A schema of its own on the server that `PROVOST_TEST_POSTGRES` names.
    pub(crate) fn postgres() -> Option<Scratch> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var("PROVOST_TEST_POSTGRES") else {
            assert!(std::env::var("CI").is_err(), "PROVOST_TEST_POSTGRES must name a PostgreSQL server in CI");
            eprintln!("skipped: PROVOST_TEST_POSTGRES names no PostgreSQL server");
            return None;
        };
        let schema = format!("provost_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let mut admin = postgres::Client::connect(&server, postgres::NoTls).unwrap();
        admin.batch_execute(&format!("CREATE SCHEMA {schema}")).unwrap();
        let connection = if server.starts_with("postgres") {
            let joint = if server.contains('?') { '&' } else { '?' };
            format!(
                "{server}{joint}busy_timeout=300&options=-c%20synchronous_commit%3Doff%20-c%20search_path%3D{schema}"
            )
        } else {
            format!("{server} busy_timeout=300 options='-c synchronous_commit=off -c search_path={schema}'")
        };
        let store = Store::open(&connection).unwrap();
        Some(Scratch { store, connection, folder: None, schema: Some((server, schema)) })
    }

    /// Statements of somebody with an SQL prompt.
    pub(crate) fn by_hand(&self, sql: &str) {
        match (&self.folder, &self.schema) {
            (Some(folder), _) => {
                rusqlite::Connection::open(folder.path().join("provost.db")).unwrap().execute_batch(sql).unwrap();
            }
            (_, Some((server, schema))) => {
                let mut client = postgres::Client::connect(server, postgres::NoTls).unwrap();
                client.batch_execute(&format!("SET search_path = {schema}")).unwrap();
                client.batch_execute(sql).unwrap();
            }
            _ => unreachable!(),
        }
    }

    pub(crate) fn write<T>(&self, body: impl FnOnce(&mut WriteTx) -> Result<T, StoreError>) -> T {
        self.store.write("tester", "test", body).unwrap()
    }

    pub(crate) fn read<T>(&self, body: impl FnOnce(&mut crate::ReadTx) -> Result<T, StoreError>) -> T {
        self.store.read(body).unwrap()
    }

    pub(crate) fn deploy(&self, configuration: &Configuration, now: i64) -> Company {
        let catalog = self.write(|tx| tx.deploy_model(configuration, now));
        Company::new(Metadata::resolve(configuration.clone(), &catalog))
    }

    /// Ids of the resources with a dirty flag.
    pub(crate) fn dirty(&self) -> Vec<String> {
        self.rows("SELECT CAST(Id AS TEXT) FROM UR_Resources r WHERE Dirty = 1 ORDER BY r.Id", 1)
    }

    /// All rows of a query as text, columns joined by `|`, NULL as `-`.
    pub(crate) fn rows(&self, sql: &str, columns: usize) -> Vec<String> {
        self.read(|tx| {
            tx.link.all(sql, &[], |row| {
                let cells: Result<Vec<String>, StoreError> =
                    (0..columns).map(|c| Ok(row.text(c)?.unwrap_or("-").to_owned())).collect();
                Ok(cells?.join("|"))
            })
        })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some((server, schema)) = &self.schema {
            let mut admin = postgres::Client::connect(server, postgres::NoTls).unwrap();
            let _ = admin.batch_execute(&format!("SET client_min_messages = warning; DROP SCHEMA {schema} CASCADE"));
        }
    }
}

/// The model of the tests with names for what it holds: persons with a department in a slot, groups with members in
/// the table.
pub(crate) struct Company {
    pub(crate) metadata: Metadata,
    pub(crate) person: EntityTypeId,
    pub(crate) department: EntityTypeId,
    pub(crate) number: PropertyId,
    pub(crate) mail: PropertyId,
    pub(crate) works_in: AssociationId,
    pub(crate) works_in_place: LinkPlace,
    pub(crate) heads: AssociationId,
    pub(crate) heads_place: LinkPlace,
}

pub(crate) fn slot(index: i64) -> Slot {
    Slot::new(index).unwrap()
}

/// `number`, `name`, `mail`, `logon` (precision 60 minutes).
pub(crate) fn person_slots() -> Vec<Slot> {
    vec![slot(4), slot(5), slot(6), slot(7)]
}

/// `code`, `label`.
pub(crate) fn department_slots() -> Vec<Slot> {
    vec![slot(4), slot(5)]
}

pub(crate) fn scalar(identifier: &str, index: i16) -> Property {
    Property { identifier: identifier.to_owned(), target_column_index: index, ..Property::default() }
}

pub(crate) fn navigation(identifier: &str, index: i16) -> Property {
    Property { kind: PropertyType::ForeignKey, ..scalar(identifier, index) }
}

pub(crate) fn path(text: &str) -> PropertyPath {
    let (entity_type, property) = text.split_once(':').unwrap();
    PropertyPath { entity_type: entity_type.to_owned(), property: property.to_owned() }
}

pub(crate) fn mapping(identifier: &str, properties: &[&str], unique: &[&str]) -> EntityTypeMapping {
    EntityTypeMapping {
        identifier: identifier.to_owned(),
        connector: "HR".to_owned(),
        properties: properties
            .iter()
            .enumerate()
            .map(|(i, name)| PropertyMapping {
                identifier: (*name).to_owned(),
                connection_column: Some((*name).to_owned()),
                is_primary_key: i == 0,
                is_unique_key: unique.contains(name),
                format: None,
            })
            .collect(),
        ..EntityTypeMapping::default()
    }
}

pub(crate) fn configuration() -> Configuration {
    let mut logon = scalar("logon", 7);
    logon.history_precision = 60;
    let mut number = scalar("number", 4);
    number.is_key = true;
    Configuration {
        entity_types: vec![
            EntityType {
                identifier: "Person".to_owned(),
                display_name: None,
                properties: vec![
                    number,
                    scalar("name", 5),
                    scalar("mail", 6),
                    logon,
                    navigation("department", 128),
                    navigation("headOf", -1),
                ],
            },
            EntityType {
                identifier: "Department".to_owned(),
                display_name: None,
                properties: vec![
                    scalar("code", 4),
                    scalar("label", 5),
                    navigation("members", -1),
                    navigation("heads", -1),
                ],
            },
        ],
        associations: vec![
            EntityAssociation {
                identifier: "WorksIn".to_owned(),
                display_name: None,
                property1: path("Department:members"),
                property2: path("Person:department"),
                is_property1_collection: true,
                is_property2_collection: false,
            },
            EntityAssociation {
                identifier: "Heads".to_owned(),
                display_name: None,
                property1: path("Person:headOf"),
                property2: path("Department:heads"),
                is_property1_collection: true,
                is_property2_collection: true,
            },
        ],
        type_mappings: vec![
            mapping("Person", &["number", "name", "mail", "logon"], &["mail"]),
            mapping("Department", &["code", "label"], &[]),
        ],
        association_mappings: vec![EntityAssociationMapping {
            identifier: "WorksIn".to_owned(),
            connector: "HR".to_owned(),
            key1: path("Department:code"),
            key2: path("Person:number"),
            ..EntityAssociationMapping::default()
        }],
        ..Configuration::default()
    }
}

impl Company {
    pub(crate) fn new(metadata: Metadata) -> Company {
        let id = |t: &str| metadata.entity_type(t).map_or(EntityTypeId(0), |t| t.id);
        let property =
            |t: &str, p: &str| metadata.entity_type(t).and_then(|t| t.property(p)).map_or(PropertyId(0), |p| p.id);
        let link = |a: &str| {
            metadata
                .association(a)
                .map_or((AssociationId(0), LinkPlace::Table(AssociationId(0))), |a| (a.id, LinkPlace::of(&metadata, a)))
        };
        let ((works_in, works_in_place), (heads, heads_place)) = (link("WorksIn"), link("Heads"));
        Company {
            person: id("Person"),
            department: id("Department"),
            number: property("Person", "number"),
            mail: property("Person", "mail"),
            works_in,
            works_in_place,
            heads,
            heads_place,
            metadata,
        }
    }

    /// Everything of a run.
    pub(crate) fn plan(&self, now_micros: i64) -> ApplyPlan {
        ApplyPlan {
            types: vec![(self.person, person_slots()), (self.department, department_slots())],
            associations: vec![(self.works_in, self.works_in_place), (self.heads, self.heads_place)],
            now_micros,
            ..ApplyPlan::default()
        }
    }

    /// Stages one change of a person: number, name, mail, logon.
    pub(crate) fn stage_person(
        &self,
        tx: &mut WriteTx,
        run: RunId,
        command: Command,
        id: i64,
        values: [Option<&str>; 4],
        precision: u32,
    ) -> Result<(), StoreError> {
        tx.resource_changes(run, self.person, &person_slots())?.push(ResourceChangeRow {
            command,
            id: ResourceId(id),
            key: values[0].unwrap(),
            line: 7,
            precision,
            fingerprint: 1000 + id,
            display_name: values[1],
            values: &values,
            changed: 0,
        })
    }

    pub(crate) fn stage_department(
        &self,
        tx: &mut WriteTx,
        run: RunId,
        command: Command,
        id: i64,
        values: [Option<&str>; 2],
        precision: u32,
    ) -> Result<(), StoreError> {
        tx.resource_changes(run, self.department, &department_slots())?.push(ResourceChangeRow {
            command,
            id: ResourceId(id),
            key: values[0].unwrap(),
            line: 3,
            precision,
            fingerprint: 2000 + id,
            display_name: values[1],
            values: &values,
            changed: 0,
        })
    }

    /// Ada (1), Bob (2), Cyd (3) in Sales (11) and Tech (12), loaded at time 100: Ada and Bob work in Sales, Ada heads
    /// both departments.
    pub(crate) fn fill(&self, scratch: &Scratch) {
        scratch.write(|tx| {
            let run = tx.new_run("HR", 100)?;
            let people = [("P1", "Ada", "ada@x"), ("P2", "Bob", "bob@x"), ("P3", "Cyd", "cyd@x")];
            for (id, (number, name, mail)) in (1..).zip(people) {
                let values = [Some(number), Some(name), Some(mail), None];
                self.stage_person(tx, run, Command::Insert, id, values, 0)?;
                tx.key_changes(run)?.push(self.person, self.mail, mail, ResourceId(id), 0, false)?;
            }
            self.stage_department(tx, run, Command::Insert, 11, [Some("D1"), Some("Sales")], 0)?;
            self.stage_department(tx, run, Command::Insert, 12, [Some("D2"), Some("Tech")], 0)?;
            let mut works_in = tx.link_changes(run, self.works_in)?;
            works_in.push(Command::Insert, ResourceId(11), ResourceId(1), Some("D1"), Some("P1"), 1)?;
            works_in.push(Command::Insert, ResourceId(11), ResourceId(2), Some("D1"), Some("P2"), 2)?;
            works_in.finish()?;
            let mut heads = tx.link_changes(run, self.heads)?;
            heads.push(Command::Insert, ResourceId(1), ResourceId(11), None, None, 1)?;
            heads.push(Command::Insert, ResourceId(1), ResourceId(12), None, None, 2)?;
            heads.finish()?;
            tx.apply_changes(run, &self.plan(100))?;
            Ok(())
        });
    }
}

/// The parts of the repository that tests look at most.
impl Scratch {
    pub(crate) fn people(&self) -> Vec<String> {
        self.rows(
            "SELECT CAST(Id AS TEXT), C4, C5, C6, C7, CAST(I40 AS TEXT), CAST(ValidFrom AS TEXT) FROM UR_Resources \
             WHERE I40 IS NOT NULL OR C6 IS NOT NULL OR C7 IS NOT NULL ORDER BY UR_Resources.Id",
            7,
        )
    }

    pub(crate) fn past(&self) -> Vec<String> {
        self.rows(
            "SELECT CAST(Id AS TEXT), KeyValue, C5, C7, CAST(I40 AS TEXT), CAST(ValidFrom AS TEXT), \
             CAST(ValidTo AS TEXT) FROM UR_ResourcesHistory ORDER BY UR_ResourcesHistory.Id, UR_ResourcesHistory.ValidTo",
            7,
        )
    }

    pub(crate) fn links(&self) -> Vec<String> {
        self.rows(
            "SELECT CAST(Resource1_Id AS TEXT), CAST(Resource2_Id AS TEXT), CAST(ValidFrom AS TEXT), '' \
             FROM UR_ResourceLinks UNION ALL SELECT CAST(Resource1_Id AS TEXT), CAST(Resource2_Id AS TEXT), \
             CAST(ValidFrom AS TEXT), CAST(ValidTo AS TEXT) FROM UR_ResourceLinksHistory ORDER BY 1, 2, 3, 4",
            4,
        )
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.rows(
            "SELECT CAST(EntityType_Id AS TEXT), KeyValue, CAST(Resource_Id AS TEXT), CAST(Fingerprint AS TEXT) \
             FROM UR_ResourceKeys ORDER BY EntityType_Id, Property_Id, KeyValue, Resource_Id",
            4,
        )
    }
}
