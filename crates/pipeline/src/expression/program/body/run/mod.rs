//! Evaluation of a compiled body: a walk over its tree, with positions instead of names.

pub(super) mod convert;
pub(super) mod dates;
mod evaluate;
mod linq;
pub(super) mod map;
pub(super) mod names;
pub(super) mod number;
mod operate;
pub(super) mod order;
pub(super) mod patterns;
mod pick;
pub(super) mod texts;
mod write;

pub(super) use write::show;

use super::limits::{MAX_BYTES, MAX_STEPS};
use super::node::{Node, Span, Statement};
use super::value::Value;
use crate::expression::program::Environment;
use crate::population::{Handle, Population};

/// A method of the language.
pub(super) type Run = for<'a> fn(&mut Machine<'a>, &[Value<'a>]) -> Outcome<Value<'a>>;

pub(super) type Outcome<T> = Result<T, Box<Fault>>;

/// What went wrong on a subject, and where in the code.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) reason: Reason,
    pub(super) at: Option<Span>,
}

#[derive(Debug)]
pub(super) enum Reason {
    /// What stands there is null.
    Null,
    /// Why it cannot be evaluated.
    Text(String),
    /// A limit was reached, for all of the body.
    Limit(String),
}

impl Fault {
    pub(super) fn new(reason: impl Into<String>) -> Box<Fault> {
        Box::new(Fault { reason: Reason::Text(reason.into()), at: None })
    }

    fn null(at: Span) -> Box<Fault> {
        Box::new(Fault { reason: Reason::Null, at: Some(at) })
    }

    fn at(mut self: Box<Self>, at: Span) -> Box<Fault> {
        self.at.get_or_insert(at);
        self
    }
}

/// Where a run of statements ended.
enum Flow<'a> {
    Next,
    /// With this expression, which is not evaluated yet.
    Return(&'a Node),
    Break,
    Continue,
}

/// One evaluation.
pub(super) struct Machine<'a> {
    pub(super) population: &'a Population,
    pub(super) environment: &'a Environment<'a>,
    subject: Handle,
    frame: Vec<Value<'a>>,
    pub(super) steps: u64,
    bytes: usize,
}

impl<'a> Machine<'a> {
    /// A machine with so many slots; the first holds the input, if there is one.
    pub(super) fn new(
        subject: Handle,
        population: &'a Population,
        environment: &'a Environment<'a>,
        slots: usize,
    ) -> Machine<'a> {
        let frame = vec![Value::Null; slots];
        Machine { population, environment, subject, frame, steps: 0, bytes: 0 }
    }

    pub(super) fn set(&mut self, slot: usize, value: Value<'a>) {
        if let Some(place) = self.frame.get_mut(slot) {
            *place = value;
        }
    }

    fn get(&self, slot: usize) -> Value<'a> {
        self.frame.get(slot).cloned().unwrap_or_default()
    }

    fn step(&mut self) -> Outcome<()> {
        self.compared(1)
    }

    /// Counts so many comparisons as steps.
    fn compared(&mut self, count: usize) -> Outcome<()> {
        self.steps += count as u64;
        if self.steps > MAX_STEPS {
            let reason = Reason::Limit(format!("it takes more than {MAX_STEPS} steps"));
            return Err(Box::new(Fault { reason, at: None }));
        }
        Ok(())
    }

    /// Counts bytes that are about to be made.
    pub(super) fn spend(&mut self, bytes: usize) -> Outcome<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_BYTES {
            let reason = Reason::Limit(format!("it makes more than {} MiB of text", MAX_BYTES >> 20));
            return Err(Box::new(Fault { reason, at: None }));
        }
        Ok(())
    }

    /// A text that was made, counted.
    pub(super) fn made(&mut self, text: String) -> Outcome<Value<'a>> {
        self.spend(text.len())?;
        Ok(Value::text(text))
    }

    /// A list that was made, counted.
    pub(super) fn list(&mut self, elements: Vec<Value<'a>>) -> Outcome<Value<'a>> {
        self.spend(elements.len().saturating_mul(size_of::<Value<'_>>()))?;
        Ok(Value::List(elements.into()))
    }

    /// Runs to the end, and gives the expression to return.
    pub(super) fn finish(&mut self, statements: &'a [Statement]) -> Outcome<Option<&'a Node>> {
        Ok(match self.run(statements)? {
            Flow::Return(node) => Some(node),
            _ => None,
        })
    }

    fn run(&mut self, statements: &'a [Statement]) -> Outcome<Flow<'a>> {
        for statement in statements {
            let flow = match statement {
                Statement::Return(node) => return Ok(Flow::Return(node)),
                Statement::Run(node) => {
                    self.eval(node)?;
                    Flow::Next
                }
                Statement::If(condition, then, otherwise) => {
                    let branch = if self.truth(condition)? { then } else { otherwise };
                    self.run(branch)?
                }
                Statement::Group(inner) => self.run(inner)?,
                Statement::Each(slot, source, body) => self.each_statement(*slot, source, body)?,
                Statement::While(condition, after, body) => self.repeat(condition, after, body)?,
                Statement::Break => Flow::Break,
                Statement::Continue => Flow::Continue,
            };
            match flow {
                Flow::Next => {}
                ended => return Ok(ended),
            }
        }
        Ok(Flow::Next)
    }

    fn each_statement(&mut self, slot: usize, source: &'a Node, body: &'a [Statement]) -> Outcome<Flow<'a>> {
        let mut ended = Flow::Next;
        self.each(source, &mut |machine, element| {
            machine.set(slot, element);
            match machine.run(body)? {
                Flow::Next | Flow::Continue => Ok(true),
                Flow::Break => Ok(false),
                Flow::Return(node) => {
                    ended = Flow::Return(node);
                    Ok(false)
                }
            }
        })?;
        Ok(ended)
    }

    fn repeat(&mut self, condition: &'a Node, after: &'a [Statement], body: &'a [Statement]) -> Outcome<Flow<'a>> {
        while self.truth(condition)? {
            match self.run(body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => break,
                returned => return Ok(returned),
            }
            self.run(after)?;
        }
        Ok(Flow::Next)
    }

    /// A condition, which must not be null.
    pub(super) fn truth(&mut self, node: &'a Node) -> Outcome<bool> {
        match self.eval(node)? {
            Value::Bool(value) => Ok(value),
            _ => Err(Fault::null(node.at)),
        }
    }
}
