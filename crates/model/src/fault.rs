//! Named write boundaries at which a test may stop the process.
//!
//! A release build contains nothing of this: without the `fault-injection` feature [`point`] is empty. With it, the
//! process aborts (no destructor, no flush: as `kill -9` would) when the environment variable `PROVOST_CRASH_AT`
//! names the point, or `name:n` for its n-th passage.

/// Passes the write boundary `name`.
#[inline]
pub fn point(name: &str) {
    #[cfg(feature = "fault-injection")]
    injected::point(name);
    #[cfg(not(feature = "fault-injection"))]
    let _ = name;
}

#[cfg(feature = "fault-injection")]
mod injected {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static WANTED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSAGES: AtomicU64 = AtomicU64::new(0);

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
