//! A task that is begun twice, because its agent died or its lease ran out, and a report that comes twice: what was done
//! is done once, and counted once.
#![cfg(feature = "fault-injection")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use provost_model::summary::{EntityCounters, LinkCounters, Summary};
use serde_json::{Value, json};
use support::net::{self, Agent, Process, Server, tasks};
use support::{Home, Kind, small};

/// Where the agent dies: with an open session, before and behind the instant in which it is queued, and when all but the
/// report is done.
const POINTS: &[&str] = &[
    "prepare.table-written",
    "prepare.uploaded",
    "prepare.previous-staged",
    "prepare.sealed",
    "prepare.previous-promoted",
];

/// Ten people, of whom the one with this number has another name.
fn people(changed: usize) -> String {
    let row = |id: usize| {
        let mark = if id == changed { " again" } else { "" };
        format!("{id},login{id},Name of {id}{mark},{}\n", 20 + id)
    };
    "id,login,name,age\n".to_owned() + &(1..=10).map(row).collect::<String>()
}

fn lay_out(agent: &Agent, changed: usize) {
    agent.write("Sources/people.csv", people(changed));
    agent.write("Sources/teams.csv", small::TEAMS);
    agent.write("Sources/members.csv", "team,login\nA,login1\nB,login2\n");
    agent.write("Sources/homes.csv", "team,id\nA,1\nB,2\nB,3\n");
}

fn server(kind: Kind) -> Server {
    let home = net::small(kind);
    home.write("appsettings.json", r#"{ "Jobs": { "LeaseSeconds": 2 }, "JobLaunchTimeout": 60000 }"#);
    Server::start_with(home, &[], "http")
}

/// What a task of an instance counted.
fn counted(shown: &Value, kind: &str) -> Summary {
    let task = tasks(shown).iter().find(|task| task["kind"] == kind).unwrap();
    serde_json::from_value(task["summary"].clone()).unwrap()
}

fn number(home: &Home, sql: &str) -> i64 {
    home.database.number(sql)
}

on_both_databases!(
    what_a_dying_agent_had_queued_counts_once,
    a_report_that_comes_again_changes_nothing,
    whoever_has_lost_a_task_queues_nothing_for_it,
);

fn what_a_dying_agent_had_queued_counts_once(kind: Kind) {
    let server = server(kind);
    let mut agent = Agent::start(&server);
    lay_out(&agent, 0);
    server.run_approved("Initial");
    // Each round after the other on one repository: one name goes back, another one changes.
    for (round, point) in POINTS.iter().enumerate() {
        assert_eq!(agent.process().stop(), Some(0));
        let mut command = agent.command(&["agent"]);
        command.env("PROVOST_CRASH_AT", point);
        agent.process = Some(Process::start(command, agent.file("agent.log"), 1).0);
        lay_out(&agent, round + 1);
        let id = server.launch("Incremental");
        agent.process().wait();
        agent.up();
        let shown = server.ended(&id);
        assert_eq!(shown["instance"]["state"], "Completed", "{point}: {shown:#}\n{}", server.logs(&shown));
        let prepared = tasks(&shown).iter().find(|t| t["kind"] == "PrepareSynchronizationTask").unwrap();
        assert_eq!(prepared["attempts"], 2, "{point}: {shown:#}");
        let updated = if round == 0 { 1 } else { 2 };
        let wanted = EntityCounters { rows: 10, updated, unchanged: 10 - updated, ..EntityCounters::default() };
        let summary = counted(&shown, "SynchronizeTask");
        assert_eq!(summary.entity_types[small::PERSON], wanted, "{point}");
        let members = LinkCounters { rows: 2, unchanged: 2, ..LinkCounters::default() };
        assert_eq!(summary.associations[small::MEMBER], members, "{point}");
        let wanted = EntityCounters { rows: 10, ..EntityCounters::default() };
        assert_eq!(counted(&shown, "PrepareSynchronizationTask").entity_types[small::PERSON], wanted, "{point}");
        let applied = number(&server.home, "SELECT COUNT(*) FROM UJ_SynchronizationSessions WHERE State = 'Applied'");
        assert_eq!(applied, 2 + round as i64, "{point}: one session for each execution");
    }
}

/// What the books say about the tasks of an instance.
fn books(home: &Home, id: &str) -> Vec<Vec<Option<String>>> {
    home.database.rows(&format!(
        "SELECT Task, State, Summary, CAST(Attempts AS TEXT), CAST(EndedAt AS TEXT), Lease, CAST(Id AS TEXT) \
         FROM UJ_TaskInstances WHERE JobInstance_Id = {id} ORDER BY Position"
    ))
}

fn a_report_that_comes_again_changes_nothing(kind: Kind) {
    let server = server(kind);
    let agent = Agent::start(&server);
    lay_out(&agent, 0);
    let shown = server.run_approved("Initial");
    let id = shown["instance"]["id"].as_str().unwrap();
    let before = books(&server.home, id);
    let token = server.token_of("Job");
    for row in before.iter().filter(|row| row[0].as_deref() != Some("Initial_Synchronize")) {
        let at = format!("{}/api/Agent/Local/Work/{}/Outcome", server.url, row[6].as_ref().unwrap());
        for (state, status) in [("Completed", 200), ("Errored", 409)] {
            let outcome =
                json!({ "state": state, "produced": true, "summary": { "connector": "Small", "state": state } });
            let report = json!({ "lease": row[5], "outcome": outcome, "log": [] });
            let answer = server.http().post(&at).bearer_auth(&token).json(&report).send().unwrap();
            assert_eq!(answer.status().as_u16() / 100, status / 100, "{row:?} {}", answer.text().unwrap());
        }
    }
    assert_eq!(books(&server.home, id), before);
    assert_eq!(counted(&server.instance(id), "SynchronizeTask").entity_types[small::PERSON].inserted, 10);
}

fn whoever_has_lost_a_task_queues_nothing_for_it(kind: Kind) {
    let server = server(kind);
    let agent = Agent::start(&server);
    lay_out(&agent, 0);
    let shown = server.run_approved("Initial");
    let lease = books(&server.home, shown["instance"]["id"].as_str().unwrap())[1][5].clone().unwrap();
    let token = server.token_of("Job");
    let request = json!({
        "session": "01890000-0000-7000-8000-000000000001",
        "connector": small::CONNECTOR,
        "mode": "complete",
        "lease": lease,
    });
    let at = format!("{}/api/Connectors/SynchronizeSession", server.url);
    let answer = server.http().post(&at).bearer_auth(&token).json(&request).send().unwrap();
    assert_eq!(answer.status(), 409);
    assert!(answer.text().unwrap().contains("lease-lost"));
    assert_eq!(number(&server.home, "SELECT COUNT(*) FROM UJ_SynchronizationSessions"), 1);
}
