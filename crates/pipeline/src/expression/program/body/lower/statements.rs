//! Statements.

use super::{Kind, Lowered, Lowerer, Node, Statement, Tree, Type, Typed, children, field, only, refuse, span};

impl Lowerer<'_> {
    /// Statements in a scope of their own, and whether the code goes on after them.
    pub(super) fn statements(&mut self, nodes: &[Tree<'_>]) -> Lowered<(Vec<Statement>, bool)> {
        let known = self.locals.len();
        let mut lowered = Vec::new();
        let mut goes_on = true;
        for node in nodes {
            // What follows a return is checked as well, but never runs.
            let (statement, next) = self.deeper(*node, |lowerer| lowerer.statement(*node))?;
            lowered.extend(statement);
            goes_on &= next;
        }
        self.locals.truncate(known);
        Ok((lowered, goes_on))
    }

    fn statement(&mut self, node: Tree<'_>) -> Lowered<(Vec<Statement>, bool)> {
        let one = |statement| Ok((vec![statement], true));
        match node.kind() {
            "global_statement" => self.statement(only(node)?),
            "empty_statement" => Ok((Vec::new(), true)),
            "block" => {
                let (inner, goes_on) = self.statements(&children(node))?;
                Ok((vec![Statement::Group(inner.into())], goes_on))
            }
            "local_declaration_statement" => Ok((self.declaration(only(node)?)?, true)),
            "expression_statement" => one(Statement::Run(self.effect(only(node)?)?)),
            "if_statement" => self.if_statement(node),
            "return_statement" => self.return_statement(node),
            "foreach_statement" => self.foreach(node),
            "while_statement" => {
                let condition = self.condition(field(node, "condition")?)?;
                let body = self.loop_body(field(node, "body")?)?;
                one(Statement::While(condition, [].into(), body))
            }
            "for_statement" => self.for_statement(node),
            "break_statement" if self.in_loop => Ok((vec![Statement::Break], true)),
            "continue_statement" if self.in_loop => Ok((vec![Statement::Continue], true)),
            "switch_statement" => self.switch_statement(node),
            "break_statement" | "continue_statement" => refuse(node, "there is no loop here", "leave it out"),
            "throw_statement" => refuse(
                node,
                "an expression cannot throw: the class Exception (namespace System) is not allowed",
                "return null where there is no value",
            ),
            kind => {
                let what = kind.trim_end_matches("_statement").trim_end_matches("_declaration").replace('_', " ");
                refuse(
                    node,
                    format!("a statement of the kind \"{what}\" is not allowed"),
                    "use var, if, foreach and return",
                )
            }
        }
    }

    fn return_statement(&mut self, node: Tree<'_>) -> Lowered<(Vec<Statement>, bool)> {
        let Some(value) = children(node).first().copied() else {
            return refuse(node, "nothing is returned here", "write return null; where there is no value");
        };
        let typed = self.expr(value)?;
        let so_far = self.returns.last().cloned().unwrap_or(Type::Null);
        let Some(ty) = so_far.unify(&typed.ty) else {
            let message = format!("{} is returned here, but {} before", self.one(&typed.ty), self.one(&so_far));
            return refuse(value, message, "return values of one type");
        };
        if let Some(last) = self.returns.last_mut() {
            *last = ty;
        }
        Ok((vec![Statement::Return(typed.node)], false))
    }

    fn if_statement(&mut self, node: Tree<'_>) -> Lowered<(Vec<Statement>, bool)> {
        let condition = self.condition(field(node, "condition")?)?;
        let (then, then_goes_on) = self.statements(&[field(node, "consequence")?])?;
        let (otherwise, otherwise_goes_on) = match node.child_by_field_name("alternative") {
            Some(alternative) => self.statements(&[alternative])?,
            None => (Vec::new(), true),
        };
        let statement = Statement::If(condition, then.into(), otherwise.into());
        Ok((vec![statement], then_goes_on || otherwise_goes_on))
    }

    /// An expression that must be true or false.
    pub(super) fn condition(&mut self, node: Tree<'_>) -> Lowered<Node> {
        let typed = self.expr(node)?;
        match typed.ty {
            Type::Bool => Ok(typed.node),
            ty => refuse(node, format!("a condition is needed here, but this is {}", self.one(&ty)), "compare it"),
        }
    }

    /// `var a = …, b = …;`
    fn declaration(&mut self, node: Tree<'_>) -> Lowered<Vec<Statement>> {
        if node.kind() != "variable_declaration" {
            return refuse(node, "this declaration is not allowed", "write var name = …;");
        }
        let declared = self.declared_type(field(node, "type")?)?;
        let mut statements = Vec::new();
        for declarator in children(node).into_iter().filter(|child| child.kind() == "variable_declarator") {
            let name_node = field(declarator, "name")?;
            let value = children(declarator).into_iter().find(|child| child.id() != name_node.id());
            let (node, ty) = match (value, &declared) {
                (Some(value), declared) => {
                    let typed = self.expected(value, declared.as_ref())?;
                    self.initial(value, typed, declared.clone())?
                }
                (None, Some(ty)) => (Node::new(Kind::Null, span(name_node)), ty.clone()),
                (None, None) => return refuse(declarator, "a variable needs a value", "write var name = …;"),
            };
            let constant = self.known_text(&node);
            let slot = self.declare(name_node, self.text(name_node), ty, constant)?;
            let at = span(declarator);
            statements.push(Statement::Run(Node::new(Kind::Assign(slot, node.boxed()), at)));
        }
        Ok(statements)
    }

    fn initial(&mut self, at: Tree<'_>, typed: Typed, declared: Option<Type>) -> Lowered<(Node, Type)> {
        match declared {
            Some(declared) => {
                let ty = if typed.ty.is_like(&declared) { typed.ty.clone() } else { declared.clone() };
                Ok((self.assignable(at, typed, &declared)?, ty))
            }
            None if typed.ty == Type::Null => {
                refuse(at, "the type of the variable is not known", "write string name = null;")
            }
            None => Ok((typed.node, typed.ty)),
        }
    }

    /// An expression that stands alone, for what it does.
    fn effect(&mut self, node: Tree<'_>) -> Lowered<Node> {
        match node.kind() {
            "assignment_expression"
            | "invocation_expression"
            | "postfix_unary_expression"
            | "prefix_unary_expression"
            | "parenthesized_expression" => Ok(self.expr(node)?.node),
            _ => refuse(node, "this computes a value that nobody uses", "write return before it, or leave it out"),
        }
    }

    fn foreach(&mut self, node: Tree<'_>) -> Lowered<(Vec<Statement>, bool)> {
        let source = self.expr(field(node, "right")?)?;
        let Some(element) = source.ty.element().cloned() else {
            let message = format!("{} is no collection", self.one(&source.ty));
            return refuse(field(node, "right")?, message, "go through a navigation with several links, or a list");
        };
        let declared = self.declared_type(field(node, "type")?)?;
        if let Some(declared) = declared.filter(|declared| declared.unify(&element).is_none()) {
            let message = format!("the elements are of type {}, not {}", self.name(&element), self.name(&declared));
            return refuse(field(node, "type")?, message, "write var");
        }
        let known = self.locals.len();
        self.level += 1;
        let name = field(node, "left")?;
        let slot = self.declare(name, self.text(name), element, None)?;
        self.level -= 1;
        let body = self.loop_body(field(node, "body")?)?;
        self.locals.truncate(known);
        Ok((vec![Statement::Each(slot, source.node, body)], true))
    }

    fn for_statement(&mut self, node: Tree<'_>) -> Lowered<(Vec<Statement>, bool)> {
        let known = self.locals.len();
        let mut statements = match node.child_by_field_name("initializer") {
            Some(start) if start.kind() == "variable_declaration" => self.declaration(start)?,
            Some(start) => vec![Statement::Run(self.effect(start)?)],
            None => Vec::new(),
        };
        let condition = match node.child_by_field_name("condition") {
            Some(condition) => self.condition(condition)?,
            None => Node::new(Kind::Bool(true), span(node)),
        };
        let mut cursor = node.walk();
        let updates: Vec<Tree<'_>> = node.children_by_field_name("update", &mut cursor).collect();
        let body = self.loop_body(field(node, "body")?)?;
        self.level += 1;
        let mut after = Vec::new();
        for update in updates.into_iter().filter(Tree::is_named) {
            after.push(Statement::Run(self.effect(update)?));
        }
        self.level -= 1;
        statements.push(Statement::While(condition, after.into(), body));
        self.locals.truncate(known);
        Ok((statements, true))
    }

    pub(super) fn loop_body(&mut self, node: Tree<'_>) -> Lowered<Box<[Statement]>> {
        let outside = std::mem::replace(&mut self.in_loop, true);
        self.level += 1;
        let body = self.statements(&[node]);
        self.level -= 1;
        self.in_loop = outside;
        Ok(body?.0.into())
    }
}
