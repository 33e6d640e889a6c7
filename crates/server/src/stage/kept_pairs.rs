//! Pairs that are kept because unreadable rows may stand for them.

use super::LinkStage;
use super::links::{scan_stored, spool_orphans};
use super::pairs::{Pairs, keys_of, pair_key, split_pair};
use crate::error::ServerError;
use crate::manifest::Table;
use crate::sorting::Sorting;
use crate::spool::Spool;
use provost_pipeline::csv::canonical::push_record;
use provost_pipeline::reconcile::{Pull, link_ids, link_key};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};

/// Memory for the sorter.
const BUDGET: usize = 32 << 20;
/// Stored links looked up at once.
const BATCH: usize = 2_000;

/// Writes the pairs of the file together with all pairs that the repository holds, linked or waiting, and gives the
/// table that names the new file; a table without unreadable rows is as it was. From there on it does not matter whether a pair was read or kept: what becomes of it
/// is what becomes of every pair.
pub(super) fn with_kept<'t>(stage: &mut LinkStage<'_, '_>, table: &'t Table) -> Result<Cow<'t, Table>, ServerError> {
    if table.rejected == 0 {
        return Ok(Cow::Borrowed(table));
    }
    let mut pairs = Sorting::new(stage.context.folder, BUDGET);
    let mut read = 0u64;
    let mut file = Pairs::open(stage.context.folder, table)?;
    while let Some((first, payload)) = file.pull()? {
        let second = payload.get(8..).unwrap_or_default();
        pairs.push(&[first, b"\0", second].concat(), &[])?;
        read += 1;
    }
    let mut waiting = spool_orphans(stage)?;
    let mut reader = waiting.read()?;
    while let Some((first, second)) = reader.pull()? {
        pairs.push(&[first, b"\0", second].concat(), &[])?;
    }
    add_linked(stage, &mut pairs)?;
    let file = format!("{}.kept.csv", table.name);
    let written = write(stage, pairs, &file)?;
    if written > read {
        let reason =
            format!("{} pairs are not in the file, but unreadable rows may stand for them: kept", written - read);
        stage.context.problems.warn(&stage.mapped.identifier, 0, "", reason, "mend the rejected rows and export again");
    }
    Ok(Cow::Owned(Table { file, ..table.clone() }))
}

/// The stored links, as pairs of the keys that their ends had before this run.
fn add_linked(stage: &mut LinkStage<'_, '_>, pairs: &mut Sorting) -> Result<(), ServerError> {
    let mut stored = Spool::new(stage.context.folder);
    scan_stored(stage, &mut |a, b| Ok(stored.push(&link_key(a.0, b.0), &[])?))?;
    let mut reader = stored.read()?;
    let mut batch: Vec<(i64, i64)> = Vec::with_capacity(BATCH);
    loop {
        let next = reader.pull()?.map(|(key, _)| link_ids(key).unwrap_or_default());
        let at_end = next.is_none();
        batch.extend(next.map(|(a, b)| if stage.mapped.second_first() { (b, a) } else { (a, b) }));
        if !at_end && batch.len() < BATCH {
            continue;
        }
        let firsts: BTreeSet<i64> = batch.iter().map(|(a, _)| *a).collect();
        let seconds: BTreeSet<i64> = batch.iter().map(|(_, b)| *b).collect();
        let first = keys_of(stage, &stage.mapped.end1, &firsts)?;
        let second = keys_of(stage, &stage.mapped.end2, &seconds)?;
        for (a, b) in batch.drain(..) {
            if let (Some(first), Some(second)) = (first.get(&a), second.get(&b)) {
                pairs.push(&pair_key(first, second), &[])?;
            }
        }
        if at_end {
            return Ok(());
        }
    }
}

/// Writes each pair once; tells how many there are.
fn write(stage: &LinkStage<'_, '_>, pairs: Sorting, name: &str) -> Result<u64, ServerError> {
    let path = stage.context.folder.join(name);
    let failed = |error| ServerError::file("writing", &path)(error);
    let mut out = BufWriter::new(File::create(&path).map_err(failed)?);
    let mut line = Vec::new();
    push_record(&mut line, [stage.mapped.end1.column.as_bytes(), stage.mapped.end2.column.as_bytes()]);
    out.write_all(&line).map_err(failed)?;
    let mut last: Option<Vec<u8>> = None;
    let mut written = 0;
    let mut pairs = pairs.finish()?;
    while let Some((key, _)) = pairs.pull()? {
        if last.as_deref() == Some(key) {
            continue;
        }
        let (first, second) = split_pair(key);
        line.clear();
        push_record(&mut line, [first.as_bytes(), second.as_bytes()]);
        out.write_all(&line).map_err(failed)?;
        written += 1;
        last = Some(key.to_vec());
    }
    out.flush().map_err(failed)?;
    Ok(written)
}
