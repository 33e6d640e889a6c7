//! Folders, rights and space.

use super::Finding;
use crate::settings::{AGENT_FILE, ENCRYPTED_FILE, SERVER_FILE, Settings};
use std::path::{Path, PathBuf};

/// Free space below which it gets tight, and below which a run probably fails.
const TIGHT: u64 = 2 << 30;
const FULL: u64 = 200 << 20;

pub(super) fn examine(settings: &Settings, found: &mut Vec<Finding>) {
    folders(settings, found);
    rights(settings, found);
    space(settings, found);
}

fn folders(settings: &Settings, found: &mut Vec<Finding>) {
    let before = found.len();
    let needed = [
        settings.conf(),
        settings.export_output(),
        settings.export_cookies(),
        settings.collect(),
        settings.synchronization(),
    ];
    for folder in needed {
        let advice = "make it again: provost init --home, which leaves what is there";
        if !folder.is_dir() {
            found.push(Finding::error("folders", format!("{} does not exist", folder.display()), advice));
        } else if let Err(error) = tempfile_in(&folder) {
            let detail = format!("{} cannot be written: {error}", folder.display());
            found.push(Finding::error("folders", detail, "give the user of this process the right to write there"));
        }
    }
    if found.len() == before {
        found.push(Finding::ok("folders", "all there, and can be written"));
    }
}

fn tempfile_in(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".doctor-{}", std::process::id()));
    std::fs::write(&path, b"")?;
    std::fs::remove_file(&path)
}

/// Files that hold secrets or personal data, with what others may do with them.
#[cfg(unix)]
fn rights(settings: &Settings, found: &mut Vec<Finding>) {
    use std::os::unix::fs::PermissionsExt;
    let mut files: Vec<PathBuf> =
        [SERVER_FILE, AGENT_FILE, ENCRYPTED_FILE].iter().map(|name| settings.home.join(name)).collect();
    files.extend(settings.serving.certificate_key.clone());
    files.extend(settings.serving.encryption_file.clone().map(|(file, _)| file));
    files.push(settings.certificates().join("server.key"));
    files.extend(settings.database_file());
    files.extend(settings.secret_files());
    // Nobody reaches what lies in a folder that nobody else may enter.
    let is_closed = |path: &Path| {
        path.ancestors().skip(1).any(|folder| {
            folder.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.permissions().mode() & 0o007 == 0)
        })
    };
    let before = found.len();
    for file in files {
        let Ok(metadata) = file.metadata() else { continue };
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o007 != 0 && !is_closed(&file) {
            let detail = format!("everybody on this machine may read {} (mode {mode:03o})", file.display());
            found.push(Finding::error("secrets", detail, format!("chmod o-rwx {}", file.display())));
        }
    }
    if found.len() == before {
        found.push(Finding::ok("secrets", "files with secrets are for their owner and group only"));
    }
}

#[cfg(not(unix))]
fn rights(_settings: &Settings, _found: &mut Vec<Finding>) {}

fn space(settings: &Settings, found: &mut Vec<Finding>) {
    let mut folders = vec![settings.temp.clone(), settings.work.clone()];
    folders.extend(settings.database_file().and_then(|file| file.parent().map(Path::to_owned)));
    let mut least: Option<(u64, PathBuf)> = None;
    for folder in folders {
        let Ok(stat) = rustix::fs::statvfs(&folder) else { continue };
        let free = stat.f_bavail.saturating_mul(stat.f_frsize);
        if least.as_ref().is_none_or(|(known, _)| free < *known) {
            least = Some((free, folder));
        }
    }
    let Some((free, folder)) = least else { return };
    let detail = format!("{:.1} GB free at {}", free as f64 / 1e9, folder.display());
    let advice = "free space there: old backups, Temp/ExportOutput, Temp/JobLogs; or move TempFolderPath";
    found.push(match free {
        ..FULL => Finding::error("disk", detail, advice),
        FULL..TIGHT => Finding::warning("disk", detail, advice),
        _ => Finding::ok("disk", detail),
    });
}
