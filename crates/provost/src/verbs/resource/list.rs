//! `provost resource list`.

use super::{as_json, instant, scalars, typed};
use crate::context::Context;
use crate::output::summary::argument;
use crate::output::table::Table;
use crate::output::{Format, print};
use crate::report::Report;
use crate::repository::{entity_type, metadata, open};
use crate::verbs::options::FormatOption;
use clap::Args;
use provost_model::metadata::{EntityType, Property};
use provost_model::nearest;
use provost_store::Resource as Version;
use serde_json::{Value, json};

/// List the resources of an entity type in the order of their keys, a page at a time
#[derive(Args, Debug)]
pub(super) struct List {
    /// Identifier of the entity type
    entity_type: String,

    /// Only resources whose key or display name contains this text
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,

    /// As it was then: 2026-01-31, 2026-01-31T12:00 (both UTC), or 2026-01-31T12:00+01:00
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    as_of: Option<i64>,

    /// Properties to show (default: none in a table, all in JSON and CSV)
    #[arg(long, value_name = "IDENTIFIER", num_args = 1.., value_delimiter = ',')]
    property: Vec<String>,

    /// Resources of a page (default: DefaultPageSize of the settings)
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    page_size: Option<u32>,

    /// Continue after this key, as the page before named it
    #[arg(long, value_name = "KEY")]
    after: Option<String>,

    #[command(flatten)]
    format: FormatOption,
}

impl List {
    pub(super) fn run(&self, context: &Context) -> Result<(), Report> {
        let (settings, store) = open(context)?;
        let size = settings.page_size(self.page_size)?;
        let (of, mut page) = store.read(|tx| {
            let metadata = metadata(tx)?;
            let of = entity_type(&metadata, &self.entity_type)?;
            let (search, after) = (self.search.as_deref(), self.after.as_deref());
            // One more than asked for tells whether there is another page.
            let page = match self.as_of {
                Some(instant) => tx.list_resources_as_of(of.id, instant, search, after, size + 1)?,
                None => tx.list_resources(of.id, search, after, size + 1)?,
            };
            Ok::<_, Report>((of.clone(), page))
        })?;
        let more = page.len() > size;
        page.truncate(size);
        let next = page.last().filter(|_| more).and_then(|last| last.key.clone());
        self.print(context, &of, &page, next.as_deref())
    }

    fn print(&self, context: &Context, of: &EntityType, page: &[Version], next: Option<&str>) -> Result<(), Report> {
        let shown = self.properties(of)?;
        if self.format.format == Format::Json {
            let resources: Vec<Value> = page.iter().map(|version| selected(of, version, &shown)).collect();
            return print(&format!("{:#}\n", json!({"resources": resources, "next": next})));
        }
        let properties = shown.iter().map(|property| property.identifier.as_str());
        let mut table = Table::new(["Id", "Key", "DisplayName"].into_iter().chain(properties));
        for version in page {
            let first = [version.id.0.into(), version.key.as_deref().into(), version.display_name.as_deref().into()];
            table.row(first.into_iter().chain(shown.iter().map(|property| typed(property, version))));
        }
        print(&table.render(self.format.format, &context.stdout))?;
        if let Some(next) = next {
            eprintln!("There are more. To continue, add: --after {}", argument(next));
        }
        Ok(())
    }

    /// The properties to show.
    fn properties<'a>(&self, of: &'a EntityType) -> Result<Vec<&'a Property>, Report> {
        if self.property.is_empty() {
            return Ok(if self.format.format == Format::Table { Vec::new() } else { scalars(of).collect() });
        }
        let named = |name: &String| {
            scalars(of).find(|property| property.identifier.eq_ignore_ascii_case(name)).ok_or_else(|| {
                let text = format!("{} has no property {name} with a value of its own", of.identifier);
                let report = Report::usage("unknown-property", text);
                match nearest::one(name, scalars(of).map(|property| property.identifier.as_str())) {
                    Some(right) => report.hint(format!("did you mean {right}?")),
                    None => report,
                }
            })
        };
        self.property.iter().map(named).collect()
    }
}

fn selected(of: &EntityType, version: &Version, shown: &[&Property]) -> Value {
    let mut resource = as_json(of, version);
    if let Some(values) = resource["values"].as_object_mut() {
        values.retain(|name, _| shown.iter().any(|property| property.identifier == *name));
    }
    resource
}
