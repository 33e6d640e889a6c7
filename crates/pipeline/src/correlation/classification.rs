//! Classification: the type of a target that has no owner.

use super::rules::RuleProblem;
use crate::expression::program::{Environment, EvaluationError, Program, Scope, Wanted};
use crate::population::{Handle, Population, Reads};
use provost_model::PolicyObjectId;
use provost_model::metadata::Metadata;
use provost_model::policy::PolicyCatalog;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The type that a rule gives to a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Classification {
    /// The type.
    pub resource_type: PolicyObjectId,
    /// Confidence of the rule, in percent; from 100 on it needs no review.
    pub confidence: u8,
    /// The rule.
    pub rule: PolicyObjectId,
}

impl Classification {
    /// It waits for a review.
    pub fn is_suggested(&self) -> bool {
        self.confidence < 100
    }
}

/// Classification rules by the entity type of the targets.
///
/// It is meant for targets that are free ([`super::Known::is_free`]) and that matching left without owner and without
/// suggestion: a suggestion carries its type with it.
#[derive(Clone, Debug, Default)]
pub struct Classifier {
    by_entity_type: BTreeMap<usize, Rules>,
    /// Rules that cannot be used.
    pub problems: Vec<RuleProblem>,
}

#[derive(Clone, Debug, Default)]
struct Rules {
    /// By descending confidence, then resource type, then rule.
    rules: Vec<(Classification, Option<Program>)>,
    reads: Reads,
}

impl Classifier {
    /// Compiles the classification rules of a configuration.
    pub fn compile(metadata: &Metadata, catalog: &PolicyCatalog) -> Classifier {
        let mut classifier = Classifier::default();
        let policy = &metadata.configuration.policy;
        for rule in &policy.classification_rules {
            let ids = (
                catalog.id("ResourceClassificationRule", &rule.identity),
                catalog.id("ResourceType", &rule.resource_type),
            );
            let target =
                policy.resource_types.iter().find(|known| known.identifier == rule.resource_type).and_then(|known| {
                    metadata.entity_types.iter().position(|t| t.identifier == known.target_entity_type)
                });
            let mut refuse = |error, message| {
                let (rule, place) = (rule.identity.clone(), rule.place.clone());
                classifier.problems.push(RuleProblem { rule, place, error, message });
            };
            let ((Some(id), Some(resource_type)), Some(entity_type)) = (ids, target) else {
                refuse(None, "it names something that is not deployed".to_owned());
                continue;
            };
            let scope = Scope::new(metadata, entity_type, Wanted::Boolean);
            let program = match &rule.target_expression {
                None => None,
                Some(expression) => match Program::compile(None, Some(expression), &scope) {
                    Ok(program) => Some(program),
                    Err(error) => {
                        let message = format!("its condition cannot be evaluated: {error}");
                        refuse(Some(error), message);
                        continue;
                    }
                },
            };
            let rules = classifier.by_entity_type.entry(entity_type).or_default();
            if let Some(program) = &program {
                rules.reads.merge(program.reads());
            }
            rules.rules.push((Classification { resource_type, confidence: rule.confidence, rule: id }, program));
        }
        for rules in classifier.by_entity_type.values_mut() {
            rules.rules.sort_by_key(|(given, _)| (Reverse(given.confidence), given.resource_type, given.rule));
        }
        classifier
    }

    /// Positions of the entity types that have rules.
    pub fn entity_types(&self) -> impl Iterator<Item = usize> + '_ {
        self.by_entity_type.keys().copied()
    }

    /// What the rules for targets of this entity type read.
    pub fn reads(&self, entity_type: usize) -> Option<&Reads> {
        self.by_entity_type.get(&entity_type).map(|rules| &rules.reads)
    }

    /// The programs of the rules for targets of this entity type.
    pub fn programs(&self, entity_type: usize) -> impl Iterator<Item = &Program> {
        self.by_entity_type.get(&entity_type).into_iter().flat_map(|rules| &rules.rules).filter_map(|(_, p)| p.as_ref())
    }

    /// The type of a target: that of the first rule that holds, by descending confidence. A rule that fails on this
    /// target does not hold for it; `failed` is told.
    pub fn classify(
        &self,
        target: Handle,
        population: &Population,
        environment: &Environment<'_>,
        failed: &mut impl FnMut(PolicyObjectId, EvaluationError),
    ) -> Option<Classification> {
        let rules = self.by_entity_type.get(&usize::from(target.entity_type))?;
        for (given, program) in &rules.rules {
            match program.as_ref().map_or(Ok(true), |program| program.boolean(target, population, environment)) {
                Ok(true) => return Some(*given),
                Ok(false) => {}
                Err(error) => failed(given.rule, error),
            }
        }
        None
    }
}
