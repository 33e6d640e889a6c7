//! The chunks of a sealed file, one after the other.

use super::{KEY, changed, weak};
use crate::report::Report;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use std::io::{self, Read, Write};

pub(super) const CHUNK: usize = 65_536;
pub(super) const TAG: usize = 16;
pub(super) const PREFIX: usize = 7;

/// The key of a file and what belongs to every chunk.
pub(super) struct Chunks {
    key: LessSafeKey,
    header: Vec<u8>,
    prefix: [u8; PREFIX],
    number: u32,
}

impl Chunks {
    pub(super) fn new(key: &[u8], header: Vec<u8>, prefix: [u8; PREFIX]) -> Result<Chunks, Report> {
        debug_assert_eq!(key.len(), KEY);
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).map_err(|_| changed())?);
        Ok(Chunks { key, header, prefix, number: 0 })
    }

    /// The nonce of the next chunk.
    ///
    /// # Errors
    /// There have been as many chunks as there are numbers: 256 TiB.
    fn nonce(&mut self, is_last: bool) -> io::Result<Nonce> {
        let mut nonce = [0; 12];
        nonce[..PREFIX].copy_from_slice(&self.prefix);
        nonce[PREFIX..11].copy_from_slice(&self.number.to_be_bytes());
        nonce[11] = u8::from(is_last);
        self.number = self.number.checked_add(1).ok_or_else(|| failed(weak()))?;
        Ok(Nonce::assume_unique_for_key(nonce))
    }
}

/// Seals what is written to it. Nothing can be read back before [`SealingWriter::finish`].
pub struct SealingWriter<W> {
    chunks: Chunks,
    output: W,
    /// What waits: whether a chunk is the last one is known when more comes.
    waiting: Vec<u8>,
}

impl<W: Write> SealingWriter<W> {
    pub(super) fn new(chunks: Chunks, output: W) -> SealingWriter<W> {
        SealingWriter { chunks, output, waiting: Vec::with_capacity(CHUNK + TAG) }
    }

    fn put(&mut self, is_last: bool) -> io::Result<()> {
        let nonce = self.chunks.nonce(is_last)?;
        let sealed = self.chunks.key.seal_in_place_append_tag(nonce, Aad::from(&self.chunks.header), &mut self.waiting);
        sealed.map_err(|_| failed(weak()))?;
        self.output.write_all(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    /// Writes the last chunk; gives back where it was written to.
    ///
    /// # Errors
    /// Writing fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.put(true)?;
        Ok(self.output)
    }
}

impl<W: Write> Write for SealingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.waiting.len() == CHUNK && !bytes.is_empty() {
            self.put(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// Brings whole chunks to the disk; what waits stays.
    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Opens what is read through it.
pub struct OpeningReader<R> {
    chunks: Chunks,
    input: R,
    /// The next sealed chunk; `None` when the last one is open.
    next: Option<Vec<u8>>,
    open: Vec<u8>,
    at: usize,
}

impl<R: Read> OpeningReader<R> {
    pub(super) fn new(chunks: Chunks, mut input: R) -> io::Result<OpeningReader<R>> {
        let next = Some(take(&mut input, CHUNK + TAG)?);
        Ok(OpeningReader { chunks, input, next, open: Vec::new(), at: 0 })
    }

    /// Opens the next chunk. The chunk after it says whether it is the last one.
    fn advance(&mut self, mut chunk: Vec<u8>) -> io::Result<()> {
        let next = if chunk.len() < CHUNK + TAG { Vec::new() } else { take(&mut self.input, CHUNK + TAG)? };
        let nonce = self.chunks.nonce(next.is_empty())?;
        let open = self.chunks.key.open_in_place(nonce, Aad::from(&self.chunks.header), &mut chunk);
        let length = open.map_err(|_| failed(changed()))?.len();
        chunk.truncate(length);
        (self.open, self.at) = (chunk, 0);
        self.next = Some(next).filter(|next| !next.is_empty());
        Ok(())
    }
}

impl<R: Read> Read for OpeningReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.open.len() {
            let Some(chunk) = self.next.take() else { return Ok(0) };
            // Whoever reads on after an error must not take it for the end: an empty chunk cannot be opened either.
            self.advance(chunk).inspect_err(|_| self.next = Some(Vec::new()))?;
        }
        let length = buffer.len().min(self.open.len() - self.at);
        buffer[..length].copy_from_slice(&self.open[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// A report on its way through a stream.
pub(super) fn failed(report: Report) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, report)
}

/// At most `length` bytes; fewer at the end only.
pub(super) fn take(input: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length + TAG);
    input.by_ref().take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
