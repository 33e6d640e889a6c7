//! Who may do what: typed elements of access control, and the settings that go with them.

use super::dialect::{self, Element};
use super::item::Item;
use super::jobs::{Cron, cron_of};
use super::types::Configuration;
use super::view::View;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `OpenIdClient`: a program that may call the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenIdClient {
    /// Unique identifier, its login.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// Base64 of the SHA-256 of its secret.
    pub hashed_secret: String,
    /// Its one profile.
    pub profile: String,
    /// `Id` of a profile context.
    pub context: Option<String>,
    /// Last day or instant, as written.
    pub expiration_date: Option<String>,
}

/// `Profile`: a named set of permissions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Unique identifier.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// A building block of other profiles.
    pub is_component: bool,
}

/// `ProfileContext`: what an assigned profile is limited to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileContext {
    /// -2 or less, when it has one.
    pub id: Option<i32>,
    /// Identifier of a category.
    pub category: Option<String>,
    /// Identifier of a composite role.
    pub composite_role: Option<String>,
    /// Identifier of a single role.
    pub single_role: Option<String>,
    /// Identifier of a resource type.
    pub resource_type: Option<String>,
    /// Keys of resources, by `D0` to `D3V`.
    pub dimensions: BTreeMap<String, String>,
    /// Made by the engine.
    pub is_automatic: bool,
}

/// `AssignedProfile`: a profile of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignedProfile {
    /// Value of a key property of the user.
    pub user: String,
    /// Identifier of the profile.
    pub profile: String,
    /// `Id` of a profile context.
    pub context: String,
    /// Name of a workflow state.
    pub access_state: String,
    /// Other mail address.
    pub email: Option<String>,
    /// From, as written; 1900-01-01 when nothing is.
    pub start_date: String,
    /// To, as written; 2079-06-06 when nothing is.
    pub end_date: String,
    /// Forbids instead of assigning.
    pub is_denied: bool,
}

/// `AccessControlRule`: what a profile may do with an entity type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessControlRule {
    /// Unique identifier.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// Entity type of the configuration or of the product.
    pub entity_type: String,
    /// Profile that gets it.
    pub profile: String,
    /// Its permissions.
    pub entries: Vec<AccessControlEntry>,
    /// What narrows the data: all filters of a group, any group.
    pub filters: Vec<AccessControlFilter>,
}

/// `AccessControlRule/Entry`: a permission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessControlEntry {
    /// Path of the permission.
    pub permission: String,
    /// The permission itself is granted; else it only opens the data of the entity type in its context.
    pub can_execute: bool,
    /// Restricted properties, too.
    pub full_access_properties: bool,
    /// Group of restricted properties that is opened.
    pub property_group: Option<String>,
    /// Checked before a change.
    pub is_pre_condition: bool,
    /// Checked after a change.
    pub is_post_condition: bool,
    /// The mails that go with it are sent.
    pub notify: bool,
    /// The highest wins.
    pub priority: i32,
}

/// `AccessControlRule/Filter`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessControlFilter {
    /// Filters of one group must all hold; empty is the default group.
    pub group: String,
    /// Path from the entity type of the rule.
    pub binding: String,
    /// The two sides must differ.
    pub is_not_equal: bool,
    /// The other side.
    pub compared_with: ComparedWith,
}

/// The other side of a filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ComparedWith {
    /// A constant.
    Value(String),
    /// The account of the user.
    CurrentUser,
    /// A dimension of the user's profile contexts, by its identifier.
    Dimension(String),
    /// The category of the user's profile contexts.
    Category,
    /// Their composite role.
    CompositeRole,
    /// Their single role.
    SingleRole,
    /// Their resource type.
    ResourceType,
}

impl Default for ComparedWith {
    fn default() -> ComparedWith {
        ComparedWith::Value(String::new())
    }
}

/// `AccessControlPropertyGroup`: a group of restricted properties.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessControlPropertyGroup {
    /// Unique identifier.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
}

/// `AccessControlEntityType`: restricted properties of an entity type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessControlEntityType {
    /// Identifier of the entity type.
    pub identifier: String,
    /// Group of each restricted property, by the property.
    pub properties: BTreeMap<String, Option<String>>,
}

/// `SelectUserByIdentityQueryHandlerSetting`: how a login leads to a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserByIdentity {
    /// Property that holds the login.
    pub resource_identity_property: Option<String>,
    /// Entity type of the persons.
    pub owner_entity_type: Option<String>,
    /// The login begins after this.
    pub after_token: Option<String>,
    /// The login ends before this.
    pub before_token: Option<String>,
    /// Property that holds the name.
    pub resource_display_name_property: Option<String>,
    /// Property that holds the photo.
    pub owner_photo_tag_property: Option<String>,
}

/// `SchedulingCleanDataBaseSetting`: when jobs left in progress are closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleanDatabase {
    /// Minutes; 0 as the engine likes.
    pub timeout: u32,
    /// When.
    pub cron: Option<Cron>,
}

/// What these items, which are expanded, say about rights, and nothing else.
pub(crate) fn access_of(items: &[&Item]) -> Configuration {
    let mut configuration = Configuration::default();
    access(items, &mut configuration);
    configuration
}

/// Fills in what these items, which are expanded, say about rights.
pub(super) fn access(items: &[&Item], configuration: &mut Configuration) {
    configuration.open_id_clients = all(items, "OpenIdClient", client);
    configuration.profiles = all(items, "Profile", profile);
    configuration.profile_contexts = all(items, "ProfileContext", context);
    configuration.assigned_profiles = all(items, "AssignedProfile", assigned);
    configuration.access_control_rules = all(items, "AccessControlRule", rule);
    configuration.access_control_property_groups = all(items, "AccessControlPropertyGroup", property_group);
    configuration.access_control_entity_types = all(items, "AccessControlEntityType", entity_type);
    let users = all(items, "SelectUserByIdentityQueryHandlerSetting", user_by_identity);
    configuration.user_by_identity = users.into_iter().next();
    configuration.clean_database = all(items, "SchedulingCleanDataBaseSetting", clean_database).into_iter().next();
}

fn all<T>(items: &[&Item], name: &str, make: fn(View<'_>) -> T) -> Vec<T> {
    let Some(element) = dialect::root(name) else {
        return Vec::new();
    };
    items.iter().filter(|item| item.element == name).map(|item| make(View { item, element })).collect()
}

fn children<'a>(view: View<'a>, name: &str) -> impl Iterator<Item = View<'a>> {
    let element: Option<&'static Element> = view.element.child(name);
    element.into_iter().flat_map(move |element| view.children(element))
}

fn client(view: View<'_>) -> OpenIdClient {
    OpenIdClient {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        hashed_secret: view.text("HashedSecret"),
        profile: view.text("Profile"),
        context: view.optional("Context"),
        expiration_date: view.optional("ExpirationDate"),
    }
}

fn profile(view: View<'_>) -> Profile {
    Profile {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        is_component: view.is("IsComponent"),
    }
}

fn context(view: View<'_>) -> ProfileContext {
    let is_dimension = |name: &str| name.starts_with('D') && name[1..].starts_with(|c: char| c.is_ascii_digit());
    let dimensions = view.item.attributes.iter().filter(|(name, _)| is_dimension(name));
    ProfileContext {
        id: view.optional_number("Id"),
        category: view.optional("Category"),
        composite_role: view.optional("CompositeRole"),
        single_role: view.optional("SingleRole"),
        resource_type: view.optional("ResourceType"),
        dimensions: dimensions.cloned().collect(),
        is_automatic: view.is("IsAutomatic"),
    }
}

fn assigned(view: View<'_>) -> AssignedProfile {
    AssignedProfile {
        user: view.text("User"),
        profile: view.text("Profile"),
        context: view.text("Context"),
        access_state: view.text("AccessState"),
        email: view.optional("Email"),
        start_date: view.text("StartDate"),
        end_date: view.text("EndDate"),
        is_denied: view.is("IsDenied"),
    }
}

fn rule(view: View<'_>) -> AccessControlRule {
    AccessControlRule {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        entity_type: view.text("EntityType"),
        profile: view.text("Profile"),
        entries: children(view, "Entry").map(entry).collect(),
        filters: children(view, "Filter").map(filter).collect(),
    }
}

fn entry(view: View<'_>) -> AccessControlEntry {
    AccessControlEntry {
        permission: view.text("Permission"),
        can_execute: view.is("CanExecute"),
        full_access_properties: view.is("FullAccessProperties"),
        property_group: view.optional("PropertyGroup"),
        is_pre_condition: view.is("IsPreCondition"),
        is_post_condition: view.is("IsPostCondition"),
        notify: view.is("Notify"),
        priority: view.number("Priority"),
    }
}

fn filter(view: View<'_>) -> AccessControlFilter {
    let compared_with = if let Some(dimension) = view.optional("Dimension") {
        ComparedWith::Dimension(dimension)
    } else if view.is("CurrentUser") {
        ComparedWith::CurrentUser
    } else if view.is("Category") {
        ComparedWith::Category
    } else if view.is("CompositeRole") {
        ComparedWith::CompositeRole
    } else if view.is("SingleRole") {
        ComparedWith::SingleRole
    } else if view.is("ResourceType") {
        ComparedWith::ResourceType
    } else {
        ComparedWith::Value(view.text("Value"))
    };
    AccessControlFilter {
        group: view.text("Group"),
        binding: view.text("Binding"),
        is_not_equal: view.text("Operator") == "NotEquals",
        compared_with,
    }
}

fn property_group(view: View<'_>) -> AccessControlPropertyGroup {
    AccessControlPropertyGroup { identifier: view.text("Identifier"), display_name: view.optional("DisplayName_L1") }
}

fn entity_type(view: View<'_>) -> AccessControlEntityType {
    let properties = children(view, "Property").map(|p| (p.text("Identifier"), p.optional("VisibilityGroup")));
    AccessControlEntityType { identifier: view.text("Identifier"), properties: properties.collect() }
}

fn user_by_identity(view: View<'_>) -> UserByIdentity {
    UserByIdentity {
        resource_identity_property: view.optional("ResourceIdentityProperty"),
        owner_entity_type: view.optional("OwnerEntityType"),
        after_token: view.optional("AfterToken"),
        before_token: view.optional("BeforeToken"),
        resource_display_name_property: view.optional("ResourceDisplayNameProperty"),
        owner_photo_tag_property: view.optional("OwnerPhotoTagProperty"),
    }
}

fn clean_database(view: View<'_>) -> CleanDatabase {
    let cron = cron_of(view.item, "CronTabExpression").and_then(Result::ok);
    CleanDatabase { timeout: view.number("Timeout"), cron }
}
