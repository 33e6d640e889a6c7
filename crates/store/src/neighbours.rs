//! The links of one resource, now or at an instant, wherever they are stored.

use crate::browse::Resource;
use crate::error::StoreError;
use crate::links::Side;
use crate::stored_model::{LinkPlace, StoredAssociation, StoredModel, link_column};
use crate::tx::ReadTx;
use provost_model::{AssociationId, EntityTypeId, ResourceId, Slot};

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
            if owner_is_first == (side == Side::First) {
                others.extend(own.value(slot).and_then(|text| text.parse().ok()).map(ResourceId));
            } else {
                others.extend(self.owners_of(model, owner, slot, own.id, as_of)?);
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
        let (own, other) =
            if side == Side::First { ("Resource1_Id", "Resource2_Id") } else { ("Resource2_Id", "Resource1_Id") };
        let which = format!("Association_Id = $1 AND {own} = $2 AND ValidFrom <= $3");
        let mut sql = format!("SELECT {other} FROM UR_ResourceLinks WHERE {which}");
        if as_of.is_some() {
            sql.push_str(&format!(" UNION SELECT {other} FROM UR_ResourceLinksHistory WHERE {which} AND $3 < ValidTo"));
        }
        let args = [association.0.into(), id.0.into(), as_of.unwrap_or(i64::MAX).into()];
        self.link.all(&sql, &args, |row| row.i64(0).map(ResourceId))
    }

    /// Resources whose slot holds `target`.
    fn owners_of(
        &mut self,
        model: &StoredModel,
        owner: EntityTypeId,
        slot: Slot,
        target: ResourceId,
        as_of: Option<i64>,
    ) -> Result<Vec<ResourceId>, StoreError> {
        let column = link_column("r", slot);
        let instant = as_of.unwrap_or(i64::MAX);
        let sql = format!(
            "SELECT r.Id FROM UR_Resources r WHERE r.Type = $1 AND r.{} IS NOT NULL AND {column} = $2 \
             AND r.ValidFrom <= $3",
            slot.column()
        );
        let mut owners =
            self.link.all(&sql, &[owner.0.into(), target.0.into(), instant.into()], |r| r.i64(0).map(ResourceId))?;
        if as_of.is_none() {
            return Ok(owners);
        }
        // The slot of that time may be another one than today's: look at all slots that the property ever had.
        let property = model.entity_type(owner)?.properties.iter().find(|p| p.slot == Some(slot)).map(|p| p.id);
        let ranges = self.link.all(
            "SELECT TargetColumnIndex, ValidFrom, ValidTo FROM UM_EntityPropertySlots WHERE Property_Id = $1",
            &[property.map_or(0, |p| p.0).into()],
            |row| Ok((Slot::new(row.i64(0)?), row.i64(1)?, row.i64(2)?)),
        )?;
        for (slot, from, to) in ranges {
            let Some(slot) = slot else { continue };
            let column = link_column("r", slot);
            let sql = format!(
                "SELECT r.Id FROM UR_ResourcesHistory r WHERE r.Type = $1 AND r.{} IS NOT NULL AND {column} = $2 \
                 AND r.ValidFrom <= $3 AND $3 < r.ValidTo AND r.ValidTo > $4 AND r.ValidTo <= $5",
                slot.column()
            );
            let args = [owner.0.into(), target.0.into(), instant.into(), from.into(), to.into()];
            owners.extend(self.link.all(&sql, &args, |row| row.i64(0).map(ResourceId))?);
        }
        Ok(owners)
    }
}
