//! Reading and hashing on a thread of its own, one per file.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope, ScopedJoinHandle};

/// Bytes read at a time.
pub(super) const BLOCK: usize = 512 << 10;

/// A block of a file. Its bytes start behind some room, in which the rest of the block before finds place, so that
/// records that lie in two blocks need no copy of either.
pub(super) struct Block {
    pub(super) buffer: Vec<u8>,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Blocks as they come.
pub(super) struct Feed {
    full: Option<Receiver<Block>>,
    empty: SyncSender<Vec<u8>>,
}

/// The digest of a file, once all of it was read.
pub(super) struct Digest<'scope>(ScopedJoinHandle<'scope, io::Result<[u8; 32]>>);

impl Feed {
    /// A file without a byte.
    pub(super) fn empty() -> Feed {
        Feed { full: None, empty: sync_channel(1).0 }
    }

    /// The next block; `None` at the end, or when reading failed (then the digest says why).
    pub(super) fn next(&mut self) -> Option<Block> {
        self.full.as_ref()?.recv().ok()
    }

    /// Gives a buffer back for use.
    pub(super) fn recycle(&mut self, buffer: Vec<u8>) {
        // When the reader has enough of them, or has ended, the buffer is dropped.
        let _ = self.empty.try_send(buffer);
    }
}

impl Digest<'_> {
    pub(super) fn wait(self) -> io::Result<[u8; 32]> {
        self.0.join().map_err(|_| io::Error::other("the reading thread ended unexpectedly"))?
    }
}

/// Starts reading.
pub(super) fn start<'scope, R: Read + Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    mut source: R,
    block: usize,
) -> io::Result<(Feed, Digest<'scope>)> {
    let (give, full) = sync_channel(2);
    let (empty, take) = sync_channel::<Vec<u8>>(4);
    let room = block / 8;
    let work = move || {
        let mut hasher = blake3::Hasher::new();
        loop {
            let mut buffer = take.try_recv().unwrap_or_default();
            buffer.resize(room + block, 0);
            let read = fill(&mut source, buffer.get_mut(room..).unwrap_or_default())?;
            if read == 0 {
                return Ok(hasher.finalize().into());
            }
            hasher.update(buffer.get(room..room + read).unwrap_or_default());
            // When nobody wants the bytes, nobody wants the digest.
            if give.send(Block { buffer, start: room, end: room + read }).is_err() {
                return Ok([0; 32]);
            }
        }
    };
    let handle = Builder::new().name("read".to_owned()).spawn_scoped(scope, work)?;
    Ok((Feed { full: Some(full), empty }, Digest(handle)))
}

/// Reads until the room is full or the source ends.
fn fill(source: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = room.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
