//! All changes of a run, page by page.

use crate::changes::{RunId, command};
use crate::error::StoreError;
use crate::samples::{ChangeSample, SampleLink, SampleResource, SampleValue};
use crate::stored_model::text_column;
use crate::tx::ReadTx;
use crate::value::Arg;
use provost_model::changes::Command;
use provost_model::{AssociationId, EntityTypeId, ResourceId, Slot};
use std::collections::BTreeMap;

/// Which changes are wanted. Changes of resources have an entity type, those of links an association.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeFilter {
    /// Only changes of resources of this type.
    pub entity_type: Option<EntityTypeId>,
    /// Only changes of links of this association.
    pub association: Option<AssociationId>,
    /// Only changes of this kind.
    pub command: Option<Command>,
    /// Only changes with this text in a key or the display name, whatever its case.
    pub text: Option<String>,
}

/// Where a page ends: changes of resources come first, then those of links, each in the order of staging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangePlace {
    /// Behind this change of a resource; 0 for the beginning.
    Resource(i64),
    /// Behind this change of a link; 0 for the first of them.
    Link(i64),
}

/// A page of changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangePage {
    /// The changes.
    pub changes: ChangeSample,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<ChangePlace>,
}

impl ReadTx {
    /// At most `limit` changes of a run behind a place.
    ///
    /// # Errors
    /// Those of the database.
    pub fn change_page(
        &mut self,
        run: RunId,
        filter: &ChangeFilter,
        after: ChangePlace,
        limit: usize,
    ) -> Result<ChangePage, StoreError> {
        let mut page = ChangePage::default();
        if let (ChangePlace::Resource(after), None) = (after, filter.association) {
            let mut found = self.resource_page(run, filter, after, limit + 1)?;
            if found.len() > limit {
                found.truncate(limit);
                page.next = found.last().map(|(id, _)| ChangePlace::Resource(*id));
            }
            page.changes.resources = found.into_iter().map(|(_, change)| change).collect();
        }
        if page.next.is_none() && filter.entity_type.is_none() {
            let rest = limit - page.changes.resources.len();
            let after = if let ChangePlace::Link(after) = after { after } else { 0 };
            let mut found = self.link_page(run, filter, after, rest + 1)?;
            if found.len() > rest {
                found.truncate(rest);
                page.next = Some(ChangePlace::Link(found.last().map_or(after, |(id, _)| *id)));
            }
            page.changes.links = found.into_iter().map(|(_, change)| change).collect();
        }
        Ok(page)
    }

    fn resource_page(
        &mut self,
        run: RunId,
        filter: &ChangeFilter,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(i64, SampleResource)>, StoreError> {
        let mut slots: BTreeMap<Slot, Vec<i64>> = BTreeMap::new();
        let known = self.link.all(
            "SELECT Type, TargetColumnIndex FROM UR_ResourceChangeSlots WHERE Run_Id = $1 ORDER BY 1, 2",
            &[run.0.into()],
            |row| Ok((row.i64(0)?, Slot::new(row.i64(1)?))),
        )?;
        for (entity_type, slot) in known {
            if let Some(slot) = slot {
                slots.entry(slot).or_default().push(entity_type);
            }
        }
        let columns: String =
            slots.keys().map(|s| format!(", {}, {}", text_column("r", *s), text_column("c", *s))).collect();
        let (conditions, mut args) = conditions(filter, ("Type", filter.entity_type.map(|id| id.0)), &NAMES);
        let sql = format!(
            "SELECT c.Id, c.Type, c.Command, c.Resource_Id, c.KeyValue, \
             COALESCE(c.DisplayName_L1, r.DisplayName_L1), c.Line{columns} FROM UR_ResourceChanges c \
             LEFT JOIN UR_Resources r ON r.Id = c.Resource_Id \
             WHERE c.Run_Id = $1 AND c.Id > $2{conditions} ORDER BY c.Id LIMIT ${}",
            args.len() + 3
        );
        let mut all: Vec<Arg<'_>> = vec![run.0.into(), after.into()];
        all.append(&mut args);
        all.push((limit as i64).into());
        self.link.all(&sql, &all, |row| {
            let (entity_type, command) = (row.i64(1)?, command(row.i64(2)?));
            let mut values = Vec::new();
            for (n, (slot, types)) in slots.iter().enumerate() {
                if !types.contains(&entity_type) {
                    continue;
                }
                let before = row.optional(7 + 2 * n)?;
                let after = if command == Command::Delete { None } else { row.optional(8 + 2 * n)? };
                if before != after {
                    values.push(SampleValue { slot: *slot, before, after });
                }
            }
            let change = SampleResource {
                entity_type: EntityTypeId(entity_type),
                command,
                id: ResourceId(row.i64(3)?),
                key: row.optional(4)?,
                display_name: row.optional(5)?,
                line: row.u64(6)?,
                values,
            };
            Ok((row.i64(0)?, change))
        })
    }

    fn link_page(
        &mut self,
        run: RunId,
        filter: &ChangeFilter,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(i64, SampleLink)>, StoreError> {
        let (conditions, mut args) = conditions(filter, ("Association_Id", filter.association.map(|id| id.0)), &ENDS);
        let sql = format!(
            "SELECT c.Id, c.Association_Id, c.Command, c.Resource1_Id, c.Resource2_Id, c.Key1, c.Key2, c.Line \
             FROM UR_ResourceLinkChanges c WHERE c.Run_Id = $1 AND c.Id > $2{conditions} ORDER BY c.Id LIMIT ${}",
            args.len() + 3
        );
        let mut all: Vec<Arg<'_>> = vec![run.0.into(), after.into()];
        all.append(&mut args);
        all.push((limit as i64).into());
        self.link.all(&sql, &all, |row| {
            let change = SampleLink {
                association: AssociationId(row.i64(1)?),
                command: command(row.i64(2)?),
                resource1: ResourceId(row.i64(3)?),
                resource2: ResourceId(row.i64(4)?),
                key1: row.optional(5)?,
                key2: row.optional(6)?,
                line: row.u64(7)?,
            };
            Ok((row.i64(0)?, change))
        })
    }
}

/// What a text is looked for in: of resources, and of links.
const NAMES: [&str; 2] = ["c.KeyValue", "COALESCE(c.DisplayName_L1, r.DisplayName_L1)"];
const ENDS: [&str; 2] = ["c.Key1", "c.Key2"];

/// Conditions beyond the run and the place, with their parameters: those after the second one.
fn conditions<'f>(
    filter: &'f ChangeFilter,
    (column, id): (&str, Option<i64>),
    texts: &[&str; 2],
) -> (String, Vec<Arg<'f>>) {
    let given = [("Command", filter.command.map(|command| command as i64)), (column, id)];
    let mut sql = String::new();
    let mut args = Vec::new();
    for (column, value) in given {
        if let Some(value) = value {
            args.push(value.into());
            sql.push_str(&format!(" AND c.{column} = ${}", args.len() + 2));
        }
    }
    if let Some(text) = filter.text.as_deref().filter(|text| !text.is_empty()) {
        args.push(Arg::Text(text));
        // Not LIKE: what is looked for may hold the letters that mean something there.
        let n = args.len() + 2;
        let found =
            texts.map(|column| format!("REPLACE(LOWER({column}), LOWER(CAST(${n} AS TEXT)), '') <> LOWER({column})"));
        sql.push_str(&format!(" AND ({})", found.join(" OR ")));
    }
    (sql, args)
}
