//! Dates of the configuration as instants.

/// Microseconds since 1970 of a date of the configuration (`2079-06-06`, `2079-06-06T08:30:00Z`); a date alone is its
/// first instant, and what names no zone is in UTC. `None` for what is no date.
pub fn instant(text: &str) -> Option<i64> {
    let (day, time) = match text.split_once(['T', ' ']) {
        Some((day, time)) => (day, time),
        None => (text, ""),
    };
    let mut parts = day.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let time = time.strip_suffix('Z').unwrap_or(time);
    let (time, offset) = match time.rfind(['+', '-']) {
        Some(at) => (&time[..at], zone(&time[at..])?),
        None => (time, 0),
    };
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut seconds = 0;
    for (part, unit) in clock.split(':').filter(|part| !part.is_empty()).zip([3600, 60, 1]) {
        seconds += part.parse::<i64>().ok()? * unit;
    }
    let micros: i64 = if fraction.is_empty() { 0 } else { format!("{fraction:0<6}").get(..6)?.parse().ok()? };
    Some((days(year, month, day) * 86_400 + seconds - offset) * 1_000_000 + micros)
}

/// Seconds of `+02:00`.
fn zone(text: &str) -> Option<i64> {
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let seconds = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
    Some(if text.starts_with('-') { -seconds } else { seconds })
}

/// Days from 1970-01-01 in the Gregorian calendar, counted in years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_instants() {
        for (text, expected) in [
            ("1970-01-01", 0),
            ("1970-01-02 00:00", 86_400_000_000),
            ("2000-02-29T12:00:00Z", 951_825_600_000_000),
            ("2026-11-24T13:04:41.5Z", 1_795_525_481_500_000),
            ("2026-11-24T13:04:41+02:00", 1_795_518_281_000_000),
            ("1900-01-01", -2_208_988_800_000_000),
            ("2079-06-06", 3_453_235_200_000_000),
        ] {
            assert_eq!(instant(text), Some(expected), "{text}");
        }
        for odd in ["", "soon", "2026-11", "2026-11-24T1:x"] {
            assert_eq!(instant(odd), None, "{odd}");
        }
    }
}
