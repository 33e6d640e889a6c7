//! A repository that keeps every state that it ever had. It knows nothing of tables.

use std::collections::{BTreeMap, BTreeSet};

/// A resource as a test sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NaiveResource {
    pub(crate) is_person: bool,
    /// Key first.
    pub(crate) values: Vec<Option<String>>,
    /// For a person: the department it works in.
    pub(crate) works_in: Option<i64>,
    pub(crate) valid_from: i64,
}

/// A link with its time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NaiveLink {
    pub(crate) person: i64,
    pub(crate) department: i64,
}

/// One state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) resources: BTreeMap<i64, NaiveResource>,
    pub(crate) heads: BTreeSet<NaiveLink>,
}

/// What happens to the repository in one run.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Insert a person or a department.
    Insert(bool, Vec<Option<String>>),
    /// New values for the n-th known resource, with the history precision in minutes of what changes.
    Update(usize, Vec<Option<String>>, u32),
    /// Delete the n-th known resource.
    Delete(usize),
    /// The n-th person works in the m-th department, or in none.
    Works(usize, Option<usize>),
    /// The n-th person starts or ceases to head the m-th department.
    Heads(usize, usize),
}

/// All states by the time from which they hold. Changes that the history precision swallows alter the last state of
/// that resource in place, back to when its version began.
#[derive(Clone, Debug, Default)]
pub(crate) struct Naive {
    pub(crate) now: State,
    /// (Time until which it held, state).
    pub(crate) past: Vec<(i64, State)>,
}

/// Microseconds in a minute.
pub(crate) const MINUTE: i64 = 60_000_000;

impl State {
    pub(crate) fn nth(&self, is_person: Option<bool>, n: usize) -> Option<i64> {
        let ids: Vec<i64> = self
            .resources
            .iter()
            .filter(|(_, r)| is_person.is_none_or(|p| p == r.is_person))
            .map(|(id, _)| *id)
            .collect();
        (!ids.is_empty()).then(|| ids[n % ids.len()])
    }
}

impl Naive {
    /// Ends the current state at `now`; the next one has these resources and links. `precisions` says of each changed
    /// resource the lowest precision of its changes.
    pub(crate) fn advance(&mut self, now: i64, mut next: State, precisions: &BTreeMap<i64, u32>) {
        let mut in_place = Vec::new();
        for (id, resource) in &mut next.resources {
            let Some(before) = self.now.resources.get(id) else {
                resource.valid_from = now;
                continue;
            };
            if before == resource {
                continue;
            }
            let minutes = i64::from(precisions.get(id).copied().unwrap_or(0));
            if now - before.valid_from >= minutes * MINUTE && now > before.valid_from {
                resource.valid_from = now;
                continue;
            }
            in_place.push((*id, resource.clone()));
        }
        self.past.push((now, std::mem::replace(&mut self.now, next)));
        // The version is as if it had begun so.
        for (id, resource) in in_place {
            for (until, state) in &mut self.past {
                if *until > resource.valid_from {
                    state.resources.insert(id, resource.clone());
                }
            }
        }
    }

    /// The state at an instant.
    pub(crate) fn at(&self, instant: i64) -> &State {
        self.past.iter().find(|(until, _)| instant < *until).map_or(&self.now, |(_, state)| state)
    }
}
