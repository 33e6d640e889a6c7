//! Date patterns as .NET writes them: `dd/MM/yyyy HH:mm`.
//!
//! Known are `yyyy yy MM M dd d HH H mm m ss s`, fractions of a second `f` to `fffffff`, text within `'` or `"`, and
//! `\` before a single character. Names of days and months, 12-hour clocks and time zones are refused, because they
//! depend on a culture or on more than the date.

use jiff::civil::{Date, DateTime, Time};

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Token>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A part of the date, with the number of letters.
    Part(char, usize),
    Literal(char),
}

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not known in a date pattern")]
pub(crate) struct UnknownPart(String);

/// What to use instead of an unknown part.
pub(crate) const EXPECTED: &str = "yyyy, MM, dd, HH, mm, ss and fff, with text between them, such as dd/MM/yyyy HH:mm";

impl Pattern {
    /// Compiles a pattern.
    pub(crate) fn new(text: &str) -> Result<Pattern, UnknownPart> {
        let mut tokens = Vec::new();
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\'' | '"' => tokens.extend(letters.by_ref().take_while(|c| *c != letter).map(Token::Literal)),
                '\\' => tokens.extend(letters.next().map(Token::Literal)),
                'y' | 'M' | 'd' | 'H' | 'm' | 's' | 'f' | 'F' | 'h' | 't' | 'K' | 'z' | 'g' | '%' => {
                    let mut count = 1;
                    while letters.next_if_eq(&letter).is_some() {
                        count += 1;
                    }
                    if !is_known(letter, count) {
                        return Err(UnknownPart(letter.to_string().repeat(count)));
                    }
                    tokens.push(Token::Part(letter, count));
                }
                other => tokens.push(Token::Literal(other)),
            }
        }
        match tokens.as_slice() {
            [] => Err(UnknownPart(String::new())),
            // .NET reads a single letter as the name of a standard format.
            [Token::Part(_, 1)] => Err(UnknownPart(text.to_owned())),
            _ => Ok(Pattern(tokens)),
        }
    }

    /// Writes a date.
    pub(crate) fn format(&self, date: DateTime) -> String {
        let mut text = String::new();
        for token in &self.0 {
            match *token {
                Token::Literal(letter) => text.push(letter),
                Token::Part('f', count) => {
                    let nanoseconds = format!("{:09}", date.subsec_nanosecond());
                    text.push_str(&nanoseconds[..count]);
                }
                Token::Part(letter, count) => {
                    let mut value = part(letter, date);
                    if letter == 'y' && count == 2 {
                        value %= 100;
                    }
                    text.push_str(&format!("{value:0count$}"));
                }
            }
        }
        text
    }

    /// Reads a date; the whole text must follow the pattern. Parts that the pattern lacks are zero, or 1 for month
    /// and day.
    pub(crate) fn parse(&self, text: &str) -> Option<DateTime> {
        let mut rest = text;
        let mut parts = Parts::default();
        for token in &self.0 {
            match *token {
                Token::Literal(letter) => rest = rest.strip_prefix(letter)?,
                Token::Part(letter, count) => {
                    let digits = digits(rest, letter, count)?;
                    let value: i32 = digits.parse().ok()?;
                    parts.set(letter, count, value);
                    rest = &rest[digits.len()..];
                }
            }
        }
        if rest.is_empty() { parts.date() } else { None }
    }
}

fn is_known(letter: char, count: usize) -> bool {
    match letter {
        'y' => matches!(count, 2 | 4),
        'M' | 'd' | 'H' | 'm' | 's' => count <= 2,
        'f' => count <= 7,
        _ => false,
    }
}

fn part(letter: char, date: DateTime) -> i32 {
    match letter {
        'y' => i32::from(date.year()),
        'M' => i32::from(date.month()),
        'd' => i32::from(date.day()),
        'H' => i32::from(date.hour()),
        'm' => i32::from(date.minute()),
        _ => i32::from(date.second()),
    }
}

/// The digits of a part: as many as it has letters, or one or two for a single letter.
fn digits(text: &str, letter: char, count: usize) -> Option<&str> {
    let available = text.bytes().take_while(u8::is_ascii_digit).count();
    let wanted = if count == 1 && letter != 'f' { available.clamp(1, 2) } else { count };
    (available >= wanted).then(|| &text[..wanted])
}

#[derive(Default)]
struct Parts {
    year: Option<i32>,
    month: Option<i32>,
    day: Option<i32>,
    hour: i32,
    minute: i32,
    second: i32,
    nanosecond: i32,
}

impl Parts {
    fn set(&mut self, letter: char, count: usize, value: i32) {
        match letter {
            // .NET puts two digits between 1950 and 2049.
            'y' if count == 2 => self.year = Some(if value < 50 { 2000 + value } else { 1900 + value }),
            'y' => self.year = Some(value),
            'M' => self.month = Some(value),
            'd' => self.day = Some(value),
            'H' => self.hour = value,
            'm' => self.minute = value,
            's' => self.second = value,
            _ => self.nanosecond = value * 10_i32.pow(9 - u32::try_from(count).unwrap_or(9).min(9)),
        }
    }

    fn date(&self) -> Option<DateTime> {
        let small = |value: i32| i8::try_from(value).ok();
        let year = i16::try_from(self.year?).ok()?;
        let date = Date::new(year, small(self.month.unwrap_or(1))?, small(self.day.unwrap_or(1))?).ok()?;
        let time = Time::new(small(self.hour)?, small(self.minute)?, small(self.second)?, self.nanosecond).ok()?;
        Some(DateTime::from_parts(date, time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    #[test]
    fn dates_are_written_and_read_back() {
        let date = datetime(2024, 3, 5, 7, 8, 9, 120_000_000);
        for (pattern, text) in [
            ("dd/MM/yyyy", "05/03/2024"),
            ("yyyyMMddHHmmss", "20240305070809"),
            ("yyyy-MM-dd'T'HH:mm:ss.fffZ", "2024-03-05T07:08:09.120Z"),
            ("d.M.yy H:m:s", "5.3.24 7:8:9"),
            (r#"\yyyyy "day"dd"#, "y2024 day05"),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap().format(date), text);
        }
        let parsed = |pattern, text| Pattern::new(pattern).unwrap().parse(text);
        assert_eq!(parsed("dd/MM/yyyy", "05/03/2024"), Some(datetime(2024, 3, 5, 0, 0, 0, 0)));
        assert_eq!(parsed("d/M/yyyy", "5/12/2024"), Some(datetime(2024, 12, 5, 0, 0, 0, 0)));
        assert_eq!(parsed("yyyy-MM-dd HH:mm:ss.fff", "2024-03-05 07:08:09.120"), Some(date));
        assert_eq!(parsed("dd/MM/yy", "05/03/49"), Some(datetime(2049, 3, 5, 0, 0, 0, 0)));
        assert_eq!(parsed("dd/MM/yy", "05/03/50"), Some(datetime(1950, 3, 5, 0, 0, 0, 0)));
    }

    #[test]
    fn texts_that_do_not_follow_the_pattern_are_no_dates() {
        let pattern = Pattern::new("dd/MM/yyyy").unwrap();
        for text in ["", "5/03/2024", "31/02/2024", "05/13/2024", "05/03/2024 ", "05-03-2024", "éé/03/2024"] {
            assert_eq!(pattern.parse(text), None, "{text}");
        }
    }

    #[test]
    fn parts_that_depend_on_a_culture_are_refused() {
        for (pattern, part) in
            [("dd MMM yyyy", "MMM"), ("dddd", "dddd"), ("hh:mm tt", "hh"), ("yyy", "yyy"), ("d", "d")]
        {
            assert_eq!(Pattern::new(pattern), Err(UnknownPart(part.to_owned())));
        }
        assert!(Pattern::new("").is_err());
    }
}
