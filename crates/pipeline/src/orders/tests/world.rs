//! Persons with accounts in a directory, which are members of groups, and mailboxes that need an account.

use crate::expression::program::Environment;
use crate::orders::{Planned, PlannedOrder, Planner};
use crate::population::Population;
use provost_model::configuration::policy::{Policy, ResourceType};
use provost_model::configuration::{
    Configuration, EntityAssociation, EntityType, Property, PropertyPath, PropertyType,
};
use provost_model::metadata::{Catalog, Metadata};
use provost_model::policy::{
    AssignedNavigation, AssignedResourceType, AssignedValue, Assignments, PolicyCatalog, ProvisioningState,
    WorkflowState,
};
use provost_model::{AssociationId, EntityTypeId, PolicyObjectId, PropertyId, ResourceId};

pub(super) const NOW: i64 = 1_700_000_000_000_000;
pub(super) const HOUR: i64 = 3_600_000_000;
/// Property ids of `Account`.
pub(super) const DN: PropertyId = PropertyId(11);
pub(super) const MAIL: PropertyId = PropertyId(12);
pub(super) const MANAGER: PropertyId = PropertyId(13);
pub(super) const GROUPS: PropertyId = PropertyId(14);
/// Resource types.
pub(super) const ACCOUNT: PolicyObjectId = PolicyObjectId(101);
pub(super) const MAILBOX: PolicyObjectId = PolicyObjectId(102);

pub(super) fn configuration() -> Configuration {
    let scalar = |identifier: &str, index| Property {
        identifier: identifier.to_owned(),
        target_column_index: index,
        is_key: identifier == "dn",
        ..Property::default()
    };
    let link = |identifier: &str, index| Property { kind: PropertyType::ForeignKey, ..scalar(identifier, index) };
    let entity_type =
        |identifier: &str, properties| EntityType { identifier: identifier.to_owned(), display_name: None, properties };
    let path = |entity_type: &str, property: &str| PropertyPath {
        entity_type: entity_type.to_owned(),
        property: property.to_owned(),
    };
    let resource_type = |identifier: &str| ResourceType {
        identifier: identifier.to_owned(),
        policy: "Default".to_owned(),
        source_entity_type: "Person".to_owned(),
        target_entity_type: "Account".to_owned(),
        allow_add: true,
        allow_remove: true,
        ..ResourceType::default()
    };
    let mut configuration = Configuration {
        entity_types: vec![
            entity_type("Person", vec![scalar("login", 4), scalar("mail", 5)]),
            entity_type(
                "Account",
                vec![scalar("dn", 4), scalar("mail", 5), link("manager", 128), link("groups", -1), link("reports", -1)],
            ),
            entity_type("Group", vec![scalar("dn", 4), link("members", -1)]),
        ],
        associations: vec![
            EntityAssociation {
                identifier: "Members".to_owned(),
                property1: path("Account", "groups"),
                property2: path("Group", "members"),
                is_property1_collection: true,
                is_property2_collection: true,
                ..EntityAssociation::default()
            },
            EntityAssociation {
                identifier: "Manager".to_owned(),
                property1: path("Account", "manager"),
                property2: path("Account", "reports"),
                is_property1_collection: false,
                is_property2_collection: true,
                ..EntityAssociation::default()
            },
        ],
        ..Configuration::default()
    };
    configuration.policy.policies =
        vec![Policy { identifier: "Default".to_owned(), is_provisioning_enabled: true, ..Policy::default() }];
    configuration.policy.resource_types = vec![
        resource_type("Account"),
        ResourceType { depends_on: Some("Account".to_owned()), ..resource_type("Mailbox") },
    ];
    configuration
}

/// The model, and everybody: person 1 has account 21, which is a member of group 31; 1 to 9 are there.
pub(super) struct World {
    pub(super) metadata: Metadata,
    pub(super) catalog: PolicyCatalog,
    pub(super) population: Population,
}

impl World {
    pub(super) fn new(change: impl FnOnce(&mut Configuration)) -> World {
        let mut configuration = configuration();
        change(&mut configuration);
        let mut catalog = Catalog::default();
        for (t, entity_type) in configuration.entity_types.iter().enumerate() {
            catalog.entity_types.insert(entity_type.identifier.clone(), EntityTypeId(t as i64 + 1));
            for (p, property) in entity_type.properties.iter().enumerate() {
                let key = (entity_type.identifier.clone(), property.identifier.clone());
                catalog.properties.insert(key, PropertyId(t as i64 * 10 + p as i64 + 1));
            }
        }
        for (at, association) in configuration.associations.iter().enumerate() {
            catalog.associations.insert(association.identifier.clone(), AssociationId(at as i64 + 1));
        }
        let metadata = Metadata::resolve(configuration, &catalog);
        let mut objects = PolicyCatalog::default();
        for (name, id) in [("Account", ACCOUNT), ("Mailbox", MAILBOX)] {
            objects.objects.insert(("ResourceType".to_owned(), name.to_owned()), id);
        }
        let mut population = Population::new(&metadata);
        for id in 1..10 {
            let (person, _) = population.add(0, ResourceId(id));
            population.set_value(person, 0, &format!("login{id}"));
            population.set_display_name(person, &format!("Person {id}"));
            let (account, _) = population.add(1, ResourceId(20 + id));
            population.set_value(account, 0, &format!("CN={id}"));
            population.set_value(account, 1, "old@x");
            let (group, _) = population.add(2, ResourceId(30 + id));
            population.set_value(group, 0, &format!("CN=G{id}"));
        }
        World { metadata, catalog: objects, population }
    }

    pub(super) fn planner(&self) -> Planner {
        Planner::compile(&self.metadata, &self.catalog, None).unwrap()
    }

    pub(super) fn plan(&self, owners: &[(i64, Assignments)]) -> Planned {
        let planner = self.planner();
        let mut planned = Planned::default();
        for (owner, assignments) in owners {
            planner.owner(ResourceId(*owner), assignments, &self.population, &Environment::at(NOW), &mut planned);
        }
        planned
    }

    /// Orders of one owner, or why there is none.
    pub(super) fn of(&self, types: Vec<AssignedResourceType>) -> Planned {
        let owner = types[0].owner.0;
        self.plan(&[(owner, Assignments { resource_types: types, ..Assignments::default() })])
    }
}

/// A row of person 1: an account to be made.
pub(super) fn creation(id: i64, resource_type: PolicyObjectId) -> AssignedResourceType {
    AssignedResourceType {
        id,
        owner: ResourceId(1),
        resource_type,
        workflow: WorkflowState::PolicyApproved,
        provisioning: ProvisioningState::Pending,
        ..AssignedResourceType::default()
    }
}

/// The same with account 21, which is as it should be.
pub(super) fn existing(id: i64, resource_type: PolicyObjectId) -> AssignedResourceType {
    AssignedResourceType {
        target: Some(ResourceId(21)),
        provisioning: ProvisioningState::Verified,
        ..creation(id, resource_type)
    }
}

pub(super) fn scalar(id: i64, property: PropertyId, value: &str) -> AssignedValue {
    AssignedValue {
        id,
        property,
        policy_value: (!value.is_empty()).then(|| value.to_owned()),
        workflow: WorkflowState::PolicyApproved,
        provisioning: ProvisioningState::Pending,
        ..AssignedValue::default()
    }
}

pub(super) fn link(id: i64, property: PropertyId, resource: i64, is_expected: bool) -> AssignedNavigation {
    AssignedNavigation {
        id,
        property,
        resource: ResourceId(resource),
        is_expected,
        is_current: !is_expected,
        workflow: WorkflowState::PolicyApproved,
        provisioning: ProvisioningState::Pending,
        ..AssignedNavigation::default()
    }
}

/// `Added 7 {"dn":"CN=1"}`, sorted as they are carried out.
pub(super) fn lines(planned: &Planned) -> Vec<String> {
    let mut orders: Vec<&PlannedOrder> = planned.orders.iter().collect();
    orders.sort_by_key(|order| order.rank);
    let line = |o: &&PlannedOrder| {
        format!(
            "{:?} {} {}",
            o.order.change_type,
            o.order.assigned_resource_type_id,
            serde_json::Value::Object(o.order.changes.clone())
        )
    };
    orders.iter().map(line).collect()
}

pub(super) fn codes(planned: &Planned) -> Vec<String> {
    planned.held.iter().map(|held| format!("{} {}", held.assigned, held.reason.code())).collect()
}
