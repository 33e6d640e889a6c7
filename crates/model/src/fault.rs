//! Named write boundaries at which a test may stop the process.
//!
//! A release build contains nothing of this: without the `fault-injection` feature [`point`] is empty. With it, the
//! process aborts (no destructor, no flush: as `kill -9` would) when the environment variable `PROVOST_CRASH_AT`
//! names the point, or `name:n` for its n-th passage. And the clock of the door goes ahead by as many days as
//! `PROVOST_DAYS_AHEAD` says, so that a test need not wait for somebody to leave.

/// Passes the write boundary `name`.
#[inline]
pub fn point(name: &str) {
    #[cfg(feature = "fault-injection")]
    injected::point(name);
    #[cfg(not(feature = "fault-injection"))]
    let _ = name;
}

/// The time that the door goes by: `micros` since 1970, UTC, is what the machine says.
#[inline]
pub fn clock(micros: i64) -> i64 {
    #[cfg(feature = "fault-injection")]
    return injected::clock(micros);
    #[cfg(not(feature = "fault-injection"))]
    micros
}

#[cfg(feature = "fault-injection")]
mod injected {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static WANTED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSAGES: AtomicU64 = AtomicU64::new(0);

    static AHEAD: OnceLock<i64> = OnceLock::new();

    const DAY: i64 = 86_400_000_000;

    pub(super) fn clock(micros: i64) -> i64 {
        let days = || std::env::var("PROVOST_DAYS_AHEAD").ok()?.parse::<i64>().ok();
        micros + AHEAD.get_or_init(|| days().unwrap_or_default() * DAY)
    }

    pub(super) fn point(name: &str) {
        let wanted = WANTED.get_or_init(|| {
            let text = std::env::var("PROVOST_CRASH_AT").ok()?;
            Some(match text.rsplit_once(':') {
                Some((name, n)) => (name.to_owned(), n.parse().unwrap_or(1)),
                None => (text, 1),
            })
        });
        if let Some((wanted, nth)) = wanted
            && (wanted == name || wanted == "*")
            && PASSAGES.fetch_add(1, Ordering::SeqCst) + 1 == *nth
        {
            std::process::abort();
        }
    }
}
