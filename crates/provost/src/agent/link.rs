//! An agent in a process of its own: it asks its server for work, does it, and tells how it went. It only ever connects
//! outward.
//!
//! While a task runs, a second thread tells how far it is, at least every third of the lease. When the server cannot be
//! reached the task goes on; whether its result still counts is decided when the server answers again.

use crate::remote::{Client, segment};
use provost_model::configuration::jobs::LogLevel;
use provost_model::work::{
    AgentTasks, AgentWork, LogLine, OutcomeReport, ProgressAnswer, ProgressReport, TaskContext, TaskOutcome,
    TaskProgress, WorkRequest,
};
use provost_server::ServerError;
use provost_server::jobs::overhear;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Seconds that an answer may wait for work.
const WAIT_SECONDS: u32 = 25;
/// Longest pause between two tries to reach the server.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// How often progress is told, when there is any.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// An agent of a server across the network.
pub struct AgentLink {
    /// The server.
    pub client: Arc<Client>,
    /// Identifier of the agent.
    pub agent: String,
    /// What it can do.
    pub tasks: Arc<dyn AgentTasks>,
    /// Tasks that run at the same time.
    pub workers: usize,
    /// Set when the process is to end: what runs ends first, nothing new is begun.
    pub stop: Arc<AtomicBool>,
    /// Why the server gave no work when it was asked last: told once, not by every worker every few seconds.
    pub trouble: Mutex<Option<String>>,
}

impl std::fmt::Debug for AgentLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentLink").field("agent", &self.agent).finish_non_exhaustive()
    }
}

impl AgentLink {
    /// Works until it is told to stop.
    pub fn run(&self) {
        thread::scope(|scope| {
            for number in 0..self.workers.max(1) {
                let worker = thread::Builder::new().name(format!("agent-{number}"));
                if let Err(error) = worker.spawn_scoped(scope, || self.work_on()) {
                    tracing::error!(%error, "a worker of the agent could not be started");
                }
            }
        });
    }

    fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn work_on(&self) {
        let path = format!("api/Agent/{}/Work", segment(&self.agent));
        let mut pause = Duration::from_millis(500);
        while !self.is_stopping() {
            let request = WorkRequest {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                wait_seconds: WAIT_SECONDS,
                kinds: self.tasks.kinds(),
            };
            match self.client.post::<_, AgentWork>(&path, &request) {
                Ok(Some(work)) => {
                    self.trouble(None);
                    pause = Duration::from_millis(500);
                    self.run_task(&work);
                }
                Ok(None) => {
                    self.trouble(None);
                    pause = Duration::from_millis(500);
                }
                Err(error) => {
                    self.trouble(Some(&error));
                    self.rest(pause);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    fn trouble(&self, error: Option<&ServerError>) {
        let now = error.map(|error| match error.hint() {
            Some(hint) => format!("{error} ({hint})"),
            None => error.to_string(),
        });
        let mut last = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*last, &now) {
            (_, Some(text)) if last.as_ref() != Some(text) => {
                tracing::warn!("the server gives no work, and is asked again: {text}");
            }
            (Some(_), None) => tracing::info!("the server gives work again"),
            _ => {}
        }
        *last = now;
    }

    /// Sleeps, but not longer than until the process is to end.
    fn rest(&self, pause: Duration) {
        let until = Instant::now() + pause;
        while !self.is_stopping() && Instant::now() < until {
            thread::sleep(Duration::from_millis(100).min(pause));
        }
    }

    fn run_task(&self, work: &AgentWork) {
        tracing::info!(task = work.task.identifier, job = work.job, "begins");
        let told = Arc::new(Told::default());
        let listener = {
            let told = told.clone();
            Arc::new(move |level, message: &str| told.log(level, message))
        };
        let outcome = thread::scope(|scope| {
            let teller = scope.spawn(|| self.tell(work, &told));
            let outcome = overhear(listener, || self.tasks.run(work, told.as_ref()));
            told.end();
            if teller.join().is_err() {
                tracing::error!(task = work.task.identifier, "progress could not be told");
            }
            outcome
        });
        tracing::info!(task = work.task.identifier, job = work.job, state = outcome.state.word(), "ended");
        self.report(work, outcome, told.take_lines());
    }

    /// Tells how far a task is until it has ended.
    fn tell(&self, work: &AgentWork, told: &Told) {
        let path = format!("api/Agent/{}/Work/{}/Progress", segment(&self.agent), work.task_instance);
        let latest = Duration::from_secs(u64::from(work.lease_seconds)) / 3;
        let mut last = Instant::now();
        while let Some(news) = told.wait(TELL_EVERY) {
            if !news && last.elapsed() < latest {
                continue;
            }
            last = Instant::now();
            let report =
                ProgressReport { lease: work.lease.clone(), progress: told.take_progress(), log: told.take_lines() };
            match self.client.post::<_, ProgressAnswer>(&path, &report) {
                Ok(answer) if answer.is_some_and(|answer| answer.cancel) => told.cancel(),
                Ok(_) => {}
                Err(ServerError::Remote { code: "lease-lost" | "forbidden" | "not-found", message, .. }) => {
                    tracing::warn!(task = work.task.identifier, message, "the task is in other hands now");
                    told.cancel();
                    return;
                }
                Err(error) => {
                    tracing::debug!(%error, "progress did not arrive");
                    told.give_back(report.log);
                }
            }
        }
    }

    /// Tells how a task ended, until the server has heard it or does not want to know any more.
    fn report(&self, work: &AgentWork, outcome: TaskOutcome, log: Vec<LogLine>) {
        let path = format!("api/Agent/{}/Work/{}/Outcome", segment(&self.agent), work.task_instance);
        let report = OutcomeReport { lease: work.lease.clone(), outcome, log };
        let mut pause = Duration::from_millis(500);
        loop {
            match self.client.post::<_, serde_json::Value>(&path, &report) {
                Ok(_) => return,
                Err(ServerError::Remote { code: "server-unreachable", message, .. }) if !self.is_stopping() => {
                    tracing::warn!(message, "the outcome of a task did not arrive; it is told again");
                    self.rest(pause);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(error) => {
                    tracing::warn!(task = work.task.identifier, %error, "the outcome of a task does not count");
                    return;
                }
            }
        }
    }
}

/// What a running task has said and not yet told.
#[derive(Debug, Default)]
struct Told {
    state: Mutex<ToldState>,
    changed: Condvar,
    cancelled: AtomicBool,
}

#[derive(Debug, Default)]
struct ToldState {
    progress: Option<TaskProgress>,
    lines: Vec<LogLine>,
    ended: bool,
}

/// Lines that are kept for a server that cannot be reached; later ones are dropped.
const MOST_LINES: usize = 10_000;

impl Told {
    fn state(&self) -> MutexGuard<'_, ToldState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits a while; tells whether there is news, or nothing when the task has ended.
    fn wait(&self, time: Duration) -> Option<bool> {
        let (state, _) = self
            .changed
            .wait_timeout_while(self.state(), time, |state| !state.ended)
            .unwrap_or_else(PoisonError::into_inner);
        (!state.ended).then(|| state.progress.is_some() || !state.lines.is_empty())
    }

    fn end(&self) {
        self.state().ended = true;
        self.changed.notify_all();
    }

    fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    fn take_progress(&self) -> Option<TaskProgress> {
        self.state().progress.take()
    }

    fn take_lines(&self) -> Vec<LogLine> {
        std::mem::take(&mut self.state().lines)
    }

    fn give_back(&self, mut lines: Vec<LogLine>) {
        let mut state = self.state();
        lines.append(&mut state.lines);
        state.lines = lines;
    }
}

impl TaskContext for Told {
    fn log(&self, level: LogLevel, message: &str) {
        let mut state = self.state();
        if state.lines.len() < MOST_LINES {
            state.lines.push(LogLine {
                at: crate::road::now_micros(),
                level: format!("{level:?}"),
                message: message.to_owned(),
                ..LogLine::default()
            });
        }
    }

    fn progress(&self, progress: &TaskProgress) {
        self.state().progress = Some(progress.clone());
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_did_not_arrive_come_first_again() {
        let told = Told::default();
        told.log(LogLevel::Information, "one");
        let lines = told.take_lines();
        told.log(LogLevel::Warning, "two");
        told.give_back(lines);
        let words: Vec<String> = told.take_lines().into_iter().map(|l| format!("{} {}", l.level, l.message)).collect();
        assert_eq!(words, ["Information one", "Warning two"]);
    }

    #[test]
    fn the_end_of_a_task_ends_the_telling() {
        let told = Told::default();
        assert_eq!(told.wait(Duration::ZERO), Some(false));
        told.progress(&TaskProgress::default());
        assert_eq!(told.wait(Duration::ZERO), Some(true));
        told.end();
        assert_eq!(told.wait(Duration::from_secs(60)), None);
    }
}
