//! The table of rooms: who may use whom, and what no room may reach even through others.

use super::{Finding, House, graph::Graph};

/// One row of the table in ARCHITECTURE.md.
struct Room {
    package: &'static str,
    may_use: &'static [&'static str],
    never_reaches: &'static [&'static str],
    /// Words of the standard library that its shipped source must not contain.
    never_says: &'static [&'static str],
}

const FILES_CLOCK_NETWORK: &[&str] =
    &["std::fs", "std::net", "std::process::Command", "SystemTime", "Instant::now", "Zoned::now", "Timestamp::now"];
const WEB: &[&str] = &["axum", "hyper", "reqwest", "askama", "maud"];

const ROOMS: &[Room] = &[
    Room {
        package: "provost-model",
        may_use: &[],
        never_reaches: &[
            "tokio",
            "rusqlite",
            "postgres",
            "tokio-postgres",
            "rustls",
            "axum",
            "hyper",
            "reqwest",
            "askama",
            "maud",
            "tempfile",
        ],
        never_says: FILES_CLOCK_NETWORK,
    },
    Room {
        package: "provost-pipeline",
        may_use: &["provost-model"],
        never_reaches: &[
            "tokio",
            "rusqlite",
            "postgres",
            "tokio-postgres",
            "rustls",
            "axum",
            "hyper",
            "reqwest",
            "askama",
            "maud",
            "tempfile",
        ],
        never_says: FILES_CLOCK_NETWORK,
    },
    Room { package: "provost-store", may_use: &["provost-model"], never_reaches: WEB, never_says: &[] },
    Room { package: "provost-connectors", may_use: &["provost-model"], never_reaches: &["axum"], never_says: &[] },
    Room {
        package: "provost-server",
        may_use: &["provost-model", "provost-pipeline", "provost-store"],
        never_reaches: &[],
        never_says: &[],
    },
    Room {
        package: "provost",
        may_use: &["provost-model", "provost-pipeline", "provost-store", "provost-connectors", "provost-server"],
        never_reaches: &[],
        never_says: &[],
    },
    Room {
        package: "provost-benches",
        may_use: &["provost-model", "provost-pipeline", "provost"],
        never_reaches: &[],
        never_says: &[],
    },
    Room { package: "xtask", may_use: &["provost-model"], never_reaches: &["tokio", "clap"], never_says: &[] },
];

pub(crate) fn check(house: &House) -> Vec<Finding> {
    let mut findings = uses(&house.graph);
    for room in ROOMS {
        findings.extend(sayings(house, room));
    }
    findings
}

fn uses(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in graph.own() {
        let Some(room) = ROOMS.iter().find(|room| room.package == package.name) else {
            findings
                .push(Finding::new(&package.name, "is not in the table of rooms; add it to xtask and ARCHITECTURE.md"));
            continue;
        };
        for used in graph.direct(package).filter(|used| used.is_own && used.name != package.name) {
            if !room.may_use.contains(&used.name.as_str()) {
                findings.push(Finding::new(&package.name, format!("must not use {}", used.name)));
            }
        }
        for (reached, chain) in graph.reach(package) {
            if room.never_reaches.contains(&reached.name.as_str()) {
                findings.push(Finding::new(&package.name, format!("must never reach {}: {chain}", reached.name)));
            }
        }
    }
    findings
}

/// Forbidden words in the part of each source file that ships.
fn sayings(house: &House, room: &Room) -> Vec<Finding> {
    let folder = format!("crates/{}/src/", room.package.trim_start_matches("provost-"));
    let mut findings = Vec::new();
    let is_shipped = |path: &str| path.starts_with(&folder) && !path.contains("/tests");
    for file in house.rust().filter(|file| is_shipped(&file.path)) {
        let code = super::rust::code_only(&file.text);
        for (i, line) in code.lines().enumerate().take_while(|(_, line)| !line.contains("#[cfg(test)]")) {
            for word in room.never_says.iter().filter(|word| line.contains(**word)) {
                let place = format!("{}:{}", file.path, i + 1);
                findings.push(Finding::new(
                    place,
                    format!("{} must not use `{word}`: take it as an argument", room.package),
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::{graph::graph_of, house_of};
    use super::*;

    fn messages(graph: &Graph) -> Vec<String> {
        uses(graph).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn the_wrong_direction_is_found_even_in_tests() {
        let graph = graph_of(
            &["provost-model", "provost-store", "provost-pipeline"],
            &[("provost-store", "provost-model", None), ("provost-store", "provost-pipeline", Some("dev"))],
        );
        assert_eq!(messages(&graph), ["provost-store: must not use provost-pipeline"]);
    }

    #[test]
    fn a_forbidden_package_is_found_through_others() {
        let graph = graph_of(
            &["provost-model", "provost-pipeline"],
            &[("provost-pipeline", "helper", None), ("helper", "tokio", None), ("provost-model", "tokio", Some("dev"))],
        );
        assert_eq!(messages(&graph), ["provost-pipeline: must never reach tokio: provost-pipeline → helper → tokio"]);
    }

    #[test]
    fn an_unknown_room_is_found() {
        assert_eq!(
            messages(&graph_of(&["provost-attic"], &[])),
            ["provost-attic: is not in the table of rooms; add it to xtask and ARCHITECTURE.md"]
        );
    }

    #[test]
    fn the_clock_is_found_outside_comments_and_tests() {
        let house = house_of(&[(
            "crates/pipeline/src/a.rs",
            "// std::fs is a word here\nfn f() { std::fs::read(p); }\n#[cfg(test)]\nmod tests { use std::fs; }\n",
        )]);
        let found: Vec<String> = check(&house).iter().map(|f| f.place.clone()).collect();
        assert_eq!(found, ["crates/pipeline/src/a.rs:2"]);
    }
}
