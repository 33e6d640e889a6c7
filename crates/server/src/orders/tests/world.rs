//! Persons 1 to 200, with accounts 1001 to 1200 and assignments that a test writes.

use crate::jobs::tests::world::World;
use crate::metadata;
use crate::orders::{GenerateOptions, Generated, LocalOrders, OrderScope, generate};
use provost_model::changes::Command;
use provost_model::configuration::{self, Parsed};
use provost_model::policy::{
    AssignedResourceType, AssignedValue, Assignments, Period, ProvisioningState, WorkflowState,
};
use provost_model::{PolicyObjectId, PropertyId, ResourceId, Slot};
use provost_store::{ApplyPlan, AssignmentChange, ItemChange, ResourceChangeRow, Store, StoredItem};
use std::path::PathBuf;
use std::sync::Arc;

const CONFIGURATION: &str = r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Language Code="en-US" IndicatorNumber="1" />
  <Agent Identifier="Local" DisplayName_L1="The agent" />
  <Connector Identifier="HR" DisplayName_L1="Personnel" Agent="Local" />
  <Connector Identifier="AD" DisplayName_L1="Directory" Agent="Local" />
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="Number" Type="String" IsKey="true" TargetColumnIndex="4" />
    <Property Identifier="Name" Type="String" TargetColumnIndex="5" />
  </EntityType>
  <EntityType Identifier="Account" DisplayName_L1="Account">
    <Property Identifier="dn" Type="String" IsKey="true" TargetColumnIndex="4" />
    <Property Identifier="mail" Type="String" TargetColumnIndex="5" />
    <Property Identifier="photo" Type="Binary" />
  </EntityType>
  <EntityTypeMapping Identifier="Person" Connector="HR" ConnectionTable="HR_Person">
    <Property Identifier="Number" ConnectionColumn="number" IsPrimaryKey="true" />
  </EntityTypeMapping>
  <EntityTypeMapping Identifier="Account" Connector="AD" ConnectionTable="AD_Account">
    <Property Identifier="dn" ConnectionColumn="dn" IsPrimaryKey="true" />
  </EntityTypeMapping>
  <Connection Identifier="LDAP" DisplayName_L1="Directory" Connector="AD" Package="Usercube.LDAP@0000001" />
  <LdapResourceTypeMapping Identifier="AD_User" Connection="LDAP" DefaultObjectClass="person" RDNAttributeIdentifier="cn" />
  <Policy Identifier="Default" DisplayName_L1="Default" IsProvisioningEnabled="true"
    CommentActivationOnDeclineInReview="Required" CommentActivationOnKeepGapInReconciliation="Optional" />
  <ResourceType Identifier="AD_User" DisplayName_L1="Account" Policy="Default" SourceEntityType="Person"
    TargetEntityType="Account" AllowAdd="true" AllowRemove="true" MaximumInsertPercent="0" MaximumUpdatePercent="0"
    MaximumDelete="100" MaximumDeletePercent="0" TransmittedStateValidityPeriod="60" />
</ConfigurationFile>"#;

pub(crate) struct Orders {
    pub(crate) world: World,
    pub(crate) store: Arc<Store>,
    pub(crate) resource_type: PolicyObjectId,
    pub(crate) mail: PropertyId,
    pub(crate) photo: PropertyId,
}

impl Orders {
    pub(crate) fn new(world: World) -> Orders {
        let store = world.store();
        let parsed: Parsed = configuration::parse(&[("conf.xml".to_owned(), CONFIGURATION.to_owned())]);
        assert!(!parsed.has_errors(), "{:?}", parsed.problems);
        let item = |item: &configuration::Item| {
            ItemChange::Insert(StoredItem {
                element: item.element.clone(),
                identity: item.identity.clone(),
                file: item.file.clone(),
                json: serde_json::to_string(item).unwrap(),
            })
        };
        let items: Vec<ItemChange> = parsed.items.iter().map(item).collect();
        let (resource_type, mail, photo) = store
            .write("tester", "test", |tx| -> Result<_, crate::ServerError> {
                tx.replace_configuration(&items)?;
                tx.deploy_model(&parsed.configuration, world.now())?;
                let metadata = metadata::load(tx)?;
                people(tx, &metadata, world.now())?;
                let id = tx.policy_catalog()?.id("ResourceType", "AD_User").unwrap();
                let account = metadata.entity_type("Account").unwrap();
                let property = |name: &str| account.property(name).unwrap().id;
                Ok((id, property("mail"), property("photo")))
            })
            .unwrap();
        Orders { world, store, resource_type, mail, photo }
    }

    /// An account to be made for a person, with its mail address.
    pub(crate) fn creation(&self, person: i64) -> AssignedResourceType {
        AssignedResourceType {
            owner: ResourceId(person),
            resource_type: self.resource_type,
            workflow: WorkflowState::PolicyApproved,
            provisioning: ProvisioningState::Pending,
            scalars: vec![self.value(&format!("{person}@x"), ProvisioningState::Pending)],
            ..AssignedResourceType::default()
        }
    }

    /// The account of a person, as it should be but for its mail address.
    pub(crate) fn update(&self, person: i64, mail: &str) -> AssignedResourceType {
        AssignedResourceType {
            target: Some(ResourceId(1000 + person)),
            provisioning: ProvisioningState::Verified,
            scalars: vec![self.value(mail, ProvisioningState::Pending)],
            ..self.creation(person)
        }
    }

    /// The account of somebody who is gone.
    pub(crate) fn removal(&self, person: i64) -> AssignedResourceType {
        AssignedResourceType {
            provisioning: ProvisioningState::Pending,
            period: Period { start: 0, end: self.world.now() - 1 },
            scalars: vec![],
            ..self.update(person, "")
        }
    }

    pub(crate) fn value(&self, text: &str, provisioning: ProvisioningState) -> AssignedValue {
        AssignedValue {
            property: self.mail,
            policy_value: Some(text.to_owned()),
            workflow: WorkflowState::PolicyApproved,
            provisioning,
            ..AssignedValue::default()
        }
    }

    /// Writes what persons have, in the order of persons; gives the rows of their resource types.
    pub(crate) fn assign(&self, rows: Vec<AssignedResourceType>) -> Vec<i64> {
        let before = Assignments::default();
        let mut after: Vec<(ResourceId, Assignments)> = rows
            .into_iter()
            .map(|row| (row.owner, Assignments { resource_types: vec![row], ..Assignments::default() }))
            .collect();
        self.store
            .write("tester", "test", |tx| -> Result<(), provost_store::StoreError> {
                let mut changes: Vec<AssignmentChange<'_>> = after
                    .iter_mut()
                    .map(|(owner, after)| AssignmentChange { owner: *owner, before: &before, after })
                    .collect();
                tx.write_assignments(&mut changes, self.world.now(), false)?;
                Ok(())
            })
            .unwrap();
        after.iter().map(|(_, owned)| owned.resource_types[0].id).collect()
    }

    pub(crate) fn of(&self, person: i64) -> AssignedResourceType {
        let found = self.store.read(|tx| tx.assignments(&[ResourceId(person)])).unwrap();
        found[0].resource_types[0].clone()
    }

    /// States of the row and of its first value, as numbers, and what is said about them.
    pub(crate) fn standing(&self, person: i64) -> String {
        let row = self.of(person);
        let value = row.scalars.first();
        format!(
            "{} {} {}",
            row.provisioning.number(),
            value.map_or(0, |value| value.provisioning.number()),
            row.error.or_else(|| value.and_then(|value| value.error.clone())).unwrap_or_default()
        )
    }

    pub(crate) fn options(&self) -> GenerateOptions {
        GenerateOptions {
            scope: OrderScope { connector: Some("AD".to_owned()), ..OrderScope::default() },
            actor: "ada".to_owned(),
            now_micros: self.world.now(),
            ..GenerateOptions::default()
        }
    }

    pub(crate) fn generate(&self) -> Generated {
        generate(&self.store, &self.world.folders(), &self.options()).unwrap()
    }

    pub(crate) fn files(&self, below: &str) -> Vec<String> {
        let folder: PathBuf = self.world.folders().work.join("ProvisioningOrders").join(below);
        let entries = std::fs::read_dir(folder).unwrap().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter(|name| name.contains(".json")).collect();
        names.sort();
        names
    }

    /// Calls the host as an agent would.
    pub(crate) fn host<T>(&self, work: impl FnOnce(&LocalOrders<'_>) -> T) -> T {
        let now = self.world.now();
        let clock = move || now;
        work(&LocalOrders {
            store: &self.store,
            folders: &self.world.folders(),
            actor: "agent".to_owned(),
            now: &clock,
        })
    }
}

fn people(
    tx: &mut provost_store::WriteTx,
    metadata: &provost_model::metadata::Metadata,
    now: i64,
) -> Result<(), crate::ServerError> {
    let slots: Vec<Slot> = (4..6).filter_map(Slot::new).collect();
    let run = tx.new_run("HR", now)?;
    for (name, first, key) in [("Person", 0, "P"), ("Account", 1000, "CN=")] {
        let entity_type = metadata.entity_type(name).unwrap().id;
        for person in 1..=200 {
            let (key, value) = (format!("{key}{person}"), format!("old{person}@x"));
            let values = [Some(key.as_str()), Some(value.as_str())];
            tx.resource_changes(run, entity_type, &slots)?.push(ResourceChangeRow {
                command: Command::Insert,
                id: ResourceId(first + person),
                key: &key,
                line: 1,
                precision: 0,
                fingerprint: first + person,
                display_name: values[1],
                values: &values,
                changed: 2,
            })?;
        }
    }
    let types = metadata.entity_types.iter().map(|t| (t.id, slots.clone()));
    let plan = ApplyPlan { types: types.collect(), now_micros: now, ..ApplyPlan::default() };
    tx.apply_changes(run, &plan)?;
    Ok(())
}
