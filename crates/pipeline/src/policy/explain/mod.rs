//! Why somebody has something, and why not. Both are read from what the evaluation left in its memory: the very same
//! evaluation, which costs nothing more when nobody asks.

mod why;
mod why_not;

use super::conditions::Atom;
use super::evaluate::Scratch;
use super::plan::{NavigationRule, QueryRule, Role, RoleRule, Source, Type, TypeRule, ValueRule};
use provost_model::configuration::policy::Place;
use provost_model::policy::{Instant, Period, ProvisioningState, WorkflowState};
use provost_model::{PolicyObjectId, PropertyId, ResourceId};

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A composite role.
    CompositeRole(PolicyObjectId),
    /// A single role.
    SingleRole(PolicyObjectId),
    /// A resource type.
    ResourceType(PolicyObjectId),
    /// A scalar value or file of a target: resource type and property.
    Value(PolicyObjectId, PropertyId),
    /// A link of a target: resource type, property, resource.
    Link(PolicyObjectId, PropertyId, ResourceId),
}

/// An element of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Element, such as `SingleRoleRule`.
    pub element: &'static str,
    /// Its identity.
    pub identity: String,
    /// Its id.
    pub id: PolicyObjectId,
    /// Where it was written.
    pub place: Place,
}

/// One step of an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Nobody gives it, and it is not there.
    Nothing,
    /// A row of the result.
    Assigned {
        /// Its id; 0 for one that is not stored yet.
        row: i64,
        /// State of the approval.
        workflow: WorkflowState,
        /// State of the order; nothing for roles.
        provisioning: Option<ProvisioningState>,
        /// When.
        period: Period,
        /// Target of a resource type.
        target: Option<ResourceId>,
        /// Until when it is kept although no rule gives it any more.
        grace_until: Option<Instant>,
        /// What the managed system holds, of a value.
        current: Option<String>,
    },
    /// Somebody gave it, or it was found; the row says which.
    ByHand,
    /// A rule gives it.
    Rule(Named),
    /// A rule denies it.
    Denial(Named),
    /// Because of a role.
    Role(Named),
    /// In a position of the owner.
    Context {
        /// When.
        period: Period,
        /// Values of its dimensions, by column.
        values: Vec<(u8, ResourceId)>,
    },
    /// Computed from the owner.
    Source {
        /// Binding and expression, as written.
        text: String,
        /// Value, or nothing.
        value: Option<String>,
        /// Why there is none.
        error: Option<String>,
    },
    /// A query rule found it.
    Match {
        /// Percent.
        confidence: u8,
    },
}

/// An explanation: a fact with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The fact.
    pub fact: Fact,
    /// What it rests on.
    pub because: Vec<Tree>,
}

impl Tree {
    fn new(fact: Fact, because: Vec<Tree>) -> Tree {
        Tree { fact, because }
    }

    fn leaf(fact: Fact) -> Tree {
        Tree::new(fact, Vec::new())
    }
}

/// The first condition of a rule that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The owner is nowhere at present, so no rule can hold.
    NoContext,
    /// The context rule leaves the owner out, or its contexts cannot be told.
    LeftOut,
    /// A dimension has another value, or none.
    Dimension {
        /// Its column.
        column: u8,
        /// Value asked for.
        wanted: ResourceId,
        /// That one or anything below it.
        or_below: bool,
        /// Value of the owner's strongest context.
        found: Option<ResourceId>,
    },
    /// A role is not held.
    Role(Named),
    /// The owner does not have the resource type.
    ResourceType(Named),
    /// A rule denies it.
    Denied(Named),
    /// A person denies it.
    DeniedByHand,
    /// The rule only offers it.
    OfferedOnly,
    /// A parameter that it must have is missing: its column.
    MissingParameter(u8),
    /// Nothing was found by the query rule.
    NoMatch,
    /// A stronger rule gives the property something else.
    Weaker(Named),
    /// Nothing fails: it is given.
    None,
}

/// Why one rule does not give what is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The rule; nothing where no rule is about it.
    pub rule: Option<Named>,
    /// The first condition that fails. Fulfilling it is the change that is needed, or the first one.
    pub failure: Failure,
    /// The other conditions that fail, in order.
    pub others: Vec<Failure>,
    /// How many conditions fail.
    pub missing: usize,
}

/// Why somebody does not have something: the rule that is closest first, so that its failure is the smallest change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhyNot {
    /// One for each rule.
    pub refusals: Vec<Refusal>,
}

fn named(element: &'static str, identity: &str, id: PolicyObjectId, place: &Place) -> Named {
    Named { element, identity: identity.to_owned(), id, place: place.clone() }
}

impl Role {
    fn named(&self, element: &'static str) -> Named {
        named(element, &self.name, self.id, &self.place)
    }
}

impl RoleRule {
    fn named(&self, element: &'static str) -> Named {
        named(element, &self.identity, self.id, &self.place)
    }
}

impl Type {
    fn named(&self) -> Named {
        named("ResourceType", &self.name, self.id, &self.place)
    }
}

impl TypeRule {
    fn named(&self) -> Named {
        named("TypeRule", &self.identity, self.id, &self.place)
    }
}

impl NavigationRule {
    fn named(&self) -> Named {
        named("NavigationRule", &self.identity, self.id, &self.place)
    }
}

impl QueryRule {
    fn named(&self) -> Named {
        named("QueryRule", &self.identity, self.id, &self.place)
    }
}

impl ValueRule {
    fn named(&self, element: &'static str) -> Named {
        named(element, &self.identity, self.id, &self.place)
    }
}

/// What an evaluation left behind.
struct View<'a> {
    source: &'a Source,
    scratch: &'a Scratch,
    now: i64,
}

impl View<'_> {
    /// The strongest context of the present.
    fn context(&self) -> Option<usize> {
        self.scratch.contexts.iter().position(|context| context.period.contains(self.now))
    }

    fn value(&self, context: usize, column: u8) -> Option<ResourceId> {
        let values = self.scratch.values_of(&self.scratch.contexts[context]);
        values.iter().find(|(known, _)| *known == column).map(|(_, value)| *value)
    }

    fn context_tree(&self, context: usize) -> Tree {
        let context = &self.scratch.contexts[context];
        let values = self.scratch.values_of(context).to_vec();
        Tree::leaf(Fact::Context { period: context.period, values })
    }

    /// Criteria of a condition that fail at present, in the context where fewest do.
    fn failing(&self, condition: u32) -> Option<(Vec<Atom>, usize)> {
        let now = self.scratch.contexts.iter().enumerate().filter(|(_, context)| context.period.contains(self.now));
        let failing =
            now.map(|(at, _)| (self.source.conditions.failing(condition, |column| self.value(at, column)), at));
        failing.min_by_key(|(atoms, at)| (atoms.len(), *at))
    }
}
