//! The server across the network, as an agent or a script calls it.

use super::Finding;
use super::database::clocks;
use crate::certificate;
use crate::road;
use crate::settings::Settings;
use crate::verbs::calling;

pub(super) fn examine(settings: &Settings, now: i64, found: &mut Vec<Finding>) {
    const CHECK: &str = "server";
    let Some(url) = settings.serving.application_uri.clone() else { return };
    if settings.calling.client.is_none() {
        return;
    }
    // A server need not be told to trust the certificate that it made itself.
    let mut settings = settings.clone();
    if settings.calling.certificate.is_none() && settings.serving.certificate.is_none() {
        settings.calling.certificate = certificate::file(&settings);
    }
    let answer = calling(&settings, &url, None, None, crate::verbs::options::PATIENCE)
        .and_then(|client| client.check().map_err(|error| road::report(&error)));
    match answer {
        Ok(clock) => {
            found.push(Finding::ok(CHECK, format!("{url} answers, and gives a token")));
            // The header has whole seconds.
            found.extend(clock.map(|seconds| clocks("server clock", seconds.saturating_mul(1_000_000) - now)));
        }
        Err(report) => {
            let advice = report.hint.clone().unwrap_or_else(|| "start the server, and check its address".to_owned());
            found.push(Finding::error(CHECK, report.text.clone(), advice));
        }
    }
}
