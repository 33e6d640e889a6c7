//! `switch`, as a chain of conditions.

use super::{Kind, Lowered, Lowerer, Node, Statement, Tree, Type, Typed, children, field, only, refuse, span};

impl Lowerer<'_> {
    /// `value switch { pattern => result, … }`
    pub(super) fn switch_expression(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let parts = children(node);
        let Some(value) = parts.first().copied() else {
            return refuse(node, "something is missing here", "write value switch { … }");
        };
        let at = span(node);
        let subject = self.expr(value)?;
        let slot = self.slot();
        let mut arms = Vec::new();
        let mut ty = Type::Null;
        for arm in parts.into_iter().filter(|part| part.kind() == "switch_expression_arm") {
            let (condition, result, result_node) = self.arm(arm, slot, &subject.ty)?;
            let Some(unified) = ty.unify(&result.ty) else {
                let message = format!("this is {}, but the others are {}", self.one(&result.ty), self.one(&ty));
                return refuse(result_node, message, "make all of one type");
            };
            ty = unified;
            arms.push((condition, result));
        }
        let mut chain = Node::new(Kind::Fail("no arm of the switch fits"), at);
        for (condition, result) in arms.into_iter().rev() {
            let result = super::expressions::widened(result, &ty);
            chain = Node::new(Kind::If(Box::new((condition, result, chain))), at);
        }
        let set = Statement::Run(Node::new(Kind::Assign(slot, subject.node.boxed()), at));
        Ok(Typed::new(Kind::Block([set, Statement::Return(chain)].into()), at, ty))
    }

    fn arm<'t>(&mut self, arm: Tree<'t>, slot: usize, ty: &Type) -> Lowered<(Node, Typed, Tree<'t>)> {
        let parts = children(arm);
        let (Some(pattern), Some(result_node)) = (parts.first(), parts.last()) else {
            return refuse(arm, "something is missing here", "write pattern => result");
        };
        let mut condition = self.pattern(*pattern, slot, ty)?;
        if let Some(when) = parts.iter().find(|part| part.kind() == "when_clause") {
            let when = self.condition(only(*when)?)?;
            let at = condition.at;
            condition = Node::new(Kind::And(condition.boxed(), when.boxed()), at);
        }
        let result = self.expr(*result_node)?;
        Ok((condition, result, *result_node))
    }

    /// `switch (value) { case …: … }`. Each section ends with return, or with a break at its end.
    pub(super) fn switch_statement(&mut self, node: Tree<'_>) -> Lowered<(Vec<Statement>, bool)> {
        let at = span(node);
        let subject = self.expr(field(node, "value")?)?;
        let slot = self.slot();
        let mut sections = Vec::new();
        let mut default = None;
        let mut goes_on = false;
        // Labels that stand above the next ones.
        let mut above: Option<(Option<Node>, bool)> = None;
        for section in children(field(node, "body")?) {
            let label = self.section(section, slot, &subject.ty)?;
            let (before, default_before) = above.take().unwrap_or((None, false));
            let condition = either(before, label.condition);
            let is_default = label.is_default || default_before;
            let Some((body, next)) = label.body else {
                above = Some((condition, is_default));
                continue;
            };
            goes_on |= next;
            match condition.filter(|_| !is_default) {
                Some(condition) => sections.push((condition, body)),
                None => default = Some(body),
            }
        }
        goes_on |= default.is_none();
        let mut chain = default.unwrap_or_default();
        for (condition, body) in sections.into_iter().rev() {
            chain = vec![Statement::If(condition, body.into(), chain.into())];
        }
        let set = Statement::Run(Node::new(Kind::Assign(slot, subject.node.boxed()), at));
        Ok((std::iter::once(set).chain(chain).collect(), goes_on))
    }

    fn section(&mut self, node: Tree<'_>, slot: usize, ty: &Type) -> Lowered<Section> {
        let mut condition: Option<Node> = None;
        let mut is_default = false;
        let mut body = Vec::new();
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "case" | ":" | "comment" => {}
                "default" => is_default = true,
                kind if kind.ends_with("_statement") || kind == "block" => body.push(child),
                "when_clause" => return refuse(child, "when is not allowed here", "write an if"),
                _ => condition = either(condition, Some(self.pattern(child, slot, ty)?)),
            }
        }
        if body.is_empty() {
            return Ok(Section { condition, is_default, body: None });
        }
        let ends_with_break = body.pop_if(|last| last.kind() == "break_statement").is_some();
        // A break further inside would leave the switch, which a chain of conditions cannot do.
        let in_loop = std::mem::replace(&mut self.in_loop, false);
        let lowered = self.statements(&body);
        self.in_loop = in_loop;
        let (statements, next) = lowered?;
        if next && !ends_with_break {
            return refuse(node, "the section does not end", "end it with return or break");
        }
        Ok(Section { condition, is_default, body: Some((statements, next)) })
    }
}

/// A section of a switch: when it applies, and what it does with whether the code goes on after it.
struct Section {
    condition: Option<Node>,
    is_default: bool,
    body: Option<(Vec<Statement>, bool)>,
}

fn either(a: Option<Node>, b: Option<Node>) -> Option<Node> {
    match (a, b) {
        (Some(a), Some(b)) => {
            let at = a.at;
            Some(Node::new(Kind::Or(a.boxed(), b.boxed()), at))
        }
        (a, b) => a.or(b),
    }
}
