//! Canonical form of attribute values.

use super::dialect::Kind;
use crate::nearest;

/// Why a value does not fit.
pub(super) struct Misfit {
    /// Stable name of the problem.
    pub(super) code: &'static str,
    /// What was expected.
    pub(super) expected: String,
    /// The nearest right value.
    pub(super) nearest: Option<String>,
}

fn misfit(code: &'static str, expected: impl Into<String>) -> Misfit {
    Misfit { code, expected: expected.into(), nearest: None }
}

/// The canonical form of a value of this kind.
pub(super) fn canonical(kind: Kind, written: &str) -> Result<String, Misfit> {
    let trimmed = written.trim_matches([' ', '\t', '\r', '\n']);
    match kind {
        Kind::Bool => match trimmed {
            "true" | "1" => Ok("true".to_owned()),
            "false" | "0" => Ok("false".to_owned()),
            _ => Err(Misfit {
                nearest: nearest::one(trimmed, ["true", "false"]).map(str::to_owned),
                ..misfit("wrong-type", "expected true, false, 1 or 0")
            }),
        },
        Kind::Int(least, most) => match trimmed.parse::<i64>() {
            Ok(number) if (least..=most).contains(&number) => Ok(number.to_string()),
            Ok(_) => Err(misfit("out-of-range", format!("expected a whole number from {least} to {most}"))),
            Err(_) => Err(misfit("wrong-type", format!("expected a whole number from {least} to {most}"))),
        },
        Kind::Float => match trimmed.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number.to_string()),
            _ => Err(misfit("wrong-type", "expected a number such as -0.5")),
        },
        Kind::Date if is_date(trimmed) => Ok(trimmed.to_owned()),
        Kind::Date => Err(misfit("wrong-type", "expected a date such as 2079-06-06 or 2079-06-06T08:30:00Z")),
        Kind::Enum(list) => list.canonical(trimmed).map(str::to_owned).ok_or_else(|| Misfit {
            nearest: nearest::one(trimmed, list.names()).map(str::to_owned),
            ..misfit("unknown-value", format!("expected {}", list.choices()))
        }),
        Kind::PropertyPath => property_path(trimmed)
            .map(|(entity_type, property)| format!("{entity_type}:{property}"))
            .ok_or_else(|| misfit("wrong-type", "expected EntityType:Property")),
        Kind::Reference(_) | Kind::Property => Ok(trimmed.to_owned()),
        Kind::Text | Kind::Resource | Kind::Binding | Kind::Expression => Ok(written.to_owned()),
    }
}

/// The two parts of `EntityType:Property`; a dot is taken for the colon.
pub(super) fn property_path(text: &str) -> Option<(&str, &str)> {
    let (entity_type, property) = text.split_once(':').or_else(|| text.split_once('.'))?;
    let whole = !entity_type.is_empty() && !property.is_empty() && !property.contains([':', '.']);
    whole.then_some((entity_type, property))
}

/// `yyyy-MM-dd`, with or without `hh:mm`, seconds, fraction and zone.
fn is_date(text: &str) -> bool {
    let (day, time) = match text.split_once(['T', ' ']) {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let day = fields(day, '-', &[(4, 1, 9999), (2, 1, 12), (2, 1, 31)]);
    day && time.is_none_or(|time| {
        let time = time.strip_suffix('Z').unwrap_or(time);
        let time = match time.rfind(['+', '-']) {
            Some(at) if fields(&time[at + 1..], ':', &[(2, 0, 14), (2, 0, 59)]) => &time[..at],
            _ => time,
        };
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let digits = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
        let limits = [(2, 0, 23), (2, 0, 59), (2, 0, 59)];
        digits && (fields(time, ':', &limits) || fields(time, ':', &limits[..2]))
    })
}

/// Whether `text` is numbers of given width and range, separated by `separator`.
fn fields(text: &str, separator: char, expected: &[(usize, u32, u32)]) -> bool {
    let parts: Vec<&str> = text.split(separator).collect();
    parts.len() == expected.len()
        && parts.iter().zip(expected).all(|(part, (width, least, most))| {
            part.len() == *width
                && part.bytes().all(|b| b.is_ascii_digit())
                && part.parse::<u32>().is_ok_and(|n| (*least..=*most).contains(&n))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for good in ["2079-06-06", "2079-06-06 00:00", "2024-02-29T23:59:59.123Z", "2024-01-01T00:00:00+02:00"] {
            assert!(is_date(good), "{good}");
        }
        for wrong in ["", "06/06/2079", "2024-13-01", "2024-1-1", "2024-01-01T", "2024-01-01T24:00", "2024-01-01T1:2"] {
            assert!(!is_date(wrong), "{wrong}");
        }
    }

    #[test]
    fn property_paths_tolerate_a_dot() {
        assert_eq!(property_path("A:B"), Some(("A", "B")));
        assert_eq!(property_path("A.B"), Some(("A", "B")));
        for wrong in ["A", ":B", "A:", "A:B.C", "A.B.C", ""] {
            assert_eq!(property_path(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_are_written_in_one_way() {
        let value = |kind, text| canonical(kind, text).ok();
        assert_eq!(value(Kind::Int(0, 10), " 007 ").as_deref(), Some("7"));
        assert_eq!(value(Kind::Int(0, 10), "11"), None);
        assert_eq!(value(Kind::Float, "1.50").as_deref(), Some("1.5"));
        assert_eq!(value(Kind::Float, "NaN"), None);
        assert_eq!(value(Kind::Bool, "1").as_deref(), Some("true"));
        assert_eq!(value(Kind::Bool, "True"), None);
    }
}
