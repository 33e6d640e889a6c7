//! The packages of the workspace and all that they use, as `cargo metadata` tells.

use crate::shell::{self, Doing, Failure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Packages by id.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    packages: BTreeMap<String, Package>,
    /// Packages in the lock file, of all platforms.
    pub(crate) n_locked: usize,
}

/// A package and what it uses directly.
#[derive(Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Part of this workspace.
    pub(crate) is_own: bool,
    /// Compiled into what ships. `cargo metadata` also lists optional packages that no chosen feature switches on.
    is_built: bool,
    uses: Vec<Use>,
}

/// A direct use of another package.
#[derive(Debug)]
struct Use {
    id: String,
    /// The use ends up in the built program or library, not only in its tests.
    is_shipped: bool,
}

impl Graph {
    /// Asks cargo. Only the packages of this platform are looked at, so none of the others need be downloaded.
    pub(crate) fn read() -> Result<Graph, Failure> {
        let about = shell::output(shell::command("rustc").arg("-vV"))?;
        let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
        let arguments = ["metadata", "--locked", "--format-version", "1", "--filter-platform", host];
        let metadata = shell::output(shell::cargo().args(arguments))?;
        let metadata: Value = serde_json::from_str(&metadata).doing("read the output of cargo metadata")?;
        let lock = std::fs::read_to_string(shell::root().join("Cargo.lock")).doing("read Cargo.lock")?;
        let n_locked = lock.lines().filter(|line| *line == "[[package]]").count();
        let mut graph = Graph { n_locked, ..Graph::parse(&metadata) };
        let arguments = ["tree", "--locked", "--workspace", "--edges", "normal,build", "--prefix", "none"];
        graph.mark_built(&shell::output(shell::cargo().args(arguments))?);
        Ok(graph)
    }

    /// Marks what `cargo tree` lists (`name v1.2.3 …` on each line) as built, and only that.
    fn mark_built(&mut self, tree: &str) {
        let built: BTreeSet<(&str, &str)> = tree
            .lines()
            .filter_map(|line| {
                let mut words = line.split(' ');
                Some((words.next()?, words.next()?.strip_prefix('v')?))
            })
            .collect();
        for package in self.packages.values_mut() {
            package.is_built = built.contains(&(package.name.as_str(), package.version.as_str()));
        }
    }

    /// Reads the value that `cargo metadata` prints.
    pub(crate) fn parse(metadata: &Value) -> Graph {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let own: BTreeSet<String> = list(&metadata["workspace_members"]).iter().map(text).collect();
        let mut packages = BTreeMap::new();
        for package in list(&metadata["packages"]) {
            let id = text(&package["id"]);
            let is_own = own.contains(&id);
            let (name, version) = (text(&package["name"]), text(&package["version"]));
            packages.insert(id, Package { name, version, is_own, is_built: true, uses: Vec::new() });
        }
        for node in list(&metadata["resolve"]["nodes"]) {
            let Some(package) = packages.get_mut(&text(&node["id"])) else {
                continue;
            };
            package.uses = list(&node["deps"])
                .iter()
                .map(|dependency| Use {
                    id: text(&dependency["pkg"]),
                    is_shipped: list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev"),
                })
                .collect();
        }
        Graph { packages, n_locked: 0 }
    }

    /// The packages of this workspace.
    pub(crate) fn own(&self) -> impl Iterator<Item = &Package> {
        self.packages.values().filter(|package| package.is_own)
    }

    /// What a package uses directly, its tests included.
    pub(crate) fn direct<'a>(&'a self, package: &'a Package) -> impl Iterator<Item = &'a Package> {
        package.uses.iter().filter_map(|used| self.packages.get(&used.id))
    }

    /// What of that ships.
    pub(crate) fn direct_shipped<'a>(&'a self, package: &'a Package) -> impl Iterator<Item = &'a Package> {
        package.uses.iter().filter(|used| used.is_shipped).filter_map(|used| self.packages.get(&used.id))
    }

    /// Everything that ships with a package, with the chain of names that leads there.
    pub(crate) fn reach<'a>(&'a self, from: &'a Package) -> Vec<(&'a Package, String)> {
        let mut found: Vec<(&Package, String)> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![(from, from.name.clone())];
        while let Some((package, chain)) = open.pop() {
            for used in package.uses.iter().filter(|used| used.is_shipped && seen.insert(&used.id)) {
                let Some(next) = self.packages.get(&used.id).filter(|next| next.is_built) else {
                    continue;
                };
                let chain = format!("{chain} → {}", next.name);
                found.push((next, chain.clone()));
                open.push((next, chain));
            }
        }
        found
    }
}

#[cfg(test)]
pub(crate) fn graph_of(own: &[&str], uses: &[(&str, &str, Option<&str>)]) -> Graph {
    let names: BTreeSet<&str> = own.iter().copied().chain(uses.iter().flat_map(|(a, b, _)| [*a, *b])).collect();
    let metadata = serde_json::json!({
        "workspace_members": own,
        "packages": names.iter().map(|n| serde_json::json!({"id": n, "name": n, "version": "1.0.0"})).collect::<Vec<_>>(),
        "resolve": {"nodes": names.iter().map(|n| serde_json::json!({
            "id": n,
            "deps": uses.iter().filter(|(from, _, _)| from == n)
                .map(|(_, to, kind)| serde_json::json!({"pkg": to, "dep_kinds": [{"kind": kind}]}))
                .collect::<Vec<_>>(),
        })).collect::<Vec<_>>()},
    });
    Graph::parse(&metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_tests_use_is_not_shipped() {
        let graph = graph_of(&["a"], &[("a", "b", None), ("b", "c", Some("build")), ("a", "d", Some("dev"))]);
        let a = graph.own().next().unwrap();
        let direct: Vec<&str> = graph.direct(a).map(|p| p.name.as_str()).collect();
        assert_eq!(direct, ["b", "d"]);
        let reach: Vec<String> = graph.reach(a).into_iter().map(|(_, chain)| chain).collect();
        assert_eq!(reach, ["a → b", "a → b → c"]);
    }

    #[test]
    fn what_is_never_built_is_not_reached() {
        let mut graph = graph_of(&["a"], &[("a", "b", None), ("b", "c", None)]);
        graph.mark_built("a v1.0.0 (folder)\nb v1.0.0\nc v2.0.0 (*)\n");
        let reach: Vec<String> = graph.reach(graph.own().next().unwrap()).into_iter().map(|(_, chain)| chain).collect();
        assert_eq!(reach, ["a → b"]);
    }
}
