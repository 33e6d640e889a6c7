//! Computed properties (spec 10 §8, 13 §9): what `UpdateEntityPropertyExpressions` does for one entity type.

mod error;
mod evaluate;

pub use error::{PlanError, PlanProblem, ValueError};
pub use evaluate::{Found, Outcome, RowSource};

use super::binding::{self, BindingError, BindingPath, Leaf, Step};
use super::{Expression, ExpressionError};
use crate::format::Converter;
use provost_model::configuration::{EntityPropertyExpression, PropertyType};
use provost_model::metadata::Metadata;

/// The computed properties of one entity type in the order in which they are evaluated: by priority, then as written.
#[derive(Clone, Debug)]
pub struct ComputedPlan {
    /// Position of the entity type in [`Metadata`].
    pub entity_type: usize,
    /// Properties in order of evaluation.
    pub properties: Vec<ComputedProperty>,
}

/// One computed property.
#[derive(Clone, Debug)]
pub struct ComputedProperty {
    /// Identifier of the `EntityPropertyExpression`.
    pub identifier: String,
    /// What is computed.
    pub target: Target,
    /// Where the value, or the input of the expression, comes from.
    pub binding: Option<BindingPath>,
    /// What is made of it; without expression the value is taken over.
    pub expression: Option<Expression>,
    /// Checks the value against the type of the target.
    converter: Converter,
    /// Position of an earlier computed property that the binding begins with.
    earlier: Option<usize>,
}

/// What a computed property sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A scalar property: its position, and the number of characters that its column holds.
    Scalar {
        /// Position in the entity type.
        property: usize,
        /// Characters.
        capacity: usize,
    },
    /// `InternalDisplayName`, or with the language of its suffix `_L<n>`.
    DisplayName(Option<u8>),
    /// A mono-valued navigation.
    Navigation {
        /// Link that is set.
        step: Step,
        /// Position, in the entity type that is reached, of the property that the value is matched against
        /// (`PropertyCriteria`); without it the value is the id.
        criteria: Option<usize>,
    },
}

impl ComputedPlan {
    /// Plans the computed properties of an entity type, and reports those that cannot be evaluated.
    ///
    /// # Errors
    /// There is no such entity type.
    pub fn new(metadata: &Metadata, entity_type: &str) -> Result<(ComputedPlan, Vec<PlanProblem>), BindingError> {
        let position = binding::find_type(metadata, entity_type)?;
        let mut properties: Vec<ComputedProperty> = Vec::new();
        let mut problems = Vec::new();
        for declared in metadata.expressions(entity_type) {
            match ComputedProperty::new(metadata, position, declared) {
                Ok(mut property) => {
                    property.earlier = properties.iter().rposition(|earlier| property.begins_with(earlier));
                    properties.push(property);
                }
                Err(cause) => problems.push(PlanProblem { identifier: declared.identifier.clone(), cause }),
            }
        }
        Ok((ComputedPlan { entity_type: position, properties }, problems))
    }
}

impl ComputedProperty {
    fn new(
        metadata: &Metadata,
        entity_type: usize,
        declared: &EntityPropertyExpression,
    ) -> Result<ComputedProperty, PlanError> {
        let (target, kind) = Target::resolve(metadata, entity_type, declared)?;
        let owner = &metadata.entity_types[entity_type].identifier;
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let binding = given(&declared.binding).map(|path| BindingPath::resolve(metadata, owner, &path)).transpose()?;
        let expression = given(&declared.expression).map(|text| Expression::parse(&text, kind)).transpose()?;
        match &expression {
            Some(Expression::Body(body)) => {
                return Err(ExpressionError::BodiesNotYet { offset: body.offset }.into());
            }
            Some(Expression::Predefined(function)) if binding.is_none() => {
                return Err(PlanError::NoInput { function: function.name() });
            }
            None if binding.is_none() => return Err(PlanError::Nothing),
            _ => {}
        }
        // What one property of a type holds, another may hold: values stored without a format stay as they are.
        let taken_over = expression.is_none() && binding.as_ref().is_some_and(|path| path.kind(metadata) == kind);
        let converter = if taken_over { Converter::as_is() } else { Converter::of_type(kind) };
        Ok(ComputedProperty {
            identifier: declared.identifier.clone(),
            target,
            binding,
            expression,
            converter,
            earlier: None,
        })
    }

    /// Whether the first thing that the binding reads is what `earlier` computes.
    fn begins_with(&self, earlier: &ComputedProperty) -> bool {
        let Some(path) = &self.binding else {
            return false;
        };
        match (path.steps.first(), path.leaf, earlier.target) {
            (Some(first), _, Target::Navigation { step, .. }) => *first == step,
            (None, Leaf::Scalar(_, read), Target::Scalar { property, .. }) => read == property,
            (None, Leaf::DisplayName(read), Target::DisplayName(language)) => read == language,
            _ => false,
        }
    }
}

impl Target {
    /// The target, and the type that the value must have.
    fn resolve(
        metadata: &Metadata,
        entity_type: usize,
        declared: &EntityPropertyExpression,
    ) -> Result<(Target, PropertyType), PlanError> {
        let criteria = declared.property_criteria.as_deref().map(str::trim).filter(|c| !c.is_empty());
        let scalar_only = |target, kind| match criteria {
            None => Ok((target, kind)),
            Some(_) => Err(PlanError::CriteriaWithoutNavigation { property: declared.property.clone() }),
        };
        if let Some(language) = binding::display_name(&declared.property) {
            return scalar_only(Target::DisplayName(language), PropertyType::String);
        }
        let property = binding::find_property(metadata, entity_type, &declared.property)?;
        let found = &metadata.entity_types[entity_type].properties[property];
        if found.kind != PropertyType::ForeignKey {
            let slot = found.slot.ok_or_else(|| PlanError::NoColumn { property: declared.property.clone() })?;
            return scalar_only(Target::Scalar { property, capacity: slot.capacity() }, found.kind);
        }
        let step = binding::navigation(metadata, entity_type, property)?;
        let Some(criteria) = criteria else {
            return Ok((Target::Navigation { step, criteria: None }, PropertyType::ForeignKey));
        };
        let position = binding::find_property(metadata, step.target, criteria)?;
        let matched = &metadata.entity_types[step.target].properties[position];
        if matched.slot.is_none() || matched.kind == PropertyType::ForeignKey {
            return Err(PlanError::NoColumn { property: criteria.to_owned() });
        }
        Ok((Target::Navigation { step, criteria: Some(position) }, matched.kind))
    }
}

#[cfg(test)]
mod tests;
