//! The rows of a page.

use super::builder::Builder;
use super::catalogue::{Catalogue, Column, Entity, Kind, Stored};
use super::condition::Condition;
use super::error::QueryFailure;
use super::nested::{Found, Group};
use super::restrictions::Restrictions;
use super::scope::{Resolved, Scopes};
use super::value::{Family, bound, comparable, family, remembered};
use super::{QueryPage, Ranges};
use crate::error::StoreError;
use crate::link::Link;
use crate::value::Row;
use provost_model::query::{Direction, Filter, History, KeyValue, Query, Token, TokenError};
use serde_json::Value;
use std::collections::BTreeSet;

/// A query whose names are looked up.
pub(super) struct Plan<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) entity: &'a Entity,
    pub(super) query: &'a Query,
    ranges: &'a Ranges,
    restrictions: &'a Restrictions,
    pub(super) scopes: Scopes<'a>,
    pub(super) select: Vec<Resolved>,
    order: Vec<Term>,
}

/// What rows are ordered by.
struct Term {
    of: Resolved,
    direction: Direction,
    /// The column always has a value.
    is_present: bool,
}

/// The parts of `where`: those about the root and what it has one of, and those about what it has several of.
pub(super) struct Conditions {
    pub(super) single: Vec<Condition>,
    pub(super) several: Vec<Condition>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        catalogue: &'a Catalogue,
        entity: &'a Entity,
        query: &'a Query,
        ranges: &'a Ranges,
        restrictions: &'a Restrictions,
    ) -> Result<Plan<'a>, QueryFailure> {
        let mut scopes = Scopes::new(catalogue, entity);
        for join in &query.joins {
            scopes.join(join)?;
        }
        let mut select = Vec::new();
        for binding in &query.select {
            select.push(scopes.resolve(binding)?);
        }
        if select.is_empty() {
            select.push(scopes.id(0));
        }
        let order = order(&mut scopes, query)?;
        let mut plan = Plan { catalogue, entity, query, ranges, restrictions, scopes, select, order };
        // Names in the filter are looked up now, so that each statement finds the same row variables.
        plan.conditions(&mut plan.builder(crate::Dialect::Sqlite))?;
        plan.shown_once()?;
        Ok(plan)
    }

    pub(super) fn builder(&self, dialect: crate::Dialect) -> Builder<'a> {
        Builder::new(dialect, self.catalogue, self.query.history, self.ranges, self.restrictions)
    }

    /// Whether anything but the root is needed.
    pub(super) fn follows_navigations(&self) -> bool {
        self.scopes.list.len() > 1
    }

    /// Two joins over one property are fine as long as only one of them is shown.
    fn shown_once(&self) -> Result<(), QueryFailure> {
        let shown: BTreeSet<usize> = self.scopes.closed(self.select.iter().map(|resolved| resolved.scope));
        let mut paths = BTreeSet::new();
        for scope in shown {
            let path = self.scopes.path(scope);
            if !paths.insert(path.clone()) {
                return Err(QueryFailure::SelectedTwice { name: path.join(".") });
            }
        }
        Ok(())
    }

    /// Variables of which the root has several, that are shown or lead to what is shown.
    pub(super) fn shown_lists(&self) -> BTreeSet<usize> {
        self.select.iter().flat_map(|resolved| self.scopes.list[resolved.scope].chain.iter().copied()).collect()
    }

    pub(super) fn conditions(&mut self, builder: &mut Builder<'_>) -> Result<Conditions, QueryFailure> {
        let parts = match &self.query.filter {
            None => &[][..],
            Some(Filter::All(parts)) => parts.as_slice(),
            Some(other) => std::slice::from_ref(other),
        };
        let mut found = Conditions { single: Vec::new(), several: Vec::new() };
        for part in parts {
            let condition = builder.condition(&mut self.scopes, part)?;
            let several = condition.scopes.iter().any(|scope| !self.scopes.list[*scope].chain.is_empty());
            if several { found.several.push(condition) } else { found.single.push(condition) }
        }
        Ok(found)
    }

    /// The page behind the row of the token.
    pub(super) fn run(mut self, link: &Link, size: u32, token: Option<Token>) -> Result<QueryPage, QueryFailure> {
        let group = Group::new(&self, None);
        let mut builder = self.builder(link.dialect());
        let sql = self.statement(&mut builder, &group, size, token.as_ref())?;
        let keys = self.keys();
        let cluster = keys.iter().position(|key| key.scope == 0 && Some(&key.column) == self.entity.cluster.as_ref());
        let mut rows = builder.parameters.all(link, &sql, |row| {
            let id = cell(row, 0, self.entity.id().stored == Stored::Int)?;
            let key: Result<Vec<KeyValue>, StoreError> =
                keys.iter().enumerate().map(|(n, key)| cell(row, n + 1, family(&key.column).is_number())).collect();
            let key = key?;
            let cluster = cluster.and_then(|at| key.get(at).cloned());
            Ok((key, Found { path: vec![id], cluster, object: group.object(row, keys.len() + 1)? }))
        })?;
        let more = rows.len() > size as usize;
        rows.truncate(size as usize);
        let last = rows.last().filter(|_| more).map(|(key, _)| key.clone());
        let next = last.map(|key| Token::new(&self.entity.name, self.query, key));
        let mut found: Vec<Found> = rows.into_iter().map(|(_, found)| found).collect();
        self.nest(link, &mut found)?;
        let columns = self.select.iter().map(|resolved| {
            let path = self.scopes.path(resolved.scope).into_iter().chain([resolved.name.as_str()]);
            path.map(str::to_owned).collect()
        });
        Ok(QueryPage {
            columns: columns.collect(),
            rows: found.into_iter().map(|found| Value::Object(found.object)).collect(),
            next,
        })
    }

    /// Rows that are found, counted up to `most`.
    pub(super) fn count(mut self, link: &Link, most: u32) -> Result<u64, QueryFailure> {
        self.select = vec![self.scopes.id(0)];
        let group = Group::new(&self, None);
        let mut builder = self.builder(link.dialect());
        let found = self.statement(&mut builder, &group, most.saturating_sub(1), None)?;
        let sql = format!("SELECT COUNT(*) FROM ({found}) found");
        let counts = builder.parameters.all(link, &sql, |row| row.u64(0))?;
        Ok(counts.first().copied().unwrap_or_default())
    }

    #[cfg(test)]
    pub(super) fn explained(
        mut self,
        link: &Link,
        size: u32,
        token: Option<Token>,
    ) -> Result<Vec<String>, QueryFailure> {
        let group = Group::new(&self, None);
        let mut builder = self.builder(link.dialect());
        let sql = self.statement(&mut builder, &group, size, token.as_ref())?;
        Ok(builder.parameters.all(link, &format!("EXPLAIN QUERY PLAN {sql}"), |row| row.string(3))?)
    }

    /// The columns of the sort key.
    fn keys(&self) -> Vec<Resolved> {
        let mut keys: Vec<Resolved> = self.order.iter().map(|term| term.of.clone()).collect();
        let id = self.scopes.id(0);
        if !keys.contains(&id) {
            // The name is that of no property: nobody may hide what rows are ordered by behind all that was asked for.
            let cluster = self.entity.cluster.clone();
            keys.extend(cluster.map(|column| Resolved { scope: 0, column, name: String::new() }));
            keys.push(id);
        }
        if matches!(self.query.history, Some(History::Between(..) | History::ContainedIn(..))) {
            // One resource may have several versions in a range.
            let column = Column::new("ValidFrom", Stored::Int, Kind::Instant);
            keys.push(Resolved { scope: 0, column, name: "ValidFrom".to_owned() });
        }
        keys
    }

    fn term(&self, n: usize) -> (Direction, bool) {
        self.order.get(n).map_or((Direction::Ascending, true), |term| (term.direction, term.is_present))
    }

    fn statement(
        &mut self,
        builder: &mut Builder<'_>,
        group: &Group,
        size: u32,
        token: Option<&Token>,
    ) -> Result<String, QueryFailure> {
        let keys = self.keys();
        let (table, of_type) = builder.table(self.entity, &builder.alias(0));
        let id = builder.id(&self.scopes, 0);
        let mut conditions: Vec<String> = of_type.into_iter().collect();
        conditions.extend(builder.restriction(self.entity, &id)?);
        conditions.extend(self.restrictions.of_root(&id));
        let found = self.conditions(builder)?;
        let mut needed: BTreeSet<usize> = group.scopes().chain(keys.iter().map(|key| key.scope)).collect();
        needed.extend(found.single.iter().flat_map(|condition| condition.scopes.iter().copied()));
        conditions.extend(found.single.into_iter().map(|condition| condition.sql));
        if !found.several.is_empty() {
            let all = self.scopes.closed(found.several.iter().flat_map(|condition| condition.scopes.iter().copied()));
            let (inner, outer): (BTreeSet<usize>, BTreeSet<usize>) =
                all.into_iter().partition(|scope| !self.scopes.list[*scope].chain.is_empty());
            needed.extend(outer);
            let required = found.several.iter().flat_map(|condition| condition.required.iter().copied());
            let joins = builder.joins(&self.scopes, &inner, &self.scopes.closed(required))?;
            let sql: Vec<String> = found.several.into_iter().map(|condition| condition.sql).collect();
            conditions.push(format!("EXISTS (SELECT 1 FROM (SELECT 1 AS one) o{joins} WHERE {})", sql.join(" AND ")));
        }
        if let Some(token) = token {
            conditions.push(self.behind(builder, &keys, token)?);
        }
        let joins = builder.joins(&self.scopes, &self.scopes.closed(needed), &BTreeSet::new())?;
        let mut columns = vec![id];
        for key in &keys {
            let shown = builder.resolved(&self.scopes, key)?;
            columns.push(remembered(builder.dialect, &key.column, &shown));
        }
        columns.extend(group.columns(builder, &self.scopes)?);
        let order: Result<Vec<String>, QueryFailure> =
            keys.iter().enumerate().map(|(n, key)| self.ordered(builder, n, key)).collect();
        let order = order?;
        let (columns, order) = (columns.join(", "), order.join(", "));
        let limit = builder.parameters.int(i64::from(size) + 1);
        let conditions =
            if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        Ok(format!("{}SELECT {columns} FROM {table}{joins}{conditions} ORDER BY {order} LIMIT {limit}", builder.with()))
    }

    fn ordered(&self, builder: &mut Builder<'_>, n: usize, key: &Resolved) -> Result<String, QueryFailure> {
        let shown = builder.resolved(&self.scopes, key)?;
        let sql = comparable(builder.dialect, &key.column, &shown);
        let (direction, is_present) = self.term(n);
        let words = match (direction, is_present) {
            (Direction::Ascending, true) => "",
            (Direction::Descending, true) => " DESC",
            (Direction::Ascending, false) => " ASC NULLS FIRST",
            (Direction::Descending, false) => " DESC NULLS LAST",
        };
        Ok(format!("{sql}{words}"))
    }

    /// SQL that is true of the rows behind the one that a token remembers.
    fn behind(&self, builder: &mut Builder<'_>, keys: &[Resolved], token: &Token) -> Result<String, QueryFailure> {
        if token.key.len() != keys.len() {
            return Err(TokenError::Unreadable.into());
        }
        let mut cases = Vec::new();
        let mut equal: Vec<String> = Vec::new();
        for (n, (key, value)) in keys.iter().zip(&token.key).enumerate() {
            let shown = builder.resolved(&self.scopes, key)?;
            let sql = comparable(builder.dialect, &key.column, &shown);
            let (direction, is_present) = self.term(n);
            let (after, same) = step(builder, &sql, family(&key.column), direction, is_present, value)?;
            if let Some(after) = after {
                cases.push(equal.iter().cloned().chain([after]).collect::<Vec<_>>().join(" AND "));
            }
            equal.push(same);
        }
        let clustered = |key: &&Resolved| self.order.is_empty() && Some(&key.column) == self.entity.cluster.as_ref();
        let Some(first) = keys.first().filter(clustered) else {
            return Ok(any(&cases));
        };
        // Where rows lie in the order of the first key, the database finds the place by this.
        let shown = builder.resolved(&self.scopes, first)?;
        let from =
            bound(&mut builder.parameters, family(&first.column), &token.key[0]).ok_or(TokenError::Unreadable)?;
        Ok(format!("({shown} >= {from} AND {})", any(&cases)))
    }
}

fn any(cases: &[String]) -> String {
    if cases.is_empty() { "1 = 0".to_owned() } else { format!("({})", cases.join(" OR ")) }
}

/// SQL for "comes after this value" (`None` when nothing can) and for "is this value".
fn step(
    builder: &mut Builder<'_>,
    sql: &str,
    family: Family,
    direction: Direction,
    is_present: bool,
    value: &KeyValue,
) -> Result<(Option<String>, String), QueryFailure> {
    if *value == KeyValue::Null {
        let after = (direction == Direction::Ascending).then(|| format!("{sql} IS NOT NULL"));
        return Ok((after, format!("{sql} IS NULL")));
    }
    let value = bound(&mut builder.parameters, family, value).ok_or(TokenError::Unreadable)?;
    let after = match direction {
        Direction::Ascending => format!("{sql} > {value}"),
        Direction::Descending if is_present => format!("{sql} < {value}"),
        Direction::Descending => format!("({sql} < {value} OR {sql} IS NULL)"),
    };
    Ok((Some(after), format!("{sql} = {value}")))
}

fn order(scopes: &mut Scopes<'_>, query: &Query) -> Result<Vec<Term>, QueryFailure> {
    let mut terms: Vec<Term> = Vec::new();
    for order in &query.order {
        let of = scopes.resolve(&order.binding)?;
        let scope = &scopes.list[of.scope];
        if !scope.chain.is_empty() {
            return Err(QueryFailure::OrderBySeveral { binding: order.binding.to_string() });
        }
        let is_id = of == scopes.id(0);
        if !terms.iter().any(|term| term.of == of) {
            terms.push(Term { is_present: is_id, of, direction: order.direction });
        }
        // What comes behind the id decides nothing.
        if is_id {
            break;
        }
    }
    Ok(terms)
}

/// A value of a row.
pub(super) fn cell(row: &Row<'_>, column: usize, is_number: bool) -> Result<KeyValue, StoreError> {
    Ok(match is_number {
        true => row.int(column)?.map_or(KeyValue::Null, KeyValue::Int),
        false => row.optional(column)?.map_or(KeyValue::Null, KeyValue::Text),
    })
}
