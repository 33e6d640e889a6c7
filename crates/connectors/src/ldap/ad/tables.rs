//! The tables of Active Directory: entries, and one for each link that a mapping reads.

use super::super::client::Client;
use super::super::message::Entry;
use super::super::state::{Id, Known};
use super::super::tables::{Plan, Sink, Style, Subject};
use super::super::walk::{self, Rest};
use super::dirsync::Changes;
use super::text;
use crate::error::ExportError;
use crate::export::Run;
use provost_model::{Problem, Severity};
use std::collections::{HashMap, HashSet};

const STYLE: Style = Style { commands: true, always: &["dn"], id: Some("objectGUID") };

/// All tables of an export.
pub(super) struct Tables {
    entries: Sink,
    links: Vec<Sink>,
    names: Vec<String>,
}

/// What could not be written when it came, because it came without its end.
#[derive(Default)]
pub(super) struct Seen {
    entries: Vec<(Id, String)>,
    links: Vec<(usize, Id, Rest)>,
}

impl Tables {
    pub(super) fn open(run: &mut Run<'_>) -> Result<Tables, ExportError> {
        let wanted = format!("{}_entries", run.connection());
        let requested = run.request.tables.iter().find(|table| table.name.eq_ignore_ascii_case(&wanted));
        if requested.is_none() {
            let message = format!("no mapping of the connector reads the table {wanted}");
            let problem = Problem::new("table-without-mapping", Severity::Note, message);
            run.problems.push(problem.hint("map its columns; until then it has the names of entries only"));
        }
        let name = requested.map_or(wanted.clone(), |known| known.name.clone());
        let entries = Plan::entries(&name, requested, STYLE).open(run)?;
        let plans = super::super::link_tables(run, &wanted, STYLE);
        let names = plans.iter().filter_map(|plan| plan.link.clone()).collect();
        Ok(Tables { entries, links: plans.into_iter().map(|plan| plan.open(run)).collect::<Result<_, _>>()?, names })
    }

    pub(super) fn signature(&self) -> String {
        let all = std::iter::once(&self.entries).chain(&self.links);
        all.map(|sink| sink.plan.signature()).collect::<Vec<_>>().join("|")
    }

    /// Attributes of links, in the order of their tables.
    pub(super) fn link_names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn rows(&self) -> u64 {
        self.entries.rows
    }

    /// Attributes to ask for, besides the id that is always needed.
    pub(super) fn attributes(&self, with_links: bool) -> Vec<String> {
        let mut names = self.entries.plan.attributes();
        names.retain(|name| name != "1.1");
        names.push("objectGUID".to_owned());
        if with_links {
            names.extend_from_slice(&self.names);
        }
        names.sort();
        names.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
        names
    }

    /// Writes an entry and its links; gives its id. What has none is no object of the directory.
    pub(super) fn take(
        &mut self,
        entry: &Entry<'_>,
        command: &str,
        later: &mut Seen,
    ) -> Result<Option<Id>, ExportError> {
        let Some(id) = entry.first("objectGUID").and_then(|octets| Id::try_from(octets).ok()) else { return Ok(None) };
        let text = text(&id);
        let subject = Subject { command, id: &text, dn: entry.dn };
        let columns = self.entries.plan.attributes();
        let is_cut = entry.attributes.iter().any(|attribute| {
            let (name, range) = attribute.range();
            range.is_some_and(|(_, last)| last.is_some())
                && columns.iter().any(|column| column.eq_ignore_ascii_case(name))
        });
        if is_cut {
            later.entries.push((id, entry.dn.to_owned()));
        } else {
            self.entries.entry(subject, entry)?;
        }
        for (index, (sink, name)) in self.links.iter_mut().zip(&self.names).enumerate() {
            // An attribute that comes in a range comes beside an empty one of its plain name.
            for attribute in entry.attributes.iter().filter(|attribute| attribute.range().0.eq_ignore_ascii_case(name))
            {
                for value in attribute.values() {
                    sink.link(subject, value)?;
                }
                if let Some((_, Some(last))) = attribute.range().1 {
                    let rest = Rest { dn: entry.dn.to_owned(), attribute: name.clone(), from: last + 1 };
                    later.links.push((index, id, rest));
                }
            }
        }
        Ok(Some(id))
    }

    /// Writes what had no end.
    pub(super) fn rest(&mut self, client: &mut Client, command: &str, later: Seen) -> Result<(), ExportError> {
        for (index, id, rest) in later.links {
            let text = text(&id);
            let sink = &mut self.links[index];
            walk::ranges(client, &rest, &mut |value| sink.link(Subject { command, id: &text, dn: &rest.dn }, value))?;
        }
        for (id, dn) in later.entries {
            let attributes = self.entries.plan.attributes();
            if let Some(collected) = walk::whole(client, &dn, &attributes)? {
                self.entries.entry(Subject { command, id: &text(&id), dn: &dn }, &collected)?;
            }
        }
        Ok(())
    }

    /// Writes the values that links of known objects gained and lost. Those of new objects came with the objects, and
    /// those of objects that are gone go with them.
    pub(super) fn links(
        &mut self,
        changes: &Changes,
        known: &HashSet<Id>,
        now: &HashMap<Id, String>,
    ) -> Result<(), ExportError> {
        let mut objects: Vec<_> = changes.objects.iter().filter(|(id, _)| known.contains(*id)).collect();
        objects.sort_unstable_by_key(|(id, _)| **id);
        for (id, happened) in objects {
            let Some(dn) = now.get(id) else { continue };
            let text = text(id);
            for (index, added, value) in &happened.values {
                let command = if *added { "insert" } else { "delete" };
                self.links[*index].link(Subject { command, id: &text, dn }, value)?;
            }
        }
        Ok(())
    }

    /// Writes the row of an object that is gone.
    pub(super) fn gone(&mut self, known: &Known) -> Result<(), ExportError> {
        self.entries.gone(Subject { command: "delete", id: &text(&known.id), dn: &known.dn })
    }

    pub(super) fn finish(self, run: &mut Run<'_>) -> Result<(), ExportError> {
        run.staged.push(self.entries.finish()?);
        for sink in self.links {
            run.staged.push(sink.finish()?);
        }
        Ok(())
    }
}
