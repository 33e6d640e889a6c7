//! What the targets share: streams in memory, and the export of one file.

use provost_connectors::{ExportError, ExportMode, ExportReport, ExportRequest, export};
use provost_model::configuration::Connection;
use provost_pipeline::prepare::Outputs;
use provost_pipeline::sort::Spill;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Bytes that can be looked at after they were written.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    /// What was written.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Files in memory by suffix.
#[derive(Default)]
pub struct Files(pub BTreeMap<String, Shared>);

impl Outputs for Files {
    fn create(&mut self, suffix: &str) -> io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(self.0.entry(suffix.to_owned()).or_default().clone()))
    }
}

/// A spill in memory.
pub fn spill() -> io::Result<Box<dyn Spill>> {
    Ok(Box::new(Cursor::new(Vec::new())))
}

/// Gives at most so many bytes at a time, as pipes and networks do.
pub struct Trickle<'a>(pub &'a [u8], pub usize);

impl Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.1.max(1).min(out.len()).min(self.0.len());
        out[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

/// Separators that connections use.
pub fn separator(byte: u8) -> u8 {
    [b',', b';', b'\t', b'|'][usize::from(byte % 4)]
}

/// Exports `content` as the file of a connection into `folder`.
///
/// # Errors
/// As [`export`].
pub fn exported(folder: &Path, package: &str, settings: &Value, content: &[u8]) -> Result<ExportReport, ExportError> {
    std::fs::write(folder.join("source"), content).unwrap();
    let out = folder.join("out");
    std::fs::create_dir_all(&out).unwrap();
    let connection = Connection {
        identifier: "HR".to_owned(),
        connector: "HR".to_owned(),
        package: package.to_owned(),
        ..Connection::default()
    };
    let request = ExportRequest {
        connection: &connection,
        settings,
        mode: ExportMode::Complete,
        force_complete: false,
        output_dir: &out,
        sources_root_paths: &[],
        base_dir: folder,
        tables: &[],
        cookies_dir: None,
    };
    export(&request, &mut |_| {})
}
