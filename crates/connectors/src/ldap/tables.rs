//! The tables of a directory: entries, and the pairs of attributes with many values.

use super::dn;
use super::message::Entry;
use super::value::{self, Form};
use crate::error::ExportError;
use crate::export::Run;
use crate::output::{Staged, TableWriter};
use provost_model::extract::SourceTable;

/// Header of the column that says what happened to a row.
const COMMAND: &str = "command";

/// Where the value of a column comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    Command,
    /// What identifies the entry for good, where the export knows it apart from the attributes.
    Id,
    Dn,
    ParentDn,
    Rdn,
    Attribute(String, Form),
    /// One value of the attribute of the table.
    Link(Form),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    header: String,
    origin: Origin,
}

/// What a table is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    table: String,
    columns: Vec<Column>,
    /// The attribute whose values become rows; nothing for a table of entries.
    pub(crate) link: Option<String>,
}

/// How tables of a package look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Whether rows begin with a command.
    pub(crate) commands: bool,
    /// Columns that are there even when no mapping asks for them.
    pub(crate) always: &'static [&'static str],
    /// Column of what identifies an entry for good.
    pub(crate) id: Option<&'static str>,
}

impl Plan {
    /// The table of entries, with the columns that mappings ask for.
    pub(crate) fn entries(table: &str, requested: Option<&SourceTable>, style: Style) -> Plan {
        let mut plan = Plan { table: table.to_owned(), columns: Vec::new(), link: None };
        plan.begin(style);
        for column in requested.iter().flat_map(|requested| &requested.columns) {
            plan.add(&column.name, column.format.as_deref(), style);
        }
        plan
    }

    /// A table of pairs. Its attribute is the column that is neither a name nor an identifier, else the one that the
    /// table is named after.
    pub(crate) fn links(table: &str, named: &str, requested: Option<&SourceTable>, style: Style) -> Plan {
        let mut plan = Plan::entries(table, requested, style);
        let position = plan.columns.iter().position(
            |column| matches!(&column.origin, Origin::Attribute(name, _) if !name.eq_ignore_ascii_case("objectGUID")),
        );
        let position = position.unwrap_or_else(|| {
            plan.add(named, None, style);
            plan.columns.len() - 1
        });
        if let Origin::Attribute(name, form) = plan.columns[position].origin.clone() {
            plan.columns[position].origin = Origin::Link(form);
            plan.link = Some(name);
        }
        plan
    }

    fn begin(&mut self, style: Style) {
        if style.commands {
            self.columns.push(Column { header: COMMAND.to_owned(), origin: Origin::Command });
        }
        style.always.iter().for_each(|name| self.add(name, None, style));
    }

    fn add(&mut self, header: &str, format: Option<&str>, style: Style) {
        let is = |name: &str| header.eq_ignore_ascii_case(name);
        // A mapping may write a fixed column in its own letter case: then that is its header.
        if let Some(known) = self.columns.iter_mut().find(|column| column.header.eq_ignore_ascii_case(header)) {
            header.clone_into(&mut known.header);
            return;
        }
        let origin = match header {
            _ if style.id.is_some_and(is) => Origin::Id,
            _ if is("dn") || is("distinguishedName") => Origin::Dn,
            _ if is("parentdn") => Origin::ParentDn,
            _ if is("rdn") => Origin::Rdn,
            _ => {
                let attribute = bit_of(format).unwrap_or(header);
                Origin::Attribute(attribute.to_owned(), value::form(attribute, format))
            }
        };
        self.columns.push(Column { header: header.to_owned(), origin });
    }

    /// What the table holds, for comparison with what it held.
    pub(crate) fn signature(&self) -> String {
        let headers: Vec<&str> = self.columns.iter().map(|column| column.header.as_str()).collect();
        format!("{}:{}", self.table, headers.join(","))
    }

    /// Attributes that have to be asked for.
    pub(crate) fn attributes(&self) -> Vec<String> {
        let of = |column: &Column| match &column.origin {
            Origin::Attribute(name, _) => Some(name.clone()),
            _ => None,
        };
        let mut names: Vec<String> = self.columns.iter().filter_map(of).chain(self.link.clone()).collect();
        names.sort();
        names.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
        // Without a name all attributes would come; this one stands for none.
        if names.is_empty() { vec!["1.1".to_owned()] } else { names }
    }

    /// Begins the table.
    pub(crate) fn open(self, run: &Run<'_>) -> Result<Sink, ExportError> {
        let mut writer = TableWriter::create(run.request.output_dir, &self.table, ".partial", run.request.keeping)?;
        for column in &self.columns {
            writer.field(column.header.as_bytes())?;
        }
        writer.end_record(false)?;
        Ok(Sink { plan: self, writer, rows: 0 })
    }
}

/// `userAccountControl` of `bit:userAccountControl:2`: the column holds the whole mask, prepare takes the bit.
fn bit_of(format: Option<&str>) -> Option<&str> {
    let (word, rest) = format?.split_once(':')?;
    word.eq_ignore_ascii_case("bit").then(|| rest.split(':').next().unwrap_or(rest))
}

/// A table that is being written.
pub(crate) struct Sink {
    pub(crate) plan: Plan,
    writer: TableWriter,
    pub(crate) rows: u64,
}

/// What a row is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) command: &'a str,
    pub(crate) id: &'a str,
    pub(crate) dn: &'a str,
}

/// Attributes of an entry: as they came, or collected.
pub(crate) trait Attributes {
    /// Hands out the values of an attribute.
    fn each(&self, name: &str, take: &mut dyn FnMut(&[u8]));
}

impl Attributes for Entry<'_> {
    fn each(&self, name: &str, take: &mut dyn FnMut(&[u8])) {
        self.get(name).iter().for_each(|attribute| attribute.values().for_each(&mut *take));
    }
}

/// Attributes that were collected because they did not come in one piece.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collected(pub(crate) Vec<(String, Vec<Vec<u8>>)>);

impl Attributes for Collected {
    fn each(&self, name: &str, take: &mut dyn FnMut(&[u8])) {
        for (_, values) in self.0.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)) {
            values.iter().for_each(|value| take(value));
        }
    }
}

impl Sink {
    /// Writes an entry; several values of an attribute stand on lines of their own.
    pub(crate) fn entry(&mut self, subject: Subject<'_>, attributes: &dyn Attributes) -> Result<(), ExportError> {
        self.row(subject, attributes, b"")
    }

    /// Writes the row of something that is gone.
    pub(crate) fn gone(&mut self, subject: Subject<'_>) -> Result<(), ExportError> {
        self.row(subject, &Collected::default(), b"")
    }

    /// Writes one pair.
    pub(crate) fn link(&mut self, subject: Subject<'_>, value: &[u8]) -> Result<(), ExportError> {
        self.row(subject, &Collected::default(), value)
    }

    fn row(&mut self, subject: Subject<'_>, attributes: &dyn Attributes, link: &[u8]) -> Result<(), ExportError> {
        let mut joined = Vec::new();
        let dn = dn::canonical(subject.dn);
        let only = self.plan.columns.len() == 1;
        for column in &self.plan.columns {
            joined.clear();
            let value = match &column.origin {
                Origin::Command => subject.command.as_bytes(),
                Origin::Id => subject.id.as_bytes(),
                Origin::Dn => dn.as_bytes(),
                Origin::ParentDn => dn::parent(&dn).as_bytes(),
                Origin::Rdn => dn::rdn(&dn).as_bytes(),
                Origin::Link(form) => {
                    joined.extend_from_slice(&form.text(link));
                    &joined
                }
                Origin::Attribute(name, form) => {
                    join(attributes, name, *form, &mut joined);
                    &joined
                }
            };
            if only && value.is_empty() { self.writer.only_empty_field()? } else { self.writer.field(value)? }
        }
        self.rows += 1;
        self.writer.end_record(true)
    }

    pub(crate) fn finish(self) -> Result<Staged, ExportError> {
        self.writer.finish()
    }
}

fn join(attributes: &dyn Attributes, name: &str, form: Form, joined: &mut Vec<u8>) {
    let mut first = true;
    attributes.each(name, &mut |value| {
        if !std::mem::replace(&mut first, false) {
            joined.push(b'\n');
        }
        joined.extend_from_slice(&form.text(value));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_model::extract::SourceColumn;

    const STYLE: Style = Style { commands: true, always: &["entryUUID", "dn"], id: Some("entryUUID") };

    fn table(name: &str, columns: &[(&str, Option<&str>)]) -> SourceTable {
        let column = |(name, format): &(&str, Option<&str>)| SourceColumn {
            name: (*name).to_owned(),
            format: format.map(str::to_owned),
        };
        SourceTable { name: name.to_owned(), columns: columns.iter().map(column).collect() }
    }

    #[test]
    fn entries_have_the_fixed_columns_then_those_of_the_mappings() {
        let requested = table("C_entry", &[("DN", None), ("cn", None), ("bit_uac", Some("bit:userAccountControl:2"))]);
        let plan = Plan::entries("C_entry", Some(&requested), STYLE);
        let headers: Vec<&str> = plan.columns.iter().map(|column| column.header.as_str()).collect();
        assert_eq!(headers, ["command", "entryUUID", "DN", "cn", "bit_uac"]);
        assert_eq!(plan.attributes(), ["cn", "userAccountControl"]);
        assert_eq!(Plan::entries("C_entry", None, STYLE).attributes(), ["1.1"]);
    }

    #[test]
    fn the_attribute_of_pairs_is_the_column_that_names_no_entry() {
        let requested = table("C_members", &[("dn", None), ("member", None)]);
        let plan = Plan::links("C_members", "members", Some(&requested), STYLE);
        assert_eq!((plan.link.as_deref(), plan.attributes()), (Some("member"), vec!["member".to_owned()]));
        assert_eq!(Plan::links("C_member", "member", None, STYLE).link.as_deref(), Some("member"));
    }
}
