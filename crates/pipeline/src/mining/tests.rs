use super::*;
use proptest::prelude::*;
use provost_model::ResourceId;
use provost_model::configuration::export;
use provost_model::configuration::policy::{MiningRule, PolicyConfiguration, SingleRole, SingleRoleRule};
use std::collections::{BTreeMap, BTreeSet};

fn rule(precision: u32, undue: u32) -> MiningRule {
    MiningRule {
        entity_type: "User".to_owned(),
        policy: "Default".to_owned(),
        include: [true; 4],
        precision_min_hundredths: precision,
        false_positive_max_hundredths: undue,
        ..MiningRule::default()
    }
}

fn roles(count: usize) -> Vec<RoleFacts> {
    (0..count)
        .map(|at| RoleFacts { identifier: format!("R{at}"), approvals: Some(0), ..RoleFacts::default() })
        .collect()
}

fn flat(columns: &[u8]) -> Vec<DimensionTree> {
    columns.iter().map(|column| DimensionTree { column: *column, parents: BTreeMap::new() }).collect()
}

/// Identities by department and site; a line for each: department, site, roles.
fn facts(roles: usize, lines: &[(i64, i64, &[usize])]) -> Facts {
    let mut facts = Facts::new(flat(&[0, 1]), roles);
    for ((department, site, roles), id) in lines.iter().zip(1..) {
        let context = [(0, ResourceId(*department)), (1, ResourceId(*site))];
        facts.push(ResourceId(id), [context.as_slice()], roles.iter().copied());
    }
    facts
}

fn told(mined: &MinedRole) -> Vec<String> {
    let value =
        |value: &Value| format!("{}{}{}", value.column, if value.is_hierarchical { ">" } else { "=" }, value.value);
    mined
        .rules
        .iter()
        .map(|rule| {
            let second = rule.asks.second.iter().map(|second| format!(" {}", value(second))).collect::<String>();
            format!("{}{second} {}/{}", value(&rule.asks.first), rule.holders, rule.population)
        })
        .collect()
}

const LINES: &[(i64, i64, &[usize])] =
    &[(10, 20, &[0, 1]), (10, 20, &[0, 1]), (10, 21, &[0]), (11, 20, &[2]), (11, 21, &[]), (12, 21, &[0, 2])];

#[test]
fn single_values_come_before_pairs() {
    let facts = facts(3, LINES);
    let candidates = Candidates::find(&facts, 1, 0);
    let mining = mine(&[rule(10_000, 0)], &roles(3), &facts, &candidates);
    let found: Vec<(usize, Vec<String>)> = mining.found.iter().map(|mined| (mined.role, told(mined))).collect();
    assert_eq!(
        found,
        [
            (0, vec!["0=10 3/3".to_owned(), "0=12 1/1".to_owned()]),
            (1, vec!["0=10 1=20 2/2".to_owned()]),
            (2, vec!["0=12 1/1".to_owned(), "0=11 1=20 1/1".to_owned()]),
        ]
    );
    assert_eq!(mining.found[0].outcome.precision_hundredths(), 10_000);
    assert_eq!(mining.refused, []);
}

#[test]
fn what_is_undue_and_what_is_missing_is_limited() {
    let facts = facts(3, LINES);
    let candidates = Candidates::find(&facts, 2, 0);
    // With at least two identities, only the first department gives role 0; identity 6 is missing: 5 of 6 are right.
    let strict = mine(&[rule(9_000, 0)], &roles(1), &facts, &candidates);
    assert_eq!((strict.found.len(), strict.refused.len()), (0, 1));
    let outcome = &strict.refused[0].outcome;
    assert_eq!((outcome.precision_hundredths(), outcome.recall_hundredths()), (8_333, 7_500));
    assert_eq!((outcome.true_positives, outcome.false_negatives, outcome.true_negatives), (3, 1, 2));
    assert_eq!(outcome.missing, [ResourceId(6)]);
    assert_eq!(mine(&[rule(8_300, 0)], &roles(1), &facts, &candidates).found.len(), 1);
    // Half of the second department holds role 2.
    let loose = mine(&[rule(5_000, 5_000)], &roles(3), &facts, &candidates);
    let second = loose.found.iter().find(|mined| mined.role == 2).unwrap();
    assert_eq!(told(second), ["0=11 1/2"]);
    assert_eq!(second.outcome.false_positive_hundredths(), 5_000);
    assert_eq!(second.outcome.undue, [ResourceId(5)]);
}

#[test]
fn mining_rules_select_exclude_and_take_turns() {
    let facts = facts(3, LINES);
    let candidates = Candidates::find(&facts, 1, 0);
    let mut of = roles(3);
    of[0].category = Some("K".to_owned());
    of[1].approvals = Some(2);
    let excluding = MiningRule { category: Some("K".to_owned()), exclude_role: true, priority: 5, ..rule(0, 0) };
    let unapproved = MiningRule { include: [true, true, false, true], priority: 1, ..rule(10_000, 0) };
    let mining = mine(&[rule(10_000, 0), unapproved, excluding], &of, &facts, &candidates);
    assert_eq!(mining.excluded, [0]);
    let by: Vec<(usize, usize)> = mining.found.iter().map(|mined| (mined.role, mined.mining_rule)).collect();
    assert_eq!(by, [(1, 0), (2, 1)], "by descending priority");
}

#[test]
fn trees_give_rules_about_whole_branches() {
    // 1 above 2 and 3; 4 is its own parent's child in a circle with 5.
    let parents = [(2, 1), (3, 1), (4, 5), (5, 4)].map(|(child, parent)| (ResourceId(child), ResourceId(parent)));
    let mut facts = Facts::new(vec![DimensionTree { column: 9, parents: parents.into() }], 1);
    for (id, value, holds) in [(1, 2, true), (2, 3, true), (3, 1, true), (4, 4, false), (5, 5, false)] {
        facts.push(ResourceId(id), [[(0, ResourceId(value))].as_slice()], holds.then_some(0));
    }
    let candidates = Candidates::find(&facts, 1, 0);
    let mining = mine(&[rule(10_000, 0)], &roles(1), &facts, &candidates);
    assert_eq!(told(&mining.found[0]), ["9>1 3/3"]);
    let items = items(&mining, &[rule(10_000, 0)], &roles(1), |_, value| Some(format!("V{value}")), "mined.xml");
    insta::assert_snapshot!(export(&items)[0].1.lines().nth(2).unwrap(), @r#"  <SingleRoleRule Role="R0" Policy="Default" D9="V1" L9="true" />"#);
}

#[test]
fn values_of_different_contexts_make_no_pair() {
    let mut facts = Facts::new(flat(&[0, 1]), 1);
    let value = |dimension, id| (dimension, ResourceId(id));
    let contexts = [[value(0, 10), value(1, 20)], [value(0, 11), value(1, 21)]];
    facts.push(ResourceId(1), contexts.iter().map(|context| context.as_slice()), [0, 0]);
    facts.push(ResourceId(2), [[value(0, 10), value(1, 21)].as_slice()], []);
    facts.push(ResourceId(3), [[value(0, 11), value(1, 20)].as_slice()], []);
    let candidates = Candidates::find(&facts, 1, 0);
    let mining = mine(&[rule(10_000, 0)], &roles(1), &facts, &candidates);
    assert_eq!(told(&mining.found[0]), ["0=10 1=20 1/1"]);
}

#[test]
fn rare_values_are_nobodys() {
    let mut facts = Facts::new(flat(&[0]), 1);
    for id in 0..100 {
        let value = if id < 2 { 7 } else { 8 };
        facts.push(ResourceId(id), [[(0, ResourceId(value))].as_slice()], (id < 2).then_some(0));
    }
    let mined = |outliers| mine(&[rule(0, 0)], &roles(1), &facts, &Candidates::find(&facts, 1, outliers)).found.len();
    assert_eq!((mined(0), mined(199), mined(200)), (1, 1, 0));
}

#[test]
fn rules_of_the_policy_for_mining_give_way() {
    let given = |identity: &str, policy: &str, role: &str| SingleRoleRule {
        identity: identity.to_owned(),
        policy: policy.to_owned(),
        role: role.to_owned(),
        ..SingleRoleRule::default()
    };
    let role = |identifier: &str, entity_type: &str| SingleRole {
        identifier: identifier.to_owned(),
        entity_type: entity_type.to_owned(),
        ..SingleRole::default()
    };
    let policy = PolicyConfiguration {
        single_roles: vec![role("A", "User"), role("B", "Robot")],
        single_role_rules: vec![given("1", "Mined", "A"), given("2", "Default", "A"), given("3", "Mined", "B")],
        ..PolicyConfiguration::default()
    };
    let dedicated = MiningRule { rule_policy: Some("Mined".to_owned()), ..rule(0, 0) };
    assert_eq!(replaced(&[dedicated], &policy), ["1"]);
    let same = MiningRule { rule_policy: Some("Default".to_owned()), ..rule(0, 0) };
    assert_eq!(replaced(&[same, rule(0, 0)], &policy), [""; 0], "what people wrote stays");
}

proptest! {
    /// What mining says about its rules is what a plain evaluation of them says, and they keep within the limits.
    #[test]
    fn outcomes_are_what_the_rules_do(
        lines in proptest::collection::vec((0..4i64, 0..3i64, proptest::collection::btree_set(0..3usize, 0..3)), 1..40),
        precision in 0..10_001u32,
        undue in 0..6_000u32,
    ) {
        let mut facts = Facts::new(flat(&[0, 1]), 3);
        for ((a, b, roles), id) in lines.iter().zip(1..) {
            let context = [(0, ResourceId(*a)), (1, ResourceId(*b))];
            facts.push(ResourceId(id), [context.as_slice()], roles.iter().copied());
        }
        let candidates = Candidates::find(&facts, 1, 0);
        let mining = mine(&[rule(precision, undue)], &roles(3), &facts, &candidates);
        for (mined, is_good) in mining.found.iter().map(|m| (m, true)).chain(mining.refused.iter().map(|m| (m, false))) {
            let fulfils = |line: &(i64, i64, BTreeSet<usize>), asked: &Candidate| {
                let one = |value: &Value| value.value.0 == if value.column == 0 { line.0 } else { line.1 };
                one(&asked.first) && asked.second.as_ref().is_none_or(one)
            };
            let given = |line: &(i64, i64, BTreeSet<usize>)| mined.rules.iter().any(|rule| fulfils(line, &rule.asks));
            let count = |gets: bool, has: bool| {
                lines.iter().filter(|line| given(line) == gets && line.2.contains(&mined.role) == has).count()
            };
            let (tp, fp, missing, tn) = (count(true, true), count(true, false), count(false, true), count(false, false));
            let outcome = &mined.outcome;
            prop_assert_eq!(
                (tp, fp, missing, tn),
                (outcome.true_positives, outcome.false_positives, outcome.false_negatives, outcome.true_negatives)
            );
            prop_assert!(fp as u64 * 10_000 <= u64::from(undue) * (tp + fp) as u64);
            prop_assert_eq!((tp + tn) as u64 * 10_000 >= u64::from(precision) * lines.len() as u64, is_good);
            let asks: Vec<Candidate> = mined.rules.iter().map(|rule| rule.asks).collect();
            prop_assert_eq!(&simulate(&asks, mined.role, &facts, &candidates), outcome);
            // No rule is superfluous.
            for left_out in 0..asks.len() {
                let fewer: Vec<Candidate> =
                    asks.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, asked)| *asked).collect();
                prop_assert!(simulate(&fewer, mined.role, &facts, &candidates).true_positives < tp);
            }
        }
    }
}
