//! Bringing a backup back.

use super::archive::{Scratch, unpack};
use super::settings::FILES;
use super::staging::files;
use super::writing::create;
use super::{DATABASE, HOME, Manifest, damaged, inside, verified};
use crate::context::Context;
use crate::home::{self, ensure_folder};
use crate::report::Report;
use crate::road::actor;
use crate::settings::{SERVER_FILE, Settings};
use lz4_flex::frame::FrameDecoder;
use provost_store::{Refill, Store};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// What was brought back.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// The repository that holds it now.
    pub repository: String,
    /// Whether the settings of the backup are in force.
    pub has_settings: bool,
}

/// Brings a backup back into a home folder, which is made when it does not exist, and into its repository.
///
/// # Errors
/// The backup is damaged; home or repository hold something and `replace` is false; a file cannot be written; those of
/// the database. The repository is filled in one transaction, and files take their places only after it.
pub fn restore(context: &Context, folder: &Path, home: &Path, replace: bool) -> Result<Restored, Report> {
    if folder.is_file() {
        let scratch = Scratch::beside(home);
        unpack(folder, &scratch.0)?;
        return restore(context, &scratch.0, home, replace);
    }
    let manifest = verified(folder)?;
    let is_new = !home.join(SERVER_FILE).exists();
    if is_new {
        ensure_folder(home)?;
        for name in FILES {
            let source = folder.join(HOME).join(name);
            if source.is_file() {
                copy(&source, &home.join(name))?;
            }
        }
    }
    home::make(home)?;
    let settings = context.settings_in(home)?;
    let used = Store::is_used(&settings.database())?;
    if !replace && (used || has_files(&settings)) {
        let what = if used { settings.database() } else { home.display().to_string() };
        let what = crate::settings::mask::mask_inside(&what);
        return Err(Report::usage("not-empty", format!("{what} holds something already; nothing was changed"))
            .hint("stop its server and say --replace to give it up, or restore into another home and database"));
    }
    let staged = Staged::of(folder, &settings, &manifest)?;
    Store::refill(&settings.database(), &manifest.shape, |refill| tables(folder, &manifest, refill))?;
    staged.take_places(&settings)?;
    let store = Store::open(&settings.database())?;
    store.write(&actor(), "restored from a backup", |tx| {
        if manifest.has_views {
            let metadata = crate::repository::metadata(tx)?;
            tx.rebuild_views(&metadata)?;
        }
        tx.count("rowsRestored", manifest.files.iter().filter_map(|entry| entry.rows).sum());
        Ok::<(), Report>(())
    })?;
    store.maintain()?;
    Ok(Restored { repository: store.name().to_owned(), manifest, has_settings: is_new })
}

fn tables(folder: &Path, manifest: &Manifest, refill: &mut Refill<'_>) -> Result<(), Report> {
    for table in &manifest.shape.tables {
        let path = inside(folder, &format!("{DATABASE}/{}.jsonl.lz4", table.name))?;
        let file = File::open(&path).map_err(|error| Report::io("read", &path, &error))?;
        let lines = BufReader::new(FrameDecoder::new(BufReader::new(file))).lines();
        let lines = lines.map(|line| line.map_err(|error| damaged(format!("{}: {error}", path.display()))));
        let count = refill.load(table, lines)?;
        let name = format!("{DATABASE}/{}.jsonl.lz4", table.name);
        if manifest.files.iter().find(|entry| entry.path == name).and_then(|entry| entry.rows) != Some(count) {
            return Err(damaged(format!("{} has {count} rows, other than its manifest says", path.display())));
        }
    }
    Ok(())
}

/// Whether the home holds files that a backup would replace.
fn has_files(settings: &Settings) -> bool {
    let holds = |folder: PathBuf| files(&folder).is_ok_and(|found| !found.is_empty());
    [settings.conf(), settings.collect(), settings.synchronization()].into_iter().any(holds)
}

/// The files of a backup beside the places that they are going to take.
struct Staged {
    /// (where it is now, where it goes)
    folders: Vec<(PathBuf, PathBuf)>,
}

impl Staged {
    /// Copies every file to the file system where it goes, so that only renames are left to do.
    fn of(folder: &Path, settings: &Settings, manifest: &Manifest) -> Result<Staged, Report> {
        let mark = format!(".restore-{}", std::process::id());
        let places = [
            ("Conf/", settings.conf()),
            ("Temp/ExportCookies/", settings.export_cookies()),
            ("Work/", settings.work.clone()),
        ];
        let mut staged = Staged { folders: Vec::new() };
        for (prefix, place) in places {
            ensure_folder(&place)?;
            let staging = place.join(&mark);
            ensure_folder(&staging)?;
            staged.folders.push((staging.clone(), place));
            for entry in &manifest.files {
                let below = entry.path.strip_prefix(&format!("{HOME}/")).and_then(|path| path.strip_prefix(prefix));
                if let Some(below) = below {
                    copy(&inside(folder, &entry.path)?, &inside(&staging, below)?)?;
                }
            }
        }
        Ok(staged)
    }

    fn take_places(&self, settings: &Settings) -> Result<(), Report> {
        for (staging, place) in &self.folders {
            remove_contents(place, staging, &settings.certificates())?;
            for entry in std::fs::read_dir(staging).into_iter().flatten().flatten() {
                let target = place.join(entry.file_name());
                if target.is_dir() {
                    std::fs::remove_dir_all(&target).map_err(|error| Report::io("replace", &target, &error))?;
                }
                std::fs::rename(entry.path(), &target).map_err(|error| Report::io("replace", &target, &error))?;
            }
        }
        home::make(&settings.home)?;
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for (staging, _) in &self.folders {
            // Nothing of value is left in it.
            let _ = std::fs::remove_dir_all(staging);
        }
    }
}

/// What a home holds besides goes: it would belong to another state. A database in the folder stays, and so does the
/// certificate that agents know, unless the backup has another one.
fn remove_contents(place: &Path, staging: &Path, certificates: &Path) -> Result<(), Report> {
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        let path = entry.path();
        if path == staging || path == certificates {
            continue;
        }
        let removed = if path.is_dir() {
            std::fs::remove_dir_all(&path)
        } else if path.file_name().is_some_and(|name| name.to_string_lossy().contains(".db")) {
            Ok(())
        } else {
            std::fs::remove_file(&path)
        };
        removed.map_err(|error| Report::io("remove", &path, &error))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), Report> {
    if let Some(parent) = to.parent() {
        ensure_folder(parent)?;
    }
    let mut source = File::open(from).map_err(|error| Report::io("read", from, &error))?;
    let mut target = create(to)?;
    let copied = std::io::copy(&mut source, &mut target).and_then(|_| target.sync_data());
    copied.map_err(|error| Report::io("write", to, &error))
}
