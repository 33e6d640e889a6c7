//! Where properties are stored: `TargetColumnIndex` and keys.

use super::Context;
use super::model::kind;
use crate::configuration::dialect;
use crate::configuration::node::Node;
use crate::configuration::source::Problems;
use crate::configuration::types::PropertyType;
use crate::ids::Slot;
use std::collections::{BTreeMap, BTreeSet};

const NAVIGATIONS: std::ops::RangeInclusive<i64> = Slot::FIRST_NAVIGATION as i64..=Slot::LAST as i64;

/// Properties of known type with the entity type that owns them.
fn properties<'a>(context: &Context<'a>) -> impl Iterator<Item = (&'a Node, &'a Node)> + use<'a> {
    context
        .all(&dialect::ENTITY_TYPE)
        .flat_map(|owner| owner.children_of(&dialect::PROPERTY).map(move |property| (owner, property)))
        .filter(|(_, property)| kind(property).is_some())
}

/// The slot of a property, if it has one.
fn slot(property: &Node) -> Option<i64> {
    property.attribute("TargetColumnIndex").filter(|a| a.valid)?.value.parse().ok().filter(|index| *index >= 0)
}

fn taken(entity_type: &Node) -> BTreeSet<i64> {
    entity_type.children_of(&dialect::PROPERTY).filter_map(slot).collect()
}

/// The lowest free slot for a value, ordinary ones first.
fn lowest_free(taken: &BTreeSet<i64>) -> String {
    let free = |mut range: std::ops::Range<i64>| range.find(|index| !taken.contains(index));
    match (free(4..128), free(0..4)) {
        (Some(index), Some(long)) => {
            format!("the lowest free index is {index} (or {long}, for values of up to 4000 characters)")
        }
        (Some(index), None) => format!("the lowest free index is {index}"),
        (None, Some(long)) => format!("the lowest free index is {long}"),
        (None, None) => "all 128 are taken: move properties to another entity type".to_owned(),
    }
}

/// Collections and files have no slot; values lie below the navigations.
pub(super) fn range_of_kind(context: &Context<'_>, problems: &mut Problems<'_>) {
    for (entity_type, property) in properties(context) {
        let Some(index) = slot(property) else {
            continue;
        };
        let span = property.value_span("TargetColumnIndex");
        let end = context.model.end(entity_type.identifier(), property.identifier());
        if kind(property) == Some(PropertyType::Binary) {
            let message =
                format!("\"{}\" holds files, which have no column: the index is ignored", property.identifier());
            problems.warning("slot-of-binary", span, message, "leave TargetColumnIndex out");
        } else if let Some(end) = end.filter(|end| end.is_collection) {
            let message = format!("\"{}\" holds several links, so it cannot have a column", property.identifier());
            let hint = format!(
                "leave TargetColumnIndex out; association \"{}\" ({}) makes it a collection",
                end.association.identifier(),
                problems.words(&end.association.span)
            );
            problems.error("slot-of-collection", span, message, hint);
        } else if NAVIGATIONS.contains(&index) && !context.model.is_navigation(entity_type.identifier(), property) {
            let message = format!("\"{}\" is a value; 128 to 152 are for single links", property.identifier());
            problems.error("slot-of-value", span, message, lowest_free(&taken(entity_type)));
        }
    }
}

/// Two properties of one entity type cannot share a slot.
pub(super) fn shared(context: &Context<'_>, problems: &mut Problems<'_>) {
    for entity_type in context.all(&dialect::ENTITY_TYPE) {
        let mut seen: BTreeMap<i64, &Node> = BTreeMap::new();
        let stored = entity_type.children_of(&dialect::PROPERTY).filter(|p| kind(p) != Some(PropertyType::Binary));
        for property in stored {
            let Some(index) = slot(property) else {
                continue;
            };
            let Some(first) = seen.get(&index) else {
                seen.insert(index, property);
                continue;
            };
            let message =
                format!("index {index} is taken by \"{}\" ({})", first.identifier(), problems.words(&first.span));
            let taken = taken(entity_type);
            let hint = if NAVIGATIONS.contains(&index) {
                match NAVIGATIONS.into_iter().find(|index| !taken.contains(index)) {
                    Some(free) => format!("the lowest free index is {free}"),
                    None => lowest_free(&taken),
                }
            } else {
                lowest_free(&taken)
            };
            problems.error("slot-shared", property.value_span("TargetColumnIndex"), message, hint);
        }
    }
}

/// A value needs a slot.
pub(super) fn values_without_slot(context: &Context<'_>, problems: &mut Problems<'_>) {
    for (entity_type, property) in properties(context) {
        let valid = property.attribute("TargetColumnIndex").is_none_or(|a| a.valid);
        let stored_elsewhere = kind(property) == Some(PropertyType::Binary)
            || context.model.is_navigation(entity_type.identifier(), property);
        // An association may be missing: then that is the problem to report, not the slot.
        let end = context.model.end(entity_type.identifier(), property.identifier());
        if valid && slot(property).is_none() && !stored_elsewhere && end.is_none() {
            let message =
                format!("\"{}\" has no TargetColumnIndex, so its values cannot be stored", property.identifier());
            problems.error("slot-missing", &property.span, message, lowest_free(&taken(entity_type)));
        }
    }
}

/// A navigation may take a value's slot only when all of its own are taken.
pub(super) fn navigations_in_value_slots(context: &Context<'_>, problems: &mut Problems<'_>) {
    for (entity_type, property) in properties(context) {
        let Some(index) = slot(property) else {
            continue;
        };
        if NAVIGATIONS.contains(&index) || !context.model.is_navigation(entity_type.identifier(), property) {
            continue;
        }
        let taken = taken(entity_type);
        if let Some(free) = NAVIGATIONS.into_iter().find(|index| !taken.contains(index)) {
            let message = format!("\"{}\" is a navigation in the slot of a value", property.identifier());
            let hint = format!("128 to 152 are for single links; the lowest free index is {free}");
            problems.warning("slot-of-navigation", property.value_span("TargetColumnIndex"), message, hint);
        }
    }
}

/// Resources must be designated by something.
pub(super) fn key_property(context: &Context<'_>, problems: &mut Problems<'_>) {
    for entity_type in context.all(&dialect::ENTITY_TYPE) {
        let mut properties = entity_type.children_of(&dialect::PROPERTY);
        if !properties.any(|property| property.is("IsKey")) {
            let message = format!("entity type \"{}\" has no key property", entity_type.identifier());
            let hint = "put IsKey=\"true\" on the property by which people know its resources";
            problems.error("key-missing", &entity_type.span, message, hint);
        }
    }
}
