//! `provost refresh-schema`: what the systems of connections could give.

use super::Run;
use super::options::ApiOptions;
use crate::agent::ServerSide;
use crate::context::Context;
use crate::output::print;
use crate::report::{Exit, Report};
use crate::road::Road;
use crate::schemas::{Refreshed, refresh};
use clap::Args;
use provost_server::SchemaStanding;
use std::sync::Arc;

/// Ask the systems of connections for their tables and columns, and keep the answer
///
/// Whoever writes mappings finds it with provost query (ConnectionTable, ConnectionColumn); --print writes it as elements
/// for the configuration. Directories have a schema; the columns of files are in their first line.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub(crate) struct RefreshSchema {
    /// The connection: its identifier, or its id as queries show it
    #[arg(long, value_name = "ID", alias = "connection", group = "what", allow_hyphen_values = true)]
    connection_id: Option<String>,

    /// All connections of this connector
    #[arg(long, value_name = "IDENTIFIER", group = "what")]
    connector: Option<String>,

    /// Print the tables as ConnectionTable elements
    #[arg(long)]
    print: bool,

    #[command(flatten)]
    api: ApiOptions,
}

impl Run for RefreshSchema {
    const NAME: &'static str = "refresh-schema";
    const ORIGINALS: &'static [&'static str] = &["RefreshSchema"];
    const EXAMPLES: &'static str = "\
Examples:
  provost refresh-schema --connection-id ADExport
  provost refresh-schema --connector AD --print > Conf/AD/Schema.xml";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let settings = context.settings()?;
        let side = match self.api.client(&settings)? {
            Some(client) => ServerSide::There(Arc::new(client)),
            None => ServerSide::Here(Arc::new(Road::open(context)?)),
        };
        let all = side.schemas()?;
        let wanted = self.wanted(&all)?;
        let mut failed = None;
        for standing in &wanted {
            let done = refresh(&settings, &side, &standing.connection)?;
            let told = done.told(&standing.connection.identifier);
            match done {
                Refreshed::Failed(report) => {
                    tracing::error!("{told}");
                    failed = failed.or(Some(report));
                }
                _ if self.print => tracing::info!("{told}"),
                _ => print(&format!("{told}\n"))?,
            }
        }
        if let Some(report) = failed {
            return Err(report);
        }
        if self.print {
            self.print_tables(&side, &wanted)?;
        }
        Ok(Exit::Done)
    }
}

impl RefreshSchema {
    fn wanted<'a>(&self, all: &'a [SchemaStanding]) -> Result<Vec<&'a SchemaStanding>, Report> {
        let is_wanted = |known: &&SchemaStanding| match (&self.connection_id, &self.connector) {
            (Some(id), _) => known.id == *id || known.connection.identifier.eq_ignore_ascii_case(id),
            (None, Some(connector)) => known.connection.connector.eq_ignore_ascii_case(connector),
            (None, None) => false,
        };
        let wanted: Vec<&SchemaStanding> = all.iter().filter(is_wanted).collect();
        if wanted.is_empty() {
            let (what, name) = match (&self.connection_id, &self.connector) {
                (Some(id), _) => ("connection", id.as_str()),
                (None, connector) => ("connection of connector", connector.as_deref().unwrap_or_default()),
            };
            let names: Vec<String> =
                all.iter().map(|known| format!("{} ({})", known.connection.identifier, known.id)).collect();
            return Err(Report::usage("unknown-connection", format!("there is no {what} \"{name}\""))
                .hint(format!("deployed connections: {}", names.join(", "))));
        }
        Ok(wanted)
    }

    fn print_tables(&self, side: &ServerSide, wanted: &[&SchemaStanding]) -> Result<(), Report> {
        let now = side.schemas()?;
        let known = now.iter().filter(|known| wanted.iter().any(|one| one.connection == known.connection));
        let items: Vec<_> = known
            .filter_map(|known| Some(known.schema.as_ref()?.items(&known.connection.identifier)))
            .flatten()
            .collect();
        let files = provost_model::configuration::export(&items);
        print(&files.into_iter().map(|(_, text)| text).collect::<String>())
    }
}
