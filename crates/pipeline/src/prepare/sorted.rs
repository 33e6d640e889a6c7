//! Writing the sorted rows: duplicates go aside, the rest into the sorted file (or delta).

use super::cleanse::{Cleansed, PAIR, PAYLOAD_HEAD};
use super::sides::SideFiles;
use super::{DELTA, Kind, Layout, PrepareError, Prepared, SORTED, TableSpec};
use crate::csv::Rejected;
use crate::csv::canonical::{push_field, push_record, read_field};
use crate::drift::Profiler;
use crate::output::HashedWriter;
use crate::sort::Item;
use provost_model::changes::Command;
use std::ops::Range;

pub(super) fn write<'a>(
    spec: &'a TableSpec,
    layout: &Layout,
    cleansed: Cleansed,
    sides: SideFiles<'a>,
) -> Result<Prepared, PrepareError> {
    let Cleansed { mut merged, rows, held } = cleansed;
    let changes = layout.command.is_some();
    let suffix = if changes { DELTA } else { SORTED };
    let failed = PrepareError::write(suffix);
    let mut writer = HashedWriter::new(sides.outputs.create(suffix).map_err(&failed)?);
    push_header(spec, changes, writer.block());
    let names = profile_names(spec);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let pairs = spec.kind == Kind::Association;
    let mut run = Run {
        spec,
        sides,
        profiler: if pairs { Profiler::for_pairs(&names) } else { Profiler::new(&names) },
        values: Vec::new(),
        first: (usize::MAX, Vec::new()),
        first_hash: 0,
        kept: (0, 0..0),
        conflicting: 0,
        clean: 0,
    };
    while let Some(item) = merged.next()? {
        if item.repeats && !changes {
            run.duplicate(&item, writer.block())?;
            continue;
        }
        // The record before ends only now: until then a duplicate may have to be compared with it.
        writer.end_record().map_err(&failed)?;
        run.keep(&item, writer.block());
    }
    let written = writer.finish().map_err(&failed)?;
    provost_model::fault::point("prepare.written");
    let side = run.sides.finish()?;
    Ok(Prepared {
        rows,
        null_keys: side.null_keys,
        duplicates: side.duplicates,
        duplicates_conflicting: run.conflicting,
        rejected: side.rejected,
        rejected_by_column: side.rejected_by_column,
        clean: run.clean,
        changes,
        absent: Vec::new(),
        held,
        profile: run.profiler.finish(run.clean),
        digest: written.digest,
        bytes: written.bytes,
        samples: side.samples,
    })
}

fn push_header(spec: &TableSpec, changes: bool, out: &mut Vec<u8>) {
    let command = changes.then_some("command");
    let line = (changes && spec.kind == Kind::Association).then_some("line");
    let names = command.into_iter().chain(spec.columns.iter().map(|column| column.header.as_str())).chain(line);
    push_record(out, names.map(str::as_bytes));
}

/// Names of the columns for the profile. A source column that feeds several properties appears once for each, with a
/// number, so that each is compared with itself.
fn profile_names(spec: &TableSpec) -> Vec<String> {
    let headers: Vec<&str> = spec.columns.iter().map(|column| column.header.as_str()).collect();
    let name = |(at, header): (usize, &&str)| match headers[..at].iter().filter(|before| *before == header).count() {
        0 => (*header).to_owned(),
        n => format!("{header} ({})", n + 1),
    };
    headers.iter().enumerate().map(name).collect()
}

struct Run<'a> {
    spec: &'a TableSpec,
    sides: SideFiles<'a>,
    profiler: Profiler,
    /// Memory for the values of a sampled row.
    values: Vec<Vec<u8>>,
    /// The first key of the last pair with NUL behind it, and the same in canonical form with a comma.
    first: (usize, Vec<u8>),
    first_hash: u64,
    /// Line of the row that was kept last, and where in the block the columns behind its key stand.
    kept: (u64, Range<usize>),
    conflicting: u64,
    clean: u64,
}

/// The parts of a payload: line, command, and the columns behind the key in canonical form, each behind a comma.
fn parts(payload: &[u8]) -> (u64, u8, &[u8]) {
    let Some((&[a, b, c, d, e, command], rest)) = payload.split_first_chunk::<PAYLOAD_HEAD>() else {
        return (0, 0, &[]);
    };
    (u64::from_le_bytes([a, b, c, d, e, 0, 0, 0]), command, rest)
}

impl Run<'_> {
    #[inline]
    fn keep(&mut self, item: &Item<'_>, out: &mut Vec<u8>) {
        let (line, command, rest) = parts(item.payload);
        if command != 0 {
            out.extend_from_slice(word(command).as_bytes());
            out.push(b',');
        }
        let sampled = match self.spec.kind {
            Kind::Entity => {
                push_field(out, item.key);
                self.profiler.wants(item.key)
            }
            Kind::Association => self.push_pair(item, out),
        };
        let start = out.len();
        out.extend_from_slice(rest);
        self.kept = (line, start..out.len());
        if command != 0 && self.spec.kind == Kind::Association {
            out.push(b',');
            out.extend_from_slice(line.to_string().as_bytes());
        }
        out.push(b'\n');
        self.clean += 1;
        if sampled {
            self.observe(item.key, rest);
        }
    }

    /// Pairs come in long stretches with the same first key, which is encoded once. Tells whether the pair belongs to
    /// the sample.
    #[inline]
    fn push_pair(&mut self, item: &Item<'_>, out: &mut Vec<u8>) -> bool {
        let (length, encoded) = &mut self.first;
        if item.shared < *length {
            *length = memchr::memchr(PAIR, item.key).map_or(item.key.len(), |at| at + 1);
            encoded.clear();
            push_field(encoded, first_of(item.key, *length));
            encoded.push(b',');
            self.first_hash = Profiler::hash_of_first(first_of(item.key, *length));
        }
        let second = item.key.get(*length..).unwrap_or_default();
        out.extend_from_slice(encoded);
        push_field(out, second);
        self.profiler.wants_pair(self.first_hash, second)
    }

    fn observe(&mut self, key: &[u8], rest: &[u8]) {
        let mut values: Vec<&[u8]> = keys(self.spec.kind, key).collect();
        let mut rest = rest;
        let mut read = 0;
        while let Some((b',', text)) = rest.split_first() {
            if self.values.len() == read {
                self.values.push(Vec::new());
            }
            let Some(length) = self.values.get_mut(read).and_then(|value| read_field(text, value)) else {
                break;
            };
            read += 1;
            rest = text.get(length..).unwrap_or_default();
        }
        values.extend(self.values.iter().take(read).map(Vec::as_slice));
        self.profiler.observe(&values);
    }

    fn duplicate(&mut self, item: &Item<'_>, block: &[u8]) -> Result<(), PrepareError> {
        let (line, _, rest) = parts(item.payload);
        let (kept_line, kept) = (self.kept.0, block.get(self.kept.1.clone()).unwrap_or_default());
        let mut record = Vec::new();
        let keys: Vec<&[u8]> = keys(self.spec.kind, item.key).collect();
        push_record(&mut record, keys);
        record.pop();
        record.extend_from_slice(rest);
        record.push(b'\n');
        if rest != kept {
            self.conflicting += 1;
            let column = self.spec.columns.first().map(|column| column.header.clone()).unwrap_or_default();
            let reason = format!("line {kept_line} has the same key and other values; that row was kept");
            let remedy = "remove one of the rows in the source".to_owned();
            self.sides.conflict(|| Rejected::new(line, column, item.key, reason, remedy, record.trim_ascii_end()));
        }
        self.sides.duplicate(line, &record)
    }
}

/// The first key of a pair, given its length with NUL.
#[inline]
fn first_of(key: &[u8], length: usize) -> &[u8] {
    key.get(..length.saturating_sub(1)).unwrap_or_default()
}

/// The key values in a sort key.
fn keys(kind: Kind, key: &[u8]) -> impl Iterator<Item = &[u8]> {
    let pieces = match kind {
        Kind::Entity => 1,
        Kind::Association => 2,
    };
    key.splitn(pieces, |&byte| byte == PAIR)
}

fn word(command: u8) -> &'static str {
    let all = [Command::Insert, Command::Update, Command::Delete, Command::Merge];
    all.into_iter().find(|&known| known as u8 == command).unwrap_or(Command::Merge).word()
}
