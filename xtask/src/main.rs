//! The tool-shed: everything that keeps the house in order and is not part of the product.
//!
//! `cargo xtask` lists the verbs. The shed uses the standard library and `serde_json` only, so that it builds in
//! seconds on a fresh machine.

mod demo;
mod fuzz;
mod home;
mod reference;
mod sample;
mod shell;
mod test;
mod tidy;

use shell::Failure;
use std::process::ExitCode;

/// A verb of `cargo xtask`.
struct Verb {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<(), Failure>,
}

const VERBS: &[Verb] = &[
    Verb {
        name: "demo",
        arguments: "",
        about: "builds the program and shows it at work on the exports of a company",
        run: demo::run,
    },
    Verb {
        name: "test",
        arguments: "",
        about: "installs what the tests need (Debian), then runs every check and every test",
        run: test::run,
    },
    Verb {
        name: "examples",
        arguments: "",
        about: "checks the example configurations, and the example company against its expected counters",
        run: test::examples,
    },
    Verb {
        name: "with-postgres",
        arguments: "COMMAND …",
        about: "runs a command beside a private PostgreSQL, named by PROVOST_TEST_POSTGRES",
        run: test::with_postgres,
    },
    Verb {
        name: "sample-data",
        arguments: "[--check]",
        about: "writes the files of examples/company, or checks that they are as generated",
        run: sample::run,
    },
    Verb {
        name: "fuzz",
        arguments: "[TARGET] [SECONDS]",
        about: "searches for inputs that break a reader: XML, CSV, sorted files, deltas, workbooks",
        run: fuzz::run,
    },
    Verb { name: "reference", arguments: "", about: "writes the generated pages of the manual", run: reference::run },
    Verb { name: "tidy", arguments: "", about: "checks rooms, dependencies, sizes, words and paths", run: tidy::run },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(verb) = arguments.first().and_then(|name| VERBS.iter().find(|verb| verb.name == name)) else {
        return refuse(arguments.first());
    };
    match (verb.run)(&arguments[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask {}: {failure}", verb.name);
            ExitCode::FAILURE
        }
    }
}

/// Prints the verbs; an unknown one is a usage error.
fn refuse(unknown: Option<&String>) -> ExitCode {
    if let Some(name) = unknown.filter(|name| !["help", "--help", "-h"].contains(&name.as_str())) {
        eprintln!("xtask: there is no verb `{name}`\n");
    }
    eprintln!("Usage: cargo xtask <verb>\n");
    for verb in VERBS {
        eprintln!("  {:<26} {}", format!("{} {}", verb.name, verb.arguments), verb.about);
    }
    ExitCode::from(2)
}
