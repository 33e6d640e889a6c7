//! Jobs by the verbs: run, blocked, looked at, resumed, restarted, cancelled.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use support::small::{self, Guards};
use support::{Home, Kind};

const JOBS: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Profile Identifier="P" DisplayName_L1="P" />
  <OpenIdClient Identifier="Job" DisplayName_L1="J" HashedSecret="x" Profile="P" />
  <Job Identifier="Daily" DisplayName_L1="Daily" Agent="Local">
    <ExportTask Identifier="Export" DisplayName_L1="E" Agent="Local" OpenIdClient="Job" Connector="Small" Level="0" />
    <PrepareSynchronizationTask Identifier="Prepare" DisplayName_L1="P" Agent="Local" OpenIdClient="Job"
                                Connector="Small" SynchronizationMode="Complete" Level="1">
      <TaskDependsOnTask ParentTask="Export" />
    </PrepareSynchronizationTask>
    <SynchronizeTask Identifier="Synchronize" DisplayName_L1="S" Connector="Small" Level="2">
      <TaskDependsOnTask ParentTask="Prepare" />
    </SynchronizeTask>
    <ComputeRoleModelTask Identifier="Roles" DisplayName_L1="R" Level="3">
      <TaskDependsOnTask ParentTask="Synchronize" />
    </ComputeRoleModelTask>
    <MaintainIndexesTask Identifier="Maintain" DisplayName_L1="M" Level="3" />
  </Job>
</ConfigurationFile>
"#;

fn home(kind: Kind) -> Home {
    let home = small::empty(kind, Guards::Default);
    home.write("Conf/Jobs.xml", JOBS);
    home.deploy(&home.file("Conf"));
    small::lay_out(&home);
    home
}

/// Exit code and standard output, without what differs from run to run.
fn run(home: &Home, arguments: &[&str]) -> String {
    let output = home.run(arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| masked(line.trim_end()));
    let mut shown = format!("exit {}\n{}\n", output.status.code().unwrap(), lines.collect::<Vec<_>>().join("\n"));
    let errors = String::from_utf8(output.stderr).unwrap();
    shown.extend(
        errors.lines().filter(|line| line.starts_with("error") || line.contains("help:")).map(masked).map(|l| l + "\n"),
    );
    shown.trim_end().to_owned()
}

/// Hashes and seconds as words.
fn masked(line: &str) -> String {
    let word = |word: &str| match word {
        hash if hash.len() == 32 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => "HASH".to_owned(),
        other => other.to_owned(),
    };
    let mut words: Vec<String> = line.split_whitespace().map(word).collect();
    // A row of the table of tasks: order, task, state, seconds.
    if words.len() > 3 && words[0].parse::<u32>().is_ok() && words[3].parse::<f64>().is_ok() {
        "SECONDS".clone_into(&mut words[3]);
    }
    words.join(" ")
}

fn change_set(home: &Home, id: &str) -> String {
    let output = home.run(&["job", "show", id, "--format", "json"]);
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let tasks = shown["tasks"].as_array().unwrap();
    tasks.iter().find_map(|task| task["changeSet"].as_str()).unwrap().to_owned()
}

on_both_databases!(
    a_blocked_job_is_looked_at_and_resumed,
    a_failed_job_is_restarted_from_the_step_that_failed,
    what_is_asked_wrongly_is_told,
);

fn a_blocked_job_is_looked_at_and_resumed(kind: Kind) {
    let home = home(kind);
    insta::allow_duplicates! {
        insta::assert_snapshot!(run(&home, &["get-job-steps", "-j", "Daily"]), @r#"
        exit 0
        Task : Export, Order : 0
        Task : Prepare, Order : 1
        Task : Synchronize, Order : 2
        Task : Roles, Order : 3
        Task : Maintain, Order : 3
        "#);
        insta::assert_snapshot!(run(&home, &["invoke-job", "-j", "Daily"]), @r#"
        exit 3
        Daily (instance 1): Blocked
        order task state seconds what happened
        0 Export Completed SECONDS
        1 Prepare Completed SECONDS
        2 Synchronize Blocked SECONDS 6 inserted, 6 links inserted, change set HASH
        3 Roles NotStarted
        3 Maintain NotStarted

        look at the change set; if it is right: provost job resume 1 --change-set HASH
        "#);
        insta::assert_snapshot!(run(&home, &["job", "restart", "1"]), @r#"
        exit 2

        error: job instance 1 is Blocked: it cannot be restarted
        help: look at what blocks it, then resume it: `provost job resume 1`
        "#);
        let wrong = "00000000000000000000000000000000";
        insta::assert_snapshot!(run(&home, &["job", "resume", "1", "--change-set", wrong]), @r#"
        exit 3

        error: change set HASH does not block job instance 1
        help: look at the change set that blocks it now, and approve HASH if it is right
        "#);
        let hash = change_set(&home, "1");
        insta::assert_snapshot!(run(&home, &["job", "resume", "1", "--change-set", &hash, "--reason", "first load"]), @r#"
        exit 0
        Daily (instance 1): Completed
        order task state seconds what happened
        0 Export Completed SECONDS
        1 Prepare Completed SECONDS
        2 Synchronize Completed SECONDS 6 inserted, 6 links inserted
        3 Roles Completed SECONDS
        3 Maintain Completed SECONDS
        "#);
        insta::assert_snapshot!(run(&home, &["job", "cancel", "1"]), @r#"
        exit 2

        error: job instance 1 is Completed: it cannot be cancelled
        help: launch the job again
        "#);
    }
    assert_eq!(small::held(&home).people.len(), 4);
    let journal = home.ok(&["journal", "--format", "csv"]);
    assert!(
        journal.contains(&format!(
            "approved change set {hash} of connector Small: first load",
            hash = change_set(&home, "1")
        )),
        "{journal}"
    );
    let log = home.ok(&["job", "log", "1", "--task", "Synchronize"]);
    assert!(log.contains("Synchronize begins on invoke-job"), "{log}");
    assert!(log.contains("tester approved"), "{log}");
    // What the program says while a task runs is in the log of the task.
    let log = home.ok(&["job", "log", "1", "--task", "Export"]);
    assert!(log.contains("Information Export People: 4 rows in "), "{log}");
}

fn a_failed_job_is_restarted_from_the_step_that_failed(kind: Kind) {
    let home = home(kind);
    std::fs::rename(home.file("Sources/homes.csv"), home.file("Sources/later.csv")).unwrap();
    let first = run(&home, &["invoke-job", "-j", "Daily"]);
    assert!(first.starts_with("exit 1\nDaily (instance 1): Errored"), "{first}");
    std::fs::rename(home.file("Sources/later.csv"), home.file("Sources/homes.csv")).unwrap();
    let second = run(&home, &["invoke-job", "-j", "Daily", "-r"]);
    assert!(second.starts_with("exit 3\nDaily (instance 1): Blocked"), "{second}");
    let third = run(&home, &["invoke-job", "-j", "Daily", "-r", "--reason", "looked at"]);
    assert!(third.starts_with("exit 0\nDaily (instance 1): Completed"), "{third}");
    let part = run(&home, &["invoke-job", "-j", "Daily", "-c", "MaintainIndexes"]);
    assert!(part.starts_with("exit 0\nDaily (instance 2): Completed"), "{part}");
    let forced = run(&home, &["invoke-job", "-j", "Daily", "-f", "-e", "2"]);
    assert!(forced.starts_with("exit 0\nDaily (instance 3): Completed"), "{forced}");
    let listed = home.ok(&["job", "list", "--format", "csv"]);
    let states: Vec<&str> = listed.lines().skip(1).map(|line| line.split(',').nth(2).unwrap()).collect();
    assert_eq!(states, ["Completed", "Completed", "Completed"]);
}

fn what_is_asked_wrongly_is_told(kind: Kind) {
    let home = home(kind);
    let unknown = run(&home, &["invoke-job", "-j", "Weekly"]);
    assert!(unknown.starts_with("exit 2") && unknown.contains("job \"Weekly\" is not in the deployed"), "{unknown}");
    let step = run(&home, &["invoke-job", "-j", "daily", "-t", "Fulfil"]);
    assert!(step.starts_with("exit 2") && step.contains("no task \"Fulfil\""), "{step}");
    let id = run(&home, &["job", "show", "7"]);
    assert!(id.starts_with("exit 2") && id.contains("there is no job instance 7"), "{id}");
}
