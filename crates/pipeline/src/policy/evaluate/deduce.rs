//! What targets hold, expressed as roles: navigation and scalar rules read backwards (spec 21 §7).

use super::programs::Value;
use super::scratch::{Class, Held, NONE, RoleStage, value_of};
use super::states::{Fate, fate};
use super::types::own_types;
use super::{Run, Scratch};
use crate::policy::compare::equal;
use crate::policy::conditions::ALWAYS;
use crate::policy::plan::{NavigationRule, Type};
use crate::population::Handle;
use provost_model::policy::{AssignedResourceType, AssignedRole, Period, ProvisioningState, WorkflowState};
use provost_model::{PolicyObjectId, ResourceId};

impl Run<'_> {
    pub(super) fn deduce(&self, scratch: &mut Scratch) {
        let mut targets = self.targets();
        targets.dedup();
        for (resource_type, target) in targets {
            let resource_type = &self.source.types[resource_type as usize];
            if !resource_type.is_external {
                self.deduce_from_links(resource_type, target, scratch);
                self.deduce_from_values(resource_type, target, scratch);
            }
        }
        let mut stage = std::mem::take(&mut scratch.singles);
        self.derogations(&mut stage, scratch);
        self.deduced(&mut stage, scratch);
        scratch.singles = stage;
    }

    /// Targets that certainly belong to the owner, exist, and are not about to be removed, by resource type.
    fn targets(&self) -> Vec<(u32, Handle)> {
        // What was found with less than certainty counts once somebody has confirmed it.
        let is_certain =
            |row: &&AssignedResourceType| row.confidence >= 100 || row.provisioning == ProvisioningState::Verified;
        let stored = self.existing.resource_types.iter().filter(is_certain);
        let stored = stored.filter_map(|row| Some((row.resource_type, row.target?)));
        let matched = self.inputs.correlations.iter().filter(|found| found.confidence >= 100);
        let both = stored.chain(matched.map(|found| (found.resource_type, found.target)));
        let mut targets: Vec<(u32, Handle)> = both
            .filter(|(id, target)| !self.is_leaving(*id, *target))
            .filter_map(|(id, target)| {
                let position = crate::policy::plan::find(&self.source.type_ids, id)?;
                let entity_type = self.source.types[position as usize].target;
                Some((position, self.population.find(entity_type, target)?))
            })
            .collect();
        targets.sort_unstable();
        targets
    }

    /// All that is stored about the target says that it goes: what it still holds says nothing any more.
    fn is_leaving(&self, resource_type: PolicyObjectId, target: ResourceId) -> bool {
        let rows = own_types(&self.existing.resource_types, resource_type).iter();
        let mut own = rows.filter(|row| row.target == Some(target)).peekable();
        own.peek().is_some()
            && own.all(|row| !row.workflow.is_derogation() && (row.is_denied || row.period.is_past(self.now)))
    }

    fn deduce_from_links(&self, resource_type: &Type, target: Handle, scratch: &mut Scratch) {
        let mut ambiguous: Vec<(usize, ResourceId)> = Vec::new();
        for governed in &resource_type.governed {
            for link in self.population.links(target, governed.property) {
                let value = self.population.id(*link);
                if self.is_explained(resource_type, governed.property, value, target, scratch) {
                    continue;
                }
                let mut roles = self.roles_of(resource_type, governed.property, value, scratch);
                roles.sort_unstable();
                roles.dedup();
                match roles.as_slice() {
                    [] => {}
                    [role] => {
                        scratch.deduced.insert(*role);
                    }
                    _ => ambiguous.push((governed.property, value)),
                }
            }
        }
        for (property, value) in ambiguous {
            let roles = self.roles_of(resource_type, property, value, scratch);
            if roles.iter().any(|role| scratch.deduced.contains(*role)) {
                continue;
            }
            let mut complete: Vec<u32> = roles
                .into_iter()
                .filter(|role| {
                    let values = resource_type.values_of_role.get(role).map(Vec::as_slice).unwrap_or_default();
                    values.len() > 1 && values.iter().all(|(p, v)| self.holds_link(target, *p, *v))
                })
                .collect();
            complete.sort_unstable();
            complete.dedup();
            if let [role] = complete.as_slice() {
                scratch.deduced.insert(*role);
            }
        }
    }

    pub(super) fn holds_link(&self, target: Handle, property: usize, value: ResourceId) -> bool {
        self.population.links(target, property).iter().any(|link| self.population.id(*link) == value)
    }

    /// Roles that would give a value, and that nobody refused.
    fn roles_of(&self, resource_type: &Type, property: usize, value: ResourceId, scratch: &Scratch) -> Vec<u32> {
        let roles = resource_type.rules_of(property, value).filter_map(|rule| rule.single_role);
        roles.filter(|role| !scratch.singles.refused.contains(*role) && !self.is_forbidden(*role)).collect()
    }

    /// Somebody forbids the role now.
    fn is_forbidden(&self, role: u32) -> bool {
        let role = &self.source.singles.roles[role as usize];
        let rows = &self.existing.single_roles;
        let first = rows.partition_point(|row| row.role < role.id);
        let own = rows[first..].iter().take_while(|row| row.role == role.id);
        role.is_external || own.into_iter().any(|row| row.is_denied && row.period.contains(self.now))
    }

    /// Something that is in effect gives the value, or somebody approved it.
    fn is_explained(
        &self,
        resource_type: &Type,
        property: usize,
        value: ResourceId,
        target: Handle,
        scratch: &Scratch,
    ) -> bool {
        if resource_type.rules_of(property, value).any(|rule| self.gives_now(rule, scratch)) {
            return true;
        }
        let found = self.inputs.query_matches.iter().filter(|found| found.resource == value);
        for found in found {
            if resource_type.queries.iter().any(|rule| rule.id == found.rule && rule.property == property) {
                return true;
            }
        }
        // What was given before and is not any more is about to be taken away: that explains it as well.
        let id =
            resource_type.governed.iter().find(|governed| governed.property == property).map(|governed| governed.id);
        self.known_rows(resource_type, target)
            .flat_map(|row| &row.navigations)
            .filter(|link| Some(link.property) == id && link.resource == value && link.period.start <= self.now)
            .any(|link| !link.workflow.is_derogation())
    }

    /// Stored rows of a target.
    fn known_rows<'r>(
        &'r self,
        resource_type: &'r Type,
        target: Handle,
    ) -> impl Iterator<Item = &'r AssignedResourceType> + 'r {
        let target = self.population.id(target);
        let rows = own_types(&self.existing.resource_types, resource_type.id).iter();
        rows.filter(move |row| row.target == Some(target))
    }

    /// Whether a navigation rule gives its value now.
    fn gives_now(&self, rule: &NavigationRule, scratch: &Scratch) -> bool {
        match rule.single_role {
            Some(role) => scratch.singles.held_of(role).any(|held| {
                let parameters = &scratch.parameters[held.parameters as usize];
                let value = |column| value_of(parameters, column);
                held.period.contains(self.now) && self.source.conditions.holds(rule.condition, value)
            }),
            None if rule.condition == ALWAYS => true,
            None => scratch
                .contexts
                .iter()
                .zip(&scratch.satisfied)
                .any(|(context, satisfied)| context.period.contains(self.now) && satisfied.contains(rule.condition)),
        }
    }

    /// Roles whose scalar rule alone computes what the target holds.
    fn deduce_from_values(&self, resource_type: &Type, target: Handle, scratch: &mut Scratch) {
        let mut rest = resource_type.scalars.as_slice();
        while let Some(first) = rest.first() {
            let (rules, others) = rest.split_at(rest.iter().take_while(|rule| rule.property == first.property).count());
            rest = others;
            let Some(current) = self.population.value(target, first.property) else {
                continue;
            };
            let known = self.known_rows(resource_type, target).flat_map(|row| &row.scalars);
            let mut own = known.filter(|value| value.property == first.property_id);
            if rules.iter().all(|rule| rule.single_role.is_none() || !rule.is_mapped)
                || own.any(|value| !value.workflow.is_derogation() && value.period.start <= self.now)
            {
                continue;
            }
            let mut found = Vec::new();
            let mut is_explained = false;
            for rule in rules {
                self.compute(rule.program, Period::ALWAYS, scratch);
                let same = match scratch.computed(rule.program) {
                    Value::Text(computed) => equal(rule.comparison, computed, current),
                    Value::Error(_) => false,
                };
                match rule.single_role {
                    None => is_explained |= same,
                    Some(role) if scratch.singles.is_held(role, self.now) => is_explained = true,
                    Some(role) if same && rule.is_mapped => found.push(role),
                    Some(_) => {}
                }
            }
            found.dedup();
            if let ([role], false) = (found.as_slice(), is_explained)
                && !scratch.singles.refused.contains(*role)
                && !self.is_forbidden(*role)
            {
                scratch.deduced.insert(*role);
            }
        }
    }

    /// Existing derogations stay as long as targets hold what they stand for.
    fn derogations(&self, stage: &mut RoleStage, scratch: &mut Scratch) {
        for at in std::mem::take(&mut stage.derogations) {
            let row = &self.existing.single_roles[at as usize];
            let Some(position) = self.source.singles.find(row.role) else {
                continue;
            };
            let role = &self.source.singles.roles[position as usize];
            let is_supported = scratch.deduced.contains(position) || !role.is_deducible;
            if is_supported && !row.period.is_past(self.now) {
                self.derogatory_role(position, row.clone(), stage, scratch);
            }
        }
    }

    /// Roles deduced for the first time.
    fn deduced(&self, stage: &mut RoleStage, scratch: &mut Scratch) {
        for at in 0..scratch.deduced.members().len() {
            let position = scratch.deduced.members()[at];
            if stage.is_held(position, self.now) || stage.refused.contains(position) {
                continue;
            }
            let row = AssignedRole {
                owner: self.owner_id,
                role: self.source.singles.roles[position as usize].id,
                workflow: WorkflowState::Found,
                state_since: self.now,
                ..AssignedRole::default()
            };
            self.derogatory_role(position, row, stage, scratch);
        }
    }

    /// A role that exists although no rule gives it counts until somebody refuses it.
    fn derogatory_role(&self, position: u32, row: AssignedRole, stage: &mut RoleStage, scratch: &mut Scratch) {
        let role = &self.source.singles.roles[position as usize];
        let (workflow, state_since) =
            self.automate(&role.automations, row.workflow, row.state_since, &row.parameters, role.approvals, scratch);
        let row = AssignedRole { workflow, state_since, ..row };
        let class = match fate(workflow, false) {
            Fate::Derogation => Class::Derogation,
            Fate::Manual => Class::Approved,
            _ => {
                stage.refused.insert(position);
                stage.lost.push(row);
                return;
            }
        };
        let parameters = scratch.intern(&row.parameters);
        stage.hold(Held { next: NONE, role: position, period: row.period, parameters, rank: NONE, class });
        scratch.changes_with(row.period);
        stage.rows.push(row);
    }
}
