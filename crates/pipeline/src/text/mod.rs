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

/// The candidate that `name` was probably meant to be: the fewest edits without regard to letter case, and at most a
/// third of the name (never less than one edit). The first of equals wins.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.chars().map(fold::lower_char).collect();
    let limit = (wanted.len() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (edits(&wanted, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Edits (a letter inserted, left out or replaced, or two neighbours swapped) between `wanted` and `candidate` in lower
/// case.
fn edits(wanted: &[char], candidate: &str) -> usize {
    let candidate: Vec<char> = candidate.chars().map(fold::lower_char).collect();
    let mut before_last = vec![0; wanted.len() + 1];
    let mut last: Vec<usize> = (0..=wanted.len()).collect();
    for i in 1..=candidate.len() {
        let mut row = vec![i; wanted.len() + 1];
        for j in 1..=wanted.len() {
            let same = candidate[i - 1] == wanted[j - 1];
            row[j] = (last[j - 1] + usize::from(!same)).min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && candidate[i - 1] == wanted[j - 2] && candidate[i - 2] == wanted[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[wanted.len()]
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

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("bol", ["Bool", "Byte"]), Some("Bool"));
        assert_eq!(nearest("TOUPER", ["ToLower", "ToUpper"]), Some("ToUpper"));
        assert_eq!(nearest("Int23", ["Int16", "Int32"]), Some("Int32"));
        assert_eq!(nearest("Xyzzy", ["Bool", "Byte"]), None);
        assert_eq!(nearest("", ["Bool"]), None);
    }
}
