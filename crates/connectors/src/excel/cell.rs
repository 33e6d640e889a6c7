//! Cells as text.
//!
//! Numbers have no more digits than Excel shows (15), without exponent: `1`, `0.3`. Dates are ISO 8601,
//! `2024-12-31T00:00:00`, with milliseconds where there are some; a time of day is `08:30:00` and a duration may exceed
//! a day, `26:30:00`. Truth values are `true` and `false`, errors keep their name, `#N/A`.

use calamine::{DataRef, ExcelDateTime};
use std::io::Write;

/// The last day that Excel knows, 9999-12-31, plus one.
const END_OF_DATES: f64 = 2_958_466.0;
/// Above this, a number is not a whole number any more but rounded to one.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;
const MILLISECONDS_OF_DAY: f64 = 86_400_000.0;

/// Replaces `out` by the text of a cell. True when the cell holds an error.
pub(super) fn write(cell: &DataRef<'_>, out: &mut Vec<u8>) -> bool {
    out.clear();
    match cell {
        DataRef::Empty => {}
        DataRef::Int(number) => put(out, format_args!("{number}")),
        DataRef::Float(number) => number_to(*number, out),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            out.extend_from_slice(text.as_bytes());
        }
        DataRef::SharedString(text) => out.extend_from_slice(text.as_bytes()),
        DataRef::Bool(truth) => put(out, format_args!("{truth}")),
        DataRef::DateTime(date) => date_to(*date, out),
        DataRef::Error(error) => {
            put(out, format_args!("{error}"));
            return true;
        }
    }
    false
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to memory does not fail.
    let _ = out.write_fmt(text);
}

fn number_to(number: f64, out: &mut Vec<u8>) {
    if number.fract() == 0.0 && number.abs() < LARGEST_WHOLE {
        // Minus zero is zero.
        return put(out, format_args!("{:.0}", number + 0.0));
    }
    let shown: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    put(out, format_args!("{shown}"));
}

fn date_to(date: ExcelDateTime, out: &mut Vec<u8>) {
    let value = date.as_f64();
    if !(0.0..END_OF_DATES).contains(&value) {
        return number_to(value, out);
    }
    if date.is_duration() {
        return time_to(value, out);
    }
    let (year, month, day, hour, minute, second, milli) = date.to_ymd_hms_milli();
    if value < 1.0 && year < 1904 {
        return time_to(value, out);
    }
    put(out, format_args!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"));
    if milli > 0 {
        put(out, format_args!(".{milli:03}"));
    }
}

/// A number of days as hours, minutes and seconds.
fn time_to(days: f64, out: &mut Vec<u8>) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and ten thousand years")]
    let milliseconds = (days * MILLISECONDS_OF_DAY).round() as u64;
    let (seconds, milli) = (milliseconds / 1000, milliseconds % 1000);
    put(out, format_args!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    if milli > 0 {
        put(out, format_args!(".{milli:03}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{CellErrorType, ExcelDateTimeType};

    fn text(cell: DataRef<'_>) -> String {
        let mut out = b"old".to_vec();
        write(&cell, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_have_no_noise() {
        for (number, expected) in [
            (1.0, "1"),
            (-0.0, "0"),
            (0.1 + 0.2, "0.3"),
            (1234567.891, "1234567.891"),
            (-12.5, "-12.5"),
            (1e15, "1000000000000000"),
            (1e20, "100000000000000000000"),
            (2.0 / 3.0, "0.666666666666667"),
            (0.00001, "0.00001"),
        ] {
            assert_eq!(text(DataRef::Float(number)), expected);
        }
        assert_eq!(text(DataRef::Int(7)), "7");
    }

    #[test]
    fn dates_are_iso_and_times_stay_times() {
        let date =
            |value, is_1904| text(DataRef::DateTime(ExcelDateTime::new(value, ExcelDateTimeType::DateTime, is_1904)));
        assert_eq!(date(45657.0, false), "2024-12-31T00:00:00");
        assert_eq!(date(45657.5, false), "2024-12-31T12:00:00");
        assert_eq!(date(45943.541, false), "2025-10-13T12:59:02.400");
        assert_eq!(date(44195.0, true), "2024-12-31T00:00:00");
        assert_eq!(date(0.354_166_666_666_667, false), "08:30:00");
        assert_eq!(date(-3.0, false), "-3");
        let duration = ExcelDateTime::new(1.104_166_666_666_67, ExcelDateTimeType::TimeDelta, false);
        assert_eq!(text(DataRef::DateTime(duration)), "26:30:00");
    }

    #[test]
    fn truth_texts_and_errors() {
        assert_eq!(text(DataRef::Bool(true)), "true");
        assert_eq!(text(DataRef::SharedString("Zoë")), "Zoë");
        assert_eq!(text(DataRef::Empty), "");
        assert_eq!(text(DataRef::Error(CellErrorType::NA)), "#N/A");
    }
}
