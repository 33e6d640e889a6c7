//! Children of configuration elements as entity types: what leads from a task to what it works on.

use super::catalogue::{Entity, Kind, Stored};
use super::items::{Identifiers, Rows};
use provost_model::configuration::Item;
use provost_model::configuration::dialect;
use serde_json::{Value, json};

/// A child that can be queried.
struct Child {
    /// Name in queries.
    name: &'static str,
    /// Class of the element that it stands in.
    parent: &'static str,
    element: &'static str,
    /// Attribute that refers to another element, the name of the navigation to it, and its class.
    refers: (&'static str, &'static str, &'static str),
    /// It has a level.
    has_level: bool,
}

/// All of them. To add one, add its line to `docs/queries.md` too.
const CHILDREN: &[Child] = &[
    Child { name: "JobStep", parent: "Job", element: "Step", refers: ("Identifier", "Task", "Task"), has_level: true },
    Child {
        name: "TaskDependOnTask",
        parent: "Task",
        element: "TaskDependsOnTask",
        refers: ("ParentTask", "ParentTask", "Task"),
        has_level: false,
    },
    Child {
        name: "TaskEntityType",
        parent: "Task",
        element: "TaskEntityType",
        refers: ("EntityType", "EntityType", "EntityType"),
        has_level: false,
    },
    Child {
        name: "TaskResourceType",
        parent: "Task",
        element: "TaskResourceType",
        refers: ("ResourceType", "ResourceType", "ResourceType"),
        has_level: false,
    },
];

/// Children of one item have ids of their own below the item's.
const MOST_CHILDREN: i64 = 100_000;

pub(super) fn entities(items: &[(i64, Item)], ids: &Identifiers) -> Vec<Entity> {
    CHILDREN.iter().map(|child| of_child(child, items, ids)).collect()
}

fn of_child(child: &Child, items: &[(i64, Item)], ids: &Identifiers) -> Entity {
    let (attribute, name, class) = child.refers;
    let mut rows = Rows::new();
    for (name, class) in [(child.parent, child.parent), (name, class)] {
        rows.text(&format!("{name}Identifier"));
        rows.one(name, class);
    }
    if child.has_level {
        rows.value("Level", Stored::Int, Kind::Int);
    }
    for (position, item) in items {
        if dialect::root(&item.element).is_none_or(|element| element.class != child.parent) {
            continue;
        }
        let children = item.children.iter().filter(|inner| inner.element == child.element);
        for (n, inner) in (1..).zip(children) {
            let refers = inner.get(attribute);
            let mut row = vec![
                json!(-(position * MOST_CHILDREN + n)),
                json!(item.get("Identifier")),
                json!(-position),
                json!(refers),
                json!(refers.and_then(|text| ids.get(&(class, text.to_owned())))),
            ];
            row.extend(child.has_level.then(|| level(inner)));
            rows.rows.push(row);
        }
    }
    rows.finish(child.name)
}

fn level(step: &Item) -> Value {
    json!(step.get("Level").and_then(|text| text.parse::<i64>().ok()).unwrap_or(-1))
}
