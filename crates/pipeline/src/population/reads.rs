//! What an evaluation reads.

use std::collections::{BTreeMap, BTreeSet};

/// Properties read on a resource, and on those that it links to. Derived from expressions and bindings, never declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Positions of the scalar properties.
    pub values: BTreeSet<usize>,
    /// The display name is read.
    pub display_name: bool,
    /// Navigations followed, with what is read at their other end.
    pub links: BTreeMap<usize, Reads>,
}

impl Reads {
    /// Adds what another evaluation of the same resource reads.
    pub fn merge(&mut self, other: &Reads) {
        self.values.extend(&other.values);
        self.display_name |= other.display_name;
        for (property, reads) in &other.links {
            self.links.entry(*property).or_default().merge(reads);
        }
    }

    /// What is read at the end of a path of navigations.
    pub fn at(&mut self, path: &[usize]) -> &mut Reads {
        match path.split_first() {
            Some((first, rest)) => self.links.entry(*first).or_default().at(rest),
            None => self,
        }
    }
}
