//! What somebody may decide about, read a page at a time.

use super::Screen;
use super::rows::{Row, Rows};
use crate::orders::{Item, ItemKind, ItemNames, Part, by_hand, items_of};
use crate::web::problem::Problem;
use crate::web::screens::context::Ctx;
use crate::web::screens::model::{Kind, Model};
use crate::web::screens::policy::known;
use provost_model::{PolicyObjectId, ResourceId};
use provost_store::{Catalogue, ReadTx};
use std::collections::{BTreeMap, BTreeSet};

/// Owners that are read together.
const TOGETHER: usize = 50;
/// Rounds that one page takes at most; behind them it says that there may be more.
const ROUNDS: usize = 20;

/// What is wanted of a screen.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// Identifier of a role or resource type.
    pub(super) of: String,
    pub(super) property: String,
    /// A part of an error.
    pub(super) error: String,
    /// Only these kinds, when there are any.
    pub(super) kind: Option<ItemKind>,
    /// This owner alone.
    pub(super) owner: Option<i64>,
}

impl Wanted {
    pub(super) fn read(ctx: &Ctx) -> Wanted {
        let text = |name: &str| ctx.get(name).unwrap_or_default().to_owned();
        let kind = ctx.get("kind").and_then(|word| KINDS.iter().find(|(known, _)| *known == word));
        Wanted {
            of: text("of"),
            property: text("property"),
            error: text("error"),
            kind: kind.map(|(_, kind)| *kind),
            owner: None,
        }
    }

    fn admits(&self, screen: &Screen, item: &Item) -> bool {
        screen.kinds.contains(&item.kind)
            && self.kind.is_none_or(|kind| kind == item.kind)
            && (self.of.is_empty() || self.of == item.of)
            && (self.property.is_empty() || item.property.as_ref() == Some(&self.property))
            && (self.error.is_empty() || item.error.as_ref().is_some_and(|error| error.contains(&self.error)))
    }
}

/// Kinds with their words, which are keys of messages too.
pub(super) const KINDS: [(&str, ItemKind); 10] = [
    ("addition", ItemKind::Addition),
    ("association", ItemKind::Association),
    ("update", ItemKind::Update),
    ("deletion", ItemKind::Deletion),
    ("errored", ItemKind::Errored),
    ("manual", ItemKind::Manual),
    ("role", ItemKind::Role),
    ("property", ItemKind::Property),
    ("unauthorised", ItemKind::Unauthorised),
    ("request", ItemKind::Request),
];

/// Items of a page, with the names of their owners.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) items: Vec<Item>,
    pub(super) owners: BTreeMap<i64, String>,
    /// Where the next page begins.
    pub(super) next: Option<i64>,
}

/// Everything that reading needs.
pub(super) struct Reading<'a> {
    pub(super) ctx: &'a Ctx,
    pub(super) model: &'a Model,
    pub(super) catalogue: &'a Catalogue,
    pub(super) screen: &'static Screen,
    pub(super) kind: &'a Kind,
}

impl Reading<'_> {
    /// Items behind an owner (or an order), until there are as many as wanted.
    pub(super) fn gather(
        &self,
        tx: &mut ReadTx,
        wanted: &Wanted,
        after: i64,
        limit: usize,
    ) -> Result<Gathered, Problem> {
        match (self.screen.waiting, wanted.owner) {
            (None, _) => self.manual(tx, wanted, after, limit),
            (Some(_), Some(owner)) => {
                let mut found = Gathered::default();
                let names = ItemNames::load(tx, &self.model.metadata)?;
                self.add(tx, &names, wanted, &[ResourceId(owner)], &mut found)?;
                Ok(found)
            }
            (Some(waiting), None) => {
                let Some(entity) = self.model.metadata.entity_type(&self.kind.identifier) else {
                    return Ok(Gathered::default());
                };
                let object = self.object(&wanted.of);
                let names = ItemNames::load(tx, &self.model.metadata)?;
                let mut found = Gathered::default();
                let mut place = after;
                for _ in 0..ROUNDS.max(limit / TOGETHER * 2) {
                    let owners = tx.owners_waiting(waiting, entity.id, object, ResourceId(place), TOGETHER)?;
                    let mut part = Gathered::default();
                    self.add(tx, &names, wanted, &owners, &mut part)?;
                    found.owners.append(&mut part.owners);
                    // A page ends between two owners.
                    for items in part.items.chunk_by(|a, b| a.owner == b.owner) {
                        if found.items.len() >= limit {
                            found.next = Some(place);
                            return Ok(found);
                        }
                        found.items.extend_from_slice(items);
                        place = items[0].owner;
                    }
                    match owners.last().filter(|_| owners.len() == TOGETHER) {
                        Some(last) => place = last.0,
                        None => return Ok(found),
                    }
                }
                found.next = Some(place);
                Ok(found)
            }
        }
    }

    fn object(&self, identifier: &str) -> Option<PolicyObjectId> {
        let elements = ["ResourceType", "SingleRole", "CompositeRole"];
        elements.iter().find_map(|element| self.model.policy.find(element, identifier)).map(|(id, _)| id)
    }

    fn add(
        &self,
        tx: &mut ReadTx,
        names: &ItemNames,
        wanted: &Wanted,
        owners: &[ResourceId],
        found: &mut Gathered,
    ) -> Result<(), Problem> {
        let seen = known(self.ctx, tx, self.catalogue, &self.kind.identifier, owners.iter().map(|owner| owner.0))?;
        let owners: Vec<ResourceId> = owners.iter().copied().filter(|owner| seen.contains_key(&owner.0)).collect();
        if owners.is_empty() {
            return Ok(());
        }
        let items = items_of(tx, names, &owners, self.ctx.app.now_micros())?;
        let rows = Rows::of(&self.ctx.principal, &self.ctx.permitted.0);
        let before = found.items.len();
        found
            .items
            .extend(items.into_iter().filter(|item| wanted.admits(self.screen, item) && self.is_open(&rows, item)));
        if found.items.len() > before {
            found.owners.extend(seen);
        }
        Ok(())
    }

    fn is_open(&self, rows: &Rows<'_>, item: &Item) -> bool {
        let element = match item.part {
            Part::SingleRole => "SingleRole",
            Part::CompositeRole => "CompositeRole",
            _ => "ResourceType",
        };
        rows.open(&Row {
            part: item.part,
            object: self.model.policy.find(element, &item.of).map(|(id, _)| id),
            owner: item.owner,
            workflow: item.workflow,
            is_any: false,
            model: self.model,
        })
    }

    fn manual(&self, tx: &mut ReadTx, wanted: &Wanted, after: i64, limit: usize) -> Result<Gathered, Problem> {
        let types = &self.model.metadata.configuration.policy.resource_types;
        let own = types.iter().filter(|one| one.source_entity_type == self.kind.identifier);
        let own: Vec<PolicyObjectId> =
            own.filter_map(|one| self.model.policy.find("ResourceType", &one.identifier)).map(|(id, _)| id).collect();
        let names = ItemNames::load(tx, &self.model.metadata)?;
        let rows = Rows::of(&self.ctx.principal, &self.ctx.permitted.0);
        let mut found = Gathered::default();
        let mut place = after;
        for _ in 0..ROUNDS.max(limit / TOGETHER * 2) {
            let orders = tx.orders_by_hand(&own, place, TOGETHER)?;
            let is_last = orders.len() < TOGETHER;
            let owners = known(self.ctx, tx, self.catalogue, &self.kind.identifier, orders.iter().map(|o| o.owner.0))?;
            for order in &orders {
                if found.items.len() >= limit {
                    found.next = Some(place);
                    return Ok(found);
                }
                place = order.id;
                let item = by_hand(&names, order);
                let Some(name) = owners.get(&item.owner) else { continue };
                if wanted.owner.is_none_or(|owner| owner == item.owner)
                    && wanted.admits(self.screen, &item)
                    && self.is_open(&rows, &item)
                {
                    found.owners.insert(item.owner, name.clone());
                    found.items.push(item);
                }
            }
            if is_last {
                return Ok(found);
            }
        }
        found.next = Some(place);
        Ok(found)
    }

    /// How much waits, up to a number; and whether that is all.
    pub(super) fn count(&self, tx: &mut ReadTx, most: usize) -> Result<(u64, bool), Problem> {
        let rows = Rows::of(&self.ctx.principal, &self.ctx.permitted.0);
        if let Some(waiting) = self.screen.waiting
            && self.ctx.principal.rights.is_everything()
            && rows.is_everything()
            && let Some(entity) = self.model.metadata.entity_type(&self.kind.identifier)
        {
            let most = most as u64 * 50;
            let count = tx.count_waiting(waiting, entity.id, most)?;
            return Ok((count, count < most));
        }
        let found = self.gather(tx, &Wanted::default(), 0, most)?;
        // An assignment counts once, whatever of it waits.
        let row = |item: &Item| {
            (item.owner, if item.assigned == 0 { (item.part, item.id) } else { (Part::ResourceType, item.assigned) })
        };
        let rows: BTreeSet<_> = found.items.iter().map(row).collect();
        Ok((rows.len().min(most) as u64, found.next.is_none()))
    }
}
