//! Content synchronisation with a real OpenLDAP: a cookie gives exactly what changed.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[path = "common/authority.rs"]
mod authority;
mod common;
#[path = "common/slapd.rs"]
#[allow(dead_code)]
mod slapd;

use common::{World, table};
use provost_connectors::{ExportMode, ExportReport};
use serde_json::json;
use slapd::{ADMIN, PASSWORD, Slapd};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

fn world(slapd: &Slapd) -> World {
    let mut world = World::new(
        "Usercube.OpenLDAP@0000001",
        json!({"Server": format!("localhost:{}", slapd.tls_port), "DistinguishedName": slapd::SUFFIX, "Login": ADMIN,
            "Password": PASSWORD, "Filter": "(|(objectClass=inetOrgPerson)(objectClass=groupOfNames))",
            "CertificateAuthority": slapd.folder.path().join("ca.pem")}),
    );
    world.tables =
        vec![table("HR_entry", &["entryUUID", "dn", "cn", "sn"]), table("HR_member", &["entryUUID", "member"])];
    world
}

fn people(names: &[&str]) -> String {
    let person = |name: &&str| {
        format!(
            "dn: uid={name},ou=People,{s}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: S\n\n",
            s = slapd::SUFFIX
        )
    };
    names.iter().map(person).collect()
}

fn group(cn: &str, members: &[&str]) -> String {
    let members: String = members.iter().map(|m| format!("member: uid={m},ou=People,{}\n", slapd::SUFFIX)).collect();
    format!("dn: cn={cn},ou=Groups,{}\nobjectClass: groupOfNames\ncn: {cn}\n{members}\n", slapd::SUFFIX)
}

/// Exports, and gives both tables without the ids, in order, with the warnings.
fn export(world: &mut World, mode: ExportMode) -> (Vec<String>, Vec<String>, Vec<String>) {
    world.mode = mode;
    let ExportReport::Done { problems, .. } = world.run().unwrap() else { panic!("not launched") };
    let rows = |name: &str| {
        let text = fs::read_to_string(world.path(&format!("out/{name}.csv"))).unwrap();
        let mut rows: Vec<String> = text
            .lines()
            .skip(1)
            .map(|line| {
                let (command, rest) = line.split_once(',').unwrap();
                let rest = rest.split_once(',').unwrap().1;
                format!("{command} {}", rest.replace("dc=example,dc=org", "@").replace('"', ""))
            })
            .collect();
        rows.sort();
        rows
    };
    (rows("HR_entry"), rows("HR_member"), problems.into_iter().map(|problem| problem.code).collect())
}

/// What somebody knows who reads the tables of one export after the other: entries and pairs by id.
#[derive(Default)]
struct Model {
    entries: BTreeMap<String, String>,
    pairs: BTreeSet<(String, String)>,
}

impl Model {
    fn export(&mut self, world: &mut World, mode: ExportMode) {
        world.mode = mode;
        world.run().unwrap();
        let text = |name: &str| fs::read_to_string(world.path(&format!("out/{name}.csv"))).unwrap();
        for row in text("HR_entry").lines().skip(1) {
            let [command, id, rest] = row.splitn(3, ',').collect::<Vec<_>>()[..] else { panic!("{row}") };
            if command == "delete" {
                self.entries.remove(id).unwrap();
                self.pairs.retain(|(of, _)| of != id);
            } else {
                let old = self.entries.insert(id.to_owned(), rest.to_owned());
                assert_eq!(old.is_some(), command == "update", "{row}");
            }
        }
        for row in text("HR_member").lines().skip(1) {
            let [command, id, rest] = row.splitn(3, ',').collect::<Vec<_>>()[..] else { panic!("{row}") };
            let pair = (id.to_owned(), rest.to_owned());
            if command == "delete" {
                self.pairs.remove(&pair)
            } else {
                self.pairs.insert(pair)
            };
        }
    }

    /// Entries, and pairs whose both ends are there: the server removes values that refer to what is gone without
    /// calling it a change of the group.
    fn told(&self) -> (Vec<&String>, Vec<&(String, String)>) {
        let there = |name: &str| self.entries.values().any(|rest| rest.starts_with(name));
        (self.entries.values().collect(), self.pairs.iter().filter(|(_, member)| there(member)).collect())
    }
}

#[test]
fn what_no_preparation_accepted_comes_once_more() {
    let Some(slapd) = Slapd::start(&people(&["ada"])) else { return };
    let mut world = world(&slapd);
    export(&mut world, ExportMode::Complete);
    world.mode = ExportMode::Incremental;
    slapd.modify(&changed("ada", "changetype: modify\nreplace: sn\nsn: T\n"));
    // This export is made, and its preparation fails; meanwhile something else happens.
    world.run_into(&world.path("out")).unwrap();
    slapd.modify(&people(&["bob"]).replace("objectClass", "changetype: add\nobjectClass"));
    let (entries, _, problems) = export(&mut world, ExportMode::Incremental);
    assert_eq!(entries, ["insert uid=bob,ou=People,@,bob,S", "update uid=ada,ou=People,@,ada,T"]);
    assert_eq!(problems, [""; 0]);
    assert_eq!(export(&mut world, ExportMode::Incremental).0, [""; 0]);
}

fn changed(uid: &str, what: &str) -> String {
    format!("dn: uid={uid},ou=People,{}\n{what}\n", slapd::SUFFIX)
}

#[test]
fn a_cookie_gives_exactly_what_changed() {
    let Some(slapd) = Slapd::start(&(people(&["ada", "bob", "cleo"]) + &group("g", &["ada", "bob"]))) else { return };
    let mut world = world(&slapd);
    let (entries, members, problems) = export(&mut world, ExportMode::Complete);
    assert_eq!(
        entries,
        [
            "insert cn=g,ou=Groups,@,g,",
            "insert uid=ada,ou=People,@,ada,S",
            "insert uid=bob,ou=People,@,bob,S",
            "insert uid=cleo,ou=People,@,cleo,S",
        ]
    );
    assert_eq!(members, ["insert uid=ada,ou=People,@", "insert uid=bob,ou=People,@"]);
    assert_eq!(problems, [""; 0]);
    let nothing = (vec![], vec![], vec![]);
    assert_eq!(export(&mut world, ExportMode::Incremental), nothing);

    slapd.modify(
        "dn: uid=ada,ou=People,dc=example,dc=org\nchangetype: modify\nreplace: sn\nsn: Lovelace\n\n\
         dn: uid=bob,ou=People,dc=example,dc=org\nchangetype: delete\n\n\
         dn: uid=cleo,ou=People,dc=example,dc=org\nchangetype: moddn\nnewrdn: uid=cleopatra\ndeleteoldrdn: 1\n\n\
         dn: uid=dan,ou=People,dc=example,dc=org\nchangetype: add\nobjectClass: inetOrgPerson\nuid: dan\ncn: dan\nsn: S\n\n\
         dn: cn=g,ou=Groups,dc=example,dc=org\nchangetype: modify\nadd: member\nmember: uid=dan,ou=People,dc=example,dc=org\n\n",
    );
    let (entries, members, problems) = export(&mut world, ExportMode::Incremental);
    assert_eq!(
        entries,
        [
            "delete uid=bob,ou=People,@,,",
            "insert uid=dan,ou=People,@,dan,S",
            "update cn=g,ou=Groups,@,g,",
            "update uid=ada,ou=People,@,ada,Lovelace",
            "update uid=cleopatra,ou=People,@,cleo,S",
        ]
    );
    assert_eq!(members, ["delete uid=bob,ou=People,@", "insert uid=dan,ou=People,@"]);
    assert_eq!(problems, [""; 0]);
    assert_eq!(export(&mut world, ExportMode::Incremental), nothing);
}

#[test]
fn a_cookie_that_the_server_no_longer_understands_gives_what_changed_all_the_same() {
    let Some(mut slapd) = Slapd::start(&(people(&["ada", "bob"]) + &group("g", &["ada", "bob"]))) else { return };
    let mut world = world(&slapd);
    export(&mut world, ExportMode::Complete);
    slapd.modify(
        "dn: cn=g,ou=Groups,dc=example,dc=org\nchangetype: modify\nadd: member\nmember: cn=admin,dc=example,dc=org\n\n\
         dn: uid=bob,ou=People,dc=example,dc=org\nchangetype: delete\n\n",
    );
    // The log of the session is gone: the server names what is there, not what is gone.
    slapd.restart();
    let (entries, members, _) = export(&mut world, ExportMode::Incremental);
    assert_eq!(entries, ["delete uid=bob,ou=People,@,,", "update cn=g,ou=Groups,@,g,"]);
    assert_eq!(members, ["delete uid=bob,ou=People,@", "insert cn=admin,@"]);
}

#[test]
fn a_failed_export_keeps_the_cookie_and_the_tables() {
    let Some(mut slapd) = Slapd::start(&people(&["ada"])) else { return };
    let mut world = world(&slapd);
    export(&mut world, ExportMode::Complete);
    slapd.modify(&people(&["bob"]).replace("\nobjectClass", "\nchangetype: add\nobjectClass"));
    let cookie = fs::read(world.path("cookies/HR_cookie.bin")).unwrap();
    slapd.stop();
    assert!(world.error().starts_with("system-unreachable: "));
    assert_eq!(fs::read(world.path("cookies/HR_cookie.bin")).unwrap(), cookie);
    slapd.restart();
    assert_eq!(export(&mut world, ExportMode::Incremental).0, ["insert uid=bob,ou=People,@,bob,S"]);
}

#[test]
fn without_a_cookie_everything_is_merged_and_a_warning_says_so() {
    let Some(slapd) = Slapd::start(&people(&["ada"])) else { return };
    let mut world = world(&slapd);
    let (entries, _, problems) = export(&mut world, ExportMode::Incremental);
    assert_eq!(
        (entries.as_slice(), problems.as_slice()),
        (&["merge uid=ada,ou=People,@,ada,S".to_owned()][..], &["export-without-cookie".to_owned()][..])
    );
    // A cookie of another mapping is none.
    world.tables[0] = table("HR_entry", &["entryUUID", "dn", "uid"]);
    assert_eq!(export(&mut world, ExportMode::Incremental).2, ["export-without-cookie"]);
}

/// Whatever is done between two exports, what the second gives leads from the first to what a complete one finds.
#[test]
fn changes_applied_to_what_was_there_give_what_is_there() {
    let names: Vec<String> = (0..12).map(|n| format!("p{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let Some(slapd) = Slapd::start(&(people(&names) + &group("g", &names[..6]) + &group("h", &names[3..9]))) else {
        return;
    };
    let (mut world, mut model) = (world(&slapd), Model::default());
    model.export(&mut world, ExportMode::Complete);
    // A walk that is as arbitrary as it is repeatable.
    let mut seed = 7_u32;
    let mut next = |limit: usize| {
        seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12345);
        (seed >> 16) as usize % limit
    };
    for round in 0..25 {
        let (name, cn) = (names[next(names.len())], ["g", "h"][next(2)]);
        let person = format!("uid={name},ou=People,{}", slapd::SUFFIX);
        let ldif = match next(4) {
            0 => format!("dn: {person}\nchangetype: delete\n\n"),
            1 => people(&[name]).replace("\nobjectClass", "\nchangetype: add\nobjectClass"),
            2 => format!(
                "dn: cn={cn},ou=Groups,{}\nchangetype: modify\nadd: member\nmember: {person}\n\n",
                slapd::SUFFIX
            ),
            _ => format!(
                "dn: cn={cn},ou=Groups,{}\nchangetype: modify\ndelete: member\nmember: {person}\n\n",
                slapd::SUFFIX
            ),
        };
        // What does not fit, such as deleting what is gone, changes nothing.
        slapd.try_modify(&ldif);
        if round % 3 == 0 {
            model.export(&mut world, ExportMode::Incremental);
            let mut expected = Model::default();
            expected.export(&mut self::world(&slapd), ExportMode::Complete);
            assert_eq!(model.told(), expected.told(), "round {round}");
        }
    }
}
