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
);

fn jobs_with_a_remote_agent_do_what_the_same_steps_do_in_one_home(kind: Kind) {
    let server = Server::start(net::small(kind), &[]);
    let agent = Agent::start(&server);
    let modes = [("Initial", small::PEOPLE), ("Complete", LATER), ("Incremental", small::PEOPLE), ("Incremental", LATER)];
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
