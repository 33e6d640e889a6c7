//! Operators.

use super::{Fault, Outcome};
use crate::expression::program::body::node::{Comparison, Number, Operator};
use crate::expression::program::body::value::Value;
use std::cmp::Ordering;

/// Comparisons with null hold never, as in C#.
pub(super) fn compare(comparison: Comparison, a: &Value<'_>, b: &Value<'_>) -> bool {
    let order = match (a, b) {
        (Value::Date(a), Value::Date(b)) | (Value::Span(a), Value::Span(b)) => Some(a.cmp(b)),
        _ => match (a.long(), b.long()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.double().zip(b.double()).and_then(|(a, b)| a.partial_cmp(&b)),
        },
    };
    order.is_some_and(|order| match comparison {
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    })
}

/// Order of values of one type: null first, texts by their characters.
pub(super) fn order(a: &Value<'_>, b: &Value<'_>) -> Ordering {
    use Value as V;
    match (a, b) {
        (V::Null, V::Null) => Ordering::Equal,
        (V::Null, _) => Ordering::Less,
        (_, V::Null) => Ordering::Greater,
        (V::Text(a), V::Text(b)) => super::texts::ordinal(a, b),
        (V::Bool(a), V::Bool(b)) => a.cmp(b),
        (V::Date(a), V::Date(b)) | (V::Span(a), V::Span(b)) => a.cmp(b),
        _ => match (a.long(), b.long()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.double().unwrap_or(f64::NAN).total_cmp(&b.double().unwrap_or(f64::NAN)),
        },
    }
}

/// Arithmetic of C#: whole numbers wrap around, and what is done with null is null.
pub(super) fn arithmetic<'a>(operator: Operator, a: &Value<'a>, b: &Value<'a>) -> Outcome<Value<'a>> {
    use Operator as O;
    use Value as V;
    Ok(match (operator, a, b) {
        (_, V::Null, _) | (_, _, V::Null) => V::Null,
        (O::And, V::Bool(a), V::Bool(b)) => V::Bool(*a && *b),
        (O::Or, V::Bool(a), V::Bool(b)) => V::Bool(*a || *b),
        (O::Xor, V::Bool(a), V::Bool(b)) => V::Bool(a != b),
        (O::Subtract, V::Date(a), V::Date(b)) => V::Span(a - b),
        (O::Add, V::Date(at), V::Span(by)) => super::dates::moved(*at, *by)?,
        (O::Subtract, V::Date(at), V::Span(by)) => super::dates::moved(*at, by.saturating_neg())?,
        (O::Add, V::Span(a), V::Span(b)) => V::Span(a.saturating_add(*b)),
        (O::Subtract, V::Span(a), V::Span(b)) => V::Span(a.saturating_sub(*b)),
        (_, V::Double(_), _) | (_, _, V::Double(_)) => {
            let (a, b) = (a.double().unwrap_or_default(), b.double().unwrap_or_default());
            V::Double(match operator {
                O::Add => a + b,
                O::Subtract => a - b,
                O::Multiply => a * b,
                O::Divide => a / b,
                _ => a % b,
            })
        }
        (_, V::Long(_), _) | (_, _, V::Long(_)) => {
            let (a, b) = (a.long().unwrap_or_default(), b.long().unwrap_or_default());
            V::Long(whole(operator, a, b).ok_or_else(division)?)
        }
        _ => {
            let (a, b) = (a.long().unwrap_or_default(), b.long().unwrap_or_default());
            // Wraps around, as C# does by default.
            let shifted = matches!(operator, O::ShiftLeft | O::ShiftRight);
            let b = if shifted { b & 31 } else { b };
            let result = whole(operator, a, b).ok_or_else(division)?;
            if operator == O::Divide && i32::try_from(result).is_err() {
                return Err(division());
            }
            V::Int(result as i32)
        }
    })
}

fn division() -> Box<Fault> {
    Fault::new("it cannot be divided by that number")
}

fn whole(operator: Operator, a: i64, b: i64) -> Option<i64> {
    Some(match operator {
        Operator::Add => a.wrapping_add(b),
        Operator::Subtract => a.wrapping_sub(b),
        Operator::Multiply => a.wrapping_mul(b),
        Operator::Divide => a.checked_div(b)?,
        Operator::Remainder => a.checked_rem(b)?,
        Operator::And => a & b,
        Operator::Or => a | b,
        Operator::Xor => a ^ b,
        // Only the low bits of the number of places count.
        Operator::ShiftLeft => a.wrapping_shl(b as u32),
        Operator::ShiftRight => a.wrapping_shr(b as u32),
    })
}

pub(super) fn negate<'a>(value: &Value<'a>) -> Value<'a> {
    match value {
        Value::Int(n) => Value::Int(n.wrapping_neg()),
        Value::Long(n) => Value::Long(n.wrapping_neg()),
        Value::Double(n) => Value::Double(-n),
        Value::Span(n) => Value::Span(n.saturating_neg()),
        _ => Value::Null,
    }
}

pub(super) fn widen(number: Number, value: Value<'_>) -> Value<'_> {
    match (number, value.long()) {
        (Number::Int, Some(n)) => Value::Int(n as i32),
        (Number::Long, Some(n)) => Value::Long(n),
        (Number::Double, Some(_)) => Value::Double(value.double().unwrap_or_default()),
        _ => value,
    }
}

/// An explicit cast. Fractions are cut off; a number that does not fit is refused, because what C# makes of it is not
/// defined.
pub(super) fn cast<'a>(number: Number, value: &Value<'a>) -> Outcome<Value<'a>> {
    let misfit = || Fault::new("the number does not fit the type");
    let whole = match value {
        Value::Null => return Ok(Value::Null),
        Value::Double(n) if number != Number::Double => {
            let cut = n.trunc();
            // 2^63 and beyond do not fit; below it every whole double is an i64.
            if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&cut) {
                return Err(misfit());
            }
            cut as i64
        }
        other => other.long().unwrap_or_default(),
    };
    Ok(match number {
        Number::Int if value.double().is_some() && matches!(value, Value::Double(_)) => {
            Value::Int(i32::try_from(whole).map_err(|_| misfit())?)
        }
        Number::Int => Value::Int(whole as i32),
        Number::Long => Value::Long(whole),
        Number::Double => Value::Double(value.double().unwrap_or_default()),
        Number::Char => {
            let unit = u32::try_from(whole).ok().filter(|unit| *unit <= 0xFFFF).ok_or_else(misfit)?;
            Value::Char(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
        }
    })
}
