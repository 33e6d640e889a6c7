//! Where a value comes from: the column or expression, the synchronisation that brought it, and what was there before.

use super::Teller;
use super::shape::{About, ExplainError, Step, StepKind};
use crate::population::navigation;
use provost_model::ResourceId;
use provost_model::configuration::{EntityPropertyExpression, PropertyType};
use provost_model::query::format_instant;
use provost_pipeline::expression::program::{Program, Scope, Variable, Wanted};
use provost_pipeline::population::Reads;
use provost_store::Resource as Version;

/// Values read by expressions that are read by expressions … are followed this far.
const DEEPEST: usize = 4;
/// Earlier values, and resources at the end of a navigation, that are told.
const FEW: usize = 3;

impl Teller<'_> {
    /// The value of a property (a position) of a resource, and where it comes from.
    pub(super) fn value(
        &mut self,
        entity_type: usize,
        id: ResourceId,
        property: usize,
        depth: usize,
    ) -> Result<Step, ExplainError> {
        let metadata = self.metadata;
        let of = &metadata.entity_types[entity_type];
        let known = &of.properties[property];
        if known.kind == PropertyType::ForeignKey {
            return self.links(entity_type, id, property);
        }
        let versions = self.tx.resource_history(id)?;
        let held = |version: &Version| known.slot.and_then(|slot| version.value(slot)).map(str::to_owned);
        let value = versions.first().and_then(&held);
        let text = match &value {
            Some(value) => format!("{} is \"{value}\"", known.identifier),
            None => format!("{} has no value", known.identifier),
        };
        let same = versions.iter().take_while(|version| held(version) == value).count();
        let since = same.checked_sub(1).and_then(|last| versions.get(last)).map(|version| version.valid_from);
        let mut because = self.sources(entity_type, id, property, since, depth)?;
        because.extend(earlier(&versions[same.min(versions.len())..], held));
        let mut step = Step::new(StepKind::Value, text).with(because);
        step.start = since.map(format_instant);
        step.value = value;
        step.resource = Some(self.reference(id)?);
        Ok(step.about(About::Property(of.identifier.clone(), Some(id), known.identifier.clone())))
    }

    fn links(&mut self, entity_type: usize, id: ResourceId, property: usize) -> Result<Step, ExplainError> {
        let metadata = self.metadata;
        let of = &metadata.entity_types[entity_type];
        let name = &of.properties[property].identifier;
        let ends = self.ends(entity_type, id, property)?;
        let mut because = Vec::new();
        for end in ends.iter().take(FEW) {
            because.push(self.resource_step(*end)?);
        }
        if ends.len() > FEW {
            because.push(Step::new(StepKind::Note, format!("and {} more", ends.len() - FEW)));
        }
        because.extend(self.sources(entity_type, id, property, None, DEEPEST)?);
        let text = match ends.len() {
            0 => format!("{name} leads nowhere"),
            1 => format!("{name} leads to"),
            count => format!("{name} leads to {count} resources"),
        };
        let mut step = Step::new(StepKind::Value, text).with(because);
        step.resource = Some(self.reference(id)?);
        Ok(step.about(About::Property(of.identifier.clone(), Some(id), name.clone())))
    }

    /// What a navigation leads to.
    fn ends(&mut self, entity_type: usize, id: ResourceId, property: usize) -> Result<Vec<ResourceId>, ExplainError> {
        let Some((association, _, side, _)) = navigation(self.metadata, (entity_type, property)) else {
            return Ok(Vec::new());
        };
        let all = self.tx.links_of_resource(id, None)?;
        let own = all.into_iter().filter(|link| link.association == association && link.side == side);
        Ok(own.map(|link| link.other).collect())
    }

    /// What computes a property or brings it along.
    fn sources(
        &mut self,
        entity_type: usize,
        id: ResourceId,
        property: usize,
        since: Option<i64>,
        depth: usize,
    ) -> Result<Vec<Step>, ExplainError> {
        let metadata = self.metadata;
        let configuration = &metadata.configuration;
        let of = &metadata.entity_types[entity_type];
        let name = &of.properties[property].identifier;
        let computed =
            configuration.expressions.iter().filter(|e| e.entity_type == of.identifier && e.property == *name);
        let mut steps = Vec::new();
        for expression in computed {
            steps.push(self.computed(entity_type, id, expression, depth)?);
        }
        let mapping = configuration.type_mappings.iter().find(|m| m.identifier == of.identifier);
        let column = mapping.and_then(|m| {
            let mapped = m.properties.iter().find(|p| p.identifier == *name)?;
            Some((m, mapped.connection_column.as_ref()?))
        });
        if let Some((mapping, column)) = column {
            let text = format!("column {column} of {}.csv, connector {}", mapping.connection_table, mapping.connector);
            let place = self.place_in("EntityTypeMapping", &mapping.identifier, |item| {
                item.element == "Property" && item.get("Identifier") == Some(name.as_str())
            });
            let session = self.session(&mapping.connector, id, since)?;
            let step = Step::new(StepKind::Source, text).of("EntityTypeMapping", &mapping.identifier, place);
            steps.push(step.with(session).about(About::Permission("/Connectors/EntityTypeMapping/Query")));
        }
        let is_end = |path: &provost_model::configuration::PropertyPath| {
            path.entity_type == of.identifier && path.property == *name
        };
        let association = configuration.associations.iter().find(|a| is_end(&a.property1) || is_end(&a.property2));
        let mapped =
            association.and_then(|a| configuration.association_mappings.iter().find(|m| m.identifier == a.identifier));
        if let Some(mapping) = mapped {
            let text = format!(
                "columns {} and {} of {}.csv, connector {}",
                mapping.column1, mapping.column2, mapping.connection_table, mapping.connector
            );
            let place = self.place("EntityAssociationMapping", &mapping.identifier);
            let step = Step::new(StepKind::Source, text).of("EntityAssociationMapping", &mapping.identifier, place);
            steps.push(step.about(About::Permission("/Connectors/EntityAssociationMapping/Query")));
        }
        if steps.is_empty() {
            steps.push(Step::new(
                StepKind::Source,
                "no mapping and no expression fills it: nobody but the product could",
            ));
        }
        Ok(steps)
    }

    fn computed(
        &mut self,
        entity_type: usize,
        id: ResourceId,
        computed: &EntityPropertyExpression,
        depth: usize,
    ) -> Result<Step, ExplainError> {
        let written = [computed.binding.as_deref(), computed.expression.as_deref()];
        let written: Vec<&str> = written.into_iter().flatten().collect();
        let text = format!("computed: {}", written.join(" · "));
        let place = self.place("EntityPropertyExpression", &computed.identifier);
        let step = Step::new(StepKind::Source, text).of("EntityPropertyExpression", &computed.identifier, place);
        let step = step.about(About::Permission("/Metadata/EntityProperty/Query"));
        let read = (computed.binding.as_deref(), computed.expression.as_deref());
        Ok(step.with(self.read_by(entity_type, id, read, depth + 1)?))
    }

    /// The values that a binding and an expression read, each with where it comes from.
    pub(super) fn read_by(
        &mut self,
        entity_type: usize,
        id: ResourceId,
        (binding, expression): (Option<&str>, Option<&str>),
        depth: usize,
    ) -> Result<Vec<Step>, ExplainError> {
        if depth > DEEPEST {
            return Ok(Vec::new());
        }
        let variables = [Variable::Assignment, Variable::QueryHandler];
        let scope = Scope::new(self.metadata, entity_type, Wanted::Any).with(&variables);
        match Program::compile(binding, expression, &scope) {
            Ok(program) => self.read(entity_type, id, program.reads(), depth),
            Err(_) => Ok(Vec::new()),
        }
    }

    fn read(
        &mut self,
        entity_type: usize,
        id: ResourceId,
        reads: &Reads,
        depth: usize,
    ) -> Result<Vec<Step>, ExplainError> {
        let mut steps = Vec::new();
        for property in &reads.values {
            steps.push(self.value(entity_type, id, *property, depth)?);
        }
        for (property, beyond) in &reads.links {
            let mut step = self.links(entity_type, id, *property)?;
            if let Some((.., far)) = navigation(self.metadata, (entity_type, *property)).filter(|_| depth < DEEPEST) {
                for end in self.ends(entity_type, id, *property)?.into_iter().take(FEW) {
                    let below = self.read(far, end, beyond, depth + 1)?;
                    match step.because.iter_mut().find(|known| known.names(end)) {
                        Some(known) => known.because.extend(below),
                        None => step.because.extend(below),
                    }
                }
            }
            steps.push(step);
        }
        Ok(steps)
    }

    /// The synchronisation that brought what holds since an instant, as far as it is known.
    fn session(&mut self, connector: &str, id: ResourceId, since: Option<i64>) -> Result<Vec<Step>, ExplainError> {
        let Some(since) = since else { return Ok(Vec::new()) };
        let mut all = self.tx.applied_sessions(connector, since)?.into_iter();
        let Some(session) = all.find(|session| session.updated_at == since) else { return Ok(Vec::new()) };
        let mode = session.mode;
        let when = format_instant(since);
        let mut text = format!("{mode} synchronisation {} of {when}, sent by {}", session.id, session.opened_by);
        let line = match session.run {
            Some(run) => self.tx.line_of_change(run, id)?,
            None => None,
        };
        match line {
            Some(line) => text.push_str(&format!(", line {line}")),
            None => text.push_str("; its lines were not kept"),
        }
        let mut step = Step::new(StepKind::Session, text);
        step.start = Some(format_instant(since));
        Ok(vec![step.about(About::Permission("/Connectors/SynchronizeSession"))])
    }
}

impl Step {
    /// It is the step of a resource.
    fn names(&self, id: ResourceId) -> bool {
        self.kind == StepKind::Note && self.resource.as_ref().is_some_and(|resource| resource.id == id.to_string())
    }
}

/// What was there before, the latest first.
fn earlier(versions: &[Version], held: impl Fn(&Version) -> Option<String>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut last = None;
    for version in versions {
        let value = held(version);
        if last.as_ref() == Some(&value) {
            if let Some(step) = steps.last_mut() {
                step.start = Some(format_instant(version.valid_from));
            }
            continue;
        }
        if steps.len() == FEW {
            break;
        }
        let until = version.valid_to.map(|at| format!(" until {}", format_instant(at))).unwrap_or_default();
        let text = match &value {
            Some(value) => format!("it was \"{value}\"{until}"),
            None => format!("it had no value{until}"),
        };
        let mut step = Step::new(StepKind::Version, text);
        step.start = Some(format_instant(version.valid_from));
        step.end = version.valid_to.map(format_instant);
        step.value.clone_from(&value);
        steps.push(step);
        last = Some(value);
    }
    steps
}
