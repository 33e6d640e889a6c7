//! Numbers as text.

use std::fmt::Write;

/// Text of a number with fraction as C# gives it: the shortest that reads back as the same number.
pub(super) fn double(number: f64, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = if number.is_nan() {
        out.write_str("NaN")
    } else if number.is_infinite() {
        out.write_str(if number > 0.0 { "Infinity" } else { "-Infinity" })
    } else if number != 0.0 && !(1e-5..1e15).contains(&number.abs()) {
        scientific(number, out);
        Ok(())
    } else {
        write!(out, "{number}")
    };
}

/// `1E+16`, `1.5E-07`.
fn scientific(number: f64, out: &mut String) {
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    let _ = write!(out, "{digits}E{sign}{:02}", exponent.abs());
}

/// How a number is written: a standard format (`D3`, `F2`, `N0`, `X`, `P1`), or a pattern of `0`, `#`, `,` and `.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Picture {
    /// Whole numbers with at least so many digits.
    Decimal(usize),
    /// So many digits after the point, with or without commas between thousands.
    Fixed {
        digits: usize,
        commas: bool,
        percent: bool,
    },
    /// Hexadecimal digits, at least so many.
    Hex {
        digits: usize,
        upper: bool,
    },
    /// As without format.
    General,
    Custom {
        before: String,
        whole: usize,
        least: usize,
        most: usize,
        commas: bool,
        after: String,
    },
}

/// Most digits that a format may ask for.
const MAX_DIGITS: usize = 99;

impl Picture {
    /// Reads a format; none when it is not supported.
    pub(in super::super) fn new(format: &str) -> Option<Picture> {
        let mut letters = format.chars();
        let letter = letters.next()?;
        let digits = letters.as_str();
        if letter.is_ascii_alphabetic() && digits.bytes().all(|b| b.is_ascii_digit()) {
            let count = if digits.is_empty() { None } else { Some(digits.parse().ok().filter(|n| *n <= MAX_DIGITS)?) };
            return Some(match letter {
                'D' | 'd' => Picture::Decimal(count.unwrap_or(1)),
                'F' | 'f' => Picture::Fixed { digits: count.unwrap_or(2), commas: false, percent: false },
                'N' | 'n' => Picture::Fixed { digits: count.unwrap_or(2), commas: true, percent: false },
                'P' | 'p' => Picture::Fixed { digits: count.unwrap_or(2), commas: true, percent: true },
                'X' | 'x' => Picture::Hex { digits: count.unwrap_or(1), upper: letter == 'X' },
                'G' | 'g' if count.is_none() => Picture::General,
                _ => return None,
            });
        }
        Picture::custom(format)
    }

    fn custom(format: &str) -> Option<Picture> {
        let is_picture = |c: char| matches!(c, '0' | '#' | '.' | ',');
        let start = format.find(is_picture)?;
        let end = format.rfind(is_picture)? + 1;
        let (before, picture, after) = (&format[..start], &format[start..end], &format[end..]);
        let plain = |text: &str| !text.contains(['%', ';', '\\', '\'', '"', 'E', 'e', '‰']);
        if !picture.chars().all(is_picture) || !plain(before) || !plain(after) || picture.len() > MAX_DIGITS {
            return None;
        }
        let (whole, fraction) = picture.split_once('.').unwrap_or((picture, ""));
        if fraction.contains(['.', ',']) || whole.ends_with(',') {
            return None;
        }
        Some(Picture::Custom {
            before: before.to_owned(),
            whole: whole.find('0').map_or(0, |first| whole[first..].matches(['0', '#']).count()),
            least: fraction.rfind('0').map_or(0, |last| last + 1),
            most: fraction.len(),
            commas: whole.contains(','),
            after: after.to_owned(),
        })
    }

    /// Whether it is for whole numbers only.
    pub(in super::super) fn is_whole(&self) -> bool {
        matches!(self, Picture::Decimal(_) | Picture::Hex { .. })
    }

    /// Appends a number, whose whole value is given where it is a whole number.
    pub(in super::super) fn write(&self, number: f64, whole: Option<i64>, out: &mut String) {
        let negative = whole.map_or(number < 0.0, |whole| whole < 0);
        let _ = match (self, whole) {
            (Picture::Decimal(digits), Some(whole)) => {
                let sign = if negative { "-" } else { "" };
                write!(out, "{sign}{:0digits$}", whole.unsigned_abs())
            }
            (Picture::Hex { digits, upper: true }, Some(whole)) => write!(out, "{:0digits$X}", hex(whole)),
            (Picture::Hex { digits, upper: false }, Some(whole)) => write!(out, "{:0digits$x}", hex(whole)),
            (Picture::Fixed { digits, commas, percent }, _) => {
                let scaled = if *percent { number * 100.0 } else { number };
                let (mut integer, fraction) = rounded(scaled, *digits, if *percent { None } else { whole });
                if *commas {
                    integer = with_commas(&integer);
                }
                let is_zero = !integer.bytes().chain(fraction.bytes()).any(|b| matches!(b, b'1'..=b'9'));
                let sign = if negative && !is_zero { "-" } else { "" };
                let point = if fraction.is_empty() { "" } else { "." };
                write!(out, "{sign}{integer}{point}{fraction}{}", if *percent { " %" } else { "" })
            }
            (Picture::Custom { before, whole: least_whole, least, most, commas, after }, _) => {
                let (integer, mut fraction) = rounded(number, *most, whole);
                while fraction.len() > *least && fraction.ends_with('0') {
                    fraction.pop();
                }
                let integer = integer.trim_start_matches('0');
                let mut integer = format!("{}{integer}", "0".repeat(least_whole.saturating_sub(integer.len())));
                if *commas {
                    integer = with_commas(&integer);
                }
                let is_zero = !integer.bytes().chain(fraction.bytes()).any(|b| matches!(b, b'1'..=b'9'));
                let sign = if negative && !is_zero { "-" } else { "" };
                let point = if fraction.is_empty() { "" } else { "." };
                write!(out, "{sign}{before}{integer}{point}{fraction}{after}")
            }
            (_, Some(whole)) => write!(out, "{whole}"),
            _ => {
                double(number, out);
                Ok(())
            }
        };
    }
}

/// Negative numbers as 32 bits when they fit, else 64.
fn hex(number: i64) -> u64 {
    match i32::try_from(number) {
        Ok(small) => u64::from(small as u32),
        Err(_) => number as u64,
    }
}

/// Digits before and after the point, without sign, rounded half away from zero. What is rounded is the shortest text
/// of the number, which is what people see.
fn rounded(number: f64, digits: usize, whole: Option<i64>) -> (String, String) {
    if let Some(whole) = whole {
        return (whole.unsigned_abs().to_string(), "0".repeat(digits));
    }
    let text = format!("{}", number.abs());
    let (integer, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if fraction.len() <= digits {
        return (integer.to_owned(), format!("{fraction:0<digits$}"));
    }
    let mut kept: Vec<u8> = [integer.as_bytes(), &fraction.as_bytes()[..digits]].concat();
    if fraction.as_bytes()[digits] >= b'5' {
        increment(&mut kept);
    }
    let kept = String::from_utf8_lossy(&kept).into_owned();
    let (integer, fraction) = kept.split_at(kept.len() - digits);
    (integer.to_owned(), fraction.to_owned())
}

/// Adds one to decimal digits.
fn increment(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
}

fn with_commas(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.char_indices() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The number in a text as `int.Parse` reads it: blanks around, a sign, digits.
pub(super) fn parse(text: &str) -> Option<i64> {
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    trimmed.parse().ok()
}
