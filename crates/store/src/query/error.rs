//! What can be wrong with a query that can be read.

use crate::error::StoreError;
use provost_model::query::TokenError;

/// Why a query cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum QueryFailure {
    /// No entity type of that name can be queried.
    #[error("there is no entity type {name}")]
    UnknownEntityType {
        /// The name.
        name: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// The entity type has no such property.
    #[error("{entity_type} has no property {name} (in {binding})")]
    UnknownProperty {
        /// The entity type.
        entity_type: String,
        /// The name.
        name: String,
        /// The binding that it stands in.
        binding: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// A name before a dot, or a join, leads nowhere.
    #[error("{name} of {entity_type} leads to no other entity (in {binding})")]
    NoNavigation {
        /// The entity type.
        entity_type: String,
        /// The property.
        name: String,
        /// The binding that it stands in.
        binding: String,
    },
    /// A navigation to several entities is used as if there were one.
    #[error("{join} leads to several entities (in {binding})")]
    SeveralValues {
        /// The binding as far as the navigation.
        join: String,
        /// The whole binding.
        binding: String,
    },
    /// `order by` names what a row has several of.
    #[error("rows cannot be ordered by {binding}, of which one may have several")]
    OrderBySeveral {
        /// The binding.
        binding: String,
    },
    /// The values of the property are not kept where a query could read them.
    #[error("{name} of {entity_type} cannot be queried: {why}")]
    NotStored {
        /// The entity type.
        entity_type: String,
        /// The property.
        name: String,
        /// The reason.
        why: &'static str,
    },
    /// `of type` names an entity type that the navigation never leads to.
    #[error("{binding} leads to {target}, never to {wanted}")]
    WrongType {
        /// The join.
        binding: String,
        /// Where it leads.
        target: String,
        /// What was asked for.
        wanted: String,
    },
    /// The value does not fit the property, or the operator does not fit its type.
    #[error("{binding} {operator} {operand}: {expected}")]
    WrongComparison {
        /// Left side.
        binding: String,
        /// The operator.
        operator: &'static str,
        /// Right side.
        operand: String,
        /// What would fit.
        expected: String,
    },
    /// Two joins would be shown under one name.
    #[error("{name} is selected through two joins")]
    SelectedTwice {
        /// The property.
        name: String,
    },
    /// A history filter on something without history, or with joins that it does not allow.
    #[error("{what}")]
    NoHistory {
        /// What is not possible.
        what: String,
    },
    /// More joined tables than the databases take.
    #[error("the query follows more than {most} navigations")]
    TooManyJoins {
        /// The limit.
        most: usize,
    },
    /// The rows of one page have too many joined entities.
    #[error("the rows of this page have more than {most} joined entities")]
    TooManyJoinedRows {
        /// The limit.
        most: usize,
    },
    /// `PageSize` and a limit in the query exclude each other.
    #[error("PageSize and the limit in the query exclude each other")]
    TwoPageSizes,
    /// The continuation token cannot be used.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The configuration changed after the catalogue was read.
    #[error("the configuration has changed since the query was prepared")]
    Outdated,
    /// The repository failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl QueryFailure {
    /// Stable kebab-case name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            QueryFailure::UnknownEntityType { .. } => "unknown-entity-type",
            QueryFailure::UnknownProperty { .. } => "unknown-property",
            QueryFailure::NoNavigation { .. } => "query-no-navigation",
            QueryFailure::SeveralValues { .. } | QueryFailure::OrderBySeveral { .. } => "query-several-values",
            QueryFailure::NotStored { .. } => "query-not-stored",
            QueryFailure::WrongType { .. } => "query-wrong-type",
            QueryFailure::WrongComparison { .. } => "query-wrong-comparison",
            QueryFailure::SelectedTwice { .. } => "query-selected-twice",
            QueryFailure::NoHistory { .. } => "query-no-history",
            QueryFailure::TooManyJoins { .. } => "query-too-many-joins",
            QueryFailure::TooManyJoinedRows { .. } => "query-too-many-joined-rows",
            QueryFailure::TwoPageSizes => "query-two-page-sizes",
            QueryFailure::Token(_) => "continuation-token",
            QueryFailure::Outdated => "query-outdated",
            QueryFailure::Store(error) => error.code(),
        }
    }

    /// What to do next.
    pub fn remedy(&self) -> String {
        match self {
            QueryFailure::UnknownEntityType { nearest: Some(right), .. }
            | QueryFailure::UnknownProperty { nearest: Some(right), .. } => format!("did you mean {right}?"),
            QueryFailure::UnknownEntityType { .. } => {
                "name a deployed entity type, or one of the engine's own (docs/queries.md)".to_owned()
            }
            QueryFailure::UnknownProperty { .. } => {
                "name a property of the entity type or the alias of a join".to_owned()
            }
            QueryFailure::NoNavigation { .. } => "only navigation properties can be joined or followed".to_owned(),
            QueryFailure::SeveralValues { join, .. } => format!("join it: join {join} x … x.Id"),
            QueryFailure::OrderBySeveral { .. } => "order by what a row has one of".to_owned(),
            QueryFailure::NotStored { .. } => "leave it out of the query".to_owned(),
            QueryFailure::WrongType { target, .. } => format!("leave “of type” out, or write of type {target}"),
            QueryFailure::WrongComparison { .. } => "write another value or operator".to_owned(),
            QueryFailure::SelectedTwice { .. } => "select from one of the two joins only".to_owned(),
            QueryFailure::NoHistory { .. } => "leave the history filter out, or use “as of”".to_owned(),
            QueryFailure::TooManyJoins { .. } => "ask in several queries".to_owned(),
            QueryFailure::TooManyJoinedRows { .. } => "ask for a smaller page, or narrow the query".to_owned(),
            QueryFailure::TwoPageSizes => "write one of them".to_owned(),
            QueryFailure::Token(_) => "ask for the first page again, without a token".to_owned(),
            QueryFailure::Outdated => "run the query again".to_owned(),
            QueryFailure::Store(error) => error.remedy().to_owned(),
        }
    }
}
