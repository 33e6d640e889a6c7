//! Settings of the server: addresses, certificate, and how callers prove who they are.

use super::read::{Sources, as_bool, as_number, as_text};
use super::tree::Tree;
use provost_model::{Problem, Severity};
use provost_server::web::{AccessSettings, ProviderSettings};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Settings of the server.
#[derive(Clone, Debug, Default)]
pub struct Serving {
    /// Public address, without a slash at its end.
    pub application_uri: Option<String>,
    /// Certificate chain, PEM or PFX, instead of the one that the server makes for itself.
    pub certificate: Option<PathBuf>,
    /// Its private key in PEM form, when it is not in the same file.
    pub certificate_key: Option<PathBuf>,
    /// Password of the key, or of the PFX file.
    pub certificate_password: String,
    /// File with a certificate and its key, and its password. Its content, with the password, encrypts what is kept secret in the repository.
    pub encryption_file: Option<(PathBuf, String)>,
    /// The same file encrypts export files.
    pub encrypts_exports: bool,
    /// Log lines are JSON.
    pub json_logs: bool,
    /// Collector of traces, and the name of this service there.
    pub traces: Option<(String, String)>,
    /// Seconds in which the body of a request must have arrived.
    pub body_seconds: u32,
    /// Whether the page that shows the interface is served.
    pub has_swagger_page: bool,
    /// How callers prove who they are. What depends on the addresses is filled in when the server starts.
    pub access: AccessSettings,
}

/// The settings of the server; what is wrong with them is added to the problems.
pub(super) fn serving(home: &Path, tree: &Tree, sources: &mut Sources) -> Serving {
    let text = |path: &str| tree.at(path).and_then(as_text).filter(|text| !text.is_empty());
    let file = |path: &str| text(path).map(|name| home.join(name));
    let flag = |path: &str, default: bool| tree.at(path).and_then(as_bool).unwrap_or(default);
    let password = |path: &str| crate::keys::reveal(&text(path).unwrap_or_default());
    let application_uri = text("ApplicationUri").map(|uri| uri.trim_end_matches('/').to_owned());
    if let Some(uri) = &application_uri
        && !(uri.starts_with("https://") || uri.starts_with("http://"))
    {
        wrong(sources, "ApplicationUri", "an address: https://provost.example");
    }
    let mut access = AccessSettings {
        is_behind_proxy: flag("Https:BehindProxy", false),
        hsts_preload: flag("HstsPreload", false),
        allow_local_login: flag("Authentication:AllowLocalLogin", true),
        providers: providers(tree, sources),
        ..AccessSettings::default()
    };
    let lengths = [
        ("Authentication:CookieLifeTime", &mut access.session_seconds),
        ("Authentication:LifeTimeSliding", &mut access.session_idle_seconds),
        ("IdentityServer:AccessLifeTime", &mut access.token_seconds),
    ];
    for (path, seconds) in lengths {
        match text(path).map(|text| span(&text)) {
            None => {}
            Some(Some(read)) if read > 0 => *seconds = read,
            Some(_) => wrong(sources, path, "a length of time: hours:minutes:seconds, or days.hours:minutes:seconds"),
        }
    }
    if let Some(days) = tree.at("IdentityServer:SigningDays").and_then(as_number) {
        access.key_days = i64::from(days.max(1));
    }
    if let Some(Tree::Section(clients)) = tree.at("OpenIdClients") {
        let hashed = clients.iter().filter_map(|(name, one)| Some((name.clone(), as_text(one.get("HashedSecret")?)?)));
        access.client_secrets = hashed.collect();
    }
    Serving {
        application_uri,
        certificate: file("Https:CertificateFile"),
        certificate_key: file("Https:KeyFile"),
        certificate_password: password("Https:KeyPassword"),
        encryption_file: file("EncryptionCertificate:File")
            .map(|file| (file, password("EncryptionCertificate:Password"))),
        encrypts_exports: flag("EncryptionCertificate:EncryptFile", true),
        json_logs: flag("Serilog:Json", false),
        traces: text("OpenTelemetry:Endpoint")
            .map(|endpoint| (endpoint, text("OpenTelemetry:ServiceName").unwrap_or_default())),
        body_seconds: tree.at("Uploads:BodySeconds").and_then(as_number).unwrap_or(60).max(1),
        has_swagger_page: flag("Swagger:Enabled", false),
        access,
    }
}

fn wrong(sources: &mut Sources, path: &str, expected: &str) {
    let problem = Problem::new("wrong-value", Severity::Error, format!("`{path}` has a wrong value"));
    sources.problems.push(problem.hint(format!("expected {expected}")));
}

/// Seconds of `8:00:00` or `1.00:00:00`.
fn span(text: &str) -> Option<i64> {
    let (days, clock) = match text.trim().split_once('.') {
        Some((days, clock)) => (days.parse::<i64>().ok()?, clock),
        None => (0, text.trim()),
    };
    let parts: Vec<i64> =
        clock.split(':').map(|part| part.parse::<u16>().ok().map(i64::from)).collect::<Option<_>>()?;
    match parts.as_slice() {
        [hours, minutes] => Some(days * 86_400 + hours * 3600 + minutes * 60),
        [hours, minutes, seconds] => Some(days * 86_400 + hours * 3600 + minutes * 60 + seconds),
        _ => None,
    }
}

fn providers(tree: &Tree, sources: &mut Sources) -> Vec<ProviderSettings> {
    let Some(section @ Tree::Section(children)) = tree.at("Authentication:OpenId") else { return Vec::new() };
    if section.get("Enabled").and_then(as_bool) == Some(false) {
        return Vec::new();
    }
    let named = children
        .iter()
        .filter(|(name, child)| !name.eq_ignore_ascii_case("Enabled") && matches!(child, Tree::Section(_)));
    named.filter_map(|(name, child)| provider(tree, name, child, sources)).collect()
}

fn provider(tree: &Tree, name: &str, child: &Tree, sources: &mut Sources) -> Option<ProviderSettings> {
    let text = |key: &str| child.get(key).and_then(as_text).filter(|text| !text.is_empty());
    let path = format!("Authentication:OpenId:{name}");
    for (key, usual) in [("ResponseType", "Code"), ("ResponseMode", "Query")] {
        if text(key).is_some_and(|value| !value.eq_ignore_ascii_case(usual)) {
            wrong(
                sources,
                &format!("{path}:{key}"),
                &format!("{usual}: no other way is supported, because none is as safe"),
            );
        }
    }
    let required = |sources: &mut Sources, key: &str| {
        let value = text(key);
        if value.is_none() {
            wrong(
                sources,
                &format!("{path}:{key}"),
                "a value: the provider gives it to you when you register this server",
            );
        }
        value
    };
    let (client_id, authority) = (required(sources, "ClientId"), required(sources, "Authority"));
    let scheme = text("AuthenticationScheme").unwrap_or_else(|| name.to_owned());
    let everywhere = tree.at("Authentication:RequireHttpsMetadata").and_then(as_bool).unwrap_or(true);
    Some(ProviderSettings {
        display_name: text("DisplayName").unwrap_or_else(|| scheme.clone()),
        name: scheme,
        client_id: client_id?,
        client_secret: text("ClientSecret"),
        authority: authority?,
        metadata_address: text("MetadataAddress"),
        name_claim: text("NameClaimType").unwrap_or_else(|| "sub".to_owned()),
        scopes: scopes(child.get("Scopes")),
        require_https: child.get("RequireHttpsMetadata").and_then(as_bool).unwrap_or(everywhere),
    })
}

/// A list, or one text with blanks. Without `openid` it would be another protocol.
fn scopes(value: Option<&Tree>) -> String {
    let mut scopes: Vec<String> = match value {
        Some(Tree::List(items, _)) => items.iter().filter_map(as_text).collect(),
        Some(Tree::Leaf(Value::String(text), _)) => text.split_whitespace().map(str::to_owned).collect(),
        _ => ["openid", "profile", "email"].map(str::to_owned).to_vec(),
    };
    if !scopes.iter().any(|scope| scope == "openid") {
        scopes.insert(0, "openid".to_owned());
    }
    scopes.join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, SERVER_FILE, Settings};
    use super::*;
    use crate::terminal::Terminal;

    fn load(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(SERVER_FILE), text).unwrap();
        Settings::load(folder.path(), &Overrides::default()).map_err(|report| report.render(&Terminal::plain()))
    }

    #[test]
    fn lengths_of_time_are_read_as_the_original_writes_them() {
        for (text, expected) in [("8:00:00", Some(28_800)), ("00:10", Some(600)), ("30.00:00:00", Some(2_592_000))] {
            assert_eq!(span(text), expected, "{text}");
        }
        for text in ["", "8", "x:00", "1:2:3:4", "-1:00"] {
            assert_eq!(span(text), None, "{text}");
        }
    }

    #[test]
    fn a_provider_has_the_documented_defaults() {
        let text = r#"{"ApplicationUri": "https://provost.example/",
            "Authentication": {"CookieLifeTime": "04:00:00", "AllowLocalLogin": false,
                "OpenId": {"Enabled": true, "Okta": {"AuthenticationScheme": "okta", "ClientId": "id", "ClientSecret": "s",
                    "Authority": "https://acme.okta.example", "Scopes": ["profile"]}}},
            "OpenIdClients": {"Job": {"HashedSecret": "h"}}}"#;
        let serving = load(text).unwrap().serving;
        assert_eq!(serving.application_uri.as_deref(), Some("https://provost.example"));
        let access = &serving.access;
        assert_eq!((access.session_seconds, access.session_idle_seconds, access.token_seconds), (14_400, 600, 900));
        assert!(!access.allow_local_login);
        assert_eq!(access.client_secrets["Job"], "h");
        let provider = &access.providers[0];
        assert_eq!((provider.name.as_str(), provider.display_name.as_str()), ("okta", "okta"));
        assert_eq!((provider.name_claim.as_str(), provider.scopes.as_str()), ("sub", "openid profile"));
        assert!(provider.require_https);
    }

    #[test]
    fn what_a_provider_lacks_or_asks_too_much_is_said() {
        let text = r#"{"Authentication": {"LifeTimeSliding": "soon", "OpenId": {"X": {"ClientId": "id", "ResponseType": "IdToken"}}}}"#;
        let report = load(text).unwrap_err();
        for part in ["LifeTimeSliding", "OpenId:X:ResponseType", "OpenId:X:Authority"] {
            assert!(report.contains(part), "{report}");
        }
    }
}
