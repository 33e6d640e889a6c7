//! Shifting dates that are written as text.

use super::pattern::Pattern;
use jiff::SignedDuration;
use jiff::civil::DateTime;

const MILLISECONDS_OF_DAY: f64 = 86_400_000.0;

/// A compiled `TransformDate`.
#[derive(Clone, Debug)]
pub(super) struct Shift {
    pub(super) by: SignedDuration,
    pub(super) min_year: Option<i32>,
    pub(super) max_year: Option<i32>,
    pub(super) pattern: Option<Pattern>,
}

/// Days as a duration, to the millisecond; `None` for what is no number or too large.
pub(super) fn days(days: f64) -> Option<SignedDuration> {
    let milliseconds = (days * MILLISECONDS_OF_DAY).round();
    // Ten thousand years: more than any date can be shifted by.
    let fits = milliseconds.is_finite() && milliseconds.abs() < 10_000.0 * 366.0 * MILLISECONDS_OF_DAY;
    #[expect(clippy::cast_possible_truncation, reason = "the range was just checked")]
    fits.then(|| SignedDuration::from_millis(milliseconds as i64))
}

impl Shift {
    /// The shifted date, written by the pattern or else as it was. `None` when the text is no date, or the result none
    /// that can be written. A date outside the years is returned as it stands.
    pub(super) fn apply(&self, text: &str) -> Option<String> {
        let (date, form) = self.read(text)?;
        let year = i32::from(date.year());
        if self.min_year.is_some_and(|min| year < min) || self.max_year.is_some_and(|max| year > max) {
            return Some(text.to_owned());
        }
        let shifted = date.checked_add(self.by).ok().filter(|shifted| shifted.year() > 0)?;
        match (&self.pattern, form) {
            (Some(pattern), _) => Some(pattern.format(shifted)),
            (None, form) => Some(form?.format(shifted)),
        }
    }

    /// Reads a date: as the pattern writes it, else in a common form.
    fn read(&self, text: &str) -> Option<(DateTime, Option<Form>)> {
        if let Some(date) = self.pattern.as_ref().and_then(|pattern| pattern.parse(text)) {
            return Some((date, None));
        }
        Form::read(text).map(|(date, form)| (date, Some(form)))
    }
}

/// How a date was written, so that it can be written in the same way: ISO 8601 (`2024-03-05`, `2024-03-05T07:08:09Z`,
/// with a blank for the `T`) or digits only (`20240305`, `20240305070809`, `20240305070809.0Z`).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Form {
    is_compact: bool,
    /// What stands between date and time, when there is a time.
    between: Option<&'static str>,
    has_seconds: bool,
    /// Digits after the point.
    fraction: usize,
    /// `Z`, `+02:00` or nothing.
    zone: String,
}

impl Form {
    fn read(text: &str) -> Option<(DateTime, Form)> {
        let (local, zone) = split_zone(text);
        let (whole, fraction) = match local.split_once('.') {
            Some((whole, fraction)) => (whole, fraction),
            None => (local, ""),
        };
        let is_compact = whole.len() >= 8 && whole.bytes().all(|byte| byte.is_ascii_digit());
        let (pattern, between, has_seconds) = match (is_compact, whole.len(), whole.as_bytes().get(10)) {
            (true, 8, _) => ("yyyyMMdd", None, false),
            (true, 12, _) => ("yyyyMMddHHmm", Some(""), false),
            (true, 14, _) => ("yyyyMMddHHmmss", Some(""), true),
            (false, 10, _) => ("yyyy-MM-dd", None, false),
            (false, 16, Some(b'T')) => ("yyyy-MM-dd'T'HH:mm", Some("T"), false),
            (false, 16, Some(b' ')) => ("yyyy-MM-dd HH:mm", Some(" "), false),
            (false, 19, Some(b'T')) => ("yyyy-MM-dd'T'HH:mm:ss", Some("T"), true),
            (false, 19, Some(b' ')) => ("yyyy-MM-dd HH:mm:ss", Some(" "), true),
            _ => return None,
        };
        let has_fraction = local.len() > whole.len();
        if has_fraction && !(has_seconds && is_fraction(fraction)) || !zone.is_empty() && between.is_none() {
            return None;
        }
        let date = Pattern::new(pattern).ok()?.parse(whole)?;
        let nanosecond: i32 = format!("{fraction:0<9}").parse().ok()?;
        let date = date.with().subsec_nanosecond(nanosecond).build().ok()?;
        Some((date, Form { is_compact, between, has_seconds, fraction: fraction.len(), zone: zone.to_owned() }))
    }

    /// Writes a date in this form; parts that the form lacks are added where the date needs them.
    fn format(&self, date: DateTime) -> String {
        let is_midnight = (date.hour(), date.minute(), date.second()) == (0, 0, 0);
        let mut text = if self.is_compact {
            format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
        } else {
            format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
        };
        if self.between.is_none() && is_midnight {
            return text;
        }
        let colon = if self.is_compact { "" } else { ":" };
        text.push_str(self.between.unwrap_or(if self.is_compact { "" } else { "T" }));
        text.push_str(&format!("{:02}{colon}{:02}", date.hour(), date.minute()));
        if self.has_seconds || self.between.is_none() || date.second() != 0 {
            text.push_str(&format!("{colon}{:02}", date.second()));
        }
        if self.fraction > 0 {
            text.push_str(&format!(".{}", &format!("{:09}", date.subsec_nanosecond())[..self.fraction]));
        }
        text + &self.zone
    }
}

fn is_fraction(digits: &str) -> bool {
    (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Splits `Z` or `+02:00` off the end.
fn split_zone(text: &str) -> (&str, &str) {
    if let Some(local) = text.strip_suffix('Z') {
        return (local, "Z");
    }
    let Some(at) = text.len().checked_sub(6).filter(|at| text.is_char_boundary(*at)) else { return (text, "") };
    let zone = &text.as_bytes()[at..];
    let is_zone = text.len() > 10
        && matches!(zone[0], b'+' | b'-')
        && zone[3] == b':'
        && [1, 2, 4, 5].iter().all(|i| zone[*i].is_ascii_digit());
    if is_zone { text.split_at(at) } else { (text, "") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shift(added: f64, pattern: Option<&str>) -> Shift {
        Shift {
            by: days(added).unwrap(),
            min_year: None,
            max_year: None,
            pattern: pattern.map(|pattern| Pattern::new(pattern).unwrap()),
        }
    }

    #[test]
    fn common_forms_are_shifted_and_kept() {
        let plus_one = shift(1.0, None);
        for (text, expected) in [
            ("2024-02-28", "2024-02-29"),
            ("2024-12-31T23:59:58", "2025-01-01T23:59:58"),
            ("2024-12-31 23:59", "2025-01-01 23:59"),
            ("2024-12-31T23:59:58.25Z", "2025-01-01T23:59:58.25Z"),
            ("2024-12-31T23:59:58+02:00", "2025-01-01T23:59:58+02:00"),
            ("20241231", "20250101"),
            ("20241231235958", "20250101235958"),
            ("20241231235958.0Z", "20250101235958.0Z"),
        ] {
            assert_eq!(plus_one.apply(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn days_may_be_fractional_and_negative() {
        let minus_half = shift(-0.5, None);
        assert_eq!(minus_half.apply("2024-01-01T00:00:00").as_deref(), Some("2023-12-31T12:00:00"));
        assert_eq!(minus_half.apply("2024-01-01").as_deref(), Some("2023-12-31T12:00:00"));
        assert_eq!(minus_half.apply("20240101").as_deref(), Some("20231231120000"));
    }

    #[test]
    fn a_pattern_writes_dates_and_reads_its_own() {
        let french = shift(0.0, Some("dd/MM/yyyy"));
        assert_eq!(french.apply("2024-03-05").as_deref(), Some("05/03/2024"));
        assert_eq!(french.apply("20240305070809").as_deref(), Some("05/03/2024"));
        assert_eq!(shift(-1.0, Some("dd/MM/yyyy")).apply("01/03/2024").as_deref(), Some("29/02/2024"));
    }

    #[test]
    fn years_outside_the_limits_are_left_alone() {
        let limited = Shift { min_year: Some(1900), max_year: Some(2100), ..shift(1.0, Some("dd/MM/yyyy")) };
        assert_eq!(limited.apply("9999-12-31").as_deref(), Some("9999-12-31"));
        assert_eq!(limited.apply("1899-12-31").as_deref(), Some("1899-12-31"));
        assert_eq!(limited.apply("1900-01-01").as_deref(), Some("02/01/1900"));
        assert_eq!(limited.apply("2100-12-31").as_deref(), Some("01/01/2101"));
    }

    #[test]
    fn what_is_no_date_is_told() {
        let plus_one = shift(1.0, None);
        for text in
            ["", "x", "2024-13-01", "2024-02-30", "05/03/2024", "2024-03-05T", "2024-03-05Z", "9999-12-31", "1é2345678"]
        {
            assert_eq!(plus_one.apply(text), None, "{text}");
        }
        assert_eq!(days(f64::NAN), None);
        assert_eq!(days(1e300), None);
    }
}
