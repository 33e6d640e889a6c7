//! Reading DER, one element after the other: no more of it than files of keys need.

/// `INTEGER`.
pub(super) const INTEGER: u8 = 0x02;
/// `OCTET STRING`.
pub(super) const OCTETS: u8 = 0x04;
/// `OBJECT IDENTIFIER`.
pub(super) const OID: u8 = 0x06;
/// `SEQUENCE`.
pub(super) const SEQUENCE: u8 = 0x30;
/// The field with the number 0, of more than one element.
pub(super) const FIELD: u8 = 0xA0;
/// The same, in the place of octets.
pub(super) const FIELD_OCTETS: u8 = 0x80;

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Der<'a>(pub(super) &'a [u8]);

impl<'a> Der<'a> {
    /// The next element, whatever it is: its tag and its content.
    pub(super) fn any(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&short, rest) = rest.split_first()?;
        let (length, rest) = match short {
            0..=0x7F => (usize::from(short), rest),
            0x81..=0x84 => {
                let (long, rest) = rest.split_at_checked(usize::from(short & 0x7F))?;
                (long.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            // Of unknown length, or longer than any file.
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The next element, which must have this tag.
    pub(super) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.any().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }

    /// The next element if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let found = ahead.take(tag)?;
        *self = ahead;
        Some(found)
    }

    /// The elements of the next one, which must have this tag.
    pub(super) fn inside(&mut self, tag: u8) -> Option<Der<'a>> {
        self.take(tag).map(Der)
    }

    /// The next element, a small number.
    pub(super) fn number(&mut self) -> Option<u32> {
        self.take(INTEGER).and_then(number)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A small number that is not negative.
pub(super) fn number(content: &[u8]) -> Option<u32> {
    let significant = content.strip_prefix(&[0]).unwrap_or(content);
    let is_negative = content.first().is_none_or(|byte| byte & 0x80 != 0);
    (!is_negative && significant.len() <= 4)
        .then(|| significant.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_one_after_the_other_and_never_behind_the_end() {
        let mut der = Der(&[0x02, 0x01, 0x05, 0x04, 0x81, 0x02, 1, 2, 0x30, 0x00]);
        assert_eq!(der.number(), Some(5));
        assert_eq!(der.optional(OID), None);
        assert_eq!(der.take(OCTETS), Some(&[1, 2][..]));
        assert!(der.inside(SEQUENCE).unwrap().is_empty() && der.is_empty());
        for cut in
            [&[0x04][..], &[0x04, 0x02, 1], &[0x04, 0x82, 0x01], &[0x04, 0x80, 0, 0], &[0x04, 0x85, 0, 0, 0, 0, 1, 9]]
        {
            assert_eq!(Der(cut).any(), None, "{cut:?}");
        }
        assert_eq!([&[0x7F][..], &[0, 0xFF], &[0xFF], &[]].map(number), [Some(127), Some(255), None, None]);
    }
}
