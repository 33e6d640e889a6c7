//! Any bytes as the CSV file of a connection, in any encoding: tables of UTF-8, or an error that says what to do.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provost_connectors::ExportReport;
use provost_fuzz::{exported, separator};
use serde_json::json;

fuzz_target!(|data: &[u8]| {
    let [control, content @ ..] = data else { return };
    let encodings = ["UTF-8", "UTF-16LE", "UTF-16BE", "Windows-1252"];
    let settings = json!({
        "Path": "source",
        "Separator": char::from(separator(*control)).to_string(),
        "Encoding": encodings[usize::from(control >> 2 & 3)],
    });
    let folder = tempfile::tempdir().unwrap();
    match exported(folder.path(), "Usercube.CSV@0000001", &settings, content) {
        Ok(ExportReport::Done { tables, .. }) => {
            for table in tables {
                let text = std::fs::read(&table.file).unwrap();
                assert_eq!(text.len() as u64, table.bytes);
            }
        }
        Ok(ExportReport::NotLaunched { reason }) => panic!("{reason}"),
        Err(error) => assert!(!error.code().is_empty() && !error.remedy().is_empty(), "{error}"),
    }
});
