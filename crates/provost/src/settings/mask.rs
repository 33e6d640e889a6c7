//! Which settings are secret, and what is shown instead of them.

use provost_model::secret;
use serde_json::Value;

/// Shown instead of a secret.
pub const MASK: &str = "********";

/// Sections whose values are secrets whatever their names are: the names are client identifiers.
const SECRET_SECTIONS: &[&str] = &["openid:openidclients:"];

/// The value as it may be shown: masked as a whole when its path says that it is secret, else without the passwords
/// inside it (connection strings, addresses with a login).
pub fn shown(path: &str, value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::String(text) if text.is_empty() => value.clone(),
        _ if is_secret(path) => Value::from(MASK),
        Value::String(text) => Value::from(mask_inside(text)),
        other => other.clone(),
    }
}

/// Whether a path names a secret. Any of its names may: what lies inside a secret section is secret.
pub fn is_secret(path: &str) -> bool {
    let folded = path.to_ascii_lowercase();
    SECRET_SECTIONS.iter().any(|section| folded.starts_with(section)) || folded.split(':').any(secret::is_name)
}

/// Masks `Password=…` inside connection strings and `//login:password@` inside addresses.
pub fn mask_inside(text: &str) -> String {
    mask_address(&mask_pairs(text))
}

/// Masks the values of secret names in `Name=value;Name=value`, and in `name=value name=value`, which PostgreSQL
/// accepts too. A value may stand between quotes and then hold the separators.
fn mask_pairs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(equals) = rest.find('=') {
        let name_start = rest[..equals].trim_end().rfind([';', ' ', '?', '&', '\n']).map_or(0, |i| i + 1);
        let name = rest[name_start..equals].trim();
        let (head, value) = rest.split_at(equals + 1);
        out.push_str(head);
        let length = value_length(value);
        if secret::is_name(name) && !value[..length].trim().is_empty() {
            out.push_str(MASK);
        } else {
            out.push_str(&value[..length]);
        }
        rest = &value[length..];
    }
    out.push_str(rest);
    out
}

/// Bytes of the value that `text` begins with.
fn value_length(text: &str) -> usize {
    let blank = text.len() - text.trim_start_matches(' ').len();
    match text[blank..].chars().next() {
        Some(quote @ ('\'' | '"')) => {
            let inside = blank + 1;
            text[inside..].find(quote).map_or(text.len(), |i| inside + i + 1)
        }
        // A blank ends a value only where `name=` follows: passwords may hold blanks.
        _ => text
            .char_indices()
            .find(|(i, c)| match c {
                ';' | '&' | '\n' => true,
                ' ' => *i > blank && begins_pair(&text[i + 1..]),
                _ => false,
            })
            .map_or(text.len(), |(i, _)| i),
    }
}

fn begins_pair(text: &str) -> bool {
    let word = text.len() - text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
    word > 0 && text[word..].starts_with('=')
}

/// Masks what stands between `:` and the last `@` of the authority of each address.
fn mask_address(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (head, tail) = rest.split_at(at + 3);
        out.push_str(head);
        let authority = tail.find(['/', '?', '#', ' ']).unwrap_or(tail.len());
        // A password may hold a slash that nobody encoded: look for the `@` a little further.
        let end = tail[..authority].rfind('@').or_else(|| tail.find('@').filter(|_| tail[..authority].contains(':')));
        match end.and_then(|end| tail[..end].find(':').map(|colon| (colon, end))) {
            Some((colon, end)) => {
                out.push_str(&tail[..=colon]);
                out.push_str(MASK);
                rest = &tail[end..];
            }
            None => {
                out.push_str(&tail[..authority]);
                rest = &tail[authority..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_strings_lose_their_passwords_only() {
        let cases = [
            ("Host=db;Username=u;Password=p;Database=d", "Host=db;Username=u;Password=********;Database=d"),
            (
                "Data Source=.;Initial Catalog=U;PWD='a;b';Encrypt=no",
                "Data Source=.;Initial Catalog=U;PWD=********;Encrypt=no",
            ),
            ("host=db password=s3 user=u", "host=db password=******** user=u"),
            ("host=db password=two words", "host=db password=********"),
            ("postgres://u:p%40@db:5432/x?sslmode=require", "postgres://u:********@db:5432/x?sslmode=require"),
            ("postgres://u:a/b@db/x", "postgres://u:********@db/x"),
            ("postgres://u@db:5432/x", "postgres://u@db:5432/x"),
            ("postgres://db/x?user=u&password=p", "postgres://db/x?user=u&password=********"),
            ("https://login.example/a:b", "https://login.example/a:b"),
            ("C:\\Temp", "C:\\Temp"),
            ("Password=", "Password="),
        ];
        for (given, shown) in cases {
            assert_eq!(mask_inside(given), shown);
        }
    }

    #[test]
    fn names_tell_secrets_from_what_is_about_them() {
        for secret in [
            "Connections:AD:Servers:0:Password",
            "Connections:SN:ClientSecret",
            "Connections:SN:ApiKey",
            "Connections:SCIM:OAuthToken",
            "Connections:X:Credentials:Inner:Name",
            "OpenId:OpenIdClients:Job",
            "OpenIdClients:Job:HashedSecret",
            "EncryptionCertificate:Password",
            "Connections:Web:Headers:Authorization",
            "Connections:SCIM:ApplicationKey",
        ] {
            assert!(is_secret(secret), "{secret}");
        }
        for open in [
            "Connections:HR:Path",
            "DataProtection:X509KeyFilePath",
            "DataProtection:KeysPath",
            "Connections:SN:TokenEndpoint",
            "Connections:Excel:PrimaryKey",
            "PasswordResetSettings:MailSettings:From",
            "OpenId:AgentIdentifier",
            "Connections:SCIM:Login",
        ] {
            assert!(!is_secret(open), "{open}");
        }
    }

    #[test]
    fn a_secret_is_masked_whatever_its_type() {
        assert_eq!(shown("A:Password", &Value::from(1234)), MASK);
        assert_eq!(shown("A:Password", &Value::Null), Value::Null);
        assert_eq!(shown("A:Password", &Value::from("")), "");
        assert_eq!(shown("A:Other", &Value::from(1234)), 1234);
        assert_eq!(shown("ConnectionString", &Value::from("Host=a;Password=b")), "Host=a;Password=********");
    }
}
