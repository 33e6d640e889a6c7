//! From a request to whoever stands behind it.

use super::refusal::{Failure, Reason, Refusal};
use super::{proof, sessions, tokens};
use crate::web::app::App;
use crate::web::principal::{Principal, Who};
use axum::http::header;
use axum::http::request::Parts;
use provost_model::access::Rights;

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// A token, which no browser adds by itself.
    Token,
    /// A cookie, which a browser adds whoever sent it.
    Cookie,
}

/// Whoever stands behind a request; `None` when it names nobody, or a session that has ended. A token that is not
/// taken is an error: a cookie beside it does not count.
///
/// # Errors
/// The token is not taken; or the repository cannot be read.
pub(crate) async fn authenticate(app: &App, head: &Parts) -> Result<Option<(Principal, Means)>, Failure> {
    let mut headers = head.headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = headers.next() else {
        let person = sessions::person(app, &head.headers).await?;
        return Ok(person.map(|(person, rights)| (Principal::new(Who::Person(person), rights), Means::Cookie)));
    };
    let unreadable = || Refusal::token(Reason::Token, "the header Authorization cannot be read");
    let text = value.to_str().map_err(|_| unreadable())?;
    if headers.next().is_some() {
        return Err(unreadable().into());
    }
    let (scheme, token) = text.split_once(' ').ok_or_else(unreadable)?;
    let is_bound = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => false,
        "dpop" => true,
        _ => return Err(Refusal::token(Reason::Token, "only bearer tokens are taken here").into()),
    };
    let principal = client(app, head, token.trim(), is_bound).await?;
    Ok(Some((principal, Means::Token)))
}

async fn client(app: &App, head: &Parts, token: &str, is_bound: bool) -> Result<Principal, Failure> {
    let claims = tokens::verify(app, token).await?;
    match (&claims.cnf, proof::of(&head.headers)?) {
        (None, _) if !is_bound => {}
        (Some(bound), Some(proof)) if is_bound => {
            if proof::verify(app, head, proof, Some(token)).await? != bound.jkt {
                return Err(Refusal::token(Reason::Proof, "the proof is of another key than that of the token").into());
            }
        }
        (Some(_), _) => {
            return Err(Refusal::token(Reason::Proof, "this token needs Authorization: DPoP and a proof").into());
        }
        (None, _) => return Err(Refusal::token(Reason::Proof, "this token is bound to no key").into()),
    }
    let (inner, now) = (app.clone(), app.now_micros());
    let policy = app.read(move |tx| inner.access().policies.current(tx)).await?;
    let client = policy.clients.iter().find(|client| client.identifier == claims.client_id);
    match client.filter(|client| client.end.is_none_or(|end| now < end)) {
        Some(client) => {
            let rights = Rights::of_client(&policy, client);
            Ok(Principal::new(Who::Client(client.identifier.clone()), rights))
        }
        None => Err(Refusal::token(Reason::Client, "the client of this token is not let in any more").into()),
    }
}
