//! What can go wrong with jobs, and what to do next.

use crate::error::ServerError;
use provost_model::summary::ErrorReport;
use provost_model::work::InstanceState;
use provost_store::StoreError;
use std::io;
use thiserror::Error;

/// Errors of the engine.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum JobError {
    #[error("job \"{job}\" is not in the deployed configuration")]
    UnknownJob { job: String, known: Vec<String> },
    #[error("job \"{job}\" has no such step: {what}")]
    UnknownStep { job: String, what: String, known: Vec<String> },
    #[error("there is no job instance {id}")]
    UnknownInstance { id: i64 },
    #[error("there is no task instance {id}")]
    UnknownTask { id: i64 },
    #[error("connector \"{connector}\" is not in the deployed configuration")]
    UnknownConnector { connector: String, known: Vec<String> },
    #[error("{what} \"{name}\" is not deployed")]
    UnknownSubject { what: String, name: String },
    #[error("job \"{job}\" may not be started by hand (UserStartDenied)")]
    StartDenied { job: String },
    #[error("job \"{job}\" runs already, as instance {instance}")]
    Running { job: String, instance: i64 },
    #[error("job instance {instance} is {}: it cannot be {wanted}", state.word())]
    State { instance: i64, state: InstanceState, wanted: &'static str },
    #[error("task \"{task}\" of job \"{job}\" needs an agent, and neither of them names one")]
    NoAgent { job: String, task: String },
    #[error("change set {approved} does not block job instance {instance}")]
    OtherChangeSet { instance: i64, approved: String, found: Vec<String> },
    #[error("task instance {task} belongs to agent \"{agent}\"")]
    OtherAgent { task: i64, agent: String },
    #[error("agent \"{agent}\" belongs to another client")]
    OtherClient { agent: String },
    #[error("agent \"{agent}\" works in two places: inside a server, and across the network")]
    TwoAgents { agent: String },
    #[error("task instance {task} has passed to somebody else, or has ended")]
    LeaseLost { task: i64 },
    #[error("reading or writing the logs of jobs: {0}")]
    Log(#[from] io::Error),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl JobError {
    /// Stable kebab-case name.
    pub fn code(&self) -> &'static str {
        match self {
            JobError::UnknownJob { .. } => "unknown-job",
            JobError::UnknownStep { .. } => "unknown-step",
            JobError::UnknownInstance { .. } => "unknown-job-instance",
            JobError::UnknownTask { .. } => "unknown-task-instance",
            JobError::UnknownConnector { .. } => "unknown-connector",
            JobError::UnknownSubject { .. } => "unknown-subject",
            JobError::StartDenied { .. } => "start-denied",
            JobError::Running { .. } => "job-running",
            JobError::State { .. } => "job-state",
            JobError::NoAgent { .. } => "no-agent",
            JobError::OtherChangeSet { .. } => "change-set-differs",
            JobError::OtherAgent { .. } => "other-agent",
            JobError::OtherClient { .. } => "other-client",
            JobError::TwoAgents { .. } => "two-agents",
            JobError::LeaseLost { .. } => "lease-lost",
            JobError::Log(_) => "job-log",
            JobError::Server(error) => error.code(),
            JobError::Store(error) => error.code(),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            JobError::UnknownJob { known, .. } if known.is_empty() => {
                "no job is deployed: add a job or a scaffolding to the configuration and deploy it".to_owned()
            }
            JobError::UnknownJob { known, .. } => format!("known jobs: {}", known.join(", ")),
            JobError::UnknownStep { known, .. } => format!("steps of this job: {}", known.join(", ")),
            JobError::UnknownInstance { .. } | JobError::UnknownTask { .. } => {
                "list what there is with `provost job list`".to_owned()
            }
            JobError::UnknownConnector { known, .. } => format!("known connectors: {}", known.join(", ")),
            JobError::UnknownSubject { .. } => {
                "list what there is with `provost query --entity-type EntityType`".to_owned()
            }
            JobError::StartDenied { .. } => {
                "wait for its schedule, or remove UserStartDenied from the job and deploy it".to_owned()
            }
            JobError::Running { instance, .. } => {
                format!("wait until it ends, or cancel it: `provost job cancel {instance}`")
            }
            JobError::State { state, instance, .. } => return state_hint(*state, *instance),
            JobError::NoAgent { .. } => "set Agent on the task or on the job and deploy it".to_owned(),
            JobError::OtherChangeSet { found, .. } if found.is_empty() => "it waits for no approval".to_owned(),
            JobError::OtherChangeSet { found, .. } => {
                format!("look at the change set that blocks it now, and approve {} if it is right", found.join(" or "))
            }
            JobError::OtherAgent { .. } | JobError::OtherClient { .. } => {
                "use the client that is configured for this agent (OpenId:DefaultOpenIdClient of its settings)"
                    .to_owned()
            }
            JobError::TwoAgents { .. } => {
                "set NotUseAgent to true in the settings of the server, or give its agent another name \
                 (OpenId:AgentIdentifier); then start it again"
                    .to_owned()
            }
            JobError::LeaseLost { .. } => "drop what was done for it: the task is in other hands".to_owned(),
            JobError::Log(_) => "give the account that runs Provost access to Temp/JobLogs".to_owned(),
            JobError::Server(error) => return error.hint(),
            JobError::Store(error) => error.remedy().to_owned(),
        })
    }

    /// The error as one line of JSON carries it.
    pub fn report(&self) -> ErrorReport {
        ErrorReport { code: self.code().to_owned(), message: self.to_string(), hint: self.hint() }
    }
}

fn state_hint(state: InstanceState, instance: i64) -> Option<String> {
    Some(match state {
        InstanceState::Blocked => format!("look at what blocks it, then resume it: `provost job resume {instance}`"),
        InstanceState::Errored => format!("mend the cause, then `provost job restart {instance}`"),
        InstanceState::NotStarted | InstanceState::InProgress => "wait until it ends, or cancel it".to_owned(),
        _ => "launch the job again".to_owned(),
    })
}
