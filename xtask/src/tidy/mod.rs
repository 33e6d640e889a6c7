//! Checks that the compiler cannot make: who may use whom, how many packages, how long, which words, which paths.

mod configurations;
mod dependencies;
mod generated;
mod graph;
mod paths;
mod rooms;
mod rust;
mod sizes;
mod words;

use crate::shell::{self, Doing, Failure};
use std::fmt;

/// Something that a check found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// File and line, or package.
    place: String,
    /// What is wrong and what to do about it.
    message: String,
}

impl Finding {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Finding {
        Finding { place: place.into(), message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// A text file of the working copy, with its path from the root.
pub(crate) struct TextFile {
    path: String,
    text: String,
}

/// What the checks look at.
pub(crate) struct House {
    /// Every file under version control, or about to be, that holds UTF-8 text.
    texts: Vec<TextFile>,
    /// Path of every file, binary ones included.
    paths: Vec<String>,
    /// The packages of the workspace and all that they use.
    graph: graph::Graph,
}

type Check = fn(&House) -> Vec<Finding>;

/// Every check by name.
const CHECKS: &[(&str, Check)] = &[
    ("rooms", rooms::check),
    ("dependencies", dependencies::check),
    ("sizes", sizes::check),
    ("words", words::check),
    ("paths", paths::check),
    ("configurations", configurations::check),
    ("generated pages", generated::check),
];

/// `cargo xtask tidy`.
pub(crate) fn run(_: &[String]) -> Result<(), Failure> {
    let house = House::read()?;
    let mut n_findings = 0;
    for (name, check) in CHECKS {
        let findings = check(&house);
        println!("tidy: {name}: {}", if findings.is_empty() { "ok" } else { "not ok" });
        findings.iter().for_each(|finding| println!("  {finding}"));
        n_findings += findings.len();
    }
    match n_findings {
        0 => Ok(()),
        n => Err(Failure::new(format!("{n} findings"))),
    }
}

impl House {
    fn read() -> Result<House, Failure> {
        let listed = shell::output(shell::command("git").args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]))?;
        let mut house = House { texts: Vec::new(), paths: Vec::new(), graph: graph::Graph::read()? };
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            let file = shell::root().join(path);
            if !file.is_file() {
                continue;
            }
            house.paths.push(path.to_owned());
            let bytes = std::fs::read(&file).doing(format_args!("read {path}"))?;
            if let Ok(text) = String::from_utf8(bytes) {
                house.texts.push(TextFile { path: path.to_owned(), text });
            }
        }
        Ok(house)
    }

    /// The Rust files.
    fn rust(&self) -> impl Iterator<Item = &TextFile> {
        self.texts.iter().filter(|file| file.path.ends_with(".rs"))
    }
}

#[cfg(test)]
fn house_of(files: &[(&str, &str)]) -> House {
    House {
        texts: files.iter().map(|(path, text)| TextFile { path: (*path).into(), text: (*text).into() }).collect(),
        paths: files.iter().map(|(path, _)| (*path).into()).collect(),
        graph: graph::Graph::default(),
    }
}
