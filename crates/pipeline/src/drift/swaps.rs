//! Two columns whose contents changed places.

use super::context::Context;
use super::findings::{Findings, Weight};
use super::profile::{ColumnProfile, TableProfile};

/// Rows that must tell the two columns apart for a comparison row by row.
const TELLING_ROWS: usize = 8;
/// Rows that must be common to both generations for the comparison row by row to be the last word.
const COMMON_ROWS: usize = 20;

/// Why two columns are thought to have changed places.
enum Evidence {
    /// So many of so many compared rows.
    Rows(usize, usize),
    /// The values of one are those of the other.
    Values,
    /// The values of one look like those of the other.
    Looks,
}

/// Names pairs of columns whose contents changed places, each column once.
pub(super) fn look(before: &TableProfile, now: &TableProfile, context: &Context<'_>, findings: &mut Findings<'_>) {
    let rows = common_rows(before, now);
    let columns: Vec<(&ColumnProfile, &ColumnProfile)> =
        before.columns.iter().filter_map(|b| Some((b, now.column(&b.name)?))).collect();
    for (at, first) in columns.iter().enumerate() {
        for second in &columns[at + 1..] {
            if findings.explains(&first.0.name) || findings.explains(&second.0.name) {
                continue;
            }
            let generations = Generations { before, now, rows: &rows };
            if let Some(evidence) = generations.crossed(*first, *second) {
                report(first, second.0, &evidence, context, findings);
            }
        }
    }
}

/// Places of the keys that both generations have among their first ones.
pub(super) fn common_rows(before: &TableProfile, now: &TableProfile) -> Vec<(usize, usize)> {
    let known = |table: &TableProfile| table.columns.first().map_or(0, |c| c.aligned.0.len());
    let (of_before, of_now) = (known(before), known(now));
    let later = &now.keys.hashes()[..of_now.min(now.keys.hashes().len())];
    let earlier = before.keys.hashes().iter().take(of_before).enumerate();
    earlier.filter_map(|(at, hash)| later.binary_search(hash).ok().map(|place| (at, place))).collect()
}

struct Generations<'a> {
    before: &'a TableProfile,
    now: &'a TableProfile,
    rows: &'a [(usize, usize)],
}

/// A column before and now.
type Column<'a> = (&'a ColumnProfile, &'a ColumnProfile);

impl Generations<'_> {
    fn crossed(&self, a: Column<'_>, b: Column<'_>) -> Option<Evidence> {
        if self.rows.len() >= COMMON_ROWS {
            return self.crossed_by_rows(a, b);
        }
        if self.crossed_by_values(a, b) {
            return Some(Evidence::Values);
        }
        self.crossed_by_looks(a, b).then_some(Evidence::Looks)
    }

    fn crossed_by_rows(&self, a: Column<'_>, b: Column<'_>) -> Option<Evidence> {
        let value = |c: &ColumnProfile, at: usize| c.aligned.0.get(at).copied().unwrap_or(0);
        let telling = self.rows.iter().filter(|(before, _)| value(a.0, *before) != value(b.0, *before));
        let (mut rows, mut crossed) = (0, 0);
        for (before, now) in telling {
            rows += 1;
            let there = value(a.0, *before) == value(b.1, *now);
            let back = value(b.0, *before) == value(a.1, *now);
            crossed += usize::from(there && back);
        }
        (rows >= TELLING_ROWS && crossed * 10 >= rows * 7).then_some(Evidence::Rows(crossed, rows))
    }

    fn crossed_by_values(&self, a: Column<'_>, b: Column<'_>) -> bool {
        // When the key is one of the two, each generation samples other rows, and only a part of the values can meet.
        let expected = 0.5 * self.before.fraction().min(self.now.fraction());
        let meets = |c: &ColumnProfile, d: &ColumnProfile| {
            c.values.overlap(&d.values, 5).is_some_and(|o| o.shared >= 5 && o.coefficient() >= expected)
        };
        let strange = |c: Column<'_>| c.0.values.overlap(&c.1.values, 5).is_some_and(|o| o.coefficient() <= 0.2);
        strange(a) && strange(b) && meets(a.0, b.1) && meets(b.0, a.1)
    }

    fn crossed_by_looks(&self, a: Column<'_>, b: Column<'_>) -> bool {
        let filled = [a, b].iter().all(|c| c.0.filled(self.before) >= 10 && c.1.filled(self.now) >= 10);
        filled
            && a.0.class_distance(a.1) >= 0.8
            && b.0.class_distance(b.1) >= 0.8
            && a.0.class_distance(b.1) <= 0.2
            && b.0.class_distance(a.1) <= 0.2
    }
}

fn report(
    first: &Column<'_>,
    second: &ColumnProfile,
    evidence: &Evidence,
    context: &Context<'_>,
    findings: &mut Findings<'_>,
) {
    let (a, b) = (&first.0.name, &second.name);
    let why = match evidence {
        Evidence::Rows(crossed, rows) => {
            format!("in {crossed} of {rows} compared rows each holds what the other held before")
        }
        Evidence::Values => "each holds the values that the other held before".to_owned(),
        Evidence::Looks => {
            let plural = |c: &ColumnProfile| c.main_class().map_or("other values", |(class, _)| class.plural());
            format!("`{a}` now holds {} and `{b}` {}", plural(first.1), plural(first.0))
        }
    };
    findings.explain(a);
    findings.explain(b);
    findings.add(
        Weight::Swapped,
        "columns-swapped",
        format!("Columns `{a}` and `{b}` look swapped: {why}."),
        format!(
            "Check the header line of {} against its rows, correct the export (or the two ConnectionColumn of the mapping \
             if the new order is meant), and do not approve.",
            context.file
        ),
    );
}
