//! The description of the interface (OpenAPI 3.1), made from the table of routes.

use super::problem::Problem;
use super::route::{Kind, Parameter, Right, Route, Shape};
use axum::Json;
use axum::http::{Method, StatusCode};
use axum::routing::get;
use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::new(Method::GET, "/swagger/v1/swagger.json", Right::Public, "Operations", "This description", || {
        get(|| async { Json(describe(&super::routes::table())) })
    })]
}

/// The description of a table of routes.
pub(crate) fn describe(routes: &[Route]) -> Value {
    let mut paths = Map::new();
    let mut schemas: Vec<(String, RefOr<Schema>)> = vec![("Problem".to_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    // Screens are for people: what they show is in the interface, too.
    for route in routes.iter().filter(|route| route.tag != super::screens::TAG) {
        for shape in [route.takes, route.gives].into_iter().flatten() {
            (shape.schemas)(&mut schemas);
        }
        let methods = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        methods[route.method.as_str().to_ascii_lowercase()] = operation(route);
    }
    let schemas: Map<String, Value> = schemas.into_iter().map(|(name, schema)| (name, json!(schema))).collect();
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Provost", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "MIT OR Apache-2.0" } },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "client": {
                    "type": "oauth2",
                    "flows": { "clientCredentials": { "tokenUrl": "/connect/token", "scopes": { "usercube_api": "Everything that the client's profile allows" } } },
                },
                "person": { "type": "apiKey", "in": "cookie", "name": "__Host-provost" },
            },
        },
    })
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "tags": [route.tag],
        "summary": route.summary,
        "operationId": operation_id(route),
        "responses": responses(route),
    });
    let in_path = parameters_of(route.path)
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": in_path_schema(name) }));
    let in_query = route.parameters.iter().map(
        |p| json!({ "name": p.name, "in": "query", "required": false, "description": p.about, "schema": schema(p) }),
    );
    let parameters: Vec<Value> = in_path.chain(in_query).collect();
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(shape) = route.takes {
        let kind = if route.is_form { "application/x-www-form-urlencoded" } else { "application/json" };
        operation["requestBody"] = json!({ "required": true, "content": { kind: { "schema": reference(shape) } } });
    }
    if let Some(kind) = route.takes_raw {
        operation["requestBody"] = json!({ "required": true, "content": { kind: {} } });
    }
    operation["security"] = match route.right {
        Right::Public => json!([]),
        Right::SignedIn | Right::Permission(_) | Right::Query(_) => {
            json!([{ "client": ["usercube_api"] }, { "person": [] }])
        }
    };
    if let Right::Permission(permission) | Right::Query(permission) = route.right {
        operation["x-permission"] = permission.into();
    }
    operation
}

fn responses(route: &Route) -> Value {
    if route.speaks_for_itself {
        let any = json!({ "description": "As its standard says", "content": { "application/json": {} } });
        return json!({ "default": any });
    }
    let mut responses = Map::new();
    for status in problems(route) {
        let reason =
            StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Problem");
        responses.insert(status.to_string(), problem(reason));
    }
    responses.insert("default".to_owned(), problem("Not done, and why"));
    if route.may_be_unchanged {
        responses.insert("304".to_owned(), json!({ "description": "The caller has the answer already" }));
    }
    if !route.always_fails {
        responses.insert(route.status.to_string(), success(route));
    }
    Value::Object(responses)
}

fn success(route: &Route) -> Value {
    let mut success = json!({ "description": "Done" });
    if let Some(shape) = route.gives {
        success["content"] = json!({ "application/json": { "schema": reference(shape) } });
    }
    for kind in route.gives_raw {
        success["content"][*kind] = json!({});
    }
    if route.may_be_unchanged {
        success["headers"] = json!({ "ETag": { "description": "Tag of this state", "schema": { "type": "string" } } });
    }
    success
}

fn problem(description: &str) -> Value {
    json!({
        "description": description,
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

/// Statuses of the problems that a caller has to expect; any other one is the fault of nobody who called.
fn problems(route: &Route) -> Vec<u16> {
    let has_body = route.takes.is_some() || route.takes_raw.is_some();
    let is_change = route.method != Method::GET;
    let names_something = route.path.contains('{');
    let is_guarded = route.right != Right::Public;
    let all = [
        (400, has_body || names_something || !route.parameters.is_empty()),
        (401, is_guarded),
        (403, is_guarded),
        (404, names_something || route.always_fails),
        (409, is_change && is_guarded || matches!(route.right, Right::Query(_))),
        (413, has_body),
        (422, is_change && is_guarded || matches!(route.right, Right::Query(_))),
        (429, is_change && !is_guarded),
    ];
    all.into_iter().filter(|(_, applies)| *applies).map(|(status, _)| status).collect()
}

fn schema(parameter: &Parameter) -> Value {
    match parameter.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Count => json!({ "type": "integer", "format": "int32", "minimum": 1, "maximum": u32::MAX }),
        Kind::Id => id_schema(),
        Kind::OneOf(words) => json!({ "type": "string", "enum": words }),
    }
}

/// Ids are texts of digits: readers of JSON round large numbers.
fn id_schema() -> Value {
    json!({ "type": "string", "pattern": "^-?[0-9]{1,18}$" })
}

fn in_path_schema(name: &str) -> Value {
    match name {
        "id" | "task" | "taskInstance" => id_schema(),
        "session" => json!({ "type": "string", "format": "uuid" }),
        "number" => json!({ "type": "integer", "format": "int32", "minimum": 0 }),
        _ => json!({ "type": "string", "minLength": 1 }),
    }
}

fn reference(shape: Shape) -> Value {
    json!({ "$ref": format!("#/components/schemas/{}", (shape.name)()) })
}

/// Names of the parameters of a path.
fn parameters_of(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
}

/// `GET /api/Job/{id}/Log` is `getApiJobIdLog`.
fn operation_id(route: &Route) -> String {
    let mut id = route.method.as_str().to_ascii_lowercase();
    for word in route.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        id.push_str(letters.as_str());
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let routes = super::super::routes::table();
        let ids: BTreeSet<String> = routes.iter().map(operation_id).collect();
        assert_eq!(ids.len(), routes.len());
    }

    #[test]
    fn every_reference_leads_to_a_schema() {
        let description = describe(&super::super::routes::table());
        let text = description.to_string();
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(description["components"]["schemas"].get(name).is_some(), "{name}");
        }
    }
}
