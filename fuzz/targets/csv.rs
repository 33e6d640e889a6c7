//! Any bytes as CSV: the same rows however the bytes arrive, and every line belongs to a row.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provost_fuzz::{Trickle, separator};
use provost_pipeline::csv::{Dialect, Header, Reader, Row};
use std::io::Read;

/// Header, then (line, fields or what is wrong).
fn rows(source: impl Read, dialect: Dialect) -> Vec<(u64, Result<Vec<Vec<u8>>, String>)> {
    let mut reader = Reader::new(source, dialect);
    let mut rows = Vec::new();
    match Header::read(&mut reader) {
        Ok(header) => header.names().iter().for_each(|name| {
            let _ = header.index_of(name);
            let _ = header.index_of(&format!("{name}x"));
        }),
        Err(error) => rows.push((0, Err(error.to_string()))),
    }
    while let Some(row) = reader.next_row().unwrap() {
        rows.push(match row {
            Row::Good(record) => {
                let fields: Vec<Vec<u8>> = record.fields().map(<[u8]>::to_vec).collect();
                assert_eq!(fields.len(), record.len());
                (record.line(), Ok(fields))
            }
            Row::Bad(bad) => {
                let rejected = bad.rejected();
                (rejected.line, Err(format!("{} {} {}", rejected.column, rejected.reason, rejected.remedy)))
            }
        });
    }
    rows
}

fuzz_target!(|data: &[u8]| {
    let [control, text @ ..] = data else { return };
    // Records longer than this are set aside, so that this road is walked, too.
    let max_record = if control & 0x80 == 0 { 16 << 20 } else { 40 };
    let dialect = Dialect { separator: separator(*control), max_record };
    let whole = rows(text, dialect);
    assert_eq!(whole, rows(Trickle(text, usize::from(control >> 2 & 0x1f)), dialect));
});
