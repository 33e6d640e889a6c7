//! Programs: what a `Binding`, an expression, or both together compute, checked and compiled once.
//!
//! ```text
//! Binding ─ path ▶ a value or a resource ─┐
//! Name:arguments, Literal:value ──────────┼▶ text, truth or resources, over a Population
//! C#:parameter: body ─────────────────────┘
//! ```
//!
//! A program reads a [`Population`] and an [`Environment`] and nothing else. What it reads of the population is derived
//! from it ([`Program::reads`]), never declared. It is total: it ends within a bound of steps and memory, and what goes
//! wrong for one resource is an [`EvaluationError`] for that one alone.

mod body;
mod environment;
mod error;
mod path;

pub use environment::{Assignment, Environment, Order, OrderChange, QueryHandler, Variable};
pub use error::{EvaluationError, Part, ProgramError};

use super::{Body, Expression, Function};
use crate::format::Converter;
use crate::population::{Handle, Population, Reads};
use path::Path;
use provost_model::configuration::PropertyType;
use provost_model::metadata::Metadata;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Where a program is written, and what for.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The entity model.
    pub metadata: &'a Metadata,
    /// Position of the entity type of the subject.
    pub entity_type: usize,
    /// Names that a body may use besides its parameter. A name left out is refused when the program is compiled.
    pub variables: &'a [Variable],
    /// What the result is for.
    pub wanted: Wanted,
}

impl<'a> Scope<'a> {
    /// A scope without implicit variables.
    pub fn new(metadata: &'a Metadata, entity_type: usize, wanted: Wanted) -> Scope<'a> {
        Scope { metadata, entity_type, variables: &[], wanted }
    }

    /// The same with implicit variables.
    pub fn with(self, variables: &'a [Variable]) -> Scope<'a> {
        Scope { variables, ..self }
    }
}

/// What the result of a program is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A value of a property of this type, in internal text. Everything has a text, so String takes all results.
    Text(PropertyType),
    /// Whether something holds.
    Boolean,
    /// Resources, of one entity type where a position is given.
    Resources(Option<usize>),
    /// Texts by name (`ArgumentsExpression`).
    Arguments,
    /// Whatever it gives, for showing.
    Any,
}

/// A compiled operand: a binding, an expression, or an expression over a binding.
#[derive(Clone, Debug)]
pub struct Program {
    action: Action,
    reads: Reads,
    queries: BTreeMap<usize, Reads>,
    depends_on_time: bool,
    /// Makes internal text of the target's type.
    converter: Converter,
    wanted: Wanted,
    /// What the result is called in C#.
    type_name: Box<str>,
}

#[derive(Clone, Debug)]
enum Action {
    Literal(String),
    Path(Path),
    Function(Function, Path),
    Body(Box<body::Compiled>),
}

impl Program {
    /// Compiles what the two attributes of an operand say; blank ones count as absent.
    ///
    /// # Errors
    /// Nothing is written, a name is unknown, a type does not fit, or something is not allowed.
    pub fn compile(binding: Option<&str>, expression: Option<&str>, scope: &Scope) -> Result<Program, ProgramError> {
        let given = |text: Option<&str>| text.filter(|text| !text.trim().is_empty()).map(str::to_owned);
        let (binding, expression) = (given(binding), given(expression));
        let path = binding.map(|text| Path::resolve(scope.metadata, scope.entity_type, &text)).transpose()?;
        match expression {
            Some(text) => Program::of_expression(&text, path, scope),
            None => Program::of_path(path.ok_or_else(ProgramError::nothing)?, scope),
        }
    }

    fn of_path(path: Path, scope: &Scope) -> Result<Program, ProgramError> {
        path.check(scope)?;
        // What one property of a type holds, another may hold: values stored without a format stay as they are.
        let converter = match scope.wanted {
            Wanted::Text(kind) if path.kind(scope.metadata) != Some(kind) => Converter::of_type(kind),
            _ => Converter::as_is(),
        };
        let mut program = Program::new(path.reads(), converter, scope.wanted, Action::Path(path.clone()));
        let is_resource = path.is_resource && !matches!(scope.wanted, Wanted::Text(_));
        program.type_name = match body::type_name(path.kind(scope.metadata)) {
            _ if is_resource => scope.metadata.entity_types[path.target].identifier.as_str().into(),
            name => name.into(),
        };
        Ok(program)
    }

    fn of_expression(text: &str, path: Option<Path>, scope: &Scope) -> Result<Program, ProgramError> {
        let kind = match scope.wanted {
            Wanted::Text(kind) => kind,
            _ => PropertyType::String,
        };
        match Expression::parse(text, kind).map_err(|error| ProgramError::expression(&error))? {
            Expression::Body(body) => Program::of_body(&body, path, scope),
            _ if !matches!(scope.wanted, Wanted::Text(_) | Wanted::Any) => Err(ProgramError::misfit(text)),
            Expression::Literal(value) => {
                Ok(Program::new(Reads::default(), Converter::as_is(), scope.wanted, Action::Literal(value)))
            }
            Expression::Predefined(function) => {
                let Some(path) = path else {
                    return Err(ProgramError::no_input(function.name()));
                };
                path.check(&Scope { wanted: Wanted::Text(PropertyType::String), ..*scope })?;
                let (reads, converter) = (path.reads(), Converter::of_type(kind));
                Ok(Program::new(reads, converter, scope.wanted, Action::Function(function, path)))
            }
        }
    }

    fn of_body(body: &Body, path: Option<Path>, scope: &Scope) -> Result<Program, ProgramError> {
        if let Some(path) = &path {
            path.check(&Scope { wanted: Wanted::Text(PropertyType::String), ..*scope })?;
        }
        let compiled = body::Compiled::new(body, path, scope)?;
        Ok(Program {
            reads: compiled.reads.clone(),
            queries: compiled.queries.clone(),
            depends_on_time: compiled.depends_on_time,
            converter: Converter::as_is(),
            wanted: scope.wanted,
            type_name: compiled.result_name().into(),
            action: Action::Body(Box::new(compiled)),
        })
    }

    fn new(reads: Reads, converter: Converter, wanted: Wanted, action: Action) -> Program {
        Program {
            action,
            reads,
            queries: BTreeMap::new(),
            depends_on_time: false,
            converter,
            wanted,
            type_name: "string".into(),
        }
    }

    /// What is read of the subject, exactly: a change of anything else cannot change the result.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// Entity types that are queried (`queryHandler.Select`), with what is read of what is found. Any change of such an
    /// entity type may change the result.
    pub fn queries(&self) -> &BTreeMap<usize, Reads> {
        &self.queries
    }

    /// Whether the result may change by the passing of time alone (`DateTime.Now` and its like).
    pub fn depends_on_time(&self) -> bool {
        self.depends_on_time
    }

    /// Appends the value to `out`, in internal text, and tells whether there is one. After an error, or without a
    /// value, `out` is as before.
    ///
    /// # Errors
    /// The expression fails on this subject.
    pub fn text(
        &self,
        subject: Handle,
        population: &Population,
        environment: &Environment,
        out: &mut String,
    ) -> Result<bool, EvaluationError> {
        let start = out.len();
        let raw = match &self.action {
            Action::Literal(value) => {
                out.push_str(value);
                return Ok(!value.is_empty());
            }
            Action::Path(path) if self.converter.is_as_is() => return Ok(path.text(subject, population, out)),
            Action::Path(path) => path.value(subject, population),
            Action::Body(body) => return Ok(body.text(subject, population, environment, out)?.0),
            Action::Function(function, path) => {
                let applied = path.value(subject, population).map(|input| function.apply(&input)).transpose()?;
                applied.map(Cow::Owned)
            }
        };
        let Some(raw) = raw.filter(|raw| !raw.is_empty()) else {
            return Ok(false);
        };
        if self.converter.is_as_is() {
            out.push_str(&raw);
        } else {
            let mut internal = Vec::with_capacity(raw.len());
            self.converter
                .convert(&raw, &mut internal)
                .map_err(|cause| EvaluationError::Type { value: raw.clone().into_owned(), cause })?;
            out.push_str(&String::from_utf8_lossy(&internal));
        }
        Ok(out.len() > start)
    }

    /// Whether it holds; no value counts as no.
    ///
    /// # Errors
    /// The expression fails on this subject.
    pub fn boolean(
        &self,
        subject: Handle,
        population: &Population,
        environment: &Environment,
    ) -> Result<bool, EvaluationError> {
        if let Action::Body(body) = &self.action {
            return body.boolean(subject, population, environment);
        }
        let mut value = String::new();
        self.text(subject, population, environment, &mut value)?;
        match value.as_str() {
            "" | "false" => Ok(false),
            "true" => Ok(true),
            _ => {
                let mut internal = Vec::new();
                match Converter::of_type(PropertyType::Bool).convert(&value, &mut internal) {
                    Ok(()) => Ok(internal == b"true"),
                    Err(cause) => Err(EvaluationError::Type { value, cause }),
                }
            }
        }
    }

    /// Appends the resources that it gives to `out`, each once, in their order.
    ///
    /// # Errors
    /// The expression fails on this subject.
    pub fn resources(
        &self,
        subject: Handle,
        population: &Population,
        environment: &Environment,
        out: &mut Vec<Handle>,
    ) -> Result<(), EvaluationError> {
        match (&self.action, self.wanted) {
            (Action::Body(body), Wanted::Resources(_) | Wanted::Any) => {
                return body.resources(subject, population, environment, out);
            }
            (Action::Path(path), Wanted::Resources(_) | Wanted::Any) => path.resources(subject, population, out),
            _ => return Err(EvaluationError::NotResources),
        }
        Ok(())
    }
}

impl Program {
    /// Appends the texts by name (`ArgumentsExpression`); false when the dictionary is null.
    ///
    /// # Errors
    /// The expression fails on this subject, or gives no dictionary.
    pub fn arguments(
        &self,
        subject: Handle,
        population: &Population,
        environment: &Environment,
        out: &mut Vec<(String, String)>,
    ) -> Result<bool, EvaluationError> {
        match &self.action {
            Action::Body(body) => body.arguments(subject, population, environment, out),
            _ => Err(EvaluationError::NotArguments),
        }
    }

    /// What the result is called in C#: `string`, `bool`, `DateTime`, an entity type.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// Entity type (a position) of the resources that it gives, if it gives any.
    pub fn entity_type(&self) -> Option<usize> {
        match &self.action {
            Action::Path(path) if path.is_resource => Some(path.target),
            Action::Body(body) => body.entity_type(),
            _ => None,
        }
    }

    /// The text of the result with the number of steps that it took, for showing.
    ///
    /// # Errors
    /// The expression fails on this subject.
    pub fn trial(
        &self,
        subject: Handle,
        population: &Population,
        environment: &Environment,
    ) -> Result<(Option<String>, u64), EvaluationError> {
        let mut out = String::new();
        let (found, steps) = match &self.action {
            Action::Body(body) => body.text(subject, population, environment, &mut out)?,
            _ => (self.text(subject, population, environment, &mut out)?, 1),
        };
        Ok((found.then_some(out), steps))
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
