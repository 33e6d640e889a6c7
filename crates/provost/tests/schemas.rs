//! Schemas of connections: asked for by a job or by hand, kept, and shown beside what the configuration declares.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

#[path = "../../connectors/tests/common/authority.rs"]
mod authority;
#[path = "../../connectors/tests/common/slapd.rs"]
#[allow(dead_code, missing_docs)]
mod slapd;

use serde_json::{Value, json};
use slapd::{ADMIN, PASSWORD, SUFFIX, Slapd};
use support::net::{self, Agent, Server, tasks};
use support::{Home, Kind};

/// A directory and a file behind one connector, and a job that asks both.
const CONFIGURATION: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Language Code="en-US" IndicatorNumber="1" />
  <Agent Identifier="Local" DisplayName_L1="Local agent" />
  <Connector Identifier="Dir" DisplayName_L1="Directory" Agent="Local" />
  <Connection Identifier="DirExport" DisplayName_L1="Directory" Connector="Dir" Package="Usercube.LDAP@0000001" />
  <Connection Identifier="DirFile" DisplayName_L1="File" Connector="Dir" Package="Usercube.CSV@0000001" />
  <ConnectionTable Identifier="DirFile" Connection="DirFile"><Column Identifier="id" KeyType="Primary" /></ConnectionTable>
  <Job Identifier="Schemas" DisplayName_L1="Schemas" Agent="Local">
    <RefreshSchemaTask Identifier="Schemas_Refresh" DisplayName_L1="R" Agent="Local" OpenIdClient="Job" Connector="Dir" />
  </Job>
</ConfigurationFile>
"#;

fn home(kind: Kind, slapd: &Slapd) -> Home {
    let home = Home::new(kind);
    home.write("Conf/Directory.xml", CONFIGURATION);
    let directory = json!({
        "Servers": [{"Server": format!("localhost:{}", slapd.tls_port), "EnableSSL": true, "AuthType": "Basic",
            "Login": ADMIN, "Password": PASSWORD, "CertificateAuthority": slapd.folder.path().join("ca.pem")}],
        "Tables": [{"Table": "entries", "BaseDN": SUFFIX, "Filter": "(objectClass=*)"}],
        "TimeOut": 5,
    });
    home.write("appsettings.agent.json", json!({ "Connections": { "DirExport": directory } }).to_string());
    home
}

/// Columns that queries show, with their table, key and type.
fn column(server: &Server, name: &str) -> Vec<Value> {
    let query = "select ConnectionTableIdentifier, ConnectionIdentifier, KeyType, ValueType, IsMultivalued, Path";
    let query = format!("{query} where Identifier = \"{name}\"").replace(' ', "%20").replace('"', "%22");
    let answer = net::value(server.get(&format!("api/Connectors/ConnectionColumn?squery={query}")));
    let mut rows = answer["Result"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    rows.iter_mut().for_each(|row| drop(row.as_object_mut().unwrap().remove("Id")));
    rows
}

fn standing(server: &Server, connection: &str) -> Value {
    let all = net::value(server.get("api/Connectors/Schema"));
    all.as_array().unwrap().iter().find(|one| one["connection"]["identifier"] == connection).unwrap().clone()
}

on_both_databases!(what_systems_say_is_kept_and_shown);

fn what_systems_say_is_kept_and_shown(kind: Kind) {
    let Some(slapd) = Slapd::start("") else { return };
    let server = Server::start(home(kind, &slapd), &[]);
    let agent = Agent::start(&server);
    assert_eq!(column(&server, "mail"), Vec::<Value>::new());
    let shown = server.run("Schemas");
    assert_eq!(shown["instance"]["state"], "Completed", "{shown:#}\n{}", server.logs(&shown));
    assert_eq!(tasks(&shown)[0]["produced"], true);
    let log = server.logs(&shown);
    assert!(log.contains("connection DirFile has no schema to ask for"), "{log}");
    assert!(log.contains("they have changed"), "{log}");
    let mail = json!({
        "ConnectionTableIdentifier": "DirExport_entries", "ConnectionIdentifier": "DirExport", "KeyType": "None",
        "ValueType": "String", "IsMultivalued": true,
    });
    let mut shown_mail = column(&server, "mail");
    let class = shown_mail[0].as_object_mut().unwrap().remove("Path");
    assert!(class.is_some_and(|class| class.is_string()), "a class that brings it");
    assert_eq!(shown_mail, [mail]);
    assert_eq!(column(&server, "id")[0]["KeyType"], "Primary", "what the configuration declares is there, too");
    let before = standing(&server, "DirExport");
    assert!(before["refreshedAt"].is_i64() && before["error"].is_null(), "{before}");

    // By hand, at the server and over the network, by identifier and by the id that queries show.
    let again = server.run("Schemas");
    assert_eq!((&again["instance"]["state"], &tasks(&again)[0]["produced"]), (&json!("Completed"), &json!(false)));
    let said = server.home.ok(&["refresh-schema", "--connection-id", before["id"].as_str().unwrap()]);
    assert!(said.starts_with("connection DirExport: ") && said.ends_with("as before\n"), "{said}");
    let there = ["refresh-schema", "--connector", "dir", "--print", "--api-url", &server.url];
    let output = agent.command(&there).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("<ConnectionTable Identifier=\"DirExport_entries\" Connection=\"DirExport\">"), "{text}");
    let output = server.home.run(&["refresh-schema", "--connection-id", "Nobody"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("deployed connections: DirExport (-"), "{output:?}");

    // A directory that does not answer: said and kept, and what it said before stays.
    let before = standing(&server, "DirExport");
    drop(slapd);
    let failed = server.run("Schemas");
    assert_eq!(failed["instance"]["state"], "Errored", "{failed:#}");
    let after = standing(&server, "DirExport");
    assert_eq!((&after["refreshedAt"], &after["schema"]), (&before["refreshedAt"], &before["schema"]));
    assert!(after["failedAt"].is_i64() && after["error"].as_str().is_some_and(|error| !error.is_empty()), "{after}");
    // Others have no business here.
    let answer = server.http().get(format!("{}/api/Connectors/Schema", server.url)).send().unwrap();
    assert_eq!(answer.status(), 401);
}
