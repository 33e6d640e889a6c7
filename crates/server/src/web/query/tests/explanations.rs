//! Explanations by the rules of access, and what somebody has as rows.

use super::Company;
use crate::policy::{RoleModelOptions, compute_role_model};
use crate::web::access::tests::world::clock;
use serde_json::Value;

fn computed() -> Company {
    let company = Company::new();
    let options = RoleModelOptions { now_micros: clock(), actor: "tester".to_owned(), ..RoleModelOptions::default() };
    compute_role_model(company.world.app.store(), &options).unwrap();
    company
}

/// The texts of steps, each indented by how deep it is.
fn told(steps: &Value, depth: usize, out: &mut String) {
    for step in steps.as_array().into_iter().flatten() {
        out.push_str(&format!("{}{}\n", "  ".repeat(depth), step["text"].as_str().unwrap()));
        told(&step["because"], depth + 1, out);
    }
}

fn texts(answer: &Value) -> String {
    let mut out = format!("{}\n", if answer["holds"] == true { "has" } else { "has not" });
    told(&answer["because"], 0, &mut out);
    told(&answer["would"], 0, &mut out);
    out
}

#[tokio::test]
async fn an_administrator_is_told_everything() {
    let company = computed();
    let answer = company.as_administrator("/api/Resources/Person/1/Why?item=Seller").await.json();
    assert_eq!(answer["owner"]["key"], "P1");
    assert_eq!((&answer["item"], &answer["isComputed"]), (&"SingleRole:Seller".into(), &true.into()));
    insta::assert_snapshot!(texts(&answer), @r"
    has
    Calculated: a rule gives it
      SingleRoleRule gives it: Role=Seller, Policy=Default, D3=D1
        it asks for Department D1
        in a position of the owner
          Department: D1 Sales
          positions are read from Person itself
    ");
    let rule = &answer["because"][0]["because"][0];
    assert_eq!((&rule["element"], &rule["file"]), (&"SingleRoleRule".into(), &"conf.xml".into()));
    assert!(rule["line"].as_u64().unwrap() > 60, "{rule}");
}

#[tokio::test]
async fn whoever_may_not_see_rules_departments_or_values_is_not_told_them() {
    let company = computed();
    let seller = company.ask(2, "/api/Resources/Person/1/Why?item=Seller").await.json();
    insta::assert_snapshot!(texts(&seller), @r"
    has
    Calculated: a rule gives it
      you may not see this
        you may not see this
        in a position of the owner
          Department: D1 Sales
          you may not see this
    ");
    let would = company.ask(2, "/api/Resources/Person/1/Why?item=Coder").await.json();
    insta::assert_snapshot!(texts(&would), @r"
    has not
    you may not see this
      you may not see this
      you may not see this
    ");
    let department = company.ask(2, "/api/Resources/Person/3/Why?item=Property:Department").await.json();
    insta::assert_snapshot!(texts(&department), @r"
    has
    Department leads to
      you may not see this
      no mapping and no expression fills it: nobody but the product could
    ");
    assert_eq!(company.ask(2, "/api/Resources/Person/1/Why?item=Salary").await.problem(), "404 unknown-item");
    // Somebody who has the right on some people sees the value of these.
    let salary = company.ask(3, "/api/Resources/Person/2/Why?item=Salary").await.json();
    assert_eq!(salary["because"][0]["text"], "Salary is \"200\"");
    assert_eq!(company.ask(3, "/api/Resources/Person/1/Why?item=Salary").await.problem(), "404 unknown-item");
}

#[tokio::test]
async fn what_may_not_be_seen_is_not_there() {
    let company = computed();
    // No right, no such person, no such item, a role that may not be seen, assignments that may not be seen.
    for (who, path, expected) in [
        (1, "/api/Resources/Person/3/Why?item=Seller", "403 forbidden"),
        (2, "/api/Resources/Person/99/Why?item=Seller", "404 not-found"),
        (2, "/api/Resources/Person/1/Why?item=Selle", "404 unknown-item"),
        (2, "/api/Resources/Person/1/Why?item=Guest", "404 unknown-item"),
        (2, "/api/Resources/Person/3/Why?item=Coder", "404 unknown-item"),
        (2, "/api/Resources/Person/1/Why", "400 no-item"),
        (2, "/api/Resources/Person/1/Why?item=Seller&at=soon", "400 instant"),
        (2, "/api/Resources/Person/1/Why?item=Order:7", "404 unknown-item"),
    ] {
        let answer = company.ask(who, path).await;
        assert_eq!(answer.problem(), expected, "{path}: {}", answer.text);
        assert!(!answer.text.contains("Seller\"?"), "{}", answer.text);
    }
    let near = company.as_administrator("/api/Resources/Person/1/Why?item=Selle").await;
    assert_eq!(
        (near.problem().as_str(), near.json()["hint"].as_str()),
        ("404 unknown-item", Some("did you mean Seller?"))
    );
}

#[tokio::test]
async fn what_somebody_has_can_be_listed_by_whoever_may() {
    let company = computed();
    let list = |squery: &str| super::address("/api/ProvisioningPolicy/AssignedSingleRole", squery);
    let squery =
        "join Owner of type Person o select o.Name, Role.Identifier, Rule.Element, WorkflowState order by OwnerId asc";
    let all = company.as_administrator(&list(squery)).await.json();
    assert_eq!(
        all["Result"].to_string(),
        r#"[{"Owner":{"Name":"Ada"},"Role":{"Identifier":"Seller"},"Rule":{"Element":"SingleRoleRule"},"WorkflowState":"PolicyApproved"},{"Owner":{"Name":"Bert"},"Role":{"Identifier":"Seller"},"Rule":{"Element":"SingleRoleRule"},"WorkflowState":"PolicyApproved"},{"Owner":{"Name":"Cyd"},"Role":{"Identifier":"Coder"},"Rule":{"Element":"SingleRoleRule"},"WorkflowState":"PolicyApproved"},{"Owner":{"Name":"Dan"},"Role":{"Identifier":"Coder"},"Rule":{"Element":"SingleRoleRule"},"WorkflowState":"PolicyApproved"},{"Owner":{"Name":"Eve"},"Role":{"Identifier":"Seller"},"Rule":{"Element":"SingleRoleRule"},"WorkflowState":"PolicyApproved"}]"#
    );
    assert_eq!(company.ask(2, &list(squery)).await.problem(), "403 forbidden");
    // Under the permission that opens them, rows follow the rules for assignments, and show owners by theirs.
    let path = format!("{}&path=/Custom/Resources/Person/ViewOwnedResources", list(squery));
    let some = company.ask(2, &path).await.json();
    assert_eq!(some["Result"].as_array().unwrap().len(), 3, "{some}");
    assert_eq!(
        some["Result"][0].to_string(),
        r#"{"Owner":{"Name":"Ada"},"Role":{"Identifier":"Seller"},"WorkflowState":"PolicyApproved"}"#
    );
}
