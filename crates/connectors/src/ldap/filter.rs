//! Filters as people write them (RFC 4515), checked before anything connects, and as the protocol carries them.

use super::ber::{OCTETS, SEQUENCE, Writer};

/// A filter that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Present(String),
    /// Tag of the comparison, attribute, value.
    Compare(u8, String, Vec<u8>),
    /// Attribute, and the parts between the stars; the first and the last may be empty.
    Substrings(String, Vec<Vec<u8>>),
    Extensible {
        rule: Option<String>,
        attribute: Option<String>,
        value: Vec<u8>,
        dn: bool,
    },
}

const EQUAL: u8 = 0xa3;
const GREATER: u8 = 0xa5;
const LESS: u8 = 0xa6;
const APPROXIMATELY: u8 = 0xa8;

/// Deepest nesting, far beyond what anybody writes.
const DEEPEST: usize = 100;

impl Filter {
    /// Reads a filter; enclosing parentheses may be left out. The error says what is wrong and where.
    pub(crate) fn parse(text: &str) -> Result<Filter, String> {
        let trimmed = text.trim();
        let enclosed = if trimmed.starts_with('(') { trimmed.to_owned() } else { format!("({trimmed})") };
        let mut parser = Parser { text: &enclosed, at: 0 };
        let filter = parser.filter(0)?;
        parser.blanks();
        if parser.at == enclosed.len() { Ok(filter) } else { Err(parser.wrong("nothing more was expected")) }
    }

    /// `attribute=value`, whatever the value holds.
    pub(crate) fn equal(attribute: &str, value: &[u8]) -> Filter {
        Filter::Compare(EQUAL, attribute.to_owned(), value.to_vec())
    }

    /// Adds the attributes that decide whether something fits.
    pub(crate) fn attributes(&self, found: &mut Vec<String>) {
        match self {
            Filter::And(filters) | Filter::Or(filters) => filters.iter().for_each(|filter| filter.attributes(found)),
            Filter::Not(filter) => filter.attributes(found),
            Filter::Present(name) | Filter::Compare(_, name, _) | Filter::Substrings(name, _) => {
                found.push(name.clone())
            }
            Filter::Extensible { attribute, .. } => found.extend(attribute.clone()),
        }
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        let list = |filters: &[Filter], writer: &mut Writer| filters.iter().for_each(|filter| filter.write(writer));
        match self {
            Filter::And(filters) => writer.nested(0xa0, |writer| list(filters, writer)),
            Filter::Or(filters) => writer.nested(0xa1, |writer| list(filters, writer)),
            Filter::Not(filter) => writer.nested(0xa2, |writer| filter.write(writer)),
            Filter::Present(attribute) => writer.element(0x87, attribute.as_bytes()),
            Filter::Compare(tag, attribute, value) => writer.nested(*tag, |writer| {
                writer.octets(attribute.as_bytes());
                writer.element(OCTETS, value);
            }),
            Filter::Substrings(attribute, parts) => writer.nested(0xa4, |writer| {
                writer.octets(attribute.as_bytes());
                writer.nested(SEQUENCE, |writer| write_parts(parts, writer));
            }),
            Filter::Extensible { rule, attribute, value, dn } => writer.nested(0xa9, |writer| {
                rule.iter().for_each(|rule| writer.element(0x81, rule.as_bytes()));
                attribute.iter().for_each(|attribute| writer.element(0x82, attribute.as_bytes()));
                writer.element(0x83, value);
                if *dn {
                    writer.element(0x84, &[0xff]);
                }
            }),
        }
    }
}

fn write_parts(parts: &[Vec<u8>], writer: &mut Writer) {
    let last = parts.len() - 1;
    for (index, part) in parts.iter().enumerate().filter(|(_, part)| !part.is_empty()) {
        let tag = match index {
            0 => 0x80,
            index if index == last => 0x82,
            _ => 0x81,
        };
        writer.element(tag, part);
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn wrong(&self, what: &str) -> String {
        let place = self.text[..self.at].chars().count() + 1;
        format!("{what} at character {place}")
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn expect(&mut self, character: char) -> Result<(), String> {
        if !self.rest().starts_with(character) {
            return Err(self.wrong(&format!("\"{character}\" is missing")));
        }
        self.at += character.len_utf8();
        Ok(())
    }

    fn filter(&mut self, depth: usize) -> Result<Filter, String> {
        if depth > DEEPEST {
            return Err(self.wrong("the nesting is too deep"));
        }
        self.blanks();
        self.expect('(')?;
        self.blanks();
        let filter = match self.rest().chars().next() {
            Some('&') => Filter::And(self.list(depth)?),
            Some('|') => Filter::Or(self.list(depth)?),
            Some('!') => {
                self.at += 1;
                Filter::Not(Box::new(self.filter(depth + 1)?))
            }
            _ => self.item()?,
        };
        self.blanks();
        self.expect(')')?;
        Ok(filter)
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Filter>, String> {
        self.at += 1;
        let mut filters = Vec::new();
        loop {
            self.blanks();
            if !self.rest().starts_with('(') {
                return Ok(filters);
            }
            filters.push(self.filter(depth + 1)?);
        }
    }

    fn item(&mut self) -> Result<Filter, String> {
        let end = self.rest().find(['(', ')']).ok_or_else(|| self.wrong("\")\" is missing"))?;
        let item = &self.text[self.at..self.at + end];
        let equals = item.find('=').ok_or_else(|| self.wrong("a comparison such as cn=* was expected"))?;
        let (left, raw) = (&item[..equals], &item[equals + 1..]);
        let (tag, attribute) = match left.as_bytes().last() {
            Some(b'>') => (GREATER, &left[..left.len() - 1]),
            Some(b'<') => (LESS, &left[..left.len() - 1]),
            Some(b'~') => (APPROXIMATELY, &left[..left.len() - 1]),
            Some(b':') => return self.extensible(&left[..left.len() - 1], raw, end),
            _ => (EQUAL, left),
        };
        self.name(attribute)?;
        let parts: Vec<Vec<u8>> = raw.split('*').map(|part| self.value(part)).collect::<Result<_, _>>()?;
        self.at += end;
        let attribute = attribute.trim().to_owned();
        Ok(match (tag, parts.as_slice()) {
            (EQUAL, [one]) => Filter::Compare(EQUAL, attribute, one.clone()),
            (EQUAL, [before, after]) if before.is_empty() && after.is_empty() => Filter::Present(attribute),
            (EQUAL, _) => Filter::Substrings(attribute, parts),
            (tag, [one]) => Filter::Compare(tag, attribute, one.clone()),
            _ => return Err(self.wrong("\"*\" has no place in this comparison (write \\2a)")),
        })
    }

    /// `attribute:dn:rule:=value`.
    fn extensible(&mut self, left: &str, raw: &str, end: usize) -> Result<Filter, String> {
        let mut words = left.split(':');
        let attribute = words.next().map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned);
        let mut rest: Vec<&str> = words.collect();
        let dn = rest.first().is_some_and(|word| word.eq_ignore_ascii_case("dn"));
        if dn {
            rest.remove(0);
        }
        let rule = match rest.as_slice() {
            [] => None,
            [rule] if !rule.is_empty() => Some((*rule).to_owned()),
            _ => return Err(self.wrong("a matching rule such as :1.2.840.113556.1.4.803:= was expected")),
        };
        if attribute.is_none() && rule.is_none() {
            return Err(self.wrong("an attribute or a matching rule was expected"));
        }
        let value = self.value(raw)?;
        self.at += end;
        Ok(Filter::Extensible { rule, attribute, value, dn })
    }

    fn name(&self, name: &str) -> Result<(), String> {
        let name = name.trim();
        let fits = |c: char| c.is_ascii_alphanumeric() || "-.;_".contains(c);
        if name.is_empty() || !name.chars().all(fits) {
            return Err(self.wrong(&format!("\"{name}\" is no attribute")));
        }
        Ok(())
    }

    /// A value without its escapes: `\2a` stands for `*`.
    fn value(&self, raw: &str) -> Result<Vec<u8>, String> {
        let mut value = Vec::with_capacity(raw.len());
        let mut rest = raw.as_bytes();
        while let [first, after @ ..] = rest {
            rest = after;
            if *first != b'\\' {
                value.push(*first);
                continue;
            }
            let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
            let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
            value.push(byte.ok_or_else(|| self.wrong("two hexadecimal digits must follow \"\\\""))?);
            rest = &after[2..];
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(text: &str) -> Vec<u8> {
        let mut writer = Writer::default();
        Filter::parse(text).unwrap().write(&mut writer);
        writer.bytes
    }

    #[test]
    fn filters_are_written_as_the_protocol_says() {
        assert_eq!(bytes("(objectClass=*)"), b"\x87\x0bobjectClass");
        assert_eq!(bytes("cn=a"), b"\xa3\x07\x04\x02cn\x04\x01a");
        assert_eq!(bytes("(cn=a\\2a\\00)"), b"\xa3\x09\x04\x02cn\x04\x03a*\0");
        assert_eq!(bytes("(!(uid>=5))"), b"\xa2\x0a\xa5\x08\x04\x03uid\x04\x015");
        assert_eq!(bytes("(cn=a*b*c)"), b"\xa4\x0f\x04\x02cn\x30\x09\x80\x01a\x81\x01b\x82\x01c");
        assert_eq!(bytes("(cn=*b*)"), b"\xa4\x09\x04\x02cn\x30\x03\x81\x01b");
        assert_eq!(bytes("(&(a=1)(|(b=2)))"), b"\xa0\x12\xa3\x06\x04\x01a\x04\x011\xa1\x08\xa3\x06\x04\x01b\x04\x012");
        assert_eq!(bytes("(a:1.2:=x)"), b"\xa9\x0b\x81\x031.2\x82\x01a\x83\x01x");
        assert_eq!(bytes("(a:dn:=x)"), b"\xa9\x09\x82\x01a\x83\x01x\x84\x01\xff");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let told: Vec<String> =
            ["(cn=a", "(cn)", "(=a)", "(cn=a))", "(cn=\\zz)", "(cn>=a*)", "(&(cn=a)", "(:=a)", "", "(a b=c)"]
                .iter()
                .map(|text| Filter::parse(text).unwrap_err())
                .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        ")" is missing at character 2
        a comparison such as cn=* was expected at character 2
        "" is no attribute at character 2
        nothing more was expected at character 7
        two hexadecimal digits must follow "\" at character 2
        "*" has no place in this comparison (write \2a) at character 8
        ")" is missing at character 9
        an attribute or a matching rule was expected at character 2
        a comparison such as cn=* was expected at character 2
        "a b" is no attribute at character 2
        "#);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[()&|!=<>~:*\\\\ a-c0-9.é]{0,40}") {
            if let Ok(filter) = Filter::parse(&text) {
                filter.write(&mut Writer::default());
            }
        }

        #[test]
        fn any_value_can_be_escaped(value in prop::collection::vec(any::<u8>(), 1..20)) {
            let escaped: String = value.iter().map(|byte| format!("\\{byte:02x}")).collect();
            prop_assert_eq!(Filter::parse(&format!("(cn={escaped})")).unwrap(), Filter::equal("cn", &value));
        }
    }
}
