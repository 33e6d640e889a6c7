//! What somebody may see: conditions on the rows of an entity type, wherever a query meets them.

use super::builder::Builder;
use super::catalogue::Entity;
use super::error::QueryFailure;
use super::scope::Scopes;
use provost_model::query::{Filter, History};
use std::collections::BTreeMap;

/// Conditions that rows must fulfil to exist for a query, by entity type: as its root, joined, or passed through.
/// Entity types that are not named are not restricted: `Resource` and `ResourceChange`, which tell of every resource,
/// must be restricted on their own.
#[derive(Clone, Debug, Default)]
pub struct Restrictions {
    /// By name in lower case; `None`: no row is seen.
    filters: BTreeMap<String, Option<Filter>>,
    /// By entity type and property in lower case: rows that show it; `None`: none does.
    properties: BTreeMap<(String, String), Option<Filter>>,
    /// Whether rows that are found have an owner.
    is_owned: Option<bool>,
    /// Whether rows that are found have a resource type.
    is_categorised: Option<bool>,
}

impl Restrictions {
    /// Nothing is restricted.
    pub fn none() -> Restrictions {
        Restrictions::default()
    }

    /// Only rows that fulfil this filter, and any filter given before, are seen. Its bindings start at the entity
    /// type and pass through navigations to one entity; they see everything.
    pub fn only(&mut self, entity_type: &str, filter: Filter) {
        let both = match self.filters.remove(&folded(entity_type)) {
            None => Some(filter),
            Some(None) => None,
            Some(Some(before)) => Some(Filter::All(vec![before, filter])),
        };
        self.filters.insert(folded(entity_type), both);
    }

    /// Only resources that somebody owns are found, or only those that nobody does. What they lead to is not concerned.
    pub fn owned(&mut self, is_owned: bool) {
        self.is_owned = Some(is_owned);
    }

    /// Only resources with a resource type are found, or only those without: it comes from an owner or from a
    /// classification rule.
    pub fn categorised(&mut self, is_categorised: bool) {
        self.is_categorised = Some(is_categorised);
    }

    /// SQL that is true when the row with this id is to be found.
    pub(super) fn of_root(&self, id: &str) -> Vec<String> {
        let assigned = format!("EXISTS (SELECT 1 FROM UP_AssignedResourceTypes a WHERE a.Resource_Id = {id})");
        let classified = format!("EXISTS (SELECT 1 FROM UP_ResourceClassifications c WHERE c.Resource_Id = {id})");
        let is = |wanted: bool, sql: String| if wanted { sql } else { format!("NOT {sql}") };
        let owned = self.is_owned.map(|wanted| is(wanted, assigned.clone()));
        let categorised = self.is_categorised.map(|wanted| is(wanted, format!("({assigned} OR {classified})")));
        owned.into_iter().chain(categorised).collect()
    }

    /// No row is seen.
    pub fn hide(&mut self, entity_type: &str) {
        self.filters.insert(folded(entity_type), None);
    }

    /// A property has no value, or leads nowhere, except in rows that fulfil a filter; without one, in every row.
    pub fn hide_property(&mut self, entity_type: &str, property: &str, except: Option<Filter>) {
        self.properties.insert((folded(entity_type), folded(property)), except);
    }
}

/// Queries name entity types in any letter case.
fn folded(entity_type: &str) -> String {
    entity_type.to_ascii_lowercase()
}

impl Builder<'_> {
    /// SQL that is true when the row with this id may be seen; `None` when all may.
    pub(super) fn restriction(&mut self, entity: &Entity, id: &str) -> Result<Option<String>, QueryFailure> {
        let found = self.restrictions.and_then(|restrictions| restrictions.filters.get(&folded(&entity.name)));
        found.map(|filter| self.fulfils(entity, id, filter.as_ref())).transpose()
    }

    /// SQL that is true when the row with this id shows a property; `None` when all do.
    pub(super) fn shows(&mut self, entity: &Entity, property: &str, id: &str) -> Result<Option<String>, QueryFailure> {
        let Some(restrictions) = self.restrictions.filter(|restrictions| !restrictions.properties.is_empty()) else {
            return Ok(None);
        };
        let found = restrictions.properties.get(&(folded(&entity.name), folded(property)));
        found.map(|filter| self.fulfils(entity, id, filter.as_ref())).transpose()
    }

    fn fulfils(&mut self, entity: &Entity, id: &str, filter: Option<&Filter>) -> Result<String, QueryFailure> {
        let Some(filter) = filter else { return Ok("1 = 0".to_owned()) };
        self.n_restrictions += 1;
        let prefix = format!("x{}_", self.n_restrictions);
        let outer = (std::mem::replace(&mut self.prefix, prefix), self.restrictions.take(), self.roots.take());
        let found = self.seen(entity, id, filter, &outer.0);
        (self.prefix, self.restrictions, self.roots) = outer;
        found
    }

    fn seen(&mut self, entity: &Entity, id: &str, filter: &Filter, outer: &str) -> Result<String, QueryFailure> {
        let catalogue = self.catalogue;
        let entity = catalogue.entity(&entity.name).unwrap_or(entity);
        let mut scopes = Scopes::new(catalogue, entity);
        let condition = self.condition(&mut scopes, filter)?;
        let alias = self.alias(0);
        let (table, of_type) = self.table(entity, &alias);
        let joins = self.joins(&scopes, &scopes.closed(condition.scopes), &scopes.closed(condition.required))?;
        let mut same = of_type.map(|sql| format!(" AND {sql}")).unwrap_or_default();
        if let (Some(cluster), Some((row, _))) = (&entity.cluster, id.split_once('.')) {
            same.push_str(&format!(" AND {alias}.{0} = {row}.{0}", cluster.name));
        }
        if matches!(self.history, Some(History::Between(..) | History::ContainedIn(..))) {
            // Of several versions in a range, this one must fulfil the filter. Only the root has versions there.
            same.push_str(&format!(" AND {alias}.ValidFrom = {outer}0.ValidFrom"));
        }
        Ok(format!(
            "EXISTS (SELECT 1 FROM {table}{joins} WHERE {} = {id}{same} AND {})",
            self.id(&scopes, 0),
            condition.sql
        ))
    }
}
