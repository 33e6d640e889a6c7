//! One address for several servers: bytes are passed on to a server that takes the connection, each time to the next one.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Where agents find whichever server is there.
pub struct Balancer {
    /// Its port on this machine.
    pub port: u16,
}

impl Balancer {
    /// In front of servers at `https://127.0.0.1:port`.
    pub fn start(servers: &[&str]) -> Balancer {
        let port = |url: &str| url.rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
        let servers: Arc<Vec<SocketAddr>> =
            Arc::new(servers.iter().map(|url| SocketAddr::from(([127, 0, 0, 1], port(url)))).collect());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let turn = Arc::new(AtomicUsize::new(0));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (servers, turn) = (servers.clone(), turn.fetch_add(1, Ordering::SeqCst));
                thread::spawn(move || {
                    let from = (0..servers.len()).map(|n| servers[(turn + n) % servers.len()]);
                    if let Some(server) = from.into_iter().find_map(|address| TcpStream::connect(address).ok()) {
                        join(client, server);
                    }
                });
            }
        });
        Balancer { port }
    }
}

/// Passes on what each says to the other, until one of them has ended.
fn join(client: TcpStream, server: TcpStream) {
    let (mut to_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let there = thread::spawn(move || pass(client, &mut to_server));
    pass(server, &mut to_client);
    drop(there.join());
}

fn pass(mut from: TcpStream, to: &mut TcpStream) {
    let mut bytes = [0; 16 << 10];
    while let Ok(read) = from.read(&mut bytes) {
        if read == 0 || to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    drop((from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both)));
}
