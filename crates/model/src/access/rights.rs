//! What follows from the policy for one user or program.

use super::permission::covers;
use super::policy::{AccessPolicy, Client, Filter, Operand, Rule, Scope};
use crate::configuration::access::AccessControlEntry as Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Profiles that one user may have at most.
pub const MOST_PROFILES: usize = 10;

/// A profile that somebody has now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// Profile.
    pub profile: String,
    /// What it is limited to.
    pub scope: Scope,
}

/// What somebody may do. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Rights {
    policy: Arc<AccessPolicy>,
    grants: Arc<Vec<Grant>>,
    everything: bool,
}

/// The rows of an entity type that somebody may see: those of any branch. No branch: none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Data {
    /// What each rule opens, those of the highest priority first.
    pub branches: Vec<Branch>,
}

/// The rows that one rule opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Any of these groups must hold, each with all its conditions; no group: every row.
    pub groups: Vec<Vec<Condition>>,
    /// Which of the restricted properties are shown.
    pub visible: Visible,
    /// Priority of the entry.
    pub priority: i32,
    /// Profile that gives it.
    pub profile: String,
}

/// A comparison of a property of the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Path from the entity type.
    pub binding: String,
    /// It must differ.
    pub negated: bool,
    /// From what.
    pub with: Compared,
}

/// The other side of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// A value.
    Value(String),
    /// What the context of the profile names by its key: a department, a category.
    Reference(String),
    /// Whoever is signed in.
    CurrentUser,
}

/// Restricted properties that are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visible {
    /// All of them.
    All,
    /// Those of these visibility groups.
    Groups(BTreeSet<String>),
}

impl Rights {
    /// No right at all.
    pub fn nothing() -> Rights {
        Rights::default()
    }

    /// Every right, for the built-in administrator.
    pub fn everything() -> Rights {
        Rights { everything: true, ..Rights::default() }
    }

    /// The rights of a program.
    pub fn of_client(policy: &Arc<AccessPolicy>, client: &Client) -> Rights {
        Rights::of(policy, vec![Grant { profile: client.profile.clone(), scope: client.scope.clone() }])
    }

    /// The rights of a user, known by the values of its key properties, at an instant (microseconds since 1970).
    /// Assignments that are expired, denied or not approved do not count; of the others the first ten do.
    pub fn of_user(policy: &Arc<AccessPolicy>, keys: &[String], now_micros: i64) -> Rights {
        let holds = policy.assignments.iter().filter(|a| {
            keys.contains(&a.user)
                && a.is_approved
                && !a.is_denied
                && a.start.is_none_or(|start| start <= now_micros)
                && a.end.is_none_or(|end| now_micros < end)
        });
        let grants = holds.map(|a| Grant { profile: a.profile.clone(), scope: a.scope.clone() });
        Rights::of(policy, grants.take(MOST_PROFILES).collect())
    }

    /// The rights that profiles give.
    pub fn of(policy: &Arc<AccessPolicy>, grants: Vec<Grant>) -> Rights {
        Rights { policy: policy.clone(), grants: Arc::new(grants), everything: false }
    }

    /// Whether every right is held, on every row.
    pub fn is_everything(&self) -> bool {
        self.everything
    }

    /// Whether a rule for this entity type has an entry about the permission, whatever rows it opens.
    pub fn is_ruled(&self, permission: &str, entity_type: &str) -> bool {
        self.entries_of(entity_type).any(|(.., entry)| covers(&entry.permission, permission))
    }

    /// Profiles that count, in order.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Whether a permission may be carried out, for whatever rows.
    pub fn may(&self, permission: &str) -> bool {
        self.everything
            || self.entries().any(|(_, _, entry)| entry.can_execute && covers(&entry.permission, permission))
    }

    /// Paths of the permissions that may be carried out, in order; `/` for all.
    pub fn permissions(&self) -> Vec<String> {
        if self.everything {
            return vec!["/".to_owned()];
        }
        let held: BTreeSet<&str> = self
            .entries()
            .filter(|(.., entry)| entry.can_execute)
            .map(|(.., entry)| entry.permission.as_str())
            .collect();
        held.into_iter().map(str::to_owned).collect()
    }

    /// The rows of an entity type that are open where `permission` is used: the union of what all rules open.
    pub fn data(&self, permission: &str, entity_type: &str) -> Data {
        if self.everything {
            let all = Branch { groups: Vec::new(), visible: Visible::All, priority: 0, profile: String::new() };
            return Data { branches: vec![all] };
        }
        let void = self.is_restriction_void();
        let mut branches: Vec<Branch> = self
            .entries_of(entity_type)
            .filter(|(.., entry)| covers(&entry.permission, permission))
            .filter_map(|(grant, rule, entry)| branch(grant, rule, entry, void))
            .collect();
        branches.sort_by_key(|branch| std::cmp::Reverse(branch.priority));
        branches.dedup();
        Data { branches }
    }

    /// Restricted properties of an entity type that a branch of its data does not show.
    pub fn hidden<'a>(&'a self, entity_type: &'a str, visible: &'a Visible) -> impl Iterator<Item = &'a str> {
        let shown = move |group: &Option<String>| match visible {
            Visible::All => true,
            Visible::Groups(groups) => group.as_ref().is_some_and(|group| groups.contains(group)),
        };
        self.policy
            .restricted
            .iter()
            .filter(move |r| r.entity_type.eq_ignore_ascii_case(entity_type) && !shown(&r.group))
            .map(|r| r.property.as_str())
    }

    /// Restricted properties of an entity type that are not shown in each of its rows where one of these permissions is
    /// used: whoever cannot look at a single row must take them for hidden.
    pub fn hidden_somewhere(&self, permissions: &[&str], entity_type: &str) -> Vec<String> {
        let open: Vec<Branch> = permissions
            .iter()
            .flat_map(|permission| self.data(permission, entity_type).branches)
            .filter(|branch| branch.groups.is_empty())
            .collect();
        let nothing = Visible::Groups(BTreeSet::new());
        let restricted = self.hidden(entity_type, &nothing).filter(|_| !self.everything && !self.is_restriction_void());
        let is_hidden = |property: &&str| {
            open.iter().all(|branch| self.hidden(entity_type, &branch.visible).any(|hidden| hidden == *property))
        };
        restricted.filter(is_hidden).map(str::to_owned).collect()
    }

    /// When nobody can see restricted properties, nothing was meant to be restricted.
    fn is_restriction_void(&self) -> bool {
        !self.policy.rules.iter().any(|rule| rule.entries.iter().any(|entry| entry.full_access_properties))
    }

    /// Entries of the rules for one entity type: an administrator has thousands for others.
    fn entries_of<'a>(&'a self, entity_type: &'a str) -> impl Iterator<Item = (&'a Grant, &'a Rule, &'a Entry)> {
        self.grants.iter().flat_map(move |grant| {
            let rules = self.policy.rules.iter();
            let rules =
                rules.filter(move |r| r.profile == grant.profile && r.entity_type.eq_ignore_ascii_case(entity_type));
            rules.flat_map(move |rule| rule.entries.iter().map(move |entry| (grant, rule, entry)))
        })
    }

    fn entries(&self) -> impl Iterator<Item = (&Grant, &Rule, &Entry)> {
        self.grants.iter().flat_map(move |grant| {
            let rules = self.policy.rules.iter().filter(move |rule| rule.profile == grant.profile);
            rules.flat_map(move |rule| rule.entries.iter().map(move |entry| (grant, rule, entry)))
        })
    }
}

/// What a rule opens under a grant; `None` when the grant's context lacks what all its groups ask for.
fn branch(grant: &Grant, rule: &Rule, entry: &Entry, void: bool) -> Option<Branch> {
    let mut groups: BTreeMap<&str, Option<Vec<Condition>>> = BTreeMap::new();
    for filter in &rule.filters {
        let group = groups.entry(&filter.group).or_insert_with(|| Some(Vec::new()));
        match (condition(grant, filter), group.as_mut()) {
            (Some(condition), Some(conditions)) => conditions.push(condition),
            _ => *group = None,
        }
    }
    let is_open = groups.is_empty();
    let groups: Vec<Vec<Condition>> = groups.into_values().flatten().collect();
    if !is_open && groups.is_empty() {
        return None;
    }
    let visible = match void || entry.full_access_properties {
        true => Visible::All,
        false => Visible::Groups(entry.property_group.iter().cloned().collect()),
    };
    Some(Branch { groups, visible, priority: entry.priority, profile: grant.profile.clone() })
}

/// A filter as it stands for this grant. One that compares with a field that the context does not have can never hold:
/// a profile given without its context opens nothing, rather than everything.
fn condition(grant: &Grant, filter: &Filter) -> Option<Condition> {
    let with = match &filter.operand {
        Operand::Value(value) => Compared::Value(value.clone()),
        Operand::CurrentUser => Compared::CurrentUser,
        Operand::Context(field) => Compared::Reference(grant.scope.get(field)?.clone()),
    };
    Some(Condition { binding: filter.binding.clone(), negated: filter.negated, with })
}

#[cfg(test)]
mod tests;
