//! Strict JSON in which every key and value knows its place, so that a wrong setting can be shown where it is written.

use provost_model::problem::Place;
use provost_model::{Problem, Severity};
use serde_json::Value;

/// Deepest nesting accepted; settings are three or four levels deep.
const DEPTH: usize = 64;

/// Where a key or value begins, counted from 1, and how many characters it covers on that line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Line.
    pub line: u32,
    /// Column, in characters.
    pub column: u32,
    /// Characters.
    pub length: u32,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Json {
    /// Where it begins.
    pub span: Span,
    /// What it is.
    pub node: Node,
}

/// The three shapes of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Members in document order: key, place of the key, value.
    Object(Vec<(String, Span, Json)>),
    /// Items.
    Array(Vec<Json>),
    /// Null, boolean, number or text.
    Scalar(Value),
}

/// Reads a whole document.
///
/// # Errors
/// The first problem, with its place in `file`. Keys are compared without regard to letter case, as the engine does.
pub fn parse(file: &str, text: &str) -> Result<Json, Box<Problem>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser { file, text, at: 0 };
    parser.blank();
    let value = parser.value(0)?;
    parser.blank();
    match parser.peek() {
        None => Ok(value),
        Some(_) => {
            Err(parser.wrong("text after the end of the document", "remove what follows the last closing brace"))
        }
    }
}

/// The place of `span` in a text.
pub fn place(file: &str, text: &str, span: Span) -> Place {
    let line = text.lines().nth(span.line as usize - 1).unwrap_or_default();
    Place { file: file.to_owned(), line: span.line, column: span.column, length: span.length, text: line.to_owned() }
}

struct Parser<'a> {
    file: &'a str,
    text: &'a str,
    at: usize,
}

type Parsed<T> = Result<T, Box<Problem>>;

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn blank(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// The place of `from..to`, cut at the end of its first line.
    fn span(&self, from: usize, to: usize) -> Span {
        let before = &self.text[..from];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let covered = self.text[from..to].lines().next().unwrap_or_default();
        Span {
            line: 1 + before.matches('\n').count() as u32,
            column: 1 + self.text[line_start..from].chars().count() as u32,
            length: covered.chars().count().max(1) as u32,
        }
    }

    fn wrong_at(&self, from: usize, message: &str, hint: &str) -> Box<Problem> {
        let end = self.text[from..].chars().next().map_or(from, |c| from + c.len_utf8());
        let span = self.span(from, end);
        let problem = Problem::new("invalid-json", Severity::Error, message).hint(hint);
        Box::new(problem.at(place(self.file, self.text, span)))
    }

    fn wrong(&self, message: &str, hint: &str) -> Box<Problem> {
        self.wrong_at(self.at, message, hint)
    }

    fn found(&self) -> String {
        match self.peek() {
            None => "the end of the file".to_owned(),
            Some(c) => format!("`{}`", c.escape_debug()),
        }
    }

    fn value(&mut self, depth: usize) -> Parsed<Json> {
        if depth > DEPTH {
            return Err(self.wrong("nested too deeply", &format!("settings may nest {DEPTH} levels")));
        }
        let from = self.at;
        let node = match self.peek() {
            Some('{') => self.object(depth)?,
            Some('[') => self.array(depth)?,
            Some('"') => Node::Scalar(Value::String(self.string()?)),
            _ => Node::Scalar(self.word()?),
        };
        Ok(Json { span: self.span(from, self.at), node })
    }

    /// Null, a boolean or a number.
    fn word(&mut self) -> Parsed<Value> {
        let rest = &self.text[self.at..];
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c))).unwrap_or(rest.len());
        match serde_json::from_str::<Value>(&rest[..length]) {
            Ok(value) => {
                self.at += length;
                Ok(value)
            }
            Err(_) => Err(self.no_value(&rest[..length])),
        }
    }

    fn no_value(&self, word: &str) -> Box<Problem> {
        let hint = match self.peek() {
            Some('/') => "JSON has no comments: remove it (a setting under a name of your own may hold a remark)",
            Some('\'') => "JSON text stands between double quotes",
            Some('}' | ']') => "remove the comma before it",
            _ if ["true", "false", "null"].iter().any(|w| w.eq_ignore_ascii_case(word)) => {
                "write true, false or null in small letters"
            }
            _ if !word.is_empty() => "put text between double quotes",
            _ => "write text between double quotes, a number, true, false, null, an object or a list",
        };
        self.wrong(&format!("expected a value, found {}", self.found()), hint)
    }

    fn object(&mut self, depth: usize) -> Parsed<Node> {
        let opened = self.at;
        let mut members: Vec<(String, Span, Json)> = Vec::new();
        self.at += 1;
        self.blank();
        if self.take('}') {
            return Ok(Node::Object(members));
        }
        loop {
            let from = self.at;
            if self.peek() != Some('"') {
                return Err(self.no_key(opened));
            }
            let key = self.string()?;
            let span = self.span(from, self.at);
            if members.iter().any(|(other, ..)| other.eq_ignore_ascii_case(&key)) {
                let message = format!("`{key}` is set twice in the same object");
                return Err(self.wrong_at(from, &message, "keep one of the two (letter case does not matter)"));
            }
            self.blank();
            if !self.take(':') {
                let message = format!("expected `:` after the name `{key}`, found {}", self.found());
                return Err(self.wrong(&message, "write \"Name\": value"));
            }
            self.blank();
            let value = self.value(depth + 1)?;
            members.push((key, span, value));
            if self.ends('}', opened)? {
                return Ok(Node::Object(members));
            }
        }
    }

    fn no_key(&self, opened: usize) -> Box<Problem> {
        match self.peek() {
            Some('}') => self.wrong("a comma without a setting after it", "remove the comma before the closing brace"),
            Some('/') => self.wrong("JSON has no comments", "remove it (a setting of your own may hold a remark)"),
            None => self.unclosed('}', opened),
            _ => {
                let message = format!("expected a name between double quotes, found {}", self.found());
                self.wrong(&message, "write \"Name\": value")
            }
        }
    }

    fn array(&mut self, depth: usize) -> Parsed<Node> {
        let opened = self.at;
        let mut items = Vec::new();
        self.at += 1;
        self.blank();
        if self.take(']') {
            return Ok(Node::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.ends(']', opened)? {
                return Ok(Node::Array(items));
            }
        }
    }

    /// After a member or item: whether `close` ends the list, or a comma continues it.
    fn ends(&mut self, close: char, opened: usize) -> Parsed<bool> {
        let after = self.at;
        self.blank();
        if self.take(close) {
            return Ok(true);
        }
        if self.take(',') {
            self.blank();
            return Ok(false);
        }
        match self.peek() {
            None => Err(self.unclosed(close, opened)),
            Some('/') => Err(self.wrong("JSON has no comments", "remove it (a setting of your own may hold a remark)")),
            Some('"' | '{' | '[') => Err(self.wrong_at(
                after,
                "a comma is missing",
                &format!("write a comma between two settings, or `{close}` at the end"),
            )),
            _ => {
                let message = format!("expected `,` or `{close}`, found {}", self.found());
                Err(self.wrong(&message, "text stands between double quotes; settings are separated by commas"))
            }
        }
    }

    fn unclosed(&self, close: char, opened: usize) -> Box<Problem> {
        let line = self.span(opened, opened).line;
        let message = format!("the file ends before `{close}` closes what line {line} opens");
        self.wrong_at(opened, &message, "the end of the file may be missing")
    }

    fn take(&mut self, c: char) -> bool {
        let taken = self.peek() == Some(c);
        if taken {
            self.at += c.len_utf8();
        }
        taken
    }

    fn string(&mut self) -> Parsed<String> {
        let from = self.at;
        let bytes = self.text.as_bytes();
        let mut end = from + 1;
        while let Some(&byte) = bytes.get(end) {
            match byte {
                b'"' => break,
                b'\\' => end += 2,
                b'\n' => break,
                _ => end += 1,
            }
        }
        if bytes.get(end) != Some(&b'"') {
            return Err(self.wrong_at(from, "a text without its closing quote", "close it on the same line"));
        }
        match serde_json::from_str(&self.text[from..=end]) {
            Ok(text) => {
                self.at = end + 1;
                Ok(text)
            }
            Err(error) => Err(self.bad_string(from, end, error.column())),
        }
    }

    fn bad_string(&self, from: usize, end: usize, column: usize) -> Box<Problem> {
        let mut at = (from + column.saturating_sub(1)).min(end);
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        self.wrong_at(
            at,
            "a character or escape that JSON text cannot hold",
            "write a backslash as \\\\ (C:\\\\Temp), a tab as \\t, a double quote as \\\"",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let problem = parse("appsettings.json", text).unwrap_err();
        let place = problem.place.unwrap();
        format!("{}:{} {} | {}", place.line, place.column, problem.message, problem.hint.unwrap())
    }

    #[test]
    fn a_document_keeps_its_values_and_places() {
        let json = parse("a.json", "\u{feff}{\n  \"é\": [1, true, null, \"x\\n\"]\n}\n").unwrap();
        let Node::Object(members) = json.node else { panic!("an object") };
        let (key, span, value) = &members[0];
        assert_eq!((key.as_str(), *span), ("é", Span { line: 2, column: 3, length: 3 }));
        let Node::Array(items) = &value.node else { panic!("a list") };
        assert_eq!(items[0], Json { span: Span { line: 2, column: 9, length: 1 }, node: Node::Scalar(Value::from(1)) });
        assert_eq!(items[3].node, Node::Scalar(Value::from("x\n")));
    }

    #[test]
    fn every_usual_slip_is_named_where_it_is() {
        insta::assert_snapshot!(error("{\n  \"a\": 1,\n}"), @"3:1 a comma without a setting after it | remove the comma before the closing brace");
        insta::assert_snapshot!(error("{\n  \"a\": 1\n  \"b\": 2\n}"), @"2:9 a comma is missing | write a comma between two settings, or `}` at the end");
        insta::assert_snapshot!(error("{ // note\n}"), @"1:3 JSON has no comments | remove it (a setting of your own may hold a remark)");
        insta::assert_snapshot!(error("{\"a\": True}"), @"1:7 expected a value, found `T` | write true, false or null in small letters");
        insta::assert_snapshot!(error("{\"a\": abc}"), @"1:7 expected a value, found `a` | put text between double quotes");
        insta::assert_snapshot!(error("{\"a\": \"C:\\Temp\"}"), @r#"1:11 a character or escape that JSON text cannot hold | write a backslash as \\ (C:\\Temp), a tab as \t, a double quote as \""#);
        insta::assert_snapshot!(error("{\"a\": \"x\n}"), @"1:7 a text without its closing quote | close it on the same line");
        insta::assert_snapshot!(error("{\"a\": {\n \"b\": 1"), @"1:7 the file ends before `}` closes what line 1 opens | the end of the file may be missing");
        insta::assert_snapshot!(error("{\"Path\": 1, \"path\": 2}"), @"1:13 `path` is set twice in the same object | keep one of the two (letter case does not matter)");
        insta::assert_snapshot!(error("{} {}"), @"1:4 text after the end of the document | remove what follows the last closing brace");
        insta::assert_snapshot!(error(""), @"1:1 expected a value, found the end of the file | write text between double quotes, a number, true, false, null, an object or a list");
        insta::assert_snapshot!(error("{\"a\" 1}"), @"1:6 expected `:` after the name `a`, found `1` | write \"Name\": value");
        insta::assert_snapshot!(error("[1, ]"), @"1:5 expected a value, found `]` | remove the comma before it");
        insta::assert_snapshot!(error("{\"a\": 1 2}"), @"1:9 expected `,` or `}`, found `2` | text stands between double quotes; settings are separated by commas");
        assert!(error(&"[".repeat(100)).contains("nested too deeply"));
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_serde_json_on_what_is_valid(text in "[\\[\\]{}:,\" a1tr\\\\ué\n-]{0,24}") {
            let theirs = serde_json::from_str::<Value>(&text);
            let ours = parse("x", &text);
            if theirs.is_err() {
                proptest::prop_assert!(ours.is_err());
            } else if let Err(problem) = ours {
                proptest::prop_assert!(problem.message.contains("set twice"), "{}", problem.message);
            }
        }
    }
}
