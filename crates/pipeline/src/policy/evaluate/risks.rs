//! Risks that the owner runs, and those that a request would bring about (spec 24 §4).

use super::roles::MINUTE;
use super::scratch::{RoleStage, value_of};
use super::states::{Fate, fate, first_approval};
use super::{Outcome, Run, Scratch};
use crate::policy::plan::{Risk, RiskItem, RoleSet, find};
use provost_model::ResourceId;
use provost_model::configuration::policy::{RiskExemption, RiskFactor, RuleType};
use provost_model::policy::{AssignedRole, Period, WorkflowState};
use std::collections::BTreeSet;

/// An entitlement: position of the resource type, navigation, resource.
type Entitlement = (u32, usize, ResourceId);

/// What requests bring about.
#[derive(Default)]
struct Requested {
    /// One blocks the whole set.
    is_blocked: bool,
    /// Entitlements that need a further review.
    reviewed: BTreeSet<Entitlement>,
}

impl Run<'_> {
    pub(super) fn risks(&self, scratch: &mut Scratch, outcome: &mut Outcome) {
        let has_requests = !scratch.singles.requested.is_empty()
            || !scratch.composites.requested.is_empty()
            || !scratch.types.requested.is_empty();
        if self.source.risks.is_empty() && !has_requests {
            outcome.risk_score = self.score(&[]);
            return;
        }
        let held = self.held_entitlements(scratch);
        let requested = self.requested_entitlements(scratch);
        let both: BTreeSet<Entitlement> = held.union(&requested).copied().collect();
        let mut levels = Vec::new();
        let mut brought = Requested::default();
        for risk in &self.source.risks {
            if runs(risk, &held).is_some() {
                outcome.risks.push(risk.id);
                levels.push(risk.level);
            } else if let Some(items) = runs(risk, &both) {
                levels.push(risk.level);
                match risk.exemption {
                    RiskExemption::Blocking => brought.is_blocked = true,
                    RiskExemption::ApprovalRequired => {
                        let new = both.iter().filter(|held| items.iter().any(|item| matches(item, held)));
                        brought.reviewed.extend(new.filter(|entitlement| requested.contains(entitlement)));
                    }
                    RiskExemption::Warning => {}
                }
            }
        }
        outcome.risks.sort_unstable();
        outcome.risk_score = self.score(&levels);
        if has_requests {
            self.process_requests(&brought, scratch);
        }
    }

    fn score(&self, levels: &[u8]) -> Option<u8> {
        let sum: u32 = levels.iter().map(|level| u32::from(*level)).sum();
        let count = levels.len() as u32;
        match self.source.risk_factor {
            RiskFactor::None => None,
            RiskFactor::Max => Some(levels.iter().copied().max().unwrap_or(0)),
            // Rounded half up; no risks, no score.
            RiskFactor::Average => Some(((2 * sum + count) / (2 * count.max(1))) as u8),
        }
    }

    /// Links of the owner's targets that are there, or on their way.
    fn held_entitlements(&self, scratch: &Scratch) -> BTreeSet<Entitlement> {
        let mut held = BTreeSet::new();
        for row in scratch.rows.iter().filter(|row| row.period.contains(self.now) || row.target.is_some()) {
            let Some(position) = find(&self.source.type_ids, row.resource_type) else {
                continue;
            };
            if matches!(fate(row.workflow, row.is_denied), Fate::Waits | Fate::Refused | Fate::Offered) {
                continue;
            }
            for link in &row.navigations {
                let entity_type = self.source.types[position as usize].target;
                let is_expected = link.is_expected && link.period.contains(self.now) && !link.workflow.is_derogation();
                let property = self.property(entity_type, link.property);
                if let Some(property) = property.filter(|_| link.is_current || is_expected) {
                    held.insert((position, property, link.resource));
                }
            }
            self.ungoverned(position, row.target, &mut held);
        }
        held
    }

    /// Links of navigations that no rule fills, but a risk names.
    fn ungoverned(&self, position: u32, target: Option<ResourceId>, held: &mut BTreeSet<Entitlement>) {
        let plan = &self.source.types[position as usize];
        let Some(target) = self.live(plan, target) else {
            return;
        };
        let items = self.source.risks.iter().flat_map(|risk| risk.rules.iter().flatten());
        for item in items.filter(|item| item.resource_type == position) {
            if !plan.governed.iter().any(|governed| governed.property == item.property) {
                let links = self.population.links(target, item.property);
                held.extend(links.iter().map(|link| (position, item.property, self.population.id(*link))));
            }
        }
    }

    fn property(&self, entity_type: usize, id: provost_model::PropertyId) -> Option<usize> {
        let types = self.source.types.iter().filter(|plan| plan.target == entity_type);
        types.flat_map(|plan| &plan.governed).find(|governed| governed.id == id).map(|governed| governed.property)
    }

    fn requested_entitlements(&self, scratch: &Scratch) -> BTreeSet<Entitlement> {
        let mut found = BTreeSet::new();
        for (set, stage) in [(&self.source.composites, &scratch.composites), (&self.source.singles, &scratch.singles)] {
            for at in &stage.waiting {
                self.entitlements_of(set, &stage.rows[*at as usize], scratch, &mut found);
            }
        }
        found
    }

    fn entitlements_of(&self, set: &RoleSet, row: &AssignedRole, scratch: &Scratch, out: &mut BTreeSet<Entitlement>) {
        let Some(position) = set.find(row.role) else {
            return;
        };
        let singles = &self.source.singles;
        if !std::ptr::eq(set, singles) {
            for rule in singles.by_holder[position as usize].iter().map(|rule| &singles.rules[*rule as usize]) {
                let holds = scratch.contexts.iter().any(|context| {
                    let values = scratch.values_of(context);
                    let value = |column| value_of(&row.parameters, column).or_else(|| value_of(values, column));
                    context.period.contains(self.now) && self.source.conditions.holds(rule.condition, value)
                });
                if holds && !rule.is_denied && rule.kind == RuleType::Required {
                    self.values_of(rule.role, out);
                }
            }
            return;
        }
        self.values_of(position, out);
    }

    fn values_of(&self, role: u32, out: &mut BTreeSet<Entitlement>) {
        for (at, plan) in self.source.types.iter().enumerate() {
            let values = plan.values_of_role.get(&role).into_iter().flatten();
            out.extend(values.map(|(property, resource)| (at as u32, *property, *resource)));
        }
    }

    /// Requests become what their number of validations and the risks say.
    fn process_requests(&self, brought: &Requested, scratch: &mut Scratch) {
        for is_single in [false, true] {
            let (set, mut stage) = match is_single {
                false => (&self.source.composites, std::mem::take(&mut scratch.composites)),
                true => (&self.source.singles, std::mem::take(&mut scratch.singles)),
            };
            self.process_role_requests(set, &mut stage, brought, scratch);
            match is_single {
                false => scratch.composites = stage,
                true => scratch.singles = stage,
            }
        }
        for at in std::mem::take(&mut scratch.types.requested) {
            let row = &mut scratch.rows[at as usize];
            let Some(position) = find(&self.source.type_ids, row.resource_type) else {
                continue;
            };
            let plan = &self.source.types[position as usize];
            let is_complete = plan.required.iter().all(|column| value_of(&row.parameters, *column).is_some());
            let next = processed(is_complete, brought.is_blocked, false, plan.approvals);
            if row.workflow != next {
                (row.workflow, row.state_since) = (next, self.now);
                scratch.is_unsettled |= next != WorkflowState::RequestedMissingParameters;
            }
            if next == WorkflowState::Approved {
                limit(&mut row.period, plan.max_duration, self.now);
            }
        }
    }

    fn process_role_requests(&self, set: &RoleSet, stage: &mut RoleStage, brought: &Requested, scratch: &mut Scratch) {
        for at in std::mem::take(&mut stage.requested) {
            let mut own = BTreeSet::new();
            self.entitlements_of(set, &stage.rows[at as usize], scratch, &mut own);
            let row = &mut stage.rows[at as usize];
            let Some(position) = set.find(row.role) else {
                continue;
            };
            let role = &set.roles[position as usize];
            let mut required = role.parameters.iter().filter(|(_, is_required)| *is_required);
            let is_complete = required.all(|(column, _)| value_of(&row.parameters, *column).is_some());
            let is_reviewed = own.iter().any(|entitlement| brought.reviewed.contains(entitlement));
            let next = processed(is_complete, brought.is_blocked, is_reviewed, role.approvals);
            if row.workflow != next {
                (row.workflow, row.state_since) = (next, self.now);
                scratch.is_unsettled |= next != WorkflowState::RequestedMissingParameters;
            }
            if next == WorkflowState::Approved {
                limit(&mut row.period, role.max_duration, self.now);
            }
        }
    }
}

fn processed(is_complete: bool, is_blocked: bool, is_reviewed: bool, approvals: Option<u8>) -> WorkflowState {
    match approvals {
        _ if !is_complete => WorkflowState::RequestedMissingParameters,
        // What may not be requested by hand is refused.
        None => WorkflowState::Declined,
        _ if is_blocked => WorkflowState::Blocked,
        _ if is_reviewed => WorkflowState::PendingApprovalRisk,
        Some(approvals) => first_approval(approvals),
    }
}

/// An assignment by hand ends after the longest time that it may have (`MaxDuration`).
fn limit(period: &mut Period, minutes: u32, now: i64) {
    if minutes > 0 {
        let from = period.start.max(now);
        period.end = period.end.min(from.saturating_add(i64::from(minutes) * MINUTE));
    }
}

/// The first combination of a risk that these entitlements make up.
fn runs<'r>(risk: &'r Risk, held: &BTreeSet<Entitlement>) -> Option<&'r [RiskItem]> {
    let rule = risk.rules.iter().find(|items| items.iter().all(|item| held.iter().any(|held| matches(item, held))))?;
    Some(rule.as_slice())
}

fn matches(item: &RiskItem, held: &Entitlement) -> bool {
    let (resource_type, property, resource) = *held;
    item.resource_type == resource_type
        && item.property == property
        && item.resource.is_none_or(|wanted| wanted == resource)
}
