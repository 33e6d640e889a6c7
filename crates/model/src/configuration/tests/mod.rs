//! Tests of the whole road: text in, problems, items, plans and files out.

mod access;
mod inventory;
mod jobs;
mod planning;
mod policy;
mod problems;
mod reading;
mod round_trip;
mod schema;

use super::*;

/// A file with these elements in it.
fn file(elements: &str) -> String {
    format!("<ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\">\n{elements}\n</ConfigurationFile>")
}

/// Reads one file with these elements in it.
fn read(elements: &str) -> Parsed {
    parse(&[("conf.xml".to_owned(), file(elements))])
}
