//! Two servers on one PostgreSQL repository, three agents beside ten systems, and an hour of schedules that passes in a
//! minute: each job runs once at each of its instants, and what the systems hold at the end is in the repository. With
//! `PROVOST_TEST_LONG` the hour takes two minutes and is complete, else it is its first half.
#![cfg(feature = "fault-injection")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use support::balancer::Balancer;
use support::net::{Agent, Process, Server};
use support::{Home, Kind};

const CONNECTORS: usize = 10;
const AGENTS: [&str; 3] = ["North", "South", "East"];
/// 2026-01-05, a Monday, 00:00 UTC, in seconds since 1970.
const MIDNIGHT: i64 = 1_767_571_200;
/// Minutes of the schedule in one of the clock.
const PACE: i64 = 30;
const MINUTE: i64 = 60;

fn agent_of(connector: usize) -> &'static str {
    AGENTS[connector % AGENTS.len()]
}

/// A connector with one table, an incremental job every quarter of an hour and a complete one at twenty past.
fn connector(n: usize) -> String {
    let agent = agent_of(n);
    let off = ["Inserted", "Updated", "Deleted"]
        .map(|kind| format!("Maximum{kind}Lines=\"0\" MaxPercentage{kind}Lines=\"0\""))
        .join(" ");
    let job = |name: &str, incremental: bool, cron: &str| {
        let mode = if incremental { "Incremental" } else { "Complete" };
        format!(
            r#"  <Job Identifier="{name}{n}" DisplayName_L1="{name}" Agent="{agent}" IsIncremental="{incremental}" CronTabExpression="{cron}">
    <ExportTask Identifier="{name}{n}_Export" DisplayName_L1="E" Agent="{agent}" OpenIdClient="Job" Connector="C{n}" Level="0" />
    <PrepareSynchronizationTask Identifier="{name}{n}_Prepare" DisplayName_L1="P" Agent="{agent}" OpenIdClient="Job"
                                Connector="C{n}" SynchronizationMode="{mode}" Level="1" />
    <SynchronizeTask Identifier="{name}{n}_Synchronize" DisplayName_L1="S" Connector="C{n}" Level="2" />
  </Job>
"#
        )
    };
    format!(
        r#"  <Connector Identifier="C{n}" DisplayName_L1="C{n}" Agent="{agent}" {off} />
  <Connection Identifier="Things{n}" DisplayName_L1="Things" Connector="C{n}" Package="Usercube.CSV@0000001" />
  <EntityType Identifier="Thing{n}" DisplayName_L1="Thing">
    <Property Identifier="Number" DisplayName_L1="Number" IsKey="true" TargetColumnIndex="4" />
    <Property Identifier="Name" DisplayName_L1="Name" TargetColumnIndex="5" />
  </EntityType>
  <EntityTypeMapping Identifier="Thing{n}" Connector="C{n}" ConnectionTable="Things{n}">
    <Property Identifier="Number" ConnectionColumn="id" IsPrimaryKey="true" />
    <Property Identifier="Name" ConnectionColumn="name" />
  </EntityTypeMapping>
{}{}"#,
        job("Fast", true, "*/15 * * * *"),
        job("Full", false, "20 * * * *"),
    )
}

fn set_up() -> Home {
    let home = Home::new(Kind::Postgres);
    let agents: String =
        AGENTS.iter().map(|name| format!("  <Agent Identifier=\"{name}\" DisplayName_L1=\"{name}\" />\n")).collect();
    let connectors: String = (0..CONNECTORS).map(connector).collect();
    home.write(
        "Conf/Things.xml",
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
             <ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\">\n\
             <Language Code=\"en-US\" IndicatorNumber=\"1\" />\n{agents}{connectors}</ConfigurationFile>\n"
        ),
    );
    let connections: Vec<String> = (0..CONNECTORS)
        .map(|n| {
            format!(r#""Things{n}": {{ "Path": "Sources/things{n}.csv", "PathIncremental": "Sources/things{n}.csv" }}"#)
        })
        .collect();
    home.write("appsettings.agent.json", format!("{{ \"Connections\": {{ {} }} }}", connections.join(", ")));
    home.write("appsettings.json", r#"{ "Jobs": { "LeaseSeconds": 5 }, "JobLaunchTimeout": 60000 }"#);
    home
}

/// What a system holds at its nth change: thing 1 has a name of that change, and things come and go.
fn things(connector: usize, change: usize) -> BTreeMap<String, String> {
    (1..=20)
        .filter(|id| *id == 1 || !(id + change).is_multiple_of(7))
        .map(|id| (id.to_string(), if id == 1 { format!("{connector} {change}") } else { format!("Thing {id}") }))
        .collect()
}

/// A system changes: as a whole, or not at all.
fn change(agents: &[Agent], connector: usize, number: usize) {
    let agent = &agents[connector % AGENTS.len()];
    let rows: String = things(connector, number).iter().map(|(id, name)| format!("{id},{name}\n")).collect();
    agent.write("Sources/new", format!("id,name\n{rows}"));
    std::fs::rename(agent.file("Sources/new"), agent.file(&format!("Sources/things{connector}.csv"))).unwrap();
}

fn held(home: &Home, connector: usize) -> BTreeMap<String, String> {
    let rows = home.database.rows(&format!(
        "SELECT r.C4, r.C5 FROM UR_Resources r JOIN UM_EntityTypes t ON t.Id = r.Type WHERE t.Identifier = 'Thing{connector}'"
    ));
    rows.into_iter().map(|mut row| (row[0].take().unwrap(), row[1].take().unwrap())).collect()
}

/// One more server on a home that has one already.
fn second(home: &Home) -> (Process, String) {
    let command = home.command(&["server", "--urls", "https://127.0.0.1:0"]);
    let (process, lines) = Process::start(command, home.file("second.log"), 2);
    let url = lines.first().unwrap_or_else(|| panic!("no server: {}", process.said()));
    (process, url.strip_prefix("listening on ").unwrap().to_owned())
}

/// The time of the schedules, in seconds behind midnight.
struct Clock(Instant);

impl Clock {
    fn minutes(&self) -> i64 {
        i64::try_from(self.0.elapsed().as_millis()).unwrap() * PACE / 60_000
    }

    fn wait_for(&self, minute: i64) {
        while self.minutes() < minute {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Lets the schedules run until this minute; with `death`, a server is killed while it works after that minute.
fn schedules_are_followed(until: i64, death: Option<i64>) {
    let mut home = set_up();
    // The schedules are first seen a few minutes before midnight.
    let began = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap();
    let started = Instant::now();
    let ahead = 12;
    let pace = format!("{} {} {PACE}", began + ahead * 1_000_000, MIDNIGHT * 1_000_000);
    home.environment.push(("PROVOST_SCHEDULE_PACE".to_owned(), pace));
    let mut server = Server::start(home, &[]);
    let (mut other, url) = second(&server.home);
    let balancer = Balancer::start(&[&server.url, &url]);
    let address = format!("https://127.0.0.1:{}", balancer.port);
    let mut agents = AGENTS.map(|name| Agent::named(name, &server, &address, server.caller("Job")));
    (0..CONNECTORS).for_each(|n| change(&agents, n, 0));
    agents.iter_mut().for_each(Agent::up);
    let clock = Clock(started + Duration::from_secs(ahead.unsigned_abs()));
    assert!(started.elapsed() < Duration::from_secs(ahead.unsigned_abs()), "the machine is too slow for this test");

    let mut number = 0;
    let mut one_is_dead = false;
    // The last minutes are quiet, so that the last instant finds what is compared at the end.
    while clock.minutes() < until - 2 {
        number += 1;
        change(&agents, number % CONNECTORS, number);
        let minute = clock.minutes();
        while death.is_some_and(|death| minute >= death) && !one_is_dead && clock.minutes() == minute {
            if holds_tasks(&server) {
                server.process().kill();
                one_is_dead = true;
            }
        }
        clock.wait_for(clock.minutes() + 1);
    }
    assert_eq!(one_is_dead, death.is_some());
    clock.wait_for(until + 1);
    everything_ran_once(&server.home, until, one_is_dead);
    for n in 0..CONNECTORS {
        let last = (0..=number).rev().find(|number| *number == 0 || number % CONNECTORS == n).unwrap();
        assert_eq!(held(&server.home, n), things(n, last), "connector {n}");
    }
    assert_eq!(other.stop(), Some(0));
}

/// Whether the first server works on a task of its own right now.
fn holds_tasks(server: &Server) -> bool {
    let id = server.process.as_ref().unwrap().id();
    server.home.database.number(&format!(
        "SELECT COUNT(*) FROM UJ_TaskInstances WHERE State = 'InProgress' AND LeaseOwner LIKE 'server %{id}'"
    )) > 0
}

fn instances(home: &Home) -> Vec<Vec<Option<String>>> {
    home.database.rows("SELECT Job, CAST(ScheduledFor AS TEXT), State FROM UJ_JobInstances WHERE Trigger = 'Schedule'")
}

/// Everything that was due has run once, nothing at the same time as another job of its connector, and nothing was begun
/// twice but what a dead server had in hand.
fn everything_ran_once(home: &Home, until: i64, one_is_dead: bool) {
    let expected = CONNECTORS * usize::try_from(until / 15 + 1 + i64::from(until >= 20)).unwrap();
    let began = Instant::now();
    let open = |rows: &[Vec<Option<String>>]| rows.iter().any(|row| row[2].as_deref() != Some("Completed"));
    let mut rows = instances(home);
    while (rows.len() < expected || open(&rows)) && began.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(200));
        rows = instances(home);
    }
    let mut wanted = Vec::new();
    for n in 0..CONNECTORS {
        let mut due = |job: &str, minute: i64| {
            let at = (MIDNIGHT + minute * MINUTE) * 1_000_000;
            wanted.push(vec![Some(format!("{job}{n}")), Some(at.to_string()), Some("Completed".to_owned())]);
        };
        (0..=until / 15).for_each(|quarter| due("Fast", quarter * 15));
        if until >= 20 {
            due("Full", 20);
        }
    }
    wanted.sort();
    assert_eq!(rows, wanted);
    let overlaps = home.database.rows(
        "SELECT a.Task, b.Task, CAST(a.StartedAt AS TEXT), CAST(a.EndedAt AS TEXT), CAST(b.StartedAt AS TEXT), \
         CAST(b.EndedAt AS TEXT) FROM UJ_TaskInstances a JOIN UJ_TaskInstances b ON a.Connector = b.Connector \
         AND a.JobInstance_Id < b.JobInstance_Id AND a.StartedAt < b.EndedAt AND b.StartedAt < a.EndedAt AND a.Attempts = 1 AND b.Attempts = 1",
    );
    assert!(overlaps.is_empty(), "two jobs of a connector ran at the same time: {overlaps:?}");
    let again = home.database.rows("SELECT Kind, Task FROM UJ_TaskInstances WHERE Attempts > 1");
    let by_server = |row: &Vec<Option<String>>| row[0].as_deref() == Some("SynchronizeTask");
    assert!(again.iter().all(|row| one_is_dead && by_server(row)), "begun again: {again:?}");
    let prepared =
        home.database.number("SELECT COUNT(*) FROM UJ_TaskInstances WHERE Kind = 'PrepareSynchronizationTask'");
    let sessions =
        home.database.number("SELECT COUNT(*) FROM UJ_SynchronizationSessions WHERE State IN ('Applied', 'Cancelled')");
    assert_eq!(sessions, prepared, "one session for each preparation");
    let owners = home.database.rows("SELECT DISTINCT LeaseOwner FROM UJ_TaskInstances WHERE Kind = 'SynchronizeTask'");
    assert!(one_is_dead || owners.len() == 2, "both servers have worked: {owners:?}");
    eprintln!("{} executions, begun again: {again:?}", rows.len());
}

/// The whole hour when there is time for it.
fn hour() -> i64 {
    if std::env::var_os("PROVOST_TEST_LONG").is_some() { 60 } else { 30 }
}

#[test]
fn two_servers_and_three_agents_share_an_hour_of_jobs() {
    if Kind::postgres_is_there() {
        schedules_are_followed(hour(), None);
    }
}

#[test]
fn the_hour_goes_on_when_one_of_the_servers_dies() {
    if Kind::postgres_is_there() {
        schedules_are_followed(hour(), Some(15));
    }
}
