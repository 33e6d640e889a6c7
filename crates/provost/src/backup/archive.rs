//! A backup as one file: a tar archive of its folder.

use super::staging::files;
use super::writing::create;
use super::{damaged, inside};
use crate::home::ensure_folder;
use crate::report::Report;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Whether a backup of this name is one file.
pub(super) fn is_archive(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("tar"))
}

/// A folder that vanishes with this.
#[derive(Debug)]
pub(super) struct Scratch(pub(super) PathBuf);

impl Scratch {
    /// Beside a path, which need not exist.
    pub(super) fn beside(path: &Path) -> Scratch {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".scratch-{}", std::process::id()));
        Scratch(PathBuf::from(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing of value is left in it.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Puts a folder into one file, which appears when it is complete.
///
/// # Errors
/// A file cannot be read or written.
pub(super) fn pack(folder: &Path, archive: &Path) -> Result<(), Report> {
    let partial = archive.with_extension("tar.partial");
    let failed = |error: std::io::Error| Report::io("write", archive, &error);
    let written = (|| {
        let mut builder = tar::Builder::new(BufWriter::new(create(&partial)?));
        for path in files(folder)? {
            builder.append_path_with_name(folder.join(&path), &path).map_err(failed)?;
        }
        let mut out = builder.into_inner().map_err(failed)?;
        out.flush().and_then(|()| out.get_ref().sync_all()).map_err(failed)?;
        std::fs::rename(&partial, archive).map_err(failed)
    })();
    if written.is_err() {
        // Nobody is to take it for a whole one.
        let _ = std::fs::remove_file(&partial);
    }
    written
}

/// Takes the files of an archive out into a folder.
///
/// # Errors
/// It is no archive, holds something else than files, or a file cannot be written.
pub(super) fn unpack(archive: &Path, folder: &Path) -> Result<(), Report> {
    let unreadable = |error: std::io::Error| damaged(format!("{}: {error}", archive.display()));
    let file = File::open(archive).map_err(|error| Report::io("read", archive, &error))?;
    ensure_folder(folder)?;
    let mut reader = tar::Archive::new(BufReader::new(file));
    for entry in reader.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let name = entry.path().map_err(unreadable)?.to_string_lossy().into_owned();
        if !entry.header().entry_type().is_file() {
            return Err(damaged(format!("{} holds {name}, which is no file", archive.display())));
        }
        let target = inside(folder, &name)?;
        if let Some(parent) = target.parent() {
            ensure_folder(parent)?;
        }
        let mut out = create(&target)?;
        std::io::copy(&mut entry, &mut out).map_err(|error| Report::io("write", &target, &error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_leads_to_no_place_outside_of_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("a.tar");
        let mut builder = tar::Builder::new(File::create(&archive).unwrap());
        let mut header = tar::Header::new_gnu();
        header.set_size(1);
        // The library refuses such a name; somebody who writes the bytes does not.
        header.as_gnu_mut().unwrap().name[..7].copy_from_slice(b"../evil");
        header.set_cksum();
        builder.append(&header, &b"x"[..]).unwrap();
        builder.finish().unwrap();
        let report = unpack(&archive, &folder.path().join("out")).unwrap_err();
        assert_eq!(report.id, "damaged-backup");
        assert!(!folder.path().join("evil").exists());
    }
}
