//! Any bytes as the workbook of a connection: tables of UTF-8, or an error that says what to do.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provost_connectors::ExportReport;
use provost_fuzz::exported;
use serde_json::json;

fuzz_target!(|content: &[u8]| {
    let settings = json!({
        "Path": "source"
    });
    let folder = tempfile::tempdir().unwrap();
    match exported(folder.path(), "Usercube.Excel@0000001", &settings, content) {
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
