//! Composite and single roles: what rules give, deny and offer, and what was given or taken by hand.

mod lapses;

use super::scratch::{Class, Context, Held, NONE, RolePiece, RoleStage, value_of};
use super::states::{Fate, fate};
use super::{Run, Scratch};
use crate::policy::Redundancy;
use crate::policy::plan::{Role, RoleRule, RoleSet};
use crate::policy::spans::{Claim, Spans, denied, subtract, unite};
use provost_model::configuration::policy::RuleType;
use provost_model::policy::{AssignedRole, Instant, NO_END, Period, WorkflowState};
use provost_model::{PolicyObjectId, ResourceId};
use smallvec::{SmallVec, smallvec};

/// Microseconds of a minute.
pub(super) const MINUTE: i64 = 60_000_000;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Composite,
    Single,
}

/// Existing rows of a role or resource type.
fn own(rows: &[AssignedRole], role: PolicyObjectId) -> &[AssignedRole] {
    let start = rows.partition_point(|row| row.role < role);
    let end = start + rows[start..].partition_point(|row| row.role == role);
    &rows[start..end]
}

/// What is known about one role while it is resolved.
struct Resolving<'a> {
    kind: Kind,
    position: u32,
    role: &'a Role,
    set: &'a RoleSet,
    existing: &'a [AssignedRole],
    pieces: Pieces,
    /// When a rule denies it.
    denied: Spans,
    /// When somebody forbids it.
    by_hand: Spans,
    /// When somebody gave it, by parameters.
    manual: ByParameters,
    /// When it is requested, by parameters.
    requested: ByParameters,
    /// Existing rows that go on.
    taken: SmallVec<[bool; 16]>,
    /// When a rule gives it, by parameters.
    given: ByParameters,
}

/// What rules say about one role: seldom more than a few.
type Pieces = SmallVec<[RolePiece; 4]>;

/// Periods with the number of the parameters that they are for.
type ByParameters = SmallVec<[(u32, Period); 2]>;

impl Run<'_> {
    pub(super) fn composite_roles(&self, scratch: &mut Scratch) {
        let mut stage = std::mem::take(&mut scratch.composites);
        let mut singles = std::mem::take(&mut scratch.singles);
        self.trigger(&self.source.composites, &self.existing.composite_roles, &mut stage, scratch);
        let mut at = 0;
        while let Some(role) = stage.touched.next(at) {
            self.resolve(Kind::Composite, role, &mut stage, scratch);
            let held: SmallVec<[Held; 4]> = stage.held_of(role).copied().collect();
            for held in held {
                self.follow(&self.source.composites, held, &mut stage, scratch);
                self.follow(&self.source.singles, held, &mut singles, scratch);
            }
            at = role + 1;
        }
        scratch.composites = stage;
        scratch.singles = singles;
    }

    pub(super) fn single_roles(&self, scratch: &mut Scratch) {
        let mut stage = std::mem::take(&mut scratch.singles);
        self.trigger(&self.source.singles, &self.existing.single_roles, &mut stage, scratch);
        let mut at = 0;
        while let Some(role) = stage.touched.next(at) {
            self.resolve(Kind::Single, role, &mut stage, scratch);
            at = role + 1;
        }
        scratch.singles = stage;
    }

    /// Adds what rules give in each context, and touches the roles that the owner has already.
    fn trigger(&self, set: &RoleSet, existing: &[AssignedRole], stage: &mut RoleStage, scratch: &mut Scratch) {
        for at in 0..scratch.contexts.len() {
            let context = scratch.contexts[at];
            let conditions = std::mem::take(&mut scratch.satisfied[at]);
            for condition in conditions.members() {
                for rule in &set.by_condition[*condition as usize] {
                    let (parameters, is_complete) =
                        self.parameters(set, &set.rules[*rule as usize], context, &[], scratch);
                    let (period, rank) = (context.period, at as u32);
                    let piece = RolePiece { next: NONE, rule: *rule, period, parameters, is_complete, rank };
                    stage.add_piece(set.rules[*rule as usize].role, piece);
                }
            }
            scratch.satisfied[at] = conditions;
        }
        for row in existing {
            match set.find(row.role) {
                Some(role) => {
                    stage.touched.insert(role);
                }
                // The role is not configured any more: nothing is left of it.
                None => continue,
            }
        }
    }

    /// Adds what follows from a composite role in effect. Its parameters stand before the values of a context.
    fn follow(&self, set: &RoleSet, held: Held, stage: &mut RoleStage, scratch: &mut Scratch) {
        for rule_at in &set.by_holder[held.role as usize] {
            let rule = &set.rules[*rule_at as usize];
            for at in 0..scratch.contexts.len() {
                let context = scratch.contexts[at];
                let period = context.period.intersection(held.period);
                if period.is_empty() {
                    continue;
                }
                let own = std::mem::take(&mut scratch.parameters[held.parameters as usize]);
                let holds = match own.is_empty() {
                    true => scratch.satisfied[at].contains(rule.condition),
                    false => self.source.conditions.holds(rule.condition, |column| {
                        value_of(&own, column).or_else(|| value_of(scratch.values_of(&context), column))
                    }),
                };
                scratch.parameters[held.parameters as usize] = own.clone();
                if holds {
                    let (parameters, is_complete) = self.parameters(set, rule, context, &own, scratch);
                    let rank = at as u32;
                    let piece = RolePiece { next: NONE, rule: *rule_at, period, parameters, is_complete, rank };
                    stage.add_piece(rule.role, piece);
                }
            }
        }
    }

    /// Parameters of a role given in a context, and whether those that it must have are all there.
    fn parameters(
        &self,
        set: &RoleSet,
        rule: &RoleRule,
        context: Context,
        of_holder: &[(u8, ResourceId)],
        scratch: &mut Scratch,
    ) -> (u32, bool) {
        let role = &set.roles[rule.role as usize];
        if role.parameters.is_empty() {
            return (0, true);
        }
        let mut found = Vec::with_capacity(role.parameters.len());
        let mut is_complete = true;
        for (column, is_required) in &role.parameters {
            let value = value_of(&role.fixed, *column)
                .or_else(|| value_of(of_holder, *column))
                .or_else(|| value_of(scratch.values_of(&context), *column));
            match value {
                Some(value) => found.push((*column, value)),
                None => is_complete &= !is_required,
            }
        }
        (scratch.intern(&found), is_complete)
    }

    /// Decides about one role.
    fn resolve(&self, kind: Kind, position: u32, stage: &mut RoleStage, scratch: &mut Scratch) {
        let (set, existing) = match kind {
            Kind::Composite => (&self.source.composites, &self.existing.composite_roles),
            Kind::Single => (&self.source.singles, &self.existing.single_roles),
        };
        let role = &set.roles[position as usize];
        let existing = own(existing, role.id);
        if role.is_external {
            return self.keep_external(position, existing, stage, scratch);
        }
        let mut this = Resolving {
            kind,
            position,
            role,
            set,
            existing,
            pieces: Pieces::new(),
            denied: Spans::new(),
            by_hand: Spans::new(),
            manual: ByParameters::new(),
            requested: ByParameters::new(),
            taken: smallvec![false; existing.len()],
            given: ByParameters::new(),
        };
        let mut at = stage.heads[position as usize];
        if let Some(piece) = stage.pieces.get(at as usize).copied()
            && piece.next == NONE
            && existing.is_empty()
            && this.grants(&piece)
        {
            // Nothing else speaks of it, as most of the time.
            if !piece.period.is_empty() {
                self.calculated_role(piece.period, &[piece], &mut this, stage, scratch);
            }
            return;
        }
        while let Some(piece) = stage.pieces.get(at as usize) {
            this.pieces.push(*piece);
            at = piece.next;
        }
        this.denied(scratch);
        let heard = self.now.saturating_sub(role.echo);
        for row in existing.iter().filter(|row| row.is_denied && !row.period.is_past(heard)) {
            this.by_hand.push(row.period);
        }
        for at in 0..existing.len() {
            self.existing_role(at, &mut this, stage, scratch);
        }
        self.calculated_roles(&mut this, stage, scratch);
        self.offered_roles(&mut this, stage, scratch);
        self.left_over_roles(&mut this, stage, scratch);
    }

    /// Roles that are managed elsewhere stay as they are.
    fn keep_external(&self, position: u32, rows: &[AssignedRole], stage: &mut RoleStage, scratch: &mut Scratch) {
        for row in rows {
            let class = match fate(row.workflow, row.is_denied) {
                Fate::Manual => Some(Class::Approved),
                Fate::Derogation => Some(Class::Derogation),
                Fate::Calculated => Some(Class::Calculated),
                _ => None,
            };
            if let Some(class) = class {
                let parameters = scratch.intern(&row.parameters);
                stage.hold(Held { next: NONE, role: position, period: row.period, parameters, rank: NONE, class });
            }
            scratch.changes_with(row.period);
            stage.rows.push(row.clone());
        }
    }

    /// What was decided by people, and what rules decide in their place.
    fn existing_role(&self, at: usize, this: &mut Resolving, stage: &mut RoleStage, scratch: &mut Scratch) {
        let stored = &this.existing[at];
        let mut row = stored.clone();
        let waits = matches!(fate(row.workflow, row.is_denied), Fate::Waits)
            || (!row.is_denied && row.workflow == WorkflowState::Prolonged);
        if waits {
            let automations = &this.role.automations;
            (row.workflow, row.state_since) = self.automate(
                automations,
                row.workflow,
                row.state_since,
                &row.parameters,
                this.role.approvals,
                scratch,
            );
        }
        let echo = if row.is_denied { this.role.echo } else { 0 };
        let heard = self.now.saturating_sub(echo);
        let is_over = row.period.is_past(heard) || scratch.hull.is_some_and(|hull| hull.is_past(heard));
        match fate(row.workflow, row.is_denied) {
            Fate::Manual => {
                this.taken[at] = true;
                self.manual_role(row, this, stage, scratch);
            }
            Fate::Forbids | Fate::Waits | Fate::Refused => {
                this.taken[at] = true;
                if is_over {
                    return;
                }
                match fate(row.workflow, row.is_denied) {
                    Fate::Waits => this.requested.push((scratch.intern(&row.parameters), row.period)),
                    Fate::Refused => {
                        stage.refused.insert(this.position);
                    }
                    _ => {}
                }
                if matches!(row.workflow, WorkflowState::Requested | WorkflowState::RequestedMissingParameters) {
                    stage.requested.push(stage.rows.len() as u32);
                }
                if row.workflow.is_pending() && !row.is_denied {
                    stage.waiting.push(stage.rows.len() as u32);
                }
                scratch.changes_with(row.period);
                scratch.changes_at(row.period.end.saturating_add(echo));
                if let Some(hull) = scratch.hull {
                    scratch.changes_at(hull.end.saturating_add(echo));
                }
                stage.rows.push(row);
            }
            Fate::Cancelled => {
                stage.refused.insert(this.position);
                if row.workflow != stored.workflow {
                    this.taken[at] = true;
                    stage.lost.push(row);
                }
            }
            Fate::Derogation | Fate::Offered | Fate::Calculated => {}
        }
    }

    /// A role given by hand: denials cut it, and it ends with the owner's last context at the latest.
    fn manual_role(&self, row: AssignedRole, this: &mut Resolving, stage: &mut RoleStage, scratch: &mut Scratch) {
        let parameters = scratch.intern(&row.parameters);
        let Some(hull) = scratch.hull else {
            // Nobody knows when the owner is there: the role waits, without effect.
            stage.rows.push(row);
            return;
        };
        let stored = manual_period(row.period, this.role.end_is_locked, hull);
        let mut periods: Spans = smallvec![stored];
        subtract(&mut periods, &this.denied);
        subtract(&mut periods, &this.by_hand);
        let mut row = row;
        if self.options.redundancy != Redundancy::Keep {
            let given = this.granted(parameters);
            let is_redundant = periods.iter().any(|own| given.iter().any(|g| !g.intersection(*own).is_empty()));
            if self.options.redundancy == Redundancy::Analyze {
                row.is_redundant = is_redundant;
            } else if row.is_redundant {
                subtract(&mut periods, &given);
                row.is_redundant = false;
            }
        }
        // Rules with offsets look at it beyond its end.
        let heard = self.now.saturating_sub(this.role.echo);
        periods.retain(|period| !period.intersection(hull).is_past(heard) && !period.is_empty());
        if periods.is_empty() {
            stage.lost.push(row);
            return;
        }
        for (nth, period) in periods.into_iter().enumerate() {
            let effective = period.intersection(hull);
            this.manual.push((parameters, effective));
            stage.hold(Held {
                next: NONE,
                role: this.position,
                period: effective,
                parameters,
                rank: 0,
                class: Class::Approved,
            });
            scratch.changes_with(effective);
            scratch.changes_at(effective.end.saturating_add(this.role.echo));
            let id = if nth == 0 { row.id } else { 0 };
            stage.rows.push(AssignedRole { id, period, ..row.clone() });
        }
    }

    /// Rows for what rules give.
    fn calculated_roles(&self, this: &mut Resolving, stage: &mut RoleStage, scratch: &mut Scratch) {
        let mut pieces: Pieces = this.pieces.iter().filter(|piece| this.grants(piece)).copied().collect();
        pieces.sort_by_key(|piece| (piece.is_complete, piece.parameters, piece.period));
        let mut rest = pieces.as_slice();
        while let Some(first) = rest.first() {
            let same =
                |piece: &&RolePiece| (piece.is_complete, piece.parameters) == (first.is_complete, first.parameters);
            let (group, others) = rest.split_at(rest.iter().take_while(same).count());
            rest = others;
            let mut periods: Spans = group.iter().map(|piece| piece.period).collect();
            unite(&mut periods);
            subtract(&mut periods, &this.denied);
            subtract(&mut periods, &this.by_hand);
            this.without(&this.manual, first.parameters, &mut periods);
            for period in periods {
                self.calculated_role(period, group, this, stage, scratch);
            }
        }
    }

    fn calculated_role(
        &self,
        period: Period,
        group: &[RolePiece],
        this: &mut Resolving,
        stage: &mut RoleStage,
        scratch: &mut Scratch,
    ) {
        let inside = || group.iter().filter(|piece| !piece.period.intersection(period).is_empty());
        let rank = inside().map(|piece| piece.rank).min().unwrap_or(NONE);
        let rules = inside().map(|piece| &this.set.rules[piece.rule as usize]);
        let Some(rule) = rules.min_by_key(|rule| (rule.priority, rule.order)) else {
            return;
        };
        let (parameters, is_complete) = (group[0].parameters, group[0].is_complete);
        if is_complete {
            let class = Class::Calculated;
            stage.hold(Held { next: NONE, role: this.position, period, parameters, rank, class });
        }
        scratch.changes_with(period);
        if period.is_past(self.now) {
            return;
        }
        this.given.push((parameters, period));
        let workflow = match is_complete {
            true => WorkflowState::PolicyApproved,
            false => WorkflowState::CalculatedMissingParameters,
        };
        let values = &scratch.parameters[parameters as usize];
        let goes_on = |row: &AssignedRole| match fate(row.workflow, row.is_denied) {
            Fate::Calculated | Fate::Cancelled => row.parameters == *values,
            Fate::Derogation => row.parameters.is_empty() || row.parameters == *values,
            _ => false,
        };
        let (id, state_since) = self.continued(this, period, workflow, goes_on);
        stage.rows.push(AssignedRole {
            id,
            owner: self.owner_id,
            role: this.role.id,
            workflow,
            period,
            parameters: values.clone(),
            is_inferred: rule.holder.is_some(),
            rule: Some(rule.id),
            state_since,
            ..AssignedRole::default()
        });
    }

    /// Id and state of the existing row that goes on, where there is one that may; otherwise those of a new one.
    fn continued(
        &self,
        this: &mut Resolving,
        period: Period,
        workflow: WorkflowState,
        goes_on: impl Fn(&AssignedRole) -> bool,
    ) -> (i64, Instant) {
        let fits = |at: usize, row: &AssignedRole| {
            !this.taken[at] && goes_on(row) && !row.period.intersection(period).is_empty()
        };
        // What was found is continued by what takes its place now, and by nothing that has a row of its own already.
        let is_found = |row: &AssignedRole| fate(row.workflow, row.is_denied) == Fate::Derogation;
        let candidates = || (0..this.existing.len()).filter(|at| fits(*at, &this.existing[*at]));
        let found = candidates()
            .find(|at| !is_found(&this.existing[*at]))
            .or_else(|| candidates().next().filter(|_| period.contains(self.now)));
        let Some(at) = found else {
            return (0, self.now);
        };
        this.taken[at] = true;
        let before = &this.existing[at];
        (before.id, if before.workflow == workflow { before.state_since } else { self.now })
    }
}

/// Period of what was given by hand, as stored from now on: it ends with the last context, or sooner.
pub(super) fn manual_period(period: Period, is_locked: bool, hull: Period) -> Period {
    let end = match period.end {
        _ if is_locked => hull.end,
        // Without an end of its own it follows the contexts, also when these become longer.
        NO_END => NO_END,
        end => end.min(hull.end),
    };
    Period { end, ..period }
}

/// State of what a rule offers.
pub(super) fn offered(kind: RuleType, is_new_owner: bool) -> WorkflowState {
    match kind {
        RuleType::RequestedAutomatically if is_new_owner => WorkflowState::AutomaticWithValidation,
        RuleType::RequestedAutomatically => WorkflowState::SuggestedAutomatic,
        _ => WorkflowState::Suggested,
    }
}

impl Resolving<'_> {
    fn rule(&self, piece: &RolePiece) -> &RoleRule {
        &self.set.rules[piece.rule as usize]
    }

    /// When rules give it with these parameters.
    fn granted(&self, parameters: u32) -> Spans {
        let own = self.pieces.iter().filter(|p| self.grants(p) && p.is_complete && p.parameters == parameters);
        let mut periods: Spans = own.map(|piece| piece.period).collect();
        unite(&mut periods);
        subtract(&mut periods, &self.denied);
        subtract(&mut periods, &self.by_hand);
        periods
    }

    fn grants(&self, piece: &RolePiece) -> bool {
        let rule = self.rule(piece);
        !rule.is_denied && rule.kind == RuleType::Required
    }

    fn offers(&self, piece: &RolePiece, kind: RuleType) -> bool {
        let rule = self.rule(piece);
        !rule.is_denied && rule.kind == kind
    }

    /// Finds when a denial decides.
    fn denied(&mut self, scratch: &mut Scratch) {
        if !self.pieces.iter().any(|piece| self.rule(piece).is_denied) {
            return;
        }
        scratch.claims.clear();
        for piece in &self.pieces {
            let rule = &self.set.rules[piece.rule as usize];
            if rule.is_denied || rule.kind == RuleType::Required {
                let (priority, is_denied) = (rule.priority, rule.is_denied);
                scratch.claims.push(Claim { period: piece.period, priority, is_denied });
            }
        }
        denied(&scratch.claims, &mut scratch.bounds, &mut self.denied);
    }

    /// When a rule of this strength or a stronger one denies it.
    fn denied_for(&self, priority: i32) -> Spans {
        let stronger = |piece: &&RolePiece| self.rule(piece).is_denied && self.rule(piece).priority <= priority;
        self.pieces.iter().filter(stronger).map(|piece| piece.period).collect()
    }

    fn without(&self, list: &[(u32, Period)], parameters: u32, periods: &mut Spans) {
        for (own, period) in list {
            if *own == parameters {
                subtract(periods, &[*period]);
            }
        }
    }
}
