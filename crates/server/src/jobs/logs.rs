//! Logs of task instances: `Temp/JobLogs/<job instance>/<position>-<task>.jsonl`, a JSON object on each line.
//!
//! Each line is appended by one write, so that several servers and the agents behind them may write to one file. A log
//! that has grown too large is set aside as `….1.jsonl`, in place of the one set aside before.

use super::error::JobError;
use crate::folders::Folders;
use provost_model::configuration::jobs::LogLevel;
use provost_model::work::LogLine;
use provost_store::TaskInstance;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Characters of a task's identifier that its log is named by.
const NAMED: usize = 100;

/// A part of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPage {
    /// Whole lines.
    pub text: String,
    /// Where the next part begins.
    pub next: u64,
}

#[derive(Debug)]
pub(super) struct Logs {
    folder: PathBuf,
    limit: u64,
}

impl Logs {
    pub(super) fn new(folders: &Folders, limit: u64) -> Logs {
        Logs { folder: folders.temp.join("JobLogs"), limit: limit.max(1024) }
    }

    fn path(&self, task: &TaskInstance) -> PathBuf {
        let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' };
        let name: String = task.task.chars().take(NAMED).map(safe).collect();
        self.folder.join(task.job_instance.to_string()).join(format!("{}-{name}.jsonl", task.position))
    }

    /// Adds lines that the job's log level lets through.
    pub(super) fn append(&self, task: &TaskInstance, level: LogLevel, lines: &[LogLine]) -> io::Result<()> {
        let mut text = Vec::new();
        for line in lines.iter().filter(|line| wanted(level, &line.level)) {
            serde_json::to_writer(&mut text, line)?;
            text.push(b'\n');
        }
        if text.is_empty() {
            return Ok(());
        }
        let path = self.path(task);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        if file.metadata()?.len() > self.limit {
            std::fs::rename(&path, set_aside(&path))?;
            file = OpenOptions::new().create(true).append(true).open(&path)?;
        }
        file.write_all(&text)
    }

    /// Whole lines from a place in the log on, at most about `limit` bytes.
    pub(super) fn read(&self, task: &TaskInstance, from: u64, limit: u64) -> Result<LogPage, JobError> {
        let mut file = match File::open(self.path(task)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(LogPage::default()),
            Err(error) => return Err(error.into()),
        };
        // A log that was set aside begins anew.
        let from = if file.metadata()?.len() < from { 0 } else { from };
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        bytes.truncate(whole);
        Ok(LogPage { text: String::from_utf8_lossy(&bytes).into_owned(), next: from + whole as u64 })
    }

    /// The files of a log, the part that was set aside first.
    pub(super) fn files(&self, task: &TaskInstance) -> Vec<PathBuf> {
        let path = self.path(task);
        [set_aside(&path), path].into_iter().filter(|path| path.exists()).collect()
    }

    /// Removes the logs of job instances.
    pub(super) fn remove(&self, instances: &[i64]) -> io::Result<()> {
        for id in instances {
            match std::fs::remove_dir_all(self.folder.join(id.to_string())) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

fn set_aside(path: &Path) -> PathBuf {
    path.with_extension("1.jsonl")
}

/// Whether a job with this log level keeps a line. A job without one keeps what a person wants to read afterwards.
fn wanted(job: LogLevel, line: &str) -> bool {
    let least = if job == LogLevel::None { LogLevel::Information } else { job };
    level(line) >= least
}

/// The level with this word; what is unknown is kept.
pub(super) fn level(word: &str) -> LogLevel {
    use LogLevel::{Critical, Debug, Error, Information, Trace, Warning};
    let known = [Trace, Debug, Information, Warning, Error, Critical];
    known.into_iter().find(|level| format!("{level:?}").eq_ignore_ascii_case(word)).unwrap_or(Critical)
}
