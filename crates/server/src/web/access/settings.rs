//! Checked settings of authentication, as plain values.

use std::collections::BTreeMap;
use std::fmt;

/// How callers prove who they are.
#[derive(Clone)]
pub struct AccessSettings {
    /// Other addresses of this server than `application_uri`, without a slash at the end: `http://127.0.0.1:5000`.
    pub other_origins: Vec<String>,
    /// Browsers reach the server through TLS: cookies are for TLS only.
    pub is_secure: bool,
    /// A proxy in front of the server says in `X-Forwarded-For` who calls. Anyone else could say anything there.
    pub is_behind_proxy: bool,
    /// Browsers are told to use TLS only, also for names below.
    pub hsts_preload: bool,
    /// Seconds that a token of a program lives.
    pub token_seconds: i64,
    /// Days after which another key signs.
    pub key_days: i64,
    /// Encrypts the private keys in the repository.
    pub key_encryption: Option<[u8; 32]>,
    /// Built-in accounts may sign in.
    pub allow_local_login: bool,
    /// Seconds after which an unused session ends.
    pub session_idle_seconds: i64,
    /// Seconds after which a session ends however much it is used.
    pub session_seconds: i64,
    /// Hashed secrets that override those of the configuration, by identifier of the client.
    pub client_secrets: BTreeMap<String, String>,
    /// Providers where people sign in.
    pub providers: Vec<ProviderSettings>,
}

/// A provider of OpenID Connect.
#[derive(Clone, Default)]
pub struct ProviderSettings {
    /// Name in addresses (`AuthenticationScheme`).
    pub name: String,
    /// Name shown to people.
    pub display_name: String,
    /// How this server is known there.
    pub client_id: String,
    /// How this server proves it; none for a public client.
    pub client_secret: Option<String>,
    /// Address of the provider: its issuer.
    pub authority: String,
    /// Address of its description, where it is not the usual one.
    pub metadata_address: Option<String>,
    /// Claim that holds the login.
    pub name_claim: String,
    /// `openid profile email`.
    pub scopes: String,
    /// Its addresses must be `https:`.
    pub require_https: bool,
}

impl Default for AccessSettings {
    fn default() -> AccessSettings {
        AccessSettings {
            other_origins: Vec::new(),
            is_secure: false,
            is_behind_proxy: false,
            hsts_preload: false,
            token_seconds: 15 * 60,
            key_days: 30,
            key_encryption: None,
            allow_local_login: true,
            session_idle_seconds: 10 * 60,
            session_seconds: 8 * 3600,
            client_secrets: BTreeMap::new(),
            providers: Vec::new(),
        }
    }
}

impl fmt::Debug for AccessSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessSettings")
            .field("is_secure", &self.is_secure)
            .field("providers", &self.providers)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ProviderSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderSettings")
            .field("name", &self.name)
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}
