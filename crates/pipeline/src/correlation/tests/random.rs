use super::super::keys::{KeyRow, Side};
use super::super::{Closure, CorrelationReport, Known, Match, Touch, correlate, correlate_touched};
use super::model::{Rule, Store, build, naive, options, set};
use proptest::prelude::*;
use provost_model::{PolicyObjectId, ResourceId};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

const OWNERS: i64 = 7;
const TARGETS: i64 = 9;
const MOST: usize = 3;

/// One change between two runs.
#[derive(Clone, Debug)]
enum Step {
    /// The resource has this key in this set from now on; or none.
    Key { set: usize, resource: i64, key: Option<u8> },
    /// A person confirms the suggestion of a target, or gives it to an owner.
    Confirm { target: i64, owner: i64, resource_type: i64 },
    /// A person reviews a target without owner.
    Freeze { target: i64 },
    /// What was decided about a target is taken back.
    Release { target: i64 },
}

#[derive(Clone, Debug)]
struct Case {
    options: Vec<(bool, bool)>,
    confidences: Vec<(i64, u8, bool)>,
    runs: Vec<Vec<Step>>,
}

fn step() -> impl Strategy<Value = Step> {
    let target = 100..100 + TARGETS;
    let key = proptest::option::weighted(0.8, 0..4u8);
    prop_oneof![
        8 => (0..8usize, prop_oneof![1..=OWNERS, target.clone()], key)
            .prop_map(|(set, resource, key)| Step::Key { set, resource, key }),
        1 => (target.clone(), 1..=OWNERS, 1..3i64)
            .prop_map(|(target, owner, resource_type)| Step::Confirm { target, owner, resource_type }),
        1 => target.clone().prop_map(|target| Step::Freeze { target }),
        1 => target.prop_map(|target| Step::Release { target }),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    (
        proptest::collection::vec((any::<bool>(), any::<bool>()), 2),
        proptest::collection::vec((1..3i64, proptest::sample::select(vec![80u8, 90, 100, 150]), any::<bool>()), 1..5),
        proptest::collection::vec(proptest::collection::vec(step(), 0..9), 1..6),
    )
        .prop_map(|(options, confidences, runs)| Case { options, confidences, runs })
}

/// What is stored between runs.
#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    /// Target → owner and type, or frozen.
    decided: BTreeMap<i64, Option<(i64, i64)>>,
    suggested: BTreeSet<Match>,
}

impl State {
    fn known(&self) -> Known {
        let mut known = Known::new();
        for (target, by) in &self.decided {
            match by {
                Some((owner, resource_type)) => {
                    known.add(ResourceId(*owner), PolicyObjectId(*resource_type), ResourceId(*target));
                }
                None => known.freeze(ResourceId(*target)),
            }
        }
        known
    }

    fn decided(&self) -> Vec<(ResourceId, Option<(ResourceId, PolicyObjectId)>)> {
        let ids = |(owner, of): (i64, i64)| (ResourceId(owner), PolicyObjectId(of));
        self.decided.iter().map(|(target, by)| (ResourceId(*target), by.map(ids))).collect()
    }

    fn take(&mut self, matches: &[Match]) {
        for found in matches {
            if found.is_suggested {
                self.suggested.insert(*found);
            } else {
                self.decided.insert(found.target.0, Some((found.owner.0, found.resource_type.0)));
            }
        }
    }
}

fn full(correlator: &super::super::Correlator, known: &Known, store: &mut Store) -> Vec<Match> {
    let mut matches = Vec::new();
    correlate(correlator, known, store, &mut CorrelationReport::default(), &mut |found| {
        matches.push(found);
        Ok(())
    })
    .unwrap();
    matches
}

/// Applies the changes of one run; returns what was touched.
fn apply(
    steps: &[Step],
    sets: &[super::super::KeySetId],
    store: &mut Store,
    state: &mut State,
) -> (Vec<Touch>, Vec<ResourceId>) {
    let (mut touches, mut resources) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Key { set, resource, key } => {
                let set = sets[set % sets.len()];
                let resource = ResourceId(*resource);
                if (set.side == Side::Source) != (resource.0 < 100) {
                    continue;
                }
                let old: Vec<KeyRow> =
                    store.rows.iter().filter(|row| row.set == set && row.resource == resource).cloned().collect();
                let new = key.map(|key| KeyRow { set, key: format!("k{key}"), resource });
                for row in old.iter().filter(|row| Some(*row) != new.as_ref()) {
                    store.rows.remove(row);
                    touches.push(Touch { row: row.clone(), added: false });
                }
                if let Some(row) = new.filter(|row| !old.contains(row)) {
                    store.rows.insert(row.clone());
                    touches.push(Touch { row, added: true });
                }
            }
            Step::Confirm { target, owner, resource_type } => {
                let suggested = state.suggested.iter().find(|m| m.target.0 == *target).copied();
                let (owner, resource_type) =
                    suggested.map_or((*owner, *resource_type), |m| (m.owner.0, m.resource_type.0));
                let before = state.decided.insert(*target, Some((owner, resource_type)));
                resources.extend([*target, owner].into_iter().chain(before.flatten().map(|(o, _)| o)).map(ResourceId));
            }
            Step::Freeze { target } => {
                let before = state.decided.insert(*target, None);
                resources.extend([*target].into_iter().chain(before.flatten().map(|(o, _)| o)).map(ResourceId));
            }
            Step::Release { target } => {
                if let Some(before) = state.decided.remove(target) {
                    resources.extend([*target].into_iter().chain(before.map(|(o, _)| o)).map(ResourceId));
                }
            }
        }
    }
    (touches, resources)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    /// Full runs, dirty runs and the naive matcher agree, after every step of any sequence of changes.
    #[test]
    fn dirty_runs_full_runs_and_pairs_agree(case in case(), page in 1..5usize) {
        let types: Vec<_> = case.options.iter().zip(1..).map(|((m, s), id)| options(id, *m, *s)).collect();
        let rules: Vec<Rule> = case.confidences.iter().zip(1..).map(|((of, confidence, shares), id)| {
            let rule = Rule::new(id, *of, *confidence);
            if *shares { Rule { source: set(1, Side::Source), ..rule } } else { rule }
        }).collect();
        let sets: Vec<_> = rules.iter().flat_map(|rule| [rule.source, rule.target]).collect();
        let correlator = build(&types, &rules, MOST);
        let mut store = Store { page, ..Store::default() };
        let mut state = State::default();
        for steps in &case.runs {
            let (touches, resources) = apply(steps, &sets, &mut store, &mut state);
            let known = state.known();
            let expected = naive(&types, &rules, MOST, &known, &store);
            let complete = full(&correlator, &known, &mut store);
            prop_assert_eq!(&complete, &expected);

            let closure = Closure::find(&correlator, &known, &touches, &resources, &mut store).unwrap();
            let mut dirty = Vec::new();
            correlate_touched(&correlator, &known, &closure, &mut CorrelationReport::default(), &mut |found| {
                dirty.push(found);
                Ok::<(), Infallible>(())
            }).unwrap();
            store.decided = state.decided();
            let (loaded, met) = Closure::find_loading(&correlator, &touches, &resources, &mut store).unwrap();
            prop_assert_eq!(&loaded, &closure);
            let mut with_met = Vec::new();
            correlate_touched(&correlator, &met, &loaded, &mut CorrelationReport::default(), &mut |found| {
                with_met.push(found);
                Ok::<(), Infallible>(())
            }).unwrap();
            prop_assert_eq!(&with_met, &dirty);
            let affected = |m: &Match| closure.affected.contains(&m.owner) || closure.affected.contains(&m.target);
            let mut after = state.clone();
            after.suggested.retain(|m| !affected(m));
            after.take(&dirty);
            state.suggested.clear();
            state.take(&complete);
            prop_assert_eq!(&after, &state);

            // A second run changes nothing.
            let again = full(&correlator, &state.known(), &mut store);
            let suggested: BTreeSet<Match> = again.iter().copied().collect();
            prop_assert_eq!(&suggested, &state.suggested);
        }
    }
}
