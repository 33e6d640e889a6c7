//! Small encodings that links carry through sorters, and the sorted pairs file.

use super::LinkStage;
use crate::error::ServerError;
use crate::manifest::Table;
use crate::mapping::MappedEnd;
use provost_model::ResourceId;
use provost_pipeline::reconcile::{Ends, Pull, SortedFile, SortedRecords, fields};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::Path;

/// Resources looked up at once.
const BATCH: usize = 2_000;

/// The sorted pairs of an association: key 1, key 2, and the line.
pub(super) struct Pairs {
    file: SortedFile<File>,
    second: Vec<u8>,
}

impl Pairs {
    pub(super) fn open(folder: &Path, table: &Table) -> Result<Pairs, ServerError> {
        let path = folder.join(&table.file);
        let file = File::open(&path).map_err(ServerError::file("opening", &path))?;
        Ok(Pairs { file: SortedFile::new(file, 0)?, second: Vec::new() })
    }

    /// Moves on to the pair on `line` and gives it. Lines must be asked for in ascending order.
    pub(super) fn at_line(&mut self, line: u64) -> io::Result<(String, String)> {
        while self.file.line() < line {
            if !self.file.advance()? {
                break;
            }
        }
        let mut pair = fields(self.file.record()).into_iter();
        Ok((pair.next().unwrap_or_default(), pair.next().unwrap_or_default()))
    }
}

/// Key 1 with (line, key 2) as payload.
impl Pull for Pairs {
    fn pull(&mut self) -> io::Result<Option<(&[u8], &[u8])>> {
        if !self.file.advance()? {
            return Ok(None);
        }
        self.second.clear();
        self.second.extend_from_slice(&self.file.line().to_be_bytes());
        if let Some(value) = fields(self.file.record()).get(1) {
            self.second.extend_from_slice(value.as_bytes());
        }
        Ok(Some((self.file.key(), &self.second)))
    }
}

/// Integers behind one another.
#[derive(Debug, Default)]
pub(super) struct Numbers(Vec<u8>);

impl Numbers {
    pub(super) fn of(numbers: &[i64]) -> Numbers {
        Numbers(numbers.iter().flat_map(|n| n.to_be_bytes()).collect())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The number at `index` of a payload written by [`Numbers`].
pub(super) fn number(payload: &[u8], index: usize) -> i64 {
    payload.get(index * 8..index * 8 + 8).and_then(|b| b.try_into().ok()).map_or(0, i64::from_be_bytes)
}

/// Ids are positive, so 0 stands for none.
pub(super) fn id(end: Option<i64>) -> i64 {
    end.unwrap_or(0)
}

/// The ends of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) new: Option<(i64, i64)>,
    pub(super) old: Option<(i64, i64)>,
}

impl Resolved {
    pub(super) fn of(first: Ends, second: Ends) -> Resolved {
        Resolved { new: first.new.zip(second.new), old: first.old.zip(second.old) }
    }
}

/// Pair keys sort as (first, second) does: NUL cannot occur in a key.
pub(super) fn pair_key(first: &str, second: &str) -> Vec<u8> {
    [first.as_bytes(), b"\0", second.as_bytes()].concat()
}

/// The pair of a [`pair_key`].
pub(super) fn split_pair(key: &[u8]) -> (String, String) {
    let at = key.iter().position(|b| *b == 0).unwrap_or(key.len());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&key[..at]), text(key.get(at + 1..).unwrap_or_default()))
}

/// The keys that resources had before this run.
pub(super) fn keys_of(
    stage: &mut LinkStage<'_, '_>,
    end: &MappedEnd,
    resources: &BTreeSet<i64>,
) -> Result<BTreeMap<i64, String>, ServerError> {
    let ids: Vec<ResourceId> = resources.iter().copied().map(ResourceId).collect();
    let mut keys = BTreeMap::new();
    for chunk in ids.chunks(BATCH) {
        stage.context.tx.rows_by_id(end.entity_type, &[end.key.slot], chunk, |row| {
            if let Some(Some(key)) = row.values.first() {
                keys.insert(row.id.0, (*key).to_owned());
            }
            Ok::<(), ServerError>(())
        })?;
    }
    Ok(keys)
}
