//! The shapes of jobs and their executions. Ids are texts; times are microseconds since 1970, UTC.

use crate::jobs::{ConnectorStanding, PlannedStep};
use crate::shown::ShownChange;
use provost_model::configuration::jobs::Job;
use provost_store::{JobInstance, SeenAgent, TaskInstance};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A job of the configuration.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JobOverview)]
pub(super) struct JobShape {
    pub(super) identifier: String,
    pub(super) display_name: Option<String>,
    pub(super) agent: Option<String>,
    /// Its schedule.
    pub(super) cron: Option<String>,
    /// When it starts by itself next.
    pub(super) next_start: Option<i64>,
    /// Why it did not start at the last instant of its schedule.
    pub(super) not_started: Option<String>,
    pub(super) is_incremental: bool,
    pub(super) is_connector_job: bool,
    pub(super) user_start_denied: bool,
    /// Its latest execution.
    pub(super) latest: Option<InstanceShape>,
}

impl JobShape {
    pub(super) fn of(job: &Job) -> JobShape {
        JobShape {
            identifier: job.identifier.clone(),
            display_name: job.display_name.clone(),
            agent: job.agent.clone(),
            cron: job.cron.as_ref().map(ToString::to_string),
            next_start: None,
            not_started: None,
            is_incremental: job.is_incremental,
            is_connector_job: job.is_connector_job,
            user_start_denied: job.user_start_denied,
            latest: None,
        }
    }
}

/// Jobs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Jobs {
    pub(super) jobs: Vec<JobShape>,
}

/// A step of a job.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JobStepOverview)]
pub(super) struct StepShape {
    pub(super) task: String,
    /// Steps of one order start together.
    pub(super) order: u32,
    /// Element of the task: `ExportTask`.
    pub(super) kind: &'static str,
    pub(super) connector: Option<String>,
    pub(super) depends_on: Vec<String>,
}

impl From<PlannedStep> for StepShape {
    fn from(step: PlannedStep) -> StepShape {
        StepShape {
            order: step.order,
            kind: step.task.kind.element(),
            connector: step.task.connector,
            depends_on: step.task.depends_on,
            task: step.task.identifier,
        }
    }
}

/// Steps in the order in which they run.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Steps {
    pub(super) steps: Vec<StepShape>,
}

/// An execution of a job.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JobInstanceOverview)]
pub(super) struct InstanceShape {
    pub(super) id: String,
    pub(super) job: String,
    /// `NotStarted`, `InProgress`, `Completed`, `Warning`, `Errored`, `Blocked` or `Cancelled`.
    pub(super) state: &'static str,
    /// `Schedule`, `Person` or `Command`.
    pub(super) trigger: String,
    pub(super) scheduled_for: Option<i64>,
    pub(super) requested_by: String,
    pub(super) reason: String,
    pub(super) cancelled_by: Option<String>,
    pub(super) created_at: i64,
    pub(super) started_at: Option<i64>,
    pub(super) ended_at: Option<i64>,
    /// Code, message and hint of what went wrong.
    #[schema(value_type = Option<Object>)]
    pub(super) error: Option<Value>,
}

impl From<JobInstance> for InstanceShape {
    fn from(job: JobInstance) -> InstanceShape {
        InstanceShape {
            id: job.id.to_string(),
            state: job.state.word(),
            job: job.job,
            trigger: job.trigger,
            scheduled_for: job.scheduled_for,
            requested_by: job.requested_by,
            reason: job.reason,
            cancelled_by: job.cancelled_by,
            created_at: job.created_at,
            started_at: job.started_at,
            ended_at: job.ended_at,
            error: parsed(job.error),
        }
    }
}

/// A task of an execution.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TaskInstanceOverview)]
pub(super) struct TaskShape {
    pub(super) id: String,
    pub(super) position: i64,
    pub(super) order: i64,
    pub(super) task: String,
    pub(super) kind: String,
    pub(super) agent: Option<String>,
    pub(super) connector: Option<String>,
    /// As that of the job, or `Skipped`.
    pub(super) state: &'static str,
    pub(super) produced: bool,
    pub(super) attempts: i64,
    pub(super) owner: Option<String>,
    pub(super) started_at: Option<i64>,
    pub(super) ended_at: Option<i64>,
    /// The change set that blocks it: the one to approve.
    pub(super) change_set: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub(super) summary: Option<Value>,
    #[schema(value_type = Option<Object>)]
    pub(super) progress: Option<Value>,
    #[schema(value_type = Option<Object>)]
    pub(super) error: Option<Value>,
}

impl From<TaskInstance> for TaskShape {
    fn from(task: TaskInstance) -> TaskShape {
        TaskShape {
            id: task.id.to_string(),
            position: task.position,
            order: task.level,
            task: task.task,
            kind: task.kind,
            agent: task.agent,
            connector: task.connector,
            state: task.state.word(),
            produced: task.produced,
            attempts: task.attempts,
            owner: task.lease_owner,
            started_at: task.started_at,
            ended_at: task.ended_at,
            change_set: task.change_set,
            summary: parsed(task.summary),
            progress: parsed(task.progress),
            error: parsed(task.error),
        }
    }
}

fn parsed(json: Option<String>) -> Option<Value> {
    json.and_then(|text| serde_json::from_str(&text).ok())
}

/// An execution with its tasks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobInstanceDetail)]
pub(super) struct Detail {
    pub(super) instance: InstanceShape,
    pub(super) tasks: Vec<TaskShape>,
}

/// A page of executions, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobInstancePage)]
pub(super) struct Instances {
    pub(super) instances: Vec<InstanceShape>,
    /// `before` of the next page, if there is one.
    pub(super) next: Option<String>,
}

/// How a job is to be launched.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct LaunchRequest {
    /// Why.
    pub(super) reason: String,
    /// Begin with steps of this order.
    #[schema(minimum = 0)]
    pub(super) begin_step: Option<u32>,
    /// End with steps of this order.
    #[schema(minimum = 0)]
    pub(super) end_step: Option<u32>,
    /// Only the task with this identifier.
    pub(super) task: Option<String>,
    /// Only the first task of this type.
    pub(super) task_type: Option<String>,
    /// Only tasks whose identifier contains this text.
    pub(super) task_contains: Option<String>,
    /// Synchronise although thresholds are exceeded.
    pub(super) force: bool,
}

/// Why something is done.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Because {
    /// Lands in the journal.
    pub(super) reason: String,
}

/// What is approved, and why.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ResumeRequest {
    /// The change set that was looked at: 32 hexadecimal digits.
    pub(super) change_set: String,
    /// Lands in the journal.
    pub(super) reason: String,
}

/// A change that a blocked task would make.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BlockedChange)]
pub(super) struct ChangeShape {
    /// Entity type or association.
    pub(super) subject: String,
    /// `Insert`, `Update` or `Delete`.
    pub(super) command: String,
    pub(super) key: String,
    pub(super) name: Option<String>,
    /// Property, value before, value after.
    pub(super) values: Vec<ValueShape>,
    /// Line of the file that asks for it, 0 for none.
    pub(super) line: u64,
}

/// A value that changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BlockedValue)]
pub(super) struct ValueShape {
    pub(super) property: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

impl From<ShownChange> for ChangeShape {
    fn from(change: ShownChange) -> ChangeShape {
        let value = |(property, before, after)| ValueShape { property, before, after };
        ChangeShape {
            subject: change.subject,
            command: format!("{:?}", change.command),
            key: change.key,
            name: change.name,
            values: change.values.into_iter().map(value).collect(),
            line: change.line,
        }
    }
}

/// Changes that a blocked task would make.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BlockedChanges)]
pub(super) struct Changes {
    pub(super) changes: Vec<ChangeShape>,
    /// `after` of the next page, if there is one.
    pub(super) next: Option<String>,
}

/// A connector, as jobs see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConnectorStanding)]
pub(super) struct ConnectorShape {
    pub(super) connector: String,
    pub(super) is_deactivated: bool,
    /// Whether that was set by hand, not by the configuration.
    pub(super) is_set_by_hand: bool,
    /// The change set that blocks it.
    pub(super) blocked_by: Option<String>,
    pub(super) blocked_since: Option<i64>,
    /// The task instance that found it blocked.
    pub(super) task_instance: Option<String>,
}

impl From<ConnectorStanding> for ConnectorShape {
    fn from(standing: ConnectorStanding) -> ConnectorShape {
        ConnectorShape {
            connector: standing.connector,
            is_deactivated: standing.is_deactivated,
            is_set_by_hand: standing.state.is_deactivated.is_some(),
            blocked_by: standing.state.blocked_by,
            blocked_since: standing.state.blocked_since,
            task_instance: standing.state.task_instance.map(|id| id.to_string()),
        }
    }
}

/// Connectors.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectorStandings)]
pub(super) struct Connectors {
    pub(super) connectors: Vec<ConnectorShape>,
}

/// An agent that asked for work.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SeenAgent)]
pub(super) struct AgentShape {
    pub(super) identifier: String,
    pub(super) client: String,
    pub(super) version: String,
    pub(super) last_seen_at: i64,
}

impl From<SeenAgent> for AgentShape {
    fn from(agent: SeenAgent) -> AgentShape {
        AgentShape {
            identifier: agent.identifier,
            client: agent.client,
            version: agent.version,
            last_seen_at: agent.last_seen_at,
        }
    }
}

/// Agents.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SeenAgents)]
pub(super) struct Agents {
    pub(super) agents: Vec<AgentShape>,
}
