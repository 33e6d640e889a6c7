use super::*;

fn with_keys(change: impl Fn(usize, &str) -> String) -> Vec<String> {
    let before = people(0, 600);
    found(&before, &before.clone().map("id", change), true)
}

fn same_rows(what: &str) -> [String; 1] {
    [format!("keys-replaced: The keys in column `id` {what}, so each row looks deleted and a new one inserted.")]
}

#[test]
fn keys_that_were_transformed() {
    assert_eq!(with_keys(|n, _| n.to_string()), same_rows("lost their leading zeros"));
    assert_eq!(with_keys(|_, v| format!("0{v}")), same_rows("got leading zeros"));
    assert_eq!(with_keys(|_, v| format!("EMP-{v}")), same_rows("got the prefix `EMP-`"));
    assert_eq!(with_keys(|_, v| format!("CORP\\u{v}x")), same_rows("got the prefix `CORP\\u`").map(|_| {
        "keys-replaced: Column `id` holds other keys than before: 0 % of them were known; it held plain digits and now holds \
         codes.".to_owned()
    }));
}

#[test]
fn keys_in_other_letters_or_with_a_domain() {
    let before = people(0, 600).map("id", |n, _| format!("user-{n}x"));
    let now = |change: &dyn Fn(&str) -> String| found(&before, &before.clone().map("id", |_, v| change(v)), true);
    assert_eq!(now(&|v| v.to_uppercase()), same_rows("changed case (upper case now)"));
    assert_eq!(now(&|v| format!("CORP\\{v}")), same_rows("got a domain"));
    assert_eq!(now(&|v| format!("{v}@corp.example")), same_rows("got a domain"));
}

#[test]
fn keys_of_something_else() {
    let before = people(0, 600);
    assert_eq!(
        found(&before, &people(3_000, 3_600), true)[0],
        "keys-replaced: Column `id` holds other keys than before: 0 % of them were known."
    );
    let copied = Table { rows: before.rows.iter().map(|r| [&r[3..4], &r[1..]].concat()).collect(), ..before.clone() };
    assert_eq!(
        found(&before, &copied, true),
        [
            "keys-replaced: Column `id` holds other keys than before: 0 % of them were known; it now holds what column `mail` held."
        ]
    );
    assert!(found(&before, &people(120, 720), false).iter().all(|c| !c.starts_with("keys-replaced")));
}

#[test]
fn the_end_of_an_association_that_was_transformed_is_named() {
    let before = members(40);
    assert_eq!(
        found(&before, &before.clone().map("member", |_, v| v.to_uppercase()), true),
        [
            "keys-replaced: The keys in column `member` changed case (upper case now), so each row looks deleted and a new one \
          inserted."
        ]
    );
}

#[test]
fn keys_of_a_table_too_large_to_be_sampled_whole() {
    let before = people(0, 30_000);
    let now = before.clone().map("id", |n, _| n.to_string());
    assert_eq!(found(&before, &now, true)[0], same_rows("lost their leading zeros")[0]);
}
