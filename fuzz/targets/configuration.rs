//! Any text as a configuration file: never a panic, and what is accepted survives being exported.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provost_model::configuration::{consequences, export, parse, plan, typed};

fuzz_target!(|text: &str| {
    // A form feed divides the text into files.
    let files: Vec<(String, String)> =
        text.split('\x0c').take(3).enumerate().map(|(i, part)| (format!("{i}.xml"), part.to_owned())).collect();
    let parsed = parse(&files);
    if parsed.has_errors() {
        return;
    }
    let configuration = typed(&parsed.items);
    assert!(consequences(&configuration, &configuration).is_empty());
    let written = export(&parsed.items);
    let again = parse(&written);
    assert!(!again.has_errors(), "{:?}\n{written:?}", again.problems);
    let plan = plan(&parsed.items, &again.items);
    assert!(plan.is_empty(), "{plan}\n{written:?}");
});
