//! What is asked about: a name, found among roles, resource types, properties and orders.

use super::shape::ExplainError;
use crate::error::ServerError;
use crate::policy::directory::Lookup;
use crate::population::navigation;
use provost_model::configuration::PropertyType;
use provost_model::metadata::Metadata;
use provost_model::policy::PolicyCatalog;
use provost_model::{PolicyObjectId, ResourceId, nearest};
use provost_pipeline::policy::Directory;
use provost_store::ReadTx;

/// Most names in a hint.
const NEAR: usize = 3;

/// A question with its names resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// A role.
    Role { id: PolicyObjectId, is_single: bool },
    /// A resource type.
    Type(PolicyObjectId),
    /// A value of a target: resource type, and position of the property.
    Value(PolicyObjectId, (usize, usize)),
    /// Links of a target; to one resource, or all.
    Links(PolicyObjectId, (usize, usize), Option<ResourceId>),
    /// A property of the owner.
    Own(usize),
    /// A provisioning order.
    Order(i64),
    /// What was and is to be ordered of a resource type.
    Orders(PolicyObjectId),
}

/// Where names are looked up.
pub(super) struct Names<'a> {
    pub(super) metadata: &'a Metadata,
    pub(super) catalog: &'a PolicyCatalog,
    /// Position of the owner's entity type.
    pub(super) owner: usize,
}

/// A name that fits.
struct Candidate {
    /// As it may be written without doubt.
    written: String,
    question: Question,
    /// Entity type that it is for.
    of: String,
}

const KINDS: [&str; 5] = ["SingleRole", "CompositeRole", "ResourceType", "Property", "Order"];

impl Names<'_> {
    fn owner_name(&self) -> &str {
        &self.metadata.entity_types[self.owner].identifier
    }

    /// Everything that can be named by one word.
    fn candidates(&self) -> Vec<(&str, Candidate)> {
        let policy = &self.metadata.configuration.policy;
        let mut all = Vec::new();
        let role = |element: &str, name: &str, of: &str, is_single: bool| {
            self.catalog.id(element, name).map(|id| Candidate {
                written: format!("{element}:{name}"),
                question: Question::Role { id, is_single },
                of: of.to_owned(),
            })
        };
        for known in &policy.single_roles {
            let found = role("SingleRole", &known.identifier, &known.entity_type, true);
            all.extend(found.map(|found| (known.identifier.as_str(), found)));
        }
        for known in &policy.composite_roles {
            let found = role("CompositeRole", &known.identifier, &known.entity_type, false);
            all.extend(found.map(|found| (known.identifier.as_str(), found)));
        }
        for known in &policy.resource_types {
            let id = self.catalog.id("ResourceType", &known.identifier);
            all.extend(id.map(|id| {
                let written = format!("ResourceType:{}", known.identifier);
                let of = known.source_entity_type.clone();
                (known.identifier.as_str(), Candidate { written, question: Question::Type(id), of })
            }));
        }
        let own = &self.metadata.entity_types[self.owner];
        for (at, property) in own.properties.iter().enumerate() {
            let written = format!("Property:{}", property.identifier);
            let of = own.identifier.clone();
            all.push((property.identifier.as_str(), Candidate { written, question: Question::Own(at), of }));
        }
        all
    }

    /// The question that a text asks, and how it is written without doubt.
    ///
    /// # Errors
    /// It names nothing, or several things, or what is for others.
    pub(super) fn question(&self, item: &str, tx: &mut ReadTx) -> Result<(Question, String), ExplainError> {
        let item = item.trim();
        let (kind, name) = self.kind(item);
        if kind == Some("Order") {
            if let Ok(number) = name.parse() {
                return Ok((Question::Order(number), format!("Order:{number}")));
            }
            let found = self.whole(item, Some("ResourceType"), name)?;
            return match found.question {
                Question::Type(id) => Ok((Question::Orders(id), found.written.replacen("ResourceType", "Order", 1))),
                _ => Err(self.unknown(item)),
            };
        }
        let is_part = kind.is_none_or(|kind| kind == "ResourceType");
        if let Some((of, rest)) = name.split_once('.').filter(|_| is_part) {
            return self.part(item, of, rest, tx);
        }
        let found = self.whole(item, kind, name)?;
        Ok((found.question, found.written))
    }

    /// `SingleRole:Door`: the kind and the name. The owner's entity type stands for a property of it.
    fn kind<'i>(&self, item: &'i str) -> (Option<&'static str>, &'i str) {
        let Some((kind, name)) = item.split_once(':') else {
            return (None, item);
        };
        if kind.eq_ignore_ascii_case(self.owner_name()) {
            return (Some("Property"), name.trim());
        }
        match KINDS.iter().find(|known| known.eq_ignore_ascii_case(kind)) {
            Some(known) => (Some(known), name.trim()),
            None => (None, item),
        }
    }

    fn whole(&self, item: &str, kind: Option<&str>, name: &str) -> Result<Candidate, ExplainError> {
        let of_kind = |candidate: &Candidate| {
            kind.is_none_or(|kind| candidate.written.split_once(':').is_some_and(|(known, _)| known == kind))
        };
        let all: Vec<(&str, Candidate)> =
            self.candidates().into_iter().filter(|(_, candidate)| of_kind(candidate)).collect();
        let exact = all.iter().any(|(known, _)| *known == name);
        let fits = |known: &str| if exact { known == name } else { known.eq_ignore_ascii_case(name) };
        let mut found: Vec<Candidate> =
            all.into_iter().filter(|(known, _)| fits(known)).map(|(_, candidate)| candidate).collect();
        if found.iter().any(|candidate| candidate.of == self.owner_name()) {
            found.retain(|candidate| candidate.of == self.owner_name());
        }
        match (found.pop(), found.is_empty()) {
            (None, _) => Err(self.unknown(item)),
            (Some(one), true) if one.of == self.owner_name() => Ok(one),
            (Some(one), true) => {
                Err(ExplainError::OtherOwner { item: one.written, of: one.of, owner: self.owner_name().to_owned() })
            }
            (Some(last), false) => {
                let mut candidates: Vec<String> = found.into_iter().map(|candidate| candidate.written).collect();
                candidates.push(last.written);
                Err(ExplainError::AmbiguousItem { item: item.to_owned(), candidates })
            }
        }
    }

    fn unknown(&self, item: &str) -> ExplainError {
        let all = self.candidates();
        let names = all.iter().filter(|(_, found)| found.of == self.owner_name()).map(|(name, _)| *name);
        let (_, name) = self.kind(item);
        let near = nearest::several(name, names, NEAR);
        let near = near.into_iter().map(str::to_owned).collect();
        ExplainError::UnknownItem { item: item.to_owned(), owner: self.owner_name().to_owned(), near }
    }

    /// `AD_User.mail`, `AD_User.memberOf=KEY`.
    fn part(&self, item: &str, of: &str, rest: &str, tx: &mut ReadTx) -> Result<(Question, String), ExplainError> {
        let found = self.whole(item, Some("ResourceType"), of)?;
        let Question::Type(id) = found.question else { return Err(self.unknown(item)) };
        let name = found.written.trim_start_matches("ResourceType:").to_owned();
        let policy = &self.metadata.configuration.policy;
        let target = policy.resource_types.iter().find(|known| known.identifier == name);
        let position = |known: &provost_model::configuration::policy::ResourceType| {
            self.metadata.entity_types.iter().position(|t| t.identifier == known.target_entity_type)
        };
        let Some(target) = target.and_then(position) else { return Err(self.unknown(item)) };
        let (property, key) = match rest.split_once('=') {
            Some((property, key)) => (property.trim(), Some(key.trim())),
            None => (rest.trim(), None),
        };
        let properties = &self.metadata.entity_types[target].properties;
        let exact = properties.iter().position(|known| known.identifier == property);
        let folded = || properties.iter().position(|known| known.identifier.eq_ignore_ascii_case(property));
        let Some(at) = exact.or_else(folded) else {
            let near = nearest::several(property, properties.iter().map(|p| p.identifier.as_str()), NEAR);
            let near = near.into_iter().map(|near| format!("{name}.{near}")).collect();
            return Err(ExplainError::UnknownItem { item: item.to_owned(), owner: name, near });
        };
        let written = format!("{name}.{}", properties[at].identifier);
        if properties[at].kind != PropertyType::ForeignKey {
            return match key {
                None => Ok((Question::Value(id, (target, at)), written)),
                Some(_) => Err(ExplainError::UnknownItem { item: item.to_owned(), owner: name, near: vec![written] }),
            };
        }
        let Some(key) = key.filter(|key| !key.is_empty()) else {
            return Ok((Question::Links(id, (target, at), None), written));
        };
        let resource = self.resource(tx, (target, at), key)?;
        Ok((Question::Links(id, (target, at), Some(resource)), format!("{written}={key}")))
    }

    /// The resource at the end of a navigation: by a key, or by its id.
    fn resource(&self, tx: &mut ReadTx, near: (usize, usize), key: &str) -> Result<ResourceId, ExplainError> {
        let (_, _, _, far) = navigation(self.metadata, near)
            .ok_or_else(|| ServerError::mapping("navigation", "no association refers to it"))?;
        let of = &self.metadata.entity_types[far];
        let unknown = || ExplainError::UnknownResource {
            property: self.metadata.entity_types[near.0].properties[near.1].identifier.clone(),
            entity_type: of.identifier.clone(),
            key: key.to_owned(),
        };
        if let Some(id) = key.strip_prefix('#').and_then(|id| id.parse().ok()).map(ResourceId) {
            let found = tx.resource_version(id, None)?.filter(|version| version.entity_type == of.id);
            return found.map(|version| version.id).ok_or_else(unknown);
        }
        if let Some(found) = tx.get_resource(of.id, key)? {
            return Ok(found.id);
        }
        let lookup = Lookup::new(tx, self.metadata);
        let found = lookup.resource(far, key);
        lookup.finish()?;
        found.ok_or_else(unknown)
    }
}
