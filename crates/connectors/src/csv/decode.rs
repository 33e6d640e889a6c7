//! Source bytes as UTF-8.

use crate::error::ExportError;
use crate::records::Input;
use crate::source::Source;
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::path::PathBuf;

const BUFFER: usize = 256 * 1024;

/// The encoding of this name: those of the WHATWG (`utf-8`, `utf-16`, `windows-1252`, `iso-8859-15`, …) and a few
/// spellings that people use.
pub(crate) fn encoding(name: &str) -> Option<&'static Encoding> {
    let name = name.trim();
    match name.to_ascii_lowercase().as_str() {
        "utf-8-bom" | "utf8-bom" | "utf-8-sig" => Some(UTF_8),
        "utf-16-le" | "utf16le" | "utf16" => Some(UTF_16LE),
        "utf-16-be" | "utf16be" | "unicodefffe" => Some(UTF_16BE),
        _ => Encoding::for_label(name.as_bytes()),
    }
}

/// Reads a source as UTF-8. A byte order mark is left out and wins over the encoding that was asked for. UTF-8 is not
/// looked at: what is wrong in it stays, for the step that can hold back single rows.
pub(crate) struct Utf8Source {
    source: Source,
    raw: Vec<u8>,
    start: usize,
    filled: usize,
    decoder: Option<Decoder>,
    /// Offset in the file of the byte at `start`.
    offset: u64,
    line: u64,
    ended: bool,
    finished: bool,
}

impl Utf8Source {
    pub(super) fn new(source: Source, wanted: &'static Encoding) -> Result<Utf8Source, ExportError> {
        let raw = vec![0; BUFFER];
        let mut input = Utf8Source {
            source,
            raw,
            start: 0,
            filled: 0,
            decoder: None,
            offset: 0,
            line: 1,
            ended: false,
            finished: false,
        };
        while input.filled < 3 && !input.ended {
            input.read_raw()?;
        }
        let (found, mark) = Encoding::for_bom(&input.raw[..input.filled]).unwrap_or((wanted, 0));
        input.start = mark;
        input.offset = mark as u64;
        input.decoder = (found != UTF_8).then(|| found.new_decoder_without_bom_handling());
        Ok(input)
    }

    /// Whether bytes are handed over as they are in the file.
    pub(super) fn is_verbatim(&self) -> bool {
        self.decoder.is_none()
    }

    /// The file.
    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// Adds to the raw bytes.
    fn read_raw(&mut self) -> Result<(), ExportError> {
        let read = self.source.read(&mut self.raw[self.filled..])?;
        self.filled += read;
        self.ended = read == 0;
        Ok(())
    }

    fn fill_verbatim(&mut self, buffer: &mut [u8]) -> Result<usize, ExportError> {
        if self.start == self.filled {
            return self.source.read(buffer);
        }
        let count = buffer.len().min(self.filled - self.start);
        buffer[..count].copy_from_slice(&self.raw[self.start..self.start + count]);
        self.start += count;
        Ok(count)
    }

    /// Decodes until something comes out. The buffer has room for at least one character.
    fn fill_decoded(&mut self, buffer: &mut [u8]) -> Result<usize, ExportError> {
        let mut written_in_all = 0;
        while written_in_all == 0 && !self.finished {
            if self.start == self.filled && !self.ended {
                (self.start, self.filled) = (0, 0);
                self.read_raw()?;
            }
            let Some(decoder) = self.decoder.as_mut() else {
                break;
            };
            let raw = &self.raw[self.start..self.filled];
            let (result, read, written) = decoder.decode_to_utf8_without_replacement(raw, buffer, self.ended);
            self.line += memchr::memchr_iter(b'\n', &buffer[..written]).count() as u64;
            self.start += read;
            self.offset += read as u64;
            written_in_all += written;
            match result {
                DecoderResult::Malformed(wrong, after) => {
                    return Err(ExportError::Undecodable {
                        path: self.source.path.clone(),
                        encoding: decoder.encoding().name().to_owned(),
                        line: self.line,
                        offset: self.offset - u64::from(wrong) - u64::from(after),
                    });
                }
                DecoderResult::InputEmpty => self.finished = self.ended,
                DecoderResult::OutputFull => break,
            }
        }
        Ok(written_in_all)
    }
}

impl Input for Utf8Source {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ExportError> {
        if self.decoder.is_none() { self.fill_verbatim(buffer) } else { self.fill_decoded(buffer) }
    }

    fn path(&self) -> PathBuf {
        self.source.path.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_found_by_their_usual_names() {
        let name = |text| encoding(text).map(Encoding::name);
        assert_eq!(name("UTF-8"), Some("UTF-8"));
        assert_eq!(name("utf-16"), Some("UTF-16LE"));
        assert_eq!(name("UnicodeFFFE"), Some("UTF-16BE"));
        assert_eq!(name("Windows-1252"), Some("windows-1252"));
        assert_eq!(name("iso-8859-15"), Some("ISO-8859-15"));
        assert_eq!(name("utf-9"), None);
    }
}
