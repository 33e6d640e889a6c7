use crate::tests::both;
use crate::tests::scratch::{Company, Scratch, configuration};
use crate::{
    AssignmentChange, CorrelationKey, EvaluationNotes, Follower, KeySide, StoredClassification, StoredCorrelation,
};
use provost_model::changes::Command;
use provost_model::policy::{AssignedResourceType, AssignedRole, Assignments};
use provost_model::{PolicyObjectId, ResourceId};
use std::collections::BTreeMap;

both!(
    an_owner_that_goes_takes_its_assignments_along,
    a_target_that_goes_is_lost_to_its_owner,
    changes_are_remembered_once_a_policy_was_computed,
    keys_find_resources_and_change
);

const ADA: ResourceId = ResourceId(1);
const SALES: ResourceId = ResourceId(11);

/// Ada has a role, and the department Sales as her target.
fn computed(s: &Scratch) -> Company {
    let company = s.deploy(&configuration(), 50);
    company.fill(s);
    s.write(|tx| {
        tx.set_policy_state("owners", "a", 500)?;
        let mut after = Assignments {
            single_roles: vec![AssignedRole { owner: ADA, role: PolicyObjectId(1), ..AssignedRole::default() }],
            resource_types: vec![AssignedResourceType {
                owner: ADA,
                resource_type: PolicyObjectId(2),
                target: Some(SALES),
                confidence: 100,
                ..AssignedResourceType::default()
            }],
            ..Assignments::default()
        };
        let before = Assignments::default();
        let change = AssignmentChange { owner: ADA, before: &before, after: &mut after };
        tx.write_assignments(&mut [change], 500, false)?;
        let found = StoredCorrelation {
            owner: ADA,
            resource_type: PolicyObjectId(2),
            target: SALES,
            confidence: 100,
            is_suggested: false,
            rule: None,
        };
        tx.change_correlations(&[], &[found])?;
        let notes = EvaluationNotes { next_at: Some(900), risks: vec![PolicyObjectId(7)], risk_score: Some(40) };
        tx.write_evaluation_notes(&[(ADA, notes)], &BTreeMap::new(), 500)?;
        tx.change_correlation_keys(&[], &[key(1, KeySide::Source, "x"), key(11, KeySide::Target, "x")])?;
        tx.change_classifications(&[], &[StoredClassification { resource: SALES, ..StoredClassification::default() }])
    });
    company
}

fn key(resource: i64, side: KeySide, value: &str) -> CorrelationKey {
    CorrelationKey { resource: ResourceId(resource), rule: PolicyObjectId(3), side, value: value.to_owned() }
}

fn delete_person(company: &Company, s: &Scratch, now: i64) {
    s.write(|tx| {
        let run = tx.new_run("HR", now)?;
        company.stage_person(tx, run, Command::Delete, 1, [Some("P1"), None, None, None], 0)?;
        tx.apply_changes(run, &company.plan(now)).map(|_| ())
    });
}

fn delete_department(company: &Company, s: &Scratch, now: i64) {
    s.write(|tx| {
        let run = tx.new_run("HR", now)?;
        company.stage_department(tx, run, Command::Delete, 11, [Some("D1"), None], 0)?;
        tx.apply_changes(run, &company.plan(now)).map(|_| ())
    });
}

fn an_owner_that_goes_takes_its_assignments_along(s: &Scratch) {
    let company = computed(s);
    delete_person(&company, s, 600);
    let [now, then] = [s.read(|tx| tx.assignments(&[ADA])), s.read(|tx| tx.assignments_at(&[ADA], 599))];
    assert!(now[0].is_empty());
    assert_eq!((then[0].single_roles.len(), then[0].resource_types.len()), (1, 1));
    assert_eq!(s.read(|tx| tx.correlations_of(&[ADA])), []);
    assert_eq!(s.read(|tx| tx.evaluation_notes(&[ADA])), BTreeMap::new());
    assert_eq!(s.read(|tx| tx.correlation_keys(&[ADA, SALES])), [key(11, KeySide::Target, "x")]);
    // Her target belongs to nobody now; the departments that she headed, and where she worked, lost a link.
    let log = s.read(|tx| tx.key_change_log());
    assert_eq!((log.keys, log.freed), (vec![(key(1, KeySide::Source, "x"), false)], vec![SALES]));
    let changes = s.read(|tx| tx.data_changes(Follower::Owners));
    let pairs = |ids: &[(i64, i64)]| ids.iter().map(|(a, b)| (ResourceId(*a), ResourceId(*b))).collect::<Vec<_>>();
    assert_eq!(changes.links[&company.heads], pairs(&[(1, 11), (1, 12)]));
    assert_eq!(changes.links[&company.works_in], pairs(&[(11, 1)]));
}

fn a_target_that_goes_is_lost_to_its_owner(s: &Scratch) {
    let company = computed(s);
    delete_department(&company, s, 600);
    let now = s.read(|tx| tx.assignments(&[ADA]));
    assert_eq!(now[0].resource_types[0].target, None);
    assert_eq!(now[0].single_roles.len(), 1);
    let then = s.read(|tx| tx.assignments_at(&[ADA], 599));
    assert_eq!(then[0].resource_types[0].target, Some(SALES));
    assert_eq!(s.read(|tx| tx.waiting_owners(company.person, ResourceId(0), 9)), [(ADA, 1)]);
    assert_eq!(s.read(|tx| tx.correlations_of(&[ADA])), []);
    assert_eq!(s.read(|tx| tx.classifications()), []);
    assert_eq!(s.read(|tx| tx.key_change_log()).freed, [ADA]);
    // Those who worked there, and who headed it.
    let changes = s.read(|tx| tx.data_changes(Follower::Owners));
    assert_eq!(changes.links[&company.works_in].len(), 2);
    assert_eq!(changes.links[&company.heads].len(), 1);
    s.write(|tx| tx.remove_waiting_owners(&[(ADA, 0)]));
    assert_eq!(s.read(|tx| tx.waiting_owners(company.person, ResourceId(0), 9)), [(ADA, 1)]);
    s.write(|tx| tx.remove_waiting_owners(&[(ADA, 1)]));
    assert_eq!(s.read(|tx| tx.waiting_owners(company.person, ResourceId(0), 9)), []);
}

fn changes_are_remembered_once_a_policy_was_computed(s: &Scratch) {
    let company = s.deploy(&configuration(), 50);
    company.fill(s);
    let rename = |name: &str, now: i64| {
        s.write(|tx| {
            let run = tx.new_run("HR", now)?;
            company.stage_person(tx, run, Command::Update, 2, [Some("P2"), Some(name), None, None], 0)?;
            tx.apply_changes(run, &company.plan(now)).map(|_| ())
        });
    };
    let changed = |follower| {
        let changes = s.read(|tx| tx.data_changes(follower));
        changes.resources.get(&company.person).map_or(Vec::new(), |ids| ids.iter().map(|id| id.0).collect())
    };
    rename("Bo", 200);
    assert!(s.read(|tx| tx.data_changes(Follower::Owners)).is_empty());
    s.write(|tx| tx.set_policy_state("owners", "a", 500));
    rename("Bobby", 600);
    assert_eq!(changed(Follower::Keys), [2]);
    s.write(|tx| tx.keys_followed());
    assert_eq!((changed(Follower::Keys), changed(Follower::Owners)), (vec![], vec![2]));
    let value = [(ResourceId(3), Some("cyd"))];
    let target = crate::Target::Slot(crate::tests::scratch::slot(7));
    s.write(|tx| tx.update_values(company.person, target, &value, 700));
    assert_eq!((changed(Follower::Keys), changed(Follower::Owners)), (vec![3], vec![2, 3]));
    assert!(s.read(|tx| tx.has_data_changed()));
    s.write(|tx| tx.owners_followed());
    s.write(|tx| tx.update_values(company.person, target, &value, 800));
    assert!(s.read(|tx| tx.data_changes(Follower::Owners)).is_empty());
    assert!(!s.read(|tx| tx.has_data_changed()));
    // That something is gone is no change of what remains, and yet a change for whoever looks for it.
    s.write(|tx| tx.follow_deletion("(SELECT CAST(3 AS BIGINT) AS Id)", 900));
    assert!(s.read(|tx| tx.has_data_changed()));
    s.write(|tx| tx.owners_followed());
    assert!(!s.read(|tx| tx.has_data_changed()));
}

fn keys_find_resources_and_change(s: &Scratch) {
    let rule = PolicyObjectId(3);
    let long = "ä".repeat(4_000);
    s.write(|tx| {
        let mut keys = tx.initial_correlation_keys()?.unwrap();
        for (value, resource) in [("a", 5), ("a", 9), ("b", 2), (long.as_str(), 7)] {
            keys.push(rule, KeySide::Target, value, ResourceId(resource))?;
        }
        keys.finish(tx)
    });
    assert!(s.write(|tx| tx.initial_correlation_keys()).is_none());
    let holders = |value: &str| s.read(|tx| tx.holders_of_key(rule, KeySide::Target, value, 10));
    assert_eq!(holders("a"), [ResourceId(5), ResourceId(9)]);
    assert_eq!(holders(&long), [ResourceId(7)]);
    assert_eq!(holders("A"), []);
    s.write(|tx| {
        tx.change_correlation_keys(&[key(5, KeySide::Target, "a")], &[key(5, KeySide::Target, "c")])?;
        Ok(())
    });
    let mut all = Vec::new();
    s.read(|tx| {
        tx.scan_correlation_keys(rule, KeySide::Target, |value, resource| {
            all.push((value.chars().take(2).collect::<String>(), resource.0));
            Ok::<(), crate::StoreError>(())
        })
    });
    let expected = [("a", 9), ("b", 2), ("c", 5), ("ää", 7)].map(|(value, id)| (value.to_owned(), id));
    assert_eq!(all, expected);
    s.deploy(&configuration(), 50);
    assert_eq!(s.read(|tx| tx.correlation_keys(&[ResourceId(5)])), [key(5, KeySide::Target, "c")]);
}
