//! Messages of LDAP (RFC 4511), as far as they are sent and understood here.

use super::ber::{BOOLEAN, ENUMERATED, INTEGER, Malformed, OCTETS, Reader, SEQUENCE, SET, Writer};
use super::error::code;
use super::filter::Filter;

pub(crate) const BIND: u8 = 0x60;
pub(crate) const UNBIND: u8 = 0x42;
pub(crate) const SEARCH: u8 = 0x63;
pub(crate) const ENTRY: u8 = 0x64;
pub(crate) const SEARCH_DONE: u8 = 0x65;
pub(crate) const REFERENCE: u8 = 0x73;
pub(crate) const MODIFY: u8 = 0x66;
pub(crate) const ADD: u8 = 0x68;
pub(crate) const DELETE: u8 = 0x4a;
pub(crate) const MODIFY_DN: u8 = 0x6c;
pub(crate) const EXTENDED: u8 = 0x77;
pub(crate) const INTERMEDIATE: u8 = 0x79;

pub(crate) const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
pub(crate) const PASSWORD_MODIFY: &str = "1.3.6.1.4.1.4203.1.11.1";
pub(crate) const PAGED: &str = "1.2.840.113556.1.4.319";
pub(crate) const DOMAIN_SCOPE: &str = "1.2.840.113556.1.4.1339";
pub(crate) const TREE_DELETE: &str = "1.2.840.113556.1.4.805";
pub(crate) const PERMISSIVE_MODIFY: &str = "1.2.840.113556.1.4.1413";
pub(crate) const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";
pub(crate) const DIR_SYNC: &str = "1.2.840.113556.1.4.841";
pub(crate) const SYNC_REQUEST: &str = "1.3.6.1.4.1.4203.1.9.1.1";
pub(crate) const SYNC_STATE: &str = "1.3.6.1.4.1.4203.1.9.1.2";
pub(crate) const SYNC_DONE: &str = "1.3.6.1.4.1.4203.1.9.1.3";
pub(crate) const SYNC_INFO: &str = "1.3.6.1.4.1.4203.1.9.1.4";

/// A control, of a request or of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Control {
    pub(crate) oid: String,
    pub(crate) critical: bool,
    pub(crate) value: Option<Vec<u8>>,
}

impl Control {
    pub(crate) fn new(oid: &str, critical: bool, write: impl FnOnce(&mut Writer)) -> Control {
        let mut writer = Writer::default();
        writer.nested(SEQUENCE, write);
        Control { oid: oid.to_owned(), critical, value: Some(writer.bytes) }
    }

    pub(crate) fn bare(oid: &str, critical: bool) -> Control {
        Control { oid: oid.to_owned(), critical, value: None }
    }

    /// Results page by page (RFC 2696).
    pub(crate) fn paged(size: u32, cookie: &[u8]) -> Control {
        Control::new(PAGED, true, |writer| {
            writer.integer(INTEGER, i64::from(size));
            writer.octets(cookie);
        })
    }

    /// What changed since the cookie (RFC 4533), once.
    pub(crate) fn sync(cookie: Option<&[u8]>) -> Control {
        Control::new(SYNC_REQUEST, true, |writer| {
            writer.integer(ENUMERATED, 1);
            cookie.iter().for_each(|cookie| writer.octets(cookie));
        })
    }

    /// What changed since the cookie, for Active Directory.
    pub(crate) fn dir_sync(flags: u32, cookie: &[u8]) -> Control {
        Control::new(DIR_SYNC, true, |writer| {
            // The flags are a signed number of 32 bits.
            writer.integer(INTEGER, i64::from(flags as i32));
            writer.integer(INTEGER, i64::from(i32::MAX));
            writer.octets(cookie);
        })
    }
}

/// Writes a whole message. `write` writes the operation.
pub(crate) fn message(id: i32, controls: &[Control], write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.nested(SEQUENCE, |writer| {
        writer.integer(INTEGER, i64::from(id));
        write(writer);
        if !controls.is_empty() {
            writer.nested(0xa0, |writer| controls.iter().for_each(|control| write_control(control, writer)));
        }
    });
    writer.bytes
}

fn write_control(control: &Control, writer: &mut Writer) {
    writer.nested(SEQUENCE, |writer| {
        writer.octets(control.oid.as_bytes());
        if control.critical {
            writer.boolean(true);
        }
        control.value.iter().for_each(|value| writer.octets(value));
    });
}

/// How deep a search goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) enum Scope {
    Base,
    OneLevel,
    #[default]
    Subtree,
}

/// A search.
#[derive(Clone, Debug)]
pub(crate) struct Search<'a> {
    pub(crate) base: &'a str,
    pub(crate) scope: Scope,
    pub(crate) filter: &'a Filter,
    pub(crate) attributes: Vec<String>,
    /// Most entries; 0 for no limit of ours.
    pub(crate) size_limit: u32,
    /// Most seconds; 0 for no limit of ours.
    pub(crate) time_limit: u32,
}

impl Search<'_> {
    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.nested(SEARCH, |writer| {
            writer.octets(self.base.as_bytes());
            writer.integer(ENUMERATED, self.scope as i64);
            writer.integer(ENUMERATED, 0);
            writer.integer(INTEGER, i64::from(self.size_limit));
            writer.integer(INTEGER, i64::from(self.time_limit));
            writer.boolean(false);
            self.filter.write(writer);
            writer.nested(SEQUENCE, |writer| {
                self.attributes.iter().for_each(|attribute| writer.octets(attribute.as_bytes()));
            });
        });
    }
}

/// What is done to an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Add = 0,
    Delete = 1,
    Replace = 2,
}

/// One change of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) verb: Verb,
    pub(crate) attribute: String,
    pub(crate) values: Vec<Vec<u8>>,
}

pub(crate) fn write_modify(dn: &str, changes: &[Change], writer: &mut Writer) {
    writer.nested(MODIFY, |writer| {
        writer.octets(dn.as_bytes());
        writer.nested(SEQUENCE, |writer| {
            for change in changes {
                writer.nested(SEQUENCE, |writer| {
                    writer.integer(ENUMERATED, change.verb as i64);
                    write_attribute(&change.attribute, &change.values, writer);
                });
            }
        });
    });
}

pub(crate) fn write_add(dn: &str, attributes: &[(String, Vec<Vec<u8>>)], writer: &mut Writer) {
    writer.nested(ADD, |writer| {
        writer.octets(dn.as_bytes());
        writer.nested(SEQUENCE, |writer| {
            attributes.iter().for_each(|(name, values)| write_attribute(name, values, writer));
        });
    });
}

fn write_attribute(name: &str, values: &[Vec<u8>], writer: &mut Writer) {
    writer.nested(SEQUENCE, |writer| {
        writer.octets(name.as_bytes());
        writer.nested(SET, |writer| values.iter().for_each(|value| writer.octets(value)));
    });
}

pub(crate) fn write_rename(dn: &str, rdn: &str, superior: Option<&str>, writer: &mut Writer) {
    writer.nested(MODIFY_DN, |writer| {
        writer.octets(dn.as_bytes());
        writer.octets(rdn.as_bytes());
        writer.boolean(true);
        superior.iter().for_each(|superior| writer.element(0x80, superior.as_bytes()));
    });
}

pub(crate) fn write_extended(oid: &str, value: Option<&[u8]>, writer: &mut Writer) {
    writer.nested(EXTENDED, |writer| {
        writer.element(0x80, oid.as_bytes());
        value.iter().for_each(|value| writer.element(0x81, value));
    });
}

/// A message of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) id: i64,
    pub(crate) tag: u8,
    pub(crate) body: Reader<'a>,
    controls: Option<Reader<'a>>,
}

impl<'a> Message<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Message<'a>, Malformed> {
        let mut reader = Reader::new(bytes).inside(SEQUENCE)?;
        let id = reader.integer(INTEGER)?;
        let (tag, body) = reader.any()?;
        let controls = reader.optional(0xa0)?.map(Reader::new);
        Ok(Message { id, tag, body: Reader::new(body), controls })
    }

    pub(crate) fn controls(&self) -> Result<Vec<Control>, Malformed> {
        let mut found = Vec::new();
        let Some(mut controls) = self.controls else { return Ok(found) };
        while !controls.is_empty() {
            let mut control = controls.inside(SEQUENCE)?;
            let oid = control.text()?.to_owned();
            let critical = control.optional(BOOLEAN)?.is_some_and(|value| value != [0]);
            let value = control.optional(OCTETS)?.map(<[u8]>::to_vec);
            found.push(Control { oid, critical, value });
        }
        Ok(found)
    }

    /// An entry of a search.
    pub(crate) fn entry(&self) -> Result<Entry<'a>, Malformed> {
        let mut body = self.body;
        let dn = body.text()?;
        let mut list = body.inside(SEQUENCE)?;
        let mut attributes = Vec::new();
        while !list.is_empty() {
            let mut attribute = list.inside(SEQUENCE)?;
            let name = attribute.text()?;
            attributes.push(Attribute { name, values: attribute.inside(SET)? });
        }
        Ok(Entry { dn, attributes })
    }

    /// The outcome of an operation.
    pub(crate) fn outcome(&self) -> Result<Outcome, Malformed> {
        let mut body = self.body;
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = body.integer(ENUMERATED)?;
        let matched = lossy(body.take(OCTETS)?);
        let mut diagnostic = lossy(body.take(OCTETS)?);
        if let (code::REFERRAL, Some(referral)) = (code, body.optional(0xa3)?) {
            let mut referral = Reader::new(referral);
            while !referral.is_empty() {
                diagnostic.push_str(if diagnostic.is_empty() { "to " } else { ", " });
                diagnostic.push_str(&lossy(referral.take(OCTETS)?));
            }
        }
        Ok(Outcome { code, matched, diagnostic, controls: self.controls()? })
    }

    /// Name and value of an intermediate answer.
    pub(crate) fn intermediate(&self) -> Result<(String, &'a [u8]), Malformed> {
        let mut body = self.body;
        let name = body.optional(0x80)?.unwrap_or_default();
        let value = body.optional(0x81)?.unwrap_or_default();
        Ok((String::from_utf8_lossy(name).into_owned(), value))
    }
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: i64,
    pub(crate) matched: String,
    pub(crate) diagnostic: String,
    pub(crate) controls: Vec<Control>,
}

impl Outcome {
    /// Value of a control of the answer.
    pub(crate) fn control(&self, oid: &str) -> Option<&[u8]> {
        self.controls.iter().find(|control| control.oid == oid)?.value.as_deref()
    }
}

/// An entry, borrowed from the message that it came in.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) dn: &'a str,
    pub(crate) attributes: Vec<Attribute<'a>>,
}

/// One attribute of an entry, with the options of its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute<'a> {
    pub(crate) name: &'a str,
    values: Reader<'a>,
}

impl<'a> Attribute<'a> {
    /// Its values. A value that is not whole ends them: the message was checked when it was read.
    pub(crate) fn values(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut values = self.values;
        std::iter::from_fn(move || values.take(OCTETS).ok())
    }

    /// The name without `;range=…`, and the range: its first index, and its last one when there are more values.
    pub(crate) fn range(&self) -> (&'a str, Option<(u64, Option<u64>)>) {
        let Some((name, range)) = split_ignoring_case(self.name, ";range=") else { return (self.name, None) };
        let Some((low, high)) = range.split_once('-') else { return (self.name, None) };
        match (low.parse(), high) {
            (Ok(low), "*") => (name, Some((low, None))),
            (Ok(low), high) => (name, Some((low, high.parse().ok()))),
            _ => (self.name, None),
        }
    }
}

impl<'a> Entry<'a> {
    /// An attribute by its name, whatever the letter case; `;binary` does not count.
    pub(crate) fn get(&self, name: &str) -> Option<&Attribute<'a>> {
        let same = |known: &str| known.eq_ignore_ascii_case(name);
        self.attributes.iter().find(|attribute| {
            let known = attribute.range().0;
            same(known) || known.strip_suffix(";binary").is_some_and(same)
        })
    }

    pub(crate) fn first(&self, name: &str) -> Option<&'a [u8]> {
        self.get(name)?.values().next()
    }
}

fn split_ignoring_case<'a>(text: &'a str, middle: &str) -> Option<(&'a str, &'a str)> {
    let at = text.bytes().position(|byte| byte == b';')?;
    let rest = text.get(at..at + middle.len())?;
    rest.eq_ignore_ascii_case(middle).then(|| (&text[..at], &text[at + middle.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_written_byte_by_byte_as_the_protocol_says() {
        let filter = Filter::parse("(cn=a)").unwrap();
        let attributes = vec!["cn".to_owned()];
        let search =
            Search { base: "dc=x", scope: Scope::Subtree, filter: &filter, attributes, size_limit: 0, time_limit: 9 };
        let bytes = message(5, &[Control::paged(2, b"c")], |writer| search.write(writer));
        let expected: &[u8] =
            b"\x30\x52\x02\x01\x05\x63\x24\x04\x04dc=x\x0a\x01\x02\x0a\x01\x00\x02\x01\x00\x02\x01\x09\
            \x01\x01\x00\xa3\x07\x04\x02cn\x04\x01a\x30\x04\x04\x02cn\
            \xa0\x27\x30\x25\x04\x161.2.840.113556.1.4.319\x01\x01\xff\x04\x08\x30\x06\x02\x01\x02\x04\x01c";
        assert_eq!(bytes, expected);
    }

    #[test]
    fn an_entry_gives_its_attributes_and_ranges() {
        let bytes = b"\x30\x2e\x02\x01\x02\x64\x29\x04\x04cn=g\x30\x21\
            \x30\x19\x04\x10member;range=0-1\x31\x05\x04\x01a\x04\x00\x30\x04\x04\x00\x31\x00";
        let message = Message::parse(bytes).unwrap();
        let entry = message.entry().unwrap();
        assert_eq!((message.id, message.tag, entry.dn), (2, ENTRY, "cn=g"));
        let member = entry.get("MEMBER").unwrap();
        assert_eq!(member.range(), ("member", Some((0, Some(1)))));
        assert_eq!(member.values().collect::<Vec<_>>(), [&b"a"[..], b""]);
        assert!(entry.first("cn").is_none());
    }

    #[test]
    fn an_outcome_names_where_a_referral_leads() {
        let bytes = b"\x30\x16\x02\x01\x02\x65\x11\x0a\x01\x0a\x04\x00\x04\x00\xa3\x08\x04\x06ldap:x";
        let outcome = Message::parse(bytes).unwrap().outcome().unwrap();
        assert_eq!((outcome.code, outcome.diagnostic.as_str()), (10, "to ldap:x"));
    }
}
