//! `provost decrypt-file`: opens what was encrypted for a certificate.

use super::Run;
use super::encrypt_file::{CertificateOption, whole};
use crate::context::Context;
use crate::home::ensure_folder;
use crate::report::{Exit, Report};
use crate::sealing::Opener;
use clap::Args;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Open files that were encrypted for a certificate, with its private key
#[derive(Args, Debug)]
pub(crate) struct DecryptFile {
    /// Files to open
    #[arg(short, long, value_name = "PATH", num_args = 1.., required = true)]
    files: Vec<PathBuf>,

    /// File to write, or a folder when several files are opened (default: standard output)
    #[arg(short, long, value_name = "PATH")]
    output_path: Option<PathBuf>,

    /// Accepted as the original has it; what was encrypted comes back byte by byte
    #[arg(short, long, value_name = "NAME", hide = true)]
    encoding: Option<String>,

    #[command(flatten)]
    certificate: CertificateOption,
}

impl Run for DecryptFile {
    const NAME: &'static str = "decrypt-file";
    const ORIGINALS: &'static [&'static str] = &["Decrypt-File"];
    const EXAMPLES: &'static str = "\
Examples:
  provost decrypt-file --files persons.csv.sealed
  provost decrypt-file --files a.csv b.csv --output-path open --certificate-file encryption.pem";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        if self.encoding.is_some() {
            tracing::warn!("--encoding does nothing: what was encrypted comes back byte by byte");
        }
        let opener = self.certificate.opener(context)?;
        match (&self.output_path, self.files.as_slice()) {
            (None, files) => {
                for file in files {
                    opener.open(source(file)?, std::io::stdout().lock()).map_err(|report| named(report, file))?;
                }
            }
            (Some(output), [file]) if !output.is_dir() => open(&opener, file, output)?,
            (Some(output), files) => {
                ensure_folder(output)?;
                for file in files {
                    let name = file.file_name().ok_or_else(|| Report::usage("file", "a file has no name"))?;
                    open(&opener, file, &output.join(name))?;
                }
            }
        }
        Ok(Exit::Done)
    }
}

fn source(file: &Path) -> Result<File, Report> {
    File::open(file).map_err(|error| Report::io("read", file, &error))
}

fn open(opener: &Opener, from: &Path, to: &Path) -> Result<(), Report> {
    let source = source(from)?;
    whole(to, |out| opener.open(source, out)).map_err(|report| named(report, from))
}

fn named(mut report: Report, file: &Path) -> Report {
    report.text = format!("{} cannot be opened: {}", file.display(), report.text);
    report
}
