//! Settings that the packages for directories share: where the server is, how the connection is secured, who logs in.

use super::client::{Login, Security, Target};
use super::filter::Filter;
use super::message::Scope;
use super::tls::{self, Trust};
use crate::settings::Reader;
use std::path::Path;
use std::time::Duration;

/// Seconds that a connection may take, and an answer, where no setting says otherwise.
const PATIENCE: u64 = 30;

/// A server and the way to it.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize), serde(rename_all = "PascalCase"))]
pub(crate) struct Link {
    #[cfg_attr(test, serde(skip))]
    pub(crate) host: String,
    #[cfg_attr(test, serde(skip))]
    pub(crate) port: u16,
    pub(crate) server: String,
    #[cfg_attr(test, serde(flatten))]
    pub(crate) safety: Safety,
}

/// How a connection is secured, and whose certificates are trusted.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize), serde(rename_all = "PascalCase"))]
pub(crate) struct Safety {
    #[cfg_attr(test, serde(skip))]
    pub(crate) security: Security,
    certificate_authority: Option<String>,
    certificate_pin: Option<String>,
}

/// The settings that [`Link::read`] reads, apart from that of TLS, which has two names.
pub(crate) const LINK: [&str; 4] = ["Server", "StartTls", "CertificateAuthority", "CertificatePin"];

impl Safety {
    /// `ssl` is the name of the setting that asks for TLS.
    pub(crate) fn read(reader: &mut Reader<'_>, ssl: &str) -> Safety {
        let safety = Safety {
            security: security(reader, ssl),
            certificate_authority: reader.text("CertificateAuthority"),
            certificate_pin: reader.text("CertificatePin"),
        };
        if safety.certificate_pin.as_deref().is_some_and(|text| tls::pin(text).is_none()) {
            let expected = "the SHA-256 digest of the certificate, 64 hexadecimal digits";
            reader.wrong("CertificatePin", "it is no digest", expected);
        }
        safety
    }
}

impl Link {
    /// A server whose settings say themselves how its connection is secured.
    pub(crate) fn read(reader: &mut Reader<'_>, ssl: &str) -> Link {
        let safety = Safety::read(reader, ssl);
        Link::with(reader, safety)
    }

    /// A server that shares its safety with others.
    pub(crate) fn with(reader: &mut Reader<'_>, safety: Safety) -> Link {
        let server = required(reader, "Server", "the name of the server, with its port if it is an unusual one");
        let (host, port) = place(reader, &server, safety.security);
        Link { host, port, server, safety }
    }

    /// The target behind the settings. Relative paths start from `base`.
    pub(crate) fn target(&self, login: Login, base: &Path, timeouts: Timeouts) -> Target {
        let trust =
            match (self.safety.certificate_pin.as_deref().and_then(tls::pin), &self.safety.certificate_authority) {
                (Some(digest), _) => Trust::Pin(digest),
                (None, Some(file)) => Trust::Authorities(base.join(file)),
                (None, None) => Trust::System,
            };
        let seconds = |seconds: u64| Duration::from_secs(if seconds == 0 { PATIENCE } else { seconds });
        Target {
            host: self.host.clone(),
            port: self.port,
            security: self.safety.security,
            trust,
            login,
            connect_timeout: seconds(timeouts.connect),
            request_timeout: seconds(timeouts.request),
        }
    }
}

/// Seconds; 0 for the usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Timeouts {
    pub(crate) connect: u64,
    pub(crate) request: u64,
}

/// TLS unless the settings say in so many words that it is not wanted.
fn security(reader: &mut Reader<'_>, ssl: &str) -> Security {
    let start = reader.flag("StartTls", false);
    match (reader.flag(ssl, !start), start) {
        (true, true) => {
            reader.wrong(
                "StartTls",
                &format!("it is true, and so is {ssl}"),
                "one of them: LDAPS (port 636) or StartTLS (port 389)",
            );
            Security::Tls
        }
        (true, false) => Security::Tls,
        (false, true) => Security::StartTls,
        (false, false) => Security::Plain,
    }
}

/// Host and port of `host`, `host:port`, `[v6]:port` and the addresses `ldap://host` and `ldaps://host`.
fn place(reader: &mut Reader<'_>, server: &str, security: Security) -> (String, u16) {
    let usual = if security == Security::Tls { 636 } else { 389 };
    let plain = server.trim().trim_end_matches('/');
    let plain = plain.strip_prefix("ldaps://").or_else(|| plain.strip_prefix("ldap://")).unwrap_or(plain);
    let (host, port) = match plain.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match plain.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') => (host, Some(port)),
            _ => (plain, None),
        },
    };
    let number = port.map_or(Ok(usual), str::parse);
    if !server.is_empty() && (host.is_empty() || number.is_err() || host.contains(['/', ' '])) {
        reader.wrong(
            "Server",
            &format!("\"{server}\" is no server"),
            "a name such as ldap.example.org or ldap.example.org:636",
        );
    }
    (host.to_owned(), number.unwrap_or(usual))
}

/// A text that must be there.
pub(crate) fn required(reader: &mut Reader<'_>, setting: &str, expected: &str) -> String {
    let before = reader.problems.len();
    let text = reader.text(setting);
    if text.is_none() && reader.problems.len() == before {
        reader.wrong(setting, "it is missing", expected);
    }
    text.unwrap_or_default()
}

/// How one logs in.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize), serde(rename_all = "PascalCase"))]
pub(crate) struct Credentials {
    auth_type: String,
    login: Option<String>,
    password: Option<String>,
}

pub(crate) const CREDENTIALS: [&str; 3] = ["AuthType", "Login", "Password"];

impl Credentials {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Credentials {
        let auth_type = reader.text("AuthType").unwrap_or_else(|| "Negotiate".to_owned());
        let credentials = Credentials { auth_type, login: reader.text("Login"), password: reader.text("Password") };
        match credentials.auth_type.to_ascii_lowercase().as_str() {
            "basic" => credentials.check_basic(reader),
            "anonymous" => {}
            "negotiate" | "kerberos" => reader.wrong(
                "AuthType",
                "Negotiate (Kerberos), which is what an absent AuthType means, is not available",
                "Basic, with Login and Password over TLS, or Anonymous",
            ),
            other => reader.wrong("AuthType", &format!("\"{other}\" is no way to log in"), "Basic or Anonymous"),
        }
        credentials
    }

    fn check_basic(&self, reader: &mut Reader<'_>) {
        if self.login.is_none() {
            reader.wrong("Login", "it is missing, and AuthType is Basic", "the name of an account");
        }
        // A login without a password would pass as an anonymous one.
        if self.password.is_none() {
            reader.wrong("Password", "it is missing, and AuthType is Basic", "the password of the account");
        }
    }

    pub(crate) fn login(&self) -> Login {
        match (&self.login, &self.password) {
            (Some(name), Some(password)) if !self.auth_type.eq_ignore_ascii_case("anonymous") => {
                Login::Simple { name: name.clone(), password: password.clone() }
            }
            _ => Login::Anonymous,
        }
    }
}

/// A filter that must be there and be one.
pub(crate) fn filter(reader: &mut Reader<'_>, setting: &str) -> String {
    let text = required(reader, setting, "a filter such as (objectClass=*)");
    if let (false, Err(what)) = (text.is_empty(), Filter::parse(&text)) {
        reader.wrong(
            setting,
            &format!("\"{text}\" is no filter: {what}"),
            "a filter such as (&(objectClass=user)(mail=*))",
        );
    }
    text
}

/// `Base`, `OneLevel` or `Subtree`.
pub(crate) fn scope(reader: &mut Reader<'_>) -> Scope {
    let text = reader.text("Scope");
    match text.as_deref().map(str::to_ascii_lowercase).as_deref() {
        None | Some("subtree") => Scope::Subtree,
        Some("base") => Scope::Base,
        Some("onelevel") => Scope::OneLevel,
        Some(other) => {
            reader.wrong("Scope", &format!("\"{other}\" is no scope"), "Base, OneLevel or Subtree");
            Scope::Subtree
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use serde_json::{Value, json};

    fn link(value: Value) -> (Link, Vec<String>) {
        let known: Vec<&str> = LINK.into_iter().chain(CREDENTIALS).chain(["EnableSSL"]).collect();
        let mut reader = Reader::new(Settings::new("AD", &value), &known);
        let link = Link::read(&mut reader, "EnableSSL");
        (link, reader.problems.into_iter().map(|problem| problem.message).collect())
    }

    #[test]
    fn servers_are_read_in_the_ways_that_people_write_them() {
        let of = |server: &str, ssl: bool| {
            let (link, problems) = link(json!({"Server": server, "EnableSSL": ssl}));
            assert_eq!(problems, [""; 0]);
            (link.host, link.port)
        };
        assert_eq!(of("ldap1", true), ("ldap1".to_owned(), 636));
        assert_eq!(of("ldap1", false), ("ldap1".to_owned(), 389));
        assert_eq!(of("ldaps://ldap1:1636/", true), ("ldap1".to_owned(), 1636));
        assert_eq!(of("[::1]:99", false), ("::1".to_owned(), 99));
        assert_eq!(of("::1", false), ("::1".to_owned(), 389));
        assert!(!link(json!({"Server": "a b"})).1.is_empty());
        assert!(!link(json!({"Server": "a:port"})).1.is_empty());
    }

    #[test]
    fn a_connection_is_plain_only_when_the_settings_say_so() {
        let of = |value: Value| link(value).0.safety.security;
        assert_eq!(of(json!({"Server": "a"})), Security::Tls);
        assert_eq!(of(json!({"Server": "a", "StartTls": true})), Security::StartTls);
        assert_eq!(of(json!({"Server": "a", "EnableSSL": false})), Security::Plain);
        let (_, problems) = link(json!({"Server": "a", "EnableSSL": true, "StartTls": true}));
        assert_eq!(problems, ["Connections.AD.StartTls: it is true, and so is EnableSSL"]);
    }

    #[test]
    fn a_login_needs_a_name_and_a_password() {
        let of = |value: Value| {
            let mut reader = Reader::new(Settings::new("AD", &value), &CREDENTIALS);
            Credentials::read(&mut reader);
            reader.problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>()
        };
        assert_eq!(of(json!({"AuthType": "Basic", "Login": "a", "Password": "b"})), [""; 0]);
        assert_eq!(of(json!({"AuthType": "basic"})).len(), 2);
        assert_eq!(of(json!({"AuthType": "Anonymous"})), [""; 0]);
        assert_eq!(
            of(json!({})),
            ["Connections.AD.AuthType: Negotiate (Kerberos), which is what an absent AuthType means, is not available"]
        );
    }
}
