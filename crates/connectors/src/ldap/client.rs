//! One connection to a directory: opened, secured, bound; then requests and their answers, one message at a time.
//!
//! Written for this program because of what it needs: bytes of a message are read into one buffer and handed out
//! borrowed, so an export of any size takes the memory of one message; a malformed answer is an error; many requests
//! may be under way on one connection.

use super::ber;
use super::error::{LdapError, code};
use super::message::{
    self, BIND, Control, ENTRY, Entry, INTERMEDIATE, Message, Outcome, REFERENCE, SEARCH_DONE, Search,
};
use super::tls::{self, Trust};
use rustls::{ClientConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// The longest message that is read.
const LONGEST: usize = 256 * 1024 * 1024;
const FIRST_BUFFER: usize = 128 * 1024;

/// How the connection is secured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Security {
    /// Not at all: everybody on the way can read and change everything.
    Plain,
    /// TLS from the beginning, mostly on port 636.
    #[default]
    Tls,
    /// Begins plainly and changes to TLS before anything is said.
    StartTls,
}

/// Who asks.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) enum Login {
    #[default]
    Anonymous,
    Simple {
        name: String,
        password: String,
    },
}

/// Where to and how.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) trust: Trust,
    pub(crate) login: Login,
    pub(crate) connect_timeout: Duration,
    pub(crate) request_timeout: Duration,
}

impl Target {
    /// `host:port`, as messages name it.
    pub(crate) fn server(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
    /// While plain becomes TLS.
    None,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.read(buffer),
            Stream::Tls(stream) => stream.read(buffer),
            Stream::None => Ok(0),
        }
    }
}

impl Stream {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Stream::Plain(stream) => stream.write_all(bytes),
            Stream::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
            Stream::None => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

/// An open connection.
pub(crate) struct Client {
    stream: Stream,
    input: Vec<u8>,
    from: usize,
    to: usize,
    /// Bytes of the message at `from` that was handed out already.
    whole: usize,
    last_id: i32,
    server: String,
    timeout: Duration,
}

/// What a search finds.
pub(crate) enum Found<'a> {
    Entry(Entry<'a>, Message<'a>),
    Intermediate(String, &'a [u8]),
}

impl Client {
    /// Connects, secures the connection and binds.
    pub(crate) fn open(target: &Target) -> Result<Client, LdapError> {
        let server = target.server();
        let stream = connect(target, &server)?;
        let mut client = Client {
            stream: Stream::Plain(stream),
            input: vec![0; FIRST_BUFFER],
            from: 0,
            to: 0,
            whole: 0,
            last_id: 0,
            server,
            timeout: target.request_timeout,
        };
        match target.security {
            Security::Plain => {}
            Security::Tls => client.secure(target)?,
            Security::StartTls => {
                client.request("StartTLS", &[], |w| message::write_extended(message::START_TLS, None, w))?;
                client.secure(target)?;
            }
        }
        client.bind(&target.login)?;
        Ok(client)
    }

    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    fn secure(&mut self, target: &Target) -> Result<(), LdapError> {
        // What a stranger may have sent before TLS must not be taken for an answer of the server.
        (self.from, self.to, self.whole) = (0, 0, 0);
        let mut session = tls::session(&target.trust, &target.host, &self.server)?;
        let Stream::Plain(mut stream) = std::mem::replace(&mut self.stream, Stream::None) else { return Ok(()) };
        while session.is_handshaking() {
            session.complete_io(&mut stream).map_err(|error| self.broken_tls(&error))?;
        }
        self.stream = Stream::Tls(Box::new(StreamOwned::new(session, stream)));
        Ok(())
    }

    fn broken_tls(&self, error: &io::Error) -> LdapError {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match inner {
            Some(inner) => {
                LdapError::Tls { server: self.server.clone(), detail: inner.to_string(), hint: tls::explain(inner) }
            }
            None => self.broken(error),
        }
    }

    fn broken(&self, error: &io::Error) -> LdapError {
        let server = self.server.clone();
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                LdapError::Slow { server, seconds: self.timeout.as_secs() }
            }
            io::ErrorKind::UnexpectedEof => LdapError::Cut { server, detail: "the server closed it".to_owned() },
            _ => LdapError::Cut { server, detail: error.to_string() },
        }
    }

    pub(crate) fn malformed(&self, malformed: ber::Malformed) -> LdapError {
        LdapError::Malformed { server: self.server.clone(), what: malformed.0 }
    }

    pub(crate) fn refused(&self, doing: &str, outcome: &Outcome) -> LdapError {
        LdapError::Refused {
            server: self.server.clone(),
            doing: doing.to_owned(),
            code: outcome.code,
            matched: outcome.matched.clone(),
            diagnostic: outcome.diagnostic.clone(),
        }
    }

    fn bind(&mut self, login: &Login) -> Result<(), LdapError> {
        let (name, password) = match login {
            Login::Anonymous => ("", ""),
            Login::Simple { name, password } => (name.as_str(), password.as_str()),
        };
        let doing = if name.is_empty() { "an anonymous login".to_owned() } else { format!("the login of {name}") };
        self.request(&doing, &[], |writer| {
            writer.nested(BIND, |writer| {
                writer.integer(ber::INTEGER, 3);
                writer.octets(name.as_bytes());
                writer.element(0x80, password.as_bytes());
            });
        })?;
        Ok(())
    }

    /// Sends a request and gives its number.
    pub(crate) fn send(
        &mut self,
        controls: &[Control],
        write: impl FnOnce(&mut ber::Writer),
    ) -> Result<i64, LdapError> {
        self.last_id = if self.last_id == i32::MAX { 1 } else { self.last_id + 1 };
        let bytes = message::message(self.last_id, controls, write);
        self.stream.send(&bytes).map_err(|error| self.broken(&error))?;
        Ok(i64::from(self.last_id))
    }

    /// Sends a request, waits for its outcome and checks that it is a success.
    pub(crate) fn request(
        &mut self,
        doing: &str,
        controls: &[Control],
        write: impl FnOnce(&mut ber::Writer),
    ) -> Result<Outcome, LdapError> {
        let id = self.send(controls, write)?;
        let outcome = self.outcome(id)?;
        match outcome.code {
            code::SUCCESS | code::COMPARE_FALSE | code::COMPARE_TRUE => Ok(outcome),
            _ => Err(self.refused(doing, &outcome)),
        }
    }

    /// The outcome of the request with this number.
    fn outcome(&mut self, id: i64) -> Result<Outcome, LdapError> {
        loop {
            let (answered, outcome) = self.any_outcome()?;
            if answered == id {
                return Ok(outcome);
            }
        }
    }

    /// The next outcome of any request, with the number of that request.
    pub(crate) fn any_outcome(&mut self) -> Result<(i64, Outcome), LdapError> {
        self.fill_message()?;
        let parsed = self.current().and_then(|message| Ok((message.id, message.outcome()?)));
        let (id, outcome) = parsed.map_err(|error| self.malformed(error))?;
        if id == 0 {
            return Err(self.disconnected(&outcome));
        }
        Ok((id, outcome))
    }

    fn disconnected(&self, outcome: &Outcome) -> LdapError {
        let name = super::error::name(outcome.code);
        let detail = format!("the server ends it: {name} {}", outcome.diagnostic);
        LdapError::Cut { server: self.server.clone(), detail: detail.trim_end().to_owned() }
    }

    /// Walks a search. `visit` sees one entry at a time; what is borrowed does not outlive the call. The outcome is
    /// given back whatever it says.
    pub(crate) fn search<E: From<LdapError>>(
        &mut self,
        search: &Search<'_>,
        controls: &[Control],
        visit: &mut dyn FnMut(Found<'_>) -> Result<(), E>,
    ) -> Result<Outcome, E> {
        let id = self.send(controls, |writer| search.write(writer))?;
        loop {
            self.fill_message()?;
            match self.visit_one(id, visit) {
                Ok(Some(outcome)) => return Ok(outcome),
                Ok(None) => {}
                Err(Visited::Malformed(error)) => return Err(self.malformed(error).into()),
                Err(Visited::Ended(outcome)) => return Err(self.disconnected(&outcome).into()),
                Err(Visited::Other(error)) => return Err(error),
            }
        }
    }

    fn visit_one<E>(
        &self,
        id: i64,
        visit: &mut dyn FnMut(Found<'_>) -> Result<(), E>,
    ) -> Result<Option<Outcome>, Visited<E>> {
        let message = self.current()?;
        if message.id == 0 {
            return Err(Visited::Ended(message.outcome()?));
        }
        if message.id != id {
            return Ok(None);
        }
        match message.tag {
            ENTRY => visit(Found::Entry(message.entry()?, message)).map_err(Visited::Other)?,
            INTERMEDIATE => {
                let (name, value) = message.intermediate()?;
                visit(Found::Intermediate(name, value)).map_err(Visited::Other)?;
            }
            // Other parts of the tree live elsewhere; what is here is complete without them.
            REFERENCE => {}
            SEARCH_DONE => return Ok(Some(message.outcome()?)),
            _ => return Err(ber::Malformed("an answer to a search was expected").into()),
        }
        Ok(None)
    }

    fn current(&self) -> Result<Message<'_>, ber::Malformed> {
        Message::parse(&self.input[self.from..self.from + self.whole])
    }

    /// Makes sure that a whole message begins at `from`, the last one having been consumed.
    fn fill_message(&mut self) -> Result<(), LdapError> {
        self.from += std::mem::take(&mut self.whole);
        loop {
            let there = &self.input[self.from..self.to];
            if there.first().is_some_and(|first| *first != ber::SEQUENCE) {
                return Err(self.malformed(ber::Malformed("an answer does not begin like a message")));
            }
            if let Some((length, head)) = ber::length(there) {
                let whole = length.saturating_add(head);
                if whole > LONGEST {
                    return Err(self.malformed(ber::Malformed("a message is longer than 256 MiB")));
                }
                if there.len() >= whole {
                    self.whole = whole;
                    return Ok(());
                }
                self.make_room(whole);
            } else if there.len() >= 6 {
                return Err(self.malformed(ber::Malformed("a message without length")));
            }
            self.make_room(FIRST_BUFFER / 2);
            let count = self.stream.read(&mut self.input[self.to..]).map_err(|error| self.broken(&error))?;
            if count == 0 {
                return Err(self.broken(&io::ErrorKind::UnexpectedEof.into()));
            }
            self.to += count;
        }
    }

    /// Makes room for `whole` bytes from `from` on, and for at least one more byte.
    fn make_room(&mut self, whole: usize) {
        if self.input.len() - self.from > whole && self.input.len() > self.to {
            return;
        }
        self.input.copy_within(self.from..self.to, 0);
        (self.from, self.to) = (0, self.to - self.from);
        let wanted = (whole + FIRST_BUFFER).max(self.to + FIRST_BUFFER / 2);
        if self.input.len() < wanted {
            self.input.resize(wanted, 0);
        }
    }
}

enum Visited<E> {
    Malformed(ber::Malformed),
    Ended(Outcome),
    Other(E),
}

impl<E> From<ber::Malformed> for Visited<E> {
    fn from(error: ber::Malformed) -> Visited<E> {
        Visited::Malformed(error)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // A farewell that does not arrive changes nothing.
        let _ = self.send(&[], |writer| writer.element(message::UNBIND, &[]));
    }
}

fn connect(target: &Target, server: &str) -> Result<TcpStream, LdapError> {
    let unreachable =
        |error: &io::Error| LdapError::Unreachable { server: server.to_owned(), detail: error.to_string() };
    let addresses = (target.host.as_str(), target.port).to_socket_addrs().map_err(|error| unreachable(&error))?;
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses {
        match TcpStream::connect_timeout(&address, target.connect_timeout) {
            Ok(stream) => {
                let timeout = Some(target.request_timeout).filter(|timeout| !timeout.is_zero());
                let prepared = stream
                    .set_read_timeout(timeout)
                    .and_then(|()| stream.set_write_timeout(timeout))
                    .and_then(|()| stream.set_nodelay(true));
                return prepared.map(|()| stream).map_err(|error| unreachable(&error));
            }
            Err(error) => last = error,
        }
    }
    Err(unreachable(&last))
}
