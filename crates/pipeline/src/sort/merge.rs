//! Merging sorted sources with a tournament that knows how much keys have in common.

use super::SortError;
use super::run::Source;
use crate::bytes::common_prefix;

/// A record of the merged stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The payload.
    pub payload: &'a [u8],
    /// How many leading bytes of the key the record before had too.
    pub shared: usize,
    /// Whether the record before had the same key.
    pub repeats: bool,
}

/// A source that has ended shares less than any other, so that it loses.
const ENDED: isize = -1;

/// All records in order of their keys; records with equal keys in the order in which they were pushed.
///
/// A tree of losers: each inner node holds the loser of the match between the winners below it. For each source it is
/// known how many bytes its key shares with the key that beat it, so that most matches compare two numbers: of two
/// keys that follow the same key, the one that shares more with it comes first.
pub struct Merged {
    sources: Vec<Source>,
    /// For each source the bytes shared with the winner it lost to; [`ENDED`] at its end.
    shared: Vec<isize>,
    /// Loser of each inner node; the overall winner at 0.
    tree: Vec<usize>,
    started: bool,
}

impl Merged {
    pub(super) fn new(sources: Vec<Source>) -> Merged {
        let tree = vec![0; sources.len()];
        Merged { shared: vec![ENDED; sources.len()], sources, tree, started: false }
    }

    /// The next record.
    ///
    /// # Errors
    /// When a spill cannot be read, or does not hold what was written to it.
    #[inline]
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Item<'_>>, SortError> {
        let repeats_from = match (self.started, self.winner()) {
            (true, Some(winner)) => {
                let length = self.sources.get(winner).map_or(0, |source| source.key().len());
                self.advance(winner)?;
                self.replay(winner);
                Some(length)
            }
            (false, Some(_)) => {
                self.start()?;
                None
            }
            (_, None) => return Ok(None),
        };
        let Some(winner) = self.winner() else {
            return Ok(None);
        };
        let Some(source) = self.sources.get(winner) else {
            return Ok(None);
        };
        let shared = self.shared.get(winner).and_then(|&shared| usize::try_from(shared).ok());
        let Some(shared) = shared else {
            return Ok(None);
        };
        let (key, payload) = source.record();
        let repeats = repeats_from == Some(key.len()) && shared == key.len();
        Ok(Some(Item { key, payload, shared, repeats }))
    }

    fn winner(&self) -> Option<usize> {
        self.tree.first().copied()
    }

    fn advance(&mut self, source: usize) -> Result<(), SortError> {
        if let (Some(reader), Some(shared)) = (self.sources.get_mut(source), self.shared.get_mut(source)) {
            *shared = reader.advance()?.map_or(ENDED, |shared| shared as isize);
        }
        Ok(())
    }

    /// Plays all matches once.
    fn start(&mut self) -> Result<(), SortError> {
        let count = self.sources.len();
        for source in 0..count {
            self.advance(source)?;
        }
        // Node n has the children 2n and 2n + 1; the sources are the nodes from `count` on.
        let mut winners: Vec<usize> = vec![0; count];
        winners.extend(0..count);
        for node in (1..count).rev() {
            let (a, b) = (winners.get(2 * node).copied(), winners.get(2 * node + 1).copied());
            let (Some(a), Some(b)) = (a, b) else { continue };
            let (winner, loser) = if self.first_wins(a, b) { (a, b) } else { (b, a) };
            self.set(node, loser);
            if let Some(place) = winners.get_mut(node) {
                *place = winner;
            }
        }
        if let Some(&winner) = winners.get(1) {
            self.set(0, winner);
        }
        self.started = true;
        Ok(())
    }

    fn set(&mut self, node: usize, source: usize) {
        if let Some(place) = self.tree.get_mut(node) {
            *place = source;
        }
    }

    /// The last winner has a new key: plays its matches again, up to the root.
    #[inline]
    fn replay(&mut self, mut winner: usize) {
        let mut node = (winner + self.sources.len()) / 2;
        while node > 0 {
            if let Some(&rival) = self.tree.get(node)
                && !self.first_wins(winner, rival)
            {
                self.set(node, winner);
                winner = rival;
            }
            node /= 2;
        }
        self.set(0, winner);
    }

    /// Whether source `a` comes before `b`. Both know what they share with the same earlier key; the loser then knows
    /// what it shares with the winner.
    #[inline]
    fn first_wins(&mut self, a: usize, b: usize) -> bool {
        let shared = |source: usize| self.shared.get(source).copied().unwrap_or(ENDED);
        let (shared_a, shared_b) = (shared(a), shared(b));
        if shared_a != shared_b {
            return shared_a > shared_b;
        }
        let Ok(from) = usize::try_from(shared_a) else {
            return a < b;
        };
        let key = |source: usize| self.sources.get(source).map_or(&[][..], Source::key).get(from..).unwrap_or_default();
        let (key_a, key_b) = (key(a), key(b));
        let more = common_prefix(key_a, key_b);
        let first = match key_a.get(more).cmp(&key_b.get(more)) {
            std::cmp::Ordering::Equal => a < b,
            order => order.is_lt(),
        };
        let loser = if first { b } else { a };
        if let Some(shared) = self.shared.get_mut(loser) {
            *shared = (from + more) as isize;
        }
        first
    }
}
