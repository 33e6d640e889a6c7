//! Distinguished names (RFC 4514): cutting them and building them.

use std::borrow::Cow;

/// The first part of a name and the rest, cut at the first comma that is not escaped.
pub(crate) fn split(dn: &str) -> (&str, &str) {
    let mut escaped = false;
    let mut quoted = false;
    for (at, byte) in dn.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b';' if !quoted => return (dn[..at].trim_end(), dn[at + 1..].trim_start()),
            _ => {}
        }
    }
    (dn, "")
}

/// The name of what is above; empty at the top.
pub(crate) fn parent(dn: &str) -> &str {
    split(dn).1
}

/// The first part of a name.
pub(crate) fn rdn(dn: &str) -> &str {
    split(dn).0
}

/// Whether two names are the same but for letter case and blanks around separators.
pub(crate) fn same(left: &str, right: &str) -> bool {
    fold(left) == fold(right)
}

/// A name in the form that equal names share.
pub(crate) fn fold(dn: &str) -> String {
    let mut folded = String::with_capacity(dn.len());
    let mut rest = dn.trim();
    while !rest.is_empty() {
        let (first, after) = split(rest);
        if !folded.is_empty() {
            folded.push(',');
        }
        match first.split_once('=') {
            Some((attribute, value)) => {
                folded.push_str(&attribute.trim().to_lowercase());
                folded.push('=');
                folded.push_str(&value.trim_start().to_lowercase());
            }
            None => folded.push_str(&first.to_lowercase()),
        }
        rest = after;
    }
    folded
}

/// A name whose separators are escaped in the short form, `\,` for `\2C`: servers write the names of entries and the
/// values that refer to them in either.
pub(crate) fn canonical(dn: &str) -> Cow<'_, str> {
    let is_name = || dn.split_once('=').is_some_and(|(word, _)| !word.is_empty() && !word.contains([' ', '\\']));
    if !dn.contains('\\') || !is_name() {
        return Cow::Borrowed(dn);
    }
    let mut text = String::with_capacity(dn.len());
    let mut rest = dn;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        let code = rest.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code.map(char::from).filter(|c| ",+\"\\<>;=# ".contains(*c)) {
            Some(c) => {
                text.push(c);
                rest = &rest[2..];
            }
            None => {
                let next = rest.chars().next().map_or(0, char::len_utf8);
                text.push_str(&rest[..next]);
                rest = &rest[next..];
            }
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// `attribute=value`, with what has a meaning in names escaped.
pub(crate) fn build(attribute: &str, value: &str) -> String {
    let mut escaped = format!("{attribute}=");
    let last = value.chars().count().saturating_sub(1);
    for (index, c) in value.chars().enumerate() {
        match c {
            '\0' => escaped.push_str("\\00"),
            ' ' if index == 0 || index == last => escaped.push_str("\\ "),
            '#' if index == 0 => escaped.push_str("\\#"),
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\0A"),
            '\r' => escaped.push_str("\\0D"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Name of an entry below another.
pub(crate) fn below(rdn: &str, parent: &str) -> String {
    if parent.is_empty() { rdn.to_owned() } else { format!("{rdn},{parent}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_where_no_comma_is_escaped() {
        assert_eq!(split("cn=Doe\\, Jane,ou=a,dc=x"), ("cn=Doe\\, Jane", "ou=a,dc=x"));
        assert_eq!(split("cn=\"a,b\",dc=x"), ("cn=\"a,b\"", "dc=x"));
        assert_eq!(split("cn=a\\\\,dc=x"), ("cn=a\\\\", "dc=x"));
        assert_eq!(split("cn=a , dc=x"), ("cn=a", "dc=x"));
        assert_eq!((parent("dc=x"), rdn("dc=x")), ("", "dc=x"));
    }

    #[test]
    fn values_are_escaped_where_they_have_a_meaning() {
        assert_eq!(build("cn", "Doe, Jane"), "cn=Doe\\, Jane");
        assert_eq!(build("cn", " #1 + \"x\" "), "cn=\\ #1 \\+ \\\"x\\\"\\ ");
        assert_eq!(build("cn", "#1"), "cn=\\#1");
        assert_eq!(below("cn=a", "dc=x"), "cn=a,dc=x");
        assert_eq!(split(&below(&build("cn", "a,b;c"), "dc=x")), ("cn=a\\,b\\;c", "dc=x"));
    }

    #[test]
    fn escapes_of_separators_are_short() {
        assert_eq!(canonical("uid=a\\2C b\\5c\\c3\\a9,dc=x"), "uid=a\\, b\\\\\\c3\\a9,dc=x");
        assert_eq!(canonical("cn=a\\, b\\2"), "cn=a\\, b\\2");
        assert_eq!(canonical("no name \\2C = x"), "no name \\2C = x");
    }

    #[test]
    fn equal_names_differ_in_case_and_blanks_only() {
        assert!(same("CN=Jane Doe, OU=a,DC=x", "cn=jane doe,ou=A, dc=X"));
        assert!(!same("cn=a,dc=x", "cn=a,dc=y"));
        assert!(!same("cn=a b,dc=x", "cn=ab,dc=x"));
    }
}
