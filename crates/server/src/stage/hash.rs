//! The name of a change set: a hash over its canonical rows.

use provost_model::changes::Command;

/// Collects the rows of a change set in their canonical order: entity types, then associations, in the order of the
/// configuration; rows in key order.
#[derive(Debug, Default)]
pub(crate) struct ChangeHash(blake3::Hasher);

impl ChangeHash {
    /// One row: what it concerns, what is done, and the values that say so. Each part is prefixed with its length, so
    /// that two different rows never give the same bytes.
    pub(crate) fn row<'a>(
        &mut self,
        subject: &str,
        command: Command,
        parts: impl IntoIterator<Item = Option<&'a [u8]>>,
    ) {
        self.part(Some(subject.as_bytes()));
        self.0.update(&[command as u8]);
        for part in parts {
            self.part(part);
        }
        self.0.update(&[0xFF]);
    }

    fn part(&mut self, part: Option<&[u8]>) {
        match part {
            Some(bytes) => {
                self.0.update(&[1]);
                self.0.update(&(bytes.len() as u64).to_le_bytes());
                self.0.update(bytes);
            }
            None => {
                self.0.update(&[0]);
            }
        }
    }

    /// 32 hexadecimal digits.
    pub(crate) fn finish(&self) -> String {
        self.0.finalize().to_hex().chars().take(32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depends_on_every_part_and_on_their_borders() {
        let hash = |parts: &[Option<&[u8]>]| {
            let mut hash = ChangeHash::default();
            hash.row("T", Command::Update, parts.iter().copied());
            hash.finish()
        };
        assert_eq!(hash(&[]).len(), 32);
        assert_ne!(hash(&[Some(b"ab"), Some(b"c")]), hash(&[Some(b"a"), Some(b"bc")]));
        assert_ne!(hash(&[None]), hash(&[Some(b"")]));
        assert_eq!(hash(&[Some(b"a")]), hash(&[Some(b"a")]));
    }
}
