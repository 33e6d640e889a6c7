//! `Usercube.LDAP` and its relatives: each table of the settings is a search, and becomes a file.

use super::client::{Client, Security};
use super::error::LdapError;
use super::filter::Filter;
use super::message::{Control, DOMAIN_SCOPE, Scope, Search};
use super::settings::{self, CREDENTIALS, Credentials, LINK, Link, Timeouts};
use super::tables::{Plan, Sink, Style};
use super::walk::{self, Walk};
use crate::error::ExportError;
use crate::export::{Driver, ExportRequest, Run};
use crate::settings::{Reader, Settings};
use provost_model::{Problem, Severity};
use std::collections::BTreeMap;
use std::path::Path;

/// The packages for directories without a way to tell what changed.
pub(crate) struct Ldap;

/// The table that has to be there.
const ENTRIES: &str = "entries";
const PAGE: u64 = 500;
const TELL_EVERY: u64 = 1024;
const STYLE: Style = Style { commands: false, always: &["dn"], id: None };

#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize), serde(rename_all = "PascalCase"))]
pub(crate) struct Server {
    #[cfg_attr(test, serde(flatten))]
    link: Link,
    #[cfg_attr(test, serde(flatten))]
    credentials: Credentials,
    controls: Vec<String>,
    no_signing: bool,
}

#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize), serde(rename_all = "PascalCase"))]
pub(crate) struct Table {
    table: String,
    #[cfg_attr(test, serde(rename = "BaseDN"))]
    base: String,
    filter: String,
    scope: Scope,
}

#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize), serde(rename_all = "PascalCase"))]
pub(crate) struct LdapSettings {
    pub(crate) servers: Vec<Server>,
    pub(crate) tables: Vec<Table>,
    size_limit: u64,
    time_limit: u64,
    time_out: u64,
    page_size: u64,
    pub(crate) as_ad_lds: bool,
    pub(crate) is_ldap_password_reset: bool,
}

const KNOWN: [&str; 8] =
    ["Servers", "Tables", "SizeLimit", "TimeLimit", "TimeOut", "PageSize", "AsAdLds", "IsLdapPasswordReset"];

pub(crate) fn read(settings: Settings<'_>) -> (LdapSettings, Vec<Problem>) {
    let mut reader = Reader::new(settings, &KNOWN);
    let read = LdapSettings {
        servers: servers(&mut reader),
        tables: tables(&mut reader),
        size_limit: reader.count("SizeLimit", 0),
        time_limit: reader.count("TimeLimit", 0),
        time_out: reader.count("TimeOut", 0),
        page_size: reader.count("PageSize", PAGE).clamp(1, u64::from(u32::MAX >> 1)),
        as_ad_lds: reader.flag("AsAdLds", false),
        is_ldap_password_reset: reader.flag("IsLdapPasswordReset", false),
    };
    let plain = read.servers.iter().any(|server| server.link.safety.security == Security::Plain);
    if plain && read.servers.iter().any(|server| server.credentials.login() != super::client::Login::Anonymous) {
        reader.problems.push(super::plain_password(&settings.path("Servers")));
    }
    (read, reader.problems)
}

fn servers(reader: &mut Reader<'_>) -> Vec<Server> {
    let items = reader.items("Servers");
    if items.is_empty() {
        reader.wrong("Servers", "it names no server", "a list of at least one server, [{ \"Server\": … }]");
    }
    let known: Vec<&str> = LINK.into_iter().chain(CREDENTIALS).chain(["EnableSSL", "NoSigning", "Controls"]).collect();
    items.into_iter().map(|(name, value)| reader.item(&name, value, server, &known)).collect()
}

fn server(reader: &mut Reader<'_>) -> Server {
    let controls = reader.texts("Controls");
    let is = |wanted: &str| controls.iter().any(|control| control.eq_ignore_ascii_case(wanted));
    if let Some(other) = controls.iter().find(|c| !["pagedresult", "domainscope"].contains(&&*c.to_ascii_lowercase())) {
        reader.wrong("Controls", &format!("\"{other}\" is not known"), "PagedResult or DomainScope");
    } else if is("DomainScope") && !is("PagedResult") {
        reader.wrong("Controls", "DomainScope needs PagedResult", "both of them");
    }
    Server {
        link: Link::read(reader, "EnableSSL"),
        credentials: Credentials::read(reader),
        controls,
        no_signing: reader.flag("NoSigning", false),
    }
}

fn tables(reader: &mut Reader<'_>) -> Vec<Table> {
    let items = reader.items("Tables");
    let mut tables: Vec<Table> = Vec::new();
    for (name, value) in items {
        tables.push(reader.item(&name, value, table, &["Table", "BaseDN", "Filter", "Scope"]));
    }
    let count = tables.iter().filter(|table| table.table.eq_ignore_ascii_case(ENTRIES)).count();
    if count != 1 {
        let what =
            if count == 0 { "no item has the Table \"entries\"" } else { "several items have the Table \"entries\"" };
        reader.wrong(
            "Tables",
            what,
            "a list with one of them, [{ \"Table\": \"entries\", \"BaseDN\": …, \"Filter\": … }, …]",
        );
    }
    tables
}

fn table(reader: &mut Reader<'_>) -> Table {
    let table = settings::required(reader, "Table", "entries, or the name of an attribute with many values");
    if table.contains(|c: char| c.is_control() || "<>:\"/\\|?*".contains(c)) {
        reader.wrong("Table", "it becomes part of a file name", "a name without such characters");
    }
    Table {
        table,
        base: settings::required(reader, "BaseDN", "the name of the entry to search below"),
        filter: settings::filter(reader, "Filter"),
        scope: settings::scope(reader),
    }
}

impl Driver for Ldap {
    fn check(&self, settings: Settings<'_>) -> Vec<Problem> {
        read(settings).1
    }

    #[cfg(test)]
    fn effective(&self, settings: Settings<'_>) -> serde_json::Value {
        let mut value = serde_json::to_value(read(settings).0).unwrap();
        for (server, read) in value["Servers"].as_array_mut().unwrap().iter_mut().zip(read(settings).0.servers) {
            super::tests::restore_security(server, read.link.safety.security, "EnableSSL");
        }
        value
    }

    fn not_launched(&self, _: &ExportRequest<'_>) -> Option<String> {
        None
    }

    fn run(&self, run: &mut Run<'_>) -> Result<(), ExportError> {
        let (settings, _) = read(run.settings());
        // All connections are open before the first table begins.
        let mut clients =
            settings.servers.iter().map(|server| settings.open(run, server)).collect::<Result<Vec<_>, _>>()?;
        let mut sinks: BTreeMap<String, Sink> = BTreeMap::new();
        for table in &settings.tables {
            let name = table.table.to_ascii_lowercase();
            let mut sink = match sinks.remove(&name) {
                Some(sink) => sink,
                None => plan(run, &table.table).open(run)?,
            };
            for (client, server) in clients.iter_mut().zip(&settings.servers) {
                settings.walk(run, client, server, table, &mut sink)?;
            }
            sinks.insert(name, sink);
        }
        for sink in sinks.into_values() {
            run.staged.push(sink.finish()?);
        }
        Ok(())
    }
}

/// What the table of a setting is to hold.
fn plan(run: &mut Run<'_>, table: &str) -> Plan {
    let wanted = format!("{}_{table}", run.connection());
    let requested = run.request.tables.iter().find(|known| known.name.eq_ignore_ascii_case(&wanted));
    // The mapping says how the file is spelt.
    let name = requested.map_or(wanted.clone(), |known| known.name.clone());
    if requested.is_none() {
        let message = format!("no mapping of the connector reads the table {wanted}");
        let problem = Problem::new("table-without-mapping", Severity::Note, message);
        run.problems.push(problem.hint("map its columns, or take the table out of Tables"));
    }
    if table.eq_ignore_ascii_case(ENTRIES) {
        Plan::entries(&name, requested, STYLE)
    } else {
        Plan::links(&name, table, requested, STYLE)
    }
}

impl LdapSettings {
    fn open(&self, run: &Run<'_>, server: &Server) -> Result<Client, LdapError> {
        self.open_at(run.request.base_dir, server)
    }

    /// Connects to a server. Relative paths of its settings start from `base_dir`.
    pub(crate) fn open_at(&self, base_dir: &Path, server: &Server) -> Result<Client, LdapError> {
        let timeouts = Timeouts { connect: 0, request: self.time_out };
        Client::open(&server.link.target(server.credentials.login(), base_dir, timeouts))
    }

    /// Where entries are looked for.
    pub(crate) fn bases(&self) -> Vec<String> {
        self.tables.iter().filter(|table| table.table.eq_ignore_ascii_case(ENTRIES)).map(|t| t.base.clone()).collect()
    }

    fn walk(
        &self,
        run: &mut Run<'_>,
        client: &mut Client,
        server: &Server,
        table: &Table,
        sink: &mut Sink,
    ) -> Result<(), ExportError> {
        let filter = Filter::parse(&table.filter).unwrap_or(Filter::Present("objectClass".to_owned()));
        let has = |name: &str| server.controls.iter().any(|control| control.eq_ignore_ascii_case(name));
        let paged = has("PagedResult");
        let limit = |number: u64| u32::try_from(number).unwrap_or(u32::MAX >> 1);
        let walk = Walk {
            search: Search {
                base: &table.base,
                scope: table.scope,
                filter: &filter,
                attributes: sink.plan.attributes(),
                size_limit: if paged { 0 } else { limit(self.size_limit) },
                time_limit: limit(self.time_limit),
            },
            page: paged.then(|| limit(self.page_size)),
            controls: if has("DomainScope") { vec![Control::bare(DOMAIN_SCOPE, false)] } else { Vec::new() },
        };
        let name = format!("{}_{}", run.connection(), table.table);
        let mut last = 0;
        walk::write(client, &walk, sink, "", &mut |rows| {
            if rows >= last + TELL_EVERY {
                last = rows;
                run.tell(&name, rows, 0);
            }
        })
    }
}
