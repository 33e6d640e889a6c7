//! Resources: lists, pages, history, sources.

mod export;
mod history;
mod list;
mod page;
mod search;
mod sources;

pub(super) use page::{Head, around};

use crate::web::problem::Problem;
use crate::web::route::Route;
use crate::web::screens::model::{Kind, Model};
use provost_model::configuration::PropertyType;
use serde_json::Value;

pub(super) fn routes() -> Vec<Route> {
    let mut routes = list::routes();
    routes.extend(page::routes());
    routes.extend(history::routes());
    routes.extend(sources::routes());
    routes
}

/// The entity type of an address.
pub(super) fn kind_of<'m>(model: &'m Model, identifier: &str) -> Result<&'m Kind, Problem> {
    let unknown = || Problem::not_found(format!("no entity type \"{identifier}\" is deployed"));
    model.kind(identifier).ok_or_else(unknown)
}

/// A value as people read it.
fn shown(value: &Value, kind: PropertyType) -> String {
    match (value, kind) {
        (Value::String(text), PropertyType::DateTime) => {
            let text = text.trim_end_matches('Z').split('.').next().unwrap_or_default();
            text.strip_suffix("T00:00:00").unwrap_or(text).replace('T', " ")
        }
        (Value::String(text), _) => text.clone(),
        (Value::Null, _) => String::new(),
        (Value::Object(linked), _) => {
            let text = |name: &str| linked.get(name).and_then(Value::as_str).map(str::to_owned);
            text("InternalDisplayName").or_else(|| text("Id")).unwrap_or_default()
        }
        (other, _) => other.to_string(),
    }
}
