//! All that the policy stores, for comparing.

use super::Home;
use std::collections::BTreeMap;

/// Everything that the policy stores, besides how far it is.
pub const TABLES: [&str; 17] = [
    "UP_AssignedCompositeRoles",
    "UP_AssignedCompositeRolesHistory",
    "UP_AssignedSingleRoles",
    "UP_AssignedSingleRolesHistory",
    "UP_AssignedResourceTypes",
    "UP_AssignedResourceTypesHistory",
    "UP_AssignedResourceScalars",
    "UP_AssignedResourceScalarsHistory",
    "UP_AssignedResourceNavigations",
    "UP_AssignedResourceNavigationsHistory",
    "UP_AssignedResourceBinaries",
    "UP_AssignedResourceBinariesHistory",
    "UP_ResourceCorrelationKeys",
    "UP_ResourceCorrelations",
    "UP_IdentifiedRisks",
    "UP_RiskScores",
    "UP_Evaluations",
];

pub type Rows = BTreeMap<&'static str, Vec<Vec<Option<String>>>>;

pub fn stored(home: &Home) -> Rows {
    TABLES.iter().map(|table| (*table, home.database.rows(&format!("SELECT * FROM {table}")))).collect()
}

pub fn same(left: &Home, right: &Home, context: &str) {
    same_rows(&stored(left), &stored(right), context);
}

pub fn same_rows(left: &Rows, right: &Rows, context: &str) {
    for table in TABLES {
        let only = |a: &Rows, b: &Rows| -> Vec<_> {
            a[table].iter().filter(|row| !b[table].contains(row)).take(3).cloned().collect()
        };
        assert!(
            left[table] == right[table],
            "{context}\n{table} has {} and {} rows\n{:?}\n{:?}",
            left[table].len(),
            right[table].len(),
            only(left, right),
            only(right, left)
        );
    }
}
