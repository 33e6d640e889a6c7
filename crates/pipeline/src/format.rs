//! Conversion of external values to internal text (spec 10 §11).

/// Converts the values of one column.
#[derive(Clone, Debug, Default)]
pub struct Converter {}

/// Why a value cannot be converted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct FormatError {
    /// What was expected: `a date such as 20200929220000`.
    pub expected: String,
    /// What to do next.
    pub remedy: String,
}

impl Converter {
    /// Leaves values as they are.
    pub fn as_is() -> Converter {
        Converter::default()
    }

    /// Whether values stay as they are, so that a caller may copy them.
    pub fn is_as_is(&self) -> bool {
        true
    }

    /// Appends the internal form of `raw` to `out`; appends nothing when there is no value.
    pub fn convert(&self, raw: &str, out: &mut Vec<u8>) -> Result<(), FormatError> {
        out.extend_from_slice(raw.as_bytes());
        Ok(())
    }
}
