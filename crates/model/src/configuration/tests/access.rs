//! Rights as they are written.

use super::super::access::*;
use super::*;
use crate::configuration::jobs::CronTimeZone;

#[test]
fn rules_entries_and_filters() {
    let parsed = read(
        r#"<Profile Identifier="P" DisplayName_L1="Managers" IsComponent="1"/>
           <AccessControlPropertyGroup Identifier="G" DisplayName_L1="Private"/>
           <AccessControlRule Identifier="R" DisplayName_L1="x" EntityType="Job" Profile="P">
             <Entry Permission="/Jobs/Job/Query" CanExecute="true" Priority="5" PropertyGroup="G"/>
             <Entry Permission="/" Notify="0" IsPreCondition="0" IsPostCondition="0" FullAccessProperties="1"/>
             <Filter Binding="Manager.Id" CurrentUser="true"/>
             <Filter Binding="State" Value="8" Operator="1" Group="g"/>
             <Filter Binding="Category.Id" Category="true"/>
           </AccessControlRule>
           <EntityType Identifier="T"><Property Identifier="N" IsKey="1" TargetColumnIndex="4"/></EntityType>
           <AccessControlEntityType Identifier="T"><Property Identifier="N" VisibilityGroup="G"/></AccessControlEntityType>"#,
    );
    let configuration = parsed.configuration;
    assert!(configuration.profiles[0].is_component);
    let rule = &configuration.access_control_rules[0];
    assert_eq!((rule.entity_type.as_str(), rule.profile.as_str()), ("Job", "P"));
    let usual = AccessControlEntry {
        permission: "/Jobs/Job/Query".to_owned(),
        can_execute: true,
        full_access_properties: false,
        property_group: Some("G".to_owned()),
        is_pre_condition: true,
        is_post_condition: true,
        notify: true,
        priority: 5,
    };
    let reading = AccessControlEntry {
        permission: "/".to_owned(),
        can_execute: false,
        full_access_properties: true,
        property_group: None,
        is_pre_condition: false,
        is_post_condition: false,
        notify: false,
        priority: 0,
    };
    assert_eq!(rule.entries, [usual, reading]);
    let filters: Vec<(&str, &str, bool, &ComparedWith)> =
        rule.filters.iter().map(|f| (f.group.as_str(), f.binding.as_str(), f.is_not_equal, &f.compared_with)).collect();
    assert_eq!(
        filters,
        [
            ("", "Manager.Id", false, &ComparedWith::CurrentUser),
            ("g", "State", true, &ComparedWith::Value("8".to_owned())),
            ("", "Category.Id", false, &ComparedWith::Category),
        ]
    );
    let restricted = &configuration.access_control_entity_types[0].properties;
    assert_eq!(restricted.get("N"), Some(&Some("G".to_owned())));
    assert!(parsed.not_acted_on.is_empty());
}

#[test]
fn clients_contexts_assignments_and_settings() {
    let configuration = read(
        r#"<Profile Identifier="P" DisplayName_L1="P"/>
           <ProfileContext Id="-2" Category="C" D0="Paris" Dimension1="IT"/>
           <OpenIdClient Identifier="Job" DisplayName_L1="J" HashedSecret="aGFzaA==" Profile="P" ContextId="-2" ExpirationDate="2030-01-01"/>
           <AssignedProfile User="jane" Profile="P" Context="-2" StartDate="2026-01-01"/>
           <SchedulingCleanDataBaseSetting Timeout="30" CronTabExpression="* */2 * * *"/>
           <EntityType Identifier="T"><Property Identifier="N" IsKey="1" TargetColumnIndex="4"/></EntityType>
           <SelectUserByIdentityQueryHandlerSetting ResourceIdentityProperty="N" OwnerEntityType="T" BeforeToken="@"/>"#,
    )
    .configuration;
    let client = &configuration.open_id_clients[0];
    assert_eq!((client.hashed_secret.as_str(), client.context.as_deref()), ("aGFzaA==", Some("-2")));
    assert_eq!(client.expiration_date.as_deref(), Some("2030-01-01"));
    let context = &configuration.profile_contexts[0];
    assert_eq!((context.id, context.category.as_deref()), (Some(-2), Some("C")));
    let dimensions: Vec<(&str, &str)> = context.dimensions.iter().map(|(d, v)| (d.as_str(), v.as_str())).collect();
    assert_eq!(dimensions, [("D0", "Paris"), ("D1", "IT")]);
    let assigned = &configuration.assigned_profiles[0];
    assert_eq!((assigned.start_date.as_str(), assigned.end_date.as_str()), ("2026-01-01", "2079-06-06"));
    assert_eq!((assigned.access_state.as_str(), assigned.is_denied), ("None", false));
    let clean = configuration.clean_database.unwrap();
    let cron = clean.cron.unwrap();
    assert_eq!((clean.timeout, cron.expression(), cron.zone()), (30, "* */2 * * *", CronTimeZone::Utc));
    let users = configuration.user_by_identity.unwrap();
    assert_eq!((users.owner_entity_type.as_deref(), users.before_token.as_deref()), (Some("T"), Some("@")));
    assert_eq!(users.after_token, None);
}
