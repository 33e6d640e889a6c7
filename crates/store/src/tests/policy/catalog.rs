use crate::tests::both;
use crate::tests::scratch::{Scratch, configuration, scalar};
use provost_model::PolicyObjectId;
use provost_model::configuration::Configuration;
use provost_model::configuration::policy::SingleRole;

both!(objects_keep_their_ids, what_is_supposed_is_given_up);

fn with_roles(roles: &[&str]) -> Configuration {
    let mut configuration = configuration();
    let role = |name: &&str| SingleRole { identifier: (*name).to_owned(), ..SingleRole::default() };
    configuration.policy.single_roles = roles.iter().map(role).collect();
    configuration
}

fn objects_keep_their_ids(scratch: &Scratch) {
    scratch.deploy(&with_roles(&["A", "B"]), 50);
    let first = scratch.read(|tx| tx.policy_catalog());
    assert_eq!(first.id("SingleRole", "A"), Some(PolicyObjectId(1)));
    assert_eq!(first.id("SingleRole", "B"), Some(PolicyObjectId(2)));

    scratch.deploy(&with_roles(&["C", "A"]), 60);
    let second = scratch.read(|tx| tx.policy_catalog());
    assert_eq!(second.id("SingleRole", "A"), Some(PolicyObjectId(1)));
    assert_eq!(second.id("SingleRole", "B"), None);
    assert_eq!(second.id("SingleRole", "C"), Some(PolicyObjectId(3)));
    let past = scratch.read(|tx| tx.past_policy_catalog());
    assert_eq!(past.id("SingleRole", "B"), Some(PolicyObjectId(2)));

    scratch.deploy(&with_roles(&["A", "B"]), 70);
    assert_eq!(scratch.read(|tx| tx.policy_catalog()), first);
}

fn what_is_supposed_is_given_up(scratch: &Scratch) {
    scratch.deploy(&with_roles(&["A"]), 50);
    let before = scratch.read(|tx| tx.policy_catalog());
    let mut other = with_roles(&["A", "B"]);
    // A new slot is a new column.
    other.entity_types[0].properties.push(scalar("Extra", 90));
    let suppose = || {
        scratch.store.suppose(|tx| {
            tx.lock_repository()?;
            tx.deploy_model(&other, 60)?;
            tx.set_policy_state("supposed", "x", 60)?;
            assert_eq!(tx.policy_state("supposed")?.as_deref(), Some("x"));
            tx.policy_catalog()
        })
    };
    let supposed = suppose().unwrap();
    assert_eq!(supposed.id("SingleRole", "B"), Some(PolicyObjectId(2)));
    assert_eq!(scratch.read(|tx| tx.policy_catalog()), before);
    assert_eq!(scratch.read(|tx| tx.policy_state("supposed")), None);
    assert_eq!(suppose().unwrap(), supposed, "ids are counted in the repository: they are the same each time");
    let failed = scratch.store.suppose(|tx| {
        tx.set_policy_state("supposed", "y", 60)?;
        tx.replace_configuration(&[crate::ItemChange::Delete("Agent".to_owned(), "nobody".to_owned())])
    });
    assert!(failed.is_err());
    assert_eq!(scratch.read(|tx| tx.policy_state("supposed")), None);
    scratch.deploy(&other, 70);
    assert_eq!(scratch.read(|tx| tx.policy_catalog()), supposed);
}
