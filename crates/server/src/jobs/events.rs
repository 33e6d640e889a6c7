//! Waking those who wait: for work, or for news.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Rings when something has changed in the books. Who waits looks for itself what that was.
#[derive(Debug)]
pub(super) struct Bell {
    rung: watch::Sender<u64>,
    count: Mutex<u64>,
    heard: Condvar,
}

impl Default for Bell {
    fn default() -> Bell {
        Bell { rung: watch::Sender::new(0), count: Mutex::new(0), heard: Condvar::new() }
    }
}

impl Bell {
    pub(super) fn ring(&self) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        self.rung.send_replace(*count);
        self.heard.notify_all();
    }

    /// How often it has rung.
    pub(super) fn count(&self) -> u64 {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits on this thread until it has rung more than `heard` times, or the time is over.
    pub(super) fn wait(&self, heard: u64, time: Duration) {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.heard.wait_timeout_while(count, time, |count| *count <= heard));
    }

    /// For whoever waits without a thread.
    pub(super) fn listen(&self) -> watch::Receiver<u64> {
        self.rung.subscribe()
    }
}
