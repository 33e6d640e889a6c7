//! A server across the network: how verbs and the agent call it.

mod client;
mod events;
mod host;
mod proof;

pub use client::{Client, ClientOptions, Secret};
pub use events::Event;
pub use host::RemoteHost;
pub(crate) use host::segment;
