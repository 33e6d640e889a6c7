//! Values: how a query writes them, how SQL compares them, and how the result shows them.

use super::catalogue::{Column, Kind, Stored};
use super::statement::Parameters;
use crate::dialect::Dialect;
use provost_model::query::{KeyValue, Operand, format_instant, parse_instant};
use serde_json::Value;

/// What SQL compares: values of two families are never compared with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Text,
    Int,
    Double,
    /// Dates as text of fourteen digits.
    Date,
    /// Dates as microseconds.
    Instant,
    Bool,
}

impl Family {
    /// Whether it is read from the database as a number.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Family::Int | Family::Instant | Family::Bool)
    }
}

pub(super) fn family(column: &Column) -> Family {
    match column.kind {
        Kind::Text | Kind::Guid | Kind::Json => Family::Text,
        Kind::Id | Kind::Int | Kind::Long | Kind::Word(_) if column.stored == Stored::Int => Family::Int,
        Kind::Id | Kind::Word(_) => Family::Text,
        Kind::Int | Kind::Long => Family::Int,
        Kind::Double => Family::Double,
        Kind::Bool => Family::Bool,
        Kind::Date => Family::Date,
        Kind::Instant => Family::Instant,
    }
}

/// SQL for what is compared and ordered by, given SQL for the column. A text that is no value of its type counts as
/// none: files may hold anything where a mapping has no format.
pub(super) fn comparable(dialect: Dialect, column: &Column, sql: &str) -> String {
    if column.stored == Stored::Int {
        return sql.to_owned();
    }
    match family(column) {
        Family::Int => format!("CASE WHEN {} THEN CAST({sql} AS BIGINT) END", dialect.is_integer(sql)),
        Family::Double => format!("CASE WHEN {} THEN CAST({sql} AS DOUBLE PRECISION) END", dialect.is_decimal(sql)),
        Family::Bool => format!(
            "CASE WHEN {sql} IN ('true', '1') THEN CAST(1 AS BIGINT) WHEN {sql} IN ('false', '0') THEN CAST(0 AS BIGINT) END"
        ),
        Family::Text | Family::Date | Family::Instant => sql.to_owned(),
    }
}

/// SQL for what a continuation token remembers of a value: numbers with a fraction as they are written.
pub(super) fn remembered(dialect: Dialect, column: &Column, sql: &str) -> String {
    match family(column) {
        Family::Double if column.stored == Stored::Text => {
            format!("CASE WHEN {} THEN {sql} END", dialect.is_decimal(sql))
        }
        _ => comparable(dialect, column, sql),
    }
}

/// SQL for a value of this family that a token remembers; `None` when it is of another one.
pub(super) fn bound(parameters: &mut Parameters, family: Family, value: &KeyValue) -> Option<String> {
    match (family, value) {
        (Family::Int | Family::Instant | Family::Bool, KeyValue::Int(value)) => Some(parameters.int(*value)),
        (Family::Text | Family::Date, KeyValue::Text(text)) => Some(parameters.text(text)),
        (Family::Double, KeyValue::Text(text)) if is_decimal(text) => {
            Some(format!("CAST({} AS DOUBLE PRECISION)", parameters.text(text)))
        }
        _ => None,
    }
}

/// The value that an operand stands for, or what would fit the column.
pub(super) fn literal(column: &Column, operand: &Operand) -> Result<KeyValue, String> {
    let int = |value: Option<i64>, expected: &str| value.map(KeyValue::Int).ok_or_else(|| expected.to_owned());
    let text = match operand {
        Operand::Text(text) => Some(text.as_str()),
        _ => None,
    };
    match (family(column), column.kind) {
        (Family::Int, Kind::Word(words)) => int(word(words, operand), &expected_word(words)),
        (Family::Int, _) => int(number(operand), "expected a whole number"),
        (Family::Bool, _) => int(truth(operand), "expected true or false"),
        (Family::Double, _) => {
            decimal(operand).ok_or_else(|| "expected a number, with a fraction as text: \"1.5\"".to_owned())
        }
        (Family::Date, _) => {
            let digits = text.and_then(parse_instant).and_then(digits);
            digits.map(KeyValue::Text).ok_or_else(|| "expected a date such as \"2026-01-31T12:00:00Z\"".to_owned())
        }
        (Family::Instant, _) => int(text.and_then(parse_instant), "expected a date such as \"2026-01-31T12:00:00Z\""),
        (Family::Text, kind) => {
            let text = text.ok_or_else(|| "expected text in double quotes".to_owned())?;
            Ok(KeyValue::Text(if kind == Kind::Guid { guid(text) } else { text.to_owned() }))
        }
    }
}

fn number(operand: &Operand) -> Option<i64> {
    match operand {
        Operand::Int(value) => Some(*value),
        // Ids are text in results, and come back as such.
        Operand::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn truth(operand: &Operand) -> Option<i64> {
    match operand {
        Operand::Bool(value) => Some(i64::from(*value)),
        Operand::Int(value) => Some(*value).filter(|value| matches!(value, 0 | 1)),
        Operand::Text(text) if text.eq_ignore_ascii_case("true") => Some(1),
        Operand::Text(text) if text.eq_ignore_ascii_case("false") => Some(0),
        _ => None,
    }
}

fn decimal(operand: &Operand) -> Option<KeyValue> {
    match operand {
        Operand::Int(value) => Some(KeyValue::Text(value.to_string())),
        Operand::Text(text) if is_decimal(text) => Some(KeyValue::Text(text.clone())),
        _ => None,
    }
}

fn word(words: &[(i64, &str)], operand: &Operand) -> Option<i64> {
    match operand {
        Operand::Int(value) => Some(*value),
        Operand::Text(text) => {
            let named = words.iter().find(|(_, word)| word.eq_ignore_ascii_case(text)).map(|(n, _)| *n);
            named.or_else(|| text.parse().ok())
        }
        _ => None,
    }
}

fn expected_word(words: &[(i64, &str)]) -> String {
    let words: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
    format!("expected one of {}", words.join(", "))
}

/// Digits, perhaps a minus before and a fraction behind them: what [`Dialect::is_decimal`] accepts.
fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let plain = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = plain.split_once('.').map_or((plain, None), |(whole, fraction)| (whole, Some(fraction)));
    text.len() <= 300 && digits(whole) && fraction.is_none_or(digits)
}

/// The instant as dates are stored. A fraction of a second stays behind it, so that it sorts between two seconds.
fn digits(micros: i64) -> Option<String> {
    let iso = format_instant(micros);
    let (second, fraction) = iso.strip_suffix('Z')?.split_once('.').unwrap_or((iso.strip_suffix('Z')?, ""));
    let mut digits: String = second.chars().filter(char::is_ascii_digit).collect();
    if !fraction.is_empty() {
        digits.push('.');
        digits.push_str(fraction);
    }
    Some(digits)
}

/// A GUID as it is stored: 32 lower-case digits. Any other text stays as it is.
fn guid(text: &str) -> String {
    let digits: String =
        text.chars().filter(|c| !matches!(c, '-' | '{' | '}' | '(' | ')')).collect::<String>().to_ascii_lowercase();
    let is_guid = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if is_guid { digits } else { text.to_owned() }
}

/// A value as the result shows it; `None` for no value.
pub(super) fn shown(column: &Column, value: KeyValue) -> Option<Value> {
    match value {
        KeyValue::Null => None,
        KeyValue::Int(value) => Some(shown_number(column.kind, value)),
        KeyValue::Text(text) => Some(shown_text(column.kind, text)),
    }
}

fn shown_number(kind: Kind, value: i64) -> Value {
    match kind {
        Kind::Id | Kind::Long | Kind::Text => Value::from(value.to_string()),
        Kind::Bool => Value::from(value != 0),
        Kind::Instant => Value::from(format_instant(value)),
        Kind::Word(words) => match words.iter().find(|(n, _)| *n == value) {
            Some((_, word)) => Value::from(*word),
            None => Value::from(value),
        },
        _ => Value::from(value),
    }
}

fn shown_text(kind: Kind, text: String) -> Value {
    let read = match kind {
        Kind::Int => text.parse::<i64>().ok().map(Value::from),
        Kind::Double if is_decimal(&text) => text.parse::<f64>().ok().map(Value::from),
        Kind::Bool => match &*text {
            "true" | "1" => Some(Value::from(true)),
            "false" | "0" => Some(Value::from(false)),
            _ => None,
        },
        Kind::Date => iso(&text).map(Value::from),
        Kind::Json => serde_json::from_str(&text).ok(),
        _ => None,
    };
    read.unwrap_or_else(|| Value::from(text))
}

/// `2026-01-31T12:00:00Z` of `20260131120000`.
fn iso(digits: &str) -> Option<String> {
    if digits.len() != 14 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| &digits[from..to];
    let text =
        format!("{}-{}-{}T{}:{}:{}Z", part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 12), part(12, 14));
    parse_instant(&text).map(|_| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: Kind) -> Column {
        Column::new("C4", Stored::Text, kind)
    }

    #[test]
    fn operands_become_what_is_stored() {
        let text = |text: &str| Operand::Text(text.to_owned());
        let stored = |text: &str| Ok(KeyValue::Text(text.to_owned()));
        assert_eq!(literal(&of(Kind::Date), &text("2026-01-31T13:00:00+01:00")), stored("20260131120000"));
        assert_eq!(literal(&of(Kind::Date), &text("2026-01-31T12:00:00.25Z")), stored("20260131120000.25"));
        assert_eq!(
            literal(&of(Kind::Guid), &text("{C076E361-FA5F-428E-8339-39A449CE2DB3}")),
            stored("c076e361fa5f428e833939a449ce2db3")
        );
        assert_eq!(literal(&of(Kind::Guid), &text("C-1")), stored("C-1"));
        assert_eq!(literal(&of(Kind::Int), &text("-7")), Ok(KeyValue::Int(-7)));
        assert_eq!(literal(&of(Kind::Double), &Operand::Int(3)), stored("3"));
        assert_eq!(literal(&of(Kind::Bool), &Operand::Bool(true)), Ok(KeyValue::Int(1)));
        for (kind, operand) in [
            (Kind::Text, Operand::Int(1)),
            (Kind::Int, text("x")),
            (Kind::Bool, Operand::Int(2)),
            (Kind::Double, text("1e5")),
            (Kind::Double, text(".5")),
            (Kind::Date, text("20260131120000")),
            (Kind::Instant, Operand::Int(5)),
        ] {
            assert!(literal(&of(kind), &operand).is_err(), "{kind:?} {operand}");
        }
    }

    #[test]
    fn values_are_shown_by_their_kind() {
        let show = |kind, text: &str| shown(&of(kind), KeyValue::Text(text.to_owned())).unwrap().to_string();
        assert_eq!(show(Kind::Date, "20260131120000"), "\"2026-01-31T12:00:00Z\"");
        assert_eq!(show(Kind::Date, "20269931120000"), "\"20269931120000\"");
        assert_eq!(show(Kind::Int, "42"), "42");
        assert_eq!(show(Kind::Long, "9007199254740993"), "\"9007199254740993\"");
        assert_eq!(show(Kind::Int, "many"), "\"many\"");
        assert_eq!(show(Kind::Bool, "true"), "true");
        assert_eq!(show(Kind::Json, "{\"a\":1}"), "{\"a\":1}");
        assert_eq!(shown(&of(Kind::Text), KeyValue::Null), None);
    }
}
