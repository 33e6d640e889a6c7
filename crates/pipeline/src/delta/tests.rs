use super::*;
use crate::csv::canonical::push_record;
use crate::testing::{Shared, Trickle};
use proptest::prelude::*;
use std::collections::BTreeMap;

struct Outcome {
    found: Delta,
    delta: String,
    carried: String,
}

fn run(kind: Kind, old: Option<&str>, new: &str, held: &Held, block: usize) -> Result<Outcome, DeltaError> {
    let (delta, carried) = (Shared::default(), Shared::default());
    let outlets = Outlets { delta: Some(Box::new(delta.clone())), carried: Some(Box::new(carried.clone())) };
    let digest = |text: &str| Some(*blake3::hash(text.as_bytes()).as_bytes());
    let previous = old.map(|text| Generation { source: Trickle(text.as_bytes(), 3), digest: digest(text) });
    let new = Generation { source: new.as_bytes(), digest: digest(new) };
    let found = compare(kind, previous, new, held, outlets, block)?;
    Ok(Outcome { found, delta: delta.text(), carried: carried.text() })
}

fn entities(old: Option<&str>, new: &str) -> Outcome {
    run(Kind::Entity, old, new, &Held::default(), BLOCK).unwrap()
}

const BLOCK: usize = 64;

#[test]
fn tells_insert_update_delete() {
    let old = "id,name\n1,a\n2,b\n3,c\n5,e\n";
    let new = "id,name\n1,a\n2,B\n4,d\n5,e\n6,f\n";
    let Outcome { found, delta, carried } = entities(Some(old), new);
    insta::assert_snapshot!(delta, @r"
    command,id,name
    update,2,B
    delete,3,c
    insert,4,d
    insert,6,f
    ");
    assert_eq!((found.inserted, found.updated, found.deleted, found.held), (2, 1, 1, 0));
    assert_eq!(carried, new);
}

#[test]
fn without_a_previous_file_everything_is_inserted() {
    let Outcome { found, delta, .. } = entities(None, "id,name\n1,a\n\"2,x\",\"b\nc\"\n");
    assert_eq!(delta, "command,id,name\ninsert,1,a\ninsert,\"2,x\",\"b\nc\"\n");
    assert_eq!((found.inserted, found.previous_digest), (2, None));
}

#[test]
fn pairs_are_inserted_or_deleted() {
    let old = "group,user\n\"a,x\",1\n\"a,x\",2\nb,1\n";
    let new = "group,user\n\"a,x\",2\n\"a,x\",3\nb,1\n";
    let Outcome { delta, .. } = run(Kind::Association, Some(old), new, &Held::default(), BLOCK).unwrap();
    assert_eq!(delta, "command,group,user\ndelete,\"a,x\",1\ninsert,\"a,x\",3\n");
}

#[test]
fn held_records_are_kept_and_carried() {
    let old = "id,name\n1,a\n2,b\n3,c\n";
    let new = "id,name\n3,C\n";
    let held = Held { keys: vec!["2".to_owned()], unknown: false };
    let Outcome { found, delta, carried } = run(Kind::Entity, Some(old), new, &held, BLOCK).unwrap();
    assert_eq!(delta, "command,id,name\ndelete,1,a\nupdate,3,C\n");
    assert_eq!(carried, "id,name\n2,b\n3,C\n");
    assert_eq!((found.deleted, found.held), (1, 1));
    let all = Held { keys: vec![], unknown: true };
    let Outcome { found, delta, carried } = run(Kind::Entity, Some(old), new, &all, BLOCK).unwrap();
    assert_eq!(delta, "command,id,name\nupdate,3,C\n");
    assert_eq!(carried, "id,name\n1,a\n2,b\n3,C\n");
    assert_eq!((found.deleted, found.held), (0, 2));
}

#[test]
fn says_why_there_is_no_delta() {
    let error = |old: &str, new: &str| run(Kind::Entity, Some(old), new, &Held::default(), BLOCK).err().unwrap();
    let table = [
        ("id,name\n1,a\n", "id,mail\n1,a\n", "the columns changed from `id,name` to `id,mail`"),
        ("id\n2\n1\n", "id\n3\n", "line 3 of the previous sorted file is not in order: key `1`"),
        ("id\n1\n", "id\n2\n2\n", "line 3 of the new sorted file is not in order: key `2`"),
        ("id\n1\n\"2", "id\n1\n", "line 3 of the previous sorted file cannot be read: it has no end"),
        ("id\n\"1\"x\n", "id\n1\n", "line 2 of the previous sorted file cannot be read: it is not in canonical form"),
        ("", "id\n1\n", "line 1 of the previous sorted file cannot be read: the header line is missing"),
    ];
    for (old, new, expected) in table {
        let error = error(old, new);
        assert!(error.demands_complete());
        assert!(error.to_string().starts_with(expected), "{error}");
        assert!(error.to_string().ends_with("; run a complete synchronisation"), "{error}");
    }
}

#[test]
fn a_changed_file_is_noticed() {
    let digest = Some(*blake3::hash(b"id,name\n1,a\n2,b\n").as_bytes());
    // The second looks malformed, but the cause is that someone changed it.
    for changed in ["id,name\n1,a\n2,x\n", "id,name\n2,\"b\n", "id\n"] {
        let previous = Generation { source: changed.as_bytes(), digest };
        let new = Generation { source: &b"id,name\n1,a\n"[..], digest: None };
        let error = delta(Kind::Entity, Some(previous), new, &Held::default(), Outlets::default()).unwrap_err();
        assert!(matches!(error, DeltaError::Tampered { which: Which::Previous, .. }), "{error}");
    }
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

#[test]
fn a_broken_source_is_an_error() {
    let previous = Generation { source: Broken, digest: None };
    let new = Generation { source: &b"id\n1\n"[..], digest: None };
    let error = delta(Kind::Entity, Some(previous), new, &Held::default(), Outlets::default()).unwrap_err();
    assert!(matches!(error, DeltaError::Read { which: Which::Previous, .. }), "{error}");
}

type Table = BTreeMap<String, String>;

fn text(table: &Table) -> String {
    let mut out = b"id,name\n".to_vec();
    table.iter().for_each(|(key, value)| push_record(&mut out, [key.as_bytes(), value.as_bytes()]));
    String::from_utf8(out).unwrap()
}

fn table() -> impl Strategy<Value = Table> {
    let value = prop_oneof![3 => Just("same".to_owned()), 1 => "[ab\",\n]{0,12}"];
    proptest::collection::btree_map(prop_oneof!["[ab]{1,3}", "[a\",\n]{1,5}"], value, 0..60)
}

/// Applies a delta, read with the general reader, to a table.
fn apply(table: &mut Table, delta: &str) {
    let mut reader = crate::csv::Reader::new(delta.as_bytes(), crate::csv::Dialect::default());
    crate::csv::Header::read(&mut reader).unwrap();
    while let Some(row) = reader.next_row().unwrap() {
        let crate::csv::Row::Good(record) = row else { panic!("{row:?}") };
        let field = |i| String::from_utf8(record.field(i).to_vec()).unwrap();
        match (&field(0)[..], field(1), field(2)) {
            ("insert", key, value) => assert_eq!(table.insert(key, value), None),
            ("update", key, value) => assert!(table.insert(key, value.clone()).is_some_and(|old| old != value)),
            ("delete", key, value) => assert_eq!(table.remove(&key), Some(value)),
            other => panic!("{other:?}"),
        }
    }
}

proptest! {
    #[test]
    fn the_delta_leads_from_old_to_new(old in table(), changes in table(), keep in any::<u64>(), block in 8usize..400) {
        // Most records stay as they are.
        let mut new: Table = old.iter().enumerate().filter(|(i, _)| keep.rotate_left(*i as u32) & 3 != 0).map(|(_, (k, v))| (k.clone(), v.clone())).collect();
        new.extend(changes.into_iter().take(5));
        let outcome = run(Kind::Entity, Some(&text(&old)), &text(&new), &Held::default(), block).unwrap();
        let mut applied = old;
        apply(&mut applied, &outcome.delta);
        prop_assert_eq!(&applied, &new);
        prop_assert_eq!(outcome.carried, text(&new));
    }

    #[test]
    fn what_is_held_stays(old in table(), new in table(), held in proptest::collection::btree_set("[ab]{1,3}", 0..5), block in 8usize..400) {
        let keys: Vec<String> = held.into_iter().collect();
        let outcome = run(Kind::Entity, Some(&text(&old)), &text(&new), &Held { keys: keys.clone(), unknown: false }, block).unwrap();
        let mut expected = new.clone();
        expected.extend(old.iter().filter(|(key, _)| keys.contains(key) && !new.contains_key(*key)).map(|(k, v)| (k.clone(), v.clone())));
        let mut applied = old;
        apply(&mut applied, &outcome.delta);
        prop_assert_eq!(&applied, &expected);
        prop_assert_eq!(outcome.carried, text(&expected));
    }

    #[test]
    fn any_bytes_give_a_result_or_an_error(old in "[a1,\"\n]{0,60}", new in "[a1,\"\n]{0,60}", block in 8usize..40) {
        let _ = run(Kind::Entity, Some(&old), &new, &Held::default(), block);
        let _ = run(Kind::Association, Some(&old), &new, &Held::default(), block);
    }
}
