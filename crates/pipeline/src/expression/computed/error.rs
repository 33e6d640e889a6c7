//! Why a property cannot be computed: in general, or for one resource.

use crate::expression::ExpressionError;
use crate::expression::binding::BindingError;
use crate::format::FormatError;

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
    /// Its expression is wrong, or a body.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    /// Its path, its property, or its criteria is wrong.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// Neither expression nor binding.
    #[error("it has neither Expression nor Binding")]
    Nothing,
    /// A function without input.
    #[error("{function} needs an input")]
    NoInput {
        /// Function called.
        function: &'static str,
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
            PlanError::Expression(error) => error.remedy(),
            PlanError::Binding(error) => error.remedy(),
            PlanError::Nothing => "give it an Expression, a Binding, or both".to_owned(),
            PlanError::NoInput { .. } => "give it a Binding".to_owned(),
            PlanError::CriteriaWithoutNavigation { .. } => "remove PropertyCriteria".to_owned(),
            PlanError::NoColumn { .. } => "give the property a TargetColumnIndex from 0 to 127".to_owned(),
        }
    }
}

/// Why a value cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The input is not what the expression reads.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    /// The result is not a value of the target's type.
    #[error("the result \"{value}\" does not suit the property: {cause}")]
    Type {
        /// Result.
        value: String,
        /// What was expected.
        cause: FormatError,
    },
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
            ValueError::Expression(error) => error.remedy(),
            ValueError::Type { .. } => "correct the value in the source, or change the type of the property".to_owned(),
            ValueError::TooLong { .. } => {
                "give the property a TargetColumnIndex from 0 to 3, or shorten the source".to_owned()
            }
        }
    }
}
