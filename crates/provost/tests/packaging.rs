//! What `packaging/` says is what the program understands, and what systemd understands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn packaging() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(packaging().join(name)).unwrap()
}

const UNITS: [&str; 2] = ["provost-server.service", "provost-agent.service"];

fn understood(words: &[&str]) {
    let words = std::iter::once("provost").chain(words.iter().copied());
    provost::cli::command().try_get_matches_from(words).unwrap();
}

#[test]
fn units_start_the_program_with_flags_that_it_has() {
    for unit in UNITS {
        let text = read(&format!("systemd/{unit}"));
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
            line.unwrap_or_else(|| panic!("{unit} has no {name}"))
        };
        let words: Vec<&str> = value("ExecStart").split_whitespace().collect();
        assert_eq!(words[0], "/usr/bin/provost");
        understood(&words[1..]);
        // The home is the folder that systemd makes and leaves writable.
        let state = format!("/var/lib/{}", value("StateDirectory"));
        assert!(words.contains(&state.as_str()) && value("WorkingDirectory") == state, "{unit}");
        for (name, expected) in [
            ("NoNewPrivileges", "true"),
            ("ProtectSystem", "strict"),
            ("ProtectHome", "true"),
            ("CapabilityBoundingSet", ""),
            ("UMask", "0077"),
            ("StateDirectoryMode", "0700"),
            ("Restart", "on-failure"),
        ] {
            assert_eq!(value(name), expected, "{unit}: {name}");
        }
        assert_ne!(value("User"), "root");
    }
}

#[test]
fn systemd_accepts_the_units() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        eprintln!("notice: skipped, systemd-analyze is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for unit in UNITS {
        // The program is not installed where the unit has it.
        let text = read(&format!("systemd/{unit}")).replace("/usr/bin/provost", env!("CARGO_BIN_EXE_provost"));
        let file = folder.path().join(unit);
        std::fs::write(&file, text).unwrap();
        let output = Command::new("systemd-analyze").arg("verify").arg(&file).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let about: Vec<&str> = said.lines().filter(|line| line.contains(unit)).collect();
        assert!(about.is_empty(), "{about:?}");
    }
}

#[test]
fn the_image_is_small_and_its_process_nobody() {
    let text = read("docker/Dockerfile").replace("\\\n", " ");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).collect();
    let last_stage = lines.iter().rposition(|line| line.starts_with("FROM ")).unwrap();
    assert_eq!(lines.iter().filter(|line| line.starts_with("FROM ")).count(), 2);
    for line in lines.iter().filter(|line| line.starts_with("FROM ")) {
        let image = line.split_whitespace().nth(1).unwrap();
        assert!(image.contains(':') && !image.ends_with(":latest"), "{line}");
    }
    for line in lines.iter().filter(|line| line.contains("apt-get install")) {
        assert!(line.contains("--no-install-recommends") && line.contains("rm -rf /var/lib/apt/lists"), "{line}");
    }
    let run = &lines[last_stage..];
    let list = |name: &str| -> Vec<String> {
        let line = run.iter().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name}"));
        serde_json::from_str(line.trim()).unwrap()
    };
    let user = run.iter().position(|line| line.starts_with("USER ")).unwrap();
    assert!(!run[user].contains("root") && !run[user].ends_with(" 0"));
    assert!(run[user..].iter().all(|line| !line.starts_with("RUN ")), "nothing is done as this user but to run");
    assert_eq!(list("ENTRYPOINT "), ["/usr/bin/provost"]);
    let command = list("CMD ");
    understood(&command.iter().map(String::as_str).collect::<Vec<_>>());
    let health = run.iter().find(|line| line.starts_with("HEALTHCHECK ")).unwrap();
    assert!(health.contains("https://127.0.0.1:5001/ready") && command.contains(&"https://0.0.0.0:5001".to_owned()));
    assert!(run.contains(&"EXPOSE 5001"));
}
