//! Files of a session as they come over the network: in numbered pieces, each with a digest, in any order, any of them
//! any number of times.
//!
//! A piece is one file below `.pieces/<file>/` of the session's folder, put in place by a rename; so what has arrived
//! is what is there, whatever happened in between. Sealing joins the pieces and holds the whole against the manifest.

use crate::error::ServerError;
use crate::files;
use crate::manifest::Manifest;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Bytes of a piece before compression; the last piece of a file may be shorter.
pub const PIECE: usize = 4 << 20;

/// Compressed bytes that a piece can have.
pub(crate) const LARGEST_BODY: usize = PIECE + PIECE / 128 + 1024;

const PIECES: &str = ".pieces";
const TURN: &str = ".turn";

/// The pieces that have arrived: file, then their numbers.
pub(crate) type Received = BTreeMap<String, Vec<u32>>;

/// Compresses a piece.
pub fn pack(piece: &[u8]) -> Vec<u8> {
    lz4_flex::block::compress(piece)
}

/// The upload into one session's folder.
pub(crate) struct Upload {
    folder: PathBuf,
    /// Most bytes of one file.
    largest_file: u64,
}

impl Upload {
    pub(crate) fn new(folder: PathBuf, largest_file: u64) -> Upload {
        Upload { folder, largest_file }
    }

    /// Takes a piece. `digest` is the BLAKE3 of what it is when unpacked. The name of the file must have been checked.
    ///
    /// # Errors
    /// The piece is not what its digest says, is too large, or cannot be written.
    pub(crate) fn put(
        &self,
        session: &str,
        file: &str,
        number: u32,
        body: &[u8],
        digest: &str,
    ) -> Result<(), ServerError> {
        let refuse = |message: String| ServerError::Upload { session: session.to_owned(), message };
        if u64::from(number) * PIECE as u64 >= self.largest_file {
            return Err(refuse(format!("{file} is larger than {} bytes", self.largest_file)));
        }
        // A piece that would unpack to more than this buffer is an error, not more memory.
        let mut piece = vec![0; PIECE];
        let length = lz4_flex::block::decompress_into(body, &mut piece)
            .map_err(|error| refuse(format!("piece {number} of {file} cannot be unpacked: {error}")))?;
        piece.truncate(length);
        if blake3::hash(&piece).to_hex().as_str() != digest {
            return Err(refuse(format!("piece {number} of {file} is not what its digest says")));
        }
        if self.folder.join(file).is_file() {
            // It was joined already: the piece was long under way.
            return Ok(());
        }
        let folder = self.folder.join(PIECES).join(file);
        std::fs::create_dir_all(&folder).map_err(ServerError::file("making folder", &folder))?;
        let mut partial = tempfile::NamedTempFile::new_in(&folder)?;
        partial.write_all(&piece)?;
        let path = folder.join(format!("{number:08}"));
        partial.persist(&path).map_err(|error| ServerError::file("writing", &path)(error.error))?;
        Ok(())
    }

    /// What has arrived.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) fn received(&self) -> Result<Received, ServerError> {
        let mut received = Received::new();
        for file in names(&self.folder.join(PIECES))? {
            let numbers = names(&self.folder.join(PIECES).join(&file))?;
            received.insert(file, numbers.iter().filter_map(|name| name.parse().ok()).collect());
        }
        Ok(received)
    }

    /// Waits until nobody else seals the session: a repeated call must not join what the first one is joining.
    ///
    /// # Errors
    /// The folder is gone, because the session is over.
    pub(crate) fn turn(&self) -> Result<File, ServerError> {
        let path = self.folder.join(TURN);
        let file = File::create(&path).map_err(ServerError::file("making", &path))?;
        file.lock().map_err(ServerError::file("locking", &path))?;
        Ok(file)
    }

    /// Joins the pieces of every file that the manifest names. Files that were joined before stay.
    ///
    /// # Errors
    /// A piece is missing, or a file is not what the manifest says: its pieces are then thrown away.
    pub(crate) fn join(&self, manifest: &Manifest) -> Result<(), ServerError> {
        for table in &manifest.tables {
            let path = self.folder.join(&table.file);
            let pieces = self.folder.join(PIECES).join(&table.file);
            if path.is_file() && (!pieces.exists() || files::digest(&path)? == table.digest) {
                files::remove_folder(&pieces)?;
                continue;
            }
            let digest = self.join_file(&manifest.session, &pieces, &path)?;
            if digest != table.digest {
                files::remove_if_there(&path)?;
                files::remove_folder(&pieces)?;
                return Err(ServerError::Upload {
                    session: manifest.session.clone(),
                    message: format!("{} is not what the manifest says; send it again", table.file),
                });
            }
            files::remove_folder(&pieces)?;
        }
        files::remove_folder(&self.folder.join(PIECES))
    }

    fn join_file(&self, session: &str, pieces: &Path, path: &Path) -> Result<String, ServerError> {
        let partial = path.with_extension("partial");
        let mut out = File::create(&partial).map_err(ServerError::file("making", &partial))?;
        let mut hasher = blake3::Hasher::new();
        let mut piece = Vec::with_capacity(PIECE);
        for (expected, name) in names(pieces)?.into_iter().enumerate() {
            if name.parse() != Ok(expected) {
                return Err(ServerError::Upload {
                    session: session.to_owned(),
                    message: format!("piece {expected} of {} is missing", shown(path)),
                });
            }
            piece.clear();
            let from = pieces.join(&name);
            let mut file = File::open(&from).map_err(ServerError::file("opening", &from))?;
            file.read_to_end(&mut piece).map_err(ServerError::file("reading", &from))?;
            hasher.update(&piece);
            out.write_all(&piece).map_err(ServerError::file("writing", &partial))?;
        }
        drop(out);
        files::persist(&partial, path)?;
        Ok(hasher.finalize().to_hex().to_string())
    }
}

fn shown(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Names in a folder, in order; those of files that were never finished begin with a dot. A missing folder is empty.
fn names(folder: &Path) -> Result<Vec<String>, ServerError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ServerError::file("reading folder", folder)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(ServerError::file("reading folder", folder))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str = "s";

    fn digest(content: &[u8]) -> String {
        blake3::hash(content).to_hex().to_string()
    }

    fn manifest(content: &[u8]) -> Manifest {
        let table = serde_json::json!({
            "name": "T", "isAssociation": false, "mapping": 1, "file": "T.sorted.csv", "digest": digest(content),
            "stateDigest": "", "rows": 0, "nullKeys": 0, "duplicates": 0, "rejected": 0, "clean": 0, "heldKeys": [],
            "heldUnknown": false, "profile": {}, "problems": [], "rejectedByColumn": {},
        });
        serde_json::from_value(serde_json::json!({
            "session": SESSION, "connector": "C", "mode": "complete", "delivery": "full", "baseDigest": null,
            "newDigest": "", "tables": [table],
        }))
        .unwrap()
    }

    #[test]
    fn pieces_may_come_in_any_order_and_more_than_once() {
        let folder = tempfile::tempdir().unwrap();
        let upload = Upload::new(folder.path().to_owned(), 1 << 30);
        let mut content = vec![b'x'; PIECE];
        content.extend_from_slice(b"the rest");
        let put = |number: u32, piece: &[u8]| {
            upload.put(SESSION, "T.sorted.csv", number, &pack(piece), &digest(piece)).unwrap();
        };
        put(1, b"the rest");
        let missing = upload.join(&manifest(&content)).unwrap_err();
        assert_eq!(missing.to_string(), "session s: piece 0 of T.sorted.csv is missing");
        put(0, &content[..PIECE]);
        put(1, b"the rest");
        assert_eq!(upload.received().unwrap()["T.sorted.csv"], [0, 1]);
        upload.join(&manifest(&content)).unwrap();
        assert_eq!(std::fs::read(folder.path().join("T.sorted.csv")).unwrap(), content);
        upload.join(&manifest(&content)).unwrap();
        assert!(upload.received().unwrap().is_empty());
    }

    #[test]
    fn a_piece_that_would_unpack_to_more_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let upload = Upload::new(folder.path().to_owned(), 1 << 30);
        let bomb = pack(&vec![0; PIECE + 1]);
        assert!(bomb.len() < 64 * 1024);
        let error = upload.put(SESSION, "T.sorted.csv", 0, &bomb, "").unwrap_err();
        assert!(error.to_string().starts_with("session s: piece 0 of T.sorted.csv cannot be unpacked"), "{error}");
        assert!(upload.received().unwrap().is_empty());
    }

    #[test]
    fn what_does_not_fit_its_digest_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let upload = Upload::new(folder.path().to_owned(), PIECE as u64);
        let wrong = upload.put(SESSION, "T.sorted.csv", 0, &pack(b"a"), &digest(b"b")).unwrap_err();
        assert_eq!(wrong.to_string(), "session s: piece 0 of T.sorted.csv is not what its digest says");
        let far = upload.put(SESSION, "T.sorted.csv", 1, &pack(b"a"), &digest(b"a")).unwrap_err();
        assert_eq!(far.to_string(), "session s: T.sorted.csv is larger than 4194304 bytes");
        upload.put(SESSION, "T.sorted.csv", 0, &pack(b"a"), &digest(b"a")).unwrap();
        let other = upload.join(&manifest(b"b")).unwrap_err();
        assert_eq!(other.to_string(), "session s: T.sorted.csv is not what the manifest says; send it again");
        assert!(!folder.path().join("T.sorted.csv").exists());
    }
}
