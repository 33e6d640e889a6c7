//! Any text as a body, and any text as the values of what it is about: a value or an error, the same each time, and
//! nothing read that was not foretold.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provost_model::ResourceId;
use provost_model::configuration::parse;
use provost_model::metadata::Metadata;
use provost_pipeline::expression::catalogue::undeployed;
use provost_pipeline::expression::program::{Environment, Program, Scope, Wanted};
use provost_pipeline::population::{Population, Reads};
use std::sync::LazyLock;

const MODEL: &str = r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <EntityType Identifier="P">
    <Property Identifier="A" IsKey="true" TargetColumnIndex="4"/>
    <Property Identifier="N" Type="Int32" TargetColumnIndex="5"/>
    <Property Identifier="D" Type="DateTime" TargetColumnIndex="6"/>
    <Property Identifier="M" Type="ForeignKey" TargetColumnIndex="128"/>
    <Property Identifier="R" Type="ForeignKey"/>
  </EntityType>
  <EntityAssociation Identifier="S" Property1="P:M" Property2="P:R" IsProperty2Collection="true"/>
</ConfigurationFile>"#;

static METADATA: LazyLock<Metadata> = LazyLock::new(|| {
    undeployed(parse(&[("model.xml".to_owned(), MODEL.to_owned())]).configuration)
});

/// Two resources that link to each other. Values at places that are not in `reads` are left out, if it is given.
fn population(text: &str, reads: Option<&Reads>) -> Population {
    let mut population = Population::new(&METADATA);
    let (first, second) = (population.add(0, ResourceId(1)).0, population.add(0, ResourceId(2)).0);
    let everywhere = reads.map(|reads| {
        let mut values = reads.values.clone();
        let mut open: Vec<&Reads> = reads.links.values().collect();
        while let Some(next) = open.pop() {
            values.extend(&next.values);
            open.extend(next.links.values());
        }
        values
    });
    let wanted = |property: usize| everywhere.as_ref().is_none_or(|read| read.contains(&property));
    for (property, value) in [(0, text), (1, "36"), (2, "20200229120000")] {
        if wanted(property) {
            population.set_value(first, property, value);
            population.set_value(second, property, value);
        }
    }
    population.set_links(first, 3, &[second]);
    population.set_links(second, 3, &[first]);
    population.set_links(first, 4, &[second, first]);
    population
}

fuzz_target!(|data: &str| {
    let (body, text) = data.split_once('\0').unwrap_or((data, "Ada"));
    let scope = Scope::new(&METADATA, 0, Wanted::Any);
    let Ok(program) = Program::compile(None, Some(&format!("C#:p:{body}")), &scope) else {
        return;
    };
    let environment = Environment::at(1_750_000_000_000_000);
    let all = population(text, None);
    let subject = all.find(0, ResourceId(1)).unwrap();
    let value = program.trial(subject, &all, &environment);
    assert_eq!(program.trial(subject, &all, &environment), value);
    let read = population(text, Some(program.reads()));
    assert_eq!(program.trial(subject, &read, &environment), value);
});
