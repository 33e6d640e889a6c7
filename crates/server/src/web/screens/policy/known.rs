//! Names of resources, as far as somebody may see them.

use crate::web::problem::Problem;
use crate::web::query::page;
use crate::web::screens::context::{Ctx, encoded};
use provost_model::query::{Binding, Filter, Operand, Operator, Query};
use provost_store::{Catalogue, PageRequest, ReadTx};
use std::collections::BTreeMap;

/// Ids that one query asks for.
const TOGETHER: usize = 100;

/// Names of these resources of an entity type, by id; those that somebody may not see are missing.
pub(crate) fn known(
    ctx: &Ctx,
    tx: &mut ReadTx,
    catalogue: &Catalogue,
    entity_type: &str,
    ids: impl IntoIterator<Item = i64>,
) -> Result<BTreeMap<i64, String>, Problem> {
    let mut ids: Vec<i64> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    let mut found = BTreeMap::new();
    if !catalogue.is_deployed(entity_type) {
        return Ok(found);
    }
    for some in ids.chunks(TOGETHER) {
        let is = |id: &i64| Filter::Compare {
            left: Binding::of(["Id"]),
            operator: Operator::Equal,
            right: Operand::Int(*id),
        };
        let mut filters: Vec<Filter> = some.iter().map(is).collect();
        let query = Query {
            select: vec![Binding::of(["Id"]), Binding::of(["InternalDisplayName"])],
            filter: if filters.len() > 1 { Some(Filter::Any(filters)) } else { filters.pop() },
            ..Query::default()
        };
        let request = PageRequest { page_size: Some(TOGETHER as u32), ..PageRequest::default() };
        let rows = page(tx, catalogue, &ctx.principal, &ctx.permitted, (entity_type, &query), &request)?;
        for row in rows.result {
            let Some(id) = row["Id"].as_str().and_then(|id| id.parse().ok()) else { continue };
            let name = row["InternalDisplayName"].as_str().filter(|name| !name.trim().is_empty());
            found.insert(id, name.unwrap_or_else(|| ctx.w.t("resource.nameless")).to_owned());
        }
    }
    Ok(found)
}

/// Whether somebody may open pages of resources of an entity type.
pub(crate) fn may_open(ctx: &Ctx, entity_type: &str) -> bool {
    ctx.may(&format!("/Custom/Resources/{entity_type}/View"))
}

/// Address of a resource; empty where it cannot be opened.
pub(crate) fn resource_href(ctx: &Ctx, entity_type: &str, id: i64) -> String {
    if may_open(ctx, entity_type) { format!("/resources/{}/{id}", encoded(entity_type)) } else { String::new() }
}
