//! The server as a process of its own: from its first line to its last.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod support;

use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use support::{Home, Kind};

/// A server that ends with the test.
struct Server {
    child: Child,
    lines: Vec<String>,
}

impl Server {
    /// Starts one and waits for its first lines.
    fn start(home: &Home, urls: &str, lines: usize) -> Server {
        let mut command = home.command(&["server", "--urls", urls]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let lines = out.lines().take(lines).map(Result::unwrap).collect();
        Server { child, lines }
    }

    fn address(&self) -> &str {
        self.lines[0].strip_prefix("listening on ").unwrap()
    }

    /// Asks it to stop, and waits for it.
    fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already when the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn client() -> Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // The certificate is compared by its fingerprint elsewhere; here the bytes on the wire matter.
    Client::builder().danger_accept_invalid_certs(true).build().unwrap()
}

fn administrator(home: &Home) -> String {
    let out = home.ok(&["init", home.path().to_str().unwrap(), "--new-password"]);
    out.split("password  ").nth(1).unwrap().lines().next().unwrap().to_owned()
}

fn json_of(response: Response) -> Value {
    serde_json::from_str(&response.text().unwrap()).unwrap()
}

#[test]
fn the_first_administrator_signs_in_at_a_server_that_stops_when_told() {
    let home = Home::new(Kind::Sqlite);
    let password = administrator(&home);
    let server = Server::start(&home, "http://127.0.0.1:0", 1);
    let (at, client) = (server.address().to_owned(), client());
    assert_eq!(json_of(client.get(format!("{at}/health")).send().unwrap())["status"], "ok");
    assert_eq!(client.get(format!("{at}/metrics")).send().unwrap().status(), 401);
    let body = json!({ "login": "administrator", "password": password });
    let answer = client.post(format!("{at}/api/Access/SignIn")).json(&body).send().unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("provost-loopback="), "{cookie}");
    let body = json!({ "current": password, "new": "correct horse battery" });
    let change = client.post(format!("{at}/api/Access/ChangePassword")).header("cookie", &cookie).json(&body);
    let answer = change.header("origin", &at).send().unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(json_of(answer)["permissions"], json!(["/"]));
    assert_eq!(client.get(format!("{at}/metrics")).header("cookie", &cookie).send().unwrap().status(), 200);
    let journal = home.ok(&["journal", "--format", "csv"]);
    assert!(journal.contains("person administrator"), "{journal}");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_program_gets_a_token_over_tls_with_a_certificate_that_stays_the_same() {
    let home = Home::new(Kind::Sqlite);
    home.write(
        "Conf/access.xml",
        r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Profile Identifier="Watcher" DisplayName_L1="Watcher" />
  <AccessControlRule Identifier="W" DisplayName_L1="W" EntityType="Person" Profile="Watcher">
    <Entry Permission="/Monitoring" CanExecute="true" />
  </AccessControlRule>
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="Number" DisplayName_L1="Number" Type="String" TargetColumnIndex="4" IsKey="true" />
  </EntityType>
  <OpenIdClient Identifier="Job" DisplayName_L1="Job" HashedSecret="K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=" Profile="Watcher" />
</ConfigurationFile>"#,
    );
    home.deploy(&home.file("Conf"));
    let server = Server::start(&home, "https://127.0.0.1:0", 2);
    let fingerprint = server.lines[1].clone();
    assert!(
        fingerprint.starts_with("certificate SHA-256 ") && fingerprint.ends_with(" (self-signed)"),
        "{fingerprint}"
    );
    let (at, client) = (server.address().to_owned(), client());
    let form = [("grant_type", "client_credentials"), ("client_id", "Job@127.0.0.1"), ("client_secret", "secret")];
    let token = json_of(client.post(format!("{at}/connect/token")).form(&form).send().unwrap());
    let token = token["access_token"].as_str().unwrap();
    let metrics = client.get(format!("{at}/metrics")).bearer_auth(token).send().unwrap();
    assert_eq!(metrics.status(), 200);
    assert!(metrics.headers().contains_key("strict-transport-security"));
    let refused =
        client.get(format!("{at}/api/AccessControl/AccessControlPermission")).bearer_auth(token).send().unwrap();
    assert_eq!(refused.status(), 403);
    assert_eq!(server.stop(), Some(0));
    let again = Server::start(&home, "https://127.0.0.1:0", 2);
    assert_eq!(again.lines[1], fingerprint);
    assert_eq!(again.stop(), Some(0));
}

#[test]
fn plain_http_is_refused_on_addresses_that_others_can_reach() {
    let home = Home::new(Kind::Sqlite);
    let run = home.run(&["server", "--urls", "http://0.0.0.0:0"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&run.stderr).contains("--behind-proxy"));
}

#[test]
fn a_task_calls_the_interface_of_its_server() {
    let mut home = Home::new(Kind::Sqlite);
    home.write(
        "Conf/jobs.xml",
        r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Agent Identifier="Local" DisplayName_L1="Local" />
  <Profile Identifier="Agents" DisplayName_L1="Agents" />
  <JobExecutionAccessControlRules Profile="Agents" />
  <OpenIdClient Identifier="Job" DisplayName_L1="Job" HashedSecret="K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=" Profile="Agents" />
  <Job Identifier="Calls" DisplayName_L1="Calls" Agent="Local">
    <InvokeApiTask Identifier="Allowed" DisplayName_L1="A" Agent="Local" OpenIdClient="Job" HttpCommand="Get"
                   ApiUrl="/api/Job/RunJob/Jobs" Level="0" />
    <InvokeApiTask Identifier="Refused" DisplayName_L1="R" Agent="Local" OpenIdClient="Job" HttpCommand="Get"
                   ApiUrl="/metrics" Level="1" />
  </Job>
</ConfigurationFile>"#,
    );
    home.write("appsettings.agent.json", r#"{"OpenId": {"OpenIdClients": {"Job": "secret"}}}"#);
    home.deploy(&home.file("Conf"));
    let server = Server::start(&home, "http://127.0.0.1:0", 1);
    home.environment.push(("PROVOST__ApplicationUri".to_owned(), server.address().to_owned()));
    let output = home.run(&["invoke-job", "-j", "Calls", "--format", "json"]);
    let job: Value = serde_json::from_slice(&output.stdout).unwrap();
    let tasks: Vec<(&str, &str)> = job["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| (task["state"].as_str().unwrap(), task["error"]["code"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(tasks, [("Completed", ""), ("Errored", "forbidden")], "{job}");
    let log = home.ok(&["job", "log", "1", "--task", "Allowed"]);
    assert!(log.contains("GET api/Job/RunJob/Jobs: ") && log.contains("Calls"), "{log}");
    assert!(!log.contains("secret"), "{log}");
    assert_eq!(server.stop(), Some(0));
}
