//! What is read, as a tree that grows while names are resolved.

use crate::population::Reads;
use std::collections::{BTreeMap, BTreeSet};

/// Places from which resources come: the subject, what queries find, and what navigations lead to.
#[derive(Debug, Default)]
pub(super) struct Origins {
    places: Vec<Place>,
    queries: BTreeMap<usize, usize>,
}

#[derive(Debug, Default)]
struct Place {
    values: BTreeSet<usize>,
    display_name: bool,
    links: BTreeMap<usize, usize>,
}

/// Place of the subject.
pub(super) const SUBJECT: usize = 0;

impl Origins {
    pub(super) fn new() -> Origins {
        Origins { places: vec![Place::default()], queries: BTreeMap::new() }
    }

    pub(super) fn value(&mut self, places: &[usize], property: usize) {
        for place in places {
            self.places[*place].values.insert(property);
        }
    }

    pub(super) fn display_name(&mut self, places: &[usize]) {
        for place in places {
            self.places[*place].display_name = true;
        }
    }

    /// The places that a navigation leads to.
    pub(super) fn follow(&mut self, places: &[usize], property: usize) -> Vec<usize> {
        places.iter().map(|place| self.next(*place, property)).collect()
    }

    fn next(&mut self, place: usize, property: usize) -> usize {
        if let Some(known) = self.places[place].links.get(&property) {
            return *known;
        }
        let next = self.places.len();
        self.places.push(Place::default());
        self.places[place].links.insert(property, next);
        next
    }

    /// The place of what queries over an entity type find.
    pub(super) fn query(&mut self, entity_type: usize) -> usize {
        let next = self.places.len();
        let place = *self.queries.entry(entity_type).or_insert(next);
        if place == next {
            self.places.push(Place::default());
        }
        place
    }

    /// The tree of reads below a place.
    pub(super) fn reads(&self, place: usize) -> Reads {
        let place = &self.places[place];
        Reads {
            values: place.values.clone(),
            display_name: place.display_name,
            links: place.links.iter().map(|(property, next)| (*property, self.reads(*next))).collect(),
        }
    }

    /// What is read of the resources that queries find, by entity type.
    pub(super) fn queries(&self) -> BTreeMap<usize, Reads> {
        self.queries.iter().map(|(entity_type, place)| (*entity_type, self.reads(*place))).collect()
    }
}
