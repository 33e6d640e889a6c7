//! The name of what a computation of the role model changes.

use provost_model::ResourceId;
use provost_model::policy::{
    AssignedNavigation, AssignedResourceType, AssignedRole, AssignedValue, Assignments, Instant, Period,
};

/// The name of the last change of the role model is remembered under this name.
pub(crate) const LAST: &str = "outcome";

/// Owners whose assignments changed, with what they have then. The order in which they are evaluated makes no
/// difference, nor do batches, threads or the database.
///
/// Rows are named by what they say, not by their numbers. Instants that the run sets itself, such as the end of a role
/// that was just lost, are told as those of the run: the same change an hour later has the same name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    sum: [u64; 4],
    owners: u64,
}

impl Outcome {
    /// Adds an owner.
    pub(crate) fn add(&mut self, owner: ResourceId, after: &Assignments, now: Instant, buffer: &mut Vec<u8>) {
        buffer.clear();
        let mut bytes = Bytes { out: buffer, now };
        bytes.number(owner.0);
        bytes.list(&after.composite_roles, Bytes::role);
        bytes.list(&after.single_roles, Bytes::role);
        bytes.list(&after.resource_types, Bytes::resource_type);
        let hash = blake3::hash(buffer);
        for (lane, bytes) in self.sum.iter_mut().zip(hash.as_bytes().chunks_exact(8)) {
            let bytes: [u8; 8] = bytes.try_into().unwrap_or_default();
            *lane = lane.wrapping_add(u64::from_le_bytes(bytes));
        }
        self.owners += 1;
    }

    /// Its name: 32 hexadecimal digits; nothing when nobody's assignments changed.
    pub(crate) fn name(&self) -> Option<String> {
        (self.owners > 0).then(|| {
            let mut hasher = blake3::Hasher::new();
            self.sum.iter().chain([&self.owners]).for_each(|lane| {
                hasher.update(&lane.to_le_bytes());
            });
            short(&hasher.finalize())
        })
    }
}

/// The name of what a change of the role model and the orders behind it come to together: 32 hexadecimal digits.
pub(crate) fn together(role_model: Option<&str>, orders: Option<&str>) -> String {
    short(&blake3::hash(format!("{}\n{}", role_model.unwrap_or_default(), orders.unwrap_or_default()).as_bytes()))
}

fn short(hash: &blake3::Hash) -> String {
    hash.to_hex().chars().take(32).collect()
}

/// One spelling for what is assigned.
struct Bytes<'a> {
    out: &'a mut Vec<u8>,
    now: Instant,
}

impl Bytes<'_> {
    fn number(&mut self, number: i64) {
        self.out.extend_from_slice(&number.to_le_bytes());
    }

    fn optional(&mut self, number: Option<i64>) {
        self.out.push(u8::from(number.is_some()));
        self.number(number.unwrap_or_default());
    }

    fn text(&mut self, text: Option<&str>) {
        self.out.push(u8::from(text.is_some()));
        let text = text.unwrap_or_default();
        self.number(text.len() as i64);
        self.out.extend_from_slice(text.as_bytes());
    }

    fn instant(&mut self, at: Instant) {
        self.out.push(u8::from(at == self.now));
        self.number(if at == self.now { 0 } else { at });
    }

    fn period(&mut self, period: Period) {
        self.instant(period.start);
        self.instant(period.end);
    }

    fn list<T>(&mut self, all: &[T], one: impl Fn(&mut Self, &T)) {
        self.number(all.len() as i64);
        all.iter().for_each(|row| one(self, row));
    }

    fn role(&mut self, role: &AssignedRole) {
        self.number(role.role.0);
        self.number(role.workflow.number());
        self.period(role.period);
        self.list(&role.parameters, |bytes, (column, value)| {
            bytes.out.push(*column);
            bytes.number(value.0);
        });
        self.out.extend([role.is_denied, role.is_redundant, role.is_inferred].map(u8::from));
        self.optional(role.rule.map(|rule| rule.0));
        // A grace period that begins now is told by its length.
        let begins_now = role.state_since == self.now;
        self.out.push(u8::from(begins_now));
        self.optional(role.grace_until.map(|until| if begins_now { until - self.now } else { until }));
    }

    fn resource_type(&mut self, held: &AssignedResourceType) {
        self.number(held.resource_type.0);
        self.optional(held.target.map(|target| target.0));
        self.out.push(held.confidence);
        self.number(held.workflow.number());
        self.number(held.provisioning.number());
        self.period(held.period);
        self.list(&held.parameters, |bytes, (column, value)| {
            bytes.out.push(*column);
            bytes.number(value.0);
        });
        self.out.extend([held.is_denied, held.is_redundant].map(u8::from));
        self.optional(held.rule.map(|rule| rule.0));
        self.text(held.error.as_deref());
        self.list(&held.scalars, Bytes::value);
        self.list(&held.navigations, Bytes::link);
        self.list(&held.binaries, Bytes::value);
    }

    fn value(&mut self, value: &AssignedValue) {
        self.number(value.property.0);
        self.text(value.policy_value.as_deref());
        self.text(value.current_value.as_deref());
        self.number(value.workflow.number());
        self.number(value.provisioning.number());
        self.period(value.period);
        self.optional(value.rule.map(|rule| rule.0));
        self.text(value.error.as_deref());
    }

    fn link(&mut self, link: &AssignedNavigation) {
        self.number(link.property.0);
        self.number(link.resource.0);
        self.out.extend([u8::from(link.is_current), u8::from(link.is_expected), link.confidence]);
        self.number(link.workflow.number());
        self.number(link.provisioning.number());
        self.period(link.period);
        self.optional(link.single_role.map(|role| role.0));
        self.optional(link.rule.map(|rule| rule.0));
        self.text(link.error.as_deref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_model::PolicyObjectId;
    use provost_model::policy::WorkflowState;

    fn role(id: i64, end: Instant) -> Assignments {
        let role = AssignedRole {
            id,
            role: PolicyObjectId(7),
            workflow: WorkflowState::PolicyApproved,
            period: Period { end, ..Period::ALWAYS },
            ..AssignedRole::default()
        };
        Assignments { single_roles: vec![role], ..Assignments::default() }
    }

    fn name(owners: &[(i64, Assignments)], now: Instant) -> Option<String> {
        let (mut outcome, mut buffer) = (Outcome::default(), Vec::new());
        for (owner, after) in owners {
            outcome.add(ResourceId(*owner), after, now, &mut buffer);
        }
        outcome.name()
    }

    #[test]
    fn the_order_of_owners_and_the_numbers_of_rows_make_no_difference() {
        let one = name(&[(1, role(10, 500)), (2, role(11, 500))], 0);
        assert_eq!(one, name(&[(2, role(0, 500)), (1, role(0, 500))], 0));
        assert_eq!(one.map(|name| name.len()), Some(32));
        assert_eq!(name(&[], 0), None);
    }

    #[test]
    fn what_ends_at_the_instant_of_the_run_has_one_name_at_any_time() {
        assert_eq!(name(&[(1, role(0, 500))], 500), name(&[(1, role(0, 600))], 600));
        assert_ne!(name(&[(1, role(0, 500))], 0), name(&[(1, role(0, 600))], 0));
        assert_ne!(name(&[(1, role(0, 500))], 0), name(&[(2, role(0, 500))], 0));
        assert_ne!(name(&[(1, role(0, 500))], 0), name(&[(1, role(0, 500)), (1, role(0, 500))], 0));
    }

    #[test]
    fn a_name_for_both_is_that_of_each() {
        assert_eq!(together(Some("a"), None), together(Some("a"), None));
        assert_ne!(together(Some("a"), None), together(None, Some("a")));
    }
}
