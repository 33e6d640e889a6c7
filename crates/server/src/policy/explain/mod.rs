//! Why somebody has something, and why not: what the engine knows, told with names, places and history.
//!
//! ```text
//! text of the item ─ item ▶ question ─┐
//! owner ─ subject ▶ the evaluation ───┼─ tell ▶ steps ◂ provenance (values, their sources, their history)
//! assignments, orders, decisions ─────┘
//! ```
//!
//! An explanation comes from the very evaluation that computes the role model, at the instant that is asked for. What is
//! stored is compared with it, so that nobody is told a reason for something that is out of date.

mod item;
mod orders;
mod provenance;
mod shape;
mod subject;
mod tell;
mod words;

pub use shape::{ExplainError, Explanation, Reference, Step, StepKind};

pub(crate) use shape::About;

use super::compiled::Compiled;
use crate::error::ServerError;
use crate::metadata;
use crate::population::navigation;
use item::{Names, Question};
use provost_model::configuration::Item as Element;
use provost_model::metadata::Metadata;
use provost_model::policy::{Assignments, Instant, PolicyCatalog, ProvisioningState};
use provost_model::query::format_instant;
use provost_model::{PolicyObjectId, ResourceId};
use provost_pipeline::policy::explain::{Fact, Item, Tree};
use provost_store::ReadTx;
use std::collections::BTreeMap;
use subject::Subject;

/// Explains what an owner has or has not: `item` is a role, a resource type, `ResourceType.Property`,
/// `ResourceType.Navigation=KEY`, a property of the owner, or an order.
///
/// # Errors
/// The owner or the item is unknown, or the item may mean several things; those of the repository.
pub fn explain(tx: &mut ReadTx, owner: ResourceId, item: &str, now: Instant) -> Result<Explanation, ExplainError> {
    let compiled = Compiled::load(tx)?;
    let engine = compiled.engine(tx)?;
    let version = tx.resource_version(owner, None)?.ok_or(ExplainError::UnknownOwner(owner))?;
    let entity_type = compiled.metadata.entity_types.iter().position(|t| t.id == version.entity_type);
    let entity_type = entity_type.ok_or(ExplainError::UnknownOwner(owner))?;
    let names = Names { metadata: &compiled.metadata, catalog: &compiled.catalog, owner: entity_type };
    let (question, written) = names.question(item, tx)?;
    let subject = Subject::load(tx, &compiled, &engine, (entity_type, owner), now)?;
    let past = tx.past_policy_catalog()?;
    let items = metadata::items(tx)?;
    let mut teller = Teller {
        tx,
        metadata: &compiled.metadata,
        catalog: &past,
        items: &items,
        owner: (entity_type, owner),
        now,
        names: BTreeMap::new(),
    };
    let mut told = Explanation {
        owner: teller.reference(owner)?,
        item: written,
        at: format_instant(now),
        is_computed: true,
        about: about(&compiled, &question),
        ..Explanation::default()
    };
    if let Question::Own(property) = question {
        let step = teller.value(entity_type, owner, property, 0)?;
        told.holds = step.value.is_some() || step.because.iter().any(|below| below.resource.is_some());
        told.because = vec![step];
        return Ok(told);
    }
    let Some(subject) = subject else {
        let of = &compiled.metadata.entity_types[entity_type].identifier;
        told.because = vec![Step::new(StepKind::Note, format!("no policy is about {of}"))];
        return Ok(told);
    };
    let outcome = subject.evaluate();
    told.is_computed = as_reviewed(&outcome.assignments) == as_reviewed(&subject.before);
    for problem in &outcome.problems {
        let step = Step::new(StepKind::Note, format!("something went wrong: {problem}"));
        told.because.push(step.about(About::Permission("/ProvisioningPolicy/AssignedResourceType/Query")));
    }
    match question {
        Question::Order(number) => teller.order(&mut told, number)?,
        Question::Orders(of) => teller.orders(&mut told, &subject, of, &outcome.assignments)?,
        Question::Links(of, property, None) => teller.all_links(&mut told, &subject, of, property, &outcome)?,
        _ => teller.item(&mut told, &subject, asked(&compiled.metadata, &question))?,
    }
    Ok(told)
}

/// What somebody must be allowed to see to ask a question.
fn about(compiled: &Compiled, question: &Question) -> Vec<About> {
    let row = |id: &PolicyObjectId| {
        let element = compiled.names().get(id).map_or("PolicyObject", |(element, _)| tell::rows_of(element));
        About::Row(element, id.0)
    };
    match question {
        Question::Role { id, .. } | Question::Type(id) | Question::Value(id, _) | Question::Orders(id) => {
            vec![row(id)]
        }
        Question::Links(id, near, resource) => {
            let far = navigation(&compiled.metadata, *near).map(|(.., far)| compiled.name_of(far).to_owned());
            let end = far.zip(*resource).map(|(far, resource)| About::Resource(far, resource));
            std::iter::once(row(id)).chain(end).collect()
        }
        Question::Own(_) => Vec::new(),
        Question::Order(_) => vec![About::Permission("/ProvisioningPolicy/AssignedResourceType/Query")],
    }
}

/// Assignments without the difference that a run without Provisioning Review makes.
fn as_reviewed(assignments: &Assignments) -> Assignments {
    let mut reviewed = assignments.clone();
    let plain = |state: &mut ProvisioningState| {
        if *state == ProvisioningState::AwaitingApproval {
            *state = ProvisioningState::Pending;
        }
    };
    for held in &mut reviewed.resource_types {
        plain(&mut held.provisioning);
        held.scalars.iter_mut().chain(&mut held.binaries).for_each(|value| plain(&mut value.provisioning));
        held.navigations.iter_mut().for_each(|link| plain(&mut link.provisioning));
    }
    reviewed
}

/// What the engine is asked.
fn asked(metadata: &Metadata, question: &Question) -> Item {
    let id = |(entity_type, property): (usize, usize)| metadata.entity_types[entity_type].properties[property].id;
    match question {
        Question::Role { id, is_single: true } => Item::SingleRole(*id),
        Question::Role { id, is_single: false } => Item::CompositeRole(*id),
        Question::Value(of, property) => Item::Value(*of, id(*property)),
        Question::Links(of, property, resource) => Item::Link(*of, id(*property), resource.unwrap_or(ResourceId(0))),
        Question::Type(of) | Question::Orders(of) => Item::ResourceType(*of),
        Question::Own(_) | Question::Order(_) => Item::ResourceType(PolicyObjectId(0)),
    }
}

/// Whether a tree says that something is held at an instant.
fn is_held(tree: &Tree, now: Instant) -> bool {
    match &tree.fact {
        Fact::Assigned { workflow, period, .. } => {
            period.contains(now) && !workflow.is_pending() && !workflow.is_suggestion() && !is_refused(*workflow)
        }
        _ => false,
    }
}

fn is_refused(workflow: provost_model::policy::WorkflowState) -> bool {
    use provost_model::policy::WorkflowState::{Blocked, Cancellation, Declined};
    matches!(workflow, Declined | Cancellation | Blocked)
}

/// Tells with names and places what is known by ids.
struct Teller<'a> {
    tx: &'a mut ReadTx,
    metadata: &'a Metadata,
    /// With what was deployed once.
    catalog: &'a PolicyCatalog,
    items: &'a [Element],
    owner: (usize, ResourceId),
    now: Instant,
    /// Resources that were named already.
    names: BTreeMap<ResourceId, Reference>,
}

impl<'a> Teller<'a> {
    fn reference(&mut self, id: ResourceId) -> Result<Reference, ServerError> {
        if let Some(known) = self.names.get(&id) {
            return Ok(known.clone());
        }
        let found = self.tx.resource_version(id, None)?;
        let of = found.as_ref().and_then(|v| self.metadata.entity_types.iter().find(|t| t.id == v.entity_type));
        let reference = Reference {
            entity_type: of.map(|of| of.identifier.clone()).unwrap_or_default(),
            id: id.to_string(),
            key: found.as_ref().and_then(|version| version.key.clone()),
            display_name: found.and_then(|version| version.display_name),
        };
        self.names.insert(id, reference.clone());
        Ok(reference)
    }

    /// A resource as a step of its own, which is hidden from those who may not see it.
    fn resource_step(&mut self, id: ResourceId) -> Result<Step, ServerError> {
        let reference = self.reference(id)?;
        let mut step = Step::new(StepKind::Note, format!("{} {}", reference.entity_type, reference.label()));
        let about = About::Resource(reference.entity_type.clone(), id);
        step.resource = Some(reference);
        Ok(step.about(about))
    }

    /// File and line of an element of the root.
    fn place(&self, element: &str, identity: &str) -> (&'a str, u32) {
        let found = self.items.iter().find(|item| item.element == element && item.identity == identity);
        found.map_or(("", 0), |item| (item.file.as_str(), item.position.map_or(0, |(line, _)| line)))
    }

    /// The same of an element in it.
    fn place_in(&self, element: &str, identity: &str, is_it: impl Fn(&Element) -> bool) -> (&'a str, u32) {
        let found = self.items.iter().find(|item| item.element == element && item.identity == identity);
        let inner = found.and_then(|item| item.children.iter().find(|child| is_it(child))?.position);
        match (found, inner) {
            (Some(item), Some((line, _))) => (item.file.as_str(), line),
            _ => self.place(element, identity),
        }
    }

    /// Element and identity of an object of the policy.
    fn object(&self, id: PolicyObjectId) -> (String, String) {
        let found = self.catalog.objects.iter().find(|(_, known)| **known == id);
        found.map_or_else(|| ("PolicyObject".to_owned(), format!("#{id}")), |((e, i), _)| (e.clone(), i.clone()))
    }
}
