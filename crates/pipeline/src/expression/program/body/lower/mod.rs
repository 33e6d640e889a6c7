//! From the tree of the grammar to the checked tree: names become positions, types are checked, and reads are recorded.

mod arguments;
mod calls;
mod chains;
mod classes;
mod expressions;
mod lambdas;
mod linq;
mod literals;
mod members;
mod methods;
mod operators;
mod patterns;
mod refused;
mod regexes;
mod statements;
mod switches;
mod typenames;

use super::limits::MAX_DEPTH;
use super::node::{Kind, Node, Span, Statement};
use super::reads::{Origins, SUBJECT};
use super::syntax::span;
use super::types::Type;
use crate::expression::program::{Scope, Variable};
use provost_model::nearest;
use std::collections::HashSet;
use tree_sitter::Node as Tree;

/// Why a body is refused, and where in the code.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) at: Span,
    pub(super) message: String,
    pub(super) remedy: String,
}

impl Refusal {
    pub(super) fn new(at: Span, message: impl Into<String>, remedy: impl Into<String>) -> Refusal {
        Refusal { at, message: message.into(), remedy: remedy.into() }
    }
}

type Lowered<T> = Result<T, Box<Refusal>>;

fn refuse<T>(at: Tree<'_>, message: impl Into<String>, remedy: impl Into<String>) -> Lowered<T> {
    Err(Box::new(Refusal::new(span(at), message, remedy)))
}

/// A checked expression with its type.
#[derive(Debug)]
struct Typed {
    node: Node,
    ty: Type,
}

impl Typed {
    fn new(kind: Kind, at: Span, ty: Type) -> Typed {
        Typed { node: Node::new(kind, at), ty }
    }
}

/// A name of the code.
struct Local {
    name: String,
    slot: usize,
    ty: Type,
    /// How many loops and lambdas it was declared in.
    level: usize,
    /// Its text, when it is known and never changes.
    constant: Option<String>,
}

/// What the parameter of a body is.
pub(super) enum Input {
    /// The resource that the body is about, of the scope's entity type.
    Subject,
    /// What the binding gave, in the first slot.
    Value(Type),
}

/// A body that was checked.
pub(super) struct Checked {
    pub(super) statements: Vec<Statement>,
    pub(super) result: Type,
    pub(super) slots: usize,
    pub(super) origins: Origins,
    pub(super) depends_on_time: bool,
}

pub(super) struct Lowerer<'s> {
    code: &'s str,
    scope: &'s Scope<'s>,
    origins: Origins,
    locals: Vec<Local>,
    slots: usize,
    /// Slots and receivers of the `?.` in the chain that is being lowered.
    guards: Vec<(usize, Node)>,
    depth: usize,
    /// Operators so far.
    operators: usize,
    level: usize,
    /// Within a loop, so that `break` has something to leave.
    in_loop: bool,
    /// Types of what the statements return, innermost lambda last.
    returns: Vec<Type>,
    regexes: Vec<regexes::Known>,
    assigned: HashSet<String>,
    depends_on_time: bool,
    /// The parameter is the subject, not what a binding gives.
    input_is_subject: bool,
}

impl<'s> Lowerer<'s> {
    /// Lowers a whole body.
    pub(super) fn lower(
        code: &'s str,
        root: Tree<'_>,
        parameter: Option<&str>,
        input: Input,
        origins: Origins,
        scope: &'s Scope<'s>,
    ) -> Lowered<Checked> {
        let mut lowerer = Lowerer {
            code,
            scope,
            origins,
            locals: Vec::new(),
            slots: 1,
            guards: Vec::new(),
            depth: 0,
            operators: 0,
            level: 0,
            in_loop: false,
            returns: vec![Type::Null],
            regexes: Vec::new(),
            assigned: HashSet::new(),
            depends_on_time: false,
            input_is_subject: matches!(input, Input::Subject),
        };
        lowerer.note_assignments(root)?;
        let ty = match input {
            Input::Subject => Type::Resource(scope.entity_type, vec![SUBJECT]),
            Input::Value(ty) => ty,
        };
        if let Some(name) = parameter {
            lowerer.locals.push(Local { name: name.to_owned(), slot: 0, ty, level: 0, constant: None });
        }
        let (statements, goes_on) = lowerer.statements(&children(root))?;
        if goes_on {
            let at = Span { start: code.trim_end().len().saturating_sub(1) as u32, end: code.trim_end().len() as u32 };
            return Err(Box::new(Refusal::new(at, "the code can end without returning a value", "add return …;")));
        }
        Ok(Checked {
            statements,
            result: lowerer.returns.pop().unwrap_or(Type::Null),
            slots: lowerer.slots,
            origins: lowerer.origins,
            depends_on_time: lowerer.depends_on_time,
        })
    }

    /// Notes which names are assigned somewhere: their values are not known beforehand.
    fn note_assignments(&mut self, root: Tree<'_>) -> Lowered<()> {
        let mut cursor = root.walk();
        loop {
            let node = cursor.node();
            if matches!(node.kind(), "assignment_expression" | "postfix_unary_expression" | "prefix_unary_expression")
                && let Some(target) = node.named_child(0)
            {
                self.assigned.insert(self.text(target).to_owned());
            }
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return Ok(());
                }
            }
        }
    }

    fn text(&self, node: Tree<'_>) -> &'s str {
        self.code.get(node.byte_range()).unwrap_or_default()
    }

    fn name(&self, ty: &Type) -> String {
        ty.name(self.scope.metadata)
    }

    /// A type with its article.
    fn one(&self, ty: &Type) -> String {
        let name = self.name(ty);
        let article = if name.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) { "an" } else { "a" };
        format!("{article} {name}")
    }

    /// The text of a node, when it is known beforehand.
    fn known_text(&self, node: &Node) -> Option<String> {
        match &node.kind {
            Kind::Local(slot) => self.locals.iter().find(|local| local.slot == *slot)?.constant.clone(),
            Kind::Concat(parts) => parts.iter().map(|part| self.known_text(part)).collect(),
            _ => node.constant_text(),
        }
    }

    /// Runs something one level deeper, within the limit.
    fn deeper<T>(&mut self, at: Tree<'_>, run: impl FnOnce(&mut Self) -> Lowered<T>) -> Lowered<T> {
        if self.depth >= MAX_DEPTH {
            let message = format!("the code is nested deeper than {MAX_DEPTH} levels");
            return refuse(at, message, "take a part of it into a variable");
        }
        self.depth += 1;
        let result = run(self);
        self.depth -= 1;
        result
    }

    fn slot(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }

    fn declare(&mut self, at: Tree<'_>, name: &str, ty: Type, constant: Option<String>) -> Lowered<usize> {
        if self.locals.iter().any(|local| local.name == name) {
            return refuse(at, format!("the name {name} is used already"), "choose another name");
        }
        let slot = self.slot();
        let constant = constant.filter(|_| !self.assigned.contains(name));
        self.locals.push(Local { name: name.to_owned(), slot, ty, level: self.level, constant });
        Ok(slot)
    }

    fn local(&self, name: &str) -> Option<&Local> {
        self.locals.iter().rev().find(|local| local.name == name)
    }

    fn has(&self, variable: Variable) -> bool {
        self.scope.variables.contains(&variable)
    }

    /// A name that stands alone.
    fn identifier(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let name = self.text(node);
        let at = span(node);
        if let Some(local) = self.local(name) {
            let is_subject = local.slot == 0 && self.input_is_subject;
            let kind = if is_subject { Kind::Subject } else { Kind::Local(local.slot) };
            return Ok(Typed::new(kind, at, local.ty.clone()));
        }
        let implicit = match name {
            "assignment" => Some((Variable::Assignment, Kind::Null, Type::Assignment)),
            "provisioningOrder" => Some((Variable::ProvisioningOrder, Kind::Null, Type::Order)),
            "iteration" => Some((Variable::Iteration, Kind::Iteration, Type::Int)),
            "queryHandler" => Some((Variable::QueryHandler, Kind::Null, Type::Queries)),
            "logger" => return Ok(Typed::new(Kind::Null, at, Type::Logger)),
            _ => None,
        };
        match implicit {
            Some((variable, kind, ty)) if self.has(variable) => Ok(Typed::new(kind, at, ty)),
            Some(_) => refuse(node, format!("there is no {name} in this expression"), "leave it out"),
            None => {
                let known = self.locals.iter().map(|local| local.name.as_str()).chain(["DateTime", "string", "Regex"]);
                let remedy = match nearest::one(name, known) {
                    Some(near) => format!("did you mean {near}?"),
                    None => match self.locals.first() {
                        Some(parameter) => format!("the input is called {} here", parameter.name),
                        None => "name the input: C#:name:code".to_owned(),
                    },
                };
                refuse(node, format!("nothing is called {name}"), remedy)
            }
        }
    }
}

/// Named children without comments.
fn children<'t>(node: Tree<'t>) -> Vec<Tree<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| child.kind() != "comment").collect()
}

fn field<'t>(node: Tree<'t>, name: &str) -> Lowered<Tree<'t>> {
    match node.child_by_field_name(name) {
        Some(child) => Ok(child),
        None => refuse(node, "something is missing here", "write it in a simpler way"),
    }
}

/// The only child, or the last one.
fn only<'t>(node: Tree<'t>) -> Lowered<Tree<'t>> {
    match children(node).last() {
        Some(child) => Ok(*child),
        None => refuse(node, "something is missing here", "write it in a simpler way"),
    }
}
