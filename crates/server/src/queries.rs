//! Answers to the queries of expressions (`queryHandler.Select`).
//!
//! Evaluation knows no database, and what a query asks for is known only when it is asked. So what asks is evaluated,
//! its questions are answered in the same transaction, and it is evaluated again, until nothing new is asked. Answers
//! come from the one evaluator of queries, and hold for what was read together.

use crate::error::ServerError;
use crate::population::load_population;
use provost_model::ResourceId;
use provost_model::metadata::Metadata;
use provost_model::query::{Binding, Query};
use provost_pipeline::expression::program::QueryHandler;
use provost_pipeline::population::{Handle, Population, Reads};
use provost_store::{Catalogue, PageRequest, QueryFailure, ReadTx, Restrictions};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

/// Most resources that one query may find.
const MOST: u32 = 1_000;
/// How often what was answered may lead to further questions.
const ROUNDS: usize = 16;

/// What was asked, and the answers.
#[derive(Debug)]
pub struct Answers {
    population: Population,
    /// By entity type (a position) and query.
    known: HashMap<(usize, String), Result<Vec<Handle>, String>>,
    missing: Mutex<BTreeMap<(usize, String), Query>>,
    catalogue: Option<Catalogue>,
}

impl Answers {
    /// Without any.
    pub fn new(metadata: &Metadata) -> Answers {
        Answers {
            population: Population::new(metadata),
            known: HashMap::new(),
            missing: Mutex::default(),
            catalogue: None,
        }
    }

    /// Forgets all answers: what they were read from may have changed.
    pub fn clear(&mut self) {
        self.population.clear();
        self.known.clear();
        self.missing.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
        self.catalogue = None;
    }

    /// Evaluates until every question is answered. `reads` says what is read of the resources found, by the position of
    /// their entity type.
    ///
    /// # Errors
    /// Those of the database.
    pub fn gather(
        &mut self,
        tx: &mut ReadTx,
        metadata: &Metadata,
        reads: &BTreeMap<usize, Reads>,
        mut evaluate: impl FnMut(&Answers),
    ) -> Result<(), ServerError> {
        for _ in 0..ROUNDS {
            evaluate(self);
            let missing = std::mem::take(self.missing.get_mut().unwrap_or_else(PoisonError::into_inner));
            if missing.is_empty() {
                return Ok(());
            }
            for ((entity_type, text), query) in missing {
                let found = self.answer(tx, metadata, entity_type, query)?;
                let handles = match found {
                    Err(reason) => Err(reason),
                    Ok(ids) => {
                        let mut sorted = ids.clone();
                        sorted.sort_unstable();
                        if let Some(reads) = reads.get(&entity_type) {
                            load_population(tx, metadata, &mut self.population, (entity_type, &sorted), reads)?;
                        }
                        Ok(ids.into_iter().map(|id| self.population.add(entity_type, id).0).collect())
                    }
                };
                self.known.insert((entity_type, text), handles);
            }
        }
        Ok(())
    }

    /// What a query finds, in its order; why it cannot be answered, when that is its own fault.
    fn answer(
        &mut self,
        tx: &mut ReadTx,
        metadata: &Metadata,
        entity_type: usize,
        query: Query,
    ) -> Result<Result<Vec<ResourceId>, String>, ServerError> {
        if query.history.is_some() {
            return Ok(Err("a query of an expression asks about the present only".to_owned()));
        }
        if self.catalogue.is_none() {
            self.catalogue = Some(tx.catalogue()?);
        }
        let Some(catalogue) = &self.catalogue else { return Ok(Err("nothing can be queried".to_owned())) };
        // One row more than is allowed tells that there are too many; a limit of the query is none of its business.
        let limit = query.page_size;
        let wanted = limit.unwrap_or(MOST + 1).min(MOST + 1);
        let asked = Query { select: vec![Binding::of(["Id"])], page_size: Some(wanted), ..query };
        let name = &metadata.entity_types[entity_type].identifier;
        let page = match tx.query(catalogue, name, &asked, &PageRequest::default(), &Restrictions::none()) {
            Ok(page) => page,
            Err(QueryFailure::Store(error)) => return Err(error.into()),
            Err(failure) => return Ok(Err(format!("the query cannot be answered: {failure}"))),
        };
        if page.rows.len() > MOST as usize {
            return Ok(Err(format!("the query finds more than {MOST} resources: ask for fewer, or write pagesize")));
        }
        let id = |row: &Value| row.get("Id").and_then(Value::as_str)?.parse().ok().map(ResourceId);
        Ok(Ok(page.rows.iter().filter_map(id).collect()))
    }
}

impl QueryHandler for Answers {
    fn population(&self) -> &Population {
        &self.population
    }

    fn select(&self, entity_type: usize, query: &Query) -> Result<Vec<Handle>, String> {
        let key = (entity_type, query.to_string());
        match self.known.get(&key) {
            Some(known) => known.clone(),
            None => {
                self.missing.lock().unwrap_or_else(PoisonError::into_inner).insert(key, query.clone());
                Err(format!("queries lead to further ones more than {ROUNDS} times"))
            }
        }
    }
}
