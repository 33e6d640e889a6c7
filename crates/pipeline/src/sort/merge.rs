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

/// Compares a key with others that follow the same earlier key: of two such keys, the one that shares more bytes with
/// it comes first, and of two that share the same number, the one with the smaller byte behind them (none is the
/// smallest). The greater rank comes first; equal ranks leave it open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank(u64);

impl Rank {
    /// A source that has ended loses against all others.
    const ENDED: Rank = Rank(0);
    const BITS: u32 = 9;

    #[inline]
    fn new(shared: usize, key: &[u8]) -> Rank {
        let next = key.get(shared).map_or(0, |&byte| 1 + u64::from(byte));
        Rank(((shared as u64 + 1) << Rank::BITS) | ((1 << Rank::BITS) - 1 - next))
    }

    /// How many bytes are shared; `None` for a source that has ended.
    #[inline]
    fn shared(self) -> Option<usize> {
        ((self.0 >> Rank::BITS) as usize).checked_sub(1)
    }
}

/// All records in order of their keys; records with equal keys in the order in which they were pushed.
///
/// A tree of losers: each inner node holds the loser of the match between the winners below it. The rank of each
/// source is that against the key that beat it, so that most matches compare two numbers and no keys.
pub struct Merged {
    sources: Vec<Source>,
    /// Of each source against the winner it lost to.
    ranks: Vec<Rank>,
    /// Loser of each inner node; the overall winner at 0.
    tree: Vec<usize>,
    started: bool,
}

impl Merged {
    pub(super) fn new(sources: Vec<Source>) -> Merged {
        let tree = vec![0; sources.len()];
        Merged { ranks: vec![Rank::ENDED; sources.len()], sources, tree, started: false }
    }

    /// The next record.
    ///
    /// # Errors
    /// When a spill cannot be read, or does not hold what was written to it.
    #[inline]
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Item<'_>>, SortError> {
        let first = !std::mem::replace(&mut self.started, true);
        if first {
            self.start()?;
        } else if let Some(winner) = self.winner() {
            self.advance(winner)?;
            self.replay(winner);
        }
        let winner = self.winner().and_then(|winner| self.sources.get(winner).zip(self.ranks.get(winner)));
        let Some((source, Some(shared))) = winner.map(|(source, rank)| (source, rank.shared())) else {
            return Ok(None);
        };
        let (key, payload) = source.record();
        // In order, the key before cannot be longer than one that it holds whole at its front.
        Ok(Some(Item { key, payload, shared, repeats: !first && shared == key.len() }))
    }

    fn winner(&self) -> Option<usize> {
        self.tree.first().copied()
    }

    fn advance(&mut self, source: usize) -> Result<(), SortError> {
        if let (Some(reader), Some(rank)) = (self.sources.get_mut(source), self.ranks.get_mut(source)) {
            *rank = reader.advance()?.map_or(Rank::ENDED, |shared| Rank::new(shared, reader.key()));
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

    /// Whether source `a` comes before `b`. Both are ranked against the same earlier key; the loser is then ranked
    /// against the winner, which changes nothing when the ranks differ.
    #[inline]
    fn first_wins(&mut self, a: usize, b: usize) -> bool {
        let rank = |source: usize| self.ranks.get(source).copied().unwrap_or(Rank::ENDED);
        let (rank_a, rank_b) = (rank(a), rank(b));
        if rank_a != rank_b { rank_a > rank_b } else { self.first_wins_by_key(a, b, rank_a) }
    }

    fn first_wins_by_key(&mut self, a: usize, b: usize, rank: Rank) -> bool {
        let Some(from) = rank.shared() else { return a < b };
        let key = |source: usize| self.sources.get(source).map_or(&[][..], Source::key);
        let tail = |source: usize| key(source).get(from..).unwrap_or_default();
        let shared = from + common_prefix(tail(a), tail(b));
        let first = match key(a).get(shared).cmp(&key(b).get(shared)) {
            std::cmp::Ordering::Equal => a < b,
            order => order.is_lt(),
        };
        let loser = if first { b } else { a };
        let rank = Rank::new(shared, key(loser));
        if let Some(place) = self.ranks.get_mut(loser) {
            *place = rank;
        }
        first
    }
}
