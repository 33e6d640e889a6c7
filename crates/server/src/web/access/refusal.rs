//! Why somebody was not let in: what the caller is told, and the reason under which it is counted.

use crate::web::problem::Problem;
use axum::http::StatusCode;

/// Reasons under which refusals are counted (`provost_refused_total{reason="…"}`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Nobody is signed in.
    SignedOut,
    /// The token is not one of ours, is damaged, or is for somebody else.
    Token,
    /// The token has expired, or is not valid yet.
    Expired,
    /// The proof of possession is missing, wrong or used before.
    Proof,
    /// The client is unknown, has expired, or its secret is wrong.
    Client,
    /// Login or password is wrong.
    Password,
    /// Too many failures.
    Locked,
    /// The permission is missing.
    Forbidden,
    /// Another site sent the browser.
    CrossSite,
    /// The sign-in at a provider did not work.
    Provider,
}

impl Reason {
    /// The reason as a log has it.
    pub(crate) fn word(self) -> &'static str {
        self.label().trim_start_matches("reason=").trim_matches('"')
    }

    /// The label.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Reason::SignedOut => "reason=\"signed-out\"",
            Reason::Token => "reason=\"token\"",
            Reason::Expired => "reason=\"expired\"",
            Reason::Proof => "reason=\"proof\"",
            Reason::Client => "reason=\"client\"",
            Reason::Password => "reason=\"password\"",
            Reason::Locked => "reason=\"locked\"",
            Reason::Forbidden => "reason=\"forbidden\"",
            Reason::CrossSite => "reason=\"cross-site\"",
            Reason::Provider => "reason=\"provider\"",
        }
    }
}

/// A refusal.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    pub(crate) problem: Problem,
}

impl Refusal {
    pub(crate) fn new(reason: Reason, problem: Problem) -> Refusal {
        Refusal { reason, problem }
    }

    /// A bearer token that is not taken. The caller learns what is wrong in general, the log in particular.
    pub(crate) fn token(reason: Reason, detail: &str) -> Refusal {
        let (code, hint) = match reason {
            Reason::Proof => ("invalid-proof", "send a new proof for each request in the header DPoP (RFC 9449)"),
            Reason::Expired => ("expired-token", "get a new token from /connect/token, and check the clock"),
            _ => ("invalid-token", "get a new token from /connect/token"),
        };
        Refusal::new(reason, Problem::new(StatusCode::UNAUTHORIZED, code, detail).hint(hint))
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure::Broken(problem)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(refusal)
    }
}

/// Why there is no principal: it was refused, or the server could not find out.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    Refused(Refusal),
    Broken(Problem),
}
