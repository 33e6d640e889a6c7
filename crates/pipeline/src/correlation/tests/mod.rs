//! Tests of correlation.

mod matrix;
