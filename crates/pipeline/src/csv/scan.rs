//! Finding the bytes that mean something in CSV: separators, quotes and line ends.

use crate::bytes::LANES;
use wide::u8x16;

/// Bytes looked at in one step. A buffer that is scanned must have this many bytes behind its last valid one.
pub(super) const BLOCK: usize = 64;

/// Walks the special bytes of a buffer in order.
///
/// Sixty-four bytes are compared at a time into bit masks, because at one separator per twenty bytes a search that
/// starts anew after each hit costs twice as much.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    base: usize,
    /// One bit for each special byte that is left in the block.
    mask: u64,
    /// Those of them that are no separators.
    others: u64,
    /// The first byte behind the block that the masks describe.
    next: usize,
}

impl Cursor {
    /// Starts at position `at`.
    pub(super) fn at(at: usize) -> Cursor {
        Cursor { base: at, mask: 0, others: 0, next: at }
    }

    /// The position of the next special byte before `end`.
    #[inline(always)]
    pub(super) fn next(&mut self, buffer: &[u8], end: usize, separator: u8) -> Option<usize> {
        if !self.load(buffer, end, separator) {
            return None;
        }
        let at = self.base + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        self.others &= self.mask;
        Some(at)
    }

    /// Calls `take` for each separator before the next special byte of another kind, or before `end`. Most special
    /// bytes are separators: taken together they need not be looked at again.
    #[inline(always)]
    pub(super) fn separators(&mut self, buffer: &[u8], end: usize, separator: u8, mut take: impl FnMut(usize)) {
        while self.load(buffer, end, separator) {
            // The bits below the lowest of `others`; all bits when it has none.
            let mut run = self.mask & !self.others & (self.others ^ self.others.wrapping_sub(1));
            self.mask &= !run;
            while run != 0 {
                take(self.base + run.trailing_zeros() as usize);
                run &= run - 1;
            }
            if self.mask != 0 {
                return;
            }
        }
    }

    /// Goes on to a block with a special byte that is left; `false` when there is none before `end`.
    #[inline(always)]
    fn load(&mut self, buffer: &[u8], end: usize, separator: u8) -> bool {
        while self.mask == 0 {
            if self.next >= end {
                return false;
            }
            self.base = self.next;
            self.next += BLOCK;
            let Some(block) = buffer.get(self.base..).and_then(|rest| rest.first_chunk::<BLOCK>()) else {
                return false;
            };
            let valid = match end - self.base {
                valid if valid < BLOCK => (1 << valid) - 1,
                _ => u64::MAX,
            };
            let (separators, others) = specials(block, separator);
            (self.mask, self.others) = ((separators | others) & valid, others & valid);
        }
        true
    }
}

/// One bit for each byte that is a separator, and one for each that is a quote, LF or CR; the first byte is the lowest
/// bit.
#[inline(always)]
fn specials(block: &[u8; BLOCK], separator: u8) -> (u64, u64) {
    let [separator, quote, lf, cr] = [separator, b'"', b'\n', b'\r'].map(u8x16::splat);
    let (lanes, _) = block.as_chunks::<LANES>();
    lanes.iter().enumerate().fold((0, 0), |(separators, others), (i, lane)| {
        let lane = u8x16::new(*lane);
        let other = lane.simd_eq(quote) | lane.simd_eq(lf) | lane.simd_eq(cr);
        let bits = |mask: u8x16| u64::from(mask.to_bitmask()) << (LANES * i);
        (separators | bits(lane.simd_eq(separator)), others | bits(other))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn walk(bytes: &[u8], separator: u8) -> Vec<usize> {
        let mut buffer = bytes.to_vec();
        buffer.resize(bytes.len() + BLOCK, b'\n');
        let mut cursor = Cursor::at(0);
        std::iter::from_fn(|| cursor.next(&buffer, bytes.len(), separator)).collect()
    }

    #[test]
    fn finds_every_special_byte() {
        assert_eq!(walk(b"a;b\"c\r\n;", b';'), [1, 3, 5, 6, 7]);
        assert_eq!(walk(b"", b';'), [0usize; 0]);
    }

    proptest! {
        #[test]
        fn agrees_with_a_filter(bytes in proptest::collection::vec(prop_oneof![Just(b';'), Just(b'"'), Just(b'\n'), Just(b'\r'), any::<u8>()], 0..300)) {
            let expected: Vec<usize> = (0..bytes.len()).filter(|&i| b";\"\r\n".contains(&bytes[i])).collect();
            prop_assert_eq!(walk(&bytes, b';'), expected);
        }
    }
}
