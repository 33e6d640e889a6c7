//! `provost resource history`.

use super::{Which, as_json, named, typed};
use crate::context::Context;
use crate::output::table::Table;
use crate::output::{Format, print};
use crate::report::Report;
use crate::repository::{entity_type, instant, metadata, open};
use crate::verbs::options::FormatOption;
use clap::Args;
use provost_model::ResourceId;
use provost_model::configuration::PropertyType;
use provost_model::metadata::{EntityType, Property};
use provost_store::{ReadTx, Resource as Version};
use serde_json::Value;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Show what changed in one resource, the latest first
///
/// For a resource that is gone, --as-of names a time at which it had the key.
#[derive(Args, Debug)]
pub(super) struct History {
    #[command(flatten)]
    which: Which,

    #[command(flatten)]
    format: FormatOption,
}

impl History {
    pub(super) fn run(&self, context: &Context) -> Result<(), Report> {
        let (_, store) = open(context)?;
        let (metadata, versions, others) = store.read(|tx| {
            let metadata = metadata(tx)?;
            let id = self.which.find(tx, &metadata)?.id;
            let versions = tx.resource_history(id)?;
            let of = entity_type(&metadata, &self.which.entity_type)?;
            let others = linked(tx, of, &versions)?;
            Ok::<_, Report>((metadata, versions, others))
        })?;
        let of = entity_type(&metadata, &self.which.entity_type)?;
        print(&match self.format.format {
            Format::Json => {
                let all: Vec<Value> = versions.iter().map(|version| as_json(of, version)).collect();
                format!("{:#}\n", Value::Array(all))
            }
            format => changes(of, &versions, &others).render(format, &context.stdout),
        })
    }
}

/// A row for each value that differs between a version and the one before it. The first version has all its values.
fn changes(of: &EntityType, versions: &[Version], others: &Others) -> Table {
    let mut table = Table::new(["At", "Property", "Before", "After"]);
    if let Some(end) = versions.first().and_then(|latest| latest.valid_to) {
        table.row([instant(end).into(), "(the resource)".into(), "existed".into(), "deleted".into()]);
    }
    for (i, version) in versions.iter().enumerate() {
        let before = versions.get(i + 1);
        for property in of.properties.iter().filter(|property| property.slot.is_some()) {
            // A link is the same one when only the resource at its other end was renamed.
            let held = |version: &Version| property.slot.and_then(|slot| version.value(slot)).map(str::to_owned);
            if before.and_then(held) != held(version) {
                let old = before.map_or(Value::Null, |before| shown(property, before, others));
                let new = shown(property, version, others);
                table.row([instant(version.valid_from).into(), property.identifier.as_str().into(), old, new]);
            }
        }
    }
    table
}

/// All versions of the resources that a resource was ever linked to, the newest first.
type Others = BTreeMap<ResourceId, Vec<Version>>;

fn linked(tx: &mut ReadTx, of: &EntityType, versions: &[Version]) -> Result<Others, Report> {
    let mut others = Others::new();
    for slot in navigations(of).filter_map(|property| property.slot) {
        for id in versions.iter().filter_map(|version| version.value(slot)?.parse().ok().map(ResourceId)) {
            if let Entry::Vacant(place) = others.entry(id) {
                place.insert(tx.resource_history(id)?);
            }
        }
    }
    Ok(others)
}

fn navigations(of: &EntityType) -> impl Iterator<Item = &Property> {
    of.properties.iter().filter(|property| property.kind == PropertyType::ForeignKey)
}

/// A value; for a navigation that is kept with the resource, key and name of the other one as they were when the link
/// was made.
fn shown(property: &Property, version: &Version, others: &Others) -> Value {
    let id = match (property.kind, property.slot.and_then(|slot| version.value(slot))) {
        (PropertyType::ForeignKey, Some(id)) => id,
        _ => return typed(property, version),
    };
    let versions = id.parse().ok().and_then(|id| others.get(&ResourceId(id))).map_or(&[][..], Vec::as_slice);
    let then = versions.iter().find(|other| other.valid_from <= version.valid_from).or(versions.last());
    Value::from(match then {
        Some(other) => named(other.id, other.key.as_deref(), other.display_name.as_deref()),
        None => format!("#{id}"),
    })
}
