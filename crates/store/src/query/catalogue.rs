//! What can be queried: entity types of the deployed model and of the engine, with their properties.

use super::items;
use super::system::{self, SystemTable};
use crate::connection_schemas::ConnectionSchema;
use crate::error::StoreError;
use crate::tx::ReadTx;
use provost_model::configuration::{Item, Parsed, PropertyType, expand};
use provost_model::metadata::{Association, EntityType, LinkStorage, Metadata};
use provost_model::policy::PolicyCatalog;
use provost_model::query::Binding;
use provost_model::schema::Schema;
use provost_model::{AssociationId, EntityTypeId, PropertyId, Slot};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that can be queried, as one version of the configuration has it. It is made once for each version
/// ([`ReadTx::catalogue`]) and may then be shared between threads.
#[derive(Debug)]
pub struct Catalogue {
    version: i64,
    /// Properties whose current values are all in the key table.
    pub(crate) keys: BTreeSet<PropertyId>,
    entities: BTreeMap<String, Entity>,
}

/// An entity type that can be queried.
#[derive(Debug)]
pub(crate) struct Entity {
    pub(crate) name: String,
    pub(crate) source: Source,
    /// The first column of a primary key of two, behind which the id stands: there is no index on the id alone.
    pub(crate) cluster: Option<Column>,
    pub(crate) properties: Vec<Property>,
}

/// Where the rows are.
#[derive(Debug)]
pub(crate) enum Source {
    /// Resources of a type.
    Resources(EntityTypeId),
    /// A table. It has a column `Id`.
    Table(&'static str),
    /// Rows in memory, as a JSON list of lists, in the order of the columns.
    Rows(String),
}

#[derive(Debug)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) place: Place,
}

#[derive(Debug)]
pub(crate) enum Place {
    Value(Column),
    Link(Navigation),
    /// Its values are not where a query could read them, for this reason.
    Nowhere(&'static str),
}

/// A column with values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) stored: Stored,
    pub(crate) kind: Kind,
    /// The property of a resource that it holds now.
    pub(crate) property: Option<PropertyId>,
}

/// Type of a column in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    Text,
    Int,
}

/// What a value means: how it is written in a query, compared and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A whole number that names a row; shown as text.
    Id,
    Text,
    Guid,
    Int,
    /// A whole number of 64 bits; shown as text, because JSON readers round it.
    Long,
    Double,
    Bool,
    /// `yyyyMMddHHmmss`.
    Date,
    /// Microseconds since 1970.
    Instant,
    /// A number with a name.
    Word(&'static [(i64, &'static str)]),
    /// Text that is JSON; shown as such.
    Json,
}

/// A way to other entities.
#[derive(Debug)]
pub(crate) struct Navigation {
    /// Entity type that it leads to.
    pub(crate) target: String,
    pub(crate) many: bool,
    pub(crate) via: Via,
}

#[derive(Debug)]
pub(crate) enum Via {
    /// Properties of both sides that are equal. For a navigation to one entity, that of the target is unique.
    Equal {
        own: String,
        target: String,
        /// A property that is equal on both sides anyway, and leads to an index.
        also: Option<&'static str>,
    },
    /// An association of resources.
    Association(Ends),
}

/// An association seen from one end.
#[derive(Debug)]
pub(crate) struct Ends {
    pub(crate) association: AssociationId,
    pub(crate) storage: LinkStorage,
    pub(crate) own_is_first: bool,
    /// Entity type and property of both ends.
    pub(crate) ends: [(EntityTypeId, PropertyId); 2],
}

/// A property as it is described to whoever writes queries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryProperty {
    /// Name.
    pub name: String,
    /// `String`, `Int32`, …; `ForeignKey` for a navigation.
    pub kind: &'static str,
    /// Entity type that a navigation leads to.
    pub target: Option<String>,
    /// The navigation leads to several entities.
    pub many: bool,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Id | Kind::Long => "Int64",
            Kind::Text | Kind::Word(_) => "String",
            Kind::Guid => "Guid",
            Kind::Int => "Int32",
            Kind::Double => "Double",
            Kind::Bool => "Bool",
            Kind::Date | Kind::Instant => "DateTime",
            Kind::Json => "Json",
        }
    }
}

impl Column {
    pub(crate) fn new(name: impl Into<String>, stored: Stored, kind: Kind) -> Column {
        Column { name: name.into(), stored, kind, property: None }
    }
}

impl Entity {
    /// The property of this name, else of this name in another letter case.
    pub(crate) fn property(&self, name: &str) -> Option<&Property> {
        let exact = self.properties.iter().find(|p| p.name == name);
        exact.or_else(|| self.properties.iter().find(|p| p.name.eq_ignore_ascii_case(name)))
    }

    /// The column that tells rows apart.
    pub(crate) fn id(&self) -> Column {
        match self.properties.iter().find(|p| p.name == "Id").map(|p| &p.place) {
            Some(Place::Value(column)) => column.clone(),
            _ => Column::new("Id", Stored::Int, Kind::Id),
        }
    }
}

impl Catalogue {
    /// The catalogue of a deployed configuration: its model, its items with their positions, primary keys, and the
    /// version.
    pub(crate) fn new(
        metadata: &Metadata,
        items: &[(i64, Item)],
        policy: &PolicyCatalog,
        keys: BTreeSet<PropertyId>,
        version: i64,
    ) -> Catalogue {
        let mut entities: BTreeMap<String, Entity> = BTreeMap::new();
        let own = system::tables().map(of_table).chain(items::entities(metadata, items, policy));
        // A deployed entity type hides one of the engine that has its name.
        for entity in own.chain(metadata.entity_types.iter().map(|t| of_type(metadata, t))) {
            entities.insert(entity.name.clone(), entity);
        }
        Catalogue { version, keys, entities }
    }

    /// Version of the configuration that it belongs to ([`ReadTx::configuration_version`]).
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Names of all entity types, in order.
    pub fn entity_types(&self) -> impl Iterator<Item = &str> {
        self.entities.keys().map(String::as_str)
    }

    /// Whether resources are kept under this name, rather than something of the engine's own.
    pub fn is_deployed(&self, entity_type: &str) -> bool {
        self.entity(entity_type).is_some_and(|entity| matches!(entity.source, Source::Resources(_)))
    }

    /// Properties of an entity type; none when there is no such type.
    pub fn properties(&self, entity_type: &str) -> Vec<QueryProperty> {
        self.entity(entity_type).map(|e| e.properties.iter().filter_map(described).collect()).unwrap_or_default()
    }

    /// What a binding from an entity type through navigations to one entity each leads to; `None` when it leads nowhere.
    pub fn follow(&self, entity_type: &str, binding: &Binding) -> Option<QueryProperty> {
        let (last, before) = binding.path.split_last()?;
        let mut at = self.entity(entity_type)?;
        for name in before {
            match &at.property(name)?.place {
                Place::Link(navigation) if !navigation.many => at = self.entity(&navigation.target)?,
                _ => return None,
            }
        }
        let found = at.property(last)?;
        let described = described(found)?;
        // An id stands for its row, as a navigation to it does.
        let target = described.target.or_else(|| (found.name == "Id").then(|| at.name.clone()));
        Some(QueryProperty { target, ..described })
    }

    /// The property by which people name the rows of an entity type: its primary key, or `Identifier`.
    pub fn key(&self, entity_type: &str) -> Option<&str> {
        let is_key = |property: &&Property| match &property.place {
            Place::Value(column) => match column.property {
                Some(id) => self.keys.contains(&id),
                None => property.name == "Identifier",
            },
            _ => false,
        };
        self.entity(entity_type)?.properties.iter().find(is_key).map(|property| property.name.as_str())
    }

    /// The entity type of this name as it is written, else of this name in another letter case.
    pub fn name<'c>(&'c self, entity_type: &str) -> Option<&'c str> {
        self.entity(entity_type).map(|entity| entity.name.as_str())
    }

    /// The entity type of this name, else of this name in another letter case.
    pub(crate) fn entity(&self, name: &str) -> Option<&Entity> {
        let other_case = || self.entities.values().find(|entity| entity.name.eq_ignore_ascii_case(name));
        self.entities.get(name).or_else(other_case)
    }
}

impl ReadTx {
    /// What can be queried now. Making it reads the whole configuration: keep it while
    /// [`ReadTx::configuration_version`] stays the same.
    ///
    /// # Errors
    /// Those of the database, and when a stored item cannot be read.
    pub fn catalogue(&mut self) -> Result<Catalogue, StoreError> {
        let read = |json: &str| {
            serde_json::from_str::<Item>(json).map_err(|error| StoreError::Statement {
                statement: "reading a configuration item".to_owned(),
                detail: error.to_string(),
            })
        };
        let items = self.link.all(
            "SELECT Position, Json FROM UM_ConfigurationItems ORDER BY Position, Element, Identity",
            &[],
            |row| Ok((row.i64(0)?, read(row.str(1)?)?)),
        )?;
        let parsed = Parsed::from_items(items.iter().map(|(_, item)| item.clone()).collect());
        let metadata = Metadata::resolve(parsed.configuration, &self.catalog()?);
        let keys = self.model()?.types.iter().filter_map(|t| t.key()).map(|property| property.id).collect();
        let items = with_refreshed(with_generated(items), &self.connection_schemas()?);
        let policy = self.policy_catalog()?;
        Ok(Catalogue::new(&metadata, &items, &policy, keys, self.configuration_version()?))
    }
}

/// Items with those that scaffoldings stand for. These have no position: what they are called gives them one, behind all
/// others and the same each time.
fn with_generated(items: Vec<(i64, Item)>) -> Vec<(i64, Item)> {
    let all = expand(&items.iter().map(|(_, item)| item.clone()).collect::<Vec<_>>());
    let known: BTreeSet<(String, String)> =
        items.iter().map(|(_, item)| (item.element.clone(), item.identity.clone())).collect();
    let generated = all.into_iter().filter(|item| !known.contains(&(item.element.clone(), item.identity.clone())));
    let generated: Vec<(i64, Item)> = generated.map(|item| (place(&item), item)).collect();
    items.into_iter().chain(generated).collect()
}

/// Items with the tables that systems have told, unless the configuration declares them.
fn with_refreshed(items: Vec<(i64, Item)>, schemas: &[ConnectionSchema]) -> Vec<(i64, Item)> {
    let known: BTreeSet<String> = items
        .iter()
        .filter(|(_, item)| item.element == "ConnectionTable")
        .map(|(_, item)| item.identity.clone())
        .collect();
    let of_connection = |known: &ConnectionSchema| {
        let schema: Option<Schema> = known.tables.as_deref().and_then(|tables| serde_json::from_str(tables).ok());
        schema.unwrap_or_default().items(&known.connection)
    };
    let told = schemas.iter().flat_map(of_connection).filter(|item| !known.contains(&item.identity));
    let told: Vec<(i64, Item)> = told.map(|item| (place(&item), item)).collect();
    items.into_iter().chain(told).collect()
}

/// FNV-1a of element and identity, as a position between 2^40 and 2^41.
fn place(item: &Item) -> i64 {
    let bytes = item.element.bytes().chain([0]).chain(item.identity.bytes());
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    (1 << 40) + i64::try_from(hash >> 24).unwrap_or_default()
}

fn described(property: &Property) -> Option<QueryProperty> {
    let (kind, target, many) = match &property.place {
        Place::Value(column) => (column.kind.word(), None, false),
        Place::Link(navigation) => ("ForeignKey", Some(navigation.target.clone()), navigation.many),
        Place::Nowhere(_) => return None,
    };
    Some(QueryProperty { name: property.name.clone(), kind, target, many })
}

fn of_table(table: &SystemTable) -> Entity {
    let value = |(name, column, stored, kind): &(&str, &str, Stored, Kind)| Property {
        name: (*name).to_owned(),
        place: Place::Value(Column::new(*column, *stored, *kind)),
    };
    let link = |(name, many, target, own, other): &(&str, bool, &str, &str, &str)| {
        // Two tables in the order of owners are joined within an owner.
        let is_within = |name: &str| system::tables().any(|other| other.name == name && other.cluster.is_some());
        let also = table.cluster.filter(|_| is_within(target));
        Property {
            name: (*name).to_owned(),
            place: Place::Link(Navigation {
                target: (*target).to_owned(),
                many: *many,
                via: Via::Equal { own: (*own).to_owned(), target: (*other).to_owned(), also },
            }),
        }
    };
    let cluster = table.cluster.and_then(|wanted| table.columns.iter().find(|(name, ..)| *name == wanted));
    Entity {
        name: table.name.to_owned(),
        source: Source::Table(table.table),
        cluster: cluster.map(|(_, column, stored, kind)| Column::new(*column, *stored, *kind)),
        properties: table.columns.iter().map(value).chain(table.joins.iter().map(link)).collect(),
    }
}

/// A deployed entity type. What it declares hides what every entity type has.
fn of_type(metadata: &Metadata, entity_type: &EntityType) -> Entity {
    let mut properties: Vec<Property> = Vec::new();
    let t = metadata.entity_types.iter().position(|other| other.id == entity_type.id).unwrap_or_default();
    for (p, property) in entity_type.properties.iter().enumerate() {
        let place = match property.kind {
            PropertyType::ForeignKey => navigation(metadata, (t, p)),
            kind => match property.slot {
                Some(slot) => Place::Value(of_slot(slot, kind, property.id)),
                None => Place::Nowhere("it has no storage slot (TargetColumnIndex)"),
            },
        };
        properties.push(Property { name: property.identifier.clone(), place });
    }
    let automatic = [
        ("Id", "Id", Stored::Int, Kind::Id),
        ("InternalDisplayName", "DisplayName_L1", Stored::Text, Kind::Text),
        ("InternalDisplayName_L1", "DisplayName_L1", Stored::Text, Kind::Text),
        ("ValidFrom", "ValidFrom", Stored::Int, Kind::Instant),
        ("ValidTo", "ValidTo", Stored::Int, Kind::Instant),
        ("Dirty", "Dirty", Stored::Int, Kind::Bool),
    ];
    for (name, column, stored, kind) in automatic {
        if !properties.iter().any(|p| p.name == name) {
            let place = Place::Value(Column::new(column, stored, kind));
            properties.push(Property { name: name.to_owned(), place });
        }
    }
    if !properties.iter().any(|p| p.name == system::OF_TARGET) {
        let via = Via::Equal { own: "Id".to_owned(), target: "ResourceId".to_owned(), also: None };
        let navigation = Navigation { target: "AssignedResourceType".to_owned(), many: true, via };
        properties.push(Property { name: system::OF_TARGET.to_owned(), place: Place::Link(navigation) });
    }
    let source = Source::Resources(entity_type.id);
    Entity { name: entity_type.identifier.clone(), source, cluster: None, properties }
}

fn of_slot(slot: Slot, kind: PropertyType, property: PropertyId) -> Column {
    let kind = match kind {
        PropertyType::Byte | PropertyType::Int16 | PropertyType::Int32 => Kind::Int,
        PropertyType::Int64 | PropertyType::Option => Kind::Long,
        PropertyType::DateTime => Kind::Date,
        PropertyType::Bool => Kind::Bool,
        PropertyType::Double => Kind::Double,
        PropertyType::Guid => Kind::Guid,
        PropertyType::String | PropertyType::Bytes | PropertyType::Binary | PropertyType::ForeignKey => Kind::Text,
    };
    let stored = if slot.is_navigation() { Stored::Int } else { Stored::Text };
    Column { property: Some(property), ..Column::new(slot.column(), stored, kind) }
}

fn navigation(metadata: &Metadata, end: (usize, usize)) -> Place {
    let of = |association: &Association| {
        let id = |(t, p): (usize, usize)| {
            let entity_type = &metadata.entity_types[t];
            (entity_type.id, entity_type.properties[p].id)
        };
        let own_is_first = association.end1 == end;
        let (other, many) = match own_is_first {
            true => (association.end2, association.is_property1_collection),
            false => (association.end1, association.is_property2_collection),
        };
        Navigation {
            target: metadata.entity_types[other.0].identifier.clone(),
            many,
            via: Via::Association(Ends {
                association: association.id,
                storage: association.storage,
                own_is_first,
                ends: [id(association.end1), id(association.end2)],
            }),
        }
    };
    let association = metadata.associations.iter().find(|a| a.end1 == end || a.end2 == end);
    association.map_or(Place::Nowhere("no association refers to it"), |association| Place::Link(of(association)))
}
