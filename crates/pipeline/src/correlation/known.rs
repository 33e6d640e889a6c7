//! What stays as it is.

use provost_model::{PolicyObjectId, ResourceId};
use std::collections::HashSet;

/// What is correlated for good, and what people have reviewed: matching changes none of it.
///
/// Suggestions that wait for a review are no part of it: they are found again, or not, in each run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    targets: HashSet<ResourceId>,
    owners: HashSet<(ResourceId, PolicyObjectId)>,
}

impl Known {
    /// Nothing yet.
    pub fn new() -> Known {
        Known::default()
    }

    /// A target that belongs to an owner: correlated automatically before, confirmed, or chosen by hand.
    pub fn add(&mut self, owner: ResourceId, resource_type: PolicyObjectId, target: ResourceId) {
        self.targets.insert(target);
        self.owners.insert((owner, resource_type));
    }

    /// A target whose categorisation a person has reviewed, without giving it an owner.
    pub fn freeze(&mut self, target: ResourceId) {
        self.targets.insert(target);
    }

    /// Whether nobody has decided about this target.
    pub fn is_free(&self, target: ResourceId) -> bool {
        !self.targets.contains(&target)
    }

    /// Whether the owner has a correlated target of this type.
    pub fn has(&self, owner: ResourceId, resource_type: PolicyObjectId) -> bool {
        self.owners.contains(&(owner, resource_type))
    }
}
