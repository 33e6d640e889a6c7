//! Screens of the policy: who has what and why, what waits for a decision, and the rules themselves.

mod catalogue;
mod known;
mod names;
mod permission;
mod permissions;
mod reviews;
mod risks;
mod why;

pub(in crate::web::screens) use catalogue::places;
pub(crate) use known::{known, resource_href};
pub(crate) use names::PolicyNames;
pub(in crate::web::screens) use permissions::{Account, Holding, accounts, holding, is_target, owners_of};
pub(in crate::web::screens) use reviews::{any, tiles};

use crate::web::route::Route;

pub(super) fn routes() -> Vec<Route> {
    let mut routes = permissions::routes();
    routes.extend(permission::routes());
    routes.extend(why::routes());
    routes.extend(reviews::routes());
    routes.extend(catalogue::routes());
    routes.extend(risks::routes());
    routes
}

/// Screens of the catalogue: their name, which is also that in permissions, and the elements that they list.
pub(super) const SCREENS: [(&str, &[&str]); 18] = [
    ("Policy", &["Policy"]),
    ("Category", &["Category"]),
    ("SingleRole", &["SingleRole"]),
    ("CompositeRole", &["CompositeRole"]),
    ("ResourceType", &["ResourceType"]),
    ("SingleRoleRule", &["SingleRoleRule"]),
    ("CompositeRoleRule", &["CompositeRoleRule"]),
    ("ResourceTypeRule", &["TypeRule"]),
    ("ResourceScalarRule", &["ScalarRule"]),
    ("ResourceNavigationRule", &["NavigationRule"]),
    ("ResourceQueryRule", &["QueryRule"]),
    ("ResourceBinaryRule", &["BinaryRule"]),
    ("ResourceCorrelationRule", &["ResourceCorrelationRule"]),
    ("ResourceClassificationRule", &["ResourceClassificationRule"]),
    ("RoleMapping", &["RoleMapping"]),
    ("AutomationRule", AUTOMATIONS),
    ("Risk", &["Risk"]),
    ("MiningRule", &["MiningRule"]),
];

const AUTOMATIONS: &[&str] = &[
    "CompositeRoleAutomationRule",
    "SingleRoleAutomationRule",
    "ResourceTypeAutomationRule",
    "CategoryAutomationRule",
    "PolicyAutomationRule",
];

/// The screen of an element; that of policies for what has none.
fn screen_of(element: &str) -> &'static str {
    let found = SCREENS.iter().find(|(_, elements)| elements.contains(&element));
    found.map_or(SCREENS[0].0, |(screen, _)| screen)
}

/// The permission to look at an element.
fn permission_of(element: &str) -> String {
    format!("/ProvisioningPolicy/{}/Query", screen_of(element))
}

#[cfg(test)]
mod tests;
