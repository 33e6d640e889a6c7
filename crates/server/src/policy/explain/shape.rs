//! What an explanation looks like, to programs and to people.

use provost_model::ResourceId;
use serde::Serialize;
use utoipa::ToSchema;

/// The answer to why somebody has something, or does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Whom it is about.
    pub owner: Reference,
    /// What it is about, written as it may be asked for again.
    pub item: String,
    /// The instant that it is told for.
    pub at: String,
    /// The owner has it at that instant.
    pub holds: bool,
    /// What is stored is what the policy gives now. Otherwise the role model has not been computed since something
    /// changed, and the explanation tells what the next computation will store.
    pub is_computed: bool,
    /// Why it is so: one step for each assignment.
    pub because: Vec<Step>,
    /// Rules that would give it, the one that is closest first, each with the conditions that fail. Empty for what the
    /// owner has.
    pub would: Vec<Step>,
    /// What somebody must be allowed to see to ask.
    #[serde(skip)]
    pub(crate) about: Vec<About>,
}

/// A resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reference {
    /// Identifier of its entity type.
    pub entity_type: String,
    /// Its id.
    pub id: String,
    /// Value of its primary key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

impl Reference {
    /// As people read it: key and name, or one of them.
    pub fn label(&self) -> String {
        match (&self.key, &self.display_name) {
            (Some(key), Some(name)) if key != name && !key.contains(name.as_str()) => format!("{key} {name}"),
            (Some(key), _) => key.clone(),
            (None, Some(name)) => name.clone(),
            (None, None) => format!("#{}", self.id),
        }
    }
}

/// What kind of fact a step states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// A row of the assignments.
    #[default]
    Assignment,
    /// A rule gives it, or would.
    Rule,
    /// A rule denies it.
    Denial,
    /// It follows from a role.
    Role,
    /// What a rule asks for.
    Condition,
    /// A condition that fails, and what would fulfil it.
    Failure,
    /// A position of the owner.
    Context,
    /// A dimension of a position.
    Dimension,
    /// Somebody gave it, or it was found.
    ByHand,
    /// What a rule computes.
    Computed,
    /// A value of a resource.
    Value,
    /// Where a value comes from: file, column, expression.
    Source,
    /// The synchronisation that brought a value.
    Session,
    /// An earlier value.
    Version,
    /// A decision about it.
    Decision,
    /// A provisioning order.
    Order,
    /// A query rule found it.
    Match,
    /// Anything else that is worth knowing.
    Note,
    /// Whoever asks may not see it.
    Hidden,
}

/// A step of an explanation, and what it rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What it states.
    pub kind: StepKind,
    /// A sentence.
    pub text: String,
    /// Element of the configuration: `SingleRoleRule`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<String>,
    /// Its identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// File of the configuration, as it was deployed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The resource that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Reference>,
    /// A value, in internal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Name of the workflow state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_state: Option<&'static str>,
    /// Name of the provisioning state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioning_state: Option<&'static str>,
    /// From when on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// What it rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub because: Vec<Step>,
    /// What somebody must be allowed to see to be told.
    #[serde(skip)]
    pub(crate) about: Vec<About>,
}

/// Something that not everybody may see.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum About {
    /// A resource.
    Resource(String, ResourceId),
    /// A property of a resource; of all of them, without one.
    Property(String, Option<ResourceId>, String),
    /// A row of one of the engine's own entity types.
    Row(&'static str, i64),
    /// What a permission opens.
    Permission(&'static str),
}

impl Step {
    pub(crate) fn new(kind: StepKind, text: impl Into<String>) -> Step {
        Step { kind, text: text.into(), ..Step::default() }
    }

    pub(crate) fn with(self, because: Vec<Step>) -> Step {
        Step { because, ..self }
    }

    pub(crate) fn about(mut self, about: About) -> Step {
        self.about.push(about);
        self
    }

    /// Of an element of the configuration, at its place.
    pub(crate) fn of(self, element: &str, identity: &str, (file, line): (&str, u32)) -> Step {
        Step {
            element: Some(element.to_owned()),
            identity: Some(identity.to_owned()),
            file: Some(file.to_owned()).filter(|file| !file.is_empty()),
            line: Some(line).filter(|line| *line > 0),
            ..self
        }
    }
}

/// A question that cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// Nothing has this name.
    #[error("nothing that {owner} could have is called {item}")]
    UnknownItem {
        /// As asked for.
        item: String,
        /// Entity type of the owner.
        owner: String,
        /// Names that are near.
        near: Vec<String>,
    },
    /// Several things have this name.
    #[error("{item} may mean several things")]
    AmbiguousItem {
        /// As asked for.
        item: String,
        /// How each is written.
        candidates: Vec<String>,
    },
    /// It is for owners of another entity type.
    #[error("{item} is for {of}, but the owner is of {owner}")]
    OtherOwner {
        /// As asked for.
        item: String,
        /// Entity type that it is for.
        of: String,
        /// Entity type of the owner.
        owner: String,
    },
    /// The resource at the end of a link is unknown.
    #[error("there is no {entity_type} {key} that {property} could lead to")]
    UnknownResource {
        /// The navigation.
        property: String,
        /// Entity type at its end.
        entity_type: String,
        /// As asked for.
        key: String,
    },
    /// The owner does not exist.
    #[error("there is no resource {0}")]
    UnknownOwner(ResourceId),
    /// The order is about somebody else, or does not exist.
    #[error("{0} has no provisioning order {1}")]
    UnknownOrder(String, i64),
    /// The repository or its configuration.
    #[error(transparent)]
    Server(#[from] crate::error::ServerError),
}

impl From<provost_store::StoreError> for ExplainError {
    fn from(error: provost_store::StoreError) -> ExplainError {
        ExplainError::Server(error.into())
    }
}

impl ExplainError {
    /// Stable kebab-case name.
    pub fn code(&self) -> &'static str {
        match self {
            ExplainError::UnknownItem { .. } => "unknown-item",
            ExplainError::AmbiguousItem { .. } => "ambiguous-item",
            ExplainError::OtherOwner { .. } => "other-owner",
            ExplainError::UnknownResource { .. } | ExplainError::UnknownOwner(_) => "unknown-resource",
            ExplainError::UnknownOrder(..) => "unknown-order",
            ExplainError::Server(error) => error.code(),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            ExplainError::UnknownItem { near, .. } if !near.is_empty() => {
                format!("did you mean {}?", near.join(" or "))
            }
            ExplainError::UnknownItem { .. } => {
                "write a role, a resource type, ResourceType.Property, ResourceType.Navigation=KEY, a property of the \
                 owner, or Order:NUMBER"
                    .to_owned()
            }
            ExplainError::AmbiguousItem { candidates, .. } => format!("write {}", candidates.join(" or ")),
            ExplainError::OtherOwner { of, .. } => format!("ask about an owner of the entity type {of}"),
            ExplainError::UnknownResource { entity_type, .. } => {
                format!("write the key as it is stored: provost resource list {entity_type} --search TEXT")
            }
            ExplainError::UnknownOwner(_) => "search for it: provost resource list ENTITYTYPE --search TEXT".to_owned(),
            ExplainError::UnknownOrder(..) => "write Order and the resource type, to see all of them".to_owned(),
            ExplainError::Server(error) => return error.hint(),
        })
    }
}
