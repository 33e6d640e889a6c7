//! How far a stage is: bars with rows per second on a terminal, one quiet line per stage elsewhere.

use crate::output::table::grouped;
use crate::terminal::Terminal;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use provost_server::Watch;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shows the stages of a run, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    bars: bool,
}

impl Progress {
    /// Bars where standard error is a terminal; a verb that prints one line of JSON passes `quiet`.
    pub fn new(quiet: bool) -> Progress {
        Progress { bars: !quiet && Terminal::stderr().interactive }
    }

    /// Begins a stage that counts rows. `total` rows are expected, if the number is known.
    pub fn stage(&self, name: &str, total: Option<u64>) -> Stage {
        let template = match total {
            Some(_) => "{msg:24} {wide_bar} {rows} rows, {rate}/s, {eta} left",
            None => "{msg:24} {spinner} {rows} rows, {rate}/s, {elapsed}",
        };
        self.begin(name, total, template, Unit::Rows)
    }

    /// Begins a stage that reads lines of text, of `total` bytes if that is known.
    pub fn lines(&self, name: &str, total: Option<u64>) -> Stage {
        let template = match total {
            Some(_) => "{msg:24} {wide_bar} {prefix} rows/s, {bytes} of {total_bytes}, {eta} left",
            None => "{msg:24} {spinner} {prefix} rows/s, {bytes}, {elapsed}",
        };
        self.begin(name, total, template, Unit::Bytes)
    }

    /// Begins a stage that counts bytes, of `total` if that is known.
    pub fn bytes(&self, name: &str, total: Option<u64>) -> Stage {
        let template = match total {
            Some(_) => "{msg:24} {wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
            None => "{msg:24} {spinner} {bytes}, {bytes_per_sec}, {elapsed}",
        };
        self.begin(name, total, template, Unit::Bytes)
    }

    /// Shows the stages that a step of the server tells.
    pub fn watch(self) -> Watch {
        let shown: Mutex<Option<(String, Stage)>> = Mutex::default();
        Watch::new(move |name, rows| {
            let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            if shown.as_ref().is_none_or(|(known, _)| known != name) {
                *shown = Some((name.to_owned(), self.stage(name, None)));
            }
            if let (Some((_, stage)), Some(rows)) = (shown.as_mut(), rows) {
                stage.reach(rows);
            }
        })
    }

    fn begin(&self, name: &str, total: Option<u64>, template: &str, unit: Unit) -> Stage {
        let target = if self.bars { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar =
            ProgressBar::with_draw_target(total, target).with_message(name.to_owned()).with_style(style(template));
        if self.bars {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        tracing::debug!("{name} begins");
        Stage { name: name.to_owned(), bar, done: 0, unit, begun: Instant::now(), lines: 0 }
    }
}

/// What a stage counts.
#[derive(Clone, Copy, Debug)]
enum Unit {
    Rows,
    Bytes,
}

/// One stage. Dropped without [`Stage::finish`], it leaves no trace.
#[derive(Debug)]
pub struct Stage {
    name: String,
    bar: ProgressBar,
    done: u64,
    unit: Unit,
    begun: Instant,
    lines: u64,
}

impl Stage {
    /// More is done. Cheap enough to be called for every batch, not for every row.
    pub fn advance(&mut self, more: u64) {
        self.done += more;
        self.bar.set_position(self.done);
    }

    /// This much is done.
    pub fn reach(&mut self, done: u64) {
        self.done = done;
        self.bar.set_position(done);
    }

    /// A stage that reads lines has read this. They are counted only where somebody sees it.
    pub fn read(&mut self, text: &[u8]) {
        self.advance(text.len() as u64);
        if !self.bar.is_hidden() {
            self.lines += text.iter().filter(|byte| **byte == b'\n').count() as u64;
            let rate = self.lines as f64 / self.begun.elapsed().as_secs_f64().max(0.001);
            self.bar.set_prefix(grouped(rate as u64));
        }
    }

    /// The stage is here now, and this is where it ends.
    pub fn at(&mut self, done: u64, total: u64) {
        self.done = done;
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    /// The stage counted bytes, and had this many rows.
    pub fn rows(&mut self, rows: u64) {
        (self.done, self.unit) = (rows, Unit::Rows);
    }

    /// The stage is done: its bar goes, its line stays.
    pub fn finish(self) {
        self.bar.finish_and_clear();
        tracing::info!("{}", line(&self.name, self.done, self.unit, self.begun.elapsed()));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rows", |state: &ProgressState, out: &mut dyn Write| {
            write!(out, "{}", grouped(state.pos())).unwrap_or(());
        })
        .with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
            write!(out, "{}", grouped(state.per_sec() as u64)).unwrap_or(());
        })
}

/// `Prepare HR_Person: 1,100,000 rows in 0.70 s (1,571,428 rows/s)`, or the same in megabytes.
fn line(name: &str, done: u64, unit: Unit, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    let amount = |count: f64| match unit {
        Unit::Rows => format!("{} rows", grouped(count as u64)),
        Unit::Bytes => format!("{:.1} MB", count / 1e6),
    };
    let rate = if seconds >= 0.01 { format!(" ({}/s)", amount(done as f64 / seconds)) } else { String::new() };
    format!("{name}: {} in {seconds:.2} s{rate}", amount(done as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finished_stage_is_one_line() {
        let shown = |done, unit, ms| line("Prepare HR", done, unit, Duration::from_millis(ms));
        assert_eq!(shown(1_100_000, Unit::Rows, 700), "Prepare HR: 1,100,000 rows in 0.70 s (1,571,428 rows/s)");
        assert_eq!(shown(0, Unit::Rows, 1), "Prepare HR: 0 rows in 0.00 s");
        assert_eq!(shown(590_000_000, Unit::Bytes, 2000), "Prepare HR: 590.0 MB in 2.00 s (295.0 MB/s)");
    }

    #[test]
    fn stages_may_be_abandoned() {
        let progress = Progress { bars: false };
        let mut rows = progress.stage("x", Some(10));
        rows.advance(5);
        let mut bytes = progress.bytes("y", None);
        bytes.at(5, 10);
        bytes.rows(3);
        bytes.finish();
    }
}
