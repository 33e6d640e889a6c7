//! What can be set about the engine.

use crate::options::Retention;
use jiff::tz::TimeZone;
use std::time::Duration;

/// How the time of schedules passes: as on the clock, unless a test lets an hour pass in a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Where the clock of the machine was at the beginning: microseconds since 1970, UTC.
    pub began: i64,
    /// What the time of schedules was then.
    pub at: i64,
    /// Microseconds of schedules in one of the machine.
    pub factor: i64,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { began: 0, at: 0, factor: 1 }
    }
}

impl Pace {
    /// The time of schedules when the machine's clock says `now`.
    pub(super) fn time(self, now: i64) -> i64 {
        self.at + (now - self.began) * self.factor
    }
}

/// Checked settings of the engine.
#[derive(Clone, Debug)]
pub struct JobSettings {
    /// Name of this process in the books, for people.
    pub owner: String,
    /// Most tasks of a level that start together (`Jobs:MaxTaskBatchSize`).
    pub max_task_batch_size: usize,
    /// Most tasks of the server that this process runs at the same time.
    pub workers: usize,
    /// How long a task stays with an owner that gives no sign of life.
    pub lease: Duration,
    /// How often a task is begun before it is given up.
    pub attempts: u32,
    /// In this time a launched job must have started, when agents are to start it (`JobLaunchTimeout`).
    pub launch_timeout: Duration,
    /// Longest time of one task, with `TaskTimeoutSupplement`.
    pub task_timeout: Duration,
    /// Whether this process starts jobs by their schedule (`Scheduler:Enabled`).
    pub scheduler: bool,
    /// How the time of schedules passes.
    pub pace: Pace,
    /// Zone of the server, for schedules in `ServerTime`.
    pub zone: TimeZone,
    /// Agent of tasks that name none: the one inside this process.
    pub default_agent: Option<String>,
    /// How long ended job instances and their logs are kept.
    pub history: Duration,
    /// What synchronisations forget at their end.
    pub retention: Retention,
    /// A log that grows beyond this many bytes starts anew; the part before is kept once.
    pub log_bytes: u64,
}

impl Default for JobSettings {
    fn default() -> JobSettings {
        JobSettings {
            owner: "server".to_owned(),
            max_task_batch_size: 5,
            workers: 4,
            lease: Duration::from_secs(15),
            attempts: 3,
            launch_timeout: Duration::from_millis(7_500),
            task_timeout: Duration::from_secs(12 * 3600),
            scheduler: true,
            pace: Pace::default(),
            zone: TimeZone::UTC,
            default_agent: None,
            history: Duration::from_secs(90 * 24 * 3600),
            retention: Retention::default(),
            log_bytes: 64 << 20,
        }
    }
}

/// Microseconds of a duration.
pub(super) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
