//! Which roles and resource types somebody may decide about: the filters of their access rules.

use crate::orders::Part;
use crate::web::principal::{Principal, Who};
use crate::web::screens::model::Model;
use provost_model::PolicyObjectId;
use provost_model::access::{Branch, Compared, Condition};

/// What filters of access rules can compare of an assigned role or resource type.
pub(super) struct Row<'a> {
    pub(super) part: Part,
    /// The role or resource type.
    pub(super) object: Option<PolicyObjectId>,
    pub(super) owner: i64,
    /// Number of its workflow state; nothing where it is not known.
    pub(super) workflow: Option<i64>,
    /// It stands for all rows of the role or resource type.
    pub(super) is_any: bool,
    pub(super) model: &'a Model,
}

/// The entity type that access rules speak of.
fn entity_type(part: Part) -> &'static str {
    match part {
        Part::SingleRole => "AssignedSingleRole",
        Part::CompositeRole => "AssignedCompositeRole",
        _ => "AssignedResourceType",
    }
}

/// Rules of somebody about assigned roles and resource types.
pub(super) struct Rows<'a> {
    principal: &'a Principal,
    branches: [Vec<Branch>; 3],
}

const PARTS: [Part; 3] = [Part::SingleRole, Part::CompositeRole, Part::ResourceType];

impl<'a> Rows<'a> {
    /// What is open where a permission is used. Whoever may ask for all rows of a type sees them here as well, unless
    /// rules say which.
    pub(super) fn of(principal: &'a Principal, permission: &str) -> Rows<'a> {
        let rights = &principal.rights;
        let branches = PARTS.map(|part| {
            let of = entity_type(part);
            let own = format!("/ProvisioningPolicy/{of}/Query");
            let mut branches = rights.data(permission, of).branches;
            let is_ruled = rights.is_ruled(permission, of);
            if principal.may(&own) && !is_ruled {
                let ruled = rights.data(&own, of).branches;
                let all = Branch {
                    groups: Vec::new(),
                    visible: provost_model::access::Visible::All,
                    priority: 0,
                    profile: String::new(),
                };
                branches.extend(if rights.is_ruled(&own, of) { ruled } else { vec![all] });
            }
            branches
        });
        Rows { principal, branches }
    }

    /// Everything is open: no rule has a filter.
    pub(super) fn is_everything(&self) -> bool {
        self.branches.iter().all(|branches| branches.iter().any(|branch| branch.groups.is_empty()))
    }

    /// Whether a row is open.
    pub(super) fn open(&self, row: &Row<'_>) -> bool {
        let at = PARTS.iter().position(|part| *part == row.part).unwrap_or(2);
        self.branches[at].iter().any(|branch| {
            branch.groups.is_empty() || branch.groups.iter().any(|group| group.iter().all(|c| self.holds(c, row)))
        })
    }

    /// A comparison that is not understood never holds.
    fn holds(&self, condition: &Condition, row: &Row<'_>) -> bool {
        if row.is_any && ["WorkflowState", "Owner", "OwnerId", "Owner.Id"].contains(&condition.binding.as_str()) {
            return true;
        }
        let Some(values) = row.values(&condition.binding) else { return false };
        let is = match &condition.with {
            Compared::Value(wanted) | Compared::Reference(wanted) => {
                values.iter().any(|value| value.eq_ignore_ascii_case(wanted))
            }
            Compared::CurrentUser => {
                let Who::Person(person) = &self.principal.who else { return false };
                let Some((_, id)) = &person.resource else { return false };
                values.contains(&id.to_string())
            }
        };
        is != condition.negated
    }
}

impl Row<'_> {
    /// All ways to write the value at a path: its id and its identifier.
    fn values(&self, binding: &str) -> Option<Vec<String>> {
        let object = || self.object.and_then(|id| Some((id, self.model.policy.get(id)?)));
        let binding = binding.strip_suffix(".Id").or_else(|| binding.strip_suffix(".Identifier")).unwrap_or(binding);
        match binding {
            "Owner" | "OwnerId" => Some(vec![self.owner.to_string()]),
            "WorkflowState" => self.workflow.map(|state| vec![state.to_string()]),
            "Role" | "ResourceType" | "SingleRole" | "CompositeRole" => {
                object().map(|(id, object)| vec![id.to_string(), object.identity.clone()])
            }
            "Role.Category" | "ResourceType.Category" => {
                // Whoever has a category has those below it.
                let mut next = object().and_then(|(_, object)| object.category.clone());
                let mut all = Vec::new();
                while let Some((id, category)) = next.and_then(|identity| self.model.policy.find("Category", &identity))
                {
                    all.extend([id.to_string(), category.identity.clone()]);
                    all.extend(category.identity.split_once('/').map(|(_, own)| own.to_owned()));
                    next = category.category.clone().filter(|_| all.len() < 60);
                }
                Some(all)
            }
            "Role.Policy" | "ResourceType.Policy" => object().map(|(_, object)| vec![object.policy.clone()]),
            _ => None,
        }
    }
}
