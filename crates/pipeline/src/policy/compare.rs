//! Whether a computed value is the one that a system holds (spec 20 §3).

use crate::text;
use provost_model::configuration::policy::ComparisonType;

/// Whether two values are the same for this rule. No value is an empty one.
pub(super) fn equal(comparison: ComparisonType, computed: &str, found: &str) -> bool {
    if computed == found {
        return true;
    }
    match comparison {
        ComparisonType::CaseSensitive => false,
        ComparisonType::IgnoreCase => text::lower(computed) == text::lower(found),
        ComparisonType::IgnoreDiacritics => plain(computed) == plain(found),
        ComparisonType::Simplified => letters(computed) == letters(found),
        ComparisonType::Approximate => approximate(computed) == approximate(found),
    }
}

/// Without case and diacritics.
fn plain(value: &str) -> String {
    text::lower(&text::remove_diacritics(value))
}

/// Letters only, in upper case, without diacritics.
fn letters(value: &str) -> String {
    text::simplify(value).chars().filter(|c| c.is_alphabetic()).collect()
}

/// What sounds alike is alike: the documented replacements, in their order.
fn approximate(value: &str) -> String {
    let mut folded = String::new();
    for c in letters(value).chars() {
        let c = match c {
            'Z' => 'S',
            'Y' => 'I',
            'W' => 'V',
            'K' => 'C',
            'H' => continue,
            other => other,
        };
        // Doubled letters count once, but for a double S, which is a C.
        if folded.ends_with(c) {
            if c == 'S' {
                folded.pop();
                if !folded.ends_with('C') {
                    folded.push('C');
                }
            }
            continue;
        }
        folded.push(c);
    }
    while folded.len() > 1 && folded.ends_with(['T', 'D', 'S']) {
        folded.pop();
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use ComparisonType::{Approximate, CaseSensitive, IgnoreCase, IgnoreDiacritics, Simplified};

    #[test]
    fn each_comparison_forgives_what_it_says() {
        let rows = [
            (CaseSensitive, "Noël", "Noël", true),
            (CaseSensitive, "Noël", "noël", false),
            (IgnoreCase, "NOËL", "noël", true),
            (IgnoreCase, "Noël", "Noel", false),
            (IgnoreDiacritics, "NOËL", "noel", true),
            (IgnoreDiacritics, "Jean-Noël", "jean noel", false),
            (Simplified, "Jean-Noël 2", "JEANNOEL", true),
            (Simplified, "Jean", "Joan", false),
            (Approximate, "Schmidt", "SCHMID", true),
            (Approximate, "Thibaut", "Tibaud", true),
            (Approximate, "Kowalski", "Covalsky", true),
            (Approximate, "Philippe", "Pilipe", true),
            (Approximate, "Rousseau", "Rouceau", true),
            (Approximate, "Zoe", "Soe", true),
            (Approximate, "Martin", "Marten", false),
        ];
        for (comparison, a, b, expected) in rows {
            assert_eq!(equal(comparison, a, b), expected, "{comparison:?} {a} {b}");
            assert_eq!(equal(comparison, b, a), expected, "{comparison:?} {b} {a}");
        }
    }
}
