//! `Usercube.AD`: Active Directory. A cookie of its control DirSync says which objects changed, and which values of
//! their links; what they hold now is read anew, so that rows are always whole.

mod dirsync;
mod tables;

use self::tables::{Seen, Tables};
use super::client::{Client, Login, Security};
use super::error::code;
use super::filter::Filter;
use super::message::{Scope, Search};
use super::settings::{self, CREDENTIALS, Credentials, Link, Safety, Timeouts};
use super::state::{Header, Id, Known, New, Old};
use super::value;
use super::walk::{self, Walk};
use crate::error::ExportError;
use crate::export::{Driver, ExportMode, ExportRequest, Run};
use crate::settings::{Reader, Settings};
use provost_model::{Problem, Severity};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

/// The package.
pub(crate) struct ActiveDirectory;

/// Entries of a page, as many as Windows gives at most.
const PAGE: u32 = 1000;
/// Objects that are asked for at once by their ids.
const BATCH: usize = 100;

/// A domain, or a part of it.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize), serde(rename_all = "PascalCase"))]
pub(crate) struct Domain {
    #[cfg_attr(test, serde(rename = "Server"))]
    server: String,
    #[cfg_attr(test, serde(rename = "BaseDN"))]
    base: String,
    #[cfg_attr(test, serde(skip))]
    pub(crate) link: Link,
}

#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize), serde(rename_all = "PascalCase"))]
pub(crate) struct AdSettings {
    #[cfg_attr(test, serde(flatten))]
    safety: Safety,
    pub(crate) servers: Vec<Domain>,
    filter: String,
    #[cfg_attr(test, serde(flatten))]
    credentials: Credentials,
    no_signing: bool,
    as_ad_lds: bool,
    pub(crate) retry_delay: u64,
    request_timeout: u64,
    connection_timeout: u64,
}

const KNOWN: [&str; 10] = [
    "Servers",
    "Filter",
    "EnableSSL",
    "StartTls",
    "CertificateAuthority",
    "CertificatePin",
    "NoSigning",
    "AsAdLds",
    "RetryDelay",
    "RequestTimeout",
];

pub(crate) fn read(settings: Settings<'_>) -> (AdSettings, Vec<Problem>) {
    let known: Vec<&str> = KNOWN.into_iter().chain(CREDENTIALS).chain(["ConnectionTimeout"]).collect();
    let mut reader = Reader::new(settings, &known);
    let safety = Safety::read(&mut reader, "EnableSSL");
    let read = AdSettings {
        servers: domains(&mut reader, &safety),
        safety,
        filter: settings::filter(&mut reader, "Filter"),
        credentials: Credentials::read(&mut reader),
        no_signing: reader.flag("NoSigning", false),
        as_ad_lds: reader.flag("AsAdLds", false),
        retry_delay: reader.count("RetryDelay", 1000),
        request_timeout: reader.count("RequestTimeout", 120),
        connection_timeout: reader.count("ConnectionTimeout", 30),
    };
    if read.safety.security == Security::Plain && read.credentials.login() != Login::Anonymous {
        reader.problems.push(super::plain_password(&settings.path("EnableSSL")));
    }
    (read, reader.problems)
}

fn domains(reader: &mut Reader<'_>, safety: &Safety) -> Vec<Domain> {
    let items = reader.items("Servers");
    if items.is_empty() {
        let expected = "a list of at least one domain, [{ \"Server\": …, \"BaseDN\": … }]";
        reader.wrong("Servers", "it names no server", expected);
    }
    let domain = |reader: &mut Reader<'_>| {
        let link = Link::with(reader, safety.clone());
        let base = settings::required(reader, "BaseDN", "the name of the entry to search below");
        Domain { server: link.server.clone(), base, link }
    };
    items.into_iter().map(|(name, value)| reader.item(&name, value, domain, &["Server", "BaseDN"])).collect()
}

impl Domain {
    /// Where entries are looked for.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }
}

impl AdSettings {
    pub(crate) fn open(&self, domain: &Domain, base_dir: &std::path::Path) -> Result<Client, super::error::LdapError> {
        let timeouts = Timeouts { connect: self.connection_timeout, request: self.request_timeout };
        Client::open(&domain.link.target(self.credentials.login(), base_dir, timeouts))
    }
}

impl Driver for ActiveDirectory {
    fn check(&self, settings: Settings<'_>) -> Vec<Problem> {
        read(settings).1
    }

    #[cfg(test)]
    fn effective(&self, settings: Settings<'_>) -> serde_json::Value {
        let read = read(settings).0;
        let mut value = serde_json::to_value(&read).unwrap();
        super::tests::restore_security(&mut value, read.safety.security, "EnableSSL");
        value
    }

    fn not_launched(&self, _: &ExportRequest<'_>) -> Option<String> {
        None
    }

    fn run(&self, run: &mut Run<'_>) -> Result<(), ExportError> {
        let (settings, _) = read(run.settings());
        // All connections are open before the first table begins.
        let open = |domain: &Domain| settings.open(domain, run.request.base_dir);
        let clients = settings.servers.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let mut tables = Tables::open(run)?;
        for (index, (client, domain)) in clients.into_iter().zip(&settings.servers).enumerate() {
            let suffix = if settings.servers.len() == 1 { String::new() } else { format!("_{index}") };
            let path = super::cookie_file(run, &suffix)?;
            let filter = Filter::parse(&settings.filter).unwrap_or(Filter::Present("objectClass".to_owned()));
            let scope = format!("{}|{}|{}|{}", domain.server, domain.base, settings.filter, tables.signature());
            let mut export = Export { client, domain, filter, path, scope, tables: &mut tables };
            export.run(run)?;
        }
        tables.finish(run)
    }
}

/// The export of one domain.
struct Export<'a> {
    client: Client,
    domain: &'a Domain,
    filter: Filter,
    path: PathBuf,
    scope: String,
    tables: &'a mut Tables,
}

impl Export<'_> {
    fn run(&mut self, run: &mut Run<'_>) -> Result<(), ExportError> {
        let by_cookie = run.request.mode == ExportMode::Incremental && !run.request.force_complete;
        let old = if by_cookie {
            Old::open(&self.path, 0, run.request.keeping)?.filter(|old| old.header.scope == self.scope)
        } else {
            None
        };
        match old {
            Some(old) => self.changes(run, old),
            None if by_cookie => {
                run.problems.push(super::no_cookie(&self.path));
                self.everything(run, "merge")
            }
            None => self.everything(run, "insert"),
        }
    }

    /// The head of the part of the tree that DirSync can be asked for.
    fn head(&mut self) -> Result<String, ExportError> {
        let base = super::dn::fold(&self.domain.base);
        let root = walk::whole(&mut self.client, "", &["namingContexts".to_owned()])?.unwrap_or_default();
        let contexts = root.0.into_iter().flat_map(|(_, values)| values);
        let contexts = contexts.filter_map(|value| String::from_utf8(value).ok());
        let above = contexts.filter(|context| base.ends_with(&super::dn::fold(context)));
        above.max_by_key(String::len).ok_or_else(|| ExportError::System {
            code: "system-refused",
            message: format!("{} has no part of the tree that holds {}", self.client.server(), self.domain.base),
            hint: "mend BaseDN".to_owned(),
        })
    }

    /// Everything. The cookie is asked for first: what changes meanwhile comes again with the next export.
    fn everything(&mut self, run: &mut Run<'_>, command: &'static str) -> Result<(), ExportError> {
        let head = self.head()?;
        let cookie = match dirsync::begin(&mut self.client, &head) {
            Ok(cookie) => Some(cookie),
            Err(error) if error.refusal().is_some() => {
                let message = format!("no cookie for {head}: {error}");
                let hint = "incremental exports need the right \"Replicating Directory Changes\" on the domain";
                run.problems.push(Problem::new("no-cookie", Severity::Warning, message).hint(hint));
                None
            }
            Err(error) => return Err(error.into()),
        };
        let mut new = New::create(&self.path, run.request.keeping)?;
        let base = self.domain.base.clone();
        let filter = self.filter.clone();
        let attributes = self.tables.attributes(true);
        self.read(run, &base, &filter, attributes, command, &mut |known| new.put(&known))?;
        if let Some(cookie) = cookie {
            run.states.push(new.finish(&Header { scope: self.scope.clone(), cookie }, run.request.keeping)?);
        }
        Ok(())
    }

    /// Reads what a filter finds and writes it as it is, with its links where they are among the attributes.
    fn read(
        &mut self,
        run: &mut Run<'_>,
        base: &str,
        filter: &Filter,
        attributes: Vec<String>,
        command: &str,
        seen: &mut dyn FnMut(Known) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let search = Search { base, scope: Scope::Subtree, filter, attributes, size_limit: 0, time_limit: 0 };
        let walk = Walk { search, page: Some(PAGE), controls: Vec::new() };
        let shared = std::cell::RefCell::new((&mut *self.tables, Seen::default()));
        let name = run.connection().to_owned();
        walk::pages(
            &mut self.client,
            &walk,
            &mut |entry, _| {
                let (tables, later) = &mut *shared.borrow_mut();
                let Some(id) = tables.take(entry, command, later)? else { return Ok(()) };
                run.tell(&name, tables.rows(), 0);
                seen(Known { id, dn: entry.dn.to_owned(), links: Vec::new() })
            },
            &mut |client| {
                let (tables, later) = &mut *shared.borrow_mut();
                tables.rest(client, command, std::mem::take(later))
            },
        )
    }

    /// What changed since the cookie.
    fn changes(&mut self, run: &mut Run<'_>, old: Old) -> Result<(), ExportError> {
        let head = self.head()?;
        let cookie = old.header.cookie.clone();
        let ids = old.ids()?;
        // An object may begin or cease to fit the filter by an attribute that no mapping reads.
        let mut asked = self.tables.attributes(true);
        self.filter.attributes(&mut asked);
        let found = dirsync::changes(&mut self.client, &head, &cookie, asked, self.tables.link_names())?;
        let mut objects: Vec<Id> = found.objects.keys().copied().collect();
        objects.sort_unstable();
        let (known, unknown): (Vec<Id>, Vec<Id>) = objects.into_iter().partition(|id| ids.contains(id));
        let mut now: HashMap<Id, String> = HashMap::new();
        self.reread(run, &known, "update", false, &mut now)?;
        let moved = self.below_moved(run, &now)?;
        self.reread(run, &moved, "update", false, &mut now)?;
        self.reread(run, &unknown, "insert", true, &mut now)?;
        self.tables.links(&found, &ids, &now)?;
        self.remember(&found.objects.keys().copied().collect(), &ids, now, found.cookie, run)
    }

    /// Reads objects by their ids; those that are gone, or no longer fit the filter, do not come.
    fn reread(
        &mut self,
        run: &mut Run<'_>,
        ids: &[Id],
        command: &str,
        with_links: bool,
        now: &mut HashMap<Id, String>,
    ) -> Result<(), ExportError> {
        let base = self.domain.base.clone();
        for batch in ids.chunks(BATCH) {
            let any = batch.iter().map(|id| Filter::equal("objectGUID", id)).collect();
            let filter = Filter::And(vec![Filter::Or(any), self.filter.clone()]);
            let attributes = self.tables.attributes(with_links);
            self.read(run, &base, &filter, attributes, command, &mut |known| {
                now.insert(known.id, known.dn);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Known objects whose names changed because something above them was renamed or moved: of that DirSync tells the
    /// top only.
    fn below_moved(&self, run: &Run<'_>, now: &HashMap<Id, String>) -> Result<Vec<Id>, ExportError> {
        let mut moved = HashSet::new();
        let mut old = self.old(run)?;
        while let Some(known) = old.next()? {
            if now.get(&known.id).is_some_and(|dn| !super::dn::same(dn, &known.dn)) {
                moved.insert(super::dn::fold(&known.dn));
            }
        }
        let (mut below, mut old) = (Vec::new(), self.old(run)?);
        while let Some(known) = old.next()? {
            let mut above = super::dn::fold(&known.dn);
            while let Some(at) = Some(super::dn::parent(&above)).filter(|_| !moved.is_empty() && !above.is_empty()) {
                if moved.contains(at) && !now.contains_key(&known.id) {
                    below.push(known.id);
                    break;
                }
                above = at.to_owned();
            }
        }
        Ok(below)
    }

    fn old(&self, run: &Run<'_>) -> Result<Old, ExportError> {
        let detail = "it vanished while it was read".to_owned();
        Old::open(&self.path, 0, run.request.keeping)?.ok_or(ExportError::Cookie { path: self.path.clone(), detail })
    }

    /// Writes what is gone, and the new state.
    fn remember(
        &mut self,
        asked: &HashSet<Id>,
        ids: &HashSet<Id>,
        now: HashMap<Id, String>,
        cookie: Vec<u8>,
        run: &mut Run<'_>,
    ) -> Result<(), ExportError> {
        let (mut old, mut new) = (self.old(run)?, New::create(&self.path, run.request.keeping)?);
        while let Some(mut known) = old.next()? {
            match now.get(&known.id) {
                Some(dn) => {
                    dn.clone_into(&mut known.dn);
                    new.put(&known)?;
                }
                None if asked.contains(&known.id) => self.tables.gone(&known)?,
                None => new.put(&known)?,
            }
        }
        let mut added: Vec<(Id, String)> = now.into_iter().filter(|(id, _)| !ids.contains(id)).collect();
        added.sort_unstable();
        for (id, dn) in added {
            new.put(&Known { id, dn, links: Vec::new() })?;
        }
        run.states.push(new.finish(&Header { scope: self.scope.clone(), cookie }, run.request.keeping)?);
        Ok(())
    }
}

/// The text of an id, as `objectGUID` is written.
fn text(id: &Id) -> String {
    String::from_utf8_lossy(&value::Form::Guid.text(id)).into_owned()
}

/// Whether a refusal says that a cookie is none.
fn is_bad_cookie(refusal: Option<i64>) -> bool {
    matches!(refusal, Some(code::UNAVAILABLE_EXTENSION | code::UNWILLING))
}
