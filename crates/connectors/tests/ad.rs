//! Active Directory of a real Samba: complete exports, and what a cookie of DirSync gives.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[path = "common/authority.rs"]
#[allow(dead_code)]
mod authority;
mod common;
#[path = "common/samba.rs"]
#[allow(dead_code)]
mod samba;

use common::{World, table};
use provost_connectors::{DiscoverRequest, ExportMode, ExportReport, ValueType, discover};
use samba::{ADMIN, DOMAIN, PASSWORD, Samba};
use serde_json::{Value, json};
use std::fs;

fn world(samba: &Samba, base: &str, change: impl FnOnce(&mut Value)) -> World {
    let mut settings = json!({
        "Servers": [{"Server": samba.server(), "BaseDN": base}],
        "Filter": "(|(&(objectClass=user)(description=*))(objectClass=group)(objectClass=organizationalUnit))",
        "AuthType": "Basic", "Login": ADMIN, "Password": PASSWORD, "EnableSSL": true,
        "CertificateAuthority": samba.folder.path().join("ca.pem")});
    change(&mut settings);
    let mut world = World::new("Usercube.AD@0000001", settings);
    world.tables = vec![
        table("HR_entries", &["objectGUID", "dn", "parentdn", "cn", "sAMAccountName", "userAccountControl"]),
        table("HR_member", &["dn", "member"]),
    ];
    world
}

fn ou(name: &str) -> String {
    format!("dn: OU={name},{DOMAIN}\nchangetype: add\nobjectClass: organizationalUnit\n\n")
}

fn user(name: &str, ou: &str) -> String {
    format!(
        "dn: CN={name},OU={ou},{DOMAIN}\nchangetype: add\nobjectClass: user\nsAMAccountName: {name}\ndescription: x\n\n"
    )
}

fn group(name: &str, ou: &str, members: &[&str]) -> String {
    let members: String = members.iter().map(|member| format!("member: CN={member},OU={ou},{DOMAIN}\n")).collect();
    format!("dn: CN={name},OU={ou},{DOMAIN}\nchangetype: add\nobjectClass: group\nsAMAccountName: {name}\n{members}\n")
}

/// Exports, and gives both tables without the ids, in order, with the warnings.
fn export(world: &mut World, mode: ExportMode) -> (Vec<String>, Vec<String>, Vec<String>) {
    world.mode = mode;
    let ExportReport::Done { problems, .. } = world.run().unwrap() else { panic!("not launched") };
    let rows = |name: &str| {
        let text = fs::read_to_string(world.path(&format!("out/{name}.csv"))).unwrap().replace(DOMAIN, "@");
        let ids = regex::Regex::new(",[0-9a-f]{32}").unwrap();
        let mut rows: Vec<String> =
            text.lines().skip(1).map(|line| ids.replace(line, ",ID").replace('"', "")).collect();
        rows.sort();
        rows
    };
    (rows("HR_entries"), rows("HR_member"), problems.into_iter().map(|problem| problem.code).collect())
}

#[test]
fn a_domain_is_exported_completely_and_then_by_what_changed() {
    let Some(samba) = Samba::start() else { return };
    samba.modify(&[ou("A"), user("ada", "A"), user("bob", "A"), user("cleo", "A")].concat());
    samba.modify(&(group("g", "A", &["ada", "bob"]) + &group("h", "A", &["cleo"])));
    let mut world = world(&samba, &format!("OU=A,{DOMAIN}"), |_| {});
    let (entries, members, problems) = export(&mut world, ExportMode::Complete);
    assert_eq!(
        entries,
        [
            "insert,CN=ada,OU=A,@,ID,OU=A,@,ada,ada,546",
            "insert,CN=bob,OU=A,@,ID,OU=A,@,bob,bob,546",
            "insert,CN=cleo,OU=A,@,ID,OU=A,@,cleo,cleo,546",
            "insert,CN=g,OU=A,@,ID,OU=A,@,g,g,",
            "insert,CN=h,OU=A,@,ID,OU=A,@,h,h,",
            "insert,OU=A,@,ID,@,,,",
        ]
    );
    assert_eq!(
        members,
        ["insert,CN=g,OU=A,@,CN=ada,OU=A,@", "insert,CN=g,OU=A,@,CN=bob,OU=A,@", "insert,CN=h,OU=A,@,CN=cleo,OU=A,@"]
    );
    assert_eq!(problems, [""; 0]);
    let nothing = (vec![], vec![], vec![]);
    assert_eq!(export(&mut world, ExportMode::Incremental), nothing);

    let request =
        DiscoverRequest { connection: &world.connection, settings: &world.settings, base_dir: world.folder.path() };
    let schema = discover(&request).unwrap().unwrap();
    let of = |name: &str| {
        let column = schema.tables[0].columns.iter().find(|column| column.name == name);
        column.map(|c| (c.is_multivalued, c.value_type))
    };
    assert_eq!(of("objectGUID"), Some((false, ValueType::Guid)));
    assert_eq!(of("accountExpires"), Some((false, ValueType::Int64)));
    assert_eq!(of("userAccountControl"), Some((false, ValueType::Int32)));
    assert!(schema.tables.iter().any(|table| table.name == "HR_member"));

    // Everything that can happen: a change, a deletion, a new object, a renaming, a member more, a member less.
    samba.modify(&user("dan", "A"));
    samba.modify(&format!(
        "dn: CN=ada,OU=A,{DOMAIN}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n\n\
         dn: CN=bob,OU=A,{DOMAIN}\nchangetype: delete\n\n\
         dn: CN=cleo,OU=A,{DOMAIN}\nchangetype: moddn\nnewrdn: CN=cleopatra\ndeleteoldrdn: 1\n\n\
         dn: CN=g,OU=A,{DOMAIN}\nchangetype: modify\nadd: member\nmember: CN=dan,OU=A,{DOMAIN}\n-\ndelete: member\n\
         member: CN=ada,OU=A,{DOMAIN}\n\n"
    ));
    samba.modify(&group("i", "A", &["dan"]));
    let (entries, members, _) = export(&mut world, ExportMode::Incremental);
    assert_eq!(
        entries,
        [
            "delete,CN=bob,OU=A,@,ID,OU=A,@,,,",
            "insert,CN=dan,OU=A,@,ID,OU=A,@,dan,dan,546",
            "insert,CN=i,OU=A,@,ID,OU=A,@,i,i,",
            "update,CN=ada,OU=A,@,ID,OU=A,@,ada,ada,514",
            "update,CN=cleopatra,OU=A,@,ID,OU=A,@,cleopatra,cleo,546",
            "update,CN=g,OU=A,@,ID,OU=A,@,g,g,",
        ]
    );
    assert_eq!(
        members,
        ["delete,CN=g,OU=A,@,CN=ada,OU=A,@", "insert,CN=g,OU=A,@,CN=dan,OU=A,@", "insert,CN=i,OU=A,@,CN=dan,OU=A,@"]
    );
    assert_eq!(export(&mut world, ExportMode::Incremental), nothing);

    // An object that no longer fits the filter is gone; a renamed unit renames what is below it.
    samba.modify(&format!(
        "dn: CN=dan,OU=A,{DOMAIN}\nchangetype: modify\ndelete: description\n\n\
         dn: OU=A,{DOMAIN}\nchangetype: moddn\nnewrdn: OU=Z\ndeleteoldrdn: 1\n\n"
    ));
    world.settings["Servers"][0]["BaseDN"] = json!(DOMAIN);
    let all = export(&mut world, ExportMode::Incremental);
    assert_eq!(all.2, ["export-without-cookie"]);
    samba.modify(&format!("dn: OU=Z,{DOMAIN}\nchangetype: moddn\nnewrdn: OU=Y\ndeleteoldrdn: 1\n\n"));
    let (entries, members, _) = export(&mut world, ExportMode::Incremental);
    assert_eq!(
        entries,
        [
            "update,CN=ada,OU=Y,@,ID,OU=Y,@,ada,ada,514",
            "update,CN=cleopatra,OU=Y,@,ID,OU=Y,@,cleopatra,cleo,546",
            "update,CN=g,OU=Y,@,ID,OU=Y,@,g,g,",
            "update,CN=h,OU=Y,@,ID,OU=Y,@,h,h,",
            "update,CN=i,OU=Y,@,ID,OU=Y,@,i,i,",
            "update,OU=Y,@,ID,@,,,",
        ]
    );
    assert_eq!(members, [""; 0]);
    samba.modify(&format!("dn: CN=ada,OU=Y,{DOMAIN}\nchangetype: modify\ndelete: description\n\n"));
    assert_eq!(export(&mut world, ExportMode::Incremental).0, ["delete,CN=ada,OU=Y,@,ID,OU=Y,@,,,"]);
}
