//! Types of the language, as far as it is allowed.

use crate::expression::program::body::node::Read;
use provost_model::configuration::PropertyType;
use provost_model::metadata::Metadata;

/// Type of an expression. Every type may be null, as the properties of an entity are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Bool,
    Int,
    Long,
    Double,
    Char,
    Text,
    Date,
    Span,
    /// A resource of an entity type, with the places in the tree of reads that it may come from.
    Resource(usize, Vec<usize>),
    List(Box<Type>),
    /// A collection put in order, which `ThenBy` may refine.
    Ordered(Box<Type>),
    Map,
    Match,
    Groups,
    /// A group of a match.
    Group,
    /// A regular expression: its number among those of the body.
    Regex(usize),
    RegexOptions,
    StringComparison,
    SplitOptions,
    Culture,
    DayOfWeek,
    Assignment,
    Order,
    Change,
    Queries,
    Logger,
}

impl Type {
    /// What it is called in messages.
    pub(super) fn name(&self, metadata: &Metadata) -> String {
        match self {
            Type::Null => "null",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Long => "long",
            Type::Double => "double",
            Type::Char => "char",
            Type::Text => "string",
            Type::Date => "DateTime",
            Type::Span => "TimeSpan",
            Type::Resource(entity_type, _) => &metadata.entity_types[*entity_type].identifier,
            Type::List(element) | Type::Ordered(element) => {
                return format!("IEnumerable<{}>", element.name(metadata));
            }
            Type::Map => "Dictionary<string, string>",
            Type::Match => "Match",
            Type::Groups => "GroupCollection",
            Type::Group => "Group",
            Type::Regex(_) => "Regex",
            Type::RegexOptions => "RegexOptions",
            Type::StringComparison => "StringComparison",
            Type::SplitOptions => "StringSplitOptions",
            Type::Culture => "CultureInfo",
            Type::DayOfWeek => "DayOfWeek",
            Type::Assignment => "assignment",
            Type::Order => "provisioningOrder",
            Type::Change => "ChangeType",
            Type::Queries => "queryHandler",
            Type::Logger => "logger",
        }
        .to_owned()
    }

    /// Type of a scalar property, and how it is read; none for navigations and files.
    pub(super) fn of_property(kind: PropertyType) -> Option<(Type, Read)> {
        use PropertyType as T;
        Some(match kind {
            T::String | T::Bytes | T::Guid => (Type::Text, Read::Text),
            T::Bool => (Type::Bool, Read::Bool),
            T::Int32 | T::Int16 | T::Byte => (Type::Int, Read::Int),
            T::Int64 | T::Option => (Type::Long, Read::Long),
            T::Double => (Type::Double, Read::Double),
            T::DateTime => (Type::Date, Read::Date),
            T::Binary | T::ForeignKey => return None,
        })
    }

    /// The same type, wherever its resources come from.
    pub(super) fn is_like(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Resource(a, _), Type::Resource(b, _)) => a == b,
            (Type::List(a) | Type::Ordered(a), Type::List(b) | Type::Ordered(b)) => a.is_like(b),
            _ => self == other,
        }
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self, Type::Int | Type::Long | Type::Double)
    }

    pub(super) fn element(&self) -> Option<&Type> {
        match self {
            Type::List(element) | Type::Ordered(element) => Some(element),
            Type::Text => Some(&Type::Char),
            _ => None,
        }
    }

    /// What a value is that is one or the other.
    pub(super) fn unify(&self, other: &Type) -> Option<Type> {
        use Type as T;
        Some(match (self, other) {
            (T::Null, known) | (known, T::Null) => known.clone(),
            (T::Resource(a, from), T::Resource(b, more)) if a == b => {
                let mut origins = [from.as_slice(), more].concat();
                origins.sort_unstable();
                origins.dedup();
                T::Resource(*a, origins)
            }
            (T::List(a) | T::Ordered(a), T::List(b) | T::Ordered(b)) => T::List(Box::new(a.unify(b)?)),
            (a, b) if a == b => a.clone(),
            (T::Int | T::Char, T::Int | T::Char) => T::Int,
            (T::Int | T::Long | T::Char, T::Int | T::Long | T::Char) => T::Long,
            (T::Double, b) | (b, T::Double) if b.is_number() || *b == T::Char => T::Double,
            _ => return None,
        })
    }
}
