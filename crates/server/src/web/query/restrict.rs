//! From rights to conditions on rows: who sees what, wherever a query meets it.

use super::table;
use crate::web::principal::{Principal, Who};
use provost_model::ResourceId;
use provost_model::access::{Branch, Compared, Condition};
use provost_model::query::{Binding, Filter, Operand, Operator, parse_instant};
use provost_store::{Catalogue, Restrictions};
use std::collections::BTreeSet;

/// Whoever looks.
struct Viewer<'a> {
    login: &'a str,
    /// The identity behind the login.
    resource: Option<(&'a str, ResourceId)>,
}

/// What one branch of the rights opens: `None` is every row.
type Opened = Option<Filter>;

/// What somebody sees where a permission is used. An entity type of which no rule speaks is not seen, with one
/// exception: whoever holds the very permission to ask for one of the engine's own types sees its rows.
pub(crate) fn restrictions(principal: &Principal, catalogue: &Catalogue, permission: &str) -> Restrictions {
    let mut restrictions = Restrictions::none();
    if principal.rights.is_everything() {
        return restrictions;
    }
    let viewer = match &principal.who {
        Who::Client(identifier) => Viewer { login: identifier, resource: None },
        Who::Person(person) => {
            let resource = person.resource.as_ref().map(|(entity_type, id)| (entity_type.as_str(), *id));
            Viewer { login: &person.login, resource }
        }
    };
    for entity_type in catalogue.entity_types() {
        restrict(&mut restrictions, principal, &viewer, catalogue, permission, entity_type);
    }
    restrictions
}

fn restrict(
    restrictions: &mut Restrictions,
    principal: &Principal,
    viewer: &Viewer<'_>,
    catalogue: &Catalogue,
    permission: &str,
    entity_type: &str,
) {
    let rights = &principal.rights;
    let is_deployed = catalogue.is_deployed(entity_type);
    let own = table::permission(entity_type, is_deployed).filter(|own| principal.may(own));
    let mut branches = rights.data(permission, entity_type).branches;
    // What somebody may ask for they may also meet on the way.
    branches.extend(own.iter().flat_map(|own| rights.data(own, entity_type).branches));
    let is_ruled =
        rights.is_ruled(permission, entity_type) || own.as_ref().is_some_and(|own| rights.is_ruled(own, entity_type));
    if !is_deployed && !is_ruled && own.is_some() {
        return;
    }
    let opened: Vec<(Branch, Opened)> = branches
        .into_iter()
        .filter_map(|branch| opened(catalogue, entity_type, &branch, viewer).map(|opened| (branch, opened)))
        .collect();
    match union(opened.iter().map(|(_, filter)| filter)) {
        Union::Nothing => return restrictions.hide(entity_type),
        Union::Some(filter) => restrictions.only(entity_type, filter),
        Union::Everything => {}
    }
    let hidden: BTreeSet<&str> =
        opened.iter().flat_map(|(branch, _)| rights.hidden(entity_type, &branch.visible)).collect();
    for property in hidden {
        let shows = |branch: &Branch| !rights.hidden(entity_type, &branch.visible).any(|other| other == property);
        match union(opened.iter().filter(|(branch, _)| shows(branch)).map(|(_, filter)| filter)) {
            Union::Nothing => restrictions.hide_property(entity_type, property, None),
            Union::Some(filter) => restrictions.hide_property(entity_type, property, Some(filter)),
            Union::Everything => {}
        }
    }
}

enum Union {
    Nothing,
    Some(Filter),
    Everything,
}

fn union<'f>(parts: impl Iterator<Item = &'f Opened>) -> Union {
    let Some(filters) = parts.cloned().collect::<Option<Vec<Filter>>>() else { return Union::Everything };
    one_of(filters, Filter::Any).map_or(Union::Nothing, Union::Some)
}

fn one_of(mut filters: Vec<Filter>, several: fn(Vec<Filter>) -> Filter) -> Option<Filter> {
    if filters.len() > 1 { Some(several(filters)) } else { filters.pop() }
}

/// What a branch opens; `None` when it opens nothing to this viewer.
fn opened(catalogue: &Catalogue, entity_type: &str, branch: &Branch, viewer: &Viewer<'_>) -> Option<Opened> {
    if branch.groups.is_empty() {
        return Some(None);
    }
    let group = |conditions: &Vec<Condition>| {
        let all: Option<Vec<Filter>> =
            conditions.iter().map(|condition| comparison(catalogue, entity_type, condition, viewer)).collect();
        all.and_then(|all| one_of(all, Filter::All))
    };
    one_of(branch.groups.iter().filter_map(group).collect(), Filter::Any).map(Some)
}

/// A condition as a comparison. One that cannot be understood, or compares with a user that is not there, never holds.
fn comparison(catalogue: &Catalogue, entity_type: &str, condition: &Condition, viewer: &Viewer<'_>) -> Option<Filter> {
    let mut left = Binding::of(condition.binding.split('.'));
    let Some(found) = catalogue.follow(entity_type, &left).filter(|found| !found.many) else {
        tracing::warn!(entity_type, binding = condition.binding, "the filter of an access rule leads nowhere");
        return None;
    };
    let right = match (&condition.with, &found.target) {
        (Compared::CurrentUser, Some(target)) => {
            let (of, id) = viewer.resource?;
            (of.eq_ignore_ascii_case(target) || target == "Resource").then_some(Operand::Int(id.0))?
        }
        (Compared::CurrentUser, None) => Operand::Text(viewer.login.to_owned()),
        (Compared::Value(value), Some(_)) if value.parse::<i64>().is_ok() => Operand::Text(value.clone()),
        (Compared::Value(value) | Compared::Reference(value), Some(target)) => {
            // Whoever writes rules knows keys, not ids.
            let key = catalogue.key(target)?;
            if left.path.last().is_some_and(|last| last == "Id") {
                left.path.pop();
            }
            left.path.push(key.to_owned());
            Operand::Text(value.clone())
        }
        (Compared::Value(value) | Compared::Reference(value), None) => constant(found.kind, value)?,
    };
    let operator = if condition.negated { Operator::Different } else { Operator::Equal };
    Some(Filter::Compare { left, operator, right })
}

/// A value of this kind of property.
fn constant(kind: &str, value: &str) -> Option<Operand> {
    let is_right = match kind {
        "Bool" => {
            return match value {
                "1" => Some(Operand::Bool(true)),
                "0" => Some(Operand::Bool(false)),
                word => word.to_ascii_lowercase().parse().ok().map(Operand::Bool),
            };
        }
        "Int32" | "Int64" => value.parse::<i64>().is_ok(),
        "Double" => value.parse::<f64>().is_ok(),
        "DateTime" => parse_instant(value).is_some(),
        _ => true,
    };
    is_right.then(|| Operand::Text(value.to_owned()))
}
