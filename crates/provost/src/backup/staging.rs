//! The files of a home, held still while a backup reads them.

use super::SECRET_FOLDERS;
use crate::home::ensure_folder;
use crate::report::Report;
use crate::settings::Settings;
use provost_store::{ReadTx, SessionState};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Second names of files, below the work folder, which vanish with this.
#[derive(Debug)]
pub(super) struct Staging {
    folder: PathBuf,
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What is left is removed by the next backup of a process with this number, and harms nobody until then.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Staging {
    /// Gives all files of the state a second name, anew each time it is called.
    pub(super) fn of(settings: &Settings, with_secrets: bool) -> Result<Staging, Report> {
        let folder = settings.work.join(format!(".backup-{}", std::process::id()));
        let staging = Staging { folder };
        if staging.folder.exists() {
            std::fs::remove_dir_all(&staging.folder).map_err(|error| Report::io("remove", &staging.folder, &error))?;
        }
        ensure_folder(&staging.folder)?;
        let keeps = |path: &Path| {
            let mut parts = path.components().map(|part| part.as_os_str().to_string_lossy());
            match (parts.next().as_deref(), parts.next(), parts.next()) {
                (Some(first), ..) if first.starts_with(".backup-") => false,
                (Some(first), ..) if SECRET_FOLDERS.contains(&first) => with_secrets,
                // Cleansed files are made anew by each run; what the next run needs of them is in the folders below.
                (Some("Collect"), Some(_), None) => settings.work.join(path).is_dir(),
                _ => true,
            }
        };
        link(&settings.work, Path::new(""), &staging.folder.join("Work"), &keeps)?;
        link(&settings.export_cookies(), Path::new(""), &staging.folder.join("Temp/ExportCookies"), &|_| true)?;
        link(&settings.conf(), Path::new(""), &staging.folder.join("Conf"), &|_| true)?;
        Ok(staging)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Connectors whose files here do not belong to this state of the database. A session that was accepted while its
    /// files wait in `pending` is fine: the next run finishes what is left to do.
    pub(super) fn torn(&self, tx: &mut ReadTx) -> Result<Vec<String>, Report> {
        let collect = self.folder.join("Work/Collect");
        let mut torn = Vec::new();
        for connector in names(&collect.join("previous")) {
            let held = tx.last_digest(&connector)?;
            let leads_to = |generation: &str| {
                let text = std::fs::read(collect.join(generation).join(&connector).join("manifest.json")).ok()?;
                let manifest: Value = serde_json::from_slice(&text).ok()?;
                manifest["newDigest"].as_str().map(str::to_owned)
            };
            if held.is_some() && leads_to("previous") != held && leads_to("pending") != held {
                torn.push(connector);
            }
        }
        for state in [SessionState::Sealed, SessionState::Blocked] {
            for session in tx.sessions_in(state)? {
                let folder = self.folder.join("Work/Synchronization").join(&session.id);
                if !folder.is_dir() && !torn.contains(&session.connector) {
                    torn.push(session.connector);
                }
            }
        }
        Ok(torn)
    }
}

/// Names of the folders in a folder, those with a dot in front apart.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names =
        entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| !name.starts_with('.')).collect()
}

/// What vanishes meanwhile is passed over: whether something is missing is asked later.
fn link(from: &Path, below: &Path, to: &Path, keeps: &dyn Fn(&Path) -> bool) -> Result<(), Report> {
    let Ok(entries) = std::fs::read_dir(from.join(below)) else { return Ok(()) };
    ensure_folder(&to.join(below))?;
    for entry in entries.flatten() {
        let path = below.join(entry.file_name());
        let kind = entry.file_type().map_err(|error| Report::io("read", &from.join(&path), &error))?;
        if !keeps(&path) {
            continue;
        }
        if kind.is_dir() {
            link(from, &path, to, keeps)?;
        } else if kind.is_file() {
            link_file(&from.join(&path), &to.join(&path))?;
        }
    }
    Ok(())
}

fn link_file(from: &Path, to: &Path) -> Result<(), Report> {
    if std::fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    match std::fs::copy(from, to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Report::io("copy", from, &error)),
        _ => Ok(()),
    }
}

/// Every file below a folder, with its path from there, in order.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, Report> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        let path = folder.join(&below);
        let entries = std::fs::read_dir(&path).map_err(|error| Report::io("read the folder", &path, &error))?;
        for entry in entries.flatten() {
            let name = below.join(entry.file_name());
            (if entry.path().is_dir() { &mut open } else { &mut found }).push(name);
        }
    }
    found.sort();
    Ok(found)
}
