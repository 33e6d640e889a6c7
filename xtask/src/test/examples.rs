//! Every configuration file under `examples/` satisfies the schema that the program writes, and every example
//! configuration passes the program's own check.

use super::FEATURES;
use crate::shell::{self, Doing, Failure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The example configurations, from the root.
const CONFIGURATIONS: &[&str] = &["examples/company/conf", "examples/rust-team/conf", "examples/custom-export/conf"];

pub(super) fn check() -> Result<(), Failure> {
    build()?;
    let schema = shell::root().join("target/xtask/provost.xsd");
    std::fs::create_dir_all(shell::root().join("target/xtask")).doing("create target/xtask")?;
    std::fs::write(&schema, shell::output(provost().arg("schema"))?).doing("write the schema")?;
    let mut files = Vec::new();
    for folder in CONFIGURATIONS {
        collect(&shell::root().join(folder), &mut files)?;
    }
    shell::run(shell::command("xmllint").args(["--noout", "--schema"]).arg(&schema).args(&files))?;
    for folder in CONFIGURATIONS {
        shell::run(provost().args(["check", folder]))?;
    }
    Ok(())
}

/// Builds the program with the features of the tests; nothing is left to do when they have run.
pub(super) fn build() -> Result<(), Failure> {
    let mut cargo = shell::cargo();
    shell::run(cargo.args(["build", "--quiet", "--locked", "--workspace", "--bin", "provost"]).args(FEATURES))
}

/// The program that [`build`] built.
pub(super) fn provost() -> Command {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| shell::root().join("target"), PathBuf::from);
    shell::command(target.join("debug/provost"))
}

/// Every XML file below the folder, in order of name.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = std::fs::read_dir(folder).doing(format_args!("read {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "xml") {
            files.push(path);
        }
    }
    Ok(())
}
