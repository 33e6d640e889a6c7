//! `provost resource history`.

use super::{Which, as_json, typed};
use crate::context::Context;
use crate::output::table::Table;
use crate::output::{Format, print};
use crate::report::Report;
use crate::repository::{entity_type, instant, metadata, open};
use crate::verbs::options::FormatOption;
use clap::Args;
use provost_model::configuration::PropertyType;
use provost_model::metadata::{EntityType, Property};
use provost_store::Resource as Version;
use serde_json::Value;

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
        let (metadata, versions) = store.read(|tx| {
            let metadata = metadata(tx)?;
            let id = self.which.find(tx, &metadata)?.id;
            let versions = tx.resource_history(id)?;
            Ok::<_, Report>((metadata, versions))
        })?;
        let of = entity_type(&metadata, &self.which.entity_type)?;
        print(&match self.format.format {
            Format::Json => {
                let all: Vec<Value> = versions.iter().map(|version| as_json(of, version)).collect();
                format!("{:#}\n", Value::Array(all))
            }
            format => changes(of, &versions).render(format, &context.stdout),
        })
    }
}

/// A row for each value that differs between a version and the one before it. The first version has all its values.
fn changes(of: &EntityType, versions: &[Version]) -> Table {
    let mut table = Table::new(["At", "Property", "Before", "After"]);
    if let Some(end) = versions.first().and_then(|latest| latest.valid_to) {
        table.row([instant(end).into(), "(the resource)".into(), "existed".into(), "deleted".into()]);
    }
    for (i, version) in versions.iter().enumerate() {
        let before = versions.get(i + 1);
        for property in of.properties.iter().filter(|property| property.slot.is_some()) {
            let old = before.map_or(Value::Null, |before| shown(property, before));
            let new = shown(property, version);
            if old != new {
                table.row([instant(version.valid_from).into(), property.identifier.as_str().into(), old, new]);
            }
        }
    }
    table
}

/// A value; for a navigation that is kept with the resource, `#` and the id of the other one.
fn shown(property: &Property, version: &Version) -> Value {
    match (property.kind, property.slot.and_then(|slot| version.value(slot))) {
        (PropertyType::ForeignKey, Some(id)) => Value::from(format!("#{id}")),
        _ => typed(property, version),
    }
}
