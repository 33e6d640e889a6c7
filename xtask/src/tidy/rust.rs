//! Just enough of Rust's lexical grammar to find functions and to tell code from comments and text.

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Line of the `fn` keyword, from 1.
    pub(crate) line: usize,
    /// Lines from `fn` to the closing brace.
    pub(crate) n_lines: usize,
}

/// The source with everything inside comments, strings and character literals replaced by blanks. Lines and columns
/// stay where they are.
pub(crate) fn code_only(source: &str) -> String {
    let mut bytes = source.as_bytes().to_vec();
    let mut i = 0;
    while i < bytes.len() {
        let end = skipped_to(&bytes, i);
        for byte in &mut bytes[i..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        i = end.max(i + 1);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Every function with a body.
pub(crate) fn functions(source: &str) -> Vec<Function> {
    let code = code_only(source);
    let bytes = code.as_bytes();
    let line_of = |at: usize| bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        if at > 0 && is_word(bytes[at - 1]) {
            continue;
        }
        let name: String = code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if let Some(end) = body_end(bytes, at).filter(|_| !name.is_empty()) {
            let line = line_of(at);
            found.push(Function { name, line, n_lines: line_of(end) + 1 - line });
        }
    }
    found
}

/// Where the body of the function that starts at `at` ends, if it has one.
fn body_end(code: &[u8], at: usize) -> Option<usize> {
    let mut nesting = 0_i32;
    let mut open = None;
    for (i, byte) in code.iter().enumerate().skip(at) {
        match byte {
            b'(' | b'[' => nesting += 1,
            b')' | b']' => nesting -= 1,
            b';' if nesting == 0 => return None,
            b'{' if nesting == 0 => {
                open = Some(i);
                break;
            }
            _ => {}
        }
    }
    let mut depth = 0_i32;
    for (i, byte) in code.iter().enumerate().skip(open?) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(i);
        }
    }
    None
}

/// End of the comment or literal that starts at `i`; `i` itself when code starts there.
fn skipped_to(bytes: &[u8], i: usize) -> usize {
    match bytes[i] {
        b'/' if bytes[i..].starts_with(b"//") => find(bytes, i, b"\n"),
        b'/' if bytes[i..].starts_with(b"/*") => block_comment_end(bytes, i),
        b'"' => string_end(bytes, i + 1),
        b'r' if i == 0 || !is_word(bytes[i - 1]) || matches!(bytes[i - 1], b'b' | b'c') => raw_string_end(bytes, i),
        b'\'' => character_end(bytes, i),
        _ => i,
    }
}

fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut i, mut depth) = (start, 0);
    while i < bytes.len() {
        if bytes[i..].starts_with(b"/*") {
            depth += 1;
            i += 2;
        } else if bytes[i..].starts_with(b"*/") {
            depth -= 1;
            i += 2;
            if depth == 0 {
                return i;
            }
        } else {
            i += 1;
        }
    }
    bytes.len()
}

fn string_end(bytes: &[u8], mut i: usize) -> usize {
    while i < bytes.len() && bytes[i] != b'"' {
        i += if bytes[i] == b'\\' { 2 } else { 1 };
    }
    (i + 1).min(bytes.len())
}

fn raw_string_end(bytes: &[u8], start: usize) -> usize {
    let n_hashes = bytes[start + 1..].iter().take_while(|byte| **byte == b'#').count();
    let quote = start + 1 + n_hashes;
    if bytes.get(quote) != Some(&b'"') {
        return start;
    }
    let mut closing = vec![b'"'];
    closing.resize(n_hashes + 1, b'#');
    (find(bytes, quote + 1, &closing) + closing.len()).min(bytes.len())
}

/// A character literal ends with a quote after one character or escape; anything else is a lifetime.
fn character_end(bytes: &[u8], start: usize) -> usize {
    if bytes.get(start + 1) == Some(&b'\\') {
        return (find(bytes, start + 3, b"'") + 1).min(bytes.len());
    }
    let Some(rest) = bytes.get(start + 1..).and_then(|rest| rest.utf8_chunks().next()) else {
        return start;
    };
    let width = rest.valid().chars().next().map_or(0, char::len_utf8);
    if width > 0 && bytes.get(start + 1 + width) == Some(&b'\'') { start + width + 2 } else { start }
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> usize {
    let from = from.min(bytes.len());
    bytes[from..].windows(what.len()).position(|window| window == what).map_or(bytes.len(), |i| from + i)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_become_blanks() {
        assert_eq!(code_only("a // b\nc /* d /* e */ f */ g"), format!("a     \nc{}g", " ".repeat(19)));
        assert_eq!(code_only(r##"x("}\"{", r#"{"#, '{', '\'', 'é')"##).replace(' ', ""), "x(,,,,)");
        assert_eq!(code_only("fn f<'a>(x: &'a str) {}"), "fn f<'a>(x: &'a str) {}");
        assert_eq!(code_only("for r in rows { a = b'\\\\'; }").replace(' ', ""), "forrinrows{a=b;}");
    }

    #[test]
    fn functions_are_measured_from_fn_to_brace() {
        let source = "trait T {\n    fn a();\n    fn b() {\n        \"}\";\n    }\n}\nfn c<T>(x: [u8; 3]) -> u8 where T: X { 1 }\n";
        assert_eq!(
            functions(source),
            [Function { name: "b".into(), line: 3, n_lines: 3 }, Function { name: "c".into(), line: 7, n_lines: 1 },]
        );
    }
}
