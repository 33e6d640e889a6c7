//! A server and an agent with a network between them: what a job does is what the same steps do in one home.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use support::net::{Agent, Server, tasks};
use support::{Home, Kind, net, small};

/// Sources of an agent.
fn lay_out(agent: &Agent, people: &str) {
    agent.write("Sources/people.csv", people);
    agent.write("Sources/teams.csv", small::TEAMS);
    agent.write("Sources/members.csv", small::MEMBERS);
    agent.write("Sources/homes.csv", small::HOMES);
}

const LATER: &str = "id,login,name,age\n1,ada,Ada,37\n2,bob,Bob,41\n3,cyd,Cyd,\n5,eve,Eve,20\n";

/// What the same steps give in one home.
fn local(kind: Kind, modes: &[(&str, &str)]) -> Home {
    let home = small::empty(kind, small::Guards::Off);
    small::lay_out(&home);
    for (mode, people) in modes {
        home.write("Sources/people.csv", people);
        home.sync_up(small::CONNECTOR, mode);
    }
    home
}

on_both_databases!(
    jobs_with_a_remote_agent_do_what_the_same_steps_do_in_one_home,
    prepare_by_hand_goes_to_the_server_and_strangers_are_refused,
    a_server_and_an_agent_that_are_told_to_stop_lose_nothing,
    jobs_are_looked_after_from_elsewhere,
    an_agent_may_bind_its_tokens_to_a_key,
);

/// Standard error and exit code of a verb that does not go well.
fn refused(agent: &Agent, arguments: &[&str]) -> (Option<i32>, String) {
    let output = agent.command(arguments).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Sessions in the repository, whatever became of them.
fn sessions(home: &Home) -> i64 {
    home.database.number("SELECT COUNT(*) FROM UJ_SynchronizationSessions")
}

fn prepare_by_hand_goes_to_the_server_and_strangers_are_refused(kind: Kind) {
    let server = Server::start(net::small(kind), &["Other"]);
    let by_hand = Agent::home(&server, &server.url, server.caller("Job"));
    for name in ["People", "Teams", "Members", "Homes"] {
        let content = match name {
            "People" => small::PEOPLE,
            "Teams" => small::TEAMS,
            "Members" => small::MEMBERS,
            _ => small::HOMES,
        };
        by_hand.write(&format!("Temp/ExportOutput/{name}.csv"), content);
    }
    let url = server.url.as_str();
    let secret = server.caller("Job").secret.as_str();
    let prepare = |secret: &str| -> Vec<String> {
        [
            "prepare-synchronization",
            "--agent",
            "Local",
            "--connector",
            small::CONNECTOR,
            "--synchronization-mode",
            "Initial",
            "--sources-directory",
            "ExportOutput",
            "--working-directory",
            "Collect",
            "--api-client-id",
            "Job",
            "--api-secret",
            secret,
            "--api-url",
            url,
        ]
        .map(str::to_owned)
        .to_vec()
    };
    let words = prepare("not the secret");
    let wrong: Vec<&str> = words.iter().map(String::as_str).collect();
    let (code, said) = refused(&by_hand, &wrong);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("does not know client \"Job\", or not with this secret"), "{said}");
    let words = prepare(secret);
    let right: Vec<&str> = words.iter().map(String::as_str).collect();
    // Another server's certificate.
    let stranger = Home::new(Kind::Sqlite);
    let other = Server::start(stranger, &[]);
    std::fs::copy(other.certificate(), by_hand.file("server.crt")).unwrap();
    let (code, said) = refused(&by_hand, &right);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("did not answer") && said.contains("certificate"), "{said}");
    drop(other);
    std::fs::copy(server.certificate(), by_hand.file("server.crt")).unwrap();
    assert_eq!(sessions(&server.home), 0, "nothing is written");
    let output = by_hand.command(&right).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let id =
        server.home.database.rows("SELECT Id FROM UJ_SynchronizationSessions WHERE State = 'Sealed'")[0][0].clone();
    // A session is of whoever opened it.
    let token = server.token_of("Other");
    let at = format!("{url}/api/Connectors/SynchronizeSession/{}", id.unwrap());
    for request in [server.http().get(&at), server.http().delete(&at)] {
        let answer = request.bearer_auth(&token).send().unwrap();
        assert_eq!(answer.status(), 404);
        assert!(answer.text().unwrap().contains("there is no such session"));
    }
    // An agent is of whoever the configuration names, or came first.
    let mut agent = Agent::start(&server);
    lay_out(&agent, small::PEOPLE);
    server.run_approved("Complete");
    let work = format!("{url}/api/Agent/Local/Work");
    let question = serde_json::json!({ "version": "1", "wait_seconds": 0, "kinds": [] });
    let answer = server.http().post(&work).bearer_auth(&token).json(&question).send().unwrap();
    assert_eq!(answer.status(), 403);
    assert!(answer.text().unwrap().contains("other-client"));
    let done = format!("{url}/api/Agent/Local/Work/1/Outcome");
    let report = serde_json::json!({ "lease": "0", "outcome": { "state": "Completed", "produced": true }, "log": [] });
    let answer = server.http().post(&done).bearer_auth(&token).json(&report).send().unwrap();
    assert_eq!(answer.status(), 409, "{}", answer.text().unwrap());
    assert_eq!(agent.process().stop(), Some(0));
    assert_eq!(small::held(&server.home).people.len(), 4);
    assert!(server.refused("client") >= 1.0, "{:?}", server.metrics());
}

fn a_server_and_an_agent_that_are_told_to_stop_lose_nothing(kind: Kind) {
    let mut server = Server::start(net::small(kind), &[]);
    let mut agent = Agent::start(&server);
    lay_out(&agent, small::PEOPLE);
    server.run_approved("Initial");
    for (round, people) in [LATER, small::PEOPLE, LATER].into_iter().enumerate() {
        lay_out(&agent, people);
        let id = server.launch("Incremental");
        // Somewhere in the middle, another place each time.
        std::thread::sleep(std::time::Duration::from_millis(40 + 120 * round as u64));
        assert_eq!(agent.process().stop(), Some(0), "the agent");
        assert_eq!(server.process().stop(), Some(0), "the server");
        server.up();
        agent.up();
        let shown = server.ended(&id);
        assert!(matches!(shown["instance"]["state"].as_str(), Some("Completed" | "Warning")), "{shown:#}");
    }
    let steps = [("initial", small::PEOPLE), ("incremental", LATER)];
    assert_eq!(small::held(&server.home), small::held(&local(kind, &steps)));
}

fn jobs_with_a_remote_agent_do_what_the_same_steps_do_in_one_home(kind: Kind) {
    let server = Server::start(net::small(kind), &[]);
    let agent = Agent::start(&server);
    let modes =
        [("Initial", small::PEOPLE), ("Complete", LATER), ("Incremental", small::PEOPLE), ("Incremental", LATER)];
    for (job, people) in modes {
        lay_out(&agent, people);
        let shown = server.run_approved(job);
        let on_agent = |t: &&serde_json::Value| t["agent"] == "Local" && t["owner"] == "agent Local";
        assert!(tasks(&shown).iter().filter(on_agent).count() >= 2, "{shown:#}");
    }
    let lower = modes.map(|(job, people)| (job.to_lowercase(), people));
    let lower: Vec<(&str, &str)> = lower.iter().map(|(job, people)| (job.as_str(), *people)).collect();
    let wanted = small::held(&local(kind, &lower));
    assert_eq!(small::held(&server.home), wanted);
    assert!(!server.home.file("Sources").exists(), "the server has no sources");
}

fn jobs_are_looked_after_from_elsewhere(kind: Kind) {
    let home = net::with_jobs(small::empty(kind, small::Guards::Default), small::CONNECTOR);
    let server = Server::start(home, &[]);
    let agent = Agent::start(&server);
    lay_out(&agent, small::PEOPLE);
    let person = Agent::home(&server, &server.url, server.caller("Admin"));
    let there = |words: &[&str]| {
        let output = person.command(words).args(["--api-url", &server.url]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code().unwrap(), said + &String::from_utf8_lossy(&output.stderr))
    };
    let (code, steps) = there(&["get-job-steps", "-j", "Initial"]);
    assert_eq!(code, 0, "{steps}");
    assert!(steps.starts_with("Task : Initial_Export, Order : 0\nTask : Initial_Prepare, Order : 1\n"), "{steps}");
    let (code, said) = there(&["invoke-job", "-j", "Complete"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("Complete (instance 1): Blocked"), "{said}");
    let shown = server.instance("1");
    let hash = tasks(&shown).iter().find_map(|task| task["changeSet"].as_str()).unwrap().to_owned();
    let (code, said) = there(&["job", "resume", "1", "--change-set", "0123456789abcdef0123456789abcdef"]);
    assert!(code == 3 && said.contains("does not block"), "{code} {said}");
    let (code, said) = there(&["job", "resume", "1", "--change-set", &hash, "--reason", "first load"]);
    assert!(code == 0 && said.contains("Complete (instance 1): Completed"), "{code} {said}");
    let (code, said) = there(&["job", "watch", "1"]);
    assert!(code == 0 && said.contains("PrepareSynchronization_Small_Complete: Completed"), "{code} {said}");
    let (code, said) = there(&["job", "show", "1", "--format", "json"]);
    assert!(code == 0 && said.contains("\"state\":\"Completed\""), "{code} {said}");
    let (code, said) = there(&["job", "list", "--format", "csv"]);
    assert!(code == 0 && said.lines().nth(1).unwrap().starts_with("1,Complete,Completed"), "{code} {said}");
    let (code, said) = there(&["job", "log", "1", "--task", "Complete_PrepareSynchronization_Small_Complete"]);
    assert!(code == 0 && said.contains("PrepareSynchronization_Small_Complete begins on agent Local"), "{code} {said}");
    let (code, said) = there(&["job", "cancel", "1"]);
    assert!(code == 2 && said.contains("cannot be cancelled"), "{code} {said}");
    let (code, said) = there(&["invoke-job", "-j", "Nightly"]);
    assert!(code == 2 && said.contains("known jobs: "), "{code} {said}");
    assert_eq!(small::held(&server.home).people.len(), 4);
}

fn an_agent_may_bind_its_tokens_to_a_key(kind: Kind) {
    let server = Server::start(net::small(kind), &[]);
    let mut agent = Agent::home(&server, &server.url, server.caller("Job"));
    let file = agent.file("appsettings.agent.json");
    let text = std::fs::read_to_string(&file).unwrap().replacen("\"OpenId\":{", "\"OpenId\":{\"BindTokens\":true,", 1);
    assert!(text.contains("BindTokens"), "{text}");
    std::fs::write(file, text).unwrap();
    agent.up();
    lay_out(&agent, small::PEOPLE);
    server.run_approved("Complete");
    assert_eq!(small::held(&server.home).people.len(), 4);
    assert_eq!(server.refused("proof"), 0.0);
}
