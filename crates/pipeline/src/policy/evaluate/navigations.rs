//! Links of a target: which the rules give, which the system holds, and what is to be done.

use super::scratch::{Class, RuleId};
use super::targets::order;
use super::types::{Deciding, Group, Row, closed, of_kind};
use super::{Run, Scratch};
use crate::policy::Review;
use crate::policy::compile::mode;
use crate::policy::plan::{EffectKind, Governed, NavigationRule};
use crate::policy::spans::{Spans, shifted, subtract, unite};
use crate::population::Handle;
use provost_model::ResourceId;
use provost_model::configuration::policy::TimeOffset;
use provost_model::policy::{
    AssignedNavigation, AssignedResourceType, Instant, Period, ProvisioningState, WorkflowState,
};
use smallvec::{SmallVec, smallvec};

/// A value that a rule gives.
#[derive(Clone, Debug)]
pub(super) struct Given {
    resource: ResourceId,
    spans: Spans,
    /// The strongest first: without derogation; with a role; by mode of offset; by context; by identity of the rule.
    strength: (bool, bool, u8, u32, u32),
    class: Class,
    confidence: u8,
    role: Option<u32>,
    rule: RuleId,
}

/// What is known about one navigation of one row.
struct Property<'a, 'b> {
    governed: &'a Governed,
    row: &'a Row,
    before: Option<&'b AssignedResourceType>,
    is_blocked: bool,
    /// Stored rows that go on.
    used: SmallVec<[i64; 16]>,
}

impl Run<'_> {
    pub(super) fn navigations(
        &self,
        row: &Row,
        before: Option<&AssignedResourceType>,
        this: &Deciding,
        made: &mut AssignedResourceType,
        scratch: &mut Scratch,
    ) {
        if this.plan.governed.is_empty() {
            return;
        }
        let confidence = if row.target.is_some() { row.confidence } else { 100 };
        let is_blocked = self.is_blocked(this.plan, confidence, before);
        for governed in &this.plan.governed {
            let mut given = std::mem::take(&mut scratch.buffers.given);
            given.clear();
            if row.is_given {
                self.given(governed, row, this, &mut given, scratch);
            }
            let mut property = Property { governed, row, before, is_blocked, used: SmallVec::new() };
            self.expected(&mut given, &mut property, this, made, scratch);
            scratch.buffers.given = given;
            if let Some(target) = row.target.filter(|_| row.period.contains(self.now)) {
                self.by_hand(target, &mut property, this, made, scratch);
                self.surplus(target, &mut property, this, made, scratch);
            }
        }
        made.navigations.sort_by_key(|link| (link.property, link.resource, link.period));
    }

    /// Collects what rules give a navigation within a row.
    fn given(&self, governed: &Governed, row: &Row, this: &Deciding, given: &mut Vec<Given>, scratch: &mut Scratch) {
        let mut denied: Vec<(ResourceId, Spans)> = Vec::new();
        let always = this.plan.always.iter().map(|rule| Group {
            effect: crate::policy::plan::Effect { kind: EffectKind::Navigation, rule: *rule, resource_type: 0 },
            class: Class::Calculated,
            rank: 0,
            spans: Spans::new(),
        });
        let always: Vec<Group> = always.collect();
        for group in of_kind(&this.groups, EffectKind::Navigation).chain(&always) {
            let rule = &this.plan.navigations[group.effect.rule as usize];
            if rule.property != governed.property {
                continue;
            }
            let spans = navigation_spans(rule, group, row, this);
            if rule.is_denied {
                denied.push((rule.resource, spans));
                continue;
            }
            given.push(Given {
                resource: rule.resource,
                spans,
                strength: (
                    group.class == Class::Derogation,
                    rule.single_role.is_none(),
                    mode(rule.offset),
                    group.rank,
                    rule.order,
                ),
                class: group.class,
                confidence: 100,
                role: rule.single_role,
                rule: Some(rule.id),
            });
        }
        if row.class != Class::Derogation {
            self.queried(governed, row, this, given, scratch);
        }
        for value in given {
            for (_, spans) in denied.iter().filter(|(resource, _)| *resource == value.resource) {
                subtract(&mut value.spans, spans);
            }
        }
    }

    /// What query rules found: rules are tried by descending confidence, and the first match wins.
    fn queried(&self, governed: &Governed, row: &Row, this: &Deciding, given: &mut Vec<Given>, scratch: &mut Scratch) {
        let mut done: Vec<TimeOffset> = Vec::new();
        for rule in this.plan.queries.iter().filter(|rule| rule.property == governed.property) {
            if done.contains(&rule.offset) {
                continue;
            }
            let own = self.inputs.query_matches.iter().filter(|found| found.rule == rule.id);
            let mut found: Vec<ResourceId> = own.map(|found| found.resource).collect();
            found.sort_unstable();
            found.dedup();
            if found.is_empty() {
                continue;
            }
            done.push(rule.offset);
            if found.len() > 1 && !governed.is_collection {
                let problem =
                    format!("the query rule {} finds {} resources, so it links none", rule.identity, found.len());
                scratch.problems.push(problem);
                continue;
            }
            let spans = match rule.offset {
                TimeOffset::Default => smallvec![row.period],
                offset => within(this.references.iter().map(|span| shifted(*span, offset)), row),
            };
            for resource in found {
                given.push(Given {
                    resource,
                    spans: spans.clone(),
                    strength: (false, true, mode(rule.offset), u32::from(200 - rule.confidence.min(200)), rule.order),
                    class: Class::Calculated,
                    confidence: rule.confidence,
                    role: None,
                    rule: Some(rule.id),
                });
            }
        }
    }

    /// Rows for what the rules give. Where a navigation may hold one link only, the strongest rule takes its time first.
    fn expected(
        &self,
        given: &mut [Given],
        property: &mut Property,
        this: &Deciding,
        made: &mut AssignedResourceType,
        scratch: &mut Scratch,
    ) {
        given.sort_by_key(|value| value.strength);
        let mut taken = std::mem::take(&mut scratch.buffers.taken);
        taken.clear();
        made.navigations.reserve(given.len());
        for at in 0..given.len() {
            let mut spans = given[at].spans.clone();
            for (resource, period) in &taken {
                if !property.governed.is_collection || *resource == given[at].resource {
                    subtract(&mut spans, &[*period]);
                }
            }
            if spans.is_empty() {
                continue;
            }
            if property.governed.is_collection {
                // Rules that give the same value one after the other make one assignment of it.
                let same = given[at + 1..].iter().filter(|other| {
                    other.resource == given[at].resource
                        && (other.class == Class::Derogation) == (given[at].class == Class::Derogation)
                });
                spans.extend(same.flat_map(|other| other.spans.iter().copied()));
                unite(&mut spans);
                for (_, period) in taken.iter().filter(|(resource, _)| *resource == given[at].resource) {
                    subtract(&mut spans, &[*period]);
                }
            }
            for span in spans {
                taken.push((given[at].resource, span));
                scratch.changes_with(span);
                if !span.is_past(self.now) {
                    let link = self.expected_link(&given[at], span, property, this);
                    made.navigations.push(link);
                }
            }
        }
        scratch.buffers.taken = taken;
    }

    fn expected_link(
        &self,
        given: &Given,
        period: Period,
        property: &mut Property,
        this: &Deciding,
    ) -> AssignedNavigation {
        use {ProvisioningState as P, WorkflowState as W};
        let known = property.known(given.resource, period, period.contains(self.now));
        let target = property.row.target.filter(|_| period.contains(self.now));
        let is_current =
            target.is_some_and(|target| self.holds_link(target, property.governed.property, given.resource));
        let own = match given.class {
            Class::Calculated => W::PolicyApproved,
            Class::Approved => W::Approved,
            Class::Derogation => known.map(|known| known.workflow).filter(|s| s.is_derogation()).unwrap_or(W::Found),
        };
        let review = self.options.review;
        let is_blocked = property.is_blocked
            || (review != Review::Nothing && (given.confidence < 100 || given.class == Class::Derogation));
        let asked = known.filter(|known| known.is_expected);
        let state = match (target, asked) {
            (_, _) if is_current => (own, P::Verified),
            (None, _) if property.row.target.is_none() && !this.plan.allow_add => (own, P::None),
            // Where there is room for one, what the system held when the target was found is not overwritten unasked.
            (Some(target), None) if property.is_first() && self.holds_another(target, property.governed) => {
                (W::Found, P::None)
            }
            (Some(_), Some(known)) if known.workflow == W::Declined => (W::Declined, P::None),
            // It was there, and somebody took it away in the system; or nobody has decided about that yet.
            (Some(_), Some(known)) if known.provisioning == P::Verified && known.is_current => (W::Found, P::None),
            (Some(_), Some(known)) if known.workflow.is_derogation() && known.provisioning == P::None => {
                (known.workflow, P::None)
            }
            (_, asked) => (own, order(asked.map(|known| known.provisioning), is_blocked, review)),
        };
        let role = given.role.map(|role| self.source.singles.roles[role as usize].id);
        AssignedNavigation {
            id: known.map(|known| known.id).unwrap_or_default(),
            property: property.governed.id,
            resource: given.resource,
            is_current,
            is_expected: true,
            workflow: state.0,
            provisioning: state.1,
            period,
            confidence: given.confidence,
            single_role: role,
            rule: given.rule,
            state_since: known.filter(|known| known.workflow == state.0).map_or(self.now, |known| known.state_since),
            error: known.filter(|_| state.1 == P::Errored).and_then(|known| known.error.clone()),
        }
    }

    /// Something else fills the only place that there is.
    fn holds_another(&self, target: Handle, governed: &Governed) -> bool {
        !governed.is_collection && !self.population.links(target, governed.property).is_empty()
    }

    /// Links that somebody approved, though no rule gives them.
    fn by_hand(
        &self,
        target: Handle,
        property: &mut Property,
        this: &Deciding,
        made: &mut AssignedResourceType,
        scratch: &mut Scratch,
    ) {
        use {ProvisioningState as P, WorkflowState as W};
        let Some(before) = property.before else {
            return;
        };
        let own = |link: &&AssignedNavigation| {
            link.property == property.governed.id
                && link.rule.is_none()
                && link.workflow.is_approved_by_hand()
                && link.period.contains(self.now)
        };
        for link in before.navigations.iter().filter(own) {
            let covers = |other: &AssignedNavigation| {
                other.property == link.property && other.resource == link.resource && other.period.contains(self.now)
            };
            if made.navigations.iter().any(covers) {
                continue;
            }
            let is_current = self.holds_link(target, property.governed.property, link.resource);
            let mut kept = AssignedNavigation { is_current, is_expected: true, ..link.clone() };
            (kept.workflow, kept.provisioning) = match is_current {
                true => (link.workflow, P::Verified),
                false if link.provisioning == P::Verified => (W::Found, P::None),
                false => (link.workflow, order(Some(link.provisioning), property.is_blocked, self.options.review)),
            };
            if is_current && !property.governed.is_collection {
                self.stands_aside(&mut kept, property, this, made);
            }
            if kept.workflow != link.workflow {
                kept.state_since = self.now;
            }
            scratch.changes_with(kept.period);
            property.used.push(kept.id);
            made.navigations.push(kept);
        }
    }

    /// A link kept by hand where the rules give another one: the rules wait, and when they say something new the link
    /// is questioned; or they overwrite it, where that is configured (spec 21 §10).
    fn stands_aside(
        &self,
        kept: &mut AssignedNavigation,
        property: &Property,
        this: &Deciding,
        made: &mut AssignedResourceType,
    ) {
        use {ProvisioningState as P, WorkflowState as W};
        let rival = made.navigations.iter_mut().find(|other| {
            other.property == kept.property && other.is_expected && !other.is_current && other.period.contains(self.now)
        });
        let Some(rival) = rival else {
            return;
        };
        let is_new = property.before.is_some_and(|before| {
            !before
                .navigations
                .iter()
                .any(|known| known.property == rival.property && known.resource == rival.resource && known.is_expected)
        });
        let is_questioned = is_new || kept.workflow == W::ApprovedQuestioned;
        let discards = this.plan.discard_manual;
        if discards && (is_questioned || self.options.now_discarding.contains(&this.plan.id)) {
            kept.is_expected = false;
            kept.provisioning = order(None, property.is_blocked, self.options.review);
            kept.workflow = W::PolicyApproved;
            return;
        }
        if is_questioned {
            kept.workflow = W::ApprovedQuestioned;
        }
        (rival.workflow, rival.provisioning) = (W::Found, P::None);
    }

    /// Links that the system holds and nothing gives.
    fn surplus(
        &self,
        target: Handle,
        property: &mut Property,
        this: &Deciding,
        made: &mut AssignedResourceType,
        scratch: &mut Scratch,
    ) {
        for link in self.population.links(target, property.governed.property) {
            let resource = self.population.id(*link);
            let covers = |other: &AssignedNavigation| {
                other.property == property.governed.id && other.resource == resource && other.period.contains(self.now)
            };
            if made.navigations.iter().any(covers) {
                continue;
            }
            let link = self.surplus_link(resource, property, this, scratch);
            made.navigations.push(link);
        }
    }

    fn surplus_link(
        &self,
        resource: ResourceId,
        property: &mut Property,
        this: &Deciding,
        scratch: &Scratch,
    ) -> AssignedNavigation {
        use {ProvisioningState as P, WorkflowState as W};
        let known = property.known_as_surplus(resource, self.now);
        let rules = || this.plan.rules_of(property.governed.property, resource);
        let refused = rules().filter_map(|rule| rule.single_role).find(|role| scratch.singles.refused.contains(*role));
        let deduced = rules().filter_map(|rule| rule.single_role).find(|role| {
            scratch.singles.held_of(*role).any(|held| held.class == Class::Derogation && held.period.contains(self.now))
        });
        let name = |role: Option<u32>| role.map(|role| self.source.singles.roles[role as usize].id);
        let review = self.options.review;
        // An order to take it away, or where that stands.
        let under_way = known.filter(|known| !known.is_expected).map(|known| known.provisioning);
        let removal = order(under_way, property.is_blocked, review);
        let (workflow, provisioning) = match known.map(|known| known.workflow) {
            _ if refused.is_some() => (W::Cancellation, removal),
            Some(W::Cancellation) => (W::Cancellation, removal),
            Some(W::Declined) => (W::Declined, P::None),
            Some(state) if state.is_derogation() => (state, P::None),
            Some(state) => (state, removal),
            None => (W::Found, P::None),
        };
        let was_given = known.is_some_and(|known| !known.workflow.is_derogation());
        AssignedNavigation {
            id: known.map(|known| known.id).unwrap_or_default(),
            property: property.governed.id,
            resource,
            is_current: true,
            is_expected: false,
            workflow,
            provisioning,
            period: match known.map_or(property.row.period, |known| known.period) {
                period if workflow.is_derogation() || workflow == W::Declined => period,
                period => closed(period, self.now),
            },
            confidence: 100,
            single_role: name(refused.or(deduced)).or(known.and_then(|known| known.single_role)),
            rule: known.filter(|_| was_given).and_then(|known| known.rule),
            state_since: known.filter(|known| known.workflow == workflow).map_or(self.now, |known| known.state_since),
            error: known.filter(|_| provisioning == P::Errored).and_then(|known| known.error.clone()),
        }
    }
}

impl<'b> Property<'_, 'b> {
    /// The target was linked to the owner just now.
    fn is_first(&self) -> bool {
        self.before.is_none_or(|before| before.workflow.is_derogation() && before.target.is_some())
    }

    /// The stored row that a value continues: one of a rule; or whatever there is, by a value that holds now.
    fn known(&mut self, resource: ResourceId, period: Period, is_now: bool) -> Option<&'b AssignedNavigation> {
        let own =
            |link: &&AssignedNavigation| self.is_free(link, resource) && !link.period.intersection(period).is_empty();
        let rows = &self.before?.navigations;
        let given = rows.iter().find(|link| own(link) && link.is_expected && link.rule.is_some());
        let found = given.or_else(|| rows.iter().find(|link| is_now && own(link)))?;
        self.used.push(found.id);
        Some(found)
    }

    /// The stored row of a value that is there although nothing gives it: one that says so, or of what gave it until
    /// now.
    fn known_as_surplus(&mut self, resource: ResourceId, now: Instant) -> Option<&'b AssignedNavigation> {
        let own = |link: &&AssignedNavigation| self.is_free(link, resource);
        let rows = &self.before?.navigations;
        let surplus = rows.iter().rev().find(|link| own(link) && !link.is_expected);
        let found = surplus.or_else(|| rows.iter().rev().find(|link| own(link) && link.period.start <= now))?;
        self.used.push(found.id);
        Some(found)
    }

    /// A row of this value that nothing continues yet.
    fn is_free(&self, link: &AssignedNavigation, resource: ResourceId) -> bool {
        link.property == self.governed.id
            && link.resource == resource
            && (link.id == 0 || !self.used.contains(&link.id))
    }
}

/// When a navigation rule gives its value, within a row.
fn navigation_spans(rule: &NavigationRule, group: &Group, row: &Row, this: &Deciding) -> Spans {
    let own = rule.offset;
    let offset = if own == TimeOffset::Default { this.offset } else { own };
    let is_free = rule.single_role.is_none();
    match (is_free, group.spans.is_empty(), own) {
        // Without any criterion it holds wherever the resource type does.
        (true, true, TimeOffset::Default) => smallvec![row.period],
        (true, true, _) => within(this.references.iter().map(|span| shifted(*span, offset)), row),
        (true, false, TimeOffset::Default) => within(group.spans.iter().map(|span| shifted(*span, offset)), row),
        (true, false, _) => {
            let both = group
                .spans
                .iter()
                .flat_map(|span| this.references.iter().map(move |reference| span.intersection(*reference)));
            within(both.filter(|both| !both.is_empty()).map(|both| shifted(both, offset)), row)
        }
        (false, ..) => within(group.spans.iter().map(|span| shifted(*span, offset)), row),
    }
}

fn within(spans: impl Iterator<Item = Period>, row: &Row) -> Spans {
    let mut spans: Spans = spans.map(|span| span.intersection(row.period)).collect();
    unite(&mut spans);
    spans
}
