//! Query rules: the resource that a navigation links to, found by equal keys.

use super::keys::{KeyIndex, KeySetId};
use super::report::CorrelationReport;
use provost_model::{PolicyObjectId, PropertyId, ResourceId};
use std::collections::{BTreeMap, BTreeSet};

/// A query rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryRule {
    /// The rule.
    pub rule: PolicyObjectId,
    /// Position of the entity type of the owners.
    pub owner_type: usize,
    /// Resource type that it stands in.
    pub resource_type: PolicyObjectId,
    /// Navigation that it fills.
    pub property: PropertyId,
    /// Percent; below 100 the value waits for a review.
    pub confidence: u8,
    /// Keys of the owners.
    pub source: KeySetId,
    /// Keys of the resources that may be linked.
    pub target: KeySetId,
}

/// A resource that a query rule found for an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueryMatch {
    /// The owner.
    pub owner: ResourceId,
    /// The rule.
    pub rule: PolicyObjectId,
    /// The resource.
    pub resource: ResourceId,
}

/// What query rules find for these owners: by owner, then in the order of the rules. That order is by descending
/// confidence within a property, so that the first match of a property is the one that counts.
///
/// A key that several resources have points at none of them: the rule finds nothing, the key is reported, and the rule
/// with the next lower confidence has its turn.
///
/// # Errors
/// The keys cannot be read.
pub fn query_matches<I: KeyIndex>(
    rules: &[QueryRule],
    owners: &[ResourceId],
    index: &mut I,
    report: &mut CorrelationReport,
) -> Result<Vec<QueryMatch>, I::Error> {
    if rules.is_empty() || owners.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = Vec::new();
    index.keys_of(owners, &mut rows)?;
    let mut keys: BTreeMap<(ResourceId, KeySetId), &str> = BTreeMap::new();
    let mut wanted: BTreeSet<(KeySetId, &str)> = BTreeSet::new();
    for row in &rows {
        keys.insert((row.resource, row.set), &row.key);
        wanted.extend(rules.iter().filter(|rule| rule.source == row.set).map(|rule| (rule.target, row.key.as_str())));
    }
    let wanted: Vec<(KeySetId, &str)> = wanted.into_iter().collect();
    let mut holders = Vec::new();
    // A second holder is enough to know that there are several.
    index.holders(&wanted, 2, &mut holders)?;
    let mut found: BTreeMap<(KeySetId, &str), Option<ResourceId>> = BTreeMap::new();
    for row in &holders {
        found.entry((row.set, row.key.as_str())).and_modify(|only| *only = None).or_insert(Some(row.resource));
    }
    for ((set, key), _) in found.iter().filter(|(_, only)| only.is_none()) {
        report.query_ambiguous(*set, key);
    }
    let mut owners = owners.to_vec();
    owners.sort_unstable();
    owners.dedup();
    let mut matches = Vec::new();
    for owner in owners {
        for rule in rules {
            let resource = keys.get(&(owner, rule.source)).and_then(|key| *found.get(&(rule.target, *key))?);
            matches.extend(resource.map(|resource| QueryMatch { owner, rule: rule.rule, resource }));
        }
    }
    Ok(matches)
}
