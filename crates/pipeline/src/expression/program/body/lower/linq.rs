//! Calls of LINQ.

use super::arguments::is_scalar;
use super::expressions::{default, widened};
use super::{Kind, Lowered, Lowerer, Node, Tree, Type, Typed, refuse, span};
use crate::expression::program::body::node::{Lambda, Linq, Number, Step, Which};

/// Calls that are allowed on entities.
const ON_ENTITIES: [&str; 23] = [
    "Max",
    "Min",
    "Count",
    "Select",
    "Any",
    "All",
    "Where",
    "First",
    "Last",
    "Single",
    "OrderBy",
    "OrderByDescending",
    "ThenBy",
    "ThenByDescending",
    "Skip",
    "SkipLast",
    "Contains",
    "FirstOrDefault",
    "SingleOrDefault",
    "LastOrDefault",
    "ToList",
    "ToArray",
    "ToHashSet",
];

/// Calls that are allowed on other collections only.
const ON_VALUES: [&str; 21] = [
    "Take",
    "TakeLast",
    "TakeWhile",
    "SkipWhile",
    "SelectMany",
    "Distinct",
    "Union",
    "Intersect",
    "Except",
    "Concat",
    "Append",
    "Prepend",
    "Reverse",
    "DefaultIfEmpty",
    "ElementAt",
    "ElementAtOrDefault",
    "Sum",
    "Average",
    "Aggregate",
    "LongCount",
    "SequenceEqual",
];

/// Methods of `string` that LINQ has too.
const TEXT_FIRST: [&str; 2] = ["Contains", "Equals"];

impl Lowerer<'_> {
    /// Whether a method of a collection is one of LINQ that may be called on it.
    pub(super) fn is_linq(&self, ty: &Type, method: &str) -> bool {
        match ty {
            Type::Text => {
                !TEXT_FIRST.contains(&method) && (ON_ENTITIES.contains(&method) || ON_VALUES.contains(&method))
            }
            _ => self.linq_names(ty).contains(&method),
        }
    }

    pub(super) fn linq_names(&self, ty: &Type) -> Vec<&'static str> {
        match ty.element() {
            Some(Type::Resource(..)) => ON_ENTITIES.to_vec(),
            Some(_) => ON_ENTITIES.iter().chain(&ON_VALUES).copied().collect(),
            None => Vec::new(),
        }
    }

    /// `source.Method(…)`
    pub(super) fn linq_call(
        &mut self,
        source: Typed,
        name: Tree<'_>,
        arguments: Tree<'_>,
        node: Tree<'_>,
    ) -> Lowered<Typed> {
        let given = self.given(arguments)?;
        let element = source.ty.element().cloned().unwrap_or(Type::Null);
        let method = self.text(name);
        let list = |element: Type| Type::List(Box::new(element));
        let (step, ty) = match (method, given.as_slice()) {
            ("Where", [lambda]) => (Step::Where(self.predicate(*lambda, &element, true)?), list(element)),
            ("Select", [lambda]) => {
                let (lambda, ty) = self.lambda(*lambda, &element, true)?;
                (Step::Select(lambda), list(ty))
            }
            ("SelectMany", [lambda]) => {
                let (body, ty) = self.lambda(*lambda, &element, true)?;
                let Some(inner) = ty.element().cloned() else {
                    return refuse(*lambda, "the lambda must give a collection", "call Select");
                };
                (Step::SelectMany(body), list(inner))
            }
            ("SkipWhile", [lambda]) => (Step::SkipWhile(self.predicate(*lambda, &element, true)?), list(element)),
            ("TakeWhile", [lambda]) => (Step::TakeWhile(self.predicate(*lambda, &element, true)?), list(element)),
            ("Skip" | "SkipLast" | "Take" | "TakeLast", [count]) => {
                let count = self.argument(*count, &Type::Int)?;
                let step = match method {
                    "Skip" => Step::Skip(count),
                    "SkipLast" => Step::SkipLast(count),
                    "Take" => Step::Take(count),
                    _ => Step::TakeLast(count),
                };
                (step, list(element))
            }
            ("Concat" | "Union" | "Intersect" | "Except", [second]) => {
                let ty = list(element);
                let second = self.argument(*second, &ty)?;
                let step = match method {
                    "Concat" => Step::Concat(second),
                    "Union" => Step::Union(second),
                    "Intersect" => Step::Intersect(second),
                    _ => Step::Except(second),
                };
                (step, ty)
            }
            ("SequenceEqual", [second]) => (Step::SequenceEqual(self.argument(*second, &list(element))?), Type::Bool),
            ("Append", [value]) => (Step::Append(self.argument(*value, &element)?), list(element)),
            ("Prepend", [value]) => (Step::Prepend(self.argument(*value, &element)?), list(element)),
            ("Contains", [value]) => (Step::Contains(self.argument(*value, &element)?), Type::Bool),
            ("Distinct" | "Reverse", []) => {
                (if method == "Distinct" { Step::Distinct } else { Step::Reverse }, list(element))
            }
            ("ToList" | "ToArray", []) => (Step::Collect, list(element)),
            ("ToHashSet", []) => (Step::Distinct, list(element)),
            ("DefaultIfEmpty", [] | [_]) => {
                let otherwise = self.or_default(given.first(), &element, node)?;
                (Step::DefaultIfEmpty(otherwise), list(element))
            }
            ("OrderBy" | "OrderByDescending" | "ThenBy" | "ThenByDescending", [key]) => {
                return self.sort(source, method, *key, element, node);
            }
            ("Any", []) => (Step::Any(None), Type::Bool),
            ("Any", [lambda]) => (Step::Any(Some(self.predicate(*lambda, &element, false)?)), Type::Bool),
            ("All", [lambda]) => (Step::All(self.predicate(*lambda, &element, false)?), Type::Bool),
            ("Count" | "LongCount", [] | [_]) => {
                let lambda = self.optional(given.first(), &element)?;
                let long = method == "LongCount";
                (Step::Count(lambda, long), if long { Type::Long } else { Type::Int })
            }
            ("First" | "Last" | "Single" | "FirstOrDefault" | "LastOrDefault" | "SingleOrDefault", [] | [_]) => {
                (self.pick(method, &given, &element, node)?, element)
            }
            ("ElementAt" | "ElementAtOrDefault", [position]) => {
                let position = self.argument(*position, &Type::Int)?;
                let otherwise = match method {
                    "ElementAt" => None,
                    _ => Some(Node::new(Kind::Null, span(node))),
                };
                (Step::ElementAt(position, otherwise), element)
            }
            ("Min" | "Max", [] | [_]) => self.extreme(method == "Max", given.first(), &element, name)?,
            ("Sum" | "Average", [] | [_]) => self.sum(method, given.first(), &element, name)?,
            ("Aggregate", [lambda]) => {
                let (accumulator, lambda, ty) = self.folding(*lambda, &element, &element)?;
                (Step::Aggregate { seed: None, accumulator, lambda }, ty)
            }
            ("Aggregate", [seed, lambda]) => self.seeded(*seed, *lambda, &element)?,
            _ => {
                let message = format!("{method} cannot be called with {} arguments", given.len());
                return refuse(arguments, message, "see the page on expressions for what it takes");
            }
        };
        Ok(Typed::new(Kind::Linq(Box::new(Linq { source: source.node, step })), span(node), ty))
    }

    /// `source.Aggregate(seed, (so far, element) => …)`
    fn seeded(&mut self, seed: Tree<'_>, lambda: Tree<'_>, element: &Type) -> Lowered<(Step, Type)> {
        let seed = self.expr(seed)?;
        let (accumulator, body, ty) = self.folding(lambda, &seed.ty, element)?;
        let Some(unified) = seed.ty.unify(&ty).filter(|unified| *unified == seed.ty) else {
            let message = format!("the lambda gives {}, but began with {}", self.one(&ty), self.one(&seed.ty));
            return refuse(lambda, message, "make both of one type");
        };
        Ok((Step::Aggregate { seed: Some(seed.node), accumulator, lambda: body }, unified))
    }

    fn argument(&mut self, node: Tree<'_>, wanted: &Type) -> Lowered<Node> {
        let typed = self.expr(node)?;
        if let (Type::List(element), Type::Text) = (wanted, &typed.ty)
            && **element == Type::Char
        {
            return Ok(typed.node);
        }
        self.assignable(node, typed, wanted)
    }

    fn or_default(&mut self, given: Option<&Tree<'_>>, element: &Type, node: Tree<'_>) -> Lowered<Node> {
        match given {
            Some(given) => self.argument(*given, element),
            None => Ok(Node::new(default(element), span(node))),
        }
    }

    fn optional(&mut self, given: Option<&Tree<'_>>, element: &Type) -> Lowered<Option<Lambda>> {
        given.map(|lambda| self.predicate(*lambda, element, false)).transpose()
    }

    fn pick(&mut self, method: &str, given: &[Tree<'_>], element: &Type, node: Tree<'_>) -> Lowered<Step> {
        let which = match &method[..4] {
            "Firs" => Which::First,
            "Last" => Which::Last,
            _ => Which::Single,
        };
        let lambda = self.optional(given.first(), element)?;
        let otherwise = method.ends_with("Default").then(|| Node::new(Kind::Null, span(node)));
        Ok(Step::Pick { which, lambda, otherwise })
    }

    fn extreme(
        &mut self,
        greatest: bool,
        given: Option<&Tree<'_>>,
        element: &Type,
        name: Tree<'_>,
    ) -> Lowered<(Step, Type)> {
        let (lambda, ty) = match given {
            Some(lambda) => {
                let (lambda, ty) = self.lambda(*lambda, element, false)?;
                (Some(lambda), ty)
            }
            None => (None, element.clone()),
        };
        if !is_scalar(&ty) {
            let message = format!("{} has no order", self.one(&ty));
            return refuse(name, message, "name a property: Max(x => x.Name)");
        }
        Ok((Step::Extreme { greatest, lambda }, ty))
    }

    fn sum(&mut self, method: &str, given: Option<&Tree<'_>>, element: &Type, name: Tree<'_>) -> Lowered<(Step, Type)> {
        let (lambda, ty) = match given {
            Some(lambda) => {
                let (lambda, ty) = self.lambda(*lambda, element, false)?;
                (Some(lambda), ty)
            }
            None => (None, element.clone()),
        };
        let number = match ty {
            Type::Int => Number::Int,
            Type::Long => Number::Long,
            Type::Double => Number::Double,
            ty => {
                let message = format!("{} is no number", self.one(&ty));
                return refuse(name, message, "name a number: Sum(x => x.Length)");
            }
        };
        Ok(match method {
            "Average" => (Step::Average(lambda), Type::Double),
            _ => (Step::Sum(lambda, number), ty),
        })
    }

    fn sort(&mut self, source: Typed, method: &str, key: Tree<'_>, element: Type, node: Tree<'_>) -> Lowered<Typed> {
        let (lambda, ty) = self.lambda(key, &element, false)?;
        if !is_scalar(&ty) {
            return refuse(key, format!("{} has no order", self.one(&ty)), "order by a value");
        }
        let descending = method.ends_with("Descending");
        let ordered = Type::Ordered(Box::new(element));
        if method.starts_with("Order") {
            let step = Step::Sort([(lambda, descending)].into());
            let kind = Kind::Linq(Box::new(Linq { source: source.node, step }));
            return Ok(Typed::new(kind, span(node), ordered));
        }
        match (source.ty, source.node.kind) {
            (Type::Ordered(_), Kind::Linq(mut linq)) => {
                if let Step::Sort(keys) = linq.step {
                    linq.step = Step::Sort(keys.into_iter().chain([(lambda, descending)]).collect());
                }
                Ok(Typed::new(Kind::Linq(linq), span(node), ordered))
            }
            _ => refuse(node, format!("{method} must follow OrderBy directly"), "write OrderBy(…).ThenBy(…)"),
        }
    }

    /// `string.Join(separator, values)`
    pub(super) fn join(&mut self, arguments: Tree<'_>, node: Tree<'_>) -> Lowered<Typed> {
        let given = self.given(arguments)?;
        let Some((separator, values)) = given.split_first() else {
            return refuse(arguments, "Join takes a separator and values", "write string.Join(\", \", values)");
        };
        let between = self.expr(*separator)?;
        if !matches!(between.ty, Type::Text | Type::Char | Type::Null) {
            return refuse(*separator, "the separator must be a string", "write string.Join(\", \", values)");
        }
        let mut typed = Vec::new();
        for value in values {
            let one = self.expr(*value)?;
            let fits = is_scalar(&one.ty) || one.ty == Type::Null;
            let is_list = values.len() == 1 && one.ty.element().is_some_and(is_scalar) && one.ty != Type::Text;
            if !fits && !is_list {
                let message = format!("{} cannot be joined", self.one(&one.ty));
                return refuse(*value, message, "choose texts first: Select(x => x.Name)");
            }
            typed.push(one);
        }
        let source = match typed.pop_if(|last| matches!(last.ty, Type::List(_) | Type::Ordered(_))) {
            Some(list) => list.node,
            None => Node::new(Kind::List(typed.into_iter().map(|typed| typed.node).collect()), span(arguments)),
        };
        let linq = Linq { source, step: Step::Join(between.node) };
        Ok(Typed::new(Kind::Linq(Box::new(linq)), span(node), Type::Text))
    }

    /// Elements between braces.
    pub(super) fn list(&mut self, node: Tree<'_>, wanted: Option<&Type>) -> Lowered<Typed> {
        let mut typed = Vec::new();
        let mut ty = wanted.cloned().unwrap_or(Type::Null);
        for element in super::children(node) {
            let one = self.expr(element)?;
            let Some(unified) = ty.unify(&one.ty) else {
                let message = format!("this is {}, but the elements are of type {}", self.one(&one.ty), self.name(&ty));
                return refuse(element, message, "make all of one type");
            };
            ty = unified;
            typed.push(one);
        }
        let nodes: Vec<Node> = typed.into_iter().map(|one| widened(one, &ty)).collect();
        Ok(Typed::new(Kind::List(nodes.into()), span(node), Type::List(Box::new(ty))))
    }
}
