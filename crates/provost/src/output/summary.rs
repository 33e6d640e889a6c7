//! The result of a synchronisation step as sentences and tables for people.

use super::table::{Table, grouped};
use crate::report::{Exit, HELP};
use crate::terminal::{Terminal, printable};
use anstyle::{AnsiColor, Style};
use provost_model::summary::{Cause, EntityCounters, ExceededThreshold, LinkCounters, State, Summary};
use serde_json::Value;

/// Rows worth looking at: those that a threshold counts, those that were rejected.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What they have in common: `300 resources of HR_Person would be deleted, among them`.
    pub title: String,
    /// What is shown of them.
    pub body: Body,
}

/// The form of a sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Rows under headings.
    Rows(Table),
    /// Sentences, which no table has room for.
    Findings(Vec<Finding>),
}

/// What is wrong somewhere, and what to do about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// Where: `HR_Person, line 12, column mail`.
    pub place: String,
    /// What is wrong.
    pub text: String,
    /// What to do; may be empty.
    pub help: String,
}

/// What a step hands back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Counters, thresholds and causes.
    pub summary: Summary,
    /// Rows worth looking at. Not part of the line of JSON.
    pub samples: Vec<Sample>,
}

impl From<Summary> for Outcome {
    fn from(summary: Summary) -> Outcome {
        Outcome { summary, samples: Vec::new() }
    }
}

/// Exit code that tells how a step ended. A script that does not read the summary learns from it that a run was done
/// but set rows aside.
pub fn exit(state: State) -> Exit {
    match state {
        State::Completed => Exit::Done,
        State::Warning => Exit::Data,
        State::Blocked => Exit::Blocked,
        State::Errored => Exit::Error,
    }
}

/// The whole summary, ending with a line feed.
pub fn render(outcome: &Outcome, terminal: &Terminal) -> String {
    let summary = &outcome.summary;
    let mut parts = vec![title(summary, terminal)];
    parts.extend(entity_types(summary, terminal));
    parts.extend(associations(summary, terminal));
    parts.extend(counts(summary, terminal));
    parts.extend(thresholds(&summary.thresholds, terminal));
    parts.extend(causes(&summary.causes, terminal));
    for sample in &outcome.samples {
        parts.extend(match &sample.body {
            Body::Rows(table) if table.is_empty() => None,
            Body::Rows(table) => Some(section(&sample.title, &table.aligned(&inner(terminal)), terminal)),
            Body::Findings(findings) => findings_section(&sample.title, findings, terminal),
        });
    }
    parts.extend(error(summary, terminal));
    parts.push(next(summary, terminal));
    parts.join("\n")
}

/// The line of JSON that a step ends with: the contract for scripts.
///
/// # Errors
/// None in practice: counters, texts and lists always have a JSON form.
pub fn json_line(summary: &Summary) -> Result<String, serde_json::Error> {
    serde_json::to_string(summary).map(|line| line + "\n")
}

fn title(summary: &Summary, terminal: &Terminal) -> String {
    let colour = match summary.state {
        State::Completed => AnsiColor::Green,
        State::Warning => AnsiColor::Yellow,
        State::Blocked | State::Errored => AnsiColor::Red,
    };
    let state = terminal.paint(colour.on_default().bold(), &format!("{:?}", summary.state));
    let mode = summary.mode.map(|mode| format!(", {mode}")).unwrap_or_default();
    let mut line = match summary.connector.as_str() {
        "" => format!("{state}\n"),
        connector => format!("{}{mode}: {state}\n", terminal.paint(Style::new().bold(), connector)),
    };
    if let Some(name) = &summary.change_set {
        line.push_str(&format!("change set {}\n", name.hash));
    }
    line
}

/// Columns before what a section holds.
const INDENT: usize = 2;

/// What is inside a section has fewer columns.
fn inner(terminal: &Terminal) -> Terminal {
    terminal.narrowed(INDENT)
}

fn section(title: &str, body: &str, terminal: &Terminal) -> String {
    let mut out = format!("{}\n", terminal.paint(Style::new().bold().underline(), title));
    for line in body.lines() {
        out.push_str(&format!("{}{line}\n", " ".repeat(INDENT)));
    }
    out
}

/// What a step of the policy counted.
fn counts(summary: &Summary, terminal: &Terminal) -> Option<String> {
    let mut table = Table::new(["", "count"]);
    for (name, count) in &summary.counts {
        table.row([Value::from(name.as_str()), Value::from(*count)]);
    }
    (!table.is_empty()).then(|| section("Counts", &table.aligned(&inner(terminal)), terminal))
}

/// A table of counters: one row per name, one column per counter that is not zero everywhere.
fn counters<C: Copy>(
    title: &str,
    rows: &[(&String, C)],
    columns: &[(&str, Counter<C>)],
    terminal: &Terminal,
) -> String {
    let shown: Vec<&(&str, Counter<C>)> =
        columns.iter().filter(|(_, of)| of.always || rows.iter().any(|(_, c)| (of.get)(c) > 0)).collect();
    let mut table = Table::new([""].into_iter().chain(shown.iter().map(|(name, _)| *name)));
    for (name, c) in rows {
        let counts = shown.iter().map(|(_, of)| Value::from((of.get)(c)));
        table.row([Value::from(name.as_str())].into_iter().chain(counts));
    }
    section(title, &table.aligned(&inner(terminal)), terminal)
}

/// One counter: how to read it, and whether its column is shown even when it is zero everywhere.
#[derive(Clone, Copy)]
struct Counter<C> {
    get: fn(&C) -> u64,
    always: bool,
}

fn always<C>(get: fn(&C) -> u64) -> Counter<C> {
    Counter { get, always: true }
}

fn if_any<C>(get: fn(&C) -> u64) -> Counter<C> {
    Counter { get, always: false }
}

fn entity_types(summary: &Summary, terminal: &Terminal) -> Option<String> {
    let rows: Vec<(&String, EntityCounters)> = summary.entity_types.iter().map(|(n, c)| (n, *c)).collect();
    let columns = [
        ("rows", always(|c: &EntityCounters| c.rows)),
        ("null keys", if_any(|c| c.null_primary_keys)),
        ("duplicates", if_any(|c| c.duplicates)),
        ("rejected", if_any(|c| c.rejected)),
        ("inserted", always(|c| c.inserted)),
        ("updated", always(|c| c.updated)),
        ("deleted", always(|c| c.deleted)),
        ("unchanged", always(|c| c.unchanged)),
    ];
    (!rows.is_empty()).then(|| counters("Resources", &rows, &columns, terminal))
}

fn associations(summary: &Summary, terminal: &Terminal) -> Option<String> {
    let rows: Vec<(&String, LinkCounters)> = summary.associations.iter().map(|(n, c)| (n, *c)).collect();
    let columns = [
        ("rows", always(|c: &LinkCounters| c.rows)),
        ("null keys", if_any(|c| c.null_keys)),
        ("duplicates", if_any(|c| c.duplicates)),
        ("rejected", if_any(|c| c.rejected)),
        ("inserted", always(|c| c.inserted)),
        ("deleted", always(|c| c.deleted)),
        ("unchanged", always(|c| c.unchanged)),
        ("orphans", if_any(|c| c.orphans)),
    ];
    (!rows.is_empty()).then(|| counters("Links, in pairs of keys", &rows, &columns, terminal))
}

fn thresholds(exceeded: &[ExceededThreshold], terminal: &Terminal) -> Option<String> {
    let lines: Vec<String> = exceeded.iter().map(threshold).collect();
    (!lines.is_empty()).then(|| section("Thresholds exceeded", &lines.join("\n"), terminal))
}

/// `EntityTypeMapping HR_Person: 300 of 2,000 (15.0 %), MaxPercentageDeletedLines allows 5 %`.
fn threshold(t: &ExceededThreshold) -> String {
    let count = grouped(t.count);
    if !t.name.contains("Percentage") {
        return format!("{}: {count}, {} allows {}", t.level, t.name, grouped(t.limit));
    }
    let share = match t.base {
        0 => "nothing is stored yet".to_owned(),
        base => format!("{:.1} %", t.count as f64 * 100.0 / base as f64),
    };
    format!("{}: {count} of {} ({share}), {} allows {} %", t.level, grouped(t.base), t.name, t.limit)
}

fn causes(causes: &[Cause], terminal: &Terminal) -> Option<String> {
    let finding = |cause: &Cause| Finding {
        place: cause.subject.clone().unwrap_or_default(),
        text: format!("{} [{}]", cause.message, cause.code),
        help: cause.hint.clone(),
    };
    let findings: Vec<Finding> = causes.iter().map(finding).collect();
    findings_section("Probable causes, most telling first", &findings, terminal)
}

/// A numbered list of sentences, broken where the terminal ends.
fn findings_section(title: &str, findings: &[Finding], terminal: &Terminal) -> Option<String> {
    let inner = inner(terminal);
    let mut body = String::new();
    for (i, finding) in findings.iter().enumerate() {
        let number = format!("{}. ", i + 1);
        let place = if finding.place.is_empty() { String::new() } else { format!("{}: ", finding.place) };
        let text = printable(&format!("{place}{}", finding.text), 0);
        body.push_str(&format!("{number}{}\n", inner.folded(&text, number.len())));
        if !finding.help.is_empty() {
            let hang = " ".repeat(number.len());
            let help = inner.folded(&printable(&finding.help, 0), number.len() + "help: ".len());
            body.push_str(&format!("{hang}{} {help}\n", terminal.paint(HELP, "help:")));
        }
    }
    (!findings.is_empty()).then(|| section(title, &body, terminal))
}

fn error(summary: &Summary, terminal: &Terminal) -> Option<String> {
    let error = summary.error.as_ref()?;
    let mut body = inner(terminal).folded(&format!("{} [{}]", error.message, error.code), 0) + "\n";
    if let Some(hint) = &error.hint {
        let hint = inner(terminal).folded(hint, 6);
        body.push_str(&format!("{} {hint}\n", terminal.paint(HELP, "help:")));
    }
    Some(section("What went wrong", &body, terminal))
}

fn next(summary: &Summary, terminal: &Terminal) -> String {
    let connector = argument(&summary.connector);
    let body = match summary.state {
        State::Completed => "Nothing to do.".to_owned(),
        State::Warning => {
            "The run is done, but something deserves a look: the causes above, and rows that were set aside\n\
             (*.rejected.csv, *.duplicates.csv and *.nullpk.csv in Work/Collect)."
                .to_owned()
        }
        State::Errored => "The repository is as it was before. Mend the cause, then run the command again.".to_owned(),
        State::Blocked => match &summary.change_set {
            Some(name) => format!(
                "The repository is as it was before. If these changes are wrong, mend the source and run again.\n\
                 If they are right, approve exactly them:\n  \
                 provost synchronization-validation --connector {connector} --change-set {} --reason \"…\"",
                name.hash
            ),
            None => "The repository is as it was before. Mend the cause, then run the command again.".to_owned(),
        },
    };
    section("What next", &body, terminal)
}

/// A word as a shell takes it.
pub fn argument(word: &str) -> String {
    let plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@%+".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_model::summary::{ChangeSetName, ErrorReport, Mode};
    use serde_json::json;

    fn summary(state: State) -> Summary {
        let person = EntityCounters { rows: 2000, inserted: 12, updated: 30, unchanged: 1958, ..Default::default() };
        let manager = LinkCounters { rows: 1900, inserted: 3, deleted: 2, unchanged: 1897, ..Default::default() };
        Summary {
            connector: "HR".to_owned(),
            mode: Some(Mode::Complete),
            state,
            change_set: Some(ChangeSetName { hash: "0123456789abcdef0123456789abcdef".to_owned() }),
            entity_types: [("HR_Person".to_owned(), person)].into(),
            associations: [("HR_Person_Manager".to_owned(), manager)].into(),
            ..Summary::default()
        }
    }

    fn shown(outcome: impl Into<Outcome>) -> String {
        render(&outcome.into(), &Terminal::plain())
    }

    #[test]
    fn completed() {
        insta::assert_snapshot!(shown(summary(State::Completed)), @"
        HR, complete: Completed
        change set 0123456789abcdef0123456789abcdef

        Resources
                     rows  inserted  updated  deleted  unchanged
          HR_Person  2000        12       30        0       1958

        Links, in pairs of keys
                             rows  inserted  deleted  unchanged
          HR_Person_Manager  1900         3        2       1897

        What next
          Nothing to do.
        ");
    }

    #[test]
    fn warning() {
        let mut summary = summary(State::Warning);
        let person = summary.entity_types.get_mut("HR_Person").unwrap();
        (person.rejected, person.null_primary_keys, person.unchanged) = (2, 1, 1955);
        summary.associations.get_mut("HR_Person_Manager").unwrap().orphans = 4;
        summary.causes.push(Cause {
            code: "date-format-changed".to_owned(),
            message: "2 of 2000 values of start_date look like MM/dd/yyyy, not dd/MM/yyyy".to_owned(),
            hint: "ask whether the export was reconfigured".to_owned(),
            subject: Some("HR_Person".to_owned()),
        });
        insta::assert_snapshot!(shown(summary), @"
        HR, complete: Warning
        change set 0123456789abcdef0123456789abcdef

        Resources
                     rows  null keys  rejected  inserted  updated  deleted  unchanged
          HR_Person  2000          1         2        12       30        0       1955

        Links, in pairs of keys
                             rows  inserted  deleted  unchanged  orphans
          HR_Person_Manager  1900         3        2       1897        4

        Probable causes, most telling first
          1. HR_Person: 2 of 2000 values of start_date look like MM/dd/yyyy, not dd/MM/yyyy [date-format-changed]
             help: ask whether the export was reconfigured

        What next
          The run is done, but something deserves a look: the causes above, and rows that were set aside
          (*.rejected.csv, *.duplicates.csv and *.nullpk.csv in Work/Collect).
        ");
    }

    #[test]
    fn blocked() {
        let mut summary = summary(State::Blocked);
        summary.connector = "HR & Co".to_owned();
        summary.entity_types.get_mut("HR_Person").unwrap().deleted = 300;
        let exceeded = |level: &str, name: &str, limit, base| ExceededThreshold {
            level: level.to_owned(),
            name: name.to_owned(),
            limit,
            count: 300,
            base,
        };
        summary.thresholds = vec![
            exceeded("Connector HR", "MaximumDeletedLines", 100, 2258),
            exceeded("EntityTypeMapping HR_Person", "MaxPercentageDeletedLines", 5, 2258),
            exceeded("Connector HR", "MaxPercentageInsertedLines", 5, 0),
        ];
        summary.causes.push(Cause {
            code: "group-missing".to_owned(),
            message: "all 300 rows with department \"Sales\" are gone".to_owned(),
            hint: "check the filter of the export".to_owned(),
            subject: Some("HR_Person".to_owned()),
        });
        let mut table = Table::new(["EmployeeId", "Department"]);
        table.row([json!("10042"), json!("Sales")]);
        let title = "300 resources would be deleted, among them".to_owned();
        let samples = vec![Sample { title, body: Body::Rows(table) }];
        insta::assert_snapshot!(shown(Outcome { summary, samples }), @r#"
        HR & Co, complete: Blocked
        change set 0123456789abcdef0123456789abcdef

        Resources
                     rows  inserted  updated  deleted  unchanged
          HR_Person  2000        12       30      300       1958

        Links, in pairs of keys
                             rows  inserted  deleted  unchanged
          HR_Person_Manager  1900         3        2       1897

        Thresholds exceeded
          Connector HR: 300, MaximumDeletedLines allows 100
          EntityTypeMapping HR_Person: 300 of 2,258 (13.3 %), MaxPercentageDeletedLines allows 5 %
          Connector HR: 300 of 0 (nothing is stored yet), MaxPercentageInsertedLines allows 5 %

        Probable causes, most telling first
          1. HR_Person: all 300 rows with department "Sales" are gone [group-missing]
             help: check the filter of the export

        300 resources would be deleted, among them
          EmployeeId  Department
          10042       Sales

        What next
          The repository is as it was before. If these changes are wrong, mend the source and run again.
          If they are right, approve exactly them:
            provost synchronization-validation --connector 'HR & Co' --change-set 0123456789abcdef0123456789abcdef --reason "…"
        "#);
    }

    #[test]
    fn findings_fit_a_narrow_terminal() {
        let findings = vec![
            Finding {
                place: "HR_Person, line 17, column start_date".to_owned(),
                text: "\"2020-02-31\": expected a date such as 2020-09-29, and this day does not exist".to_owned(),
                help: "correct it in the source and export again".to_owned(),
            },
            Finding { text: "b\u{1b}[1m".to_owned(), ..Finding::default() },
        ];
        let samples = vec![Sample { title: "Findings".to_owned(), body: Body::Findings(findings) }];
        let terminal = Terminal { interactive: true, width: 50, ..Terminal::plain() };
        let all = render(&Outcome { summary: Summary::default(), samples }, &terminal);
        let shown = all.split("\n\n").find(|part| part.starts_with("Findings")).unwrap();
        insta::assert_snapshot!(shown, @r#"
        Findings
          1. HR_Person, line 17, column start_date:
             "2020-02-31": expected a date such as
             2020-09-29, and this day does not exist
             help: correct it in the source and export
                   again
          2. b�[1m
        "#);
    }

    #[test]
    fn errored() {
        let summary = Summary {
            connector: "HR".to_owned(),
            state: State::Errored,
            error: Some(ErrorReport {
                code: "file-system".to_owned(),
                message: "cannot read Temp/ExportOutput/HR_Person.csv: permission denied".to_owned(),
                hint: Some("give this user the right to it".to_owned()),
            }),
            ..Summary::default()
        };
        insta::assert_snapshot!(shown(summary), @"
        HR: Errored

        What went wrong
          cannot read Temp/ExportOutput/HR_Person.csv: permission denied [file-system]
          help: give this user the right to it

        What next
          The repository is as it was before. Mend the cause, then run the command again.
        ");
    }

    #[test]
    fn the_line_of_json_is_a_contract() {
        let mut summary = summary(State::Blocked);
        summary.thresholds.push(ExceededThreshold {
            level: "Connector HR".to_owned(),
            name: "MaximumDeletedLines".to_owned(),
            limit: 100,
            count: 300,
            base: 2258,
        });
        let line = json_line(&summary).unwrap();
        assert_eq!(line.matches('\n').count(), 1);
        insta::assert_snapshot!(line.trim_end(), @r#"{"connector":"HR","mode":"complete","state":"Blocked","changeSet":{"hash":"0123456789abcdef0123456789abcdef"},"entityTypes":{"HR_Person":{"rows":2000,"nullPrimaryKeys":0,"duplicates":0,"rejected":0,"inserted":12,"updated":30,"deleted":0,"unchanged":1958}},"associations":{"HR_Person_Manager":{"rows":1900,"nullKeys":0,"duplicates":0,"rejected":0,"inserted":3,"deleted":2,"unchanged":1897,"orphans":0,"linksCreated":0,"linksRemoved":0}},"thresholds":[{"level":"Connector HR","name":"MaximumDeletedLines","limit":100,"count":300,"base":2258}],"causes":[]}"#);
    }

    #[test]
    fn exit_codes_follow_the_state() {
        let states = [State::Completed, State::Warning, State::Blocked, State::Errored].map(exit);
        assert_eq!(states, [Exit::Done, Exit::Data, Exit::Blocked, Exit::Error]);
    }
}
