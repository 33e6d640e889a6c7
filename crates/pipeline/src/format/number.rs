//! Booleans, numbers and flags.

use super::FormatError;
use provost_model::configuration::PropertyType;
use std::io::Write;

/// Smallest and largest whole number of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    min: i64,
    max: i64,
}

pub(super) const BYTE: Range = Range { min: 0, max: 255 };
pub(super) const INT16: Range = Range { min: i16::MIN as i64, max: i16::MAX as i64 };
pub(super) const INT32: Range = Range { min: i32::MIN as i64, max: i32::MAX as i64 };
pub(super) const INT64: Range = Range { min: i64::MIN, max: i64::MAX };

impl Range {
    /// Whether every number of the range is one of the property type.
    pub(super) fn fits(self, kind: PropertyType) -> bool {
        use PropertyType as T;
        let holder = match kind {
            T::Byte => BYTE,
            T::Int16 => INT16,
            T::Int32 => INT32,
            T::Int64 | T::ForeignKey | T::Option | T::Double => INT64,
            _ => return false,
        };
        holder.min <= self.min && self.max <= holder.max
    }
}

pub(super) fn bool(raw: &str, out: &mut Vec<u8>) -> Result<(), FormatError> {
    let text = raw.trim();
    if text.is_empty() {
        return Ok(());
    }
    match truth(text).or(match text {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    }) {
        Some(value) => {
            write_bool(value, out);
            Ok(())
        }
        None => Err(FormatError::new(
            "true or false (also TRUE, FALSE, 1, 0)",
            "correct the value in the source, or leave Format empty to keep the text as it is",
        )),
    }
}

fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn write_bool(value: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

/// A flag is read from its mask, or from a column in which it was extracted already.
pub(super) fn bit(raw: &str, mask: u64, out: &mut Vec<u8>) -> Result<(), FormatError> {
    let text = raw.trim();
    if text.is_empty() {
        return Ok(());
    }
    let value = match truth(text) {
        Some(value) => value,
        None => match text.parse::<i64>() {
            Ok(number) => number.cast_unsigned() & mask != 0,
            Err(_) => {
                return Err(FormatError::new(
                    "a whole number that holds flags, such as 514, or true or false",
                    "map the column that holds the mask (ConnectionColumn), or correct the value in the source",
                ));
            }
        },
    };
    write_bool(value, out);
    Ok(())
}

pub(super) fn integer(raw: &str, range: Range, out: &mut Vec<u8>) -> Result<(), FormatError> {
    let text = raw.trim();
    if text.is_empty() {
        return Ok(());
    }
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(FormatError::new(
            format!("a whole number from {} to {}", range.min, range.max),
            "write digits only, without decimal point, blanks or thousands separators, or leave Format empty",
        ));
    }
    let leading = digits.iter().take_while(|c| **c == b'0').count();
    let digits = &digits[leading.min(digits.len() - 1)..];
    // Nineteen digits always fit.
    let magnitude = (digits.len() <= 19).then(|| digits.iter().fold(0u64, |n, c| n * 10 + u64::from(c - b'0')));
    let value = magnitude.map(i128::from).map(|m| if negative { -m } else { m });
    match value {
        Some(value) if (i128::from(range.min)..=i128::from(range.max)).contains(&value) => {
            if value < 0 {
                out.push(b'-');
            }
            out.extend_from_slice(digits);
            Ok(())
        }
        _ => Err(FormatError::new(
            format!("a whole number from {} to {}", range.min, range.max),
            "the number is out of range: choose a larger format, or correct the value in the source",
        )),
    }
}

pub(super) fn double(raw: &str, out: &mut Vec<u8>) -> Result<(), FormatError> {
    let text = raw.trim();
    if text.is_empty() {
        return Ok(());
    }
    // The parser also reads `inf` and `nan`, which are no numbers to store.
    let plain = text.bytes().all(|c| c.is_ascii_digit() || matches!(c, b'+' | b'-' | b'.' | b'e' | b'E'));
    match text.parse::<f64>() {
        Ok(value) if plain && value.is_finite() => {
            write_double(value, out);
            Ok(())
        }
        _ => Err(FormatError::new(
            "a number such as -1234.5 or 1.5E+30",
            "use a point before decimals and no thousands separators, or leave Format empty to keep the text",
        )),
    }
}

/// Shortest text that reads back as the same number; scientific from 1E+15 up and below 0.0001, as .NET writes it.
fn write_double(value: f64, out: &mut Vec<u8>) {
    let magnitude = value.abs();
    // Writing to a vector cannot fail.
    if magnitude == 0.0 {
        out.push(b'0');
    } else if (1e-4..1e15).contains(&magnitude) {
        let _ = write!(out, "{value}");
    } else {
        let start = out.len();
        let _ = write!(out, "{value:E}");
        let Some(e) = out[start..].iter().position(|c| *c == b'E') else {
            return;
        };
        let exponent: i32 =
            std::str::from_utf8(&out[start + e + 1..]).ok().and_then(|t| t.parse().ok()).unwrap_or_default();
        out.truncate(start + e + 1);
        let _ = write!(out, "{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    }
}
