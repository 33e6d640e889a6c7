//! Tests of the policy: one text in, assignments out.

mod coverage;
mod examples;
mod world;
