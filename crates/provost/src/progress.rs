//! How far a stage is: bars with rows per second on a terminal, one quiet line per stage elsewhere.

use crate::output::table::grouped;
use crate::terminal::Terminal;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;
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
        self.begin(name, total, template)
    }

    /// Begins a stage that counts the bytes it reads, because nobody knows the number of rows beforehand.
    pub fn bytes(&self, name: &str) -> Stage {
        self.begin(name, Some(0), "{msg:24} {wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left")
    }

    fn begin(&self, name: &str, total: Option<u64>, template: &str) -> Stage {
        let target = if self.bars { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar =
            ProgressBar::with_draw_target(total, target).with_message(name.to_owned()).with_style(style(template));
        if self.bars {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        tracing::debug!("{name} begins");
        Stage { name: name.to_owned(), bar, rows: 0, begun: Instant::now() }
    }
}

/// One stage. Dropped without [`Stage::finish`], it leaves no trace.
#[derive(Debug)]
pub struct Stage {
    name: String,
    bar: ProgressBar,
    rows: u64,
    begun: Instant,
}

impl Stage {
    /// More rows are done. Cheap enough to be called for every batch, not for every row.
    pub fn advance(&mut self, rows: u64) {
        self.rows += rows;
        self.bar.set_position(self.rows);
    }

    /// A stage that counts bytes is here now.
    pub fn at(&mut self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    /// Rows that a stage turned out to have.
    pub fn rows(&mut self, rows: u64) {
        self.rows = rows;
    }

    /// The stage is done: its bar goes, its line stays.
    pub fn finish(self) {
        self.bar.finish_and_clear();
        tracing::info!("{}", line(&self.name, self.rows, self.begun.elapsed()));
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
            write!(out, "{}", grouped(state.pos())).unwrap_or(())
        })
        .with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
            write!(out, "{}", grouped(state.per_sec() as u64)).unwrap_or(());
        })
}

/// `Prepare HR_Person: 1 100 000 rows in 0.70 s (1 571 428 rows/s)`.
fn line(name: &str, rows: u64, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    let rate =
        if seconds >= 0.01 { format!(" ({} rows/s)", grouped((rows as f64 / seconds) as u64)) } else { String::new() };
    format!("{name}: {} rows in {seconds:.2} s{rate}", grouped(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finished_stage_is_one_line() {
        let shown = |rows, ms| line("Prepare HR_Person", rows, Duration::from_millis(ms));
        assert_eq!(shown(1_100_000, 700), "Prepare HR_Person: 1 100 000 rows in 0.70 s (1 571 428 rows/s)");
        assert_eq!(shown(0, 1), "Prepare HR_Person: 0 rows in 0.00 s");
    }

    #[test]
    fn stages_may_be_abandoned() {
        let progress = Progress { bars: false };
        let mut rows = progress.stage("x", Some(10));
        rows.advance(5);
        let mut bytes = progress.bytes("y");
        bytes.at(5, 10);
        bytes.rows(3);
        bytes.finish();
    }
}
