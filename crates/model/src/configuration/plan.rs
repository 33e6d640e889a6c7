//! What deploying would change.

use super::item::Item;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

/// Difference between what is stored and what is to be deployed.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Plan {
    /// Changes, by element and identity.
    pub changes: Vec<Change>,
}

/// One item that changes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Change {
    /// What happens to it.
    pub sign: Sign,
    /// Element name.
    pub element: String,
    /// What tells it apart.
    pub identity: String,
    /// Attributes that change. All of them, for an item that is added or removed.
    pub attributes: Vec<AttributeChange>,
    /// Children that change, in document order; removed ones last.
    pub children: Vec<Change>,
}

/// What happens to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Sign {
    /// It is new.
    Added,
    /// It has other attributes or children.
    Changed,
    /// It goes.
    Removed,
}

/// One attribute that changes; an absent value means the default.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AttributeChange {
    /// Name, or `(order)` when only the order of the children changes.
    pub name: String,
    /// Value that is stored.
    pub before: Option<String>,
    /// Value to be deployed.
    pub after: Option<String>,
}

/// Compares stored items with new ones. Order of items and files of origin make no difference; order of children does.
pub fn plan(stored: &[Item], new: &[Item]) -> Plan {
    let mut changes = compare(stored, new);
    changes.sort_by(|a, b| (&a.element, &a.identity).cmp(&(&b.element, &b.identity)));
    Plan { changes }
}

fn compare(stored: &[Item], new: &[Item]) -> Vec<Change> {
    let mut changes = Vec::new();
    let pairs = pair(stored, new);
    for (before, after) in pairs {
        match (before, after) {
            (Some(before), Some(after)) => changes.extend(changed(before, after)),
            (None, Some(after)) => changes.push(whole(Sign::Added, after)),
            (Some(before), None) => changes.push(whole(Sign::Removed, before)),
            (None, None) => {}
        }
    }
    changes
}

/// Pairs items that are the same one: equal content first, then equal identity, then what is left of a group that
/// shares one identity. In the order of `new`, removed ones last.
fn pair<'a>(stored: &'a [Item], new: &'a [Item]) -> Vec<(Option<&'a Item>, Option<&'a Item>)> {
    let mut groups: HashMap<(&str, &str), Vec<&Item>> = HashMap::new();
    for item in stored {
        groups.entry((&item.element, item.base_identity())).or_default().push(item);
    }
    let mut partners: Vec<Option<&Item>> = vec![None; new.len()];
    type Same = fn(&Item, &Item) -> bool;
    let rounds: [Same; 3] = [
        |before, after| before.attributes == after.attributes && same_children(before, after),
        |before, after| before.identity == after.identity,
        |_, _| true,
    ];
    for same in rounds {
        for (item, partner) in new.iter().zip(&mut partners).filter(|(_, partner)| partner.is_none()) {
            if let Some(group) = groups.get_mut(&(item.element.as_str(), item.base_identity()))
                && let Some(at) = group.iter().position(|before| same(before, item))
            {
                *partner = Some(group.remove(at));
            }
        }
    }
    let mut pairs: Vec<_> = partners.into_iter().zip(new.iter().map(Some)).collect();
    let left: HashSet<*const Item> = groups.into_values().flatten().map(std::ptr::from_ref).collect();
    pairs.extend(stored.iter().filter(|item| left.contains(&std::ptr::from_ref(*item))).map(|item| (Some(item), None)));
    pairs
}

fn same_children(a: &Item, b: &Item) -> bool {
    a.children.len() == b.children.len() && a.children.iter().zip(&b.children).all(|(a, b)| a.same_content(b))
}

fn whole(sign: Sign, item: &Item) -> Change {
    let attributes = item.attributes.iter().map(|(name, value)| {
        let value = Some(value.clone());
        let (before, after) = if sign == Sign::Removed { (value, None) } else { (None, value) };
        AttributeChange { name: name.clone(), before, after }
    });
    Change {
        sign,
        element: item.element.clone(),
        identity: item.identity.clone(),
        attributes: attributes.collect(),
        children: item.children.iter().map(|child| whole(sign, child)).collect(),
    }
}

fn changed(before: &Item, after: &Item) -> Option<Change> {
    let mut attributes: Vec<AttributeChange> = Vec::new();
    let left: BTreeMap<&str, &str> = before.attributes.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    for (name, value) in &after.attributes {
        let stored = left.get(name.as_str()).copied();
        if stored != Some(value.as_str()) {
            let (before, after) = (stored.map(str::to_owned), Some(value.clone()));
            attributes.push(AttributeChange { name: name.clone(), before, after });
        }
    }
    for (name, value) in before.attributes.iter().filter(|(name, _)| after.get(name).is_none()) {
        attributes.push(AttributeChange { name: name.clone(), before: Some(value.clone()), after: None });
    }
    let children = compare(&before.children, &after.children);
    if children.is_empty() && !same_children(before, after) {
        let order = |item: &Item| Some(item.children.iter().map(title).collect::<Vec<_>>().join(", "));
        attributes.push(AttributeChange { name: "(order)".to_owned(), before: order(before), after: order(after) });
    }
    (!attributes.is_empty() || !children.is_empty()).then(|| Change {
        sign: Sign::Changed,
        element: after.element.clone(),
        identity: after.identity.clone(),
        attributes,
        children,
    })
}

fn title(item: &Item) -> String {
    format!("{} {}", item.element, item.identity).trim_end().to_owned()
}

impl Plan {
    /// Whether deploying would change nothing.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Number of items added, changed and removed.
    pub fn counts(&self) -> (usize, usize, usize) {
        let of = |sign| self.changes.iter().filter(|change| change.sign == sign).count();
        (of(Sign::Added), of(Sign::Changed), of(Sign::Removed))
    }
}

impl Sign {
    /// `+`, `~` or `-`.
    pub fn symbol(self) -> char {
        match self {
            Sign::Added => '+',
            Sign::Changed => '~',
            Sign::Removed => '-',
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(f, "Nothing to change: the repository holds exactly this configuration.");
        }
        for change in &self.changes {
            write_change(f, change, 0)?;
        }
        let (added, changed, removed) = self.counts();
        writeln!(f, "{added} to add, {changed} to change, {removed} to remove.")
    }
}

fn write_change(f: &mut fmt::Formatter<'_>, change: &Change, depth: usize) -> fmt::Result {
    let indent = "    ".repeat(depth);
    let title = format!("{} {}", change.element, change.identity);
    writeln!(f, "{indent}{} {}", change.sign.symbol(), one_line(title.trim_end()))?;
    for AttributeChange { name, before, after } in &change.attributes {
        // The title of a whole item says already what tells it apart.
        let said = |value: &str| match name.as_str() {
            "Identifier" => change.identity == value,
            _ => change.identity.split(", ").any(|part| part.split_once('=') == Some((name, value))),
        };
        if change.sign != Sign::Changed && before.iter().chain(after).any(|value| said(value)) {
            continue;
        }
        write!(f, "{indent}    {name}: ")?;
        let quoted =
            |value: &Option<String>| value.as_ref().map_or("(default)".to_owned(), |v| format!("\"{}\"", one_line(v)));
        match change.sign {
            Sign::Added => writeln!(f, "{}", quoted(after))?,
            Sign::Removed => writeln!(f, "{}", quoted(before))?,
            Sign::Changed => writeln!(f, "{} → {}", quoted(before), quoted(after))?,
        }
    }
    change.children.iter().try_for_each(|child| write_change(f, child, depth + 1))
}

/// Control characters would break the lines of the plan.
fn one_line(text: &str) -> String {
    text.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t")
}
