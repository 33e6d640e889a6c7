//! Why somebody has something, and why not, asked on the example company.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use provost_model::summary::State;
use serde_json::Value;
use std::path::Path;
use support::{Home, Kind, copy_folder, root};

on_both_databases!(
    what_is_held_is_told_from_the_result_to_the_source,
    what_is_not_held_is_told_with_what_would_give_it,
    what_changed_since_and_who_decided_is_told,
    what_somebody_has_can_be_queried,
    what_was_ordered_is_told,
    queries_in_expressions_are_followed
);

const DAY: &str = "2026-09-30";
const GIULIA: &str = "HR_Person:E11252";
const OPTICS: &str = "AD_User.memberOf=CN=GG-optics,OU=Groups,DC=example,DC=com";

fn company(kind: Kind) -> Home {
    let home = set_up(kind, &root().join("examples/company/conf"));
    compute(&home, DAY);
    home
}

fn set_up(kind: Kind, configuration: &Path) -> Home {
    let home = Home::new(kind);
    let settings = root().join("examples/company/appsettings.agent.json");
    std::fs::copy(settings, home.file("appsettings.agent.json")).unwrap();
    home.deploy(configuration);
    load(&home, 1);
    home
}

fn load(home: &Home, generation: usize) {
    copy_folder(&root().join(format!("examples/company/generation-{generation}")), &home.file("Sources"));
    for connector in ["HR", "AD"] {
        home.sync_up_approved(connector, "complete");
    }
    home.run(&["update-entity-property-expressions", "--all-entitytype"]);
}

fn compute(home: &Home, day: &str) {
    let done = home.step(&["compute-role-model", "--at", day]);
    assert!(matches!(done.state, State::Completed | State::Warning), "{done:?}");
}

/// What a verb says about an item, without what differs from run to run.
fn ask(home: &Home, verb: &str, who: &str, item: &str) -> String {
    let told = home.ok(&[verb, who, item, "--at", DAY]);
    let lines = told.lines().map(|line| {
        let Some(at) = line.find("synchronisation ") else { return line.to_owned() };
        // An id, the instant and whoever runs the test.
        format!("{}synchronisation …{}", &line[..at], line.rfind("tester").map_or("", |at| &line[at + 6..]))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// An inline snapshot that holds on both databases.
macro_rules! snapshot {
    ($value:expr, @$expected:literal) => {
        insta::allow_duplicates! { insta::assert_snapshot!($value, @$expected) }
    };
}

/// Exit code 2, and what it says.
fn refused(home: &Home, who: &str, item: &str) -> String {
    let output = home.run(&["why", who, item]);
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

fn what_is_held_is_told_from_the_result_to_the_source(kind: Kind) {
    let home = company(kind);
    // Line 470 of hr_contracts.csv: C30349;E11252;D510;TMP;Engineer;permanent;2008-05-15. Department D510 is below D500.
    snapshot!(ask(&home, "why", GIULIA, OPTICS), @r"
    HR_Person E11252 Giulia Ahtiainen has AD_User.memberOf=CN=GG-optics,OU=Groups,DC=example,DC=com (2026-09-30T00:00:00Z)
    └─ Calculated: a rule gives it, from 2008-05-15T00:00:00Z on; the managed system holds it
       ├─ of the account AD_Entry b33aabe1a40541e08f14d45a8eb03fa8 Giulia Ahtiainen
       └─ NavigationRule gives it: AD_User/Property=memberOf, Resource=CN=GG-optics,OU=Groups,DC=example,DC=com, SingleRole=Department_D510 (Policy/Accounts.xml:43)
          └─ because of the SingleRole: Department_D510 (Policy/Departments.xml:77)
             └─ SingleRoleRule gives it: Role=Department_D510, Policy=Default, D0=D510 (Policy/Departments.xml:79)
                ├─ it asks for Organization D510
                └─ in a position of the owner, from 2008-05-15T00:00:00Z on
                   ├─ Organization: D510 Optics
                   ├─ Site: TMP Tampereen toimisto
                   └─ positions are read from Contracts (Policy/Policy.xml:15)
    ");
    snapshot!(ask(&home, "why", GIULIA, "office_account"), @r"
    HR_Person E11252 Giulia Ahtiainen has SingleRole:Office_Account (2026-09-30T00:00:00Z)
    └─ Calculated: a rule gives it, from 2008-05-15T00:00:00Z on
       └─ SingleRoleRule gives it: Role=Office_Account, CompositeRole=Office, Policy=Default (Policy/Departments.xml:17)
          ├─ because of the CompositeRole: Office (Policy/Departments.xml:4)
          │  └─ CompositeRoleRule gives it: Role=Office, Policy=Default, D0=D500 (Policy/Departments.xml:10)
          │     ├─ it asks for Organization D500 or anything below it
          │     └─ in a position of the owner, from 2008-05-15T00:00:00Z on
          │        ├─ Organization: D510 Optics
          │        ├─ Site: TMP Tampereen toimisto
          │        └─ positions are read from Contracts (Policy/Policy.xml:15)
          └─ in a position of the owner, from 2008-05-15T00:00:00Z on
             ├─ Organization: D510 Optics
             ├─ Site: TMP Tampereen toimisto
             └─ positions are read from Contracts (Policy/Policy.xml:15)
    ");
    snapshot!(ask(&home, "why", GIULIA, "AD_User.mail"), @r#"
    HR_Person E11252 Giulia Ahtiainen has AD_User.mail (2026-09-30T00:00:00Z)
    └─ Calculated: a rule gives it, from 2008-05-15T00:00:00Z on; the managed system holds it
       ├─ of the account AD_Entry b33aabe1a40541e08f14d45a8eb03fa8 Giulia Ahtiainen
       ├─ the managed system holds "giulia.ahtiainen@example.com"
       └─ ScalarRule gives it: AD_User/Property=mail (Policy/Accounts.xml:9)
          ├─ Mail gives "giulia.ahtiainen@example.com"
          └─ Mail is "giulia.ahtiainen@example.com"
             └─ column mail of HRPersons.csv, connector HR (HR/Mappings.xml:9)
                └─ complete synchronisation …; its lines were not kept
    "#);
    snapshot!(ask(&home, "why", GIULIA, "Property:Organization"), @r"
    HR_Person E11252 Giulia Ahtiainen has Property:Organization (2026-09-30T00:00:00Z)
    └─ Organization leads to
       ├─ HR_Organization D510 Optics
       └─ columns department and employee_id of HRPersons.csv, connector HR (HR/Mappings.xml:41)
    ");
    let login = ask(&home, "why", GIULIA, "Login");
    assert!(login.contains("└─ Login is \"giulia.ahtiainen@example.com\"\n"), "{login}");
    assert!(login.contains("├─ computed: Mail · ToLower (HR/Expressions.xml:6)\n"), "{login}");
    let json: Value =
        serde_json::from_str(&home.ok(&["why", GIULIA, OPTICS, "--at", DAY, "--format", "json"])).unwrap();
    assert_eq!((&json["holds"], &json["isComputed"]), (&true.into(), &true.into()));
    assert_eq!(json["owner"]["key"], "E11252");
    let row = &json["because"][0];
    assert_eq!((&row["kind"], &row["workflowState"]), (&"assignment".into(), &"PolicyApproved".into()));
    assert_eq!((&row["provisioningState"], &row["start"]), (&"Verified".into(), &"2008-05-15T00:00:00Z".into()));
    let rule = &row["because"][1];
    assert_eq!((&rule["element"], &rule["line"]), (&"NavigationRule".into(), &43.into()));
    assert_eq!(rule["file"], "Policy/Accounts.xml");
}

fn what_is_not_held_is_told_with_what_would_give_it(kind: Kind) {
    let home = company(kind);
    snapshot!(ask(&home, "why-not", GIULIA, "AD_User.memberOf=CN=GG-legal,OU=Groups,DC=example,DC=com"), @r"
    HR_Person E11252 Giulia Ahtiainen does not have AD_User.memberOf=CN=GG-legal,OU=Groups,DC=example,DC=com (2026-09-30T00:00:00Z)
    └─ NavigationRule would give it, if this were so: AD_User/Property=memberOf, Resource=CN=GG-legal,OU=Groups,DC=example,DC=com, SingleRole=Department_D110 (Policy/Accounts.xml:25)
       └─ the owner does not hold the SingleRole Department_D110 (Policy/Departments.xml:23)
          └─ SingleRoleRule would give it, if this were so: Role=Department_D110, Policy=Default, D0=D110 (Policy/Departments.xml:25)
             ├─ it asks for Organization D110
             └─ Organization would have to be D110 Legal; it is D510 Optics
    ");
    let by_hand = ask(&home, "why", GIULIA, "Ledger_Post");
    assert!(by_hand.contains("does not have SingleRole:Ledger_Post"), "{by_hand}");
    assert!(by_hand.contains("└─ no rule gives it to anybody"), "{by_hand}");
    // Macarena Wąsik works in Logistics, below D800, where nobody has an account.
    let none = ask(&home, "why-not", "HR_Person:E17073", "AD_User");
    assert!(none.contains("the owner does not hold the CompositeRole Office (Policy/Departments.xml:4)"), "{none}");
    assert!(
        none.contains("Organization would have to be D100 Executive Office or something below it; it is D830"),
        "{none}"
    );

    let near = refused(&home, GIULIA, "Departmen_D510");
    assert!(near.contains("nothing that HR_Person could have is called Departmen_D510"), "{near}");
    assert!(near.contains("did you mean Department_D510 or"), "{near}");
    assert!(refused(&home, GIULIA, "AD_User.mial").contains("did you mean AD_User.mail"));
    assert!(refused(&home, GIULIA, "AD_User.memberOf=CN=GG-optik").contains("there is no AD_Entry CN=GG-optik"));
    assert!(refused(&home, "HR_Person:E99999", OPTICS).contains("there is no HR_Person with the key E99999"));
    assert!(refused(&home, "HR_Persn:E11252", OPTICS).contains("did you mean HR_Person?"));
    assert!(
        refused(&home, "HR_Organization:D510", "AD_User")
            .contains("is for HR_Person, but the owner is of HR_Organization")
    );
    assert!(refused(&home, GIULIA, "Order:1").contains("has no provisioning order 1"));
}

fn what_changed_since_and_who_decided_is_told(kind: Kind) {
    let home = company(kind);
    // Generation 2 moves Hélène Béranger from D420 to D210; nothing is computed yet.
    let (helene, accounting) = ("HR_Person:E10915", "Department_D210");
    assert!(ask(&home, "why", helene, accounting).contains("does not have"));
    load(&home, 2);
    let told = home.ok(&["why", helene, accounting, "--at", "2026-10-31"]);
    assert!(told.contains(" has SingleRole:Department_D210"), "{told}");
    assert!(told.contains("Something has changed since it was computed"), "{told}");
    compute(&home, "2026-10-31");
    let told = home.ok(&["why", helene, accounting, "--at", "2026-10-31"]);
    assert!(told.contains(" has SingleRole:Department_D210") && !told.contains("Something has changed"), "{told}");
    let moved = home.ok(&["why", helene, "OrganizationName"]);
    assert!(moved.contains("└─ OrganizationName is \"Accounting\""), "{moved}");
    assert!(moved.contains("it was \"Infrastructure\" until "), "{moved}");
    assert!(moved.contains("computed: Organization.Name (HR/Expressions.xml:10)"), "{moved}");

    // What was found in the directory, and what a person says about it.
    let json = home.ok(&["review", "--kind", "property", "--property", "memberOf", "--format", "json"]);
    let items: Value = serde_json::from_str(&json).unwrap();
    let text = |name: &str| items[0][name].as_str().unwrap().to_owned();
    let (owner, id) = (format!("#{}", text("Owner")), text("Id"));
    let group = format!("AD_User.memberOf=#{}", text("Current"));
    let found = home.ok(&["why", &owner, &group]);
    assert!(found.contains("no rule gives it") && found.contains("└─ it was found in the managed system"), "{found}");
    home.ok(&["review", "keep", "--kind", "property", "--id", &id, "--comment", "a project"]);
    let kept = home.ok(&["why", &owner, &group]);
    assert!(kept.contains("Approved: it was given by hand, and approved"), "{kept}");
    assert!(kept.contains("tester decided \"keep\" on ") && kept.contains(": a project"), "{kept}");
}

fn what_somebody_has_can_be_queried(kind: Kind) {
    let home = company(kind);
    let query = |entity: &str, query: &str| home.ok(&["query", "--entity-type", entity, query, "--format", "csv"]);
    assert_eq!(
        query(
            "AssignedSingleRole",
            "join Owner of type HR_Person o select Role.Identifier, Role.Category.Identifier, Rule.Element, WorkflowState, \
             StartDate where o.EmployeeId = \"E11252\""
        ),
        "Role.Identifier,Role.Category.Identifier,Rule.Element,WorkflowState,StartDate\n\
         Office_Account,Accounts,SingleRoleRule,PolicyApproved,2008-05-15T00:00:00Z\n\
         Department_D510,Departments,SingleRoleRule,PolicyApproved,2008-05-15T00:00:00Z\n"
    );
    assert_eq!(
        query(
            "AssignedResourceType",
            "join Owner of type HR_Person o join Scalars s select s.PolicyValue where o.EmployeeId = \"E11252\" and \
             s.Property.Identifier = \"mail\""
        ),
        "Scalars.PolicyValue\ngiulia.ahtiainen@example.com\n"
    );
    assert_eq!(
        query(
            "AD_Entry",
            "join ResourceAssignedResourceTypes a join a.Owner of type HR_Person o select o.EmployeeId where \
             mail = \"giulia.ahtiainen@example.com\""
        ),
        "ResourceAssignedResourceTypes.Owner.EmployeeId\nE11252\n"
    );
    assert_eq!(
        query(
            "ResourceNavigationRule",
            "select ResourceType.Identifier, SingleRole.Policy.Identifier where Resource %= \"CN=GG-optics,\""
        ),
        "ResourceType.Identifier,SingleRole.Policy.Identifier\nAD_User,Default\n"
    );
    assert_eq!(query("CompositeRoleRule", "select Role.Identifier where D0 = \"D500\""), "Role.Identifier\nOffice\n");
    // All pages together are all rows, each once.
    let all = home.database.number("SELECT COUNT(*) FROM UP_AssignedResourceNavigations");
    let (mut seen, mut token) = (std::collections::BTreeSet::new(), None::<String>);
    loop {
        let mut arguments = vec!["query", "--entity-type", "AssignedResourceNavigation", "--page-size", "700"];
        arguments.extend(["--format", "json"]);
        arguments.extend(token.iter().flat_map(|token| ["--continuation-token", token.as_str()]));
        let page: Value = serde_json::from_str(&home.ok(&arguments)).unwrap();
        for row in page["Result"].as_array().unwrap() {
            assert!(seen.insert(row["Id"].as_str().unwrap().to_owned()));
        }
        token = page["ContinuationToken"].as_str().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(i64::try_from(seen.len()).unwrap(), all);
}

fn what_was_ordered_is_told(kind: Kind) {
    let home = company(kind);
    // Orders of the example wait in Provisioning Review.
    let waits = home.database.rows("SELECT Owner_Id FROM UP_AssignedResourceTypes WHERE ProvisioningState = 5");
    let owner = format!("#{}", waits[0][0].as_deref().unwrap());
    let told = ask(&home, "why", &owner, "Order:AD_User");
    assert!(told.contains("wait in Provisioning Review"), "{told}");
    home.step(&["compute-role-model", "--no-provisioning-review", "--at", DAY]);
    let told = ask(&home, "why", &owner, "Order:AD_User");
    assert!(told.contains("are in the next orders") && told.contains(" has Order:AD_User"), "{told}");
    home.ok(&["generate-provisioning-orders", "--force-provisioning", "--reason", "test", "--format", "json"]);
    let told = ask(&home, "why", &owner, "Order:AD_User");
    assert!(told.contains("was given on ") && told.contains("by tester: its order was handed out"), "{told}");
    let orders = home.database.rows(&format!("SELECT Id FROM UP_ProvisioningOrders WHERE Owner_Id = {}", &owner[1..]));
    let number = format!("Order:{}", orders[0][0].as_deref().unwrap());
    let told = ask(&home, "why", &owner, &number);
    assert!(told.contains(&format!(" has {number}")) && told.contains("of the file "), "{told}");
}

fn queries_in_expressions_are_followed(kind: Kind) {
    // How many active people of the company have the same family name is a part of the display name.
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&root().join("examples/company/conf"), folder.path());
    let accounts = folder.path().join("Policy/Accounts.xml");
    let written = std::fs::read_to_string(&accounts).unwrap();
    let counted = "<ScalarRule Property=\"displayName\" Expression=\"C#:person: return person.FullName + &quot; &quot; + \
        queryHandler.Select&lt;HR_Person&gt;($&quot;where LastName = \\&quot;{person.LastName}\\&quot; and IsActive = true&quot;).Count();\" />";
    let plain = "<ScalarRule Property=\"displayName\" Binding=\"HR_Person:FullName\" />";
    assert!(written.contains(plain));
    std::fs::write(&accounts, written.replace(plain, counted)).unwrap();
    let home = set_up(kind, folder.path());
    compute(&home, DAY);
    let active = home.ok(&[
        "query",
        "--entity-type",
        "HR_Person",
        "where LastName = \"Ahtiainen\" and IsActive = true",
        "--format",
        "csv",
    ]);
    let count = active.lines().count() - 1;
    let told = ask(&home, "why", GIULIA, "AD_User.displayName");
    assert!(told.contains(&format!("gives \"Giulia Ahtiainen {count}\"")), "{told}");

    load(&home, 2);
    let complete = home.copy();
    home.step(&["compute-role-model", "--dirty", "--at", "2026-10-31"]);
    compute(&complete, "2026-10-31");
    for table in ["Scalars", "ScalarsHistory", "Navigations", "Types", "TypesHistory"] {
        let rows = |home: &Home| home.database.rows(&format!("SELECT * FROM UP_AssignedResource{table}"));
        assert!(rows(&home) == rows(&complete), "{table}");
    }

    let eval = |code: &str| home.run(&["eval", code, "--on", GIULIA]);
    let name = eval("C#:p: return queryHandler.Select<HR_Organization>(\"where Code = \\\"D510\\\"\").First().Name;");
    assert!(String::from_utf8_lossy(&name.stdout).starts_with("Optics\n"), "{name:?}");
    // A question that only an answer leads to is answered as well.
    let second = eval(
        "C#:p: var d = queryHandler.Select<HR_Organization>(\"where Code = \\\"D510\\\"\").First().Manager.Mail; \
         return queryHandler.Select<HR_Person>($\"where Mail = \\\"{d}\\\"\").First().FullName;",
    );
    assert!(String::from_utf8_lossy(&second.stdout).starts_with("Matěj Ptáček\n"), "{second:?}");
    for (code, reason) in [
        ("C#:p: return queryHandler.Select<HR_Person>(\"\").Count();", "more than 1000 resources"),
        ("C#:p: return queryHandler.Select<HR_Person>(\"where Nme = 1\").Count();", "HR_Person has no property Nme"),
        ("C#:p: return queryHandler.Select<HR_Person>(\"as of 2020-01-01\").Count();", "asks about the present only"),
    ] {
        let failed = eval(code);
        assert_eq!(failed.status.code(), Some(4), "{failed:?}");
        assert!(String::from_utf8_lossy(&failed.stderr).contains(reason), "{failed:?}");
    }
}
