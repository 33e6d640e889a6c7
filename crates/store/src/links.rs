//! Links between resources, and pairs that wait for an end.

use crate::batch::in_batches;
use crate::error::StoreError;
use crate::stored_model::{LinkPlace, link_column};
use crate::tx::ReadTx;
use crate::value::Arg;
use provost_model::{AssociationId, EntityTypeId, ResourceId, Slot};
use std::collections::HashSet;

/// Pairs in one statement.
const PAIRS: usize = 128;
/// Waiting pairs read at once.
const PART: usize = 10_000;

/// An end of an association.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Resource 1, the owner of property 1.
    First,
    /// Resource 2, the owner of property 2.
    Second,
}

impl ReadTx {
    /// Number of links.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count_links(&mut self, place: LinkPlace) -> Result<u64, StoreError> {
        match place {
            LinkPlace::Table(id) => {
                self.link.count("SELECT COUNT(*) FROM UR_ResourceLinks WHERE Association_Id = $1", &[id.0.into()])
            }
            LinkPlace::Slot { owner, slot, .. } => {
                let column = slot.column();
                let sql = format!("SELECT COUNT(*) FROM UR_Resources WHERE Type = $1 AND {column} IS NOT NULL");
                self.link.count(&sql, &[owner.0.into()])
            }
        }
    }

    /// Hands every link of an association in the table to `each`, ordered by resource 1, then resource 2.
    ///
    /// # Errors
    /// Those of `each`, and those of the database.
    pub fn scan_links<E: From<StoreError>>(
        &mut self,
        association: AssociationId,
        mut each: impl FnMut(ResourceId, ResourceId) -> Result<(), E>,
    ) -> Result<(), E> {
        self.link.scan(
            "SELECT Resource1_Id, Resource2_Id FROM UR_ResourceLinks WHERE Association_Id = $1 \
             ORDER BY Resource1_Id, Resource2_Id",
            &[association.0.into()],
            |row| each(ResourceId(row.i64(0)?), ResourceId(row.i64(1)?)),
        )
    }

    /// Hands every link in a slot to `each` as (owner, target), ordered by owner.
    ///
    /// # Errors
    /// Those of `each`, and those of the database.
    pub fn scan_slot_links<E: From<StoreError>>(
        &mut self,
        owner: EntityTypeId,
        slot: Slot,
        mut each: impl FnMut(ResourceId, ResourceId) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!(
            "SELECT r.Id, {} FROM UR_Resources r WHERE r.Type = $1 AND r.{} IS NOT NULL ORDER BY r.Id",
            link_column("r", slot),
            slot.column()
        );
        self.link.scan(&sql, &[owner.0.into()], |row| each(ResourceId(row.i64(0)?), ResourceId(row.i64(1)?)))
    }

    /// The links (resource 1, resource 2) of these resources, which are the given side of the association.
    ///
    /// # Errors
    /// Those of the database.
    pub fn links_of(
        &mut self,
        place: LinkPlace,
        resources: &[ResourceId],
        side: Side,
    ) -> Result<Vec<(ResourceId, ResourceId)>, StoreError> {
        let mut found = Vec::new();
        in_batches(resources, |batch, list| {
            let mut args: Vec<Arg<'_>> = Vec::with_capacity(batch.len() + 1);
            let sql = match place {
                LinkPlace::Table(id) => {
                    args.push(id.0.into());
                    let column = if side == Side::First { "Resource1_Id" } else { "Resource2_Id" };
                    format!(
                        "SELECT Resource1_Id, Resource2_Id FROM UR_ResourceLinks \
                         WHERE Association_Id = $1 AND {column} IN ({})",
                        list(2)
                    )
                }
                LinkPlace::Slot { owner, slot, owner_is_first } => {
                    args.push(owner.0.into());
                    let target = link_column("r", slot);
                    let (first, second) = if owner_is_first { ("r.Id", &*target) } else { (&*target, "r.Id") };
                    // A reverse look-up compares the bare column, so that its index is used.
                    let by = if owner_is_first == (side == Side::First) { "r.Id".to_owned() } else { target.clone() };
                    format!(
                        "SELECT {first}, {second} FROM UR_Resources r WHERE r.Type = $1 AND r.{} IS NOT NULL \
                         AND {by} IN ({})",
                        slot.column(),
                        list(2)
                    )
                }
            };
            args.extend(batch.iter().map(|id| Arg::Int(id.0)));
            found.extend(self.link.all(&sql, &args, |row| Ok((ResourceId(row.i64(0)?), ResourceId(row.i64(1)?))))?);
            Ok::<(), StoreError>(())
        })?;
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Which of these links (resource 1, resource 2) exist, in the same order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn link_exists(
        &mut self,
        place: LinkPlace,
        pairs: &[(ResourceId, ResourceId)],
    ) -> Result<Vec<bool>, StoreError> {
        let mut found = HashSet::with_capacity(pairs.len());
        match place {
            LinkPlace::Table(id) => {
                for chunk in pairs.chunks(PAIRS) {
                    let mut batch = chunk.to_vec();
                    batch.resize(PAIRS, chunk[chunk.len() - 1]);
                    let mut args: Vec<Arg<'_>> = Vec::with_capacity(PAIRS * 2 + 1);
                    for (first, second) in &batch {
                        args.extend([Arg::Int(first.0), Arg::Int(second.0)]);
                    }
                    args.push(id.0.into());
                    found.extend(self.link.all(&pairs_statement(PAIRS), &args, |row| {
                        Ok((ResourceId(row.i64(0)?), ResourceId(row.i64(1)?)))
                    })?);
                }
            }
            LinkPlace::Slot { owner_is_first, .. } => {
                let side = if owner_is_first { Side::First } else { Side::Second };
                let owners: Vec<ResourceId> =
                    pairs.iter().map(|(first, second)| if owner_is_first { *first } else { *second }).collect();
                found.extend(self.links_of(place, &owners, side)?);
            }
        }
        Ok(pairs.iter().map(|pair| found.contains(pair)).collect())
    }

    /// Hands every pair of keys that waits for an end to `each`, ordered by the bytes of key 1, then key 2.
    ///
    /// # Errors
    /// Those of `each`, and those of the database.
    pub fn scan_orphans<E: From<StoreError>>(
        &mut self,
        association: AssociationId,
        mut each: impl FnMut(&str, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        self.link.scan(
            "SELECT Key1, Key2 FROM UR_ResourceLinkOrphans WHERE Association_Id = $1 ORDER BY Key1, Key2",
            &[association.0.into()],
            |row| each(row.str(0)?, row.str(1)?),
        )
    }

    /// Hands every waiting pair that names one of these keys at the given end to `each`. A key that many pairs wait for
    /// is read in parts.
    ///
    /// # Errors
    /// Those of `each`, and those of the database.
    pub fn orphans_of<E: From<StoreError>>(
        &mut self,
        association: AssociationId,
        side: Side,
        keys: &[&str],
        mut each: impl FnMut(&str, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        let (by, other) = if side == Side::First { ("Key1", "Key2") } else { ("Key2", "Key1") };
        in_batches(keys, |batch, list| {
            let sql = format!(
                "SELECT Key1, Key2 FROM UR_ResourceLinkOrphans WHERE Association_Id = $1 \
                 AND ({by} > $2 OR ({by} = $2 AND {other} > $3)) AND {by} IN ({}) ORDER BY {by}, {other} LIMIT {PART}",
                list(4)
            );
            // Parameters are numbered in the order in which the statement names them.
            let mut last = (String::new(), String::new());
            loop {
                let mut args: Vec<Arg<'_>> = vec![association.0.into(), (&last.0).into(), (&last.1).into()];
                args.extend(batch.iter().map(|key| Arg::Text(key)));
                let found = self.link.all(&sql, &args, |row| Ok((row.string(0)?, row.string(1)?)))?;
                for (first, second) in &found {
                    each(first, second)?;
                }
                match found.into_iter().nth(PART - 1) {
                    Some((first, second)) if side == Side::First => last = (first, second),
                    Some((first, second)) => last = (second, first),
                    None => return Ok(()),
                }
            }
        })
    }

    /// Which of these pairs wait, in the same order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn orphans_among(
        &mut self,
        association: AssociationId,
        pairs: &[(String, String)],
    ) -> Result<Vec<bool>, StoreError> {
        let mut found: HashSet<(String, String)> = HashSet::new();
        for chunk in pairs.chunks(PAIRS) {
            let mut args: Vec<Arg<'_>> = Vec::with_capacity(PAIRS * 2 + 1);
            for place in 0..PAIRS {
                let (first, second) = &chunk[place.min(chunk.len() - 1)];
                args.extend([Arg::Text(first), Arg::Text(second)]);
            }
            args.push(association.0.into());
            found.extend(self.link.all(&orphans_statement(), &args, |row| Ok((row.string(0)?, row.string(1)?)))?);
        }
        Ok(pairs.iter().map(|pair| found.contains(pair)).collect())
    }

    /// Number of pairs that wait for an end.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count_orphans(&mut self, association: AssociationId) -> Result<u64, StoreError> {
        self.link
            .count("SELECT COUNT(*) FROM UR_ResourceLinkOrphans WHERE Association_Id = $1", &[association.0.into()])
    }
}

fn orphans_statement() -> String {
    let values: Vec<String> =
        (0..PAIRS).map(|i| format!("(CAST(${} AS TEXT), CAST(${} AS TEXT))", 2 * i + 1, 2 * i + 2)).collect();
    format!(
        "SELECT o.Key1, o.Key2 FROM (VALUES {}) v JOIN UR_ResourceLinkOrphans o \
         ON o.Association_Id = ${} AND o.Key1 = v.column1 AND o.Key2 = v.column2",
        values.join(", "),
        2 * PAIRS + 1
    )
}

fn pairs_statement(pairs: usize) -> String {
    let values: Vec<String> =
        (0..pairs).map(|i| format!("(CAST(${} AS BIGINT), CAST(${} AS BIGINT))", 2 * i + 1, 2 * i + 2)).collect();
    format!(
        "SELECT l.Resource1_Id, l.Resource2_Id FROM (VALUES {}) v JOIN UR_ResourceLinks l \
         ON l.Association_Id = ${} AND l.Resource1_Id = v.column1 AND l.Resource2_Id = v.column2",
        values.join(", "),
        2 * pairs + 1
    )
}
