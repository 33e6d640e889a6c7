//! The evaluation of the policy against its limit: 300 rules, 200 roles, 20 resource types with five scalar rules each.
//!
//! `cargo bench -p provost-benches --bench policy` measures; `PROVOST_BENCH_IDENTITIES` (200,000) says how many
//! identities. The limit is what a programmer would write for this one policy: closures over columns, which know
//! nothing of periods, states or what was there before. `cargo test` walks the same road with few identities.

use provost_model::configuration::parse;
use provost_model::metadata::{Catalog, Metadata};
use provost_model::policy::{Assignments, Instant, PolicyCatalog};
use provost_model::{AssociationId, EntityTypeId, PolicyObjectId, PropertyId, ResourceId};
use provost_pipeline::policy::{Directory, Engine, EvaluationOptions, Inputs, Scratch};
use provost_pipeline::population::{Handle, Population};
use std::fmt::Write;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant as Clock;

const DEPARTMENTS: usize = 100;
const TREES: usize = 10;
const SITES: usize = 10;
const ROLES: usize = 200;
const TYPES: usize = 20;
/// The first of June 2026.
const NOW: Instant = 1_780_272_000_000_000;

/// Departments come first, then sites, then groups, then people.
const FIRST_SITE: i64 = 1 + DEPARTMENTS as i64;
const FIRST_GROUP: i64 = FIRST_SITE + SITES as i64;
const FIRST_PERSON: i64 = FIRST_GROUP + ROLES as i64;

/// A rule as both sides write it: department, with all below it or not, and site.
struct Rule {
    role: usize,
    department: usize,
    is_hierarchical: bool,
    site: Option<usize>,
}

fn rules() -> Vec<Rule> {
    (0..300)
        .map(|n| match n % 2 {
            0 => Rule { role: n % ROLES, department: n / 2 % TREES, is_hierarchical: true, site: None },
            _ => Rule {
                role: n % ROLES,
                department: n * 7 % DEPARTMENTS,
                is_hierarchical: false,
                site: Some(n / 2 % SITES),
            },
        })
        .collect()
}

/// The tree that a department stands in; the first ten are the roots.
fn root(department: usize) -> usize {
    department % TREES
}

fn configuration(rules: &[Rule]) -> String {
    let mut xml = String::from(
        r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
<EntityType Identifier="Person"><Property Identifier="Number" IsKey="1"/><Property Identifier="First"/><Property Identifier="Last"/>
<Property Identifier="Start" Type="DateTime"/><Property Identifier="End" Type="DateTime"/>
<Property Identifier="Department" Type="ForeignKey"/><Property Identifier="Site" Type="ForeignKey"/></EntityType>
<EntityType Identifier="Department"><Property Identifier="Code" IsKey="1"/><Property Identifier="People" Type="ForeignKey"/></EntityType>
<EntityType Identifier="Site"><Property Identifier="Code" IsKey="1"/><Property Identifier="People" Type="ForeignKey"/></EntityType>
<EntityType Identifier="Account"><Property Identifier="A"/><Property Identifier="B"/><Property Identifier="C"/><Property Identifier="D"/>
<Property Identifier="E"/><Property Identifier="Groups" Type="ForeignKey"/></EntityType>
<EntityType Identifier="Group"><Property Identifier="Dn" IsKey="1"/><Property Identifier="Members" Type="ForeignKey"/></EntityType>
<EntityAssociation Identifier="PD" Property1="Person:Department" Property2="Department:People" IsProperty2Collection="1"/>
<EntityAssociation Identifier="PS" Property1="Person:Site" Property2="Site:People" IsProperty2Collection="1"/>
<EntityAssociation Identifier="AG" Property1="Account:Groups" Property2="Group:Members" IsProperty1Collection="1" IsProperty2Collection="1"/>
<Dimension Identifier="Department" EntityType="Department" ColumnMapping="0" IsHierarchical="1" ParentProperty="People"/><Dimension Identifier="Site" EntityType="Site" ColumnMapping="1"/>
<ContextRule Identifier="C" DisplayName_L1="C" Policy="Default" SourceEntityType="Person" ResourcesStartBinding="Start"
  ResourcesEndBinding="End" B0="Department" B1="Site"/>
"#,
    );
    let mut line = |text: String| {
        xml.push_str(&text);
        xml.push('\n');
    };
    for role in 0..ROLES {
        line(format!(r#"<SingleRole Identifier="R{role}" EntityType="Person" Policy="Default"/>"#));
    }
    for Rule { role, department, is_hierarchical, site } in rules {
        let deep = if *is_hierarchical { r#" L0="1""# } else { "" };
        let site = site.map(|site| format!(r#" D1="{site}""#)).unwrap_or_default();
        line(format!(r#"<SingleRoleRule Role="R{role}" Policy="Default" D0="{department}"{deep}{site}/>"#));
    }
    for resource_type in 0..TYPES {
        let mut own = String::from(
            r#"<ScalarRule Property="A" Binding="Number"/><ScalarRule Property="B" Binding="First" Expression="ToUpper"/>
<ScalarRule Property="C" Binding="Last"/><ScalarRule Property="D" Binding="Last" Expression="ToLower"/><ScalarRule Property="E" Expression="Literal:x"/>"#,
        );
        for role in (resource_type..ROLES).step_by(TYPES) {
            let rule = format!(r#"<NavigationRule Property="Groups" Resource="{role}" SingleRole="R{role}"/>"#);
            own.push_str(&rule);
        }
        line(format!(
            r#"<ResourceType Identifier="T{resource_type:02}" Policy="Default" SourceEntityType="Person" TargetEntityType="Account">{own}</ResourceType>"#
        ));
    }
    xml.push_str("</ConfigurationFile>");
    xml
}

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

fn engine(rules: &[Rule]) -> Result<(Metadata, Engine), String> {
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

/// Department and site of a person.
fn place(person: usize) -> (usize, usize) {
    let mixed = person.wrapping_mul(2_654_435_761) >> 7;
    (mixed % DEPARTMENTS, mixed / DEPARTMENTS % SITES)
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
            total += links.len() + black_box(values).len();
        }
    }
    total
}

/// Nanoseconds for each identity, and what was counted.
fn measured(people: usize, work: impl FnOnce() -> usize) -> (f64, usize) {
    let clock = Clock::now();
    let count = work();
    (clock.elapsed().as_nanos() as f64 / people as f64, count)
}

fn bench() -> Result<(), String> {
    let is_real = std::env::args().any(|word| word == "--bench");
    let usual = if is_real { 200_000 } else { 200 };
    let people = std::env::var("PROVOST_BENCH_IDENTITIES").ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let rules = rules();
    let (metadata, engine) = engine(&rules)?;
    let (population, owners) = population(&metadata, people);
    let mut scratch = Scratch::default();
    let options = EvaluationOptions::default();
    let mut all: Vec<Assignments> = Vec::with_capacity(people);
    let count = |found: &Assignments| {
        found.resource_types.iter().map(|row| row.scalars.len() + row.navigations.len()).sum::<usize>()
    };
    let (limit, wanted) = measured(people, || limit(&rules, &population, &owners));
    let (first, found) = measured(people, || {
        owners
            .iter()
            .map(|owner| {
                let outcome = engine.evaluate(*owner, &population, &Inputs::default(), NOW, &options, &mut scratch);
                let values = count(&outcome.assignments);
                all.push(outcome.assignments);
                values
            })
            .sum()
    });
    if found != wanted {
        return Err(format!("the engine gives {found} values, the closures give {wanted}"));
    }
    let (again, _) = measured(people, || {
        owners
            .iter()
            .zip(&all)
            .map(|(owner, existing)| {
                let inputs = Inputs { existing: Some(existing), ..Inputs::default() };
                count(&engine.evaluate(*owner, &population, &inputs, NOW, &options, &mut scratch).assignments)
            })
            .sum()
    });
    println!("| policy | µs for each identity | to the limit |\n|---|---|---|");
    for (name, time) in
        [("limit: closures over columns", limit), ("first evaluation", first), ("evaluation again", again)]
    {
        println!("| {name} | {:.2} | {:.2} |", time / 1000.0, time / limit);
    }
    println!("{people} identities, {found} values");
    Ok(())
}

fn main() -> ExitCode {
    match bench() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
