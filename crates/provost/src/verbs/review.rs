//! `provost review`: what waits for a decision, and deciding it.

use super::Run;
use super::options::FormatOption;
use crate::context::Context;
use crate::output::{print, table::Table};
use crate::report::{Exit, Kind, Report};
use crate::road::{self, Road};
use clap::{Args, ValueEnum};
use provost_server::orders::{Decision, Item, ItemFilter, ItemKind, Verdict, decide, items};

/// Show what waits in the reviews and reconciliations, or decide it
///
/// Without a decision, the items are listed. With one, it holds for all items that the filter admits, or for those that
/// --id names. An item that changes meanwhile is refused.
#[derive(Args, Debug)]
pub(crate) struct Review {
    /// What is decided; none to list
    #[arg(value_name = "DECISION")]
    decision: Option<Word>,

    /// Items of this kind
    #[arg(long, value_name = "KIND")]
    kind: Option<KindWord>,

    /// Items of this role or resource type
    #[arg(long, value_name = "IDENTIFIER")]
    of: Option<String>,

    /// Items about this property
    #[arg(long, value_name = "PROPERTY")]
    property: Option<String>,

    /// Items about this owner (an id)
    #[arg(long, value_name = "ID")]
    owner: Option<i64>,

    /// Items whose error contains this text
    #[arg(long, value_name = "TEXT")]
    error: Option<String>,

    /// Items with these ids
    #[arg(long, value_name = "ID", num_args = 1.., value_delimiter = ',')]
    id: Vec<i64>,

    /// Version that was looked at, when one item is decided
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,

    /// Why
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    comment: String,

    #[command(flatten)]
    format: FormatOption,
}

/// A decision, as it is typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Word {
    /// Do what is proposed
    Approve,
    /// Do not do it
    Decline,
    /// Leave it as it is
    Postpone,
    /// Errored or blocked: let it be pending again
    Unblock,
    /// Let what exists stay
    Keep,
    /// Take it away
    Delete,
    /// A manual order is done
    Executed,
    /// A manual order cannot be done
    Failed,
}

/// A kind of item, as it is typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum KindWord {
    /// A target that would be made
    Addition,
    /// A target that probably belongs to the owner
    Association,
    /// A value or link that would be changed
    Update,
    /// A target that would be removed
    Deletion,
    /// Something that the managed system refused
    Errored,
    /// An order for a person
    Manual,
    /// A role that no rule gives
    Role,
    /// A value or link that no rule gives
    Property,
    /// A target without right
    Unauthorised,
}

impl Run for Review {
    const NAME: &'static str = "review";
    const ORIGINALS: &'static [&'static str] = &["UpdateManualProvisioningTicket"];
    const EXAMPLES: &'static str = "\
Examples:
  provost review --kind errored
  provost review unblock --kind errored --id 1207 --comment \"the service account may delete now\"
  provost review unblock --kind errored --error \"insufficient access\"
  provost review keep --kind unauthorised --id 88 --comment \"service account\"";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let road = Road::open(context)?;
        let now = road::now_micros();
        let filter = ItemFilter {
            kind: self.kind.map(kind),
            of: self.of,
            property: self.property,
            owner: self.owner,
            error: self.error,
        };
        let mut found = items(&road.store, &filter, now).map_err(|error| road::report(&error))?;
        found.retain(|item| self.id.is_empty() || self.id.contains(&item.id));
        let Some(word) = self.decision else {
            print(&listed(&found).render(self.format.format, &context.stdout))?;
            return Ok(Exit::Done);
        };
        if filter == ItemFilter::default() && self.id.is_empty() {
            return Err(Report::usage("no-filter", "nothing says which items are decided")
                .hint("give --kind, --of, --owner, --error or --id"));
        }
        let verdict = verdict(word);
        let decisions: Vec<Decision> = found
            .iter()
            .map(|item| Decision {
                owner: item.owner,
                part: item.part,
                id: item.id,
                verdict,
                version: self.version.clone().or_else(|| Some(item.version.clone())),
                comment: self.comment.clone(),
            })
            .collect();
        let done = decide(&road.store, &decisions, &road::actor(), now).map_err(|error| road::report(&error))?;
        print(&format!("{} of {} items decided\n", done.changed, decisions.len()))?;
        match done.refused.first() {
            None => Ok(Exit::Done),
            Some(first) => {
                let text = format!("{} decisions were refused; the first: {first}", done.refused.len());
                Err(Report::new(Kind::Data, "refused", text).hint("look at the items again: provost review"))
            }
        }
    }
}

fn verdict(word: Word) -> Verdict {
    match word {
        Word::Approve => Verdict::Approve,
        Word::Decline => Verdict::Decline,
        Word::Postpone => Verdict::Postpone,
        Word::Unblock => Verdict::Unblock,
        Word::Keep => Verdict::Keep,
        Word::Delete => Verdict::Delete,
        Word::Executed => Verdict::Executed,
        Word::Failed => Verdict::Failed,
    }
}

fn kind(word: KindWord) -> ItemKind {
    match word {
        KindWord::Addition => ItemKind::Addition,
        KindWord::Association => ItemKind::Association,
        KindWord::Update => ItemKind::Update,
        KindWord::Deletion => ItemKind::Deletion,
        KindWord::Errored => ItemKind::Errored,
        KindWord::Manual => ItemKind::Manual,
        KindWord::Role => ItemKind::Role,
        KindWord::Property => ItemKind::Property,
        KindWord::Unauthorised => ItemKind::Unauthorised,
    }
}

fn listed(items: &[Item]) -> Table {
    let mut table = Table::new([
        "Kind", "Id", "Owner", "Of", "Property", "Target", "Proposed", "Current", "State", "Error", "Version",
    ]);
    for item in items {
        table.row([
            format!("{:?}", item.kind).into(),
            item.id.to_string().into(),
            item.owner.to_string().into(),
            item.of.as_str().into(),
            item.property.as_deref().unwrap_or_default().into(),
            item.target.map(|target| target.to_string()).unwrap_or_default().into(),
            item.proposed.as_deref().unwrap_or_default().into(),
            item.current.as_deref().unwrap_or_default().into(),
            item.state.as_str().into(),
            item.error.as_deref().unwrap_or_default().into(),
            item.version.as_str().into(),
        ]);
    }
    table
}
