//! Which criteria on dimensions hold in a context.
//!
//! A criterion is one value of one dimension, or the value with all below it. Rules with equal criteria share one
//! condition. Hierarchies are expanded once: from a value of a context the criteria that it satisfies are one look-up,
//! and only conditions that contain one of these are looked at.

use crate::ids::IdMap;
use provost_model::ResourceId;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A criterion with its value resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Atom {
    pub(super) column: u8,
    pub(super) value: ResourceId,
    pub(super) is_hierarchical: bool,
}

/// The condition without criteria.
pub(super) const ALWAYS: u32 = 0;

/// Distinct conditions over distinct criteria.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    atoms: Vec<Atom>,
    /// Criteria of each condition, ascending.
    conditions: Vec<Vec<u32>>,
    /// By column and value: the criteria that it satisfies, as a position in `lists`.
    satisfied: IdMap<(u8, ResourceId), u32>,
    lists: Vec<Vec<u32>>,
    /// Conditions to look at when a criterion holds: each condition stands at one of its criteria.
    triggers: Vec<Vec<u32>>,
}

/// Collects conditions.
#[derive(Debug, Default)]
pub(super) struct Builder {
    atoms: BTreeMap<Atom, u32>,
    conditions: HashMap<Vec<u32>, u32>,
    list: Vec<Vec<u32>>,
}

impl Builder {
    pub(super) fn new() -> Builder {
        let mut builder = Builder::default();
        builder.condition(&[]);
        builder
    }

    /// The condition that all of these hold.
    pub(super) fn condition(&mut self, atoms: &[Atom]) -> u32 {
        let mut positions: Vec<u32> = atoms
            .iter()
            .map(|atom| {
                let next = self.atoms.len() as u32;
                *self.atoms.entry(*atom).or_insert(next)
            })
            .collect();
        positions.sort_unstable();
        positions.dedup();
        let next = self.list.len() as u32;
        *self.conditions.entry(positions.clone()).or_insert_with(|| {
            self.list.push(positions);
            next
        })
    }

    /// The index. `children` gives the values directly below a value of a column.
    pub(super) fn finish(self, children: &HashMap<(u8, ResourceId), Vec<ResourceId>>) -> Conditions {
        let mut atoms = vec![Atom { column: 0, value: ResourceId(0), is_hierarchical: false }; self.atoms.len()];
        for (atom, position) in &self.atoms {
            atoms[*position as usize] = *atom;
        }
        let mut by_value: HashMap<(u8, ResourceId), Vec<u32>> = HashMap::new();
        let mut width = vec![1usize; atoms.len()];
        for (position, atom) in atoms.iter().enumerate() {
            let values = if atom.is_hierarchical { below(atom, children) } else { vec![atom.value] };
            width[position] = values.len();
            for value in values {
                by_value.entry((atom.column, value)).or_default().push(position as u32);
            }
        }
        let mut lists = Vec::new();
        let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
        let satisfied = by_value.into_iter().map(|(key, list)| {
            let at = *known.entry(list).or_insert_with_key(|list| {
                lists.push(list.clone());
                lists.len() as u32 - 1
            });
            (key, at)
        });
        let satisfied = satisfied.collect();
        let mut triggers = vec![Vec::new(); atoms.len()];
        for (position, condition) in self.list.iter().enumerate() {
            // The criterion that fewest values satisfy stands for the condition.
            if let Some(rarest) = condition.iter().min_by_key(|atom| width[**atom as usize]) {
                triggers[*rarest as usize].push(position as u32);
            }
        }
        Conditions { atoms, conditions: self.list, satisfied, lists, triggers }
    }
}

/// The value and all below it. A cycle ends where it began.
fn below(atom: &Atom, children: &HashMap<(u8, ResourceId), Vec<ResourceId>>) -> Vec<ResourceId> {
    let mut seen = HashSet::from([atom.value]);
    let mut found = vec![atom.value];
    let mut at = 0;
    while at < found.len() {
        if let Some(next) = children.get(&(atom.column, found[at])) {
            found.extend(next.iter().copied().filter(|value| seen.insert(*value)));
        }
        at += 1;
    }
    found
}

/// A set of small numbers that is emptied in the time of its content.
#[derive(Debug, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
    members: Vec<u32>,
}

impl Bits {
    /// Empties it and makes room.
    pub(super) fn reset(&mut self, size: usize) {
        for member in self.members.drain(..) {
            if let Some(word) = self.words.get_mut(member as usize / 64) {
                *word = 0;
            }
        }
        if self.words.len() * 64 < size {
            self.words.resize(size.div_ceil(64), 0);
        }
    }

    /// Adds a number; false when it was there.
    pub(super) fn insert(&mut self, member: u32) -> bool {
        let (word, bit) = (member as usize / 64, 1u64 << (member % 64));
        let is_new = self.words[word] & bit == 0;
        if is_new {
            self.words[word] |= bit;
            self.members.push(member);
        }
        is_new
    }

    pub(super) fn contains(&self, member: u32) -> bool {
        self.words.get(member as usize / 64).is_some_and(|word| word & (1 << (member % 64)) != 0)
    }

    /// The smallest member from here on.
    pub(super) fn next(&self, from: u32) -> Option<u32> {
        let mut at = from as usize / 64;
        let mut word = self.words.get(at)? & (u64::MAX << (from % 64));
        while word == 0 {
            at += 1;
            word = *self.words.get(at)?;
        }
        Some(at as u32 * 64 + word.trailing_zeros())
    }

    pub(super) fn members(&self) -> &[u32] {
        &self.members
    }
}

impl Conditions {
    pub(super) fn len(&self) -> usize {
        self.conditions.len()
    }

    /// Criteria of a condition.
    pub(super) fn atoms(&self, condition: u32) -> impl Iterator<Item = Atom> + '_ {
        self.conditions[condition as usize].iter().map(|atom| self.atoms[*atom as usize])
    }

    /// Whether a value satisfies a criterion.
    pub(super) fn satisfies(&self, column: u8, value: ResourceId, atom: u32) -> bool {
        let list = self.satisfied.get(&(column, value)).map(|at| &self.lists[*at as usize]);
        list.is_some_and(|list| list.contains(&atom))
    }

    /// Whether a condition holds where a column has this value.
    pub(super) fn holds(&self, condition: u32, value: impl Fn(u8) -> Option<ResourceId>) -> bool {
        self.conditions[condition as usize].iter().all(|atom| {
            let column = self.atoms[*atom as usize].column;
            value(column).is_some_and(|value| self.satisfies(column, value, *atom))
        })
    }

    /// The criteria that do not hold.
    pub(super) fn failing(&self, condition: u32, value: impl Fn(u8) -> Option<ResourceId>) -> Vec<Atom> {
        let failing = self.conditions[condition as usize].iter().filter(|atom| {
            let column = self.atoms[**atom as usize].column;
            !value(column).is_some_and(|value| self.satisfies(column, value, **atom))
        });
        failing.map(|atom| self.atoms[*atom as usize]).collect()
    }

    /// Columns that a condition looks at.
    pub(super) fn columns(&self, condition: u32) -> impl Iterator<Item = u8> + '_ {
        self.atoms(condition).map(|atom| atom.column)
    }

    /// Finds all conditions that hold in a context. `atoms` is scratch.
    pub(super) fn evaluate(&self, values: &[(u8, ResourceId)], atoms: &mut Bits, out: &mut Bits) {
        atoms.reset(self.atoms.len());
        out.reset(self.conditions.len());
        out.insert(ALWAYS);
        for value in values {
            if let Some(list) = self.satisfied.get(value) {
                for atom in &self.lists[*list as usize] {
                    atoms.insert(*atom);
                }
            }
        }
        for at in 0..atoms.members().len() {
            for condition in &self.triggers[atoms.members()[at] as usize] {
                if self.conditions[*condition as usize].iter().all(|atom| atoms.contains(*atom)) {
                    out.insert(*condition);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn atom(column: u8, value: i64, is_hierarchical: bool) -> Atom {
        Atom { column, value: ResourceId(value), is_hierarchical }
    }

    #[test]
    fn a_value_satisfies_what_asks_for_it_or_for_something_above_it() {
        let mut builder = Builder::new();
        let exact = builder.condition(&[atom(0, 2, false)]);
        let above = builder.condition(&[atom(0, 1, true)]);
        let both = builder.condition(&[atom(1, 9, false), atom(0, 1, true)]);
        assert_eq!(builder.condition(&[atom(0, 1, true), atom(1, 9, false)]), both);
        // 3 is below 2, 2 below 1, and 1, by mistake, below 3.
        let children = [(1, 2), (2, 3), (3, 1)].map(|(up, down)| ((0, ResourceId(up)), vec![ResourceId(down)]));
        let conditions = builder.finish(&children.into_iter().collect());
        let hold = |values: &[(u8, i64)]| {
            let values: Vec<_> = values.iter().map(|(column, value)| (*column, ResourceId(*value))).collect();
            let mut out = Bits::default();
            conditions.evaluate(&values, &mut Bits::default(), &mut out);
            let mut found = out.members().to_vec();
            found.sort_unstable();
            found
        };
        assert_eq!(hold(&[]), [ALWAYS]);
        assert_eq!(hold(&[(0, 3)]), [ALWAYS, above]);
        assert_eq!(hold(&[(0, 2), (1, 9)]), [ALWAYS, exact, above, both]);
        assert_eq!(hold(&[(1, 9)]), [ALWAYS]);
    }
}
