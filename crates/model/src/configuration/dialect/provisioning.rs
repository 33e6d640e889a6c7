//! Fulfilment parameters: resource type mappings and passwords.

use super::common::*;
use super::definition::{Attribute, Element};
use super::enumerations as e;

const MAPPING_ID: Attribute = reference("Identifier", "ResourceType", "Resource type that it is about.");
const CONNECTION: Attribute = reference("Connection", "Connection", "Connection that fulfils its orders.").required();
const OPTIONAL_CONNECTION: Attribute = reference("Connection", "Connection", "Connection that fulfils its orders.");
const OBJECT_CLASS: Attribute =
    text("DefaultObjectClass", "Class of the objects created; several on lines of their own.");
const PASSWORDS: Attribute =
    reference("PasswordResetSetting", "PasswordResetSettings", "How passwords are set and communicated.");
const NO_SYNCHRONISATION: Attribute =
    flag("TicketSynchroIsNotAvailable", "A closed ticket counts as verified: no synchronisation will confirm it.");

static MAPPED_PROPERTY: Element =
    Element::new("Property", "The part that a property of the target plays.").natural(&["Property"]).attributes(&[&[
        property("Property", "Property of the target entity type.").required(),
        flag("IsDNProperty", "Holds the distinguished name."),
        flag("IsParentProperty", "Leads to the parent."),
        flag("IsRDNProperty", "Holds the relative name."),
        flag("IsUserAccountControlProperty", "Holds the account flags."),
        flag("IsDisplayNameProperty", "Holds the display name."),
        flag("IsMailProperty", "Holds the mail address."),
        text("DataSourceBacklinkColumnName", "Column through which the property is written at the other end."),
        text("MultiValueSeparator", "Between several values."),
    ]]);

macro_rules! mappings {
    ($($name:ident $label:literal $doc:literal [$($attribute:expr),* $(,)?];)*) => {
        $(static $name: Element = Element::new($label, $doc)
            .attributes(&[&[MAPPING_ID, $($attribute),*]])
            .children(&[&[&MAPPED_PROPERTY]]);)*
    };
}

mappings! {
    LDAP "LdapResourceTypeMapping" "How orders become changes in a directory." [
        CONNECTION,
        OBJECT_CLASS.required(),
        text("RDNAttributeIdentifier", "Attribute that names an entry.").required(),
        PASSWORDS,
        flag("UsePermissiveModify", "Adding what is there, or removing what is not, is no error."),
        flag("UseTreeDelete", "Delete an entry with all that is below it."),
    ];
    SAP "SapResourceTypeMapping" "How orders become changes in SAP." [CONNECTION, OBJECT_CLASS, PASSWORDS];
    OKTA "OktaResourceTypeMapping" "How orders become changes in Okta." [CONNECTION, OBJECT_CLASS, PASSWORDS];
    SCIM "ScimResourceTypeMapping" "How orders become SCIM requests." [CONNECTION, OBJECT_CLASS];
    SERVICE_NOW "ServiceNowResourceTypeMapping" "How orders become ServiceNow records or tickets." [
        CONNECTION,
        OBJECT_CLASS,
        PASSWORDS,
        text("TicketCallerId", "Caller of the tickets."),
        text("TicketCategory", "Category of the tickets."),
        text("TicketSubCategory", "Subcategory of the tickets."),
        choice("TicketImpact", &e::LOW_TO_HIGH, "Impact of the tickets.").or("Low"),
        choice("TicketUrgency", &e::LOW_TO_HIGH, "Urgency of the tickets.").or("Low"),
        text("TicketAdditionalInformation", "Added to the description of the tickets."),
        NO_SYNCHRONISATION,
    ];
    EASY_VISTA "EasyVistaResourceTypeMapping" "How orders become EasyVista tickets." [
        CONNECTION,
        text("CatalogCode", "Catalogue code, or one each for add, modify and delete, separated by ¤.").required(),
        text("RecipientId", "Recipient of the tickets.").required(),
        text("Title", "File with the template of the title."),
        text("Description", "File with the template of the description."),
        text("ImpactId", "Impact of the tickets."),
        text("UrgencyId", "Urgency of the tickets."),
        text("SeverityId", "Severity of the tickets."),
        NO_SYNCHRONISATION,
    ];
    MANUAL "ManualProvisioningResourceTypeMapping" "Orders that people carry out." [CONNECTION, NO_SYNCHRONISATION];
    SHARE_POINT "SharePointResourceTypeMapping" "How orders become changes in SharePoint." [
        OPTIONAL_CONNECTION, OBJECT_CLASS,
    ];
    GENERIC "ResourceTypeMapping" "How orders become changes, in general." [OPTIONAL_CONNECTION, OBJECT_CLASS];
}

static ENTRA_ID: Element =
    Element::new("AzureADResourceTypeMapping", "How orders become changes in Microsoft Entra ID.")
        .aliases(&["MicrosoftEntraIDResourceTypeMapping"])
        .attributes(&[&[
            MAPPING_ID,
            CONNECTION,
            OBJECT_CLASS.required(),
            choice("InvitationMode", &e::INVITATION, "How guests are invited.").or("None"),
            text("InvitationRedirectUrl", "Where guests are sent."),
            text("InvitationCustomizedMessageBody", "Text of the invitation."),
            text("InvitationMessageLanguage", "Language of the invitation; English when absent."),
            PASSWORDS,
        ]])
        .children(&[&[&MAPPED_PROPERTY]]);

static PASSWORD_RESET_SETTINGS: Element =
    Element::new("PasswordResetSettings", "How passwords are generated, set and communicated.").attributes(&[&[
        ID,
        choice("Mode", &e::PASSWORD_RESET_MODE, "Whether and how a password is communicated.").or("Disabled"),
        flag("AutoGenerate", "Generate passwords."),
        text("DefaultPassword", "Password when none is generated."),
        count("GeneratedLength", "Length; at least the sum of the four counts.").or("12"),
        count("GeneratedLowerCaseCharsCount", "Least number of lower-case letters.").or("6"),
        count("GeneratedUpperCaseCharsCount", "Least number of upper-case letters.").or("2"),
        count("GeneratedDigitCharsCount", "Least number of digits.").or("2"),
        count("GeneratedSymbolCharsCount", "Least number of symbols.").or("2"),
        text("StrengthCheck", "Regular expressions that a generated password must match: 're1','re2'."),
        flag("MustChange", "The password must be changed at the next login."),
        flag("DisableNotifications", "Send no mail."),
        text("NotificationCC", "Who else gets the mail."),
        binding("BeneficiaryEmailBinding", "Mail address of the account holder."),
        binding("BeneficiaryFullNameBinding", "Name of the account holder."),
        binding("NotifiedEmailBinding", "Mail address of the person notified."),
        binding("NotifiedFullNameBinding", "Name of the person notified."),
    ]]);

/// Elements of this file that stand at the root.
pub(super) static ROOT: &[&Element] = &[
    &LDAP,
    &ENTRA_ID,
    &SAP,
    &OKTA,
    &SCIM,
    &SERVICE_NOW,
    &EASY_VISTA,
    &MANUAL,
    &SHARE_POINT,
    &GENERIC,
    &PASSWORD_RESET_SETTINGS,
];
