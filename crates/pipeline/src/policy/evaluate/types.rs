//! Resource types: which targets the owner should have, and when.

use super::roles::{manual_period, offered};
use super::scratch::{Class, NONE, RuleId, TypePiece, TypeStage, value_of};
use super::states::{Fate, fate};
use super::{Run, Scratch};
use crate::policy::Redundancy;
use crate::policy::conditions::ALWAYS;
use crate::policy::plan::{Effect, EffectKind, Type, find};
use crate::policy::spans::{Spans, shifted, subtract, unite};
use crate::population::Handle;
use provost_model::configuration::policy::{RuleType, TimeOffset};
use provost_model::policy::{AssignedResourceType, Instant, Parameters, Period, WorkflowState};
use provost_model::{PolicyObjectId, ResourceId};
use smallvec::{SmallVec, smallvec};

/// A period for which something gives the resource type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Base {
    pub(super) period: Period,
    pub(super) class: Class,
    pub(super) rule: PolicyObjectId,
    pub(super) is_type_rule: bool,
}

/// A row in the making.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) period: Period,
    pub(super) workflow: WorkflowState,
    pub(super) since: Instant,
    pub(super) class: Class,
    pub(super) rule: RuleId,
    /// The stored row that it continues, by position among those of the resource type.
    pub(super) before: Option<usize>,
    pub(super) keeps_id: bool,
    pub(super) target: Option<Handle>,
    pub(super) confidence: u8,
    /// The target that it had is not there any more.
    pub(super) is_gone: bool,
    pub(super) is_redundant: bool,
    /// Something gives it; otherwise it is there, and that is all.
    pub(super) is_given: bool,
}

/// What is known about one resource type while it is resolved.
pub(super) struct Deciding<'a> {
    pub(super) plan: &'a Type,
    pub(super) existing: &'a [AssignedResourceType],
    /// States of existing rows after automation rules.
    pub(super) states: SmallVec<[(WorkflowState, Instant); 4]>,
    /// What rules bring about, ascending by kind and rule.
    pub(super) groups: Vec<Group>,
    /// When the owner has the resource type, before offsets.
    pub(super) references: Spans,
    /// Offset of the type rule that gives it.
    pub(super) offset: TimeOffset,
    pub(super) bases: Vec<Base>,
    pub(super) denied: Spans,
    pub(super) by_hand: Spans,
    pub(super) manual: Spans,
    pub(super) requested: Spans,
    pub(super) taken: SmallVec<[bool; 4]>,
    pub(super) rows: SmallVec<[Row; 2]>,
    pub(super) parameters: Parameters,
    pub(super) is_complete: bool,
}

pub(super) fn own_types(rows: &[AssignedResourceType], id: PolicyObjectId) -> &[AssignedResourceType] {
    let start = rows.partition_point(|row| row.resource_type < id);
    let end = start + rows[start..].partition_point(|row| row.resource_type == id);
    &rows[start..end]
}

impl Run<'_> {
    pub(super) fn resource_types(&self, scratch: &mut Scratch) {
        let mut stage = std::mem::take(&mut scratch.types);
        self.trigger_types(&mut stage, scratch);
        self.role_effects(&mut stage, scratch);
        for row in &self.existing.resource_types {
            if let Some(position) = find(&self.source.type_ids, row.resource_type) {
                stage.touched.insert(position);
                stage.targets.extend(row.target);
            }
        }
        for found in self.inputs.correlations {
            if let Some(position) = find(&self.source.type_ids, found.resource_type) {
                stage.touched.insert(position);
            }
        }
        let mut at = 0;
        while let Some(position) = stage.touched.next(at) {
            self.resource_type(position, &mut stage, scratch);
            at = position + 1;
        }
        scratch.types = stage;
    }

    fn trigger_types(&self, stage: &mut TypeStage, scratch: &mut Scratch) {
        for (at, context) in scratch.contexts.iter().enumerate() {
            for condition in scratch.satisfied[at].members() {
                for effect in &self.source.unconditional[*condition as usize] {
                    let (period, class, rank) = (context.period, Class::Calculated, at as u32);
                    stage.add(TypePiece { next: NONE, effect: *effect, period, class, rank });
                }
            }
        }
    }

    /// What single roles in effect bring about.
    fn role_effects(&self, stage: &mut TypeStage, scratch: &Scratch) {
        for held in &scratch.singles.held {
            let parameters = &scratch.parameters[held.parameters as usize];
            for effect in &self.source.effects[held.role as usize] {
                let plan = &self.source.types[effect.resource_type as usize];
                let piece =
                    TypePiece { next: NONE, effect: *effect, period: held.period, class: held.class, rank: held.rank };
                match effect.kind {
                    EffectKind::TypeRule => {
                        let condition = plan.rules[effect.rule as usize].condition;
                        self.role_type_rule(condition, piece, stage, scratch);
                    }
                    EffectKind::Navigation => {
                        let condition = plan.navigations[effect.rule as usize].condition;
                        let value = |column| value_of(parameters, column);
                        if condition == ALWAYS || self.source.conditions.holds(condition, value) {
                            stage.add(piece);
                        }
                    }
                    EffectKind::Scalar | EffectKind::Binary => stage.add(piece),
                }
            }
        }
    }

    /// A type rule with a single role and dimensions holds while the role does, in contexts that satisfy it.
    fn role_type_rule(&self, condition: u32, piece: TypePiece, stage: &mut TypeStage, scratch: &Scratch) {
        if condition == ALWAYS {
            return stage.add(piece);
        }
        for (at, context) in scratch.contexts.iter().enumerate() {
            let period = context.period.intersection(piece.period);
            if !period.is_empty() && scratch.satisfied[at].contains(condition) {
                stage.add(TypePiece { period, rank: at as u32, ..piece });
            }
        }
    }

    fn resource_type(&self, position: u32, stage: &mut TypeStage, scratch: &mut Scratch) {
        let plan = &self.source.types[position as usize];
        let existing = own_types(&self.existing.resource_types, plan.id);
        if plan.is_external {
            for row in existing {
                scratch.changes_with(row.period);
                scratch.rows.push(row.clone());
            }
            return;
        }
        let mut this = Deciding {
            plan,
            existing,
            states: existing.iter().map(|row| (row.workflow, row.state_since)).collect(),
            groups: std::mem::take(&mut stage.groups),
            references: Spans::new(),
            offset: TimeOffset::Default,
            bases: std::mem::take(&mut stage.bases),
            denied: Spans::new(),
            by_hand: Spans::new(),
            manual: Spans::new(),
            requested: Spans::new(),
            taken: smallvec![false; existing.len()],
            rows: SmallVec::new(),
            parameters: Parameters::new(),
            is_complete: true,
        };
        this.bases.clear();
        stage.own.clear();
        let mut at = stage.heads[position as usize];
        while let Some(piece) = stage.pieces.get(at as usize) {
            stage.own.push(*piece);
            at = piece.next;
        }
        stage.own.sort_unstable_by_key(|piece| (piece.effect, piece.class, piece.period));
        group(&stage.own, &mut this.groups);
        self.type_rules(&mut this);
        self.implied(&mut this);
        self.type_parameters(&mut this, scratch);
        self.existing_types(&mut this, scratch);
        self.calculated_types(&mut this, scratch);
        self.place_targets(&mut this, stage);
        self.emit_types(&mut this, stage, scratch);
        self.offered_types(&mut this, scratch);
        self.left_over_types(&mut this, stage, scratch);
        (stage.groups, stage.bases) = (this.groups, this.bases);
    }

    fn type_rules(&self, this: &mut Deciding) {
        let mut has_offset = false;
        for Group { effect, class, spans, .. } in of_kind(&this.groups, EffectKind::TypeRule) {
            let rule = &this.plan.rules[effect.rule as usize];
            if rule.is_denied {
                this.denied.extend(spans.iter().map(|span| shifted(*span, rule.offset)));
                continue;
            }
            if rule.kind != RuleType::Required {
                continue;
            }
            if !has_offset {
                (this.offset, has_offset) = (rule.offset, true);
            }
            for span in spans {
                let period = shifted(*span, rule.offset);
                this.bases.push(Base { period, class: *class, rule: rule.id, is_type_rule: true });
                if *class != Class::Derogation {
                    push(&mut this.references, *span);
                }
            }
        }
        unite(&mut this.denied);
    }

    /// A navigation or scalar rule with a role implies the resource type.
    fn implied(&self, this: &mut Deciding) {
        for Group { effect, class, spans, .. } in &this.groups {
            let (rule, offset) = match effect.kind {
                EffectKind::Navigation => {
                    let rule = &this.plan.navigations[effect.rule as usize];
                    if rule.single_role.is_none() || rule.is_denied {
                        continue;
                    }
                    (rule.id, rule.offset)
                }
                EffectKind::Scalar => {
                    let rule = &this.plan.scalars[effect.rule as usize];
                    (rule.id, rule.offset)
                }
                EffectKind::TypeRule | EffectKind::Binary => continue,
            };
            let offset = if offset == TimeOffset::Default { this.offset } else { offset };
            for span in spans {
                let period = shifted(*span, offset);
                this.bases.push(Base { period, class: *class, rule, is_type_rule: false });
                if *class != Class::Derogation {
                    push(&mut this.references, *span);
                }
            }
        }
    }

    /// Values of the parameters that an assignment must have: those of the strongest context that has them.
    fn type_parameters(&self, this: &mut Deciding, scratch: &Scratch) {
        for column in &this.plan.required {
            let found = scratch.contexts.iter().find_map(|context| value_of(scratch.values_of(context), *column));
            match found {
                Some(value) => this.parameters.push((*column, value)),
                None => this.is_complete = false,
            }
        }
    }

    /// What was decided by people, and what rules decide in their place.
    fn existing_types(&self, this: &mut Deciding, scratch: &mut Scratch) {
        for row in this.existing.iter().filter(|row| row.is_denied && !row.period.is_past(self.now)) {
            this.by_hand.push(row.period);
        }
        for at in 0..this.existing.len() {
            let row = &this.existing[at];
            if matches!(fate(row.workflow, row.is_denied), Fate::Waits | Fate::Derogation) {
                let plan = this.plan;
                this.states[at] = self.automate(
                    &plan.automations,
                    row.workflow,
                    row.state_since,
                    &row.parameters,
                    plan.approvals,
                    scratch,
                );
            }
            if fate(this.states[at].0, row.is_denied) == Fate::Manual {
                self.manual_type(at, this, scratch);
            } else if fate(this.states[at].0, row.is_denied) == Fate::Waits {
                this.requested.push(row.period);
            }
        }
    }

    fn manual_type(&self, at: usize, this: &mut Deciding, scratch: &mut Scratch) {
        let row = &this.existing[at];
        let (workflow, since) = this.states[at];
        let Some(hull) = scratch.hull else {
            this.taken[at] = true;
            scratch.rows.push(AssignedResourceType { workflow, state_since: since, ..row.clone() });
            return;
        };
        let mut periods: Spans = smallvec![manual_period(row.period, this.plan.end_is_locked, hull)];
        subtract(&mut periods, &this.denied);
        subtract(&mut periods, &this.by_hand);
        periods.retain(|period| !period.is_empty());
        let mut is_redundant = row.is_redundant;
        if self.options.redundancy != Redundancy::Keep {
            let own = this.bases.iter().filter(|base| base.class == Class::Calculated);
            let mut given: Spans = own.map(|base| base.period).collect();
            unite(&mut given);
            let is_given = periods.iter().any(|own| given.iter().any(|g| !g.intersection(*own).is_empty()));
            if self.options.redundancy == Redundancy::Analyze {
                is_redundant = is_given;
            } else if is_redundant {
                subtract(&mut periods, &given);
                is_redundant = false;
            }
        }
        let mut is_first = true;
        for period in periods {
            let effective = period.intersection(hull);
            let is_over = effective.is_past(self.now);
            // What rules add after the end of an assignment needs the assignment to be known.
            let goes_on = || {
                let mut rest = this.offsets().map(|offset| shifted(effective, offset));
                rest.any(|period| !period.is_past(self.now))
            };
            if effective.is_empty() || (is_over && !goes_on()) {
                continue;
            }
            scratch.changes_with(effective);
            this.taken[at] = true;
            this.manual.push(effective);
            this.references.push(effective);
            this.rows.push(Row {
                period,
                workflow,
                since,
                class: Class::Approved,
                rule: None,
                before: Some(at),
                keeps_id: is_first,
                target: None,
                confidence: 0,
                is_gone: false,
                is_redundant,
                is_given: true,
            });
            is_first = false;
        }
    }

    /// Rows for what rules give and for what exists without one.
    fn calculated_types(&self, this: &mut Deciding, scratch: &mut Scratch) {
        unite(&mut this.references);
        let of = |this: &Deciding, is_derogation: bool| -> Spans {
            let wanted = this.bases.iter().filter(|base| (base.class == Class::Derogation) == is_derogation);
            let mut periods = Spans::new();
            wanted.for_each(|base| push(&mut periods, base.period));
            periods
        };
        let mut given = of(this, false);
        if !this.references.is_empty() {
            this.extensions(&mut given);
        }
        unite(&mut given);
        subtract(&mut given, &this.denied);
        subtract(&mut given, &this.by_hand);
        subtract(&mut given, &this.manual);
        let mut found = of(this, true);
        unite(&mut found);
        subtract(&mut found, &given);
        subtract(&mut found, &this.manual);
        for period in given {
            self.calculated_type(period, false, this, scratch);
        }
        for period in found {
            self.calculated_type(period, true, this, scratch);
        }
        this.rows.sort_by_key(|row| (row.period, row.class));
    }

    fn calculated_type(&self, period: Period, is_derogation: bool, this: &mut Deciding, scratch: &mut Scratch) {
        scratch.changes_with(period);
        if period.is_past(self.now) {
            return;
        }
        let inside = this.bases.iter().filter(|base| {
            (base.class == Class::Derogation) == is_derogation && !base.period.intersection(period).is_empty()
        });
        // Type rules come first among them, then by identity.
        let best = inside.min_by_key(|base| !base.is_type_rule);
        let fits = |at: usize, row: &AssignedResourceType| {
            let goes_on =
                matches!(fate(this.states[at].0, row.is_denied), Fate::Calculated | Fate::Cancelled | Fate::Derogation);
            !this.taken[at] && goes_on && !row.period.intersection(period).is_empty()
        };
        let candidates = || (0..this.existing.len()).filter(|at| fits(*at, &this.existing[*at]));
        // A target that is there matters most to what is given; what is found continues what was found.
        let strength = |at: &usize| {
            let is_dead = self.live(this.plan, this.existing[*at].target).is_none();
            let is_other = this.states[*at].0.is_derogation() != is_derogation;
            if is_derogation { (is_other, is_dead) } else { (is_dead, is_other) }
        };
        let before = candidates().min_by_key(strength);
        let state = before.map(|at| this.states[at]);
        let workflow = match (is_derogation, best.map(|base| base.is_type_rule)) {
            (true, _) => {
                state.map(|(state, _)| state).filter(|state| state.is_derogation()).unwrap_or(WorkflowState::Found)
            }
            _ if !this.is_complete => WorkflowState::CalculatedMissingParameters,
            (false, Some(false)) => WorkflowState::GivenByRole,
            (false, _) => WorkflowState::PolicyApproved,
        };
        let since = match state {
            Some((known, since)) if known == workflow => since,
            _ => self.now,
        };
        let rule = best.map(|base| base.rule).filter(|_| !is_derogation);
        if let Some(at) = before {
            this.taken[at] = true;
            // A target that was about to be removed stays: what it holds says something again.
            scratch.is_unsettled |= this.existing[at].target.is_some() && this.existing[at].period.is_past(self.now);
        }
        this.rows.push(Row {
            period,
            workflow,
            since,
            class: if is_derogation { Class::Derogation } else { Class::Calculated },
            rule,
            before,
            keeps_id: true,
            target: None,
            confidence: 0,
            is_gone: false,
            is_redundant: false,
            is_given: true,
        });
    }

    /// The target, if it exists.
    pub(super) fn live(&self, plan: &Type, target: Option<ResourceId>) -> Option<Handle> {
        self.population.find(plan.target, target?)
    }

    /// Rows for what rules offer: where the owner neither has it nor asked for it.
    fn offered_types(&self, this: &mut Deciding, scratch: &mut Scratch) {
        let is_offer = |group: &Group| this.plan.rules[group.effect.rule as usize].kind != RuleType::Required;
        if !of_kind(&this.groups, EffectKind::TypeRule).any(is_offer) {
            return;
        }
        let mut covered: Vec<Period> = this.rows.iter().map(|row| row.period).collect();
        for list in [&this.requested, &this.by_hand, &this.denied] {
            covered.extend_from_slice(list);
        }
        let groups = std::mem::take(&mut this.groups);
        for kind in [RuleType::RequestedAutomatically, RuleType::Suggested] {
            for Group { effect, spans, .. } in of_kind(&groups, EffectKind::TypeRule) {
                let rule = &this.plan.rules[effect.rule as usize];
                if rule.is_denied || rule.kind != kind {
                    continue;
                }
                let mut periods: Spans = spans.iter().map(|span| shifted(*span, rule.offset)).collect();
                unite(&mut periods);
                subtract(&mut periods, &covered);
                for period in periods {
                    covered.push(period);
                    scratch.changes_with(period);
                    if !period.is_past(self.now) {
                        let row = self.offered_type(period, offered(kind, self.options.is_new_owner), rule.id, this);
                        scratch.rows.push(row);
                    }
                }
            }
        }
        this.groups = groups;
    }

    fn offered_type(
        &self,
        period: Period,
        workflow: WorkflowState,
        rule: PolicyObjectId,
        this: &mut Deciding,
    ) -> AssignedResourceType {
        let found = (0..this.existing.len()).find(|at| {
            let row = &this.existing[*at];
            !this.taken[*at] && row.workflow == workflow && !row.period.intersection(period).is_empty()
        });
        let mut made = AssignedResourceType {
            owner: self.owner_id,
            resource_type: this.plan.id,
            workflow,
            period,
            parameters: this.parameters.clone(),
            rule: Some(rule),
            state_since: self.now,
            ..AssignedResourceType::default()
        };
        if let Some(at) = found {
            this.taken[at] = true;
            made.id = this.existing[at].id;
            made.state_since = this.existing[at].state_since;
        }
        made
    }
}

impl Deciding<'_> {
    /// Offsets of rules that hold wherever the resource type does.
    fn offsets(&self) -> impl Iterator<Item = TimeOffset> + '_ {
        let plan = self.plan;
        let values = plan.scalars.iter().chain(&plan.binaries).filter(|rule| rule.single_role.is_none());
        let values = values.map(|rule| rule.offset);
        let navigations = plan
            .navigations
            .iter()
            .filter(|rule| rule.single_role.is_none() && rule.condition == ALWAYS && !rule.is_denied);
        let all = values.chain(navigations.map(|rule| rule.offset));
        all.chain(plan.queries.iter().map(|rule| rule.offset)).filter(|offset| *offset != TimeOffset::Default)
    }

    /// Periods of properties that exceed that of the assignment extend it.
    fn extensions(&self, given: &mut Spans) {
        for offset in self.offsets() {
            given.extend(self.references.iter().map(|reference| shifted(*reference, offset)));
        }
        for Group { effect, spans, .. } in of_kind(&self.groups, EffectKind::Navigation) {
            let rule = &self.plan.navigations[effect.rule as usize];
            if rule.single_role.is_none() && rule.offset != TimeOffset::Default && !rule.is_denied {
                for reference in &self.references {
                    let both = spans.iter().map(|span| span.intersection(*reference));
                    given.extend(both.filter(|both| !both.is_empty()).map(|both| shifted(both, rule.offset)));
                }
            }
        }
    }
}

/// What one rule brings about: by what is given on one side, by derogations on the other. The class is the strongest.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) effect: Effect,
    pub(super) class: Class,
    /// Of the strongest context.
    pub(super) rank: u32,
    pub(super) spans: Spans,
}

/// Those of one kind.
pub(super) fn of_kind(groups: &[Group], kind: EffectKind) -> impl Iterator<Item = &Group> {
    groups.iter().filter(move |group| group.effect.kind == kind)
}

/// Adds a period, unless it is the last one.
fn push(spans: &mut Spans, period: Period) {
    if spans.last() != Some(&period) {
        spans.push(period);
    }
}

/// Puts the pieces together by rule: periods that overlap or follow each other are one.
fn group(own: &[TypePiece], found: &mut Vec<Group>) {
    found.clear();
    for piece in own.iter().filter(|piece| !piece.period.is_empty()) {
        match found.last_mut() {
            Some(group)
                if group.effect == piece.effect
                    && (group.class == Class::Derogation) == (piece.class == Class::Derogation) =>
            {
                group.spans.push(piece.period);
                group.rank = group.rank.min(piece.rank);
            }
            _ => found.push(Group {
                effect: piece.effect,
                class: piece.class,
                rank: piece.rank,
                spans: smallvec![piece.period],
            }),
        }
    }
    found.iter_mut().for_each(|group| unite(&mut group.spans));
}

/// An end of its own, for what has none.
pub(super) fn closed(period: Period, now: Instant) -> Period {
    Period { end: period.end.min(now).max(period.start.min(now)), ..period }
}
