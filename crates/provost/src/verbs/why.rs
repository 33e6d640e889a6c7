//! `provost why` and `provost why-not`: the reasons for what somebody has and has not.

use super::Run;
use super::compute_role_model::owner_of;
use crate::context::Context;
use crate::output::print;
use crate::report::{Exit, Kind, Report};
use crate::repository::instant_of;
use crate::road::{Road, now_micros, report};
use crate::terminal::Terminal;
use clap::{Args, ValueEnum};
use provost_server::policy::explain::{ExplainError, Explanation, Step, explain};

/// Tell why somebody has something, or why not: docs/explanations.md
#[derive(Args, Debug)]
pub(crate) struct Why {
    #[command(flatten)]
    question: Question,
}

/// Tell what keeps somebody from having something, and the smallest change that would give it: docs/explanations.md
#[derive(Args, Debug)]
pub(crate) struct WhyNot {
    #[command(flatten)]
    question: Question,
}

#[derive(Args, Debug)]
struct Question {
    /// Whom it is about: ENTITYTYPE:KEY, or # and the id of the owner
    identity: String,

    /// What it is about: a role, a resource type, RESOURCETYPE.PROPERTY, RESOURCETYPE.NAVIGATION=KEY, a property of the
    /// identity, or an order. SingleRole:, CompositeRole:, ResourceType:, Property: and Order: in front say which
    item: String,

    /// Tell it for this instant instead of the present: 2026-01-31, or 2026-01-31T12:00 (UTC)
    #[arg(long, value_name = "INSTANT", value_parser = instant_of)]
    at: Option<i64>,

    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "tree", ignore_case = true)]
    format: Form,
}

/// Form of an explanation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Sentences, each with what it rests on below.
    #[default]
    Tree,
    /// One JSON document.
    Json,
}

impl Run for Why {
    const NAME: &'static str = "why";
    const EXAMPLES: &'static str = "\
Examples:
  provost why HR_Person:E10042 Department_D510
  provost why HR_Person:E10042 AD_User
  provost why HR_Person:E10042 AD_User.mail
  provost why HR_Person:E10042 \"AD_User.memberOf=CN=GG-optics,OU=Groups,DC=example,DC=com\"
  provost why HR_Person:E10042 Property:Login --format json
  provost why HR_Person:E10042 Order:AD_User";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let told = self.question.asked(context)?;
        self.question.print(&told, context, |told| {
            let mut steps: Vec<&Step> = told.because.iter().collect();
            steps.extend(&told.would);
            steps
        })
    }
}

impl Run for WhyNot {
    const NAME: &'static str = "why-not";
    const EXAMPLES: &'static str = "\
Examples:
  provost why-not HR_Person:E10042 Ledger_Post
  provost why-not HR_Person:E10042 \"AD_User.memberOf=CN=GG-optics,OU=Groups,DC=example,DC=com\"
  provost why-not HR_Person:E10042 Department_D510 --format json";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let told = self.question.asked(context)?;
        // What is held is explained; what is not, by what would give it.
        self.question.print(&told, context, |told| match told.would.is_empty() {
            true => told.because.iter().collect(),
            false => told.would.iter().collect(),
        })
    }
}

impl From<ExplainError> for Report {
    fn from(error: ExplainError) -> Report {
        match error {
            ExplainError::Server(error) => report(&error),
            other => Report { hint: other.hint(), ..Report::new(Kind::Usage, other.code(), other.to_string()) },
        }
    }
}

impl Question {
    fn asked(&self, context: &Context) -> Result<Explanation, Report> {
        let road = Road::open(context)?;
        let owner = owner_of(&road, &self.identity)?;
        let now = self.at.unwrap_or_else(now_micros);
        Ok(road.store.read(|tx| explain(tx, owner, &self.item, now))?)
    }

    fn print<'t>(
        &self,
        told: &'t Explanation,
        context: &Context,
        steps: impl FnOnce(&'t Explanation) -> Vec<&'t Step>,
    ) -> Result<Exit, Report> {
        if self.format == Form::Json {
            let json = serde_json::to_string_pretty(told).map_err(|error| {
                Report::new(Kind::Error, "output", format!("the explanation cannot be written: {error}"))
            })?;
            print(&format!("{json}\n"))?;
            return Ok(Exit::Done);
        }
        let verb = if told.holds { "has" } else { "does not have" };
        let mut out = format!("{} {} {verb} {} ({})\n", told.owner.entity_type, told.owner.label(), told.item, told.at);
        if !told.is_computed {
            out.push_str(
                "Something has changed since it was computed: the next compute-role-model stores what is told here.\n",
            );
        }
        let steps = steps(told);
        for (at, step) in steps.iter().enumerate() {
            branch(step, "", at + 1 == steps.len(), &context.stdout, &mut out);
        }
        print(&out)?;
        Ok(Exit::Done)
    }
}

/// A step with all that it rests on, as a branch of a tree.
fn branch(step: &Step, before: &str, is_last: bool, terminal: &Terminal, out: &mut String) {
    let (knot, rest) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
    let mut text = step.text.clone();
    match (&step.file, step.line) {
        (Some(file), Some(line)) => text.push_str(&format!(" ({file}:{line})")),
        (Some(file), None) => text.push_str(&format!(" ({file})")),
        _ => {}
    }
    out.push_str(before);
    out.push_str(knot);
    let hang = before.chars().count() + 3;
    let blank = format!("\n{}", " ".repeat(hang));
    out.push_str(&terminal.folded(&text, hang).replace(&blank, &format!("\n{before}{rest}")));
    out.push('\n');
    let before = format!("{before}{rest}");
    for (at, below) in step.because.iter().enumerate() {
        branch(below, &before, at + 1 == step.because.len(), terminal, out);
    }
}
