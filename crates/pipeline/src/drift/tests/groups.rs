use super::*;

#[test]
fn a_department_that_is_gone() {
    let before = people(0, 600);
    let now = ordinary_next(&before).keep(|row| row[5] != "Legal");
    let gone = before.rows.iter().filter(|row| row[5] == "Legal").count();
    assert_eq!(gone, 100);
    for blocked in [false, true] {
        assert_eq!(
            found(&before, &now, blocked),
            ["group-vanished: All 100 rows with `department` = `Legal` are gone: 96 % of the 104 deletions."]
        );
    }
}

#[test]
fn small_groups_are_named_only_when_they_block() {
    let before = people(0, 600).map("department", |n, v| if n % 120 == 0 { "Board".into() } else { v.to_owned() });
    let now = before.clone().keep(|row| row[5] != "Board");
    assert_eq!(found(&before, &now, false), Vec::<String>::new());
    assert_eq!(
        found(&before, &now, true),
        ["group-vanished: All 5 rows with `department` = `Board` are gone: 100 % of the 5 deletions."]
    );
}

#[test]
fn the_owner_that_lost_its_members_and_several_of_them() {
    let before = members(20);
    assert_eq!(
        found(&before, &before.clone().keep(|row| row[0] != "group-07"), false),
        ["group-vanished: All 12 links with `group` = `group-07` are gone: 100 % of the 12 deletions."]
    );
    assert_eq!(
        found(&before, &before.clone().keep(|row| row[0].as_str() < "group-15"), true),
        ["group-vanished: All 36 links with `group` = `group-15`, `group-16` or `group-17` are gone: 60 % of the 60 \
             deletions."]
    );
    assert_eq!(
        found(&before, &before.clone().keep(|row| row[0].as_str() < "group-10"), true),
        [
            "file-shrunk: hr_people.csv has 120 rows instead of 240: about half its usual size.",
            "groups-vanished: 120 links of 10 different values of `group` are gone, among them `group-10`, `group-11` and \
             `group-12`: 100 % of the 120 deletions."
        ]
    );
}

#[test]
fn a_department_that_was_renamed_or_merged() {
    let before = people(0, 600);
    let to = |name: &'static str| {
        before.clone().map("department", move |_, v| if v == "Legal" { name.to_owned() } else { v.to_owned() })
    };
    for blocked in [false, true] {
        assert_eq!(
            found(&before, &to("Legal & Risk"), blocked),
            ["value-replaced: `Legal` seems to be called `Legal & Risk` now in column `department`, for 100 rows."]
        );
        assert_eq!(
            found(&before, &to("Finance"), blocked),
            [
                "group-moved: The 100 rows with `department` = `Legal` seem to have moved to `Finance`, which existed before."
            ]
        );
    }
}

#[test]
fn a_group_replaced_by_another_of_the_same_size_is_not_called_renamed() {
    let before = people(0, 600);
    let mut now = before.clone().keep(|row| row[5] != "Legal");
    now.rows.extend(people(5_000, 5_100).map("department", |_, _| "Space".into()).rows);
    assert_eq!(
        found(&before, &now, true),
        [
            "group-vanished: All 100 rows with `department` = `Legal` are gone: 100 % of the 100 deletions.",
            "many-new-rows-of: 100 rows with `department` = `Space` are new; there were none before."
        ]
    );
}

#[test]
fn a_company_that_was_bought() {
    let before = people(0, 600);
    let mut now = before.clone();
    now.rows.extend(people(5_000, 5_400).map("department", |_, _| "Acquired".into()).rows);
    assert_eq!(
        found(&before, &now, false),
        ["many-new-rows-of: 400 rows with `department` = `Acquired` are new; there were none before."]
    );
}

#[test]
fn groups_of_a_table_too_large_to_be_sampled_whole() {
    let before = people(0, 30_000);
    let now = before.clone().keep(|row| row[5] != "Legal");
    assert_eq!(
        found(&before, &now, false),
        [
            "group-vanished: All rows with `department` = `Legal` (about 5,000) are gone: over 99 % of the 5,000 deletions."
        ]
    );
}
