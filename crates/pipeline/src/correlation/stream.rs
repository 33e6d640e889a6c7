//! Two sorted sets walked side by side.

use super::keys::{KeyPage, KeySetId, Keys};
use provost_model::ResourceId;
use std::cmp::Ordering;

/// A place in a stored set.
struct Cursor {
    set: KeySetId,
    page: KeyPage,
    at: usize,
    is_over: bool,
}

impl Cursor {
    fn open<K: Keys>(set: KeySetId, keys: &mut K) -> Result<Cursor, K::Error> {
        let mut cursor = Cursor { set, page: KeyPage::default(), at: 0, is_over: false };
        keys.page(set, None, &mut cursor.page)?;
        cursor.is_over = cursor.page.is_empty();
        Ok(cursor)
    }

    fn current(&self) -> Option<(&str, ResourceId)> {
        if self.is_over { None } else { self.page.get(self.at) }
    }

    fn advance<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        self.at += 1;
        if self.at < self.page.len() {
            return Ok(());
        }
        let last = self.page.get(self.at - 1).map(|(key, resource)| (key.to_owned(), resource));
        let Some((key, resource)) = last else {
            self.is_over = true;
            return Ok(());
        };
        self.page.clear();
        self.at = 0;
        keys.page(self.set, Some((&key, resource)), &mut self.page)?;
        self.is_over = self.page.is_empty();
        Ok(())
    }

    /// Takes the resources that have this key, at most `most` of them, and tells how many there are.
    fn take<K: Keys>(
        &mut self,
        key: &str,
        most: usize,
        into: &mut Vec<ResourceId>,
        keys: &mut K,
    ) -> Result<usize, K::Error> {
        into.clear();
        let mut count = 0;
        while let Some((_, resource)) = self.current().filter(|(found, _)| *found == key) {
            if into.len() < most {
                into.push(resource);
            }
            count += 1;
            self.advance(keys)?;
        }
        Ok(count)
    }
}

/// A key that both sides have.
pub(super) struct Shared<'a> {
    pub(super) key: &'a str,
    /// Its owners; cut off behind the first `most` of them.
    pub(super) owners: &'a [ResourceId],
    pub(super) owner_count: usize,
    pub(super) targets: &'a [ResourceId],
}

/// Calls `f` with every key that both sets have. Holds the owners and targets of one key at a time.
pub(super) fn join<K: Keys>(
    (source, target): (KeySetId, KeySetId),
    most: usize,
    keys: &mut K,
    mut f: impl FnMut(Shared<'_>),
) -> Result<(), K::Error> {
    let mut owners_at = Cursor::open(source, keys)?;
    let mut targets_at = Cursor::open(target, keys)?;
    let (mut key, mut owners, mut targets) = (String::new(), Vec::new(), Vec::new());
    while let (Some((left, _)), Some((right, _))) = (owners_at.current(), targets_at.current()) {
        match left.as_bytes().cmp(right.as_bytes()) {
            Ordering::Less => owners_at.advance(keys)?,
            Ordering::Greater => targets_at.advance(keys)?,
            Ordering::Equal => {
                key.clear();
                key.push_str(left);
                let owner_count = owners_at.take(&key, most, &mut owners, keys)?;
                targets_at.take(&key, usize::MAX, &mut targets, keys)?;
                f(Shared { key: &key, owners: &owners, owner_count, targets: &targets });
            }
        }
    }
    Ok(())
}
