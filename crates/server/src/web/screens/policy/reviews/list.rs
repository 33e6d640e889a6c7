//! A page of what waits.

use super::cards::{Card, kind_key, kind_word};
use super::gather::{Reading, Wanted};
use super::rows::{Row, Rows};
use super::{SCREENS, Screen, screen};
use crate::orders::Part;
use crate::web::problem::Problem;
use crate::web::screens::context::{Ctx, encoded, html};
use crate::web::screens::frame::{Crumb, Frame};
use crate::web::screens::model::Model;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use provost_model::PolicyObjectId;

/// Cards on a page, or a little more: what belongs to one owner stays together.
const CARDS: usize = 15;

/// An entry of a choice.
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) is_chosen: bool,
}

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewView {
    frame: Frame,
    screen: &'static Screen,
    title: &'static str,
    /// Entity types, and where they lead.
    kinds: Vec<Choice>,
    types: Vec<Choice>,
    reasons: Vec<Choice>,
    properties: Vec<Choice>,
    error: String,
    by_property: bool,
    resource_view: String,
    property_view: String,
    cards: Vec<Card>,
    next: Option<String>,
    first: Option<String>,
    /// Where many are decided about at once.
    bulk: String,
    /// The address of the page itself.
    here: String,
    is_narrowed: bool,
    refused: Vec<String>,
}

pub(super) async fn page(ctx: Ctx, Path(identifier): Path<String>) -> Result<Response, Problem> {
    show(ctx, identifier, Vec::new()).await
}

/// The page, with what was refused of what somebody has decided.
pub(super) async fn show(ctx: Ctx, identifier: String, refused: Vec<String>) -> Result<Response, Problem> {
    let (model, inner) = (ctx.model().await?, ctx.clone());
    let view = ctx.app.read(move |tx| {
        let catalogue = inner.app.catalogues().current(tx)?;
        let (screen, kind) = (screen(&inner)?, kind(&model, &identifier)?);
        let reading = Reading { ctx: &inner, model: &model, catalogue: &catalogue, screen, kind };
        let by_property = screen.has_properties && inner.get("view") == Some("property");
        let wanted = Wanted::read(&inner);
        let after = inner.get("after").and_then(|text| text.parse().ok()).unwrap_or(0);
        let found = reading.gather(tx, &wanted, after, CARDS)?;
        let title = inner.w.t(screen.title());
        let crumbs = vec![Crumb::new(inner.w.t("menu.tasks"), "/reviews"), Crumb::new(title, "")];
        let bulk = inner.address(&[("after", ""), ("view", "")]);
        let bulk = bulk.replacen(&inner.path, &format!("{}/bulk", inner.path), 1);
        Ok(ReviewView {
            frame: Frame::new(&inner, &model, title.to_owned(), crumbs),
            kinds: kinds(&inner, &model, screen, &kind.identifier),
            types: types(&inner, &model, screen, &kind.identifier, &wanted.of),
            reasons: reasons(&inner, screen),
            properties: if by_property { properties(&inner, &model, &wanted) } else { Vec::new() },
            resource_view: inner.address(&[("view", ""), ("property", ""), ("after", "")]),
            property_view: inner.address(&[("view", "property"), ("after", "")]),
            cards: reading.cards(tx, &found, by_property)?,
            next: found.next.map(|next| inner.address(&[("after", &next.to_string())])),
            first: inner.get("after").map(|_| inner.address(&[("after", "")])),
            bulk: if screen.may_bulk(&inner, &kind.identifier) { bulk } else { String::new() },
            here: inner.address(&[]),
            is_narrowed: !wanted.of.is_empty() || !wanted.error.is_empty() || wanted.kind.is_some() || after > 0,
            error: wanted.error,
            screen,
            title,
            by_property,
            refused,
        })
    });
    html(&view.await?)
}

/// The entity type of an address, if the policy gives something to it.
pub(super) fn kind<'m>(model: &'m Model, identifier: &str) -> Result<&'m crate::web::screens::model::Kind, Problem> {
    let unknown = || Problem::not_found(format!("no entity type \"{identifier}\" is deployed"));
    model.kind(identifier).ok_or_else(unknown)
}

/// Entity types of a screen that somebody may see.
pub(super) fn kinds(ctx: &Ctx, model: &Model, screen: &Screen, here: &str) -> Vec<Choice> {
    let all = model.owners().filter(|kind| screen.may(ctx, &kind.identifier));
    all.map(|kind| Choice {
        name: kind.plural(ctx.w),
        value: format!("/reviews/{}/{}", screen.word, encoded(&kind.identifier)),
        is_chosen: kind.identifier == here,
    })
    .collect()
}

/// Roles or resource types that a list is narrowed to. Of thousands of roles, none but the chosen one is offered.
pub(super) fn types(ctx: &Ctx, model: &Model, screen: &Screen, entity_type: &str, chosen: &str) -> Vec<Choice> {
    let elements: &[&str] = match screen.word {
        "roles" | "role-reconciliation" => &["CompositeRole", "SingleRole"],
        _ => &["ResourceType"],
    };
    let all = elements.iter().flat_map(|element| model.policy.of_element(element));
    let rows = Rows::of(&ctx.principal, &ctx.permitted.0);
    let is_open = |id: PolicyObjectId, element: &str| {
        let part = match element {
            "SingleRole" => Part::SingleRole,
            "CompositeRole" => Part::CompositeRole,
            _ => Part::ResourceType,
        };
        rows.open(&Row { part, object: Some(id), owner: 0, workflow: None, is_any: true, model })
    };
    let own = all.filter(|(id, object)| object.entity_type == entity_type && is_open(*id, &object.element));
    let mut all: Vec<Choice> = own
        .map(|(id, object)| Choice {
            name: model.object_name(id, ctx.w),
            value: object.identity.clone(),
            is_chosen: object.identity == chosen,
        })
        .collect();
    if all.len() > 300 {
        all.retain(|choice| choice.is_chosen);
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn reasons(ctx: &Ctx, screen: &Screen) -> Vec<Choice> {
    let all = screen.kinds.iter().map(|kind| Choice {
        name: ctx.w.t(kind_key(*kind)).to_owned(),
        value: kind_word(*kind).to_owned(),
        is_chosen: ctx.get("kind") == Some(kind_word(*kind)),
    });
    if screen.kinds.len() > 1 { all.collect() } else { Vec::new() }
}

/// Properties of the targets of the chosen resource type.
fn properties(ctx: &Ctx, model: &Model, wanted: &Wanted) -> Vec<Choice> {
    let types = &model.metadata.configuration.policy.resource_types;
    let Some(of) = types.iter().find(|one| one.identifier == wanted.of) else { return Vec::new() };
    let Some(kind) = model.kind(&of.target_entity_type) else { return Vec::new() };
    let rules = of.scalar_rules.iter().map(|rule| &rule.property);
    let rules = rules.chain(of.navigation_rules.iter().map(|rule| &rule.property));
    let rules = rules.chain(of.query_rules.iter().map(|rule| &rule.property));
    let mut all: Vec<&String> = rules.chain(of.binary_rules.iter().map(|rule| &rule.property)).collect();
    all.sort();
    all.dedup();
    all.into_iter()
        .map(|name| Choice {
            name: kind.property_name(name, ctx.w),
            value: name.clone(),
            is_chosen: *name == wanted.property,
        })
        .collect()
}

/// All screens, in their order.
pub(super) fn all() -> impl Iterator<Item = &'static Screen> {
    SCREENS.iter()
}
