//! Every documented state is reached by a documented example.

use super::super::world::take_reached;
use super::cases;
use std::collections::BTreeMap;

/// The states of spec 21 §3: number, label, and why it is never the result of an evaluation, where that is so.
const WORKFLOW: &[(i64, &str, Option<&str>)] = &[
    (0, "None", Some("internal: of a row that is being made; none is stored with it")),
    (1, "Non-conforming", None),
    (2, "Requested – Missing Parameters", None),
    (3, "Pre-existing", None),
    (4, "Requested", Some("internal: a request between its submission and the evaluation, which processes it")),
    (5, "Calculated – Missing Parameters", None),
    (8, "Pending Approval", None),
    (9, "Pending Approval 1 of 2", None),
    (10, "Pending Approval 2 of 2", None),
    (11, "Pending Approval 1 of 3", None),
    (12, "Pending Approval 2 of 3", None),
    (13, "Pending Approval 3 of 3", None),
    (16, "Approved", None),
    (17, "Declined", None),
    (18, "Calculated", None),
    (19, "Inactive", None),
    (20, "Cancellation", None),
    (21, "Suggested", None),
    (22, "Suggested (automatic but with validation)", None),
    (23, "Automatic but with Validation", None),
    (24, "Approved – Questioned", None),
    (25, "Pending Approval – Risk", None),
    (26, "Blocked", None),
    (27, "Prolonged", None),
    (116, "Approved – Risk", None),
    (118, "Given by a Role", None),
    (119, "PolicyApprovedWithChanges, which has no documented number", None),
];

/// The states of spec 21 §4.
const PROVISIONING: &[(i64, &str)] = &[
    (0, "None"),
    (1, "Pending"),
    (2, "Transmitted"),
    (3, "Errored"),
    (4, "Verified"),
    (5, "Awaiting Approval"),
    (6, "Inactive"),
    (7, "Error"),
    (8, "Executed"),
];

#[test]
fn every_documented_state_is_reached() {
    let (mut workflow, mut provisioning) = (BTreeMap::new(), BTreeMap::new());
    take_reached();
    for case in cases() {
        // What goes wrong is told by the other test.
        let _ = case.run();
        let (states, orders) = take_reached();
        for state in states {
            workflow.entry(state.number()).or_insert_with(|| case.title.clone());
        }
        for state in orders {
            provisioning.entry(state.number()).or_insert_with(|| case.title.clone());
        }
    }
    let mut wrong = Vec::new();
    let mut tell = |what: &str, number: i64, label: &str, case: Option<&String>, internal: Option<&str>| {
        let told = case.map(String::as_str).or(internal).unwrap_or("NOT REACHED");
        println!("{what} {number:>3} {label:<58} {told}");
        if case.is_some() == internal.is_some() {
            wrong.push(format!("{what} {number} {label}: {told}"));
        }
    };
    for (number, label, internal) in WORKFLOW {
        tell("workflow", *number, label, workflow.get(number), *internal);
    }
    for (number, label) in PROVISIONING {
        tell("provisioning", *number, label, provisioning.get(number), None);
    }
    for number in workflow.keys().filter(|number| !WORKFLOW.iter().any(|(known, _, _)| known == *number)) {
        wrong.push(format!("workflow {number} is documented nowhere"));
    }
    assert_eq!(wrong, [""; 0]);
}
