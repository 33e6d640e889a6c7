//! Names looked up: bindings become columns of row variables.

use super::catalogue::{Catalogue, Column, Entity, Navigation, Place, Source};
use super::error::QueryFailure;
use provost_model::nearest;
use provost_model::query::{Binding, Join};
use std::collections::{BTreeMap, BTreeSet};

/// Most row variables of one query: SQLite joins 64 tables at most, and one variable may take two.
const MAX_SCOPES: usize = 28;

/// A row variable: the root, a joined entity, or one that a dotted binding passes through.
#[derive(Debug)]
pub(super) struct Scope<'c> {
    pub(super) entity: &'c Entity,
    /// The variable that it is reached from, by which navigation; `None` for the root.
    pub(super) from: Option<(usize, &'c Navigation)>,
    /// The property that leads to it, under which it is shown.
    pub(super) property: &'c str,
    /// Several of it may belong to one root: the variables, from the outermost, that make it so.
    pub(super) chain: Vec<usize>,
}

/// A column of a row variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) scope: usize,
    pub(super) column: Column,
    /// The property as it is declared.
    pub(super) name: String,
}

/// All row variables of a query. The root is the first; each comes after the one that it is reached from.
#[derive(Debug)]
pub(super) struct Scopes<'c> {
    catalogue: &'c Catalogue,
    pub(super) list: Vec<Scope<'c>>,
    aliases: BTreeMap<String, usize>,
}

impl<'c> Scopes<'c> {
    /// The variable of the root.
    pub(super) fn new(catalogue: &'c Catalogue, entity: &'c Entity) -> Scopes<'c> {
        let root = Scope { entity, from: None, property: "", chain: Vec::new() };
        Scopes { catalogue, list: vec![root], aliases: BTreeMap::new() }
    }

    /// Adds the variable of a join.
    pub(super) fn join(&mut self, join: &'c Join) -> Result<(), QueryFailure> {
        let (mut at, path) = self.start(&join.binding);
        let Some((last, before)) = path.split_last() else {
            return Err(self.no_navigation(at, &join.alias, &join.binding));
        };
        for name in before {
            at = self.follow(at, name, &join.binding)?;
        }
        let (property, navigation) = self.navigation(at, last, &join.binding)?;
        let entity = match &join.of_type {
            Some(wanted) => self.narrowed(navigation, wanted, &join.binding)?,
            None => self.entity(&navigation.target)?,
        };
        let known = if join.of_type.is_none() && !navigation.many { self.known(at, property) } else { None };
        let scope = match known {
            Some(scope) => scope,
            None => self.add(at, property, navigation, entity)?,
        };
        self.aliases.insert(join.alias.clone(), scope);
        Ok(())
    }

    /// The column that a binding names.
    pub(super) fn resolve(&mut self, binding: &Binding) -> Result<Resolved, QueryFailure> {
        let (mut at, path) = self.start(binding);
        let Some((last, before)) = path.split_last() else {
            return Ok(self.id(at));
        };
        for name in before {
            at = self.follow(at, name, binding)?;
        }
        let property = self.property(at, last, binding)?;
        match &property.place {
            Place::Value(column) => Ok(Resolved { scope: at, column: column.clone(), name: property.name.clone() }),
            Place::Link(_) => {
                let scope = self.follow(at, last, binding)?;
                Ok(self.id(scope))
            }
            Place::Nowhere(why) => Err(self.not_stored(at, &property.name, why)),
        }
    }

    pub(super) fn id(&self, scope: usize) -> Resolved {
        Resolved { scope, column: self.list[scope].entity.id(), name: "Id".to_owned() }
    }

    /// Names of the properties that lead from the root to a variable.
    pub(super) fn path(&self, scope: usize) -> Vec<&'c str> {
        let mut path = Vec::new();
        let mut at = scope;
        while let Some((from, _)) = self.list[at].from {
            path.push(self.list[at].property);
            at = from;
        }
        path.reverse();
        path
    }

    /// These variables and all that they are reached from, without the root, in order.
    pub(super) fn closed(&self, scopes: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for scope in scopes {
            let mut at = scope;
            while let Some((from, _)) = self.list[at].from {
                found.insert(at);
                at = from;
            }
        }
        found
    }

    /// Where a binding starts, and the rest of its names.
    fn start<'b>(&self, binding: &'b Binding) -> (usize, &'b [String]) {
        match binding.path.split_first() {
            Some((first, rest)) => match self.aliases.get(first) {
                Some(scope) => (*scope, rest),
                None => (0, &binding.path),
            },
            None => (0, &[]),
        }
    }

    /// The variable that a navigation to one entity leads to.
    fn follow(&mut self, at: usize, name: &str, binding: &Binding) -> Result<usize, QueryFailure> {
        let (property, navigation) = self.navigation(at, name, binding)?;
        if navigation.many {
            let names: Vec<&str> = binding.path.iter().map(String::as_str).collect();
            let end = names.iter().position(|other| *other == name).map_or(names.len(), |at| at + 1);
            return Err(QueryFailure::SeveralValues { join: names[..end].join("."), binding: binding.to_string() });
        }
        match self.known(at, property) {
            Some(scope) => Ok(scope),
            None => self.add(at, property, navigation, self.entity(&navigation.target)?),
        }
    }

    fn known(&self, at: usize, property: &str) -> Option<usize> {
        self.list.iter().position(|scope| match scope.from {
            Some((from, navigation)) => {
                from == at && scope.property == property && !navigation.many && scope.entity.name == navigation.target
            }
            None => false,
        })
    }

    fn add(
        &mut self,
        at: usize,
        property: &'c str,
        navigation: &'c Navigation,
        entity: &'c Entity,
    ) -> Result<usize, QueryFailure> {
        let scope = self.list.len();
        if scope > MAX_SCOPES {
            return Err(QueryFailure::TooManyJoins { most: MAX_SCOPES });
        }
        let mut chain = self.list[at].chain.clone();
        chain.extend(navigation.many.then_some(scope));
        self.list.push(Scope { entity, from: Some((at, navigation)), property, chain });
        Ok(scope)
    }

    fn entity(&self, name: &str) -> Result<&'c Entity, QueryFailure> {
        let catalogue = self.catalogue;
        catalogue.entity(name).ok_or_else(|| unknown_type(catalogue, name))
    }

    /// `of type`: a navigation to any resource may be narrowed to a deployed type.
    fn narrowed(&self, navigation: &Navigation, wanted: &str, binding: &Binding) -> Result<&'c Entity, QueryFailure> {
        let entity = self.entity(wanted)?;
        let any_resource = navigation.target == "Resource" && matches!(entity.source, Source::Resources(_));
        if any_resource || entity.name == navigation.target {
            return Ok(entity);
        }
        Err(QueryFailure::WrongType {
            binding: binding.to_string(),
            target: navigation.target.clone(),
            wanted: entity.name.clone(),
        })
    }

    fn navigation(&self, at: usize, name: &str, binding: &Binding) -> Result<(&'c str, &'c Navigation), QueryFailure> {
        let property = self.property(at, name, binding)?;
        match &property.place {
            Place::Link(navigation) => Ok((&property.name, navigation)),
            Place::Nowhere(why) => Err(self.not_stored(at, &property.name, why)),
            Place::Value(_) => Err(self.no_navigation(at, name, binding)),
        }
    }

    fn property(
        &self,
        at: usize,
        name: &str,
        binding: &Binding,
    ) -> Result<&'c super::catalogue::Property, QueryFailure> {
        let entity = self.list[at].entity;
        entity.property(name).ok_or_else(|| {
            let names = entity.properties.iter().map(|p| p.name.as_str());
            let aliases = self.aliases.keys().map(String::as_str).filter(|_| at == 0);
            QueryFailure::UnknownProperty {
                entity_type: entity.name.clone(),
                name: name.to_owned(),
                binding: binding.to_string(),
                nearest: nearest::one(name, names.chain(aliases)).map(str::to_owned),
            }
        })
    }

    fn no_navigation(&self, at: usize, name: &str, binding: &Binding) -> QueryFailure {
        QueryFailure::NoNavigation {
            entity_type: self.list[at].entity.name.clone(),
            name: name.to_owned(),
            binding: binding.to_string(),
        }
    }

    fn not_stored(&self, at: usize, name: &str, why: &'static str) -> QueryFailure {
        QueryFailure::NotStored { entity_type: self.list[at].entity.name.clone(), name: name.to_owned(), why }
    }
}

/// The error that there is no entity type of this name.
pub(super) fn unknown_type(catalogue: &Catalogue, name: &str) -> QueryFailure {
    QueryFailure::UnknownEntityType {
        name: name.to_owned(),
        nearest: nearest::one(name, catalogue.entity_types()).map(str::to_owned),
    }
}
