//! Deciding about many at once: first what it will do, then exactly that.

use super::cards::kind_key;
use super::decide::verdict;
use super::gather::{Gathered, Reading, Wanted};
use super::list::{self, Choice};
use super::{Screen, screen};
use crate::orders::{Decision, Item, ItemKind, decide as follow};
use crate::web::problem::Problem;
use crate::web::screens::context::{Ctx, go, html};
use crate::web::screens::frame::{Crumb, Frame};
use askama::Template;
use axum::extract::{Form, Path};
use axum::response::Response;
use std::collections::BTreeMap;

/// Items that are decided about in one go.
const MOST: usize = 2_000;
/// Examples that are shown.
const SHOWN: usize = 10;

/// Items that are alike.
struct Alike {
    kind: &'static str,
    of: String,
    property: String,
    error: String,
    count: usize,
}

#[derive(Template)]
#[template(path = "review_bulk.html")]
struct BulkView {
    frame: Frame,
    title: String,
    verdict: &'static str,
    /// Key of what follows from it.
    why: &'static str,
    /// Errors can be searched.
    may_error: bool,
    verdicts: Vec<Choice>,
    types: Vec<Choice>,
    error: String,
    alike: Vec<Alike>,
    has_property: bool,
    has_error: bool,
    /// Names and addresses of some of those concerned.
    owners: Vec<(String, String)>,
    count: usize,
    people: usize,
    is_all: bool,
    digest: String,
    here: String,
    back: String,
    was_refused: bool,
    refused: Vec<String>,
}

/// The verdict of the address, or the first one.
fn chosen(ctx: &Ctx, screen: &Screen) -> &'static str {
    let asked = ctx.get("verdict").unwrap_or_default();
    screen.verdicts.iter().find(|word| **word == asked).or(screen.verdicts.first()).copied().unwrap_or_default()
}

/// What a verdict about many is about: it is never said about what it does not fit.
fn concerns(verdict: &str, item: &Item) -> bool {
    match verdict {
        "unblock" => item.kind == ItemKind::Errored,
        "approve" => item.kind == ItemKind::Property,
        "keep" | "delete" => matches!(item.kind, ItemKind::Role | ItemKind::Property | ItemKind::Unauthorised),
        _ => item.kind == ItemKind::Manual,
    }
}

fn gathered(reading: &Reading<'_>, tx: &mut provost_store::ReadTx) -> Result<Gathered, Problem> {
    let wanted = Wanted { property: String::new(), ..Wanted::read(reading.ctx) };
    let mut found = reading.gather(tx, &wanted, 0, MOST)?;
    let word = chosen(reading.ctx, reading.screen);
    found.items.retain(|item| concerns(word, item));
    Ok(found)
}

/// Name of what is decided about: it differs as soon as anything does.
fn digest(items: &[Item], verdict: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(verdict.as_bytes());
    for item in items {
        hasher.update(format!("\n{:?} {} {}", item.part, item.id, item.version).as_bytes());
    }
    hasher.finalize().to_hex().chars().take(32).collect()
}

pub(super) async fn page(ctx: Ctx, Path(identifier): Path<String>) -> Result<Response, Problem> {
    let was_refused = ctx.get("refused").is_some();
    show(ctx, identifier, was_refused, Vec::new()).await
}

async fn show(ctx: Ctx, identifier: String, was_refused: bool, refused: Vec<String>) -> Result<Response, Problem> {
    let (model, inner) = (ctx.model().await?, ctx.clone());
    let view = ctx.app.read(move |tx| {
        let catalogue = inner.app.catalogues().current(tx)?;
        let (screen, kind) = (screen(&inner)?, list::kind(&model, &identifier)?);
        let reading = Reading { ctx: &inner, model: &model, catalogue: &catalogue, screen, kind };
        let found = gathered(&reading, tx)?;
        let verdict = chosen(&inner, screen);
        let title = inner.w.t(bulk_key(screen, verdict));
        let back = inner.path.trim_end_matches("/bulk").to_owned();
        let crumbs = vec![
            Crumb::new(inner.w.t("menu.tasks"), "/reviews"),
            Crumb::new(inner.w.t(screen.title()), &back),
            Crumb::new(title, ""),
        ];
        let wanted = Wanted::read(&inner);
        let mut people: Vec<i64> = found.items.iter().map(|item| item.owner).collect();
        people.sort_unstable();
        people.dedup();
        let name = |id: &i64| {
            let href = crate::web::screens::policy::resource_href(&inner, &kind.identifier, *id);
            (found.owners.get(id).cloned().unwrap_or_default(), href)
        };
        Ok(BulkView {
            frame: Frame::new(&inner, &model, title.to_owned(), crumbs),
            title: title.to_owned(),
            verdicts: verdicts(&inner, screen, verdict),
            types: list::types(&inner, &model, screen, &kind.identifier, &wanted.of),
            has_property: found.items.iter().any(|item| item.property.is_some()),
            has_error: found.items.iter().any(|item| item.error.is_some()),
            alike: alike(&inner, &model, &found.items),
            owners: people.iter().take(SHOWN).map(name).collect(),
            count: found.items.len(),
            people: people.len(),
            is_all: found.next.is_none(),
            digest: digest(&found.items, verdict),
            here: inner.address(&[("refused", "")]),
            error: wanted.error,
            why: why_key(verdict),
            may_error: verdict == "unblock",
            verdict,
            back,
            was_refused,
            refused,
        })
    });
    html(&view.await?)
}

fn verdicts(ctx: &Ctx, screen: &Screen, chosen: &str) -> Vec<Choice> {
    let all = screen.verdicts.iter().map(|word| Choice {
        name: ctx.w.t(bulk_key(screen, word)).to_owned(),
        value: ctx.address(&[("verdict", word), ("refused", "")]),
        is_chosen: *word == chosen,
    });
    if screen.verdicts.len() > 1 { all.collect() } else { Vec::new() }
}

/// Key of what a verdict does to many.
fn bulk_key(screen: &Screen, verdict: &str) -> &'static str {
    match verdict {
        "keep" if screen.word == "role-reconciliation" => "bulk.keep-roles",
        "delete" if screen.word == "role-reconciliation" => "bulk.delete-roles",
        "unblock" => "bulk.unblock",
        "approve" => "bulk.approve",
        "keep" => "bulk.keep",
        "delete" => "bulk.delete",
        _ => "bulk.executed",
    }
}

/// Key of what follows from it.
fn why_key(verdict: &str) -> &'static str {
    match verdict {
        "unblock" => "bulk.unblock-why",
        "approve" => "bulk.approve-why",
        "keep" => "bulk.keep-why",
        "delete" => "bulk.delete-why",
        _ => "bulk.executed-why",
    }
}

fn alike(ctx: &Ctx, model: &crate::web::screens::model::Model, items: &[Item]) -> Vec<Alike> {
    let mut counts: BTreeMap<(&'static str, &str, &str, &str), usize> = BTreeMap::new();
    for item in items {
        let key = (
            kind_key(item.kind),
            item.of.as_str(),
            item.property.as_deref().unwrap_or_default(),
            item.error.as_deref().unwrap_or_default(),
        );
        *counts.entry(key).or_default() += 1;
    }
    let name = |of: &str| {
        let found = ["ResourceType", "SingleRole", "CompositeRole"].iter().find_map(|e| model.policy.find(e, of));
        found.map_or_else(|| of.to_owned(), |(id, _)| model.object_name(id, ctx.w))
    };
    let mut all: Vec<Alike> = counts
        .into_iter()
        .map(|((kind, of, property, error), count)| Alike {
            kind,
            of: name(of),
            property: property.to_owned(),
            error: error.to_owned(),
            count,
        })
        .collect();
    all.sort_by_key(|alike| std::cmp::Reverse(alike.count));
    all.truncate(100);
    all
}

/// Does what was shown, and nothing else: the form names it.
pub(super) async fn carry_out(
    ctx: Ctx,
    Path(identifier): Path<String>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let text = |name: &str| fields.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
    let (shown, comment) = (text("digest"), text("comment"));
    if shown.is_empty() {
        return Err(Problem::bad_request("digest", "nothing is decided about that nobody has looked at"));
    }
    let (model, inner, kind) = (ctx.model().await?, ctx.clone(), identifier.clone());
    let decisions = ctx
        .app
        .read(move |tx| {
            let catalogue = inner.app.catalogues().current(tx)?;
            let (screen, kind) = (screen(&inner)?, list::kind(&model, &kind)?);
            let reading = Reading { ctx: &inner, model: &model, catalogue: &catalogue, screen, kind };
            let found = gathered(&reading, tx)?;
            let word = chosen(&inner, screen);
            let Some(verdict) = verdict(word).filter(|_| digest(&found.items, word) == shown) else { return Ok(None) };
            let decision = |item: &Item| Decision {
                owner: item.owner,
                part: item.part,
                id: item.id,
                verdict,
                version: Some(item.version.clone()),
                comment: comment.clone(),
            };
            let mut all: Vec<Decision> = found.items.iter().map(decision).collect();
            // The whole comes behind what it holds.
            all.sort_by_key(|decision| (decision.owner, std::cmp::Reverse(decision.part)));
            Ok(Some(all))
        })
        .await?;
    let Some(decisions) = decisions else { return Ok(go(&ctx.address(&[("refused", "1")]))) };
    let (app, actor) = (ctx.app.clone(), ctx.principal.name.clone());
    let decided = ctx.app.blocking(move || Ok(follow(app.store(), &decisions, &actor, app.now_micros())?)).await?;
    match decided.refused.is_empty() {
        true => Ok(go(&format!("{}?done=decided", ctx.path.trim_end_matches("/bulk")))),
        false => show(ctx, identifier, false, decided.refused.into_iter().take(SHOWN).collect()).await,
    }
}
