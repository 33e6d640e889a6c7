//! Settings in environment variables: `Section__Key`, as .NET spells it, or `PROVOST__Section__Key`.

use super::keys;
use super::tree::{Origin, Tree};

/// Prefix that makes a variable ours beyond doubt.
const PREFIX: &str = "PROVOST__";

/// Lays the variables that name settings over `tree`; prefixed ones win over plain ones. Others are left alone: an
/// environment holds many variables that are not ours.
pub fn apply(tree: &mut Tree, variables: &[(String, String)]) {
    let mut sorted: Vec<&(String, String)> = variables.iter().collect();
    sorted.sort();
    for (name, text) in sorted.iter().filter(|(name, _)| is_plain(name)) {
        let path: Vec<&str> = name.split("__").collect();
        tree.put(&path, text, Origin::Environment(name.clone()));
    }
    for (name, text) in &sorted {
        if let Some(rest) = name.strip_prefix(PREFIX).filter(|rest| !rest.is_empty()) {
            let path: Vec<&str> = rest.split("__").collect();
            tree.put(&path, text, Origin::Environment(name.clone()));
        }
    }
}

/// Whether a variable without prefix names a setting. A single name must be spelt exactly: `LICENSE` or `AGENTS` may be
/// somebody else's.
fn is_plain(name: &str) -> bool {
    let known = keys::names_under("");
    match name.split_once("__") {
        None => known.contains(&name),
        Some((section, rest)) => !rest.is_empty() && known.iter().any(|key| key.eq_ignore_ascii_case(section)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_variables_that_name_settings_are_taken() {
        let mut tree = Tree::default();
        let variables = [
            ("CONNECTIONS__HR__Path", "plain"),
            ("PROVOST__Connections__HR__Path", "ours"),
            ("ConnectionString", "db"),
            ("LICENSE", "MIT"),
            ("npm__config", "x"),
            ("PROVOST_HOME", "/h"),
            ("PROVOST__", "x"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()));
        apply(&mut tree, &variables);
        assert_eq!(
            tree.to_json(),
            serde_json::json!({"CONNECTIONS": {"HR": {"Path": "ours"}}, "ConnectionString": "db"})
        );
    }
}
