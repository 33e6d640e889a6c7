//! Limits that whoever plans sets.

use super::report::{Exceeded, PlanReport};
use std::str::FromStr;

/// What can be limited: the name, the counts that it adds up, and what a percentage is a percentage of.
const NAMES: [(&str, &[&str], &str); 16] = [
    ("owners", &["owners"], "owners"),
    ("owners-deleted", &["ownersDeleted"], "owners"),
    ("roles-added", &["rolesAdded"], "roles"),
    ("roles-changed", &["rolesChanged"], "roles"),
    ("roles-removed", &["rolesRemoved"], "roles"),
    ("resource-types-added", &["resourceTypesAdded"], "resourceTypes"),
    ("resource-types-removed", &["resourceTypesRemoved"], "resourceTypes"),
    ("values-added", &["valuesAdded"], ""),
    ("values-changed", &["valuesChanged"], ""),
    ("values-removed", &["valuesRemoved"], ""),
    ("links-added", &["linksAdded"], ""),
    ("links-removed", &["linksRemoved"], ""),
    ("accounts-added", &["ordersAdded"], "targets"),
    ("accounts-changed", &["ordersModified"], "targets"),
    ("accounts-removed", &["ordersDeleted"], "targets"),
    ("orders", &["ordersAdded", "ordersModified", "ordersDeleted"], "targets"),
];

/// A limit: `roles-removed=10`, or `owners=5%`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    name: &'static str,
    counts: &'static [&'static str],
    base: &'static str,
    most: u64,
    is_percent: bool,
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Limit, String> {
        let (name, most) = text.split_once('=').ok_or("expected NAME=NUMBER or NAME=NUMBER%")?;
        let known = NAMES.iter().find(|(known, _, _)| *known == name).ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|(name, _, _)| *name).collect();
            format!("there is no limit \"{name}\"; limits: {}", names.join(", "))
        })?;
        let (number, is_percent) = most.strip_suffix('%').map_or((most, false), |number| (number, true));
        if is_percent && known.2.is_empty() {
            return Err(format!("{name} has no percentage: nothing says of what"));
        }
        let most = number.parse().map_err(|_| format!("\"{number}\" is not a whole number"))?;
        Ok(Limit { name: known.0, counts: known.1, base: known.2, most, is_percent })
    }
}

impl Limit {
    /// What exceeds it. Of nothing, anything exceeds a percentage.
    pub(super) fn check(&self, report: &PlanReport) -> Option<Exceeded> {
        let count: u64 = self.counts.iter().filter_map(|name| report.totals.get(*name)).sum();
        let base = report.bases.get(self.base).copied().unwrap_or_default();
        let is_exceeded = match self.is_percent {
            true => u128::from(count) * 100 > u128::from(self.most) * u128::from(base),
            false => count > self.most,
        };
        let limit = format!("{}{}", self.most, if self.is_percent { "%" } else { "" });
        is_exceeded.then(|| Exceeded { name: self.name.to_owned(), limit, count, base })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_percentages() {
        let report = PlanReport {
            totals: [("rolesRemoved".to_owned(), 5), ("owners".to_owned(), 1)].into(),
            bases: [("roles".to_owned(), 100)].into(),
            ..PlanReport::default()
        };
        let exceeds = |text: &str| text.parse::<Limit>().unwrap().check(&report).is_some();
        assert!(exceeds("roles-removed=4") && !exceeds("roles-removed=5"));
        assert!(exceeds("roles-removed=4%") && !exceeds("roles-removed=5%"));
        assert!(exceeds("owners=99%"), "of nothing, anything is too much");
        assert!(!exceeds("roles-added=0"));
    }

    #[test]
    fn what_cannot_be_limited_is_told() {
        assert!("roles".parse::<Limit>().unwrap_err().starts_with("expected NAME=NUMBER"));
        assert!("rolls-removed=1".parse::<Limit>().unwrap_err().contains("roles-removed"));
        assert!("values-added=1%".parse::<Limit>().unwrap_err().contains("no percentage"));
        assert!("owners=few".parse::<Limit>().unwrap_err().contains("whole number"));
    }
}
