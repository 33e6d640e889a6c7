//! Sets of identities.

/// One bit for each identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// An empty set of identities below `count`.
    pub(super) fn new(count: usize) -> Bits {
        Bits { words: vec![0; count.div_ceil(64)] }
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Adds one, and tells whether it is new.
    pub(super) fn insert(&mut self, at: u32) -> bool {
        let (word, bit) = (&mut self.words[at as usize / 64], 1u64 << (at % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Whether it holds this one.
    pub(super) fn contains(&self, at: u32) -> bool {
        self.words[at as usize / 64] & (1 << (at % 64)) != 0
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// How many are in both.
    pub(super) fn common(&self, other: &Bits) -> usize {
        self.words.iter().zip(&other.words).map(|(a, b)| (a & b).count_ones() as usize).sum()
    }

    /// Those that the other lacks, ascending.
    pub(super) fn without<'a>(&'a self, other: &'a Bits) -> impl Iterator<Item = u32> + 'a {
        let words = self.words.iter().zip(&other.words).map(|(a, b)| a & !b);
        words.enumerate().flat_map(|(at, word)| ones(word).map(move |bit| at as u32 * 64 + bit))
    }
}

fn ones(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros();
        word &= word.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}
