//! The deployed policy, compiled over a repository.

use super::directory::Lookup;
use crate::error::ServerError;
use crate::metadata;
use provost_model::metadata::Metadata;
use provost_model::policy::PolicyCatalog;
use provost_model::{EntityTypeId, PolicyObjectId};
use provost_pipeline::correlation::{Classifier, KeySetId, Rules, Side};
use provost_pipeline::policy::Engine;
use provost_store::{KeySide, ReadTx};
use std::collections::{BTreeMap, HashMap};

/// Everything that a computation follows.
pub(crate) struct Compiled {
    pub(crate) metadata: Metadata,
    pub(super) rules: Rules,
    pub(super) classifier: Classifier,
    /// Digest of everything that keys are computed by.
    pub(super) keys_hash: String,
    /// Position of the entity type of the targets of each resource type.
    pub(super) target_types: HashMap<PolicyObjectId, usize>,
    /// Resource types with `DiscardManualAssignments`, by id.
    pub(super) discarding: Vec<PolicyObjectId>,
    pub(crate) catalog: PolicyCatalog,
}

impl Compiled {
    pub(crate) fn load(tx: &mut ReadTx) -> Result<Compiled, ServerError> {
        let metadata = metadata::load(tx)?;
        let catalog = tx.policy_catalog()?;
        let policy = &metadata.configuration.policy;
        let mut target_types = HashMap::new();
        let mut discarding = Vec::new();
        for known in &policy.resource_types {
            let position = metadata.entity_types.iter().position(|t| t.identifier == known.target_entity_type);
            if let (Some(id), Some(position)) = (catalog.id("ResourceType", &known.identifier), position) {
                target_types.insert(id, position);
                discarding.extend(known.discard_manual_assignments.then_some(id));
            }
        }
        discarding.sort_unstable();
        let query_rules: Vec<_> = policy.resource_types.iter().map(|t| (&t.identifier, &t.query_rules)).collect();
        let types: Vec<_> = policy
            .resource_types
            .iter()
            .map(|t| (&t.identifier, &t.source_entity_type, &t.target_entity_type))
            .collect();
        let text = serde_json::to_vec(&(types, &policy.correlation_rules, query_rules)).unwrap_or_default();
        Ok(Compiled {
            rules: Rules::compile(&metadata, &catalog),
            classifier: Classifier::compile(&metadata, &catalog),
            keys_hash: blake3::hash(&text).to_hex()[..32].to_owned(),
            target_types,
            discarding,
            metadata,
            catalog,
        })
    }

    /// The engine, with the resources that the policy names as they are now.
    pub(crate) fn engine(&self, tx: &mut ReadTx) -> Result<Engine, ServerError> {
        let lookup = Lookup::new(tx, &self.metadata);
        let compiled = Engine::compile(&self.metadata, &self.catalog, &lookup);
        lookup.finish()?;
        compiled.map_err(|problems| ServerError::Policy { problems })
    }

    /// Position of an entity type.
    pub(super) fn entity_type(&self, identifier: &str) -> Result<usize, ServerError> {
        self.metadata
            .entity_types
            .iter()
            .position(|t| t.identifier == identifier)
            .ok_or_else(|| ServerError::mapping(identifier, "there is no such entity type"))
    }

    pub(super) fn id_of(&self, entity_type: usize) -> EntityTypeId {
        self.metadata.entity_types[entity_type].id
    }

    pub(super) fn name_of(&self, entity_type: usize) -> &str {
        &self.metadata.entity_types[entity_type].identifier
    }

    /// Identity of each object of the policy, for messages.
    pub(super) fn names(&self) -> BTreeMap<PolicyObjectId, (&str, &str)> {
        self.catalog.names()
    }
}

/// A set of keys as the repository names it.
pub(super) fn stored(set: KeySetId) -> (PolicyObjectId, KeySide) {
    (set.rule, if set.side == Side::Source { KeySide::Source } else { KeySide::Target })
}

/// A set of keys as correlation names it.
pub(super) fn key_set((rule, side): (PolicyObjectId, KeySide)) -> KeySetId {
    KeySetId { rule, side: if side == KeySide::Source { Side::Source } else { Side::Target } }
}
