use crate::expression::program::{Program, Scope, Wanted};
use crate::expression::tests::company;

#[test]
fn wrong_paths_are_explained() {
    let company = company();
    let explain = |path: &str| {
        let error = Program::compile(Some(path), None, &Scope::new(&company, 0, Wanted::Any)).unwrap_err();
        format!("{error} — {}", error.remedy)
    };
    insta::assert_snapshot!(explain("Mial"), @"User has no property Mial — did you mean Mail?");
    insta::assert_snapshot!(explain("Department.Manger.Mail"), @"Department has no property Manger — did you mean Manager?");
    insta::assert_snapshot!(explain("Mail.Domain"), @"User:Mail is no navigation property, so Domain cannot follow it — end the path with Mail");
    insta::assert_snapshot!(explain("Photo"), @"User:Photo holds a file, which is no value to compute with — choose a property that is not Binary");
    insta::assert_snapshot!(explain("Sponsor.Mail"), @"User:Sponsor is a navigation property that no association uses — declare an EntityAssociation for it");
}
