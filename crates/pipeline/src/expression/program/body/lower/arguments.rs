//! Arguments of methods, checked against what the methods take.

use super::{Kind, Lowered, Lowerer, Node, Tree, Type, Typed, children, only, refuse};
use crate::expression::program::body::run::Run;

/// What a method takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum P {
    Text,
    TextOrNull,
    TextOrChar,
    Int,
    Long,
    Double,
    Char,
    Bool,
    Date,
    Span,
    /// A value with a text.
    Scalar,
    Comparison,
    SplitOptions,
    /// The invariant culture, which is the only one.
    Culture,
    /// Characters, one by one or as an array.
    Chars,
    /// All that follows, as a list.
    Rest,
}

/// What a method gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum G {
    Text,
    Int,
    Long,
    Double,
    Bool,
    Char,
    Date,
    Texts,
    Chars,
}

/// A method of a class, or one of its overloads.
pub(super) struct Method {
    pub(super) name: &'static str,
    pub(super) takes: &'static [P],
    pub(super) gives: G,
    pub(super) run: Run,
}

pub(super) const fn method(name: &'static str, takes: &'static [P], gives: G, run: Run) -> Method {
    Method { name, takes, gives, run }
}

impl G {
    pub(super) fn ty(self) -> Type {
        match self {
            G::Text => Type::Text,
            G::Int => Type::Int,
            G::Long => Type::Long,
            G::Double => Type::Double,
            G::Bool => Type::Bool,
            G::Char => Type::Char,
            G::Date => Type::Date,
            G::Texts => Type::List(Box::new(Type::Text)),
            G::Chars => Type::List(Box::new(Type::Char)),
        }
    }
}

impl P {
    fn word(self) -> &'static str {
        match self {
            P::Text | P::TextOrNull => "string",
            P::TextOrChar => "string or char",
            P::Int => "int",
            P::Long => "long",
            P::Double => "double",
            P::Char => "char",
            P::Bool => "bool",
            P::Date => "DateTime",
            P::Span => "TimeSpan",
            P::Scalar => "value",
            P::Comparison => "StringComparison",
            P::SplitOptions => "StringSplitOptions",
            P::Culture => "CultureInfo.InvariantCulture",
            P::Chars => "char…",
            P::Rest => "values…",
        }
    }

    fn fits(self, ty: &Type) -> bool {
        let is_null = *ty == Type::Null;
        match self {
            P::Text => *ty == Type::Text,
            P::TextOrNull => *ty == Type::Text || is_null,
            P::TextOrChar => matches!(ty, Type::Text | Type::Char),
            P::Int => matches!(ty, Type::Int | Type::Char),
            P::Long => matches!(ty, Type::Int | Type::Long),
            P::Double => ty.is_number(),
            P::Char => *ty == Type::Char,
            P::Bool => *ty == Type::Bool,
            P::Date => *ty == Type::Date || is_null,
            P::Span => *ty == Type::Span,
            P::Scalar | P::Rest => is_scalar(ty) || is_null,
            P::Comparison => *ty == Type::StringComparison,
            P::SplitOptions => *ty == Type::SplitOptions,
            P::Culture => *ty == Type::Culture,
            P::Chars => *ty == Type::Char,
        }
    }
}

pub(super) fn is_scalar(ty: &Type) -> bool {
    ty.is_number() || matches!(ty, Type::Text | Type::Bool | Type::Char | Type::Date | Type::Span | Type::DayOfWeek)
}

/// The node, failing when it is null.
pub(super) fn required(node: Node) -> Node {
    use Kind as K;
    match node.kind {
        K::Text(_) | K::Int(_) | K::Char(_) | K::Bool(_) | K::Double(_) | K::Long(_) | K::Concat(_) | K::Date(_) => {
            node
        }
        _ => {
            let at = node.at;
            Node::new(K::Required(node.boxed()), at)
        }
    }
}

/// Whether the arguments are what a method takes.
fn fits(takes: &[P], given: &[Typed]) -> bool {
    match takes.split_last() {
        Some((last @ (P::Rest | P::Chars), before)) => {
            if given.len() < before.len() || !before.iter().zip(given).all(|(p, typed)| p.fits(&typed.ty)) {
                return false;
            }
            let rest = &given[before.len()..];
            match rest {
                [Typed { ty: Type::List(element), .. }] => {
                    if *last == P::Chars {
                        **element == Type::Char
                    } else {
                        is_scalar(element)
                    }
                }
                _ => rest.iter().all(|typed| last.fits(&typed.ty)),
            }
        }
        _ => takes.len() == given.len() && takes.iter().zip(given).all(|(p, typed)| p.fits(&typed.ty)),
    }
}

fn convert(p: P, typed: Typed) -> Option<Node> {
    Some(match p {
        P::Culture => return None,
        P::TextOrNull | P::Scalar | P::Date => typed.node,
        P::Double => required(super::expressions::widened(typed, &Type::Double)),
        P::Long => required(super::expressions::widened(typed, &Type::Long)),
        P::Int => required(super::expressions::widened(typed, &Type::Int)),
        _ => required(typed.node),
    })
}

impl Lowerer<'_> {
    /// The expressions between the parentheses of a call.
    pub(super) fn given<'t>(&self, arguments: Tree<'t>) -> Lowered<Vec<Tree<'t>>> {
        let mut given = Vec::new();
        for argument in children(arguments) {
            if argument.child_by_field_name("name").is_some() {
                return refuse(argument, "arguments with names are not allowed", "write them in order, without names");
            }
            given.push(only(argument)?);
        }
        Ok(given)
    }

    /// The overload that takes what is given, with the arguments as it wants them.
    pub(super) fn overload<'m>(
        &mut self,
        overloads: &[&'m Method],
        arguments: Tree<'_>,
    ) -> Lowered<(&'m Method, Vec<Node>)> {
        let mut typed = Vec::new();
        for given in self.given(arguments)? {
            typed.push(self.expr(given)?);
        }
        let Some(chosen) = overloads.iter().find(|method| fits(method.takes, &typed)) else {
            let name = overloads.first().map_or("the method", |method| method.name);
            let given: Vec<String> = typed.iter().map(|typed| self.name(&typed.ty)).collect();
            let known: Vec<String> = overloads
                .iter()
                .map(|method| {
                    let takes: Vec<&str> = method.takes.iter().map(|p| p.word()).collect();
                    format!("{name}({})", takes.join(", "))
                })
                .collect();
            let message = format!("{name} does not take ({})", given.join(", "));
            return refuse(arguments, message, format!("write {}", known.join(" or ")));
        };
        let mut nodes = Vec::new();
        let mut rest = typed.into_iter();
        for p in chosen.takes {
            match p {
                P::Rest | P::Chars => nodes.push(gathered(rest.by_ref().collect(), arguments)),
                p => nodes.extend(rest.next().and_then(|typed| convert(*p, typed))),
            }
        }
        Ok((chosen, nodes))
    }
}

/// One list of all arguments that are left.
fn gathered(mut rest: Vec<Typed>, arguments: Tree<'_>) -> Node {
    match rest.pop_if(|last| matches!(last.ty, Type::List(_))) {
        Some(list) => required(list.node),
        None => {
            let nodes: Vec<Node> = rest.into_iter().map(|typed| typed.node).collect();
            Node::new(Kind::List(nodes.into()), super::span(arguments))
        }
    }
}

/// Whether a method takes exactly one value of a type.
pub(super) fn takes_one(method: &Method, ty: &Type) -> bool {
    matches!(method.takes, [p] if p.fits(ty) && !matches!(p, P::Rest | P::Chars))
}
