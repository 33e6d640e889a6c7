//! The names of the original executables: `Usercube-Prepare-Synchronization.exe` behaves as the verb
//! `prepare-synchronization`, so that existing jobs and scripts keep working through a link.

use crate::report::Report;
use crate::verbs::VERBS;
use provost_model::nearest;

/// Original executables that no verb stands for yet.
const LATER: &[&str] = &[
    "Export-ActiveDirectory",
    "Export-OpenLdap",
    "Export-Ldap",
    "Export-Ldif",
    "Export-Sql",
    "Export-Scim",
    "Export-OData",
    "Export-AzureAD",
    "Export-PowerShell",
    "CSV-Transform",
    "Fulfill-Ldap",
    "Fulfill-Scim",
    "Fulfill-ToFile",
    "Fulfill-EasyVista",
    "Fulfill-ToEasyVistaTicket",
    "EasyVistaTicket-UpdateFulfillmentState",
    "ServiceNowTicket-UpdateFulfillmentState",
    "Update-FulfillmentStates",
    "Send-PasswordNotification",
    "PasswordGenerator",
    "Update-AccessCertificationCampaign",
    "Configuration-Transform",
    "Generate-Configuration",
    "Login",
    "Check-ExpressionsConsistency",
    "Manage-ConfigurationDependantIndexes",
    "Upgrade-ConfigurationVersion",
    "Upgrade-DatabaseVersion",
    "Export-Bacpac",
    "Anonymize",
    "FillBankingDatabase",
];

/// The verb that the name of the executable stands for; `None` when it is `provost` itself, whatever it is called.
///
/// # Errors
/// The name looks like an original executable's, but no verb stands for it.
pub(crate) fn verb_of(executable: &str) -> Result<Option<&'static str>, Report> {
    let file = executable.rsplit(['/', '\\']).next().unwrap_or(executable);
    let stem = match file.len().checked_sub(4) {
        Some(at) if file.is_char_boundary(at) && file[at..].eq_ignore_ascii_case(".exe") => &file[..at],
        _ => file,
    };
    let Some((prefix, rest)) = stem.split_once('-') else {
        return Ok(None);
    };
    let known = VERBS.iter().find(|verb| verb.originals.iter().any(|name| name.eq_ignore_ascii_case(rest)));
    match known {
        Some(verb) => Ok(Some(verb.name)),
        // `provost-0.1.0-x86_64` is this program, renamed by a packager.
        None if prefix.eq_ignore_ascii_case("provost") || rest.to_ascii_lowercase().starts_with("provost") => Ok(None),
        None => Err(unknown(stem, rest)),
    }
}

fn unknown(stem: &str, rest: &str) -> Report {
    let known: Vec<&str> = VERBS.iter().flat_map(|verb| verb.originals).copied().collect();
    if let Some(later) = LATER.iter().find(|name| name.eq_ignore_ascii_case(rest)) {
        return Report::not_yet(&format!("{later} (called as {stem})"))
            .hint(format!("available under their original names: {}", known.join(", ")));
    }
    let near =
        nearest::one(rest, known.iter().copied()).map(|name| format!("did you mean {name}?\n")).unwrap_or_default();
    Report::usage("unknown-executable", format!("called as {stem}, but there is no executable of that name"))
        .hint(format!("{near}known names, after any prefix: {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn original_names_are_recognised_in_any_case_and_with_any_prefix() {
        for name in [
            "Usercube-Prepare-Synchronization",
            "Usercube-Prepare-Synchronization.exe",
            "/opt/bin/identitymanager-Prepare-Synchronization",
            r"C:\Runtime\USERCUBE-PREPARE-SYNCHRONIZATION.EXE",
            "provost-prepare-synchronization",
        ] {
            assert_eq!(verb_of(name).unwrap(), Some("prepare-synchronization"), "{name}");
        }
        assert_eq!(verb_of("Usercube-Synchronize").unwrap(), Some("synchronize"));
        assert_eq!(verb_of("Usercube-New-OpenIDSecret").unwrap(), Some("new-openid-secret"));
    }

    #[test]
    fn the_program_itself_may_be_renamed() {
        for name in ["provost", "./target/debug/provost", "provost-0.1.0-x86_64", "pv", "my-provost", "provost.exe", ""]
        {
            assert_eq!(verb_of(name).unwrap(), None, "{name}");
        }
    }

    #[test]
    fn unknown_and_later_names_are_refused_with_the_known_ones() {
        let later = verb_of("Usercube-Export-Bacpac").unwrap_err();
        assert!(later.text.contains("Export-Bacpac") && later.text.contains("not available yet"), "{later}");
        let unknown = verb_of("Usercube-Prepare-Synchronisation").unwrap_err();
        assert!(unknown.hint.unwrap().starts_with("did you mean Prepare-Synchronization?"));
    }

    #[test]
    fn no_name_is_both_known_and_later() {
        for verb in VERBS {
            assert!(!verb.originals.iter().any(|name| LATER.contains(name)), "{}", verb.name);
        }
    }
}
