//! `provost compute-role-model`: who should have what.

use super::Run;
use super::options::StepFormatOption;
use crate::context::Context;
use crate::output::summary::Outcome;
use crate::progress::Progress;
use crate::report::{Exit, Report};
use crate::repository::{entity_type, instant_of};
use crate::road::{Road, now_micros};
use clap::Args;
use provost_model::ResourceId;
use provost_pipeline::policy::Review;
use provost_server::policy::RoleModelOptions;

/// Compute who should have what, compare it with what there is, and store the difference
///
/// Keys and correlations are brought up to date first. A run that was interrupted is continued by the next one with the
/// same options.
#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct ComputeRoleModel {
    /// Entity types of the owners (default: all that the policy speaks of)
    #[arg(long, value_name = "IDENTIFIER", num_args = 1.., value_delimiter = ',')]
    entitytype_list: Vec<String>,

    /// Owners of the resource types whose targets belong to this connector
    #[arg(long, value_name = "IDENTIFIER", conflicts_with = "entitytype_list")]
    connector: Option<String>,

    /// One owner only: ENTITYTYPE:KEY, or # and its id
    #[arg(long, value_name = "OWNER", conflicts_with_all = ["entitytype_list", "connector", "dirty"])]
    owner: Option<String>,

    /// Evaluate owners whose result may have changed only
    #[arg(long)]
    dirty: bool,

    /// The orders of this run wait in Provisioning Review
    #[arg(long)]
    block_provisioning: bool,

    /// The orders of all resource types wait in Provisioning Review
    #[arg(long)]
    block_all_resource_type_provisioning: bool,

    /// No order waits in Provisioning Review; those that wait go ahead
    #[arg(long, conflicts_with_all = ["block_provisioning", "block_all_resource_type_provisioning"])]
    no_provisioning_review: bool,

    /// Keep no versions of assignments in history
    #[arg(long)]
    ignore_historization: bool,

    /// Compute and count, but store nothing
    #[arg(long)]
    simulate: bool,

    /// Owners evaluated at a time
    #[arg(short = 'q', long, value_name = "COUNT", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..))]
    batch_select_size: u32,

    /// Accepted as documented; what belongs to one batch of owners is written together
    #[arg(short = 'c', long, value_name = "COUNT", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..))]
    batch_insert_size: u32,

    /// Owners that are evaluated once more at the end although nothing says that their result differs
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    sample: u32,

    /// Compute for this instant instead of the present: 2026-01-31, or 2026-01-31T12:00 (UTC)
    #[arg(long, value_name = "INSTANT", value_parser = instant_of)]
    at: Option<i64>,

    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for ComputeRoleModel {
    const NAME: &'static str = "compute-role-model";
    const ORIGINALS: &'static [&'static str] = &["Compute-RoleModel"];
    const EXAMPLES: &'static str = "\
Examples:
  provost compute-role-model
  provost compute-role-model --dirty
  provost compute-role-model --entitytype-list HR_Person --simulate
  provost compute-role-model --owner HR_Person:E10042";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        super::step::run(context, self.format.format, "", None, |progress| self.step(context, progress))
    }
}

impl ComputeRoleModel {
    fn step(&self, context: &Context, progress: &Progress) -> Result<Outcome, Report> {
        let _ = progress;
        let road = Road::open(context)?;
        let owner = self.owner.as_deref().map(|owner| owner_of(&road, owner)).transpose()?;
        let is_blocked = self.block_provisioning || self.block_all_resource_type_provisioning;
        road.compute_role_model(RoleModelOptions {
            entity_types: self.entitytype_list.clone(),
            connector: self.connector.clone(),
            dirty: self.dirty,
            owner,
            review: match (is_blocked, self.no_provisioning_review) {
                (true, _) => Review::All,
                (_, true) => Review::Nothing,
                _ => Review::AsConfigured,
            },
            ignore_history: self.ignore_historization,
            is_simulation: self.simulate,
            batch: self.batch_select_size as usize,
            sample: self.sample as usize,
            now_micros: self.at.unwrap_or_else(now_micros),
            ..RoleModelOptions::default()
        })
    }
}

/// The resource that somebody names: `HR_Person:E10042`, or `#123`.
pub(super) fn owner_of(road: &Road, name: &str) -> Result<ResourceId, Report> {
    if let Some(id) = name.strip_prefix('#').and_then(|id| id.parse().ok()) {
        return Ok(ResourceId(id));
    }
    let Some((of, key)) = name.split_once(':') else {
        return Err(Report::usage("owner", format!("\"{name}\" names no owner"))
            .hint("write ENTITYTYPE:KEY, such as HR_Person:E10042, or # and the id of the resource"));
    };
    road.store.read(|tx| {
        let metadata = provost_server::metadata::load(tx).map_err(|error| crate::road::report(&error))?;
        let of = entity_type(&metadata, of)?;
        let found = tx.get_resource(of.id, key)?;
        found.map(|resource| resource.id).ok_or_else(|| {
            Report::usage("unknown-resource", format!("there is no {} with the key {key}", of.identifier))
                .hint(format!("search for it: provost resource list {} --search TEXT", of.identifier))
        })
    })
}
