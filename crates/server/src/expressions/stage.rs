//! One stage: some computed properties of an entity type, for all resources that need it.

use super::find::{Finder, Found};
use super::write::{Touched, write};
use super::{Computed, Evaluated, ExpressionOptions, note};
use crate::error::ServerError;
use crate::population::Tree;
use provost_model::ResourceId;
use provost_model::metadata::Metadata;
use provost_pipeline::expression::computed::{ComputedProperty, Outcome, Stage, Target};
use provost_pipeline::expression::program::Environment;
use provost_pipeline::population::{Handle, Population, Reads};
use provost_store::WriteTx;
use std::collections::{BTreeMap, BTreeSet};

/// How often a property that is computed from itself on other resources is repeated at most.
const MAX_ROUNDS: usize = 64;

/// A run over the stages.
pub(super) struct Run<'a> {
    metadata: &'a Metadata,
    options: &'a ExpressionOptions,
    evaluated: &'a mut Evaluated,
    /// Resources with a dirty flag, and those that this run changed, by entity type: what reads them is evaluated in
    /// dirty mode.
    touched: BTreeMap<usize, BTreeSet<ResourceId>>,
    /// Entity types whose dirty flags were read.
    known: BTreeSet<usize>,
    /// Resources read and values changed.
    counts: BTreeMap<usize, (u64, u64)>,
}

impl<'a> Run<'a> {
    pub(super) fn new(metadata: &'a Metadata, options: &'a ExpressionOptions, evaluated: &'a mut Evaluated) -> Run<'a> {
        let (touched, known, counts) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        Run { metadata, options, evaluated, touched, known, counts }
    }

    /// Identifiers of the entity types with resources read and values changed.
    pub(super) fn finish(self) -> Vec<(String, u64, u64)> {
        let name = |position: usize| self.metadata.entity_types[position].identifier.clone();
        self.counts.into_iter().map(|(position, (read, changed))| (name(position), read, changed)).collect()
    }

    /// Evaluates a stage, and again while a property that is computed from itself changes.
    pub(super) fn stage(&mut self, tx: &mut WriteTx, stage: &Stage) -> Result<(), ServerError> {
        let reported = self.evaluated.problems.len();
        for round in 1.. {
            // What the last round says holds.
            self.evaluated.problems.truncate(reported);
            let changed = self.round(tx, stage, round == 1)?;
            if !stage.recursive || changed == 0 {
                break;
            }
            if round == MAX_ROUNDS {
                let table = &self.metadata.entity_types[stage.entity_type].identifier;
                for property in &stage.properties {
                    let reason = format!("{}: {changed} values still change after {round} rounds", property.identifier);
                    let remedy = "the resources that it goes through form a circle: correct their links";
                    note(self.evaluated, table, None, reason, remedy);
                }
                break;
            }
        }
        Ok(())
    }

    fn round(&mut self, tx: &mut WriteTx, stage: &Stage, is_first: bool) -> Result<u64, ServerError> {
        let mut tree = Tree::new(self.metadata, stage.entity_type, &stage_reads(stage));
        let mut finder = Finder::default();
        let mut population = Population::new(self.metadata);
        let (mut read, mut changed) = (0, 0);
        let batch_size = self.options.batch.max(1);
        let chosen = self.chosen(tx, stage, &tree)?;
        let mut chosen = chosen.as_deref().map(|chosen| chosen.chunks(batch_size));
        let mut last = ResourceId(i64::MIN);
        loop {
            let batch = match &mut chosen {
                Some(chunks) => chunks.next().map(<[_]>::to_vec).unwrap_or_default(),
                None => {
                    let id = self.metadata.entity_types[stage.entity_type].id;
                    tx.resources_after(id, false, last, batch_size)?
                }
            };
            let Some(end) = batch.last() else { break };
            last = *end;
            read += batch.len() as u64;
            population.clear();
            tree.forget();
            tree.load(tx, self.metadata, &mut population, &batch)?;
            for property in &stage.properties {
                let column = self.evaluate(tx, &mut finder, property, &batch, &population)?;
                changed += column.len() as u64;
                let touched = write(tx, self.metadata, property, &column, self.options.now_micros)?;
                self.touch(touched);
            }
        }
        let counts = self.counts.entry(stage.entity_type).or_default();
        // A resource counts once, however many stages and rounds read it.
        counts.0 = if is_first { counts.0.max(read) } else { counts.0 };
        counts.1 += changed;
        Ok(changed)
    }

    fn touch(&mut self, touched: Touched) {
        for (entity_type, resource) in touched {
            self.touched.entry(entity_type).or_default().insert(resource);
        }
    }

    /// The resources to evaluate, ascending; none for all of them.
    fn chosen(&mut self, tx: &mut WriteTx, stage: &Stage, tree: &Tree) -> Result<Option<Vec<ResourceId>>, ServerError> {
        let by_time = |property: &ComputedProperty| property.program.depends_on_time();
        if !self.options.dirty || stage.properties.iter().any(by_time) {
            return Ok(None);
        }
        for entity_type in tree.entity_types() {
            if self.known.insert(entity_type) {
                let flagged = self.touched.entry(entity_type).or_default();
                tx.scan_resources(self.metadata.entity_types[entity_type].id, &[], true, |row| {
                    flagged.insert(row.id);
                    Ok::<(), ServerError>(())
                })?;
            }
        }
        Ok(Some(tree.readers_of(tx, &self.touched)?))
    }

    /// What a property becomes for the resources of a batch, where that differs from what it is.
    fn evaluate(
        &mut self,
        tx: &mut WriteTx,
        finder: &mut Finder,
        property: &ComputedProperty,
        batch: &[ResourceId],
        population: &Population,
    ) -> Result<Vec<(ResourceId, Computed)>, ServerError> {
        let environment = Environment::at(self.options.now_micros);
        let mut column = Vec::new();
        for id in batch {
            let Some(resource) = population.find(property.entity_type, *id) else {
                continue;
            };
            let outcome = property.evaluate(resource, population, &environment);
            if let Some(computed) = self.settle(tx, finder, property, *id, outcome)?
                && differs(property, &computed, resource, population)
            {
                column.push((*id, computed));
            }
        }
        Ok(column)
    }

    /// What an outcome means, or nothing for one that was reported.
    fn settle(
        &mut self,
        tx: &mut WriteTx,
        finder: &mut Finder,
        property: &ComputedProperty,
        id: ResourceId,
        outcome: Outcome,
    ) -> Result<Option<Computed>, ServerError> {
        let table = &self.metadata.entity_types[property.entity_type].identifier;
        let subject = || Some(format!("resource {id}"));
        let identifier = &property.identifier;
        Ok(Some(match (outcome, property.target) {
            (Outcome::Value(value), _) => Computed::Value(value),
            (Outcome::Match(value), Target::Navigation { step, criteria: Some(criteria) }) => {
                match finder.find(tx, self.metadata, (step.target, criteria), &value)? {
                    Found::None => Computed::Link(None),
                    Found::One(found) => Computed::Link(Some(found)),
                    Found::Several => {
                        let reason = format!("{identifier}: several resources have the value \"{value}\"");
                        let remedy = "make the value unique; until then nothing is linked";
                        note(self.evaluated, table, subject(), reason, remedy);
                        Computed::Link(None)
                    }
                }
            }
            (Outcome::Match(_), _) => return Ok(None),
            (Outcome::Link(link), _) => Computed::Link(link),
            (Outcome::Failed(error), _) => {
                let reason = format!("{identifier}: {error}");
                note(self.evaluated, table, subject(), reason, "the value stays as it was");
                return Ok(None);
            }
        }))
    }
}

/// What the properties of a stage read, with what they compute, so that only differences are written.
fn stage_reads(stage: &Stage) -> Reads {
    let mut reads = Reads::default();
    for property in &stage.properties {
        reads.merge(property.program.reads());
        match property.target {
            Target::Scalar { property: position, .. } => {
                reads.values.insert(position);
                reads.display_name |= property.names_resources();
            }
            Target::DisplayName(_) => reads.display_name = true,
            Target::Navigation { step, .. } => {
                reads.links.entry(step.property).or_default();
            }
        }
    }
    reads
}

fn differs(property: &ComputedProperty, computed: &Computed, resource: Handle, population: &Population) -> bool {
    match (computed, property.target) {
        (Computed::Value(value), Target::Scalar { property: position, .. }) => {
            let stored = population.value(resource, position);
            stored != value.as_deref()
                || (property.names_resources() && population.display_name(resource) != value.as_deref())
        }
        (Computed::Value(value), Target::DisplayName(_)) => population.display_name(resource) != value.as_deref(),
        (Computed::Link(link), Target::Navigation { step, .. }) => {
            let stored = population.links(resource, step.property);
            match link {
                Some(wanted) => !matches!(stored, [only] if population.id(*only) == *wanted),
                None => !stored.is_empty(),
            }
        }
        _ => false,
    }
}
