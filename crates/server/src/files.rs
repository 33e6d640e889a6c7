//! Small file operations that the steps share: safe replacement, locks, source files.

use crate::error::ServerError;
use crate::options::Reading;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Hexadecimal text of a digest.
pub(crate) fn hex(digest: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*digest).to_hex().to_string()
}

/// BLAKE3 of a file, in hexadecimal.
pub(crate) fn digest(path: &Path) -> Result<String, ServerError> {
    let mut hasher = blake3::Hasher::new();
    let file = File::open(path).map_err(ServerError::file("opening", path))?;
    hasher.update_reader(file).map_err(ServerError::file("reading", path))?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// Removes a file; it may be missing.
pub(crate) fn remove_if_there(path: &Path) -> Result<(), ServerError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ServerError::file("removing", path)(error)),
        _ => Ok(()),
    }
}

/// Removes a folder with its content; it may be missing.
pub(crate) fn remove_folder(path: &Path) -> Result<(), ServerError> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ServerError::file("removing", path)(error)),
        _ => Ok(()),
    }
}

/// Puts a finished file in its place: what a crash leaves is the old file or the new one, never half of it.
pub(crate) fn persist(partial: &Path, path: &Path) -> Result<(), ServerError> {
    let file = File::open(partial).map_err(ServerError::file("opening", partial))?;
    file.sync_data().map_err(ServerError::file("writing", partial))?;
    std::fs::rename(partial, path).map_err(ServerError::file("replacing", path))
}

/// Writes a small file atomically.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), ServerError> {
    let partial = path.with_extension("partial");
    std::fs::write(&partial, content).map_err(ServerError::file("writing", &partial))?;
    persist(&partial, path)
}

/// Makes the entries of a folder durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), ServerError> {
    let folder = File::open(path).map_err(ServerError::file("opening folder", path))?;
    folder.sync_all().map_err(ServerError::file("writing folder", path))
}

/// Gives a file a second name, or a copy where the file system has no links.
pub(crate) fn link_or_copy(from: &Path, to: &Path) -> Result<(), ServerError> {
    remove_if_there(to)?;
    if std::fs::hard_link(from, to).is_err() {
        std::fs::copy(from, to).map_err(ServerError::file("copying to", to))?;
        let copied = File::open(to).and_then(|file| file.sync_data());
        copied.map_err(ServerError::file("copying to", to))?;
    }
    Ok(())
}

/// Keeps others from preparing the same connector in the same folder; let go when dropped or when the process ends.
pub(crate) fn lock(path: &Path, connector: &str) -> Result<File, ServerError> {
    let file = File::create(path).map_err(ServerError::file("making", path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ServerError::Source {
            message: format!("connector \"{connector}\" is being prepared by another process"),
            hint: "wait until it is done, then run the step again".to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(ServerError::file("locking", path)(error)),
    }
}

/// An open source file, which can be read from its beginning more than once.
pub(crate) struct OpenSource<'a> {
    /// The file, as the disk has it.
    pub(crate) file: File,
    path: &'a Path,
    reading: &'a dyn Reading,
}

impl<'a> OpenSource<'a> {
    /// Opens a source file; a directory is no source.
    pub(crate) fn open(path: &'a Path, reading: &'a dyn Reading) -> Result<OpenSource<'a>, ServerError> {
        let file = File::open(path).map_err(ServerError::file("opening", path))?;
        let metadata = file.metadata().map_err(ServerError::file("reading", path))?;
        if metadata.is_dir() {
            return Err(ServerError::file("reading", path)(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        Ok(OpenSource { file, path, reading })
    }

    /// What it holds, from its beginning.
    pub(crate) fn content(&self) -> Result<Box<dyn Read + '_>, ServerError> {
        (&self.file).rewind().map_err(ServerError::file("reading", self.path))?;
        self.reading.read(&self.file).map_err(ServerError::file("reading", self.path))
    }
}

/// The separator of an open source file: a comma, unless the header has the mapped columns only with another usual
/// one. Exporters write commas; scripts write what they like.
pub(crate) fn separator<'a>(
    source: &OpenSource<'_>,
    columns: impl Iterator<Item = &'a str> + Clone,
) -> Result<u8, ServerError> {
    use provost_pipeline::csv::{Dialect, Header, Reader};
    let mut found = b',';
    for separator in [b',', b';', b'\t', b'|'] {
        let header = Header::read(&mut Reader::new(source.content()?, Dialect { separator, ..Dialect::default() }));
        if header.is_ok_and(|header| columns.clone().all(|column| header.contains(column))) {
            found = separator;
            break;
        }
    }
    Ok(found)
}

/// Whether the header of an open source file has `present`, and lacks one of the other columns.
pub(crate) fn lacks_some_of<'a>(
    source: &OpenSource<'_>,
    separator: u8,
    present: &str,
    mut columns: impl Iterator<Item = &'a str>,
) -> Result<bool, ServerError> {
    use provost_pipeline::csv::{Dialect, Header, Reader};
    let header = Header::read(&mut Reader::new(source.content()?, Dialect { separator, ..Dialect::default() }));
    Ok(header.is_ok_and(|header| header.contains(present) && columns.any(|column| !header.contains(column))))
}

/// Size and time of a file, to notice that it changes while it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    /// As the file is now.
    pub(crate) fn of(file: &File) -> Result<Stamp, ServerError> {
        let metadata = file.metadata()?;
        Ok(Stamp { length: metadata.len(), modified: metadata.modified().ok() })
    }

    /// Fails when the file is not what it was.
    pub(crate) fn unchanged(self, file: &File, path: &Path) -> Result<(), ServerError> {
        if Stamp::of(file)? == self {
            return Ok(());
        }
        Err(ServerError::Source {
            message: format!("{} changed while it was read", path.display()),
            hint: "wait until the export is finished, then prepare again".to_owned(),
        })
    }
}

/// The CSV source files of a folder. Names are compared without regard to case.
#[derive(Debug)]
pub(crate) struct Sources {
    folder: PathBuf,
    names: Vec<String>,
}

impl Sources {
    pub(crate) fn list(folder: &Path) -> Result<Sources, ServerError> {
        let entries = std::fs::read_dir(folder).map_err(ServerError::file("reading folder", folder))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(ServerError::file("reading folder", folder))?;
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(Sources { folder: folder.to_owned(), names })
    }

    /// The file of a connection table.
    pub(crate) fn find(&self, table: &str, mapping: &str) -> Result<PathBuf, ServerError> {
        let wanted = format!("{table}.csv");
        let exact = self.names.iter().find(|n| **n == wanted);
        let found = exact.or_else(|| self.names.iter().find(|n| n.eq_ignore_ascii_case(&wanted)));
        found.map(|name| self.folder.join(name)).ok_or_else(|| {
            let there: Vec<&str> = self.names.iter().filter(|n| n.ends_with(".csv")).map(String::as_str).collect();
            let there = if there.is_empty() { "no CSV file".to_owned() } else { there.join(", ") };
            ServerError::Source {
                message: format!("{} is missing; {mapping} is read from it", self.folder.join(&wanted).display()),
                hint: format!("run the export, or correct ConnectionTable in the mapping; the folder has {there}"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Plainly;

    #[test]
    fn the_separator_is_the_one_that_gives_the_mapped_columns() {
        let cases = [
            ("id,mail\n1,a\n", b','),
            ("id;mail\n1;a\n", b';'),
            ("id\tmail\n", b'\t'),
            ("\"id\"|mail|extra\n", b'|'),
            // Nothing fits: the message speaks of the usual separator.
            ("id;name\n", b','),
            ("", b','),
        ];
        for (text, separator_expected) in cases {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), text).unwrap();
            let source = OpenSource::open(file.path(), &Plainly).unwrap();
            assert_eq!(separator(&source, ["id", "mail"].into_iter()).unwrap(), separator_expected, "{text:?}");
            let mut rest = String::new();
            source.content().unwrap().read_to_string(&mut rest).unwrap();
            assert_eq!(rest, text, "nothing of it is used up");
        }
    }
}
