//! Certificates: until when, for whom, and whether the key is theirs.

use super::{Finding, span};
use crate::certificate;
use crate::keys;
use crate::settings::Settings;
use std::path::Path;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

const DAY: i64 = 86_400_000_000;
/// Days before its end in which a certificate should be replaced.
const SOON: i64 = 30;

pub(super) fn examine(settings: &Settings, now: i64, found: &mut Vec<Finding>) {
    const CHECK: &str = "certificate";
    if let Some(file) = certificate::file(settings) {
        match certificate::load(settings, &[]) {
            Ok(_) => found.extend(dates(CHECK, &file, &settings.serving.certificate_password, host(settings), now)),
            Err(report) => found.push(Finding::error(
                CHECK,
                report.text.clone(),
                report.hint.clone().unwrap_or_else(|| "give the certificate and the key that belongs to it".to_owned()),
            )),
        }
    }
    if let Some(pinned) = &settings.calling.certificate {
        found.extend(dates("certificate of the server", pinned, "", None, now));
    }
    if let Some((file, password)) = &settings.serving.encryption_file {
        match crate::sealing::Opener::read(file, password) {
            Ok(_) => found.extend(dates("encryption certificate", file, password, None, now)),
            Err(report) => found.push(Finding::error(
                "encryption certificate",
                report.text.clone(),
                report.hint.clone().unwrap_or_default(),
            )),
        }
    }
}

/// The name by which callers reach the server.
fn host(settings: &Settings) -> Option<String> {
    let uri = settings.serving.application_uri.as_deref()?;
    let authority = uri.strip_prefix("https://")?.split('/').next()?;
    let name = authority.rsplit_once(':').map_or(authority, |(name, _)| name);
    Some(name.trim_matches(['[', ']']).to_ascii_lowercase())
}

fn dates(check: &'static str, file: &Path, password: &str, host: Option<String>, now: i64) -> Vec<Finding> {
    let unreadable = |detail: String| {
        vec![Finding::error(
            check,
            format!("{}: {detail}", file.display()),
            "give a certificate in PEM form, or a PFX file with its password",
        )]
    };
    let read = match keys::read(file, password) {
        Ok(read) => read,
        Err(detail) => return unreadable(detail),
    };
    let Some(der) = read.certificates.first() else {
        return unreadable("it holds no certificate".to_owned());
    };
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return unreadable("is no certificate".to_owned());
    };
    let mut found = Vec::new();
    let ends = certificate.validity().not_after.timestamp().saturating_mul(1_000_000);
    let begins = certificate.validity().not_before.timestamp().saturating_mul(1_000_000);
    let shown = file.display();
    let advice = "replace it, and restart what uses it";
    found.push(match (ends.saturating_sub(now), now.saturating_sub(begins)) {
        (_, ..0) => Finding::error(check, format!("{shown} is not valid yet"), "check the clock of this machine"),
        (left @ ..0, _) => Finding::error(check, format!("{shown} ended {} ago", span(left)), advice),
        (left, _) if left < SOON * DAY => Finding::warning(check, format!("{shown} ends in {}", span(left)), advice),
        (left, _) => Finding::ok(check, format!("{shown} is valid for {}", span(left))),
    });
    if let Some(host) = host.filter(|host| !names(&certificate).iter().any(|name| covers(name, host))) {
        let detail = format!("{shown} is not for {host}, the name in ApplicationUri");
        let advice =
            "give a certificate for that name; one that the server made is made anew when its files are removed";
        found.push(Finding::warning(check, detail, advice));
    }
    found
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let names = extension.value.general_names.iter();
    names
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            GeneralName::IPAddress(bytes) => address(bytes),
            _ => None,
        })
        .collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    let four = <[u8; 4]>::try_from(bytes).map(|bytes| std::net::IpAddr::from(bytes).to_string());
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(|bytes| std::net::IpAddr::from(bytes).to_string())).ok()
}

fn covers(name: &str, host: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(domain) => host.split_once('.').is_some_and(|(_, rest)| rest == domain),
        None => name == host,
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn a_certificate_is_judged_by_its_dates_and_names() {
        let folder = tempfile::tempdir().unwrap();
        let mut parameters =
            rcgen::CertificateParams::new(vec!["a.example".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2026, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2026, 3, 1);
        let certificate = parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        let file = folder.path().join("c.crt");
        std::fs::write(&file, certificate.pem()).unwrap();
        let at = |day: &str, host: &str| {
            let now: jiff::Timestamp = format!("{day}T00:00:00Z").parse().unwrap();
            dates("c", &file, "", Some(host.to_owned()), now.as_microsecond())
                .iter()
                .map(|f| f.state)
                .collect::<Vec<_>>()
        };
        assert_eq!(at("2026-01-02", "a.example"), [State::Ok]);
        assert_eq!(at("2026-02-15", "127.0.0.1"), [State::Warning]);
        assert_eq!(at("2026-03-02", "a.example"), [State::Error]);
        assert_eq!(at("2025-12-31", "a.example"), [State::Error]);
        assert_eq!(at("2026-01-02", "b.example"), [State::Ok, State::Warning]);
    }

    #[test]
    fn a_star_stands_for_one_label() {
        assert!(covers("*.example", "a.example") && covers("a", "a"));
        assert!(!covers("*.example", "a.b.example") && !covers("*.example", "example"));
    }
}
