use super::*;

#[test]
fn swapped_columns_are_named_row_by_row() {
    let before = people(0, 600);
    for blocked in [false, true] {
        let next = ordinary_next(&before).swap("mail", "phone");
        let causes = found(&before, &next, blocked);
        assert_eq!(causes.len(), 1, "{causes:?}");
        assert!(causes[0].starts_with("columns-swapped: Columns `mail` and `phone` look swapped: in 6"), "{causes:?}");
        let names = found(&before, &before.clone().swap("first", "last"), blocked);
        assert_eq!(
            names,
            [
                "columns-swapped: Columns `first` and `last` look swapped: in 64 of 64 compared rows each holds what the other \
              held before."
            ]
        );
    }
}

#[test]
fn swapped_columns_of_other_people_are_recognised_by_their_looks() {
    let codes: Vec<String> = found(&people(0, 600), &people(2_000, 2_600).swap("mail", "phone"), false);
    assert_eq!(
        codes[0],
        "columns-swapped: Columns `mail` and `phone` look swapped: `mail` now holds phone numbers and `phone` mail addresses."
    );
}

#[test]
fn the_key_swapped_with_another_column_and_the_ends_of_an_association() {
    let before = people(0, 600);
    assert_eq!(
        found(&before, &before.clone().swap("id", "mail"), false),
        ["columns-swapped: Columns `id` and `mail` look swapped: each holds the values that the other held before."]
    );
    assert_eq!(
        found(&members(40), &members(40).swap("group", "member"), false),
        [
            "columns-swapped: Columns `group` and `member` look swapped: each holds the values that the other held before."
        ]
    );
}

#[test]
fn a_column_that_vanished_or_was_renamed() {
    let before = people(0, 600);
    let now = before.clone().drop_column("mail");
    assert_eq!(
        found(&before, &now, false),
        ["column-vanished: hr_people.csv has no column `mail` any more; before, 600 rows had a value in it."]
    );
    let (missing, new) = (["mail".to_owned()], ["e-mail".to_owned()]);
    let context = Context { missing_columns: &missing, unmapped_columns: &new, ..context(&before, &now) };
    let causes = compare(Some(&before.profile()), &now.profile(), &context);
    assert_eq!(causes.len(), 1);
    assert_eq!(
        causes[0].hint,
        "Was it renamed? The file has `e-mail`, which nothing maps: correct the export or the ConnectionColumn of the mapping."
    );
}

#[test]
fn an_emptied_column() {
    let before = people(0, 600);
    assert_eq!(
        found(&before, &before.clone().map("phone", |_, _| String::new()), false),
        ["column-emptied: Column `phone` is empty in every row now; before, 600 of 600 rows had one."]
    );
    let few = |n: usize, v: &str| if n < 90 { v.to_owned() } else { String::new() };
    assert_eq!(
        found(&before, &before.clone().map("phone", few), false),
        ["column-emptied: Column `phone` has a value in 90 of 600 rows now; before, 600 of 600 rows had one."]
    );
    let some = |n: usize, v: &str| {
        if !n.is_multiple_of(3) { v.to_owned() } else { String::new() }
    };
    assert_eq!(found(&before, &before.clone().map("phone", some), false), Vec::<String>::new());
}

#[test]
fn a_column_that_holds_the_same_everywhere() {
    let before = people(0, 600);
    assert_eq!(
        found(&before, &before.clone().map("department", |_, _| "Sales".into()), false),
        [
            "column-filled-constant: Column `department` holds `Sales` in nearly every row now; before, it had 6 different values."
        ]
    );
    // A flag that nearly everybody has may become one that everybody has.
    let nearly = before.clone().map("active", |n, _| (n > 20).to_string());
    assert_eq!(found(&nearly, &before.clone().map("active", |_, _| "true".into()), false), Vec::<String>::new());
}

#[test]
fn dates_written_in_another_way() {
    let before = people(0, 600);
    let us = |_: usize, v: &str| format!("{}/{}/{}", &v[3..5], &v[..2], &v[6..]);
    let iso = |_: usize, v: &str| format!("{}-{}-{}", &v[6..], &v[3..5], &v[..2]);
    let late = (0..600).filter(|n| n % 28 + 1 > 12).count();
    assert_eq!(
        found(&before, &before.clone().map("start_date", us), false),
        [format!(
            "date-format-changed: `start_date` changed from dd/MM/yyyy to MM/dd/yyyy: in {late} of 600 dates the second number \
             is above 12 now, before in 0 of 600."
        )]
    );
    assert_eq!(
        found(&before, &before.clone().map("start_date", iso), false),
        [
            "date-format-changed: `start_date` changed from dd/MM/yyyy to yyyy-MM-dd: 600 of 600 dates are written so now."
        ]
    );
    // Other dates in the same layout are nothing to speak of.
    let moved = |n: usize, _: &str| format!("{:02}/{:02}/2024", (n * 5) % 30 + 1, n % 12 + 1);
    assert_eq!(found(&before, &before.clone().map("start_date", moved), false), Vec::<String>::new());
}

#[test]
fn days_and_months_that_were_exchanged_before_the_conversion() {
    let internal = |n: usize| format!("2020{:02}{:02}000000", n % 12 + 1, n % 28 + 1);
    let before = people(0, 600).map("start_date", |n, _| internal(n));
    // Only dates up to the 12th survive the conversion, with day and month exchanged.
    let now = before.clone().map("start_date", |n, _| format!("2020{:02}{:02}000000", n % 12 + 1, n % 12 + 1));
    let found = found(&before, &now, false);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with(
            "date-format-changed: `start_date` probably has day and month exchanged: no date is later than the"
        ),
        "{found:?}"
    );
}

#[test]
fn values_of_another_kind_case_or_length() {
    let before = people(0, 600);
    assert_eq!(
        found(&before, &before.clone().map("mail", |n, _| format!("user {n} of the company")), false),
        ["format-changed: Column `mail` held mail addresses (100 %) and now holds free text (100 %)."]
    );
    assert_eq!(
        found(&before, &before.clone().map("mail", |_, v| v.to_uppercase()), false),
        ["format-changed: Column `mail` is written in upper case now (100 % of its values, before 0 %)."]
    );
    let padded = people(0, 600).map("phone", |n, _| format!("{:06}", n * 7));
    assert_eq!(
        found(&padded, &padded.clone().map("phone", |n, _| (n * 7).to_string()), false),
        [
            "format-changed: The values of column `phone` lost their leading zeros: 100 % began with one before, 0 % do now."
        ]
    );
    let longer = padded.clone().map("phone", |n, _| format!("9{:08}", n * 7));
    assert_eq!(
        found(&padded, &longer, false),
        ["format-changed: The values of column `phone` are 9 characters long now, before 6."]
    );
}
