//! Calls to a server, as an OAuth 2.0 client: a token when one is needed, another try when the network fails.
//!
//! Every call of the server's interface may be repeated without harm, so whatever may have failed on the way is tried
//! again; what the server refused is not.

use super::events::{self, Event};
use super::proof::Prover;
use provost_server::ServerError;
use provost_server::web::Problem;
use reqwest::blocking::{RequestBuilder, Response};
use reqwest::{Certificate, Method, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Pause after the first try that failed; doubled after each, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// Time in which a connection must be there.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// Time before the end of a token in which a new one is fetched.
const EARLY: Duration = Duration::from_secs(30);

/// Which server, and as whom.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Address of the server.
    pub url: String,
    /// Identifier of the client.
    pub client_id: String,
    /// Its secret.
    pub secret: Secret,
    /// Certificate (PEM) that the server must have, instead of one that the system trusts.
    pub certificate: Option<PathBuf>,
    /// Tokens are bound to a key of this process, and each request proves that it has the key.
    pub binds_tokens: bool,
    /// Time in which an answer must be there.
    pub timeout: Duration,
    /// Time in which a call that fails on the way is tried again.
    pub patience: Duration,
}

/// A text that is never shown.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// A server across the network.
#[derive(Debug)]
pub struct Client {
    http: reqwest::blocking::Client,
    base: Url,
    options: ClientOptions,
    token: Mutex<Option<Token>>,
    prover: Option<Prover>,
}

#[derive(Clone)]
struct Token {
    text: String,
    until: Instant,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

#[derive(serde::Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: u64,
}

impl Client {
    /// A client of the server at an address. Nothing is called yet.
    ///
    /// # Errors
    /// The address or the certificate cannot be used, or the address would send the secret without TLS.
    pub fn new(options: ClientOptions) -> Result<Client, ServerError> {
        let wrong = |message: String, hint: &str| ServerError::Remote {
            message,
            code: "server-address",
            hint: hint.to_owned(),
        };
        let typed = options.url.trim_end_matches('/');
        let address = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
        let base = Url::parse(&format!("{address}/"))
            .map_err(|error| wrong(format!("{address} is no address of a server: {error}"), "https://host:port"))?;
        let loopback = matches!(base.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if base.scheme() != "https" && !loopback {
            return Err(wrong(
                format!("{address} has no TLS: the secret would cross the network in the clear"),
                "use https://; plain http is for the same machine only",
            ));
        }
        // Whoever was first has chosen the same one.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut builder = reqwest::blocking::Client::builder()
            .connect_timeout(CONNECT_TIME)
            .timeout(options.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("provost/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = &options.certificate {
            let pem = std::fs::read(path).map_err(ServerError::file("reading", path))?;
            let certificates = Certificate::from_pem_bundle(&pem)
                .map_err(|error| wrong(format!("{} is no certificate: {error}", path.display()), "a PEM file"))?;
            builder = builder.tls_certs_only(certificates);
        }
        let http = builder
            .build()
            .map_err(|error| wrong(format!("no connection can be prepared: {error}"), "check the certificates"))?;
        let prover = options.binds_tokens.then(Prover::new).transpose()?;
        Ok(Client { http, base, options, token: Mutex::new(None), prover })
    }

    /// The address of the server.
    pub fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Whether the server answers and gives a token, tried once; tells its clock in seconds since 1970, if it shows it.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub fn check(&self) -> Result<Option<i64>, ServerError> {
        let once = |failure| match failure {
            Failure::Network(error) => self.unreachable("health", &error),
            Failure::Busy(_, error) | Failure::Refused(error) => error,
        };
        let url = self.base.join("health").map_err(|error| ServerError::Remote {
            message: error.to_string(),
            code: "server-address",
            hint: String::new(),
        })?;
        let response = self.http.get(url).send().map_err(Failure::Network).and_then(answered).map_err(once)?;
        let date = response.headers().get("date").and_then(|value| value.to_str().ok());
        let clock = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|at| at.timestamp().as_second());
        self.token().map_err(once)?;
        Ok(clock)
    }

    /// Asks for something.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ServerError> {
        let response = self.send(Method::GET, path, self.options.patience, |request| request)?;
        self.json(path, response)
    }

    /// Asks for something that may not be there.
    ///
    /// # Errors
    /// The server cannot be reached or refuses for another reason.
    pub fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, ServerError> {
        match self.send(Method::GET, path, self.options.patience, |request| request) {
            Ok(response) => self.json(path, response).map(Some),
            Err(ServerError::Remote { code: "not-found", .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends JSON and reads the answer; `None` when it is empty.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub fn post<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<Option<T>, ServerError> {
        self.post_within(path, body, self.options.patience)
    }

    /// The same with a single try: whoever calls has something else to do meanwhile.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub fn post_once<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<Option<T>, ServerError> {
        self.post_within(path, body, Duration::ZERO)
    }

    fn post_within<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
        patience: Duration,
    ) -> Result<Option<T>, ServerError> {
        let response = self.send(Method::POST, path, patience, |request| request.json(body))?;
        match response.status() {
            StatusCode::NO_CONTENT => Ok(None),
            _ => self.json(path, response).map(Some),
        }
    }

    /// Asks for a text.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub fn text(&self, path: &str) -> Result<String, ServerError> {
        let response = self.send(Method::GET, path, self.options.patience, |request| request)?;
        response.text().map_err(|error| self.unreachable(path, &error))
    }

    /// Follows server-sent events until somebody has heard enough. A stream that breaks off is taken up where it was.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub fn events(
        &self,
        path: &str,
        mut hear: impl FnMut(&Event) -> std::ops::ControlFlow<()>,
    ) -> Result<(), ServerError> {
        let mut last = None;
        loop {
            let response = self.send(Method::GET, path, self.options.patience, |request| match &last {
                Some(id) => request.header("last-event-id", id),
                None => request,
            })?;
            let mut stream = std::io::BufReader::new(response);
            while let Ok(Some(event)) = events::next(&mut stream) {
                if hear(&event).is_break() {
                    return Ok(());
                }
                last = event.id.or(last);
            }
            thread::sleep(FIRST_PAUSE);
        }
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub fn put(&self, path: &str, body: &[u8]) -> Result<(), ServerError> {
        self.send(Method::PUT, path, self.options.patience, |request| request.body(body.to_vec())).map(|_| ())
    }

    /// Calls with any method and an optional body of JSON, and gives the answer as text.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub fn call(&self, method: Method, path: &str, body: Option<&[u8]>) -> Result<String, ServerError> {
        let response = self.send(method, path, self.options.patience, |request| match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_vec()),
            None => request,
        })?;
        response.text().map_err(|error| self.unreachable(path, &error))
    }

    /// Removes something.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub fn delete(&self, path: &str) -> Result<(), ServerError> {
        self.send(Method::DELETE, path, self.options.patience, |request| request).map(|_| ())
    }

    fn json<T: DeserializeOwned>(&self, path: &str, response: Response) -> Result<T, ServerError> {
        response.json().map_err(|error| self.unreachable(path, &error))
    }

    /// Sends a request until it is answered, with a fresh token when the one at hand is refused.
    fn send(
        &self,
        method: Method,
        path: &str,
        patience: Duration,
        shape: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, ServerError> {
        let url = self.base.join(path.trim_start_matches('/')).map_err(|error| ServerError::Remote {
            message: format!("{path} is no path: {error}"),
            code: "server-address",
            hint: "this is a defect of the engine".to_owned(),
        })?;
        let mut renewed = false;
        self.patiently(path, patience, || {
            loop {
                let token = self.token()?;
                let request = shape(self.http.request(method.clone(), url.clone()));
                let request = self.authorised(request, &method, &url, &token)?;
                let response = request.send().map_err(Failure::Network)?;
                if response.status() == StatusCode::UNAUTHORIZED && !renewed {
                    renewed = true;
                    self.forget(&token);
                    continue;
                }
                return answered(response);
            }
        })
    }

    /// The request with a token, and with a proof for it where tokens are bound.
    fn authorised(
        &self,
        request: RequestBuilder,
        method: &Method,
        url: &Url,
        token: &str,
    ) -> Result<RequestBuilder, Failure> {
        let Some(prover) = &self.prover else { return Ok(request.bearer_auth(token)) };
        let proof = prover.prove(method.as_str(), url.as_str(), Some(token), now());
        let proof = proof.map_err(Failure::Refused)?;
        Ok(request.header("authorization", format!("DPoP {token}")).header("dpop", proof))
    }

    fn patiently<T>(
        &self,
        path: &str,
        patience: Duration,
        mut call: impl FnMut() -> Result<T, Failure>,
    ) -> Result<T, ServerError> {
        let (mut pause, began) = (FIRST_PAUSE, Instant::now());
        loop {
            let is_last = began.elapsed() >= patience;
            let failure = match call() {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            match failure {
                Failure::Refused(error) => return Err(error),
                Failure::Busy(_, error) if is_last => return Err(error),
                Failure::Network(error) if is_last => return Err(self.unreachable(path, &error)),
                Failure::Busy(asked, _) => thread::sleep(asked.unwrap_or(pause).min(Duration::from_secs(60))),
                Failure::Network(error) => {
                    tracing::debug!(%error, path, "a call did not get through; it is tried again");
                    thread::sleep(pause);
                }
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn unreachable(&self, path: &str, error: &reqwest::Error) -> ServerError {
        let mut message = format!("the server {} did not answer ({path}): {error}", self.address());
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            message.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        ServerError::Remote {
            message,
            code: "server-unreachable",
            hint: "check the address, that the server runs, and its certificate (provost doctor)".to_owned(),
        }
    }

    /// A token that is good for a while yet.
    fn token(&self) -> Result<String, Failure> {
        let mut held = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = held.as_ref().filter(|token| token.until > Instant::now()) {
            return Ok(token.text.clone());
        }
        let url = self.base.join("connect/token").map_err(|error| {
            Failure::Refused(ServerError::Remote {
                message: error.to_string(),
                code: "server-address",
                hint: String::new(),
            })
        })?;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.options.client_id),
            ("client_secret", &self.options.secret.0),
            ("scope", "usercube_api"),
        ];
        let mut request = self.http.post(url.clone()).form(&form);
        if let Some(prover) = &self.prover {
            let proof = prover.prove("POST", url.as_str(), None, now()).map_err(Failure::Refused)?;
            request = request.header("dpop", proof);
        }
        let response = request.send().map_err(Failure::Network)?;
        if matches!(response.status(), StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED) {
            return Err(Failure::Refused(ServerError::Remote {
                message: format!(
                    "the server {} does not know client \"{}\", or not with this secret",
                    self.address(),
                    self.options.client_id
                ),
                code: "client-refused",
                hint:
                    "compare the OpenIdClient of the configuration with OpenId:OpenIdClients in appsettings.agent.json"
                        .to_owned(),
            }));
        }
        let answer: TokenAnswer = answered(response)?.json().map_err(Failure::Network)?;
        let lasts = Duration::from_secs(answer.expires_in).saturating_sub(EARLY);
        *held = Some(Token { text: answer.access_token.clone(), until: Instant::now() + lasts });
        Ok(answer.access_token)
    }

    fn forget(&self, refused: &str) {
        let mut held = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_some_and(|token| token.text == refused) {
            *held = None;
        }
    }
}

/// Seconds since 1970, UTC.
fn now() -> i64 {
    crate::road::now_micros().div_euclid(1_000_000)
}

enum Failure {
    /// It may or may not have arrived.
    Network(reqwest::Error),
    /// The server asks to come back, perhaps after a time that it names.
    Busy(Option<Duration>, ServerError),
    /// The server says no.
    Refused(ServerError),
}

fn answered(response: Response) -> Result<Response, Failure> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let asked = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let error = refused(status, response.json::<Problem>().ok());
    match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::REQUEST_TIMEOUT
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Err(Failure::Busy(asked.map(Duration::from_secs), error)),
        _ => Err(Failure::Refused(error)),
    }
}

/// Names of problems that whoever calls tells apart.
const CODES: &[&str] = &[
    "not-found",
    "unauthorized",
    "forbidden",
    "unknown-connector",
    "nothing-mapped",
    "mapping",
    "connector-blocked",
    "complete-needed",
    "initial-not-empty",
    "session",
    "upload",
    "lease-lost",
    "other-agent",
    "other-client",
    "unknown-task-instance",
    "unknown-job",
    "unknown-job-instance",
    "unknown-step",
    "start-denied",
    "no-agent",
    "job-running",
    "job-state",
    "unknown-change-set",
    "change-set-differs",
];

fn refused(status: StatusCode, problem: Option<Problem>) -> ServerError {
    let Some(problem) = problem else {
        return ServerError::Remote {
            message: format!("the server answered {status}"),
            code: "server-refused",
            hint: "look at the server's log".to_owned(),
        };
    };
    let name = problem.kind.rsplit(':').next().unwrap_or_default();
    let code = CODES.iter().find(|code| **code == name).copied().unwrap_or("server-refused");
    ServerError::Remote { message: problem.detail, code, hint: problem.hint.unwrap_or_default() }
}
