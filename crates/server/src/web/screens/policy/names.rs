//! Names of the objects of the policy, what they say in a line, and where they stand in the configuration.

use super::super::model::{Labels, labels};
use provost_model::PolicyObjectId;
use provost_model::configuration::Item;
use provost_model::configuration::policy::{
    AutomationTarget, Criterion, Operand, Place, PolicyConfiguration, ResourceType, RuleType,
};
use provost_model::policy::{PolicyCatalog, category_identity};
use std::collections::BTreeMap;

/// An object of the policy, as people see it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Object {
    /// Element, as the catalogue of ids has it.
    pub(crate) element: String,
    pub(crate) identity: String,
    pub(crate) labels: Labels,
    /// Element and identity of what it is a rule of.
    pub(crate) of: Option<(&'static str, String)>,
    /// Property that it is about.
    pub(crate) property: String,
    /// Entity type of those whom it is about.
    pub(crate) entity_type: String,
    pub(crate) policy: String,
    /// Identity of its category.
    pub(crate) category: Option<String>,
    /// What it says, without words of any language.
    pub(crate) about: String,
    pub(crate) place: Place,
    /// As it is written.
    pub(crate) xml: String,
    /// Single roles without which it gives nothing.
    pub(crate) roles: Vec<String>,
    /// Left out where a simple view is asked for.
    pub(crate) is_hidden: bool,
    pub(crate) is_deployed: bool,
}

impl Object {
    /// `Policy/Roles.xml:12`; empty for what came from no file.
    pub(crate) fn place_text(&self) -> String {
        match (self.place.file.as_str(), self.place.line) {
            ("", _) => String::new(),
            (file, 0) => file.to_owned(),
            (file, line) => format!("{file}:{line}"),
        }
    }
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct PolicyNames {
    objects: BTreeMap<PolicyObjectId, Object>,
    ids: BTreeMap<(String, String), PolicyObjectId>,
}

impl PolicyNames {
    /// Objects that are deployed, and the names of those that were.
    pub(crate) fn new(policy: &PolicyConfiguration, past: &PolicyCatalog, items: &[Item]) -> PolicyNames {
        let mut names = PolicyNames::default();
        for ((element, identity), id) in &past.objects {
            let object = Object { element: element.clone(), identity: identity.clone(), ..Object::default() };
            names.objects.insert(*id, object);
            names.ids.insert((element.clone(), identity.clone()), *id);
        }
        let writer = Writer { policy, items: index(items) };
        for object in writer.all() {
            if let Some(id) = past.id(&object.element, &object.identity) {
                names.objects.insert(id, Object { is_deployed: true, ..object });
            }
        }
        names
    }

    pub(crate) fn get(&self, id: PolicyObjectId) -> Option<&Object> {
        self.objects.get(&id)
    }

    pub(crate) fn find(&self, element: &str, identity: &str) -> Option<(PolicyObjectId, &Object)> {
        let id = self.ids.get(&(element.to_owned(), identity.to_owned()))?;
        self.objects.get(id).map(|object| (*id, object))
    }

    /// Deployed objects of an element, by identity.
    pub(crate) fn of_element<'n>(&'n self, element: &'n str) -> impl Iterator<Item = (PolicyObjectId, &'n Object)> {
        let range = self.ids.range((element.to_owned(), String::new())..);
        let all = range.take_while(move |((of, _), _)| of == element);
        all.filter_map(|(_, id)| Some((*id, self.objects.get(id)?))).filter(|(_, object)| object.is_deployed)
    }
}

type Index<'i> = BTreeMap<(&'i str, String), &'i Item>;

/// Items by what identifies them in the catalogue of ids: those in a resource type behind its identifier.
fn index(items: &[Item]) -> Index<'_> {
    let mut all = Index::new();
    for item in items {
        let identifier = item.get("Identifier").unwrap_or(&item.identity);
        let key = match item.element.as_str() {
            "Category" => category_identity(item.get("Policy").unwrap_or_default(), identifier),
            "ResourceType" => {
                let of = |child: &Item| format!("{identifier}/{}", child.identity);
                all.extend(item.children.iter().map(|child| ((child.element.as_str(), of(child)), child)));
                identifier.to_owned()
            }
            _ => identifier.to_owned(),
        };
        all.insert((item.element.as_str(), key), item);
    }
    all
}

/// An item as it is written; of a resource type, without the rules in it, which are shown by themselves.
fn xml(item: &Item, depth: usize) -> String {
    let margin = "  ".repeat(depth);
    let mut text = format!("{margin}<{}", item.element);
    for (name, value) in &item.attributes {
        let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\n', "&#10;");
        text.push_str(&format!(" {name}=\"{value}\""));
    }
    if item.children.is_empty() || item.element == "ResourceType" {
        text.push_str(" />");
        return text;
    }
    text.push('>');
    for child in &item.children {
        text.push('\n');
        text.push_str(&xml(child, depth + 1));
    }
    format!("{text}\n{margin}</{}>", item.element)
}

struct Writer<'c> {
    policy: &'c PolicyConfiguration,
    items: Index<'c>,
}

impl Writer<'_> {
    fn object(&self, element: &str, identity: &str, place: &Place) -> Object {
        let item = self.items.get(&(element, identity.to_owned()));
        Object {
            element: element.to_owned(),
            identity: identity.to_owned(),
            labels: item.map(|item| labels(item, "DisplayName")).unwrap_or_default(),
            place: place.clone(),
            xml: item.map(|item| xml(item, 0)).unwrap_or_default(),
            ..Object::default()
        }
    }

    fn all(&self) -> Vec<Object> {
        let mut all = self.roles();
        all.extend(self.role_rules());
        self.policy.resource_types.iter().for_each(|of| all.extend(self.of_type(of)));
        all.extend(self.matching());
        all.extend(self.governance());
        all
    }

    fn roles(&self) -> Vec<Object> {
        let category =
            |policy: &str, category: &Option<String>| category.as_ref().map(|c| category_identity(policy, c));
        let mut all = Vec::new();
        for one in &self.policy.policies {
            let about = self.criteria(&one.criteria);
            all.push(Object { about, ..self.object("Policy", &one.identifier, &one.place) });
        }
        for one in &self.policy.categories {
            let identity = category_identity(&one.policy, &one.identifier);
            let parent = category(&one.policy, &one.parent);
            all.push(Object {
                policy: one.policy.clone(),
                category: parent,
                ..self.object("Category", &identity, &one.place)
            });
        }
        for one in &self.policy.single_roles {
            all.push(Object {
                entity_type: one.entity_type.clone(),
                policy: one.policy.clone(),
                category: category(&one.policy, &one.category),
                about: one.description.clone().unwrap_or_default(),
                is_hidden: one.options.hide_on_simplified_view,
                ..self.object("SingleRole", &one.identifier, &one.place)
            });
        }
        for one in &self.policy.composite_roles {
            all.push(Object {
                entity_type: one.entity_type.clone(),
                policy: one.policy.clone(),
                category: category(&one.policy, &one.category),
                about: one.description.clone().unwrap_or_default(),
                is_hidden: one.options.hide_on_simplified_view,
                ..self.object("CompositeRole", &one.identifier, &one.place)
            });
        }
        for one in &self.policy.resource_types {
            all.push(Object {
                entity_type: one.source_entity_type.clone(),
                policy: one.policy.clone(),
                category: category(&one.policy, &one.category),
                about: format!("{} → {}", one.source_entity_type, one.target_entity_type),
                is_hidden: one.options.hide_on_simplified_view,
                ..self.object("ResourceType", &one.identifier, &one.place)
            });
        }
        all
    }

    fn role_rules(&self) -> Vec<Object> {
        let single: BTreeMap<&str, &str> =
            self.policy.single_roles.iter().map(|r| (r.identifier.as_str(), r.entity_type.as_str())).collect();
        let composite: BTreeMap<&str, &str> =
            self.policy.composite_roles.iter().map(|r| (r.identifier.as_str(), r.entity_type.as_str())).collect();
        let mut all = Vec::new();
        for one in &self.policy.single_role_rules {
            all.push(Object {
                of: Some(("SingleRole", one.role.clone())),
                entity_type: single.get(one.role.as_str()).copied().unwrap_or_default().to_owned(),
                policy: one.policy.clone(),
                about: joined([
                    denied(one.is_denied),
                    one.composite_role.clone().unwrap_or_default(),
                    self.criteria(&one.criteria),
                    kind(one.kind),
                ]),
                ..self.object("SingleRoleRule", &one.identity, &one.place)
            });
        }
        for one in &self.policy.composite_role_rules {
            all.push(Object {
                of: Some(("CompositeRole", one.role.clone())),
                entity_type: composite.get(one.role.as_str()).copied().unwrap_or_default().to_owned(),
                policy: one.policy.clone(),
                about: joined([
                    denied(one.is_denied),
                    one.parent_role.clone().unwrap_or_default(),
                    self.criteria(&one.criteria),
                    kind(one.kind),
                ]),
                ..self.object("CompositeRoleRule", &one.identity, &one.place)
            });
        }
        all
    }

    /// Rules that stand in a resource type.
    fn of_type(&self, of: &ResourceType) -> Vec<Object> {
        let rule = |element: &str, identity: &str, property: &str, about: String, place: &Place| Object {
            of: Some(("ResourceType", of.identifier.clone())),
            property: property.to_owned(),
            entity_type: of.source_entity_type.clone(),
            policy: of.policy.clone(),
            about,
            ..self.object(element, identity, place)
        };
        let role = |role: &Option<String>| role.clone().unwrap_or_default();
        let mut all = Vec::new();
        for one in &of.type_rules {
            let about =
                joined([denied(one.is_denied), role(&one.single_role), self.criteria(&one.criteria), kind(one.kind)]);
            let roles = one.single_role.iter().cloned().collect();
            all.push(Object { roles, ..rule("TypeRule", &one.identity, "", about, &one.place) });
        }
        for one in &of.scalar_rules {
            let about = joined([role(&one.single_role), operand(&one.source)]);
            let roles = one.single_role.iter().cloned().collect();
            all.push(Object { roles, ..rule("ScalarRule", &one.identity, &one.property, about, &one.place) });
        }
        for one in &of.navigation_rules {
            let what = format!("= {}", one.resource);
            let about = joined([denied(one.is_denied), what, role(&one.single_role), self.criteria(&one.criteria)]);
            let roles = one.single_role.iter().cloned().collect();
            all.push(Object { roles, ..rule("NavigationRule", &one.identity, &one.property, about, &one.place) });
        }
        for one in &of.query_rules {
            let about = joined([pair(&one.source, &one.target), format!("{} %", one.confidence)]);
            all.push(rule("QueryRule", &one.identity, &one.property, about, &one.place));
        }
        for one in &of.binary_rules {
            let about = joined([role(&one.single_role), one.binding.clone().unwrap_or_default()]);
            let roles = one.single_role.iter().cloned().collect();
            all.push(Object { roles, ..rule("BinaryRule", &one.identity, &one.property, about, &one.place) });
        }
        all
    }

    fn matching(&self) -> Vec<Object> {
        let source = |of: &str| {
            let found = self.policy.resource_types.iter().find(|t| t.identifier == of);
            found.map(|t| t.source_entity_type.clone()).unwrap_or_default()
        };
        let mut all = Vec::new();
        for one in &self.policy.correlation_rules {
            all.push(Object {
                of: Some(("ResourceType", one.resource_type.clone())),
                entity_type: source(&one.resource_type),
                policy: one.policy.clone(),
                about: joined([pair(&one.source, &one.target), format!("{} %", one.confidence)]),
                ..self.object("ResourceCorrelationRule", &one.identity, &one.place)
            });
        }
        for one in &self.policy.classification_rules {
            let expression = one.target_expression.clone().unwrap_or_default();
            all.push(Object {
                of: Some(("ResourceType", one.resource_type.clone())),
                entity_type: source(&one.resource_type),
                policy: one.policy.clone(),
                about: joined([expression, format!("{} %", one.confidence)]),
                ..self.object("ResourceClassificationRule", &one.identity, &one.place)
            });
        }
        for one in &self.policy.automation_rules {
            let (element, of): (_, Option<(&'static str, String)>) = match &one.target {
                AutomationTarget::CompositeRole(role) => {
                    ("CompositeRoleAutomationRule", Some(("CompositeRole", role.clone())))
                }
                AutomationTarget::SingleRole(role) => ("SingleRoleAutomationRule", Some(("SingleRole", role.clone()))),
                AutomationTarget::ResourceType(of) => {
                    ("ResourceTypeAutomationRule", Some(("ResourceType", of.clone())))
                }
                AutomationTarget::Category { category, .. } => {
                    ("CategoryAutomationRule", Some(("Category", category.clone())))
                }
                AutomationTarget::Policy { policy, .. } => ("PolicyAutomationRule", Some(("Policy", policy.clone()))),
            };
            let entity_type = match &one.target {
                AutomationTarget::Category { entity_type, .. } | AutomationTarget::Policy { entity_type, .. } => {
                    entity_type.clone()
                }
                _ => String::new(),
            };
            let decision = if one.approve { "Approve" } else { "Decline" };
            let about = joined([
                decision.to_owned(),
                one.state.label().to_owned(),
                format!("{} h", one.hours_to_wait),
                self.criteria(&one.criteria),
            ]);
            all.push(Object { of, entity_type, about, ..self.object(element, &one.identity, &one.place) });
        }
        all
    }

    fn governance(&self) -> Vec<Object> {
        let mut all = Vec::new();
        for one in &self.policy.dimensions {
            all.push(self.object("Dimension", &one.identifier, &one.place));
        }
        for one in &self.policy.role_mappings {
            all.push(Object {
                of: Some(("ResourceType", one.resource_type.clone())),
                property: one.property.clone(),
                policy: one.policy.clone(),
                about: joined([operand(&one.role_identifier), one.where_expression.clone().unwrap_or_default()]),
                ..self.object("RoleMapping", &one.identifier, &one.place)
            });
        }
        for one in &self.policy.mining_rules {
            all.push(Object {
                entity_type: one.entity_type.clone(),
                policy: one.policy.clone(),
                about: kind(one.kind),
                ..self.object("MiningRule", &one.identity, &one.place)
            });
        }
        for one in &self.policy.risks {
            all.push(Object {
                entity_type: one.entity_type.clone(),
                policy: one.policy.clone(),
                about: one.description.clone().unwrap_or_default(),
                ..self.object("Risk", &one.identifier, &one.place)
            });
        }
        all
    }

    /// `Organization = D240`.
    fn criteria(&self, criteria: &[Criterion]) -> String {
        let one = |criterion: &Criterion| {
            let dimension = self.policy.dimensions.iter().find(|d| d.column == criterion.column);
            let name = dimension.map_or_else(|| format!("D{}", criterion.column), |d| d.identifier.clone());
            format!("{name} {} {}", if criterion.is_hierarchical { "≤" } else { "=" }, criterion.value)
        };
        criteria.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

fn denied(is_denied: bool) -> String {
    if is_denied { "⊘".to_owned() } else { String::new() }
}

fn kind(kind: RuleType) -> String {
    match kind {
        RuleType::Required => String::new(),
        other => format!("{other:?}"),
    }
}

fn operand(operand: &Operand) -> String {
    let parts = [operand.binding.as_deref(), operand.expression.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn pair(source: &Operand, target: &Operand) -> String {
    format!("{} = {}", operand(source), operand(target))
}

fn joined<const N: usize>(parts: [String; N]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}
