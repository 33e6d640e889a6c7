//! What every implemented package has to hold. Being in the list is being tested: a package without a [`Cast`] fails.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::settings::Settings;
use crate::{ExportMode, ExportReport, ExportRequest, PACKAGES, Package, check, export};
use provost_model::configuration::Connection;
use provost_model::extract::{SourceColumn, SourceTable};
use provost_model::{Problem, Severity};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

#[path = "../tests/common/authority.rs"]
mod authority;
#[path = "../tests/common/samba.rs"]
#[allow(dead_code)]
mod samba;
#[path = "../tests/common/slapd.rs"]
#[allow(dead_code)]
mod slapd;

/// What a package is tested with.
struct Cast {
    /// Every setting of the package, none at its default.
    settings: Value,
    /// Setting that says where the source is, as a JSON pointer.
    place: &'static str,
    /// Makes the source, in a folder, and lets the settings name it. Nothing when this machine has no such system.
    start: fn(&Path, &mut Value) -> Option<Box<dyn Source>>,
    /// Columns that mappings read.
    mapped: Vec<SourceTable>,
    /// Tables of a complete export.
    tables: &'static [(&'static str, &'static str)],
    /// Tables of an export by cookie after [`Source::change`], for packages that have a cookie.
    changed: Option<&'static [(&'static str, &'static str)]>,
}

/// A source that is there as long as it is held.
trait Source {
    /// Changes something.
    fn change(&self);
}

/// A source that is made of files alone.
struct Files;

impl Source for Files {
    fn change(&self) {}
}

impl Source for slapd::Slapd {
    fn change(&self) {
        self.modify(
            "dn: uid=2,ou=People,dc=example,dc=org\nchangetype: modify\nreplace: cn\ncn: c\n\n\
             dn: uid=1,ou=People,dc=example,dc=org\nchangetype: delete\n\n\
             dn: cn=g,ou=Groups,dc=example,dc=org\nchangetype: modify\nadd: member\nmember: cn=reader,dc=example,dc=org\n\n",
        );
    }
}

impl Source for samba::Samba {
    fn change(&self) {
        self.modify(
            "dn: CN=two,OU=A,DC=ad,DC=test\nchangetype: modify\nreplace: description\ndescription: c\n\n\
             dn: CN=one,OU=A,DC=ad,DC=test\nchangetype: delete\n\n\
             dn: CN=g,OU=A,DC=ad,DC=test\nchangetype: modify\nadd: member\nmember: CN=Guest,CN=Users,DC=ad,DC=test\n\n",
        );
    }
}

fn active_directory() -> Cast {
    Cast {
        settings: json!({
            "Servers": [{"Server": "127.0.0.1:1", "BaseDN": "OU=A,DC=ad,DC=test"}],
            "Filter": "(|(objectClass=user)(objectClass=group))", "AuthType": "Basic", "Login": samba::ADMIN,
            "Password": "hunter2", "EnableSSL": true, "StartTls": false, "NoSigning": true, "AsAdLds": true,
            "RetryDelay": 9, "RequestTimeout": 8, "ConnectionTimeout": 7, "CertificateAuthority": "ca.pem",
            "CertificatePin": "ab".repeat(32)}),
        place: "/Servers/0/Server",
        start: |_, settings| {
            let samba = samba::Samba::start()?;
            samba.modify(
                "dn: OU=A,DC=ad,DC=test\nchangetype: add\nobjectClass: organizationalUnit\n\n\
                 dn: CN=one,OU=A,DC=ad,DC=test\nchangetype: add\nobjectClass: user\ndescription:: Wm/Dqw==\n\n\
                 dn: CN=two,OU=A,DC=ad,DC=test\nchangetype: add\nobjectClass: user\ndescription: a,b\n\n\
                 dn: CN=g,OU=A,DC=ad,DC=test\nchangetype: add\nobjectClass: group\nmember: CN=two,OU=A,DC=ad,DC=test\n\n",
            );
            settings["Servers"][0]["Server"] = json!(samba.server());
            settings["Password"] = json!(samba::PASSWORD);
            settings["CertificateAuthority"] = json!(samba.folder.path().join("ca.pem"));
            settings["CertificatePin"] = json!(samba.pin);
            Some(Box::new(samba))
        },
        mapped: mapped(&[("HR_entries", &["dn", "description"]), ("HR_member", &["dn", "member"])]),
        tables: &[
            (
                "HR_entries.csv",
                "command,dn,description\ninsert,\"CN=one,OU=A,DC=ad,DC=test\",Zoë\n\
                 insert,\"CN=two,OU=A,DC=ad,DC=test\",\"a,b\"\ninsert,\"CN=g,OU=A,DC=ad,DC=test\",\n",
            ),
            ("HR_member.csv", "command,dn,member\ninsert,\"CN=g,OU=A,DC=ad,DC=test\",\"CN=two,OU=A,DC=ad,DC=test\"\n"),
        ],
        changed: Some(&[
            (
                "HR_entries.csv",
                "command,dn,description\nupdate,\"CN=two,OU=A,DC=ad,DC=test\",c\n\
                 update,\"CN=g,OU=A,DC=ad,DC=test\",\ndelete,\"CN=one,OU=A,DC=ad,DC=test\",\n",
            ),
            (
                "HR_member.csv",
                "command,dn,member\ninsert,\"CN=g,OU=A,DC=ad,DC=test\",\"CN=Guest,CN=Users,DC=ad,DC=test\"\n",
            ),
        ]),
    }
}

fn mapped(tables: &[(&str, &[&str])]) -> Vec<SourceTable> {
    let column = |name: &&str| SourceColumn { name: (*name).to_owned(), format: None };
    let table = |(name, columns): &(&str, &[&str])| SourceTable {
        name: (*name).to_owned(),
        columns: columns.iter().map(column).collect(),
    };
    tables.iter().map(table).collect()
}

const DIRECTORY: &str = "dn: uid=1,ou=People,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: 1\ncn:: Wm/Dqw==\nsn: x\n\
    entryUUID: 11111111-1111-1111-1111-111111111111\n\n\
    dn: uid=2,ou=People,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: 2\ncn: a,b\nsn: x\n\
    entryUUID: 22222222-2222-2222-2222-222222222222\n\n\
    dn: cn=g,ou=Groups,dc=example,dc=org\nobjectClass: groupOfNames\ncn: g\n\
    member: uid=2,ou=People,dc=example,dc=org\nentryUUID: 33333333-3333-3333-3333-333333333333\n\n";

/// Starts OpenLDAP and lets settings at `link` name it.
fn directory(settings: &mut Value, link: &str) -> Option<Box<dyn Source>> {
    let slapd = slapd::Slapd::start(DIRECTORY)?;
    let link = settings.pointer_mut(link).unwrap();
    link["Server"] = json!(format!("localhost:{}", slapd.tls_port));
    link["CertificateAuthority"] = json!(slapd.folder.path().join("ca.pem"));
    link["CertificatePin"] = json!(slapd.pin);
    Some(Box::new(slapd))
}

fn cast(package: &Package) -> Option<Cast> {
    match package.identifier {
        "Usercube.CSV@0000001" => Some(Cast {
            settings: json!({"Path": "hr_.*\\.csv", "PathIncremental": "delta_.*\\.csv", "IsFileNameRegex": true,
                "Encoding": "UTF-16", "Separator": ";", "NumberOfLinesToSkip": 1, "ValuesToTrim": ["$"]}),
            place: "/Path",
            mapped: Vec::new(),
            changed: None,
            start: |folder, _| {
                let text = "\u{feff}Report\nid;name\n1;$Zoë$\n2;a,b\n";
                let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                fs::write(folder.join("hr_1.csv"), bytes).unwrap();
                Some(Box::new(Files))
            },
            tables: &[("HR.csv", "id,name\n1,Zoë\n2,\"a,b\"\n")],
        }),
        "Usercube.Excel@0000001" => Some(Cast {
            settings: json!({"Path": "hr_.*\\.xlsx", "PathIncremental": "delta_.*\\.xlsx", "IsFileNameRegex": true,
                "ValuesToTrim": ["$"], "SheetOptions": [{"SheetIgnored": true, "NumberOfLinesToSkip": 0},
                {"SheetIgnored": false, "NumberOfLinesToSkip": 1}]}),
            place: "/Path",
            mapped: Vec::new(),
            changed: None,
            start: |folder, _| {
                let mut workbook = rust_xlsxwriter::Workbook::new();
                workbook.add_worksheet().write_string(0, 0, "ignored").unwrap();
                let sheet = workbook.add_worksheet();
                for (row, cells) in [["Report", ""], ["id", "name"], ["1", "$Zoë$"], ["2", "a,b"]].iter().enumerate() {
                    sheet.write_row(u32::try_from(row).unwrap(), 0, *cells).unwrap();
                }
                workbook.save(folder.join("hr_1.xlsx")).unwrap();
                Some(Box::new(Files))
            },
            tables: &[("HR_1.csv", "id,name\n1,Zoë\n2,\"a,b\"\n")],
        }),
        "Usercube.SQL@0000001" | "Usercube.SQL.PostgreSQL@0000001" => Some(sql()),
        "Usercube.LDAP@0000001"
        | "Usercube.LDAP.Apache@0000001"
        | "Usercube.LDAP.Oracle@0000001"
        | "Usercube.LDAP.RedHat@0000001" => Some(generic_ldap()),
        "Usercube.OpenLDAP@0000001" => Some(open_ldap()),
        "Usercube.AD@0000001" => Some(active_directory()),
        _ => None,
    }
}

fn sql() -> Cast {
    Cast {
        settings: json!({"ConnectionString": "Data Source=hr.db", "SqlCommand": "SELECT id, name FROM people",
            "SqlFile": "people.sql", "SqlCommandIncremental": "SELECT command, id, name FROM changes",
            "TimestampColumn": "id", "Timeout": 9, "CsvEncoding": "UTF-8",
            "ProviderClassFullName": "Microsoft.Data.Sqlite.SqliteFactory",
            "ProviderDllName": "Microsoft.Data.Sqlite.dll", "IsolationLevel": "Serializable",
            "InsertCommand": "INSERT", "UpdateCommand": "UPDATE", "DeleteCommand": "DELETE",
            "Links": [{"Property": "roles", "AddCommand": "INSERT", "RemoveCommand": "DELETE"}]}),
        place: "/ConnectionString",
        start: |folder, _| {
            let database = rusqlite::Connection::open(folder.join("hr.db")).unwrap();
            let made = "CREATE TABLE people (id INTEGER, name TEXT); INSERT INTO people VALUES (1, 'Zoë'), (2, 'a,b')";
            database.execute_batch(made).unwrap();
            Some(Box::new(Files))
        },
        mapped: Vec::new(),
        tables: &[("HR.csv", "id,name\n1,Zoë\n2,\"a,b\"\n")],
        changed: None,
    }
}

fn generic_ldap() -> Cast {
    Cast {
        settings: json!({
            "Servers": [{"Server": "127.0.0.1:1", "EnableSSL": true, "StartTls": false, "NoSigning": true,
                "AuthType": "Basic", "Login": slapd::ADMIN, "Password": "hunter2", "CertificateAuthority": "ca.pem",
                "CertificatePin": "ab".repeat(32), "Controls": ["PagedResult", "DomainScope"]}],
            "Tables": [
                {"Table": "entries", "BaseDN": slapd::SUFFIX, "Filter": "(uid=*)", "Scope": "Subtree"},
                {"Table": "member", "BaseDN": "ou=Groups,dc=example,dc=org", "Filter": "(cn=*)", "Scope": "OneLevel"}],
            "SizeLimit": 7, "TimeLimit": 60, "TimeOut": 9, "PageSize": 1, "AsAdLds": true, "IsLdapPasswordReset": true}),
        place: "/Servers/0/Server",
        start: |_, settings| directory(settings, "/Servers/0"),
        mapped: mapped(&[("HR_entries", &["dn", "uid", "cn"]), ("HR_member", &["dn", "member"])]),
        tables: &[
            (
                "HR_entries.csv",
                "dn,uid,cn\n\"uid=1,ou=People,dc=example,dc=org\",1,Zoë\n\
                 \"uid=2,ou=People,dc=example,dc=org\",2,\"a,b\"\n",
            ),
            (
                "HR_member.csv",
                "dn,member\n\"cn=g,ou=Groups,dc=example,dc=org\",\"uid=2,ou=People,dc=example,dc=org\"\n",
            ),
        ],
        changed: None,
    }
}

fn open_ldap() -> Cast {
    Cast {
        settings: json!({"Server": "127.0.0.1:1", "SSL": true, "StartTls": false, "DistinguishedName": slapd::SUFFIX,
            "Login": slapd::ADMIN, "Password": "hunter2", "Filter": "(|(uid=*)(objectClass=groupOfNames))",
            "Scope": "Subtree", "TimeFormat": 9, "WaitingTimeInSeconds": 8, "IsLdapPasswordReset": true,
            "CertificateAuthority": "ca.pem", "CertificatePin": "ab".repeat(32)}),
        place: "/Server",
        start: |_, settings| directory(settings, ""),
        mapped: mapped(&[("HR_entry", &["entryUUID", "uid", "cn"]), ("HR_member", &["entryUUID", "member"])]),
        tables: &[
            (
                "HR_entry.csv",
                "command,entryUUID,dn,uid,cn\n\
                 insert,11111111-1111-1111-1111-111111111111,\"uid=1,ou=People,dc=example,dc=org\",1,Zoë\n\
                 insert,22222222-2222-2222-2222-222222222222,\"uid=2,ou=People,dc=example,dc=org\",2,\"a,b\"\n\
                 insert,33333333-3333-3333-3333-333333333333,\"cn=g,ou=Groups,dc=example,dc=org\",,g\n",
            ),
            (
                "HR_member.csv",
                "command,entryUUID,member\n\
                 insert,33333333-3333-3333-3333-333333333333,\"uid=2,ou=People,dc=example,dc=org\"\n",
            ),
        ],
        changed: Some(&[
            (
                "HR_entry.csv",
                "command,entryUUID,dn,uid,cn\n\
                 update,22222222-2222-2222-2222-222222222222,\"uid=2,ou=People,dc=example,dc=org\",2,c\n\
                 update,33333333-3333-3333-3333-333333333333,\"cn=g,ou=Groups,dc=example,dc=org\",,g\n\
                 delete,11111111-1111-1111-1111-111111111111,\"uid=1,ou=People,dc=example,dc=org\",,\n",
            ),
            (
                "HR_member.csv",
                "command,entryUUID,member\n\
                 insert,33333333-3333-3333-3333-333333333333,\"cn=reader,dc=example,dc=org\"\n",
            ),
        ]),
    }
}

fn implemented() -> impl Iterator<Item = (&'static Package, Cast)> {
    PACKAGES.iter().filter(|package| package.is_implemented()).map(|package| {
        (package, cast(package).unwrap_or_else(|| panic!("{} is listed without a cast", package.identifier)))
    })
}

fn connection(package: &Package) -> Connection {
    Connection { identifier: "HR".to_owned(), package: package.identifier.to_owned(), ..Connection::default() }
}

/// The folders of an export.
struct World {
    folder: TempDir,
    out: TempDir,
    cookies: TempDir,
}

impl World {
    fn new() -> World {
        let folder = || tempfile::tempdir().unwrap();
        World { folder: folder(), out: folder(), cookies: folder() }
    }
}

fn request<'a>(
    connection: &'a Connection,
    settings: &'a Value,
    world: &'a World,
    cast: &'a Cast,
    mode: ExportMode,
) -> ExportRequest<'a> {
    let folder = world.folder.path();
    ExportRequest {
        connection,
        settings,
        mode,
        force_complete: false,
        output_dir: world.out.path(),
        sources_root_paths: &[],
        base_dir: folder,
        tables: &cast.mapped,
        cookies_dir: Some(world.cookies.path()),
        keeping: &crate::keeping::AsTheyAre,
        databases: &crate::NoDatabases,
    }
}

fn tables(out: &Path) -> Vec<(String, String)> {
    let mut tables: Vec<(String, String)> = fs::read_dir(out)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap()))
        .collect();
    tables.sort();
    tables
}

#[test]
fn settings_are_all_understood_and_come_back_as_they_were_written() {
    for (package, cast) in implemented() {
        let effective = package.driver.unwrap().effective(Settings::new("HR", &cast.settings));
        assert_eq!(effective, cast.settings, "{}", package.identifier);
        assert_eq!(check(&connection(package), &effective), [], "{}", package.identifier);
    }
}

#[test]
fn secrets_never_print() {
    for (package, cast) in implemented() {
        let mut settings = cast.settings.clone();
        let object = settings.as_object_mut().unwrap();
        for name in ["Password", "ApplicationKey", "ClientSecret", "ConnectionString", "OAuthToken"] {
            object.insert(name.to_owned(), json!("hunter2"));
        }
        let (connection, world) = (connection(package), World::new());
        let request = request(&connection, &settings, &world, &cast, ExportMode::Complete);
        let error = export(&request, &mut |_| {}).unwrap_err();
        let problems: Vec<Problem> = check(&connection, &settings);
        let said =
            format!("{request:?} {error} {error:?} {} {problems:?} {}", error.remedy(), Settings::new("HR", &settings));
        assert!(!said.contains("hunter2"), "{}: {said}", package.identifier);
    }
}

#[test]
fn checking_touches_nothing_and_tells_the_same_whatever_exists() {
    for (package, cast) in implemented() {
        let (folder, mut settings) = (tempfile::tempdir().unwrap(), cast.settings.clone());
        // Systems across the network are not even started: nobody looks at them.
        if cast.place == "/Path" {
            (cast.start)(folder.path(), &mut settings);
        }
        let inside = |name: &str| json!(folder.path().join(name).join(r"x.*").display().to_string());
        let mut told = Vec::new();
        let far = settings.pointer(cast.place).cloned().unwrap();
        let places = match cast.place {
            "/Path" => [inside("nowhere"), inside(""), json!("//nowhere.invalid/share/x.*")],
            "/ConnectionString" => [json!("sqlite:nowhere/x.db"), far, json!("postgres://u@nowhere.invalid/x")],
            _ => [json!("nowhere.invalid"), far, json!("127.0.0.1:1")],
        };
        for place in places {
            *settings.pointer_mut(cast.place).unwrap() = place;
            told.push(check(&connection(package), &settings));
        }
        assert!(told.iter().all(Vec::is_empty), "{}: {told:?}", package.identifier);
    }
}

#[test]
fn every_error_names_its_setting_and_what_was_expected() {
    for (package, cast) in implemented() {
        for name in cast.settings.as_object().unwrap().keys() {
            let mut settings = cast.settings.clone();
            settings[name] = json!({"no": "such value"});
            let problems = check(&connection(package), &settings);
            let prefix = format!("Connections.HR.{name}");
            let is_named = |problem: &Problem| {
                problem.severity == Severity::Error && problem.message.starts_with(&prefix) && problem.hint.is_some()
            };
            assert!(problems.iter().any(is_named), "{} {name}: {problems:?}", package.identifier);
        }
    }
}

/// The tables were prepared, and the session was accepted.
fn accept(request: &ExportRequest<'_>) {
    let cookies = request.cookies_dir.unwrap();
    crate::begin_cookies(cookies, &request.connection.connector).unwrap();
    crate::accept_cookies(cookies, &request.connection.connector).unwrap();
}

/// Exports, and compares the tables with what they have to be.
fn compare(package: &Package, request: &ExportRequest<'_>, expected: &[(&str, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    // A directory gives its entries in any order.
    let in_order = |mut tables: Vec<(String, String)>| {
        for (_, text) in tables.iter_mut().filter(|_| !request.settings["Path"].is_string()) {
            let (header, rows) = text.split_once('\n').unwrap();
            let mut rows: Vec<&str> = rows.split_inclusive('\n').collect();
            rows.sort_unstable();
            *text = format!("{header}\n{}", rows.concat());
        }
        tables
    };
    let report = export(request, &mut |_| {}).unwrap();
    accept(request);
    let ExportReport::Done { tables: written, problems, .. } = report else { panic!("{report:?}") };
    assert_eq!(problems, [], "{}", package.identifier);
    assert_eq!(in_order(tables(request.output_dir)), in_order(expected.clone()), "{}", package.identifier);
    let sizes: Vec<u64> = written.iter().map(|table| table.bytes).collect();
    assert_eq!(sizes, expected.iter().map(|(_, text)| text.len() as u64).collect::<Vec<_>>());
}

#[test]
fn an_export_is_complete_and_repeating_it_changes_nothing() {
    // Those with a cookie are looked at below, so that their systems start once.
    for (package, cast) in implemented().filter(|(_, cast)| cast.changed.is_none()) {
        let (world, mut settings) = (World::new(), cast.settings.clone());
        let Some(_source) = (cast.start)(world.folder.path(), &mut settings) else { continue };
        let connection = connection(package);
        let request = request(&connection, &settings, &world, &cast, ExportMode::Complete);
        for _ in 0..2 {
            compare(package, &request, cast.tables);
        }
    }
}

#[test]
fn a_cookie_gives_exactly_what_changed() {
    for (package, cast) in implemented() {
        let Some(changed) = cast.changed else { continue };
        let (world, mut settings) = (World::new(), cast.settings.clone());
        let Some(source) = (cast.start)(world.folder.path(), &mut settings) else { continue };
        let connection = connection(package);
        let of = |mode| request(&connection, &settings, &world, &cast, mode);
        compare(package, &of(ExportMode::Complete), cast.tables);
        compare(package, &of(ExportMode::Complete), cast.tables);
        let header = |text: &'static str| text.split_inclusive('\n').next().unwrap();
        let nothing: Vec<(&str, &str)> = cast.tables.iter().map(|(name, text)| (*name, header(text))).collect();
        compare(package, &of(ExportMode::Incremental), &nothing);
        source.change();
        compare(package, &of(ExportMode::Incremental), changed);
        compare(package, &of(ExportMode::Incremental), &nothing);
        let again = export(&of(ExportMode::Complete), &mut |_| {}).unwrap();
        assert!(matches!(again, ExportReport::Done { .. }));
        accept(&of(ExportMode::Complete));
        compare(package, &of(ExportMode::Incremental), &nothing);
    }
}

#[test]
fn packages_that_are_not_implemented_say_so() {
    for package in PACKAGES.iter().filter(|package| !package.is_implemented() && !package.writes()) {
        let problems = check(&connection(package), &json!({}));
        assert_eq!(problems.len(), 1);
        assert!(problems[0].message.contains(package.display_name) && problems[0].message.contains(package.identifier));
    }
}
