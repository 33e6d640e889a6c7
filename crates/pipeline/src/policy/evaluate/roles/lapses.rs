//! Roles that are only offered, and stored rows that no rule continues: grace, derogations, cancellations.

use super::{Kind, MINUTE, Pieces, Resolving, offered};
use crate::policy::evaluate::scratch::{Class, Held, NONE, RolePiece, RoleStage};
use crate::policy::evaluate::states::{Fate, fate};
use crate::policy::evaluate::{Run, Scratch};
use crate::policy::spans::{Spans, subtract, unite};
use provost_model::configuration::policy::RuleType;
use provost_model::policy::{AssignedRole, Period, WorkflowState};
use smallvec::smallvec;

impl Run<'_> {
    /// Rows for what rules offer: where it is neither held nor requested.
    pub(super) fn offered_roles(&self, this: &mut Resolving, stage: &mut RoleStage, scratch: &mut Scratch) {
        if this.pieces.iter().all(|piece| this.set.rules[piece.rule as usize].kind == RuleType::Required) {
            return;
        }
        for kind in [RuleType::RequestedAutomatically, RuleType::Suggested] {
            let mut pieces: Pieces = this.pieces.iter().filter(|piece| this.offers(piece, kind)).copied().collect();
            pieces.sort_by_key(|piece| (piece.parameters, piece.period));
            let mut rest = pieces.as_slice();
            while let Some(first) = rest.first() {
                let same = |piece: &&RolePiece| piece.parameters == first.parameters;
                let (group, others) = rest.split_at(rest.iter().take_while(same).count());
                rest = others;
                let mut periods = Spans::new();
                for piece in group {
                    let mut own: Spans = smallvec![piece.period];
                    subtract(&mut own, &this.denied_for(this.set.rules[piece.rule as usize].priority));
                    periods.append(&mut own);
                }
                unite(&mut periods);
                subtract(&mut periods, &this.by_hand);
                for list in [&this.given, &this.manual, &this.requested] {
                    this.without(list, first.parameters, &mut periods);
                }
                for period in periods {
                    self.offered_role(period, kind, group, this, stage, scratch);
                }
            }
        }
    }

    fn offered_role(
        &self,
        period: Period,
        kind: RuleType,
        group: &[RolePiece],
        this: &mut Resolving,
        stage: &mut RoleStage,
        scratch: &mut Scratch,
    ) {
        let inside = group.iter().filter(|piece| !piece.period.intersection(period).is_empty());
        let rules = inside.map(|piece| &this.set.rules[piece.rule as usize]);
        let rule = rules.min_by_key(|rule| (rule.priority, rule.order));
        scratch.changes_with(period);
        if period.is_past(self.now) {
            return;
        }
        let parameters = group[0].parameters;
        this.given.push((parameters, period));
        let workflow = offered(kind, self.options.is_new_owner);
        let values = &scratch.parameters[parameters as usize];
        let goes_on = |row: &AssignedRole| row.workflow == workflow && row.parameters == *values;
        let (id, state_since) = self.continued(this, period, workflow, goes_on);
        stage.rows.push(AssignedRole {
            id,
            owner: self.owner_id,
            role: this.role.id,
            workflow,
            period,
            state_since,
            parameters: values.clone(),
            is_inferred: rule.is_some_and(|rule| rule.holder.is_some()),
            rule: rule.map(|rule| rule.id),
            ..AssignedRole::default()
        });
    }

    /// Existing rows that no rule continues.
    pub(super) fn left_over_roles(&self, this: &mut Resolving, stage: &mut RoleStage, scratch: &mut Scratch) {
        for (at, row) in this.existing.iter().enumerate().filter(|(at, _)| !this.taken[*at]) {
            match fate(row.workflow, row.is_denied) {
                Fate::Derogation if this.kind == Kind::Single => {
                    let first = self.existing.single_roles.partition_point(|row| row.role < this.role.id);
                    stage.derogations.push((first + at) as u32);
                }
                Fate::Derogation => self.derogation(row, this, stage, scratch),
                Fate::Calculated => match self.prolonged(row, this, scratch) {
                    Some(kept) => {
                        let parameters = scratch.intern(&kept.parameters);
                        let period = scratch.hull.map_or(kept.period, |hull| kept.period.intersection(hull));
                        let (role, class) = (this.position, Class::Calculated);
                        stage.hold(Held { next: NONE, role, period, parameters, rank: NONE, class });
                        scratch.changes_with(kept.period);
                        stage.rows.push(kept);
                    }
                    None => {
                        if self.follows_from_refused(row, this, scratch) {
                            stage.refused.insert(this.position);
                        }
                        stage.lost.push(row.clone());
                    }
                },
                Fate::Cancelled => stage.lost.push(row.clone()),
                _ => {}
            }
        }
    }

    /// A single role that followed from a composite role which somebody refused.
    fn follows_from_refused(&self, row: &AssignedRole, this: &Resolving, scratch: &Scratch) -> bool {
        let own = this.role.rules.iter().map(|rule| &this.set.rules[*rule as usize]);
        this.kind == Kind::Single
            && own
                .filter(|rule| Some(rule.id) == row.rule)
                .any(|rule| rule.holder.is_some_and(|holder| scratch.composites.refused.contains(holder)))
    }

    /// A composite role that exists although no rule gives it: it counts until a reviewer refuses it.
    fn derogation(&self, row: &AssignedRole, this: &Resolving, stage: &mut RoleStage, scratch: &mut Scratch) {
        if row.period.is_past(self.now) {
            return;
        }
        let (workflow, state_since) = self.automate(
            &this.role.automations,
            row.workflow,
            row.state_since,
            &row.parameters,
            this.role.approvals,
            scratch,
        );
        let row = AssignedRole { workflow, state_since, ..row.clone() };
        let class = match fate(workflow, false) {
            Fate::Derogation => Class::Derogation,
            Fate::Manual => Class::Approved,
            _ => {
                stage.refused.insert(this.position);
                return;
            }
        };
        let parameters = scratch.intern(&row.parameters);
        stage.hold(Held { next: NONE, role: this.position, period: row.period, parameters, rank: NONE, class });
        scratch.changes_with(row.period);
        stage.rows.push(row);
    }

    /// The row of a role that was lost because a rule was changed or removed, kept for the grace period. A rule that is
    /// still there did not change: its identity is made of what it says. What is denied is lost at once.
    fn prolonged(&self, row: &AssignedRole, this: &Resolving, scratch: &mut Scratch) -> Option<AssignedRole> {
        let now = self.now;
        let until = match row.workflow {
            WorkflowState::Prolonged => row.grace_until?,
            WorkflowState::PolicyApproved => {
                let rule = row.rule?;
                if this.role.grace == 0 || this.set.granting_rule(this.position, rule).is_some() {
                    return None;
                }
                now.saturating_add(i64::from(this.role.grace) * MINUTE)
            }
            _ => return None,
        };
        let parameters = scratch.intern(&row.parameters);
        let is_covered =
            this.manual.iter().chain(&this.given).any(|(p, period)| *p == parameters && period.contains(now));
        let is_denied = this.denied.iter().chain(&this.by_hand).any(|period| period.contains(now));
        let is_there = scratch.hull.is_some_and(|hull| hull.contains(now)) && row.period.contains(now);
        if is_covered || is_denied || !is_there || until <= now {
            return None;
        }
        let period = Period { start: row.period.start, end: row.period.end.min(until) };
        Some(AssignedRole {
            workflow: WorkflowState::Prolonged,
            period,
            grace_until: Some(until),
            state_since: if row.workflow == WorkflowState::Prolonged { row.state_since } else { now },
            ..row.clone()
        })
    }
}
