//! Passwords for new accounts (`PasswordResetSettings`, spec 22 §9).
//!
//! Nothing here keeps a password or writes one: it goes from the generator to whoever carries out the order, in memory.

use regex::Regex;
use std::fmt;

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &[u8] = b"0123456789";
/// `PasswordGenerationSetting@AllowedSymbolChars`, unless configured otherwise.
const SYMBOLS: &[u8] = b"!;.,?()[]-_&%$+{}@";
/// Passwords that are drawn before the rules count as impossible.
const TRIES: usize = 1000;
/// Longest password.
const LONGEST: usize = 256;

/// What a generated password is like.
#[derive(Clone, Debug)]
pub struct PasswordRules {
    /// Characters; at least the sum of the four numbers.
    pub length: usize,
    /// Lower case letters at least.
    pub lower: usize,
    /// Upper case letters at least.
    pub upper: usize,
    /// Digits at least.
    pub digits: usize,
    /// Symbols at least.
    pub symbols: usize,
    checks: Vec<Regex>,
}

/// A password. It is never shown: only [`GeneratedPassword::reveal`] gives it out.
#[derive(Clone, PartialEq, Eq)]
pub struct GeneratedPassword(String);

impl fmt::Debug for GeneratedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl GeneratedPassword {
    /// The password itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for GeneratedPassword {
    fn from(text: String) -> GeneratedPassword {
        GeneratedPassword(text)
    }
}

/// Why no password could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The check is not a list of quoted regular expressions.
    #[error("StrengthCheck is no list of quoted regular expressions ('re1','re2'): {0}")]
    Check(String),
    /// No password drawn passes the check.
    #[error("none of {TRIES} passwords passes StrengthCheck: it asks for more than the numbers of characters give")]
    Impossible,
    /// It would be longer than any system takes.
    #[error("a password has at most {LONGEST} characters, and the settings ask for {0}")]
    TooLong(usize),
    /// The machine gives no random bytes.
    #[error("the machine gives no random bytes: {0}")]
    Randomness(String),
}

impl PasswordRules {
    /// The documented defaults with a check.
    ///
    /// # Errors
    /// The check cannot be read.
    pub fn new(strength_check: Option<&str>) -> Result<PasswordRules, PasswordError> {
        let checks = checks(strength_check.unwrap_or_default())?;
        Ok(PasswordRules { length: 12, lower: 6, upper: 2, digits: 2, symbols: 2, checks })
    }

    /// Draws a password; `random` fills bytes from a generator that is fit for secrets.
    ///
    /// # Errors
    /// The rules contradict each other, or there is no randomness.
    pub fn generate(
        &self,
        random: &mut dyn FnMut(&mut [u8]) -> Result<(), String>,
    ) -> Result<GeneratedPassword, PasswordError> {
        let counts = [self.lower, self.upper, self.digits, self.symbols];
        let length = counts.iter().fold(0, |sum: usize, n| sum.saturating_add(*n)).max(self.length);
        if length > LONGEST {
            return Err(PasswordError::TooLong(length));
        }
        for _ in 0..TRIES {
            let password = self.draw(length, random)?;
            if self.checks.iter().all(|check| check.is_match(&password)) {
                return Ok(GeneratedPassword(password));
            }
        }
        Err(PasswordError::Impossible)
    }

    fn draw(
        &self,
        length: usize,
        random: &mut dyn FnMut(&mut [u8]) -> Result<(), String>,
    ) -> Result<String, PasswordError> {
        let classes = [(LOWER, self.lower), (UPPER, self.upper), (DIGITS, self.digits), (SYMBOLS, self.symbols)];
        let mut characters = Vec::with_capacity(length);
        for (class, count) in classes {
            for _ in 0..count {
                characters.push(class[below(class.len(), random)?]);
            }
        }
        let all: Vec<u8> = classes.iter().flat_map(|(class, _)| *class).copied().collect();
        while characters.len() < length {
            characters.push(all[below(all.len(), random)?]);
        }
        for at in (1..characters.len()).rev() {
            characters.swap(at, below(at + 1, random)?);
        }
        Ok(characters.into_iter().map(char::from).collect())
    }
}

/// A number below `bound`, at most 256, each equally likely.
fn below(bound: usize, random: &mut dyn FnMut(&mut [u8]) -> Result<(), String>) -> Result<usize, PasswordError> {
    let fair = 256 - 256 % bound;
    loop {
        let mut byte = [0];
        random(&mut byte).map_err(PasswordError::Randomness)?;
        let drawn = usize::from(byte[0]);
        if drawn < fair {
            return Ok(drawn % bound);
        }
    }
}

/// Reads `'re1','re2'`; a quote within an expression is written twice.
fn checks(text: &str) -> Result<Vec<Regex>, PasswordError> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let Some(body) = rest.strip_prefix('\'') else {
            return Err(PasswordError::Check(format!("a quote is expected before {rest}")));
        };
        let mut expression = String::new();
        let mut left = body.char_indices().peekable();
        let end = loop {
            match left.next() {
                Some((_, '\'')) if left.peek().is_some_and(|(_, c)| *c == '\'') => {
                    left.next();
                    expression.push('\'');
                }
                Some((at, '\'')) => break at + 1,
                Some((_, c)) => expression.push(c),
                None => return Err(PasswordError::Check("the last quote is missing".to_owned())),
            }
        };
        found.push(Regex::new(&expression).map_err(|error| PasswordError::Check(error.to_string()))?);
        rest = body[end..].trim_start();
        rest = match rest.strip_prefix(',') {
            Some(more) => more.trim_start(),
            None if rest.is_empty() => rest,
            None => return Err(PasswordError::Check(format!("a comma is expected before {rest}"))),
        };
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plain counter stands in for randomness.
    fn counting() -> impl FnMut(&mut [u8]) -> Result<(), String> {
        let mut state: u32 = 1;
        move |bytes| {
            for byte in bytes {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *byte = (state >> 24) as u8;
            }
            Ok(())
        }
    }

    fn classes(password: &str) -> [usize; 4] {
        let of = |class: &[u8]| password.bytes().filter(|b| class.contains(b)).count();
        [of(LOWER), of(UPPER), of(DIGITS), of(SYMBOLS)]
    }

    #[test]
    fn a_password_has_the_characters_that_are_asked_for() {
        let rules = PasswordRules { length: 20, symbols: 3, ..PasswordRules::new(None).unwrap() };
        let mut random = counting();
        for _ in 0..200 {
            let password = rules.generate(&mut random).unwrap();
            let [lower, upper, digits, symbols] = classes(password.reveal());
            assert_eq!(lower + upper + digits + symbols, 20);
            assert!(lower >= 6 && upper >= 2 && digits >= 2 && symbols >= 3);
        }
    }

    #[test]
    fn the_sum_of_the_numbers_is_the_length_when_it_is_greater() {
        let rules = PasswordRules { length: 4, ..PasswordRules::new(None).unwrap() };
        let password = rules.generate(&mut counting()).unwrap();
        assert_eq!(classes(password.reveal()), [6, 2, 2, 2]);
    }

    #[test]
    fn every_expression_of_the_check_must_match() {
        let rules = PasswordRules::new(Some("'^[a-z]', '[0-9]$'")).unwrap();
        let mut random = counting();
        for _ in 0..20 {
            let password = rules.generate(&mut random).unwrap();
            assert!(password.reveal().starts_with(|c: char| c.is_ascii_lowercase()));
            assert!(password.reveal().ends_with(|c: char| c.is_ascii_digit()));
        }
        let impossible = PasswordRules::new(Some("'^x{12}$'")).unwrap();
        assert_eq!(impossible.generate(&mut counting()), Err(PasswordError::Impossible));
    }

    #[test]
    fn a_check_that_cannot_be_read_is_refused() {
        assert!(matches!(PasswordRules::new(Some("[a-z]")), Err(PasswordError::Check(_))));
        assert!(matches!(PasswordRules::new(Some("'[a-z'")), Err(PasswordError::Check(_))));
        assert!(matches!(PasswordRules::new(Some("'a' 'b'")), Err(PasswordError::Check(_))));
        assert_eq!(PasswordRules::new(Some("'it''s'")).unwrap().checks[0].as_str(), "it's");
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(format!("{:?}", GeneratedPassword::from("Secret1!".to_owned())), "***");
    }

    #[test]
    fn every_character_is_equally_likely() {
        let mut bytes = (0..=255u8).cycle();
        let mut random = move |out: &mut [u8]| {
            out.iter_mut().for_each(|byte| *byte = bytes.next().unwrap());
            Ok(())
        };
        let mut seen = [0u32; 26];
        for _ in 0..26 * 9 * 4 {
            seen[below(26, &mut random).unwrap()] += 1;
        }
        assert!(seen.iter().all(|n| *n == 36), "{seen:?}");
    }
}
