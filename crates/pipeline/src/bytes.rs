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

/// One in each byte, and the highest bit of each byte.
const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Whether text is UTF-8 without NUL.
#[inline]
pub(crate) fn is_clean_text(text: &[u8]) -> bool {
    // Nearly all values are plain ASCII. In a byte from 1 to 127 neither it nor its predecessor has the highest bit.
    let (eights, rest) = text.as_chunks::<8>();
    let odd = eights.iter().map(|eight| u64::from_le_bytes(*eight)).fold(0, |odd, x| odd | x | x.wrapping_sub(ONES));
    let plain = odd & HIGHS == 0 && rest.iter().all(|&byte| (1..128).contains(&byte));
    plain || (memchr::memchr(0, text).is_none() && std::str::from_utf8(text).is_ok())
}

/// Whether any of four bytes occurs in a text.
#[inline]
pub(crate) fn contains_any(text: &[u8], four: [u8; 4]) -> bool {
    let (eights, rest) = text.as_chunks::<8>();
    // A zero byte is one that has not the highest bit while its predecessor has it. Without early exit the compiler
    // looks at more than eight at once.
    let zeros = |x: u64| x.wrapping_sub(ONES) & !x;
    let hit = |x: u64| four.iter().fold(0, |hit, &byte| hit | zeros(x ^ (ONES * u64::from(byte))));
    let found = eights.iter().map(|eight| u64::from_le_bytes(*eight)).fold(0, |found, x| found | hit(x));
    found & HIGHS != 0 || rest.iter().any(|byte| four.contains(byte))
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

    #[test]
    fn knows_clean_text() {
        let long = "0123456789abcdefg";
        for clean in ["", "a", long, "é", "0123456789abcdeé"] {
            assert!(is_clean_text(clean.as_bytes()), "{clean}");
        }
        for (at, byte) in [(0, 0), (3, 0), (15, 0), (16, 0), (0, 0xFF), (14, 0xC3), (16, 0xC3)] {
            let mut text = long.as_bytes().to_vec();
            text[at] = byte;
            assert!(!is_clean_text(&text), "{at} {byte}");
        }
    }

    proptest! {
        #[test]
        fn finds_any_of_four(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let expected = text.iter().any(|byte| b",\"\n\r".contains(byte));
            prop_assert_eq!(contains_any(&text, *b",\"\n\r"), expected);
        }

        #[test]
        fn clean_text_agrees_with_the_library(text in "[a-zé\0]{0,40}") {
            prop_assert_eq!(is_clean_text(text.as_bytes()), !text.contains('\0'));
        }

        #[test]
        fn shared_ends_agree_with_a_loop(a in "[ab]{0,40}", b in "[ab]{0,40}") {
            let prefix = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
            let suffix = a.bytes().rev().zip(b.bytes().rev()).take_while(|(x, y)| x == y).count();
            prop_assert_eq!(common_prefix(a.as_bytes(), b.as_bytes()), prefix);
            prop_assert_eq!(common_suffix(a.as_bytes(), b.as_bytes()), suffix);
        }
    }
}
