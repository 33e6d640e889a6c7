//! Figures and names as people read them.

use super::profile::TableProfile;

/// `1,204`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1,204`, or `about 1,204` when the number is an estimate from a sample.
pub(super) fn rows(table: &TableProfile, sampled: u64) -> String {
    let about = if table.sampled < table.rows { "about " } else { "" };
    format!("{about}{}", grouped(table.scaled(sampled)))
}

/// `1 row`, `1,204 rows`.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// `98 %`, of a share between 0 and 1. What is not quite all never reads 100 %, and not quite nothing never 0 %.
pub(super) fn percent(share: f64) -> String {
    let whole = (share * 100.0).round();
    if share > 0.0 && whole == 0.0 {
        "under 1 %".to_owned()
    } else if share < 1.0 && whole >= 100.0 {
        "over 99 %".to_owned()
    } else {
        format!("{whole} %")
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_204), "1,204");
        assert_eq!(grouped(12_345_678), "12,345,678");
        assert_eq!(percent(0.984), "98 %");
        assert_eq!(percent(0.0001), "under 1 %");
        assert_eq!(percent(0.9999), "over 99 %");
        assert_eq!((percent(0.0), percent(1.0)), ("0 %".to_owned(), "100 %".to_owned()));
        assert_eq!(counted(1, "row", "rows"), "1 row");
        let names = |n: usize| (0..n).map(|i| format!("c{i}")).collect::<Vec<_>>();
        assert_eq!(listed(&names(1)), "c0");
        assert_eq!(listed(&names(2)), "c0 and c1");
        assert_eq!(listed(&names(3)), "c0, c1 and c2");
    }
}
