//! The predefined functions.

use super::pattern::DatePattern;
use super::{ExpressionError, zone};
use crate::format::{Civil, Converter, escape_dn};
use crate::text;
use jiff::tz::TimeZone;
use provost_model::configuration::PropertyType;
use provost_model::nearest;

/// A predefined function with its arguments, checked. Its input is a value; without a value there is no result.
#[derive(Clone, Debug)]
pub struct Function {
    name: &'static str,
    action: Action,
}

#[derive(Clone, Debug)]
enum Action {
    Text(TextFunction),
    /// Reads a date and adds minutes; without a zone the date is in UTC.
    ParseDate {
        zone: Option<TimeZone>,
        pattern: DatePattern,
        text: String,
        minutes: i64,
    },
    FormatDate {
        zone: TimeZone,
        pattern: DatePattern,
    },
}

type TextFunction = fn(&str) -> String;

/// Functions from text to text.
const TEXT: [(&str, TextFunction); 12] = [
    ("ToUpper", text::upper),
    ("ToLower", text::lower),
    ("Trim", |input| input.trim().to_owned()),
    ("TrimStart", |input| input.trim_start().to_owned()),
    ("TrimEnd", |input| input.trim_end().to_owned()),
    ("Simplify", text::simplify),
    ("RemoveDiacritics", text::remove_diacritics),
    ("ToDoubleMetaphone", double_metaphone),
    ("ToSoundex", soundex),
    ("ToFirstName", first_name),
    ("ToTitle", capitalise),
    ("ToFormatedDN", escape_dn),
];

/// Functions of dates, with what they expect after the colon.
const DATES: [(&str, &str); 5] = [
    ("ParseLocalDate", "time zone|format"),
    ("ParseLocalDateThenAddMinutes", "time zone|format|minutes"),
    ("ParseUniversalDate", "format"),
    ("ParseUniversalDateThenAddMinutes", "time zone|format|minutes"),
    ("FormatLocalDate", "time zone|format"),
];

impl Function {
    /// Finds a function by name, in any letter case, and checks its arguments.
    pub(super) fn new(name: &str, arguments: Option<&str>) -> Result<Function, ExpressionError> {
        if let Some((name, apply)) = TEXT.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return match arguments {
                None | Some("") => Ok(Function { name, action: Action::Text(apply) }),
                Some(found) => {
                    Err(ExpressionError::Arguments { function: name, expected: "", found: found.to_owned() })
                }
            };
        }
        match DATES.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((name, expected)) => Function::of_dates(name, expected, arguments.unwrap_or_default()),
            None => {
                let known = TEXT.iter().map(|(known, _)| *known).chain(DATES.iter().map(|(known, _)| *known));
                Err(ExpressionError::UnknownFunction { name: name.to_owned(), near: nearest::one(name, known) })
            }
        }
    }

    fn of_dates(name: &'static str, expected: &'static str, arguments: &str) -> Result<Function, ExpressionError> {
        let parts: Vec<&str> = arguments.split('|').collect();
        let parse = |zone: Option<&str>, pattern: &str, minutes: &str| {
            let text = pattern.to_owned();
            let pattern = compile(pattern)?;
            if !pattern.has_year() {
                return Err(ExpressionError::Pattern { pattern: text, reason: "it has no year (yyyy)".to_owned() });
            }
            let zone = zone.map(zone::find).transpose()?;
            Ok(Action::ParseDate { zone, pattern, text, minutes: read_minutes(minutes)? })
        };
        let action = match (name, parts.as_slice()) {
            ("ParseLocalDate", [zone, pattern]) => parse(Some(zone), pattern, "0")?,
            ("ParseLocalDateThenAddMinutes", [zone, pattern, minutes]) => parse(Some(zone), pattern, minutes)?,
            ("ParseUniversalDate", [pattern]) if !pattern.is_empty() => parse(None, pattern, "0")?,
            // The documentation gives this function a time zone, which a date in UTC does not need.
            ("ParseUniversalDateThenAddMinutes", [pattern, minutes]) => parse(None, pattern, minutes)?,
            ("ParseUniversalDateThenAddMinutes", [zone, pattern, minutes]) => {
                zone::find(zone)?;
                parse(None, pattern, minutes)?
            }
            ("FormatLocalDate", [zone, pattern]) => {
                Action::FormatDate { zone: zone::find(zone)?, pattern: compile(pattern)? }
            }
            _ => {
                return Err(ExpressionError::Arguments { function: name, expected, found: arguments.to_owned() });
            }
        };
        Ok(Function { name, action })
    }

    /// Name as documented.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether a property of this type may receive the result. Text is read as a value of the type, row by row.
    pub(super) fn suits(&self, target: PropertyType) -> bool {
        match self.action {
            Action::Text(_) => target != PropertyType::Binary,
            Action::ParseDate { .. } | Action::FormatDate { .. } => {
                matches!(target, PropertyType::DateTime | PropertyType::String)
            }
        }
    }

    pub(super) fn apply(&self, input: &str) -> Result<String, ExpressionError> {
        match &self.action {
            Action::Text(apply) => Ok(apply(input)),
            Action::ParseDate { zone, pattern, text, minutes } => parse_date(zone.as_ref(), pattern, *minutes, input)
                .ok_or_else(|| ExpressionError::Date {
                    function: self.name,
                    value: input.to_owned(),
                    expected: format!("a date written as {text}, between the years 1 and 9999"),
                }),
            Action::FormatDate { zone, pattern } => {
                format_date(zone, pattern, input).ok_or_else(|| ExpressionError::Date {
                    function: self.name,
                    value: input.to_owned(),
                    expected: "a date such as 20200929220000, in UTC".to_owned(),
                })
            }
        }
    }
}

fn compile(pattern: &str) -> Result<DatePattern, ExpressionError> {
    DatePattern::new(pattern).map_err(|reason| ExpressionError::Pattern { pattern: pattern.to_owned(), reason })
}

fn read_minutes(text: &str) -> Result<i64, ExpressionError> {
    let minutes = text.trim().parse::<i32>().map(i64::from);
    minutes.map_err(|_| ExpressionError::Minutes { found: text.to_owned() })
}

/// Internal text of a date written in a time zone, so many minutes later.
///
/// A local time that the clocks skipped is taken as if they had not been put forward yet (02:30 becomes 03:30); one
/// that they showed twice is the second, in standard time, as .NET has it. Minutes are elapsed time, added to the
/// instant.
fn parse_date(zone: Option<&TimeZone>, pattern: &DatePattern, minutes: i64, input: &str) -> Option<String> {
    let (civil, offset) = pattern.parse(input)?;
    let offset = match (offset, zone) {
        (Some(offset), _) => offset,
        (None, None) => 0,
        (None, Some(zone)) => local_offset(zone, civil)?,
    };
    let utc = Civil::from_seconds(civil.to_seconds() - offset + minutes * 60)?;
    Some(utc.to_internal())
}

/// Seconds east of UTC at a local time.
fn local_offset(zone: &TimeZone, civil: Civil) -> Option<i64> {
    let small = |n: u32| i8::try_from(n).ok();
    let local = jiff::civil::DateTime::new(
        i16::try_from(civil.year).ok()?,
        small(civil.month)?,
        small(civil.day)?,
        small(civil.hour)?,
        small(civil.minute)?,
        small(civil.second)?,
        0,
    )
    .ok()?;
    let instant = zone.to_ambiguous_timestamp(local).later().ok()?;
    Some(civil.to_seconds() - instant.as_second())
}

fn format_date(zone: &TimeZone, pattern: &DatePattern, input: &str) -> Option<String> {
    // Values that were stored without a format may be in any notation.
    let mut internal = Vec::new();
    Converter::of_type(PropertyType::DateTime).convert(input, &mut internal).ok()?;
    if internal.is_empty() {
        return Some(String::new());
    }
    let utc = Civil::from_internal(std::str::from_utf8(&internal).ok()?)?.to_seconds();
    let offset = i64::from(zone.to_offset(jiff::Timestamp::from_second(utc).ok()?).seconds());
    Some(pattern.format(Civil::from_seconds(utc + offset)?, offset))
}

/// First letter in upper case, the rest as it is.
fn capitalise(input: &str) -> String {
    let mut rest = input.chars();
    match rest.next() {
        Some(first) => text::upper(first.encode_utf8(&mut [0; 4])) + rest.as_str(),
        None => String::new(),
    }
}

/// `JEAN pierre` gives `Jean-Pierre`.
fn first_name(input: &str) -> String {
    let corrected = text::lower(&text::compose_accents(input));
    let parts = corrected.split(|c: char| c == '-' || c.is_whitespace()).filter(|part| !part.is_empty());
    parts.map(capitalise).collect::<Vec<_>>().join("-")
}

fn soundex(input: &str) -> String {
    use rphonetic::Encoder;
    rphonetic::Soundex::default().encode(&text::to_ascii_letters(input))
}

/// The primary key, four characters at most.
fn double_metaphone(input: &str) -> String {
    rphonetic::DoubleMetaphone::default().double_metaphone(&text::to_ascii_letters(input)).primary()
}
