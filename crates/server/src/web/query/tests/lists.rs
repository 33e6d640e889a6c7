//! Lists, pages, single resources, and what is wrong with a question.

use super::super::table::LISTED;
use super::{Company, address};
use std::collections::BTreeSet;

#[tokio::test]
async fn every_list_answers_the_administrator() {
    let company = Company::new();
    let catalogue = company.world.app.store().read(|tx| tx.catalogue()).unwrap();
    let mut reached = BTreeSet::new();
    for listed in LISTED {
        let answer = company.as_administrator(listed.path).await;
        assert_eq!(answer.status, 200, "{}: {}", listed.path, answer.text);
        assert!(answer.json()["Result"].is_array(), "{}", listed.path);
        reached.insert(listed.entity);
    }
    let own: Vec<&str> = catalogue.entity_types().filter(|name| !catalogue.is_deployed(name)).collect();
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), own);
}

#[tokio::test]
async fn pages_follow_each_other_and_ids_alone_are_shown_without_select() {
    let company = Company::new();
    let path = "/api/Custom/Resources/Person?PageSize=2&api-version=1.0&QueryRootEntityType=Person";
    let first = company.as_administrator(path).await.json();
    assert_eq!(first["Result"].to_string(), r#"[{"Id":"1"},{"Id":"2"}]"#);
    let token = first["ContinuationToken"].as_str().unwrap();
    let second = company.as_administrator(&format!("{path}&ContinuationToken={token}")).await.json();
    assert_eq!(second["Result"].to_string(), r#"[{"Id":"3"},{"Id":"4"}]"#);
    let token = second["ContinuationToken"].as_str().unwrap();
    let last = company.as_administrator(&format!("{path}&continuationtoken={token}")).await.json();
    assert_eq!(last.to_string(), r#"{"Result":[{"Id":"5"}]}"#);
}

#[tokio::test]
async fn what_is_wrong_with_a_question_is_told_with_the_way_out() {
    let company = Company::new();
    let mut told = Vec::new();
    for path in [
        "/api/Metadata/EntityTyp".to_owned(),
        "/api/Jobs/Connector".to_owned(),
        "/api/Nothing/AtAll".to_owned(),
        "/api/Resources/Persn".to_owned(),
        "/api/Resources/Connector".to_owned(),
        address("/api/Resources/Person", "select"),
        address("/api/Resources/Person", "select Nam"),
        address("/api/Resources/Person", "pagesize 2") + "&PageSize=2",
        "/api/Resources/Person?PageSize=0".to_owned(),
        "/api/Resources/Person?api-version=7".to_owned(),
        "/api/Resources/Person?ContinuationToken=x".to_owned(),
        "/api/Resources/Person?QueryRootEntityType=Department".to_owned(),
        "/api/Resources/Person/x".to_owned(),
        "/api/Resources/Person/11".to_owned(),
        "/api/Resources/Person/99/History".to_owned(),
    ] {
        let answer = company.as_administrator(&path).await;
        let hint = answer.json()["hint"].as_str().unwrap_or("-").to_owned();
        told.push(format!("{}; {hint}", answer.problem()));
    }
    insta::assert_snapshot!(told.join("\n"), @r"
    404 not-found; did you mean /api/Metadata/EntityType?
    404 not-found; did you mean /api/Connectors/Connector?
    404 not-found; deployed entity types are at /api/Resources/{EntityType}; all lists: /swagger/v1/swagger.json
    404 unknown-entity-type; did you mean Person?
    404 unknown-entity-type; GET /api/Metadata/EntityType?squery=select Identifier
    400 query-syntax; a query is written: join … pagesize … select … where … order by …, each part optional
    400 unknown-property; did you mean Name?
    400 query-two-page-sizes; write one of them
    400 page-size; -
    400 api-version; api-version=1.0
    400 continuation-token; ask for the first page again, without a token
    400 query-root; leave it out
    404 not-found; -
    404 not-found; -
    404 not-found; -
    ");
}

#[tokio::test]
async fn a_resource_has_a_tag_by_which_callers_know_that_nothing_changed() {
    let company = Company::new();
    let first = company.as_administrator("/api/Resources/Person/2").await;
    let shown = first.json();
    assert_eq!(shown["Id"], "2");
    assert_eq!(shown["Name"], "Bert");
    assert_eq!(shown["Mentor"], serde_json::json!({ "Id": "3", "InternalDisplayName": "Cyd" }));
    assert_eq!(shown["Department"]["Id"], "11");
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    let cookie = company.world.session("administrator").await;
    for (known, status) in [(tag.as_str(), 304), ("\"other\"", 200), ("*", 304)] {
        let headers = [("cookie", cookie.as_str()), ("if-none-match", known)];
        let again = company.world.get("/api/Resources/Person/2", &headers).await;
        assert_eq!(again.status, status, "{known}");
        assert_eq!(again.text.is_empty(), status == 304);
        assert_eq!(again.headers["etag"].to_str().unwrap(), tag);
    }
}
