//! Dictionaries of texts.

use super::{Fault, Machine, Outcome};
use crate::expression::program::body::node::Node;
use crate::expression::program::body::value::{Text, Value};
use std::cell::RefCell;
use std::rc::Rc;

impl<'a> Machine<'a> {
    pub(super) fn map(&mut self, entries: &'a [(Node, Node)]) -> Outcome<Value<'a>> {
        let map = Value::Map(Rc::new(RefCell::new(Vec::with_capacity(entries.len()))));
        for (key, value) in entries {
            let entry = [map.clone(), self.eval(key)?, self.eval(value)?];
            set(self, &entry)?;
        }
        Ok(map)
    }
}

/// Position of a key, or why it has none. Each comparison is a step.
fn find(machine: &mut Machine<'_>, entries: &[(Text<'_>, Value<'_>)], key: &Value<'_>) -> Outcome<Option<usize>> {
    let Some(key) = key.as_text() else {
        return Err(Fault::new("the key is null"));
    };
    let found = entries.iter().position(|(known, _)| **known == *key);
    machine.compared(found.unwrap_or(entries.len()))?;
    Ok(found)
}

fn put<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>], replaces: bool) -> Outcome<Value<'a>> {
    let [Value::Map(map), Value::Text(key), value] = arguments else {
        return Err(Fault::new("the key is null"));
    };
    machine.spend(size_of::<(Text<'_>, Value<'_>)>())?;
    let mut entries = map.borrow_mut();
    match find(machine, &entries, &arguments[1])? {
        Some(_) if !replaces => return Err(Fault::new(format!("the key \"{}\" is there already", &**key))),
        Some(known) => entries[known].1 = value.clone(),
        None => entries.push((key.clone(), value.clone())),
    }
    Ok(Value::Null)
}

pub(in super::super) fn add<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    put(machine, arguments, false)
}

pub(in super::super) fn set<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    put(machine, arguments, true)
}

pub(in super::super) fn get<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let [Value::Map(map), key] = arguments else {
        return Err(Fault::new("there is no dictionary"));
    };
    let entries = map.borrow();
    match find(machine, &entries, key)? {
        Some(known) => Ok(entries[known].1.clone()),
        None => Err(Fault::new(format!("there is no key \"{}\"", key.as_text().unwrap_or_default()))),
    }
}

/// The value of a key, or null.
pub(in super::super) fn try_get<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let [Value::Map(map), key] = arguments else {
        return Err(Fault::new("there is no dictionary"));
    };
    let entries = map.borrow();
    Ok(find(machine, &entries, key)?.map_or(Value::Null, |known| entries[known].1.clone()))
}

pub(in super::super) fn contains<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let [Value::Map(map), key] = arguments else {
        return Err(Fault::new("there is no dictionary"));
    };
    Ok(Value::Bool(find(machine, &map.borrow(), key)?.is_some()))
}

pub(in super::super) fn remove<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let [Value::Map(map), key] = arguments else {
        return Err(Fault::new("there is no dictionary"));
    };
    let mut entries = map.borrow_mut();
    let found = find(machine, &entries, key)?;
    if let Some(known) = found {
        entries.remove(known);
    }
    Ok(Value::Bool(found.is_some()))
}

pub(in super::super) fn count<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    match arguments {
        // The limit of bytes keeps it small.
        [Value::Map(map)] => Ok(Value::Int(map.borrow().len() as i32)),
        _ => Err(Fault::new("there is no dictionary")),
    }
}
