//! The query language of the interfaces, *squery*: text in, a checked tree out.
//!
//! ```text
//! [as of "…" | between "…" and "…" | contained in ("…", "…")]
//! {join [alias.]Property [of type EntityType] alias} [pagesize n] [select binding, …] [where filter]
//! [order by binding asc|desc, …]
//! ```
//!
//! [`Query::parse`] reads it, `Display` writes it in canonical form; what is written reads back as the same tree. What
//! the names mean is not known here: the repository looks them up when it runs the query. A [`Token`] says where the
//! next page of a query begins.

mod ast;
mod error;
mod instant;
mod lexer;
mod parser;
mod token;

pub use ast::{Binding, Direction, Filter, History, Join, Operand, Operator, Order, Query};
pub use error::QueryError;
pub use instant::{format_instant, parse_instant};
pub use token::{KeyValue, Token, TokenError};

/// Longest query, in bytes.
pub const MAX_LENGTH: usize = 16 * 1024;
/// Deepest nesting of parentheses.
pub const MAX_DEPTH: usize = 16;
/// Most joins.
pub const MAX_JOINS: usize = 16;
/// Most bindings that `select` lists, and most comparisons.
pub const MAX_TERMS: usize = 200;
/// Most bindings that `order by` lists.
pub const MAX_ORDERS: usize = 8;
/// Most names between dots in one binding.
pub const MAX_PATH: usize = 8;

#[cfg(test)]
mod tests;
