//! What people should know about keys.

use super::KeySetId;
use provost_model::PolicyObjectId;
use std::collections::BTreeSet;

/// Samples kept of each kind.
const SAMPLES: usize = 20;

/// A key that several owners share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SharedKey {
    /// Number of owners.
    pub owners: usize,
    /// Number of targets with the same key, nobody's and others.
    pub targets: usize,
    /// Rule that compares it.
    pub rule: PolicyObjectId,
    /// The key.
    pub key: String,
}

/// What matching met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorrelationReport {
    /// Matches found.
    pub automatic: u64,
    /// Suggestions made.
    pub suggested: u64,
    /// Keys of a rule that several owners share: the owner with the smallest id came first.
    pub ambiguous: u64,
    /// Keys of a rule that too many owners share: they correlated nobody.
    pub ignored: u64,
    /// Keys of a rule that many targets share, of which an owner gets the one with the smallest id.
    pub crowded: u64,
    /// Keys that a query rule could not use, because several resources have them.
    pub query_ambiguous: u64,
    /// The ambiguous keys with the most owners.
    pub ambiguous_samples: Vec<SharedKey>,
    /// The ignored keys with the most owners.
    pub ignored_samples: Vec<SharedKey>,
    /// The crowded keys with the most owners and targets.
    pub crowded_samples: Vec<SharedKey>,
    /// Some keys that query rules could not use.
    pub query_samples: BTreeSet<(KeySetId, String)>,
}

impl CorrelationReport {
    pub(super) fn ambiguous(&mut self, key: SharedKey) {
        self.ambiguous += 1;
        keep(&mut self.ambiguous_samples, key);
    }

    pub(super) fn ignored(&mut self, key: SharedKey) {
        self.ignored += 1;
        keep(&mut self.ignored_samples, key);
    }

    pub(super) fn crowded(&mut self, key: SharedKey) {
        self.crowded += 1;
        keep(&mut self.crowded_samples, key);
    }

    pub(super) fn query_ambiguous(&mut self, set: KeySetId, key: &str) {
        if self.query_samples.len() < SAMPLES {
            self.query_samples.insert((set, key.to_owned()));
        }
        self.query_ambiguous += 1;
    }
}

fn keep(samples: &mut Vec<SharedKey>, key: SharedKey) {
    let at = samples.partition_point(|kept| (kept.owners, kept.targets) >= (key.owners, key.targets));
    if at < SAMPLES {
        samples.insert(at, key);
        samples.truncate(SAMPLES);
    }
}
