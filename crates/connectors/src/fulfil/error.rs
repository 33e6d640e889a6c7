//! Why orders are not carried out at all.

use provost_model::Problem;

/// Why a walk of orders did not begin, or did not go on. Orders without result were not tried.
#[derive(Debug, thiserror::Error)]
pub enum FulfilError {
    /// The connection names a package that does not exist.
    #[error("connection {connection} uses the package \"{package}\", which does not exist")]
    UnknownPackage {
        /// Connection identifier.
        connection: String,
        /// Package identifier as configured.
        package: String,
        /// `Did you mean …?`, or how to find the list.
        hint: String,
    },
    /// The package exists in the catalogue, but orders are not carried out with it.
    #[error("connection {connection} uses the package {package}, which Provost does not write with")]
    NotImplemented {
        /// Connection identifier.
        connection: String,
        /// Name of the package.
        package: String,
    },
    /// `DeactivationExportFulfill="Fulfill"`.
    #[error("DeactivationExportFulfill switches off provisioning through connection {connection}")]
    Deactivated {
        /// Connection identifier.
        connection: String,
    },
    /// The settings do not make sense.
    #[error("the settings of connection {connection} cannot be used")]
    Settings {
        /// Connection identifier.
        connection: String,
        /// All problems, in the order of the settings.
        problems: Vec<Problem>,
    },
    /// The system cannot be reached, or ends every connection.
    #[error("connection {connection}: {message}")]
    System {
        /// Connection identifier.
        connection: String,
        /// Kind of the error.
        code: &'static str,
        /// What was tried, what the system says, and what to do.
        message: String,
    },
}

impl FulfilError {
    /// Stable kebab-case name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            FulfilError::UnknownPackage { .. } => "unknown-package",
            FulfilError::NotImplemented { .. } => "package-not-implemented",
            FulfilError::Deactivated { .. } => "fulfilment-deactivated",
            FulfilError::Settings { .. } => "connection-settings",
            FulfilError::System { code, .. } => code,
        }
    }

    /// What to do next.
    pub fn remedy(&self) -> String {
        match self {
            FulfilError::UnknownPackage { hint, .. } => hint.clone(),
            FulfilError::NotImplemented { .. } => {
                "take another package for the orders, or carry them out by hand".to_owned()
            }
            FulfilError::Deactivated { .. } => {
                "take the attribute away and deploy, when orders may be carried out".to_owned()
            }
            FulfilError::Settings { .. } => "mend the settings in appsettings.agent.json".to_owned(),
            FulfilError::System { .. } => {
                "run the task again when the system answers: what is done is not done twice".to_owned()
            }
        }
    }
}
