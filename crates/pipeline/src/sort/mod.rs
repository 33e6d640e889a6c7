//! External sort of byte records by key, stable, within a memory budget.
//!
//! Records gather in memory; when half the budget is used up they are sorted and spilled as a run by a second thread
//! while the other half fills. At the end all runs are merged. The order is that of the key bytes; records with equal
//! keys keep the order in which they came.
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
use std::io::{self, Read, Seek, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A memory budget that suits a million rows and a hundred million alike.
pub const DEFAULT_BUDGET: usize = 48 << 20;
/// Runs of one level are merged when there are this many, which bounds open spills and read buffers.
const FAN_IN: usize = 128;
const SMALLEST_BUDGET: usize = 64 << 10;

/// Where a run is spilled: usually an unnamed temporary file.
pub trait Spill: Read + Write + Seek + Send {}

impl<T: Read + Write + Seek + Send> Spill for T {}

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
    /// Half the budget: one arena fills while the other is sorted and spilled.
    room: usize,
    budget: usize,
    arena: Arena,
    worker: Option<Worker>,
    runs: Vec<Run>,
}

/// A thread that sorts and spills; at most one arena is with it.
struct Worker {
    jobs: SyncSender<(Arena, Box<dyn Spill>)>,
    done: Receiver<(Arena, io::Result<Run>)>,
    busy: bool,
    /// An emptied arena, kept for its memory.
    spare: Option<Arena>,
}

impl<F: FnMut() -> io::Result<Box<dyn Spill>>> Sorter<F> {
    /// A sorter that uses about `budget` bytes and asks `factory` for a spill when that is not enough.
    pub fn new(budget: usize, factory: F) -> Sorter<F> {
        let budget = budget.max(SMALLEST_BUDGET);
        // Offsets in an arena have 32 bits.
        let room = (budget / 2).min(1 << 30);
        Sorter { factory, room, budget, arena: Arena::default(), worker: None, runs: Vec::new() }
    }

    /// Adds a record.
    ///
    /// # Errors
    /// When spilling fails.
    #[inline]
    pub fn push(&mut self, key: &[u8], payload: &[u8]) -> Result<(), SortError> {
        if self.arena.size() + key.len() + payload.len() > self.room && !self.arena.is_empty() {
            self.spill()?;
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
        if !self.arena.is_empty() {
            sources.push(Source::Memory { arena: self.arena, next: 0 });
        }
        Ok(Merged::new(sources))
    }

    /// Hands the full arena to the worker and goes on with the one that the worker has done.
    fn spill(&mut self) -> Result<(), SortError> {
        self.collect()?;
        provost_model::fault::point("sort.spilled");
        self.merge_full_level()?;
        let spill = (self.factory)()?;
        if self.worker.is_none() {
            self.worker = Worker::start();
        }
        let Some(worker) = &mut self.worker else {
            self.arena.sort();
            let run = write_run(&self.arena, spill)?;
            self.arena.clear();
            self.runs.push(run);
            return Ok(());
        };
        let (arena, spare) = (std::mem::take(&mut self.arena), worker.spare.take());
        worker.jobs.send((arena, spill)).map_err(|_| SortError::Worker)?;
        worker.busy = true;
        self.arena = spare.unwrap_or_default();
        Ok(())
    }

    /// Waits for the run that the worker is writing.
    fn collect(&mut self) -> Result<(), SortError> {
        if let Some(worker) = &mut self.worker
            && worker.busy
        {
            let (arena, run) = worker.done.recv().map_err(|_| SortError::Worker)?;
            worker.busy = false;
            worker.spare = Some(arena);
            self.runs.push(run?);
        }
        Ok(())
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
        let buffer = (self.budget / 4 / count.max(1)).clamp(16 << 10, 256 << 10);
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
        let (jobs, todo) = sync_channel::<(Arena, Box<dyn Spill>)>(1);
        let (finished, done) = sync_channel(1);
        let work = move || {
            for (mut arena, spill) in todo {
                arena.sort();
                let run = write_run(&arena, spill);
                arena.clear();
                if finished.send((arena, run)).is_err() {
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
