//! The command palette: screens, connectors, jobs and resources by a few letters.

use super::context::{Ctx, encoded, html};
use super::frame::PLACES;
use super::model::Kind;
use super::shows;
use super::words::Words;
use crate::web::principal::Permitted;
use crate::web::problem::Problem;
use crate::web::query::page;
use crate::web::route::{Right, Route};
use askama::Template;
use axum::response::Response;
use axum::routing::get;
use provost_model::query::{Binding, Filter, Operand, Operator, Query};
use provost_store::{Catalogue, PageRequest, ReadTx};

/// Resources of each entity type.
const OF_EACH: u32 = 4;
/// Letters from which on resources are searched.
const LETTERS: usize = 2;

pub(super) fn routes() -> Vec<Route> {
    vec![shows("/palette_part", Right::SignedIn, || get(part))]
}

struct Hit {
    name: String,
    href: String,
    icon: &'static str,
    about: String,
}

struct Group {
    name: String,
    hits: Vec<Hit>,
}

#[derive(Template)]
#[template(path = "palette_part.html")]
struct PaletteView {
    w: Words,
    groups: Vec<Group>,
    asked: String,
}

async fn part(ctx: Ctx) -> Result<Response, Problem> {
    let asked = ctx.get("q").unwrap_or_default().to_owned();
    let model = ctx.model().await?;
    let jobs = match ctx.app.jobs() {
        Ok(engine) if ctx.may("/Jobs/Job/Query") => ctx.app.blocking(move || Ok(engine.jobs()?)).await?,
        _ => Vec::new(),
    };
    let inner = ctx.clone();
    let groups = ctx
        .app
        .read(move |tx| {
            let catalogue = inner.app.catalogues().current(tx)?;
            let mut groups = vec![screens(&inner, &asked, &model), connectors(&inner, &asked, &model)];
            let jobs = jobs.into_iter().map(|job| {
                let name = job.display_name.clone().unwrap_or_else(|| job.identifier.clone());
                Hit { name, href: format!("/jobs/{}", encoded(&job.identifier)), icon: "play", about: job.identifier }
            });
            groups.push(Group {
                name: inner.w.t("palette.jobs").to_owned(),
                hits: jobs.filter(|hit| fits(&asked, &[&hit.name, &hit.about])).take(6).collect(),
            });
            groups.push(roles(&inner, &asked, &model));
            if asked.chars().count() >= LETTERS {
                for kind in model.listed() {
                    groups.push(resources(&inner, tx, &catalogue, kind, &asked)?);
                }
            }
            groups.retain(|group| !group.hits.is_empty());
            Ok((groups, asked))
        })
        .await?;
    html(&PaletteView { w: ctx.w, groups: groups.0, asked: groups.1 })
}

/// Whether any of the texts contains what was typed, whatever its case.
fn fits(asked: &str, texts: &[&str]) -> bool {
    let asked = asked.to_lowercase();
    texts.iter().any(|text| text.to_lowercase().contains(&asked))
}

fn screens(ctx: &Ctx, asked: &str, model: &super::model::Model) -> Group {
    let hit = |name: String, href: String, icon| Hit { name, href, icon, about: String::new() };
    let mut hits = vec![hit(ctx.w.t("menu.home").to_owned(), "/".to_owned(), "home")];
    let places = PLACES.iter().filter(|(permission, ..)| ctx.may(permission));
    hits.extend(places.map(|(_, name, href, icon)| hit(ctx.w.t(name).to_owned(), (*href).to_owned(), icon)));
    let kinds = model.listed().filter(|kind| ctx.may(&format!("/Custom/Resources/{}/Query", kind.identifier)));
    hits.extend(
        kinds.map(|kind| hit(kind.plural(ctx.w), format!("/resources/{}", encoded(&kind.identifier)), kind.icon())),
    );
    if super::policy::any(ctx, model) {
        hits.push(hit(ctx.w.t("menu.tasks").to_owned(), "/reviews".to_owned(), "check"));
    }
    hits.extend(
        super::policy::places(ctx).into_iter().map(|(key, href, icon)| hit(ctx.w.t(key).to_owned(), href, icon)),
    );
    hits.push(hit(ctx.w.t("design.title").to_owned(), "/design".to_owned(), "swatch"));
    hits.retain(|hit| fits(asked, &[&hit.name]));
    Group { name: ctx.w.t("palette.screens").to_owned(), hits }
}

fn connectors(ctx: &Ctx, asked: &str, model: &super::model::Model) -> Group {
    let all = model.metadata.configuration.connectors.iter().filter(|_| ctx.may("/Connectors/Connector/Query"));
    let hits = all.map(|connector| Hit {
        name: connector.display_name.clone().unwrap_or_else(|| connector.identifier.clone()),
        href: format!("/connectors/{}", encoded(&connector.identifier)),
        icon: "plug",
        about: connector.identifier.clone(),
    });
    let hits = hits.filter(|hit| fits(asked, &[&hit.name, &hit.about])).take(6).collect();
    Group { name: ctx.w.t("palette.connectors").to_owned(), hits }
}

/// Roles and resource types of this name or identifier.
fn roles(ctx: &Ctx, asked: &str, model: &super::model::Model) -> Group {
    let mut group = Group { name: ctx.w.t("menu.access-roles").to_owned(), hits: Vec::new() };
    if asked.chars().count() < LETTERS {
        return group;
    }
    for element in ["CompositeRole", "SingleRole", "ResourceType"] {
        if !ctx.may(&format!("/ProvisioningPolicy/{element}/Query")) {
            continue;
        }
        let all = model.policy.of_element(element).map(|(id, object)| Hit {
            name: model.object_name(id, ctx.w),
            href: format!("/policy/{element}/{id}"),
            icon: "key",
            about: object.identity.clone(),
        });
        group.hits.extend(all.filter(|hit| fits(asked, &[&hit.name, &hit.about])).take(6));
    }
    group
}

/// Resources whose name begins with what was typed, or whose key is it.
fn resources(ctx: &Ctx, tx: &mut ReadTx, catalogue: &Catalogue, kind: &Kind, asked: &str) -> Result<Group, Problem> {
    let permission = format!("/Custom/Resources/{}/Query", kind.identifier);
    let mut group = Group { name: kind.plural(ctx.w), hits: Vec::new() };
    if !ctx.may(&permission) || !catalogue.is_deployed(&kind.identifier) {
        return Ok(group);
    }
    let query = Query {
        select: vec![Binding::of(["Id"]), Binding::of(["InternalDisplayName"])],
        filter: Some(Filter::Compare {
            left: Binding::of(["InternalDisplayName"]),
            operator: Operator::Contains,
            right: Operand::Text(asked.to_owned()),
        }),
        ..Query::default()
    };
    let request = PageRequest { page_size: Some(OF_EACH), ..PageRequest::default() };
    let rows = page(tx, catalogue, &ctx.principal, &Permitted(permission), (&kind.identifier, &query), &request)?;
    group.hits = rows
        .result
        .iter()
        .map(|row| {
            let id = row["Id"].as_str().unwrap_or_default();
            Hit {
                name: row["InternalDisplayName"].as_str().unwrap_or(id).to_owned(),
                href: format!("/resources/{}/{id}", encoded(&kind.identifier)),
                icon: kind.icon(),
                about: kind.name(ctx.w),
            }
        })
        .collect();
    Ok(group)
}
