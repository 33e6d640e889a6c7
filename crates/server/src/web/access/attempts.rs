//! Failed attempts: counted for each login and each address, with waits that grow.

use super::refusal::{Reason, Refusal};
use crate::web::app::App;
use crate::web::problem::Problem;
use axum::http::StatusCode;
use provost_store::{Attempts, StoreError};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

const SECOND: i64 = 1_000_000;
/// Longest wait.
const LONGEST: i64 = 15 * 60 * SECOND;
/// Failures that are this old count no more.
const FORGOTTEN: i64 = 3600 * SECOND;
/// Attempts of one subject that may be under way at the same time: otherwise a thousand at once would all be let
/// through before the first one has failed.
const AT_ONCE: u32 = 8;
/// Subjects kept in memory.
const KEPT: usize = 10_000;

/// Who attempts.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    name: String,
    /// Failures without a wait. An address may be shared by a whole office.
    free: i64,
}

impl Subject {
    /// A login of a person or a program.
    pub(crate) fn login(kind: &str, login: &str) -> Subject {
        // Whoever tries long names fills the table: of those, a digest is enough.
        Subject { name: format!("{kind}:{}", super::secret::digest(&login.to_lowercase())), free: 5 }
    }

    /// An address; of IPv6 the network, because a caller has many of its addresses.
    pub(crate) fn peer(address: Option<IpAddr>) -> Subject {
        let name = match address {
            None => "unknown".to_owned(),
            Some(IpAddr::V4(v4)) => v4.to_string(),
            Some(IpAddr::V6(v6)) => match v6.to_ipv4_mapped() {
                Some(v4) => v4.to_string(),
                None => v6.segments()[..4].iter().map(|part| format!("{part:x}")).collect::<Vec<_>>().join(":"),
            },
        };
        Subject { name: format!("peer:{name}"), free: 20 }
    }
}

/// What is known in this process. The repository has the same, so that other servers know it too; when it cannot be
/// written because a run holds it, this is enough.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<HashMap<String, State>>);

#[derive(Clone, Copy, Debug, Default)]
struct State {
    attempts: Attempts,
    under_way: u32,
}

impl Memory {
    fn with<T>(&self, name: &str, change: impl FnOnce(&mut State) -> T) -> T {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if states.len() >= KEPT {
            states.retain(|_, state| state.under_way > 0 || state.attempts.failures > 3);
        }
        change(states.entry(name.to_owned()).or_default())
    }
}

/// An attempt under way. Dropping it without a result counts as neither.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    app: &'a App,
    subjects: Vec<Subject>,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        for subject in &self.subjects {
            self.app.access().attempts.with(&subject.name, |state| state.under_way = state.under_way.saturating_sub(1));
        }
    }
}

/// Lets an attempt begin.
///
/// # Errors
/// Too many have failed: 429 with the seconds to wait.
pub(crate) async fn begin<'a>(app: &'a App, subjects: Vec<Subject>) -> Result<Attempt<'a>, Refusal> {
    let names: Vec<String> = subjects.iter().map(|subject| subject.name.clone()).collect();
    let stored =
        app.read(move |tx| Ok(names.iter().map(|name| tx.attempts(name)).collect::<Result<Vec<_>, _>>()?)).await;
    let stored = stored.map_err(|problem| Refusal::new(Reason::Locked, problem))?;
    let now = app.now_micros();
    let mut attempt = Attempt { app, subjects: Vec::new() };
    for (subject, stored) in subjects.into_iter().zip(stored) {
        let wait = app.access().attempts.with(&subject.name, |state| {
            if stored.last_failure_at > state.attempts.last_failure_at {
                state.attempts = stored;
            }
            let wait = state.attempts.locked_until - now;
            if wait > 0 {
                return wait;
            }
            if state.under_way >= AT_ONCE {
                return SECOND;
            }
            state.under_way += 1;
            0
        });
        if wait > 0 {
            return Err(locked(wait));
        }
        attempt.subjects.push(subject);
    }
    Ok(attempt)
}

fn locked(wait: i64) -> Refusal {
    let seconds = u32::try_from(wait.div_euclid(SECOND) + 1).unwrap_or(u32::MAX);
    let detail = format!("too many attempts have failed; wait {seconds} seconds");
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "locked", detail).retry_after(seconds);
    Refusal::new(Reason::Locked, problem.hint("an administrator can see failed attempts in the log"))
}

impl Attempt<'_> {
    /// It failed.
    pub(crate) async fn failed(&self) {
        let now = self.app.now_micros();
        let mut noted = Vec::new();
        for subject in &self.subjects {
            let attempts = self.app.access().attempts.with(&subject.name, |state| {
                state.attempts = after_failure(state.attempts, subject.free, now);
                state.attempts
            });
            noted.push((subject.name.clone(), attempts));
        }
        self.note(move |tx| {
            tx.forget_attempts_before(now - FORGOTTEN)?;
            noted.iter().try_for_each(|(name, attempts)| tx.set_attempts(name, *attempts))
        })
        .await;
    }

    /// It succeeded: the login is trusted again. The address is not, or one good login would pay for many bad ones.
    pub(crate) async fn succeeded(&self) {
        let Some(login) = self.subjects.first() else { return };
        let had_failed = self.app.access().attempts.with(&login.name, |state| {
            let had_failed = state.attempts.failures > 0;
            state.attempts = Attempts::default();
            had_failed
        });
        if had_failed {
            let name = login.name.clone();
            self.note(move |tx| tx.forget_attempts(&name)).await;
        }
    }

    async fn note(&self, body: impl FnOnce(&mut provost_store::WriteTx) -> Result<(), StoreError> + Send + 'static) {
        let store = self.app.store().clone();
        let noted = self
            .app
            .blocking(move || {
                let noted: Result<(), StoreError> = store.note(body);
                Ok(noted?)
            })
            .await;
        if noted.is_err() {
            tracing::warn!("failed attempts are remembered by this process only: the repository cannot be written");
        }
    }
}

/// One more failure. After the free ones, waits double: 1, 2, 4 seconds, up to a quarter of an hour.
fn after_failure(before: Attempts, free: i64, now: i64) -> Attempts {
    let failures = if now - before.last_failure_at > FORGOTTEN { 1 } else { before.failures + 1 };
    let wait = match u32::try_from(failures - free) {
        Ok(beyond @ 1..) => SECOND.saturating_mul(1_i64 << (beyond - 1).min(30)).min(LONGEST),
        _ => 0,
    };
    Attempts { failures, last_failure_at: now, locked_until: now + wait }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_begin_after_the_free_failures_and_double() {
        let mut attempts = Attempts::default();
        let mut now = 5_000 * SECOND;
        let mut waits = Vec::new();
        for _ in 0..18 {
            attempts = after_failure(attempts, 5, now);
            waits.push((attempts.locked_until - now) / SECOND);
            now = attempts.locked_until;
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        let later = after_failure(attempts, 5, now + 2 * FORGOTTEN);
        assert_eq!((later.failures, later.locked_until), (1, now + 2 * FORGOTTEN));
    }

    #[test]
    fn addresses_of_one_caller_are_one_subject() {
        let name = |text: &str| Subject::peer(Some(text.parse().unwrap())).name;
        assert_eq!(name("2001:db8:1:2::1"), name("2001:db8:1:2:ffff::9"));
        assert_ne!(name("2001:db8:1:2::1"), name("2001:db8:1:3::1"));
        assert_eq!(name("::ffff:192.0.2.7"), "peer:192.0.2.7");
        assert_eq!(Subject::login("person", "Amara").name, Subject::login("person", "amara").name);
    }
}
