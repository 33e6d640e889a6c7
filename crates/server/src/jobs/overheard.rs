//! What the program logs while a task runs, for the log of that task: the lines of the thread that runs it.
//!
//! The program's log is one; whoever writes it hands each line to [`said`] as well, on the thread that said it.

use provost_model::configuration::jobs::LogLevel;
use std::cell::RefCell;
use std::sync::Arc;

/// Who hears what a thread says.
pub type Listener = Arc<dyn Fn(LogLevel, &str) + Send + Sync>;

thread_local! {
    static LISTENER: RefCell<Option<Listener>> = const { RefCell::new(None) };
}

/// Puts the listener of before back, also when the work panics.
struct Back(Option<Listener>);

impl Drop for Back {
    fn drop(&mut self) {
        LISTENER.set(self.0.take());
    }
}

/// Does something whose lines somebody hears.
pub fn overhear<T>(listener: Listener, work: impl FnOnce() -> T) -> T {
    let _back = Back(LISTENER.replace(Some(listener)));
    work()
}

/// This thread has said something. What is said while the listener writes it down is not heard.
pub fn said(level: LogLevel, message: &str) {
    if let Some(listener) = LISTENER.take() {
        listener(level, message);
        LISTENER.set(Some(listener));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn lines_are_heard_on_their_thread_while_the_work_lasts() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listener: Listener = {
            let heard = heard.clone();
            Arc::new(move |level, message| {
                heard.lock().unwrap().push(format!("{level:?} {message}"));
                said(LogLevel::Error, "about writing it down");
            })
        };
        said(LogLevel::Information, "before");
        overhear(listener, || {
            said(LogLevel::Information, "one");
            std::thread::spawn(|| said(LogLevel::Information, "elsewhere")).join().unwrap();
            said(LogLevel::Warning, "two");
        });
        said(LogLevel::Information, "after");
        assert_eq!(*heard.lock().unwrap(), ["Information one", "Warning two"]);
    }
}
