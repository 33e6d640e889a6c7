//! What a program may use besides the population.

use crate::population::{Handle, Population};
use provost_model::policy::Instant;
use provost_model::query::Query;

/// A name that a body may use besides its parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variable {
    /// `assignment`: StartDate, EndDate, ParametersValues.
    Assignment,
    /// `provisioningOrder`: what an order changes.
    ProvisioningOrder,
    /// `iteration`: how often a unique value was tried before, from 0.
    Iteration,
    /// `queryHandler`: queries over all resources.
    QueryHandler,
}

/// What holds for a whole run or one assignment.
#[derive(Clone, Copy, Default)]
pub struct Environment<'a> {
    /// The present: what `DateTime.Now`, `UtcNow` and `Today` give, in UTC.
    pub now: Instant,
    /// What `assignment` is.
    pub assignment: Option<Assignment<'a>>,
    /// What `provisioningOrder` is.
    pub order: Option<&'a (dyn Order + Sync)>,
    /// What `iteration` is.
    pub iteration: i64,
    /// What `queryHandler` is.
    pub queries: Option<&'a (dyn QueryHandler + Sync)>,
}

impl Environment<'_> {
    /// One that knows only the time.
    pub fn at(now: Instant) -> Self {
        Environment { now, ..Environment::default() }
    }
}

/// An assigned resource type, as its scalar rules see it.
#[derive(Clone, Copy, Debug)]
pub struct Assignment<'a> {
    /// `StartDate`.
    pub start: Instant,
    /// `EndDate`.
    pub end: Instant,
    /// `ParametersValues`: the values by the identifiers of the dimensions.
    pub parameters: &'a [(String, String)],
}

/// Kind of change that an order makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderChange {
    /// Nothing.
    None,
    /// The resource is created.
    Added,
    /// It is changed.
    Updated,
    /// It is deleted.
    Deleted,
}

/// A provisioning order, as its arguments see it.
pub trait Order {
    /// `ChangeType`.
    fn change(&self) -> OrderChange;
    /// `HasChanged`: whether the order changes the property.
    fn has_changed(&self, property: &str) -> bool;
    /// `TryGetScalar`: the new value of a property that changes, empty for none.
    fn scalar(&self, property: &str) -> Option<&str>;
    /// `TryGetAddedNavigations`: keys of the resources that are linked.
    fn added(&self, property: &str) -> &[String];
    /// `TryGetRemovedNavigations`: keys of the resources that are not linked any more.
    fn removed(&self, property: &str) -> &[String];
}

/// Answers queries of expressions. It has loaded what [`Program::queries`](super::Program::queries) says.
pub trait QueryHandler {
    /// The resources that the queries find are in this population.
    fn population(&self) -> &Population;

    /// The resources of the entity type (a position) that a query finds, in its order.
    ///
    /// # Errors
    /// The query cannot be answered; the text says why.
    fn select(&self, entity_type: usize, query: &Query) -> Result<Vec<Handle>, String>;
}
