//! The table of results.

use crate::measure::{Usage, median};
use std::fmt::Write;

/// What a path must reach: its part of the yardstick's time, and its memory.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Goal {
    /// Wall time of the yardstick.
    pub(crate) wall: Option<f64>,
    /// CPU time of the yardstick.
    pub(crate) cpu: Option<f64>,
    /// Most memory, MiB.
    pub(crate) peak: Option<f64>,
}

/// One path with one yardstick.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) path: &'static str,
    /// Rows read.
    pub(crate) rows: u64,
    /// Bytes read.
    pub(crate) bytes: u64,
    pub(crate) ours: Vec<Usage>,
    pub(crate) yardstick: &'static str,
    /// Empty where the yardstick is absent.
    pub(crate) theirs: Vec<Usage>,
    pub(crate) goal: Goal,
}

/// Header of the table.
pub(crate) const HEADER: &str = "\
| path | wall s | CPU s | peak MiB | rows/s | MB/s | yardstick | wall s | CPU s | peak MiB | ratio wall | ratio CPU | goal | met |
|---|--:|--:|--:|--:|--:|---|--:|--:|--:|--:|--:|---|---|";

impl Line {
    /// One row of the Markdown table.
    pub(crate) fn render(&self) -> String {
        let mut out = String::new();
        let Some(ours) = median(&self.ours) else {
            return format!("| {} | not measured | | | | | {} | | | | | | | |", self.path, self.yardstick);
        };
        let _ = write!(out, "| {} | {:.2} | {:.2} | {:.0} ", self.path, ours.wall, ours.cpu, ours.peak);
        let (rows, megabytes) = (self.rows as f64 / ours.wall, self.bytes as f64 / 1e6 / ours.wall);
        let _ = write!(out, "| {:.1} M | {megabytes:.0} | {} ", rows / 1e6, self.yardstick);
        let theirs = median(&self.theirs);
        match theirs {
            Some(t) => {
                let _ = write!(out, "| {:.2} | {:.2} | {:.0} ", t.wall, t.cpu, t.peak);
                let _ = write!(out, "| {:.2} | {:.2} ", ours.wall / t.wall, ours.cpu / t.cpu);
            }
            None => out.push_str("| absent | | | | "),
        }
        let _ = write!(out, "| {} | {} |", self.goal_words(), self.met(ours, theirs));
        out
    }

    fn goal_words(&self) -> String {
        let goal = &self.goal;
        let parts = [
            goal.wall.map(|g| format!("wall ≤ {g}")),
            goal.cpu.map(|g| format!("CPU ≤ {g}")),
            goal.peak.map(|g| format!("{g} MiB")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Whether each part of the goal is met, by name.
    fn met(&self, ours: Usage, theirs: Option<Usage>) -> String {
        let mut missed = Vec::new();
        let mut judged = 0;
        let mut judge = |name: &'static str, goal: Option<f64>, found: Option<f64>| {
            if let (Some(goal), Some(found)) = (goal, found) {
                judged += 1;
                if found > goal {
                    missed.push(name);
                }
            }
        };
        judge("wall", self.goal.wall, theirs.map(|t| ours.wall / t.wall));
        judge("CPU", self.goal.cpu, theirs.map(|t| ours.cpu / t.cpu));
        judge("peak", self.goal.peak, Some(ours.peak));
        let ratios = self.goal.wall.is_some() || self.goal.cpu.is_some();
        match (judged, missed.is_empty()) {
            (0, _) => String::new(),
            (_, true) if ratios && theirs.is_none() => "peak".to_owned(),
            (_, true) => "yes".to_owned(),
            (_, false) => format!("not {}", missed.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(theirs: Vec<Usage>) -> Line {
        let ours = vec![Usage { wall: 2.0, cpu: 1.0, peak: 100.4 }];
        let goal = Goal { wall: Some(0.25), cpu: Some(0.05), peak: Some(128.0) };
        Line { path: "Prepare", rows: 3_000_000, bytes: 500_000_000, ours, yardstick: "DuckDB", theirs, goal }
    }

    #[test]
    fn a_row_has_figures_ratios_and_what_was_missed() {
        assert_eq!(
            line(vec![Usage { wall: 10.0, cpu: 5.0, peak: 2000.0 }]).render(),
            "| Prepare | 2.00 | 1.00 | 100 | 1.5 M | 250 | DuckDB | 10.00 | 5.00 | 2000 | 0.20 | 0.20 \
             | wall ≤ 0.25, CPU ≤ 0.05, 128 MiB | not CPU |"
        );
    }

    #[test]
    fn an_absent_yardstick_is_said() {
        assert_eq!(
            line(Vec::new()).render(),
            "| Prepare | 2.00 | 1.00 | 100 | 1.5 M | 250 | DuckDB | absent | | | | | wall ≤ 0.25, CPU ≤ 0.05, 128 MiB | peak |"
        );
    }
}
