//! Writing items back as files.

use super::dialect::{NAMESPACE, ROOT_ELEMENT};
use super::item::Item;
use std::fmt::Write;

/// File for items that came from none.
pub const DEFAULT_FILE: &str = "Configuration.xml";
/// Longest line before attributes go to lines of their own.
const WIDTH: usize = 120;

/// Path and text of the files that hold these items, in the order of their first item.
pub fn export(items: &[Item]) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for item in items {
        write_to(&mut files, path_of(item), item);
        for path in other_files(item) {
            write_to(&mut files, path, item);
        }
    }
    for (_, text) in &mut files {
        let body = std::mem::take(text);
        *text = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<{ROOT_ELEMENT} xmlns=\"{NAMESPACE}\">\n{body}</{ROOT_ELEMENT}>\n"
        );
    }
    files
}

fn path_of(item: &Item) -> &str {
    if item.file.is_empty() { DEFAULT_FILE } else { &item.file }
}

/// Files that add children to an item, in the order of their first child.
fn other_files(item: &Item) -> Vec<&str> {
    let mut paths: Vec<&str> = Vec::new();
    for path in item.children.iter().map(path_of) {
        if path != path_of(item) && !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

fn write_to(files: &mut Vec<(String, String)>, path: &str, item: &Item) {
    let at = files.iter().position(|(known, _)| known == path).unwrap_or_else(|| {
        files.push((path.to_owned(), String::new()));
        files.len() - 1
    });
    let text = &mut files[at].1;
    let children: Vec<&Item> = item.children.iter().filter(|child| path_of(child) == path).collect();
    if path == path_of(item) {
        element(text, item, &item.attributes, &children, 1);
    } else {
        let identifier: Vec<(String, String)> =
            item.attributes.iter().filter(|(name, _)| name == "Identifier").cloned().collect();
        element(text, item, &identifier, &children, 1);
    }
}

fn element(text: &mut String, item: &Item, attributes: &[(String, String)], children: &[&Item], depth: usize) {
    let indent = "  ".repeat(depth);
    let parts: Vec<String> = attributes.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    let length: usize = indent.len() + item.element.len() + parts.iter().map(|part| part.len() + 1).sum::<usize>() + 3;
    let separator = if length <= WIDTH { " ".to_owned() } else { format!("\n{indent}    ") };
    let _ = write!(text, "{indent}<{}", item.element);
    for part in &parts {
        let _ = write!(text, "{separator}{part}");
    }
    if children.is_empty() {
        text.push_str(" />\n");
        return;
    }
    text.push_str(">\n");
    for child in children {
        let own: Vec<&Item> = child.children.iter().collect();
        element(text, child, &child.attributes, &own, depth + 1);
    }
    let _ = writeln!(text, "{indent}</{}>", item.element);
}

/// An attribute value. Characters that XML cannot carry at all become U+FFFD.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\n' => text.push_str("&#xA;"),
            '\r' => text.push_str("&#xD;"),
            '\t' => text.push_str("&#x9;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => text.push('\u{fffd}'),
            _ => text.push(c),
        }
    }
    text
}
