//! The comparison of a cleansed file with `previous`, inside the prepare step.

use crate::error::ServerError;
use crate::files;
use crate::manifest::{Manifest, Table};
use crate::options::PrepareOptions;
use crate::previous::Previous;
use provost_pipeline::delta::{self, Delta, DeltaError, Generation, Outlets};
use provost_pipeline::prepare::{self, Prepared, TableSpec};
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Writes `<name>.sorted.delta`, and lets the table carry it instead of the full file.
pub(crate) fn compare(
    spec: &TableSpec,
    prepared: &Prepared,
    options: &PrepareOptions,
    previous: Option<&Manifest>,
    table: &mut Table,
) -> Result<(), ServerError> {
    let delta = run(spec, prepared, options, previous, table.mapping, true)?;
    table.file = format!("{}{}", spec.name, prepare::DELTA);
    table.digest = delta.delta.map(|w| files::hex(&w.digest)).unwrap_or_default();
    keep_carried(spec, options, &delta, table)
}

/// Lets the new `previous` keep the records that unreadable rows stand for.
pub(crate) fn carry_forward(
    spec: &TableSpec,
    prepared: &Prepared,
    options: &PrepareOptions,
    previous: Option<&Manifest>,
    table: &mut Table,
) -> Result<(), ServerError> {
    if previous.is_none() {
        return Ok(());
    }
    match run(spec, prepared, options, previous, table.mapping, false) {
        Ok(delta) => {
            keep_carried(spec, options, &delta, table)?;
            table.digest.clone_from(&table.state_digest);
            Ok(())
        }
        // A complete run does not depend on `previous`: what cannot be carried is still held by the repository.
        Err(ServerError::CompleteNeeded { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

fn keep_carried(
    spec: &TableSpec,
    options: &PrepareOptions,
    delta: &Delta,
    table: &mut Table,
) -> Result<(), ServerError> {
    let carried = options.working.join(format!("{}.carried.partial", spec.name));
    match delta.carried {
        Some(written) => {
            files::persist(&carried, &options.working.join(format!("{}{}", spec.name, prepare::SORTED)))?;
            table.state_digest = files::hex(&written.digest);
            Ok(())
        }
        None => files::remove_if_there(&carried),
    }
}

fn run(
    spec: &TableSpec,
    prepared: &Prepared,
    options: &PrepareOptions,
    previous: Option<&Manifest>,
    mapping: u64,
    with_delta: bool,
) -> Result<Delta, ServerError> {
    let working = options.working.as_path();
    let sorted = working.join(format!("{}{}", spec.name, prepare::SORTED));
    let new = Generation { source: open(&sorted)?, digest: Some(prepared.digest) };
    let old = match previous.map(|manifest| manifest.table(&spec.name)) {
        None => None,
        Some(None) => {
            return Err(ServerError::CompleteNeeded {
                message: format!("`previous` does not know {}: the mapping has changed since", spec.name),
            });
        }
        // Equal rows would pass for unchanged although they mean something else now.
        Some(Some(known)) if known.mapping != mapping => {
            return Err(ServerError::CompleteNeeded {
                message: format!("the mapping of {} has changed since `previous` was made", spec.name),
            });
        }
        Some(Some(known)) => {
            let path = Previous::new(working, &options.connector).folder().join(&known.file);
            let digest = blake3::Hash::from_hex(&known.digest).map_err(|_| ServerError::CompleteNeeded {
                message: format!("`previous` of {} has no valid digest", spec.name),
            })?;
            Some(Generation { source: open(&path)?, digest: Some(digest.into()) })
        }
    };
    let delta_path = working.join(format!("{}{}", spec.name, prepare::DELTA));
    let delta_partial = working.join(format!("{}{}.partial", spec.name, prepare::DELTA));
    let carried = working.join(format!("{}.carried.partial", spec.name));
    let outlets = Outlets {
        delta: if with_delta { Some(create(&delta_partial)?) } else { None },
        carried: if prepared.held.is_empty() { None } else { Some(create(&carried)?) },
    };
    let found = delta::delta(spec.kind, old, new, &prepared.held, outlets)
        .map_err(|error| delta_error(spec, &delta_path, error))?;
    if with_delta {
        files::persist(&delta_partial, &delta_path)?;
    }
    Ok(found)
}

fn open(path: &Path) -> Result<File, ServerError> {
    File::open(path).map_err(ServerError::file("opening", path))
}

fn create(path: &Path) -> Result<Box<dyn Write + Send>, ServerError> {
    Ok(Box::new(File::create(path).map_err(ServerError::file("making", path))?))
}

fn delta_error(spec: &TableSpec, path: &Path, error: DeltaError) -> ServerError {
    if error.demands_complete() {
        return ServerError::CompleteNeeded { message: format!("{}: {error}", spec.name) };
    }
    match error {
        DeltaError::Read { source, .. } => ServerError::Io(source),
        DeltaError::Write { source, .. } => ServerError::file("writing", path)(source),
        other => ServerError::CompleteNeeded { message: other.to_string() },
    }
}
