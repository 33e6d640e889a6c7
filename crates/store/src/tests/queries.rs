//! Queries over a small company, with hand-written results.

use super::scratch::Scratch;
use crate::{
    ApplyPlan, Catalogue, ItemChange, LinkPlace, PageRequest, QueryFailure, QueryPage, ResourceChangeRow, Restrictions,
    RunId, StoredItem, WriteTx,
};
use provost_model::changes::Command;
use provost_model::configuration::parse;
use provost_model::metadata::Metadata;
use provost_model::query::{Filter, Query};
use provost_model::{ResourceId, Slot};
use serde_json::{Value, json};

super::both!(
    values_are_shown_by_type_and_missing_ones_left_out,
    joined_entities_are_nested,
    every_operator_finds_its_rows,
    lists_are_searched_and_shown,
    history_is_seen_as_it_was,
    the_engine_itself_can_be_queried,
    pages_follow_each_other_while_rows_come,
    tokens_and_sizes_are_guarded,
    mistakes_are_named,
    hostile_text_is_only_text,
    restrictions_hold_wherever_a_row_is_met,
    only_what_is_not_secret_is_shown,
    ids_find_their_page_by_an_index,
);

pub(super) const XML: &str = r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Language Code="en-US" IndicatorNumber="1" />
  <Agent Identifier="Local" DisplayName_L1="The agent" URI="http://here" />
  <Connector Identifier="HR" DisplayName_L1="Personnel" Agent="Local" />
  <Profile Identifier="Admin" DisplayName_L1="Administrator" />
  <OpenIdClient Identifier="Job" HashedSecret="c2VjcmV0" DisplayName_L1="Jobs" Profile="Admin" />
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="Number" Type="String" IsKey="true" TargetColumnIndex="4" />
    <Property Identifier="Name" Type="String" TargetColumnIndex="5" />
    <Property Identifier="Age" Type="Int32" TargetColumnIndex="6" />
    <Property Identifier="Height" Type="Double" TargetColumnIndex="7" />
    <Property Identifier="Active" Type="Bool" TargetColumnIndex="8" />
    <Property Identifier="Hired" Type="DateTime" TargetColumnIndex="9" />
    <Property Identifier="Big" Type="Int64" TargetColumnIndex="10" />
    <Property Identifier="Uid" Type="Guid" TargetColumnIndex="11" />
    <Property Identifier="Department" Type="ForeignKey" TargetColumnIndex="128" />
    <Property Identifier="Mentor" Type="ForeignKey" />
    <Property Identifier="Pupils" Type="ForeignKey" />
    <Property Identifier="Groups" Type="ForeignKey" />
    <Property Identifier="Photo" Type="Binary" />
  </EntityType>
  <EntityType Identifier="Department" DisplayName_L1="Department">
    <Property Identifier="Code" Type="String" IsKey="true" TargetColumnIndex="4" />
    <Property Identifier="Label" Type="String" TargetColumnIndex="5" />
    <Property Identifier="Members" Type="ForeignKey" />
    <Property Identifier="Parent" Type="ForeignKey" TargetColumnIndex="128" />
    <Property Identifier="Children" Type="ForeignKey" />
  </EntityType>
  <EntityType Identifier="Team" DisplayName_L1="Team">
    <Property Identifier="Code" Type="String" IsKey="true" TargetColumnIndex="4" />
    <Property Identifier="Label" Type="String" TargetColumnIndex="5" />
    <Property Identifier="People" Type="ForeignKey" />
  </EntityType>
  <EntityAssociation Identifier="WorksIn" DisplayName_L1="Works in" Property1="Department:Members" Property2="Person:Department" IsProperty1Collection="true" />
  <EntityAssociation Identifier="Guides" DisplayName_L1="Guides" Property1="Person:Pupils" Property2="Person:Mentor" IsProperty1Collection="true" />
  <EntityAssociation Identifier="Belongs" DisplayName_L1="Belongs" Property1="Team:People" Property2="Person:Groups" IsProperty1Collection="true" IsProperty2Collection="true" />
  <EntityAssociation Identifier="PartOf" DisplayName_L1="Part of" Property1="Department:Children" Property2="Department:Parent" IsProperty1Collection="true" />
  <EntityTypeMapping Identifier="Person" Connector="HR" ConnectionTable="HR_Person">
    <Property Identifier="Number" ConnectionColumn="number" IsPrimaryKey="true" />
  </EntityTypeMapping>
  <EntityTypeMapping Identifier="Department" Connector="HR" ConnectionTable="HR_Department">
    <Property Identifier="Code" ConnectionColumn="code" IsPrimaryKey="true" />
  </EntityTypeMapping>
  <EntityTypeMapping Identifier="Team" Connector="HR" ConnectionTable="HR_Team">
    <Property Identifier="Code" ConnectionColumn="code" IsPrimaryKey="true" />
  </EntityTypeMapping>
</ConfigurationFile>"#;

/// Slots of the values of a person, in the order of [`Company::put`].
fn slots(count: i64) -> Vec<Slot> {
    (4..4 + count).filter_map(Slot::new).collect()
}

pub(super) struct Company {
    pub(super) metadata: Metadata,
    pub(super) catalogue: Catalogue,
}

impl Company {
    pub(super) fn deploy(s: &Scratch) -> Company {
        let parsed = parse(&[("conf.xml".to_owned(), XML.to_owned())]);
        assert!(!parsed.has_errors(), "{:?}", parsed.problems);
        let items: Vec<ItemChange> = parsed
            .items
            .iter()
            .map(|item| {
                ItemChange::Insert(StoredItem {
                    element: item.element.clone(),
                    identity: item.identity.clone(),
                    file: item.file.clone(),
                    json: serde_json::to_string(item).unwrap(),
                })
            })
            .collect();
        let catalog = s.write(|tx| {
            tx.replace_configuration(&items)?;
            tx.deploy_model(&parsed.configuration, 50)
        });
        Company { metadata: Metadata::resolve(parsed.configuration, &catalog), catalogue: s.read(|tx| tx.catalogue()) }
    }

    pub(super) fn put(
        &self,
        tx: &mut WriteTx,
        run: RunId,
        command: Command,
        entity_type: &str,
        id: i64,
        values: &[Option<&str>],
    ) {
        let of = self.metadata.entity_type(entity_type).unwrap();
        let slots = slots(values.len() as i64);
        let row = ResourceChangeRow {
            command,
            id: ResourceId(id),
            key: values[0].unwrap(),
            line: 7,
            precision: 0,
            fingerprint: 1000 + id,
            display_name: values[1],
            values,
            changed: 0,
        };
        tx.resource_changes(run, of.id, &slots).unwrap().push(row).unwrap();
    }

    pub(super) fn link(&self, tx: &mut WriteTx, run: RunId, command: Command, association: &str, one: i64, two: i64) {
        let id = self.metadata.association(association).unwrap().id;
        let mut links = tx.link_changes(run, id).unwrap();
        links.push(command, ResourceId(one), ResourceId(two), None, None, 1).unwrap();
        links.finish().unwrap();
    }

    pub(super) fn plan(&self, now_micros: i64) -> ApplyPlan {
        let width = |name: &str| if name == "Person" { 8 } else { 2 };
        ApplyPlan {
            types: self.metadata.entity_types.iter().map(|t| (t.id, slots(width(&t.identifier)))).collect(),
            associations: self.metadata.associations.iter().map(|a| (a.id, LinkPlace::of(&self.metadata, a))).collect(),
            now_micros,
            ..ApplyPlan::default()
        }
    }

    /// One run that does all of `body` at a time.
    pub(super) fn run(&self, s: &Scratch, now: i64, body: impl FnOnce(&mut WriteTx, RunId)) {
        s.write(|tx| {
            let run = tx.new_run("HR", now)?;
            body(tx, run);
            tx.apply_changes(run, &self.plan(now))?;
            Ok(())
        });
    }

    /// At time 100: Ada (1) and Bob (2) in Sales (11), Cyd (3) in Tech (12), Dan (4) nowhere. Sales is part of Tech.
    /// Ada guides Bob and Cyd. Ada and Bob are in team Red (21), Bob also in Blue (22).
    fn fill(&self, s: &Scratch) {
        type Values = [Option<&'static str>; 8];
        let people: [Values; 4] = [
            [
                Some("P1"),
                Some("Ada"),
                Some("36"),
                Some("1.7"),
                Some("true"),
                Some("20200131120000"),
                Some("9007199254740993"),
                Some("c076e361fa5f428e833939a449ce2db3"),
            ],
            [Some("P2"), Some("bob"), Some("7"), Some("-0.5"), Some("false"), Some("20210131120000"), Some("6"), None],
            [Some("P3"), Some("Cyd"), Some("100"), Some("10"), None, None, None, None],
            [Some("P4"), None, Some("unknown"), Some("tall"), Some("yes"), Some("soon"), Some("-12"), None],
        ];
        self.run(s, 100, |tx, run| {
            for (id, values) in (1..).zip(&people) {
                self.put(tx, run, Command::Insert, "Person", id, values);
            }
            for (id, code, label) in [(11, "D1", "Sales"), (12, "D2", "Tech")] {
                self.put(tx, run, Command::Insert, "Department", id, &[Some(code), Some(label)]);
            }
            for (id, code, label) in [(21, "T1", "Red"), (22, "T2", "Blue")] {
                self.put(tx, run, Command::Insert, "Team", id, &[Some(code), Some(label)]);
            }
            let links = [
                ("WorksIn", 11, 1),
                ("WorksIn", 11, 2),
                ("WorksIn", 12, 3),
                ("PartOf", 12, 11),
                ("Guides", 1, 2),
                ("Guides", 1, 3),
                ("Belongs", 21, 1),
                ("Belongs", 21, 2),
                ("Belongs", 22, 2),
            ];
            for (association, one, two) in links {
                self.link(tx, run, Command::Insert, association, one, two);
            }
        });
    }

    pub(super) fn page(
        &self,
        s: &Scratch,
        entity_type: &str,
        query: &str,
        request: &PageRequest<'_>,
        restrictions: &Restrictions,
    ) -> Result<QueryPage, QueryFailure> {
        let query = Query::parse(query).unwrap();
        s.store.read(|tx| tx.query(&self.catalogue, entity_type, &query, request, restrictions))
    }

    fn rows(&self, s: &Scratch, entity_type: &str, query: &str) -> Value {
        let page = self.page(s, entity_type, query, &PageRequest::default(), &Restrictions::none());
        Value::from(page.unwrap_or_else(|e| panic!("{query}: {e}")).rows)
    }

    /// Ids of the rows.
    fn ids(&self, s: &Scratch, entity_type: &str, query: &str) -> String {
        let rows = self.rows(s, entity_type, query);
        rows.as_array().unwrap().iter().map(|row| row["Id"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    fn failure(&self, s: &Scratch, entity_type: &str, query: &str) -> String {
        let failure = self.page(s, entity_type, query, &PageRequest::default(), &Restrictions::none()).unwrap_err();
        format!("[{}] {failure}; {}", failure.code(), failure.remedy())
    }
}

fn filled(s: &Scratch) -> Company {
    let c = Company::deploy(s);
    c.fill(s);
    c
}

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
    let c = Company { catalogue: Catalogue::new(&metadata, &[], version), metadata };
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
        tx.create_session("8a0f", "HR", provost_model::summary::Mode::Complete, 70)?;
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
        let expected = c.ids(s, "Person", &format!("{query}").replace("select", "select Id,").replace("Id, Id", "Id"));
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
        ("Person", "select Photo"),
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
        [query-several-values] Groups of Person leads to several entities (in Groups); join it: join Groups x … select x.Id; rows are not ordered by what they have several of
        [query-several-values] Groups of Person leads to several entities (in order by g.Code); join it: join Groups x … select x.Id; rows are not ordered by what they have several of
        [query-not-stored] Photo of Person cannot be queried: it has no storage slot (TargetColumnIndex); leave it out of the query
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

fn ids_find_their_page_by_an_index(s: &Scratch) {
    if s.store.dialect() != crate::Dialect::Sqlite {
        return;
    }
    let c = filled(s);
    let of = c.metadata.entity_type("Person").unwrap().id;
    let plan = s.rows(
        &format!(
            "EXPLAIN QUERY PLAN SELECT t0.Id FROM UR_Resources t0 WHERE t0.Type = CAST({of} AS BIGINT) \
             AND (t0.Id > CAST(5 AS BIGINT)) ORDER BY t0.Id LIMIT CAST(3 AS BIGINT)"
        ),
        0,
    );
    assert_eq!(plan.len(), 1, "no sorting: {plan:?}");
}
