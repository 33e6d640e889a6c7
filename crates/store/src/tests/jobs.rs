//! The books of jobs.

use super::scratch::Scratch;
use crate::{Claim, Ending, Finished, HistoryFilter, JobInstance, NewJobInstance, NewTaskInstance, SeenAgent, Store};
use provost_model::summary::Mode;
use provost_model::work::InstanceState::{self, Blocked, Cancelled, Completed, InProgress, NotStarted, Skipped};

super::both!(
    a_task_is_taken_once_and_in_the_order_of_readiness,
    agents_and_the_server_take_their_own_tasks,
    one_connector_is_in_the_hands_of_one_job,
    only_the_holder_of_the_lease_ends_a_task,
    a_task_that_waits_again_forgets_how_it_went,
    pages_of_history_do_not_overlap,
    an_instant_is_settled_once,
    connectors_are_blocked_by_their_queue,
    the_last_client_of_an_agent_is_known,
    books_leave_no_trace_in_the_journal,
    servers_take_different_tasks,
);

fn new_job(job: &str) -> NewJobInstance {
    NewJobInstance {
        job: job.to_owned(),
        trigger: "Person".to_owned(),
        log_level: "None".to_owned(),
        requested_by: "tester".to_owned(),
        created_at: 10,
        ..NewJobInstance::default()
    }
}

fn new_task(task: &str, agent: Option<&str>, connector: Option<&str>) -> NewTaskInstance {
    NewTaskInstance {
        task: task.to_owned(),
        kind: "ExportTask".to_owned(),
        agent: agent.map(str::to_owned),
        connector: connector.map(str::to_owned),
        definition: "{}".to_owned(),
        ..NewTaskInstance::default()
    }
}

/// A job whose tasks are all ready, the first one first.
fn launch(s: &Scratch, job: &str, tasks: &[NewTaskInstance]) -> (JobInstance, Vec<i64>) {
    s.write(|tx| {
        let made = tx.create_job_instance(&new_job(job), tasks)?;
        let ids: Vec<i64> = tx.task_instances(made.id)?.iter().map(|t| t.id).collect();
        for (at, id) in (20..).zip(&ids) {
            tx.set_task_waiting(*id, Some(at))?;
        }
        Ok((made, ids))
    })
}

fn server(lease: &str) -> Claim {
    Claim { owner: "s1".to_owned(), lease: lease.to_owned(), until: 100, now_micros: 50, ..Claim::default() }
}

fn take(s: &Scratch, claim: &Claim) -> Option<String> {
    let there = s.read(|tx| tx.has_work(claim));
    let taken = s.store.note(|tx| {
        tx.lock_jobs()?;
        tx.claim_task(claim)
    });
    let taken = taken.map_err(|e: crate::StoreError| e).unwrap();
    assert_eq!(there, taken.is_some());
    taken.map(|t| t.task)
}

fn finished(state: InstanceState) -> Finished {
    Finished { state, produced: true, ..Finished::default() }
}

fn a_task_is_taken_once_and_in_the_order_of_readiness(s: &Scratch) {
    let (job, ids) = launch(s, "Daily", &[new_task("a", None, None), new_task("b", None, None)]);
    assert_eq!((job.state, job.started_at, job.job.as_str()), (NotStarted, None, "Daily"));
    s.write(|tx| tx.set_task_waiting(ids[0], Some(30)));
    assert_eq!(take(s, &server("x")).as_deref(), Some("b"));
    assert_eq!(take(s, &server("y")).as_deref(), Some("a"));
    assert_eq!(take(s, &server("z")), None);
    let job = s.read(|tx| tx.job_instance(job.id)).unwrap();
    assert_eq!((job.state, job.started_at), (InProgress, Some(50)));
    let task = s.read(|tx| tx.task_instance(ids[1])).unwrap();
    assert_eq!((task.state, task.attempts, task.lease.as_deref(), task.lease_until), (InProgress, 1, Some("x"), 100));
    assert_eq!(s.read(|tx| tx.running_tasks()).len(), 2);
}

fn agents_and_the_server_take_their_own_tasks(s: &Scratch) {
    let tasks = [new_task("a", Some("North"), None), new_task("b", Some("South"), None), new_task("c", None, None)];
    let (job, _) = launch(s, "Daily", &tasks);
    let agent = |name: &str| Claim { agent: Some(name.to_owned()), ..server("x") };
    assert_eq!(take(s, &agent("South")).as_deref(), Some("b"));
    assert_eq!(take(s, &agent("South")), None);
    assert_eq!(take(s, &server("x")).as_deref(), Some("c"));
    assert_eq!(take(s, &Claim { kinds: vec!["FulfillTask".to_owned()], ..agent("North") }), None);
    let any = Claim { any_agent: true, kinds: vec!["ExportTask".to_owned()], ..server("x") };
    assert_eq!(take(s, &Claim { job_instance: Some(job.id + 1), ..any.clone() }), None);
    assert_eq!(take(s, &Claim { job_instance: Some(job.id), ..any }).as_deref(), Some("a"));
}

fn one_connector_is_in_the_hands_of_one_job(s: &Scratch) {
    let (_, first) = launch(s, "Fast", &[new_task("f1", None, Some("HR")), new_task("f2", None, Some("HR"))]);
    launch(
        s,
        "Daily",
        &[new_task("d1", None, Some("HR")), new_task("d2", None, Some("AD")), new_task("f2", None, None)],
    );
    assert_eq!(take(s, &server("1")).as_deref(), Some("f1"));
    assert_eq!(take(s, &server("2")).as_deref(), Some("f2"), "the same job goes on with its connector");
    assert_eq!(take(s, &server("3")).as_deref(), Some("d2"), "d1 waits for the connector, and f2 for itself");
    assert_eq!(take(s, &server("4")), None);
    for (id, lease) in first.iter().zip(["1", "2"]) {
        assert_eq!(s.write(|tx| tx.finish_task(*id, lease, &finished(Completed), 60)), Ending::Done);
    }
    assert_eq!(take(s, &server("5")).as_deref(), Some("d1"));
    assert_eq!(take(s, &server("6")).as_deref(), Some("f2"));
}

fn only_the_holder_of_the_lease_ends_a_task(s: &Scratch) {
    let (_, ids) = launch(s, "Daily", &[new_task("a", None, None)]);
    let end = |lease: &str, state| s.write(|tx| tx.finish_task(ids[0], lease, &finished(state), 70));
    assert_eq!(end("x", Completed), Ending::LeaseLost, "nobody has taken it yet");
    take(s, &server("x"));
    assert!(s.write(|tx| tx.renew_lease(ids[0], "x", 200, Some("{}"))));
    assert!(!s.write(|tx| tx.renew_lease(ids[0], "y", 300, None)));
    assert_eq!(end("y", Completed), Ending::LeaseLost);
    assert_eq!(end("x", Completed), Ending::Done);
    assert_eq!(end("x", Completed), Ending::Repeated);
    assert_eq!(end("x", Blocked), Ending::LeaseLost);
    assert!(!s.write(|tx| tx.renew_lease(ids[0], "x", 300, None)));
    let task = s.read(|tx| tx.task_instance(ids[0])).unwrap();
    assert_eq!((task.state, task.produced, task.ended_at), (Completed, true, Some(70)));
    assert_eq!(task.progress.as_deref(), Some("{}"));
}

fn a_task_that_waits_again_forgets_how_it_went(s: &Scratch) {
    let (job, ids) = launch(s, "Daily", &[new_task("a", None, None)]);
    take(s, &server("x"));
    let blocked = Finished { change_set: Some("cafe".to_owned()), ..finished(Blocked) };
    s.write(|tx| tx.finish_task(ids[0], "x", &blocked, 60));
    s.write(|tx| tx.set_job_state(job.id, Blocked, Some("why"), 61));
    let ended = s.read(|tx| tx.job_instance(job.id)).unwrap();
    assert_eq!((ended.state, ended.ended_at, ended.error.as_deref()), (Blocked, Some(61), Some("why")));
    s.write(|tx| {
        tx.set_task_approval(ids[0], "{}")?;
        tx.set_job_state(job.id, InProgress, None, 70)?;
        tx.set_task_waiting(ids[0], Some(70))
    });
    let task = s.read(|tx| tx.task_instance(ids[0])).unwrap();
    assert_eq!((task.state, task.produced, task.ended_at, task.started_at), (NotStarted, false, None, Some(50)));
    assert_eq!((task.change_set.as_deref(), task.approval.as_deref()), (Some("cafe"), Some("{}")));
    assert_eq!(s.write(|tx| tx.finish_task(ids[0], "x", &blocked, 71)), Ending::LeaseLost);
    assert_eq!(take(s, &server("y")).as_deref(), Some("a"));
    s.write(|tx| tx.close_task(ids[0], Cancelled, Some("stop"), 80));
    assert_eq!(s.write(|tx| tx.finish_task(ids[0], "y", &finished(Completed), 81)), Ending::LeaseLost);
    s.write(|tx| tx.renew_task(ids[0], "{\"new\":1}"));
    let task = s.read(|tx| tx.task_instance(ids[0])).unwrap();
    assert_eq!((task.state, task.attempts, task.ready_at, task.approval), (NotStarted, 0, None, None));
}

fn pages_of_history_do_not_overlap(s: &Scratch) {
    let ids: Vec<i64> = ["A", "B", "A", "A"].iter().map(|job| launch(s, job, &[]).0.id).collect();
    s.write(|tx| tx.set_job_state(ids[2], Skipped, None, 30));
    let page = |filter: HistoryFilter, limit| -> Vec<i64> {
        s.read(|tx| tx.job_instances(&filter, limit)).iter().map(|j| j.id).collect()
    };
    assert_eq!(page(HistoryFilter::default(), 3), [ids[3], ids[2], ids[1]]);
    assert_eq!(page(HistoryFilter { before: Some(ids[1]), ..HistoryFilter::default() }, 3), [ids[0]]);
    let of_a = HistoryFilter { job: Some("A".to_owned()), ..HistoryFilter::default() };
    assert_eq!(page(of_a.clone(), 9), [ids[3], ids[2], ids[0]]);
    assert_eq!(page(HistoryFilter { state: Some(NotStarted), ..of_a }, 9), [ids[3], ids[0]]);
    assert_eq!(s.read(|tx| tx.latest_job_instance("A")).unwrap().id, ids[3]);
    assert_eq!(s.read(|tx| tx.active_job_instances()).len(), 3);
    assert_eq!(s.write(|tx| tx.forget_job_instances(31)), [ids[2]]);
    assert_eq!(page(HistoryFilter::default(), 9), [ids[3], ids[1], ids[0]]);
}

fn an_instant_is_settled_once(s: &Scratch) {
    s.write(|tx| tx.begin_schedule("Daily", "0 2 * * *", 100));
    assert!(s.write(|tx| tx.claim_instant("Daily", 100, 200)));
    assert!(!s.write(|tx| tx.claim_instant("Daily", 100, 201)));
    s.write(|tx| tx.not_started("Daily", 200, "it still runs"));
    let schedules = s.read(|tx| tx.job_schedules());
    assert_eq!((schedules[0].last_instant, schedules[0].not_started_at), (200, Some(200)));
    assert!(s.write(|tx| tx.claim_instant("Daily", 200, 300)));
    assert_eq!(s.read(|tx| tx.job_schedules())[0].not_started_reason, None);
    let once = || {
        let new = NewJobInstance { scheduled_for: Some(300), ..new_job("Daily") };
        s.store.write("tester", "test", |tx| tx.create_job_instance(&new, &[]))
    };
    assert!(once().is_ok());
    assert!(once().is_err(), "two instances for one instant");
}

fn connectors_are_blocked_by_their_queue(s: &Scratch) {
    s.write(|tx| tx.set_deactivated("Old", Some(true)));
    s.write(|tx| tx.set_blocked_by("HR", 7, 20));
    let states = s.read(|tx| tx.connector_states());
    assert_eq!(states.len(), 1, "nothing of HR is blocked: {states:?}");
    assert_eq!((states[0].connector.as_str(), states[0].is_deactivated), ("Old", Some(true)));
    s.write(|tx| {
        tx.create_session("s1", "HR", Mode::Complete, "tester", 10)?;
        tx.seal_session("s1", None, Some("new"), 11)?;
        tx.set_session_changes("s1", None, Some("cafe"))?;
        tx.set_session_state("s1", crate::SessionState::Sealed, crate::SessionState::Blocked, 12)
    });
    let states = s.read(|tx| tx.connector_states());
    assert_eq!((states[0].blocked_by.as_deref(), states[0].task_instance), (Some("cafe"), Some(7)));
    assert_eq!((states[0].blocked_since, states[0].is_deactivated), (Some(12), None));
    s.write(|tx| tx.set_deactivated("Old", None));
    assert_eq!(s.read(|tx| tx.connector_states()).len(), 1);
}

fn the_last_client_of_an_agent_is_known(s: &Scratch) {
    let agent = |client: &str, at| SeenAgent {
        identifier: "North".to_owned(),
        client: client.to_owned(),
        version: "1".to_owned(),
        first_seen_at: at,
        last_seen_at: at,
    };
    s.write(|tx| tx.saw_agent(&agent("Job", 10)));
    s.write(|tx| tx.saw_agent(&agent("Other", 20)));
    s.write(|tx| tx.saw_agent(&agent("Job", 15)));
    let seen = s.read(|tx| tx.seen_agents());
    assert_eq!(seen, [SeenAgent { first_seen_at: 10, ..agent("Other", 20) }]);
}

fn books_leave_no_trace_in_the_journal(s: &Scratch) {
    let before = s.read(|tx| tx.journal(99)).len();
    s.store.note(|tx| tx.begin_schedule("Daily", "* * * * *", 1)).unwrap();
    assert_eq!(s.read(|tx| tx.journal(99)).len(), before);
    s.store.maintain().unwrap();
}

fn servers_take_different_tasks(s: &Scratch) {
    let tasks: Vec<_> = (0..12).map(|n| new_task(&format!("t{n}"), None, None)).collect();
    launch(s, "Daily", &tasks);
    // Nobody is to give up while the others write.
    let connection = s.connection.replace("busy_timeout=300", "busy_timeout=9000");
    let taken: Vec<String> = std::thread::scope(|threads| {
        let work = |name: usize| {
            let connection = connection.clone();
            threads.spawn(move || {
                let store = Store::open(&connection).unwrap();
                let mut mine = Vec::new();
                let claim = Claim { owner: name.to_string(), ..server("x") };
                while let Some(task) = store
                    .note(|tx| {
                        tx.lock_jobs()?;
                        tx.claim_task(&claim)
                    })
                    .map_err(|e: crate::StoreError| e)
                    .unwrap()
                {
                    mine.push(task.task);
                }
                mine
            })
        };
        let servers: Vec<_> = (0..3).map(work).collect();
        servers.into_iter().flat_map(|s| s.join().unwrap()).collect()
    });
    let distinct: std::collections::BTreeSet<&String> = taken.iter().collect();
    assert_eq!((taken.len(), distinct.len()), (12, 12));
    assert_eq!(s.read(|tx| tx.running_tasks()).len(), 12);
}
