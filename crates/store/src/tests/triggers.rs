//! What somebody with an SQL prompt does is noticed.

use super::scratch::{Scratch, configuration};
use crate::UnkeyedResource;
use provost_model::ResourceId;

super::both!(
    an_update_by_hand_voids_the_fingerprint,
    an_update_of_other_columns_does_not,
    a_delete_by_hand_removes_the_keys,
    an_insert_by_hand_is_found,
    a_changed_key_keeps_its_old_row,
    a_unique_key_follows_its_value,
);

fn an_update_by_hand_voids_the_fingerprint(s: &Scratch) {
    s.deploy(&configuration(), 50).fill(s);
    s.by_hand("UPDATE UR_Resources SET C5 = 'Mallory' WHERE C4 = 'P2'");
    s.by_hand("UPDATE UR_Resources SET C6 = NULL WHERE C4 = 'P3'");
    assert_eq!(s.keys()[..3], ["1|P1|1|1001", "1|P2|2|0", "1|P3|3|0"]);
}

fn an_update_of_other_columns_does_not(s: &Scratch) {
    s.deploy(&configuration(), 50).fill(s);
    let before = s.keys();
    s.by_hand("UPDATE UR_Resources SET Dirty = 1, I40 = NULL, DisplayName_L1 = 'x', C5 = C5");
    assert_eq!(s.keys(), before);
}

fn a_delete_by_hand_removes_the_keys(s: &Scratch) {
    s.deploy(&configuration(), 50).fill(s);
    s.by_hand("DELETE FROM UR_Resources WHERE C4 IN ('P2', 'D1')");
    assert_eq!(s.keys(), ["1|P1|1|1001", "1|P3|3|1003", "1|ada@x|1|0", "1|cyd@x|3|0", "2|D2|12|2012"]);
}

fn an_insert_by_hand_is_found(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let unkeyed = || s.read(|tx| tx.unkeyed_resources(c.person, c.number));
    assert_eq!(unkeyed(), []);
    s.by_hand(
        "INSERT INTO UR_Resources (Id, Type, ValidFrom, C4) VALUES (70, 1, 1, 'P7'), (71, 1, 1, NULL), (72, 1, 1, 'P1')",
    );
    let found = |id, key: Option<&str>| UnkeyedResource { resource: ResourceId(id), key: key.map(str::to_owned) };
    assert_eq!(unkeyed(), [found(70, Some("P7")), found(71, None), found(72, Some("P1"))]);
}

fn a_changed_key_keeps_its_old_row(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    s.by_hand("UPDATE UR_Resources SET C4 = 'P9' WHERE C4 = 'P2'");
    assert_eq!(s.keys()[1], "1|P2|2|0");
    assert_eq!(s.read(|tx| tx.unkeyed_resources(c.person, c.number)), []);
}

fn a_unique_key_follows_its_value(s: &Scratch) {
    s.deploy(&configuration(), 50).fill(s);
    s.by_hand("UPDATE UR_Resources SET C6 = 'new@x' WHERE C4 = 'P1'");
    s.by_hand("UPDATE UR_Resources SET C6 = NULL WHERE C4 = 'P3'");
    let logins: Vec<String> = s.keys().into_iter().filter(|k| k.contains('@')).collect();
    assert_eq!(logins, ["1|bob@x|2|0", "1|new@x|1|0"]);
}
