//! Items as they are shown: what belongs to one assignment on one card.

use super::gather::{Gathered, KINDS, Reading};
use crate::orders::{Item, ItemKind, Part};
use crate::web::problem::Problem;
use crate::web::screens::policy::permissions::{leads_to, object_href, target_type};
use crate::web::screens::policy::{known, resource_href};
use provost_model::PolicyObjectId;
use provost_store::ReadTx;
use std::collections::{BTreeMap, BTreeSet};

/// What somebody can say about something, as a field of a form.
pub(super) struct Choice {
    pub(super) verdict: &'static str,
    /// `approve~version`.
    pub(super) value: String,
}

/// A property that waits.
pub(super) struct Line {
    pub(super) property: String,
    pub(super) proposed: String,
    pub(super) current: String,
    /// Badges: how it came about, how far it is on its way.
    pub(super) states: Vec<String>,
    pub(super) error: String,
    pub(super) confidence: Option<u8>,
    /// Name of the field: `scalar.12`.
    pub(super) field: String,
    pub(super) choices: Vec<Choice>,
}

/// An assignment with what waits of it.
pub(super) struct Card {
    pub(super) owner: i64,
    pub(super) owner_name: String,
    pub(super) owner_href: String,
    pub(super) of: String,
    pub(super) of_href: String,
    /// Key of a message: why it waits.
    pub(super) kind: &'static str,
    pub(super) target: Option<(String, String)>,
    pub(super) confidence: Option<u8>,
    /// Badges: how it came about, how far it is on its way.
    pub(super) states: Vec<String>,
    pub(super) error: String,
    /// Field and choices about the whole.
    pub(super) field: String,
    pub(super) choices: Vec<Choice>,
    pub(super) lines: Vec<Line>,
    /// Where all about it is.
    pub(super) details: String,
}

/// Word of a part in fields.
pub(super) const PARTS: [(&str, Part); 7] = [
    ("resource-type", Part::ResourceType),
    ("scalar", Part::Scalar),
    ("navigation", Part::Navigation),
    ("binary", Part::Binary),
    ("single-role", Part::SingleRole),
    ("composite-role", Part::CompositeRole),
    ("order", Part::Order),
];

fn part_word(part: Part) -> &'static str {
    PARTS.iter().find(|(_, known)| *known == part).map_or("", |(word, _)| word)
}

/// What can be said about an item.
pub(super) fn verdicts(item: &Item) -> &'static [&'static str] {
    match item.kind {
        ItemKind::Addition | ItemKind::Association | ItemKind::Update | ItemKind::Deletion | ItemKind::Request => {
            &["approve", "decline"]
        }
        ItemKind::Errored => &["unblock"],
        ItemKind::Property => &["approve", "keep"],
        ItemKind::Unauthorised | ItemKind::Role => &["keep", "delete"],
        ItemKind::Manual => &["executed", "failed"],
    }
}

fn choices(item: &Item) -> Vec<Choice> {
    let choice = |verdict: &&'static str| Choice { verdict, value: format!("{verdict}~{}", item.version) };
    verdicts(item).iter().map(choice).collect()
}

fn is_whole(item: &Item) -> bool {
    matches!(item.part, Part::ResourceType | Part::SingleRole | Part::CompositeRole | Part::Order)
}

/// Key of the message that names a kind.
pub(super) fn kind_key(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Addition => "reviews.addition",
        ItemKind::Association => "reviews.association",
        ItemKind::Update => "reviews.update",
        ItemKind::Deletion => "reviews.deletion",
        ItemKind::Errored => "reviews.errored",
        ItemKind::Manual => "reviews.order",
        ItemKind::Role => "reviews.role",
        ItemKind::Property => "reviews.property",
        ItemKind::Unauthorised => "reviews.unauthorised",
        ItemKind::Request => "reviews.request",
    }
}

/// Word of a kind in addresses.
pub(super) fn kind_word(kind: ItemKind) -> &'static str {
    KINDS.iter().find(|(_, known)| *known == kind).map_or("", |(word, _)| word)
}

impl Reading<'_> {
    /// The cards of items: one for each assignment, or one for each line.
    pub(super) fn cards(&self, tx: &mut ReadTx, found: &Gathered, by_property: bool) -> Result<Vec<Card>, Problem> {
        let names = self.names(tx, &found.items)?;
        let same = |a: &Item, b: &Item| {
            !by_property && a.owner == b.owner && a.assigned == b.assigned && a.assigned != 0 && a.part != Part::Order
        };
        let mut items = found.items.clone();
        items.sort_by_key(|item| (item.owner, item.assigned, item.part, item.id));
        let mut cards: Vec<Card> = Vec::new();
        for group in items.chunk_by(same) {
            cards.push(self.card(group, found, &names));
        }
        Ok(cards)
    }

    fn object_of(&self, item: &Item) -> Option<PolicyObjectId> {
        let element = match item.part {
            Part::SingleRole => "SingleRole",
            Part::CompositeRole => "CompositeRole",
            _ => "ResourceType",
        };
        self.model.policy.find(element, &item.of).map(|(id, _)| id)
    }

    /// Names of targets and linked resources that may be seen.
    fn names(&self, tx: &mut ReadTx, items: &[Item]) -> Result<BTreeMap<i64, (String, String)>, Problem> {
        let mut wanted: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for item in items {
            let Some(target_type) = self.object_of(item).and_then(|id| target_type(self.model, id)) else { continue };
            wanted.entry(target_type.to_owned()).or_default().extend(item.target);
            if item.part == Part::Navigation
                && let Some(of) = item.property.as_ref().and_then(|name| leads_to(self.catalogue, target_type, name))
            {
                let ids = [&item.proposed, &item.current].into_iter().flatten().filter_map(|id| id.parse::<i64>().ok());
                wanted.entry(of).or_default().extend(ids);
            }
        }
        let mut names = BTreeMap::new();
        for (of, ids) in wanted {
            let known = known(self.ctx, tx, self.catalogue, &of, ids)?;
            names.extend(known.into_iter().map(|(id, name)| (id, (name, of.clone()))));
        }
        Ok(names)
    }

    fn card(&self, group: &[Item], found: &Gathered, names: &BTreeMap<i64, (String, String)>) -> Card {
        let first = &group[0];
        let whole = group.iter().find(|item| is_whole(item));
        let object = self.object_of(first);
        let resource = |id: i64| match names.get(&id) {
            Some((name, of)) => (name.clone(), resource_href(self.ctx, of, id)),
            None => (format!("#{id}"), String::new()),
        };
        let owner_href = resource_href(self.ctx, &self.kind.identifier, first.owner);
        let may_details = !owner_href.is_empty()
            && self.ctx.may(&format!("/Custom/Resources/{}/ViewOwnedResources", self.kind.identifier));
        let details = match first.part {
            Part::Order => format!("{owner_href}/permissions/resource-type/{}", first.assigned),
            _ if whole.is_none() && group.len() > 1 => {
                format!("{owner_href}/permissions/resource-type/{}", first.assigned)
            }
            part => format!("{owner_href}/permissions/{}/{}", part_word(part), whole.unwrap_or(first).id),
        };
        let shown = whole.unwrap_or(first);
        Card {
            owner: first.owner,
            owner_name: found.owners.get(&first.owner).cloned().unwrap_or_default(),
            owner_href,
            of: object.map_or_else(|| first.of.clone(), |id| self.model.object_name(id, self.ctx.w)),
            of_href: object.map(|id| object_href(self.ctx, self.model, id)).unwrap_or_default(),
            kind: kind_key(shown.kind),
            target: first.target.map(resource),
            confidence: whole.and_then(|item| item.confidence),
            states: states(shown),
            error: whole.and_then(|item| item.error.clone()).unwrap_or_default(),
            field: whole.map(field).unwrap_or_default(),
            choices: whole.map(choices).unwrap_or_default(),
            lines: group.iter().filter(|item| !is_whole(item)).map(|item| self.line(item, names)).collect(),
            details: if may_details { details } else { String::new() },
        }
    }

    fn line(&self, item: &Item, names: &BTreeMap<i64, (String, String)>) -> Line {
        let target_type = self.object_of(item).and_then(|id| target_type(self.model, id)).unwrap_or_default();
        let name = item.property.clone().unwrap_or_default();
        let shown = |value: &Option<String>| {
            let text = value.clone().unwrap_or_default();
            let id = text.parse::<i64>().ok().filter(|_| item.part == Part::Navigation);
            match id {
                Some(id) => names.get(&id).map_or_else(|| format!("#{id}"), |(name, _)| name.clone()),
                None => text,
            }
        };
        Line {
            property: self.model.kind(target_type).map_or(name.clone(), |kind| kind.property_name(&name, self.ctx.w)),
            proposed: shown(&item.proposed),
            current: shown(&item.current),
            states: states(item),
            error: item.error.clone().unwrap_or_default(),
            confidence: item.confidence,
            field: field(item),
            choices: choices(item),
        }
    }
}

/// Badges of the states of an item; of an order, what it does.
fn states(item: &Item) -> Vec<String> {
    if item.part == Part::Order {
        let word = item.state.split(' ').next().unwrap_or_default();
        return vec![ORDERS.iter().find(|(known, _)| *known == word).map_or("Update", |(_, badge)| badge).to_owned()];
    }
    let workflow = item.workflow.map(|state| format!("W{state}"));
    let provisioning = item.provisioning.filter(|state| *state != 0).map(|state| format!("P{state}"));
    workflow.into_iter().chain(provisioning).collect()
}

/// Badges of what orders do.
const ORDERS: [(&str, &str); 3] = [("Added", "Insert"), ("Modified", "Update"), ("Deleted", "Delete")];

fn field(item: &Item) -> String {
    format!("{}.{}", part_word(item.part), item.id)
}
