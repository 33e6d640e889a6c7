//! `Convert`, `int.Parse` and their like.

use super::texts::text;
use super::{Fault, Machine, Outcome, dates, number};
use crate::expression::program::body::node::Read;
use crate::expression::program::body::value::Value;

fn misfit(value: &Value<'_>, kind: &str) -> Box<Fault> {
    let mut shown = String::new();
    super::write::show(value, &mut shown);
    Fault::new(format!("\"{shown}\" is no {kind}"))
}

/// A whole number, rounded half to even; null is 0.
fn whole(value: Option<&Value<'_>>, kind: &str, range: std::ops::RangeInclusive<i64>) -> Outcome<i64> {
    let value = value.unwrap_or(&Value::Null);
    let number = match value {
        Value::Null => Some(0),
        Value::Bool(truth) => Some(i64::from(*truth)),
        Value::Text(text) => number::parse(text),
        Value::Double(number) => {
            let rounded = number.round_ties_even();
            // Beyond 2^63 nothing fits.
            (rounded.abs() < 9.2e18).then_some(rounded as i64)
        }
        other => other.long(),
    };
    number.filter(|number| range.contains(number)).ok_or_else(|| misfit(value, kind))
}

const INT: std::ops::RangeInclusive<i64> = -2_147_483_648..=2_147_483_647;

pub(in super::super) fn to_int<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::Int(whole(arguments.first(), "whole number of 32 bits", INT)? as i32))
}

pub(in super::super) fn to_short<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::Int(whole(arguments.first(), "whole number of 16 bits", -32_768..=32_767)? as i32))
}

pub(in super::super) fn to_byte<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::Int(whole(arguments.first(), "number from 0 to 255", 0..=255)? as i32))
}

pub(in super::super) fn to_long<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::Long(whole(arguments.first(), "whole number", i64::MIN..=i64::MAX)?))
}

pub(in super::super) fn to_double<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let value = arguments.first().unwrap_or(&Value::Null);
    let found = match value {
        Value::Null => Some(0.0),
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        Value::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        other => other.double(),
    };
    found.map(Value::Double).ok_or_else(|| misfit(value, "number"))
}

pub(in super::super) fn to_bool<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let value = arguments.first().unwrap_or(&Value::Null);
    let found = match value {
        Value::Null => Some(false),
        Value::Bool(truth) => Some(*truth),
        Value::Text(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::Text(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        Value::Text(_) => None,
        other => other.double().map(|number| number != 0.0),
    };
    found.map(Value::Bool).ok_or_else(|| misfit(value, "truth value"))
}

pub(in super::super) fn to_date<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    match arguments.first() {
        None | Some(Value::Null) => Ok(Value::Date(dates::FIRST)),
        Some(date @ Value::Date(_)) => Ok(date.clone()),
        Some(other) => {
            let text = other.as_text().unwrap_or_default().to_owned();
            match super::evaluate::typed(&text, Read::Date) {
                Ok(Value::Date(at)) => Ok(Value::Date(at)),
                _ => Err(misfit(other, "date such as 2020-09-29")),
            }
        }
    }
}

pub(in super::super) fn to_char<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let value = arguments.first().unwrap_or(&Value::Null);
    let mut letters = text(arguments, 0).chars();
    match (value, letters.next(), letters.next()) {
        (Value::Char(c), ..) => Ok(Value::Char(*c)),
        (_, Some(c), None) => Ok(Value::Char(c)),
        _ => Err(misfit(value, "character")),
    }
}

pub(in super::super) fn to_text<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let mut shown = String::new();
    super::write::show(arguments.first().unwrap_or(&Value::Null), &mut shown);
    machine.made(shown)
}

/// `int.Parse`.
pub(in super::super) fn parse<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let parsed = number::parse(text(arguments, 0)).filter(|number| INT.contains(number));
    match parsed {
        Some(number) => Ok(Value::Int(number as i32)),
        None => Err(misfit(arguments.first().unwrap_or(&Value::Null), "whole number of 32 bits")),
    }
}

/// `int.TryParse`: the number, or null.
pub(in super::super) fn try_parse<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let parsed = number::parse(text(arguments, 0)).filter(|number| INT.contains(number));
    Ok(parsed.map_or(Value::Null, |number| Value::Int(number as i32)))
}
