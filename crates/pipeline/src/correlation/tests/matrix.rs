use super::super::keys::Side;
use super::super::{CorrelationReport, Known, correlate};
use super::model::{Rule, Store, build, options, set};
use provost_model::{PolicyObjectId, ResourceId};

/// What becomes of the targets 11 and 12 (matched at 150 % and 100 %) and 21 and 22 (90 % and 80 %), of owner 1, who
/// has a target already or not.
fn outcome(multiple: bool, suggest_all: bool, had: bool, certain: bool, uncertain: bool) -> String {
    let rules = [(1, 150, 11), (2, 100, 12), (3, 90, 21), (4, 80, 22)];
    let mut store = Store::default();
    for (id, confidence, target) in rules {
        if if confidence >= 100 { certain } else { uncertain } {
            store.add(set(id, Side::Source), "key", 1);
            store.add(set(id, Side::Target), "key", target);
        }
    }
    let rules = rules.map(|(id, confidence, _)| Rule::new(id, 7, confidence));
    let correlator = build(&[options(7, multiple, suggest_all)], &rules, 100);
    let mut known = Known::new();
    if had {
        known.add(ResourceId(1), PolicyObjectId(7), ResourceId(10));
    }
    let mut told = Vec::new();
    correlate(&correlator, &known, &mut store, &mut CorrelationReport::default(), &mut |found| {
        assert_eq!(found.owner, ResourceId(1));
        told.push(format!("{}{}", found.target, if found.is_suggested { "?" } else { "" }));
        Ok(())
    })
    .unwrap();
    told.join(" ")
}

/// One line per row of the table, by multiple, suggest all and "has one already": the matches when there are certain
/// and uncertain ones, when there are certain ones only, and when there are uncertain ones only.
#[test]
fn every_row_of_the_matrix() {
    let rows = [
        ((false, false, false), "11", "11", "21?"),
        ((false, false, true), "", "", ""),
        ((false, true, false), "11? 12? 21? 22?", "11? 12?", "21? 22?"),
        ((false, true, true), "11? 12?", "11? 12?", ""),
        ((true, false, false), "11 12", "11 12", "21? 22?"),
        ((true, false, true), "11 12", "11 12", ""),
        ((true, true, false), "11 12 21? 22?", "11 12", "21? 22?"),
        ((true, true, true), "11 12 21? 22?", "11 12", "21? 22?"),
    ];
    for ((multiple, suggest_all, had), both, certain, uncertain) in rows {
        let of = |c, u| outcome(multiple, suggest_all, had, c, u);
        let told = [of(true, true), of(true, false), of(false, true)];
        assert_eq!(told, [both, certain, uncertain], "{multiple} {suggest_all} {had}");
    }
}

fn matches(store: &mut Store, known: &Known, correlator: &super::super::Correlator) -> Vec<(i64, i64, i64, u8)> {
    let mut told = Vec::new();
    correlate(correlator, known, store, &mut CorrelationReport::default(), &mut |found| {
        told.push((found.owner.0, found.target.0, found.resource_type.0, found.effective_confidence()));
        Ok(())
    })
    .unwrap();
    told
}

#[test]
fn the_most_certain_rule_comes_first_then_the_smallest_owner() {
    let correlator = build(
        &[options(7, false, false), options(8, false, false)],
        &[Rule::new(1, 7, 100), Rule::new(2, 8, 120), Rule::new(3, 7, 90)],
        100,
    );
    let mut store = Store::default();
    // Both owners match target 11 at 100 %, the second also at 120 % for another type; target 12 is left for the first.
    for (rule, side, key, resource) in [
        (1, Side::Source, "a", 1),
        (1, Side::Source, "a", 2),
        (1, Side::Target, "a", 11),
        (1, Side::Target, "a", 12),
        (2, Side::Source, "b", 2),
        (2, Side::Target, "b", 11),
        (3, Side::Source, "c", 3),
        (3, Side::Target, "c", 13),
    ] {
        store.add(set(rule, side), key, resource);
    }
    assert_eq!(matches(&mut store, &Known::new(), &correlator), [(2, 11, 8, 120), (1, 12, 7, 100), (3, 13, 7, 90)]);
}

#[test]
fn what_is_correlated_or_reviewed_stays() {
    let correlator = build(&[options(7, true, false)], &[Rule::new(1, 7, 100)], 100);
    let mut store = Store::default();
    store.add(set(1, Side::Source), "a", 1);
    for target in [11, 12, 13] {
        store.add(set(1, Side::Target), "a", target);
    }
    let mut known = Known::new();
    known.add(ResourceId(9), PolicyObjectId(7), ResourceId(11));
    known.freeze(ResourceId(12));
    assert_eq!(matches(&mut store, &known, &correlator), [(1, 13, 7, 100)]);
}

#[test]
fn a_suggestion_of_a_certain_match_waits_like_any_other() {
    let correlator = build(&[options(7, false, true)], &[Rule::new(1, 7, 150)], 100);
    let mut store = Store::default();
    store.add(set(1, Side::Source), "a", 1);
    store.add(set(1, Side::Target), "a", 11);
    assert_eq!(matches(&mut store, &Known::new(), &correlator), [(1, 11, 7, 99)]);
}

#[test]
fn rules_with_one_operand_share_their_keys() {
    let rules = [Rule::new(1, 7, 100), Rule { source: set(1, Side::Source), ..Rule::new(2, 7, 90) }];
    let correlator = build(&[options(7, false, false)], &rules, 100);
    let mut store = Store::default();
    store.add(set(1, Side::Source), "ada", 1);
    store.add(set(2, Side::Target), "ada", 11);
    assert_eq!(matches(&mut store, &Known::new(), &correlator), [(1, 11, 7, 90)]);
    let sets: std::collections::BTreeSet<_> = correlator.key_sets().collect();
    assert_eq!(sets.len(), 3);
}
