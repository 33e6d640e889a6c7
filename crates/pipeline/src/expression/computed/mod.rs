//! Computed properties (spec 10 §8, 13 §9): what `UpdateEntityPropertyExpressions` evaluates, and in which order.

mod error;
mod evaluate;
mod order;

pub use error::{PlanError, PlanProblem, ValueError};
pub use evaluate::Outcome;

use super::binding::{self, Step};
use super::program::{Program, Scope, Wanted};
use provost_model::configuration::{EntityPropertyExpression, PropertyType};
use provost_model::metadata::Metadata;

/// All computed properties, in stages. What a property reads of other computed properties, on whatever entity type and
/// however far away, is computed in an earlier stage, except where the priorities say otherwise.
#[derive(Clone, Debug, Default)]
pub struct ComputedPlan {
    /// Stages in the order in which they are evaluated. The properties of one stage do not read each other.
    pub stages: Vec<Stage>,
    /// Properties that cannot be evaluated.
    pub problems: Vec<PlanProblem>,
}

/// Properties of one entity type that are evaluated together.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Position of the entity type in [`Metadata`].
    pub entity_type: usize,
    /// The property is computed from what it is on other resources, such as the path of a department from that of its
    /// parent: the stage is repeated until nothing changes.
    pub recursive: bool,
    /// The properties.
    pub properties: Vec<ComputedProperty>,
}

/// One computed property.
#[derive(Clone, Debug)]
pub struct ComputedProperty {
    /// Identifier of the `EntityPropertyExpression`.
    pub identifier: String,
    /// Position of its entity type.
    pub entity_type: usize,
    /// What is computed.
    pub target: Target,
    /// How it is computed.
    pub program: Program,
    priority: i32,
    /// The value is the display name of its resources, too.
    names_resources: bool,
    /// It is computed from what it is on other resources.
    recursive: bool,
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
    /// Plans all computed properties of the configuration; those that cannot be evaluated are among the problems.
    pub fn new(metadata: &Metadata) -> ComputedPlan {
        let mut properties: Vec<ComputedProperty> = Vec::new();
        let mut problems = Vec::new();
        for declared in &metadata.configuration.expressions {
            match ComputedProperty::new(metadata, declared) {
                Ok(property) => properties.push(property),
                Err(cause) => problems.push(PlanProblem { identifier: declared.identifier.clone(), cause }),
            }
        }
        for position in 0..properties.len() {
            properties[position].names_resources = names_resources(metadata, &properties, position);
        }
        order::arrange(metadata, properties, problems)
    }
}

/// Whether a computed property is the one that names its resources, and no expression names them.
fn names_resources(metadata: &Metadata, properties: &[ComputedProperty], position: usize) -> bool {
    let property = &properties[position];
    let Target::Scalar { property: value, .. } = property.target else {
        return false;
    };
    let named = properties
        .iter()
        .any(|other| other.entity_type == property.entity_type && other.target == Target::DisplayName(None));
    !named && metadata.entity_types[property.entity_type].display_name_source == Some(value)
}

impl ComputedProperty {
    fn new(metadata: &Metadata, declared: &EntityPropertyExpression) -> Result<ComputedProperty, PlanError> {
        let entity_type = binding::find_type(metadata, &declared.entity_type)?;
        let (target, kind) = Target::resolve(metadata, entity_type, declared)?;
        let scope = Scope::new(metadata, entity_type, Wanted::Text(kind));
        let program = Program::compile(declared.binding.as_deref(), declared.expression.as_deref(), &scope)?;
        Ok(ComputedProperty {
            identifier: declared.identifier.clone(),
            entity_type,
            target,
            program,
            priority: declared.priority,
            names_resources: false,
            recursive: false,
        })
    }

    /// Whether the value is the display name of its resources, too.
    pub fn names_resources(&self) -> bool {
        self.names_resources
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
