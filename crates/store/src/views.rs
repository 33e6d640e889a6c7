//! Views with readable names, for people with an SQL prompt. The engine never reads them.

use crate::error::StoreError;
use crate::stored_model::text_column;
use crate::tx::WriteTx;
use provost_model::metadata::Metadata;
use std::collections::HashSet;

impl WriteTx {
    /// Drops every view whose name begins with `zz_` and makes one per entity type, `zz_<entity type>` in lower case.
    /// Where two names differ only in case, the id of the second one is appended.
    ///
    /// # Errors
    /// Those of the database.
    pub fn rebuild_views(&mut self, metadata: &Metadata) -> Result<u64, StoreError> {
        for name in self.link.all(self.link.dialect().views(), &[], |row| row.string(0))? {
            self.link.batch(&format!("DROP VIEW {}", quoted(&name)))?;
        }
        let mut taken = HashSet::new();
        for entity_type in &metadata.entity_types {
            let name = free_name(&mut taken, &format!("zz_{}", entity_type.identifier), entity_type.id.0);
            let mut columns = HashSet::from(["id".to_owned(), "internaldisplayname".to_owned()]);
            let values: String = entity_type
                .properties
                .iter()
                .filter_map(|p| Some((p, p.slot?)))
                .map(|(p, slot)| {
                    let column = free_name(&mut columns, &p.identifier, p.id.0);
                    format!(", {} AS {}", text_column("r", slot), quoted(&column))
                })
                .collect();
            self.link.batch(&format!(
                "CREATE VIEW {} AS SELECT r.Id AS id, r.DisplayName_L1 AS internaldisplayname{values} \
                 FROM UR_Resources r WHERE r.Type = {}",
                quoted(&name),
                entity_type.id
            ))?;
        }
        let made = metadata.entity_types.len() as u64;
        self.count("viewsRebuilt", made);
        Ok(made)
    }
}

/// The name in lower case, made unique.
fn free_name(taken: &mut HashSet<String>, name: &str, id: i64) -> String {
    let plain = name.to_lowercase();
    if taken.insert(plain.clone()) {
        return plain;
    }
    let longer = format!("{plain}_{id}");
    taken.insert(longer.clone());
    longer
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
