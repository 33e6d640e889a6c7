//! Taking a backup.

use super::archive::{Scratch, is_archive, pack};
use super::staging::{self, Staging};
use super::{DATABASE, Entry, HOME, LAYOUT, MANIFEST, Manifest, digest, settings as open_settings};
use crate::home::ensure_folder;
use crate::report::{Kind, Report};
use crate::settings::Settings;
use lz4_flex::frame::FrameEncoder;
use provost_store::{ReadTx, Store, TableShape};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// How often files and database are looked at until they belong together.
const ATTEMPTS: u32 = 5;

/// What was taken.
#[derive(Clone, Debug)]
pub struct Written {
    /// Rows of all tables.
    pub rows: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// The manifest.
    pub manifest: Manifest,
}

/// Writes a backup into a folder, which must be empty or not exist, or into a file `….tar`, which must not exist.
///
/// # Errors
/// It is there already; a file cannot be read or written; those of the database.
pub fn write(
    settings: &Settings,
    store: &Store,
    folder: &Path,
    with_secrets: bool,
    now_micros: i64,
) -> Result<Written, Report> {
    if is_archive(folder) && !folder.exists() {
        let scratch = Scratch::beside(folder);
        let written = write(settings, store, &scratch.0, with_secrets, now_micros)?;
        pack(&scratch.0, folder)?;
        return Ok(written);
    }
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file() {
        return Err(Report::usage("folder-not-empty", format!("{} is there already", folder.display()))
            .hint("name a folder that does not exist: a backup never replaces another one"));
    }
    let mut backup = Backup { folder, settings, with_secrets, now_micros, files: Vec::new() };
    for name in ["", DATABASE, HOME] {
        ensure_folder(&folder.join(name))?;
    }
    let written = backup.all(store);
    if written.is_err() {
        // Without a manifest it is none; what was written so far is of no use to anybody.
        let _ = std::fs::remove_dir_all(folder);
    }
    written
}

struct Backup<'a> {
    folder: &'a Path,
    settings: &'a Settings,
    with_secrets: bool,
    now_micros: i64,
    files: Vec<Entry>,
}

impl Backup<'_> {
    fn all(&mut self, store: &Store) -> Result<Written, Report> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let staging = Staging::of(self.settings, self.with_secrets)?;
            let taken = store.read(|tx| {
                let torn = staging.torn(tx)?;
                match torn.is_empty() || attempt == ATTEMPTS {
                    true => self.take(tx, &staging, torn).map(Some),
                    false => Ok(None),
                }
            })?;
            if let Some(mut manifest) = taken {
                manifest.repository = store.name().to_owned();
                return self.seal(manifest);
            }
        }
    }

    fn take(&mut self, tx: &mut ReadTx, staging: &Staging, torn: Vec<String>) -> Result<Manifest, Report> {
        let shape = tx.shape()?;
        for table in &shape.tables {
            self.table(tx, table)?;
        }
        for path in staging::files(staging.folder())? {
            self.copy(&staging.folder().join(&path), &Path::new(HOME).join(&path))?;
        }
        let withheld = self.settings_files()?;
        Ok(Manifest {
            layout: LAYOUT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: self.now_micros,
            repository: String::new(),
            shape,
            has_views: tx.has_views()?,
            has_secrets: self.with_secrets,
            withheld,
            torn,
            files: std::mem::take(&mut self.files),
        })
    }

    fn table(&mut self, tx: &mut ReadTx, table: &TableShape) -> Result<(), Report> {
        let path = format!("{DATABASE}/{}.jsonl.lz4", table.name);
        let full = self.folder.join(&path);
        let failed = |error: std::io::Error| Report::io("write", &full, &error);
        let mut out = FrameEncoder::new(BufWriter::new(create(&full)?));
        let rows =
            tx.dump(table, |line| out.write_all(line.as_bytes()).and_then(|()| out.write_all(b"\n")).map_err(failed))?;
        let file = out.finish().map_err(|error| failed(error.into()))?;
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_data().map_err(failed)?;
        self.note(path, Some(rows))
    }

    fn copy(&mut self, from: &Path, to: &Path) -> Result<(), Report> {
        let full = self.folder.join(to);
        if let Some(parent) = full.parent() {
            ensure_folder(parent)?;
        }
        let mut source = File::open(from).map_err(|error| Report::io("read", from, &error))?;
        let mut target = create(&full)?;
        let copied = std::io::copy(&mut source, &mut target).and_then(|_| target.sync_data());
        copied.map_err(|error| Report::io("write", &full, &error))?;
        self.note(slashed(to), None)
    }

    /// The settings, and the paths of those that were left out.
    fn settings_files(&mut self) -> Result<Vec<String>, Report> {
        let mut withheld = Vec::new();
        for name in open_settings::FILES {
            let source = self.settings.home.join(name);
            if self.with_secrets {
                if source.is_file() {
                    self.copy(&source, &Path::new(HOME).join(name))?;
                }
            } else if let Some(text) = open_settings::open(&self.settings.home, name, &mut withheld)? {
                let path = self.folder.join(HOME).join(name);
                let written = create(&path)?.write_all(text.as_bytes());
                written.map_err(|error| Report::io("write", &path, &error))?;
                self.note(format!("{HOME}/{name}"), None)?;
            }
        }
        Ok(withheld)
    }

    fn note(&mut self, path: String, rows: Option<u64>) -> Result<(), Report> {
        let (bytes, digest) = digest(&self.folder.join(&path))?;
        self.files.push(Entry { path, bytes, digest, rows });
        Ok(())
    }

    fn seal(&self, manifest: Manifest) -> Result<Written, Report> {
        let path = self.folder.join(MANIFEST);
        let text = serde_json::to_vec_pretty(&manifest).map_err(|error| {
            Report::new(Kind::Error, "internal", format!("the manifest cannot be written: {error}"))
        })?;
        let mut file = create(&path)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(|error| Report::io("write", &path, &error))?;
        let rows = manifest.files.iter().filter_map(|entry| entry.rows).sum();
        let bytes = manifest.files.iter().map(|entry| entry.bytes).sum();
        Ok(Written { rows, bytes, manifest })
    }
}

/// A file that nobody else may read: a backup holds personal data and the hashes of passwords.
pub(crate) fn create(path: &Path) -> Result<File, Report> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| Report::io("make", path, &error))
}

fn slashed(path: &Path) -> String {
    let parts: Vec<PathBuf> = path.iter().map(PathBuf::from).collect();
    parts.iter().map(|part| part.display().to_string()).collect::<Vec<_>>().join("/")
}
