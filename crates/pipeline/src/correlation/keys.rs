//! Keys: what is compared on the two sides of a rule.

use super::known::Known;
use crate::expression::program::{Environment, EvaluationError, Program};
use crate::population::{Handle, Population};
use provost_model::{PolicyObjectId, ResourceId};

/// One side of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The owner's.
    Source,
    /// The target's; for a query rule that of the resources that may be linked.
    Target,
}

/// Name of a set of keys: the first rule, by id, that uses it, and the side on which that rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeySetId {
    /// The rule.
    pub rule: PolicyObjectId,
    /// The side.
    pub side: Side,
}

/// What is computed for each resource of an entity type. Rules with the same operand share one.
#[derive(Clone, Debug)]
pub struct KeySet {
    /// Its name.
    pub id: KeySetId,
    /// Position of the entity type.
    pub entity_type: usize,
    /// What computes the key, and what that reads.
    pub program: Program,
}

impl KeySet {
    /// Puts the key of a resource into `key`, and tells whether it has one. Nothing is changed in what the expression
    /// gives.
    ///
    /// # Errors
    /// The expression fails on this resource, which then has no key.
    pub fn key(
        &self,
        resource: Handle,
        population: &Population,
        environment: &Environment<'_>,
        key: &mut String,
    ) -> Result<bool, EvaluationError> {
        key.clear();
        let found = self.program.text(resource, population, environment, key);
        if !matches!(found, Ok(true)) {
            key.clear();
        }
        Ok(found? && !key.is_empty())
    }
}

/// A key that a resource has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyRow {
    /// Set of the key.
    pub set: KeySetId,
    /// The key.
    pub key: String,
    /// Who has it.
    pub resource: ResourceId,
}

/// Some rows of one set, in order.
#[derive(Clone, Debug, Default)]
pub struct KeyPage {
    texts: String,
    rows: Vec<(usize, ResourceId)>,
}

impl KeyPage {
    /// Forgets its rows.
    pub fn clear(&mut self) {
        self.texts.clear();
        self.rows.clear();
    }

    /// Adds a row.
    pub fn push(&mut self, key: &str, resource: ResourceId) {
        self.texts.push_str(key);
        self.rows.push((self.texts.len(), resource));
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A row.
    pub fn get(&self, at: usize) -> Option<(&str, ResourceId)> {
        let (end, resource) = *self.rows.get(at)?;
        let start = at.checked_sub(1).map_or(0, |before| self.rows[before].0);
        Some((&self.texts[start..end], resource))
    }
}

/// Reads stored keys from beginning to end.
pub trait Keys {
    /// Why they cannot be read.
    type Error;

    /// Adds the next rows of a set to the page, by key (its bytes), then resource: those behind the row `after`, or the
    /// first ones. As many as it likes; none when there are no more.
    ///
    /// # Errors
    /// They cannot be read.
    fn page(&mut self, set: KeySetId, after: Option<(&str, ResourceId)>, page: &mut KeyPage)
    -> Result<(), Self::Error>;
}

/// Looks up stored keys.
pub trait KeyIndex {
    /// Why they cannot be read.
    type Error;

    /// Adds all keys of these resources, in any order.
    ///
    /// # Errors
    /// They cannot be read.
    fn keys_of(&mut self, resources: &[ResourceId], rows: &mut Vec<KeyRow>) -> Result<(), Self::Error>;

    /// Adds who has these keys, in any order, but at most `most` resources for each key: those with the smallest ids.
    ///
    /// # Errors
    /// They cannot be read.
    fn holders(&mut self, keys: &[(KeySetId, &str)], most: usize, rows: &mut Vec<KeyRow>) -> Result<(), Self::Error>;

    /// Adds what is decided about these resources, as owners and as targets. Only [`super::Closure::find_loading`] asks
    /// for it.
    ///
    /// # Errors
    /// It cannot be read.
    fn decided(&mut self, resources: &[ResourceId], known: &mut Known) -> Result<(), Self::Error> {
        let _ = (resources, known);
        Ok(())
    }
}
