//! What can go wrong on the road, and what to do next.

use provost_model::summary::{Cause, ErrorReport};
use provost_store::StoreError;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Errors of the steps.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum ServerError {
    #[error("connector \"{connector}\" is not in the deployed configuration")]
    UnknownConnector { connector: String, known: Vec<String> },
    #[error("connection \"{connection}\" is not in the deployed configuration")]
    UnknownConnection { connection: String, known: Vec<String> },
    #[error("connector \"{connector}\" has no entity type mapping and no association mapping")]
    NothingMapped { connector: String },
    #[error("mapping {mapping}: {what}")]
    Mapping { mapping: String, what: String },
    #[error("{what} {path}: {source}")]
    File { what: &'static str, path: PathBuf, source: io::Error },
    #[error("{message}")]
    Source { message: String, hint: String },
    /// A source file that probably changed its form; `cause` says how.
    #[error("{message}")]
    SourceForm { message: String, hint: String, cause: Option<Box<Cause>> },
    #[error("{message}")]
    CompleteNeeded { message: String },
    #[error("connector \"{connector}\" is blocked by change set {hash}")]
    ConnectorBlocked { connector: String, hash: String },
    #[error("the repository already holds {count} resources of connector \"{connector}\"")]
    InitialNotEmpty { connector: String, count: u64 },
    #[error("session {session}: {message}")]
    Session { session: String, message: String },
    /// A file from an agent that is not what was announced.
    #[error("session {session}: {message}")]
    Upload { session: String, message: String },
    /// The server across the network did not do what it was asked for.
    #[error("{message}")]
    Remote { message: String, code: &'static str, hint: String },
    /// Another process was faster; nothing is wrong with the session.
    #[error("session {session} of connector \"{connector}\" was processed by another process in the meantime")]
    Overtaken { connector: String, session: String },
    /// The work was begun for a task that somebody else has now.
    #[error("session {session}: the task that it was prepared for has passed to somebody else, or has ended")]
    LeaseLost { session: String },
    #[error("no blocked change set {hash} of connector \"{connector}\"")]
    UnknownChangeSet { connector: String, hash: String, known: Vec<String> },
    #[error("the change set has changed since it was approved: it is {found} now, not {approved}")]
    ChangeSetDiffers { approved: String, found: String },
    /// A deployment was overtaken.
    #[error("another configuration was deployed since this one was compared")]
    ConfigurationChanged,
    /// The policy cannot be compiled.
    #[error("the policy cannot be evaluated: {}", problems.iter().filter(|p| p.is_error).map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Policy { problems: Vec<provost_pipeline::policy::PolicyProblem> },
    #[error("reading or writing the work files: {0}")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ServerError {
    /// A mapping that does not fit the deployed entity model.
    pub fn mapping(mapping: &str, what: &str) -> ServerError {
        ServerError::Mapping { mapping: mapping.to_owned(), what: what.to_owned() }
    }

    /// Wraps an input/output error with what was being attempted on which file.
    pub fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ServerError {
        let path = path.to_owned();
        move |source| ServerError::File { what, path, source }
    }

    /// Stable kebab-case name.
    pub fn code(&self) -> &'static str {
        match self {
            ServerError::UnknownConnector { .. } => "unknown-connector",
            ServerError::UnknownConnection { .. } => "unknown-connection",
            ServerError::NothingMapped { .. } => "nothing-mapped",
            ServerError::Mapping { .. } => "mapping",
            ServerError::File { .. } | ServerError::Io(_) => "file",
            ServerError::Source { .. } | ServerError::SourceForm { .. } => "source",
            ServerError::CompleteNeeded { .. } => "complete-needed",
            ServerError::ConnectorBlocked { .. } => "connector-blocked",
            ServerError::InitialNotEmpty { .. } => "initial-not-empty",
            ServerError::Session { .. } => "session",
            ServerError::Upload { .. } => "upload",
            ServerError::Remote { code, .. } => code,
            ServerError::Overtaken { .. } => "session-overtaken",
            ServerError::LeaseLost { .. } => "lease-lost",
            ServerError::UnknownChangeSet { .. } => "unknown-change-set",
            ServerError::ChangeSetDiffers { .. } => "change-set-differs",
            ServerError::ConfigurationChanged => "configuration-changed",
            ServerError::Policy { .. } => "policy",
            ServerError::Store(error) => error.code(),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            ServerError::UnknownConnector { known, .. } if known.is_empty() => {
                "no connector is deployed: run `provost deploy-configuration -d Conf` first".to_owned()
            }
            ServerError::UnknownConnector { known, .. } => format!("known connectors: {}", known.join(", ")),
            ServerError::UnknownConnection { known, .. } => format!("known connections: {}", known.join(", ")),
            ServerError::NothingMapped { .. } | ServerError::Mapping { .. } | ServerError::Policy { .. } => {
                "mend the configuration, run `provost check` and deploy it again".to_owned()
            }
            ServerError::File { source, .. } => return file_hint(source.kind()),
            ServerError::Io(source) => return file_hint(source.kind()),
            ServerError::Source { hint, .. } | ServerError::SourceForm { hint, .. } => hint.clone(),
            ServerError::CompleteNeeded { .. } => {
                "run the connector once in complete mode: it compares the files with the repository itself".to_owned()
            }
            ServerError::ConnectorBlocked { connector, hash } => format!(
                "look at the blocked change set, then approve it with `provost synchronization-validation --connector \
                 {connector} --change-set {hash}`, or correct the source and run a complete synchronisation"
            ),
            ServerError::InitialNotEmpty { .. } => {
                "initial is for the first load only; use complete mode: it finds the differences and keeps history"
                    .to_owned()
            }
            ServerError::Session { .. } => {
                "run the connector once in complete mode, which takes the place of this session; its folder is kept for \
                 inspection"
                    .to_owned()
            }
            ServerError::Upload { .. } => "run the prepare step again; it sends what is missing".to_owned(),
            ServerError::Remote { hint, .. } => hint.clone(),
            ServerError::Overtaken { connector, .. } => format!(
                "nothing is lost, and nothing was applied twice: `provost journal` shows what the other process did; run \
                 `provost synchronize --connector {connector}` again, which goes on with what still waits"
            ),
            ServerError::LeaseLost { .. } => "nothing was queued twice: whoever has the task prepares it".to_owned(),
            ServerError::UnknownChangeSet { known, .. } if known.is_empty() => {
                "nothing is blocked for this connector".to_owned()
            }
            ServerError::UnknownChangeSet { known, .. } => format!("blocked change sets: {}", known.join(", ")),
            ServerError::ChangeSetDiffers { found, .. } => {
                format!("look at the new change set and approve {found} if it is right")
            }
            ServerError::ConfigurationChanged => "run the command again to see what it would change now".to_owned(),
            ServerError::Store(error) => error.remedy().to_owned(),
        })
    }

    /// What probably happened to the source, where that can be told.
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            ServerError::SourceForm { cause, .. } => cause.as_deref(),
            _ => None,
        }
    }

    /// The error as one line of JSON carries it.
    pub fn report(&self) -> ErrorReport {
        ErrorReport { code: self.code().to_owned(), message: self.to_string(), hint: self.hint() }
    }
}

fn file_hint(kind: io::ErrorKind) -> Option<String> {
    let hint = match kind {
        io::ErrorKind::NotFound => "check that the export wrote it, and its name in the mapping (ConnectionTable)",
        io::ErrorKind::PermissionDenied => "give the account that runs Provost access to the file and its folder",
        io::ErrorKind::StorageFull | io::ErrorKind::FileTooLarge | io::ErrorKind::QuotaExceeded => {
            "free space on the disk, then run the step again: nothing was lost and nothing was applied"
        }
        io::ErrorKind::IsADirectory => "a file is expected there: remove or rename the directory",
        _ => return None,
    };
    Some(hint.to_owned())
}
