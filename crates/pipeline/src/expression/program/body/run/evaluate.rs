//! The value of a node.

use super::{Fault, Machine, Outcome, operate};
use crate::expression::binding::Leaf;
use crate::expression::program::body::node::{Comparison, Kind, Node, Operator, Read, Statement};
use crate::expression::program::body::value::{Text, Value};
use crate::expression::program::path::Path;
use crate::format::{Civil, Converter};
use crate::population::{Handle, Population};
use provost_model::configuration::PropertyType;
use provost_model::query::Query;
use std::cell::RefCell;
use std::rc::Rc;

/// Most arguments of a method.
pub(in super::super) const MAX_ARGUMENTS: usize = 6;
const DAY: i64 = 86_400_000_000;

impl<'a> Machine<'a> {
    /// The value of a node. The arms are short, so that deep trees need little of the stack.
    pub(in super::super) fn eval(&mut self, node: &'a Node) -> Outcome<Value<'a>> {
        self.step()?;
        match &node.kind {
            Kind::Null => Ok(Value::Null),
            Kind::Bool(value) => Ok(Value::Bool(*value)),
            Kind::Int(value) => Ok(Value::Int(*value)),
            Kind::Long(value) => Ok(Value::Long(*value)),
            Kind::Double(value) => Ok(Value::Double(*value)),
            Kind::Char(value) => Ok(Value::Char(*value)),
            Kind::Text(text) => Ok(Value::Text(Text::Borrowed(text))),
            Kind::Date(at) => Ok(Value::Date(*at)),
            Kind::Subject => Ok(Value::Resource(self.population, self.subject)),
            Kind::Now => Ok(Value::Date(self.environment.now)),
            Kind::Today => Ok(Value::Date(self.environment.now.div_euclid(DAY) * DAY)),
            Kind::Local(slot) => Ok(self.get(*slot)),
            Kind::Field(of, property, read) => self.field(node, of, *property, *read),
            Kind::DisplayName(of) => self.display_name(of),
            Kind::Id(of) => self.id(of),
            Kind::Link(of, property) => self.link(of, *property),
            Kind::Links(of, property) => self.links(of, *property),
            Kind::If(parts) => {
                if self.truth(&parts.0)? {
                    self.eval(&parts.1)
                } else {
                    self.eval(&parts.2)
                }
            }
            Kind::Guard(of, slot, then) => self.guard(of, *slot, then),
            Kind::Coalesce(first, second) => self.coalesce(first, second),
            Kind::And(a, b) => Ok(Value::Bool(self.truth(a)? && self.truth(b)?)),
            Kind::Or(a, b) => Ok(Value::Bool(self.truth(a)? || self.truth(b)?)),
            Kind::Not(of) => self.not(of),
            Kind::Equal(a, b) => self.equal(a, b),
            Kind::Compare(comparison, a, b) => self.compare(*comparison, a, b),
            Kind::Arithmetic(operator, a, b) => self.arithmetic(node, *operator, a, b),
            Kind::Call { run, instance, arguments } => self.call(node, *run, *instance, arguments),
            Kind::Linq(linq) => self.linq(linq).map_err(|fault| fault.at(node.at)),
            _ => self.eval_more(node),
        }
    }

    /// What is rarer.
    fn eval_more(&mut self, node: &'a Node) -> Outcome<Value<'a>> {
        match &node.kind {
            // It counts attempts, which are few.
            Kind::Iteration => Ok(Value::Int(self.environment.iteration.clamp(0, i64::from(i32::MAX)) as i32)),
            Kind::AssignmentStart => Ok(self.environment.assignment.map_or(Value::Null, |a| Value::Date(a.start))),
            Kind::AssignmentEnd => Ok(self.environment.assignment.map_or(Value::Null, |a| Value::Date(a.end))),
            Kind::Parameters => Ok(self.parameters()),
            Kind::Negate(of) => self.eval(of).map(|value| operate::negate(&value)),
            Kind::Widen(number, of) => self.eval(of).map(|value| operate::widen(*number, value)),
            Kind::Cast(number, of) => {
                self.eval(of).and_then(|value| operate::cast(*number, &value).map_err(|fault| fault.at(node.at)))
            }
            Kind::Concat(_) | Kind::Format(_) => self.concat(node),
            Kind::Regex(call) => self.regex(call).map_err(|fault| fault.at(node.at)),
            Kind::List(elements) => self.listed(elements),
            Kind::Map(entries) => self.map(entries).map_err(|fault| fault.at(node.at)),
            Kind::Query(query, entity_type) => self.select(query, *entity_type).map_err(|fault| fault.at(node.at)),
            Kind::QueryText(text, entity_type) => {
                self.select_text(text, *entity_type).map_err(|fault| fault.at(node.at))
            }
            Kind::Predefined { run, argument } => self.predefined(node, *run, argument),
            Kind::Assign(slot, of) => self.assign(*slot, of),
            Kind::Try { run, arguments, slot, otherwise } => self.attempt(node, *run, arguments, (*slot, otherwise)),
            Kind::Block(statements) => self.block(statements),
            Kind::Required(of) => self.required(of),
            Kind::Fail(reason) => Err(Fault::new(*reason).at(node.at)),
            // All others are in `eval`.
            _ => Ok(Value::Null),
        }
    }

    fn field(&mut self, node: &'a Node, of: &'a Node, property: usize, read: Read) -> Outcome<Value<'a>> {
        let (population, resource) = self.resource(of)?;
        field(population, resource, property, read).map_err(|fault| fault.at(node.at))
    }

    fn display_name(&mut self, of: &'a Node) -> Outcome<Value<'a>> {
        let (population, resource) = self.resource(of)?;
        Ok(borrowed(population.display_name(resource)))
    }

    fn id(&mut self, of: &'a Node) -> Outcome<Value<'a>> {
        let (population, resource) = self.resource(of)?;
        Ok(Value::Long(population.id(resource).0))
    }

    fn link(&mut self, of: &'a Node, property: usize) -> Outcome<Value<'a>> {
        let (population, resource) = self.resource(of)?;
        let linked = population.links(resource, property).first();
        Ok(linked.map_or(Value::Null, |linked| Value::Resource(population, *linked)))
    }

    fn links(&mut self, of: &'a Node, property: usize) -> Outcome<Value<'a>> {
        let (population, resource) = self.resource(of)?;
        Ok(Value::Links(population, population.links(resource, property)))
    }

    fn guard(&mut self, of: &'a Node, slot: usize, then: &'a Node) -> Outcome<Value<'a>> {
        match self.eval(of)? {
            Value::Null => return Ok(Value::Null),
            value => self.set(slot, value),
        }
        self.eval(then)
    }

    fn coalesce(&mut self, first: &'a Node, second: &'a Node) -> Outcome<Value<'a>> {
        match self.eval(first)? {
            Value::Null => self.eval(second),
            value => Ok(value),
        }
    }

    fn not(&mut self, of: &'a Node) -> Outcome<Value<'a>> {
        Ok(match self.eval(of)? {
            Value::Bool(value) => Value::Bool(!value),
            _ => Value::Null,
        })
    }

    fn equal(&mut self, a: &'a Node, b: &'a Node) -> Outcome<Value<'a>> {
        let (a, b) = (self.eval(a)?, self.eval(b)?);
        Ok(Value::Bool(a.equals(&b)))
    }

    fn compare(&mut self, comparison: Comparison, a: &'a Node, b: &'a Node) -> Outcome<Value<'a>> {
        let (a, b) = (self.eval(a)?, self.eval(b)?);
        Ok(Value::Bool(operate::compare(comparison, &a, &b)))
    }

    fn arithmetic(&mut self, node: &'a Node, operator: Operator, a: &'a Node, b: &'a Node) -> Outcome<Value<'a>> {
        let (a, b) = (self.eval(a)?, self.eval(b)?);
        operate::arithmetic(operator, &a, &b).map_err(|fault| fault.at(node.at))
    }

    fn concat(&mut self, node: &'a Node) -> Outcome<Value<'a>> {
        let mut text = String::new();
        self.write(node, &mut text)?;
        Ok(Value::text(text))
    }

    fn listed(&mut self, elements: &'a [Node]) -> Outcome<Value<'a>> {
        let elements = elements.iter().map(|element| self.eval(element)).collect::<Outcome<Vec<_>>>()?;
        self.list(elements)
    }

    fn select_text(&mut self, text: &'a Node, entity_type: usize) -> Outcome<Value<'a>> {
        let text = self.eval(text)?;
        let query = Query::parse(text.as_text().unwrap_or_default());
        let query = query.map_err(|error| Fault::new(format!("the query cannot be read: {error}")))?;
        self.select(&query, entity_type)
    }

    fn predefined(&mut self, node: &'a Node, run: super::Run, argument: &'a Node) -> Outcome<Value<'a>> {
        match self.eval(argument)? {
            Value::Null => Ok(Value::Null),
            value => run(self, &[value]).map_err(|fault| fault.at(node.at)),
        }
    }

    fn assign(&mut self, slot: usize, of: &'a Node) -> Outcome<Value<'a>> {
        let value = self.eval(of)?;
        self.set(slot, value.clone());
        Ok(value)
    }

    fn attempt(
        &mut self,
        node: &'a Node,
        run: super::Run,
        arguments: &'a [Node],
        (slot, otherwise): (usize, &'a Node),
    ) -> Outcome<Value<'a>> {
        let arguments = arguments.iter().map(|argument| self.eval(argument)).collect::<Outcome<Vec<_>>>()?;
        let found = run(self, &arguments).map_err(|fault| fault.at(node.at))?;
        let succeeded = !found.is_null();
        let value = if succeeded { found } else { self.eval(otherwise)? };
        self.set(slot, value);
        Ok(Value::Bool(succeeded))
    }

    fn block(&mut self, statements: &'a [Statement]) -> Outcome<Value<'a>> {
        match self.finish(statements)? {
            Some(node) => self.eval(node),
            None => Ok(Value::Null),
        }
    }

    fn required(&mut self, of: &'a Node) -> Outcome<Value<'a>> {
        match self.eval(of)? {
            Value::Null => Err(Fault::null(of.at)),
            value => Ok(value),
        }
    }

    /// The resource that a node gives, which must not be null.
    fn resource(&mut self, of: &'a Node) -> Outcome<(&'a Population, Handle)> {
        let value = match &of.kind {
            Kind::Subject => return Ok((self.population, self.subject)),
            _ => self.eval(of)?,
        };
        match value {
            Value::Resource(population, resource) => Ok((population, resource)),
            _ => Err(Fault::null(of.at)),
        }
    }

    fn call(&mut self, node: &'a Node, run: super::Run, instance: bool, arguments: &'a [Node]) -> Outcome<Value<'a>> {
        let mut values: [Value<'a>; MAX_ARGUMENTS] = Default::default();
        for (place, argument) in values.iter_mut().zip(arguments) {
            *place = self.eval(argument)?;
        }
        if instance && values[0].is_null() {
            return Err(Fault::null(arguments.first().map_or(node.at, |receiver| receiver.at)));
        }
        let count = arguments.len().min(MAX_ARGUMENTS);
        run(self, &values[..count]).map_err(|fault| fault.at(node.at))
    }

    /// What a binding gives, as a value of its type.
    pub(in super::super) fn bound(&mut self, path: &'a Path, read: Option<Read>) -> Outcome<Value<'a>> {
        let Some(end) = path.end(self.subject, self.population) else {
            return Ok(Value::Null);
        };
        match (path.leaf, read) {
            (Leaf::Scalar(_, property), Some(read)) => field(self.population, end, property, read),
            (Leaf::DisplayName(_), _) => Ok(borrowed(self.population.display_name(end))),
            (_, Some(_)) => Ok(Value::Long(self.population.id(end).0)),
            (_, None) => Ok(Value::Resource(self.population, end)),
        }
    }

    fn select(&mut self, query: &Query, entity_type: usize) -> Outcome<Value<'a>> {
        let handler = self.environment.queries.ok_or_else(|| Fault::new("no queries are answered here"))?;
        let found = handler.select(entity_type, query).map_err(Fault::new)?;
        let population = handler.population();
        self.list(found.into_iter().map(|resource| Value::Resource(population, resource)).collect())
    }

    fn parameters(&self) -> Value<'a> {
        let Some(assignment) = self.environment.assignment else {
            return Value::Null;
        };
        let entry = |(name, value): &'a (String, String)| {
            (Text::Borrowed(name.as_str()), Value::Text(Text::Borrowed(value.as_str())))
        };
        Value::Map(Rc::new(RefCell::new(assignment.parameters.iter().map(entry).collect())))
    }
}

fn borrowed(text: Option<&str>) -> Value<'_> {
    text.map_or(Value::Null, |text| Value::Text(Text::Borrowed(text)))
}

/// A scalar property as a value of its type. What was stored without a format may be in any notation.
fn field<'a>(population: &'a Population, resource: Handle, property: usize, read: Read) -> Outcome<Value<'a>> {
    let Some(stored) = population.value(resource, property) else {
        return Ok(Value::Null);
    };
    typed(stored, read)
}

pub(in super::super) fn typed(stored: &str, read: Read) -> Outcome<Value<'_>> {
    let known = match read {
        Read::Text => return Ok(Value::Text(Text::Borrowed(stored))),
        Read::Bool => match stored {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        Read::Int => stored.parse().ok().map(Value::Int),
        Read::Long => stored.parse().ok().map(Value::Long),
        Read::Double => stored.parse().ok().filter(|n: &f64| n.is_finite()).map(Value::Double),
        Read::Date => Civil::from_internal(stored).map(|civil| Value::Date(civil.to_seconds() * 1_000_000)),
    };
    match known {
        Some(value) => Ok(value),
        None => converted(stored, read),
    }
}

fn converted<'a>(stored: &str, read: Read) -> Outcome<Value<'a>> {
    let kind = match read {
        Read::Text => PropertyType::String,
        Read::Bool => PropertyType::Bool,
        Read::Int => PropertyType::Int32,
        Read::Long => PropertyType::Int64,
        Read::Double => PropertyType::Double,
        Read::Date => PropertyType::DateTime,
    };
    let mut internal = Vec::new();
    if let Err(cause) = Converter::of_type(kind).convert(stored, &mut internal) {
        return Err(Fault::new(format!("the value \"{stored}\" is stored here: {cause}")));
    }
    let text = String::from_utf8_lossy(&internal);
    Ok(match read {
        _ if text.is_empty() => Value::Null,
        Read::Bool => Value::Bool(text == "true"),
        Read::Int => text.parse().map_or(Value::Null, Value::Int),
        Read::Long => text.parse().map_or(Value::Null, Value::Long),
        Read::Double => text.parse().map_or(Value::Null, Value::Double),
        Read::Date => {
            Civil::from_internal(&text).map_or(Value::Null, |civil| Value::Date(civil.to_seconds() * 1_000_000))
        }
        Read::Text => Value::text(text.into_owned()),
    })
}
