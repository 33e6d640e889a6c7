//! CSV: a strict, streaming reader that reports and survives malformed rows, and our canonical form.
//!
//! Source files are RFC 4180 with any separator, any of the three line ends, and a UTF-8 byte order mark or none. The
//! reader has bounded memory, exact physical line numbers, and goes on at the line after a bad row.
//!
//! Between the arrows of the road stands the *canonical* form ([`canonical`]): UTF-8, `,`, LF, quotes only where they
//! are needed, so that equal records are equal bytes.

pub mod canonical;
mod header;
mod pass;
mod reader;
mod record;
mod reject;
mod scan;
#[cfg(test)]
mod tests;

pub use header::{Header, HeaderError};
pub use reader::{Dialect, Reader};
pub use record::{Malformed, Record, Row};
pub use reject::{Fault, Rejected};
