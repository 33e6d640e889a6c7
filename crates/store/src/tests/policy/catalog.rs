use crate::tests::both;
use crate::tests::scratch::{Scratch, configuration};
use provost_model::PolicyObjectId;
use provost_model::configuration::Configuration;
use provost_model::configuration::policy::SingleRole;

both!(objects_keep_their_ids);

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
