//! `provost fulfill`: carries out orders.

use super::Run;
use super::options::{ApiOptions, StepFormatOption};
use crate::agent::ServerSide;
use crate::context::Context;
use crate::fulfil::{ConnectorHands, Fulfilled, Hands, Manner, fulfil};
use crate::output::StepFormat;
use crate::output::print;
use crate::output::summary::{exit, json_line};
use crate::report::{Exit, Kind, Report};
use crate::road::{self, Road};
use crate::settings::Settings;
use clap::Args;
use provost_model::configuration::jobs::LogLevel;
use provost_model::orders::{OrderFile, OrderOutcome};
use provost_model::summary::State;
use provost_model::work::{TaskContext, TaskProgress};
use provost_server::orders::{CollectRequest, OrderScope};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Carry out the orders that were given, and report what became of them
#[derive(Args, Debug)]
pub(crate) struct Fulfill {
    /// Connector whose orders are carried out (default: all)
    #[arg(long, value_name = "IDENTIFIER", conflicts_with = "resource_types")]
    connector: Option<String>,

    /// Resource types whose orders are carried out
    #[arg(long, value_name = "IDENTIFIER", num_args = 1.., value_delimiter = ',')]
    resource_types: Vec<String>,

    /// Only orders that this connection carries out
    #[arg(long, value_name = "IDENTIFIER")]
    connection: Option<String>,

    /// Orders whose results are reported together
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: u32,

    /// Carry out this file alone, for example one that was kept and edited. Nothing is reported: the next
    /// synchronisation shows what came of it
    #[arg(long, value_name = "FILE")]
    orders: Option<PathBuf>,

    /// Go on with other files when a system cannot be reached
    #[arg(long)]
    continue_on_error: bool,

    #[command(flatten)]
    api: ApiOptions,

    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for Fulfill {
    const NAME: &'static str = "fulfill";
    const EXAMPLES: &'static str = "\
Examples:
  provost fulfill --connector AD
  provost fulfill --connector AD --api-url https://provost.acme.example
  provost fulfill --orders Work/ProvisioningOrders/Downloaded/edited.json";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let settings = context.settings()?;
        let side = match self.api.client(&settings)? {
            Some(client) => ServerSide::There(Arc::new(client)),
            None => ServerSide::Here(Arc::new(Road::open(context)?)),
        };
        let is_cancelled = || false;
        let hands = ConnectorHands { settings: &settings, is_cancelled: &is_cancelled };
        if let Some(path) = &self.orders {
            return alone(&side, &hands, path);
        }
        let request = CollectRequest {
            scope: OrderScope { connector: self.connector.clone(), resource_types: self.resource_types.clone() },
            connection: self.connection.clone(),
            owner: owner(&settings),
        };
        let manner = Manner { go_on: self.continue_on_error, batch: self.batch_size as usize };
        let done = side.with_orders(|host| fulfil(host, &hands, &request, manner, &Aloud));
        let done = done.map_err(|error| road::report(&error))?;
        match self.format.format {
            StepFormat::Table => print(&told(&done))?,
            StepFormat::Json => {
                let line = json_line(&done.summary);
                print(&line.map_err(|error| Report::from_error(Kind::Error, "output", &error))?)?;
            }
        }
        Ok(exit(done.summary.state))
    }
}

fn owner(settings: &Settings) -> String {
    format!("{} {}", settings.agent_identifier.clone().unwrap_or_default(), settings.home.display())
}

fn told(done: &Fulfilled) -> String {
    let mut text = format!("{} orders executed, {} errored", done.executed, done.errored);
    if done.waiting > 0 {
        text.push_str(&format!(", {} wait for people", done.waiting));
    }
    if done.left > 0 {
        text.push_str(&format!(", {} were not tried", done.left));
    }
    text.push('\n');
    text
}

/// Carries out one file, and says what became of each order.
fn alone(side: &ServerSide, hands: &dyn Hands, path: &Path) -> Result<Exit, Report> {
    let unread = |text: String| {
        Report::new(Kind::Data, "orders", text).hint("a file of orders is a JSON object with ProvisioningOrdersList")
    };
    let content = std::fs::read(path).map_err(|error| unread(format!("reading {}: {error}", path.display())))?;
    let file: OrderFile = serde_json::from_slice(&content).map_err(|error| {
        unread(format!("{}, line {}, column {}: {error}", path.display(), error.line(), error.column()))
    })?;
    let mut errors = 0;
    for orders in file.orders.chunk_by(|a, b| a.resource_type.identifier == b.resource_type.identifier) {
        let resource_type = &orders[0].resource_type.identifier;
        let mapping = side.with_orders(|host| host.mapping(resource_type)).map_err(|error| road::report(&error))?;
        let mut lines = String::new();
        let walked = hands.carry_out(mapping.as_ref(), orders.to_vec(), &mut |result| {
            let id = &result.assigned_resource_type_id;
            match result.outcome {
                OrderOutcome::Executed => lines.push_str(&format!("{id}: executed\n")),
                OrderOutcome::Waiting => lines.push_str(&format!("{id}: somebody has to do it by hand\n")),
                OrderOutcome::Errored => {
                    errors += 1;
                    let reason = result.error.as_deref().unwrap_or("the system gave no reason");
                    lines.push_str(&format!("{id}: {reason}\n"));
                }
            }
        });
        print(&lines)?;
        walked.map_err(|error| road::report(&error))?;
    }
    Ok(exit(if errors > 0 { State::Warning } else { State::Completed }))
}

/// Tells what happens to whoever runs the command.
struct Aloud;

impl TaskContext for Aloud {
    fn log(&self, level: LogLevel, message: &str) {
        match level {
            LogLevel::Warning | LogLevel::Error => tracing::warn!("{message}"),
            _ => tracing::info!("{message}"),
        }
    }

    fn progress(&self, _progress: &TaskProgress) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}
