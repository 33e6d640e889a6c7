//! Settings.

use super::common::*;
use super::definition::{Attribute, Element, Kind, Names};

const fn section(name: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, Kind::Int(0, 5), doc).or("3")
}

macro_rules! settings {
    ($($name:ident $($acted_on:ident)? $label:literal $doc:literal [$($attribute:expr),* $(,)?];)*) => {
        $(static $name: Element =
            Element::new($label, $doc)$(.$acted_on())?.single().attributes(&[&[OPTIONAL_ID], &[$($attribute),*]]);)*
    };
}

settings! {
    VERSION "ConfigurationVersionSetting" "What the configuration says about itself." [
        text("Version", "Version."), text("Description", "Description."), text("Misc", "Anything else."),
    ];
    APP_DISPLAY "AppDisplaySetting" "What the application looks like." [
        text("PrimaryColor", "Colour."),
        text("SecondaryColor", "Colour."),
        text("BannerColor", "Colour."),
        text("BannerTextColor", "Colour."),
        text("ApplicationName", "Name."),
        text("LogoFile", "Logo, five times as wide as high."),
        text("LogoMimeType", "Its type."),
        text("FaviconFile", "Icon."),
        text("FaviconMimeType", "Its type."),
        text("FullNameSeparator", "Between the parts of a full name."),
        flag("DisableProvisioningCounters", "No counters of orders."),
    ];
    CUSTOM_LINK_1 "CustomLink1Setting" "A link in the menu." [
        text("Url", "Where it leads.").required(),
        text("Path", "Text shown, per language.").names(Names::Localised).required(),
    ];
    CUSTOM_LINK_2 "CustomLink2Setting" "A second link in the menu." [
        text("Url", "Where it leads.").required(),
        text("Path", "Text shown, per language.").names(Names::Localised).required(),
    ];
    DASHBOARD "DashboardItemNumberSetting" "How many items the dashboard shows." [
        section("RoleReviewSection", "Roles to review."),
        section("ProvisioningReviewSection", "Orders to review."),
        section("RoleReconciliationSection", "Roles to reconcile."),
        section("ResourceReconciliationSection", "Resources to reconcile."),
        section("ManualProvisioningSection", "Orders to carry out."),
        section("MyTasksSection", "Tasks."),
    ];
    SELECT_USER acted_on "SelectUserByIdentityQueryHandlerSetting" "How a login leads to a person." [
        property("ResourceIdentityProperty", "Property that holds the login."),
        reference("OwnerEntityType", "EntityType", "Entity type of the persons."),
        text("AfterToken", "The login begins after this."),
        text("BeforeToken", "The login ends before this."),
        property("ResourceDisplayNameProperty", "Property that holds the name."),
        property("OwnerPhotoTagProperty", "Property that holds the photo."),
    ];
    ALL_PERFORMED_BY "SelectAllPerformedByAssociationQueryHandlerSetting" "Who may act for whom." [
        reference("RootEntityType", "EntityType", "Entity type of the persons."),
        binding("Binding", "Delegation group."),
    ];
    CLEAN_DATABASE acted_on "SchedulingCleanDataBaseSetting" "When jobs left in progress are closed." [
        count("Timeout", "Minutes."), text("CronTabExpression", "When."),
    ];
    PASSWORD_GENERATION "PasswordGenerationSetting" "What generated passwords are made of." [
        text("AllowedSymbolChars", "Symbols."),
    ];
}

static SELECT_PERSONAS: Element =
    Element::new("SelectPersonasByFilterQueryHanderSetting", "How the personas of a user are found.")
        .aliases(&["SelectPersonasByFilterQueryHandlerSetting"])
        .single()
        .attributes(&[&[
            OPTIONAL_ID,
            property("ResourceDisplayNameProperty", "Property that holds the name."),
            property("OwnerPhotoTagProperty", "Property that holds the photo."),
            property("PersonTypeFilterProperty", "Property that tells persons."),
            text("PersonTypeFilter", "Its value."),
            property("MailProperty", "Property that holds the mail address."),
        ]]);

static MAIL: Element = Element::new("MailSetting", "How mails are sent.").single().open();
static PASSWORD_TESTS: Element =
    Element::new("PasswordTestsSetting", "What typed passwords must be like.").single().open();

/// Elements of this file that stand at the root.
pub(super) static ROOT: &[&Element] = &[
    &VERSION,
    &APP_DISPLAY,
    &CUSTOM_LINK_1,
    &CUSTOM_LINK_2,
    &DASHBOARD,
    &SELECT_USER,
    &SELECT_PERSONAS,
    &ALL_PERFORMED_BY,
    &CLEAN_DATABASE,
    &PASSWORD_GENERATION,
    &MAIL,
    &PASSWORD_TESTS,
];
