//! What another configuration means for jobs, those that scaffoldings make included.

use super::types::{Job, JobStep};
use crate::configuration::plan::Sign;
use std::fmt;

/// One job that changes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobChange {
    /// What happens to it.
    pub sign: Sign,
    /// Identifier of the job.
    pub job: String,
    /// Tasks that it has from now on; all of them, for a job that is new.
    pub added: Vec<String>,
    /// Tasks that differ: attributes, dependencies or level.
    pub changed: Vec<String>,
    /// Tasks that it has no longer; all of them, for a job that goes.
    pub removed: Vec<String>,
}

/// Jobs that differ, in the order of their identifiers.
pub fn job_changes(before: &[Job], after: &[Job]) -> Vec<JobChange> {
    let mut found = Vec::new();
    for new in after {
        match before.iter().find(|old| old.identifier == new.identifier) {
            Some(old) if old == new => {}
            Some(old) => found.push(changed(old, new)),
            None => found.push(JobChange { added: names(&new.steps), ..JobChange::of(Sign::Added, new) }),
        }
    }
    for old in before.iter().filter(|old| after.iter().all(|new| new.identifier != old.identifier)) {
        found.push(JobChange { removed: names(&old.steps), ..JobChange::of(Sign::Removed, old) });
    }
    found.sort_by(|a, b| a.job.cmp(&b.job));
    found
}

fn names(steps: &[JobStep]) -> Vec<String> {
    steps.iter().map(|step| step.task.identifier.clone()).collect()
}

fn changed(old: &Job, new: &Job) -> JobChange {
    let mut change = JobChange::of(Sign::Changed, new);
    let find = |steps: &'_ [JobStep], step: &JobStep| {
        steps.iter().position(|other| other.task.identifier == step.task.identifier)
    };
    for step in &new.steps {
        match find(&old.steps, step) {
            None => change.added.push(step.task.identifier.clone()),
            Some(at) if old.steps[at] != *step => change.changed.push(step.task.identifier.clone()),
            Some(_) => {}
        }
    }
    let gone = old.steps.iter().filter(|step| find(&new.steps, step).is_none());
    change.removed = gone.map(|step| step.task.identifier.clone()).collect();
    change
}

impl JobChange {
    fn of(sign: Sign, job: &Job) -> JobChange {
        JobChange { sign, job: job.identifier.clone(), added: Vec::new(), changed: Vec::new(), removed: Vec::new() }
    }
}

impl fmt::Display for JobChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sign.symbol(), self.job)?;
        if self.sign != Sign::Changed {
            let count = self.added.len() + self.removed.len();
            return write!(f, ": {count} task{}", if count == 1 { "" } else { "s" });
        }
        let parts = [('+', &self.added), ('~', &self.changed), ('-', &self.removed)];
        let parts = parts.iter().flat_map(|(sign, names)| names.iter().map(move |name| format!("{sign} {name}")));
        let parts: Vec<String> = parts.collect();
        if parts.is_empty() { Ok(()) } else { write!(f, ": {}", parts.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::jobs::Task;

    fn job(name: &str, steps: &[(&str, i32)]) -> Job {
        let step = |(name, level): &(&str, i32)| JobStep {
            task: Task { identifier: (*name).to_owned(), ..Task::default() },
            level: *level,
        };
        Job { identifier: name.to_owned(), steps: steps.iter().map(step).collect(), ..Job::default() }
    }

    #[test]
    fn each_job_that_differs_is_one_line() {
        let before =
            [job("same", &[("a", 0)]), job("gone", &[("a", 0)]), job("other", &[("a", 0), ("b", 1), ("c", 2)])];
        let later = Job { user_start_denied: true, ..job("denied", &[]) };
        let after = [
            later,
            job("same", &[("a", 0)]),
            job("new", &[("x", 0), ("y", 1)]),
            job("other", &[("a", 0), ("d", 1), ("c", 3)]),
        ];
        let before = [before.as_slice(), &[job("denied", &[])]].concat();
        let lines: Vec<String> = job_changes(&before, &after).iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["~ denied", "- gone: 1 task", "+ new: 2 tasks", "~ other: + d, ~ c, - b"]);
        assert_eq!(job_changes(&after, &after), []);
    }
}
