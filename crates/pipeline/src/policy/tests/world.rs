//! A small company in text: configuration, data, and what follows for one person.

use crate::format::Civil;
use crate::policy::{
    Correlation, Directory, Engine, EvaluationOptions, Inputs, Outcome, PolicyProblem, QueryMatch, Scratch,
};
use crate::population::{Handle, Population};
use provost_model::configuration::{PropertyType, parse};
use provost_model::metadata::{Catalog, Metadata};
use provost_model::policy::{
    Assignments, Instant, NO_END, NO_START, Period, PolicyCatalog, ProvisioningState, WorkflowState,
};
use provost_model::{AssociationId, EntityTypeId, PolicyObjectId, PropertyId, ResourceId};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Entity types of all tests.
const MODEL: &str = r#"
<EntityType Identifier="Person">
  <Property Identifier="Number" IsKey="1" TargetColumnIndex="4"/><Property Identifier="Name" TargetColumnIndex="5"/>
  <Property Identifier="Start" Type="DateTime" TargetColumnIndex="6"/><Property Identifier="End" Type="DateTime" TargetColumnIndex="7"/>
  <Property Identifier="Active" Type="Bool" TargetColumnIndex="8"/><Property Identifier="Photo" Type="Binary" TargetColumnIndex="9"/>
  <Property Identifier="Mail" TargetColumnIndex="10"/>
  <Property Identifier="Department" Type="ForeignKey" TargetColumnIndex="128"/><Property Identifier="Site" Type="ForeignKey" TargetColumnIndex="129"/>
  <Property Identifier="Manager" Type="ForeignKey" TargetColumnIndex="130"/><Property Identifier="Reports" Type="ForeignKey"/>
  <Property Identifier="Records" Type="ForeignKey"/>
</EntityType>
<EntityType Identifier="Record">
  <Property Identifier="Key" IsKey="1" TargetColumnIndex="4"/>
  <Property Identifier="Start" Type="DateTime" TargetColumnIndex="5"/><Property Identifier="End" Type="DateTime" TargetColumnIndex="6"/>
  <Property Identifier="PositionStart" Type="DateTime" TargetColumnIndex="7"/><Property Identifier="PositionEnd" Type="DateTime" TargetColumnIndex="8"/>
  <Property Identifier="Rank" TargetColumnIndex="9"/>
  <Property Identifier="Person" Type="ForeignKey" TargetColumnIndex="128"/>
  <Property Identifier="Department" Type="ForeignKey" TargetColumnIndex="129"/><Property Identifier="Site" Type="ForeignKey" TargetColumnIndex="130"/>
</EntityType>
<EntityType Identifier="Department">
  <Property Identifier="Code" IsKey="1" TargetColumnIndex="4"/><Property Identifier="Parent" Type="ForeignKey" TargetColumnIndex="128"/>
  <Property Identifier="Children" Type="ForeignKey"/><Property Identifier="People" Type="ForeignKey"/><Property Identifier="Records" Type="ForeignKey"/>
</EntityType>
<EntityType Identifier="Site">
  <Property Identifier="Code" IsKey="1" TargetColumnIndex="4"/><Property Identifier="People" Type="ForeignKey"/><Property Identifier="Records" Type="ForeignKey"/>
</EntityType>
<EntityType Identifier="Account">
  <Property Identifier="Login" IsKey="1" TargetColumnIndex="4"/><Property Identifier="Mail" TargetColumnIndex="5"/>
  <Property Identifier="Disabled" Type="Bool" TargetColumnIndex="6"/><Property Identifier="Photo" Type="Binary" TargetColumnIndex="7"/>
  <Property Identifier="Groups" Type="ForeignKey"/><Property Identifier="Home" Type="ForeignKey" TargetColumnIndex="128"/>
</EntityType>
<EntityType Identifier="Group">
  <Property Identifier="Dn" IsKey="1" TargetColumnIndex="4"/><Property Identifier="Members" Type="ForeignKey"/><Property Identifier="Homes" Type="ForeignKey"/>
</EntityType>
<EntityAssociation Identifier="PersonDepartment" Property1="Person:Department" Property2="Department:People" IsProperty2Collection="1"/>
<EntityAssociation Identifier="PersonSite" Property1="Person:Site" Property2="Site:People" IsProperty2Collection="1"/>
<EntityAssociation Identifier="PersonManager" Property1="Person:Manager" Property2="Person:Reports" IsProperty2Collection="1"/>
<EntityAssociation Identifier="PersonRecords" Property1="Person:Records" Property2="Record:Person" IsProperty1Collection="1"/>
<EntityAssociation Identifier="RecordDepartment" Property1="Record:Department" Property2="Department:Records" IsProperty2Collection="1"/>
<EntityAssociation Identifier="RecordSite" Property1="Record:Site" Property2="Site:Records" IsProperty2Collection="1"/>
<EntityAssociation Identifier="DepartmentParent" Property1="Department:Parent" Property2="Department:Children" IsProperty2Collection="1"/>
<EntityAssociation Identifier="AccountGroups" Property1="Account:Groups" Property2="Group:Members" IsProperty1Collection="1" IsProperty2Collection="1"/>
<EntityAssociation Identifier="AccountHome" Property1="Account:Home" Property2="Group:Homes" IsProperty2Collection="1"/>
<Dimension Identifier="Department" EntityType="Department" ColumnMapping="0" IsHierarchical="1" ParentProperty="Parent"/>
<Dimension Identifier="Site" EntityType="Site" ColumnMapping="1"/>
"#;

thread_local! {
    /// States that evaluations of this thread gave.
    static REACHED: RefCell<(BTreeSet<WorkflowState>, BTreeSet<ProvisioningState>)> = RefCell::default();
}

/// States that evaluations of this thread gave since this was asked for last.
pub(crate) fn take_reached() -> (BTreeSet<WorkflowState>, BTreeSet<ProvisioningState>) {
    REACHED.with(RefCell::take)
}

fn record(assignments: &Assignments) {
    REACHED.with(|reached| {
        let (workflow, provisioning) = &mut *reached.borrow_mut();
        workflow.extend(assignments.composite_roles.iter().chain(&assignments.single_roles).map(|row| row.workflow));
        for row in &assignments.resource_types {
            workflow.insert(row.workflow);
            provisioning.insert(row.provisioning);
            workflow.extend(row.scalars.iter().map(|value| value.workflow));
            provisioning.extend(row.scalars.iter().map(|value| value.provisioning));
            workflow.extend(row.navigations.iter().map(|link| link.workflow));
            provisioning.extend(row.navigations.iter().map(|link| link.provisioning));
            workflow.extend(row.binaries.iter().map(|value| value.workflow));
            provisioning.extend(row.binaries.iter().map(|value| value.provisioning));
        }
    });
}

/// Data as written: rows by entity type and key, with columns by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Data {
    rows: Vec<(String, Vec<(String, String)>)>,
}

pub(crate) struct World {
    pub(crate) metadata: Metadata,
    pub(crate) catalog: PolicyCatalog,
    pub(crate) engine: Engine,
    pub(crate) data: Data,
    pub(crate) now: Instant,
    pub(crate) existing: Assignments,
    pub(crate) options: EvaluationOptions<'static>,
    pub(crate) correlations: Vec<(String, String, u8)>,
    pub(crate) matches: Vec<(String, String)>,
    pub(crate) scratch: Scratch,
    next_id: i64,
}

struct Keys<'a> {
    metadata: &'a Metadata,
    data: &'a Data,
}

impl Directory for Keys<'_> {
    fn resource(&self, entity_type: usize, key: &str) -> Option<ResourceId> {
        self.data.find(&self.metadata.entity_types[entity_type].identifier, key)
    }

    fn parents(&self, column: u8) -> Vec<(ResourceId, ResourceId)> {
        assert_eq!(column, 0, "only departments form a tree");
        let own = self.data.rows.iter().zip(1..).filter(|((entity_type, _), _)| entity_type == "Department");
        let parent = own.filter_map(|((_, columns), id)| {
            let (_, parent) = columns.iter().find(|(name, _)| name == "Parent")?;
            Some((ResourceId(id), self.data.find("Department", parent)?))
        });
        parent.collect()
    }
}

impl Data {
    /// Id of a resource: its position among all rows.
    fn find(&self, entity_type: &str, key: &str) -> Option<ResourceId> {
        let found = self.rows.iter().position(|(known, columns)| known == entity_type && columns[0].1 == key);
        found.map(|at| ResourceId(at as i64 + 1))
    }

    fn name(&self, id: ResourceId) -> &str {
        &self.rows[id.0 as usize - 1].1[0].1
    }

    /// Adds rows: a header, then a row on each line.
    pub(crate) fn add(&mut self, entity_type: &str, text: &str) {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let header: Vec<&str> = lines.next().unwrap_or_default().split(',').map(str::trim).collect();
        for line in lines {
            let values = line.split(',').map(|value| value.trim().to_owned());
            let columns = header.iter().map(|name| (*name).to_owned()).zip(values).collect();
            self.rows.push((entity_type.to_owned(), columns));
        }
    }

    /// Changes rows whose key, in the first column, is known, and adds the others.
    pub(crate) fn put(&mut self, entity_type: &str, text: &str) {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let header = lines.next().unwrap_or_default();
        for line in lines {
            let values: Vec<&str> = line.split(',').map(str::trim).collect();
            if self.find(entity_type, values[0]).is_none() {
                self.add(entity_type, &format!("{header}\n{line}"));
                continue;
            }
            for (property, value) in header.split(',').map(str::trim).zip(&values).skip(1) {
                self.set(entity_type, values[0], property, value);
            }
        }
    }

    /// Changes one value.
    pub(crate) fn set(&mut self, entity_type: &str, key: &str, property: &str, value: &str) {
        let id = self.find(entity_type, key).unwrap_or_else(|| panic!("no {entity_type} {key}"));
        let columns = &mut self.rows[id.0 as usize - 1].1;
        match columns.iter_mut().find(|(name, _)| name == property) {
            Some((_, known)) => *known = value.to_owned(),
            None => columns.push((property.to_owned(), value.to_owned())),
        }
    }

    /// Takes a resource away; its id stays its own.
    pub(crate) fn remove(&mut self, entity_type: &str, key: &str) {
        let id = self.find(entity_type, key).unwrap_or_else(|| panic!("no {entity_type} {key}"));
        self.rows[id.0 as usize - 1].0 = "gone".to_owned();
    }

    pub(crate) fn population(&self, metadata: &Metadata) -> Population {
        let mut population = Population::new(metadata);
        let position = |name: &str| metadata.entity_types.iter().position(|known| known.identifier == name);
        let mut links: BTreeMap<(Handle, usize), Vec<Handle>> = BTreeMap::new();
        for ((entity_type, _), id) in self.rows.iter().zip(1..) {
            if let Some(entity_type) = position(entity_type) {
                population.add(entity_type, ResourceId(id));
            }
        }
        for ((entity_type, columns), id) in self.rows.iter().zip(1..) {
            let Some(position) = position(entity_type) else {
                continue;
            };
            let handle = population.find(position, ResourceId(id)).unwrap();
            for (name, value) in columns.iter().filter(|(_, value)| !value.is_empty()) {
                let (_, property) =
                    metadata.find(entity_type, name).unwrap_or_else(|| panic!("no {entity_type}:{name}"));
                match metadata.entity_types[position].properties[property].kind {
                    PropertyType::ForeignKey => {
                        self.link(metadata, &population, handle, (position, property), value, &mut links);
                    }
                    PropertyType::DateTime => population.set_value(handle, property, &internal(value)),
                    _ => population.set_value(handle, property, value),
                }
            }
        }
        for ((handle, property), mut ends) in links {
            ends.sort();
            ends.dedup();
            population.set_links(handle, property, &ends);
        }
        population
    }

    fn link(
        &self,
        metadata: &Metadata,
        population: &Population,
        from: Handle,
        end: (usize, usize),
        value: &str,
        links: &mut BTreeMap<(Handle, usize), Vec<Handle>>,
    ) {
        let found = metadata.associations.iter().find_map(|association| match end {
            end if end == association.end1 => Some(association.end2),
            end if end == association.end2 => Some(association.end1),
            _ => None,
        });
        let (entity_type, back) = found.unwrap();
        for key in value.split('|').filter(|key| !key.is_empty()) {
            let name = &metadata.entity_types[entity_type].identifier;
            let Some(to) = self.find(name, key).and_then(|id| population.find(entity_type, id)) else {
                continue;
            };
            links.entry((from, end.1)).or_default().push(to);
            links.entry((to, back)).or_default().push(from);
        }
    }
}

/// `2026-01-31` or `2026-01-31T12:00` in internal text; anything else stays as it is.
fn internal(date: &str) -> String {
    let digits: String = date.chars().filter(char::is_ascii_digit).collect();
    if date.contains('-') { format!("{digits:0<14}") } else { date.to_owned() }
}

pub(crate) fn instant(date: &str) -> Instant {
    Civil::from_internal(&internal(date)).unwrap().to_seconds() * 1_000_000
}

fn date(instant: Instant) -> String {
    match instant {
        NO_START => "…".to_owned(),
        NO_END => "…".to_owned(),
        _ => {
            let text = Civil::from_seconds(instant.div_euclid(1_000_000)).unwrap().to_internal();
            let (day, time) = text.split_at(8);
            let day = format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]);
            if time == "000000" { day } else { format!("{day}T{}:{}", &time[..2], &time[2..4]) }
        }
    }
}

fn span(period: Period) -> String {
    match (period.start, period.end) {
        (NO_START, NO_END) => "always".to_owned(),
        _ => format!("{} to {}", date(period.start), date(period.end)),
    }
}

/// Reads `//- name` sections.
pub(crate) fn sections(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match line.trim().strip_prefix("//- ") {
            Some(name) => found.push((name.trim().to_owned(), String::new())),
            None => {
                if let Some((_, content)) = found.last_mut() {
                    content.push_str(line);
                    content.push('\n');
                }
            }
        }
    }
    found
}

/// The entity model and policy of a configuration.
pub(crate) fn configured(xml: &str) -> (Metadata, PolicyCatalog) {
    let root = "ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\"";
    let file = ("conf.xml".to_owned(), format!("<{root}>\n{xml}\n{MODEL}</ConfigurationFile>"));
    let configuration = parse(&[file]).configuration;
    let mut catalog = Catalog::default();
    for (entity_type, id) in configuration.entity_types.iter().zip(1..) {
        catalog.entity_types.insert(entity_type.identifier.clone(), EntityTypeId(id));
        for (property, nth) in entity_type.properties.iter().zip(1..) {
            let key = (entity_type.identifier.clone(), property.identifier.clone());
            catalog.properties.insert(key, PropertyId(id * 100 + nth));
        }
    }
    for (association, id) in configuration.associations.iter().zip(1..) {
        catalog.associations.insert(association.identifier.clone(), AssociationId(id));
    }
    let metadata = Metadata::resolve(configuration, &catalog);
    let mut policy = PolicyCatalog::default();
    // Ids follow names, so that the order of elements says nothing.
    let mut objects = metadata.configuration.policy.objects();
    objects.sort();
    for ((element, identity), id) in objects.into_iter().zip(1..) {
        policy.objects.insert((element.to_owned(), identity), PolicyObjectId(id));
    }
    (metadata, policy)
}

impl World {
    /// Reads a case: `//- conf.xml`, a section of data for each entity type, and `//- now`, `//- correlations`
    /// (`type,target,confidence`), `//- matches` (`identity of the query rule,resource`) where they are needed.
    pub(crate) fn try_new(text: &str) -> Result<World, Vec<PolicyProblem>> {
        let mut data = Data::default();
        let (mut xml, mut now) = (String::new(), instant("2026-06-01"));
        let (mut correlations, mut matches) = (Vec::new(), Vec::new());
        for (name, content) in sections(text) {
            let lines = || content.lines().map(str::trim).filter(|line| !line.is_empty());
            match name.as_str() {
                "conf.xml" => xml = content,
                "now" => now = instant(content.trim()),
                "correlations" => {
                    correlations.extend(lines().map(|line| {
                        let mut parts = line.split(',').map(|part| part.trim().to_owned());
                        let mut next = || parts.next().unwrap();
                        (next(), next(), next().parse().unwrap())
                    }));
                }
                "matches" => {
                    matches.extend(lines().map(|line| {
                        let (rule, resource) = line.rsplit_once(',').unwrap();
                        (rule.trim().to_owned(), resource.trim().to_owned())
                    }));
                }
                file => data.add(file.strip_suffix(".csv").unwrap(), &content),
            }
        }
        let (metadata, catalog) = configured(&xml);
        let engine = Engine::compile(&metadata, &catalog, &Keys { metadata: &metadata, data: &data })?;
        Ok(World {
            metadata,
            catalog,
            engine,
            data,
            now,
            existing: Assignments::default(),
            options: EvaluationOptions::default(),
            correlations,
            matches,
            scratch: Scratch::default(),
            next_id: 10_000,
        })
    }

    pub(crate) fn new(text: &str) -> World {
        match World::try_new(text) {
            Ok(world) => world,
            Err(problems) => panic!("{}", problems.iter().map(|p| format!("{p}\n")).collect::<String>()),
        }
    }

    /// Deploys another configuration over the same data. Objects that stay keep their ids.
    pub(crate) fn deploy(&mut self, xml: &str) {
        let (metadata, mut catalog) = configured(xml);
        let mut next = self.catalog.objects.values().map(|id| id.0).max().unwrap_or_default() + 1;
        for (key, id) in &mut catalog.objects {
            *id = self.catalog.objects.get(key).copied().unwrap_or_else(|| {
                next += 1;
                PolicyObjectId(next - 1)
            });
        }
        let keys = Keys { metadata: &metadata, data: &self.data };
        self.engine = Engine::compile(&metadata, &catalog, &keys).unwrap();
        let known = std::mem::replace(&mut self.catalog, catalog);
        for (key, id) in known.objects {
            self.catalog.objects.entry(key).or_insert(id);
        }
        self.metadata = metadata;
    }

    pub(crate) fn id(&self, element: &str, identity: &str) -> PolicyObjectId {
        self.catalog.id(element, identity).unwrap_or_else(|| panic!("no {element} {identity}"))
    }

    /// Key of a resource.
    pub(crate) fn data_name(&self, id: ResourceId) -> &str {
        self.data.name(id)
    }

    /// The resource with a key, whatever it is.
    pub(crate) fn data_id(&self, key: &str) -> ResourceId {
        let found = self.data.rows.iter().position(|(_, columns)| columns[0].1 == key);
        ResourceId(found.unwrap_or_else(|| panic!("nothing has the key {key}")) as i64 + 1)
    }

    /// An id for a new row.
    pub(crate) fn next_id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// Evaluates the first person without storing anything.
    pub(crate) fn evaluate(&mut self) -> Outcome {
        let existing = self.existing.clone();
        self.evaluate_from(&existing)
    }

    pub(crate) fn evaluate_from(&mut self, existing: &Assignments) -> Outcome {
        let population = self.data.population(&self.metadata);
        let entity_type = self.metadata.entity_types.iter().position(|t| t.identifier == "Person").unwrap();
        let first = self.data.rows.iter().position(|(entity_type, _)| entity_type == "Person").unwrap();
        let owner = population.find(entity_type, ResourceId(first as i64 + 1)).unwrap();
        let correlations: Vec<Correlation> = self
            .correlations
            .iter()
            .filter_map(|(resource_type, target, confidence)| {
                Some(Correlation {
                    resource_type: self.id("ResourceType", resource_type),
                    target: self.data.find("Account", target)?,
                    confidence: *confidence,
                })
            })
            .collect();
        let query_matches: Vec<QueryMatch> = self
            .matches
            .iter()
            .map(|(rule, resource)| QueryMatch {
                rule: self.id("QueryRule", rule),
                resource: self.data.find("Group", resource).unwrap(),
            })
            .collect();
        let inputs = Inputs {
            existing: Some(existing),
            correlations: &correlations,
            query_matches: &query_matches,
            queries: None,
        };
        self.engine.evaluate(owner, &population, &inputs, self.now, &self.options, &mut self.scratch)
    }

    /// Evaluates and stores; what comes out is checked to be stable: evaluated again, also at the last instant before
    /// the next change, it stays as it is.
    pub(crate) fn step(&mut self) -> Outcome {
        let mut outcome = self.evaluate();
        self.store(&mut outcome.assignments);
        record(&outcome.assignments);
        self.existing = outcome.assignments.clone();
        let again = self.evaluate();
        assert_eq!(again.assignments, outcome.assignments, "evaluated again");
        if let Some(next) = outcome.next_at {
            let now = self.now;
            self.now = next - 1;
            let later = self.evaluate();
            assert_eq!(later.assignments, outcome.assignments, "evaluated just before {}", date(next));
            self.now = now;
        }
        outcome
    }

    /// Gives new rows their ids.
    fn store(&mut self, assignments: &mut Assignments) {
        let mut number = |id: &mut i64| {
            if *id == 0 {
                *id = self.next_id;
                self.next_id += 1;
            }
        };
        for row in assignments.composite_roles.iter_mut().chain(&mut assignments.single_roles) {
            number(&mut row.id);
        }
        for row in &mut assignments.resource_types {
            number(&mut row.id);
            row.scalars.iter_mut().for_each(|value| number(&mut value.id));
            row.navigations.iter_mut().for_each(|value| number(&mut value.id));
            row.binaries.iter_mut().for_each(|value| number(&mut value.id));
        }
    }

    /// Asks why the first person has something, or not.
    pub(crate) fn asked<T>(&mut self, ask: impl FnOnce(&Engine, Handle, &Population, &Inputs, &mut Scratch) -> T) -> T {
        let population = self.data.population(&self.metadata);
        let entity_type = self.metadata.entity_types.iter().position(|t| t.identifier == "Person").unwrap();
        let first = self.data.rows.iter().position(|(entity_type, _)| entity_type == "Person").unwrap();
        let owner = population.find(entity_type, ResourceId(first as i64 + 1)).unwrap();
        let inputs = Inputs { existing: Some(&self.existing), ..Inputs::default() };
        ask(&self.engine, owner, &population, &inputs, &mut self.scratch)
    }

    /// Evaluates, stores and tells what there is.
    pub(crate) fn told(&mut self) -> String {
        let outcome = self.step();
        self.tell(&outcome)
    }

    pub(crate) fn tell(&self, outcome: &Outcome) -> String {
        let mut out = String::new();
        let names: BTreeMap<PolicyObjectId, String> =
            self.catalog.objects.iter().map(|((_, identity), id)| (*id, identity.clone())).collect();
        let name = |id: PolicyObjectId| names.get(&id).cloned().unwrap_or_default();
        let parameters = |parameters: &[(u8, ResourceId)]| {
            let told: Vec<String> = parameters.iter().map(|(c, v)| format!("D{c}={}", self.data.name(*v))).collect();
            if told.is_empty() { String::new() } else { format!(" [{}]", told.join(" ")) }
        };
        let all = &outcome.assignments;
        for (kind, rows) in [("composite", &all.composite_roles), ("single", &all.single_roles)] {
            for row in rows {
                let denied = if row.is_denied { " denied" } else { "" };
                let (role, with) = (name(row.role), parameters(&row.parameters));
                writeln!(out, "{kind} {role}{with}: {}{denied}, {}", row.workflow.name(), span(row.period)).unwrap();
            }
        }
        for row in &all.resource_types {
            let target = row.target.map(|target| format!(" = {}", self.data.name(target))).unwrap_or_default();
            let sure = if (1..100).contains(&row.confidence) { format!(" {}%", row.confidence) } else { String::new() };
            let (kind, with) = (name(row.resource_type), parameters(&row.parameters));
            let states = format!("{} {}", row.workflow.name(), row.provisioning.name());
            writeln!(out, "{kind}{with}{target}{sure}: {states}, {}", span(row.period)).unwrap();
            let property = |id: PropertyId| {
                let all = self.metadata.entity_types.iter().flat_map(|entity_type| &entity_type.properties);
                all.filter(|p| p.id == id).map(|p| p.identifier.clone()).next().unwrap_or_default()
            };
            for value in &row.scalars {
                let policy = value.policy_value.as_deref().unwrap_or("-");
                let current = value.current_value.as_deref().unwrap_or("-");
                let states = format!("{} {}", value.workflow.name(), value.provisioning.name());
                let error = value.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
                let name = property(value.property);
                writeln!(out, "  {name} {policy} / {current}: {states}, {}{error}", span(value.period)).unwrap();
            }
            for value in &row.binaries {
                let policy = value.policy_value.as_deref().unwrap_or("-");
                let current = value.current_value.as_deref().unwrap_or("-");
                let states = format!("{} {}", value.workflow.name(), value.provisioning.name());
                writeln!(out, "  {} {policy} / {current}: {states}, {}", property(value.property), span(value.period))
                    .unwrap();
            }
            for link in &row.navigations {
                let signs = match (link.is_expected, link.is_current) {
                    (true, true) => "=",
                    (true, false) => "+",
                    (false, true) => "-",
                    (false, false) => "?",
                };
                let role = link.single_role.map(|role| format!(" by {}", name(role))).unwrap_or_default();
                let states = format!("{} {}", link.workflow.name(), link.provisioning.name());
                let resource = self.data.name(link.resource);
                writeln!(out, "  {} {signs}{resource}{role}: {states}, {}", property(link.property), span(link.period))
                    .unwrap();
            }
        }
        for risk in &outcome.risks {
            writeln!(out, "risk {}", name(*risk)).unwrap();
        }
        if let Some(score) = outcome.risk_score {
            writeln!(out, "score {score}").unwrap();
        }
        for problem in &outcome.problems {
            writeln!(out, "problem: {problem}").unwrap();
        }
        out
    }
}

/// A case evaluated once.
pub(crate) fn told(text: &str) -> String {
    World::new(text).told()
}
