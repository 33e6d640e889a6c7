//! Backups: a folder with all that makes an installation, taken while it works; or a tar archive of it.
//!
//! ```text
//! manifest.json              what is in it, with digests; written last
//! Database/<table>.jsonl.lz4 the rows of each table, as text
//! Home/…                     Conf, Work, the marks of incremental exports, settings
//! ```
//!
//! The database is read in one transaction. The files of `Work` are given second names before it begins, and given them
//! again when they turn out to belong to another state, so that both belong together.

mod archive;
mod restoring;
mod settings;
mod staging;
mod writing;

pub use restoring::{Restored, restore};
pub(crate) use writing::create;
pub use writing::{Written, write};

use crate::report::{Kind, Report};
use provost_store::Shape;
use serde::{Deserialize, Serialize};
use std::path::{Component, Path, PathBuf};

/// Name of the manifest.
pub const MANIFEST: &str = "manifest.json";
/// Folder of the tables.
const DATABASE: &str = "Database";
/// Folder of the files of the home.
const HOME: &str = "Home";
/// Version of this layout.
const LAYOUT: u32 = 1;
/// Folders of `Work` that hold secrets.
const SECRET_FOLDERS: &[&str] = &["Certificates"];

/// What a backup holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Version of the layout.
    pub layout: u32,
    /// Version of the program that made it.
    pub program: String,
    /// When: microseconds since 1970, UTC.
    pub made_at: i64,
    /// The repository that it was made of.
    pub repository: String,
    /// Tables of the database.
    pub shape: Shape,
    /// Whether the database had the readable views.
    pub has_views: bool,
    /// Whether secret settings and private keys are in it.
    pub has_secrets: bool,
    /// Settings that were left out because they are secret.
    pub withheld: Vec<String>,
    /// Connectors whose files do not belong to the state of the database: their next run must be complete.
    pub torn: Vec<String>,
    /// Every file, this one apart.
    pub files: Vec<Entry>,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Path inside the backup, with slashes.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// BLAKE3 of its content, in hexadecimal.
    pub digest: String,
    /// Rows of a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// The manifest of a backup, with every file of it compared with its digest.
///
/// # Errors
/// It is no backup, a newer program made it, or it is damaged.
pub fn verified(folder: &Path) -> Result<Manifest, Report> {
    let path = folder.join(MANIFEST);
    let text = std::fs::read(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Report::usage("no-backup", format!("{} is no backup: it holds no {MANIFEST}", folder.display()))
                .hint("name a folder that provost backup has made; one that was interrupted has no manifest")
        }
        _ => Report::io("read", &path, &error),
    })?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| damaged(format!("{}: {error}", path.display())))?;
    if manifest.layout > LAYOUT {
        let text = format!("version {} of the program made this backup", manifest.program);
        return Err(Report::usage("newer-backup", text).hint("restore it with that version"));
    }
    for entry in &manifest.files {
        let path = inside(folder, &entry.path)?;
        let (bytes, digest) = digest(&path)?;
        if (bytes, &digest) != (entry.bytes, &entry.digest) {
            return Err(damaged(format!("{} is not what it was when the backup was made", path.display())));
        }
    }
    Ok(manifest)
}

/// A path of a manifest, which must not lead out of the backup.
fn inside(folder: &Path, path: &str) -> Result<PathBuf, Report> {
    let relative = Path::new(path);
    match relative.components().all(|part| matches!(part, Component::Normal(_))) && !path.is_empty() {
        true => Ok(folder.join(relative)),
        false => Err(damaged(format!("its manifest names {path:?}, which is no path inside a backup"))),
    }
}

fn damaged(detail: String) -> Report {
    Report::new(Kind::Error, "damaged-backup", format!("the backup is damaged: {detail}"))
        .hint("nothing was changed; take another backup")
}

fn digest(path: &Path) -> Result<(u64, String), Report> {
    let file = std::fs::File::open(path).map_err(|error| Report::io("read", path, &error))?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).map_err(|error| Report::io("read", path, &error))?;
    Ok((hasher.count(), hasher.finalize().to_hex().to_string()))
}
