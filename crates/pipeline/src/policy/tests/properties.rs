//! The engine against the naive evaluator, and what must not change a result.

use super::ORGANISATION;
use super::naive::{COMPOSITES, SINGLES};
use super::naive::{
    Criteria, DAYS, DEPARTMENTS, LinkRule, Manual, Model, Offset, Record, RoleRule, SITES, ScalarRule, TypeRule,
};
use super::world::{World, instant};
use crate::policy::Outcome;
use proptest::prelude::*;
use provost_model::policy::{AssignedRole, Instant, Parameters, WorkflowState};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const DAY: i64 = 86_400_000_000;

/// The present, as a day of the naive model.
const NOW: i32 = 10;

fn day(day: i32) -> Instant {
    instant("2026-01-01") + i64::from(day) * DAY
}

fn date(day: i32) -> String {
    let total = 31 + day;
    // The first of December 2025 is day -31; three months are enough.
    let months = [(2025, 12, 31), (2026, 1, 31), (2026, 2, 28), (2026, 3, 31), (2026, 4, 30)];
    let mut rest = total;
    for (year, month, length) in months {
        if rest < length {
            return format!("{year}-{month:02}-{:02}", rest + 1);
        }
        rest -= length;
    }
    unreachable!("a day outside of the model")
}

fn criteria() -> impl Strategy<Value = Criteria> {
    let department = prop::option::weighted(0.5, (0..DEPARTMENTS.len(), any::<bool>()));
    (department, prop::option::weighted(0.3, 0..SITES.len()))
        .prop_map(|(department, site)| Criteria { department, site })
}

fn record() -> impl Strategy<Value = Record> {
    let values = (prop::option::weighted(0.9, 0..DEPARTMENTS.len()), prop::option::weighted(0.8, 0..SITES.len()));
    (0..30, -1i32..25, values).prop_map(|(from, length, (department, site))| Record {
        from,
        to: from + length,
        department,
        site,
    })
}

fn role_rule(roles: usize, is_composite: bool) -> impl Strategy<Value = RoleRule> {
    let holder = prop::option::weighted(0.4, 0..COMPOSITES);
    (0..roles, criteria(), holder, prop::bool::weighted(0.2), 0..3, prop::bool::weighted(0.15)).prop_map(
        move |(role, criteria, holder, is_denied, priority, is_suggested)| {
            // A composite role follows from those before it only.
            let holder = holder.filter(|holder| !is_composite || *holder < role);
            RoleRule { role, criteria, holder, is_denied, priority, is_suggested: is_suggested && !is_denied }
        },
    )
}

fn manual(roles: usize) -> impl Strategy<Value = Manual> {
    (0..roles, 0..30, 1..30, prop::bool::weighted(0.3)).prop_map(|(role, from, length, is_denied)| Manual {
        role,
        from,
        to: from + length,
        is_denied,
    })
}

fn offset() -> impl Strategy<Value = Offset> {
    prop_oneof![
        3 => Just(Offset::Default),
        1 => (-5..5, -5..8).prop_map(|(before, after)| Offset::Around(before, after)),
        1 => (-8..4, 0..6).prop_map(|(before, length)| Offset::Before(before, before + length)),
        1 => (-4..8, 0..6).prop_map(|(before, length)| Offset::After(before, before + length)),
    ]
}

fn model() -> impl Strategy<Value = Model> {
    let records = prop::collection::vec(record(), 1..4);
    let rules = (
        prop::collection::vec(role_rule(COMPOSITES, true), 0..5),
        prop::collection::vec(role_rule(SINGLES, false), 0..8),
    );
    let manual = (prop::collection::vec(manual(COMPOSITES), 0..2), prop::collection::vec(manual(SINGLES), 0..3));
    let role = || prop::option::weighted(0.5, 0..SINGLES);
    let type_rule = (criteria(), role(), prop::bool::weighted(0.2)).prop_map(|(criteria, role, is_denied)| TypeRule {
        criteria,
        role,
        is_denied,
    });
    let department = prop::option::weighted(0.4, (0..DEPARTMENTS.len(), any::<bool>()));
    let link = (0..3usize, role(), department, prop::bool::weighted(0.2))
        .prop_map(|(group, role, department, is_denied)| LinkRule { group, role, department, is_denied });
    let scalar =
        (prop::option::weighted(0.3, 0..SINGLES), offset()).prop_map(|(role, offset)| ScalarRule { role, offset });
    let of_type = (
        offset(),
        prop::collection::vec(type_rule, 0..3),
        prop::collection::vec(link, 0..5),
        prop::collection::vec(scalar, 0..4),
    );
    (records, rules, manual, of_type).prop_map(
        |(records, rules, manual, (type_offset, type_rules, links, mut scalars))| {
            // Two rules of one strength are decided by their identity, which the naive model does not know.
            let mut strengths = std::collections::HashSet::new();
            scalars.retain(|rule| strengths.insert((rule.role.is_none(), std::mem::discriminant(&rule.offset))));
            Model {
                records,
                composite_rules: rules.0,
                single_rules: rules.1,
                manual_composites: manual.0,
                manual_singles: manual.1,
                type_offset,
                type_rules,
                links,
                scalars,
            }
        },
    )
}

fn world(model: &Model, elements: &[String]) -> World {
    let mut text = format!(
        "//- conf.xml\n{}\n{ORGANISATION}//- Person.csv\nNumber,Name\nE1,Ada\n//- Record.csv\nKey,Person,Start,End,Department,Site\n",
        elements.join("\n")
    );
    for (at, record) in model.records.iter().enumerate() {
        let department = record.department.map(|at| DEPARTMENTS[at]).unwrap_or_default();
        let site = record.site.map(|at| SITES[at]).unwrap_or_default();
        writeln!(text, "{at},E1,{},{},{department},{site}", date(record.from), date(record.to)).unwrap();
    }
    let mut world = World::new(&text);
    world.now = day(NOW);
    for (rows, letter, element) in
        [(&model.manual_composites, 'C', "CompositeRole"), (&model.manual_singles, 'S', "SingleRole")]
    {
        let mut made: Vec<AssignedRole> = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            made.push(AssignedRole {
                id: 1000 + at as i64,
                role: world.id(element, &format!("{letter}{}", row.role)),
                workflow: WorkflowState::Approved,
                period: provost_model::policy::Period { start: day(row.from), end: day(row.to) },
                is_denied: row.is_denied,
                ..AssignedRole::default()
            });
        }
        made.sort_by_key(|row| (row.role, row.period.start, row.id));
        match letter {
            'C' => world.existing.composite_roles = made,
            _ => world.existing.single_roles = made,
        }
    }
    world
}

/// Rows of roles on a day: name, parameter, state.
type OnDay = BTreeSet<(String, Option<usize>, &'static str)>;

fn roles_on(world: &World, rows: &[AssignedRole], element: &str, at: i32) -> OnDay {
    let names: BTreeMap<_, _> = world
        .catalog
        .objects
        .iter()
        .filter(|((e, _), _)| e == element)
        .map(|((_, name), id)| (*id, name.clone()))
        .collect();
    let parameter = |parameters: &Parameters| {
        let value = parameters.iter().find(|(column, _)| *column == 0)?.1;
        // Departments are the first resources.
        Some(value.0 as usize - 1)
    };
    let own = rows.iter().filter(|row| row.period.contains(day(at)) && !row.is_denied);
    own.map(|row| {
        let state = match row.workflow {
            WorkflowState::PolicyApproved => "automatic",
            WorkflowState::Approved => "manual",
            WorkflowState::Suggested => "suggested",
            other => other.name(),
        };
        (names[&row.role].clone(), parameter(&row.parameters), state)
    })
    .collect()
}

fn check(model: &Model, world: &World, outcome: &Outcome) -> Result<(), TestCaseError> {
    let expected = model.evaluate();
    for at in NOW..DAYS.end {
        for (letter, element, roles, rows) in [
            ('C', "CompositeRole", &expected.composites, &outcome.assignments.composite_roles),
            ('S', "SingleRole", &expected.singles, &outcome.assignments.single_roles),
        ] {
            let mut wanted = OnDay::new();
            for (nth, role) in roles.iter().enumerate() {
                let name = || format!("{letter}{nth}");
                let on = |days: &BTreeSet<i32>| days.contains(&at);
                wanted.extend(role.automatic.iter().filter(|(_, d)| on(d)).map(|(p, _)| (name(), *p, "automatic")));
                wanted.extend(role.suggested.iter().filter(|(_, d)| on(d)).map(|(p, _)| (name(), *p, "suggested")));
                if on(&role.manual) {
                    wanted.insert((name(), None, "manual"));
                }
            }
            let mut found = roles_on(world, rows, element, at);
            // A stored row may begin before the first context; it is in effect from there on.
            found.retain(|(_, _, state)| {
                *state != "manual" || model.records.iter().any(|r| r.from < r.to && r.from <= at)
            });
            prop_assert_eq!(found, wanted, "{} on day {}", element, at);
        }
        let accounts: Vec<_> =
            outcome.assignments.resource_types.iter().filter(|row| row.period.contains(day(at))).collect();
        let states: Vec<bool> = accounts.iter().map(|row| row.workflow == WorkflowState::PolicyApproved).collect();
        prop_assert_eq!(
            states,
            expected.account.get(&at).copied().into_iter().collect::<Vec<_>>(),
            "account on day {}",
            at
        );
        let links = accounts.iter().flat_map(|row| &row.navigations).filter(|link| link.period.contains(day(at)));
        let groups: Vec<&str> = links.map(|link| world.data_name(link.resource)).collect();
        let wanted: Vec<String> =
            expected.groups.iter().filter(|(_, d)| d.contains(&at)).map(|(g, _)| format!("G{}", g + 1)).collect();
        prop_assert_eq!(groups, wanted, "groups on day {}", at);
        let values = accounts.iter().flat_map(|row| &row.scalars).filter(|value| value.period.contains(day(at)));
        let mail: Vec<String> = values.filter_map(|value| value.policy_value.clone()).collect();
        let wanted: Vec<String> = expected.mail.get(&at).map(|rule| format!("v{rule}")).into_iter().collect();
        prop_assert_eq!(mail, wanted, "mail on day {}", at);
    }
    Ok(())
}

proptest! {
    #[test]
    fn the_engine_agrees_with_the_rules_said_plainly(model in model()) {
        let mut world = world(&model, &model.xml());
        let outcome = world.step();
        check(&model, &world, &outcome)?;
    }

    #[test]
    fn the_order_of_rules_and_records_changes_nothing(model in model(), seed in any::<u64>()) {
        let outcome = world(&model, &model.xml()).step();
        let mut elements = model.xml();
        let mut shuffled = model.clone();
        let mut state = seed | 1;
        for at in (1..elements.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            elements.swap(at, (state >> 33) as usize % (at + 1));
        }
        shuffled.links.reverse();
        shuffled.type_rules.reverse();
        let rules = shuffled.xml().pop().unwrap();
        let at = elements.iter().position(|element| element.starts_with("<ResourceType")).unwrap();
        elements[at] = rules;
        let other = world(&shuffled, &elements).step();
        prop_assert_eq!(other.assignments, outcome.assignments);
        prop_assert_eq!(other.next_at, outcome.next_at);
    }

    #[test]
    fn as_time_passes_evaluating_when_due_is_as_good_as_every_day(model in model()) {
        // One is evaluated every day, the other one only when something may change.
        let mut daily = world(&model, &model.xml());
        let mut due = world(&model, &model.xml());
        let mut next = Some(day(NOW));
        for at in NOW..NOW + 40 {
            daily.now = day(at);
            daily.step();
            if next.is_some_and(|next| next <= day(at)) {
                due.now = day(at);
                next = due.step().next_at;
            }
            prop_assert_eq!(&daily.existing, &due.existing, "day {}", at);
        }
    }
}
