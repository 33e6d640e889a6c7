//! `provisioningOrder`.

use super::texts::text;
use super::{Fault, Machine, Outcome};
use crate::expression::program::body::value::{Text, Value};
use crate::expression::program::{Order, OrderChange};

fn order<'a>(machine: &Machine<'a>) -> Outcome<&'a (dyn Order + Sync)> {
    machine.environment.order.ok_or_else(|| Fault::new("there is no provisioning order here"))
}

fn changes<'a>(machine: &mut Machine<'a>, wanted: OrderChange) -> Outcome<Value<'a>> {
    Ok(Value::Bool(order(machine)?.change() == wanted))
}

/// What `ChangeType` can be asked, by name.
pub(in super::super) const CHANGES: [(&str, super::Run); 4] = [
    ("IsNone", |machine, _| changes(machine, OrderChange::None)),
    ("IsAdded", |machine, _| changes(machine, OrderChange::Added)),
    ("IsUpdated", |machine, _| changes(machine, OrderChange::Updated)),
    ("IsDeleted", |machine, _| changes(machine, OrderChange::Deleted)),
];

pub(in super::super) fn has_changed<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::Bool(order(machine)?.has_changed(text(arguments, 0))))
}

/// The new value of a property, or null.
pub(in super::super) fn scalar<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let value = order(machine)?.scalar(text(arguments, 0));
    Ok(value.map_or(Value::Null, |value| Value::Text(Text::Borrowed(value))))
}

pub(in super::super) fn added<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let keys = order(machine)?.added(text(arguments, 0));
    some(machine, keys)
}

pub(in super::super) fn removed<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let keys = order(machine)?.removed(text(arguments, 0));
    some(machine, keys)
}

/// The keys, or null without any.
fn some<'a>(machine: &mut Machine<'a>, keys: &'a [String]) -> Outcome<Value<'a>> {
    if keys.is_empty() {
        return Ok(Value::Null);
    }
    machine.list(keys.iter().map(|key| Value::Text(Text::Borrowed(key.as_str()))).collect())
}
