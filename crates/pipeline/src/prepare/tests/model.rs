//! Prepare against a naive model.

use super::*;
use crate::csv::canonical::push_record;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Source = Vec<(String, String)>;

fn text(rows: &Source) -> Vec<u8> {
    let mut out = b"other,b,id\n".to_vec();
    rows.iter().for_each(|(key, value)| push_record(&mut out, [b"x", value.as_bytes(), key.as_bytes()]));
    out
}

fn canonical<'a>(rows: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    let mut out = b"id,b\n".to_vec();
    rows.for_each(|(key, value)| push_record(&mut out, [key.as_bytes(), value.as_bytes()]));
    String::from_utf8(out).unwrap()
}

fn rows() -> impl Strategy<Value = Source> {
    proptest::collection::vec(("[ab,\" ]{0,3}", "[xy\n\r\",]{0,4}"), 0..120)
}

proptest! {
    #[test]
    fn entities_agree_with_a_map(rows in rows(), step in 1usize..50) {
        let mut first: BTreeMap<&String, &String> = BTreeMap::new();
        let (mut duplicates, mut conflicts, mut null_keys) = (0, 0, 0);
        for (key, value) in &rows {
            if key.is_empty() {
                null_keys += 1;
            } else if let Some(kept) = first.get(key) {
                duplicates += 1;
                conflicts += u64::from(*kept != value);
            } else {
                first.insert(key, value);
            }
        }
        let mut files = Files::default();
        let prepared = prepare(&entity(&["id", "b"]), Trickle(&text(&rows), step), &mut files, 0, memory).unwrap();
        let clean = first.len() as u64;
        prop_assert_eq!(counts(&prepared), [rows.len() as u64, null_keys, duplicates, conflicts, 0, clean]);
        prop_assert_eq!(files.text(SORTED), canonical(first.into_iter()));
    }

    #[test]
    fn pairs_agree_with_a_set(rows in rows()) {
        let spec = TableSpec { kind: Kind::Association, ..entity(&["id", "b"]) };
        let whole = |(key, value): &&(String, String)| !key.is_empty() && !value.is_empty();
        let set: std::collections::BTreeSet<&(String, String)> = rows.iter().filter(whole).collect();
        let Outcome { prepared, files } = run(&spec, text(&rows));
        prop_assert_eq!(files.text(SORTED), canonical(set.iter().map(|(key, value)| (key, value))));
        prop_assert_eq!(prepared.clean, set.len() as u64);
    }

    #[test]
    fn any_bytes_are_prepared(bytes in proptest::collection::vec(prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), Just(b'a'), any::<u8>()], 0..200)) {
        let source = [b"id,b\n", &bytes[..]].concat();
        let outcome = run(&entity(&["id", "b"]), &source);
        let sorted = outcome.files.0[SORTED].bytes();
        let mut reader = Reader::new(&sorted[..], Default::default());
        Header::read(&mut reader).unwrap();
        let mut last = Vec::new();
        while let Some(row) = reader.next_row().unwrap() {
            let crate::csv::Row::Good(record) = row else { panic!("the sorted file is canonical: {row:?}") };
            prop_assert!(record.field(0) > &last[..]);
            last = record.field(0).to_vec();
        }
        run(&association_of(), &source);
    }
}

fn association_of() -> TableSpec {
    TableSpec { kind: Kind::Association, ..entity(&["id", "b"]) }
}
