//! Orders in a real OpenLDAP: what they do, that doing them twice does nothing, and what happens when things go wrong.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[path = "common/authority.rs"]
#[allow(dead_code)]
mod authority;
#[path = "common/fulfilling.rs"]
#[allow(dead_code)]
mod fulfilling;
#[path = "common/proxy.rs"]
#[allow(dead_code)]
mod proxy;
#[path = "common/slapd.rs"]
#[allow(dead_code)]
mod slapd;

use fulfilling::{Office, order, property};
use provost_connectors::FulfilReport;
use provost_model::fulfilment::{PropertyRole, TargetMapping, TargetProperty};
use provost_model::orders::ProvisioningOrder;
use proxy::Proxy;
use serde_json::{Value, json};
use slapd::{ADMIN, PASSWORD, SUFFIX, Slapd};
use std::time::Duration;

fn mapping() -> TargetMapping {
    let member_of = TargetProperty {
        backlink_column: Some("member".to_owned()),
        ..property("memberOf", "memberOf", PropertyRole::Value)
    };
    let phones = TargetProperty {
        format: Some("MultivaluedText".to_owned()),
        ..property("phones", "telephoneNumber", PropertyRole::Value)
    };
    TargetMapping {
        resource_type: "Account".to_owned(),
        object_classes: vec!["inetOrgPerson".to_owned()],
        rdn_attribute: "uid".to_owned(),
        tree_delete: true,
        properties: vec![
            property("id", "entryUUID", PropertyRole::Value),
            property("dn", "dn", PropertyRole::Dn),
            property("parent", "parentdn", PropertyRole::Parent),
            property("rdn", "rdn", PropertyRole::Rdn),
            property("cn", "cn", PropertyRole::Value),
            property("sn", "sn", PropertyRole::Value),
            property("mail", "mail", PropertyRole::Value),
            phones,
            member_of,
        ],
        ..TargetMapping::default()
    }
}

fn office(slapd: &Slapd, port: u16, plain: bool) -> Office {
    let settings = json!({"Server": format!("localhost:{port}"), "SSL": !plain, "DistinguishedName": SUFFIX,
        "Login": ADMIN, "Password": PASSWORD, "Filter": "(objectClass=*)", "TimeFormat": 5,
        "CertificateAuthority": slapd.folder.path().join("ca.pem")});
    Office::new("Usercube.OpenLDAP@0000001", settings, vec![mapping()])
}

fn name(rdn: &str) -> String {
    format!("{rdn},ou=People,{SUFFIX}")
}

fn add(uid: &str, more: Value) -> ProvisioningOrder {
    let mut changes = json!({"rdn": uid, "parent": {"dn": format!("ou=People,{SUFFIX}")}, "cn": uid, "sn": "S"});
    changes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    order("Added", "Account", Value::Null, changes)
}

fn change(uid: &str, changes: Value) -> ProvisioningOrder {
    order("Modified", "Account", json!({"dn": name(&format!("uid={uid}"))}), changes)
}

fn delete(uid: &str) -> ProvisioningOrder {
    order("Deleted", "Account", json!({"dn": name(&format!("uid={uid}"))}), json!({}))
}

fn start() -> Option<Slapd> {
    let person = |uid: &str| {
        format!(
            "dn: {}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: S\nmail: {uid}@old\n\n",
            name(&format!("uid={uid}"))
        )
    };
    let people: String = ["change", "rename", "move", "gone", "tree"].into_iter().map(person).collect();
    let below = format!("dn: uid=leaf,{}\nobjectClass: inetOrgPerson\nuid: leaf\ncn: l\nsn: S\n\n", name("uid=tree"));
    let group =
        format!("dn: cn=g,ou=Groups,{SUFFIX}\nobjectClass: groupOfNames\ncn: g\nmember: {}\n\n", name("uid=change"));
    Slapd::start(&(people + &below + &group))
}

/// One order of each kind.
fn orders() -> Vec<ProvisioningOrder> {
    let groups = json!([{"dn": format!("cn=g,ou=Groups,{SUFFIX}")}]);
    let mut account = add("new", json!({"mail": "new@x", "phones": "1\n2", "memberOf_add": groups}));
    account.arguments.insert("password".to_owned(), "first".to_owned());
    vec![
        account,
        add("Doe, Jane", json!({})),
        change("change", json!({"mail": "a@x", "phones": "7", "sn": "T", "memberOf_remove": groups})),
        change("rename", json!({"rdn": "renamed", "mail": ""})),
        change("move", json!({"parent": {"dn": format!("ou=Groups,{SUFFIX}")}, "sn": "M"})),
        delete("gone"),
        delete("tree"),
    ]
}

/// Everything below the suffix, with or without what a write leaves behind.
fn dump(slapd: &Slapd, stamps: bool) -> String {
    let attributes: &[&str] = if stamps {
        &["*", "entryCSN"]
    } else {
        &["objectClass", "uid", "cn", "sn", "mail", "telephoneNumber", "member"]
    };
    let text = slapd.find(&[&["-b", SUFFIX, "(!(cn=reader))"], attributes].concat());
    let mut entries: Vec<&str> = text.split("\n\n").collect();
    entries.sort_unstable();
    entries.join("\n\n")
}

#[test]
fn each_kind_of_order_does_what_it_says_and_nothing_when_done_again() {
    let Some(slapd) = start() else { return };
    let office = office(&slapd, slapd.tls_port, false);
    let keys = office.must(&orders());
    let id = slapd.find(&["-s", "base", "-b", &name("uid=new"), "entryUUID"]);
    assert!(id.contains(keys[0].as_deref().unwrap()), "{id}");
    let after = dump(&slapd, false);
    let told = after.replace(SUFFIX, "@").lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(told, @r"
    dn: cn=g,ou=Groups,@
    objectClass: groupOfNames
    cn: g
    member: uid=new,ou=People,@
    dn: @
    objectClass: dcObject
    objectClass: organization
    dn: ou=Groups,@
    objectClass: organizationalUnit
    dn: ou=People,@
    objectClass: organizationalUnit
    dn: uid=Doe\2C Jane,ou=People,@
    objectClass: inetOrgPerson
    cn: Doe, Jane
    sn: S
    uid: Doe, Jane
    dn: uid=change,ou=People,@
    objectClass: inetOrgPerson
    uid: change
    cn: change
    mail: a@x
    telephoneNumber: 7
    sn: T
    dn: uid=move,ou=Groups,@
    objectClass: inetOrgPerson
    cn: move
    mail: move@old
    sn: M
    uid: move
    dn: uid=new,ou=People,@
    objectClass: inetOrgPerson
    cn: new
    sn: S
    mail: new@x
    telephoneNumber: 1
    telephoneNumber: 2
    uid: new
    dn: uid=renamed,ou=People,@
    objectClass: inetOrgPerson
    cn: rename
    sn: S
    uid: renamed
    ");
    let login = std::process::Command::new("ldapwhoami")
        .args(["-x", "-H", &slapd.url(), "-D", &name("uid=new"), "-w", "first"])
        .output()
        .unwrap();
    assert!(login.status.success());
    let stamps = dump(&slapd, true);
    office.must(&orders());
    assert_eq!(dump(&slapd, true), stamps, "nothing is written the second time");
}

#[test]
fn whichever_answer_is_lost_every_order_is_done_once() {
    let Some(slapd) = start() else { return };
    let expected = {
        let Some(other) = start() else { return };
        office(&other, other.tls_port, false).must(&orders());
        dump(&other, false)
    };
    let mut slapd = slapd;
    let mut lost = 0;
    for answer in 1.. {
        let proxy = Proxy::to(slapd.port);
        let office = office(&slapd, proxy.port, true);
        proxy.cut(answer);
        let (report, _) = office.run(&orders());
        let FulfilReport { executed, errored, retried } = report.unwrap();
        assert_eq!((executed, errored), (7, 0), "answer {answer}");
        assert_eq!(dump(&slapd, false), expected, "answer {answer}");
        let answers = proxy.cut(0);
        if answers < answer {
            break;
        }
        lost += retried;
        slapd = start().unwrap();
    }
    assert!(lost >= 15, "{lost} answers were lost");
}

#[test]
fn what_the_directory_refuses_is_told_in_its_words_and_the_rest_goes_on() {
    let Some(slapd) = start() else { return };
    let office = office(&slapd, slapd.tls_port, false);
    let port = slapd.tls_port.to_string();
    let no_tree = TargetMapping { tree_delete: false, ..mapping() };
    let strict = Office { mappings: vec![no_tree], ..self::office(&slapd, slapd.tls_port, false) };
    let busy = order(
        "Added",
        "Account",
        Value::Null,
        json!({"dn": format!("cn=busy,ou=RetCodes,{SUFFIX}"), "sn": "S", "cn": "busy"}),
    );
    let told = [
        office.refused(&add("change", json!({"mail": "other@x"}))),
        office.refused(&change("nobody", json!({"mail": "x"}))),
        office.refused(&change("rename", json!({"rdn": "change"}))),
        office.refused(&add("x", json!({"parent": format!("ou=Nowhere,{SUFFIX}")}))),
        office.refused(&change("change", json!({"cn": ""}))),
        office.refused(&change("change", json!({"memberOf_add": [{"dn": format!("cn=none,{SUFFIX}")}]}))),
        office.refused(&order("Modified", "Other", Value::Null, json!({}))),
        strict.refused(&delete("tree")),
        office.refused(&busy),
    ];
    insta::assert_snapshot!(told.join("\n").replace(&port, "PORT").replace(SUFFIX, "@"), @r"
    localhost:PORT refused making uid=change,ou=People,@: entryAlreadyExists (68); an entry with this name exists already: correlate it, or choose another name (it differs in mail)
    the entry is gone; synchronise, and the order will be made again or dropped
    localhost:PORT refused renaming uid=rename,ou=People,@ to uid=change,ou=People,@: entryAlreadyExists (68); an entry with this name exists already: correlate it, or choose another name
    localhost:PORT refused making uid=x,ou=Nowhere,@: noSuchObject (32) (what exists of it is @); check the distinguished name: it, or what is above it, does not exist
    localhost:PORT refused changing uid=change,ou=People,@: objectClassViolation (65): object class 'inetOrgPerson' requires attribute 'cn'; check the object classes and attribute names against the schema of the directory
    localhost:PORT refused adding to member of cn=none,@: noSuchObject (32) (what exists of it is @); check the distinguished name: it, or what is above it, does not exist
    no mapping says how orders of Other become changes; add one and deploy it
    localhost:PORT refused deleting uid=tree,ou=People,@: notAllowedOnNonLeaf (66): subordinate objects must be deleted first; there are entries below it: set UseTreeDelete, or delete them first
    localhost:PORT refused making cn=busy,ou=RetCodes,@: busy (51): try-later; try again later; the server is busy or shutting down
    ");
    let pauses = office.desk.pauses.lock().unwrap().clone();
    assert_eq!(pauses, [200, 400, 800].map(Duration::from_millis), "only what is busy is tried again");
    let (report, results) =
        office.run(&[change("nobody", json!({"mail": "x"})), change("change", json!({"mail": "x"}))]);
    assert_eq!((report.unwrap().executed, results.len()), (1, 2));
}

#[test]
fn a_directory_that_is_down_leaves_orders_untried_and_one_that_is_slow_is_waited_for() {
    let Some(mut slapd) = start() else { return };
    let proxy = Proxy::to(slapd.port);
    proxy.slow_down(Duration::from_millis(150));
    office(&slapd, proxy.port, true).must(&orders()[..1]);
    proxy.slow_down(Duration::from_millis(2500));
    let mut hasty = office(&slapd, proxy.port, true);
    hasty.settings["TimeFormat"] = json!(1);
    let (report, results) = hasty.run(&orders()[..1]);
    assert_eq!((report.unwrap_err().code(), results.len()), ("system-slow", 0));
    slapd.stop();
    let office = office(&slapd, slapd.tls_port, false);
    let (report, results) = office.run(&orders());
    let error = report.unwrap_err();
    assert_eq!((error.code(), results.len()), ("system-unreachable", 0));
    assert_eq!(office.desk.pauses.lock().unwrap().len(), 3);
    slapd.restart();
    office.must(&orders());
}

#[test]
fn many_orders_are_carried_out_side_by_side() {
    let Some(slapd) = start() else { return };
    let many: Vec<ProvisioningOrder> =
        (0..600).map(|n| add(&format!("n{n}"), json!({"mail": format!("{n}@x")}))).collect();
    let office = Office { concurrency: 4, ..office(&slapd, slapd.tls_port, false) };
    office.must(&many);
    let found = slapd.find(&["-b", SUFFIX, "(uid=n*)", "uid"]);
    assert_eq!(found.lines().filter(|line| line.starts_with("uid: ")).count(), 600);
}

/// Each entry with when it was last written.
fn written(slapd: &Slapd) -> Vec<String> {
    let found = slapd.find(&["-b", SUFFIX, "(uid=n*)", "entryCSN"]);
    let mut lines: Vec<String> = found.split("\n\n").map(str::to_owned).filter(|entry| !entry.is_empty()).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_thousand_orders_are_each_done_once_although_the_server_dies_among_them() {
    let Some(mut slapd) = start() else { return };
    let many: Vec<ProvisioningOrder> =
        (0..1000).map(|n| add(&format!("n{n:04}"), json!({"mail": format!("{n}@x")}))).collect();
    // Answers on one connection: that of the first look, then one for each order and one for its key.
    let proxy = Proxy::to(slapd.port);
    let cut = office(&slapd, proxy.port, true);
    proxy.cut(700);
    let (report, _) = cut.run(&many[..500]);
    let FulfilReport { executed, errored, retried } = report.unwrap();
    assert_eq!((executed, errored, retried), (500, 0, 1));
    // Now it is gone for good in the middle of the rest.
    let before = written(&slapd);
    assert_eq!(before.len(), 500);
    let lazy = Office { connection: cut.connection.clone(), ..office(&slapd, proxy.port, true) };
    proxy.slow_down(Duration::from_millis(1));
    let (report, results) = std::thread::scope(|scope| {
        let stopping = scope.spawn(|| {
            while written(&slapd).len() < 600 {
                std::thread::yield_now();
            }
            slapd.kill();
        });
        let run = lazy.run(&many);
        stopping.join().unwrap();
        run
    });
    // What stands between still answers, and hangs up.
    assert_eq!(report.unwrap_err().code(), "system-connection-cut");
    assert!((600..1000).contains(&results.len()), "{} results", results.len());
    slapd.restart();
    let before = written(&slapd);
    assert!(before.len() >= results.len(), "what was told is there");
    office(&slapd, slapd.tls_port, false).must(&many);
    let after = written(&slapd);
    assert_eq!(after.len(), 1000);
    assert!(before.iter().all(|entry| after.contains(entry)), "nothing is written a second time");
}

#[test]
fn a_password_that_the_policy_of_the_directory_refuses_leaves_no_account() {
    let writer = format!(
        "dn: cn=writer,{SUFFIX}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: writer\n\
         userPassword: writer\n\n"
    );
    let policy = format!(
        "dn: cn=passwords,{SUFFIX}\nobjectClass: organizationalRole\nobjectClass: pwdPolicy\ncn: passwords\n\
         pwdAttribute: userPassword\npwdCheckQuality: 2\npwdMinLength: 8\n\n"
    );
    let Some(slapd) = Slapd::start(&(writer + &policy)) else { return };
    let mut office = office(&slapd, slapd.tls_port, false);
    office.settings["Login"] = json!(format!("cn=writer,{SUFFIX}"));
    office.settings["Password"] = json!("writer");
    let account = |password: &str| {
        let mut account = add("new", json!({}));
        account.arguments.insert("password".to_owned(), password.to_owned());
        account
    };
    let told = office.refused(&account("short"));
    assert!(
        told.contains("constraintViolation (19)") && told.contains("Password fails quality checking policy"),
        "{told}"
    );
    assert_eq!(slapd.find(&["-b", SUFFIX, "(uid=new)", "uid"]).trim(), "");
    office.must(&[account("long enough")]);
}

#[test]
fn passwords_are_set_by_the_operation_for_it_where_the_settings_say_so() {
    let Some(slapd) = start() else { return };
    let mut office = office(&slapd, slapd.tls_port, false);
    office.settings["IsLdapPasswordReset"] = json!(true);
    office.must(&orders());
    let found = slapd.find(&["-s", "base", "-b", &name("uid=new"), "userPassword"]);
    // {SSHA}, in the base64 of LDIF: the server has hashed it.
    assert!(found.contains("userPassword:: e1NTSEF9"), "{found}");
}
