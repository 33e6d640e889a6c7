//! Which resources must not be treated as absent although no clean row has their key.

use serde::{Deserialize, Serialize};

/// Keys of rejected rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Internal keys, in order, each once.
    pub keys: Vec<String>,
    /// The key of some rejected row could not be read (or there are too many to list): nothing may be deleted.
    pub unknown: bool,
}

impl Held {
    const MOST_KEYS: usize = 100_000;
    const MOST_BYTES: usize = 16 << 20;

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && !self.unknown
    }

    /// Whether the resource with this key must stay. Only for the finished list.
    pub fn holds(&self, key: &[u8]) -> bool {
        self.unknown || self.keys.binary_search_by(|held| held.as_bytes().cmp(key)).is_ok()
    }
}

/// Gathers held keys in bounded memory.
#[derive(Debug, Default)]
pub(super) struct Holder {
    keys: Vec<String>,
    bytes: usize,
    unknown: bool,
}

impl Holder {
    pub(super) fn all(&mut self) {
        self.unknown = true;
        self.keys = Vec::new();
    }

    /// Holds a key; one that is no text holds all.
    pub(super) fn key(&mut self, key: &[u8]) {
        match std::str::from_utf8(key) {
            _ if self.unknown => {}
            Ok(text) if !text.is_empty() && !text.contains('\0') => {
                self.bytes += text.len();
                self.keys.push(text.to_owned());
                if self.keys.len() >= Held::MOST_KEYS || self.bytes > Held::MOST_BYTES {
                    self.compact();
                }
            }
            _ => self.all(),
        }
    }

    fn compact(&mut self) {
        self.keys.sort_unstable();
        self.keys.dedup();
        self.bytes = self.keys.iter().map(String::len).sum();
        // Half full after the removal of repetitions: the next time would come too soon.
        if self.keys.len() > Held::MOST_KEYS / 2 || self.bytes > Held::MOST_BYTES / 2 {
            self.all();
        }
    }

    pub(super) fn finish(mut self) -> Held {
        self.keys.sort_unstable();
        self.keys.dedup();
        Held { keys: self.keys, unknown: self.unknown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_keys_hold_all() {
        let mut holder = Holder::default();
        (0..200_000).for_each(|i| holder.key(i.to_string().as_bytes()));
        assert_eq!(holder.finish(), Held { keys: vec![], unknown: true });
    }

    #[test]
    fn one_key_many_times_is_one_key() {
        let mut holder = Holder::default();
        (0..250_000).for_each(|i| holder.key(if i % 2 == 0 { b"b" } else { b"a" }));
        let held = holder.finish();
        assert_eq!(held, Held { keys: vec!["a".to_owned(), "b".to_owned()], unknown: false });
        assert!(held.holds(b"a") && !held.holds(b"c"));
    }

    #[test]
    fn what_is_no_key_holds_all() {
        for key in [&b""[..], b"a\0", b"\xFF"] {
            let mut holder = Holder::default();
            holder.key(key);
            assert!(holder.finish().holds(b"anything"));
        }
    }
}
