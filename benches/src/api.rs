//! Readers of the interface, alone and while a complete synchronisation runs.

use crate::data::Data;
use crate::home::{Home, checked};
use crate::random::Random;
use crate::yardstick::Psql;
use crate::{Bench, Failure};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Readers at the same time, each with a connection of its own.
const READERS: usize = 200;
/// Seconds of the readers alone.
const ALONE: f64 = 15.0;

const HEADER: &str = "\
| what | requests | requests/s | p50 ms | p99 ms | slowest ms | complete run, s | of it alone |
|---|--:|--:|--:|--:|--:|--:|--:|";

/// Requests: of ten, seven read one resource, two a page of fifty, one a page that a condition narrows.
const PAGE: &str = "/api/Resources/AD_Entry?squery=select%20displayName%2C%20mail%2C%20department&PageSize=50";
const NARROWED: &str = "/api/Resources/AD_Entry?squery=select%20displayName%2C%20mail%20where%20userAccountControl%20%3D%20%22512%22&PageSize=50";

/// Who may read everything: the hash is that of `secret`.
const ACCESS: &str = "<ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\">
  <CreateAdministratorProfile />
  <OpenIdClient Identifier=\"Bench\" DisplayName_L1=\"Bench\" Profile=\"Administrator\"
      HashedSecret=\"K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=\" />
</ConfigurationFile>
";

/// Both databases.
pub(crate) fn all(bench: &Bench, data: &Data) -> Result<(), Failure> {
    println!("\n{HEADER}");
    let home = Home::make(&bench.folder.join("home-api"), None, false)?;
    measure(bench, data, home, "SQLite", |loaded| loaded.copy(&bench.folder.join("home-api-run"), None))?;
    let Some(psql) = Psql::new(&bench.folder) else { return Ok(()) };
    let names = ["loaded", "run"].map(|name| format!("provost_bench_api_{}_{name}", bench.rows));
    let result = on_postgres(bench, data, &psql, &names);
    names.iter().try_for_each(|name| psql.remove(name))?;
    result
}

fn on_postgres(bench: &Bench, data: &Data, psql: &Psql, [loaded, run]: &[String; 2]) -> Result<(), Failure> {
    let home = Home::make(&bench.folder.join("home-api-postgres"), Some(psql.make(loaded, None)?), false)?;
    let copy =
        |home: &Home| home.copy(&bench.folder.join("home-api-postgres-run"), Some(psql.make(run, Some(loaded))?));
    measure(bench, data, home, "PostgreSQL", copy)
}

/// The run alone, the readers alone, then both together on the same data.
fn measure(
    bench: &Bench,
    data: &Data,
    home: Home,
    database: &str,
    copy: impl Fn(&Home) -> Result<Home, Failure>,
) -> Result<(), Failure> {
    let t = &data.truth;
    std::fs::write(home.folder.join("Conf/Access.xml"), ACCESS)?;
    home.deploy()?;
    home.export("Entries", &data.first)?;
    home.prepare("initial").run()?;
    home.synchronise().run()?;
    home.export("Entries", &data.second)?;
    home.prepare("complete").run()?;
    let expected = [("inserted", t.inserted), ("updated", t.updated), ("deleted", t.deleted)];
    let run = |home: &Home| checked(&home.synchronise(), &bench.folder, "AD_Entry", &expected);
    let alone = run(&copy(&home)?)?.wall;
    println!("| {database}: complete run alone | | | | | | {alone:.2} | 1.00 |");

    let work = copy(&home)?;
    let server = Server::start(&work)?;
    println!(
        "| {database}: server | it listens after {:.2} s, {:.0} MiB resident | | | | | | |",
        server.started,
        server.resident()?
    );
    let load = Load { address: &server.address, token: server.token()?, rows: t.clean };
    let seconds = if bench.real { ALONE } else { 0.2 };
    let quiet = load.until(bench.real, || {
        std::thread::sleep(Duration::from_secs_f64(seconds));
        Ok(seconds)
    })?;
    println!("| {database}: readers alone {} | | |", quiet.render());
    let busy = load.until(bench.real, || Ok(run(&work)?.wall))?;
    println!("| {database}: both {} | {:.2} | {:.2} |", busy.render(), busy.seconds, busy.seconds / alone);
    println!("| {database}: server afterwards | {:.0} MiB resident | | | | | | |", server.resident()?);
    Ok(())
}

/// A server that ends with the measurement.
struct Server {
    child: Child,
    address: String,
    /// Seconds until it listened.
    started: f64,
}

impl Server {
    fn start(home: &Home) -> Result<Server, Failure> {
        let began = Instant::now();
        let mut child = home.server().spawn()?;
        let out = child.stdout.take().ok_or("the server says nothing")?;
        let line = BufReader::new(out).lines().next().ok_or("the server did not start")??;
        let started = began.elapsed().as_secs_f64();
        let address = line.strip_prefix("listening on http://").ok_or("the server listens nowhere")?.to_owned();
        Ok(Server { child, address, started })
    }

    /// Memory that is resident, in MiB.
    fn resident(&self) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse::<f64>()? / 1024.0)
    }

    fn token(&self) -> Result<String, Failure> {
        let form = "grant_type=client_credentials&client_id=Bench&client_secret=secret&scope=usercube_api";
        let head = "content-type: application/x-www-form-urlencoded\r\n";
        let (status, body) = Connection::open(&self.address)?.ask("POST", "/connect/token", head, form)?;
        let answer: Value = serde_json::from_slice(&body)?;
        let token = answer["access_token"].as_str().ok_or_else(|| format!("no token: {status} {answer}"))?;
        Ok(token.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already when something went wrong with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that is kept.
struct Connection {
    stream: BufReader<TcpStream>,
    address: String,
}

impl Connection {
    fn open(address: &str) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Connection { stream: BufReader::new(stream), address: address.to_owned() })
    }

    /// One request; status and body of the answer.
    fn ask(&mut self, method: &str, path: &str, head: &str, body: &str) -> Result<(u16, Vec<u8>), Failure> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\n{head}content-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut line, mut length) = (String::new(), 0);
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or("no answer")?;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            match line.trim_end().split_once(':') {
                None => break,
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse()?,
                Some(_) => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, body))
    }
}

/// What readers do.
struct Load<'a> {
    address: &'a str,
    token: String,
    rows: u64,
}

/// How it went.
struct Answered {
    /// Milliseconds of each request, in order of length.
    times: Vec<f64>,
    seconds: f64,
}

impl Answered {
    fn at(&self, part: f64) -> f64 {
        let last = self.times.len().saturating_sub(1);
        self.times.get((last as f64 * part) as usize).copied().unwrap_or_default()
    }

    fn render(&self) -> String {
        let requests = self.times.len();
        let rate = requests as f64 / self.seconds;
        format!("| {requests} | {rate:.0} | {:.1} | {:.1} | {:.0}", self.at(0.5), self.at(0.99), self.at(1.0))
    }
}

impl Load<'_> {
    /// Reads for as long as `work` takes; it tells its seconds.
    fn until(&self, real: bool, work: impl FnOnce() -> Result<f64, Failure>) -> Result<Answered, Failure> {
        let readers = if real { READERS } else { 4 };
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..readers)
                .map(|number| {
                    let is_over = &is_over;
                    scope.spawn(move || self.read(number as u64, is_over).map_err(|error| error.to_string()))
                })
                .collect();
            let seconds = work();
            is_over.store(true, Ordering::SeqCst);
            let mut times = Vec::new();
            for thread in threads {
                times.extend(thread.join().map_err(|_| "a reader has failed")??);
            }
            times.sort_by(f64::total_cmp);
            Ok(Answered { times, seconds: seconds? })
        })
    }

    /// One reader; the milliseconds of each of its requests.
    fn read(&self, number: u64, is_over: &AtomicBool) -> Result<Vec<f64>, Failure> {
        let mut random = Random::new(number + 1);
        let mut connection = Connection::open(self.address)?;
        let head = format!("authorization: Bearer {}\r\n", self.token);
        let mut times = Vec::new();
        while !is_over.load(Ordering::Relaxed) {
            let path = match random.below(10) {
                0..7 => format!("/api/Resources/AD_Entry/{}", 1 + random.below(self.rows)),
                7..9 => PAGE.to_owned(),
                _ => NARROWED.to_owned(),
            };
            let began = Instant::now();
            let (status, body) = connection.ask("GET", &path, &head, "")?;
            times.push(began.elapsed().as_secs_f64() * 1000.0);
            // A resource may have gone with the run.
            if status != 200 && !(status == 404 && path.contains("AD_Entry/")) {
                return Err(format!("{path}: {status} {}", String::from_utf8_lossy(&body)).into());
            }
        }
        Ok(times)
    }
}
