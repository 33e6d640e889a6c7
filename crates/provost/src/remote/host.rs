//! The server side of prepare, across the network.

use super::client::Client;
use provost_server::{Manifest, OpenRequest, Opened, PIECE, PrepareMapping, ServerError, SessionHost, pack};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The server side of prepare, across the network.
#[derive(Debug)]
pub struct RemoteHost<'a> {
    /// The server.
    pub client: &'a Client,
    /// Word of the lease of the task that it is prepared for, when a job wants it.
    pub lease: Option<&'a str>,
}

#[derive(Deserialize)]
struct SessionView {
    state: String,
    pieces: BTreeMap<String, Vec<u32>>,
}

const SESSIONS: &str = "api/Connectors/SynchronizeSession";

impl SessionHost for RemoteHost<'_> {
    fn mapping(&self, connector: &str) -> Result<PrepareMapping, ServerError> {
        self.client.get(&format!("{SESSIONS}/Mapping/{}", segment(connector)))
    }

    fn is_accepted(&self, session: &str) -> Result<bool, ServerError> {
        let found: Option<SessionView> = self.client.find(&format!("{SESSIONS}/{}", segment(session)))?;
        Ok(found.is_some_and(|view| !matches!(view.state.as_str(), "Open" | "Failed")))
    }

    fn open(&self, request: &OpenRequest) -> Result<Opened, ServerError> {
        let request = OpenRequest { lease: self.lease.map(str::to_owned), ..request.clone() };
        Ok(self.client.post(SESSIONS, &request)?.unwrap_or_default())
    }

    /// Sends what has not arrived yet.
    fn upload(&self, working: &Path, manifest: &Manifest) -> Result<(), ServerError> {
        let session = format!("{SESSIONS}/{}", manifest.session);
        let view: SessionView = self.client.get(&session)?;
        for table in &manifest.tables {
            let there = view.pieces.get(&table.file).map_or(&[][..], Vec::as_slice);
            let path = working.join(&table.file);
            let mut file = File::open(&path).map_err(ServerError::file("opening", &path))?;
            let mut piece = Vec::with_capacity(PIECE);
            for number in 0_u32.. {
                piece.clear();
                let read = (&mut file).take(PIECE as u64).read_to_end(&mut piece);
                read.map_err(ServerError::file("reading", &path))?;
                // An empty file has one piece, so that it arrives at all.
                if piece.is_empty() && number > 0 {
                    break;
                }
                if !there.contains(&number) {
                    let digest = blake3::hash(&piece).to_hex();
                    let to = format!("{session}/Files/{}/Pieces/{number}?digest={digest}", segment(&table.file));
                    self.client.put(&to, &pack(&piece))?;
                }
                if piece.len() < PIECE {
                    break;
                }
            }
        }
        Ok(())
    }

    fn seal(&self, manifest: &Manifest) -> Result<(), ServerError> {
        let lease = self.lease.map(|lease| format!("?lease={}", segment(lease))).unwrap_or_default();
        self.client.post::<_, ()>(&format!("{SESSIONS}/{}/Seal{lease}", manifest.session), manifest).map(|_| ())
    }

    fn abandon(&self, session: &str) {
        let told = self.client.delete(&format!("{SESSIONS}/{}", segment(session)));
        if let Err(error) = told
            && !matches!(error, ServerError::Remote { code: "not-found", .. })
        {
            tracing::warn!(session, %error, "the server could not be told that a session is given up");
        }
    }
}

/// A text as one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
