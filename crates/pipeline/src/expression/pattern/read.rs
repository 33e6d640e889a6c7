//! Reading a text by a pattern.

use super::{DAYS, Field, MONTHS};
use crate::format::Civil;

/// What has been read of a text so far.
#[derive(Default)]
pub(super) struct Reader<'a> {
    rest: &'a str,
    year: Option<i64>,
    month: Option<u32>,
    day: Option<u32>,
    weekday: Option<usize>,
    hour: u32,
    hour12: Option<u32>,
    afternoon: bool,
    minute: u32,
    second: u32,
    offset: Option<i64>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Reader<'a> {
        Reader { rest: text, ..Reader::default() }
    }

    pub(super) fn literal(&mut self, literal: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(literal)?;
        Some(())
    }

    pub(super) fn field(&mut self, field: Field, count: usize) -> Option<()> {
        match field {
            Field::Year => self.year = Some(self.read_year(count)?),
            Field::Month if count > 2 => self.month = Some(u32::try_from(self.name(&MONTHS, count)?).ok()? + 1),
            Field::Month => self.month = Some(self.number(count)?),
            Field::Day if count > 2 => self.weekday = Some(self.name(&DAYS, count)?),
            Field::Day => self.day = Some(self.number(count)?),
            Field::Hour => self.hour = self.number(count)?,
            Field::Hour12 => self.hour12 = Some(self.number(count).filter(|h| (1..=12).contains(h))?),
            Field::Minute => self.minute = self.number(count)?,
            Field::Second => self.second = self.number(count)?,
            Field::Half => self.afternoon = self.half(count)?,
            Field::Offset => self.offset = Some(self.read_offset(count)?),
            Field::Zone if self.rest.is_empty() => {}
            Field::Zone => self.offset = Some(self.read_zone()?),
        }
        Some(())
    }

    /// Two digits mean 1950 to 2049.
    fn read_year(&mut self, count: usize) -> Option<i64> {
        if count > 2 {
            return self.digits(count.max(4), count.max(4)).map(i64::from);
        }
        let short = i64::from(self.number(count)?);
        Some(if short < 50 { 2000 + short } else { 1900 + short })
    }

    fn number(&mut self, count: usize) -> Option<u32> {
        self.digits(count.min(2), 2)
    }

    fn digits(&mut self, least: usize, most: usize) -> Option<u32> {
        let count = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        if count >= least { digits.parse().ok() } else { None }
    }

    /// Position of the name that comes next, in any letter case: three letters of it, or all.
    fn name(&mut self, names: &[&str], count: usize) -> Option<usize> {
        let wanted = |name: &str| if count == 3 { 3 } else { name.len() };
        let found = names.iter().position(|name| {
            self.rest.get(..wanted(name)).is_some_and(|start| start.eq_ignore_ascii_case(&name[..wanted(name)]))
        })?;
        self.rest = &self.rest[wanted(names[found])..];
        Some(found)
    }

    fn half(&mut self, count: usize) -> Option<bool> {
        let length = count.min(2);
        let word = self.rest.get(..length)?;
        let afternoon = word.eq_ignore_ascii_case(&"PM"[..length]);
        if !afternoon && !word.eq_ignore_ascii_case(&"AM"[..length]) {
            return None;
        }
        self.rest = &self.rest[length..];
        Some(afternoon)
    }

    fn read_zone(&mut self) -> Option<i64> {
        match self.rest.strip_prefix(['Z', 'z']) {
            Some(rest) => {
                self.rest = rest;
                Some(0)
            }
            None => self.read_offset(3),
        }
    }

    fn read_offset(&mut self, count: usize) -> Option<i64> {
        let negative = self.rest.starts_with('-');
        self.rest = self.rest.strip_prefix(['+', '-'])?;
        let hours = self.number(count).filter(|h| *h < 24)?;
        let minutes = if count > 2 {
            self.rest = self.rest.strip_prefix(':')?;
            self.number(2).filter(|m| *m < 60)?
        } else {
            0
        };
        let seconds = i64::from(hours * 3600 + minutes * 60);
        Some(if negative { -seconds } else { seconds })
    }

    /// Fractions of a second are read and dropped.
    pub(super) fn fraction(&mut self, digits: usize, optional: bool, point: bool) -> Option<()> {
        if point {
            match self.rest.strip_prefix('.') {
                Some(rest) => self.rest = rest,
                None => return Some(()),
            }
        }
        self.digits(if optional { 0 } else { digits }, digits).or(optional.then_some(0)).map(|_| ())
    }

    pub(super) fn finish(self) -> Option<(Civil, Option<i64>)> {
        if !self.rest.is_empty() {
            return None;
        }
        let hour = match self.hour12 {
            Some(hour) => hour % 12 + if self.afternoon { 12 } else { 0 },
            None => self.hour,
        };
        let date = (self.year?, self.month.unwrap_or(1), self.day.unwrap_or(1));
        let civil = Civil::new(date, (hour, self.minute, self.second))?;
        let day_agrees = self.weekday.is_none_or(|weekday| weekday == civil.weekday());
        day_agrees.then_some((civil, self.offset))
    }
}
