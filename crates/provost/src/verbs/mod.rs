//! The verbs: one file each, and one line in [`VERBS`].

mod agent;
mod assignment;
mod backup;
mod build_role_model;
mod check;
mod check_expressions;
mod compute_correlation_keys;
mod compute_risk_scores;
mod compute_role_model;
mod create_database_views;
mod decrypt_file;
mod deploy_configuration;
mod doctor;
mod encrypt_file;
mod eval;
mod export;
mod export_configuration;
mod export_csv;
mod export_excel;
mod fulfill;
mod generate_provisioning_orders;
mod get_job_steps;
mod get_role_mining;
mod init;
mod invoke_job;
mod job;
mod journal;
mod later;
mod manage_history;
mod new_openid_secret;
pub(crate) mod options;
mod plan;
mod prepare_synchronization;
mod protect_certificate_password;
mod protect_json;
mod query;
mod refresh_schema;
mod resource;
mod restore;
mod review;
mod save_pre_existing_access_rights;
mod schema;
mod server;
mod set_recently_modified_flag;
mod settings;
mod step;
mod sync_up;
mod synchronization_validation;
mod synchronize;
mod undo;
mod update_classification;
mod update_entity_property_expressions;
mod why;

use crate::context::Context;
use crate::output::summary::{Body, Sample};
use crate::output::table::Table;
use crate::report::{Exit, Report};
use clap::{ArgMatches, Args, Command};
use later::Later;
pub(crate) use options::calling;
use provost_model::configuration::Plan;
use serde_json::Value;

/// All verbs, in the order in which the help lists them: the order of a first use.
pub const VERBS: &[Verb] = &[
    Verb::of::<init::Init>(),
    Verb::of::<settings::Settings>(),
    Verb::of::<check::Check>(),
    Verb::of::<check_expressions::CheckExpressions>(),
    Verb::of::<schema::Schema>(),
    Verb::of::<deploy_configuration::DeployConfiguration>(),
    Verb::of::<export_configuration::ExportConfiguration>(),
    Verb::of::<sync_up::SyncUp>(),
    Verb::of::<export::Export>(),
    Verb::of::<export_csv::ExportCsv>(),
    Verb::of::<export_excel::ExportExcel>(),
    Verb::of::<refresh_schema::RefreshSchema>(),
    Verb::of::<prepare_synchronization::PrepareSynchronization>(),
    Verb::of::<synchronize::Synchronize>(),
    Verb::of::<synchronization_validation::SynchronizationValidation>(),
    Verb::of::<set_recently_modified_flag::SetRecentlyModifiedFlag>(),
    Verb::of::<update_entity_property_expressions::UpdateEntityPropertyExpressions>(),
    Verb::of::<compute_correlation_keys::ComputeCorrelationKeys>(),
    Verb::of::<compute_role_model::ComputeRoleModel>(),
    Verb::of::<compute_risk_scores::ComputeRiskScores>(),
    Verb::of::<update_classification::UpdateClassification>(),
    Verb::of::<assignment::Assignment>(),
    Verb::of::<why::Why>(),
    Verb::of::<why::WhyNot>(),
    Verb::of::<save_pre_existing_access_rights::SavePreExistingAccessRights>(),
    Verb::of::<build_role_model::BuildRoleModel>(),
    Verb::of::<get_role_mining::GetRoleMining>(),
    Verb::of::<plan::Plan>(),
    Verb::of::<generate_provisioning_orders::GenerateProvisioningOrders>(),
    Verb::of::<fulfill::Fulfill>(),
    Verb::of::<review::Review>(),
    Verb::of::<undo::Undo>(),
    Verb::of::<invoke_job::InvokeJob>(),
    Verb::of::<get_job_steps::GetJobSteps>(),
    Verb::of::<job::Job>(),
    Verb::of::<server::Server>(),
    Verb::of::<agent::Agent>(),
    Verb::of::<resource::Resource>(),
    Verb::of::<query::Query>(),
    Verb::of::<eval::Eval>(),
    Verb::of::<journal::Journal>(),
    Verb::of::<manage_history::ManageHistory>(),
    Verb::of::<doctor::Doctor>(),
    Verb::of::<backup::Backup>(),
    Verb::of::<restore::Restore>(),
    Verb::of::<create_database_views::CreateDatabaseViews>(),
    Verb::of::<new_openid_secret::NewOpenIdSecret>(),
    Verb::of::<encrypt_file::EncryptFile>(),
    Verb::of::<decrypt_file::DecryptFile>(),
    Verb::of::<protect_json::ProtectFile>(),
    Verb::of::<protect_json::ProtectValue>(),
    Verb::of::<protect_certificate_password::ProtectCertificatePassword>(),
];

/// A verb: its options are the fields of the type, their comments are its help.
pub(crate) trait Run: Args {
    /// Name on the command line.
    const NAME: &'static str;
    /// Names of the original executables that it stands for, without prefix.
    const ORIGINALS: &'static [&'static str] = &[];
    /// Shown below the options.
    const EXAMPLES: &'static str;
    /// Documented options that are recognised but not acted on yet.
    const LATER: &'static [&'static [Later]] = &[];

    /// Does it.
    ///
    /// # Errors
    /// Whatever ends the process with another code than 0, unless the verb has printed it itself.
    fn run(self, context: &Context) -> Result<Exit, Report>;
}

/// The first lines of what changes in the configuration.
fn plan_sample(title: &str, plan: &Plan, most: usize) -> Sample {
    let text = plan.to_string();
    let lines: Vec<&str> = text.lines().collect();
    let mut table = Table::new([""]);
    for line in lines.iter().take(if plan.is_empty() { 0 } else { most }) {
        table.row([Value::from(*line)]);
    }
    if lines.len() > most {
        table.row([Value::from(format!("… and {} lines more", lines.len() - most))]);
    }
    Sample { title: title.to_owned(), body: Body::Rows(table) }
}

/// An entry of the list of verbs.
#[derive(Clone, Copy, Debug)]
pub struct Verb {
    /// Name on the command line.
    pub name: &'static str,
    /// Names of the original executables that it stands for, without prefix.
    pub originals: &'static [&'static str],
    command: fn() -> Command,
    run: fn(&ArgMatches, &Context) -> Result<Exit, Report>,
}

impl Verb {
    const fn of<V: Run>() -> Verb {
        Verb { name: V::NAME, originals: V::ORIGINALS, command: command::<V>, run: run::<V> }
    }

    /// Its part of the command line.
    pub fn command(&self) -> Command {
        (self.command)()
    }

    /// Runs it with the words that followed its name.
    ///
    /// # Errors
    /// Whatever ends the process with another code than 0, unless the verb has printed it itself.
    pub fn run(&self, matches: &ArgMatches, context: &Context) -> Result<Exit, Report> {
        (self.run)(matches, context)
    }
}

fn command<V: Run>() -> Command {
    let command = V::augment_args(Command::new(V::NAME)).after_help(V::EXAMPLES);
    V::LATER.iter().copied().flatten().fold(command, |command, later| command.arg(later.arg()))
}

fn run<V: Run>(matches: &ArgMatches, context: &Context) -> Result<Exit, Report> {
    for later in V::LATER.iter().copied().flatten() {
        later.refuse(matches)?;
    }
    V::from_arg_matches(matches).map_err(|error| crate::cli::unread(&error))?.run(context)
}
