//! What queries refuse, and what holds whatever is asked.

use super::{Company, filled};
use crate::tests::scratch::Scratch;
use crate::{ItemChange, PageRequest, QueryFailure, Restrictions, StoredItem};
use provost_model::changes::Command;
use provost_model::query::{Filter, Query};
use serde_json::{Value, json};

crate::tests::both!(
    pages_follow_each_other_while_rows_come,
    rows_are_counted_up_to_a_limit,
    tokens_and_sizes_are_guarded,
    mistakes_are_named,
    hostile_text_is_only_text,
    restrictions_hold_wherever_a_row_is_met,
    hidden_properties_are_neither_shown_nor_found_out,
    only_what_is_not_secret_is_shown,
    ids_find_their_page_by_an_index,
);

fn rows_are_counted_up_to_a_limit(s: &Scratch) {
    let c = Company::deploy(s);
    c.run(s, 100, |tx, run| {
        for id in 1..=20 {
            let (key, age) = (format!("P{id}"), (id % 4).to_string());
            let values = [Some(&*key), None, Some(&*age), None, None, None, None, None];
            c.put(tx, run, Command::Insert, "Person", id, &values);
        }
    });
    let count = |query: &str, most: u32, seen: &Restrictions| {
        let query = Query::parse(query).unwrap();
        let found: Result<u64, QueryFailure> =
            s.store.read(|tx| tx.count_found(&c.catalogue, "Person", &query, most, seen));
        found.unwrap()
    };
    let all = Restrictions::none();
    assert_eq!(count("", 100, &all), 20);
    assert_eq!(count("", 7, &all), 7);
    assert_eq!(count("select Name where Age = 1 order by Name desc", 100, &all), 5);
    let mut some = Restrictions::none();
    some.only("Person", Query::parse("where Age = 2").unwrap().filter.unwrap());
    assert_eq!((count("", 100, &some), count("where Age = 1", 100, &some)), (5, 0));
}

fn pages_follow_each_other_while_rows_come(s: &Scratch) {
    let c = Company::deploy(s);
    c.run(s, 100, |tx, run| {
        for id in 1..=20 {
            let (key, age) = (format!("P{id}"), (id % 4).to_string());
            let name = (id % 3 > 0).then_some("x");
            c.put(
                tx,
                run,
                Command::Insert,
                "Person",
                id,
                &[Some(&key), name, Some(&age), None, None, None, None, None],
            );
        }
    });
    let mut added = 0;
    for query in ["select Id", "select Id order by Age desc, Name asc", "select Id order by Name desc, Id desc"] {
        let expected = c.ids(s, "Person", query);
        let mut seen = Vec::new();
        let mut token: Option<String> = None;
        for round in 0..100 {
            let request =
                PageRequest { page_size: Some(3), continuation_token: token.as_deref(), ..PageRequest::default() };
            let page = c.page(s, "Person", query, &request, &Restrictions::none()).unwrap();
            assert!(page.rows.len() <= 3);
            seen.extend(page.rows.iter().map(|row| row["Id"].as_str().unwrap().to_owned()));
            token = page.next.map(|token| token.to_string());
            if token.is_none() {
                break;
            }
            // Somebody else adds rows between any two pages, before and behind.
            added += 1;
            let id = 1000 + added;
            c.run(s, 200 + id, |tx, run| {
                let (key, age) = (format!("N{id}"), (round % 5).to_string());
                c.put(
                    tx,
                    run,
                    Command::Insert,
                    "Person",
                    id,
                    &[Some(&key), Some("m"), Some(&age), None, None, None, None, None],
                );
            });
        }
        let old = |id: &&String| id.parse::<i64>().unwrap() <= 20;
        let old_ones: Vec<&String> = seen.iter().filter(old).collect();
        let expected: Vec<&str> = expected.split(' ').filter(|id| id.parse::<i64>().unwrap() <= 20).collect();
        assert_eq!(old_ones, expected, "{query}");
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), seen.len(), "{query}");
    }
}

fn tokens_and_sizes_are_guarded(s: &Scratch) {
    let c = filled(s);
    let page = |query: &str, request: PageRequest<'_>| c.page(s, "Person", query, &request, &Restrictions::none());
    let sized = |size| PageRequest { page_size: Some(size), ..PageRequest::default() };
    let first = page("where Id > 0", sized(2)).unwrap();
    let token = first.next.unwrap().to_string();
    let next = PageRequest { page_size: Some(9), continuation_token: Some(&token), ..PageRequest::default() };
    assert_eq!(Value::from(page("where Id > 0", next).unwrap().rows), json!([{"Id": "3"}, {"Id": "4"}]));
    assert_eq!(page("where Id > 1", next).unwrap_err().code(), "continuation-token");
    let forged = PageRequest { continuation_token: Some("AAAA"), ..PageRequest::default() };
    assert_eq!(page("", forged).unwrap_err().code(), "continuation-token");
    // A key of the right query with values of the wrong kind.
    let query = Query::parse("order by Age asc").unwrap();
    use provost_model::query::{KeyValue, Token};
    for key in [vec![], vec![KeyValue::Int(1)], vec![KeyValue::Text("x".to_owned()), KeyValue::Int(1)]] {
        let token = Token::new("Person", &query, key).to_string();
        let request = PageRequest { continuation_token: Some(&token), ..PageRequest::default() };
        assert_eq!(page("order by Age asc", request).unwrap_err().code(), "continuation-token");
    }
    assert_eq!(page("pagesize 2", sized(2)).unwrap_err().code(), "query-two-page-sizes");
    assert_eq!(page("pagesize 2", PageRequest::default()).unwrap().rows.len(), 2);
    let limits = |size| PageRequest {
        page_size: size,
        default_page_size: Some(1),
        max_page_size: Some(3),
        ..PageRequest::default()
    };
    assert_eq!(page("", limits(None)).unwrap().rows.len(), 1);
    assert_eq!(page("", limits(Some(4))).unwrap().rows.len(), 3);
    assert_eq!(page("pagesize 4", limits(None)).unwrap().rows.len(), 3);
    assert!(page("", sized(4)).unwrap().next.is_none());
    s.write(|tx| {
        let item = StoredItem {
            element: "Agent".to_owned(),
            identity: "New".to_owned(),
            file: String::new(),
            json: "{}".to_owned(),
        };
        tx.replace_configuration(&[ItemChange::Insert(item)])
    });
    assert_eq!(page("", sized(1)).unwrap_err().code(), "query-outdated");
}

fn mistakes_are_named(s: &Scratch) {
    let c = filled(s);
    let told: Vec<String> = [
        ("Persn", ""),
        ("Person", "select Nmae"),
        ("Person", "join Groups g select gg.Code"),
        ("Person", "select Name.Code"),
        ("Person", "select Groups"),
        ("Person", "join Groups g order by g.Code asc"),
        ("Person", "where Name = 5"),
        ("Person", "where Age = \"old\""),
        ("Person", "where Age %= \"3\""),
        ("Person", "where Name &= \"3\""),
        ("Person", "where Name < null"),
        ("Person", "where Name = Age"),
        ("Person", "where Hired = \"soon\""),
        ("Person", "join Groups a join Groups b select a.Code, b.Label"),
        ("ResourceChange", "where Command = \"Upsert\""),
    ]
    .iter()
    .map(|(entity_type, query)| c.failure(s, entity_type, query))
    .collect();
    insta::allow_duplicates! { insta::assert_snapshot!(told.join("\n"), @r#"
        [unknown-entity-type] there is no entity type Persn; did you mean Person?
        [unknown-property] Person has no property Nmae (in Nmae); did you mean Name?
        [unknown-property] Person has no property gg (in gg.Code); did you mean g?
        [query-no-navigation] Name of Person leads to no other entity (in Name.Code); only navigation properties can be joined or followed
        [query-several-values] Groups leads to several entities (in Groups); join it: join Groups x … x.Id
        [query-several-values] rows cannot be ordered by g.Code, of which one may have several; order by what a row has one of
        [query-wrong-comparison] Name = 5: expected text in double quotes; write another value or operator
        [query-wrong-comparison] Age = "old": expected a whole number; write another value or operator
        [query-wrong-comparison] Age %= "3": this operator compares text; write another value or operator
        [query-wrong-comparison] Name &= "3": this operator compares the bits of whole numbers; write another value or operator
        [query-wrong-comparison] Name < null: null goes with = and != only; write another value or operator
        [query-wrong-comparison] Name = Age: expected a property of the same type; write another value or operator
        [query-wrong-comparison] Hired = "soon": expected a date such as "2026-01-31T12:00:00Z"; write another value or operator
        [query-selected-twice] Groups is selected through two joins; select from one of the two joins only
        [query-wrong-comparison] Command = "Upsert": expected one of Insert, Update, Delete; write another value or operator
        "#); }
    // Row variables are limited: seven mentors, each with a department that is part of others.
    let mentors = |n: usize| format!("{}Department{}", "Mentor.".repeat(n), ".Parent".repeat(6 - n));
    let select = |n: usize| format!("select {}", (0..n).map(mentors).collect::<Vec<_>>().join(", "));
    assert!(c.page(s, "Person", &select(4), &PageRequest::default(), &Restrictions::none()).is_ok());
    assert!(c.failure(s, "Person", &select(7)).starts_with("[query-too-many-joins]"));
    let joins: String = (0..16).map(|n| format!("join Groups g{n} ")).collect();
    let conditions: Vec<String> = (0..16).map(|n| format!("g{n}.Code = \"T1\"")).collect();
    assert_eq!(c.ids(s, "Person", &format!("{joins} where {}", conditions.join(" and "))), "1 2");
}

fn hostile_text_is_only_text(s: &Scratch) {
    let c = filled(s);
    for text in
        ["' OR '1'='1", "x'; DROP TABLE UR_Resources; --", "$1", "\\", "%", "_%", "\u{202e}", "\"", "a\u{fffd}\n"]
    {
        c.run(s, 1000, |tx, run| {
            c.put(
                tx,
                run,
                Command::Insert,
                "Person",
                99,
                &[Some("P99"), Some(text), None, None, None, None, None, None],
            );
        });
        for operator in ["=", "%=", "=%", "%=%"] {
            let quoted = text.replace('"', "\"\"");
            assert_eq!(c.ids(s, "Person", &format!("where Name {operator} \"{quoted}\"")), "99", "{operator} {text}");
        }
        let order = format!("order by Name {}", if text.len() % 2 == 0 { "asc" } else { "desc" });
        let mut token: Option<String> = None;
        let mut seen = 0;
        loop {
            let request =
                PageRequest { page_size: Some(1), continuation_token: token.as_deref(), ..PageRequest::default() };
            let page = c.page(s, "Person", &order, &request, &Restrictions::none()).unwrap();
            seen += page.rows.len();
            token = page.next.map(|token| token.to_string());
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, 5);
        c.run(s, 2000, |tx, run| {
            c.put(tx, run, Command::Delete, "Person", 99, &[Some("P99"), None, None, None, None, None, None, None]);
        });
    }
}

fn restrictions_hold_wherever_a_row_is_met(s: &Scratch) {
    let c = filled(s);
    let mut sales = Restrictions::none();
    sales.only("Person", Filter::parse("Department.Label = \"Sales\"").unwrap());
    let rows = |entity_type: &str, query: &str, restrictions: &Restrictions| {
        Value::from(c.page(s, entity_type, query, &PageRequest::default(), restrictions).unwrap().rows)
    };
    assert_eq!(rows("Person", "where (Id = 1 or Id = 3)", &sales), json!([{"Id": "1"}]));
    assert_eq!(
        rows("Department", "join Members m select Code, m.Name", &sales),
        json!([{"Code": "D1", "Members": [{"Name": "Ada"}, {"Name": "bob"}]}, {"Code": "D2", "Members": []}])
    );
    let mut young = sales.clone();
    young.only("Person", Filter::parse("Age < 10").unwrap());
    assert_eq!(
        rows("Team", "join People p select Code, p.Name", &young),
        json!([{"Code": "T1", "People": [{"Name": "bob"}]}, {"Code": "T2", "People": [{"Name": "bob"}]}])
    );
    // What is hidden cannot be found out by a condition either.
    assert_eq!(rows("Team", "join People p where p.Name = \"Ada\"", &young), json!([]));
    assert_eq!(rows("Team", "join People p where p.Name = null", &young), json!([]));
    assert_eq!(rows("Person", "select Name, Mentor.Name", &young), json!([{"Name": "bob"}]));
    assert_eq!(rows("Person", "where Mentor.Name = \"Ada\"", &young), json!([]));
    let mut hidden = Restrictions::none();
    hidden.hide("Department");
    assert_eq!(rows("Department", "", &hidden), json!([]));
    assert_eq!(rows("Person", "select Number, Department.Code where Id = 1", &hidden), json!([{"Number": "P1"}]));
    assert_eq!(rows("Person", "as of 2020-01-01 select Department.Code where Id = 1", &hidden), json!([{}]));
    assert_eq!(rows("Person", "as of 2020-01-01", &young), json!([{"Id": "2"}]));
    let versions = |age: &str| {
        let mut restrictions = Restrictions::none();
        restrictions.only("PERSON", Filter::parse(age).unwrap());
        rows("Person", "between 1970-01-01 and 2020-01-01 select Age where Id = 1", &restrictions)
    };
    c.run(s, 200, |tx, run| {
        let values = [Some("P1"), Some("Ada"), Some("37"), None, None, None, None, None];
        c.put(tx, run, Command::Update, "Person", 1, &values);
    });
    assert_eq!(versions("Age > 30"), json!([{"Age": 36}, {"Age": 37}]));
    assert_eq!(versions("Age = 36"), json!([{"Age": 36}]));
    let mut by_name = Restrictions::none();
    by_name.only("EntityType", Filter::parse("Identifier = \"Team\"").unwrap());
    assert_eq!(rows("EntityType", "select Identifier", &by_name), json!([{"Identifier": "Team"}]));
}

fn only_what_is_not_secret_is_shown(s: &Scratch) {
    let c = filled(s);
    assert_eq!(
        c.rows(s, "OpenIdClient", "select Identifier, Profile.DisplayName_L1"),
        json!([{"Identifier": "Job", "Profile": {"DisplayName_L1": "Administrator"}}])
    );
    assert!(c.failure(s, "OpenIdClient", "select HashedSecret").starts_with("[unknown-property]"));
    for entity_type in c.catalogue.entity_types() {
        let properties = c.catalogue.properties(entity_type);
        assert!(properties.iter().all(|p| !p.name.contains("Secret") && !p.name.contains("Password")));
        // Whatever the catalogue names can be selected.
        let names: Vec<&str> = properties.iter().filter(|p| !p.many).map(|p| p.name.as_str()).collect();
        c.rows(s, entity_type, &format!("select {}", names.join(", ")));
        for property in properties.iter().filter(|p| p.many) {
            c.rows(s, entity_type, &format!("join {} x select Id, x.Id", property.name));
        }
    }
}

fn hidden_properties_are_neither_shown_nor_found_out(s: &Scratch) {
    let c = filled(s);
    let mut some = Restrictions::none();
    some.hide_property("person", "AGE", Some(Filter::parse("Mentor.Name = \"Ada\"").unwrap()));
    some.hide_property("Person", "Number", None);
    some.hide_property("Person", "Groups", Some(Filter::parse("Name = \"Ada\"").unwrap()));
    some.hide_property("Person", "Department", Some(Filter::parse("Name != \"Cyd\"").unwrap()));
    let rows = |entity_type: &str, query: &str| {
        Value::from(c.page(s, entity_type, query, &PageRequest::default(), &some).unwrap().rows)
    };
    // Ages of those whom Ada guides are shown, and no number at all.
    assert_eq!(rows("Person", "select Age, Number"), json!([{}, {"Age": 7}, {"Age": 100}, {}]));
    assert_eq!(rows("Person", "where Age > 0"), json!([{"Id": "2"}, {"Id": "3"}]));
    assert_eq!(rows("Person", "where Age = null"), json!([{"Id": "1"}, {"Id": "4"}]));
    assert_eq!(rows("Person", "where Number = \"P1\""), json!([]));
    assert_eq!(rows("Person", "where Name = Number"), json!([{"Id": "4"}]), "no name, and no number that shows");
    assert_eq!(rows("Person", "order by Age desc"), json!([{"Id": "3"}, {"Id": "2"}, {"Id": "1"}, {"Id": "4"}]));
    assert_eq!(rows("Person", "select Mentor.Age where Id = 2"), json!([{"Mentor": {}}]));
    assert_eq!(
        rows("Department", "join Members m select m.Age where Code = \"D1\""),
        json!([{"Members": [{}, {"Age": 7}]}])
    );
    assert_eq!(rows("Person", "as of 2020-01-01 select Age where Id < 3"), json!([{}, {"Age": 7}]));
    // Nor does a hidden navigation lead anywhere.
    assert_eq!(
        rows("Person", "select Name, Department.Code where Id < 4"),
        json!([
            {"Name": "Ada", "Department": {"Code": "D1"}}, {"Name": "bob", "Department": {"Code": "D1"}}, {"Name": "Cyd"}
        ])
    );
    assert_eq!(rows("Person", "where Department = 12"), json!([]));
    assert_eq!(
        rows("Person", "join Groups g select g.Code where Id < 3"),
        json!([{"Groups": [{"Code": "T1"}]}, {"Groups": []}])
    );
    assert_eq!(rows("Person", "join Groups g where g.Code = \"T2\""), json!([]));
    // Pages follow each other by what is shown.
    let mut seen = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..9 {
        let request =
            PageRequest { page_size: Some(1), continuation_token: token.as_deref(), ..PageRequest::default() };
        let page = c.page(s, "Person", "order by Age desc", &request, &some).unwrap();
        seen.extend(page.rows.iter().map(|row| row["Id"].as_str().unwrap().to_owned()));
        token = page.next.map(|token| token.to_string());
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["3", "2", "1", "4"]);
}

fn ids_find_their_page_by_an_index(s: &Scratch) {
    if s.store.dialect() != crate::Dialect::Sqlite {
        return;
    }
    let c = filled(s);
    let plan = |entity_type: &str, query: &str| {
        let first = c
            .page(
                s,
                entity_type,
                query,
                &PageRequest { page_size: Some(1), ..PageRequest::default() },
                &Restrictions::none(),
            )
            .unwrap();
        let token = first.next.map(|token| token.to_string());
        let request = PageRequest { continuation_token: token.as_deref(), ..PageRequest::default() };
        let query = Query::parse(query).unwrap();
        s.store.read(|tx| tx.explain_query(&c.catalogue, entity_type, &query, &request)).unwrap().join("\n")
    };
    insta::assert_snapshot!(plan("Person", "select Name"), @"SEARCH t0 USING INDEX UR_Resources_Type (Type=? AND rowid>?)");
    assert!(plan("JournalEntry", "order by Id desc").starts_with("SEARCH t0 USING INTEGER PRIMARY KEY (rowid<?)"));
    assert!(!plan("Person", "join Groups g select Id, Department.Label, Mentor.Name where Id > 0").contains("SCAN"));
    assert!(plan("Person", "where Number = \"P1\"").contains("SEARCH k USING PRIMARY KEY"));
}
