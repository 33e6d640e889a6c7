//! The rules, compiled.

use super::keys::{KeySet, KeySetId, Side};
use super::query::QueryRule;
use crate::expression::program::{Program, ProgramError, Scope, Wanted};
use provost_model::configuration::PropertyType;
use provost_model::configuration::policy::{Operand, Place};
use provost_model::metadata::Metadata;
use provost_model::policy::PolicyCatalog;
use provost_model::{PolicyObjectId, ResourceId};
use std::collections::{BTreeMap, HashMap};
use xxhash_rust::xxh3::xxh3_64;

/// Most owners that may share a key which correlates them.
pub const MOST_OWNERS: usize = 100;

/// A rule that cannot be used. Deployment refuses such rules; they are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleProblem {
    /// Identity of the rule.
    pub rule: String,
    /// Where it was written.
    pub place: Place,
    /// Side of the rule that cannot be compiled, if it is one.
    pub error: Option<ProgramError>,
    /// What is wrong.
    pub message: String,
}

/// Everything that has keys.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Key sets by id.
    pub key_sets: Vec<KeySet>,
    /// One for each entity type of targets that has correlation rules, by its position.
    pub correlators: Vec<Correlator>,
    /// Query rules by owner's entity type, resource type, property, descending confidence and id.
    pub query_rules: Vec<QueryRule>,
    /// Rules that cannot be used.
    pub problems: Vec<RuleProblem>,
}

/// Finds the owners of the targets of one entity type.
#[derive(Clone, Debug)]
pub struct Correlator {
    /// Position of the entity type of the targets.
    pub target_type: usize,
    /// Resource types concerned, by id.
    pub types: Vec<TypeOptions>,
    /// By descending confidence.
    pub(super) levels: Vec<Level>,
    pub(super) most_owners: usize,
}

/// How targets of a resource type may be matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeOptions {
    /// The resource type.
    pub id: PolicyObjectId,
    /// `CorrelateMultipleResources`.
    pub multiple: bool,
    /// `SuggestAllCorrelations`.
    pub suggest_all: bool,
}

/// Rules of one confidence.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) confidence: u8,
    /// By resource type, then rule.
    pub(super) rules: Vec<LevelRule>,
}

/// A correlation rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct LevelRule {
    /// Position in [`Correlator::types`].
    pub(super) resource_type: usize,
    pub(super) rule: PolicyObjectId,
    pub(super) source: KeySetId,
    pub(super) target: KeySetId,
}

impl Correlator {
    /// All key sets that it compares.
    pub fn key_sets(&self) -> impl Iterator<Item = KeySetId> + '_ {
        self.levels.iter().flat_map(|level| level.rules.iter().flat_map(|rule| [rule.source, rule.target]))
    }

    /// Digest of what decides besides the keys: when it changes, all targets are to be matched again.
    pub fn fingerprint(&self) -> u64 {
        xxh3_64(format!("{:?}{:?}{}", self.types, self.levels, self.most_owners).as_bytes())
    }

    /// Whether matching leaves this resource type alone.
    pub fn serves(&self, resource_type: PolicyObjectId) -> bool {
        self.types.iter().any(|known| known.id == resource_type)
    }
}

impl Rules {
    /// Compiles the correlation and query rules of a configuration.
    pub fn compile(metadata: &Metadata, catalog: &PolicyCatalog) -> Rules {
        let mut compiler = Compiler { metadata, catalog, sets: HashMap::new(), rules: Rules::default() };
        let mut used = compiler.correlation();
        used.extend(compiler.queries());
        compiler.finish(used)
    }

    /// A key set.
    pub fn key_set(&self, id: KeySetId) -> Option<&KeySet> {
        self.key_sets.binary_search_by_key(&id, |set| set.id).ok().map(|at| &self.key_sets[at])
    }

    /// Key sets of an entity type (a position).
    pub fn key_sets_of(&self, entity_type: usize) -> impl Iterator<Item = &KeySet> {
        self.key_sets.iter().filter(move |set| set.entity_type == entity_type)
    }
}

/// A rule before key sets have their names.
enum Draft {
    Correlation { target_type: usize, options: TypeOptions, confidence: u8, rule: PolicyObjectId, sets: [usize; 2] },
    Query { rule: QueryRule, sets: [usize; 2] },
}

/// Resource types and rules for the targets of one entity type.
type Drafts = (BTreeMap<PolicyObjectId, TypeOptions>, Vec<(u8, PolicyObjectId, LevelRule)>);

struct Compiler<'a> {
    metadata: &'a Metadata,
    catalog: &'a PolicyCatalog,
    /// Position among the key sets, by entity type and operand.
    sets: HashMap<(usize, Operand), usize>,
    rules: Rules,
}

/// A rule while it is compiled.
struct Written<'a> {
    id: PolicyObjectId,
    identity: &'a str,
    place: &'a Place,
}

impl Compiler<'_> {
    fn correlation(&mut self) -> Vec<Draft> {
        let policy = &self.metadata.configuration.policy;
        let mut drafts = Vec::new();
        for rule in &policy.correlation_rules {
            let of = policy.resource_types.iter().find(|known| known.identifier == rule.resource_type);
            let ids = (
                self.catalog.id("ResourceCorrelationRule", &rule.identity),
                self.catalog.id("ResourceType", &rule.resource_type),
            );
            let (Some(of), (Some(id), Some(type_id))) = (of, ids) else {
                self.unknown(&rule.identity, &rule.place);
                continue;
            };
            let types = (self.entity_type(&of.source_entity_type), self.entity_type(&of.target_entity_type));
            let (Some(source_type), Some(target_type)) = types else {
                self.unknown(&rule.identity, &rule.place);
                continue;
            };
            let written = Written { id, identity: &rule.identity, place: &rule.place };
            let source = self.set(&written, Side::Source, source_type, &rule.source);
            let target = self.set(&written, Side::Target, target_type, &rule.target);
            if let (Some(source), Some(target)) = (source, target) {
                let options = TypeOptions {
                    id: type_id,
                    multiple: of.correlate_multiple_resources,
                    suggest_all: of.suggest_all_correlations,
                };
                let sets = [source, target];
                drafts.push(Draft::Correlation { target_type, options, confidence: rule.confidence, rule: id, sets });
            }
        }
        drafts
    }

    fn queries(&mut self) -> Vec<Draft> {
        let policy = &self.metadata.configuration.policy;
        let mut drafts = Vec::new();
        for of in &policy.resource_types {
            for rule in &of.query_rules {
                let ids =
                    (self.catalog.id("QueryRule", &rule.identity), self.catalog.id("ResourceType", &of.identifier));
                let types =
                    (self.entity_type(&of.source_entity_type), self.pointed(&of.target_entity_type, &rule.property));
                let ((Some(id), Some(resource_type)), (Some(owner_type), Some((property, pointed)))) = (ids, types)
                else {
                    self.unknown(&rule.identity, &rule.place);
                    continue;
                };
                let written = Written { id, identity: &rule.identity, place: &rule.place };
                let source = self.set(&written, Side::Source, owner_type, &rule.source);
                let target = self.set(&written, Side::Target, pointed, &rule.target);
                if let (Some(source), Some(target)) = (source, target) {
                    let none = KeySetId { rule: id, side: Side::Source };
                    let confidence = rule.confidence;
                    let rule = QueryRule {
                        rule: id,
                        owner_type,
                        resource_type,
                        property,
                        confidence,
                        source: none,
                        target: none,
                    };
                    drafts.push(Draft::Query { rule, sets: [source, target] });
                }
            }
        }
        drafts
    }

    fn entity_type(&self, identifier: &str) -> Option<usize> {
        self.metadata.entity_types.iter().position(|known| known.identifier == identifier)
    }

    /// A navigation, and the entity type at its other end.
    fn pointed(&self, entity_type: &str, property: &str) -> Option<(provost_model::PropertyId, usize)> {
        let end = self.metadata.find(entity_type, property)?;
        let association = self.metadata.associations.iter().find(|known| known.end1 == end || known.end2 == end)?;
        let other = if association.end1 == end { association.end2 } else { association.end1 };
        Some((self.metadata.entity_types[end.0].properties[end.1].id, other.0))
    }

    fn unknown(&mut self, rule: &str, place: &Place) {
        let message = "it names something that is not deployed".to_owned();
        self.rules.problems.push(RuleProblem { rule: rule.to_owned(), place: place.clone(), error: None, message });
    }

    /// Position of the key set of an operand, made when it is new.
    fn set(&mut self, written: &Written<'_>, side: Side, entity_type: usize, operand: &Operand) -> Option<usize> {
        let id = KeySetId { rule: written.id, side };
        if let Some(&at) = self.sets.get(&(entity_type, operand.clone())) {
            return Some(at);
        }
        let scope = Scope::new(self.metadata, entity_type, Wanted::Text(PropertyType::String));
        match Program::compile(operand.binding.as_deref(), operand.expression.as_deref(), &scope) {
            Ok(program) => {
                let at = self.rules.key_sets.len();
                self.rules.key_sets.push(KeySet { id, entity_type, program });
                self.sets.insert((entity_type, operand.clone()), at);
                Some(at)
            }
            Err(error) => {
                let message = format!(
                    "its {} key cannot be computed: {error}",
                    if side == Side::Source { "source" } else { "target" }
                );
                let (rule, place) = (written.identity.to_owned(), written.place.clone());
                self.rules.problems.push(RuleProblem { rule, place, error: Some(error), message });
                None
            }
        }
    }

    /// Names the key sets that are used, and puts the rules in their order.
    fn finish(mut self, drafts: Vec<Draft>) -> Rules {
        let mut ids: Vec<Option<KeySetId>> = vec![None; self.rules.key_sets.len()];
        for draft in &drafts {
            let (rule, sets) = match draft {
                Draft::Correlation { rule, sets, .. } => (*rule, sets),
                Draft::Query { rule, sets } => (rule.rule, sets),
            };
            for (at, side) in sets.iter().zip([Side::Source, Side::Target]) {
                let id = KeySetId { rule, side };
                ids[*at] = Some(ids[*at].map_or(id, |known| known.min(id)));
            }
        }
        let mut named = ids.iter().copied();
        self.rules.key_sets.retain_mut(|set| match named.next().flatten() {
            Some(id) => {
                set.id = id;
                true
            }
            None => false,
        });
        let of = |sets: [usize; 2]| match sets.map(|at| ids[at]) {
            [Some(source), Some(target)] => Some((source, target)),
            _ => None,
        };
        let mut correlators: BTreeMap<usize, Drafts> = BTreeMap::new();
        for draft in drafts {
            match draft {
                Draft::Correlation { target_type, options, confidence, rule, sets } => {
                    let Some((source, target)) = of(sets) else { continue };
                    let (types, rules) = correlators.entry(target_type).or_default();
                    types.insert(options.id, options);
                    rules.push((confidence, options.id, LevelRule { resource_type: 0, rule, source, target }));
                }
                Draft::Query { rule, sets } => {
                    let Some((source, target)) = of(sets) else { continue };
                    self.rules.query_rules.push(QueryRule { source, target, ..rule });
                }
            }
        }
        self.rules.key_sets.sort_by_key(|set| set.id);
        self.rules.query_rules.sort_by_key(|rule| {
            (rule.owner_type, rule.resource_type, rule.property, std::cmp::Reverse(rule.confidence), rule.rule)
        });
        self.rules.correlators = correlators
            .into_iter()
            .map(|(target_type, (types, rules))| correlator(target_type, types.into_values().collect(), rules))
            .collect();
        self.rules
    }
}

/// Puts rules into levels.
pub(super) fn correlator(
    target_type: usize,
    types: Vec<TypeOptions>,
    rules: Vec<(u8, PolicyObjectId, LevelRule)>,
) -> Correlator {
    let mut levels: BTreeMap<u8, Vec<LevelRule>> = BTreeMap::new();
    for (confidence, of, rule) in rules {
        if let Some(resource_type) = types.iter().position(|known| known.id == of) {
            levels.entry(confidence).or_default().push(LevelRule { resource_type, ..rule });
        }
    }
    let levels = levels.into_iter().rev().map(|(confidence, mut rules)| {
        rules.sort_by_key(|rule| (rule.resource_type, rule.rule));
        Level { confidence, rules }
    });
    Correlator { target_type, types, levels: levels.collect(), most_owners: MOST_OWNERS }
}

/// The id of nobody, before any other.
pub(super) const NOBODY: ResourceId = ResourceId(i64::MIN);
