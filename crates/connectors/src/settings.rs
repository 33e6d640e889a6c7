//! Settings of a connection, as `Connections.<identifier>` of the agent settings holds them.
//!
//! Values may be JSON booleans and numbers or their text, because environment variables carry text only; a list may
//! be an array or an object with the keys `0`, `1`, … for the same reason. Names are found whatever their letter case.

use provost_model::nearest;
use provost_model::{Problem, Severity, secret};
use serde_json::{Map, Value};
use std::fmt;

/// The settings of one connection. Printing them masks what is secret.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    connection: &'a str,
    value: &'a Value,
}

impl<'a> Settings<'a> {
    /// The settings of a connection. `value` is the object under its identifier, or null when there is none.
    pub fn new(connection: &'a str, value: &'a Value) -> Settings<'a> {
        Settings { connection, value }
    }

    /// `Connections.<identifier>.<setting>`, the name that messages use.
    pub fn path(&self, setting: &str) -> String {
        format!("Connections.{}.{setting}", self.connection)
    }

    /// A setting as it was written.
    pub(crate) fn value(&self, setting: &str) -> Option<&'a Value> {
        self.get(setting)
    }

    fn object(&self) -> Option<&'a Map<String, Value>> {
        self.value.as_object()
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        let object = self.object()?;
        let found = object
            .get(name)
            .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value));
        found.filter(|value| !value.is_null())
    }
}

impl fmt::Debug for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.connection, masked(self.value))
    }
}

/// Whether a setting of this name holds something that must not be printed. A connection string may hold a password
/// in any notation, so nothing of it is shown.
fn is_secret(name: &str) -> bool {
    secret::is_name(name) || name.to_ascii_lowercase().contains("connectionstring")
}

fn masked(value: &Value) -> Value {
    match value {
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| {
                let hidden = is_secret(key) && !value.is_null();
                (key.clone(), if hidden { Value::from("***") } else { masked(value) })
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(masked).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}

/// Reads typed values and collects every problem on the way.
pub(crate) struct Reader<'a> {
    settings: Settings<'a>,
    pub(crate) problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// Begins to read. `known` are all settings of the package: others are noted, with the nearest right name.
    pub(crate) fn new(settings: Settings<'a>, known: &[&str]) -> Reader<'a> {
        let mut reader = Reader { settings, problems: Vec::new() };
        match settings.value {
            Value::Object(object) => {
                object.keys().for_each(|key| reader.note_if_unknown(key, known));
            }
            Value::Null => {}
            _ => reader.problems.push(
                Problem::new(
                    "connection-settings",
                    Severity::Error,
                    format!("Connections.{} is not an object", settings.connection),
                )
                .hint("write { \"<setting>\": <value>, … }"),
            ),
        }
        reader
    }

    fn note_if_unknown(&mut self, key: &str, known: &[&str]) {
        if known.iter().any(|name| name.eq_ignore_ascii_case(key)) {
            return;
        }
        let path = self.settings.path(key);
        let problem =
            Problem::new("unknown-setting", Severity::Note, format!("{path} is not a setting of this package"));
        self.problems.push(match nearest::one(key, known.iter().copied()) {
            Some(name) => problem.hint(format!("did you mean \"{name}\"? As it stands it is ignored")),
            None => problem.hint("it is ignored, and may stay as a note"),
        });
    }

    /// Reports that a setting is wrong.
    pub(crate) fn wrong(&mut self, setting: &str, what: &str, expected: &str) {
        let message = format!("{}: {what}", self.settings.path(setting));
        self.problems
            .push(Problem::new("connection-settings", Severity::Error, message).hint(format!("expected {expected}")));
    }

    fn wrong_kind(&mut self, setting: &str, value: &Value, expected: &str) {
        let what = match value {
            _ if is_secret(setting) => "its value has the wrong type".to_owned(),
            Value::Object(_) => "it is an object".to_owned(),
            Value::Array(_) => "it is a list".to_owned(),
            other => format!("{other} does not fit"),
        };
        self.wrong(setting, &what, expected);
    }

    /// A text; an empty one counts as absent.
    pub(crate) fn text(&mut self, setting: &str) -> Option<String> {
        match self.settings.get(setting)? {
            Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            other => {
                self.wrong_kind(setting, other, "a text");
                None
            }
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, setting: &str, default: bool) -> bool {
        let Some(value) = self.settings.get(setting) else { return default };
        as_flag(value).unwrap_or_else(|| {
            self.wrong_kind(setting, value, "true or false");
            default
        })
    }

    /// `true` or `false`, which must be there.
    pub(crate) fn required_flag(&mut self, setting: &str) -> bool {
        if self.settings.get(setting).is_none() {
            self.wrong(setting, "it is missing", "true or false");
        }
        self.flag(setting, false)
    }

    /// A whole number from 0.
    pub(crate) fn count(&mut self, setting: &str, default: u64) -> u64 {
        let Some(value) = self.settings.get(setting) else { return default };
        as_count(value).unwrap_or_else(|| {
            self.wrong_kind(setting, value, "a whole number from 0");
            default
        })
    }

    /// The items of a list, each with the name that messages use for it.
    pub(crate) fn items(&mut self, setting: &str) -> Vec<(String, &'a Value)> {
        let items: Option<Vec<&Value>> = match self.settings.get(setting) {
            None => return Vec::new(),
            Some(Value::Array(items)) => Some(items.iter().collect()),
            Some(Value::Object(object)) => by_index(object),
            Some(_) => None,
        };
        let Some(items) = items else {
            self.wrong(setting, "it is not a list", "a list, [ … ]");
            return Vec::new();
        };
        items.into_iter().enumerate().map(|(i, value)| (format!("{setting}[{i}]"), value)).collect()
    }

    /// A list of non-empty texts.
    pub(crate) fn texts(&mut self, setting: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for (name, value) in self.items(setting) {
            match value.as_str().filter(|text| !text.is_empty()) {
                Some(text) => texts.push(text.to_owned()),
                None => self.wrong_kind(&name, value, "a text of at least one character"),
            }
        }
        texts
    }

    /// Settings of an item of a list, read in the same way.
    pub(crate) fn item<T: Default>(
        &mut self,
        name: &str,
        value: &'a Value,
        read: impl FnOnce(&mut Reader<'a>) -> T,
        known: &[&str],
    ) -> T {
        if !value.is_object() {
            self.wrong_kind(name, value, "an object, { … }");
            return T::default();
        }
        let mut inner = Reader::new(Settings { connection: self.settings.connection, value }, known);
        let result = read(&mut inner);
        let (outer, prefix) = (self.settings.path(""), self.settings.path(&format!("{name}.")));
        self.problems.extend(inner.problems.into_iter().map(|mut problem| {
            problem.message = problem.message.replacen(&outer, &prefix, 1);
            problem
        }));
        result
    }
}

fn as_flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn as_count(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The values of `{ "0": …, "1": … }` in the order of their keys.
fn by_index(object: &Map<String, Value>) -> Option<Vec<&Value>> {
    let mut items: Vec<(u32, &Value)> =
        object.iter().map(|(key, value)| key.parse().ok().map(|index| (index, value))).collect::<Option<_>>()?;
    items.sort_by_key(|(index, _)| *index);
    Some(items.into_iter().map(|(_, value)| value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_may_be_text_as_environment_variables_write_them() {
        let value = json!({"flag": "True", "Count": "3", "List": {"1": "b", "0": "a"}});
        let mut reader = Reader::new(Settings::new("HR", &value), &["Flag", "Count", "List"]);
        assert!(reader.flag("Flag", false));
        assert_eq!(reader.count("Count", 0), 3);
        assert_eq!(reader.texts("List"), ["a", "b"]);
        assert_eq!(reader.problems, []);
    }

    #[test]
    fn wrong_values_name_the_setting_and_what_was_expected() {
        let value = json!({"Flag": "yes", "Count": -1, "List": ["a", 2], "Flog": 1, "Remark": "x"});
        let mut reader = Reader::new(Settings::new("HR", &value), &["Flag", "Count", "List"]);
        reader.flag("Flag", false);
        reader.count("Count", 0);
        reader.texts("List");
        let told: Vec<String> = reader
            .problems
            .iter()
            .map(|p| format!("{}: {} ({})", p.severity, p.message, p.hint.as_deref().unwrap()))
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        note: Connections.HR.Flog is not a setting of this package (did you mean "Flag"? As it stands it is ignored)
        note: Connections.HR.Remark is not a setting of this package (it is ignored, and may stay as a note)
        error: Connections.HR.Flag: "yes" does not fit (expected true or false)
        error: Connections.HR.Count: -1 does not fit (expected a whole number from 0)
        error: Connections.HR.List[1]: 2 does not fit (expected a text of at least one character)
        "#);
    }

    #[test]
    fn secrets_are_masked_at_any_depth() {
        let value = json!({"Path": "a.csv", "Password": "p1", "ApplicationKey": "p2", "Deep": [{"ClientSecret": "p3"}],
            "ConnectionString": "p4", "OAuthToken": "p5", "Empty": null});
        let printed = format!("{0:?} {0}", Settings::new("HR", &value));
        assert!(!["p1", "p2", "p3", "p4", "p5"].iter().any(|secret| printed.contains(secret)), "{printed}");
        assert!(printed.contains("a.csv"));
    }
}
