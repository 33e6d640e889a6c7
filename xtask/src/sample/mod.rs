//! `cargo xtask sample-data`: writes the company of `examples/company`, the same bytes on every machine.

mod company;
mod dates;
mod events;
mod expected;
mod names;
mod places;
mod random;
mod tables;

use crate::shell::{self, Doing, Failure};
use std::collections::BTreeMap;
use tables::{Encoding, Table};

const FOLDER: &str = "examples/company";
const SEED: u64 = 0x1B21_4D3A_2026_0907;
const N_GENERATIONS: usize = 4;

/// `cargo xtask sample-data [--check]`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let files = generate();
    match arguments.first().map(String::as_str) {
        None => write(&files),
        Some("--check") => check(&files),
        Some(other) => Err(Failure::new(format!("unknown argument `{other}`"))),
    }
}

/// Every generated file, by path from the folder of the example.
fn generate() -> BTreeMap<String, Vec<u8>> {
    let mut random = random::Random::new(SEED);
    let mut company = company::Company::found(&mut random);
    let mut model = expected::Model::default();
    let mut files = BTreeMap::new();
    let mut counters = serde_json::Map::new();
    for n in 1..=N_GENERATIONS {
        if n > 1 {
            events::advance(&mut company, &mut random, n - 1);
        }
        let generation = format!("generation-{n}");
        let exported = tables::export(&company, n);
        counters.insert(generation.clone(), model.synchronise(&exported));
        for table in &exported {
            files.insert(format!("{generation}/{}.csv", table.name), bytes_of(table));
        }
        if n == N_GENERATIONS {
            let faulty = tables::swapped(&exported[0]);
            counters.insert("faulty".to_owned(), model.clone().synchronise(std::slice::from_ref(&faulty)));
            files.insert(format!("faulty/{}.csv", faulty.name), bytes_of(&faulty));
        }
    }
    let expected = format!("{:#}\n", serde_json::Value::Object(counters));
    files.insert("expected.json".to_owned(), expected.into_bytes());
    files
}

fn write(files: &BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    for (path, bytes) in files {
        let path = shell::root().join(FOLDER).join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).doing(format_args!("create {}", folder.display()))?;
        }
        std::fs::write(&path, bytes).doing(format_args!("write {}", path.display()))?;
    }
    let size: usize = files.values().map(Vec::len).sum();
    println!("sample-data: {} files, {size} bytes in {FOLDER}", files.len());
    Ok(())
}

fn check(files: &BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    let differs =
        |path: &&String| std::fs::read(shell::root().join(FOLDER).join(path)).ok().as_ref() != files.get(path.as_str());
    let stale: Vec<&str> = files.keys().filter(differs).map(String::as_str).collect();
    if stale.is_empty() {
        println!("sample-data: {} files are as generated", files.len());
        return Ok(());
    }
    Err(Failure::new(format!("differ in {FOLDER}: {}; run `cargo xtask sample-data`", stale.join(", "))))
}

/// The table as its system writes it.
fn bytes_of(table: &Table) -> Vec<u8> {
    let separator = table.separator.to_string();
    let line = |fields: Vec<String>| fields.join(&separator) + "\n";
    let mut text = line(table.header.iter().map(|column| quoted(column, table.separator)).collect());
    for row in &table.rows {
        text += &line(row.fields.iter().map(|field| quoted(field, table.separator)).collect());
    }
    encode(&text, table.encoding)
}

fn quoted(field: &str, separator: char) -> String {
    let needs = field.contains([separator, '"', '\n', '\r']);
    if needs { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}

fn encode(text: &str, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Utf8 => text.as_bytes().to_vec(),
        Encoding::Utf8Bom => format!("\u{FEFF}{text}").into_bytes(),
        Encoding::Utf16 => format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Encoding::Windows1252 => text.chars().map(windows_1252).collect(),
    }
}

/// Latin-1 letters keep their code; the dash is the one character used from the range that Windows added.
fn windows_1252(c: char) -> u8 {
    match c {
        '–' => 0x96,
        c => u8::try_from(u32::from(c)).unwrap_or(b'?'),
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn every_run_gives_the_same_bytes() {
        assert_eq!(generate(), generate());
    }

    #[test]
    fn fields_are_quoted_and_encoded() {
        assert_eq!(quoted("a;b", ';'), "\"a;b\"");
        assert_eq!(quoted("a;b", ','), "a;b");
        assert_eq!(quoted("say \"x\"", ';'), "\"say \"\"x\"\"\"");
        assert_eq!(encode("é–\n", Encoding::Windows1252), [0xE9, 0x96, 0x0A]);
        assert_eq!(encode("ń", Encoding::Utf16), [0xFF, 0xFE, 0x44, 0x01]);
    }

    #[test]
    fn the_files_stay_small_and_the_changes_below_the_default_thresholds() {
        let files = generate();
        assert!(files.values().map(Vec::len).sum::<usize>() < 3_000_000);
        let expected: serde_json::Value = serde_json::from_slice(&files["expected.json"]).unwrap();
        for generation in ["generation-2", "generation-3", "generation-4"] {
            for (name, counters) in expected[generation]["entityTypes"].as_object().unwrap() {
                for kind in ["inserted", "updated", "deleted"] {
                    assert!(counters[kind].as_u64().unwrap() < 50, "{generation} {name} {kind}");
                }
            }
        }
        assert!(expected["faulty"]["entityTypes"]["HR_Person"]["updated"].as_u64().unwrap() > 1_900);
    }
}
