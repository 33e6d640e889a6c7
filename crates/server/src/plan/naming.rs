//! A difference in the words of the configuration.

use super::difference::{Concerned, Difference, KeptHow, KeptStep, Subject as Counted};
use super::held::What;
use super::report::{Identity, IdentityChange, Subject};
use crate::error::ServerError;
use jiff::Timestamp;
use provost_model::metadata::Metadata;
use provost_model::policy::{Instant, NO_END, NO_START, Period, PolicyCatalog, WorkflowState};
use provost_model::{PolicyObjectId, PropertyId, ResourceId};
use provost_store::ReadTx;
use std::collections::BTreeMap;

/// Names of objects of the policy and of properties, those that go among them.
pub(super) struct Names<'a> {
    objects: BTreeMap<PolicyObjectId, (&'a str, &'a str)>,
    properties: BTreeMap<PropertyId, &'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn new(catalog: &'a PolicyCatalog, states: [&'a Metadata; 2]) -> Names<'a> {
        let types = states.into_iter().flat_map(|metadata| &metadata.entity_types);
        let properties = types.flat_map(|of| &of.properties).map(|known| (known.id, known.identifier.as_str()));
        Names { objects: catalog.names(), properties: properties.collect() }
    }

    pub(super) fn object(&self, id: PolicyObjectId) -> String {
        self.objects.get(&id).map_or_else(|| format!("#{id}"), |(_, name)| (*name).to_owned())
    }

    fn property(&self, of: PolicyObjectId, id: PropertyId) -> String {
        let property = self.properties.get(&id).map_or_else(|| format!("#{id}"), |name| (*name).to_owned());
        format!("{}.{property}", self.object(of))
    }

    /// What is counted, by kind and name.
    pub(super) fn subjects(&self, difference: &Difference) -> Vec<Subject> {
        let subject = |(counted, counts): (&Counted, &super::difference::Counts)| {
            let (kind, name) = match counted {
                Counted::CompositeRole(role) => ("compositeRole", self.object(*role)),
                Counted::SingleRole(role) => ("singleRole", self.object(*role)),
                Counted::ResourceType(of) => ("resourceType", self.object(*of)),
                Counted::Value(of, property) => ("value", self.property(*of, *property)),
                Counted::Link(of, property) => ("link", self.property(*of, *property)),
                Counted::File(of, property) => ("file", self.property(*of, *property)),
            };
            let (added, changed, removed) = (counts.added, counts.changed, counts.removed);
            Subject { kind: kind.to_owned(), name, added, changed, removed }
        };
        difference.counts.iter().map(subject).collect()
    }

    /// Somebody whom it concerns, with what changes.
    pub(super) fn identity(
        &self,
        tx: &mut ReadTx,
        metadata: &Metadata,
        concerned: &Concerned,
    ) -> Result<Identity, ServerError> {
        let changes = concerned.steps.iter().map(|step| self.change(tx, step)).collect::<Result<_, _>>()?;
        if let Some(gone) = &concerned.gone {
            let (entity_type, key, name) = (gone.entity_type.clone(), gone.key.clone(), gone.name.clone());
            return Ok(Identity { entity_type, key, name, is_deleted: true, changes });
        }
        let stored = tx.resource_version(concerned.owner, None)?;
        let of = stored.as_ref().and_then(|stored| metadata.entity_type_by_id(stored.entity_type));
        Ok(Identity {
            entity_type: of.map(|of| of.identifier.clone()).unwrap_or_default(),
            key: stored
                .as_ref()
                .and_then(|stored| stored.key.clone())
                .unwrap_or_else(|| format!("#{}", concerned.owner)),
            name: stored.and_then(|stored| stored.display_name),
            is_deleted: false,
            changes,
        })
    }

    fn change(&self, tx: &mut ReadTx, step: &KeptStep) -> Result<IdentityChange, ServerError> {
        let sign = match (&step.before, &step.after) {
            (None, _) => "+",
            (_, None) => "-",
            _ => "~",
        };
        let (kind, what) = match &step.what {
            What::CompositeRole(role, parameters) => ("compositeRole", self.role(tx, *role, parameters)?),
            What::SingleRole(role, parameters) => ("singleRole", self.role(tx, *role, parameters)?),
            What::ResourceType(of, target) => ("resourceType", self.account(tx, self.object(*of), *target)?),
            What::Value(of, target, property) => ("value", self.account(tx, self.property(*of, *property), *target)?),
            What::File(of, target, property) => ("file", self.account(tx, self.property(*of, *property), *target)?),
            What::Link(of, target, property, resource) => {
                let property = self.account(tx, self.property(*of, *property), *target)?;
                ("link", format!("{property} → {}", resource_name(tx, *resource)?))
            }
        };
        let told = |how: &Option<KeptHow>| how.as_ref().and_then(told);
        Ok(IdentityChange {
            sign: sign.to_owned(),
            kind: kind.to_owned(),
            what,
            before: told(&step.before),
            after: told(&step.after),
        })
    }

    fn role(
        &self,
        tx: &mut ReadTx,
        role: PolicyObjectId,
        parameters: &[(u8, ResourceId)],
    ) -> Result<String, ServerError> {
        let mut name = self.object(role);
        let values: Vec<String> =
            parameters.iter().map(|(_, value)| resource_name(tx, *value)).collect::<Result<_, _>>()?;
        if !values.is_empty() {
            name.push_str(&format!(" ({})", values.join(", ")));
        }
        Ok(name)
    }

    fn account(&self, tx: &mut ReadTx, name: String, target: Option<ResourceId>) -> Result<String, ServerError> {
        Ok(match target {
            Some(target) => format!("{name} of {}", resource_name(tx, target)?),
            None => name,
        })
    }
}

/// Name or key of a resource.
fn resource_name(tx: &mut ReadTx, id: ResourceId) -> Result<String, ServerError> {
    let stored = tx.resource_history(id)?.into_iter().next();
    let name = stored.and_then(|stored| stored.display_name.or(stored.key));
    Ok(name.unwrap_or_else(|| format!("#{id}")))
}

/// An instant as people read it.
pub(super) fn instant(at: Instant) -> String {
    Timestamp::from_microsecond(at).map_or_else(|_| at.to_string(), |timestamp| timestamp.to_string())
}

fn told(how: &KeptHow) -> Option<String> {
    match how {
        KeptHow::There => None,
        KeptHow::Values(values) => Some(values.join("; ")),
        KeptHow::States(states) => Some(states.iter().map(state).collect::<Vec<_>>().join("; ")),
    }
}

fn state((workflow, period): &(WorkflowState, Period)) -> String {
    let mut text = workflow.label().to_owned();
    if period.start > NO_START {
        text.push_str(&format!(" from {}", instant(period.start)));
    }
    if period.end < NO_END {
        text.push_str(&format!(" until {}", instant(period.end)));
    }
    text
}
