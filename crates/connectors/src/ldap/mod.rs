//! Directories: generic LDAP, OpenLDAP and Active Directory.
//!
//! [`client`] speaks the protocol over TLS, [`walk`] reads what a search finds to its end, [`tables`] writes it.

pub(crate) mod ad;
mod ber;
mod client;
mod dn;
mod error;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod fake;
mod filter;
pub(crate) mod fulfil;
pub(crate) mod generic;
mod message;
pub(crate) mod openldap;
mod schema;
mod settings;
pub(crate) mod state;
mod tables;
mod tls;
mod value;
mod walk;

use crate::error::ExportError;
use crate::export::Run;
use provost_model::{Problem, Severity};
use std::path::{Path, PathBuf};
use tables::{Plan, Style};

/// A password that crosses the network readable.
fn plain_password(setting: &str) -> Problem {
    let message = format!("{setting}: the connection is not encrypted, so everybody on the way can read the password");
    Problem::new("plain-password", Severity::Warning, message).hint("set EnableSSL or StartTls to true")
}

/// The file that holds how far the exports of a connection came.
pub(crate) fn cookie_file(run: &Run<'_>, suffix: &str) -> Result<PathBuf, ExportError> {
    let name = format!("{}_cookie{suffix}.bin", run.connection());
    match run.request.cookies_dir {
        Some(folder) => Ok(folder.join(name)),
        None => Err(ExportError::Cookie {
            path: PathBuf::from(name),
            detail: "there is no folder for cookies: a home folder is needed".to_owned(),
        }),
    }
}

/// Changes were asked for, but nothing says since when.
pub(crate) fn no_cookie(path: &Path) -> Problem {
    let message =
        format!("{} does not exist, or belongs to other settings or mappings: everything was exported", path.display());
    let hint = "what is gone cannot be told: run a complete synchronisation once";
    Problem::new("export-without-cookie", Severity::Warning, message).hint(hint)
}

/// The tables of pairs that mappings read: all of the connection but the one of entries.
fn link_tables(run: &Run<'_>, entries: &str, style: Style) -> Vec<Plan> {
    let prefix = format!("{}_", run.connection());
    let suffix = |name: &str| {
        let fits = name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(&prefix));
        fits.then(|| name[prefix.len()..].to_owned()).filter(|_| !name.eq_ignore_ascii_case(entries))
    };
    let tables = run.request.tables.iter();
    tables.filter_map(|table| Some(Plan::links(&table.name, &suffix(&table.name)?, Some(table), style))).collect()
}

#[cfg(test)]
mod tests {
    use super::client::Security;
    use serde_json::Value;

    /// Adds the settings that [`Security`] was read from.
    pub(super) fn restore_security(value: &mut Value, security: Security, ssl: &str) {
        value[ssl] = (security == Security::Tls).into();
        value["StartTls"] = (security == Security::StartTls).into();
    }
}
