//! Settings of a home without what is secret in them.

use crate::report::Report;
use crate::settings::secrets::is_reference;
use crate::settings::{AGENT_FILE, SERVER_FILE, json, mask, tree::Tree};
use serde_json::{Map, Value};
use std::path::Path;

/// The files of settings that a backup holds.
pub(super) const FILES: &[&str] = &[SERVER_FILE, AGENT_FILE];

/// A file of settings without its secrets, whose paths are added to `withheld`; `None` when there is no such file.
///
/// # Errors
/// It cannot be read.
pub(super) fn open(home: &Path, name: &'static str, withheld: &mut Vec<String>) -> Result<Option<String>, Report> {
    let path = home.join(name);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Report::io("read", &path, &error)),
    };
    let parsed = json::parse(name, &text).map_err(|problem| {
        Report::with_problems(crate::report::Kind::Usage, "invalid-settings", "cannot be used", vec![*problem])
    })?;
    let value = without_secrets("", Tree::of_file(parsed, name).to_json(), withheld).unwrap_or_default();
    Ok(Some(format!("{value:#}\n")))
}

fn without_secrets(path: &str, value: Value, withheld: &mut Vec<String>) -> Option<Value> {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}:{name}") };
    match value {
        // Where a secret is may be told.
        Value::Object(members) if is_reference(path, members.keys().map(String::as_str)) => {
            Some(Value::Object(members))
        }
        Value::Object(members) => {
            let kept = members
                .into_iter()
                .filter_map(|(name, value)| Some((name.clone(), without_secrets(&below(&name), value, withheld)?)));
            Some(Value::Object(kept.collect::<Map<_, _>>()))
        }
        // A list stays whole, or its places would change.
        Value::Array(items) => {
            let mut inner = Vec::new();
            let places = items.iter().enumerate();
            places.for_each(|(i, item)| drop(without_secrets(&below(&i.to_string()), item.clone(), &mut inner)));
            if inner.is_empty() {
                return Some(Value::Array(items));
            }
            withheld.push(path.to_owned());
            None
        }
        leaf if mask::shown(path, &leaf) == leaf => Some(leaf),
        _ => {
            withheld.push(path.to_owned());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_secret_is_left_out_and_named() {
        let mut withheld = Vec::new();
        let value = json!({"ConnectionString": "host=h password=p", "MaxPageSize": 5, "OpenId": {"OpenIdClients": {"Job": "s"},
            "AgentIdentifier": "a"}, "Connections": {"AD": {"Servers": [{"Server": "x", "Password": "y"}], "Filter": ["a"]}}});
        let open = without_secrets("", value, &mut withheld);
        assert_eq!(
            open,
            Some(json!({"MaxPageSize": 5, "OpenId": {"OpenIdClients": {}, "AgentIdentifier": "a"},
                "Connections": {"AD": {"Filter": ["a"]}}}))
        );
        assert_eq!(withheld, ["ConnectionString", "OpenId:OpenIdClients:Job", "Connections:AD:Servers"]);
    }
}
