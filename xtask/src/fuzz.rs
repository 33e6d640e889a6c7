//! `cargo xtask fuzz`: coverage-guided fuzzing of everything that reads what others wrote.
//!
//! The targets are in `fuzz/`, a workspace of its own. The compiler's coverage pass needs no other toolchain than the
//! usual one: nothing in the house is `unsafe`, so no sanitizer of memory is needed, and panics are what is looked for.

use crate::shell::{self, Doing, Failure};
use std::fs;
use std::path::{Path, PathBuf};

/// What the coverage-guided search needs to see.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                     -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing";

/// Makes the first inputs of a target: name and bytes.
type Seeds = fn() -> Result<Vec<(String, Vec<u8>)>, Failure>;

const TARGETS: &[(&str, Seeds)] = &[
    ("configuration", configurations),
    ("csv", tables),
    ("prepare", tables),
    ("sorted", tables),
    ("delta", generations),
    ("export_csv", tables),
    ("export_excel", workbooks),
    ("expression", bodies),
];

/// `cargo xtask fuzz [TARGET] [SECONDS]`: every target for a minute, unless told otherwise.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let mut seconds = 60;
    let mut wanted: Vec<&(&str, Seeds)> = TARGETS.iter().collect();
    for argument in arguments {
        if let Ok(number) = argument.parse::<u32>() {
            seconds = number;
            continue;
        }
        wanted.retain(|(name, _)| name == argument);
        if wanted.is_empty() {
            let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
            return Err(Failure::new(format!("there is no target `{argument}`; there are {}", names.join(", "))));
        }
    }
    let folder = shell::root().join("fuzz");
    let mut build = shell::cargo();
    build.current_dir(&folder).env("RUSTFLAGS", FLAGS);
    // With a target named, the flags are not for build scripts and macros.
    shell::run(build.args(["build", "--release", "--bins", "--target", &host()?]))?;
    for (name, seeds) in wanted {
        search(&folder, name, &seeds()?, seconds)?;
    }
    Ok(())
}

fn host() -> Result<String, Failure> {
    let told = shell::output(shell::command("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::new("rustc does not tell its host"))
}

/// Runs one target. What it finds stays in `fuzz/artifacts`, what it learns in `fuzz/corpus`.
fn search(folder: &Path, name: &str, seeds: &[(String, Vec<u8>)], seconds: u32) -> Result<(), Failure> {
    let (corpus, artifacts) = (folder.join("corpus").join(name), folder.join("artifacts").join(name));
    for made in [&corpus, &artifacts] {
        fs::create_dir_all(made).doing(format_args!("make {}", made.display()))?;
    }
    for (file, bytes) in seeds {
        let path = corpus.join(format!("seed-{file}"));
        fs::write(&path, bytes).doing(format_args!("write {}", path.display()))?;
    }
    let program = folder.join("target").join(host()?).join("release").join(name);
    shell::run(
        shell::command(program)
            .arg(&corpus)
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .arg(format!("-max_total_time={seconds}"))
            .args(["-max_len=8192", "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1"]),
    )
}

/// Files below a folder whose names end so, in order.
fn files(below: &str, end: &str) -> Result<Vec<PathBuf>, Failure> {
    let mut folders = vec![shell::root().join(below)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).doing(format_args!("read {}", folder.display()))? {
            let path = entry.doing("read a folder")?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(end) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn numbered(files: Vec<Vec<u8>>) -> Vec<(String, Vec<u8>)> {
    files.into_iter().enumerate().map(|(number, bytes)| (number.to_string(), bytes)).collect()
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).doing(format_args!("read {}", path.display()))
}

/// The first lines of a file: short inputs are searched faster.
fn beginning(path: &Path, lines: usize) -> Result<Vec<Vec<u8>>, Failure> {
    Ok(read(path)?.split_inclusive(|byte| *byte == b'\n').take(lines).map(<[u8]>::to_vec).collect())
}

fn configurations() -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let texts: Result<_, _> = files("examples", ".xml")?.iter().map(|path| read(path)).collect();
    Ok(numbered(texts?))
}

/// A first byte that chooses the separator, then a table.
fn tables() -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut found = Vec::new();
    for path in files("examples", ".csv")? {
        let lines = beginning(&path, 12)?;
        let semicolon = lines.first().is_some_and(|header| header.contains(&b';'));
        found.push([vec![u8::from(semicolon)], lines.concat()].concat());
    }
    Ok(numbered(found))
}

/// A first byte that chooses the kind, then two generations of a table, divided by a NUL.
fn generations() -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut found = Vec::new();
    for number in 1..4 {
        let (before, after) = (format!("generation-{number}"), format!("generation-{}", number + 1));
        for old in files(&format!("examples/company/{before}"), ".csv")? {
            let new = PathBuf::from(old.to_string_lossy().replace(&before, &after));
            let pairs = u8::from(old.ends_with("ad_members.csv"));
            let texts = [sorted(&old)?, sorted(&new)?];
            found.push([vec![0x10 | pairs], texts.join(&0)].concat());
        }
    }
    Ok(numbered(found))
}

fn sorted(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut lines = beginning(path, 40)?;
    if let Some((_, rows)) = lines.split_first_mut() {
        rows.sort();
    }
    Ok(lines.concat())
}

fn workbooks() -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let books: Result<_, _> = files("fuzz/seeds/export_excel", ".xlsx")?.iter().map(|path| read(path)).collect();
    Ok(numbered(books?))
}

/// Bodies about the model of the target, which use most of the language.
fn bodies() -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let texts = [
        "p.A + \" \" + p.N",
        "var m = p.M?.A ?? \"x\"; if (m.Length > 2) { return m.Substring(0, 2).ToUpper(); } return $\"{p.D:yyyy} {p.N,5:D3}\";",
        "return p.R.Where(r => r.N > 1).OrderBy(r => r.A).ThenByDescending(r => r.D).Select(r => r.A.Split('a')[0]).FirstOrDefault();",
        "foreach (var r in p.R) { if (r.N == 36) return r.D.Value.AddMonths(1); } return DateTime.Now;",
        "Regex.Replace(p.A.Simplify(), @\"(\\w)(\\d+)?\", \"$2-$1\")",
        "p.N switch { < 18 => 'a', null => 'b', _ => p.A[0] }",
        "var d = new Dictionary<string, string> { { \"a\", p.A } }; d[\"b\"] = \"\"; return d[\"a\"];",
        "int.TryParse(p.A, out var n) ? n * 2 : Convert.ToInt32(p.D.HasValue)",
        "string.Join(\",\", p.A.Where(char.IsLetter).Distinct().Reverse())",
        "UtilExpressions.BuildUsernameWithInitials(p.A, p.A, \".\", null, 8, 2)",
    ];
    Ok(numbered(texts.map(|text| text.as_bytes().to_vec()).to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_in_the_manifest_and_has_seeds() {
        let manifest = fs::read_to_string(shell::root().join("fuzz/Cargo.toml")).unwrap();
        assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
        for (name, seeds) in TARGETS {
            assert!(manifest.contains(&format!("path = \"targets/{name}.rs\"")), "{name}");
            assert!(!seeds().unwrap().is_empty(), "{name}");
        }
    }
}
