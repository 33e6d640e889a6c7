//! Any bytes as a sorted file or a delta: records or an error, and the same however the bytes arrive.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provost_fuzz::Trickle;
use provost_pipeline::reconcile::{SortedFile, SortedRecords, fields};
use std::io::{self, Read};

/// (line, key, record) of each record, and the error that ended it.
fn records(source: impl Read, column: usize) -> (Vec<(u64, Vec<u8>, Vec<u8>)>, Option<String>) {
    let mut found = Vec::new();
    let read = || -> io::Result<()> {
        let mut file = SortedFile::new(source, column)?;
        let _ = file.header().len();
        while file.advance()? {
            let _ = fields(file.record());
            found.push((file.line(), file.key().to_vec(), file.record().to_vec()));
        }
        Ok(())
    };
    let error = read().err().map(|error| error.to_string());
    (found, error)
}

fuzz_target!(|data: &[u8]| {
    let [control, text @ ..] = data else { return };
    let column = usize::from(control & 3);
    assert_eq!(records(text, column), records(Trickle(text, usize::from(control >> 2)), column));
});
