//! Any two texts as generations of a sorted file: a delta that leads from one to the other, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provost_fuzz::{Shared, Trickle};
use provost_pipeline::csv::canonical::read_field;
use provost_pipeline::delta::{Delta, DeltaError, Generation, Outlets, delta};
use provost_pipeline::prepare::{Held, Kind};
use provost_pipeline::reconcile::{SortedFile, SortedRecords};
use std::collections::BTreeMap;

/// A record behind `skip` columns: its key (of a pair: both columns), what stands before it, and itself.
struct Entry {
    key: Vec<Vec<u8>>,
    command: Vec<u8>,
    record: Vec<u8>,
}

fn entries(kind: Kind, text: &[u8], skip: usize) -> Vec<Entry> {
    let mut file = SortedFile::new(text, skip).unwrap();
    let mut found = Vec::new();
    while file.advance().unwrap() {
        let (mut rest, mut fields, mut starts) = (file.record(), Vec::new(), Vec::new());
        let whole = rest;
        loop {
            let mut field = Vec::new();
            starts.push(whole.len() - rest.len());
            let length = read_field(rest, &mut field).unwrap();
            fields.push(field);
            match rest.get(length + 1..) {
                Some(next) => rest = next,
                None => break,
            }
        }
        let columns = if kind == Kind::Entity { 1 } else { 2 };
        found.push(Entry {
            key: fields.iter().skip(skip).take(columns).cloned().collect(),
            command: fields.iter().take(skip).flatten().copied().collect(),
            record: whole[starts[skip]..].to_vec(),
        });
    }
    found
}

/// Prepare writes nothing else, and digests see to it that nobody does. Where two files agree byte for byte, their order
/// is not looked at.
fn is_in_order(kind: Kind, text: &[u8]) -> bool {
    entries(kind, text, 0).is_sorted_by(|a, b| a.key < b.key)
}

/// The delta, applied to the old generation by a plain map, gives the new one.
fn leads_from_one_to_the_other(kind: Kind, old: &[u8], new: &[u8], changes: &[u8], found: &Delta) {
    let by_key = |text| entries(kind, text, 0).into_iter().map(|entry| (entry.key, entry.record));
    let mut held: BTreeMap<_, _> = by_key(old).collect();
    let mut counts = (0, 0, 0);
    for Entry { key, command, record } in entries(kind, changes, 1) {
        match &command[..] {
            b"insert" => {
                counts.0 += 1;
                assert_eq!(held.insert(key, record), None);
            }
            b"update" => {
                counts.1 += 1;
                assert!(held.insert(key, record.clone()).is_some_and(|before| before != record));
            }
            b"delete" => {
                counts.2 += 1;
                assert_eq!(held.remove(&key), Some(record));
            }
            other => panic!("{}", String::from_utf8_lossy(other)),
        }
    }
    assert_eq!(counts, (found.inserted, found.updated, found.deleted));
    assert_eq!(held, by_key(new).collect());
}

fuzz_target!(|data: &[u8]| {
    let [control, text @ ..] = data else { return };
    let kind = if control & 1 == 0 { Kind::Entity } else { Kind::Association };
    // A sorted file has no NUL; here one divides the generations.
    let at = text.iter().position(|byte| *byte == 0);
    let (old, new) = at.map_or((None, text), |at| (Some(&text[..at]), &text[at + 1..]));
    let previous = old.map(|old| Generation { source: Trickle(old, usize::from(control >> 1)), digest: None });
    let new_generation = Generation { source: new, digest: None };
    let changes = Shared::default();
    let outlets = Outlets { delta: Some(Box::new(changes.clone())), ..Outlets::default() };
    let done: Result<Delta, DeltaError> = delta(kind, previous, new_generation, &Held::default(), outlets);
    match (done, old) {
        (Ok(found), Some(old)) if is_in_order(kind, old) && is_in_order(kind, new) => {
            leads_from_one_to_the_other(kind, old, new, &changes.bytes(), &found)
        }
        (Ok(_), _) => {}
        (Err(error), _) => assert!(!error.to_string().is_empty() && error.demands_complete()),
    }
});
