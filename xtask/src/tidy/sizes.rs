//! Files and functions stay short enough to be read in one go.

use super::{Finding, House, TextFile, rust};

/// Most lines of a Rust file.
const FILE_LINES: usize = 600;
/// Most lines of a function, from `fn` to the closing brace.
const FUNCTION_LINES: usize = 100;

/// Files that may be longer, each with the reason.
const LONG_FILES: &[(&str, &str)] =
    &[("crates/model/src/configuration/tests/problems.rs", "the text of every problem, one after the other: a list")];

/// Functions that may be longer (`path::name`), each with the reason.
const LONG_FUNCTIONS: &[(&str, &str)] = &[];

pub(crate) fn check(house: &House) -> Vec<Finding> {
    let mut findings: Vec<Finding> = house.rust().flat_map(measure).collect();
    let gone = |path: &str| !house.paths.iter().any(|known| path.starts_with(known.as_str()));
    let listed = LONG_FILES.iter().chain(LONG_FUNCTIONS);
    findings.extend(listed.filter(|(path, _)| gone(path)).map(|(path, _)| Finding::new(*path, "is listed but gone")));
    findings
}

fn measure(file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let n_lines = file.text.lines().count();
    if n_lines > FILE_LINES && !LONG_FILES.iter().any(|(path, _)| *path == file.path) {
        let message = format!("{n_lines} lines, at most {FILE_LINES}; split it, or list it with a reason");
        findings.push(Finding::new(&file.path, message));
    }
    for function in rust::functions(&file.text).into_iter().filter(|function| function.n_lines > FUNCTION_LINES) {
        let name = format!("{}::{}", file.path, function.name);
        if !LONG_FUNCTIONS.iter().any(|(listed, _)| *listed == name) {
            let message =
                format!("function `{}` has {} lines, at most {FUNCTION_LINES}", function.name, function.n_lines);
            findings.push(Finding::new(format!("{}:{}", file.path, function.line), message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::house_of;
    use super::*;

    #[test]
    fn long_files_and_functions_are_found() {
        let function = |n: usize| format!("fn f() {{\n{}}}\n", "    x;\n".repeat(n - 2));
        let house = house_of(&[
            ("a.rs", &"// one\n".repeat(600)),
            ("b.rs", &"// one\n".repeat(601)),
            ("c.rs", &function(100)),
            ("d.rs", &function(101)),
        ]);
        let found: Vec<String> = house.rust().flat_map(measure).map(|finding| finding.to_string()).collect();
        assert_eq!(
            found,
            [
                "b.rs: 601 lines, at most 600; split it, or list it with a reason",
                "d.rs:1: function `f` has 101 lines, at most 100",
            ]
        );
    }
}
