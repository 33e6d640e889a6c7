//! The repository, and what its books say of jobs, agents and connectors.

use super::{Finding, span};
use crate::settings::Settings;
use provost_store::{Inspection, ReadTx, Store, StoreError};

/// Clocks may differ by this much.
pub(super) const CLOSE: i64 = 5_000_000;
/// Time after which nobody can be working on a task any more, or should have taken it.
const OVERDUE: i64 = 10 * 60 * 1_000_000;

pub(super) fn examine(settings: &Settings, now: i64, found: &mut Vec<Finding>) {
    if let Some(file) = settings.database_file().filter(|file| !file.exists()) {
        let detail = format!("the repository {} does not exist", file.display());
        if settings.serving.application_uri.is_some() && settings.calling.client.is_some() {
            let advice = "nothing to do in the home of an agent; in that of a server: provost restore, or provost init";
            found.push(Finding::warning("database", detail, advice));
            return;
        }
        let advice = "bring the file back (provost restore), or make one: provost init, provost deploy-configuration";
        found.push(Finding::error("database", detail, advice));
        return;
    }
    let inspection = match Store::inspect(&settings.database()) {
        Ok(inspection) => inspection,
        Err(error) => {
            found.push(Finding::error("database", error.to_string(), error.remedy()));
            return;
        }
    };
    let is_current = version(&inspection, found);
    integrity(&inspection, found);
    if let Some(clock) = inspection.clock {
        found.push(clocks("database clock", clock - now));
    }
    if is_current && inspection.damage.is_empty() {
        let looked = Store::open(&settings.database()).and_then(|store| store.read(|tx| books(tx, now, found)));
        if let Err(error) = looked {
            found.push(Finding::error("database", error.to_string(), error.remedy()));
        }
    }
}

/// Whether the schema is the one of this program.
fn version(inspection: &Inspection, found: &mut Vec<Finding>) -> bool {
    let Inspection { name, version, known, database, .. } = inspection;
    let detail = format!("{name}, schema version {version} of {known}, database version {database}");
    let finding = match version {
        0 => Finding::warning("database", format!("{name} has no tables yet"), "deploy a configuration, or restore"),
        _ if version < known => {
            Finding::warning("database", detail, "take a backup; the next command that opens it brings it up to date")
        }
        _ if version > known => Finding::error("database", detail, "run the newer program that wrote it"),
        _ => Finding::ok("database", detail),
    };
    found.push(finding);
    version == known
}

fn integrity(inspection: &Inspection, found: &mut Vec<Finding>) {
    if inspection.damage.is_empty() {
        found.push(Finding::ok("integrity", "no damage found"));
    }
    for damage in &inspection.damage {
        let advice = "stop the server, keep a copy of the database, and restore the last backup";
        found.push(Finding::error("integrity", damage.clone(), advice));
    }
}

/// `ahead`: by how many microseconds another clock is before the one of this machine.
pub(super) fn clocks(check: &'static str, ahead: i64) -> Finding {
    if ahead.abs() <= CLOSE {
        return Finding::ok(check, "agrees with the clock of this machine");
    }
    let detail =
        format!("is {} {} the clock of this machine", span(ahead), if ahead > 0 { "ahead of" } else { "behind" });
    let advice = "set both by the same time service (NTP): leases, tokens and history depend on it";
    match ahead.abs() {
        ..60_000_000 => Finding::warning(check, detail, advice),
        _ => Finding::error(check, detail, advice),
    }
}

fn books(tx: &mut ReadTx, now: i64, found: &mut Vec<Finding>) -> Result<(), StoreError> {
    for agent in tx.seen_agents()? {
        let silence = now - agent.last_seen_at;
        let detail = format!("agent {} ({}) was seen {} ago", agent.identifier, agent.version, span(silence));
        found.push(match silence > OVERDUE {
            true => Finding::warning("agents", detail, "start it, or run provost doctor in its home"),
            false => Finding::ok("agents", detail),
        });
    }
    let before = found.len();
    for task in tx.running_tasks()?.iter().filter(|task| now - task.lease_until > OVERDUE) {
        let detail = format!("nobody works on task {} (instance {}) any more", task.task, task.id);
        found.push(Finding::warning("jobs", detail, "start the server: it takes the task over or ends it"));
    }
    for task in tx.ready_tasks()? {
        let waited = now - task.ready_at.unwrap_or(now);
        if waited > OVERDUE {
            let who = task.agent.map_or_else(|| "the server".to_owned(), |agent| format!("agent {agent}"));
            let detail = format!("task {} (instance {}) waits for {who} since {}", task.task, task.id, span(waited));
            found.push(Finding::warning("jobs", detail, format!("start {who}, or cancel the job: provost job cancel")));
        }
    }
    if found.len() == before {
        found.push(Finding::ok("jobs", "none is stuck"));
    }
    let before = found.len();
    for state in tx.connector_states()? {
        if let Some(since) = state.blocked_since {
            let name = &state.connector;
            let detail = format!("connector {name} is blocked since {}: a threshold was exceeded", span(now - since));
            let advice = format!(
                "look at the changes and decide: provost synchronization-validation --connector {name}; or correct the \
                 source and run it in complete mode"
            );
            found.push(Finding::warning("connectors", detail, advice));
        }
        if state.is_deactivated == Some(true) {
            let detail = format!("connector {} was switched off by hand", state.connector);
            found.push(Finding::warning("connectors", detail, "switch it on again when its reason is gone"));
        }
    }
    if found.len() == before {
        found.push(Finding::ok("connectors", "none is blocked"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn clocks_that_differ_are_told_by_how_much() {
        assert_eq!(clocks("c", -4_000_000).state, State::Ok);
        let ahead = clocks("c", 30_000_000);
        assert_eq!(
            (ahead.state, ahead.detail.as_str()),
            (State::Warning, "is 30 seconds ahead of the clock of this machine")
        );
        let behind = clocks("c", -3_600_000_000);
        assert_eq!(
            (behind.state, behind.detail.as_str()),
            (State::Error, "is 60 minutes behind the clock of this machine")
        );
    }
}
