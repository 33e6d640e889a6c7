//! Random sequences of runs against the naive model: current rows, keys, links, and every state of the past.

use super::naive::{MINUTE, Naive, NaiveLink, NaiveResource, State, Step};
use super::scratch::{Company, Scratch, configuration, slot};
use crate::{Resource, StoreError, WriteTx};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use provost_model::ResourceId;
use provost_model::changes::Command;
use std::collections::{BTreeMap, BTreeSet};

super::both!(every_state_of_the_past_can_be_read);

fn every_state_of_the_past_can_be_read(s: &Scratch) {
    let cases = if s.store.dialect() == crate::Dialect::Sqlite { 60 } else { 12 };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let company = s.deploy(&configuration(), 1);
    runner
        .run(&runs(), |runs| {
            s.write(|tx| {
                for table in [
                    "UR_Resources",
                    "UR_ResourcesHistory",
                    "UR_ResourceKeys",
                    "UR_ResourceLinks",
                    "UR_ResourceLinksHistory",
                ] {
                    tx.link.execute(&format!("DELETE FROM {table}"), &[])?;
                }
                Ok(())
            });
            let mut naive = Naive::default();
            let mut now = 0;
            for (minutes, steps) in runs {
                now += minutes * MINUTE;
                play(s, &company, &mut naive, now, &steps);
                compare(s, &company, &naive)?;
            }
            Ok(())
        })
        .unwrap();
}

/// Runs with the minutes since the one before.
fn runs() -> impl Strategy<Value = Vec<(i64, Vec<Step>)>> {
    prop::collection::vec((0..90_i64, prop::collection::vec(step(), 1..6)), 1..9)
}

fn step() -> impl Strategy<Value = Step> {
    let value = || prop::option::of("[a-cé]{0,2}");
    prop_oneof![
        3 => (any::<bool>(), value(), value(), value())
            .prop_map(|(is_person, a, b, c)| Step::Insert(is_person, vec![None, a, b, c])),
        3 => (0..9_usize, value(), value(), value(), prop_oneof![Just(0_u32), Just(60)])
            .prop_map(|(n, a, b, c, precision)| Step::Update(n, vec![None, a, b, c], precision)),
        1 => (0..9_usize).prop_map(Step::Delete),
        3 => (0..9_usize, prop::option::of(0..3_usize)).prop_map(|(n, m)| Step::Works(n, m)),
        3 => (0..9_usize, 0..3_usize).prop_map(|(n, m)| Step::Heads(n, m)),
    ]
}

/// Carries the steps out on both sides. At most one change of each kind for each resource: that is what a change set
/// is.
fn play(s: &Scratch, company: &Company, naive: &mut Naive, now: i64, steps: &[Step]) {
    let mut next = naive.now.clone();
    let mut precisions: BTreeMap<i64, u32> = BTreeMap::new();
    let mut touched: BTreeSet<(u8, i64)> = BTreeSet::new();
    s.write(|tx| {
        let run = tx.new_run("HR", now)?;
        let staged: Vec<Step> = steps.to_vec();
        // Deletions first, so that nothing is staged for what is gone.
        for step in staged.iter().filter(|s| matches!(s, Step::Delete(_))) {
            let Step::Delete(n) = step else { continue };
            let Some(id) = next.nth(None, *n).filter(|id| naive.now.resources.contains_key(id)) else {
                continue;
            };
            delete(tx, company, run, id, &mut next, &mut precisions)?;
            touched.insert((0, id));
        }
        for step in &staged {
            match step {
                Step::Delete(_) => {}
                Step::Insert(is_person, values) => insert(tx, company, run, *is_person, values, &mut next)?,
                Step::Update(n, values, precision) => {
                    let Some(id) = next.nth(None, *n).filter(|id| naive.now.resources.contains_key(id)) else {
                        continue;
                    };
                    if touched.insert((0, id)) {
                        update(tx, company, run, id, values, *precision, &mut next, &mut precisions)?;
                    }
                }
                Step::Works(n, m) => {
                    let Some(person) = next.nth(Some(true), *n) else {
                        continue;
                    };
                    let department = m.and_then(|m| next.nth(Some(false), m));
                    if touched.insert((1, person)) {
                        works(tx, company, run, person, department, &mut next, &mut precisions)?;
                    }
                }
                Step::Heads(n, m) => {
                    let (Some(person), Some(department)) = (next.nth(Some(true), *n), next.nth(Some(false), *m)) else {
                        continue;
                    };
                    if touched.insert((2, person * 1000 + department)) {
                        let link = NaiveLink { person, department };
                        let command = if next.heads.remove(&link) { Command::Delete } else { Command::Insert };
                        if command == Command::Insert {
                            next.heads.insert(link);
                        }
                        let (first, second) = (ResourceId(person), ResourceId(department));
                        tx.link_changes(run, company.heads)?.push(command, first, second, None, None, 0)?;
                    }
                }
            }
        }
        tx.apply_changes(run, &company.plan(now)).map(|_| ())
    });
    naive.advance(now, next, &precisions);
}

fn key(id: i64) -> String {
    format!("K{id:03}")
}

fn insert(
    tx: &mut WriteTx,
    company: &Company,
    run: crate::RunId,
    is_person: bool,
    values: &[Option<String>],
    next: &mut State,
) -> Result<(), StoreError> {
    let id = tx.reserve_resource_ids(1)?.0;
    let mut values = values.to_vec();
    values[0] = Some(key(id));
    if !is_person {
        values.truncate(2);
    }
    stage(tx, company, run, Command::Insert, id, &values, 0)?;
    let resource = NaiveResource { is_person, values, works_in: None, valid_from: 0 };
    next.resources.insert(id, resource);
    Ok(())
}

#[allow(clippy::too_many_arguments)]
fn update(
    tx: &mut WriteTx,
    company: &Company,
    run: crate::RunId,
    id: i64,
    values: &[Option<String>],
    precision: u32,
    next: &mut State,
    precisions: &mut BTreeMap<i64, u32>,
) -> Result<(), StoreError> {
    let Some(resource) = next.resources.get_mut(&id) else {
        return Ok(());
    };
    let mut new = values[..resource.values.len()].to_vec();
    new[0] = Some(key(id));
    if new == resource.values {
        return Ok(());
    }
    resource.values = new.clone();
    lower(precisions, id, precision);
    stage(tx, company, run, Command::Update, id, &new, precision)
}

fn delete(
    tx: &mut WriteTx,
    company: &Company,
    run: crate::RunId,
    id: i64,
    next: &mut State,
    precisions: &mut BTreeMap<i64, u32>,
) -> Result<(), StoreError> {
    let Some(gone) = next.resources.remove(&id) else {
        return Ok(());
    };
    next.heads.retain(|l| l.person != id && l.department != id);
    for (other, resource) in &mut next.resources {
        if resource.works_in == Some(id) {
            resource.works_in = None;
            lower(precisions, *other, 0);
        }
    }
    stage(tx, company, run, Command::Delete, id, &gone.values, 0)
}

fn works(
    tx: &mut WriteTx,
    company: &Company,
    run: crate::RunId,
    person: i64,
    department: Option<i64>,
    next: &mut State,
    precisions: &mut BTreeMap<i64, u32>,
) -> Result<(), StoreError> {
    let Some(resource) = next.resources.get_mut(&person) else {
        return Ok(());
    };
    if resource.works_in == department {
        return Ok(());
    }
    let mut links = tx.link_changes(run, company.works_in)?;
    if let Some(old) = resource.works_in {
        links.push(Command::Delete, ResourceId(old), ResourceId(person), None, None, 0)?;
    }
    if let Some(new) = department {
        links.push(Command::Insert, ResourceId(new), ResourceId(person), None, None, 0)?;
    }
    resource.works_in = department;
    lower(precisions, person, 0);
    Ok(())
}

fn lower(precisions: &mut BTreeMap<i64, u32>, id: i64, precision: u32) {
    let known = precisions.entry(id).or_insert(precision);
    *known = precision.min(*known);
}

fn stage(
    tx: &mut WriteTx,
    company: &Company,
    run: crate::RunId,
    command: Command,
    id: i64,
    values: &[Option<String>],
    precision: u32,
) -> Result<(), StoreError> {
    let v: Vec<Option<&str>> = values.iter().map(Option::as_deref).collect();
    match v.as_slice() {
        [a, b, c, d] => company.stage_person(tx, run, command, id, [*a, *b, *c, *d], precision),
        [a, b] => company.stage_department(tx, run, command, id, [*a, *b], precision),
        _ => unreachable!(),
    }
}

/// A resource in the words of the naive model.
fn naive_resource(company: &Company, resource: &Resource) -> (i64, NaiveResource) {
    let is_person = resource.entity_type == company.person;
    let slots = if is_person { 4..8 } else { 4..6 };
    let values = slots.map(|i| resource.value(slot(i)).map(str::to_owned)).collect();
    let works_in = resource.value(slot(128)).map(|id| id.parse().unwrap());
    (resource.id.0, NaiveResource { is_person, values, works_in, valid_from: resource.valid_from })
}

fn compare(s: &Scratch, company: &Company, naive: &Naive) -> Result<(), TestCaseError> {
    let mut instants: Vec<i64> = naive.past.iter().map(|(until, _)| *until).collect();
    instants.extend(naive.past.iter().map(|(until, _)| until - 1));
    for instant in instants {
        let expected = naive.at(instant);
        let (found, heads) = s.read(|tx| {
            let mut found = tx.list_resources_as_of(company.person, instant, None, None, 99)?;
            found.extend(tx.list_resources_as_of(company.department, instant, None, None, 99)?);
            let mut heads = BTreeSet::new();
            for person in found.iter().filter(|r| r.entity_type == company.person) {
                for neighbour in tx.links_of_resource(person.id, Some(instant))? {
                    if neighbour.association == company.heads {
                        heads.insert(NaiveLink { person: person.id.0, department: neighbour.other.0 });
                    }
                }
            }
            Ok((found, heads))
        });
        let found: BTreeMap<i64, NaiveResource> = found.iter().map(|r| naive_resource(company, r)).collect();
        prop_assert_eq!(&found, &expected.resources, "at {}", instant);
        prop_assert_eq!(&heads, &expected.heads, "at {}", instant);
    }
    let now = s.read(|tx| {
        let mut now = tx.list_resources(company.person, None, None, 99)?;
        now.extend(tx.list_resources(company.department, None, None, 99)?);
        Ok(now)
    });
    let now: BTreeMap<i64, NaiveResource> = now.iter().map(|r| naive_resource(company, r)).collect();
    prop_assert_eq!(&now, &naive.now.resources);
    let mut expected = BTreeSet::new();
    for (id, r) in &naive.now.resources {
        let (entity_type, base) = if r.is_person { (1, 1000) } else { (2, 2000) };
        expected.insert(format!("{entity_type}|{}|{id}|{}", key(*id), base + id));
        // The mail of a person is a unique key; these runs stage no key rows.
        let mail = r.values.get(2).and_then(Option::as_deref).filter(|mail| !mail.is_empty());
        expected.extend(mail.map(|mail| format!("1|{mail}|{id}|0")));
    }
    let keys: BTreeSet<String> = s.keys().into_iter().collect();
    prop_assert_eq!(keys, expected);
    Ok(())
}
