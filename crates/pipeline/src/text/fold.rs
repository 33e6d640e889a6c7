//! Letter case and diacritics.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{compose, decompose_canonical};

/// One character in upper case. Characters whose upper case is several characters stay as they are (`ß`), as in the
/// original engine: the number of characters never changes.
pub(super) fn upper_char(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => single,
        _ => c,
    }
}

/// One character in lower case, by the same rule.
pub(super) fn lower_char(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(single), None) => single,
        _ => c,
    }
}

/// Text in upper case, character by character, the same under every culture.
pub fn upper(text: &str) -> String {
    text.chars().map(upper_char).collect()
}

/// Text in lower case, character by character, the same under every culture.
pub fn lower(text: &str) -> String {
    text.chars().map(lower_char).collect()
}

/// Letters that are not replaced by the letter below their diacritic.
fn replacement(c: char) -> Option<&'static str> {
    Some(match c {
        'ä' | 'æ' => "ae",
        'Ä' | 'Æ' => "AE",
        'ö' | 'œ' => "oe",
        'Ö' | 'Œ' => "OE",
        'ü' => "ue",
        'Ü' => "UE",
        'ß' => "ss",
        'ẞ' => "SS",
        'š' => "sh",
        'Š' => "SH",
        // Letters with a stroke have no decomposition in Unicode.
        'ø' => "o",
        'Ø' => "O",
        'ł' => "l",
        'Ł' => "L",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'ħ' => "h",
        'Ħ' => "H",
        'ŧ' => "t",
        'Ŧ' => "T",
        'ı' => "i",
        'þ' => "th",
        'Þ' => "TH",
        _ => return None,
    })
}

/// Marks put on letters of alphabetic scripts. Vowel signs of other scripts are no diacritics and stay.
fn is_diacritic(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}')
}

/// Text without diacritics, by the documented table: `é` gives `e`, `ä` gives `ae`, `š` gives `sh`, `ß` gives `ss`.
///
/// Letters outside the table lose their marks. Decomposed input (a letter followed by its mark) gives the same as
/// composed input.
pub fn remove_diacritics(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    for c in text.nfc() {
        match replacement(c) {
            Some(letters) => plain.push_str(letters),
            None => decompose_canonical(c, |part| match replacement(part) {
                _ if is_diacritic(part) => {}
                Some(letters) => plain.push_str(letters),
                None => plain.push(part),
            }),
        }
    }
    // Scripts whose syllables were taken apart above are put together again.
    if plain.is_ascii() { plain } else { plain.nfc().collect() }
}

/// Upper case, without diacritics, and nothing but letters and digits: `Jean-Noël d'Été` gives `JEANNOELDETE`.
pub fn simplify(text: &str) -> String {
    let plain = remove_diacritics(text);
    let letters = plain.chars().filter(|c| c.is_alphanumeric()).map(upper_char);
    // What was kept apart by a sign may now compose.
    if plain.is_ascii() { letters.collect() } else { letters.nfc().collect() }
}

/// Upper-case letters A to Z and blanks, for algorithms that know no others. Letters without a Latin equivalent are
/// left out; every other character is a blank.
pub fn to_ascii_letters(text: &str) -> String {
    let plain = remove_diacritics(text);
    let mut letters = String::with_capacity(plain.len());
    for c in plain.chars() {
        if c.is_ascii_alphabetic() {
            letters.push(c.to_ascii_uppercase());
        } else if c.is_ascii() && c != '\'' && !letters.is_empty() && !letters.ends_with(' ') {
            letters.push(' ');
        }
    }
    letters.truncate(letters.trim_end().len());
    letters
}

/// Text with each accent on its letter: decomposed letters are composed, and a spacing accent typed after a letter
/// (`Rene´`) is put on it (`René`) where such a letter exists.
pub fn compose_accents(text: &str) -> String {
    if text.is_ascii() && !text.contains('`') {
        return text.to_owned();
    }
    let mut corrected = String::with_capacity(text.len());
    for c in text.nfc() {
        let mark = match c {
            '´' => '\u{301}',
            '`' => '\u{300}',
            '¨' => '\u{308}',
            _ => '\0',
        };
        match corrected.pop() {
            Some(last) => match compose(last, mark) {
                Some(letter) => corrected.push(letter),
                None => corrected.extend([last, c]),
            },
            None => corrected.push(c),
        }
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn diacritics_follow_the_documented_table() {
        for (given, expected) in [
            ("éèçàù", "eecau"),
            ("ÉÈÇÀÙ", "EECAU"),
            ("äÄöÖüÜ", "aeAEoeOEueUE"),
            ("čøłČØŁ", "colCOL"),
            ("ßæÆœŒšŠ", "ssaeAEoeOEshSH"),
            ("a\u{308} e\u{301}", "ae e"),
            ("ǖ", "u"),
            ("Nguyễn Văn Đức", "Nguyen Van Duc"),
            ("Åsa Žižek", "Asa Zizek"),
            ("한국", "한국"),
            ("हिन्दी", "हिन्दी"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(remove_diacritics(given), expected, "{given}");
        }
    }

    #[test]
    fn casing_keeps_the_number_of_characters() {
        assert_eq!(upper("straße éà ıx"), "STRAßE ÉÀ IX");
        assert_eq!(lower("ÉÀ ΣΑΣ İ"), "éà σασ İ");
    }

    #[test]
    fn simplified_text_has_only_letters_and_digits() {
        assert_eq!(simplify("  Jean-Noël d'Été (2) "), "JEANNOELDETE2");
        assert_eq!(simplify("Größe, Øre & Š"), "GROESSEORESH");
        assert_eq!(simplify("-' _"), "");
    }

    #[test]
    fn ascii_letters_leave_nothing_else() {
        assert_eq!(to_ascii_letters("  O'Brien-Müller 3rd "), "OBRIEN MUELLER RD");
        assert_eq!(to_ascii_letters("Иван"), "");
    }

    #[test]
    fn accents_go_on_their_letters() {
        assert_eq!(compose_accents("Rene´ e\u{301} Loi¨c x´ ´"), "René é Loïc x´ ´");
        assert_eq!(compose_accents("`a e`"), "`a è");
    }

    proptest! {
        #[test]
        fn folding_is_idempotent(text in "\\PC*") {
            let plain = remove_diacritics(&text);
            prop_assert_eq!(remove_diacritics(&plain), plain.clone());
            let simple = simplify(&text);
            prop_assert_eq!(simplify(&simple), simple);
            prop_assert!(to_ascii_letters(&text).bytes().all(|c| c == b' ' || c.is_ascii_uppercase()));
        }
    }
}
