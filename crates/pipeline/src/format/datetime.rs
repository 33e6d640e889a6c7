//! Dates: every notation that directories and files use, to `yyyyMMddHHmmss` in UTC.

use super::FormatError;

/// A point in civil time. Checked to exist when it comes from [`Civil::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: u32,
    pub(crate) day: u32,
    pub(crate) hour: u32,
    pub(crate) minute: u32,
    pub(crate) second: u32,
}

const DAY: i64 = 86_400;
/// Seconds from 1601-01-01 to 1970-01-01.
const FILETIME_EPOCH: i64 = 11_644_473_600;

impl Civil {
    /// A date and time that exists, in the years 1 to 9999.
    pub(crate) fn new(date: (i64, u32, u32), time: (u32, u32, u32)) -> Option<Civil> {
        let ((year, month, day), (hour, minute, second)) = (date, time);
        let exists = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        exists.then_some(Civil { year, month, day, hour, minute, second })
    }

    /// From internal text, `yyyyMMddHHmmss`.
    pub(crate) fn from_internal(text: &str) -> Option<Civil> {
        let bytes = text.as_bytes();
        if bytes.len() != 14 || !bytes.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let n = |from: usize, to: usize| bytes[from..to].iter().fold(0, |n, c| n * 10 + u32::from(c - b'0'));
        Civil::new((i64::from(n(0, 4)), n(4, 6), n(6, 8)), (n(8, 10), n(10, 12), n(12, 14)))
    }

    /// Seconds since 1970-01-01, taken as UTC.
    pub(crate) fn to_seconds(self) -> i64 {
        let of_day = i64::from(self.hour * 3600 + self.minute * 60 + self.second);
        days_from_civil(self.year, self.month, self.day) * DAY + of_day
    }

    /// The inverse of [`Civil::to_seconds`]; `None` outside the years 1 to 9999.
    pub(crate) fn from_seconds(seconds: i64) -> Option<Civil> {
        let date = civil_from_days(seconds.div_euclid(DAY));
        let of_day = u32::try_from(seconds.rem_euclid(DAY)).ok()?;
        Civil::new(date, (of_day / 3600, of_day / 60 % 60, of_day % 60))
    }

    /// Day of the week, 0 for Sunday.
    pub(crate) fn weekday(self) -> usize {
        // The first of January 1970 was a Thursday.
        let day = days_from_civil(self.year, self.month, self.day) + 4;
        usize::try_from(day.rem_euclid(7)).unwrap_or_default()
    }

    /// Internal text.
    pub(crate) fn to_internal(self) -> String {
        let Civil { year, month, day, hour, minute, second } = self;
        format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
    }

    /// Appends internal text.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        // Never outside 0 to 9999: the parts were checked.
        let year = u32::try_from(self.year).unwrap_or_default();
        for part in [year / 100, year % 100, self.month, self.day, self.hour, self.minute, self.second] {
            out.extend([part / 10, part % 10].map(|digit| b'0' + digit as u8));
        }
    }
}

pub(crate) fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar. Years begin in March, so that leap days come last.
fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = i64::from((153 * ((month + 9) % 12) + 2) / 5 + day - 1);
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    // Both are small by construction.
    let small = |n: i64| u32::try_from(n).unwrap_or_default();
    (era * 400 + year_of_era + i64::from(month <= 2), small(month), small(day))
}

/// Appends the internal form of a date in any of the notations of the module's tests.
pub(super) fn convert(raw: &str, out: &mut Vec<u8>) -> Result<(), FormatError> {
    if let Some(civil) = read(raw.trim())? {
        civil.write(out);
    }
    Ok(())
}

/// Reads a date in any notation. `None` stands for "no value": 0, all zeros, and the largest 64-bit number.
fn read(text: &str) -> Result<Option<Civil>, FormatError> {
    if text.bytes().all(|c| c == b'0') {
        return Ok(None);
    }
    if text.len() == 8 || !text.bytes().all(|c| c.is_ascii_digit()) {
        return Notation { rest: text.as_bytes() }.read().ok_or_else(not_a_date)?.resolve().map(Some);
    }
    match text.len() {
        14 => Civil::from_internal(text).map(Some).ok_or_else(impossible),
        15..=19 => read_filetime(text),
        _ => Err(not_a_date()),
    }
}

/// Ticks of 100 ns since 1601. Fewer than 15 digits would be the first days of 1601: such a number is no date.
fn read_filetime(text: &str) -> Result<Option<Civil>, FormatError> {
    match text.parse::<i64>() {
        Ok(i64::MAX) => Ok(None),
        Ok(ticks) => Civil::from_seconds(ticks / 10_000_000 - FILETIME_EPOCH).map(Some).ok_or_else(impossible),
        Err(_) => Err(impossible()),
    }
}

fn not_a_date() -> FormatError {
    FormatError::new(
        "a date such as 2020-09-29, 2020-09-29 22:00:00, 2020-09-29T22:00:00+02:00, 20200929220000.0Z or 132458904000000000 (ticks since 1601)",
        "export the date year first; for other notations leave Format empty and use a TransformDate transformation or the expression ParseLocalDate",
    )
}

fn impossible() -> FormatError {
    FormatError::new(
        "a date and time that exists, between the years 1 and 9999",
        "correct the value in the source: check month, day, hour and leap years",
    )
}

/// What a notation says, before it is checked to exist.
struct Fields {
    date: (i64, u32, u32),
    time: (u32, u32, u32),
    /// Seconds that a fraction of an hour or minute adds.
    extra: i64,
    /// Seconds east of UTC.
    offset: i64,
}

impl Fields {
    fn resolve(self) -> Result<Civil, FormatError> {
        let civil = Civil::new(self.date, self.time).ok_or_else(impossible)?;
        if self.offset == 0 && self.extra == 0 {
            return Ok(civil);
        }
        Civil::from_seconds(civil.to_seconds() + self.extra - self.offset).ok_or_else(impossible)
    }
}

/// A reader of ISO 8601 and LDAP generalised time.
struct Notation<'a> {
    rest: &'a [u8],
}

impl Notation<'_> {
    fn read(mut self) -> Option<Fields> {
        let year = i64::from(self.digits(4)?);
        let separator = self.eat(b"-/");
        let month = self.digits(2)?;
        if let Some(separator) = separator {
            self.eat(&[separator])?;
        }
        let mut fields = Fields { date: (year, month, self.digits(2)?), time: (0, 0, 0), extra: 0, offset: 0 };
        if self.rest.is_empty() {
            return Some(fields);
        }
        if self.eat(b"Tt ").is_none() && separator.is_some() {
            return None;
        }
        while self.eat(b" ").is_some() {}
        (fields.time, fields.extra) = self.time()?;
        fields.offset = self.offset()?;
        self.rest.is_empty().then_some(fields)
    }

    /// Hour, minute and second, of which the latter may be missing, and the seconds in a fraction of the last one.
    fn time(&mut self) -> Option<((u32, u32, u32), i64)> {
        let hour = self.digits(2)?;
        let colons = self.eat(b":").is_some();
        let minute = self.digits(2);
        let second = match minute {
            None if colons => return None,
            None => None,
            Some(_) if colons && self.eat(b":").is_none() => None,
            Some(_) if colons => Some(self.digits(2)?),
            Some(_) => self.digits(2),
        };
        let unit = match (minute, second) {
            (_, Some(_)) => 1,
            (Some(_), None) => 60,
            (None, None) => 3600,
        };
        let extra = if self.eat(b".,").is_some() { self.fraction_of(unit)? } else { 0 };
        Some(((hour, minute.unwrap_or(0), second.unwrap_or(0)), extra))
    }

    fn offset(&mut self) -> Option<i64> {
        while self.eat(b" ").is_some() {}
        let Some(sign) = self.eat(b"Zz+-") else {
            return Some(0);
        };
        if matches!(sign, b'Z' | b'z') {
            return Some(0);
        }
        let hours = self.digits(2).filter(|h| *h < 24)?;
        let colon = self.eat(b":").is_some();
        let minutes = match self.digits(2) {
            Some(minutes) => (minutes < 60).then_some(minutes)?,
            None if colon => return None,
            None => 0,
        };
        let seconds = i64::from(hours * 3600 + minutes * 60);
        Some(if sign == b'-' { -seconds } else { seconds })
    }

    /// Whole seconds in a decimal fraction of a unit of so many seconds. Digits beyond the ninth cannot matter.
    fn fraction_of(&mut self, unit: i64) -> Option<i64> {
        let count = self.rest.iter().take_while(|c| c.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        let (value, scale) =
            digits.iter().take(9).fold((0, 1), |(n, scale), c| (n * 10 + i64::from(c - b'0'), scale * 10));
        (count > 0).then(|| if unit == 1 { 0 } else { value * unit / scale })
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(count)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.rest = rest;
        Some(digits.iter().fold(0, |n, c| n * 10 + u32::from(c - b'0')))
    }

    fn eat(&mut self, wanted: &[u8]) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        wanted.contains(first).then(|| {
            self.rest = rest;
            *first
        })
    }
}
