//! The machine-readable result of a synchronisation step: the contract for scripts.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::AddAssign;

/// Synchronisation mode (spec 13 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// First load into an empty repository: no comparison, no thresholds.
    Initial,
    /// The repository becomes the mirror of the files.
    Complete,
    /// Only what changed since the last run.
    Incremental,
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Mode::Initial => "initial",
            Mode::Complete => "complete",
            Mode::Incremental => "incremental",
        })
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Done.
    #[default]
    Completed,
    /// Done, with data problems that deserve a look.
    Warning,
    /// A threshold stopped it; the repository is untouched.
    Blocked,
    /// Failed; the repository is untouched.
    Errored,
}

/// One line of JSON at the end of `sync-up` and of the single steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Summary {
    /// Connector identifier.
    pub connector: String,
    /// Mode of the run.
    pub mode: Option<Mode>,
    /// How it ended.
    pub state: State,
    /// Name of the change set, when one was computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_set: Option<ChangeSetName>,
    /// What the last change of the role model and the orders behind it come to together: the name that a plan of them
    /// has. Of orders for all resource types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Counters by entity type identifier.
    pub entity_types: BTreeMap<String, EntityCounters>,
    /// Counters by association identifier.
    pub associations: BTreeMap<String, LinkCounters>,
    /// What a step of the policy counted, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
    /// Thresholds that the change set exceeds.
    pub thresholds: Vec<ExceededThreshold>,
    /// Probable causes, most telling first.
    pub causes: Vec<Cause>,
    /// What went wrong, when `state` is `Errored`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
}

impl Summary {
    /// Adds what another run of the same connector did. The state is the first one that is not `Completed`; the mode and
    /// the change set are those of the other run, where it has them.
    pub fn add(&mut self, other: &Summary) {
        if self.state == State::Completed {
            self.state = other.state;
        }
        self.mode = other.mode.or(self.mode);
        self.change_set = other.change_set.clone().or(self.change_set.take());
        self.causes.extend(other.causes.iter().cloned());
        for (name, counters) in &other.entity_types {
            *self.entity_types.entry(name.clone()).or_default() += *counters;
        }
        for (name, counters) in &other.associations {
            *self.associations.entry(name.clone()).or_default() += *counters;
        }
    }
}

impl AddAssign for EntityCounters {
    fn add_assign(&mut self, other: EntityCounters) {
        self.rows += other.rows;
        self.null_primary_keys += other.null_primary_keys;
        self.duplicates += other.duplicates;
        self.rejected += other.rejected;
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.deleted += other.deleted;
        self.unchanged += other.unchanged;
    }
}

impl AddAssign for LinkCounters {
    /// Orphans are those that wait in the end, not a sum.
    fn add_assign(&mut self, other: LinkCounters) {
        self.rows += other.rows;
        self.null_keys += other.null_keys;
        self.duplicates += other.duplicates;
        self.rejected += other.rejected;
        self.inserted += other.inserted;
        self.deleted += other.deleted;
        self.unchanged += other.unchanged;
        self.orphans = other.orphans;
        self.links_created += other.links_created;
        self.links_removed += other.links_removed;
    }
}

/// Content hash of a change set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSetName {
    /// 32 hexadecimal digits.
    pub hash: String,
}

/// Counters of one entity type. `rows = nullPrimaryKeys + duplicates + rejected + clean rows`, and the clean rows of a
/// full file are `inserted + updated + unchanged`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct EntityCounters {
    pub rows: u64,
    pub null_primary_keys: u64,
    pub duplicates: u64,
    pub rejected: u64,
    pub inserted: u64,
    pub updated: u64,
    pub deleted: u64,
    pub unchanged: u64,
}

/// Counters of one association, in pairs of key values as the file writes them: a member whose key changed counts as
/// one pair deleted and one inserted although the stored link stays. `orphans` is the number of pairs held back
/// because an end does not exist (or is ambiguous). The clean pairs of a full file are `inserted + unchanged`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct LinkCounters {
    pub rows: u64,
    pub null_keys: u64,
    pub duplicates: u64,
    pub rejected: u64,
    pub inserted: u64,
    pub deleted: u64,
    pub unchanged: u64,
    pub orphans: u64,
    /// Links really created in the repository.
    pub links_created: u64,
    /// Links really removed from the repository.
    pub links_removed: u64,
}

/// A threshold that a change set exceeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExceededThreshold {
    /// `Connector`, `EntityTypeMapping` or `EntityAssociationMapping`, with the identifier: `EntityTypeMapping HR_Person`.
    pub level: String,
    /// Attribute that sets it: `MaxPercentageDeletedLines`.
    pub name: String,
    /// Its value.
    pub limit: u64,
    /// Changes counted.
    pub count: u64,
    /// What a percent limit is a percentage of; for an absolute limit the same, for information.
    pub base: u64,
}

/// A probable cause of what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// Stable kebab-case name: `columns-swapped`.
    pub code: String,
    /// What was seen, naming file, column and figures.
    pub message: String,
    /// What to do next.
    pub hint: String,
    /// Entity type or association concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// An error as one line of JSON carries it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorReport {
    /// Stable kebab-case name.
    pub code: String,
    /// What was being attempted and what went wrong.
    pub message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_add_up_and_orphans_are_those_of_the_last_one() {
        let run = |hash: &str, state, inserted, orphans| Summary {
            state,
            change_set: Some(ChangeSetName { hash: hash.to_owned() }),
            entity_types: [("P".to_owned(), EntityCounters { rows: 5, inserted, ..EntityCounters::default() })].into(),
            associations: [("M".to_owned(), LinkCounters { deleted: 1, orphans, ..LinkCounters::default() })].into(),
            ..Summary::default()
        };
        let mut total = Summary::default();
        total.add(&run("a", State::Warning, 2, 7));
        total.add(&run("b", State::Completed, 3, 4));
        assert_eq!((total.state, total.change_set.unwrap().hash.as_str()), (State::Warning, "b"));
        assert_eq!((total.entity_types["P"].rows, total.entity_types["P"].inserted), (10, 5));
        assert_eq!((total.associations["M"].deleted, total.associations["M"].orphans), (2, 4));
    }
}
