//! Queries: the language of [`provost_model::query`] over every entity type and over the engine's own tables.
//!
//! ```text
//! Query ─ scope (names become columns of row variables) ─ condition, builder (SQL) ─ page ─ nested ─▶ QueryPage
//!           └ catalogue ◂ system (tables), items (configuration), deployed entity types
//! ```
//!
//! A page is one statement for its rows, and one for each join that leads to several entities. Rows are ordered by
//! what `order by` says and then by id, and a page begins behind the last row of the one before: page n costs what
//! page 1 costs, and each row is seen once whatever is inserted meanwhile. Rows without a value come first ascending
//! and last descending, on both databases.
//!
//! A join is an outer one. A row is found when some combination of its joined entities fulfils `where`; shown are the
//! joined entities of these combinations. Text is compared by bytes; `%=`, `=%`, `%=%` and their negations disregard
//! the case of ASCII letters.

mod assigned;
mod builder;
mod catalogue;
mod children;
mod condition;
mod error;
mod items;
mod nested;
mod page;
mod restrictions;
mod scope;
mod statement;
mod system;
mod value;

pub use catalogue::{Catalogue, QueryProperty};
pub use error::QueryFailure;
pub use restrictions::Restrictions;

use crate::error::StoreError;
use crate::link::Link;
use crate::tx::ReadTx;
use catalogue::Source;
use page::Plan;
use provost_model::query::{History, Query, Token};
use provost_model::{PropertyId, Slot};
use std::collections::BTreeMap;

/// Most rows of a page, whatever is asked for and allowed.
pub const MAX_PAGE: u32 = 10_000;
/// Most joined entities of one join in a page.
pub const MAX_JOINED_ROWS: usize = 100_000;

/// Which page is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageRequest<'a> {
    /// Rows wanted; excludes a limit in the query.
    pub page_size: Option<u32>,
    /// Rows when neither this nor the query says; [`MAX_PAGE`] when absent.
    pub default_page_size: Option<u32>,
    /// Most rows allowed: more is cut down to it.
    pub max_page_size: Option<u32>,
    /// Where the page begins, as the page before told; `None` for the first one.
    pub continuation_token: Option<&'a str>,
}

/// A page of a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryPage {
    /// An object for each row: what was selected, without what has no value. Ids and 64-bit numbers are text, joined
    /// entities objects or lists of objects under the name of the property that leads to them.
    pub rows: Vec<serde_json::Value>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Token>,
    /// Where each selected value is in a row: names of members, from the outside.
    pub columns: Vec<Vec<String>>,
}

/// From when to when which slot held a property (as in `UM_EntityPropertySlots`).
type Ranges = BTreeMap<PropertyId, Vec<(Slot, i64, i64)>>;

impl PageRequest<'_> {
    fn size(&self, query: &Query) -> Result<u32, QueryFailure> {
        let wanted = match (self.page_size, query.page_size) {
            (Some(_), Some(_)) => return Err(QueryFailure::TwoPageSizes),
            (Some(size), None) | (None, Some(size)) => size,
            (None, None) => self.default_page_size.unwrap_or(MAX_PAGE),
        };
        Ok(wanted.min(self.max_page_size.unwrap_or(MAX_PAGE)).clamp(1, MAX_PAGE))
    }
}

impl ReadTx {
    /// A page of the entities of a type that a query finds.
    ///
    /// # Errors
    /// When the query names what is not there, compares what cannot be compared, or exceeds a limit; when the token
    /// belongs to another query; when the catalogue is older than the configuration; and those of the database.
    pub fn query(
        &mut self,
        catalogue: &Catalogue,
        entity_type: &str,
        query: &Query,
        request: &PageRequest<'_>,
        restrictions: &Restrictions,
    ) -> Result<QueryPage, QueryFailure> {
        self.with_plan(catalogue, entity_type, query, request, restrictions, |plan, link, size, token| {
            plan.run(link, size, token)
        })
    }

    /// How many rows a query finds, counted up to `most`.
    ///
    /// # Errors
    /// As [`ReadTx::query`].
    pub fn count_found(
        &mut self,
        catalogue: &Catalogue,
        entity_type: &str,
        query: &Query,
        most: u32,
        restrictions: &Restrictions,
    ) -> Result<u64, QueryFailure> {
        let request = PageRequest::default();
        self.with_plan(catalogue, entity_type, query, &request, restrictions, |plan, link, _, _| plan.count(link, most))
    }

    /// How SQLite would find the rows of a page.
    #[cfg(test)]
    pub(crate) fn explain_query(
        &mut self,
        catalogue: &Catalogue,
        entity_type: &str,
        query: &Query,
        request: &PageRequest<'_>,
    ) -> Result<Vec<String>, QueryFailure> {
        self.with_plan(catalogue, entity_type, query, request, &Restrictions::none(), |plan, link, size, token| {
            plan.explained(link, size, token)
        })
    }

    /// Looks up the names of a query, and hands the result on with the size of the page and where it begins.
    fn with_plan<T>(
        &mut self,
        catalogue: &Catalogue,
        entity_type: &str,
        query: &Query,
        request: &PageRequest<'_>,
        restrictions: &Restrictions,
        then: impl FnOnce(Plan<'_>, &Link, u32, Option<Token>) -> Result<T, QueryFailure>,
    ) -> Result<T, QueryFailure> {
        if self.configuration_version()? != catalogue.version() {
            return Err(QueryFailure::Outdated);
        }
        let entity = catalogue.entity(entity_type).ok_or_else(|| scope::unknown_type(catalogue, entity_type))?;
        let size = request.size(query)?;
        let token = match request.continuation_token {
            Some(text) => Some(Token::parse(text, &entity.name, query)?),
            None => None,
        };
        let ranges = match query.history {
            None => Ranges::new(),
            Some(_) if matches!(entity.source, Source::Resources(_)) => self.slot_ranges()?,
            Some(_) => return Err(QueryFailure::NoHistory { what: format!("{} keeps no history", entity.name) }),
        };
        let plan = Plan::new(catalogue, entity, query, &ranges, restrictions)?;
        if plan.follows_navigations() && !matches!(query.history, None | Some(History::AsOf(_))) {
            let what = "a range of time cannot be combined with joins or navigations".to_owned();
            return Err(QueryFailure::NoHistory { what });
        }
        then(plan, &self.link, size, token)
    }

    /// The slots of properties over time, as far as they held values of the kind that the property has now.
    fn slot_ranges(&self) -> Result<Ranges, StoreError> {
        let rows = self.link.all(
            "SELECT s.Property_Id, s.TargetColumnIndex, s.ValidFrom, s.ValidTo FROM UM_EntityPropertySlots s \
             JOIN UM_EntityProperties p ON p.Id = s.Property_Id AND p.IsNavigation = s.IsNavigation",
            &[],
            |row| Ok((PropertyId(row.i64(0)?), Slot::new(row.i64(1)?), row.i64(2)?, row.i64(3)?)),
        )?;
        let mut ranges = Ranges::new();
        for (property, slot, from, to) in rows {
            ranges.entry(property).or_default().extend(slot.map(|slot| (slot, from, to)));
        }
        Ok(ranges)
    }
}
