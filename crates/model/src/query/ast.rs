//! The tree of a query, and its canonical text.

use super::instant::format_instant;
use std::fmt;

/// A query, without the entity type that it starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Which versions are looked at; the current ones when absent.
    pub history: Option<History>,
    /// Joined entities, in the order in which they are written.
    pub joins: Vec<Join>,
    /// Rows of a page.
    pub page_size: Option<u32>,
    /// What each row shows; its id alone when empty.
    pub select: Vec<Binding>,
    /// Which rows are found.
    pub filter: Option<Filter>,
    /// In which order; by id after these.
    pub order: Vec<Order>,
}

/// Which versions are looked at. Instants are microseconds since 1970 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// Rows that were valid then.
    AsOf(i64),
    /// Versions that were valid at any moment from the first to the second instant.
    Between(i64, i64),
    /// Versions that began and ended within the range.
    ContainedIn(i64, i64),
}

/// A joined entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// The navigation that leads to it.
    pub binding: Binding,
    /// Only entities of this type.
    pub of_type: Option<String>,
    /// What the rest of the query calls it.
    pub alias: String,
}

/// Names between dots: an alias or nothing, navigations, a property. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The names.
    pub path: Vec<String>,
}

/// Which rows are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// One comparison.
    Compare {
        /// Left side.
        left: Binding,
        /// Comparison.
        operator: Operator,
        /// Right side.
        right: Operand,
    },
    /// All of these, at least two.
    All(Vec<Filter>),
    /// Any of these, at least two.
    Any(Vec<Filter>),
}

/// Right side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A whole number.
    Int(i64),
    /// `true` or `false`.
    Bool(bool),
    /// Text, which is also how dates and other values are written.
    Text(String),
    /// No value.
    Null,
    /// The value of another property of the same row.
    Binding(Binding),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Operator {
    Equal,
    Different,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    /// All given bits are set.
    Bits,
    StartsWith,
    EndsWith,
    Contains,
    NotStartsWith,
    NotEndsWith,
    NotContains,
}

/// A term of `order by`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What rows are ordered by.
    pub binding: Binding,
    /// Which way.
    pub direction: Direction,
}

/// Which way rows are ordered. Rows without a value come first ascending, last descending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Direction {
    Ascending,
    Descending,
}

impl Operator {
    /// Every operator with its sign; of two that begin alike, the longer one first.
    pub const SIGNS: [(&'static str, Operator); 13] = [
        ("!%=%", Operator::NotContains),
        ("!%=", Operator::NotStartsWith),
        ("!=%", Operator::NotEndsWith),
        ("%=%", Operator::Contains),
        ("!=", Operator::Different),
        ("%=", Operator::StartsWith),
        ("=%", Operator::EndsWith),
        ("&=", Operator::Bits),
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("=", Operator::Equal),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ];

    /// How it is written.
    pub fn sign(self) -> &'static str {
        Operator::SIGNS.iter().find(|(_, operator)| *operator == self).map_or("=", |(sign, _)| sign)
    }
}

impl Binding {
    /// A binding of these names.
    pub fn of<S: Into<String>>(path: impl IntoIterator<Item = S>) -> Binding {
        Binding { path: path.into_iter().map(Into::into).collect() }
    }
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path.join("."))
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            History::AsOf(at) => write!(f, "as of \"{}\"", format_instant(at)),
            History::Between(from, to) => {
                write!(f, "between \"{}\" and \"{}\"", format_instant(from), format_instant(to))
            }
            History::ContainedIn(from, to) => {
                write!(f, "contained in (\"{}\", \"{}\")", format_instant(from), format_instant(to))
            }
        }
    }
}

impl fmt::Display for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "join {} ", self.binding)?;
        if let Some(name) = &self.of_type {
            write!(f, "of type {name} ")?;
        }
        f.write_str(&self.alias)
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operand::Int(value) => value.fmt(f),
            Operand::Bool(value) => value.fmt(f),
            Operand::Text(text) => write!(f, "\"{}\"", text.replace('"', "\"\"")),
            Operand::Null => f.write_str("null"),
            Operand::Binding(binding) => binding.fmt(f),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, word) = match self {
            Filter::Compare { left, operator, right } => return write!(f, "{left} {} {right}", operator.sign()),
            Filter::All(parts) => (parts, " and "),
            Filter::Any(parts) => (parts, " or "),
        };
        f.write_str("(")?;
        list(f, parts, word)?;
        f.write_str(")")
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.direction == Direction::Ascending { "asc" } else { "desc" };
        write!(f, "{} {word}", self.binding)
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut clauses: Vec<String> = self.history.iter().map(History::to_string).collect();
        clauses.extend(self.joins.iter().map(Join::to_string));
        clauses.extend(self.page_size.map(|size| format!("pagesize {size}")));
        let joined = |parts: Vec<String>| parts.join(", ");
        if !self.select.is_empty() {
            clauses.push(format!("select {}", joined(self.select.iter().map(Binding::to_string).collect())));
        }
        clauses.extend(self.filter.as_ref().map(|filter| format!("where {filter}")));
        if !self.order.is_empty() {
            clauses.push(format!("order by {}", joined(self.order.iter().map(Order::to_string).collect())));
        }
        f.write_str(&clauses.join(" "))
    }
}

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, parts: &[T], between: &str) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(between)?;
        }
        part.fmt(f)?;
    }
    Ok(())
}
