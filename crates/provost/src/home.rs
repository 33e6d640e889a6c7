//! The home folder: where it is, and how it is made.

use crate::report::Report;
use crate::settings::{AGENT_FILE, SERVER_FILE};
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Home folder made and looked for below the current folder when nobody names one.
pub const USUAL: &str = "provost-home";

const FOLDERS: &[&str] = &[
    "Conf",
    "Temp/ExportOutput",
    "Temp/ExportCookies",
    "Temp/JobLogs",
    "Work/Collect",
    "Work/Synchronization",
    "Work/ProvisioningOrders",
];

const FILES: &[(&str, &str)] =
    &[(SERVER_FILE, include_str!("home/appsettings.json")), (AGENT_FILE, include_str!("home/appsettings.agent.json"))];

/// The home folder that a command works on: `--home`, else the environment variable `PROVOST_HOME`, else the current
/// folder when it holds `appsettings.json`, else `provost-home` below it.
///
/// # Errors
/// There is none, or what is named is no home folder.
pub fn find(flag: Option<&Path>, variable: Option<OsString>) -> Result<PathBuf, Report> {
    if let Some(named) = named(flag, variable) {
        return if named.join(SERVER_FILE).is_file() { Ok(named) } else { Err(no_home(&named)) };
    }
    [PathBuf::from("."), PathBuf::from(USUAL)].into_iter().find(|folder| folder.join(SERVER_FILE).is_file()).ok_or_else(
        || {
            Report::usage("no-home", "there is no home folder here")
                .hint(format!("name one with --home DIR or PROVOST_HOME, or make one: provost init {USUAL}"))
        },
    )
}

/// The home folder that somebody named.
pub fn named(flag: Option<&Path>, variable: Option<OsString>) -> Option<PathBuf> {
    flag.map(Path::to_owned).or_else(|| variable.filter(|v| !v.is_empty()).map(PathBuf::from))
}

fn no_home(folder: &Path) -> Report {
    let shown = folder.display();
    Report::usage("no-home", format!("{shown} is not a home folder: it holds no {SERVER_FILE}"))
        .hint(format!("check the path, or make a home folder there: provost init {shown}"))
}

/// What [`make`] did, by path relative to the home folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Made now.
    pub created: Vec<String>,
    /// There already, left as they were.
    pub kept: Vec<String>,
}

/// Makes the folders and files of a home folder that do not exist yet. What exists is never touched.
///
/// # Errors
/// A folder or file cannot be made.
pub fn make(home: &Path) -> Result<Made, Report> {
    let mut made = Made::default();
    make_folder(home)?;
    for folder in FOLDERS {
        let new = make_folder(&home.join(folder))?;
        (if new { &mut made.created } else { &mut made.kept }).push(format!("{folder}/"));
    }
    for (name, content) in FILES {
        let new = make_file(&home.join(name), content)?;
        (if new { &mut made.created } else { &mut made.kept }).push((*name).to_owned());
    }
    Ok(made)
}

/// Makes a folder of the home folder again that somebody has deleted.
pub(crate) fn ensure_folder(path: &Path) -> Result<(), Report> {
    make_folder(path).map(|_| ())
}

/// Whether the folder is new. Only its owner may enter: exports hold personal data.
fn make_folder(path: &Path) -> Result<bool, Report> {
    if path.is_dir() {
        return Ok(false);
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| Report::io("make the folder", path, &error))?;
    Ok(true)
}

/// Whether the file is new. Only its owner may read it: it holds secrets, or will.
fn make_file(path: &Path, content: &str) -> Result<bool, Report> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            file.write_all(content.as_bytes()).map_err(|error| Report::io("write", path, &error))?;
            Ok(true)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(Report::io("make", path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_made_once_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("a/home");
        let first = make(&home).unwrap();
        assert_eq!((first.created.len(), first.kept.len()), (9, 0));
        std::fs::write(home.join(AGENT_FILE), "{\"mine\": 1}").unwrap();
        std::fs::remove_dir(home.join("Conf")).unwrap();
        let second = make(&home).unwrap();
        assert_eq!(second.created, ["Conf/"]);
        assert_eq!(std::fs::read_to_string(home.join(AGENT_FILE)).unwrap(), "{\"mine\": 1}");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_look_inside() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        make(&home).unwrap();
        let mode = |name: &str| home.join(name).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(""), mode("Work"), mode("Work/Collect")), (0o700, 0o700, 0o700));
        assert_eq!((mode(SERVER_FILE), mode(AGENT_FILE)), (0o600, 0o600));
    }

    #[test]
    fn the_first_settings_are_valid() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path()).unwrap();
        let settings = crate::settings::Settings::load(folder.path(), &crate::settings::Overrides::default()).unwrap();
        assert_eq!(settings.notes, []);
        assert_eq!(settings.connection_string, None);
    }
}
