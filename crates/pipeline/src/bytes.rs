//! What texts have in common and what is in them, many bytes at a time.

use wide::u8x16;

/// Bytes that one instruction looks at.
pub(crate) const LANES: usize = 16;
/// Bytes that [`copy`] takes at a time.
const STEP: usize = 2 * LANES;

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
    let [a, b, c, d] = four.map(u8x16::splat);
    let hits = |lane: u8x16| lane.simd_eq(a) | lane.simd_eq(b) | lane.simd_eq(c) | lane.simd_eq(d);
    let (lanes, rest) = text.as_chunks::<LANES>();
    let found = lanes.iter().fold(u8x16::ZERO, |found, lane| found | hits(u8x16::new(*lane)));
    found.any()
        || match text.last_chunk::<LANES>() {
            // The last sixteen bytes hold the rest, and some that were looked at before.
            Some(lane) => !rest.is_empty() && hits(u8x16::new(*lane)).any(),
            None => rest.iter().any(|byte| four.contains(byte)),
        }
}

/// What [`copy`] saw on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// UTF-8 without NUL, for sure. Texts with characters of three or four bytes are left to [`is_clean_text`].
    pub(crate) clean: bool,
    /// One of the four bytes that were asked for.
    pub(crate) special: bool,
}

/// Appends the first `length` bytes of `padded`, thirty-two at a time, and looks at them in the same pass. At least
/// [`STEP`] more bytes must stand behind them, whatever these are: short texts then need neither a loop nor a call.
#[inline]
pub(crate) fn copy(out: &mut Vec<u8>, padded: &[u8], length: usize, four: [u8; 4]) -> Option<Seen> {
    let start = out.len();
    let (steps, _) = padded.get(..length + STEP)?.as_chunks::<STEP>();
    let [a, b, c, d] = four.map(u8x16::splat);
    let special = |lane: u8x16| lane.simd_eq(a) | lane.simd_eq(b) | lane.simd_eq(c) | lane.simd_eq(d);
    let (mut left, mut specials, mut text) = (length, 0, Latin::default());
    for step in steps {
        out.extend_from_slice(step);
        let valid = if left < STEP { (1 << left) - 1 } else { u32::MAX };
        specials |= bits(step, special) & valid;
        text.look(step, valid);
        if left <= STEP {
            break;
        }
        left -= STEP;
    }
    out.truncate(start + length);
    Some(Seen { clean: text.is_clean(), special: specials != 0 })
}

/// One bit for each byte, the highest bit of what `test` makes of it; the first byte is the lowest bit.
#[inline(always)]
fn bits(step: &[u8; STEP], test: impl Fn(u8x16) -> u8x16) -> u32 {
    let (lanes, _) = step.as_chunks::<LANES>();
    lanes.iter().rev().fold(0, |bits, lane| (bits << LANES) | test(u8x16::new(*lane)).to_bitmask())
}

/// Checks text for characters of one or two bytes, which is what most texts in Latin, Greek or Cyrillic letters have.
#[derive(Default)]
struct Latin {
    bad: bool,
    /// One when the last byte began a character of two.
    open: u32,
}

impl Latin {
    #[inline(always)]
    fn look(&mut self, step: &[u8; STEP], valid: u32) {
        let odd = bits(step, |lane| lane | lane.simd_eq(u8x16::ZERO)) & valid;
        if odd | self.open != 0 {
            self.look_closer(step, odd, valid);
        }
    }

    fn look_closer(&mut self, step: &[u8; STEP], odd: u32, valid: u32) {
        let are = |mask, value| bits(step, |lane| (lane & u8x16::splat(mask)).simd_eq(u8x16::splat(value))) & valid;
        // C0 and C1 would begin a character that has a shorter form.
        let first = are(0xE0, 0xC0) & !are(0xFE, 0xC0);
        let second = are(0xC0, 0x80);
        self.bad |= ((first << 1) | self.open) != second || odd != first | second;
        self.open = first >> (STEP - 1);
    }

    fn is_clean(&self) -> bool {
        !self.bad && self.open == 0
    }
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
        fn a_copy_is_the_text_and_sees_what_is_in_it(text in proptest::collection::vec(prop_oneof![8 => 1..128u8, 1 => any::<u8>()], 0..70), padding in any::<u8>()) {
            let mut padded = text.clone();
            padded.extend_from_slice(&[padding; STEP]);
            let mut out = b"before".to_vec();
            let seen = copy(&mut out, &padded, text.len(), *b",\"\n\r").unwrap();
            prop_assert_eq!(seen.special, text.iter().any(|byte| b",\"\n\r".contains(byte)));
            prop_assert!(!seen.clean || (std::str::from_utf8(&text).is_ok() && !text.contains(&0)));
            prop_assert!(seen.clean || !text.iter().all(|byte| (1..128).contains(byte)));
            prop_assert_eq!(out, [&b"before"[..], &text].concat());
            prop_assert_eq!(copy(&mut Vec::new(), &padded, text.len() + 1, *b",\"\n\r"), None);
        }

        #[test]
        fn a_copy_knows_letters_of_two_bytes(text in "[a-zé\u{80}\u{7FF}]{0,40}", three in "[€]{0,1}", cut in 0usize..2) {
            let text = [text.as_bytes(), three.as_bytes()].concat();
            let text = &text[..text.len().saturating_sub(cut)];
            let padded = [text, "éééééééééééééééé".as_bytes()].concat();
            let seen = copy(&mut Vec::new(), &padded, text.len(), *b",\"\n\r").unwrap();
            prop_assert_eq!(seen.clean, three.is_empty() && std::str::from_utf8(text).is_ok());
        }

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
