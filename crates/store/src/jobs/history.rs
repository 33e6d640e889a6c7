//! Past and present executions, the newest first.

use super::rows::{JOB, JobInstance, job};
use crate::error::StoreError;
use crate::tx::{ReadTx, WriteTx};
use crate::value::Arg;
use provost_model::work::InstanceState;

/// Which executions to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Of this job only.
    pub job: Option<String>,
    /// With a task of this connector only.
    pub connector: Option<String>,
    /// In this state only.
    pub state: Option<InstanceState>,
    /// Older than this instance.
    pub before: Option<i64>,
}

impl ReadTx {
    /// A page of job instances, the newest first. The next page is what is `before` the last one.
    ///
    /// # Errors
    /// Those of the database.
    pub fn job_instances(&mut self, filter: &HistoryFilter, limit: usize) -> Result<Vec<JobInstance>, StoreError> {
        let mut args: Vec<Arg<'_>> = vec![filter.before.unwrap_or(i64::MAX).into()];
        let mut sql = format!("SELECT {JOB} FROM UJ_JobInstances WHERE Id < $1");
        if let Some(job) = &filter.job {
            args.push(job.into());
            sql.push_str(&format!(" AND Job = ${}", args.len()));
        }
        if let Some(connector) = &filter.connector {
            args.push(connector.into());
            sql.push_str(&format!(
                " AND EXISTS (SELECT 1 FROM UJ_TaskInstances t WHERE t.JobInstance_Id = UJ_JobInstances.Id \
                 AND t.Connector = ${})",
                args.len()
            ));
        }
        if let Some(state) = filter.state {
            args.push(state.word().into());
            sql.push_str(&format!(" AND State = ${}", args.len()));
        }
        args.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
        sql.push_str(&format!(" ORDER BY Id DESC LIMIT ${}", args.len()));
        self.link.all(&sql, &args, job)
    }
}

impl WriteTx {
    /// Removes job instances that ended before an instant, with their tasks; tells their ids.
    ///
    /// # Errors
    /// Those of the database.
    pub fn forget_job_instances(&mut self, ended_before: i64) -> Result<Vec<i64>, StoreError> {
        let old = self.link.all(
            "SELECT Id FROM UJ_JobInstances WHERE EndedAt < $1 AND State <> $2 ORDER BY Id",
            &[ended_before.into(), InstanceState::Blocked.word().into()],
            |row| row.i64(0),
        )?;
        for id in &old {
            self.link.execute("DELETE FROM UJ_TaskInstances WHERE JobInstance_Id = $1", &[(*id).into()])?;
            self.link.execute("DELETE FROM UJ_JobInstances WHERE Id = $1", &[(*id).into()])?;
        }
        Ok(old)
    }
}
