//! Options that several verbs share.

use crate::context::Context;
use crate::exporting::FileExport;
use crate::jobs::JobsThere;
use crate::output::{Format, StepFormat};
use crate::remote::{Client, ClientOptions, Secret};
use crate::report::{Exit, Report};
use crate::road::{self, Preparation};
use crate::settings::Settings;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use provost_model::summary::Mode;
use provost_server::Delivery;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// Form of a listing.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct FormatOption {
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "table", ignore_case = true)]
    pub(crate) format: Format,
}

/// Form of the result of a step.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct StepFormatOption {
    /// Form of the result; json is exactly one line on standard output
    #[arg(long, value_name = "FORMAT", default_value = "table", ignore_case = true)]
    pub(crate) format: StepFormat,
}

/// Entity types to compute for: all of them, or some, as documented.
#[derive(Args, Debug)]
pub(crate) struct EntityTypeOptions {
    /// Compute for all entity types
    #[arg(
        short = 'a',
        long,
        alias = "all-entityType",
        conflicts_with = "entitytype_list",
        required_unless_present = "entitytype_list"
    )]
    all_entitytype: bool,

    /// Compute for these entity types
    #[arg(long, value_name = "IDENTIFIER", num_args = 1.., value_delimiter = ',')]
    pub(crate) entitytype_list: Vec<String>,
}

/// A file to export, and where to.
#[derive(Args, Debug)]
pub(crate) struct FileOptions {
    /// File to read in complete mode
    #[arg(long, value_name = "PATH")]
    raw_files_path: Option<PathBuf>,

    /// File to read in incremental mode
    #[arg(long, value_name = "PATH")]
    path_incremental: Option<PathBuf>,

    /// Export the complete input when incremental mode has none of its own
    #[arg(long)]
    force_complete: bool,

    /// Identifier of the connection: the name of the file that is written, without extension
    #[arg(long, value_name = "IDENTIFIER")]
    connection_identifier: String,

    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    output_path: PathBuf,

    #[command(flatten)]
    format: StepFormatOption,
}

impl FileOptions {
    /// Exports the file with a package; `settings` are those of the connection without its paths.
    pub(crate) fn export(
        &self,
        context: &Context,
        package: &str,
        mode: Mode,
        mut settings: Value,
    ) -> Result<Exit, Report> {
        settings["Path"] = json!(self.raw_files_path);
        settings["PathIncremental"] = json!(self.path_incremental);
        super::step::run(context, self.format.format, &self.connection_identifier, Some(mode), |progress| {
            let file = FileExport {
                identifier: &self.connection_identifier,
                package,
                mode,
                force_complete: self.force_complete,
                output: &self.output_path,
            };
            file.run(context, &settings, progress)
        })
    }
}

/// Reads a synchronisation mode in any letter case.
pub(crate) fn mode() -> impl TypedValueParser<Value = Mode> {
    PossibleValuesParser::new(["initial", "complete", "incremental"]).map(|word| {
        match word.to_ascii_lowercase().as_str() {
            "initial" => Mode::Initial,
            "incremental" => Mode::Incremental,
            _ => Mode::Complete,
        }
    })
}

/// How the export of a connector delivers its rows.
#[derive(Args, Clone, Debug)]
pub(crate) struct DeliveryOptions {
    /// none: whole extracts; changes: in incremental mode the export delivers changes, with a command column
    #[arg(long = "type", value_name = "TYPE", value_parser = ["none", "changes"], ignore_case = true, default_value = "none")]
    delivery: String,

    /// Name of the command column of a change-carrying export
    #[arg(long, value_name = "COLUMN", default_value = "command")]
    column_name: String,
}

impl DeliveryOptions {
    pub(crate) fn apply(&self, preparation: &mut Preparation) {
        preparation.delivery = match self.delivery.eq_ignore_ascii_case("changes") {
            true => Delivery::Changes,
            false => Delivery::Full,
        };
        preparation.command_column.clone_from(&self.column_name);
    }
}

/// Time in which a verb tries to get through to a server.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);

/// The server to work with over the network, instead of the local home folder.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "A server across the network")]
pub(crate) struct ApiOptions {
    /// Address of a server to work with instead of the repository of the home folder
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,

    /// Client to call it as (default: OpenId:DefaultOpenIdClient)
    #[arg(long, value_name = "IDENTIFIER")]
    api_client_id: Option<String>,

    /// Secret of the client (default: $PROVOST_API_SECRET, else OpenId:OpenIdClients). Other users of this machine can
    /// see it here
    #[arg(long, value_name = "TEXT")]
    api_secret: Option<String>,
}

impl ApiOptions {
    /// The jobs of the server that was named, if one was.
    ///
    /// # Errors
    /// As [`ApiOptions::client`], and when the settings cannot be read.
    pub(crate) fn jobs(&self, context: &Context) -> Result<Option<JobsThere>, Report> {
        if self.api_url.is_none() {
            return Ok(None);
        }
        Ok(self.client(&context.settings()?)?.map(|client| JobsThere { client }))
    }

    /// The server that was named, if one was.
    ///
    /// # Errors
    /// It was named, but not who calls, or the address cannot be used.
    pub(crate) fn client(&self, settings: &Settings) -> Result<Option<Client>, Report> {
        match &self.api_url {
            Some(url) => {
                calling(settings, url, self.api_client_id.as_deref(), self.api_secret.clone(), PATIENCE).map(Some)
            }
            None => Ok(None),
        }
    }
}

/// A client of the server at an address, as whom and with which secret the settings say unless it is given.
///
/// # Errors
/// Nothing says who calls, or with which secret, or the address cannot be used.
pub(crate) fn calling(
    settings: &Settings,
    url: &str,
    client: Option<&str>,
    secret: Option<String>,
    patience: Duration,
) -> Result<Client, Report> {
    let known = &settings.calling;
    let client = client.or(known.client.as_deref()).ok_or_else(|| {
        Report::usage("no-client", "nothing says as which client to call the server")
            .hint("give --api-client-id, or set OpenId:DefaultOpenIdClient in appsettings.agent.json")
    })?;
    let stored = || known.secrets.iter().find(|(name, _)| name.eq_ignore_ascii_case(client)).map(|(_, s)| s.clone());
    let from_environment = || std::env::var("PROVOST_API_SECRET").ok().filter(|secret| !secret.is_empty());
    let secret = secret.or_else(from_environment).or_else(stored).ok_or_else(|| {
        Report::usage("no-secret", format!("there is no secret of client \"{client}\""))
            .hint("set PROVOST_API_SECRET, or OpenId:OpenIdClients in appsettings.agent.json")
    })?;
    let options = ClientOptions {
        url: url.to_owned(),
        client_id: client.to_owned(),
        secret: Secret(secret),
        certificate: known.certificate.clone(),
        binds_tokens: known.binds_tokens,
        timeout: Duration::from_secs(90),
        patience,
    };
    Client::new(options).map_err(|error| road::report(&error))
}
