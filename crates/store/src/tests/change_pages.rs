//! Pages of the changes of a run.

use super::scratch::{Scratch, configuration};
use crate::{ChangeFilter, ChangePage, ChangePlace};
use provost_model::ResourceId;
use provost_model::changes::Command;

super::both!(all_changes_are_seen_once_in_pages_of_any_size, a_filter_leaves_the_others_out);

/// What changes, in words: command and key, or the two ends.
fn words(page: &ChangePage) -> Vec<String> {
    let resources =
        page.changes.resources.iter().map(|r| format!("{:?} {}", r.command, r.key.clone().unwrap_or_default()));
    let links = page.changes.links.iter().map(|l| format!("{:?} {} {}", l.command, l.resource1, l.resource2));
    resources.chain(links).collect()
}

fn staged(s: &Scratch) -> (crate::RunId, super::scratch::Company) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let run = s.write(|tx| {
        let run = tx.new_run("HR", 200)?;
        c.stage_person(tx, run, Command::Update, 1, [Some("P1"), Some("Ada B"), Some("ada@x"), None], 0)?;
        c.stage_person(tx, run, Command::Insert, 4, [Some("P4"), Some("Dan"), None, None], 0)?;
        c.stage_person(tx, run, Command::Delete, 3, [Some("P3"), None, None, None], 0)?;
        let mut links = tx.link_changes(run, c.heads)?;
        for (command, two) in [(Command::Delete, 11), (Command::Insert, 12)] {
            links.push(command, ResourceId(1), ResourceId(two), None, None, 0)?;
        }
        links.finish()?;
        Ok(run)
    });
    (run, c)
}

const ALL: [&str; 5] = ["Update P1", "Insert P4", "Delete P3", "Delete 1 11", "Insert 1 12"];

fn all_changes_are_seen_once_in_pages_of_any_size(s: &Scratch) {
    let (run, _) = staged(s);
    for limit in 1..=6 {
        let (mut seen, mut at) = (Vec::new(), Some(ChangePlace::Resource(0)));
        while let Some(place) = at {
            let page = s.read(|tx| tx.change_page(run, &ChangeFilter::default(), place, limit));
            assert!(words(&page).len() <= limit);
            seen.extend(words(&page));
            at = page.next;
        }
        assert_eq!(seen, ALL, "{limit}");
    }
    let first = s.read(|tx| tx.change_page(run, &ChangeFilter::default(), ChangePlace::Resource(0), 1));
    let values: Vec<_> =
        first.changes.resources[0].values.iter().map(|v| (v.before.as_deref(), v.after.as_deref())).collect();
    assert_eq!(values, [(Some("Ada"), Some("Ada B"))]);
}

fn a_filter_leaves_the_others_out(s: &Scratch) {
    let (run, c) = staged(s);
    let found = |filter: ChangeFilter| {
        let page = s.read(|tx| tx.change_page(run, &filter, ChangePlace::Resource(0), 10));
        assert_eq!(page.next, None);
        words(&page).join(", ")
    };
    let all = ChangeFilter::default();
    assert_eq!(found(ChangeFilter { entity_type: Some(c.person), ..all.clone() }), "Update P1, Insert P4, Delete P3");
    assert_eq!(found(ChangeFilter { association: Some(c.heads), ..all.clone() }), "Delete 1 11, Insert 1 12");
    assert_eq!(found(ChangeFilter { command: Some(Command::Delete), ..all.clone() }), "Delete P3, Delete 1 11");
    assert_eq!(
        found(ChangeFilter { entity_type: Some(c.person), command: Some(Command::Insert), ..all.clone() }),
        "Insert P4"
    );
    // A text is looked for in keys and names, whatever its case and whatever its letters mean elsewhere.
    let text = |text: &str| found(ChangeFilter { text: Some(text.to_owned()), ..ChangeFilter::default() });
    assert_eq!(text("p4"), "Insert P4");
    assert_eq!(text("ada b"), "Update P1");
    assert_eq!(text("%"), "");
    assert_eq!(text(""), found(ChangeFilter::default()));
}
