//! `provost prepare-synchronization`: cleanses exported files and computes what changed.

use super::Run;
use super::later::{self, Later};
use super::options::{ApiOptions, DeliveryOptions, StepFormatOption, mode};
use crate::context::Context;
use crate::output::summary::Outcome;
use crate::progress::Progress;
use crate::remote::RemoteHost;
use crate::report::{Exit, Report};
use crate::road::{self, Preparation, Road};
use clap::Args;
use provost_model::summary::Mode;
use std::path::PathBuf;

/// Cleanse the exported files of a connector and compute what changed
///
/// For every mapping of the connector: drops columns that no mapping uses, sets aside rows without primary key
/// (.nullpk.csv), duplicates (.duplicates.csv) and rows that cannot be read (.rejected.csv), sorts the rest
/// (.sorted.csv) and, in incremental mode, computes the changes since the last accepted run (.sorted.delta). The result
/// waits as a session for synchronize.
#[derive(Args, Debug)]
pub(crate) struct PrepareSynchronization {
    /// Identifier of the agent where the command runs (default: whichever agent this home is)
    #[arg(long, value_name = "IDENTIFIER")]
    agent: Option<String>,

    /// Identifier of the connector
    #[arg(long, value_name = "IDENTIFIER")]
    connector: String,

    /// initial: first load; complete: whole extracts; incremental: only what changed since the last run
    #[arg(long, value_name = "MODE", value_parser = mode(), ignore_case = true, alias = "mode")]
    synchronization_mode: Mode,

    /// Folder of the exported files, relative to the temp folder
    #[arg(long, value_name = "DIR", default_value = "ExportOutput")]
    sources_directory: PathBuf,

    /// Folder of the cleansed files, relative to the work folder
    #[arg(long, value_name = "DIR", default_value = "Collect")]
    working_directory: PathBuf,

    #[command(flatten)]
    delivery: DeliveryOptions,

    #[command(flatten)]
    format: StepFormatOption,

    #[command(flatten)]
    api: ApiOptions,
}

impl Run for PrepareSynchronization {
    const NAME: &'static str = "prepare-synchronization";
    const ORIGINALS: &'static [&'static str] = &["Prepare-Synchronization"];
    const EXAMPLES: &'static str = "\
Examples:
  provost prepare-synchronization --agent Local --connector HR --synchronization-mode complete
  Usercube-Prepare-Synchronization --agent Local --connector HR --synchronization-mode Incremental";

    const LATER: &'static [&'static [Later]] = &[later::FILE_CERTIFICATE];

    fn run(self, context: &Context) -> Result<Exit, Report> {
        super::step::run(context, self.format.format, &self.connector, Some(self.synchronization_mode), |progress| {
            self.step(context, progress)
        })
    }
}

impl PrepareSynchronization {
    fn step(&self, context: &Context, progress: &Progress) -> Result<Outcome, Report> {
        let mut preparation = Preparation::new(self.synchronization_mode);
        preparation.sources.clone_from(&self.sources_directory);
        preparation.working.clone_from(&self.working_directory);
        self.delivery.apply(&mut preparation);
        let settings = context.settings()?;
        if let Some(client) = self.api.client(&settings)? {
            return road::prepare(
                &settings,
                &RemoteHost { client: &client, lease: None },
                &self.connector,
                &preparation,
                progress,
            );
        }
        let road = Road::open(context)?;
        if let Some(agent) = &self.agent {
            road.known_agent(agent)?;
        }
        road.prepare(&self.connector, &preparation, progress)
    }
}
