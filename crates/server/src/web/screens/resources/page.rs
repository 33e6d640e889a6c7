//! One resource: its properties in groups, and its links with an eye to walk on.

use super::{kind_of, shown};
use crate::web::problem::Problem;
use crate::web::query::{deployed, number, page, view_of};
use crate::web::route::{Right, Route};
use crate::web::screens::context::{Ctx, encoded, html};
use crate::web::screens::frame::{Crumb, Frame};
use crate::web::screens::model::{Kind, Model};
use crate::web::screens::policy::{Account, Holding, accounts, holding};
use crate::web::screens::shows;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use provost_model::query::{Binding, Filter, Join, Operand, Operator, Order, Query};
use provost_store::{Catalogue, PageRequest, ReadTx};
use serde_json::{Map, Value};

/// Links of one property that are shown.
const LINKS: u32 = 12;

pub(super) fn routes() -> Vec<Route> {
    vec![shows("/resources/{entityType}/{id}", Right::Permission("/Custom/Resources/{entityType}/View"), || get(one))]
}

pub(super) struct Fact {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) href: String,
    order: i64,
}

pub(super) struct Group {
    pub(super) name: String,
    pub(super) facts: Vec<Fact>,
}

struct Link {
    name: String,
    key: String,
    href: String,
}

struct Links {
    name: String,
    of: String,
    links: Vec<Link>,
    /// Where all of them are, when these are not all.
    more: Option<String>,
}

/// The head that all pages of a resource share.
pub(in crate::web::screens) struct Head {
    pub(in crate::web::screens) name: String,
    pub(in crate::web::screens) kind: String,
    pub(in crate::web::screens) icon: &'static str,
    pub(in crate::web::screens) href: String,
    pub(in crate::web::screens) may_view: bool,
    pub(in crate::web::screens) may_history: bool,
    pub(in crate::web::screens) here: &'static str,
    pub(in crate::web::screens) may_permissions: bool,
}

#[derive(Template)]
#[template(path = "resource.html")]
struct ResourceView {
    frame: Frame,
    head: Head,
    groups: Vec<Group>,
    links: Vec<Links>,
    accounts: Vec<Account>,
    holding: Option<Holding>,
    since: String,
}

/// Frame and head of a page of a resource.
pub(in crate::web::screens) fn around(
    ctx: &Ctx,
    model: &Model,
    kind: &Kind,
    (id, name): (i64, &str),
    here: &'static str,
) -> (Frame, Head) {
    let href = format!("/resources/{}/{id}", encoded(&kind.identifier));
    let list = format!("/resources/{}", encoded(&kind.identifier));
    let name = if name.trim().is_empty() { ctx.w.t("resource.nameless") } else { name };
    let mut crumbs = vec![Crumb::new(kind.plural(ctx.w), list)];
    match here {
        "" => crumbs.push(Crumb::new(name, "")),
        _ => crumbs.extend([Crumb::new(name, &href), Crumb::new(ctx.w.t(here), "")]),
    }
    let may = |what: &str| ctx.may(&format!("/Custom/Resources/{}/{what}", kind.identifier));
    let head = Head {
        name: name.to_owned(),
        kind: kind.name(ctx.w),
        icon: kind.icon(),
        href,
        may_view: may("View"),
        may_history: may("ViewHistory"),
        may_permissions: model.is_owner(&kind.identifier) && may("ViewOwnedResources"),
        here,
    };
    (Frame::new(ctx, model, name.to_owned(), crumbs), head)
}

async fn one(ctx: Ctx, Path((identifier, id)): Path<(String, String)>) -> Result<Response, Problem> {
    let (model, inner, id) = (ctx.model().await?, ctx.clone(), number(&id)?);
    let view = ctx.app.read(move |tx| {
        let catalogue = inner.app.catalogues().current(tx)?;
        let kind = kind_of(&model, &deployed(&catalogue, &identifier)?)?;
        let whom = (&inner.principal, &inner.permitted);
        let values = view_of(tx, &catalogue, whom, (&kind.identifier, id), None)?;
        let name = values.get("InternalDisplayName").and_then(Value::as_str).unwrap_or_default();
        let (frame, head) = around(&inner, &model, kind, (id, name), "");
        Ok(ResourceView {
            frame,
            head,
            groups: groups(&inner, &model, &catalogue, kind, &values),
            links: all_links(&inner, tx, &catalogue, &model, kind, id)?,
            accounts: accounts(&inner, tx, &model, &catalogue, (kind, id))?,
            holding: holding(&inner, tx, &model, &catalogue, (kind, id))?,
            since: values
                .get("ValidFrom")
                .map(|v| shown(v, provost_model::configuration::PropertyType::DateTime))
                .unwrap_or_default(),
        })
    });
    html(&view.await?)
}

/// Properties that have a value, in their groups; without groups, by name.
pub(super) fn groups(
    ctx: &Ctx,
    model: &Model,
    catalogue: &Catalogue,
    kind: &Kind,
    values: &Map<String, Value>,
) -> Vec<Group> {
    let targets = catalogue.properties(&kind.identifier);
    let mut groups: Vec<(Option<String>, Vec<Fact>)> = Vec::new();
    for shown_as in kind.properties.iter().filter(|shown| !shown.is_hidden) {
        let Some(value) = values.get(&shown_as.identifier).filter(|value| !value.is_array()) else { continue };
        let target = targets.iter().find(|p| p.name == shown_as.identifier).and_then(|p| p.target.clone());
        let href = target.zip(value["Id"].as_str()).map(|(of, id)| format!("/resources/{}/{id}", encoded(&of)));
        let fact = Fact {
            name: kind.property_name(&shown_as.identifier, ctx.w),
            text: shown(value, shown_as.kind),
            href: href.unwrap_or_default(),
            order: shown_as.order,
        };
        match groups.iter_mut().find(|(group, _)| *group == shown_as.group) {
            Some((_, facts)) => facts.push(fact),
            None => groups.push((shown_as.group.clone(), vec![fact])),
        }
    }
    let named = |(group, mut facts): (Option<String>, Vec<Fact>)| {
        facts.sort_by(|a, b| (a.order, &a.name).cmp(&(b.order, &b.name)));
        let name = group.map_or_else(|| ctx.w.t("resource.data").to_owned(), |g| model.group_name(&g, ctx.w));
        Group { name, facts }
    };
    groups.into_iter().map(named).collect()
}

/// Links to several entities, looked up from the other end: a group of a million members costs a page.
fn all_links(
    ctx: &Ctx,
    tx: &mut ReadTx,
    catalogue: &Catalogue,
    model: &Model,
    kind: &Kind,
    id: i64,
) -> Result<Vec<Links>, Problem> {
    let mut all = Vec::new();
    let types = &model.metadata.entity_types;
    for association in &model.metadata.associations {
        let ends = [
            (
                association.end1,
                association.end2,
                association.is_property1_collection,
                association.is_property2_collection,
            ),
            (
                association.end2,
                association.end1,
                association.is_property2_collection,
                association.is_property1_collection,
            ),
        ];
        for ((own_type, own_property), (other_type, other_property), is_list, back_is_list) in ends {
            let (Some(own), Some(other)) = (types.get(own_type), types.get(other_type)) else { continue };
            if own.identifier != kind.identifier || !is_list {
                continue;
            }
            let property = own.properties[own_property].identifier.as_str();
            let sees = catalogue.properties(&kind.identifier).iter().any(|p| p.name == property);
            let back = (other.identifier.as_str(), other.properties[other_property].identifier.as_str(), back_is_list);
            if sees
                && let Some(found) = links(ctx, tx, catalogue, (back, id), kind.property_name(property, ctx.w), model)?
            {
                all.push(found);
            }
        }
    }
    Ok(all)
}

fn links(
    ctx: &Ctx,
    tx: &mut ReadTx,
    catalogue: &Catalogue,
    ((other, back, back_is_list), id): ((&str, &str, bool), i64),
    name: String,
    model: &Model,
) -> Result<Option<Links>, Problem> {
    let mut query = Query {
        select: vec![Binding::of(["Id"]), Binding::of(["InternalDisplayName"])],
        order: vec![Order {
            binding: Binding::of(["InternalDisplayName"]),
            direction: provost_model::query::Direction::Ascending,
        }],
        ..Query::default()
    };
    let key = catalogue.key(other).map(str::to_owned);
    query.select.extend(key.as_ref().map(|key| Binding::of([key.as_str()])));
    let left = if back_is_list {
        query.joins.push(Join { binding: Binding::of([back]), of_type: None, alias: "back".to_owned() });
        Binding::of(["back", "Id"])
    } else {
        Binding::of([back])
    };
    query.filter = Some(Filter::Compare { left, operator: Operator::Equal, right: Operand::Int(id) });
    let request = PageRequest { page_size: Some(LINKS), ..PageRequest::default() };
    let found = page(tx, catalogue, &ctx.principal, &ctx.permitted, (other, &query), &request)?;
    if found.result.is_empty() {
        return Ok(None);
    }
    let all = if back_is_list { format!("join {back} back where back.Id = {id}") } else { format!("{back} = {id}") };
    let more = found.continuation_token.map(|_| format!("/resources/{}?where={}", encoded(other), encoded(&all)));
    let link = |row: &Value| {
        let id = row["Id"].as_str().unwrap_or_default();
        Link {
            name: row["InternalDisplayName"].as_str().unwrap_or(id).to_owned(),
            key: key.as_ref().and_then(|key| row[key.as_str()].as_str()).unwrap_or_default().to_owned(),
            href: format!("/resources/{}/{id}", encoded(other)),
        }
    };
    let links = found.result.iter().map(link).collect();
    Ok(Some(Links { name, of: model.kind_name(other, ctx.w), links, more }))
}
