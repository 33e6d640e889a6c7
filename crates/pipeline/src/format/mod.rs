//! Conversion of external values to internal text (spec 10 §11).
//!
//! | Format | Internal text |
//! |---|---|
//! | none, `String` | the value as it is, whatever the type of the property |
//! | `Bool` | `true`, `false`; 1 and 0 are read too |
//! | `Byte`, `Int16`, `Int32`, `Int64` | decimal digits without leading zeros or plus sign |
//! | `Double` | shortest decimal text that reads back as the same number |
//! | `Guid` | 32 lower-case hex digits; hyphens, braces and parentheses are read. Text only: whoever exports the 16 octets of a directory must write them as text, because their order is the system's business |
//! | `Bytes`, `Binary` | base64 with padding, on one line |
//! | `SID` | `S-1-…`; base64 of the binary form is read too |
//! | `RDN` | value of the leading RDN, unescaped; text without `=` is such a value already |
//! | `DateTime`, `1601Date`, `Date` | `yyyyMMddHHmmss` in UTC, fractions of a second cut off; text without an offset is UTC already |
//! | `MultivaluedText` | one value per line, ordered without regard to case |
//! | `Concat:<separator>` | the same, from values joined by the separator |
//! | `Bit:<Property>:<n>` | whether the n-th bit of a mask is set, counted from 1: `true` or `false`; a column that holds these words already is read too |
//!
//! An empty value is no value under every format, and so is a blank one except where text stays as it is.

mod binary;
mod datetime;
mod dn;
mod list;
mod number;

pub(crate) use datetime::{Civil, days_in_month};
pub use dn::escape as escape_dn;

use provost_model::configuration::PropertyType;
use provost_model::nearest;

/// Converts the values of one column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Converter {
    conversion: Conversion,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Conversion {
    #[default]
    AsIs,
    Bool,
    Integer(number::Range),
    Double,
    Guid,
    Base64,
    Sid,
    Rdn,
    DateTime,
    MultivaluedText,
    Concat(String),
    /// Mask of the one bit.
    Bit(u64),
}

/// Why a value cannot be converted, or why a format is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct FormatError {
    /// What was expected: `a date such as 20200929220000`.
    pub expected: String,
    /// What to do next.
    pub remedy: String,
}

impl FormatError {
    fn new(expected: impl Into<String>, remedy: impl Into<String>) -> FormatError {
        FormatError { expected: expected.into(), remedy: remedy.into() }
    }
}

const NAMES: [&str; 18] = [
    "String",
    "Bool",
    "Byte",
    "Int16",
    "Int32",
    "Int64",
    "Double",
    "Guid",
    "Bytes",
    "Binary",
    "SID",
    "RDN",
    "DateTime",
    "1601Date",
    "Date",
    "MultivaluedText",
    "Concat",
    "Bit",
];

impl Converter {
    /// The converter for a mapped property of type `kind` with this `Format` attribute. Names are read in any letter
    /// case. Without a format every value stays as it is.
    ///
    /// # Errors
    /// The format is unknown, its arguments are wrong, or its values cannot be those of the property's type.
    pub fn new(kind: PropertyType, format: Option<&str>) -> Result<Converter, FormatError> {
        let format = format.unwrap_or_default();
        if format.trim().is_empty() {
            return Ok(Converter::as_is());
        }
        let (name, arguments) = match format.split_once(':') {
            Some((name, arguments)) => (name.trim(), Some(arguments)),
            None => (format.trim(), None),
        };
        let conversion = Conversion::read(name, arguments)?;
        if !conversion.suits(kind) {
            return Err(FormatError::new(
                format!("a format whose values a property of type {kind:?} can hold, but found {name}"),
                "change the Format of the mapping or the Type of the property, or leave Format empty",
            ));
        }
        Ok(Converter { conversion })
    }

    /// The converter that gives the internal text of a type, checked, from its usual notations.
    pub fn of_type(kind: PropertyType) -> Converter {
        use PropertyType as T;
        let conversion = match kind {
            T::String => Conversion::AsIs,
            T::Bytes | T::Binary => Conversion::Base64,
            T::Int32 => Conversion::Integer(number::INT32),
            T::Int64 | T::Option | T::ForeignKey => Conversion::Integer(number::INT64),
            T::DateTime => Conversion::DateTime,
            T::Bool => Conversion::Bool,
            T::Guid => Conversion::Guid,
            T::Double => Conversion::Double,
            T::Byte => Conversion::Integer(number::BYTE),
            T::Int16 => Conversion::Integer(number::INT16),
        };
        Converter { conversion }
    }

    /// Leaves values as they are.
    pub fn as_is() -> Converter {
        Converter::default()
    }

    /// Whether values stay as they are, so that a caller may copy them.
    pub fn is_as_is(&self) -> bool {
        self.conversion == Conversion::AsIs
    }

    /// Appends the internal form of `raw` to `out`; appends nothing when there is no value.
    ///
    /// # Errors
    /// The value does not have the format; `out` is as before.
    pub fn convert(&self, raw: &str, out: &mut Vec<u8>) -> Result<(), FormatError> {
        if raw.is_empty() {
            return Ok(());
        }
        match &self.conversion {
            Conversion::AsIs => {
                out.extend_from_slice(raw.as_bytes());
                Ok(())
            }
            Conversion::Bool => number::bool(raw, out),
            Conversion::Integer(range) => number::integer(raw, *range, out),
            Conversion::Double => number::double(raw, out),
            Conversion::Guid => binary::guid(raw, out),
            Conversion::Base64 => binary::base64(raw, out),
            Conversion::Sid => binary::sid(raw, out),
            Conversion::Rdn => dn::rdn(raw, out),
            Conversion::DateTime => datetime::convert(raw, out),
            Conversion::MultivaluedText => {
                list::multivalued(raw, out);
                Ok(())
            }
            Conversion::Concat(separator) => {
                list::concatenated(raw, separator, out);
                Ok(())
            }
            Conversion::Bit(mask) => number::bit(raw, *mask, out),
        }
    }
}

impl Conversion {
    fn read(name: &str, arguments: Option<&str>) -> Result<Conversion, FormatError> {
        let lower = name.to_ascii_lowercase();
        let conversion = match lower.as_str() {
            "concat" => return Conversion::read_concat(arguments.unwrap_or_default()),
            "bit" => return Conversion::read_bit(arguments.unwrap_or_default()),
            "string" => Conversion::AsIs,
            "bool" => Conversion::Bool,
            "byte" => Conversion::Integer(number::BYTE),
            "int16" => Conversion::Integer(number::INT16),
            "int32" => Conversion::Integer(number::INT32),
            "int64" => Conversion::Integer(number::INT64),
            "double" => Conversion::Double,
            "guid" => Conversion::Guid,
            "bytes" | "binary" => Conversion::Base64,
            "sid" => Conversion::Sid,
            "rdn" => Conversion::Rdn,
            "datetime" | "1601date" | "date" => Conversion::DateTime,
            "multivaluedtext" => Conversion::MultivaluedText,
            _ => return Err(unknown(name)),
        };
        match arguments {
            None => Ok(conversion),
            Some(_) => Err(FormatError::new(
                format!("the format {name} without arguments"),
                format!("write Format=\"{name}\""),
            )),
        }
    }

    fn read_concat(separator: &str) -> Result<Conversion, FormatError> {
        if separator.is_empty() {
            return Err(FormatError::new(
                "a separator after Concat:",
                "write Format=\"Concat:;\" when values are joined by semicolons",
            ));
        }
        Ok(Conversion::Concat(separator.to_owned()))
    }

    fn read_bit(arguments: &str) -> Result<Conversion, FormatError> {
        let bit = arguments
            .split_once(':')
            .filter(|(property, _)| !property.trim().is_empty())
            .and_then(|(_, bit)| bit.trim().parse::<u32>().ok())
            .filter(|bit| (1..=64).contains(bit));
        match bit {
            Some(bit) => Ok(Conversion::Bit(1 << (bit - 1))),
            None => Err(FormatError::new(
                "Bit:<Property>:<bit> with a bit from 1 to 64, 1 being the lowest",
                "write for example Format=\"Bit:userAccountControl:2\" for the flag of value 2",
            )),
        }
    }

    /// Whether a property of this type can hold the internal text. Text columns hold everything.
    fn suits(&self, kind: PropertyType) -> bool {
        use PropertyType as T;
        match self {
            Conversion::AsIs => true,
            _ if kind == T::String => true,
            Conversion::Bool => kind == T::Bool,
            // The documentation lists the numeric types for the mask; the flag itself is a Bool.
            Conversion::Bit(_) => matches!(kind, T::Bool | T::Int16 | T::Int32 | T::Int64),
            Conversion::Integer(range) => range.fits(kind),
            Conversion::Double => kind == T::Double,
            Conversion::Guid => kind == T::Guid,
            Conversion::Base64 => matches!(kind, T::Bytes | T::Binary),
            Conversion::DateTime => kind == T::DateTime,
            Conversion::Sid | Conversion::Rdn | Conversion::MultivaluedText | Conversion::Concat(_) => false,
        }
    }
}

fn unknown(name: &str) -> FormatError {
    let remedy = match nearest::one(name, NAMES) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("choose among {}, or leave Format empty so that values stay as they are", NAMES.join(", ")),
    };
    FormatError::new(format!("a known format, but found {name}"), remedy)
}

#[cfg(test)]
mod tests;
