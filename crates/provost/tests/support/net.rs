//! A server and an agent in homes of their own, with nothing between them but a network; and a person who launches jobs
//! over it.

use super::random::Random;
use super::{Home, Kind};
use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest time that a test waits for something that must happen.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A client with its secret.
#[derive(Clone, Debug)]
pub struct Caller {
    pub name: &'static str,
    pub secret: String,
    pub hash: String,
}

impl Caller {
    /// One whose secret the program draws.
    pub fn drawn(home: &Home, name: &'static str) -> Caller {
        let line = home.ok(&["new-openid-secret", "--format", "csv"]);
        let (secret, hash) = line.lines().nth(1).unwrap().split_once(',').unwrap();
        Caller { name, secret: secret.to_owned(), hash: hash.to_owned() }
    }
}

/// The configuration of access: `Admin` may do everything, the others what agents need.
pub fn access(callers: &[Caller]) -> String {
    let clients: String = callers
        .iter()
        .map(|c| {
            let profile = if c.name == "Admin" { "Administrator" } else { "Agent" };
            format!(
                "<OpenIdClient Identifier=\"{}\" DisplayName_L1=\"{0}\" HashedSecret=\"{}\" Profile=\"{profile}\"/>\n",
                c.name, c.hash
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\">\n\
         <CreateAdministratorProfile />\n<Profile Identifier=\"Agent\" DisplayName_L1=\"Agents\" />\n\
         <JobExecutionAccessControlRules Profile=\"Agent\" />\n\
         <SynchronizationAccessControlRules Profile=\"Agent\" />\n\
         <ProvisioningAccessControlRules Profile=\"Agent\" />\n{clients}</ConfigurationFile>\n"
    )
}

/// A job of the first load, and those that scaffoldings make, started by hand alone.
pub fn jobs(connector: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <CreateAgentSynchroComplete Agent="Local" JobIdentifier="Complete"><CronTabExpression CronTab="0 0 1 1 *" /></CreateAgentSynchroComplete>
  <CreateAgentSynchroIncremental Agent="Local" JobIdentifier="Incremental"><CronTabExpression CronTab="0 0 1 1 *" /></CreateAgentSynchroIncremental>
  <Job Identifier="Initial" DisplayName_L1="Initial" Agent="Local">
    <ExportTask Identifier="Initial_Export" DisplayName_L1="E" Agent="Local" OpenIdClient="Job" Connector="{connector}" Level="0" />
    <PrepareSynchronizationTask Identifier="Initial_Prepare" DisplayName_L1="P" Agent="Local" OpenIdClient="Job"
                                Connector="{connector}" SynchronizationMode="Initial" Level="1" />
    <SynchronizeTask Identifier="Initial_Synchronize" DisplayName_L1="S" Connector="{connector}" Level="2" />
  </Job>
</ConfigurationFile>
"#
    )
}

/// A process that ends with the test. What it says is kept for when the test fails.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a command, and reads its first lines.
    pub fn start(mut command: Command, log: PathBuf, lines: usize) -> (Process, Vec<String>) {
        let errors = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(errors).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let lines: Vec<String> = out.lines().take(lines).map(Result::unwrap).collect();
        (Process { child, log }, lines)
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, wherever it is.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits; gives its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }

    /// Waits until it ends by itself.
    pub fn wait(&mut self) {
        self.child.wait().unwrap();
    }

    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already when the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- {}\n{}", self.log.display(), self.said());
        }
    }
}

/// A server with its home.
pub struct Server {
    /// First, so that its log is there when it ends.
    pub process: Option<Process>,
    pub home: Home,
    pub callers: Vec<Caller>,
    /// Where it listens; the same after a restart.
    pub url: String,
    scheme: &'static str,
    http: RefCell<Option<Client>>,
    token: RefCell<Option<String>>,
}

impl Server {
    /// A server over TLS on a home that is set up, with the clients `Job` and `Admin`, and these ones.
    pub fn start(home: Home, others: &[&'static str]) -> Server {
        Server::start_with(home, others, "https")
    }

    /// The same with `http` or `https`.
    pub fn start_with(home: Home, others: &[&'static str], scheme: &'static str) -> Server {
        let names = ["Job", "Admin"].into_iter().chain(others.iter().copied());
        let callers: Vec<Caller> = names.map(|name| Caller::drawn(&home, name)).collect();
        home.write("Conf/Access.xml", access(&callers));
        home.deploy(&home.file("Conf"));
        let url = format!("{scheme}://127.0.0.1:0");
        let (http, token) = (RefCell::new(None), RefCell::new(None));
        let mut server = Server { home, callers, url, scheme, process: None, http, token };
        server.up();
        server
    }

    /// Starts it, again on the same port.
    pub fn up(&mut self) {
        let command = self.home.command(&["server", "--urls", &self.url]);
        let lines = if self.scheme == "https" { 2 } else { 1 };
        let (process, lines) = Process::start(command, self.home.file("server.log"), lines);
        self.process = Some(process);
        let first = lines.first().unwrap_or_else(|| panic!("no server: {}", self.process.as_ref().unwrap().said()));
        self.url = first.strip_prefix("listening on ").unwrap().to_owned();
        self.http.replace(Some(self.client()));
    }

    pub fn process(&mut self) -> &mut Process {
        self.process.as_mut().unwrap()
    }

    /// The certificate that it made for itself.
    pub fn certificate(&self) -> PathBuf {
        self.home.file("Work/Certificates/server.crt")
    }

    fn client(&self) -> Client {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut builder = Client::builder().timeout(Duration::from_secs(90)).pool_max_idle_per_host(0);
        if self.scheme == "https" {
            let pem = std::fs::read(self.certificate()).unwrap();
            builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(&pem).unwrap());
        }
        builder.build().unwrap()
    }

    pub fn http(&self) -> Client {
        self.http.borrow().clone().unwrap()
    }

    pub fn caller(&self, name: &str) -> &Caller {
        self.callers.iter().find(|c| c.name == name).unwrap()
    }

    /// A token of one of the clients.
    pub fn token_of(&self, name: &str) -> String {
        let caller = self.caller(name);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", caller.name),
            ("client_secret", &caller.secret),
            ("scope", "usercube_api"),
        ];
        let answer = self.http().post(format!("{}/connect/token", self.url)).form(&form).send().unwrap();
        let answer = value(answer);
        answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
    }

    fn token(&self) -> String {
        self.token.borrow_mut().get_or_insert_with(|| self.token_of("Admin")).clone()
    }

    pub fn get(&self, path: &str) -> Response {
        self.http().get(format!("{}/{path}", self.url)).bearer_auth(self.token()).send().unwrap()
    }

    pub fn post(&self, path: &str, body: &Value) -> Response {
        self.http().post(format!("{}/{path}", self.url)).bearer_auth(self.token()).json(body).send().unwrap()
    }

    /// Launches a job; gives the id of its instance.
    pub fn launch(&self, job: &str) -> String {
        let answer = self.post(&format!("api/Job/RunJob/Jobs/{job}/Launch"), &json!({}));
        let status = answer.status();
        let launched = value(answer);
        assert_eq!(status, 201, "{launched} {}", self.get("api/Access/Me").text().unwrap());
        launched["id"].as_str().unwrap().to_owned()
    }

    /// An instance with its tasks as it stands.
    pub fn instance(&self, id: &str) -> Value {
        let shown = value(self.get(&format!("api/Job/RunJob/Instances/{id}")));
        assert!(shown["instance"].is_object(), "{shown}");
        shown
    }

    /// Waits until an instance has ended.
    pub fn ended(&self, id: &str) -> Value {
        let began = Instant::now();
        loop {
            let shown = self.instance(id);
            let state = shown["instance"]["state"].as_str().unwrap_or_default();
            if !matches!(state, "NotStarted" | "InProgress") {
                return shown;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end: {shown:#}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Runs a job to its end.
    pub fn run(&self, job: &str) -> Value {
        self.ended(&self.launch(job))
    }

    /// The same, with whatever blocks it approved.
    pub fn run_approved(&self, job: &str) -> Value {
        let mut shown = self.run(job);
        while shown["instance"]["state"] == "Blocked" {
            let id = shown["instance"]["id"].as_str().unwrap().to_owned();
            let hash = tasks(&shown).iter().find_map(|t| t["changeSet"].as_str().filter(|_| t["state"] == "Blocked"));
            let body = json!({ "changeSet": hash.unwrap(), "reason": "test" });
            let answer = self.post(&format!("api/Job/RunJob/Instances/{id}/Resume"), &body);
            assert_eq!(answer.status(), 200, "{}", answer.text().unwrap());
            shown = self.ended(&id);
        }
        let state = shown["instance"]["state"].as_str().unwrap();
        assert!(matches!(state, "Completed" | "Warning"), "{shown:#}\n{}", self.logs(&shown));
        shown
    }

    /// The logs of the tasks of an instance.
    pub fn logs(&self, shown: &Value) -> String {
        let of = |task: &Value| self.get(&format!("api/Job/RunJob/Tasks/{}/Log", task["id"].as_str().unwrap()));
        tasks(shown).iter().map(|task| of(task).text().unwrap()).collect()
    }

    /// The counters by name and labels.
    pub fn metrics(&self) -> BTreeMap<String, f64> {
        let text = self.get("metrics").text().unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.rsplit_once(' ')).map(|(n, v)| (n.to_owned(), v.parse().unwrap())).collect()
    }

    /// How many requests were refused for a reason.
    pub fn refused(&self, reason: &str) -> f64 {
        self.metrics().get(&format!("provost_refused_total{{reason=\"{reason}\"}}")).copied().unwrap_or_default()
    }
}

/// The tasks of an instance.
pub fn tasks(shown: &Value) -> &Vec<Value> {
    shown["tasks"].as_array().unwrap_or_else(|| panic!("no tasks: {shown}"))
}

pub fn value(answer: Response) -> Value {
    let text = answer.text().unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text))
}

/// An agent in a home of its own: its settings and its sources, no repository.
pub struct Agent {
    pub process: Option<Process>,
    folder: tempfile::TempDir,
}

impl Agent {
    /// A home for an agent: who it is, how it gets to its server, and the connections of another home.
    pub fn home(server: &Server, url: &str, caller: &Caller) -> Agent {
        Agent::named("Local", server, url, caller)
    }

    /// The same for an agent with this identifier.
    pub fn named(identifier: &str, server: &Server, url: &str, caller: &Caller) -> Agent {
        let folder = tempfile::tempdir().unwrap();
        let agent = Agent { folder, process: None };
        let text = std::fs::read_to_string(server.home.file("appsettings.agent.json")).unwrap();
        let mut settings: Value = serde_json::from_str(&text).unwrap();
        settings["OpenId"] = json!({
            "AgentIdentifier": identifier,
            "DefaultOpenIdClient": caller.name,
            "OpenIdClients": { caller.name: caller.secret },
        });
        if url.starts_with("https") {
            settings["ServerCertificate"] = json!("server.crt");
            std::fs::copy(server.certificate(), agent.file("server.crt")).unwrap();
        }
        agent.write("appsettings.agent.json", settings.to_string());
        agent.write("appsettings.json", json!({ "ApplicationUri": url }).to_string());
        agent
    }

    /// The agent `Local` of a server, at work.
    pub fn start(server: &Server) -> Agent {
        let mut agent = Agent::home(server, &server.url, server.caller("Job"));
        agent.up();
        agent
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.file(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_provost"));
        command.args(arguments).arg("--home").arg(self.folder.path()).current_dir(self.folder.path());
        command.env("USER", "tester").env_remove("SUDO_USER").env_remove("PROVOST_API_SECRET");
        command
    }

    /// Starts it.
    pub fn up(&mut self) {
        let (process, lines) = Process::start(self.command(&["agent"]), self.file("agent.log"), 1);
        self.process = Some(process);
        assert!(!lines.is_empty(), "no agent: {}", self.process.as_ref().unwrap().said());
    }

    pub fn process(&mut self) -> &mut Process {
        self.process.as_mut().unwrap()
    }
}

/// A home that holds what a server needs, with the configuration and the settings of another set-up, and its jobs.
pub fn with_jobs(home: Home, connector: &str) -> Home {
    home.write("Conf/Jobs.xml", jobs(connector));
    home
}

/// Both databases' homes get the same treatment.
pub fn small(kind: Kind) -> Home {
    with_jobs(super::small::empty(kind, super::small::Guards::Off), super::small::CONNECTOR)
}

/// Sends bytes as they are, and reads what comes until the other side closes or a time has passed.
pub fn raw(address: &str, parts: &[(&[u8], Duration)], time: Duration) -> String {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(time)).unwrap();
    for (part, pause) in parts {
        if stream.write_all(part).is_err() {
            break;
        }
        std::thread::sleep(*pause);
    }
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// A word that differs with the seed.
pub fn word(random: &mut Random) -> String {
    format!("w{:x}", random.below(1 << 20))
}
