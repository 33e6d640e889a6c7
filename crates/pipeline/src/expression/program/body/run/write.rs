//! Values as text, written where they are needed.

use super::{Machine, Outcome, dates, number};
use crate::expression::program::body::node::{Form, Kind, Node};
use crate::expression::program::body::value::Value;
use std::fmt::Write;

impl<'a> Machine<'a> {
    /// Appends the text of a node; tells whether it has a value.
    pub(in super::super) fn write(&mut self, node: &'a Node, out: &mut String) -> Outcome<bool> {
        match &node.kind {
            Kind::Concat(parts) => {
                self.step()?;
                let start = out.len();
                for part in parts {
                    self.write(part, out)?;
                }
                self.spend(out.len() - start)?;
                Ok(true)
            }
            Kind::Text(text) => {
                self.step()?;
                out.push_str(text);
                Ok(true)
            }
            Kind::If(parts) => {
                self.step()?;
                let (condition, then, otherwise) = parts.as_ref();
                if self.truth(condition)? { self.write(then, out) } else { self.write(otherwise, out) }
            }
            Kind::Format(format) => {
                self.step()?;
                let value = self.eval(&format.value)?;
                let start = out.len();
                formatted(&value, &format.form, out);
                pad(out, start, format.width);
                self.spend(out.len() - start)?;
                Ok(true)
            }
            _ => {
                let value = self.eval(node)?;
                show(&value, out);
                Ok(!value.is_null())
            }
        }
    }
}

fn formatted(value: &Value<'_>, form: &Form, out: &mut String) {
    match (form, value) {
        (Form::Date(pattern), Value::Date(at)) => out.push_str(&dates::format(pattern, *at)),
        (Form::Number(picture), value) => match value.double() {
            Some(number) => picture.write(number, value.long(), out),
            None => show(value, out),
        },
        _ => show(value, out),
    }
}

fn pad(out: &mut String, start: usize, width: i32) {
    let length = out[start..].encode_utf16().count();
    // Widths are checked to be small.
    let missing = (width.unsigned_abs() as usize).saturating_sub(length);
    if missing == 0 {
        return;
    }
    let blanks = " ".repeat(missing);
    if width < 0 {
        out.push_str(&blanks);
    } else {
        out.insert_str(start, &blanks);
    }
}

/// The text of a value as `ToString` of C# gives it under the invariant culture; nothing for null.
pub(in super::super) fn show(value: &Value<'_>, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = match value {
        Value::Text(text) => out.write_str(text),
        Value::Char(c) => out.write_char(*c),
        Value::Int(n) => write!(out, "{n}"),
        Value::Long(n) => write!(out, "{n}"),
        Value::Bool(true) => out.write_str("True"),
        Value::Bool(false) => out.write_str("False"),
        Value::Double(n) => {
            number::double(*n, out);
            Ok(())
        }
        Value::Date(at) => out.write_str(&dates::general(*at)),
        Value::Span(span) => {
            dates::span(*span, out);
            Ok(())
        }
        Value::Match(found) => match found.groups.first() {
            Some(Some((_, text))) => out.write_str(text),
            _ => Ok(()),
        },
        Value::Null | Value::Resource(..) | Value::Links(..) | Value::List(_) | Value::Map(_) => Ok(()),
    };
}
