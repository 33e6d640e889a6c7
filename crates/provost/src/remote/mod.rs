//! A server across the network: how verbs and the agent call it.

mod client;
mod host;

pub use client::{Client, ClientOptions, Secret};
pub use host::RemoteHost;
pub(crate) use host::segment;
