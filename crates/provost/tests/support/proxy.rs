//! A network that goes wrong on purpose: it stands between an agent and its server, speaks plain HTTP on this machine,
//! and cuts, delays, repeats and reorders what passes. What it does to the nth request follows from its seed.

use super::random::Random;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// What happened to requests.
#[derive(Debug, Default)]
pub struct Seen {
    pub requests: AtomicU64,
    pub cut_before: AtomicU64,
    pub cut_after: AtomicU64,
    pub delayed: AtomicU64,
    pub repeated: AtomicU64,
    pub late: AtomicU64,
}

/// A proxy that ends with the test.
pub struct Proxy {
    pub url: String,
    pub seen: Arc<Seen>,
    stop: Arc<AtomicBool>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

struct Shared {
    to: SocketAddr,
    seed: u64,
    seen: Arc<Seen>,
    /// Nothing goes wrong while this is set.
    calm: Arc<AtomicBool>,
}

impl Proxy {
    /// A proxy in front of `http://127.0.0.1:port`.
    pub fn start(server: &str, seed: u64) -> Proxy {
        let to: SocketAddr = server.strip_prefix("http://").unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (seen, stop) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
        let shared = Arc::new(Shared { to, seed, seen: seen.clone(), calm: stop.clone() });
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = shared.clone();
                thread::spawn(move || shared.serve(stream));
            }
        });
        Proxy { url, seen, stop }
    }
}

/// A request with its head rewritten so that the connection ends with the answer.
struct Request {
    bytes: Vec<u8>,
    is_poll: bool,
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length, mut is_poll) = (String::new(), 0_usize, false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if head.is_empty() {
            is_poll = line.contains("/Work ");
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            head.push_str("connection: close\r\n\r\n");
            break;
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut bytes = head.into_bytes();
    let start = bytes.len();
    bytes.resize(start + length, 0);
    reader.read_exact(&mut bytes[start..]).ok()?;
    Some(Request { bytes, is_poll })
}

impl Shared {
    fn serve(&self, mut client: TcpStream) {
        let Some(request) = read(&client) else { return };
        let number = self.seen.requests.fetch_add(1, Ordering::SeqCst);
        let mut random = Random::new(self.seed.wrapping_mul(0x9E37_79B9).wrapping_add(number));
        let fate = if self.calm.load(Ordering::SeqCst) { 100 } else { random.below(100) };
        let count = |of: &AtomicU64| of.fetch_add(1, Ordering::SeqCst);
        match fate {
            0..5 => {
                count(&self.seen.cut_before);
                return;
            }
            5..12 => {
                // It arrives, and the answer is lost.
                count(&self.seen.cut_after);
                self.forward(&request);
                return;
            }
            12..20 => {
                count(&self.seen.delayed);
                thread::sleep(Duration::from_millis(50 + random.below(700)));
            }
            20..28 => {
                // Twice in a row: the caller hears the second answer.
                count(&self.seen.repeated);
                if !request.is_poll {
                    self.forward(&request);
                }
            }
            28..36 => {
                // Once more, long after others have passed.
                count(&self.seen.late);
                let pause = Duration::from_millis(200 + random.below(3_000));
                let (to, bytes) = (self.to, request.bytes.clone());
                thread::spawn(move || {
                    thread::sleep(pause);
                    drop(exchange(to, &bytes));
                });
            }
            _ => {}
        }
        if let Some(answer) = self.forward(&request) {
            let _ = client.write_all(&answer);
        }
    }

    fn forward(&self, request: &Request) -> Option<Vec<u8>> {
        exchange(self.to, &request.bytes)
    }
}

fn exchange(to: SocketAddr, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut server = TcpStream::connect(to).ok()?;
    server.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    server.write_all(bytes).ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).ok()?;
    (!answer.is_empty()).then_some(answer)
}
