//! `provost protect-certificate-password`: a password of a key file that does not lie open in settings.

use super::Run;
use crate::context::Context;
use crate::keys;
use crate::output::print;
use crate::report::{Exit, Kind, Report};
use clap::Args;

/// Write the password of a certificate so that it does not lie open in settings
///
/// What is printed may stand in EncryptionCertificate:Password, Https:KeyPassword and --certificate-password. Whoever has
/// the program can read it: to keep it from others, take it from a file or a vault ({ "File": … }).
#[derive(Args, Debug)]
pub(crate) struct ProtectCertificatePassword {
    /// The password. Other users of this machine can see it here while the command runs (default: standard input)
    #[arg(long, value_name = "TEXT")]
    pfx_password: Option<String>,
}

impl Run for ProtectCertificatePassword {
    const NAME: &'static str = "protect-certificate-password";
    const ORIGINALS: &'static [&'static str] = &["Protect-CertificatePassword"];
    const EXAMPLES: &'static str = "\
Examples:
  provost protect-certificate-password --pfx-password secret
  provost protect-certificate-password < password.txt";

    fn run(self, _context: &Context) -> Result<Exit, Report> {
        let password = match self.pfx_password {
            Some(password) => password,
            None => read()?,
        };
        let hidden = keys::hide(&password)
            .ok_or_else(|| Report::new(Kind::Error, "encryption", "the machine refused to encrypt"))?;
        print(&format!("{hidden}\n"))?;
        Ok(Exit::Done)
    }
}

/// The first line of standard input.
fn read() -> Result<String, Report> {
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    read.map_err(|error| Report::new(Kind::Error, "input", format!("standard input cannot be read: {error}")))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
