//! The columns of assignments, and how a row is read and written.

use crate::error::StoreError;
use crate::value::{Arg, Row};
use provost_model::policy::{
    AssignedNavigation, AssignedResourceType, AssignedRole, AssignedValue, NO_END, NO_START, Parameters, Period,
    ProvisioningState, WorkflowState,
};
use provost_model::{PolicyObjectId, PropertyId, ResourceId};
use std::fmt::Write;

pub(crate) const ROLE: &[&str] = &[
    "Owner_Id",
    "Id",
    "Role_Id",
    "WorkflowState",
    "StartDate",
    "EndDate",
    "ParametersValues",
    "IsDenied",
    "IsRedundant",
    "IsInferred",
    "Rule_Id",
    "StateSince",
    "GraceUntil",
];
pub(crate) const RESOURCE_TYPE: &[&str] = &[
    "Owner_Id",
    "Id",
    "ResourceType_Id",
    "Resource_Id",
    "Confidence",
    "WorkflowState",
    "ProvisioningState",
    "StartDate",
    "EndDate",
    "ParametersValues",
    "IsDenied",
    "IsRedundant",
    "Rule_Id",
    "StateSince",
    "Error",
];
/// Columns behind those of [`RESOURCE_TYPE`] that follow from what it holds.
pub(crate) const CONSOLIDATED: &[&str] = &[
    "ConsolidatedProvisioningState",
    "ConsolidatedWorkflowReviewState",
    "ConsolidatedWorkflowBlockedState",
    "ConsolidatedWorkflowBlockedCount",
    "ConsolidatedWorkflowFoundState",
    "ConsolidatedWorkflowFoundCount",
];
pub(crate) const SCALAR: &[&str] = &[
    "Owner_Id",
    "Id",
    "AssignedResourceType_Id",
    "Property_Id",
    "PolicyValue",
    "CurrentValue",
    "WorkflowState",
    "ProvisioningState",
    "StartDate",
    "EndDate",
    "Rule_Id",
    "StateSince",
    "Error",
];
pub(crate) const BINARY: &[&str] = SCALAR;
pub(crate) const NAVIGATION: &[&str] = &[
    "Owner_Id",
    "Id",
    "AssignedResourceType_Id",
    "Property_Id",
    "Resource_Id",
    "IsCurrent",
    "IsExpected",
    "WorkflowState",
    "ProvisioningState",
    "StartDate",
    "EndDate",
    "Confidence",
    "SingleRole_Id",
    "Rule_Id",
    "StateSince",
    "Error",
];

pub(super) fn workflow(row: &Row<'_>, column: usize) -> Result<WorkflowState, StoreError> {
    let number = row.i64(column)?;
    WorkflowState::from_number(number).ok_or_else(|| unknown_state("WorkflowState", number))
}

pub(super) fn provisioning(row: &Row<'_>, column: usize) -> Result<ProvisioningState, StoreError> {
    let number = row.i64(column)?;
    ProvisioningState::from_number(number).ok_or_else(|| unknown_state("ProvisioningState", number))
}

fn unknown_state(column: &str, number: i64) -> StoreError {
    StoreError::Statement {
        statement: format!("reading {column}"),
        detail: format!("{number} is not one of its numbers"),
    }
}

fn period(row: &Row<'_>, column: usize) -> Result<Period, StoreError> {
    Ok(Period { start: row.int(column)?.unwrap_or(NO_START), end: row.int(column + 1)?.unwrap_or(NO_END) })
}

fn object(row: &Row<'_>, column: usize) -> Result<Option<PolicyObjectId>, StoreError> {
    Ok(row.int(column)?.map(PolicyObjectId))
}

fn flag(row: &Row<'_>, column: usize) -> Result<bool, StoreError> {
    Ok(row.i64(column)? != 0)
}

/// `column:resource` of each parameter, joined by commas.
fn parameters(row: &Row<'_>, column: usize) -> Result<Parameters, StoreError> {
    let Some(text) = row.text(column)? else {
        return Ok(Parameters::new());
    };
    let pair = |pair: &str| {
        let (column, resource) = pair.split_once(':')?;
        Some((column.parse().ok()?, ResourceId(resource.parse().ok()?)))
    };
    text.split(',').map(pair).collect::<Option<Parameters>>().ok_or_else(|| StoreError::Statement {
        statement: "reading ParametersValues".to_owned(),
        detail: format!("\"{text}\" is no list of dimensions and resources"),
    })
}

/// What [`parameters`] reads; nothing when there are none.
fn text_of<'a>(parameters: &Parameters, text: &'a mut String) -> Option<&'a str> {
    text.clear();
    for (column, resource) in parameters {
        let comma = if text.is_empty() { "" } else { "," };
        let _ = write!(text, "{comma}{column}:{resource}");
    }
    (!text.is_empty()).then_some(text.as_str())
}

fn bound(instant: i64) -> Arg<'static> {
    if instant <= NO_START || instant >= NO_END { Arg::Null } else { Arg::Int(instant) }
}

fn number(flag: bool) -> Arg<'static> {
    Arg::Int(i64::from(flag))
}

fn id(object: Option<PolicyObjectId>) -> Arg<'static> {
    object.map(|object| object.0).into()
}

/// Reads and writes rows of one kind.
pub(crate) trait Columns: Sized {
    fn read(row: &Row<'_>) -> Result<Self, StoreError>;
    /// Pushes the values behind owner, id and what the row belongs to.
    fn push(&self, text: &mut String, push: impl FnMut(Arg<'_>));
    /// Id of the row; 0 when it is not stored yet.
    fn id(&self) -> i64;
    /// Both are stored alike.
    fn is_same(&self, other: &Self) -> bool;
}

macro_rules! identified {
    () => {
        fn id(&self) -> i64 {
            self.id
        }
    };
    (whole) => {
        identified!();
        fn is_same(&self, other: &Self) -> bool {
            self == other
        }
    };
}

impl Columns for AssignedRole {
    identified!(whole);

    fn read(row: &Row<'_>) -> Result<AssignedRole, StoreError> {
        Ok(AssignedRole {
            owner: ResourceId(row.i64(0)?),
            id: row.i64(1)?,
            role: PolicyObjectId(row.i64(2)?),
            workflow: workflow(row, 3)?,
            period: period(row, 4)?,
            parameters: parameters(row, 6)?,
            is_denied: flag(row, 7)?,
            is_redundant: flag(row, 8)?,
            is_inferred: flag(row, 9)?,
            rule: object(row, 10)?,
            state_since: row.i64(11)?,
            grace_until: row.int(12)?,
        })
    }

    fn push(&self, text: &mut String, mut push: impl FnMut(Arg<'_>)) {
        push(self.role.0.into());
        push(self.workflow.number().into());
        push(bound(self.period.start));
        push(bound(self.period.end));
        push(text_of(&self.parameters, text).into());
        push(number(self.is_denied));
        push(number(self.is_redundant));
        push(number(self.is_inferred));
        push(id(self.rule));
        push(self.state_since.into());
        push(self.grace_until.into());
    }
}

impl Columns for AssignedResourceType {
    identified!();

    fn is_same(&self, other: &Self) -> bool {
        (self.resource_type, self.target, self.confidence) == (other.resource_type, other.target, other.confidence)
            && (self.workflow, self.provisioning, self.period) == (other.workflow, other.provisioning, other.period)
            && (self.is_denied, self.is_redundant, self.rule) == (other.is_denied, other.is_redundant, other.rule)
            && (self.owner, self.state_since) == (other.owner, other.state_since)
            && (&self.parameters, &self.error) == (&other.parameters, &other.error)
            && self.consolidated() == other.consolidated()
    }

    fn read(row: &Row<'_>) -> Result<AssignedResourceType, StoreError> {
        Ok(AssignedResourceType {
            owner: ResourceId(row.i64(0)?),
            id: row.i64(1)?,
            resource_type: PolicyObjectId(row.i64(2)?),
            target: row.int(3)?.map(ResourceId),
            confidence: u8::try_from(row.i64(4)?).unwrap_or_default(),
            workflow: workflow(row, 5)?,
            provisioning: provisioning(row, 6)?,
            period: period(row, 7)?,
            parameters: parameters(row, 9)?,
            is_denied: flag(row, 10)?,
            is_redundant: flag(row, 11)?,
            rule: object(row, 12)?,
            state_since: row.i64(13)?,
            error: row.optional(14)?,
            ..AssignedResourceType::default()
        })
    }

    fn push(&self, text: &mut String, mut push: impl FnMut(Arg<'_>)) {
        push(self.resource_type.0.into());
        push(self.target.map(|target| target.0).into());
        push(i64::from(self.confidence).into());
        push(self.workflow.number().into());
        push(self.provisioning.number().into());
        push(bound(self.period.start));
        push(bound(self.period.end));
        push(text_of(&self.parameters, text).into());
        push(number(self.is_denied));
        push(number(self.is_redundant));
        push(id(self.rule));
        push(self.state_since.into());
        push(self.error.as_deref().into());
        let all = self.consolidated();
        push(all.provisioning.number().into());
        push(all.review.number().into());
        push(all.blocked.number().into());
        push(all.blocked_count.into());
        push(all.found.number().into());
        push(all.found_count.into());
    }
}

/// Values and files have the same columns.
impl Columns for AssignedValue {
    identified!(whole);

    fn read(row: &Row<'_>) -> Result<AssignedValue, StoreError> {
        Ok(AssignedValue {
            id: row.i64(1)?,
            property: PropertyId(row.i64(3)?),
            policy_value: row.optional(4)?,
            current_value: row.optional(5)?,
            workflow: workflow(row, 6)?,
            provisioning: provisioning(row, 7)?,
            period: period(row, 8)?,
            rule: object(row, 10)?,
            state_since: row.i64(11)?,
            error: row.optional(12)?,
        })
    }

    fn push(&self, _text: &mut String, mut push: impl FnMut(Arg<'_>)) {
        push(self.property.0.into());
        push(self.policy_value.as_deref().into());
        push(self.current_value.as_deref().into());
        push(self.workflow.number().into());
        push(self.provisioning.number().into());
        push(bound(self.period.start));
        push(bound(self.period.end));
        push(id(self.rule));
        push(self.state_since.into());
        push(self.error.as_deref().into());
    }
}

impl Columns for AssignedNavigation {
    identified!(whole);

    fn read(row: &Row<'_>) -> Result<AssignedNavigation, StoreError> {
        Ok(AssignedNavigation {
            id: row.i64(1)?,
            property: PropertyId(row.i64(3)?),
            resource: ResourceId(row.i64(4)?),
            is_current: flag(row, 5)?,
            is_expected: flag(row, 6)?,
            workflow: workflow(row, 7)?,
            provisioning: provisioning(row, 8)?,
            period: period(row, 9)?,
            confidence: u8::try_from(row.i64(11)?).unwrap_or_default(),
            single_role: object(row, 12)?,
            rule: object(row, 13)?,
            state_since: row.i64(14)?,
            error: row.optional(15)?,
        })
    }

    fn push(&self, _text: &mut String, mut push: impl FnMut(Arg<'_>)) {
        push(self.property.0.into());
        push(self.resource.0.into());
        push(number(self.is_current));
        push(number(self.is_expected));
        push(self.workflow.number().into());
        push(self.provisioning.number().into());
        push(bound(self.period.start));
        push(bound(self.period.end));
        push(i64::from(self.confidence).into());
        push(id(self.single_role));
        push(id(self.rule));
        push(self.state_since.into());
        push(self.error.as_deref().into());
    }
}
