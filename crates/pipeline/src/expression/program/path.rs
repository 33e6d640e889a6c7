//! Bindings over a population.

use super::{Part, ProgramError, Scope, Wanted};
use crate::expression::binding::{self, BindingError, Leaf};
use crate::population::{Handle, Population, Reads};
use provost_model::configuration::PropertyType;
use provost_model::metadata::Metadata;
use std::borrow::Cow;

/// A path through navigations.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// Positions of the navigation properties, each on the entity type that the one before reaches.
    pub(super) steps: Vec<usize>,
    pub(super) leaf: Leaf,
    /// Entity type that is reached.
    pub(super) target: usize,
    /// It ends with a navigation, or nowhere but at the subject.
    pub(super) is_resource: bool,
    /// The first collection on the way, as entity type and property.
    collection: Option<(usize, usize)>,
}

impl Path {
    /// Resolves a path that begins at an entity type. `EntityType:` may stand before it, or `EntityType.` where the
    /// entity type has no such property.
    pub(super) fn resolve(metadata: &Metadata, entity_type: usize, text: &str) -> Result<Path, ProgramError> {
        resolve(metadata, entity_type, text).map_err(|cause| ProgramError::binding(&cause))
    }

    /// Whether the path gives what is wanted.
    pub(super) fn check(&self, scope: &Scope) -> Result<(), ProgramError> {
        let metadata = scope.metadata;
        let refuse = |message: String, remedy: &str| Err(ProgramError::whole(Part::Binding, message, remedy));
        let names = |entity_type: usize, property: usize| {
            let owner = &metadata.entity_types[entity_type];
            (owner.identifier.clone(), owner.properties[property].identifier.clone())
        };
        match (scope.wanted, self.collection) {
            (Wanted::Resources(_), _) if !self.is_resource => {
                refuse("the binding ends with a value, not with resources".to_owned(), "end it with a navigation")
            }
            (Wanted::Resources(Some(wanted)), _) if wanted != self.target => {
                let name = |position: usize| &metadata.entity_types[position].identifier;
                let message = format!("the binding leads to {}, not to {}", name(self.target), name(wanted));
                refuse(message, "end it with a navigation to that entity type")
            }
            (Wanted::Arguments, _) => {
                refuse("a binding gives no arguments".to_owned(), "write an expression that returns a dictionary")
            }
            (Wanted::Boolean, None) if self.kind(metadata) != Some(PropertyType::Bool) => {
                refuse("the binding ends with no Bool".to_owned(), "choose a property of type Bool")
            }
            (Wanted::Text(_) | Wanted::Boolean, Some((owner, property))) => {
                let (entity_type, property) = names(owner, property);
                Err(ProgramError::binding(&BindingError::Collection { entity_type, property }))
            }
            _ => Ok(()),
        }
    }

    /// Type of the value; the id of a resource has none but the one that a foreign key has.
    pub(super) fn kind(&self, metadata: &Metadata) -> Option<PropertyType> {
        match self.leaf {
            Leaf::Scalar(entity_type, property) => Some(metadata.entity_types[entity_type].properties[property].kind),
            Leaf::DisplayName(_) => Some(PropertyType::String),
            Leaf::Id => Some(PropertyType::ForeignKey),
        }
    }

    /// What following it reads.
    pub(super) fn reads(&self) -> Reads {
        let mut reads = Reads::default();
        let end = reads.at(&self.steps);
        match self.leaf {
            Leaf::Scalar(_, property) => {
                end.values.insert(property);
            }
            Leaf::DisplayName(_) => end.display_name = true,
            Leaf::Id => {}
        }
        reads
    }

    /// The value, if there is one.
    pub(super) fn value<'p>(&self, subject: Handle, population: &'p Population) -> Option<Cow<'p, str>> {
        let end = self.end(subject, population)?;
        match self.leaf {
            Leaf::Scalar(_, property) => population.value(end, property).map(Cow::Borrowed),
            Leaf::DisplayName(_) => population.display_name(end).map(Cow::Borrowed),
            Leaf::Id => Some(Cow::Owned(population.id(end).to_string())),
        }
    }

    /// Appends the value, and tells whether there is one.
    pub(super) fn text(&self, subject: Handle, population: &Population, out: &mut String) -> bool {
        self.value(subject, population).map(|value| out.push_str(&value)).is_some()
    }

    /// Resource at the end of a path without collections.
    pub(super) fn end(&self, subject: Handle, population: &Population) -> Option<Handle> {
        self.steps.iter().try_fold(subject, |here, step| population.links(here, *step).first().copied())
    }

    /// Appends the resources at the end, each once.
    pub(super) fn resources(&self, subject: Handle, population: &Population, out: &mut Vec<Handle>) {
        let mut here = vec![subject];
        for step in &self.steps {
            here = here.iter().flat_map(|resource| population.links(*resource, *step)).copied().collect();
        }
        let mut seen = std::collections::HashSet::new();
        out.extend(here.into_iter().filter(|resource| seen.insert(*resource)));
    }
}

fn resolve(metadata: &Metadata, entity_type: usize, text: &str) -> Result<Path, BindingError> {
    let owner = &metadata.entity_types[entity_type].identifier;
    let properties = without_prefix(metadata, entity_type, text.trim())?;
    let mut path = Path { steps: Vec::new(), leaf: Leaf::Id, target: entity_type, is_resource: true, collection: None };
    let mut parts = properties.split('.').map(str::trim).peekable();
    while let Some(part) = parts.next() {
        if part.is_empty() {
            return Err(BindingError::Empty { path: format!("{owner}:{properties}") });
        }
        if let Some(leaf) = binding::leaf(metadata, path.target, part)? {
            path.leaf = leaf;
            path.is_resource = false;
            return match parts.peek() {
                None => Ok(path),
                Some(next) => Err(BindingError::NotNavigation {
                    entity_type: metadata.entity_types[path.target].identifier.clone(),
                    property: part.to_owned(),
                    next: (*next).to_owned(),
                }),
            };
        }
        let property = binding::find_property(metadata, path.target, part)?;
        let (step, is_collection) = binding::any_navigation(metadata, path.target, property)?;
        if is_collection && path.collection.is_none() {
            path.collection = Some((path.target, property));
        }
        path.steps.push(property);
        path.target = step.target;
    }
    Ok(path)
}

fn without_prefix<'a>(metadata: &Metadata, entity_type: usize, text: &'a str) -> Result<&'a str, BindingError> {
    let owner = &metadata.entity_types[entity_type];
    if let Some((prefix, rest)) = text.split_once(':') {
        return match prefix.trim() == owner.identifier {
            true => Ok(rest.trim()),
            false => Err(BindingError::OtherEntityType {
                found: prefix.trim().to_owned(),
                expected: owner.identifier.clone(),
            }),
        };
    }
    match text.split_once('.') {
        Some((prefix, rest)) if prefix.trim() == owner.identifier && owner.property(prefix.trim()).is_none() => {
            Ok(rest.trim())
        }
        _ => Ok(text),
    }
}
