//! Reads and runs a case.

use super::super::world::{World, instant, sections};
use super::super::{ADA, CONTEXT, ORGANISATION};
use crate::policy::{Redundancy, Review};
use provost_model::policy::{AssignedResourceType, AssignedRole, Parameters, Period, ProvisioningState, WorkflowState};

/// One documented example.
pub(super) struct Case {
    pub(super) title: String,
    steps: Vec<(String, String)>,
}

/// Steps that need the world to be there.
const LATER: [&str; 3] = ["people", "run", "matches"];

/// Attributes that every case would repeat.
const USUAL: &[(&str, &str)] = &[
    ("SingleRole", r#"EntityType="Person" Policy="Default""#),
    ("CompositeRole", r#"EntityType="Person" Policy="Default""#),
    ("SingleRoleRule", r#"Policy="Default""#),
    ("CompositeRoleRule", r#"Policy="Default""#),
    ("ResourceType", r#"Policy="Default" SourceEntityType="Person" TargetEntityType="Account""#),
    ("Risk", r#"DisplayName_L1="r" EntityType="Person" Policy="Default""#),
    ("ContextRule", r#"Identifier="C" DisplayName_L1="C" Policy="Default" SourceEntityType="Person""#),
    ("RecordSection", r#"DisplayName_L1="s" SourceEntityType="Person" ResourceEntityType="Record""#),
];

impl Case {
    pub(super) fn all(text: &str) -> Vec<Case> {
        let mut cases = Vec::new();
        for part in format!("\n{text}").split("\n== ").skip(1) {
            let (title, body) = part.split_once('\n').unwrap();
            cases.push(Case { title: title.to_owned(), steps: sections(body) });
        }
        cases
    }

    /// Runs it. The error is what was found instead.
    pub(super) fn run(&self) -> Result<(), String> {
        std::panic::catch_unwind(|| self.steps_in_a_row()).unwrap_or_else(|panic| {
            let said = panic.downcast_ref::<String>().cloned().unwrap_or_default();
            Err(format!("== {}\n{said}", self.title))
        })
    }

    fn steps_in_a_row(&self) -> Result<(), String> {
        let first = self.steps.iter().position(|(name, _)| name == "expect").unwrap_or(self.steps.len());
        let (begin, rest) = self.steps.split_at(first);
        let mut world = self.world(begin);
        for (name, content) in begin.iter().filter(|(name, _)| LATER.contains(&name.as_str())).chain(rest) {
            if name == "expect" {
                let found = plain(&world.told());
                let wanted = plain(&content.replace("years", "2020-01-01 to 2027-01-01"));
                if found != wanted {
                    return Err(format!("== {}\n--- found\n{found}--- wanted\n{wanted}", self.title));
                }
            } else {
                step(&mut world, name, content);
            }
        }
        Ok(())
    }

    fn world(&self, begin: &[(String, String)]) -> World {
        let has = |name: &str| begin.iter().any(|(known, _)| known == name);
        let mut text = ORGANISATION.to_owned();
        if !has("Person.csv") {
            text.push_str(ADA);
        }
        for (name, content) in begin.iter().filter(|(name, _)| !LATER.contains(&name.as_str())) {
            let content = if name == "conf.xml" { configuration(content) } else { content.clone() };
            text.push_str(&format!("//- {name}\n{content}\n"));
        }
        match World::try_new(&text) {
            Ok(world) => world,
            Err(problems) => panic!("{}: {}", self.title, problems[0]),
        }
    }
}

/// Fills in what is usual.
fn configuration(written: &str) -> String {
    let mut text = written.to_owned();
    for (element, attributes) in USUAL {
        let opening = format!("<{element} ");
        let mut parts = text.split(&opening);
        let mut made = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find('>').unwrap_or(part.len());
            made.push_str(&opening);
            for attribute in attributes.split("\" ") {
                let (name, value) = attribute.trim_end_matches('"').split_once("=\"").unwrap();
                if !part[..end].split_whitespace().any(|known| known.starts_with(&format!("{name}="))) {
                    made.push_str(&format!("{name}=\"{value}\" "));
                }
            }
            made.push_str(part);
        }
        text = made;
    }
    let has_own = text.contains("<ContextRule ") || text.contains("<!-- no context rule -->");
    if has_own { text } else { format!("{CONTEXT}\n{text}") }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn plain(text: &str) -> String {
    lines(text).map(|line| format!("{line}\n")).collect()
}

fn step(world: &mut World, name: &str, content: &str) {
    match name {
        "conf.xml" => world.deploy(&configuration(content)),
        "now" => world.now = instant(content.trim()),
        "gone" => lines(content).for_each(|line| {
            let (entity_type, key) = line.split_once(' ').unwrap();
            world.data.remove(entity_type, key);
        }),
        "correlations" => {
            world.correlations = lines(content)
                .map(|line| {
                    let mut parts = line.split(',').map(str::to_owned);
                    let mut next = || parts.next().unwrap();
                    (next(), next(), next().parse().unwrap())
                })
                .collect();
        }
        "matches" => {
            let matches = lines(content).map(|line| {
                let (rule, to) = line.rsplit_once(',').unwrap();
                let mut all = world.catalog.objects.keys().filter(|(e, i)| e == "QueryRule" && i.contains(rule));
                (all.next().unwrap_or_else(|| panic!("no query rule with {rule}")).1.clone(), to.to_owned())
            });
            world.matches = matches.collect();
        }
        "people" => lines(content).for_each(|line| decide(world, line)),
        "agent" => answer(world, content.trim()),
        "run" => lines(content).for_each(|line| options(world, line)),
        file => {
            let entity_type = file.strip_suffix(".csv").unwrap_or_else(|| panic!("what is {file}?"));
            world.data.put(entity_type, content);
        }
    }
}

fn options(world: &mut World, line: &str) {
    match line {
        "review as configured" => world.options.review = Review::AsConfigured,
        "review all" => world.options.review = Review::All,
        "review nothing" => world.options.review = Review::Nothing,
        "new person" => world.options.is_new_owner = true,
        "analyze" => world.options.redundancy = Redundancy::Analyze,
        "apply" => world.options.redundancy = Redundancy::Apply,
        "plainly" => world.options = Default::default(),
        discards => {
            let id = world.id("ResourceType", discards.strip_prefix("discards ").unwrap());
            world.options.now_discarding = Box::leak(Box::new([id]));
        }
    }
}

fn workflow(name: &str) -> WorkflowState {
    let mut all = WorkflowState::ALL.iter().copied();
    all.find(|state| state.name() == name).unwrap_or_else(|| panic!("no state {name}"))
}

/// What a person does: `+ single R Approved [from to until] [D1=Paris] [denied]` or `~ AD Mail Approved`.
fn decide(world: &mut World, line: &str) {
    let (sign, rest) = line.split_once(' ').unwrap();
    let words: Vec<&str> = rest.split_whitespace().collect();
    match sign {
        "+" => give(world, &words),
        "~" => change(world, &words),
        other => panic!("what is {other}?"),
    }
}

fn give(world: &mut World, words: &[&str]) {
    let (kind, name) = (words[0], words[1]);
    let element = match kind {
        "composite" => "CompositeRole",
        "single" => "SingleRole",
        _ => "ResourceType",
    };
    let id = world.id(element, name);
    let mut parameters = Parameters::new();
    let mut period = Period::ALWAYS;
    for (at, word) in words.iter().enumerate().skip(3) {
        if let Some((column, value)) = word.strip_prefix('D').and_then(|rest| rest.split_once('=')) {
            parameters.push((column.parse().unwrap(), world.data_id(value)));
        } else if *word == "to" {
            period = Period { start: instant(words[at - 1]), end: instant(words[at + 1]) };
        }
    }
    let (workflow, is_denied) = (workflow(words[2]), words.contains(&"denied"));
    let (number, now) = (world.next_id(), world.now);
    let all = &mut world.existing;
    let mut role = |rows: fn(&mut provost_model::policy::Assignments) -> &mut Vec<AssignedRole>| {
        let rows = rows(all);
        let parameters = parameters.clone();
        rows.push(AssignedRole {
            id: number,
            role: id,
            workflow,
            period,
            parameters,
            is_denied,
            state_since: now,
            ..Default::default()
        });
        rows.sort_by_key(|row| (row.role, row.period.start, row.id));
    };
    match kind {
        "composite" => role(|all| &mut all.composite_roles),
        "single" => role(|all| &mut all.single_roles),
        _ => {
            world.existing.resource_types.push(AssignedResourceType {
                id: number,
                resource_type: id,
                workflow,
                period,
                parameters,
                is_denied,
                state_since: now,
                ..Default::default()
            });
            world.existing.resource_types.sort_by_key(|row| (row.resource_type, row.target, row.period.start, row.id));
        }
    }
}

fn change(world: &mut World, words: &[&str]) {
    let state = workflow(words[words.len() - 1]);
    let name = words[words.len() - 2];
    match words[0] {
        "single" | "composite" => {
            let (element, rows) = match words[0] {
                "single" => ("SingleRole", &mut world.existing.single_roles),
                _ => ("CompositeRole", &mut world.existing.composite_roles),
            };
            let id = world.catalog.id(element, name).unwrap();
            let row = rows.iter_mut().find(|row| row.role == id).unwrap_or_else(|| panic!("nobody has {name}"));
            (row.workflow, row.state_since) = (state, world.now);
        }
        resource_type => {
            let id = world.id("ResourceType", resource_type);
            let link = name.split_once('=').map(|(of, to)| (of, world.data_id(to)));
            let property = link.map_or(name, |(of, _)| of);
            let property = world
                .metadata
                .find("Account", property)
                .map(|(at, p)| world.metadata.entity_types[at].properties[p].id);
            let row = world.existing.resource_types.iter_mut().find(|row| row.resource_type == id).unwrap();
            match (property, link) {
                (None, _) => row.workflow = state,
                (Some(property), None) => {
                    row.scalars.iter_mut().filter(|v| v.property == property).for_each(|v| v.workflow = state);
                }
                (Some(property), Some((_, to))) => {
                    let own = row.navigations.iter_mut().filter(|l| l.property == property && l.resource == to);
                    own.for_each(|l| l.workflow = state);
                }
            }
        }
    }
}

/// What becomes of everything that is pending or on its way.
fn answer(world: &mut World, state: &str) {
    let state = ProvisioningState::ALL.iter().copied().find(|known| known.name() == state).unwrap();
    let put = |known: &mut ProvisioningState| {
        if matches!(*known, ProvisioningState::Pending | ProvisioningState::Transmitted) {
            *known = state;
        }
    };
    for row in &mut world.existing.resource_types {
        put(&mut row.provisioning);
        row.scalars.iter_mut().chain(&mut row.binaries).for_each(|value| put(&mut value.provisioning));
        row.navigations.iter_mut().for_each(|link| put(&mut link.provisioning));
    }
}
