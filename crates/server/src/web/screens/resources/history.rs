//! *View History*: when each piece of data changed, two moments side by side, and the resource as it was.

use super::page::{Group, Head, around, groups};
use super::{kind_of, shown};
use crate::web::problem::Problem;
use crate::web::query::{deployed, missing, number, versions, view_of};
use crate::web::route::{Right, Route};
use crate::web::screens::context::{Ctx, html};
use crate::web::screens::frame::Frame;
use crate::web::screens::model::{Kind, Model};
use crate::web::screens::shows;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use provost_model::configuration::PropertyType;
use provost_model::query::parse_instant;
use provost_store::{Catalogue, PageRequest, ReadTx};
use serde_json::{Map, Value};

/// Versions on a page.
const PAGE: u32 = 40;

pub(super) fn routes() -> Vec<Route> {
    let right = Right::Permission("/Custom/Resources/{entityType}/ViewHistory");
    vec![shows("/resources/{entityType}/{id}/history", right, || get(history))]
}

/// A value before and after.
struct Difference {
    name: String,
    before: String,
    after: String,
}

struct Version {
    /// When it began, as queries write it.
    from: String,
    shown: String,
    /// `Insert`, `Update`, or nothing when it is not known what came before.
    command: &'static str,
    differences: Vec<Difference>,
    is_now: bool,
    is_a: bool,
    is_b: bool,
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryView {
    frame: Frame,
    head: Head,
    versions: Vec<Version>,
    compared: Option<Vec<Difference>>,
    at: String,
    then: Option<Vec<Group>>,
    was_not: bool,
    next: Option<String>,
}

async fn history(ctx: Ctx, Path((identifier, id)): Path<(String, String)>) -> Result<Response, Problem> {
    let (model, inner, id) = (ctx.model().await?, ctx.clone(), number(&id)?);
    let view = ctx.app.read(move |tx| {
        let catalogue = inner.app.catalogues().current(tx)?;
        let kind = kind_of(&model, &deployed(&catalogue, &identifier)?)?;
        view(&Past { ctx: &inner, model: &model, catalogue: &catalogue, kind, id }, tx)
    });
    html(&view.await?)
}

/// Whose past is looked at.
struct Past<'a> {
    ctx: &'a Ctx,
    model: &'a Model,
    catalogue: &'a Catalogue,
    kind: &'a Kind,
    id: i64,
}

fn view(past: &Past<'_>, tx: &mut ReadTx) -> Result<HistoryView, Problem> {
    let (ctx, kind, id) = (past.ctx, past.kind, past.id);
    let whom = (&ctx.principal, &ctx.permitted);
    let request = PageRequest { page_size: Some(PAGE), continuation_token: ctx.get("after"), ..PageRequest::default() };
    let found = versions(tx, past.catalogue, whom, (&kind.identifier, id), &request)?;
    let rows = &found.result;
    let newest = rows.first().ok_or_else(|| missing(&kind.identifier, id))?;
    let name = newest["InternalDisplayName"].as_str().unwrap_or_default();
    let (frame, head) = around(ctx, past.model, kind, (id, name), "resource.history");
    let mut versions = timeline(ctx, kind, rows, found.continuation_token.is_some());
    for (n, version) in versions.iter_mut().enumerate().filter(|(_, version)| version.differences.is_empty()) {
        if let Some(before) = rows.get(n + 1) {
            version.differences = past.between(tx, before, &rows[n])?;
        }
    }
    let at = ctx.get("at").unwrap_or_default().to_owned();
    let instant = parse_instant(&at);
    let then = match instant {
        Some(instant) => past.then(tx, instant)?,
        None => None,
    };
    Ok(HistoryView {
        frame,
        head,
        versions,
        compared: chosen(ctx, rows).map(|(before, after)| past.between(tx, before, after)).transpose()?,
        was_not: instant.is_some() && then.is_none(),
        then: then.map(|values| groups(ctx, past.model, past.catalogue, kind, &values)),
        at,
        next: found.continuation_token.map(|token| ctx.address(&[("after", &token)])),
    })
}

impl Past<'_> {
    /// The resource at an instant, with its links; `None` when it was not there, or not to be seen.
    fn then(&self, tx: &mut ReadTx, instant: i64) -> Result<Option<Map<String, Value>>, Problem> {
        let whom = (&self.ctx.principal, &self.ctx.permitted);
        match view_of(tx, self.catalogue, whom, (&self.kind.identifier, self.id), Some(instant)) {
            Ok(values) => Ok(Some(values)),
            Err(problem) if problem.status == 404 => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// What differs between two versions, links included: a range of time has none, an instant has.
    fn between(&self, tx: &mut ReadTx, before: &Value, after: &Value) -> Result<Vec<Difference>, Problem> {
        let mut whole = |row: &Value| -> Result<Value, Problem> {
            let from = row["ValidFrom"].as_str().and_then(parse_instant).unwrap_or_default();
            Ok(self.then(tx, from)?.map_or_else(|| row.clone(), Value::Object))
        };
        Ok(differences(self.ctx, self.kind, &whole(before)?, &whole(after)?))
    }
}

fn differences(ctx: &Ctx, kind: &Kind, before: &Value, after: &Value) -> Vec<Difference> {
    let properties = kind.properties.iter().filter(|shown| !shown.is_hidden);
    let differs = properties.filter_map(|property| {
        let text = |row: &Value| shown(&row[property.identifier.as_str()], property.kind);
        let (before, after) = (text(before), text(after));
        (before != after).then(|| Difference { name: kind.property_name(&property.identifier, ctx.w), before, after })
    });
    differs.collect()
}

fn timeline(ctx: &Ctx, kind: &Kind, rows: &[Value], has_older: bool) -> Vec<Version> {
    let last = rows.len().saturating_sub(1);
    let version = |(n, row): (usize, &Value)| {
        let from = row["ValidFrom"].as_str().unwrap_or_default();
        let differences = rows.get(n + 1).map(|before| differences(ctx, kind, before, row));
        Version {
            from: from.to_owned(),
            shown: shown(&row["ValidFrom"], PropertyType::DateTime),
            command: match (n == last, has_older) {
                (true, false) => "Insert",
                (true, true) => "",
                (false, _) => "Update",
            },
            differences: differences.unwrap_or_default(),
            is_now: n == 0 && ctx.get("after").is_none(),
            is_a: ctx.get("a").map_or(n == last.min(1), |a| a == from),
            is_b: ctx.get("b").map_or(n == 0, |b| b == from),
        }
    };
    rows.iter().enumerate().map(version).collect()
}

/// The two versions to compare, the older one first.
fn chosen<'r>(ctx: &Ctx, rows: &'r [Value]) -> Option<(&'r Value, &'r Value)> {
    let find = |name: &str| {
        let from = ctx.get(name)?;
        rows.iter().position(|row| row["ValidFrom"].as_str() == Some(from))
    };
    let (a, b) = (find("a")?, find("b")?);
    Some((&rows[a.max(b)], &rows[a.min(b)]))
}
