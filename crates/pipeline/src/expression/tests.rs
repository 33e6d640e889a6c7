use super::*;
use proptest::prelude::*;
use provost_model::configuration as conf;
use provost_model::metadata::{Catalog, Metadata};
use provost_model::{AssociationId, EntityTypeId, PropertyId};

use PropertyType as T;

/// Users and departments: `Department` and `Members` are the ends of an n:1 association, `Managed` and `Manager` those
/// of a 1:1 association, and no association uses `Sponsor`.
pub(super) fn company() -> Metadata {
    company_with(Vec::new())
}

pub(super) fn company_with(expressions: Vec<conf::EntityPropertyExpression>) -> Metadata {
    let property = |(identifier, kind, slot): (&str, T, i16)| conf::Property {
        identifier: identifier.to_owned(),
        kind,
        target_column_index: slot,
        ..conf::Property::default()
    };
    let entity_type = |identifier: &str, properties: &[(&str, T, i16)]| conf::EntityType {
        identifier: identifier.to_owned(),
        properties: properties.iter().copied().map(property).collect(),
        ..conf::EntityType::default()
    };
    let user = entity_type(
        "User",
        &[
            ("Identifier", T::String, 4),
            ("FirstName", T::String, 5),
            ("Mail", T::String, 6),
            ("Start", T::DateTime, 7),
            ("Photo", T::Binary, -1),
            ("Department", T::ForeignKey, 128),
            ("Sponsor", T::ForeignKey, -1),
            ("Age", T::Int32, 8),
            ("Login", T::String, 9),
            ("Managed", T::ForeignKey, -1),
        ],
    );
    let department = entity_type(
        "Department",
        &[
            ("Code", T::String, 4),
            ("Name", T::String, 5),
            ("Members", T::ForeignKey, -1),
            ("Manager", T::ForeignKey, 128),
        ],
    );
    let path = |entity_type: &str, property: &str| conf::PropertyPath {
        entity_type: entity_type.to_owned(),
        property: property.to_owned(),
    };
    let association = |identifier: &str, property1, property2, collection2| conf::EntityAssociation {
        identifier: identifier.to_owned(),
        property1,
        property2,
        is_property2_collection: collection2,
        ..conf::EntityAssociation::default()
    };
    let mut configuration = conf::Configuration {
        entity_types: vec![user, department],
        associations: vec![
            association("Membership", path("User", "Department"), path("Department", "Members"), true),
            association("Management", path("User", "Managed"), path("Department", "Manager"), false),
        ],
        ..conf::Configuration::default()
    };
    configuration.expressions = expressions;
    let mut catalog = Catalog::default();
    for (t, declared) in (1..).zip(&configuration.entity_types) {
        catalog.entity_types.insert(declared.identifier.clone(), EntityTypeId(t));
        for (p, property) in (1..).zip(&declared.properties) {
            let key = (declared.identifier.clone(), property.identifier.clone());
            catalog.properties.insert(key, PropertyId(t * 100 + p));
        }
    }
    for (a, declared) in (1..).zip(&configuration.associations) {
        catalog.associations.insert(declared.identifier.clone(), AssociationId(a));
    }
    Metadata::resolve(configuration, &catalog)
}

/// Functions and literals alone; programs evaluate everything.
trait Evaluate {
    fn evaluate(&self, input: Option<&str>) -> Result<Option<String>, ExpressionError>;
}

impl Evaluate for Expression {
    fn evaluate(&self, input: Option<&str>) -> Result<Option<String>, ExpressionError> {
        let result = match self {
            Expression::Literal(value) => Some(value.clone()),
            Expression::Predefined(function) => {
                input.filter(|input| !input.is_empty()).map(|input| function.apply(input)).transpose()?
            }
            Expression::Body(_) => None,
        };
        Ok(result.filter(|text| !text.is_empty()))
    }
}

fn evaluate(expression: &str, input: &str) -> Option<String> {
    Expression::parse(expression, T::String).unwrap().evaluate(Some(input)).unwrap()
}

#[test]
fn text_functions() {
    for (function, input, expected) in [
        ("ToUpper", "éa ß", "ÉA ß"),
        ("ToLower", "ÉA", "éa"),
        ("Trim", " \ta b\u{a0} ", "a b"),
        ("TrimStart", "  a ", "a "),
        ("TrimEnd", " a  ", " a"),
        ("Simplify", "Jean-Noël d'Été", "JEANNOELDETE"),
        ("RemoveDiacritics", "éèçàù ä ö ü Ä Ö Ü č ø ł ß æ œ š Š", "eecau ae oe ue AE OE UE c o l ss ae oe sh SH"),
        ("ToSoundex", "Robert", "R163"),
        ("ToSoundex", "Rupert", "R163"),
        ("ToSoundex", "Ashcraft", "A261"),
        ("ToSoundex", "Pfister", "P236"),
        ("ToSoundex", "Müller", "M460"),
        ("ToDoubleMetaphone", "Thompson", "TMPS"),
        ("ToDoubleMetaphone", "Schmidt", "XMT"),
        ("ToDoubleMetaphone", "Smith", "SM0"),
        ("ToDoubleMetaphone", "Philippe", "FLP"),
        ("ToFirstName", "JEAN pierre", "Jean-Pierre"),
        ("ToFirstName", " marie - HÉLÈNE ", "Marie-Hélène"),
        ("ToFirstName", "rene´", "René"),
        ("ToTitle", "élève Moyen", "Élève Moyen"),
        ("toTitle", "x", "X"),
        ("ToFormatedDN", "Doe, John + \"Jo\" <a;b> \\", r#"Doe\, John \+ \"Jo\" \<a\;b\> \\"#),
        ("ToFormatedDN", "# first ", r"\# first\ "),
        ("ToFormatedDN", " ", r"\ "),
        ("ToFormatedDN", "a\nb = c#", r"a\0Ab = c#"),
    ] {
        assert_eq!(evaluate(function, input).as_deref(), Some(expected), "{function} of {input:?}");
    }
}

#[test]
fn no_value_gives_no_value() {
    for function in ["ToUpper", "ToSoundex", "ToFirstName", "ParseLocalDate:UTC|yyyy", "FormatLocalDate:UTC|yyyy"] {
        let function = Expression::parse(function, T::String).unwrap();
        assert_eq!(function.evaluate(None), Ok(None));
        assert_eq!(function.evaluate(Some("")), Ok(None));
    }
    for (function, input) in [("Trim", "  "), ("Simplify", "-"), ("ToSoundex", "Иван"), ("ToDoubleMetaphone", "123")]
    {
        assert_eq!(evaluate(function, input), None, "{function} of {input}");
    }
}

#[test]
fn date_functions() {
    for (expression, input, expected) in [
        ("ParseLocalDate:Romance Standard Time|dd/MM/yyyy", "29/09/2020", "20200928220000"),
        ("ParseLocalDate:Romance Standard Time|dd/MM/yyyy", "15/01/2021", "20210114230000"),
        ("ParseLocalDate:Europe/Paris|yyyy-MM-dd HH:mm:ss", "2020-09-29 22:00:00", "20200929200000"),
        ("ParseLocalDate:India Standard Time|d MMM yyyy", "1 Mar 2020", "20200229183000"),
        ("ParseLocalDate:Romance Standard Time|yyyy-MM-dd HH:mm zzz", "2020-09-29 22:00 +00:00", "20200929220000"),
        ("ParseLocalDateThenAddMinutes:Romance Standard Time|dd/MM/yyyy|1440", "29/09/2020", "20200929220000"),
        ("ParseLocalDateThenAddMinutes:UTC|dd/MM/yyyy|-1", "01/03/2020", "20200229235900"),
        ("ParseUniversalDate:dd/MM/yyyy", "29/02/2020", "20200229000000"),
        ("ParseUniversalDate:yyyy-MM-ddTHH:mm:ssK", "2020-09-29T22:00:00+02:00", "20200929200000"),
        ("ParseUniversalDateThenAddMinutes:dd/MM/yyyy|1440", "31/12/2020", "20210101000000"),
        ("ParseUniversalDateThenAddMinutes:Romance Standard Time|dd/MM/yyyy|1440", "31/12/2020", "20210101000000"),
        ("FormatLocalDate:Romance Standard Time|dd/MM/yyyy HH:mm", "20200929220000", "30/09/2020 00:00"),
        ("FormatLocalDate:Eastern Standard Time|yyyy-MM-dd h:mm tt zzz", "20210115013000", "2021-01-14 8:30 PM -05:00"),
        ("FormatLocalDate:UTC|yyyy", "2020-09-29 22:00:00", "2020"),
    ] {
        assert_eq!(evaluate(expression, input).as_deref(), Some(expected), "{expression} of {input}");
    }
}

#[test]
fn local_times_that_do_not_exist_or_exist_twice() {
    let paris = |input| evaluate("ParseLocalDate:Romance Standard Time|yyyy-MM-dd HH:mm:ss", input).unwrap();
    // Clocks went from 02:00 +01:00 to 03:00 +02:00: half past two is taken as half past three.
    assert_eq!(paris("2021-03-28 01:59:59"), "20210328005959");
    assert_eq!(paris("2021-03-28 02:30:00"), "20210328013000");
    assert_eq!(paris("2021-03-28 03:30:00"), "20210328013000");
    // Clocks went from 03:00 +02:00 to 02:00 +01:00: half past two is the second one, in standard time.
    assert_eq!(paris("2021-10-31 01:59:59"), "20211030235959");
    assert_eq!(paris("2021-10-31 02:30:00"), "20211031013000");
    assert_eq!(paris("2021-10-31 03:00:00"), "20211031020000");
    // A day of 25 hours: minutes are elapsed time.
    let next = |input| evaluate("ParseLocalDateThenAddMinutes:Romance Standard Time|dd/MM/yyyy|1440", input).unwrap();
    assert_eq!(next("31/10/2021"), "20211031220000");
}

#[test]
fn dates_outside_the_calendar_are_errors() {
    for (expression, input) in [
        ("ParseLocalDate:Romance Standard Time|dd/MM/yyyy", "01/01/0001"),
        ("ParseUniversalDateThenAddMinutes:dd/MM/yyyy|1440", "31/12/9999"),
        ("ParseUniversalDate:dd/MM/yyyy", "31/02/2020"),
        ("FormatLocalDate:Tokyo Standard Time|yyyy", "99991231235959"),
        ("FormatLocalDate:UTC|yyyy", "tomorrow"),
    ] {
        let result = Expression::parse(expression, T::DateTime).unwrap().evaluate(Some(input));
        assert!(matches!(result, Err(ExpressionError::Date { .. })), "{expression} of {input}: {result:?}");
    }
}

#[test]
fn literals_are_checked_by_type() {
    let literal = |kind, value: &str| {
        let expression = Expression::parse(&format!("Literal:{value}"), kind).ok()?;
        expression.evaluate(Some("ignored")).unwrap()
    };
    for (kind, value, expected) in [
        (T::String, "a: b ", Some("a: b ")),
        (T::Bool, "True", Some("true")),
        (T::Bool, "yes", None),
        (T::Int32, "042", Some("42")),
        (T::Int32, "2147483648", None),
        (T::Int64, "2147483648", Some("2147483648")),
        (T::ForeignKey, "-7", Some("-7")),
        (T::Byte, "256", None),
        (T::Int16, "40000", None),
        (T::Double, "1.50", Some("1.5")),
        (T::Guid, "{C076E361-FA5F-428E-8339-39A449CE2DB3}", Some("c076e361fa5f428e833939a449ce2db3")),
        (T::Bytes, "AQID", Some("AQID")),
        (T::DateTime, "20200929220000", None),
        (T::Binary, "AQID", None),
        (T::Option, "1", None),
        (T::String, "", None),
    ] {
        assert_eq!(literal(kind, value).as_deref(), expected, "{value} as {kind:?}");
    }
    assert_eq!(Expression::parse("literal:x", T::String).unwrap().evaluate(None), Ok(Some("x".to_owned())));
}

#[test]
fn bodies_have_a_parameter_and_a_place() {
    let body = |text| match Expression::parse(text, T::Bool) {
        Ok(Expression::Body(body)) => (body.parameter, body.code, body.offset),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(
        body("C#:user: return user.Mail == null;"),
        (Some("user".to_owned()), "return user.Mail == null;".to_owned(), 9)
    );
    assert_eq!(body("C#:return true;"), (None, "return true;".to_owned(), 3));
    assert_eq!(body("C#:a ? b : c"), (None, "a ? b : c".to_owned(), 3));
    assert_eq!(body("C#:global::System.String.Empty"), (None, "global::System.String.Empty".to_owned(), 3));
    assert_eq!(Expression::parse("C#:user: ", T::String).unwrap_err(), ExpressionError::Empty);
}

#[test]
fn wrong_expressions_are_explained() {
    let explain = |text, kind| {
        let error = Expression::parse(text, kind).unwrap_err();
        format!("{error} — {}", error.remedy())
    };
    insta::assert_snapshot!(explain(" ", T::String), @"the expression is empty — write a function name, Literal:value, or C#:parameter:code");
    insta::assert_snapshot!(explain("ToUper", T::String), @"there is no predefined function named ToUper — did you mean ToUpper?");
    insta::assert_snapshot!(explain("user.Mail", T::String), @"there is no predefined function named user.Mail — write a predefined function such as ToUpper, or Literal:value, or C#:parameter:code");
    insta::assert_snapshot!(explain("ToUpper:x", T::String), @r#"ToUpper does not take the arguments "x" — write ToUpper alone"#);
    insta::assert_snapshot!(explain("ParseLocalDate:dd/MM/yyyy", T::DateTime), @r#"ParseLocalDate does not take the arguments "dd/MM/yyyy" — write ParseLocalDate:time zone|format"#);
    insta::assert_snapshot!(explain("ParseLocalDate:Romanse Standard Time|dd/MM/yyyy", T::DateTime), @"there is no time zone named Romanse Standard Time — did you mean Romance Standard Time?");
    insta::assert_snapshot!(explain("ParseUniversalDate:dd/MM", T::DateTime), @"dd/MM is not a usable date format: it has no year (yyyy) — write a .NET format such as dd/MM/yyyy HH:mm, with other text between quotes");
    insta::assert_snapshot!(explain("ParseUniversalDate:yyyy 'x", T::DateTime), @"yyyy 'x is not a usable date format: the quotation that begins with ' has no end — write a .NET format such as dd/MM/yyyy HH:mm, with other text between quotes");
    insta::assert_snapshot!(explain("ParseUniversalDateThenAddMinutes:yyyy|1.5", T::DateTime), @"1.5 is not a number of minutes — write a whole number such as 1440 for one day");
    insta::assert_snapshot!(explain("ParseUniversalDate:yyyy", T::Bool), @"the result of ParseUniversalDate cannot be a value of type Bool — choose a property of type DateTime or String, or another function");
    insta::assert_snapshot!(explain("Literal:maybe", T::Bool), @"maybe is not a value of type Bool: expected true or false (also TRUE, FALSE, 1, 0) — correct the literal, or change the type of the property");
    insta::assert_snapshot!(explain("Literal:2020-01-01", T::DateTime), @"a property of type DateTime cannot have a literal — take the value from a Binding, or change the type of the property");
    let date = Expression::parse("ParseUniversalDate:dd/MM/yyyy", T::DateTime).unwrap();
    let date = date.evaluate(Some("2020-09-29")).unwrap_err();
    insta::assert_snapshot!(format!("{date} — {}", date.remedy()), @r#"ParseUniversalDate expected a date written as dd/MM/yyyy, between the years 1 and 9999, but found "2020-09-29" — correct the value in the source, or the format in the expression"#);
}

proptest! {
    #[test]
    fn no_text_makes_an_expression_panic(text in "\\PC*|(C#|Literal|ParseLocalDate|FormatLocalDate):\\PC*") {
        if let Ok(expression) = Expression::parse(&text, T::String) {
            let _ = expression.evaluate(Some(&text));
        }
    }

    #[test]
    fn no_input_makes_a_function_panic(input in "\\PC*|[A-Za-z '-]{0,30}|[A-ZÀ-ž]{0,20}|.*") {
        for function in [
            "ToUpper", "ToLower", "Trim", "TrimStart", "TrimEnd", "Simplify", "RemoveDiacritics", "ToDoubleMetaphone",
            "ToSoundex", "ToFirstName", "ToTitle", "ToFormatedDN", "ParseLocalDate:UTC|d/M/yyyy",
            "FormatLocalDate:Romance Standard Time|d/M/yyyy",
        ] {
            let _ = Expression::parse(function, T::String).unwrap().evaluate(Some(&input));
        }
    }

    /// Every local time that exists once survives reading and writing.
    #[test]
    fn local_dates_come_back(seconds in 0i64..4_000_000_000, zone in prop::sample::select(&["Romance Standard Time", "Lord Howe Standard Time", "Newfoundland Standard Time", "UTC"][..])) {
        let utc = crate::format::Civil::from_seconds(seconds).unwrap().to_internal();
        let pattern = "dd/MM/yyyy HH:mm:ss zzz";
        let local = evaluate(&format!("FormatLocalDate:{zone}|{pattern}"), &utc).unwrap();
        prop_assert_eq!(evaluate(&format!("ParseLocalDate:{zone}|{pattern}"), &local), Some(utc));
    }
}
