//! The engine over real repositories, with a clock that the tests hold.

mod cluster;
mod flow;
mod naive;
mod random;
pub(crate) mod world;
