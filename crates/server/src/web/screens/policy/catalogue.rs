//! The policy as it is deployed: policies, categories, roles, resource types, rules and risks, each with its place.

use super::names::Object;
use super::permission::Behind;
use super::{SCREENS, permission_of};
use crate::web::problem::Problem;
use crate::web::query::number;
use crate::web::route::{Right, Route};
use crate::web::screens::context::{Ctx, encoded, html};
use crate::web::screens::frame::{Crumb, Frame};
use crate::web::screens::model::Model;
use crate::web::screens::shows;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use provost_model::PolicyObjectId;

/// Rows of a page.
const ROWS: usize = 50;
/// Rules of one role or resource type that are shown.
const RULES: usize = 500;

/// Groups of object kinds, each with the screens of its list and of one of it.
macro_rules! screens {
    ($($group:ident: $($name:literal),+;)+) => {
        $(const $group: &[&str] = &[$($name),+];)+

        pub(super) fn routes() -> Vec<Route> {
            vec![$($(
                shows(
                    concat!("/policy/", $name),
                    Right::Permission(concat!("/ProvisioningPolicy/", $name, "/Query")),
                    || get(list),
                ),
                shows(
                    concat!("/policy/", $name, "/{id}"),
                    Right::Permission(concat!("/ProvisioningPolicy/", $name, "/Query")),
                    || get(one),
                ),
            )+)+]
        }
    };
}

screens! {
    ROLE_SCREENS: "Policy", "Category", "SingleRole", "CompositeRole", "ResourceType";
    RISK_SCREENS: "Risk";
    RULE_SCREENS:
        "SingleRoleRule",
        "CompositeRoleRule",
        "ResourceTypeRule",
        "ResourceScalarRule",
        "ResourceNavigationRule",
        "ResourceQueryRule",
        "ResourceBinaryRule",
        "ResourceCorrelationRule",
        "ResourceClassificationRule",
        "RoleMapping",
        "AutomationRule",
        "MiningRule";
}

/// Catalogue and rules, for the menu: the first screen of each that somebody may see.
pub(in crate::web::screens) fn places(ctx: &Ctx) -> Vec<(&'static str, String, &'static str)> {
    let first = |names: &[&str]| {
        let open = names.iter().find(|name| ctx.may(&format!("/ProvisioningPolicy/{name}/Query")));
        open.map(|name| format!("/policy/{name}"))
    };
    let roles = first(&["SingleRole", "CompositeRole", "ResourceType", "Category", "Policy"]);
    let rules = first(RULE_SCREENS);
    let risks = first(RISK_SCREENS);
    let all =
        [("menu.access-roles", roles, "key"), ("menu.access-rules", rules, "list"), ("menu.risks", risks, "warn")];
    all.into_iter().filter_map(|(key, href, icon)| Some((key, href?, icon))).collect()
}

struct Tab {
    name: &'static str,
    href: String,
    count: usize,
    is_here: bool,
}

struct Choice {
    name: String,
    value: String,
    is_chosen: bool,
}

struct Row {
    name: String,
    href: String,
    identity: String,
    category: String,
    about: String,
    place: String,
}

#[derive(Template)]
#[template(path = "catalogue.html")]
struct ListView {
    frame: Frame,
    title: &'static str,
    path: String,
    tabs: Vec<Tab>,
    types: Vec<Choice>,
    categories: Vec<Choice>,
    q: String,
    rows: Vec<Row>,
    count: usize,
    next: Option<String>,
    first: Option<String>,
    has_category: bool,
}

/// The screen of an address.
fn screen(ctx: &Ctx) -> Result<(&'static str, &'static [&'static str]), Problem> {
    let word = ctx.path.split('/').nth(2).unwrap_or_default();
    let found = SCREENS.iter().find(|(name, _)| *name == word);
    found.copied().ok_or_else(|| Problem::not_found("there is nothing at this address"))
}

/// Key of the title of the screens that belong together.
fn family(screen: &str) -> (&'static str, &'static [&'static str]) {
    match screen {
        "Risk" => ("menu.risks", RISK_SCREENS),
        name if ROLE_SCREENS.contains(&name) => ("menu.access-roles", ROLE_SCREENS),
        _ => ("menu.access-rules", RULE_SCREENS),
    }
}

fn elements(screen: &str) -> &'static [&'static str] {
    SCREENS.iter().find(|(name, _)| *name == screen).map_or(&[], |(_, elements)| elements)
}

fn all<'m>(
    model: &'m Model,
    elements: &'static [&'static str],
) -> impl Iterator<Item = (PolicyObjectId, &'m Object)> + 'm {
    elements.iter().flat_map(|element| model.policy.of_element(element))
}

async fn list(ctx: Ctx) -> Result<Response, Problem> {
    let model = ctx.model().await?;
    let (name, own) = screen(&ctx)?;
    let (family, screens) = family(name);
    let (q, of, category) = (ctx.get("q").unwrap_or_default(), ctx.get("type"), ctx.get("category"));
    let typed = q.to_lowercase();
    let mut found: Vec<Row> = all(&model, own)
        .filter(|(_, object)| of.is_none_or(|of| object.entity_type == of))
        .filter(|(_, object)| category.is_none_or(|wanted| object.category.as_deref() == Some(wanted)))
        .map(|(id, object)| row(&ctx, &model, name, id, object))
        .filter(|row| {
            typed.is_empty()
                || [&row.name, &row.identity, &row.about].iter().any(|text| text.to_lowercase().contains(&typed))
        })
        .collect();
    found.sort_by(|a, b| (&a.name, &a.identity).cmp(&(&b.name, &b.identity)));
    let after = ctx.get("after").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    let count = found.len();
    let heading = ctx.w.t(family);
    let may = |screen: &&&str| ctx.may(&format!("/ProvisioningPolicy/{screen}/Query"));
    let tabs = screens.iter().filter(may).map(|one| Tab {
        name: title_key(one),
        href: format!("/policy/{one}{}", of.map(|of| format!("?type={}", encoded(of))).unwrap_or_default()),
        count: all(&model, elements(one)).filter(|(_, o)| of.is_none_or(|of| o.entity_type == of)).count(),
        is_here: *one == name,
    });
    html(&ListView {
        frame: Frame::new(&ctx, &model, heading.to_owned(), vec![Crumb::new(heading, "")]),
        title: title_key(name),
        path: ctx.path.clone(),
        tabs: tabs.filter(|tab| tab.count > 0 || tab.is_here).collect(),
        types: types(&ctx, &model, of),
        categories: if ROLE_SCREENS[2..].contains(&name) { categories(&ctx, &model, category) } else { Vec::new() },
        q: q.to_owned(),
        next: (after + ROWS < count).then(|| ctx.address(&[("after", &(after + ROWS).to_string())])),
        first: (after > 0).then(|| ctx.address(&[("after", "")])),
        rows: found.into_iter().skip(after).take(ROWS).collect(),
        has_category: ROLE_SCREENS[1..].contains(&name),
        count,
    })
}

/// Key of the name of a screen.
fn title_key(screen: &str) -> &'static str {
    KEYS.iter().find(|key| key.strip_prefix("policy.") == Some(screen)).copied().unwrap_or("menu.access-roles")
}

const KEYS: [&str; 18] = [
    "policy.Policy",
    "policy.Category",
    "policy.SingleRole",
    "policy.CompositeRole",
    "policy.ResourceType",
    "policy.SingleRoleRule",
    "policy.CompositeRoleRule",
    "policy.ResourceTypeRule",
    "policy.ResourceScalarRule",
    "policy.ResourceNavigationRule",
    "policy.ResourceQueryRule",
    "policy.ResourceBinaryRule",
    "policy.ResourceCorrelationRule",
    "policy.ResourceClassificationRule",
    "policy.RoleMapping",
    "policy.AutomationRule",
    "policy.Risk",
    "policy.MiningRule",
];

fn row(ctx: &Ctx, model: &Model, screen: &str, id: PolicyObjectId, object: &Object) -> Row {
    let category = object.category.as_ref().and_then(|identity| model.policy.find("Category", identity));
    Row {
        name: model.object_name(id, ctx.w),
        href: format!("/policy/{screen}/{id}"),
        identity: object.identity.clone(),
        category: category.map(|(id, _)| model.object_name(id, ctx.w)).unwrap_or_default(),
        about: object.about.clone(),
        place: object.place_text(),
    }
}

/// Entity types that roles and resource types are for.
fn types(ctx: &Ctx, model: &Model, chosen: Option<&str>) -> Vec<Choice> {
    let choice = |kind: &crate::web::screens::model::Kind| Choice {
        name: kind.plural(ctx.w),
        value: kind.identifier.clone(),
        is_chosen: chosen == Some(&kind.identifier),
    };
    model.owners().map(choice).collect()
}

fn categories(ctx: &Ctx, model: &Model, chosen: Option<&str>) -> Vec<Choice> {
    let choice = |(id, object): (PolicyObjectId, &Object)| Choice {
        name: model.object_name(id, ctx.w),
        value: object.identity.clone(),
        is_chosen: chosen == Some(&object.identity),
    };
    model.policy.of_element("Category").map(choice).collect()
}

#[derive(Template)]
#[template(path = "catalogue_item.html")]
struct ItemView {
    frame: Frame,
    kind: &'static str,
    name: String,
    identity: String,
    about: String,
    entity_type: String,
    category: String,
    policy: String,
    place: String,
    xml: String,
    of: Option<Behind>,
    rules: Vec<Row>,
    is_cut: bool,
}

async fn one(ctx: Ctx, Path(id): Path<String>) -> Result<Response, Problem> {
    let (model, id) = (ctx.model().await?, PolicyObjectId(number(&id)?));
    let (screen, own) = screen(&ctx)?;
    let gone = || Problem::not_found("this is not a part of the deployed policy");
    let object =
        model.policy.get(id).filter(|o| o.is_deployed && own.contains(&o.element.as_str())).ok_or_else(gone)?;
    let (family, _) = family(screen);
    let name = model.object_name(id, ctx.w);
    let crumbs = vec![
        Crumb::new(ctx.w.t(family), format!("/policy/{screen}")),
        Crumb::new(ctx.w.t(title_key(screen)), format!("/policy/{screen}")),
        Crumb::new(&name, ""),
    ];
    let row = row(&ctx, &model, screen, id, object);
    let mut rules = rules(&ctx, &model, object);
    let is_cut = rules.len() > RULES;
    rules.truncate(RULES);
    let of = object.of.as_ref().and_then(|(element, identity)| model.policy.find(element, identity));
    html(&ItemView {
        frame: Frame::new(&ctx, &model, name.clone(), crumbs),
        kind: title_key(screen),
        entity_type: if object.entity_type.is_empty() {
            String::new()
        } else {
            model.kind_name(&object.entity_type, ctx.w)
        },
        of: of.map(|(id, _)| Behind::of(&ctx, &model, id)),
        category: row.category,
        policy: object.policy.clone(),
        place: row.place,
        identity: row.identity,
        about: row.about,
        xml: object.xml.clone(),
        name,
        rules,
        is_cut,
    })
}

/// Rules of a role or resource type, and what is in a category, as far as somebody may see them.
fn rules(ctx: &Ctx, model: &Model, of: &Object) -> Vec<Row> {
    let mut found = Vec::new();
    for (screen, elements) in SCREENS.iter().filter(|(screen, _)| ctx.may(&permission_of_screen(screen))) {
        for (id, object) in all(model, elements) {
            let is_rule = object.of.as_ref().is_some_and(|(e, identity)| *e == of.element && *identity == of.identity);
            let is_inside = of.element == "Category" && object.category.as_ref() == Some(&of.identity);
            let is_given = of.element == "SingleRole" && object.roles.contains(&of.identity);
            if is_rule || is_inside || is_given {
                found.push(Row {
                    category: ctx.w.t(title_key(screen)).to_owned(),
                    ..row(ctx, model, screen, id, object)
                });
            }
        }
    }
    found
}

fn permission_of_screen(screen: &str) -> String {
    elements(screen).first().map(|element| permission_of(element)).unwrap_or_default()
}
