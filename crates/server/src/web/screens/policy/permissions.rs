//! *View Permissions*: what somebody has, by category; and whose an account is.

use super::{known, resource_href};
use crate::web::problem::Problem;
use crate::web::query::{deployed, number, view_of};
use crate::web::route::{Right, Route};
use crate::web::screens::context::{Ctx, encoded, html};
use crate::web::screens::frame::Frame;
use crate::web::screens::model::{Kind, Model};
use crate::web::screens::resources::{Head, around, kind_of};
use crate::web::screens::shows;
use crate::web::screens::words::Words;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use provost_model::policy::{
    AssignedResourceType, AssignedRole, NO_END, NO_START, Period, ProvisioningState, WorkflowState,
};
use provost_model::{PolicyObjectId, ResourceId};
use provost_store::{Catalogue, Holder, ReadTx};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const RIGHT: Right = Right::Permission("/Custom/Resources/{entityType}/ViewOwnedResources");

pub(super) fn routes() -> Vec<Route> {
    vec![shows("/resources/{entityType}/{id}/permissions", RIGHT, || get(page))]
}

/// Something that a target holds: a value or a link.
pub(super) struct Held {
    pub(super) href: String,
    pub(super) property: String,
    /// What the rules say, and what the system holds.
    pub(super) proposed: String,
    pub(super) current: String,
    /// Where a link leads.
    pub(super) target: String,
    pub(super) workflow: String,
    pub(super) provisioning: String,
}

/// A role or resource type that somebody has.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) href: String,
    /// Key of a message: what it is.
    pub(super) what: &'static str,
    pub(super) workflow: String,
    /// Empty for a role.
    pub(super) provisioning: String,
    pub(super) dates: String,
    pub(super) parameters: String,
    /// The account: name, address.
    pub(super) target: Option<(String, String)>,
    pub(super) is_indirect: bool,
    pub(super) is_denied: bool,
    pub(super) error: String,
    pub(super) held: Vec<Held>,
}

struct Group {
    path: String,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "permissions.html")]
struct PermissionsView {
    frame: Frame,
    head: Head,
    is_advanced: bool,
    simple: String,
    advanced: String,
    groups: Vec<Group>,
    count: usize,
}

async fn page(ctx: Ctx, Path((identifier, id)): Path<(String, String)>) -> Result<Response, Problem> {
    let (model, inner, id) = (ctx.model().await?, ctx.clone(), number(&id)?);
    let view = ctx.app.read(move |tx| {
        let catalogue = inner.app.catalogues().current(tx)?;
        let kind = kind_of(&model, &deployed(&catalogue, &identifier)?)?;
        let (frame, head) = open(&inner, tx, &model, &catalogue, kind, id, "resource.permissions")?;
        let is_advanced = inner.get("view") == Some("advanced");
        let reader = Reader::read(&inner, tx, &model, &catalogue, id)?;
        let groups = reader.groups(is_advanced);
        Ok(PermissionsView {
            frame,
            head,
            simple: inner.address(&[("view", "")]),
            advanced: inner.address(&[("view", "advanced")]),
            count: groups.iter().map(|group| group.lines.len()).sum(),
            is_advanced,
            groups,
        })
    });
    html(&view.await?)
}

/// Frame and head, for whoever may see the resource.
pub(super) fn open(
    ctx: &Ctx,
    tx: &mut ReadTx,
    model: &Model,
    catalogue: &Catalogue,
    kind: &Kind,
    id: i64,
    here: &'static str,
) -> Result<(Frame, Head), Problem> {
    let whom = (&ctx.principal, &ctx.permitted);
    let values = view_of(tx, catalogue, whom, (&kind.identifier, id), None)?;
    let name = values.get("InternalDisplayName").and_then(Value::as_str).unwrap_or_default();
    Ok(around(ctx, model, kind, (id, name), here))
}

/// What somebody has, with the names of everything that it leads to.
pub(super) struct Reader<'m> {
    pub(super) ctx: &'m Ctx,
    pub(super) model: &'m Model,
    pub(super) base: String,
    pub(super) owned: provost_model::policy::Assignments,
    /// Names of targets and linked resources that may be seen, with their entity types.
    pub(super) names: BTreeMap<i64, (String, String)>,
}

impl<'m> Reader<'m> {
    pub(super) fn read(
        ctx: &'m Ctx,
        tx: &mut ReadTx,
        model: &'m Model,
        catalogue: &Catalogue,
        id: i64,
    ) -> Result<Reader<'m>, Problem> {
        let owned = tx.assignments(&[ResourceId(id)])?.pop().unwrap_or_default();
        let mut wanted: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for assigned in &owned.resource_types {
            let Some(target_type) = target_type(model, assigned.resource_type) else { continue };
            wanted.entry(target_type.to_owned()).or_default().extend(assigned.target.map(|target| target.0));
            for link in &assigned.navigations {
                let leads = property(model, target_type, link.property)
                    .and_then(|name| leads_to(catalogue, target_type, &name));
                if let Some(of) = leads {
                    wanted.entry(of).or_default().insert(link.resource.0);
                }
            }
        }
        for (of, parameter) in parameters(model, &owned) {
            wanted.entry(of).or_default().insert(parameter);
        }
        let mut names = BTreeMap::new();
        for (of, ids) in wanted {
            let found = known(ctx, tx, catalogue, &of, ids)?;
            names.extend(found.into_iter().map(|(id, name)| (id, (name, of.clone()))));
        }
        let base = ctx.path.split("/permissions").next().unwrap_or_default().to_owned();
        Ok(Reader { ctx, model, base, owned, names })
    }

    fn groups(&self, is_advanced: bool) -> Vec<Group> {
        let mut groups: BTreeMap<(bool, String), Vec<Line>> = BTreeMap::new();
        let hides =
            |id: PolicyObjectId| !is_advanced && self.model.policy.get(id).is_some_and(|object| object.is_hidden);
        let roles =
            [(&self.owned.composite_roles, "policy.CompositeRole"), (&self.owned.single_roles, "policy.SingleRole")];
        for (roles, what) in roles {
            for role in roles.iter().filter(|role| !hides(role.role)) {
                groups.entry(self.category(role.role)).or_default().push(self.role(role, what));
            }
        }
        for row in self.owned.resource_types.iter().filter(|row| !hides(row.resource_type)) {
            let mut line = self.resource_type(row);
            if is_advanced {
                line.held = self.held(row);
            }
            groups.entry(self.category(row.resource_type)).or_default().push(line);
        }
        groups.into_iter().map(|((_, path), lines)| Group { path, lines }).collect()
    }

    /// Where it belongs: what has no category comes last.
    fn category(&self, id: PolicyObjectId) -> (bool, String) {
        let mut path = Vec::new();
        let mut next = self.model.policy.get(id).and_then(|object| object.category.clone());
        while let Some((id, category)) = next.and_then(|identity| self.model.policy.find("Category", &identity)) {
            path.push(self.model.object_name(id, self.ctx.w));
            next = category.category.clone().filter(|_| path.len() < 20);
        }
        path.reverse();
        match path.is_empty() {
            true => (true, self.ctx.w.t("permissions.other").to_owned()),
            false => (false, path.join(" › ")),
        }
    }

    pub(super) fn role(&self, role: &AssignedRole, what: &'static str) -> Line {
        let part = if what == "policy.CompositeRole" { "composite-role" } else { "single-role" };
        Line {
            name: self.model.object_name(role.role, self.ctx.w),
            href: format!("{}/permissions/{part}/{}", self.base, role.id),
            what,
            workflow: workflow(role.workflow),
            provisioning: String::new(),
            dates: dates(self.ctx.w, role.period),
            parameters: self.parameters(&role.parameters),
            target: None,
            is_indirect: role.is_inferred,
            is_denied: role.is_denied,
            error: String::new(),
            held: Vec::new(),
        }
    }

    pub(super) fn resource_type(&self, row: &AssignedResourceType) -> Line {
        Line {
            name: self.model.object_name(row.resource_type, self.ctx.w),
            href: format!("{}/permissions/resource-type/{}", self.base, row.id),
            what: "policy.ResourceType",
            workflow: workflow(row.workflow),
            provisioning: provisioning(row.consolidated().provisioning),
            dates: dates(self.ctx.w, row.period),
            parameters: self.parameters(&row.parameters),
            target: row.target.map(|target| self.resource(target.0)),
            is_indirect: row.workflow == WorkflowState::GivenByRole,
            is_denied: row.is_denied,
            error: row.error.clone().unwrap_or_default(),
            held: Vec::new(),
        }
    }

    /// Name and address of a resource: its number where it may not be seen.
    pub(super) fn resource(&self, id: i64) -> (String, String) {
        match self.names.get(&id) {
            Some((name, of)) => (name.clone(), resource_href(self.ctx, of, id)),
            None => (format!("#{id}"), String::new()),
        }
    }

    fn parameters(&self, all: &[(u8, ResourceId)]) -> String {
        let dimensions = &self.model.metadata.configuration.policy.dimensions;
        let one = |(column, value): &(u8, ResourceId)| {
            let found = dimensions.iter().find(|dimension| dimension.column == *column);
            let name = found.and_then(|d| self.model.policy.find("Dimension", &d.identifier));
            let name = name.map_or_else(|| format!("D{column}"), |(id, _)| self.model.object_name(id, self.ctx.w));
            format!("{name}: {}", self.resource(value.0).0)
        };
        all.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn held(&self, row: &AssignedResourceType) -> Vec<Held> {
        let target_type = target_type(self.model, row.resource_type).unwrap_or_default();
        let kind = self.model.kind(target_type);
        let named = |id| {
            let name = property(self.model, target_type, id).unwrap_or_default();
            kind.map_or_else(|| name.clone(), |kind| kind.property_name(&name, self.ctx.w))
        };
        let mut all = Vec::new();
        for (part, values) in [("scalar", &row.scalars), ("binary", &row.binaries)] {
            all.extend(values.iter().map(|value| Held {
                href: format!("{}/permissions/{part}/{}", self.base, value.id),
                property: named(value.property),
                proposed: value.policy_value.clone().unwrap_or_default(),
                current: value.current_value.clone().unwrap_or_default(),
                target: String::new(),
                workflow: workflow(value.workflow),
                provisioning: provisioning(value.provisioning),
            }));
        }
        all.extend(row.navigations.iter().map(|link| {
            let (name, target) = self.resource(link.resource.0);
            let shown = |is_there: bool| if is_there { name.clone() } else { String::new() };
            Held {
                href: format!("{}/permissions/navigation/{}", self.base, link.id),
                property: named(link.property),
                proposed: shown(link.is_expected),
                current: shown(link.is_current),
                target,
                workflow: workflow(link.workflow),
                provisioning: provisioning(link.provisioning),
            }
        }));
        all
    }
}

/// Entity types and ids of the dimension values of roles.
fn parameters(model: &Model, owned: &provost_model::policy::Assignments) -> Vec<(String, i64)> {
    let dimensions = &model.metadata.configuration.policy.dimensions;
    let roles = owned.composite_roles.iter().chain(&owned.single_roles).flat_map(|role| &role.parameters);
    let all = roles.chain(owned.resource_types.iter().flat_map(|row| &row.parameters));
    let of = |(column, value): &(u8, ResourceId)| {
        Some((dimensions.iter().find(|d| d.column == *column)?.entity_type.clone(), value.0))
    };
    all.filter_map(of).collect()
}

/// Key of the badge of a workflow state.
pub(super) fn workflow(state: WorkflowState) -> String {
    format!("W{}", state.number())
}

/// Key of the badge of a provisioning state; empty for none.
pub(super) fn provisioning(state: ProvisioningState) -> String {
    if state == ProvisioningState::None { String::new() } else { format!("P{}", state.number()) }
}

/// `2026-01-01 – 2026-12-31`, as far as there are bounds.
pub(super) fn dates(w: Words, period: Period) -> String {
    let day = |at: i64| provost_model::query::format_instant(at)[..10].to_owned();
    match (period.start > NO_START, period.end < NO_END) {
        (false, false) => String::new(),
        (true, false) => w.one("permissions.from", day(period.start)),
        (false, true) => w.one("permissions.until", day(period.end)),
        (true, true) => format!("{} – {}", day(period.start), day(period.end)),
    }
}

/// Entity type of the targets of a resource type.
pub(super) fn target_type(model: &Model, of: PolicyObjectId) -> Option<&str> {
    let identity = &model.policy.get(of)?.identity;
    let all = &model.metadata.configuration.policy.resource_types;
    all.iter().find(|one| one.identifier == *identity).map(|one| one.target_entity_type.as_str())
}

/// Name of a property of an entity type.
pub(super) fn property(model: &Model, entity_type: &str, id: provost_model::PropertyId) -> Option<String> {
    let entity = model.metadata.entity_type(entity_type)?;
    entity.properties.iter().find(|property| property.id == id).map(|property| property.identifier.clone())
}

/// Entity type that a navigation leads to.
pub(super) fn leads_to(catalogue: &Catalogue, entity_type: &str, property: &str) -> Option<String> {
    catalogue.properties(entity_type).into_iter().find(|one| one.name == property).and_then(|one| one.target)
}

/// An account of somebody, for their page.
pub(in crate::web::screens) struct Account {
    pub(in crate::web::screens) name: String,
    pub(in crate::web::screens) href: String,
    pub(in crate::web::screens) of: String,
    pub(in crate::web::screens) workflow: String,
    pub(in crate::web::screens) provisioning: String,
}

/// Accounts of an identity, for those who may see what it has.
pub(in crate::web::screens) fn accounts(
    ctx: &Ctx,
    tx: &mut ReadTx,
    model: &Model,
    catalogue: &Catalogue,
    (kind, id): (&Kind, i64),
) -> Result<Vec<Account>, Problem> {
    if !ctx.may(&format!("/Custom/Resources/{}/ViewOwnedResources", kind.identifier)) {
        return Ok(Vec::new());
    }
    let reader = Reader::read(ctx, tx, model, catalogue, id)?;
    let with_target = reader.owned.resource_types.iter().filter(|row| row.target.is_some());
    let account = |row: &AssignedResourceType| {
        let line = reader.resource_type(row);
        let (name, href) = line.target.unwrap_or_default();
        Account { name, href, of: line.name, workflow: line.workflow, provisioning: line.provisioning }
    };
    Ok(with_target.map(account).collect())
}

/// Whose an account is.
pub(in crate::web::screens) struct Holding {
    /// Owner, and where to find them; nothing when nobody may be named.
    pub(in crate::web::screens) owners: Vec<Account>,
}

/// Owners of a resource, when it is of a kind that is owned: its entity type is the target of a resource type.
pub(in crate::web::screens) fn holding(
    ctx: &Ctx,
    tx: &mut ReadTx,
    model: &Model,
    catalogue: &Catalogue,
    (kind, id): (&Kind, i64),
) -> Result<Option<Holding>, Problem> {
    if !is_target(model, kind) {
        return Ok(None);
    }
    let owners = owners_of(ctx, tx, model, catalogue, &[id])?.pop().unwrap_or_default();
    Ok(Some(Holding { owners }))
}

/// Whether resources of an entity type may have owners: it is the target of a resource type.
pub(in crate::web::screens) fn is_target(model: &Model, kind: &Kind) -> bool {
    let types = &model.metadata.configuration.policy.resource_types;
    types.iter().any(|one| one.target_entity_type == kind.identifier)
}

/// Owners of each of these resources, in their order.
pub(in crate::web::screens) fn owners_of(
    ctx: &Ctx,
    tx: &mut ReadTx,
    model: &Model,
    catalogue: &Catalogue,
    ids: &[i64],
) -> Result<Vec<Vec<Account>>, Problem> {
    let targets: Vec<ResourceId> = ids.iter().copied().map(ResourceId).collect();
    let holders = tx.holders(&targets)?;
    let source = |of: PolicyObjectId| model.policy.get(of).map(|object| object.entity_type.clone()).unwrap_or_default();
    let mut wanted: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for holder in &holders {
        wanted.entry(source(holder.resource_type)).or_default().push(holder.owner.0);
    }
    let mut names = BTreeMap::new();
    for (of, owners) in wanted {
        names.extend(known(ctx, tx, catalogue, &of, owners)?);
    }
    let account = |holder: &Holder| {
        let name = names.get(&holder.owner.0).cloned();
        let href = name.as_ref().map(|_| resource_href(ctx, &source(holder.resource_type), holder.owner.0));
        Account {
            href: href.unwrap_or_default(),
            name: name.unwrap_or_else(|| format!("#{}", holder.owner.0)),
            of: model.object_name(holder.resource_type, ctx.w),
            workflow: workflow(holder.workflow),
            provisioning: provisioning(holder.provisioning),
        }
    };
    let of = |id: &i64| holders.iter().filter(|holder| holder.target.0 == *id).map(account).collect();
    Ok(ids.iter().map(of).collect())
}

/// Address of what a role, resource type or rule says.
pub(super) fn object_href(ctx: &Ctx, model: &Model, id: PolicyObjectId) -> String {
    match model.policy.get(id).filter(|object| object.is_deployed) {
        Some(object) if ctx.may(&super::permission_of(&object.element)) => {
            format!("/policy/{}/{}", encoded(super::screen_of(&object.element)), id)
        }
        _ => String::new(),
    }
}
