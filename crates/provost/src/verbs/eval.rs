//! `provost eval`: one expression, on one resource.

use super::Run;
use super::options::FormatOption;
use crate::context::Context;
use crate::expressions::describe;
use crate::output::{Format, print};
use crate::report::{Exit, Kind, Report};
use crate::repository::{metadata, open};
use crate::road::{now_micros, report};
use clap::Args;
use provost_model::ResourceId;
use provost_model::metadata::Metadata;
use provost_pipeline::expression::program::{Environment, Part, Program, ProgramError, Scope, Variable, Wanted};
use provost_pipeline::population::Population;
use provost_server::Answers;
use provost_store::ReadTx;
use serde_json::{Value, json};

/// Evaluate an expression on a resource, and show its value, its type and what it read: docs/expressions.md
///
/// Exit code 4: it cannot be compiled, or fails on this resource.
#[derive(Args, Debug)]
pub(crate) struct Eval {
    /// The expression: C#:name:code, a predefined function with --binding, or nothing
    #[arg(default_value = "")]
    expression: String,

    /// Resource: entity type and primary key, or # and the id: "HR_Person:00001", "HR_Person:#12"
    #[arg(long, value_name = "ENTITYTYPE:KEY")]
    on: String,

    /// Path whose value is the input, or the result: MainRecord.Organization.Name
    #[arg(long, value_name = "PATH")]
    binding: Option<String>,

    /// What iteration is in the code
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    iteration: u32,

    #[command(flatten)]
    format: FormatOption,
}

impl Run for Eval {
    const NAME: &'static str = "eval";
    const EXAMPLES: &'static str = "\
Examples:
  provost eval 'C#:person: person.FirstName + \" \" + person.LastName' --on HR_Person:00001
  provost eval ToUpper --binding Department.Label --on HR_Person:00001
  provost eval 'C#:p: p.EndDate < DateTime.Now ? \"left\" : \"here\"' --on HR_Person:#12 --format json";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let (_, store) = open(context)?;
        store.read(|tx| self.evaluate(tx))?;
        Ok(Exit::Done)
    }
}

/// A report about a mistake in the code, with a caret below it.
fn wrong(error: &ProgramError, text: &str) -> Report {
    let mut shown = error.message.clone();
    if error.part == Part::Expression && error.length > 0 && !text.contains('\n') {
        let caret = format!("{}{}", " ".repeat(error.offset), "^".repeat(error.length.max(1)));
        shown = format!("{shown}\n  {text}\n  {caret}");
    }
    Report::new(Kind::Data, "wrong-expression", shown).hint(error.remedy.clone())
}

impl Eval {
    fn evaluate(&self, tx: &mut ReadTx) -> Result<(), Report> {
        let metadata = metadata(tx)?;
        let Some((identifier, key)) = self.on.split_once(':') else {
            return Err(Report::usage("wrong-resource", format!("{} names no resource", self.on))
                .hint("write the entity type and the key: HR_Person:00001"));
        };
        let of = crate::repository::entity_type(&metadata, identifier)?;
        let position = metadata.entity_types.iter().position(|known| known.id == of.id).unwrap_or_default();
        let variables = [Variable::Iteration, Variable::QueryHandler];
        let scope = Scope::new(&metadata, position, Wanted::Any).with(&variables);
        let program = Program::compile(self.binding.as_deref(), Some(&self.expression), &scope)
            .map_err(|error| wrong(&error, &self.expression))?;
        let resource = find(tx, &metadata, position, key)?;
        let mut population = Population::new(&metadata);
        provost_server::load_population(tx, &metadata, &mut population, (position, &[resource]), program.reads())
            .map_err(|error| report(&error))?;
        let (subject, _) = population.add(position, resource);
        let plain = Environment { iteration: i64::from(self.iteration), ..Environment::at(now_micros()) };
        let mut answers = Answers::new(&metadata);
        if !program.queries().is_empty() {
            let gathered = answers.gather(tx, &metadata, program.queries(), |answers| {
                // What fails for want of an answer is evaluated again; what fails for itself is told below.
                let _ = program.trial(subject, &population, &Environment { queries: Some(answers), ..plain });
            });
            gathered.map_err(|error| report(&error))?;
        }
        let environment = Environment { queries: Some(&answers), ..plain };
        let (value, steps) = program.trial(subject, &population, &environment).map_err(|error| {
            Report::new(Kind::Data, "expression-failed", error.to_string())
                .hint("write ?. before members of what may be null, or correct the value")
        })?;
        self.show(&metadata, position, &program, (value, steps))
    }

    fn show(
        &self,
        metadata: &Metadata,
        position: usize,
        program: &Program,
        (value, steps): (Option<String>, u64),
    ) -> Result<(), Report> {
        let reads = describe(metadata, position, program);
        if self.format.format == Format::Json {
            let shown: Value = json!({ "value": value, "type": program.type_name(), "reads": reads, "steps": steps });
            return print(&format!("{shown:#}\n"));
        }
        let value = value.unwrap_or_else(|| "(no value)".to_owned());
        let reads = if reads.is_empty() { "nothing".to_owned() } else { reads };
        print(&format!("{value}\n  type   {}\n  reads  {reads}\n  steps  {steps}\n", program.type_name()))
    }
}

fn find(tx: &mut ReadTx, metadata: &Metadata, position: usize, key: &str) -> Result<ResourceId, Report> {
    let of = &metadata.entity_types[position];
    let found = match key.strip_prefix('#').and_then(|id| id.parse().ok()) {
        Some(id) => tx.resource_version(ResourceId(id), None)?.filter(|found| found.entity_type == of.id),
        None => tx.get_resource(of.id, key)?,
    };
    found.map(|found| found.id).ok_or_else(|| {
        let text = format!("there is no {} with the key {key}", of.identifier);
        let hint = format!("search for it: provost resource list {} --search TEXT", of.identifier);
        Report::usage("unknown-resource", text).hint(hint)
    })
}
