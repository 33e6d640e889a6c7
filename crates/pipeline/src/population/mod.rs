//! A population: resources in memory, as far as somebody reads them.
//!
//! Expressions and rules are evaluated over one and nothing else, so that an evaluation is pure: what it may read is
//! known beforehand ([`Reads`]), loaded column by column, and does not change meanwhile. A population holds a batch of
//! owners with what they reach; never a whole table.

mod reads;

pub use reads::Reads;

use crate::ids::IdMap;
use provost_model::ResourceId;
use provost_model::metadata::Metadata;
use std::collections::hash_map::Entry;

/// A resource in a population.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle {
    /// Position of its entity type in [`Metadata`].
    pub entity_type: u16,
    /// Row in the population.
    pub row: u32,
}

/// Where a text lies in a table's texts; empty for no value.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: u32,
    length: u32,
}

/// The resources of one entity type.
#[derive(Clone, Debug, Default)]
struct Table {
    ids: Vec<ResourceId>,
    rows: IdMap<ResourceId, u32>,
    /// By position of the property; empty for what was never set. An empty text and no value are the same.
    values: Vec<Vec<Span>>,
    names: Vec<Span>,
    texts: String,
    /// By position of the navigation.
    links: Vec<Vec<Span>>,
    ends: Vec<Handle>,
}

/// Resources by entity type.
#[derive(Clone, Debug, Default)]
pub struct Population {
    tables: Vec<Table>,
}

impl Population {
    /// One without resources.
    pub fn new(metadata: &Metadata) -> Population {
        let tables = metadata.entity_types.iter().map(|entity_type| {
            let columns = entity_type.properties.len();
            Table { values: vec![Vec::new(); columns], links: vec![Vec::new(); columns], ..Table::default() }
        });
        Population { tables: tables.collect() }
    }

    /// Forgets all resources, and keeps the memory for the next ones.
    pub fn clear(&mut self) {
        for table in &mut self.tables {
            table.ids.clear();
            table.rows.clear();
            table.values.iter_mut().chain(&mut table.links).for_each(Vec::clear);
            table.names.clear();
            table.texts.clear();
            table.ends.clear();
        }
    }

    /// The resource with this id, added when it is not there yet, and whether it was added.
    pub fn add(&mut self, entity_type: usize, id: ResourceId) -> (Handle, bool) {
        let table = &mut self.tables[entity_type];
        let next = table.ids.len() as u32;
        let (row, added) = match table.rows.entry(id) {
            Entry::Occupied(found) => (*found.get(), false),
            Entry::Vacant(free) => (*free.insert(next), true),
        };
        if added {
            table.ids.push(id);
        }
        (Handle { entity_type: entity_type as u16, row }, added)
    }

    /// The resource with this id, if it is there.
    pub fn find(&self, entity_type: usize, id: ResourceId) -> Option<Handle> {
        let row = *self.tables[entity_type].rows.get(&id)?;
        Some(Handle { entity_type: entity_type as u16, row })
    }

    /// Number of resources of an entity type.
    pub fn len(&self, entity_type: usize) -> usize {
        self.tables[entity_type].ids.len()
    }

    /// Whether it holds no resource at all.
    pub fn is_empty(&self) -> bool {
        self.tables.iter().all(|table| table.ids.is_empty())
    }

    /// Id of a resource.
    pub fn id(&self, resource: Handle) -> ResourceId {
        self.table(resource).ids[resource.row as usize]
    }

    /// Sets the value of a scalar property, in internal text.
    pub fn set_value(&mut self, resource: Handle, property: usize, value: &str) {
        let table = &mut self.tables[usize::from(resource.entity_type)];
        let span = keep(&mut table.texts, value);
        put(&mut table.values[property], resource.row, span);
    }

    /// Sets the display name.
    pub fn set_display_name(&mut self, resource: Handle, value: &str) {
        let table = &mut self.tables[usize::from(resource.entity_type)];
        let span = keep(&mut table.texts, value);
        put(&mut table.names, resource.row, span);
    }

    /// Sets the links of a navigation.
    pub fn set_links(&mut self, resource: Handle, property: usize, ends: &[Handle]) {
        let table = &mut self.tables[usize::from(resource.entity_type)];
        let span = Span { start: table.ends.len() as u32, length: ends.len() as u32 };
        table.ends.extend_from_slice(ends);
        put(&mut table.links[property], resource.row, span);
    }

    /// Value of a scalar property, in internal text.
    pub fn value(&self, resource: Handle, property: usize) -> Option<&str> {
        let table = self.table(resource);
        text(&table.texts, &table.values[property], resource.row)
    }

    /// Display name.
    pub fn display_name(&self, resource: Handle) -> Option<&str> {
        let table = self.table(resource);
        text(&table.texts, &table.names, resource.row)
    }

    /// Links of a navigation, in the order of their ids.
    pub fn links(&self, resource: Handle, property: usize) -> &[Handle] {
        let table = self.table(resource);
        match table.links[property].get(resource.row as usize) {
            Some(span) => &table.ends[span.start as usize..(span.start + span.length) as usize],
            None => &[],
        }
    }

    fn table(&self, resource: Handle) -> &Table {
        &self.tables[usize::from(resource.entity_type)]
    }
}

fn keep(texts: &mut String, value: &str) -> Span {
    let span = Span { start: texts.len() as u32, length: value.len() as u32 };
    texts.push_str(value);
    span
}

fn put(column: &mut Vec<Span>, row: u32, span: Span) {
    let row = row as usize;
    if column.len() <= row {
        column.resize(row + 1, Span::default());
    }
    column[row] = span;
}

fn text<'a>(texts: &'a str, column: &[Span], row: u32) -> Option<&'a str> {
    let span = column.get(row as usize).filter(|span| span.length > 0)?;
    Some(&texts[span.start as usize..(span.start + span.length) as usize])
}

#[cfg(test)]
mod tests;
