//! OpenLDAP of Debian, started by a test in a folder of its own and gone with it.

use super::authority;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The tree that every server begins with, below `dc=example,dc=org`.
pub(crate) const SUFFIX: &str = "dc=example,dc=org";
pub(crate) const ADMIN: &str = "cn=admin,dc=example,dc=org";
pub(crate) const PASSWORD: &str = "hunter2";

/// A shell that starts the server, waits until its own input closes (which also happens when the test is killed), and
/// ends the server.
const KEEPER: &str = r#"
trap '' INT TERM HUP
"$1" -d none -F "$2/slapd.d" -h "ldap://127.0.0.1:$3 ldaps://127.0.0.1:$4 ldaps://127.0.0.2:$4" >"$2/log" 2>&1 </dev/null &
server=$!
read -r _
kill -9 $server
wait $server 2>/dev/null
"#;

const CONFIGURATION: &str = r"dn: cn=config
objectClass: olcGlobal
cn: config
olcPidFile: FOLDER/pid
olcTLSCACertificateFile: FOLDER/ca.pem
olcTLSCertificateFile: FOLDER/server.pem
olcTLSCertificateKeyFile: FOLDER/server.key

dn: cn=module,cn=config
objectClass: olcModuleList
cn: module
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb
olcModuleLoad: syncprov
olcModuleLoad: memberof
olcModuleLoad: refint
olcModuleLoad: retcode
olcModuleLoad: ppolicy

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

include: file:///etc/ldap/schema/core.ldif

include: file:///etc/ldap/schema/cosine.ldif

include: file:///etc/ldap/schema/inetorgperson.ldif

dn: olcDatabase=frontend,cn=config
objectClass: olcDatabaseConfig
olcDatabase: frontend

dn: olcDatabase=mdb,cn=config
objectClass: olcMdbConfig
olcDatabase: mdb
olcDbDirectory: FOLDER/data
olcDbEnvFlags: nosync
olcDbMaxSize: 4294967296
olcDbIndex: objectClass,entryUUID,entryCSN,cn,uid,member eq
olcSuffix: dc=example,dc=org
olcRootDN: cn=admin,dc=example,dc=org
olcRootPW: hunter2
olcAccess: to * by dn.base=cn=reader,dc=example,dc=org read by dn.base=cn=writer,dc=example,dc=org write by anonymous auth by users read
olcLimits: dn.base=cn=reader,dc=example,dc=org size.soft=5 size.hard=5 size.prtotal=unlimited

dn: olcOverlay=refint,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcRefintConfig
olcOverlay: refint
olcRefintAttribute: member

dn: olcOverlay=retcode,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcRetcodeConfig
olcOverlay: retcode
olcRetcodeParent: ou=RetCodes,dc=example,dc=org
olcRetcodeItem: cn=busy 0x33 op=add,modify,delete text=try-later

dn: olcOverlay=ppolicy,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcPPolicyConfig
olcOverlay: ppolicy
olcPPolicyDefault: cn=passwords,dc=example,dc=org

dn: olcOverlay=syncprov,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcSyncProvConfig
olcOverlay: syncprov
olcSpSessionlog: 1000
";

const BEGINNING: &str = r"dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: cn=reader,dc=example,dc=org
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: reader

dn: ou=People,dc=example,dc=org
objectClass: organizationalUnit
ou: People

dn: ou=Groups,dc=example,dc=org
objectClass: organizationalUnit
ou: Groups
";

/// A running server.
pub(crate) struct Slapd {
    keeper: Child,
    pub(crate) folder: TempDir,
    pub(crate) port: u16,
    pub(crate) tls_port: u16,
    /// SHA-256 digest of its certificate.
    pub(crate) pin: String,
}

impl Slapd {
    /// Starts a server with some more entries. Nothing where OpenLDAP is not installed, which is an error in continuous
    /// integration.
    pub(crate) fn start(more: &str) -> Option<Slapd> {
        let program = ["/usr/sbin/slapd", "/usr/local/sbin/slapd"].into_iter().find(|path| Path::new(path).exists());
        let Some(program) = program else {
            assert!(std::env::var_os("CI").is_none(), "slapd is needed in CI: apt-get install slapd ldap-utils");
            eprintln!("skipped: slapd is not installed");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let pin = authority::issue(folder.path());
        for name in ["slapd.d", "data"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let configuration = CONFIGURATION.replace("FOLDER", folder.path().to_str().unwrap());
        load(folder.path(), "0", &configuration);
        load(folder.path(), "1", &format!("{BEGINNING}\n{more}"));
        let (port, tls_port) = (free_port(), free_port());
        let keeper = keeper(program, folder.path(), port, tls_port);
        let slapd = Slapd { keeper, folder, port, tls_port, pin };
        slapd.wait();
        Some(slapd)
    }

    fn wait(&self) {
        let start = Instant::now();
        loop {
            let answers = Command::new("ldapsearch")
                .args(["-x", "-s", "base", "-b", "", "-H", &self.url()])
                .output()
                .is_ok_and(|output| output.status.success());
            if answers {
                return;
            }
            let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(30), "slapd does not start: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// Changes entries with the tool of OpenLDAP.
    pub(crate) fn modify(&self, ldif: &str) {
        let output = self.tool("ldapmodify", &[], ldif);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Changes entries, if they can be changed so.
    pub(crate) fn try_modify(&self, ldif: &str) {
        self.tool("ldapmodify", &[], ldif);
    }

    /// What the tool of OpenLDAP finds, as LDIF without folding.
    pub(crate) fn find(&self, arguments: &[&str]) -> String {
        let output = self.tool("ldapsearch", &[&["-LLL", "-o", "ldif-wrap=no"], arguments].concat(), "");
        String::from_utf8(output.stdout).unwrap()
    }

    fn tool(&self, name: &str, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(name)
            .args(["-x", "-D", ADMIN, "-w", PASSWORD, "-H", &self.url()])
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

    /// Ends the server as a crash would, and starts it again at the same place.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.keeper = keeper("/usr/sbin/slapd", self.folder.path(), self.port, self.tls_port);
        self.wait();
    }

    /// Kills the server while others still ask it; it is not waited for.
    pub(crate) fn kill(&self) {
        let pid = std::fs::read_to_string(self.folder.path().join("pid")).unwrap();
        let killed = Command::new("kill").args(["-9", pid.trim()]).status().unwrap();
        assert!(killed.success());
    }

    /// Ends the server as a crash would.
    pub(crate) fn stop(&mut self) {
        drop(self.keeper.stdin.take());
        self.keeper.wait().unwrap();
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn load(folder: &Path, database: &str, ldif: &str) {
    let file = folder.join("load.ldif");
    std::fs::write(&file, ldif).unwrap();
    let output = Command::new("/usr/sbin/slapadd")
        .args(["-q", "-n", database, "-F"])
        .arg(folder.join("slapd.d"))
        .arg("-l")
        .arg(&file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn keeper(program: &str, folder: &Path, port: u16, tls_port: u16) -> Child {
    Command::new("sh")
        .args(["-c", KEEPER, "keeper", program])
        .arg(folder)
        .args([port.to_string(), tls_port.to_string()])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
