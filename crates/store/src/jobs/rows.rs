//! Job and task instances as rows: making them, reading them, setting their state.

use crate::error::StoreError;
use crate::tx::{ReadTx, WriteTx};
use crate::value::Row;
use provost_model::work::InstanceState;

/// One execution of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobInstance {
    /// Grows with every instance.
    pub id: i64,
    /// Identifier of the job.
    pub job: String,
    /// What started it: `Schedule`, `Person`, `Command`.
    pub trigger: String,
    /// The instant of its schedule: microseconds since 1970, UTC.
    pub scheduled_for: Option<i64>,
    /// Where it stands.
    pub state: InstanceState,
    /// The job is incremental.
    pub is_incremental: bool,
    /// Word of the job's log level.
    pub log_level: String,
    /// Who asked for it.
    pub requested_by: String,
    /// Why.
    pub reason: String,
    /// How it was asked for, JSON.
    pub options: String,
    /// Microseconds since 1970, UTC, as all times here.
    pub created_at: i64,
    /// When its first task began.
    pub started_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// Who cancelled it.
    pub cancelled_by: Option<String>,
    /// Why it ended as it did, JSON of an error report.
    pub error: Option<String>,
}

/// A job instance that is to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct NewJobInstance {
    pub job: String,
    pub trigger: String,
    pub scheduled_for: Option<i64>,
    pub is_incremental: bool,
    pub log_level: String,
    pub requested_by: String,
    pub reason: String,
    pub options: String,
    pub created_at: i64,
}

/// One task of one execution of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskInstance {
    /// Grows with every instance.
    pub id: i64,
    /// The job instance.
    pub job_instance: i64,
    /// Place in the job instance, from 0.
    pub position: i64,
    /// Group that it starts with, from 0.
    pub level: i64,
    /// Identifier of the task.
    pub task: String,
    /// Its element.
    pub kind: String,
    /// Agent that runs it; none for the server.
    pub agent: Option<String>,
    /// Connector concerned.
    pub connector: Option<String>,
    /// Where it stands.
    pub state: InstanceState,
    /// The task as it was when the job was launched, JSON.
    pub definition: String,
    /// Microseconds since 1970, UTC, as all times here.
    pub created_at: i64,
    /// When its turn came.
    pub ready_at: Option<i64>,
    /// When it began, the first time.
    pub started_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// Whether it produced something for tasks that depend on it.
    pub produced: bool,
    /// Counters, thresholds, causes: JSON.
    pub summary: Option<String>,
    /// How far it is: JSON.
    pub progress: Option<String>,
    /// What went wrong, or why it was skipped: JSON of an error report.
    pub error: Option<String>,
    /// The change set that blocked it.
    pub change_set: Option<String>,
    /// What was approved, by whom and why: JSON.
    pub approval: Option<String>,
    /// How often it was begun.
    pub attempts: i64,
    /// Word of the lease.
    pub lease: Option<String>,
    /// Who holds it.
    pub lease_owner: Option<String>,
    /// Until when.
    pub lease_until: i64,
    /// Whoever holds it has said that it arrived there.
    pub is_confirmed: bool,
    /// The session that it has put into the queue of its connector.
    pub session: Option<String>,
}

/// A task instance that is to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct NewTaskInstance {
    pub level: i64,
    pub task: String,
    pub kind: String,
    pub agent: Option<String>,
    pub connector: Option<String>,
    pub definition: String,
}

pub(super) const JOB: &str = "Id, Job, Trigger, ScheduledFor, State, IsIncremental, LogLevel, RequestedBy, Reason, Options, \
                              CreatedAt, StartedAt, EndedAt, CancelledBy, Error";
pub(super) const TASK: &str = "Id, JobInstance_Id, Position, Level, Task, Kind, Agent, Connector, State, Definition, CreatedAt, ReadyAt, StartedAt, \
     EndedAt, Produced, Summary, Progress, Error, ChangeSetHash, Approval, Attempts, Lease, LeaseOwner, LeaseUntil, IsConfirmed, \
     Session_Id";

fn state(word: &str) -> Result<InstanceState, StoreError> {
    InstanceState::parse(word).ok_or_else(|| StoreError::Statement {
        statement: "reading a job or task instance".to_owned(),
        detail: format!("unknown state {word:?}"),
    })
}

pub(super) fn job(row: &Row<'_>) -> Result<JobInstance, StoreError> {
    Ok(JobInstance {
        id: row.i64(0)?,
        job: row.string(1)?,
        trigger: row.string(2)?,
        scheduled_for: row.int(3)?,
        state: state(row.str(4)?)?,
        is_incremental: row.i64(5)? != 0,
        log_level: row.string(6)?,
        requested_by: row.string(7)?,
        reason: row.string(8)?,
        options: row.string(9)?,
        created_at: row.i64(10)?,
        started_at: row.int(11)?,
        ended_at: row.int(12)?,
        cancelled_by: row.optional(13)?,
        error: row.optional(14)?,
    })
}

pub(super) fn task(row: &Row<'_>) -> Result<TaskInstance, StoreError> {
    Ok(TaskInstance {
        id: row.i64(0)?,
        job_instance: row.i64(1)?,
        position: row.i64(2)?,
        level: row.i64(3)?,
        task: row.string(4)?,
        kind: row.string(5)?,
        agent: row.optional(6)?,
        connector: row.optional(7)?,
        state: state(row.str(8)?)?,
        definition: row.string(9)?,
        created_at: row.i64(10)?,
        ready_at: row.int(11)?,
        started_at: row.int(12)?,
        ended_at: row.int(13)?,
        produced: row.i64(14)? != 0,
        summary: row.optional(15)?,
        progress: row.optional(16)?,
        error: row.optional(17)?,
        change_set: row.optional(18)?,
        approval: row.optional(19)?,
        attempts: row.i64(20)?,
        lease: row.optional(21)?,
        lease_owner: row.optional(22)?,
        lease_until: row.i64(23)?,
        is_confirmed: row.i64(24)? != 0,
        session: row.optional(25)?,
    })
}

impl ReadTx {
    /// The job instance with this id.
    ///
    /// # Errors
    /// Those of the database.
    pub fn job_instance(&mut self, id: i64) -> Result<Option<JobInstance>, StoreError> {
        self.link.first(&format!("SELECT {JOB} FROM UJ_JobInstances WHERE Id = $1"), &[id.into()], job)
    }

    /// The tasks of a job instance by their position.
    ///
    /// # Errors
    /// Those of the database.
    pub fn task_instances(&mut self, job_instance: i64) -> Result<Vec<TaskInstance>, StoreError> {
        let sql = format!("SELECT {TASK} FROM UJ_TaskInstances WHERE JobInstance_Id = $1 ORDER BY Position");
        self.link.all(&sql, &[job_instance.into()], task)
    }

    /// The task instance with this id.
    ///
    /// # Errors
    /// Those of the database.
    pub fn task_instance(&mut self, id: i64) -> Result<Option<TaskInstance>, StoreError> {
        self.link.first(&format!("SELECT {TASK} FROM UJ_TaskInstances WHERE Id = $1"), &[id.into()], task)
    }

    /// Job instances that go on by themselves: not started, or in progress.
    ///
    /// # Errors
    /// Those of the database.
    pub fn active_job_instances(&mut self) -> Result<Vec<JobInstance>, StoreError> {
        let sql = format!("SELECT {JOB} FROM UJ_JobInstances WHERE State IN ($1, $2) ORDER BY Id");
        let states = [InstanceState::NotStarted.word(), InstanceState::InProgress.word()];
        self.link.all(&sql, &[states[0].into(), states[1].into()], job)
    }

    /// The latest instance of a job.
    ///
    /// # Errors
    /// Those of the database.
    pub fn latest_job_instance(&mut self, of: &str) -> Result<Option<JobInstance>, StoreError> {
        let sql = format!("SELECT {JOB} FROM UJ_JobInstances WHERE Job = $1 ORDER BY Id DESC LIMIT 1");
        self.link.first(&sql, &[of.into()], job)
    }
}

impl WriteTx {
    /// Makes a job instance with its tasks, none of them ready. The positions are those of the list.
    ///
    /// # Errors
    /// When the job has an instance for the same instant of its schedule, and those of the database.
    pub fn create_job_instance(
        &mut self,
        new: &NewJobInstance,
        tasks: &[NewTaskInstance],
    ) -> Result<JobInstance, StoreError> {
        let sql = format!(
            "INSERT INTO UJ_JobInstances (Job, Trigger, ScheduledFor, State, IsIncremental, LogLevel, RequestedBy, Reason, \
             Options, CreatedAt) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING {JOB}"
        );
        let args = [
            (&new.job).into(),
            (&new.trigger).into(),
            new.scheduled_for.into(),
            InstanceState::NotStarted.word().into(),
            i64::from(new.is_incremental).into(),
            (&new.log_level).into(),
            (&new.requested_by).into(),
            (&new.reason).into(),
            (&new.options).into(),
            new.created_at.into(),
        ];
        let made = self.link.first(&sql, &args, job)?;
        let made = made.ok_or_else(|| StoreError::misuse("an inserted row was not returned"))?;
        for (position, task) in (0_i64..).zip(tasks) {
            self.link.execute(
                "INSERT INTO UJ_TaskInstances (JobInstance_Id, Position, Level, Task, Kind, Agent, Connector, State, \
                 Definition, CreatedAt) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                &[
                    made.id.into(),
                    position.into(),
                    task.level.into(),
                    (&task.task).into(),
                    (&task.kind).into(),
                    task.agent.as_deref().into(),
                    task.connector.as_deref().into(),
                    InstanceState::NotStarted.word().into(),
                    (&task.definition).into(),
                    new.created_at.into(),
                ],
            )?;
        }
        Ok(made)
    }

    /// Sets where a job instance stands. An active state takes back its end and its error.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_job_state(
        &mut self,
        id: i64,
        state: InstanceState,
        error: Option<&str>,
        now_micros: i64,
    ) -> Result<(), StoreError> {
        let ended = state.is_final().then_some(now_micros);
        self.link.execute(
            "UPDATE UJ_JobInstances SET State = $1, Error = $2, EndedAt = $3 WHERE Id = $4",
            &[state.word().into(), error.into(), ended.into(), id.into()],
        )?;
        Ok(())
    }

    /// Notes who wants a job instance to end; `None` takes it back.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_job_cancelled_by(&mut self, id: i64, who: Option<&str>) -> Result<(), StoreError> {
        self.link.execute("UPDATE UJ_JobInstances SET CancelledBy = $1 WHERE Id = $2", &[who.into(), id.into()])?;
        Ok(())
    }

    /// A task waits: for its turn (`ready_at` is none), or to be taken. What became of it before is forgotten, but not
    /// when it began.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_task_waiting(&mut self, id: i64, ready_at: Option<i64>) -> Result<(), StoreError> {
        self.link.execute(
            "UPDATE UJ_TaskInstances SET State = $1, ReadyAt = $2, EndedAt = NULL, Produced = 0, Summary = NULL, \
             Progress = NULL, Error = NULL, Lease = NULL, LeaseOwner = NULL, LeaseUntil = 0 WHERE Id = $3",
            &[InstanceState::NotStarted.word().into(), ready_at.into(), id.into()],
        )?;
        Ok(())
    }

    /// A task that was handed out and never arrived waits again, as if it had not been handed out.
    ///
    /// # Errors
    /// Those of the database.
    pub fn take_back_unheard(&mut self, id: i64, ready_at: i64) -> Result<(), StoreError> {
        self.link.execute("UPDATE UJ_TaskInstances SET Attempts = Attempts - 1 WHERE Id = $1", &[id.into()])?;
        self.set_task_waiting(id, Some(ready_at))
    }

    /// Ends a task that nobody runs, or whose holder is given up.
    ///
    /// # Errors
    /// Those of the database.
    pub fn close_task(
        &mut self,
        id: i64,
        state: InstanceState,
        error: Option<&str>,
        now_micros: i64,
    ) -> Result<(), StoreError> {
        self.link.execute(
            "UPDATE UJ_TaskInstances SET State = $1, Error = $2, EndedAt = $3, ReadyAt = NULL, Lease = NULL, \
             LeaseUntil = 0 WHERE Id = $4",
            &[state.word().into(), error.into(), now_micros.into(), id.into()],
        )?;
        Ok(())
    }

    /// Notes the approval of the change set that blocks a task.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_task_approval(&mut self, id: i64, approval: &str) -> Result<(), StoreError> {
        self.link.execute("UPDATE UJ_TaskInstances SET Approval = $1 WHERE Id = $2", &[approval.into(), id.into()])?;
        Ok(())
    }

    /// A task starts over: with another definition, as if it had never been begun.
    ///
    /// # Errors
    /// Those of the database.
    pub fn renew_task(&mut self, id: i64, definition: &str) -> Result<(), StoreError> {
        self.link.execute(
            "UPDATE UJ_TaskInstances SET Definition = $1, Attempts = 0, StartedAt = NULL, Approval = NULL, \
             ChangeSetHash = NULL, Session_Id = NULL WHERE Id = $2",
            &[definition.into(), id.into()],
        )?;
        self.set_task_waiting(id, None)
    }
}
