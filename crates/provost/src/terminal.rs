//! What the output streams can show, and how wide text is on them.

use anstyle::Style;
use std::io::IsTerminal;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Widest text drawn when the width of the terminal is unknown.
const USUAL_WIDTH: usize = 100;

/// One output stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// A person reads it directly.
    pub interactive: bool,
    /// Styles may be written.
    pub colour: bool,
    /// Columns.
    pub width: usize,
}

impl Terminal {
    /// Standard output as it is.
    pub fn stdout() -> Terminal {
        Terminal::of(std::io::stdout().is_terminal())
    }

    /// Standard error as it is.
    pub fn stderr() -> Terminal {
        Terminal::of(std::io::stderr().is_terminal())
    }

    /// A stream that nobody watches: no colour, no truncation.
    pub fn plain() -> Terminal {
        Terminal { interactive: false, colour: false, width: USUAL_WIDTH }
    }

    fn of(interactive: bool) -> Terminal {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|v| v == "dumb");
        let width = terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| usize::from(width.0).max(40));
        Terminal { interactive, colour: interactive && !refused && !dumb, width }
    }

    /// The same with fewer columns, for what is written behind an indentation.
    pub fn narrowed(&self, columns: usize) -> Terminal {
        Terminal { width: self.width.saturating_sub(columns), ..*self }
    }

    /// Prose broken between words so that it fits behind `hang` columns, which the later lines begin with. Only a
    /// terminal breaks lines: elsewhere a sentence stays one line.
    pub fn folded(&self, text: &str, hang: usize) -> String {
        if !self.interactive {
            return text.to_owned();
        }
        let room = self.width.saturating_sub(hang).max(20);
        fold(text, room).join(&format!("\n{}", " ".repeat(hang)))
    }

    /// `text` in `style` where styles may be written.
    pub fn paint(&self, style: Style, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Columns that `text` takes on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` on one line that a terminal cannot misread: a tab becomes spaces up to the next multiple of four columns
/// after `column`, other control characters become a replacement character.
pub fn printable(text: &str, column: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = column;
    for c in text.chars() {
        if c == '\t' {
            let gap = 4 - at % 4;
            out.extend(std::iter::repeat_n(' ', gap));
            at += gap;
        } else {
            let c = if is_hostile(c) { '\u{fffd}' } else { c };
            at += c.width().unwrap_or(0);
            out.push(c);
        }
    }
    out
}

/// Control characters, and the marks that reorder text on screen.
fn is_hostile(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// `text` broken between words into lines of at most `columns`; a longer word has a line of its own.
pub fn fold(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for (i, word) in text.split(' ').enumerate() {
        if i > 0 && used > 0 && used + 1 + width(word) > columns {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += width(word);
        }
    }
    lines
}

/// `text` cut to at most `columns`, with an ellipsis where something is missing.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w + 1 > columns {
            break;
        }
        used += w;
        out.push(c);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_align_and_escapes_are_defused() {
        assert_eq!(printable("\ta\tb", 0), "    a   b");
        assert_eq!(printable("ab\tc", 2), "ab    c");
        assert_eq!(printable("x\u{1b}[31m\u{202e}y", 0), "x\u{fffd}[31m\u{fffd}y");
    }

    #[test]
    fn prose_is_folded_on_terminals_only() {
        let terminal = Terminal { interactive: true, width: 23, ..Terminal::plain() };
        assert_eq!(terminal.folded("one two three four five six", 3), "one two three four\n   five six");
        assert_eq!(
            terminal.folded("a-word-that-is-longer-than-a-line b", 3),
            "a-word-that-is-longer-than-a-line\n   b"
        );
        assert_eq!(Terminal::plain().narrowed(90).folded("one two three four", 3), "one two three four");
    }

    #[test]
    fn cutting_counts_columns_not_characters() {
        assert_eq!(cut("日本語です", 10), "日本語です");
        assert_eq!(cut("日本語です", 9), "日本語で…");
        assert_eq!(cut("日本語です", 8), "日本語…");
        assert_eq!(cut("plain", 5), "plain");
        assert_eq!(cut("plainer", 5), "plai…");
    }
}
