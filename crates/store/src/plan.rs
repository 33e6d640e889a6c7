//! What is asked of an apply, and what it answers.

use crate::stored_model::LinkPlace;
use provost_model::{AssociationId, EntityTypeId, Slot};

/// What to apply of a run, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplyPlan {
    /// Entity types in order, with the slots that their changes carry.
    pub types: Vec<(EntityTypeId, Vec<Slot>)>,
    /// Associations in order, with the place of their links.
    pub associations: Vec<(AssociationId, LinkPlace)>,
    /// Time of the changes: microseconds since 1970, UTC.
    pub now_micros: i64,
    /// Keep the change tables, for a later step that sets dirty flags.
    pub dont_delete_changes: bool,
}

/// Resources really changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct TypeCounts {
    pub inserted: u64,
    pub updated: u64,
    pub deleted: u64,
}

/// Links really changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkCounts {
    /// Links made.
    pub created: u64,
    /// Links gone, also with the resource at one of their ends.
    pub removed: u64,
}

/// What applying a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppliedCounts {
    /// By entity type of the plan.
    pub types: Vec<(EntityTypeId, TypeCounts)>,
    /// By association of the plan, then others that lost links with their resources.
    pub associations: Vec<(AssociationId, LinkCounts)>,
    /// Resource versions that went to history.
    pub versions: u64,
}

impl AppliedCounts {
    pub(crate) fn of_type(&mut self, id: EntityTypeId) -> &mut TypeCounts {
        let at = self.types.iter().position(|(t, _)| *t == id).unwrap_or_else(|| {
            self.types.push((id, TypeCounts::default()));
            self.types.len() - 1
        });
        &mut self.types[at].1
    }

    pub(crate) fn of_links(&mut self, id: AssociationId) -> &mut LinkCounts {
        let at = self.associations.iter().position(|(a, _)| *a == id).unwrap_or_else(|| {
            self.associations.push((id, LinkCounts::default()));
            self.associations.len() - 1
        });
        &mut self.associations[at].1
    }
}
