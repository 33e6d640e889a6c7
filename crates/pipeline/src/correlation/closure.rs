//! What a change may touch.

use super::keys::{KeyIndex, KeyRow, KeySetId};
use super::known::Known;
use super::rules::Correlator;
use provost_model::ResourceId;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A key that a resource got or lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The key, and who got or lost it.
    pub row: KeyRow,
    /// It was got.
    pub added: bool,
}

/// The owners and targets whose matches may differ after a change, with all their keys.
///
/// Two resources belong together when they share a key that a rule compares, directly or through others: they compete
/// for the same targets. Targets that are known do not lead further, nor do keys with too many owners: neither takes
/// part in matching.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closure {
    /// Everything whose matches are found again: earlier suggestions that name one of these, as owner or target, and
    /// are not found again, are void.
    pub affected: BTreeSet<ResourceId>,
    keys: BTreeMap<(KeySetId, KeySetId, String), Members>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Members {
    owners: Vec<ResourceId>,
    targets: Vec<ResourceId>,
}

/// Resources by the key that they have.
type Holders = HashMap<(KeySetId, String), Vec<ResourceId>>;

/// Key sets that a rule compares, and a key.
type Pair = (KeySetId, KeySetId, String);

impl Closure {
    /// Finds it, given all that is known. `resources` are those that became known or ceased to be, as owner or as target:
    /// when a target got an owner, or lost one, both of them.
    ///
    /// # Errors
    /// The keys cannot be read.
    pub fn find<I: KeyIndex>(
        correlator: &Correlator,
        known: &Known,
        touches: &[Touch],
        resources: &[ResourceId],
        index: &mut I,
    ) -> Result<Closure, I::Error> {
        Closure::search(correlator, Decided::All(known), touches, resources, index)
    }

    /// The same, and what is known about the resources found, read as they are met ([`KeyIndex::decided`]): the cost
    /// follows the change, not the repository.
    ///
    /// # Errors
    /// The keys, or what is decided, cannot be read.
    pub fn find_loading<I: KeyIndex>(
        correlator: &Correlator,
        touches: &[Touch],
        resources: &[ResourceId],
        index: &mut I,
    ) -> Result<(Closure, Known), I::Error> {
        let mut known = Known::new();
        let closure = Closure::search(correlator, Decided::AsMet(&mut known), touches, resources, index)?;
        Ok((closure, known))
    }

    fn search<I: KeyIndex>(
        correlator: &Correlator,
        decided: Decided<'_>,
        touches: &[Touch],
        resources: &[ResourceId],
        index: &mut I,
    ) -> Result<Closure, I::Error> {
        let pairs: BTreeSet<(KeySetId, KeySetId)> = correlator
            .levels
            .iter()
            .flat_map(|level| level.rules.iter().map(|rule| (rule.source, rule.target)))
            .collect();
        let mut partners: HashMap<KeySetId, Vec<(KeySetId, KeySetId)>> = HashMap::new();
        for pair in &pairs {
            partners.entry(pair.0).or_default().push(*pair);
            if pair.1 != pair.0 {
                partners.entry(pair.1).or_default().push(*pair);
            }
        }
        let relevant: Vec<&Touch> = touches.iter().filter(|touch| partners.contains_key(&touch.row.set)).collect();
        let mut search =
            Search { correlator, decided, partners, index, seen: HashSet::new(), closure: Closure::default() };
        let mut frontier: Vec<ResourceId> = Vec::new();
        for resource in relevant.iter().map(|touch| touch.row.resource).chain(resources.iter().copied()) {
            search.reach(resource, true, &mut frontier);
        }
        search.decided(&frontier)?;
        let touched = search.pairs_of_touches(&relevant);
        search.visit(touched, &mut frontier)?;
        while !frontier.is_empty() {
            let found = search.pairs_of(&std::mem::take(&mut frontier))?;
            search.visit(found.into_iter().map(|pair| (pair, (0, 0))).collect(), &mut frontier)?;
        }
        Ok(search.closure)
    }

    /// Keys that two sets share, with the resources of either side.
    pub(super) fn shared(
        &self,
        source: KeySetId,
        target: KeySetId,
    ) -> impl Iterator<Item = (&str, &[ResourceId], &[ResourceId])> {
        let from = (source, target, String::new());
        let found = self.keys.range(from..).take_while(move |((s, t, _), _)| (*s, *t) == (source, target));
        found.map(|((_, _, key), members)| (key.as_str(), members.owners.as_slice(), members.targets.as_slice()))
    }
}

struct Search<'a, I> {
    correlator: &'a Correlator,
    decided: Decided<'a>,
    partners: HashMap<KeySetId, Vec<(KeySetId, KeySetId)>>,
    index: &'a mut I,
    seen: HashSet<Pair>,
    closure: Closure,
}

/// What is known: everything, or what was read so far.
enum Decided<'a> {
    All(&'a Known),
    AsMet(&'a mut Known),
}

impl<I: KeyIndex> Search<'_, I> {
    /// Reads what is decided about resources that are met for the first time.
    fn decided(&mut self, resources: &[ResourceId]) -> Result<(), I::Error> {
        match &mut self.decided {
            Decided::All(_) => Ok(()),
            Decided::AsMet(known) => self.index.decided(resources, known),
        }
    }

    fn is_free(&self, target: ResourceId) -> bool {
        match &self.decided {
            Decided::All(known) => known.is_free(target),
            Decided::AsMet(known) => known.is_free(target),
        }
    }

    /// A resource that belongs to it. One that is known leads further only when it was itself touched.
    fn reach(&mut self, resource: ResourceId, leads_further: bool, frontier: &mut Vec<ResourceId>) {
        if self.closure.affected.insert(resource) && leads_further {
            frontier.push(resource);
        }
    }

    /// Pairs of keys that were touched, with the number of owners that got and lost the key.
    fn pairs_of_touches(&mut self, touches: &[&Touch]) -> Vec<(Pair, (usize, usize))> {
        let mut found: BTreeMap<Pair, (usize, usize)> = BTreeMap::new();
        for touch in touches {
            for (source, target) in &self.partners[&touch.row.set] {
                let counts = found.entry((*source, *target, touch.row.key.clone())).or_default();
                if touch.row.set == *source {
                    *(if touch.added { &mut counts.0 } else { &mut counts.1 }) += 1;
                }
            }
        }
        self.seen.extend(found.keys().cloned());
        found.into_iter().collect()
    }

    /// Pairs of keys of these resources that were not seen yet.
    fn pairs_of(&mut self, resources: &[ResourceId]) -> Result<Vec<Pair>, I::Error> {
        let mut rows = Vec::new();
        self.index.keys_of(resources, &mut rows)?;
        let mut found = Vec::new();
        for row in rows {
            for (source, target) in self.partners.get(&row.set).into_iter().flatten() {
                let pair = (*source, *target, row.key.clone());
                if self.seen.insert(pair.clone()) {
                    found.push(pair);
                }
            }
        }
        Ok(found)
    }

    /// Takes in the resources of these keys. A key that has, and before the change had, too many owners leads nowhere.
    fn visit(&mut self, pairs: Vec<(Pair, (usize, usize))>, frontier: &mut Vec<ResourceId>) -> Result<(), I::Error> {
        let most = self.correlator.most_owners;
        let added = pairs.iter().map(|(_, (added, _))| *added).max().unwrap_or(0);
        let sources: BTreeSet<(KeySetId, &str)> =
            pairs.iter().map(|((source, _, key), _)| (*source, key.as_str())).collect();
        let owners = holders(self.index, sources, most + added + 1)?;
        let few: Vec<&(Pair, (usize, usize))> = pairs
            .iter()
            .filter(|((source, _, key), (added, removed))| {
                let now = owners.get(&(*source, key.clone())).map_or(0, Vec::len);
                now <= most || (now + removed).saturating_sub(*added) <= most
            })
            .collect();
        let targets: BTreeSet<(KeySetId, &str)> =
            few.iter().map(|((_, target, key), _)| (*target, key.as_str())).collect();
        let targets = holders(self.index, targets, usize::MAX)?;
        let met: BTreeSet<ResourceId> = owners.values().chain(targets.values()).flatten().copied().collect();
        let met: Vec<ResourceId> = met.into_iter().filter(|one| !self.closure.affected.contains(one)).collect();
        self.decided(&met)?;
        for ((source, target, key), _) in few {
            let of_key = |sets: &Holders, set: &KeySetId| sets.get(&(*set, key.clone())).cloned().unwrap_or_default();
            let members = Members { owners: of_key(&owners, source), targets: of_key(&targets, target) };
            for owner in &members.owners {
                self.reach(*owner, true, frontier);
            }
            for resource in &members.targets {
                self.reach(*resource, self.is_free(*resource), frontier);
            }
            if members.owners.len() <= most {
                self.closure.keys.insert((*source, *target, key.clone()), members);
            }
        }
        Ok(())
    }
}

/// Who has which of these keys, by ascending id.
fn holders<I: KeyIndex>(index: &mut I, keys: BTreeSet<(KeySetId, &str)>, most: usize) -> Result<Holders, I::Error> {
    let keys: Vec<(KeySetId, &str)> = keys.into_iter().collect();
    let mut rows = Vec::new();
    index.holders(&keys, most, &mut rows)?;
    let mut found = Holders::new();
    for row in rows {
        found.entry((row.set, row.key)).or_default().push(row.resource);
    }
    found.values_mut().for_each(|resources| resources.sort_unstable());
    Ok(found)
}
