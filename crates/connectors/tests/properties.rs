//! What holds of any table and of any bytes.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/model.rs"]
mod model;

use common::World;
use model::Row;
use proptest::prelude::*;
use provost_model::configuration::{Transformation, TransformationKind, WhereOperator};
use serde_json::json;

/// Encodings with a character that only some of them know.
#[derive(Clone, Copy, Debug)]
enum Encoded {
    Utf8,
    Utf8Mark,
    Utf16Le,
    Utf16Be,
    Windows1252,
}

impl Encoded {
    fn name(self) -> &'static str {
        match self {
            Encoded::Utf8 | Encoded::Utf8Mark => "UTF-8",
            Encoded::Utf16Le => "UTF-16LE",
            Encoded::Utf16Be => "UTF-16BE",
            Encoded::Windows1252 => "Windows-1252",
        }
    }

    fn bytes(self, text: &str) -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        match self {
            Encoded::Utf8 => text.as_bytes().to_vec(),
            Encoded::Utf8Mark => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            Encoded::Utf16Le => units.flat_map(u16::to_le_bytes).collect(),
            Encoded::Utf16Be => units.flat_map(u16::to_be_bytes).collect(),
            // The characters of the tables up to U+00FF are the same byte there.
            Encoded::Windows1252 => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect(),
        }
    }
}

fn encoded() -> impl Strategy<Value = Encoded> {
    use Encoded::{Utf8, Utf8Mark, Utf16Be, Utf16Le, Windows1252};
    prop::sample::select(vec![Utf8, Utf8Mark, Utf16Le, Utf16Be, Windows1252])
}

fn table(alphabet: &'static str) -> impl Strategy<Value = Vec<Vec<String>>> {
    let value = prop::collection::vec(prop::sample::select(alphabet.chars().collect::<Vec<_>>()), 0..6)
        .prop_map(|letters| letters.into_iter().collect::<String>());
    (1_usize..5).prop_flat_map(move |columns| {
        prop::collection::vec(prop::collection::vec(value.clone(), columns), 0..8).prop_map(move |mut rows| {
            rows.insert(0, (0..columns).map(|column| format!("c\"{column}")).collect());
            rows
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_table_in_any_encoding_is_read_back_equal(
        (encoding, table) in encoded().prop_flat_map(|encoding| {
            let alphabet = match encoding {
                Encoded::Windows1252 => "ab,;|\t\"\r\n éÿ£",
                _ => "ab,;|\t\"\r\n éÿ€😀",
            };
            (Just(encoding), table(alphabet))
        }),
        separator in prop::sample::select(vec![',', ';', '\t', '|', '£']),
        line_end in prop::sample::select(vec!["\n", "\r\n"]),
        quote_all: bool,
        skipped in 0_usize..3,
    ) {
        let preface = "Report \"of\" today\n".repeat(skipped);
        let text = preface + &model::write(&table, separator, line_end, quote_all);
        let settings = json!({"Separator": separator.to_string(), "Encoding": encoding.name(), "NumberOfLinesToSkip": skipped});
        let world = World::csv(encoding.bytes(&text), settings);
        prop_assert_eq!(model::values(&world.bytes("HR")), table);
    }

    #[test]
    fn no_row_is_lost_repaired_or_drawn_into_another(text in r#"[a",;\r\n ]{0,60}"#) {
        let text = format!("x;y\n{text}");
        let exported = World::csv(&text, json!({"Separator": ";"})).bytes("HR");
        compare(&model::read(text.as_bytes(), b';'), &model::read(&exported, b','))?;
    }

    #[test]
    fn a_transformation_loses_no_malformed_row(text in r#"[a",\r\n ]{0,60}"#) {
        let text = format!("x,y\n{text}");
        let kind = TransformationKind::WhereValue {
            column: "x".to_owned(), operator: WhereOperator::NotEquals, value: "no such value".to_owned(),
        };
        let world = World::csv(&text, json!({})).with(Transformation { table: "HR".to_owned(), kind });
        compare(&model::read(text.as_bytes(), b','), &model::read(&world.bytes("HR"), b','))?;
    }

    #[test]
    fn any_bytes_give_a_table_or_an_error(bytes: Vec<u8>, encoding in encoded()) {
        let _ = World::csv(bytes, json!({"Separator": ";", "Encoding": encoding.name()})).run();
    }
}

/// Odd rows are odd rows, and others have their values.
fn compare(source: &[Row], exported: &[Row]) -> Result<(), TestCaseError> {
    prop_assert_eq!(source.len(), exported.len());
    for (source, exported) in source.iter().zip(exported) {
        if source.odd {
            prop_assert!(exported.odd, "{:?} became {:?}", source, exported);
        } else {
            prop_assert_eq!(source, exported);
        }
    }
    Ok(())
}
