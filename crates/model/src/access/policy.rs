//! The deployed elements that decide about access, as plain structures.

use super::instants::instant;
use crate::configuration::{Item, expand};
use std::collections::BTreeMap;

/// Everything that decides about access.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessPolicy {
    /// Identifiers of `Profile` elements.
    pub profiles: Vec<String>,
    /// `AccessControlRule` elements.
    pub rules: Vec<Rule>,
    /// `AssignedProfile` elements.
    pub assignments: Vec<Assignment>,
    /// `OpenIdClient` elements.
    pub clients: Vec<Client>,
    /// Properties that only some may see.
    pub restricted: Vec<Restricted>,
    /// How a login leads to a person.
    pub login: Option<LoginMapping>,
}

/// `AccessControlRule`: a profile and an entity type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Profile that it is for.
    pub profile: String,
    /// Entity type that it opens.
    pub entity_type: String,
    /// What may be done.
    pub entries: Vec<Entry>,
    /// Which rows; none: all.
    pub filters: Vec<Filter>,
}

/// `AccessControlRule/Entry`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Path of the permission.
    pub permission: String,
    /// The permission itself is granted; else it only opens the data where the permission is used.
    pub can_execute: bool,
    /// Restricted properties too.
    pub full_access_properties: bool,
    /// Group of restricted properties that is opened.
    pub property_group: Option<String>,
    /// Checked before a change.
    pub is_pre_condition: bool,
    /// Checked after a change.
    pub is_post_condition: bool,
    /// Mails that go with it are sent.
    pub notify: bool,
    /// The highest comes first when several contexts give the same right.
    pub priority: i64,
}

/// `AccessControlRule/Filter`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Filters of one group must all hold; of the groups, any.
    pub group: String,
    /// Path from the entity type of the rule.
    pub binding: String,
    /// `NotEquals`.
    pub negated: bool,
    /// What it is compared with.
    pub operand: Operand,
}

/// The other side of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A constant.
    Value(String),
    /// Whoever is signed in.
    CurrentUser,
    /// A field of the context of the assigned profile: `Category`, `SingleRole`, `CompositeRole`, `ResourceType`, or
    /// `D<n>` for a dimension.
    Context(String),
}

/// `ProfileContext`: fields of the scope of responsibility by name: `Category`, `D3`.
pub type Scope = BTreeMap<String, String>;

/// `AssignedProfile`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// The user, by the value of a key property.
    pub user: String,
    /// Profile.
    pub profile: String,
    /// Its context.
    pub scope: Scope,
    /// Whether its state lets it work: approved, or declared without one.
    pub is_approved: bool,
    /// It forbids.
    pub is_denied: bool,
    /// Microseconds since 1970, UTC.
    pub start: Option<i64>,
    /// The first instant when it holds no longer.
    pub end: Option<i64>,
}

/// `OpenIdClient`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// Login.
    pub identifier: String,
    /// Base64 of the SHA-256 of its secret.
    pub hashed_secret: String,
    /// Its one profile.
    pub profile: String,
    /// Context of the profile.
    pub scope: Scope,
    /// The first instant when it is no longer let in. An expiration that cannot be read is past.
    pub end: Option<i64>,
}

/// A property of `AccessControlEntityType`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restricted {
    /// Entity type.
    pub entity_type: String,
    /// Property.
    pub property: String,
    /// Visibility group that it belongs to.
    pub group: Option<String>,
}

/// `SelectUserByIdentityQueryHandlerSetting`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoginMapping {
    /// Entity type of the persons.
    pub entity_type: String,
    /// Property that holds the login.
    pub property: String,
    /// The login begins after this.
    pub after: String,
    /// The login ends before this.
    pub before: String,
    /// Property that holds the name to show.
    pub display_name: Option<String>,
}

impl LoginMapping {
    /// The part of a login that is looked for. A token that does not occur cuts nothing.
    pub fn trimmed<'a>(&self, login: &'a str) -> &'a str {
        let after = match self.after.is_empty() {
            true => login,
            false => login.split_once(self.after.as_str()).map_or(login, |(_, rest)| rest),
        };
        match self.before.is_empty() {
            true => after,
            false => after.split_once(self.before.as_str()).map_or(after, |(head, _)| head),
        }
    }
}

/// States of an assigned profile that let it work. One without a state was declared by an administrator.
const APPROVED: &[&str] = &[
    "None",
    "Historic",
    "Approved",
    "PolicyApproved",
    "ApprovedQuestioned",
    "Prolonged",
    "ApprovedRisk",
    "GivenByRole",
];

impl AccessPolicy {
    /// The policy of a deployed configuration, whose scaffoldings are expanded here.
    pub fn from_items(items: &[Item]) -> AccessPolicy {
        let items = &expand(items);
        let of = |element: &'static str| items.iter().filter(move |item| item.element == element);
        let dimensions: BTreeMap<&str, String> = of("Dimension")
            .filter_map(|item| {
                Some((item.get("Identifier")?, format!("D{}", item.get("ColumnMapping").unwrap_or("0"))))
            })
            .collect();
        let scopes: BTreeMap<&str, Scope> =
            of("ProfileContext").filter_map(|item| Some((item.get("Id")?, scope(item)))).collect();
        let scope_of =
            |item: &Item| item.get("Context").and_then(|id| scopes.get(id.trim())).cloned().unwrap_or_default();
        AccessPolicy {
            profiles: of("Profile").map(|item| text(item, "Identifier")).collect(),
            rules: of("AccessControlRule").map(|item| rule(item, &dimensions)).collect(),
            assignments: of("AssignedProfile").map(|item| assignment(item, scope_of(item))).collect(),
            clients: of("OpenIdClient").map(|item| client(item, scope_of(item))).collect(),
            restricted: of("AccessControlEntityType").flat_map(restricted).collect(),
            login: of("SelectUserByIdentityQueryHandlerSetting").next().and_then(login),
        }
    }

    /// The client of this login: its identifier, with or without `@` and the name of the server.
    pub fn client(&self, login: &str) -> Option<&Client> {
        let named = |identifier: &str| self.clients.iter().find(|client| client.identifier == identifier);
        named(login).or_else(|| login.rsplit_once('@').and_then(|(identifier, _)| named(identifier)))
    }
}

fn text(item: &Item, name: &str) -> String {
    item.get(name).unwrap_or_default().to_owned()
}

fn owned(item: &Item, name: &str) -> Option<String> {
    item.get(name).filter(|value| !value.is_empty()).map(str::to_owned)
}

fn flag(item: &Item, name: &str) -> bool {
    item.get(name) == Some("true")
}

fn flag_on(item: &Item, name: &str) -> bool {
    item.get(name) != Some("false")
}

fn scope(item: &Item) -> Scope {
    let fields = item.attributes.iter().filter(|(name, value)| {
        let is_dimension = name.strip_prefix('D').is_some_and(|n| n.parse::<u8>().is_ok());
        let is_role = ["Category", "SingleRole", "CompositeRole", "ResourceType"].contains(&name.as_str());
        (is_dimension || is_role) && !value.is_empty()
    });
    fields.cloned().collect()
}

fn rule(item: &Item, dimensions: &BTreeMap<&str, String>) -> Rule {
    let children = |element: &'static str| item.children.iter().filter(move |child| child.element == element);
    Rule {
        profile: text(item, "Profile"),
        entity_type: text(item, "EntityType"),
        entries: children("Entry").map(entry).collect(),
        filters: children("Filter").map(|child| filter(child, dimensions)).collect(),
    }
}

fn entry(item: &Item) -> Entry {
    Entry {
        permission: text(item, "Permission"),
        can_execute: flag(item, "CanExecute"),
        full_access_properties: flag(item, "FullAccessProperties"),
        property_group: owned(item, "PropertyGroup"),
        is_pre_condition: flag_on(item, "IsPreCondition"),
        is_post_condition: flag_on(item, "IsPostCondition"),
        notify: flag_on(item, "Notify"),
        priority: item.get("Priority").and_then(|n| n.parse().ok()).unwrap_or(0),
    }
}

fn filter(item: &Item, dimensions: &BTreeMap<&str, String>) -> Filter {
    let role = ["Category", "CompositeRole", "SingleRole", "ResourceType"].into_iter().find(|name| flag(item, name));
    let operand = match (owned(item, "Dimension"), role) {
        _ if flag(item, "CurrentUser") => Operand::CurrentUser,
        (Some(dimension), _) => Operand::Context(dimensions.get(dimension.as_str()).cloned().unwrap_or(dimension)),
        (None, Some(role)) => Operand::Context(role.to_owned()),
        (None, None) => Operand::Value(text(item, "Value")),
    };
    Filter {
        group: text(item, "Group"),
        binding: text(item, "Binding"),
        negated: item.get("Operator") == Some("NotEquals"),
        operand,
    }
}

fn assignment(item: &Item, scope: Scope) -> Assignment {
    Assignment {
        user: text(item, "User"),
        profile: text(item, "Profile"),
        scope,
        is_approved: APPROVED.contains(&item.get("AccessState").unwrap_or("None")),
        is_denied: flag(item, "IsDenied"),
        start: item.get("StartDate").map(|date| instant(date).unwrap_or(i64::MAX)),
        end: item.get("EndDate").map(|date| instant(date).unwrap_or(i64::MIN)),
    }
}

fn client(item: &Item, scope: Scope) -> Client {
    Client {
        identifier: text(item, "Identifier"),
        hashed_secret: text(item, "HashedSecret"),
        profile: text(item, "Profile"),
        scope,
        end: item.get("ExpirationDate").map(|date| instant(date).unwrap_or(i64::MIN)),
    }
}

fn restricted(item: &Item) -> impl Iterator<Item = Restricted> {
    let entity_type = text(item, "Identifier");
    item.children.iter().filter(|child| child.element == "Property").map(move |child| Restricted {
        entity_type: entity_type.clone(),
        property: text(child, "Identifier"),
        group: owned(child, "VisibilityGroup"),
    })
}

fn login(item: &Item) -> Option<LoginMapping> {
    Some(LoginMapping {
        entity_type: owned(item, "OwnerEntityType")?,
        property: owned(item, "ResourceIdentityProperty")?,
        after: text(item, "AfterToken"),
        before: text(item, "BeforeToken"),
        display_name: owned(item, "ResourceDisplayNameProperty"),
    })
}
