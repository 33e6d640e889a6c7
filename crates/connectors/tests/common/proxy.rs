//! A stretch of network that can be cut: what goes to the server arrives, and one answer of the server is lost.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Forwards connections to a server as long as it is held.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    answers: Arc<AtomicU64>,
    cut_at: Arc<AtomicU64>,
    delay: Arc<AtomicU64>,
}

impl Proxy {
    pub(crate) fn to(port: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy {
            port: listener.local_addr().unwrap().port(),
            answers: Arc::default(),
            cut_at: Arc::default(),
            delay: Arc::default(),
        };
        let (answers, cut_at, delay) = (proxy.answers.clone(), proxy.cut_at.clone(), proxy.delay.clone());
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                let Ok(server) = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))) else { continue };
                let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                let (answers, cut_at, delay) = (answers.clone(), cut_at.clone(), delay.clone());
                std::thread::spawn(move || forward(server, client, &answers, &cut_at, &delay));
            }
        });
        proxy
    }

    /// The n-th answer from now on is lost, and its connection with it; 0 for none. Tells how many answers came before.
    pub(crate) fn cut(&self, answer: u64) -> u64 {
        self.cut_at.store(answer, Ordering::SeqCst);
        self.answers.swap(0, Ordering::SeqCst)
    }

    /// Answers take so long.
    pub(crate) fn slow_down(&self, time: Duration) {
        self.delay.store(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

fn forward(mut server: TcpStream, mut client: TcpStream, answers: &AtomicU64, cut_at: &AtomicU64, delay: &AtomicU64) {
    let mut buffer = [0; 64 * 1024];
    while let Ok(count) = server.read(&mut buffer) {
        let answer = answers.fetch_add(1, Ordering::SeqCst) + 1;
        if count == 0 || answer == cut_at.load(Ordering::SeqCst) {
            break;
        }
        std::thread::sleep(Duration::from_millis(delay.load(Ordering::SeqCst)));
        if client.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
}
