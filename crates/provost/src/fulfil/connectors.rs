//! The connectors as hands.

use super::Hands;
use crate::settings::Settings;
use provost_connectors::{FulfilRequest, Help};
use provost_model::orders::{OrderOutcome, OrderResult, ProvisioningOrder};
use provost_pipeline::orders::{GeneratedPassword, PasswordRules};
use provost_server::ServerError;
use provost_server::orders::{OrderMapping, PasswordSettings};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// How often an order is tried before what is transient counts as an error.
const ATTEMPTS: u32 = 5;
/// File with the secret that first passwords are made of.
const SECRET: &str = "FulfilSecret";

/// The connectors, with the settings of this agent.
pub(crate) struct ConnectorHands<'a> {
    /// Settings of the agent's home.
    pub(crate) settings: &'a Settings,
    /// Whether nobody waits any more.
    pub(crate) is_cancelled: &'a (dyn Fn() -> bool + Sync),
}

impl Hands for ConnectorHands<'_> {
    fn carry_out(
        &self,
        mapping: Option<&OrderMapping>,
        orders: Vec<ProvisioningOrder>,
        tell: &mut dyn FnMut(OrderResult),
    ) -> Result<(), ServerError> {
        let missing = |what: &str, hint: &str| ServerError::Source { message: what.to_owned(), hint: hint.to_owned() };
        let Some(mapping) = mapping else {
            return Err(missing(
                "nothing says how orders of this resource type become changes",
                "add a mapping of the resource type (LdapResourceTypeMapping, …) and deploy it",
            ));
        };
        if mapping.is_manual {
            for order in orders {
                let outcome = OrderOutcome::Waiting;
                let assigned_resource_type_id = order.assigned_resource_type_id;
                tell(OrderResult { assigned_resource_type_id, outcome, ..OrderResult::default() });
            }
            return Ok(());
        }
        let Some(connection) = &mapping.connection else {
            return Err(missing(
                "the mapping of this resource type names no connection that is deployed",
                "set Connection on the mapping and deploy it",
            ));
        };
        let passwords = match &mapping.password {
            Some(settings) if settings.mode != 0 => Some((settings, secret(&self.settings.work)?)),
            _ => None,
        };
        let desk = Desk { passwords, is_cancelled: self.is_cancelled };
        let request = FulfilRequest {
            connection,
            settings: self.settings.connection(&connection.identifier),
            base_dir: &self.settings.home,
            mappings: std::slice::from_ref(&mapping.target),
            concurrency: 1,
            attempts: ATTEMPTS,
            help: &desk,
            databases: &crate::exporting::Network,
        };
        let walked = provost_connectors::fulfil(&request, &mut orders.into_iter(), tell);
        walked.map(|_| ()).map_err(|error| ServerError::Source {
            message: error.to_string(),
            hint:
                "check the connection with `provost check` and its settings; orders without result stay where they are"
                    .to_owned(),
        })
    }
}

/// What connectors need from elsewhere.
struct Desk<'a> {
    passwords: Option<(&'a PasswordSettings, [u8; 32])>,
    is_cancelled: &'a (dyn Fn() -> bool + Sync),
}

impl Help for Desk<'_> {
    fn password(&self, order: &ProvisioningOrder) -> Option<String> {
        let (settings, secret) = self.passwords.as_ref()?;
        match password(settings, secret, &order.assigned_resource_type_id) {
            Ok(password) => Some(password.reveal().to_owned()),
            Err(error) => {
                tracing::warn!(settings = settings.identifier, %error, "no password could be made");
                None
            }
        }
    }

    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn is_cancelled(&self) -> bool {
        (self.is_cancelled)()
    }
}

/// The first password of an account. The same order gets the same one each time, so that an order that is carried out
/// again after a crash does not leave the account with a password that nobody was told: it is drawn from a stream that
/// the agent's secret and the order determine, and nobody else can compute.
fn password(
    settings: &PasswordSettings,
    secret: &[u8; 32],
    assigned: &str,
) -> Result<GeneratedPassword, provost_pipeline::orders::PasswordError> {
    if !settings.auto_generate {
        return Ok(settings.default_password.clone().unwrap_or_default().into());
    }
    let mut rules = PasswordRules::new(settings.strength_check.as_deref())?;
    rules.length = settings.length;
    (rules.lower, rules.upper, rules.digits, rules.symbols) =
        (settings.lower, settings.upper, settings.digits, settings.symbols);
    let mut stream = blake3::Hasher::new_keyed(secret)
        .update(b"first password")
        .update(settings.identifier.as_bytes())
        .update(&[0])
        .update(assigned.as_bytes())
        .finalize_xof();
    rules.generate(&mut |bytes| {
        stream.fill(bytes);
        Ok(())
    })
}

/// The agent's secret: random bytes in the work folder that only its account can read.
fn secret(work: &Path) -> Result<[u8; 32], ServerError> {
    let path = work.join(SECRET);
    if let Ok(found) = fs::read(&path) {
        return found.try_into().map_err(|_| ServerError::Source {
            message: format!("{} is damaged: 32 bytes are expected", path.display()),
            hint: "put it back from a backup; a new one changes the passwords of orders that are carried out again"
                .to_owned(),
        });
    }
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| ServerError::Source {
        message: format!("the machine gives no random bytes: {error}"),
        hint: "passwords cannot be made without".to_owned(),
    })?;
    fs::create_dir_all(work).map_err(ServerError::file("making folder", work))?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(ServerError::file("making", &path))?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(ServerError::file("writing", &path))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_gets_the_same_password_again_and_another_order_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let settings = PasswordSettings {
            mode: 1,
            auto_generate: true,
            length: 16,
            lower: 6,
            upper: 2,
            digits: 2,
            symbols: 2,
            ..PasswordSettings::default()
        };
        let of =
            |work: &Path, order: &str| password(&settings, &secret(work).unwrap(), order).unwrap().reveal().to_owned();
        let first = of(folder.path(), "7");
        assert_eq!(first.len(), 16);
        assert_eq!(of(folder.path(), "7"), first);
        assert_ne!(of(folder.path(), "8"), first);
        let other = tempfile::tempdir().unwrap();
        assert_ne!(of(other.path(), "7"), first);
    }

    #[cfg(unix)]
    #[test]
    fn the_secret_is_for_the_agent_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        secret(folder.path()).unwrap();
        let mode = fs::metadata(folder.path().join(SECRET)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
