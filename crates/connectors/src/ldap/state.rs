//! How far exports by cookie came: the cookie of the server, which entries are known, and their pairs.
//!
//! A server says what is there now, not what was there before. Telling a new entry from a changed one, an entry that
//! is gone, and the pairs that a changed entry no longer has, needs what the last export saw. It is a file of records,
//! read and written from front to back.

use crate::cookies;
use crate::error::ExportError;
use crate::keeping::{Keeping, KeptFile};
use provost_model::fault;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// What identifies an entry for good.
pub(crate) type Id = [u8; 16];

/// Another one than that of sealed files: a cookie that is not encrypted must not pass for one that is.
const MAGIC: &[u8; 8] = b"COOKIES1";
/// The longest value that is believed.
const LONGEST: u32 = 256 * 1024 * 1024;

/// What a state was made with. With other settings or mappings it means something else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// What the cookie belongs to: server, base, filter, columns.
    pub(crate) scope: String,
    /// The cookie, as the server gave it.
    pub(crate) cookie: Vec<u8>,
}

/// One known entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) id: Id,
    pub(crate) dn: String,
    /// For each table of pairs, the values.
    pub(crate) links: Vec<Vec<Vec<u8>>>,
}

/// Reads a state.
pub(crate) struct Old {
    path: PathBuf,
    input: BufReader<Box<dyn Read>>,
    pub(crate) header: Header,
    links: usize,
}

impl Old {
    /// Opens the state of a connection; nothing when there is none.
    pub(crate) fn open(path: &Path, links: usize, keeping: &dyn Keeping) -> Result<Option<Old>, ExportError> {
        let file = match File::open(path).and_then(|file| keeping.read(file)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(wrong(path, &error)),
        };
        let mut input = BufReader::with_capacity(256 * 1024, file);
        let mut magic = [0; 8];
        let header = input.read_exact(&mut magic).and_then(|()| {
            if &magic != MAGIC {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no cookie of this program"));
            }
            serde_json::from_slice(&bytes(&mut input)?).map_err(io::Error::from)
        });
        let header = header.map_err(|error| wrong(path, &error))?;
        Ok(Some(Old { path: path.to_owned(), input, header, links }))
    }

    /// The next known entry.
    pub(crate) fn next(&mut self) -> Result<Option<Known>, ExportError> {
        let mut id = [0; 16];
        match self.input.read(&mut id[..1]) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(wrong(&self.path, &error)),
        }
        let read = self.input.read_exact(&mut id[1..]).and_then(|()| {
            let dn = String::from_utf8(bytes(&mut self.input)?);
            let dn = dn.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            let links = (0..self.links).map(|_| values(&mut self.input)).collect::<io::Result<_>>()?;
            Ok(Known { id, dn, links })
        });
        read.map(Some).map_err(|error| wrong(&self.path, &error))
    }

    /// The ids of all that follow.
    pub(crate) fn ids(mut self) -> Result<HashSet<Id>, ExportError> {
        let mut ids = HashSet::new();
        while let Some(known) = self.next()? {
            ids.insert(known.id);
        }
        Ok(ids)
    }
}

fn wrong(path: &Path, error: &io::Error) -> ExportError {
    ExportError::Cookie { path: path.to_owned(), detail: format!("it cannot be read: {error}") }
}

fn number(input: &mut impl Read) -> io::Result<u32> {
    let mut octets = [0; 4];
    input.read_exact(&mut octets)?;
    Ok(u32::from_le_bytes(octets))
}

fn bytes(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let length = number(input)?;
    if length > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a length makes no sense"));
    }
    let mut bytes = Vec::new();
    let read = input.take(u64::from(length)).read_to_end(&mut bytes)?;
    if read == length as usize { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn values(input: &mut impl Read) -> io::Result<Vec<Vec<u8>>> {
    let count = number(input)?;
    (0..count).map(|_| bytes(input)).collect()
}

/// Writes a state beside its place. Dropped before it is committed, it disappears.
pub(crate) struct New {
    path: PathBuf,
    partial: Partial,
    output: BufWriter<Box<dyn KeptFile>>,
}

/// A file that disappears with whoever needed it.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // Nothing depends on it: a leftover is overwritten by the next export.
        let _ = fs::remove_file(&self.0);
    }
}

impl New {
    /// Begins the body of a state; the header is written last, because the cookie comes last.
    pub(crate) fn create(path: &Path, keeping: &dyn Keeping) -> Result<New, ExportError> {
        let partial = path.with_extension("bin.partial");
        let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create(&partial));
        let file = made.and_then(|file| keeping.write(file));
        let file = file.map_err(|source| ExportError::Write { path: partial.clone(), source })?;
        let output = BufWriter::with_capacity(256 * 1024, file);
        Ok(New { path: path.to_owned(), partial: Partial(partial), output })
    }

    pub(crate) fn put(&mut self, known: &Known) -> Result<(), ExportError> {
        let output = &mut self.output;
        let written = output.write_all(&known.id).and_then(|()| {
            put_bytes(output, known.dn.as_bytes())?;
            for values in &known.links {
                output.write_all(&length(values.len())?)?;
                values.iter().try_for_each(|value| put_bytes(output, value))?;
            }
            Ok(())
        });
        written.map_err(|source| ExportError::Write { path: self.partial.0.clone(), source })
    }

    /// Writes the header in front of the body, ready to be committed.
    pub(crate) fn finish(self, header: &Header, keeping: &dyn Keeping) -> Result<Finished, ExportError> {
        let New { path, partial, output } = self;
        let finished = Finished { whole: path.with_extension("bin.new"), path };
        let written = output.into_inner().map_err(io::IntoInnerError::into_error).and_then(|body| {
            body.finish()?;
            let mut output = keeping.write(File::create(&finished.whole)?)?;
            output.write_all(MAGIC)?;
            put_bytes(&mut output, &serde_json::to_vec(header)?)?;
            io::copy(&mut keeping.read(File::open(&partial.0)?)?, &mut output)?;
            output.finish()?.sync_all()
        });
        written.map_err(|source| ExportError::Write { path: finished.whole.clone(), source })?;
        Ok(finished)
    }
}

fn length(length: usize) -> io::Result<[u8; 4]> {
    let length = u32::try_from(length).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(length.to_le_bytes())
}

fn put_bytes(output: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    output.write_all(&length(bytes.len())?)?;
    output.write_all(bytes)
}

/// A state that takes its place when the tables have taken theirs, and counts when they are accepted.
#[derive(Debug)]
pub(crate) struct Finished {
    path: PathBuf,
    whole: PathBuf,
}

impl Finished {
    /// Lets the state wait for the preparation of what it says was exported, which must be there already.
    pub(crate) fn commit(self, connector: &str) -> Result<(), ExportError> {
        fault::point("export.before-cookie");
        let place = cookies::exported(&self.path, connector);
        let made = place.parent().map_or(Ok(()), fs::create_dir_all);
        let moved = made.and_then(|()| fs::rename(&self.whole, &place));
        moved.map_err(|source| ExportError::Write { path: place, source })
    }
}

impl Drop for Finished {
    fn drop(&mut self) {
        // After the commit there is none.
        let _ = fs::remove_file(&self.whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeping::AsTheyAre;
    use proptest::prelude::*;

    fn write(path: &Path, header: &Header, all: &[Known]) {
        let mut new = New::create(path, &AsTheyAre).unwrap();
        all.iter().for_each(|known| new.put(known).unwrap());
        new.finish(header, &AsTheyAre).unwrap().commit("AD").unwrap();
        let folder = path.parent().unwrap();
        crate::begin_cookies(folder, "AD").unwrap();
        crate::accept_cookies(folder, "AD").unwrap();
    }

    #[test]
    fn a_state_that_is_not_committed_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cookies/AD_cookie.bin");
        let header = |cookie: &[u8]| Header { scope: "s".to_owned(), cookie: cookie.to_vec() };
        write(&path, &header(b"1"), &[]);
        drop(New::create(&path, &AsTheyAre).unwrap().finish(&header(b"2"), &AsTheyAre).unwrap());
        drop(New::create(&path, &AsTheyAre).unwrap());
        assert_eq!(Old::open(&path, 0, &AsTheyAre).unwrap().unwrap().header, header(b"1"));
        let files =
            fs::read_dir(path.parent().unwrap()).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file());
        assert_eq!(files.count(), 1);
        assert!(Old::open(&folder.path().join("none.bin"), 0, &AsTheyAre).unwrap().is_none());
    }

    #[test]
    fn what_is_no_state_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x_cookie.bin");
        for content in [&b"rubbish"[..], b"COOKIES1\xff\xff\xff\xff", b"COOKIES1\x05\0\0\0{"] {
            fs::write(&path, content).unwrap();
            let error = Old::open(&path, 0, &AsTheyAre).err().unwrap();
            assert!(error.to_string().contains("x_cookie.bin: it cannot be read"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(
            records in prop::collection::vec((any::<Id>(), ".{0,20}", prop::collection::vec(
                prop::collection::vec(prop::collection::vec(any::<u8>(), 0..5), 0..4), 2..3)), 0..8)
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x.bin");
            let all: Vec<Known> = records.into_iter().map(|(id, dn, links)| Known { id, dn, links }).collect();
            write(&path, &Header::default(), &all);
            let mut old = Old::open(&path, 2, &AsTheyAre).unwrap().unwrap();
            let mut read = Vec::new();
            while let Some(known) = old.next().unwrap() {
                read.push(known);
            }
            prop_assert_eq!(read, all);
        }
    }
}
