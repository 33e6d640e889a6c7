//! Operators, with the types that C# gives them.

use super::arguments::is_scalar;
use super::expressions::widened;
use super::{Kind, Lowered, Lowerer, Node, Tree, Type, Typed, children, field, only, refuse, span};
use crate::expression::program::body::limits::MAX_OPERATORS;
use crate::expression::program::body::node::{Comparison, Operator};

impl Lowerer<'_> {
    /// A chain of binary operators: the left side may be long, and is walked without recursion.
    pub(super) fn binary(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let mut spine = vec![node];
        let mut first = field(node, "left")?;
        while first.kind() == "binary_expression" {
            spine.push(first);
            first = field(first, "left")?;
        }
        let mut left = self.expr(first)?;
        while let Some(node) = spine.pop() {
            let operator = self.text(field(node, "operator")?);
            let right_node = field(node, "right")?;
            let right = match operator {
                // What follows ?? is as deep as the chain is long.
                "??" => self.deeper(right_node, |lowerer| lowerer.expr(right_node))?,
                _ => self.expr(right_node)?,
            };
            left = self.operation(node, operator, left, right, right_node)?;
        }
        Ok(left)
    }

    /// One operator between two values.
    pub(super) fn operation(
        &mut self,
        node: Tree<'_>,
        operator: &str,
        left: Typed,
        right: Typed,
        right_node: Tree<'_>,
    ) -> Lowered<Typed> {
        let at = span(node);
        if !matches!((operator, &left.node.kind), ("+", Kind::Concat(_))) {
            self.operators += 1;
        }
        if self.operators > MAX_OPERATORS {
            let message = format!("there are more than {MAX_OPERATORS} operators");
            return refuse(node, message, "compare with a list: new[] { … }.Contains(…)");
        }
        match operator {
            "&&" | "||" => {
                for side in [&left, &right] {
                    if side.ty != Type::Bool {
                        let message = format!("{operator} joins conditions, but this is {}", self.one(&side.ty));
                        return refuse(node, message, "compare it");
                    }
                }
                let make = if operator == "&&" { Kind::And } else { Kind::Or };
                Ok(Typed::new(make(left.node.boxed(), right.node.boxed()), at, Type::Bool))
            }
            "??" => self.either(right_node, left, right, |a, b| Kind::Coalesce(a.boxed(), b.boxed()), node),
            "==" | "!=" => self.equality(node, operator, left, right),
            "<" | "<=" | ">" | ">=" => self.comparison(node, operator, left, right),
            "+" if left.ty == Type::Text || right.ty == Type::Text => self.concatenation(node, left, right),
            _ => self.arithmetic(node, operator, left, right),
        }
    }

    fn equality(&mut self, node: Tree<'_>, operator: &str, left: Typed, right: Typed) -> Lowered<Typed> {
        let at = span(node);
        let comparable = match (&left.ty, &right.ty) {
            (a, b) if a.unify(b).is_none() => false,
            (Type::Resource(..) | Type::Null | Type::DayOfWeek, _) | (_, Type::Null) => true,
            (a, _) => is_scalar(a),
        };
        if !comparable {
            let message = format!("{} cannot be compared with {}", self.one(&left.ty), self.one(&right.ty));
            return refuse(node, message, "convert one of them");
        }
        let equal = Kind::Equal(left.node.boxed(), right.node.boxed());
        let kind = if operator == "==" { equal } else { Kind::Not(Node::new(equal, at).boxed()) };
        Ok(Typed::new(kind, at, Type::Bool))
    }

    fn comparison(&mut self, node: Tree<'_>, operator: &str, left: Typed, right: Typed) -> Lowered<Typed> {
        let ordered = |ty: &Type| ty.is_number() || matches!(ty, Type::Char | Type::Date | Type::Span | Type::Null);
        if !ordered(&left.ty) || !ordered(&right.ty) || left.ty.unify(&right.ty).is_none() {
            let message = format!("{operator} cannot compare {} with {}", self.one(&left.ty), self.one(&right.ty));
            let remedy = match (&left.ty, &right.ty) {
                (Type::Text, _) | (_, Type::Text) => "write string.Compare(a, b) < 0, or convert the text",
                _ => "compare numbers with numbers and dates with dates",
            };
            return refuse(node, message, remedy);
        }
        let comparison = match operator {
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            _ => Comparison::GreaterOrEqual,
        };
        Ok(Typed::new(Kind::Compare(comparison, left.node.boxed(), right.node.boxed()), span(node), Type::Bool))
    }

    fn concatenation(&mut self, node: Tree<'_>, left: Typed, right: Typed) -> Lowered<Typed> {
        let mut parts = Vec::new();
        for side in [left, right] {
            if !is_scalar(&side.ty) && !matches!(side.ty, Type::Null | Type::Match | Type::Group) {
                let message = format!("{} has no text", self.one(&side.ty));
                return refuse(node, message, "name one of its properties, or call string.Join");
            }
            let side = self.named(side);
            match side.node.kind {
                Kind::Concat(more) => parts.extend(more),
                _ => parts.push(side.node),
            }
        }
        Ok(Typed::new(Kind::Concat(parts.into()), span(node), Type::Text))
    }

    fn arithmetic(&mut self, node: Tree<'_>, operator: &str, left: Typed, right: Typed) -> Lowered<Typed> {
        use Operator as O;
        let (operation, whole_only) = match operator {
            "+" => (O::Add, false),
            "-" => (O::Subtract, false),
            "*" => (O::Multiply, false),
            "/" => (O::Divide, false),
            "%" => (O::Remainder, false),
            "&" => (O::And, true),
            "|" => (O::Or, true),
            "^" => (O::Xor, true),
            "<<" => (O::ShiftLeft, true),
            ">>" => (O::ShiftRight, true),
            _ => return refuse(node, format!("the operator {operator} is not allowed"), "write it in a simpler way"),
        };
        let ty = match (&left.ty, &right.ty) {
            (Type::Date, Type::Date) if operation == O::Subtract => Type::Span,
            (Type::Date, Type::Span) if matches!(operation, O::Add | O::Subtract) => Type::Date,
            (Type::Span, Type::Span) if matches!(operation, O::Add | O::Subtract) => Type::Span,
            (Type::Bool, Type::Bool) if matches!(operation, O::And | O::Or | O::Xor) => Type::Bool,
            (Type::RegexOptions, Type::RegexOptions) if operation == O::Or => return Ok(options(left, right, node)),
            (Type::SplitOptions, Type::SplitOptions) if operation == O::Or => Type::SplitOptions,
            (a, b) => match numeric(a, b) {
                Some(ty) if !(whole_only && ty == Type::Double) => ty,
                _ => {
                    let message = format!("{operator} cannot be applied to {} and {}", self.one(a), self.one(b));
                    return refuse(node, message, "convert one of them");
                }
            },
        };
        let kind = Kind::Arithmetic(operation, left.node.boxed(), right.node.boxed());
        Ok(Typed::new(kind, span(node), ty))
    }

    pub(super) fn unary(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let at = span(node);
        let inner_node = only(node)?;
        let text = self.text(node);
        let inner = self.text(inner_node);
        let operator =
            if text.starts_with(inner) { text.get(inner.len()..) } else { text.get(..text.len() - inner.len()) };
        let operator = operator.unwrap_or_default().trim();
        if matches!(operator, "++" | "--") {
            return self.counted(node, operator, inner_node);
        }
        let typed = self.expr(inner_node)?;
        match (operator, &typed.ty) {
            ("!", Type::Bool) => Ok(Typed::new(Kind::Not(typed.node.boxed()), at, Type::Bool)),
            ("-", Type::Int | Type::Long | Type::Double | Type::Span) => {
                let ty = typed.ty;
                let kind = match typed.node.kind {
                    Kind::Int(number) => Kind::Int(number.wrapping_neg()),
                    // The smallest number of 32 bits is written as the negative of one that does not fit.
                    Kind::Long(2_147_483_648) => {
                        return Ok(Typed::new(Kind::Int(i32::MIN), at, Type::Int));
                    }
                    _ => Kind::Negate(typed.node.boxed()),
                };
                Ok(Typed::new(kind, at, ty))
            }
            ("+", ty) if ty.is_number() => Ok(typed),
            (operator, ty) => {
                let message = format!("{operator} cannot be applied to {}", self.one(ty));
                refuse(node, message, "write it in a simpler way")
            }
        }
    }

    /// `n++` and the like. As a value they are refused, because both orders read alike.
    fn counted(&mut self, node: Tree<'_>, operator: &str, target: Tree<'_>) -> Lowered<Typed> {
        let stands_alone =
            node.parent().is_some_and(|parent| matches!(parent.kind(), "expression_statement" | "for_statement"));
        if target.kind() != "identifier" || !stands_alone {
            return refuse(node, format!("{operator} may only stand alone"), "write n = n + 1");
        }
        let current = self.identifier(target)?;
        let one = Typed::new(Kind::Int(1), span(node), Type::Int);
        let next = self.operation(node, &operator[..1], current, one, node)?;
        self.assign(target, next, node)
    }

    /// `value is pattern`
    pub(super) fn is_expression(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let parts = children(node);
        let (Some(value), Some(pattern)) = (parts.first(), parts.last()) else {
            return refuse(node, "something is missing here", "write value is null");
        };
        let typed = self.expr(*value)?;
        let slot = self.slot();
        let at = span(node);
        let ty = typed.ty.clone();
        let set = Node::new(Kind::Assign(slot, typed.node.boxed()), at);
        let holds = self.pattern(*pattern, slot, &ty)?;
        // The value is computed once, then compared.
        let statements = [
            crate::expression::program::body::node::Statement::Run(set),
            crate::expression::program::body::node::Statement::Return(holds),
        ];
        Ok(Typed::new(Kind::Block(statements.into()), at, Type::Bool))
    }
}

/// Options are known when the body is compiled.
fn options(left: Typed, right: Typed, node: Tree<'_>) -> Typed {
    let value = |typed: &Typed| if let Kind::Int(value) = typed.node.kind { value } else { 0 };
    Typed::new(Kind::Int(value(&left) | value(&right)), span(node), Type::RegexOptions)
}

fn numeric(a: &Type, b: &Type) -> Option<Type> {
    let number = |ty: &Type| ty.is_number() || *ty == Type::Char;
    match (a, b) {
        (Type::Null, ty) | (ty, Type::Null) if ty.is_number() => Some(ty.clone()),
        (a, b) if number(a) && number(b) => match a.unify(b)? {
            Type::Char => Some(Type::Int),
            ty => Some(ty),
        },
        _ => None,
    }
}

impl Lowerer<'_> {
    /// A constant as a value of a type, for patterns.
    pub(super) fn constant_of(&mut self, node: Tree<'_>, ty: &Type) -> Lowered<Node> {
        let typed = self.expr(node)?;
        match typed.ty.unify(ty) {
            Some(unified) => Ok(widened(typed, &unified)),
            None => {
                let message = format!("{} is never {}", self.one(ty), self.one(&typed.ty));
                refuse(node, message, "write a value of the same type")
            }
        }
    }
}
