//! Steps of one's own in jobs, by the real binary: scripts, SQL, and the example of an export.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use std::io::BufRead;
use support::small::{self, Guards};
use support::{Home, Kind, copy_folder, root};

/// A home with the example as its README says.
fn example(kind: Kind) -> Home {
    let home = Home::new(kind);
    let example = root().join("examples/custom-export");
    copy_folder(&example.join("conf"), &home.file("Conf"));
    copy_folder(&example.join("Scripts"), &home.file("Scripts"));
    std::fs::create_dir_all(home.file("Sources")).unwrap();
    std::fs::copy(example.join("badges.json"), home.file("Sources/badges.json")).unwrap();
    home.deploy(&home.file("Conf"));
    home
}

/// Runs a job although thresholds are exceeded: state of the job, then each task with its state, and what it is about.
fn job(home: &Home, name: &str) -> Vec<String> {
    let output = home.run(&["invoke-job", "-j", name, "-f", "--format", "json"]);
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let mut lines = vec![shown["state"].as_str().unwrap().to_owned()];
    for task in shown["tasks"].as_array().unwrap() {
        let about = task["error"]["message"].as_str().unwrap_or_default();
        let (name, state) = (task["task"].as_str().unwrap(), task["state"].as_str().unwrap());
        lines.push(format!("{name} {state} {about}").trim_end().to_owned());
    }
    lines
}

/// What the database holds of badges: number, holder.
fn held(home: &Home) -> Vec<String> {
    home.database
        .rows("SELECT C4, C5 FROM UR_Resources ORDER BY C4")
        .into_iter()
        .map(|row| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join("|"))
        .collect()
}

on_both_databases!(
    a_script_exports_for_complete_and_incremental_jobs,
    steps_without_agent_run_on_the_server,
    a_script_ends_when_its_job_is_cancelled,
    a_script_does_not_outlive_whoever_runs_it,
    a_job_that_was_left_goes_on_later,
);

fn a_script_exports_for_complete_and_incremental_jobs(kind: Kind) {
    let home = example(kind);
    let early = job(&home, "Badges_Incremental");
    assert_eq!(early[0], "Errored");
    assert!(early[1].contains("ended with exit status 1: there is no complete export to go on from"), "{early:?}");
    assert_eq!(
        job(&home, "Badges_Complete"),
        [
            "Completed",
            "Badges_Complete_Export Completed",
            "Badges_Complete_Prepare Completed",
            "Badges_Complete_Synchronize Completed"
        ]
    );
    assert_eq!(held(&home), ["B-1001|Ada Byron", "B-1002|Brook, Cyd", "B-1003|Dan \"Doors\" Eads"]);
    let log = home.ok(&["job", "log", "2", "--task", "Badges_Complete_Export"]);
    assert!(log.contains("3 badges written"), "{log}");
    let log = home.ok(&["job", "log", "2", "--task", "Badges_Complete_Synchronize"]);
    for stage in ["Compare", "Verify: 3 rows", "Apply: 3 rows"] {
        assert!(log.contains(stage), "{log}");
    }
    home.write(
        "Sources/badges.json",
        r#"{"changes": 7, "badges": [
            {"number": "B-1001", "holder": "Ada Byron", "change": 1},
            {"number": "B-1002", "holder": "Cyd Brook", "change": 4},
            {"number": "B-1003", "deleted": true, "change": 5},
            {"number": "B-1004", "holder": "Eve", "valid_until": "2028-01-31", "change": 6},
            {"holder": "Nobody", "change": 7}]}"#,
    );
    assert_eq!(
        job(&home, "Badges_Incremental"),
        [
            "Warning",
            "Badges_Incremental_Export Warning export_badges.py ended with a warning: 1 badges have no number",
            "Badges_Incremental_Prepare Completed",
            "Badges_Incremental_Synchronize Completed"
        ]
    );
    let source = std::fs::read_to_string(home.file("Temp/ExportOutput/Badges.csv")).unwrap();
    assert_eq!(
        source,
        "command,number,holder,valid_until\nmerge,B-1002,Cyd Brook,\ndelete,B-1003,,\nmerge,B-1004,Eve,2028-01-31\n"
    );
    assert_eq!(held(&home), ["B-1001|Ada Byron", "B-1002|Cyd Brook", "B-1004|Eve"]);
}

const STEPS: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Profile Identifier="P" DisplayName_L1="P" />
  <OpenIdClient Identifier="Job" DisplayName_L1="J" HashedSecret="x" Profile="P" />
  <Job Identifier="Steps" DisplayName_L1="Steps">
    <InvokeExpressionTask Identifier="Script" DisplayName_L1="S" InputPath="Scripts/step.sh" Level="0" />
    <InvokeSqlCommandTask Identifier="Fill" DisplayName_L1="F" DatabaseIdentifier="Staff" IsNotAQuery="true" Level="1"
                          SQLCommand="CREATE TABLE p (id TEXT, name TEXT); INSERT INTO p VALUES ('1', 'Ada')" />
    <InvokeSqlCommandTask Identifier="People" DisplayName_L1="P" DatabaseIdentifier="Staff" SQLInputFile="people.sql"
                          Level="2" />
    <ManageConfigurationIndexesTask Identifier="Indexes" DisplayName_L1="I" Level="3" />
    <ResetValidFromTask Identifier="First" DisplayName_L1="F" Level="4" />
  </Job>
  <Job Identifier="Calls" DisplayName_L1="Calls" Agent="Local">
    <InvokeApiTask Identifier="Call" DisplayName_L1="C" Agent="Local" OpenIdClient="Job" ApiUrl="api/Job/RunJob/Jobs"
                   HttpCommand="Get" />
  </Job>
</ConfigurationFile>
"#;

fn steps_without_agent_run_on_the_server(kind: Kind) {
    let home = small::empty(kind, Guards::Default);
    home.write("Conf/Steps.xml", STEPS);
    home.write("Conf/people.sql", "SELECT id, name FROM p ORDER BY id");
    home.write("Scripts/step.sh", "echo in mode $PROVOST_MODE of $PROVOST_JOB\n");
    let staff = rusqlite::Connection::open(home.file("staff.db")).unwrap();
    staff.execute_batch("PRAGMA user_version = 1").unwrap();
    home.write("appsettings.agent.json", r#"{"Databases": {"Staff": "sqlite:staff.db"}}"#);
    home.deploy(&home.file("Conf"));
    assert_eq!(
        job(&home, "Steps"),
        ["Completed", "Script Completed", "Fill Completed", "People Completed", "Indexes Completed", "First Completed"]
    );
    assert!(home.ok(&["job", "log", "1", "--task", "Script"]).contains("in mode complete of Steps"));
    assert_eq!(std::fs::read_to_string(home.file("Temp/ExportOutput/People.csv")).unwrap(), "id,name\n1,Ada\n");
    // Without a server that is known the call cannot be made, and says so.
    let called = job(&home, "Calls");
    assert_eq!(called, ["Errored", "Call Errored task \"Call\" calls the server, but nothing says where it is"]);
}

const LONG: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Job Identifier="Long" DisplayName_L1="Long">
    <InvokeExpressionTask Identifier="Script" DisplayName_L1="S" InputPath="Scripts/long.sh" Level="0" />
    <ResetValidFromTask Identifier="Next" DisplayName_L1="N" Level="1" />
  </Job>
</ConfigurationFile>
"#;

fn a_script_ends_when_its_job_is_cancelled(kind: Kind) {
    let home = small::empty(kind, Guards::Default);
    home.write("Conf/Long.xml", LONG);
    home.write("Scripts/long.sh", "echo begun > \"$PROVOST_HOME/begun\"\nsleep 600\n");
    home.deploy(&home.file("Conf"));
    let pipe = home.file("begun");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut running = home.command(&["invoke-job", "-j", "Long", "--format", "json"]);
    let running = running.stdout(std::process::Stdio::piped()).spawn().unwrap();
    // Reading waits until the script writes.
    assert_eq!(std::fs::read_to_string(&pipe).unwrap(), "begun\n");
    home.ok(&["job", "cancel", "1"]);
    let output = running.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let job: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let states: Vec<&str> = job["tasks"].as_array().unwrap().iter().map(|t| t["state"].as_str().unwrap()).collect();
    assert_eq!((job["state"].as_str(), states), (Some("Cancelled"), vec!["Cancelled", "Cancelled"]));
}

/// The number of a process that has begun to sleep in a script.
fn begun(home: &Home) -> String {
    // Reading waits until the script writes.
    std::fs::read_to_string(home.file("begun")).unwrap().trim().to_owned()
}

/// A home whose script tells its number through a pipe, then does what it is told to.
fn with_script(kind: Kind, script: &str) -> Home {
    let home = small::empty(kind, Guards::Default);
    home.write("Conf/Long.xml", LONG);
    home.write("Scripts/long.sh", format!("echo $$ > \"$PROVOST_HOME/begun\"\n{script}\n"));
    home.deploy(&home.file("Conf"));
    assert!(std::process::Command::new("mkfifo").arg(home.file("begun")).status().unwrap().success());
    home
}

fn invoked(home: &Home, arguments: &[&str]) -> std::process::Child {
    let mut running = home.command(&[&["invoke-job", "-j", "Long", "--format", "json"], arguments].concat());
    running.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
}

/// Whether a process ends within some seconds.
fn ends(number: &str) -> bool {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while std::time::Instant::now() < until {
        match std::fs::read_to_string(format!("/proc/{number}/stat")) {
            // What has ended and was left to somebody else to be waited for.
            Ok(stat) if !stat.contains(") Z ") => std::thread::yield_now(),
            _ => return true,
        }
    }
    false
}

fn a_script_does_not_outlive_whoever_runs_it(kind: Kind) {
    let home = with_script(kind, "trap '' TERM; sleep 600 & wait; sleep 600");
    let mut running = invoked(&home, &[]);
    let script = begun(&home);
    running.kill().unwrap();
    running.wait().unwrap();
    assert!(ends(&script), "the script goes on");
}

fn a_job_that_was_left_goes_on_later(kind: Kind) {
    let home = with_script(kind, "read -r _ < \"$PROVOST_HOME/begun\"; echo done");
    let mut running = invoked(&home, &[]);
    begun(&home);
    let mut lines = std::io::BufReader::new(running.stderr.take().unwrap()).lines();
    let id = running.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert!(lines.any(|line| line.unwrap().contains("no more tasks are taken")));
    // The script is let go on: its task ends, and the next one is not begun any more.
    std::fs::write(home.file("begun"), "go on\n").unwrap();
    let said: Vec<String> = lines.map(Result::unwrap).collect();
    let said = said.join("\n");
    assert_eq!(running.wait().unwrap().code(), Some(1), "{said}");
    assert!(said.contains("its next tasks wait") && said.contains("provost invoke-job -j Long -r"), "{said}");

    let output = invoked(&home, &["-r"]).wait_with_output().unwrap();
    let job: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((job["id"].as_str(), job["state"].as_str()), (Some("1"), Some("Completed")), "{job}");
}
