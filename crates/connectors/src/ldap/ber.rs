//! The subset of BER (X.690) that LDAP uses: definite lengths, tags of one octet.

/// Bytes that are not what the protocol says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Malformed(pub(crate) &'static str);

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTETS: u8 = 0x04;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Reads one element after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tag of the next element, if there is one.
    pub(crate) fn tag(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element, whatever it is: its tag and its content.
    pub(crate) fn any(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let tag = self.tag().ok_or(Malformed("an element is missing"))?;
        let (length, head) = length(self.0).ok_or(Malformed("a length is cut off or too long"))?;
        let end = head.checked_add(length).filter(|end| *end <= self.0.len());
        let end = end.ok_or(Malformed("an element is longer than what holds it"))?;
        let content = &self.0[head..end];
        self.0 = &self.0[end..];
        Ok((tag, content))
    }

    /// The content of the next element, which must have this tag.
    pub(crate) fn take(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        match self.any()? {
            (found, content) if found == tag => Ok(content),
            _ => Err(Malformed("an element of another type was expected")),
        }
    }

    /// The content of the next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Malformed> {
        if self.tag() == Some(tag) { self.take(tag).map(Some) } else { Ok(None) }
    }

    /// The elements inside the next one.
    pub(crate) fn inside(&mut self, tag: u8) -> Result<Reader<'a>, Malformed> {
        self.take(tag).map(Reader)
    }

    pub(crate) fn integer(&mut self, tag: u8) -> Result<i64, Malformed> {
        integer(self.take(tag)?)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.take(OCTETS)?).map_err(|_| Malformed("a name is not UTF-8"))
    }
}

/// The whole number in the content of an element.
pub(crate) fn integer(content: &[u8]) -> Result<i64, Malformed> {
    let (first, _) = content.split_first().ok_or(Malformed("a number is empty"))?;
    if content.len() > 8 {
        return Err(Malformed("a number is too long"));
    }
    let start = if first & 0x80 == 0 { 0 } else { -1 };
    Ok(content.iter().fold(start, |number, byte| (number << 8) | i64::from(*byte)))
}

/// Length of the content of the element at the beginning of `bytes`, and where the content begins; nothing when the
/// head is not complete, or longer than any message.
pub(crate) fn length(bytes: &[u8]) -> Option<(usize, usize)> {
    let first = *bytes.get(1)?;
    if first < 0x80 {
        return Some((usize::from(first), 2));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 || count > 4 {
        return None;
    }
    let octets = bytes.get(2..2 + count)?;
    Some((octets.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), 2 + count))
}

/// Writes elements.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writer {
    pub(crate) bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn element(&mut self, tag: u8, content: &[u8]) {
        self.head(tag, content.len());
        self.bytes.extend_from_slice(content);
    }

    fn head(&mut self, tag: u8, length: usize) {
        self.bytes.push(tag);
        if length < 0x80 {
            self.bytes.push(length as u8);
            return;
        }
        let octets = (length as u64).to_be_bytes();
        let zeros = octets.iter().take_while(|octet| **octet == 0).count();
        self.bytes.push(0x80 | (octets.len() - zeros) as u8);
        self.bytes.extend_from_slice(&octets[zeros..]);
    }

    /// An element that holds what `write` writes.
    pub(crate) fn nested(&mut self, tag: u8, write: impl FnOnce(&mut Writer)) {
        let mut inner = Writer::default();
        write(&mut inner);
        self.element(tag, &inner.bytes);
    }

    pub(crate) fn octets(&mut self, content: &[u8]) {
        self.element(OCTETS, content);
    }

    pub(crate) fn boolean(&mut self, value: bool) {
        self.element(BOOLEAN, &[if value { 0xff } else { 0 }]);
    }

    pub(crate) fn integer(&mut self, tag: u8, value: i64) {
        let octets = value.to_be_bytes();
        let sign = if value < 0 { 0xff } else { 0 };
        // A leading octet that repeats the sign bit of the next one says nothing.
        let skipped = octets.windows(2).take_while(|pair| pair[0] == sign && (pair[1] ^ sign) & 0x80 == 0).count();
        self.element(tag, &octets[skipped..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut writer = Writer::default();
        write(&mut writer);
        writer.bytes
    }

    #[test]
    fn numbers_take_as_few_octets_as_they_can() {
        for (number, bytes) in [
            (0, &[2, 1, 0][..]),
            (127, &[2, 1, 0x7f]),
            (128, &[2, 2, 0, 0x80]),
            (256, &[2, 2, 1, 0]),
            (-1, &[2, 1, 0xff]),
            (-128, &[2, 1, 0x80]),
            (-129, &[2, 2, 0xff, 0x7f]),
            (0x8000_0000, &[2, 5, 0, 0x80, 0, 0, 0]),
        ] {
            assert_eq!(written(|w| w.integer(INTEGER, number)), bytes, "{number}");
            assert_eq!(Reader::new(bytes).integer(INTEGER), Ok(number));
        }
    }

    #[test]
    fn lengths_from_128_on_are_written_in_octets_of_their_own() {
        assert_eq!(written(|w| w.octets(&[7; 127]))[..2], [4, 127]);
        assert_eq!(written(|w| w.octets(&[7; 128]))[..3], [4, 0x81, 128]);
        assert_eq!(written(|w| w.octets(&[7; 300]))[..4], [4, 0x82, 1, 44]);
    }

    #[test]
    fn what_is_cut_off_or_of_another_type_is_malformed() {
        for bytes in
            [&[][..], &[4], &[4, 2, 1], &[4, 0x80], &[4, 0x85, 1, 1, 1, 1, 1], &[4, 0x84, 0xff, 0xff, 0xff, 0xff]]
        {
            assert!(Reader::new(bytes).any().is_err(), "{bytes:?}");
        }
        assert!(Reader::new(&[4, 1, 1]).integer(INTEGER).is_err());
        assert!(Reader::new(&[2, 0]).integer(INTEGER).is_err());
        assert!(Reader::new(&[4, 1, 0xff]).text().is_err());
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_and_nothing_panics(
            number: i64, text in ".{0,200}", rubbish in prop::collection::vec(any::<u8>(), 0..40)
        ) {
            let bytes = written(|w| w.nested(SEQUENCE, |w| {
                w.integer(INTEGER, number);
                w.octets(text.as_bytes());
            }));
            let mut reader = Reader::new(&bytes).inside(SEQUENCE).unwrap();
            prop_assert_eq!(reader.integer(INTEGER), Ok(number));
            prop_assert_eq!(reader.text(), Ok(text.as_str()));
            prop_assert!(reader.is_empty());
            let mut reader = Reader::new(&rubbish);
            while reader.any().is_ok() {}
        }
    }
}
