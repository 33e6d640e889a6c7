//! Fills a population with what expressions and rules read, and finds out who reads what has changed.

use crate::error::ServerError;
use provost_model::ResourceId;
use provost_model::metadata::Metadata;
use provost_pipeline::population::{Handle, Population, Reads};
use provost_store::{DataChanges, LinkPlace, ReadTx, Side};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What is read on resources of an entity type and on those that they link to, with the places where it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug)]
struct Node {
    /// Position of the entity type.
    entity_type: usize,
    /// Properties with their slots.
    values: Vec<(usize, provost_model::Slot)>,
    display_name: bool,
    branches: Vec<Branch>,
    /// Those that are in the population already.
    loaded: HashSet<ResourceId>,
}

/// A navigation that is followed.
#[derive(Clone, Copy, Debug)]
struct Branch {
    property: usize,
    association: provost_model::AssociationId,
    place: LinkPlace,
    side: Side,
    /// Node at the other end.
    end: usize,
}

/// A navigation, given as positions of its entity type and property: its association, where its links are stored, the
/// side that is left, and the entity type that is reached.
pub(crate) fn navigation(
    metadata: &Metadata,
    near: (usize, usize),
) -> Option<(provost_model::AssociationId, LinkPlace, Side, usize)> {
    let association = metadata.associations.iter().find(|a| a.end1 == near || a.end2 == near)?;
    let (side, far) = match association.end1 == near {
        true => (Side::First, association.end2.0),
        false => (Side::Second, association.end1.0),
    };
    Some((association.id, LinkPlace::of(metadata, association), side, far))
}

/// Puts resources of an entity type (a position), ascending, with all that is read of them into a population.
///
/// # Errors
/// Those of the database.
pub fn load_population(
    tx: &mut ReadTx,
    metadata: &Metadata,
    population: &mut Population,
    (entity_type, resources): (usize, &[ResourceId]),
    reads: &Reads,
) -> Result<(), ServerError> {
    Tree::new(metadata, entity_type, reads).load(tx, metadata, population, resources)
}

fn opposite(side: Side) -> Side {
    match side {
        Side::First => Side::Second,
        Side::Second => Side::First,
    }
}

impl Branch {
    /// The link is in the row of the resource itself.
    fn slot(&self) -> Option<provost_model::Slot> {
        match self.place {
            LinkPlace::Slot { slot, owner_is_first, .. } if owner_is_first == (self.side == Side::First) => Some(slot),
            _ => None,
        }
    }
}

impl Tree {
    /// What `reads` says about resources of an entity type (a position).
    pub(crate) fn new(metadata: &Metadata, entity_type: usize, reads: &Reads) -> Tree {
        let mut tree = Tree { nodes: Vec::new() };
        tree.add(metadata, entity_type, reads);
        tree
    }

    fn add(&mut self, metadata: &Metadata, entity_type: usize, reads: &Reads) -> usize {
        let at = self.nodes.len();
        let properties = &metadata.entity_types[entity_type].properties;
        let values = reads.values.iter().filter_map(|p| Some((*p, properties[*p].slot?))).collect();
        let node = Node {
            entity_type,
            values,
            display_name: reads.display_name,
            branches: Vec::new(),
            loaded: HashSet::new(),
        };
        self.nodes.push(node);
        for (property, beyond) in &reads.links {
            let Some((association, place, side, far)) = navigation(metadata, (entity_type, *property)) else {
                continue;
            };
            let end = self.add(metadata, far, beyond);
            self.nodes[at].branches.push(Branch { property: *property, association, place, side, end });
        }
        at
    }

    /// The population was cleared.
    pub(crate) fn forget(&mut self) {
        self.nodes.iter_mut().for_each(|node| node.loaded.clear());
    }

    /// Puts these resources, ascending, with all that is read of them into the population.
    pub(crate) fn load(
        &mut self,
        tx: &mut ReadTx,
        metadata: &Metadata,
        population: &mut Population,
        resources: &[ResourceId],
    ) -> Result<(), ServerError> {
        self.load_node(0, tx, metadata, population, resources)
    }

    fn load_node(
        &mut self,
        at: usize,
        tx: &mut ReadTx,
        metadata: &Metadata,
        population: &mut Population,
        resources: &[ResourceId],
    ) -> Result<(), ServerError> {
        let node = &mut self.nodes[at];
        let loaded = &mut node.loaded;
        let resources: Vec<ResourceId> = resources.iter().copied().filter(|id| loaded.insert(*id)).collect();
        if resources.is_empty() {
            return Ok(());
        }
        let node = &self.nodes[at];
        let branches = node.branches.clone();
        for id in &resources {
            population.add(node.entity_type, *id);
        }
        let mut links: Vec<Vec<(ResourceId, ResourceId)>> = vec![Vec::new(); branches.len()];
        load_rows(node, tx, metadata, population, &resources, &mut links)?;
        for (branch, links) in branches.iter().zip(links) {
            let links = match branch.slot() {
                Some(_) => links,
                None => tx.links_in_order(branch.place, &resources, branch.side)?,
            };
            let beyond = self.put(at, branch, population, &links);
            self.load_node(branch.end, tx, metadata, population, &beyond)?;
        }
        Ok(())
    }

    /// Puts links, ordered by resource and end, into the population; gives their ends, ascending.
    fn put(
        &self,
        at: usize,
        branch: &Branch,
        population: &mut Population,
        links: &[(ResourceId, ResourceId)],
    ) -> Vec<ResourceId> {
        let (near_type, far_type) = (self.nodes[at].entity_type, self.nodes[branch.end].entity_type);
        let mut ends: Vec<Handle> = Vec::new();
        for of_one in links.chunk_by(|a, b| a.0 == b.0) {
            ends.clear();
            ends.extend(of_one.iter().map(|(_, far)| population.add(far_type, *far).0));
            if let Some(near) = population.find(near_type, of_one[0].0) {
                population.set_links(near, branch.property, &ends);
            }
        }
        let mut beyond: Vec<ResourceId> = links.iter().map(|(_, far)| *far).collect();
        beyond.sort_unstable();
        beyond.dedup();
        beyond
    }

    /// Positions of the entity types that are read.
    pub(crate) fn entity_types(&self) -> BTreeSet<usize> {
        self.nodes.iter().map(|node| node.entity_type).collect()
    }

    /// Resources at the root that read something which has changed, ascending.
    pub(crate) fn affected(
        &self,
        tx: &mut ReadTx,
        metadata: &Metadata,
        changes: &DataChanges,
    ) -> Result<Vec<ResourceId>, ServerError> {
        self.readers(0, tx, &|at, node, found| {
            // A new resource at the root is evaluated for the first time; elsewhere it needs a link to be read.
            if at == 0 || node.display_name || !node.values.is_empty() {
                let id = metadata.entity_types[node.entity_type].id;
                found.extend(changes.resources.get(&id).into_iter().flatten());
            }
            for branch in &node.branches {
                let changed = changes.links.get(&branch.association).into_iter().flatten();
                found.extend(changed.map(|(first, second)| if branch.side == Side::First { *first } else { *second }));
            }
        })
    }

    /// Resources at the root that read any of these resources, by position of the entity type, themselves included;
    /// ascending.
    pub(crate) fn readers_of(
        &self,
        tx: &mut ReadTx,
        touched: &BTreeMap<usize, BTreeSet<ResourceId>>,
    ) -> Result<Vec<ResourceId>, ServerError> {
        self.readers(0, tx, &|_, node, found| found.extend(touched.get(&node.entity_type).into_iter().flatten()))
    }

    /// Resources at a node of which `changed` gives what is changed there, or which link to such resources.
    fn readers(
        &self,
        at: usize,
        tx: &mut ReadTx,
        changed: &dyn Fn(usize, &Node, &mut Vec<ResourceId>),
    ) -> Result<Vec<ResourceId>, ServerError> {
        let node = &self.nodes[at];
        let mut found = Vec::new();
        changed(at, node, &mut found);
        for branch in &node.branches {
            let beyond = self.readers(branch.end, tx, changed)?;
            if !beyond.is_empty() {
                let back = tx.links_in_order(branch.place, &beyond, opposite(branch.side))?;
                found.extend(back.into_iter().map(|(_, near)| near));
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}

/// Puts values and names into the population, and links that stand in the rows themselves into `links`, by branch.
fn load_rows(
    node: &Node,
    tx: &mut ReadTx,
    metadata: &Metadata,
    population: &mut Population,
    resources: &[ResourceId],
    links: &mut [Vec<(ResourceId, ResourceId)>],
) -> Result<(), ServerError> {
    let direct: Vec<(usize, provost_model::Slot)> =
        node.branches.iter().enumerate().filter_map(|(at, branch)| Some((at, branch.slot()?))).collect();
    if node.values.is_empty() && !node.display_name && direct.is_empty() {
        return Ok(());
    }
    let slots: Vec<_> = node.values.iter().chain(&direct).map(|(_, slot)| *slot).collect();
    let id = metadata.entity_types[node.entity_type].id;
    tx.rows_in_order(id, &slots, resources, |row| -> Result<(), ServerError> {
        let Some(handle) = population.find(node.entity_type, row.id) else {
            return Ok(());
        };
        let (values, ends) = row.values.split_at(node.values.len());
        for ((property, _), value) in node.values.iter().zip(values) {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                population.set_value(handle, *property, value);
            }
        }
        if let Some(name) = row.display_name.filter(|_| node.display_name) {
            population.set_display_name(handle, name);
        }
        for ((branch, _), end) in direct.iter().zip(ends) {
            links[*branch].extend(end.and_then(|end| end.parse().ok()).map(|end| (row.id, ResourceId(end))));
        }
        Ok(())
    })
}
