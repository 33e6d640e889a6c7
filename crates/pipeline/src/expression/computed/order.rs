//! Order of evaluation, from what the properties read of each other.

use super::{ComputedPlan, ComputedProperty, PlanError, PlanProblem, Stage, Target};
use crate::population::Reads;
use provost_model::metadata::Metadata;
use std::collections::BTreeSet;

/// Something of an entity type that a property may compute and another may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Value(usize, usize),
    Link(usize, usize),
    DisplayName(usize),
}

/// Puts the properties into stages.
pub(super) fn arrange(
    metadata: &Metadata,
    mut properties: Vec<ComputedProperty>,
    mut problems: Vec<PlanProblem>,
) -> ComputedPlan {
    let reads: Vec<BTreeSet<(Item, bool)>> = properties.iter().map(|property| read(metadata, property)).collect();
    let writes: Vec<Vec<Item>> = properties.iter().map(|property| written(metadata, property)).collect();
    for (property, (reads, writes)) in properties.iter_mut().zip(reads.iter().zip(&writes)) {
        property.recursive = is_recursive(reads, writes);
    }
    let before: Vec<BTreeSet<usize>> = (0..properties.len())
        .map(|reader| {
            (0..properties.len()).filter(|writer| waits(reader, *writer, &properties, &reads, &writes)).collect()
        })
        .collect();
    let (order, caught) = sorted(&properties, &before);
    for position in caught {
        let members = cycle(position, &before);
        let names: Vec<String> = members.iter().map(|member| properties[*member].identifier.clone()).collect();
        problems.push(PlanProblem {
            identifier: properties[position].identifier.clone(),
            cause: PlanError::Cycle { members: names },
        });
    }
    ComputedPlan { stages: staged(properties, &order, &before), problems }
}

/// Whether one property must be computed before another. Where it has a higher priority number, it comes later all the
/// same, and the stored value is read.
fn waits(
    reader: usize,
    writer: usize,
    properties: &[ComputedProperty],
    reads: &[BTreeSet<(Item, bool)>],
    writes: &[Vec<Item>],
) -> bool {
    reader != writer
        && properties[writer].priority <= properties[reader].priority
        && writes[writer].iter().any(|item| [true, false].iter().any(|own| reads[reader].contains(&(*item, *own))))
}

/// Whether a property is computed from what it is on other resources. What a resource holds itself may be kept or
/// corrected: there the stored value is read.
fn is_recursive(reads: &BTreeSet<(Item, bool)>, writes: &[Item]) -> bool {
    writes.iter().any(|item| reads.contains(&(*item, false)))
}

/// What a property reads; with whether it is read of the resource itself.
fn read(metadata: &Metadata, property: &ComputedProperty) -> BTreeSet<(Item, bool)> {
    let mut items = BTreeSet::new();
    note(metadata, property.entity_type, property.program.reads(), true, &mut items);
    for (entity_type, reads) in property.program.queries() {
        note(metadata, *entity_type, reads, false, &mut items);
        // A query may compare any property.
        for position in 0..metadata.entity_types[*entity_type].properties.len() {
            items.extend([(Item::Value(*entity_type, position), false), (Item::Link(*entity_type, position), false)]);
        }
    }
    items
}

fn note(metadata: &Metadata, entity_type: usize, reads: &Reads, itself: bool, items: &mut BTreeSet<(Item, bool)>) {
    items.extend(reads.values.iter().map(|property| (Item::Value(entity_type, *property), itself)));
    if reads.display_name {
        items.insert((Item::DisplayName(entity_type), itself));
    }
    for (property, beyond) in &reads.links {
        items.insert((Item::Link(entity_type, *property), itself));
        let end = (entity_type, *property);
        let target = metadata.associations.iter().find_map(|association| {
            let other = if association.end1 == end { Some(association.end2) } else { None };
            other.or((association.end2 == end).then_some(association.end1))
        });
        if let Some((target, _)) = target {
            note(metadata, target, beyond, false, items);
        }
    }
}

/// What a property computes: a link has two ends.
fn written(metadata: &Metadata, property: &ComputedProperty) -> Vec<Item> {
    let entity_type = property.entity_type;
    match property.target {
        Target::Scalar { property: value, .. } => {
            let name = property.names_resources.then_some(Item::DisplayName(entity_type));
            std::iter::once(Item::Value(entity_type, value)).chain(name).collect()
        }
        Target::DisplayName(_) => vec![Item::DisplayName(entity_type)],
        Target::Navigation { step, .. } => {
            let association = &metadata.associations[step.association];
            let link = |(entity_type, property)| Item::Link(entity_type, property);
            vec![link(association.end1), link(association.end2)]
        }
    }
}

/// Positions in order of evaluation, by priority and then as written where nothing else decides; and those that wait
/// for themselves.
fn sorted(properties: &[ComputedProperty], before: &[BTreeSet<usize>]) -> (Vec<usize>, Vec<usize>) {
    let mut left: Vec<usize> = (0..properties.len()).collect();
    left.sort_by_key(|position| properties[*position].priority);
    let mut order: Vec<usize> = Vec::new();
    while let Some(next) = left.iter().position(|position| before[*position].iter().all(|b| order.contains(b))) {
        order.push(left.remove(next));
    }
    // What only waits for a cycle can be computed from stored values: it goes last.
    let (caught, behind): (Vec<usize>, Vec<usize>) =
        left.into_iter().partition(|position| reaches(*position, *position, before));
    let mut behind = behind;
    while let Some(next) =
        behind.iter().position(|position| before[*position].iter().all(|b| order.contains(b) || caught.contains(b)))
    {
        order.push(behind.remove(next));
    }
    (order, caught)
}

fn reaches(from: usize, to: usize, before: &[BTreeSet<usize>]) -> bool {
    let mut seen = BTreeSet::new();
    let mut open: Vec<usize> = before[from].iter().copied().collect();
    while let Some(next) = open.pop() {
        if next == to {
            return true;
        }
        if seen.insert(next) {
            open.extend(&before[next]);
        }
    }
    false
}

/// The members of the cycles that a property is in, itself first.
fn cycle(position: usize, before: &[BTreeSet<usize>]) -> Vec<usize> {
    let others = (0..before.len())
        .filter(|other| *other != position && reaches(position, *other, before) && reaches(*other, position, before));
    std::iter::once(position).chain(others).collect()
}

/// Neighbours of one entity type that do not read each other share a stage.
fn staged(properties: Vec<ComputedProperty>, order: &[usize], before: &[BTreeSet<usize>]) -> Vec<Stage> {
    let mut members: Vec<Vec<usize>> = Vec::new();
    for position in order {
        let fits = members.last().is_some_and(|last: &Vec<usize>| {
            last.iter().all(|other| {
                let (there, here) = (&properties[*other], &properties[*position]);
                let repeats = there.recursive || here.recursive;
                there.entity_type == here.entity_type && !repeats && !before[*position].contains(other)
            })
        });
        match members.last_mut().filter(|_| fits) {
            Some(last) => last.push(*position),
            None => members.push(vec![*position]),
        }
    }
    let mut properties: Vec<Option<ComputedProperty>> = properties.into_iter().map(Some).collect();
    members
        .into_iter()
        .filter_map(|members| {
            let found: Vec<ComputedProperty> =
                members.iter().filter_map(|position| properties[*position].take()).collect();
            let first = found.first()?;
            Some(Stage { entity_type: first.entity_type, recursive: first.recursive, properties: found })
        })
        .collect()
}
