//! When a job starts by itself: the NCRONTAB family of cron expressions.
//!
//! Five fields (minute, hour, day, month, weekday), or six with seconds before them. A field is `*`, a value, a range
//! `a-b`, any of these with a step `/n`, or a list of them. Months and weekdays may be named. A day must fit the day
//! field *and* the weekday field.
//!
//! In a zone with summer time: a time that is skipped in spring starts at the first instant after the gap when it is a
//! fixed time of day (`30 2 * * *`), and not at all when it is an interval (`*/15 * * * *`). A time that comes twice in
//! autumn starts once, at the first, when it is fixed, and both times when it is an interval.

use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// A cron expression with its time zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Text", into = "Text")]
pub struct Cron {
    expression: String,
    zone: CronTimeZone,
    schedule: croner::Cron,
}

/// `CronTimeZone`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CronTimeZone {
    /// Coordinated universal time.
    #[default]
    Utc,
    /// Zone of the server.
    ServerTime,
}

/// Why a text is no cron expression, and what would be one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{problem}")]
pub struct CronError {
    /// What is wrong.
    pub problem: String,
    /// What was expected.
    pub hint: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct Text {
    expression: String,
    zone: CronTimeZone,
}

impl From<Cron> for Text {
    fn from(cron: Cron) -> Text {
        Text { expression: cron.expression, zone: cron.zone }
    }
}

impl TryFrom<Text> for Cron {
    type Error = CronError;

    fn try_from(text: Text) -> Result<Cron, CronError> {
        Cron::new(&text.expression, text.zone)
    }
}

struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &[
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
];
const DAYS: &[&str] = &["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];
const FIELDS: [Field; 6] = [
    Field { name: "second", least: 0, most: 59, names: &[] },
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: "day", least: 1, most: 31, names: &[] },
    Field { name: "month", least: 1, most: 12, names: MONTHS },
    // 7 is Sunday, too, so that a range may end with it.
    Field { name: "weekday", least: 0, most: 7, names: DAYS },
];

impl Cron {
    /// Reads an expression.
    ///
    /// # Errors
    /// When it is none, or when its day never comes (31 February).
    pub fn new(expression: &str, zone: CronTimeZone) -> Result<Cron, CronError> {
        let written: Vec<&str> = expression.split_ascii_whitespace().collect();
        let skipped = match written.len() {
            5 => 1,
            6 => 0,
            count => {
                let problem = format!("\"{expression}\" has {count} field{}", if count == 1 { "" } else { "s" });
                let hint = "expected minute hour day month weekday, such as \"*/15 * * * *\"; seconds may stand before";
                return Err(CronError { problem, hint: hint.to_owned() });
            }
        };
        let fields: Result<Vec<String>, CronError> =
            written.iter().zip(&FIELDS[skipped..]).map(|(text, field)| field.canonical(text)).collect();
        let canonical = fields?.join(" ");
        let parser = CronParser::builder()
            .seconds(if skipped == 0 { Seconds::Required } else { Seconds::Disallowed })
            .year(Year::Disallowed)
            .dom_and_dow(true)
            .sloppy_ranges(true)
            .build();
        let schedule = parser.parse(&canonical).map_err(|error| CronError {
            problem: format!("\"{expression}\" is no cron expression: {error}"),
            hint: "expected minute hour day month weekday, such as \"*/15 * * * *\"".to_owned(),
        })?;
        let cron = Cron { expression: written.join(" "), zone, schedule };
        cron.comes_at_all()?;
        Ok(cron)
    }

    /// As written, with single blanks.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Zone that the expression is read in.
    pub fn zone(&self) -> CronTimeZone {
        self.zone
    }

    /// The first time after `now`; `server` is the zone of the server. None when there is none before the year 5000.
    pub fn next_after(&self, now: Timestamp, server: &TimeZone) -> Option<Timestamp> {
        let zone = match self.zone {
            CronTimeZone::Utc => TimeZone::UTC,
            CronTimeZone::ServerTime => server.clone(),
        };
        // Fractions of a second would be carried into the result.
        let second = Timestamp::from_second(now.as_second()).ok()?;
        let next = self.schedule.find_next_occurrence(&second.to_zoned(zone), false).ok()?;
        Some(next.timestamp())
    }

    /// Whether it comes more than once within some hour.
    pub fn is_frequent(&self) -> bool {
        // Which hours are full depends on the time of day only, so the first day on which it comes tells.
        let first = Timestamp::UNIX_EPOCH;
        let Some(mut last) = self.next_after(first, &TimeZone::UTC) else {
            return false;
        };
        for _ in 0..=24 {
            let Some(next) = self.next_after(last, &TimeZone::UTC) else {
                return false;
            };
            if last.checked_add(Span::new().hours(1)).is_ok_and(|hour| next < hour) {
                return true;
            }
            last = next;
        }
        false
    }

    /// A day must exist in one of its months.
    fn comes_at_all(&self) -> Result<(), CronError> {
        let longest = |month: u16| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let first = self.schedule.pattern.days.values().first().copied().unwrap_or(1);
        let months = self.schedule.pattern.months.values();
        if months.iter().any(|month| longest(*month) >= first) {
            return Ok(());
        }
        let problem = format!("\"{}\" never comes: none of its months has a day {first}", self.expression);
        Err(CronError { problem, hint: "choose a day that the month has".to_owned() })
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = match self.zone {
            CronTimeZone::Utc => "UTC",
            CronTimeZone::ServerTime => "server time",
        };
        write!(f, "{} ({zone})", self.expression)
    }
}

impl Field {
    /// The field with numbers for names.
    fn canonical(&self, text: &str) -> Result<String, CronError> {
        let parts: Result<Vec<String>, CronError> = text.split(',').map(|part| self.part(text, part)).collect();
        Ok(parts?.join(","))
    }

    fn part(&self, text: &str, part: &str) -> Result<String, CronError> {
        let (base, step) = match part.split_once('/') {
            Some((base, step)) => (base, Some(step)),
            None => (part, None),
        };
        let base = match base.split_once('-') {
            _ if base == "*" => "*".to_owned(),
            None => self.value(text, base, false)?.to_string(),
            Some((from, to)) => {
                let (from, to) = (self.value(text, from, false)?, self.value(text, to, true)?);
                if from > to {
                    return Err(self.error(format!("\"{part}\" runs backwards")));
                }
                format!("{from}-{to}")
            }
        };
        match step {
            None => Ok(base),
            Some(step) => match step.parse::<u32>() {
                Ok(number) if (1..=self.most).contains(&number) => Ok(format!("{base}/{number}")),
                _ => Err(self.error(format!("\"{step}\" is no step from 1 to {}", self.most))),
            },
        }
    }

    fn value(&self, text: &str, value: &str, ends_range: bool) -> Result<u32, CronError> {
        let upper = value.to_ascii_uppercase();
        let named = self.names.iter().position(|name| upper == *name || upper == name[..3]);
        let number = match named.and_then(|at| u32::try_from(at).ok()) {
            // A range may end with Sunday.
            Some(0) if ends_range && self.least == 0 => Some(7),
            Some(at) => Some(at + self.least),
            None if value.bytes().all(|b| b.is_ascii_digit()) => value.parse().ok(),
            None => None,
        };
        number
            .filter(|number| (self.least..=self.most).contains(number))
            .ok_or_else(|| self.error(format!("\"{value}\" in \"{text}\" is no {}", self.name)))
    }

    fn error(&self, problem: String) -> CronError {
        let names = match self.names {
            [] => String::new(),
            [first, ..] => format!(" or a name such as {}", &first[..3]),
        };
        let hint = format!(
            "the {} is from {} to {}{names}; write *, a value, a range a-b, a step */n, or a list with commas",
            self.name, self.least, self.most
        );
        CronError { problem, hint }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(expression: &str, zone: CronTimeZone, now: &str, count: usize) -> Vec<String> {
        let cron = Cron::new(expression, zone).unwrap();
        let server = TimeZone::get("Europe/Paris").unwrap();
        let mut now: Timestamp = now.parse().unwrap();
        let mut found = Vec::new();
        for _ in 0..count {
            now = cron.next_after(now, &server).unwrap();
            found.push(now.to_string());
        }
        found
    }

    #[test]
    fn the_next_time_is_strictly_later() {
        let next = |expression, now| after(expression, CronTimeZone::Utc, now, 1).remove(0);
        assert_eq!(next("*/15 * * * *", "2026-11-24T12:15:00Z"), "2026-11-24T12:30:00Z");
        assert_eq!(next("*/15 * * * *", "2026-11-24T12:14:59.9Z"), "2026-11-24T12:15:00Z");
        assert_eq!(next("0 2 * * *", "2026-11-24T02:00:00Z"), "2026-11-25T02:00:00Z");
        assert_eq!(next("*/20 * * * * *", "2026-11-24T12:00:21Z"), "2026-11-24T12:00:40Z");
        assert_eq!(next("10/20 * * * *", "2026-11-24T12:11:00Z"), "2026-11-24T12:30:00Z");
        assert_eq!(next("0 0 29 2 *", "2026-11-24T00:00:00Z"), "2028-02-29T00:00:00Z");
    }

    #[test]
    fn names_stand_for_numbers_and_both_day_fields_must_fit() {
        let next = |expression| after(expression, CronTimeZone::Utc, "2026-11-24T12:00:00Z", 2);
        // 24 November 2026 is a Tuesday.
        assert_eq!(next("0 9 * * Fri-Sun"), ["2026-11-27T09:00:00Z", "2026-11-28T09:00:00Z"]);
        assert_eq!(next("0 9 * january MONDAY"), ["2027-01-04T09:00:00Z", "2027-01-11T09:00:00Z"]);
        // Fridays that are the 13th.
        assert_eq!(next("0 0 13 * 5"), ["2027-08-13T00:00:00Z", "2028-10-13T00:00:00Z"]);
    }

    #[test]
    fn a_gap_in_server_time_moves_fixed_times_and_skips_intervals() {
        let next = |expression| after(expression, CronTimeZone::ServerTime, "2026-03-29T00:30:00Z", 2);
        // Paris goes from 2:00 to 3:00 at 1:00 UTC.
        assert_eq!(next("30 2 * * *"), ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
        assert_eq!(next("30 * * * *"), ["2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z"]);
    }

    #[test]
    fn an_overlap_in_server_time_starts_fixed_times_once_and_intervals_twice() {
        let next = |expression| after(expression, CronTimeZone::ServerTime, "2026-10-24T23:45:00Z", 3);
        // Paris goes from 3:00 back to 2:00 at 1:00 UTC.
        assert_eq!(next("30 2 * * *")[..2], ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
        assert_eq!(next("30 * * * *"), ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"]);
    }

    #[test]
    fn what_is_no_expression_is_explained() {
        let problem = |text| Cron::new(text, CronTimeZone::Utc).unwrap_err().problem;
        assert_eq!(problem(""), "\"\" has 0 fields");
        assert_eq!(problem("* * * *"), "\"* * * *\" has 4 fields");
        assert_eq!(problem("@daily"), "\"@daily\" has 1 field");
        assert_eq!(problem("60 * * * *"), "\"60\" in \"60\" is no minute");
        assert_eq!(problem("* * * * L"), "\"L\" in \"L\" is no weekday");
        assert_eq!(problem("* 5-1 * * *"), "\"5-1\" runs backwards");
        assert_eq!(problem("*/0 * * * *"), "\"0\" is no step from 1 to 59");
        assert_eq!(problem("1,,2 * * * *"), "\"\" in \"1,,2\" is no minute");
        assert_eq!(problem("MON * * * *"), "\"MON\" in \"MON\" is no minute");
        assert_eq!(problem("0 0 31 2,4 *"), "\"0 0 31 2,4 *\" never comes: none of its months has a day 31");
        assert!(Cron::new("0 0 30 2,4 *", CronTimeZone::Utc).is_ok());
        assert!(Cron::new("* */2 * * *", CronTimeZone::Utc).is_ok());
    }

    #[test]
    fn more_than_once_an_hour_is_frequent() {
        let frequent = |text| Cron::new(text, CronTimeZone::Utc).unwrap().is_frequent();
        assert!(frequent("*/15 * * * *"));
        assert!(frequent("0,59 3 * * *"));
        assert!(frequent("59 3,4 * * *") == frequent("0 * * * *"));
        assert!(!frequent("0 * * * *"));
        assert!(!frequent("0 2 * * 1"));
        assert!(frequent("0 */10 12 * * MON"));
    }

    #[test]
    fn it_is_stored_as_text() {
        let cron = Cron::new("0  2 * * *", CronTimeZone::ServerTime).unwrap();
        let json = serde_json::to_string(&cron).unwrap();
        assert_eq!(json, r#"{"expression":"0 2 * * *","zone":"ServerTime"}"#);
        assert_eq!(serde_json::from_str::<Cron>(&json).unwrap(), cron);
        assert!(serde_json::from_str::<Cron>(&json.replace('2', "25")).is_err());
    }
}
