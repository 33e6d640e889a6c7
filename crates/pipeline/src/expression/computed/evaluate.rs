//! Evaluation of a plan over rows.

use super::{ComputedPlan, ComputedProperty, Target, ValueError};
use crate::expression::binding::{Leaf, Step};
use provost_model::ResourceId;

/// What the evaluation reads. Entity types and properties are positions in
/// [`Metadata`](provost_model::metadata::Metadata).
pub trait RowSource {
    /// Why reading failed: the whole evaluation stops.
    type Error;

    /// Value of a scalar property of a resource, `None` for no value.
    fn scalar(
        &mut self,
        resource: ResourceId,
        entity_type: usize,
        property: usize,
    ) -> Result<Option<String>, Self::Error>;

    /// Display name of a resource, in a language if one is given.
    fn display_name(&mut self, resource: ResourceId, language: Option<u8>) -> Result<Option<String>, Self::Error>;

    /// Resource at the other end of a mono-valued navigation.
    fn follow(&mut self, resource: ResourceId, step: &Step) -> Result<Option<ResourceId>, Self::Error>;

    /// Resource of an entity type whose property has this value.
    fn find(&mut self, entity_type: usize, property: usize, value: &str) -> Result<Found, Self::Error>;
}

/// Resources with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// There is none.
    None,
    /// Exactly this one.
    One(ResourceId),
    /// There are several: the value designates none of them.
    Several,
}

/// What a computed property becomes for one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The scalar or display name becomes this; `None` for no value.
    Value(Option<String>),
    /// The navigation links to this resource, or to none. Whether an id without criteria exists is for the store to
    /// say.
    Link(Option<ResourceId>),
    /// The navigation links to none, because several resources have the value. To be reported.
    Ambiguous(String),
    /// It stays as it is. To be reported.
    Failed(ValueError),
}

impl ComputedPlan {
    /// Evaluates all properties of one resource: `outcomes` holds one outcome for each, in order.
    ///
    /// A property that reads one computed before it sees the new value; everything else is read as stored.
    ///
    /// # Errors
    /// Those of the source.
    pub fn evaluate<S: RowSource>(
        &self,
        resource: ResourceId,
        source: &mut S,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), S::Error> {
        outcomes.clear();
        for property in &self.properties {
            let input = property.input(resource, source, outcomes)?;
            let outcome = match property.value(input) {
                Ok(value) => property.outcome(value, source)?,
                Err(error) => Outcome::Failed(error),
            };
            outcomes.push(outcome);
        }
        Ok(())
    }
}

impl ComputedProperty {
    /// Value at the end of the binding.
    fn input<S: RowSource>(
        &self,
        resource: ResourceId,
        source: &mut S,
        outcomes: &[Outcome],
    ) -> Result<Option<String>, S::Error> {
        let Some(path) = &self.binding else {
            return Ok(None);
        };
        let mut here = resource;
        let mut steps = path.steps.as_slice();
        match self.earlier.map(|earlier| &outcomes[earlier]) {
            Some(Outcome::Value(value)) => return Ok(value.clone()),
            Some(Outcome::Link(None) | Outcome::Ambiguous(_)) => return Ok(None),
            Some(Outcome::Link(Some(linked))) => (here, steps) = (*linked, &steps[1..]),
            Some(Outcome::Failed(_)) | None => {}
        }
        for step in steps {
            match source.follow(here, step)? {
                Some(next) => here = next,
                None => return Ok(None),
            }
        }
        match path.leaf {
            Leaf::Scalar(entity_type, property) => source.scalar(here, entity_type, property),
            Leaf::DisplayName(language) => source.display_name(here, language),
            Leaf::Id => Ok(Some(here.to_string())),
        }
    }

    /// Value in the internal text of the target's type.
    fn value(&self, input: Option<String>) -> Result<Option<String>, ValueError> {
        let value = match &self.expression {
            Some(expression) => expression.evaluate(input.as_deref())?,
            None => input,
        };
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        if self.converter.is_as_is() {
            return self.fitting(value);
        }
        let mut internal = Vec::with_capacity(value.len());
        match self.converter.convert(&value, &mut internal) {
            Ok(()) if internal.is_empty() => Ok(None),
            Ok(()) => self.fitting(String::from_utf8_lossy(&internal).into_owned()),
            Err(cause) => Err(ValueError::Type { value, cause }),
        }
    }

    fn fitting(&self, value: String) -> Result<Option<String>, ValueError> {
        if let Target::Scalar { capacity, .. } = self.target
            && value.len() > capacity
        {
            let length = value.chars().count();
            if length > capacity {
                return Err(ValueError::TooLong { length, capacity });
            }
        }
        Ok(Some(value))
    }

    fn outcome<S: RowSource>(&self, value: Option<String>, source: &mut S) -> Result<Outcome, S::Error> {
        let Target::Navigation { step, criteria } = self.target else {
            return Ok(Outcome::Value(value));
        };
        let Some(value) = value else {
            return Ok(Outcome::Link(None));
        };
        let Some(criteria) = criteria else {
            // The converter has made a number of it.
            return Ok(Outcome::Link(value.parse().ok().map(ResourceId)));
        };
        Ok(match source.find(step.target, criteria, &value)? {
            Found::None => Outcome::Link(None),
            Found::One(resource) => Outcome::Link(Some(resource)),
            Found::Several => Outcome::Ambiguous(value),
        })
    }
}
