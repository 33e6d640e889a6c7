//! Reviews: what waits for somebody's decision, and what they decide.
//!
//! A screen shows owners behind one another, a page at a time, so that a page costs what it shows. What somebody may see
//! of owners, roles and resource types decides what they may decide: a form that names anything else is refused.

mod bulk;
mod cards;
mod decide;
mod gather;
mod list;
mod rows;
mod tasks;

pub(in crate::web::screens) use tasks::{any, tiles};

use crate::orders::ItemKind;
use crate::web::problem::Problem;
use crate::web::route::{Right, Route};
use crate::web::screens::context::Ctx;
use crate::web::screens::{shows, takes};
use axum::routing::{get, post};
use provost_store::Waiting;

/// A screen of decisions.
#[derive(Debug)]
pub(super) struct Screen {
    /// In addresses, and in keys of messages.
    pub(super) word: &'static str,
    /// `ReviewProvisioning`.
    permission: &'static str,
    /// The permission to decide about many at once.
    bulk: Option<&'static str>,
    pub(super) kinds: &'static [ItemKind],
    /// How those are found who have something that waits; orders for people are found by themselves.
    pub(super) waiting: Option<Waiting>,
    pub(super) icon: &'static str,
    /// Verdicts about many at once.
    pub(super) verdicts: &'static [&'static str],
    /// Lines can be shown property by property.
    pub(super) has_properties: bool,
}

impl Screen {
    pub(super) fn may(&self, ctx: &Ctx, entity_type: &str) -> bool {
        ctx.may(&format!("/Custom/ProvisioningPolicy/{}/{entity_type}", self.permission))
    }

    pub(super) fn may_bulk(&self, ctx: &Ctx, entity_type: &str) -> bool {
        self.bulk.is_some_and(|bulk| ctx.may(&format!("/Custom/ProvisioningPolicy/{bulk}/{entity_type}")))
    }

    /// The permission under which rows are seen.
    pub(super) fn path(&self, entity_type: &str) -> String {
        format!("/Custom/ProvisioningPolicy/{}/{entity_type}", self.permission)
    }

    /// Key of its title.
    pub(super) fn title(&self) -> &'static str {
        match self.word {
            "roles" => "reviews.roles",
            "provisioning" => "reviews.provisioning",
            "role-reconciliation" => "reviews.role-reconciliation",
            "resource-reconciliation" => "reviews.resource-reconciliation",
            _ => "reviews.manual",
        }
    }
}

pub(super) static SCREENS: [Screen; 5] = [
    Screen {
        word: "roles",
        permission: "ReviewRoles",
        bulk: None,
        kinds: &[ItemKind::Request],
        waiting: Some(Waiting::Requests),
        icon: "user",
        verdicts: &[],
        has_properties: false,
    },
    Screen {
        word: "provisioning",
        permission: "ReviewProvisioning",
        bulk: Some("BulkReviewProvisioning"),
        kinds: &[ItemKind::Addition, ItemKind::Association, ItemKind::Update, ItemKind::Deletion, ItemKind::Errored],
        waiting: Some(Waiting::Provisioning),
        icon: "arrow",
        verdicts: &["unblock"],
        has_properties: true,
    },
    Screen {
        word: "role-reconciliation",
        permission: "ReconciliateRoles",
        bulk: Some("BulkRoleReconciliation"),
        kinds: &[ItemKind::Role],
        waiting: Some(Waiting::Roles),
        icon: "warn",
        verdicts: &["keep", "delete"],
        has_properties: false,
    },
    Screen {
        word: "resource-reconciliation",
        permission: "ReconciliateResources",
        bulk: Some("BulkReconciliateResources"),
        kinds: &[ItemKind::Property, ItemKind::Unauthorised],
        waiting: Some(Waiting::Resources),
        icon: "cube",
        verdicts: &["approve", "keep"],
        has_properties: true,
    },
    Screen {
        word: "manual",
        permission: "PerformManualProvisioning",
        bulk: Some("BulkPerformManualProvisioning"),
        kinds: &[ItemKind::Manual],
        waiting: None,
        icon: "doc",
        verdicts: &["executed"],
        has_properties: false,
    },
];

/// The screen of an address.
pub(super) fn screen(ctx: &Ctx) -> Result<&'static Screen, Problem> {
    let word = ctx.path.split('/').nth(2).unwrap_or_default();
    SCREENS.iter().find(|screen| screen.word == word).ok_or_else(|| Problem::not_found("there is no such review"))
}

macro_rules! review {
    ($routes:ident, $word:literal, $permission:literal) => {
        const PATH: &str = concat!("/reviews/", $word, "/{entityType}");
        const RIGHT: Right = Right::Permission(concat!("/Custom/ProvisioningPolicy/", $permission, "/{entityType}"));
        $routes.push(shows(PATH, RIGHT, || get(list::page)));
        $routes.push(takes(PATH, RIGHT, || post(decide::decide)));
    };
    ($routes:ident, $word:literal, $permission:literal, $bulk:literal) => {{
        review!($routes, $word, $permission);
        const BULK: &str = concat!("/reviews/", $word, "/{entityType}/bulk");
        const BULK_RIGHT: Right = Right::Permission(concat!("/Custom/ProvisioningPolicy/", $bulk, "/{entityType}"));
        $routes.push(shows(BULK, BULK_RIGHT, || get(bulk::page)));
        $routes.push(takes(BULK, BULK_RIGHT, || post(bulk::carry_out)));
    }};
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![shows("/reviews", Right::SignedIn, || get(tasks::page))];
    {
        review!(routes, "roles", "ReviewRoles");
    }
    review!(routes, "provisioning", "ReviewProvisioning", "BulkReviewProvisioning");
    review!(routes, "role-reconciliation", "ReconciliateRoles", "BulkRoleReconciliation");
    review!(routes, "resource-reconciliation", "ReconciliateResources", "BulkReconciliateResources");
    review!(routes, "manual", "PerformManualProvisioning", "BulkPerformManualProvisioning");
    routes
}
