//! Directories without a way to tell what changed: what is exported from a real OpenLDAP is what its own tool finds.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[path = "common/authority.rs"]
mod authority;
mod common;
#[path = "common/slapd.rs"]
#[allow(dead_code)]
mod slapd;

use common::{World, table};
use provost_connectors::{DiscoverRequest, ExportReport, ValueType, discover};
use serde_json::{Value, json};
use slapd::{ADMIN, PASSWORD, Slapd};
use std::fmt::Write;

/// A connection with LDAPS, paging, entries of people and members of groups.
fn world(slapd: &Slapd, change: impl FnOnce(&mut Value)) -> World {
    let mut settings = json!({
        "Servers": [{"Server": format!("localhost:{}", slapd.tls_port), "EnableSSL": true, "AuthType": "Basic",
            "Login": ADMIN, "Password": PASSWORD, "Controls": ["PagedResult"],
            "CertificateAuthority": slapd.folder.path().join("ca.pem")}],
        "Tables": [
            {"Table": "entries", "BaseDN": slapd::SUFFIX, "Filter": "(objectClass=inetOrgPerson)"},
            {"Table": "member", "BaseDN": slapd::SUFFIX, "Filter": "(objectClass=groupOfNames)"}],
        "AsAdLds": false, "TimeOut": 10, "PageSize": 7});
    change(&mut settings);
    let mut world = World::new("Usercube.LDAP@0000001", settings);
    world.tables = vec![
        table("HR_entries", &["dn", "parentdn", "uid", "cn", "sn", "mail", "jpegPhoto", "entryUUID"]),
        table("HR_member", &["dn", "member"]),
    ];
    world
}

fn person(uid: &str, more: &str) -> String {
    format!(
        "dn: uid={uid},ou=People,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: S\n{more}\n"
    )
}

fn group(cn: &str, members: &[&str]) -> String {
    let mut text = format!("dn: cn={cn},ou=Groups,dc=example,dc=org\nobjectClass: groupOfNames\ncn: {cn}\n");
    for member in members {
        writeln!(text, "member: uid={member},ou=People,dc=example,dc=org").unwrap();
    }
    text + "\n"
}

#[test]
fn values_of_every_kind_are_exported_as_they_are() {
    let more = person("ada", "mail: ada@example.org\nmail: countess@example.org\njpegPhoto:: /9j/AA==\n")
        + "dn: uid=zoe\\, the first,ou=People,dc=example,dc=org\nobjectClass: inetOrgPerson\n\
           uid: zoe, the first\ncn:: Wm/Dqw==\nsn: say \"hi\"\nentryUUID: 11111111-2222-3333-4444-555555555555\n\n"
        + &group("g", &["ada", "zoe\\, the first"]);
    let Some(slapd) = Slapd::start(&more) else { return };
    let world = world(&slapd, |_| {});
    let text = String::from_utf8(world.bytes("HR_entries")).unwrap();
    let lines: Vec<&str> = text.splitn(4, '\n').collect();
    assert_eq!(lines[0], "dn,parentdn,uid,cn,sn,mail,jpegPhoto,entryUUID");
    assert_eq!(
        lines[1],
        "\"uid=ada,ou=People,dc=example,dc=org\",\"ou=People,dc=example,dc=org\",ada,ada,S,\"ada@example.org"
    );
    assert!(lines[2].starts_with("countess@example.org\",/9j/AA==,"), "{}", lines[2]);
    assert_eq!(
        lines[3],
        "\"uid=zoe\\, the first,ou=People,dc=example,dc=org\",\"ou=People,dc=example,dc=org\",\"zoe, the first\",Zoë,\
         \"say \"\"hi\"\"\",,,11111111-2222-3333-4444-555555555555\n"
    );
    let members = String::from_utf8(world.bytes("HR_member")).unwrap();
    assert_eq!(
        members,
        "dn,member\n\"cn=g,ou=Groups,dc=example,dc=org\",\"uid=ada,ou=People,dc=example,dc=org\"\n\
         \"cn=g,ou=Groups,dc=example,dc=org\",\"uid=zoe\\, the first,ou=People,dc=example,dc=org\"\n"
    );
}

#[test]
fn pages_lose_nothing_and_repeat_nothing() {
    let more: String = (0..100).map(|n| person(&format!("p{n:03}"), "")).collect();
    let Some(slapd) = Slapd::start(&more) else { return };
    let found = slapd.find(&["-b", slapd::SUFFIX, "(objectClass=inetOrgPerson)", "uid"]);
    let mut expected: Vec<&str> = found.lines().filter_map(|line| line.strip_prefix("uid: ")).collect();
    expected.sort_unstable();
    assert_eq!(expected.len(), 100);
    for size in [1, 7, 50, 100, 1000] {
        let world = world(&slapd, |settings| settings["PageSize"] = json!(size));
        let text = String::from_utf8(world.bytes("HR_entries")).unwrap();
        let mut uids: Vec<&str> = text.lines().skip(1).map(|line| line.rsplit(',').nth(5).unwrap()).collect();
        uids.sort_unstable();
        assert_eq!(uids, expected, "pages of {size}");
    }
}

#[test]
fn a_limit_of_the_server_is_an_error_and_never_a_shorter_table() {
    let more: String = (0..20).map(|n| person(&format!("p{n:03}"), "")).collect();
    let Some(slapd) = Slapd::start(&more) else { return };
    let reader = |settings: &mut Value, controls: Value| {
        let server = &mut settings["Servers"][0];
        server["Login"] = json!("cn=reader,dc=example,dc=org");
        server["Password"] = json!("reader");
        server["Controls"] = controls;
    };
    let port = slapd.tls_port.to_string();
    let told = world(&slapd, |settings| reader(settings, json!([]))).error();
    insta::assert_snapshot!(told.replace(&port, "PORT"), @r"
    system-refused: localhost:PORT refused the search below dc=example,dc=org for cn, entryUUID, jpegPhoto, mail, sn, uid: sizeLimitExceeded (4)
    -> add PagedResult to Controls, lower PageSize, raise SizeLimit, or have the server lift its limit for this login
    ");
    let paged = world(&slapd, |settings| {
        reader(settings, json!(["PagedResult"]));
        settings["PageSize"] = json!(5);
    });
    assert_eq!(String::from_utf8(paged.bytes("HR_entries")).unwrap().lines().count(), 21);
    let ours = world(&slapd, |settings| {
        settings["Servers"][0]["Controls"] = json!([]);
        settings["SizeLimit"] = json!(3);
    });
    assert!(ours.error().contains("sizeLimitExceeded (4)"));
}

#[test]
fn every_way_to_secure_the_connection_works_and_a_stranger_is_refused() {
    let Some(slapd) = Slapd::start(&person("ada", "")) else { return };
    let rows = |change: &dyn Fn(&mut Value)| match world(&slapd, |s| change(&mut s["Servers"][0])).run() {
        Ok(ExportReport::Done { tables, .. }) => Ok(tables[0].rows),
        Ok(report) => panic!("{report:?}"),
        Err(error) => Err(format!("{}: {error}\n-> {}", error.code(), error.remedy())),
    };
    let plain = format!("localhost:{}", slapd.port);
    assert_eq!(rows(&|_| {}), Ok(1));
    assert_eq!(
        rows(&|s| (s["EnableSSL"], s["StartTls"], s["Server"]) = (json!(false), json!(true), json!(plain))),
        Ok(1)
    );
    assert_eq!(rows(&|s| (s["EnableSSL"], s["Server"]) = (json!(false), json!(plain))), Ok(1));
    assert_eq!(rows(&|s| (s["CertificatePin"], s["CertificateAuthority"]) = (json!(slapd.pin), Value::Null)), Ok(1));
    let port = slapd.tls_port.to_string();
    let told = [
        rows(&|s| s["CertificateAuthority"] = Value::Null).unwrap_err(),
        rows(&|s| s["CertificatePin"] = json!("ab".repeat(32))).unwrap_err(),
        rows(&|s| s["Server"] = json!(format!("127.0.0.2:{}", slapd.tls_port))).unwrap_err(),
        rows(&|s| s["Server"] = json!(plain)).unwrap_err(),
        rows(&|s| s["Password"] = json!("wrong")).unwrap_err(),
    ];
    let nowhere = rows(&|s| s["CertificateAuthority"] = json!("nowhere.pem")).unwrap_err();
    assert!(nowhere.contains("nowhere.pem: I/O error: No such file"), "{nowhere}");
    let told = told.join("\n").replace(&port, "TLS").replace(&slapd.port.to_string(), "PLAIN");
    insta::assert_snapshot!(told, @r#"
    system-certificate: no secure connection to localhost:TLS: invalid peer certificate: UnknownIssuer
    -> set CertificateAuthority to a PEM file with the authority that issued the certificate, or CertificatePin to the SHA-256 digest of the certificate itself
    system-certificate: no secure connection to localhost:TLS: invalid peer certificate: ApplicationVerificationFailure
    -> the certificate is not the pinned one: if it was renewed, set CertificatePin to its new digest; else somebody may be listening
    system-certificate: no secure connection to 127.0.0.2:TLS: invalid peer certificate: certificate not valid for name "127.0.0.2"; certificate is only valid for DnsName("localhost") or IpAddress(127.0.0.1)
    -> name the server in Server as its certificate names it
    system-connection-cut: the connection to localhost:PLAIN broke: the server closed it
    -> try again; if it happens each time, look at the log of the server, and whether the port speaks TLS (EnableSSL) or not
    system-login: localhost:TLS refused the login of cn=admin,dc=example,dc=org: invalidCredentials (49)
    -> check Login and Password, and whether the account is locked or expired
    "#);
}

#[test]
fn the_schema_of_the_server_becomes_tables_and_columns() {
    let Some(slapd) = Slapd::start("") else { return };
    let world = world(&slapd, |_| {});
    let request =
        DiscoverRequest { connection: &world.connection, settings: &world.settings, base_dir: world.folder.path() };
    let schema = discover(&request).unwrap().unwrap();
    let tables: Vec<&str> = schema.tables.iter().map(|table| table.name.as_str()).collect();
    assert!(tables.starts_with(&["HR_entries"]) && tables.contains(&"HR_member"), "{tables:?}");
    let entries = &schema.tables[0].columns;
    let of = |name: &str| entries.iter().find(|column| column.name == name).map(|c| (c.is_multivalued, c.value_type));
    assert_eq!(of("mail"), Some((true, ValueType::String)));
    assert_eq!(of("jpegPhoto"), Some((true, ValueType::Bytes)));
    assert_eq!(of("displayName"), Some((false, ValueType::String)));
    assert_eq!(of("dn"), Some((false, ValueType::String)));
}
