//! Pairs without link, as a file (`Orphans` of the synchronise task).

use crate::error::ServerError;
use crate::files;
use crate::mapping::ConnectorMapping;
use provost_pipeline::csv::canonical::push_record;
use provost_store::WriteTx;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes `<association>.orphans.csv` for every association of the connector into `folder`.
pub(crate) fn write(tx: &mut WriteTx, mapping: &ConnectorMapping, folder: &Path) -> Result<(), ServerError> {
    for mapped in &mapping.associations {
        let path = folder.join(format!("{}.orphans.csv", mapped.identifier));
        let partial = path.with_extension("partial");
        let file = File::create(&partial).map_err(ServerError::file("making", &partial))?;
        let mut out = BufWriter::new(file);
        let mut line = Vec::new();
        push_record(&mut line, [mapped.end1.column.as_bytes(), mapped.end2.column.as_bytes()]);
        out.write_all(&line)?;
        tx.scan_orphans(mapped.association.id, |first, second| -> Result<(), ServerError> {
            line.clear();
            push_record(&mut line, [first.as_bytes(), second.as_bytes()]);
            Ok(out.write_all(&line)?)
        })?;
        out.flush()?;
        drop(out);
        files::persist(&partial, &path)?;
    }
    Ok(())
}
