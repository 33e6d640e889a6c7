//! Sessions of browsers: a random id in a cookie, its digest in the repository.

use super::secret;
use crate::web::app::App;
use crate::web::principal::Person;
use crate::web::problem::Problem;
use axum::http::{HeaderMap, HeaderValue, header};
use provost_model::ResourceId;
use provost_model::access::{AccessPolicy, Rights};
use provost_store::{ReadTx, StoreError, WebSession};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

const SECOND: i64 = 1_000_000;
/// Uses of a session are written down this often.
const NOTED_EVERY: i64 = 60 * SECOND;
/// Cookies of this name are taken by browsers through TLS only, for this host and all its paths.
const SECURE_NAME: &str = "__Host-provost";
/// Over plain HTTP browsers refuse that prefix: for loopback, and behind nothing else.
const PLAIN_NAME: &str = "provost-loopback";

/// What was learnt about somebody at sign-in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Learnt {
    /// Name to show.
    pub(crate) display_name: String,
    /// The identity: entity type and id.
    pub(crate) resource: Option<(String, i64)>,
    /// Values of its key properties, by which profiles are assigned.
    pub(crate) keys: Vec<String>,
}

/// When each session was last used, as this process knows it: a request must not wait for the repository to write it.
#[derive(Debug, Default)]
pub(crate) struct LastSeen(Mutex<HashMap<String, (i64, i64)>>);

impl LastSeen {
    /// The last use that is known; and whether this one is to be written.
    fn seen(&self, session: &WebSession, now: i64) -> (i64, bool) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = all.entry(session.digest.clone()).or_insert((session.last_seen_at, session.last_seen_at));
        let last = entry.0.max(session.last_seen_at);
        let is_due = now - entry.1.max(session.last_seen_at) >= NOTED_EVERY;
        *entry = (last.max(now), if is_due { now } else { entry.1 });
        if all.len() > 10_000 {
            all.retain(|_, (seen, _)| now - *seen < 2 * NOTED_EVERY);
        }
        (last, is_due)
    }

    fn forget(&self, digest: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(digest);
    }
}

/// A cookie of this server.
pub(crate) fn cookie_name(app: &App, purpose: &str) -> String {
    let name = if app.settings().access.is_secure { SECURE_NAME } else { PLAIN_NAME };
    format!("{name}{purpose}")
}

/// `Set-Cookie` for a cookie that lives for some seconds; 0 removes it.
pub(crate) fn set_cookie(app: &App, purpose: &str, value: &str, seconds: i64) -> HeaderValue {
    let secure = if app.settings().access.is_secure { "; Secure" } else { "" };
    let text =
        format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}", cookie_name(app, purpose));
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// The value of a cookie. Two of one name: somebody has planted one, and neither counts.
pub(crate) fn cookie<'a>(app: &App, headers: &'a HeaderMap, purpose: &str) -> Option<&'a str> {
    let name = cookie_name(app, purpose);
    let pairs =
        headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(';'));
    let mut values = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(key, _)| *key == name);
    match (values.next(), values.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

/// A new session for a person, with a new id: whatever the browser brought along before sign-in is ended.
///
/// # Errors
/// The repository cannot be written.
pub(crate) async fn begin(
    app: &App,
    headers: &HeaderMap,
    (login, provider): (&str, &str),
    learnt: &Learnt,
    reason: String,
) -> Result<HeaderValue, Problem> {
    let id = secret::random().map_err(|error| Problem::internal(&error))?;
    let before = cookie(app, headers, "").map(secret::digest);
    let settings = &app.settings().access;
    let now = app.now_micros();
    let session = WebSession {
        digest: secret::digest(&id),
        login: login.to_owned(),
        provider: provider.to_owned(),
        claims: serde_json::to_string(learnt).map_err(|error| Problem::internal(&error))?,
        created_at: now,
        last_seen_at: now,
        expires_at: now + settings.session_seconds * SECOND,
    };
    let idle = settings.session_idle_seconds * SECOND;
    app.write(&format!("person {login}"), &reason, move |tx| {
        if let Some(before) = before {
            tx.delete_web_session(&before)?;
        }
        tx.delete_ended_web_sessions(now, idle)?;
        Ok(tx.insert_web_session(&session)?)
    })
    .await?;
    Ok(set_cookie(app, "", &id, settings.session_seconds))
}

/// Ends the session of a request.
///
/// # Errors
/// The repository cannot be written.
pub(crate) async fn end(app: &App, headers: &HeaderMap, actor: &str) -> Result<HeaderValue, Problem> {
    if let Some(digest) = cookie(app, headers, "").map(secret::digest) {
        app.access().last_seen.forget(&digest);
        app.write(actor, "sign-out", move |tx| Ok(tx.delete_web_session(&digest)?)).await?;
    }
    Ok(set_cookie(app, "", "", 0))
}

/// Whoever the session of a request belongs to; `None` when there is no session, or it has ended.
///
/// # Errors
/// The repository cannot be read.
pub(crate) async fn person(app: &App, headers: &HeaderMap) -> Result<Option<(Person, Rights)>, Problem> {
    let Some(digest) = cookie(app, headers, "").map(secret::digest) else { return Ok(None) };
    let (inner, now) = (app.clone(), app.now_micros());
    let Some((session, person, rights)) = app.read(move |tx| known(&inner, tx, &digest, now)).await? else {
        return Ok(None);
    };
    let (last_seen, is_due) = app.access().last_seen.seen(&session, now);
    if now - last_seen >= app.settings().access.session_idle_seconds * SECOND {
        app.access().last_seen.forget(&session.digest);
        return Ok(None);
    }
    if is_due {
        let store = app.store().clone();
        // Nobody waits for it: should it fail, the next use tries again.
        drop(tokio::task::spawn_blocking(move || {
            let noted: Result<(), StoreError> = store.note(|tx| tx.touch_web_session(&session.digest, now));
            noted.err().map(|error| tracing::debug!(%error, "the use of a session was not noted"))
        }));
    }
    Ok(Some((person, rights)))
}

fn known(app: &App, tx: &mut ReadTx, digest: &str, now: i64) -> Result<Option<(WebSession, Person, Rights)>, Problem> {
    let Some(session) = tx.web_session(digest)?.filter(|session| now < session.expires_at) else { return Ok(None) };
    let learnt: Learnt = serde_json::from_str(&session.claims).unwrap_or_default();
    let policy = app.access().policies.current(tx)?;
    let mut person = Person {
        login: session.login.clone(),
        provider: session.provider.clone(),
        display_name: learnt.display_name,
        resource: learnt.resource.map(|(entity_type, id)| (entity_type, ResourceId(id))),
        must_change_password: false,
    };
    let rights = match session.provider.is_empty() {
        true => match tx.account(&session.login)?.filter(|account| !account.is_disabled) {
            None => return Ok(None),
            Some(account) => {
                person.must_change_password = account.must_change;
                of_account(&policy, &account.profile, account.must_change)
            }
        },
        false => {
            // Somebody who has left has no session any more, whatever the provider says.
            if let Some((_, id)) = person.resource
                && tx.resource_version(id, None)?.is_none()
            {
                return Ok(None);
            }
            Rights::of_user(&policy, &learnt.keys, now)
        }
    };
    Ok(Some((session, person, rights)))
}

pub(super) fn of_account(policy: &Arc<AccessPolicy>, profile: &str, must_change: bool) -> Rights {
    use provost_model::access::{Grant, Scope};
    match profile {
        _ if must_change => Rights::nothing(),
        super::passwords::EVERYTHING => Rights::everything(),
        profile => Rights::of(policy, vec![Grant { profile: profile.to_owned(), scope: Scope::new() }]),
    }
}
