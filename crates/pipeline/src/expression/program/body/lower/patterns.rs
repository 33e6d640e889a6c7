//! Patterns of `is` and `switch`.

use super::{Kind, Lowered, Lowerer, Node, Tree, Type, children, only, refuse, span};
use crate::expression::program::body::node::Comparison;

impl Lowerer<'_> {
    /// Whether the value in a slot fits a pattern.
    pub(super) fn pattern(&mut self, node: Tree<'_>, slot: usize, ty: &Type) -> Lowered<Node> {
        self.deeper(node, |lowerer| lowerer.pattern_here(node, slot, ty))
    }

    fn pattern_here(&mut self, node: Tree<'_>, slot: usize, ty: &Type) -> Lowered<Node> {
        let at = span(node);
        let value = || Node::new(Kind::Local(slot), at).boxed();
        match node.kind() {
            "discard" => Ok(Node::new(Kind::Bool(true), at)),
            "parenthesized_pattern" => self.pattern(only(node)?, slot, ty),
            "negated_pattern" => {
                let inner = self.pattern(only(node)?, slot, ty)?;
                Ok(Node::new(Kind::Not(inner.boxed()), at))
            }
            "and_pattern" | "or_pattern" => {
                let parts = children(node);
                let (Some(left), Some(right)) = (parts.first(), parts.last()) else {
                    return refuse(node, "something is missing here", "write two patterns");
                };
                let (left, right) = (self.pattern(*left, slot, ty)?, self.pattern(*right, slot, ty)?);
                let make = if node.kind() == "and_pattern" { Kind::And } else { Kind::Or };
                Ok(Node::new(make(left.boxed(), right.boxed()), at))
            }
            "relational_pattern" => {
                let operand = only(node)?;
                let comparison = match self.text(node).trim_end_matches(self.text(operand)).trim() {
                    "<" => Comparison::Less,
                    "<=" => Comparison::LessOrEqual,
                    ">" => Comparison::Greater,
                    _ => Comparison::GreaterOrEqual,
                };
                if !ty.is_number() && !matches!(ty, Type::Char | Type::Date) {
                    return refuse(node, format!("{} has no such order", self.one(ty)), "compare numbers");
                }
                let operand = self.constant_of(operand, ty)?;
                Ok(Node::new(Kind::Compare(comparison, value(), operand.boxed()), at))
            }
            "constant_pattern" => {
                let constant = self.constant_of(only(node)?, ty)?;
                Ok(Node::new(Kind::Equal(value(), constant.boxed()), at))
            }
            // `x is null` and `x is "a"` without a pattern of their own.
            "null_literal" | "string_literal" | "integer_literal" | "boolean_literal" | "character_literal" => {
                let constant = self.constant_of(node, ty)?;
                Ok(Node::new(Kind::Equal(value(), constant.boxed()), at))
            }
            kind => {
                let what = kind.replace('_', " ");
                refuse(node, format!("a {what} is not allowed here"), "compare with constants, null, < or >")
            }
        }
    }
}
