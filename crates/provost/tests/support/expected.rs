//! The exact expectations that come with the real data.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a step must find in one file.
pub struct Expected {
    file: Value,
}

impl Expected {
    pub fn load(step: &Path) -> BTreeMap<String, Expected> {
        let text = std::fs::read_to_string(step.join("expected.json")).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        json["files"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, file)| (name.clone(), Expected { file: file.clone() }))
            .collect()
    }

    /// Whether the step has a predecessor; the first one of a series only counts its rows, which are all inserted.
    pub fn compares(&self) -> bool {
        self.file.get("unchanged").is_some()
    }

    /// A counter.
    pub fn count(&self, name: &str) -> u64 {
        match name {
            "inserted" if !self.compares() => self.count("clean_rows"),
            "updated" | "deleted" | "unchanged" if !self.compares() => 0,
            _ => self.file[name].as_u64().unwrap_or_else(|| panic!("no {name}")),
        }
    }

    /// `inserted_keys` or `deleted_keys`.
    pub fn keys(&self, name: &str) -> BTreeSet<String> {
        self.file[name].as_array().unwrap().iter().map(|k| k.as_str().unwrap().to_owned()).collect()
    }

    /// Key → changed columns.
    pub fn updated(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.file["updated_keys"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, columns)| {
                let columns = columns.as_array().unwrap().iter().map(|c| c.as_str().unwrap().to_owned()).collect();
                (key.clone(), columns)
            })
            .collect()
    }
}
