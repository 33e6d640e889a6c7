//! The words and signs of a query.

use super::ast::Operator;
use super::error::QueryError;

/// A word or sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lexeme {
    Word(String),
    Int(i64),
    /// Between quotes, or a date without them.
    Text(String),
    Sign(Operator),
    Open,
    Close,
    Comma,
    Dot,
    End,
}

impl Lexeme {
    /// How it is called in messages.
    pub(super) fn shown(&self) -> String {
        match self {
            Lexeme::Word(word) => word.clone(),
            Lexeme::Int(value) => value.to_string(),
            Lexeme::Text(text) => format!("{:?}", text.chars().take(40).collect::<String>()),
            Lexeme::Sign(operator) => operator.sign().to_owned(),
            Lexeme::Open => "(".to_owned(),
            Lexeme::Close => ")".to_owned(),
            Lexeme::Comma => ",".to_owned(),
            Lexeme::Dot => ".".to_owned(),
            Lexeme::End => "the end".to_owned(),
        }
    }
}

/// The lexemes with the number of characters before each; [`Lexeme::End`] is the last one.
pub(super) fn lexemes(text: &str) -> Result<Vec<(usize, Lexeme)>, QueryError> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let offset = text[..text.len() - rest.len()].chars().count();
        let Some(first) = rest.chars().next() else {
            found.push((offset, Lexeme::End));
            return Ok(found);
        };
        let (lexeme, length) = one(rest, first).map_err(|(expected, found)| QueryError {
            offset,
            expected: expected.to_owned(),
            found,
            nearest: None,
        })?;
        found.push((offset, lexeme));
        rest = &rest[length..];
    }
}

type Wrong = (&'static str, String);

/// The lexeme at the beginning, and its length in bytes.
fn one(rest: &str, first: char) -> Result<(Lexeme, usize), Wrong> {
    let single = match first {
        '(' => Some(Lexeme::Open),
        ')' => Some(Lexeme::Close),
        ',' => Some(Lexeme::Comma),
        '.' => Some(Lexeme::Dot),
        _ => None,
    };
    if let Some(lexeme) = single {
        return Ok((lexeme, 1));
    }
    if let Some((sign, operator)) = Operator::SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
        return Ok((Lexeme::Sign(*operator), sign.len()));
    }
    let run = |accept: fn(char) -> bool| rest.find(|c| !accept(c)).unwrap_or(rest.len());
    match first {
        '"' => quoted(rest),
        'a'..='z' | 'A'..='Z' => {
            let length = run(|c| c.is_ascii_alphanumeric() || c == '_');
            Ok((Lexeme::Word(rest[..length].to_owned()), length))
        }
        '0'..='9' | '-' => number(rest, run(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.' | '+'))),
        '\'' => Err(("text in double quotes", "a single quote".to_owned())),
        other => Err(("a name, a value, an operator, a comma or a parenthesis", format!("{other:?}"))),
    }
}

/// Text up to its closing quote; two quotes stand for one.
fn quoted(rest: &str) -> Result<(Lexeme, usize), Wrong> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if chars.peek().is_some_and(|(_, next)| *next == '"') => {
                text.push('"');
                chars.next();
            }
            '"' => return Ok((Lexeme::Text(text), at + 1)),
            // PostgreSQL stores no such character, so no value holds it.
            '\0' => return Err(("text without the character U+0000", "such a character".to_owned())),
            c => text.push(c),
        }
    }
    Err(("a closing double quote", "the end".to_owned()))
}

/// A whole number, or a date without quotes: both begin with a digit.
fn number(rest: &str, length: usize) -> Result<(Lexeme, usize), Wrong> {
    let word = &rest[..length];
    let digits = word.strip_prefix('-').unwrap_or(word);
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match word.parse() {
        Ok(value) if all_digits => Ok((Lexeme::Int(value), length)),
        _ if all_digits => Err(("a whole number of at most 64 bits", word.to_owned())),
        _ if super::parse_instant(word).is_some() => Ok((Lexeme::Text(word.to_owned()), length)),
        _ => Err(("a whole number or a date; any other value in double quotes", word.to_owned())),
    }
}
