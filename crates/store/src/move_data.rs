//! What a deployment does to the rows: values and links move, or go to history.

use crate::error::StoreError;
use crate::stored_model::{
    LinkPlace, StoredAssociation, StoredModel, StoredProperty, StoredType, link_column, link_value,
};
use crate::tx::WriteTx;
use provost_model::{AssociationId, PropertyId, Slot};

/// The model before and after.
pub(crate) struct Change<'a> {
    pub(crate) old: &'a StoredModel,
    pub(crate) new: &'a StoredModel,
    pub(crate) now: i64,
}

/// What the values of a property are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nature {
    Scalar,
    /// A navigation that no association stores in this property's slot.
    Loose,
    /// The stored side of an association.
    Link(AssociationId),
}

fn nature(model: &StoredModel, property: &StoredProperty) -> Nature {
    if !property.is_navigation {
        return Nature::Scalar;
    }
    let stored_here = |a: &&StoredAssociation| match a.side {
        1 => a.property1 == property.id,
        2 => a.property2 == property.id,
        _ => false,
    };
    model.associations.iter().find(stored_here).map_or(Nature::Loose, |a| Nature::Link(a.id))
}

impl Change<'_> {
    /// Whether the property has the same kind of values before and after, so that they may be taken along.
    pub(crate) fn keeps_values(&self, id: PropertyId) -> bool {
        match (self.old.owner(id), self.new.owner(id)) {
            (Some((_, before)), Some((_, after))) => {
                before.slot.is_some()
                    && after.slot.is_some()
                    && nature(self.old, before) == nature(self.new, after)
                    && match nature(self.old, before) {
                        Nature::Link(association) => self.keeps_ends(association),
                        _ => true,
                    }
            }
            _ => false,
        }
    }

    /// Whether the property keeps its values where they are.
    pub(crate) fn stays(&self, id: PropertyId) -> bool {
        self.keeps_values(id) && self.old.owner(id).map(|(_, p)| p.slot) == self.new.owner(id).map(|(_, p)| p.slot)
    }

    /// Whether rows of the type, or what is synchronised of them, are not what they were.
    pub(crate) fn is_affected(&self, entity_type: &StoredType) -> bool {
        let Ok(before) = self.old.entity_type(entity_type.id) else {
            return true;
        };
        let shape = |t: &StoredType| {
            let mut shape: Vec<_> = t.properties.iter().map(|p| (p.id, p.slot, p.is_navigation, p.is_mapped)).collect();
            shape.sort_by_key(|s| s.0);
            shape
        };
        shape(before) != shape(entity_type)
    }

    fn successor(&self, association: &StoredAssociation) -> Option<&StoredAssociation> {
        self.new.associations.iter().find(|a| {
            a.id == association.id && a.property1 == association.property1 && a.property2 == association.property2
        })
    }

    fn keeps_ends(&self, id: AssociationId) -> bool {
        self.old.associations.iter().find(|a| a.id == id).is_some_and(|a| self.successor(a).is_some())
    }

    /// Whether the links of an association go through the table because their place changes.
    fn moves_links(&self, association: &StoredAssociation) -> bool {
        self.successor(association).is_some_and(|next| next.side != association.side)
    }
}

/// Moves and clears what the change asks for.
pub(crate) fn run(tx: &mut WriteTx, change: &Change<'_>) -> Result<(), StoreError> {
    for association in &change.old.associations {
        if change.moves_links(association) {
            slot_to_table(tx, change, association)?;
        } else if change.successor(association).is_none() {
            drop_links(tx, change, association)?;
        }
    }
    for before in &change.old.types {
        match change.new.entity_type(before.id) {
            Ok(after) => move_slots(tx, change, before, after)?,
            Err(_) => drop_type(tx, change, before)?,
        }
    }
    for association in &change.old.associations {
        if change.moves_links(association) {
            table_to_slot(tx, change, association)?;
        }
    }
    Ok(())
}

/// The links of an association that is gone end now, and so do the pairs that wait.
fn drop_links(tx: &mut WriteTx, change: &Change<'_>, association: &StoredAssociation) -> Result<(), StoreError> {
    end_table_links(tx, change, association)?;
    tx.link.execute("DELETE FROM UR_ResourceLinkOrphans WHERE Association_Id = $1", &[association.id.0.into()])?;
    Ok(())
}

fn end_table_links(tx: &mut WriteTx, change: &Change<'_>, association: &StoredAssociation) -> Result<(), StoreError> {
    tx.link.execute(
        "INSERT INTO UR_ResourceLinksHistory (Association_Id, Resource1_Id, Resource2_Id, ValidFrom, ValidTo) \
         SELECT Association_Id, Resource1_Id, Resource2_Id, ValidFrom, $1 FROM UR_ResourceLinks \
         WHERE Association_Id = $2 AND ValidFrom < $1",
        &[change.now.into(), association.id.0.into()],
    )?;
    tx.link.execute("DELETE FROM UR_ResourceLinks WHERE Association_Id = $1", &[association.id.0.into()])?;
    Ok(())
}

/// Copies links from a slot into the table; the slot is cleared with the others of its type.
fn slot_to_table(tx: &mut WriteTx, change: &Change<'_>, association: &StoredAssociation) -> Result<(), StoreError> {
    let LinkPlace::Slot { owner, slot, owner_is_first } = change.old.place(association) else {
        return Ok(());
    };
    let target = link_column("r", slot);
    let (first, second) = if owner_is_first { ("r.Id", &*target) } else { (&*target, "r.Id") };
    let sql = format!(
        "INSERT INTO UR_ResourceLinks (Association_Id, Resource1_Id, Resource2_Id, ValidFrom) \
         SELECT {}, {first}, {second}, {} FROM UR_Resources r WHERE r.Type = {owner} AND r.{} IS NOT NULL",
        association.id,
        change.now,
        slot.column()
    );
    tx.link.execute(&sql, &[])?;
    Ok(())
}

/// Moves links from the table into a slot. An owner with several keeps the one to the oldest resource.
fn table_to_slot(tx: &mut WriteTx, change: &Change<'_>, association: &StoredAssociation) -> Result<(), StoreError> {
    let Some(next) = change.successor(association) else {
        return Ok(());
    };
    let LinkPlace::Slot { owner, slot, owner_is_first } = change.new.place(next) else {
        return Ok(());
    };
    let (own, target) =
        if owner_is_first { ("Resource1_Id", "Resource2_Id") } else { ("Resource2_Id", "Resource1_Id") };
    let links = format!(
        "SELECT {own} AS Owner_Id, MIN({target}) AS Target_Id FROM UR_ResourceLinks WHERE Association_Id = {} GROUP BY {own}",
        association.id
    );
    let entity_type = change.new.entity_type(owner)?;
    tx.archive(change.new, entity_type, change.now, &format!("r.Id IN (SELECT Owner_Id FROM ({links}) l)"))?;
    let sql = format!(
        "UPDATE UR_Resources SET {} = {}, ValidFrom = {} FROM ({links}) l \
         WHERE UR_Resources.Id = l.Owner_Id AND UR_Resources.Type = {owner}",
        slot.column(),
        link_value("l.Target_Id", slot),
        begin(change.now)
    );
    tx.link.execute(&sql, &[])?;
    end_table_links(tx, change, association)
}

/// Gives every slot of a type the value that it has from now on.
fn move_slots(
    tx: &mut WriteTx,
    change: &Change<'_>,
    before: &StoredType,
    after: &StoredType,
) -> Result<(), StoreError> {
    let mut assignments = Vec::new();
    let mut touched: Vec<Slot> = Vec::new();
    let mut slots = before.slots();
    slots.extend(after.slots());
    slots.sort();
    slots.dedup();
    for slot in slots {
        let source = source(change, after, slot);
        if source == Some(slot) || (source.is_none() && !before.slots().contains(&slot)) {
            continue;
        }
        let value = match source {
            None => "NULL".to_owned(),
            Some(from) if from.is_navigation() == slot.is_navigation() => from.column(),
            Some(from) => link_value(&link_column("UR_Resources", from), slot),
        };
        assignments.push(format!("{} = {value}", slot.column()));
        touched.push(slot);
        touched.extend(source);
    }
    if assignments.is_empty() {
        return Ok(());
    }
    touched.sort();
    touched.dedup();
    let filled = |alias: &str| {
        let parts: Vec<String> = touched.iter().map(|s| format!("{alias}.{} IS NOT NULL", s.column())).collect();
        format!("({})", parts.join(" OR "))
    };
    let versions = tx.archive(change.old, before, change.now, &filled("r"))?;
    let sql = format!(
        "UPDATE UR_Resources SET {}, ValidFrom = {} WHERE Type = {} AND {}",
        assignments.join(", "),
        begin(change.now),
        before.id,
        filled("UR_Resources")
    );
    tx.link.execute(&sql, &[])?;
    tx.count("versions", versions);
    Ok(())
}

/// Where the value of a slot comes from.
fn source(change: &Change<'_>, after: &StoredType, slot: Slot) -> Option<Slot> {
    let property = after.properties.iter().find(|p| p.slot == Some(slot))?;
    if !change.keeps_values(property.id) {
        return None;
    }
    change.old.owner(property.id).and_then(|(_, p)| p.slot)
}

/// SQL for the start of the version that begins now, also where the clock ran backwards.
fn begin(now: i64) -> String {
    format!("CASE WHEN UR_Resources.ValidFrom < {now} THEN {now} ELSE UR_Resources.ValidFrom END")
}

/// The resources of a type that is gone go to history. Its associations are gone too, and so are their links.
fn drop_type(tx: &mut WriteTx, change: &Change<'_>, entity_type: &StoredType) -> Result<(), StoreError> {
    let versions = tx.archive(change.old, entity_type, change.now, "1 = 1")?;
    let id = entity_type.id.0;
    let deleted = tx.link.execute("DELETE FROM UR_Resources WHERE Type = $1", &[id.into()])?;
    tx.link.execute("DELETE FROM UR_ResourceKeys WHERE EntityType_Id = $1", &[id.into()])?;
    tx.count("versions", versions);
    tx.count("resourcesDeleted", deleted);
    Ok(())
}
