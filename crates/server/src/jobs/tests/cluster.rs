//! Several servers on one repository: an hour of scheduled jobs, with and without a death in the middle.

use super::world::{SECOND, World, cron, deployed, ended, job, task};
use crate::jobs::Engine;
use crate::jobs::work::Taken;
use provost_model::configuration::Configuration;
use provost_model::configuration::jobs::Job;
use provost_model::work::InstanceState;
use provost_store::{Claim, HistoryFilter};
use std::collections::BTreeMap;

const CONNECTORS: usize = 10;
const STEP: i64 = 5;

/// Ten connectors: an incremental job every quarter of an hour and a complete one in the middle of the hour.
fn configuration() -> Configuration {
    let mut jobs = Vec::new();
    for n in 0..CONNECTORS {
        for (kind, when) in [("Fast", "*/15 * * * *"), ("Daily", "20 0 * * *")] {
            let name = format!("{kind}{n}");
            let mut steps: Vec<_> = (0..3).map(|at| task(&format!("{name}_{at}"), at, &[])).collect();
            steps.iter_mut().for_each(|step| step.task.connector = Some(format!("C{n}")));
            jobs.push(Job { cron: cron(when), ..job(&name, steps) });
        }
    }
    deployed(jobs)
}

/// What one server has in hand: tasks with the instant at which they end.
struct Server {
    engine: Engine,
    work: Vec<(Taken, i64)>,
}

impl Server {
    /// One round of a server: reports, ends what is over, takes what is there.
    fn round(&mut self, now: i64, ran: &mut BTreeMap<i64, u32>) {
        for (taken, _) in &self.work {
            self.engine.memory().renewals.insert(taken.row.id, (taken.lease.clone(), None));
        }
        self.engine.tick().unwrap();
        let (over, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.work).into_iter().partition(|(_, end)| *end <= now);
        self.work = rest;
        for (taken, _) in over {
            self.engine.finish(taken.row.id, &taken.lease, ended(InstanceState::Completed), &[]).unwrap();
        }
        while self.work.len() < 6 {
            let Some(taken) = self.engine.take(Claim::default()).unwrap() else { break };
            *ran.entry(taken.row.id).or_default() += 1;
            let seconds = 10 + taken.row.id % 5 * STEP;
            self.work.push((taken, now + seconds * SECOND));
        }
    }
}

/// An hour; returns how many attempts needed more than one, and the number of instances.
fn hour(world: &World, servers: usize, death: Option<i64>) -> (usize, usize) {
    let configuration = configuration();
    let mut servers: Vec<Server> = (0..servers)
        .map(|n| Server { engine: world.engine(&format!("server{n}"), &configuration), work: Vec::new() })
        .collect();
    let mut ran = BTreeMap::new();
    let mut lost = 0;
    let began = world.now();
    // Five minutes more, so that what began in the hour comes to its end.
    while world.now() - began < (60 * 60 + 5 * 60 - 1) * SECOND {
        if death
            .is_some_and(|at| world.now() - began >= at * SECOND && servers.len() > 1 && !servers[0].work.is_empty())
        {
            lost += servers.remove(0).work.len();
        }
        let now = world.now();
        for server in &mut servers {
            server.round(now, &mut ran);
        }
        world.pass(STEP * SECOND);
    }
    let engine = &servers[0].engine;
    let instances = engine.instances(&HistoryFilter::default(), 1_000).unwrap();
    let mut per_instant: BTreeMap<(String, i64), u32> = BTreeMap::new();
    for instance in &instances {
        assert_eq!(instance.state, InstanceState::Completed, "{instance:?}");
        *per_instant.entry((instance.job.clone(), instance.scheduled_for.unwrap())).or_default() += 1;
        let tasks = engine.instance(instance.id).unwrap().1;
        assert!(tasks.iter().all(|t| t.state == InstanceState::Completed));
    }
    assert!(per_instant.values().all(|count| *count == 1), "an instant was followed twice");
    let again = ran.values().filter(|count| **count > 1).count();
    assert_eq!(again, lost, "only what the dead server had in hand was run again");
    (lost, instances.len())
}

/// Quarters at 15, 30, 45 and 60 minutes, and the complete ones at 20.
const EXPECTED: usize = CONNECTORS * (4 + 1);

#[test]
fn two_servers_share_an_hour_of_jobs() {
    if let Some(world) = World::postgres() {
        assert_eq!(hour(&world, 2, None), (0, EXPECTED));
    }
}

#[test]
fn the_jobs_of_a_server_that_dies_are_taken_over() {
    if let Some(world) = World::postgres() {
        let (lost, instances) = hour(&world, 2, Some(20 * 60 + 20));
        assert!(lost > 0);
        assert_eq!(instances, EXPECTED);
    }
}

#[test]
fn one_server_runs_an_hour_of_jobs() {
    assert_eq!(hour(&World::sqlite(), 1, None), (0, EXPECTED));
}
