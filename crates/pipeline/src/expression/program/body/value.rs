//! Values that a body computes with.

use crate::population::{Handle, Population};
use std::rc::Rc;

/// A value. Texts and collections are shared, so that a copy costs nothing.
#[derive(Clone, Debug, Default)]
pub(super) enum Value<'a> {
    #[default]
    Null,
    Bool(bool),
    Int(i32),
    Long(i64),
    Double(f64),
    Char(char),
    Text(Text<'a>),
    /// Microseconds since 1970, UTC.
    Date(i64),
    /// Microseconds.
    Span(i64),
    Resource(&'a Population, Handle),
    /// Resources that a navigation leads to.
    Links(&'a Population, &'a [Handle]),
    List(Rc<Vec<Value<'a>>>),
    /// Texts by name, in the order in which they were added. Changed in place, as C# does.
    Map(Rc<std::cell::RefCell<Vec<(Text<'a>, Value<'a>)>>>),
    /// Groups of a match, the whole first.
    Match(Rc<Found<'a>>),
}

/// What a regular expression found.
#[derive(Debug)]
pub(super) struct Found<'a> {
    /// Start in UTF-16 units and text of each group; none for a group that took no part.
    pub(super) groups: Vec<Option<(usize, Text<'a>)>>,
    pub(super) names: &'a [Option<Box<str>>],
}

/// A text of the population or of the code, or one that was made.
#[derive(Clone, Debug)]
pub(super) enum Text<'a> {
    Borrowed(&'a str),
    Made(Rc<str>),
}

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Text::Borrowed(text) => text,
            Text::Made(text) => text,
        }
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Text::Made(text.into())
    }
}

impl<'a> Value<'a> {
    pub(super) fn text(text: String) -> Value<'a> {
        Value::Text(text.into())
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether two values are equal as `==` of C# has it; resources are equal when they are the same one.
    pub(super) fn equals(&self, other: &Value<'a>) -> bool {
        use Value as V;
        match (self, other) {
            (V::Null, V::Null) => true,
            (V::Bool(a), V::Bool(b)) => a == b,
            (V::Char(a), V::Char(b)) => a == b,
            (V::Text(a), V::Text(b)) => **a == **b,
            (V::Date(a), V::Date(b)) | (V::Span(a), V::Span(b)) => a == b,
            (V::Resource(of_a, a), V::Resource(of_b, b)) => {
                a.entity_type == b.entity_type && of_a.id(*a) == of_b.id(*b)
            }
            _ => match (self.long(), other.long()) {
                (Some(a), Some(b)) => a == b,
                _ => matches!((self.double(), other.double()), (Some(a), Some(b)) if a == b),
            },
        }
    }

    /// The number, of whole numbers and characters.
    pub(super) fn long(&self) -> Option<i64> {
        match self {
            Value::Int(n) => Some(i64::from(*n)),
            Value::Long(n) => Some(*n),
            Value::Char(c) => Some(i64::from(u32::from(*c))),
            _ => None,
        }
    }

    /// The number, of all numbers and characters.
    pub(super) fn double(&self) -> Option<f64> {
        match self {
            Value::Double(n) => Some(*n),
            // Numbers beyond 2^53 lose digits, as in C#.
            other => other.long().map(|n| n as f64),
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}
