//! Why an export fails, and what to do about it.

use provost_model::Problem;
use std::io;
use std::path::{Path, PathBuf};

/// Why an export failed. Whatever it wrote before is untouched.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The connection names a package that does not exist.
    #[error("connection {connection} uses the package \"{package}\", which does not exist")]
    UnknownPackage {
        /// Connection identifier.
        connection: String,
        /// Package identifier as configured.
        package: String,
        /// `Did you mean …?`, or how to find the list.
        hint: String,
    },
    /// The package exists in the catalogue, but not here.
    #[error("connection {connection} uses the package {display_name} ({package}), which Provost does not export from")]
    NotImplemented {
        /// Connection identifier.
        connection: String,
        /// Package identifier.
        package: String,
        /// Name of the package.
        display_name: String,
        /// What can be done instead.
        hint: String,
    },
    /// The settings do not make sense.
    #[error("the settings of connection {connection} cannot be used:{}", listed(problems))]
    Settings {
        /// Connection identifier.
        connection: String,
        /// All problems, in the order of the settings.
        problems: Vec<Problem>,
    },
    /// The file is not there.
    #[error("{setting}: {} does not exist", path.display())]
    Missing {
        /// `Connections.HR.Path`.
        setting: String,
        /// Path looked for.
        path: PathBuf,
        /// Names in the same folder that resemble it.
        near: Vec<String>,
    },
    /// No file name of the folder matches the regular expression.
    #[error("{setting}: no file of {} has a name that matches \"{pattern}\"", folder.display())]
    NoMatch {
        /// `Connections.HR.Path`.
        setting: String,
        /// Folder looked into.
        folder: PathBuf,
        /// Regular expression on the file name.
        pattern: String,
        /// Some names that are there.
        seen: Vec<String>,
    },
    /// The file lies outside the folders that file connections may read.
    #[error("{setting}: {} lies outside the folders that connections may read", path.display())]
    OutsideRoots {
        /// `Connections.HR.Path`.
        setting: String,
        /// Path after links and `..` were followed.
        path: PathBuf,
        /// Folders that `SourcesRootPaths` allows.
        roots: Vec<PathBuf>,
    },
    /// A folder, a pipe or a device stands where a file is expected.
    #[error("{setting}: {} is {what}, not a file", path.display())]
    NotAFile {
        /// `Connections.HR.Path`.
        setting: String,
        /// Path.
        path: PathBuf,
        /// `a folder`.
        what: &'static str,
    },
    /// The system refuses access.
    #[error("{setting}: no permission to read {}", path.display())]
    Permission {
        /// `Connections.HR.Path`.
        setting: String,
        /// Path.
        path: PathBuf,
    },
    /// The source cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The output cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The source changed under the reader.
    #[error("{} changed while it was read: it had {before} bytes, then {after}", path.display())]
    Changed {
        /// Path.
        path: PathBuf,
        /// Bytes when it was opened.
        before: u64,
        /// Bytes when it was read to its end.
        after: u64,
    },
    /// There is not even a header.
    #[error("{} has no header line{after_skipping}", path.display())]
    NoHeader {
        /// Path (and sheet).
        path: PathBuf,
        /// ` after the 2 lines that NumberOfLinesToSkip leaves out`, or nothing.
        after_skipping: String,
    },
    /// The header cannot be read.
    #[error("{}: the header in line {line} cannot be read: {detail}", path.display())]
    Header {
        /// Path (and sheet).
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What is wrong.
        detail: String,
    },
    /// Two columns have the same name.
    #[error("{}: columns {first} and {second} of the header in line {line} are both named \"{name}\"", path.display())]
    DuplicateHeader {
        /// Path (and sheet).
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The name.
        name: String,
        /// First column, from 1.
        first: usize,
        /// Second column, from 1.
        second: usize,
    },
    /// Bytes that mean nothing in the encoding.
    #[error("{}: line {line} (byte {offset} of the file) is not {encoding}", path.display())]
    Undecodable {
        /// Path.
        path: PathBuf,
        /// Encoding read with.
        encoding: String,
        /// Line, from 1.
        line: u64,
        /// Offset of the first wrong byte, from 0.
        offset: u64,
    },
    /// A line without end.
    #[error("{}: the row that begins in line {line} is longer than {limit} bytes", path.display())]
    RowTooLong {
        /// Path.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Greatest length.
        limit: usize,
    },
    /// Not a workbook, or a broken one.
    #[error("{} cannot be read as an XLSX workbook: {detail}", path.display())]
    Workbook {
        /// Path.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A system across the network does not do what it is asked for.
    #[error("{message}")]
    System {
        /// Kind of the error, as [`ExportError::code`] tells it.
        code: &'static str,
        /// What was tried, and what the system says.
        message: String,
        /// What to do next.
        hint: String,
    },
    /// How far earlier exports came cannot be told.
    #[error("{}: {detail}", path.display())]
    Cookie {
        /// File of the cookie.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A transformation does not fit the tables.
    #[error("transformation {index} of connection {connection}: {detail}")]
    Transformation {
        /// Connection identifier.
        connection: String,
        /// Position among the transformations of the connection, from 1.
        index: usize,
        /// What is wrong.
        detail: String,
        /// What to do next.
        hint: String,
    },
}

impl ExportError {
    /// Stable kebab-case name of the kind of error, for machines and for the manual.
    pub fn code(&self) -> &'static str {
        match self {
            ExportError::UnknownPackage { .. } => "unknown-package",
            ExportError::NotImplemented { .. } => "package-not-implemented",
            ExportError::Settings { .. } => "connection-settings",
            ExportError::Missing { .. } | ExportError::NoMatch { .. } => "source-missing",
            ExportError::OutsideRoots { .. } => "source-outside-roots",
            ExportError::NotAFile { .. } => "source-not-a-file",
            ExportError::Permission { .. } => "source-permission",
            ExportError::Read { .. } => "source-read",
            ExportError::Write { .. } => "export-write",
            ExportError::Changed { .. } => "source-changed",
            ExportError::NoHeader { .. } => "source-no-header",
            ExportError::Header { .. } => "source-header",
            ExportError::DuplicateHeader { .. } => "source-duplicate-header",
            ExportError::Undecodable { .. } => "source-encoding",
            ExportError::RowTooLong { .. } => "source-row-too-long",
            ExportError::Workbook { .. } => "source-workbook",
            ExportError::System { code, .. } => code,
            ExportError::Cookie { .. } => "export-cookie",
            ExportError::Transformation { .. } => "transformation",
        }
    }

    /// What to do next.
    pub fn remedy(&self) -> String {
        match self {
            ExportError::UnknownPackage { hint, .. }
            | ExportError::NotImplemented { hint, .. }
            | ExportError::System { hint, .. }
            | ExportError::Transformation { hint, .. } => hint.clone(),
            ExportError::Settings { .. } => "mend the settings in appsettings.agent.json".to_owned(),
            ExportError::Missing { near, .. } if !near.is_empty() => {
                format!("near names in the same folder: {}", near.join(", "))
            }
            ExportError::Missing { setting, .. } => format!("put the file there, or change {setting}"),
            ExportError::NoMatch { setting, seen, .. } if !seen.is_empty() => {
                format!("the folder holds {}; change {setting} or add the file", seen.join(", "))
            }
            ExportError::NoMatch { setting, .. } => format!("the folder holds no file; add one, or change {setting}"),
            ExportError::OutsideRoots { roots, .. } => format!(
                "move the file under {}, or add its folder to SourcesRootPaths in appsettings.agent.json (each folder \
                 must exist, letter case counts)",
                paths(roots)
            ),
            ExportError::NotAFile { setting, .. } => {
                format!("name a file in {setting}; to take the latest of several, set IsFileNameRegex to true")
            }
            ExportError::Permission { .. } => {
                "let the account that runs Provost read the file and enter its folders".to_owned()
            }
            ExportError::Read { .. } => "make sure that the disk or share is reachable, then export again".to_owned(),
            ExportError::Write { .. } => {
                "free disk space or mend the rights on the output folder, then export again".to_owned()
            }
            ExportError::Changed { .. } => {
                "export again when its writer has finished; a writer that renames a finished file avoids this"
                    .to_owned()
            }
            ExportError::NoHeader { .. } => {
                "make the first line name the columns, or change NumberOfLinesToSkip".to_owned()
            }
            ExportError::Header { .. } => "mend the header line, or change Separator or NumberOfLinesToSkip".to_owned(),
            ExportError::DuplicateHeader { .. } => "rename one of the columns in the source".to_owned(),
            ExportError::Undecodable { .. } => {
                "set Encoding to the encoding that the file is written in, or have it written again".to_owned()
            }
            ExportError::RowTooLong { .. } => {
                "check that the file is text with line ends (LF or CR LF) and that Encoding is right".to_owned()
            }
            ExportError::Cookie { .. } => {
                "export completely once (--ignore-cookies), which begins a new cookie".to_owned()
            }
            ExportError::Workbook { .. } => {
                "save it as .xlsx without a password; .xls and .csv files are not workbooks of this kind".to_owned()
            }
        }
    }

    /// Turns an error of the system about a source into the variant that explains it.
    pub(crate) fn of_source(setting: &str, path: &Path, source: io::Error) -> ExportError {
        let (setting, path) = (setting.to_owned(), path.to_owned());
        match source.kind() {
            io::ErrorKind::NotFound => ExportError::Missing { setting, path, near: Vec::new() },
            io::ErrorKind::PermissionDenied => ExportError::Permission { setting, path },
            _ => ExportError::Read { path, source },
        }
    }
}

/// Each problem on a line of its own, below the sentence that announces them.
fn listed(problems: &[Problem]) -> String {
    let hint = |problem: &Problem| problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    problems.iter().map(|problem| format!("\n  {}{}", problem.message, hint(problem))).collect()
}

fn paths(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_the_system_is_told_apart_from_a_broken_disk() {
        let of = |kind| ExportError::of_source("Connections.HR.Path", Path::new("/data/hr.csv"), io::Error::from(kind));
        assert_eq!(
            of(io::ErrorKind::PermissionDenied).to_string(),
            "Connections.HR.Path: no permission to read /data/hr.csv"
        );
        assert_eq!(of(io::ErrorKind::NotFound).code(), "source-missing");
        assert_eq!(of(io::ErrorKind::Other).code(), "source-read");
    }
}
