//! Opening connections: SQLite files, and PostgreSQL with the TLS modes of its own client library.

use crate::dialect::Dialect;
use crate::error::{StoreError, with_sources};
use crate::link::{Driver, Pg};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long a writer waits for another one before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Where a repository is, read from its connection string.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) place: Place,
    pub(crate) busy_timeout: Duration,
}

#[derive(Debug)]
pub(crate) enum Place {
    File { path: PathBuf, read_only: bool },
    Server { config: Box<postgres::Config>, tls: Tls },
}

/// `sslmode` and `sslrootcert` of the connection string, with the meaning they have in PostgreSQL's own client
/// library: `prefer` and `require` encrypt without asking who answers, unless a root certificate is named.
#[derive(Debug)]
pub(crate) struct Tls {
    verify: Verify,
    root: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verify {
    Nothing,
    Authority,
    AuthorityAndName,
}

/// Whether the server is reached over a network.
fn leaves_the_machine(config: &postgres::Config) -> bool {
    config.get_hosts().iter().any(|host| match host {
        postgres::config::Host::Tcp(name) => {
            let address: Option<std::net::IpAddr> = name.parse().ok();
            !(name == "localhost" || address.is_some_and(|a| a.is_loopback()))
        }
        postgres::config::Host::Unix(_) => false,
    })
}

/// A connection to a PostgreSQL database that is no repository, with the meaning that TLS modes have for repositories.
///
/// # Errors
/// The connection string is not one of PostgreSQL, or the database cannot be reached.
pub fn postgres_client(connection: &str) -> Result<postgres::Client, StoreError> {
    let target = Target::parse(connection)?;
    match &target.place {
        Place::Server { config, tls } => target.client(config, tls),
        Place::File { .. } => {
            Err(StoreError::Connection { detail: "it is not of the form postgres://user@host/database".to_owned() })
        }
    }
}

impl Target {
    /// Reads a connection string.
    pub(crate) fn parse(connection: &str) -> Result<Target, StoreError> {
        if connection.starts_with("postgres://") || connection.starts_with("postgresql://") {
            return Target::server(&url_options(connection));
        }
        if let Some(rest) = connection.strip_prefix("sqlite:") {
            return Target::file(rest);
        }
        match pairs(connection) {
            Some(options) if options.iter().any(|(key, _)| matches!(key.as_str(), "host" | "hostaddr" | "dbname")) => {
                Target::server(&Options { base: None, pairs: options })
            }
            _ => Target::file(connection),
        }
    }

    fn file(text: &str) -> Result<Target, StoreError> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        if path.is_empty() {
            return Err(StoreError::Connection { detail: "the path of the SQLite file is missing".to_owned() });
        }
        let mut target =
            Target { place: Place::File { path: PathBuf::from(path), read_only: false }, busy_timeout: BUSY_TIMEOUT };
        for option in query.split('&').filter(|o| !o.is_empty()) {
            match (option.split_once('='), &mut target.place) {
                (Some(("busy_timeout", ms)), _) => target.busy_timeout = milliseconds(ms)?,
                (Some(("mode", "ro")), Place::File { read_only, .. }) => *read_only = true,
                (Some(("mode", "rw")), _) => {}
                _ => {
                    let detail = format!("unknown option {option:?}; busy_timeout=MILLISECONDS and mode=ro are known");
                    return Err(StoreError::Connection { detail });
                }
            }
        }
        Ok(target)
    }

    fn server(options: &Options) -> Result<Target, StoreError> {
        let mut tls = Tls { verify: Verify::Nothing, root: None };
        let mut busy_timeout = BUSY_TIMEOUT;
        let mut kept = Vec::new();
        for (key, value) in &options.pairs {
            match (key.as_str(), value.as_str()) {
                ("sslrootcert", path) => tls.root = Some(PathBuf::from(path)),
                ("busy_timeout", ms) => busy_timeout = milliseconds(ms)?,
                ("sslmode", "verify-ca" | "verify-full") => {
                    tls.verify = if value == "verify-ca" { Verify::Authority } else { Verify::AuthorityAndName };
                    kept.push(("sslmode".to_owned(), "require".to_owned()));
                }
                _ => kept.push((key.clone(), value.clone())),
            }
        }
        if tls.root.is_some() && tls.verify == Verify::Nothing {
            tls.verify = Verify::Authority;
        }
        if tls.verify != Verify::Nothing && tls.root.is_none() {
            let detail =
                "sslmode=verify-ca and verify-full need sslrootcert=FILE with the certificate of the authority";
            return Err(StoreError::Connection { detail: detail.to_owned() });
        }
        let text = options.with(&kept);
        let mut config: postgres::Config =
            text.parse().map_err(|e: postgres::Error| StoreError::Connection { detail: with_sources(&e) })?;
        // What leaves the machine is encrypted, unless somebody has asked for the contrary.
        if !options.pairs.iter().any(|(key, _)| key == "sslmode") && leaves_the_machine(&config) {
            config.ssl_mode(postgres::config::SslMode::Require);
        }
        if config.get_application_name().is_none() {
            config.application_name("provost");
        }
        Ok(Target { place: Place::Server { config: Box::new(config), tls }, busy_timeout })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self.place {
            Place::File { .. } => Dialect::Sqlite,
            Place::Server { .. } => Dialect::Postgres,
        }
    }

    /// Name for messages: never a password.
    pub(crate) fn name(&self) -> String {
        match &self.place {
            Place::File { path, .. } => path.display().to_string(),
            Place::Server { config, .. } => {
                let host = match config.get_hosts().first() {
                    Some(postgres::config::Host::Tcp(name)) => name.clone(),
                    Some(postgres::config::Host::Unix(path)) => path.display().to_string(),
                    None => "localhost".to_owned(),
                };
                format!("{} on {host}", config.get_dbname().or(config.get_user()).unwrap_or("(default)"))
            }
        }
    }

    /// Opens a connection.
    pub(crate) fn connect(&self) -> Result<Driver, StoreError> {
        match &self.place {
            Place::File { path, read_only } => self.open_file(path, *read_only),
            Place::Server { config, tls } => self.open_server(config, tls),
        }
    }

    fn open_file(&self, path: &Path, read_only: bool) -> Result<Driver, StoreError> {
        use rusqlite::OpenFlags;
        let access = if read_only {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        };
        let name = path.display().to_string();
        let wrong = |error: rusqlite::Error| StoreError::from_sqlite(&name, "opening the file", &error);
        let connection = rusqlite::Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(|e| StoreError::Unreachable { database: name.clone(), detail: why_not(path, &e) })?;
        connection.busy_timeout(self.busy_timeout).map_err(wrong)?;
        connection.set_prepared_statement_cache_capacity(128);
        if !read_only {
            connection.pragma_update(None, "journal_mode", "WAL").map_err(wrong)?;
        }
        // FULL: a commit that was reported survives a power cut.
        connection
            .execute_batch("PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA trusted_schema = OFF;")
            .map_err(wrong)?;
        Ok(Driver::Sqlite(connection))
    }

    fn open_server(&self, config: &postgres::Config, tls: &Tls) -> Result<Driver, StoreError> {
        let unreachable = |error: postgres::Error| StoreError::connecting(self.name(), &error);
        let mut client = self.client(config, tls)?;
        let settings = format!(
            "SET jit = off; SET client_min_messages = warning; SET lock_timeout = {}",
            self.busy_timeout.as_millis()
        );
        client.batch_execute(&settings).map_err(unreachable)?;
        Ok(Driver::Postgres(Box::new(RefCell::new(Pg::new(client)))))
    }

    fn client(&self, config: &postgres::Config, tls: &Tls) -> Result<postgres::Client, StoreError> {
        let local = config.get_hosts().iter().all(|host| !matches!(host, postgres::config::Host::Tcp(_)));
        let client = if local {
            // A socket in the file system has no name that a certificate could speak for.
            config.connect(postgres::NoTls)
        } else {
            config.connect(tokio_postgres_rustls::MakeRustlsConnect::new(tls.client_config()?))
        };
        client.map_err(|error| StoreError::connecting(self.name(), &error))
    }
}

/// SQLite says only that it cannot open the file: say what stands in the way.
fn why_not(path: &Path, error: &rusqlite::Error) -> String {
    if path.is_dir() {
        return "it is a folder".to_owned();
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            format!("the folder {} does not exist", folder.display())
        }
        _ => error.to_string(),
    }
}

fn milliseconds(text: &str) -> Result<Duration, StoreError> {
    text.parse().map(Duration::from_millis).map_err(|_| StoreError::Connection {
        detail: format!("busy_timeout={text}: a number of milliseconds was expected"),
    })
}

/// A connection string taken apart.
struct Options {
    /// The URL without its query.
    base: Option<String>,
    pairs: Vec<(String, String)>,
}

impl Options {
    /// The string again, with these options only.
    fn with(&self, pairs: &[(String, String)]) -> String {
        match &self.base {
            Some(base) => {
                let query: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={}", percent_encode(v))).collect();
                if query.is_empty() { base.clone() } else { format!("{base}?{}", query.join("&")) }
            }
            None => {
                let quoted = |v: &str| v.replace('\\', "\\\\").replace('\'', "\\'");
                pairs.iter().map(|(k, v)| format!("{k}='{}'", quoted(v))).collect::<Vec<_>>().join(" ")
            }
        }
    }
}

fn url_options(url: &str) -> Options {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let pairs = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_owned(), percent_decode(value)))
        .collect();
    Options { base: Some(base.to_owned()), pairs }
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code =
            tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|h| u8::from_str_radix(h, 16).ok());
        match (first, code) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn percent_encode(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => (b as char).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}

/// `key=value key='quoted value'`, or `None` if the text is not of that form.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let key = key.trim();
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return None;
        }
        let (value, after) = value_of(after.trim_start())?;
        found.push((key.to_owned(), value));
        rest = after.trim_start();
    }
    Some(found)
}

/// One value, and what follows it.
fn value_of(text: &str) -> Option<(String, &str)> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut characters = text.char_indices().skip(usize::from(quoted));
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => value.push(characters.next()?.1),
            '\'' if quoted => return Some((value, &text[at + 1..])),
            c if c.is_whitespace() && !quoted => return Some((value, &text[at..])),
            c => value.push(c),
        }
    }
    (!quoted).then_some((value, ""))
}

impl Tls {
    fn client_config(&self) -> Result<ClientConfig, StoreError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let wrong = |detail: String| StoreError::Connection { detail };
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|e| wrong(e.to_string()))?;
        let mut verifier = Verifier {
            provider: provider.clone(),
            authority: None,
            named: Vec::new(),
            check_name: self.verify == Verify::AuthorityAndName,
        };
        if let Some(root) = &self.root {
            let unreadable = |e: &dyn std::fmt::Display| wrong(format!("sslrootcert={}: {e}", root.display()));
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_file_iter(root).map_err(|e| unreadable(&e))? {
                let certificate = certificate.map_err(|e| unreadable(&e))?;
                roots.add(certificate.clone()).map_err(|e| unreadable(&e))?;
                verifier.named.push(certificate);
            }
            let authority = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|e| unreadable(&e))?;
            verifier.authority = Some(authority);
        }
        Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
    }
}

/// Accepts any certificate when no root certificate is named; else those that a named authority has issued, and the
/// named ones themselves: servers with a certificate of their own making are common.
#[derive(Debug)]
struct Verifier {
    provider: Arc<rustls::crypto::CryptoProvider>,
    authority: Option<Arc<WebPkiServerVerifier>>,
    named: Vec<CertificateDer<'static>>,
    check_name: bool,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(authority) = &self.authority else {
            return Ok(ServerCertVerified::assertion());
        };
        let verified = if self.named.iter().any(|c| c == end_entity) {
            ParsedCertificate::try_from(end_entity)
                .and_then(|c| verify_server_name(&c, server_name))
                .map(|()| ServerCertVerified::assertion())
        } else {
            authority.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        match verified {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.check_name => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(connection: &str) -> (postgres::Config, Tls) {
        match Target::parse(connection).unwrap().place {
            Place::Server { config, tls } => (*config, tls),
            Place::File { path, .. } => panic!("{} is not a server", path.display()),
        }
    }

    #[test]
    fn paths_are_files() {
        for (text, expected) in
            [("sqlite:/a/b.db", "/a/b.db"), ("provost.db", "provost.db"), ("/a b/c=d.db", "/a b/c=d.db")]
        {
            let target = Target::parse(text).unwrap();
            assert_eq!((target.name().as_str(), target.dialect()), (expected, Dialect::Sqlite));
        }
        let target = Target::parse("sqlite:x.db?busy_timeout=20&mode=ro").unwrap();
        assert_eq!(target.busy_timeout, Duration::from_millis(20));
        assert!(matches!(target.place, Place::File { read_only: true, .. }));
        for wrong in ["sqlite:", "sqlite:x?cache=shared", "sqlite:x?busy_timeout=soon"] {
            assert_eq!(Target::parse(wrong).unwrap_err().code(), "repository-connection");
        }
    }

    #[test]
    fn urls_and_pairs_are_servers() {
        for text in [
            "postgres://ada:s%20x@db.example:5433/prod?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem&busy_timeout=7",
            "host=db.example port = 5433 user=ada password='s x' dbname=prod sslmode=verify-full \
             sslrootcert='/etc/ca.pem' busy_timeout=7",
        ] {
            let (config, tls) = server(text);
            assert_eq!(config.get_user(), Some("ada"));
            assert_eq!(config.get_password(), Some("s x".as_bytes()));
            assert_eq!((config.get_dbname(), config.get_ports()), (Some("prod"), &[5433][..]));
            assert_eq!(config.get_ssl_mode(), postgres::config::SslMode::Require);
            assert_eq!(tls.verify, Verify::AuthorityAndName);
            assert_eq!(tls.root.as_deref(), Some(Path::new("/etc/ca.pem")));
            let target = Target::parse(text).unwrap();
            assert_eq!(target.name(), "prod on db.example");
            assert_eq!(target.busy_timeout, Duration::from_millis(7));
        }
    }

    #[test]
    fn a_server_elsewhere_is_reached_by_tls_alone() {
        let mode = |text: &str| server(text).0.get_ssl_mode();
        use postgres::config::SslMode::{Disable, Prefer, Require};
        assert_eq!(mode("host=db.example user=ada"), Require);
        assert_eq!(mode("host=10.1.2.3 user=ada sslmode=disable"), Disable);
        assert_eq!(mode("host=127.0.0.1 user=ada"), Prefer);
        assert_eq!(mode("host=localhost user=ada"), Prefer);
        assert_eq!(mode("host=/run/postgresql user=ada"), Prefer);
    }

    #[test]
    fn ssl_modes_verify_what_they_say() {
        let verify = |options: &str| server(&format!("host=x user=y {options}")).1.verify;
        assert_eq!(verify(""), Verify::Nothing);
        assert_eq!(verify("sslmode=require"), Verify::Nothing);
        assert_eq!(verify("sslmode=require sslrootcert=ca.pem"), Verify::Authority);
        assert_eq!(verify("sslmode=verify-ca sslrootcert=ca.pem"), Verify::Authority);
        let error = Target::parse("host=x sslmode=verify-full").unwrap_err();
        assert!(error.to_string().contains("sslrootcert"), "{error}");
        let (_, tls) = server("host=x sslmode=verify-full sslrootcert=/nowhere/ca.pem");
        let error = tls.client_config().unwrap_err();
        assert!(error.to_string().contains("/nowhere/ca.pem"), "{error}");
    }

    #[test]
    fn quoted_values_end_where_their_quote_does() {
        assert_eq!(
            pairs(r"a='x \' y' b=2").unwrap(),
            [("a".to_owned(), "x ' y".to_owned()), ("b".to_owned(), "2".to_owned())]
        );
        assert_eq!(pairs("a='x"), None);
        assert_eq!(pairs("no pairs"), None);
    }
}
