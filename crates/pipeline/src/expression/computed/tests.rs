use super::*;
use crate::expression::tests::{company, company_with};
use provost_model::ResourceId;
use std::collections::BTreeMap;

/// A property computed as the attributes say: property, expression, binding, criteria, priority.
fn computed(
    (property, expression, binding, criteria, priority): (&str, &str, &str, &str, i32),
) -> EntityPropertyExpression {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    EntityPropertyExpression {
        identifier: format!("User_{property}"),
        entity_type: "User".to_owned(),
        property: property.to_owned(),
        expression: given(expression),
        binding: given(binding),
        priority,
        property_criteria: given(criteria),
    }
}

fn plan(declared: &[(&str, &str, &str, &str, i32)]) -> (ComputedPlan, Vec<PlanProblem>) {
    ComputedPlan::new(&company_with(declared.iter().copied().map(computed).collect()), "User").unwrap()
}

/// Resources by id and identifier of the property; links by id and position of the association.
#[derive(Default)]
struct Rows {
    values: BTreeMap<(i64, &'static str), &'static str>,
    links: BTreeMap<(i64, usize), i64>,
}

impl RowSource for Rows {
    type Error = String;

    fn scalar(&mut self, resource: ResourceId, entity_type: usize, property: usize) -> Result<Option<String>, String> {
        let name = company().entity_types[entity_type].properties[property].identifier.clone();
        Ok(self.values.iter().find(|(key, _)| **key == (resource.0, name.as_str())).map(|(_, v)| (*v).to_owned()))
    }

    fn display_name(&mut self, resource: ResourceId, language: Option<u8>) -> Result<Option<String>, String> {
        Ok(Some(format!("name of {resource} {language:?}")))
    }

    fn follow(&mut self, resource: ResourceId, step: &Step) -> Result<Option<ResourceId>, String> {
        if resource.0 == 666 {
            return Err("the database is gone".to_owned());
        }
        Ok(self.links.get(&(resource.0, step.association)).copied().map(ResourceId))
    }

    fn find(&mut self, entity_type: usize, property: usize, value: &str) -> Result<Found, String> {
        assert_eq!((entity_type, property), (1, 0), "only departments are looked up, by code");
        Ok(match value {
            "SALES" => Found::One(ResourceId(20)),
            "TWICE" => Found::Several,
            _ => Found::None,
        })
    }
}

fn rows() -> Rows {
    Rows {
        values: BTreeMap::from([
            ((1, "FirstName"), "JEAN noël"),
            ((1, "Identifier"), "sales"),
            ((1, "Start"), "20200929220000"),
            ((1, "Login"), "old"),
            ((2, "Mail"), "boss@example.org"),
            ((20, "Name"), "Sales"),
            ((10, "Name"), "Old department"),
        ]),
        links: BTreeMap::from([((1, 0), 10), ((10, 1), 2), ((20, 1), 2)]),
    }
}

fn outcomes(declared: &[(&str, &str, &str, &str, i32)], resource: i64) -> Vec<Outcome> {
    let (plan, problems) = plan(declared);
    assert_eq!(problems, []);
    let mut outcomes = vec![Outcome::Link(None)];
    plan.evaluate(ResourceId(resource), &mut rows(), &mut outcomes).unwrap();
    outcomes
}

fn value(text: &str) -> Outcome {
    Outcome::Value(Some(text.to_owned()))
}

#[test]
fn values_are_taken_transformed_or_literal() {
    let found = outcomes(
        &[
            ("FirstName", "ToFirstName", "FirstName", "", 0),
            ("Mail", "", "Department.Manager.Mail", "", 0),
            ("Age", "Literal:042", "", "", 0),
            ("Start", "ParseUniversalDate:yyyyMMddHHmmss", "Start", "", 0),
            ("InternalDisplayName", "ToTitle", "Identifier", "", 0),
            ("InternalDisplayName_L2", "", "Department.InternalDisplayName_L2", "", 0),
        ],
        1,
    );
    assert_eq!(
        found,
        [
            value("Jean-Noël"),
            value("boss@example.org"),
            value("42"),
            value("20200929220000"),
            value("Sales"),
            value("name of 10 Some(2)"),
        ]
    );
}

#[test]
fn a_value_of_the_same_type_is_taken_over_as_it_is() {
    let mut rows = rows();
    rows.values.insert((1, "Start"), "29/09/2020");
    let (plan, _) = plan(&[("Start", "", "Start", "", 0), ("Age", "", "Start", "", 0)]);
    let mut found = Vec::new();
    plan.evaluate(ResourceId(1), &mut rows, &mut found).unwrap();
    assert_eq!(found[0], value("29/09/2020"));
    assert!(matches!(&found[1], Outcome::Failed(ValueError::Type { .. })));
}

#[test]
fn missing_inputs_and_links_give_no_value() {
    let found = outcomes(
        &[
            ("Mail", "", "Department.Manager.Mail", "", 0),
            ("Login", "ToUpper", "FirstName", "", 0),
            ("Department", "", "Identifier", "Code", 0),
        ],
        3,
    );
    assert_eq!(found, [Outcome::Value(None), Outcome::Value(None), Outcome::Link(None)]);
}

#[test]
fn later_properties_see_what_earlier_ones_computed() {
    let found = outcomes(
        &[
            ("Mail", "", "Department.Name", "", 3),
            ("Login", "ToUpper", "Identifier", "", 1),
            ("InternalDisplayName", "", "Login", "", 2),
            ("Department", "", "Login", "Code", 2),
            ("FirstName", "", "Department", "", 3),
        ],
        1,
    );
    let sales = Outcome::Link(Some(ResourceId(20)));
    // By priority: Login, InternalDisplayName, Department, Mail, FirstName.
    assert_eq!(found, [value("SALES"), value("SALES"), sales, value("Sales"), value("20")]);
    // The other way round, the stored values are read.
    let found = outcomes(&[("Mail", "", "Login", "", 0), ("Login", "ToUpper", "Identifier", "", 1)], 1);
    assert_eq!(found, [value("old"), value("SALES")]);
}

#[test]
fn navigations_are_matched_or_given_by_id() {
    let link = |expression, criteria| outcomes(&[("Department", expression, "", criteria, 0)], 1).remove(0);
    assert_eq!(link("Literal:SALES", "Code"), Outcome::Link(Some(ResourceId(20))));
    assert_eq!(link("Literal:NONE", "Code"), Outcome::Link(None));
    assert_eq!(link("Literal:TWICE", "Code"), Outcome::Ambiguous("TWICE".to_owned()));
    assert_eq!(link("Literal:17", ""), Outcome::Link(Some(ResourceId(17))));
    // An ambiguous link reads as none.
    let found = outcomes(&[("Department", "Literal:TWICE", "", "Code", 0), ("Mail", "", "Department.Name", "", 1)], 1);
    assert_eq!(found[1], Outcome::Value(None));
}

#[test]
fn a_failed_value_stays_and_the_others_go_on() {
    let found = outcomes(
        &[
            ("Age", "", "FirstName", "", 0),
            ("Department", "", "FirstName", "", 0),
            ("Start", "ParseUniversalDate:dd/MM/yyyy", "FirstName", "", 0),
            ("Mail", "", "Department.Name", "", 1),
        ],
        1,
    );
    assert!(matches!(&found[0], Outcome::Failed(ValueError::Type { .. })));
    assert!(matches!(&found[1], Outcome::Failed(ValueError::Type { .. })));
    assert!(matches!(&found[2], Outcome::Failed(ValueError::Expression(ExpressionError::Date { .. }))));
    // The link that could not be computed stays as it is, and is followed.
    assert_eq!(found[3], value("Old department"));

    let long = format!("Literal:{}", "é".repeat(444));
    let found = outcomes(&[("Mail", &long, "", "", 0), ("Login", &long[..long.len() - 2], "", "", 0)], 1);
    assert_eq!(found[0], Outcome::Failed(ValueError::TooLong { length: 444, capacity: 443 }));
    assert_eq!(found[1], value(&"é".repeat(443)));
}

#[test]
fn a_source_that_fails_stops_the_evaluation() {
    let (plan, _) = plan(&[("Mail", "", "Department.Name", "", 0)]);
    let stopped = plan.evaluate(ResourceId(666), &mut rows(), &mut Vec::new());
    assert_eq!(stopped, Err("the database is gone".to_owned()));
}

#[test]
fn what_cannot_be_planned_is_reported() {
    let (plan, problems) = plan(&[
        ("Mail", "ToUper", "Mail", "", 0),
        ("Login", "ToUpper", "", "", 0),
        ("Age", "", "", "", 0),
        ("Nme", "Literal:x", "", "", 0),
        ("Start", "C#:user:return null;", "", "", 0),
        ("Identifier", "Literal:x", "", "Code", 0),
        ("Department", "Literal:x", "", "Cod", 0),
        ("Department", "Literal:x", "", "Members", 0),
        ("Department", "Literal:x", "", "", 0),
        ("Photo", "ToUpper", "Mail", "", 0),
        ("FirstName", "", "Department.Members.Mail", "", 0),
        ("InternalDisplayName", "Literal:kept", "", "", 0),
    ]);
    assert_eq!(plan.properties.len(), 1);
    let explained: Vec<String> = problems.iter().map(|p| format!("{p} — {}", p.cause.remedy())).collect();
    insta::assert_snapshot!(explained.join("\n"), @r"
    the computed property User_Mail is left out: there is no predefined function named ToUper — did you mean ToUpper?
    the computed property User_Login is left out: ToUpper needs an input — give it a Binding
    the computed property User_Age is left out: it has neither Expression nor Binding — give it an Expression, a Binding, or both
    the computed property User_Nme is left out: User has no property Nme — write the identifier of a property of User
    the computed property User_Start is left out: bodies in C# are not evaluated yet (character 9 of the expression) — use a predefined function or a literal; the property keeps its value until then
    the computed property User_Identifier is left out: PropertyCriteria is for navigation properties, and Identifier is none — remove PropertyCriteria
    the computed property User_Department is left out: Department has no property Cod — did you mean Code?
    the computed property User_Department is left out: Members has no column, so that it cannot be computed or matched — give the property a TargetColumnIndex from 0 to 127
    the computed property User_Department is left out: x is not a value of type ForeignKey: expected a whole number from -9223372036854775808 to 9223372036854775807 — correct the literal, or change the type of the property
    the computed property User_Photo is left out: Photo has no column, so that it cannot be computed or matched — give the property a TargetColumnIndex from 0 to 127
    the computed property User_FirstName is left out: Department:Members is a collection; a binding has one value — go through mono-valued navigation properties only
    ");
    assert!(ComputedPlan::new(&company(), "Users").is_err());
}
