//! Which target belongs to which row, what is still to be done about it, and what becomes of rows that lost their
//! reason (spec 21 §6.4 to §6.7 and §8).

use super::scratch::{Class, TypeStage};
use super::states::{Fate, fate};
use super::types::{Deciding, Row, closed};
use super::{Run, Scratch};
use crate::policy::Review;
use crate::policy::plan::Type;
use crate::population::Handle;
use provost_model::ResourceId;
use provost_model::policy::{AssignedResourceType, Period, ProvisioningState, WorkflowState};

/// State of an order that is to be made, or was.
pub(super) fn order(before: Option<ProvisioningState>, is_blocked: bool, review: Review) -> ProvisioningState {
    use ProvisioningState as P;
    match before {
        Some(state @ (P::Transmitted | P::Errored | P::Executed | P::Pending)) => state,
        Some(P::AwaitingApproval) if review != Review::Nothing => P::AwaitingApproval,
        _ if is_blocked => P::AwaitingApproval,
        _ => P::Pending,
    }
}

/// A waiting order of the resource, or one of its values, blocks the others.
pub(super) fn is_waiting(row: &AssignedResourceType) -> bool {
    let waits = |state| state == ProvisioningState::AwaitingApproval;
    waits(row.provisioning)
        || row.scalars.iter().any(|value| waits(value.provisioning))
        || row.navigations.iter().any(|value| waits(value.provisioning))
        || row.binaries.iter().any(|value| waits(value.provisioning))
}

impl Run<'_> {
    pub(super) fn is_blocked(&self, plan: &Type, confidence: u8, before: Option<&AssignedResourceType>) -> bool {
        match self.options.review {
            Review::Nothing => false,
            Review::All => true,
            Review::AsConfigured => plan.block || confidence < 100 || before.is_some_and(is_waiting),
        }
    }

    /// Targets of the resource type that no row has yet, the most certain first.
    fn candidates(&self, plan: &Type, stage: &TypeStage) -> Vec<(Handle, u8)> {
        let own = self.inputs.correlations.iter().filter(|found| found.resource_type == plan.id);
        let mut free: Vec<(ResourceId, u8)> = own
            .filter(|found| !stage.targets.contains(&found.target))
            .map(|found| (found.target, found.confidence))
            .collect();
        free.sort_unstable_by_key(|(target, confidence)| (std::cmp::Reverse(*confidence), *target));
        let live = free.into_iter().filter_map(|(id, confidence)| Some((self.live(plan, Some(id))?, confidence)));
        live.collect()
    }

    /// Gives each row its target: the one that it had, that of the row before it, or the best that was found.
    pub(super) fn place_targets(&self, this: &mut Deciding, stage: &mut TypeStage) {
        for row in &mut this.rows {
            let Some(before) = row.before.map(|at| &this.existing[at]) else {
                continue;
            };
            row.target = self.live(this.plan, before.target);
            if row.target.is_some() {
                row.confidence = before.confidence;
            }
            row.is_gone = before.target.is_some() && row.target.is_none();
        }
        if !this.is_complete {
            this.rows.iter_mut().filter(|row| row.class == Class::Calculated).for_each(|row| row.target = None);
        }
        // Where nothing holds at present, what begins first takes the target that is there already.
        let first = this
            .rows
            .iter()
            .position(|row| row.period.contains(self.now))
            .or_else(|| this.rows.iter().position(|row| row.period.start > self.now));
        if let Some(first) = first {
            let mut candidates = self.candidates(this.plan, stage).into_iter();
            if this.rows[first].target.is_none()
                && this.is_complete
                && let Some((target, confidence)) = candidates.next()
            {
                (this.rows[first].target, this.rows[first].confidence) = (Some(target), confidence);
                this.rows[first].is_gone = false;
                stage.targets.push(self.population.id(target));
            }
            for at in first + 1..this.rows.len() {
                let (before, row) = (this.rows[at - 1].clone(), &mut this.rows[at]);
                if row.target.is_none() && before.period.touches(row.period) && before.target.is_some() {
                    (row.target, row.confidence, row.is_gone) = (before.target, before.confidence, false);
                }
            }
            if this.plan.multiple {
                self.further_targets(first, this, stage, candidates);
            }
        }
    }

    /// Further targets of a resource type of which an owner may have several.
    fn further_targets(
        &self,
        first: usize,
        this: &mut Deciding,
        stage: &mut TypeStage,
        candidates: impl Iterator<Item = (Handle, u8)>,
    ) {
        let row = this.rows[first].clone();
        if row.target.is_none() || row.class == Class::Derogation {
            return;
        }
        let known: Vec<Handle> = this.rows.iter().filter_map(|row| row.target).collect();
        for at in 0..this.existing.len() {
            let before = &this.existing[at];
            let goes_on = matches!(
                fate(this.states[at].0, before.is_denied),
                Fate::Calculated | Fate::Cancelled | Fate::Derogation
            );
            let target = self.live(this.plan, before.target).filter(|target| !known.contains(target));
            if this.taken[at] || !goes_on || target.is_none() || before.confidence < 100 {
                continue;
            }
            this.taken[at] = true;
            let since = if this.states[at].0 == row.workflow { this.states[at].1 } else { self.now };
            let confidence = before.confidence;
            this.rows.push(Row { before: Some(at), keeps_id: true, target, confidence, since, ..row.clone() });
        }
        for (target, confidence) in candidates.filter(|(_, confidence)| *confidence >= 100) {
            stage.targets.push(self.population.id(target));
            let since = self.now;
            this.rows.push(Row { before: None, target: Some(target), confidence, since, ..row.clone() });
        }
    }

    pub(super) fn emit_types(&self, this: &mut Deciding, stage: &mut TypeStage, scratch: &mut Scratch) {
        for at in 0..this.rows.len() {
            let row = this.rows[at].clone();
            let before = row.before.map(|at| &this.existing[at]);
            if row.class == Class::Derogation && row.target.is_none() {
                continue;
            }
            stage.targets.extend(row.target.map(|target| self.population.id(target)));
            let (workflow, provisioning) = self.state_of_type(&row, before, this);
            let since = if workflow == row.workflow { row.since } else { before.map_or(self.now, |b| b.state_since) };
            let mut made = AssignedResourceType {
                id: before.filter(|_| row.keeps_id).map(|before| before.id).unwrap_or_default(),
                owner: self.owner_id,
                resource_type: this.plan.id,
                target: row.target.map(|target| self.population.id(target)),
                confidence: row.confidence,
                workflow,
                provisioning,
                period: row.period,
                parameters: match row.class {
                    Class::Approved => before.map(|before| before.parameters.clone()).unwrap_or_default(),
                    _ => this.parameters.clone(),
                },
                is_redundant: row.is_redundant,
                rule: row.rule,
                state_since: since,
                error: before.filter(|_| provisioning == ProvisioningState::Errored).and_then(|b| b.error.clone()),
                ..AssignedResourceType::default()
            };
            if workflow != WorkflowState::CalculatedMissingParameters && provisioning != ProvisioningState::Inactive {
                self.values(&row, before, this, &mut made, scratch);
                self.navigations(&row, before, this, &mut made, scratch);
            }
            scratch.rows.push(made);
        }
    }

    /// States of a row that has a reason to be.
    fn state_of_type(
        &self,
        row: &Row,
        before: Option<&AssignedResourceType>,
        this: &Deciding,
    ) -> (WorkflowState, ProvisioningState) {
        use ProvisioningState as P;
        let review = self.options.review;
        if row.period.is_past(self.now) {
            return (row.workflow, P::Inactive);
        }
        match row.workflow {
            WorkflowState::CalculatedMissingParameters => return (row.workflow, P::None),
            state if row.class == Class::Derogation => return (state, P::None),
            _ => {}
        }
        if row.target.is_some() {
            let is_confirmed = row.confidence >= 100
                || review == Review::Nothing
                || before
                    .is_some_and(|before| before.provisioning == P::Verified && before.confidence == row.confidence);
            return (row.workflow, if is_confirmed { P::Verified } else { P::AwaitingApproval });
        }
        // A target that was there and vanished, or whose loss nobody has decided about yet, is not made again unasked.
        let missed = before.filter(|before| {
            (row.is_gone && before.provisioning == P::Verified)
                || (before.workflow.is_derogation() && before.target.is_none())
        });
        if let Some(before) = missed {
            let state = if before.workflow.is_derogation() { before.workflow } else { WorkflowState::Found };
            return (state, P::None);
        }
        if !this.plan.allow_add {
            return (row.workflow, P::None);
        }
        let is_blocked = self.is_blocked(this.plan, 100, before);
        let known = before.filter(|_| !row.is_gone).map(|before| before.provisioning);
        (row.workflow, order(known, is_blocked, review))
    }

    /// Rows that lost their reason, and targets that belong to the owner without one.
    pub(super) fn left_over_types(&self, this: &mut Deciding, stage: &mut TypeStage, scratch: &mut Scratch) {
        let used: Vec<Handle> = this.rows.iter().filter_map(|row| row.target).collect();
        for at in (0..this.existing.len()).filter(|at| !this.taken[*at]) {
            let row = &this.existing[at];
            let (workflow, state_since) = this.states[at];
            let target = self.live(this.plan, row.target).filter(|target| !used.contains(target));
            match fate(workflow, row.is_denied) {
                Fate::Forbids | Fate::Waits | Fate::Refused => {
                    self.decided_type(row, workflow, state_since, target, this, stage, scratch);
                }
                Fate::Offered => {}
                Fate::Derogation => {
                    if let Some(target) = target {
                        self.unauthorised(
                            AssignedResourceType { workflow, state_since, ..row.clone() },
                            target,
                            this,
                            scratch,
                        );
                    }
                }
                Fate::Cancelled | Fate::Calculated | Fate::Manual => {
                    if let Some(target) = target {
                        self.lost_type(
                            AssignedResourceType { workflow, state_since, ..row.clone() },
                            target,
                            this,
                            scratch,
                        );
                    }
                }
            }
        }
        for (target, confidence) in self.candidates(this.plan, stage) {
            let id = self.population.id(target);
            stage.targets.push(id);
            let made = AssignedResourceType {
                owner: self.owner_id,
                resource_type: this.plan.id,
                target: Some(id),
                confidence,
                workflow: WorkflowState::Found,
                state_since: self.now,
                ..AssignedResourceType::default()
            };
            self.unauthorised(made, target, this, scratch);
        }
    }

    /// What people forbid, refused or have still to decide stays until its period is over.
    #[expect(clippy::too_many_arguments, reason = "the parts of one stored row")]
    fn decided_type(
        &self,
        row: &AssignedResourceType,
        workflow: WorkflowState,
        state_since: i64,
        target: Option<Handle>,
        this: &Deciding,
        stage: &mut TypeStage,
        scratch: &mut Scratch,
    ) {
        if row.period.is_past(self.now) && target.is_none() {
            return;
        }
        scratch.changes_with(row.period);
        let mut made = AssignedResourceType { workflow, state_since, ..row.clone() };
        if row.is_denied {
            // It is not to exist: what is there is taken away.
            made.provisioning = match target {
                Some(_) if this.plan.allow_remove => self.removal(row, this.plan),
                _ => ProvisioningState::None,
            };
        }
        if matches!(workflow, WorkflowState::Requested | WorkflowState::RequestedMissingParameters) {
            stage.requested.push(scratch.rows.len() as u32);
        }
        scratch.rows.push(made);
    }

    /// An order to remove a target, or where it stands.
    fn removal(&self, row: &AssignedResourceType, plan: &Type) -> ProvisioningState {
        let is_under_way = row.period.is_past(self.now) || row.is_denied;
        let known = Some(row.provisioning).filter(|_| is_under_way);
        order(known, self.is_blocked(plan, 100, None), self.options.review)
    }

    /// A target whose owner lost the right to it: it is removed where the engine may do that, otherwise somebody has to
    /// look at it. So it is with a target of which nobody confirmed that it is the owner's.
    fn lost_type(&self, row: AssignedResourceType, target: Handle, this: &Deciding, scratch: &mut Scratch) {
        let is_unconfirmed = row.confidence < 100 && row.provisioning == ProvisioningState::AwaitingApproval;
        if !this.plan.allow_remove || is_unconfirmed {
            let found = AssignedResourceType {
                workflow: WorkflowState::Found,
                state_since: self.now,
                period: Period::ALWAYS,
                rule: None,
                ..row
            };
            return self.unauthorised(found, target, this, scratch);
        }
        // From now on what it holds says nothing any more: roles that were found in it go as well.
        scratch.is_unsettled |= !row.period.is_past(self.now);
        let provisioning = self.removal(&row, this.plan);
        let workflow = match row.workflow {
            WorkflowState::Inactive | WorkflowState::None => WorkflowState::PolicyApproved,
            known => known,
        };
        scratch.rows.push(AssignedResourceType {
            provisioning,
            workflow,
            period: closed(row.period, self.now),
            // Whatever found it, somebody confirmed it since.
            confidence: 100,
            scalars: Vec::new(),
            navigations: Vec::new(),
            binaries: Vec::new(),
            ..row
        });
    }

    /// A target that belongs to the owner although nothing gives it.
    fn unauthorised(&self, row: AssignedResourceType, target: Handle, this: &Deciding, scratch: &mut Scratch) {
        let stored = row.clone();
        let before = Some(&stored).filter(|row| row.id != 0);
        let mut made = AssignedResourceType {
            provisioning: ProvisioningState::None,
            scalars: Vec::new(),
            binaries: Vec::new(),
            navigations: Vec::new(),
            ..row
        };
        let row = Row {
            period: made.period,
            workflow: made.workflow,
            since: made.state_since,
            class: Class::Derogation,
            rule: None,
            before: None,
            keeps_id: true,
            target: Some(target),
            confidence: made.confidence,
            is_gone: false,
            is_redundant: false,
            is_given: false,
        };
        self.navigations(&row, before, this, &mut made, scratch);
        scratch.rows.push(made);
    }
}
