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
    /// Attributes of its own that are shown, too.
    shows: &'static [Shown],
}

/// An attribute of a child.
struct Shown {
    name: &'static str,
    kind: Kind,
    default: &'static str,
}

const fn text(name: &'static str, default: &'static str) -> Shown {
    Shown { name, kind: Kind::Text, default }
}

const LEVEL: &[Shown] = &[Shown { name: "Level", kind: Kind::Int, default: "-1" }];

/// All of them. To add one, add its line to `docs/queries.md` too.
const CHILDREN: &[Child] = &[
    Child {
        name: "ConnectionColumn",
        parent: "ConnectionTable",
        element: "Column",
        refers: ("Connection", "Connection", "Connection"),
        shows: &[
            text("Identifier", ""),
            text("DisplayName", ""),
            text("Path", ""),
            Shown { name: "IsMultivalued", kind: Kind::Bool, default: "false" },
            text("KeyType", "None"),
            text("ValueType", "String"),
            Shown { name: "ValueLength", kind: Kind::Int, default: "0" },
            text("ForeignColumn", ""),
        ],
    },
    Child { name: "JobStep", parent: "Job", element: "Step", refers: ("Identifier", "Task", "Task"), shows: LEVEL },
    Child {
        name: "TaskDependOnTask",
        parent: "Task",
        element: "TaskDependsOnTask",
        refers: ("ParentTask", "ParentTask", "Task"),
        shows: &[],
    },
    Child {
        name: "TaskEntityType",
        parent: "Task",
        element: "TaskEntityType",
        refers: ("EntityType", "EntityType", "EntityType"),
        shows: &[],
    },
    Child {
        name: "TaskResourceType",
        parent: "Task",
        element: "TaskResourceType",
        refers: ("ResourceType", "ResourceType", "ResourceType"),
        shows: &[],
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
    for shown in child.shows {
        match shown.kind {
            Kind::Text => rows.text(shown.name),
            kind => rows.value(shown.name, Stored::Int, kind),
        }
    }
    for (position, item) in items {
        if dialect::root(&item.element).is_none_or(|element| element.class != child.parent) {
            continue;
        }
        let children = item.children.iter().filter(|inner| inner.element == child.element);
        for (n, inner) in (1..).zip(children) {
            // A column is of the connection of its table.
            let refers = inner.get(attribute).or_else(|| item.get(attribute));
            let mut row = vec![
                json!(-(position * MOST_CHILDREN + n)),
                json!(item.get("Identifier")),
                json!(-position),
                json!(refers),
                json!(refers.and_then(|text| ids.get(&(class, text.to_owned())))),
            ];
            row.extend(child.shows.iter().map(|shown| shown.of(inner)));
            rows.rows.push(row);
        }
    }
    rows.finish(child.name)
}

impl Shown {
    fn of(&self, item: &Item) -> Value {
        let text = item.get(self.name).unwrap_or(self.default);
        match self.kind {
            Kind::Bool => json!(i64::from(text == "true")),
            Kind::Int => json!(text.parse::<i64>().ok()),
            _ => json!(Some(text).filter(|text| !text.is_empty())),
        }
    }
}
