//! The files as text, and places in them.

use crate::problem::{Place, Problem, Severity};
use std::collections::BTreeMap;
use std::ops::Range;

/// Lines longer than this many bytes are not shown: a place then has no text, only line and column.
const LONGEST_LINE: usize = 4_000;
/// Largest file that is read, in bytes.
pub(super) const LARGEST_FILE: usize = 64 << 20;
/// Problems of one severity beyond this number are counted, not listed.
const MOST_PROBLEMS: usize = 1_000;

/// One file.
pub(super) struct Source<'a> {
    /// Path as the user would write it.
    pub(super) path: &'a str,
    /// Its text; empty when it is too large to be read.
    pub(super) text: &'a str,
    /// Its size in bytes.
    pub(super) size: usize,
    line_starts: Vec<usize>,
    /// Number of characters before each block of [`BLOCK`] bytes, so that columns of long lines are found fast.
    characters: Vec<usize>,
}

/// Bytes between two entries of [`Source::characters`].
const BLOCK: usize = 1024;

impl<'a> Source<'a> {
    fn new(path: &'a str, text: &'a str) -> Source<'a> {
        let size = text.len();
        let text = if size > LARGEST_FILE { "" } else { text };
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut characters = vec![0];
        for block in text.as_bytes().chunks(BLOCK) {
            characters.push(characters[characters.len() - 1] + count(block));
        }
        Source { path, text, size, line_starts, characters }
    }

    /// Number of characters before a byte.
    fn characters_before(&self, at: usize) -> usize {
        let block = at / BLOCK;
        self.characters[block] + count(&self.text.as_bytes()[block * BLOCK..at])
    }
}

/// Number of characters that begin in these bytes.
fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
}

/// A stretch of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Position of the file in the list.
    pub(super) file: usize,
    /// Bytes.
    pub(super) range: Range<usize>,
}

/// All files.
pub(super) struct Sources<'a> {
    /// In the order given.
    pub(super) files: Vec<Source<'a>>,
}

impl<'a> Sources<'a> {
    /// Takes the files as they were given.
    pub(super) fn new(files: &'a [(String, String)]) -> Sources<'a> {
        let files = files.iter().map(|(path, text)| Source::new(path, text));
        Sources { files: files.collect() }
    }

    /// Line and column of the beginning of a span, both from 1.
    pub(super) fn position(&self, span: &Span) -> (u32, u32) {
        let source = &self.files[span.file];
        let start = floor(source.text, span.range.start);
        let line = source.line_starts.partition_point(|at| *at <= start).max(1);
        let column = source.characters_before(start) - source.characters_before(source.line_starts[line - 1]) + 1;
        (narrow(line), narrow(column))
    }

    /// The place of a span; it ends with its first line.
    pub(super) fn place(&self, span: &Span) -> Place {
        let source = &self.files[span.file];
        let (line, column) = self.position(span);
        let line_start = source.line_starts[line as usize - 1];
        let line_end = source.line_starts.get(line as usize).map_or(source.text.len(), |next| next - 1);
        let start = floor(source.text, span.range.start);
        let end = floor(source.text, span.range.end.min(line_end)).max(start);
        let text = source.text[line_start..line_end].trim_end_matches('\r');
        Place {
            file: source.path.to_owned(),
            line,
            column,
            length: narrow(source.characters_before(end) - source.characters_before(start)).max(1),
            text: if text.len() > LONGEST_LINE { String::new() } else { text.to_owned() },
        }
    }

    /// The span of one character at a line and a column, both from 1.
    pub(super) fn span_at(&self, file: usize, line: u32, column: u32) -> Span {
        let source = &self.files[file];
        let line = (line as usize).clamp(1, source.line_starts.len()) - 1;
        let rest = &source.text[source.line_starts[line]..];
        let offset = rest.char_indices().nth((column as usize).saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
        let start = source.line_starts[line] + offset;
        Span { file, range: start..start + 1 }
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Gathers problems.
pub(super) struct Problems<'a> {
    sources: &'a Sources<'a>,
    list: Vec<(usize, Problem)>,
    /// How many of each severity are listed; each has its own limit, so that notes never crowd out errors.
    listed: BTreeMap<Severity, usize>,
    left_out: BTreeMap<Severity, usize>,
}

impl<'a> Problems<'a> {
    /// None so far.
    pub(super) fn new(sources: &'a Sources<'a>) -> Problems<'a> {
        Problems { sources, list: Vec::new(), listed: BTreeMap::new(), left_out: BTreeMap::new() }
    }

    /// Adds an error.
    pub(super) fn error(&mut self, code: &str, span: &Span, message: impl Into<String>, hint: impl Into<String>) {
        self.add(Severity::Error, code, span, message, hint);
    }

    /// Adds a warning.
    pub(super) fn warning(&mut self, code: &str, span: &Span, message: impl Into<String>, hint: impl Into<String>) {
        self.add(Severity::Warning, code, span, message, hint);
    }

    /// Adds a problem. An empty hint is none.
    pub(super) fn add(
        &mut self,
        severity: Severity,
        code: &str,
        span: &Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        if self.is_full(severity) {
            return self.count(severity);
        }
        *self.listed.entry(severity).or_default() += 1;
        let hint = hint.into();
        let mut problem = Problem::new(code, severity, message).at(self.sources.place(span));
        problem.hint = (!hint.is_empty()).then_some(hint);
        self.list.push((span.file, problem));
    }

    /// Whether further problems of a severity are only counted: then there is no need to look for the nearest name.
    pub(super) fn is_full(&self, severity: Severity) -> bool {
        self.listed.get(&severity).is_some_and(|listed| *listed >= MOST_PROBLEMS)
    }

    /// Counts a problem that is not listed.
    pub(super) fn count(&mut self, severity: Severity) {
        *self.left_out.entry(severity).or_default() += 1;
    }

    /// Where a span is, in words: `Conf/HR.xml, line 3`.
    pub(super) fn words(&self, span: &Span) -> String {
        let (line, _) = self.sources.position(span);
        format!("{}, line {line}", self.sources.files[span.file].path)
    }

    /// All problems in the order of files, lines and columns.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        self.list.sort_by_key(|(file, problem)| {
            let (line, column) = problem.place.as_ref().map_or((0, 0), |place| (place.line, place.column));
            (*file, line, column)
        });
        let mut problems: Vec<Problem> = self.list.into_iter().map(|(_, problem)| problem).collect();
        for (severity, count) in self.left_out.into_iter().rev() {
            let message = format!("{count} more problems of this severity are not listed");
            let hint = "mend the problems above and check again";
            problems.push(Problem::new("more-problems", severity, message).hint(hint));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_stay_on_their_line() {
        let files = [("a.xml".to_owned(), "é<x\r\n<y/>".to_owned())];
        let sources = Sources::new(&files);
        let place = sources.place(&Span { file: 0, range: 2..9 });
        assert_eq!((place.line, place.column, place.length, place.text.as_str()), (1, 2, 3, "é<x"));
        let place = sources.place(&Span { file: 0, range: 100..200 });
        assert_eq!((place.line, place.column, place.length, place.text.as_str()), (2, 5, 1, "<y/>"));
        assert_eq!(sources.span_at(0, 2, 2).range, 7..8);
        assert_eq!(sources.span_at(0, 9, 9).range, 10..11);
    }
}
