//! Rights.

use super::Context;
use crate::access::MOST_PROFILES;
use crate::configuration::source::Problems;
use std::collections::BTreeMap;

/// A user has no more profiles than count. Those that forbid are no profiles.
pub(super) fn profiles_of_a_user(context: &Context<'_>, problems: &mut Problems<'_>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for node in context.nodes.iter().filter(|node| node.element.name == "AssignedProfile" && !node.is("IsDenied")) {
        let user = node.value("User");
        let count = counts.entry(user).or_default();
        *count += 1;
        if *count > MOST_PROFILES {
            let message = format!("user \"{user}\" has more than {MOST_PROFILES} profiles");
            let hint = "take one away, or make one profile of several";
            problems.error("too-many-profiles", node.value_span("User"), message, hint);
        }
    }
}

/// The root of all permissions is never granted.
pub(super) fn everything_for_everybody(context: &Context<'_>, problems: &mut Problems<'_>) {
    super::walk(context.nodes, None, &mut |node, parent| {
        let is_entry =
            node.element.name == "Entry" && parent.is_some_and(|rule| rule.element.name == "AccessControlRule");
        if is_entry && node.value("Permission") == "/" && node.is("CanExecute") {
            let message = "this entry grants every permission there is";
            let hint = "name the permissions, or leave CanExecute out to make the entity type readable only";
            problems.error("permission-root", node.value_span("Permission"), message, hint);
        }
    });
}
