//! What queries find, with hand-written results.

use super::{Company, XML, filled};
use crate::tests::scratch::Scratch;
use crate::{Catalogue, PageRequest, Restrictions};
use provost_model::changes::Command;
use provost_model::configuration::parse;
use provost_model::metadata::Metadata;
use provost_model::policy::PolicyCatalog;
use serde_json::json;
use std::collections::BTreeSet;

crate::tests::both!(
    values_are_shown_by_type_and_missing_ones_left_out,
    joined_entities_are_nested,
    every_operator_finds_its_rows,
    lists_are_searched_and_shown,
    history_is_seen_as_it_was,
    the_engine_itself_can_be_queried,
);

fn values_are_shown_by_type_and_missing_ones_left_out(s: &Scratch) {
    let c = filled(s);
    assert_eq!(c.rows(s, "Person", ""), json!([{"Id": "1"}, {"Id": "2"}, {"Id": "3"}, {"Id": "4"}]));
    assert_eq!(
        c.rows(
            s,
            "person",
            "select Number, name, Age, Height, Active, Hired, Big, Uid, InternalDisplayName, ValidFrom, ValidTo, Dirty"
        ),
        json!([
            {"Number": "P1", "Name": "Ada", "Age": 36, "Height": 1.7, "Active": true, "Hired": "2020-01-31T12:00:00Z",
             "Big": "9007199254740993", "Uid": "c076e361fa5f428e833939a449ce2db3", "InternalDisplayName": "Ada",
             "ValidFrom": "1970-01-01T00:00:00.0001Z", "Dirty": false},
            {"Number": "P2", "Name": "bob", "Age": 7, "Height": -0.5, "Active": false, "Hired": "2021-01-31T12:00:00Z",
             "Big": "6", "InternalDisplayName": "bob", "ValidFrom": "1970-01-01T00:00:00.0001Z", "Dirty": false},
            {"Number": "P3", "Name": "Cyd", "Age": 100, "Height": 10.0, "InternalDisplayName": "Cyd",
             "ValidFrom": "1970-01-01T00:00:00.0001Z", "Dirty": false},
            {"Number": "P4", "Age": "unknown", "Height": "tall", "Active": "yes", "Hired": "soon", "Big": "-12",
             "ValidFrom": "1970-01-01T00:00:00.0001Z", "Dirty": false},
        ])
    );
}

fn joined_entities_are_nested(s: &Scratch) {
    let c = filled(s);
    assert_eq!(
        c.rows(s, "Person", "select Name, Department.Label, Department.Parent.Code, Mentor order by Number desc"),
        json!([
            {},
            {"Name": "Cyd", "Department": {"Label": "Tech"}, "Mentor": {"Id": "1"}},
            {"Name": "bob", "Department": {"Label": "Sales", "Parent": {"Code": "D2"}}, "Mentor": {"Id": "1"}},
            {"Name": "Ada", "Department": {"Label": "Sales", "Parent": {"Code": "D2"}}},
        ])
    );
    assert_eq!(
        c.rows(s, "Team", "join People p join p.Pupils q join p.Department d select Code, p.Name, q.Name, d.Label"),
        json!([
            {"Code": "T1", "People": [
                {"Name": "Ada", "Department": {"Label": "Sales"}, "Pupils": [{"Name": "bob"}, {"Name": "Cyd"}]},
                {"Name": "bob", "Department": {"Label": "Sales"}, "Pupils": []},
            ]},
            {"Code": "T2", "People": [{"Name": "bob", "Department": {"Label": "Sales"}, "Pupils": []}]},
        ])
    );
    assert_eq!(
        c.rows(
            s,
            "Person",
            "join Department.Members m select Id, m.Id where Id <= 3 order by Department.Code desc, Id desc"
        ),
        json!([
            {"Id": "3", "Department": {"Members": [{"Id": "3"}]}},
            {"Id": "2", "Department": {"Members": [{"Id": "1"}, {"Id": "2"}]}},
            {"Id": "1", "Department": {"Members": [{"Id": "1"}, {"Id": "2"}]}},
        ])
    );
    assert_eq!(
        c.rows(s, "Department", "join Children k join Members m select Code, k.Code, m where m.Number != \"P2\""),
        json!([
            {"Code": "D1", "Children": [], "Members": [{"Id": "1"}]},
            {"Code": "D2", "Children": [{"Code": "D1"}], "Members": [{"Id": "3"}]},
        ])
    );
}

fn every_operator_finds_its_rows(s: &Scratch) {
    let c = filled(s);
    let ids = |filter: &str| c.ids(s, "Person", &format!("where {filter}"));
    for (filter, expected) in [
        ("Number = \"P2\"", "2"),
        ("Number = \"p2\"", ""),
        ("Name != \"Ada\"", "2 3 4"),
        ("Name < \"bob\"", "1 3"),
        ("Name = null", "4"),
        ("Name != null", "1 2 3"),
        ("Name %= \"B\"", "2"),
        ("Name =% \"D\"", "3"),
        ("Name %=% \"A\"", "1"),
        ("Name !%= \"B\"", "1 3 4"),
        ("Name !=% \"D\"", "1 2 4"),
        ("Name !%=% \"o\"", "1 3 4"),
        ("Name %=% \"%\"", ""),
        ("Name %=% \"_\"", ""),
        ("Name %=% \"\"", "1 2 3"),
        ("Age = 36", "1"),
        ("Age = \"36\"", "1"),
        ("Age < 100", "1 2"),
        ("Age >= 36", "1 3"),
        ("Age != 36", "2 3 4"),
        ("Age = null", "4"),
        ("Age &= 36", "1 3"),
        ("Big &= 2", "2"),
        ("Big < -5", "4"),
        ("Big = 9007199254740993", "1"),
        ("Height > 1", "1 3"),
        ("Height = \"-0.50\"", "2"),
        ("Height <= \"1.7\"", "1 2"),
        ("Height = null", "4"),
        ("Active = true", "1"),
        ("Active = 0", "2"),
        ("Active != true", "2 3 4"),
        ("Active = null", "3 4"),
        ("Hired >= \"2020-06-01\"", "2 4"),
        ("Hired = \"2020-01-31T13:00:00+01:00\"", "1"),
        ("Uid = \"{C076E361-FA5F-428E-8339-39A449CE2DB3}\"", "1"),
        ("Id > 2", "3 4"),
        ("Id = \"2\"", "2"),
        ("Department = 11", "1 2"),
        ("Department = null", "4"),
        ("Department != 11", "3 4"),
        ("Department.Parent.Label = \"Tech\"", "1 2"),
        ("Mentor.Name = \"Ada\"", "2 3"),
        ("Number = Mentor.Number", ""),
        ("Name = Mentor.Name", "4"),
        ("Name != Mentor.Name", "1 2 3"),
        ("Age < Mentor.Age", "2"),
        ("Name %= Name", "1 2 3"),
        ("Name !%=% Mentor.Name", "1 2 3 4"),
        ("Department.Label =% Department.Label", "1 2 3"),
        ("(Age = 36 or (Age = 7 and Active = false))", "1 2"),
        ("ValidFrom = \"1970-01-01T00:00:00.0001Z\"", "1 2 3 4"),
        ("Dirty = true", ""),
    ] {
        assert_eq!(ids(filter), expected, "{filter}");
    }
    let order = |order: &str| c.ids(s, "Person", &format!("order by {order}"));
    assert_eq!(order("Name asc"), "4 1 3 2");
    assert_eq!(order("Name desc"), "2 3 1 4");
    assert_eq!(order("Age asc"), "4 2 1 3");
    assert_eq!(order("Height desc"), "3 1 2 4");
    assert_eq!(order("Department.Label asc, Name desc"), "4 2 1 3");
    assert_eq!(order("Id desc"), "4 3 2 1");
    assert_eq!(order("Active desc, Id desc"), "1 2 4 3");
}

fn lists_are_searched_and_shown(s: &Scratch) {
    let c = filled(s);
    let ids = |query: &str| c.ids(s, "Team", query);
    assert_eq!(ids("join People p where p.Name = \"Ada\""), "21");
    assert_eq!(ids("join People p where p.Name = \"bob\""), "21 22");
    // The same person must fulfil both; two joins may find two persons.
    assert_eq!(ids("join People p where p.Name = \"Ada\" and p.Age = 7"), "");
    assert_eq!(ids("join People p join People q where p.Name = \"Ada\" and q.Age = 7"), "21");
    assert_eq!(ids("join People p join p.Pupils q where q.Name = \"Cyd\""), "21");
    assert_eq!(ids("join People p where (p.Name = \"Ada\" or Code = \"T2\")"), "21 22");
    // A join is an outer one: whoever has none has one without values.
    assert_eq!(c.ids(s, "Person", "join Groups g where g.Id = null"), "3 4");
    // Shown are those that fulfil the condition.
    assert_eq!(
        c.rows(s, "Team", "join People p select Code, p.Name where p.Age > 10"),
        json!([{"Code": "T1", "People": [{"Name": "Ada"}]}])
    );
    assert_eq!(
        c.rows(s, "Person", "join Groups g join Pupils p select Id, p.Id where g.Code = \"T1\" order by Id desc"),
        json!([{"Id": "2", "Pupils": []}, {"Id": "1", "Pupils": [{"Id": "2"}, {"Id": "3"}]}])
    );
}

fn history_is_seen_as_it_was(s: &Scratch) {
    let c = filled(s);
    let at = |micros: i64| provost_model::query::format_instant(micros);
    c.run(s, 200, |tx, run| {
        c.put(
            tx,
            run,
            Command::Update,
            "Person",
            1,
            &[Some("P1"), Some("Ada Lovelace"), Some("37"), None, None, None, None, None],
        );
        c.link(tx, run, Command::Delete, "WorksIn", 11, 1);
        c.link(tx, run, Command::Insert, "WorksIn", 12, 1);
        c.link(tx, run, Command::Delete, "Belongs", 21, 1);
        c.link(tx, run, Command::Delete, "Guides", 1, 3);
    });
    c.run(s, 300, |tx, run| {
        c.link(tx, run, Command::Delete, "WorksIn", 11, 2);
        c.link(tx, run, Command::Delete, "Belongs", 21, 2);
        c.link(tx, run, Command::Delete, "Belongs", 22, 2);
        c.link(tx, run, Command::Delete, "Guides", 1, 2);
        c.put(tx, run, Command::Delete, "Person", 2, &[Some("P2"), None, None, None, None, None, None, None]);
    });
    let query = |micros| {
        format!(
            "as of \"{}\" join Groups g select Id, Name, Age, Department.Label, Mentor.Name, g.Label where Id <= 3",
            at(micros)
        )
    };
    assert_eq!(c.rows(s, "Person", &query(99)), json!([]));
    assert_eq!(
        c.rows(s, "Person", &query(150)),
        json!([
            {"Id": "1", "Name": "Ada", "Age": 36, "Department": {"Label": "Sales"}, "Groups": [{"Label": "Red"}]},
            {"Id": "2", "Name": "bob", "Age": 7, "Department": {"Label": "Sales"}, "Mentor": {"Name": "Ada"},
             "Groups": [{"Label": "Red"}, {"Label": "Blue"}]},
            {"Id": "3", "Name": "Cyd", "Age": 100, "Department": {"Label": "Tech"}, "Mentor": {"Name": "Ada"}, "Groups": []},
        ])
    );
    assert_eq!(
        c.rows(s, "Person", &query(250)),
        json!([
            {"Id": "1", "Name": "Ada Lovelace", "Age": 37, "Department": {"Label": "Tech"}, "Groups": []},
            {"Id": "2", "Name": "bob", "Age": 7, "Department": {"Label": "Sales"}, "Mentor": {"Name": "Ada Lovelace"},
             "Groups": [{"Label": "Red"}, {"Label": "Blue"}]},
            {"Id": "3", "Name": "Cyd", "Age": 100, "Department": {"Label": "Tech"}, "Groups": []},
        ])
    );
    let range = |from, to| format!("between \"{}\" and \"{}\" select Id, Name, ValidTo where Id = 1", at(from), at(to));
    let (first, second) =
        (json!({"Id": "1", "Name": "Ada", "ValidTo": at(200)}), json!({"Id": "1", "Name": "Ada Lovelace"}));
    assert_eq!(c.rows(s, "Person", &range(150, 250)), json!([first, second]));
    assert_eq!(c.rows(s, "Person", &range(200, 250)), json!([second]));
    assert_eq!(
        c.rows(s, "Person", &format!("contained in (\"{}\", \"{}\") select Id order by Id desc", at(100), at(300))),
        json!([{"Id": "2"}, {"Id": "1"}])
    );
    let paged = c
        .page(
            s,
            "Person",
            &format!("{} order by Name desc", range(150, 250)),
            &PageRequest { page_size: Some(1), ..PageRequest::default() },
            &Restrictions::none(),
        )
        .unwrap();
    assert_eq!((paged.rows, paged.next.is_some()), (vec![second], true));
    assert_eq!(
        c.failure(s, "Person", &format!("{} order by Mentor.Name asc", range(1, 2))),
        "[query-no-history] a range of time cannot be combined with joins or navigations; leave the history filter out, or use “as of”"
    );
    assert!(c.failure(s, "JournalEntry", "as of 2020-01-01").contains("JournalEntry keeps no history"));
    // A property that moves to another slot is read from where it was.
    let moved = XML.replace("TargetColumnIndex=\"5\"", "TargetColumnIndex=\"30\"");
    let configuration = parse(&[("conf.xml".to_owned(), moved)]).configuration;
    let catalog = s.write(|tx| tx.deploy_model(&configuration, 400));
    let metadata = Metadata::resolve(configuration, &catalog);
    let version = c.catalogue.version();
    let c = Company {
        catalogue: Catalogue::new(&metadata, &[], &PolicyCatalog::default(), BTreeSet::new(), version),
        metadata,
    };
    for (micros, name) in [(150, "Ada"), (250, "Ada Lovelace"), (500, "Ada Lovelace")] {
        let query = format!("as of \"{}\" select Name where Id = 1 and Name %= \"ada\"", at(micros));
        assert_eq!(c.rows(s, "Person", &query), json!([{"Name": name}]));
    }
}

fn the_engine_itself_can_be_queried(s: &Scratch) {
    let c = filled(s);
    assert_eq!(
        c.rows(
            s,
            "EntityType",
            "join Properties p join p.Association1 a select Identifier, p.Identifier, a.Identifier \
             where Identifier = \"Team\" order by DisplayName_L1 asc"
        ),
        json!([{"Identifier": "Team", "Properties": [
            {"Identifier": "Code"}, {"Identifier": "Label"}, {"Identifier": "People", "Association1": {"Identifier": "Belongs"}},
        ]}])
    );
    assert_eq!(
        c.rows(
            s,
            "Connector",
            "select Identifier, DisplayName_L1, MaximumInsertedLines, IsDeactivated, Agent.URI, AgentIdentifier"
        ),
        json!([{"Identifier": "HR", "DisplayName_L1": "Personnel", "MaximumInsertedLines": 100, "IsDeactivated": false,
                "Agent": {"URI": "http://here"}, "AgentIdentifier": "Local"}])
    );
    assert_eq!(c.rows(s, "Language", "select Code where IndicatorNumber = 1"), json!([{"Code": "en-US"}]));
    assert_eq!(
        c.rows(
            s,
            "EntityTypeMapping",
            "select Identifier, EntityType.Id, Connector.DisplayName_L1 order by Identifier desc"
        )[0],
        json!({"Identifier": "Team", "EntityType": {"Id": "3"}, "Connector": {"DisplayName_L1": "Personnel"}})
    );
    assert_eq!(
        c.rows(s, "Resource", "select Id, EntityType.Identifier where InternalDisplayName = \"Tech\""),
        json!([{"Id": "12", "EntityType": {"Identifier": "Department"}}])
    );
    let journal = c.rows(s, "JournalEntry", "select Actor, Counts order by Id desc");
    assert_eq!(journal[0]["Counts"]["resourcesInserted"], json!(8));
    s.write(|tx| {
        tx.create_session("8a0f", "HR", provost_model::summary::Mode::Complete, "tester", 70)?;
        let run = tx.new_run("HR", 80)?;
        c.put(tx, run, Command::Update, "Person", 1, &[Some("P1"), Some("Ada"), None, None, None, None, None, None]);
        c.link(tx, run, Command::Delete, "Belongs", 21, 1);
        Ok(())
    });
    s.by_hand("UPDATE UJ_SynchronizationSessions SET Run_Id = (SELECT MAX(Id) FROM UJ_Runs)");
    assert_eq!(
        c.rows(
            s,
            "SynchronizeSession",
            "join ResourceChanges r join ResourceLinkChanges l join Connector k select Id, Mode, CreatedAt, r.Command, \
             r.Resource.InternalDisplayName, r.EntityType.Identifier, l.EntityAssociation.Identifier, k.DisplayName_L1 \
             where r.Command = \"update\""
        ),
        json!([{
            "Id": "8a0f", "Mode": "complete", "CreatedAt": "1970-01-01T00:00:00.00007Z",
            "ResourceChanges": [{"Command": "Update", "Resource": {"InternalDisplayName": "Ada"}, "EntityType": {"Identifier": "Person"}}],
            "ResourceLinkChanges": [{"EntityAssociation": {"Identifier": "Belongs"}}],
            "Connector": {"DisplayName_L1": "Personnel"},
        }])
    );
    assert_eq!(
        c.rows(s, "ResourceChange", "join Resource of type Person p select KeyValue, p.Department.Label"),
        json!([{"KeyValue": "P1", "Resource": {"Department": {"Label": "Sales"}}}])
    );
    assert!(c.failure(s, "Person", "join Department of type Team t").contains("never to Team"));
}
