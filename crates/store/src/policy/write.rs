//! Assignments, into the tables: what changed and nothing else.

use super::rows::{BINARY, CONSOLIDATED, Columns, NAVIGATION, RESOURCE_TYPE, ROLE, SCALAR};
use crate::dialect::Dialect;
use crate::error::StoreError;
use crate::sink::names;
use crate::tx::WriteTx;
use crate::value::{Arg, Rows};
use provost_model::ResourceId;
use provost_model::policy::{AssignedResourceType, Assignments};
use std::collections::HashMap;

/// Rows that one statement closes.
const PAIRS: usize = 128;
/// Owners whose rows are collected before they are written: few, so that the memory for them is used again and again.
const TOGETHER: usize = 200;
/// Rows above which those of before are found by a map.
const FEW: usize = 24;

/// What one owner had and has.
#[derive(Debug)]
pub struct AssignmentChange<'a> {
    /// The owner.
    pub owner: ResourceId,
    /// As it is stored.
    pub before: &'a Assignments,
    /// As it is to be stored. Rows that stay have the id that they had; those with 0 get one.
    pub after: &'a mut Assignments,
}

/// Rows written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssignmentCounts {
    /// New rows.
    pub inserted: u64,
    /// Rows with a new version.
    pub updated: u64,
    /// Rows that ended.
    pub closed: u64,
}

impl AssignmentCounts {
    /// Whether something was written.
    pub fn any(self) -> bool {
        self != AssignmentCounts::default()
    }

    /// Adds others.
    pub fn add(&mut self, other: AssignmentCounts) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.closed += other.closed;
    }
}

impl WriteTx {
    /// Stores what changed. Owners must come in ascending order; new rows get ids in that order. A version that ends is
    /// kept in history, unless `ignore_history`, or when it began at this very instant.
    ///
    /// # Errors
    /// Those of the database.
    pub fn write_assignments(
        &mut self,
        changes: &mut [AssignmentChange<'_>],
        now_micros: i64,
        ignore_history: bool,
    ) -> Result<AssignmentCounts, StoreError> {
        let mut tables = Tables::new(now_micros);
        self.give_ids(changes)?;
        for some in changes.chunks(TOGETHER) {
            some.iter().for_each(|change| tables.add(change));
            for table in &mut tables.0 {
                table.write(self, now_micros, ignore_history)?;
            }
        }
        let mut all = AssignmentCounts::default();
        tables.0.iter().for_each(|table| all.add(table.counts));
        self.count("assignmentsInserted", all.inserted);
        self.count("assignmentsUpdated", all.updated);
        self.count("assignmentsClosed", all.closed);
        Ok(all)
    }

    /// Gives ids to new rows, in the order of their owners.
    fn give_ids(&mut self, changes: &mut [AssignmentChange<'_>]) -> Result<(), StoreError> {
        self.number(changes, "AssignedCompositeRole", |a, each| {
            a.composite_roles.iter_mut().for_each(|r| each(&mut r.id))
        })?;
        self.number(changes, "AssignedSingleRole", |a, each| a.single_roles.iter_mut().for_each(|r| each(&mut r.id)))?;
        self.number(changes, "AssignedResourceType", |a, each| {
            a.resource_types.iter_mut().for_each(|t| each(&mut t.id))
        })?;
        self.number(changes, "AssignedResourceScalar", |a, each| {
            a.resource_types.iter_mut().flat_map(|t| &mut t.scalars).for_each(|s| each(&mut s.id));
        })?;
        self.number(changes, "AssignedResourceNavigation", |a, each| {
            a.resource_types.iter_mut().flat_map(|t| &mut t.navigations).for_each(|n| each(&mut n.id));
        })?;
        self.number(changes, "AssignedResourceBinary", |a, each| {
            a.resource_types.iter_mut().flat_map(|t| &mut t.binaries).for_each(|b| each(&mut b.id));
        })
    }

    fn number(
        &mut self,
        changes: &mut [AssignmentChange<'_>],
        counter: &str,
        mut ids: impl FnMut(&mut Assignments, &mut dyn FnMut(&mut i64)),
    ) -> Result<(), StoreError> {
        let mut wanted = 0;
        for change in changes.iter_mut() {
            ids(change.after, &mut |id| wanted += u64::from(*id == 0));
        }
        if wanted == 0 {
            return Ok(());
        }
        let mut next = self.advance(counter, wanted)?;
        for change in changes.iter_mut() {
            ids(change.after, &mut |id| {
                if *id == 0 {
                    *id = next;
                    next += 1;
                }
            });
        }
        Ok(())
    }
}

/// What changes in one table.
struct Table {
    name: &'static str,
    columns: Vec<&'static str>,
    /// (owner, id) of versions that end.
    ended: Vec<(i64, i64)>,
    rows: Rows,
    counts: AssignmentCounts,
    now: i64,
}

/// The six tables, in the order of [`Tables::add`].
struct Tables([Table; 6]);

impl Tables {
    fn new(now: i64) -> Tables {
        let table = |name, columns: &[&'static str]| Table {
            name,
            columns: columns.to_vec(),
            ended: Vec::new(),
            rows: Rows::default(),
            counts: AssignmentCounts::default(),
            now,
        };
        Tables([
            table("UP_AssignedCompositeRoles", ROLE),
            table("UP_AssignedSingleRoles", ROLE),
            table("UP_AssignedResourceTypes", &[RESOURCE_TYPE, CONSOLIDATED].concat()),
            table("UP_AssignedResourceScalars", SCALAR),
            table("UP_AssignedResourceNavigations", NAVIGATION),
            table("UP_AssignedResourceBinaries", BINARY),
        ])
    }

    fn add(&mut self, change: &AssignmentChange<'_>) {
        let (owner, before, after) = (change.owner.0, change.before, &*change.after);
        let [composite_roles, single_roles, resource_types, scalars, navigations, binaries] = &mut self.0;
        composite_roles.add(owner, alone(&before.composite_roles), alone(&after.composite_roles));
        single_roles.add(owner, alone(&before.single_roles), alone(&after.single_roles));
        resource_types.add(owner, alone(&before.resource_types), alone(&after.resource_types));
        scalars.add(owner, held(before, |t| &t.scalars), held(after, |t| &t.scalars));
        navigations.add(owner, held(before, |t| &t.navigations), held(after, |t| &t.navigations));
        binaries.add(owner, held(before, |t| &t.binaries), held(after, |t| &t.binaries));
    }
}

/// Rows that belong to nothing but their owner.
fn alone<T>(rows: &[T]) -> impl Iterator<Item = (Option<i64>, &T)> {
    rows.iter().map(|row| (None, row))
}

/// Rows with the assigned resource type that they belong to.
fn held<T: 'static>(
    owned: &Assignments,
    list: impl Fn(&AssignedResourceType) -> &Vec<T>,
) -> impl Iterator<Item = (Option<i64>, &T)> {
    owned.resource_types.iter().flat_map(move |held| list(held).iter().map(|row| (Some(held.id), row)))
}

impl Table {
    fn add<'a, T: Columns + 'a>(
        &mut self,
        owner: i64,
        before: impl Iterator<Item = (Option<i64>, &'a T)>,
        after: impl Iterator<Item = (Option<i64>, &'a T)>,
    ) {
        let before: Vec<(Option<i64>, &T)> = before.collect();
        let mut stays = vec![false; before.len()];
        let places: HashMap<i64, usize> = match before.len() > FEW {
            true => before.iter().enumerate().map(|(place, (_, row))| (row.id(), place)).collect(),
            false => HashMap::new(),
        };
        let find = |id: i64| match before.len() > FEW {
            true => places.get(&id).copied(),
            false => before.iter().position(|(_, row)| row.id() == id),
        };
        for (parent, row) in after {
            let known = find(row.id());
            if let Some(place) = known {
                stays[place] = true;
                let (old_parent, old) = before[place];
                if old_parent == parent && old.is_same(row) {
                    continue;
                }
                self.ended.push((owner, row.id()));
                self.counts.updated += 1;
            } else {
                self.counts.inserted += 1;
            }
            self.push(owner, parent, row);
        }
        for ((_, row), _) in before.iter().zip(stays).filter(|(_, stays)| !stays) {
            self.ended.push((owner, row.id()));
            self.counts.closed += 1;
        }
    }

    fn push<T: Columns>(&mut self, owner: i64, parent: Option<i64>, row: &T) {
        self.rows.push(owner.into());
        self.rows.push(row.id().into());
        if let Some(parent) = parent {
            self.rows.push(parent.into());
        }
        let mut text = String::new();
        row.push(&mut text, |value| self.rows.push(value));
        self.rows.push(self.now.into());
    }

    /// Writes what was collected, and forgets it.
    fn write(&mut self, tx: &mut WriteTx, now: i64, ignore_history: bool) -> Result<(), StoreError> {
        let mut columns = self.columns.clone();
        columns.push("ValidFrom");
        end_versions(tx, self.name, &columns, &self.ended, now, ignore_history)?;
        self.ended.clear();
        if self.rows.is_empty() {
            return Ok(());
        }
        tx.link.bulk(self.name, &[], &names(&columns), &self.rows)?;
        self.rows.clear();
        Ok(())
    }
}

/// Takes rows out of a table, into its history.
fn end_versions(
    tx: &WriteTx,
    table: &str,
    columns: &[&str],
    ended: &[(i64, i64)],
    now: i64,
    ignore_history: bool,
) -> Result<(), StoreError> {
    let columns = columns.join(", ");
    let values: Vec<String> =
        (0..PAIRS).map(|i| format!("(CAST(${} AS BIGINT), CAST(${} AS BIGINT))", 2 * i + 1, 2 * i + 2)).collect();
    let values = values.join(", ");
    for chunk in ended.chunks(PAIRS) {
        // The last batch repeats its last pair, and finds it once only.
        let last = chunk[chunk.len() - 1];
        let pairs: Vec<Arg<'_>> = (0..PAIRS)
            .map(|i| chunk.get(i).copied().unwrap_or(last))
            .flat_map(|(owner, id)| [Arg::Int(owner), Arg::Int(id)])
            .collect();
        let listed = format!("(SELECT DISTINCT column1, column2 FROM (VALUES {values}) v) p");
        if !ignore_history {
            tx.link.execute(
                &format!(
                    "INSERT INTO {table}History ({columns}, ValidTo) SELECT {columns}, {now} FROM {listed} \
                     JOIN {table} t ON t.Owner_Id = p.column1 AND t.Id = p.column2 WHERE t.ValidFrom < {now} \
                     ORDER BY t.Owner_Id, t.Id"
                ),
                &pairs,
            )?;
        }
        match tx.link.dialect() {
            // It would read all rows of an owner for (a, b) IN (…).
            Dialect::Sqlite => {
                for (owner, id) in chunk {
                    let sql = format!("DELETE FROM {table} WHERE Owner_Id = $1 AND Id = $2");
                    tx.link.execute(&sql, &[(*owner).into(), (*id).into()])?;
                }
            }
            Dialect::Postgres => {
                let sql =
                    format!("DELETE FROM {table} t USING {listed} WHERE t.Owner_Id = p.column1 AND t.Id = p.column2");
                tx.link.execute(&sql, &pairs)?;
            }
        }
    }
    Ok(())
}
