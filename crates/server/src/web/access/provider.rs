//! A provider of OpenID Connect as this server sees it: its description, its keys, and the two calls to it.

use super::id_token::{self, Doubt, Expected};
use super::settings::ProviderSettings;
use crate::web::app::App;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::JwkSet;
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const SECOND: i64 = 1_000_000;
/// A description is read again after this.
const FRESH: i64 = 3600 * SECOND;
/// Keys that are not known are asked for this often at most.
const ASKED_EVERY: i64 = 10 * SECOND;
/// Largest answer of a provider.
const LARGEST: usize = 1024 * 1024;

/// Why a sign-in at a provider does not work: for the log, and in short for the person.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProviderError {
    /// It cannot be reached, or answers with an error.
    #[error("{provider} does not answer as it should ({what}): {detail}")]
    Answer { provider: String, what: &'static str, detail: String },
    /// What it says does not hold.
    #[error("{provider}: {detail}")]
    Doubtful { provider: String, detail: String },
}

/// What a provider says about itself.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Description {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

#[derive(Clone, Debug)]
struct Known {
    description: Arc<Description>,
    keys: Arc<JwkSet>,
    read_at: i64,
    keys_at: i64,
}

/// What is known of each provider, and the client that asks them.
#[derive(Debug, Default)]
pub(crate) struct Providers {
    known: Mutex<HashMap<String, Known>>,
    client: Mutex<Option<Client>>,
}

/// One provider, for one sign-in.
pub(super) struct Provider<'a> {
    app: &'a App,
    pub(super) settings: &'a ProviderSettings,
}

/// What the token endpoint answers.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

impl<'a> Provider<'a> {
    /// The provider of this name.
    pub(super) fn named(app: &'a App, name: &str) -> Option<Provider<'a>> {
        let settings = app.settings().access.providers.iter().find(|p| p.name.eq_ignore_ascii_case(name))?;
        Some(Provider { app, settings })
    }

    fn answer(&self, what: &'static str, detail: impl ToString) -> ProviderError {
        ProviderError::Answer { provider: self.settings.name.clone(), what, detail: detail.to_string() }
    }

    pub(super) fn doubtful(&self, detail: impl ToString) -> ProviderError {
        ProviderError::Doubtful { provider: self.settings.name.clone(), detail: detail.to_string() }
    }

    fn client(&self) -> Result<Client, ProviderError> {
        let mut client = self.app.access().providers.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*client {
            return Ok(client.clone());
        }
        // The process has one library of cryptography; whoever comes first says so.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let made = Client::builder()
            .timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| self.answer("client", error))?;
        *client = Some(made.clone());
        Ok(made)
    }

    async fn ask<T: DeserializeOwned>(&self, what: &'static str, request: RequestBuilder) -> Result<T, ProviderError> {
        let mut response = request.send().await.map_err(|error| self.answer(what, error.without_url()))?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.answer(what, error.without_url()))? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                return Err(self.answer(what, "the answer is too large"));
            }
        }
        if !status.is_success() {
            // The body may hold what was sent; its error code does not.
            let error =
                serde_json::from_slice::<Value>(&body).ok().and_then(|v| Some(v.get("error")?.as_str()?.to_owned()));
            return Err(self.answer(what, format!("{status} {}", error.unwrap_or_default())));
        }
        serde_json::from_slice(&body).map_err(|_| self.answer(what, "the answer is not the JSON that is expected"))
    }

    fn checked(&self, address: &str) -> Result<(), ProviderError> {
        let is_web =
            address.starts_with("https://") || (!self.settings.require_https && address.starts_with("http://"));
        is_web.then_some(()).ok_or_else(|| self.doubtful(format!("the address {address} is not an https: address")))
    }

    async fn known(&self) -> Result<Known, ProviderError> {
        let now = self.app.now_micros();
        let name = &self.settings.name;
        let cached =
            self.app.access().providers.known.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(known) = cached.filter(|known| now - known.read_at < FRESH) {
            return Ok(known);
        }
        let authority = self.settings.authority.trim_end_matches('/');
        let usual = format!("{authority}/.well-known/openid-configuration");
        let address = self.settings.metadata_address.as_deref().unwrap_or(&usual);
        self.checked(address)?;
        let description: Description = self.ask("description", self.client()?.get(address)).await?;
        if description.issuer.trim_end_matches('/') != authority {
            return Err(self.doubtful(format!("it calls itself {}, but Authority is {authority}", description.issuer)));
        }
        for address in [&description.authorization_endpoint, &description.token_endpoint, &description.jwks_uri] {
            self.checked(address)?;
        }
        let keys = Arc::new(self.ask("keys", self.client()?.get(&description.jwks_uri)).await?);
        Ok(self.learn(Known { description: Arc::new(description), keys, read_at: now, keys_at: now }))
    }

    fn learn(&self, known: Known) -> Known {
        let mut all = self.app.access().providers.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(self.settings.name.clone(), known.clone());
        known
    }

    /// What the provider says about itself.
    pub(super) async fn description(&self) -> Result<Arc<Description>, ProviderError> {
        Ok(self.known().await?.description)
    }

    /// The claims about whoever a code stands for.
    pub(super) async fn claims(
        &self,
        code: &str,
        verifier: &str,
        nonce: &str,
        redirect: &str,
    ) -> Result<Map<String, Value>, ProviderError> {
        let known = self.known().await?;
        let tokens = self.exchange(&known.description, code, verifier, redirect).await?;
        let mut claims = self.verified(known.clone(), &tokens.id_token, nonce).await?;
        let is_missing = !claims.contains_key(&self.settings.name_claim);
        if let (true, Some(address), Some(token)) =
            (is_missing, &known.description.userinfo_endpoint, &tokens.access_token)
        {
            self.checked(address)?;
            let more: Map<String, Value> = self.ask("userinfo", self.client()?.get(address).bearer_auth(token)).await?;
            if more.get("sub") != claims.get("sub") {
                return Err(self.doubtful("userinfo is about somebody else"));
            }
            for (name, value) in more {
                claims.entry(name).or_insert(value);
            }
        }
        Ok(claims)
    }

    async fn exchange(
        &self,
        description: &Description,
        code: &str,
        verifier: &str,
        redirect: &str,
    ) -> Result<Tokens, ProviderError> {
        let settings = self.settings;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect),
            ("code_verifier", verifier),
        ];
        let mut request = self.client()?.post(&description.token_endpoint);
        let methods = &description.token_endpoint_auth_methods_supported;
        let takes_basic = methods.is_empty() || methods.iter().any(|method| method == "client_secret_basic");
        match &settings.client_secret {
            Some(secret) if takes_basic => {
                let pair = format!("{}:{}", encoded(&settings.client_id), encoded(secret));
                request = request.header("authorization", format!("Basic {}", STANDARD.encode(pair)));
            }
            Some(secret) => form.extend([("client_id", settings.client_id.as_str()), ("client_secret", secret)]),
            None => form.push(("client_id", &settings.client_id)),
        }
        self.ask("token", request.form(&form)).await
    }

    async fn verified(&self, known: Known, token: &str, nonce: &str) -> Result<Map<String, Value>, ProviderError> {
        let now = self.app.now_micros();
        let expected = Expected {
            issuer: &known.description.issuer,
            client: &self.settings.client_id,
            nonce,
            now: now.div_euclid(SECOND),
        };
        match id_token::verify(token, &known.keys, expected) {
            Err(Doubt::Key) if now - known.keys_at >= ASKED_EVERY => {
                let keys = Arc::new(self.ask("keys", self.client()?.get(&known.description.jwks_uri)).await?);
                let known = self.learn(Known { keys, keys_at: now, ..known.clone() });
                id_token::verify(token, &known.keys, expected)
            }
            result => result,
        }
        .map_err(|doubt| match doubt {
            Doubt::Key => self.doubtful("none of its keys has signed the identity token"),
            Doubt::Claim(what) => self.doubtful(what),
        })
    }
}

/// A text as forms and addresses hold it.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte as char),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
