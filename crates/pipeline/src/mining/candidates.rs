//! What rules may ask for.

use super::facts::{DimensionTree, Facts};
use provost_model::ResourceId;
use std::collections::{BTreeSet, HashMap};

/// A dimension value that a rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value {
    /// Column of the dimension.
    pub column: u8,
    /// The value.
    pub value: ResourceId,
    /// The value or anything below it.
    pub is_hierarchical: bool,
}

/// One value, or two of different dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Candidate {
    /// The one with the smaller column.
    pub first: Value,
    /// The other one.
    pub second: Option<Value>,
}

/// Candidates with who they are about. Both ways are lists, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    /// Single values first, both kinds in their order.
    pub(super) all: Vec<Candidate>,
    of_identity: Lists,
    members: Lists,
}

/// Lists of numbers, one after the other.
#[derive(Clone, Debug, Default)]
struct Lists {
    ends: Vec<u32>,
    numbers: Vec<u32>,
}

impl Lists {
    fn get(&self, at: usize) -> &[u32] {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.numbers[start as usize..self.ends[at] as usize]
    }

    /// The lists the other way round: for each of `count` numbers the lists that hold it, ascending.
    fn turned(&self, count: usize) -> Lists {
        let mut next = vec![0u32; count];
        self.numbers.iter().for_each(|number| next[*number as usize] += 1);
        let mut end = 0;
        for slot in &mut next {
            end += std::mem::replace(slot, end);
        }
        let mut numbers = vec![0; self.numbers.len()];
        for list in 0..self.ends.len() {
            for number in self.get(list) {
                let slot = &mut next[*number as usize];
                numbers[*slot as usize] = list as u32;
                *slot += 1;
            }
        }
        // Each slot has moved to the end of its list.
        Lists { ends: next, numbers }
    }
}

impl Candidates {
    /// Finds them. Only those count that at least `least` identities fulfil (`MinIdentitiesCount`); the rarest values of
    /// each dimension, which together hold at most `outliers` hundredths of a percent of its identities
    /// (`ReductionOutlierPercentage`), are nobody's.
    pub fn find(facts: &Facts, least: usize, outliers: u32) -> Candidates {
        let least = least.max(1);
        let rare = rare_values(facts, outliers);
        let mut expanded = Expanded::new(facts, rare);
        // Single values.
        let mut counts: HashMap<Value, u32> = HashMap::new();
        expanded.for_each(|_, contexts| {
            let values: BTreeSet<Value> = contexts.iter().flatten().copied().collect();
            values.into_iter().for_each(|value| *counts.entry(value).or_default() += 1);
        });
        let enough = |count: u32| count as usize >= least;
        counts.retain(|_, count| enough(*count));
        // Pairs of values that are frequent enough by themselves.
        let mut pairs: HashMap<(Value, Value), u32> = HashMap::new();
        let mut of_one: Vec<(Value, Value)> = Vec::new();
        expanded.for_each(|_, contexts| {
            pairs_of(contexts, &counts, &mut of_one);
            of_one.iter().for_each(|pair| *pairs.entry(*pair).or_default() += 1);
        });
        // A pair that is about the same identities as one of its values says nothing more than that value.
        pairs.retain(|(a, b), count| enough(*count) && *count < counts[a] && *count < counts[b]);
        let mut all: Vec<Candidate> = counts.keys().map(|first| Candidate { first: *first, second: None }).collect();
        all.extend(pairs.keys().map(|(a, b)| Candidate { first: *a, second: Some(*b) }));
        all.sort_unstable_by_key(|candidate| (candidate.second.is_some(), *candidate));
        let numbers: HashMap<Candidate, u32> = all.iter().zip(0..).map(|(candidate, at)| (*candidate, at)).collect();
        let mut of_identity = Lists::default();
        expanded.for_each(|_, contexts| {
            let start = of_identity.numbers.len();
            let singles = contexts.iter().flatten().map(|first| Candidate { first: *first, second: None });
            pairs_of(contexts, &counts, &mut of_one);
            let pairs = of_one.iter().map(|(a, b)| Candidate { first: *a, second: Some(*b) });
            of_identity.numbers.extend(singles.chain(pairs).filter_map(|candidate| numbers.get(&candidate)));
            of_identity.numbers[start..].sort_unstable();
            let mut kept = start;
            for at in start..of_identity.numbers.len() {
                if kept == start || of_identity.numbers[kept - 1] != of_identity.numbers[at] {
                    of_identity.numbers[kept] = of_identity.numbers[at];
                    kept += 1;
                }
            }
            of_identity.numbers.truncate(kept);
            of_identity.ends.push(kept as u32);
        });
        let members = of_identity.turned(all.len());
        Candidates { all, of_identity, members }
    }

    /// Number of candidates.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Candidates that an identity fulfils.
    pub(super) fn of(&self, identity: u32) -> &[u32] {
        self.of_identity.get(identity as usize)
    }

    /// Identities that fulfil a candidate, ascending.
    pub(super) fn members(&self, candidate: u32) -> &[u32] {
        self.members.get(candidate as usize)
    }
}

/// Pairs of frequent values of different dimensions, each once, in the order of their columns.
fn pairs_of(contexts: &[Vec<Value>], counts: &HashMap<Value, u32>, pairs: &mut Vec<(Value, Value)>) {
    pairs.clear();
    for context in contexts {
        for (at, a) in context.iter().enumerate().filter(|(_, a)| counts.contains_key(*a)) {
            for b in context[at + 1..].iter().filter(|b| b.column != a.column && counts.contains_key(*b)) {
                pairs.push(if a.column < b.column { (*a, *b) } else { (*b, *a) });
            }
        }
    }
    if contexts.len() > 1 {
        pairs.sort_unstable();
        pairs.dedup();
    }
}

/// Contexts with the values above theirs.
struct Expanded<'a> {
    facts: &'a Facts,
    /// Values of each dimension that have others below them.
    above: Vec<BTreeSet<ResourceId>>,
    /// What a value of a dimension stands for; nothing for rare values.
    expanded: HashMap<(u32, ResourceId), Vec<Value>>,
}

impl<'a> Expanded<'a> {
    fn new(facts: &'a Facts, rare: BTreeSet<(u32, ResourceId)>) -> Expanded<'a> {
        let expanded = rare.into_iter().map(|value| (value, Vec::new())).collect();
        let above = facts.dimensions.iter().map(|dimension| dimension.parents.values().copied().collect());
        Expanded { facts, above: above.collect(), expanded }
    }

    fn for_each(&mut self, mut f: impl FnMut(usize, &[Vec<Value>])) {
        let mut contexts: Vec<Vec<Value>> = Vec::new();
        for identity in 0..self.facts.len() {
            contexts.clear();
            for context in self.facts.contexts(identity) {
                let mut values: Vec<Value> = Vec::new();
                for (dimension, value) in context {
                    let of = &self.facts.dimensions[*dimension as usize];
                    let above = &self.above[*dimension as usize];
                    let known = self.expanded.entry((*dimension, *value)).or_insert_with(|| expand(of, above, *value));
                    values.extend(known.iter());
                }
                contexts.push(values);
            }
            f(identity, &contexts);
        }
    }
}

/// A value, and where there is a tree, all that it lies below. A value that has others below it is a candidate by itself
/// and with them.
fn expand(of: &DimensionTree, above: &BTreeSet<ResourceId>, value: ResourceId) -> Vec<Value> {
    let exact = Value { column: of.column, value, is_hierarchical: false };
    let mut values = vec![exact];
    if above.contains(&value) {
        values.push(Value { is_hierarchical: true, ..exact });
    }
    let mut seen = BTreeSet::from([value]);
    let mut at = value;
    while let Some(parent) = of.parents.get(&at).copied().filter(|parent| seen.insert(*parent)) {
        values.push(Value { column: of.column, value: parent, is_hierarchical: true });
        at = parent;
    }
    values
}

/// The rarest values of each dimension that together hold no more than their share.
fn rare_values(facts: &Facts, outliers: u32) -> BTreeSet<(u32, ResourceId)> {
    let mut rare = BTreeSet::new();
    if outliers == 0 {
        return rare;
    }
    let mut counts: HashMap<(u32, ResourceId), u64> = HashMap::new();
    for identity in 0..facts.len() {
        let values: BTreeSet<(u32, ResourceId)> = facts.contexts(identity).flatten().copied().collect();
        values.into_iter().for_each(|value| *counts.entry(value).or_default() += 1);
    }
    for dimension in 0..facts.dimensions.len() as u32 {
        let of_dimension = counts.iter().filter(|((of, _), _)| *of == dimension);
        let mut values: Vec<(u64, ResourceId)> = of_dimension.map(|((_, value), count)| (*count, *value)).collect();
        values.sort_unstable();
        let most = values.iter().map(|(count, _)| count).sum::<u64>() * u64::from(outliers) / 10_000;
        let mut sum = 0;
        for (count, value) in values {
            sum += count;
            if sum > most {
                break;
            }
            rare.insert((dimension, value));
        }
    }
    rare
}
