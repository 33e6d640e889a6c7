//! Chains: members, calls and positions, with `?.` between them.

use super::{Kind, Lowered, Lowerer, Tree, Type, Typed, children, field, only, refuse, span};
use crate::expression::program::body::node::Node;
use crate::expression::program::body::run::{map, texts};

impl<'s> Lowerer<'s> {
    /// An expression that may be a link of a chain.
    pub(super) fn chain(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        match node.kind() {
            "member_access_expression" => {
                let (receiver, name) = (field(node, "expression")?, field(node, "name")?);
                if let Some(class) = self.class(receiver) {
                    return self.static_member(&class, name, node);
                }
                let receiver = self.deeper(receiver, |lowerer| lowerer.chain(receiver))?;
                self.member(receiver, name, node)
            }
            "invocation_expression" => self.invocation(node),
            "element_access_expression" => {
                let receiver = field(node, "expression")?;
                let receiver = self.deeper(receiver, |lowerer| lowerer.chain(receiver))?;
                self.element(receiver, field(node, "subscript")?, node)
            }
            // It was parsed as `!`, and is `?` in the code.
            "postfix_unary_expression" if self.text(node).ends_with('?') => self.guarded(node),
            // `!` says that something is not null; whether it is shows when it is used.
            "postfix_unary_expression" if self.text(node).ends_with('!') => self.chain(only(node)?),
            _ => self.plain(node),
        }
    }

    /// What stands before `?.`: the rest of the chain sees it in a slot.
    fn guarded(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let receiver = only(node)?;
        let typed = self.deeper(receiver, |lowerer| lowerer.chain(receiver))?;
        let slot = self.slot();
        let at = typed.node.at;
        self.guards.push((slot, typed.node));
        Ok(Typed::new(Kind::Local(slot), at, typed.ty))
    }

    fn invocation(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let function = field(node, "function")?;
        let arguments = field(node, "arguments")?;
        match function.kind() {
            "member_access_expression" => {
                let (receiver, name) = (field(function, "expression")?, field(function, "name")?);
                if let Some(class) = self.class(receiver) {
                    return self.static_call(&class, name, arguments, node);
                }
                let receiver = self.deeper(receiver, |lowerer| lowerer.chain(receiver))?;
                self.call(receiver, name, arguments, node)
            }
            "identifier" => {
                let name = self.text(function);
                refuse(
                    function,
                    format!("there is no function {name}"),
                    "call a method of a value, such as name.Trim()",
                )
            }
            _ => refuse(function, "this cannot be called", "call a method of a value, such as name.Trim()"),
        }
    }

    /// `text[n]`, `list[n]`, `dictionary["key"]`, `groups[n]`.
    fn element(&mut self, receiver: Typed, subscript: Tree<'_>, node: Tree<'_>) -> Lowered<Typed> {
        let position = self.expr(only(only_argument(subscript)?)?)?;
        let at = span(node);
        let call = |run, ty, receiver: Typed, position: Typed| {
            let position = super::arguments::required(position.node);
            Typed::new(Kind::Call { run, instance: true, arguments: [receiver.node, position].into() }, at, ty)
        };
        match (&receiver.ty, &position.ty) {
            (Type::Text, Type::Int) => Ok(call(texts::at, Type::Char, receiver, position)),
            (Type::List(element), Type::Int) => {
                let element = element.as_ref().clone();
                Ok(call(texts::at, element, receiver, position))
            }
            (Type::Map, Type::Text) => Ok(call(map::get, Type::Text, receiver, position)),
            (Type::Groups, Type::Int | Type::Text) => {
                let pair: Box<[Node]> = [receiver.node, position.node].into();
                Ok(Typed::new(Kind::List(pair), at, Type::Group))
            }
            (ty, key) => {
                let message = format!("{} cannot be indexed by {}", self.one(ty), self.one(key));
                refuse(node, message, "index texts and lists by a position, dictionaries by a text")
            }
        }
    }

    /// `dictionary["key"] = value;`
    pub(super) fn assign_element(&mut self, node: Tree<'_>, target: Tree<'_>, value: Tree<'_>) -> Lowered<Typed> {
        let receiver = self.expr(field(target, "expression")?)?;
        let key_node = only(only_argument(field(target, "subscript")?)?)?;
        let key = self.expr(key_node)?;
        if receiver.ty != Type::Map {
            return refuse(target, "only the entries of a dictionary can be set", "build a list with Select");
        }
        let key = self.assignable(key_node, key, &Type::Text)?;
        let typed = self.expr(value)?;
        let value = self.assignable(value, typed, &Type::Text)?;
        let arguments = [receiver.node, key, value].into();
        Ok(Typed::new(Kind::Call { run: map::set, instance: true, arguments }, span(node), Type::Text))
    }
}

/// The one argument between brackets.
fn only_argument(list: Tree<'_>) -> Lowered<Tree<'_>> {
    match children(list).as_slice() {
        [one] => Ok(*one),
        _ => refuse(list, "exactly one position is needed here", "write [position]"),
    }
}
