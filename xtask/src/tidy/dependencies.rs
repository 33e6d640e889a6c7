//! The lock file budget, and twins: two packages that do the same job.

use super::graph::{Graph, Package};
use super::{Finding, House};
use std::collections::{BTreeMap, BTreeSet};

/// Most packages that the lock file may hold.
const BUDGET: usize = 480;

/// Packages of which the shipped program may hold one, in one version.
const TWINS: &[(&str, &[&str])] = &[
    ("TLS stack", &["rustls", "native-tls", "openssl", "boring", "s2n-tls", "mbedtls"]),
    ("TLS cryptography", &["aws-lc-rs", "ring"]),
    ("SQLite binding", &["rusqlite", "sqlx-sqlite", "diesel", "libsql", "turso", "sqlite"]),
    ("SQLite library", &["libsqlite3-sys"]),
    // `rcgen` takes the dates of a certificate from the package `time`; nothing else may.
    ("time", &["jiff", "chrono"]),
    ("async runtime", &["tokio", "async-std", "smol"]),
];

/// Packages that we never use directly, with the one that we use instead.
const INSTEAD: &[(&str, &str)] = &[("chrono", "jiff"), ("time", "jiff"), ("anyhow", "thiserror")];

/// Where each package has its reason.
const PAGE: &str = "docs/dependencies.md";

pub(crate) fn check(house: &House) -> Vec<Finding> {
    let mut findings = budget(house.graph.n_locked);
    findings.extend(twins(&house.graph));
    findings.extend(forbidden(&house.graph));
    findings.extend(undocumented(house));
    findings
}

/// The page of the manual names each package that we use, in the table where it belongs, and no other.
fn undocumented(house: &House) -> Vec<Finding> {
    let Some(page) = house.texts.iter().find(|file| file.path == PAGE) else { return Vec::new() };
    let shipped = names(house.graph.own().flat_map(|package| house.graph.direct_shipped(package)));
    let used = names(house.graph.own().flat_map(|package| house.graph.direct(package)));
    let tested: BTreeSet<&str> = used.difference(&shipped).copied().collect();
    let mut findings = Vec::new();
    for (title, expected) in [("Shipped", shipped), ("In tests only", tested)] {
        let named = named_below(&page.text, title);
        let missing = expected
            .difference(&named)
            .map(|name| format!("`{name}` is missing below \"{title}\"; say why it is needed"));
        let gone = named.difference(&expected).map(|name| format!("`{name}` does not belong below \"{title}\""));
        findings.extend(missing.chain(gone).map(|message| Finding::new(PAGE, message)));
    }
    findings
}

fn names<'a>(packages: impl Iterator<Item = &'a Package>) -> BTreeSet<&'a str> {
    packages.filter(|package| !package.is_own).map(|package| package.name.as_str()).collect()
}

/// Packages in the first column of the table below a title.
fn named_below<'a>(page: &'a str, title: &str) -> BTreeSet<&'a str> {
    let section = page.split("\n## ").find(|section| section.lines().next() == Some(title)).unwrap_or_default();
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
    cells.flat_map(|cell| cell.split(['`', ',', ' '])).filter(|name| !name.is_empty()).collect()
}

fn budget(n_locked: usize) -> Vec<Finding> {
    if n_locked <= BUDGET {
        return Vec::new();
    }
    vec![Finding::new("Cargo.lock", format!("{n_locked} packages, the budget is {BUDGET}; find what can go"))]
}

fn twins(graph: &Graph) -> Vec<Finding> {
    let mut shipped: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in graph.own() {
        for (reached, _) in graph.reach(package) {
            shipped.entry(&reached.name).or_default().insert(&reached.version);
        }
    }
    let mut findings = Vec::new();
    for (job, names) in TWINS {
        let found: Vec<String> = names
            .iter()
            .flat_map(|name| shipped.get(name).into_iter().flatten().map(move |version| format!("{name} {version}")))
            .collect();
        if found.len() > 1 {
            findings.push(Finding::new("Cargo.lock", format!("more than one {job}: {}", found.join(", "))));
        }
    }
    findings
}

fn forbidden(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in graph.own() {
        for used in graph.direct(package) {
            if let Some((name, instead)) = INSTEAD.iter().find(|(name, _)| *name == used.name) {
                findings.push(Finding::new(&package.name, format!("uses {name}; use {instead}")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::graph::graph_of;
    use super::*;

    #[test]
    fn the_manual_names_what_is_used() {
        let page = "# Page\n\n## Shipped\n| `serde`, `gone` | all | why |\n\n## In tests only\n| `moved` | why |\n";
        let mut house = super::super::house_of(&[(PAGE, page)]);
        house.graph = graph_of(&["a"], &[("a", "serde", None), ("a", "moved", None), ("a", "new", Some("dev"))]);
        let found: Vec<String> = undocumented(&house).into_iter().map(|finding| finding.message).collect();
        assert_eq!(
            found,
            [
                "`moved` is missing below \"Shipped\"; say why it is needed",
                "`gone` does not belong below \"Shipped\"",
                "`new` is missing below \"In tests only\"; say why it is needed",
                "`moved` does not belong below \"In tests only\"",
            ]
        );
    }

    #[test]
    fn the_budget_is_inclusive() {
        assert!(budget(480).is_empty());
        assert_eq!(budget(481)[0].to_string(), "Cargo.lock: 481 packages, the budget is 480; find what can go");
    }

    #[test]
    fn two_tls_stacks_are_found_and_test_only_ones_are_not() {
        let graph = graph_of(
            &["a"],
            &[("a", "rustls", None), ("a", "b", None), ("b", "openssl", None), ("a", "chrono", Some("dev"))],
        );
        let found: Vec<String> = twins(&graph).iter().map(Finding::to_string).collect();
        assert_eq!(found, ["Cargo.lock: more than one TLS stack: rustls 1.0.0, openssl 1.0.0"]);
        assert_eq!(forbidden(&graph)[0].to_string(), "a: uses chrono; use jiff");
    }
}
