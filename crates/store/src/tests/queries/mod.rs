//! Queries over a small company.

mod answers;
mod assigned;
mod guards;
mod random;

use super::scratch::Scratch;
use crate::{
    ApplyPlan, Catalogue, ItemChange, LinkPlace, PageRequest, QueryFailure, QueryPage, ResourceChangeRow, Restrictions,
    RunId, StoredItem, WriteTx,
};
use provost_model::changes::Command;
use provost_model::configuration::parse;
use provost_model::metadata::Metadata;
use provost_model::query::Query;
use provost_model::{ResourceId, Slot};
use serde_json::Value;

/// The configuration of these tests.
pub(super) const XML: &str = include_str!("company.xml");

/// Slots of the values of a person, in the order of [`Company::put`].
fn slots(count: i64) -> Vec<Slot> {
    (4..4 + count).filter_map(Slot::new).collect()
}

pub(super) struct Company {
    pub(super) metadata: Metadata,
    pub(super) catalogue: Catalogue,
}

impl Company {
    pub(super) fn deploy(s: &Scratch) -> Company {
        let parsed = parse(&[("conf.xml".to_owned(), XML.to_owned())]);
        assert!(!parsed.has_errors(), "{:?}", parsed.problems);
        let items: Vec<ItemChange> = parsed
            .items
            .iter()
            .map(|item| {
                ItemChange::Insert(StoredItem {
                    element: item.element.clone(),
                    identity: item.identity.clone(),
                    file: item.file.clone(),
                    json: serde_json::to_string(item).unwrap(),
                })
            })
            .collect();
        let catalog = s.write(|tx| {
            tx.replace_configuration(&items)?;
            tx.deploy_model(&parsed.configuration, 50)
        });
        Company { metadata: Metadata::resolve(parsed.configuration, &catalog), catalogue: s.read(|tx| tx.catalogue()) }
    }

    pub(super) fn put(
        &self,
        tx: &mut WriteTx,
        run: RunId,
        command: Command,
        entity_type: &str,
        id: i64,
        values: &[Option<&str>],
    ) {
        let of = self.metadata.entity_type(entity_type).unwrap();
        let slots = slots(values.len() as i64);
        let row = ResourceChangeRow {
            command,
            id: ResourceId(id),
            key: values[0].unwrap(),
            line: 7,
            precision: 0,
            fingerprint: 1000 + id,
            display_name: values[1],
            values,
            changed: 0,
        };
        tx.resource_changes(run, of.id, &slots).unwrap().push(row).unwrap();
    }

    pub(super) fn link(&self, tx: &mut WriteTx, run: RunId, command: Command, association: &str, one: i64, two: i64) {
        let id = self.metadata.association(association).unwrap().id;
        let mut links = tx.link_changes(run, id).unwrap();
        links.push(command, ResourceId(one), ResourceId(two), None, None, 1).unwrap();
        links.finish().unwrap();
    }

    pub(super) fn plan(&self, now_micros: i64) -> ApplyPlan {
        let width = |name: &str| if name == "Person" { 8 } else { 2 };
        ApplyPlan {
            types: self.metadata.entity_types.iter().map(|t| (t.id, slots(width(&t.identifier)))).collect(),
            associations: self.metadata.associations.iter().map(|a| (a.id, LinkPlace::of(&self.metadata, a))).collect(),
            now_micros,
            ..ApplyPlan::default()
        }
    }

    /// One run that does all of `body` at a time.
    pub(super) fn run(&self, s: &Scratch, now: i64, body: impl FnOnce(&mut WriteTx, RunId)) {
        s.write(|tx| {
            let run = tx.new_run("HR", now)?;
            body(tx, run);
            tx.apply_changes(run, &self.plan(now))?;
            Ok(())
        });
    }

    /// At time 100: Ada (1) and Bob (2) in Sales (11), Cyd (3) in Tech (12), Dan (4) nowhere. Sales is part of Tech.
    /// Ada guides Bob and Cyd. Ada and Bob are in team Red (21), Bob also in Blue (22).
    fn fill(&self, s: &Scratch) {
        type Values = [Option<&'static str>; 8];
        let people: [Values; 4] = [
            [
                Some("P1"),
                Some("Ada"),
                Some("36"),
                Some("1.7"),
                Some("true"),
                Some("20200131120000"),
                Some("9007199254740993"),
                Some("c076e361fa5f428e833939a449ce2db3"),
            ],
            [Some("P2"), Some("bob"), Some("7"), Some("-0.5"), Some("false"), Some("20210131120000"), Some("6"), None],
            [Some("P3"), Some("Cyd"), Some("100"), Some("10"), None, None, None, None],
            [Some("P4"), None, Some("unknown"), Some("tall"), Some("yes"), Some("soon"), Some("-12"), None],
        ];
        self.run(s, 100, |tx, run| {
            for (id, values) in (1..).zip(&people) {
                self.put(tx, run, Command::Insert, "Person", id, values);
            }
            for (id, code, label) in [(11, "D1", "Sales"), (12, "D2", "Tech")] {
                self.put(tx, run, Command::Insert, "Department", id, &[Some(code), Some(label)]);
            }
            for (id, code, label) in [(21, "T1", "Red"), (22, "T2", "Blue")] {
                self.put(tx, run, Command::Insert, "Team", id, &[Some(code), Some(label)]);
            }
            let links = [
                ("WorksIn", 11, 1),
                ("WorksIn", 11, 2),
                ("WorksIn", 12, 3),
                ("PartOf", 12, 11),
                ("Guides", 1, 2),
                ("Guides", 1, 3),
                ("Belongs", 21, 1),
                ("Belongs", 21, 2),
                ("Belongs", 22, 2),
            ];
            for (association, one, two) in links {
                self.link(tx, run, Command::Insert, association, one, two);
            }
        });
    }

    pub(super) fn page(
        &self,
        s: &Scratch,
        entity_type: &str,
        query: &str,
        request: &PageRequest<'_>,
        restrictions: &Restrictions,
    ) -> Result<QueryPage, QueryFailure> {
        let query = Query::parse(query).unwrap();
        s.store.read(|tx| tx.query(&self.catalogue, entity_type, &query, request, restrictions))
    }

    fn rows(&self, s: &Scratch, entity_type: &str, query: &str) -> Value {
        let page = self.page(s, entity_type, query, &PageRequest::default(), &Restrictions::none());
        Value::from(page.unwrap_or_else(|e| panic!("{query}: {e}")).rows)
    }

    /// Ids of the rows.
    fn ids(&self, s: &Scratch, entity_type: &str, query: &str) -> String {
        let rows = self.rows(s, entity_type, query);
        rows.as_array().unwrap().iter().map(|row| row["Id"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    fn failure(&self, s: &Scratch, entity_type: &str, query: &str) -> String {
        let failure = self.page(s, entity_type, query, &PageRequest::default(), &Restrictions::none()).unwrap_err();
        format!("[{}] {failure}; {}", failure.code(), failure.remedy())
    }
}

fn filled(s: &Scratch) -> Company {
    let c = Company::deploy(s);
    c.fill(s);
    c
}
