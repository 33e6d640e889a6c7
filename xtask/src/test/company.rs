//! The company of `examples/company` walks the road with the real program, in complete and in incremental mode. Every
//! counter must be the one that the generator of the files worked out.

use super::examples::{build, provost};
use crate::home::{self, Home};
use crate::shell::{self, Doing, Failure};
use serde_json::Value;

/// Later generations, in order.
const LATER: [&str; 3] = ["generation-2", "generation-3", "generation-4"];

pub(super) fn check() -> Result<(), Failure> {
    build()?;
    let text = std::fs::read_to_string(home::example("expected.json")).doing("read expected.json")?;
    let expected: Value = serde_json::from_str(&text).doing("read expected.json")?;
    let differences = [walk(&expected, "complete")?, walk(&expected, "incremental")?].concat();
    if differences.is_empty() {
        println!("company: four generations and a faulty one, in two modes, as expected");
        return Ok(());
    }
    Err(Failure::new(format!("counters differ:\n  {}", differences.join("\n  "))))
}

/// One home through all generations; gives what differs.
fn walk(expected: &Value, mode: &str) -> Result<Vec<String>, Failure> {
    let road = Road::prepare(mode)?;
    let mut differences = Vec::new();
    let mut compare = |generation: &str, summary: &Value, expected_state: &str| {
        let place = format!("{mode} {generation} {}", summary["connector"].as_str().unwrap_or_default());
        differences.extend(state_difference(summary, expected_state).map(|what| format!("{place}: {what}")));
        let counters = differences_of(&expected[generation], summary);
        differences.extend(counters.into_iter().map(|what| format!("{place}: {what}")));
    };
    road.home.deliver("generation-1")?;
    compare("generation-1", &road.sync_up("AD", "initial")?, "Warning");
    let blocked = road.sync_up("HR", "complete")?;
    compare("generation-1", &blocked, "Blocked");
    compare("generation-1", &road.approve("HR", &blocked)?, "Warning");
    for generation in LATER {
        road.home.deliver(generation)?;
        compare(generation, &road.sync_up("HR", mode)?, "Warning");
        compare(generation, &road.sync_up("AD", mode)?, "Warning");
    }
    road.home.deliver("faulty")?;
    let blocked = road.sync_up("HR", mode)?;
    compare("faulty", &blocked, "Blocked");
    differences.extend(cause_difference(&blocked, "columns-swapped"));
    Ok(differences)
}

/// A home with the example's configuration, under way.
struct Road {
    home: Home,
    folder: String,
}

impl Road {
    fn prepare(mode: &str) -> Result<Road, Failure> {
        let folder = format!("target/xtask/company-{mode}");
        let road = Road { home: Home::fresh(shell::root().join(&folder))?, folder };
        shell::output(provost().args(["init", &road.folder]))?;
        road.home.configure()?;
        let conf = format!("{}/Conf", road.folder);
        shell::output(provost().args(["--home", &road.folder, "deploy-configuration", "-d", &conf]))?;
        Ok(road)
    }

    fn sync_up(&self, connector: &str, mode: &str) -> Result<Value, Failure> {
        self.summary(&["sync-up", "--connector", connector, "--mode", mode])
    }

    /// Approves the change set of a blocked run.
    fn approve(&self, connector: &str, blocked: &Value) -> Result<Value, Failure> {
        let hash = blocked["changeSet"]["hash"].as_str().unwrap_or_default();
        self.summary(&[
            "synchronization-validation",
            "--connector",
            connector,
            "--change-set",
            hash,
            "--reason",
            "test",
        ])
    }

    /// Runs a step and reads its line of JSON, whatever its exit code.
    fn summary(&self, words: &[&str]) -> Result<Value, Failure> {
        let mut command = provost();
        command.args(["--home", &self.folder, "--log-level", "Warning"]).args(words).args(["--format", "json"]);
        let output = command.output().doing("run the program")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().last().unwrap_or_default();
        serde_json::from_str(line).map_err(|error| {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            Failure::new(format!("`provost {}` printed no line of JSON ({error}); it said:\n{said}", words.join(" ")))
        })
    }
}

fn state_difference(summary: &Value, expected: &str) -> Option<String> {
    let state = summary["state"].as_str().unwrap_or_default();
    let error = summary["error"]["message"].as_str().unwrap_or_default();
    (state != expected).then(|| format!("state {state}, expected {expected} {error}").trim_end().to_owned())
}

fn cause_difference(summary: &Value, code: &str) -> Option<String> {
    let causes = summary["causes"].as_array().cloned().unwrap_or_default();
    let codes: Vec<&str> = causes.iter().filter_map(|cause| cause["code"].as_str()).collect();
    (!codes.contains(&code)).then(|| format!("causes {codes:?}, expected {code} among them"))
}

/// Counters of the summary's connector that are not as expected. Identifiers begin with that of their connector.
fn differences_of(expected: &Value, summary: &Value) -> Vec<String> {
    let prefix = format!("{}_", summary["connector"].as_str().unwrap_or_default());
    let mut found = Vec::new();
    for kind in ["entityTypes", "associations"] {
        let expected = expected[kind].as_object().into_iter().flatten();
        for (name, counters) in expected.filter(|(name, _)| name.starts_with(&prefix)) {
            for (member, count) in counters.as_object().into_iter().flatten() {
                let actual = &summary[kind][name][member];
                if actual != count {
                    found.push(format!("{name}.{member} is {actual}, expected {count}"));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod unit {
    use super::*;
    use serde_json::json;

    #[test]
    fn wrong_counters_states_and_causes_are_found() {
        let expected =
            json!({"entityTypes": {"A_1": {"rows": 1}, "B_1": {"rows": 9}}, "associations": {"A_2": {"rows": 2}}});
        let good = json!({"connector": "A", "entityTypes": {"A_1": {"rows": 1, "more": 7}}, "associations": {"A_2": {"rows": 2}}});
        assert!(differences_of(&expected, &good).is_empty());
        let bad = json!({"connector": "A", "entityTypes": {"A_1": {"rows": 2}}, "state": "Errored", "error": {"message": "no disk"}});
        assert_eq!(differences_of(&expected, &bad), ["A_1.rows is 2, expected 1", "A_2.rows is null, expected 2"]);
        assert_eq!(state_difference(&bad, "Warning").unwrap(), "state Errored, expected Warning no disk");
        assert!(cause_difference(&json!({"causes": [{"code": "x"}]}), "x").is_none());
        assert!(cause_difference(&bad, "x").is_some());
    }
}
