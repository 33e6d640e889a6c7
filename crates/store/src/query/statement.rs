//! Statements put together from parts. Values are always parameters, never text of the statement.

use crate::error::StoreError;
use crate::link::Link;
use crate::value::{Arg, Row};
use provost_model::query::KeyValue;

/// The parameters of a statement in the making.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    values: Vec<KeyValue>,
}

impl Parameters {
    /// SQL for a value of this kind.
    pub(super) fn int(&mut self, value: i64) -> String {
        self.bind(KeyValue::Int(value), "BIGINT")
    }

    /// SQL for a text.
    pub(super) fn text(&mut self, value: &str) -> String {
        self.bind(KeyValue::Text(value.to_owned()), "TEXT")
    }

    fn bind(&mut self, value: KeyValue, kind: &str) -> String {
        self.values.push(value);
        // The type is said, because PostgreSQL would guess it from the place.
        format!("CAST(${} AS {kind})", self.values.len())
    }

    /// All rows of the finished statement.
    pub(super) fn all<T>(
        &self,
        link: &Link,
        sql: &str,
        make: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let (sql, order) = renumbered(sql);
        let args: Vec<Arg<'_>> = order
            .iter()
            .map(|n| match self.values.get(*n) {
                Some(KeyValue::Int(value)) => Arg::Int(*value),
                Some(KeyValue::Text(text)) => Arg::Text(text),
                Some(KeyValue::Null) | None => Arg::Null,
            })
            .collect();
        link.all(&sql, &args, make)
    }
}

/// Numbers the parameters in the order in which they stand, because SQLite counts names and does not read numbers.
/// Tells which value each one is. Nothing but a parameter holds a dollar sign.
fn renumbered(sql: &str) -> (String, Vec<usize>) {
    let mut order = Vec::new();
    let mut parts = sql.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let number: usize = part[..end].parse().unwrap_or(0);
        order.push(number.wrapping_sub(1));
        out.push_str(&format!("${}{}", order.len(), &part[end..]));
    }
    (out, order)
}

#[cfg(test)]
mod tests {
    use super::renumbered;

    #[test]
    fn parameters_are_numbered_as_they_stand() {
        assert_eq!(renumbered("a = $3 AND b = $1 OR $3"), ("a = $1 AND b = $2 OR $3".to_owned(), vec![2, 0, 2]));
        assert_eq!(renumbered("a"), ("a".to_owned(), vec![]));
    }
}
