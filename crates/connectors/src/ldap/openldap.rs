//! `Usercube.OpenLDAP`: content synchronisation (RFC 4533). The server gives a cookie, and later what changed since.

mod phase;

use self::phase::{Mention, Refresh};
use super::ber::{self, Malformed};
use super::client::{Client, Found, Login, Security};
use super::error::code;
use super::filter::Filter;
use super::message::{Control, Entry, SYNC_DONE, SYNC_INFO, Scope, Search};
use super::settings::{self, LINK, Link, Timeouts};
use super::state::{Header, Id, Known, New, Old};
use super::tables::{Plan, Sink, Style, Subject};
use super::value;
use crate::error::ExportError;
use crate::export::{Driver, ExportMode, ExportRequest, Run};
use crate::settings::{Reader, Settings};
use provost_model::{Problem, Severity};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The package.
pub(crate) struct OpenLdap;

const ENTRY: &str = "entry";
const TELL_EVERY: u64 = 1024;
const ENTRIES: Style = Style { commands: true, always: &["entryUUID", "dn"], id: Some("entryUUID") };
const LINKS: Style = Style { commands: true, always: &["entryUUID"], id: Some("entryUUID") };

#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize), serde(rename_all = "PascalCase"))]
pub(crate) struct OpenLdapSettings {
    #[cfg_attr(test, serde(flatten))]
    pub(crate) link: Link,
    distinguished_name: String,
    login: String,
    password: String,
    filter: String,
    scope: Scope,
    time_format: u64,
    waiting_time_in_seconds: u64,
    pub(crate) is_ldap_password_reset: bool,
}

pub(crate) fn read(settings: Settings<'_>) -> (OpenLdapSettings, Vec<Problem>) {
    let own = ["DistinguishedName", "Login", "Password", "Filter", "Scope", "SSL", "TimeFormat"];
    let known: Vec<&str> = LINK.into_iter().chain(own).chain(["WaitingTimeInSeconds", "IsLdapPasswordReset"]).collect();
    let mut reader = Reader::new(settings, &known);
    let read = OpenLdapSettings {
        link: Link::read(&mut reader, "SSL"),
        distinguished_name: settings::required(
            &mut reader,
            "DistinguishedName",
            "the name of the entry to search below",
        ),
        login: settings::required(&mut reader, "Login", "the name of an account"),
        password: settings::required(&mut reader, "Password", "the password of the account"),
        filter: settings::filter(&mut reader, "Filter"),
        scope: settings::scope(&mut reader),
        time_format: reader.count("TimeFormat", 60),
        waiting_time_in_seconds: reader.count("WaitingTimeInSeconds", 30),
        is_ldap_password_reset: reader.flag("IsLdapPasswordReset", false),
    };
    if read.link.safety.security == Security::Plain {
        reader.problems.push(super::plain_password(&settings.path("SSL")));
    }
    (read, reader.problems)
}

impl OpenLdapSettings {
    pub(crate) fn login(&self) -> Login {
        Login::Simple { name: self.login.clone(), password: self.password.clone() }
    }

    /// Where entries are looked for.
    pub(crate) fn base(&self) -> &str {
        &self.distinguished_name
    }

    pub(crate) fn timeouts(&self) -> Timeouts {
        Timeouts { connect: 0, request: self.time_format }
    }
}

impl Driver for OpenLdap {
    fn check(&self, settings: Settings<'_>) -> Vec<Problem> {
        read(settings).1
    }

    #[cfg(test)]
    fn effective(&self, settings: Settings<'_>) -> serde_json::Value {
        let read = read(settings).0;
        let mut value = serde_json::to_value(&read).unwrap();
        super::tests::restore_security(&mut value, read.link.safety.security, "SSL");
        value
    }

    fn not_launched(&self, _: &ExportRequest<'_>) -> Option<String> {
        None
    }

    fn run(&self, run: &mut Run<'_>) -> Result<(), ExportError> {
        let (settings, _) = read(run.settings());
        let target = settings.link.target(settings.login(), run.request.base_dir, settings.timeouts());
        let mut client = Client::open(&target)?;
        let mut export = Export::begin(run, &settings)?;
        export.refresh(run, &mut client, &settings)?;
        export.end(run)
    }
}

/// An export under way.
struct Export {
    entries: Sink,
    links: Vec<Sink>,
    header: Header,
    /// The state of the last export, and the ids in it, when the export is one of changes.
    old: Option<(Old, HashSet<Id>)>,
    new: New,
    refresh: Refresh,
    /// Pairs of entries that came, in exports of changes: for each of them, for each table.
    changed: HashMap<Id, Known>,
    /// Word of rows whose entry was not known before.
    unknown: &'static str,
}

impl Export {
    /// Everything is open when this returns.
    fn begin(run: &mut Run<'_>, settings: &OpenLdapSettings) -> Result<Export, ExportError> {
        let (entries, links) = plans(run);
        let scope = scope(settings, &entries, &links);
        let path = super::cookie_file(run, "")?;
        let by_cookie = run.request.mode == ExportMode::Incremental && !run.request.force_complete;
        let known = if by_cookie {
            Old::open(&path, links.len(), run.request.keeping)?.filter(|old| old.header.scope == scope)
        } else {
            None
        };
        if by_cookie && known.is_none() {
            run.problems.push(super::no_cookie(&path));
        }
        let (cookie, old) = match known {
            None => (Vec::new(), None),
            Some(old) => {
                let again = Old::open(&path, links.len(), run.request.keeping)?;
                (old.header.cookie.clone(), again.map(|again| old.ids().map(|ids| (again, ids))).transpose()?)
            }
        };
        Ok(Export {
            entries: entries.open(run)?,
            links: links.into_iter().map(|plan| plan.open(run)).collect::<Result<_, _>>()?,
            header: Header { scope, cookie },
            unknown: if by_cookie && old.is_none() { "merge" } else { "insert" },
            old,
            new: New::create(&path, run.request.keeping)?,
            refresh: Refresh::default(),
            changed: HashMap::new(),
        })
    }

    /// Asks for what changed, and once more for everything when the server has forgotten what the cookie meant.
    fn refresh(
        &mut self,
        run: &mut Run<'_>,
        client: &mut Client,
        settings: &OpenLdapSettings,
    ) -> Result<(), ExportError> {
        let filter = Filter::parse(&settings.filter).unwrap_or(Filter::Present("objectClass".to_owned()));
        let search = Search {
            base: &settings.distinguished_name,
            scope: settings.scope,
            filter: &filter,
            attributes: self.attributes(),
            size_limit: 0,
            time_limit: 0,
        };
        let doing = format!("the synchronisation of {}", settings.distinguished_name);
        loop {
            let cookie = self.old.as_ref().map(|_| self.header.cookie.clone()).filter(|cookie| !cookie.is_empty());
            let first = cookie.is_none();
            let control = Control::sync(cookie.as_deref());
            let outcome = client.search(&search, &[control], &mut |found| self.visit(run, found))?;
            match outcome.code {
                code::SUCCESS => {}
                code::SYNC_REFRESH_REQUIRED if !first => {
                    self.header.cookie.clear();
                    self.refresh = Refresh::default();
                    continue;
                }
                _ => return Err(client.refused(&doing, &outcome).into()),
            }
            if let Some(done) = outcome.control(SYNC_DONE) {
                self.refresh.done(done).map_err(|error| client.malformed(error))?;
            }
            self.refresh.since_nothing = first;
            if let Some(cookie) = self.refresh.cookie.take() {
                self.header.cookie = cookie;
            } else if first {
                let hint = "load the overlay syncprov for this database, or use the package Usercube.LDAP";
                let message = format!("{} gives no cookie for {doing}", client.server());
                return Err(ExportError::System { code: "system-no-cookie", message, hint: hint.to_owned() });
            }
            return Ok(());
        }
    }

    fn attributes(&self) -> Vec<String> {
        let mut names: Vec<String> =
            std::iter::once(&self.entries).chain(&self.links).flat_map(|sink| sink.plan.attributes()).collect();
        names.sort();
        names.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
        names
    }

    fn visit(&mut self, run: &mut Run<'_>, found: Found<'_>) -> Result<(), ExportError> {
        let malformed = |error: Malformed| ExportError::System {
            code: "system-malformed-answer",
            message: format!("the server breaks the rules of content synchronisation: {error}"),
            hint: "check the version of the server".to_owned(),
        };
        match found {
            Found::Intermediate(name, value) if name == SYNC_INFO => self.refresh.info(value).map_err(malformed),
            Found::Intermediate(..) => Ok(()),
            Found::Entry(entry, message) => {
                let (mention, id) = phase::state(&message).map_err(malformed)?;
                if mention == Mention::Changed {
                    self.refresh.changed += 1;
                    self.take(&entry, id)?;
                    if self.entries.rows.is_multiple_of(TELL_EVERY) {
                        run.tell(&format!("{}_{ENTRY}", run.connection()), self.entries.rows, 0);
                    }
                } else {
                    self.refresh.mention(mention, id);
                }
                Ok(())
            }
        }
    }

    /// An entry as it is now.
    fn take(&mut self, entry: &Entry<'_>, id: Id) -> Result<(), ExportError> {
        let is_known = self.old.as_ref().is_some_and(|(_, ids)| ids.contains(&id));
        let text = value::uuid(&id);
        let command = if is_known { "update" } else { self.unknown };
        self.entries.entry(Subject { command, id: &text, dn: entry.dn }, entry)?;
        let mut links = Vec::with_capacity(self.links.len());
        for sink in &self.links {
            let name = sink.plan.link.as_deref().unwrap_or_default();
            let values = entry.get(name).map(|attribute| attribute.values().map(<[u8]>::to_vec).collect());
            links.push(values.unwrap_or_default());
        }
        let known = Known { id, dn: entry.dn.to_owned(), links };
        if self.old.is_some() {
            self.changed.insert(id, known);
            return Ok(());
        }
        self.all_links(&known, self.unknown)?;
        self.new.put(&known)
    }

    fn all_links(&mut self, known: &Known, command: &str) -> Result<(), ExportError> {
        let id = value::uuid(&known.id);
        for (sink, values) in self.links.iter_mut().zip(&known.links) {
            for value in values {
                sink.link(Subject { command, id: &id, dn: &known.dn }, value)?;
            }
        }
        Ok(())
    }

    /// Walks what was known, writes what is gone, and the new state.
    fn end(mut self, run: &mut Run<'_>) -> Result<(), ExportError> {
        if let Some((mut old, _)) = self.old.take() {
            while let Some(known) = old.next()? {
                match self.changed.remove(&known.id) {
                    Some(now) => {
                        self.differences(&known, &now)?;
                        self.new.put(&now)?;
                    }
                    None if self.refresh.is_gone(&known.id) => {
                        let id = value::uuid(&known.id);
                        self.entries.gone(Subject { command: "delete", id: &id, dn: &known.dn })?;
                        self.all_links(&known, "delete")?;
                    }
                    None => self.new.put(&known)?,
                }
            }
            let added: BTreeMap<Id, Known> = std::mem::take(&mut self.changed).into_iter().collect();
            for known in added.values() {
                self.all_links(known, "insert")?;
                self.new.put(known)?;
            }
        }
        run.staged.push(self.entries.finish()?);
        for sink in self.links {
            run.staged.push(sink.finish()?);
        }
        run.states.push(self.new.finish(&self.header, run.request.keeping)?);
        Ok(())
    }

    /// Pairs that an entry has no longer, and those that it has now.
    fn differences(&mut self, before: &Known, now: &Known) -> Result<(), ExportError> {
        let id = value::uuid(&now.id);
        for (index, sink) in self.links.iter_mut().enumerate() {
            let (old, new) = (&before.links[index], &now.links[index]);
            let (had, has): (HashSet<&Vec<u8>>, HashSet<&Vec<u8>>) = (old.iter().collect(), new.iter().collect());
            for value in old.iter().filter(|value| !has.contains(value)) {
                sink.link(Subject { command: "delete", id: &id, dn: &before.dn }, value)?;
            }
            for value in new.iter().filter(|value| !had.contains(value)) {
                sink.link(Subject { command: "insert", id: &id, dn: &now.dn }, value)?;
            }
        }
        Ok(())
    }
}

/// The tables: entries, and one for each further table that a mapping reads.
fn plans(run: &mut Run<'_>) -> (Plan, Vec<Plan>) {
    let wanted = format!("{}_{ENTRY}", run.connection());
    let requested = run.request.tables.iter().find(|table| table.name.eq_ignore_ascii_case(&wanted));
    if requested.is_none() {
        let message = format!("no mapping of the connector reads the table {wanted}");
        let problem = Problem::new("table-without-mapping", Severity::Note, message);
        run.problems.push(problem.hint("map its columns; until then it has the names of entries only"));
    }
    let name = requested.map_or(wanted.clone(), |known| known.name.clone());
    let links = super::link_tables(run, &wanted, LINKS);
    (Plan::entries(&name, requested, ENTRIES), links)
}

/// What a cookie belongs to.
fn scope(settings: &OpenLdapSettings, entries: &Plan, links: &[Plan]) -> String {
    let columns: Vec<String> = std::iter::once(entries).chain(links).map(Plan::signature).collect();
    let OpenLdapSettings { link, distinguished_name, filter, scope, .. } = settings;
    format!("{}|{distinguished_name}|{filter}|{scope:?}|{}", link.server, columns.join("|"))
}

/// Reads the value of a control or an intermediate answer.
fn inside(bytes: &[u8]) -> Result<ber::Reader<'_>, Malformed> {
    ber::Reader::new(bytes).inside(ber::SEQUENCE)
}
