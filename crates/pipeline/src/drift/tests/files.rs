use super::*;

fn nothing() -> Table {
    Table { rows: Vec::new(), ..people(0, 0) }
}

fn judged(before: Option<&Table>, now: &Table, context: &Context<'_>) -> Vec<String> {
    let context = Context { subject: "HR_Person", file: "hr_people.csv", ..context.clone() };
    lines(&compare(before.map(Table::profile).as_ref(), &now.profile(), &context))
}

#[test]
fn a_blank_file_and_one_with_a_header_only() {
    let before = people(0, 600);
    let blank = Context { source: Source { blank: true, ..Source::default() }, ..Context::default() };
    assert_eq!(
        judged(Some(&before), &nothing(), &blank),
        ["file-empty: hr_people.csv is blank: it has neither a header line nor rows; before, there were 600 rows."]
    );
    assert_eq!(
        judged(Some(&before), &nothing(), &Context::default()),
        ["file-header-only: hr_people.csv has a header line and no rows; before, there were 600 rows."]
    );
    // A table that never had rows may stay so, but a blank file is never right.
    assert_eq!(judged(None, &nothing(), &Context::default()), Vec::<String>::new());
    assert_eq!(
        judged(None, &nothing(), &blank),
        ["file-empty: hr_people.csv is blank: it has neither a header line nor rows."]
    );
}

#[test]
fn the_first_load_is_explained_when_it_blocks_and_silent_otherwise() {
    let now = people(0, 1204);
    let changes = Some(Changes { inserted: 1204, ..Changes::default() });
    let blocked = Context { blocked: true, changes, ..Context::default() };
    assert_eq!(
        judged(None, &now, &blocked),
        [
            "first-load: The repository holds nothing of HR_Person yet: 1,204 rows are new, and any number of new rows exceeds \
          a limit in percent of nothing."
        ]
    );
    assert_eq!(
        judged(Some(&people(0, 1200)), &now, &blocked),
        [
            "first-load: The repository holds nothing of HR_Person although 1,200 rows were accepted before: 1,204 rows are new."
        ]
    );
    assert_eq!(judged(None, &now, &Context { blocked: false, ..blocked }), Vec::<String>::new());
}

#[test]
fn a_block_without_an_earlier_profile_still_says_something() {
    let changes = Some(Changes { inserted: 5, updated: 2, deleted: 300, stored: 600 });
    assert_eq!(
        judged(None, &people(0, 300), &Context { blocked: true, changes, ..Context::default() }),
        [
            "nothing-to-compare: There is no earlier run of hr_people.csv to compare this one with: 5 inserted, 2 updated and \
          300 deleted, with 600 stored before."
        ]
    );
}

#[test]
fn half_a_file_and_twice_a_file() {
    let (whole, half) = (people(0, 600), people(0, 300));
    assert_eq!(
        found(&whole, &half, false),
        ["file-shrunk: hr_people.csv has 300 rows instead of 600: about half its usual size."]
    );
    assert_eq!(
        found(&half, &whole, false),
        ["file-grown: hr_people.csv has 600 rows instead of 300: 2.0 times its usual size."]
    );
    // Below a block, a fifth may go without a word, and tiny tables may do as they like.
    assert_eq!(found(&whole, &people(0, 480), false), Vec::<String>::new());
    assert_eq!(
        found(&whole, &people(0, 480), true),
        ["file-shrunk: hr_people.csv has 480 rows instead of 600: 80 % of its usual size."]
    );
    assert_eq!(found(&people(0, 12), &people(0, 5), false), Vec::<String>::new());
}

#[test]
fn rows_without_key_and_repeated_rows() {
    let source = Source { rows: 600, null_keys: 120, duplicates: 300, ..Source::default() };
    assert_eq!(
        judged(Some(&people(0, 600)), &people(0, 600), &Context { source, ..Context::default() }),
        [
            "keys-empty: 120 of 600 rows in hr_people.csv have no key and were left out.",
            "rows-repeated: 300 of 600 rows in hr_people.csv repeat a key that an earlier row has, and were left out."
        ]
    );
    let source = Source { rows: 600, null_keys: 4, duplicates: 19, ..Source::default() };
    assert_eq!(
        judged(Some(&people(0, 600)), &people(0, 600), &Context { source, ..Context::default() }),
        Vec::<String>::new()
    );
}

fn rejected(column: &str, count: u64, expected: &str, samples: &[&str]) -> RejectedStats {
    let samples = samples.iter().map(|s| (*s).to_owned()).collect();
    let column = RejectedColumn { column: column.into(), count, expected: expected.into(), samples };
    RejectedStats { count, columns: vec![column] }
}

#[test]
fn a_date_format_that_the_converter_rejects_is_named() {
    let us = ["12/31/2024", "01/15/2020", "05/30/2019", "07/04/2018"];
    let at = |expected: &str, count: u64, before: Option<&Table>| {
        let context = Context { rejected: rejected("start_date", count, expected, &us), ..Context::default() };
        judged(before, &people(0, 0), &Context { source: Source { rows: 600, ..Source::default() }, ..context })
    };
    assert_eq!(
        at("a date such as dd/MM/yyyy", 600, Some(&people(0, 600))),
        [
            "date-format-changed: `start_date` changed from dd/MM/yyyy to MM/dd/yyyy: 600 of 600 rows cannot be read, for \
          example `12/31/2024`."
        ]
    );
    assert_eq!(
        at("a date such as 20200929220000", 366, Some(&people(0, 600))),
        [
            "date-format-changed: `start_date` changed its date format to MM/dd/yyyy: 366 of 600 rows cannot be read, for \
          example `12/31/2024`."
        ]
    );
    assert_eq!(
        at("a date (yyyy-MM-dd)", 366, None),
        [
            "date-format-changed: `start_date` has dates as MM/dd/yyyy, not as yyyy-MM-dd: 366 of 600 rows cannot be read, for \
          example `12/31/2024`."
        ]
    );
    assert_eq!(at("a date", 12, Some(&people(0, 600))), Vec::<String>::new());
}

#[test]
fn rows_rejected_for_other_reasons() {
    let at = |rejected: RejectedStats| {
        let source = Source { rows: 600, ..Source::default() };
        judged(Some(&people(0, 600)), &people(0, 400), &Context { rejected, source, ..Context::default() })
    };
    assert_eq!(
        at(rejected("active", 200, "true or false", &["oui", "non"])),
        [
            "rows-rejected: 200 of 600 rows were rejected because of column `active`: expected true or false, found for example \
          `oui`."
        ]
    );
    assert_eq!(
        at(RejectedStats { count: 200, columns: Vec::new() }),
        ["rows-rejected: 200 of 600 rows in hr_people.csv cannot be read."]
    );
}
