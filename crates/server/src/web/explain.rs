//! Why somebody has something, over the network: told as far as whoever asks may see it.

use super::app::App;
use super::principal::{Permitted, Principal};
use super::problem::Problem;
use super::query::{deployed, missing, number, page, pairs};
use super::route::{Kind, Parameter, Right, Route};
use crate::policy::explain::{About, ExplainError, Explanation, Step, StepKind, explain};
use axum::extract::{Path, RawQuery, State};
use axum::http::{Method, StatusCode};
use axum::routing::get;
use axum::{Extension, Json};
use provost_model::ResourceId;
use provost_model::query::{Binding, Filter, Operand, Operator, Query, parse_instant};
use provost_store::{Catalogue, PageRequest, ReadTx};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const TAG: &str = "Explanations";

/// Rows that one query looks for.
const ROWS: usize = 100;

/// What opens the names of everything that can be asked about.
const NAMES: [&str; 3] = [
    "/ProvisioningPolicy/CompositeRole/Query",
    "/ProvisioningPolicy/ResourceType/Query",
    "/ProvisioningPolicy/SingleRole/Query",
];

pub(super) fn routes() -> Vec<Route> {
    const RIGHT: Right = Right::Permission("/Custom/Resources/{entityType}/ViewOwnedResources");
    vec![
        Route::new(
            Method::GET,
            "/api/Resources/{entityType}/{id}/Why",
            RIGHT,
            TAG,
            "Why somebody has something, or what would give it",
            || get(why),
        )
        .with(
            const {
                &[
                    Parameter::new(
                        "item",
                        Kind::Text,
                        "A role, a resource type, ResourceType.Property, ResourceType.Navigation=KEY, a property, or an order",
                    ),
                    Parameter::new("at", Kind::Text, "The instant that it is told for; the present, when absent"),
                ]
            },
        )
        .gives::<Explanation>(),
    ]
}

async fn why(
    State(app): State<App>,
    Path((entity_type, id)): Path<(String, String)>,
    Extension(principal): Extension<Principal>,
    Extension(permitted): Extension<Permitted>,
    RawQuery(query): RawQuery,
) -> Result<Json<Explanation>, Problem> {
    let id = number(&id)?;
    let (item, at) = asked(query.as_deref())?;
    let (inner, now) = (app.clone(), at.unwrap_or_else(|| app.now_micros()));
    app.read(move |tx| {
        let catalogue = inner.catalogues().current(tx)?;
        let entity_type = deployed(&catalogue, &entity_type)?;
        told(tx, &catalogue, (&principal, &permitted), (&entity_type, id), (&item, now)).map(Json)
    })
    .await
}

/// The explanation of an item of a resource at an instant, as far as whoever asks may see it.
///
/// # Errors
/// 404 for what is not there or may not be seen.
pub(crate) fn told(
    tx: &mut ReadTx,
    catalogue: &Catalogue,
    (principal, permitted): (&Principal, &Permitted),
    (entity_type, id): (&str, i64),
    (item, at): (&str, i64),
) -> Result<Explanation, Problem> {
    let owner = ResourceId(id);
    let mut viewer = Viewer { catalogue, principal, permitted, owner };
    let itself = About::Resource(entity_type.to_owned(), owner);
    if viewer.seen(tx, BTreeSet::from([itself]))?.is_empty() {
        return Err(missing(entity_type, id));
    }
    let told = explain(tx, owner, item, at).map_err(|error| viewer.problem(error, item))?;
    viewer.as_seen(tx, told, item)
}

/// Item and instant of the query string.
fn asked(query: Option<&str>) -> Result<(String, Option<i64>), Problem> {
    let (mut item, mut at) = (None, None);
    for (name, value) in pairs(query.unwrap_or_default())? {
        match name.to_ascii_lowercase().as_str() {
            "item" => item = Some(value),
            "at" => {
                let read = parse_instant(&value);
                at = Some(read.ok_or_else(|| {
                    Problem::bad_request("instant", format!("\"{value}\" is no instant"))
                        .hint("at=2026-01-31T12:00:00Z")
                })?);
            }
            _ => {}
        }
    }
    let item = item.filter(|item| !item.trim().is_empty());
    let item = item.ok_or_else(|| {
        Problem::bad_request("no-item", "nothing is asked about")
            .hint("item=ROLE, or another name; see docs/explanations.md")
    })?;
    Ok((item, at))
}

impl From<ExplainError> for Problem {
    fn from(error: ExplainError) -> Problem {
        let status = match &error {
            ExplainError::Server(_) => None,
            ExplainError::AmbiguousItem { .. } | ExplainError::OtherOwner { .. } => Some(StatusCode::BAD_REQUEST),
            _ => Some(StatusCode::NOT_FOUND),
        };
        match (error, status) {
            (ExplainError::Server(error), _) => Problem::from(error),
            (error, status) => {
                let mut problem =
                    Problem::new(status.unwrap_or(StatusCode::NOT_FOUND), error.code(), error.to_string());
                problem.hint = error.hint();
                problem
            }
        }
    }
}

/// Whoever asks.
struct Viewer<'a> {
    catalogue: &'a Catalogue,
    principal: &'a Principal,
    permitted: &'a Permitted,
    owner: ResourceId,
}

/// What opens orders.
const ORDERS: &str = "/ProvisioningPolicy/AssignedResourceType/Query";

impl Viewer<'_> {
    /// An error without names that its reader may not see.
    fn problem(&self, error: ExplainError, item: &str) -> Problem {
        let knows_names = NAMES.iter().all(|permission| self.principal.may(permission));
        match error {
            ExplainError::UnknownItem { .. } | ExplainError::OtherOwner { .. } if !knows_names => unknown(item),
            ExplainError::UnknownResource { entity_type, .. } if !self.sees_all(&entity_type) => unknown(item),
            ExplainError::UnknownOrder(..) if !self.principal.may(ORDERS) => unknown(item),
            error => Problem::from(error),
        }
    }

    /// The explanation without what its reader may not see.
    fn as_seen(&mut self, tx: &mut ReadTx, told: Explanation, item: &str) -> Result<Explanation, Problem> {
        let mut wanted: BTreeSet<About> = told.about.iter().cloned().collect();
        let steps = told.because.iter().chain(&told.would);
        steps.for_each(|step| gather(step, &mut wanted));
        let seen = self.seen(tx, wanted)?;
        if !told.about.iter().all(|about| seen.contains(about)) {
            return Err(unknown(item));
        }
        let shown = |steps: Vec<Step>| steps.into_iter().map(|step| as_seen(step, &seen)).collect::<Vec<Step>>();
        let told = Explanation { because: shown(told.because), would: shown(told.would), ..told };
        // That something is there, or that it is empty, is told to nobody who may see none of it.
        if !told.because.is_empty() && told.because.iter().all(|step| step.kind == StepKind::Hidden) {
            return Err(unknown(item));
        }
        Ok(told)
    }

    /// Those of these that may be seen.
    fn seen(&mut self, tx: &mut ReadTx, wanted: BTreeSet<About>) -> Result<BTreeSet<About>, Problem> {
        if self.principal.rights.is_everything() {
            return Ok(wanted);
        }
        let mut rows: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for about in &wanted {
            match about {
                About::Resource(of, id) | About::Property(of, Some(id), _) => {
                    rows.entry(of.clone()).or_default().insert(id.0);
                }
                About::Row(of, id) if *id != 0 => {
                    rows.entry((*of).to_owned()).or_default().insert(*id);
                }
                _ => {}
            }
        }
        let mut found: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for (of, ids) in rows {
            let visible = self.visible(tx, &of, &ids, None)?;
            found.insert(of, visible);
        }
        let is_there = |of: &str, id: i64| found.get(of).is_some_and(|ids| ids.contains(&id));
        let mut seen = BTreeSet::new();
        for about in wanted {
            let is_seen = match &about {
                About::Resource(of, id) => is_there(of, id.0),
                About::Property(of, Some(id), property) => is_there(of, id.0) && self.shows(tx, of, *id, property)?,
                About::Property(of, None, property) => !self.may_hide(of, property),
                About::Row(of, 0) => self.sees_all(of),
                About::Row(of, id) => is_there(of, *id),
                About::Permission(permission) => self.principal.may(permission),
            };
            if is_seen {
                seen.insert(about);
            }
        }
        Ok(seen)
    }

    /// Rows of an entity type that may be seen; with a value of a property, when one is named.
    fn visible(
        &self,
        tx: &mut ReadTx,
        of: &str,
        ids: &BTreeSet<i64>,
        property: Option<&str>,
    ) -> Result<BTreeSet<i64>, Problem> {
        let mut seen = BTreeSet::new();
        if self.catalogue.name(of).is_none() {
            return Ok(seen);
        }
        let equal = |name: &str, id: i64| Filter::Compare {
            left: Binding::of([name]),
            operator: Operator::Equal,
            right: Operand::Int(id),
        };
        let all: Vec<i64> = ids.iter().copied().collect();
        for some in all.chunks(ROWS) {
            let mut filters = vec![Filter::Any(some.iter().map(|id| equal("Id", *id)).collect())];
            if of.starts_with("Assigned") && !self.catalogue.is_deployed(of) {
                // Such rows are found by their owner alone.
                filters.push(equal("OwnerId", self.owner.0));
            }
            let names = ["Id"].into_iter().chain(property);
            let query = Query {
                select: names.map(|name| Binding::of([name])).collect(),
                filter: Some(Filter::All(filters)),
                ..Query::default()
            };
            let whom = (self.principal, self.permitted);
            let found = page(tx, self.catalogue, whom.0, whom.1, (of, &query), &PageRequest::default())?;
            let shown = found.result.iter().filter(|row| property.is_none_or(|name| row.get(name).is_some()));
            seen.extend(shown.filter_map(|row| row.get("Id").and_then(Value::as_str)?.parse::<i64>().ok()));
        }
        Ok(seen)
    }

    /// Permissions under which rows of an entity type are seen here.
    fn permissions(&self, of: &str) -> [String; 2] {
        let own = match self.catalogue.is_deployed(of) {
            true => format!("/Custom/Resources/{of}/Query"),
            false => format!("/ProvisioningPolicy/{of}/Query"),
        };
        [self.permitted.0.clone(), own]
    }

    /// Some row may not show the property.
    fn may_hide(&self, of: &str, property: &str) -> bool {
        let [here, own] = self.permissions(of);
        let hidden = self.principal.rights.hidden_somewhere(&[&here, &own], of);
        hidden.iter().any(|hidden| hidden.eq_ignore_ascii_case(property))
    }

    /// A row that is seen shows its property. A value that is hidden from some rows is shown where it can be read.
    fn shows(&self, tx: &mut ReadTx, of: &str, id: ResourceId, property: &str) -> Result<bool, Problem> {
        if !self.may_hide(of, property) {
            return Ok(true);
        }
        let known = self.catalogue.properties(of).into_iter().find(|known| known.name == property);
        if known.is_none_or(|known| known.target.is_some()) {
            return Ok(false);
        }
        Ok(!self.visible(tx, of, &BTreeSet::from([id.0]), Some(property))?.is_empty())
    }

    /// Every row of one of the engine's own entity types is seen, those that are not stored yet too.
    fn sees_all(&self, of: &str) -> bool {
        let [here, own] = self.permissions(of);
        let rights = &self.principal.rights;
        let open = |permission: &str| rights.data(permission, of).branches.iter().any(|b| b.groups.is_empty());
        let is_ruled = rights.is_ruled(&here, of) || rights.is_ruled(&own, of);
        open(&here) || (rights.may(&own) && (open(&own) || !is_ruled))
    }
}

/// The same for what is not there and for what may not be seen.
fn unknown(item: &str) -> Problem {
    let text = format!("there is no \"{item}\" that you may see");
    Problem::new(StatusCode::NOT_FOUND, "unknown-item", text)
}

fn gather(step: &Step, wanted: &mut BTreeSet<About>) {
    wanted.extend(step.about.iter().cloned());
    step.because.iter().for_each(|below| gather(below, wanted));
}

/// A step as somebody sees it. What a hidden resource or value rests on is hidden with it; what a hidden rule rests on
/// is not.
fn as_seen(step: Step, seen: &BTreeSet<About>) -> Step {
    let hidden: Vec<&About> = step.about.iter().filter(|about| !seen.contains(about)).collect();
    let below = |because: Vec<Step>| because.into_iter().map(|below| as_seen(below, seen)).collect::<Vec<Step>>();
    if hidden.is_empty() {
        return Step { because: below(step.because.clone()), ..step };
    }
    let is_data = hidden.iter().any(|about| matches!(about, About::Resource(..) | About::Property(..)));
    let because = if is_data { Vec::new() } else { below(step.because.clone()) };
    Step { kind: StepKind::Hidden, text: "you may not see this".to_owned(), because, ..Step::default() }
}
