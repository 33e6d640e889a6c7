//! The one list of all packages of the catalogue.

use crate::csv::Csv;
use crate::discover::Discover;
use crate::excel::Excel;
use crate::export::Driver;
use crate::fulfil::{Fulfiller, People};
use crate::ldap::ad::ActiveDirectory;
use crate::ldap::fulfil;
use crate::ldap::generic::Ldap;
use crate::ldap::openldap::OpenLdap;
use crate::script::Script;
use crate::sql::Sql;
use provost_model::nearest;

/// A package: a technology that connections can be made with.
pub struct Package {
    /// `File/CSV`.
    pub display_name: &'static str,
    /// `Usercube.CSV@0000001`.
    pub identifier: &'static str,
    /// Older identifiers that still mean this package.
    pub aliases: &'static [&'static str],
    /// The catalogue has an export module for it.
    pub exports: bool,
    /// The catalogue has a fulfil module for it.
    pub fulfils: bool,
    /// It can export changes only.
    pub incremental: bool,
    /// What an incremental export takes is told by a cookie: its tables hold changes, not everything.
    pub keeps_cookie: bool,
    pub(crate) driver: Option<&'static dyn Driver>,
    pub(crate) fulfiller: Option<&'static dyn Fulfiller>,
    pub(crate) discoverer: Option<&'static dyn Discover>,
}

impl Package {
    /// Whether connections of this package can be exported from.
    pub fn is_implemented(&self) -> bool {
        self.driver.is_some()
    }

    /// Whether orders are carried out with this package.
    pub fn writes(&self) -> bool {
        self.fulfiller.is_some()
    }
}

impl std::fmt::Debug for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.identifier)
    }
}

/// What the catalogue says of a package: the columns of its table.
#[derive(Clone, Copy)]
enum Does {
    Export,
    ExportChanges,
    ExportFulfil,
    ExportChangesFulfil,
    Fulfil,
    Nothing,
}

use Does::{Export, ExportChanges, ExportChangesFulfil, ExportFulfil, Fulfil, Nothing};

const fn planned(display_name: &'static str, identifier: &'static str, does: Does) -> Package {
    Package {
        display_name,
        identifier,
        aliases: &[],
        exports: !matches!(does, Fulfil | Nothing),
        fulfils: matches!(does, ExportFulfil | ExportChangesFulfil | Fulfil),
        incremental: matches!(does, ExportChanges | ExportChangesFulfil),
        keeps_cookie: false,
        driver: None,
        fulfiller: None,
        discoverer: None,
    }
}

const fn implemented(package: Package, aliases: &'static [&'static str], driver: &'static dyn Driver) -> Package {
    Package { aliases, driver: Some(driver), ..package }
}

/// A directory: what carries out its orders also knows its schema.
const fn directory<T: Fulfiller + Discover>(package: Package, hand: &'static T) -> Package {
    Package { fulfiller: Some(hand), discoverer: Some(hand), ..package }
}

/// A database. The catalogue knows exports of them alone; orders are carried out as well.
const fn database(package: Package) -> Package {
    Package { driver: Some(&Sql), fulfiller: Some(&Sql), fulfils: true, ..package }
}

const fn by_cookie(package: Package) -> Package {
    Package { keeps_cookie: true, ..package }
}

/// All packages, in the order of the catalogue.
pub static PACKAGES: &[Package] = &[
    directory(
        by_cookie(implemented(
            planned("Directory/Active Directory", "Usercube.AD@0000001", ExportChangesFulfil),
            &[],
            &ActiveDirectory,
        )),
        &fulfil::ActiveDirectory,
    ),
    directory(
        implemented(planned("Directory/Apache Directory", "Usercube.LDAP.Apache@0000001", ExportFulfil), &[], &Ldap),
        &fulfil::Ldap,
    ),
    directory(
        implemented(planned("Directory/Generic LDAP", "Usercube.LDAP@0000001", ExportFulfil), &[], &Ldap),
        &fulfil::Ldap,
    ),
    directory(
        implemented(planned("Directory/Oracle LDAP", "Usercube.LDAP.Oracle@0000001", ExportFulfil), &[], &Ldap),
        &fulfil::Ldap,
    ),
    directory(
        implemented(
            planned("Directory/Red Hat Directory Server", "Usercube.LDAP.RedHat@0000001", ExportFulfil),
            &[],
            &Ldap,
        ),
        &fulfil::Ldap,
    ),
    directory(
        by_cookie(implemented(
            planned("Directory/Open LDAP", "Usercube.OpenLDAP@0000001", ExportChangesFulfil),
            &[],
            &OpenLdap,
        )),
        &fulfil::OpenLdap,
    ),
    planned("Directory/LDIF", "Usercube.LDIF@0000001", Export),
    planned("Directory/Microsoft Entra ID", "Usercube.AzureAD@0000001", ExportChangesFulfil),
    planned("Directory/Google Workspace", "Usercube.GoogleWorkspace@0000001", ExportFulfil),
    planned("Cloud/Azure", "Usercube.Azure@0000001", Export),
    implemented(planned("File/CSV", "Usercube.CSV@0000001", ExportChanges), &["Usercube.CSV.Complete@0000001"], &Csv),
    implemented(planned("File/Excel", "Usercube.Excel@0000001", ExportChanges), &[], &Excel),
    planned("Custom/JSON", "Usercube.FulfillToFile@0000001", Fulfil),
    planned("Custom/OData", "Usercube.OData@0000001", Export),
    planned("Custom/SCIM", "Usercube.SCIM@0000001", ExportChangesFulfil),
    planned("CRM/Salesforce", "Usercube.SCIM.Salesforce@0000001", ExportChangesFulfil),
    planned("Messaging/Slack", "Usercube.SCIM.Slack@0000001", ExportChangesFulfil),
    planned("PAM/CyberArk", "Usercube.SCIM.CyberArk@0000001", ExportFulfil),
    Package { fulfiller: Some(&Script), ..planned("Custom/PowerShellProv", "Usercube.Powershell@0000001", Fulfil) },
    planned("Custom/PowerShellSync", "Usercube.PowershellSync@0000001", ExportChanges),
    planned("Custom/Robot Framework", "Usercube.RobotFramework@0000001", Fulfil),
    planned("Custom/Unplugged", "Usercube.Custom@0000001", Nothing),
    database(planned("Database/Generic SQL", "Usercube.SQL@0000001", Export)),
    planned("Database/SQL Server", "Usercube.SQL.SQLServer@0000001", Export),
    planned("Database/MySQL", "Usercube.SQL.MySQL@0000001", Export),
    planned("Database/ODBC", "Usercube.SQL.ODBC@0000001", Export),
    planned("Database/Oracle", "Usercube.SQL.Oracle@0000001", Export),
    database(planned("Database/PostgreSQL", "Usercube.SQL.PostgreSQL@0000001", Export)),
    planned("Database/SAP ASE", "Usercube.SQL.SAPAse@0000001", Export),
    planned("Database/SQL Server Entitlements", "Usercube.SQL.SQLServerEntitlements@0000001", Export),
    planned("ERP/SAP ERP 6.0", "Usercube.SAP.ERP60@0000001", ExportFulfil),
    planned("ERP/SAP S/4 HANA", "Usercube.SAP@0000001", ExportFulfil),
    planned("ERP/Workday", "Usercube.Workday@0000001", Export),
    planned("ITSM/EasyVista", "Usercube.EasyVista@0000001", ExportChangesFulfil),
    planned("ITSM/ServiceNow", "Usercube.ServiceNow@0000001", ExportChangesFulfil),
    planned("Mainframe/RACF", "Usercube.RACF@0000001", Export),
    planned("Mainframe/Top Secret", "Usercube.TSS@0000001", Export),
    planned("Server/Microsoft Exchange", "Usercube.MicrosoftExchange@0000001", ExportChangesFulfil),
    planned("Storage/Home Folders", "Usercube.HomeFolder@0000001", Export),
    planned("Storage/Shared Folders", "Usercube.SharedFolder@0000001", Export),
    planned("Storage/SharePoint", "Usercube.SharePoint@0000001", ExportChangesFulfil),
    planned("Ticket/EasyVista", "Usercube.EasyVistaTicket@0000001", Fulfil),
    planned("Ticket/ServiceNow", "Usercube.SnowTicket@0000001", Fulfil),
    Package { fulfiller: Some(&People), ..planned("Ticket/Usercube", "Usercube.Manual@0000001", Fulfil) },
    planned(
        "Ticket/Usercube And Create/Update/Delete resources",
        "Usercube.UpdateManualProvisioningTicket@0000001",
        Fulfil,
    ),
    planned("Usercube/Database", "Usercube.FulfillDatabase@0000001", Fulfil),
    planned("Usercube/Workflow", "Usercube.FulfillWorkflow@0000001", Fulfil),
];

/// The package with this identifier or one of its older ones, whatever the letter case.
pub fn find(identifier: &str) -> Option<&'static Package> {
    PACKAGES.iter().find(|package| {
        std::iter::once(&package.identifier).chain(package.aliases).any(|name| name.eq_ignore_ascii_case(identifier))
    })
}

/// `Did you mean …?` for an identifier that [`find`] does not know.
pub(crate) fn hint_for_unknown(identifier: &str) -> String {
    let question = nearest::question(identifier, PACKAGES.iter().map(|package| package.identifier));
    format!("use a package of the catalogue, such as Usercube.CSV@0000001.{question}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_catalogue_is_complete_and_each_identifier_is_listed_once() {
        let identifiers: BTreeSet<&str> = PACKAGES.iter().map(|p| p.identifier).collect();
        assert_eq!(identifiers.len(), PACKAGES.len());
        assert_eq!(PACKAGES.len(), 47);
        assert!(PACKAGES.iter().all(|p| p.identifier.starts_with("Usercube.") && p.identifier.ends_with("@0000001")));
    }

    #[test]
    fn older_identifiers_and_other_letter_case_find_their_package() {
        let name = |identifier| find(identifier).map(|package| package.display_name);
        assert_eq!(name("Usercube.CSV@0000001"), Some("File/CSV"));
        assert_eq!(name("Usercube.CSV.Complete@0000001"), Some("File/CSV"));
        assert_eq!(name("usercube.excel@0000001"), Some("File/Excel"));
        assert_eq!(name("Usercube.CSV@0000002"), None);
    }

    #[test]
    fn capabilities_are_those_of_the_catalogue() {
        let of = |identifier| find(identifier).map(|p| (p.exports, p.fulfils, p.incremental, p.is_implemented()));
        assert_eq!(of("Usercube.CSV@0000001"), Some((true, false, true, true)));
        assert_eq!(of("Usercube.AD@0000001"), Some((true, true, true, true)));
        assert_eq!(of("Usercube.Custom@0000001"), Some((false, false, false, false)));
        assert_eq!(of("Usercube.SCIM.CyberArk@0000001"), Some((true, true, false, false)));
        assert_eq!(of("Usercube.FulfillToFile@0000001"), Some((false, true, false, false)));
    }
}
