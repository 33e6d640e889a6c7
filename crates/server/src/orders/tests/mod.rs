//! Orders over both databases.

mod flow;
mod reviews;
mod world;

/// Makes `sqlite::name` and `postgres::name` out of functions that take a [`world::Orders`].
macro_rules! both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() {
                super::$name(&crate::orders::tests::world::Orders::new(crate::jobs::tests::world::World::sqlite()));
            })*
        }
        mod postgres {
            $(#[test] fn $name() {
                if let Some(world) = crate::jobs::tests::world::World::postgres() {
                    super::$name(&crate::orders::tests::world::Orders::new(world));
                }
            })*
        }
    };
}
use both;
