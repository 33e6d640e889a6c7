//! Built-in accounts and their sessions.

use super::world::{ORIGIN, PASSWORD, PROTECTED, World, wait};
use crate::web::access::{AccessSettings, FIRST_ADMINISTRATOR, first_administrator};
use provost_store::StoreError;

#[tokio::test]
async fn a_person_signs_in_looks_around_and_signs_out() {
    let world = World::new();
    world.account("amara", "Able", false);
    let answer = world.sign_in(" Amara ", PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let set = answer.headers["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("__Host-provost="), "{set}");
    for attribute in ["; Path=/", "; Max-Age=28800", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(set.contains(attribute), "{set}");
    }
    let cookie = answer.cookie();
    let me = world.get("/api/Access/Me", &[("cookie", &cookie)]).await.json();
    assert_eq!((me["name"].as_str(), me["kind"].as_str()), (Some("person amara"), Some("person")));
    assert_eq!(me["profiles"], serde_json::json!(["Able"]));
    assert_eq!(world.get(PROTECTED, &[("cookie", &cookie)]).await.status, 200);
    assert_eq!(world.post("/api/Access/SignOut", &cookie, "").await.status, 204);
    assert_eq!(world.get(PROTECTED, &[("cookie", &cookie)]).await.status, 401);
    let journal = world.app.store().read(|tx| tx.journal(9)).unwrap();
    let said: Vec<(&str, &str)> = journal.iter().map(|e| (e.actor.as_str(), e.reason.as_str())).collect();
    assert!(said.contains(&("person amara", "sign-in from 192.0.2.1")), "{said:?}");
    assert!(said.contains(&("person amara", "sign-out")), "{said:?}");
}

#[tokio::test]
async fn an_administrator_sees_who_is_signed_in_and_ends_the_sessions_of_others() {
    let world = World::new();
    world.account("amara", "Able", false);
    world.account("bo", "Unable", false);
    let cookies = [world.session("bo").await, world.session("bo").await, world.session("amara").await];
    let admin = [("cookie", &*cookies[2])];
    let accounts = world.get("/api/Access/Accounts", &admin).await.json();
    let shown = |list: &serde_json::Value, members: [&str; 2]| -> Vec<String> {
        let all = list.as_array().unwrap().iter();
        all.map(|one| members.map(|member| one[member].as_str().unwrap().to_owned()).join(" ")).collect()
    };
    assert_eq!(shown(&accounts["accounts"], ["login", "profile"]), ["amara Able", "bo Unable"]);
    assert!(!accounts.to_string().contains("argon2"), "no hash leaves the repository");
    let sessions = world.get("/api/Access/Sessions", &admin).await.json();
    assert_eq!(shown(&sessions["sessions"], ["login", "provider"]), ["amara ", "bo ", "bo "]);

    assert_eq!(world.get("/api/Access/Sessions", &[("cookie", &cookies[0])]).await.status, 403);
    let other = r#"{ "login": "bo", "provider": "elsewhere" }"#;
    assert_eq!(world.post("/api/Access/SignOutOther", &cookies[2], other).await.json()["ended"], 0);
    let bo = r#"{ "login": "bo", "reason": "lost laptop" }"#;
    assert_eq!(world.post("/api/Access/SignOutOther", &cookies[2], bo).await.json()["ended"], 2);
    for cookie in &cookies[..2] {
        assert_eq!(world.get("/api/Access/Me", &[("cookie", cookie)]).await.status, 401);
    }
    assert_eq!(world.get("/api/Access/Me", &admin).await.status, 200);
    let journal = world.app.store().read(|tx| tx.journal(1)).unwrap();
    assert_eq!((&*journal[0].actor, &*journal[0].reason), ("person amara", "signed out bo: lost laptop"));
    wait(8 * 3600);
    assert_eq!(world.app.store().read(|tx| tx.open_web_sessions(world.app.now_micros(), 1)).unwrap().len(), 0);
}

#[tokio::test]
async fn the_cookie_is_not_in_the_repository() {
    let world = World::new();
    world.account("amara", "Able", false);
    let cookie = world.sign_in("amara", PASSWORD).await.cookie();
    let id = cookie.split_once('=').unwrap().1.to_owned();
    let found = world.app.store().read(|tx| Ok::<_, StoreError>(tx.web_session(&id)?.is_some())).unwrap();
    assert!(!found);
}

#[tokio::test]
async fn wrong_passwords_and_unknown_logins_get_the_same_answer() {
    let world = World::new();
    world.account("amara", "Able", false);
    let wrong = world.sign_in("amara", "wrong").await;
    let unknown = world.sign_in("nobody", "wrong").await;
    assert_eq!(wrong.problem(), "401 wrong-password");
    assert_eq!((wrong.status, &wrong.text), (unknown.status, &unknown.text));
    assert!(wrong.headers.get("set-cookie").is_none());
    assert!(world.refused("password"));
}

#[tokio::test]
async fn waits_grow_with_wrong_passwords_for_known_and_unknown_logins_alike() {
    let world = World::new();
    world.account("amara", "Able", false);
    for login in ["amara", "nobody"] {
        for _ in 0..6 {
            assert_eq!(world.sign_in(login, "wrong").await.problem(), "401 wrong-password");
        }
        let locked = world.sign_in(login, PASSWORD).await;
        assert_eq!(locked.problem(), "429 locked");
        assert_eq!(locked.headers["retry-after"], "2");
        assert_eq!(locked.json()["retry_after"], 2);
    }
    wait(2);
    assert_eq!(world.sign_in("amara", "wrong").await.problem(), "401 wrong-password");
    wait(1);
    assert_eq!(world.sign_in("amara", PASSWORD).await.problem(), "429 locked");
    wait(2);
    assert_eq!(world.sign_in("amara", PASSWORD).await.status, 200);
    assert_eq!(world.sign_in("amara", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn an_address_that_tries_many_logins_is_locked_and_others_are_not() {
    let world = World::new();
    world.account("amara", "Able", false);
    let headers = [("content-type", "application/json")];
    let body = |login: &str, password: &str| format!(r#"{{"login":"{login}","password":"{password}"}}"#);
    for n in 0..21 {
        let wrong = body(&format!("u{n}"), "x");
        let answer = world.send_from([198, 51, 100, 1], "POST", "/api/Access/SignIn", &headers, &wrong).await;
        assert_eq!(answer.status, 401);
    }
    let good = body("amara", PASSWORD);
    let locked = world.send_from([198, 51, 100, 1], "POST", "/api/Access/SignIn", &headers, &good).await;
    assert_eq!(locked.status, 429);
    let other = world.send_from([198, 51, 100, 2], "POST", "/api/Access/SignIn", &headers, &good).await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn sessions_end_when_unused_and_after_a_day_of_work() {
    let world = World::new();
    world.account("amara", "Able", false);
    let cookie = world.session("amara").await;
    wait(599);
    assert_eq!(world.get(PROTECTED, &[("cookie", &cookie)]).await.status, 200);
    wait(599);
    assert_eq!(world.get(PROTECTED, &[("cookie", &cookie)]).await.status, 200);
    wait(600);
    assert_eq!(world.get(PROTECTED, &[("cookie", &cookie)]).await.status, 401);

    let cookie = world.session("amara").await;
    for _ in 0..(8 * 3600 / 500) {
        assert_eq!(world.get("/api/Access/Me", &[("cookie", &cookie)]).await.status, 200);
        wait(500);
    }
    wait(300);
    assert_eq!(world.get("/api/Access/Me", &[("cookie", &cookie)]).await.status, 401);
}

#[tokio::test]
async fn a_session_id_from_before_sign_in_is_worth_nothing_after_it() {
    let world = World::new();
    world.account("amara", "Able", false);
    let planted = "__Host-provost=chosen-by-somebody-else";
    let json = format!(r#"{{"login":"amara","password":"{PASSWORD}"}}"#);
    let cookie = world.post("/api/Access/SignIn", planted, &json).await.cookie();
    assert_ne!(cookie, planted);
    assert_eq!(world.get(PROTECTED, &[("cookie", planted)]).await.status, 401);
    let again = world.post("/api/Access/SignIn", &cookie, &json).await.cookie();
    assert_eq!(world.get(PROTECTED, &[("cookie", &cookie)]).await.status, 401);
    assert_eq!(world.get(PROTECTED, &[("cookie", &again)]).await.status, 200);
}

#[tokio::test]
async fn tampered_and_doubled_cookies_are_no_session() {
    let world = World::new();
    world.account("amara", "Able", false);
    let cookie = world.session("amara").await;
    let flipped = format!("{}{}", &cookie[..cookie.len() - 1], if cookie.ends_with('A') { 'B' } else { 'A' });
    let plain = cookie.replace("__Host-provost", "provost-loopback");
    for wrong in [flipped, cookie[..cookie.len() - 1].to_owned(), format!("{cookie}; {cookie}x"), plain] {
        assert_eq!(world.get(PROTECTED, &[("cookie", &wrong)]).await.status, 401, "{wrong}");
    }
    assert_eq!(world.get(PROTECTED, &[("cookie", &format!("a=b; {cookie}; c=d"))]).await.status, 200);
}

#[tokio::test]
async fn requests_that_another_site_makes_a_browser_send_are_refused() {
    let world = World::new();
    world.account("amara", "Able", false);
    let cookie = world.session("amara").await;
    let headers = |extra: &[(&'static str, &'static str)]| {
        let mut all = vec![("cookie", cookie.clone())];
        all.extend(extra.iter().map(|(name, value)| (*name, (*value).to_owned())));
        all
    };
    for (extra, expected) in [
        (headers(&[("sec-fetch-site", "cross-site")]), 403),
        (headers(&[("sec-fetch-site", "same-site")]), 403),
        (headers(&[("origin", "https://evil.example")]), 403),
        (headers(&[("origin", "null")]), 403),
        (headers(&[("sec-fetch-site", "none"), ("origin", "https://evil.example")]), 403),
        (headers(&[("sec-fetch-site", "cross-site"), ("origin", ORIGIN)]), 403),
        (headers(&[]), 403),
        (headers(&[("origin", ORIGIN)]), 204),
    ] {
        let extra: Vec<(&str, &str)> = extra.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = world.send("POST", "/api/Access/SignOut", &extra, "").await;
        assert_eq!(answer.status.as_u16(), expected, "{extra:?}");
    }
    assert!(world.refused("cross-site"));
    let json = format!(r#"{{"login":"amara","password":"{PASSWORD}"}}"#);
    let from_elsewhere = [("content-type", "application/json"), ("sec-fetch-site", "cross-site")];
    assert_eq!(world.send("POST", "/api/Access/SignIn", &from_elsewhere, &json).await.problem(), "403 cross-site");
    let as_form = [("content-type", "text/plain"), ("sec-fetch-site", "same-origin")];
    assert_eq!(world.send("POST", "/api/Access/SignIn", &as_form, &json).await.problem(), "400 invalid-body");
}

#[tokio::test]
async fn a_program_needs_no_origin_because_no_browser_adds_its_token() {
    let world = World::new();
    let token = format!("Bearer {}", world.token("Able").await);
    let answer = world.send("POST", "/api/Access/SignOutEverywhere", &[("authorization", &token)], "").await;
    assert_eq!(answer.problem(), "400 no-session");
}

#[tokio::test]
async fn the_first_administrator_changes_the_printed_password_before_anything_else() {
    let world = World::new();
    let store = world.app.store();
    let password = first_administrator(store, "tester", false, 1).unwrap().unwrap();
    assert_eq!(password.len(), 24);
    assert_eq!(first_administrator(store, "tester", false, 1).unwrap(), None);
    let answer = world.sign_in(FIRST_ADMINISTRATOR, &password).await;
    assert_eq!(answer.json()["must_change_password"], true);
    let cookie = answer.cookie();
    assert_eq!(world.get(PROTECTED, &[("cookie", &cookie)]).await.problem(), "403 change-password");
    assert_eq!(world.get("/api/Access/Me", &[("cookie", &cookie)]).await.json()["permissions"], serde_json::json!([]));

    let change = |current: &str, new: &str| format!(r#"{{"current":"{current}","new":"{new}"}}"#);
    for (current, new, expected) in [
        ("wrong", PASSWORD, "401 wrong-password"),
        (password.as_str(), "short", "400 weak-password"),
        (password.as_str(), "Administrator1234", "400 weak-password"),
        (password.as_str(), "aaaaaaaaaaaaaaaa", "400 weak-password"),
        (password.as_str(), password.as_str(), "400 weak-password"),
    ] {
        let answer = world.post("/api/Access/ChangePassword", &cookie, &change(current, new)).await;
        assert_eq!(answer.problem(), expected, "{new}");
    }
    let changed = world.post("/api/Access/ChangePassword", &cookie, &change(&password, PASSWORD)).await;
    assert_eq!(changed.json()["permissions"], serde_json::json!(["/"]), "{}", changed.text);
    assert_eq!(world.get(PROTECTED, &[("cookie", &cookie)]).await.status, 401);
    assert_eq!(world.get(PROTECTED, &[("cookie", &changed.cookie())]).await.status, 200);
    assert_eq!(world.sign_in(FIRST_ADMINISTRATOR, &password).await.status, 401);

    // Somebody with access to the machine can always make a new one; it ends all sessions.
    let again = first_administrator(store, "tester", true, 1).unwrap().unwrap();
    assert_eq!(world.get(PROTECTED, &[("cookie", &changed.cookie())]).await.status, 401);
    assert_eq!(world.sign_in(FIRST_ADMINISTRATOR, &again).await.status, 200);
}

#[tokio::test]
async fn signing_out_everywhere_ends_the_sessions_of_one_person() {
    let world = World::new();
    world.account("amara", "Able", false);
    world.account("bo", "Able", false);
    let (one, two, other) = (world.session("amara").await, world.session("amara").await, world.session("bo").await);
    assert_eq!(world.post("/api/Access/SignOutEverywhere", &one, "").await.status, 204);
    for cookie in [&one, &two] {
        assert_eq!(world.get(PROTECTED, &[("cookie", cookie)]).await.status, 401);
    }
    assert_eq!(world.get(PROTECTED, &[("cookie", &other)]).await.status, 200);
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once() {
    let world = World::new();
    world.account("amara", "Able", false);
    let cookie = world.session("amara").await;
    world.write(|tx| {
        let account = tx.account("amara")?.unwrap();
        tx.set_account(&provost_store::Account { is_disabled: true, ..account })
    });
    assert_eq!(world.get(PROTECTED, &[("cookie", &cookie)]).await.status, 401);
    assert_eq!(world.sign_in("amara", PASSWORD).await.problem(), "401 wrong-password");
}

#[tokio::test]
async fn passwords_can_be_switched_off() {
    let world = World::with(AccessSettings { allow_local_login: false, ..AccessSettings::default() });
    world.account("amara", "Able", false);
    assert_eq!(world.sign_in("amara", PASSWORD).await.problem(), "403 no-local-login");
}

#[tokio::test]
async fn behind_a_proxy_only_what_the_proxy_added_counts() {
    let world = World::with(AccessSettings { is_behind_proxy: true, ..AccessSettings::default() });
    world.account("amara", "Able", false);
    let body = format!(r#"{{"login":"amara","password":"{PASSWORD}"}}"#);
    let headers = [("content-type", "application/json"), ("x-forwarded-for", "203.0.113.9, 198.51.100.7")];
    assert_eq!(world.send("POST", "/api/Access/SignIn", &headers, &body).await.status, 200);
    let journal = world.app.store().read(|tx| tx.journal(1)).unwrap();
    assert_eq!(journal[0].reason, "sign-in from 198.51.100.7");
}
