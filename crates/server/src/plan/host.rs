//! The server side of a prepare that only a plan reads.

use crate::collect::{self, Progress};
use crate::error::ServerError;
use crate::exchange::{OpenRequest, Opened, PrepareMapping, SessionHost};
use crate::files;
use crate::folders::Folders;
use crate::manifest::{Delivery, Manifest};
use crate::mapping::ConnectorMapping;
use crate::options::{PrepareOptions, Reading};
use crate::previous::write_manifest;
use provost_model::metadata::Metadata;
use provost_model::summary::Mode;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Keeps the session beside the files instead of in the repository.
struct PlanHost<'a> {
    mapping: PrepareMapping,
    folders: &'a Folders,
    sealed: RefCell<Option<Manifest>>,
}

/// Prepares the tables of a connector in folders of a plan, with the mapping of a configuration that need not be
/// deployed.
///
/// # Errors
/// As [`crate::prepare`].
pub fn prepare(
    metadata: &Metadata,
    folders: &Folders,
    connector: &str,
    sources: PathBuf,
    reading: Arc<dyn Reading>,
    progress: &dyn Progress,
) -> Result<Manifest, ServerError> {
    let mapping = PrepareMapping::of(&ConnectorMapping::new(metadata, connector)?);
    let host = PlanHost { mapping, folders, sealed: RefCell::default() };
    let options = PrepareOptions {
        connector: connector.to_owned(),
        mode: Mode::Complete,
        delivery: Delivery::Full,
        command_column: String::new(),
        sources,
        working: folders.collect(),
        reading,
    };
    collect::prepare(&host, &options, progress)?;
    host.sealed.into_inner().ok_or_else(|| ServerError::Session {
        session: String::new(),
        message: format!("connector {connector} was not prepared"),
    })
}

impl SessionHost for PlanHost<'_> {
    fn mapping(&self, _connector: &str) -> Result<PrepareMapping, ServerError> {
        Ok(self.mapping.clone())
    }

    fn is_accepted(&self, _session: &str) -> Result<bool, ServerError> {
        Ok(false)
    }

    fn open(&self, request: &OpenRequest) -> Result<Opened, ServerError> {
        let folder = self.folders.session(&request.session);
        std::fs::create_dir_all(&folder).map_err(ServerError::file("making folder", &folder))?;
        Ok(Opened { base_digest: None, sealed: None })
    }

    fn upload(&self, working: &Path, manifest: &Manifest) -> Result<(), ServerError> {
        let folder = self.folders.session(&manifest.session);
        for table in &manifest.tables {
            files::link_or_copy(&working.join(&table.file), &folder.join(&table.file))?;
        }
        Ok(())
    }

    fn seal(&self, manifest: &Manifest) -> Result<(), ServerError> {
        write_manifest(&self.folders.session(&manifest.session), manifest)?;
        *self.sealed.borrow_mut() = Some(manifest.clone());
        Ok(())
    }

    fn abandon(&self, _session: &str) {}
}
