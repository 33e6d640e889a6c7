//! Computed values.

use super::scratch::{Scratch, configuration, slot};
use crate::Target;
use provost_model::ResourceId;

/// Microseconds in a minute.
const MINUTE: i64 = 60_000_000;

super::both!(
    values_change_with_history,
    a_computed_key_moves_its_row,
    precision_holds_for_computed_values,
    a_text_that_the_database_cannot_hold_is_told_apart,
);

fn values_change_with_history(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let changed = s.write(|tx| {
        let values = [(ResourceId(1), Some("Ada")), (ResourceId(2), Some("Bea")), (ResourceId(9), Some("x"))];
        let by_slot = tx.update_values(c.person, Target::Slot(slot(5)), &values, 200)?;
        let by_name = tx.update_values(c.person, Target::DisplayName, &[(ResourceId(2), Some("Dr Bea"))], 200)?;
        let by_link = tx.update_values(c.person, Target::Slot(slot(128)), &[(ResourceId(3), Some("12"))], 200)?;
        Ok((by_slot, by_name, by_link))
    });
    assert_eq!(changed, (1, 1, 1));
    assert_eq!(s.people(), ["1|P1|Ada|ada@x|-|11|100", "2|P2|Bea|bob@x|-|11|200", "3|P3|Cyd|cyd@x|-|12|200"]);
    assert_eq!(s.past(), ["2|P2|Bob|-|11|100|200", "3|P3|Cyd|-|-|100|200"]);
    assert_eq!(s.keys()[..3], ["1|P1|1|1001", "1|P2|2|0", "1|P3|3|1003"], "a synchronised value differs from the file");
}

fn a_computed_key_moves_its_row(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    s.write(|tx| {
        let values = [(ResourceId(1), Some("ada@y")), (ResourceId(2), None), (ResourceId(3), Some("cyd@x"))];
        tx.update_values(c.person, Target::Slot(slot(6)), &values, 200)
    });
    assert_eq!(s.keys()[3..5], ["1|ada@y|1|0", "1|cyd@x|3|0"]);
}

fn precision_holds_for_computed_values(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let set = |value, now| {
        s.write(|tx| tx.update_values(c.person, Target::Slot(slot(7)), &[(ResourceId(1), Some(value))], now))
    };
    set("a", 100 + MINUTE);
    assert!(s.past().is_empty());
    set("b", 100 + 60 * MINUTE);
    assert_eq!(s.past(), [format!("1|P1|Ada|a|11|100|{}", 100 + 60 * MINUTE)]);
}

fn a_text_that_the_database_cannot_hold_is_told_apart(s: &Scratch) {
    let done = s.store.write("tester", "test", |tx| tx.set_last_digest("HR", "a\0b"));
    match s.store.dialect() {
        crate::Dialect::Postgres => assert_eq!(done.unwrap_err().code(), "repository-text"),
        crate::Dialect::Sqlite => done.unwrap(),
    }
}
