//! From what the engine found to steps that people read.

use super::item::Question;
use super::shape::{About, ExplainError, Explanation, Step, StepKind};
use super::subject::Subject;
use super::words::{bounds, provisioning, when, workflow};
use super::{Teller, asked, is_held};
use provost_model::configuration::Item as Element;
use provost_model::ids::base32;
use provost_model::policy::WorkflowState;
use provost_model::query::format_instant;
use provost_model::{PolicyObjectId, ResourceId};
use provost_pipeline::policy::Outcome;
use provost_pipeline::policy::explain::{Fact, Failure, Item, Named, Refusal, Tree};

/// Rules that are told of those that would give something.
const RULES: usize = 5;
/// Roles that a missing role rests on are followed this far.
const DEEPEST: usize = 8;

/// The part of a decision, and the entity type, of the rows that an item is about.
fn rows(item: Item) -> (&'static str, &'static str) {
    match item {
        Item::CompositeRole(_) => ("composite-role", "AssignedCompositeRole"),
        Item::SingleRole(_) => ("single-role", "AssignedSingleRole"),
        Item::ResourceType(_) => ("resource-type", "AssignedResourceType"),
        Item::Value(..) => ("scalar", "AssignedResourceScalar"),
        Item::Link(..) => ("navigation", "AssignedResourceNavigation"),
    }
}

/// The entity type of the rows of an element of the policy.
pub(super) fn rows_of(element: &str) -> &'static str {
    match element {
        "SingleRole" => "SingleRole",
        "CompositeRole" => "CompositeRole",
        "ResourceType" => "ResourceType",
        "SingleRoleRule" => "SingleRoleRule",
        "CompositeRoleRule" => "CompositeRoleRule",
        "TypeRule" => "ResourceTypeRule",
        "ScalarRule" => "ResourceScalarRule",
        "NavigationRule" => "ResourceNavigationRule",
        "QueryRule" => "ResourceQueryRule",
        "BinaryRule" => "ResourceBinaryRule",
        _ => "PolicyObject",
    }
}

impl Teller<'_> {
    /// An item: why the owner has it, or what would give it.
    pub(super) fn item(
        &mut self,
        told: &mut Explanation,
        subject: &Subject<'_>,
        item: Item,
    ) -> Result<(), ExplainError> {
        let trees = subject.why(item);
        told.holds |= trees.iter().any(|tree| is_held(tree, self.now));
        for tree in trees.iter().filter(|tree| tree.fact != Fact::Nothing) {
            told.because.push(self.tree(tree, item, None)?);
        }
        if !told.holds {
            told.would = self.refusals(subject, item, 0)?;
        }
        Ok(())
    }

    /// Every link of a navigation.
    pub(super) fn all_links(
        &mut self,
        told: &mut Explanation,
        subject: &Subject<'_>,
        of: PolicyObjectId,
        property: (usize, usize),
        outcome: &Outcome,
    ) -> Result<(), ExplainError> {
        let id = self.metadata.entity_types[property.0].properties[property.1].id;
        let held = outcome.assignments.resource_types.iter().filter(|held| held.resource_type == of);
        let links = held.flat_map(|held| &held.navigations).filter(|link| link.property == id);
        let mut ends: Vec<ResourceId> = links.map(|link| link.resource).collect();
        ends.sort_unstable();
        ends.dedup();
        for end in &ends {
            let question = Question::Links(of, property, Some(*end));
            let item = asked(self.metadata, &question);
            let trees = subject.why(item);
            told.holds |= trees.iter().any(|tree| is_held(tree, self.now));
            let mut step = self.resource_step(*end)?;
            for tree in &trees {
                step.because.push(self.tree(tree, item, None)?);
            }
            told.because.push(step);
        }
        if ends.is_empty() {
            told.would = self.refusals(subject, Item::ResourceType(of), 0)?;
        }
        Ok(())
    }

    fn tree(&mut self, tree: &Tree, item: Item, above: Option<WorkflowState>) -> Result<Step, ExplainError> {
        let mut state = above;
        let mut step = match &tree.fact {
            Fact::Nothing => Step::new(StepKind::Note, "it is not there"),
            Fact::Assigned { workflow, .. } => {
                state = Some(*workflow);
                self.assigned(&tree.fact, item)?
            }
            Fact::ByHand => by_hand(above),
            Fact::Rule(rule) => self.rule(StepKind::Rule, format!("{} gives it", rule.element), rule),
            Fact::Denial(rule) => self.rule(StepKind::Denial, format!("{} denies it", rule.element), rule),
            Fact::Role(role) => self.rule(StepKind::Role, format!("because of the {}", role.element), role),
            Fact::Context { period, values } => {
                let mut step = Step::new(StepKind::Context, format!("in a position of the owner{}", when(*period)));
                (step.start, step.end) = bounds(*period);
                for (column, value) in values {
                    step.because.push(self.dimension(*column, *value)?);
                }
                step.because.extend(self.context_rule());
                step
            }
            Fact::Source { text, value, error } => gives(text, value.as_deref(), error.as_deref()),
            Fact::Match { confidence } => {
                Step::new(StepKind::Match, format!("keys of both sides are equal, confidence {confidence} %"))
            }
        };
        for below in &tree.because {
            let inner = self.tree(below, item, state)?;
            step.because.push(inner);
        }
        if let Fact::Rule(rule) = &tree.fact {
            self.reads_of(rule, &mut step)?;
        }
        Ok(step)
    }

    fn assigned(&mut self, fact: &Fact, item: Item) -> Result<Step, ExplainError> {
        let Fact::Assigned { row, workflow: state, provisioning: order, period, target, grace_until, current } = fact
        else {
            return Ok(Step::default());
        };
        let mut text = format!("{}: {}{}", state.label(), workflow(*state), when(*period));
        if let Some(until) = grace_until {
            text.push_str(&format!(", kept until {}", format_instant(*until)));
        }
        if let Some(order) = order {
            text.push_str(&format!("; {}", provisioning(*order)));
        }
        let mut step = Step::new(StepKind::Assignment, text);
        step.workflow_state = Some(state.name());
        step.provisioning_state = order.map(|order| order.name());
        (step.start, step.end) = bounds(*period);
        let (part, entity) = rows(item);
        step = step.about(About::Row(entity, *row));
        if let Some(target) = target {
            let mut at = self.resource_step(*target)?;
            at.text = format!("of the account {}", at.text);
            step.because.push(at);
        }
        if let (Some(current), Item::Value(_, property)) = (current, item) {
            let mut held = Step::new(StepKind::Value, format!("the managed system holds \"{current}\""));
            held.value = Some(current.clone());
            step.because.push(self.of_target(held, *target, property));
        }
        if *row != 0 {
            self.decisions(part, *row, &mut step)?;
            if part == "resource-type" {
                step.because.extend(self.orders_of(*row)?);
            }
        }
        Ok(step)
    }

    /// A step about the value of a property of a target.
    fn of_target(&self, step: Step, target: Option<ResourceId>, property: provost_model::PropertyId) -> Step {
        let of = self.metadata.entity_types.iter().find_map(|of| {
            let known = of.properties.iter().find(|known| known.id == property)?;
            Some(About::Property(of.identifier.clone(), target, known.identifier.clone()))
        });
        match of {
            Some(about) => step.about(about),
            None => step,
        }
    }

    fn decisions(&mut self, part: &str, row: i64, step: &mut Step) -> Result<(), ExplainError> {
        let all = self.tx.decisions(self.owner.1)?;
        for made in all.iter().filter(|made| made.part == part && made.row == row) {
            let comment = if made.comment.is_empty() { String::new() } else { format!(": {}", made.comment) };
            let text = format!("{} decided \"{}\" on {}{comment}", made.actor, made.verdict, format_instant(made.at));
            let told = Step::new(StepKind::Decision, text);
            step.because.push(told.about(About::Permission("/ProvisioningPolicy/AssignedResourceType/Query")));
        }
        Ok(())
    }

    /// An element of the policy, with what it asks for.
    fn rule(&self, kind: StepKind, text: String, named: &Named) -> Step {
        let place = (named.place.file.as_str(), named.place.line);
        let about = About::Row(rows_of(named.element), named.id.0);
        let text = format!("{text}: {}", named.identity);
        let mut step = Step::new(kind, text).of(named.element, &named.identity, place).about(about.clone());
        if kind != StepKind::Role {
            step.because = self.conditions(named).into_iter().map(|step| step.about(about.clone())).collect();
        }
        step
    }

    /// The element of a rule as it was written.
    fn written(&self, named: &Named) -> Option<&Element> {
        let root = |element: &str, identity: &str| {
            self.items.iter().find(|item| item.element == element && item.identity == identity)
        };
        match rows_of(named.element) {
            "SingleRoleRule" | "CompositeRoleRule" => root(named.element, &named.identity),
            _ => {
                let (of, own) = named.identity.split_once('/')?;
                let mut children = root("ResourceType", of)?.children.iter();
                children.find(|child| child.element == named.element && child.identity == own)
            }
        }
    }

    /// The dimension values that a rule asks for.
    fn conditions(&self, named: &Named) -> Vec<Step> {
        let Some(item) = self.written(named) else { return Vec::new() };
        let dimensions = &self.metadata.configuration.policy.dimensions;
        let asked = dimensions.iter().filter_map(|dimension| {
            let column = base32(dimension.column);
            let value = item.get(&format!("D{column}"))?;
            let below = if item.get(&format!("L{column}")) == Some("true") { " or anything below it" } else { "" };
            let mut step =
                Step::new(StepKind::Condition, format!("it asks for {} {value}{below}", dimension.identifier));
            step.value = Some(value.to_owned());
            Some(step)
        });
        asked.collect()
    }

    /// The values that the rule of a value reads.
    fn reads_of(&mut self, named: &Named, step: &mut Step) -> Result<(), ExplainError> {
        if !matches!(named.element, "ScalarRule" | "QueryRule") {
            return Ok(());
        }
        let names = if named.element == "ScalarRule" {
            ["Binding", "Expression"]
        } else {
            ["SourceBinding", "SourceExpression"]
        };
        let Some(item) = self.written(named) else { return Ok(()) };
        let [binding, expression] = names.map(|name| item.get(name).map(str::to_owned));
        let (entity_type, owner) = self.owner;
        let read = self.read_by(entity_type, owner, (binding.as_deref(), expression.as_deref()), 0)?;
        // Whoever may not see all that a value is computed from is not told the value either.
        let about: Vec<About> = read.iter().flat_map(|step| step.about.clone()).collect();
        for computed in step.because.iter_mut().filter(|below| below.kind == StepKind::Computed) {
            computed.about.extend(about.iter().cloned());
        }
        step.because.extend(read);
        Ok(())
    }

    fn dimension(&mut self, column: u8, value: ResourceId) -> Result<Step, ExplainError> {
        let reference = self.reference(value)?;
        let text = format!("{}: {}", self.dimension_name(column), reference.label());
        let about = About::Resource(reference.entity_type.clone(), value);
        let step = Step { resource: Some(reference), ..Step::new(StepKind::Dimension, text) };
        Ok(step.about(about))
    }

    fn dimension_name(&self, column: u8) -> String {
        let all = &self.metadata.configuration.policy.dimensions;
        let known = all.iter().find(|dimension| dimension.column == column);
        known.map_or_else(|| format!("dimension {}", base32(column)), |dimension| dimension.identifier.clone())
    }

    /// What makes the positions of the owner.
    fn context_rule(&self) -> Option<Step> {
        let of = &self.metadata.entity_types[self.owner.0].identifier;
        let rules = &self.metadata.configuration.policy.context_rules;
        let rule = rules.iter().find(|rule| rule.source_entity_type == *of)?;
        let read = [rule.resources.binding.as_deref(), rule.resources.expression.as_deref()];
        let read: Vec<&str> = read.into_iter().flatten().collect();
        let text = match read.is_empty() {
            true => format!("positions are read from {of} itself"),
            false => format!("positions are read from {}", read.join(" · ")),
        };
        let place = (rule.place.file.as_str(), rule.place.line);
        let step = Step::new(StepKind::Source, text).of("ContextRule", &rule.identifier, place);
        Some(step.about(About::Permission("/ProvisioningPolicy/ContextRule/Query")))
    }

    /// Rules that would give an item, the closest first.
    fn refusals(&mut self, subject: &Subject<'_>, item: Item, depth: usize) -> Result<Vec<Step>, ExplainError> {
        let found = subject.why_not(item);
        let mut steps = Vec::new();
        for refusal in found.refusals.iter().take(RULES) {
            steps.push(self.refusal(subject, refusal, depth)?);
        }
        if found.refusals.len() > RULES {
            let text = format!("{} other rules would give it, too, and are farther away", found.refusals.len() - RULES);
            steps.push(Step::new(StepKind::Note, text));
        }
        if steps.is_empty() {
            let text =
                "no rule gives it to anybody: it can only be given by hand, or by a rule that is still to be written";
            steps.push(Step::new(StepKind::Note, text));
        }
        Ok(steps)
    }

    fn refusal(&mut self, subject: &Subject<'_>, refusal: &Refusal, depth: usize) -> Result<Step, ExplainError> {
        let text = match (&refusal.failure, refusal.missing) {
            (Failure::None, _) => "holds",
            (_, 1) => "would give it, if this were so",
            _ => "would give it, if all of this were so",
        };
        let mut step = match &refusal.rule {
            Some(rule) => self.rule(StepKind::Rule, format!("{} {text}", rule.element), rule),
            None => Step::new(StepKind::Note, "no rule is looked at"),
        };
        for failure in std::iter::once(&refusal.failure).chain(&refusal.others) {
            let failed = self.failure(subject, failure, depth)?;
            step.because.push(failed);
        }
        Ok(step)
    }

    fn failure(&mut self, subject: &Subject<'_>, failure: &Failure, depth: usize) -> Result<Step, ExplainError> {
        let simple = |text: &str| Ok(Step::new(StepKind::Failure, text));
        let element = |text: &str, named: &Named| {
            let place = (named.place.file.as_str(), named.place.line);
            let step = Step::new(StepKind::Failure, format!("{text} {} {}", named.element, named.identity));
            step.of(named.element, &named.identity, place).about(About::Row(rows_of(named.element), named.id.0))
        };
        match failure {
            Failure::NoContext => simple("the owner has no position at present: give it one, or wait for its start"),
            Failure::LeftOut => simple("the context rule leaves the owner out, or its positions cannot be told"),
            Failure::Dimension { column, wanted, or_below, found } => {
                self.wrong_dimension(*column, *wanted, *or_below, *found)
            }
            Failure::Role(named) => {
                let mut step = element("the owner does not hold the", named);
                let item = match named.element {
                    "SingleRole" => Item::SingleRole(named.id),
                    _ => Item::CompositeRole(named.id),
                };
                if depth < DEEPEST {
                    step.because = self.refusals(subject, item, depth + 1)?;
                }
                Ok(step)
            }
            Failure::ResourceType(named) => {
                let mut step = element("the owner does not have the", named);
                if depth < DEEPEST {
                    step.because = self.refusals(subject, Item::ResourceType(named.id), depth + 1)?;
                }
                Ok(step)
            }
            Failure::Denied(named) => Ok(element("it must not be denied by the", named)),
            Failure::DeniedByHand => simple("somebody denied it by hand: take that back"),
            Failure::OfferedOnly => simple("the rule only offers it: ask for it, and have it approved"),
            Failure::MissingParameter(column) => {
                let name = self.dimension_name(*column);
                simple(&format!("it must have a {name}, and the owner's position has none"))
            }
            Failure::NoMatch => simple("the query rule finds nothing with the key of the owner"),
            Failure::Weaker(named) => Ok(element("something stronger gives another value: the", named)),
            Failure::None => simple("nothing fails: it is given"),
        }
    }

    fn wrong_dimension(
        &mut self,
        column: u8,
        wanted: ResourceId,
        or_below: bool,
        found: Option<ResourceId>,
    ) -> Result<Step, ExplainError> {
        let name = self.dimension_name(column);
        let reference = self.reference(wanted)?;
        let below = if or_below { " or something below it" } else { "" };
        let mut about = vec![About::Resource(reference.entity_type.clone(), wanted)];
        let has = match found {
            Some(found) => {
                let has = self.reference(found)?;
                about.push(About::Resource(has.entity_type.clone(), found));
                format!("is {}", has.label())
            }
            None => "has no value".to_owned(),
        };
        let text = format!("{name} would have to be {}{below}; it {has}", reference.label());
        let step = Step::new(StepKind::Failure, text);
        Ok(Step { about, resource: Some(reference), ..step })
    }
}

fn gives(text: &str, value: Option<&str>, error: Option<&str>) -> Step {
    let gives = match (error, value) {
        (Some(error), _) => format!("fails: {error}"),
        (None, Some(value)) => format!("gives \"{value}\""),
        (None, None) => "gives no value".to_owned(),
    };
    Step { value: value.map(str::to_owned), ..Step::new(StepKind::Computed, format!("{text} {gives}")) }
}

fn by_hand(above: Option<WorkflowState>) -> Step {
    let text = match above {
        Some(state) if state.is_derogation() => "it was found in the managed system",
        Some(state) if state.is_approved_by_hand() => "somebody gave it by hand, or decided that it may stay",
        _ => "somebody gave it by hand, or it was found in the managed system",
    };
    Step::new(StepKind::ByHand, text)
}
