//! How far the schedule of each job was followed.

use crate::error::StoreError;
use crate::tx::{ReadTx, WriteTx};

/// How far the schedule of a job was followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobSchedule {
    /// Identifier of the job.
    pub job: String,
    /// Cron expression that it was followed with.
    pub cron: String,
    /// Everything up to this instant is settled: microseconds since 1970, UTC.
    pub last_instant: i64,
    /// The last instant at which the job was not started.
    pub not_started_at: Option<i64>,
    /// Why.
    pub not_started_reason: Option<String>,
}

impl ReadTx {
    /// How far the schedules were followed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn job_schedules(&mut self) -> Result<Vec<JobSchedule>, StoreError> {
        self.link.all(
            "SELECT Job, Cron, LastInstant, NotStartedAt, NotStartedReason FROM UJ_JobSchedules ORDER BY Job",
            &[],
            |row| {
                Ok(JobSchedule {
                    job: row.string(0)?,
                    cron: row.string(1)?,
                    last_instant: row.i64(2)?,
                    not_started_at: row.int(3)?,
                    not_started_reason: row.optional(4)?,
                })
            },
        )
    }
}

impl WriteTx {
    /// Follows a schedule from this instant on; nothing before it is made up for.
    ///
    /// # Errors
    /// Those of the database.
    pub fn begin_schedule(&mut self, job: &str, cron: &str, from: i64) -> Result<(), StoreError> {
        self.link.execute(
            "INSERT INTO UJ_JobSchedules (Job, Cron, LastInstant) VALUES ($1, $2, $3) \
             ON CONFLICT (Job) DO UPDATE SET Cron = excluded.Cron, LastInstant = excluded.LastInstant",
            &[job.into(), cron.into(), from.into()],
        )?;
        Ok(())
    }

    /// Settles a schedule up to an instant; tells whether nobody else did before.
    ///
    /// # Errors
    /// Those of the database.
    pub fn claim_instant(&mut self, job: &str, seen: i64, until: i64) -> Result<bool, StoreError> {
        let claimed = self.link.execute(
            "UPDATE UJ_JobSchedules SET LastInstant = $1, NotStartedAt = NULL, NotStartedReason = NULL \
             WHERE Job = $2 AND LastInstant = $3",
            &[until.into(), job.into(), seen.into()],
        )?;
        Ok(claimed > 0)
    }

    /// Notes why a job was not started at an instant of its schedule.
    ///
    /// # Errors
    /// Those of the database.
    pub fn not_started(&mut self, job: &str, instant: i64, reason: &str) -> Result<(), StoreError> {
        self.link.execute(
            "UPDATE UJ_JobSchedules SET NotStartedAt = $1, NotStartedReason = $2 WHERE Job = $3",
            &[instant.into(), reason.into(), job.into()],
        )?;
        Ok(())
    }
}
