//! `provost doctor`, and files that are encrypted for a certificate, through the real binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use support::small::{CONNECTOR, loaded};
use support::{Home, Kind};

on_both_databases!(a_sound_home_is_found_sound, stuck_work_is_told, a_newer_database_is_an_error);

/// The findings other than ok, and the exit code.
fn doctor(home: &Home) -> (Vec<(String, String, String)>, Option<i32>) {
    let output = home.run(&["doctor", "--format", "json"]);
    let found: Vec<Value> = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    assert!(found.iter().any(|finding| finding["state"] == "ok" || finding["State"] == "ok"), "{found:?}");
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let findings = found
        .iter()
        .filter(|finding| finding["State"] != "ok")
        .map(|finding| (text(finding, "Check"), text(finding, "State"), text(finding, "Detail")))
        // How full the disk of a test machine is is none of our business.
        .filter(|(check, ..)| check != "disk")
        .collect();
    (findings, output.status.code())
}

fn a_sound_home_is_found_sound(kind: Kind) {
    let home = loaded(kind);
    let (findings, code) = doctor(&home);
    assert_eq!((findings, code), (Vec::new(), Some(0)));
    let text = home.ok(&["doctor"]);
    assert!(text.contains("ok       integrity: no damage found") && text.ends_with("0 errors, 0 warnings\n"), "{text}");
}

fn stuck_work_is_told(kind: Kind) {
    let home = loaded(kind);
    home.database.execute(
        "INSERT INTO UJ_Agents (Identifier, Client, Version, FirstSeenAt, LastSeenAt) VALUES ('Far', 'Job', '0.1.0', 1, 2);
         UPDATE UJ_SynchronizationSessions SET State = 'Blocked';
         INSERT INTO UJ_TaskInstances (Id, JobInstance_Id, Position, Level, Task, Kind, State, Definition, CreatedAt,
             LeaseUntil) VALUES (1, 1, 0, 0, 'Sync', 'SynchronizeTask', 'InProgress', '{}', 1, 2);
         INSERT INTO UJ_TaskInstances (Id, JobInstance_Id, Position, Level, Task, Kind, Agent, State, Definition,
             CreatedAt, ReadyAt) VALUES (2, 1, 1, 0, 'Export', 'ExportTask', 'Far', 'NotStarted', '{}', 1, 2)",
    );
    let (findings, code) = doctor(&home);
    let checks: Vec<(&str, &str)> = findings.iter().map(|(check, state, _)| (check.as_str(), state.as_str())).collect();
    let expected = [("agents", "warning"), ("jobs", "warning"), ("jobs", "warning"), ("connectors", "warning")];
    assert_eq!((checks.as_slice(), code), (expected.as_slice(), Some(0)), "{findings:?}");
    assert!(findings[0].2.contains("agent Far"), "{findings:?}");
    assert!(findings[1].2.contains("nobody works on task Sync"), "{findings:?}");
    assert!(findings[2].2.contains("task Export (instance 2) waits for agent Far"), "{findings:?}");
    assert!(findings[3].2.contains(CONNECTOR), "{findings:?}");
}

fn a_newer_database_is_an_error(kind: Kind) {
    let home = loaded(kind);
    home.database.execute("INSERT INTO UM_SchemaVersions (Version, AppliedAt) VALUES (99, 0)");
    let (findings, code) = doctor(&home);
    assert_eq!((findings.len(), findings[0].1.as_str(), code), (1, "error", Some(1)), "{findings:?}");
    assert!(findings[0].2.contains("schema version 99"), "{findings:?}");
}

#[test]
fn what_is_wrong_with_the_home_is_told_at_once() {
    let home = loaded(Kind::Sqlite);
    std::fs::remove_dir_all(home.file("Work/Synchronization")).unwrap();
    for (path, mode) in [(home.path().parent().unwrap().to_owned(), 0o755), (home.path(), 0o755)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    std::fs::set_permissions(home.file("appsettings.json"), std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::set_permissions(home.file("provost.db"), std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::set_permissions(home.file("appsettings.agent.json"), std::fs::Permissions::from_mode(0o640)).unwrap();
    home.write("server.crt", "no certificate");
    home.write("server.key", "no key");
    std::fs::set_permissions(home.file("server.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    home.write(
        "appsettings.json",
        r#"{"Https": {"CertificateFile": "server.crt", "KeyFile": "server.key"}, "Ofice": 1,
            "ApplicationUri": "http://127.0.0.1:9", "OpenId": {"DefaultOpenIdClient": "Job", "OpenIdClients": {"Job": "s"}}}"#,
    );
    let (findings, code) = doctor(&home);
    let checks: Vec<&str> = findings.iter().map(|(check, ..)| check.as_str()).collect();
    assert_eq!(
        (checks.as_slice(), code),
        (&["settings", "folders", "secrets", "certificate", "server"][..], Some(1)),
        "{findings:?}"
    );
    assert!(findings[2].2.contains("appsettings.json (mode 644)"), "{findings:?}");
    assert!(findings[4].2.contains("did not answer"), "{findings:?}");

    home.write("appsettings.json", r#"{"MaxPageSize": "many"}"#);
    let output = home.run(&["doctor", "--format", "csv"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("`MaxPageSize` has a wrong value"));
}

#[test]
fn damage_and_absence_of_the_file_are_found() {
    let home = loaded(Kind::Sqlite);
    let file = home.file("provost.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let (begin, end) = (4096 * 8, 4096 * 12);
    bytes[begin..end].fill(0xA5);
    std::fs::write(&file, bytes).unwrap();
    let (findings, code) = doctor(&home);
    assert!(
        code == Some(1) && findings.iter().any(|(check, state, _)| check == "integrity" && state == "error"),
        "{findings:?}"
    );
    std::fs::remove_file(&file).unwrap();
    let (findings, code) = doctor(&home);
    assert_eq!((findings[0].0.as_str(), code), ("database", Some(1)), "{findings:?}");
    assert!(!file.exists(), "looking makes nothing");
}

#[test]
fn files_and_settings_are_encrypted_for_a_certificate() {
    let home = loaded(Kind::Sqlite);
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["provost".to_owned()]).unwrap().self_signed(&key).unwrap();
    home.write("encryption.pem", format!("{}{}", certificate.pem(), key.serialize_pem()));
    home.write("appsettings.json", r#"{"EncryptionCertificate": {"File": "encryption.pem"}}"#);
    home.write("secrets.json", r#"{"OpenId": {"OpenIdClients": {"Job": "pssst"}}}"#);
    let at = |name: &str| home.file(name).to_str().unwrap().to_owned();

    home.ok(&["encrypt-file", "--files", &at("secrets.json"), "--output-path", &at("sealed")]);
    let sealed = std::fs::read(home.file("sealed")).unwrap();
    assert!(sealed.starts_with(b"PROVOST1") && !sealed.windows(5).any(|window| window == b"pssst"));
    assert_eq!(
        home.ok(&["decrypt-file", "--files", &at("sealed")]),
        r#"{"OpenId": {"OpenIdClients": {"Job": "pssst"}}}"#
    );
    std::fs::write(home.file("sealed"), &sealed[..sealed.len() - 1]).unwrap();
    let cut = home.run(&["decrypt-file", "-f", &at("sealed"), "-o", &at("open")]);
    assert_eq!(cut.status.code(), Some(1));
    assert!(!home.file("open").exists() && !home.file("open.partial").exists());

    let output = at("appsettings.encrypted.agent.json");
    home.ok(&[
        "protect-x509-json-file",
        "--input-json-file-path",
        &at("secrets.json"),
        "--output-json-file-path",
        &output,
    ]);
    let text = std::fs::read_to_string(home.file("appsettings.encrypted.agent.json")).unwrap();
    assert!(text.contains("\"Job\"") && !text.contains("pssst"), "{text}");
    let shown = home.ok(&["settings", "--format", "csv"]);
    assert!(shown.contains("OpenId:OpenIdClients:Job,********,appsettings.encrypted.agent.json"), "{shown}");
    assert_eq!(home.ok(&["protect-x509-json-value", "--values", "a", "b"]).lines().count(), 2);
}

/// The home of an agent asks its server for a token; the server's home is backed up while it serves.
#[test]
fn an_agent_reaches_its_server_which_is_backed_up_meanwhile() {
    use std::io::BufRead;
    let home = loaded(Kind::Sqlite);
    home.write(
        "Conf/access.xml",
        r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Profile Identifier="Agent" DisplayName_L1="Agent" />
  <OpenIdClient Identifier="Job" DisplayName_L1="Job" Profile="Agent"
                HashedSecret="K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=" />
</ConfigurationFile>"#,
    );
    home.deploy(&home.file("Conf"));
    let mut command = home.command(&["server", "--urls", "https://127.0.0.1:0", "--no-scheduler"]);
    let mut server =
        Process(command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap());
    let line = std::io::BufReader::new(server.0.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let address = line.strip_prefix("listening on ").unwrap().to_owned();

    let agent = Home::new(Kind::Sqlite);
    agent.write("job.secret", "secret\n");
    std::fs::copy(home.file("Work/Certificates/server.crt"), agent.file("server.crt")).unwrap();
    agent.write("appsettings.json", format!(r#"{{"ApplicationUri": "{address}"}}"#));
    agent.write(
        "appsettings.agent.json",
        r#"{"ServerCertificate": "server.crt", "OpenId": {"AgentIdentifier": "Local",
            "DefaultOpenIdClient": "Job@127.0.0.1", "OpenIdClients": {"Job@127.0.0.1": {"File": "job.secret"}}}}"#,
    );
    let (findings, code) = doctor(&agent);
    assert_eq!((findings, code), (Vec::new(), Some(0)));
    let text = agent.ok(&["doctor"]);
    assert!(text.contains("ok       server: ") && text.contains("gives a token"), "{text}");
    assert!(text.contains("ok       server clock: "), "{text}");
    agent.write("job.secret", "another");
    let (findings, code) = doctor(&agent);
    assert_eq!((findings.len(), code), (1, Some(1)), "{findings:?}");
    assert!(findings[0].2.contains("does not know client \"Job@127.0.0.1\""), "{findings:?}");

    let folder = home.path().parent().unwrap().join("backup");
    home.ok(&["backup", folder.to_str().unwrap()]);
    let restored = Home::unmade(Kind::Sqlite);
    restored.ok(&["restore", folder.to_str().unwrap()]);
    let list = ["resource", "list", support::small::PERSON, "--format", "csv"];
    assert_eq!(restored.ok(&list), home.ok(&list));
}

/// A process that ends with the test.
struct Process(std::process::Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
