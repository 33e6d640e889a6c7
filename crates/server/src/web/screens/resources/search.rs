//! From what somebody typed to a query. It is put together as a tree, never as text.

use crate::web::problem::Problem;
use crate::web::query::{parsed, restrictions};
use crate::web::screens::context::Ctx;
use crate::web::screens::model::Kind;
use provost_model::configuration::PropertyType;
use provost_model::query::{Binding, Direction, Filter, Operand, Operator, Order, Query};
use provost_store::{Catalogue, QueryProperty, Restrictions};

/// Columns when nobody chose any.
const COLUMNS: usize = 5;

/// Words of comparisons, which are keys of messages too.
pub(super) const OPERATORS: [&str; 8] = ["contains", "starts", "is", "is-not", "less", "more", "empty", "filled"];

/// A criterion as it was typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Criterion {
    pub(super) property: String,
    pub(super) operator: String,
    pub(super) value: String,
}

/// What somebody wants to see of an entity type.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    pub(super) query: Query,
    pub(super) columns: Vec<QueryProperty>,
    pub(super) criteria: Vec<Criterion>,
}

/// Properties that a list can show: values, and navigations to one entity.
pub(super) fn showable(catalogue: &Catalogue, kind: &Kind) -> Vec<QueryProperty> {
    let hidden = |name: &str| kind.properties.iter().any(|shown| shown.identifier == name && shown.is_hidden);
    let own = |name: &str| kind.properties.iter().any(|shown| shown.identifier == name);
    let all = catalogue.properties(&kind.identifier).into_iter();
    let mut all: Vec<QueryProperty> =
        all.filter(|property| !property.many && own(&property.name) && !hidden(&property.name)).collect();
    all.sort_by_key(|property| kind.properties.iter().find(|s| s.identifier == property.name).map(|s| s.order));
    all
}

impl Search {
    /// Reads the address.
    ///
    /// # Errors
    /// The criteria cannot be understood.
    pub(super) fn read(ctx: &Ctx, catalogue: &Catalogue, kind: &Kind) -> Result<Search, Problem> {
        let showable = showable(catalogue, kind);
        let wanted: Vec<&str> = ctx.all("col").collect();
        let mut columns: Vec<QueryProperty> =
            showable.iter().filter(|property| wanted.contains(&property.name.as_str())).cloned().collect();
        if columns.is_empty() {
            columns = showable.iter().take(COLUMNS).cloned().collect();
        }
        let criteria = criteria(ctx);
        let mut query = match ctx.get("where") {
            Some(text) if text.trim_start().to_ascii_lowercase().starts_with("join ") => parsed(text)?,
            Some(text) => parsed(&format!("where {}", text.trim_start().trim_start_matches("where ")))?,
            None => Query::default(),
        };
        let mut filters: Vec<Filter> = query.filter.take().into_iter().collect();
        filters.extend(ctx.get("q").map(|text| named(catalogue, kind, text)));
        filters.extend(criteria.iter().filter_map(|criterion| comparison(&showable, criterion)));
        query.filter = if filters.len() > 1 { Some(Filter::All(filters)) } else { filters.pop() };
        query.select = selected(&columns);
        query.order = order(ctx, &showable);
        (query.history, query.page_size) = (None, None);
        Ok(Search { query, columns, criteria })
    }
}

fn criteria(ctx: &Ctx) -> Vec<Criterion> {
    let parts = ctx.all("p").zip(ctx.all("o")).zip(ctx.all("v"));
    let all = parts.map(|((property, operator), value)| Criterion {
        property: property.to_owned(),
        operator: operator.to_owned(),
        value: value.trim().to_owned(),
    });
    let says =
        |c: &Criterion| !c.property.is_empty() && (!c.value.is_empty() || ["empty", "filled"].contains(&&*c.operator));
    all.filter(says).collect()
}

/// The name or the key contains a text.
fn named(catalogue: &Catalogue, kind: &Kind, text: &str) -> Filter {
    let contains = |name: &str| Filter::Compare {
        left: Binding::of([name]),
        operator: Operator::Contains,
        right: Operand::Text(text.to_owned()),
    };
    match catalogue.key(&kind.identifier) {
        Some(key) => Filter::Any(vec![contains("InternalDisplayName"), contains(key)]),
        None => contains("InternalDisplayName"),
    }
}

fn comparison(showable: &[QueryProperty], criterion: &Criterion) -> Option<Filter> {
    let property = showable.iter().find(|property| property.name == criterion.property)?;
    let left = match property.target {
        Some(_) => Binding::of([property.name.as_str(), "InternalDisplayName"]),
        None => Binding::of([property.name.as_str()]),
    };
    let value = match (property.kind, criterion.value.to_ascii_lowercase().as_str()) {
        ("Bool", "true" | "1" | "yes" | "oui" | "ja") => Operand::Bool(true),
        ("Bool", _) => Operand::Bool(false),
        _ => Operand::Text(criterion.value.clone()),
    };
    let is_text = property.target.is_some() || property.kind == "String";
    let (operator, right) = match criterion.operator.as_str() {
        "empty" => (Operator::Equal, Operand::Null),
        "filled" => (Operator::Different, Operand::Null),
        "is-not" => (Operator::Different, value),
        "less" => (Operator::Less, value),
        "more" => (Operator::Greater, value),
        "contains" if is_text => (Operator::Contains, value),
        "starts" if is_text => (Operator::StartsWith, value),
        _ => (Operator::Equal, value),
    };
    Some(Filter::Compare { left, operator, right })
}

fn selected(columns: &[QueryProperty]) -> Vec<Binding> {
    let mut select = vec![Binding::of(["Id"]), Binding::of(["InternalDisplayName"])];
    for column in columns {
        match column.target {
            Some(_) => {
                select.extend(["Id", "InternalDisplayName"].map(|name| Binding::of([column.name.as_str(), name])))
            }
            None => select.push(Binding::of([column.name.as_str()])),
        }
    }
    select
}

fn order(ctx: &Ctx, showable: &[QueryProperty]) -> Vec<Order> {
    let direction = if ctx.get("dir") == Some("desc") { Direction::Descending } else { Direction::Ascending };
    let Some(name) = ctx.get("sort") else { return Vec::new() };
    let binding = match showable.iter().find(|property| property.name == name) {
        Some(property) if property.target.is_some() => Binding::of([name, "InternalDisplayName"]),
        Some(_) => Binding::of([name]),
        None => Binding::of(["InternalDisplayName"]),
    };
    vec![Order { binding, direction }]
}

/// The kind of a column, for how its values are shown.
pub(super) fn kind_of_column(kind: &Kind, name: &str) -> PropertyType {
    kind.properties.iter().find(|shown| shown.identifier == name).map(|shown| shown.kind).unwrap_or_default()
}

/// What somebody sees of a list, narrowed to orphans and to what has no category, as the address asks.
pub(super) fn seen(ctx: &Ctx, catalogue: &Catalogue) -> Restrictions {
    let mut seen = restrictions(&ctx.principal, catalogue, &ctx.permitted.0);
    if let Some(is_orphan) = yes_or_no(ctx, "orphan") {
        seen.owned(!is_orphan);
    }
    if let Some(is_uncategorized) = yes_or_no(ctx, "uncategorized") {
        seen.categorised(!is_uncategorized);
    }
    seen
}

/// `yes` or `no`; nothing for anything else.
fn yes_or_no(ctx: &Ctx, name: &str) -> Option<bool> {
    match ctx.get(name) {
        Some("yes") => Some(true),
        Some("no") => Some(false),
        _ => None,
    }
}
