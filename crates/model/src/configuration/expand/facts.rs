//! What scaffoldings must know about the configuration around them.

use crate::configuration::item::Item;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Packages without an export.
const NO_EXPORT: &[&str] = &[
    "Usercube.FulfillToFile",
    "Usercube.Powershell",
    "Usercube.RobotFramework",
    "Usercube.Custom",
    "Usercube.EasyVistaTicket",
    "Usercube.SnowTicket",
    "Usercube.Manual",
    "Usercube.UpdateManualProvisioningTicket",
    "Usercube.FulfillDatabase",
    "Usercube.FulfillWorkflow",
];

/// Packages whose incremental export says what changed, with a command in each row.
const DELTA: &[&str] = &[
    "Usercube.AzureAD",
    "Usercube.OpenLDAP",
    "Usercube.SCIM",
    "Usercube.SCIM.Salesforce",
    "Usercube.SCIM.Slack",
    "Usercube.EasyVista",
    "Usercube.ServiceNow",
    "Usercube.MicrosoftExchange",
    "Usercube.SharePoint",
];

const ACTIVE_DIRECTORY: &str = "Usercube.AD";

/// The configuration as scaffoldings see it. Lists are in ascending order of identifiers.
pub(super) struct Facts<'a> {
    items: &'a [Item],
    /// Arguments that name nothing.
    pub(super) unresolved: RefCell<Vec<Unresolved<'a>>>,
}

/// An argument of a scaffolding that names no step of its job.
#[derive(Clone, Debug)]
pub(in crate::configuration) struct Unresolved<'a> {
    /// The argument.
    pub(in crate::configuration) argument: &'a Item,
    /// Its attribute.
    pub(in crate::configuration) attribute: &'static str,
    /// Names that would do.
    pub(in crate::configuration) known: Vec<String>,
}

impl<'a> Facts<'a> {
    /// Looks at these items.
    pub(super) fn new(items: &'a [Item]) -> Facts<'a> {
        Facts { items, unresolved: RefCell::default() }
    }

    /// Root items of one element.
    pub(super) fn all(&self, element: &'static str) -> impl Iterator<Item = &'a Item> + use<'a> {
        self.items.iter().filter(move |item| item.element == element)
    }

    /// The root item of this element and identifier.
    pub(super) fn find(&self, element: &'static str, identifier: &str) -> Option<&'a Item> {
        self.all(element).find(|item| item.get("Identifier") == Some(identifier))
    }

    /// Whether there is a task with this identifier, at the root or in a job.
    pub(super) fn is_task(&self, identifier: &str) -> bool {
        let is_it = |item: &Item| super::is_task(item) && item.get("Identifier") == Some(identifier);
        self.items.iter().any(|item| is_it(item) || (item.element == "Job" && item.children.iter().any(is_it)))
    }

    /// Connectors of an agent that are not deactivated.
    pub(super) fn connectors(&self, agent: Option<&str>) -> Vec<&'a Item> {
        let active = |item: &&Item| item.get("IsDeactivated") != Some("true") && item.get("Agent") == agent;
        sorted(self.all("Connector").filter(active))
    }

    /// Agent of a scaffolding that names none: the one that all connectors have, else the first that is declared.
    pub(super) fn usual_agent(&self) -> Option<&'a str> {
        let agents: BTreeSet<&str> = self.all("Connector").filter_map(|item| item.get("Agent")).collect();
        match agents.len() {
            1 => agents.first().copied(),
            _ => self.all("Agent").find_map(|item| item.get("Identifier")),
        }
    }

    /// Connections of a connector.
    fn connections(&self, connector: &str) -> Vec<&'a Item> {
        sorted(self.all("Connection").filter(|item| item.get("Connector") == Some(connector)))
    }

    /// Connections of a connector that can be exported.
    pub(super) fn exports(&self, connector: &str) -> Vec<&'a str> {
        let able = |item: &&Item| {
            item.get("DeactivationExportFulfill") != Some("Export") && !NO_EXPORT.contains(&package(item))
        };
        let able = self.connections(connector).into_iter().filter(able);
        able.filter_map(|item| item.get("Identifier")).collect()
    }

    /// `Type` of the synchronisation of a connector.
    pub(super) fn synchronization_type(&self, connector: &str, incremental: bool) -> &'static str {
        let exports = self.exports(connector);
        let connections = self.connections(connector);
        let packages = connections.iter().filter(|c| c.get("Identifier").is_some_and(|id| exports.contains(&id)));
        let packages: Vec<&str> = packages.map(|item| package(item)).collect();
        if packages.contains(&ACTIVE_DIRECTORY) {
            "ActiveDirectory"
        } else if incremental && !packages.is_empty() && packages.iter().all(|package| DELTA.contains(package)) {
            "Changes"
        } else {
            "None"
        }
    }

    /// Whether files feed anything through a connector.
    pub(super) fn is_synchronized(&self, connector: &str) -> bool {
        let mut mappings = self.all("EntityTypeMapping").chain(self.all("EntityAssociationMapping"));
        mappings.any(|item| item.get("Connector") == Some(connector))
    }

    /// Entity types that a connector feeds.
    pub(super) fn entity_types(&self, connector: &str) -> BTreeSet<&'a str> {
        let mapped = self.all("EntityTypeMapping").filter(|item| item.get("Connector") == Some(connector));
        mapped.filter_map(|item| item.get("Identifier")).collect()
    }

    /// Resource types whose targets belong to a connector: it feeds them, or one of its connections fulfils them.
    pub(super) fn resource_types(&self, connector: &str) -> BTreeSet<&'a str> {
        let targets = self.entity_types(connector);
        let connections: Vec<&str> =
            self.connections(connector).iter().filter_map(|item| item.get("Identifier")).collect();
        let fulfilled = |resource_type: &str| {
            self.items.iter().any(|item| {
                item.element.ends_with("ResourceTypeMapping")
                    && item.get("Identifier") == Some(resource_type)
                    && item.get("Connection").is_some_and(|connection| connections.contains(&connection))
            })
        };
        let found = self.all("ResourceType").filter_map(|item| {
            let identifier = item.get("Identifier")?;
            let fed = item.get("TargetEntityType").is_some_and(|target| targets.contains(target));
            (fed || fulfilled(identifier)).then_some(identifier)
        });
        found.collect()
    }

    /// Source entity types of resource types.
    pub(super) fn sources(&self, resource_types: &BTreeSet<&str>) -> BTreeSet<&'a str> {
        self.ends(resource_types).map(|(source, _)| source).collect()
    }

    /// Source and target entity types of resource types.
    pub(super) fn ends(&self, resource_types: &BTreeSet<&str>) -> impl Iterator<Item = (&'a str, &'a str)> {
        let named = self
            .all("ResourceType")
            .filter(|item| item.get("Identifier").is_some_and(|identifier| resource_types.contains(identifier)));
        named.filter_map(|item| Some((item.get("SourceEntityType")?, item.get("TargetEntityType")?)))
    }

    /// Target entity types of those of the resource types that have classification rules.
    pub(super) fn classified(&self, resource_types: &BTreeSet<&str>) -> BTreeSet<&'a str> {
        let ruled: BTreeSet<&str> =
            self.all("ResourceClassificationRule").filter_map(|item| item.get("ResourceType")).collect();
        let both: BTreeSet<&str> = ruled.intersection(resource_types).copied().collect();
        self.ends(&both).map(|(_, target)| target).collect()
    }

    /// Whether profiles are given by rules.
    pub(super) fn has_profile_rules(&self) -> bool {
        self.all("ProfileRuleContext").any(|item| item.children.iter().any(|child| child.element == "ProfileRule"))
    }
}

fn sorted<'a>(items: impl Iterator<Item = &'a Item>) -> Vec<&'a Item> {
    let mut found: Vec<&Item> = items.collect();
    found.sort_by_key(|item| item.get("Identifier"));
    found
}

/// Package of a connection without its version.
fn package(connection: &Item) -> &str {
    let package = connection.get("Package").unwrap_or_default();
    package.split_once('@').map_or(package, |(name, _)| name)
}
