//! The threads of an engine: one that makes the rounds and hands out tasks, and one for each task that runs.

use super::engine::Engine;
use super::error::JobError;
use super::work::Taken;
use provost_model::work::AgentTasks;
use provost_store::Claim;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// Time between two rounds when nothing happens.
const ROUND: Duration = Duration::from_secs(1);
/// Time that tasks get to end when the engine stops. They are taken over by others, or after the next start.
const STOP: Duration = Duration::from_secs(15);

/// An agent inside this process.
#[derive(Clone)]
struct Inside {
    agent: String,
    /// Only tasks of this job instance, but those of all agents.
    instance: Option<i64>,
    tasks: Arc<dyn AgentTasks>,
}

/// An engine at work. Dropping it stops it.
pub struct Runner {
    engine: Engine,
    stop: Arc<AtomicBool>,
    busy: Arc<Busy>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("engine", &self.engine).finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Busy {
    server: AtomicUsize,
    agent: AtomicUsize,
}

impl Runner {
    /// Sets an engine to work, with an agent inside this process if there is one.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub fn start(engine: &Engine, inside: Option<(String, Arc<dyn AgentTasks>)>) -> Result<Runner, JobError> {
        let inside = inside.map(|(agent, tasks)| Inside { agent, instance: None, tasks });
        Runner::spawn(engine, inside)
    }

    /// Sets an engine to work whose agent runs everything that one job instance asks of agents.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub fn for_instance(engine: &Engine, instance: i64, tasks: Arc<dyn AgentTasks>) -> Result<Runner, JobError> {
        Runner::spawn(engine, Some(Inside { agent: "inside".to_owned(), instance: Some(instance), tasks }))
    }

    fn spawn(engine: &Engine, inside: Option<Inside>) -> Result<Runner, JobError> {
        let (stop, busy) = (Arc::new(AtomicBool::new(false)), Arc::new(Busy::default()));
        let work = {
            let (engine, stop, busy) = (engine.clone(), stop.clone(), busy.clone());
            move || rounds(&engine, inside.as_ref(), &stop, &busy)
        };
        let thread = Builder::new().name("jobs".to_owned()).spawn(work)?;
        Ok(Runner { engine: engine.clone(), stop, busy, thread: Some(thread) })
    }

    /// Whoever sets this keeps the engine from taking another task.
    pub fn stopping(&self) -> Arc<AtomicBool> {
        self.stop.clone()
    }

    /// Takes no new task, and waits a while for those that run. Tells whether they have ended.
    pub fn stop(mut self) -> bool {
        self.halt();
        self.busy.server.load(Ordering::SeqCst) + self.busy.agent.load(Ordering::SeqCst) == 0
    }

    fn halt(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.engine.close();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.halt();
    }
}

fn rounds(engine: &Engine, inside: Option<&Inside>, stop: &AtomicBool, busy: &Arc<Busy>) {
    let mut left = STOP;
    while !stop.load(Ordering::SeqCst) {
        let heard = engine.bell.count();
        if let Err(error) = round(engine, inside, stop, busy) {
            tracing::warn!(%error, "a round of the job engine failed; the next one tries again");
        }
        engine.bell.wait(heard, ROUND);
    }
    // Leases are kept while tasks end.
    while busy.server.load(Ordering::SeqCst) + busy.agent.load(Ordering::SeqCst) > 0 && !left.is_zero() {
        let heard = engine.bell.count();
        drop(engine.tick());
        let step = ROUND.min(left);
        engine.bell.wait(heard, step);
        left -= step;
    }
}

fn round(engine: &Engine, inside: Option<&Inside>, stop: &AtomicBool, busy: &Arc<Busy>) -> Result<(), JobError> {
    let _here = match inside.filter(|i| i.instance.is_none()) {
        Some(inside) => Some(engine.arrive(&inside.agent, super::agents::INSIDE, env!("CARGO_PKG_VERSION"))?),
        None => None,
    };
    engine.tick()?;
    while !stop.load(Ordering::SeqCst) && busy.server.load(Ordering::SeqCst) < engine.settings().workers {
        let Some(taken) = engine.take(Claim::default())? else { break };
        spawn(engine, taken, busy, |busy| &busy.server, |engine, taken| engine.run(taken))?;
    }
    let Some(inside) = inside else { return Ok(()) };
    while !stop.load(Ordering::SeqCst) && busy.agent.load(Ordering::SeqCst) < engine.settings().max_task_batch_size {
        let taken = engine.take_of_agent(&inside.agent, inside.instance, inside.tasks.as_ref())?;
        let Some(taken) = taken else { break };
        let tasks = inside.tasks.clone();
        spawn(
            engine,
            taken,
            busy,
            |busy| &busy.agent,
            move |engine, taken| engine.run_of_agent(taken, tasks.as_ref()),
        )?;
    }
    Ok(())
}

fn spawn(
    engine: &Engine,
    taken: Taken,
    busy: &Arc<Busy>,
    counter: fn(&Busy) -> &AtomicUsize,
    run: impl FnOnce(&Engine, &Taken) -> Result<(), JobError> + Send + 'static,
) -> Result<(), JobError> {
    counter(busy).fetch_add(1, Ordering::SeqCst);
    let (engine, place) = (engine.clone(), busy.clone());
    let work = move || {
        if let Err(error) = run(&engine, &taken) {
            tracing::error!(task = taken.row.task, %error, "the end of a task could not be written down");
        }
        counter(&place).fetch_sub(1, Ordering::SeqCst);
        engine.bell.ring();
    };
    if let Err(error) = Builder::new().name("task".to_owned()).spawn(work) {
        counter(busy).fetch_sub(1, Ordering::SeqCst);
        return Err(error.into());
    }
    Ok(())
}
