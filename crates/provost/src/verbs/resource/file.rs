//! `provost resource file`.

use super::{Which, scalars};
use crate::context::Context;
use crate::report::Report;
use crate::repository::{entity_type, metadata, open};
use clap::Args;
use provost_model::configuration::PropertyType;
use provost_model::metadata::EntityType;
use provost_model::nearest;
use provost_server::content_bytes;
use std::io::Write;
use std::path::PathBuf;

/// Write a file that a resource holds, such as a photo
#[derive(Args, Debug)]
pub(super) struct File {
    #[command(flatten)]
    which: Which,

    /// Identifier of a Binary property
    property: String,

    /// Where to write it; without it, to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl File {
    pub(super) fn run(&self, context: &Context) -> Result<(), Report> {
        let (_, store) = open(context)?;
        let content = store.read(|tx| {
            let metadata = metadata(tx)?;
            let of = entity_type(&metadata, &self.which.entity_type)?;
            let property = scalars(of)
                .find(|p| p.kind == PropertyType::Binary && p.identifier == self.property)
                .ok_or_else(|| unknown(of, &self.property))?;
            let version = self.which.find(tx, &metadata)?;
            match property.slot.and_then(|slot| version.value(slot)) {
                Some(digest) => Ok(tx.resource_file(digest)?),
                None => Ok::<_, Report>(None),
            }
        })?;
        let content = content.ok_or_else(|| {
            Report::usage("no-file", format!("{} holds no file in {}", self.which.key, self.property))
        })?;
        let bytes = content_bytes(&content);
        match &self.output {
            Some(path) => std::fs::write(path, bytes)
                .map_err(|error| Report::usage("output", format!("writing {}: {error}", path.display()))),
            None => std::io::stdout()
                .write_all(&bytes)
                .map_err(|error| Report::usage("output", format!("writing to standard output: {error}"))),
        }
    }
}

fn unknown(of: &EntityType, name: &str) -> Report {
    let files = || scalars(of).filter(|p| p.kind == PropertyType::Binary).map(|p| p.identifier.as_str());
    let report = Report::usage("unknown-property", format!("{} has no Binary property {name}", of.identifier));
    match nearest::one(name, files()) {
        Some(near) => report.hint(format!("did you mean {near}?")),
        None => {
            let known: Vec<&str> = files().collect();
            report.hint(match known.is_empty() {
                true => "none of its properties holds files".to_owned(),
                false => format!("it has {}", known.join(", ")),
            })
        }
    }
}
