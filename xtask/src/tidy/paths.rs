//! Documents name only what exists.

use super::{Finding, House, TextFile};

/// The document whose inline code is checked for paths. In all others only links are.
const MAP: &str = "ARCHITECTURE.md";

pub(crate) fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in house.texts.iter().filter(|file| file.path.ends_with(".md")) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (line, target) in links(file) {
            if !exists(house, &join(folder, &target)) {
                findings.push(Finding::new(
                    format!("{}:{line}", file.path),
                    format!("the link target `{target}` does not exist"),
                ));
            }
        }
        for (line, path) in code_spans(file).into_iter().filter(|(_, span)| file.path == MAP && is_path(span)) {
            if !exists(house, path.trim_end_matches('/')) {
                findings
                    .push(Finding::new(format!("{}:{line}", file.path), format!("the path `{path}` does not exist")));
            }
        }
    }
    findings
}

/// Targets of relative links, with their line. Addresses and anchors are left out.
fn links(file: &TextFile) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (i, line) in file.text.lines().enumerate() {
        for (at, opening) in line.match_indices("](") {
            let target: String = line[at + opening.len()..].chars().take_while(|c| *c != ')').collect();
            let path = target.split('#').next().unwrap_or_default().to_owned();
            if !path.is_empty() && !path.contains(':') {
                found.push((i + 1, path));
            }
        }
    }
    found
}

/// Inline code, with its line.
fn code_spans(file: &TextFile) -> Vec<(usize, String)> {
    let lines = file.text.lines().enumerate();
    lines.flat_map(|(i, line)| line.split('`').skip(1).step_by(2).map(move |span| (i + 1, span.to_owned()))).collect()
}

/// Whether inline code is meant as a path of the working copy.
fn is_path(span: &str) -> bool {
    const ROOMS: &[&str] = &["crates/", "xtask/", "examples/", "docs/", "benches/", ".ci/", ".cargo/"];
    let is_word = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let is_file = [".md", ".toml", ".rs", ".xml"].iter().any(|ending| span.ends_with(ending));
    (ROOMS.iter().any(|room| span.starts_with(room)) || is_file) && span.chars().all(is_word)
}

fn exists(house: &House, path: &str) -> bool {
    let inside = format!("{path}/");
    path.is_empty() || house.paths.iter().any(|known| known == path || known.starts_with(&inside))
}

/// Joins a relative link to the folder of its document.
fn join(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::house_of;
    use super::*;

    #[test]
    fn dead_links_and_paths_are_found() {
        let house = house_of(&[
            ("ARCHITECTURE.md", "`crates/model/src/ids.rs` `crates/model/` `crates/attic/` `a/b`\n[docs](docs/a.md)\n"),
            ("docs/a.md", "[up](../ARCHITECTURE.md#rooms) [gone](b.md) [web](https://example.com) `crates/attic/`\n"),
            ("crates/model/src/ids.rs", ""),
        ]);
        let found: Vec<String> = check(&house).iter().map(Finding::to_string).collect();
        assert_eq!(
            found,
            [
                "ARCHITECTURE.md:1: the path `crates/attic/` does not exist",
                "docs/a.md:1: the link target `b.md` does not exist",
            ]
        );
    }
}
