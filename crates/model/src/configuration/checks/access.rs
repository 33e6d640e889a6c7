//! Rights.

use super::Context;
use crate::configuration::source::Problems;

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
