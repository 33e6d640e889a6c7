//! One suite, stamped on both databases.

mod access;
mod apply;
mod backup;
mod change_pages;
mod configuration;
mod deployment;
mod faults;
mod initial;
mod jobs;
mod keys_and_links;
mod naive;
mod policy;
mod properties;
mod queries;
mod retention;
pub(crate) mod scratch;
mod sessions;
mod triggers;
mod values;

/// Makes `sqlite::name` and `postgres::name` out of functions that take a [`scratch::Scratch`].
macro_rules! both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&crate::tests::scratch::Scratch::sqlite()); })*
        }
        mod postgres {
            $(#[test] fn $name() {
                if let Some(scratch) = crate::tests::scratch::Scratch::postgres() {
                    super::$name(&scratch);
                }
            })*
        }
    };
}
use both;
