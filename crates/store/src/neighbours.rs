//! The links of one resource, now or at an instant, wherever they are stored.

use crate::browse::Resource;
use crate::error::StoreError;
use crate::links::Side;
use crate::stored_model::{LinkPlace, StoredAssociation, StoredModel, link_column};
use crate::tx::ReadTx;
use provost_model::{AssociationId, EntityTypeId, PropertyId, ResourceId, Slot};

/// A link seen from one of its ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The association.
    pub association: AssociationId,
    /// The end that the resource asked for is.
    pub side: Side,
    /// The resource at the other end.
    pub other: ResourceId,
    /// Its primary key.
    pub key: Option<String>,
    /// Its display name.
    pub display_name: Option<String>,
}

impl ReadTx {
    /// The links of a resource: the current ones, or those at an instant (microseconds since 1970, UTC), by
    /// association, then by the id of the other end. The past of links that are stored in slots of the other end is
    /// searched without an index.
    ///
    /// # Errors
    /// Those of the database.
    pub fn links_of_resource(
        &mut self,
        id: ResourceId,
        as_of_micros: Option<i64>,
    ) -> Result<Vec<Neighbour>, StoreError> {
        let model = self.model()?;
        let Some(own) = self.resource_version(id, as_of_micros)? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for association in &model.associations {
            let (end1, end2) = model.ends(association);
            for (side, end) in [(Side::First, end1), (Side::Second, end2)] {
                if end == Some(own.entity_type) {
                    let others = self.others(&model, association, &own, side, as_of_micros)?;
                    found.extend(others.into_iter().map(|other| (association.id, side, other)));
                }
            }
        }
        self.name(found, as_of_micros)
    }

    fn name(
        &mut self,
        found: Vec<(AssociationId, Side, ResourceId)>,
        as_of: Option<i64>,
    ) -> Result<Vec<Neighbour>, StoreError> {
        let mut named = Vec::with_capacity(found.len());
        for (association, side, other) in found {
            let (key, display_name) =
                self.resource_version(other, as_of)?.map_or((None, None), |r| (r.key, r.display_name));
            named.push(Neighbour { association, side, other, key, display_name });
        }
        Ok(named)
    }

    fn others(
        &mut self,
        model: &StoredModel,
        association: &StoredAssociation,
        own: &Resource,
        side: Side,
        as_of: Option<i64>,
    ) -> Result<Vec<ResourceId>, StoreError> {
        let mut others = self.table_links(association.id, own.id, side, as_of)?;
        if let LinkPlace::Slot { owner, slot, owner_is_first } = model.place(association) {
            let owns = owner_is_first == (side == Side::First);
            others.extend(self.current_slot_links(owner, slot, own.id, owns, as_of)?);
        }
        if let Some(instant) = as_of {
            for (property, owns) in
                [(association.property1, side == Side::First), (association.property2, side == Side::Second)]
            {
                others.extend(self.past_slot_links(model, property, own.id, owns, instant)?);
            }
        }
        others.sort();
        others.dedup();
        Ok(others)
    }

    /// Table links exist for an association in a slot too: those of the time before it moved there.
    fn table_links(
        &self,
        association: AssociationId,
        id: ResourceId,
        side: Side,
        as_of: Option<i64>,
    ) -> Result<Vec<ResourceId>, StoreError> {
        let (own, other) = match side {
            Side::First => ("Resource1_Id", "Resource2_Id"),
            Side::Second => ("Resource2_Id", "Resource1_Id"),
        };
        let which = format!("Association_Id = $1 AND {own} = $2 AND ValidFrom <= $3");
        let mut sql = format!("SELECT {other} FROM UR_ResourceLinks WHERE {which}");
        if as_of.is_some() {
            sql.push_str(&format!(" UNION SELECT {other} FROM UR_ResourceLinksHistory WHERE {which} AND $3 < ValidTo"));
        }
        let args = [association.0.into(), id.0.into(), as_of.unwrap_or(i64::MAX).into()];
        self.link.all(&sql, &args, |row| row.i64(0).map(ResourceId))
    }

    /// Links in a slot of current rows: the target of `id`, or those whose slot holds `id`.
    fn current_slot_links(
        &self,
        owner: EntityTypeId,
        slot: Slot,
        id: ResourceId,
        owns: bool,
        as_of: Option<i64>,
    ) -> Result<Vec<ResourceId>, StoreError> {
        let sql = format!("{} AND r.ValidFrom <= $3", slot_links("UR_Resources", slot, owns));
        let args = [owner.0.into(), id.0.into(), as_of.unwrap_or(i64::MAX).into()];
        self.link.all(&sql, &args, |row| row.i64(0).map(ResourceId))
    }

    /// The same in the history rows of an instant, in each slot that the property ever had.
    fn past_slot_links(
        &self,
        model: &StoredModel,
        property: PropertyId,
        id: ResourceId,
        owns: bool,
        instant: i64,
    ) -> Result<Vec<ResourceId>, StoreError> {
        let Some((owner, _)) = model.owner(property) else {
            return Ok(Vec::new());
        };
        let ranges = self.link.all(
            "SELECT TargetColumnIndex, ValidFrom, ValidTo FROM UM_EntityPropertySlots \
             WHERE Property_Id = $1 AND IsNavigation = 1",
            &[property.0.into()],
            |row| Ok((Slot::new(row.i64(0)?), row.i64(1)?, row.i64(2)?)),
        )?;
        let mut found = Vec::new();
        for (slot, from, to) in ranges {
            let Some(slot) = slot else { continue };
            let sql = format!(
                "{} AND r.ValidFrom <= $3 AND $3 < r.ValidTo AND r.ValidTo > $4 AND r.ValidTo <= $5",
                slot_links("UR_ResourcesHistory", slot, owns)
            );
            let args = [owner.id.0.into(), id.0.into(), instant.into(), from.into(), to.into()];
            found.extend(self.link.all(&sql, &args, |row| row.i64(0).map(ResourceId))?);
        }
        Ok(found)
    }
}

/// SQL for the other ends of links in a slot, given the owner's type and the resource.
fn slot_links(table: &str, slot: Slot, owns: bool) -> String {
    let target = link_column("r", slot);
    let (own, other) = if owns { ("r.Id", &*target) } else { (&*target, "r.Id") };
    format!("SELECT {other} FROM {table} r WHERE r.Type = $1 AND r.{} IS NOT NULL AND {own} = $2", slot.column())
}
