//! The prepare step: source files → cleansed files in `Work/Collect` → a sealed session (spec 13 §4).

use crate::error::ServerError;
use crate::exchange::{OpenRequest, PrepareMapping, PrepareTable, SealedBefore, SessionHost, carries_changes};
use crate::files::{self, OpenSource};
use crate::manifest::{Delivery, Manifest, RowProblem, Table};
use crate::options::PrepareOptions;
use crate::previous::Previous;
use crate::sessions;
use crate::sorting::SpillFile;
use provost_model::fault;
use provost_model::problem::Severity;
use provost_model::summary::{Cause, Mode, State, Summary};
use provost_pipeline::csv::{HeaderError, Rejected};
use provost_pipeline::format::Converter;
use provost_pipeline::prepare::{self, ColumnSpec, Kind, Outputs, PrepareError, Prepared, TableSpec};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Sees how far a step is: a stage's name, and bytes done of bytes in all.
pub trait Progress {
    /// A new stage begins; `total` bytes lie ahead when that is known.
    fn stage(&self, name: &str, total: Option<u64>);
    /// What was read of the source since the last call.
    fn advance(&self, read: &[u8]);
    /// The stage is over and had this many rows.
    fn done(&self, rows: u64);
}

/// Reports to nobody.
#[derive(Clone, Copy, Debug)]
pub struct Quiet;

impl Progress for Quiet {
    fn stage(&self, _name: &str, _total: Option<u64>) {}
    fn advance(&self, _read: &[u8]) {}
    fn done(&self, _rows: u64) {}
}

/// What prepare made.
#[derive(Clone, Debug)]
pub struct Collected {
    /// Counters of the files; nothing is compared with the repository yet.
    pub summary: Summary,
    /// The sealed session.
    pub session: String,
    /// Findings, bounded.
    pub problems: Vec<RowProblem>,
}

/// Runs the prepare step and seals a session at the server side.
///
/// # Errors
/// When a source file is missing or does not fit the mapping, when `previous` cannot be trusted, or when files cannot
/// be written or sent. Nothing is queued then, and what was accepted before stays as it was.
pub fn prepare(
    host: &dyn SessionHost,
    options: &PrepareOptions,
    progress: &dyn Progress,
) -> Result<Collected, ServerError> {
    let mapping = host.mapping(&options.connector)?;
    make_folder(&options.working)?;
    let _one_at_a_time = files::lock(&options.working.join(format!("{}.lock", options.connector)), &options.connector)?;
    let previous = Previous::new(&options.working, &options.connector);
    // A request to seal may still be under way: what was not accepted by now must never be.
    previous.recover(|session| {
        host.abandon(session);
        host.is_accepted(session)
    })?;
    let request = OpenRequest {
        session: uuid::Uuid::now_v7().to_string(),
        connector: options.connector.clone(),
        mode: options.mode,
        lease: None,
    };
    let opened = host.open(&request)?;
    if let Some(before) = opened.sealed {
        return Ok(collected_before(options, before));
    }
    let base = opened.base_digest;
    let run = Run { host, mapping: &mapping, options, previous: &previous, base, session: &request.session };
    run.collect(progress).inspect_err(|_| host.abandon(&request.session))
}

/// What an earlier run of the same task has queued, and had no time to tell.
fn collected_before(options: &PrepareOptions, before: SealedBefore) -> Collected {
    match before.manifest {
        Some(manifest) => collected(options, &manifest),
        None => Collected {
            summary: Summary {
                connector: options.connector.clone(),
                mode: Some(options.mode),
                state: State::Completed,
                ..Summary::default()
            },
            session: before.session,
            problems: Vec::new(),
        },
    }
}

fn collected(options: &PrepareOptions, manifest: &Manifest) -> Collected {
    Collected {
        summary: summary(options, manifest),
        session: manifest.session.clone(),
        problems: manifest.tables.iter().flat_map(|t| t.problems.clone()).collect(),
    }
}

fn make_folder(path: &Path) -> Result<(), ServerError> {
    std::fs::create_dir_all(path).map_err(ServerError::file("making folder", path))
}

/// One run, from its open session on.
struct Run<'a> {
    host: &'a dyn SessionHost,
    mapping: &'a PrepareMapping,
    options: &'a PrepareOptions,
    previous: &'a Previous,
    base: Option<String>,
    session: &'a str,
}

impl Run<'_> {
    fn collect(self, progress: &dyn Progress) -> Result<Collected, ServerError> {
        let Run { host, options, previous, .. } = self;
        let by_comparison = options.mode == Mode::Incremental && options.delivery == Delivery::Full;
        let known = if by_comparison { previous.verified(self.base.as_deref())? } else { previous.load_if_sound() };
        let sources = files::Sources::list(&options.sources)?;
        let mut tables = Vec::new();
        for mapped in &self.mapping.tables {
            let mut spec = table_spec(mapped)?;
            if carries_changes(options.mode, options.delivery) {
                spec.command_column = Some(options.command_column.clone());
            }
            let seed = seed(mapped)?;
            let source = sources.find(&mapped.source, &spec.name)?;
            let shares =
                |other: &PrepareTable| !other.is_association && other.source.eq_ignore_ascii_case(&mapped.source);
            let source = Source { path: &source, is_shared: self.mapping.tables.iter().any(shares) };
            tables.push(collect_table(spec, seed, &source, options, known.as_ref(), by_comparison, progress)?);
            fault::point("prepare.table-written");
        }
        let manifest = Manifest {
            session: self.session.to_owned(),
            connector: options.connector.clone(),
            mode: options.mode,
            delivery: options.delivery,
            base_digest: if by_comparison { self.base } else { None },
            new_digest: state_digest(self.session, options, &tables),
            tables,
        };
        host.upload(&options.working, &manifest)?;
        fault::point("prepare.uploaded");
        let keep_previous = options.delivery == Delivery::Full || options.mode != Mode::Incremental;
        if keep_previous {
            previous.stage(&options.working, &manifest)?;
            fault::point("prepare.previous-staged");
        }
        host.seal(&manifest)?;
        fault::point("prepare.sealed");
        if keep_previous {
            previous.promote()?;
            fault::point("prepare.previous-promoted");
        }
        Ok(collected(options, &manifest))
    }
}

/// A source file of a table.
struct Source<'a> {
    path: &'a Path,
    /// An entity type is read from it.
    is_shared: bool,
}

/// Finds out the separator of a source. Tells whether it carries changes that say nothing of a table: one of pairs which
/// shares its file with an entity type, when the file lacks a column of theirs.
fn separate(spec: &mut TableSpec, source: &OpenSource<'_>, is_shared: bool) -> Result<bool, ServerError> {
    let headers = || spec.columns.iter().map(|c| c.header.as_str());
    let Some(command) = spec.command_column.as_deref() else {
        spec.separator = files::separator(source, headers())?;
        return Ok(false);
    };
    if spec.kind == Kind::Association && is_shared {
        let separator = files::separator(source, std::iter::once(command))?;
        let says_nothing = files::lacks_some_of(source, separator, command, headers())?;
        spec.separator = separator;
        return Ok(says_nothing);
    }
    let needed = if spec.kind == Kind::Entity { 1 } else { 2 };
    spec.separator = files::separator(source, headers().take(needed))?;
    Ok(false)
}

/// The state that a session leads to. A source that delivers changes has no state that anybody could compare with.
fn state_digest(session: &str, options: &PrepareOptions, tables: &[Table]) -> String {
    if carries_changes(options.mode, options.delivery) {
        return format!("{}{session}", sessions::CHANGES);
    }
    Manifest::digest_of(tables)
}

fn seed(table: &PrepareTable) -> Result<u64, ServerError> {
    u64::from_str_radix(&table.mapping, 16)
        .map_err(|_| ServerError::mapping(&table.name, "the server side gave it no valid seed; use the same version"))
}

fn table_spec(table: &PrepareTable) -> Result<TableSpec, ServerError> {
    let columns = table.columns.iter().map(|column| {
        let converter = Converter::new(column.kind, column.format.as_deref())
            .map_err(|e| ServerError::mapping(&column.property, &format!("{e}; {}", e.remedy)))?;
        Ok(ColumnSpec { header: column.column.clone(), converter, is_key: column.is_key })
    });
    Ok(TableSpec {
        name: table.name.clone(),
        kind: if table.is_association { Kind::Association } else { Kind::Entity },
        owner: table.owner.map(usize::from),
        columns: columns.collect::<Result<_, ServerError>>()?,
        separator: b',',
        command_column: None,
    })
}

/// Writes `<name><suffix>` through a `.partial` file, so that a reader never sees half a file.
struct WorkFiles<'a> {
    folder: &'a Path,
    name: &'a str,
    written: Vec<(PathBuf, PathBuf)>,
}

impl WorkFiles<'_> {
    fn path(&self, suffix: &str) -> PathBuf {
        self.folder.join(format!("{}{suffix}", self.name))
    }

    /// Puts the new files in place, and removes those of an earlier run that this run does not have.
    fn publish(self) -> Result<(), ServerError> {
        let names = [prepare::SORTED, prepare::DELTA, prepare::DUPLICATES, prepare::NULL_KEYS, prepare::REJECTED];
        for stale in names.map(|suffix| self.path(suffix)) {
            if !self.written.iter().any(|(_, path)| *path == stale) {
                files::remove_if_there(&stale)?;
            }
        }
        for (partial, path) in &self.written {
            files::persist(partial, path)?;
        }
        Ok(())
    }
}

impl Outputs for WorkFiles<'_> {
    fn create(&mut self, suffix: &str) -> io::Result<Box<dyn Write + Send>> {
        let path = self.path(suffix);
        let partial = self.folder.join(format!("{}{suffix}.partial", self.name));
        let file = File::create(&partial)?;
        self.written.push((partial, path));
        Ok(Box::new(file))
    }
}

/// Counts what a source gives to the progress.
struct Watched<'a, R> {
    source: R,
    progress: &'a dyn Progress,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.source.read(buffer)?;
        self.progress.advance(&buffer[..n]);
        Ok(n)
    }
}

/// A source without rows.
fn header_alone(spec: &TableSpec) -> Vec<u8> {
    let headers = spec.command_column.iter().chain(spec.columns.iter().map(|c| &c.header));
    let headers: Vec<&str> = headers.map(String::as_str).collect();
    format!("{}\n", headers.join(&char::from(spec.separator).to_string())).into_bytes()
}

fn collect_table(
    mut spec: TableSpec,
    seed: u64,
    source: &Source<'_>,
    options: &PrepareOptions,
    previous: Option<&Manifest>,
    by_comparison: bool,
    progress: &dyn Progress,
) -> Result<Table, ServerError> {
    let Source { path: source, is_shared } = *source;
    let opened = OpenSource::open(source, &*options.reading)?;
    // The separator is told from the same file, in the same state, as its rows are read from.
    let before = files::Stamp::of(&opened.file)?;
    let says_nothing = separate(&mut spec, &opened, is_shared)?;
    let spec = &spec;
    progress.stage(&format!("Prepare {}", spec.name), opened.file.metadata().ok().map(|m| m.len()));
    let mut outputs = WorkFiles { folder: &options.working, name: &spec.name, written: Vec::new() };
    let spills = || SpillFile::in_folder(&options.working);
    let content = if says_nothing { Box::new(io::Cursor::new(header_alone(spec))) } else { opened.content()? };
    let watched = Watched { source: content, progress };
    let prepared = prepare::prepare(spec, watched, &mut outputs, provost_pipeline::sort::DEFAULT_BUDGET, spills)
        .map_err(|error| source_error(spec, source, options, error))?;
    progress.done(prepared.rows);
    before.unchanged(&opened.file, source)?;
    if spec.command_column.is_some() && !prepared.changes {
        return Err(ServerError::Source {
            message: format!(
                "{}: no column \"{}\" although changes are expected",
                source.display(),
                options.command_column
            ),
            hint: "name the command column with --column-name, or leave out --type changes".to_owned(),
        });
    }
    outputs.publish()?;
    let mut table = table(spec, seed, &prepared);
    if by_comparison {
        crate::delta_step::compare(spec, &prepared, options, previous, &mut table)?;
    } else if !prepared.changes && (prepared.held.unknown || !prepared.held.keys.is_empty()) {
        crate::delta_step::carry_forward(spec, &prepared, options, previous, &mut table)?;
    }
    write_summary(options, &table)?;
    Ok(table)
}

/// `<name>.summary.json`: the counters and the first problems of a prepared table, for machines.
fn write_summary(options: &PrepareOptions, table: &Table) -> Result<(), ServerError> {
    let summary = serde_json::json!({
        "name": table.name,
        "file": table.file,
        "digest": table.digest,
        "rows": table.rows,
        "nullKeys": table.null_keys,
        "duplicates": table.duplicates,
        "rejected": table.rejected,
        "clean": table.clean,
        "heldKeys": table.held_keys,
        "heldUnknown": table.held_unknown,
        "problems": table.problems,
    });
    let text = serde_json::to_vec_pretty(&summary).map_err(io::Error::other)?;
    files::write(&options.working.join(format!("{}.summary.json", table.name)), &text)
}

fn source_error(spec: &TableSpec, source: &Path, options: &PrepareOptions, error: PrepareError) -> ServerError {
    match error {
        PrepareError::Write { suffix, source } => {
            ServerError::File { what: "writing", path: options.working.join(format!("{}{suffix}", spec.name)), source }
        }
        PrepareError::Read { line, source: cause } => ServerError::File {
            what: if line == 0 { "reading" } else { "reading on in" },
            path: source.to_owned(),
            source: cause,
        },
        PrepareError::Header(HeaderError::Read(cause)) => {
            ServerError::File { what: "reading", path: source.to_owned(), source: cause }
        }
        PrepareError::Sort(provost_pipeline::sort::SortError::Spill(cause)) => ServerError::Io(cause),
        PrepareError::Header(error) => ServerError::SourceForm {
            message: format!("{}: {error}", source.display()),
            cause: header_cause(spec, source, &error).map(Box::new),
            hint: format!(
                "the mapping of {} reads this file; mend the export, or the mapping and deploy it",
                spec.name
            ),
        },
        other => ServerError::Source {
            message: format!("{}: {other}", source.display()),
            hint: "export again, or mend the mapping and deploy it".to_owned(),
        },
    }
}

/// The drift guard's word for a header that a run cannot go on with.
fn header_cause(spec: &TableSpec, source: &Path, error: &HeaderError) -> Option<Cause> {
    let file = source.file_name().unwrap_or_default().to_string_lossy();
    let (code, message, hint) = match error {
        HeaderError::Empty => (
            "file-empty",
            format!("{file} is blank: it has neither a header line nor rows."),
            "The export probably failed or was cut off while it wrote: check its log and export again.",
        ),
        HeaderError::MissingColumn { column, .. } => (
            "column-vanished",
            format!("{file} has no column `{column}`, which the mapping of {} reads.", spec.name),
            "Ask the owner of the file whether the column was renamed or left out; mend the export, or the mapping.",
        ),
        _ => return None,
    };
    Some(Cause { code: code.to_owned(), message, hint: hint.to_owned(), subject: Some(spec.name.clone()) })
}

fn table(spec: &TableSpec, seed: u64, prepared: &Prepared) -> Table {
    let suffix = if prepared.changes { prepare::DELTA } else { prepare::SORTED };
    let digest = files::hex(&prepared.digest);
    Table {
        name: spec.name.clone(),
        is_association: spec.kind == Kind::Association,
        mapping: seed,
        file: format!("{}{suffix}", spec.name),
        state_digest: if prepared.changes { String::new() } else { digest.clone() },
        digest,
        rows: prepared.rows,
        absent: prepared.absent.clone(),
        null_keys: prepared.null_keys,
        duplicates: prepared.duplicates,
        rejected: prepared.rejected,
        clean: prepared.clean,
        held_keys: prepared.held.keys.clone(),
        held_unknown: prepared.held.unknown,
        profile: prepared.profile.clone(),
        problems: problems(spec, prepared),
        rejected_by_column: prepared.rejected_by_column.clone(),
    }
}

fn problems(spec: &TableSpec, prepared: &Prepared) -> Vec<RowProblem> {
    let samples = &prepared.samples;
    let with = |severity: Severity, rows: &[Rejected]| -> Vec<RowProblem> {
        rows.iter()
            .map(|row| RowProblem {
                severity,
                table: spec.name.clone(),
                line: row.line,
                column: (!row.column.is_empty()).then(|| row.column.clone()),
                value: Some(row.value.clone()),
                reason: row.reason.clone(),
                remedy: row.remedy.clone(),
            })
            .collect()
    };
    let mut found = with(Severity::Error, &samples.rejected);
    // An empty end is no link, as in a file whose rows may or may not have a parent: counted, but nothing is wrong.
    if spec.kind == Kind::Entity {
        found.extend(with(Severity::Warning, &samples.null_keys));
    }
    found.extend(with(Severity::Warning, &samples.conflicts));
    found
}

fn summary(options: &PrepareOptions, manifest: &Manifest) -> Summary {
    let mut summary = Summary {
        connector: options.connector.clone(),
        mode: Some(options.mode),
        state: State::Completed,
        ..Summary::default()
    };
    for table in &manifest.tables {
        let without_key = if table.is_association { 0 } else { table.null_keys };
        if without_key + table.duplicates + table.rejected > 0 {
            summary.state = State::Warning;
        }
        if table.is_association {
            summary.associations.insert(table.name.clone(), table.pairs());
        } else {
            summary.entity_types.insert(table.name.clone(), table.resources());
        }
    }
    summary
}
