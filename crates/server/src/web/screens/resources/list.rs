//! The resources of an entity type.

use super::search::{Criterion, OPERATORS, Search, kind_of_column, seen, showable};
use super::{export, kind_of, shown};
use crate::web::problem::Problem;
use crate::web::query::{deployed, page_of};
use crate::web::route::{Right, Route};
use crate::web::screens::context::{Ctx, encoded, html};
use crate::web::screens::frame::{Crumb, Frame};
use crate::web::screens::home::{COUNTED, shown_count};
use crate::web::screens::model::{Kind, Model};
use crate::web::screens::policy::{Account, is_target, owners_of};
use crate::web::screens::shows;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use provost_model::query::Query;
use provost_store::{Catalogue, PageRequest, ReadTx};
use serde_json::Value;

const QUERY: Right = Right::Permission("/Custom/Resources/{entityType}/Query");
/// Rows on a page.
const ROWS: u32 = 15;
const SIZES: [u32; 3] = [15, 50, 100];
/// Filters of entity types whose resources may have owners.
const OWNERSHIP: [&str; 2] = ["orphan", "uncategorized"];

pub(super) fn routes() -> Vec<Route> {
    vec![
        shows("/resources/{entityType}", QUERY, || get(list)),
        shows("/resources/{entityType}/export.csv", QUERY, || get(export::csv)),
        shows("/resources/{entityType}/export.xlsx", QUERY, || get(export::xlsx)),
    ]
}

struct Cell {
    text: String,
    /// Where a navigation leads.
    href: String,
    is_number: bool,
}

struct Row {
    name: String,
    href: String,
    cells: Vec<Cell>,
    owners: Vec<Account>,
}

struct Column {
    identifier: String,
    name: String,
    sort: String,
    /// `ascending`, `descending`, or nothing.
    sorted: &'static str,
    is_chosen: bool,
    is_number: bool,
}

#[derive(Template)]
#[template(path = "resources.html")]
struct ListView {
    frame: Frame,
    kind: String,
    columns: Vec<Column>,
    all_columns: Vec<Column>,
    rows: Vec<Row>,
    count: String,
    q: String,
    advanced: String,
    criteria: Vec<Criterion>,
    operators: [&'static str; 8],
    kept: Vec<(String, String)>,
    sizes: Vec<(u32, String, bool)>,
    next: Option<String>,
    first: Option<String>,
    export: String,
    workbook: String,
    /// Its resources may have owners.
    is_target: bool,
    /// Filters by owner and category.
    filters: Vec<Ownership>,
    name_sort: String,
    may_view: bool,
    is_searched: bool,
}

#[derive(Template)]
#[template(path = "resources_part.html")]
struct ListPart<'a> {
    frame: &'a Frame,
    columns: &'a [Column],
    rows: &'a [Row],
    count: &'a str,
    sizes: &'a [(u32, String, bool)],
    next: &'a Option<String>,
    first: &'a Option<String>,
    export: &'a str,
    workbook: &'a str,
    is_target: bool,
    name_sort: &'a str,
    may_view: bool,
    is_searched: bool,
}

async fn list(ctx: Ctx, Path(identifier): Path<String>) -> Result<Response, Problem> {
    let (model, inner) = (ctx.model().await?, ctx.clone());
    let view = ctx.app.read(move |tx| {
        let catalogue = inner.app.catalogues().current(tx)?;
        let kind = kind_of(&model, &deployed(&catalogue, &identifier)?)?;
        view(&inner, tx, &catalogue, &model, kind)
    });
    let view = view.await?;
    if !ctx.is_part {
        return html(&view);
    }
    html(&ListPart {
        frame: &view.frame,
        columns: &view.columns,
        rows: &view.rows,
        count: &view.count,
        sizes: &view.sizes,
        next: &view.next,
        first: &view.first,
        export: &view.export,
        workbook: &view.workbook,
        is_target: view.is_target,
        name_sort: &view.name_sort,
        may_view: view.may_view,
        is_searched: view.is_searched,
    })
}

fn size(ctx: &Ctx) -> u32 {
    ctx.get("size").and_then(|text| text.parse().ok()).filter(|size| SIZES.contains(size)).unwrap_or(ROWS)
}

fn view(ctx: &Ctx, tx: &mut ReadTx, catalogue: &Catalogue, model: &Model, kind: &Kind) -> Result<ListView, Problem> {
    let search = Search::read(ctx, catalogue, kind)?;
    let may_view = ctx.may(&format!("/Custom/Resources/{}/View", kind.identifier));
    let size = size(ctx);
    let request = PageRequest { page_size: Some(size), continuation_token: ctx.get("after"), ..PageRequest::default() };
    let found = page_of(tx, catalogue, (&kind.identifier, &search.query), &request, &seen(ctx, catalogue))?;
    let title = kind.plural(ctx.w);
    let is_searched = search.query.filter.is_some() || OWNERSHIP.iter().any(|name| ctx.get(name).is_some());
    let is_target = is_target(model, kind);
    let mut rows: Vec<Row> = found.result.iter().map(|row| line(ctx, kind, &search, row)).collect();
    if is_target {
        let ids = found.result.iter().map(|row| row["Id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default());
        for (row, owners) in rows.iter_mut().zip(owners_of(ctx, tx, model, catalogue, &ids.collect::<Vec<i64>>())?) {
            row.owners = owners;
        }
    }
    Ok(ListView {
        frame: Frame::new(ctx, model, title.clone(), vec![Crumb::new(title, "")]),
        kind: kind.identifier.clone(),
        columns: columns(ctx, kind, &search, search.columns.iter().map(|c| c.name.clone()).collect()),
        all_columns: columns(ctx, kind, &search, showable(catalogue, kind).into_iter().map(|c| c.name).collect()),
        rows,
        is_target,
        filters: if is_target { OWNERSHIP.map(|name| ownership(ctx, name)).into() } else { Vec::new() },
        count: count(ctx, tx, catalogue, kind, &search.query)?,
        q: ctx.get("q").unwrap_or_default().to_owned(),
        advanced: ctx.get("where").unwrap_or_default().to_owned(),
        criteria: padded(search.criteria),
        operators: OPERATORS,
        kept: ctx
            .query
            .iter()
            .filter(|(name, _)| ["sort", "dir", "size", "col"].contains(&name.as_str()))
            .cloned()
            .collect(),
        sizes: SIZES.map(|one| (one, ctx.address(&[("size", &one.to_string()), ("after", "")]), one == size)).into(),
        next: found.continuation_token.map(|token| ctx.address(&[("after", &token)])),
        first: ctx.get("after").map(|_| ctx.address(&[("after", "")])),
        export: ctx.address(&[("after", "")]).replacen(&ctx.path, &format!("{}/export.csv", ctx.path), 1),
        workbook: ctx.address(&[("after", "")]).replacen(&ctx.path, &format!("{}/export.xlsx", ctx.path), 1),
        name_sort: sort_address(ctx, "InternalDisplayName"),
        may_view,
        is_searched,
    })
}

/// A filter by owner or category.
struct Ownership {
    name: &'static str,
    label: &'static str,
    /// Values, their names, and whether they are chosen.
    choices: [(&'static str, &'static str, bool); 3],
}

fn ownership(ctx: &Ctx, name: &'static str) -> Ownership {
    let keys = match name {
        "orphan" => ["list.orphan", "list.orphan-any", "list.orphan-yes", "list.orphan-no"],
        _ => ["list.uncategorized", "list.uncategorized-any", "list.uncategorized-yes", "list.uncategorized-no"],
    };
    let choice =
        |value: &'static str, key: &'static str| (value, ctx.w.t(key), ctx.get(name).unwrap_or_default() == value);
    let [label, any, yes, no] = keys;
    Ownership { name, label: ctx.w.t(label), choices: [choice("", any), choice("yes", yes), choice("no", no)] }
}

/// An empty criterion at the end, for the next one.
fn padded(mut criteria: Vec<Criterion>) -> Vec<Criterion> {
    criteria.push(Criterion::default());
    criteria
}

fn count(ctx: &Ctx, tx: &mut ReadTx, catalogue: &Catalogue, kind: &Kind, query: &Query) -> Result<String, Problem> {
    let seen = seen(ctx, catalogue);
    let query = Query { order: Vec::new(), select: Vec::new(), ..query.clone() };
    Ok(shown_count(ctx, tx.count_found(catalogue, &kind.identifier, &query, COUNTED, &seen)?))
}

fn sort_address(ctx: &Ctx, name: &str) -> String {
    let is_ascending = ctx.get("sort") == Some(name) && ctx.get("dir") != Some("desc");
    ctx.address(&[("sort", name), ("dir", if is_ascending { "desc" } else { "" }), ("after", "")])
}

fn columns(ctx: &Ctx, kind: &Kind, search: &Search, names: Vec<String>) -> Vec<Column> {
    let column = |identifier: String| Column {
        name: kind.property_name(&identifier, ctx.w),
        sort: sort_address(ctx, &identifier),
        sorted: match (ctx.get("sort") == Some(&identifier), ctx.get("dir")) {
            (true, Some("desc")) => "descending",
            (true, _) => "ascending",
            (false, _) => "",
        },
        is_chosen: search.columns.iter().any(|column| column.name == identifier),
        is_number: is_number(kind, &identifier),
        identifier,
    };
    names.into_iter().map(column).collect()
}

fn is_number(kind: &Kind, name: &str) -> bool {
    use provost_model::configuration::PropertyType::{Byte, Double, Int16, Int32, Int64};
    matches!(kind_of_column(kind, name), Byte | Double | Int16 | Int32 | Int64)
}

fn line(ctx: &Ctx, kind: &Kind, search: &Search, row: &Value) -> Row {
    let id = row["Id"].as_str().unwrap_or_default();
    let cell = |column: &provost_store::QueryProperty| {
        let value = &row[column.name.as_str()];
        let target = column.target.as_deref().zip(value["Id"].as_str());
        Cell {
            text: shown(value, kind_of_column(kind, &column.name)),
            href: target.map(|(of, id)| format!("/resources/{}/{id}", encoded(of))).unwrap_or_default(),
            is_number: is_number(kind, &column.name),
        }
    };
    Row {
        name: row["InternalDisplayName"].as_str().unwrap_or(id).to_owned(),
        href: format!("/resources/{}/{id}", encoded(&kind.identifier)),
        cells: search.columns.iter().map(cell).collect(),
        owners: Vec::new(),
    }
    .named(ctx)
}

impl Row {
    /// A name that is empty cannot be clicked.
    fn named(mut self, ctx: &Ctx) -> Row {
        if self.name.trim().is_empty() {
            self.name = ctx.w.t("resource.nameless").to_owned();
        }
        self
    }
}
