//! Comparing and folding text: the rules that formats, expressions and error messages share.

mod fold;

pub use fold::{compose_accents, lower, remove_diacritics, simplify, to_ascii_letters, upper};

use std::cmp::Ordering;

/// Order of the values in multi-valued text: ordinal without regard to letter case, and plain ordinal between values
/// that differ in case only, so that the result never depends on the order of arrival.
pub fn compare_ignoring_case(a: &str, b: &str) -> Ordering {
    let folded = a.chars().map(fold::upper_char).cmp(b.chars().map(fold::upper_char));
    folded.then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_ordered_without_regard_to_case_then_ordinally() {
        let mut values = ["b", "a", "B", "A", "_", "é", "É", "Z", "aa"];
        values.sort_by(|a, b| compare_ignoring_case(a, b));
        // "_" lies between the upper-case and the lower-case letters, so it comes after Z once letters are raised.
        assert_eq!(values, ["A", "a", "aa", "B", "b", "Z", "_", "É", "é"]);
    }
}
