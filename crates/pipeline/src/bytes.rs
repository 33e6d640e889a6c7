//! What two texts have in common, eight bytes at a time.

/// How many leading bytes two texts share.
#[inline]
pub(crate) fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let (eights_a, _) = a.as_chunks::<8>();
    let (eights_b, _) = b.as_chunks::<8>();
    let mut at = 0;
    for (x, y) in eights_a.iter().zip(eights_b) {
        let difference = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if difference != 0 {
            return at + difference.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let tail = a.iter().zip(b).skip(at);
    at + tail.take_while(|(x, y)| x == y).count()
}

/// How many trailing bytes two texts share.
#[inline]
pub(crate) fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    let (_, eights_a) = a.as_rchunks::<8>();
    let (_, eights_b) = b.as_rchunks::<8>();
    let mut length = 0;
    for (x, y) in eights_a.iter().rev().zip(eights_b.iter().rev()) {
        let difference = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if difference != 0 {
            return length + difference.leading_zeros() as usize / 8;
        }
        length += 8;
    }
    let tail = a.iter().rev().zip(b.iter().rev()).skip(length);
    length + tail.take_while(|(x, y)| x == y).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_shared_ends() {
        let table: [(&str, &str, usize, usize); 5] = [
            ("", "a", 0, 0),
            ("abc", "abc", 3, 3),
            ("abcdefghijkl", "abcdefghijXl", 10, 1),
            ("xxxxxxxxxxabcdefghijkl", "yabcdefghijkl", 0, 12),
            ("abcdefgh", "abcdefghi", 8, 0),
        ];
        for (a, b, prefix, suffix) in table {
            assert_eq!(common_prefix(a.as_bytes(), b.as_bytes()), prefix, "{a} {b}");
            assert_eq!(common_suffix(a.as_bytes(), b.as_bytes()), suffix, "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn shared_ends_agree_with_a_loop(a in "[ab]{0,40}", b in "[ab]{0,40}") {
            let prefix = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
            let suffix = a.bytes().rev().zip(b.bytes().rev()).take_while(|(x, y)| x == y).count();
            prop_assert_eq!(common_prefix(a.as_bytes(), b.as_bytes()), prefix);
            prop_assert_eq!(common_suffix(a.as_bytes(), b.as_bytes()), suffix);
        }
    }
}
