//! Why somebody has something.

use super::{Fact, Item, Tree, View};
use crate::policy::plan::{EffectKind, RoleSet, find};
use crate::policy::{Engine, EvaluationOptions, Inputs, Outcome, Scratch};
use crate::population::{Handle, Population};
use provost_model::policy::{AssignedResourceType, AssignedRole, Instant, Period};
use provost_model::{PolicyObjectId, PropertyId, ResourceId};

/// Roles upon roles beyond this depth are not followed: configurations without cycles stay below.
const DEEPEST: usize = 64;

impl Engine {
    /// Explains what an owner has: one tree for each row about the item, or [`Fact::Nothing`].
    #[expect(clippy::too_many_arguments, reason = "those of an evaluation, and the question")]
    pub fn why(
        &self,
        owner: Handle,
        population: &Population,
        inputs: &Inputs,
        now: Instant,
        options: &EvaluationOptions,
        item: Item,
        scratch: &mut Scratch,
    ) -> Vec<Tree> {
        let outcome = self.evaluate(owner, population, inputs, now, options, scratch);
        let Some(source) = self.source(usize::from(owner.entity_type)) else {
            return vec![Tree::leaf(Fact::Nothing)];
        };
        let view = View { source, scratch, now };
        let trees = match item {
            Item::CompositeRole(id) => view.role_trees(&outcome, id, false),
            Item::SingleRole(id) => view.role_trees(&outcome, id, true),
            Item::ResourceType(id) => view.type_trees(&outcome, id),
            Item::Value(id, property) => view.value_trees(&outcome, id, property),
            Item::Link(id, property, resource) => view.link_trees(&outcome, inputs, id, property, resource),
        };
        if trees.is_empty() { vec![Tree::leaf(Fact::Nothing)] } else { trees }
    }
}

impl View<'_> {
    fn set(&self, is_single: bool) -> (&RoleSet, &'static str, &'static str) {
        match is_single {
            true => (&self.source.singles, "SingleRole", "SingleRoleRule"),
            false => (&self.source.composites, "CompositeRole", "CompositeRoleRule"),
        }
    }

    fn role_trees(&self, outcome: &Outcome, id: PolicyObjectId, is_single: bool) -> Vec<Tree> {
        let rows = match is_single {
            true => &outcome.assignments.single_roles,
            false => &outcome.assignments.composite_roles,
        };
        let own = rows.iter().filter(|row| row.role == id);
        own.map(|row| {
            let because = match row.rule {
                Some(_) => self.role_rules(row, is_single),
                None => vec![Tree::leaf(Fact::ByHand)],
            };
            let fact = Fact::Assigned {
                row: row.id,
                workflow: row.workflow,
                provisioning: None,
                period: row.period,
                target: None,
                grace_until: row.grace_until,
                current: None,
            };
            Tree::new(fact, because)
        })
        .collect()
    }

    /// Rules that gave a role within a row.
    fn role_rules(&self, row: &AssignedRole, is_single: bool) -> Vec<Tree> {
        match self.set(is_single).0.find(row.role) {
            Some(role) => self.pieces(role, row.period, is_single, 0),
            None => Vec::new(),
        }
    }

    fn pieces(&self, role: u32, period: Period, is_single: bool, depth: usize) -> Vec<Tree> {
        let (set, _, element) = self.set(is_single);
        let stage = if is_single { &self.scratch.singles } else { &self.scratch.composites };
        let mut trees: Vec<Tree> = Vec::new();
        for piece in &stage.pieces {
            let rule = &set.rules[piece.rule as usize];
            if rule.role != role || piece.period.intersection(period).is_empty() {
                continue;
            }
            let mut because = Vec::new();
            if let (Some(holder), true) = (rule.holder, depth < DEEPEST) {
                because.push(self.held(holder, piece.period, false, depth + 1));
            }
            because.push(self.context_tree(piece.rank as usize));
            let fact = match rule.is_denied {
                true => Fact::Denial(rule.named(element)),
                false => Fact::Rule(rule.named(element)),
            };
            let tree = Tree::new(fact, because);
            if !trees.contains(&tree) {
                trees.push(tree);
            }
        }
        trees
    }

    /// A role in effect, and what it rests on.
    fn held(&self, role: u32, period: Period, is_single: bool, depth: usize) -> Tree {
        let (set, element, _) = self.set(is_single);
        let mut because = self.pieces(role, period, is_single, depth);
        let stage = if is_single { &self.scratch.singles } else { &self.scratch.composites };
        let by_hand = stage.held_of(role).any(|held| {
            held.class != crate::policy::evaluate::Class::Calculated && !held.period.intersection(period).is_empty()
        });
        if by_hand {
            because.push(Tree::leaf(Fact::ByHand));
        }
        Tree::new(Fact::Role(set.roles[role as usize].named(element)), because)
    }

    fn type_trees(&self, outcome: &Outcome, id: PolicyObjectId) -> Vec<Tree> {
        let own = outcome.assignments.resource_types.iter().filter(|row| row.resource_type == id);
        own.map(|row| {
            let because = self.type_because(row);
            let fact = Fact::Assigned {
                row: row.id,
                workflow: row.workflow,
                provisioning: Some(row.provisioning),
                period: row.period,
                target: row.target,
                grace_until: None,
                current: None,
            };
            Tree::new(fact, because)
        })
        .collect()
    }

    fn type_because(&self, row: &AssignedResourceType) -> Vec<Tree> {
        let Some(position) = find(&self.source.type_ids, row.resource_type) else {
            return Vec::new();
        };
        let plan = &self.source.types[position as usize];
        let mut trees = Vec::new();
        for piece in self.scratch.type_pieces().filter(|piece| piece.effect.resource_type == position) {
            let at = piece.effect.rule as usize;
            let (fact, role) = match piece.effect.kind {
                EffectKind::TypeRule if plan.rules[at].is_denied => {
                    (Fact::Denial(plan.rules[at].named()), plan.rules[at].single_role)
                }
                EffectKind::TypeRule => (Fact::Rule(plan.rules[at].named()), plan.rules[at].single_role),
                EffectKind::Navigation
                    if plan.navigations[at].single_role.is_some() && !plan.navigations[at].is_denied =>
                {
                    (Fact::Rule(plan.navigations[at].named()), plan.navigations[at].single_role)
                }
                EffectKind::Scalar => (Fact::Rule(plan.scalars[at].named("ScalarRule")), plan.scalars[at].single_role),
                _ => continue,
            };
            let because = match role {
                Some(role) => vec![self.held(role, piece.period, true, 0)],
                None => vec![self.context_tree(piece.rank as usize)],
            };
            let tree = Tree::new(fact, because);
            if !trees.contains(&tree) {
                trees.push(tree);
            }
        }
        if row.rule.is_none() {
            trees.push(Tree::leaf(Fact::ByHand));
        }
        trees
    }

    fn value_trees(&self, outcome: &Outcome, id: PolicyObjectId, property: PropertyId) -> Vec<Tree> {
        let Some(plan) = find(&self.source.type_ids, id).map(|at| &self.source.types[at as usize]) else {
            return Vec::new();
        };
        let mut trees = Vec::new();
        for row in outcome.assignments.resource_types.iter().filter(|row| row.resource_type == id) {
            let values = row.scalars.iter().chain(&row.binaries).filter(|value| value.property == property);
            for value in values {
                let rules = plan.scalars.iter().map(|rule| (rule, "ScalarRule"));
                let mut all = rules.chain(plan.binaries.iter().map(|rule| (rule, "BinaryRule")));
                let because = all.find(|(known, _)| Some(known.id) == value.rule).map(|(rule, element)| {
                    let text = self.source.programs[rule.program as usize].text.clone();
                    let source = Fact::Source { text, value: value.policy_value.clone(), error: value.error.clone() };
                    let mut because = vec![Tree::leaf(source)];
                    because.extend(rule.single_role.map(|role| self.held(role, value.period, true, 0)));
                    Tree::new(Fact::Rule(rule.named(element)), because)
                });
                let fact = Fact::Assigned {
                    row: value.id,
                    workflow: value.workflow,
                    provisioning: Some(value.provisioning),
                    period: value.period,
                    target: row.target,
                    grace_until: None,
                    current: value.current_value.clone(),
                };
                trees.push(Tree::new(fact, because.into_iter().collect()));
            }
        }
        trees
    }

    fn link_trees(
        &self,
        outcome: &Outcome,
        inputs: &Inputs,
        id: PolicyObjectId,
        property: PropertyId,
        resource: ResourceId,
    ) -> Vec<Tree> {
        let Some(position) = find(&self.source.type_ids, id) else {
            return Vec::new();
        };
        let plan = &self.source.types[position as usize];
        let mut trees = Vec::new();
        for row in outcome.assignments.resource_types.iter().filter(|row| row.resource_type == id) {
            for link in row.navigations.iter().filter(|link| (link.property, link.resource) == (property, resource)) {
                let mut because = Vec::new();
                for rule in
                    plan.navigations.iter().filter(|rule| (rule.property_id, rule.resource) == (property, resource))
                {
                    let pieces = self.scratch.type_pieces().filter(|piece| {
                        piece.effect.resource_type == position
                            && piece.effect.kind == EffectKind::Navigation
                            && plan.navigations[piece.effect.rule as usize].id == rule.id
                    });
                    let mut below: Vec<Tree> = pieces
                        .map(|piece| match rule.single_role {
                            Some(role) => self.held(role, piece.period, true, 0),
                            None => self.context_tree(piece.rank as usize),
                        })
                        .collect();
                    below.dedup();
                    let is_free = rule.single_role.is_none() && rule.condition == crate::policy::conditions::ALWAYS;
                    if below.is_empty() && !is_free {
                        continue;
                    }
                    let fact = if rule.is_denied { Fact::Denial(rule.named()) } else { Fact::Rule(rule.named()) };
                    because.push(Tree::new(fact, below));
                }
                for rule in plan.queries.iter().filter(|rule| rule.property_id == property) {
                    if inputs.query_matches.iter().any(|found| found.rule == rule.id && found.resource == resource) {
                        let found = Tree::leaf(Fact::Match { confidence: rule.confidence });
                        because.push(Tree::new(Fact::Rule(rule.named()), vec![found]));
                    }
                }
                if because.is_empty() {
                    because.push(Tree::leaf(Fact::ByHand));
                }
                let fact = Fact::Assigned {
                    row: link.id,
                    workflow: link.workflow,
                    provisioning: Some(link.provisioning),
                    period: link.period,
                    target: row.target,
                    grace_until: None,
                    current: None,
                };
                trees.push(Tree::new(fact, because));
            }
        }
        trees
    }
}
