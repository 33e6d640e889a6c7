//! Joined entities, put into the rows that they belong to: one statement for each join that leads to several.

use super::MAX_JOINED_ROWS;
use super::builder::Builder;
use super::catalogue::{Column, Stored};
use super::error::QueryFailure;
use super::page::{Plan, cell};
use super::scope::{Resolved, Scopes};
use super::value::shown;
use crate::error::StoreError;
use crate::link::Link;
use crate::value::Row;
use provost_model::query::KeyValue;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A row on its way into the result.
pub(super) struct Found {
    /// Id of the root, then of each entity of which the one before has several.
    pub(super) path: Vec<KeyValue>,
    /// Value of the column that the root's table is ordered by before its id.
    pub(super) cluster: Option<KeyValue>,
    pub(super) object: Map<String, Value>,
}

/// What one statement reads: selected columns of one variable, and of what it has one of.
pub(super) struct Group {
    /// Variables that are shown as objects inside, with their ids and the names that lead to them.
    inner: Vec<(Resolved, Vec<String>)>,
    /// Selected columns, with the variable's place in `inner` (none for the variable itself).
    selected: Vec<(Resolved, Option<usize>)>,
}

impl Group {
    /// What belongs to a variable of which the root has several, or to the root.
    pub(super) fn new(plan: &Plan<'_>, of: Option<usize>) -> Group {
        let base = of.unwrap_or(0);
        let scopes = &plan.scopes;
        let mine: Vec<&Resolved> =
            plan.select.iter().filter(|s| scopes.list[s.scope].chain.last().copied() == of).collect();
        let all: BTreeSet<usize> = mine.iter().map(|s| s.scope).filter(|scope| *scope != base).collect();
        let all: BTreeSet<usize> = scopes
            .closed(all)
            .into_iter()
            .filter(|scope| *scope != base && scopes.list[*scope].chain.last().copied() == of)
            .collect();
        let inner: Vec<(Resolved, Vec<String>)> =
            all.iter().map(|scope| (scopes.id(*scope), between(scopes, base, *scope))).collect();
        let place = |scope: usize| all.iter().position(|other| *other == scope);
        let selected = mine.into_iter().map(|s| (s.clone(), place(s.scope))).collect();
        Group { inner, selected }
    }

    /// Variables that must be joined.
    pub(super) fn scopes(&self) -> impl Iterator<Item = usize> + '_ {
        self.inner.iter().map(|(id, _)| id.scope).chain(self.selected.iter().map(|(s, _)| s.scope))
    }

    /// SQL for the columns that [`Group::object`] reads.
    pub(super) fn columns(&self, builder: &mut Builder<'_>, scopes: &Scopes<'_>) -> Result<Vec<String>, QueryFailure> {
        let ids = self.inner.iter().map(|(id, _)| id);
        ids.chain(self.selected.iter().map(|(selected, _)| selected)).map(|s| builder.resolved(scopes, s)).collect()
    }

    /// The object in a row, whose columns begin at `first`.
    pub(super) fn object(&self, row: &Row<'_>, first: usize) -> Result<Map<String, Value>, StoreError> {
        let mut object = Map::new();
        let mut present = Vec::with_capacity(self.inner.len());
        for (n, (id, path)) in self.inner.iter().enumerate() {
            let is_there = read(row, first + n, &id.column)? != KeyValue::Null;
            if is_there {
                within(&mut object, path);
            }
            present.push(is_there);
        }
        let first = first + self.inner.len();
        for (n, (selected, place)) in self.selected.iter().enumerate() {
            if place.is_some_and(|place| !present[place]) {
                continue;
            }
            if let Some(value) = shown(&selected.column, read(row, first + n, &selected.column)?) {
                let path = place.map_or(&[][..], |place| &self.inner[place].1);
                insert(&mut object, path, &selected.name, value);
            }
        }
        Ok(object)
    }
}

impl Plan<'_> {
    /// Reads the joined entities of a page and puts them into its rows.
    pub(super) fn nest(&mut self, link: &Link, rows: &mut [Found]) -> Result<(), QueryFailure> {
        if rows.is_empty() {
            return Ok(());
        }
        let roots: Vec<Value> = rows.iter().filter_map(|row| row.path.first()).map(as_json).collect();
        let clusters: BTreeSet<&KeyValue> = rows.iter().filter_map(|row| row.cluster.as_ref()).collect();
        let clusters: Vec<Value> = clusters.into_iter().map(as_json).collect();
        let roots = (Value::from(roots).to_string(), Value::from(clusters).to_string());
        let lists: Vec<usize> = self.shown_lists().into_iter().collect();
        let mut found: BTreeMap<usize, Vec<Found>> = BTreeMap::new();
        for list in &lists {
            found.insert(*list, self.joined(link, *list, &roots, rows.len())?);
        }
        // The innermost first: a list is complete before it is put into what it belongs to.
        for list in lists.iter().rev() {
            let children = found.remove(list).unwrap_or_default();
            let chain = &self.scopes.list[*list].chain;
            let parent = chain.len().checked_sub(2).and_then(|n| chain.get(n)).copied();
            let path = between(&self.scopes, parent.unwrap_or(0), *list);
            match parent {
                None => put(rows, children, &path),
                Some(parent) => put(found.entry(parent).or_default(), children, &path),
            }
        }
        Ok(())
    }

    /// The entities of one join in the rows of a page, ordered by id.
    fn joined(
        &mut self,
        link: &Link,
        list: usize,
        (roots, clusters): &(String, String),
        n_roots: usize,
    ) -> Result<Vec<Found>, QueryFailure> {
        let group = Group::new(self, Some(list));
        let chain = self.scopes.list[list].chain.clone();
        let mut builder = self.builder(link.dialect());
        let (table, of_type) = builder.table(self.entity, &builder.alias(0));
        let root = self.entity.id();
        let id = builder.id(&self.scopes, 0);
        let is_number = root.stored == Stored::Int;
        let roots = builder.parameters.text(roots);
        let elements = builder.dialect.json_elements(&roots);
        let roots = format!("SELECT {} FROM {elements}", builder.dialect.json_scalar(is_number));
        let mut conditions = vec![format!("{id} IN ({roots})")];
        if let Some(column) = &self.entity.cluster {
            let clusters = builder.parameters.text(clusters);
            let elements = builder.dialect.json_elements(&clusters);
            let scalar = builder.dialect.json_scalar(column.stored == Stored::Int);
            conditions.push(format!("{} IN (SELECT {scalar} FROM {elements})", builder.column(0, column)));
        }
        builder.roots = Some(roots);
        conditions.extend(of_type);
        let mut needed: BTreeSet<usize> = group.scopes().chain([list]).collect();
        let several = self.conditions(&mut builder)?.several;
        let touched = several.iter().flat_map(|condition| &condition.scopes);
        let touches = touched.copied().any(|scope| self.scopes.list[scope].chain.iter().any(|s| chain.contains(s)));
        if touches {
            needed.extend(several.iter().flat_map(|condition| condition.scopes.iter().copied()));
            conditions.extend(several.into_iter().map(|condition| condition.sql));
        }
        let joins = builder.joins(&self.scopes, &self.scopes.closed(needed), &BTreeSet::new())?;
        let mut columns = vec![id];
        columns.extend(chain.iter().map(|scope| builder.id(&self.scopes, *scope)));
        let order: Vec<String> = (1..=columns.len()).map(|n| n.to_string()).collect();
        columns.extend(group.columns(&mut builder, &self.scopes)?);
        // Rows without a joined entity are left out here: asked to do that, SQLite would begin with the joined table.
        let limit = builder.parameters.int((MAX_JOINED_ROWS + n_roots) as i64 + 1);
        let sql = format!(
            "{}SELECT DISTINCT {} FROM {table}{joins} WHERE {} ORDER BY {} LIMIT {limit}",
            builder.with(),
            columns.join(", "),
            conditions.join(" AND "),
            order.join(", ")
        );
        let ids: Vec<Column> =
            [root].into_iter().chain(chain.iter().map(|scope| self.scopes.list[*scope].entity.id())).collect();
        let mut rows = builder.parameters.all(link, &sql, |row| {
            let path: Result<Vec<KeyValue>, StoreError> =
                ids.iter().enumerate().map(|(n, id)| read(row, n, id)).collect();
            Ok(Found { path: path?, cluster: None, object: group.object(row, ids.len())? })
        })?;
        rows.retain(|row| row.path.last() != Some(&KeyValue::Null));
        if rows.len() > MAX_JOINED_ROWS {
            return Err(QueryFailure::TooManyJoinedRows { most: MAX_JOINED_ROWS });
        }
        Ok(rows)
    }
}

/// Puts lists of children into the parents that their paths name. Every parent gets a list, if only an empty one.
fn put(parents: &mut [Found], children: Vec<Found>, path: &[String]) {
    let mut lists: HashMap<Vec<KeyValue>, Vec<Value>> = HashMap::new();
    for mut child in children {
        child.path.pop();
        lists.entry(child.path).or_default().push(Value::Object(child.object));
    }
    let Some((name, outer)) = path.split_last() else {
        return;
    };
    for parent in parents {
        match lists.remove(&parent.path) {
            Some(list) => insert(&mut parent.object, outer, name, Value::from(list)),
            // What the row has one of may be missing; then there is no place for a list.
            None if outer.is_empty() => {
                parent.object.insert(name.clone(), Value::Array(Vec::new()));
            }
            None => {}
        }
    }
}

/// The object at this path inside another one, made where it is missing.
fn within<'m>(object: &'m mut Map<String, Value>, path: &[String]) -> Option<&'m mut Map<String, Value>> {
    match path.split_first() {
        None => Some(object),
        Some((first, rest)) => {
            let inner = object.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
            inner.as_object_mut().and_then(|inner| within(inner, rest))
        }
    }
}

fn insert(object: &mut Map<String, Value>, path: &[String], name: &str, value: Value) {
    if let Some(inner) = within(object, path) {
        inner.insert(name.to_owned(), value);
    }
}

/// Names of the properties that lead from one variable to another behind it.
fn between(scopes: &Scopes<'_>, from: usize, to: usize) -> Vec<String> {
    scopes.path(to).into_iter().skip(scopes.path(from).len()).map(str::to_owned).collect()
}

fn read(row: &Row<'_>, place: usize, column: &Column) -> Result<KeyValue, StoreError> {
    cell(row, place, column.stored == Stored::Int)
}

fn as_json(id: &KeyValue) -> Value {
    match id {
        KeyValue::Int(id) => Value::from(*id),
        KeyValue::Text(id) => Value::from(id.as_str()),
        KeyValue::Null => Value::Null,
    }
}
