//! `provost assignment`: what somebody has, now and at any earlier time.

use super::Run;
use super::compute_role_model::owner_of;
use super::options::FormatOption;
use crate::context::Context;
use crate::output::table::Table;
use crate::output::{Format, print};
use crate::report::{Exit, Report};
use crate::repository::{instant, instant_of, metadata};
use crate::road::Road;
use clap::{Args, Subcommand};
use provost_model::metadata::Metadata;
use provost_model::policy::{
    AssignedResourceType, AssignedRole, Assignments, NO_END, NO_START, Period, PolicyCatalog, ProvisioningState,
    WorkflowState,
};
use provost_model::{PolicyObjectId, PropertyId, ResourceId};
use provost_store::{EvaluationNotes, ReadTx};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Look at what somebody has by the role model, now and at any earlier time
#[derive(Args, Debug)]
pub(crate) struct Assignment {
    #[command(subcommand)]
    view: View,
}

#[derive(Subcommand, Debug)]
enum View {
    /// Roles and resource types of an owner
    List(Which),
    /// The same with values, links, rules and risks
    Show(Which),
}

#[derive(Args, Debug)]
struct Which {
    /// ENTITYTYPE:KEY, or # and the id of the owner
    #[arg(long, value_name = "OWNER")]
    owner: String,

    /// As it was then: 2026-01-31, 2026-01-31T12:00 (both UTC), or 2026-01-31T12:00+01:00
    #[arg(long, value_name = "INSTANT", value_parser = instant_of)]
    as_of: Option<i64>,

    #[command(flatten)]
    format: FormatOption,
}

impl Run for Assignment {
    const NAME: &'static str = "assignment";
    const EXAMPLES: &'static str = "\
Examples:
  provost assignment list --owner HR_Person:E10042
  provost assignment show --owner HR_Person:E10042 --format json
  provost assignment list --owner HR_Person:E10042 --as-of 2026-01-31";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let (which, is_whole) = match &self.view {
            View::List(which) => (which, false),
            View::Show(which) => (which, true),
        };
        let road = Road::open(context)?;
        let owner = owner_of(&road, &which.owner)?;
        let found = road.store.read(|tx| Found::read(tx, owner, which.as_of))?;
        let rows = found.rows(is_whole);
        if which.format.format == Format::Json {
            let mut shown = json!({ "owner": owner.0, "assignments": rows.iter().map(Line::json).collect::<Vec<_>>() });
            if is_whole && which.as_of.is_none() {
                shown["risks"] = found.notes.risks.iter().map(|risk| found.name(*risk)).collect();
                shown["riskScore"] = found.notes.risk_score.into();
                shown["nextAt"] = found.notes.next_at.map(instant).into();
            }
            print(&format!("{shown:#}\n"))?;
            return Ok(Exit::Done);
        }
        let mut table = Table::new(COLUMNS.iter().take(if is_whole { COLUMNS.len() } else { 7 }).copied());
        for row in &rows {
            table.row(row.cells().into_iter().take(if is_whole { COLUMNS.len() } else { 7 }));
        }
        print(&table.render(which.format.format, &context.stdout))?;
        Ok(Exit::Done)
    }
}

const COLUMNS: [&str; 10] =
    ["Kind", "What", "State", "Provisioning", "Target", "Start", "End", "Value", "Current", "Rule"];

/// One assignment, or something that it holds.
#[derive(Default)]
struct Line {
    kind: &'static str,
    what: String,
    workflow: WorkflowState,
    provisioning: Option<ProvisioningState>,
    target: Option<String>,
    period: Period,
    value: Option<String>,
    current: Option<String>,
    rule: Option<String>,
    error: Option<String>,
}

impl Line {
    fn cells(&self) -> [Value; 10] {
        let bound = |at: i64| if at <= NO_START || at >= NO_END { Value::Null } else { instant(at).into() };
        [
            self.kind.into(),
            self.what.as_str().into(),
            self.workflow.label().into(),
            self.provisioning.map_or(Value::Null, |state| state.label().into()),
            self.target.clone().into(),
            bound(self.period.start),
            bound(self.period.end),
            self.error.as_ref().map(|error| format!("error: {error}")).or_else(|| self.value.clone()).into(),
            self.current.clone().into(),
            self.rule.clone().into(),
        ]
    }

    fn json(&self) -> Value {
        let names = COLUMNS.iter().map(|name| name.to_lowercase());
        Value::Object(names.zip(self.cells()).filter(|(_, cell)| !cell.is_null()).collect())
    }
}

/// What an owner has, with the names of everything.
struct Found {
    assignments: Assignments,
    notes: EvaluationNotes,
    catalog: PolicyCatalog,
    metadata: Metadata,
    resources: BTreeMap<ResourceId, String>,
}

impl Found {
    fn read(tx: &mut ReadTx, owner: ResourceId, as_of: Option<i64>) -> Result<Found, Report> {
        let mut all = match as_of {
            Some(at) => tx.assignments_at(&[owner], at)?,
            None => tx.assignments(&[owner])?,
        };
        let assignments = all.pop().unwrap_or_default();
        let mut wanted: Vec<ResourceId> = Vec::new();
        for held in &assignments.resource_types {
            wanted.extend(held.target);
            wanted.extend(held.navigations.iter().map(|link| link.resource));
        }
        let mut resources = BTreeMap::new();
        for id in wanted {
            let version = tx.resource_version(id, as_of)?;
            let name = version.and_then(|version| version.display_name.clone().or(version.key.clone()));
            resources.insert(id, name.unwrap_or_else(|| format!("#{id}")));
        }
        let notes = tx.evaluation_notes(&[owner])?.remove(&owner).unwrap_or_default();
        Ok(Found { assignments, notes, catalog: tx.past_policy_catalog()?, metadata: metadata(tx)?, resources })
    }

    fn name(&self, id: PolicyObjectId) -> String {
        let names = self.catalog.names();
        names.get(&id).map_or_else(|| format!("#{id}"), |(_, name)| (*name).to_owned())
    }

    fn property(&self, id: PropertyId) -> String {
        let mut all = self.metadata.entity_types.iter().flat_map(|of| &of.properties);
        all.find(|property| property.id == id).map_or_else(|| format!("#{id}"), |p| p.identifier.clone())
    }

    fn resource(&self, id: ResourceId) -> String {
        self.resources.get(&id).cloned().unwrap_or_else(|| format!("#{id}"))
    }

    fn rows(&self, is_whole: bool) -> Vec<Line> {
        let mut rows = Vec::new();
        rows.extend(self.assignments.composite_roles.iter().map(|role| self.role("Composite role", role)));
        rows.extend(self.assignments.single_roles.iter().map(|role| self.role("Single role", role)));
        for held in &self.assignments.resource_types {
            rows.push(Line {
                kind: "Resource type",
                what: self.name(held.resource_type),
                workflow: held.workflow,
                provisioning: Some(if is_whole { held.provisioning } else { held.consolidated().provisioning }),
                target: held.target.map(|target| self.resource(target)),
                period: held.period,
                rule: held.rule.map(|rule| self.name(rule)),
                error: held.error.clone(),
                ..Line::default()
            });
            if is_whole {
                self.held(held, &mut rows);
            }
        }
        rows
    }

    fn role(&self, kind: &'static str, role: &AssignedRole) -> Line {
        Line {
            kind,
            what: format!("{}{}", if role.is_denied { "not " } else { "" }, self.name(role.role)),
            workflow: role.workflow,
            period: role.period,
            rule: role.rule.map(|rule| self.name(rule)),
            ..Line::default()
        }
    }

    fn held(&self, held: &AssignedResourceType, rows: &mut Vec<Line>) {
        let rule = |rule: Option<PolicyObjectId>| rule.map(|rule| self.name(rule));
        rows.extend(held.scalars.iter().map(|scalar| Line {
            kind: "Value",
            what: self.property(scalar.property),
            workflow: scalar.workflow,
            provisioning: Some(scalar.provisioning),
            period: scalar.period,
            value: scalar.policy_value.clone(),
            current: scalar.current_value.clone(),
            rule: rule(scalar.rule),
            error: scalar.error.clone(),
            ..Line::default()
        }));
        rows.extend(held.navigations.iter().map(|link| Line {
            kind: "Link",
            what: self.property(link.property),
            workflow: link.workflow,
            provisioning: Some(link.provisioning),
            target: Some(self.resource(link.resource)),
            period: link.period,
            rule: rule(link.rule),
            error: link.error.clone(),
            ..Line::default()
        }));
        rows.extend(held.binaries.iter().map(|file| Line {
            kind: "File",
            what: self.property(file.property),
            workflow: file.workflow,
            provisioning: Some(file.provisioning),
            period: file.period,
            value: file.policy_value.clone(),
            current: file.current_value.clone(),
            rule: rule(file.rule),
            error: file.error.clone(),
            ..Line::default()
        }));
    }
}
