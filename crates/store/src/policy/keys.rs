//! Correlation keys: what owners and targets are matched by.

use super::span::Span;
use crate::dialect::Dialect;
use crate::error::StoreError;
use crate::sink::{Sink, names};
use crate::tx::{ReadTx, WriteTx};
use crate::value::{Arg, Row};
use provost_model::{PolicyObjectId, ResourceId};

const COLUMNS: &str = "Rule_Id, Side, KeyValue, Resource_Id";

/// A side of a correlation or query rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeySide {
    /// The owner's.
    Source = 0,
    /// That of the targets, or of the resources to link.
    Target = 1,
}

/// A key of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CorrelationKey {
    /// Whose it is.
    pub resource: ResourceId,
    /// Rule that it is for.
    pub rule: PolicyObjectId,
    /// Side of the rule.
    pub side: KeySide,
    /// The key; compared by its bytes.
    pub value: String,
}

fn key(row: &Row<'_>) -> Result<CorrelationKey, StoreError> {
    Ok(CorrelationKey {
        rule: PolicyObjectId(row.i64(0)?),
        side: if row.i64(1)? == 0 { KeySide::Source } else { KeySide::Target },
        value: row.string(2)?,
        resource: ResourceId(row.i64(3)?),
    })
}

impl ReadTx {
    /// The keys of these resources, ordered by resource, rule, side and key. The resources must be ascending.
    ///
    /// # Errors
    /// Those of the database.
    pub fn correlation_keys(&mut self, resources: &[ResourceId]) -> Result<Vec<CorrelationKey>, StoreError> {
        let mut found: Vec<CorrelationKey> = Vec::new();
        Span::over(resources).each("Resource_Id", |which, args| {
            let sql = format!("SELECT {COLUMNS} FROM UP_ResourceCorrelationKeys WHERE {which} ORDER BY Resource_Id");
            self.link.scan(&sql, args, |row| {
                found.push(key(row)?);
                Ok::<(), StoreError>(())
            })
        })?;
        found.retain(|key| resources.binary_search(&key.resource).is_ok());
        found.sort_unstable();
        Ok(found)
    }

    /// Hands the keys of one side of a rule to `each`, ordered by key, then resource.
    ///
    /// # Errors
    /// Those of `each`, and those of the database.
    pub fn scan_correlation_keys<E: From<StoreError>>(
        &mut self,
        rule: PolicyObjectId,
        side: KeySide,
        mut each: impl FnMut(&str, ResourceId) -> Result<(), E>,
    ) -> Result<(), E> {
        self.link.scan(
            "SELECT KeyValue, Resource_Id FROM UP_ResourceCorrelationKeys WHERE Rule_Id = $1 AND Side = $2 \
             ORDER BY KeyValue, Resource_Id",
            &[rule.0.into(), (side as i64).into()],
            |row| each(row.str(0)?, ResourceId(row.i64(1)?)),
        )
    }

    /// The next `count` keys of one side of a rule, by key, then resource: those behind `after`, or the first ones.
    ///
    /// # Errors
    /// Those of the database.
    pub fn correlation_keys_after(
        &mut self,
        rule: PolicyObjectId,
        side: KeySide,
        after: Option<(&str, ResourceId)>,
        count: usize,
        mut each: impl FnMut(&str, ResourceId),
    ) -> Result<(), StoreError> {
        let mut args = vec![Arg::Int(rule.0), Arg::Int(side as i64)];
        let mut behind = String::new();
        if let Some((key, resource)) = after {
            behind = " AND (KeyValue > $3 OR (KeyValue = $3 AND Resource_Id > $4)) AND KeyValue >= $3".to_owned();
            args.extend([Arg::Text(key), Arg::Int(resource.0)]);
        }
        self.link.scan(
            &format!(
                "SELECT KeyValue, Resource_Id FROM UP_ResourceCorrelationKeys WHERE Rule_Id = $1 AND Side = $2{behind} \
                 ORDER BY KeyValue, Resource_Id LIMIT {count}"
            ),
            &args,
            |row| {
                each(row.str(0)?, ResourceId(row.i64(1)?));
                Ok::<(), StoreError>(())
            },
        )
    }

    /// The first `most` resources with a key on one side of a rule, ascending.
    ///
    /// # Errors
    /// Those of the database.
    pub fn holders_of_key(
        &mut self,
        rule: PolicyObjectId,
        side: KeySide,
        value: &str,
        most: usize,
    ) -> Result<Vec<ResourceId>, StoreError> {
        let start = match self.link.dialect() {
            Dialect::Sqlite => "",
            Dialect::Postgres => " AND left(KeyValue, 256) = left($3, 256)",
        };
        self.link.all(
            &format!(
                "SELECT Resource_Id FROM UP_ResourceCorrelationKeys WHERE Rule_Id = $1 AND Side = $2 \
                 AND KeyValue = $3{start} ORDER BY Resource_Id LIMIT {}",
                i64::try_from(most).unwrap_or(i64::MAX)
            ),
            &[rule.0.into(), (side as i64).into(), value.into()],
            |row| row.i64(0).map(ResourceId),
        )
    }
}

/// Loads correlation keys into their empty table, fastest in the order of rules, sides and keys.
pub struct InitialCorrelationKeys(Sink);

impl std::fmt::Debug for InitialCorrelationKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InitialCorrelationKeys").finish_non_exhaustive()
    }
}

impl InitialCorrelationKeys {
    /// Adds a key.
    ///
    /// # Errors
    /// Those of the database.
    pub fn push(
        &mut self,
        rule: PolicyObjectId,
        side: KeySide,
        value: &str,
        resource: ResourceId,
    ) -> Result<(), StoreError> {
        self.0.row(&[rule.0.into(), (side as i64).into(), value.into(), resource.0.into()])
    }

    /// Writes what is left, and makes the index of resources; tells how many keys there are.
    ///
    /// # Errors
    /// Those of the database.
    pub fn finish(mut self, tx: &mut WriteTx) -> Result<u64, StoreError> {
        self.0.flush()?;
        tx.link
            .batch("CREATE INDEX UP_ResourceCorrelationKeys_Resource ON UP_ResourceCorrelationKeys (Resource_Id)")?;
        if let Some(sql) = tx.link.dialect().refresh_statistics("UP_ResourceCorrelationKeys") {
            tx.link.batch(&sql)?;
        }
        tx.count("correlationKeysInserted", self.0.written());
        Ok(self.0.written())
    }
}

impl WriteTx {
    /// A writer for keys when there are none yet.
    ///
    /// # Errors
    /// Those of the database.
    pub fn initial_correlation_keys(&mut self) -> Result<Option<InitialCorrelationKeys>, StoreError> {
        let first = "SELECT 1 FROM UP_ResourceCorrelationKeys LIMIT 1";
        if self.link.first(first, &[], |_| Ok(()))?.is_some() {
            return Ok(None);
        }
        self.link.batch("DROP INDEX UP_ResourceCorrelationKeys_Resource")?;
        let columns = names(&["Rule_Id", "Side", "KeyValue", "Resource_Id"]);
        Ok(Some(InitialCorrelationKeys(Sink::new(&self.link, "UP_ResourceCorrelationKeys", columns))))
    }

    /// Takes keys away and adds others.
    ///
    /// # Errors
    /// Those of the database.
    pub fn change_correlation_keys(
        &mut self,
        gone: &[CorrelationKey],
        new: &[CorrelationKey],
    ) -> Result<(), StoreError> {
        for key in gone {
            self.link.execute(
                "DELETE FROM UP_ResourceCorrelationKeys WHERE Resource_Id = $1 AND Rule_Id = $2 AND Side = $3 \
                 AND KeyValue = $4",
                &[key.resource.0.into(), key.rule.0.into(), (key.side as i64).into(), (&key.value).into()],
            )?;
        }
        let columns = names(&["Rule_Id", "Side", "KeyValue", "Resource_Id"]);
        let mut sink = Sink::new(&self.link, "UP_ResourceCorrelationKeys", columns);
        for key in new {
            sink.row(&[key.rule.0.into(), (key.side as i64).into(), (&key.value).into(), key.resource.0.into()])?;
        }
        sink.flush()?;
        self.count("correlationKeysInserted", new.len() as u64);
        self.count("correlationKeysRemoved", gone.len() as u64);
        Ok(())
    }

    /// Forgets the keys of all sets but these.
    ///
    /// # Errors
    /// Those of the database.
    pub fn keep_key_sets(&mut self, sets: &[(PolicyObjectId, KeySide)]) -> Result<u64, StoreError> {
        let kept: Vec<String> =
            sets.iter().map(|(rule, side)| format!("(Rule_Id = {rule} AND Side = {})", *side as i64)).collect();
        let which = if kept.is_empty() { "FALSE".to_owned() } else { kept.join(" OR ") };
        let sql = format!("DELETE FROM UP_ResourceCorrelationKeys WHERE NOT ({which})");
        let removed = self.link.execute(&sql, &[])?;
        self.count("correlationKeysRemoved", removed);
        Ok(removed)
    }
}
