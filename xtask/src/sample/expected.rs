//! What a synchronisation of each generation must find, computed by the plainest possible model: maps and sets.
//!
//! This model shares nothing with the engine. It knows which rows the generator spoilt, so it needs no parser and no
//! converter.

use super::tables::{Defect, Table};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// An entity type: identifier, table, mapped columns with the primary key first.
struct Entity(&'static str, &'static str, &'static [&'static str]);

/// An association: identifier, table, and for each end the column and the entity type with its key column.
struct Link(&'static str, &'static str, End, End);

struct End(&'static str, &'static str, &'static str);

const ENTITIES: &[Entity] = &[
    Entity(
        "HR_Person",
        "hr_persons",
        &["employee_id", "last_name", "first_name", "mail", "phone", "birth_date", "hire_date", "active"],
    ),
    Entity(
        "HR_Contract",
        "hr_contracts",
        &["contract_id", "job_title", "kind", "start_date", "end_date", "weekly_hours"],
    ),
    Entity("HR_Organization", "hr_organizations", &["code", "name", "cost_centre"]),
    Entity("HR_Site", "hr_sites", &["code", "name", "city", "country"]),
    Entity(
        "AD_Entry",
        "ad_entries",
        &[
            "objectGUID",
            "dn",
            "objectClass",
            "sAMAccountName",
            "displayName",
            "mail",
            "userAccountControl",
            "pwdLastSet",
            "whenCreated",
        ],
    ),
];

const LINKS: &[Link] = &[
    Link("HR_Person_Organization", "hr_persons", ORGANIZATION, End("employee_id", "HR_Person", "employee_id")),
    Link(
        "HR_Contract_Person",
        "hr_contracts",
        End("employee_id", "HR_Person", "employee_id"),
        End("contract_id", "HR_Contract", "contract_id"),
    ),
    Link("HR_Contract_Organization", "hr_contracts", ORGANIZATION, End("contract_id", "HR_Contract", "contract_id")),
    Link(
        "HR_Contract_Site",
        "hr_contracts",
        End("site", "HR_Site", "code"),
        End("contract_id", "HR_Contract", "contract_id"),
    ),
    Link(
        "HR_Organization_Parent",
        "hr_organizations",
        End("parent_code", "HR_Organization", "code"),
        End("code", "HR_Organization", "code"),
    ),
    Link(
        "HR_Organization_Manager",
        "hr_organizations",
        End("manager_id", "HR_Person", "employee_id"),
        End("code", "HR_Organization", "code"),
    ),
    Link("AD_Entry_Parent", "ad_entries", End("parentdn", "AD_Entry", "dn"), End("dn", "AD_Entry", "dn")),
    Link("AD_Entry_Manager", "ad_entries", End("manager", "AD_Entry", "dn"), End("dn", "AD_Entry", "dn")),
    Link("AD_Entry_Member", "ad_members", End("dn", "AD_Entry", "dn"), End("member", "AD_Entry", "dn")),
];

const ORGANIZATION: End = End("department", "HR_Organization", "code");

/// A repository in two maps.
#[derive(Clone, Default)]
pub(super) struct Model {
    /// Entity type → primary key → mapped values.
    entities: BTreeMap<&'static str, BTreeMap<String, Vec<String>>>,
    /// Association → pairs of key values, resolvable or not.
    links: BTreeMap<&'static str, BTreeSet<(String, String)>>,
}

impl Model {
    /// Takes in one generation and gives the counters that a synchronisation must report.
    pub(super) fn synchronise(&mut self, tables: &[Table]) -> Value {
        let mut entity_types = serde_json::Map::new();
        for entity in ENTITIES {
            if let Some(table) = tables.iter().find(|table| table.name == entity.1) {
                entity_types.insert(entity.0.to_owned(), self.entity(entity, table));
            }
        }
        let mut associations = serde_json::Map::new();
        for link in LINKS {
            if let Some(table) = tables.iter().find(|table| table.name == link.1) {
                associations.insert(link.0.to_owned(), self.link(link, table));
            }
        }
        json!({ "entityTypes": entity_types, "associations": associations })
    }

    fn entity(&mut self, Entity(name, _, columns): &Entity, table: &Table) -> Value {
        let old = self.entities.remove(name).unwrap_or_default();
        let mut new: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut held = BTreeSet::new();
        let (mut n_null, mut n_duplicates, mut n_rejected) = (0, 0, 0);
        let columns: Vec<usize> = columns.iter().map(|column| table.column(column)).collect();
        for row in &table.rows {
            let key = &row.fields[columns[0]];
            if row.defect != Defect::None {
                n_rejected += 1;
                held.insert(key.clone());
            } else if key.is_empty() {
                n_null += 1;
            } else if new.contains_key(key) {
                n_duplicates += 1;
            } else {
                new.insert(key.clone(), columns.iter().map(|column| row.fields[*column].clone()).collect());
            }
        }
        let n_inserted = new.keys().filter(|key| !old.contains_key(*key)).count();
        let n_updated = new.iter().filter(|(key, values)| old.get(*key).is_some_and(|old| old != *values)).count();
        let n_clean = new.len();
        let stays = |key: &String| held.contains(key) && !new.contains_key(key);
        let kept: Vec<_> = old.iter().filter(|(key, _)| stays(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
        new.extend(kept);
        let n_deleted = old.keys().filter(|key| !new.contains_key(*key)).count();
        self.entities.insert(name, new);
        json!({
            "rows": table.rows.len(),
            "nullPrimaryKeys": n_null,
            "duplicates": n_duplicates,
            "rejected": n_rejected,
            "inserted": n_inserted,
            "updated": n_updated,
            "deleted": n_deleted,
            "unchanged": n_clean - n_inserted - n_updated,
        })
    }

    fn link(&mut self, Link(name, _, end1, end2): &Link, table: &Table) -> Value {
        let old = self.links.remove(name).unwrap_or_default();
        let mut new = BTreeSet::new();
        // An unreadable row may stand for any pair: nothing of the association is taken for absent.
        let mut is_held = false;
        let (mut n_null, mut n_duplicates, mut n_rejected) = (0, 0, 0);
        let (column1, column2) = (table.column(end1.0), table.column(end2.0));
        for row in &table.rows {
            let value = |column: usize| row.fields.get(column).cloned().unwrap_or_default();
            let pair = (value(column1), value(column2));
            if row.defect == Defect::Short {
                n_rejected += 1;
                is_held = true;
            } else if pair.0.is_empty() || pair.1.is_empty() {
                n_null += 1;
            } else if !new.insert(pair) {
                n_duplicates += 1;
            }
        }
        let n_clean = new.len();
        let n_inserted = new.difference(&old).count();
        if is_held {
            new.extend(old.iter().cloned());
        }
        let n_deleted = old.difference(&new).count();
        let orphans = new.iter().filter(|pair| !self.has(end1, &pair.0) || !self.has(end2, &pair.1)).count();
        self.links.insert(name, new);
        json!({
            "rows": table.rows.len(),
            "nullKeys": n_null,
            "duplicates": n_duplicates,
            "rejected": n_rejected,
            "inserted": n_inserted,
            "deleted": n_deleted,
            "unchanged": n_clean - n_inserted,
            "orphans": orphans,
        })
    }

    /// Whether a resource of the end's entity type has this value of its key.
    fn has(&self, End(_, entity, key): &End, value: &str) -> bool {
        let Some(Entity(_, _, columns)) = ENTITIES.iter().find(|known| known.0 == *entity) else {
            return false;
        };
        let at = columns.iter().position(|column| column == key).unwrap_or_default();
        let Some(resources) = self.entities.get(entity) else {
            return false;
        };
        if at == 0 { resources.contains_key(value) } else { resources.values().any(|values| values[at] == value) }
    }
}
