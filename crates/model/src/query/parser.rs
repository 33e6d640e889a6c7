//! From text to tree.

use super::ast::{Binding, Direction, Filter, History, Join, Operand, Operator, Order, Query};
use super::error::QueryError;
use super::lexer::{Lexeme, lexemes};
use super::{MAX_DEPTH, MAX_JOINS, MAX_LENGTH, MAX_ORDERS, MAX_PATH, MAX_TERMS, parse_instant};
use crate::nearest;

/// Words that cannot be aliases, because the query would read differently.
const KEYWORDS: &[&str] = &[
    "join",
    "of",
    "type",
    "pagesize",
    "top",
    "select",
    "where",
    "and",
    "or",
    "order",
    "by",
    "asc",
    "desc",
    "true",
    "false",
    "null",
    "as",
    "between",
    "contained",
    "in",
];
/// The beginnings of clauses, in their order.
const CLAUSES: &[&str] = &["join", "pagesize", "select", "where", "order by"];

struct Parser {
    lexemes: Vec<(usize, Lexeme)>,
    at: usize,
    n_terms: usize,
}

type Parsed<T> = Result<T, QueryError>;

impl Query {
    /// Reads a query. Empty text is a query too: all ids.
    ///
    /// # Errors
    /// When it does not follow the grammar, or exceeds a limit of this module.
    pub fn parse(text: &str) -> Result<Query, QueryError> {
        let mut parser = Parser::new(text)?;
        let query = parser.query()?;
        parser.end(&query)?;
        Ok(query)
    }
}

impl Filter {
    /// Reads what may stand behind `where`.
    ///
    /// # Errors
    /// As [`Query::parse`].
    pub fn parse(text: &str) -> Result<Filter, QueryError> {
        let mut parser = Parser::new(text)?;
        let filter = parser.chain(0)?;
        match parser.peek() {
            Lexeme::End => Ok(filter),
            _ => Err(parser.wrong("the end of the filter", &["and", "or"])),
        }
    }
}

impl Parser {
    fn new(text: &str) -> Parsed<Parser> {
        if text.len() > MAX_LENGTH {
            return Err(QueryError {
                offset: 0,
                expected: format!("at most {MAX_LENGTH} bytes"),
                found: format!("{} bytes", text.len()),
                nearest: None,
            });
        }
        Ok(Parser { lexemes: lexemes(text)?, at: 0, n_terms: 0 })
    }

    fn peek(&self) -> &Lexeme {
        self.ahead(0)
    }

    fn ahead(&self, by: usize) -> &Lexeme {
        self.lexemes.get(self.at + by).map_or(&Lexeme::End, |(_, lexeme)| lexeme)
    }

    /// Whether the next words are these, in any letter case; then they are taken.
    fn take(&mut self, words: &[&str]) -> bool {
        let found = words.iter().enumerate().all(|(i, word)| self.is_word(i, word));
        self.at += if found { words.len() } else { 0 };
        found
    }

    fn is_word(&self, by: usize, word: &str) -> bool {
        matches!(self.ahead(by), Lexeme::Word(found) if found.eq_ignore_ascii_case(word))
    }

    fn take_sign(&mut self, sign: &Lexeme) -> bool {
        let found = self.peek() == sign;
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &Lexeme) -> Parsed<()> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.wrong(&sign.shown(), &[])) }
    }

    /// The error that something else stands here; `words` are candidates for a mistyped word.
    fn wrong(&self, expected: &str, words: &[&'static str]) -> QueryError {
        let nearest = match self.peek() {
            Lexeme::Word(word) => nearest::one(word, words.iter().copied()).map(str::to_owned),
            _ => None,
        };
        let offset = self.lexemes.get(self.at).map_or(0, |(offset, _)| *offset);
        QueryError { offset, expected: expected.to_owned(), found: self.peek().shown(), nearest }
    }

    fn query(&mut self) -> Parsed<Query> {
        let mut query = Query { history: self.history()?, ..Query::default() };
        while self.is_word(0, "join") {
            if query.joins.len() == MAX_JOINS {
                return Err(self.wrong(&format!("at most {MAX_JOINS} joins"), &[]));
            }
            let join = self.join(&query.joins)?;
            query.joins.push(join);
        }
        if self.take(&["pagesize"]) || self.take(&["top"]) {
            query.page_size = Some(self.page_size()?);
        }
        if self.take(&["select"]) {
            query.select = self.list(MAX_TERMS, Parser::binding)?;
        }
        if self.take(&["where"]) {
            query.filter = Some(self.chain(0)?);
        }
        if self.take(&["order", "by"]) {
            query.order = self.list(MAX_ORDERS, Parser::order)?;
        }
        Ok(query)
    }

    /// Nothing may follow; says which clauses still could.
    fn end(&self, query: &Query) -> Parsed<()> {
        if *self.peek() == Lexeme::End {
            return Ok(());
        }
        let last = [
            !query.joins.is_empty(),
            query.page_size.is_some(),
            !query.select.is_empty(),
            query.filter.is_some(),
            !query.order.is_empty(),
        ];
        let done = last.iter().rposition(|present| *present);
        // Several joins may follow each other.
        let first = done.map_or(0, |at| if at == 0 { 0 } else { at + 1 });
        let expected = match CLAUSES.get(first..).unwrap_or_default() {
            [] => "the end".to_owned(),
            left => format!("{} or the end", left.join(", ")),
        };
        Err(self.wrong(&expected, &["join", "pagesize", "top", "select", "where", "order by", "and", "or"]))
    }

    fn history(&mut self) -> Parsed<Option<History>> {
        if self.take(&["as", "of"]) || matches!(self.peek(), Lexeme::Text(_)) {
            return Ok(Some(History::AsOf(self.instant()?)));
        }
        if self.take(&["between"]) {
            let from = self.instant()?;
            if !self.take(&["and"]) {
                return Err(self.wrong("and", &["and"]));
            }
            return Ok(Some(History::Between(from, self.instant()?)));
        }
        if self.take(&["contained", "in"]) {
            self.expect(&Lexeme::Open)?;
            let from = self.instant()?;
            self.expect(&Lexeme::Comma)?;
            let to = self.instant()?;
            self.expect(&Lexeme::Close)?;
            return Ok(Some(History::ContainedIn(from, to)));
        }
        Ok(None)
    }

    fn instant(&mut self) -> Parsed<i64> {
        let found = match self.peek() {
            Lexeme::Text(text) => parse_instant(text),
            _ => None,
        };
        let found = found.ok_or_else(|| self.wrong("a date such as \"2026-01-31T12:00:00Z\"", &[]))?;
        self.at += 1;
        Ok(found)
    }

    fn join(&mut self, before: &[Join]) -> Parsed<Join> {
        self.at += 1;
        let binding = self.binding()?;
        let of_type = if self.take(&["of", "type"]) { Some(self.name("the name of an entity type")?) } else { None };
        let reserved =
            matches!(self.peek(), Lexeme::Word(word) if KEYWORDS.iter().any(|k| k.eq_ignore_ascii_case(word)));
        let expected = format!("a short name for {binding} that is not a word of the language");
        if reserved {
            return Err(self.wrong(&expected, &[]));
        }
        if matches!(self.peek(), Lexeme::Word(word) if before.iter().any(|join| join.alias == *word)) {
            return Err(self.wrong("a name that no other join has", &[]));
        }
        Ok(Join { binding, of_type, alias: self.name(&expected)? })
    }

    fn page_size(&mut self) -> Parsed<u32> {
        let size = match self.peek() {
            Lexeme::Int(value) => u32::try_from(*value).ok().filter(|size| *size > 0),
            _ => None,
        };
        let size = size.ok_or_else(|| self.wrong("a number of rows, at least 1", &[]))?;
        self.at += 1;
        Ok(size)
    }

    fn list<T>(&mut self, most: usize, one: fn(&mut Parser) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut found = vec![one(self)?];
        while self.take_sign(&Lexeme::Comma) {
            if found.len() == most {
                return Err(self.wrong(&format!("at most {most} of them"), &[]));
            }
            found.push(one(self)?);
        }
        Ok(found)
    }

    fn name(&mut self, expected: &str) -> Parsed<String> {
        let Lexeme::Word(word) = self.peek() else {
            return Err(self.wrong(expected, &[]));
        };
        let word = word.clone();
        self.at += 1;
        Ok(word)
    }

    fn binding(&mut self) -> Parsed<Binding> {
        let mut path = vec![self.name("the name of a property")?];
        while self.take_sign(&Lexeme::Dot) {
            if path.len() == MAX_PATH {
                return Err(self.wrong(&format!("at most {MAX_PATH} names between dots"), &[]));
            }
            path.push(self.name("the name of a property")?);
        }
        Ok(Binding { path })
    }

    fn order(&mut self) -> Parsed<Order> {
        let binding = self.binding()?;
        let direction = match () {
            () if self.take(&["desc"]) => Direction::Descending,
            () => {
                self.take(&["asc"]);
                Direction::Ascending
            }
        };
        Ok(Order { binding, direction })
    }

    /// Filters with one and the same word between them.
    fn chain(&mut self, depth: usize) -> Parsed<Filter> {
        let first = self.filter(depth)?;
        let word = match () {
            () if self.is_word(0, "and") => "and",
            () if self.is_word(0, "or") => "or",
            () => return Ok(first),
        };
        let mut parts = vec![first];
        while self.take(&[word]) {
            parts.push(self.filter(depth)?);
        }
        if self.is_word(0, "and") || self.is_word(0, "or") {
            return Err(self.wrong(&format!("{word}, or parentheses around what belongs together"), &[]));
        }
        Ok(if word == "and" { Filter::All(parts) } else { Filter::Any(parts) })
    }

    fn filter(&mut self, depth: usize) -> Parsed<Filter> {
        if self.take_sign(&Lexeme::Open) {
            if depth == MAX_DEPTH {
                return Err(self.wrong(&format!("at most {MAX_DEPTH} parentheses inside each other"), &[]));
            }
            let inner = self.chain(depth + 1)?;
            self.expect(&Lexeme::Close)?;
            return Ok(inner);
        }
        self.n_terms += 1;
        if self.n_terms > MAX_TERMS {
            return Err(self.wrong(&format!("at most {MAX_TERMS} comparisons"), &[]));
        }
        let left = self.binding()?;
        let Lexeme::Sign(operator) = *self.peek() else {
            let signs: Vec<&str> = Operator::SIGNS.iter().rev().map(|(sign, _)| *sign).collect();
            return Err(self.wrong(&format!("an operator ({})", signs.join(" ")), &[]));
        };
        self.at += 1;
        Ok(Filter::Compare { left, operator, right: self.operand()? })
    }

    fn operand(&mut self) -> Parsed<Operand> {
        let literal = match self.peek() {
            Lexeme::Int(value) => Some(Operand::Int(*value)),
            Lexeme::Text(text) => Some(Operand::Text(text.clone())),
            Lexeme::Word(_) if *self.ahead(1) == Lexeme::Dot => None,
            Lexeme::Word(word) => {
                [("true", Operand::Bool(true)), ("false", Operand::Bool(false)), ("null", Operand::Null)]
                    .into_iter()
                    .find(|(name, _)| word.eq_ignore_ascii_case(name))
                    .map(|(_, operand)| operand)
            }
            _ => return Err(self.wrong("a number, text in double quotes, true, false, null or a property", &[])),
        };
        match literal {
            Some(operand) => {
                self.at += 1;
                Ok(operand)
            }
            None => self.binding().map(Operand::Binding),
        }
    }
}
