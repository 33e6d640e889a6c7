//! Expressions (spec 17 §8): predefined functions, literals, and bodies in C#.
//!
//! Everything is total and deterministic: nothing reads the clock or the culture of the machine. An empty text and no
//! value are the same.

pub mod binding;
pub mod catalogue;
pub mod computed;
mod function;
mod pattern;
pub mod program;
mod zone;

pub use function::Function;

use crate::format::{Converter, FormatError};
use provost_model::configuration::PropertyType;

/// What an expression attribute says.
#[derive(Clone, Debug)]
pub enum Expression {
    /// `ToUpper`, `ParseLocalDate:Romance Standard Time|dd/MM/yyyy`: a function of the input.
    Predefined(Function),
    /// `Literal:value`: always this value, in the internal text of the target's type.
    Literal(String),
    /// `C#:parameter:code`: source text.
    Body(Body),
}

/// Source of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Name under which the code knows its input.
    pub parameter: Option<String>,
    /// Code that returns a value.
    pub code: String,
    /// Characters before the code in the attribute.
    pub offset: usize,
}

/// What is wrong with an expression, or with the value that it met.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// Nothing is written.
    #[error("the expression is empty")]
    Empty,
    /// There is no such function.
    #[error("there is no predefined function named {name}")]
    UnknownFunction {
        /// Name found.
        name: String,
        /// Name that was probably meant.
        near: Option<&'static str>,
    },
    /// Wrong arguments.
    #[error("{function} does not take the arguments \"{found}\"")]
    Arguments {
        /// Function called.
        function: &'static str,
        /// What is written after its name and a colon; empty for nothing.
        expected: &'static str,
        /// What was found there.
        found: String,
    },
    /// There is no such time zone.
    #[error("there is no time zone named {name}")]
    UnknownZone {
        /// Name found.
        name: String,
        /// Name that was probably meant.
        near: Option<&'static str>,
    },
    /// Not a date pattern.
    #[error("{pattern} is not a usable date format: {reason}")]
    Pattern {
        /// Pattern found.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not a number of minutes.
    #[error("{found} is not a number of minutes")]
    Minutes {
        /// Text found.
        found: String,
    },
    /// Literals cannot be written for this type.
    #[error("a property of type {target:?} cannot have a literal")]
    LiteralType {
        /// Type of the target.
        target: PropertyType,
    },
    /// The literal is not a value of the type.
    #[error("{value} is not a value of type {target:?}: {cause}")]
    LiteralValue {
        /// Literal found.
        value: String,
        /// Type of the target.
        target: PropertyType,
        /// What was expected.
        cause: FormatError,
    },
    /// The result cannot be stored in the target.
    #[error("the result of {function} cannot be a value of type {target:?}")]
    ResultType {
        /// Function called.
        function: &'static str,
        /// Type of the target.
        target: PropertyType,
    },
    /// A value is not the date that a function reads.
    #[error("{function} expected {expected}, but found \"{value}\"")]
    Date {
        /// Function called.
        function: &'static str,
        /// Value found.
        value: String,
        /// What was expected.
        expected: String,
    },
}

impl ExpressionError {
    /// What to do next.
    pub fn remedy(&self) -> String {
        match self {
            ExpressionError::Empty => "write a function name, Literal:value, or C#:parameter:code".to_owned(),
            ExpressionError::UnknownFunction { near: Some(near), .. }
            | ExpressionError::UnknownZone { near: Some(near), .. } => format!("did you mean {near}?"),
            ExpressionError::UnknownFunction { .. } => {
                "write a predefined function such as ToUpper, or Literal:value, or C#:parameter:code".to_owned()
            }
            ExpressionError::UnknownZone { .. } => {
                "write a Windows name such as Romance Standard Time, or an IANA name such as Europe/Paris".to_owned()
            }
            ExpressionError::Arguments { function, expected: "", .. } => format!("write {function} alone"),
            ExpressionError::Arguments { function, expected, .. } => format!("write {function}:{expected}"),
            ExpressionError::Pattern { .. } => {
                "write a .NET format such as dd/MM/yyyy HH:mm, with other text between quotes".to_owned()
            }
            ExpressionError::Minutes { .. } => "write a whole number such as 1440 for one day".to_owned(),
            ExpressionError::LiteralType { .. } => {
                "take the value from a Binding, or change the type of the property".to_owned()
            }
            ExpressionError::LiteralValue { .. } => {
                "correct the literal, or change the type of the property".to_owned()
            }
            ExpressionError::ResultType { .. } => {
                "choose a property of type DateTime or String, or another function".to_owned()
            }
            ExpressionError::Date { .. } => {
                "correct the value in the source, or the format in the expression".to_owned()
            }
        }
    }
}

impl Expression {
    /// Reads an expression whose value goes to a property of type `target`.
    ///
    /// # Errors
    /// The expression is not well-formed, or its value can never be one of the type.
    pub fn parse(text: &str, target: PropertyType) -> Result<Expression, ExpressionError> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(ExpressionError::Empty);
        }
        let (name, rest) = match trimmed.split_once(':') {
            Some((name, rest)) => (name.trim(), Some(rest)),
            None => (trimmed, None),
        };
        match rest {
            Some(value) if name.eq_ignore_ascii_case("Literal") => {
                // Blanks at the end belong to the value.
                let value = text.trim_start().split_once(':').map_or(value, |(_, value)| value);
                literal(value, target).map(Expression::Literal)
            }
            Some(_) if name.eq_ignore_ascii_case("C#") => Body::read(text).map(Expression::Body),
            _ => {
                let function = Function::new(name, rest)?;
                if !function.suits(target) {
                    return Err(ExpressionError::ResultType { function: function.name(), target });
                }
                Ok(Expression::Predefined(function))
            }
        }
    }
}

/// A literal in internal text.
fn literal(value: &str, target: PropertyType) -> Result<String, ExpressionError> {
    use PropertyType as T;
    if matches!(target, T::DateTime | T::Binary | T::Option) {
        return Err(ExpressionError::LiteralType { target });
    }
    let mut internal = Vec::new();
    Converter::of_type(target).convert(value, &mut internal).map_err(|cause| ExpressionError::LiteralValue {
        value: value.to_owned(),
        target,
        cause,
    })?;
    Ok(String::from_utf8_lossy(&internal).into_owned())
}

impl Body {
    fn read(text: &str) -> Result<Body, ExpressionError> {
        let after = |from: usize| {
            let code = text[from..].trim_start();
            let start = text.len() - code.len();
            (code.trim_end().to_owned(), text[..start].chars().count())
        };
        let prefix = text.find(':').map_or(text.len(), |colon| colon + 1);
        let first =
            text[prefix..].split_once(':').filter(|(name, rest)| is_name(name.trim()) && !rest.starts_with(':'));
        let (parameter, (code, offset)) = match first {
            Some((name, _)) => (Some(name.trim().to_owned()), after(prefix + name.len() + 1)),
            None => (None, after(prefix)),
        };
        if code.is_empty() {
            return Err(ExpressionError::Empty);
        }
        Ok(Body { parameter, code, offset })
    }
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_') && chars.all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests;
