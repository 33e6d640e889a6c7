//! The objects of the policy and their ids.

use crate::error::StoreError;
use crate::tx::{ReadTx, WriteTx};
use provost_model::PolicyObjectId;
use provost_model::configuration::policy::PolicyConfiguration;
use provost_model::policy::PolicyCatalog;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

impl ReadTx {
    /// Ids of the objects of the policy that are deployed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn policy_catalog(&mut self) -> Result<PolicyCatalog, StoreError> {
        self.policy_objects(" WHERE IsDeployed = 1")
    }

    /// The same with those that were deployed once: assignments of the past name them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn past_policy_catalog(&mut self) -> Result<PolicyCatalog, StoreError> {
        self.policy_objects("")
    }

    fn policy_objects(&mut self, which: &str) -> Result<PolicyCatalog, StoreError> {
        let sql = format!("SELECT Element, Identity, Id FROM UM_PolicyObjects{which}");
        let rows =
            self.link.all(&sql, &[], |row| Ok(((row.string(0)?, row.string(1)?), PolicyObjectId(row.i64(2)?))))?;
        Ok(PolicyCatalog { objects: rows.into_iter().collect() })
    }
}

impl WriteTx {
    /// Gives ids to new objects of the policy. An object that comes back gets the id that it had.
    pub(crate) fn deploy_policy(&mut self, policy: &PolicyConfiguration) -> Result<(), StoreError> {
        let sql = "SELECT Element, Identity, Id, IsDeployed FROM UM_PolicyObjects";
        let known = self.link.all(sql, &[], |row| {
            let object = Known { id: row.i64(2)?, was_deployed: row.i64(3)? != 0, is_named: false };
            Ok(((row.string(0)?, row.string(1)?), object))
        })?;
        let mut known: BTreeMap<(String, String), Known> = known.into_iter().collect();
        for (element, identity) in policy.objects() {
            match known.entry((element.to_owned(), identity)) {
                Entry::Occupied(mut object) => object.get_mut().is_named = true,
                Entry::Vacant(place) => {
                    let id = self.advance("PolicyObject", 1)?;
                    self.link.execute(
                        "INSERT INTO UM_PolicyObjects (Id, Element, Identity, IsDeployed) VALUES ($1, $2, $3, 1)",
                        &[id.into(), element.into(), (&place.key().1).into()],
                    )?;
                    place.insert(Known { id, was_deployed: true, is_named: true });
                }
            }
        }
        for object in known.into_values().filter(|object| object.was_deployed != object.is_named) {
            self.link.execute(
                "UPDATE UM_PolicyObjects SET IsDeployed = $1 WHERE Id = $2",
                &[i64::from(object.is_named).into(), object.id.into()],
            )?;
        }
        Ok(())
    }
}

/// An object of the policy that the repository knows.
struct Known {
    id: i64,
    was_deployed: bool,
    /// The configuration names it.
    is_named: bool,
}
