//! `FROM`: tables, versions and joins of row variables.

use super::catalogue::{Column, Ends, Entity, Place, Source, Stored, Via};
use super::error::QueryFailure;
use super::restrictions::Restrictions;
use super::scope::{Resolved, Scopes};
use super::statement::Parameters;
use super::{Catalogue, Ranges};
use crate::dialect::Dialect;
use crate::error::StoreError;
use crate::stored_model::{link_column, text_column};
use provost_model::metadata::LinkStorage;
use provost_model::query::History;
use provost_model::{EntityTypeId, Slot};
use std::collections::BTreeSet;

/// How a joined entity is reached.
struct Links {
    /// A table of links that is joined before it: table, condition, the id of the entity in it.
    before: Option<(String, String, String)>,
    /// The condition that the entity fulfils.
    equal: String,
}

/// A statement in the making: its parameters, and the tables that it brings along.
pub(super) struct Builder<'a> {
    pub(super) dialect: Dialect,
    pub(super) catalogue: &'a Catalogue,
    pub(super) history: Option<History>,
    pub(super) ranges: &'a Ranges,
    /// `None` inside a restriction, which sees everything.
    pub(super) restrictions: Option<&'a Restrictions>,
    pub(super) parameters: Parameters,
    /// Common table expressions: name of the entity type, text.
    tables: Vec<(String, String)>,
    /// Restrictions so far, each with row variables of its own.
    pub(super) n_restrictions: usize,
    /// What the names of row variables begin with.
    pub(super) prefix: String,
    /// Query for the ids of the roots, where they are known.
    pub(super) roots: Option<String>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        dialect: Dialect,
        catalogue: &'a Catalogue,
        history: Option<History>,
        ranges: &'a Ranges,
        restrictions: &'a Restrictions,
    ) -> Builder<'a> {
        Builder {
            dialect,
            catalogue,
            history,
            ranges,
            restrictions: Some(restrictions),
            parameters: Parameters::default(),
            tables: Vec::new(),
            n_restrictions: 0,
            prefix: "t".to_owned(),
            roots: None,
        }
    }

    /// What stands before the `SELECT`.
    pub(super) fn with(&self) -> String {
        if self.tables.is_empty() {
            return String::new();
        }
        let tables: Vec<&str> = self.tables.iter().map(|(_, text)| text.as_str()).collect();
        format!("WITH {} ", tables.join(", "))
    }

    pub(super) fn alias(&self, scope: usize) -> String {
        format!("{}{scope}", self.prefix)
    }

    /// SQL for a column of a row variable.
    pub(super) fn column(&self, scope: usize, column: &Column) -> String {
        if column.name == "ValidTo" && column.property.is_none() && self.history.is_none() {
            return "CAST(NULL AS BIGINT)".to_owned();
        }
        format!("{}.{}", self.alias(scope), column.name)
    }

    /// SQL for a property of a row variable, as far as it is shown.
    pub(super) fn resolved(&mut self, scopes: &Scopes<'_>, resolved: &Resolved) -> Result<String, QueryFailure> {
        let column = self.column(resolved.scope, &resolved.column);
        let id = self.id(scopes, resolved.scope);
        let shows = self.shows(scopes.list[resolved.scope].entity, &resolved.name, &id)?;
        Ok(shows.map_or(column.clone(), |shows| format!("CASE WHEN {shows} THEN {column} END")))
    }

    pub(super) fn id(&self, scopes: &Scopes<'_>, scope: usize) -> String {
        self.column(scope, &scopes.list[scope].entity.id())
    }

    /// The table of an entity type under an alias, and the condition that its rows fulfil.
    pub(super) fn table(&mut self, entity: &Entity, alias: &str) -> (String, Option<String>) {
        match &entity.source {
            Source::Table(name) => (format!("{name} {alias}"), None),
            Source::Rows(json) => (format!("{} {alias}", self.rows(entity, json)), None),
            Source::Resources(id) => match self.history {
                None => {
                    let id = self.parameters.int(id.0);
                    (format!("UR_Resources {alias}"), Some(format!("{alias}.Type = {id}")))
                }
                Some(history) => (format!("({}) {alias}", self.versions(entity, *id, history)), None),
            },
        }
    }

    /// Name of the common table expression with the rows of an entity type.
    fn rows(&mut self, entity: &Entity, json: &str) -> String {
        let known = self.tables.iter().position(|(name, _)| *name == entity.name);
        let number = known.unwrap_or(self.tables.len());
        let name = format!("rows{number}");
        if known.is_none() {
            let columns: Vec<&Column> = values(entity).collect();
            let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            let cells: Vec<String> = (0..)
                .zip(&columns)
                .map(|(n, column)| self.dialect.json_element(n, column.stored == Stored::Int))
                .collect();
            let json = self.parameters.text(json);
            let text = format!(
                "{name} ({}) AS MATERIALIZED (SELECT {} FROM {})",
                names.join(", "),
                cells.join(", "),
                self.dialect.json_elements(&json)
            );
            self.tables.push((entity.name.clone(), text));
        }
        name
    }

    /// Versions of the resources of a type, current and past, as the model is today.
    fn versions(&mut self, entity: &Entity, id: EntityTypeId, history: History) -> String {
        let mut slots: Vec<&Column> = values(entity).filter(|column| column.property.is_some()).collect();
        slots.dedup_by_key(|column| column.name.clone());
        let now: String = slots.iter().map(|column| format!(", r.{}", column.name)).collect();
        let then: String = slots.iter().map(|column| format!(", {}", self.past(column))).collect();
        let names: String = slots.iter().map(|column| format!(", {}", column.name)).collect();
        let entity_type = self.parameters.int(id.0);
        let mut parts = Vec::new();
        if let Some(condition) = self.current_condition(history) {
            parts.push(format!(
                "SELECT r.Id, r.DisplayName_L1, r.ValidFrom, CAST(NULL AS BIGINT) AS ValidTo, r.Dirty{now} \
                 FROM UR_Resources r WHERE r.Type = {entity_type} AND {condition}"
            ));
        }
        let condition = self.past_condition(history);
        parts.push(format!(
            "SELECT v.Id, v.DisplayName_L1, v.ValidFrom, v.ValidTo, v.Dirty{} FROM (SELECT r.Id, r.DisplayName_L1, \
             r.ValidFrom, r.ValidTo, CAST(0 AS BIGINT) AS Dirty{then} FROM UR_ResourcesHistory r \
             WHERE r.Type = {entity_type} AND {condition}) v",
            names.replace(", ", ", v.")
        ));
        parts.join(" UNION ALL ")
    }

    fn current_condition(&mut self, history: History) -> Option<String> {
        match history {
            History::AsOf(at) => Some(format!("r.ValidFrom <= {}", self.parameters.int(at))),
            History::Between(_, to) => Some(format!("r.ValidFrom <= {}", self.parameters.int(to))),
            History::ContainedIn(..) => None,
        }
    }

    fn past_condition(&mut self, history: History) -> String {
        let mut int = |value| self.parameters.int(value);
        match history {
            History::AsOf(at) => format!("r.ValidFrom <= {} AND {} < r.ValidTo", int(at), int(at)),
            History::Between(from, to) => format!("r.ValidFrom <= {} AND {} < r.ValidTo", int(to), int(from)),
            History::ContainedIn(from, to) => format!("{} <= r.ValidFrom AND r.ValidTo <= {}", int(from), int(to)),
        }
    }

    /// The value of a property in a history row, from the slot that it had then.
    fn past(&mut self, column: &Column) -> String {
        let in_slot = |slot: Slot| match column.stored {
            Stored::Text => text_column("r", slot),
            Stored::Int => link_column("r", slot),
        };
        let ranges = column.property.and_then(|property| self.ranges.get(&property)).map_or(&[][..], Vec::as_slice);
        let mut cases = String::new();
        for (slot, from, to) in ranges {
            let (from, to) = (self.parameters.int(*from), self.parameters.int(*to));
            cases.push_str(&format!(" WHEN {from} < r.ValidTo AND r.ValidTo <= {to} THEN {}", in_slot(*slot)));
        }
        let kind = if column.stored == Stored::Text { "TEXT" } else { "BIGINT" };
        match cases.is_empty() {
            true => format!("CAST(NULL AS {kind}) AS {}", column.name),
            false => format!("CASE{cases} END AS {}", column.name),
        }
    }

    /// Joins of these variables, in order. They are outer ones, except for those without which nothing is found.
    pub(super) fn joins(
        &mut self,
        scopes: &Scopes<'_>,
        which: &BTreeSet<usize>,
        required: &BTreeSet<usize>,
    ) -> Result<String, QueryFailure> {
        let mut sql = String::new();
        for scope in which {
            let word = if required.contains(scope) { "JOIN" } else { "LEFT JOIN" };
            sql.push_str(&self.join(scopes, *scope, word)?);
        }
        Ok(sql)
    }

    fn join(&mut self, scopes: &Scopes<'_>, scope: usize, word: &str) -> Result<String, QueryFailure> {
        let joined = &scopes.list[scope];
        let Some((from, navigation)) = joined.from else {
            return Ok(String::new());
        };
        let alias = self.alias(scope);
        let (table, condition) = self.table(joined.entity, &alias);
        let links = match &navigation.via {
            Via::Equal { own, target, also } => {
                let equal = |own: &str, target: &str| -> Result<String, QueryFailure> {
                    let own = self.column(from, value(scopes.list[from].entity, own)?);
                    Ok(format!("{} = {own}", self.column(scope, value(joined.entity, target)?)))
                };
                let mut both = equal(own, target)?;
                if let Some(also) = also {
                    both = format!("{} AND {both}", equal(also, also)?);
                }
                Links { before: None, equal: both }
            }
            Via::Association(ends) if self.history.is_some() => self.past_links(ends, &alias, from, navigation.many),
            Via::Association(ends) => self.links(ends, &alias, &self.alias(from), navigation.many),
        };
        let own = self.id(scopes, from);
        let shows = self.shows(scopes.list[from].entity, joined.property, &own)?;
        let mut on = vec![links.equal];
        let mut before = String::new();
        match links.before {
            Some((table, condition, other)) => {
                // A link to something hidden must not leave a row without an entity behind.
                let hidden = self.restriction(joined.entity, &other)?;
                before = format!(" {word} {table} ON {condition}");
                before.extend(hidden.into_iter().chain(shows).map(|sql| format!(" AND {sql}")));
            }
            None => {
                on.extend(self.restriction(joined.entity, &self.id(scopes, scope))?);
                on.extend(shows);
            }
        }
        on.extend(condition);
        Ok(format!("{before} {word} {table} ON {}", on.join(" AND ")))
    }

    /// Current links.
    fn links(&mut self, ends: &Ends, alias: &str, own: &str, many: bool) -> Links {
        let slot = match ends.storage {
            LinkStorage::Table => return self.table_links(ends, alias, own, many),
            LinkStorage::Slot1(slot) => (slot, ends.own_is_first),
            LinkStorage::Slot2(slot) => (slot, !ends.own_is_first),
        };
        let equal = match slot {
            (slot, true) => format!("{alias}.Id = {}", link_column(own, slot)),
            (slot, false) if many => format!("{} = {own}.Id", link_column(alias, slot)),
            (slot, false) => {
                let (entity_type, _) = ends.ends[usize::from(ends.own_is_first)];
                format!(
                    "{alias}.Id = (SELECT MIN(x.Id) FROM UR_Resources x WHERE x.Type = {} AND {} = {own}.Id)",
                    self.parameters.int(entity_type.0),
                    link_column("x", slot)
                )
            }
        };
        Links { before: None, equal }
    }

    fn table_links(&mut self, ends: &Ends, alias: &str, own: &str, many: bool) -> Links {
        let (mine, theirs) = sides(ends);
        let id = self.parameters.int(ends.association.0);
        let condition = |link: &str| format!("{link}.Association_Id = {id} AND {link}.{mine} = {own}.Id");
        if many {
            let link = format!("{alias}l");
            let other = format!("{link}.{theirs}");
            let equal = format!("{alias}.Id = {other}");
            return Links { before: Some((format!("UR_ResourceLinks {link}"), condition(&link), other)), equal };
        }
        // Data may hold several links where the model says one.
        let first = format!("SELECT MIN(x.{theirs}) FROM UR_ResourceLinks x WHERE {}", condition("x"));
        Links { before: None, equal: format!("{alias}.Id = ({first})") }
    }

    /// The links of an instant. They may have been in the table or in slots of either end.
    fn past_links(&mut self, ends: &Ends, alias: &str, from: usize, many: bool) -> Links {
        let (mine, theirs) = sides(ends);
        let own = format!("{}.Id", self.alias(from));
        if !many {
            let pairs = self.pairs(ends, &format!("= {own}"));
            let equal = format!("{alias}.Id = (SELECT MIN(p.{theirs}) FROM ({pairs}) p)");
            return Links { before: None, equal };
        }
        let of_roots = match &self.roots {
            Some(roots) if from == 0 => format!("IN ({roots})"),
            _ => "IS NOT NULL".to_owned(),
        };
        let pairs = self.pairs(ends, &of_roots);
        let link = format!("{alias}l");
        let other = format!("{link}.{theirs}");
        let equal = format!("{alias}.Id = {other}");
        Links { before: Some((format!("({pairs}) {link}"), format!("{link}.{mine} = {own}"), other)), equal }
    }

    /// Links of an instant whose own end fulfils a condition, as resource 1 and resource 2.
    fn pairs(&mut self, ends: &Ends, own: &str) -> String {
        let at = match self.history {
            Some(History::AsOf(at)) => at,
            _ => i64::MAX,
        };
        let (mine, _) = sides(ends);
        let (id, at) = (self.parameters.int(ends.association.0), self.parameters.int(at));
        let select = |table: &str| {
            format!(
                "SELECT r.Resource1_Id, r.Resource2_Id FROM {table} r WHERE r.Association_Id = {id} AND r.{mine} {own} \
                 AND r.ValidFrom <= {at}"
            )
        };
        let past = format!("{} AND {at} < r.ValidTo", select("UR_ResourceLinksHistory"));
        let mut parts = vec![select("UR_ResourceLinks"), past];
        let now = match ends.storage {
            LinkStorage::Table => None,
            LinkStorage::Slot1(slot) => Some((slot, 0)),
            LinkStorage::Slot2(slot) => Some((slot, 1)),
        };
        if let Some((slot, owner)) = now {
            let select = self.slot_pairs("UR_Resources", ends, owner, slot, own);
            parts.push(format!("{select} AND r.ValidFrom <= {at}"));
        }
        for owner in [0, 1] {
            for (slot, from, to) in self.ranges.get(&ends.ends[owner].1).map_or(&[][..], Vec::as_slice) {
                let select = self.slot_pairs("UR_ResourcesHistory", ends, owner, *slot, own);
                let (from, to) = (self.parameters.int(*from), self.parameters.int(*to));
                parts.push(format!(
                    "{select} AND r.ValidFrom <= {at} AND {at} < r.ValidTo AND {from} < r.ValidTo AND r.ValidTo <= {to}"
                ));
            }
        }
        parts.join(" UNION ")
    }

    /// The links in a slot of one end's rows, as resource 1 and resource 2.
    fn slot_pairs(&mut self, table: &str, ends: &Ends, owner: usize, slot: Slot, own: &str) -> String {
        let target = link_column("r", slot);
        let (first, second) = if owner == 0 { ("r.Id", &*target) } else { (&*target, "r.Id") };
        let mine = if ends.own_is_first { first } else { second };
        let entity_type = self.parameters.int(ends.ends[owner].0.0);
        format!(
            "SELECT {first} AS Resource1_Id, {second} AS Resource2_Id FROM {table} r WHERE r.Type = {entity_type} \
             AND {mine} {own} AND r.{} IS NOT NULL",
            slot.column()
        )
    }
}

/// Columns of links: the own end, the other one.
fn sides(ends: &Ends) -> (&'static str, &'static str) {
    if ends.own_is_first { ("Resource1_Id", "Resource2_Id") } else { ("Resource2_Id", "Resource1_Id") }
}

fn values(entity: &Entity) -> impl Iterator<Item = &Column> {
    entity.properties.iter().filter_map(|property| match &property.place {
        Place::Value(column) => Some(column),
        Place::Link(_) | Place::Nowhere(_) => None,
    })
}

/// The column of a property that the catalogue itself names.
fn value<'e>(entity: &'e Entity, name: &str) -> Result<&'e Column, StoreError> {
    let found = entity.property(name).and_then(|property| match &property.place {
        Place::Value(column) => Some(column),
        Place::Link(_) | Place::Nowhere(_) => None,
    });
    found.ok_or_else(|| StoreError::misuse(format!("{} has no column {name}", entity.name)))
}
