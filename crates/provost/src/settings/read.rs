//! From files to typed settings, gathering every problem.

use super::json::{self, Json};
use super::keys::{Holds, KEYS, is_closed, names_under};
use super::tree::{Origin, Tree};
use super::{Calling, Databases, Jobs, Settings, SqlTask};
use crate::logging::Level;
use crate::report::{Kind, Report};
use provost_model::nearest;
use provost_model::{Problem, Severity};
use provost_server::Retention;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The files that were read, and what is wrong in them.
#[derive(Default)]
pub(super) struct Sources {
    files: Vec<(&'static str, String, Option<Json>)>,
    pub(super) problems: Vec<Problem>,
}

impl Sources {
    /// A file of the home folder as a layer of settings; `None` when it does not exist or is not JSON (which is then
    /// among the problems).
    pub(super) fn file(&mut self, home: &Path, name: &'static str) -> Result<Option<Tree>, Report> {
        let path = home.join(name);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Report::io("read", &path, &error)),
        };
        let Ok(text) = String::from_utf8(bytes) else {
            let text = format!("{} is not UTF-8 text", path.display());
            return Err(Report::new(Kind::Usage, "invalid-settings", text).hint("save the file as UTF-8"));
        };
        let parsed = json::parse(name, &text).and_then(|json| object(name, &text, json));
        let (json, problem) = match parsed {
            Ok(json) => (Some(json), None),
            Err(problem) => (None, Some(*problem)),
        };
        self.problems.extend(problem);
        let tree = json.clone().map(|json| Tree::of_file(json, name));
        self.files.push((name, text, json));
        Ok(tree)
    }

    /// The problem, placed where the value was given.
    pub(super) fn placed(&self, problem: Problem, origin: &Origin) -> Problem {
        match origin {
            Origin::File { file, span } => match self.files.iter().find(|(name, ..)| name == file) {
                Some((_, text, _)) => problem.at(json::place(file, text.trim_start_matches('\u{feff}'), *span)),
                None => problem,
            },
            _ => problem,
        }
    }
}

fn object(file: &str, text: &str, json: Json) -> Result<Json, Box<Problem>> {
    match json.node {
        json::Node::Object(_) => Ok(json),
        _ => Err(Box::new(
            Problem::new("invalid-json", Severity::Error, "settings are one JSON object")
                .hint("write { \"Name\": value, … }")
                .at(json::place(file, text, json.span)),
        )),
    }
}

/// The engine's defaults.
pub(super) fn defaults() -> Tree {
    let mut tree = Tree::default();
    for key in KEYS {
        if let Some(text) = key.default {
            let path: Vec<&str> = key.path.split(':').collect();
            tree.put(&path, text, Origin::Default);
        }
    }
    tree
}

/// The typed settings; `None` when a value is of the wrong type, which is then among the problems.
pub(super) fn typed(home: &Path, tree: Tree, sources: &mut Sources) -> Option<Settings> {
    for key in KEYS {
        if let Some(value) = tree.at(key.path) {
            check(key.path, key.holds, value, sources);
        }
    }
    let log_level = log_level(&tree, sources);
    let home = std::path::absolute(home).unwrap_or_else(|_| home.to_owned());
    let text = |path: &str| tree.at(path).and_then(as_text).filter(|text| !text.is_empty());
    let folder = |path: &str| text(path).map(|text| home.join(text));
    let given = |path: &str| !matches!(tree.at(path), None | Some(Tree::Leaf(_, Origin::Default)));
    let settings = Settings {
        connection_string: text("ConnectionString").filter(|_| given("ConnectionString")),
        temp: folder("TempFolderPath")?,
        work: folder("WorkFolderPath")?,
        default_page_size: tree.at("DefaultPageSize").and_then(as_number)?,
        max_page_size: tree.at("MaxPageSize").and_then(as_number)?,
        retention: Retention {
            sessions: tree.at("Retention:Sessions").and_then(as_number)?,
            days: tree.at("Retention:Days").and_then(as_number)?,
        },
        log_level: log_level?,
        agent_identifier: text("OpenId:AgentIdentifier"),
        not_use_agent: tree.at("NotUseAgent").and_then(as_bool).unwrap_or(false),
        calling: Calling {
            client: text("OpenId:DefaultOpenIdClient"),
            secrets: texts(tree.at("OpenId:OpenIdClients")),
            certificate: folder("ServerCertificate"),
            binds_tokens: tree.at("OpenId:BindTokens").and_then(as_bool).unwrap_or(false),
        },
        largest_file: u64::from(tree.at("Uploads:MaxFileMegabytes").and_then(as_number)?) << 20,
        jobs: Jobs {
            max_task_batch_size: tree.at("Jobs:MaxTaskBatchSize").and_then(as_number),
            lease_seconds: tree.at("Jobs:LeaseSeconds").and_then(as_number),
            launch_timeout: tree.at("JobLaunchTimeout").and_then(as_number),
            task_timeout_supplement: tree.at("TaskTimeoutSupplement").and_then(as_number),
            scheduler: tree.at("Scheduler:Enabled").and_then(as_bool),
        },
        connections: match tree.at("Connections").map(Tree::to_json) {
            Some(Value::Object(connections)) => connections,
            _ => Map::new(),
        },
        serving: super::serving::serving(&home, &tree, sources),
        sources_root_paths: roots(&home, tree.at("SourcesRootPaths")),
        scripts_root_paths: roots(&home, tree.at("ScriptsRootPaths")),
        databases: Databases(texts(tree.at("Databases"))),
        sql_tasks: sql_tasks(&home, tree.at("InvokeSqlCommands")),
        notes: Vec::new(),
        secret_files: Vec::new(),
        home: home.clone(),
        tree,
    };
    Some(settings)
}

fn roots(home: &Path, value: Option<&Tree>) -> Vec<PathBuf> {
    match value {
        Some(Tree::List(items, _)) => items.iter().filter_map(as_text).map(|text| home.join(text)).collect(),
        _ => Vec::new(),
    }
}

/// A section of named texts.
fn texts(value: Option<&Tree>) -> BTreeMap<String, String> {
    match value {
        Some(Tree::Section(all)) => all.iter().filter_map(|(name, one)| Some((name.clone(), as_text(one)?))).collect(),
        _ => BTreeMap::new(),
    }
}

fn sql_tasks(home: &Path, value: Option<&Tree>) -> BTreeMap<String, SqlTask> {
    let Some(Tree::Section(tasks)) = value else { return BTreeMap::new() };
    let path = |task: &Tree, name| task.get(name).and_then(as_text).filter(|t| !t.is_empty()).map(|t| home.join(t));
    let one = |task: &Tree| SqlTask { input: path(task, "SQLInputFile"), output: path(task, "OutputPath") };
    tasks.iter().map(|(name, task)| (name.clone(), one(task))).collect()
}

pub(super) fn as_text(tree: &Tree) -> Option<String> {
    match tree {
        Tree::Leaf(Value::String(text), _) => Some(text.clone()),
        _ => None,
    }
}

/// A whole number, also when written as text, as environment variables and .NET files do.
pub(super) fn as_number(tree: &Tree) -> Option<u32> {
    match tree {
        Tree::Leaf(Value::Number(number), _) => number.as_u64().and_then(|n| u32::try_from(n).ok()),
        Tree::Leaf(Value::String(text), _) => text.trim().parse().ok(),
        _ => None,
    }
}

pub(super) fn as_bool(tree: &Tree) -> Option<bool> {
    match tree {
        Tree::Leaf(Value::Bool(value), _) => Some(*value),
        Tree::Leaf(Value::String(text), _) => text.trim().to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

/// `Serilog:MinimumLevel` is a level, or a section with a `Default` level.
fn log_level(tree: &Tree, sources: &mut Sources) -> Option<Level> {
    let value = tree.at("Serilog:MinimumLevel")?;
    let (path, value) = match value {
        Tree::Section(_) => ("Serilog:MinimumLevel:Default", value.get("Default")),
        _ => ("Serilog:MinimumLevel", Some(value)),
    };
    let Some(value) = value else {
        return Some(Level::default());
    };
    let level = as_text(value).and_then(|text| Level::parse(&text));
    if level.is_none() {
        check(path, Holds::Level, value, sources);
    }
    level
}

/// Adds a problem for each value that is not of the type that its setting holds. Null is no value.
fn check(path: &str, holds: Holds, value: &Tree, sources: &mut Sources) {
    if matches!(value, Tree::Leaf(Value::Null, _)) {
        return;
    }
    let every = |test: fn(&Tree) -> bool| match value {
        Tree::Section(children) => children.iter().all(|(_, child)| test(child)),
        _ => false,
    };
    let (good, expected) = match holds {
        Holds::Anything => (true, ""),
        Holds::Text | Holds::Path => (as_text(value).is_some(), "text between double quotes"),
        Holds::Number => (as_number(value).is_some(), "a whole number from 0 to 4294967295"),
        Holds::Bool => (as_bool(value).is_some(), "true or false"),
        Holds::Level => (as_text(value).is_some_and(|t| Level::parse(&t).is_some()), Level::EXPECTED),
        Holds::Paths => {
            let texts = matches!(value, Tree::List(items, _) if items.iter().all(|i| as_text(i).is_some()));
            (texts, "a list of folders: [\"/data/in\"]")
        }
        Holds::Sections => (every(|c| matches!(c, Tree::Section(_))), "a section per name: { \"Name\": { … } }"),
        Holds::Texts => (every(|c| as_text(c).is_some()), "a text per name: { \"Name\": \"…\" }"),
    };
    if !good {
        let (path, origin) = culprit(path, holds, value);
        let given = match &origin {
            Origin::File { .. } => String::new(),
            other => format!(" (given by {other})"),
        };
        let problem = Problem::new("wrong-type", Severity::Error, format!("`{path}` has a wrong value{given}"))
            .hint(format!("expected {expected}"));
        let problem = sources.placed(problem, &origin);
        sources.problems.push(problem);
    }
}

/// The value to point at: the first child of the wrong kind in a section, else the value itself.
fn culprit(path: &str, holds: Holds, value: &Tree) -> (String, Origin) {
    if let Tree::Section(children) = value {
        let wrong = children.iter().find(|(_, child)| match holds {
            Holds::Sections => !matches!(child, Tree::Section(_)),
            Holds::Texts => as_text(child).is_none(),
            _ => true,
        });
        if let Some((name, child)) = wrong {
            return (format!("{path}:{name}"), first_origin(child));
        }
    }
    (path.to_owned(), first_origin(value))
}

fn first_origin(tree: &Tree) -> Origin {
    match tree {
        Tree::List(_, origin) | Tree::Leaf(_, origin) => origin.clone(),
        Tree::Section(_) => tree.leaves().into_iter().next().map_or(Origin::Default, |(.., origin)| origin),
    }
}

/// A note for each name that no setting has, with the nearest right one, in the order of the sources.
pub(super) fn unknown_names(tree: &Tree, sources: &Sources) -> Vec<Problem> {
    let mut notes = Vec::new();
    for (file, _, json) in &sources.files {
        if let Some(json) = json {
            unknown_in_file("", file, json, sources, &mut notes);
        }
    }
    for (path, _, origin) in tree.leaves() {
        let Origin::Environment(variable) = &origin else {
            continue;
        };
        let (section, name) = match path.split_once(':') {
            Some((section, rest)) if is_closed(section) => (section, rest.split(':').next().unwrap_or(rest)),
            _ => ("", path.split(':').next().unwrap_or(&path)),
        };
        notes.extend(unknown(section, name).map(|mut note| {
            note.message.push_str(&format!(" (given by {variable})"));
            note
        }));
    }
    notes
}

fn unknown_in_file(section: &str, file: &'static str, json: &Json, sources: &Sources, notes: &mut Vec<Problem>) {
    let json::Node::Object(members) = &json.node else {
        return;
    };
    for (name, span, value) in members {
        let path = if section.is_empty() { name.clone() } else { format!("{section}:{name}") };
        if let Some(note) = unknown(section, name) {
            notes.push(sources.placed(note, &Origin::File { file, span: *span }));
        } else if is_closed(&path) {
            unknown_in_file(&path, file, value, sources, notes);
        }
    }
}

/// A note when `section` knows all its names and this is none of them.
fn unknown(section: &str, name: &str) -> Option<Problem> {
    let known = names_under(section);
    if !is_closed(section) || known.iter().any(|right| right.eq_ignore_ascii_case(name)) {
        return None;
    }
    let path = if section.is_empty() { name.to_owned() } else { format!("{section}:{name}") };
    let note = Problem::new("unknown-setting", Severity::Note, format!("`{path}` is no setting; it is ignored"));
    Some(match nearest::one(name, known) {
        Some(right) => note.hint(format!("did you mean `{right}`?")),
        None => note,
    })
}
