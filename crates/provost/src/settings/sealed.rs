//! `appsettings.encrypted.agent.json`: settings whose values are encrypted, one by one.

use super::read::Sources;
use super::tree::{Origin, Tree};
use super::{ENCRYPTED_FILE, environment, mask};
use crate::keys;
use crate::report::{Kind, Report};
use crate::sealing::Opener;
use provost_model::{Problem, Severity};
use serde_json::Value;
use std::path::Path;

/// Lays the opened settings over the others. The key is in the file that `EncryptionCertificate:File` names. Without
/// `reads`, secrets are masks, and the others are not there.
pub(super) fn lay(
    home: &Path,
    tree: &mut Tree,
    variables: &[(String, String)],
    reads: bool,
    sources: &mut Sources,
) -> Result<(), Report> {
    let Some(mut layer) = sources.file(home, ENCRYPTED_FILE)? else { return Ok(()) };
    if !reads {
        keep_secrets("", &mut layer);
        tree.lay(layer);
        return Ok(());
    }
    let opener = opener(home, tree, variables)?;
    let mut problems = Vec::new();
    open("", &mut layer, &opener, &mut problems);
    for (problem, origin) in problems {
        let problem = sources.placed(problem, &origin);
        sources.problems.push(problem);
    }
    tree.lay(layer);
    Ok(())
}

/// Masks in the place of secrets, and nothing in the place of others: a mask may be of the wrong type there.
fn keep_secrets(path: &str, tree: &mut Tree) {
    let Tree::Section(children) = tree else { return };
    children.retain_mut(|(name, child)| {
        let below = if path.is_empty() { name.clone() } else { format!("{path}:{name}") };
        match child {
            Tree::Section(_) => keep_secrets(&below, child),
            Tree::Leaf(value, _) => *value = Value::from(mask::MASK),
            Tree::List(..) => {}
        }
        matches!(child, Tree::Section(_)) || (matches!(child, Tree::Leaf(..)) && mask::is_secret(&below))
    });
}

fn opener(home: &Path, tree: &Tree, variables: &[(String, String)]) -> Result<Opener, Report> {
    const SECTION: &str = "EncryptionCertificate";
    let mut whole = tree.clone();
    environment::apply(&mut whole, variables);
    // Its password may be kept elsewhere, too; nothing else is looked up for it.
    let section = whole.at(SECTION).cloned().unwrap_or(Tree::Section(Vec::new()));
    let mut alone = Tree::Section(vec![(SECTION.to_owned(), section)]);
    let mut found = Sources::default();
    super::secrets::resolve(home, &mut alone, variables, true, &mut found);
    if !found.problems.is_empty() {
        let text = format!("the password of {SECTION} cannot be looked up");
        return Err(Report::with_problems(Kind::Usage, "invalid-settings", text, found.problems));
    }
    let text = |key: &str| alone.at(&format!("{SECTION}:{key}")).and_then(super::read::as_text);
    let file = text("File").filter(|file| !file.is_empty()).ok_or_else(|| {
        Report::usage(
            "no-encryption-certificate",
            format!("{ENCRYPTED_FILE} is there, but nothing says how to open it"),
        )
        .hint(format!("set {SECTION}:File in appsettings.json to the file that it was encrypted for"))
    })?;
    Opener::read(&home.join(file), &keys::reveal(&text("Password").unwrap_or_default()))
}

fn open(path: &str, tree: &mut Tree, opener: &Opener, problems: &mut Vec<(Problem, Origin)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}:{name}") };
    match tree {
        Tree::Section(children) => {
            children.iter_mut().for_each(|(name, child)| open(&below(name), child, opener, problems));
        }
        Tree::List(items, _) => {
            let items = items.iter_mut().enumerate();
            items.for_each(|(i, item)| open(&below(&i.to_string()), item, opener, problems));
        }
        Tree::Leaf(Value::Null, _) => {}
        Tree::Leaf(value, origin) => {
            let opened = match &*value {
                Value::String(text) => opener.open_text(text).map_err(|report| report.text),
                _ => Err("it is no text".to_owned()),
            };
            match opened {
                Ok(text) => *value = Value::from(text),
                Err(detail) => {
                    let problem = Problem::new(
                        "encrypted-setting",
                        Severity::Error,
                        format!("`{path}` cannot be opened: {detail}"),
                    );
                    let hint =
                        "encrypt it again: provost protect-x509-json-value, or the whole file: protect-x509-json-file";
                    problems.push((problem.hint(hint), origin.clone()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::sealing::Sealer;
    use crate::sealing::tests::pair;
    use crate::settings::{AGENT_FILE, ENCRYPTED_FILE, Overrides, SERVER_FILE, Settings};

    #[test]
    fn encrypted_settings_win_over_those_in_the_clear() {
        let folder = tempfile::tempdir().unwrap();
        let sealer = Sealer::read(&pair(folder.path(), "key.pem"), "").unwrap();
        let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
        write(SERVER_FILE, r#"{"EncryptionCertificate": {"File": "key.pem"}}"#.to_owned());
        write(AGENT_FILE, r#"{"OpenId": {"OpenIdClients": {"Job": "clear"}, "AgentIdentifier": "Local"}}"#.to_owned());
        let sealed = |text: &str| sealer.seal_text(text).unwrap();
        let (job, number) = (sealed("hidden"), sealed("7"));
        write(
            ENCRYPTED_FILE,
            format!(r#"{{"OpenId": {{"OpenIdClients": {{"Job": "{job}"}}}}, "MaxPageSize": "{number}"}}"#),
        );
        let settings = Settings::load(folder.path(), &Overrides::default()).unwrap();
        assert_eq!((settings.calling.secrets["Job"].as_str(), settings.max_page_size), ("hidden", 7));
        let overrides = Overrides { without_secrets: true, ..Overrides::default() };
        let open = Settings::load(folder.path(), &overrides).unwrap();
        assert_eq!((open.calling.secrets["Job"].as_str(), open.max_page_size), ("********", 1000));
        assert_eq!(settings.agent_identifier.as_deref(), Some("Local"));

        write(ENCRYPTED_FILE, r#"{"OpenId": {"OpenIdClients": {"Job": "clear"}}}"#.to_owned());
        let report = Settings::load(folder.path(), &Overrides::default()).unwrap_err();
        assert!(report.problems[0].message.contains("OpenId:OpenIdClients:Job"), "{report:?}");
    }
}
