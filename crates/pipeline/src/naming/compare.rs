//! Comparisons of a naming rule.

use crate::text::simplify;
use std::cmp::Ordering;

/// Whether a comparison holds (`QueryComparisonOperator`). No value is an empty text. Equality and order go by bytes,
/// or by number where both are numbers; part, beginning and end do not see the case of a to z, as in queries. The
/// flexible operators compare simplified forms.
pub(super) fn holds(operator: &str, found: &str, wanted: &str) -> bool {
    let (part, of) = (wanted.to_ascii_lowercase(), found.to_ascii_lowercase());
    match operator {
        "NotEqual" => found != wanted,
        "Contain" => of.contains(&part),
        "NotContain" => !of.contains(&part),
        "StartWith" => of.starts_with(&part),
        "NotStartWith" => !of.starts_with(&part),
        "EndWith" => of.ends_with(&part),
        "NotEndWith" => !of.ends_with(&part),
        "GreaterThan" => order(found, wanted) == Some(Ordering::Greater),
        "LessThan" => order(found, wanted) == Some(Ordering::Less),
        "GreaterThanOrEqual" => order(found, wanted).is_some_and(Ordering::is_ge),
        "LessThanOrEqual" => order(found, wanted).is_some_and(Ordering::is_le),
        "FlexibleEqual" => simplify(found) == simplify(wanted),
        "FlexibleContain" => simplify(found).contains(&simplify(wanted)),
        "FlexibleStartWith" => simplify(found).starts_with(&simplify(wanted)),
        "FlexibleEndWith" => simplify(found).ends_with(&simplify(wanted)),
        _ => found == wanted,
    }
}

/// Nothing is neither smaller nor greater.
fn order(found: &str, wanted: &str) -> Option<Ordering> {
    if found.is_empty() {
        return None;
    }
    match (found.parse::<f64>(), wanted.parse::<f64>()) {
        (Ok(found), Ok(wanted)) => found.partial_cmp(&wanted),
        _ => Some(found.as_bytes().cmp(wanted.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn every_operator() {
        for (operator, found, wanted, expected) in [
            ("Auto", "a", "a", true),
            ("Equal", "a", "A", false),
            ("NotEqual", "a", "A", true),
            ("Contain", "APP_Sales", "app_", true),
            ("NotContain", "APP_Sales", "app_", false),
            ("StartWith", "APP_Sales", "app", true),
            ("NotStartWith", "APP_Sales", "sales", true),
            ("EndWith", "APP_Sales", "SALES", true),
            ("NotEndWith", "APP_Sales", "SALES", false),
            ("GreaterThan", "10", "9", true),
            ("GreaterThan", "b10", "b9", false),
            ("LessThan", "", "9", false),
            ("LessThan", "-1", "0", true),
            ("GreaterThanOrEqual", "9", "9", true),
            ("LessThanOrEqual", "20240102", "20240101", false),
            ("FlexibleEqual", "Écoles", "ecoles", true),
            ("FlexibleContain", "Les Écoles", "ecole", true),
            ("FlexibleStartWith", "École", "eco", true),
            ("FlexibleEndWith", "École", "ole", true),
        ] {
            assert_eq!(holds(operator, found, wanted), expected, "{operator} {found} {wanted}");
        }
    }
}
