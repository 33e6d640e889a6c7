//! `provost resource show`.

use super::{Which, as_json, named, scalars, typed};
use crate::context::Context;
use crate::output::table::Table;
use crate::output::{Format, print};
use crate::report::Report;
use crate::repository::{entity_type, instant, metadata, open};
use crate::verbs::options::FormatOption;
use clap::Args;
use provost_model::metadata::Metadata;
use provost_store::{Neighbour, Resource as Version, Side};
use serde_json::{Map, Value, json};

/// Show one resource with all its values and links
#[derive(Args, Debug)]
pub(super) struct Show {
    #[command(flatten)]
    which: Which,

    #[command(flatten)]
    format: FormatOption,
}

impl Show {
    pub(super) fn run(&self, context: &Context) -> Result<(), Report> {
        let (_, store) = open(context)?;
        let (metadata, version, links) = store.read(|tx| {
            let metadata = metadata(tx)?;
            let version = self.which.find(tx, &metadata)?;
            let links = tx.links_of_resource(version.id, self.which.as_of)?;
            Ok::<_, Report>((metadata, version, links))
        })?;
        let of = entity_type(&metadata, &self.which.entity_type)?;
        let links = by_property(&metadata, &links);
        if self.format.format == Format::Json {
            let mut shown = as_json(of, &version);
            shown["links"] = as_links(&links);
            return print(&format!("{shown:#}\n"));
        }
        let mut table = Table::new(["Property", "Value"]);
        for property in scalars(of) {
            let value = typed(property, &version);
            table.row([property.identifier.as_str().into(), value]);
        }
        for (property, other) in &links {
            table.row([
                property.as_str().into(),
                named(other.other, other.key.as_deref(), other.display_name.as_deref()).into(),
            ]);
        }
        if self.format.format == Format::Table {
            print(&heading(&of.identifier, &version))?;
        }
        print(&table.render(self.format.format, &context.stdout))
    }
}

/// Links under the property that they are seen from, in the order of the associations.
fn by_property<'a>(metadata: &Metadata, links: &'a [Neighbour]) -> Vec<(String, &'a Neighbour)> {
    let property = |link: &Neighbour| {
        let association = metadata.associations.iter().find(|association| association.id == link.association)?;
        let (entity_type, property) = match link.side {
            Side::First => association.end1,
            Side::Second => association.end2,
        };
        Some(metadata.entity_types.get(entity_type)?.properties.get(property)?.identifier.clone())
    };
    links.iter().filter_map(|link| Some((property(link)?, link))).collect()
}

fn as_links(links: &[(String, &Neighbour)]) -> Value {
    let mut found: Map<String, Value> = Map::new();
    for (property, other) in links {
        let list = found.entry(property.clone()).or_insert_with(|| Value::Array(Vec::new()));
        if let Some(list) = list.as_array_mut() {
            list.push(json!({"id": other.other, "key": other.key, "displayName": other.display_name}));
        }
    }
    Value::Object(found)
}

fn heading(entity_type: &str, version: &Version) -> String {
    let name = version.display_name.as_deref().unwrap_or("(no display name)");
    let until = version.valid_to.map(|at| format!(" until {}", instant(at))).unwrap_or_default();
    let from = instant(version.valid_from);
    format!(
        "{entity_type} {} {name}\n#{}, so since {from}{until}\n\n",
        version.key.as_deref().unwrap_or(""),
        version.id
    )
}
