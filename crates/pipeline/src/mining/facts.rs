//! What identities are and have.

use provost_model::ResourceId;
use std::collections::BTreeMap;

/// A dimension that rules may ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DimensionTree {
    /// Its column.
    pub column: u8,
    /// The value above each value; empty for a dimension without tree.
    pub parents: BTreeMap<ResourceId, ResourceId>,
}

/// What identities are and have: their contexts, and who holds which role.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub(super) dimensions: Vec<DimensionTree>,
    pub(super) identities: Vec<ResourceId>,
    /// End of the contexts of each identity.
    pub(super) context_ends: Vec<u32>,
    /// End of the values of each context.
    pub(super) value_ends: Vec<u32>,
    /// Position of the dimension, and value.
    pub(super) values: Vec<(u32, ResourceId)>,
    /// Positions of the holders of each role, ascending.
    pub(super) holders: Vec<Vec<u32>>,
}

impl Facts {
    /// None yet. Dimensions that role mining leaves aside are not given.
    pub fn new(dimensions: Vec<DimensionTree>, roles: usize) -> Facts {
        Facts { dimensions, holders: vec![Vec::new(); roles], ..Facts::default() }
    }

    /// Adds an identity: for each of its contexts the values of dimensions (their positions), and the positions of its
    /// roles. What is out of range is left out.
    pub fn push<'a>(
        &mut self,
        identity: ResourceId,
        contexts: impl IntoIterator<Item = &'a [(usize, ResourceId)]>,
        roles: impl IntoIterator<Item = usize>,
    ) {
        let at = self.identities.len() as u32;
        self.identities.push(identity);
        for context in contexts {
            let known = context.iter().filter(|(dimension, _)| *dimension < self.dimensions.len());
            self.values.extend(known.map(|(dimension, value)| (*dimension as u32, *value)));
            self.value_ends.push(self.values.len() as u32);
        }
        self.context_ends.push(self.value_ends.len() as u32);
        for role in roles {
            if let Some(holders) = self.holders.get_mut(role).filter(|holders| holders.last() != Some(&at)) {
                holders.push(at);
            }
        }
    }

    /// Number of identities.
    pub fn len(&self) -> usize {
        self.identities.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.identities.is_empty()
    }

    /// Values of each context of an identity.
    pub(super) fn contexts(&self, identity: usize) -> impl Iterator<Item = &[(u32, ResourceId)]> {
        let start = identity.checked_sub(1).map_or(0, |before| self.context_ends[before]);
        (start..self.context_ends[identity]).map(|context| {
            let start = context.checked_sub(1).map_or(0, |before| self.value_ends[before as usize]);
            &self.values[start as usize..self.value_ends[context as usize] as usize]
        })
    }
}
