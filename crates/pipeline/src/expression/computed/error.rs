//! Why a property cannot be computed: in general, or for one resource.

use crate::expression::binding::BindingError;
use crate::expression::program::{EvaluationError, ProgramError};

/// An `EntityPropertyExpression` that cannot be evaluated. The others are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the computed property {identifier} is left out: {cause}")]
pub struct PlanProblem {
    /// Identifier of the `EntityPropertyExpression`.
    pub identifier: String,
    /// Why.
    #[source]
    pub cause: PlanError,
}

/// Why a computed property cannot be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Its binding or expression is wrong.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// Its entity type, its property, or its criteria is wrong.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// Some properties are computed from each other.
    #[error("{} are computed from each other", members.join(", "))]
    Cycle {
        /// Identifiers of the properties that read each other.
        members: Vec<String>,
    },
    /// Criteria for a property that is no navigation.
    #[error("PropertyCriteria is for navigation properties, and {property} is none")]
    CriteriaWithoutNavigation {
        /// Target property.
        property: String,
    },
    /// A target or criterion without a column.
    #[error("{property} has no column, so that it cannot be computed or matched")]
    NoColumn {
        /// Property.
        property: String,
    },
}

impl PlanError {
    /// What to do next.
    pub fn remedy(&self) -> String {
        match self {
            PlanError::Program(error) => error.remedy.clone(),
            PlanError::Binding(error) => error.remedy(),
            PlanError::Cycle { .. } => {
                "compute one of them from stored properties only, or give it a lower Priority so that it reads the stored value".to_owned()
            }
            PlanError::CriteriaWithoutNavigation { .. } => "remove PropertyCriteria".to_owned(),
            PlanError::NoColumn { .. } => "give the property a TargetColumnIndex from 0 to 127".to_owned(),
        }
    }
}

/// Why a value cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The expression fails on the resource.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    /// The result does not fit into its column.
    #[error("the result has {length} characters, but the column holds {capacity}")]
    TooLong {
        /// Characters of the result.
        length: usize,
        /// Characters that the column holds.
        capacity: usize,
    },
}

impl ValueError {
    /// What to do next.
    pub fn remedy(&self) -> String {
        match self {
            ValueError::Evaluation(_) => "correct the value in the source, or the expression".to_owned(),
            ValueError::TooLong { .. } => {
                "give the property a TargetColumnIndex from 0 to 3, or shorten the source".to_owned()
            }
        }
    }
}
