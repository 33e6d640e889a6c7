//! The lock file budget, and twins: two packages that do the same job.

use super::{Finding, House, graph::Graph};
use std::collections::{BTreeMap, BTreeSet};

/// Most packages that the lock file may hold.
const BUDGET: usize = 480;

/// Packages of which the shipped program may hold one, in one version.
const TWINS: &[(&str, &[&str])] = &[
    (
        "TLS stack",
        &[
            "rustls",
            "native-tls",
            "openssl",
            "boring",
            "s2n-tls",
            "mbedtls",
        ],
    ),
    ("TLS cryptography", &["aws-lc-rs", "ring"]),
    (
        "SQLite binding",
        &[
            "rusqlite",
            "sqlx-sqlite",
            "diesel",
            "libsql",
            "turso",
            "sqlite",
        ],
    ),
    ("SQLite library", &["libsqlite3-sys"]),
    ("time", &["jiff", "chrono", "time"]),
    ("async runtime", &["tokio", "async-std", "smol"]),
];

/// Packages that we never use directly, with the one that we use instead.
const INSTEAD: &[(&str, &str)] = &[
    ("chrono", "jiff"),
    ("time", "jiff"),
    ("anyhow", "thiserror"),
];

pub(crate) fn check(house: &House) -> Vec<Finding> {
    let mut findings = budget(house.graph.n_locked);
    findings.extend(twins(&house.graph));
    findings.extend(forbidden(&house.graph));
    findings
}

fn budget(n_locked: usize) -> Vec<Finding> {
    if n_locked <= BUDGET {
        return Vec::new();
    }
    vec![Finding::new(
        "Cargo.lock",
        format!("{n_locked} packages, the budget is {BUDGET}; find what can go"),
    )]
}

fn twins(graph: &Graph) -> Vec<Finding> {
    let mut shipped: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in graph.own() {
        for (reached, _) in graph.reach(package) {
            shipped
                .entry(&reached.name)
                .or_default()
                .insert(&reached.version);
        }
    }
    let mut findings = Vec::new();
    for (job, names) in TWINS {
        let found: Vec<String> = names
            .iter()
            .flat_map(|name| {
                shipped
                    .get(name)
                    .into_iter()
                    .flatten()
                    .map(move |version| format!("{name} {version}"))
            })
            .collect();
        if found.len() > 1 {
            findings.push(Finding::new(
                "Cargo.lock",
                format!("more than one {job}: {}", found.join(", ")),
            ));
        }
    }
    findings
}

fn forbidden(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in graph.own() {
        for used in graph.direct(package) {
            if let Some((name, instead)) = INSTEAD.iter().find(|(name, _)| *name == used.name) {
                findings.push(Finding::new(
                    &package.name,
                    format!("uses {name}; use {instead}"),
                ));
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
    fn the_budget_is_inclusive() {
        assert!(budget(480).is_empty());
        assert_eq!(
            budget(481)[0].to_string(),
            "Cargo.lock: 481 packages, the budget is 480; find what can go"
        );
    }

    #[test]
    fn two_tls_stacks_are_found_and_test_only_ones_are_not() {
        let graph = graph_of(
            &["a"],
            &[
                ("a", "rustls", None),
                ("a", "b", None),
                ("b", "openssl", None),
                ("a", "chrono", Some("dev")),
            ],
        );
        let found: Vec<String> = twins(&graph).iter().map(Finding::to_string).collect();
        assert_eq!(
            found,
            ["Cargo.lock: more than one TLS stack: rustls 1.0.0, openssl 1.0.0"]
        );
        assert_eq!(forbidden(&graph)[0].to_string(), "a: uses chrono; use jiff");
    }
}
