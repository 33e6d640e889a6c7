//! Parsing, with the published grammar of C#.

use super::limits::{MAX_CODE, MAX_PARSER_CALLS};
use super::lower::Refusal;
use super::node::Span;
use tree_sitter::{Node, ParseOptions, Parser, Tree};

/// Code with its tree. `return` and a semicolon are added to a lone expression.
pub(super) struct Source {
    pub(super) code: String,
    pub(super) tree: Tree,
    /// Bytes that were added before the code.
    pub(super) added: usize,
}

const RETURN: &str = "return ";

impl Source {
    /// Parses statements, or one expression.
    pub(super) fn parse(code: &str) -> Result<Source, Refusal> {
        if code.len() > MAX_CODE {
            let message = format!("the code is longer than {} KiB", MAX_CODE >> 10);
            return Err(Refusal::new(Span::default(), message, "compute a part of it in a property of its own"));
        }
        let statements = parse(code)?;
        let Some(error) = first_error(&statements) else {
            return Ok(Source { code: code.to_owned(), tree: statements, added: 0 });
        };
        for added in [RETURN, ""] {
            let completed = format!("{added}{code}\n;");
            let tree = parse(&completed)?;
            if first_error(&tree).is_none() && (added.is_empty() || tree.root_node().named_child_count() == 1) {
                return Ok(Source { code: completed, tree, added: added.len() });
            }
        }
        Err(syntax_error(code, &error))
    }
}

/// Parses code. The grammar takes `a + b?.c` for `(a + b)?.c`; `b!.c`, which is as long, it reads as C# does. So every
/// `?` of a chain is parsed as `!`, and the code tells them apart.
fn parse(code: &str) -> Result<Tree, Refusal> {
    let tree = parse_as_it_is(code)?;
    let places = conditional_accesses(&tree);
    if places.is_empty() {
        return Ok(tree);
    }
    let mut masked = code.to_owned();
    for place in places {
        masked.replace_range(place..=place, "!");
    }
    parse_as_it_is(&masked)
}

/// Where the `?` of `?.` and `?[` stand.
fn conditional_accesses(tree: &Tree) -> Vec<usize> {
    let mut places = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let is_access =
            node.kind() == "?" && node.parent().is_some_and(|p| p.kind() == "conditional_access_expression");
        if is_access && node.end_byte() == node.start_byte() + 1 {
            places.push(node.start_byte());
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return places;
            }
        }
    }
}

fn parse_as_it_is(code: &str) -> Result<Tree, Refusal> {
    let unusable = || Refusal::new(Span::default(), "the code cannot be parsed", "write it in a simpler way");
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_c_sharp::LANGUAGE.into()).map_err(|_| unusable())?;
    let mut calls = 0;
    let mut watch = |_: &tree_sitter::ParseState| {
        calls += 1;
        calls > MAX_PARSER_CALLS
    };
    let bytes = code.as_bytes();
    let mut read = |at: usize, _| bytes.get(at..).unwrap_or_default();
    let options = ParseOptions::new().progress_callback(&mut watch);
    parser.parse_with_options(&mut read, None, Some(options)).ok_or_else(unusable)
}

/// The first place that does not fit the grammar.
fn first_error(tree: &Tree) -> Option<Place> {
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let is_empty = node.is_named() && node.start_byte() == node.end_byte() && node.child_count() == 0;
        if node.is_error() || ((node.is_missing() || is_empty) && node.parent().is_some()) {
            let expected = (node.is_missing() && !node.is_error()).then(|| node.kind());
            return Some(Place { span: span(node), expected });
        }
        // Only where there is one below.
        if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return None;
            }
        }
    }
}

struct Place {
    span: Span,
    /// What is missing there.
    expected: Option<&'static str>,
}

fn syntax_error(code: &str, place: &Place) -> Refusal {
    let found = code.get(place.span.start as usize..place.span.end as usize).unwrap_or_default();
    let message = match place.expected {
        Some("identifier") => "something is missing here".to_owned(),
        Some(expected) => format!("\"{expected}\" is missing here"),
        None if found.trim().is_empty() => "something is missing here".to_owned(),
        None => format!("this is no C# here: {}", super::excerpt(found)),
    };
    Refusal::new(place.span, message, "write statements that end with return …; or one expression")
}

pub(super) fn span(node: Node<'_>) -> Span {
    // The code is short.
    Span { start: node.start_byte() as u32, end: node.end_byte() as u32 }
}
