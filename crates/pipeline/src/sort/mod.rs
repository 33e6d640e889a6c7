//! External sort of byte records by key, stable, within a memory budget.
//!
//! Records gather in blocks of memory. A second thread sorts a block when it is full, while the next one fills. Only when
//! all memory is used up the oldest sorted block is spilled as a run, so that as much as possible never leaves memory. At
//! the end runs and blocks are merged. The order is that of the key bytes; records with equal keys keep the order in
//! which they came.
//!
//! ```
//! use provost_pipeline::sort::{Sorter, Spill};
//! use std::io::Cursor;
//!
//! let mut sorter = Sorter::new(1 << 20, || Ok(Box::new(Cursor::new(Vec::new())) as Box<dyn Spill>));
//! sorter.push(b"b", b"2")?;
//! sorter.push(b"a", b"1")?;
//! let mut merged = sorter.finish()?;
//! let first = merged.next()?.unwrap();
//! assert_eq!((first.key, first.payload), (&b"a"[..], &b"1"[..]));
//! # Ok::<(), provost_pipeline::sort::SortError>(())
//! ```

mod arena;
mod merge;
mod run;
mod shape;

use arena::Arena;
pub use merge::{Item, Merged};
use run::{Run, RunReader, RunWriter, Source};
use std::collections::VecDeque;
use std::io::{self, Cursor, Read, Seek, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A memory budget that suits a million rows and a hundred million alike.
pub const DEFAULT_BUDGET: usize = 48 << 20;
/// Runs of one level are merged when there are this many, which bounds open spills and read buffers.
const FAN_IN: usize = 256;
const SMALLEST_BUDGET: usize = 64 << 10;
/// Blocks that the budget is divided into.
const BLOCKS: usize = 6;
/// Sorted blocks that stay in memory; besides them one fills, one is being sorted and one written.
const KEPT: usize = BLOCKS - 2;

/// Where a run is spilled: usually an unnamed temporary file.
pub trait Spill: Read + Write + Seek + Send {
    /// What stands before this position is not read again. Whoever gives its place back lets the next file that is
    /// written have it: its pages are in the memory of the system already, and new ones are dear.
    fn forget_before(&mut self, _position: u64) {}
}

impl Spill for Cursor<Vec<u8>> {}

/// Why sorting failed.
#[derive(Debug, thiserror::Error)]
pub enum SortError {
    /// A temporary file cannot be made, written or read.
    #[error("sorting through a temporary file failed; check free space and rights of the temporary folder")]
    Spill(#[from] io::Error),
    /// A temporary file does not hold what was written to it.
    #[error("a temporary file of the sort was changed or cut off by someone else; run again")]
    Damaged,
    /// One record is beyond what the sort can hold (4 GiB).
    #[error("a record of {0} bytes is too long to be sorted")]
    TooLong(usize),
    /// The sorting thread died.
    #[error("the sorting thread ended unexpectedly")]
    Worker,
}

/// Sorts records by key.
pub struct Sorter<F> {
    factory: F,
    /// What a block holds.
    room: usize,
    budget: usize,
    /// The block that fills.
    arena: Arena,
    worker: Option<Worker>,
    /// Runs, and behind them in the order of arrival the sorted blocks.
    runs: Vec<Run>,
    kept: VecDeque<Arena>,
}

/// A thread that sorts a full block, and spills the oldest sorted one when it is told so; one job at a time.
struct Worker {
    jobs: SyncSender<Job>,
    done: Receiver<Done>,
    busy: bool,
    /// An emptied block, kept for its memory.
    spare: Option<Arena>,
}

struct Job {
    full: Arena,
    oldest: Option<(Arena, Box<dyn Spill>)>,
}

struct Done {
    sorted: Arena,
    spilled: Option<(Arena, io::Result<Run>)>,
}

impl Job {
    fn work(mut self) -> Done {
        self.full.sort();
        let spilled = self.oldest.map(|(mut arena, spill)| {
            let run = write_run(&arena, spill);
            arena.clear();
            (arena, run)
        });
        Done { sorted: self.full, spilled }
    }
}

impl<F: FnMut() -> io::Result<Box<dyn Spill>>> Sorter<F> {
    /// A sorter that uses about `budget` bytes and asks `factory` for a spill when that is not enough.
    pub fn new(budget: usize, factory: F) -> Sorter<F> {
        let budget = budget.max(SMALLEST_BUDGET);
        // Offsets in a block have 32 bits.
        let room = (budget / BLOCKS).min(1 << 30);
        let (arena, runs, kept) = (Arena::default(), Vec::new(), VecDeque::new());
        Sorter { factory, room, budget, arena, worker: None, runs, kept }
    }

    /// Adds a record.
    ///
    /// # Errors
    /// When spilling fails.
    #[inline]
    pub fn push(&mut self, key: &[u8], payload: &[u8]) -> Result<(), SortError> {
        if self.arena.size() + key.len() + payload.len() > self.room && !self.arena.is_empty() {
            self.next_block()?;
        }
        if self.arena.push(key, payload) { Ok(()) } else { Err(SortError::TooLong(key.len().max(payload.len()))) }
    }

    /// Sorts what is left; the records then come out in order.
    ///
    /// # Errors
    /// When spilling fails.
    pub fn finish(mut self) -> Result<Merged, SortError> {
        self.arena.sort();
        self.collect()?;
        self.worker = None;
        let mut sources = self.readers(self.runs.len())?;
        let blocks = self.kept.into_iter().chain([self.arena]).filter(|arena| !arena.is_empty());
        sources.extend(blocks.map(|arena| Source::Memory { arena, next: 0 }));
        Ok(Merged::new(sources))
    }

    /// Has the full block sorted, and goes on with an empty one.
    fn next_block(&mut self) -> Result<(), SortError> {
        self.collect()?;
        let full = std::mem::take(&mut self.arena);
        let oldest = if self.kept.len() < KEPT { None } else { self.kept.pop_front() };
        let oldest = match oldest {
            Some(arena) => {
                provost_model::fault::point("sort.spilled");
                self.merge_full_level()?;
                Some((arena, (self.factory)()?))
            }
            None => None,
        };
        if self.worker.is_none() {
            self.worker = Worker::start();
        }
        let job = Job { full, oldest };
        let Some(worker) = &mut self.worker else {
            let done = job.work();
            self.arena = self.take_in(done)?.unwrap_or_default();
            return Ok(());
        };
        self.arena = worker.spare.take().unwrap_or_default();
        worker.jobs.send(job).map_err(|_| SortError::Worker)?;
        worker.busy = true;
        Ok(())
    }

    /// Waits for what the worker is doing.
    fn collect(&mut self) -> Result<(), SortError> {
        let Some(worker) = self.worker.as_mut().filter(|worker| worker.busy) else {
            return Ok(());
        };
        let done = worker.done.recv().map_err(|_| SortError::Worker)?;
        worker.busy = false;
        let spare = self.take_in(done)?;
        if let Some(worker) = &mut self.worker {
            worker.spare = spare;
        }
        Ok(())
    }

    /// Takes what was sorted and spilled; gives the emptied block.
    fn take_in(&mut self, done: Done) -> Result<Option<Arena>, SortError> {
        self.kept.push_back(done.sorted);
        let Some((arena, run)) = done.spilled else {
            return Ok(None);
        };
        self.runs.push(run?);
        Ok(Some(arena))
    }

    /// Merges the newest runs of equal level into one when there are [`FAN_IN`] of them.
    fn merge_full_level(&mut self) -> Result<(), SortError> {
        while let Some(level) = self.runs.last().map(|run| run.level)
            && self.runs.iter().rev().take_while(|run| run.level == level).count() >= FAN_IN
        {
            let mut merged = Merged::new(self.readers(FAN_IN)?);
            let mut writer = RunWriter::new((self.factory)()?);
            while let Some(item) = merged.next()? {
                writer.push(item.key, item.payload)?;
            }
            self.runs.push(writer.finish(level + 1)?);
        }
        Ok(())
    }

    /// Takes the newest `count` runs for reading, the oldest of them first.
    fn readers(&mut self, count: usize) -> Result<Vec<Source>, SortError> {
        let buffer = (self.budget / BLOCKS / count.max(1)).clamp(16 << 10, 256 << 10);
        let runs = self.runs.split_off(self.runs.len() - count);
        let open = |run| Ok(Source::Spilled(RunReader::new(run, buffer)?));
        runs.into_iter().map(open).collect()
    }
}

fn write_run(arena: &Arena, spill: Box<dyn Spill>) -> io::Result<Run> {
    let mut writer = RunWriter::new(spill);
    for (key, payload) in arena.records() {
        writer.push(key, payload)?;
    }
    writer.finish(0)
}

impl Worker {
    /// `None` when the system gives no thread: the caller then sorts itself.
    fn start() -> Option<Worker> {
        let (jobs, todo) = sync_channel::<Job>(1);
        let (finished, done) = sync_channel(1);
        let work = move || {
            for job in todo {
                if finished.send(job.work()).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("sort".to_owned()).spawn(work).ok()?;
        Some(Worker { jobs, done, busy: false, spare: None })
    }
}

#[cfg(test)]
mod tests;
