//! `provost resource`: looks at resources, now and at any earlier time.

mod file;
mod history;
mod list;
mod show;

use super::Run;
use crate::context::Context;
use crate::report::{Exit, Report};
use crate::repository::{entity_type, instant_of as instant};
use clap::{Args, Subcommand};
use provost_model::ResourceId;
use provost_model::configuration::PropertyType;
use provost_model::metadata::{EntityType, Metadata, Property};
use provost_store::{ReadTx, Resource as Version};
use serde_json::{Map, Value, json};

/// Look at resources, now and at any earlier time
#[derive(Args, Debug)]
pub(crate) struct Resource {
    #[command(subcommand)]
    view: View,
}

#[derive(Subcommand, Debug)]
enum View {
    List(list::List),
    Show(show::Show),
    History(history::History),
    File(file::File),
}

impl Run for Resource {
    const NAME: &'static str = "resource";
    const EXAMPLES: &'static str = "\
Examples:
  provost resource list HR_Person --search martin --page-size 20
  provost resource list HR_Person --as-of 2026-01-31 --format csv
  provost resource show HR_Person 10042
  provost resource history HR_Person 10042 --format json
  provost resource file HR_Person 10042 Photo --output photo.jpg";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        match self.view {
            View::List(list) => list.run(context),
            View::Show(show) => show.run(context),
            View::History(history) => history.run(context),
            View::File(file) => file.run(context),
        }?;
        Ok(Exit::Done)
    }
}

/// Which resource is meant.
#[derive(Args, Debug)]
struct Which {
    /// Identifier of the entity type
    entity_type: String,

    /// Primary key of the resource, or # and its id: "#123"
    key: String,

    /// As it was then: 2026-01-31, 2026-01-31T12:00 (both UTC), or 2026-01-31T12:00+01:00
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    as_of: Option<i64>,
}

impl Which {
    /// The resource, as it is or was then.
    fn find(&self, tx: &mut ReadTx, metadata: &Metadata) -> Result<Version, Report> {
        let of = entity_type(metadata, &self.entity_type)?;
        let found = match (self.key.strip_prefix('#').and_then(|id| id.parse().ok()), self.as_of) {
            (Some(id), instant) => tx.resource_version(ResourceId(id), instant)?.filter(|r| r.entity_type == of.id),
            (None, Some(instant)) => tx.resource_as_of(of.id, &self.key, instant)?,
            (None, None) => tx.get_resource(of.id, &self.key)?,
        };
        found.ok_or_else(|| {
            let when = self.as_of.map(|at| format!(" at {}", crate::repository::instant(at))).unwrap_or_default();
            Report::usage("unknown-resource", format!("there is no {} with the key {}{when}", of.identifier, self.key))
                .hint(format!(
                    "search for it: provost resource list {} --search TEXT; to see a resource that is gone, add --as-of",
                    of.identifier
                ))
        })
    }
}

/// Properties that hold a value of their own; links are shown from the associations.
fn scalars(of: &EntityType) -> impl Iterator<Item = &Property> {
    of.properties.iter().filter(|property| property.slot.is_some() && property.kind != PropertyType::ForeignKey)
}

/// A value in the form that its type has in JSON.
fn typed(property: &Property, version: &Version) -> Value {
    let Some(text) = property.slot.and_then(|slot| version.value(slot)) else {
        return Value::Null;
    };
    let read = match property.kind {
        PropertyType::Byte | PropertyType::Int16 | PropertyType::Int32 | PropertyType::Int64 => {
            text.parse::<i64>().ok().map(Value::from)
        }
        PropertyType::Bool => match text {
            "1" | "true" => Some(Value::from(true)),
            "0" | "false" => Some(Value::from(false)),
            _ => None,
        },
        _ => None,
    };
    read.unwrap_or_else(|| Value::from(text))
}

/// How a link names the resource at its other end: `10042 Ada Martin`, or `#12` for one without either.
fn named(id: ResourceId, key: Option<&str>, display_name: Option<&str>) -> String {
    let parts: Vec<&str> = key.into_iter().chain(display_name).collect();
    if parts.is_empty() { format!("#{id}") } else { parts.join(" ") }
}

/// A version as JSON, without links.
fn as_json(of: &EntityType, version: &Version) -> Value {
    let values: Map<String, Value> =
        scalars(of).map(|property| (property.identifier.clone(), typed(property, version))).collect();
    json!({
        "id": version.id,
        "key": version.key,
        "displayName": version.display_name,
        "validFrom": crate::repository::instant(version.valid_from),
        "validTo": version.valid_to.map(crate::repository::instant),
        "values": values,
    })
}

#[cfg(test)]
mod tests {
    use super::instant;

    #[test]
    fn instants_without_offset_are_utc() {
        assert_eq!(instant("1970-01-02"), Ok(86_400_000_000));
        assert_eq!(instant("1970-01-01T00:01"), Ok(60_000_000));
        assert_eq!(instant("1970-01-01 00:00:01.5"), Ok(1_500_000));
        assert_eq!(instant("1970-01-01T01:00+01:00"), Ok(0));
        assert_eq!(instant("1970-01-01T00:00:00Z"), Ok(0));
        assert!(instant("yesterday").is_err());
        assert!(instant("2026-02-30").is_err());
    }
}
