//! Lambdas, and methods passed in their place.

use super::{Kind, Lowered, Lowerer, Node, Tree, Type, Typed, children, field, refuse, span};
use crate::expression::program::body::node::Lambda;

impl Lowerer<'_> {
    /// A function of an element; with `index`, perhaps of its position too. Gives the type of the result.
    pub(super) fn lambda(&mut self, node: Tree<'_>, element: &Type, index: bool) -> Lowered<(Lambda, Type)> {
        match node.kind() {
            "lambda_expression" => {
                let names = parameters(node)?;
                let types = [element.clone(), Type::Int];
                let most = if index { 2 } else { 1 };
                if names.is_empty() || names.len() > most {
                    return refuse(node, "the lambda must have one parameter", "write x => …");
                }
                let (slots, typed) = self.lambda_body(node, &names, &types)?;
                let lambda = Lambda { slot: slots[0], index: slots.get(1).copied(), body: typed.node };
                Ok((lambda, typed.ty))
            }
            "member_access_expression" => self.method_group(node, element),
            _ => refuse(node, "a lambda is needed here", "write x => …"),
        }
    }

    /// The same, which must be true or false.
    pub(super) fn predicate(&mut self, node: Tree<'_>, element: &Type, index: bool) -> Lowered<Lambda> {
        match self.lambda(node, element, index)? {
            (lambda, Type::Bool) => Ok(lambda),
            (_, ty) => {
                let message = format!("the lambda must give true or false, but gives {}", self.one(&ty));
                refuse(node, message, "compare it")
            }
        }
    }

    /// A function of two values, as `Aggregate` needs it: the slots of both, and the body.
    pub(super) fn folding(&mut self, node: Tree<'_>, so_far: &Type, element: &Type) -> Lowered<(usize, Lambda, Type)> {
        let names = if node.kind() == "lambda_expression" { parameters(node)? } else { Vec::new() };
        if names.len() != 2 {
            return refuse(node, "a lambda with two parameters is needed here", "write (all, x) => …");
        }
        let (slots, typed) = self.lambda_body(node, &names, &[so_far.clone(), element.clone()])?;
        Ok((slots[0], Lambda { slot: slots[1], index: None, body: typed.node }, typed.ty))
    }

    fn lambda_body(&mut self, node: Tree<'_>, names: &[Tree<'_>], types: &[Type]) -> Lowered<(Vec<usize>, Typed)> {
        let known = self.locals.len();
        self.level += 1;
        let mut slots = Vec::new();
        for (name, ty) in names.iter().zip(types) {
            slots.push(match self.text(*name) {
                "_" => self.slot(),
                text => self.declare(*name, text, ty.clone(), None)?,
            });
        }
        let body = field(node, "body")?;
        let typed = match body.kind() {
            "block" => self.block(body),
            _ => self.expr(body),
        };
        self.level -= 1;
        self.locals.truncate(known);
        Ok((slots, typed?))
    }

    /// `char.IsDigit` in place of `c => char.IsDigit(c)`.
    fn method_group(&mut self, node: Tree<'_>, element: &Type) -> Lowered<(Lambda, Type)> {
        let (receiver, name) = (field(node, "expression")?, field(node, "name")?);
        let Some(class) = self.class(receiver) else {
            return refuse(node, "a lambda is needed here", "write x => …");
        };
        let slot = self.slot();
        let argument = Typed::new(Kind::Local(slot), span(node), element.clone());
        let overloads = super::methods::static_methods(&class.name, self.text(name));
        match overloads.iter().find(|method| super::arguments::takes_one(method, element)) {
            Some(method) => {
                let arguments: Box<[Node]> = [argument.node].into();
                let kind = Kind::Call { run: method.run, instance: true, arguments };
                Ok((Lambda { slot, index: None, body: Node::new(kind, span(node)) }, method.gives.ty()))
            }
            None => self.not_allowed(&class, name, false),
        }
    }
}

/// Names of the parameters of a lambda.
fn parameters(node: Tree<'_>) -> Lowered<Vec<Tree<'_>>> {
    let parameters = field(node, "parameters")?;
    if parameters.kind() != "parameter_list" {
        return Ok(vec![parameters]);
    }
    children(parameters).into_iter().map(|parameter| field(parameter, "name")).collect()
}
