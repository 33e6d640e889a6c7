//! The example configurations are read without a problem.

use super::{Finding, House, TextFile};
use provost_model::configuration::{Parsed, parse};
use std::collections::BTreeSet;

pub(crate) fn check(house: &House) -> Vec<Finding> {
    let is_configuration = |file: &&TextFile| file.path.starts_with("examples/") && file.path.ends_with(".xml");
    let files: Vec<&TextFile> = house.texts.iter().filter(is_configuration).collect();
    let examples: BTreeSet<&str> = files.iter().filter_map(|file| example_of(&file.path)).collect();
    let mut findings = Vec::new();
    for example in examples {
        let own = files.iter().filter(|file| example_of(&file.path) == Some(example));
        let own: Vec<(String, String)> = own.map(|file| (file.path.clone(), file.text.clone())).collect();
        findings.extend(problems(&parse(&own)));
    }
    findings
}

/// `company` of `examples/company/conf/General.xml`.
fn example_of(path: &str) -> Option<&str> {
    path.split('/').nth(1)
}

fn problems(parsed: &Parsed) -> Vec<Finding> {
    let place = |problem: &provost_model::Problem| {
        let place = problem.place.as_ref();
        place.map(|place| format!("{}:{}:{}", place.file, place.line, place.column)).unwrap_or_default()
    };
    parsed.problems.iter().map(|problem| Finding::new(place(problem), &problem.message)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::house_of;
    use super::*;

    #[test]
    fn a_wrong_example_is_found_with_its_place() {
        let wrong =
            "<ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\">\n  <Agnt/>\n</ConfigurationFile>";
        let house = house_of(&[("examples/a/conf/x.xml", wrong)]);
        let places: Vec<String> = check(&house).into_iter().map(|finding| finding.place).collect();
        assert_eq!(places, ["examples/a/conf/x.xml:2:4"]);
    }
}
