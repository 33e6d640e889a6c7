//! What is around the content of every page: menu, place, and who is signed in.

use super::assets::{Assets, assets};
use super::context::{Ctx, encoded};
use super::model::Model;
use super::words::{Language, Words};
use crate::web::principal::Who;

/// A step of the way to a page.
#[derive(Clone, Debug)]
pub(crate) struct Crumb {
    pub(crate) name: String,
    /// Empty for the page itself.
    pub(crate) href: String,
}

impl Crumb {
    pub(crate) fn new(name: impl Into<String>, href: impl Into<String>) -> Crumb {
        Crumb { name: name.into(), href: href.into() }
    }
}

/// An entry of the menu.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) icon: &'static str,
    pub(crate) is_here: bool,
}

/// A part of the menu.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) name: &'static str,
    pub(crate) entries: Vec<Entry>,
}

/// The frame of a page.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) w: Words,
    pub(crate) title: String,
    pub(crate) crumbs: Vec<Crumb>,
    pub(crate) sections: Vec<Section>,
    pub(crate) who: String,
    /// They have a password that can be changed here.
    pub(crate) has_password: bool,
    pub(crate) theme: &'static str,
    /// Where to come back to after a change of settings.
    pub(crate) here: String,
    /// What was just done: key of a message.
    pub(crate) done: Option<String>,
    pub(crate) files: &'static Assets,
    pub(crate) languages: [Language; 3],
}

impl Frame {
    pub(crate) fn new(ctx: &Ctx, model: &Model, title: String, crumbs: Vec<Crumb>) -> Frame {
        let (who, has_password) = match &ctx.principal.who {
            Who::Client(identifier) => (identifier.clone(), false),
            Who::Person(person) => (person.display_name.clone(), person.provider.is_empty()),
        };
        let done = ctx.get("done").map(|word| format!("done.{word}")).filter(|key| ctx.w.has(key));
        Frame {
            w: ctx.w,
            title,
            crumbs,
            sections: sections(ctx, model),
            who,
            has_password,
            theme: ctx.theme,
            here: ctx.address(&[]),
            done,
            files: assets(),
            languages: Language::ALL,
        }
    }
}

/// Screens beside those of entity types: permission, key of the name, address, icon.
pub(super) const PLACES: [(&str, &str, &str, &str); 4] = [
    ("/Connectors/Connector/Query", "menu.connectors", "/connectors", "plug"),
    ("/Jobs/Job/Query", "menu.jobs", "/jobs", "play"),
    ("/Jobs/JobInstance/Query", "menu.runs", "/runs", "list"),
    ("/ProvisioningPolicy/IdentifiedRisk/Query", "risks.title", "/risks", "warn"),
];

fn sections(ctx: &Ctx, model: &Model) -> Vec<Section> {
    let is_here = |href: &str| {
        let rest = ctx.path.strip_prefix(href);
        if href == "/" { ctx.path == "/" } else { rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) }
    };
    let entry = |name: String, href: String, icon| Entry { is_here: is_here(&href), name, href, icon };
    let mut home = vec![entry(ctx.w.t("menu.home").to_owned(), "/".to_owned(), "home")];
    if super::policy::any(ctx, model) {
        home.push(entry(ctx.w.t("menu.tasks").to_owned(), "/reviews".to_owned(), "check"));
    }
    let kinds = model.listed().filter(|kind| ctx.may(&format!("/Custom/Resources/{}/Query", kind.identifier)));
    let kinds =
        kinds.map(|kind| entry(kind.plural(ctx.w), format!("/resources/{}", encoded(&kind.identifier)), kind.icon()));
    let places = PLACES.iter().filter(|(permission, ..)| ctx.may(permission));
    let places = places.map(|(_, name, href, icon)| entry(ctx.w.t(name).to_owned(), (*href).to_owned(), icon));
    let policy = super::policy::places(ctx).into_iter();
    let policy: Vec<Entry> = policy
        .map(|(key, href, icon)| Entry {
            is_here: href.split('/').nth(2) == ctx.path.split('/').nth(2) && ctx.path.starts_with("/policy/"),
            ..entry(ctx.w.t(key).to_owned(), href, icon)
        })
        .collect();
    let all = vec![
        Section { name: "", entries: home },
        Section { name: "menu.directory", entries: kinds.collect() },
        Section { name: "menu.administration", entries: places.collect() },
        Section { name: "menu.configuration", entries: policy },
    ];
    all.into_iter().filter(|section| !section.entries.is_empty()).collect()
}
