//! Orders in databases: a row for each target, looked at before it is written.
//!
//! `DefaultObjectClass` of the mapping names the table, and the property with `IsRDNProperty` holds its key. What the
//! settings do not say (`InsertCommand`, `UpdateCommand`, `DeleteCommand`) is made from the mapping.

use super::export::Sql;
use super::link::{Link, filled, literal, name};
use super::settings::{LinkCommands, SqlSettings, read};
use crate::fulfil::{FulfilRequest, Fulfiller, Order, Refusal, Session};
use crate::settings::Settings;
use provost_model::fulfilment::{PropertyRole, TargetProperty};
use provost_model::orders::ChangeType;
use serde_json::Value;

impl Fulfiller for Sql {
    fn connect(&self, request: &FulfilRequest<'_>) -> Result<Box<dyn Session + Send>, Refusal> {
        let (settings, _) = read(Settings::new(&request.connection.identifier, request.settings));
        let unreachable = |detail: String| Refusal {
            text: format!("the database of {} cannot be opened: {detail}", request.connection.identifier),
            transient: true,
            broken: true,
            code: "system-unreachable",
        };
        let place = settings.place.clone().ok_or_else(|| unreachable("no database is named".to_owned()))?;
        let database = place.open(request.base_dir, request.databases).map_err(unreachable)?;
        let link = Link::open(database, settings.timeout)?;
        Ok(Box::new(Table { link, settings }))
    }
}

/// An open database that orders are carried out in.
struct Table {
    link: Link,
    settings: SqlSettings,
}

/// What an order wants of a row.
struct Row<'a> {
    order: &'a Order<'a>,
    table: String,
    key: &'a TargetProperty,
    /// Columns and their values.
    values: Vec<(String, Option<String>)>,
    /// Statements for links.
    links: Vec<String>,
}

impl Session for Table {
    fn carry_out(&mut self, order: &Order<'_>) -> Result<Option<String>, Refusal> {
        let row = Row::of(order, &self.settings.links)?;
        match order.order.change_type {
            ChangeType::Added => self.add(&row),
            ChangeType::Modified => self.modify(&row).map(|()| None),
            ChangeType::Deleted => self.delete(&row).map(|()| None),
        }
    }
}

impl Table {
    fn add(&mut self, row: &Row<'_>) -> Result<Option<String>, Refusal> {
        let key = row.new_key().ok_or_else(|| row.without_key())?;
        if self.is_there(row, &key)? {
            if !self.is_same(row, &key)? {
                let text =
                    format!("{} holds a row {key} with other values: correlate it, or choose another key", row.table);
                return Err(Refusal::of_order(text));
            }
            self.link.execute(&row.links)?;
            return Ok(Some(key));
        }
        let made = match &self.settings.insert {
            Some(sql) => row.filled(sql)?,
            None => {
                let columns: Vec<String> = row.values.iter().map(|(column, _)| name(column)).collect();
                let values: Vec<String> =
                    row.values.iter().map(|(_, value)| literal(value.as_deref())).collect::<Result<_, _>>()?;
                format!("INSERT INTO {} ({}) VALUES ({})", name(&row.table), columns.join(", "), values.join(", "))
            }
        };
        let mut statements = vec![made];
        statements.extend(row.links.iter().cloned());
        self.link.execute(&statements)?;
        Ok(Some(key))
    }

    fn modify(&mut self, row: &Row<'_>) -> Result<(), Refusal> {
        let old = row.old_key().ok_or_else(|| row.without_key())?;
        let mut key = old.clone();
        if !self.is_there(row, &old)? {
            // An earlier attempt may have given it its new key.
            key = row.new_key().filter(|new| *new != old).unwrap_or_default();
            if key.is_empty() || !self.is_there(row, &key)? {
                let text = format!(
                    "the row {old} of {} is gone; synchronise, and the order will be made again or dropped",
                    row.table
                );
                return Err(Refusal::of_order(text));
            }
        }
        let mut statements = Vec::new();
        if !row.values.is_empty() && !self.is_same(row, &key)? {
            statements.push(match &self.settings.update {
                Some(sql) => row.filled(sql)?,
                None => {
                    let set = |(column, value): &(String, Option<String>)| {
                        Ok(format!("{} = {}", name(column), literal(value.as_deref())?))
                    };
                    let sets: Vec<String> = row.values.iter().map(set).collect::<Result<_, Refusal>>()?;
                    format!("UPDATE {} SET {} WHERE {}", name(&row.table), sets.join(", "), row.with_key(&key)?)
                }
            });
        }
        statements.extend(row.links.iter().cloned());
        self.link.execute(&statements)
    }

    fn delete(&mut self, row: &Row<'_>) -> Result<(), Refusal> {
        let key = row.old_key().ok_or_else(|| row.without_key())?;
        if !self.is_there(row, &key)? {
            return Ok(());
        }
        let sql = match &self.settings.delete {
            Some(sql) => row.filled(sql)?,
            None => format!("DELETE FROM {} WHERE {}", name(&row.table), row.with_key(&key)?),
        };
        self.link.execute(&[sql])
    }

    fn is_there(&mut self, row: &Row<'_>, key: &str) -> Result<bool, Refusal> {
        let sql = format!("SELECT count(*) FROM {} WHERE {}", name(&row.table), row.with_key(key)?);
        Ok(self.link.number(&sql)? > 0)
    }

    /// Whether the row holds what the order wants. The database compares, with the types of its columns.
    fn is_same(&mut self, row: &Row<'_>, key: &str) -> Result<bool, Refusal> {
        let mut terms = vec![row.with_key(key)?];
        for (column, value) in &row.values {
            terms.push(match value {
                None => format!("{} IS NULL", name(column)),
                Some(_) => format!("{} = {}", name(column), literal(value.as_deref())?),
            });
        }
        let sql = format!("SELECT count(*) FROM {} WHERE {}", name(&row.table), terms.join(" AND "));
        Ok(self.link.number(&sql)? > 0)
    }
}

impl<'a> Row<'a> {
    fn of(order: &'a Order<'a>, commands: &[LinkCommands]) -> Result<Row<'a>, Refusal> {
        let mapping = order.mapping;
        let Some(table) = mapping.object_classes.first() else {
            return Err(Refusal::of_order(
                "no table is named; set DefaultObjectClass on the mapping of the resource type",
            ));
        };
        let Some(key) = mapping.with_role(PropertyRole::Rdn) else {
            return Err(Refusal::of_order("no column is the key; mark its property with IsRDNProperty on the mapping"));
        };
        let mut row = Row { order, table: table.clone(), key, values: Vec::new(), links: Vec::new() };
        for (changed, value) in &order.order.changes {
            let (property, is_added) = match (changed.strip_suffix("_add"), changed.strip_suffix("_remove")) {
                (Some(property), _) => (property, Some(true)),
                (_, Some(property)) => (property, Some(false)),
                _ => (changed.as_str(), None),
            };
            match is_added {
                Some(is_added) => row.link(commands, property, is_added, value)?,
                None => {
                    let known = mapping.properties.iter().find(|known| known.property == property);
                    let Some(column) = known.and_then(|known| known.column.clone()) else {
                        return Err(Refusal::of_order(format!(
                            "the order changes {property}, but no mapping says where it is written; map it, or take \
                             its rule away"
                        )));
                    };
                    row.values.push((column, text(value)));
                }
            }
        }
        Ok(row)
    }

    fn link(
        &mut self,
        commands: &[LinkCommands],
        property: &str,
        is_added: bool,
        value: &Value,
    ) -> Result<(), Refusal> {
        let Some(command) = commands.iter().find(|known| known.property == property) else {
            let text = format!("nothing says how values of {property} are written; add it to Links of the connection");
            return Err(Refusal::of_order(text));
        };
        let sql = if is_added { &command.add } else { &command.remove };
        let key = self.new_key().or_else(|| self.old_key());
        for end in value.as_array().into_iter().flatten() {
            let of = |asked: &str| match asked {
                "key" => Some(key.clone()),
                "value" => Some(text(end)),
                other => self.value(other),
            };
            self.links.push(filled(sql, &of)?);
        }
        Ok(())
    }

    /// The value of a parameter: a column or property of the target as the order leaves it, `key`, or `password`.
    fn value(&self, asked: &str) -> Option<Option<String>> {
        let Order { order, mapping, password } = self.order;
        match asked {
            "key" => return Some(self.old_key().or_else(|| self.new_key())),
            "password" => return Some(password.clone()),
            _ => {}
        }
        let is = |known: &&TargetProperty| {
            known.property.eq_ignore_ascii_case(asked)
                || known.column.as_ref().is_some_and(|column| column.eq_ignore_ascii_case(asked))
        };
        let property = mapping.properties.iter().find(is)?;
        Some(order.value(&property.property).and_then(text))
    }

    fn filled(&self, sql: &str) -> Result<String, Refusal> {
        filled(sql, &|asked| self.value(asked))
    }

    fn old_key(&self) -> Option<String> {
        text(self.order.order.resource.as_ref()?.get(&self.key.property)?)
    }

    fn new_key(&self) -> Option<String> {
        text(self.order.order.changes.get(&self.key.property)?)
    }

    fn with_key(&self, key: &str) -> Result<String, Refusal> {
        let column = self.key.column.as_deref().ok_or_else(|| self.without_key())?;
        Ok(format!("{} = {}", name(column), literal(Some(key))?))
    }

    fn without_key(&self) -> Refusal {
        let text = format!("the order gives no {}, which is the key of {}", self.key.property, self.table);
        Refusal::of_order(text)
    }
}

/// A value as text; of a resource that is linked, its key.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Object(keys) => keys.iter().find(|(name, _)| name.as_str() != "Id").and_then(|(_, key)| text(key)),
        other => Some(other.to_string()),
    }
}
