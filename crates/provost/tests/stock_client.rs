//! What others have made, against a real server: an OAuth client, a validator of interface descriptions, a tester that
//! makes up requests from the description, and the schema of OpenTelemetry. They come from PyPI, into an environment below `target`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use support::net::{self, Agent, small};
use support::{Home, Kind, root};

const PACKAGES: &[&str] = &[
    "Authlib==1.9.10",
    "joserfc==1.8.0",
    "requests==2.34.2",
    "openapi-spec-validator==0.9.0",
    "schemathesis==4.32.5",
    "opentelemetry-proto==1.45.2",
];

/// Requests that the tester makes up are the same each time.
const SEED: &str = "1";

const ACCESS: &str = r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="Number" DisplayName_L1="Number" Type="String" TargetColumnIndex="4" IsKey="true" />
    <Property Identifier="Department" DisplayName_L1="Department" Type="ForeignKey" TargetColumnIndex="128" />
  </EntityType>
  <EntityType Identifier="Department" DisplayName_L1="Department">
    <Property Identifier="Code" DisplayName_L1="Code" Type="String" TargetColumnIndex="4" IsKey="true" />
    <Property Identifier="Members" DisplayName_L1="Members" Type="ForeignKey" />
  </EntityType>
  <EntityAssociation Identifier="WorksIn" DisplayName_L1="Works in" Property1="Department:Members" Property2="Person:Department" IsProperty1Collection="true" />
  <Profile Identifier="Tester" DisplayName_L1="Tester" />
  <AccessControlRule Identifier="Person" DisplayName_L1="P" EntityType="Person" Profile="Tester">
    <Entry Permission="/AccessControl" CanExecute="true" /><Entry Permission="/Connectors" CanExecute="true" />
    <Entry Permission="/Custom" CanExecute="true" /><Entry Permission="/Jobs" CanExecute="true" />
    <Entry Permission="/Metadata" CanExecute="true" /><Entry Permission="/Monitoring" CanExecute="true" />
    <Entry Permission="/ProvisioningPolicy" CanExecute="true" /><Entry Permission="/Resources" CanExecute="true" />
  </AccessControlRule>
  <OpenIdClient Identifier="Tester" DisplayName_L1="Tester" HashedSecret="K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=" Profile="Tester" />
</ConfigurationFile>"#;

/// The environment with the packages; `None` with a notice where they cannot be had, an error in CI.
fn programs() -> Option<&'static Path> {
    static READY: OnceLock<Option<PathBuf>> = OnceLock::new();
    READY.get_or_init(install).as_deref()
}

fn install() -> Option<PathBuf> {
    let folder = root().join("target/stock-clients");
    let programs = folder.join("bin");
    let stamp = folder.join("packages");
    if std::fs::read_to_string(&stamp).is_ok_and(|have| have == PACKAGES.join(" ")) {
        return Some(programs);
    }
    let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).status();
    let got = made.is_ok_and(|status| status.success())
        && Command::new(programs.join("pip")).args(["install", "--quiet"]).args(PACKAGES).status().unwrap().success();
    if got {
        std::fs::write(stamp, PACKAGES.join(" ")).unwrap();
        return Some(programs);
    }
    assert!(std::env::var_os("CI").is_none(), "the packages of PyPI are missing: {PACKAGES:?}");
    eprintln!("notice: skipped, {PACKAGES:?} cannot be had from PyPI");
    None
}

/// A server that ends with the test.
struct Server {
    child: Child,
    address: String,
    _home: Home,
}

impl Server {
    fn start() -> Server {
        let home = Home::new(Kind::Sqlite);
        home.write("Conf/access.xml", ACCESS);
        home.deploy(&home.file("Conf"));
        let mut command = home.command(&["server", "--urls", "http://127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let line = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        let address = line.strip_prefix("listening on ").unwrap().to_owned();
        Server { child, address, _home: home }
    }

    fn token(&self) -> String {
        let form = [("grant_type", "client_credentials"), ("client_id", "Tester"), ("client_secret", "secret")];
        let answer = client().post(format!("{}/connect/token", self.address)).form(&form).send().unwrap();
        let answer: serde_json::Value = serde_json::from_str(&answer.text().unwrap()).unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already when something went wrong with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn client() -> reqwest::blocking::Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::blocking::Client::new()
}

fn well(command: &mut Command) {
    let output = command.output().unwrap();
    let shown = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{command:?}\n{}", shown.join("\n"));
}

#[test]
fn authlib_finds_the_server_gets_a_token_checks_it_and_calls() {
    let Some(programs) = programs() else { return };
    let server = Server::start();
    let script = root().join("crates/provost/tests/scripts/stock_client.py");
    well(Command::new(programs.join("python")).arg(script).args([&*server.address, "Tester", "secret"]));
}

#[test]
fn the_description_is_valid_and_the_server_keeps_to_it() {
    let Some(programs) = programs() else { return };
    let server = Server::start();
    let described = format!("{}/swagger/v1/swagger.json", server.address);
    let text = client().get(&described).send().unwrap().text().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    well(Command::new(programs.join("openapi-spec-validator")).arg(file.path()));
    // Streams do not end, and waiting for work takes half a minute: both are tested elsewhere.
    let without = "(/Events|/Work)$";
    well(
        Command::new(programs.join("schemathesis"))
            .args(["run", &described, "--header", &format!("Authorization: Bearer {}", server.token())])
            .args(["--phases", "coverage,fuzzing", "--max-examples", "5", "--seed", SEED, "--continue-on-failure"])
            .args(["--exclude-path-regex", without, "--exclude-checks", "positive_data_acceptance"])
            .args(["--request-timeout", "30", "--no-color"])
            .current_dir(tempfile::tempdir().unwrap().path()),
    );
}

/// A collector of traces that ends with the test.
struct Collector {
    child: Child,
    address: String,
}

impl Collector {
    fn start(programs: &Path) -> Collector {
        let script = root().join("crates/provost/tests/scripts/collector.py");
        let mut child = Command::new(programs.join("python")).arg(script).stdout(Stdio::piped()).spawn().unwrap();
        let address = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        Collector { child, address }
    }

    fn spans(&self) -> Vec<serde_json::Value> {
        serde_json::from_str(&client().get(&self.address).send().unwrap().text().unwrap()).unwrap()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_collector_of_opentelemetry_sees_requests_and_a_job_with_its_tasks() {
    let Some(programs) = programs() else { return };
    let collector = Collector::start(programs);
    let mut home = small(Kind::Sqlite);
    support::small::lay_out(&home);
    home.environment.push(("PROVOST__OpenTelemetry__Endpoint".to_owned(), collector.address.clone()));
    let mut server = net::Server::start(home, &[]);
    let mut agent = Agent::start(&server);
    for name in ["people", "teams", "members", "homes"] {
        let name = format!("Sources/{name}.csv");
        agent.write(&name, std::fs::read(server.home.file(&name)).unwrap());
    }
    server.run_approved("Complete");
    let (trace, caller) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let health = server.http().get(format!("{}/health", server.url));
    health.header("traceparent", format!("00-{trace}-{caller}-01")).send().unwrap();
    agent.process().stop();
    server.process.take().unwrap().stop();

    let spans = collector.spans();
    let named =
        |name: &str| spans.iter().find(|span| span["name"] == name).unwrap_or_else(|| panic!("{name}: {spans:#?}"));
    let job = named("job Complete");
    assert_eq!((&job["parent"], &job["service"]), (&"".into(), &"provost".into()));
    let tasks: Vec<_> =
        spans.iter().filter(|span| span["trace"] == job["trace"] && span["parent"] == job["id"]).collect();
    let kinds: Vec<&str> = tasks.iter().filter_map(|span| span["name"].as_str()?.split(' ').next()).collect();
    for kind in ["ExportTask", "PrepareSynchronizationTask", "SynchronizeTask"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    assert_eq!(named("POST /api/Job/RunJob/Jobs/{job}/Launch")["kind"], 2);
    let health = named("GET /health");
    assert_eq!((&health["trace"], &health["parent"]), (&trace.into(), &caller.into()));
}
