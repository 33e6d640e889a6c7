//! Assignments, out of the tables.

use super::rows::{BINARY, Columns, NAVIGATION, RESOURCE_TYPE, ROLE, SCALAR};
use super::span::Span;
use crate::error::StoreError;
use crate::tx::ReadTx;
use crate::value::Row;
use provost_model::ResourceId;
use provost_model::policy::{AssignedResourceType, AssignedRole, Assignments};

impl ReadTx {
    /// What each of these owners has, in their order, which must be ascending. Best called with thousands at once: each
    /// table is read from one end to the other.
    ///
    /// # Errors
    /// Those of the database.
    pub fn assignments(&mut self, owners: &[ResourceId]) -> Result<Vec<Assignments>, StoreError> {
        self.assignments_in(owners, None)
    }

    /// What each of these owners had at an instant: microseconds since 1970, UTC.
    ///
    /// # Errors
    /// Those of the database.
    pub fn assignments_at(&mut self, owners: &[ResourceId], at: i64) -> Result<Vec<Assignments>, StoreError> {
        self.assignments_in(owners, Some(at))
    }

    fn assignments_in(&mut self, owners: &[ResourceId], at: Option<i64>) -> Result<Vec<Assignments>, StoreError> {
        let mut all = vec![Assignments::default(); owners.len()];
        self.owned("UP_AssignedCompositeRoles", ROLE, owners, at, |place, row| {
            all[place].composite_roles.push(AssignedRole::read(row)?);
            Ok(())
        })?;
        self.owned("UP_AssignedSingleRoles", ROLE, owners, at, |place, row| {
            all[place].single_roles.push(AssignedRole::read(row)?);
            Ok(())
        })?;
        self.owned("UP_AssignedResourceTypes", RESOURCE_TYPE, owners, at, |place, row| {
            all[place].resource_types.push(AssignedResourceType::read(row)?);
            Ok(())
        })?;
        self.owned("UP_AssignedResourceScalars", SCALAR, owners, at, |place, row| {
            hold(&mut all[place], row, |held| &mut held.scalars)
        })?;
        self.owned("UP_AssignedResourceNavigations", NAVIGATION, owners, at, |place, row| {
            hold(&mut all[place], row, |held| &mut held.navigations)
        })?;
        self.owned("UP_AssignedResourceBinaries", BINARY, owners, at, |place, row| {
            hold(&mut all[place], row, |held| &mut held.binaries)
        })?;
        all.iter_mut().for_each(Assignments::sort);
        Ok(all)
    }

    /// Hands the rows of these owners to `each`, with the position of the owner. The first column is the owner, the
    /// second the row.
    fn owned(
        &self,
        table: &str,
        columns: &[&str],
        owners: &[ResourceId],
        at: Option<i64>,
        mut each: impl FnMut(usize, &Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let columns = columns.join(", ");
        let mut place = 0;
        Span::over(owners).each("Owner_Id", |which, args| {
            let sql = match at {
                None => format!("SELECT {columns} FROM {table} WHERE {which} ORDER BY Owner_Id, Id"),
                Some(at) => format!(
                    "SELECT {columns} FROM (SELECT {columns} FROM {table} WHERE ValidFrom <= {at} UNION ALL \
                     SELECT {columns} FROM {table}History WHERE ValidFrom <= {at} AND ValidTo > {at}) a \
                     WHERE {which} ORDER BY Owner_Id, Id"
                ),
            };
            self.link.scan(&sql, args, |row| {
                let owner = ResourceId(row.i64(0)?);
                while place < owners.len() && owners[place] < owner {
                    place += 1;
                }
                match owners.get(place) {
                    Some(found) if *found == owner => each(place, row),
                    _ => Ok(()),
                }
            })
        })
    }
}

/// Gives a row to the assigned resource type that it belongs to. A row without one belongs to nobody.
fn hold<T: Columns>(
    owned: &mut Assignments,
    row: &Row<'_>,
    list: impl FnOnce(&mut AssignedResourceType) -> &mut Vec<T>,
) -> Result<(), StoreError> {
    let of = row.i64(2)?;
    if let Some(held) = owned.resource_types.iter_mut().find(|held| held.id == of) {
        list(held).push(T::read(row)?);
    }
    Ok(())
}
