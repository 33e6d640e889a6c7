//! Date patterns as .NET writes them: `dd/MM/yyyy HH:mm`, read and written under the invariant culture.

mod read;

use crate::format::Civil;
use read::Reader;

/// A pattern taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DatePattern {
    tokens: Vec<Token>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Literal(String),
    /// A field and how often its letter is repeated.
    Field(Field, usize),
    /// `f` (all digits) or `F` (optional, together with a point before it).
    Fraction {
        digits: usize,
        optional: bool,
        point: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Year,
    Month,
    Day,
    Hour,
    Hour12,
    Minute,
    Second,
    /// AM or PM.
    Half,
    /// `z`, `zz`, `zzz`
    Offset,
    /// `K`: `Z`, an offset, or nothing.
    Zone,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Patterns that have a one-letter name.
fn standard(name: char) -> Option<&'static str> {
    Some(match name {
        'd' => "MM/dd/yyyy",
        'D' => "dddd, dd MMMM yyyy",
        'f' => "dddd, dd MMMM yyyy HH:mm",
        'F' => "dddd, dd MMMM yyyy HH:mm:ss",
        'g' => "MM/dd/yyyy HH:mm",
        'G' => "MM/dd/yyyy HH:mm:ss",
        'm' | 'M' => "MMMM dd",
        'o' | 'O' => "yyyy-MM-ddTHH:mm:ss.fffffffK",
        'r' | 'R' => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        's' => "yyyy-MM-ddTHH:mm:ss",
        't' => "HH:mm",
        'T' => "HH:mm:ss",
        'u' => "yyyy-MM-dd HH:mm:ss'Z'",
        'y' | 'Y' => "yyyy MMMM",
        _ => return None,
    })
}

impl DatePattern {
    /// Takes a pattern apart, or says what is wrong with it.
    pub(super) fn new(pattern: &str) -> Result<DatePattern, String> {
        let mut letters = pattern.chars();
        let pattern = match (letters.next(), letters.next()) {
            (None, _) => return Err("it is empty".to_owned()),
            (Some(name), None) => standard(name).ok_or_else(|| format!("there is no standard pattern named {name}"))?,
            _ => pattern,
        };
        let mut compiled = DatePattern { tokens: Vec::new() };
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            let length = compiled.take(c, rest)?;
            rest = &rest[length..];
        }
        Ok(compiled)
    }

    /// Takes what begins with `c`, and gives its length in bytes.
    fn take(&mut self, c: char, rest: &str) -> Result<usize, String> {
        let run = rest.chars().take_while(|next| *next == c).count();
        let field = match c {
            'y' => Field::Year,
            'M' => Field::Month,
            'd' => Field::Day,
            'H' => Field::Hour,
            'h' => Field::Hour12,
            'm' => Field::Minute,
            's' => Field::Second,
            't' => Field::Half,
            'z' => Field::Offset,
            'K' => Field::Zone,
            'f' | 'F' => {
                if run > 7 {
                    return Err(format!("at most seven {c} may follow each other"));
                }
                let point = c == 'F' && self.drop_point();
                self.tokens.push(Token::Fraction { digits: run, optional: c == 'F', point });
                return Ok(run);
            }
            'g' => return Err("eras (g) are not supported".to_owned()),
            '\'' | '"' => {
                let inner = &rest[1..];
                let end = inner.find(c).ok_or_else(|| format!("the quotation that begins with {c} has no end"))?;
                self.literal(&inner[..end]);
                return Ok(end + 2);
            }
            '\\' => {
                let escaped = rest[1..].chars().next().ok_or("nothing follows the last backslash")?;
                self.literal(escaped.encode_utf8(&mut [0; 4]));
                return Ok(1 + escaped.len_utf8());
            }
            '%' if rest.len() > 1 && !rest[1..].starts_with('%') => return Ok(1),
            '%' => return Err("a pattern letter must follow %".to_owned()),
            _ => {
                self.literal(c.encode_utf8(&mut [0; 4]));
                return Ok(c.len_utf8());
            }
        };
        // Every K stands for itself.
        let run = if field == Field::Zone { 1 } else { run };
        self.tokens.push(Token::Field(field, run));
        Ok(run)
    }

    fn literal(&mut self, text: &str) {
        match self.tokens.last_mut() {
            Some(Token::Literal(last)) => last.push_str(text),
            _ => self.tokens.push(Token::Literal(text.to_owned())),
        }
    }

    /// Takes back the point before optional digits, which is as optional as they are.
    fn drop_point(&mut self) -> bool {
        match self.tokens.last_mut() {
            Some(Token::Literal(last)) if last.ends_with('.') => last.pop().is_some(),
            _ => false,
        }
    }

    /// Whether a date can be read with it: without a year, it would depend on today.
    pub(super) fn has_year(&self) -> bool {
        self.tokens.iter().any(|t| matches!(t, Token::Field(Field::Year, _)))
    }

    /// Writes a local time whose offset from UTC is so many seconds.
    pub(super) fn format(&self, at: Civil, offset: i64) -> String {
        let mut text = String::new();
        for token in &self.tokens {
            match token {
                Token::Literal(literal) => text.push_str(literal),
                Token::Field(field, count) => text.push_str(&format_field(*field, *count, at, offset)),
                // Times have no fraction.
                Token::Fraction { optional: true, .. } => {}
                Token::Fraction { digits, .. } => text.extend(std::iter::repeat_n('0', *digits)),
            }
        }
        text
    }

    /// Reads exactly this pattern. Gives the civil time, and its offset from UTC in seconds if the text has one.
    pub(super) fn parse(&self, text: &str) -> Option<(Civil, Option<i64>)> {
        let mut reader = Reader::new(text.trim());
        for token in &self.tokens {
            match token {
                Token::Literal(literal) => reader.literal(literal)?,

                Token::Field(field, count) => reader.field(*field, *count)?,
                Token::Fraction { digits, optional, point } => reader.fraction(*digits, *optional, *point)?,
            }
        }
        reader.finish()
    }
}

fn format_field(field: Field, count: usize, at: Civil, offset: i64) -> String {
    let named = |name: &str| {
        if count == 3 { name[..3].to_owned() } else { name.to_owned() }
    };
    let number = |value: u32| {
        if count == 1 { value.to_string() } else { format!("{value:02}") }
    };
    match field {
        Field::Year if count <= 2 => {
            let short = at.year % 100;
            if count == 1 { short.to_string() } else { format!("{short:02}") }
        }
        Field::Year => format!("{:0count$}", at.year),
        Field::Month if count > 2 => named(MONTHS[at.month as usize - 1]),
        Field::Month => number(at.month),
        Field::Day if count > 2 => named(DAYS[at.weekday()]),
        Field::Day => number(at.day),
        Field::Hour => number(at.hour),
        Field::Hour12 => number(if at.hour.is_multiple_of(12) { 12 } else { at.hour % 12 }),
        Field::Minute => number(at.minute),
        Field::Second => number(at.second),
        Field::Half => (if at.hour < 12 { "AM" } else { "PM" })[..count.min(2)].to_owned(),
        Field::Offset => format_offset(offset, count),
        Field::Zone if offset == 0 => "Z".to_owned(),
        Field::Zone => format_offset(offset, 3),
    }
}

fn format_offset(offset: i64, count: usize) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / 3600, offset.abs() / 60 % 60);
    match count {
        1 => format!("{sign}{hours}"),
        2 => format!("{sign}{hours:02}"),
        _ => format!("{sign}{hours:02}:{minutes:02}"),
    }
}

#[cfg(test)]
mod tests;
