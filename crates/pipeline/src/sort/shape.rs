//! What a key has in common with the one before it, so that a spill need not repeat it.

use crate::bytes::{LANES, common_prefix, common_suffix};
use wide::u8x16;

/// Lengths of the parts of a key, in order. `front` and `back` are the same in the key before; `stretch` is the same
/// and at the same position, at most eight bytes behind the difference and at least eight bytes long (names with a number
/// in them differ like this). `gap` and `middle` are new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) front: usize,
    pub(super) gap: usize,
    pub(super) stretch: usize,
    pub(super) middle: usize,
    pub(super) back: usize,
}

impl Shape {
    /// The shape of `key` behind `last`. `front` is the longest possible.
    #[inline]
    pub(super) fn of(last: &[u8], key: &[u8]) -> Shape {
        let front = common_prefix(last, key);
        let (last, key) = (tail(last, front), tail(key, front));
        let (gap, stretch) = stretch(last, key);
        let (last, key) = (tail(last, gap + stretch), tail(key, gap + stretch));
        let back = common_suffix(last, key);
        Shape { front, gap, stretch, middle: key.len() - back, back }
    }

    /// The new parts of the key with this shape.
    #[inline]
    pub(super) fn new_parts(self, key: &[u8]) -> (&[u8], &[u8]) {
        let middle = self.front + self.gap + self.stretch;
        (part(key, self.front, self.gap), part(key, middle, self.middle))
    }

    /// Turns the key before into the key, given its new parts; `None` when the shape does not fit the key before.
    #[inline]
    pub(super) fn apply(self, key: &mut Vec<u8>, new: &[u8]) -> Option<()> {
        let Shape { front, gap, stretch, middle, back } = self;
        if gap | stretch | back == 0 {
            // Keys without structure, like GUIDs, have nothing but a front in common.
            (front <= key.len() && new.len() == middle).then_some(())?;
            key.truncate(front);
            key.extend_from_slice(new);
            return Some(());
        }
        let kept = front.checked_add(gap)?.checked_add(stretch)?;
        let suffix = key.len().checked_sub(back).filter(|&suffix| suffix >= kept)?;
        let (first, second) = new.split_at_checked(gap)?;
        key.get_mut(front..front + gap)?.copy_from_slice(first);
        let length = kept + middle + back;
        if length > key.len() {
            key.resize(length, 0);
        }
        key.copy_within(suffix..suffix + back, kept + middle);
        key.truncate(length);
        key.get_mut(kept..kept + middle)?.copy_from_slice(second);
        Some(())
    }
}

/// A stretch that both have at the same position behind a short difference: length of the difference and of the
/// stretch.
#[inline]
fn stretch(last: &[u8], key: &[u8]) -> (usize, usize) {
    let (Some(a), Some(b)) = (last.first_chunk::<LANES>(), key.first_chunk::<LANES>()) else {
        return (0, 0);
    };
    let same = u8x16::new(*a).simd_eq(u8x16::new(*b)).to_bitmask();
    // The bits at which two, then four, then eight equal bytes begin. The first byte is never among them.
    let two = same & (same >> 1);
    let four = two & (two >> 2);
    let eight = four & (four >> 4);
    if eight == 0 {
        return (0, 0);
    }
    let gap = eight.trailing_zeros() as usize;
    (gap, common_prefix(tail(last, gap), tail(key, gap)))
}

#[inline]
fn tail(text: &[u8], at: usize) -> &[u8] {
    text.get(at..).unwrap_or_default()
}

#[inline]
fn part(text: &[u8], at: usize, length: usize) -> &[u8] {
    text.get(at..at + length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_in_a_long_name_is_a_gap() {
        let shape = Shape::of(b"CN=Group 0019 of access\0Ann", b"CN=Group 0020 of access\0Bob");
        assert_eq!(shape, Shape { front: 11, gap: 2, stretch: 11, middle: 3, back: 0 });
        let same = Shape::of(b"abc", b"abc");
        assert_eq!(same, Shape { front: 3, gap: 0, stretch: 0, middle: 0, back: 0 });
    }

    #[test]
    fn a_shape_that_does_not_fit_is_refused() {
        let shape = Shape { front: 2, gap: 0, stretch: 1, middle: 1, back: 1 };
        assert_eq!(shape.apply(&mut b"abc".to_vec(), b"x"), None);
        let huge = Shape { front: usize::MAX, gap: 1, stretch: 1, middle: 1, back: 1 };
        assert_eq!(huge.apply(&mut b"abc".to_vec(), b"xy"), None);
    }

    proptest! {
        #[test]
        fn what_is_taken_apart_is_put_together(last in "[ab]{0,6}[x]{0,12}[ab]{0,30}", key in "[ab]{0,6}[x]{0,12}[ab]{0,30}") {
            let shape = Shape::of(last.as_bytes(), key.as_bytes());
            let (gap, middle) = shape.new_parts(key.as_bytes());
            let mut rebuilt = last.into_bytes();
            prop_assert_eq!(shape.apply(&mut rebuilt, &[gap, middle].concat()), Some(()));
            prop_assert_eq!(rebuilt, key.into_bytes());
        }
    }
}
