//! Active Directory of Samba, made and started by a test in a folder of its own and gone with it.

use super::authority;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(crate) const DOMAIN: &str = "DC=ad,DC=test";
pub(crate) const ADMIN: &str = "administrator@ad.test";
pub(crate) const PASSWORD: &str = "Passw0rd!admin";

const KEEPER: &str = r#"
trap '' INT TERM HUP
LD_PRELOAD="$1/portshift.so" /usr/sbin/samba -F --no-process-group -M single -s "$1/etc/smb.conf" --debug-stdout \
    >"$1/out" 2>&1 </dev/null &
server=$!
read -r _
kill -9 $server
wait $server 2>/dev/null
"#;

const PROVISION: &str = r#"
import logging, os, pwd, sys
from samba import param
from samba.auth import system_session
from samba.dsdb import DS_DOMAIN_FUNCTION_2008_R2
from samba.provision import provision
folder, address = sys.argv[1:3]
lp = param.LoadParm()
lp.load(folder + "/etc/smb.conf")
me = pwd.getpwuid(os.geteuid()).pw_name
provision(logging.getLogger(), system_session(), smbconf=folder + "/etc/smb.conf", samdb_fill="FULL", realm="AD.TEST",
    domain="ADTEST", serverrole="active directory domain controller", adminpass="Passw0rd!admin", dns_backend="NONE",
    hostname="dc1", hostip=address, dom_for_fun_level=DS_DOMAIN_FUNCTION_2008_R2, skip_sysvolacl=True,
    backend_store="mdb", lp=lp, root=me, nobody=me, users=me)
"#;

const CONFIGURATION: &str = r"[global]
 netbios name = DC1
 workgroup = ADTEST
 realm = AD.TEST
 server role = active directory domain controller
 interfaces = ADDRESS/8
 bind interfaces only = yes
 private dir = FOLDER/private
 state directory = FOLDER/state
 cache directory = FOLDER/cache
 lock directory = FOLDER/lock
 pid directory = FOLDER/run
 ncalrpc dir = FOLDER/ncalrpc
 binddns dir = FOLDER/bind-dns
 winbindd socket directory = FOLDER/winbindd
 ntp signd socket directory = FOLDER/ntp
 log file = FOLDER/log.samba
 server services = ldap, cldap
 ldb:nosync = true
 old password allowed period = 0
 tls keyfile = FOLDER/server.key
 tls certfile = FOLDER/server.pem
 tls cafile = FOLDER/ca.pem
[sysvol]
 path = FOLDER/state/sysvol
[netlogon]
 path = FOLDER/state/sysvol/ad.test/scripts
";

/// A running domain controller.
pub(crate) struct Samba {
    keeper: Child,
    pub(crate) folder: TempDir,
    pub(crate) tls_port: u16,
    shift: u16,
    address: String,
    pub(crate) pin: String,
}

impl Samba {
    /// Makes a domain and starts its controller. Nothing where Samba is not installed, which is an error in continuous
    /// integration.
    pub(crate) fn start() -> Option<Samba> {
        if !Path::new("/usr/sbin/samba").exists() || !Path::new("/usr/share/samba/setup").exists() {
            let packages = "samba samba-ad-provision samba-dsdb-modules winbind python3-samba ldap-utils gcc";
            assert!(std::env::var_os("CI").is_none(), "Samba is needed in CI: apt-get install {packages}");
            eprintln!("skipped: Samba is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        // Each process has a loopback address and ports of its own.
        let id = std::process::id();
        let address = format!("127.{}.{}.{}", 64 + id % 64, (id >> 6) % 250, 1 + (id >> 14) % 250);
        let shift = u16::try_from(20000 + id % 20000).unwrap();
        let pin = authority::issue_to(folder.path(), &address);
        make(folder.path(), &address);
        let keeper = keeper(folder.path(), shift);
        let samba = Samba { keeper, folder, tls_port: 636 + shift, shift, address, pin };
        samba.wait();
        Some(samba)
    }

    pub(crate) fn server(&self) -> String {
        format!("{}:{}", self.address, self.tls_port)
    }

    fn wait(&self) {
        let start = Instant::now();
        while !self.tool("ldapsearch", &["-s", "base", "-b", ""], "").status.success() {
            let log = fs::read_to_string(self.folder.path().join("out")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(90), "Samba does not start: {log}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Changes entries with the tool of OpenLDAP.
    pub(crate) fn modify(&self, ldif: &str) {
        let output = self.tool("ldapmodify", &[], ldif);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What the tool of OpenLDAP finds, as LDIF without folding.
    pub(crate) fn find(&self, arguments: &[&str]) -> String {
        let output = self.tool("ldapsearch", &[&["-LLL", "-o", "ldif-wrap=no"], arguments].concat(), "");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Whether somebody can log in.
    pub(crate) fn can_log_in(&self, name: &str, password: &str) -> bool {
        let url = format!("ldaps://{}", self.server());
        let search = ["-x", "-LLL", "-H", &url, "-D", name, "-w", password, "-s", "base", "-b", DOMAIN, "name"];
        let ca = self.folder.path().join("ca.pem");
        Command::new("ldapsearch").env("LDAPTLS_CACERT", ca).args(search).output().unwrap().status.success()
    }

    fn tool(&self, name: &str, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(name)
            .env("LDAPTLS_CACERT", self.folder.path().join("ca.pem"))
            .args(["-x", "-D", ADMIN, "-w", PASSWORD, "-H", &format!("ldaps://{}", self.server())])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The tool may end before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Ends the controller as a crash would.
    pub(crate) fn stop(&mut self) {
        drop(self.keeper.stdin.take());
        self.keeper.wait().unwrap();
    }

    /// Starts it again at the same place.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.keeper = keeper(self.folder.path(), self.shift);
        self.wait();
    }
}

impl Drop for Samba {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn make(folder: &Path, address: &str) {
    for name in "etc private state/sysvol cache lock run ncalrpc bind-dns winbindd ntp".split(' ') {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    let configuration = CONFIGURATION.replace("FOLDER", folder.to_str().unwrap()).replace("ADDRESS", address);
    fs::write(folder.join("etc/smb.conf"), configuration).unwrap();
    fs::write(folder.join("portshift.c"), include_str!("portshift.c")).unwrap();
    run(Command::new("gcc").current_dir(folder).args("-shared -fPIC -O2 -o portshift.so portshift.c -ldl".split(' ')));
    // Another Python of the machine would not know the modules of Debian.
    run(Command::new("/usr/bin/python3").args(["-c", PROVISION]).arg(folder).arg(address));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn keeper(folder: &Path, shift: u16) -> Child {
    Command::new("sh")
        .args(["-c", KEEPER, "keeper"])
        .arg(folder)
        .env("PORT_SHIFT", shift.to_string())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}
