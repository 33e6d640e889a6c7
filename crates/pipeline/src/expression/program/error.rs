//! Why a program cannot be compiled, or fails on a subject.

use crate::expression::ExpressionError;
use crate::expression::binding::BindingError;
use crate::format::FormatError;

/// The attribute that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The binding.
    Binding,
    /// The expression.
    Expression,
}

/// Why an operand cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProgramError {
    /// Attribute that it is about.
    pub part: Part,
    /// Characters of the attribute before the place.
    pub offset: usize,
    /// Characters of the place; 0 for the whole attribute.
    pub length: usize,
    /// What is wrong.
    pub message: String,
    /// What to do next.
    pub remedy: String,
}

impl ProgramError {
    pub(super) fn nothing() -> ProgramError {
        ProgramError::whole(Part::Binding, "there is neither binding nor expression", "write one of them, or both")
    }

    pub(super) fn no_input(function: &str) -> ProgramError {
        ProgramError::whole(Part::Expression, format!("{function} needs an input"), "give it a binding")
    }

    pub(super) fn misfit(text: &str) -> ProgramError {
        let name = text.split(':').next().unwrap_or_default().trim();
        ProgramError::whole(
            Part::Expression,
            format!("{name} gives text, which is not what is needed here"),
            "write C#:parameter: and a body that returns true or false, or resources",
        )
    }

    pub(super) fn expression(cause: &ExpressionError) -> ProgramError {
        ProgramError::whole(Part::Expression, cause.to_string(), cause.remedy())
    }

    pub(super) fn binding(cause: &BindingError) -> ProgramError {
        ProgramError::whole(Part::Binding, cause.to_string(), cause.remedy())
    }

    pub(super) fn whole(part: Part, message: impl Into<String>, remedy: impl Into<String>) -> ProgramError {
        ProgramError { part, offset: 0, length: 0, message: message.into(), remedy: remedy.into() }
    }
}

/// Why a program fails on one subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// A predefined function met a value that it cannot read.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    /// The value is not one of the type that is needed.
    #[error("\"{value}\" is not such a value: {cause}")]
    Type {
        /// Value found.
        value: String,
        /// What was expected.
        cause: FormatError,
    },
    /// The code fails.
    #[error("{reason} (character {} of the expression)", offset + 1)]
    Body {
        /// What happened.
        reason: String,
        /// Characters of the attribute before the place.
        offset: usize,
    },
    /// The code takes too much.
    #[error("the expression is stopped: {reason}")]
    Limit {
        /// The limit.
        reason: String,
    },
    /// Resources were asked of something that gives none.
    #[error("it gives no resources")]
    NotResources,
    /// Arguments were asked of something that gives none.
    #[error("it gives no arguments")]
    NotArguments,
}
