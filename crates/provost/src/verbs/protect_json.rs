//! `provost protect-x509-json-file` and `protect-x509-json-value`: settings for the holder of a certificate.

use super::Run;
use super::encrypt_file::{CertificateOption, whole};
use crate::context::Context;
use crate::output::print;
use crate::report::{Exit, Kind, Report};
use crate::sealing::Sealer;
use clap::Args;
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;

/// Encrypt every value of a settings file, and keep its names
///
/// The result is what appsettings.encrypted.agent.json holds: it is read after appsettings.agent.json, and its values
/// win. The private key stays in the file of EncryptionCertificate:File.
#[derive(Args, Debug)]
pub(crate) struct ProtectFile {
    /// Settings in the clear
    #[arg(long, value_name = "PATH")]
    input_json_file_path: PathBuf,

    /// File to write
    #[arg(long, value_name = "PATH")]
    output_json_file_path: PathBuf,

    #[command(flatten)]
    certificate: CertificateOption,
}

impl Run for ProtectFile {
    const NAME: &'static str = "protect-x509-json-file";
    const ORIGINALS: &'static [&'static str] = &["Protect-X509JsonFile"];
    const EXAMPLES: &'static str = "\
Examples:
  provost protect-x509-json-file --input-json-file-path secrets.json --output-json-file-path \
appsettings.encrypted.agent.json";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let sealer = self.certificate.sealer(context)?;
        let path = &self.input_json_file_path;
        let text = std::fs::read_to_string(path).map_err(|error| Report::io("read", path, &error))?;
        let open: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
            Report::new(Kind::Usage, "invalid-json", format!("{} is not JSON: {error}", path.display()))
                .hint("write { \"Name\": value, … }")
        })?;
        let sealed = protect(&sealer, open)?;
        whole(&self.output_json_file_path, |out| {
            let written = writeln!(out, "{sealed:#}").and_then(|()| out.flush());
            written.map_err(|error| Report::io("write", &self.output_json_file_path, &error))
        })?;
        Ok(Exit::Done)
    }
}

fn protect(sealer: &Sealer, value: Value) -> Result<Value, Report> {
    Ok(match value {
        Value::Object(members) => {
            let sealed = members.into_iter().map(|(name, value)| Ok((name, protect(sealer, value)?)));
            Value::Object(sealed.collect::<Result<_, Report>>()?)
        }
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| protect(sealer, item)).collect::<Result<_, _>>()?)
        }
        Value::Null => Value::Null,
        Value::String(text) => Value::from(sealer.seal_text(&text)?),
        other => Value::from(sealer.seal_text(&other.to_string())?),
    })
}

/// Encrypt single values of settings, and print them
///
/// Other users of this machine can see what stands on a command line while it runs: rather encrypt a file.
#[derive(Args, Debug)]
pub(crate) struct ProtectValue {
    /// Values in the clear
    #[arg(long, value_name = "TEXT", num_args = 1.., required = true)]
    values: Vec<String>,

    #[command(flatten)]
    certificate: CertificateOption,
}

impl Run for ProtectValue {
    const NAME: &'static str = "protect-x509-json-value";
    const ORIGINALS: &'static [&'static str] = &["Protect-X509JsonValue"];
    const EXAMPLES: &'static str = "\
Examples:
  provost protect-x509-json-value --values first second --certificate-file encryption.pem";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let sealer = self.certificate.sealer(context)?;
        for value in &self.values {
            print(&format!("{}\n", sealer.seal_text(value)?))?;
        }
        Ok(Exit::Done)
    }
}
