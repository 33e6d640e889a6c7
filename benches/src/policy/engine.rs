//! The evaluation alone, over a population in memory, against what a programmer would write for this one policy:
//! closures over columns, which know nothing of periods, states or what was there before.

use super::company::{
    DEPARTMENTS, FIRST_GROUP, FIRST_PERSON, FIRST_SITE, ROLES, Rule, SITES, TREES, TYPES, configuration, place, root,
};
use crate::Failure;
use provost_model::configuration::parse;
use provost_model::metadata::{Catalog, Metadata};
use provost_model::policy::{Assignments, PolicyCatalog};
use provost_model::{AssociationId, EntityTypeId, PolicyObjectId, PropertyId, ResourceId};
use provost_pipeline::policy::{Directory, Engine, EvaluationOptions, Inputs, Scratch};
use provost_pipeline::population::{Handle, Population};
use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

/// The first of June 2026.
const NOW: i64 = 1_780_272_000_000_000;
/// Owners evaluated one after the other, as in a batch of the product.
const BATCH: usize = 2_000;

struct Names;

impl Directory for Names {
    fn resource(&self, entity_type: usize, key: &str) -> Option<ResourceId> {
        let number: i64 = key.parse().ok()?;
        let first = match entity_type {
            1 => 1,
            2 => FIRST_SITE,
            _ => FIRST_GROUP,
        };
        Some(ResourceId(first + number))
    }

    fn parents(&self, _: u8) -> Vec<(ResourceId, ResourceId)> {
        let below = TREES..DEPARTMENTS;
        below.map(|at| (ResourceId(1 + at as i64), ResourceId(1 + root(at) as i64))).collect()
    }
}

fn engine(rules: &[Rule]) -> Result<(Metadata, Engine), Failure> {
    let configuration = parse(&[("bench.xml".to_owned(), configuration(rules))]).configuration;
    let mut catalog = Catalog::default();
    for (entity_type, id) in configuration.entity_types.iter().zip(1..) {
        catalog.entity_types.insert(entity_type.identifier.clone(), EntityTypeId(id));
        for (property, nth) in entity_type.properties.iter().zip(1..) {
            let key = (entity_type.identifier.clone(), property.identifier.clone());
            catalog.properties.insert(key, PropertyId(id * 100 + nth));
        }
    }
    for (association, id) in configuration.associations.iter().zip(1..) {
        catalog.associations.insert(association.identifier.clone(), AssociationId(id));
    }
    let metadata = Metadata::resolve(configuration, &catalog);
    let mut policy = PolicyCatalog::default();
    for ((element, identity), id) in metadata.configuration.policy.objects().into_iter().zip(1..) {
        policy.objects.insert((element.to_owned(), identity), PolicyObjectId(id));
    }
    let engine = Engine::compile(&metadata, &policy, &Names)
        .map_err(|problems| problems.iter().map(|problem| format!("{problem}\n")).collect::<String>())?;
    Ok((metadata, engine))
}

fn population(metadata: &Metadata, people: usize) -> (Population, Vec<Handle>) {
    let mut population = Population::new(metadata);
    let departments: Vec<Handle> = (0..DEPARTMENTS).map(|n| population.add(1, ResourceId(1 + n as i64)).0).collect();
    let sites: Vec<Handle> = (0..SITES).map(|n| population.add(2, ResourceId(FIRST_SITE + n as i64)).0).collect();
    let mut owners = Vec::with_capacity(people);
    let mut text = String::new();
    for person in 0..people {
        let (owner, _) = population.add(0, ResourceId(FIRST_PERSON + person as i64));
        for (property, name) in [(0, "E"), (1, "first"), (2, "Last")] {
            text.clear();
            // Writing to a String cannot fail.
            let _ = write!(text, "{name}{person}");
            population.set_value(owner, property, &text);
        }
        population.set_value(owner, 3, "20200101000000");
        population.set_value(owner, 4, "20300101000000");
        let (department, site) = place(person);
        population.set_links(owner, 5, &[departments[department]]);
        population.set_links(owner, 6, &[sites[site]]);
        owners.push(owner);
    }
    (population, owners)
}

/// What a programmer would write: a closure for each rule, and values put together for each type.
fn limit(rules: &[Rule], population: &Population, owners: &[Handle]) -> usize {
    type Closure = Box<dyn Fn(usize, usize) -> bool>;
    let closures: Vec<(usize, Closure)> = rules
        .iter()
        .map(|rule| {
            let (wanted, site) = (rule.department, rule.site);
            let closure: Closure = match (rule.is_hierarchical, site) {
                (true, _) => Box::new(move |department, _| root(department) == wanted),
                (false, Some(site)) => Box::new(move |department, at| department == wanted && at == site),
                (false, None) => Box::new(move |department, _| department == wanted),
            };
            (rule.role, closure)
        })
        .collect();
    let mut held = [false; ROLES];
    let mut total = 0;
    for (person, owner) in owners.iter().enumerate() {
        let (department, site) = place(person);
        held.fill(false);
        for (role, closure) in &closures {
            held[*role] |= closure(department, site);
        }
        for resource_type in 0..TYPES {
            let links: Vec<usize> = (resource_type..ROLES).step_by(TYPES).filter(|role| held[*role]).collect();
            if links.is_empty() {
                continue;
            }
            let value = |property| population.value(*owner, property).unwrap_or_default();
            let values = [
                value(0).to_owned(),
                value(1).to_uppercase(),
                value(2).to_owned(),
                value(2).to_lowercase(),
                "x".to_owned(),
            ];
            total += black_box(links).len() + black_box(values).len();
        }
    }
    total
}

fn values(found: &Assignments) -> usize {
    found.resource_types.iter().map(|row| row.scalars.len() + row.navigations.len()).sum()
}

/// Nanoseconds that this thread has computed, which other work on the machine does not count into; those that went by,
/// where the system does not tell.
fn computed() -> u128 {
    static BEGAN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = told.split_whitespace().next().and_then(|number| number.parse().ok());
    first.unwrap_or_else(|| BEGAN.get_or_init(Instant::now).elapsed().as_nanos())
}

/// What the engine took: nothing was assigned before, and everything was.
fn evaluated(engine: &Engine, population: &Population, owners: &[Handle]) -> Result<[u128; 2], Failure> {
    let (mut scratch, options) = (Scratch::default(), EvaluationOptions::default());
    let mut took = [0; 2];
    let mut made: Vec<Assignments> = Vec::with_capacity(BATCH);
    for batch in owners.chunks(BATCH) {
        let start = computed();
        for owner in batch {
            let outcome = engine.evaluate(*owner, population, &Inputs::default(), NOW, &options, &mut scratch);
            made.push(outcome.assignments);
        }
        took[0] += computed() - start;
        let start = computed();
        for (owner, existing) in batch.iter().zip(&made) {
            let inputs = Inputs { existing: Some(existing), ..Inputs::default() };
            let outcome = engine.evaluate(*owner, population, &inputs, NOW, &options, &mut scratch);
            if values(&outcome.assignments) != values(existing) {
                return Err("a second evaluation gives something else".into());
            }
        }
        took[1] += computed() - start;
        made.clear();
    }
    Ok(took)
}

fn count(engine: &Engine, population: &Population, owners: &[Handle]) -> usize {
    let (mut scratch, options) = (Scratch::default(), EvaluationOptions::default());
    let evaluated =
        owners.iter().map(|owner| engine.evaluate(*owner, population, &Inputs::default(), NOW, &options, &mut scratch));
    evaluated.map(|outcome| values(&outcome.assignments)).sum()
}

/// Measures, the limit and the engine by turns; the best of each counts.
pub(super) fn measure(rules: &[Rule], people: usize, rounds: usize) -> Result<(), Failure> {
    let (metadata, engine) = engine(rules)?;
    let (population, owners) = population(&metadata, people);
    let found = count(&engine, &population, &owners);
    let mut best = [f64::MAX; 3];
    for _ in 0..rounds {
        let start = computed();
        let wanted = limit(rules, &population, &owners);
        let closures = computed() - start;
        if found != wanted {
            return Err(format!("the engine gives {found} values, the closures give {wanted}").into());
        }
        let [first, again] = evaluated(&engine, &population, &owners)?;
        for (best, took) in best.iter_mut().zip([closures, first, again]) {
            *best = best.min(took as f64 / people as f64);
        }
    }
    println!(
        "\n{people} identities, {found} values\n\n| policy | CPU µs for each identity | to the limit |\n|---|--:|--:|"
    );
    for (name, took) in ["limit: closures over columns", "first evaluation", "evaluation again"].iter().zip(best) {
        println!("| {name} | {:.2} | {:.2} |", took / 1000.0, took / best[0]);
    }
    Ok(())
}
