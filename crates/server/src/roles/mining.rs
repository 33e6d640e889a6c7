//! Role mining (`GetRoleMiningTask`, spec 20 §14).

use super::{deploy, proposed};
use crate::error::ServerError;
use crate::metadata;
use crate::options::Watch;
use crate::plan::is_held;
use crate::policy::{Compiled, Lookup};
use crate::population::Tree;
use provost_model::configuration::policy::MiningRule;
use provost_model::configuration::{Item, Plan, extended};
use provost_model::metadata::Metadata;
use provost_model::summary::{State, Summary};
use provost_model::{PolicyObjectId, ResourceId, fault};
use provost_pipeline::mining::{
    Candidate, Candidates, DimensionTree, Facts, MinedRole, Mining, RoleFacts, Value, items, mine, replaced,
};
use provost_pipeline::policy::{Directory, Engine, Scratch};
use provost_pipeline::population::Population;
use provost_store::{ReadTx, Store};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Owners read at a time.
const BATCH: usize = 2_000;

/// What to mine.
#[derive(Clone, Debug, Default)]
pub struct MiningOptions {
    /// Entity types of owners; empty for all that a mining rule names.
    pub entity_types: Vec<String>,
    /// Everything is computed and shown, and nothing is stored (`IsSimulated`).
    pub is_simulation: bool,
    /// Who runs it.
    pub actor: String,
    /// Microseconds since 1970, UTC.
    pub now_micros: i64,
    /// Is told how far it is.
    pub watch: Watch,
}

/// What was found for a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MinedRules {
    /// Entity type of the owners.
    pub entity_type: String,
    /// The role.
    pub role: String,
    /// Its rules in words: `D0=D100`, `D0=D100 (and below), D1=LYO`.
    pub rules: Vec<String>,
    /// Share of right outcomes among all identities, in hundredths of a percent.
    pub precision: u32,
    /// Share of the holders to whom the rules give it, in hundredths of a percent.
    pub recall: u32,
    /// Share of undue assignments among those that the rules make, in hundredths of a percent.
    pub undue: u32,
    /// Holders.
    pub holders: usize,
    /// Good enough: its rules are written.
    pub is_taken: bool,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Mined {
    /// Identities looked at, by entity type.
    pub identities: Vec<(String, usize)>,
    /// Roles with rules, good enough ones first.
    pub roles: Vec<MinedRules>,
    /// Roles that a mining rule excludes.
    pub excluded: usize,
    /// Rules of the policies for mining that give way.
    pub replaced: usize,
    /// Rules about values that no key names.
    pub unwritten: usize,
    /// What that changes in the configuration.
    pub plan: Plan,
    /// The configuration with it.
    pub items: Vec<Item>,
    /// It was stored.
    pub is_deployed: bool,
}

impl Mined {
    /// Its counts.
    pub fn summary(&self) -> Summary {
        let taken = || self.roles.iter().filter(|role| role.is_taken);
        let counts = [
            ("identities", self.identities.iter().map(|(_, count)| *count).sum()),
            ("rolesWithRules", taken().count()),
            ("rolesRefused", self.roles.len() - taken().count()),
            ("rolesExcluded", self.excluded),
            ("rulesFound", taken().map(|role| role.rules.len()).sum()),
            ("rulesReplaced", self.replaced),
        ];
        Summary {
            state: if self.unwritten == 0 { State::Completed } else { State::Warning },
            counts: counts.map(|(name, count)| (name.to_owned(), count as u64)).into(),
            ..Summary::default()
        }
    }
}

/// Looks for single-role rules in what identities have, by the mining rules, and adds them to the stored configuration
/// in one transaction. Earlier rules of a policy that is there for mining give way. Nobody's access changes before the
/// role model is computed.
///
/// # Errors
/// An entity type is unknown or has no mining rule, the policy cannot be compiled, and those of the database.
pub fn mine_roles(store: &Store, options: &MiningOptions) -> Result<Mined, ServerError> {
    if options.is_simulation {
        return store.read(|tx| find(tx, options));
    }
    store.write(&options.actor, "role mining", |tx| {
        tx.lock_repository()?;
        let mut mined = find(tx, options)?;
        let deployment = proposed(tx, &mined.items)?;
        mined.is_deployed = deploy(tx, &deployment, options.now_micros)?;
        tx.count("rulesFound", mined.summary().counts["rulesFound"]);
        tx.count("rulesReplaced", mined.replaced as u64);
        fault::point("roles.mined");
        Ok(mined)
    })
}

fn find(tx: &mut ReadTx, options: &MiningOptions) -> Result<Mined, ServerError> {
    let compiled = Compiled::load(tx)?;
    let engine = compiled.engine(tx)?;
    let metadata = &compiled.metadata;
    let all = &metadata.configuration.policy.mining_rules;
    let mut mined = Mined { items: metadata::items(tx)?, ..Mined::default() };
    let gives_way: BTreeSet<String> = {
        let wanted: Vec<MiningRule> = all.iter().filter(|rule| is_wanted(rule, options)).cloned().collect();
        replaced(&wanted, &metadata.configuration.policy).into_iter().collect()
    };
    mined.replaced = gives_way.len();
    mined.items.retain(|item| item.element != "SingleRoleRule" || !gives_way.contains(&item.identity));
    for entity_type in entity_types(metadata, options)? {
        options.watch.stage(&metadata.entity_types[entity_type].identifier, None);
        Search { metadata, engine: &engine, compiled: &compiled, options, entity_type }.run(tx, &mut mined)?;
    }
    mined.roles.sort_by_key(|role| !role.is_taken);
    mined.plan = proposed(tx, &mined.items)?.plan;
    Ok(mined)
}

fn is_wanted(rule: &MiningRule, options: &MiningOptions) -> bool {
    options.entity_types.is_empty() || options.entity_types.contains(&rule.entity_type)
}

/// Positions of the entity types to look at.
fn entity_types(metadata: &Metadata, options: &MiningOptions) -> Result<BTreeSet<usize>, ServerError> {
    let rules = &metadata.configuration.policy.mining_rules;
    let position = |name: &str| {
        metadata
            .entity_types
            .iter()
            .position(|known| known.identifier == name)
            .ok_or_else(|| ServerError::mapping(name, "there is no such entity type"))
    };
    for wanted in &options.entity_types {
        position(wanted)?;
        if !rules.iter().any(|rule| rule.entity_type == *wanted) {
            return Err(ServerError::mapping(wanted, "no MiningRule is about this entity type"));
        }
    }
    rules.iter().filter(|rule| is_wanted(rule, options)).map(|rule| position(&rule.entity_type)).collect()
}

/// The search for one entity type.
struct Search<'a> {
    metadata: &'a Metadata,
    engine: &'a Engine,
    compiled: &'a Compiled,
    options: &'a MiningOptions,
    entity_type: usize,
}

impl Search<'_> {
    fn name(&self) -> &str {
        &self.metadata.entity_types[self.entity_type].identifier
    }

    fn run(&self, tx: &mut ReadTx, mined: &mut Mined) -> Result<(), ServerError> {
        let policy = &self.metadata.configuration.policy;
        let rules: Vec<MiningRule> =
            policy.mining_rules.iter().filter(|rule| rule.entity_type == self.name()).cloned().collect();
        let single: Vec<_> = policy.single_roles.iter().filter(|role| role.entity_type == self.name()).collect();
        let roles: Vec<RoleFacts> = single
            .iter()
            .map(|role| RoleFacts {
                identifier: role.identifier.clone(),
                category: role.category.clone(),
                approvals: role.options.approvals,
            })
            .collect();
        let ids = roles.iter().enumerate();
        let positions: HashMap<PolicyObjectId, usize> = ids
            .filter_map(|(at, role)| Some((self.compiled.catalog.id("SingleRole", &role.identifier)?, at)))
            .collect();
        let (dimensions, columns) = self.dimensions(tx)?;
        let mut facts = Facts::new(dimensions, roles.len());
        self.gather(tx, &mut facts, &positions, &columns)?;
        mined.identities.push((self.name().to_owned(), facts.len()));
        let context = policy.context_rules.iter().find(|rule| rule.source_entity_type == self.name());
        let least = context.map_or(0, |rule| rule.min_identities_count as usize);
        let outliers = context.map_or(0, |rule| rule.reduction_outlier_hundredths);
        let candidates = Candidates::find(&facts, least, outliers);
        let found = mine(&rules, &roles, &facts, &candidates);
        let keys = self.keys(tx, &found)?;
        let key = |column: u8, value: ResourceId| keys.get(&(column, value)).cloned();
        let file = format!("RoleModel/Mined_{}.xml", self.name());
        let written = items(&found, &rules, &roles, key, &file);
        let wanted: usize = found.found.iter().map(|role| role.rules.len()).sum();
        mined.unwritten += wanted - written.len();
        mined.excluded += found.excluded.len();
        for (all, is_taken) in [(&found.found, true), (&found.refused, false)] {
            mined.roles.extend(all.iter().map(|one| self.told(one, &roles, is_taken, &keys)));
        }
        let new: Vec<Item> = written.into_iter().filter(|item| !is_there(&mined.items, item)).collect();
        mined.items = extended(std::mem::take(&mut mined.items), new);
        Ok(())
    }

    /// Dimensions that rules may ask for, and their places by column.
    fn dimensions(&self, tx: &mut ReadTx) -> Result<(Vec<DimensionTree>, HashMap<u8, usize>), ServerError> {
        let lookup = Lookup::new(tx, self.metadata);
        let all = self.metadata.configuration.policy.dimensions.iter().filter(|d| !d.is_excluded_from_role_mining);
        let trees: Vec<DimensionTree> = all
            .map(|dimension| DimensionTree {
                column: dimension.column,
                parents: lookup.parents(dimension.column).into_iter().collect(),
            })
            .collect();
        lookup.finish()?;
        let columns = trees.iter().enumerate().map(|(at, tree)| (tree.column, at)).collect();
        Ok((trees, columns))
    }

    /// Who is where, and has which roles. Who is nowhere at present is left aside: no rule could speak of them.
    fn gather(
        &self,
        tx: &mut ReadTx,
        facts: &mut Facts,
        positions: &HashMap<PolicyObjectId, usize>,
        columns: &HashMap<u8, usize>,
    ) -> Result<(), ServerError> {
        let Some(reads) = self.engine.reads(self.entity_type) else { return Ok(()) };
        let id = self.metadata.entity_types[self.entity_type].id;
        let mut population = Population::new(self.metadata);
        let mut tree = Tree::new(self.metadata, self.entity_type, &reads.owner);
        let (mut scratch, mut last, mut done) = (Scratch::default(), ResourceId(i64::MIN), 0);
        let now = self.options.now_micros;
        loop {
            let owners = tx.resources_after(id, false, last, BATCH)?;
            let Some(end) = owners.last() else { return Ok(()) };
            last = *end;
            population.clear();
            tree.forget();
            tree.load(tx, self.metadata, &mut population, &owners)?;
            let held = tx.assignments(&owners)?;
            for (owner, held) in owners.iter().zip(&held) {
                let Some(handle) = population.find(self.entity_type, *owner) else { continue };
                let contexts = self.engine.positions(handle, &population, now, &mut scratch);
                if contexts.is_empty() {
                    continue;
                }
                let contexts: Vec<Vec<(usize, ResourceId)>> = contexts
                    .iter()
                    .map(|values| values.iter().filter_map(|(c, v)| Some((*columns.get(c)?, *v))).collect())
                    .collect();
                let roles = held.single_roles.iter().filter(|role| !role.is_denied);
                let roles = roles.filter(|role| is_held(role.workflow, role.period, now));
                let roles = roles.filter_map(|role| positions.get(&role.role).copied());
                facts.push(*owner, contexts.iter().map(Vec::as_slice), roles);
            }
            done += owners.len() as u64;
            self.options.watch.stage("identities", Some(done));
        }
    }

    /// Keys of the dimension values that rules ask for.
    fn keys(&self, tx: &mut ReadTx, found: &Mining) -> Result<BTreeMap<(u8, ResourceId), String>, ServerError> {
        let mut keys = BTreeMap::new();
        let all = found.found.iter().chain(&found.refused).flat_map(|role| &role.rules);
        let values: BTreeSet<(u8, ResourceId)> =
            all.flat_map(|rule| values_of(&rule.asks)).map(|value| (value.column, value.value)).collect();
        for (column, value) in values {
            let dimension = self.metadata.configuration.policy.dimensions.iter().find(|d| d.column == column);
            let of = dimension.and_then(|dimension| self.metadata.entity_type(&dimension.entity_type));
            let stored = tx.resource_version(value, None)?;
            let (Some(of), Some(stored)) = (of, stored) else { continue };
            let mut named =
                of.properties.iter().filter(|property| property.is_key).filter_map(|property| property.slot);
            let key = named.find_map(|slot| stored.value(slot).map(str::to_owned));
            keys.extend(key.map(|key| ((column, value), key)));
        }
        Ok(keys)
    }

    fn told(
        &self,
        mined: &MinedRole,
        roles: &[RoleFacts],
        is_taken: bool,
        keys: &BTreeMap<(u8, ResourceId), String>,
    ) -> MinedRules {
        let dimensions = &self.metadata.configuration.policy.dimensions;
        let value = |value: Value| {
            let dimension = dimensions.iter().find(|d| d.column == value.column).map_or("", |d| d.identifier.as_str());
            let key = keys.get(&(value.column, value.value)).cloned().unwrap_or_else(|| format!("#{}", value.value));
            format!("{dimension}={key}{}", if value.is_hierarchical { " and below" } else { "" })
        };
        let rule = |asks: &Candidate| values_of(asks).map(value).collect::<Vec<_>>().join(", ");
        MinedRules {
            entity_type: self.name().to_owned(),
            role: roles[mined.role].identifier.clone(),
            rules: mined.rules.iter().map(|found| rule(&found.asks)).collect(),
            precision: mined.outcome.precision_hundredths(),
            recall: mined.outcome.recall_hundredths(),
            undue: mined.outcome.false_positive_hundredths(),
            holders: mined.outcome.true_positives + mined.outcome.false_negatives,
            is_taken,
        }
    }
}

fn values_of(asks: &Candidate) -> impl Iterator<Item = Value> {
    std::iter::once(asks.first).chain(asks.second)
}

/// Whether a rule that says the same is there: one written by hand stays the only one.
fn is_there(items: &[Item], new: &Item) -> bool {
    items.iter().any(|item| item.element == new.element && item.attributes == new.attributes)
}
