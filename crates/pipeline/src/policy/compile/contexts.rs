//! Context rules and record sections.

use super::{Builder, Subject};
use crate::expression::program::{Scope, Wanted};
use crate::policy::plan::{ContextPlan, DimensionPlan, SectionPlan};
use crate::population::Reads;
use provost_model::configuration::PropertyType;
use provost_model::configuration::policy::{ContextRule, Operand, RecordSection, RiskFactor};
use provost_model::metadata::Metadata;
use std::collections::BTreeSet;

/// Where the resources that bear contexts are.
struct Bearer {
    entity_type: usize,
    /// Navigations that lead there; nothing for what an expression finds.
    path: Option<Vec<usize>>,
}

impl Builder<'_, '_> {
    fn context_rule(&self) -> Option<&ContextRule> {
        let name = &self.compiler.metadata.entity_types[self.entity_type].identifier;
        let rules = self.compiler.policy.context_rules.iter().filter(|rule| rule.source_entity_type == *name);
        rules.min_by_key(|rule| &rule.identifier)
    }

    pub(super) fn risk_factor(&self) -> RiskFactor {
        self.context_rule().map(|rule| rule.risk_factor).unwrap_or_default()
    }

    pub(super) fn contexts(&mut self) -> ContextPlan {
        let Some(rule) = self.context_rule().cloned() else {
            return ContextPlan::default();
        };
        let subject = Subject::new("ContextRule", &rule.identifier, &rule.place);
        let policy = self.compiler.policy;
        for other in policy.context_rules.iter().filter(|other| other.source_entity_type == rule.source_entity_type) {
            if other.identifier != rule.identifier {
                let message = format!("{} has the context rule {} already", rule.source_entity_type, rule.identifier);
                let other = Subject::new("ContextRule", &other.identifier, &other.place);
                self.compiler.error(other, message, "keep one context rule for each entity type");
            }
        }
        let exclude = rule.exclude_expression.as_ref().and_then(|expression| {
            let operand = Operand { binding: None, expression: Some(expression.clone()) };
            let program = self.context_program(&operand, self.entity_type, Wanted::Boolean, subject)?;
            self.reads.owner.merge(program.reads());
            Some(program)
        });
        let (resources, bearer) = self.bearer(&rule, subject);
        let mut read = Reads::default();
        let sections = self.sections(&rule, &bearer, &mut read);
        let dimensions = rule
            .bindings
            .iter()
            .filter_map(|(column, path)| self.dimension(*column, path, &bearer, &sections, &mut read, subject));
        let dimensions = dimensions.collect();
        let mut date = |operand: &Operand| {
            if *operand == Operand::default() || !sections.is_empty() {
                return None;
            }
            let wanted = Wanted::Text(PropertyType::DateTime);
            let program = self.context_program(operand, bearer.entity_type, wanted, subject)?;
            read.merge(program.reads());
            Some(program)
        };
        let (start, end) = (date(&rule.start), date(&rule.end));
        self.add_bearer_reads(&bearer, &read);
        let sections = sections.into_iter().map(|(plan, _)| plan).collect();
        ContextPlan { is_ruled: true, exclude, resources, start, end, dimensions, sections }
    }

    fn context_program(
        &mut self,
        operand: &Operand,
        entity_type: usize,
        wanted: Wanted,
        subject: Subject,
    ) -> Option<crate::expression::program::Program> {
        let metadata = self.compiler.metadata;
        self.program(operand, &Scope::new(metadata, entity_type, wanted), subject)
    }

    fn bearer(
        &mut self,
        rule: &ContextRule,
        subject: Subject,
    ) -> (Option<crate::expression::program::Program>, Bearer) {
        let own = Bearer { entity_type: self.entity_type, path: Some(Vec::new()) };
        if rule.resources == Operand::default() {
            return (None, own);
        }
        let Some(program) = self.context_program(&rule.resources, self.entity_type, Wanted::Resources(None), subject)
        else {
            return (None, own);
        };
        self.reads.owner.merge(program.reads());
        let by_path = match (&rule.resources.binding, &rule.resources.expression) {
            (Some(binding), None) => self.compiler.path(self.entity_type, binding).ok(),
            _ => None,
        };
        let bearer = match by_path {
            Some((path, entity_type)) => Bearer { entity_type, path: Some(path) },
            None => Bearer { entity_type: self.record_entity_type(rule), path: None },
        };
        (Some(program), bearer)
    }

    /// Entity type of records, for resources that an expression finds.
    fn record_entity_type(&self, rule: &ContextRule) -> usize {
        let policy = self.compiler.policy;
        let section = policy.record_sections.iter().find(|s| s.source_entity_type == rule.source_entity_type);
        let named = section.and_then(|section| {
            let types = &self.compiler.metadata.entity_types;
            types.iter().position(|known| known.identifier == section.resource_entity_type)
        });
        named.unwrap_or(self.entity_type)
    }

    /// What is read on resources that bear contexts is read at the end of the way to them.
    fn add_bearer_reads(&mut self, bearer: &Bearer, read: &Reads) {
        match &bearer.path {
            Some(path) => self.reads.owner.at(path).merge(read),
            None => {
                let metadata = self.compiler.metadata;
                let mut owner = std::mem::take(&mut self.reads.owner);
                merge_at(metadata, &mut owner, self.entity_type, bearer.entity_type, read);
                self.reads.owner = owner;
            }
        }
    }

    /// Record sections, each with the properties that it owns.
    fn sections(
        &mut self,
        rule: &ContextRule,
        bearer: &Bearer,
        read: &mut Reads,
    ) -> Vec<(SectionPlan, BTreeSet<usize>)> {
        let metadata = self.compiler.metadata;
        let policy = self.compiler.policy;
        let record = &metadata.entity_types[bearer.entity_type];
        let mut declared: Vec<&RecordSection> = policy
            .record_sections
            .iter()
            .filter(|section| section.source_entity_type == rule.source_entity_type)
            .collect();
        declared.sort_by_key(|section| &section.identifier);
        let position = |name: &str| record.properties.iter().position(|property| property.identifier == name);
        let listed: BTreeSet<usize> = declared
            .iter()
            .flat_map(|section| &section.properties)
            .filter(|property| !property.is_excluded)
            .filter_map(|property| position(&property.property))
            .collect();
        let claimed = declared.iter().any(|section| section.is_default_boundaries_section);
        let mut sections = Vec::new();
        for section in declared {
            let subject = Subject::new("RecordSection", &section.identifier, &section.place);
            let is_default = section.properties.iter().all(|property| property.is_excluded);
            let members: BTreeSet<usize> = if is_default {
                let excluded: BTreeSet<_> = section.properties.iter().filter_map(|p| position(&p.property)).collect();
                (0..record.properties.len()).filter(|p| !listed.contains(p) && !excluded.contains(p)).collect()
            } else {
                section.properties.iter().filter_map(|property| position(&property.property)).collect()
            };
            let program = |builder: &mut Self, expression: &Option<String>, read: &mut Reads| {
                let operand = Operand { binding: None, expression: Some(expression.clone()?) };
                let wanted = Wanted::Text(PropertyType::String);
                let program = builder.context_program(&operand, bearer.entity_type, wanted, subject)?;
                read.merge(program.reads());
                Some(program)
            };
            let sort_key = program(self, &section.sort_key_expression, read);
            let instance_key = program(self, &section.instance_key_expression, read);
            let start = section.start_property.as_deref().and_then(position);
            let end = section.end_property.as_deref().and_then(position);
            read.values.extend(start.into_iter().chain(end));
            let extendable =
                |name: &str| section.properties.iter().find(|p| p.property == name).is_none_or(|p| p.is_extendable);
            let plan = SectionPlan {
                start,
                end,
                keeps_boundaries: section.keeps_boundaries,
                is_extendable: section.is_extendable,
                has_extendable: members.iter().any(|p| extendable(&record.properties[*p].identifier)),
                threshold: section.extended_sort_key.clone(),
                sort_key,
                instance_key,
                is_default,
                bounds_identity: section.is_default_boundaries_section || (is_default && !claimed),
            };
            sections.push((plan, members));
        }
        if !sections.is_empty() && !sections.iter().any(|(plan, _)| plan.is_default) {
            // A default section that nobody declares has no dates, and all properties that no other has.
            let members = (0..record.properties.len()).filter(|p| !listed.contains(p)).collect();
            let plan = SectionPlan {
                start: None,
                end: None,
                keeps_boundaries: true,
                is_extendable: true,
                has_extendable: true,
                threshold: None,
                sort_key: None,
                instance_key: None,
                is_default: true,
                bounds_identity: !claimed,
            };
            sections.push((plan, members));
        }
        sections
    }

    fn dimension(
        &mut self,
        column: u8,
        path: &str,
        bearer: &Bearer,
        sections: &[(SectionPlan, BTreeSet<usize>)],
        read: &mut Reads,
        subject: Subject,
    ) -> Option<DimensionPlan> {
        let compiler = &mut *self.compiler;
        let policy = compiler.policy;
        let Some(dimension) = policy.dimensions.iter().find(|dimension| dimension.column == column) else {
            let message = format!("no dimension has the column {column}");
            compiler.error(subject, message, "declare a Dimension with this ColumnMapping");
            return None;
        };
        let (found, on_owner) = match compiler.path(bearer.entity_type, path) {
            Ok(found) => (found, false),
            Err(message) => match compiler.path(self.entity_type, path) {
                Ok(found) => (found, true),
                Err(_) => {
                    let remedy = "write a path of navigations from the resources that bear contexts";
                    compiler.error(subject, format!("B{column}=\"{path}\": {message}"), remedy);
                    return None;
                }
            },
        };
        let (path, end) = found;
        if compiler.metadata.entity_types[end].identifier != dimension.entity_type {
            let message = format!(
                "B{column} leads to {}, but the dimension {} has values of {}",
                compiler.metadata.entity_types[end].identifier, dimension.identifier, dimension.entity_type
            );
            compiler.error(subject, message, "end the path at the entity type of the dimension");
            return None;
        }
        let reads = if on_owner { &mut self.reads.owner } else { read };
        reads.at(&path);
        let first = path.first().copied().unwrap_or_default();
        let section = sections.iter().position(|(_, members)| members.contains(&first)).unwrap_or_default();
        let name = &compiler.metadata.entity_types[bearer.entity_type].properties.get(first).map(|p| &p.identifier);
        let declared = policy.record_sections.iter().flat_map(|section| &section.properties);
        let is_extendable = declared.filter(|p| Some(&p.property) == *name).all(|p| p.is_extendable);
        Some(DimensionPlan { column, path, on_owner, section, is_extendable })
    }
}

fn merge_at(metadata: &Metadata, reads: &mut Reads, at: usize, wanted: usize, add: &Reads) {
    if at == wanted {
        reads.merge(add);
        return;
    }
    let pointed = |property: usize| {
        metadata.associations.iter().find_map(|association| match (at, property) {
            end if end == association.end1 => Some(association.end2.0),
            end if end == association.end2 => Some(association.end1.0),
            _ => None,
        })
    };
    for (property, below) in &mut reads.links {
        if let Some(end) = pointed(*property) {
            merge_at(metadata, below, end, wanted, add);
        }
    }
}
