//! Who calls, and how they prove it: programs with tokens, people with sessions.
//!
//! ```text
//! program: client id and secret ─▶ /connect/token ─▶ signed token of 15 minutes ─▶ Authorization: Bearer | DPoP
//! person:  password, or a provider of OpenID Connect ─▶ random session id ─▶ cookie
//! either ─▶ Principal with its rights ─▶ guard of the route
//! ```
//!
//! Tokens are checked against the deployed clients each time, sessions against accounts and resources: whoever is taken
//! out is out with the next request.

mod attempts;
mod authenticate;
mod connect;
mod id_token;
mod keys;
pub(crate) mod origin;
mod overview;
mod passwords;
mod policies;
mod proof;
mod provider;
mod refusal;
mod secret;
pub(crate) mod sessions;
mod settings;
mod sign_in;
mod sign_in_at;
mod tokens;

pub(crate) use authenticate::{Means, authenticate};
pub use passwords::{FIRST_ADMINISTRATOR, FirstAdministratorError, first_administrator};
pub(crate) use refusal::{Failure, Reason, Refusal};
pub use settings::{AccessSettings, ProviderSettings};
pub(crate) use sign_in::{BEFORE_CHANGE, enter, renew, with_cookie};

use super::app::App;
use super::listen::Peer;
use super::problem::Problem;
use super::route::Route;
use axum::http::request::Parts;
use std::net::IpAddr;

/// What this process remembers about those who call.
#[derive(Debug)]
pub(crate) struct Access {
    policies: policies::Policies,
    keys: keys::Keys,
    proofs: proof::Proofs,
    attempts: attempts::Memory,
    passwords: passwords::Passwords,
    last_seen: sessions::LastSeen,
    providers: provider::Providers,
}

impl Access {
    pub(crate) fn new(now_micros: i64) -> Access {
        Access {
            policies: policies::Policies::default(),
            keys: keys::Keys::default(),
            proofs: proof::Proofs::new(now_micros),
            attempts: attempts::Memory::default(),
            passwords: passwords::Passwords::default(),
            last_seen: sessions::LastSeen::default(),
            providers: provider::Providers::default(),
        }
    }
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes = connect::routes();
    routes.extend(sign_in::routes());
    routes.extend(sign_in_at::routes());
    routes.extend(overview::routes());
    routes
}

/// Address of whoever calls. Behind a proxy it is the last one that the proxy has added: those before it are hearsay.
pub(crate) fn peer_of(app: &App, head: &Parts) -> Option<IpAddr> {
    if app.settings().access.is_behind_proxy {
        let forwarded = head.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        return forwarded.rsplit(',').next()?.trim().parse().ok();
    }
    head.extensions.get::<Peer>().map(|peer| peer.0.ip())
}

/// Counts and logs a refusal; nothing secret is in it.
pub(crate) fn refused(app: &App, reason: Reason, peer: Option<IpAddr>, detail: &str) {
    app.metrics().add("provost_refused_total", reason.label(), 1);
    tracing::warn!(reason = reason.word(), peer = sign_in::shown(peer), detail, "a request was refused");
}

/// The same, with the answer to the caller.
pub(crate) fn refuse(app: &App, peer: Option<IpAddr>, refusal: Refusal) -> Problem {
    refused(app, refusal.reason, peer, &refusal.problem.detail);
    refusal.problem
}

#[cfg(test)]
pub(crate) mod tests;
