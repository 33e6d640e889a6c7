//! Deployment: what would change, and changing exactly that in one transaction.

use crate::error::ServerError;
use crate::metadata::items;
use provost_model::configuration::jobs::{JobChange, job_changes};
use provost_model::configuration::{Configuration, Item, Parsed, Plan, plan, typed};
use provost_store::{ItemChange, ReadTx, Store, StoredItem, WriteTx};
use std::collections::BTreeMap;

/// A deployment that was computed and not carried out.
#[derive(Debug)]
pub struct Deployment {
    /// What changes, for people.
    pub plan: Plan,
    /// What that means for jobs, those that scaffoldings make included.
    pub jobs: Vec<JobChange>,
    changes: Vec<ItemChange>,
    configuration: Configuration,
    version: i64,
}

impl Deployment {
    /// Compares a checked configuration with what is deployed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn compute(store: &Store, parsed: &Parsed) -> Result<Deployment, ServerError> {
        store.read(|tx| Deployment::within(tx, &parsed.items, &parsed.configuration))
    }

    /// The same inside a transaction.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn within(
        tx: &mut ReadTx,
        new: &[Item],
        configuration: &Configuration,
    ) -> Result<Deployment, ServerError> {
        let version = tx.configuration_version()?;
        let stored = items(tx)?;
        Ok(Deployment {
            plan: plan(&stored, new),
            jobs: job_changes(&typed(&stored).jobs, &configuration.jobs),
            changes: changes(&stored, new)?,
            configuration: configuration.clone(),
            version,
        })
    }

    /// Carries it out in one transaction: all of it, or nothing. A configuration that says the same in other files
    /// only moves items between files and lines, which the plan does not speak of.
    ///
    /// # Errors
    /// Those of the database; somebody else has deployed since it was computed.
    pub fn apply(&self, store: &Store, actor: &str, reason: &str, now_micros: i64) -> Result<(), ServerError> {
        if self.changes.is_empty() {
            return Ok(());
        }
        store.write(actor, reason, |tx| {
            tx.lock_repository()?;
            self.apply_within(tx, now_micros)
        })
    }

    /// The same inside a transaction that keeps other writers out.
    ///
    /// # Errors
    /// As [`Deployment::apply`].
    pub(crate) fn apply_within(&self, tx: &mut WriteTx, now_micros: i64) -> Result<(), ServerError> {
        if self.changes.is_empty() {
            return Ok(());
        }
        if tx.configuration_version()? != self.version {
            return Err(ServerError::ConfigurationChanged);
        }
        tx.replace_configuration(&self.changes)?;
        tx.deploy_model(&self.configuration, now_micros)?;
        Ok(())
    }
}

/// Stored items that have to change. Deletions come first, so that a name may pass from one item to another.
fn changes(stored: &[Item], new: &[Item]) -> Result<Vec<ItemChange>, ServerError> {
    let key = |item: &Item| (item.element.clone(), item.identity.clone());
    let mut gone: BTreeMap<(String, String), &Item> = stored.iter().map(|item| (key(item), item)).collect();
    let mut written = Vec::new();
    for item in new {
        match gone.remove(&key(item)) {
            Some(old) if old == item && old.same_places(item) => {}
            Some(_) => written.push(ItemChange::Update(stored_form(item)?)),
            None => written.push(ItemChange::Insert(stored_form(item)?)),
        }
    }
    let deleted = gone.into_keys().map(|(element, identity)| ItemChange::Delete(element, identity));
    Ok(deleted.chain(written).collect())
}

fn stored_form(item: &Item) -> Result<StoredItem, ServerError> {
    let json = serde_json::to_string(item).map_err(std::io::Error::other)?;
    Ok(StoredItem { element: item.element.clone(), identity: item.identity.clone(), file: item.file.clone(), json })
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_model::configuration::parse;

    fn parsed(files: &[(&str, &str)]) -> Parsed {
        let files: Vec<(String, String)> = files
            .iter()
            .map(|(name, body)| {
                let root = "ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\"";
                ((*name).to_owned(), format!("<{root}>{body}</ConfigurationFile>"))
            })
            .collect();
        parse(&files)
    }

    fn agent(name: &str, label: &str) -> String {
        format!("<Agent Identifier=\"{name}\" DisplayName_L1=\"{label}\" />")
    }

    fn repository() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("provost.db").display().to_string()).unwrap();
        (folder, store)
    }

    fn deploy(store: &Store, parsed: &Parsed) -> String {
        let deployment = Deployment::compute(store, parsed).unwrap();
        deployment.apply(store, "tester", "test", 0).unwrap();
        deployment.plan.to_string()
    }

    fn stored(store: &Store) -> Vec<Item> {
        store.read(items).unwrap()
    }

    #[test]
    fn what_was_deployed_is_stored_and_nothing_is_left_to_change() {
        let (_folder, store) = repository();
        let first = parsed(&[("a.xml", &(agent("One", "1") + &agent("Two", "2")))]);
        assert!(deploy(&store, &first).ends_with("2 to add, 0 to change, 0 to remove.\n"));
        assert!(Deployment::compute(&store, &first).unwrap().plan.is_empty());
        let second = parsed(&[("a.xml", &(agent("Two", "zwei") + &agent("Three", "3")))]);
        insta::assert_snapshot!(deploy(&store, &second), @r#"
        - Agent One
            DisplayName_L1: "1"
        + Agent Three
            DisplayName_L1: "3"
        ~ Agent Two
            DisplayName_L1: "2" → "zwei"
        1 to add, 1 to change, 1 to remove.
        "#);
        let names: Vec<String> = stored(&store).into_iter().map(|item| item.identity).collect();
        assert_eq!(names, ["Two", "Three"]);
    }

    #[test]
    fn an_item_that_moves_to_another_file_moves_in_the_repository() {
        let (_folder, store) = repository();
        deploy(&store, &parsed(&[("a.xml", &agent("One", "1"))]));
        let moved = parsed(&[("b.xml", &agent("One", "1"))]);
        assert!(deploy(&store, &moved).starts_with("Nothing to change"));
        assert_eq!(stored(&store)[0].file, "b.xml");
    }

    #[test]
    fn a_line_that_moves_is_stored_and_is_no_change() {
        let (_folder, store) = repository();
        let types = |gap: &str| {
            let rules = format!("<TypeRule />{gap}<ScalarRule Property=\"P\" Expression=\"Literal:x\" />");
            format!("<ResourceType Identifier=\"R\" Policy=\"Default\">{rules}</ResourceType>")
        };
        let line = |store: &Store| stored(store)[0].children[1].position.map(|(line, _)| line);
        deploy(&store, &parsed(&[("a.xml", &types(""))]));
        assert_eq!(line(&store), Some(1));
        assert!(deploy(&store, &parsed(&[("a.xml", &types("\n\n"))])).starts_with("Nothing to change"));
        assert_eq!(line(&store), Some(3));
        let exported = provost_model::configuration::export(&stored(&store));
        assert!(!exported[0].1.contains("\n\n"), "{}", exported[0].1);
    }

    #[test]
    fn a_deployment_that_others_overtook_is_refused() {
        let (_folder, store) = repository();
        let late = Deployment::compute(&store, &parsed(&[("a.xml", &agent("Late", "x"))])).unwrap();
        deploy(&store, &parsed(&[("a.xml", &agent("Early", "y"))]));
        assert_eq!(late.apply(&store, "tester", "test", 0).unwrap_err().code(), "configuration-changed");
        assert_eq!(stored(&store)[0].identity, "Early");
    }
}
