//! What follows from the deployed elements that decide about access: references resolved, dates as instants.

use super::instants::instant;
use crate::configuration::access::{
    AccessControlEntityType, AccessControlEntry, AccessControlFilter, AccessControlRule, AssignedProfile, ComparedWith,
    OpenIdClient, ProfileContext, UserByIdentity, access_of,
};
use crate::configuration::{Configuration, Item, expand};
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
    pub entries: Vec<AccessControlEntry>,
    /// Which rows; none: all.
    pub filters: Vec<Filter>,
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
        let items = expand(items);
        let items: Vec<&Item> = items.iter().collect();
        let dimensions: BTreeMap<&str, String> = items
            .iter()
            .filter(|item| item.element == "Dimension")
            .filter_map(|item| {
                Some((item.get("Identifier")?, format!("D{}", item.get("ColumnMapping").unwrap_or("0"))))
            })
            .collect();
        AccessPolicy::of(access_of(&items), &dimensions)
    }

    /// What follows from the typed elements. `dimensions`: the column of each dimension by its identifier.
    fn of(written: Configuration, dimensions: &BTreeMap<&str, String>) -> AccessPolicy {
        let scopes: BTreeMap<String, Scope> = written
            .profile_contexts
            .iter()
            .filter_map(|context| Some((context.id?.to_string(), scope(context))))
            .collect();
        let scope_of = |id: Option<&str>| id.and_then(|id| scopes.get(id.trim())).cloned().unwrap_or_default();
        AccessPolicy {
            profiles: written.profiles.into_iter().map(|profile| profile.identifier).collect(),
            rules: written.access_control_rules.into_iter().map(|one| rule(one, dimensions)).collect(),
            assignments: written
                .assigned_profiles
                .into_iter()
                .map(|one| assignment(scope_of(Some(&one.context)), one))
                .collect(),
            clients: written
                .open_id_clients
                .into_iter()
                .map(|one| client(scope_of(one.context.as_deref()), one))
                .collect(),
            restricted: written.access_control_entity_types.into_iter().flat_map(restricted).collect(),
            login: written.user_by_identity.and_then(login),
        }
    }

    /// The client of this login: its identifier, with or without `@` and the name of the server.
    pub fn client(&self, login: &str) -> Option<&Client> {
        let named = |identifier: &str| self.clients.iter().find(|client| client.identifier == identifier);
        named(login).or_else(|| login.rsplit_once('@').and_then(|(identifier, _)| named(identifier)))
    }
}

fn scope(context: &ProfileContext) -> Scope {
    let roles = [
        ("Category", &context.category),
        ("CompositeRole", &context.composite_role),
        ("ResourceType", &context.resource_type),
        ("SingleRole", &context.single_role),
    ];
    let roles = roles.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
    roles.chain(context.dimensions.clone()).filter(|(_, value)| !value.is_empty()).collect()
}

fn rule(written: AccessControlRule, dimensions: &BTreeMap<&str, String>) -> Rule {
    Rule {
        profile: written.profile,
        entity_type: written.entity_type,
        entries: written.entries,
        filters: written.filters.into_iter().map(|one| filter(one, dimensions)).collect(),
    }
}

fn filter(written: AccessControlFilter, dimensions: &BTreeMap<&str, String>) -> Filter {
    let context = |name: &str| Operand::Context(name.to_owned());
    let operand = match written.compared_with {
        ComparedWith::Value(value) => Operand::Value(value),
        ComparedWith::CurrentUser => Operand::CurrentUser,
        ComparedWith::Dimension(name) => Operand::Context(dimensions.get(name.as_str()).cloned().unwrap_or(name)),
        ComparedWith::Category => context("Category"),
        ComparedWith::CompositeRole => context("CompositeRole"),
        ComparedWith::SingleRole => context("SingleRole"),
        ComparedWith::ResourceType => context("ResourceType"),
    };
    Filter { group: written.group, binding: written.binding, negated: written.is_not_equal, operand }
}

/// A date that was not written has the documented value; one that cannot be read keeps the assignment from working.
fn assignment(scope: Scope, written: AssignedProfile) -> Assignment {
    let date = |text: &str, unreadable| (!text.is_empty()).then(|| instant(text).unwrap_or(unreadable));
    Assignment {
        is_approved: written.access_state.is_empty() || APPROVED.contains(&written.access_state.as_str()),
        start: date(&written.start_date, i64::MAX),
        end: date(&written.end_date, i64::MIN),
        user: written.user,
        profile: written.profile,
        scope,
        is_denied: written.is_denied,
    }
}

fn client(scope: Scope, written: OpenIdClient) -> Client {
    Client {
        identifier: written.identifier,
        hashed_secret: written.hashed_secret,
        profile: written.profile,
        scope,
        end: written.expiration_date.map(|date| instant(&date).unwrap_or(i64::MIN)),
    }
}

fn restricted(written: AccessControlEntityType) -> impl Iterator<Item = Restricted> {
    let entity_type = written.identifier;
    written.properties.into_iter().map(move |(property, group)| Restricted {
        entity_type: entity_type.clone(),
        property,
        group,
    })
}

fn login(written: UserByIdentity) -> Option<LoginMapping> {
    Some(LoginMapping {
        entity_type: written.owner_entity_type?,
        property: written.resource_identity_property?,
        after: written.after_token.unwrap_or_default(),
        before: written.before_token.unwrap_or_default(),
        display_name: written.resource_display_name_property,
    })
}
