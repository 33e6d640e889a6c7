use super::*;
use crate::testing::memory;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::Cursor;

type Records = Vec<(Vec<u8>, Vec<u8>)>;
type Sorted = Vec<(Vec<u8>, Vec<u8>, bool)>;

fn sort(records: &Records, budget: usize) -> (Sorted, usize) {
    let mut spills = 0;
    let mut sorter = Sorter::new(budget, || {
        spills += 1;
        memory()
    });
    sorter.room = budget;
    for (key, payload) in records {
        sorter.push(key, payload).unwrap();
    }
    let mut merged = sorter.finish().unwrap();
    let mut out = Vec::new();
    while let Some(item) = merged.next().unwrap() {
        out.push((item.key.to_vec(), item.payload.to_vec(), item.repeats));
    }
    assert!(merged.next().unwrap().is_none());
    (out, spills)
}

/// Keys in order, payloads of one key in the order of arrival.
fn expected(records: &Records) -> Sorted {
    let mut map: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
    for (key, payload) in records {
        map.entry(key).or_default().push(payload);
    }
    let flat = map.into_iter().flat_map(|(key, payloads)| {
        payloads.into_iter().enumerate().map(move |(i, payload)| (key.to_vec(), payload.to_vec(), i > 0))
    });
    flat.collect()
}

#[test]
fn nothing_gives_nothing() {
    assert_eq!(sort(&vec![], 100).0, vec![]);
}

#[test]
fn merges_levels_when_there_are_many_runs() {
    // Some 20,000 runs of one record: they are merged, and the merged ones once more.
    let records: Records = (0..20_000u32)
        .map(|i| ((i.wrapping_mul(2_654_435_761) % 5000).to_be_bytes().to_vec(), i.to_be_bytes().to_vec()))
        .collect();
    let (out, spills) = sort(&records, 30);
    assert_eq!(out, expected(&records));
    assert!(spills > 20_000, "{spills}");
}

#[test]
fn a_record_beyond_the_budget_is_sorted_too() {
    let records =
        vec![(vec![b'z'; 300_000], vec![1; 300_000]), (vec![b'a'], vec![]), (vec![b'z'; 299_999], vec![2; 9])];
    assert_eq!(sort(&records, 1000).0, expected(&records));
}

#[test]
fn a_full_disk_is_an_error() {
    let mut sorter = Sorter::new(0, || Err(io::Error::from(io::ErrorKind::StorageFull)));
    let result = (0..100_000u32).try_for_each(|i| sorter.push(&i.to_le_bytes(), b"payload"));
    assert!(matches!(result, Err(SortError::Spill(error)) if error.kind() == io::ErrorKind::StorageFull));
}

/// Loses what is written beyond a size.
struct Lossy(Cursor<Vec<u8>>);

impl Spill for Lossy {}

impl Read for Lossy {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = out.len().min(7);
        self.0.read(out.get_mut(..most).unwrap())
    }
}

impl Write for Lossy {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.position() < 200 { self.0.write(bytes.get(..bytes.len().min(200)).unwrap()) } else { Ok(bytes.len()) }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Lossy {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_spill_that_was_cut_off_is_noticed() {
    let mut sorter = Sorter::new(0, || Ok(Box::new(Lossy(Cursor::new(Vec::new()))) as Box<dyn Spill>));
    for i in 0..5000u32 {
        sorter.push(&i.to_be_bytes(), b"payload").unwrap();
    }
    let mut merged = sorter.finish().unwrap();
    let error = loop {
        match merged.next() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the damage went unnoticed"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, SortError::Damaged));
}

proptest! {
    #[test]
    fn agrees_with_a_tree_map(
        records in proptest::collection::vec((proptest::collection::vec(prop_oneof![3 => Just(b'a'), 1 => Just(b'b'), 1 => Just(0)], 0..20), proptest::collection::vec(any::<u8>(), 0..4)), 0..200),
        budget in 1usize..3000,
    ) {
        prop_assert_eq!(sort(&records, budget).0, expected(&records));
    }
}
