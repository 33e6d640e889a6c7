use super::*;
use crate::configuration;

const DAY: i64 = 86_400_000_000;

fn policy(elements: &str) -> Arc<AccessPolicy> {
    let text = format!(
        "<ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\">\n{elements}\n</ConfigurationFile>"
    );
    let parsed = configuration::parse(&[("access.xml".to_owned(), text)]);
    Arc::new(AccessPolicy::from_items(&parsed.items))
}

const HOUSE: &str = r#"
  <Profile Identifier="Manager" DisplayName_L1="Manager" />
  <Profile Identifier="Clerk" DisplayName_L1="Clerk" />
  <Profile Identifier="Auditor" DisplayName_L1="Auditor" />
  <Dimension Identifier="Department" DisplayName_L1="Department" EntityType="Directory_Department" ColumnMapping="3" />
  <ProfileContext Id="-2" D3="Sales" Category="Finance" />
  <AccessControlEntityType Identifier="Directory_User"><Property Identifier="Salary" VisibilityGroup="Pay" /><Property Identifier="Note" /></AccessControlEntityType>
  <AccessControlRule Identifier="M" DisplayName_L1="M" EntityType="Directory_User" Profile="Manager">
    <Entry Permission="/Custom/Resources/Directory_User/Query" CanExecute="true" Priority="5" PropertyGroup="Pay" />
    <Entry Permission="/Jobs" />
    <Filter Binding="Manager.Id" CurrentUser="true" />
    <Filter Binding="Department.Id" Dimension="Department" Group="D" />
    <Filter Binding="State" Operator="NotEquals" Value="9" Group="D" />
  </AccessControlRule>
  <AccessControlRule Identifier="C" DisplayName_L1="C" EntityType="Directory_User" Profile="Clerk">
    <Entry Permission="/Custom/Resources/Directory_User" CanExecute="true" FullAccessProperties="true" />
    <Filter Binding="Category.Id" Category="true" />
  </AccessControlRule>
  <AccessControlRule Identifier="A" DisplayName_L1="A" EntityType="Job" Profile="Auditor">
    <Entry Permission="/" />
    <Entry Permission="/Jobs/Job/Query" CanExecute="true" />
  </AccessControlRule>
  <AssignedProfile User="E1" Profile="Manager" Context="-2" />
  <AssignedProfile User="E1" Profile="Auditor" Context="-3" AccessState="Approved" StartDate="1970-01-03" EndDate="1970-01-05" />
  <AssignedProfile User="E2" Profile="Auditor" Context="-3" AccessState="PendingApproval" />
  <AssignedProfile User="E3" Profile="Auditor" Context="-3" IsDenied="true" />
  <AssignedProfile User="E4" Profile="Clerk" Context="-3" />
  <OpenIdClient Identifier="Job" DisplayName_L1="Job" HashedSecret="x" Profile="Clerk" Context="-2" ExpirationDate="1970-01-02" />
"#;

fn user(key: &str, now: i64) -> Rights {
    Rights::of_user(&policy(HOUSE), &[key.to_owned()], now)
}

#[test]
fn entries_without_execution_open_data_but_grant_nothing() {
    let manager = user("E1", 0);
    assert!(manager.may("/Custom/Resources/Directory_User/Query"));
    assert!(!manager.may("/Custom/Resources/Directory_User"));
    assert!(!manager.may("/Jobs/Job/Query"));
    assert_eq!(manager.data("/Jobs/Job/Query", "Directory_User").branches.len(), 1);
    assert_eq!(manager.permissions(), ["/Custom/Resources/Directory_User/Query"]);
}

#[test]
fn assignments_count_between_their_dates_when_approved_and_not_denied() {
    assert!(!user("E1", DAY).may("/Jobs/Job/Query"));
    assert!(user("E1", 2 * DAY).may("/Jobs/Job/Query"));
    assert!(!user("E1", 4 * DAY).may("/Jobs/Job/Query"));
    assert!(!user("E2", 0).may("/Jobs/Job/Query"));
    assert!(!user("E3", 0).may("/Jobs/Job/Query"));
    assert!(user("nobody", 0).permissions().is_empty());
}

#[test]
fn filters_of_a_group_hold_together_and_groups_hold_apart() {
    let data = user("E1", 0).data("/Custom/Resources/Directory_User/Query", "Directory_User");
    let condition = |binding: &str, negated, with| Condition { binding: binding.to_owned(), negated, with };
    assert_eq!(
        data.branches[0].groups,
        [
            vec![condition("Manager.Id", false, Compared::CurrentUser)],
            vec![
                condition("Department.Id", false, Compared::Reference("Sales".to_owned())),
                condition("State", true, Compared::Value("9".to_owned())),
            ],
        ]
    );
    assert_eq!((data.branches[0].priority, data.branches[0].profile.as_str()), (5, "Manager"));
}

#[test]
fn a_profile_without_the_context_that_its_filter_asks_for_opens_nothing() {
    let clerk = user("E4", 0);
    assert!(clerk.may("/Custom/Resources/Directory_User/Update"));
    assert_eq!(clerk.data("/Custom/Resources/Directory_User/Query", "Directory_User"), Data::default());
    let policy = policy(HOUSE);
    let client = Rights::of_client(&policy, policy.client("Job@provost.example").unwrap());
    assert_eq!(client.data("/Custom/Resources/Directory_User/Query", "Directory_User").branches.len(), 1);
}

#[test]
fn the_root_opens_an_entity_type_in_every_context_and_no_other_entity_type() {
    let auditor = user("E1", 2 * DAY);
    assert!(auditor.data("/Workflows/Workflow/Query", "job").branches[0].groups.is_empty());
    assert_eq!(auditor.data("/Workflows/Workflow/Query", "Task"), Data::default());
}

#[test]
fn restricted_properties_are_shown_by_group_or_by_full_access() {
    let manager = user("E1", 0);
    let data = manager.data("/Custom/Resources/Directory_User/Query", "Directory_User");
    let hidden: Vec<&str> = manager.hidden("Directory_User", &data.branches[0].visible).collect();
    assert_eq!(hidden, ["Note"]);
    assert_eq!(manager.hidden("Directory_User", &Visible::All).count(), 0);
}

#[test]
fn what_is_not_shown_in_every_row_is_hidden_from_whoever_cannot_look_at_rows() {
    let own = "/Custom/Resources/Directory_User/Query";
    // The manager sees `Salary` in some rows only, `Note` in none.
    assert_eq!(user("E1", 0).hidden_somewhere(&["/Jobs/Job/Query", own], "Directory_User"), ["Note", "Salary"]);
    let open = policy(&HOUSE.replace("<Filter Binding=\"Category.Id\" Category=\"true\" />", ""));
    let clerk = Rights::of_user(&open, &["E4".to_owned()], 0);
    assert!(clerk.hidden_somewhere(&[own], "Directory_User").is_empty());
    assert!(Rights::everything().hidden_somewhere(&[own], "Directory_User").is_empty());
    let nobody_may = policy(&HOUSE.replace(" FullAccessProperties=\"true\"", ""));
    let manager = Rights::of_user(&nobody_may, &["E1".to_owned()], 0);
    assert!(manager.hidden_somewhere(&[own], "Directory_User").is_empty(), "a void restriction restricts nobody");
}

#[test]
fn a_restriction_that_nobody_can_pass_is_void() {
    let policy = policy(&HOUSE.replace(" FullAccessProperties=\"true\"", ""));
    let rights = Rights::of_user(&policy, &["E1".to_owned()], 0);
    let data = rights.data("/Custom/Resources/Directory_User/Query", "Directory_User");
    assert_eq!(data.branches[0].visible, Visible::All);
}

#[test]
fn no_more_than_ten_profiles_count() {
    let mut all = AccessPolicy::default();
    for n in 0..12 {
        let profile = format!("P{n}");
        let assigned = super::super::Assignment {
            user: "E1".to_owned(),
            profile: profile.clone(),
            is_approved: true,
            ..Default::default()
        };
        all.assignments.push(assigned);
    }
    let rights = Rights::of_user(&Arc::new(all), &["E1".to_owned()], 0);
    assert_eq!(rights.grants().len(), 10);
    assert_eq!(rights.grants()[9].profile, "P9");
}

#[test]
fn a_client_is_known_with_and_without_the_name_of_the_server() {
    let policy = policy(HOUSE);
    assert_eq!(policy.client("Job").map(|c| c.end), Some(Some(DAY)));
    assert!(policy.client("Job@server.example").is_some());
    assert!(policy.client("job").is_none());
    assert!(policy.client("@Job").is_none());
}

#[test]
fn the_administrator_may_do_everything() {
    let all = Rights::everything();
    assert!(all.may("/Jobs/Job/Query"));
    assert_eq!(all.permissions(), ["/"]);
    assert!(all.data("/x", "Directory_User").branches[0].groups.is_empty());
}

#[test]
fn a_login_is_cut_at_its_tokens() {
    let mapping = super::super::LoginMapping {
        after: "\\".to_owned(),
        before: "@".to_owned(),
        ..super::super::LoginMapping::default()
    };
    assert_eq!(mapping.trimmed("ACME\\amara@acme.example"), "amara");
    assert_eq!(mapping.trimmed("amara"), "amara");
    assert_eq!(super::super::LoginMapping::default().trimmed("a@b"), "a@b");
}
