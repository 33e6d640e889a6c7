//! A server of a few lines, for what no real server at hand does: cutting groups at 1500 members as Windows does,
//! changes in several answers, answers that are not LDAP.

use super::ad::ActiveDirectory;
use super::ber::{self, Reader, Writer};
use super::client::{Client, Security, Target};
use super::error::LdapError;
use super::message::{BIND, Control, DIR_SYNC, ENTRY, Message, SEARCH, SEARCH_DONE, message};
use super::tables::Attributes;
use super::walk;
use crate::export::Driver;
use crate::{AsTheyAre, ExportMode, ExportReport, ExportRequest};
use provost_model::configuration::Connection;
use provost_model::extract::{SourceColumn, SourceTable};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

/// A search as the server sees it.
struct Asked {
    id: i32,
    base: String,
    attributes: Vec<String>,
    /// Value of the control DirSync.
    changes: Option<Vec<u8>>,
}

type Entry = (String, Vec<(String, Vec<Vec<u8>>)>);

fn entry(dn: &str, attributes: &[(&str, &[&[u8]])]) -> Entry {
    let attribute =
        |(name, values): &(&str, &[&[u8]])| ((*name).to_owned(), values.iter().map(|v| v.to_vec()).collect());
    (dn.to_owned(), attributes.iter().map(attribute).collect())
}

/// The answer to a search: entries, then a success with these controls.
fn found(asked: &Asked, entries: &[Entry], controls: &[Control]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (dn, attributes) in entries {
        bytes.extend(message(asked.id, &[], |writer| {
            writer.nested(ENTRY, |writer| {
                writer.octets(dn.as_bytes());
                writer.nested(ber::SEQUENCE, |writer| {
                    for (name, values) in attributes {
                        writer.nested(ber::SEQUENCE, |writer| {
                            writer.octets(name.as_bytes());
                            writer.nested(ber::SET, |writer| values.iter().for_each(|value| writer.octets(value)));
                        });
                    }
                });
            });
        }));
    }
    bytes.extend(message(asked.id, controls, |writer| success(SEARCH_DONE, writer)));
    bytes
}

fn success(tag: u8, writer: &mut Writer) {
    writer.nested(tag, |writer| {
        writer.integer(ber::ENUMERATED, 0);
        writer.octets(b"");
        writer.octets(b"");
    });
}

/// Serves until the test ends; gives the port.
fn serve(answer: impl Fn(&Asked) -> Vec<u8> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut input = Vec::new();
            let mut buffer = [0; 4096];
            'connection: while let Ok(count @ 1..) = stream.read(&mut buffer) {
                input.extend_from_slice(&buffer[..count]);
                while let Some((length, head)) =
                    ber::length(&input).filter(|(length, head)| input.len() >= length + head)
                {
                    let bytes: Vec<u8> = input.drain(..length + head).collect();
                    let reply = reply(&bytes, &answer);
                    if reply.is_empty() || stream.write_all(&reply).is_err() {
                        break 'connection;
                    }
                }
            }
        }
    });
    port
}

fn reply(bytes: &[u8], answer: &impl Fn(&Asked) -> Vec<u8>) -> Vec<u8> {
    let request = Message::parse(bytes).unwrap();
    let id = i32::try_from(request.id).unwrap();
    match request.tag {
        BIND => message(id, &[], |writer| success(0x61, writer)),
        SEARCH => {
            let mut body = request.body;
            let base = body.text().unwrap().to_owned();
            for _ in 0..6 {
                body.any().unwrap();
            }
            let mut list: Reader<'_> = body.inside(ber::SEQUENCE).unwrap();
            let mut attributes = Vec::new();
            while !list.is_empty() {
                attributes.push(list.text().unwrap().to_owned());
            }
            let controls = request.controls().unwrap();
            let changes =
                controls.into_iter().find(|control| control.oid == DIR_SYNC).and_then(|control| control.value);
            answer(&Asked { id, base, attributes, changes })
        }
        _ => Vec::new(),
    }
}

fn client(port: u16) -> Result<Client, LdapError> {
    Client::open(&Target {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::Plain,
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(5),
        ..Target::default()
    })
}

const LARGEST: usize = 1500;
const MEMBERS: usize = 4000;

fn member(index: usize) -> Vec<u8> {
    format!("CN=m{index},DC=x").into_bytes()
}

/// A group as Windows gives it: at most 1500 members at once, and in a range even when nobody asked for one.
fn group(asked: &Asked) -> Entry {
    let from = asked.attributes.iter().find_map(|name| name.strip_prefix("member;range="));
    let from: usize = from.map_or(0, |range| range.split('-').next().unwrap().parse().unwrap());
    let end = (from + LARGEST).min(MEMBERS);
    let last = if end == MEMBERS { "*".to_owned() } else { (end - 1).to_string() };
    let values = (from..end).map(member).collect();
    let mut attributes = vec![(format!("member;range={from}-{last}"), values)];
    if from == 0 {
        // Beside the range stands an empty attribute of the plain name.
        attributes.insert(0, ("member".to_owned(), Vec::new()));
        attributes.push(("objectGUID".to_owned(), vec![vec![7; 16]]));
    }
    ("CN=g,DC=x".to_owned(), attributes)
}

fn root(asked: &Asked) -> Vec<u8> {
    found(asked, &[entry("", &[("namingContexts", &[b"DC=x"])])], &[])
}

fn cookie(more: i64, cookie: &[u8]) -> Control {
    Control::new(DIR_SYNC, false, |writer| {
        writer.integer(ber::INTEGER, more);
        writer.integer(ber::INTEGER, 0);
        writer.octets(cookie);
    })
}

/// Exports with Active Directory from a port, twice: completely, then what changed. Gives the tables of both.
fn exported(port: u16) -> [Vec<String>; 2] {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let settings = json!({"Servers": [{"Server": format!("127.0.0.1:{port}"), "BaseDN": "DC=x"}], "EnableSSL": false,
        "Filter": "(objectClass=group)", "AuthType": "Anonymous"});
    assert_eq!(ActiveDirectory.check(crate::Settings::new("AD", &settings)), []);
    let column = |name: &str| SourceColumn { name: name.to_owned(), format: None };
    let tables = [("AD_entries", ["dn", "objectGUID"]), ("AD_member", ["dn", "member"])].map(|(name, columns)| {
        SourceTable { name: name.to_owned(), columns: columns.into_iter().map(column).collect() }
    });
    let package = "Usercube.AD@0000001".to_owned();
    let connection = Connection { identifier: "AD".to_owned(), package, ..Connection::default() };
    [ExportMode::Complete, ExportMode::Incremental].map(|mode| {
        let request = ExportRequest {
            connection: &connection,
            settings: &settings,
            mode,
            force_complete: false,
            output_dir: folders[0].path(),
            sources_root_paths: &[],
            base_dir: folders[0].path(),
            tables: &tables,
            cookies_dir: Some(folders[1].path()),
            keeping: &AsTheyAre,
            databases: &crate::NoDatabases,
        };
        let report = crate::export(&request, &mut |_| {}).unwrap();
        assert!(matches!(report, ExportReport::Done { .. }));
        crate::begin_cookies(folders[1].path(), "").unwrap();
        crate::accept_cookies(folders[1].path(), "").unwrap();
        let text = |name: &str| std::fs::read_to_string(folders[0].path().join(name)).unwrap();
        let both = text("AD_entries.csv") + &text("AD_member.csv");
        both.lines().map(|line| line.replace('"', "")).collect()
    })
}

#[test]
fn a_group_of_any_size_is_read_to_its_last_member() {
    let port = serve(|asked| found(asked, &[group(asked)], &[]));
    let mut client = client(port).unwrap();
    let collected = walk::whole(&mut client, "CN=g,DC=x", &["member".to_owned()]).unwrap().unwrap();
    let mut values = Vec::new();
    collected.each("member", &mut |value| values.push(value.to_vec()));
    assert_eq!(values, (0..MEMBERS).map(member).collect::<Vec<_>>());
}

#[test]
fn members_beyond_the_first_1500_become_pairs_like_the_others() {
    let port = serve(|asked| match (asked.base.as_str(), &asked.changes) {
        ("", _) => root(asked),
        (_, Some(_)) => found(asked, &[], &[cookie(0, b"c")]),
        _ => found(asked, &[group(asked)], &[]),
    });
    let [complete, changes] = exported(port);
    let rows: Vec<String> = (0..MEMBERS).map(|index| format!("insert,CN=g,DC=x,CN=m{index},DC=x")).collect();
    assert_eq!(
        complete[..3],
        ["command,dn,objectGUID", &format!("insert,CN=g,DC=x,{}", "07".repeat(16)), "command,dn,member"]
    );
    assert_eq!(complete[3..], rows);
    assert_eq!(changes.len(), 2);
}

#[test]
fn changes_that_come_in_several_answers_are_all_asked_for() {
    let port = serve(|asked| match (asked.base.as_str(), &asked.changes) {
        ("", _) => root(asked),
        (_, Some(value)) if value.ends_with(b"\x04\x01a") => {
            let change = entry("CN=g,DC=x", &[("objectGUID", &[&[7; 16]]), ("member;range=1-1", &[b"CN=new,DC=x"])]);
            found(asked, &[change], &[cookie(1, b"b")])
        }
        (_, Some(value)) if value.ends_with(b"\x04\x01b") => {
            let change = entry("CN=g,DC=x", &[("objectGUID", &[&[7; 16]]), ("member;range=0-0", &[b"CN=old,DC=x"])]);
            found(asked, &[change], &[cookie(0, b"z")])
        }
        (_, Some(_)) => found(asked, &[], &[cookie(0, b"a")]),
        _ => found(asked, &[entry("CN=g,DC=x", &[("objectGUID", &[&[7; 16]])])], &[]),
    });
    let [_, changes] = exported(port);
    let expected = ["command,dn,member", "insert,CN=g,DC=x,CN=new,DC=x", "delete,CN=g,DC=x,CN=old,DC=x"];
    assert_eq!(changes[2..], expected);
}

#[test]
fn answers_that_are_not_ldap_are_errors_that_say_so() {
    let told = |answer: &'static [u8]| {
        let port = serve(move |_| answer.to_vec());
        let mut client = client(port).unwrap();
        let error = walk::whole(&mut client, "", &["x".to_owned()]).unwrap_err().to_string();
        error.replace(&format!(":{port}"), "")
    };
    let told = [
        told(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        told(b"\x30\x84\xff\xff\xff\xff"),
        told(b"\x30\x05\x02\x01\x02\x65\x00"),
        told(b"\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00"),
        told(b""),
    ];
    insta::assert_snapshot!(told.join("\n"), @r"
    127.0.0.1 sent something that is not LDAP: an answer does not begin like a message
    127.0.0.1 sent something that is not LDAP: a message is longer than 256 MiB
    127.0.0.1 sent something that is not LDAP: an element is missing
    the connection to 127.0.0.1 broke: the server ends it: unavailable
    the connection to 127.0.0.1 broke: the server closed it
    ");
}
