//! Orders in the Active Directory of a real Samba: accounts with passwords, flags, groups, moves, deletions.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[path = "common/authority.rs"]
#[allow(dead_code)]
mod authority;
#[path = "common/fulfilling.rs"]
#[allow(dead_code)]
mod fulfilling;
#[path = "common/samba.rs"]
#[allow(dead_code)]
mod samba;

use fulfilling::{Office, order, property};
use provost_model::fulfilment::{PropertyRole, TargetMapping, TargetProperty};
use provost_model::orders::ProvisioningOrder;
use samba::{ADMIN, DOMAIN, PASSWORD, Samba};
use serde_json::{Value, json};

fn mapping() -> TargetMapping {
    let format =
        |format: &str, property: TargetProperty| TargetProperty { format: Some(format.to_owned()), ..property };
    TargetMapping {
        resource_type: "AD_User".to_owned(),
        object_classes: ["top", "person", "organizationalPerson", "user"].map(str::to_owned).to_vec(),
        rdn_attribute: "CN".to_owned(),
        tree_delete: true,
        properties: vec![
            format("Guid", property("guid", "objectGUID", PropertyRole::Value)),
            property("dn", "dn", PropertyRole::Dn),
            property("parentdn", "parentdn", PropertyRole::Parent),
            property("rdn", "rdn", PropertyRole::Rdn),
            property("login", "sAMAccountName", PropertyRole::Value),
            property("description", "description", PropertyRole::Value),
            format("1601Date", property("expires", "accountExpires", PropertyRole::Value)),
            property("flags", "userAccountControl", PropertyRole::UserAccountControl),
            format("bit:userAccountControl:2", property("disabled", "bit_userAccountControl_2", PropertyRole::Value)),
            TargetProperty {
                backlink_column: Some("member".to_owned()),
                ..property("memberOf", "memberOf", PropertyRole::Value)
            },
        ],
        ..TargetMapping::default()
    }
}

fn office(samba: &Samba, must_change_password: bool) -> Office {
    let settings = json!({
        "Servers": [{"Server": samba.server(), "BaseDN": DOMAIN}], "Filter": "(objectClass=*)", "AuthType": "Basic",
        "Login": ADMIN, "Password": PASSWORD, "CertificateAuthority": samba.folder.path().join("ca.pem")});
    Office::new("Usercube.AD@0000001", settings, vec![TargetMapping { must_change_password, ..mapping() }])
}

fn add(name: &str, more: Value) -> ProvisioningOrder {
    let mut changes = json!({"rdn": name, "parentdn": {"dn": format!("OU=A,{DOMAIN}")}, "login": name});
    changes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    order("Added", "AD_User", Value::Null, changes)
}

fn with_password(mut order: ProvisioningOrder, password: &str) -> ProvisioningOrder {
    order.arguments.insert("password".to_owned(), password.to_owned());
    order
}

fn group(name: &str) -> Value {
    json!([{"dn": format!("CN={name},OU=A,{DOMAIN}")}])
}

/// Some attributes of an account, on one line.
fn shown(samba: &Samba, name: &str) -> String {
    let filter = format!("(sAMAccountName={name})");
    let names = ["userAccountControl", "description", "accountExpires", "memberOf"];
    let text = samba.find(&[&["-b", DOMAIN, &filter][..], &names].concat()).replace(DOMAIN, "@");
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    lines[1..].sort_unstable();
    lines.join(" | ")
}

/// What a write leaves behind, of everything that a test makes.
fn stamps(samba: &Samba) -> String {
    samba.find(&["-b", DOMAIN, "(|(ou=A)(ou=B)(description=*)(objectClass=user)(sAMAccountName=g))", "uSNChanged"])
}

#[test]
fn accounts_live_from_their_first_day_to_their_last() {
    let Some(samba) = Samba::start() else { return };
    let unit = |name: &str| format!("dn: OU={name},{DOMAIN}\nchangetype: add\nobjectClass: organizationalUnit\n\n");
    let team = |name: &str| {
        format!("dn: CN={name},OU=A,{DOMAIN}\nchangetype: add\nobjectClass: group\nsAMAccountName: {name}\n\n")
    };
    samba.modify(&[unit("A"), unit("B"), team("g"), team("h")].concat());
    let office = office(&samba, false);

    // A joiner: an account with a password is open, one without is closed.
    let joiners = [
        with_password(add("ada", json!({"description": "x", "memberOf_add": group("g")})), "Gr33n.door!"),
        add("bob", json!({"description": "x", "expires": "20260131000000"})),
        with_password(add("cleo", json!({"flags": "66048"})), "Bl4ck.door!"),
    ];
    let keys = office.must(&joiners);
    assert_eq!(
        shown(&samba, "ada"),
        "dn: CN=ada,OU=A,@ | accountExpires: 9223372036854775807 | description: x | memberOf: CN=g,OU=A,@ | userAccountControl: 512"
    );
    assert_eq!(
        shown(&samba, "bob"),
        "dn: CN=bob,OU=A,@ | accountExpires: 134142912000000000 | description: x | userAccountControl: 514"
    );
    assert_eq!(
        shown(&samba, "cleo"),
        "dn: CN=cleo,OU=A,@ | accountExpires: 9223372036854775807 | userAccountControl: 66048"
    );
    assert!(samba.can_log_in("ada@ad.test", "Gr33n.door!"));
    assert!(keys.iter().all(|key| key.as_ref().is_some_and(|key| key.len() == 32)), "{keys:?}");
    let before = stamps(&samba);
    office.must(&joiners);
    assert_eq!(stamps(&samba), before, "nothing is written the second time");

    // A mover, found by the id even though the name in the order is an old one.
    let ada = json!({"guid": keys[0], "dn": format!("CN=old,OU=A,{DOMAIN}")});
    let moves = [order(
        "Modified",
        "AD_User",
        ada.clone(),
        json!({
        "rdn": "Ada Byron", "parentdn": {"dn": format!("OU=B,{DOMAIN}")}, "description": "y",
        "memberOf_add": group("h"), "memberOf_remove": group("g")}),
    )];
    office.must(&moves);
    let moved = "dn: CN=Ada Byron,OU=B,@ | accountExpires: 9223372036854775807 | description: y | memberOf: CN=h,OU=A,@ | userAccountControl: 512";
    assert_eq!(shown(&samba, "ada"), moved);
    let before = stamps(&samba);
    office.must(&moves);
    assert_eq!(stamps(&samba), before, "nothing is written the second time");

    // A leaver: closed by one bit, then gone.
    office.must(&[order("Modified", "AD_User", ada.clone(), json!({"disabled": "true"}))]);
    assert!(shown(&samba, "ada").ends_with("userAccountControl: 514"));
    assert!(!samba.can_log_in("ada@ad.test", "Gr33n.door!"));
    office.must(&[order("Modified", "AD_User", ada.clone(), json!({"disabled": "false"}))]);
    assert!(samba.can_log_in("ada@ad.test", "Gr33n.door!"));
    let gone = [order("Deleted", "AD_User", ada, json!({}))];
    office.must(&gone);
    assert_eq!(samba.find(&["-b", DOMAIN, "(sAMAccountName=ada)", "dn"]).matches("dn: ").count(), 0);
    office.must(&gone);

    refusals(&samba, &office);
}

/// What the domain refuses, and what it leaves behind: nothing that anybody could log in with.
fn refusals(samba: &Samba, office: &Office) {
    let weak = with_password(add("dan", json!({})), "short");
    let told = [
        office.refused(&weak),
        office.refused(&add("eve", json!({"login": "bob"}))),
        office.refused(&add("bob", json!({"description": "another"}))),
        office.refused(&add("fay", json!({"memberOf_add": group("none")}))),
    ];
    let told = told.join("\n").replace(DOMAIN, "@").replace(&samba.server(), "DC");
    insta::assert_snapshot!(told, @r"
    DC refused changing unicodePwd of CN=dan,OU=A,@: constraintViolation (19): 0000052D: Constraint violation - check_password_restrictions: the password is too short. It should be equal or longer than 7 characters!; the value breaks a rule of the directory, for passwords its password policy
    DC refused making CN=eve,OU=A,@: entryAlreadyExists (68): 00002071: samldb: samAccountName 'bob' already in use!; an entry with this name exists already: correlate it, or choose another name
    DC refused making CN=bob,OU=A,@: entryAlreadyExists (68): Entry CN=bob,OU=A,@ already exists; an entry with this name exists already: correlate it, or choose another name (it differs in description)
    DC refused adding to member of CN=none,OU=A,@: noSuchObject (32): 00002030: No such Base DN: CN=none,OU=A,@; check the distinguished name: it, or what is above it, does not exist
    ");
    assert!(shown(samba, "dan").ends_with("userAccountControl: 514"));
    // With a better password the order goes on where it stopped.
    office.must(&[with_password(add("dan", json!({})), "L0nger.door!")]);
    assert!(samba.can_log_in("dan@ad.test", "L0nger.door!"));
    let changing = self::office(samba, true);
    changing.must(&[with_password(add("gus", json!({})), "Wh1te.door!")]);
    let found = samba.find(&["-b", DOMAIN, "(sAMAccountName=gus)", "pwdLastSet"]);
    assert!(found.contains("pwdLastSet: 0"), "{found}");
}
