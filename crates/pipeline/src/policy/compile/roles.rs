//! Roles and the rules that give them.

use super::{Builder, Subject, ids, ranks};
use crate::policy::plan::{EffectKind, Role, RoleRule, RoleSet, Source};
use provost_model::ResourceId;
use provost_model::configuration::policy::{Criterion, Place, RoleOptions, RuleType, TimeOffset};
use std::collections::{BTreeMap, BTreeSet};

/// Roles by identifier and position.
#[derive(Default)]
pub(super) struct Roles {
    pub(super) composites: RoleSet,
    pub(super) singles: RoleSet,
}

impl Roles {
    pub(super) fn single(&self, identifier: &str) -> Option<u32> {
        self.singles.roles.iter().position(|role| role.name == identifier).map(|at| at as u32)
    }

    fn composite(&self, identifier: &str) -> Option<u32> {
        self.composites.roles.iter().position(|role| role.name == identifier).map(|at| at as u32)
    }
}

/// A role as both kinds of it are declared.
struct Declared<'p> {
    element: &'static str,
    identifier: &'p str,
    policy: &'p str,
    options: &'p RoleOptions,
    fixed: &'p [Criterion],
    place: &'p Place,
}

/// A role rule as both kinds of it are declared.
struct DeclaredRule<'p> {
    element: &'static str,
    identity: &'p str,
    role: Option<u32>,
    role_name: &'p str,
    policy: &'p str,
    criteria: &'p [Criterion],
    holder: Option<&'p str>,
    is_denied: bool,
    priority: i32,
    kind: RuleType,
    place: &'p Place,
}

impl Builder<'_, '_> {
    pub(super) fn roles(&mut self) -> Roles {
        let policy = self.compiler.policy;
        let entity_type = self.compiler.metadata.entity_types[self.entity_type].identifier.clone();
        let mut roles = Roles::default();
        for name in self.in_order_of_containment(&entity_type) {
            let Some(role) = policy.composite_roles.iter().find(|role| role.identifier == name) else {
                continue;
            };
            let declared = Declared {
                element: "CompositeRole",
                identifier: &role.identifier,
                policy: &role.policy,
                options: &role.options,
                fixed: &[],
                place: &role.place,
            };
            roles.composites.roles.extend(self.role(&declared));
        }
        let mut singles: Vec<_> = policy.single_roles.iter().filter(|role| role.entity_type == entity_type).collect();
        singles.sort_by_key(|role| &role.identifier);
        for role in singles {
            let declared = Declared {
                element: "SingleRole",
                identifier: &role.identifier,
                policy: &role.policy,
                options: &role.options,
                fixed: &role.dimensions,
                place: &role.place,
            };
            roles.singles.roles.extend(self.role(&declared));
        }
        self.role_rules(&mut roles);
        roles.composites.ids = ids(roles.composites.roles.iter().map(|role| role.id));
        roles.singles.ids = ids(roles.singles.roles.iter().map(|role| role.id));
        roles
    }

    fn role(&mut self, declared: &Declared) -> Option<Role> {
        let subject = Subject::new(declared.element, declared.identifier, declared.place);
        let id = self.compiler.id(subject)?;
        let policy = self.compiler.policy_named(declared.policy, subject)?;
        let fixed = declared.fixed.iter().filter_map(|criterion| {
            Some((criterion.column, self.dimension_value(criterion.column, &criterion.value, subject)?))
        });
        let mut fixed: Vec<(u8, ResourceId)> = fixed.collect();
        fixed.sort_unstable();
        let options = declared.options;
        Some(Role {
            id,
            name: declared.identifier.to_owned(),
            place: declared.place.clone(),
            is_external: policy.is_external,
            grace: options.grace_period.unwrap_or(policy.grace_period),
            max_duration: options.max_duration.unwrap_or(policy.max_duration),
            approvals: options.approvals,
            end_is_locked: options.end_date_mode == "Always",
            parameters: options.required_parameters.iter().map(|column| (*column, true)).collect(),
            fixed,
            rules: Vec::new(),
            is_deducible: false,
            automations: Vec::new(),
            echo: 0,
        })
    }

    /// Composite roles such that each stands after those that it is a criterion's consequence of. Cycles are errors.
    fn in_order_of_containment(&mut self, entity_type: &str) -> Vec<String> {
        let policy = self.compiler.policy;
        let roles = policy.composite_roles.iter().filter(|role| role.entity_type == entity_type);
        let mut waiting: BTreeMap<&str, BTreeSet<&str>> =
            roles.map(|role| (role.identifier.as_str(), BTreeSet::new())).collect();
        for rule in &policy.composite_role_rules {
            if let (Some(parent), Some(needed)) = (&rule.parent_role, waiting.get_mut(rule.role.as_str())) {
                needed.insert(parent);
            }
        }
        let known: BTreeSet<&str> = waiting.keys().copied().collect();
        let mut order: Vec<String> = Vec::new();
        let mut done = BTreeSet::new();
        while let Some(next) = waiting
            .iter()
            .find(|(_, needed)| needed.iter().all(|parent| done.contains(parent) || !known.contains(parent)))
            .map(|(name, _)| *name)
        {
            waiting.remove(next);
            done.insert(next);
            order.push(next.to_owned());
        }
        if let Some(cycle) = cycle(&waiting) {
            for rule in policy.composite_role_rules.iter().filter(|rule| {
                cycle.contains(&rule.role.as_str())
                    && rule.parent_role.as_deref().is_some_and(|parent| cycle.contains(&parent))
            }) {
                let subject = Subject::new("CompositeRoleRule", &rule.identity, &rule.place);
                let message = format!("composite roles contain each other: {}", cycle.join(" → "));
                self.compiler.error(subject, message, "remove the ParentRole of one of these rules");
            }
        }
        order
    }

    fn role_rules(&mut self, roles: &mut Roles) {
        let policy = self.compiler.policy;
        let metadata = self.compiler.metadata;
        let own = &metadata.entity_types[self.entity_type].identifier;
        let order = ranks(policy.composite_role_rules.iter().map(|rule| rule.identity.as_str()));
        for rule in &policy.composite_role_rules {
            let is_own =
                policy.composite_roles.iter().any(|role| role.identifier == rule.role && role.entity_type == *own);
            let is_known = policy.composite_roles.iter().any(|role| role.identifier == rule.role);
            if !is_own && is_known {
                continue;
            }
            let declared = DeclaredRule {
                element: "CompositeRoleRule",
                identity: &rule.identity,
                role: roles.composite(&rule.role),
                role_name: &rule.role,
                policy: &rule.policy,
                criteria: &rule.criteria,
                holder: rule.parent_role.as_deref(),
                is_denied: rule.is_denied,
                priority: rule.priority,
                kind: rule.kind,
                place: &rule.place,
            };
            if let Some(made) = self.role_rule(&declared, roles, is_known, order[rule.identity.as_str()]) {
                roles.composites.add(made);
            }
        }
        let order = ranks(policy.single_role_rules.iter().map(|rule| rule.identity.as_str()));
        for rule in &policy.single_role_rules {
            let is_own =
                policy.single_roles.iter().any(|role| role.identifier == rule.role && role.entity_type == *own);
            let is_known = policy.single_roles.iter().any(|role| role.identifier == rule.role);
            if !is_own && is_known {
                continue;
            }
            let declared = DeclaredRule {
                element: "SingleRoleRule",
                identity: &rule.identity,
                role: roles.single(&rule.role),
                role_name: &rule.role,
                policy: &rule.policy,
                criteria: &rule.criteria,
                holder: rule.composite_role.as_deref(),
                is_denied: rule.is_denied,
                priority: rule.priority,
                kind: rule.kind,
                place: &rule.place,
            };
            if let Some(made) = self.role_rule(&declared, roles, is_known, order[rule.identity.as_str()]) {
                roles.singles.add(made);
            }
        }
        self.report_contradictions(&roles.composites, "CompositeRoleRule");
        self.report_contradictions(&roles.singles, "SingleRoleRule");
    }

    fn role_rule(&mut self, rule: &DeclaredRule, roles: &Roles, is_known: bool, order: u32) -> Option<RoleRule> {
        let subject = Subject::new(rule.element, rule.identity, rule.place);
        if !is_known {
            let message = format!("there is no role {}", rule.role_name);
            self.compiler.error(subject, message, "write the identifier of a role");
        }
        let holder = rule.holder.map(|name| {
            let found = roles.composite(name);
            if found.is_none() {
                let message = format!("there is no composite role {name} for the same owners");
                self.compiler.error(subject, message, "write the identifier of a CompositeRole of the same EntityType");
            }
            found
        });
        let condition = self.condition(rule.criteria, rule.policy, subject)?;
        Some(RoleRule {
            id: self.compiler.id(subject)?,
            identity: rule.identity.to_owned(),
            place: rule.place.clone(),
            role: rule.role?,
            condition,
            holder: match holder {
                Some(found) => Some(found?),
                None => None,
            },
            is_denied: rule.is_denied,
            priority: rule.priority,
            kind: rule.kind,
            order,
        })
    }

    fn report_contradictions(&mut self, set: &RoleSet, element: &'static str) {
        for rule in set.rules.iter().filter(|rule| !rule.is_denied) {
            let same = |other: &&RoleRule| {
                other.is_denied
                    && (other.role, other.condition, other.holder, other.priority)
                        == (rule.role, rule.condition, rule.holder, rule.priority)
            };
            if let Some(denial) = set.rules.iter().find(same) {
                let message = format!("{} denies the same with the same priority, and a denial wins", denial.identity);
                let subject = Subject::new(element, &rule.identity, &rule.place);
                self.compiler.warning(subject, message, "give one of them a smaller Priority, or remove it");
            }
        }
    }
}

/// A cycle among what waits for each other.
fn cycle<'n>(waiting: &BTreeMap<&'n str, BTreeSet<&'n str>>) -> Option<Vec<&'n str>> {
    let mut path = vec![*waiting.keys().next()?];
    loop {
        let needed = waiting.get(path.last()?)?;
        let next = *needed.iter().find(|name| waiting.contains_key(**name))?;
        if let Some(at) = path.iter().position(|name| *name == next) {
            let mut cycle = path.split_off(at);
            cycle.reverse();
            return Some(cycle);
        }
        path.push(next);
    }
}

impl RoleSet {
    fn add(&mut self, rule: RoleRule) {
        self.roles[rule.role as usize].rules.push(self.rules.len() as u32);
        self.rules.push(rule);
    }
}

/// Fills in what is looked up by condition and by role, and the parameters of roles.
pub(super) fn index(source: &mut Source) {
    let conditions = source.conditions.len();
    let composites = source.composites.roles.len();
    for (column, role) in source.types.iter().flat_map(|resource_type| &resource_type.navigations).flat_map(|rule| {
        let role = rule.single_role;
        source.conditions.columns(rule.condition).filter_map(move |column| Some((column, role?)))
    }) {
        parametrise(&mut source.singles.roles[role as usize].parameters, column, false);
    }
    for role in &mut source.singles.roles {
        for at in 0..role.fixed.len() {
            parametrise(&mut role.parameters, role.fixed[at].0, false);
        }
    }
    for rule in &source.singles.rules {
        if let (Some(holder), false) = (rule.holder, rule.is_denied) {
            let single = &source.singles.roles[rule.role as usize];
            let free = single.parameters.iter().filter(|(c, _)| !single.fixed.iter().any(|(fixed, _)| fixed == c));
            for (column, _) in free {
                parametrise(&mut source.composites.roles[holder as usize].parameters, *column, false);
            }
        }
    }
    for set in [&mut source.composites, &mut source.singles] {
        set.by_condition = vec![Vec::new(); conditions];
        set.by_holder = vec![Vec::new(); composites];
        for (at, rule) in set.rules.iter().enumerate() {
            match rule.holder {
                Some(holder) => set.by_holder[holder as usize].push(at as u32),
                None => set.by_condition[rule.condition as usize].push(at as u32),
            }
        }
    }
}

/// Fills in for how long after its end a role is still looked at: by the offsets of rules that ask for it, and by roles
/// that follow from it.
pub(super) fn echoes(source: &mut Source) {
    let Source { effects, singles, composites, types, .. } = source;
    for (role, effects) in singles.roles.iter_mut().zip(effects) {
        let minutes = effects.iter().map(|effect| {
            let plan = &types[effect.resource_type as usize];
            let rule = effect.rule as usize;
            let own = match effect.kind {
                EffectKind::TypeRule => plan.rules[rule].offset,
                EffectKind::Navigation => plan.navigations[rule].offset,
                EffectKind::Scalar => plan.scalars[rule].offset,
                EffectKind::Binary => plan.binaries[rule].offset,
            };
            let inherited = plan.rules.iter().map(|rule| after(rule.offset)).max().unwrap_or(0);
            let extending = plan.scalars.iter().chain(&plan.binaries).map(|rule| after(rule.offset)).max().unwrap_or(0);
            after(own).max(inherited).max(extending)
        });
        role.echo = minutes.max().unwrap_or(0).max(0) * 60_000_000;
    }
    for at in (0..composites.roles.len()).rev() {
        let of_singles =
            singles.by_holder[at].iter().map(|rule| singles.roles[singles.rules[*rule as usize].role as usize].echo);
        let below = composites.by_holder[at]
            .iter()
            .map(|rule| composites.roles[composites.rules[*rule as usize].role as usize].echo);
        composites.roles[at].echo = of_singles.chain(below).max().unwrap_or(0);
    }
}

/// Minutes by which an offset reaches beyond the end.
fn after(offset: TimeOffset) -> i64 {
    match offset {
        TimeOffset::Default | TimeOffset::Before { .. } => 0,
        TimeOffset::Around { after, .. } | TimeOffset::After { after, .. } => i64::from(after),
    }
}

fn parametrise(parameters: &mut Vec<(u8, bool)>, column: u8, is_required: bool) {
    match parameters.binary_search_by_key(&column, |(known, _)| *known) {
        Ok(at) => parameters[at].1 |= is_required,
        Err(at) => parameters.insert(at, (column, is_required)),
    }
}
