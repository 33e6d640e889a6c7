//! Jobs, tasks, and what depends on what. Jobs that scaffoldings make are looked at, too; their place is the scaffolding.

use super::Context;
use super::references::right_name;
use crate::configuration::item::Item;
use crate::configuration::jobs::{PlacedJob, TaskKind, effective_order};
use crate::configuration::node::Node;
use crate::configuration::source::{Problems, Span};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Two tasks cannot share an identifier, wherever they stand. Nor can a job share one with a job that is made.
pub(super) fn identifiers(context: &Context<'_>, problems: &mut Problems<'_>) {
    let mut seen: HashMap<(&str, &str), (&Item, Option<&Item>)> = HashMap::new();
    let mut told: BTreeSet<(usize, usize)> = BTreeSet::new();
    let nested = context.items.iter().filter(|item| item.element == "Job");
    let nested = nested.flat_map(|job| job.children.iter().map(|child| (child, Some(*job))));
    for (item, parent) in context.items.iter().map(|item| (*item, None)).chain(nested) {
        let class = match TaskKind::ALL.iter().any(|kind| kind.element() == item.element) {
            true => "Task",
            false if item.element == "Job" => "Job",
            false => continue,
        };
        let Some(identifier) = item.get("Identifier") else {
            continue;
        };
        let Some((first, first_parent)) = seen.get(&(class, identifier)).copied() else {
            seen.insert((class, identifier), (item, parent));
            continue;
        };
        // Siblings that were both written are compared elsewhere.
        let siblings = first_parent.map(std::ptr::from_ref) == parent.map(std::ptr::from_ref);
        if siblings && !is_made(context, first) && !is_made(context, item) {
            continue;
        }
        if let (Some(node), Some(first)) = (context.node_of(item), context.node_of(first)) {
            // Two scaffoldings of one job share all its identifiers: one problem says it.
            if is_made(context, item) && !told.insert((node.span.file, node.span.range.start)) {
                continue;
            }
            let message = format!("identifier \"{identifier}\" of a {} is taken", class.to_lowercase());
            let hint = format!("the first one is in {}", problems.words(&first.span));
            problems.error("duplicate-identifier", node.value_span("Identifier"), message, hint);
        }
    }
}

/// Whether a scaffolding made this item.
pub(super) fn is_made(context: &Context<'_>, item: &Item) -> bool {
    context.node_of(item).is_none_or(|node| node.element.name != item.element)
}

/// What a task depends on runs before it, in the same job.
pub(super) fn parents(context: &Context<'_>, problems: &mut Problems<'_>) {
    for placed in &context.jobs {
        let job = finished(placed);
        let mut turns: HashMap<&str, usize> = HashMap::new();
        for (turn, group) in effective_order(&job, usize::MAX).iter().enumerate() {
            group.iter().for_each(|step| {
                turns.entry(step.task.identifier.as_str()).or_insert(turn);
            });
        }
        for step in &placed.steps {
            let Some(child) = step.step.as_ref().map(|step| step.task.identifier.as_str()) else {
                continue;
            };
            let written = [Some(step.item), step.task].into_iter().flatten().flat_map(|item| &item.children);
            let mut named: Vec<&Item> = written.filter(|item| item.element == "TaskDependsOnTask").collect();
            named.dedup_by_key(|item| std::ptr::from_ref(*item));
            for dependency in named {
                let parent = dependency.get("ParentTask").unwrap_or_default();
                let span = context.node_of(dependency).map(|node| node.value_span("ParentTask"));
                if let Some(span) = span.filter(|_| is_task(context, parent)) {
                    order(&job.identifier, child, parent, &turns, span, problems);
                }
            }
        }
    }
}

fn finished(placed: &PlacedJob<'_>) -> crate::configuration::jobs::Job {
    let steps = placed.steps.iter().filter_map(|placed| placed.step.clone()).collect();
    crate::configuration::jobs::Job { steps, ..placed.job.clone() }
}

fn is_task(context: &Context<'_>, identifier: &str) -> bool {
    context.model.identifiers.get("Task").is_some_and(|known| known.contains(identifier))
}

fn order(job: &str, child: &str, parent: &str, turns: &HashMap<&str, usize>, span: &Span, problems: &mut Problems<'_>) {
    match (turns.get(parent), turns.get(child)) {
        (None, _) => {
            let message = format!("\"{child}\" depends on \"{parent}\", which is not in job \"{job}\"");
            let others: BTreeSet<&str> = turns.keys().copied().filter(|name| *name != child).collect();
            let near = right_name(parent, others.iter().copied());
            let hint = format!(
                "it would never start; add a <Step Identifier=\"{parent}\">, or depend on a task of this job: {near}"
            );
            problems.error("dependency-elsewhere", span, message, hint);
        }
        (Some(parent_turn), Some(child_turn)) if parent_turn >= child_turn && parent != child => {
            let message = format!("\"{child}\" depends on \"{parent}\", which runs later or at the same time");
            let hint = format!("put \"{parent}\" before it in job \"{job}\", or give it a lower Level");
            problems.error("dependency-order", span, message, hint);
        }
        _ => {}
    }
}

/// Nothing depends on itself, through however many others.
pub(super) fn cycles(context: &Context<'_>, problems: &mut Problems<'_>) {
    let mut edges: BTreeMap<&str, Vec<(&str, &Item)>> = BTreeMap::new();
    let nested = context.items.iter().filter(|item| item.element == "Job").flat_map(|job| &job.children);
    for item in context.items.iter().copied().chain(nested) {
        let Some(identifier) = item.get("Identifier") else {
            continue;
        };
        for child in item.children.iter().filter(|child| child.element == "TaskDependsOnTask") {
            edges.entry(identifier).or_default().push((child.get("ParentTask").unwrap_or_default(), child));
        }
    }
    for start in edges.keys() {
        let Some((path, dependency)) = way_back(start, &edges) else {
            continue;
        };
        // Each cycle is reported once, from its first name.
        let Some(node) = context.node_of(dependency).filter(|_| path.iter().all(|name| name >= start)) else {
            continue;
        };
        let message = format!("\"{start}\" depends on itself: {} → {start}", path.join(" → "));
        let hint = "remove one of these dependencies: none of these tasks would ever start";
        problems.error("dependency-cycle", node.value_span("ParentTask"), message, hint);
    }
}

type Edges<'a> = BTreeMap<&'a str, Vec<(&'a str, &'a Item)>>;

/// The shortest way from a task back to itself, and its first dependency on it.
fn way_back<'a>(start: &'a str, edges: &Edges<'a>) -> Option<(Vec<&'a str>, &'a Item)> {
    let mut queue = std::collections::VecDeque::new();
    let mut seen = BTreeSet::new();
    for (parent, dependency) in edges.get(start)? {
        queue.push_back((*parent, vec![start], *dependency));
    }
    while let Some((at, path, dependency)) = queue.pop_front() {
        if at == start {
            return Some((path, dependency));
        }
        if !seen.insert(at) {
            continue;
        }
        for (parent, _) in edges.get(at).into_iter().flatten() {
            let mut longer = path.clone();
            longer.push(at);
            queue.push_back((*parent, longer, dependency));
        }
    }
    None
}

/// All tasks of a job are for one agent, or for the server.
pub(super) fn agents(context: &Context<'_>, problems: &mut Problems<'_>) {
    for placed in &context.jobs {
        let Some(job) = context.node_of(placed.item) else {
            continue;
        };
        let on_agent: Vec<_> = placed
            .steps
            .iter()
            .filter_map(|placed| Some((placed.item, &placed.step.as_ref()?.task)))
            .filter(|(_, task)| !task.is_on_server())
            .collect();
        let (Some((_, first)), identifier) = (on_agent.first(), &placed.job.identifier) else {
            continue;
        };
        let Some(agent) = placed.job.agent.as_deref() else {
            let message = format!("job \"{identifier}\" has no agent, but \"{}\" runs on one", first.identifier);
            let hint = match (is_made(context, placed.item), &first.agent) {
                (true, _) => "put Agent=\"…\" on the connector".to_owned(),
                (false, Some(agent)) => format!("put Agent=\"{agent}\" on the job"),
                (false, None) => "put Agent=\"…\" on the job".to_owned(),
            };
            problems.error("job-without-agent", &job.span, message, hint);
            continue;
        };
        for (item, task) in &on_agent {
            if let (Some(other), Some(node)) =
                (task.agent.as_deref().filter(|other| *other != agent), context.node_of(item))
            {
                let message =
                    format!("\"{}\" runs on agent \"{other}\", job \"{identifier}\" on \"{agent}\"", task.identifier);
                problems.error("agents-differ", &node.span, message, "make a job for each agent");
            }
        }
    }
}

/// An override changes a task of its own kind.
pub(super) fn overrides(context: &Context<'_>, problems: &mut Problems<'_>) {
    for step in context.jobs.iter().flat_map(|placed| &placed.steps) {
        let (Some(task), Some(node)) = (step.task, context.node_of(step.item)) else {
            continue;
        };
        let differs = step.item.element.strip_suffix("Override").is_some_and(|kind| kind != task.element);
        if differs {
            let message = format!("\"{}\" is a <{}>", node.identifier(), task.element);
            let hint = format!("write <{}Override>", task.element);
            problems.error("override-kind", &node.span, message, hint);
        }
    }
}

/// Resource types give the connections of a fulfilment, so it cannot name one.
pub(super) fn fulfilments(context: &Context<'_>, problems: &mut Problems<'_>) {
    super::walk(context.nodes, None, &mut |node, _| {
        let is_fulfilment = TaskKind::of(node.element.name) == Some(TaskKind::Fulfill);
        let listed = node.children.iter().any(|child| child.element.name == "TaskResourceType");
        if is_fulfilment && listed && node.written("Connection").is_some() {
            let message = format!("{} has both Connection and <TaskResourceType>", node.title());
            let hint = "remove Connection: the mappings of the resource types give it";
            problems.error("connection-and-resource-types", node.value_span("Connection"), message, hint);
        }
    });
}

/// Arguments of scaffoldings name steps of their job.
pub(super) fn arguments(context: &Context<'_>, problems: &mut Problems<'_>) {
    for unresolved in context.unresolved {
        let Some(node) = context.node_of(unresolved.argument) else {
            continue;
        };
        let name = node.value(unresolved.attribute);
        let known: BTreeSet<&str> = unresolved.known.iter().map(String::as_str).collect();
        let kinds = TaskKind::ALL.iter().map(|kind| kind.element());
        let message = format!("\"{}\" names no task of the job that is made: \"{name}\"", unresolved.attribute);
        let hint = right_name(name, known.iter().copied().chain(kinds));
        problems.error("unknown-task", node.value_span(unresolved.attribute), message, hint);
    }
}

/// Scaffoldings find what they need: an agent, a client, a profile.
pub(super) fn scaffoldings(context: &Context<'_>, problems: &mut Problems<'_>) {
    let connectors = context.nodes.iter().filter(|node| node.element.name == "Connector");
    let used: BTreeSet<&str> = connectors.filter_map(|node| node.written("Agent")).collect();
    for node in context.nodes {
        let of_agent = ["CreateAgentSynchroComplete", "CreateAgentSynchroIncremental", "CreateInitializationJob"];
        if of_agent.contains(&node.element.name) && node.written("Agent").is_none() && used.len() != 1 {
            let message = format!("<{}> does not say for which agent", node.element.name);
            let hint = format!("add Agent=\"…\"; {}", right_name("", used.iter().copied()));
            problems.error("agent-missing", &node.span, message, hint);
        }
        if node.element.acted_on
            && node.element.name.ends_with("AccessControlRules")
            && node.written("Profile").is_none()
        {
            let message = format!("\"Profile\" is missing on {}", node.title());
            problems.error(
                "missing-attribute",
                &node.span,
                message,
                "it is required: the profile that gets the rights",
            );
        }
    }
    let clients = context.model.identifiers.get("OpenIdClient");
    let mut told: BTreeSet<(usize, usize)> = BTreeSet::new();
    for item in context.items.iter().filter(|item| is_made(context, item)) {
        let (Some(client), Some(node)) = (item.get("OpenIdClient"), context.node_of(item)) else {
            continue;
        };
        let named = node.children.iter().any(|child: &Node| child.element.name == "OpenIdIdentifier");
        let known = clients.is_some_and(|known| known.contains(client));
        // A client that is named but unknown is a dangling reference, which is reported as such.
        if !known && !named && told.insert((node.span.file, node.span.range.start)) {
            let message =
                format!("the tasks of <{}> call the server as \"{client}\", which is no client", node.element.name);
            let hint =
                format!("declare <OpenIdClient Identifier=\"{client}\">, or name another with <OpenIdIdentifier>");
            problems.error("client-missing", &node.span, message, hint);
        }
    }
}
