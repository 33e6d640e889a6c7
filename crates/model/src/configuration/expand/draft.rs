//! A job in the making.

use super::arguments;
use super::facts::Facts;
use crate::configuration::item::Item;
use crate::configuration::jobs::TaskKind;
use std::collections::BTreeSet;

/// Client of the generated tasks when no argument names one.
const USUAL_CLIENT: &str = "Job";

/// A job that a scaffolding makes: its tasks stand at the root, its steps name them.
pub(super) struct Draft<'a, 'f> {
    /// The scaffolding.
    pub(super) origin: &'a Item,
    /// The configuration around it.
    pub(super) facts: &'f Facts<'a>,
    /// Identifier of the job, with which those of its tasks begin.
    pub(super) identifier: String,
    /// Agent of its agent tasks.
    pub(super) agent: Option<String>,
    attributes: Vec<(&'static str, String)>,
    /// Steps in order.
    pub(super) steps: Vec<DraftStep>,
    level: i32,
}

/// A step of such a job.
pub(super) struct DraftStep {
    /// Level.
    pub(super) level: i32,
    /// Identifier of the task.
    pub(super) identifier: String,
    /// The task, unless it is declared elsewhere.
    pub(super) task: Option<Item>,
}

/// A task in the making.
pub(super) struct NewTask {
    kind: TaskKind,
    name: String,
    subject: String,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Item>,
}

/// Identifier of the job of a scaffolding that does not say it.
pub(super) fn calculated_identifier(scope: &str, what: &str) -> String {
    if scope.is_empty() { what.to_owned() } else { format!("{scope}_{what}") }
}

impl<'a, 'f> Draft<'a, 'f> {
    /// A job without steps; `identifier` and `label` hold when the scaffolding says nothing else.
    pub(super) fn new(origin: &'a Item, facts: &'f Facts<'a>, identifier: String, label: String) -> Draft<'a, 'f> {
        let identifier = origin.get("JobIdentifier").map_or(identifier, str::to_owned);
        let label = origin.get("DisplayName_L1").map_or(label, str::to_owned);
        let attributes = vec![("DisplayName_L1", label)];
        Draft { origin, facts, identifier, agent: None, attributes, steps: Vec::new(), level: 0 }
    }

    /// Says something about the job.
    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.attributes.retain(|(known, _)| *known != name);
        self.attributes.push((name, value.to_owned()));
    }

    /// Says when it starts by itself: as the argument says, else `usual`.
    pub(super) fn cron(&mut self, usual: &str) {
        match arguments::child(self.origin, "CronTabExpression") {
            Some(argument) => {
                self.set("CronTabExpression", argument.get("CronTab").unwrap_or_default());
                self.set("CronTimeZone", argument.get("CronTimeZone").unwrap_or_default());
            }
            None => self.set("CronTabExpression", usual),
        }
    }

    /// Begins the next level.
    pub(super) fn next_level(&mut self) {
        // A level without tasks is none.
        self.level = self.steps.last().map_or(0, |step| step.level + 1);
    }

    /// A task whose identifier is that of the job and `name`.
    pub(super) fn task(&self, kind: TaskKind, name: impl AsRef<str>) -> NewTask {
        let mut task = NewTask {
            kind,
            name: format!("{}_{}", self.identifier, name.as_ref()),
            subject: String::new(),
            attributes: Vec::new(),
            children: Vec::new(),
        };
        if kind.side() != crate::configuration::jobs::Side::Server
            && let Some(agent) = &self.agent
        {
            let client = arguments::child(self.origin, "OpenIdIdentifier").and_then(|item| item.get("Identifier"));
            task = task.with("Agent", agent).with("OpenIdClient", client.unwrap_or(USUAL_CLIENT));
        }
        task
    }

    /// Adds a task to the current level. Its identifier.
    pub(super) fn add(&mut self, task: NewTask) -> String {
        let item = task.finish(self.origin);
        let identifier = item.get("Identifier").unwrap_or_default().to_owned();
        self.steps.push(DraftStep { level: self.level, identifier: identifier.clone(), task: Some(item) });
        identifier
    }

    /// Adds a task to a level of its own. Its identifier.
    pub(super) fn add_next(&mut self, task: NewTask) -> String {
        self.next_level();
        self.add(task)
    }

    /// How many tasks of this kind there are.
    pub(super) fn count(&self, kind: TaskKind) -> usize {
        let of_kind = |step: &&DraftStep| step.task.as_ref().is_some_and(|task| task.element == kind.element());
        self.steps.iter().filter(of_kind).count()
    }

    /// The tasks and the job, after the arguments of the scaffolding were applied.
    pub(super) fn finish(mut self) -> Vec<Item> {
        arguments::apply(&mut self);
        let mut job = made("Job", self.origin, &[("Identifier", self.identifier.clone())]);
        let labels = self.origin.attributes.iter().filter(|(name, _)| name.starts_with("DisplayName_L"));
        job.attributes.extend(labels.filter(|(name, _)| name != "DisplayName_L1").cloned());
        job.attributes.extend(self.attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        if let Some(agent) = &self.agent {
            job.attributes.push(("Agent".to_owned(), agent.clone()));
        }
        job.attributes.retain(|(_, value)| !value.is_empty());
        job.children = self
            .steps
            .iter()
            .map(|step| {
                let level = step.level.to_string();
                made("Step", self.origin, &[("Identifier", step.identifier.clone()), ("Level", level)])
            })
            .collect();
        let wanted = arguments::child(self.origin, "DoNotCreateJob").is_none();
        let tasks = self.steps.into_iter().filter_map(|step| step.task);
        tasks.chain(wanted.then_some(job)).collect()
    }
}

impl NewTask {
    /// An identifier that does not begin with that of the job.
    pub(super) fn named(mut self, identifier: &str) -> NewTask {
        self.name = identifier.to_owned();
        self
    }

    /// An attribute; the default is left out.
    pub(super) fn with(mut self, name: &'static str, value: &str) -> NewTask {
        let default = self.kind.definition().and_then(|element| element.default_of(name));
        if !value.is_empty() && default != Some(value) {
            self.attributes.push((name, value.to_owned()));
        }
        self
    }

    /// Several attributes that are true.
    pub(super) fn with_flags(self, names: &[&'static str]) -> NewTask {
        names.iter().fold(self, |task, name| task.with(name, "true"))
    }

    /// What its label says that it is about.
    pub(super) fn about(mut self, subject: &str) -> NewTask {
        self.subject = subject.to_owned();
        self
    }

    /// Entity types that it works on.
    pub(super) fn entity_types(self, names: &BTreeSet<&str>) -> NewTask {
        self.list("TaskEntityType", "EntityType", names.iter().copied())
    }

    /// Resource types that it works on.
    pub(super) fn resource_types(self, names: &BTreeSet<&str>) -> NewTask {
        self.list("TaskResourceType", "ResourceType", names.iter().copied())
    }

    /// Tasks that it depends on.
    pub(super) fn depends_on(self, names: &[String]) -> NewTask {
        self.list("TaskDependsOnTask", "ParentTask", names.iter().map(String::as_str))
    }

    fn list<'n>(mut self, element: &str, name: &'static str, values: impl Iterator<Item = &'n str>) -> NewTask {
        let children = values.map(|value| made(element, &Item::default(), &[(name, value.to_owned())]));
        self.children.extend(children);
        self
    }

    fn finish(self, origin: &Item) -> Item {
        let label = words(self.kind.element());
        let label = if self.subject.is_empty() { label } else { format!("{label}: {}", self.subject) };
        let mut item = made(self.kind.element(), origin, &[("Identifier", self.name), ("DisplayName_L1", label)]);
        item.attributes.extend(self.attributes.into_iter().map(|(name, value)| (name.to_owned(), value)));
        item.children = self.children;
        item.children.iter_mut().for_each(|child| place(child, origin));
        item
    }
}

/// An item that a scaffolding makes; its place is that of the scaffolding.
pub(super) fn made(element: &str, origin: &Item, attributes: &[(&str, String)]) -> Item {
    let mut item = Item {
        element: element.to_owned(),
        identity: attributes.first().map(|(_, value)| value.clone()).unwrap_or_default(),
        attributes: attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        ..Item::default()
    };
    place(&mut item, origin);
    item
}

fn place(item: &mut Item, origin: &Item) {
    item.file.clone_from(&origin.file);
    item.position = origin.position;
}

/// `PrepareSynchronizationTask` as people write it: `Prepare synchronization`.
fn words(element: &str) -> String {
    let name = element.strip_suffix("Task").unwrap_or(element);
    let mut words = String::new();
    for (at, c) in name.char_indices() {
        if at > 0 && c.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(if at > 0 { c.to_ascii_lowercase() } else { c });
    }
    words
}
