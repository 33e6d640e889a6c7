//! Calls of methods.

use super::arguments::{Method, is_scalar, required};
use super::classes::Class;
use super::methods::{self, OF_DATE, OF_MAP, OF_ORDER, OF_SCALAR, OF_TEXT};
use super::{Kind, Lowered, Lowerer, Node, Tree, Type, Typed, refuse, span};
use crate::expression::program::body::run::{Run, convert, dates, map, names, order, texts};
use provost_model::query::Query;

impl Lowerer<'_> {
    /// `Class.Method(…)`
    pub(super) fn static_call(
        &mut self,
        class: &Class,
        name: Tree<'_>,
        arguments: Tree<'_>,
        node: Tree<'_>,
    ) -> Lowered<Typed> {
        let method = self.text(name);
        match (class.name.as_str(), method) {
            ("String", "Format") => return self.format_call(arguments, node),
            ("String", "Join") => return self.join(arguments, node),
            ("Int32", "TryParse") => {
                let given = self.given(arguments)?;
                let [text, target] = given.as_slice() else {
                    return refuse(
                        arguments,
                        "TryParse takes a text and an out variable",
                        "write TryParse(text, out var n)",
                    );
                };
                let typed = self.expr(*text)?;
                let text = self.assignable(*text, typed, &Type::Text)?;
                return self.out(convert::try_parse, vec![text], *target, Type::Int, node);
            }
            ("Regex", "IsMatch" | "Match" | "Matches" | "Replace" | "Split") => {
                return self.static_regex(method, arguments, node);
            }
            ("UtilExpressions", _) => {
                if let Some((_, run)) = names::PREDEFINED.iter().find(|(known, _)| *known == method) {
                    let given = self.given(arguments)?;
                    let [text] = given.as_slice() else {
                        return refuse(arguments, format!("{method} takes one text"), format!("write {method}(text)"));
                    };
                    let typed = self.expr(*text)?;
                    let argument = self.assignable(*text, typed, &Type::Text)?.boxed();
                    return Ok(Typed::new(Kind::Predefined { run: *run, argument }, span(node), Type::Text));
                }
            }
            _ => {}
        }
        let overloads = methods::static_methods(&class.name, method);
        if overloads.is_empty() {
            return self.not_allowed(class, name, false);
        }
        let (chosen, nodes) = self.overload(&overloads, arguments)?;
        let kind = Kind::Call { run: chosen.run, instance: false, arguments: nodes.into() };
        Ok(Typed::new(kind, span(node), chosen.gives.ty()))
    }

    /// `receiver.Method(…)`
    pub(super) fn call(
        &mut self,
        receiver: Typed,
        name: Tree<'_>,
        arguments: Tree<'_>,
        node: Tree<'_>,
    ) -> Lowered<Typed> {
        let method = self.text(name);
        if let Type::Regex(known) = receiver.ty {
            return self.regex_call(known, name, arguments, node);
        }
        if receiver.ty.element().is_some() && self.is_linq(&receiver.ty, method) {
            return self.linq_call(receiver, name, arguments, node);
        }
        match (&receiver.ty, method) {
            (Type::Queries, _) => self.query(name, arguments, node),
            (Type::Logger, "LogDebug" | "LogInformation" | "LogWarning" | "LogError" | "LogTrace") => {
                for given in self.given(arguments)? {
                    self.expr(given)?;
                }
                Ok(Typed::new(Kind::Null, span(node), Type::Null))
            }
            (Type::Change, _) => match order::CHANGES.iter().find(|(known, _)| *known == method) {
                Some((_, run)) => {
                    let kind = Kind::Call { run: *run, instance: false, arguments: [].into() };
                    Ok(Typed::new(kind, span(node), Type::Bool))
                }
                None => self.no_method(&receiver.ty, name, &["IsNone", "IsAdded", "IsUpdated", "IsDeleted"]),
            },
            (Type::Order, "TryGetScalar" | "TryGetAddedNavigations" | "TryGetRemovedNavigations") => {
                self.order_values(method, arguments, node)
            }
            (Type::Map, "TryGetValue") => {
                let given = self.given(arguments)?;
                let [key, target] = given.as_slice() else {
                    return refuse(
                        arguments,
                        "TryGetValue takes a key and an out variable",
                        "write TryGetValue(key, out var v)",
                    );
                };
                let typed = self.expr(*key)?;
                let key = self.assignable(*key, typed, &Type::Text)?;
                self.out(map::try_get, vec![required(receiver.node), required(key)], *target, Type::Text, node)
            }
            (Type::Date | Type::Int | Type::Long | Type::Double, "ToString") if self.has_format(arguments)? => {
                self.formatted(receiver, arguments, node)
            }
            (Type::DayOfWeek, "ToString") => Ok(instance(dates::day_name, receiver.node, Vec::new(), node, Type::Text)),
            (ty, "GetValueOrDefault") if is_scalar(ty) && *ty != Type::Text => {
                self.value_or_default(receiver, arguments, node)
            }
            (Type::Text, _) if names::PREDEFINED.iter().any(|(known, _)| *known == method) => {
                let found = names::PREDEFINED.iter().find(|(known, _)| *known == method);
                let run = found.map_or(texts::same as Run, |(_, run)| *run);
                if !self.given(arguments)?.is_empty() {
                    return refuse(arguments, format!("{method} takes no arguments"), format!("write {method}()"));
                }
                // On a value that is missing, a method of C# that takes it as its argument gives nothing.
                let argument = receiver.node.boxed();
                Ok(Typed::new(Kind::Predefined { run, argument }, span(node), Type::Text))
            }
            (Type::Order, "HasChanged") => {
                let overloads: Vec<&Method> = OF_ORDER.iter().collect();
                let (chosen, nodes) = self.overload(&overloads, arguments)?;
                let kind = Kind::Call { run: chosen.run, instance: false, arguments: nodes.into() };
                Ok(Typed::new(kind, span(node), Type::Bool))
            }
            (ty, _) => {
                let table = table_of(ty);
                let overloads: Vec<&Method> = table.iter().filter(|known| known.name == method).collect();
                if overloads.is_empty() {
                    let known: Vec<&'static str> = table.iter().map(|known| known.name).collect();
                    return self.no_method(ty, name, &[known, self.linq_names(ty)].concat());
                }
                let (chosen, nodes) = self.overload(&overloads, arguments)?;
                Ok(instance(chosen.run, receiver.node, nodes, node, chosen.gives.ty()))
            }
        }
    }

    fn value_or_default(&mut self, receiver: Typed, arguments: Tree<'_>, node: Tree<'_>) -> Lowered<Typed> {
        let given = self.given(arguments)?;
        let otherwise = match given.first() {
            Some(given) => {
                let typed = self.expr(*given)?;
                self.assignable(*given, typed, &receiver.ty)?
            }
            None => Node::new(super::expressions::default(&receiver.ty), span(node)),
        };
        let ty = receiver.ty.clone();
        Ok(Typed::new(Kind::Coalesce(receiver.node.boxed(), otherwise.boxed()), span(node), ty))
    }

    fn order_values(&mut self, method: &str, arguments: Tree<'_>, node: Tree<'_>) -> Lowered<Typed> {
        let given = self.given(arguments)?;
        let [property, target] = given.as_slice() else {
            let remedy = format!("write {method}(\"Property\", out var value)");
            return refuse(arguments, format!("{method} takes a property and an out variable"), remedy);
        };
        let typed = self.expr(*property)?;
        let property = self.assignable(*property, typed, &Type::Text)?;
        let texts = Type::List(Box::new(Type::Text));
        let (run, ty): (Run, Type) = match method {
            "TryGetScalar" => (order::scalar, Type::Text),
            "TryGetAddedNavigations" => (order::added, texts),
            _ => (order::removed, texts),
        };
        self.out(run, vec![property], *target, ty, node)
    }

    /// A method that puts what it finds into an `out` variable, and tells whether it found something.
    fn out(&mut self, run: Run, arguments: Vec<Node>, target: Tree<'_>, ty: Type, node: Tree<'_>) -> Lowered<Typed> {
        let slot = match target.kind() {
            "declaration_expression" => {
                let name = super::field(target, "name")?;
                let declared = self.declared_type(super::field(target, "type")?)?;
                if declared.is_some_and(|declared| !declared.is_like(&ty)) {
                    return refuse(target, format!("the value is {}", self.one(&ty)), "write out var");
                }
                let text = self.text(name);
                self.assigned.insert(text.to_owned());
                self.declare(name, text, ty.clone(), None)?
            }
            "identifier" => match self.local(self.text(target)) {
                Some(local) if local.ty.is_like(&ty) && local.slot > 0 => local.slot,
                _ => {
                    return refuse(
                        target,
                        format!("a variable of type {} is needed here", self.name(&ty)),
                        "write out var",
                    );
                }
            },
            _ => return refuse(target, "a variable is needed here", "write out var name"),
        };
        let otherwise = Node::new(super::expressions::default(&ty), span(node)).boxed();
        let kind = Kind::Try { run, arguments: arguments.into(), slot, otherwise };
        Ok(Typed::new(kind, span(node), Type::Bool))
    }

    /// `queryHandler.Select<T>("…")`
    fn query(&mut self, name: Tree<'_>, arguments: Tree<'_>, node: Tree<'_>) -> Lowered<Typed> {
        let wanted = match self.text(name).split_once('<') {
            Some((method, ty)) if method.trim() == "Select" => ty.trim_end_matches('>').trim(),
            _ => return refuse(name, "queries are made with Select", "write queryHandler.Select<EntityType>(\"…\")"),
        };
        let known = || self.scope.metadata.entity_types.iter().map(|known| known.identifier.as_str());
        let Some(entity_type) = known().position(|known| known == wanted) else {
            let remedy = match provost_model::nearest::one(wanted, known()) {
                Some(near) => format!("did you mean {near}?"),
                None => "write the identifier of an entity type".to_owned(),
            };
            return refuse(name, format!("there is no entity type {wanted}"), remedy);
        };
        let given = self.given(arguments)?;
        let [text_node] = given.as_slice() else {
            return refuse(arguments, "Select takes one query", "write queryHandler.Select<EntityType>(\"…\")");
        };
        let typed = self.expr(*text_node)?;
        let text = self.assignable(*text_node, typed, &Type::Text)?;
        let place = self.origins.query(entity_type);
        let ty = Type::List(Box::new(Type::Resource(entity_type, vec![place])));
        let kind = match self.known_text(&text) {
            Some(text) => match Query::parse(&text) {
                Ok(query) => Kind::Query(Box::new(query), entity_type),
                Err(error) => {
                    return refuse(
                        *text_node,
                        format!("the query cannot be read: {error}"),
                        "write it as for the interfaces",
                    );
                }
            },
            None => Kind::QueryText(text.boxed(), entity_type),
        };
        Ok(Typed::new(kind, span(node), ty))
    }
}

fn table_of(ty: &Type) -> &'static [Method] {
    match ty {
        Type::Text => OF_TEXT,
        Type::Date => OF_DATE,
        Type::Map => OF_MAP,
        Type::Order => OF_ORDER,
        ty if is_scalar(ty) => OF_SCALAR,
        _ => &[],
    }
}

fn instance(run: Run, receiver: Node, arguments: Vec<Node>, node: Tree<'_>, ty: Type) -> Typed {
    let arguments: Vec<Node> = std::iter::once(receiver).chain(arguments).collect();
    Typed::new(Kind::Call { run, instance: true, arguments: arguments.into() }, span(node), ty)
}
