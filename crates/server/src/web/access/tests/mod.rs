//! Who is let in, and above all who is not.

mod clients;
mod journal;
mod people;
mod proofs;
mod providers;
pub(crate) mod walk;
pub(crate) mod world;
