//! Memory of an evaluation, kept from one owner to the next. What an evaluation found out on its way stays here until
//! the next one: explanations read it.

use super::navigations::Given;
use super::types::{Base, Group};
use crate::policy::conditions::Bits;
use crate::policy::plan::{Effect, Source};
use crate::policy::spans::Claim;
use provost_model::policy::{AssignedResourceType, AssignedRole, Instant, Parameters, Period};
use provost_model::{PolicyObjectId, ResourceId};

/// No position: the end of a chain.
pub(in crate::policy) const NONE: u32 = u32::MAX;

/// Buffers of [`Engine::evaluate`](super::super::Engine::evaluate). One for each thread.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(in crate::policy) now: Instant,
    pub(in crate::policy) contexts: Vec<Context>,
    /// Dimension values of the contexts.
    pub(in crate::policy) context_values: Vec<(u8, ResourceId)>,
    /// From the first start to the last end of the contexts; nothing when there is none.
    pub(in crate::policy) hull: Option<Period>,
    pub(super) atoms: Bits,
    /// Conditions that hold, by context.
    pub(in crate::policy) satisfied: Vec<Bits>,
    /// Distinct parameters; the first are none.
    pub(in crate::policy) parameters: Vec<Parameters>,
    pub(in crate::policy) composites: RoleStage,
    pub(in crate::policy) singles: RoleStage,
    pub(super) deduced: Bits,
    pub(super) types: TypeStage,
    pub(super) rows: Vec<AssignedResourceType>,
    pub(super) values: Vec<Computed>,
    pub(super) texts: String,
    pub(super) next_at: Option<Instant>,
    pub(super) time_matters: bool,
    pub(super) problems: Vec<String>,
    /// A request was processed, with consequences that were not drawn yet.
    pub(super) is_unsettled: bool,
    pub(super) claims: Vec<Claim>,
    pub(super) bounds: Vec<Instant>,
    pub(super) buffers: Buffers,
}

/// Lists that are emptied and filled again and again.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    pub(super) given: Vec<Given>,
    pub(super) taken: Vec<(ResourceId, Period)>,
}

/// A set of dimension values and when it holds.
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct Context {
    pub(in crate::policy) period: Period,
    pub(in crate::policy) first: u32,
    pub(in crate::policy) count: u32,
}

/// Where an assignment comes from, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::policy) enum Class {
    /// A rule.
    Calculated,
    /// A person.
    Approved,
    /// It was there, and nobody approved it.
    Derogation,
}

/// A period for which a rule gives, denies or offers a role.
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct RolePiece {
    pub(super) next: u32,
    pub(in crate::policy) rule: u32,
    pub(in crate::policy) period: Period,
    pub(in crate::policy) parameters: u32,
    pub(in crate::policy) is_complete: bool,
    /// Strength of the context, the strongest first.
    pub(in crate::policy) rank: u32,
}

/// A role in effect.
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct Held {
    pub(super) next: u32,
    pub(in crate::policy) role: u32,
    pub(in crate::policy) period: Period,
    pub(in crate::policy) parameters: u32,
    pub(super) rank: u32,
    pub(in crate::policy) class: Class,
}

/// Composite or single roles of the owner.
#[derive(Debug, Default)]
pub(in crate::policy) struct RoleStage {
    /// First piece, by role.
    pub(super) heads: Vec<u32>,
    pub(super) touched: Bits,
    pub(in crate::policy) pieces: Vec<RolePiece>,
    /// First one in effect, by role.
    pub(super) held_heads: Vec<u32>,
    pub(in crate::policy) held: Vec<Held>,
    /// Roles that somebody refused or took away.
    pub(super) refused: Bits,
    /// Roles that somebody forbade.
    pub(super) rows: Vec<AssignedRole>,
    /// Existing rows that nothing supports any more, until it is known what targets hold.
    pub(super) lost: Vec<AssignedRole>,
    /// Existing derogations, by position, until it is known what targets hold.
    pub(super) derogations: Vec<u32>,
    /// Rows that were requested, by position in `rows`.
    pub(super) requested: Vec<u32>,
    /// Rows that wait for somebody, by position in `rows`.
    pub(super) waiting: Vec<u32>,
}

impl RoleStage {
    fn reset(&mut self, roles: usize) {
        for role in self.touched.members() {
            if let Some(head) = self.heads.get_mut(*role as usize) {
                *head = NONE;
            }
        }
        for held in &self.held {
            if let Some(head) = self.held_heads.get_mut(held.role as usize) {
                *head = NONE;
            }
        }
        self.heads.resize(roles, NONE);
        self.held_heads.resize(roles, NONE);
        self.touched.reset(roles);
        self.refused.reset(roles);
        self.pieces.clear();
        self.held.clear();
        self.rows.clear();
        self.lost.clear();
        self.derogations.clear();
        self.requested.clear();
        self.waiting.clear();
    }

    pub(super) fn add_piece(&mut self, role: u32, mut piece: RolePiece) {
        self.touched.insert(role);
        piece.next = self.heads[role as usize];
        self.heads[role as usize] = self.pieces.len() as u32;
        self.pieces.push(piece);
    }

    pub(super) fn hold(&mut self, mut held: Held) {
        if held.period.is_empty() {
            return;
        }
        held.next = self.held_heads[held.role as usize];
        self.held_heads[held.role as usize] = self.held.len() as u32;
        self.held.push(held);
    }

    /// What is in effect of a role.
    pub(in crate::policy) fn held_of(&self, role: u32) -> impl Iterator<Item = &Held> + '_ {
        let mut at = self.held_heads.get(role as usize).copied().unwrap_or(NONE);
        std::iter::from_fn(move || {
            let held = self.held.get(at as usize)?;
            at = held.next;
            Some(held)
        })
    }

    /// Whether it is in effect at an instant.
    pub(in crate::policy) fn is_held(&self, role: u32, at: Instant) -> bool {
        self.held_of(role).any(|held| held.period.contains(at))
    }
}

/// A period for which a rule of a resource type is triggered.
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct TypePiece {
    pub(super) next: u32,
    pub(in crate::policy) effect: Effect,
    pub(in crate::policy) period: Period,
    pub(super) class: Class,
    pub(in crate::policy) rank: u32,
}

/// Resource types of the owner.
#[derive(Debug, Default)]
pub(super) struct TypeStage {
    pub(super) heads: Vec<u32>,
    pub(super) touched: Bits,
    pub(super) pieces: Vec<TypePiece>,
    /// Those of the resource type at hand, by rule and class.
    pub(super) own: Vec<TypePiece>,
    pub(super) groups: Vec<Group>,
    pub(super) bases: Vec<Base>,
    /// Requested rows, by position in the result.
    pub(super) requested: Vec<u32>,
    /// Targets that belong to a row already.
    pub(super) targets: Vec<ResourceId>,
}

impl TypeStage {
    pub(super) fn add(&mut self, mut piece: TypePiece) {
        let resource_type = piece.effect.resource_type;
        self.touched.insert(resource_type);
        piece.next = self.heads[resource_type as usize];
        self.heads[resource_type as usize] = self.pieces.len() as u32;
        self.pieces.push(piece);
    }

    fn reset(&mut self, types: usize) {
        for resource_type in self.touched.members() {
            if let Some(head) = self.heads.get_mut(*resource_type as usize) {
                *head = NONE;
            }
        }
        self.heads.resize(types, NONE);
        self.touched.reset(types);
        self.pieces.clear();
        self.own.clear();
        self.requested.clear();
        self.targets.clear();
    }
}

/// Value of a program over the owner.
#[derive(Clone, Debug, Default)]
pub(super) enum Computed {
    #[default]
    NotYet,
    Nothing,
    /// Where it lies in the texts.
    Text(u32, u32),
    Error(String),
}

impl Scratch {
    pub(super) fn reset(&mut self, source: &Source, now: Instant) {
        self.now = now;
        self.contexts.clear();
        self.context_values.clear();
        self.hull = None;
        self.parameters.truncate(1);
        if self.parameters.is_empty() {
            self.parameters.push(Parameters::new());
        }
        self.composites.reset(source.composites.roles.len());
        self.singles.reset(source.singles.roles.len());
        self.deduced.reset(source.singles.roles.len());
        self.types.reset(source.types.len());
        self.rows.clear();
        self.values.clear();
        self.values.resize(source.programs.len(), Computed::NotYet);
        self.texts.clear();
        self.next_at = None;
        self.time_matters = false;
        self.problems.clear();
        self.is_unsettled = false;
    }

    /// The number of these parameters.
    pub(super) fn intern(&mut self, parameters: &[(u8, ResourceId)]) -> u32 {
        match self.parameters.iter().position(|known| known.as_slice() == parameters) {
            Some(at) => at as u32,
            None => {
                self.parameters.push(parameters.to_vec());
                self.parameters.len() as u32 - 1
            }
        }
    }

    /// What triggered rules of resource types.
    pub(in crate::policy) fn type_pieces(&self) -> impl Iterator<Item = &TypePiece> + '_ {
        self.types.pieces.iter()
    }

    /// Dimension values of a context.
    pub(in crate::policy) fn values_of(&self, context: &Context) -> &[(u8, ResourceId)] {
        &self.context_values[context.first as usize..(context.first + context.count) as usize]
    }
}

/// Rules by which something is lost or kept, for messages and explanations.
pub(super) fn value_of(values: &[(u8, ResourceId)], column: u8) -> Option<ResourceId> {
    values.iter().find(|(known, _)| *known == column).map(|(_, value)| *value)
}

/// Id of a rule, as rows hold it.
pub(super) type RuleId = Option<PolicyObjectId>;
