//! The CSV package: documented settings, encodings, and rows that must not be lost.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::World;
use insta::assert_snapshot;
use provost_connectors::{ExportMode, ExportReport, TableWritten};
use serde_json::{Value, json};
use std::fs;

fn exported(content: &str, settings: Value) -> String {
    World::csv(content, settings).text()
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(to_bytes).collect()
}

#[test]
fn a_plain_file_is_copied_byte_by_byte() {
    let text = "id,name\r\n1,\"a\"\"b\"\n2,  x \n\n3,a\"b,c\n4\n5,\"open\n";
    assert_eq!(exported(text, json!({})), text.replace("id,name\r\n", "id,name\n"));
    assert_eq!(exported("\u{feff}id,name\n1,é\n", json!({})), "id,name\n1,é\n");
    let wrong = b"id,name\n1,\xff\xfe\n2,\0\n";
    assert_eq!(World::csv(wrong, json!({})).bytes("HR"), wrong);
}

#[test]
fn the_report_counts_rows_and_bytes() {
    let world = World::csv("id;name\n1;\"x\ny\"\n2;z", json!({"Separator": ";"}));
    let ExportReport::Done { tables, sources, problems } = world.run().unwrap() else { panic!() };
    assert_eq!(tables, [TableWritten { file: world.path("out/HR.csv"), rows: 2, bytes: 20 }]);
    assert_eq!(sources, [fs::canonicalize(world.path("in/hr.csv")).unwrap()]);
    assert_eq!(problems, []);
    let world = World::csv("id,name\n1,\"x\ny\"\n2,z", json!({}));
    let ExportReport::Done { tables, .. } = world.run().unwrap() else { panic!() };
    assert_eq!((tables[0].rows, tables[0].bytes), (2, 19));
}

#[test]
fn other_separators_become_commas() {
    assert_eq!(exported("id;name\n1;a,b\n2;\"c;d\"\n", json!({"Separator": ";"})), "id,name\n1,\"a,b\"\n2,c;d\n");
    assert_eq!(exported("id\tname\n1\ta\n", json!({"Separator": "\t"})), "id,name\n1,a\n");
    assert_eq!(exported("id\tname\n1\ta\n", json!({"Separator": "\\t"})), "id,name\n1,a\n");
    assert_eq!(exported("id¤name\n1¤a\n", json!({"Separator": "¤"})), "id,name\n1,a\n");
}

#[test]
fn lines_before_the_header_are_skipped() {
    let text = "Report \"of today\nmade by HR\nid,name\n1,a\n";
    assert_eq!(exported(text, json!({"NumberOfLinesToSkip": 2})), "id,name\n1,a\n");
    assert_eq!(exported(text, json!({"NumberOfLinesToSkip": "2"})), "id,name\n1,a\n");
}

#[test]
fn values_are_trimmed_in_order_once_at_both_ends() {
    let text = "$%id$%,%name%\n$%text$%,$$a$$\n%$text%$,\"$a,b$\"\n";
    assert_eq!(exported(text, json!({"ValuesToTrim": ["$", "%"]})), "id$,name\ntext$,$a$\n$text,\"a,b\"\n");
}

#[test]
fn columns_without_a_name_are_dropped_and_empty_ones_kept() {
    assert_eq!(exported("id,,name, ,mail\n1,x,a,y,\n2,,b,,\n", json!({})), "id,name,mail\n1,a,\n2,b,\n");
    assert_eq!(exported("id,\n,x\n1,\n", json!({})), "id\n\"\"\n1\n");
}

#[test]
fn rows_of_the_wrong_length_keep_it() {
    let world = World::csv("id;name;mail\n1;a\n2;a;b;c\n3;a;b\n", json!({"Separator": ";"}));
    assert_eq!(world.text(), "id,name,mail\n1,a\n2,a,b,c\n3,a,b\n");
    assert_snapshot!(world.problems().join("\n"), @"warning: @/in/hr.csv: 2 rows are not well-formed, the first in line 2: wrong number of fields, stray or unclosed quotes, or CR alone as line end");
}

#[test]
fn a_short_row_does_not_become_whole_because_a_column_is_dropped() {
    assert_eq!(exported("id,name,\n1,a,\n2,b\n3\n4,c,,\n", json!({})), "id,name\n1,a\n2,b,\n3\n4,c,\n");
}

#[test]
fn malformed_rows_stay_malformed_and_cost_no_other_row() {
    let text = "id;name\n1;\"open\n2;\"a\"b\n3;c\"d\n4;e\"f,\"g\n5;h\ri\n6;\0\n7;\"a\",b\n8;c\r\r\n9;ok\n";
    let world = World::csv(text, json!({"Separator": ";"}));
    // What would pair with a later quote, or would be fine with commas, is kept from it by a mark.
    let expected = "id,name\n1,\"open\"?\n2,\"a\"b\n3,c\"d\n4,e\"f, \"g\n5,h\ri\n6,\0\n7,\"a\"?,b\n8,c\r\r\n9,ok\n";
    assert_eq!(world.text(), expected);
    assert!(world.problems()[0].contains("7 rows are not well-formed, the first in line 2"));
}

#[test]
fn encodings_are_read_with_and_without_mark() {
    let text = "id,name\n1,Zoë €\n2,😀\n";
    for (name, bytes) in [
        ("UTF-8", text.as_bytes().to_vec()),
        ("utf-8", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        ("UTF-16", utf16(text, u16::to_le_bytes)),
        ("UTF-16", utf16(text, u16::to_be_bytes)),
        ("utf-16be", utf16(text, u16::to_be_bytes)[2..].to_vec()),
        ("utf-16le", utf16(text, u16::to_le_bytes)[2..].to_vec()),
        // The mark tells more than a setting that was forgotten.
        ("UTF-8", utf16(text, u16::to_le_bytes)),
        ("Windows-1252", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
    ] {
        assert_eq!(World::csv(bytes, json!({"Encoding": name})).text(), text, "{name}");
    }
    let latin = b"id,name\n1,Zo\xeb \x80\n";
    assert_eq!(World::csv(latin, json!({"Encoding": "windows-1252"})).text(), "id,name\n1,Zoë €\n");
}

#[test]
fn what_the_encoding_does_not_know_is_an_error_with_its_place() {
    let mut bytes = utf16("id,name\n1,a\n2,", u16::to_le_bytes);
    bytes.extend([0x00, 0xD8, b'\n', 0]);
    assert_snapshot!(World::csv(&bytes, json!({})).error(), @r"
    source-encoding: @/in/hr.csv: line 3 (byte 30 of the file) is not UTF-16LE
    -> set Encoding to the encoding that the file is written in, or have it written again
    ");
    bytes.truncate(29);
    assert!(World::csv(&bytes, json!({})).error().contains("line 3 (byte 28 of the file)"));
}

#[test]
fn the_mode_chooses_the_path() {
    let mut world = World::csv("id\n1\n", json!({"PathIncremental": "in/delta.csv"}));
    world.put("in/delta.csv", "id\n2\n");
    assert_eq!(world.text(), "id\n1\n");
    world.mode = ExportMode::Incremental;
    assert_eq!(world.text(), "id\n2\n");
    world.force_complete = true;
    assert_eq!(world.text(), "id\n1\n");
}

#[test]
fn without_the_path_of_the_mode_nothing_is_launched_unless_forced() {
    let mut world = World::csv("id\n1\n", json!({}));
    world.mode = ExportMode::Incremental;
    let reason = "Connections.HR.PathIncremental is not set, and incremental mode needs it".to_owned();
    assert_eq!(world.run().unwrap(), ExportReport::NotLaunched { reason });
    assert_eq!(fs::read_dir(world.path("out")).unwrap().count(), 0);
    world.force_complete = true;
    assert_eq!(world.text(), "id\n1\n");

    let mut world = World::csv("id\n1\n", json!({"Path": null, "PathIncremental": "in/hr.csv"}));
    let reason = "Connections.HR.Path is not set, and complete mode needs it".to_owned();
    assert_eq!(world.run().unwrap(), ExportReport::NotLaunched { reason });
    world.force_complete = true;
    assert_eq!(world.text(), "id\n1\n");
}

#[test]
fn a_deactivated_connection_is_not_launched() {
    let mut world = World::csv("id\n1\n", json!({}));
    world.connection.export_deactivated = true;
    let reason = "DeactivationExportFulfill switches off the export of connection HR".to_owned();
    assert_eq!(world.run().unwrap(), ExportReport::NotLaunched { reason });
}

#[test]
fn the_latest_file_whose_name_matches_is_taken() {
    let world = World::csv("", json!({"Path": r"in/hr_\d+(.*?)\.csv", "IsFileNameRegex": true}));
    world.put("in/hr_x.csv", "id\nwrong\n");
    fs::create_dir(world.path("in/hr_9.csv")).unwrap();
    world.put("in/hr_2.csv", "id\nold\n");
    std::thread::sleep(std::time::Duration::from_millis(30));
    world.put("in/hr_1_new.csv", "id\nnew\n");
    assert_eq!(world.text(), "id\nnew\n");
}

#[test]
fn the_connection_identifier_may_hold_dots_but_no_folders() {
    let mut world = World::csv("id\n1\n", json!({}));
    world.connection.identifier = "HR.v2-x".to_owned();
    assert_eq!(world.bytes("HR.v2-x"), b"id\n1\n");
    world.connection.identifier = "../HR".to_owned();
    assert!(world.error().contains("cannot be part of a file name"));
}
