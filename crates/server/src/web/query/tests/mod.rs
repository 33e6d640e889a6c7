//! Who sees what, asked over the interface.

mod explanations;
mod lists;
mod rules;

use crate::metadata;
use crate::web::access::sessions::{self, Learnt};
use crate::web::access::tests::world::{Answer, NEW_YEAR, World, clock, wait};
use axum::http::HeaderMap;
use provost_model::changes::Command;
use provost_model::{ResourceId, Slot};
use provost_store::{ApplyPlan, LinkPlace, ResourceChangeRow};
use serde_json::Value;

/// Ada (1) guides Bob (2) and Cyd (3), Cyd guides Dan (4), nobody guides Eve (5). Ada, Bob and Eve work in Sales (D1,
/// 11), Cyd and Dan in Tech (D2, 12). A day later Bob is called Bert, and is guided by Cyd.
pub(super) struct Company {
    pub(super) world: World,
}

type Person = (i64, &'static str, &'static str, &'static str);

const PEOPLE: [Person; 5] = [
    (1, "P1", "Ada", "100"),
    (2, "P2", "Bob", "200"),
    (3, "P3", "Cyd", "300"),
    (4, "P4", "Dan", "400"),
    (5, "P5", "Eve", "500"),
];

fn row<'a>(command: Command, id: i64, values: &'a [Option<&'a str>]) -> ResourceChangeRow<'a> {
    ResourceChangeRow {
        command,
        id: ResourceId(id),
        key: values[0].unwrap(),
        line: 1,
        precision: 0,
        fingerprint: id,
        display_name: values[1],
        values,
        changed: 2,
    }
}

type Link = (Command, &'static str, i64, i64);

impl Company {
    pub(super) fn new() -> Company {
        let world = World::new();
        world.deploy(include_str!("company.xml"));
        let company = Company { world };
        let departments = [(11, "D1", "Sales"), (12, "D2", "Tech")];
        let mut links: Vec<Link> = vec![];
        for (department, people) in [(11, &[1, 2, 5][..]), (12, &[3, 4][..])] {
            links.extend(people.iter().map(|person| (Command::Insert, "WorksIn", department, *person)));
        }
        links.extend([(1, 2), (1, 3), (3, 4)].map(|(one, two)| (Command::Insert, "Guides", one, two)));
        company.run(Command::Insert, &PEOPLE, &departments, &links);
        wait(86_400);
        let bert = [(2, "P2", "Bert", "200")];
        let moved = [(Command::Delete, "Guides", 1, 2), (Command::Insert, "Guides", 3, 2)];
        company.run(Command::Update, &bert, &[], &moved);
        company
    }

    fn run(&self, command: Command, people: &[Person], departments: &[(i64, &str, &str)], links: &[Link]) {
        let now = clock();
        self.world
            .app
            .store()
            .write("tester", "test", |tx| -> Result<(), crate::ServerError> {
                let metadata = metadata::load(tx)?;
                let slots: Vec<Slot> = (4..7).filter_map(Slot::new).collect();
                let run = tx.new_run("HR", now)?;
                let person = metadata.entity_type("Person").unwrap().id;
                for (id, key, name, salary) in people {
                    let values = [Some(*key), Some(*name), Some(*salary)];
                    tx.resource_changes(run, person, &slots)?.push(row(command, *id, &values))?;
                }
                let department = metadata.entity_type("Department").unwrap().id;
                for (id, code, label) in departments {
                    let values = [Some(*code), Some(*label)];
                    tx.resource_changes(run, department, &slots[..2])?.push(row(command, *id, &values))?;
                }
                for (command, association, one, two) in links {
                    let id = metadata.association(association).unwrap().id;
                    let mut links = tx.link_changes(run, id)?;
                    links.push(*command, ResourceId(*one), ResourceId(*two), None, None, 1)?;
                    links.finish()?;
                }
                let width = |name: &str| if name == "Person" { 3 } else { 2 };
                let types = metadata.entity_types.iter().map(|t| (t.id, slots[..width(&t.identifier)].to_vec()));
                let associations = metadata.associations.iter().map(|a| (a.id, LinkPlace::of(&metadata, a)));
                let plan = ApplyPlan {
                    types: types.collect(),
                    associations: associations.collect(),
                    now_micros: now,
                    ..ApplyPlan::default()
                };
                tx.apply_changes(run, &plan)?;
                Ok(())
            })
            .unwrap();
    }

    /// The cookie of somebody who signed in at a provider.
    async fn cookie(&self, id: i64) -> String {
        let learnt = Learnt {
            display_name: String::new(),
            resource: Some(("Person".to_owned(), id)),
            keys: vec![format!("P{id}")],
        };
        let login = format!("p{id}@acme.example");
        let begun =
            sessions::begin(&self.world.app, &HeaderMap::new(), (&login, "acme"), &learnt, "test".to_owned()).await;
        begun.unwrap().to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    pub(super) async fn ask(&self, id: i64, path: &str) -> Answer {
        let cookie = self.cookie(id).await;
        self.world.get(path, &[("cookie", &cookie)]).await
    }

    pub(super) async fn as_administrator(&self, path: &str) -> Answer {
        self.world.account("administrator", "/", false);
        let cookie = self.world.session("administrator").await;
        self.world.get(path, &[("cookie", &cookie)]).await
    }

    /// What a query finds, as JSON text.
    pub(super) async fn query(&self, id: i64, path: &str, squery: &str) -> String {
        let answer = self.ask(id, &address(path, squery)).await;
        match answer.status.as_u16() {
            200 => Value::to_string(&answer.json()["Result"]),
            _ => answer.problem(),
        }
    }
}

/// An address with a query in it.
pub(super) fn address(path: &str, squery: &str) -> String {
    let escaped: String = squery
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    format!("{path}?squery={escaped}")
}

/// An instant at which Bob was still Bob.
pub(super) const BEFORE: &str = "as of \"2026-01-01T12:00:00Z\"";

#[test]
fn the_first_day_is_new_year() {
    assert_eq!(provost_model::query::format_instant(NEW_YEAR), "2026-01-01T00:00:00Z");
}
