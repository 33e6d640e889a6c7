//! A private PostgreSQL cluster that lives as long as the test run, whatever ends it.

use super::needs;
use crate::shell::{self, Doing, Failure};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Lowest version that the store supports.
const OLDEST: u32 = 15;

/// How long the cluster may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The shell that starts the server, waits until its standard input closes (which also happens when the run is
/// killed), stops the server and removes its folder. `$1` programs, `$2` folder, `$3` port.
const KEEPER: &str = r#"
trap '' INT TERM HUP
"$1/initdb" -D "$2/data" -U provost -A trust -E UTF8 --locale=C --no-sync >"$2/log" 2>&1 || exit 1
"$1/postgres" -D "$2/data" -k "$2" -h 127.0.0.1 -p "$3" -c fsync=off -c synchronous_commit=off \
    -c full_page_writes=off -c max_connections=200 >>"$2/log" 2>&1 </dev/null &
read -r _
"$1/pg_ctl" stop -D "$2/data" -m immediate >/dev/null 2>&1
rm -rf "$2"
"#;

/// A running cluster; dropping it stops it and removes its files.
pub(super) struct Cluster {
    keeper: Child,
    port: u16,
}

impl Cluster {
    /// Creates and starts a cluster on a free loopback port and waits until it answers.
    pub(super) fn start() -> Result<Cluster, Failure> {
        let programs = programs().ok_or_else(|| Failure::new(format!("PostgreSQL {OLDEST} or later is missing")))?;
        let folder = std::env::temp_dir().join(format!("provost-test-postgres-{}", std::process::id()));
        std::fs::create_dir(&folder).doing(format_args!("create {}", folder.display()))?;
        let port = free_port()?;
        let keeper = keeper(&programs, &folder, port)?;
        let mut cluster = Cluster { keeper, port };
        cluster.wait(&programs, &folder)?;
        println!("PostgreSQL from {} answers on 127.0.0.1:{port}", programs.display());
        Ok(cluster)
    }

    /// How tests reach it: a user that may create databases.
    pub(super) fn connection_string(&self) -> String {
        format!("host=127.0.0.1 port={} user=provost dbname=postgres", self.port)
    }

    fn wait(&mut self, programs: &Path, folder: &Path) -> Result<(), Failure> {
        let start = Instant::now();
        let port = self.port.to_string();
        while start.elapsed() < PATIENCE {
            if self.keeper.try_wait().doing("watch PostgreSQL")?.is_some() {
                break;
            }
            let mut question = Command::new(programs.join("pg_isready"));
            question.args(["-q", "-h", "127.0.0.1", "-p", &port, "-U", "provost"]);
            if question.status().doing("run pg_isready")?.success() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        Err(Failure::new(format!("PostgreSQL does not start; its log says:\n{log}")))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // The keeper's own failure changes nothing: the run is over.
        let _ = self.keeper.wait();
    }
}

/// Starts the keeper; as user `postgres` when this process is root, because PostgreSQL refuses to run as root.
fn keeper(programs: &Path, folder: &Path, port: u16) -> Result<Child, Failure> {
    let mut command = if needs::is_root() {
        shell::run(Command::new("chown").arg("postgres").arg(folder))?;
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    command.args(["-c", KEEPER, "keeper"]).arg(programs).arg(folder).arg(port.to_string());
    command.current_dir(folder).stdin(Stdio::piped()).spawn().doing("start PostgreSQL")
}

/// The folder of the newest server programs that are new enough.
pub(super) fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(version, folder)| *version >= OLDEST && folder.join("initdb").is_file())
        .collect();
    found.sort();
    let packaged = found.pop().map(|(_, folder)| folder);
    packaged.or_else(|| shell::find_program("initdb", &[])?.parent().map(Path::to_owned))
}

fn free_port() -> Result<u16, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).doing("find a free port")?;
    Ok(listener.local_addr().doing("find a free port")?.port())
}
