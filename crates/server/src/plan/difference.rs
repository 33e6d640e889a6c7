//! What a change comes to: counted, and with some of those whom it concerns most.

use super::held::{How, Step, What, steps};
use provost_model::policy::{AssignedResourceType, Assignments, Instant, Period, ProvisioningState, WorkflowState};
use provost_model::{PolicyObjectId, PropertyId, ResourceId};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    CompositeRole(PolicyObjectId),
    SingleRole(PolicyObjectId),
    ResourceType(PolicyObjectId),
    Value(PolicyObjectId, PropertyId),
    Link(PolicyObjectId, PropertyId),
    File(PolicyObjectId, PropertyId),
}

/// How many are new, other than before, and gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) added: u64,
    pub(super) changed: u64,
    pub(super) removed: u64,
}

/// How something is held, for a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeptHow {
    States(Vec<(WorkflowState, Period)>),
    Values(Vec<String>),
    There,
}

/// A step of a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeptStep {
    pub(super) what: What,
    pub(super) before: Option<KeptHow>,
    pub(super) after: Option<KeptHow>,
}

/// Somebody whom the change concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Concerned {
    pub(super) owner: ResourceId,
    /// Entity type, key and name of somebody whom a synchronisation deletes.
    pub(super) gone: Option<Gone>,
    pub(super) steps: Vec<KeptStep>,
}

/// Somebody who goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gone {
    pub(super) entity_type: String,
    pub(super) key: String,
    pub(super) name: Option<String>,
}

/// The whole difference.
#[derive(Clone, Debug, Default)]
pub(super) struct Difference {
    pub(super) now: Instant,
    pub(super) wanted: usize,
    pub(super) counts: BTreeMap<Subject, Counts>,
    /// Owners with at least one difference, those who go among them.
    pub(super) owners: u64,
    /// Owners who go and had something.
    pub(super) gone: u64,
    /// Resource types of which something comes to wait in Provisioning Review.
    pub(super) awaiting: u64,
    /// Those with most differences, then those with the smaller id.
    samples: BTreeMap<(Reverse<usize>, ResourceId), Concerned>,
}

impl Difference {
    pub(super) fn new(now: Instant, wanted: usize) -> Difference {
        Difference { now, wanted, ..Difference::default() }
    }

    /// Notes an owner; `gone` says who somebody was that goes.
    pub(super) fn note(
        &mut self,
        owner: ResourceId,
        before: &Assignments,
        after: &Assignments,
        gone: impl FnOnce() -> Option<Gone>,
    ) {
        self.awaiting += awaiting(after).saturating_sub(awaiting(before));
        let steps = steps(before, after, self.now);
        if steps.is_empty() {
            return;
        }
        self.owners += 1;
        for step in &steps {
            let counts = self.counts.entry(subject(&step.what)).or_default();
            match (&step.before, &step.after) {
                (None, _) => counts.added += 1,
                (_, None) => counts.removed += 1,
                _ => counts.changed += 1,
            }
        }
        let gone = gone();
        self.gone += u64::from(gone.is_some());
        let place = (Reverse(steps.len()), owner);
        let is_last = |last: &(Reverse<usize>, ResourceId)| self.samples.len() >= self.wanted && *last < place;
        if self.wanted == 0 || self.samples.last_key_value().is_some_and(|(last, _)| is_last(last)) {
            return;
        }
        let steps = steps.into_iter().map(kept).collect();
        self.samples.insert(place, Concerned { owner, gone, steps });
        if self.samples.len() > self.wanted {
            self.samples.pop_last();
        }
    }

    /// Those kept, most concerned first.
    pub(super) fn samples(&self) -> impl Iterator<Item = &Concerned> {
        self.samples.values()
    }

    /// Sum over subjects.
    pub(super) fn sum(&self, of: impl Fn(&Subject) -> bool) -> Counts {
        let mut sum = Counts::default();
        for (_, counts) in self.counts.iter().filter(|(subject, _)| of(subject)) {
            sum.added += counts.added;
            sum.changed += counts.changed;
            sum.removed += counts.removed;
        }
        sum
    }
}

/// Resource types of which something waits in Provisioning Review.
fn awaiting(assignments: &Assignments) -> u64 {
    let waits = |held: &&AssignedResourceType| {
        let mut states = std::iter::once(held.provisioning).chain(held.held().map(|(_, state)| state));
        states.any(|state| state == ProvisioningState::AwaitingApproval)
    };
    assignments.resource_types.iter().filter(waits).count() as u64
}

fn subject(what: &What) -> Subject {
    match what {
        What::CompositeRole(role, _) => Subject::CompositeRole(*role),
        What::SingleRole(role, _) => Subject::SingleRole(*role),
        What::ResourceType(of, _) => Subject::ResourceType(*of),
        What::Value(of, _, property) => Subject::Value(*of, *property),
        What::Link(of, _, property, _) => Subject::Link(*of, *property),
        What::File(of, _, property) => Subject::File(*of, *property),
    }
}

fn kept(step: Step<'_>) -> KeptStep {
    let how = |how: How<'_>| match how {
        How::States(states) => KeptHow::States(states),
        How::Values(values) => KeptHow::Values(values.into_iter().map(str::to_owned).collect()),
        How::There => KeptHow::There,
    };
    KeptStep { what: step.what, before: step.before.map(how), after: step.after.map(how) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_model::policy::AssignedRole;

    fn roles(ids: &[i64]) -> Assignments {
        let role = |id: &i64| AssignedRole {
            role: PolicyObjectId(*id),
            workflow: WorkflowState::PolicyApproved,
            ..AssignedRole::default()
        };
        Assignments { single_roles: ids.iter().map(role).collect(), ..Assignments::default() }
    }

    #[test]
    fn those_with_most_differences_are_kept() {
        let mut difference = Difference::new(0, 2);
        for (owner, before, after) in
            [(1, &[][..], &[7][..]), (2, &[7], &[7]), (3, &[7, 8], &[9]), (4, &[7], &[8]), (5, &[], &[7, 8])]
        {
            difference.note(ResourceId(owner), &roles(before), &roles(after), || None);
        }
        assert_eq!(difference.owners, 4);
        let kept: Vec<(i64, usize)> = difference.samples().map(|one| (one.owner.0, one.steps.len())).collect();
        assert_eq!(kept, [(3, 3), (4, 2)]);
        assert_eq!(difference.sum(|_| true), Counts { added: 5, changed: 0, removed: 3 });
        let of_7 = difference.counts[&Subject::SingleRole(PolicyObjectId(7))];
        assert_eq!((of_7.added, of_7.removed), (2, 2));
    }
}
