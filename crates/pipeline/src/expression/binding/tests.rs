use super::*;
use crate::expression::tests::company;

fn resolve(path: &str) -> Result<BindingPath, BindingError> {
    BindingPath::resolve(&company(), "User", path)
}

#[test]
fn paths_become_steps() {
    assert_eq!(resolve("User:Mail").unwrap(), BindingPath { steps: vec![], leaf: Leaf::Scalar(0, 2) });
    let department = Step { association: 0, forward: true, entity_type: 0, property: 5, target: 1 };
    let manager = Step { association: 1, forward: false, entity_type: 1, property: 3, target: 0 };
    assert_eq!(
        resolve("Department.Manager.Mail").unwrap(),
        BindingPath { steps: vec![department, manager], leaf: Leaf::Scalar(0, 2) }
    );
    assert_eq!(
        resolve(" Department . Manager ").unwrap(),
        BindingPath { steps: vec![department, manager], leaf: Leaf::Id }
    );
    assert_eq!(resolve("Department.Id").unwrap().leaf, Leaf::Id);
    assert_eq!(resolve("Department.InternalDisplayName").unwrap().leaf, Leaf::DisplayName(None));
    assert_eq!(resolve("InternalDisplayName_L2").unwrap().leaf, Leaf::DisplayName(Some(2)));
    let kind = |path: &str| resolve(path).unwrap().kind(&company());
    assert_eq!(kind("Start"), PropertyType::DateTime);
    assert_eq!(kind("Department"), PropertyType::Int64);
}

#[test]
fn wrong_paths_are_explained() {
    let explain = |path: &str| {
        let error = resolve(path).unwrap_err();
        format!("{error} — {}", error.remedy())
    };
    insta::assert_snapshot!(explain("Mial"), @"User has no property Mial — did you mean Mail?");
    insta::assert_snapshot!(explain("Department.Manger.Mail"), @"Department has no property Manger — did you mean Manager?");
    insta::assert_snapshot!(explain("Department.Members.Mail"), @"Department:Members is a collection; a binding has one value — go through mono-valued navigation properties only");
    insta::assert_snapshot!(explain("Mail.Domain"), @"User:Mail is no navigation property, so Domain cannot follow it — end the path with Mail");
    insta::assert_snapshot!(explain("Department:Manager"), @"the binding begins at Department, but is evaluated for User — begin the path with a property of User");
    insta::assert_snapshot!(explain("Department..Mail"), @r#"the binding "Department..Mail" has an empty part — write properties joined by points, such as MainRecord.Mail"#);
    insta::assert_snapshot!(explain(""), @r#"the binding "" has an empty part — write properties joined by points, such as MainRecord.Mail"#);
    insta::assert_snapshot!(explain("Photo"), @"User:Photo holds a file, which is no value to compute with — choose a property that is not Binary");
    insta::assert_snapshot!(explain("Sponsor.Mail"), @"User:Sponsor is a navigation property that no association uses — declare an EntityAssociation for it");
    let error = BindingPath::resolve(&company(), "Usr", "Mail").unwrap_err();
    insta::assert_snapshot!(format!("{error} — {}", error.remedy()), @"there is no entity type Usr — did you mean User?");
}
