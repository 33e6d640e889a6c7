//! Regular expressions. They run in linear time; the pattern is known when the body is compiled.

use super::{Fault, Machine, Outcome, texts};
use crate::expression::program::body::node::{Piece, RegexCall, RegexOperation};
use crate::expression::program::body::value::{Found, Text, Value};
use regex::Captures;
use std::rc::Rc;

impl<'a> Machine<'a> {
    pub(super) fn regex(&mut self, call: &'a RegexCall) -> Outcome<Value<'a>> {
        let input = self.eval(&call.input)?;
        let Some(text) = input.as_text() else {
            return Err(Fault::null(call.input.at));
        };
        match call.operation {
            RegexOperation::IsMatch => Ok(Value::Bool(call.regex.is_match(text))),
            RegexOperation::Match => match call.regex.captures(text) {
                Some(captures) => self.found(call, text, &captures),
                None => Ok(Value::Match(Rc::new(Found { groups: Vec::new(), names: &call.names }))),
            },
            RegexOperation::Matches => {
                let mut found = Vec::new();
                for captures in call.regex.captures_iter(text) {
                    found.push(self.found(call, text, &captures)?);
                }
                self.list(found)
            }
            RegexOperation::Replace => self.replaced(call, text),
            RegexOperation::Split => {
                let mut parts = Vec::new();
                let mut last = 0;
                for captures in call.regex.captures_iter(text) {
                    let Some(whole) = captures.get(0) else { continue };
                    parts.push(self.made(text[last..whole.start()].to_owned())?);
                    // Groups are kept among the parts, as C# does.
                    for group in call.groups.iter().skip(1).filter_map(|group| captures.get(*group)) {
                        parts.push(self.made(group.as_str().to_owned())?);
                    }
                    last = whole.end();
                }
                parts.push(self.made(text[last..].to_owned())?);
                self.list(parts)
            }
        }
    }

    fn found(&mut self, call: &'a RegexCall, text: &str, captures: &Captures<'_>) -> Outcome<Value<'a>> {
        let mut groups = Vec::with_capacity(captures.len());
        for group in &call.groups {
            groups.push(match captures.get(*group) {
                Some(group) => {
                    self.spend(group.len() + size_of::<Value<'_>>())?;
                    Some((texts::length(&text[..group.start()]), Text::from(group.as_str().to_owned())))
                }
                None => None,
            });
        }
        Ok(Value::Match(Rc::new(Found { groups, names: &call.names })))
    }

    fn replaced(&mut self, call: &'a RegexCall, text: &str) -> Outcome<Value<'a>> {
        let mut computed = String::new();
        for piece in &call.replacement {
            if let Piece::Computed(node) = piece {
                self.write(node, &mut computed)?;
            }
        }
        let mut out = String::new();
        let mut last = 0;
        for captures in call.regex.captures_iter(text) {
            self.step()?;
            let Some(whole) = captures.get(0) else { continue };
            let start = out.len();
            out.push_str(&text[last..whole.start()]);
            for piece in &call.replacement {
                match piece {
                    Piece::Text(text) => out.push_str(text),
                    Piece::Group(group) => out.push_str(captures.get(*group).map_or("", |group| group.as_str())),
                    Piece::Computed(_) => out.push_str(&computed),
                }
            }
            last = whole.end();
            self.spend(out.len() - start)?;
        }
        out.push_str(&text[last..]);
        self.made(out)
    }
}

/// A group of a match, given as a list of the match and a number or name; a match alone is its first group. A group
/// that took no part, or is not there, succeeds not.
fn group<'v, 'a>(arguments: &'v [Value<'a>]) -> Option<&'v (usize, Text<'a>)> {
    let (found, which) = match arguments.first()? {
        Value::Match(found) => return found.groups.first()?.as_ref(),
        Value::List(pair) => match pair.as_slice() {
            [Value::Match(found), which] => (found, which),
            _ => return None,
        },
        _ => return None,
    };
    let position = match which {
        Value::Text(name) => found.names.iter().position(|known| known.as_deref() == Some(name)),
        number => number.long().and_then(|number| usize::try_from(number).ok()),
    };
    found.groups.get(position?)?.as_ref()
}

pub(in super::super) fn success<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::Bool(group(arguments).is_some()))
}

pub(in super::super) fn value<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let text = group(arguments).map_or(Text::Borrowed(""), |(_, text)| text.clone());
    Ok(Value::Text(text))
}

pub(in super::super) fn index<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::Int(group(arguments).map_or(0, |(start, _)| *start as i32)))
}

pub(in super::super) fn length<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::Int(group(arguments).map_or(0, |(_, text)| texts::length(text) as i32)))
}

pub(in super::super) fn escape<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    machine.made(regex::escape(texts::text(arguments, 0)))
}
