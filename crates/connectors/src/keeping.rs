//! How the files of the export folder are kept: as they are, or encrypted by whoever has the key.

use std::fmt::Debug;
use std::fs::File;
use std::io::{self, Read, Write};

/// How the files of the export folder are kept.
pub trait Keeping: Debug + Sync {
    /// What writes a table into a new file.
    ///
    /// # Errors
    /// It cannot begin.
    fn write(&self, file: File) -> io::Result<Box<dyn KeptFile>>;

    /// What reads a table that [`Keeping::write`] has written.
    ///
    /// # Errors
    /// It is not such a file.
    fn read(&self, file: File) -> io::Result<Box<dyn Read>>;
}

/// A file that is being written.
pub trait KeptFile: Write {
    /// Writes what is still held back; gives back the file.
    ///
    /// # Errors
    /// Writing fails.
    fn finish(self: Box<Self>) -> io::Result<File>;
}

/// Files that anybody with the right to them can read.
#[derive(Clone, Copy, Debug)]
pub struct AsTheyAre;

impl Keeping for AsTheyAre {
    fn write(&self, file: File) -> io::Result<Box<dyn KeptFile>> {
        Ok(Box::new(file))
    }

    fn read(&self, file: File) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(file))
    }
}

impl KeptFile for File {
    fn finish(self: Box<Self>) -> io::Result<File> {
        Ok(*self)
    }
}
