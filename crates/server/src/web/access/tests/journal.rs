//! Whoever changes something is in the journal for it; whoever was refused is not.

use super::world::{PASSWORD, World, clock};
use crate::jobs::{Engine, JobSettings};
use crate::web::routes;
use axum::http::Method;
use std::sync::Arc;

/// Routes that change something without a word in the journal, and why.
const SILENT: &[(&str, &str)] = &[
    ("POST /connect/token", "a token is not kept"),
    ("POST /preferences", "language and theme are kept by the browser"),
    ("POST /api/Agent/{agent}/Work", "a sign of life"),
    ("POST /api/Agent/{agent}/Work/{taskInstance}/Progress", "a sign of life"),
    ("POST /api/Agent/{agent}/Work/{taskInstance}/Outcome", "the launch is in the journal, the end in the task's row"),
    ("PUT /api/Connectors/SynchronizeSession/{session}/Files/{file}/Pieces/{number}", "the session is in the journal"),
    (
        "POST /api/Connectors/ProvisioningSession",
        "giving orders is in the journal, who carries a file out is in its row",
    ),
    ("POST /api/ProvisioningPolicy/Reviews/Query", "nothing is changed"),
    ("POST /api/ProvisioningPolicy/Reviews/Decide", "each decision is a row with who, when and why"),
    ("POST /reviews/roles/{entityType}", "each decision is a row with who, when and why"),
    ("POST /reviews/provisioning/{entityType}", "each decision is a row with who, when and why"),
    ("POST /reviews/provisioning/{entityType}/bulk", "each decision is a row with who, when and why"),
    ("POST /reviews/role-reconciliation/{entityType}", "each decision is a row with who, when and why"),
    ("POST /reviews/role-reconciliation/{entityType}/bulk", "each decision is a row with who, when and why"),
    ("POST /reviews/resource-reconciliation/{entityType}", "each decision is a row with who, when and why"),
    ("POST /reviews/resource-reconciliation/{entityType}/bulk", "each decision is a row with who, when and why"),
    ("POST /reviews/manual/{entityType}", "each decision is a row with who, when and why"),
    ("POST /reviews/manual/{entityType}/bulk", "each decision is a row with who, when and why"),
];

const SESSION: &str = "11111111-2222-4333-8444-555555555555";

/// Route, its parameters, body, status.
type Step = (&'static str, &'static [(&'static str, &'static str)], &'static str, u16);

/// In this order, each by the administrator.
const STEPS: &[Step] = &[
    (
        "POST /api/Connectors/ProvisioningSession/Files/{file}/Results",
        &[("file", "1_00000000_0001_AD_User.json")],
        r#"{"ProvisioningResultsList":[]}"#,
        422,
    ),
    ("POST /api/Access/SignIn", &[], r#"{"login":"administrator","password":"correct horse battery"}"#, 200),
    ("POST /api/Access/SignIn", &[], r#"{"login":"administrator","password":"wrong"}"#, 401),
    (
        "POST /api/Access/ChangePassword",
        &[],
        r#"{"current":"correct horse battery","new":"correct horse battery staple"}"#,
        200,
    ),
    ("POST /api/Access/SignOut", &[], "", 204),
    ("POST /api/Access/SignOutEverywhere", &[], "", 204),
    ("POST /api/Access/SignOutOther", &[], r#"{"login":"bo","provider":"elsewhere","reason":"left"}"#, 200),
    ("POST /api/Connectors/ConnectorState/{connector}/Deactivate", &[("connector", "HR")], "{}", 200),
    ("POST /api/Connectors/ConnectorState/{connector}/Activate", &[("connector", "HR")], "{}", 200),
    ("POST /api/Connectors/ConnectorState/{connector}/Reset", &[("connector", "HR")], "{}", 200),
    ("POST /api/Connectors/ConnectorState/{connector}/Reset", &[("connector", "Nobody")], "{}", 404),
    ("POST /api/Job/RunJob/Jobs/{job}/Launch", &[("job", "Daily")], "{}", 201),
    ("POST /api/Job/RunJob/Jobs/{job}/Launch", &[("job", "Daily")], "{}", 409),
    ("POST /api/Job/RunJob/Instances/{id}/Resume", &[("id", "1")], r#"{"changeSet":"x"}"#, 409),
    ("POST /api/Job/RunJob/Instances/{id}/Cancel", &[("id", "1")], "{}", 200),
    ("POST /api/Job/RunJob/Instances/{id}/Restart", &[("id", "1")], "{}", 200),
    ("POST /api/Job/RunJob/Instances/{id}/Cancel", &[("id", "1")], "{}", 200),
    ("POST /api/Job/RunJob/Jobs/{job}/Repair", &[("job", "Daily")], "{}", 200),
    (
        "POST /api/Connectors/SynchronizeSession",
        &[],
        r#"{"session":"11111111-2222-4333-8444-555555555555","connector":"HR","mode":"complete"}"#,
        200,
    ),
    ("POST /api/Connectors/SynchronizeSession/{session}/Seal", &[("session", SESSION)], "{}", 400),
    ("DELETE /api/Connectors/SynchronizeSession/{session}", &[("session", SESSION)], "", 204),
    ("POST /api/Connectors/Schema/{connection}", &[("connection", "HR")], r#"{"schema":{"tables":[]}}"#, 200),
    ("POST /api/Connectors/Schema/{connection}", &[("connection", "HR")], r#"{"error":"it does not answer"}"#, 200),
    ("POST /api/Connectors/Schema/{connection}", &[("connection", "HR")], "{}", 400),
    ("POST /api/Connectors/Schema/{connection}", &[("connection", "Nobody")], r#"{"error":"x"}"#, 404),
    ("POST /jobs/{job}/launch", &[("job", "Daily")], "reason=again", 409),
    ("POST /runs/{id}/resume", &[("id", "1")], "change_set=x", 409),
    ("POST /runs/{id}/cancel", &[("id", "1")], "reason=enough", 303),
    ("POST /runs/{id}/restart", &[("id", "1")], "reason=after+all", 303),
    ("POST /runs/{id}/cancel", &[("id", "1")], "reason=enough", 303),
    ("POST /jobs/{job}/launch", &[("job", "Daily")], "reason=again", 303),
    ("POST /connectors/{connector}/{action}", &[("connector", "HR"), ("action", "deactivate")], "sure=1", 303),
    ("POST /connectors/{connector}/{action}", &[("connector", "HR"), ("action", "explode")], "sure=1", 404),
    ("POST /signin", &[], "login=administrator&password=correct+horse+battery+staple", 303),
    ("POST /signin", &[], "login=administrator&password=wrong", 401),
    (
        "POST /change-password",
        &[],
        "current=correct+horse+battery+staple&new=another+horse+battery+staple&again=another+horse+battery+staple",
        303,
    ),
    ("POST /signout", &[], "sure=1", 303),
];

const CONFIGURATION: &str = r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Agent Identifier="Local" DisplayName_L1="The agent" />
  <Connector Identifier="HR" DisplayName_L1="Personnel" Agent="Local" />
  <Connection Identifier="HR" DisplayName_L1="Personnel" Connector="HR" Package="Usercube.CSV@0000001" />
  <ConnectionTable Identifier="HR_Person" Connection="HR"><Column Identifier="number" IsMultivalued="false" /></ConnectionTable>
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="Number" DisplayName_L1="Number" Type="String" TargetColumnIndex="4" IsKey="true" />
  </EntityType>
  <EntityTypeMapping Identifier="Person" Connector="HR" ConnectionTable="HR_Person">
    <Property Identifier="Number" ConnectionColumn="number" IsPrimaryKey="true" />
  </EntityTypeMapping>
  <Job Identifier="Daily" DisplayName_L1="Daily" Agent="Local">
    <MaintainIndexesTask Identifier="Maintain" DisplayName_L1="M" />
  </Job>
</ConfigurationFile>"#;

fn name(method: &Method, path: &str) -> String {
    format!("{method} {path}")
}

#[test]
fn every_route_that_changes_something_is_walked() {
    for route in routes::table() {
        let name = name(&route.method, route.path);
        let is_known = SILENT.iter().any(|(silent, _)| *silent == name) || STEPS.iter().any(|step| step.0 == name);
        assert!(route.method == Method::GET || is_known, "{name} is walked by no step");
    }
}

fn entries(world: &World) -> usize {
    let journal = world.app.store().read(|tx| tx.journal(10_000)).unwrap();
    journal.iter().filter(|entry| entry.actor == "person administrator").count()
}

#[tokio::test]
async fn what_was_changed_is_in_the_journal_under_the_name_of_who_did_it() {
    let world = World::new();
    world.deploy(CONFIGURATION);
    world.account("administrator", "/", false);
    let app = &world.app;
    let tasks = Arc::new(());
    let settings = JobSettings::default();
    let engine =
        Engine::new(app.store().clone(), app.folders().clone(), settings, tasks, Arc::new(clock as fn() -> i64));
    app.serve_jobs(engine);
    for (route, parameters, body, status) in STEPS {
        let (method, path) = route.split_once(' ').unwrap();
        let path =
            parameters.iter().fold(path.to_owned(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value));
        let cookie = world.session("administrator").await;
        let is_form = body.contains('=');
        let kind = if is_form { "application/x-www-form-urlencoded" } else { "application/json" };
        let headers = [("cookie", &*cookie), ("sec-fetch-site", "same-origin"), ("content-type", kind)];
        let before = entries(&world);
        let answer = world.send(method, &path, &headers, body).await;
        let added = entries(&world) - before;
        assert_eq!(answer.status, *status, "{route}: {}", answer.text);
        let is_done = answer.status.is_success() || answer.status == 303;
        assert_eq!(added > 0, is_done, "{route} {status}: {added} entries in the journal");
    }
    assert_eq!(PASSWORD, "correct horse battery");
}
