//! One problem with its line of text and a caret below the place.

use crate::report::{HELP, heading, style};
use crate::terminal::{Terminal, printable, width};
use anstyle::{AnsiColor, Style};
use provost_model::Problem;
use provost_model::problem::Place;

const FRAME: Style = AnsiColor::Blue.on_default().bold();

/// Columns shown before the place when its line is too long for the terminal.
const LEAD: usize = 30;

/// The problem as rustc would write it, ending with a line feed.
pub(crate) fn render(problem: &Problem, terminal: &Terminal) -> String {
    let mut out = heading(problem.severity, Some(&problem.code), &problem.message, terminal);
    let gutter = problem.place.as_ref().map_or(1, |p| p.line.to_string().len());
    let bar = |content: &str| format!("{} {} {content}", " ".repeat(gutter), terminal.paint(FRAME, "|"));
    if let Some(place) = &problem.place {
        let arrow = terminal.paint(FRAME, "-->");
        out.push_str(&format!("{}{arrow} {}:{}:{}\n", " ".repeat(gutter), place.file, place.line, place.column));
        if !place.text.trim().is_empty() {
            let (line, blank, carets) = excerpt(place, terminal.width.saturating_sub(gutter + 3));
            let number = terminal.paint(FRAME, &format!("{:>gutter$} |", place.line));
            let carets = terminal.paint(style(problem.severity), &"^".repeat(carets));
            out.push_str(&format!("{}\n{number} {line}\n", bar("").trim_end()));
            out.push_str(&format!("{}\n", bar(&format!("{}{carets}", " ".repeat(blank)))));
        }
    }
    for (i, line) in problem.hint.iter().flat_map(|hint| hint.lines()).enumerate() {
        let label = match i {
            0 => format!("{} {}", terminal.paint(FRAME, "="), terminal.paint(HELP, "help:")),
            _ => " ".repeat("= help:".len()),
        };
        out.push_str(&format!("{} {label} {line}\n", " ".repeat(gutter)));
    }
    out
}

/// The part of the line to show, the columns before the caret, and the number of carets.
fn excerpt(place: &Place, columns: usize) -> (String, usize, usize) {
    let start = (place.column.max(1) - 1) as usize;
    let end = start + place.length.max(1) as usize;
    let byte = |n: usize| place.text.char_indices().nth(n).map_or(place.text.len(), |(i, _)| i);
    let before = printable(&place.text[..byte(start)], 0);
    let at = width(&before);
    let marked = printable(&place.text[byte(start)..byte(end)], at);
    let after = printable(&place.text[byte(end)..], at + width(&marked));
    let whole = at + width(&marked) + width(&after);
    let columns = columns.max(LEAD + 20);
    if whole <= columns {
        let line = format!("{before}{marked}{after}");
        return (line.trim_end().to_owned(), at, width(&marked).max(1));
    }
    let (before, shown) = tail(&before, LEAD);
    let rest = columns - shown;
    let line = format!("{before}{}", crate::terminal::cut(&format!("{marked}{after}"), rest));
    (line, shown, width(&marked).clamp(1, rest))
}

/// The last `columns` of `text` (with an ellipsis before what is left out), and their width.
fn tail(text: &str, columns: usize) -> (String, usize) {
    if width(text) <= columns {
        return (text.to_owned(), width(text));
    }
    let mut kept: Vec<char> = Vec::new();
    let mut used = 1;
    for c in text.chars().rev() {
        let w = unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used + w > columns {
            break;
        }
        used += w;
        kept.push(c);
    }
    kept.push('…');
    (kept.into_iter().rev().collect(), used)
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_model::Severity;

    fn place(text: &str, line: u32, column: u32, length: u32) -> Place {
        Place { file: "Conf/HR.xml".to_owned(), line, column, length, text: text.to_owned() }
    }

    fn shown(place: Place) -> String {
        let problem =
            Problem::new("unknown-attribute", Severity::Error, "unknown attribute \"Identifer\" on <EntityType>")
                .hint("did you mean \"Identifier\"?")
                .at(place);
        render(&problem, &Terminal::plain())
    }

    #[test]
    fn the_caret_stands_below_the_place() {
        insta::assert_snapshot!(shown(place("  <EntityType Identifer=\"HR\">", 12, 15, 9)), @r#"
        error[unknown-attribute]: unknown attribute "Identifer" on <EntityType>
          --> Conf/HR.xml:12:15
           |
        12 |   <EntityType Identifer="HR">
           |               ^^^^^^^^^
           = help: did you mean "Identifier"?
        "#);
    }

    #[test]
    fn tabs_and_wide_characters_keep_the_caret_right() {
        insta::assert_snapshot!(shown(place("\t<T 名前=\"人事\" Identifer=\"é\">", 7, 13, 9)), @r#"
        error[unknown-attribute]: unknown attribute "Identifer" on <EntityType>
         --> Conf/HR.xml:7:13
          |
        7 |     <T 名前="人事" Identifer="é">
          |                    ^^^^^^^^^
          = help: did you mean "Identifier"?
        "#);
    }

    #[test]
    fn a_long_line_is_shown_around_the_place() {
        let text = format!("{}Identifer{}", "a".repeat(5000), "b".repeat(5000));
        insta::assert_snapshot!(shown(place(&text, 1, 5001, 9)), @r#"
        error[unknown-attribute]: unknown attribute "Identifer" on <EntityType>
         --> Conf/HR.xml:1:5001
          |
        1 | …aaaaaaaaaaaaaaaaaaaaaaaaaaaaaIdentiferbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…
          |                               ^^^^^^^^^
          = help: did you mean "Identifier"?
        "#);
    }

    #[test]
    fn a_place_past_the_end_of_its_line_is_still_marked() {
        insta::assert_snapshot!(shown(place("<A", 1, 40, 3)), @r#"
        error[unknown-attribute]: unknown attribute "Identifer" on <EntityType>
         --> Conf/HR.xml:1:40
          |
        1 | <A
          |   ^
          = help: did you mean "Identifier"?
        "#);
    }

    #[test]
    fn a_problem_without_a_place_is_two_lines() {
        let problem = Problem::new("no-agent", Severity::Warning, "no agent is configured").hint("add an <Agent>");
        insta::assert_snapshot!(render(&problem, &Terminal::plain()), @r"
        warning[no-agent]: no agent is configured
          = help: add an <Agent>
        ");
    }
}
