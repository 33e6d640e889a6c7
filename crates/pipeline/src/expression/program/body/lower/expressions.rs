//! Expressions that are no chains.

use super::{Kind, Lowered, Lowerer, Node, Statement, Tree, Type, Typed, children, field, only, refuse, span};
use crate::expression::program::body::node::Number;

impl Lowerer<'_> {
    /// An expression. The `?.` of a chain reach to its end.
    pub(super) fn expr(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        self.deeper(node, |lowerer| {
            let outer = lowerer.guards.len();
            let mut typed = lowerer.chain(node)?;
            while lowerer.guards.len() > outer {
                if let Some((slot, of)) = lowerer.guards.pop() {
                    let at = span(node);
                    typed.node = Node::new(Kind::Guard(of.boxed(), slot, typed.node.boxed()), at);
                }
            }
            Ok(typed)
        })
    }

    /// An expression where a type is known: `new()` takes it.
    pub(super) fn expected(&mut self, node: Tree<'_>, wanted: Option<&Type>) -> Lowered<Typed> {
        match (node.kind(), wanted) {
            ("implicit_object_creation_expression", Some(wanted)) => self.created(node, wanted.clone()),
            ("initializer_expression", Some(Type::List(element))) => self.list(node, Some(element)),
            _ => self.expr(node),
        }
    }

    pub(super) fn plain(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let at = span(node);
        match node.kind() {
            "identifier" => self.identifier(node),
            "parenthesized_expression" => self.expr(only(node)?),
            "string_literal"
            | "verbatim_string_literal"
            | "raw_string_literal"
            | "interpolated_string_expression"
            | "character_literal"
            | "integer_literal"
            | "real_literal"
            | "boolean_literal"
            | "null_literal" => self.literal(node),
            "binary_expression" => self.binary(node),
            "prefix_unary_expression" | "postfix_unary_expression" => self.unary(node),
            "conditional_expression" => self.conditional(node),
            "assignment_expression" => self.assignment(node),
            "cast_expression" => self.cast(node),
            "is_pattern_expression" | "is_expression" => self.is_expression(node),
            "switch_expression" => self.switch_expression(node),
            "object_creation_expression" => self.creation(node),
            "implicit_array_creation_expression" | "array_creation_expression" => self.array(node),
            "default_expression" => match self.declared_type(field(node, "type")?)? {
                Some(ty) => Ok(Typed::new(default(&ty), at, ty)),
                None => refuse(node, "the type is not known", "write null"),
            },
            "lambda_expression" => refuse(node, "a lambda is not allowed here", "pass it to a method such as Where"),
            "predefined_type" | "generic_name" => refuse(node, "a type is no value", "name one of its members"),
            "query_expression" => {
                refuse(node, "queries with from … select are not allowed", "call the methods Where, Select and OrderBy")
            }
            "implicit_object_creation_expression" => refuse(node, "the type is not known here", "name it after new"),
            "" | "ERROR" => refuse(node, "something is missing here", "complete the expression"),
            kind => {
                let what = kind.trim_end_matches("_expression").replace('_', " ");
                refuse(
                    node,
                    format!("an expression of the kind \"{what}\" is not allowed"),
                    "write it in a simpler way",
                )
            }
        }
    }

    fn conditional(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let condition = self.condition(field(node, "condition")?)?;
        let (yes, no) = (field(node, "consequence")?, field(node, "alternative")?);
        let (then, otherwise) = (self.expr(yes)?, self.expr(no)?);
        self.either(no, then, otherwise, |then, otherwise| Kind::If(Box::new((condition, then, otherwise))), node)
    }

    /// One of two values, with the type of both.
    pub(super) fn either(
        &mut self,
        second: Tree<'_>,
        a: Typed,
        b: Typed,
        make: impl FnOnce(Node, Node) -> Kind,
        whole: Tree<'_>,
    ) -> Lowered<Typed> {
        let Some(ty) = a.ty.unify(&b.ty) else {
            let message = format!("this is {}, but the other value is {}", self.one(&b.ty), self.one(&a.ty));
            return refuse(second, message, "make both of one type");
        };
        let (a, b) = (widened(a, &ty), widened(b, &ty));
        Ok(Typed::new(make(a, b), span(whole), ty))
    }

    fn assignment(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let (target, value) = (field(node, "left")?, field(node, "right")?);
        let operator = node.child_by_field_name("operator").map_or("=", |operator| self.text(operator));
        if target.kind() == "element_access_expression" && operator == "=" {
            return self.assign_element(node, target, value);
        }
        if target.kind() != "identifier" {
            return refuse(target, "only variables can be assigned to", "an expression changes no resource");
        }
        let typed = match operator {
            "=" => {
                let wanted = self.local(self.text(target)).map(|local| local.ty.clone());
                self.expected(value, wanted.as_ref())?
            }
            _ => {
                let current = self.identifier(target)?;
                let operand = self.expr(value)?;
                let operator = operator.trim_end_matches('=');
                self.operation(node, operator, current, operand, value)?
            }
        };
        self.assign(target, typed, value)
    }

    /// Sets a variable.
    pub(super) fn assign(&mut self, target: Tree<'_>, typed: Typed, value: Tree<'_>) -> Lowered<Typed> {
        let name = self.text(target);
        let at = span(target);
        let Some(local) = self.local(name) else {
            return self.identifier(target);
        };
        let (slot, ty, level) = (local.slot, local.ty.clone(), local.level);
        if slot == 0 {
            return refuse(target, format!("{name} is the input, which cannot be changed"), "use a variable");
        }
        let unified = ty.unify(&typed.ty).filter(|unified| unified.is_like(&ty));
        if level < self.level && unified.as_ref().is_some_and(|unified| *unified != ty) {
            return refuse(
                target,
                format!("{name} is declared outside of the loop, so that what is read has no bound"),
                "follow navigations without a loop, or declare the variable in it",
            );
        }
        let node = self.assignable(value, typed, &ty)?;
        if let (Some(unified), Some(local)) = (unified, self.locals.iter_mut().rev().find(|l| l.slot == slot)) {
            local.ty = unified;
        }
        Ok(Typed::new(Kind::Assign(slot, node.boxed()), at, ty))
    }

    fn cast(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let value = field(node, "value")?;
        let typed = self.expr(value)?;
        let Some(wanted) = self.declared_type(field(node, "type")?)? else {
            return Ok(typed);
        };
        let number = match wanted {
            Type::Int => Some(Number::Int),
            Type::Long => Some(Number::Long),
            Type::Double => Some(Number::Double),
            Type::Char => Some(Number::Char),
            _ => None,
        };
        let is_number = typed.ty.is_number() || matches!(typed.ty, Type::Char | Type::DayOfWeek);
        match number {
            Some(number) if is_number => Ok(Typed::new(Kind::Cast(number, typed.node.boxed()), span(node), wanted)),
            _ if typed.ty == Type::Null => Ok(Typed { ty: wanted, ..typed }),
            _ if typed.ty.is_like(&wanted) => Ok(typed),
            _ => {
                let message = format!("{} cannot be cast to {}", self.one(&typed.ty), self.name(&wanted));
                refuse(node, message, "convert it: int.Parse, Convert.ToString, …")
            }
        }
    }

    /// A lambda or arm made of statements that return a value.
    pub(super) fn block(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        self.returns.push(Type::Null);
        let in_loop = std::mem::replace(&mut self.in_loop, false);
        let lowered = self.statements(&children(node));
        self.in_loop = in_loop;
        let ty = self.returns.pop().unwrap_or(Type::Null);
        let (statements, goes_on) = lowered?;
        if goes_on {
            return refuse(node, "the code can end without returning a value", "add return …;");
        }
        Ok(Typed::new(Kind::Block(Vec::<Statement>::into(statements)), span(node), ty))
    }
}

/// The value as one of a type that it is known to have.
pub(super) fn widened(typed: Typed, wanted: &Type) -> Node {
    let at = typed.node.at;
    match super::typenames::convert(typed, wanted) {
        Ok(node) => node,
        // It was unified with the type before.
        Err(_) => Node::new(Kind::Null, at),
    }
}

/// What a variable of a type holds by default.
pub(super) fn default(ty: &Type) -> Kind {
    match ty {
        Type::Bool => Kind::Bool(false),
        Type::Int => Kind::Int(0),
        Type::Long => Kind::Long(0),
        Type::Double => Kind::Double(0.0),
        _ => Kind::Null,
    }
}
