//! What a value looks like to the eye.

use super::dates;
use serde::{Deserialize, Serialize};

/// Kind of text that a value is, by its characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// `true`, `no`.
    Boolean,
    /// A date in a usual layout.
    Date,
    /// Digits only.
    Digits,
    /// A number with sign or decimals.
    Number,
    /// 32 hexadecimal digits, with or without hyphens.
    Guid,
    /// `jane@example.com`.
    Mail,
    /// `+33 6 12 34 56 78`.
    Phone,
    /// `CN=Jane,OU=Staff`.
    DistinguishedName,
    /// `https://example.com`.
    Web,
    /// One word of letters.
    Word,
    /// Several words of letters.
    Words,
    /// Letters, digits and punctuation without blanks.
    Code,
    /// Anything else.
    Text,
}

impl Class {
    /// What a value looks like. The value is not empty.
    pub(super) fn of(value: &str) -> Class {
        let bytes = value.as_bytes();
        if bytes.iter().all(u8::is_ascii_digit) {
            return digits(value);
        }
        if ["true", "false", "yes", "no"].iter().any(|word| value.eq_ignore_ascii_case(word)) {
            Class::Boolean
        } else if dates::parse(value).is_some() {
            Class::Date
        } else if is_number(bytes) {
            Class::Number
        } else if is_guid(bytes) {
            Class::Guid
        } else if is_mail(value) {
            Class::Mail
        } else if is_phone(bytes) {
            Class::Phone
        } else if is_distinguished_name(value) {
            Class::DistinguishedName
        } else if value.contains("://") || value.starts_with("www.") {
            Class::Web
        } else {
            words(value)
        }
    }

    /// What a person calls values of this kind: `mail addresses`.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Class::Boolean => "true/false values",
            Class::Date => "dates",
            Class::Digits => "plain digits",
            Class::Number => "numbers",
            Class::Guid => "GUIDs",
            Class::Mail => "mail addresses",
            Class::Phone => "phone numbers",
            Class::DistinguishedName => "directory names (DN)",
            Class::Web => "web addresses",
            Class::Word => "single words",
            Class::Words => "several words",
            Class::Code => "codes",
            Class::Text => "free text",
        }
    }
}

fn digits(value: &str) -> Class {
    if value.len() == 32 {
        Class::Guid
    } else if dates::parse(value).is_some() {
        Class::Date
    } else {
        Class::Digits
    }
}

fn is_number(bytes: &[u8]) -> bool {
    let unsigned = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let marks = unsigned.iter().filter(|b| matches!(b, b'.' | b',')).count();
    marks <= 1
        && unsigned.first().is_some_and(u8::is_ascii_digit)
        && unsigned.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','))
}

fn is_guid(bytes: &[u8]) -> bool {
    let bare = bytes.strip_prefix(b"{").and_then(|b| b.strip_suffix(b"}")).unwrap_or(bytes);
    if !matches!(bare.len(), 32 | 36) {
        return false;
    }
    let hexadecimal = bare.iter().filter(|b| b.is_ascii_hexdigit()).count();
    let hyphens = bare.iter().filter(|b| **b == b'-').count();
    hexadecimal == 32 && (hyphens == 0 || hyphens == 4) && bare.len() == hexadecimal + hyphens
}

fn is_mail(value: &str) -> bool {
    value.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty() && domain.contains('.') && !domain.contains('@') && !value.contains(char::is_whitespace)
    })
}

fn is_phone(bytes: &[u8]) -> bool {
    let digit_or_mark = |b: &u8| b.is_ascii_digit() || matches!(b, b' ' | b'.' | b'-' | b'(' | b')' | b'/' | b'+');
    let digits = || bytes.iter().filter(|b| b.is_ascii_digit()).count();
    bytes.iter().all(digit_or_mark) && (6..=18).contains(&digits()) && bytes.len() <= 2 * digits()
}

fn is_distinguished_name(value: &str) -> bool {
    value.split_once('=').is_some_and(|(attribute, rest)| {
        (1..=12).contains(&attribute.len())
            && attribute.bytes().all(|b| b.is_ascii_alphabetic())
            && rest.contains(',')
            && rest.contains('=')
    })
}

fn words(value: &str) -> Class {
    let mut blanks = false;
    let mut joints = false;
    for character in value.chars() {
        match character {
            c if c.is_alphabetic() => {}
            c if c.is_whitespace() => blanks = true,
            '-' | '\'' | '.' | '’' => joints = true,
            _ if value.contains(char::is_whitespace) => return Class::Text,
            _ => return Class::Code,
        }
    }
    match (blanks, joints) {
        (true, _) => Class::Words,
        (false, true) => Class::Code,
        (false, false) => Class::Word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_classed_by_their_look() {
        for (value, class) in [
            ("true", Class::Boolean),
            ("NO", Class::Boolean),
            ("31/12/2024", Class::Date),
            ("20241231", Class::Date),
            ("00123", Class::Digits),
            ("-12.5", Class::Number),
            ("3,14", Class::Number),
            ("c076e361fa5f428e833939a449ce2db3", Class::Guid),
            ("{c076e361-fa5f-428e-8339-39a449ce2db3}", Class::Guid),
            ("jane.doe@example.com", Class::Mail),
            ("+33 6 12 34 56 78", Class::Phone),
            ("(555) 010-0199", Class::Phone),
            ("CN=Jane Doe,OU=Staff,DC=corp", Class::DistinguishedName),
            ("https://example.com/x", Class::Web),
            ("Zoë", Class::Word),
            ("Jean-Luc Godard", Class::Words),
            ("rust-lang/cargo", Class::Code),
            ("EMP0012", Class::Code),
            ("Room 12, second floor", Class::Text),
            ("", Class::Digits),
        ] {
            assert_eq!(Class::of(value), class, "{value}");
        }
    }
}
