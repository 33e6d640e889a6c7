//! Secrets that are kept elsewhere: a setting that holds a secret may say where it is instead of what it is.
//!
//! `{ "File": "path" }`, relative to the home folder; `{ "Environment": "NAME" }`; `{ "Command": ["vault", "kv", …] }`,
//! run without a shell, in the home folder. One line feed at the end of a file or an output is no part of the secret.

use super::mask;
use super::read::Sources;
use super::tree::{Origin, Tree};
use provost_model::{Problem, Severity};
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The ways to say where a secret is.
const WAYS: &[&str] = &["File", "Environment", "Command"];
/// Settings beside the secret ones that may be kept elsewhere, because they may hold a password.
const OTHERS: &[&str] = &["ConnectionString", "ConnectionStringGovernor"];
/// Time in which a command must answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether this section says where the secret of this path is.
pub(crate) fn is_reference<'a>(path: &str, names: impl IntoIterator<Item = &'a str>) -> bool {
    let mut names = names.into_iter();
    let way = names.next().is_some_and(|name| WAYS.iter().any(|way| way.eq_ignore_ascii_case(name)));
    way && names.next().is_none() && may_be_elsewhere(path)
}

fn may_be_elsewhere(path: &str) -> bool {
    let starts = |section: &str| path.get(..section.len()).is_some_and(|start| start.eq_ignore_ascii_case(section));
    mask::is_secret(path)
        || OTHERS.iter().any(|other| other.eq_ignore_ascii_case(path))
        || starts("Databases:")
        || (starts("Connections:") && path.to_ascii_lowercase().ends_with("connectionstring"))
}

/// Puts every secret that is kept elsewhere in its place; tells the files that were named. Without `reads`, a mask takes
/// its place: for whoever needs the other settings only.
pub(super) fn resolve(
    home: &Path,
    tree: &mut Tree,
    environment: &[(String, String)],
    reads: bool,
    sources: &mut Sources,
) -> Vec<PathBuf> {
    let mut keeper = Keeper { home, environment, reads, files: Vec::new(), problems: Vec::new() };
    keeper.walk("", tree);
    for (problem, origin) in std::mem::take(&mut keeper.problems) {
        let problem = sources.placed(problem, &origin);
        sources.problems.push(problem);
    }
    keeper.files
}

struct Keeper<'a> {
    home: &'a Path,
    environment: &'a [(String, String)],
    reads: bool,
    files: Vec<PathBuf>,
    problems: Vec<(Problem, Origin)>,
}

impl Keeper<'_> {
    fn walk(&mut self, path: &str, tree: &mut Tree) {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}:{name}") };
        match tree {
            Tree::Section(children) if is_reference(path, children.iter().map(|(name, _)| name.as_str())) => {
                if let Some((way, value)) = children.pop() {
                    *tree = self.secret(path, &way, &value);
                }
            }
            Tree::Section(children) => children.iter_mut().for_each(|(name, child)| self.walk(&below(name), child)),
            Tree::List(items, _) => {
                items.iter_mut().enumerate().for_each(|(i, item)| self.walk(&below(&i.to_string()), item));
            }
            Tree::Leaf(..) => {}
        }
    }

    fn secret(&mut self, path: &str, way: &str, value: &Tree) -> Tree {
        let named = match value {
            Tree::List(_, origin) | Tree::Leaf(_, origin) => origin.clone(),
            Tree::Section(_) => Origin::Default,
        };
        let (source, read) = match (way.to_ascii_lowercase().as_str(), value) {
            ("file", Tree::Leaf(Value::String(file), _)) => {
                let file = self.home.join(file);
                self.files.push(file.clone());
                (format!("file {}", file.display()), if self.reads { from_file(&file) } else { Ok(None) })
            }
            ("environment", Tree::Leaf(Value::String(name), _)) => {
                let found = self.environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
                let found = found.ok_or_else(|| "it is not set".to_owned()).map(Some);
                (format!("environment {name}"), if self.reads { found } else { Ok(None) })
            }
            ("command", Tree::List(items, _)) if !items.is_empty() => {
                let words: Vec<String> = items.iter().filter_map(super::read::as_text).collect();
                let shown = words.first().cloned().unwrap_or_default();
                let answer = if words.len() == items.len() { Ok(words) } else { Err("its words are texts".to_owned()) };
                let home = self.home;
                let read =
                    answer.and_then(|words| if self.reads { from_command(home, &words).map(Some) } else { Ok(None) });
                (format!("command {shown}"), read)
            }
            _ => (
                "its place".to_owned(),
                Err("write {\"File\": \"path\"}, {\"Environment\": \"NAME\"} or \
                   {\"Command\": [\"program\", \"argument\"]}"
                    .to_owned()),
            ),
        };
        let text = read.unwrap_or_else(|detail| {
            let text = format!("`{path}` cannot be read from {source}: {detail}");
            let problem = Problem::new("secret", Severity::Error, text)
                .hint("check what is named there, and that the user of this process may read it");
            self.problems.push((problem, named.clone()));
            None
        });
        let text = text.unwrap_or_else(|| mask::MASK.to_owned());
        Tree::Leaf(Value::from(text), Origin::Elsewhere { source, named: Box::new(named) })
    }
}

fn from_file(file: &Path) -> Result<Option<String>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    Ok(Some(without_line_feed(text)))
}

fn without_line_feed(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

/// What it prints is never repeated: it may be the secret, also on its standard error.
fn from_command(home: &Path, words: &[String]) -> Result<String, String> {
    let (program, arguments) = words.split_first().ok_or("it has no words")?;
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut out = child.stdout.take().ok_or("it has no output")?;
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).map(|_| text)
    });
    let end = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) => break status,
            None if Instant::now() < end => std::thread::sleep(Duration::from_millis(5)),
            None => {
                // It may have ended by itself in the meantime.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("it did not answer in {} seconds", PATIENCE.as_secs()));
            }
        }
    };
    if !status.success() {
        return Err(format!("it ended with {status}; run it by hand to see why"));
    }
    let text = reader.join().map_err(|_| "its output cannot be read".to_owned())?;
    text.map(without_line_feed).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use crate::settings::{AGENT_FILE, Overrides, SERVER_FILE, Settings};
    use crate::terminal::Terminal;
    use std::path::Path;

    fn load(home: &Path, without_secrets: bool) -> Result<Settings, String> {
        let environment = vec![("JOB_SECRET".to_owned(), "from the environment".to_owned())];
        let overrides = Overrides { environment, without_secrets, ..Overrides::default() };
        Settings::load(home, &overrides).map_err(|report| report.render(&Terminal::plain()))
    }

    fn home(server: &str, agent: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(SERVER_FILE), server).unwrap();
        std::fs::write(folder.path().join(AGENT_FILE), agent).unwrap();
        folder
    }

    const AGENT: &str = r#"{"OpenId": {"OpenIdClients": {"A": {"File": "a.secret"}, "B": {"environment": "JOB_SECRET"},
        "C": {"Command": ["printf", "%s\n", "from a command"]}, "D": "in the file"}},
        "Connections": {"AD": {"Servers": [{"Password": {"File": "a.secret"}}], "Input": {"File": "a.secret"}}}}"#;

    #[test]
    fn secrets_come_from_where_the_settings_say() {
        let folder = home(r#"{"ConnectionString": {"File": "database"}}"#, AGENT);
        std::fs::write(folder.path().join("a.secret"), "from a file\n").unwrap();
        std::fs::write(folder.path().join("database"), "host=h password=p").unwrap();
        let settings = load(folder.path(), false).unwrap();
        let secrets: Vec<(&str, &str)> =
            settings.calling.secrets.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let expected =
            [("A", "from a file"), ("B", "from the environment"), ("C", "from a command"), ("D", "in the file")];
        assert_eq!(secrets, expected);
        assert_eq!(settings.database(), "host=h password=p");
        let connection = serde_json::json!({"Servers": [{"Password": "from a file"}], "Input": {"File": "a.secret"}});
        assert_eq!(settings.connections["AD"], connection);
        assert_eq!(settings.secret_files().len(), 3);
        for effective in settings.effective() {
            let shown = format!("{} {}", effective.value, effective.origin);
            let told = ["from a file", "from the environment", "from a command", "password=p"]
                .iter()
                .any(|s| shown.contains(s));
            assert!(!told, "{shown}");
        }
        let origins: Vec<String> = settings.effective().iter().map(|e| e.origin.to_string()).collect();
        assert!(
            origins.iter().any(|o| o == "environment JOB_SECRET, named in appsettings.agent.json:1:79"),
            "{origins:?}"
        );
    }

    #[test]
    fn who_does_not_need_them_does_not_read_them() {
        let folder = home("{}", &AGENT.replace("printf", "/does/not/exist"));
        let settings = load(folder.path(), true).unwrap();
        assert_eq!(settings.calling.secrets["C"], "********");
    }

    #[test]
    fn what_cannot_be_read_is_told_without_what_the_command_said() {
        let agent = r#"{"OpenId": {"OpenIdClients": {"A": {"File": "missing"}, "B": {"Environment": "UNSET"},
            "C": {"Command": ["sh", "-c", "echo hush; echo hush >&2; exit 3"]}, "D": {"Command": "text"}}}}"#;
        let folder = home("{}", agent);
        let text = load(folder.path(), false).unwrap_err();
        for expected in
            ["missing: No such file", "environment UNSET: it is not set", "exit status: 3", "\"Command\": ["]
        {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        // The settings themselves are shown, where they are wrong; what the command printed is not.
        assert!(!text.replace("echo hush", "").contains("hush"), "{text}");
    }
}
