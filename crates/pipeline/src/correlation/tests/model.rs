//! Keys in memory, and a matcher that tries every pair.

use super::super::keys::{KeyIndex, KeyPage, KeyRow, KeySetId, Keys, Side};
use super::super::rules::{Correlator, LevelRule, TypeOptions, correlator};
use super::super::{Known, Match};
use provost_model::{PolicyObjectId, ResourceId};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

pub(super) fn set(rule: i64, side: Side) -> KeySetId {
    KeySetId { rule: PolicyObjectId(rule), side }
}

/// A rule: its id, its resource type, its confidence, and its two key sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) id: i64,
    pub(super) resource_type: i64,
    pub(super) confidence: u8,
    pub(super) source: KeySetId,
    pub(super) target: KeySetId,
}

impl Rule {
    pub(super) fn new(id: i64, resource_type: i64, confidence: u8) -> Rule {
        Rule { id, resource_type, confidence, source: set(id, Side::Source), target: set(id, Side::Target) }
    }
}

pub(super) fn build(types: &[TypeOptions], rules: &[Rule], most_owners: usize) -> Correlator {
    let rules = rules.iter().map(|rule| {
        let written =
            LevelRule { resource_type: 0, rule: PolicyObjectId(rule.id), source: rule.source, target: rule.target };
        (rule.confidence, PolicyObjectId(rule.resource_type), written)
    });
    Correlator { most_owners, ..correlator(0, types.to_vec(), rules.collect()) }
}

pub(super) fn options(id: i64, multiple: bool, suggest_all: bool) -> TypeOptions {
    TypeOptions { id: PolicyObjectId(id), multiple, suggest_all }
}

/// Stored keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    pub(super) rows: BTreeSet<KeyRow>,
    pub(super) page: usize,
    /// Target, owner and resource type; no owner for what is frozen.
    pub(super) decided: Vec<(ResourceId, Option<(ResourceId, PolicyObjectId)>)>,
}

impl Store {
    pub(super) fn add(&mut self, set: KeySetId, key: &str, resource: i64) {
        self.rows.insert(KeyRow { set, key: key.to_owned(), resource: ResourceId(resource) });
    }

    fn of(&self, set: KeySetId) -> BTreeMap<&str, Vec<ResourceId>> {
        let mut found: BTreeMap<&str, Vec<ResourceId>> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| row.set == set) {
            found.entry(&row.key).or_default().push(row.resource);
        }
        found
    }
}

impl Keys for Store {
    type Error = Infallible;

    fn page(&mut self, set: KeySetId, after: Option<(&str, ResourceId)>, page: &mut KeyPage) -> Result<(), Infallible> {
        let (key, resource) = after.unwrap_or(("", ResourceId(i64::MIN)));
        let from = KeyRow { set, key: key.to_owned(), resource };
        let rows = self.rows.range(from..).filter(|row| after != Some((row.key.as_str(), row.resource)));
        for row in rows.take_while(|row| row.set == set).take(self.page.max(1)) {
            page.push(&row.key, row.resource);
        }
        Ok(())
    }
}

impl KeyIndex for Store {
    type Error = Infallible;

    fn keys_of(&mut self, resources: &[ResourceId], rows: &mut Vec<KeyRow>) -> Result<(), Infallible> {
        rows.extend(self.rows.iter().filter(|row| resources.contains(&row.resource)).cloned());
        Ok(())
    }

    fn holders(&mut self, keys: &[(KeySetId, &str)], most: usize, rows: &mut Vec<KeyRow>) -> Result<(), Infallible> {
        for (set, key) in keys {
            let found = self.rows.iter().filter(|row| row.set == *set && row.key == *key);
            rows.extend(found.take(most).cloned());
        }
        Ok(())
    }

    fn decided(&mut self, resources: &[ResourceId], known: &mut Known) -> Result<(), Infallible> {
        for (target, by) in &self.decided {
            let concerns = |id: &ResourceId| id == target || by.is_some_and(|(owner, _)| owner == *id);
            match by {
                _ if !resources.iter().any(concerns) => {}
                Some((owner, resource_type)) => known.add(*owner, *resource_type, *target),
                None => known.freeze(*target),
            }
        }
        Ok(())
    }
}

/// Every pair of owner and target with a common key, in order; each decided by the rows of the matrix as the
/// documentation prints them.
pub(super) fn naive(
    types: &[TypeOptions],
    rules: &[Rule],
    most_owners: usize,
    known: &Known,
    store: &Store,
) -> Vec<Match> {
    let mut candidates = Vec::new();
    for rule in rules {
        let (owners, targets) = (store.of(rule.source), store.of(rule.target));
        for (key, owners) in owners.iter().filter(|(_, owners)| owners.len() <= most_owners) {
            for (owner, target) in
                owners.iter().flat_map(|o| targets.get(key).into_iter().flatten().map(move |t| (*o, *t)))
            {
                candidates.push((255 - rule.confidence, owner, target, rule.resource_type, rule.id));
            }
        }
    }
    candidates.sort_unstable();
    let mut matches: Vec<Match> = Vec::new();
    for (confidence, owner, target, resource_type, rule) in candidates {
        let (confidence, resource_type) = (255 - confidence, PolicyObjectId(resource_type));
        if !known.is_free(target) || matches.iter().any(|m| m.target == target) {
            continue;
        }
        let of = types.iter().find(|known| known.id == resource_type).unwrap();
        let own = || matches.iter().filter(|m| m.owner == owner && m.resource_type == resource_type);
        let had = known.has(owner, resource_type);
        let certain = confidence >= 100;
        let outcome = match (of.multiple, of.suggest_all, had) {
            (false, false, false) if own().next().is_some() => None,
            (false, false, false) => Some(!certain),
            (false, false, true) => None,
            (false, true, false) => Some(true),
            (false, true, true) => certain.then_some(true),
            (true, false, false) if certain => Some(false),
            (true, false, false) => own().all(|m| m.is_suggested).then_some(true),
            (true, false, true) => certain.then_some(false),
            (true, true, _) => Some(!certain),
        };
        if let Some(is_suggested) = outcome {
            matches.push(Match { owner, target, resource_type, confidence, rule: PolicyObjectId(rule), is_suggested });
        }
    }
    matches
}
