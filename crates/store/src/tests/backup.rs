//! Whole repositories, out and in again, also from one database to the other.

use super::both;
use super::scratch::{Scratch, configuration};
use crate::{Shape, Store, StoreError, TableShape};

both!(all_comes_back, a_newer_backup_is_refused, what_fails_leaves_everything);

type Dumped = (Shape, Vec<(TableShape, Vec<String>)>);

fn dump(scratch: &Scratch) -> Dumped {
    scratch.read(|tx| {
        let shape = tx.shape()?;
        let mut tables = Vec::new();
        for table in &shape.tables {
            let mut lines = Vec::new();
            tx.dump(table, |line| {
                lines.push(line.to_owned());
                Ok::<(), StoreError>(())
            })?;
            lines.sort();
            tables.push((table.clone(), lines));
        }
        Ok((shape, tables))
    })
}

fn refill(to: &Scratch, (shape, tables): &Dumped) -> Result<(), StoreError> {
    Store::refill(&to.connection, shape, |refill| {
        for (table, lines) in tables {
            let count = refill.load(table, lines.iter().cloned().map(Ok::<String, StoreError>))?;
            assert_eq!(count, lines.len() as u64);
        }
        Ok(())
    })
}

/// Rows by table; the shapes of two databases list tables and columns alike.
fn filled(scratch: &Scratch) -> Dumped {
    let company = scratch.deploy(&configuration(), 50);
    company.fill(scratch);
    scratch.by_hand("UPDATE UR_Resources SET C5 = 'Ädä \"x\" \\, |' WHERE Id = 1");
    dump(scratch)
}

fn all_comes_back(scratch: &Scratch) {
    let before = filled(scratch);
    let others = [Some(Scratch::sqlite()), Scratch::postgres()];
    for other in others.iter().flatten() {
        assert!(!Store::is_used(&other.connection).unwrap());
        refill(other, &before).unwrap();
        assert!(Store::is_used(&other.connection).unwrap());
        assert_eq!(dump(other), before);
        // Triggers watch again, and counted ids go on behind those that came back.
        other.by_hand("UPDATE UR_Resources SET C5 = 'changed' WHERE Id = 2");
        assert!(other.keys().iter().any(|row| row.ends_with("P2|2|0")), "{:?}", other.keys());
        let entries = |s: &Scratch| s.read(|tx| tx.journal(100)).len();
        let count = entries(other);
        other.write(|_| Ok(()));
        assert_eq!(entries(other), count + 1);
    }
    // Once more over what is there.
    refill(scratch, &before).unwrap();
    assert_eq!(dump(scratch), before);
}

fn a_newer_backup_is_refused(scratch: &Scratch) {
    let (mut shape, tables) = dump(scratch);
    shape.version += 1;
    assert!(matches!(refill(scratch, &(shape, tables)), Err(StoreError::NewerSchema { .. })));
}

fn what_fails_leaves_everything(scratch: &Scratch) {
    let before = filled(scratch);
    let mut foreign = before.clone();
    foreign.1[0].0.name = "um_counters; DROP TABLE ur_resources".to_owned();
    let mut wrong = before.clone();
    if let Some((_, lines)) = wrong.1.iter_mut().find(|(table, _)| table.name == "ur_resources") {
        lines.push("[\"no number\"]".to_owned());
    }
    for broken in [foreign, wrong] {
        let error = refill(scratch, &broken).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert_eq!(dump(scratch), before);
    }
}
