//! From the typed policy to the plan that is evaluated. Names become ids and positions; what cannot be resolved is
//! reported, with its place and what to do.

mod contexts;
mod digest;
mod governance;
mod roles;
mod types;

pub(super) use types::mode;

use super::conditions::{self, Atom};
use super::plan::{Computation, OwnerProgram, Source, SourceReads};
use super::{Engine, PolicyProblem};
use crate::expression::program::{Program, Scope, Variable, Wanted};
use crate::population::Reads;
use provost_model::configuration::PropertyType;
use provost_model::configuration::policy::{Criterion, Operand, Place, Policy, PolicyConfiguration};
use provost_model::metadata::Metadata;
use provost_model::policy::PolicyCatalog;
use provost_model::{PolicyObjectId, ResourceId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the policy names in the data.
pub trait Directory {
    /// The resource that one of the key properties of the entity type (a position) finds by this text: keys are tried
    /// one after the other.
    fn resource(&self, entity_type: usize, key: &str) -> Option<ResourceId>;

    /// Values of a hierarchical dimension, each with the value above it.
    fn parents(&self, column: u8) -> Vec<(ResourceId, ResourceId)>;
}

/// Where an element stands, for problems.
#[derive(Clone, Copy)]
struct Subject<'a> {
    element: &'static str,
    identity: &'a str,
    place: &'a Place,
}

impl<'a> Subject<'a> {
    fn new(element: &'static str, identity: &'a str, place: &'a Place) -> Subject<'a> {
        Subject { element, identity, place }
    }
}

struct Compiler<'a> {
    metadata: &'a Metadata,
    policy: &'a PolicyConfiguration,
    catalog: &'a PolicyCatalog,
    directory: &'a dyn Directory,
    problems: Vec<PolicyProblem>,
}

impl Engine {
    /// Compiles the policy of a deployed configuration.
    ///
    /// # Errors
    /// Something that is named does not exist, roles contain each other, or an expression cannot be compiled. A rule
    /// that names a resource which is not there is no error: it gives nothing, and is among the warnings.
    pub fn compile(
        metadata: &Metadata,
        catalog: &PolicyCatalog,
        directory: &dyn Directory,
    ) -> Result<Engine, Vec<PolicyProblem>> {
        let policy = &metadata.configuration.policy;
        let mut compiler = Compiler { metadata, policy, catalog, directory, problems: Vec::new() };
        let mut sources = Vec::new();
        let mut by_entity_type = vec![None; metadata.entity_types.len()];
        for entity_type in compiler.source_entity_types() {
            by_entity_type[entity_type] = Some(sources.len());
            sources.push(compiler.source(entity_type));
        }
        let problems = compiler.problems;
        match problems.iter().any(|problem| problem.is_error) {
            true => Err(problems),
            false => Ok(Engine { sources, by_entity_type, warnings: problems }),
        }
    }
}

impl<'a> Compiler<'a> {
    fn source_entity_types(&mut self) -> BTreeSet<usize> {
        let policy = self.policy;
        let mut named: Vec<(&str, Subject)> = Vec::new();
        let mut name = |element, identity, entity_type, place| {
            named.push((entity_type, Subject::new(element, identity, place)));
        };
        for role in &policy.single_roles {
            name("SingleRole", role.identifier.as_str(), role.entity_type.as_str(), &role.place);
        }
        for role in &policy.composite_roles {
            name("CompositeRole", &role.identifier, &role.entity_type, &role.place);
        }
        for resource_type in &policy.resource_types {
            let source = &resource_type.source_entity_type;
            name("ResourceType", &resource_type.identifier, source, &resource_type.place);
        }
        for rule in &policy.context_rules {
            name("ContextRule", &rule.identifier, &rule.source_entity_type, &rule.place);
        }
        for risk in &policy.risks {
            name("Risk", &risk.identifier, &risk.entity_type, &risk.place);
        }
        named.into_iter().filter_map(|(entity_type, subject)| self.entity_type(entity_type, subject)).collect()
    }

    fn source(&mut self, entity_type: usize) -> Source {
        let mut builder = Builder {
            compiler: self,
            entity_type,
            conditions: conditions::Builder::new(),
            programs: Vec::new(),
            known_programs: HashMap::new(),
            reads: SourceReads::default(),
            columns: BTreeSet::new(),
        };
        let contexts = builder.contexts();
        let mut roles = builder.roles();
        let types = builder.types(&mut roles);
        let (automations, risks) = builder.governance(&mut roles, types);
        let risk_factor = builder.risk_factor();
        let hash = builder.hash();
        let Builder { conditions, programs, reads, columns, .. } = builder;
        let mut children: HashMap<(u8, ResourceId), Vec<ResourceId>> = HashMap::new();
        for column in columns {
            for (value, parent) in self.directory.parents(column) {
                children.entry((column, parent)).or_default().push(value);
            }
        }
        let conditions = conditions.finish(&children);
        let (types, risks) = risks;
        let mut source = Source {
            entity_type,
            contexts,
            type_ids: ids(types.iter().map(|resource_type| resource_type.id)),
            composites: roles.composites,
            singles: roles.singles,
            types,
            effects: Vec::new(),
            unconditional: vec![Vec::new(); conditions.len()],
            conditions,
            programs,
            automations,
            risks,
            risk_factor,
            reads,
            hash,
        };
        types::index(&mut source);
        roles::index(&mut source);
        roles::echoes(&mut source);
        source
    }

    fn problem(&mut self, is_error: bool, subject: Subject, message: impl Into<String>, remedy: impl Into<String>) {
        self.problems.push(PolicyProblem {
            is_error,
            element: subject.element,
            identity: subject.identity.to_owned(),
            place: subject.place.clone(),
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    fn error(&mut self, subject: Subject, message: impl Into<String>, remedy: impl Into<String>) {
        self.problem(true, subject, message, remedy);
    }

    fn warning(&mut self, subject: Subject, message: impl Into<String>, remedy: impl Into<String>) {
        self.problem(false, subject, message, remedy);
    }

    fn id(&mut self, subject: Subject) -> Option<PolicyObjectId> {
        let id = self.catalog.id(subject.element, subject.identity);
        if id.is_none() {
            self.error(subject, "it has no id", "deploy the configuration again");
        }
        id
    }

    fn entity_type(&mut self, name: &str, subject: Subject) -> Option<usize> {
        let found = self.metadata.entity_types.iter().position(|known| known.identifier == name);
        if found.is_none() {
            let message = format!("there is no entity type {name}");
            self.error(subject, message, "write the identifier of an entity type");
        }
        found
    }

    fn policy_named(&mut self, name: &str, subject: Subject) -> Option<&'a Policy> {
        let found = self.policy.policies.iter().find(|policy| policy.identifier == name);
        if found.is_none() {
            let message = format!("there is no policy {name}");
            self.error(subject, message, "write the identifier of a Policy");
        }
        found
    }

    /// The entity type at the end of a path of navigations, with the positions of these.
    fn path(&self, entity_type: usize, path: &str) -> Result<(Vec<usize>, usize), String> {
        let mut at = entity_type;
        let mut steps = Vec::new();
        let path = path.split_once(':').map_or(path, |(_, rest)| rest);
        for name in path.split('.').map(str::trim) {
            let owner = &self.metadata.entity_types[at];
            let Some(property) = owner.properties.iter().position(|property| property.identifier == name) else {
                return Err(format!("{} has no property {name}", owner.identifier));
            };
            let Some(end) = self.pointed(at, property) else {
                return Err(format!("{}:{name} is no navigation", owner.identifier));
            };
            steps.push(property);
            at = end.0;
        }
        Ok((steps, at))
    }

    /// Entity type that a navigation leads to, and whether it may hold several links.
    fn pointed(&self, entity_type: usize, property: usize) -> Option<(usize, bool)> {
        self.metadata.associations.iter().find_map(|association| {
            if association.end1 == (entity_type, property) {
                Some((association.end2.0, association.is_property1_collection))
            } else if association.end2 == (entity_type, property) {
                Some((association.end1.0, association.is_property2_collection))
            } else {
                None
            }
        })
    }
}

/// Positions by id.
fn ids(ids: impl Iterator<Item = PolicyObjectId>) -> Vec<(PolicyObjectId, u32)> {
    let mut ids: Vec<_> = ids.zip(0..).collect();
    ids.sort_unstable();
    ids
}

/// Makes the plan of one source entity type.
struct Builder<'c, 'a> {
    compiler: &'c mut Compiler<'a>,
    entity_type: usize,
    conditions: conditions::Builder,
    programs: Vec<OwnerProgram>,
    known_programs: HashMap<(Operand, u8), u32>,
    reads: SourceReads,
    /// Columns that hierarchical criteria look at.
    columns: BTreeSet<u8>,
}

impl Builder<'_, '_> {
    /// The condition that these criteria and those of the policy hold. Nothing when a value is not there.
    fn condition(&mut self, criteria: &[Criterion], policy: &str, subject: Subject) -> Option<u32> {
        let of_policy = self.compiler.policy_named(policy, subject)?.criteria.as_slice();
        let atoms: Option<Vec<Atom>> =
            criteria.iter().chain(of_policy).map(|criterion| self.atom(criterion, subject)).collect();
        Some(self.conditions.condition(&atoms?))
    }

    fn atom(&mut self, criterion: &Criterion, subject: Subject) -> Option<Atom> {
        let column = criterion.column;
        let value = self.dimension_value(column, &criterion.value, subject)?;
        if criterion.is_hierarchical {
            self.columns.insert(column);
        }
        Some(Atom { column, value, is_hierarchical: criterion.is_hierarchical })
    }

    fn dimension_value(&mut self, column: u8, key: &str, subject: Subject) -> Option<ResourceId> {
        let policy = self.compiler.policy;
        let Some(dimension) = policy.dimensions.iter().find(|dimension| dimension.column == column) else {
            let message = format!("no dimension has the column {column}");
            self.compiler.error(subject, message, "declare a Dimension with this ColumnMapping");
            return None;
        };
        let entity_type = self.compiler.entity_type(&dimension.entity_type, subject)?;
        self.resource(entity_type, key, subject)
    }

    /// A resource that the policy names.
    fn resource(&mut self, entity_type: usize, key: &str, subject: Subject) -> Option<ResourceId> {
        let found = self.compiler.directory.resource(entity_type, key);
        if found.is_none() {
            let name = &self.compiler.metadata.entity_types[entity_type].identifier;
            let message = format!("there is no {name} with the key \"{key}\", so it gives nothing");
            self.compiler.warning(subject, message, "correct the value, or synchronise the resource");
        }
        found
    }

    /// A program over the owner, shared with those that are written alike.
    fn owner_program(&mut self, operand: &Operand, kind: PropertyType, subject: Subject) -> Option<u32> {
        let key = (operand.clone(), kind as u8);
        if let Some(known) = self.known_programs.get(&key) {
            return Some(*known);
        }
        if kind == PropertyType::Binary {
            return self.file(operand, key, subject);
        }
        let variables = [Variable::Assignment, Variable::QueryHandler];
        let scope = Scope::new(self.compiler.metadata, self.entity_type, Wanted::Text(kind)).with(&variables);
        let program = self.program(operand, &scope, subject)?;
        self.reads.owner.merge(program.reads());
        let expression = operand.expression.as_deref().unwrap_or_default();
        let text = match (operand.binding.as_deref(), expression) {
            (Some(binding), "") => binding.to_owned(),
            (Some(binding), expression) => format!("{expression} of {binding}"),
            (None, expression) => expression.to_owned(),
        };
        let per_assignment = expression.contains("assignment");
        Some(self.add_program(
            OwnerProgram { computation: Computation::Program(Box::new(program)), per_assignment, text },
            key,
        ))
    }

    fn add_program(&mut self, program: OwnerProgram, key: (Operand, u8)) -> u32 {
        let at = self.programs.len() as u32;
        self.programs.push(program);
        self.known_programs.insert(key, at);
        at
    }

    /// A file of the owner, or of what it leads to. Its value is the digest.
    fn file(&mut self, operand: &Operand, key: (Operand, u8), subject: Subject) -> Option<u32> {
        let binding = operand.binding.as_deref().unwrap_or_default();
        let (path, name) = binding.rsplit_once('.').unwrap_or(("", binding));
        let found = match path {
            "" => Ok((Vec::new(), self.entity_type)),
            path => self.compiler.path(self.entity_type, path),
        };
        let remedy = "write a path to a Binary property of the owner";
        let (steps, end) = match found {
            Ok(found) => found,
            Err(message) => {
                self.compiler.error(subject, message, remedy);
                return None;
            }
        };
        let owner = &self.compiler.metadata.entity_types[end];
        let position = owner.properties.iter().position(|p| p.identifier == name && p.kind == PropertyType::Binary);
        let Some(property) = position else {
            let message = format!("{} has no file property \"{name}\"", owner.identifier);
            self.compiler.error(subject, message, remedy);
            return None;
        };
        self.reads.owner.at(&steps).values.insert(property);
        let computation = Computation::File(steps, property);
        let program = OwnerProgram { computation, per_assignment: false, text: binding.to_owned() };
        Some(self.add_program(program, key))
    }

    fn program(&mut self, operand: &Operand, scope: &Scope, subject: Subject) -> Option<Program> {
        match Program::compile(operand.binding.as_deref(), operand.expression.as_deref(), scope) {
            Ok(program) => {
                for (entity_type, reads) in program.queries() {
                    self.reads.queries.entry(*entity_type).or_default().merge(reads);
                }
                Some(program)
            }
            Err(error) => {
                self.compiler.error(subject, error.message, error.remedy);
                None
            }
        }
    }

    /// What is read on targets of an entity type.
    fn target_reads(&mut self, entity_type: usize) -> &mut Reads {
        self.reads.targets.entry(entity_type).or_default()
    }
}

/// Rank of each identity, so that results do not depend on the order in files.
fn ranks<'s>(identities: impl Iterator<Item = &'s str>) -> BTreeMap<&'s str, u32> {
    identities.collect::<BTreeSet<_>>().into_iter().zip(0..).collect()
}
