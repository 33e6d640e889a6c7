//! Keys that a run gives and takes, in the order that the resolution of links reads them.

use crate::sorting::Sorting;
use crate::spool::{Spool, SpoolReader};
use provost_model::{EntityTypeId, PropertyId, ResourceId};
use provost_pipeline::reconcile::{Pull, key_change};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Memory for sorting the key changes of one property.
const BUDGET: usize = 8 << 20;

type Property = (EntityTypeId, PropertyId);

/// Key changes by entity type and property.
pub(crate) struct KeyChanges {
    folder: PathBuf,
    open: BTreeMap<Property, Sorting>,
    sorted: BTreeMap<Property, Spool>,
}

impl KeyChanges {
    /// None yet; what does not fit in memory goes to `folder`.
    pub(crate) fn new(folder: &Path) -> KeyChanges {
        KeyChanges { folder: folder.to_owned(), open: BTreeMap::new(), sorted: BTreeMap::new() }
    }

    /// Notes that `resource` gains the value, or loses it.
    pub(crate) fn push(
        &mut self,
        property: Property,
        key: &str,
        resource: ResourceId,
        is_removal: bool,
    ) -> io::Result<()> {
        let sorter = self.open.entry(property).or_insert_with(|| Sorting::new(&self.folder, BUDGET));
        sorter.push(key.as_bytes(), &key_change(resource.0, is_removal))
    }

    /// The changes of one property in ascending key order. May be read any number of times, once nothing is pushed
    /// any more.
    pub(crate) fn read(&mut self, property: Property) -> io::Result<SpoolReader<'_>> {
        let spool = self.sorted.entry(property).or_insert_with(|| Spool::new(&self.folder));
        if let Some(sorter) = self.open.remove(&property) {
            let mut merged = sorter.finish()?;
            while let Some((key, payload)) = merged.pull()? {
                spool.push(key, payload)?;
            }
        }
        spool.read()
    }
}
