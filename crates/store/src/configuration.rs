//! The stored configuration, item by item.

use crate::error::StoreError;
use crate::tx::{ReadTx, WriteTx};
use provost_model::metadata::Catalog;

/// A configuration item as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredItem {
    /// Element name: `EntityType`.
    pub element: String,
    /// What identifies it among the items of that name.
    pub identity: String,
    /// File that it came from.
    pub file: String,
    /// The item.
    pub json: String,
}

/// A change of the stored configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemChange {
    /// A new item. It comes after all others.
    Insert(StoredItem),
    /// Another content of a known item. It keeps its position.
    Update(StoredItem),
    /// The item with this element name and identity goes.
    Delete(String, String),
}

/// The counter that tells how often the configuration changed.
pub(crate) const VERSION: &str = "ConfigurationVersion";

impl ReadTx {
    /// All items, in the order in which they were first stored.
    ///
    /// # Errors
    /// Those of the database.
    pub fn configuration_items(&mut self) -> Result<Vec<StoredItem>, StoreError> {
        self.link.all(
            "SELECT Element, Identity, File, Json FROM UM_ConfigurationItems ORDER BY Position, Element, Identity",
            &[],
            |row| {
                Ok(StoredItem {
                    element: row.string(0)?,
                    identity: row.string(1)?,
                    file: row.string(2)?,
                    json: row.string(3)?,
                })
            },
        )
    }

    /// Identity and position of the items with this element name. Queries call an item by its position, negative.
    ///
    /// # Errors
    /// Those of the database.
    pub fn item_positions(&mut self, element: &str) -> Result<Vec<(String, i64)>, StoreError> {
        let sql = "SELECT Identity, Position FROM UM_ConfigurationItems WHERE Element = $1";
        self.link.all(sql, &[element.into()], |row| Ok((row.string(0)?, row.i64(1)?)))
    }

    /// A number that grows with every change of the configuration; 0 before the first deployment.
    ///
    /// # Errors
    /// Those of the database.
    pub fn configuration_version(&mut self) -> Result<i64, StoreError> {
        Ok(self
            .link
            .first("SELECT Value FROM UM_Counters WHERE Name = $1", &[VERSION.into()], |row| row.i64(0))?
            .unwrap_or(0))
    }

    /// Ids of everything that is deployed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn catalog(&mut self) -> Result<Catalog, StoreError> {
        let model = self.model()?;
        let mut catalog = Catalog::default();
        for entity_type in &model.types {
            catalog.entity_types.insert(entity_type.identifier.clone(), entity_type.id);
            for property in &entity_type.properties {
                catalog.properties.insert((entity_type.identifier.clone(), property.identifier.clone()), property.id);
            }
        }
        for association in &model.associations {
            catalog.associations.insert(association.identifier.clone(), association.id);
        }
        Ok(catalog)
    }
}

impl WriteTx {
    /// Changes stored items.
    ///
    /// # Errors
    /// When an item to insert exists or one to update or delete does not, and those of the database.
    pub fn replace_configuration(&mut self, changes: &[ItemChange]) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        for change in changes {
            let touched = match change {
                ItemChange::Insert(item) => {
                    let position = self.advance("ConfigurationItem", 1)?;
                    self.link.execute(
                        "INSERT INTO UM_ConfigurationItems (Element, Identity, File, Json, Position) \
                         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                        &[
                            (&item.element).into(),
                            (&item.identity).into(),
                            (&item.file).into(),
                            (&item.json).into(),
                            position.into(),
                        ],
                    )?
                }
                ItemChange::Update(item) => self.link.execute(
                    "UPDATE UM_ConfigurationItems SET File = $1, Json = $2 WHERE Element = $3 AND Identity = $4",
                    &[(&item.file).into(), (&item.json).into(), (&item.element).into(), (&item.identity).into()],
                )?,
                ItemChange::Delete(element, identity) => self.link.execute(
                    "DELETE FROM UM_ConfigurationItems WHERE Element = $1 AND Identity = $2",
                    &[element.into(), identity.into()],
                )?,
            };
            if touched != 1 {
                return Err(StoreError::misuse(format!("a change of the configuration does not fit: {change:?}")));
            }
            self.count("configurationItems", 1);
        }
        self.advance(VERSION, 1)?;
        Ok(())
    }
}
