//! What follows from decisions.

use super::comments::{Comment, rule};
use super::items::{Names, is_lost};
use super::{Decided, Decision, Part, Verdict, owner_of, refused, version};
use crate::error::ServerError;
use crate::metadata;
use crate::orders::collect::result;
use crate::orders::results::apply;
use provost_model::policy::{
    AssignedResourceType, AssignedRole, Assignments, Instant, NO_END, NO_START, Period, ProvisioningState,
    WorkflowState,
};
use provost_model::{PolicyObjectId, ResourceId};
use provost_store::{AssignmentChange, Store, StoredDecision, WriteTx};
use std::collections::BTreeMap;

/// Follows decisions, all in one transaction. One that cannot be followed is refused, and the others are followed. A
/// decision that was followed before changes nothing.
///
/// # Errors
/// Those of the database.
pub fn decide(store: &Store, decisions: &[Decision], actor: &str, now_micros: i64) -> Result<Decided, ServerError> {
    let reason = match decisions {
        [one] => format!("decided: {} {:?} {} of {}", one.verdict.word(), one.part, one.id, one.owner),
        many => format!("decided: {} items", many.len()),
    };
    store.write(actor, &reason, |tx| {
        let items = metadata::items(tx)?;
        let metadata = metadata::load(tx)?;
        let names = Names::load(tx, &metadata)?;
        let mut decided = Decided::default();
        // Several decisions about one row and what it holds are made about one sight of them.
        let mut sights: BTreeMap<ResourceId, Assignments> = BTreeMap::new();
        for decision in decisions {
            let needs = |of: &str| rule(&items, &metadata, decision.part, of, decision.verdict);
            match one(tx, decision, (&names, &mut sights), needs, actor, now_micros) {
                Ok(changed) => decided.changed += changed,
                Err(ServerError::Source { message, .. }) => {
                    decided.refused.push(format!("{:?} {}: {message}", decision.part, decision.id));
                }
                Err(other) => return Err(other),
            }
        }
        tx.count("decisions", decided.changed);
        Ok(decided)
    })
}

fn one(
    tx: &mut WriteTx,
    decision: &Decision,
    (names, sights): (&Names, &mut BTreeMap<ResourceId, Assignments>),
    needs: impl Fn(&str) -> Comment,
    actor: &str,
    now: Instant,
) -> Result<u64, ServerError> {
    if decision.part == Part::Order {
        return by_hand(tx, decision, actor, now);
    }
    let owner = owner_of(decision);
    let before = tx.assignments(&[owner])?.pop().unwrap_or_default();
    let subject = Subject::find(&before, decision)
        .ok_or_else(|| refused("there is no such row any more: it was computed anew or taken away".to_owned()))?;
    let last = tx.last_decision(part_word(decision.part), decision.id)?;
    if last.as_ref().is_some_and(|last| last.verdict == decision.verdict.word() && last.version == subject.version) {
        return Ok(0);
    }
    let seen = Subject::find(sights.entry(owner).or_insert_with(|| before.clone()), decision);
    let seen = seen.map_or_else(|| subject.version.clone(), |seen| seen.version);
    if let Some(version) = decision.version.as_ref().filter(|version| **version != seen) {
        return Err(refused(format!("it has changed since it was looked at: {seen} now, not {version}")));
    }
    comment(decision, needs(&names.object(subject.of)))?;
    let mut after = before.clone();
    follow(&mut after, decision, now)?;
    let text = serde_json::to_string(&before_text(&subject, &before, decision)).unwrap_or_default();
    let mut change = [AssignmentChange { owner, before: &before, after: &mut after }];
    let written = tx.write_assignments(&mut change, now, false)?;
    let version = Subject::find(&after, decision).map_or_else(String::new, |subject| subject.version);
    tx.insert_decision(&StoredDecision {
        part: part_word(decision.part).to_owned(),
        row: decision.id,
        owner,
        verdict: decision.verdict.word().to_owned(),
        comment: decision.comment.clone(),
        actor: actor.to_owned(),
        at: now,
        before: text,
        version,
    })?;
    Ok(u64::from(written.any()))
}

fn before_text(subject: &Subject, before: &Assignments, decision: &Decision) -> serde_json::Value {
    let of = before.resource_types.iter().find(|row| row.id == subject.assigned);
    let scalar = of.and_then(|row| row.scalars.iter().find(|s| decision.part == Part::Scalar && s.id == decision.id));
    serde_json::json!({
        "version": subject.version,
        "state": subject.state,
        "policyValue": scalar.and_then(|s| s.policy_value.clone()),
        "currentValue": scalar.and_then(|s| s.current_value.clone()),
    })
}

fn comment(decision: &Decision, rule: Comment) -> Result<(), ServerError> {
    let is_empty = decision.comment.trim().is_empty();
    match rule {
        Comment::Required if is_empty => {
            Err(refused(format!("to {} it, somebody must say why (a comment is required)", decision.verdict.word())))
        }
        Comment::Disabled if !is_empty => Err(refused("this decision takes no comment".to_owned())),
        _ => Ok(()),
    }
}

pub(super) fn part_word(part: Part) -> &'static str {
    match part {
        Part::ResourceType => "resource-type",
        Part::Scalar => "scalar",
        Part::Navigation => "navigation",
        Part::Binary => "binary",
        Part::SingleRole => "single-role",
        Part::CompositeRole => "composite-role",
        Part::Order => "order",
    }
}

/// The row that a decision is about.
struct Subject {
    of: PolicyObjectId,
    assigned: i64,
    version: String,
    state: String,
}

impl Subject {
    fn find(owned: &Assignments, decision: &Decision) -> Option<Subject> {
        let role = |roles: &[AssignedRole]| {
            let row = roles.iter().find(|row| row.id == decision.id)?;
            Some(Subject { of: row.role, assigned: 0, version: version(row), state: row.workflow.label().to_owned() })
        };
        match decision.part {
            Part::SingleRole => return role(&owned.single_roles),
            Part::CompositeRole => return role(&owned.composite_roles),
            _ => {}
        }
        owned.resource_types.iter().find_map(|row| {
            let of = |version: String, workflow: WorkflowState, provisioning: ProvisioningState| Subject {
                of: row.resource_type,
                assigned: row.id,
                version,
                state: format!("{}, {}", workflow.label(), provisioning.label()),
            };
            match decision.part {
                Part::ResourceType if row.id == decision.id => Some(of(version(row), row.workflow, row.provisioning)),
                Part::Scalar => {
                    let value = row.scalars.iter().find(|value| value.id == decision.id)?;
                    Some(of(version(value), value.workflow, value.provisioning))
                }
                Part::Navigation => {
                    let link = row.navigations.iter().find(|link| link.id == decision.id)?;
                    Some(of(version(link), link.workflow, link.provisioning))
                }
                Part::Binary => {
                    let file = row.binaries.iter().find(|file| file.id == decision.id)?;
                    Some(of(version(file), file.workflow, file.provisioning))
                }
                _ => None,
            }
        })
    }
}

/// Makes the change.
fn follow(owned: &mut Assignments, decision: &Decision, now: Instant) -> Result<(), ServerError> {
    let (id, verdict) = (decision.id, decision.verdict);
    match decision.part {
        Part::SingleRole => {
            let role = change_role(&mut owned.single_roles, id, verdict, now)?;
            for link in owned.resource_types.iter_mut().flat_map(|row| &mut row.navigations) {
                if link.single_role == Some(role) && link.workflow.is_derogation() {
                    let mut states = States { workflow: link.workflow, provisioning: link.provisioning };
                    states.decide(verdict, link.is_current && !link.is_expected)?;
                    (link.workflow, link.provisioning, link.state_since) = (states.workflow, states.provisioning, now);
                }
            }
            Ok(())
        }
        Part::CompositeRole => change_role(&mut owned.composite_roles, id, verdict, now).map(|_| ()),
        Part::ResourceType => {
            let row = owned.resource_types.iter_mut().find(|row| row.id == id);
            row.map_or(Ok(()), |row| change_type(row, verdict, now))
        }
        _ => change_value(owned, decision, now),
    }
}

fn change_role(
    roles: &mut [AssignedRole],
    id: i64,
    verdict: Verdict,
    now: Instant,
) -> Result<PolicyObjectId, ServerError> {
    let Some(role) = roles.iter_mut().find(|role| role.id == id) else { return Ok(PolicyObjectId(0)) };
    // A decision may be taken again: what was kept can be deleted.
    let may_be_decided = role.workflow.is_derogation()
        || role.workflow.is_approved_by_hand()
        || role.workflow == WorkflowState::Cancellation;
    let workflow = match verdict {
        Verdict::Approve => approved(role.workflow).ok_or_else(|| misfit(verdict, role.workflow.label()))?,
        // What nobody has yet is refused; what somebody has is taken away.
        Verdict::Decline if role.workflow == WorkflowState::Prolonged => WorkflowState::Cancellation,
        Verdict::Decline if role.workflow.is_pending() => WorkflowState::Declined,
        Verdict::Keep if may_be_decided => WorkflowState::Approved,
        Verdict::Delete if may_be_decided => WorkflowState::Cancellation,
        Verdict::Postpone => role.workflow,
        _ => return Err(misfit(verdict, role.workflow.label())),
    };
    if role.workflow != workflow {
        (role.workflow, role.state_since, role.grace_until) = (workflow, now, None);
    }
    Ok(role.role)
}

/// Where an approval leads: the next one, or the end.
fn approved(state: WorkflowState) -> Option<WorkflowState> {
    use WorkflowState as W;
    match state {
        W::PendingApproval1 => Some(W::PendingApproval2),
        W::PendingApproval1Of3 => Some(W::PendingApproval2Of3),
        W::PendingApproval2Of3 => Some(W::PendingApproval3Of3),
        W::PendingApproval | W::PendingApproval2 | W::PendingApproval3Of3 | W::Prolonged => Some(W::Approved),
        W::PendingApprovalRisk => Some(W::ApprovedRisk),
        _ => None,
    }
}

fn misfit(verdict: Verdict, state: &str) -> ServerError {
    refused(format!("\"{}\" does not fit its present state, {state}", verdict.word()))
}

/// The states of a value, link or file.
struct States {
    workflow: WorkflowState,
    provisioning: ProvisioningState,
}

impl States {
    /// `is_surplus`: it exists, and the rules do not give it.
    fn decide(&mut self, verdict: Verdict, is_surplus: bool) -> Result<(), ServerError> {
        use {ProvisioningState as P, Verdict as V, WorkflowState as W};
        let is_found = self.workflow.is_derogation();
        (self.workflow, self.provisioning) = match (verdict, self.provisioning) {
            (V::Postpone, state) => (self.workflow, state),
            (V::Approve, P::AwaitingApproval) => (self.workflow, P::Pending),
            (V::Decline, P::AwaitingApproval) => (W::Declined, P::None),
            (V::Unblock, P::AwaitingApproval | P::Errored) => (self.workflow, P::Pending),
            (V::Keep, _) if is_found => (W::Approved, P::Verified),
            (V::Approve | V::Delete, _) if is_found && is_surplus => (W::Cancellation, P::Pending),
            (V::Approve, _) if is_found => (W::PolicyApproved, P::Pending),
            (_, state) => return Err(misfit(verdict, &format!("{}, {}", self.workflow.label(), state.label()))),
        };
        Ok(())
    }
}

fn change_value(owned: &mut Assignments, decision: &Decision, now: Instant) -> Result<(), ServerError> {
    let (id, verdict) = (decision.id, decision.verdict);
    for row in &mut owned.resource_types {
        let decide = |workflow: &mut WorkflowState,
                      provisioning: &mut ProvisioningState,
                      since: &mut Instant,
                      error: &mut Option<String>,
                      is_surplus: bool| {
            let mut states = States { workflow: *workflow, provisioning: *provisioning };
            states.decide(verdict, is_surplus)?;
            if *workflow != states.workflow {
                *since = now;
            }
            if *provisioning != states.provisioning {
                *error = None;
            }
            (*workflow, *provisioning) = (states.workflow, states.provisioning);
            Ok::<(), ServerError>(())
        };
        match decision.part {
            Part::Scalar => {
                for v in row.scalars.iter_mut().filter(|v| v.id == id) {
                    decide(&mut v.workflow, &mut v.provisioning, &mut v.state_since, &mut v.error, false)?;
                }
            }
            Part::Navigation => {
                for l in row.navigations.iter_mut().filter(|l| l.id == id) {
                    let is_surplus = l.is_current && !l.is_expected;
                    decide(&mut l.workflow, &mut l.provisioning, &mut l.state_since, &mut l.error, is_surplus)?;
                }
            }
            Part::Binary => {
                for f in row.binaries.iter_mut().filter(|f| f.id == id) {
                    decide(&mut f.workflow, &mut f.provisioning, &mut f.state_since, &mut f.error, false)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Everything in a state that a resource type holds goes to another.
fn move_held(row: &mut AssignedResourceType, from: &[ProvisioningState], to: ProvisioningState) {
    let set = |state: &mut ProvisioningState, error: &mut Option<String>| {
        if from.contains(state) {
            (*state, *error) = (to, None);
        }
    };
    row.scalars.iter_mut().for_each(|v| set(&mut v.provisioning, &mut v.error));
    row.navigations.iter_mut().for_each(|l| set(&mut l.provisioning, &mut l.error));
    row.binaries.iter_mut().for_each(|f| set(&mut f.provisioning, &mut f.error));
}

fn change_type(row: &mut AssignedResourceType, verdict: Verdict, now: Instant) -> Result<(), ServerError> {
    use {ProvisioningState as P, Verdict as V, WorkflowState as W};
    let is_found = row.workflow.is_derogation() && row.target.is_some();
    let lost = is_lost(row, now);
    let (workflow, provisioning) = match (verdict, row.provisioning) {
        (V::Postpone, state) => (row.workflow, state),
        // The values of a new account are approved with it, unless somebody has decided about them.
        (V::Approve, P::AwaitingApproval) if row.target.is_none() => {
            move_held(row, &[P::AwaitingApproval], P::Pending);
            (row.workflow, P::Pending)
        }
        (V::Approve, P::AwaitingApproval) if lost => (row.workflow, P::Pending),
        // It is the owner's: what differs is looked at by the next computation.
        (V::Approve, P::AwaitingApproval) => (row.workflow, P::Verified),
        (V::Decline, P::AwaitingApproval) if lost => {
            row.period = Period { start: row.period.start.min(now).max(NO_START), end: NO_END };
            row.is_denied = false;
            (W::Approved, P::Verified)
        }
        (V::Decline, P::AwaitingApproval) => {
            move_held(row, &[P::AwaitingApproval, P::Pending], P::None);
            (W::Declined, P::None)
        }
        (V::Unblock, P::AwaitingApproval | P::Errored) => {
            move_held(row, &[P::AwaitingApproval, P::Errored], P::Pending);
            (row.workflow, P::Pending)
        }
        // The row itself is well, and something that it holds is not.
        (V::Unblock, state) if row.held().any(|(_, held)| matches!(held, P::AwaitingApproval | P::Errored)) => {
            move_held(row, &[P::AwaitingApproval, P::Errored], P::Pending);
            (row.workflow, state)
        }
        (V::Keep, _) if is_found => (W::Approved, P::Verified),
        (V::Delete, _) if is_found => (W::Cancellation, P::Pending),
        (_, state) => return Err(misfit(verdict, &format!("{}, {}", row.workflow.label(), state.label()))),
    };
    if row.provisioning != provisioning {
        row.error = None;
    }
    if row.workflow != workflow {
        row.state_since = now;
    }
    (row.workflow, row.provisioning) = (workflow, provisioning);
    Ok(())
}

/// Confirms an order that somebody carried out, or tells that it cannot be done.
fn by_hand(tx: &mut WriteTx, decision: &Decision, actor: &str, now: Instant) -> Result<u64, ServerError> {
    let failed = match decision.verdict {
        Verdict::Executed => None,
        Verdict::Failed => {
            comment(decision, Comment::Required)?;
            Some(decision.comment.as_str())
        }
        verdict => return Err(misfit(verdict, "an order that somebody carries out by hand")),
    };
    let order = tx.order(decision.id)?.ok_or_else(|| refused("there is no such order".to_owned()))?;
    let wanted = if failed.is_some() { ProvisioningState::Errored } else { ProvisioningState::Executed };
    if order.state != ProvisioningState::Transmitted {
        return match order.state == wanted {
            true => Ok(0),
            false => Err(misfit(decision.verdict, order.state.label())),
        };
    }
    if let Some(version) = decision.version.as_ref().filter(|known| **known != version(&order)) {
        return Err(refused(format!("it has changed since it was looked at ({version})")));
    }
    let counted = apply(tx, std::slice::from_ref(&order), &[result(order.assigned, failed)], now)?;
    tx.close_order_file(&order.file)?;
    tx.insert_decision(&StoredDecision {
        part: part_word(Part::Order).to_owned(),
        row: order.id,
        owner: ResourceId(order.owner.0),
        verdict: decision.verdict.word().to_owned(),
        comment: decision.comment.clone(),
        actor: actor.to_owned(),
        at: now,
        before: String::new(),
        version: String::new(),
    })?;
    Ok(counted)
}
