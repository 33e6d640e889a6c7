//! What the steps of the policy tell when they are done.

use super::{Classified, KeysComputed, PreExisting, RoleModelComputed};
use crate::manifest::RowProblem;
use provost_model::summary::{ChangeSetName, State, Summary};

fn summary(problems: &[RowProblem], counts: &[(&str, u64)]) -> Summary {
    let state = if problems.is_empty() { State::Completed } else { State::Warning };
    let counts = counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    Summary { state, counts, ..Summary::default() }
}

impl KeysComputed {
    /// Its counts.
    pub fn summary(&self) -> Summary {
        let resources = self.types.iter().map(|(_, resources)| resources).sum();
        let counts = [("resources", resources), ("keysInserted", self.inserted), ("keysRemoved", self.removed)];
        summary(&self.problems, &counts)
    }
}

impl RoleModelComputed {
    /// Its counts.
    pub fn summary(&self) -> Summary {
        let sum = |of: fn(&super::TypeComputed) -> u64| self.types.iter().map(|(_, t)| of(t)).sum();
        let counts = [
            ("ownersEvaluated", sum(|t| t.evaluated)),
            ("ownersExcluded", sum(|t| t.excluded)),
            ("ownersChanged", sum(|t| t.changed)),
            ("ownersFailed", sum(|t| t.failed)),
            ("ownersSampled", sum(|t| t.sampled)),
            ("ownersDiffering", sum(|t| t.differing)),
            ("assignmentsInserted", sum(|t| t.rows.inserted)),
            ("assignmentsUpdated", sum(|t| t.rows.updated)),
            ("assignmentsClosed", sum(|t| t.rows.closed)),
            ("targetsCorrelated", self.correlated),
            ("targetsSuggested", self.suggested),
        ];
        let change_set = self.change.clone().map(|hash| ChangeSetName { hash });
        Summary { change_set, ..summary(&self.problems, &counts) }
    }
}

impl Classified {
    /// Its counts.
    pub fn summary(&self) -> Summary {
        let free = self.types.iter().map(|(_, free)| free).sum();
        let counts = [
            ("targetsWithoutOwner", free),
            ("targetsClassified", self.classified),
            ("classificationsRemoved", self.removed),
        ];
        summary(&self.problems, &counts)
    }
}

impl PreExisting {
    /// Its counts.
    pub fn summary(&self) -> Summary {
        summary(&[], &[("ownersChanged", self.owners), ("assignmentsUpdated", self.rows.updated)])
    }
}
