//! What the mappings of a connector read: the tables of an export, and the columns that it has to have.

use crate::configuration::Configuration;
use serde::{Deserialize, Serialize};

/// A table that mappings read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SourceTable {
    /// Name of the file, without `.csv`.
    pub name: String,
    /// Columns that some mapping reads, each once, in the order of the configuration.
    pub columns: Vec<SourceColumn>,
}

/// A column that a mapping reads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SourceColumn {
    /// Header of the column.
    pub name: String,
    /// Format of the property, where it has one: it says in which form values of a system are expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}

impl SourceTable {
    fn add(&mut self, name: &str, format: Option<&str>) {
        match self.columns.iter_mut().find(|column| column.name == name) {
            Some(known) => known.format = known.format.take().or(format.map(str::to_owned)),
            None => self.columns.push(SourceColumn { name: name.to_owned(), format: format.map(str::to_owned) }),
        }
    }
}

/// Tables that the mappings of a connector read, in the order of the configuration.
pub fn source_tables(configuration: &Configuration, connector: &str) -> Vec<SourceTable> {
    let mut tables: Vec<SourceTable> = Vec::new();
    for mapping in configuration.type_mappings.iter().filter(|mapping| mapping.connector == connector) {
        let table = table(&mut tables, &mapping.connection_table);
        for property in &mapping.properties {
            if let Some(column) = &property.connection_column {
                table.add(column, property.format.as_deref());
            }
        }
    }
    for mapping in configuration.association_mappings.iter().filter(|mapping| mapping.connector == connector) {
        let table = table(&mut tables, &mapping.connection_table);
        table.add(&mapping.column1, None);
        table.add(&mapping.column2, None);
    }
    tables
}

fn table<'a>(tables: &'a mut Vec<SourceTable>, name: &str) -> &'a mut SourceTable {
    let index = tables.iter().position(|table| table.name.eq_ignore_ascii_case(name)).unwrap_or_else(|| {
        tables.push(SourceTable { name: name.to_owned(), columns: Vec::new() });
        tables.len() - 1
    });
    &mut tables[index]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::{EntityAssociationMapping, EntityTypeMapping, PropertyMapping};

    fn property(column: Option<&str>, format: Option<&str>) -> PropertyMapping {
        PropertyMapping {
            connection_column: column.map(str::to_owned),
            format: format.map(str::to_owned),
            ..PropertyMapping::default()
        }
    }

    #[test]
    fn each_table_has_the_columns_of_all_its_mappings_once() {
        let mapping = |connector: &str, table: &str, properties: Vec<PropertyMapping>| EntityTypeMapping {
            connector: connector.to_owned(),
            connection_table: table.to_owned(),
            properties,
            ..EntityTypeMapping::default()
        };
        let configuration = Configuration {
            type_mappings: vec![
                mapping("AD", "AD_entries", vec![property(Some("dn"), None), property(None, None)]),
                mapping("AD", "ad_ENTRIES", vec![property(Some("dn"), Some("String")), property(Some("cn"), None)]),
                mapping("HR", "HR", vec![property(Some("id"), None)]),
            ],
            association_mappings: vec![EntityAssociationMapping {
                connector: "AD".to_owned(),
                connection_table: "AD_member".to_owned(),
                column1: "dn".to_owned(),
                column2: "member".to_owned(),
                ..EntityAssociationMapping::default()
            }],
            ..Configuration::default()
        };
        let told: Vec<String> = source_tables(&configuration, "AD")
            .iter()
            .map(|table| {
                format!(
                    "{}: {:?}",
                    table.name,
                    table.columns.iter().map(|c| (&*c.name, c.format.as_deref())).collect::<Vec<_>>()
                )
            })
            .collect();
        assert_eq!(
            told,
            [r#"AD_entries: [("dn", Some("String")), ("cn", None)]"#, r#"AD_member: [("dn", None), ("member", None)]"#]
        );
    }
}
