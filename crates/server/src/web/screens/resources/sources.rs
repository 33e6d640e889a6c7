//! *View Sources*: where each piece of data comes from.

use super::page::{Head, around};
use super::{kind_of, shown};
use crate::web::principal::Permitted;
use crate::web::problem::Problem;
use crate::web::query::{deployed, number, page, view_of};
use crate::web::route::{Right, Route};
use crate::web::screens::context::{Ctx, html};
use crate::web::screens::frame::Frame;
use crate::web::screens::model::{Kind, Model};
use crate::web::screens::shows;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use provost_model::query::{Binding, Filter, Operand, Operator, Query};
use provost_store::{Catalogue, PageRequest, ReadTx};
use serde_json::Value;

/// Changes that are shown.
const CHANGES: u32 = 20;
const SEES_CHANGES: &str = "/Custom/ResourceChanges";

pub(super) fn routes() -> Vec<Route> {
    let right = Right::Permission("/Custom/Resources/{entityType}/View");
    vec![shows("/resources/{entityType}/{id}/sources", right, || get(sources))]
}

struct Source {
    name: String,
    value: String,
    /// `mapped`, `computed`, `linked`, or nothing: keys of messages.
    how: &'static str,
    connector: String,
    /// Table and column, or the expression.
    place: String,
}

struct Line {
    command: String,
    run: String,
    line: String,
}

#[derive(Template)]
#[template(path = "sources.html")]
struct SourcesView {
    frame: Frame,
    head: Head,
    sources: Vec<Source>,
    lines: Vec<Line>,
}

async fn sources(ctx: Ctx, Path((identifier, id)): Path<(String, String)>) -> Result<Response, Problem> {
    let (model, inner, id) = (ctx.model().await?, ctx.clone(), number(&id)?);
    let view = ctx.app.read(move |tx| {
        let catalogue = inner.app.catalogues().current(tx)?;
        let kind = kind_of(&model, &deployed(&catalogue, &identifier)?)?;
        let whom = (&inner.principal, &inner.permitted);
        let values = view_of(tx, &catalogue, whom, (&kind.identifier, id), None)?;
        let name = values.get("InternalDisplayName").and_then(Value::as_str).unwrap_or_default();
        let (frame, head) = around(&inner, &model, kind, (id, name), "resource.sources");
        let all = kind.properties.iter().filter(|property| !property.is_hidden);
        let sources = all.map(|property| {
            let value = values.get(&property.identifier).unwrap_or(&Value::Null);
            let value = if value.is_array() { String::new() } else { shown(value, property.kind) };
            source(&model, kind, &property.identifier, kind.property_name(&property.identifier, inner.w), value)
        });
        let sources = sources.filter(|source| !source.how.is_empty()).collect();
        Ok(SourcesView { frame, head, sources, lines: lines(&inner, tx, &catalogue, id)? })
    });
    html(&view.await?)
}

fn source(model: &Model, kind: &Kind, property: &str, name: String, value: String) -> Source {
    let configuration = &model.metadata.configuration;
    let mut source = Source { name, value, how: "", connector: String::new(), place: String::new() };
    let mapping = configuration.type_mappings.iter().find(|m| m.identifier == kind.identifier);
    let column =
        mapping.and_then(|m| m.properties.iter().find(|p| p.identifier == property)?.connection_column.as_ref());
    let computed =
        configuration.expressions.iter().find(|e| e.entity_type == kind.identifier && e.property == property);
    let is_end = |path: &provost_model::configuration::PropertyPath| {
        path.entity_type == kind.identifier && path.property == property
    };
    let association = configuration.associations.iter().find(|a| is_end(&a.property1) || is_end(&a.property2));
    let linked =
        association.and_then(|a| configuration.association_mappings.iter().find(|m| m.identifier == a.identifier));
    if let (Some(mapping), Some(column)) = (mapping, column) {
        source.how = "mapped";
        source.connector = mapping.connector.clone();
        source.place = format!("{}.csv · {column}", mapping.connection_table);
    } else if let Some(computed) = computed {
        source.how = "computed";
        let parts = [computed.binding.as_ref(), computed.expression.as_ref()];
        source.place = parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(" · ");
    } else if let Some(linked) = linked {
        source.how = "linked";
        source.connector = linked.connector.clone();
        source.place = format!("{}.csv · {} → {}", linked.connection_table, linked.column1, linked.column2);
    }
    source
}

/// Lines of files that asked for changes of it, as far as they were kept, for those who may see changes.
fn lines(ctx: &Ctx, tx: &mut ReadTx, catalogue: &Catalogue, id: i64) -> Result<Vec<Line>, Problem> {
    if !ctx.may(SEES_CHANGES) {
        return Ok(Vec::new());
    }
    let query = Query {
        select: ["Id", "RunId", "Command", "Line"].map(|name| Binding::of([name])).into(),
        filter: Some(Filter::Compare {
            left: Binding::of(["ResourceId"]),
            operator: Operator::Equal,
            right: Operand::Int(id),
        }),
        ..Query::default()
    };
    let request = PageRequest { page_size: Some(CHANGES), ..PageRequest::default() };
    let permitted = Permitted(SEES_CHANGES.to_owned());
    let found = page(tx, catalogue, &ctx.principal, &permitted, ("ResourceChange", &query), &request)?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line =
        |row: &Value| Line { command: text(&row["Command"]), run: text(&row["RunId"]), line: text(&row["Line"]) };
    Ok(found.result.iter().map(line).collect())
}
