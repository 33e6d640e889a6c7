//! Evaluation of expressions, after compilation, in one process: nanoseconds each.

use crate::{Bench, Failure};
use provost_model::ResourceId;
use provost_model::configuration::parse;
use provost_pipeline::expression::catalogue::undeployed;
use provost_pipeline::expression::program::{Environment, Program, Scope, Wanted};
use provost_pipeline::population::{Handle, Population};
use std::hint::black_box;
use std::time::Instant;

const MODEL: &str = r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <EntityType Identifier="Person">
    <Property Identifier="FirstName" IsKey="true" TargetColumnIndex="4"/>
    <Property Identifier="LastName" TargetColumnIndex="5"/>
    <Property Identifier="End" Type="DateTime" TargetColumnIndex="6"/>
    <Property Identifier="Manager" Type="ForeignKey" TargetColumnIndex="128"/>
    <Property Identifier="Reports" Type="ForeignKey"/>
  </EntityType>
  <EntityAssociation Identifier="Management" Property1="Person:Manager" Property2="Person:Reports" IsProperty2Collection="true"/>
</ConfigurationFile>"#;

/// What is evaluated, with the most nanoseconds that it may take.
const BODIES: [(&str, &str, Option<u32>); 5] = [
    ("concatenation", "p.FirstName + \" \" + p.LastName", Some(250)),
    ("condition with a date", "p.End == null || p.End > DateTime.Now.AddDays(30) ? \"here\" : \"leaving\"", Some(400)),
    ("initial in lower case", "p.FirstName?.Substring(0, 1).ToLower() + \".\" + p.LastName?.ToLower()", None),
    ("navigation", "p.Manager?.LastName ?? \"nobody\"", None),
    ("lambda over ten links", "p.Reports.Count(r => r.LastName.StartsWith(\"D\"))", None),
];

/// Measures each body over a thousand persons.
pub(crate) fn all(bench: &Bench) -> Result<(), Failure> {
    let parsed = parse(&[("model.xml".to_owned(), MODEL.to_owned())]);
    let metadata = undeployed(parsed.configuration);
    let mut population = Population::new(&metadata);
    let persons: Vec<Handle> = (0..1000).map(|id| population.add(0, ResourceId(id)).0).collect();
    for (number, person) in persons.iter().enumerate() {
        population.set_value(*person, 0, ["Ada", "Jean-Pierre", "Maximilian"][number % 3]);
        population.set_value(*person, 1, ["Lovelace", "Dupont", "Öztürk"][number % 3]);
        population.set_value(*person, 2, if number % 2 == 0 { "20301231000000" } else { "20200101000000" });
        population.set_links(*person, 3, &[persons[number / 10]]);
        let reports: Vec<Handle> = persons.iter().copied().skip(number).take(10).collect();
        population.set_links(*person, 4, &reports);
    }
    let environment = Environment::at(1_750_000_000_000_000);
    println!("\n| expression | compile µs | evaluate ns | goal ns |\n|---|--:|--:|--:|");
    for (name, body, goal) in BODIES {
        let start = Instant::now();
        let program = Program::compile(None, Some(&format!("C#:p:{body}")), &Scope::new(&metadata, 0, Wanted::Any))?;
        let compiled = start.elapsed().as_micros();
        let rounds = if bench.real { 200 } else { 1 };
        let mut best = u128::MAX;
        let mut out = String::new();
        for _ in 0..rounds {
            let start = Instant::now();
            for person in &persons {
                out.clear();
                black_box(program.text(black_box(*person), &population, &environment, &mut out)?);
            }
            best = best.min(start.elapsed().as_nanos() / persons.len() as u128);
        }
        let goal = goal.map_or_else(|| "–".to_owned(), |goal| goal.to_string());
        println!("| {name} | {compiled} | {best} | {goal} |");
    }
    Ok(())
}
