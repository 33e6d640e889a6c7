//! When a task may start, given how the tasks went that it depends on.

use super::state::InstanceState;
use super::types::Task;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a task went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Its state.
    pub state: InstanceState,
    /// It had something to process: rows exported, changes applied, orders made.
    pub produced: bool,
}

/// Whether a task is launched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// It is.
    Start,
    /// It is not, for this reason.
    Skip(SkipReason),
}

/// Why a task is not launched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum SkipReason {
    /// This task, which it depends on, did not end well.
    ParentFailed { parent: String, state: InstanceState },
    /// None of the tasks that it depends on had anything to process.
    NothingProduced { parents: Vec<String> },
}

/// Whether a task may start, given the outcomes of the tasks that it depends on; `outcome` gives none for a task that
/// is not in this job.
///
/// It is skipped when one of them ended in error, in warning, blocked or cancelled, or still runs. It is skipped, too,
/// when *none* of them produced something: each was skipped itself, was not started, or had nothing to process. One that
/// produced something is enough, so that a connector without changes holds up nobody else. Because skipped tasks produce
/// nothing, what depends on them is skipped in its turn; unrelated tasks are not.
pub fn may_start(task: &Task, outcome: impl Fn(&str) -> Option<Outcome>) -> Decision {
    let mut produced = task.depends_on.is_empty();
    for parent in &task.depends_on {
        let Outcome { state, produced: something } = outcome(parent).unwrap_or_default();
        match state {
            InstanceState::Completed => produced |= something,
            InstanceState::NotStarted | InstanceState::Skipped => {}
            InstanceState::InProgress
            | InstanceState::Warning
            | InstanceState::Errored
            | InstanceState::Blocked
            | InstanceState::Cancelled => {
                return Decision::Skip(SkipReason::ParentFailed { parent: parent.clone(), state });
            }
        }
    }
    if produced {
        return Decision::Start;
    }
    Decision::Skip(SkipReason::NothingProduced { parents: task.depends_on.clone() })
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SkipReason::ParentFailed { parent, state } => {
                let how = match state {
                    InstanceState::InProgress => "has not ended",
                    InstanceState::Blocked => "is blocked",
                    InstanceState::Cancelled => "was cancelled",
                    InstanceState::Warning => "ended in warning",
                    _ => "ended in error",
                };
                write!(f, "skipped: {parent}, which it depends on, {how}")
            }
            SkipReason::NothingProduced { parents } => {
                write!(f, "skipped: there was nothing to process ({})", parents.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use InstanceState::*;

    fn decide(parents: &[(&str, InstanceState, bool)]) -> Decision {
        let depends_on = parents.iter().map(|(name, _, _)| (*name).to_owned()).collect();
        let task = Task { depends_on, ..Task::default() };
        may_start(&task, |name| {
            let (_, state, produced) = parents.iter().find(|(parent, _, _)| *parent == name)?;
            Some(Outcome { state: *state, produced: *produced })
        })
    }

    #[test]
    fn a_task_starts_when_its_parents_ended_well_and_produced_something() {
        assert_eq!(decide(&[]), Decision::Start);
        assert_eq!(decide(&[("a", Completed, true)]), Decision::Start);
        assert_eq!(decide(&[("a", Completed, true), ("b", Completed, false)]), Decision::Start);
        assert_eq!(decide(&[("a", Skipped, false), ("b", Completed, true)]), Decision::Start);
        for state in [NotStarted, Skipped, Completed] {
            let nothing = SkipReason::NothingProduced { parents: vec!["a".to_owned()] };
            assert_eq!(decide(&[("a", state, false)]), Decision::Skip(nothing), "{state:?}");
        }
        for state in [InProgress, Warning, Errored, Blocked, Cancelled] {
            let failed = SkipReason::ParentFailed { parent: "a".to_owned(), state };
            assert_eq!(decide(&[("b", Completed, true), ("a", state, true)]), Decision::Skip(failed), "{state:?}");
        }
    }

    #[test]
    fn skipping_goes_down_the_chain_and_no_further() {
        // export → prepare → synchronise for two connectors, then the flag, which depends on both, then a dirty task.
        let task = |depends_on: &[&str]| Task {
            depends_on: depends_on.iter().map(|name| (*name).to_owned()).collect(),
            ..Task::default()
        };
        let tasks = [
            ("prepare1", task(&["export1"])),
            ("prepare2", task(&["export2"])),
            ("synchronise1", task(&["prepare1"])),
            ("synchronise2", task(&["prepare2"])),
            ("flag", task(&["synchronise1", "synchronise2"])),
            ("dirty", task(&["flag"])),
            ("other", task(&[])),
        ];
        let run = |export1: Outcome, export2: Outcome| {
            let mut outcomes = vec![("export1", export1), ("export2", export2)];
            for (name, task) in &tasks {
                let find = |parent: &str| outcomes.iter().find(|(known, _)| *known == parent).map(|(_, o)| *o);
                let started = may_start(task, find) == Decision::Start;
                let state = if started { Completed } else { Skipped };
                outcomes.push((name, Outcome { state, produced: started }));
            }
            let started = outcomes.iter().skip(2).filter(|(_, outcome)| outcome.produced);
            started.map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
        };
        let (good, empty) =
            (Outcome { state: Completed, produced: true }, Outcome { state: Completed, produced: false });
        let warned = Outcome { state: Warning, produced: true };
        assert_eq!(run(good, good), "prepare1 prepare2 synchronise1 synchronise2 flag dirty other");
        assert_eq!(run(warned, good), "prepare2 synchronise2 flag dirty other");
        assert_eq!(run(empty, warned), "other");
    }
}
