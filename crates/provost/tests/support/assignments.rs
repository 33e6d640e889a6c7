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

/// Fails with all that one owner has on both sides, who has not the same.
pub fn same_rows(left: &Rows, right: &Rows, context: &str) {
    for table in TABLES {
        if left[table] == right[table] {
            continue;
        }
        let only = |a: &Rows, b: &Rows| a[table].iter().find(|row| !b[table].contains(row)).cloned();
        let other = only(left, right).or_else(|| only(right, left)).unwrap_or_default();
        let owner = other.first().cloned().flatten();
        let told = |rows: &Rows| -> String {
            let own = |table: &str| {
                rows[table]
                    .iter()
                    .filter(|row| row[0] == owner)
                    .map(|row| short(row))
                    .collect::<Vec<_>>()
                    .join("\n    ")
            };
            let held = TABLES.iter().filter(|t| !t.ends_with("Keys"));
            held.map(|table| format!("  {table}\n    {}\n", own(table))).collect()
        };
        panic!("{context}\n{table}: owner {owner:?} has\n{}instead of\n{}", told(left), told(right));
    }
}

fn short(row: &[Option<String>]) -> String {
    row.iter().map(|value| value.as_deref().unwrap_or("-")).collect::<Vec<_>>().join(" ")
}
