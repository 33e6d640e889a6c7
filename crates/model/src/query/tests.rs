use super::*;
use proptest::prelude::*;

fn canonical(text: &str) -> String {
    Query::parse(text).unwrap().to_string()
}

fn error(text: &str) -> String {
    let error = Query::parse(text).unwrap_err();
    format!("{error}; {}", error.nearest.clone().unwrap_or_default())
}

#[test]
fn the_documented_example_reads_back() {
    let text = "join Properties p join p.Association1 a pagesize 2 select Id, Identifier, p.Identifier, a.Identifier \
                where Id > 45 order by DisplayName_L1 asc";
    let query = Query::parse(&text.replace("pagesize", "PageSize")).unwrap();
    assert_eq!(query.joins.len(), 2);
    assert_eq!(query.joins[1].binding, Binding::of(["p", "Association1"]));
    assert_eq!(query.page_size, Some(2));
    assert_eq!(query.to_string(), text);
}

#[test]
fn lenient_forms_have_a_canonical_one() {
    assert_eq!(canonical(""), "");
    assert_eq!(canonical("TOP 3 SELECT A.B"), "pagesize 3 select A.B");
    assert_eq!(canonical("where a=1 AND b!=\"x\" and c = NULL"), "where (a = 1 and b != \"x\" and c = null)");
    assert_eq!(canonical("where ((a %= \"x\"))"), "where a %= \"x\"");
    assert_eq!(canonical("where (a=true or (b<-5 and c>=d.e))"), "where (a = true or (b < -5 and c >= d.e))");
    assert_eq!(canonical("order by a, b desc"), "order by a asc, b desc");
    assert_eq!(canonical("\"2020-01-01\" select Id"), "as of \"2020-01-01T00:00:00Z\" select Id");
    assert_eq!(canonical("as of 2020-01-01T01:00:00.50+01:00"), "as of \"2020-01-01T00:00:00.5Z\"");
    assert_eq!(
        canonical("between \"2020-01-01\" and \"2021-01-01\""),
        "between \"2020-01-01T00:00:00Z\" and \"2021-01-01T00:00:00Z\""
    );
    assert_eq!(
        canonical("contained in (\"2020-01-01\",\"2021-01-01\")"),
        "contained in (\"2020-01-01T00:00:00Z\", \"2021-01-01T00:00:00Z\")"
    );
    assert_eq!(
        canonical("join Owner OF TYPE X o where o.a = \"say \"\"hi\"\"\""),
        "join Owner of type X o where o.a = \"say \"\"hi\"\"\""
    );
    for (sign, operator) in Operator::SIGNS {
        let query = Query::parse(&format!("where a{sign}\"x\"")).unwrap();
        assert_eq!(
            query.filter,
            Some(Filter::Compare { left: Binding::of(["a"]), operator, right: Operand::Text("x".to_owned()) })
        );
    }
}

#[test]
fn errors_say_where_and_what() {
    insta::assert_snapshot!(
        [
            "selct Id",
            "select Id wehre a = 1",
            "select Id order by a asc where b = 1",
            "where a = 1 and b = 2 or c = 3",
            "where (a = 1",
            "where a == 1",
            "where a = 'x'",
            "where é = 1",
            "where a = \"x",
            "where a = 99999999999999999999",
            "where a = 1.5",
            "where a is null",
            "pagesize 0",
            "join Properties select Id",
            "join A x join B x",
            "as of yesterday",
            "select",
            "where a = \"\0\"",
        ]
        .map(error)
        .join("\n"),
        @r#"
        query, character 1: expected join, pagesize, select, where, order by or the end, found selct; select
        query, character 11: expected where, order by or the end, found wehre; where
        query, character 26: expected the end, found where; where
        query, character 23: expected and, or parentheses around what belongs together, found or; 
        query, character 13: expected ), found the end; 
        query, character 10: expected a number, text in double quotes, true, false, null or a property, found =; 
        query, character 11: expected text in double quotes, found a single quote; 
        query, character 7: expected a name, a value, an operator, a comma or a parenthesis, found 'é'; 
        query, character 11: expected a closing double quote, found the end; 
        query, character 11: expected a whole number of at most 64 bits, found 99999999999999999999; 
        query, character 11: expected a whole number or a date; any other value in double quotes, found 1.5; 
        query, character 9: expected an operator (> < = >= <= &= =% %= != %=% !=% !%= !%=%), found is; 
        query, character 10: expected a number of rows, at least 1, found 0; 
        query, character 17: expected a short name for Properties that is not a word of the language, found select; 
        query, character 17: expected a name that no other join has, found x; 
        query, character 7: expected a date such as "2026-01-31T12:00:00Z", found yesterday; 
        query, character 7: expected the name of a property, found the end; 
        query, character 11: expected text without the character U+0000, found such a character;
        "#
    );
}

#[test]
fn input_is_bounded() {
    let deep = |n: usize| format!("where {}a = 1{}", "(".repeat(n), ")".repeat(n));
    assert!(Query::parse(&deep(MAX_DEPTH)).is_ok());
    assert!(error(&deep(MAX_DEPTH + 1)).contains("at most 16 parentheses"));
    assert!(error(&deep(8_000)).contains("at most 16 parentheses"));
    assert!(error(&" ".repeat(MAX_LENGTH + 1)).contains("at most 16384 bytes"));
    let joins: String = (0..=MAX_JOINS).map(|n| format!("join a a{n} ")).collect();
    assert!(error(&joins).contains("at most 16 joins"));
    assert!(error(&format!("where a = 1{}", " or a = 1".repeat(MAX_TERMS))).contains("at most 200 comparisons"));
    assert!(error(&format!("select a{}", ",a".repeat(MAX_TERMS))).contains("at most 200"));
    assert!(error(&format!("order by a{}", ",a".repeat(MAX_ORDERS))).contains("at most 8"));
    assert!(error(&format!("select a{}", ".a".repeat(MAX_PATH))).contains("at most 8 names"));
}

#[test]
fn instants_are_read_and_written_in_utc() {
    let micros = |text| parse_instant(text);
    assert_eq!(micros("1970-01-01"), Some(0));
    assert_eq!(micros("1970-01-02T00:00:01.5Z"), Some(86_401_500_000));
    assert_eq!(micros("2000-02-29 12:30"), Some(951_827_400_000_000));
    assert_eq!(micros("1970-01-01T01:00+01:00"), Some(0));
    assert_eq!(micros("1969-12-31T23:59:59.999999Z"), Some(-1));
    assert_eq!(format_instant(-1), "1969-12-31T23:59:59.999999Z");
    assert_eq!(format_instant(951_827_400_000_000), "2000-02-29T12:30:00Z");
    assert_eq!(micros("0001-01-01"), Some(-62_135_596_800_000_000));
    for wrong in [
        "2001-02-29",
        "2020-13-01",
        "2020-1-1",
        "2020-01-01T24:00",
        "2020-01-01T",
        "12:00",
        "",
        "é",
        "2020-01-01T10:00+1",
    ] {
        assert_eq!(micros(wrong), None, "{wrong}");
    }
}

#[test]
fn a_token_belongs_to_its_query() {
    let query = Query::parse("pagesize 5 where a = 1 order by b asc").unwrap();
    let key = vec![KeyValue::Text("é\"".to_owned()), KeyValue::Null, KeyValue::Int(i64::MIN)];
    let token = Token::new("Person", &query, key);
    let text = token.to_string();
    assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{text}");
    assert_eq!(Token::parse(&text, "Person", &query), Ok(token.clone()));
    let other_size = Query { page_size: None, ..query.clone() };
    assert_eq!(Token::parse(&text, "Person", &other_size), Ok(token));
    assert_eq!(Token::parse(&text, "Group", &query), Err(TokenError::OtherQuery));
    let other = Query::parse("where a = 2 order by b asc").unwrap();
    assert_eq!(Token::parse(&text, "Person", &other), Err(TokenError::OtherQuery));
    for wrong in ["", "A", "AAAA", "!!!!", &text[..text.len() - 3], &format!("{text}=")] {
        assert_eq!(Token::parse(wrong, "Person", &query), Err(TokenError::Unreadable), "{wrong}");
    }
}

fn name() -> impl Strategy<Value = String> {
    "[A-Z][a-zA-Z0-9_]{0,6}".prop_filter("words of the language", |name| {
        let words = ["of", "in", "or", "by", "as", "and", "asc", "top", "desc", "join", "true", "null", "type"];
        !words.iter().chain(&["where", "order", "false", "select"]).any(|word| word.eq_ignore_ascii_case(name))
    })
}

fn binding() -> impl Strategy<Value = Binding> {
    prop::collection::vec(name(), 1..4).prop_map(|path| Binding { path })
}

fn operand() -> impl Strategy<Value = Operand> {
    prop_oneof![
        any::<i64>().prop_map(Operand::Int),
        any::<bool>().prop_map(Operand::Bool),
        "[^\0]{0,8}".prop_map(Operand::Text),
        Just(Operand::Null),
        binding().prop_map(Operand::Binding),
    ]
}

fn filter() -> impl Strategy<Value = Filter> {
    let operator = (0..Operator::SIGNS.len()).prop_map(|n| Operator::SIGNS[n].1);
    let compare =
        (binding(), operator, operand()).prop_map(|(left, operator, right)| Filter::Compare { left, operator, right });
    compare.prop_recursive(4, 16, 4, |inner| {
        let parts = prop::collection::vec(inner, 2..4);
        (parts, any::<bool>()).prop_map(|(parts, all)| if all { Filter::All(parts) } else { Filter::Any(parts) })
    })
}

fn history() -> impl Strategy<Value = History> {
    let instant = || -62_135_596_800_000_000_i64..253_402_300_799_999_999;
    prop_oneof![
        instant().prop_map(History::AsOf),
        (instant(), instant()).prop_map(|(a, b)| History::Between(a, b)),
        (instant(), instant()).prop_map(|(a, b)| History::ContainedIn(a, b)),
    ]
}

fn query() -> impl Strategy<Value = Query> {
    let joins = prop::collection::vec((binding(), prop::option::of(name())), 0..4).prop_map(|joins| {
        let join = |(n, (binding, of_type))| Join { binding, of_type, alias: format!("alias{n}") };
        joins.into_iter().enumerate().map(join).collect::<Vec<_>>()
    });
    let direction = any::<bool>().prop_map(|up| if up { Direction::Ascending } else { Direction::Descending });
    let order = prop::collection::vec(
        (binding(), direction).prop_map(|(binding, direction)| Order { binding, direction }),
        0..3,
    );
    (
        prop::option::of(history()),
        joins,
        prop::option::of(1_u32..),
        prop::collection::vec(binding(), 0..4),
        prop::option::of(filter()),
        order,
    )
        .prop_map(|(history, joins, page_size, select, filter, order)| Query {
            history,
            joins,
            page_size,
            select,
            filter,
            order,
        })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(query in query()) {
        let text = query.to_string();
        prop_assert_eq!(Query::parse(&text).map_err(|e| format!("{e} in {text}")), Ok(query));
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,60}") {
        let _ = Query::parse(&text);
        let _ = parse_instant(&text);
        let _ = Token::parse(&text, "X", &Query::default());
    }

    #[test]
    fn words_in_any_order_never_panic(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "join", "a", "a.b", "of", "type", "select", "where", "(", ")", "and", "or", "=", "!%=", "\"x\"", "1",
                "order", "by", "asc", ",", ".", "as", "between", "contained", "in", "\"2020-01-01\"", "-", "é", "\"",
            ]),
            0..20,
        )
    ) {
        if let Ok(query) = Query::parse(&words.join(" ")) {
            prop_assert_eq!(Query::parse(&query.to_string()), Ok(query));
        }
    }

    #[test]
    fn tokens_read_back(texts in prop::collection::vec("[^\0]{0,9}", 0..4), number in any::<i64>()) {
        let mut key: Vec<KeyValue> = texts.into_iter().map(KeyValue::Text).collect();
        key.push(KeyValue::Int(number));
        let token = Token::new("T", &Query::default(), key);
        prop_assert_eq!(Token::parse(&token.to_string(), "T", &Query::default()), Ok(token));
    }
}
