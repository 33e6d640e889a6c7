//! Collections: elements are passed on one by one, so that what C# does not look at is not evaluated here either.

use super::{Fault, Machine, Outcome, operate};
use crate::expression::program::body::node::{Kind, Lambda, Linq, Node, Step};
use crate::expression::program::body::value::Value;

/// Takes an element, and tells whether it wants more.
type Sink<'s, 'a> = dyn FnMut(&mut Machine<'a>, Value<'a>) -> Outcome<bool> + 's;

impl<'a> Machine<'a> {
    /// Passes the elements of a collection to `sink` until it has enough; tells whether it still wants more.
    pub(super) fn each(&mut self, source: &'a Node, sink: &mut Sink<'_, 'a>) -> Outcome<bool> {
        match &source.kind {
            Kind::Linq(linq) if linq.is_stream() => {
                self.step()?;
                self.stream(linq, sink)
            }
            _ => {
                let value = self.eval(source)?;
                self.each_of(source, value, sink)
            }
        }
    }

    fn each_of(&mut self, source: &'a Node, value: Value<'a>, sink: &mut Sink<'_, 'a>) -> Outcome<bool> {
        match value {
            Value::Links(population, links) => {
                for link in links {
                    self.step()?;
                    if !sink(self, Value::Resource(population, *link))? {
                        return Ok(false);
                    }
                }
            }
            Value::List(elements) => {
                for element in elements.iter() {
                    self.step()?;
                    if !sink(self, element.clone())? {
                        return Ok(false);
                    }
                }
            }
            Value::Text(text) => {
                for unit in super::texts::units(&text) {
                    self.step()?;
                    if !sink(self, Value::Char(unit))? {
                        return Ok(false);
                    }
                }
            }
            _ => return Err(Fault::null(source.at)),
        }
        Ok(true)
    }

    fn stream(&mut self, linq: &'a Linq, sink: &mut Sink<'_, 'a>) -> Outcome<bool> {
        let source = &linq.source;
        match &linq.step {
            Step::Where(lambda) => self.indexed(source, lambda, &mut |machine, element| {
                if machine.truth(&lambda.body)? { sink(machine, element) } else { Ok(true) }
            }),
            Step::Select(lambda) => self.indexed(source, lambda, &mut |machine, _| {
                let value = machine.eval(&lambda.body)?;
                sink(machine, value)
            }),
            Step::SelectMany(lambda) => {
                self.indexed(source, lambda, &mut |machine, _| machine.each(&lambda.body, sink))
            }
            Step::Skip(count) => {
                let mut left = self.count(count)?;
                self.each(source, &mut |machine, element| {
                    if left > 0 {
                        left -= 1;
                        return Ok(true);
                    }
                    sink(machine, element)
                })
            }
            Step::Take(count) => self.take(source, count, sink),
            Step::SkipWhile(lambda) => {
                let mut skipping = true;
                self.indexed(source, lambda, &mut |machine, element| {
                    skipping = skipping && machine.truth(&lambda.body)?;
                    if skipping { Ok(true) } else { sink(machine, element) }
                })
            }
            Step::TakeWhile(lambda) => {
                let mut wants_more = true;
                self.indexed(source, lambda, &mut |machine, element| {
                    if !machine.truth(&lambda.body)? {
                        return Ok(false);
                    }
                    wants_more = sink(machine, element)?;
                    Ok(wants_more)
                })?;
                Ok(wants_more)
            }
            Step::Concat(second) => Ok(self.each(source, sink)? && self.each(second, sink)?),
            Step::Append(last) => {
                if !self.each(source, sink)? {
                    return Ok(false);
                }
                let last = self.eval(last)?;
                sink(self, last)
            }
            Step::Prepend(first) => {
                let first = self.eval(first)?;
                Ok(sink(self, first)? && self.each(source, sink)?)
            }
            _ => Ok(true),
        }
    }

    fn take(&mut self, source: &'a Node, count: &'a Node, sink: &mut Sink<'_, 'a>) -> Outcome<bool> {
        let mut left = self.count(count)?;
        let mut wants_more = true;
        if left == 0 {
            return Ok(true);
        }
        self.each(source, &mut |machine, element| {
            left -= 1;
            wants_more = sink(machine, element)?;
            Ok(wants_more && left > 0)
        })?;
        Ok(wants_more)
    }

    /// Passes the elements on with the parameters of the lambda set.
    fn indexed(&mut self, source: &'a Node, lambda: &'a Lambda, sink: &mut Sink<'_, 'a>) -> Outcome<bool> {
        let mut position = 0;
        self.each(source, &mut |machine, element| {
            machine.set(lambda.slot, element.clone());
            if let Some(slot) = lambda.index {
                machine.set(slot, Value::Int(position));
                position += 1;
            }
            sink(machine, element)
        })
    }

    pub(super) fn count(&mut self, node: &'a Node) -> Outcome<usize> {
        match self.eval(node)?.long() {
            // Negative counts skip and take nothing.
            Some(count) => Ok(usize::try_from(count).unwrap_or(0)),
            None => Err(Fault::null(node.at)),
        }
    }

    /// All elements.
    pub(super) fn collect(&mut self, source: &'a Node) -> Outcome<Vec<Value<'a>>> {
        let mut elements = Vec::new();
        self.each(source, &mut |machine, element| {
            machine.spend(size_of::<Value<'_>>())?;
            elements.push(element);
            Ok(true)
        })?;
        Ok(elements)
    }

    pub(super) fn linq(&mut self, linq: &'a Linq) -> Outcome<Value<'a>> {
        if linq.is_stream() {
            let mut elements = Vec::new();
            self.stream(linq, &mut |machine, element| {
                machine.spend(size_of::<Value<'_>>())?;
                elements.push(element);
                Ok(true)
            })?;
            return Ok(Value::List(elements.into()));
        }
        if linq.gives_list() { self.rearranged(linq) } else { self.picked(linq) }
    }

    /// Steps that need all elements and give a collection.
    fn rearranged(&mut self, linq: &'a Linq) -> Outcome<Value<'a>> {
        if let (Step::Collect, Kind::Links(..)) = (&linq.step, &linq.source.kind) {
            return self.eval(&linq.source);
        }
        let mut elements = self.collect(&linq.source)?;
        match &linq.step {
            Step::SkipLast(count) => {
                let count = self.count(count)?;
                elements.truncate(elements.len().saturating_sub(count));
            }
            Step::TakeLast(count) => {
                let count = self.count(count)?;
                elements.drain(..elements.len().saturating_sub(count));
            }
            Step::Reverse => elements.reverse(),
            Step::Distinct => elements = self.distinct(elements)?,
            Step::Union(second) => {
                elements.extend(self.collect(second)?);
                elements = self.distinct(elements)?;
            }
            Step::Intersect(second) => {
                let second = self.collect(second)?;
                elements = self.filtered(elements, &second, true)?;
            }
            Step::Except(second) => {
                let second = self.collect(second)?;
                elements = self.filtered(elements, &second, false)?;
            }
            Step::DefaultIfEmpty(default) if elements.is_empty() => elements.push(self.eval(default)?),
            Step::Sort(keys) => elements = self.sorted(elements, keys)?,
            _ => {}
        }
        self.list(elements)
    }

    fn distinct(&mut self, elements: Vec<Value<'a>>) -> Outcome<Vec<Value<'a>>> {
        let mut kept: Vec<Value<'a>> = Vec::new();
        for element in elements {
            if !self.holds(&kept, &element)? {
                kept.push(element);
            }
        }
        Ok(kept)
    }

    fn filtered(&mut self, elements: Vec<Value<'a>>, others: &[Value<'a>], wanted: bool) -> Outcome<Vec<Value<'a>>> {
        let mut kept = Vec::new();
        for element in elements {
            if self.holds(others, &element)? == wanted {
                kept.push(element);
            }
        }
        self.distinct(kept)
    }

    /// Whether an equal value is among them. Each comparison is a step.
    fn holds(&mut self, elements: &[Value<'a>], wanted: &Value<'a>) -> Outcome<bool> {
        let found = elements.iter().position(|element| element.equals(wanted));
        self.compared(found.unwrap_or(elements.len()))?;
        Ok(found.is_some())
    }

    fn sorted(&mut self, elements: Vec<Value<'a>>, keys: &'a [(Lambda, bool)]) -> Outcome<Vec<Value<'a>>> {
        let mut keyed = Vec::with_capacity(elements.len());
        for element in elements {
            let mut values = Vec::with_capacity(keys.len());
            for (lambda, _) in keys {
                self.set(lambda.slot, element.clone());
                values.push(self.eval(&lambda.body)?);
            }
            keyed.push((values, element));
        }
        keyed.sort_by(|(a, _), (b, _)| {
            let orders = a.iter().zip(b).zip(keys).map(|((a, b), (_, descending))| {
                let order = operate::order(a, b);
                if *descending { order.reverse() } else { order }
            });
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        Ok(keyed.into_iter().map(|(_, element)| element).collect())
    }
}

impl Linq {
    fn is_stream(&self) -> bool {
        use Step as S;
        matches!(
            self.step,
            S::Where(_)
                | S::Select(_)
                | S::SelectMany(_)
                | S::Skip(_)
                | S::Take(_)
                | S::SkipWhile(_)
                | S::TakeWhile(_)
                | S::Concat(_)
                | S::Append(_)
                | S::Prepend(_)
        )
    }

    fn gives_list(&self) -> bool {
        use Step as S;
        matches!(
            self.step,
            S::SkipLast(_)
                | S::TakeLast(_)
                | S::Reverse
                | S::Distinct
                | S::Union(_)
                | S::Intersect(_)
                | S::Except(_)
                | S::DefaultIfEmpty(_)
                | S::Sort(_)
                | S::Collect
        )
    }
}
