//! What can go wrong between a directory and us, and whether trying again may help.

use crate::error::ExportError;

/// Why a directory could not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LdapError {
    #[error("{server} cannot be reached: {detail}")]
    Unreachable { server: String, detail: String },
    #[error("{server} did not answer within {seconds} s")]
    Slow { server: String, seconds: u64 },
    #[error("the connection to {server} broke: {detail}")]
    Cut { server: String, detail: String },
    #[error("no secure connection to {server}: {detail}")]
    Tls { server: String, detail: String, hint: &'static str },
    #[error("{server} sent something that is not LDAP: {what}")]
    Malformed { server: String, what: &'static str },
    #[error("{server} refused {doing}: {} ({code}){}{}", name(*code), told(diagnostic), existing(*code, matched))]
    Refused { server: String, doing: String, code: i64, matched: String, diagnostic: String },
}

impl LdapError {
    /// Whether the same may go well a little later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            LdapError::Unreachable { .. } | LdapError::Slow { .. } | LdapError::Cut { .. } => true,
            LdapError::Tls { .. } | LdapError::Malformed { .. } => false,
            LdapError::Refused { code, .. } => matches!(*code, code::TIME_LIMIT | code::BUSY | code::UNAVAILABLE),
        }
    }

    /// Result code of the directory, if it came to an answer.
    pub(crate) fn refusal(&self) -> Option<i64> {
        match self {
            LdapError::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Stable kebab-case name of the kind of error.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            LdapError::Unreachable { .. } => "system-unreachable",
            LdapError::Slow { .. } => "system-slow",
            LdapError::Cut { .. } => "system-connection-cut",
            LdapError::Tls { .. } => "system-certificate",
            LdapError::Malformed { .. } => "system-malformed-answer",
            LdapError::Refused { code, .. } if *code == code::INVALID_CREDENTIALS => "system-login",
            LdapError::Refused { .. } => "system-refused",
        }
    }

    /// What to do next.
    pub(crate) fn remedy(&self) -> String {
        match self {
            LdapError::Unreachable { .. } => "check Server, its port, name resolution and firewalls".to_owned(),
            LdapError::Slow { .. } => {
                "try again when it is less busy, or raise the time-out of the connection".to_owned()
            }
            LdapError::Cut { .. } => {
                "try again; if it happens each time, look at the log of the server, and whether the port speaks TLS \
                 (EnableSSL) or not"
                    .to_owned()
            }
            LdapError::Tls { hint, .. } => (*hint).to_owned(),
            LdapError::Malformed { .. } => "check that Server and its port belong to an LDAP server".to_owned(),
            LdapError::Refused { code, .. } => remedy(*code).to_owned(),
        }
    }
}

impl From<LdapError> for ExportError {
    fn from(error: LdapError) -> ExportError {
        ExportError::System { code: error.code(), message: error.to_string(), hint: error.remedy() }
    }
}

fn told(diagnostic: &str) -> String {
    let text = diagnostic.trim_end_matches(['\0', '\n', '\r', ' ']);
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

fn existing(code: i64, dn: &str) -> String {
    match dn {
        "" => String::new(),
        dn if code == code::NO_SUCH_OBJECT => format!(" (what exists of it is {dn})"),
        _ => String::new(),
    }
}

/// Result codes of RFC 4511 that mean something to us.
pub(crate) mod code {
    pub(crate) const SUCCESS: i64 = 0;
    pub(crate) const TIME_LIMIT: i64 = 3;
    pub(crate) const SIZE_LIMIT: i64 = 4;
    pub(crate) const COMPARE_FALSE: i64 = 5;
    pub(crate) const COMPARE_TRUE: i64 = 6;
    pub(crate) const STRONGER_AUTH: i64 = 8;
    pub(crate) const REFERRAL: i64 = 10;
    pub(crate) const ADMIN_LIMIT: i64 = 11;
    pub(crate) const UNAVAILABLE_EXTENSION: i64 = 12;
    pub(crate) const NO_SUCH_ATTRIBUTE: i64 = 16;
    pub(crate) const VALUE_EXISTS: i64 = 20;
    pub(crate) const NO_SUCH_OBJECT: i64 = 32;
    pub(crate) const INVALID_CREDENTIALS: i64 = 49;
    pub(crate) const ACCESS: i64 = 50;
    pub(crate) const BUSY: i64 = 51;
    pub(crate) const UNAVAILABLE: i64 = 52;
    pub(crate) const UNWILLING: i64 = 53;
    pub(crate) const NOT_ON_NON_LEAF: i64 = 66;
    pub(crate) const EXISTS: i64 = 68;
    pub(crate) const SYNC_REFRESH_REQUIRED: i64 = 4096;
}

/// Names of RFC 4511 and RFC 4533.
pub(crate) fn name(code: i64) -> &'static str {
    const NAMES: &[(i64, &str)] = &[
        (1, "operationsError"),
        (2, "protocolError"),
        (3, "timeLimitExceeded"),
        (4, "sizeLimitExceeded"),
        (7, "authMethodNotSupported"),
        (8, "strongerAuthRequired"),
        (10, "referral"),
        (11, "adminLimitExceeded"),
        (12, "unavailableCriticalExtension"),
        (13, "confidentialityRequired"),
        (16, "noSuchAttribute"),
        (17, "undefinedAttributeType"),
        (18, "inappropriateMatching"),
        (19, "constraintViolation"),
        (20, "attributeOrValueExists"),
        (21, "invalidAttributeSyntax"),
        (32, "noSuchObject"),
        (33, "aliasProblem"),
        (34, "invalidDNSyntax"),
        (48, "inappropriateAuthentication"),
        (49, "invalidCredentials"),
        (50, "insufficientAccessRights"),
        (51, "busy"),
        (52, "unavailable"),
        (53, "unwillingToPerform"),
        (54, "loopDetect"),
        (64, "namingViolation"),
        (65, "objectClassViolation"),
        (66, "notAllowedOnNonLeaf"),
        (67, "notAllowedOnRDN"),
        (68, "entryAlreadyExists"),
        (69, "objectClassModsProhibited"),
        (71, "affectsMultipleDSAs"),
        (80, "other"),
        (4096, "syncRefreshRequired"),
    ];
    NAMES.iter().find(|(known, _)| *known == code).map_or("an unknown result", |(_, name)| name)
}

fn remedy(refusal: i64) -> &'static str {
    match refusal {
        code::SIZE_LIMIT | code::ADMIN_LIMIT => {
            "add PagedResult to Controls, lower PageSize, raise SizeLimit, or have the server lift its limit for this login"
        }
        code::TIME_LIMIT | code::BUSY | code::UNAVAILABLE => "try again later; the server is busy or shutting down",
        code::STRONGER_AUTH | 13 => "set EnableSSL or StartTls to true",
        code::INVALID_CREDENTIALS => "check Login and Password, and whether the account is locked or expired",
        code::ACCESS => "give the login of the connection the right to do this, then try again",
        code::UNAVAILABLE_EXTENSION => "the server does not offer what this package needs; use another package for it",
        code::REFERRAL => "name the server that holds this part of the tree in Server",
        code::NO_SUCH_OBJECT => "check the distinguished name: it, or what is above it, does not exist",
        code::EXISTS => "an entry with this name exists already: correlate it, or choose another name",
        code::NOT_ON_NON_LEAF => "there are entries below it: set UseTreeDelete, or delete them first",
        19 => "the value breaks a rule of the directory, for passwords its password policy",
        17 | 65 => "check the object classes and attribute names against the schema of the directory",
        21 | 34 => "check the form of the value, mostly that of a distinguished name or a date",
        _ => "read what the server says, and its log",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: i64, diagnostic: &str, matched: &str) -> LdapError {
        let (server, doing) = ("ldap1:636".to_owned(), "the search below dc=x".to_owned());
        LdapError::Refused { server, doing, code, matched: matched.to_owned(), diagnostic: diagnostic.to_owned() }
    }

    #[test]
    fn a_refusal_says_what_was_tried_and_in_which_words_it_was_refused() {
        assert_eq!(
            refused(50, "no write access\0", "").to_string(),
            "ldap1:636 refused the search below dc=x: insufficientAccessRights (50): no write access"
        );
        assert_eq!(
            refused(32, "", "dc=y").to_string(),
            "ldap1:636 refused the search below dc=x: noSuchObject (32) (what exists of it is dc=y)"
        );
    }

    #[test]
    fn only_what_may_pass_by_itself_is_transient() {
        let transient: Vec<i64> = (0..100).filter(|code| refused(*code, "", "").is_transient()).collect();
        assert_eq!(transient, [3, 51, 52]);
        assert!(LdapError::Cut { server: String::new(), detail: String::new() }.is_transient());
        assert!(!LdapError::Malformed { server: String::new(), what: "" }.is_transient());
    }
}
