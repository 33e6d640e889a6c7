//! `provost server`: the repository over HTTP.

use super::Run;
use crate::agent::{ServerSide, StepTasks};
use crate::certificate::{self, Certificate};
use crate::context::Context;
use crate::jobs;
use crate::output::print;
use crate::report::{Exit, Kind, Report};
use crate::road::{Road, now_micros};
use crate::settings::Settings;
use crate::telemetry::Traces;
use clap::Args;
use provost_model::work::AgentTasks;
use provost_server::Folders;
use provost_server::jobs::Runner;
use provost_server::web::{self, App, Listener, WebSettings};
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

/// Where the server listens when nothing is said.
const USUAL: &str = "http://127.0.0.1:5000";

/// Serve the repository over HTTP or HTTPS until the process is told to stop
///
/// Plain http is for this machine only, unless a proxy in front of the server ends TLS. For https there is the
/// certificate of the settings (Https:CertificateFile, Https:KeyFile), or one that the server makes for itself; agents
/// pin its fingerprint, which is shown at the start.
#[derive(Args, Debug)]
pub(crate) struct Server {
    /// Addresses to listen on, separated by semicolons (default: ApplicationUri, else http://127.0.0.1:5000)
    #[arg(long, value_name = "URLS")]
    urls: Option<String>,

    /// A proxy in front of the server ends TLS, and says in X-Forwarded-For who calls
    #[arg(long)]
    behind_proxy: bool,

    /// Start no job by its schedule (Scheduler:Enabled)
    #[arg(long)]
    no_scheduler: bool,
}

impl Server {
    fn scheduler(&self, settings: &Settings) -> bool {
        !self.no_scheduler && settings.jobs.scheduler.unwrap_or(true)
    }
}

/// Name of this process in the books of jobs.
fn owner() -> String {
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    format!("server {} {}", host.trim(), std::process::id())
}

/// The agent of this process, when the settings name one and do not keep it out.
fn inside(road: &Arc<Road>) -> Option<(String, Arc<dyn AgentTasks>)> {
    let settings = road.settings();
    let agent = settings.agent_identifier.clone().filter(|_| !settings.not_use_agent)?;
    Some((agent, Arc::new(StepTasks::new(settings.clone(), ServerSide::Here(road.clone())))))
}

impl Run for Server {
    const NAME: &'static str = "server";
    const ORIGINALS: &'static [&'static str] = &["Server"];
    const EXAMPLES: &'static str = "\
Examples:
  provost server
  provost server --urls https://0.0.0.0:5001
  provost server --urls \"http://127.0.0.1:5000;https://[::]:5001\"";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let road = Arc::new(Road::open(context)?);
        let settings = road.settings().clone();
        let is_behind_proxy = self.behind_proxy || settings.serving.access.is_behind_proxy;
        let urls = self.urls.as_deref().or(settings.serving.application_uri.as_deref()).unwrap_or(USUAL);
        let addresses = addresses(urls, is_behind_proxy)?;
        let certificate = match addresses.iter().any(|address| address.is_tls) {
            true => Some(certificate::load(&settings, &names(&settings, &addresses))?),
            false => None,
        };
        if !road.store.read(|tx| tx.has_accounts())? {
            tracing::warn!("nobody can sign in with a password: provost init makes the first administrator");
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Report::new(Kind::Error, "server", format!("no threads: {error}")))?;
        runtime.block_on(async {
            let (addresses, listeners) = bind(addresses, certificate.as_ref()).await?;
            let web_settings = web_settings(&settings, &addresses, is_behind_proxy)?;
            let folders = Folders { temp: settings.temp.clone(), work: settings.work.clone() };
            let app = App::new(road.store.clone(), folders, web_settings, now_micros);
            let engine = jobs::engine(&road, &owner(), self.scheduler(&settings));
            let traces = traces(&settings)?;
            if let Some(traces) = &traces {
                app.trace_to(traces.clone());
                engine.trace_to(traces.clone());
            }
            let runner = Runner::start(&engine, inside(&road)).map_err(|error| jobs::report(&error))?;
            app.serve_jobs(engine);
            let stopped = stopped()?;
            print(&start_lines(&addresses, certificate.as_ref()))?;
            web::serve(app, listeners, stopped).await;
            let closing = move || {
                drop(runner);
                traces.iter().for_each(|traces| traces.close());
            };
            tokio::task::spawn_blocking(closing).await.ok();
            tracing::info!("stopped");
            Ok(Exit::Done)
        })
    }
}

/// Whoever sends traces to the collector of the settings.
fn traces(settings: &Settings) -> Result<Option<Arc<Traces>>, Report> {
    let named = settings.serving.traces.as_ref();
    named.map(|(endpoint, service)| Traces::start(endpoint, service).map(Arc::new)).transpose()
}

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Address {
    is_tls: bool,
    host: String,
    socket: SocketAddr,
}

impl Address {
    fn origin(&self) -> String {
        let (scheme, usual) = if self.is_tls { ("https", 443) } else { ("http", 80) };
        match self.socket.port() {
            port if port == usual => format!("{scheme}://{}", self.host),
            port => format!("{scheme}://{}:{port}", self.host),
        }
    }
}

fn addresses(urls: &str, is_behind_proxy: bool) -> Result<Vec<Address>, Report> {
    let all: Result<Vec<Address>, Report> =
        urls.split(';').map(str::trim).filter(|url| !url.is_empty()).map(address).collect();
    let all = all?;
    if all.is_empty() {
        return Err(Report::usage("no-address", "there is no address to listen on").hint(format!("write {USUAL}")));
    }
    if let Some(open) = all.iter().find(|a| !a.is_tls && !a.socket.ip().is_loopback() && !is_behind_proxy) {
        let text = format!("{} would send passwords and tokens over the network in clear", open.origin());
        return Err(Report::usage("plain-http", text)
            .hint("use https, or say with --behind-proxy (Https:BehindProxy) that a proxy ends TLS"));
    }
    Ok(all)
}

fn address(url: &str) -> Result<Address, Report> {
    let unreadable = |detail: &str| {
        Report::usage("address", format!("{url} is no address to listen on: {detail}"))
            .hint("write http://127.0.0.1:5000 or https://0.0.0.0:5001")
    };
    let (scheme, rest) = url.split_once("://").ok_or_else(|| unreadable("http:// or https:// is missing"))?;
    let is_tls = match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => false,
        _ => return Err(unreadable("it begins with neither http:// nor https://")),
    };
    let authority = rest.trim_end_matches('/');
    if authority.contains(['/', '?', '@']) {
        return Err(unreadable("it has more than a host and a port"));
    }
    let usual = if is_tls { 443 } else { 80 };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            (host, port.parse::<u16>().map_err(|_| unreadable("the port is no number"))?)
        }
        _ => (authority, usual),
    };
    // `*` and `+` are how .NET writes every address of the machine.
    let bare = match host.trim_matches(['[', ']']) {
        "*" | "+" => "0.0.0.0",
        bare => bare,
    };
    let mut found = (bare, port).to_socket_addrs().map_err(|error| unreadable(&error.to_string()))?;
    let socket = found.next().ok_or_else(|| unreadable("the name leads nowhere"))?;
    Ok(Address { is_tls, host: host.to_ascii_lowercase(), socket })
}

/// Names that a certificate of our own is for.
fn names(settings: &Settings, addresses: &[Address]) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let public = settings.serving.application_uri.as_deref().and_then(|uri| uri.split_once("://"));
    let public = public.map(|(_, rest)| rest.split(['/', ':']).next().unwrap_or(rest).to_owned());
    let listening = addresses.iter().filter(|a| !a.socket.ip().is_unspecified());
    names.extend(public.into_iter().chain(listening.map(|a| a.host.trim_matches(['[', ']']).to_owned())));
    names.extend(std::fs::read_to_string("/etc/hostname").ok().map(|name| name.trim().to_owned()));
    names.retain(|name| !name.is_empty());
    names.sort();
    names.dedup();
    names
}

fn web_settings(settings: &Settings, addresses: &[Address], is_behind_proxy: bool) -> Result<WebSettings, Report> {
    let serving = &settings.serving;
    if is_behind_proxy && serving.application_uri.is_none() {
        return Err(Report::usage("no-application-uri", "behind a proxy the server cannot know its public address")
            .hint("set ApplicationUri in appsettings.json to the address that browsers and agents use"));
    }
    if serving.application_uri.is_none() && addresses.iter().any(|address| address.socket.ip().is_unspecified()) {
        tracing::warn!("ApplicationUri is not set: pages and bound tokens work under the listed addresses only");
    }
    let first = addresses.first().map(Address::origin).unwrap_or_default();
    let application_uri = serving.application_uri.clone().unwrap_or(first);
    let mut access = serving.access.clone();
    access.is_behind_proxy = is_behind_proxy;
    access.is_secure = application_uri.starts_with("https://");
    access.other_origins = addresses.iter().map(Address::origin).filter(|own| *own != application_uri).collect();
    access.key_encryption = match &serving.encryption_file {
        None => None,
        Some((file, password)) => Some(derived(file, password)?),
    };
    Ok(WebSettings {
        application_uri,
        access,
        default_page_size: settings.default_page_size,
        max_page_size: settings.max_page_size,
        largest_file: settings.largest_file,
        body_time: std::time::Duration::from_secs(serving.body_seconds.into()),
        has_swagger_page: serving.has_swagger_page,
    })
}

/// A key that only whoever has the file and its password can have. All servers of a repository have the same file.
fn derived(file: &std::path::Path, password: &str) -> Result<[u8; 32], Report> {
    use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
    struct Length;
    impl KeyType for Length {
        fn len(&self) -> usize {
            32
        }
    }
    let content = std::fs::read(file).map_err(|error| Report::io("read", file, &error))?;
    let failed =
        || Report::new(Kind::Error, "encryption", "a key could not be derived from EncryptionCertificate:File");
    let secret =
        Salt::new(HKDF_SHA256, b"provost signing keys").extract(&[password.as_bytes(), &[0], &content].concat());
    let mut key = [0; 32];
    secret.expand(&[b"1"], Length).and_then(|okm| okm.fill(&mut key)).map_err(|_| failed())?;
    Ok(key)
}

/// Opens the ports; the addresses come back with those that the system chose.
async fn bind(
    addresses: Vec<Address>,
    certificate: Option<&Certificate>,
) -> Result<(Vec<Address>, Vec<Listener>), Report> {
    let failed = |error: &dyn std::fmt::Display| {
        Report::new(Kind::Error, "cannot-listen", error.to_string())
            .hint("end the other process on this port, or choose another one with --urls")
    };
    let (mut open, mut listeners) = (Vec::new(), Vec::new());
    for address in addresses {
        let tls = certificate.filter(|_| address.is_tls).map(|certificate| certificate.config.clone());
        let listener = Listener::bind(address.socket, tls).await.map_err(|error| failed(&error))?;
        let port = listener.local_address().map_err(|error| failed(&error))?.port();
        open.push(Address { socket: SocketAddr::new(address.socket.ip(), port), ..address });
        listeners.push(listener);
    }
    Ok((open, listeners))
}

fn start_lines(addresses: &[Address], certificate: Option<&Certificate>) -> String {
    let mut lines: String = addresses.iter().map(|address| format!("listening on {}\n", address.origin())).collect();
    if let Some(certificate) = certificate.filter(|certificate| certificate.is_self_signed) {
        lines.push_str(&format!("certificate SHA-256 {} (self-signed)\n", certificate.fingerprint));
    }
    lines
}

/// Ends with SIGTERM or SIGINT. Both are caught from here on: whoever reads the first line may stop the server at once.
fn stopped() -> Result<impl Future<Output = ()>, Report> {
    use tokio::signal::unix::{SignalKind, signal};
    let caught = |kind| {
        signal(kind).map_err(|error| Report::new(Kind::Error, "server", format!("signals cannot be caught: {error}")))
    };
    let (mut term, mut interrupt) = (caught(SignalKind::terminate())?, caught(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: running requests may end");
    })
}

impl From<web::FirstAdministratorError> for Report {
    fn from(error: web::FirstAdministratorError) -> Report {
        match error {
            web::FirstAdministratorError::Store(error) => error.into(),
            other @ web::FirstAdministratorError::Failed(_) => {
                Report::new(Kind::Error, "first-administrator", other.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_the_original_writes_them() {
        let shown = |urls: &str| {
            let all = addresses(urls, true).unwrap();
            all.iter().map(|a| format!("{} {}", a.origin(), a.socket)).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(shown("http://127.0.0.1:5000"), "http://127.0.0.1:5000 127.0.0.1:5000");
        assert_eq!(shown(" https://[::1]:5001/ ; http://*:80"), "https://[::1]:5001 [::1]:5001, http://* 0.0.0.0:80");
        assert_eq!(shown("HTTPS://127.0.0.1"), "https://127.0.0.1 127.0.0.1:443");
        for wrong in ["", ";", "127.0.0.1:5000", "ftp://127.0.0.1", "http://127.0.0.1:x", "http://127.0.0.1/path"] {
            assert!(addresses(wrong, true).is_err(), "{wrong}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_unless_a_proxy_stands_before_it() {
        assert!(addresses("http://0.0.0.0:5000", false).is_err());
        assert!(addresses("https://0.0.0.0:5001;http://0.0.0.0:5000", false).is_err());
        assert!(addresses("http://0.0.0.0:5000", true).is_ok());
        assert!(addresses("http://[::1]:5000;https://0.0.0.0:5001", false).is_ok());
    }
}
