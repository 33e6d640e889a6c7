//! `provost resource`: looks at resources, now and at any earlier time.

use super::Run;
use super::options::FormatOption;
use crate::context::Context;
use crate::report::{Exit, Report};
use clap::{Args, Subcommand};

/// Look at resources, now and at any earlier time
#[derive(Args, Debug)]
pub(crate) struct Resource {
    #[command(subcommand)]
    view: View,
}

#[derive(Subcommand, Debug)]
enum View {
    /// List the resources of an entity type, a page at a time
    List(List),
    /// Show one resource with all its values and links
    Show(Show),
    /// Show every version of one resource
    History(History),
}

#[derive(Args, Debug)]
struct List {
    /// Identifier of the entity type
    entity_type: String,

    /// Only resources whose display name or key contains this text
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,

    /// As it was then: 2026-01-31, 2026-01-31T12:00 (UTC), or with an offset
    #[arg(long, value_name = "INSTANT")]
    as_of: Option<String>,

    /// Resources of a page (default: DefaultPageSize of the settings)
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    page_size: Option<u32>,

    /// Continue after this resource, as the page before named it
    #[arg(long, value_name = "ID")]
    after: Option<i64>,

    #[command(flatten)]
    format: FormatOption,
}

#[derive(Args, Debug)]
struct Show {
    /// Identifier of the entity type
    entity_type: String,

    /// Value of a key property, or the id of the resource
    key: String,

    /// As it was then: 2026-01-31, 2026-01-31T12:00 (UTC), or with an offset
    #[arg(long, value_name = "INSTANT")]
    as_of: Option<String>,

    #[command(flatten)]
    format: FormatOption,
}

#[derive(Args, Debug)]
struct History {
    /// Identifier of the entity type
    entity_type: String,

    /// Value of a key property, or the id of the resource
    key: String,

    #[command(flatten)]
    format: FormatOption,
}

impl Run for Resource {
    const NAME: &'static str = "resource";
    const EXAMPLES: &'static str = "\
Examples:
  provost resource list HR_Person --search martin --page-size 20
  provost resource list HR_Person --as-of 2026-01-31 --format csv
  provost resource show HR_Person 10042
  provost resource history HR_Person 10042 --format json";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let _ = context;
        Err(Report::not_yet("resource"))
    }
}
