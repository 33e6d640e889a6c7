//! The guard that counts: is a change set larger than what an administrator expects of an ordinary day?
//!
//! All levels are active at once, without precedence between them: one exceeded limit blocks, and all that are
//! exceeded are named, so that a person sees the whole picture before approving.

use provost_model::configuration::types::{
    Configuration, Connector, EntityAssociationMapping, EntityTypeMapping, Limit,
};
use provost_model::summary::ExceededThreshold;
use std::collections::BTreeMap;

/// What a change set does, against what the repository holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Resources, by entity type identifier.
    pub entity_types: BTreeMap<String, ResourceCounts>,
    /// Links, by association identifier.
    pub associations: BTreeMap<String, LinkCounts>,
}

/// Changes of the resources of one entity type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourceCounts {
    /// Resources that would appear.
    pub inserted: u64,
    /// Resources whose values would change.
    pub updated: u64,
    /// Resources that would disappear.
    pub deleted: u64,
    /// Resources stored before the change.
    pub stored: u64,
}

/// Changes of the links of one association.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkCounts {
    /// Links that would appear.
    pub inserted: u64,
    /// Links that would disappear.
    pub deleted: u64,
    /// Links stored before the change.
    pub stored: u64,
}

/// The limits that guard one connector.
#[derive(Clone, Debug)]
pub struct Guarded<'a> {
    /// Limits over the sums of everything the connector feeds.
    pub connector: &'a Connector,
    /// Limits of single entity types.
    pub type_mappings: Vec<&'a EntityTypeMapping>,
    /// Limits of single associations.
    pub association_mappings: Vec<&'a EntityAssociationMapping>,
}

impl<'a> Guarded<'a> {
    /// The limits of the connector with this identifier; `None` when the configuration does not know it.
    pub fn of(configuration: &'a Configuration, connector: &str) -> Option<Guarded<'a>> {
        Some(Guarded {
            connector: configuration.connectors.iter().find(|c| c.identifier == connector)?,
            type_mappings: configuration.type_mappings.iter().filter(|m| m.connector == connector).collect(),
            association_mappings: configuration
                .association_mappings
                .iter()
                .filter(|m| m.connector == connector)
                .collect(),
        })
    }
}

/// The thresholds that the measured changes exceed: those of the connector first, then entity types, then
/// associations, both by identifier; inserts before updates before deletes, absolute before percent.
///
/// A limit of 0 is switched off. A count must be strictly greater than its limit to block. With nothing stored, any
/// change exceeds a percent limit: that is the expected block of a first complete synchronisation.
pub fn evaluate(guarded: &Guarded<'_>, measured: &Measured) -> Vec<ExceededThreshold> {
    let mut found = Vec::new();
    check_connector(guarded.connector, measured, &mut found);
    let mut types = guarded.type_mappings.clone();
    types.sort_by(|a, b| a.identifier.cmp(&b.identifier));
    for mapping in types {
        if let Some(counts) = measured.entity_types.get(&mapping.identifier) {
            check_type(mapping, counts, &mut found);
        }
    }
    let mut associations = guarded.association_mappings.clone();
    associations.sort_by(|a, b| a.identifier.cmp(&b.identifier));
    for mapping in associations {
        if let Some(counts) = measured.associations.get(&mapping.identifier) {
            check_association(mapping, counts, &mut found);
        }
    }
    found
}

fn check_connector(connector: &Connector, measured: &Measured, found: &mut Vec<ExceededThreshold>) {
    let level = format!("Connector {}", connector.identifier);
    let types = || measured.entity_types.values();
    let links = || measured.associations.values();
    let stored = sum(types().map(|c| c.stored));
    let stored_links = sum(links().map(|c| c.stored));
    check(&level, &INSERTED, connector.inserted, sum(types().map(|c| c.inserted)), stored, found);
    check(&level, &UPDATED, connector.updated, sum(types().map(|c| c.updated)), stored, found);
    check(&level, &DELETED, connector.deleted, sum(types().map(|c| c.deleted)), stored, found);
    check(&level, &LINK_INSERTED, connector.links_inserted, sum(links().map(|c| c.inserted)), stored_links, found);
    check(&level, &LINK_DELETED, connector.links_deleted, sum(links().map(|c| c.deleted)), stored_links, found);
}

fn check_type(mapping: &EntityTypeMapping, counts: &ResourceCounts, found: &mut Vec<ExceededThreshold>) {
    let level = format!("EntityTypeMapping {}", mapping.identifier);
    let stored = u128::from(counts.stored);
    check(&level, &INSERTED, mapping.inserted, counts.inserted.into(), stored, found);
    check(&level, &UPDATED, mapping.updated, counts.updated.into(), stored, found);
    check(&level, &DELETED, mapping.deleted, counts.deleted.into(), stored, found);
}

fn check_association(mapping: &EntityAssociationMapping, counts: &LinkCounts, found: &mut Vec<ExceededThreshold>) {
    let level = format!("EntityAssociationMapping {}", mapping.identifier);
    let stored = u128::from(counts.stored);
    check(&level, &INSERTED, mapping.inserted, counts.inserted.into(), stored, found);
    check(&level, &DELETED, mapping.deleted, counts.deleted.into(), stored, found);
}

/// The names of the absolute and of the percent attribute of one kind of change.
struct Names {
    lines: &'static str,
    percent: &'static str,
}

const INSERTED: Names = Names { lines: "MaximumInsertedLines", percent: "MaxPercentageInsertedLines" };
const UPDATED: Names = Names { lines: "MaximumUpdatedLines", percent: "MaxPercentageUpdatedLines" };
const DELETED: Names = Names { lines: "MaximumDeletedLines", percent: "MaxPercentageDeletedLines" };
const LINK_INSERTED: Names = Names { lines: "MaximumLinkInsertedLines", percent: "MaxLinkPercentageInsertedLines" };
const LINK_DELETED: Names = Names { lines: "MaximumLinkDeletedLines", percent: "MaxLinkPercentageDeletedLines" };

/// Sums are wider than counts, so that no sum of counts can wrap around and slip under a limit.
fn sum(counts: impl Iterator<Item = u64>) -> u128 {
    counts.map(u128::from).sum()
}

fn check(level: &str, names: &Names, limit: Limit, count: u128, base: u128, found: &mut Vec<ExceededThreshold>) {
    let mut exceeded = |name: &str, limit: u32| {
        found.push(ExceededThreshold {
            level: level.to_owned(),
            name: name.to_owned(),
            limit: limit.into(),
            count: u64::try_from(count).unwrap_or(u64::MAX),
            base: u64::try_from(base).unwrap_or(u64::MAX),
        });
    };
    if limit.lines > 0 && count > u128::from(limit.lines) {
        exceeded(names.lines, limit.lines);
    }
    if limit.percent > 0 && count * 100 > u128::from(limit.percent) * base {
        exceeded(names.percent, limit.percent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limit(lines: u32, percent: u32) -> Limit {
        Limit { lines, percent }
    }

    /// The documented defaults of a connector.
    fn connector() -> Connector {
        Connector {
            identifier: "HR".into(),
            inserted: limit(100, 5),
            updated: limit(100, 5),
            deleted: limit(100, 5),
            links_inserted: limit(1000, 5),
            links_deleted: limit(1000, 5),
            ..Connector::default()
        }
    }

    fn resources(inserted: u64, updated: u64, deleted: u64, stored: u64) -> ResourceCounts {
        ResourceCounts { inserted, updated, deleted, stored }
    }

    fn links(inserted: u64, deleted: u64, stored: u64) -> LinkCounts {
        LinkCounts { inserted, deleted, stored }
    }

    fn measured(types: &[(&str, ResourceCounts)], associations: &[(&str, LinkCounts)]) -> Measured {
        Measured {
            entity_types: types.iter().map(|(n, c)| ((*n).to_owned(), *c)).collect(),
            associations: associations.iter().map(|(n, c)| ((*n).to_owned(), *c)).collect(),
        }
    }

    fn association(identifier: &str, deleted: Limit) -> EntityAssociationMapping {
        EntityAssociationMapping { identifier: identifier.into(), deleted, ..EntityAssociationMapping::default() }
    }

    fn lines(found: &[ExceededThreshold]) -> Vec<String> {
        found.iter().map(|t| format!("{} {} {} {}/{}", t.level, t.name, t.limit, t.count, t.base)).collect()
    }

    fn only_connector(connector: &Connector, measured: &Measured) -> Vec<String> {
        let guarded = Guarded { connector, type_mappings: Vec::new(), association_mappings: Vec::new() };
        lines(&evaluate(&guarded, measured))
    }

    #[test]
    fn mass_removal_of_december_2023_is_stopped_at_10_percent_and_at_15_only_for_the_leads() {
        let silent = Connector { identifier: "Teams".into(), ..Connector::default() };
        let measured = measured(&[], &[("Team_Members", links(0, 83, 784)), ("Team_Leads", links(0, 23, 144))]);
        let at = |percent: u32| {
            let members = association("Team_Members", limit(0, percent));
            let leads = association("Team_Leads", limit(0, percent));
            let guarded =
                Guarded { connector: &silent, type_mappings: vec![], association_mappings: vec![&members, &leads] };
            lines(&evaluate(&guarded, &measured))
        };
        assert_eq!(
            at(10),
            [
                "EntityAssociationMapping Team_Leads MaxPercentageDeletedLines 10 23/144",
                "EntityAssociationMapping Team_Members MaxPercentageDeletedLines 10 83/784",
            ]
        );
        assert_eq!(at(15), ["EntityAssociationMapping Team_Leads MaxPercentageDeletedLines 15 23/144"]);
        assert_eq!(at(16), Vec::<String>::new());
    }

    #[test]
    fn a_count_equal_to_its_limit_passes_and_one_more_blocks() {
        let counts = |n| measured(&[("P", resources(0, 0, n, 1_000_000))], &[]);
        assert_eq!(only_connector(&connector(), &counts(100)), Vec::<String>::new());
        assert_eq!(only_connector(&connector(), &counts(101)), ["Connector HR MaximumDeletedLines 100 101/1000000"]);
        let percent = |n| measured(&[("P", resources(n, 0, 0, 200))], &[]);
        assert_eq!(only_connector(&connector(), &percent(10)), Vec::<String>::new());
        assert_eq!(only_connector(&connector(), &percent(11)), ["Connector HR MaxPercentageInsertedLines 5 11/200"]);
    }

    #[test]
    fn the_connector_counts_the_sum_over_its_entity_types() {
        let sum = measured(&[("A", resources(0, 60, 0, 5000)), ("B", resources(0, 41, 0, 5000))], &[]);
        assert_eq!(only_connector(&connector(), &sum), ["Connector HR MaximumUpdatedLines 100 101/10000"]);
    }

    #[test]
    fn an_empty_repository_exceeds_percent_limits_with_any_change() {
        let first = measured(&[("P", resources(1, 0, 0, 0))], &[("L", links(1, 0, 0))]);
        assert_eq!(
            only_connector(&connector(), &first),
            ["Connector HR MaxPercentageInsertedLines 5 1/0", "Connector HR MaxLinkPercentageInsertedLines 5 1/0"]
        );
        let nothing = measured(&[("P", resources(0, 0, 0, 0))], &[]);
        assert_eq!(only_connector(&connector(), &nothing), Vec::<String>::new());
    }

    #[test]
    fn all_exceeded_levels_are_named_in_a_fixed_order() {
        let mapping = |identifier: &str| EntityTypeMapping {
            identifier: identifier.into(),
            inserted: limit(10, 1),
            updated: limit(10, 1),
            deleted: limit(10, 1),
            ..EntityTypeMapping::default()
        };
        let (person, organization) = (mapping("HR_Person"), mapping("HR_Organization"));
        let link =
            EntityAssociationMapping { inserted: limit(10, 1), ..association("HR_Person_Organization", limit(10, 1)) };
        let connector = connector();
        let guarded = Guarded {
            connector: &connector,
            type_mappings: vec![&person, &organization],
            association_mappings: vec![&link],
        };
        let measured = measured(
            &[("HR_Person", resources(200, 0, 11, 1000)), ("HR_Organization", resources(0, 3, 0, 100))],
            &[("HR_Person_Organization", links(2000, 0, 1000))],
        );
        assert_eq!(
            lines(&evaluate(&guarded, &measured)),
            [
                "Connector HR MaximumInsertedLines 100 200/1100",
                "Connector HR MaxPercentageInsertedLines 5 200/1100",
                "Connector HR MaximumLinkInsertedLines 1000 2000/1000",
                "Connector HR MaxLinkPercentageInsertedLines 5 2000/1000",
                "EntityTypeMapping HR_Organization MaxPercentageUpdatedLines 1 3/100",
                "EntityTypeMapping HR_Person MaximumInsertedLines 10 200/1000",
                "EntityTypeMapping HR_Person MaxPercentageInsertedLines 1 200/1000",
                "EntityTypeMapping HR_Person MaximumDeletedLines 10 11/1000",
                "EntityTypeMapping HR_Person MaxPercentageDeletedLines 1 11/1000",
                "EntityAssociationMapping HR_Person_Organization MaximumInsertedLines 10 2000/1000",
                "EntityAssociationMapping HR_Person_Organization MaxPercentageInsertedLines 1 2000/1000",
            ]
        );
    }

    #[test]
    fn counts_near_the_end_of_their_range_do_not_wrap_around() {
        let huge = measured(&[("A", resources(u64::MAX, 0, 0, u64::MAX)), ("B", resources(2, 0, 0, 1))], &[]);
        assert_eq!(
            only_connector(&connector(), &huge),
            [
                format!("Connector HR MaximumInsertedLines 100 {max}/{max}", max = u64::MAX),
                format!("Connector HR MaxPercentageInsertedLines 5 {max}/{max}", max = u64::MAX)
            ]
        );
    }

    #[test]
    fn only_the_mappings_of_the_connector_guard_it() {
        let configuration = Configuration {
            connectors: vec![connector()],
            type_mappings: vec![
                EntityTypeMapping { identifier: "A".into(), connector: "HR".into(), ..Default::default() },
                EntityTypeMapping { identifier: "B".into(), connector: "AD".into(), ..Default::default() },
            ],
            ..Configuration::default()
        };
        let guarded = Guarded::of(&configuration, "HR").unwrap();
        assert_eq!(guarded.type_mappings.iter().map(|m| m.identifier.as_str()).collect::<Vec<_>>(), ["A"]);
        assert!(Guarded::of(&configuration, "AD").is_none());
    }

    proptest! {
        /// Doubles hold these products exactly, so they are an independent yardstick.
        #[test]
        fn agrees_with_the_naive_formula(
            changes in 0u64..3_000, stored in 0u64..3_000, lines in 0u32..200, percent in 0u32..120,
        ) {
            let guard = Connector { identifier: "C".into(), deleted: limit(lines, percent), ..Connector::default() };
            let found = only_connector(&guard, &measured(&[("P", resources(7, 9, changes, stored))], &[]));
            let mut naive = Vec::new();
            if lines != 0 && changes as f64 > f64::from(lines) {
                naive.push(format!("Connector C MaximumDeletedLines {lines} {changes}/{stored}"));
            }
            if percent != 0 && changes as f64 * 100.0 > f64::from(percent) * stored as f64 {
                naive.push(format!("Connector C MaxPercentageDeletedLines {percent} {changes}/{stored}"));
            }
            prop_assert_eq!(found, naive);
        }
    }
}
