//! What is wrong with a policy as a whole.

use provost_model::configuration::policy::Place;

/// A problem of a policy. With an error there is no engine; after a warning the rule in question gives nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyProblem {
    /// Without the cause mended nothing can be evaluated.
    pub is_error: bool,
    /// Element, such as `SingleRoleRule`.
    pub element: &'static str,
    /// Its identity.
    pub identity: String,
    /// Where it was written.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to do next.
    pub remedy: String,
}

impl std::fmt::Display for PolicyProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let PolicyProblem { element, identity, place, message, remedy, .. } = self;
        write!(f, "{element} {identity}: {message}; {remedy}")?;
        match place.line {
            0 => Ok(()),
            line => write!(f, " ({}:{line})", place.file),
        }
    }
}
