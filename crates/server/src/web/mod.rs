//! The server as the network sees it: one table of routes, each with the right that it needs.
//!
//! ```text
//! listen (TCP, TLS, time limits) ─▶ principal (who?) ─▶ route table (may they?) ─▶ handler ─▶ store, on blocking threads
//! ```
//!
//! Every answer that is not a success is a problem document ([`problem`], RFC 9457). Handlers are short: they read the
//! request, call the steps below, and shape the answer.

mod access;
mod app;
mod body;
mod exchange;
mod explain;
mod headers;
mod health;
mod jobs;
mod listen;
mod metrics;
mod openapi;
mod orders;
mod principal;
mod problem;
mod query;
mod route;
mod routes;
mod schemas;
mod screens;
mod swagger;

pub use access::{AccessSettings, FIRST_ADMINISTRATOR, FirstAdministratorError, ProviderSettings, first_administrator};
pub use app::{App, WebSettings};
pub use listen::{Listener, ServeError, serve};
pub use principal::{Person, Principal, Who};
pub use problem::Problem;
