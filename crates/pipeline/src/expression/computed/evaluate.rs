//! Evaluation of a computed property on one resource.

use super::{ComputedProperty, Target, ValueError};
use crate::expression::program::Environment;
use crate::population::{Handle, Population};
use provost_model::ResourceId;

/// What a computed property becomes for one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The scalar or display name becomes this; `None` for no value.
    Value(Option<String>),
    /// The navigation links to this resource, or to none. Whether the resource exists is for the store to say.
    Link(Option<ResourceId>),
    /// The navigation links to the resource whose criterion has this value.
    Match(String),
    /// It stays as it is. To be reported.
    Failed(ValueError),
}

impl ComputedProperty {
    /// Evaluates the property of one resource.
    pub fn evaluate(&self, resource: Handle, population: &Population, environment: &Environment<'_>) -> Outcome {
        let mut text = String::new();
        let found = match self.program.text(resource, population, environment, &mut text) {
            Ok(found) => found,
            Err(error) => return Outcome::Failed(error.into()),
        };
        match self.target {
            Target::Navigation { .. } if !found => Outcome::Link(None),
            Target::Navigation { criteria: Some(_), .. } => Outcome::Match(text),
            // The program has made a number of it.
            Target::Navigation { criteria: None, .. } => Outcome::Link(text.parse().ok().map(ResourceId)),
            _ if !found => Outcome::Value(None),
            Target::Scalar { capacity, .. } => fitting(text, capacity),
            Target::DisplayName(_) => Outcome::Value(Some(text)),
        }
    }
}

fn fitting(text: String, capacity: usize) -> Outcome {
    if text.len() > capacity {
        let length = text.chars().count();
        if length > capacity {
            return Outcome::Failed(ValueError::TooLong { length, capacity });
        }
    }
    Outcome::Value(Some(text))
}
