//! Dates. All of them are in UTC, and the present is an argument of the evaluation.

use super::texts::number;
use super::{Fault, Machine, Outcome};
use crate::expression::pattern::DatePattern;
use crate::expression::program::body::value::Value;
use crate::format::{Civil, days_in_month};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// First instant of the year 1.
pub(in super::super) const FIRST: i64 = -62_135_596_800 * SECOND;
/// Last instant of the year 9999.
pub(in super::super) const LAST: i64 = 253_402_300_800 * SECOND - 1;

/// A date moved by microseconds.
pub(super) fn moved<'a>(at: i64, by: i64) -> Outcome<Value<'a>> {
    let moved = at.checked_add(by).filter(|moved| (FIRST..=LAST).contains(moved));
    moved.map(Value::Date).ok_or_else(|| Fault::new("the date would lie outside of the years 1 to 9999"))
}

/// Whole seconds; the fraction is not shown.
pub(in super::super) fn civil(at: i64) -> Civil {
    let first = Civil { year: 1, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
    Civil::from_seconds(at.div_euclid(SECOND)).unwrap_or(first)
}

pub(super) fn format(pattern: &DatePattern, at: i64) -> String {
    pattern.format(civil(at), 0)
}

/// `MM/dd/yyyy HH:mm:ss`, as the invariant culture has it.
pub(super) fn general(at: i64) -> String {
    let Civil { year, month, day, hour, minute, second } = civil(at);
    format!("{month:02}/{day:02}/{year:04} {hour:02}:{minute:02}:{second:02}")
}

/// `d.hh:mm:ss`
pub(super) fn span(span: i64, out: &mut String) {
    use std::fmt::Write;
    let seconds = span.unsigned_abs() / 1_000_000;
    let sign = if span < 0 { "-" } else { "" };
    let days = seconds / 86_400;
    let days = if days > 0 { format!("{days}.") } else { String::new() };
    // Writing to a String cannot fail.
    let _ = write!(out, "{sign}{days}{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
}

fn date(arguments: &[Value<'_>], position: usize) -> i64 {
    match arguments.get(position) {
        Some(Value::Date(at) | Value::Span(at)) => *at,
        _ => 0,
    }
}

fn add<'a>(arguments: &[Value<'a>], unit: i64) -> Outcome<Value<'a>> {
    let count = arguments.get(1).and_then(Value::double).unwrap_or_default();
    let by = (count * unit as f64).round();
    if !by.is_finite() || by.abs() > 4e17 {
        return Err(Fault::new("the date would lie outside of the years 1 to 9999"));
    }
    moved(date(arguments, 0), by as i64)
}

pub(in super::super) fn add_days<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    add(arguments, DAY)
}

pub(in super::super) fn add_hours<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    add(arguments, 3600 * SECOND)
}

pub(in super::super) fn add_minutes<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    add(arguments, 60 * SECOND)
}

pub(in super::super) fn add_seconds<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    add(arguments, SECOND)
}

pub(in super::super) fn add_milliseconds<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    add(arguments, 1000)
}

/// A tick is a tenth of a microsecond.
pub(in super::super) fn add_ticks<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    moved(date(arguments, 0), number(arguments, 1) / 10)
}

pub(in super::super) fn add_span<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    moved(date(arguments, 0), date(arguments, 1))
}

pub(in super::super) fn add_months<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    months(date(arguments, 0), number(arguments, 1))
}

pub(in super::super) fn add_years<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    months(date(arguments, 0), number(arguments, 1) * 12)
}

/// The same day so many months later, or the last day of that month.
fn months<'a>(at: i64, count: i64) -> Outcome<Value<'a>> {
    let from = civil(at);
    let months = from.year * 12 + i64::from(from.month) - 1 + count;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) as u32 + 1);
    let day = from.day.min(days_in_month(year, month));
    let time = (from.hour, from.minute, from.second);
    let moved = Civil::new((year, month, day), time);
    let fraction = at.rem_euclid(SECOND);
    moved
        .map(|civil| Value::Date(civil.to_seconds() * SECOND + fraction))
        .ok_or_else(|| Fault::new("the date would lie outside of the years 1 to 9999"))
}

pub(in super::super) fn of_parts<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let part = |position: usize| u32::try_from(number(arguments, position)).unwrap_or(u32::MAX);
    let civil = Civil::new((number(arguments, 0), part(1), part(2)), (part(3), part(4), part(5)));
    civil.map(|civil| Value::Date(civil.to_seconds() * SECOND)).ok_or_else(|| Fault::new("there is no such date"))
}

pub(in super::super) fn days_in<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (year, month) = (number(arguments, 0), number(arguments, 1));
    match u32::try_from(month) {
        Ok(month @ 1..=12) if (1..=9999).contains(&year) => Ok(Value::Int(days_in_month(year, month) as i32)),
        _ => Err(Fault::new("there is no such month")),
    }
}

/// Parts of dates and spans, by name, as the compiled body asks for them.
pub(in super::super) const PARTS: [(&str, super::Run); 11] = [
    ("Year", |_, arguments| Ok(Value::Int(civil(date(arguments, 0)).year as i32))),
    ("Month", |_, arguments| Ok(Value::Int(civil(date(arguments, 0)).month as i32))),
    ("Day", |_, arguments| Ok(Value::Int(civil(date(arguments, 0)).day as i32))),
    ("Hour", |_, arguments| Ok(Value::Int(civil(date(arguments, 0)).hour as i32))),
    ("Minute", |_, arguments| Ok(Value::Int(civil(date(arguments, 0)).minute as i32))),
    ("Second", |_, arguments| Ok(Value::Int(civil(date(arguments, 0)).second as i32))),
    ("Millisecond", |_, arguments| Ok(Value::Int((date(arguments, 0).rem_euclid(SECOND) / 1000) as i32))),
    ("DayOfYear", |_, arguments| {
        let civil = civil(date(arguments, 0));
        let days = (1..civil.month).map(|month| days_in_month(civil.year, month)).sum::<u32>() + civil.day;
        Ok(Value::Int(days as i32))
    }),
    ("DayOfWeek", |_, arguments| Ok(Value::Int(civil(date(arguments, 0)).weekday() as i32))),
    ("Date", |_, arguments| Ok(Value::Date(date(arguments, 0).div_euclid(DAY) * DAY))),
    ("TimeOfDay", |_, arguments| Ok(Value::Span(date(arguments, 0).rem_euclid(DAY)))),
];

fn total<'a>(arguments: &[Value<'a>], unit: i64) -> Outcome<Value<'a>> {
    Ok(Value::Double(date(arguments, 0) as f64 / unit as f64))
}

fn whole<'a>(arguments: &[Value<'a>], unit: i64, modulo: i64) -> Outcome<Value<'a>> {
    // A span lies between two dates, so that its days are few.
    Ok(Value::Int((date(arguments, 0) / unit % modulo) as i32))
}

/// Parts of spans; those whose name begins with `Total` are numbers with fraction.
pub(in super::super) const SPAN_PARTS: [(&str, super::Run); 8] = [
    ("Days", |_, arguments| whole(arguments, DAY, i64::MAX)),
    ("Hours", |_, arguments| whole(arguments, 3600 * SECOND, 24)),
    ("Minutes", |_, arguments| whole(arguments, 60 * SECOND, 60)),
    ("Seconds", |_, arguments| whole(arguments, SECOND, 60)),
    ("TotalDays", |_, arguments| total(arguments, DAY)),
    ("TotalHours", |_, arguments| total(arguments, 3600 * SECOND)),
    ("TotalMinutes", |_, arguments| total(arguments, 60 * SECOND)),
    ("TotalSeconds", |_, arguments| total(arguments, SECOND)),
];

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Number of a day of the week by its name.
pub(in super::super) fn day_of_week(name: &str) -> Option<i32> {
    DAYS.iter().zip(0..).find(|(known, _)| **known == name).map(|(_, number)| number)
}

pub(in super::super) fn day_name<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let day = usize::try_from(number(arguments, 0)).ok().and_then(|day| DAYS.get(day));
    Ok(Value::text(day.copied().unwrap_or_default().to_owned()))
}
