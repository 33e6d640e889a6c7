//! Why somebody does not have something at present, and what is the least that would change it.

use super::{Failure, Item, Refusal, View, WhyNot};
use crate::policy::conditions::ALWAYS;
use crate::policy::plan::{NavigationRule, RoleRule, RoleSet, Type, ValueRule, find};
use crate::policy::{Engine, EvaluationOptions, Inputs, Outcome, Scratch};
use crate::population::{Handle, Population};
use provost_model::PolicyObjectId;
use provost_model::configuration::policy::RuleType;
use provost_model::policy::{AssignedRole, Instant};

impl Engine {
    /// Explains why an owner does not have something now: for each rule about it the first condition that fails. The
    /// rule of which fewest conditions fail comes first.
    #[expect(clippy::too_many_arguments, reason = "those of an evaluation, and the question")]
    pub fn why_not(
        &self,
        owner: Handle,
        population: &Population,
        inputs: &Inputs,
        now: Instant,
        options: &EvaluationOptions,
        item: Item,
        scratch: &mut Scratch,
    ) -> WhyNot {
        let outcome = self.evaluate(owner, population, inputs, now, options, scratch);
        let Some(source) = self.source(usize::from(owner.entity_type)) else {
            return WhyNot::default();
        };
        if outcome.is_excluded || (scratch.contexts.is_empty() && !outcome.problems.is_empty()) {
            return WhyNot {
                refusals: vec![Refusal { rule: None, failure: Failure::LeftOut, others: Vec::new(), missing: 1 }],
            };
        }
        let view = View { source, scratch, now };
        let mut refusals = match item {
            Item::CompositeRole(id) => view.role_refusals(&outcome, id, false),
            Item::SingleRole(id) => view.role_refusals(&outcome, id, true),
            Item::ResourceType(id) => view.of_type(id, |plan, at| view.type_refusals(&outcome, plan, at)),
            Item::Value(id, property) => view.of_type(id, |plan, _| {
                let rules = plan.scalars.iter().map(|rule| (rule, "ScalarRule"));
                let all = rules.chain(plan.binaries.iter().map(|rule| (rule, "BinaryRule")));
                let own = all.filter(|(rule, _)| rule.property_id == property);
                own.map(|(rule, element)| view.value_refusal(&outcome, plan, rule, element)).collect()
            }),
            Item::Link(id, property, resource) => view.of_type(id, |plan, _| {
                let own = plan
                    .navigations
                    .iter()
                    .filter(|rule| (rule.property_id, rule.resource) == (property, resource) && !rule.is_denied);
                let mut refusals: Vec<Refusal> = own.map(|rule| view.link_refusal(&outcome, plan, rule)).collect();
                for rule in plan.queries.iter().filter(|rule| rule.property_id == property) {
                    let is_found = inputs.query_matches.iter().any(|m| m.rule == rule.id && m.resource == resource);
                    let failures = if is_found { view.lacks(&outcome, plan) } else { vec![Failure::NoMatch] };
                    refusals.push(refusal(rule.named(), failures));
                }
                refusals
            }),
        };
        refusals.sort_by_key(|refusal| refusal.missing);
        WhyNot { refusals }
    }
}

fn refusal(rule: super::Named, failures: Vec<Failure>) -> Refusal {
    let missing = failures.len();
    let mut failures = failures.into_iter();
    let failure = failures.next().unwrap_or(Failure::None);
    Refusal { rule: Some(rule), failure, others: failures.collect(), missing }
}

impl View<'_> {
    fn of_type(&self, id: PolicyObjectId, refusals: impl Fn(&Type, u32) -> Vec<Refusal>) -> Vec<Refusal> {
        match find(&self.source.type_ids, id) {
            Some(at) => refusals(&self.source.types[at as usize], at),
            None => Vec::new(),
        }
    }

    /// Criteria of a condition that fail.
    fn dimensions(&self, condition: u32, failures: &mut Vec<Failure>) {
        match self.failing(condition) {
            None => failures.push(Failure::NoContext),
            Some((atoms, context)) => failures.extend(atoms.into_iter().map(|atom| Failure::Dimension {
                column: atom.column,
                wanted: atom.value,
                or_below: atom.is_hierarchical,
                found: self.value(context, atom.column),
            })),
        }
    }

    fn role_refusals(&self, outcome: &Outcome, id: PolicyObjectId, is_single: bool) -> Vec<Refusal> {
        let (set, rows, element) = match is_single {
            true => (&self.source.singles, &outcome.assignments.single_roles, "SingleRoleRule"),
            false => (&self.source.composites, &outcome.assignments.composite_roles, "CompositeRoleRule"),
        };
        let Some(role) = set.find(id) else {
            return Vec::new();
        };
        let rules = set.roles[role as usize].rules.iter().map(|rule| &set.rules[*rule as usize]);
        let granting = rules.filter(|rule| !rule.is_denied);
        granting.map(|rule| refusal(rule.named(element), self.role_failures(rule, set, rows, element))).collect()
    }

    fn role_failures(
        &self,
        rule: &RoleRule,
        set: &RoleSet,
        rows: &[AssignedRole],
        element: &'static str,
    ) -> Vec<Failure> {
        let mut failures = Vec::new();
        if let Some(holder) = rule.holder.filter(|holder| !self.scratch.composites.is_held(*holder, self.now)) {
            let holder = &self.source.composites.roles[holder as usize];
            failures.push(Failure::Role(holder.named("CompositeRole")));
        }
        self.dimensions(rule.condition, &mut failures);
        let role = &set.roles[rule.role as usize];
        if let Some(context) = self.context() {
            let missing = role.parameters.iter().filter(|(column, is_required)| {
                *is_required
                    && self.value(context, *column).is_none()
                    && !role.fixed.iter().any(|(fixed, _)| fixed == column)
            });
            failures.extend(missing.map(|(column, _)| Failure::MissingParameter(*column)));
        }
        let stage = if element == "SingleRoleRule" { &self.scratch.singles } else { &self.scratch.composites };
        let denial = stage.pieces.iter().filter(|piece| piece.period.contains(self.now)).find_map(|piece| {
            let other = &set.rules[piece.rule as usize];
            (other.role == rule.role && other.is_denied && other.priority <= rule.priority).then_some(other)
        });
        failures.extend(denial.map(|denial| Failure::Denied(denial.named(element))));
        if rows.iter().any(|row| row.role == role.id && row.is_denied && row.period.contains(self.now)) {
            failures.push(Failure::DeniedByHand);
        }
        if failures.is_empty() && rule.kind != RuleType::Required {
            failures.push(Failure::OfferedOnly);
        }
        failures
    }

    fn single_role(&self, role: Option<u32>, failures: &mut Vec<Failure>) {
        if let Some(role) = role.filter(|role| !self.scratch.singles.is_held(*role, self.now)) {
            failures.push(Failure::Role(self.source.singles.roles[role as usize].named("SingleRole")));
        }
    }

    fn type_refusals(&self, outcome: &Outcome, plan: &Type, at: u32) -> Vec<Refusal> {
        let mut common = Vec::new();
        let denial = self.scratch.type_pieces().find(|piece| {
            piece.effect.resource_type == at
                && piece.effect.kind == crate::policy::plan::EffectKind::TypeRule
                && plan.rules[piece.effect.rule as usize].is_denied
                && piece.period.contains(self.now)
        });
        common.extend(denial.map(|piece| Failure::Denied(plan.rules[piece.effect.rule as usize].named())));
        let by_hand = outcome
            .assignments
            .resource_types
            .iter()
            .any(|row| row.resource_type == plan.id && row.is_denied && row.period.contains(self.now));
        common.extend(by_hand.then_some(Failure::DeniedByHand));
        let mut refusals = Vec::new();
        for rule in plan.rules.iter().filter(|rule| !rule.is_denied) {
            let mut failures = Vec::new();
            self.single_role(rule.single_role, &mut failures);
            if rule.single_role.is_none() || rule.condition != ALWAYS {
                self.dimensions(rule.condition, &mut failures);
            }
            failures.extend(common.iter().cloned());
            if failures.is_empty() && rule.kind != RuleType::Required {
                failures.push(Failure::OfferedOnly);
            }
            refusals.push(refusal(rule.named(), failures));
        }
        let implying = plan.navigations.iter().filter(|rule| rule.single_role.is_some() && !rule.is_denied);
        for rule in implying {
            let mut failures = Vec::new();
            self.single_role(rule.single_role, &mut failures);
            failures.extend(common.iter().cloned());
            refusals.push(refusal(rule.named(), failures));
        }
        for rule in plan.scalars.iter().filter(|rule| rule.single_role.is_some()) {
            let mut failures = Vec::new();
            self.single_role(rule.single_role, &mut failures);
            failures.extend(common.iter().cloned());
            refusals.push(refusal(rule.named("ScalarRule"), failures));
        }
        refusals
    }

    /// The owner does not have the resource type.
    fn lacks(&self, outcome: &Outcome, plan: &Type) -> Vec<Failure> {
        let mut rows = outcome.assignments.resource_types.iter();
        let has = rows.any(|row| {
            row.resource_type == plan.id
                && row.period.contains(self.now)
                && !row.is_denied
                && !row.workflow.is_pending()
                && !row.workflow.is_suggestion()
        });
        if has { Vec::new() } else { vec![Failure::ResourceType(plan.named())] }
    }

    fn value_refusal(&self, outcome: &Outcome, plan: &Type, rule: &ValueRule, element: &'static str) -> Refusal {
        let mut failures = Vec::new();
        self.single_role(rule.single_role, &mut failures);
        if rule.single_role.is_none() {
            failures.extend(self.lacks(outcome, plan));
        }
        let values = outcome.assignments.resource_types.iter().filter(|row| row.resource_type == plan.id);
        let mut given = values.flat_map(|row| &row.scalars).filter(|value| value.property == rule.property_id);
        let winner = given.find(|value| value.period.contains(self.now)).and_then(|value| value.rule);
        if failures.is_empty() && winner != Some(rule.id) {
            let stronger = plan.scalars.iter().find(|other| Some(other.id) == winner);
            failures.extend(stronger.map(|stronger| Failure::Weaker(stronger.named("ScalarRule"))));
        }
        refusal(rule.named(element), failures)
    }

    fn link_refusal(&self, outcome: &Outcome, plan: &Type, rule: &NavigationRule) -> Refusal {
        let mut failures = Vec::new();
        self.single_role(rule.single_role, &mut failures);
        if rule.single_role.is_none() {
            failures.extend(self.lacks(outcome, plan));
        }
        if rule.condition != ALWAYS {
            self.dimensions(rule.condition, &mut failures);
        }
        let denials = plan
            .navigations
            .iter()
            .filter(|other| other.is_denied && (other.property, other.resource) == (rule.property, rule.resource));
        for denial in denials {
            let mut holds = Vec::new();
            self.single_role(denial.single_role, &mut holds);
            self.dimensions(denial.condition, &mut holds);
            if holds.is_empty() {
                failures.push(Failure::Denied(denial.named()));
            }
        }
        refusal(rule.named(), failures)
    }
}
