//! Documented options that this version recognises but does not act on: using one is refused, never ignored.

use crate::report::Report;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches};

/// A documented option without effect yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Later {
    long: &'static str,
    short: Option<char>,
    takes_value: bool,
    about: &'static str,
}

/// An option with a value.
pub(crate) const fn value(long: &'static str, about: &'static str) -> Later {
    Later { long, short: None, takes_value: true, about }
}

/// A switch.
pub(crate) const fn switch(long: &'static str, about: &'static str) -> Later {
    Later { long, short: None, takes_value: false, about }
}

/// The server to work with over the network, instead of the local home folder.
pub(crate) const API: &[Later] = &[
    value("api-url", "Address of a server to work with instead of the local home folder"),
    value("api-client-id", "Login at that server"),
    value("api-secret", "Password at that server"),
];

/// The certificate that encrypts exported and collected files.
pub(crate) const FILE_CERTIFICATE: &[Later] = &[
    value("file-cert-thumbprint", "Certificate for encrypted files, by thumbprint"),
    value("file-cert-dn", "The same, by distinguished name"),
    value("file-cert-store-location", "Store that holds it"),
    value("file-cert-store-name", "Name of that store"),
    value("file-cert-file", "The same, as a file"),
    value("file-cert-password", "Password of that file"),
];

impl Later {
    /// The same with a one-letter form.
    pub(crate) const fn short(mut self, letter: char) -> Later {
        self.short = Some(letter);
        self
    }

    /// As an option of the parser, shown in the long help only.
    pub(crate) fn arg(&self) -> Arg {
        let arg = Arg::new(self.long)
            .long(self.long)
            .value_name("VALUE")
            .help(self.about)
            .help_heading("Recognised, but not available yet in this version")
            .hide_short_help(true)
            .action(if self.takes_value { ArgAction::Set } else { ArgAction::SetTrue });
        match self.short {
            Some(letter) => arg.short(letter),
            None => arg,
        }
    }

    /// Refuses it when it was typed.
    pub(crate) fn refuse(&self, matches: &ArgMatches) -> Result<(), Report> {
        if matches.value_source(self.long) != Some(ValueSource::CommandLine) {
            return Ok(());
        }
        let hint = match self.long.starts_with("api-") {
            true => "without it, the command works on the local home folder (--home DIR)",
            false => "leave it out",
        };
        Err(Report::not_yet(&format!("--{}", self.long)).hint(hint))
    }
}
