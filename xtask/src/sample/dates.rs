//! Calendar dates, enough of them for the sample data.

use super::random::Random;
use std::fmt;

/// A date of the proleptic Gregorian calendar; displays as `2026-09-07`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Date {
    pub(super) year: i32,
    pub(super) month: i32,
    pub(super) day: i32,
}

impl Date {
    pub(super) const fn new(year: i32, month: i32, day: i32) -> Date {
        Date { year, month, day }
    }

    /// A day from the first year to the last, both included; never after the 28th.
    pub(super) fn random(random: &mut Random, first: i32, last: i32) -> Date {
        Date::new(random.between(first, last), random.between(1, 12), random.between(1, 28))
    }

    /// Days since 1 January 1601.
    fn days_since_1601(self) -> i64 {
        let (y, m, d) = (i64::from(self.year), i64::from(self.month), i64::from(self.day));
        let y = if m <= 2 { y - 1 } else { y };
        let day_of_year = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
        y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 584_694
    }

    /// A directory time stamp: 100-nanosecond ticks since 1601, at this second of the day.
    pub(super) fn filetime(self, second: i64) -> String {
        ((self.days_since_1601() * 86_400 + second) * 10_000_000).to_string()
    }

    /// LDAP generalised time, at eight in the morning.
    pub(super) fn generalised(self) -> String {
        format!("{:04}{:02}{:02}080000.0Z", self.year, self.month, self.day)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_count_from_1601() {
        assert_eq!(Date::new(1601, 1, 1).filetime(0), "0");
        // 1 January 1970 is 11,644,473,600 seconds after the start of the count.
        assert_eq!(Date::new(1970, 1, 1).filetime(0), "116444736000000000");
        assert_eq!(Date::new(2024, 2, 29).days_since_1601() + 1, Date::new(2024, 3, 1).days_since_1601());
    }
}
