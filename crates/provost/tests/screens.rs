//! A person with a real browser on the company of `examples/company`: from the sign-in over a job that is blocked, its
//! changes and its approval, to the history of a person. Chromium of the system, driven by `playwright-core`, and
//! `axe-core`, both from npm, in a folder below `target`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use std::process::Command;
use support::browser::programs;
use support::net::Process;
use support::{Home, Kind, copy_folder, root};

const PACKAGES: &[&str] = &["axe-core@4.14.1", "playwright-core@1.65.1"];

/// The company, deployed, with the exports of September; and the password of its first administrator.
fn company() -> (Home, String) {
    let home = Home::new(Kind::Sqlite);
    let example = root().join("examples/company");
    copy_folder(&example.join("conf"), &home.file("Conf"));
    copy_folder(&example.join("generation-1"), &home.file("Sources"));
    let settings = std::fs::read_to_string(example.join("appsettings.agent.json")).unwrap();
    let mut settings: serde_json::Value = serde_json::from_str(&settings).unwrap();
    settings["OpenId"] = serde_json::json!({ "AgentIdentifier": "Local" });
    home.write("appsettings.agent.json", settings.to_string());
    home.deploy(&home.file("Conf"));
    let said = home.ok(&["init", home.path().to_str().unwrap(), "--new-password"]);
    let password = said.lines().find_map(|line| line.trim().strip_prefix("password")).unwrap().trim().to_owned();
    (home, password)
}

#[test]
fn an_administrator_finds_out_what_blocks_a_job_and_lets_it_go_on() {
    let Some(programs) = programs("screens", PACKAGES) else { return };
    let (home, password) = company();
    let command = home.command(&["server", "--urls", "http://127.0.0.1:0"]);
    let (_server, lines) = Process::start(command, home.file("server.log"), 1);
    let address = lines[0].strip_prefix("listening on ").unwrap();
    let output = Command::new("node")
        .arg(root().join("crates/provost/tests/scripts/screens.mjs"))
        .args([&programs, &programs])
        .args([address, &password])
        .output()
        .unwrap();
    let shown = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{}", shown.join("\n"));
}
