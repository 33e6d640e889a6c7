//! Expected values are written by hand, from what C# gives.

mod collections;
mod hostile;
mod reading;
mod refusals;
mod texts;
mod values;

use crate::expression::program::testing::World;
use crate::expression::program::*;
use provost_model::configuration::PropertyType;

/// 15 June 2025, 13:45:30 UTC, a Sunday.
pub(super) const NOW: i64 = 1_749_995_130_000_000;

/// Value for showing, `null`, `error: …` or `refused at N: …`, of a body about a person.
pub(super) fn show(world: &mut World, code: &str, person: i64) -> String {
    let subject = world.resource("Person", person);
    let variables = [Variable::Iteration];
    let scope = world.scope(Wanted::Any).with(&variables);
    let program = match Program::compile(None, Some(&format!("C#:person:{code}")), &scope) {
        Ok(program) => program,
        Err(error) => return format!("refused at {}: {error} — {}", error.offset - 10, error.remedy),
    };
    let environment = Environment { iteration: 2, ..Environment::at(NOW) };
    match program.trial(subject, &world.population, &environment) {
        Ok((Some(value), _)) => value,
        Ok((None, _)) => "null".to_owned(),
        Err(error) => format!("error: {error}"),
    }
}

/// Checks a table of bodies about Ada with what they give.
#[track_caller]
pub(super) fn check(table: &[(&str, &str)]) {
    let mut world = World::new();
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(code, expected)| {
            let found = show(&mut world, code, 1);
            (found != *expected).then(|| format!("{code}\n  expected {expected}\n  found    {found}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
