//! A hostile world: files, disks, rights and databases that fail. Each gives a clear error, leaves the repository as it
//! was, and the next healthy run succeeds.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use provost_model::summary::State;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use support::hostile::{assert_error, healthy, refused, shown};
use support::small::{self, Attempt, PEOPLE, attempt, held, image, sync_up};
use support::{Home, Kind};

// ---- Files ----

#[test]
fn a_directory_where_a_file_is_expected() {
    let home = small::loaded(Kind::Sqlite);
    let source = home.file("Sources/people.csv");
    fs::remove_file(&source).unwrap();
    fs::create_dir(&source).unwrap();
    refused(&home, "source-not-a-file", "Connections.People.Path: ~/Sources/people.csv is a folder, not a file");
    fs::remove_dir(&source).unwrap();
    small::lay_out(&home);
    let table = home.file("Temp/ExportOutput/People.csv");
    fs::remove_file(&table).unwrap();
    fs::create_dir(&table).unwrap();
    refused(&home, "export-write", "cannot write ~/Temp/ExportOutput/People.csv: Is a directory (os error 21)");
    let failed = attempt(&home, &small::prepare("complete"));
    assert_error(&home, &failed, "file", "reading ~/Temp/ExportOutput/People.csv: is a directory");
    fs::remove_dir(&table).unwrap();
    let sorted = home.file("Work/Collect/T_Person.sorted.csv");
    fs::remove_file(&sorted).unwrap();
    fs::create_dir(&sorted).unwrap();
    refused(&home, "file", "replacing ~/Work/Collect/T_Person.sorted.csv: Is a directory (os error 21)");
    fs::remove_dir(&sorted).unwrap();
    healthy(&home);
}

#[test]
fn a_missing_file() {
    let home = small::loaded(Kind::Sqlite);
    fs::remove_file(home.file("Sources/people.csv")).unwrap();
    refused(&home, "source-missing", "Connections.People.Path: ~/Sources/people.csv does not exist");
    small::lay_out(&home);
    fs::remove_file(home.file("Temp/ExportOutput/People.csv")).unwrap();
    let before = image(&home);
    let failed = attempt(&home, &small::prepare("complete"));
    assert_error(&home, &failed, "source", "~/Temp/ExportOutput/People.csv is missing; T_Person is read from it");
    image(&home).assert_same(&before, "prepare");
    healthy(&home);
}

/// Appends to a file until dropped.
struct Writer {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Writer {
    fn on(path: &Path) -> Writer {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, mut file) = (stop.clone(), fs::OpenOptions::new().append(true).open(path).unwrap());
        let thread = std::thread::spawn(move || {
            let mut id = 1_000_000;
            while !stopped.load(Ordering::Relaxed) {
                writeln!(file, "{id},g{id},Grown,1").unwrap();
                id += 1;
                std::thread::sleep(Duration::from_micros(300));
            }
        });
        Writer { stop, thread: Some(thread) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

#[test]
fn a_file_that_grows_while_read() {
    let home = small::loaded(Kind::Sqlite);
    let rows: String = (10..100_000).map(|i| format!("{i},g{i},Grown,1\n")).collect();
    let before = image(&home);
    for (path, arguments) in
        [("Sources/people.csv", sync_up("complete")), ("Temp/ExportOutput/People.csv", small::prepare("incremental"))]
    {
        home.write(path, format!("{PEOPLE}{rows}"));
        let writer = Writer::on(&home.file(path));
        let failed = attempt(&home, &arguments);
        drop(writer);
        let (_, message) = failed.error();
        assert!(message.contains("changed while it was read"), "{message}");
        image(&home).assert_same(&before, path);
    }
    healthy(&home);
}

// ---- Disk and rights ----

#[test]
fn a_full_disk_under_the_export() {
    let home = small::loaded(Kind::Sqlite);
    // Writing to /dev/full fails as on a full disk.
    std::os::unix::fs::symlink("/dev/full", home.file("Temp/ExportOutput/People.csv.partial")).unwrap();
    let before = image(&home);
    let failed = attempt(&home, &sync_up("complete"));
    let message = "cannot write ~/Temp/ExportOutput/People.csv.partial: No space left on device (os error 28)";
    assert_error(&home, &failed, "export-write", message);
    image(&home).assert_same(&before, "export");
    let _ = fs::remove_file(home.file("Temp/ExportOutput/People.csv.partial"));
    healthy(&home);
}

#[test]
fn a_full_disk_under_prepare() {
    let home = small::loaded(Kind::Sqlite);
    let before = image(&home);
    for name in ["T_Person.sorted.csv", "T_Team_Member.sorted.delta", "T_Team.rejected.csv"] {
        home.write("Sources/people.csv", PEOPLE.replace("36", "37"));
        home.write("Sources/teams.csv", "code,title\nA,Alpha\nB\n");
        let partial = home.file("Work/Collect").join(format!("{name}.partial"));
        let _ = fs::remove_file(&partial);
        std::os::unix::fs::symlink("/dev/full", &partial).unwrap();
        let failed = attempt(&home, &sync_up("incremental"));
        let message = format!("writing ~/Work/Collect/{name}: No space left on device (os error 28)");
        assert_error(&home, &failed, "file", &message);
        image(&home).assert_same(&before, name);
        let _ = fs::remove_file(&partial);
    }
    healthy(&home);
}

/// No file may grow beyond so many blocks of 512 bytes: the next write fails, as on a disk that is full.
fn limited(home: &Home, blocks: u32, arguments: &[&str]) -> Attempt {
    let inner = home.command(arguments);
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"")).arg("sh");
    command.arg(inner.get_program()).args(inner.get_args()).current_dir(inner.get_current_dir().unwrap());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Attempt::of(command.output().unwrap())
}

#[test]
fn a_full_disk_at_any_size() {
    let home = small::loaded(Kind::Sqlite);
    let rows: String = (10..6_000).map(|i| format!("{i},g{i},Grown,1\n")).collect();
    let before = image(&home);
    let mut seen = std::collections::BTreeSet::new();
    let mut done = false;
    for blocks in [8, 64, 128, 256, 400, 600, 800, 1000, 1200, 1600, 2000, 2500, 3000, 4000, 8000] {
        home.write("Sources/people.csv", format!("{PEOPLE}{rows}"));
        let tried = limited(&home, blocks, &sync_up("complete"));
        if tried.summary.state != State::Errored {
            done = true;
            break;
        }
        let (code, message) = tried.error();
        seen.insert((code.to_owned(), shown(&home, message)));
        assert_eq!(held(&home), before.held, "{blocks}");
    }
    assert!(done, "the last limit is wide enough");
    let wanted = [
        ("export-write", "cannot write ~/Temp/ExportOutput/People.csv.partial: File too large (os error 27)"),
        ("repository-disk-full", "the disk of the repository ~/provost.db is full, or cannot be written"),
    ];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), wanted.map(|(a, b)| (a.to_owned(), b.to_owned())));
    healthy(&home);
}

/// The command as a user who may not do everything.
fn as_nobody(home: &Home, arguments: &[&str]) -> Attempt {
    let inner = home.command(arguments);
    let is_root = fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    if !is_root {
        return attempt(home, arguments);
    }
    let folder = home.path().parent().unwrap().to_owned();
    assert!(Command::new("chown").args(["-R", "65534:65534"]).arg(&folder).status().unwrap().success());
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]);
    command.arg(inner.get_program()).args(inner.get_args()).current_dir(folder);
    for (name, value) in inner.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    Attempt::of(command.output().unwrap())
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn no_permission() {
    let home = small::loaded(Kind::Sqlite);
    let before = image(&home);
    for (path, without, with, code, message) in [
        (
            "Sources/people.csv",
            0o000,
            0o644,
            "source-permission",
            "Connections.People.Path: no permission to read ~/Sources/people.csv",
        ),
        ("Temp/ExportOutput", 0o500, 0o700, "export-write", "cannot write ~/Temp/ExportOutput/People.csv.partial"),
        ("Work/Collect", 0o500, 0o700, "file", "writing ~/Work/Collect/T_Person.sorted.csv"),
        ("Work/Synchronization", 0o500, 0o700, "file", "making folder ~/Work/Synchronization/"),
        ("Work/Collect/previous", 0o500, 0o700, "file", "replacing ~/Work/Collect/previous/Small"),
        ("appsettings.agent.json", 0o000, 0o600, "file-system", "cannot read ~/appsettings.agent.json"),
    ] {
        mode(&home.file(path), without);
        let failed = as_nobody(&home, &sync_up("complete"));
        mode(&home.file(path), with);
        assert_eq!(failed.error().0, code, "{path}: {failed:?}");
        let found = shown(&home, failed.error().1);
        assert!(found.starts_with(message), "{path}: {found}");
        assert!(found == message || found.ends_with(": Permission denied (os error 13)"), "{path}: {found}");
        assert_eq!(held(&home), before.held, "{path}");
    }
    healthy(&home);
}

// ---- Databases ----

fn locked(kind: Kind) {
    let mut home = small::loaded(kind);
    let before = image(&home);
    let usual = home.environment.clone();
    let base = match home.database.connection() {
        Some(connection) => connection.to_owned(),
        None => "sqlite:provost.db".to_owned(),
    };
    let short =
        if kind == Kind::Sqlite { format!("{base}?busy_timeout=200") } else { format!("{base} busy_timeout=200") };
    home.environment.push(("PROVOST__ConnectionString".to_owned(), short));
    match kind {
        Kind::Sqlite => {
            let other = rusqlite::Connection::open(home.file("provost.db")).unwrap();
            other.execute_batch("BEGIN EXCLUSIVE; UPDATE UM_Counters SET Value = Value").unwrap();
            let failed = attempt(&home, &sync_up("complete"));
            assert_error(
                &home,
                &failed,
                "repository-locked",
                "the repository ~/provost.db is locked by another process",
            );
            other.execute_batch("ROLLBACK").unwrap();
        }
        Kind::Postgres => {
            let mut other = ::postgres::Client::connect(&base, ::postgres::NoTls).unwrap();
            other.batch_execute("BEGIN; LOCK TABLE UR_Resources IN ACCESS EXCLUSIVE MODE").unwrap();
            let failed = attempt(&home, &sync_up("complete"));
            let (code, message) = failed.error();
            assert_eq!(code, "repository-locked");
            assert!(message.ends_with("is locked by another process"), "{message}");
            other.batch_execute("ROLLBACK").unwrap();
        }
    }
    home.environment = usual;
    assert_eq!(held(&home), before.held);
    healthy(&home);
}

fn read_only(kind: Kind) {
    let home = small::loaded(kind);
    let before = image(&home);
    match kind {
        Kind::Sqlite => {
            mode(&home.file("provost.db"), 0o400);
            let failed = as_nobody(&home, &sync_up("complete"));
            let message = "the repository ~/provost.db is read-only: attempt to write a readonly database";
            assert_error(&home, &failed, "repository-read-only", message);
            mode(&home.file("provost.db"), 0o600);
        }
        Kind::Postgres => {
            let name = home.database.rows("SELECT current_database()")[0][0].clone().unwrap();
            home.database.execute(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
            let failed = attempt(&home, &sync_up("complete"));
            let (code, message) = failed.error();
            assert_eq!(code, "repository-read-only");
            assert!(message.contains("cannot execute") && message.ends_with("in a read-only transaction"), "{message}");
            home.database.execute(&format!("ALTER DATABASE {name} SET default_transaction_read_only = off"));
        }
    }
    assert_eq!(held(&home), before.held);
    healthy(&home);
}

#[test]
fn an_sqlite_file_that_is_gone() {
    let home = small::loaded(Kind::Sqlite);
    let (file, aside) = (home.file("provost.db"), home.file("aside.db"));
    let before = image(&home);
    fs::rename(&file, &aside).unwrap();
    for arguments in [sync_up("incremental"), small::prepare("complete"), small::synchronize()] {
        let failed = attempt(&home, &arguments);
        assert_error(&home, &failed, "repository-gone", "the repository ~/provost.db does not exist");
        assert!(!file.exists(), "no empty repository may take its place");
    }
    fs::create_dir(&file).unwrap();
    let failed = attempt(&home, &sync_up("incremental"));
    assert_error(&home, &failed, "repository-unreachable", "cannot open the repository ~/provost.db: it is a folder");
    fs::remove_dir(&file).unwrap();
    let text = "this is no database, but somebody's text file of some length";
    fs::write(&file, text).unwrap();
    let failed = attempt(&home, &sync_up("incremental"));
    let message = "the repository ~/provost.db cannot be read: file is not a database";
    assert_error(&home, &failed, "repository-damaged", message);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    fs::rename(&aside, &file).unwrap();
    image(&home).assert_same(&before, "back again");
    healthy(&home);
}

/// Forwards bytes to the server, and cuts the line after so many of them.
struct Proxy {
    port: u16,
    left: Arc<AtomicU64>,
}

/// Host and port of a connection string, where it names a TCP host.
fn address(connection: &str) -> Option<(String, u16)> {
    let pair = |name: &str| connection.split_whitespace().find_map(|t| t.strip_prefix(name)).map(str::to_owned);
    if let Some((_, rest)) = connection.split_once("://") {
        let authority = rest.split('/').next()?;
        let place = authority.rsplit('@').next()?;
        let (host, port) = place.split_once(':').unwrap_or((place, "5432"));
        return Some((host.to_owned(), port.parse().ok()?));
    }
    let host = pair("host=").filter(|host| !host.starts_with('/'))?;
    Some((host, pair("port=").map_or(Some(5432), |port| port.parse().ok())?))
}

/// The connection string with another port on this machine.
fn redirected(connection: &str, port: u16) -> String {
    let (host, old) = address(connection).unwrap();
    if connection.contains("://") {
        return connection.replacen(&format!("{host}:{old}"), &format!("127.0.0.1:{port}"), 1);
    }
    let mut words: Vec<String> = connection.split_whitespace().map(str::to_owned).collect();
    words.retain(|w| !w.starts_with("host=") && !w.starts_with("port="));
    words.push(format!("host=127.0.0.1 port={port}"));
    words.join(" ")
}

impl Proxy {
    fn to(upstream: (String, u16)) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, left) = (listener.local_addr().unwrap().port(), Arc::new(AtomicU64::new(u64::MAX)));
        let budget = left.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let Ok(server) = TcpStream::connect((upstream.0.as_str(), upstream.1)) else { continue };
                let (a, b) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let (one, two) = (budget.clone(), budget.clone());
                std::thread::spawn(move || forward(a, b, &one));
                std::thread::spawn(move || forward(server, client, &two));
            }
        });
        Proxy { port, left }
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, left: &AtomicU64) {
    let mut buffer = [0; 4096];
    while let Ok(n) = from.read(&mut buffer) {
        if n == 0 || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |l| l.checked_sub(n as u64)).is_err() {
            break;
        }
        if to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(std::net::Shutdown::Both);
    let _ = to.shutdown(std::net::Shutdown::Both);
}

#[test]
fn a_server_that_goes_away() {
    if !Kind::postgres_is_there() {
        return;
    }
    let mut home = small::loaded(Kind::Postgres);
    let connection = home.database.connection().unwrap().to_owned();
    let Some(upstream) = address(&connection) else {
        eprintln!("notice: skipped, the server of the tests has no TCP port");
        return;
    };
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let usual = home.environment.clone();
    let variable = "PROVOST__ConnectionString".to_owned();
    home.environment.push((variable.clone(), redirected(&connection, closed)));
    let failed = attempt(&home, &sync_up("complete"));
    let (code, message) = failed.error();
    assert_eq!(code, "repository-unreachable");
    assert!(message.ends_with("error connecting to server: Connection refused (os error 111)"), "{message}");
    let proxy = Proxy::to(upstream);
    home.environment = vec![(variable, redirected(&connection, proxy.port))];
    let before = image(&home);
    home.write("Sources/people.csv", PEOPLE.replace("36", "37"));
    let mut cuts = 0;
    for budget in (500..400_000).step_by(4_000) {
        proxy.left.store(budget, Ordering::SeqCst);
        let tried = attempt(&home, &sync_up("complete"));
        if tried.summary.state != State::Errored {
            break;
        }
        cuts += 1;
        let (code, message) = tried.error();
        assert!(matches!(code, "repository-gone" | "repository-unreachable"), "{budget}: {code} {message}");
        let now = held(&home);
        if now != before.held {
            // The server has committed, and its answer was lost: then all of it is there.
            let mut after = before.held.clone();
            after.people.get_mut("1").unwrap()[2] = Some("37".to_owned());
            assert_eq!(now, after, "{budget}");
            break;
        }
    }
    assert!(cuts > 5, "{cuts}");
    home.environment = usual;
    healthy(&home);
}

on_both_databases!(locked, read_only);
