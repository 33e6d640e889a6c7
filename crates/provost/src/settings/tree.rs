//! Settings of several sources laid over each other; each value remembers where it came from.

use super::json::{Json, Node, Span};
use serde_json::{Map, Value};
use std::fmt;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The engine's own.
    Default,
    /// A file of the home folder.
    File {
        /// Its name.
        file: &'static str,
        /// Where in it.
        span: Span,
    },
    /// An environment variable.
    Environment(String),
    /// A flag.
    Flag(&'static str),
    /// Where a setting said that its secret is.
    Elsewhere {
        /// `file PATH`, `environment NAME`, `command PROGRAM`.
        source: String,
        /// Who said so.
        named: Box<Origin>,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File { file, span } => write!(f, "{file}:{}:{}", span.line, span.column),
            Origin::Environment(name) => write!(f, "environment {name}"),
            Origin::Flag(name) => write!(f, "flag {name}"),
            Origin::Elsewhere { source, named } => write!(f, "{source}, named in {named}"),
        }
    }
}

/// A setting or a section of settings.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// A section: names in order of first appearance, found without regard to letter case.
    Section(Vec<(String, Tree)>),
    /// A list. A later source replaces it as a whole, but an environment variable may replace one item.
    List(Vec<Tree>, Origin),
    /// A single value.
    Leaf(Value, Origin),
}

impl Default for Tree {
    fn default() -> Tree {
        Tree::Section(Vec::new())
    }
}

impl Tree {
    /// The settings of a file.
    pub fn of_file(json: Json, file: &'static str) -> Tree {
        let origin = Origin::File { file, span: json.span };
        match json.node {
            Node::Object(members) => {
                Tree::Section(members.into_iter().map(|(key, _, value)| (key, Tree::of_file(value, file))).collect())
            }
            Node::Array(items) => Tree::List(items.into_iter().map(|item| Tree::of_file(item, file)).collect(), origin),
            Node::Scalar(value) => Tree::Leaf(value, origin),
        }
    }

    /// The child with this name (or this position, in a list).
    pub fn get(&self, name: &str) -> Option<&Tree> {
        match self {
            Tree::Section(children) => {
                children.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, child)| child)
            }
            Tree::List(items, _) => items.get(name.parse::<usize>().ok()?),
            Tree::Leaf(..) => None,
        }
    }

    /// What stands at a path of names, `Scheduler:Enabled`.
    pub fn at(&self, path: &str) -> Option<&Tree> {
        path.split(':').try_fold(self, |tree, name| tree.get(name))
    }

    /// Lays `over` on top: sections are merged name by name, everything else is replaced.
    pub fn lay(&mut self, over: Tree) {
        match (self, over) {
            (Tree::Section(base), Tree::Section(over)) => {
                for (key, child) in over {
                    match base.iter_mut().find(|(other, _)| other.eq_ignore_ascii_case(&key)) {
                        Some((_, old)) => old.lay(child),
                        None => base.push((key, child)),
                    }
                }
            }
            (base, over) => *base = over,
        }
    }

    /// Puts a text at a path, making the sections that lead to it. It takes the type of the value that it replaces.
    pub fn put(&mut self, path: &[&str], text: &str, origin: Origin) {
        let Some((name, rest)) = path.split_first() else {
            let value = match self {
                Tree::Leaf(old, _) => like(old, text),
                _ => Value::from(text),
            };
            *self = Tree::Leaf(value, origin);
            return;
        };
        if let Tree::List(items, _) = self
            && let Ok(index) = name.parse::<usize>()
            && index <= items.len()
        {
            if index == items.len() {
                items.push(Tree::empty(rest));
            }
            return items[index].put(rest, text, origin);
        }
        if !matches!(self, Tree::Section(_)) {
            *self = Tree::default();
        }
        let Tree::Section(children) = self else {
            return;
        };
        let position = children.iter().position(|(key, _)| key.eq_ignore_ascii_case(name)).unwrap_or_else(|| {
            children.push(((*name).to_owned(), Tree::empty(rest)));
            children.len() - 1
        });
        children[position].1.put(rest, text, origin);
    }

    /// What a new name holds before `rest` is put into it.
    fn empty(rest: &[&str]) -> Tree {
        match rest.first() {
            Some(&"0") => Tree::List(Vec::new(), Origin::Default),
            _ => Tree::default(),
        }
    }

    /// As plain JSON.
    pub fn to_json(&self) -> Value {
        match self {
            Tree::Section(children) => {
                Value::Object(children.iter().map(|(key, child)| (key.clone(), child.to_json())).collect::<Map<_, _>>())
            }
            Tree::List(items, _) => Value::Array(items.iter().map(Tree::to_json).collect()),
            Tree::Leaf(value, _) => value.clone(),
        }
    }

    /// Every single value with its path; empty sections and lists count as values.
    pub fn leaves(&self) -> Vec<(String, Value, Origin)> {
        let mut found = Vec::new();
        self.collect(String::new(), &mut found);
        found
    }

    fn collect(&self, path: String, found: &mut Vec<(String, Value, Origin)>) {
        let below = |name: &str| {
            if path.is_empty() { name.to_owned() } else { format!("{path}:{name}") }
        };
        match self {
            Tree::Section(children) => children.iter().for_each(|(key, child)| child.collect(below(key), found)),
            Tree::List(items, origin) if items.is_empty() => found.push((path, Value::Array(vec![]), origin.clone())),
            Tree::List(items, _) => {
                items.iter().enumerate().for_each(|(i, child)| child.collect(below(&i.to_string()), found));
            }
            Tree::Leaf(value, origin) => found.push((path, value.clone(), origin.clone())),
        }
    }
}

/// `text` as a value of the type of `old`, where it can be read as one.
fn like(old: &Value, text: &str) -> Value {
    let read = match old {
        Value::Bool(_) => text.to_ascii_lowercase().parse::<bool>().ok().map(Value::from),
        Value::Number(_) => serde_json::from_str::<serde_json::Number>(text).ok().map(Value::Number),
        _ => None,
    };
    read.unwrap_or_else(|| Value::from(text))
}

#[cfg(test)]
mod tests {
    use super::super::json::parse;
    use super::*;

    fn tree(text: &str) -> Tree {
        Tree::of_file(parse("a.json", text).unwrap(), "a.json")
    }

    #[test]
    fn later_sources_win_name_by_name_and_lists_are_replaced() {
        let mut base = tree(r#"{"A": {"x": 1, "y": [1, 2]}, "B": "b"}"#);
        base.lay(tree(r#"{"a": {"Y": [3], "z": true}}"#));
        assert_eq!(base.to_json(), serde_json::json!({"A": {"x": 1, "y": [3], "z": true}, "B": "b"}));
        assert_eq!(base.at("A:Y:0").unwrap().to_json(), 3);
        assert_eq!(base.at("A:nothing"), None);
    }

    #[test]
    fn a_variable_takes_the_type_of_what_it_replaces() {
        let mut base = tree(r#"{"A": {"flag": false, "n": 1, "list": [{"s": "x"}]}}"#);
        let origin = || Origin::Environment("E".to_owned());
        base.put(&["a", "Flag"], "TRUE", origin());
        base.put(&["a", "n"], "17", origin());
        base.put(&["a", "list", "0", "s"], "17", origin());
        base.put(&["a", "list", "1", "s"], "new", origin());
        base.put(&["New", "0"], "true", origin());
        let expected = serde_json::json!(
            {"A": {"flag": true, "n": 17, "list": [{"s": "17"}, {"s": "new"}]}, "New": ["true"]});
        assert_eq!(base.to_json(), expected);
        let (path, value, from) = base.leaves().remove(0);
        assert_eq!((path.as_str(), value, from.to_string().as_str()), ("A:flag", Value::from(true), "environment E"));
    }
}
