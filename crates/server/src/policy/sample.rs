//! Which owners a dirty run evaluates again without being told to.

use crate::error::ServerError;
use provost_model::{EntityTypeId, ResourceId};
use provost_store::ReadTx;
use std::collections::BTreeSet;

/// A share of the owners, another one at each instant.
pub(super) struct Sample {
    pub(super) size: usize,
    pub(super) seed: i64,
}

impl Sample {
    /// Picks owners all over the range of ids, ascending.
    pub(super) fn pick(&self, tx: &mut ReadTx, entity_type: EntityTypeId) -> Result<Vec<ResourceId>, ServerError> {
        let Some((first, last)) = tx.resource_range(entity_type)? else {
            return Ok(Vec::new());
        };
        let width = u64::try_from(last.0 - first.0).unwrap_or_default() + 1;
        let mut picked = BTreeSet::new();
        let mut state = self.seed as u64;
        for _ in 0..self.size {
            state = next(state);
            let before = ResourceId(first.0 + (state % width) as i64 - 1);
            picked.extend(tx.resources_after(entity_type, false, before, 1)?);
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
