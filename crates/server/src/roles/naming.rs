//! Naming rules (`BuildRoleModelTask`, spec 20 §13).

use super::{deploy, proposed};
use crate::error::ServerError;
use crate::metadata;
use crate::options::Watch;
use crate::population::load_population;
use provost_model::configuration::policy::RoleMapping;
use provost_model::configuration::{Item, Plan, extended};
use provost_model::metadata::Metadata;
use provost_model::summary::{State, Summary};
use provost_model::{ResourceId, fault};
use provost_pipeline::expression::program::Environment;
use provost_pipeline::naming::{Known, Mapping, propose};
use provost_pipeline::population::{Handle, Population};
use provost_store::{ReadTx, Store};

/// Entitlements read at a time.
const BATCH: usize = 5_000;

/// What to build.
#[derive(Clone, Debug, Default)]
pub struct BuildOptions {
    /// Only naming rules of resource types whose targets belong to this connector.
    pub connector: Option<String>,
    /// Everything is computed and shown, and nothing is stored.
    pub is_simulation: bool,
    /// Who runs it.
    pub actor: String,
    /// Microseconds since 1970, UTC.
    pub now_micros: i64,
    /// Is told how far it is.
    pub watch: Watch,
}

/// What a naming rule came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappingBuilt {
    /// Identifier of the naming rule.
    pub identifier: String,
    /// Entitlements looked at.
    pub entitlements: usize,
    /// Categories made.
    pub categories: usize,
    /// Single roles made.
    pub roles: usize,
    /// Navigation rules made.
    pub rules: usize,
    /// What it makes must be approved, and is not added.
    pub waits_for_approval: bool,
    /// Entitlements left out: key and reason.
    pub skipped: Vec<(String, String)>,
    /// Why it cannot be used at all.
    pub problem: Option<String>,
}

/// What was built.
#[derive(Clone, Debug, Default)]
pub struct Built {
    /// By naming rule, in the order of the configuration.
    pub mappings: Vec<MappingBuilt>,
    /// What that changes in the configuration.
    pub plan: Plan,
    /// It was stored.
    pub is_deployed: bool,
}

impl Built {
    /// Its counts.
    pub fn summary(&self) -> Summary {
        let sum = |of: fn(&MappingBuilt) -> usize| self.mappings.iter().map(|m| of(m) as u64).sum::<u64>();
        let added = |of: fn(&MappingBuilt) -> usize| {
            self.mappings.iter().filter(|m| !m.waits_for_approval).map(|m| of(m) as u64).sum::<u64>()
        };
        let counts = [
            ("namingRules", self.mappings.len() as u64),
            ("entitlements", sum(|m| m.entitlements)),
            ("entitlementsSkipped", sum(|m| m.skipped.len())),
            ("categoriesCreated", added(|m| m.categories)),
            ("rolesCreated", added(|m| m.roles)),
            ("rulesCreated", added(|m| m.rules)),
            ("rolesToApprove", sum(|m| if m.waits_for_approval { m.roles } else { 0 })),
        ];
        let is_clean = self.mappings.iter().all(|m| m.skipped.is_empty() && m.problem.is_none());
        Summary {
            state: if is_clean { State::Completed } else { State::Warning },
            counts: counts.map(|(name, count)| (name.to_owned(), count)).into(),
            ..Summary::default()
        }
    }
}

/// Makes a single role and a navigation rule for each entitlement that a naming rule is about and no navigation rule
/// names yet, and adds them to the stored configuration in one transaction. What is there is never changed or removed,
/// also when an entitlement or a naming rule has gone: run again, it adds nothing.
///
/// # Errors
/// The connector is not deployed, what would be added is not a valid configuration, and those of the database.
pub fn build_role_model(store: &Store, options: &BuildOptions) -> Result<Built, ServerError> {
    if options.is_simulation {
        return store.read(|tx| Ok(build(tx, options)?.0));
    }
    store.write(&options.actor, "naming rules", |tx| {
        tx.lock_repository()?;
        let (mut built, items) = build(tx, options)?;
        let deployment = proposed(tx, &items)?;
        built.is_deployed = deploy(tx, &deployment, options.now_micros)?;
        let sum = |of: fn(&MappingBuilt) -> usize| built.mappings.iter().map(|m| of(m) as u64).sum();
        tx.count("rolesCreated", sum(|m| if m.waits_for_approval { 0 } else { m.roles }));
        tx.count("rulesCreated", sum(|m| if m.waits_for_approval { 0 } else { m.rules }));
        fault::point("roles.built");
        Ok(built)
    })
}

/// What would be built, and the configuration with it.
fn build(tx: &mut ReadTx, options: &BuildOptions) -> Result<(Built, Vec<Item>), ServerError> {
    let metadata = metadata::load(tx)?;
    let mut items = metadata::items(tx)?;
    let mut known = Known::new(&metadata.configuration);
    let mut built = Built::default();
    for rule in wanted(&metadata, options)? {
        options.watch.stage(&rule.identifier, None);
        let (mapping, added) = apply(tx, &metadata, rule, &mut known, options)?;
        if !mapping.waits_for_approval {
            items = extended(items, added);
        }
        built.mappings.push(mapping);
    }
    built.plan = proposed(tx, &items)?.plan;
    Ok((built, items))
}

/// Naming rules to apply.
fn wanted<'a>(metadata: &'a Metadata, options: &BuildOptions) -> Result<Vec<&'a RoleMapping>, ServerError> {
    let configuration = &metadata.configuration;
    let all = configuration.policy.role_mappings.iter();
    let Some(connector) = &options.connector else { return Ok(all.collect()) };
    if !configuration.connectors.iter().any(|known| known.identifier == *connector) {
        let known = configuration.connectors.iter().map(|known| known.identifier.clone()).collect();
        return Err(ServerError::UnknownConnector { connector: connector.clone(), known });
    }
    let is_wanted = |rule: &&RoleMapping| {
        let of = configuration.policy.resource_types.iter().find(|t| t.identifier == rule.resource_type);
        of.is_some_and(|of| metadata.type_mappings(connector).any(|m| m.identifier == of.target_entity_type))
    };
    Ok(all.filter(is_wanted).collect())
}

fn apply(
    tx: &mut ReadTx,
    metadata: &Metadata,
    rule: &RoleMapping,
    known: &mut Known,
    options: &BuildOptions,
) -> Result<(MappingBuilt, Vec<Item>), ServerError> {
    let mut built = MappingBuilt { identifier: rule.identifier.clone(), ..MappingBuilt::default() };
    let mapping = match Mapping::compile(rule, metadata) {
        Ok(mapping) => mapping,
        Err(problem) => {
            built.problem = Some(problem.to_string());
            return Ok((built, Vec::new()));
        }
    };
    let mut population = Population::new(metadata);
    let entitlements = load(tx, metadata, &mapping, &mut population)?;
    let environment = Environment::at(options.now_micros);
    let file = format!("RoleModel/{}.xml", rule.identifier);
    // What must be approved is proposed again until somebody adds it: it does not count as known.
    let mut tried = known.clone();
    let proposal = propose(&mapping, &entitlements, &population, &environment, &mut tried, &file);
    if !proposal.needs_approval {
        *known = tried;
    }
    built.entitlements = entitlements.len();
    (built.categories, built.roles, built.rules) = (proposal.categories, proposal.roles, proposal.rules);
    built.waits_for_approval = proposal.needs_approval;
    built.skipped = proposal.skipped.into_iter().map(|skipped| (skipped.key, skipped.reason.to_string())).collect();
    Ok((built, proposal.items))
}

/// All entitlements with what the rule reads of them.
fn load(
    tx: &mut ReadTx,
    metadata: &Metadata,
    mapping: &Mapping<'_>,
    population: &mut Population,
) -> Result<Vec<Handle>, ServerError> {
    let entity_type = mapping.entity_type();
    let id = metadata.entity_types[entity_type].id;
    let mut handles = Vec::new();
    let mut last = ResourceId(i64::MIN);
    loop {
        let ids = tx.resources_after(id, false, last, BATCH)?;
        let Some(end) = ids.last() else { return Ok(handles) };
        last = *end;
        load_population(tx, metadata, population, (entity_type, &ids), mapping.reads())?;
        handles.extend(ids.iter().filter_map(|id| population.find(entity_type, *id)));
    }
}
