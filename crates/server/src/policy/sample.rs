//! Which owners a run evaluates once more without being told to, and what is said about those that differ.

use crate::error::ServerError;
use provost_model::policy::{AssignedResourceType, AssignedRole, Assignments};
use provost_model::{EntityTypeId, ResourceId};
use provost_store::ReadTx;
use std::collections::BTreeSet;

/// A number of owners, other ones at each instant.
pub(super) struct Sample {
    pub(super) size: usize,
    pub(super) seed: i64,
}

impl Sample {
    /// Picks owners all over the range of ids, ascending: as many as are asked for, or all when there are not more.
    pub(super) fn pick(&self, tx: &mut ReadTx, entity_type: EntityTypeId) -> Result<Vec<ResourceId>, ServerError> {
        let all = tx.resources_after(entity_type, false, ResourceId(i64::MIN), self.size + 1)?;
        let Some((first, last)) = tx.resource_range(entity_type)?.filter(|_| all.len() > self.size) else {
            return Ok(all);
        };
        let width = u64::try_from(last.0 - first.0).unwrap_or_default() + 1;
        let mut picked = BTreeSet::new();
        let mut state = self.seed as u64;
        let mut place = || {
            state = next(state);
            ResourceId(first.0 + (state % width) as i64 - 1)
        };
        // Where ids are dense, hardly any of these meets an owner twice.
        for _ in 0..self.size {
            picked.extend(tx.resources_after(entity_type, false, place(), 1)?);
        }
        // Where they are not, whoever comes behind one place makes up for it, and then the first ones of all.
        for from in [place(), ResourceId(i64::MIN)] {
            let more = tx.resources_after(entity_type, false, from, self.size + picked.len())?;
            for owner in more {
                if picked.len() == self.size {
                    break;
                }
                picked.insert(owner);
            }
        }
        Ok(picked.into_iter().collect())
    }
}

/// SplitMix64.
fn next(state: u64) -> u64 {
    let mut mixed = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Where a stored result is not what it should be, in the words of the tables.
pub(super) fn difference(stored: &Assignments, right: &Assignments) -> String {
    let role = |row: &AssignedRole| row.id;
    let found = rows("UP_AssignedCompositeRoles", &stored.composite_roles, &right.composite_roles, role)
        .or_else(|| rows("UP_AssignedSingleRoles", &stored.single_roles, &right.single_roles, role))
        .or_else(|| of_types(&stored.resource_types, &right.resource_types));
    found.unwrap_or_else(|| "its risks, its score or its next instant".to_owned())
}

fn of_types(stored: &[AssignedResourceType], right: &[AssignedResourceType]) -> Option<String> {
    let same = stored.iter().zip(right).find(|(stored, right)| stored.id == right.id && stored != right);
    let within = same.and_then(|(stored, right)| {
        rows("UP_AssignedResourceScalars", &stored.scalars, &right.scalars, |row| row.id)
            .or_else(|| rows("UP_AssignedResourceNavigations", &stored.navigations, &right.navigations, |row| row.id))
            .or_else(|| rows("UP_AssignedResourceBinaries", &stored.binaries, &right.binaries, |row| row.id))
    });
    within.or_else(|| rows("UP_AssignedResourceTypes", stored, right, |row| row.id))
}

/// The first row that is missing, too much, or another one.
fn rows<T: PartialEq>(table: &str, stored: &[T], right: &[T], id: impl Fn(&T) -> i64) -> Option<String> {
    let has = |rows: &[T], wanted: i64| rows.iter().any(|row| id(row) == wanted);
    if let Some(row) = stored.iter().find(|row| !has(right, id(row))) {
        return Some(format!("{table} has a row too many, {}", id(row)));
    }
    if right.iter().any(|row| id(row) == 0 || !has(stored, id(row))) {
        return Some(format!("{table} lacks a row"));
    }
    let other = right.iter().find(|row| stored.iter().all(|known| known != *row))?;
    Some(format!("{table}, row {}", id(other)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_model::policy::WorkflowState;

    #[test]
    fn the_first_row_that_differs_is_named() {
        let role = |id, workflow| AssignedRole { id, workflow, ..AssignedRole::default() };
        let with = |single_roles| Assignments { single_roles, ..Assignments::default() };
        let stored = with(vec![role(3, WorkflowState::PolicyApproved)]);
        let told = |right: Vec<AssignedRole>| difference(&stored, &with(right));
        assert_eq!(told(vec![role(3, WorkflowState::Approved)]), "UP_AssignedSingleRoles, row 3");
        assert_eq!(told(vec![]), "UP_AssignedSingleRoles has a row too many, 3");
        let more = vec![role(3, WorkflowState::PolicyApproved), role(0, WorkflowState::Found)];
        assert_eq!(told(more), "UP_AssignedSingleRoles lacks a row");
        assert_eq!(told(stored.single_roles.clone()), "its risks, its score or its next instant");
    }
}
