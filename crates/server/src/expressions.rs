//! The expression step: computed properties (`EntityPropertyExpression`, spec 13 §9).

use crate::error::ServerError;
use crate::manifest::RowProblem;
use crate::metadata;
use provost_model::changes::Command;
use provost_model::metadata::{EntityType, Metadata};
use provost_model::problem::Severity;
use provost_model::{ResourceId, Slot};
use provost_pipeline::expression::binding::Step;
use provost_pipeline::expression::computed::{ComputedPlan, Found, Outcome, RowSource, Target};
use provost_store::{ApplyPlan, LinkPlace, Side, Store, Target as StoredTarget, WriteTx};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// Rows of other resources kept while bindings are followed.
const CACHED: usize = 100_000;
/// Findings kept of one run.
const MAX_PROBLEMS: usize = 1_000;

/// What to evaluate.
#[derive(Clone, Debug, Default)]
pub struct ExpressionOptions {
    /// Entity type identifiers; empty for all.
    pub entity_types: Vec<String>,
    /// Only resources with the dirty flag.
    pub dirty: bool,
    /// Resources evaluated at once (`BatchSelectSize`).
    pub batch: usize,
    /// Who runs it.
    pub actor: String,
    /// Microseconds since 1970, UTC.
    pub now_micros: i64,
}

/// What was evaluated.
#[derive(Clone, Debug, Default)]
pub struct Evaluated {
    /// Entity type identifier with the number of resources read and of values that changed.
    pub types: Vec<(String, u64, u64)>,
    /// Expressions and values that could not be evaluated.
    pub problems: Vec<RowProblem>,
}

/// Evaluates computed properties and stores what changed, with history. One transaction.
///
/// # Errors
/// When an entity type is unknown, and those of the database.
pub fn update_expressions(store: &Store, options: &ExpressionOptions) -> Result<Evaluated, ServerError> {
    store.write(&options.actor, "computed properties", |tx| {
        tx.lock_repository()?;
        let metadata = metadata::load(tx)?;
        let mut evaluated = Evaluated::default();
        for wanted in &options.entity_types {
            if metadata.entity_type(wanted).is_none() {
                return Err(ServerError::mapping(wanted, "there is no such entity type"));
            }
        }
        for entity_type in &metadata.entity_types {
            let wanted = options.entity_types.is_empty() || options.entity_types.contains(&entity_type.identifier);
            if wanted && !metadata.expressions(&entity_type.identifier).is_empty() {
                update_type(tx, &metadata, entity_type, options, &mut evaluated)?;
            }
        }
        Ok(evaluated)
    })
}

fn update_type(
    tx: &mut WriteTx,
    metadata: &Metadata,
    entity_type: &EntityType,
    options: &ExpressionOptions,
    evaluated: &mut Evaluated,
) -> Result<(), ServerError> {
    let (plan, refused) = ComputedPlan::new(metadata, &entity_type.identifier)
        .map_err(|e| ServerError::mapping(&entity_type.identifier, &e.to_string()))?;
    for problem in refused {
        let reason = format!("{}: {}", problem.identifier, problem.cause);
        note(evaluated, &entity_type.identifier, None, reason, "correct the expression and deploy it again");
    }
    for property in plan.properties.iter().filter(|p| matches!(p.target, Target::DisplayName(Some(_)))) {
        let reason = format!("{}: display names of single languages are not stored yet", property.identifier);
        note(evaluated, &entity_type.identifier, None, reason, "compute InternalDisplayName instead");
    }
    let (mut read, mut changed) = (0, 0);
    let mut source = Rows::new(tx, metadata);
    let mut last = ResourceId(i64::MIN);
    loop {
        let batch = source.tx.resources_after(entity_type.id, options.dirty, last, options.batch.max(1))?;
        let Some(next) = batch.last() else { break };
        last = *next;
        read += batch.len() as u64;
        let batch = batch.as_slice();
        let outcomes = evaluate(&mut source, &plan, batch)?;
        for (position, property) in plan.properties.iter().enumerate() {
            let column: Vec<(ResourceId, &Outcome)> =
                batch.iter().copied().zip(outcomes.iter().map(|o| &o[position])).collect();
            report(evaluated, &entity_type.identifier, &property.identifier, &column);
            changed += write(&mut source, entity_type, property.target, &column, options.now_micros)?;
            if gives_display_name(&plan, entity_type, property.target) {
                write_values(&mut source, entity_type, StoredTarget::DisplayName, &column, options.now_micros)?;
            }
        }
    }
    evaluated.types.push((entity_type.identifier.clone(), read, changed));
    Ok(())
}

/// Whether a computed property is the one that names its resources, and no expression names them.
fn gives_display_name(plan: &ComputedPlan, entity_type: &EntityType, target: Target) -> bool {
    let computed = plan.properties.iter().any(|p| matches!(p.target, Target::DisplayName(None)));
    match target {
        Target::Scalar { property, .. } => !computed && entity_type.display_name_source == Some(property),
        _ => false,
    }
}

fn evaluate(
    source: &mut Rows<'_>,
    plan: &ComputedPlan,
    batch: &[ResourceId],
) -> Result<Vec<Vec<Outcome>>, ServerError> {
    source.fetch(plan.entity_type, batch)?;
    batch
        .iter()
        .map(|id| {
            let mut outcomes = Vec::with_capacity(plan.properties.len());
            plan.evaluate(*id, source, &mut outcomes)?;
            Ok(outcomes)
        })
        .collect()
}

fn note(evaluated: &mut Evaluated, table: &str, value: Option<String>, reason: String, remedy: &str) {
    if evaluated.problems.len() < MAX_PROBLEMS {
        evaluated.problems.push(RowProblem {
            severity: Severity::Warning,
            table: table.to_owned(),
            line: 0,
            column: None,
            value,
            reason,
            remedy: remedy.to_owned(),
        });
    }
}

fn report(evaluated: &mut Evaluated, table: &str, expression: &str, column: &[(ResourceId, &Outcome)]) {
    for (id, outcome) in column {
        let subject = Some(format!("resource {id}"));
        match outcome {
            Outcome::Failed(error) => {
                note(evaluated, table, subject, format!("{expression}: {error}"), "the value stays as it was");
            }
            Outcome::Ambiguous(value) => {
                let reason = format!("{expression}: several resources have the value \"{value}\"");
                note(evaluated, table, subject, reason, "make the value unique; until then nothing is linked");
            }
            Outcome::Value(_) | Outcome::Link(_) => {}
        }
    }
}

/// Stores one computed property of a batch; tells how many values changed.
fn write(
    source: &mut Rows<'_>,
    entity_type: &EntityType,
    target: Target,
    column: &[(ResourceId, &Outcome)],
    now_micros: i64,
) -> Result<u64, ServerError> {
    match target {
        Target::DisplayName(None) => write_values(source, entity_type, StoredTarget::DisplayName, column, now_micros),
        Target::DisplayName(Some(_)) => Ok(0),
        Target::Scalar { property, .. } => match entity_type.properties[property].slot {
            Some(slot) => write_values(source, entity_type, StoredTarget::Slot(slot), column, now_micros),
            None => Ok(0),
        },
        Target::Navigation { step, .. } => write_links(source, step, column, now_micros),
    }
}

fn write_values(
    source: &mut Rows<'_>,
    entity_type: &EntityType,
    target: StoredTarget,
    column: &[(ResourceId, &Outcome)],
    now_micros: i64,
) -> Result<u64, ServerError> {
    let values: Vec<(ResourceId, Option<&str>)> = column
        .iter()
        .filter_map(|(id, outcome)| match outcome {
            Outcome::Value(value) => Some((*id, value.as_deref())),
            _ => None,
        })
        .collect();
    let changed = source.tx.update_values(entity_type.id, target, &values, now_micros)?;
    if changed > 0 {
        source.forget();
    }
    Ok(changed)
}

/// Stores a computed navigation: each resource has at most one link after it. Tells how many resources changed.
fn write_links(
    source: &mut Rows<'_>,
    step: Step,
    column: &[(ResourceId, &Outcome)],
    now_micros: i64,
) -> Result<u64, ServerError> {
    let association = &source.metadata.associations[step.association];
    let place = LinkPlace::of(source.metadata, association);
    let id = association.id;
    let side = if step.forward { Side::First } else { Side::Second };
    let wanted: HashMap<i64, Option<i64>> = column
        .iter()
        .filter_map(|(id, outcome)| match outcome {
            Outcome::Link(link) => Some((id.0, link.map(|l| l.0))),
            Outcome::Ambiguous(_) => Some((id.0, None)),
            _ => None,
        })
        .collect();
    let owners: Vec<ResourceId> = column.iter().map(|(id, _)| *id).filter(|id| wanted.contains_key(&id.0)).collect();
    // Between (owner, other) and (end 1, end 2), either way.
    let pair = |a: i64, b: i64| if step.forward { (a, b) } else { (b, a) };
    let mut there: HashSet<i64> = HashSet::new();
    let mut changes: Vec<(Command, i64, i64)> = Vec::new();
    for (first, second) in source.tx.links_of(place, &owners, side)? {
        let (owner, other) = pair(first.0, second.0);
        if wanted.get(&owner) == Some(&Some(other)) {
            there.insert(owner);
        } else {
            changes.push((Command::Delete, owner, other));
        }
    }
    let missing = owners.iter().filter(|owner| !there.contains(&owner.0));
    changes.extend(missing.filter_map(|owner| Some((Command::Insert, owner.0, (*wanted.get(&owner.0)?)?))));
    if changes.is_empty() {
        return Ok(0);
    }
    let run = source.tx.new_run("", now_micros)?;
    let mut writer = source.tx.link_changes(run, id)?;
    for (command, owner, other) in &changes {
        let (first, second) = pair(*owner, *other);
        writer.push(*command, ResourceId(first), ResourceId(second), None, None, 0)?;
    }
    writer.finish()?;
    let plan = ApplyPlan { associations: vec![(id, place)], now_micros, ..ApplyPlan::default() };
    source.tx.apply_changes(run, &plan)?;
    source.forget();
    let changed: HashSet<i64> = changes.iter().map(|(_, owner, _)| *owner).collect();
    Ok(changed.len() as u64)
}

/// A resource as expressions read it.
#[derive(Clone, Debug, Default)]
struct Cached {
    values: Vec<Option<String>>,
    display_name: Option<String>,
}

/// Rows of the repository for the evaluation, with those read last kept.
struct Rows<'a> {
    tx: &'a mut WriteTx,
    metadata: &'a Metadata,
    /// Slots of each entity type, with the property that each belongs to.
    slots: Vec<Vec<(usize, Slot)>>,
    cache: HashMap<(usize, i64), Cached>,
    links: HashMap<(usize, bool, i64), Option<i64>>,
    found: HashMap<(usize, usize), HashMap<String, Found>>,
    keys: HashMap<(usize, usize), bool>,
}

impl<'a> Rows<'a> {
    fn new(tx: &'a mut WriteTx, metadata: &'a Metadata) -> Rows<'a> {
        let slots = metadata
            .entity_types
            .iter()
            .map(|t| t.properties.iter().enumerate().filter_map(|(i, p)| Some((i, p.slot?))).collect())
            .collect();
        Rows {
            tx,
            metadata,
            slots,
            cache: HashMap::new(),
            links: HashMap::new(),
            found: HashMap::new(),
            keys: HashMap::new(),
        }
    }

    /// What is about to be written must be read anew.
    fn forget(&mut self) {
        self.cache.clear();
        self.links.clear();
        self.found.clear();
    }

    fn fetch(&mut self, entity_type: usize, ids: &[ResourceId]) -> Result<(), ServerError> {
        if self.cache.len() > CACHED {
            self.cache.clear();
        }
        let slots: Vec<Slot> = self.slots[entity_type].iter().map(|(_, slot)| *slot).collect();
        let cache = &mut self.cache;
        self.tx.rows_by_id(self.metadata.entity_types[entity_type].id, &slots, ids, |row| -> Result<(), ServerError> {
            let cached = Cached {
                values: row.values.iter().map(|v| v.map(str::to_owned)).collect(),
                display_name: row.display_name.map(str::to_owned),
            };
            cache.insert((entity_type, row.id.0), cached);
            Ok(())
        })
    }

    fn row(&mut self, entity_type: usize, id: ResourceId) -> Result<Option<&Cached>, ServerError> {
        if !self.cache.contains_key(&(entity_type, id.0)) {
            self.fetch(entity_type, &[id])?;
        }
        Ok(self.cache.get(&(entity_type, id.0)))
    }
}

impl RowSource for Rows<'_> {
    type Error = ServerError;

    fn scalar(
        &mut self,
        resource: ResourceId,
        entity_type: usize,
        property: usize,
    ) -> Result<Option<String>, ServerError> {
        let Some(position) = self.slots[entity_type].iter().position(|(p, _)| *p == property) else {
            return Ok(None);
        };
        Ok(self.row(entity_type, resource)?.and_then(|row| row.values.get(position).cloned().flatten()))
    }

    fn display_name(&mut self, resource: ResourceId, _language: Option<u8>) -> Result<Option<String>, ServerError> {
        for entity_type in 0..self.slots.len() {
            if let Some(row) = self.cache.get(&(entity_type, resource.0)) {
                return Ok(row.display_name.clone());
            }
        }
        for entity_type in 0..self.slots.len() {
            if let Some(row) = self.row(entity_type, resource)? {
                return Ok(row.display_name.clone());
            }
        }
        Ok(None)
    }

    fn follow(&mut self, resource: ResourceId, step: &Step) -> Result<Option<ResourceId>, ServerError> {
        let key = (step.association, step.forward, resource.0);
        if let Some(known) = self.links.get(&key) {
            return Ok(known.map(ResourceId));
        }
        let place = LinkPlace::of(self.metadata, &self.metadata.associations[step.association]);
        let side = if step.forward { Side::First } else { Side::Second };
        let links = self.tx.links_of(place, &[resource], side)?;
        let other = links.first().map(|(first, second)| if step.forward { second.0 } else { first.0 });
        if self.links.len() > CACHED {
            self.links.clear();
        }
        self.links.insert(key, other);
        Ok(other.map(ResourceId))
    }

    fn find(&mut self, entity_type: usize, property: usize, value: &str) -> Result<Found, ServerError> {
        let is_key = self.is_key(entity_type, property)?;
        let index = self.found.entry((entity_type, property));
        let known = match index {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) if is_key => place.insert(HashMap::new()),
            Entry::Vacant(place) => {
                place.insert(index_of(self.tx, &self.metadata.entity_types[entity_type], property)?)
            }
        };
        if let Some(found) = known.get(value) {
            return Ok(*found);
        }
        if !is_key {
            return Ok(Found::None);
        }
        let found_type = &self.metadata.entity_types[entity_type];
        let holders = self.tx.lookup_keys(found_type.id, found_type.properties[property].id, &[value])?;
        let found = match holders.as_slice() {
            [] => Found::None,
            [(_, id)] => Found::One(*id),
            _ => Found::Several,
        };
        if known.len() > CACHED {
            known.clear();
        }
        known.insert(value.to_owned(), found);
        Ok(found)
    }
}

impl Rows<'_> {
    /// Whether the key table finds resources by this property.
    fn is_key(&mut self, entity_type: usize, property: usize) -> Result<bool, ServerError> {
        if let Some(known) = self.keys.get(&(entity_type, property)) {
            return Ok(*known);
        }
        let found_type = &self.metadata.entity_types[entity_type];
        let keys = self.tx.key_properties(found_type.id)?;
        let is_key = keys.iter().any(|key| key.property == found_type.properties[property].id);
        self.keys.insert((entity_type, property), is_key);
        Ok(is_key)
    }
}

/// Value → resource for a property that the key table does not know, of the (usually small) entity type that a criteria
/// matches against.
fn index_of(tx: &mut WriteTx, found_type: &EntityType, property: usize) -> Result<HashMap<String, Found>, ServerError> {
    let Some(slot) = found_type.properties[property].slot else {
        return Ok(HashMap::new());
    };
    let mut index = HashMap::new();
    tx.scan_resources(found_type.id, &[slot], false, |row| -> Result<(), ServerError> {
        if let Some(Some(value)) = row.values.first() {
            let entry = index.entry((*value).to_owned()).or_insert(Found::One(row.id));
            if *entry != Found::One(row.id) {
                *entry = Found::Several;
            }
        }
        Ok(())
    })?;
    Ok(index)
}
