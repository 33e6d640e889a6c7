//! Methods of `string` and `char`. Positions and lengths count UTF-16 units, as C# does; letter case and order are the
//! same under every culture.

use super::{Fault, Machine, Outcome};
use crate::expression::program::body::value::{Text, Value};
use crate::text as folding;
use std::cmp::Ordering;

/// A text argument. Required ones are never null: the compiled call checks it.
pub(super) fn text<'v>(arguments: &'v [Value<'_>], position: usize) -> &'v str {
    arguments.get(position).and_then(Value::as_text).unwrap_or_default()
}

/// A number or character, 0 if it is missing.
pub(super) fn number(arguments: &[Value<'_>], position: usize) -> i64 {
    arguments.get(position).and_then(Value::long).unwrap_or_default()
}

fn character(arguments: &[Value<'_>], position: usize, otherwise: char) -> char {
    match arguments.get(position) {
        Some(Value::Char(c)) => *c,
        _ => otherwise,
    }
}

/// A text or a character, as a text.
fn part<'v>(arguments: &'v [Value<'_>], position: usize, buffer: &'v mut [u8; 4]) -> &'v str {
    match arguments.get(position) {
        Some(Value::Char(c)) => c.encode_utf8(buffer),
        _ => text(arguments, position),
    }
}

/// Whether the comparison that is named disregards letter case: every second one does.
fn ignores_case(arguments: &[Value<'_>], position: usize) -> bool {
    number(arguments, position) % 2 == 1
}

/// Order by characters.
pub(super) fn ordinal(a: &str, b: &str) -> Ordering {
    a.cmp(b)
}

/// UTF-16 units as characters; half a character gives a replacement.
pub(super) fn units(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(|c| {
        let halves = if c.len_utf16() == 2 { [char::REPLACEMENT_CHARACTER; 2] } else { [c; 2] };
        halves.into_iter().take(c.len_utf16())
    })
}

pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// A part of a text, borrowed where the text is.
fn slice<'a>(machine: &mut Machine<'a>, of: &Value<'a>, from: usize, to: usize) -> Outcome<Value<'a>> {
    let whole = of.as_text().unwrap_or_default();
    let is_boundary = whole.is_char_boundary(from) && whole.is_char_boundary(to);
    match of {
        Value::Text(Text::Borrowed(whole)) if is_boundary => Ok(Value::Text(Text::Borrowed(&whole[from..to]))),
        _ if from == 0 && to == whole.len() => Ok(of.clone()),
        _ => machine.made(whole.get(from..to).unwrap_or_default().to_owned()),
    }
}

pub(in super::super) fn length_of<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let length = match arguments.first() {
        Some(Value::Links(_, links)) => links.len(),
        Some(Value::List(elements)) => elements.len(),
        _ => length(text(arguments, 0)),
    };
    // The limit of bytes keeps it small.
    Ok(Value::Int(length as i32))
}

/// `text[n]` and `list[n]`.
pub(in super::super) fn at<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let position = usize::try_from(number(arguments, 1)).ok();
    let found = match arguments.first() {
        Some(Value::Links(population, links)) => {
            position.and_then(|position| links.get(position)).map(|link| Value::Resource(population, *link))
        }
        Some(Value::List(elements)) => position.and_then(|position| elements.get(position)).cloned(),
        _ => position.and_then(|position| units(text(arguments, 0)).nth(position)).map(Value::Char),
    };
    found.ok_or_else(|| Fault::new(format!("there is no position {}", number(arguments, 1))))
}

pub(in super::super) fn substring<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let whole = text(arguments, 0);
    let total = length(whole);
    let start = number(arguments, 1);
    let count = if arguments.len() > 2 { number(arguments, 2) } else { total as i64 - start };
    let range = usize::try_from(start).ok().zip(usize::try_from(count).ok());
    let Some((start, count)) = range.filter(|(start, count)| start.saturating_add(*count) <= total) else {
        let reason = format!("a text of {total} characters has no part of {count} characters from {start}");
        return Err(Fault::new(reason));
    };
    cut(machine, &arguments[0], start, start + count)
}

/// The part between two positions in UTF-16 units.
fn cut<'a>(machine: &mut Machine<'a>, of: &Value<'a>, start: usize, end: usize) -> Outcome<Value<'a>> {
    let whole = of.as_text().unwrap_or_default();
    if whole.is_ascii() {
        return slice(machine, of, start, end);
    }
    match (byte_of(whole, start), byte_of(whole, end)) {
        (Some(from), Some(to)) => slice(machine, of, from, to),
        // A character of two units is cut in two.
        _ => {
            let units: Vec<u16> = whole.encode_utf16().skip(start).take(end - start).collect();
            machine.made(String::from_utf16_lossy(&units))
        }
    }
}

/// The byte at which a position in UTF-16 units lies, unless it lies within a character.
fn byte_of(text: &str, position: usize) -> Option<usize> {
    let mut units = 0;
    for (byte, c) in text.char_indices() {
        if units >= position {
            return (units == position).then_some(byte);
        }
        units += c.len_utf16();
    }
    (units == position).then_some(text.len())
}

pub(in super::super) fn starts_with<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let mut buffer = [0; 4];
    let (whole, start) = (text(arguments, 0), part(arguments, 1, &mut buffer));
    Ok(Value::Bool(if ignores_case(arguments, 2) {
        folding::upper(whole).starts_with(&folding::upper(start))
    } else {
        whole.starts_with(start)
    }))
}

pub(in super::super) fn ends_with<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let mut buffer = [0; 4];
    let (whole, end) = (text(arguments, 0), part(arguments, 1, &mut buffer));
    Ok(Value::Bool(if ignores_case(arguments, 2) {
        folding::upper(whole).ends_with(&folding::upper(end))
    } else {
        whole.ends_with(end)
    }))
}

pub(in super::super) fn contains<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let mut buffer = [0; 4];
    let (whole, within) = (text(arguments, 0), part(arguments, 1, &mut buffer));
    Ok(Value::Bool(if ignores_case(arguments, 2) {
        folding::upper(whole).contains(&folding::upper(within))
    } else {
        whole.contains(within)
    }))
}

/// Position of a text or character, from a position on, or -1.
pub(in super::super) fn index_of<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    search(machine, arguments, 0, false, |whole, wanted| whole.find(wanted))
}

pub(in super::super) fn index_from<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    search(machine, arguments, number(arguments, 2), false, |whole, wanted| whole.find(wanted))
}

/// The same with a comparison.
pub(in super::super) fn index_compared<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    search(machine, arguments, 0, ignores_case(arguments, 2), |whole, wanted| whole.find(wanted))
}

pub(in super::super) fn last_index_of<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    search(machine, arguments, 0, ignores_case(arguments, 2), |whole, wanted| whole.rfind(wanted))
}

fn search<'a>(
    _: &mut Machine<'a>,
    arguments: &[Value<'a>],
    from: i64,
    ignores_case: bool,
    find: fn(&str, &str) -> Option<usize>,
) -> Outcome<Value<'a>> {
    let mut buffer = [0; 4];
    let (whole, wanted) = (text(arguments, 0), part(arguments, 1, &mut buffer));
    let start = usize::try_from(from).ok().and_then(|from| byte_of(whole, from));
    let Some(start) = start else {
        return Err(Fault::new(format!("there is no position {from}")));
    };
    let rest = &whole[start..];
    let found = if ignores_case {
        let folded = folding::upper(rest);
        // Folding keeps the number of characters.
        find(&folded, &folding::upper(wanted)).map(|byte| {
            let characters = folded[..byte].chars().count();
            rest.chars().take(characters).map(char::len_utf16).sum()
        })
    } else {
        find(rest, wanted).map(|byte| length(&rest[..byte]))
    };
    Ok(Value::Int(found.map_or(-1, |units: usize| (length(&whole[..start]) + units) as i32)))
}

pub(in super::super) fn index_of_any<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (whole, wanted) = (text(arguments, 0), characters(arguments.get(1)));
    let found = whole.find(|c| wanted.contains(&c));
    Ok(Value::Int(found.map_or(-1, |byte| length(&whole[..byte]) as i32)))
}

/// The characters of a list or a text.
pub(super) fn characters(value: Option<&Value<'_>>) -> Vec<char> {
    match value {
        Some(Value::List(elements)) => {
            elements.iter().filter_map(|element| if let Value::Char(c) = element { Some(*c) } else { None }).collect()
        }
        Some(Value::Text(text)) => text.chars().collect(),
        Some(Value::Char(c)) => vec![*c],
        _ => Vec::new(),
    }
}

pub(in super::super) fn replace<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (mut old, mut new) = ([0; 4], [0; 4]);
    let (whole, old, new) = (text(arguments, 0), part(arguments, 1, &mut old), part(arguments, 2, &mut new));
    if old.is_empty() {
        return Err(Fault::new("an empty text cannot be replaced"));
    }
    let count = whole.matches(old).count();
    if count == 0 {
        return Ok(arguments[0].clone());
    }
    machine.spend(count.saturating_mul(new.len()).saturating_add(whole.len()))?;
    Ok(Value::text(whole.replace(old, new)))
}

pub(in super::super) fn trim<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    trimmed(machine, arguments, true, true)
}

pub(in super::super) fn trim_start<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    trimmed(machine, arguments, true, false)
}

pub(in super::super) fn trim_end<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    trimmed(machine, arguments, false, true)
}

fn trimmed<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>], start: bool, end: bool) -> Outcome<Value<'a>> {
    let wanted = characters(arguments.get(1));
    let goes = |c: char| if wanted.is_empty() { c.is_whitespace() } else { wanted.contains(&c) };
    let whole = text(arguments, 0);
    let from = if start { whole.len() - whole.trim_start_matches(goes).len() } else { 0 };
    let to = if end { from + whole[from..].trim_end_matches(goes).len() } else { whole.len() };
    slice(machine, &arguments[0], from, to)
}

pub(in super::super) fn to_upper<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    machine.made(folding::upper(text(arguments, 0)))
}

pub(in super::super) fn to_lower<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    machine.made(folding::lower(text(arguments, 0)))
}

/// `Split` at characters, or at blanks without any.
pub(in super::super) fn split_at_characters<'a>(
    machine: &mut Machine<'a>,
    arguments: &[Value<'a>],
) -> Outcome<Value<'a>> {
    let separators = characters(arguments.get(1));
    let at = |c: char| if separators.is_empty() { c.is_whitespace() } else { separators.contains(&c) };
    split(machine, &arguments[0], number(arguments, 2), |whole| {
        whole.char_indices().find(|(_, c)| at(*c)).map(|(byte, c)| (byte, byte + c.len_utf8()))
    })
}

pub(in super::super) fn split_at_text<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let separator = text(arguments, 1).to_owned();
    split(machine, &arguments[0], number(arguments, 2), |whole| {
        let found = if separator.is_empty() { None } else { whole.find(&separator) };
        found.map(|byte| (byte, byte + separator.len()))
    })
}

/// Options: 1 drops empty parts, 2 trims them.
fn split<'a>(
    machine: &mut Machine<'a>,
    of: &Value<'a>,
    options: i64,
    find: impl Fn(&str) -> Option<(usize, usize)>,
) -> Outcome<Value<'a>> {
    let whole = of.as_text().unwrap_or_default();
    let mut parts = Vec::new();
    let mut start = 0;
    loop {
        let found = find(&whole[start..]);
        let (mut from, mut to) = (start, found.map_or(whole.len(), |(at, _)| start + at));
        if options & 2 != 0 {
            let kept = whole[from..to].trim_start();
            from = to - kept.len();
            to = from + kept.trim_end().len();
        }
        if options & 1 == 0 || from < to {
            machine.spend(size_of::<Value<'_>>())?;
            parts.push(slice(machine, of, from, to)?);
        }
        match found {
            Some((_, next)) => start += next,
            None => return Ok(Value::List(parts.into())),
        }
    }
}

pub(in super::super) fn pad_left<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    padded(machine, arguments, true)
}

pub(in super::super) fn pad_right<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    padded(machine, arguments, false)
}

fn padded<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>], left: bool) -> Outcome<Value<'a>> {
    let whole = text(arguments, 0);
    let Ok(wanted) = usize::try_from(number(arguments, 1)) else {
        return Err(Fault::new("a length cannot be negative"));
    };
    let missing = wanted.saturating_sub(length(whole));
    if missing == 0 {
        return Ok(arguments[0].clone());
    }
    machine.spend(missing.saturating_mul(4).saturating_add(whole.len()))?;
    let padding: String = std::iter::repeat_n(character(arguments, 2, ' '), missing).collect();
    Ok(Value::text(if left { padding + whole } else { whole.to_owned() + &padding }))
}

pub(in super::super) fn insert<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let whole = text(arguments, 0);
    let at = usize::try_from(number(arguments, 1)).ok().and_then(|at| byte_of(whole, at));
    let Some(at) = at else {
        return Err(Fault::new(format!("there is no position {}", number(arguments, 1))));
    };
    machine.made([&whole[..at], text(arguments, 2), &whole[at..]].concat())
}

pub(in super::super) fn remove<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let whole = text(arguments, 0);
    let start = number(arguments, 1);
    let end = if arguments.len() > 2 { start.saturating_add(number(arguments, 2)) } else { length(whole) as i64 };
    let byte = |position: i64| usize::try_from(position).ok().and_then(|position| byte_of(whole, position));
    match (byte(start), byte(end)) {
        (Some(from), Some(to)) if from <= to => machine.made([&whole[..from], &whole[to..]].concat()),
        _ => Err(Fault::new(format!("there is no part from {start} to {end}"))),
    }
}

/// `Equals` of everything; a third argument says how texts are compared.
pub(in super::super) fn equals<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::Bool(match arguments {
        [Value::Text(a), Value::Text(b), ..] if ignores_case(arguments, 2) => folding::upper(a) == folding::upper(b),
        [a, b, ..] => a.equals(b),
        _ => false,
    }))
}

/// `Compare` and `CompareTo` of everything: -1, 0 or 1.
pub(in super::super) fn compare<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let ignores = ignores_case(arguments, 2) || matches!(arguments.get(2), Some(Value::Bool(true)));
    Ok(Value::Int(match arguments {
        [Value::Text(a), Value::Text(b), ..] if ignores => ordinal(&folding::upper(a), &folding::upper(b)) as i32,
        [a, b, ..] => super::operate::order(a, b) as i32,
        _ => 0,
    }))
}

pub(in super::super) fn is_null_or_empty<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::Bool(text(arguments, 0).is_empty()))
}

pub(in super::super) fn is_null_or_blank<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::Bool(text(arguments, 0).chars().all(char::is_whitespace)))
}

/// `new string(characters)`, `new string(character, count)`, `string.Concat(parts)`.
pub(in super::super) fn of_characters<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    if let [Value::Char(c), count] = arguments {
        let count = usize::try_from(count.long().unwrap_or_default()).unwrap_or(0);
        machine.spend(count.saturating_mul(c.len_utf8()))?;
        return Ok(Value::text(std::iter::repeat_n(*c, count).collect()));
    }
    let mut made = String::new();
    if let Some(Value::List(elements)) = arguments.first() {
        for element in elements.iter() {
            let start = made.len();
            super::write::show(element, &mut made);
            machine.spend(made.len() - start)?;
        }
    } else {
        made.push_str(text(arguments, 0));
    }
    machine.made(made)
}

/// `ToCharArray`
pub(in super::super) fn to_characters<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let characters = units(text(arguments, 0)).map(Value::Char).collect();
    machine.list(characters)
}

/// `ToString` without format.
pub(in super::super) fn shown<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    match arguments.first() {
        Some(text @ Value::Text(_)) => Ok(text.clone()),
        other => {
            let mut made = String::new();
            super::write::show(other.unwrap_or(&Value::Null), &mut made);
            machine.made(made)
        }
    }
}

/// The value itself: `Value` of what may be null.
pub(in super::super) fn same<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(arguments.first().cloned().unwrap_or_default())
}

fn test<'a>(arguments: &[Value<'a>], holds: fn(char) -> bool) -> Outcome<Value<'a>> {
    Ok(Value::Bool(holds(character(arguments, 0, '\0'))))
}

fn mapped<'a>(arguments: &[Value<'a>], map: fn(&str) -> String) -> Outcome<Value<'a>> {
    let c = character(arguments, 0, '\0');
    Ok(Value::Char(map(c.encode_utf8(&mut [0; 4])).chars().next().unwrap_or(c)))
}

pub(in super::super) fn is_digit<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    test(arguments, |c| c.is_ascii_digit())
}

pub(in super::super) fn is_number<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    test(arguments, char::is_numeric)
}

pub(in super::super) fn is_letter<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    test(arguments, char::is_alphabetic)
}

pub(in super::super) fn is_letter_or_digit<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    test(arguments, |c| c.is_alphabetic() || c.is_numeric())
}

pub(in super::super) fn is_white_space<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    test(arguments, char::is_whitespace)
}

pub(in super::super) fn is_upper<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    test(arguments, char::is_uppercase)
}

pub(in super::super) fn is_lower<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    test(arguments, char::is_lowercase)
}

pub(in super::super) fn is_punctuation<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    // ASCII only: what else C# counts as punctuation is a table of Unicode.
    test(arguments, |c| c.is_ascii_punctuation() && !matches!(c, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~'))
}

pub(in super::super) fn char_to_upper<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    mapped(arguments, folding::upper)
}

pub(in super::super) fn char_to_lower<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    mapped(arguments, folding::lower)
}

pub(in super::super) fn numeric_value<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let digit = character(arguments, 0, '\0').to_digit(10);
    Ok(Value::Double(digit.map_or(-1.0, f64::from)))
}
