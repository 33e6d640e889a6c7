//! What evaluations read of the data, column by column for many resources at once.

use super::span::Span;
use crate::error::StoreError;
use crate::links::Side;
use crate::resources::{ResourceRow, hand_out, select};
use crate::stored_model::{LinkPlace, link_column};
use crate::tx::ReadTx;
use provost_model::{EntityTypeId, ResourceId, Slot};

impl ReadTx {
    /// Hands the rows of these resources to `each`, in their order, which must be ascending; those that do not exist are
    /// left out. Resources that lie close together are read as one range.
    ///
    /// # Errors
    /// Those of `each`, and those of the database.
    pub fn rows_in_order<E: From<StoreError>>(
        &mut self,
        entity_type: EntityTypeId,
        slots: &[Slot],
        resources: &[ResourceId],
        mut each: impl FnMut(ResourceRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut place = 0;
        Span::over(resources).each("r.Id", |which, args| {
            // The number of the type stands in the statement: the arguments belong to the ids.
            let sql = format!("{} WHERE {which} AND r.Type = {entity_type} ORDER BY r.Id", select(slots));
            self.link.scan(&sql, args, |row| {
                let id = ResourceId(row.i64(0)?);
                while place < resources.len() && resources[place] < id {
                    place += 1;
                }
                match resources.get(place) {
                    Some(found) if *found == id => hand_out(row, slots.len(), &mut each),
                    _ => Ok(()),
                }
            })
        })
    }

    /// Hands the links of these resources, which are the given side of an association, to `each` as (resource, other
    /// end), ordered by both. The resources must be ascending.
    ///
    /// # Errors
    /// Those of the database.
    pub fn links_in_order(
        &mut self,
        place: LinkPlace,
        resources: &[ResourceId],
        side: Side,
    ) -> Result<Vec<(ResourceId, ResourceId)>, StoreError> {
        let mut found: Vec<(ResourceId, ResourceId)> = Vec::new();
        let (near, columns, rest) = match place {
            LinkPlace::Table(id) => {
                let (near, far) = match side {
                    Side::First => ("l.Resource1_Id", "l.Resource2_Id"),
                    Side::Second => ("l.Resource2_Id", "l.Resource1_Id"),
                };
                let rest = format!("FROM UR_ResourceLinks l WHERE l.Association_Id = {id}");
                (near.to_owned(), format!("{near}, {far}"), rest)
            }
            LinkPlace::Slot { owner, slot, owner_is_first } => {
                let target = link_column("r", slot);
                let column = slot.column();
                let is_owner = owner_is_first == (side == Side::First);
                let near = if is_owner { "r.Id".to_owned() } else { target.clone() };
                let columns = if is_owner { format!("r.Id, {target}") } else { format!("{target}, r.Id") };
                (near, columns, format!("FROM UR_Resources r WHERE r.Type = {owner} AND r.{column} IS NOT NULL"))
            }
        };
        Span::over(resources).each(&near, |which, args| {
            let sql = format!("SELECT {columns} {rest} AND {which}");
            self.link.scan(&sql, args, |row| {
                found.push((ResourceId(row.i64(0)?), ResourceId(row.i64(1)?)));
                Ok::<(), StoreError>(())
            })
        })?;
        found.retain(|(near, _)| resources.binary_search(near).is_ok());
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}
