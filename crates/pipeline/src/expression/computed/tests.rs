use super::*;
use crate::expression::program::Environment;
use crate::expression::tests::{company, company_with};
use crate::population::{Handle, Population};
use provost_model::ResourceId;

/// A property computed as the attributes say: property, expression, binding, criteria, priority. Properties belong to
/// User, unless they say `Department.Name`.
fn computed(
    (property, expression, binding, criteria, priority): (&str, &str, &str, &str, i32),
) -> EntityPropertyExpression {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (entity_type, property) = property.split_once('.').unwrap_or(("User", property));
    EntityPropertyExpression {
        identifier: format!("{entity_type}_{property}"),
        entity_type: entity_type.to_owned(),
        property: property.to_owned(),
        expression: given(expression),
        binding: given(binding),
        priority,
        property_criteria: given(criteria),
    }
}

fn plan(declared: &[(&str, &str, &str, &str, i32)]) -> ComputedPlan {
    ComputedPlan::new(&company_with(declared.iter().copied().map(computed).collect()))
}

/// Identifiers by stage.
fn stages(plan: &ComputedPlan) -> Vec<String> {
    let names = |stage: &Stage| {
        stage.properties.iter().map(|property| property.identifier.as_str()).collect::<Vec<_>>().join(" ")
    };
    plan.stages.iter().map(names).collect()
}

/// User 1 in department 10, whose manager is user 2; user 3 has nothing.
fn population() -> Population {
    let metadata = company();
    let mut population = Population::new(&metadata);
    let mut set = |entity_type: &str, id: i64, values: &[(&str, &str)]| {
        let position = metadata.entity_types.iter().position(|t| t.identifier == entity_type).unwrap();
        let resource = population.add(position, ResourceId(id)).0;
        for (name, value) in values {
            population.set_value(resource, metadata.find(entity_type, name).unwrap().1, value);
        }
        population.set_display_name(resource, &format!("name of {id}"));
        resource
    };
    let values = [("FirstName", "JEAN noël"), ("Identifier", "sales"), ("Start", "29/09/2020"), ("Login", "old")];
    let user = set("User", 1, &values);
    let boss = set("User", 2, &[("Mail", "boss@example.org")]);
    set("User", 3, &[]);
    let department = set("Department", 10, &[("Name", "Old department")]);
    population.set_links(user, 5, &[department]);
    population.set_links(department, 3, &[boss]);
    population
}

fn outcomes(declared: &[(&str, &str, &str, &str, i32)], user: u32) -> Vec<Outcome> {
    let plan = plan(declared);
    assert_eq!(plan.problems, []);
    let population = population();
    let resource = Handle { entity_type: 0, row: user - 1 };
    let properties = plan.stages.iter().flat_map(|stage| &stage.properties);
    properties.map(|property| property.evaluate(resource, &population, &Environment::at(0))).collect()
}

fn value(text: &str) -> Outcome {
    Outcome::Value(Some(text.to_owned()))
}

#[test]
fn values_are_taken_transformed_literal_or_coded() {
    let found = outcomes(
        &[
            ("FirstName", "ToFirstName", "FirstName", "", 0),
            ("Mail", "", "Department.Manager.Mail", "", 1),
            ("Age", "Literal:042", "", "", 2),
            ("InternalDisplayName", "ToTitle", "Identifier", "", 3),
            ("Login", "C#:u:return u.FirstName.Substring(0, 1) + (u.Department?.Name ?? \"-\");", "", "", 4),
            ("Identifier", "C#:d:return d.Name.Length.ToString();", "Department", "", 5),
        ],
        1,
    );
    let expected = ["Jean-Noël", "boss@example.org", "42", "Sales", "JOld department", "14"];
    assert_eq!(found, expected.map(value));
}

#[test]
fn a_value_of_the_same_type_is_taken_over_as_it_is() {
    let found = outcomes(&[("Start", "", "Start", "", 0), ("Age", "", "Start", "", 0)], 1);
    assert_eq!(found[0], value("29/09/2020"));
    assert!(matches!(&found[1], Outcome::Failed(ValueError::Evaluation(_))));
}

#[test]
fn missing_inputs_and_links_give_no_value() {
    let declared = [
        ("Mail", "", "Department.Manager.Mail", "", 0),
        ("Login", "ToUpper", "FirstName", "", 0),
        ("Department", "", "Identifier", "Code", 0),
    ];
    let mut found = outcomes(&declared, 3);
    found.sort_by_key(|outcome| matches!(outcome, Outcome::Link(_)));
    assert_eq!(found, [Outcome::Value(None), Outcome::Value(None), Outcome::Link(None)]);
}

#[test]
fn navigations_are_matched_or_given_by_id() {
    let link = |expression, criteria| outcomes(&[("Department", expression, "", criteria, 0)], 1).remove(0);
    assert_eq!(link("Literal:SALES", "Code"), Outcome::Match("SALES".to_owned()));
    assert_eq!(link("Literal:17", ""), Outcome::Link(Some(ResourceId(17))));
    assert_eq!(link("C#:u:return u.Department?.Manager?.Department;", ""), Outcome::Link(None));
    assert_eq!(link("C#:u:return 3 + 4;", ""), Outcome::Link(Some(ResourceId(7))));
}

#[test]
fn a_failed_value_does_not_touch_the_others() {
    let found = outcomes(
        &[
            ("Age", "", "FirstName", "", 0),
            ("Start", "ParseUniversalDate:dd/MM/yyyy", "FirstName", "", 1),
            ("Mail", "C#:u:return u.Department.Manager.Department.Name;", "", "", 2),
            ("Login", "Literal:x", "", "", 3),
        ],
        1,
    );
    let failures: Vec<String> = found
        .iter()
        .filter_map(|outcome| if let Outcome::Failed(error) = outcome { Some(error.to_string()) } else { None })
        .collect();
    assert_eq!(found[3], value("x"));
    assert_eq!(
        failures,
        [
            "\"JEAN noël\" is not such a value: expected a whole number from -2147483648 to 2147483647",
            "ParseUniversalDate expected a date written as dd/MM/yyyy, between the years 1 and 9999, but found \"JEAN noël\"",
            "u.Department.Manager.Department is null (character 13 of the expression)",
        ]
    );
    let long = format!("Literal:{}", "é".repeat(444));
    let found = outcomes(&[("Mail", &long, "", "", 0), ("Login", &long[..long.len() - 2], "", "", 1)], 1);
    assert_eq!(found[0], Outcome::Failed(ValueError::TooLong { length: 444, capacity: 443 }));
    assert_eq!(found[1], value(&"é".repeat(443)));
}

#[test]
fn what_is_read_is_computed_before() {
    // Through variables, lambdas and other entity types, whatever the order in the files.
    let plan = plan(&[
        ("Login", "C#:u:var d = u.Department; return d?.Manager?.Mail;", "", "", 0),
        ("Mail", "C#:u:return u.Identifier + \"@x\";", "", "", 0),
        ("Department.Name", "C#:d:return string.Join(\",\", d.Members.Select(m => m.Login));", "", "", 0),
        ("Identifier", "C#:u:return u.FirstName.ToUpper();", "", "", 0),
        ("Age", "Literal:1", "", "", 0),
    ]);
    assert_eq!(plan.problems, []);
    assert_eq!(stages(&plan), ["User_Identifier", "User_Mail", "User_Login", "Department_Name", "User_Age"]);
}

#[test]
fn independent_properties_share_a_stage() {
    let declared = [("Login", "ToUpper", "FirstName", "", 0), ("Mail", "ToLower", "FirstName", "", 0)];
    assert_eq!(stages(&plan(&declared)), ["User_Login User_Mail"]);
}

#[test]
fn priorities_decide_where_they_contradict() {
    // Mail has the lower priority: it reads the stored login.
    let declared = [("Mail", "", "Login", "", 0), ("Login", "ToUpper", "Identifier", "", 1)];
    assert_eq!(stages(&plan(&declared)), ["User_Mail User_Login"]);
    let declared = [("Mail", "", "Login", "", 1), ("Login", "ToUpper", "Identifier", "", 1)];
    assert_eq!(stages(&plan(&declared)), ["User_Login", "User_Mail"]);
}

#[test]
fn links_and_names_are_followed_both_ways() {
    // The members of a department are the other end of the link that users compute.
    let plan = plan(&[
        ("Department.Name", "C#:d:return d.Members.Count().ToString();", "", "", 0),
        ("Department", "", "Identifier", "Code", 0),
        ("Department.Code", "C#:d:return d.Manager?.InternalDisplayName;", "", "", 0),
        ("InternalDisplayName", "", "Login", "", 0),
        ("Login", "", "Mail", "", 0),
    ]);
    assert_eq!(plan.problems, []);
    let order = stages(&plan).join(" ");
    let place = |name: &str| order.find(name).unwrap();
    assert!(place("User_Department") < place("Department_Name"), "{order}");
    assert!(place("User_Login") < place("User_InternalDisplayName"), "{order}");
    assert!(place("User_InternalDisplayName") < place("Department_Code"), "{order}");
}

#[test]
fn cycles_are_named_and_left_out() {
    let plan = plan(&[
        ("Login", "C#:u:return u.Mail + \"x\";", "", "", 0),
        ("Mail", "C#:u:return u.Department?.Name;", "", "", 0),
        ("Department.Name", "C#:d:return d.Members.Select(m => m.Login).FirstOrDefault();", "", "", 0),
        ("Age", "C#:u:return u.Mail.Length;", "", "", 0),
        ("Identifier", "C#:u:return u.Identifier ?? \"none\";", "", "", 0),
        ("FirstName", "C#:u:return u.Department.Manager.FirstName;", "", "", 0),
    ]);
    // What an own value is kept from is no cycle, and what reads the cycle is computed from stored values.
    assert_eq!(stages(&plan), ["User_Identifier", "User_FirstName", "User_Age"]);
    assert_eq!(plan.stages.iter().map(|stage| stage.recursive).collect::<Vec<_>>(), [false, true, false]);
    let explained: Vec<String> = plan.problems.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(explained.join("\n"), @r"
    the computed property User_Login is left out: User_Login, User_Mail, Department_Name are computed from each other
    the computed property User_Mail is left out: User_Mail, User_Login, Department_Name are computed from each other
    the computed property Department_Name is left out: Department_Name, User_Login, User_Mail are computed from each other
    ");
}

#[test]
fn what_cannot_be_planned_is_reported() {
    let plan = plan(&[
        ("Mail", "ToUper", "Mail", "", 0),
        ("Login", "ToUpper", "", "", 0),
        ("Age", "", "", "", 0),
        ("Nme", "Literal:x", "", "", 0),
        ("Start", "C#:user:return user.Strt;", "", "", 0),
        ("Identifier", "Literal:x", "", "Code", 0),
        ("Department", "Literal:x", "", "Cod", 0),
        ("Department", "Literal:x", "", "Members", 0),
        ("Department", "Literal:x", "", "", 0),
        ("Photo", "ToUpper", "Mail", "", 0),
        ("FirstName", "", "Department.Members.Mail", "", 0),
        ("Users.Name", "Literal:x", "", "", 0),
        ("InternalDisplayName", "Literal:kept", "", "", 0),
    ]);
    assert_eq!(stages(&plan), ["User_InternalDisplayName"]);
    let explained: Vec<String> = plan.problems.iter().map(|p| format!("{p} — {}", p.cause.remedy())).collect();
    insta::assert_snapshot!(explained.join("\n"), @r"
    the computed property User_Mail is left out: there is no predefined function named ToUper — did you mean ToUpper?
    the computed property User_Login is left out: ToUpper needs an input — give it a binding
    the computed property User_Age is left out: there is neither binding nor expression — write one of them, or both
    the computed property User_Nme is left out: User has no property Nme — write the identifier of a property of User
    the computed property User_Start is left out: User has no property Strt — did you mean Start?
    the computed property User_Identifier is left out: PropertyCriteria is for navigation properties, and Identifier is none — remove PropertyCriteria
    the computed property User_Department is left out: Department has no property Cod — did you mean Code?
    the computed property User_Department is left out: Members has no column, so that it cannot be computed or matched — give the property a TargetColumnIndex from 0 to 127
    the computed property User_Department is left out: x is not a value of type ForeignKey: expected a whole number from -9223372036854775808 to 9223372036854775807 — correct the literal, or change the type of the property
    the computed property User_Photo is left out: Photo has no column, so that it cannot be computed or matched — give the property a TargetColumnIndex from 0 to 127
    the computed property User_FirstName is left out: Department:Members is a collection; a binding has one value — go through mono-valued navigation properties only
    the computed property Users_Name is left out: there is no entity type Users — did you mean User?
    ");
}
