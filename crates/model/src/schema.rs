//! What a system could give: tables and columns, as a connection was told when it was last asked (`ConnectionTable`).

use crate::configuration::Item;
use serde::{Deserialize, Serialize};

/// Tables that an export could have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Schema {
    /// The tables, in the order of the system.
    pub tables: Vec<SchemaTable>,
}

/// A table (`ConnectionTable`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SchemaTable {
    /// Name of the file, without `.csv`.
    pub name: String,
    /// Columns, the fixed ones first.
    pub columns: Vec<SchemaColumn>,
}

/// A column (`ConnectionTable/Column`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SchemaColumn {
    /// Header.
    pub name: String,
    /// What it is grouped by: for directories the class that brings it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// One row may have several values.
    pub is_multivalued: bool,
    /// Whether it tells rows apart.
    pub key: KeyType,
    /// What its values are.
    pub value_type: ValueType,
}

/// Whether a column tells rows apart, in the numbers of `KeyType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyType {
    /// It does not.
    #[default]
    None = 0,
    /// It is the key.
    Primary = 1,
    /// No two rows have the same value.
    Unique = 2,
}

/// What the values of a column are, in the numbers of `ValueType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValueType {
    /// Text.
    #[default]
    String = 0,
    /// Octets.
    Bytes = 1,
    /// Whole numbers of 32 bits.
    Int32 = 2,
    /// Whole numbers of 64 bits.
    Int64 = 3,
    /// Points in time.
    DateTime = 4,
    /// True or false.
    Bool = 5,
    /// Identifiers of 16 octets.
    Guid = 6,
    /// Numbers with a fraction.
    Double = 7,
}

/// What an agent was told about a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SchemaReport {
    /// The tables, when the system could be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Schema>,
    /// Why it could not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Schema {
    /// The tables as the elements that a configuration writes them with.
    pub fn items(&self, connection: &str) -> Vec<Item> {
        let text = |name: &'static str, value: &str| (name, value.to_owned());
        let column = |column: &SchemaColumn| {
            let attributes = [
                text("Identifier", &column.name),
                text("Path", column.path.as_deref().unwrap_or_default()),
                ("IsMultivalued", column.is_multivalued.to_string()),
                ("KeyType", format!("{:?}", column.key)),
                ("ValueType", format!("{:?}", column.value_type)),
            ];
            Item::made_in("ConnectionTable", "Column", &attributes, "")
        };
        let table = |table: &SchemaTable| {
            let attributes = [text("Connection", connection), text("Identifier", &table.name)];
            Item::made("ConnectionTable", &attributes, table.columns.iter().filter_map(column).collect(), "")
        };
        self.tables.iter().filter_map(table).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_written_as_a_configuration_writes_them() {
        let column = |name: &str, key, value_type| SchemaColumn {
            name: name.to_owned(),
            key,
            value_type,
            ..SchemaColumn::default()
        };
        let mut mail = column("mail", KeyType::None, ValueType::String);
        (mail.is_multivalued, mail.path) = (true, Some("inetOrgPerson".to_owned()));
        let columns = vec![
            column("dn", KeyType::Primary, ValueType::String),
            mail,
            column("at", KeyType::None, ValueType::DateTime),
        ];
        let schema = Schema { tables: vec![SchemaTable { name: "AD_entries".to_owned(), columns }] };
        insta::assert_snapshot!(crate::configuration::export(&schema.items("AD"))[0].1, @r#"
        <?xml version="1.0" encoding="utf-8"?>
        <ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
          <ConnectionTable Identifier="AD_entries" Connection="AD">
            <Column Identifier="dn" KeyType="Primary" />
            <Column Identifier="mail" Path="inetOrgPerson" IsMultivalued="true" />
            <Column Identifier="at" ValueType="DateTime" />
          </ConnectionTable>
        </ConfigurationFile>
        "#);
    }
}
