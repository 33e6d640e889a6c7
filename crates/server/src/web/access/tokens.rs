//! Tokens of programs: short-lived, signed (RFC 9068), checked completely each time.

use super::keys::{self, ALGORITHM};
use super::refusal::{Failure, Reason, Refusal};
use super::secret;
use crate::web::app::App;
use crate::web::problem::Problem;
use jsonwebtoken::{Header, Validation};
use serde::{Deserialize, Serialize};

/// What the tokens are for: the one scope and audience there is.
pub(crate) const SCOPE: &str = "usercube_api";
/// Seconds by which clocks may differ.
pub(crate) const LEEWAY: i64 = 60;
const TYPE: &str = "at+jwt";

/// What a token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) client_id: String,
    pub(crate) aud: String,
    pub(crate) scope: String,
    pub(crate) iat: i64,
    pub(crate) nbf: i64,
    pub(crate) exp: i64,
    pub(crate) jti: String,
    /// The key that its holder must prove to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cnf: Option<Confirmation>,
}

/// The key of a sender-constrained token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Confirmation {
    /// Thumbprint of the key.
    pub(crate) jkt: String,
}

/// A new token for a client, bound to a key when there is one.
///
/// # Errors
/// There is no key to sign with.
pub(crate) async fn issue(app: &App, client: &str, jkt: Option<String>) -> Result<String, Problem> {
    let now = app.now_micros().div_euclid(1_000_000);
    let claims = Claims {
        iss: app.settings().application_uri.clone(),
        sub: client.to_owned(),
        client_id: client.to_owned(),
        aud: SCOPE.to_owned(),
        scope: SCOPE.to_owned(),
        iat: now,
        nbf: now,
        exp: now + app.settings().access.token_seconds,
        jti: secret::random().map_err(|error| Problem::internal(&error))?,
        cnf: jkt.map(|jkt| Confirmation { jkt }),
    };
    sign(app, TYPE, &claims).await
}

/// `claims` signed with our own key.
///
/// # Errors
/// There is no key to sign with.
pub(crate) async fn sign<T: Serialize>(app: &App, kind: &str, claims: &T) -> Result<String, Problem> {
    let key = keys::signing(app).await?;
    let mut header = Header::new(ALGORITHM);
    header.typ = Some(kind.to_owned());
    header.kid = Some(key.id.clone());
    let Some(signing) = &key.signing else {
        return Err(Problem::internal(&secret::Failed("a key that cannot sign was chosen")));
    };
    jsonwebtoken::encode(&header, claims, signing).map_err(|error| Problem::internal(&error))
}

/// What a text that [`sign`] made says; `None` when it is of another kind, or anything about it is not ours.
///
/// # Errors
/// The keys cannot be read.
pub(crate) async fn read<T: serde::de::DeserializeOwned>(
    app: &App,
    kind: &str,
    text: &str,
) -> Result<Option<T>, Problem> {
    let Ok(header) = jsonwebtoken::decode_header(text) else { return Ok(None) };
    // The algorithm is ours to choose, not the caller's; a key that comes along is nobody's.
    let is_ours = header.alg == ALGORITHM && header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case(kind));
    let (true, Some(id), None, None) = (is_ours, header.kid, header.crit, header.jwk) else { return Ok(None) };
    let Some(key) = keys::find(app, &id).await? else { return Ok(None) };
    Ok(jsonwebtoken::decode::<T>(text, &key.verifying, &signature_only()).ok().map(|token| token.claims))
}

/// Times and names are checked here, against the clock of the server.
fn signature_only() -> Validation {
    let mut validation = Validation::new(ALGORITHM);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

/// What a token says, when it is ours, for us, and of now.
///
/// # Errors
/// It is not; or the keys cannot be read.
pub(crate) async fn verify(app: &App, token: &str) -> Result<Claims, Failure> {
    let Some(claims) = read::<Claims>(app, TYPE, token).await? else {
        return Err(Refusal::token(Reason::Token, "the token is not one of this server").into());
    };
    if claims.iss != app.settings().application_uri {
        return Err(Refusal::token(Reason::Token, "the token is of another issuer").into());
    }
    if claims.aud != SCOPE {
        return Err(Refusal::token(Reason::Token, "the token is for another audience").into());
    }
    let now = app.now_micros().div_euclid(1_000_000);
    if claims.exp + LEEWAY <= now {
        return Err(Refusal::token(Reason::Expired, "the token has expired").into());
    }
    if claims.nbf.max(claims.iat) - LEEWAY > now {
        return Err(Refusal::token(Reason::Expired, "the token is not valid yet").into());
    }
    Ok(claims)
}
