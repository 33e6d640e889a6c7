//! Bodies in C#: parsed with the published grammar, checked against the entity model, and evaluated as a tree.
//!
//! ```text
//! code ─ syntax ▶ tree of the grammar ─ lower ▶ checked tree (node), reads ─ run ▶ value
//! ```

mod limits;
mod lower;
mod node;
mod reads;
mod run;
mod syntax;
mod types;
mod value;

use super::{EvaluationError, Part, Path, ProgramError, Scope, Wanted};
use crate::expression::Body;
use crate::format::Converter;
use crate::population::{Handle, Population, Reads};
use lower::{Checked, Input, Lowerer, Refusal};
use node::{Node, Span, Statement};
use provost_model::configuration::PropertyType;
use reads::{Origins, SUBJECT};
use run::{Fault, Machine, Reason};
use std::collections::BTreeMap;
use syntax::Source;
use types::Type;
use value::Value;

/// A compiled body.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    statements: Box<[Statement]>,
    result: Type,
    slots: usize,
    /// The binding whose value the parameter is, and what it is read as.
    input: Option<(Path, Option<node::Read>)>,
    code: Box<str>,
    /// Characters of the attribute before the code.
    offset: usize,
    /// Bytes that were added before the code.
    added: usize,
    pub(super) reads: Reads,
    pub(super) queries: BTreeMap<usize, Reads>,
    pub(super) depends_on_time: bool,
    /// Makes internal text of texts, when another type is wanted.
    converter: Converter,
    result_name: Box<str>,
}

/// What the type of a property is called in C#.
pub(super) fn type_name(kind: Option<PropertyType>) -> &'static str {
    match kind {
        Some(PropertyType::Bool) => "bool",
        Some(PropertyType::Int32 | PropertyType::Int16 | PropertyType::Byte) => "int",
        Some(PropertyType::Int64 | PropertyType::Option | PropertyType::ForeignKey) => "long",
        Some(PropertyType::Double) => "double",
        Some(PropertyType::DateTime) => "DateTime",
        _ => "string",
    }
}

/// The beginning of a piece of code, on one line.
fn excerpt(code: &str) -> String {
    let line: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > 60 { line.chars().take(57).chain("…".chars()).collect() } else { line }
}

impl Compiled {
    /// Parses and checks a body, whose parameter is the subject or what the binding gives.
    pub(super) fn new(body: &Body, path: Option<Path>, scope: &Scope) -> Result<Compiled, ProgramError> {
        let source = Source::parse(&body.code).map_err(|refusal| place(&refusal, &body.code, body.offset, 0))?;
        let mut origins = Origins::new();
        let input = path.map(|path| input(path, &mut origins, scope));
        let parameter = match &input {
            Some((_, ty, _)) => Input::Value(ty.clone()),
            None => Input::Subject,
        };
        let root = source.tree.root_node();
        let Checked { statements, result, slots, origins, depends_on_time } =
            Lowerer::lower(&source.code, root, body.parameter.as_deref(), parameter, origins, scope)
                .map_err(|refusal| place(&refusal, &source.code, body.offset, source.added))?;
        let converter = converter(&result, scope).map_err(|(message, remedy)| ProgramError {
            offset: body.offset,
            ..ProgramError::whole(Part::Expression, message, remedy)
        })?;
        Ok(Compiled {
            statements: statements.into(),
            result_name: result.name(scope.metadata).into(),
            result,
            slots,
            input: input.map(|(path, _, read)| (path, read)),
            code: source.code.into(),
            offset: body.offset,
            added: source.added,
            reads: origins.reads(SUBJECT),
            queries: origins.queries(),
            depends_on_time,
            converter,
        })
    }

    /// What the type of the result is called in C#.
    pub(super) fn result_name(&self) -> &str {
        &self.result_name
    }

    /// Entity type of the resources that it returns.
    pub(super) fn entity_type(&self) -> Option<usize> {
        match &self.result {
            Type::Resource(entity_type, _) => Some(*entity_type),
            Type::List(element) | Type::Ordered(element) => match element.as_ref() {
                Type::Resource(entity_type, _) => Some(*entity_type),
                _ => None,
            },
            _ => None,
        }
    }

    /// Runs the statements, and hands the machine and the expression to return to `take`.
    fn evaluate<'a, T>(
        &'a self,
        subject: Handle,
        population: &'a Population,
        environment: &'a super::Environment<'a>,
        take: impl FnOnce(&mut Machine<'a>, Option<&'a Node>) -> run::Outcome<T>,
    ) -> Result<(T, u64), EvaluationError> {
        let mut machine = Machine::new(subject, population, environment, self.slots);
        if let Some((path, read)) = &self.input {
            machine.input(path, *read).map_err(|fault| self.failed(&fault))?;
        }
        let result = match machine.finish(&self.statements) {
            Ok(returned) => take(&mut machine, returned),
            Err(fault) => Err(fault),
        };
        result.map(|value| (value, machine.steps)).map_err(|fault| self.failed(&fault))
    }

    /// Appends the value in internal text; tells whether there is one, and how many steps it took.
    pub(super) fn text(
        &self,
        subject: Handle,
        population: &Population,
        environment: &super::Environment<'_>,
        out: &mut String,
    ) -> Result<(bool, u64), EvaluationError> {
        let start = out.len();
        let writes = self.result == Type::Text && self.converter.is_as_is();
        let written = self.evaluate(subject, population, environment, |machine, node| {
            match node {
                Some(node) if writes => {
                    machine.write(node, out)?;
                }
                Some(node) => {
                    let value = machine.eval(node)?;
                    internal(&value, out);
                }
                None => {}
            }
            Ok(())
        });
        let steps = match written {
            Ok(((), steps)) => steps,
            Err(error) => {
                out.truncate(start);
                return Err(error);
            }
        };
        if !self.converter.is_as_is() && out.len() > start {
            self.convert(start, out)?;
        }
        Ok((out.len() > start, steps))
    }

    fn convert(&self, start: usize, out: &mut String) -> Result<(), EvaluationError> {
        let mut bytes = Vec::with_capacity(out.len() - start);
        let converted = self.converter.convert(&out[start..], &mut bytes);
        let value = out.split_off(start);
        match converted {
            Ok(()) => {
                out.push_str(&String::from_utf8_lossy(&bytes));
                Ok(())
            }
            Err(cause) => Err(EvaluationError::Type { value, cause }),
        }
    }

    pub(super) fn boolean(
        &self,
        subject: Handle,
        population: &Population,
        environment: &super::Environment<'_>,
    ) -> Result<bool, EvaluationError> {
        let evaluated = self.evaluate(subject, population, environment, |machine, node| match node {
            Some(node) => Ok(matches!(machine.eval(node)?, Value::Bool(true))),
            None => Ok(false),
        });
        Ok(evaluated?.0)
    }

    /// Appends the resources, each once.
    pub(super) fn resources(
        &self,
        subject: Handle,
        population: &Population,
        environment: &super::Environment<'_>,
        out: &mut Vec<Handle>,
    ) -> Result<(), EvaluationError> {
        let start = out.len();
        let gathered = self.evaluate(subject, population, environment, |machine, node| {
            let Some(node) = node else { return Ok(()) };
            match machine.eval(node)? {
                Value::Resource(of, resource) => gather(population, of, &[resource], out),
                Value::Links(of, links) => gather(population, of, links, out),
                Value::List(elements) => elements.iter().try_for_each(|element| match element {
                    Value::Resource(of, resource) => gather(population, of, &[*resource], out),
                    _ => Ok(()),
                }),
                _ => Ok(()),
            }
        });
        if let Err(error) = gathered {
            out.truncate(start);
            return Err(error);
        }
        let mut seen = std::collections::HashSet::new();
        let added = out.split_off(start);
        out.extend(added.into_iter().filter(|resource| seen.insert(*resource)));
        Ok(())
    }

    /// Appends the texts by name; tells whether the dictionary is there.
    pub(super) fn arguments(
        &self,
        subject: Handle,
        population: &Population,
        environment: &super::Environment<'_>,
        out: &mut Vec<(String, String)>,
    ) -> Result<bool, EvaluationError> {
        let found = self.evaluate(subject, population, environment, |machine, node| {
            let Some(node) = node else { return Ok(false) };
            let Value::Map(entries) = machine.eval(node)? else { return Ok(false) };
            let entries = entries.borrow();
            out.extend(
                entries.iter().map(|(name, value)| (name.to_string(), value.as_text().unwrap_or_default().to_owned())),
            );
            Ok(true)
        })?;
        Ok(found.0)
    }

    fn failed(&self, fault: &Fault) -> EvaluationError {
        let at = fault.at.unwrap_or_default();
        let code = self.code.get(at.start as usize..at.end as usize).unwrap_or_default();
        let reason = match &fault.reason {
            Reason::Null => format!("{} is null", excerpt(code)),
            Reason::Text(reason) => format!("{reason}, at {}", excerpt(code)),
            Reason::Limit(limit) => return EvaluationError::Limit { reason: limit.clone() },
        };
        let (offset, _) = characters(&self.code, at, self.offset, self.added);
        EvaluationError::Body { reason, offset }
    }
}

/// What the parameter is when there is a binding.
fn input(path: Path, origins: &mut Origins, scope: &Scope) -> (Path, Type, Option<node::Read>) {
    let mut places = vec![SUBJECT];
    for step in &path.steps {
        places = origins.follow(&places, *step);
    }
    if path.is_resource {
        let ty = Type::Resource(path.target, places);
        return (path, ty, None);
    }
    let kind = path.kind(scope.metadata).unwrap_or(PropertyType::String);
    match path.leaf {
        crate::expression::binding::Leaf::Scalar(_, property) => origins.value(&places, property),
        crate::expression::binding::Leaf::DisplayName(_) => origins.display_name(&places),
        crate::expression::binding::Leaf::Id => return (path, Type::Long, Some(node::Read::Long)),
    }
    let (ty, read) = Type::of_property(kind).unwrap_or((Type::Text, node::Read::Text));
    (path, ty, Some(read))
}

impl<'a> Machine<'a> {
    /// Puts what the binding gives into the first slot.
    fn input(&mut self, path: &'a Path, read: Option<node::Read>) -> run::Outcome<()> {
        let value = self.bound(path, read)?;
        self.set(0, value);
        Ok(())
    }
}

fn gather(population: &Population, of: &Population, found: &[Handle], out: &mut Vec<Handle>) -> run::Outcome<()> {
    for resource in found {
        let known = match std::ptr::eq(population, of) {
            true => Some(*resource),
            // What a query found is known here by its id.
            false => population.find(usize::from(resource.entity_type), of.id(*resource)),
        };
        match known {
            Some(known) => out.push(known),
            None => return Err(Fault::new("a resource that a query found is not loaded here")),
        }
    }
    Ok(())
}

/// The value as it is stored.
fn internal(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Date(at) => out.push_str(&run::dates::civil(*at).to_internal()),
        Value::Resource(population, resource) => out.push_str(&population.id(*resource).to_string()),
        other => run::show(other, out),
    }
}

/// How the result becomes a value of what is wanted, or why it cannot.
fn converter(result: &Type, scope: &Scope) -> Result<Converter, (String, &'static str)> {
    let name = result.name(scope.metadata);
    let fits = match (scope.wanted, result) {
        (Wanted::Any, _) | (_, Type::Null) => true,
        (Wanted::Boolean, ty) => *ty == Type::Bool,
        (Wanted::Arguments, ty) => *ty == Type::Map,
        (Wanted::Resources(wanted), ty) => match ty {
            Type::Resource(found, _) => wanted.is_none_or(|wanted| wanted == *found),
            Type::List(element) | Type::Ordered(element) => {
                matches!(**element, Type::Resource(found, _) if wanted.is_none_or(|wanted| wanted == found))
            }
            _ => false,
        },
        (Wanted::Text(kind), ty) => {
            return text_converter(kind, ty).map_err(|remedy| {
                (format!("the code returns a {name}, but a value of type {kind:?} is needed"), remedy)
            });
        }
    };
    match fits {
        true => Ok(Converter::as_is()),
        false => Err(match scope.wanted {
            Wanted::Boolean => {
                (format!("the code returns a {name}, but true or false is needed"), "return a comparison")
            }
            Wanted::Arguments => {
                (format!("the code returns a {name}, but arguments are needed"), "return a Dictionary<string, string>")
            }
            _ => (
                format!("the code returns a {name}, but resources are needed"),
                "return a navigation, or what Where gives",
            ),
        }),
    }
}

fn text_converter(kind: PropertyType, ty: &Type) -> Result<Converter, &'static str> {
    use PropertyType as T;
    let is_whole = matches!(kind, T::Int32 | T::Int64 | T::Int16 | T::Byte | T::ForeignKey | T::Option);
    match ty {
        Type::Text if kind == T::String => Ok(Converter::as_is()),
        Type::Text | Type::Char => Ok(Converter::of_type(kind)),
        Type::Bool if matches!(kind, T::Bool | T::String) => Ok(Converter::as_is()),
        Type::Date if matches!(kind, T::DateTime | T::String) => Ok(Converter::as_is()),
        Type::Int | Type::Long if is_whole || kind == T::Double => Ok(Converter::of_type(kind)),
        Type::Int | Type::Long | Type::Double if kind == T::String => Ok(Converter::as_is()),
        Type::Double if kind == T::Double => Ok(Converter::of_type(kind)),
        Type::Double if is_whole => Err("write (int) before it"),
        Type::Resource(..) if matches!(kind, T::ForeignKey | T::Int64) => Ok(Converter::as_is()),
        Type::Resource(..) => Err("return one of its properties"),
        Type::List(_) | Type::Ordered(_) => Err("return one text: string.Join(\"\\n\", …)"),
        _ => Err("convert it, or change the type of the property"),
    }
}

/// Where a place in the code lies in the attribute, in characters: the offset and the length.
fn characters(code: &str, at: Span, offset: usize, added: usize) -> (usize, usize) {
    let clamp = |byte: u32| (byte as usize).clamp(added, code.len());
    let before = code.get(added..clamp(at.start)).map_or(0, |text| text.chars().count());
    let length = code.get(clamp(at.start)..clamp(at.end)).map_or(0, |text| text.trim_end().chars().count());
    (offset + before, length)
}

fn place(refusal: &Refusal, code: &str, offset: usize, added: usize) -> ProgramError {
    let (offset, length) = characters(code, refusal.at, offset, added);
    ProgramError {
        part: Part::Expression,
        offset,
        length,
        message: refusal.message.clone(),
        remedy: refusal.remedy.clone(),
    }
}

#[cfg(test)]
mod tests;
