//! A search that comes page by page, in which attributes with too many values for one answer are read to their end.

use super::client::{Client, Found};
use super::error::{LdapError, code};
use super::filter::Filter;
use super::message::{Control, Entry, Message, Outcome, PAGED, Scope, Search};
use super::tables::{Collected, Sink, Subject};
use crate::error::ExportError;
use std::collections::BTreeMap;

/// Values of an attribute that did not come with their entry.
pub(crate) struct Rest {
    pub(crate) dn: String,
    pub(crate) attribute: String,
    pub(crate) from: u64,
}

/// What a walk looks for.
#[derive(Clone)]
pub(crate) struct Walk<'a> {
    pub(crate) search: Search<'a>,
    /// Entries of a page; nothing for one answer with everything.
    pub(crate) page: Option<u32>,
    /// Further controls of each request.
    pub(crate) controls: Vec<Control>,
}

/// What is left to be done after a page.
#[derive(Default)]
struct Later {
    /// Pairs whose first part is written.
    links: Vec<Rest>,
    /// Entries that are not written yet.
    entries: Vec<String>,
}

/// Cookie of the next page; nothing after the last one.
fn next_page(client: &Client, outcome: &Outcome) -> Result<Option<Vec<u8>>, LdapError> {
    let Some(value) = outcome.control(PAGED) else { return Ok(None) };
    let read = || {
        let mut reader = super::ber::Reader::new(value).inside(super::ber::SEQUENCE)?;
        reader.integer(super::ber::INTEGER)?;
        reader.take(super::ber::OCTETS)
    };
    let cookie = read().map_err(|error| client.malformed(error))?;
    Ok(Some(cookie.to_vec()).filter(|cookie| !cookie.is_empty()))
}

/// Walks all pages. `visit` sees each entry; `between` is called after each page, when the connection is free.
pub(crate) fn pages(
    client: &mut Client,
    walk: &Walk<'_>,
    visit: &mut dyn FnMut(&Entry<'_>, &Message<'_>) -> Result<(), ExportError>,
    between: &mut dyn FnMut(&mut Client) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let doing = format!("the search below {} for {}", walk.search.base, walk.search.attributes.join(", "));
    let mut cookie = Some(Vec::new());
    while let Some(at) = cookie.take() {
        let mut controls = walk.controls.clone();
        controls.extend(walk.page.map(|size| Control::paged(size, &at)));
        let outcome = client.search(&walk.search, &controls, &mut |found| match found {
            Found::Entry(entry, message) => visit(&entry, &message),
            Found::Intermediate(..) => Ok(()),
        })?;
        if outcome.code != code::SUCCESS {
            return Err(client.refused(&doing, &outcome).into());
        }
        between(client)?;
        cookie = next_page(client, &outcome)?;
    }
    Ok(())
}

/// Writes what a walk finds into a table. `tell` hears of each row's bytes.
pub(crate) fn write(
    client: &mut Client,
    walk: &Walk<'_>,
    sink: &mut Sink,
    command: &str,
    tell: &mut dyn FnMut(u64),
) -> Result<(), ExportError> {
    // Both halves of the walk write, one after the other.
    let shared = std::cell::RefCell::new((sink, Later::default()));
    pages(
        client,
        walk,
        &mut |entry, _| {
            let (sink, later) = &mut *shared.borrow_mut();
            take(entry, sink, later, command)?;
            tell(sink.rows);
            Ok(())
        },
        &mut |client| {
            let (sink, later) = &mut *shared.borrow_mut();
            let Later { links, entries } = std::mem::take(later);
            for rest in links {
                ranges(client, &rest, &mut |value| sink.link(Subject { command, id: "", dn: &rest.dn }, value))?;
            }
            for dn in entries {
                let attributes = sink.plan.attributes();
                if let Some(collected) = whole(client, &dn, &attributes)? {
                    sink.entry(Subject { command, id: "", dn: &dn }, &collected)?;
                }
            }
            Ok(())
        },
    )
}

fn take(entry: &Entry<'_>, sink: &mut Sink, later: &mut Later, command: &str) -> Result<(), ExportError> {
    let subject = Subject { command, id: "", dn: entry.dn };
    let Some(link) = sink.plan.link.clone() else {
        if entry.attributes.iter().any(|attribute| attribute.range().1.is_some_and(|(_, last)| last.is_some())) {
            later.entries.push(entry.dn.to_owned());
            return Ok(());
        }
        return sink.entry(subject, entry);
    };
    for attribute in entry.attributes.iter().filter(|attribute| attribute.range().0.eq_ignore_ascii_case(&link)) {
        for value in attribute.values() {
            sink.link(subject, value)?;
        }
        if let Some((_, Some(last))) = attribute.range().1 {
            later.links.push(Rest { dn: entry.dn.to_owned(), attribute: link.clone(), from: last + 1 });
        }
    }
    Ok(())
}

/// Reads the values of an attribute from one of them on.
pub(crate) fn ranges(
    client: &mut Client,
    rest: &Rest,
    take: &mut dyn FnMut(&[u8]) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let filter = Filter::Present("objectClass".to_owned());
    let mut from = Some(rest.from);
    while let Some(first) = from.take() {
        let walk = Walk {
            search: Search {
                base: &rest.dn,
                scope: Scope::Base,
                filter: &filter,
                attributes: vec![format!("{};range={first}-*", rest.attribute)],
                size_limit: 0,
                time_limit: 0,
            },
            page: None,
            controls: Vec::new(),
        };
        pages(
            client,
            &walk,
            &mut |entry, _| {
                let Some(attribute) = entry.get(&rest.attribute) else { return Ok(()) };
                let mut count = 0;
                for value in attribute.values() {
                    take(value)?;
                    count += 1;
                }
                // A range without values would be asked for again and again.
                from = attribute.range().1.and_then(|(_, last)| last).filter(|_| count > 0).map(|last| last + 1);
                Ok(())
            },
            &mut |_| Ok(()),
        )?;
    }
    Ok(())
}

/// Values that came, and the position of the first that did not.
type Begun = (Vec<Vec<u8>>, Option<u64>);

/// Reads an entry to the last value of its last attribute. Nothing when it is gone.
pub(crate) fn whole(client: &mut Client, dn: &str, attributes: &[String]) -> Result<Option<Collected>, ExportError> {
    let filter = Filter::Present("objectClass".to_owned());
    let search = Search {
        base: dn,
        scope: Scope::Base,
        filter: &filter,
        attributes: attributes.to_vec(),
        size_limit: 0,
        time_limit: 0,
    };
    let mut found: Option<BTreeMap<String, Begun>> = None;
    let outcome = client.search::<LdapError>(&search, &[], &mut |item| {
        if let Found::Entry(entry, _) = item {
            let values = entry.attributes.iter().map(|attribute| {
                let (name, range) = attribute.range();
                let next = range.and_then(|(_, last)| last).map(|last| last + 1);
                (name.to_owned(), (attribute.values().map(<[u8]>::to_vec).collect(), next))
            });
            found = Some(values.collect());
        }
        Ok(())
    })?;
    match outcome.code {
        code::SUCCESS => {}
        code::NO_SUCH_OBJECT => return Ok(None),
        _ => return Err(client.refused(&format!("reading {dn}"), &outcome).into()),
    }
    let Some(found) = found else { return Ok(None) };
    let mut collected = Collected::default();
    for (name, (mut values, next)) in found {
        if let Some(from) = next {
            let rest = Rest { dn: dn.to_owned(), attribute: name.clone(), from };
            ranges(client, &rest, &mut |value| {
                values.push(value.to_vec());
                Ok(())
            })?;
        }
        collected.0.push((name, values));
    }
    Ok(Some(collected))
}
