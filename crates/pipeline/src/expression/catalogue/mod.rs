//! Where expressions stand in a configuration, what each is about, and what it must give.
//!
//! One table for all of them: what is checked when a configuration is checked or deployed is what the engine compiles
//! later.

use super::binding;
use super::computed::{ComputedPlan, PlanError};
use super::program::{Part, Program, ProgramError, Scope, Variable, Wanted};
use provost_model::configuration::{Configuration, Item, PropertyType};
use provost_model::metadata::{Catalog, Metadata};
use provost_model::{AssociationId, EntityTypeId, PropertyId};
use std::collections::HashMap;

/// An expression of a configuration, with what became of it.
#[derive(Clone, Debug)]
pub struct Found<'i> {
    /// The element that it is written on.
    pub item: &'i Item,
    /// Elements by name from the root, with the identity of each: `ResourceType AD_User / ScalarRule mail`.
    pub path: String,
    /// Attribute that holds it; the binding where there is no expression.
    pub attribute: &'static str,
    /// Attribute that holds the binding, if one may be written.
    pub binding: Option<&'static str>,
    /// What is written.
    pub text: &'i str,
    /// Identifier of the entity type that it is about.
    pub entity_type: String,
    /// The program, or why there is none.
    pub program: Result<Program, ProgramError>,
}

impl Found<'_> {
    /// The attribute that an error is about.
    pub fn attribute_of(&self, part: Part) -> &'static str {
        match part {
            Part::Expression => self.attribute,
            Part::Binding => self.binding.unwrap_or(self.attribute),
        }
    }
}

/// What an expression is about.
#[derive(Clone, Copy)]
enum Subject {
    /// The entity type that an attribute of the element names.
    Named(&'static str),
    /// Owners of the resource type, which is the element, the one around it, or the one that `ResourceType` names.
    Owner,
    /// Resources of the resource type.
    Resource,
    /// What the navigation `Property` of the resources leads to.
    Linked,
    /// What the navigation that `Property` names with its entity type leads to.
    Reached,
    /// What the resources of the context rule are.
    Bearer,
    /// The entity type that stands before the colon of the binding, of the element or the one around it.
    Bound,
    /// Users of a profile rule, or what the binding of the element around it leads to from them.
    User(&'static str),
    /// The entity type around the property.
    Around,
}

/// What an expression must give.
#[derive(Clone, Copy)]
enum Gives {
    /// A value of the property that is computed.
    Computed,
    /// A value of the resource's property `Property`.
    Property,
    Text,
    Date,
    Truth,
    Resources,
    Arguments,
    /// Whatever it gives.
    Any,
}

struct Place {
    /// Elements from the root, joined by a slash.
    element: &'static str,
    binding: Option<&'static str>,
    expression: Option<&'static str>,
    subject: Subject,
    gives: Gives,
    variables: &'static [Variable],
}

const fn place(
    element: &'static str,
    binding: &'static str,
    expression: &'static str,
    subject: Subject,
    gives: Gives,
) -> Place {
    Place {
        element,
        binding: if binding.is_empty() { None } else { Some(binding) },
        expression: if expression.is_empty() { None } else { Some(expression) },
        subject,
        gives,
        variables: &[],
    }
}

impl Place {
    const fn with(self, variables: &'static [Variable]) -> Place {
        Place { variables, ..self }
    }
}

/// What an expression of an aspect knows besides its input.
const ATTEMPT: &[Variable] = &[Variable::Iteration, Variable::QueryHandler];

/// All places whose entity type is known.
#[rustfmt::skip]
const PLACES: &[Place] = &[
    place("EntityPropertyExpression", "Binding", "Expression", Subject::Named("EntityType"), Gives::Computed),
    place("ResourceType", "", "ArgumentsExpression", Subject::Owner, Gives::Arguments)
        .with(&[Variable::ProvisioningOrder, Variable::QueryHandler]),
    place("ResourceType/ScalarRule", "Binding", "Expression", Subject::Owner, Gives::Property)
        .with(&[Variable::Assignment, Variable::QueryHandler]),
    place("ResourceType/QueryRule", "SourceBinding", "SourceExpression", Subject::Owner, Gives::Text),
    place("ResourceType/QueryRule", "TargetBinding", "TargetExpression", Subject::Linked, Gives::Text),
    place("ResourceCorrelationRule", "SourceBinding", "SourceExpression", Subject::Owner, Gives::Text),
    place("ResourceCorrelationRule", "TargetBinding", "TargetExpression", Subject::Resource, Gives::Text),
    place("ResourceClassificationRule", "", "TargetExpression", Subject::Resource, Gives::Truth),
    place("ContextRule", "ResourcesBinding", "ResourcesExpression", Subject::Named("SourceEntityType"), Gives::Resources),
    place("ContextRule", "ResourcesStartBinding", "ResourcesStartExpression", Subject::Bearer, Gives::Date),
    place("ContextRule", "ResourcesEndBinding", "ResourcesEndExpression", Subject::Bearer, Gives::Date),
    place("ContextRule", "", "ExcludeExpression", Subject::Named("SourceEntityType"), Gives::Truth),
    place("RecordSection", "", "SortKeyExpression", Subject::Named("ResourceEntityType"), Gives::Text),
    place("RecordSection", "", "InstanceKeyExpression", Subject::Named("ResourceEntityType"), Gives::Text),
    place("RoleMapping", "IdentifierBinding", "IdentifierExpression", Subject::Reached, Gives::Text),
    place("RoleMapping", "DisplayNameBinding", "DisplayNameExpression", Subject::Reached, Gives::Text),
    place("RoleMapping", "CategoryIdentifierBinding", "CategoryIdentifierExpression", Subject::Reached, Gives::Text),
    place("RoleMapping", "CategoryDisplayNameBinding", "CategoryDisplayNameExpression", Subject::Reached, Gives::Text),
    place("RoleMapping", "ParentCategoryIdentifierBinding", "ParentCategoryIdentifierExpression", Subject::Reached, Gives::Text),
    place("RoleMapping", "", "WhereExpression", Subject::Reached, Gives::Truth),
    place("EntityType/Property", "Identifier", "FlexibleComparisonExpression", Subject::Around, Gives::Text),
    place("ProfileRuleContext/ProfileRule", "", "RootExpression", Subject::User("RootBinding"), Gives::Truth),
    place("ProfileRuleContext/ProfileRule", "", "SubExpression", Subject::User("SubBinding"), Gives::Truth),
    place("Notification", "", "TitleExpression", Subject::Named("OwnerEntityType"), Gives::Text),
    place("Notification", "", "QueryFilterExpression", Subject::Named("OwnerEntityType"), Gives::Truth),
    place("HomonymEntityLink/Filter", "", "Expression1", Subject::Named("FormEntityType"), Gives::Any),
    place("HomonymEntityLink/Filter", "", "Expression2", Subject::Named("FormEntityType"), Gives::Any),
    place("HomonymEntityLink/Filter", "", "Expression3", Subject::Named("FormEntityType"), Gives::Any),
    place("HomonymEntityLink/Filter", "", "Expression4", Subject::Named("FormEntityType"), Gives::Any),
    place("HomonymEntityLink/Filter", "", "Expression5", Subject::Named("FormEntityType"), Gives::Any),
    place("AddChangeAspect", "ExpressionBinding", "Expression", Subject::Bound, Gives::Any),
    place("AddChangeAspect", "ExpressionBinding", "AcceptNullValueExpression", Subject::Bound, Gives::Truth),
    place("AddChangeAspect", "ExpressionBinding", "IfExpression", Subject::Bound, Gives::Truth),
    place("AssertValueAspect", "ExpressionBinding", "Expression", Subject::Bound, Gives::Truth),
    place("AssertValueAspect", "ExpressionBinding", "IfExpression", Subject::Bound, Gives::Truth),
    place("AssertValueRequiredAspect", "ExpressionBinding", "IfExpression", Subject::Bound, Gives::Truth),
    place("BuildUniqueValueAspect", "ExpressionBinding", "Expression", Subject::Bound, Gives::Text).with(ATTEMPT),
    place("BuildUniqueValueAspect", "ExpressionBinding", "SimulationExpression", Subject::Bound, Gives::Text).with(ATTEMPT),
    place("BuildUniqueValueAspect", "ExpressionBinding", "IfExpression", Subject::Bound, Gives::Truth),
    place("InvokeScriptAspect", "ExpressionBinding", "IfExpression", Subject::Bound, Gives::Truth),
    place("InvokeWorkflowAspect", "ExpressionBinding", "IfExpression", Subject::Bound, Gives::Truth),
    place("NotificationAspect", "ExpressionBinding", "SubjectExpression_L1", Subject::Bound, Gives::Text),
    place("NotificationAspect/Recipient", "", "Expression", Subject::Bound, Gives::Any),
    place("UnicityCheck", "TargetBinding", "TargetExpression", Subject::Named("TargetEntityType"), Gives::Text).with(ATTEMPT),
    place("BuildUniqueValueAspect/UnicityCheck", "TargetBinding", "TargetExpression", Subject::Named("TargetEntityType"), Gives::Text).with(ATTEMPT),
];

/// The entity model of a configuration that is not deployed yet, with ids that nothing else knows.
pub fn undeployed(configuration: Configuration) -> Metadata {
    let mut catalog = Catalog::default();
    for (entity_type, id) in configuration.entity_types.iter().zip(1..) {
        catalog.entity_types.insert(entity_type.identifier.clone(), EntityTypeId(id));
        for (property, id) in entity_type.properties.iter().zip(1..) {
            catalog.properties.insert((entity_type.identifier.clone(), property.identifier.clone()), PropertyId(id));
        }
    }
    for (association, id) in configuration.associations.iter().zip(1..) {
        catalog.associations.insert(association.identifier.clone(), AssociationId(id));
    }
    Metadata::resolve(configuration, &catalog)
}

/// Compiles all expressions of a configuration, in the order of its items. One whose entity type or property does not
/// exist is left out: that is an error of the reference, which is told elsewhere.
pub fn compile<'i>(items: &'i [Item], metadata: &Metadata) -> Vec<Found<'i>> {
    let resource_types = items.iter().filter(|item| item.element == "ResourceType");
    let known = Known { metadata, resource_types: resource_types.map(|item| (item.identity.as_str(), item)).collect() };
    let mut found = Vec::new();
    for item in items {
        known.visit(item, None, &item.element, &mut found);
    }
    cycles(metadata, &mut found);
    found
}

/// Computed properties that are computed from each other are errors, too.
fn cycles(metadata: &Metadata, found: &mut [Found<'_>]) {
    for problem in ComputedPlan::new(metadata).problems {
        if let PlanError::Cycle { .. } = problem.cause {
            let named = |found: &&mut Found<'_>| {
                found.item.element == "EntityPropertyExpression"
                    && found.item.get("Identifier") == Some(problem.identifier.as_str())
            };
            if let Some(computed) = found.iter_mut().find(named) {
                computed.program = Err(ProgramError {
                    part: Part::Expression,
                    offset: 0,
                    length: 0,
                    message: problem.cause.to_string(),
                    remedy: problem.cause.remedy(),
                });
            }
        }
    }
}

struct Known<'m, 'i> {
    metadata: &'m Metadata,
    resource_types: HashMap<&'i str, &'i Item>,
}

impl<'i> Known<'_, 'i> {
    fn visit(&self, item: &'i Item, parent: Option<&'i Item>, element: &str, found: &mut Vec<Found<'i>>) {
        for place in PLACES.iter().filter(|place| place.element == element) {
            found.extend(self.compile(place, item, parent));
        }
        for child in &item.children {
            self.visit(child, Some(item), &format!("{element}/{}", child.element), found);
        }
    }

    fn compile(&self, place: &Place, item: &'i Item, parent: Option<&'i Item>) -> Option<Found<'i>> {
        let given = |attribute: Option<&'static str>| {
            let attribute = attribute?;
            Some((attribute, item.get(attribute).filter(|text| !text.trim().is_empty())?))
        };
        let (binding, expression) = (given(place.binding), given(place.expression));
        // A binding alone is looked at where it is the operand, not where it is the input of several expressions.
        let is_input = matches!(place.subject, Subject::Bound | Subject::Around);
        let (attribute, text) = expression.or(binding.filter(|_| !is_input))?;
        let entity_type = self.subject(place.subject, item, parent)?;
        let wanted = self.wanted(place.gives, item, parent, entity_type)?;
        let scope = Scope { metadata: self.metadata, entity_type, variables: place.variables, wanted };
        let path = binding.map(|(_, text)| match place.subject {
            Subject::Bearer => from_bearer(item, text),
            _ => text,
        });
        let program = Program::compile(path, expression.map(|(_, text)| text), &scope);
        let names = parent.into_iter().chain([item]).map(|item| format!("{} {}", item.element, item.identity));
        Some(Found {
            item,
            path: names.collect::<Vec<_>>().join(" / "),
            attribute,
            binding: place.binding,
            text,
            entity_type: self.metadata.entity_types[entity_type].identifier.clone(),
            program,
        })
    }

    fn entity_type(&self, identifier: &str) -> Option<usize> {
        self.metadata.entity_types.iter().position(|known| known.identifier == identifier)
    }

    fn resource_type(&self, item: &'i Item, parent: Option<&'i Item>) -> Option<&'i Item> {
        let around = parent.into_iter().chain([item]).find(|item| item.element == "ResourceType");
        around.or_else(|| self.resource_types.get(item.get("ResourceType")?).copied())
    }

    fn subject(&self, subject: Subject, item: &'i Item, parent: Option<&'i Item>) -> Option<usize> {
        match subject {
            Subject::Named(attribute) => {
                let name = item.get(attribute).or_else(|| parent?.get(attribute))?;
                self.entity_type(name)
            }
            Subject::Around => self.entity_type(parent?.get("Identifier")?),
            Subject::Bound => {
                let bound = |item: &'i Item| item.get("ExpressionBinding").or_else(|| item.get("Binding"));
                let (entity_type, _) = bound(item).or_else(|| bound(parent?))?.split_once(':')?;
                self.entity_type(entity_type.trim())
            }
            Subject::User(attribute) => {
                let context = parent?;
                let user = match (context.get("EntityType"), context.get("ResourceType")) {
                    (Some(entity_type), _) => self.entity_type(entity_type)?,
                    (None, Some(name)) => self.entity_type(self.resource_types.get(name)?.get("SourceEntityType")?)?,
                    (None, None) => return None,
                };
                let Some(binding) = context.get(attribute) else { return Some(user) };
                let scope = Scope::new(self.metadata, user, Wanted::Any);
                Program::compile(Some(binding), None, &scope).ok()?.entity_type()
            }
            Subject::Owner => self.entity_type(self.resource_type(item, parent)?.get("SourceEntityType")?),
            Subject::Resource => self.entity_type(self.resource_type(item, parent)?.get("TargetEntityType")?),
            Subject::Linked => {
                let resource = self.subject(Subject::Resource, item, parent)?;
                self.reached(resource, item.get("Property")?)
            }
            Subject::Reached => {
                let (entity_type, property) = item.get("Property")?.split_once(':')?;
                self.reached(self.entity_type(entity_type.trim())?, property)
            }
            Subject::Bearer => self.bearer(item),
        }
    }

    /// The entity type at the other end of a navigation.
    fn reached(&self, entity_type: usize, property: &str) -> Option<usize> {
        let name = property.rsplit(':').next().unwrap_or(property).trim();
        let property = binding::find_property(self.metadata, entity_type, name).ok()?;
        Some(binding::any_navigation(self.metadata, entity_type, property).ok()?.0.target)
    }

    /// The entity type of the resources of a context rule: of the identities, when it names no other ones.
    fn bearer(&self, item: &Item) -> Option<usize> {
        let owner = self.entity_type(item.get("SourceEntityType")?)?;
        let (binding, expression) = (item.get("ResourcesBinding"), item.get("ResourcesExpression"));
        if binding.is_none() && expression.is_none() {
            return Some(owner);
        }
        let scope = Scope::new(self.metadata, owner, Wanted::Resources(None));
        Program::compile(binding, expression, &scope).ok()?.entity_type()
    }

    fn wanted(&self, gives: Gives, item: &'i Item, parent: Option<&'i Item>, entity_type: usize) -> Option<Wanted> {
        let kind = |owner: usize, property: &str| {
            let position = binding::find_property(self.metadata, owner, property).ok()?;
            Some(self.metadata.entity_types[owner].properties[position].kind)
        };
        Some(match gives {
            Gives::Text => Wanted::Text(PropertyType::String),
            Gives::Date => Wanted::Text(PropertyType::DateTime),
            Gives::Truth => Wanted::Boolean,
            Gives::Resources => Wanted::Resources(None),
            Gives::Arguments => Wanted::Arguments,
            Gives::Any => Wanted::Any,
            Gives::Property => {
                let resource = self.subject(Subject::Resource, item, parent)?;
                let property = item.get("Property")?;
                Wanted::Text(kind(resource, property.rsplit(':').next().unwrap_or(property).trim())?)
            }
            Gives::Computed => {
                let property = item.get("Property")?;
                if binding::display_name(property).is_some() {
                    return Some(Wanted::Text(PropertyType::String));
                }
                let target = kind(entity_type, property)?;
                match item.get("PropertyCriteria").filter(|_| target == PropertyType::ForeignKey) {
                    Some(criteria) => Wanted::Text(kind(self.reached(entity_type, property)?, criteria)?),
                    None => Wanted::Text(target),
                }
            }
        })
    }
}

/// A path that begins at the identity, without the part that leads to the resources of the rule.
fn from_bearer<'t>(item: &Item, path: &'t str) -> &'t str {
    let owner = item.get("SourceEntityType").unwrap_or_default();
    let resources = item.get("ResourcesBinding").unwrap_or_default();
    let resources = resources.rsplit(':').next().unwrap_or_default().trim();
    let within = |path: &'t str| {
        let from_owner = path.trim().strip_prefix(owner)?.trim_start().strip_prefix(':')?.trim_start();
        from_owner.strip_prefix(resources)?.trim_start().strip_prefix('.')
    };
    if owner.is_empty() || resources.is_empty() { path } else { within(path).unwrap_or(path) }
}

#[cfg(test)]
mod tests;
