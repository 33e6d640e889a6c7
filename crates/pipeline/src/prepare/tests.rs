use super::*;
use crate::testing::{Files, Trickle, memory};

fn entity(columns: &[&str]) -> TableSpec {
    let column =
        |header: &&str| ColumnSpec { header: (*header).to_owned(), converter: Converter::as_is(), is_key: false };
    TableSpec {
        name: "T".to_owned(),
        kind: Kind::Entity,
        columns: columns.iter().map(column).collect(),
        separator: b',',
        command_column: None,
        owner: None,
    }
}

fn association() -> TableSpec {
    TableSpec { kind: Kind::Association, ..entity(&["group", "user"]) }
}

struct Outcome {
    prepared: Prepared,
    files: Files,
}

fn run(spec: &TableSpec, source: impl AsRef<[u8]>) -> Outcome {
    let mut files = Files::default();
    let prepared = prepare(spec, Trickle(source.as_ref(), 1000), &mut files, 0, memory).unwrap();
    let counted = prepared.null_keys + prepared.duplicates + prepared.rejected + prepared.clean;
    assert_eq!(prepared.rows, counted, "every row is counted once");
    Outcome { prepared, files }
}

fn counts(prepared: &Prepared) -> [u64; 6] {
    let Prepared { rows, null_keys, duplicates, duplicates_conflicting, rejected, clean, .. } = *prepared;
    [rows, null_keys, duplicates, duplicates_conflicting, rejected, clean]
}

#[test]
fn projects_sorts_and_puts_aside() {
    let source = "name,x,id\nBob,1,10\n\"O\"\"Neil, Ann\",2,9\nNobody,3,\nBob,9,10\nBobby,4,10\n short ,5,1\n";
    let Outcome { prepared, files } = run(&entity(&["id", "name"]), source);
    assert_eq!(files.text(SORTED), "id,name\n1,\" short \"\n10,Bob\n9,\"O\"\"Neil, Ann\"\n");
    assert_eq!(files.text(NULL_KEYS), "line,id,name\n4,,Nobody\n");
    assert_eq!(files.text(DUPLICATES), "line,id,name\n5,10,Bob\n6,10,Bobby\n");
    assert_eq!(counts(&prepared), [6, 1, 2, 1, 0, 3]);
    assert_eq!(prepared.digest, *blake3::hash(files.text(SORTED).as_bytes()).as_bytes());
    assert_eq!(prepared.bytes, files.text(SORTED).len() as u64);
    assert!(prepared.held.is_empty() && !prepared.changes);
    let conflict = &prepared.samples.conflicts[0];
    assert_eq!((conflict.line, &conflict.column[..], &conflict.value[..]), (6, "id", "10"));
    assert_eq!(conflict.reason, "line 2 has the same key and other values; that row was kept");
    assert_eq!(prepared.samples.null_keys[0].line, 4);
}

#[test]
fn a_column_that_feeds_two_properties_is_profiled_twice() {
    let Outcome { prepared, files } = run(&entity(&["dn", "dn"]), "dn\nCN=a\nCN=b\n");
    assert_eq!(files.text(SORTED), "dn,dn\nCN=a,CN=a\nCN=b,CN=b\n");
    let names: Vec<&str> = prepared.profile.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["dn", "dn (2)"]);
}

#[test]
fn pairs_sort_by_first_then_second() {
    let source = "user,role,group\n2,x,b\n1,x,\"a,b\"\n1,y,a\n,x,a\n1,x,\n2,z,b\n";
    let Outcome { prepared, files } = run(&association(), source);
    assert_eq!(files.text(SORTED), "group,user\na,1\n\"a,b\",1\nb,2\n");
    assert_eq!(files.text(NULL_KEYS), "line,group,user\n5,a,\n6,,1\n");
    assert_eq!(files.text(DUPLICATES), "line,group,user\n7,b,2\n");
    assert_eq!(counts(&prepared), [6, 2, 1, 0, 0, 3]);
}

#[test]
fn an_empty_table_has_a_header() {
    let Outcome { prepared, files } = run(&entity(&["id"]), "id,name\n");
    assert_eq!(files.text(SORTED), "id\n");
    assert_eq!(files.0.len(), 1, "no other file is made");
    assert_eq!(counts(&prepared), [0; 6]);
}

#[test]
fn a_file_with_commands_keeps_all_rows_of_a_key_in_order() {
    let spec = TableSpec { command_column: Some("command".to_owned()), ..entity(&["id", "name"]) };
    let source = "command,id,name\nADD,2,b\nDelete,1,\nupdate,2,c\n,3,d\ndrop,4,e\nmerge,,f\ndelete,2,c\n";
    let Outcome { prepared, files } = run(&spec, source);
    assert_eq!(files.text(DELTA), "command,id,name\ndelete,1,\ninsert,2,b\nupdate,2,c\ndelete,2,c\nmerge,3,d\n");
    assert_eq!(counts(&prepared), [7, 1, 0, 0, 1, 5]);
    assert!(prepared.changes);
    assert_eq!(prepared.held.keys, ["4"]);
    insta::assert_snapshot!(files.text(REJECTED), @r#"
    line,column,value,reason,remedy,row
    6,command,drop,this is no command,"use add, insert, update, delete or merge, or leave it empty","drop,4,e"
    "#);
    let full = run(&spec, "id,name\n1,a\n1,a\n");
    assert!(!full.prepared.changes);
    assert_eq!(full.files.text(SORTED), "id,name\n1,a\n");
}

#[test]
fn a_file_with_commands_may_lack_columns_but_the_key() {
    let spec = TableSpec { command_column: Some("command".to_owned()), ..entity(&["id", "name", "age", "mail"]) };
    let Outcome { prepared, files } = run(&spec, "age,command,id\n7,merge,b\n,update,a\n");
    assert_eq!(files.text(DELTA), "command,id,age\nupdate,a,\nmerge,b,7\n");
    assert_eq!(prepared.absent, [1, 3]);
    let error = |text: &str| prepare(&spec, text.as_bytes(), &mut Files::default(), 0, memory).unwrap_err().to_string();
    assert!(error("command,name,age\n").starts_with("line 1: column \"id\" is missing"), "the key must be there");
    assert!(error("id,age\n").starts_with("line 1: column \"name\" is missing"), "a full extract must be whole");
    assert!(run(&spec, "id,name,age,mail\n").prepared.absent.is_empty());
}

/// A person has one team: the row of c says that there is none any more, that of nobody says nothing.
#[test]
fn pairs_with_commands_keep_their_line_and_an_owner_without_pair() {
    let spec = TableSpec { command_column: Some("command".to_owned()), owner: Some(1), ..association() };
    let source = "command,group,user\nupdate,x,b\ninsert,,c\nupdate,a,b\nmerge,d,\n";
    let Outcome { prepared, files } = run(&spec, source);
    assert_eq!(files.text(DELTA), "command,group,user,line\ninsert,,c,3\nupdate,a,b,4\nupdate,x,b,2\n");
    assert_eq!(counts(&prepared), [4, 1, 0, 0, 0, 3]);
    let full = run(&spec, "group,user\nx,b\n,c\n");
    assert_eq!(full.files.text(SORTED), "group,user\nx,b\n");
    assert_eq!(counts(&full.prepared), [2, 1, 0, 0, 0, 1]);
}

type HeldKeys = Result<Vec<String>, &'static str>;

/// Which keys are held by a file with good rows `1` and `9` and one bad row between them.
fn held(spec: &TableSpec, header: &str, bad: &[u8]) -> HeldKeys {
    let good = |key: &str| header.replace("id", key).into_bytes();
    let text = [header.as_bytes(), &good("1"), bad, &good("9")].join(&b'\n');
    let Outcome { prepared, .. } = run(spec, text);
    assert_eq!(counts(&prepared), [3, 0, 0, 0, 1, 2], "{}", String::from_utf8_lossy(bad));
    if prepared.held.unknown { Err("all") } else { Ok(prepared.held.keys) }
}

#[test]
fn a_rejected_row_holds_its_key_or_everything() {
    let spec = entity(&["id", "b"]);
    let one = |key: &str| Ok(vec![key.to_owned()]);
    let table: [(&str, &[u8], HeldKeys); 14] = [
        ("id,b,c", b"5,x", one("5")),
        ("id,b,c", b"5", Err("all")),
        ("b,c,id", b"x,5", Err("all")),
        ("b,id,c", b"x,5", Err("all")),
        ("id,b,c", b"5,x,y,z", Ok(vec!["5".to_owned(), "5,x".to_owned()])),
        ("b,id,c", b"x,5,y,z", Ok(["5", "5,y", "y"].map(str::to_owned).to_vec())),
        ("id,b,c", b"5,1,2,3,4,5,6,7,8", Err("all")),
        ("id,b,c", b"5,x\"y,z", one("5")),
        ("b,c,id", b"x\"y,z,5", Err("all")),
        ("id,b,c", b"5,\"x\"y,z", one("5")),
        ("id,b,c", b"5,\xFF,z", one("5")),
        ("id,b,c", b"5\xFF,y,z", Err("all")),
        ("id,b,c", b"5,x\0,z", one("5")),
        ("id,b,c", b"\0,x,z", Err("all")),
    ];
    for (header, bad, expected) in table {
        assert_eq!(held(&spec, header, bad), expected, "{header} {}", String::from_utf8_lossy(bad));
    }
    assert_eq!(held(&spec, "id,b,c", b"5,\"x\ny\""), Err("all"), "good rows may be inside");
    let pairs = TableSpec { kind: Kind::Association, ..entity(&["id", "b"]) };
    assert_eq!(held(&pairs, "id,b,c", b"5,x"), Err("all"));
}

#[test]
fn a_key_that_no_index_takes_is_rejected_and_stands_for_nothing() {
    let long = "k".repeat(LONGEST_KEY + 1);
    let fits = &long[..LONGEST_KEY];
    let mut spec = entity(&["id", "login", "note"]);
    spec.columns[0].is_key = true;
    spec.columns[1].is_key = true;
    let Outcome { prepared, files } =
        run(&spec, format!("id,login,note\n{fits},{fits},{long}\n{long},x,\n7,{long},\n"));
    assert_eq!(files.text(SORTED), format!("id,login,note\n{fits},{fits},{long}\n"));
    assert_eq!(counts(&prepared), [3, 0, 0, 0, 2, 1]);
    assert_eq!(prepared.held, Held { keys: vec!["7".to_owned()], unknown: false });
    let reasons: Vec<_> = prepared.samples.rejected.iter().map(|r| (r.line, &r.column[..], &r.reason[..])).collect();
    let reason = "a key has at most 1200 bytes and this has 1201";
    assert_eq!(reasons, [(3, "id", reason), (4, "login", reason)]);
    let mut pairs = association();
    pairs.columns.iter_mut().for_each(|column| column.is_key = true);
    let Outcome { prepared, .. } = run(&pairs, format!("group,user\na,1\n{long},1\na,{long}\n"));
    assert_eq!(counts(&prepared), [3, 0, 0, 0, 2, 1]);
    assert!(prepared.held.is_empty());
}

#[test]
fn an_unclosed_quote_costs_one_row() {
    let Outcome { prepared, files } = run(&entity(&["id", "b"]), "id,b\n1,x\n2,\"y\n3,z\n4,w\n");
    assert_eq!(files.text(SORTED), "id,b\n1,x\n3,z\n4,w\n");
    assert_eq!(prepared.held.keys, ["2"]);
    insta::assert_snapshot!(files.text(REJECTED), @r#"
    line,column,value,reason,remedy,row
    3,b,"""y",the quote that opens here is never closed,close the quote; reading went on at the next line,"2,""y"
    "#);
}

#[test]
fn what_is_no_text_is_rejected_only_in_columns_that_are_used() {
    let source = b"id,b,c\n1,x,\xFF\n2,y,\0\n3,\xFF,z\n4,a\0b,z\n";
    let Outcome { files, .. } = run(&entity(&["id", "b"]), source);
    assert_eq!(files.text(SORTED), "id,b\n1,x\n2,y\n");
    insta::assert_snapshot!(files.text(REJECTED), @r#"
    line,column,value,reason,remedy,row
    4,b,�,the value is not UTF-8,check the encoding of the export; expected UTF-8,"3,�,z"
    5,b,a␀b,the value contains a NUL character,remove the NUL characters; the source may be binary or damaged,"4,a␀b,z"
    "#);
}

#[test]
fn says_why_a_table_cannot_be_prepared() {
    let error = |spec: &TableSpec, source: &str| {
        prepare(spec, source.as_bytes(), &mut Files::default(), 0, memory).unwrap_err().to_string()
    };
    insta::assert_snapshot!(error(&entity(&[]), "id\n"), @"table T: expected a primary key, the mapping has 0 columns");
    insta::assert_snapshot!(error(&TableSpec { kind: Kind::Association, ..entity(&["a"]) }, "a\n"), @"table T: expected two columns, the mapping has 1 columns");
    insta::assert_snapshot!(error(&entity(&["id"]), ""), @"the file is empty: expected a header line; check that the export ended well");
    insta::assert_snapshot!(error(&entity(&["id"]), "Id,name\n"), @r#"line 1: column "id" is missing; the nearest name in the file is "Id""#);
}

#[test]
fn many_duplicates_are_counted_and_sampled() {
    let mut files = Files::default();
    let source: String = (0..200_000).map(|i| format!("same,{}\n", i % 3)).collect();
    let source = format!("id,b\n{source}");
    let prepared = prepare(&entity(&["id", "b"]), source.as_bytes(), &mut files, 1 << 20, memory).unwrap();
    assert_eq!(counts(&prepared), [200_000, 0, 199_999, 133_333, 0, 1]);
    assert_eq!(prepared.samples.conflicts.len(), 10);
    assert_eq!(files.text(SORTED), "id,b\nsame,0\n");
}

mod model;

#[test]
fn rejected_rows_are_counted_by_column_beyond_the_samples() {
    let mut spec = entity(&["id", "age", "hired"]);
    for column in 1..3 {
        spec.columns[column].converter =
            Converter::new(provost_model::configuration::PropertyType::Int32, Some("Int32")).unwrap();
    }
    let rows: String = (0..40).map(|i| if i < 15 { format!("{i},old,1\n") } else { format!("{i},1,soon\n") }).collect();
    let Outcome { prepared, .. } = run(&spec, format!("id,age,hired\n{rows}40\n41,1,1,x\"\n42,1,1,1,x\"\n"));
    let found: Vec<(&str, u64)> = prepared.rejected_by_column.iter().map(|(c, n)| (c.as_str(), *n)).collect();
    assert_eq!(found, [("", 3), ("age", 15), ("hired", 25)]);
    let samples = |column: &str| prepared.samples.rejected.iter().filter(|r| r.column == column).count();
    assert_eq!([samples(""), samples("age"), samples("hired")], [1, 10, 10]);
}
