//! The directories of the circle: the same company, in OpenLDAP and in Active Directory.

use crate::samba::{self, Samba};
use crate::slapd::{self, Slapd};
use serde_json::{Value, json};

/// A directory that runs.
pub(crate) enum Place {
    OpenLdap(Slapd),
    ActiveDirectory(Box<Samba>),
}

/// How a directory calls things.
pub(crate) struct Words {
    pub(crate) people: &'static str,
    pub(crate) groups: &'static str,
    /// Attribute that names an account.
    rdn: &'static str,
    pub(crate) login: &'static str,
    pub(crate) name: &'static str,
    pub(crate) status: &'static str,
    pub(crate) enabled: &'static str,
    pub(crate) disabled: &'static str,
}

const OPEN_LDAP: Words = Words {
    people: "ou=People,dc=example,dc=org",
    groups: "ou=Groups,dc=example,dc=org",
    rdn: "uid",
    login: "uid",
    name: "cn",
    status: "employeeType",
    enabled: "enabled",
    disabled: "disabled",
};

const ACTIVE_DIRECTORY: Words = Words {
    people: "OU=People,OU=Company,DC=ad,DC=test",
    groups: "OU=Groups,OU=Company,DC=ad,DC=test",
    rdn: "CN",
    login: "sAMAccountName",
    name: "displayName",
    status: "userAccountControl",
    enabled: "512",
    disabled: "514",
};

/// What the configuration says of OpenLDAP, and what it says of Active Directory instead.
const INSTEAD: &[(&str, &str)] = &[
    ("Usercube.OpenLDAP@0000001", "Usercube.AD@0000001"),
    ("LDAP_entry\"", "LDAP_entries\""),
    (
        r#"Column1="entryUUID" EntityPropertyMapping1="Dir_Entry:entryUUID""#,
        r#"Column1="dn" EntityPropertyMapping1="Dir_Entry:dn""#,
    ),
    (r#"ConnectionColumn="entryUUID""#, r#"ConnectionColumn="objectGUID""#),
    (r#"ConnectionColumn="uid""#, r#"ConnectionColumn="sAMAccountName""#),
    (r#"ConnectionColumn="cn""#, r#"ConnectionColumn="displayName""#),
    (r#"ConnectionColumn="labeledURI""#, r#"ConnectionColumn="proxyAddresses""#),
    (r#"ConnectionColumn="employeeType""#, r#"ConnectionColumn="userAccountControl""#),
    (
        r#"DefaultObjectClass="inetOrgPerson""#,
        r#"DefaultObjectClass="top&#xA;person&#xA;organizationalPerson&#xA;user""#,
    ),
    (r#"RDNAttributeIdentifier="uid""#, r#"RDNAttributeIdentifier="CN""#),
    (
        r#"<Property Property="Dir_Entry:dn" IsDNProperty="true" />"#,
        r#"<Property Property="Dir_Entry:dn" IsDNProperty="true" />
           <Property Property="Dir_Entry:status" IsUserAccountControlProperty="true" />"#,
    ),
    ("Literal:enabled", "Literal:512"),
    ("Literal:disabled", "Literal:514"),
    ("imap://mail.example.org/", "SMTP:"),
    ("uid=&quot;", "CN=&quot;"),
    ("Resource=\"cn=", "Resource=\"CN="),
    ("ou=People,dc=example,dc=org", ACTIVE_DIRECTORY.people),
    ("ou=Groups,dc=example,dc=org", ACTIVE_DIRECTORY.groups),
];

const GROUPS: [&str; 4] = ["sales", "finance", "lisbon", "oslo"];

impl Place {
    /// OpenLDAP with the groups; each has a member that is nobody's account, because it knows no empty ones.
    pub(crate) fn open_ldap() -> Option<Place> {
        let Words { people, groups, .. } = OPEN_LDAP;
        let keeper = format!("uid=keeper,{people}");
        let group =
            |name| format!("dn: cn={name},{groups}\nobjectClass: groupOfNames\ncn: {name}\nmember: {keeper}\n\n");
        let made: String = GROUPS.into_iter().map(group).collect();
        let keeper = format!("dn: {keeper}\nobjectClass: inetOrgPerson\nuid: keeper\ncn: Keeper\nsn: Keeper\n\n");
        Slapd::start(&(keeper + &made)).map(Place::OpenLdap)
    }

    /// A domain with the groups.
    pub(crate) fn active_directory() -> Option<Place> {
        let samba = Samba::start()?;
        let Words { people, groups, .. } = ACTIVE_DIRECTORY;
        let units = ["OU=Company,DC=ad,DC=test", people, groups];
        let unit = |dn| format!("dn: {dn}\nchangetype: add\nobjectClass: organizationalUnit\n\n");
        let group =
            |name| format!("dn: CN={name},{groups}\nchangetype: add\nobjectClass: group\nsAMAccountName: {name}\n\n");
        let made: String = units.into_iter().map(unit).chain(GROUPS.into_iter().map(group)).collect();
        samba.modify(&made);
        Some(Place::ActiveDirectory(Box::new(samba)))
    }

    pub(crate) fn words(&self) -> &'static Words {
        match self {
            Place::OpenLdap(_) => &OPEN_LDAP,
            Place::ActiveDirectory(_) => &ACTIVE_DIRECTORY,
        }
    }

    /// A file of the configuration, for this directory.
    pub(crate) fn configuration(&self, text: &str) -> String {
        match self {
            Place::OpenLdap(_) => text.to_owned(),
            Place::ActiveDirectory(_) => {
                INSTEAD.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
            }
        }
    }

    /// Login and password of whoever may do everything.
    pub(crate) fn administrator(&self) -> (&'static str, &'static str) {
        match self {
            Place::OpenLdap(_) => (slapd::ADMIN, slapd::PASSWORD),
            Place::ActiveDirectory(_) => (samba::ADMIN, samba::PASSWORD),
        }
    }

    /// Settings of the connection. The password is in a file.
    pub(crate) fn settings(&self, login: &str, secret: &str) -> Value {
        match self {
            Place::OpenLdap(slapd) => json!({
                "Server": format!("localhost:{}", slapd.tls_port), "DistinguishedName": slapd::SUFFIX, "Login": login,
                "Password": {"File": secret}, "Filter": "(|(objectClass=inetOrgPerson)(objectClass=groupOfNames))",
                "CertificateAuthority": slapd.folder.path().join("ca.pem"),
            }),
            Place::ActiveDirectory(samba) => json!({
                "Servers": [{"Server": samba.server(), "BaseDN": "OU=Company,DC=ad,DC=test"}], "AuthType": "Basic",
                "Login": login, "Password": {"File": secret}, "Filter": "(|(objectClass=user)(objectClass=group))",
                "CertificateAuthority": samba.folder.path().join("ca.pem"),
            }),
        }
    }

    /// Name of the account with a login.
    pub(crate) fn dn(&self, login: &str) -> String {
        format!("{}={login},{}", self.words().rdn, self.words().people)
    }

    pub(crate) fn find(&self, arguments: &[&str]) -> String {
        match self {
            Place::OpenLdap(slapd) => slapd.find(arguments),
            Place::ActiveDirectory(samba) => samba.find(arguments),
        }
    }

    pub(crate) fn modify(&self, ldif: &str) {
        match self {
            Place::OpenLdap(slapd) => slapd.modify(ldif),
            Place::ActiveDirectory(samba) => samba.modify(ldif),
        }
    }
}
