//! What is wrong with the text of a query.

/// Why a query cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("query, character {}: expected {expected}, found {found}", .offset + 1)]
pub struct QueryError {
    /// Characters before the place.
    pub offset: usize,
    /// What may stand there.
    pub expected: String,
    /// What stands there.
    pub found: String,
    /// The word that was probably meant.
    pub nearest: Option<String>,
}

impl QueryError {
    /// What to do next.
    pub fn hint(&self) -> String {
        match &self.nearest {
            Some(word) => format!("did you mean {word}?"),
            None => "a query is written: join … pagesize … select … where … order by …, each part optional".to_owned(),
        }
    }
}
