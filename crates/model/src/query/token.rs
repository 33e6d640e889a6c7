//! Where the next page of a query begins.

use super::ast::Query;
use serde::{Deserialize, Serialize};

/// The sort key of the last row of a page, bound to the query that gave it. As text it is opaque and safe in a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    digest: u64,
    /// Values of the `order by` terms, then of the columns that tell rows apart.
    pub key: Vec<KeyValue>,
}

/// A value of a sort key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KeyValue {
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
    /// No value.
    Null,
}

/// Why a continuation token cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no token of this version.
    #[error("the continuation token cannot be read")]
    Unreadable,
    /// It belongs to another query.
    #[error("the continuation token belongs to another query")]
    OtherQuery,
}

/// First byte of every token; another layout gets another number.
const VERSION: u8 = 1;
/// Longest token, in characters.
const MAX_TOKEN: usize = 64 * 1024;
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl Token {
    /// The token of a row.
    pub fn new(entity_type: &str, query: &Query, key: Vec<KeyValue>) -> Token {
        Token { digest: digest(entity_type, query), key }
    }

    /// Reads a token that this query gave. The size of the pages may differ.
    ///
    /// # Errors
    /// When it is none, or belongs to another query.
    pub fn parse(text: &str, entity_type: &str, query: &Query) -> Result<Token, TokenError> {
        let bytes = decode(text).ok_or(TokenError::Unreadable)?;
        let (head, json) = bytes.split_at_checked(9).ok_or(TokenError::Unreadable)?;
        let (version, digest_bytes) = head.split_first().ok_or(TokenError::Unreadable)?;
        let found = u64::from_be_bytes(digest_bytes.try_into().map_err(|_| TokenError::Unreadable)?);
        if *version != VERSION {
            return Err(TokenError::Unreadable);
        }
        if found != digest(entity_type, query) {
            return Err(TokenError::OtherQuery);
        }
        let key: Vec<KeyValue> = serde_json::from_slice(json).map_err(|_| TokenError::Unreadable)?;
        let storable = |value: &KeyValue| !matches!(value, KeyValue::Text(text) if text.contains('\0'));
        if !key.iter().all(storable) {
            return Err(TokenError::Unreadable);
        }
        Ok(Token { digest: found, key })
    }
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.digest.to_be_bytes());
        bytes.extend_from_slice(&serde_json::to_vec(&self.key).map_err(|_| std::fmt::Error)?);
        f.write_str(&encode(&bytes))
    }
}

/// FNV-1a over what decides which rows there are and in which order. Nobody gains by forging it: a token says only
/// where to go on.
fn digest(entity_type: &str, query: &Query) -> u64 {
    let query = Query { page_size: None, ..query.clone() };
    format!("{entity_type} {query}")
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Base64 with the URL alphabet, without padding.
fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 3);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().enumerate().fold(0_u32, |bits, (i, byte)| bits | u32::from(*byte) << (16 - 8 * i));
        for i in 0..=chunk.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * i)) as usize & 63]));
        }
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len() > MAX_TOKEN {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for (i, digit) in chunk.iter().enumerate() {
            let value = DIGITS.iter().position(|d| d == digit)?;
            bits |= (value as u32) << (18 - 6 * i);
        }
        let length = chunk.len().checked_sub(1).filter(|length| *length > 0)?;
        bytes.extend_from_slice(&bits.to_be_bytes()[1..=length]);
    }
    Some(bytes)
}
