//! The compiled body: a checked tree whose names are positions.

use super::run::Run;
use crate::expression::pattern::DatePattern;
use provost_model::query::Query;
use regex::Regex;

/// Where a node is written: bytes of the code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) at: Span,
}

/// What a scalar property is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Text,
    Bool,
    Int,
    Long,
    Double,
    Date,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Int(i32),
    Long(i64),
    Double(f64),
    Char(char),
    Text(Box<str>),
    Date(i64),
    /// The resource that the body is about.
    Subject,
    Now,
    Today,
    Iteration,
    Parameters,
    AssignmentStart,
    AssignmentEnd,
    Local(usize),
    Field(Box<Node>, usize, Read),
    DisplayName(Box<Node>),
    Id(Box<Node>),
    Link(Box<Node>, usize),
    Links(Box<Node>, usize),
    /// `a?.b`: a slot for a, and what is computed with it when it is not null.
    Guard(Box<Node>, usize, Box<Node>),
    Coalesce(Box<Node>, Box<Node>),
    If(Box<(Node, Node, Node)>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Equal(Box<Node>, Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    Arithmetic(Operator, Box<Node>, Box<Node>),
    /// A whole number becomes one of 64 bits, or any number a double.
    Widen(Number, Box<Node>),
    /// An explicit cast, which cuts off.
    Cast(Number, Box<Node>),
    /// Text of all parts; no value counts as an empty text.
    Concat(Box<[Node]>),
    Format(Box<Format>),
    /// A method: the first argument is what it is called on if `instance`, which must not be null.
    Call {
        run: Run,
        instance: bool,
        arguments: Box<[Node]>,
    },
    Regex(Box<RegexCall>),
    List(Box<[Node]>),
    Map(Box<[(Node, Node)]>),
    Linq(Box<Linq>),
    /// A query, and the position of the entity type that it is about.
    Query(Box<Query>, usize),
    /// The same with a text that is computed.
    QueryText(Box<Node>, usize),
    /// A predefined function, which gives nothing for nothing.
    Predefined {
        run: Run,
        argument: Box<Node>,
    },
    /// Sets a local and gives the value.
    Assign(usize, Box<Node>),
    /// A method that tells whether it succeeded and sets a local to what it found, else to the default.
    Try {
        run: Run,
        arguments: Box<[Node]>,
        slot: usize,
        otherwise: Box<Node>,
    },
    /// A lambda or switch with statements.
    Block(Box<[Statement]>),
    /// It fails here, for this reason.
    Fail(&'static str),
    /// Not null, or it fails here.
    Required(Box<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Int,
    Long,
    Double,
    Char,
}

/// A value in a text, with its width (negative for left-aligned) and format.
#[derive(Clone, Debug)]
pub(super) struct Format {
    pub(super) value: Node,
    pub(super) width: i32,
    pub(super) form: Form,
}

#[derive(Clone, Debug)]
pub(super) enum Form {
    Plain,
    Date(DatePattern),
    Number(super::run::number::Picture),
}

#[derive(Clone, Debug)]
pub(super) struct RegexCall {
    pub(super) operation: RegexOperation,
    pub(super) regex: Regex,
    /// Its groups in the order in which C# numbers them, with their names.
    pub(super) groups: Box<[usize]>,
    pub(super) names: Box<[Option<Box<str>>]>,
    pub(super) input: Node,
    /// Texts and groups that are put in place of a match.
    pub(super) replacement: Box<[Piece]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RegexOperation {
    IsMatch,
    Match,
    Matches,
    Replace,
    Split,
}

#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text(Box<str>),
    Group(usize),
    /// A text that is computed, once for all matches.
    Computed(Node),
}

#[derive(Clone, Debug)]
pub(super) struct Lambda {
    pub(super) slot: usize,
    /// Slot of the position, where the lambda has a second parameter.
    pub(super) index: Option<usize>,
    pub(super) body: Node,
}

#[derive(Clone, Debug)]
pub(super) struct Linq {
    pub(super) source: Node,
    pub(super) step: Step,
}

/// One call of LINQ.
#[derive(Clone, Debug)]
pub(super) enum Step {
    // These pass elements on, one by one.
    Where(Lambda),
    Select(Lambda),
    SelectMany(Lambda),
    Skip(Node),
    Take(Node),
    SkipWhile(Lambda),
    TakeWhile(Lambda),
    Concat(Node),
    Append(Node),
    Prepend(Node),
    // These need all elements first.
    SkipLast(Node),
    TakeLast(Node),
    Reverse,
    Distinct,
    Union(Node),
    Intersect(Node),
    Except(Node),
    DefaultIfEmpty(Node),
    Sort(Box<[(Lambda, bool)]>),
    Collect,
    // These give one value.
    Pick { which: Which, lambda: Option<Lambda>, otherwise: Option<Node> },
    ElementAt(Node, Option<Node>),
    Any(Option<Lambda>),
    All(Lambda),
    Count(Option<Lambda>, bool),
    Contains(Node),
    Extreme { greatest: bool, lambda: Option<Lambda> },
    Sum(Option<Lambda>, Number),
    Average(Option<Lambda>),
    Aggregate { seed: Option<Node>, accumulator: usize, lambda: Lambda },
    Join(Node),
    SequenceEqual(Node),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    First,
    Last,
    Single,
}

#[derive(Clone, Debug)]
pub(super) enum Statement {
    Run(Node),
    If(Node, Box<[Statement]>, Box<[Statement]>),
    Return(Node),
    Each(usize, Node, Box<[Statement]>),
    /// Condition, what is done after each turn, and the body.
    While(Node, Box<[Statement]>, Box<[Statement]>),
    Break,
    Continue,
    Group(Box<[Statement]>),
}

impl Node {
    pub(super) fn new(kind: Kind, at: Span) -> Node {
        Node { kind, at }
    }

    pub(super) fn boxed(self) -> Box<Node> {
        Box::new(self)
    }

    /// The text, when it is known beforehand.
    pub(super) fn constant_text(&self) -> Option<String> {
        match &self.kind {
            Kind::Text(text) => Some(text.to_string()),
            Kind::Char(c) => Some(c.to_string()),
            Kind::Concat(parts) => parts.iter().map(Node::constant_text).collect(),
            _ => None,
        }
    }
}
