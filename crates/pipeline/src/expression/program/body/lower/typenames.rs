//! Names of types in the code, and what may be put where.

use super::{Kind, Lowered, Lowerer, Node, Tree, Type, Typed, children, only, refuse};
use crate::expression::program::body::node::Number;

impl Lowerer<'_> {
    /// The type that is written, none for `var`.
    pub(super) fn declared_type(&mut self, node: Tree<'_>) -> Lowered<Option<Type>> {
        match node.kind() {
            "implicit_type" => Ok(None),
            // Every type may be null here.
            "nullable_type" => self.declared_type(only(node)?),
            "array_type" => {
                let element = node.child_by_field_name("type").unwrap_or(node);
                Ok(self.declared_type(element)?.map(|element| Type::List(Box::new(element))))
            }
            "qualified_name" | "alias_qualified_name" => self.declared_type(only(node)?),
            "generic_name" => self.generic_type(node),
            _ => self.simple_type(node),
        }
    }

    fn simple_type(&mut self, node: Tree<'_>) -> Lowered<Option<Type>> {
        Ok(Some(match self.text(node) {
            "string" | "String" => Type::Text,
            "bool" | "Boolean" => Type::Bool,
            "int" | "Int32" | "short" | "Int16" | "byte" | "Byte" => Type::Int,
            "long" | "Int64" => Type::Long,
            "double" | "Double" => Type::Double,
            "char" | "Char" => Type::Char,
            "DateTime" => Type::Date,
            "TimeSpan" => Type::Span,
            "Match" => Type::Match,
            "Group" => Type::Group,
            "DayOfWeek" => Type::DayOfWeek,
            "StringComparison" => Type::StringComparison,
            // Its pattern is part of its type.
            "Regex" | "var" => return Ok(None),
            name => match self.scope.metadata.entity_types.iter().position(|known| known.identifier == name) {
                Some(entity_type) => Type::Resource(entity_type, Vec::new()),
                None => {
                    let remedy = "use var, string, int, long, bool, double, char, DateTime, List<…>, or an entity type";
                    return refuse(node, format!("the type {name} is not allowed"), remedy);
                }
            },
        }))
    }

    fn generic_type(&mut self, node: Tree<'_>) -> Lowered<Option<Type>> {
        let parts = children(node);
        let name = parts.first().map_or("", |name| self.text(*name));
        let mut arguments = Vec::new();
        for argument in parts.iter().filter(|part| part.kind() == "type_argument_list").flat_map(|list| children(*list))
        {
            arguments.extend(self.declared_type(argument)?);
        }
        match (name, arguments.as_slice()) {
            ("Nullable", [inner]) => Ok(Some(inner.clone())),
            (
                "List"
                | "IList"
                | "IEnumerable"
                | "ICollection"
                | "HashSet"
                | "ISet"
                | "IReadOnlyList"
                | "IReadOnlyCollection",
                [element],
            ) => Ok(Some(Type::List(Box::new(element.clone())))),
            ("Dictionary" | "IDictionary" | "IReadOnlyDictionary", [Type::Text, Type::Text]) => Ok(Some(Type::Map)),
            _ => refuse(
                node,
                format!("the type {} is not allowed", self.text(node)),
                "use List<…>, HashSet<…> or Dictionary<string, string>",
            ),
        }
    }

    /// The expression as a value of a type, widened where C# does so by itself.
    pub(super) fn assignable(&mut self, at: Tree<'_>, typed: Typed, wanted: &Type) -> Lowered<Node> {
        match convert(typed, wanted) {
            Ok(node) => Ok(node),
            Err(ty) => {
                let message = format!("{} is needed here, but this is {}", self.one(wanted), self.one(&ty));
                refuse(at, message, remedy(&ty, wanted))
            }
        }
    }
}

/// Widens a value to a type, or gives its own type back.
pub(super) fn convert(typed: Typed, wanted: &Type) -> Result<Node, Type> {
    let Typed { node, ty } = typed;
    if ty == Type::Null || ty.is_like(wanted) {
        return Ok(node);
    }
    let number = match (&ty, wanted) {
        (Type::Char, Type::Int) => Number::Int,
        (Type::Int | Type::Char, Type::Long) => Number::Long,
        (Type::Int | Type::Long | Type::Char, Type::Double) => Number::Double,
        (Type::List(a), Type::List(b)) if a.unify(b).is_some_and(|both| both.is_like(b)) => return Ok(node),
        (Type::Ordered(a), Type::List(b)) if a.is_like(b) => return Ok(node),
        _ => return Err(ty),
    };
    let at = node.at;
    Ok(Node::new(Kind::Widen(number, node.boxed()), at))
}

fn remedy(found: &Type, wanted: &Type) -> &'static str {
    match (found, wanted) {
        (Type::Text, Type::Int) => "write int.Parse(…)",
        (Type::Text, Type::Long) => "write Convert.ToInt64(…)",
        (Type::Text, Type::Double) => "write Convert.ToDouble(…)",
        (Type::Text, Type::Date) => "write UtilExpressions.ParseUniversalDate(…, \"yyyy-MM-dd\")",
        (Type::Text, Type::Bool) => "compare it, or write Convert.ToBoolean(…)",
        (Type::Text, Type::Char) => "write it between single quotes",
        (Type::Char, Type::Text) => "write it between double quotes, or call ToString()",
        (Type::Resource(..), Type::Text) => "name one of its properties",
        (_, Type::Text) => "call ToString()",
        (Type::Long | Type::Double, Type::Int) => "write (int) before it",
        _ => "write an expression of that type",
    }
}
