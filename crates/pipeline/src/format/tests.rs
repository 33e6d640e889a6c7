use super::*;
use proptest::prelude::*;

fn convert(kind: PropertyType, format: &str, raw: &str) -> Result<String, FormatError> {
    let mut out = b"kept:".to_vec();
    let result = Converter::new(kind, Some(format)).unwrap().convert(raw, &mut out);
    let text = String::from_utf8(out).unwrap();
    let text = text.strip_prefix("kept:").unwrap().to_owned();
    if result.is_err() {
        assert_eq!(text, "", "an error must leave the output as it was");
    }
    result.map(|()| text)
}

/// Expected text, or `None` for an error.
fn check(kind: PropertyType, format: &str, cases: &[(&str, Option<&str>)]) {
    for (raw, expected) in cases {
        assert_eq!(convert(kind, format, raw).ok().as_deref(), *expected, "{format} of {raw:?}");
    }
}

use PropertyType as T;

#[test]
fn without_format_everything_stays_as_it_is() {
    for kind in [T::String, T::Bool, T::Int32, T::Guid, T::DateTime, T::Bytes, T::ForeignKey] {
        let converter = Converter::new(kind, None).unwrap();
        assert!(converter.is_as_is());
        let mut out = Vec::new();
        converter.convert(" 29/09/2020\n", &mut out).unwrap();
        assert_eq!(out, b" 29/09/2020\n");
        assert!(Converter::new(kind, Some(" ")).unwrap().is_as_is());
        assert!(Converter::new(kind, Some("string")).unwrap().is_as_is());
    }
}

#[test]
fn booleans() {
    check(
        T::Bool,
        "bool",
        &[
            ("TRUE", Some("true")),
            ("False", Some("false")),
            ("1", Some("true")),
            (" 0 ", Some("false")),
            ("", Some("")),
            ("  ", Some("")),
            ("yes", None),
            ("2", None),
            ("01", None),
        ],
    );
}

#[test]
fn whole_numbers() {
    check(T::Byte, "Byte", &[("255", Some("255")), ("256", None), ("-1", None), ("-0", Some("0"))]);
    check(T::Int16, "INT16", &[("-32768", Some("-32768")), ("32767", Some("32767")), ("32768", None)]);
    check(T::Int32, "Int32", &[("+0042", Some("42")), ("-2147483648", Some("-2147483648")), ("2147483648", None)]);
    check(
        T::ForeignKey,
        "int64",
        &[
            ("9223372036854775807", Some("9223372036854775807")),
            ("-9223372036854775808", Some("-9223372036854775808")),
            ("9223372036854775808", None),
            ("-9223372036854775809", None),
            ("99999999999999999999999999999999999999999999", None),
            ("000000000000000000000000000000000000000007", Some("7")),
            (" 12\t", Some("12")),
            ("1 000", None),
            ("1,000", None),
            ("12.0", None),
            ("0x1F", None),
            ("--1", None),
            ("-", None),
            ("١٢", None),
        ],
    );
}

#[test]
fn doubles() {
    check(
        T::Double,
        "Double",
        &[
            ("1.50", Some("1.5")),
            ("-0.0", Some("0")),
            ("+.5", Some("0.5")),
            ("007", Some("7")),
            ("1e3", Some("1000")),
            ("123456789012345", Some("123456789012345")),
            ("1e15", Some("1E+15")),
            ("-1.7976931348623157e308", Some("-1.7976931348623157E+308")),
            ("0.0001", Some("0.0001")),
            ("0.00001", Some("1E-05")),
            ("1e400", None),
            ("NaN", None),
            ("inf", None),
            ("1,5", None),
            ("1.2.3", None),
            (".", None),
        ],
    );
}

#[test]
fn guids() {
    let expected = Some("c076e361fa5f428e833939a449ce2db3");
    check(
        T::Guid,
        "Guid",
        &[
            ("c076e361fa5f428e833939a449ce2db3", expected),
            ("C076E361-FA5F-428E-8339-39A449CE2DB3", expected),
            ("{C076E361-FA5F-428E-8339-39A449CE2DB3}", expected),
            ("(c076e361-fa5f-428e-8339-39a449ce2db3)", expected),
            ("{c076e361fa5f428e833939a449ce2db3}", expected),
            ("c076e361fa5f428e833939a449ce2db", None),
            ("c076e361f-a5f-428e-8339-39a449ce2db3", None),
            ("{c076e361fa5f428e833939a449ce2db3)", None),
            ("YeN2wF/6jkKDOTmkSc4tsw==", None),
            ("g076e361fa5f428e833939a449ce2db3", None),
        ],
    );
    check(T::String, "guid", &[("C076E361FA5F428E833939A449CE2DB3", expected)]);
}

#[test]
fn bytes() {
    check(
        T::Bytes,
        "Binary",
        &[
            ("AQID", Some("AQID")),
            ("AQ\r\nI=", Some("AQI=")),
            ("AQ==", Some("AQ==")),
            ("AR==", Some("AQ==")),
            ("AQJ=", Some("AQI=")),
            ("AQI", None),
            ("AQI*", None),
            ("A===", None),
            ("=AQI", None),
        ],
    );
}

#[test]
fn security_identifiers() {
    check(
        T::String,
        "sid",
        &[
            ("S-1-5-32-544", Some("S-1-5-32-544")),
            ("s-1-5-21-1004336348-1177238915-682003330-512", Some("S-1-5-21-1004336348-1177238915-682003330-512")),
            ("AQIAAAAAAAUgAAAAIAIAAA==", Some("S-1-5-32-544")),
            ("AQEAAAAAAAEAAAAA", Some("S-1-1-0")),
            ("S-1-0xFFFFFFFFFFFF-1", Some("S-1-0xFFFFFFFFFFFF-1")),
            ("S-1-5", Some("S-1-5")),
            ("S-2-5-32", None),
            ("S-1-5-4294967296", None),
            ("S-1-5-", None),
            ("S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", None),
            ("AQIAAAAAAAUgAAAA", None),
            ("Administrators", None),
        ],
    );
}

#[test]
fn leading_rdns() {
    check(
        T::String,
        "rdn",
        &[
            ("CN=Person,CN=Schema,CN=Configuration,DC=acme,DC=com", Some("Person")),
            ("Person", Some("Person")),
            (r"CN=Doe\, John,OU=Users", Some("Doe, John")),
            (r"CN=Lu\C4\8Di\C4\87", Some("Lučić")),
            ("OU=Sales+CN=J. Smith,DC=example", Some("Sales")),
            (r"CN=\ a b\  ,DC=x", Some(" a b ")),
            ("CN= padded  , DC=x", Some("padded")),
            ("CN=\"quoted, value\",DC=x", Some("quoted, value")),
            ("CN=a;DC=x", Some("a")),
            ("CN=a=b,DC=x", Some("a=b")),
            ("CN=", Some("")),
            (r"CN=bad\q", None),
            (r"CN=bad\", None),
            (r"CN=\FF,DC=x", None),
            ("CN=\"open", None),
        ],
    );
}

#[test]
fn dates() {
    let evening = Some("20200929220000");
    check(
        T::DateTime,
        "DateTime",
        &[
            ("2020-09-29 22:00:00", evening),
            ("20200929220000", evening),
            ("20200929220000Z", evening),
            ("20200929220000.0Z", evening),
            ("20200929220000.987Z", evening),
            ("20200930000000+0200", evening),
            ("2020092922Z", evening),
            ("202009292200Z", evening),
            ("20200929T220000Z", evening),
            ("2020-09-29T22:00:00Z", evening),
            ("2020-09-29T22:00Z", evening),
            ("2020-09-30T00:00:00.1234567+02:00", evening),
            ("2020-09-29T17:30:00-04:30", evening),
            ("2020-09-29 22:00:00 +00", evening),
            ("2020/09/29 22:00:00", evening),
            ("132458904000000000", evening),
            ("132458904009999999", evening),
            ("2020092921.5Z", Some("20200929213000")),
            ("202009292159,5Z", Some("20200929215930")),
            ("2020-09-29", Some("20200929000000")),
            ("20200929", Some("20200929000000")),
            ("", Some("")),
            ("0", Some("")),
            ("00000000", Some("")),
            ("9223372036854775807", Some("")),
        ],
    );
    check(T::DateTime, "1601date", &[("132458904000000000", evening)]);
    check(T::String, "Date", &[("2020-09-29", Some("20200929000000"))]);
}

#[test]
fn boundary_dates() {
    check(
        T::DateTime,
        "DateTime",
        &[
            ("2020-02-29", Some("20200229000000")),
            ("2000-02-29", Some("20000229000000")),
            ("2021-02-29", None),
            ("1900-02-29", None),
            ("20210229000000", None),
            ("20210431", None),
            ("2020-13-01", None),
            ("2020-00-10", None),
            ("2020-01-01 24:00:00", None),
            ("2020-01-01 23:59:60", None),
            ("2020-12-31T23:59:59-01:00", Some("20210101005959")),
            ("2020-03-01T00:30:00+01:00", Some("20200229233000")),
            ("0001-01-01", Some("00010101000000")),
            ("0001-01-01T00:00:00+01:00", None),
            ("0000-01-01", None),
            ("9999-12-31T23:59:59Z", Some("99991231235959")),
            ("9999-12-31T23:59:59-01:00", None),
            ("1601-01-01", Some("16010101000000")),
            ("100000000000000", Some("16010426174640")),
            ("2650467743999999999", Some("99991231235959")),
            ("2650467744000000000", None),
            ("9999999999999999999", None),
            ("2020", None),
            ("202009", None),
            ("29/09/2020", None),
            ("09/29/2020 10:00", None),
            ("2020-9-29", None),
            ("2020-09-29T", None),
            ("2020-09-29 22", Some("20200929220000")),
            ("2020-09-29 22:", None),
            ("2020-09-2922:00", None),
            ("2020-09/29", None),
            ("2020-09-29T22:00:00.", None),
            ("20200929 22:00:00", Some("20200929220000")),
            ("2020-09-29T22:00:00+2", None),
            ("2020-09-29T22:00:00+24:00", None),
            ("2020-09-29 22:00:00 PM", None),
            ("-1", None),
            ("never", None),
        ],
    );
}

#[test]
fn several_values() {
    check(
        T::String,
        "multivaluedtext",
        &[
            ("one", Some("one")),
            ("b\nA\r\na\n\nB", Some("A\na\nB\nb")),
            ("z\ré", Some("z\né")),
            ("\n", Some("")),
            (" b\na", Some(" b\na")),
        ],
    );
    check(
        T::String,
        "concat:;",
        &[("b;a;;C", Some("a\nb\nC")), ("one", Some("one")), (";", Some("")), ("a, b", Some("a, b"))],
    );
    check(T::String, "Concat: | ", &[("b | a", Some("a\nb")), ("b|a", Some("b|a"))]);
}

#[test]
fn flags() {
    check(
        T::Int32,
        "bit:userAccountControl:2",
        &[
            ("514", Some("true")),
            ("512", Some("false")),
            ("TRUE", Some("true")),
            ("false", Some("false")),
            ("-1", Some("true")),
            ("", Some("")),
            ("x", None),
        ],
    );
    check(T::Bool, "Bit:groupType:32", &[("-2147483646", Some("true")), ("2", Some("false"))]);
    check(T::String, "Bit:x:64", &[("-1", Some("true")), ("9223372036854775807", Some("false"))]);
}

#[test]
fn wrong_formats_are_explained() {
    let explain = |kind, format| {
        let error = Converter::new(kind, Some(format)).unwrap_err();
        format!("{error} — {}", error.remedy)
    };
    insta::assert_snapshot!(explain(T::Int32, "Int23"), @"expected a known format, but found Int23 — did you mean Int32?");
    insta::assert_snapshot!(explain(T::Bool, "Guid"), @"expected a format whose values a property of type Bool can hold, but found Guid — change the Format of the mapping or the Type of the property, or leave Format empty");
    insta::assert_snapshot!(explain(T::Int16, "Int32"), @"expected a format whose values a property of type Int16 can hold, but found Int32 — change the Format of the mapping or the Type of the property, or leave Format empty");
    insta::assert_snapshot!(explain(T::String, "Concat:"), @r#"expected a separator after Concat: — write Format="Concat:;" when values are joined by semicolons"#);
    insta::assert_snapshot!(explain(T::String, "Bit:userAccountControl"), @r#"expected Bit:<Property>:<bit> with a bit from 1 to 64, 1 being the lowest — write for example Format="Bit:userAccountControl:2" for the flag of value 2"#);
    insta::assert_snapshot!(explain(T::String, "Bit:x:65"), @r#"expected Bit:<Property>:<bit> with a bit from 1 to 64, 1 being the lowest — write for example Format="Bit:userAccountControl:2" for the flag of value 2"#);
    insta::assert_snapshot!(explain(T::String, "RDN:x"), @r#"expected the format RDN without arguments — write Format="RDN""#);
    insta::assert_snapshot!(explain(T::String, "xml"), @"expected a known format, but found xml — choose among String, Bool, Byte, Int16, Int32, Int64, Double, Guid, Bytes, Binary, SID, RDN, DateTime, 1601Date, Date, MultivaluedText, Concat, Bit, or leave Format empty so that values stay as they are");
}

#[test]
fn wrong_values_are_explained() {
    let explain = |kind, format, raw| {
        let error = convert(kind, format, raw).unwrap_err();
        format!("{error} — {}", error.remedy)
    };
    insta::assert_snapshot!(explain(T::Bool, "Bool", "yes"), @"expected true or false (also TRUE, FALSE, 1, 0) — correct the value in the source, or leave Format empty to keep the text as it is");
    insta::assert_snapshot!(explain(T::Byte, "Byte", "1.0"), @"expected a whole number from 0 to 255 — write digits only, without decimal point, blanks or thousands separators, or leave Format empty");
    insta::assert_snapshot!(explain(T::Byte, "Byte", "256"), @"expected a whole number from 0 to 255 — the number is out of range: choose a larger format, or correct the value in the source");
    insta::assert_snapshot!(explain(T::DateTime, "DateTime", "29/09/2020"), @"expected a date such as 2020-09-29, 2020-09-29 22:00:00, 2020-09-29T22:00:00+02:00, 20200929220000.0Z or 132458904000000000 (ticks since 1601) — export the date year first; for other notations leave Format empty and use a TransformDate transformation or the expression ParseLocalDate");
    insta::assert_snapshot!(explain(T::DateTime, "DateTime", "2021-02-29"), @"expected a date and time that exists, between the years 1 and 9999 — correct the value in the source: check month, day, hour and leap years");
}

const FORMATS: [&str; 14] = [
    "Bool",
    "Byte",
    "Int16",
    "Int64",
    "Double",
    "Guid",
    "Binary",
    "SID",
    "DateTime",
    "MultivaluedText",
    "Concat:;",
    "Concat:--",
    "Bit:x:3",
    "String",
];

proptest! {
    /// Internal text is its own internal form (`RDN` is left out: a value may look like a name).
    #[test]
    fn conversion_is_idempotent(format in prop::sample::select(&FORMATS[..]), raw in "\\PC{0,40}|[-0-9;TZ:.\\n ]{0,24}|[A-Za-z0-9+/]{0,8}={0,2}|[-+]?[0-9]{1,20}(\\.[0-9]{1,9})?(e-?[0-9]{1,2})?") {
        if let Ok(once) = convert(T::String, format, &raw) {
            // What has become a date is fourteen digits, never a number of ticks.
            prop_assert_eq!(convert(T::String, format, &once), Ok(once.clone()), "{} of {}", format, raw);
        }
    }

    #[test]
    fn no_text_makes_a_format_panic(format in "\\PC*|(bit|concat|rdn):?\\PC*", raw in "\\PC*|CN=[\\\\\"a-f0-9, ]*|.*") {
        if let Ok(converter) = Converter::new(T::String, Some(&format)) {
            let _ = converter.convert(&raw, &mut Vec::new());
        }
        for format in FORMATS.into_iter().chain(["RDN"]) {
            let _ = convert(T::String, format, &raw);
        }
    }

    #[test]
    fn escaping_and_reading_a_name_are_inverse(value in "\\PC*|[ #,+\"\\\\<>;=\\x00-\\x1fab]*") {
        prop_assume!(!value.is_empty());
        prop_assert_eq!(convert(T::String, "RDN", &format!("CN={},DC=x", dn::escape(&value))), Ok(value));
    }

    /// Every second of the calendar survives ticks and back (against a walk through the calendar's rules).
    #[test]
    fn ticks_and_civil_time_agree(year in 1601i64..=9999, month in 1u32..=12, day in 1u32..=28, second in 0i64..86_400) {
        let mut days: i64 = (1601..year).map(|y| if days_in_month(y, 2) == 29 { 366 } else { 365 }).sum();
        days += (1..month).map(|m| i64::from(days_in_month(year, m))).sum::<i64>() + i64::from(day) - 1;
        let ticks = (days * 86_400 + second) * 10_000_000;
        prop_assume!(ticks >= 100_000_000_000_000);
        let expected = format!("{year:04}{month:02}{day:02}{:02}{:02}{:02}", second / 3600, second / 60 % 60, second % 60);
        prop_assert_eq!(convert(T::DateTime, "DateTime", &ticks.to_string()), Ok(expected));
    }

    #[test]
    fn whole_numbers_agree_with_the_standard_parser(raw in "[-+]?[0-9]{1,20}") {
        let expected = raw.parse::<i64>().ok().map(|n| n.to_string());
        prop_assert_eq!(convert(T::Int64, "Int64", &raw).ok(), expected);
    }
}
