//! What makes everybody of an entity type be evaluated again.

use super::*;

const OWN: &str = r#"<SingleRole Identifier="R" EntityType="Person" Policy="Default"/><SingleRoleRule Role="R" Policy="Default" D0="LAB"/>"#;

/// Digests of persons, and of records once a policy speaks of them, after the deployment of something else.
fn digests(world: &mut World, policy: &str) -> (Option<u64>, Option<u64>) {
    world.deploy(&format!("{CONTEXT}\n{policy}"));
    (world.engine.hash(0), world.engine.hash(1))
}

#[test]
fn what_decides_about_others_or_is_only_shown_changes_nothing() {
    let mut world = ada(OWN);
    let persons = world.engine.hash(0);
    assert_eq!(world.engine.hash(1), None);
    let others = r#"<SingleRole Identifier="Other" EntityType="Record" Policy="Default"/>"#;
    let (same, first) = digests(&mut world, &format!("{others}{OWN}"));
    assert_eq!(same, persons);
    let rule = r#"<SingleRoleRule Role="Other" Policy="Default" D0="SALES"/>"#;
    let (same, second) = digests(&mut world, &format!("{rule}{others}{OWN}"));
    assert_eq!(same, persons);
    assert_ne!(first, second);
    let named =
        OWN.replace("<SingleRole Identifier=\"R\"", "<SingleRole Identifier=\"R\" DisplayName_L1=\"Laboratory\"");
    assert_eq!(digests(&mut world, &named).0, persons);
    let category = r#"<Category Identifier="K" DisplayName_L1="K" Policy="Default"/>"#;
    assert_eq!(digests(&mut world, &format!("{OWN}{category}")).0, persons);
}

#[test]
fn each_thing_that_decides_changes_it() {
    let mut world = ada(OWN);
    let mut seen = vec![world.engine.hash(0)];
    for more in [
        r#"<SingleRole Identifier="S" EntityType="Person" Policy="Default"/>"#,
        r#"<SingleRoleRule Role="R" Policy="Default" D0="SALES"/>"#,
        r#"<SingleRoleRule Role="R" Policy="Default" D0="RND" L0="1"/>"#,
        r#"<SingleRoleRule Role="R" Policy="Default" D1="Paris" IsDenied="1"/>"#,
        r#"<Policy Identifier="Default" DisplayName_L1="D" GracePeriod="60"/>"#,
        r#"<ResourceType Identifier="AD" Policy="Default" SourceEntityType="Person" TargetEntityType="Account"/>"#,
        r#"<ResourceType Identifier="AD" Policy="Default" SourceEntityType="Person" TargetEntityType="Account">
            <NavigationRule Property="Groups" Resource="G1" SingleRole="R"/></ResourceType>"#,
        r#"<SingleRoleAutomationRule SingleRole="R" WorkflowState="Found" HoursToWait="24"/>"#,
    ] {
        let (digest, _) = digests(&mut world, &format!("{OWN}{more}"));
        assert!(!seen.contains(&digest), "{more}");
        seen.push(digest);
    }
    // A value that a rule asks for became another resource; a department moved.
    world.data.remove("Department", "LAB");
    world.data.add("Department", "Code,Parent\nLAB,SALES");
    let (digest, _) = digests(&mut world, OWN);
    assert!(!seen.contains(&digest));
}
