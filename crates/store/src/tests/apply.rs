//! Change tables to repository, with history.

use super::scratch::{self, Scratch, configuration, slot};
use crate::LinkCounts;
use provost_model::ResourceId;
use provost_model::changes::Command;

/// Microseconds in a minute.
const MINUTE: i64 = 60_000_000;

super::both!(
    inserts_resources_keys_and_links,
    an_update_closes_the_old_version_once,
    history_precision_keeps_the_version,
    a_delete_takes_links_keys_and_slots_along,
    values_and_link_of_one_resource_make_one_version,
    a_link_removed_and_made_again_stays,
    no_version_has_zero_length,
    dirty_flags_follow_the_changes,
    changes_can_be_counted_and_sampled,
    blocked_changes_wait_in_their_tables,
    an_unfinished_writer_stops_the_apply,
);

fn inserts_resources_keys_and_links(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    assert_eq!(s.people(), ["1|P1|Ada|ada@x|-|11|100", "2|P2|Bob|bob@x|-|11|100", "3|P3|Cyd|cyd@x|-|-|100"]);
    assert_eq!(s.links(), ["1|11|100|", "1|12|100|"]);
    assert_eq!(
        s.keys(),
        [
            "1|P1|1|1001",
            "1|P2|2|1002",
            "1|P3|3|1003",
            "1|ada@x|1|0",
            "1|bob@x|2|0",
            "1|cyd@x|3|0",
            "2|D1|11|2011",
            "2|D2|12|2012"
        ]
    );
    assert!(s.past().is_empty());
    assert_eq!(s.read(|tx| Ok((tx.count_resources(c.person)?, tx.count_links(c.works_in_place)?))), (3, 2));
}

fn an_update_closes_the_old_version_once(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let counts = s.write(|tx| {
        let run = tx.new_run("HR", 200)?;
        c.stage_person(tx, run, Command::Update, 1, [Some("P1"), Some("Ada L"), Some("ada@x"), None], 0)?;
        tx.apply_changes(run, &c.plan(200))
    });
    assert_eq!(counts.types[0].1.updated, 1);
    assert_eq!(counts.versions, 1);
    assert_eq!(s.people()[0], "1|P1|Ada L|ada@x|-|11|200");
    assert_eq!(s.past(), ["1|P1|Ada|-|11|100|200"]);
    assert_eq!(
        s.keys()[0],
        "1|P1|1|1001",
        "the fingerprint of the change is stored after the trigger voided the old one"
    );
    assert_eq!(s.rows("SELECT KeyValue FROM UR_ResourceChanges", 1), Vec::<String>::new());
}

fn history_precision_keeps_the_version(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let update = |now, logon, precision| {
        s.write(|tx| {
            let run = tx.new_run("HR", now)?;
            c.stage_person(
                tx,
                run,
                Command::Update,
                1,
                [Some("P1"), Some("Ada"), Some("ada@x"), Some(logon)],
                precision,
            )?;
            tx.apply_changes(run, &c.plan(now))
        })
    };
    assert_eq!(update(100 + 59 * MINUTE, "a", 60).versions, 0);
    assert_eq!(s.people()[0], "1|P1|Ada|ada@x|a|11|100");
    assert!(s.past().is_empty());
    let later = 100 + 60 * MINUTE;
    assert_eq!(update(later, "b", 60).versions, 1);
    assert_eq!(s.past(), [format!("1|P1|Ada|a|11|100|{later}")]);
    assert_eq!(update(later + MINUTE, "c", 0).versions, 1, "another property without precision makes a version");
}

fn a_delete_takes_links_keys_and_slots_along(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let counts = s.write(|tx| {
        let run = tx.new_run("HR", 200)?;
        c.stage_department(tx, run, Command::Delete, 11, [Some("D1"), None], 0)?;
        c.stage_person(tx, run, Command::Delete, 2, [Some("P2"), None, None, None], 0)?;
        tx.apply_changes(run, &c.plan(200))
    });
    // Bob's link goes with Bob, Ada's with the department.
    let links: Vec<LinkCounts> = counts.associations.iter().map(|(_, l)| *l).collect();
    assert_eq!(links, [LinkCounts { created: 0, removed: 2 }, LinkCounts { created: 0, removed: 1 }]);
    assert_eq!(s.people(), ["1|P1|Ada|ada@x|-|-|200", "3|P3|Cyd|cyd@x|-|-|100"]);
    assert_eq!(s.past(), ["1|P1|Ada|-|11|100|200", "2|P2|Bob|-|11|100|200", "11|D1|Sales|-|-|100|200"]);
    assert_eq!(s.links(), ["1|11|100|200", "1|12|100|"]);
    assert_eq!(s.keys(), ["1|P1|1|1001", "1|P3|3|1003", "1|ada@x|1|0", "1|cyd@x|3|0", "2|D2|12|2012"]);
}

fn values_and_link_of_one_resource_make_one_version(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let counts = s.write(|tx| {
        let run = tx.new_run("HR", 200)?;
        c.stage_person(tx, run, Command::Update, 1, [Some("P1"), Some("Ada L"), Some("ada@x"), None], 0)?;
        let mut links = tx.link_changes(run, c.works_in)?;
        links.push(Command::Delete, ResourceId(11), ResourceId(1), None, None, 0)?;
        links.push(Command::Insert, ResourceId(12), ResourceId(1), None, None, 4)?;
        links.push(Command::Insert, ResourceId(12), ResourceId(3), None, None, 5)?;
        links.finish()?;
        tx.apply_changes(run, &c.plan(200))
    });
    assert_eq!(counts.versions, 2);
    assert_eq!(counts.associations[0].1, LinkCounts { created: 2, removed: 1 });
    assert_eq!(s.past(), ["1|P1|Ada|-|11|100|200", "3|P3|Cyd|-|-|100|200"]);
    assert_eq!(s.people(), ["1|P1|Ada L|ada@x|-|12|200", "2|P2|Bob|bob@x|-|11|100", "3|P3|Cyd|cyd@x|-|12|200"]);
}

fn a_link_removed_and_made_again_stays(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let counts = s.write(|tx| {
        let run = tx.new_run("HR", 200)?;
        let mut links = tx.link_changes(run, c.works_in)?;
        links.push(Command::Delete, ResourceId(11), ResourceId(1), Some("D1"), Some("P1"), 0)?;
        links.push(Command::Insert, ResourceId(11), ResourceId(1), Some("D1"), Some("P1b"), 4)?;
        links.finish()?;
        let mut heads = tx.link_changes(run, c.heads)?;
        heads.push(Command::Delete, ResourceId(1), ResourceId(11), None, None, 0)?;
        heads.push(Command::Insert, ResourceId(1), ResourceId(11), None, None, 4)?;
        heads.push(Command::Delete, ResourceId(1), ResourceId(12), None, None, 0)?;
        heads.finish()?;
        tx.apply_changes(run, &c.plan(200))
    });
    assert_eq!(counts.versions, 0);
    assert_eq!(counts.associations[1].1, LinkCounts { created: 0, removed: 1 });
    assert_eq!(s.links(), ["1|11|100|", "1|12|100|200"]);
}

fn no_version_has_zero_length(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    s.write(|tx| {
        let run = tx.new_run("HR", 100)?;
        c.stage_person(tx, run, Command::Update, 1, [Some("P1"), Some("Eve"), Some("ada@x"), None], 0)?;
        c.stage_person(tx, run, Command::Delete, 2, [Some("P2"), None, None, None], 0)?;
        tx.apply_changes(run, &c.plan(100))
    });
    assert_eq!(s.people(), ["1|P1|Eve|ada@x|-|11|100", "3|P3|Cyd|cyd@x|-|-|100"]);
    assert!(s.past().is_empty());
}

fn dirty_flags_follow_the_changes(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let run = s.write(|tx| {
        let run = tx.new_run("HR", 200)?;
        c.stage_person(tx, run, Command::Update, 3, [Some("P3"), Some("Cy"), Some("cyd@x"), None], 0)?;
        tx.link_changes(run, c.works_in)?.push(Command::Delete, ResourceId(11), ResourceId(1), None, None, 0)?;
        tx.apply_changes(run, &crate::ApplyPlan { dont_delete_changes: true, ..c.plan(200) })?;
        Ok(run)
    });
    assert_eq!(s.dirty(), [""; 0]);
    s.write(|tx| {
        tx.set_dirty(run)?;
        tx.clear_changes(run)
    });
    assert_eq!(s.dirty(), ["1", "3", "11"]);
    let mut seen = Vec::new();
    s.read(|tx| {
        tx.scan_resources(c.person, &[slot(5), slot(128)], true, |row| {
            seen.push(format!("{} {:?} {}", row.id, row.values, row.valid_from));
            Ok(())
        })
    });
    assert_eq!(seen, ["1 [Some(\"Ada\"), None] 200", "3 [Some(\"Cy\"), None] 200"]);
}

fn changes_can_be_counted_and_sampled(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let run = s.write(|tx| {
        let run = tx.new_run("HR", 200)?;
        c.stage_person(tx, run, Command::Update, 1, [Some("P1"), Some("Ada L"), Some("ada@x"), None], 0)?;
        c.stage_person(tx, run, Command::Insert, 4, [Some("P4"), Some("Dan"), None, None], 0)?;
        c.stage_person(tx, run, Command::Insert, 5, [Some("P5"), Some("Eli"), None, None], 0)?;
        c.stage_person(tx, run, Command::Delete, 2, [Some("P2"), None, None, None], 0)?;
        tx.link_changes(run, c.heads)?.push(Command::Delete, ResourceId(1), ResourceId(11), Some("P1"), None, 9)?;
        Ok(run)
    });
    let (counts, sample) = s.read(|tx| Ok((tx.change_counts(run)?, tx.sample_changes(run, 1)?)));
    let p = c.person;
    assert_eq!(counts.resources, [(p, Command::Insert, 2), (p, Command::Update, 1), (p, Command::Delete, 1)]);
    assert_eq!(counts.links, [(c.heads, Command::Delete, 1)]);
    let shown: Vec<String> = sample
        .resources
        .iter()
        .map(|r| {
            let values: Vec<String> = r
                .values
                .iter()
                .map(|v| {
                    format!(
                        "{}:{}>{}",
                        v.slot.column(),
                        v.before.as_deref().unwrap_or("-"),
                        v.after.as_deref().unwrap_or("-")
                    )
                })
                .collect();
            format!(
                "{} {} {} {}",
                r.command.word(),
                r.key.as_deref().unwrap(),
                r.display_name.as_deref().unwrap(),
                values.join(" ")
            )
        })
        .collect();
    assert_eq!(
        shown,
        ["insert P4 Dan C4:->P4 C5:->Dan", "update P1 Ada L C5:Ada>Ada L", "delete P2 Bob C4:P2>- C5:Bob>- C6:bob@x>-"]
    );
    assert_eq!((sample.links[0].key1.as_deref(), sample.links[0].line), (Some("P1"), 9));
}

fn blocked_changes_wait_in_their_tables(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let stage = |name: &'static str| {
        s.write(|tx| {
            let run = tx.new_run("HR", 200)?;
            c.stage_person(tx, run, Command::Update, 1, [Some("P1"), Some(name), Some("ada@x"), None], 0)?;
            Ok(run)
        })
    };
    let (blocked, other) = (stage("Blocked"), stage("Other"));
    s.write(|tx| tx.apply_changes(other, &c.plan(200)));
    assert_eq!(s.people()[0], "1|P1|Other|ada@x|-|11|200");
    s.write(|tx| tx.apply_changes(blocked, &c.plan(300)));
    assert_eq!(s.people()[0], "1|P1|Blocked|ada@x|-|11|300");
    assert_eq!(s.past(), ["1|P1|Ada|-|11|100|200", "1|P1|Other|-|11|200|300"]);
}

fn an_unfinished_writer_stops_the_apply(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    let error = s
        .store
        .write("tester", "test", |tx| {
            let run = tx.new_run("HR", 1)?;
            let mut keys = tx.key_changes(run)?;
            keys.push(c.person, c.mail, "x", ResourceId(1), 0, false)?;
            tx.apply_changes(run, &scratch::Company::plan(&c, 1)).map(|_| ())
        })
        .unwrap_err();
    assert_eq!(error.code(), "internal");
}
