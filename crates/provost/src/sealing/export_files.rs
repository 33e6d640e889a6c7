//! Files of the export folder: written sealed when the settings say so, read whether they are sealed or not, because
//! scripts put theirs there, too.

use super::stream::failed;
use super::{MAGIC, Opener, OpeningReader, Sealer, SealingWriter};
use crate::report::{Kind, Report};
use provost_connectors::{Keeping, KeptFile};
use provost_server::Reading;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

/// How the files of the export folder are written and read.
#[derive(Debug)]
pub struct ExportFiles {
    sealer: Option<Sealer>,
    opener: Option<Opener>,
}

impl ExportFiles {
    /// With the certificate and the key of a file, and its password; `seals` says whether what is written is encrypted.
    /// Without a file nothing is.
    ///
    /// # Errors
    /// There is no usable pair in the file.
    pub fn new(pair: Option<(&Path, &str)>, seals: bool) -> Result<ExportFiles, Report> {
        let opener = pair.map(|(file, password)| Opener::read(file, password)).transpose()?;
        let sealer = pair.filter(|_| seals).map(|(file, password)| Sealer::read(file, password)).transpose()?;
        Ok(ExportFiles { sealer, opener })
    }

    fn opened<'a, R: Read + 'a>(&self, file: R) -> io::Result<Box<dyn Read + 'a>> {
        let opener = self.opener.as_ref().ok_or_else(|| failed(no_key()))?;
        let reader: OpeningReader<R> = opener.reader(file).map_err(failed)?;
        Ok(Box::new(reader))
    }
}

impl Keeping for ExportFiles {
    fn write(&self, file: File) -> io::Result<Box<dyn KeptFile>> {
        Ok(match &self.sealer {
            None => Box::new(file),
            Some(sealer) => Box::new(sealer.writer(file).map_err(failed)?),
        })
    }

    fn read(&self, mut file: File) -> io::Result<Box<dyn Read>> {
        if is_sealed(&mut file)? { self.opened(file) } else { Ok(Box::new(file)) }
    }
}

impl KeptFile for SealingWriter<File> {
    fn finish(self: Box<Self>) -> io::Result<File> {
        (*self).finish()
    }
}

impl Reading for ExportFiles {
    fn read<'a>(&self, mut file: &'a File) -> io::Result<Box<dyn Read + 'a>> {
        if is_sealed(&mut file)? { self.opened(file) } else { Ok(Box::new(file)) }
    }
}

/// Whether a file goes on as a sealed one. It stands where it stood.
fn is_sealed(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    let at = file.stream_position()?;
    let mut begin = Vec::new();
    file.by_ref().take(MAGIC.len() as u64).read_to_end(&mut begin)?;
    file.seek(io::SeekFrom::Start(at))?;
    Ok(begin == MAGIC)
}

fn no_key() -> Report {
    Report::new(Kind::Usage, "no-encryption-certificate", "it is encrypted, and nothing here says how to open it")
        .hint("set EncryptionCertificate:File in appsettings.json to the PEM file that it was encrypted for")
}

#[cfg(test)]
mod tests {
    use super::super::tests::pair;
    use super::*;
    use std::io::Write;

    fn text_of(files: &ExportFiles, path: &Path) -> Result<String, String> {
        let file = File::open(path).unwrap();
        let mut text = String::new();
        let read = Reading::read(files, &file).and_then(|mut reader| reader.read_to_string(&mut text));
        read.map(|_| text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_written_sealed_is_read_with_its_key_only_and_plain_files_by_anyone() {
        let folder = tempfile::tempdir().unwrap();
        let [own, other] = ["own.pem", "other.pem"].map(|name| pair(folder.path(), name));
        let (sealing, open) =
            (ExportFiles::new(Some((&own, "")), true).unwrap(), ExportFiles::new(Some((&own, "")), false).unwrap());
        let path = folder.path().join("HR.csv");
        let text: String = (0..20_000).map(|i| format!("{i},name {i}\n")).collect();
        let write = |files: &ExportFiles| {
            let mut file = Keeping::write(files, File::create(&path).unwrap()).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file.finish().unwrap();
        };
        write(&sealing);
        assert!(std::fs::read(&path).unwrap().starts_with(b"PROVOST1"));
        assert_eq!(text_of(&sealing, &path), Ok(text.clone()));
        assert_eq!(text_of(&open, &path), Ok(text.clone()), "sealed before the setting was changed");
        let error = text_of(&ExportFiles::new(Some((&other, "")), true).unwrap(), &path).unwrap_err();
        assert_eq!(error, "it was encrypted for another certificate");
        let error = text_of(&ExportFiles::new(None, true).unwrap(), &path).unwrap_err();
        assert!(error.contains("nothing here says how to open it"), "{error}");
        write(&open);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert_eq!(text_of(&sealing, &path), Ok(text));
    }

    #[test]
    fn a_reader_that_goes_on_after_an_error_never_comes_to_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let own = pair(folder.path(), "own.pem");
        let (mut sealed, opener) = (Vec::new(), Opener::read(&own, "").unwrap());
        Sealer::read(&own, "").unwrap().seal(&[7_u8; 200_000][..], &mut sealed).unwrap();
        sealed.truncate(150_000);
        let mut reader = opener.reader(sealed.as_slice()).unwrap();
        let mut bytes = Vec::new();
        assert!(reader.read_to_end(&mut bytes).is_err());
        assert!(reader.read(&mut [0; 10]).is_err());
    }
}
