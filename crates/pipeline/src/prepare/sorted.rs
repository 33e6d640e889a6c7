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

pub(super) fn write<'a>(
    spec: &'a TableSpec,
    layout: &Layout,
    cleansed: Cleansed,
    sides: SideFiles<'a>,
) -> Result<Prepared, PrepareError> {
    let Cleansed {
        mut merged,
        rows,
        held,
    } = cleansed;
    let changes = layout.command.is_some();
    let suffix = if changes { DELTA } else { SORTED };
    let failed = PrepareError::write(suffix);
    let mut writer = HashedWriter::new(sides.outputs.create(suffix).map_err(&failed)?);
    push_header(spec, changes, writer.block());
    let names: Vec<&str> = spec
        .columns
        .iter()
        .map(|column| column.header.as_str())
        .collect();
    let mut run = Run {
        spec,
        sides,
        profiler: Profiler::new(&names),
        kept: Vec::new(),
        conflicting: 0,
        clean: 0,
    };
    while let Some(item) = merged.next()? {
        if item.repeats && !changes {
            run.duplicate(&item)?;
            continue;
        }
        run.keep(&item, writer.block());
        writer.end_record().map_err(&failed)?;
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
        clean: run.clean,
        changes,
        held,
        profile: run.profiler.finish(run.clean),
        digest: written.digest,
        bytes: written.bytes,
        samples: side.samples,
    })
}

fn push_header(spec: &TableSpec, changes: bool, out: &mut Vec<u8>) {
    let command = changes.then_some("command");
    let names = command
        .into_iter()
        .chain(spec.columns.iter().map(|column| column.header.as_str()));
    push_record(out, names.map(str::as_bytes));
}

struct Run<'a> {
    spec: &'a TableSpec,
    sides: SideFiles<'a>,
    profiler: Profiler,
    /// Payload of the row that was kept last.
    kept: Vec<u8>,
    conflicting: u64,
    clean: u64,
}

/// The parts of a payload: line, command, and the columns behind the key in canonical form, each behind a comma.
fn parts(payload: &[u8]) -> (u64, u8, &[u8]) {
    let Some((line, rest)) = payload.split_first_chunk::<8>() else {
        return (0, 0, &[]);
    };
    let command = rest.first().copied().unwrap_or_default();
    (
        u64::from_le_bytes(*line),
        command,
        payload.get(PAYLOAD_HEAD..).unwrap_or_default(),
    )
}

impl Run<'_> {
    #[inline]
    fn keep(&mut self, item: &Item<'_>, out: &mut Vec<u8>) {
        let (_, command, rest) = parts(item.payload);
        if command != 0 {
            out.extend_from_slice(word(command).as_bytes());
            out.push(b',');
        }
        push_row(self.spec.kind, item.key, rest, out);
        self.clean += 1;
        self.kept.clear();
        self.kept.extend_from_slice(item.payload);
        if self.profiler.wants(item.key) {
            self.observe(item.key, rest);
        }
    }

    fn observe(&mut self, key: &[u8], rest: &[u8]) {
        let mut values: Vec<Vec<u8>> = keys(self.spec.kind, key).map(<[u8]>::to_vec).collect();
        let mut rest = rest;
        while let Some((b',', text)) = rest.split_first() {
            let mut value = Vec::new();
            let Some(length) = read_field(text, &mut value) else {
                break;
            };
            values.push(value);
            rest = text.get(length..).unwrap_or_default();
        }
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        self.profiler.observe(&values);
    }

    fn duplicate(&mut self, item: &Item<'_>) -> Result<(), PrepareError> {
        let (line, _, rest) = parts(item.payload);
        let (kept_line, _, kept) = parts(&self.kept);
        let mut record = Vec::new();
        push_row(self.spec.kind, item.key, rest, &mut record);
        if rest != kept {
            self.conflicting += 1;
            let column = self
                .spec
                .columns
                .first()
                .map(|column| column.header.clone())
                .unwrap_or_default();
            let reason =
                format!("line {kept_line} has the same key and other values; that row was kept");
            let remedy = "remove one of the rows in the source".to_owned();
            self.sides.conflict(|| {
                Rejected::new(
                    line,
                    column,
                    item.key,
                    reason,
                    remedy,
                    record.trim_ascii_end(),
                )
            });
        }
        self.sides.duplicate(line, &record)
    }
}

/// The key values in a sort key.
fn keys(kind: Kind, key: &[u8]) -> impl Iterator<Item = &[u8]> {
    let pieces = match kind {
        Kind::Entity => 1,
        Kind::Association => 2,
    };
    key.splitn(pieces, |&byte| byte == PAIR)
}

#[inline]
fn push_row(kind: Kind, key: &[u8], rest: &[u8], out: &mut Vec<u8>) {
    match (kind, memchr::memchr(PAIR, key)) {
        (Kind::Association, Some(at)) => {
            let (first, second) = key.split_at(at);
            push_field(out, first);
            out.push(b',');
            push_field(out, second.get(1..).unwrap_or_default());
        }
        _ => push_field(out, key),
    }
    out.extend_from_slice(rest);
    out.push(b'\n');
}

fn word(command: u8) -> &'static str {
    let all = [
        Command::Insert,
        Command::Update,
        Command::Delete,
        Command::Merge,
    ];
    all.into_iter()
        .find(|&known| known as u8 == command)
        .unwrap_or(Command::Merge)
        .word()
}
