//! What a plan tells, for people on a terminal and for a pull request.

use super::table::Table;
use crate::terminal::Terminal;
use anstyle::{AnsiColor, Style};
use provost_model::summary::{ExceededThreshold, State, Summary};
use provost_server::plan::{Identity, IdentityChange, PlanReport};
use serde_json::Value;

/// A part under a heading.
struct Section {
    title: String,
    body: Body,
}

enum Body {
    Rows(Table),
    Lines(Vec<String>),
}

/// For a terminal, ending with a line feed.
pub fn text(report: &PlanReport, terminal: &Terminal) -> String {
    let colour = match report.state {
        State::Completed => AnsiColor::Green,
        State::Warning => AnsiColor::Yellow,
        State::Blocked | State::Errored => AnsiColor::Red,
    };
    let state = terminal.paint(colour.on_default().bold(), &format!("{:?}", report.state));
    let mut out = format!("Plan for {}: {state}\n", report.at);
    for line in names(report) {
        out.push_str(&format!("{line}\n"));
    }
    for section in sections(report) {
        out.push_str(&format!("\n{}\n", terminal.paint(Style::new().bold().underline(), &section.title)));
        let body = match section.body {
            Body::Rows(table) => table.aligned(&terminal.narrowed(2)),
            Body::Lines(lines) => lines.iter().map(|line| format!("{line}\n")).collect(),
        };
        for line in body.lines() {
            out.push_str(format!("  {line}").trim_end());
            out.push('\n');
        }
    }
    out.push_str(&format!("\n{}\n", summary(report)));
    out
}

/// As Markdown, ending with a line feed.
pub fn markdown(report: &PlanReport) -> String {
    let mut out = format!("## Plan: {}\n\n", summary(report));
    for line in names(report) {
        let (what, name) = line.rsplit_once(' ').unwrap_or((line.as_str(), ""));
        out.push_str(&format!("- {what} `{name}`\n"));
    }
    out.push_str(&format!("- computed for {}\n", report.at));
    for section in sections(report) {
        out.push_str(&format!("\n### {}\n\n", section.title));
        match section.body {
            Body::Rows(table) => out.push_str(&table.markdown()),
            Body::Lines(lines) => {
                out.push_str("```text\n");
                lines.iter().for_each(|line| out.push_str(&format!("{}\n", line.replace("```", "'''"))));
                out.push_str("```\n");
            }
        }
    }
    out
}

fn names(report: &PlanReport) -> Vec<String> {
    let mut names = vec![format!("outcome {}", report.outcome)];
    names.extend(report.role_model.as_ref().map(|name| format!("role model, change set {name}")));
    names.extend(report.orders_change_set.as_ref().map(|name| format!("orders, change set {name}")));
    names
}

/// The whole in one sentence.
fn summary(report: &PlanReport) -> String {
    let total = |name: &str| report.totals.get(name).copied().unwrap_or_default();
    let orders = total("ordersAdded") + total("ordersModified") + total("ordersDeleted");
    let concerned = total("owners");
    if concerned + orders + total("ordersDropped") == 0 {
        return "nobody's access changes".to_owned();
    }
    let waiting = match total("awaitingReview") {
        0 => String::new(),
        waiting => format!(", {waiting} wait for a review"),
    };
    let people = if concerned == 1 { "1 identity".to_owned() } else { format!("{concerned} identities") };
    format!(
        "{people}: {} roles given, {} taken; {} resource types given, {} taken; {}{waiting}",
        total("rolesAdded"),
        total("rolesRemoved"),
        total("resourceTypesAdded"),
        total("resourceTypesRemoved"),
        if orders == 1 { "1 new order".to_owned() } else { format!("{orders} new orders") },
    )
}

fn sections(report: &PlanReport) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut add = |title: &str, body: Body| {
        let is_empty = match &body {
            Body::Rows(table) => table.is_empty(),
            Body::Lines(lines) => lines.is_empty(),
        };
        if !is_empty {
            sections.push(Section { title: title.to_owned(), body });
        }
    };
    add("Limits exceeded", Body::Rows(exceeded(report)));
    add("Configuration", Body::Lines(report.configuration.clone()));
    add("Files", Body::Rows(synchronisations(&report.synchronisations)));
    add("Approvals that the real run needs", Body::Lines(approvals(report)));
    add("In total", Body::Rows(totals(report)));
    add("By role, resource type and property", Body::Rows(subjects(report)));
    add("Orders", Body::Rows(orders(report)));
    let all = report.totals.get("owners").copied().unwrap_or_default();
    let shown = report.identities.len() as u64;
    let title = if shown < all { format!("The {shown} most concerned of {all}") } else { "Identities".to_owned() };
    add(&title, Body::Lines(report.identities.iter().flat_map(identity).collect()));
    add("Problems", Body::Lines(report.problems.clone()));
    sections
}

fn exceeded(report: &PlanReport) -> Table {
    let mut table = Table::new(["Limit", "At most", "Counted", "Of"]);
    for limit in &report.exceeded {
        let cells =
            [Value::from(limit.name.as_str()), limit.limit.as_str().into(), limit.count.into(), limit.base.into()];
        table.row(cells);
    }
    table
}

fn synchronisations(done: &[Summary]) -> Table {
    let mut table = Table::new(["Connector", "Table", "Inserted", "Updated", "Deleted", "Change set"]);
    for summary in done {
        let name = summary.change_set.as_ref().map(|name| name.hash.clone()).unwrap_or_default();
        let types = summary.entity_types.iter().map(|(table, c)| (table, c.inserted, c.updated, c.deleted));
        let links = summary.associations.iter().map(|(table, c)| (table, c.inserted, 0, c.deleted));
        for (of, inserted, updated, deleted) in types.chain(links).filter(|(_, i, u, d)| i + u + d > 0) {
            table.row([
                Value::from(summary.connector.as_str()),
                of.as_str().into(),
                inserted.into(),
                updated.into(),
                deleted.into(),
                name.as_str().into(),
            ]);
        }
    }
    table
}

fn approvals(report: &PlanReport) -> Vec<String> {
    let line = |what: &str, threshold: &ExceededThreshold| {
        format!(
            "{what}: {}, {} is {}, and there are {} of {}",
            threshold.level, threshold.name, threshold.limit, threshold.count, threshold.base
        )
    };
    let mut lines = Vec::new();
    for summary in report.blocked() {
        lines.extend(summary.thresholds.iter().map(|threshold| line(&summary.connector, threshold)));
    }
    lines.extend(report.order_thresholds.iter().map(|threshold| line("orders", threshold)));
    lines
}

fn totals(report: &PlanReport) -> Table {
    let total = |name: String| report.totals.get(&name).copied().unwrap_or_default();
    let mut table = Table::new(["", "Added", "Changed", "Removed"]);
    for (label, prefix) in
        [("roles", "roles"), ("resource types", "resourceTypes"), ("values", "values"), ("links", "links")]
    {
        let counts = ["Added", "Changed", "Removed"].map(|kind| total(format!("{prefix}{kind}")));
        if counts != [0; 3] {
            table.row([Value::from(label), counts[0].into(), counts[1].into(), counts[2].into()]);
        }
    }
    table
}

fn subjects(report: &PlanReport) -> Table {
    let mut table = Table::new(["Kind", "Name", "Added", "Changed", "Removed"]);
    for subject in &report.subjects {
        table.row([
            Value::from(spaced(&subject.kind)),
            subject.name.as_str().into(),
            subject.added.into(),
            subject.changed.into(),
            subject.removed.into(),
        ]);
    }
    table
}

fn orders(report: &PlanReport) -> Table {
    let mut table = Table::new(["Resource type", "Added", "Modified", "Deleted", "Dropped", "All then"]);
    for of in &report.orders {
        let counts = [of.added, of.modified, of.deleted, of.dropped, of.all].map(Value::from);
        table.row(std::iter::once(Value::from(of.resource_type.as_str())).chain(counts));
    }
    table
}

fn identity(identity: &Identity) -> Vec<String> {
    let name = identity.name.as_deref().filter(|name| *name != identity.key);
    let name = name.map(|name| format!(", {name}")).unwrap_or_default();
    let gone = if identity.is_deleted { ", is deleted" } else { "" };
    let mut lines = vec![format!("{}:{}{name}{gone}", identity.entity_type, identity.key)];
    lines.extend(identity.changes.iter().map(change));
    lines
}

fn change(change: &IdentityChange) -> String {
    let how = match (&change.before, &change.after) {
        (None, None) => String::new(),
        (None, Some(after)) => format!(": {after}"),
        (Some(before), None) => format!(": {before}"),
        (Some(before), Some(after)) => format!(": {before} → {after}"),
    };
    format!("  {} {} {}{how}", change.sign, spaced(&change.kind), change.what)
}

/// `singleRole` as people write it.
fn spaced(kind: &str) -> String {
    let mut out = String::new();
    for letter in kind.chars() {
        if letter.is_ascii_uppercase() {
            out.push(' ');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_server::plan::{Exceeded, OrdersOfType, Subject};

    fn report() -> PlanReport {
        let change = |sign: &str, what: &str, before: Option<&str>, after: Option<&str>| IdentityChange {
            sign: sign.to_owned(),
            kind: "singleRole".to_owned(),
            what: what.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        PlanReport {
            state: State::Blocked,
            outcome: "0".repeat(32),
            orders_change_set: Some("1".repeat(32)),
            at: "2026-10-31T00:00:00Z".to_owned(),
            configuration: vec!["- SingleRoleRule D0=\"A|B\"".to_owned()],
            totals: [("owners", 2), ("rolesRemoved", 1), ("rolesChanged", 1), ("ordersModified", 1)]
                .map(|(name, count)| (name.to_owned(), count))
                .into(),
            subjects: vec![Subject { kind: "singleRole".into(), name: "A|B".into(), removed: 1, ..Subject::default() }],
            orders: vec![OrdersOfType { resource_type: "AD".into(), modified: 1, all: 1, ..OrdersOfType::default() }],
            identities: vec![Identity {
                entity_type: "HR".into(),
                key: "E1".into(),
                name: Some("Ada".into()),
                changes: vec![
                    change("-", "A|B", Some("Calculated"), None),
                    change("~", "C", Some("Calculated"), Some("Prolonged")),
                ],
                ..Identity::default()
            }],
            exceeded: vec![Exceeded { name: "roles-removed".into(), limit: "0".into(), count: 1, base: 9 }],
            ..PlanReport::default()
        }
    }

    #[test]
    fn a_plan_for_people() {
        insta::assert_snapshot!(text(&report(), &Terminal::plain()), @r#"
        Plan for 2026-10-31T00:00:00Z: Blocked
        outcome 00000000000000000000000000000000
        orders, change set 11111111111111111111111111111111

        Limits exceeded
          Limit          At most  Counted  Of
          roles-removed  0              1   9

        Configuration
          - SingleRoleRule D0="A|B"

        In total
                 Added  Changed  Removed
          roles      0        1        1

        By role, resource type and property
          Kind         Name  Added  Changed  Removed
          single role  A|B       0        0        1

        Orders
          Resource type  Added  Modified  Deleted  Dropped  All then
          AD                 0         1        0        0         1

        The 1 most concerned of 2
          HR:E1, Ada
            - single role A|B: Calculated
            ~ single role C: Calculated → Prolonged

        2 identities: 0 roles given, 1 taken; 0 resource types given, 0 taken; 1 new order
        "#);
    }

    #[test]
    fn a_plan_for_a_pull_request() {
        insta::assert_snapshot!(markdown(&report()), @r#"
        ## Plan: 2 identities: 0 roles given, 1 taken; 0 resource types given, 0 taken; 1 new order

        - outcome `00000000000000000000000000000000`
        - orders, change set `11111111111111111111111111111111`
        - computed for 2026-10-31T00:00:00Z

        ### Limits exceeded

        | Limit | At most | Counted | Of |
        | --- | --- | ---: | ---: |
        | roles-removed | 0 | 1 | 9 |

        ### Configuration

        ```text
        - SingleRoleRule D0="A|B"
        ```

        ### In total

        |  | Added | Changed | Removed |
        | --- | ---: | ---: | ---: |
        | roles | 0 | 1 | 1 |

        ### By role, resource type and property

        | Kind | Name | Added | Changed | Removed |
        | --- | --- | ---: | ---: | ---: |
        | single role | A\|B | 0 | 0 | 1 |

        ### Orders

        | Resource type | Added | Modified | Deleted | Dropped | All then |
        | --- | ---: | ---: | ---: | ---: | ---: |
        | AD | 0 | 1 | 0 | 0 | 1 |

        ### The 1 most concerned of 2

        ```text
        HR:E1, Ada
          - single role A|B: Calculated
          ~ single role C: Calculated → Prolonged
        ```
        "#);
    }

    #[test]
    fn nothing_is_one_sentence() {
        let report = PlanReport { at: "2026-10-31T00:00:00Z".to_owned(), ..PlanReport::default() };
        assert_eq!(
            text(&report, &Terminal::plain()),
            "Plan for 2026-10-31T00:00:00Z: Completed\noutcome \n\nnobody's access changes\n"
        );
    }
}
