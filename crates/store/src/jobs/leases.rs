//! Taking tasks, holding them, giving them back.

use super::rows::{TASK, TaskInstance, task};
use crate::error::StoreError;
use crate::tx::{ReadTx, WriteTx};
use crate::value::Arg;
use provost_model::work::InstanceState;

/// Which task is wanted, and on what terms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// Who takes it, for people.
    pub owner: String,
    /// The agent whose tasks are wanted; none for those of the server.
    pub agent: Option<String>,
    /// Tasks of any agent, instead.
    pub any_agent: bool,
    /// Only tasks of this job instance.
    pub job_instance: Option<i64>,
    /// Elements that can be run; empty for all.
    pub kinds: Vec<String>,
    /// Random word of the lease.
    pub lease: String,
    /// It goes to somebody across the network, who has yet to confirm that it arrived.
    pub is_handed_out: bool,
    /// Until when it holds: microseconds since 1970, UTC.
    pub until: i64,
    /// Now, the same way.
    pub now_micros: i64,
}

/// How a task ended, in the words of the books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// Final state.
    pub state: InstanceState,
    /// Whether it produced something.
    pub produced: bool,
    /// Counters, thresholds, causes: JSON.
    pub summary: Option<String>,
    /// What went wrong: JSON.
    pub error: Option<String>,
    /// The change set that blocked it.
    pub change_set: Option<String>,
}

/// What became of an attempt to end a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It has ended.
    Done,
    /// It had ended this way before: nothing changed.
    Repeated,
    /// The lease has passed on, or the task ended another way.
    LeaseLost,
}

/// Tasks that may be taken: their turn has come, and no other instance works with the same connector or task.
const TAKEABLE: &str = "t.State = 'NotStarted' AND t.ReadyAt IS NOT NULL AND NOT EXISTS (\
                        SELECT 1 FROM UJ_TaskInstances o WHERE o.State = 'InProgress' \
                        AND o.JobInstance_Id <> t.JobInstance_Id AND (o.Task = t.Task OR o.Connector = t.Connector))";

impl Claim {
    /// The conditions of this claim, with their arguments.
    fn conditions(&self) -> (String, Vec<Arg<'_>>) {
        let mut sql = TAKEABLE.to_owned();
        let mut args: Vec<Arg<'_>> = Vec::new();
        match (&self.agent, self.any_agent) {
            (_, true) => sql.push_str(" AND t.Agent IS NOT NULL"),
            (Some(agent), false) => {
                args.push(agent.into());
                sql.push_str(&format!(" AND t.Agent = ${}", args.len()));
            }
            (None, false) => sql.push_str(" AND t.Agent IS NULL"),
        }
        if let Some(instance) = self.job_instance {
            args.push(instance.into());
            sql.push_str(&format!(" AND t.JobInstance_Id = ${}", args.len()));
        }
        if !self.kinds.is_empty() {
            let first = args.len() + 1;
            args.extend(self.kinds.iter().map(Arg::from));
            let places = crate::dialect::parameters(first, self.kinds.len());
            sql.push_str(&format!(" AND t.Kind IN ({places})"));
        }
        (sql, args)
    }
}

impl ReadTx {
    /// Whether a claim would find a task. Reading disturbs no writer, so whoever polls asks this first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn has_work(&mut self, claim: &Claim) -> Result<bool, StoreError> {
        let (conditions, args) = claim.conditions();
        let sql = format!("SELECT t.Id FROM UJ_TaskInstances t WHERE {conditions} LIMIT 1");
        Ok(self.link.first(&sql, &args, |row| row.i64(0))?.is_some())
    }

    /// The task that is or was last held under this word.
    ///
    /// # Errors
    /// Those of the database.
    pub fn task_under_lease(&mut self, lease: &str) -> Result<Option<TaskInstance>, StoreError> {
        let sql = format!("SELECT {TASK} FROM UJ_TaskInstances WHERE Lease = $1 ORDER BY Id DESC LIMIT 1");
        self.link.first(&sql, &[lease.into()], task)
    }

    /// Task instances that somebody holds.
    ///
    /// # Errors
    /// Those of the database.
    pub fn running_tasks(&mut self) -> Result<Vec<TaskInstance>, StoreError> {
        let sql = format!("SELECT {TASK} FROM UJ_TaskInstances WHERE State = $1 ORDER BY Id");
        self.link.all(&sql, &[InstanceState::InProgress.word().into()], task)
    }

    /// Task instances that wait to be taken.
    ///
    /// # Errors
    /// Those of the database.
    pub fn ready_tasks(&mut self) -> Result<Vec<TaskInstance>, StoreError> {
        let sql = format!(
            "SELECT {TASK} FROM UJ_TaskInstances WHERE State = $1 AND ReadyAt IS NOT NULL ORDER BY ReadyAt, Id"
        );
        self.link.all(&sql, &[InstanceState::NotStarted.word().into()], task)
    }
}

impl WriteTx {
    /// Takes the task that has been ready the longest. Its job is in progress from then on.
    ///
    /// # Errors
    /// Those of the database.
    pub fn claim_task(&mut self, claim: &Claim) -> Result<Option<TaskInstance>, StoreError> {
        let (conditions, args) = claim.conditions();
        let sql = format!(
            "SELECT t.Id FROM UJ_TaskInstances t WHERE {conditions} ORDER BY t.ReadyAt, t.Id LIMIT 1{}",
            self.link.dialect().skip_locked()
        );
        let Some(id) = self.link.first(&sql, &args, |row| row.i64(0))? else {
            return Ok(None);
        };
        let sql = format!(
            "UPDATE UJ_TaskInstances SET State = $1, Lease = $2, LeaseOwner = $3, LeaseUntil = $4, \
             StartedAt = COALESCE(StartedAt, $5), Attempts = Attempts + 1, IsConfirmed = $6 WHERE Id = $7 RETURNING {TASK}"
        );
        let args = [
            InstanceState::InProgress.word().into(),
            (&claim.lease).into(),
            (&claim.owner).into(),
            claim.until.into(),
            claim.now_micros.into(),
            i64::from(!claim.is_handed_out).into(),
            id.into(),
        ];
        let taken = self.link.first(&sql, &args, task)?;
        if let Some(taken) = &taken {
            self.link.execute(
                "UPDATE UJ_JobInstances SET State = $1, StartedAt = COALESCE(StartedAt, $2) WHERE Id = $3",
                &[InstanceState::InProgress.word().into(), claim.now_micros.into(), taken.job_instance.into()],
            )?;
        }
        Ok(taken)
    }

    /// Holds a task for longer, and notes that it arrived, and how far it is. Tells whether the lease was still that of the task.
    ///
    /// # Errors
    /// Those of the database.
    pub fn renew_lease(
        &mut self,
        id: i64,
        lease: &str,
        until: i64,
        progress: Option<&str>,
    ) -> Result<bool, StoreError> {
        let renewed = self.link.execute(
            "UPDATE UJ_TaskInstances SET LeaseUntil = $1, Progress = COALESCE($2, Progress), IsConfirmed = 1 \
             WHERE Id = $3 AND Lease = $4 AND State = $5",
            &[until.into(), progress.into(), id.into(), lease.into(), InstanceState::InProgress.word().into()],
        )?;
        Ok(renewed > 0)
    }

    /// Notes the session that a task has put into the queue of its connector. Tells whether the lease was still that of
    /// the task: whoever has lost it must not queue anything.
    ///
    /// # Errors
    /// Those of the database.
    pub fn note_session(&mut self, lease: &str, session: &str) -> Result<bool, StoreError> {
        let noted = self.link.execute(
            "UPDATE UJ_TaskInstances SET Session_Id = $1 WHERE Lease = $2 AND State = $3",
            &[session.into(), lease.into(), InstanceState::InProgress.word().into()],
        )?;
        Ok(noted > 0)
    }

    /// Ends a task, if the lease is still that of the task.
    ///
    /// # Errors
    /// Those of the database.
    pub fn finish_task(
        &mut self,
        id: i64,
        lease: &str,
        finished: &Finished,
        now_micros: i64,
    ) -> Result<Ending, StoreError> {
        let ended = self.link.execute(
            "UPDATE UJ_TaskInstances SET State = $1, Produced = $2, Summary = $3, Error = $4, ChangeSetHash = $5, \
             EndedAt = $6, LeaseUntil = 0 WHERE Id = $7 AND Lease = $8 AND State = $9",
            &[
                finished.state.word().into(),
                i64::from(finished.produced).into(),
                finished.summary.as_deref().into(),
                finished.error.as_deref().into(),
                finished.change_set.as_deref().into(),
                now_micros.into(),
                id.into(),
                lease.into(),
                InstanceState::InProgress.word().into(),
            ],
        )?;
        if ended > 0 {
            return Ok(Ending::Done);
        }
        let found = self.task_instance(id)?;
        let same = found.is_some_and(|t| t.lease.as_deref() == Some(lease) && t.state == finished.state);
        Ok(if same { Ending::Repeated } else { Ending::LeaseLost })
    }
}
