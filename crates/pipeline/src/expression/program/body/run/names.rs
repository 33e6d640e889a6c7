//! `UtilExpressions`: names of users, and the predefined functions as methods.

use super::texts::{number, text};
use super::{Fault, Machine, Outcome, dates};
use crate::expression::Function;
use crate::expression::program::body::value::Value;
use crate::format::{Civil, Converter};
use crate::text::simplify;
use provost_model::configuration::PropertyType;

/// `BuildUsername(first, last, separator, suffix, iteration)`.
pub(in super::super) fn build<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let first = simplify(text(arguments, 0));
    let last = simplify(text(arguments, 1));
    let counter = counter(number(arguments, 4));
    assemble(machine, [&first, text(arguments, 2), &last, &counter], text(arguments, 3), None)
}

/// `BuildUsernameWithInitials(first, last, separator, suffix, maxLength, iteration)`: each attempt takes one more
/// letter of the first name; when there are no more, the attempts that are left are counted.
pub(in super::super) fn build_with_initials<'a>(
    machine: &mut Machine<'a>,
    arguments: &[Value<'a>],
) -> Outcome<Value<'a>> {
    let parts: Vec<Vec<char>> = text(arguments, 0)
        .split(['-', ' '])
        .map(|part| simplify(part).chars().collect())
        .filter(|part: &Vec<char>| !part.is_empty())
        .collect();
    let last = simplify(text(arguments, 1));
    let iteration = usize::try_from(number(arguments, 5)).unwrap_or(0);
    // The initials, then more letters of the first part, then of the second, …
    let spare: usize = parts.iter().map(|part| part.len() - 1).sum();
    let (mut extra, attempts) = if iteration <= spare { (iteration, 0) } else { (0, iteration - spare) };
    let mut start = String::new();
    for part in &parts {
        let more = extra.min(part.len() - 1);
        extra -= more;
        start.extend(&part[..=more]);
    }
    let most = arguments.get(4).and_then(Value::long).and_then(|most| usize::try_from(most).ok());
    let counter = counter(attempts as i64);
    assemble(machine, [&start, text(arguments, 2), &last, &counter], text(arguments, 3), most.filter(|most| *most > 0))
}

fn counter(iteration: i64) -> String {
    if iteration > 0 { iteration.to_string() } else { String::new() }
}

/// First name, separator, last name and counter, at most so long together: the last name gives way. Without one of the
/// names there is no separator; without both no user name.
fn assemble<'a>(
    machine: &mut Machine<'a>,
    [first, separator, last, counter]: [&str; 4],
    suffix: &str,
    most: Option<usize>,
) -> Outcome<Value<'a>> {
    if first.is_empty() && last.is_empty() {
        return Ok(Value::Null);
    }
    let separator = if first.is_empty() || last.is_empty() { "" } else { separator };
    let count = |text: &str| text.chars().count();
    let taken = count(first) + count(separator) + count(counter) + count(suffix);
    let room = most.map_or(usize::MAX, |most| most.saturating_sub(taken));
    let last: String = last.chars().take(room).collect();
    let mut name = [first, separator, &last].concat();
    if let Some(most) = most {
        name = name.chars().take(most.saturating_sub(count(counter) + count(suffix))).collect();
    }
    machine.made([&name, counter, suffix].concat())
}

/// A predefined function of one text. The others have arguments that are checked when the body is compiled.
fn predefined<'a>(machine: &mut Machine<'a>, name: &str, input: &str) -> Outcome<Value<'a>> {
    let made = Function::new(name, None).and_then(|function| function.apply(input));
    machine.made(made.map_err(|error| Fault::new(error.to_string()))?)
}

macro_rules! predefined {
    ($($name:literal)*) => {
        /// Functions from text to text, by name.
        pub(in super::super) const PREDEFINED: &[(&str, super::Run)] =
            &[$(($name, |machine, arguments| predefined(machine, $name, text(arguments, 0)))),*];
    };
}

predefined! {
    "Simplify" "RemoveDiacritics" "ToDoubleMetaphone" "ToSoundex" "ToFirstName" "ToTitle" "ToFormatedDN"
}

/// Functions of dates: the input, then the arguments that stand after the colon elsewhere, joined.
fn of_dates<'a>(machine: &mut Machine<'a>, name: &str, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    if arguments.first().is_none_or(Value::is_null) {
        return Ok(Value::Null);
    }
    let mut input = text(arguments, 0).to_owned();
    if let Some(Value::Date(at)) = arguments.first() {
        input = dates::civil(*at).to_internal();
    }
    let rest: Vec<String> = arguments[1..]
        .iter()
        .map(|argument| {
            let mut shown = String::new();
            super::write::show(argument, &mut shown);
            shown
        })
        .collect();
    let function = Function::new(name, Some(&rest.join("|"))).map_err(|error| Fault::new(error.to_string()))?;
    let made = function.apply(&input).map_err(|error| Fault::new(error.to_string()))?;
    match Civil::from_internal(&made) {
        Some(civil) if name.starts_with("Parse") => Ok(Value::Date(civil.to_seconds() * 1_000_000)),
        _ => machine.made(made),
    }
}

macro_rules! of_dates {
    ($($method:ident $name:literal)*) => {$(
        #[doc = $name]
        pub(in super::super) fn $method<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
            of_dates(machine, $name, arguments)
        }
    )*};
}

of_dates! {
    parse_local "ParseLocalDate"
    parse_local_then_add "ParseLocalDateThenAddMinutes"
    parse_universal "ParseUniversalDate"
    parse_universal_then_add "ParseUniversalDateThenAddMinutes"
    format_local "FormatLocalDate"
}

/// `ParseSince1601Date`: ticks since 1601, or a date that was read already.
pub(in super::super) fn since_1601<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let mut shown = String::new();
    super::write::show(arguments.first().unwrap_or(&Value::Null), &mut shown);
    let mut internal = Vec::new();
    Converter::of_type(PropertyType::DateTime)
        .convert(&shown, &mut internal)
        .map_err(|cause| Fault::new(format!("\"{shown}\" is no such date: {cause}")))?;
    let civil = Civil::from_internal(&String::from_utf8_lossy(&internal));
    Ok(civil.map_or(Value::Null, |civil| Value::Date(civil.to_seconds() * 1_000_000)))
}
