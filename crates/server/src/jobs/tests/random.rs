//! Random jobs, outcomes, cancellations, deaths and times, against the plain model.

use super::naive::Model;
use super::world::{SECOND, World, by_person, deployed, ended, job, task};
use crate::jobs::{Engine, JobError};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use provost_model::configuration::jobs::JobStep;
use provost_model::work::InstanceState::{self, Blocked, Completed, Errored, Warning};
use provost_store::Claim;

/// Something that happens; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Event {
    Take { engine: usize },
    Finish { holding: usize, state: InstanceState, produced: bool },
    Renew { holding: usize },
    Die { engine: usize },
    Pass { seconds: i64 },
    Round { engine: usize },
    Cancel,
    Resume,
    Restart,
}

fn event() -> impl Strategy<Value = Event> {
    let state = prop_oneof![5 => Just(Completed), 1 => Just(Warning), 1 => Just(Errored), 1 => Just(Blocked)];
    prop_oneof![
        8 => (0..2_usize).prop_map(|engine| Event::Take { engine }),
        7 => (0..9_usize, state, prop::bool::weighted(0.8))
            .prop_map(|(holding, state, produced)| Event::Finish { holding, state, produced }),
        3 => (0..9_usize).prop_map(|holding| Event::Renew { holding }),
        1 => (0..2_usize).prop_map(|engine| Event::Die { engine }),
        4 => prop_oneof![3 => 1..3_i64, 1 => 8..20_i64].prop_map(|seconds| Event::Pass { seconds }),
        6 => (0..2_usize).prop_map(|engine| Event::Round { engine }),
        1 => Just(Event::Cancel),
        1 => Just(Event::Resume),
        1 => Just(Event::Restart),
    ]
}

/// Level, parents among the steps before, whether an error is allowed.
fn steps() -> impl Strategy<Value = Vec<(i32, Vec<usize>, bool)>> {
    let step = (0..3_i32, prop::collection::vec(0..6_usize, 0..3), prop::bool::weighted(0.2));
    prop::collection::vec(step, 1..6).prop_map(|mut steps| {
        // The order of the books.
        steps.sort_by_key(|(level, _, _)| *level);
        let before = |at: usize, parents: Vec<usize>| parents.into_iter().filter(|p| *p < at).collect();
        (0..).zip(steps).map(|(at, (level, parents, allowed))| (level, before(at, parents), allowed)).collect()
    })
}

/// A lease that somebody holds, or believes to hold.
struct Holding {
    engine: usize,
    step: usize,
    row: i64,
    lease: String,
}

struct Play<'a> {
    world: &'a World,
    engines: Vec<Engine>,
    configuration: provost_model::configuration::Configuration,
    model: Model,
    instance: i64,
    holdings: Vec<Holding>,
    /// Per engine: renewals that were not written down, and its last round.
    renewals: Vec<Vec<usize>>,
    rounds: Vec<Option<i64>>,
}

impl<'a> Play<'a> {
    fn new(world: &'a World, engines: usize, name: &str, steps: &[(i32, Vec<usize>, bool)]) -> Play<'a> {
        let step = |(at, (level, parents, allowed)): (usize, &(i32, Vec<usize>, bool))| {
            let parents: Vec<String> = parents.iter().map(|p| format!("{name}{p}")).collect();
            let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
            let mut step: JobStep = task(&format!("{name}{at}"), *level, &parents);
            step.task.continue_on_error = *allowed;
            step
        };
        let configuration = deployed(vec![job(name, steps.iter().enumerate().map(step).collect())]);
        let engines: Vec<Engine> = (0..engines).map(|n| world.engine(&format!("s{n}"), &configuration)).collect();
        let instance = engines[0].launch(&by_person(name)).unwrap().id;
        let mut model = Model::new(steps);
        model.now = world.now();
        model.settle();
        let (renewals, rounds) = (vec![Vec::new(); engines.len()], vec![None; engines.len()]);
        Play { world, engines, configuration, model, instance, holdings: Vec::new(), renewals, rounds }
    }

    fn happen(&mut self, event: &Event) {
        self.model.now = self.world.now();
        match *event {
            Event::Take { engine } => self.take(engine % self.engines.len()),
            Event::Finish { holding, state, produced } => self.finish(holding, state, produced),
            Event::Renew { holding } if !self.holdings.is_empty() => {
                let holding = holding % self.holdings.len();
                let of = &self.holdings[holding];
                self.engines[of.engine].memory().renewals.insert(of.row, (of.lease.clone(), None));
                let step = of.step;
                self.renewals[of.engine].retain(|other| self.holdings[*other].step != step);
                self.renewals[of.engine].push(holding);
            }
            Event::Renew { .. } => {}
            Event::Die { engine } => {
                let engine = engine % self.engines.len();
                self.engines[engine] = self.world.engine(&format!("s{engine}"), &self.configuration);
                self.renewals[engine].clear();
                self.rounds[engine] = None;
            }
            Event::Pass { seconds } => self.world.pass(seconds * SECOND),
            Event::Round { engine } => self.round(engine % self.engines.len()),
            Event::Cancel => self.cancel(),
            Event::Resume => self.resume(),
            Event::Restart => self.restart(),
        }
    }

    fn take(&mut self, engine: usize) {
        let claim = Claim { job_instance: Some(self.instance), ..Claim::default() };
        let taken = self.engines[engine].take(claim).unwrap();
        let expected = self.model.next();
        assert_eq!(taken.as_ref().map(|t| usize::try_from(t.row.position).unwrap()), expected);
        let Some(taken) = taken else { return };
        let step = expected.unwrap();
        self.model.take(step, self.holdings.len(), self.world.now() + 15 * SECOND);
        let level = self.model.steps[step].level;
        let before = self.model.steps.iter().filter(|s| s.level < level);
        assert!(before.into_iter().all(|s| s.state.is_final()), "a level began before the one below had ended");
        self.holdings.push(Holding { engine, step, row: taken.row.id, lease: taken.lease });
    }

    fn finish(&mut self, holding: usize, state: InstanceState, produced: bool) {
        if self.holdings.is_empty() {
            return;
        }
        let holding = holding % self.holdings.len();
        let of = &self.holdings[holding];
        let mut outcome = ended(state);
        outcome.produced = produced;
        let result = self.engines[of.engine].finish(of.row, &of.lease, outcome, &[]);
        let step = of.step;
        self.renewals[of.engine].retain(|other| self.holdings[*other].step != step);
        if self.model.holds(step, holding) {
            result.unwrap();
            self.model.finish(step, state, produced);
        } else if result.is_ok() {
            // Repeated: it had ended this way under this lease.
            let now = &self.model.steps[step];
            let same = now.state == state || (state == Errored && now.state == Warning);
            assert!(same && now.holding == holding, "somebody without the lease ended a task");
        } else {
            assert!(matches!(result, Err(JobError::LeaseLost { .. })));
        }
    }

    fn round(&mut self, engine: usize) {
        self.engines[engine].tick().unwrap();
        let now = self.world.now();
        let fresh = self.rounds[engine].is_some_and(|at| now - at < 15 * SECOND / 2);
        self.rounds[engine] = Some(now);
        for holding in std::mem::take(&mut self.renewals[engine]) {
            let step = self.holdings[holding].step;
            if self.model.holds(step, holding) {
                self.model.steps[step].until = now + 15 * SECOND;
            }
        }
        if fresh {
            self.model.expire(now, 3);
        }
    }

    fn cancel(&mut self) {
        let result = self.engines[0].cancel(self.instance, "amara", "");
        let may = self.model.is_active() || self.model.state == Blocked;
        assert_eq!(result.is_ok(), may);
        if self.model.state == Blocked {
            (self.model.state, self.model.cancelled) = (InstanceState::Cancelled, true);
        } else if may {
            self.model.cancelled = true;
            self.model.settle();
        }
    }

    fn resume(&mut self) {
        let result = self.engines[0].resume(self.instance, None, "amara", "");
        assert_eq!(result.is_ok(), self.model.state == Blocked);
        if result.is_ok() {
            self.model.resume();
        }
    }

    fn restart(&mut self) {
        let result = self.engines[0].restart(self.instance, "amara", "");
        assert_eq!(result.is_ok(), matches!(self.model.state, Errored | InstanceState::Cancelled));
        if result.is_ok() {
            self.model.restart();
        }
    }

    /// The books say what the model says.
    fn compare(&self) -> Result<(), TestCaseError> {
        let (job, rows) = self.engines[0].instance(self.instance).unwrap();
        let books: Vec<_> =
            rows.iter().map(|r| (r.state, r.ready_at.is_some() && r.state == InstanceState::NotStarted)).collect();
        let model: Vec<_> = self
            .model
            .steps
            .iter()
            .map(|s| (s.state, s.ready.is_some() && s.state == InstanceState::NotStarted))
            .collect();
        prop_assert_eq!(books, model);
        prop_assert_eq!(job.state, self.model.state);
        Ok(())
    }
}

fn play(world: &World, engines: usize, cases: u32) {
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let number = std::cell::Cell::new(0);
    let plays = (steps(), prop::collection::vec(event(), 1..60));
    let result = runner.run(&plays, |(steps, events)| {
        number.set(number.get() + 1);
        let mut play = Play::new(world, engines, &format!("J{}_", number.get()), &steps);
        play.compare()?;
        for event in &events {
            play.happen(event);
            play.compare()?;
        }
        Ok(())
    });
    result.unwrap();
}

#[test]
fn one_engine_does_what_the_plain_model_says() {
    play(&World::sqlite(), 1, 40);
}

#[test]
fn two_engines_do_what_the_plain_model_says() {
    if let Some(world) = World::postgres() {
        play(&world, 2, 40);
    }
}
