//! A stream of incremental sessions over a network that cuts, delays, repeats and reorders, between an agent and a
//! server that are killed now and then: each session is applied once and in its order, and none is lost.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use support::net::{self, Agent, Server};
use support::proxy::Proxy;
use support::random::Random;
use support::{Kind, small};

/// Sources of one session: each differs from all others.
fn people(number: u64) -> String {
    let mut text = "id,login,name,age\n".to_owned();
    for id in 1..=12_u64 {
        // Somebody is missing each time, and one has another name.
        if id != 1 + number % 12 {
            let name = if id == 1 + number * 5 % 12 { format!("Name {number}") } else { format!("Name of {id}") };
            text.push_str(&format!("{id},login{id},{name},{}\n", 20 + (number + id) % 50));
        }
    }
    text
}

fn lay_out(agent: &Agent, number: u64) {
    agent.write("Sources/people.csv", people(number));
    agent.write("Sources/teams.csv", small::TEAMS);
    agent.write("Sources/members.csv", "team,login\nA,login1\nB,login2\nA,login7\n");
    agent.write("Sources/homes.csv", "team,id\nA,3\nB,4\nB,9\n");
}

/// What became of the people, session by session: versions of each resource in their order, without times.
fn history(server: &Server) -> Vec<Vec<Option<String>>> {
    server.home.database.rows(
        "SELECT h.C4, h.C6, h.C7, COUNT(*) FROM UR_ResourcesHistory h JOIN UM_EntityTypes t ON t.Id = h.Type \
         WHERE t.Identifier = 'T_Person' GROUP BY h.C4, h.C6, h.C7",
    )
}

/// Waits for a job, launching and restarting it as a person would: what its owner's death made of it is mended.
fn carry_out(server: &Server, id: &str) {
    let began = Instant::now();
    loop {
        let shown = server.ended(id);
        match shown["instance"]["state"].as_str().unwrap() {
            "Completed" | "Warning" => return,
            state => {
                let code = &shown["instance"]["error"]["code"];
                assert!(
                    state == "Errored" && (code == "agent-absent" || code == "owner-lost"),
                    "{shown:#}\n{}",
                    server.logs(&shown)
                );
                assert!(began.elapsed() < net::PATIENCE, "{shown:#}");
                let answer = server.post(&format!("api/Job/RunJob/Instances/{id}/Restart"), &serde_json::json!({}));
                assert!(answer.status().is_success(), "{}", answer.text().unwrap());
            }
        }
    }
}

/// One stream; gives the server, whose repository is what came of it.
fn stream(kind: Kind, sessions: u64, seed: Option<u64>) -> (Server, Option<Proxy>) {
    let home = net::small(kind);
    home.write("appsettings.json", r#"{ "Jobs": { "LeaseSeconds": 3 }, "JobLaunchTimeout": 60000 }"#);
    let mut server = Server::start_with(home, &[], "http");
    let proxy = seed.map(|seed| Proxy::start(&server.url, seed));
    let url = proxy.as_ref().map_or(server.url.clone(), |proxy| proxy.url.clone());
    let mut agent = Agent::home(&server, &url, server.caller("Job"));
    agent.up();
    let mut random = Random::new(seed.unwrap_or_default());
    lay_out(&agent, 0);
    let first = server.launch("Initial");
    carry_out(&server, &first);
    for number in 1..=sessions {
        lay_out(&agent, number);
        let id = server.launch("Incremental");
        if seed.is_some() && random.percent(12) {
            std::thread::sleep(Duration::from_millis(random.below(900)));
            if random.percent(50) {
                agent.process().kill();
                agent.up();
            } else {
                server.process().kill();
                server.up();
            }
        }
        carry_out(&server, &id);
    }
    (server, proxy)
}

/// How many sessions: 60, with `PROVOST_TEST_LONG` 500, or as many as `PROVOST_TEST_SESSIONS` says.
fn sessions() -> u64 {
    let usual = if std::env::var_os("PROVOST_TEST_LONG").is_some() { 500 } else { 60 };
    std::env::var("PROVOST_TEST_SESSIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

on_both_databases!(every_session_is_applied_once_and_in_its_order);

fn every_session_is_applied_once_and_in_its_order(kind: Kind) {
    let number = sessions();
    let quietly = std::thread::spawn(move || stream(kind, number, None));
    let (disturbed, proxy) = stream(kind, number, Some(20_261_124));
    let (quiet, _) = quietly.join().unwrap();
    assert_eq!(small::held(&disturbed.home), small::held(&quiet.home));
    assert_eq!(history(&disturbed), history(&quiet), "each change was made once");
    small::assert_keys_are_true(&disturbed.home, "after the stream");
    let states = disturbed.home.database.rows("SELECT DISTINCT State FROM UJ_SynchronizationSessions");
    assert!(states.iter().all(|state| matches!(state[0].as_deref(), Some("Applied" | "Failed"))), "{states:?}");
    let seen = &proxy.as_ref().unwrap().seen;
    let count = |of: &std::sync::atomic::AtomicU64| of.load(Ordering::SeqCst);
    eprintln!("{seen:?}");
    for happened in [&seen.cut_before, &seen.cut_after, &seen.delayed, &seen.repeated, &seen.late] {
        assert!(count(happened) > 0, "{seen:?}");
    }
}
