//! Writing a file and its digest, on a second thread once it is worth one.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

const BLOCK: usize = 256 << 10;

/// Digest and length of what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// BLAKE3 of all bytes.
    pub digest: [u8; 32],
    /// Number of bytes.
    pub bytes: u64,
}

/// Gathers records into blocks; hashes and writes each block.
pub(crate) struct HashedWriter {
    block: Vec<u8>,
    sink: Sink,
}

struct Target {
    output: Box<dyn Write + Send>,
    hasher: blake3::Hasher,
    bytes: u64,
}

enum Sink {
    Here(Box<Target>),
    Thread { blocks: SyncSender<Vec<u8>>, spare: Receiver<Vec<u8>>, handle: JoinHandle<io::Result<Box<Target>>> },
    Failed,
}

impl Target {
    fn write(&mut self, block: &[u8]) -> io::Result<()> {
        self.hasher.update(block);
        self.bytes += block.len() as u64;
        self.output.write_all(block)
    }

    fn finish(&mut self) -> io::Result<Written> {
        self.output.flush()?;
        Ok(Written { digest: self.hasher.finalize().into(), bytes: self.bytes })
    }
}

impl HashedWriter {
    pub(crate) fn new(output: Box<dyn Write + Send>) -> HashedWriter {
        let target = Box::new(Target { output, hasher: blake3::Hasher::new(), bytes: 0 });
        HashedWriter { block: Vec::new(), sink: Sink::Here(target) }
    }

    /// Where the next record is appended; call [`HashedWriter::end_record`] behind it.
    #[inline]
    pub(crate) fn block(&mut self) -> &mut Vec<u8> {
        &mut self.block
    }

    /// Writes the block when it is full.
    #[inline]
    pub(crate) fn end_record(&mut self) -> io::Result<()> {
        if self.block.len() < BLOCK { Ok(()) } else { self.write_block() }
    }

    fn write_block(&mut self) -> io::Result<()> {
        self.sink = match std::mem::replace(&mut self.sink, Sink::Failed) {
            Sink::Here(target) => start_thread(target),
            other => other,
        };
        match &mut self.sink {
            Sink::Here(target) => {
                target.write(&self.block)?;
                self.block.clear();
                Ok(())
            }
            Sink::Thread { blocks, spare, .. } => {
                let empty = spare.try_recv().unwrap_or_else(|_| Vec::with_capacity(BLOCK + BLOCK / 4));
                match blocks.send(std::mem::replace(&mut self.block, empty)) {
                    Ok(()) => Ok(()),
                    // The thread ended early: its result says why.
                    Err(_) => self.end_thread().and(Err(lost())),
                }
            }
            Sink::Failed => Err(lost()),
        }
    }

    fn end_thread(&mut self) -> io::Result<Box<Target>> {
        match std::mem::replace(&mut self.sink, Sink::Failed) {
            Sink::Here(target) => Ok(target),
            Sink::Thread { blocks, handle, .. } => {
                drop(blocks);
                handle.join().map_err(|_| lost())?
            }
            Sink::Failed => Err(lost()),
        }
    }

    /// Writes what is left.
    pub(crate) fn finish(mut self) -> io::Result<Written> {
        let mut target = self.end_thread()?;
        target.write(&self.block)?;
        target.finish()
    }
}

fn lost() -> io::Error {
    io::Error::other("the writing thread ended unexpectedly")
}

/// Gives the target to a thread, or back when the system has none to give.
fn start_thread(target: Box<Target>) -> Sink {
    let (give, take) = sync_channel::<Box<Target>>(1);
    let (blocks, full) = sync_channel::<Vec<u8>>(2);
    let (empty, spare) = sync_channel::<Vec<u8>>(4);
    let work = move || {
        let mut target = take.recv().map_err(|_| lost())?;
        for mut block in full {
            target.write(&block)?;
            block.clear();
            // When the other side has enough of them the block is dropped.
            let _ = empty.try_send(block);
        }
        Ok(target)
    };
    match std::thread::Builder::new().name("write".to_owned()).spawn(work) {
        Err(_) => Sink::Here(target),
        Ok(handle) => match give.send(target) {
            Ok(()) => Sink::Thread { blocks, spare, handle },
            Err(_) => Sink::Failed,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Shared;

    #[test]
    fn writes_and_hashes_all_blocks() {
        let shared = Shared::default();
        let mut writer = HashedWriter::new(Box::new(shared.clone()));
        let mut expected = Vec::new();
        for i in 0..200_000u32 {
            let line = format!("{i}\n");
            writer.block().extend_from_slice(line.as_bytes());
            writer.end_record().unwrap();
            expected.extend_from_slice(line.as_bytes());
        }
        let written = writer.finish().unwrap();
        assert_eq!(shared.bytes(), expected);
        assert_eq!(written.bytes, expected.len() as u64);
        assert_eq!(written.digest, *blake3::hash(&expected).as_bytes());
    }

    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_reported_as_such() {
        let mut writer = HashedWriter::new(Box::new(Full));
        let result = (0..100).try_for_each(|_| {
            writer.block().resize(BLOCK, b'x');
            writer.end_record()
        });
        assert_eq!(result.and_then(|()| writer.finish().map(|_| ())).unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
