//! Steps over collections that give one value.

use super::{Fault, Machine, Outcome, operate};
use crate::expression::program::body::node::{Lambda, Linq, Node, Number, Step, Which};
use crate::expression::program::body::value::Value;
use std::cmp::Ordering;

impl<'a> Machine<'a> {
    pub(super) fn picked(&mut self, linq: &'a Linq) -> Outcome<Value<'a>> {
        let source = &linq.source;
        match &linq.step {
            Step::Pick { which, lambda, otherwise } => self.pick(source, *which, lambda.as_ref(), otherwise.as_ref()),
            Step::ElementAt(position, otherwise) => self.element_at(source, position, otherwise.as_ref()),
            Step::Any(lambda) => {
                let mut found = false;
                self.matching(source, lambda.as_ref(), &mut |_, _| {
                    found = true;
                    Ok(false)
                })?;
                Ok(Value::Bool(found))
            }
            Step::All(lambda) => {
                let mut all = true;
                self.each(source, &mut |machine, element| {
                    machine.set(lambda.slot, element);
                    all = machine.truth(&lambda.body)?;
                    Ok(all)
                })?;
                Ok(Value::Bool(all))
            }
            Step::Count(lambda, long) => {
                let mut count = 0;
                self.matching(source, lambda.as_ref(), &mut |_, _| {
                    count += 1;
                    Ok(true)
                })?;
                // The limit of steps keeps it small.
                Ok(if *long { Value::Long(count) } else { Value::Int(count as i32) })
            }
            Step::Contains(wanted) => {
                let wanted = self.eval(wanted)?;
                let mut found = false;
                self.each(source, &mut |_, element| {
                    found = element.equals(&wanted);
                    Ok(!found)
                })?;
                Ok(Value::Bool(found))
            }
            Step::Extreme { greatest, lambda } => self.extreme(source, *greatest, lambda.as_ref()),
            Step::Sum(lambda, number) => Ok(self.sum(source, lambda.as_ref(), *number)?.0),
            Step::Average(lambda) => {
                let (sum, count) = self.sum(source, lambda.as_ref(), Number::Double)?;
                match sum.double() {
                    Some(sum) if count > 0 => Ok(Value::Double(sum / f64::from(count))),
                    _ => Err(Fault::new("the collection has no elements")),
                }
            }
            Step::Aggregate { seed, accumulator, lambda } => {
                self.aggregate(source, seed.as_ref(), *accumulator, lambda)
            }
            Step::Join(separator) => self.join(source, separator),
            Step::SequenceEqual(second) => {
                let (first, second) = (self.collect(source)?, self.collect(second)?);
                let equal = first.len() == second.len() && first.iter().zip(&second).all(|(a, b)| a.equals(b));
                Ok(Value::Bool(equal))
            }
            _ => Ok(Value::Null),
        }
    }

    /// Passes on the elements for which the lambda holds, or all.
    fn matching(
        &mut self,
        source: &'a Node,
        lambda: Option<&'a Lambda>,
        sink: &mut dyn FnMut(&mut Machine<'a>, Value<'a>) -> Outcome<bool>,
    ) -> Outcome<bool> {
        self.each(source, &mut |machine, element| {
            if let Some(lambda) = lambda {
                machine.set(lambda.slot, element.clone());
                if !machine.truth(&lambda.body)? {
                    return Ok(true);
                }
            }
            sink(machine, element)
        })
    }

    fn pick(
        &mut self,
        source: &'a Node,
        which: Which,
        lambda: Option<&'a Lambda>,
        otherwise: Option<&'a Node>,
    ) -> Outcome<Value<'a>> {
        let mut found: Option<Value<'a>> = None;
        self.matching(source, lambda, &mut |_, element| {
            if which == Which::Single && found.is_some() {
                return Err(Fault::new("more than one element fits"));
            }
            found = Some(element);
            Ok(which != Which::First)
        })?;
        match (found, otherwise) {
            (Some(element), _) => Ok(element),
            (None, Some(otherwise)) => self.eval(otherwise),
            (None, None) => Err(Fault::new("no element fits")),
        }
    }

    fn element_at(&mut self, source: &'a Node, position: &'a Node, otherwise: Option<&'a Node>) -> Outcome<Value<'a>> {
        let wanted = self.eval(position)?.long().and_then(|position| usize::try_from(position).ok());
        let mut found = None;
        if let Some(mut left) = wanted {
            self.each(source, &mut |_, element| {
                if left == 0 {
                    found = Some(element);
                    return Ok(false);
                }
                left -= 1;
                Ok(true)
            })?;
        }
        match (found, otherwise) {
            (Some(element), _) => Ok(element),
            (None, Some(otherwise)) => self.eval(otherwise),
            (None, None) => Err(Fault::new("the collection has no element at that position")),
        }
    }

    fn of(&mut self, lambda: Option<&'a Lambda>, element: Value<'a>) -> Outcome<Value<'a>> {
        match lambda {
            Some(lambda) => {
                self.set(lambda.slot, element);
                self.eval(&lambda.body)
            }
            None => Ok(element),
        }
    }

    /// The smallest or greatest value that is not null, as C# has it for types that may be null.
    fn extreme(&mut self, source: &'a Node, greatest: bool, lambda: Option<&'a Lambda>) -> Outcome<Value<'a>> {
        let wanted = if greatest { Ordering::Greater } else { Ordering::Less };
        let mut best = Value::Null;
        self.each(source, &mut |machine, element| {
            let value = machine.of(lambda, element)?;
            if !value.is_null() && (best.is_null() || operate::order(&value, &best) == wanted) {
                best = value;
            }
            Ok(true)
        })?;
        Ok(best)
    }

    /// Sum and number of the values that are not null.
    fn sum(&mut self, source: &'a Node, lambda: Option<&'a Lambda>, number: Number) -> Outcome<(Value<'a>, u32)> {
        let (mut whole, mut broken, mut count) = (0_i64, 0.0, 0);
        self.each(source, &mut |machine, element| {
            let value = machine.of(lambda, element)?;
            if let Some(double) = value.double() {
                count += 1;
                broken += double;
                whole = whole
                    .checked_add(value.long().unwrap_or_default())
                    .ok_or_else(|| Fault::new("the sum is too large"))?;
            }
            Ok(true)
        })?;
        let sum = match number {
            Number::Double => Value::Double(broken),
            Number::Long => Value::Long(whole),
            _ => Value::Int(i32::try_from(whole).map_err(|_| Fault::new("the sum is too large"))?),
        };
        Ok((sum, count))
    }

    fn aggregate(
        &mut self,
        source: &'a Node,
        seed: Option<&'a Node>,
        accumulator: usize,
        lambda: &'a Lambda,
    ) -> Outcome<Value<'a>> {
        let mut so_far = seed.map(|seed| self.eval(seed)).transpose()?;
        self.each(source, &mut |machine, element| {
            so_far = Some(match so_far.take() {
                None => element,
                Some(value) => {
                    machine.set(accumulator, value);
                    machine.set(lambda.slot, element);
                    machine.eval(&lambda.body)?
                }
            });
            Ok(true)
        })?;
        so_far.ok_or_else(|| Fault::new("the collection has no elements"))
    }

    fn join(&mut self, source: &'a Node, separator: &'a Node) -> Outcome<Value<'a>> {
        let mut between = String::new();
        self.write(separator, &mut between)?;
        let mut text = String::new();
        let mut is_first = true;
        self.each(source, &mut |machine, element| {
            let start = text.len();
            if !is_first {
                text.push_str(&between);
            }
            is_first = false;
            super::write::show(&element, &mut text);
            machine.spend(text.len() - start)?;
            Ok(true)
        })?;
        Ok(Value::text(text))
    }
}
