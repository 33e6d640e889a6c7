//! `provost new-openid-secret`: a secret for a client, and the hash that the configuration holds of it.

use super::Run;
use super::options::FormatOption;
use crate::context::Context;
use crate::output::print;
use crate::output::table::Table;
use crate::report::{Exit, Kind, Report};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use clap::Args;
use sha2::{Digest, Sha256};

/// Random bytes of a new secret.
const LENGTH: usize = 32;

/// Make a secret for an OpenID client, with the hash to put into the configuration
///
/// The hash is the base64 form of the SHA-256 of the secret in UTF-8. Give the secret to the client, and the hash to
/// <OpenIdClient HashedSecret="…">. Nothing is stored.
#[derive(Args, Debug)]
pub(crate) struct NewOpenIdSecret {
    /// Hash this secret instead of a random one
    #[arg(long, value_name = "TEXT")]
    client_secret: Option<String>,

    #[command(flatten)]
    format: FormatOption,
}

impl Run for NewOpenIdSecret {
    const NAME: &'static str = "new-openid-secret";
    const ORIGINALS: &'static [&'static str] = &["New-OpenIDSecret"];
    const EXAMPLES: &'static str = "\
Examples:
  provost new-openid-secret
  provost new-openid-secret --client-secret secret --format json";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let secret = match self.client_secret {
            Some(secret) => secret,
            None => random()?,
        };
        let mut table = Table::new(["Secret", "Hash"]);
        table.row([secret.as_str().into(), hash(&secret).into()]);
        print(&table.render(self.format.format, &context.stdout))?;
        Ok(Exit::Done)
    }
}

fn random() -> Result<String, Report> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|error| {
        Report::new(Kind::Error, "no-randomness", format!("the machine gives no random bytes: {error}"))
    })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Base64 of the SHA-256 of the secret.
fn hash(secret: &str) -> String {
    STANDARD.encode(Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_hash_is_the_documented_one() {
        assert_eq!(super::hash("secret"), "K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=");
    }

    #[test]
    fn random_secrets_differ() {
        let (one, other) = (super::random().unwrap(), super::random().unwrap());
        assert_eq!((one.len(), other.len()), (43, 43));
        assert_ne!(one, other);
    }
}
