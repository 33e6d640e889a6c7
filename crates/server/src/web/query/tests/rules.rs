//! Rows and properties by the rules of access.

use super::{BEFORE, Company, address};

const PEOPLE: &str = "/api/Resources/Person";
const NAMES: &str = "select Name order by Name asc";

#[tokio::test]
async fn a_manager_sees_only_his_people_now_and_in_the_past() {
    let company = Company::new();
    assert_eq!(company.query(1, PEOPLE, NAMES).await, r#"[{"Name":"Cyd"}]"#);
    assert_eq!(company.query(1, PEOPLE, &format!("{BEFORE} {NAMES}")).await, r#"[{"Name":"Bob"},{"Name":"Cyd"}]"#);
    assert_eq!(company.query(1, PEOPLE, "select Salary where Salary > 0").await, r#"[{"Salary":300}]"#);
    // Neither through a navigation to one, nor through a join, nor by asking whether there is somebody.
    assert_eq!(company.query(1, PEOPLE, "select Name, Mentor.Name").await, r#"[{"Name":"Cyd"}]"#);
    assert_eq!(company.query(1, PEOPLE, "join Pupils p select Name, p.Name").await, r#"[{"Name":"Cyd","Pupils":[]}]"#);
    assert_eq!(company.query(1, PEOPLE, "where Mentor.Name = \"Ada\"").await, "[]");
    assert_eq!(company.query(1, PEOPLE, "join Department.Members m select Name where m.Name = \"Dan\"").await, "[]");
    assert_eq!(company.ask(1, "/api/Resources/Person/4").await.problem(), "404 not-found");
    assert_eq!(company.ask(1, "/api/Resources/Person/3").await.json()["Salary"], 300);
}

#[tokio::test]
async fn helpdesk_sees_everybody_but_no_hidden_property_anywhere() {
    let company = Company::new();
    assert_eq!(
        company.query(2, PEOPLE, "select Name, Salary order by Name asc").await,
        r#"[{"Name":"Ada"},{"Name":"Bert"},{"Name":"Cyd"},{"Name":"Dan"},{"Name":"Eve"}]"#
    );
    assert_eq!(company.query(2, PEOPLE, "where Salary > 0").await, "[]");
    assert_eq!(company.query(2, PEOPLE, "select Name where Mentor.Salary = 100").await, "[]");
    assert_eq!(company.query(2, PEOPLE, "join Pupils p select Name where p.Salary = 300").await, "[]");
    assert_eq!(company.query(2, PEOPLE, &format!("{BEFORE} select Salary where Name = \"Bob\"")).await, "[{}]");
    // All are equal in what they do not show: rows come by their ids.
    let ordered = company.query(2, PEOPLE, "pagesize 2 select Name order by Salary desc").await;
    assert_eq!(ordered, r#"[{"Name":"Ada"},{"Name":"Bert"}]"#);
    assert!(company.ask(2, "/api/Resources/Person/2").await.json().get("Salary").is_none());
    let history = company.ask(2, "/api/Resources/Person/2/History").await.json();
    let names: Vec<&str> = history["Result"].as_array().unwrap().iter().map(|v| v["Name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Bert", "Bob"]);
    assert!(!history.to_string().contains("Salary"), "{history}");
}

#[tokio::test]
async fn rights_add_up_and_show_hidden_properties_only_where_one_of_them_does() {
    let company = Company::new();
    assert_eq!(
        company.query(3, PEOPLE, "select Name, Salary order by Name asc").await,
        r#"[{"Name":"Ada"},{"Name":"Bert","Salary":200},{"Name":"Cyd"},{"Name":"Dan","Salary":400},{"Name":"Eve"}]"#
    );
    assert_eq!(
        company.query(3, PEOPLE, "select Name where Salary >= 0 order by Salary desc").await,
        r#"[{"Name":"Dan"},{"Name":"Bert"}]"#
    );
}

#[tokio::test]
async fn a_context_limits_and_a_missing_context_opens_nothing() {
    let company = Company::new();
    assert_eq!(company.query(4, PEOPLE, NAMES).await, r#"[{"Name":"Ada"},{"Name":"Bert"},{"Name":"Eve"}]"#);
    assert_eq!(company.query(5, PEOPLE, NAMES).await, "[]");
}

#[tokio::test]
async fn data_is_open_where_the_permission_is_used_and_only_there() {
    let company = Company::new();
    assert_eq!(
        company.query(2, PEOPLE, "select Department.Label, Name where Name %= \"B\" or Name = \"Dan\"").await,
        r#"[{"Department":{"Label":"Sales"},"Name":"Bert"},{"Name":"Dan"}]"#
    );
    assert_eq!(company.query(2, "/api/Resources/Department", "").await, "403 forbidden");
    let as_part =
        format!("{}&path=/Custom/Resources/Person/Query", address("/api/Resources/Department", "select Code"));
    assert_eq!(company.ask(2, &as_part).await.json()["Result"].to_string(), r#"[{"Code":"D1"}]"#);
    assert_eq!(company.ask(1, &as_part).await.json()["Result"].to_string(), "[]");
    assert_eq!(company.ask(1, &as_part.replace("Person/Query", "Department/Query")).await.problem(), "403 forbidden");
    assert_eq!(
        company.ask(1, &as_part.replace("/Custom/Resources/Person/Query", "/")).await.problem(),
        "400 permission-path"
    );
}

#[tokio::test]
async fn rows_of_the_engine_follow_rules_too() {
    let company = Company::new();
    assert_eq!(company.query(5, "/api/Connectors/Connector", "select Identifier").await, r#"[{"Identifier":"HR"}]"#);
    assert_eq!(
        company.query(5, "/api/Metadata/EntityType", "select Identifier order by Identifier asc").await,
        r#"[{"Identifier":"Department"},{"Identifier":"Person"}]"#
    );
    // Their properties are another permission.
    assert_eq!(
        company
            .query(5, "/api/Metadata/EntityType", "join Properties p select p.Identifier where Identifier = \"Person\"")
            .await,
        r#"[{"Properties":[]}]"#
    );
    assert_eq!(company.query(5, "/api/Metadata/EntityProperty", "").await, "403 forbidden");
    assert_eq!(company.query(5, "/api/Job/JobInstance", "select State").await, "[]");
    assert_eq!(company.query(5, "/api/Connectors/ResourceChange", "").await, "403 forbidden");
}
