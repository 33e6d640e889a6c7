//! The expression step: computed properties (`EntityPropertyExpression`, spec 13 §9).
//!
//! Properties are evaluated stage by stage, each stage for all of its resources: what a stage computes is stored before
//! the next one reads it, on whatever entity type that is.

mod find;
mod stage;
mod write;

use crate::error::ServerError;
use crate::manifest::RowProblem;
use crate::metadata;
use provost_model::ResourceId;
use provost_model::metadata::Metadata;
use provost_model::problem::Severity;
use provost_pipeline::expression::computed::{ComputedPlan, Target};
use provost_store::{Store, WriteTx};
use stage::Run;

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

/// What a property of a resource becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Computed {
    Value(Option<String>),
    Link(Option<ResourceId>),
}

/// Evaluates computed properties and stores what changed, with history. One transaction.
///
/// # Errors
/// When an entity type is unknown, and those of the database.
pub fn update_expressions(store: &Store, options: &ExpressionOptions) -> Result<Evaluated, ServerError> {
    store.write(&options.actor, "computed properties", |tx| {
        tx.lock_repository()?;
        update_within(tx, options)
    })
}

/// The same inside a transaction that keeps other writers out.
pub(crate) fn update_within(tx: &mut WriteTx, options: &ExpressionOptions) -> Result<Evaluated, ServerError> {
    let metadata = metadata::load(tx)?;
    for wanted in &options.entity_types {
        if metadata.entity_type(wanted).is_none() {
            return Err(ServerError::mapping(wanted, "there is no such entity type"));
        }
    }
    let plan = ComputedPlan::new(&metadata);
    let mut evaluated = Evaluated::default();
    note_problems(&metadata, &plan, options, &mut evaluated);
    let mut run = Run::new(&metadata, options, &mut evaluated);
    for stage in plan.stages.iter().filter(|stage| is_wanted(&metadata, options, stage.entity_type)) {
        run.stage(tx, stage)?;
    }
    evaluated.types = run.finish();
    Ok(evaluated)
}

fn is_wanted(metadata: &Metadata, options: &ExpressionOptions, entity_type: usize) -> bool {
    options.entity_types.is_empty() || options.entity_types.contains(&metadata.entity_types[entity_type].identifier)
}

/// Reports what cannot be evaluated at all.
fn note_problems(metadata: &Metadata, plan: &ComputedPlan, options: &ExpressionOptions, evaluated: &mut Evaluated) {
    for problem in &plan.problems {
        let declared = metadata.configuration.expressions.iter().find(|e| e.identifier == problem.identifier);
        let entity_type = declared.map_or("", |declared| declared.entity_type.as_str());
        if options.entity_types.is_empty() || options.entity_types.iter().any(|wanted| wanted == entity_type) {
            let reason = format!("{}: {}", problem.identifier, problem.cause);
            note(evaluated, entity_type, None, reason, "correct the expression and deploy it again");
        }
    }
    for stage in plan.stages.iter().filter(|stage| is_wanted(metadata, options, stage.entity_type)) {
        let table = &metadata.entity_types[stage.entity_type].identifier;
        for property in stage.properties.iter().filter(|p| matches!(p.target, Target::DisplayName(Some(_)))) {
            let reason = format!("{}: display names of single languages are not stored yet", property.identifier);
            note(evaluated, table, None, reason, "compute InternalDisplayName instead");
        }
    }
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
