//! Periods of validity.

use serde::{Deserialize, Serialize};

/// Microseconds since 1970, UTC.
pub type Instant = i64;

/// "No start": 1900-01-01 00:00 UTC (spec 20 §2).
pub const NO_START: Instant = -2_208_988_800_000_000;
/// "No end": 2079-06-06 00:00 UTC.
pub const NO_END: Instant = 3_453_235_200_000_000;

/// From `start` to just before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Period {
    /// First instant.
    pub start: Instant,
    /// First instant after it.
    pub end: Instant,
}

impl Default for Period {
    fn default() -> Period {
        Period::ALWAYS
    }
}

impl Period {
    /// Without start and end.
    pub const ALWAYS: Period = Period { start: NO_START, end: NO_END };

    /// No instant lies in it.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// `instant` lies in it.
    pub fn contains(self, instant: Instant) -> bool {
        self.start <= instant && instant < self.end
    }

    /// It is over.
    pub fn is_past(self, now: Instant) -> bool {
        self.end <= now
    }

    /// What both have in common; empty when that is nothing.
    pub fn intersection(self, other: Period) -> Period {
        Period { start: self.start.max(other.start), end: self.end.min(other.end) }
    }

    /// The smallest period that holds both.
    pub fn hull(self, other: Period) -> Period {
        Period { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// They overlap or follow each other without a gap.
    pub fn touches(self, other: Period) -> bool {
        self.start <= other.end && other.start <= self.end
    }

    /// Moves an instant by minutes; absent bounds stay absent.
    pub fn shift(instant: Instant, minutes: i32) -> Instant {
        if instant <= NO_START || instant >= NO_END {
            return instant.clamp(NO_START, NO_END);
        }
        instant.saturating_add(i64::from(minutes).saturating_mul(60_000_000)).clamp(NO_START, NO_END)
    }

    /// Joins those that overlap or follow each other, and leaves out empty ones. Sorted by their start.
    pub fn union(periods: &mut Vec<Period>) {
        let kept = Period::unite(periods);
        periods.truncate(kept);
    }

    /// The same in place: as many as it tells, from the first on, are what is left.
    pub fn unite(periods: &mut [Period]) -> usize {
        let mut filled = 0;
        for at in 0..periods.len() {
            if !periods[at].is_empty() {
                periods[filled] = periods[at];
                filled += 1;
            }
        }
        periods[..filled].sort_unstable();
        let mut kept = 0;
        for at in 0..filled {
            if kept > 0 && periods[kept - 1].touches(periods[at]) {
                periods[kept - 1] = periods[kept - 1].hull(periods[at]);
            } else {
                periods[kept] = periods[at];
                kept += 1;
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn period(start: Instant, end: Instant) -> Period {
        Period { start, end }
    }

    #[test]
    fn overlapping_and_adjacent_periods_become_one() {
        let mut periods = vec![period(5, 7), period(1, 3), period(3, 4), period(9, 9), period(6, 8)];
        Period::union(&mut periods);
        assert_eq!(periods, [period(1, 4), period(5, 8)]);
    }

    #[test]
    fn absent_bounds_do_not_move() {
        assert_eq!(Period::shift(NO_START, -60), NO_START);
        assert_eq!(Period::shift(NO_END, 60), NO_END);
        assert_eq!(Period::shift(0, 1), 60_000_000);
        assert_eq!(Period::shift(NO_END - 1, 60), NO_END);
    }
}
