//! Sets of instants as periods.

use provost_model::configuration::policy::TimeOffset;
use provost_model::policy::{Instant, Period};
use smallvec::SmallVec;

/// A few periods: nearly always one, which needs no memory of its own.
pub(super) type Spans = SmallVec<[Period; 2]>;

/// Joins those that overlap or follow each other, and leaves out empty ones. Sorted by their start.
pub(super) fn unite(spans: &mut Spans) {
    if let [only] = spans.as_slice()
        && !only.is_empty()
    {
        return;
    }
    let kept = Period::unite(spans);
    spans.truncate(kept);
}

/// Takes away what lies in `what`. The result is sorted and disjoint when `from` was.
pub(super) fn subtract(from: &mut Spans, what: &[Period]) {
    for cut in what.iter().filter(|cut| !cut.is_empty()) {
        let mut at = 0;
        while at < from.len() {
            let whole = from[at];
            if whole.intersection(*cut).is_empty() {
                at += 1;
                continue;
            }
            let before = Period { start: whole.start, end: cut.start };
            let after = Period { start: cut.end, end: whole.end };
            match (before.is_empty(), after.is_empty()) {
                (true, true) => {
                    from.remove(at);
                }
                (false, true) => from[at] = before,
                (true, false) => from[at] = after,
                (false, false) => {
                    from[at] = before;
                    from.insert(at + 1, after);
                }
            }
        }
    }
}

/// A period moved as a rule says (spec 20 §7.6).
pub(super) fn shifted(reference: Period, offset: TimeOffset) -> Period {
    let Period { start, end } = reference;
    match offset {
        TimeOffset::Default => reference,
        TimeOffset::Around { before, after } => {
            Period { start: Period::shift(start, before), end: Period::shift(end, after) }
        }
        TimeOffset::Before { before, after } => {
            Period { start: Period::shift(start, before), end: Period::shift(start, after) }
        }
        TimeOffset::After { before, after } => {
            Period { start: Period::shift(end, before), end: Period::shift(end, after) }
        }
    }
}

/// What a rule says about a period.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) period: Period,
    /// The smallest is the strongest.
    pub(super) priority: i32,
    pub(super) is_denied: bool,
}

/// Appends the elementary intervals of these periods to `out`: in each of them nothing changes.
pub(super) fn elementary(periods: impl Iterator<Item = Period>, bounds: &mut Vec<Instant>) {
    bounds.clear();
    for period in periods.filter(|period| !period.is_empty()) {
        bounds.extend([period.start, period.end]);
    }
    bounds.sort_unstable();
    bounds.dedup();
}

/// Appends when a denial decides: at each instant the strongest matching rule does, and among equals a denial.
pub(super) fn denied(claims: &[Claim], bounds: &mut Vec<Instant>, out: &mut Spans) {
    if !claims.iter().any(|claim| claim.is_denied) {
        return;
    }
    let from = out.len();
    elementary(claims.iter().map(|claim| claim.period), bounds);
    for pair in bounds.windows(2) {
        let here = || claims.iter().filter(|claim| claim.period.contains(pair[0]));
        let strongest = here().map(|claim| claim.priority).min();
        if here().any(|claim| claim.is_denied && Some(claim.priority) == strongest) {
            let period = Period { start: pair[0], end: pair[1] };
            match out[from..].last_mut() {
                Some(last) if last.end == period.start => last.end = period.end,
                _ => out.push(period),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn period(start: Instant, end: Instant) -> Period {
        Period { start, end }
    }

    const fn claim(start: Instant, end: Instant, priority: i32, is_denied: bool) -> Claim {
        Claim { period: period(start, end), priority, is_denied }
    }

    #[test]
    fn the_strongest_rule_decides_at_each_instant_and_a_denial_wins_a_tie() {
        let claims = [claim(0, 10, 1, false), claim(2, 4, 2, true), claim(4, 6, 1, true), claim(6, 8, 0, true)];
        let mut out = Spans::new();
        denied(&claims, &mut Vec::new(), &mut out);
        assert_eq!(out.as_slice(), [period(4, 8)]);
    }

    #[test]
    fn the_documented_example_of_offsets() {
        const DAY: i64 = 24 * 60 * 60 * 1_000_000;
        let contract = period(100 * DAY, 200 * DAY);
        let before = TimeOffset::Before { before: -43_200, after: 0 };
        let after = TimeOffset::After { before: 0, after: 259_200 };
        assert_eq!(shifted(contract, before), period(70 * DAY, 100 * DAY));
        assert_eq!(shifted(contract, TimeOffset::Around { before: 0, after: 0 }), contract);
        assert_eq!(shifted(contract, after), period(200 * DAY, 380 * DAY));
    }

    proptest! {
        #[test]
        fn subtracting_is_what_it_is_at_each_instant(
            from in prop::collection::vec((0i64..30, 0i64..30), 0..6),
            what in prop::collection::vec((0i64..30, 0i64..30), 0..6),
        ) {
            let mut left: Spans = from.into_iter().map(|(a, b)| period(a, b)).collect();
            unite(&mut left);
            let whole = left.clone();
            let what: Vec<Period> = what.into_iter().map(|(a, b)| period(a, b)).collect();
            subtract(&mut left, &what);
            for instant in 0..30 {
                let holds = |periods: &[Period]| periods.iter().any(|period| period.contains(instant));
                prop_assert_eq!(holds(&left), holds(&whole) && !holds(&what));
            }
            prop_assert!(left.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
    }
}
