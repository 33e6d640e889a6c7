//! What the tests need on the machine, and its installation on Debian.

use super::postgres;
use crate::shell::{self, Failure};
use std::path::Path;

/// A program and the Debian package that brings it.
struct Need {
    program: &'static str,
    package: &'static str,
    is_there: fn() -> bool,
}

const NEEDS: &[Need] = &[
    Need { program: "initdb", package: "postgresql", is_there: || postgres::programs().is_some() },
    Need { program: "xmllint", package: "libxml2-utils", is_there: || shell::find_program("xmllint", &[]).is_some() },
    Need { program: "chromium", package: "chromium", is_there: || shell::find_program("chromium", &[]).is_some() },
    Need { program: "npm", package: "npm", is_there: || shell::find_program("npm", &[]).is_some() },
    Need { program: "sqlite3", package: "sqlite3", is_there: || shell::find_program("sqlite3", &[]).is_some() },
    Need { program: "slapd", package: "slapd", is_there: || Path::new("/usr/sbin/slapd").exists() },
    Need {
        program: "ldapmodify",
        package: "ldap-utils",
        is_there: || shell::find_program("ldapmodify", &[]).is_some(),
    },
    Need { program: "samba", package: "samba", is_there: || Path::new("/usr/sbin/samba").exists() },
    Need {
        program: "Samba's AD set-up",
        package: "samba-ad-provision",
        is_there: || Path::new("/usr/share/samba/setup").exists(),
    },
    Need { program: "Samba's AD modules", package: "samba-dsdb-modules", is_there: samba_modules },
    Need {
        program: "Samba for Python",
        package: "python3-samba",
        is_there: || Path::new("/usr/lib/python3/dist-packages/samba").exists(),
    },
    Need { program: "winbindd", package: "winbind", is_there: || Path::new("/usr/sbin/winbindd").exists() },
    Need { program: "gcc", package: "gcc", is_there: || shell::find_program("gcc", &[]).is_some() },
];

/// The modules lie in a folder named after the architecture.
fn samba_modules() -> bool {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders.map(|folder| folder.path().join("samba/ldb")).any(|folder| folder.exists())
}

/// Parts of the Rust toolchain that rustup may have left out.
const COMPONENTS: &[(&str, &str)] = &[("fmt", "rustfmt"), ("clippy", "clippy")];

/// Installs the missing packages, and only those.
pub(super) fn install() -> Result<(), Failure> {
    for (verb, component) in COMPONENTS {
        let found = shell::output(shell::cargo().args([verb, "--version"]));
        found
            .map_err(|_| Failure::new(format!("`cargo {verb}` is missing; run `rustup component add {component}`")))?;
    }
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.is_there)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    println!("installing {}", packages.join(", "));
    apt(&["update"])?;
    apt(&[&["install", "-y", "--no-install-recommends"], packages.as_slice()].concat())?;
    match missing.iter().find(|need| !(need.is_there)()) {
        None => Ok(()),
        Some(need) => {
            Err(Failure::new(format!("`{}` is missing although {} is installed", need.program, need.package)))
        }
    }
}

/// Runs apt-get, with sudo for ordinary users.
fn apt(arguments: &[&str]) -> Result<(), Failure> {
    if shell::find_program("apt-get", &[]).is_none() {
        let programs: Vec<&str> = NEEDS.iter().map(|need| need.program).collect();
        return Err(Failure::new(format!("this is not Debian: please install {} yourself", programs.join(", "))));
    }
    let mut command = if is_root() { shell::command("env") } else { shell::command("sudo") };
    shell::run(command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]).args(arguments))
}

/// Whether this process runs as root: the owner of its own entry under `/proc`.
pub(super) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    Path::new("/proc/self").metadata().is_ok_and(|entry| entry.uid() == 0)
}
