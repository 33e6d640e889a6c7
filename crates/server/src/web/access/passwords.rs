//! Passwords of built-in accounts: hashed with argon2id, checked in the same time whether the account exists or not.

use super::secret::{self, Failed};
use crate::web::app::App;
use crate::web::problem::Problem;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use provost_store::{Account, Store, StoreError};
use std::sync::OnceLock;
use tokio::sync::Semaphore;

/// Name of the account that `provost init` makes.
pub const FIRST_ADMINISTRATOR: &str = "administrator";
/// Profile of an account that may do everything.
pub(super) const EVERYTHING: &str = "/";
/// Fewest characters of a password.
const SHORTEST: usize = 12;
/// Most bytes of a password.
const LONGEST: usize = 1024;
/// Hashes computed at the same time: each takes 19 MiB and a processor.
const AT_ONCE: usize = 2;

/// How many hashes are being computed.
#[derive(Debug)]
pub(crate) struct Passwords(Semaphore);

impl Default for Passwords {
    fn default() -> Passwords {
        Passwords(Semaphore::new(AT_ONCE))
    }
}

/// Why there is no first administrator.
#[derive(Debug, thiserror::Error)]
pub enum FirstAdministratorError {
    /// The repository.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The machine.
    #[error("the password of the first administrator could not be made: {0}")]
    Failed(String),
}

/// Makes the first administrator when there is no account yet, or gives it a new password; returns the password, which
/// is stored nowhere and must be changed at the first sign-in. `None` when there is an account and `again` is false.
///
/// # Errors
/// The repository cannot be written, or the machine gives no random bytes.
pub fn first_administrator(
    store: &Store,
    actor: &str,
    again: bool,
    now_micros: i64,
) -> Result<Option<String>, FirstAdministratorError> {
    if !again && store.read(|tx| tx.has_accounts())? {
        return Ok(None);
    }
    let failed = |error: Failed| FirstAdministratorError::Failed(error.to_string());
    let password: String = secret::random().map_err(failed)?.chars().take(24).collect();
    let account = Account {
        login: FIRST_ADMINISTRATOR.to_owned(),
        password_hash: hash(&password).map_err(failed)?,
        profile: EVERYTHING.to_owned(),
        created_at: now_micros,
        must_change: true,
        is_disabled: false,
    };
    store.write::<_, StoreError>(actor, "password of the first administrator", |tx| {
        tx.delete_web_sessions_of(FIRST_ADMINISTRATOR, "")?;
        tx.set_account(&account)
    })?;
    Ok(Some(password))
}

/// Argon2id in PHC form, with a salt of its own.
pub(crate) fn hash(password: &str) -> Result<String, Failed> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|_| Failed("hashing a password"))?;
    Ok(hash.to_string())
}

fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
}

/// Whether this is the password of the account. Without an account as much work is done, for nothing.
///
/// # Errors
/// The machine gives no random bytes.
pub(crate) async fn verify(app: &App, password: &str, account: Option<&Account>) -> Result<bool, Problem> {
    static NOBODY: OnceLock<String> = OnceLock::new();
    if password.len() > LONGEST {
        return Ok(false);
    }
    let _place = app.access().passwords.0.acquire().await.map_err(|error| Problem::internal(&error))?;
    let (password, stored) = (password.to_owned(), account.map(|account| account.password_hash.clone()));
    let is_right = app
        .blocking(move || match stored {
            Some(stored) => Ok(matches(&password, &stored)),
            None => {
                if NOBODY.get().is_none() {
                    let _ = NOBODY.set(hash("nobody").map_err(|error| Problem::internal(&error))?);
                }
                matches(&password, NOBODY.get().map_or("", String::as_str));
                Ok(false)
            }
        })
        .await?;
    Ok(is_right && account.is_some_and(|account| !account.is_disabled))
}

/// The hash of a new password.
///
/// # Errors
/// It is too short, too long, or too easy.
pub(crate) async fn hash_new(app: &App, login: &str, password: &str) -> Result<String, Problem> {
    let length = password.chars().count();
    let all_the_same = password.chars().all(|c| password.starts_with(c));
    if length < SHORTEST || all_the_same || password.to_lowercase().contains(&login.to_lowercase()) {
        return Err(Problem::bad_request("weak-password", "this password is too easy to guess").hint(format!(
            "take at least {SHORTEST} characters, among them not the login: several words are easy to remember"
        )));
    }
    if password.len() > LONGEST {
        return Err(Problem::bad_request("weak-password", format!("a password has at most {LONGEST} bytes")));
    }
    let _place = app.access().passwords.0.acquire().await.map_err(|error| Problem::internal(&error))?;
    let password = password.to_owned();
    app.blocking(move || hash(&password).map_err(|error| Problem::internal(&error))).await
}
