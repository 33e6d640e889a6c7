//! Tests of correlation: the matrix of spec 20 §8, a naive matcher beside the real one, and keys that many share.

mod compiling;
mod matrix;
mod model;
mod random;
mod shared;
