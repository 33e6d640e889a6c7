//! What a server does with callers that mean it no good, over the wire: refused, counted, nothing written.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use reqwest::blocking::Response;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use support::net::{self, Server};
use support::{Kind, small};

const SESSION: &str = "01990000-0000-7000-8000-000000000001";
const SESSIONS: &str = "api/Connectors/SynchronizeSession";

/// Everything below the folder where sessions lie.
fn files(server: &Server) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![server.home.file("Work/Synchronization")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path().is_dir() {
                true => folders.push(entry.path()),
                false => found.push(entry.path().display().to_string()),
            }
        }
    }
    found
}

fn put(server: &Server, token: &str, file: &str, number: &str, body: Vec<u8>) -> Response {
    let digest = "0".repeat(64);
    let url = format!("{}/{SESSIONS}/{SESSION}/Files/{file}/Pieces/{number}?digest={digest}", server.url);
    server.http().put(url).bearer_auth(token).body(body).send().unwrap()
}

#[test]
fn pieces_that_are_too_much_or_go_elsewhere_are_refused() {
    let server = Server::start_with(net::small(Kind::Sqlite), &["Other"], "http");
    let token = server.token_of("Job");
    let open = json!({ "session": SESSION, "connector": small::CONNECTOR, "mode": "complete" });
    let at = format!("{}/{SESSIONS}", server.url);
    assert_eq!(server.http().post(&at).bearer_auth(&token).json(&open).send().unwrap().status(), 200);
    let bomb = provost_server::pack(&vec![0; provost_server::PIECE + 1]);
    let fine = "T_Person.sorted.csv";
    for (file, number, body, status) in [
        (fine, "0", vec![0; 8 << 20], 413),
        (fine, "0", bomb, 422),
        (fine, "0", b"no LZ4 at all".to_vec(), 422),
        (fine, "4294967295", provost_server::pack(b"far"), 422),
        ("..%2F..%2F..%2Fappsettings.json", "0", provost_server::pack(b"x"), 400),
        ("%2Fetc%2Fpasswd", "0", provost_server::pack(b"x"), 400),
        ("manifest.json", "0", provost_server::pack(b"x"), 400),
        ("T_Person.sorted.csv%00", "0", provost_server::pack(b"x"), 400),
    ] {
        let answer = put(&server, &token, file, number, body);
        assert_eq!(answer.status(), status, "{file} {number}: {}", answer.text().unwrap());
    }
    // Somebody else's session is none.
    let stranger = server.token_of("Other");
    assert_eq!(put(&server, &stranger, fine, "0", provost_server::pack(b"x")).status(), 404);
    assert_eq!(files(&server), Vec::<String>::new());
    let refused = |status: u16| -> f64 {
        let of = format!("Pieces/{{number}}\",status=\"{status}\"}}");
        server.metrics().iter().filter(|(n, _)| n.contains("_count") && n.contains(&of)).map(|(_, v)| v).sum()
    };
    assert_eq!((refused(400), refused(413), refused(422), refused(404)), (4.0, 1.0, 3.0, 1.0));
}

#[test]
fn tokens_that_were_changed_or_are_over_are_refused() {
    let home = net::small(Kind::Sqlite);
    home.write("appsettings.json", r#"{ "IdentityServer": { "AccessLifeTime": "00:00:01" } }"#);
    let server = Server::start_with(home, &[], "http");
    let me =
        |token: &str| server.http().get(format!("{}/api/Access/Me", server.url)).bearer_auth(token).send().unwrap();
    let token = server.token_of("Job");
    assert_eq!(me(&token).status(), 200);
    let (head, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    for tampered in [format!("{head}.{first}{}", &signature[1..]), format!("{head}."), head.to_owned(), String::new()] {
        assert_eq!(me(&tampered).status(), 401, "{tampered}");
    }
    // It lives for a second, and for the minute that clocks may differ by.
    let until = Instant::now() + Duration::from_secs(90);
    while me(&token).status() == 200 {
        assert!(Instant::now() < until, "a token is taken for ever");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(me(&token).status(), 401);
    assert_eq!(me(&server.token_of("Job")).status(), 200, "a new one is taken");
    let counted = server.http().get(format!("{}/metrics", server.url)).bearer_auth(server.token_of("Admin"));
    assert!(counted.send().unwrap().text().unwrap().contains("provost_refused_total{reason=\"token\"}"));
    assert!(!server.home.file("Work/Synchronization").join(SESSION).exists());
}

#[test]
fn a_body_that_drips_is_cut_off() {
    let home = net::small(Kind::Sqlite);
    home.write("appsettings.json", r#"{ "Uploads": { "BodySeconds": 2 } }"#);
    let server = Server::start_with(home, &[], "http");
    let address = server.url.strip_prefix("http://").unwrap();
    let head = format!("POST /connect/token HTTP/1.1\r\nhost: {address}\r\ncontent-length: 1000\r\n\r\n");
    let mut parts: Vec<(&[u8], Duration)> = vec![(head.as_bytes(), Duration::ZERO)];
    parts.extend(std::iter::repeat_n((&b"x"[..], Duration::from_millis(500)), 8));
    let answer = net::raw(address, &parts, Duration::from_secs(10));
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("body-too-slow"), "{answer}");
    assert_eq!(server.get("health").status(), 200);
}

#[test]
fn a_caller_who_sends_slowly_is_let_go() {
    let server = Server::start_with(net::small(Kind::Sqlite), &[], "http");
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let began = Instant::now();
    // A hundred heads that never end; the server answers others meanwhile.
    let mut slow: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(&address).unwrap()).collect();
    for stream in &mut slow {
        stream.write_all(b"POST /connect/token HTTP/1.1\r\nhost: x\r\nx-").unwrap();
    }
    assert_eq!(server.get("health").status(), 200);
    for stream in &mut slow {
        stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
    }
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
    assert_eq!(server.get("health").status(), 200);
}
