//! A naming rule, compiled.

use super::compare;
use crate::expression::program::{Environment, EvaluationError, Program, ProgramError, Scope, Wanted};
use crate::population::{Handle, Population, Reads};
use provost_model::configuration::PropertyType;
use provost_model::configuration::policy::{Operand, RoleMapping};
use provost_model::metadata::Metadata;

/// A `RoleMapping`, compiled.
#[derive(Debug)]
pub struct Mapping<'a> {
    pub(super) rule: &'a RoleMapping,
    /// Position of the entity type of the entitlements.
    pub(super) entity_type: usize,
    /// Entity type of the holders of the roles.
    pub(super) holders: &'a str,
    /// Positions of the key properties.
    pub(super) keys: Vec<usize>,
    pub(super) condition: Option<Program>,
    /// Any of these, each of which is all of its comparisons: position of the property, operator, value.
    pub(super) rules: Vec<Vec<(usize, &'a str, &'a str)>>,
    pub(super) names: Names,
    reads: Reads,
}

/// What computes names.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) role: Option<Program>,
    pub(super) role_label: Option<Program>,
    pub(super) category: Option<Program>,
    pub(super) category_label: Option<Program>,
    pub(super) parent: Option<Program>,
}

/// Why a naming rule cannot be used. Deployment refuses such rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingProblem {
    /// It names something that is not there.
    #[error("it names something that is not deployed: {0}")]
    Unknown(String),
    /// The entitlements have no key, by which a rule could name them.
    #[error("entity type \"{0}\" has no key property, so that no rule can name its resources")]
    NoKey(String),
    /// An operand cannot be compiled.
    #[error("{attribute}: {error}")]
    Operand {
        /// Attribute, without `Binding` or `Expression` behind it.
        attribute: &'static str,
        /// What is wrong.
        error: ProgramError,
    },
}

impl<'a> Mapping<'a> {
    /// Compiles a rule of the configuration that the metadata was resolved from.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn compile(rule: &'a RoleMapping, metadata: &'a Metadata) -> Result<Mapping<'a>, MappingProblem> {
        let unknown = |what: &str| MappingProblem::Unknown(what.to_owned());
        let types = &metadata.configuration.policy.resource_types;
        let accounts = types
            .iter()
            .find(|known| known.identifier == rule.resource_type)
            .ok_or_else(|| unknown(&rule.resource_type))?;
        let end = metadata.find(&accounts.target_entity_type, &rule.property).ok_or_else(|| unknown(&rule.property))?;
        let association = metadata.associations.iter().find(|known| known.end1 == end || known.end2 == end);
        let association = association.ok_or_else(|| unknown(&rule.property))?;
        let entity_type = if association.end1 == end { association.end2.0 } else { association.end1.0 };
        let of = &metadata.entity_types[entity_type];
        let keys: Vec<usize> = (0..of.properties.len()).filter(|at| of.properties[*at].is_key).collect();
        if keys.is_empty() {
            return Err(MappingProblem::NoKey(of.identifier.clone()));
        }
        let mut compiler = Compiler { metadata, entity_type, reads: Reads::default() };
        compiler.reads.values.extend(&keys);
        let names = Names {
            role: compiler.text("Identifier", &rule.role_identifier)?,
            role_label: compiler.text("DisplayName", &rule.role_display_name)?,
            category: compiler.text("CategoryIdentifier", &rule.category_identifier)?,
            category_label: compiler.text("CategoryDisplayName", &rule.category_display_name)?,
            parent: compiler.text("ParentCategoryIdentifier", &rule.parent_category_identifier)?,
        };
        let condition = compiler.condition(rule.where_expression.as_deref())?;
        let rules = rule.rules.iter().map(|items| {
            let item = |item: &'a provost_model::configuration::policy::Comparison| {
                let at = of.properties.iter().position(|property| property.identifier == item.property);
                let at = at.ok_or_else(|| unknown(&item.property))?;
                compiler.reads.values.insert(at);
                Ok((at, item.operator.as_str(), item.value.as_deref().unwrap_or_default()))
            };
            items.iter().map(item).collect()
        });
        let rules = rules.collect::<Result<_, MappingProblem>>()?;
        let holders = accounts.source_entity_type.as_str();
        Ok(Mapping { rule, entity_type, holders, keys, condition, rules, names, reads: compiler.reads })
    }

    /// Position of the entity type of the entitlements.
    pub fn entity_type(&self) -> usize {
        self.entity_type
    }

    /// What it reads of an entitlement.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// Whether the rule is about this entitlement.
    pub(super) fn is_about(
        &self,
        entitlement: Handle,
        population: &Population,
        environment: &Environment<'_>,
    ) -> Result<bool, EvaluationError> {
        if let Some(condition) = &self.condition
            && !condition.boolean(entitlement, population, environment)?
        {
            return Ok(false);
        }
        let holds = |(at, operator, wanted): &(usize, &str, &str)| {
            compare::holds(operator, population.value(entitlement, *at).unwrap_or_default(), wanted)
        };
        Ok(self.rules.is_empty() || self.rules.iter().any(|items| items.iter().all(holds)))
    }

    /// Values of the key properties, in their order.
    pub(super) fn keys_of<'p>(
        &'p self,
        entitlement: Handle,
        population: &'p Population,
    ) -> impl Iterator<Item = &'p str> {
        self.keys.iter().filter_map(move |at| population.value(entitlement, *at))
    }
}

struct Compiler<'a> {
    metadata: &'a Metadata,
    entity_type: usize,
    reads: Reads,
}

impl Compiler<'_> {
    fn text(&mut self, attribute: &'static str, operand: &Operand) -> Result<Option<Program>, MappingProblem> {
        if operand.binding.is_none() && operand.expression.is_none() {
            return Ok(None);
        }
        let scope = Scope::new(self.metadata, self.entity_type, Wanted::Text(PropertyType::String));
        self.take(attribute, Program::compile(operand.binding.as_deref(), operand.expression.as_deref(), &scope))
    }

    fn condition(&mut self, expression: Option<&str>) -> Result<Option<Program>, MappingProblem> {
        let Some(expression) = expression else { return Ok(None) };
        let scope = Scope::new(self.metadata, self.entity_type, Wanted::Boolean);
        self.take("WhereExpression", Program::compile(None, Some(expression), &scope))
    }

    fn take(
        &mut self,
        attribute: &'static str,
        compiled: Result<Program, ProgramError>,
    ) -> Result<Option<Program>, MappingProblem> {
        let program = compiled.map_err(|error| MappingProblem::Operand { attribute, error })?;
        self.reads.merge(program.reads());
        Ok(Some(program))
    }
}
