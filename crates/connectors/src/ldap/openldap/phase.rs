//! What the server says beside the entries: which are there unchanged, which are gone, and how far it came.

use super::super::ber::{self, BOOLEAN, Malformed, OCTETS, Reader};
use super::super::message::{Message, SYNC_STATE};
use super::super::state::Id;
use super::inside;
use std::collections::HashSet;

/// What an entry is mentioned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mention {
    /// It is there, as before.
    Present,
    /// It is new or changed, and comes with its attributes.
    Changed,
    /// It is gone.
    Gone,
}

/// What was said in a refresh.
#[derive(Debug, Default)]
pub(super) struct Refresh {
    present: HashSet<Id>,
    gone: HashSet<Id>,
    /// Entries that came with their attributes.
    pub(super) changed: u64,
    /// The last cookie.
    pub(super) cookie: Option<Vec<u8>>,
    /// The server names what is gone. Else it names what is there, and everything else is gone.
    names_gone: bool,
    /// Whether the server gave a cookie at all: without one nothing has changed.
    had_cookie: bool,
    /// The refresh began without a cookie: what did not come is gone.
    pub(super) since_nothing: bool,
}

/// Why an entry came, and which it is.
pub(super) fn state(message: &Message<'_>) -> Result<(Mention, Id), Malformed> {
    let controls = message.controls()?;
    let control = controls.iter().find(|control| control.oid == SYNC_STATE);
    let value = control.and_then(|control| control.value.as_deref());
    let mut reader = inside(value.ok_or(Malformed("an entry comes without its state"))?)?;
    let mention = match reader.integer(ber::ENUMERATED)? {
        0 => Mention::Present,
        1 | 2 => Mention::Changed,
        3 => Mention::Gone,
        _ => return Err(Malformed("an entry has an unknown state")),
    };
    Ok((mention, id(reader.take(OCTETS)?)?))
}

fn id(octets: &[u8]) -> Result<Id, Malformed> {
    octets.try_into().map_err(|_| Malformed("an entryUUID has not 16 octets"))
}

impl Refresh {
    pub(super) fn mention(&mut self, mention: Mention, id: Id) {
        match mention {
            Mention::Present => self.present.insert(id),
            Mention::Gone => self.gone.insert(id),
            Mention::Changed => false,
        };
    }

    fn keep(&mut self, cookie: Option<&[u8]>) {
        if let Some(cookie) = cookie {
            self.cookie = Some(cookie.to_vec());
            self.had_cookie = true;
        }
    }

    /// An intermediate answer: a cookie, the end of a phase, or a set of ids.
    pub(super) fn info(&mut self, value: &[u8]) -> Result<(), Malformed> {
        let (tag, content) = Reader::new(value).any()?;
        let mut reader = Reader::new(content);
        match tag {
            0x80 => self.keep(Some(content)),
            0xa1 | 0xa2 => {
                self.keep(reader.optional(OCTETS)?);
                self.names_gone |= tag == 0xa1;
            }
            0xa3 => {
                self.keep(reader.optional(OCTETS)?);
                let gone = reader.optional(BOOLEAN)?.is_some_and(|value| value != [0]);
                let mut ids = reader.inside(ber::SET)?;
                while !ids.is_empty() {
                    self.mention(if gone { Mention::Gone } else { Mention::Present }, id(ids.take(OCTETS)?)?);
                }
            }
            _ => return Err(Malformed("an unknown kind of information")),
        }
        Ok(())
    }

    /// The end of a refresh.
    pub(super) fn done(&mut self, value: &[u8]) -> Result<(), Malformed> {
        let mut reader = inside(value)?;
        self.keep(reader.optional(OCTETS)?);
        self.names_gone |= reader.optional(BOOLEAN)?.is_some_and(|value| value != [0]);
        Ok(())
    }

    /// Whether an entry that was known, and did not come with its attributes, is gone.
    pub(super) fn is_gone(&self, id: &Id) -> bool {
        if self.gone.contains(id) {
            return true;
        }
        let by_absence = self.since_nothing || (self.had_cookie && !self.names_gone);
        by_absence && !self.present.contains(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Id = [1; 16];
    const B: Id = [2; 16];

    fn set(gone: bool, ids: &[Id]) -> Vec<u8> {
        let mut writer = ber::Writer::default();
        writer.nested(0xa3, |writer| {
            if gone {
                writer.boolean(true);
            }
            writer.nested(ber::SET, |writer| ids.iter().for_each(|id| writer.octets(id)));
        });
        writer.bytes
    }

    #[test]
    fn without_a_new_cookie_nothing_is_gone() {
        let mut refresh = Refresh::default();
        refresh.done(b"\x30\x00").unwrap();
        assert!(!refresh.is_gone(&A));
    }

    #[test]
    fn in_a_delete_phase_only_what_is_named_is_gone() {
        let mut refresh = Refresh::default();
        refresh.info(&set(true, &[A])).unwrap();
        refresh.done(b"\x30\x06\x04\x01c\x01\x01\xff").unwrap();
        assert_eq!((refresh.is_gone(&A), refresh.is_gone(&B)), (true, false));
        assert_eq!(refresh.cookie.as_deref(), Some(&b"c"[..]));
    }

    #[test]
    fn in_a_present_phase_everything_else_is_gone() {
        let mut refresh = Refresh::default();
        refresh.info(&set(false, &[A])).unwrap();
        refresh.info(b"\xa2\x03\x04\x01d").unwrap();
        refresh.done(b"\x30\x00").unwrap();
        assert_eq!((refresh.is_gone(&A), refresh.is_gone(&B)), (false, true));
    }

    #[test]
    fn what_breaks_the_rules_is_malformed() {
        for value in [&b""[..], b"\xa9\x00", b"\xa3\x04\x31\x02\x04\x00", b"\xa3\x00"] {
            assert!(Refresh::default().info(value).is_err(), "{value:?}");
        }
    }
}
