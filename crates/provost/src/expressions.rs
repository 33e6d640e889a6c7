//! Expressions of a configuration: checked against the entity model, with the place of each mistake.

use provost_model::configuration::Parsed;
use provost_model::metadata::Metadata;
use provost_model::problem::Place;
use provost_model::{Problem, Severity};
use provost_pipeline::expression::catalogue::{self, Found};
use provost_pipeline::expression::program::{Part, Program, ProgramError};
use provost_pipeline::population::Reads;

/// Longest line that is shown with its mistake.
const LONGEST_LINE: usize = 300;

/// What is wrong with the expressions of a configuration that has no other errors. `files` are the paths and texts
/// that it was read from.
pub fn problems(parsed: &Parsed, files: &[(String, String)]) -> Vec<Problem> {
    let metadata = catalogue::undeployed(parsed.configuration.clone());
    of(&catalogue::compile(&parsed.items, &metadata), files)
}

/// What is wrong with compiled expressions.
pub fn of(found: &[Found<'_>], files: &[(String, String)]) -> Vec<Problem> {
    found.iter().filter_map(|found| Some(problem(found, found.program.as_ref().err()?, files))).collect()
}

/// What a program reads, for people: `FirstName, Department.Name`.
pub fn describe(metadata: &Metadata, entity_type: usize, program: &Program) -> String {
    let mut paths = Vec::new();
    gather(metadata, entity_type, program.reads(), "", &mut paths);
    for queried in program.queries().keys() {
        paths.push(format!("all of {}", metadata.entity_types[*queried].identifier));
    }
    if program.depends_on_time() {
        paths.push("the time".to_owned());
    }
    paths.join(", ")
}

fn gather(metadata: &Metadata, entity_type: usize, reads: &Reads, prefix: &str, paths: &mut Vec<String>) {
    let owner = &metadata.entity_types[entity_type];
    paths.extend(reads.values.iter().map(|property| format!("{prefix}{}", owner.properties[*property].identifier)));
    if reads.display_name {
        paths.push(format!("{prefix}InternalDisplayName"));
    }
    for (property, beyond) in &reads.links {
        let path = format!("{prefix}{}", owner.properties[*property].identifier);
        let end = (entity_type, *property);
        let target = metadata.associations.iter().find_map(|a| match (a.end1 == end, a.end2 == end) {
            (true, _) => Some(a.end2.0),
            (_, true) => Some(a.end1.0),
            _ => None,
        });
        match target {
            Some(target) if *beyond != Reads::default() => {
                gather(metadata, target, beyond, &format!("{path}."), paths);
            }
            _ => paths.push(path),
        }
    }
}

fn problem(found: &Found<'_>, error: &ProgramError, files: &[(String, String)]) -> Problem {
    let attribute = found.attribute_of(error.part);
    let code = if error.part == Part::Expression { "wrong-expression" } else { "wrong-binding" };
    let message = format!("{}: {}", found.path, error.message);
    let place = place(found, attribute, error, files);
    let problem = Problem::new(code, Severity::Error, message).hint(error.remedy.clone());
    Problem { place, ..problem }
}

/// Where a mistake stands in the files, if the element came from one.
pub fn place(found: &Found<'_>, attribute: &str, error: &ProgramError, files: &[(String, String)]) -> Option<Place> {
    let (_, text) = files.iter().find(|(path, _)| *path == found.item.file)?;
    let (line, column) = found.item.position?;
    let start = byte_at(text, line, column)?;
    let value = attribute_value(&text[start..], attribute)?;
    let (from, to) = (start + value.start, start + value.end);
    let whole = error.length == 0 && error.offset == 0;
    let (first, last) = match whole {
        true => (from, to),
        false => {
            let first = raw_offset(&text[from..to], error.offset) + from;
            (first, raw_offset(&text[first..to], error.length.max(1)) + first)
        }
    };
    Some(in_line(&found.item.file, text, first, last.max(first)))
}

/// The byte of a position that counts lines and characters from 1.
fn byte_at(text: &str, line: u32, column: u32) -> Option<usize> {
    let mut start = 0;
    for _ in 1..line {
        start += text[start..].find('\n')? + 1;
    }
    let within = text[start..].char_indices().nth(column as usize - 1);
    Some(start + within.map_or(text.len() - start, |(byte, _)| byte))
}

/// The bytes of an attribute's value in a start tag, which begins the text.
fn attribute_value(tag: &str, wanted: &str) -> Option<std::ops::Range<usize>> {
    let bytes = tag.as_bytes();
    let mut at = tag.find(|c: char| c.is_whitespace())?;
    loop {
        at += bytes[at..].iter().position(|b| !b.is_ascii_whitespace())?;
        if matches!(bytes[at], b'>' | b'/') {
            return None;
        }
        let equals = at + tag[at..].find('=')?;
        let name = tag[at..equals].trim();
        let open = equals + tag[equals..].find(['"', '\''])?;
        let close = open + 1 + tag[open + 1..].find(char::from(bytes[open]))?;
        if name.rsplit(':').next().is_some_and(|name| name.eq_ignore_ascii_case(wanted)) {
            return Some(open + 1..close);
        }
        at = close + 1;
    }
}

/// How many bytes of a raw value stand for so many characters of the decoded one.
fn raw_offset(raw: &str, characters: usize) -> usize {
    let mut at = 0;
    for _ in 0..characters {
        let rest = &raw[at..];
        let Some(c) = rest.chars().next() else { break };
        at += match c {
            '&' => rest.find(';').map_or(1, |end| end + 1),
            '\r' if rest[1..].starts_with('\n') => 2,
            other => other.len_utf8(),
        };
    }
    at
}

/// The place of some bytes; it ends with its first line.
fn in_line(file: &str, text: &str, first: usize, last: usize) -> Place {
    let line_start = text[..first].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[first..].find('\n').map_or(text.len(), |newline| first + newline);
    let count = |from: usize, to: usize| text.get(from..to).map_or(0, |part| part.chars().count());
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let line = text[line_start..line_end].trim_end_matches('\r');
    Place {
        file: file.to_owned(),
        line: narrow(text[..first].matches('\n').count() + 1),
        column: narrow(count(line_start, first) + 1),
        length: narrow(count(first, last.min(line_end))).max(1),
        text: if line.len() > LONGEST_LINE { String::new() } else { line.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_file() {
        let text = "<a>\n  <b X='1'\n     Y=\"é&quot;&#233;\r\nz>\"/>";
        let start = byte_at(text, 2, 3).unwrap();
        assert!(text[start..].starts_with("<b"));
        let value = attribute_value(&text[start..], "y").unwrap();
        let raw = &text[start + value.start..start + value.end];
        assert_eq!(raw, "é&quot;&#233;\r\nz>");
        assert_eq!([0, 1, 2, 3, 4, 9].map(|n| raw_offset(raw, n)), [0, 2, 8, 14, 16, 18]);
        assert_eq!(attribute_value(&text[start..], "Z"), None);
        let place = in_line("f", text, start + value.start, start + value.start + 8);
        assert_eq!((place.line, place.column, place.length), (3, 9, 7));
    }
}
