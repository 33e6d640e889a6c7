//! `provost manage-history`: forgets versions of resources and links that ended long ago.

use super::Run;
use super::later::{self, Later};
use super::options::FormatOption;
use crate::context::Context;
use crate::output::table::Table;
use crate::output::{Format, print};
use crate::report::{Exit, Report};
use crate::repository::{instant, open};
use crate::road::{actor, now_micros};
use clap::{ArgGroup, Args};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use provost_store::HistoryCounts;
use serde_json::json;

/// Forget the versions of resources and links that ended before a day
///
/// What holds now stays, and so does the journal. Afterwards --as-of no longer knows what was before that day. The plan
/// is printed first.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("purge").required(true).multiple(true))]
pub(crate) struct ManageHistory {
    /// Forget what ended more than this many months ago
    #[arg(long, group = "purge", value_name = "MONTHS")]
    purge_before_months: Option<u16>,

    /// Forget what ended before this day (UTC): 20260131
    #[arg(long, group = "purge", value_name = "YYYYMMDD", value_parser = day)]
    purge_before_date: Option<Date>,

    /// Show the plan only
    #[arg(long)]
    simulate_only: bool,

    #[command(flatten)]
    format: FormatOption,
}

const LATER: &[Later] = &[
    later::value("optimize", "Thin out versions: at most one for each interval of so many minutes"),
    later::switch("clean-duplicates", "Join consecutive versions with equal values"),
    later::value("entity-type", "Entity type whose versions are joined"),
    later::value("excluded-resource-columns", "Columns that make no difference when versions are joined"),
    later::switch("in-memory", "Do it in memory"),
];

impl Run for ManageHistory {
    const NAME: &'static str = "manage-history";
    const ORIGINALS: &'static [&'static str] = &["Manage-History"];
    const EXAMPLES: &'static str = "\
Examples:
  provost manage-history --purge-before-months 24 --simulate-only
  provost manage-history --purge-before-date 20240101";
    const LATER: &'static [&'static [Later]] = &[LATER, later::API];

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let before = self.before(now_micros())?;
        let (_, store) = open(context)?;
        let plan = store.read(|tx| tx.history_before(before).map_err(Report::from))?;
        if self.format.format == Format::Table {
            print(&shown(before, plan).render(Format::Table, &context.stdout))?;
        }
        let nothing = plan == HistoryCounts::default();
        let purged = match self.simulate_only || nothing {
            true => HistoryCounts::default(),
            false => {
                let reason = format!("{}: purged what ended before {}", Self::NAME, instant(before));
                store.write(&actor(), &reason, |tx| tx.purge_history(before).map_err(Report::from))?
            }
        };
        print(&match self.format.format {
            Format::Table if nothing => "There is nothing to forget.\n".to_owned(),
            Format::Table if self.simulate_only => "Nothing was forgotten: this was a simulation.\n".to_owned(),
            Format::Table => "Forgotten.\n".to_owned(),
            Format::Json => {
                format!("{:#}\n", json!({"before": instant(before), "planned": counts(plan), "purged": counts(purged)}))
            }
            Format::Csv => shown(before, plan).csv(),
        })?;
        Ok(Exit::Done)
    }
}

impl ManageHistory {
    /// The instant before which history goes: the later one when two are asked for.
    fn before(&self, now_micros: i64) -> Result<i64, Report> {
        let out_of_range = |error: jiff::Error| Report::usage("date-out-of-range", error.to_string());
        let now = Timestamp::from_microsecond(now_micros).map_err(out_of_range)?.to_zoned(TimeZone::UTC);
        let by_months = match self.purge_before_months {
            Some(months) => Some(now.checked_sub(i64::from(months).months()).map_err(out_of_range)?),
            None => None,
        };
        let by_date = match self.purge_before_date {
            Some(date) => Some(date.to_zoned(TimeZone::UTC).map_err(out_of_range)?),
            None => None,
        };
        let before = by_months.max(by_date).map_or(0, |at| at.timestamp().as_microsecond());
        if before > now_micros {
            return Err(Report::usage("date-in-the-future", "that day has not come yet")
                .hint("history up to now goes with --purge-before-months 0"));
        }
        Ok(before)
    }
}

/// Reads `yyyyMMdd`.
fn day(text: &str) -> Result<Date, String> {
    let wrong = || format!("\"{text}\" is no day: expected yyyyMMdd, 20260131 for example");
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    text.parse::<Date>().map_err(|_| wrong())
}

fn shown(before: i64, counts: HistoryCounts) -> Table {
    let mut table = Table::new(["Table", "Ended before", "Versions to forget"]);
    for (name, count) in [("UR_Resources", counts.resources), ("UR_ResourceLinks", counts.links)] {
        table.row([name.into(), instant(before).into(), count.into()]);
    }
    table
}

fn counts(counts: HistoryCounts) -> serde_json::Value {
    json!({"resources": counts.resources, "links": counts.links})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Format;

    fn before(months: Option<u16>, date: Option<&str>) -> Result<String, String> {
        let verb = ManageHistory {
            purge_before_months: months,
            purge_before_date: date.map(|date| day(date).unwrap()),
            simulate_only: false,
            format: FormatOption { format: Format::Table },
        };
        // 2026-03-31T12:00:00Z
        verb.before(1_774_958_400_000_000).map(instant).map_err(|report| report.text)
    }

    #[test]
    fn the_instant_is_months_ago_or_the_beginning_of_a_day() {
        assert_eq!(before(Some(0), None).unwrap(), "2026-03-31T12:00:00Z");
        assert_eq!(before(Some(1), None).unwrap(), "2026-02-28T12:00:00Z", "the last day of a shorter month");
        assert_eq!(before(Some(12), None).unwrap(), "2025-03-31T12:00:00Z");
        assert_eq!(before(None, Some("20260101")).unwrap(), "2026-01-01T00:00:00Z");
        assert_eq!(before(Some(12), Some("20260101")).unwrap(), "2026-01-01T00:00:00Z", "the later one");
        assert_eq!(before(None, Some("20260401")).unwrap_err(), "that day has not come yet");
        assert!(before(Some(u16::MAX), None).is_ok());
    }

    #[test]
    fn days_are_eight_digits() {
        for wrong in ["2026-01-31", "20260230", "260131", "", "2026013a"] {
            assert!(day(wrong).unwrap_err().contains("expected yyyyMMdd"), "{wrong}");
        }
    }
}
