//! The reader against hand-written tables and a naive reference.

use super::*;
use crate::testing::Trickle;
use proptest::prelude::*;
use std::io;

/// What a reader yields, in a form that can be written down.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Good(u64, Vec<String>),
    Bad(u64, String, Vec<String>),
}

fn good(line: u64, fields: &[&str]) -> Seen {
    Seen::Good(line, fields.iter().map(|field| (*field).to_owned()).collect())
}

fn bad(line: u64, column: &str, readable: &[&str]) -> Seen {
    Seen::Bad(line, column.to_owned(), readable.iter().map(|field| (*field).to_owned()).collect())
}

fn texts(record: &Record<'_>) -> Vec<String> {
    record.fields().map(|field| String::from_utf8_lossy(field).into_owned()).collect()
}

/// All rows, in pieces of `step` bytes through a buffer of at first as many, with a record limit.
fn read(text: &[u8], step: usize, max_record: usize, header: bool) -> Vec<Seen> {
    let mut reader = Reader::with_buffer(Trickle(text, step), Dialect { separator: b',', max_record }, step.min(1000));
    if header {
        Header::read(&mut reader).unwrap();
    }
    let mut seen = Vec::new();
    while let Some(row) = reader.next_row().unwrap() {
        seen.push(match row {
            Row::Good(record) => Seen::Good(record.line(), texts(&record)),
            Row::Bad(bad) => {
                let rejected = bad.rejected();
                assert!(!rejected.reason.is_empty() && !rejected.remedy.is_empty());
                let what = match bad.fault() {
                    Fault::FieldCount { found, .. } => format!("{found} fields"),
                    Fault::TooLong { .. } => "too long".to_owned(),
                    Fault::LongQuote { .. } => format!("long quote in {}", rejected.column),
                    Fault::UnclosedQuote => format!("unclosed quote in {}", rejected.column),
                    Fault::StrayQuote => format!("stray quote in {}", rejected.column),
                    Fault::TextAfterQuote => format!("text after quote in {}", rejected.column),
                };
                Seen::Bad(rejected.line, what, texts(bad.readable()))
            }
        });
    }
    assert!(reader.next_row().unwrap().is_none());
    seen
}

fn rows(text: &str) -> Vec<Seen> {
    let seen = read(text.as_bytes(), usize::MAX, 1 << 20, true);
    for step in [1, 2, 3, 7] {
        assert_eq!(read(text.as_bytes(), step, 1 << 20, true), seen, "in steps of {step}");
    }
    seen
}

#[test]
fn reads_what_is_well_formed() {
    let table: [(&str, &[Seen]); 11] = [
        ("a,b\n1,2\n", &[good(2, &["1", "2"])]),
        ("a,b\n1,2", &[good(2, &["1", "2"])]),
        ("\u{FEFF}a,b\r\n1,2\r\n3,4\r\n", &[good(2, &["1", "2"]), good(3, &["3", "4"])]),
        ("a,b\r1,2\r3,4\r", &[good(2, &["1", "2"]), good(3, &["3", "4"])]),
        ("a,b\n\n\r\n1,2\n   \n3,4\n", &[good(4, &["1", "2"]), good(6, &["3", "4"])]),
        ("a,b\n,\n", &[good(2, &["", ""])]),
        ("a,b\n\"1,\"\"x\"\"\",\"\"\n", &[good(2, &["1,\"x\"", ""])]),
        ("a,b\n\"1\n\n2\",x\n3,4\n", &[good(2, &["1\n\n2", "x"]), good(5, &["3", "4"])]),
        ("a,b\n\"1\r\n\r2\",x\r\n3,4", &[good(2, &["1\r\n\r2", "x"]), good(5, &["3", "4"])]),
        ("a,b\n1,\"2\"", &[good(2, &["1", "2"])]),
        ("a,b\n1,", &[good(2, &["1", ""])]),
    ];
    for (text, expected) in table {
        assert_eq!(rows(text), expected, "{text:?}");
    }
}

#[test]
fn reports_what_is_malformed_and_goes_on() {
    let next = good(3, &["8", "9"]);
    let table: [(&str, &[Seen]); 12] = [
        ("a,b\n1\n8,9\n", &[bad(2, "1 fields", &["1"]), next.clone()]),
        ("a,b\n1,2,3\n8,9\n", &[bad(2, "3 fields", &["1", "2", "3"]), next.clone()]),
        ("a,b\n1,\"x\"y\n8,9\n", &[bad(2, "text after quote in b", &["1"]), next.clone()]),
        ("a,b\n1,x\"y\n8,9\n", &[bad(2, "stray quote in b", &["1"]), next.clone()]),
        ("a,b\nx\"\r8,9\r", &[bad(2, "stray quote in a", &[]), next.clone()]),
        ("a,b\n1,\"x\n8,9\n", &[bad(2, "unclosed quote in b", &["1"]), next.clone()]),
        ("a,b\n1,\"x\r\n8,9\r\n", &[bad(2, "unclosed quote in b", &["1"]), next.clone()]),
        ("a,b\n1,\"x\"\"\n8,9", &[bad(2, "unclosed quote in b", &["1"]), next.clone()]),
        // The second quote belongs to line 3, which is good by itself.
        ("a,b\n1,\"x\n8,\"9\"\n", &[bad(2, "text after quote in b", &["1"]), next.clone()]),
        ("a,b\n1,2,3,\"x\n8,9\n", &[bad(2, "unclosed quote in #4", &["1", "2", "3"]), next.clone()]),
        ("a,b\n\"1\n\",\"x\n8,9\n", &[bad(3, "unclosed quote in b", &["1\n"]), good(4, &["8", "9"])]),
        ("a,b\n\"1\n2\"\n8,9\n", &[bad(2, "1 fields", &["1\n2"]), good(4, &["8", "9"])]),
    ];
    for (text, expected) in table {
        assert_eq!(rows(text), expected, "{text:?}");
    }
}

#[test]
fn bounds_the_length_of_a_record() {
    let limited = |text: &str| {
        let seen = read(text.as_bytes(), usize::MAX, 8, true);
        for step in [1, 3] {
            assert_eq!(read(text.as_bytes(), step, 8, true), seen, "in steps of {step}");
        }
        seen
    };
    let table: [(&str, &[Seen]); 8] = [
        ("a,b\n1,\"45678\"\n8,9\n", &[bad(2, "too long", &["1", "45678"]), good(3, &["8", "9"])]),
        ("a,b\n1234,678\n8,9\n", &[good(2, &["1234", "678"]), good(3, &["8", "9"])]),
        ("a,b\n1234,6789\n8,9\n", &[bad(2, "too long", &["1234"]), good(3, &["8", "9"])]),
        ("a,b\n1,2,3,4,5,6\r\n8,9\r\n", &[bad(2, "too long", &["1", "2", "3", "4"]), good(3, &["8", "9"])]),
        ("a,b\n1,\"456789\n8,9\n", &[bad(2, "long quote in b", &["1"]), good(3, &["8", "9"])]),
        ("a,b\n1,\"4567\"\n8,9\n", &[good(2, &["1", "4567"]), good(3, &["8", "9"])]),
        (
            "a,b\n1,\"4\n6\n8\n8,9\n",
            &[
                bad(2, "long quote in b", &["1"]),
                bad(3, "1 fields", &["6"]),
                bad(4, "1 fields", &["8"]),
                good(5, &["8", "9"]),
            ],
        ),
        ("a,b\n123456789012345", &[bad(2, "too long", &[])]),
    ];
    for (text, expected) in table {
        assert_eq!(limited(text), expected, "{text:?}");
    }
}

/// A text of one line that is produced while it is read.
struct Endless(usize);

impl io::Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = out.len().min(self.0);
        out.iter_mut().take(length).for_each(|byte| *byte = b'x');
        self.0 -= length;
        Ok(length)
    }
}

#[test]
fn a_field_of_a_hundred_megabytes_is_one_rejected_row() {
    let text = io::Read::chain(&b"a,b\n1,\""[..], Endless(100 << 20));
    let mut reader = Reader::new(io::Read::chain(text, &b"\"\n8,9\n"[..]), Dialect::default());
    Header::read(&mut reader).unwrap();
    let Some(Row::Bad(bad)) = reader.next_row().unwrap() else { panic!("the row is too long") };
    let rejected = bad.rejected();
    assert_eq!((rejected.line, &rejected.column[..]), (2, "b"));
    assert_eq!(rejected.reason, "the quote that opens here is not closed within 16777216 bytes");
    let Some(Row::Good(record)) = reader.next_row().unwrap() else { panic!("the next row is good") };
    assert_eq!((record.line(), record.field(1)), (3, &b"9"[..]));
}

#[test]
fn says_what_to_do() {
    let said = |text: &str| {
        let mut reader = Reader::new(text.as_bytes(), Dialect { separator: b';', ..Dialect::default() });
        Header::read(&mut reader).unwrap();
        let Some(Row::Bad(bad)) = reader.next_row().unwrap() else { panic!("{text}") };
        let Rejected { line, column, value, reason, remedy, raw } = bad.rejected();
        format!("{line}/{column}/{value}/{reason}/{remedy}/{raw}")
    };
    insta::assert_snapshot!(said("a;b\n1\n"), @"2///expected 2 fields as in the header, found 1/complete the row with `;`; it may be cut off, or a quote in the row before may be missing/1");
    insta::assert_snapshot!(said("a;b\n1;2;3\n"), @"2///expected 2 fields as in the header, found 3/enclose a value that contains `;` in quotes, or check the separator/1;2;3");
    insta::assert_snapshot!(said("a;b\n1;\"2\"3\n"), @r#"2/b/"2"3/there is text after the closing quote/write a quote inside a quoted value twice, and close each quoted value on its row/1;"2"3"#);
    insta::assert_snapshot!(said("a;b\n5\" pipe;2\n"), @r#"2/a/" pipe;2/there is a quote inside a field that is not quoted/enclose the value in quotes and write the quotes inside it twice ("5"" pipe")/5" pipe;2"#);
}

#[test]
fn a_failing_source_is_an_error() {
    struct Broken;
    impl io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::IsADirectory.into())
        }
    }
    let mut reader = Reader::new(Broken, Dialect::default());
    assert_eq!(reader.next_row().unwrap_err().kind(), io::ErrorKind::IsADirectory);
}

/// A reader by the letter: one character at a time, the whole text in memory.
fn reference(text: &[u8]) -> Vec<Seen> {
    let mut seen = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < text.len() {
        let (row, next) = reference_record(text, at, line);
        line += reference_lines(&text[at..next]);
        at = next;
        seen.extend(row);
    }
    seen
}

fn reference_lines(text: &[u8]) -> u64 {
    let ends = |i: &usize| text[*i] == b'\n' || (text[*i] == b'\r' && text.get(i + 1) != Some(&b'\n'));
    (0..text.len()).filter(ends).count() as u64
}

/// Where the line that holds position `at` ends, and where the next starts.
fn reference_line_end(text: &[u8], at: usize) -> (usize, usize) {
    let end = (at..text.len()).find(|&i| text[i] == b'\n' || text[i] == b'\r').unwrap_or(text.len());
    let next = match (text.get(end), text.get(end + 1)) {
        (None, _) => end,
        (Some(b'\r'), Some(b'\n')) => end + 2,
        _ => end + 1,
    };
    (end, next)
}

fn reference_record(text: &[u8], start: usize, line: u64) -> (Option<Seen>, usize) {
    let mut fields: Vec<String> = Vec::new();
    let column = |fields: &Vec<String>| {
        ["a", "b"].get(fields.len()).map_or(format!("#{}", fields.len() + 1), |c| (*c).to_owned())
    };
    let mut at = start;
    loop {
        let mut field = Vec::new();
        if text.get(at) == Some(&b'"') {
            let open = at;
            let fail = |what: &str, fields: Vec<String>| {
                let line = line + reference_lines(&text[start..open]);
                let what = format!("{what} in {}", column(&fields));
                (Some(Seen::Bad(line, what, fields)), reference_line_end(text, open).1)
            };
            at += 1;
            loop {
                match (text.get(at), text.get(at + 1)) {
                    (None, _) => return fail("unclosed quote", fields),
                    (Some(b'"'), Some(b'"')) => {
                        field.push(b'"');
                        at += 2;
                    }
                    (Some(b'"'), _) => break,
                    (Some(&byte), _) => {
                        field.push(byte);
                        at += 1;
                    }
                }
            }
            at += 1;
            if !matches!(text.get(at), None | Some(b',' | b'\r' | b'\n')) {
                return fail("text after quote", fields);
            }
        } else {
            while !matches!(text.get(at), None | Some(b',' | b'\r' | b'\n')) {
                if text[at] == b'"' {
                    let line = line + reference_lines(&text[start..at]);
                    let what = format!("stray quote in {}", column(&fields));
                    return (Some(Seen::Bad(line, what, fields)), reference_line_end(text, at).1);
                }
                field.push(text[at]);
                at += 1;
            }
        }
        fields.push(String::from_utf8_lossy(&field).into_owned());
        if text.get(at) == Some(&b',') {
            at += 1;
            continue;
        }
        let next = reference_line_end(text, at).1;
        let blank = text[start..at].iter().all(|byte| b" \t".contains(byte));
        let row = match fields.len() {
            2 => Some(Seen::Good(line, fields)),
            _ if blank => None,
            found => Some(Seen::Bad(line, format!("{found} fields"), fields)),
        };
        return (row, next);
    }
}

fn texts_of_special_bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![3 => Just(b','), 2 => Just(b'"'), 1 => Just(b'\n'), 1 => Just(b'\r'), 3 => Just(b'x'), 1 => Just(b' '), 1 => any::<u8>()];
    proptest::collection::vec(byte, 0..160)
}

fn tables() -> impl Strategy<Value = Vec<u8>> {
    let field = prop_oneof!["[a-z ]{0,30}", "\"([a-z,\n\r]|\"\"){0,20}\""];
    proptest::collection::vec((field.clone(), field, prop_oneof![Just("\n"), Just("\r\n"), Just("\r")]), 0..30)
        .prop_map(|rows| rows.into_iter().map(|(a, b, end)| format!("{a},{b}{end}")).collect::<String>().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn agrees_with_the_reference(text in prop_oneof![texts_of_special_bytes(), tables()], step in 1usize..100) {
        let whole = [b"a,b\n", &text[..]].concat();
        let mut expected = reference(&whole);
        prop_assert_eq!(expected.remove(0), good(1, &["a", "b"]));
        prop_assert_eq!(read(&whole, step, 1 << 20, true), expected);
    }

    #[test]
    fn any_bytes_and_limits_terminate(text in texts_of_special_bytes(), step in 1usize..100, limit in 1usize..50) {
        let whole = read(&text, usize::MAX, limit, false);
        prop_assert_eq!(read(&text, step, limit, false), whole);
    }
}
