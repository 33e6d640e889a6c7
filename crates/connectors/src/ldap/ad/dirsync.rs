//! The control DirSync: objects that changed since a cookie, and the values that links gained and lost.

use super::super::ber::{self, Malformed};
use super::super::client::{Client, Found};
use super::super::error::{LdapError, code};
use super::super::filter::Filter;
use super::super::message::{Control, DIR_SYNC, Entry, SHOW_DELETED, Scope, Search};
use super::super::state::Id;
use super::is_bad_cookie;
use crate::error::ExportError;
use std::collections::HashMap;

/// Values of links come one by one, with whether they were added or removed.
const INCREMENTAL_VALUES: u32 = 0x8000_0000;

/// What happened to an object.
#[derive(Debug, Default)]
pub(super) struct Happened {
    /// Values of links: position of the link, whether it was added, the value.
    pub(super) values: Vec<(usize, bool, Vec<u8>)>,
}

/// Everything that happened since a cookie.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) objects: HashMap<Id, Happened>,
    /// The cookie of now.
    pub(super) cookie: Vec<u8>,
}

/// A cookie of now: nothing fits the filter, so that nothing comes.
pub(super) fn begin(client: &mut Client, head: &str) -> Result<Vec<u8>, LdapError> {
    let filter = Filter::Not(Box::new(Filter::Present("objectClass".to_owned())));
    ask(client, head, &filter, &[], vec!["objectGUID".to_owned()], &mut |_| Ok(()))
}

/// What happened since the cookie, to any object: whether it fits the filter of the connection is known only when it
/// has been read, and one that fits no more must not be overlooked.
pub(super) fn changes(
    client: &mut Client,
    head: &str,
    cookie: &[u8],
    mut attributes: Vec<String>,
    links: &[String],
) -> Result<Changes, ExportError> {
    // Without isDeleted deletions do not come, without name renamings do not.
    attributes.extend(["isDeleted", "name", "objectGUID"].map(str::to_owned));
    attributes.sort_unstable_by_key(|name| name.to_ascii_lowercase());
    attributes.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
    let filter = Filter::Present("objectClass".to_owned());
    let mut changes = Changes::default();
    let asked = ask(client, head, &filter, cookie, attributes, &mut |entry| changes.take(entry, links));
    changes.cookie = asked.map_err(|error| match is_bad_cookie(error.refusal()) {
        true => ExportError::System {
            code: "system-cookie",
            message: format!("the cookie is not understood: {error}"),
            hint: "export completely once (--ignore-cookies), which begins a new cookie".to_owned(),
        },
        false => error.into(),
    })?;
    Ok(changes)
}

/// Asks until the server has no more to say; gives the last cookie.
fn ask(
    client: &mut Client,
    head: &str,
    filter: &Filter,
    cookie: &[u8],
    attributes: Vec<String>,
    take: &mut dyn FnMut(&Entry<'_>) -> Result<(), LdapError>,
) -> Result<Vec<u8>, LdapError> {
    let doing = format!("the changes of {head}");
    let search = Search { base: head, scope: Scope::Subtree, filter, attributes, size_limit: 0, time_limit: 0 };
    let mut cookie = cookie.to_vec();
    loop {
        let controls = [Control::dir_sync(INCREMENTAL_VALUES, &cookie), Control::bare(SHOW_DELETED, true)];
        let outcome = client.search(&search, &controls, &mut |found| match found {
            Found::Entry(entry, _) => take(&entry),
            Found::Intermediate(..) => Ok(()),
        })?;
        if outcome.code != code::SUCCESS {
            return Err(client.refused(&doing, &outcome));
        }
        let answer = outcome.control(DIR_SYNC).ok_or(Malformed("changes come without a cookie"));
        let (more, next) = answer.and_then(read).map_err(|error| client.malformed(error))?;
        if !more || next == cookie {
            return Ok(next);
        }
        cookie = next;
    }
}

/// Whether there is more, and the cookie.
fn read(value: &[u8]) -> Result<(bool, Vec<u8>), Malformed> {
    let mut reader = ber::Reader::new(value).inside(ber::SEQUENCE)?;
    let more = reader.integer(ber::INTEGER)? != 0;
    reader.integer(ber::INTEGER)?;
    Ok((more, reader.take(ber::OCTETS)?.to_vec()))
}

impl Changes {
    fn take(&mut self, entry: &Entry<'_>, links: &[String]) -> Result<(), LdapError> {
        let Some(id) = entry.first("objectGUID").and_then(|octets| Id::try_from(octets).ok()) else { return Ok(()) };
        let happened = self.objects.entry(id).or_default();
        for attribute in &entry.attributes {
            let (name, range) = attribute.range();
            let Some(index) = links.iter().position(|link| link.eq_ignore_ascii_case(name)) else { continue };
            // `range=0-0` marks values that were removed, `range=1-1` those that were added.
            let added = range != Some((0, Some(0)));
            happened.values.extend(attribute.values().map(|value| (index, added, value.to_vec())));
        }
        Ok(())
    }
}
