//! Instants as queries write them: `2026-01-31T12:00:00Z`.

const MICROS: i64 = 1_000_000;
const DAY: i64 = 86_400;

/// Reads a date (`2026-01-31`, its first moment) or an instant (`2026-01-31T12:00[:00[.000000]]`, with `Z`, an offset
/// such as `+01:00`, or nothing for UTC): microseconds since 1970.
pub fn parse_instant(text: &str) -> Option<i64> {
    let text = text.trim();
    if !text.is_ascii() {
        return None;
    }
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let seconds = days(date)? * DAY;
    let (second, micros) = match time {
        Some(time) => time_of_day(time)?,
        None => (0, 0),
    };
    Some((seconds + second) * MICROS + micros)
}

/// The instant in UTC, with a fraction of a second only where there is one.
pub fn format_instant(micros: i64) -> String {
    let seconds = micros.div_euclid(MICROS);
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    let second = seconds.rem_euclid(DAY);
    let fraction = micros.rem_euclid(MICROS);
    let fraction =
        if fraction == 0 { String::new() } else { format!(".{fraction:06}").trim_end_matches('0').to_owned() };
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

fn number(text: &str, digits: usize, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
    let plain = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|n| plain && range.contains(n))
}

/// Days since 1970 of `yyyy-mm-dd`.
fn days(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4, 1..=9999)?;
    let month = number(parts.next()?, 2, 1..=12)?;
    let day = number(parts.next()?, 2, 1..=31)?;
    let days = days_from_civil(year, month, day);
    (parts.next().is_none() && civil(days) == (year, month, day)).then_some(days)
}

/// Seconds and microseconds of `hh:mm[:ss[.f]]` with its offset from UTC.
fn time_of_day(text: &str) -> Option<(i64, i64)> {
    let (time, offset) = match text.find(['Z', 'z', '+', '-']) {
        Some(at) => (&text[..at], offset(&text[at..])?),
        None => (text, 0),
    };
    let (clock, fraction) = match time.split_once('.') {
        Some((clock, fraction)) => (clock, micros(fraction)?),
        None => (time, 0),
    };
    let mut parts = clock.split(':');
    let hour = number(parts.next()?, 2, 0..=23)?;
    let minute = number(parts.next()?, 2, 0..=59)?;
    let second = match parts.next() {
        Some(second) => number(second, 2, 0..=59)?,
        None if fraction == 0 => 0,
        None => return None,
    };
    parts.next().is_none().then_some((hour * 3600 + minute * 60 + second - offset, fraction))
}

fn offset(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hour, minute) = text.get(1..)?.split_once(':')?;
    Some(sign * (number(hour, 2, 0..=14)? * 3600 + number(minute, 2, 0..=59)? * 60))
}

/// Microseconds of a fraction; more digits than six are cut off.
fn micros(fraction: &str) -> Option<i64> {
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    format!("{fraction:0<6}").get(..6)?.parse().ok()
}

/// Days since 1970, in the proleptic Gregorian calendar (years counted from March).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The other way round.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    (year + era * 400 + i64::from(month <= 2), month, day)
}
