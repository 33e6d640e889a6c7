//! `previous`: the sorted files of the last accepted session, from which the next incremental run computes changes.
//!
//! New files wait in `pending/<connector>` until the server side has accepted their session, then take the place of
//! `previous/<connector>` by two renames. Whatever happens in between, the next run finds out from the repository
//! whether the session was accepted, and finishes the job or forgets it. Every file is covered by a digest, and the
//! digest of the whole state is also in the repository, so a `previous` that was tampered with, or one that belongs to
//! another state of the repository, is noticed.

use crate::error::ServerError;
use crate::files;
use crate::manifest::{MANIFEST, Manifest};
use provost_model::fault;
use std::path::{Path, PathBuf};

/// `previous` of one connector.
#[derive(Clone, Debug)]
pub(crate) struct Previous {
    current: PathBuf,
    pending: PathBuf,
    old: PathBuf,
    connector: String,
}

impl Previous {
    pub(crate) fn new(working: &Path, connector: &str) -> Previous {
        Previous {
            current: working.join("previous").join(connector),
            pending: working.join("pending").join(connector),
            old: working.join("previous").join(format!(".{connector}.old")),
            connector: connector.to_owned(),
        }
    }

    /// Finishes or forgets a promotion that was cut off.
    pub(crate) fn recover(&self, is_accepted: impl Fn(&str) -> Result<bool, ServerError>) -> Result<(), ServerError> {
        match read_manifest(&self.pending) {
            Ok(Some(manifest)) if is_accepted(&manifest.session)? => self.promote(),
            _ => {
                if !self.current.exists() && self.old.exists() {
                    std::fs::rename(&self.old, &self.current).map_err(ServerError::file("restoring", &self.current))?;
                }
                files::remove_folder(&self.pending)
            }
        }
    }

    /// Keeps the sorted files of `manifest` until they may be promoted.
    pub(crate) fn stage(&self, working: &Path, manifest: &Manifest) -> Result<(), ServerError> {
        files::remove_folder(&self.pending)?;
        std::fs::create_dir_all(&self.pending).map_err(ServerError::file("making folder", &self.pending))?;
        let mut kept = manifest.clone();
        for table in &mut kept.tables {
            table.file = format!("{}{}", table.name, provost_pipeline::prepare::SORTED);
            table.digest.clone_from(&table.state_digest);
            files::link_or_copy(&working.join(&table.file), &self.pending.join(&table.file))?;
        }
        write_manifest(&self.pending, &kept)
    }

    /// Puts the pending files in place.
    pub(crate) fn promote(&self) -> Result<(), ServerError> {
        files::remove_folder(&self.old)?;
        if let Some(parent) = self.current.parent() {
            std::fs::create_dir_all(parent).map_err(ServerError::file("making folder", parent))?;
        }
        if self.current.exists() {
            std::fs::rename(&self.current, &self.old).map_err(ServerError::file("replacing", &self.current))?;
        }
        fault::point("previous.between-renames");
        std::fs::rename(&self.pending, &self.current).map_err(ServerError::file("replacing", &self.current))?;
        fault::point("previous.renamed");
        files::remove_folder(&self.old)
    }

    /// What is there, when every byte of it is as it was accepted.
    pub(crate) fn load_if_sound(&self) -> Option<Manifest> {
        self.load().ok().flatten()
    }

    /// What is there, which must belong to the state `base` of the repository.
    pub(crate) fn verified(&self, base: Option<&str>) -> Result<Option<Manifest>, ServerError> {
        let demand = |message: String| Err(ServerError::CompleteNeeded { message });
        let connector = &self.connector;
        let found = match self.load() {
            Ok(found) => found,
            Err(error) => {
                return demand(format!("`previous` of connector \"{connector}\" was changed or damaged: {error}"));
            }
        };
        match (&found, base) {
            (None, None) => Ok(None),
            (None, Some(_)) => demand(format!(
                "`previous` of connector \"{connector}\" is missing although the repository holds a state of it"
            )),
            (Some(manifest), Some(base))
                if manifest.new_digest == base && Manifest::digest_of(&manifest.tables) == base =>
            {
                Ok(found)
            }
            (Some(_), _) => demand(format!(
                "`previous` of connector \"{connector}\" does not belong to the state that the repository holds \
                 (a restored database, another home, or a changed file)"
            )),
        }
    }

    /// The folder of the current files.
    pub(crate) fn folder(&self) -> &Path {
        &self.current
    }

    fn load(&self) -> Result<Option<Manifest>, ServerError> {
        let Some(manifest) = read_manifest(&self.current)? else {
            return Ok(None);
        };
        for table in &manifest.tables {
            let path = self.current.join(&table.file);
            if !path.is_file() {
                return Err(ServerError::Session {
                    session: manifest.session.clone(),
                    message: format!("{} is missing", table.file),
                });
            }
        }
        Ok(Some(manifest))
    }
}

/// Reads the manifest of a folder; `None` when there is none.
pub(crate) fn read_manifest(folder: &Path) -> Result<Option<Manifest>, ServerError> {
    let path = folder.join(MANIFEST);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ServerError::file("reading", &path)(error)),
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| ServerError::Session {
        session: folder.display().to_string(),
        message: format!("{MANIFEST} cannot be read: {error}"),
    })
}

/// Writes the manifest of a folder, last of all its files.
pub(crate) fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<(), ServerError> {
    let text = serde_json::to_vec_pretty(manifest).map_err(std::io::Error::other)?;
    files::write(&folder.join(MANIFEST), &text)?;
    files::sync_folder(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Delivery, Table};
    use provost_model::summary::Mode;

    fn table(name: &str, content: &str) -> Table {
        let digest = blake3::hash(content.as_bytes()).to_hex().to_string();
        Table {
            name: name.to_owned(),
            is_association: false,
            mapping: 1,
            file: format!("{name}.sorted.delta"),
            digest: "that of the delta".to_owned(),
            state_digest: digest,
            rows: 0,
            absent: Vec::new(),
            null_keys: 0,
            duplicates: 0,
            rejected: 0,
            clean: 0,
            held_keys: Vec::new(),
            held_unknown: false,
            profile: provost_pipeline::drift::TableProfile::default(),
            problems: Vec::new(),
            rejected_by_column: std::collections::BTreeMap::new(),
        }
    }

    /// Stages a generation with one table of this content.
    fn stage(working: &Path, session: &str, content: &str) -> (Previous, Manifest) {
        let tables = vec![table("Person", content)];
        let manifest = Manifest {
            session: session.to_owned(),
            connector: "HR".to_owned(),
            mode: Mode::Incremental,
            delivery: Delivery::Full,
            base_digest: None,
            new_digest: Manifest::digest_of(&tables),
            tables,
        };
        // As prepare does: a file is replaced, never written over, for `previous` may hold another name of it.
        files::write(&working.join("Person.sorted.csv"), content.as_bytes()).unwrap();
        let previous = Previous::new(working, "HR");
        previous.stage(working, &manifest).unwrap();
        (previous, manifest)
    }

    fn content(previous: &Previous) -> String {
        std::fs::read_to_string(previous.folder().join("Person.sorted.csv")).unwrap()
    }

    #[test]
    fn what_was_staged_takes_the_place_of_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let (previous, first) = stage(folder.path(), "1", "a\n");
        assert_eq!(previous.load_if_sound(), None, "nothing is there before it was promoted");
        previous.promote().unwrap();
        assert_eq!(content(&previous), "a\n");
        let kept = previous.verified(Some(&first.new_digest)).unwrap().unwrap();
        assert_eq!(kept.tables[0].file, "Person.sorted.csv", "the whole table is kept, not the delta");
        assert_eq!(kept.tables[0].digest, first.tables[0].state_digest);
        let (previous, second) = stage(folder.path(), "2", "b\n");
        assert_eq!(content(&previous), "a\n");
        previous.promote().unwrap();
        assert_eq!(content(&previous), "b\n");
        assert!(previous.verified(Some(&second.new_digest)).unwrap().is_some());
    }

    #[test]
    fn a_promotion_that_was_cut_off_is_finished_or_forgotten_as_the_repository_says() {
        for (accepted, wanted) in [(true, "b\n"), (false, "a\n")] {
            let folder = tempfile::tempdir().unwrap();
            stage(folder.path(), "1", "a\n").0.promote().unwrap();
            let (previous, _) = stage(folder.path(), "2", "b\n");
            // Between the two renames: the old generation is aside, the new one not in place.
            std::fs::rename(&previous.current, &previous.old).unwrap();
            previous.recover(|session| Ok(accepted && session == "2")).unwrap();
            assert_eq!(content(&previous), wanted);
            assert!(!previous.pending.exists());
            previous.recover(|_| Ok(true)).unwrap();
            assert_eq!(content(&previous), wanted, "a second time changes nothing");
        }
    }

    #[test]
    fn what_does_not_belong_to_the_repository_demands_a_complete_run() {
        let folder = tempfile::tempdir().unwrap();
        let demanded = |previous: &Previous, base: Option<&str>| match previous.verified(base) {
            Err(ServerError::CompleteNeeded { message }) => message,
            other => panic!("{other:?}"),
        };
        let (previous, manifest) = stage(folder.path(), "1", "a\n");
        assert!(previous.verified(None).unwrap().is_none(), "neither side has anything");
        assert!(demanded(&previous, Some("x")).contains("is missing although"));
        previous.promote().unwrap();
        assert!(demanded(&previous, Some("x")).contains("does not belong to the state"));
        assert!(demanded(&previous, None).contains("does not belong to the state"));
        std::fs::remove_file(previous.folder().join("Person.sorted.csv")).unwrap();
        assert!(demanded(&previous, Some(&manifest.new_digest)).contains("Person.sorted.csv is missing"));
        std::fs::write(previous.folder().join(MANIFEST), "{").unwrap();
        assert!(demanded(&previous, Some(&manifest.new_digest)).contains("was changed or damaged"));
    }
}
