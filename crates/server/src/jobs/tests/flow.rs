//! One job after the other: what follows from what.

use super::world::{SECOND, World, by_person, cron, deployed, ended, job, standing, task};
use crate::jobs::work::Taken;
use crate::jobs::{Engine, JobError, JobSettings, Launch, LaunchOptions};
use provost_model::configuration::Configuration;
use provost_model::configuration::jobs::{Job, TaskKind};
use provost_model::summary::{ChangeSetName, ErrorReport, Summary};
use provost_model::work::{InstanceState, OutcomeReport, ProgressReport, TaskOutcome, WorkRequest};
use provost_store::Claim;

fn take(engine: &Engine) -> Taken {
    engine.take(Claim::default()).unwrap().expect("a task is ready")
}

fn finish(engine: &Engine, state: InstanceState) -> String {
    let taken = take(engine);
    engine.finish(taken.row.id, &taken.lease, ended(state), &[]).unwrap();
    taken.row.task
}

fn blocked_by(hash: &str) -> TaskOutcome {
    let summary = Summary { change_set: Some(ChangeSetName { hash: hash.to_owned() }), ..Summary::default() };
    TaskOutcome { summary: Some(summary), ..ended(InstanceState::Blocked) }
}

#[test]
fn levels_start_together_and_wait_for_each_other() {
    let world = World::sqlite();
    let steps = vec![task("a", 0, &[]), task("b", 0, &[]), task("c", 1, &["a"]), task("d", 2, &["c", "b"])];
    let engine = world.engine("s", &deployed(vec![job("Daily", steps)]));
    let id = engine.launch(&by_person("daily")).unwrap().id;
    let (a, b) = (take(&engine), take(&engine));
    assert!(engine.take(Claim::default()).unwrap().is_none(), "c waits for both");
    engine.finish(b.row.id, &b.lease, ended(InstanceState::Completed), &[]).unwrap();
    assert!(engine.take(Claim::default()).unwrap().is_none());
    let empty = TaskOutcome { produced: false, ..ended(InstanceState::Completed) };
    engine.finish(a.row.id, &a.lease, empty, &[]).unwrap();
    assert_eq!(finish(&engine, InstanceState::Completed), "d", "a had nothing for c, but b had something for d");
    assert_eq!(standing(&engine, id), "Completed: a Completed, b Completed, c Skipped, d Completed");
    let (_, tasks) = engine.instance(id).unwrap();
    let why: ErrorReport = serde_json::from_str(tasks[2].error.as_deref().unwrap()).unwrap();
    assert_eq!(why.message, "skipped: there was nothing to process (a)");
}

#[test]
fn an_error_stops_the_job_and_restart_goes_on_from_there() {
    let world = World::sqlite();
    let steps = vec![task("a", 0, &[]), task("b", 1, &[]), task("c", 2, &[])];
    let engine = world.engine("s", &deployed(vec![job("Daily", steps)]));
    let id = engine.launch(&by_person("Daily")).unwrap().id;
    finish(&engine, InstanceState::Completed);
    finish(&engine, InstanceState::Errored);
    assert_eq!(standing(&engine, id), "Errored: a Completed, b Errored, c NotStarted");
    assert!(matches!(engine.resume(id, None, "amara", ""), Err(JobError::State { .. })));
    engine.restart(id, "amara", "the disk is back").unwrap();
    assert_eq!(finish(&engine, InstanceState::Completed), "b");
    assert_eq!(finish(&engine, InstanceState::Warning), "c");
    assert_eq!(standing(&engine, id), "Warning: a Completed, b Completed, c Warning");
    let journal = engine.store.read(|tx| tx.journal(9)).map_err(|e: provost_store::StoreError| e).unwrap();
    let reasons: Vec<&str> = journal.iter().map(|entry| entry.reason.as_str()).collect();
    assert_eq!(reasons, ["restarted job instance 1: the disk is back", "launched job Daily: test"]);
}

#[test]
fn an_error_that_is_allowed_is_a_warning() {
    let world = World::sqlite();
    let mut steps = vec![task("a", 0, &[]), task("b", 1, &["a"]), task("c", 1, &[])];
    steps[0].task.continue_on_error = true;
    let engine = world.engine("s", &deployed(vec![job("Daily", steps)]));
    let id = engine.launch(&by_person("Daily")).unwrap().id;
    finish(&engine, InstanceState::Errored);
    finish(&engine, InstanceState::Completed);
    assert_eq!(standing(&engine, id), "Warning: a Warning, b Skipped, c Completed");
}

#[test]
fn a_blocked_job_is_resumed_by_exactly_its_change_set() {
    let world = World::sqlite();
    let steps = vec![task("a", 0, &[]), task("b", 0, &[]), task("c", 1, &[])];
    let engine = world.engine("s", &deployed(vec![job("Daily", steps)]));
    let id = engine.launch(&by_person("Daily")).unwrap().id;
    let both = [take(&engine), take(&engine)];
    for (hash, taken) in ["aa", "bb"].into_iter().zip(both) {
        engine.finish(taken.row.id, &taken.lease, blocked_by(hash), &[]).unwrap();
    }
    assert_eq!(standing(&engine, id), "Blocked: a Blocked, b Blocked, c NotStarted");
    let refused = engine.resume(id, Some("cc"), "amara", "");
    assert_eq!(
        refused.unwrap_err().hint().unwrap(),
        "look at the change set that blocks it now, and approve aa or bb if it is right"
    );
    engine.resume(id, Some("bb"), "amara", "checked").unwrap();
    let taken = take(&engine);
    assert_eq!((taken.row.task.as_str(), taken.approval().unwrap().change_set.as_str()), ("b", "bb"));
    engine.finish(taken.row.id, &taken.lease, ended(InstanceState::Completed), &[]).unwrap();
    assert_eq!(standing(&engine, id), "Blocked: a Blocked, b Completed, c NotStarted");
    engine.resume(id, None, "amara", "checked").unwrap();
    assert_eq!(finish(&engine, InstanceState::Completed), "a");
    assert_eq!(finish(&engine, InstanceState::Completed), "c");
    assert_eq!(standing(&engine, id), "Completed: a Completed, b Completed, c Completed");
}

#[test]
fn what_runs_ends_before_a_job_is_cancelled() {
    let world = World::sqlite();
    let steps = vec![task("a", 0, &[]), task("b", 0, &[]), task("c", 1, &[])];
    let engine = world.engine("s", &deployed(vec![job("Daily", steps)]));
    let id = engine.launch(&by_person("Daily")).unwrap().id;
    let running = take(&engine);
    engine.cancel(id, "amara", "not now").unwrap();
    assert_eq!(standing(&engine, id), "InProgress: a InProgress, b NotStarted, c NotStarted");
    engine.finish(running.row.id, &running.lease, ended(InstanceState::Completed), &[]).unwrap();
    assert_eq!(standing(&engine, id), "Cancelled: a Completed, b Cancelled, c Cancelled");
    assert!(engine.take(Claim::default()).unwrap().is_none());
    assert_eq!(engine.instance(id).unwrap().0.cancelled_by.as_deref(), Some("amara"));
}

#[test]
fn a_job_never_runs_twice() {
    let world = World::sqlite();
    let engine = world.engine("s", &deployed(vec![job("Daily", vec![task("a", 0, &[])])]));
    let id = engine.launch(&by_person("Daily")).unwrap().id;
    let again = engine.launch(&by_person("Daily")).unwrap_err();
    assert_eq!(again.to_string(), format!("job \"Daily\" runs already, as instance {id}"));
}

#[test]
fn what_this_version_cannot_do_is_skipped_with_what_depends_on_it() {
    let world = World::sqlite();
    let mut steps = vec![task("mail", 0, &[]), task("behind", 1, &["mail"]), task("other", 1, &[])];
    steps[0].task.kind = TaskKind::SendNotifications;
    let engine = world.engine("s", &deployed(vec![job("Daily", steps)]));
    let id = engine.launch(&by_person("Daily")).unwrap().id;
    finish(&engine, InstanceState::Completed);
    assert_eq!(standing(&engine, id), "Completed: mail Skipped, behind Skipped, other Completed");
    let (_, tasks) = engine.instance(id).unwrap();
    assert!(tasks[0].error.as_deref().unwrap().contains("SendNotificationsTask is not available yet in this version"));
}

#[test]
fn a_part_of_a_job_can_be_run() {
    let world = World::sqlite();
    let mut steps =
        vec![task("HR_e", 0, &[]), task("HR_p", 1, &["HR_e"]), task("AD_e", 2, &[]), task("AD_p", 3, &["AD_e"])];
    steps[2].task.kind = TaskKind::SetRecentlyModifiedFlag;
    let engine = world.engine("s", &deployed(vec![job("Daily", steps)]));
    let part = |options: LaunchOptions| -> Result<String, JobError> {
        let id = engine.launch(&Launch { options, ..by_person("Daily") })?.id;
        engine.cancel(id, "amara", "")?;
        let (_, tasks) = engine.instance(id)?;
        Ok(tasks.iter().map(|t| t.task.as_str()).collect::<Vec<_>>().join(" "))
    };
    let none = LaunchOptions::default;
    assert_eq!(part(LaunchOptions { begin_step: Some(1), end_step: Some(2), ..none() }).unwrap(), "HR_p AD_e");
    assert_eq!(part(LaunchOptions { task: Some("ad_P".to_owned()), ..none() }).unwrap(), "AD_p");
    assert_eq!(
        part(LaunchOptions { task_type: Some("SetRecentlyModifiedFlag".to_owned()), ..none() }).unwrap(),
        "AD_e"
    );
    assert_eq!(part(LaunchOptions { task_contains: Some("AD_".to_owned()), ..none() }).unwrap(), "AD_e AD_p");
    let unknown = part(LaunchOptions { task: Some("x".to_owned()), ..none() }).unwrap_err();
    assert_eq!(unknown.to_string(), "job \"Daily\" has no such step: no task \"x\"");
    // A part does not wait for tasks outside of it.
    let options = LaunchOptions { task: Some("HR_p".to_owned()), ..none() };
    engine.launch(&Launch { options, ..by_person("Daily") }).unwrap();
    assert_eq!(finish(&engine, InstanceState::Completed), "HR_p");
}

fn with_agent() -> Configuration {
    let mut step = task("export", 0, &[]);
    step.task.kind = TaskKind::Export;
    step.task.open_id_client = Some("Job".to_owned());
    deployed(vec![Job { agent: Some("North".to_owned()), ..job("Daily", vec![step, task("after", 1, &["export"])]) }])
}

#[test]
fn an_agent_works_under_a_lease() {
    let world = World::sqlite();
    let engine = world.engine("s", &with_agent());
    let id = engine.launch(&by_person("Daily")).unwrap().id;
    let here = engine.arrive("North", "Job", "1.0").unwrap();
    assert!(matches!(engine.arrive("North", "Thief", "1.0"), Err(JobError::OtherClient { .. })));
    assert!(engine.work_for("South", "Job", &WorkRequest::default()).unwrap().is_none());
    let work = engine.work_for("North", "Job", &WorkRequest::default()).unwrap().unwrap();
    assert_eq!((work.task.identifier.as_str(), work.job.as_str(), work.lease_seconds), ("export", "Daily", 15));
    drop(here);
    let (task, lease) = (work.task_instance, work.lease);
    let progress = ProgressReport { lease: lease.clone(), ..ProgressReport::default() };
    for _ in 0..5 {
        // Reports hold the task far beyond the first lease.
        world.pass(6 * SECOND);
        assert!(!engine.progressed("North", task, &progress).unwrap().cancel);
        engine.tick().unwrap();
    }
    assert!(matches!(engine.progressed("South", task, &progress), Err(JobError::OtherAgent { .. })));
    let wrong = ProgressReport { lease: "x".to_owned(), ..ProgressReport::default() };
    assert!(matches!(engine.progressed("North", task, &wrong), Err(JobError::LeaseLost { .. })));
    engine.cancel(id, "amara", "").unwrap();
    assert!(engine.progressed("North", task, &progress).unwrap().cancel);
    let report = OutcomeReport { lease, outcome: ended(InstanceState::Completed), ..OutcomeReport::default() };
    engine.ended("North", task, &report).unwrap();
    engine.ended("North", task, &report).unwrap();
    assert_eq!(standing(&engine, id), "Cancelled: export Completed, after Cancelled");
}

#[test]
fn a_lost_answer_brings_the_same_work_and_is_no_attempt() {
    let world = World::sqlite();
    let engine = world.engine("s", &with_agent());
    engine.launch(&by_person("Daily")).unwrap();
    let _here = engine.arrive("North", "Job", "1.0").unwrap();
    let asked = |word: &str| {
        let request = WorkRequest { ask: word.repeat(32), ..WorkRequest::default() };
        engine.work_for("North", "Job", &request).unwrap()
    };
    for word in ["1", "2", "3", "4"] {
        let work = asked(word).unwrap();
        assert_eq!((&work.lease, asked(word)), (&word.repeat(32), Some(work.clone())));
        assert_eq!(asked("f"), None, "it is held");
        // Nobody confirms it: a third of a lease later it is there for others.
        engine.tick().unwrap();
        world.pass(6 * SECOND);
        engine.tick().unwrap();
    }
    let work = asked("5").unwrap();
    let confirmed = ProgressReport { lease: work.lease.clone(), ..ProgressReport::default() };
    engine.progressed("North", work.task_instance, &confirmed).unwrap();
    let late = ProgressReport { lease: "4".repeat(32), ..ProgressReport::default() };
    assert!(matches!(engine.progressed("North", work.task_instance, &late), Err(JobError::LeaseLost { .. })));
    let (_, rows) = engine.instance(work.job_instance).unwrap();
    assert_eq!((rows[0].attempts, rows[0].is_confirmed), (1, true));
    let report =
        OutcomeReport { lease: work.lease, outcome: ended(InstanceState::Completed), ..OutcomeReport::default() };
    engine.ended("North", work.task_instance, &report).unwrap();
    assert_eq!(asked("5"), None, "the question comes too late");
}

#[test]
fn a_job_that_waits_for_an_absent_agent_says_so() {
    let world = World::sqlite();
    let engine = world.engine("s", &with_agent());
    let id = engine.launch(&by_person("Daily")).unwrap().id;
    world.pass(7 * SECOND);
    engine.tick().unwrap();
    assert_eq!(standing(&engine, id), "NotStarted: export NotStarted, after NotStarted");
    world.pass(SECOND);
    engine.tick().unwrap();
    assert_eq!(standing(&engine, id), "Errored: export Errored, after NotStarted");
    let error: ErrorReport = serde_json::from_str(&engine.instance(id).unwrap().0.error.unwrap()).unwrap();
    assert_eq!(error.message, "export: agent \"North\" has never asked for work");
    assert!(error.hint.unwrap().starts_with("start it (`provost agent`)"));
}

#[test]
fn a_task_for_another_client_fails_with_what_to_set() {
    let world = World::sqlite();
    let engine = world.engine("s", &with_agent());
    let id = engine.launch(&by_person("Daily")).unwrap().id;
    let _here = engine.arrive("North", "Default", "1.0").unwrap();
    assert!(engine.work_for("North", "Default", &WorkRequest::default()).unwrap().is_none());
    assert_eq!(standing(&engine, id), "Errored: export Errored, after NotStarted");
}

#[test]
fn a_dead_owner_is_survived_twice() {
    let world = World::sqlite();
    let configuration = deployed(vec![job("Daily", vec![task("a", 0, &[])])]);
    let engine = world.engine("s", &configuration);
    let id = engine.launch(&by_person("Daily")).unwrap().id;
    for attempt in 1..=3 {
        let dead = world.engine("dead", &configuration);
        assert_eq!(take(&dead).row.attempts, attempt);
        engine.tick().unwrap();
        world.pass(16 * SECOND);
        // The first round after a pause only listens: the owner may have been kept from writing.
        engine.tick().unwrap();
        assert_eq!(standing(&engine, id), "InProgress: a InProgress");
        world.pass(SECOND);
        engine.tick().unwrap();
    }
    assert_eq!(standing(&engine, id), "Errored: a Errored");
    let error: ErrorReport = serde_json::from_str(&engine.instance(id).unwrap().0.error.unwrap()).unwrap();
    assert_eq!(error.message, "a: dead stopped without a word while it ran the task, as 2 times before");
}

#[test]
fn a_schedule_starts_its_job_once_for_each_instant_and_once_after_a_pause() {
    let world = World::sqlite();
    let quarter = Job { cron: cron("*/15 * * * *"), ..job("Fast", vec![task("a", 0, &[])]) };
    let engine = world.engine("s", &deployed(vec![quarter]));
    let count = || engine.instances(&Default::default(), 99).unwrap().len();
    engine.tick().unwrap();
    assert_eq!(count(), 0, "what was due before the first deployment is over");
    world.pass(15 * 60 * SECOND);
    engine.tick().unwrap();
    engine.tick().unwrap();
    assert_eq!(count(), 1);
    world.pass(15 * 60 * SECOND);
    engine.tick().unwrap();
    assert_eq!(count(), 1, "it still runs");
    let schedule = &engine.store.read(provost_store::ReadTx::job_schedules).unwrap()[0];
    assert_eq!(schedule.not_started_reason.as_deref(), Some("instance 1 has not ended"));
    finish(&engine, InstanceState::Completed);
    world.pass(5 * 3600 * SECOND);
    engine.tick().unwrap();
    let latest = engine.instances(&Default::default(), 1).unwrap().remove(0);
    assert_eq!((count(), latest.trigger.as_str(), latest.scheduled_for), (2, "Schedule", Some(world.now())));
    let off = JobSettings { scheduler: false, ..JobSettings::default() };
    finish(&engine, InstanceState::Completed);
    world.pass(3600 * SECOND);
    world.engine_with(&engine.configuration().unwrap(), off).tick().unwrap();
    assert_eq!(count(), 2);
}

#[test]
fn a_task_keeps_a_log_by_the_level_of_its_job() {
    let world = World::sqlite();
    let engine = world.engine("s", &deployed(vec![job("Daily", vec![task("a/../b", 0, &[])])]));
    engine.launch(&by_person("Daily")).unwrap();
    let taken = take(&engine);
    let line = |level: &str| provost_model::work::LogLine {
        level: level.to_owned(),
        message: level.to_owned(),
        ..Default::default()
    };
    engine.append(&taken.row, taken.log_level(), &[line("Debug"), line("Warning")]);
    engine.finish(taken.row.id, &taken.lease, ended(InstanceState::Completed), &[line("Error")]).unwrap();
    let page = engine.logs.read(&taken.row, 0, 9_999).unwrap();
    let messages: Vec<String> = page
        .text
        .lines()
        .map(|line| serde_json::from_str::<provost_model::work::LogLine>(line).unwrap().message)
        .collect();
    assert_eq!(messages, ["a/../b begins on s", "Warning", "Error", "ended: Completed"]);
    let rest = engine.logs.read(&taken.row, page.next, 9_999).unwrap();
    assert_eq!((rest.text.as_str(), rest.next), ("", page.next));
    assert!(engine.logs.files(&taken.row)[0].ends_with("JobLogs/1/0-a_.._b.jsonl"));
}
