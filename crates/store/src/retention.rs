//! What is forgotten: sessions that are over, old runs with their findings, and versions that nobody asks for any more.
//! The journal is never among it.

use crate::batch::in_batches;
use crate::changes::RunId;
use crate::error::StoreError;
use crate::schema::index_of_slot;
use crate::sessions::SessionState;
use crate::tx::{ReadTx, WriteTx};
use crate::value::Arg;
use provost_model::Slot;

/// A session that may be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastSession {
    /// GUID, the name of its folder.
    pub id: String,
    run: Option<RunId>,
}

/// Versions in history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoryCounts {
    /// Versions of resources that ended.
    pub resources: u64,
    /// Links that ended.
    pub links: u64,
}

/// 0001-01-01 in microseconds since 1970, UTC.
const FIRST_INSTANT: i64 = -62_135_596_800_000_000;
/// Tables of history, all with `ValidTo`.
const HISTORY: [&str; 2] = ["UR_ResourcesHistory", "UR_ResourceLinksHistory"];

/// A run whose change tables are still there, for the step that sets dirty flags. `{run}` is its id.
const STAGED: &str = "EXISTS (SELECT 1 FROM UR_ResourceChanges c WHERE c.Run_Id = {run}) \
                      OR EXISTS (SELECT 1 FROM UR_ResourceLinkChanges c WHERE c.Run_Id = {run})";

impl ReadTx {
    /// Sessions of a connector that are over, without the newest `keep` of them. Sessions that wait or are blocked are
    /// not over, nor are applied ones whose changes were kept for a later step.
    ///
    /// # Errors
    /// Those of the database.
    pub fn past_sessions(&mut self, connector: &str, keep: u32) -> Result<Vec<PastSession>, StoreError> {
        let sql = format!(
            "SELECT s.Id, s.Run_Id FROM UJ_SynchronizationSessions s WHERE s.Connector = $1 AND (s.State IN ($2, $3) \
             OR s.State = $4 AND NOT ({})) ORDER BY s.Sequence DESC LIMIT $5 OFFSET $6",
            STAGED.replace("{run}", "s.Run_Id")
        );
        let [cancelled, failed, applied] =
            [SessionState::Cancelled, SessionState::Failed, SessionState::Applied].map(|state| Arg::Text(state.word()));
        let most = Arg::Int(i64::MAX);
        self.link.all(&sql, &[connector.into(), cancelled, failed, applied, most, i64::from(keep).into()], |row| {
            Ok(PastSession { id: row.string(0)?, run: row.int(1)?.map(RunId) })
        })
    }

    /// Versions and links that ended before an instant.
    ///
    /// # Errors
    /// Those of the database.
    pub fn history_before(&mut self, micros: i64) -> Result<HistoryCounts, StoreError> {
        let [resources, links] = HISTORY.map(|table| {
            self.link.count(&format!("SELECT COUNT(*) FROM {table} WHERE ValidTo < $1"), &[micros.into()])
        });
        Ok(HistoryCounts { resources: resources?, links: links? })
    }
}

impl WriteTx {
    /// Forgets these sessions, and what a change set that was never applied has left.
    ///
    /// # Errors
    /// Those of the database.
    pub fn forget_sessions(&mut self, sessions: &[PastSession]) -> Result<(), StoreError> {
        for run in sessions.iter().filter_map(|session| session.run) {
            self.clear_changes(run)?;
        }
        let ids: Vec<&str> = sessions.iter().map(|session| session.id.as_str()).collect();
        in_batches(&ids, |batch, list| {
            let args: Vec<Arg<'_>> = batch.iter().map(|id| Arg::Text(id)).collect();
            let sql = format!("DELETE FROM UJ_SynchronizationSessions WHERE Id IN ({})", list(1));
            self.link.execute(&sql, &args).map(|_| ())
        })?;
        self.count("sessionsForgotten", sessions.len() as u64);
        Ok(())
    }

    /// Forgets runs from before an instant with their findings, unless a session remembers them or their changes are
    /// still there.
    ///
    /// # Errors
    /// Those of the database.
    pub fn forget_runs(&mut self, before_micros: i64) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT r.Id FROM UJ_Runs r WHERE r.CreatedAt < $1 AND NOT EXISTS \
             (SELECT 1 FROM UJ_SynchronizationSessions s WHERE s.Run_Id = r.Id) AND NOT ({})",
            STAGED.replace("{run}", "r.Id")
        );
        let runs = self.link.all(&sql, &[before_micros.into()], |row| row.i64(0))?;
        let mut findings = 0;
        in_batches(&runs, |batch, list| {
            let args: Vec<Arg<'_>> = batch.iter().map(|id| Arg::Int(*id)).collect();
            findings += self.link.execute(&format!("DELETE FROM UJ_Problems WHERE Run_Id IN ({})", list(1)), &args)?;
            self.link.execute(&format!("DELETE FROM UJ_Runs WHERE Id IN ({})", list(1)), &args).map(|_| ())
        })?;
        self.count("runsForgotten", runs.len() as u64);
        self.count("findingsForgotten", findings);
        Ok(())
    }

    /// Lets the first version of each resource begin at the first instant that can be named, 0001-01-01. Tells how many
    /// began later.
    ///
    /// # Errors
    /// Those of the database.
    pub fn reset_valid_from(&mut self) -> Result<u64, StoreError> {
        let first = [FIRST_INSTANT.into()];
        let past = self.link.execute(
            "UPDATE UR_ResourcesHistory SET ValidFrom = $1 WHERE ValidFrom > $1 AND NOT EXISTS (SELECT 1 FROM \
             UR_ResourcesHistory h WHERE h.Id = UR_ResourcesHistory.Id AND h.ValidTo < UR_ResourcesHistory.ValidTo)",
            &first,
        )?;
        let present = self.link.execute(
            "UPDATE UR_Resources SET ValidFrom = $1 WHERE ValidFrom > $1 AND NOT EXISTS (SELECT 1 FROM \
             UR_ResourcesHistory h WHERE h.Id = UR_Resources.Id)",
            &first,
        )?;
        self.count("versionsExtended", past + present);
        Ok(past + present)
    }

    /// Makes sure that the indexes are there which the deployed properties need: those over links to one resource.
    /// Tells how many there are.
    ///
    /// # Errors
    /// Those of the database.
    pub fn ensure_indexes(&mut self) -> Result<usize, StoreError> {
        let columns =
            self.link.all("SELECT TargetColumnIndex FROM UM_ResourceColumns ORDER BY 1", &[], |row| row.i64(0))?;
        let links = columns.into_iter().filter_map(Slot::new).filter(|slot| slot.is_navigation());
        let statements: Vec<String> = links.map(|slot| index_of_slot(slot, "IF NOT EXISTS ")).collect();
        self.link.batch(&statements.concat())?;
        Ok(statements.len())
    }

    /// Forgets versions and links that ended before an instant, and the contents of files that nothing names any more.
    /// What holds now is not touched.
    ///
    /// # Errors
    /// Those of the database.
    pub fn purge_history(&mut self, before_micros: i64) -> Result<HistoryCounts, StoreError> {
        let [resources, links] = HISTORY.map(|table| {
            self.link.execute(&format!("DELETE FROM {table} WHERE ValidTo < $1"), &[before_micros.into()])
        });
        let purged = HistoryCounts { resources: resources?, links: links? };
        self.count("versionsPurged", purged.resources);
        self.count("linkVersionsPurged", purged.links);
        self.forget_resource_files()?;
        Ok(purged)
    }
}
