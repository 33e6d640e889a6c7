//! Jobs of the home folder: the engine with the tasks that only the door can run.

mod run;
mod server;
mod there;

pub use run::follow;
pub(crate) use run::{as_json, as_text};
pub use server::DoorTasks;
pub(crate) use there::{Act, JobsThere, line};

use crate::report::{Kind, Report};
use crate::road::{Road, now_micros};
use crate::settings::Settings;
use jiff::tz::TimeZone;
use provost_model::work::InstanceState;
use provost_server::jobs::{Engine, JobError, JobSettings, Pace};
use std::sync::Arc;
use std::time::Duration;

/// Longest time of a task, without supplement.
const TASK_MINUTES: u64 = 12 * 60;

/// An engine on the repository of a home.
pub fn engine(road: &Arc<Road>, owner: &str, scheduler: bool) -> Engine {
    let settings = JobSettings { owner: owner.to_owned(), scheduler, ..job_settings(road.settings()) };
    road.store.share();
    let tasks = Arc::new(DoorTasks { road: road.clone() });
    Engine::new(road.store.clone(), road.folders().clone(), settings, tasks, Arc::new(now_micros))
}

/// What the settings of a home say about jobs.
pub fn job_settings(settings: &Settings) -> JobSettings {
    let (given, defaults) = (&settings.jobs, JobSettings::default());
    let minutes = TASK_MINUTES + u64::from(given.task_timeout_supplement.unwrap_or_default());
    JobSettings {
        max_task_batch_size: given.max_task_batch_size.map_or(defaults.max_task_batch_size, |n| n.max(1) as usize),
        lease: given.lease_seconds.map_or(defaults.lease, |s| Duration::from_secs(s.clamp(3, 300).into())),
        launch_timeout: given.launch_timeout.map_or(defaults.launch_timeout, |ms| Duration::from_millis(ms.into())),
        task_timeout: Duration::from_secs(minutes * 60),
        scheduler: given.scheduler.unwrap_or(defaults.scheduler),
        pace: pace(),
        zone: TimeZone::system(),
        retention: settings.retention,
        default_agent: settings.agent_identifier.clone(),
        ..defaults
    }
}

/// How the time of schedules passes. Tests say it as `began at factor`, see [`Pace`]; a release build does not listen.
fn pace() -> Pace {
    #[cfg(feature = "fault-injection")]
    if let Ok(text) = std::env::var("PROVOST_SCHEDULE_PACE") {
        let numbers: Vec<i64> = text.split(' ').filter_map(|number| number.parse().ok()).collect();
        if let [began, at, factor] = numbers[..] {
            return Pace { began, at, factor };
        }
    }
    Pace::default()
}

/// The error of a job as a person reads it.
pub fn report(error: &JobError) -> Report {
    let kind = match error {
        JobError::UnknownJob { .. }
        | JobError::UnknownStep { .. }
        | JobError::UnknownInstance { .. }
        | JobError::UnknownTask { .. }
        | JobError::UnknownConnector { .. }
        | JobError::StartDenied { .. }
        | JobError::NoAgent { .. }
        | JobError::State { .. } => Kind::Usage,
        JobError::Running { .. } | JobError::OtherChangeSet { .. } => Kind::Blocked,
        _ => Kind::Error,
    };
    let report = Report::from_error(kind, error.code(), error);
    match error.hint() {
        Some(hint) => report.hint(hint),
        None => report,
    }
}

/// Exit code that tells how a job ended.
pub fn exit(state: InstanceState) -> crate::report::Exit {
    use crate::report::Exit;
    match state {
        InstanceState::Blocked => Exit::Blocked,
        InstanceState::Warning => Exit::Data,
        InstanceState::Errored | InstanceState::Cancelled => Exit::Error,
        _ => Exit::Done,
    }
}
