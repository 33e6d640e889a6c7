//! Which names mean a secret: what they stand for is never printed.

/// Words that make a name mean a secret when it contains one of them.
const WORDS: &[&str] =
    &["password", "passwd", "pwd", "passphrase", "secret", "token", "credential", "authorization", "privatekey"];

/// Names that end in `Key` but hold no secret.
const OPEN_KEYS: &[&str] = &["primarykey", "uniquekey", "iskey", "foreignkey"];

/// Ends of names of what lies around a secret but is none: `X509KeyFilePath`, `TokenEndpoint`.
const ABOUT: &[&str] = &["path", "endpoint", "uri", "url", "settings", "validfor"];

/// Whether a setting, or a part of a connection string, of this name holds a secret. Letter case and the blanks,
/// hyphens and underscores between words make no difference.
pub fn is_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace([' ', '_', '-'], "");
    let is_key = (name.ends_with("key") || name.ends_with("keys")) && !OPEN_KEYS.contains(&name.trim_end_matches('s'));
    let is_about = ABOUT.iter().any(|end| name.ends_with(end));
    !is_about && (is_key || WORDS.iter().any(|word| name.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_secrets_from_what_is_about_them() {
        for secret in ["Password", "client_secret", "Api-Key", "OAuthToken", "Access Key", "AccessKeys", "PWD"] {
            assert!(is_name(secret), "{secret}");
        }
        for open in ["Path", "X509KeyFilePath", "KeysPath", "TokenEndpoint", "PrimaryKey", "unique_keys", "Login", ""] {
            assert!(!is_name(open), "{open}");
        }
    }
}
