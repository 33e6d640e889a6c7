//! `WHERE`: comparisons in SQL. Each is true or false, never unknown: a missing value is different from every value,
//! and what is negated is the exact complement.

use super::builder::Builder;
use super::catalogue::Source;
use super::error::QueryFailure;
use super::scope::{Resolved, Scopes};
use super::value::{Family, bound, comparable, family, literal};
use provost_model::query::{Binding, Filter, KeyValue, Operand, Operator};
use std::collections::BTreeSet;

/// A condition, and the row variables that it speaks of.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) sql: String,
    pub(super) scopes: BTreeSet<usize>,
    /// Variables that must have a row for it to be true.
    pub(super) required: BTreeSet<usize>,
}

impl Builder<'_> {
    /// A filter as SQL.
    pub(super) fn condition(&mut self, scopes: &mut Scopes<'_>, filter: &Filter) -> Result<Condition, QueryFailure> {
        let (parts, word) = match filter {
            Filter::Compare { left, operator, right } => return self.comparison(scopes, left, *operator, right),
            Filter::All(parts) => (parts, " AND "),
            Filter::Any(parts) => (parts, " OR "),
        };
        let mut sql = Vec::new();
        let mut used = BTreeSet::new();
        let mut required: Option<BTreeSet<usize>> = None;
        for part in parts {
            let condition = self.condition(scopes, part)?;
            sql.push(condition.sql);
            used.extend(condition.scopes);
            required = Some(match (required, filter) {
                (None, _) => condition.required,
                (Some(before), Filter::All(_)) => before.union(&condition.required).copied().collect(),
                (Some(before), _) => before.intersection(&condition.required).copied().collect(),
            });
        }
        Ok(Condition { sql: format!("({})", sql.join(word)), scopes: used, required: required.unwrap_or_default() })
    }

    fn comparison(
        &mut self,
        scopes: &mut Scopes<'_>,
        left: &Binding,
        operator: Operator,
        right: &Operand,
    ) -> Result<Condition, QueryFailure> {
        let wrong = |expected: String| QueryFailure::WrongComparison {
            binding: left.to_string(),
            operator: operator.sign(),
            operand: right.to_string(),
            expected,
        };
        let own = scopes.resolve(left)?;
        let shown = self.resolved(scopes, &own)?;
        let sql = comparable(self.dialect, &own.column, &shown);
        fits(family(&own.column), operator, right).map_err(&wrong)?;
        let mut used = BTreeSet::from([own.scope]);
        let is_negated = operator == Operator::Different || pattern(operator).is_some_and(|(_, _, negated)| negated);
        let required = match right {
            Operand::Binding(_) | Operand::Null => BTreeSet::new(),
            _ if is_negated => BTreeSet::new(),
            _ => used.clone(),
        };
        let sql = match right {
            Operand::Null if operator == Operator::Equal => format!("{sql} IS NULL"),
            Operand::Null => format!("{sql} IS NOT NULL"),
            Operand::Binding(binding) => {
                let other = scopes.resolve(binding)?;
                used.insert(other.scope);
                if family(&own.column) != family(&other.column) {
                    return Err(wrong("expected a property of the same type".to_owned()));
                }
                let shown = self.resolved(scopes, &other)?;
                between(&sql, &comparable(self.dialect, &other.column, &shown), operator)
            }
            value => {
                let value = literal(&own.column, value).map_err(&wrong)?;
                let found = self.with_value(&sql, family(&own.column), operator, &value);
                match self.by_key(scopes, &own, operator, &value) {
                    Some(by_key) => format!("({found} AND {by_key})"),
                    None => found,
                }
            }
        };
        Ok(Condition { sql, scopes: used, required })
    }

    /// The same comparison with the key table, which has an index.
    fn by_key(&mut self, scopes: &Scopes<'_>, own: &Resolved, operator: Operator, value: &KeyValue) -> Option<String> {
        let property = own.column.property.filter(|property| self.catalogue.keys.contains(property))?;
        if self.history.is_some() {
            return None;
        }
        match (&scopes.list[own.scope].entity.source, operator, value) {
            (Source::Resources(entity_type), Operator::Equal, KeyValue::Text(text)) => Some(format!(
                "{}.Id IN (SELECT k.Resource_Id FROM UR_ResourceKeys k WHERE k.EntityType_Id = {} \
                 AND k.Property_Id = {} AND k.KeyValue = {})",
                self.alias(own.scope),
                self.parameters.int(entity_type.0),
                self.parameters.int(property.0),
                self.parameters.text(text)
            )),
            _ => None,
        }
    }

    fn with_value(&mut self, sql: &str, family: Family, operator: Operator, value: &KeyValue) -> String {
        if let (Some((before, after, negated)), KeyValue::Text(text)) = (pattern(operator), value) {
            let pattern = self.parameters.text(&format!("{before}{}{after}", escaped(text)));
            let like = format!("lower({sql}) LIKE {pattern} ESCAPE '\\'");
            return if negated { complement(&like) } else { like };
        }
        let value = bound(&mut self.parameters, family, value).unwrap_or_else(|| "NULL".to_owned());
        match operator {
            Operator::Different => format!("({sql} IS NULL OR {sql} <> {value})"),
            Operator::Bits => format!("(({sql}) & {value}) = {value}"),
            other => format!("{sql} {} {value}", other.sign()),
        }
    }
}

/// A comparison of two columns.
fn between(a: &str, b: &str, operator: Operator) -> String {
    let equal = format!("({a} = {b} OR ({a} IS NULL AND {b} IS NULL))");
    let (low, part) = (format!("lower({a})"), format!("lower({b})"));
    let positive = match operator {
        Operator::Equal | Operator::Different => equal,
        Operator::Bits => format!("(({a}) & ({b})) = ({b})"),
        Operator::StartsWith | Operator::NotStartsWith => format!("substr({low}, 1, length({part})) = {part}"),
        Operator::EndsWith | Operator::NotEndsWith => {
            format!("(length({part}) <= length({low}) AND substr({low}, length({low}) - length({part}) + 1) = {part})")
        }
        Operator::Contains | Operator::NotContains => {
            format!("({low} IS NOT NULL AND ({part} = '' OR replace({low}, {part}, '') <> {low}))")
        }
        other => format!("{a} {} {b}", other.sign()),
    };
    let negated = operator == Operator::Different || pattern(operator).is_some_and(|(_, _, negated)| negated);
    if negated { complement(&positive) } else { positive }
}

/// True exactly where the other one is not.
fn complement(sql: &str) -> String {
    format!("(CASE WHEN {sql} THEN 0 ELSE 1 END = 1)")
}

/// Whether this operator goes with a value of this family.
fn fits(family: Family, operator: Operator, right: &Operand) -> Result<(), String> {
    let is_text = pattern(operator).is_some();
    if is_text && family != Family::Text {
        return Err("this operator compares text".to_owned());
    }
    if operator == Operator::Bits && family != Family::Int {
        return Err("this operator compares the bits of whole numbers".to_owned());
    }
    if *right == Operand::Null && !matches!(operator, Operator::Equal | Operator::Different) {
        return Err("null goes with = and != only".to_owned());
    }
    Ok(())
}

/// What a text operator puts before and after the text, and whether it is negated.
fn pattern(operator: Operator) -> Option<(&'static str, &'static str, bool)> {
    match operator {
        Operator::StartsWith => Some(("", "%", false)),
        Operator::EndsWith => Some(("%", "", false)),
        Operator::Contains => Some(("%", "%", false)),
        Operator::NotStartsWith => Some(("", "%", true)),
        Operator::NotEndsWith => Some(("%", "", true)),
        Operator::NotContains => Some(("%", "%", true)),
        _ => None,
    }
}

/// Text in a pattern, without regard to the case of ASCII letters: both databases agree on these.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.to_ascii_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
