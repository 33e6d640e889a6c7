//! `provost undo`: the inverse of orders that were carried out.

use super::Run;
use crate::context::Context;
use crate::output::print;
use crate::report::{Exit, Kind, Report};
use crate::road::{self, Road};
use clap::Args;
use provost_model::ResourceId;

/// Show the inverse of a change set of orders, or of the last orders of an identity, and give it as orders with --give
///
/// The inverse passes the same way as any order: thresholds, files, an agent, results. What was not executed, or was an
/// undoing itself, is named and left alone.
#[derive(Args, Debug)]
pub(crate) struct Undo {
    /// Change set, as generate-provisioning-orders and the journal name it
    #[arg(value_name = "RUN", required_unless_present = "owner")]
    run: Option<String>,

    /// Orders of this identity only (an id)
    #[arg(long, value_name = "ID")]
    owner: Option<i64>,

    /// Give the inverse as orders
    #[arg(long)]
    give: bool,

    /// Why it may exceed thresholds; journaled with who did it
    #[arg(long, value_name = "TEXT", requires = "give")]
    force: Option<String>,
}

impl Run for Undo {
    const NAME: &'static str = "undo";
    const EXAMPLES: &'static str = "\
Examples:
  provost undo 0123456789abcdef0123456789abcdef
  provost undo 0123456789abcdef0123456789abcdef --owner 1207 --give";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let road = Road::open(context)?;
        let done = provost_server::orders::undo(
            &road.store,
            road.folders(),
            self.run.as_deref(),
            self.owner.map(ResourceId),
            self.give,
            self.force.as_deref(),
            &road::actor(),
            road::now_micros(),
        );
        let done = done.map_err(|error| road::report(&error))?;
        let mut text = String::new();
        for order in &done.orders {
            let changes = serde_json::Value::Object(order.changes.clone());
            text.push_str(&format!("{:?} {} {changes}\n", order.change_type, order.assigned_resource_type_id));
        }
        for (assigned, why) in &done.impossible {
            text.push_str(&format!("not undone: {assigned}: {why}\n"));
        }
        for file in &done.files {
            text.push_str(&format!("{file}\n"));
        }
        text.push_str(&format!("{} inverse orders, change set {}\n", done.orders.len(), done.change_set));
        print(&text)?;
        match done.thresholds.first() {
            Some(threshold) if self.give && done.files.is_empty() => {
                let text = format!(
                    "{}: {} is {}, and there are {} of {}",
                    threshold.level, threshold.name, threshold.limit, threshold.count, threshold.base
                );
                Err(Report::new(Kind::Blocked, "blocked", text).hint("if that is right, give --force with the reason"))
            }
            _ => Ok(Exit::Done),
        }
    }
}
