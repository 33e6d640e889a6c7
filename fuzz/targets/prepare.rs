//! Any bytes as the source of a table: each row is counted once, and what is written is sorted, canonical and complete.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provost_fuzz::{Files, Trickle, separator, spill};
use provost_pipeline::csv::{Dialect, Header, Reader};
use provost_pipeline::format::Converter;
use provost_pipeline::prepare::{ColumnSpec, DELTA, Kind, SORTED, TableSpec, prepare};
use provost_pipeline::reconcile::{SortedFile, SortedRecords};

/// The first two columns of the source, which the mapping shall use.
fn columns(text: &[u8], separator: u8) -> Option<Vec<ColumnSpec>> {
    let mut reader = Reader::new(text, Dialect { separator, ..Dialect::default() });
    let header = Header::read(&mut reader).ok()?;
    let [first, second, ..] = header.names() else { return None };
    let column = |header: &String| ColumnSpec { header: header.clone(), converter: Converter::as_is(), is_key: true };
    Some(vec![column(first), column(second)])
}

fuzz_target!(|data: &[u8]| {
    let [control, text @ ..] = data else { return };
    let separator = separator(*control);
    let Some(columns) = columns(text, separator) else { return };
    let spec = TableSpec {
        name: "T".to_owned(),
        kind: if control & 4 == 0 { Kind::Entity } else { Kind::Association },
        columns,
        separator,
        command_column: (control & 8 != 0).then(|| "command".to_owned()),
    };
    let mut files = Files::default();
    // Without memory each run spills.
    let budget = if control & 16 == 0 { 0 } else { 1 << 20 };
    let source = Trickle(text, if control & 32 == 0 { 7 } else { 1 << 16 });
    let Ok(prepared) = prepare(&spec, source, &mut files, budget, spill) else { return };
    let set_aside = prepared.null_keys + prepared.duplicates + prepared.rejected;
    assert_eq!(prepared.rows, set_aside + prepared.clean);
    let written = files.0[if prepared.changes { DELTA } else { SORTED }].bytes();
    assert_eq!(written.len() as u64, prepared.bytes);
    let mut sorted = SortedFile::new(&written[..], usize::from(prepared.changes)).unwrap();
    let (mut clean, mut last) = (0, None);
    while sorted.advance().unwrap() {
        clean += 1;
        let key = sorted.key().to_vec();
        if spec.kind == Kind::Entity && !prepared.changes {
            assert!(last.is_none_or(|last| last < key), "{written:?}");
        }
        last = Some(key);
    }
    assert_eq!(clean, prepared.clean, "{written:?}");
});
