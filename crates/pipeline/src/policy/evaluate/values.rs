//! Scalar values and files of a target: what the rules say, what the system holds, and what is to be done.

use super::programs::Value;
use super::scratch::Class;
use super::targets::order;
use super::types::{Deciding, Group, Row, of_kind};
use super::{Run, Scratch};
use crate::policy::Review;
use crate::policy::compare::equal;
use crate::policy::plan::{EffectKind, ValueRule};
use crate::policy::spans::{Spans, shifted, subtract, unite};
use provost_model::configuration::policy::{ComparisonType, TimeOffset};
use provost_model::policy::{AssignedResourceType, AssignedValue, Instant, Period, ProvisioningState, WorkflowState};
use smallvec::SmallVec;

/// A stored value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before<'a> {
    id: i64,
    policy: &'a str,
    current: &'a str,
    workflow: WorkflowState,
    provisioning: ProvisioningState,
    since: Instant,
}

impl<'a> Before<'a> {
    /// The stored value that a rule continues in a period.
    fn find(known: &'a [AssignedValue], rule: &ValueRule, period: Period) -> Option<Before<'a>> {
        let continues = |value: &&AssignedValue| {
            value.property == rule.property_id && !value.period.intersection(period).is_empty()
        };
        known.iter().find(continues).map(|value| Before {
            id: value.id,
            policy: value.policy_value.as_deref().unwrap_or_default(),
            current: value.current_value.as_deref().unwrap_or_default(),
            workflow: value.workflow,
            provisioning: value.provisioning,
            since: value.state_since,
        })
    }
}

/// What decides about the state of a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation<'a> {
    /// What the rules say.
    pub(super) computed: &'a str,
    /// What the system holds, if that is to be compared now.
    pub(super) current: Option<&'a str>,
    pub(super) before: Option<Before<'a>>,
    pub(super) comparison: ComparisonType,
    pub(super) is_mapped: bool,
    /// The target was linked to the owner just now.
    pub(super) is_first: bool,
    pub(super) is_blocked: bool,
    /// Values kept by hand give way when the rules say something else.
    pub(super) discards: bool,
    /// They do whatever the rules said before.
    pub(super) discards_now: bool,
    pub(super) may_create: bool,
    pub(super) review: Review,
}

/// The states of a value (spec 21 §6.6, §6.7, §8 and §10).
pub(super) fn state(situation: &Situation) -> (WorkflowState, ProvisioningState) {
    use {ProvisioningState as P, WorkflowState as W};
    let Situation { computed, before, is_blocked, review, .. } = *situation;
    let same_rule = before.filter(|before| before.policy == computed);
    let new_order = || (W::PolicyApproved, order(None, is_blocked, review));
    let Some(current) = situation.current else {
        return match same_rule {
            _ if computed.is_empty() => (W::PolicyApproved, P::Verified),
            _ if !situation.may_create => (W::PolicyApproved, P::None),
            known => (W::PolicyApproved, order(known.map(|known| known.provisioning), is_blocked, review)),
        };
    };
    let is_equal = equal(situation.comparison, computed, current);
    if !situation.is_mapped {
        return match before.map(|before| before.provisioning) {
            _ if is_equal => (W::PolicyApproved, P::Executed),
            Some(on_its_way @ (P::Transmitted | P::Errored)) => (W::PolicyApproved, on_its_way),
            _ => (W::PolicyApprovedWithChanges, P::Executed),
        };
    }
    if is_equal {
        return (W::PolicyApproved, P::Verified);
    }
    let Some(known) = before else {
        return if situation.is_first { (W::Found, P::None) } else { new_order() };
    };
    if known.workflow.is_approved_by_hand() {
        let is_questioned = known.workflow == W::ApprovedQuestioned || same_rule.is_none();
        return match current == known.current {
            _ if situation.discards && (is_questioned || situation.discards_now) => new_order(),
            false => (W::Found, P::None),
            true if is_questioned => (W::ApprovedQuestioned, P::Verified),
            true => (known.workflow, P::Verified),
        };
    }
    if known.workflow.is_derogation() {
        return if situation.discards_now { new_order() } else { (known.workflow, P::None) };
    }
    if same_rule.is_none() {
        return new_order();
    }
    match known.provisioning {
        _ if known.workflow == W::Declined => (W::Declined, P::None),
        P::Executed if current == known.current => (W::PolicyApproved, P::Executed),
        P::Verified if current == known.current => new_order(),
        P::Executed | P::Verified => (W::Found, P::None),
        under_way => (W::PolicyApproved, order(Some(under_way), is_blocked, review)),
    }
}

impl Run<'_> {
    pub(super) fn values(
        &self,
        row: &Row,
        before: Option<&AssignedResourceType>,
        this: &Deciding,
        made: &mut AssignedResourceType,
        scratch: &mut Scratch,
    ) {
        if row.class == Class::Derogation {
            return;
        }
        made.scalars.reserve(this.plan.scalars.len());
        let known = before.map(|before| before.scalars.as_slice()).unwrap_or_default();
        let scalars = (this.plan.scalars.as_slice(), EffectKind::Scalar);
        self.value_rows((row, before, known), this, scalars, scratch, &mut made.scalars);
        let known = before.map(|before| before.binaries.as_slice()).unwrap_or_default();
        let binaries = (this.plan.binaries.as_slice(), EffectKind::Binary);
        self.value_rows((row, before, known), this, binaries, scratch, &mut made.binaries);
    }

    /// Makes the rows of all scalar or all binary rules. Rules about one property come one after the other, the
    /// strongest first: each takes what the ones before it left.
    fn value_rows(
        &self,
        (row, before, known): (&Row, Option<&AssignedResourceType>, &[AssignedValue]),
        this: &Deciding,
        (rules, kind): (&[ValueRule], EffectKind),
        scratch: &mut Scratch,
        out: &mut Vec<AssignedValue>,
    ) {
        let mut taken = Spans::new();
        let mut used: SmallVec<[i64; 4]> = SmallVec::new();
        for (at, rule) in rules.iter().enumerate() {
            if at > 0 && rules[at - 1].property != rule.property {
                taken.clear();
                used.clear();
            }
            let mut spans = Spans::new();
            value_spans((at as u32, kind), rule, row, this, &mut spans);
            subtract(&mut spans, &taken);
            for span in &spans {
                scratch.changes_with(*span);
                let known = Before::find(known, rule, *span).filter(|known| !used.contains(&known.id));
                used.extend(known.map(|known| known.id).filter(|id| *id != 0));
                out.push(self.value(rule, *span, row, before, known, this, scratch));
            }
            taken.extend_from_slice(&spans);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "all that decides about one value")]
    fn value(
        &self,
        rule: &ValueRule,
        period: Period,
        row: &Row,
        before: Option<&AssignedResourceType>,
        known: Option<Before<'_>>,
        this: &Deciding,
        scratch: &mut Scratch,
    ) -> AssignedValue {
        self.compute(rule.program, row.period, scratch);
        let since = |workflow| match known {
            Some(known) if known.workflow == workflow => known.since,
            _ => self.now,
        };
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let made = |workflow, current: Option<&str>| AssignedValue {
            id: known.map(|known| known.id).unwrap_or_default(),
            property: rule.property_id,
            current_value: current.and_then(text),
            workflow,
            period,
            rule: Some(rule.id),
            state_since: since(workflow),
            ..AssignedValue::default()
        };
        let is_now = period.contains(self.now);
        let target = row.target.filter(|_| is_now);
        let current = target.map(|target| self.population.value(target, rule.property).unwrap_or_default());
        let computed = match scratch.computed(rule.program) {
            Value::Text(computed) => computed,
            Value::Error(error) => {
                let workflow = known.map(|known| known.workflow).unwrap_or(WorkflowState::PolicyApproved);
                return AssignedValue {
                    policy_value: known.and_then(|known| text(known.policy)),
                    provisioning: ProvisioningState::Error,
                    error: Some(error.to_owned()),
                    ..made(workflow, current)
                };
            }
        };
        let plan = this.plan;
        let (workflow, provisioning) = if period.is_past(self.now) {
            (WorkflowState::PolicyApproved, ProvisioningState::Inactive)
        } else {
            state(&Situation {
                computed,
                current,
                before: known,
                comparison: rule.comparison,
                is_mapped: rule.is_mapped,
                is_first: before.is_none_or(|before| before.workflow.is_derogation() && before.target.is_some()),
                is_blocked: self.is_blocked(plan, if row.target.is_some() { row.confidence } else { 100 }, before),
                discards: plan.discard_manual,
                discards_now: plan.discard_manual && self.options.now_discarding.contains(&plan.id),
                may_create: plan.allow_add || row.target.is_some(),
                review: self.options.review,
            })
        };
        AssignedValue { policy_value: text(computed), provisioning, ..made(workflow, current) }
    }
}

/// When a rule says something about its property, within a row.
fn value_spans((at, kind): (u32, EffectKind), rule: &ValueRule, row: &Row, this: &Deciding, out: &mut Spans) {
    let offset = match rule.offset {
        TimeOffset::Default => this.offset,
        own => own,
    };
    match rule.single_role {
        Some(_) => {
            let own = of_kind(&this.groups, kind).filter(|group: &&Group| group.effect.rule == at);
            out.extend(own.flat_map(|group| &group.spans).map(|span| shifted(*span, offset)));
        }
        None if rule.offset == TimeOffset::Default => {
            out.push(row.period);
            return;
        }
        None => out.extend(this.references.iter().map(|reference| shifted(*reference, offset))),
    }
    for span in out.iter_mut() {
        *span = span.intersection(row.period);
    }
    unite(out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use {ProvisioningState as P, WorkflowState as W};

    fn before(policy: &'static str, current: &'static str, workflow: W, provisioning: P) -> Option<Before<'static>> {
        Some(Before { id: 1, policy, current, workflow, provisioning, since: 0 })
    }

    const BASE: Situation<'static> = Situation {
        computed: "v1",
        current: Some("v1"),
        before: None,
        comparison: ComparisonType::CaseSensitive,
        is_mapped: true,
        is_first: false,
        is_blocked: false,
        discards: false,
        discards_now: false,
        may_create: true,
        review: Review::AsConfigured,
    };

    /// The table of spec 21 §10, step by step, with DiscardManualAssignments false and true.
    #[test]
    fn values_changed_by_hand_in_the_system() {
        for discards in [false, true] {
            let base = Situation { discards, ..BASE };
            assert_eq!(state(&base), (W::PolicyApproved, P::Verified));
            let verified = before("v1", "v1", W::PolicyApproved, P::Verified);
            let changed = Situation { current: Some("m"), before: verified, ..base };
            assert_eq!(state(&changed), (W::Found, P::None));
            let kept = before("v1", "m", W::Approved, P::Verified);
            assert_eq!(state(&Situation { before: kept, ..changed }), (W::Approved, P::Verified));
            let new_data = Situation { computed: "v2", before: kept, ..changed };
            let expected =
                if discards { (W::PolicyApproved, P::Pending) } else { (W::ApprovedQuestioned, P::Verified) };
            assert_eq!(state(&new_data), expected);
            let questioned = before("v2", "m", W::ApprovedQuestioned, P::Verified);
            let again = Situation { current: Some("n"), before: questioned, computed: "v2", ..base };
            let expected = if discards { (W::PolicyApproved, P::Pending) } else { (W::Found, P::None) };
            assert_eq!(state(&again), expected);
        }
        let kept = before("v1", "m", W::Approved, P::Verified);
        let switched = Situation { current: Some("m"), before: kept, discards: true, discards_now: true, ..BASE };
        assert_eq!(state(&switched), (W::PolicyApproved, P::Pending));
    }

    #[test]
    fn a_difference_counts_only_once_the_order_was_carried_out() {
        let with = |provisioning| Situation {
            current: Some("old"),
            before: before("v1", "old", W::PolicyApproved, provisioning),
            ..BASE
        };
        for under_way in [P::Pending, P::Transmitted, P::Errored, P::AwaitingApproval, P::Executed] {
            assert_eq!(state(&with(under_way)), (W::PolicyApproved, under_way));
        }
        let replaced = Situation { current: Some("other"), ..with(P::Executed) };
        assert_eq!(state(&replaced), (W::Found, P::None));
        assert_eq!(state(&Situation { computed: "v2", ..with(P::Transmitted) }), (W::PolicyApproved, P::Pending));
    }

    #[test]
    fn a_value_set_at_creation_only_is_never_compared() {
        let base = Situation { is_mapped: false, current: Some("x"), ..BASE };
        assert_eq!(state(&base), (W::PolicyApprovedWithChanges, P::Executed));
        assert_eq!(state(&Situation { current: Some("v1"), ..base }), (W::PolicyApproved, P::Executed));
        assert_eq!(
            state(&Situation { current: None, is_blocked: true, ..base }),
            (W::PolicyApproved, P::AwaitingApproval)
        );
    }
}
