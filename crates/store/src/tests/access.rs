//! What the server remembers about those who call it.

use super::scratch::{Scratch, configuration};
use crate::{Account, Attempts, SigningKey, WebSession};

super::both!(
    signing_keys_are_listed_newest_first_until_they_are_removed,
    sessions_end_one_by_one_all_at_once_and_by_themselves,
    attempts_are_counted_and_forgotten,
    what_is_used_once_is_not_used_twice,
    an_account_is_replaced_but_keeps_its_birthday,
    notes_leave_no_row_in_the_journal,
    a_person_is_found_by_a_value_whatever_its_case,
);

fn key(id: &str, created_at: i64, retires_at: i64) -> SigningKey {
    SigningKey {
        id: id.to_owned(),
        algorithm: "ES256".to_owned(),
        private_key: "private".to_owned(),
        public_key: "{}".to_owned(),
        created_at,
        retires_at,
    }
}

fn signing_keys_are_listed_newest_first_until_they_are_removed(scratch: &Scratch) {
    scratch.write(|tx| {
        tx.insert_signing_key(&key("a", 1, 10))?;
        tx.insert_signing_key(&key("b", 5, 20))
    });
    assert_eq!(scratch.read(|tx| tx.signing_keys()), [key("b", 5, 20), key("a", 1, 10)]);
    assert_eq!(scratch.write(|tx| tx.delete_signing_keys(11)), 1);
    assert_eq!(scratch.read(|tx| tx.signing_keys()), [key("b", 5, 20)]);
    assert!(!format!("{:?}", key("a", 1, 2)).contains("private"));
}

fn session(digest: &str, login: &str, provider: &str, last_seen_at: i64, expires_at: i64) -> WebSession {
    WebSession {
        digest: digest.to_owned(),
        login: login.to_owned(),
        provider: provider.to_owned(),
        claims: "{}".to_owned(),
        created_at: 1,
        last_seen_at,
        expires_at,
    }
}

fn sessions_end_one_by_one_all_at_once_and_by_themselves(scratch: &Scratch) {
    scratch.write(|tx| {
        for (digest, login, provider) in [("a", "x", ""), ("b", "x", ""), ("c", "x", "Okta"), ("d", "y", "")] {
            tx.insert_web_session(&session(digest, login, provider, 10, 100))?;
        }
        tx.insert_web_session(&session("old", "y", "", 10, 20))
    });
    let there = |digest: &str| scratch.read(|tx| tx.web_session(digest)).is_some();
    assert_eq!(scratch.read(|tx| tx.web_session("c")), Some(session("c", "x", "Okta", 10, 100)));
    scratch.write(|tx| tx.touch_web_session("d", 50));
    scratch.write(|tx| tx.touch_web_session("d", 40));
    assert_eq!(scratch.read(|tx| tx.web_session("d")).map(|s| s.last_seen_at), Some(50));
    assert_eq!(scratch.write(|tx| tx.delete_web_session("a")), 1);
    assert_eq!(scratch.write(|tx| tx.delete_web_sessions_of("x", "")), 1);
    assert!(!there("a") && !there("b") && there("c") && there("d") && there("old"));
    assert_eq!(scratch.write(|tx| tx.delete_ended_web_sessions(20, 15)), 1);
    assert!(!there("old") && there("c"));
    assert_eq!(scratch.write(|tx| tx.delete_ended_web_sessions(55, 15)), 1);
    assert!(!there("c") && there("d"));
}

fn attempts_are_counted_and_forgotten(scratch: &Scratch) {
    let three = Attempts { failures: 3, last_failure_at: 30, locked_until: 35 };
    assert_eq!(scratch.read(|tx| tx.attempts("x")), Attempts::default());
    scratch.write(|tx| tx.set_attempts("x", Attempts { failures: 2, ..three }));
    scratch.write(|tx| tx.set_attempts("x", three));
    assert_eq!(scratch.read(|tx| tx.attempts("x")), three);
    assert_eq!(scratch.write(|tx| tx.forget_attempts_before(33)), 0);
    scratch.write(|tx| tx.forget_attempts("x"));
    assert_eq!(scratch.read(|tx| tx.attempts("x")), Attempts::default());
}

fn what_is_used_once_is_not_used_twice(scratch: &Scratch) {
    assert!(scratch.write(|tx| tx.use_once("proof", 100, 50)));
    assert!(!scratch.write(|tx| tx.use_once("proof", 100, 60)));
    assert!(scratch.write(|tx| tx.use_once("other", 100, 60)));
    assert!(scratch.write(|tx| tx.use_once("proof", 200, 101)));
}

fn an_account_is_replaced_but_keeps_its_birthday(scratch: &Scratch) {
    let account = Account {
        login: "administrator".to_owned(),
        password_hash: "$argon2id$1".to_owned(),
        profile: "/".to_owned(),
        created_at: 1,
        must_change: true,
        is_disabled: false,
    };
    assert!(!scratch.read(|tx| tx.has_accounts()));
    scratch.write(|tx| tx.set_account(&account));
    let changed =
        Account { password_hash: "$argon2id$2".to_owned(), must_change: false, created_at: 9, ..account.clone() };
    scratch.write(|tx| tx.set_account(&changed));
    assert_eq!(scratch.read(|tx| tx.account("administrator")), Some(Account { created_at: 1, ..changed }));
    assert_eq!(scratch.read(|tx| tx.account("nobody")), None);
    assert!(scratch.read(|tx| tx.has_accounts()));
}

fn notes_leave_no_row_in_the_journal(scratch: &Scratch) {
    let before = scratch.read(|tx| tx.journal(9)).len();
    let noted: Result<(), crate::StoreError> = scratch.store.note(|tx| tx.set_attempts("x", Attempts::default()));
    noted.unwrap();
    assert_eq!(scratch.read(|tx| tx.journal(9)).len(), before);
}

fn a_person_is_found_by_a_value_whatever_its_case(scratch: &Scratch) {
    let company = scratch.deploy(&configuration(), 50);
    company.fill(scratch);
    let found = |mail: &str| {
        let people = scratch.read(|tx| tx.resources_with(company.person, company.mail, mail, 2));
        people.into_iter().map(|person| person.key.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(found("ADA@x"), ["P1"]);
    assert!(found("eve@x").is_empty());
    assert!(found("%").is_empty());
}
