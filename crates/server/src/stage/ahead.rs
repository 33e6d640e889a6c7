//! Two threads: one reads files and makes rows of them, the other writes them to the database.

use crate::error::ServerError;
use std::sync::mpsc::{channel, sync_channel};
use std::thread::Builder;

/// Batches that may wait between the two.
const WAITING: usize = 4;

/// Hands what is made to the other thread, and gives something back whose memory can be used for the next one: pages
/// that go from one thread to the other only once cost more than what is in them. It fails when that thread has given
/// up.
pub(super) type Hand<'a, T> = &'a mut dyn FnMut(T) -> Result<Option<T>, ServerError>;

/// Has a thread of its own `make` what this one is to `take`, in order. What was taken goes back.
pub(super) fn ahead<T: Send>(
    make: impl FnOnce(Hand<'_, T>) -> Result<(), ServerError> + Send,
    mut take: impl FnMut(&mut T) -> Result<(), ServerError>,
) -> Result<(), ServerError> {
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(WAITING);
        let gone = |what: &str| ServerError::from(std::io::Error::other(what.to_owned()));
        let (used, returned) = channel();
        let work = move || {
            make(&mut |item| {
                sender.send(item).map_err(|_| gone("the writing thread has given up"))?;
                Ok(returned.try_recv().ok())
            })
        };
        let thread = Builder::new().name("read".to_owned()).spawn_scoped(scope, work)?;
        let taken = receiver.iter().try_for_each(|mut item| {
            take(&mut item)?;
            // Nobody wants it any more when the last one was made.
            let _ = used.send(item);
            Ok(())
        });
        // Whoever still makes something finds that nobody takes it.
        drop(receiver);
        let made = thread.join().map_err(|_| gone("the reading thread ended unexpectedly"))?;
        taken.and(made)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_everything_in_order() {
        let mut taken = Vec::new();
        let made = ahead(
            |hand| (0..100).try_for_each(|n| hand(n).map(|_| ())),
            |n| {
                taken.push(*n);
                Ok(())
            },
        );
        assert!(made.is_ok());
        assert_eq!(taken, (0..100).collect::<Vec<i32>>());
    }

    #[test]
    fn says_what_went_wrong_first() {
        let wrong = |what: &str| Err::<(), ServerError>(std::io::Error::other(what.to_owned()).into());
        let error = |result: Result<(), ServerError>| result.unwrap_err().to_string();
        let taking = ahead(|hand| (0..100).try_for_each(|n| hand(n).map(|_| ())), |_: &mut i32| wrong("disk full"));
        assert!(error(taking).contains("disk full"));
        let making = ahead(|_: Hand<'_, i32>| wrong("file damaged"), |_| Ok(()));
        assert!(error(making).contains("file damaged"));
    }
}
