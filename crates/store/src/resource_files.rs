//! Contents of `Binary` properties. The rows of resources hold digests, so that history, comparisons and change sets stay
//! small; each content is kept once, as long as something names it.

use crate::error::StoreError;
use crate::tx::{ReadTx, WriteTx};
use provost_model::Slot;

/// Tables whose rows name contents.
const NAMED_IN: [&str; 3] = ["UR_Resources", "UR_ResourcesHistory", "UR_ResourceChanges"];

impl ReadTx {
    /// The content with this digest, in base64.
    ///
    /// # Errors
    /// Those of the database.
    pub fn resource_file(&mut self, digest: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT Content FROM UR_ResourceFiles WHERE Digest = $1";
        self.link.first(sql, &[digest.into()], |row| row.string(0))
    }
}

impl WriteTx {
    /// Keeps a content, in base64, under its digest. One that is there already stays.
    ///
    /// # Errors
    /// Those of the database.
    pub fn keep_resource_file(&mut self, digest: &str, content: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO UR_ResourceFiles (Digest, Content) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        self.link.execute(sql, &[digest.into(), content.into()]).map(|_| ())
    }

    /// Forgets contents that no resource, no version, no change and no assignment names any more. Tells how many.
    ///
    /// # Errors
    /// Those of the database.
    pub fn forget_resource_files(&mut self) -> Result<u64, StoreError> {
        let sql = "SELECT TargetColumnIndex FROM UM_ResourceColumns ORDER BY 1";
        let columns = self.link.all(sql, &[], |row| row.i64(0))?;
        let mut named = Vec::new();
        for slot in columns.into_iter().filter_map(Slot::new).filter(|slot| slot.is_file()) {
            let column = slot.column();
            named.extend(NAMED_IN.map(|table| format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL")));
        }
        if named.is_empty() {
            return Ok(0);
        }
        // Who is about to name a content that nobody names yet is waited for.
        if let Some(lock) = self.link.dialect().lock_table("UR_ResourceFiles") {
            self.link.batch(&lock)?;
        }
        for column in ["PolicyValue", "CurrentValue"] {
            let table = "UP_AssignedResourceBinaries";
            named.push(format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL"));
        }
        let sql = format!("DELETE FROM UR_ResourceFiles WHERE Digest NOT IN ({})", named.join(" UNION "));
        let forgotten = self.link.execute(&sql, &[])?;
        self.count("filesForgotten", forgotten);
        Ok(forgotten)
    }
}
