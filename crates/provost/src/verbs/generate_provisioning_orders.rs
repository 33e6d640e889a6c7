//! `provost generate-provisioning-orders`: from pending assignments to order files.

use super::Run;
use super::later::{self, Later};
use super::options::StepFormatOption;
use crate::context::Context;
use crate::output::StepFormat;
use crate::output::summary::{exit, json_line};
use crate::output::{print, table::Table};
use crate::report::{Exit, Kind, Report};
use crate::repository::instant_of;
use crate::road::{self, Road};
use clap::Args;
use provost_server::orders::{GenerateOptions, Generated, OrderScope, expire, generate, plan};
use std::collections::BTreeMap;

/// Give the orders that are due: write them to Work/ProvisioningOrders and mark their assignments as transmitted
///
/// When a provisioning threshold is exceeded nothing is given, and the name of the change set is printed: --change-set
/// gives exactly that one.
#[derive(Args, Debug)]
pub(crate) struct GenerateProvisioningOrders {
    /// Connector whose resource types get orders (default: all)
    #[arg(long, value_name = "IDENTIFIER", conflicts_with = "resource_types")]
    connector: Option<String>,

    /// Resource types that get orders, instead of those of a connector
    #[arg(long, value_name = "IDENTIFIER", num_args = 1.., value_delimiter = ',')]
    resource_types: Vec<String>,

    /// Orders in a file (default: 1000)
    #[arg(long, value_name = "COUNT", default_value_t = 0, hide_default_value = true)]
    batch_insert_size: usize,

    /// Owners whose assignments are looked at together (default: 1000)
    #[arg(long, value_name = "COUNT", default_value_t = 0, hide_default_value = true)]
    batch_select_size: usize,

    /// Show what would be given, and give nothing
    #[arg(long)]
    show: bool,

    /// Give a change set that exceeds thresholds and was looked at: 32 hexadecimal digits
    #[arg(long, value_name = "HASH", conflicts_with_all = ["show", "force_provisioning"])]
    change_set: Option<String>,

    /// Give the orders although they exceed thresholds; who did it and why is journaled
    #[arg(long, requires = "reason")]
    force_provisioning: bool,

    /// Why thresholds are overridden
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    /// Give orders as of this instant instead of the present: 2026-01-31, or 2026-01-31T12:00
    #[arg(long, value_name = "INSTANT", value_parser = instant_of)]
    at: Option<i64>,

    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for GenerateProvisioningOrders {
    const NAME: &'static str = "generate-provisioning-orders";
    const ORIGINALS: &'static [&'static str] = &["Generate-ProvisioningOrders"];
    const EXAMPLES: &'static str = "\
Examples:
  provost generate-provisioning-orders --connector AD --show
  provost generate-provisioning-orders --connector AD
  provost generate-provisioning-orders --connector AD --change-set 0123456789abcdef0123456789abcdef";

    const LATER: &'static [&'static [Later]] = &[later::API];

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let road = Road::open(context)?;
        let options = GenerateOptions {
            scope: OrderScope { connector: self.connector, resource_types: self.resource_types },
            batch: self.batch_insert_size,
            select: self.batch_select_size,
            force: self.reason.filter(|_| self.force_provisioning),
            approved: self.change_set,
            actor: road::actor(),
            now_micros: self.at.unwrap_or_else(road::now_micros),
        };
        let done = if self.show {
            plan(&road.store, &options)
        } else {
            expire(&road.store, &options.actor, options.now_micros)
                .and_then(|_| generate(&road.store, road.folders(), &options))
        };
        let done = done.map_err(|error| road::report(&error))?;
        match self.format.format {
            StepFormat::Table => print(&told(&done, context))?,
            StepFormat::Json => {
                let line = json_line(&done.summary);
                print(&line.map_err(|error| Report::from_error(Kind::Error, "output", &error))?)?;
            }
        }
        Ok(exit(done.summary.state))
    }
}

fn told(done: &Generated, context: &Context) -> String {
    let mut table = Table::new(["Resource type", "Added", "Modified", "Deleted", "Held"]);
    for (name, counters) in &done.summary.entity_types {
        table.row([
            name.as_str().into(),
            counters.inserted.into(),
            counters.updated.into(),
            counters.deleted.into(),
            counters.unchanged.into(),
        ]);
    }
    let mut text = if table.is_empty() { String::new() } else { table.aligned(&context.stdout) };
    let mut held: BTreeMap<String, u64> = BTreeMap::new();
    for one in &done.held {
        *held.entry(one.reason.to_string()).or_default() += 1;
    }
    for (reason, count) in held {
        text.push_str(&format!("{count} held: {reason}\n"));
    }
    for threshold in &done.summary.thresholds {
        text.push_str(&format!(
            "{}: {} is {}, and there are {} of {}\n",
            threshold.level, threshold.name, threshold.limit, threshold.count, threshold.base
        ));
    }
    if let Some(change_set) = &done.summary.change_set {
        text.push_str(&format!("change set {}\n", change_set.hash));
    }
    if let Some(outcome) = &done.summary.outcome {
        text.push_str(&format!("outcome {outcome}\n"));
    }
    for file in &done.files {
        text.push_str(&format!("{file}\n"));
    }
    text.push_str(&format!("{} orders, {:?}\n", done.orders, done.summary.state));
    text
}
