//! Finding and opening the file that a connection reads.

use crate::error::ExportError;
use crate::export::{ExportMode, ExportRequest};
use crate::settings::{Reader, Settings};
use provost_model::nearest;
use regex::Regex;
use serde::Serialize;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The settings that all file packages share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FileSettings {
    /// File of the complete export.
    pub(crate) path: Option<String>,
    /// File of the incremental export.
    pub(crate) path_incremental: Option<String>,
    /// The file name part of the paths is a regular expression.
    pub(crate) is_file_name_regex: bool,
}

impl FileSettings {
    /// Names of the settings.
    pub(crate) const KNOWN: [&str; 3] = ["Path", "PathIncremental", "IsFileNameRegex"];

    pub(crate) fn read(reader: &mut Reader<'_>) -> FileSettings {
        let settings = FileSettings {
            path: reader.text("Path"),
            path_incremental: reader.text("PathIncremental"),
            is_file_name_regex: reader.flag("IsFileNameRegex", false),
        };
        if settings.path.is_none() && settings.path_incremental.is_none() {
            reader.wrong("Path", "it is missing, and so is PathIncremental", "the path of a file in one of them");
        }
        if settings.is_file_name_regex {
            settings.check_pattern(reader, "Path", settings.path.as_deref());
            settings.check_pattern(reader, "PathIncremental", settings.path_incremental.as_deref());
        }
        settings
    }

    fn check_pattern(&self, reader: &mut Reader<'_>, setting: &str, path: Option<&str>) {
        let Some((_, pattern)) = path.map(split_file_name) else {
            return;
        };
        if pattern.is_empty() {
            reader.wrong(setting, "no file name follows the folder", "a regular expression after the last /");
        } else if let Err(error) = Regex::new(pattern) {
            let reason = last_line(&error.to_string());
            reader.wrong(
                setting,
                &format!("\"{pattern}\" is not a regular expression: {reason}"),
                "a regular expression after the last /, such as hr_.*\\.csv (without look-around)",
            );
        }
    }

    /// The setting that the export reads and its value, or why it is not launched.
    fn chosen(&self, mode: ExportMode, force_complete: bool) -> Result<(&'static str, &str), &'static str> {
        let complete = self.path.as_deref().map(|path| ("Path", path));
        let incremental = self.path_incremental.as_deref().map(|path| ("PathIncremental", path));
        match mode {
            _ if force_complete => complete.or(incremental).ok_or("Path"),
            ExportMode::Complete => complete.ok_or("Path"),
            ExportMode::Incremental => incremental.ok_or("PathIncremental"),
        }
    }

    /// Why the export is not launched: the mode needs a path that is not set while the other one is. With neither,
    /// the settings are wrong, which is an error rather than a reason.
    pub(crate) fn not_launched(&self, request: &ExportRequest<'_>) -> Option<String> {
        if self.path.is_none() && self.path_incremental.is_none() {
            return None;
        }
        let missing = self.chosen(request.mode, request.force_complete).err()?;
        let setting = Settings::new(&request.connection.identifier, request.settings).path(missing);
        let mode = match request.mode {
            ExportMode::Complete => "complete",
            ExportMode::Incremental => "incremental",
        };
        Some(format!("{setting} is not set, and {mode} mode needs it"))
    }

    /// Finds the file, checks that it may be read, and opens it.
    pub(crate) fn open(&self, request: &ExportRequest<'_>) -> Result<Source, ExportError> {
        let settings = Settings::new(&request.connection.identifier, request.settings);
        let chosen = self.chosen(request.mode, request.force_complete);
        let (setting, text) = chosen.map_err(|setting| ExportError::Missing {
            setting: settings.path(setting),
            path: PathBuf::new(),
            near: Vec::new(),
        })?;
        let setting = settings.path(setting);
        let roots = Roots::new(request);
        let path = if self.is_file_name_regex {
            latest_match(&setting, request.base_dir, text, &roots)?
        } else {
            request.base_dir.join(text)
        };
        Source::open(&setting, path, &roots)
    }
}

/// Splits `folder/name` at the last separator; backslashes separate on Windows only, where they can.
fn split_file_name(path: &str) -> (&str, &str) {
    let is_separator = |c: char| c == '/' || (cfg!(windows) && c == '\\' && !path.contains('/'));
    match path.rfind(is_separator) {
        Some(at) => (&path[..=at], &path[at + 1..]),
        None => ("", path),
    }
}

fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// The folders that may be read.
struct Roots {
    named: Vec<PathBuf>,
    real: Vec<PathBuf>,
}

impl Roots {
    fn new(request: &ExportRequest<'_>) -> Roots {
        let named: Vec<PathBuf> = request.sources_root_paths.iter().map(|root| request.base_dir.join(root)).collect();
        // A root that does not exist allows nothing.
        let real = named.iter().filter_map(|root| fs::canonicalize(root).ok()).collect();
        Roots { named, real }
    }

    /// Whether a path, free of links and `..`, may be read.
    fn allow(&self, real: &Path) -> bool {
        self.named.is_empty() || self.real.iter().any(|root| real.starts_with(root))
    }

    fn require(&self, setting: &str, real: &Path) -> Result<(), ExportError> {
        if self.allow(real) {
            return Ok(());
        }
        Err(ExportError::OutsideRoots { setting: setting.to_owned(), path: real.to_owned(), roots: self.named.clone() })
    }
}

/// The real path, or why there is none. What lies outside the roots is not even told to be missing.
fn real_path(setting: &str, path: &Path, roots: &Roots) -> Result<PathBuf, ExportError> {
    match fs::canonicalize(path) {
        Ok(real) => roots.require(setting, &real).map(|()| real),
        Err(error) => {
            let existing = path.ancestors().skip(1).find_map(|folder| fs::canonicalize(folder).ok());
            roots.require(setting, &existing.unwrap_or_default())?;
            Err(missing(setting, path, error))
        }
    }
}

fn missing(setting: &str, path: &Path, error: io::Error) -> ExportError {
    let mut error = ExportError::of_source(setting, path, error);
    if let ExportError::Missing { near, .. } = &mut error {
        let wanted = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let names = file_names(path.parent().unwrap_or(path));
        *near = nearest::several(&wanted, names.iter().map(String::as_str), 3).into_iter().map(str::to_owned).collect();
    }
    error
}

/// Names in a folder, sorted; none when it cannot be read.
fn file_names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A file that a regular expression may choose.
#[derive(Clone, Debug)]
struct Candidate {
    name: String,
    created: Option<SystemTime>,
    modified: Option<SystemTime>,
}

/// The latest created file whose name matches. The expression may match any part of the name, as it does in .NET.
fn latest_match(setting: &str, base: &Path, text: &str, roots: &Roots) -> Result<PathBuf, ExportError> {
    let (folder, pattern) = split_file_name(text);
    let folder = real_path(setting, &base.join(folder), roots)?;
    let matcher = Regex::new(pattern).map_err(|error| no_match(setting, &folder, &error.to_string()))?;
    let entries = fs::read_dir(&folder).map_err(|error| ExportError::of_source(setting, &folder, error))?;
    let candidates = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok().filter(|name| matcher.is_match(name))?;
            let metadata = fs::metadata(entry.path()).ok().filter(Metadata::is_file)?;
            Some(Candidate { name, created: metadata.created().ok(), modified: metadata.modified().ok() })
        })
        .collect();
    let latest = latest(candidates).ok_or_else(|| no_match(setting, &folder, pattern))?;
    Ok(folder.join(latest.name))
}

/// The latest created; where the file system does not tell that of all, the latest modified. Files of the same
/// instant are told apart by name, the last one wins: `hr_2024-02.csv` over `hr_2024-01.csv`.
fn latest(candidates: Vec<Candidate>) -> Option<Candidate> {
    let by_creation = candidates.iter().all(|candidate| candidate.created.is_some());
    let instant = |c: &Candidate| if by_creation { c.created } else { c.modified };
    candidates.into_iter().max_by(|a, b| instant(a).cmp(&instant(b)).then_with(|| a.name.cmp(&b.name)))
}

fn no_match(setting: &str, folder: &Path, pattern: &str) -> ExportError {
    ExportError::NoMatch {
        setting: setting.to_owned(),
        folder: folder.to_owned(),
        pattern: pattern.to_owned(),
        seen: file_names(folder).into_iter().take(5).collect(),
    }
}

/// An open source file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its path, free of links.
    pub(crate) path: PathBuf,
    /// Its size when it was opened.
    pub(crate) len: u64,
    /// Bytes read so far.
    pub(crate) taken: u64,
    modified: Option<SystemTime>,
    file: File,
}

impl Source {
    fn open(setting: &str, path: PathBuf, roots: &Roots) -> Result<Source, ExportError> {
        let path = real_path(setting, &path, roots)?;
        let of_source = |error| ExportError::of_source(setting, &path, error);
        // Before opening, because opening a pipe would wait for its writer.
        let what = kind(&fs::metadata(&path).map_err(of_source)?);
        if let Some(what) = what {
            return Err(ExportError::NotAFile { setting: setting.to_owned(), path, what });
        }
        let file = File::open(&path).map_err(of_source)?;
        let metadata = file.metadata().map_err(of_source)?;
        Ok(Source { len: metadata.len(), taken: 0, modified: metadata.modified().ok(), path, file })
    }

    /// Reads on. The file is never read beyond the size that it had when it was opened.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ExportError> {
        let left = usize::try_from(self.len - self.taken).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        loop {
            match self.file.read(&mut buffer[..wanted]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => {
                    return Err(ExportError::Read { path: self.path.clone(), source });
                }
                Ok(read) => {
                    self.taken += read as u64;
                    return Ok(read);
                }
            }
        }
    }

    /// Another handle on the same open file, for readers that want one of their own.
    pub(crate) fn handle(&self) -> Result<File, ExportError> {
        self.file.try_clone().map_err(|source| ExportError::Read { path: self.path.clone(), source })
    }

    /// Makes sure that nobody wrote to the file since it was opened.
    pub(crate) fn unchanged(&self) -> Result<(), ExportError> {
        let metadata = self.file.metadata().map_err(|source| ExportError::Read { path: self.path.clone(), source })?;
        if metadata.len() == self.len && metadata.modified().ok() == self.modified {
            return Ok(());
        }
        Err(ExportError::Changed { path: self.path.clone(), before: self.len, after: metadata.len() })
    }
}

/// What stands there, when it is not a file.
fn kind(metadata: &Metadata) -> Option<&'static str> {
    match (metadata.is_file(), metadata.is_dir()) {
        (true, _) => None,
        (_, true) => Some("a folder"),
        _ => Some("a pipe or a device"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn candidate(name: &str, created: Option<u64>, modified: u64) -> Candidate {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        Candidate { name: name.to_owned(), created: created.map(at), modified: Some(at(modified)) }
    }

    fn name_of_latest(candidates: &[Candidate]) -> Option<String> {
        latest(candidates.to_vec()).map(|candidate| candidate.name)
    }

    #[test]
    fn the_latest_created_file_wins_then_modified_then_the_name() {
        let (a, b) = (candidate("a", Some(2), 1), candidate("b", Some(1), 9));
        assert_eq!(name_of_latest(&[a.clone(), b.clone()]).as_deref(), Some("a"));
        assert_eq!(name_of_latest(&[a, candidate("b", None, 9)]).as_deref(), Some("b"));
        let same = [candidate("hr_2", Some(5), 1), candidate("hr_1", Some(5), 2)];
        assert_eq!(name_of_latest(&same).as_deref(), Some("hr_2"));
        assert_eq!(name_of_latest(&[]), None);
    }

    #[test]
    fn only_the_file_name_part_is_a_pattern() {
        assert_eq!(split_file_name("C:/data/hr_(.*?).csv"), ("C:/data/", "hr_(.*?).csv"));
        assert_eq!(split_file_name(r"hr_\d+\.csv"), ("", r"hr_\d+\.csv"));
    }
}
