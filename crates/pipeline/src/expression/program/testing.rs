//! A small company to evaluate over.

use super::*;
use provost_model::configuration as conf;
use provost_model::metadata::Catalog;
use provost_model::{AssociationId, EntityTypeId, PropertyId, ResourceId};

pub(crate) struct World {
    pub(crate) metadata: Metadata,
    pub(crate) population: Population,
}

const TYPES: &[(&str, &[(&str, PropertyType)])] = {
    use PropertyType as T;
    &[
        (
            "Person",
            &[
                ("Number", T::String),
                ("FirstName", T::String),
                ("LastName", T::String),
                ("Mail", T::String),
                ("Start", T::DateTime),
                ("End", T::DateTime),
                ("Active", T::Bool),
                ("Age", T::Int32),
                ("Score", T::Double),
                ("Badge", T::Int64),
                ("Tags", T::String),
                ("Photo", T::Binary),
                ("Department", T::ForeignKey),
                ("Manager", T::ForeignKey),
                ("Reports", T::ForeignKey),
                ("Records", T::ForeignKey),
                ("Heads", T::ForeignKey),
            ],
        ),
        (
            "Department",
            &[
                ("Code", T::String),
                ("Name", T::String),
                ("Budget", T::Int64),
                ("Parent", T::ForeignKey),
                ("Children", T::ForeignKey),
                ("Members", T::ForeignKey),
                ("Head", T::ForeignKey),
            ],
        ),
        (
            "Record",
            &[
                ("Position", T::String),
                ("Start", T::DateTime),
                ("End", T::DateTime),
                ("Rank", T::Int32),
                ("Person", T::ForeignKey),
            ],
        ),
    ]
};

/// Property 1, property 2, and whether each of them is a collection.
const LINKS: &[(&str, &str, bool, bool)] = &[
    ("Person.Department", "Department.Members", false, true),
    ("Person.Manager", "Person.Reports", false, true),
    ("Person.Records", "Record.Person", true, false),
    ("Department.Parent", "Department.Children", false, true),
    ("Department.Head", "Person.Heads", false, true),
];

impl World {
    /// Ada (1) leads the department of Bob (2), works for nobody, and has two records; Bob works for her; Cy (3) is
    /// empty. Departments: R&D (10) in Head office (11).
    pub(crate) fn new() -> World {
        let metadata = metadata();
        let mut world = World { population: Population::new(&metadata), metadata };
        for (person, values) in [
            (1, "Number=E001;FirstName=Ada;LastName=Lovelace;Mail=ada@example.org;Start=20200115080000;Active=true"),
            (1, "End=20301231000000;Age=36;Score=12.5;Badge=4000000000;Tags=b\na\nc"),
            (2, "Number=E002;FirstName=Jean-Noël;LastName=d'Été;Start=20210301000000;Active=false;Age=x7"),
            (3, "Number=E003"),
        ] {
            world.set("Person", person, values);
        }
        world.set("Department", 10, "Code=RD;Name=Research & Development;Budget=250000");
        world.set("Department", 11, "Code=HQ;Name=Head office");
        world.set("Record", 20, "Position=Analyst;Start=20200115000000;End=20220101000000;Rank=1");
        world.set("Record", 21, "Position=Chief analyst;Start=20220101000000;Rank=2");
        for (from, to) in [
            ("Person.Department:1", "Department:10"),
            ("Person.Department:2", "Department:10"),
            ("Person.Manager:2", "Person:1"),
            ("Person.Reports:1", "Person:2"),
            ("Person.Records:1", "Record:20,Record:21"),
            ("Record.Person:20", "Person:1"),
            ("Record.Person:21", "Person:1"),
            ("Department.Parent:10", "Department:11"),
            ("Department.Children:11", "Department:10"),
            ("Department.Members:10", "Person:1,Person:2"),
            ("Department.Head:10", "Person:1"),
            ("Person.Heads:1", "Department:10"),
        ] {
            world.link(from, to);
        }
        world
    }

    pub(crate) fn scope(&self, wanted: Wanted) -> Scope<'_> {
        Scope::new(&self.metadata, 0, wanted)
    }

    pub(crate) fn resource(&mut self, entity_type: &str, id: i64) -> Handle {
        let position = self.position(entity_type);
        self.population.add(position, ResourceId(id)).0
    }

    pub(crate) fn position(&self, entity_type: &str) -> usize {
        self.metadata.entity_types.iter().position(|t| t.identifier == entity_type).unwrap()
    }

    pub(crate) fn set(&mut self, entity_type: &str, id: i64, values: &str) {
        let resource = self.resource(entity_type, id);
        for (name, value) in values.split(';').map(|pair| pair.split_once('=').unwrap()) {
            let property = self.metadata.find(entity_type, name).unwrap().1;
            self.population.set_value(resource, property, value);
        }
        let name = format!("{entity_type} {id}");
        self.population.set_display_name(resource, &name);
    }

    fn link(&mut self, from: &str, to: &str) {
        let (path, id) = from.split_once(':').unwrap();
        let (entity_type, property) = path.split_once('.').unwrap();
        let owner = self.resource(entity_type, id.parse().unwrap());
        let property = self.metadata.find(entity_type, property).unwrap().1;
        let ends: Vec<Handle> = to
            .split(',')
            .map(|end| {
                let (entity_type, id) = end.split_once(':').unwrap();
                self.resource(entity_type, id.parse().unwrap())
            })
            .collect();
        self.population.set_links(owner, property, &ends);
    }
}

fn metadata() -> Metadata {
    let mut configuration = conf::Configuration::default();
    let mut catalog = Catalog::default();
    for ((name, properties), t) in TYPES.iter().zip(1..) {
        catalog.entity_types.insert((*name).to_owned(), EntityTypeId(t));
        let mut entity_type = conf::EntityType { identifier: (*name).to_owned(), ..conf::EntityType::default() };
        for ((property, kind), p) in properties.iter().zip(1..) {
            catalog.properties.insert(((*name).to_owned(), (*property).to_owned()), PropertyId(t * 100 + p));
            entity_type.properties.push(conf::Property {
                identifier: (*property).to_owned(),
                kind: *kind,
                ..conf::Property::default()
            });
        }
        configuration.entity_types.push(entity_type);
    }
    let path = |text: &str| {
        let (entity_type, property) = text.split_once('.').unwrap();
        conf::PropertyPath { entity_type: entity_type.to_owned(), property: property.to_owned() }
    };
    for ((property1, property2, is_property1_collection, is_property2_collection), a) in LINKS.iter().zip(1..) {
        catalog.associations.insert((*property1).to_owned(), AssociationId(a));
        configuration.associations.push(conf::EntityAssociation {
            identifier: (*property1).to_owned(),
            property1: path(property1),
            property2: path(property2),
            is_property1_collection: *is_property1_collection,
            is_property2_collection: *is_property2_collection,
            ..conf::EntityAssociation::default()
        });
    }
    Metadata::resolve(configuration, &catalog)
}
