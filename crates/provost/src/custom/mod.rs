//! Steps of one's own: scripts, SQL and calls of the interface, as tasks of a job.
//!
//! They run beside the managed systems, or on the server when their task names no agent. What runs comes from the
//! configuration, so what it may touch is limited by the folders and settings of the home.

mod api;
mod expression;
mod paths;
mod process;
mod sql;

use crate::report::Report;
use crate::settings::Settings;
use provost_model::configuration::jobs::TaskKind;
use provost_model::work::{AgentWork, InstanceState, TaskContext, TaskOutcome};

/// Runs a step of one's own; none when the task is of another kind.
pub(crate) fn run(
    settings: &Settings,
    work: &AgentWork,
    context: &dyn TaskContext,
) -> Option<Result<TaskOutcome, Report>> {
    Some(match work.task.kind {
        TaskKind::InvokeExpression => expression::run(settings, work, context),
        TaskKind::InvokeSqlCommand => sql::run(settings, work, context),
        _ => return None,
    })
}

pub(crate) use api::run as call;

fn completed(produced: bool) -> TaskOutcome {
    TaskOutcome { state: InstanceState::Completed, produced, ..TaskOutcome::default() }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::settings::Overrides;
    use provost_model::configuration::jobs::{LogLevel, Task};
    use provost_model::summary::Mode;
    use provost_model::work::TaskProgress;
    use std::path::Path;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// What a task said.
    #[derive(Debug, Default)]
    pub(crate) struct Heard {
        lines: Mutex<Vec<String>>,
        progress: Mutex<Vec<TaskProgress>>,
        cancelled: AtomicBool,
    }

    impl Heard {
        pub(crate) fn lines(&self) -> Vec<String> {
            self.lines.lock().unwrap().clone()
        }

        pub(crate) fn progresses(&self) -> Vec<TaskProgress> {
            self.progress.lock().unwrap().clone()
        }

        pub(crate) fn cancel(&self) {
            self.cancelled.store(true, Ordering::SeqCst);
        }
    }

    impl TaskContext for Heard {
        fn log(&self, level: LogLevel, message: &str) {
            self.lines.lock().unwrap().push(format!("{level:?} {message}"));
        }

        fn progress(&self, progress: &TaskProgress) {
            self.progress.lock().unwrap().push(progress.clone());
        }

        fn is_cancelled(&self) -> bool {
            self.cancelled.load(Ordering::SeqCst)
        }
    }

    /// A home with these agent settings.
    pub(crate) fn home(agent: &str) -> (tempfile::TempDir, Settings) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("appsettings.json"), "{}").unwrap();
        std::fs::write(folder.path().join("appsettings.agent.json"), agent).unwrap();
        let settings = Settings::load(folder.path(), &Overrides::default()).unwrap();
        (folder, settings)
    }

    /// A task as an agent gets it.
    pub(crate) fn work(kind: TaskKind, attributes: &[(&str, &str)]) -> AgentWork {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        AgentWork {
            task_instance: 1,
            lease: String::new(),
            lease_seconds: 15,
            job: "Nightly".to_owned(),
            job_instance: 7,
            task: Task { identifier: "Step".to_owned(), kind, attributes, ..Task::default() },
            mode: Mode::Incremental,
            connections: Vec::new(),
            tables: Vec::new(),
            log_level: LogLevel::None,
        }
    }

    /// A file that can be run.
    pub(crate) fn script(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}
