//! One thing that somebody has: its state, the rule behind it, and what happened to it.

use super::names::Object;
use super::permissions::{Held, Line, RIGHT, Reader, dates, object_href, open, provisioning};
use crate::web::problem::Problem;
use crate::web::query::{deployed, number};
use crate::web::route::Route;
use crate::web::screens::context::{Ctx, html};
use crate::web::screens::frame::{Crumb, Frame};
use crate::web::screens::model::Model;
use crate::web::screens::resources::{Head, kind_of};
use crate::web::screens::shows;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use provost_model::policy::{AssignedNavigation, AssignedValue, Period};
use provost_model::{PolicyObjectId, ResourceId};
use provost_store::ReadTx;

pub(super) fn routes() -> Vec<Route> {
    vec![shows("/resources/{entityType}/{id}/permissions/{part}/{row}", RIGHT, || get(page))]
}

/// A role, resource type or rule, and where it stands.
pub(super) struct Behind {
    pub(super) name: String,
    pub(super) href: String,
    /// Key of a message: what it is.
    pub(super) what: String,
    pub(super) about: String,
    pub(super) place: String,
}

impl Behind {
    pub(super) fn of(ctx: &Ctx, model: &Model, id: PolicyObjectId) -> Behind {
        let object = model.policy.get(id);
        Behind {
            name: model.object_name(id, ctx.w),
            href: object_href(ctx, model, id),
            what: object.map(|o| format!("policy.{}", super::screen_of(&o.element))).unwrap_or_default(),
            about: object.map(|o| o.about.clone()).unwrap_or_default(),
            place: object.map(Object::place_text).unwrap_or_default(),
        }
    }
}

/// Something that happened to it.
struct Event {
    at: i64,
    /// A badge, or nothing.
    badge: String,
    /// Key of a message.
    what: &'static str,
    who: String,
    text: String,
}

/// What is said about it.
#[derive(Default)]
struct Subject {
    name: String,
    property: String,
    what: &'static str,
    workflow: String,
    provisioning: String,
    since: i64,
    dates: String,
    parameters: String,
    confidence: Option<u8>,
    proposed: Option<String>,
    current: Option<String>,
    target: Option<(String, String)>,
    error: String,
    is_denied: bool,
    is_indirect: bool,
    grace_until: Option<i64>,
    /// How *why* is asked.
    item: String,
    /// Row of the assigned resource type.
    assigned: Option<i64>,
    rule: Option<PolicyObjectId>,
    role: Option<PolicyObjectId>,
}

#[derive(Template)]
#[template(path = "permission.html")]
struct PermissionView {
    frame: Frame,
    head: Head,
    subject: Subject,
    rule: Option<Behind>,
    role: Option<Behind>,
    /// Roles that bring it, or what it brings.
    links: Vec<Line>,
    held: Vec<Held>,
    events: Vec<Event>,
}

type Address = (String, String, String, String);

async fn page(ctx: Ctx, Path((identifier, id, part, row)): Path<Address>) -> Result<Response, Problem> {
    let (model, inner, id, row) = (ctx.model().await?, ctx.clone(), number(&id)?, number(&row)?);
    let view = ctx.app.read(move |tx| {
        let catalogue = inner.app.catalogues().current(tx)?;
        let kind = kind_of(&model, &deployed(&catalogue, &identifier)?)?;
        let (mut frame, head) = open(&inner, tx, &model, &catalogue, kind, id, "resource.permissions")?;
        let reader = Reader::read(&inner, tx, &model, &catalogue, id)?;
        let gone = || Problem::not_found("this is not assigned any more").hint("look at the permissions again");
        let (subject, links, held) = found(&reader, &part, row).ok_or_else(gone)?;
        if let Some(last) = frame.crumbs.last_mut() {
            last.href = format!("{}/permissions", head.href);
        }
        frame.crumbs.push(Crumb::new(&subject.name, ""));
        frame.title = format!("{} · {}", subject.name, head.name);
        Ok(PermissionView {
            events: events(tx, id, (&part, row), &subject)?,
            rule: subject.rule.map(|rule| Behind::of(&inner, &model, rule)),
            role: subject.role.map(|role| Behind::of(&inner, &model, role)),
            frame,
            head,
            subject,
            links,
            held,
        })
    });
    html(&view.await?)
}

type Found = (Subject, Vec<Line>, Vec<Held>);

fn found(reader: &Reader<'_>, part: &str, row: i64) -> Option<Found> {
    let owned = &reader.owned;
    match part {
        "composite-role" | "single-role" => {
            let is_composite = part == "composite-role";
            let roles = if is_composite { &owned.composite_roles } else { &owned.single_roles };
            let role = roles.iter().find(|role| role.id == row)?;
            let what = if is_composite { "policy.CompositeRole" } else { "policy.SingleRole" };
            let subject = Subject {
                since: role.state_since,
                grace_until: role.grace_until,
                rule: role.rule,
                role: Some(role.role),
                item: identity(reader, role.role),
                ..of_line(&reader.role(role, what))
            };
            // The links that it brings.
            let held = owned.resource_types.iter().flat_map(|of| {
                let ids: Vec<i64> =
                    of.navigations.iter().filter(|l| l.single_role == Some(role.role)).map(|l| l.id).collect();
                reader.held(of).into_iter().filter(move |held| {
                    let id = held.href.rsplit_once("/navigation/").and_then(|(_, id)| id.parse().ok());
                    id.is_some_and(|id: i64| ids.contains(&id))
                })
            });
            Some((subject, Vec::new(), held.collect()))
        }
        "resource-type" => {
            let of = owned.resource_types.iter().find(|of| of.id == row)?;
            let subject = Subject {
                since: of.state_since,
                rule: of.rule,
                role: Some(of.resource_type),
                confidence: (of.target.is_some() && of.confidence > 0).then_some(of.confidence),
                assigned: Some(of.id),
                item: identity(reader, of.resource_type),
                ..of_line(&reader.resource_type(of))
            };
            let roles = of.navigations.iter().filter_map(|link| link.single_role);
            Some((subject, roles_of(reader, roles.collect()), reader.held(of)))
        }
        _ => value_or_link(reader, part, row),
    }
}

/// Identifier of a role or resource type.
fn identity(reader: &Reader<'_>, id: PolicyObjectId) -> String {
    reader.model.policy.get(id).map(|object| object.identity.clone()).unwrap_or_default()
}

fn of_line(line: &Line) -> Subject {
    Subject {
        name: line.name.clone(),
        what: line.what,
        workflow: line.workflow.clone(),
        provisioning: line.provisioning.clone(),
        dates: line.dates.clone(),
        parameters: line.parameters.clone(),
        target: line.target.clone(),
        error: line.error.clone(),
        is_denied: line.is_denied,
        is_indirect: line.is_indirect,
        ..Subject::default()
    }
}

/// Roles that somebody holds.
fn roles_of(reader: &Reader<'_>, mut ids: Vec<PolicyObjectId>) -> Vec<Line> {
    ids.sort_unstable();
    ids.dedup();
    let held = reader.owned.single_roles.iter().filter(|role| ids.contains(&role.role));
    held.map(|role| reader.role(role, "policy.SingleRole")).collect()
}

fn value_or_link(reader: &Reader<'_>, part: &str, row: i64) -> Option<Found> {
    let of = reader.owned.resource_types.iter().find(|of| match part {
        "scalar" => of.scalars.iter().any(|value| value.id == row),
        "binary" => of.binaries.iter().any(|value| value.id == row),
        "navigation" => of.navigations.iter().any(|link| link.id == row),
        _ => false,
    })?;
    let line = reader.resource_type(of);
    let end = format!("/{part}/{row}");
    let held = reader.held(of).into_iter().find(|held| held.href.ends_with(&end))?;
    let base = || Subject {
        name: format!("{} · {}", line.name, held.property),
        property: held.property.clone(),
        workflow: held.workflow.clone(),
        provisioning: held.provisioning.clone(),
        target: line.target.clone(),
        assigned: Some(of.id),
        ..Subject::default()
    };
    let value = |value: &AssignedValue| Subject {
        what: "permissions.value",
        proposed: Some(value.policy_value.clone().unwrap_or_default()),
        current: Some(value.current_value.clone().unwrap_or_default()),
        ..common(reader, base(), value.period, value.state_since, value.rule, value.error.as_ref())
    };
    let link = |link: &AssignedNavigation| Subject {
        what: "permissions.link",
        proposed: Some(held.proposed.clone()),
        current: Some(held.current.clone()),
        confidence: (link.confidence > 0 && link.confidence < 100).then_some(link.confidence),
        role: link.single_role,
        ..common(reader, base(), link.period, link.state_since, link.rule, link.error.as_ref())
    };
    let subject = match part {
        "scalar" => value(of.scalars.iter().find(|value| value.id == row)?),
        "binary" => value(of.binaries.iter().find(|value| value.id == row)?),
        _ => link(of.navigations.iter().find(|link| link.id == row)?),
    };
    let roles = roles_of(reader, subject.role.into_iter().collect());
    Some((subject, roles, Vec::new()))
}

fn common(
    reader: &Reader<'_>,
    base: Subject,
    period: Period,
    since: i64,
    rule: Option<PolicyObjectId>,
    error: Option<&String>,
) -> Subject {
    Subject { dates: dates(reader.ctx.w, period), since, rule, error: error.cloned().unwrap_or_default(), ..base }
}

/// What happened to it, the newest first.
fn events(tx: &mut ReadTx, owner: i64, (part, row): (&str, i64), subject: &Subject) -> Result<Vec<Event>, Problem> {
    let mut events = Vec::new();
    if subject.since > 0 {
        events.push(Event {
            at: subject.since,
            badge: subject.workflow.clone(),
            what: "permissions.state-since",
            who: String::new(),
            text: String::new(),
        });
    }
    let decided = tx.decisions(ResourceId(owner))?;
    events.extend(decided.into_iter().filter(|made| made.part == part && made.row == row).map(|made| Event {
        at: made.at,
        badge: String::new(),
        what: verdict(&made.verdict),
        who: made.actor,
        text: made.comment,
    }));
    for order in subject.assigned.map(|id| tx.orders_of_assigned(id)).transpose()?.unwrap_or_default() {
        if let Some(at) = order.ended_at {
            events.push(Event {
                at,
                badge: provisioning(order.state),
                what: "permissions.answered",
                who: String::new(),
                text: order.error.clone().unwrap_or_default(),
            });
        }
        events.push(Event {
            at: order.created_at,
            badge: ["Insert", "Update", "Delete"][order.change as usize % 3].to_owned(),
            what: "permissions.ordered",
            who: String::new(),
            text: order.file,
        });
    }
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    Ok(events)
}

/// Key of the message about a decision that was made.
fn verdict(word: &str) -> &'static str {
    match word {
        "approve" => "made.approve",
        "decline" => "made.decline",
        "postpone" => "made.postpone",
        "unblock" => "made.unblock",
        "keep" => "made.keep",
        "delete" => "made.delete",
        "executed" => "made.executed",
        _ => "made.failed",
    }
}
