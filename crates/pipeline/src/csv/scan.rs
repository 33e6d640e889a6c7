//! Finding the bytes that mean something in CSV: separators, quotes and line ends.

/// Bytes looked at in one step. A buffer that is scanned must have this many bytes behind its last valid one.
pub(super) const BLOCK: usize = 64;

/// Walks the special bytes of a buffer in order.
///
/// Sixty-four bytes are compared at a time into a bit mask, because at one separator per twenty bytes a search that
/// starts anew after each hit costs twice as much.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    base: usize,
    mask: u64,
    /// The first byte behind the block that `mask` describes.
    next: usize,
}

impl Cursor {
    /// Starts at position `at`.
    pub(super) fn at(at: usize) -> Cursor {
        Cursor { base: at, mask: 0, next: at }
    }

    /// The position of the next special byte before `end`.
    #[inline(always)]
    pub(super) fn next(&mut self, buffer: &[u8], end: usize, separator: u8) -> Option<usize> {
        while self.mask == 0 {
            if self.next >= end {
                return None;
            }
            self.base = self.next;
            self.next += BLOCK;
            self.mask = self.load(buffer, end, separator);
        }
        let at = self.base + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        Some(at)
    }

    #[inline(always)]
    fn load(&self, buffer: &[u8], end: usize, separator: u8) -> u64 {
        let Some(block) = buffer.get(self.base..).and_then(|rest| rest.first_chunk::<BLOCK>()) else {
            return 0;
        };
        let mask = specials(block, separator);
        match end - self.base {
            valid if valid < BLOCK => mask & ((1u64 << valid) - 1),
            _ => mask,
        }
    }
}

/// One bit for each byte that is a separator, a quote, LF or CR; the first byte is the lowest bit.
#[inline(always)]
fn specials(block: &[u8; BLOCK], separator: u8) -> u64 {
    // The compiler turns this loop into vector comparisons.
    let mut flags = [0u8; BLOCK];
    for (flag, &byte) in flags.iter_mut().zip(block) {
        *flag = u8::from((byte == separator) | (byte == b'"') | (byte == b'\n') | (byte == b'\r'));
    }
    // Eight flags of 0 or 1 become eight bits: the product moves flag j to bit 56 + j.
    let (eights, _) = flags.as_chunks::<8>();
    eights.iter().enumerate().fold(0, |mask, (i, eight)| {
        let bits = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask | (bits << (8 * i))
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
