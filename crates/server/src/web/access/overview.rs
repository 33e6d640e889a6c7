//! Who can sign in with a password, who is signed in, and ending the sessions of others.

use crate::web::app::App;
use crate::web::body::JsonBody;
use crate::web::principal::Principal;
use crate::web::problem::Problem;
use crate::web::route::{Right, Route};
use axum::Json;
use axum::extract::{Extension, State};
use axum::http::Method;
use axum::routing::{get, post};
use provost_store::{Account, ReadTx, WebSession};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const TAG: &str = "Access";
/// The catalogue of permissions knows no accounts; whoever sees who has which profile may see them.
const SEE: Right = Right::Permission("/AccessControl/AssignedProfile/Query");
const END: Right = Right::Permission("/AccessControl/AssignedProfile/Update");

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/api/Access/Accounts", SEE, TAG, "Built-in accounts", || get(accounts))
            .gives::<Accounts>(),
        Route::new(Method::GET, "/api/Access/Sessions", SEE, TAG, "Who is signed in", || get(sessions))
            .gives::<Sessions>(),
        Route::new(Method::POST, "/api/Access/SignOutOther", END, TAG, "End all sessions of somebody else", || {
            post(sign_out_other)
        })
        .takes::<SignOutOther>()
        .gives::<SignedOut>(),
    ]
}

/// A built-in account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Account)]
struct AccountShape {
    login: String,
    /// Profile, or `/` for every right.
    profile: String,
    /// Microseconds since 1970, UTC.
    created_at: i64,
    must_change_password: bool,
    is_disabled: bool,
}

impl From<Account> for AccountShape {
    fn from(account: Account) -> AccountShape {
        AccountShape {
            login: account.login,
            profile: account.profile,
            created_at: account.created_at,
            must_change_password: account.must_change,
            is_disabled: account.is_disabled,
        }
    }
}

/// Built-in accounts by their login.
#[derive(Debug, Serialize, ToSchema)]
struct Accounts {
    accounts: Vec<AccountShape>,
}

/// Somebody who is signed in, in one browser.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
struct SessionShape {
    login: String,
    /// Provider where they signed in; empty for a built-in account.
    provider: String,
    /// Microseconds since 1970, UTC.
    created_at: i64,
    /// When it was last used, to about a minute.
    last_seen_at: i64,
    /// When it ends however much it is used.
    expires_at: i64,
}

impl From<WebSession> for SessionShape {
    fn from(session: WebSession) -> SessionShape {
        SessionShape {
            login: session.login,
            provider: session.provider,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
        }
    }
}

/// Sessions by login, the newest first.
#[derive(Debug, Serialize, ToSchema)]
struct Sessions {
    sessions: Vec<SessionShape>,
}

/// Whose sessions are to end.
#[derive(Debug, Deserialize, ToSchema)]
struct SignOutOther {
    /// As `GET /api/Access/Sessions` shows it.
    login: String,
    /// Provider where they signed in; empty for a built-in account.
    #[serde(default)]
    provider: String,
    /// Why; lands in the journal.
    #[serde(default)]
    reason: String,
}

/// What was ended.
#[derive(Debug, Serialize, ToSchema)]
struct SignedOut {
    /// Number of sessions.
    ended: u64,
}

async fn accounts(State(app): State<App>) -> Result<Json<Accounts>, Problem> {
    let accounts = app.read(|tx| Ok(tx.accounts()?)).await?;
    Ok(Json(Accounts { accounts: accounts.into_iter().map(Into::into).collect() }))
}

async fn sessions(State(app): State<App>) -> Result<Json<Sessions>, Problem> {
    let (now, idle) = (app.now_micros(), app.settings().access.session_idle_seconds * 1_000_000);
    let open = app.read(move |tx: &mut ReadTx| Ok(tx.open_web_sessions(now, idle)?)).await?;
    Ok(Json(Sessions { sessions: open.into_iter().map(Into::into).collect() }))
}

async fn sign_out_other(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    JsonBody(asked): JsonBody<SignOutOther>,
) -> Result<Json<SignedOut>, Problem> {
    let because = if asked.reason.is_empty() { String::new() } else { format!(": {}", asked.reason) };
    let reason = format!("signed out {}{because}", super::connect::shortened(&asked.login));
    let ended = app
        .write(&principal.name, &reason, move |tx| Ok(tx.delete_web_sessions_of(&asked.login, &asked.provider)?))
        .await?;
    Ok(Json(SignedOut { ended }))
}
