//! What the dates of a column look like, and in which order they give day and month.

use serde::{Deserialize, Serialize};

/// The dates of a column that share a layout.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateEvidence {
    /// Layout with `n` for the two numbers that are day and month, in whichever order: `n/n/yyyy`.
    pub layout: String,
    /// Values of that layout.
    pub count: u32,
    /// Values whose first number is above 12: the day comes first.
    pub first_over_12: u32,
    /// Values whose second number is above 12: the month comes first.
    pub second_over_12: u32,
}

/// Which of the two numbers is the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    DayFirst,
    MonthFirst,
}

impl DateEvidence {
    /// Which number is the day, when the values tell. A few stray values (at most one in twenty) do not confuse it.
    pub(super) fn order(&self) -> Option<Order> {
        let (first, second) = (self.first_over_12, self.second_over_12);
        if first > 0 && second.saturating_mul(20) <= first {
            Some(Order::DayFirst)
        } else if second > 0 && first.saturating_mul(20) <= second {
            Some(Order::MonthFirst)
        } else {
            None
        }
    }

    /// The usual name of the layout: `dd/MM/yyyy`.
    pub(super) fn name(&self) -> String {
        let (first, second) = match self.order() {
            Some(Order::DayFirst) => ("dd", "MM"),
            Some(Order::MonthFirst) => ("MM", "dd"),
            None if self.layout.starts_with("yyyy") => ("MM", "dd"),
            None => {
                return self.layout.replacen('n', "dd or MM", 1).replacen('n', "MM or dd", 1);
            }
        };
        self.layout.replacen('n', first, 1).replacen('n', second, 1)
    }
}

/// Gathers evidence: a date that so many rows have.
pub(super) fn note(evidence: &mut Vec<DateEvidence>, date: Date, count: u32) {
    let at = match evidence.iter().position(|e| e.layout == date.layout) {
        Some(at) => at,
        None => {
            evidence.push(DateEvidence { layout: date.layout.to_owned(), ..DateEvidence::default() });
            evidence.len() - 1
        }
    };
    evidence[at].count += count;
    evidence[at].first_over_12 += count * u32::from(date.first > 12);
    evidence[at].second_over_12 += count * u32::from(date.second > 12);
}

/// The layout that most of `values` have, and how many have it; `None` when fewer than `least` percent are dates.
pub(super) fn dominant(evidence: &[DateEvidence], values: u64, least: u64) -> Option<&DateEvidence> {
    let best = evidence.iter().max_by_key(|e| e.count)?;
    (u64::from(best.count) * 100 >= values * least).then_some(best)
}

/// A text taken apart as a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    layout: &'static str,
    first: u32,
    second: u32,
}

/// Takes a date apart; `None` when the text is no date. A time of day may follow.
pub(super) fn parse(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    if bytes.len() < 6 || bytes.len() > 40 {
        return None;
    }
    let (first, rest) = number(bytes)?;
    match (first.digits, rest.first()) {
        (8 | 14, None) => compact(bytes),
        (4, Some(separator @ (b'-' | b'/' | b'.'))) => {
            let (second, third) = two_numbers(&rest[1..], *separator, 2)?;
            let layout = match separator {
                b'-' => "yyyy-n-n",
                b'/' => "yyyy/n/n",
                _ => "yyyy.n.n",
            };
            date(layout, first.value, second, third)
        }
        (1 | 2, Some(separator @ (b'-' | b'/' | b'.'))) => year_last(first.value, &rest[1..], *separator),
        _ => None,
    }
}

fn compact(bytes: &[u8]) -> Option<Date> {
    let part = |from: usize, to: usize| number(&bytes[from..to]).map(|(n, _)| n.value);
    let layout = if bytes.len() == 8 { "yyyynn" } else { "yyyynnHHmmss" };
    if bytes.len() == 14 && (part(8, 10)? > 24 || part(10, 12)? > 59 || part(12, 14)? > 60) {
        return None;
    }
    date(layout, part(0, 4)?, part(4, 6)?, part(6, 8)?)
}

fn year_last(first: u32, rest: &[u8], separator: u8) -> Option<Date> {
    let (second, after) = number(rest)?;
    if second.digits > 2 || after.first() != Some(&separator) {
        return None;
    }
    let (year, after) = number(&after[1..])?;
    if !ends_or_time(after) {
        return None;
    }
    let layout = match (separator, year.digits) {
        (b'/', 4) => "n/n/yyyy",
        (b'-', 4) => "n-n-yyyy",
        (b'.', 4) => "n.n.yyyy",
        (b'/', 2) => return date("n/n/yy", 2000, first, second.value),
        _ => return None,
    };
    date(layout, year.value, first, second.value)
}

fn two_numbers(bytes: &[u8], separator: u8, digits: usize) -> Option<(u32, u32)> {
    let (first, rest) = number(bytes)?;
    if rest.first() != Some(&separator) {
        return None;
    }
    let (second, rest) = number(&rest[1..])?;
    (first.digits <= digits && second.digits <= digits && ends_or_time(rest)).then_some((first.value, second.value))
}

/// One of the numbers may be a month and the other a day, and the year is one that people write.
fn date(layout: &'static str, year: u32, first: u32, second: u32) -> Option<Date> {
    let possible = (1..=31).contains(&first) && (1..=31).contains(&second) && first.min(second) <= 12;
    (possible && (1850..=9999).contains(&year)).then_some(Date { layout, first, second })
}

fn ends_or_time(rest: &[u8]) -> bool {
    match rest {
        [] => true,
        [b' ' | b'T', digit, ..] => digit.is_ascii_digit(),
        _ => false,
    }
}

struct Number {
    value: u32,
    digits: usize,
}

fn number(bytes: &[u8]) -> Option<(Number, &[u8])> {
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 {
        return None;
    }
    let value = bytes[..digits].iter().take(8).fold(0u32, |n, b| n * 10 + u32::from(b - b'0'));
    Some((Number { value, digits }, &bytes[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(values: &[&str]) -> Vec<DateEvidence> {
        let mut evidence = Vec::new();
        values.iter().filter_map(|v| parse(v)).for_each(|d| note(&mut evidence, d, 1));
        evidence
    }

    #[test]
    fn layouts_are_told_apart_by_their_values() {
        let name = |values: &[&str]| evidence(values)[0].name();
        assert_eq!(name(&["03/04/2024", "31/12/2024"]), "dd/MM/yyyy");
        assert_eq!(name(&["03/04/2024", "12/31/2024"]), "MM/dd/yyyy");
        assert_eq!(name(&["2024-12-31", "2024-01-02"]), "yyyy-MM-dd");
        assert_eq!(name(&["2024-31-12"]), "yyyy-dd-MM");
        assert_eq!(name(&["20241231"]), "yyyyMMdd");
        assert_eq!(name(&["20241231235959"]), "yyyyMMddHHmmss");
        assert_eq!(name(&["31.12.2024 08:30"]), "dd.MM.yyyy");
        assert_eq!(name(&["31-12-2024"]), "dd-MM-yyyy");
        assert_eq!(name(&["12/31/24"]), "MM/dd/yy");
        assert_eq!(name(&["03/04/2024"]), "dd or MM/MM or dd/yyyy");
    }

    #[test]
    fn other_texts_are_no_dates() {
        for text in ["", "12345678", "2024", "99/99/2024", "00/00/0000", "1/2/3", "31/12-2024", "+33 6 12 34", "a/b/c"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("2024-01-02T10:00:00Z").unwrap().layout, "yyyy-n-n");
        assert_eq!(parse("2024-01-02-7"), None);
        assert_eq!(parse("99999999999999999999"), None);
    }

    #[test]
    fn a_stray_value_does_not_confuse_the_order() {
        let mut values = vec!["31/12/2024"; 40];
        values.push("12/31/2024");
        assert_eq!(evidence(&values)[0].order(), Some(Order::DayFirst));
        values.extend(["12/31/2024"; 5]);
        assert_eq!(evidence(&values)[0].order(), None);
    }
}
