//! Screens as browsers ask for them: who gets which, what stays text, and what no other site may send.

use super::words::{Language, lines};
use crate::metadata;
use crate::web::access::tests::world::{Answer, World, clock};
use crate::web::routes;
use provost_model::changes::Command;
use provost_model::{ResourceId, Slot};
use provost_store::{ApplyPlan, ResourceChangeRow};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const PAGE: (&str, &str) = ("accept", "text/html,application/xhtml+xml");

/// Names that must never become anything but text.
const HOSTILE: [&str; 4] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'; alert(1); //",
    "</title><svg/onload=alert(1)>{{7*7}}",
];

async fn as_user(world: &World, login: &str, path: &str) -> Answer {
    let cookie = world.session(login).await;
    world.get(path, &[PAGE, ("cookie", &cookie)]).await
}

/// Persons with hostile names, by number from 1.
fn hostile_people(world: &World) {
    let now = clock();
    let filled = world.app.store().write("tester", "test", |tx| -> Result<(), crate::ServerError> {
        let metadata = metadata::load(tx)?;
        let slots: Vec<Slot> = (4..6).filter_map(Slot::new).collect();
        let person = metadata.entity_type("Person").unwrap().id;
        let run = tx.new_run("HR", now)?;
        for (n, name) in HOSTILE.iter().enumerate() {
            let (id, key) = (i64::try_from(n).unwrap() + 1, format!("P{n}"));
            let values = [Some(key.as_str()), Some(*name)];
            tx.resource_changes(run, person, &slots)?.push(ResourceChangeRow {
                command: Command::Insert,
                id: ResourceId(id),
                key: &key,
                line: 1,
                precision: 0,
                fingerprint: id,
                display_name: Some(name),
                values: &values,
                changed: 2,
            })?;
        }
        let plan = ApplyPlan { types: vec![(person, slots)], now_micros: now, ..ApplyPlan::default() };
        tx.apply_changes(run, &plan)?;
        Ok(())
    });
    filled.unwrap();
}

#[test]
fn the_three_catalogues_say_the_same() {
    let catalogue = |language: Language| -> BTreeMap<&str, BTreeSet<String>> {
        let gaps = |text: &str| (0..5).map(|n| format!("{{{n}}}")).filter(|gap| text.contains(gap)).collect();
        lines(language.text()).map(|(key, text)| (key, gaps(text))).collect()
    };
    let english = catalogue(Language::English);
    assert!(english.len() > 250, "{}", english.len());
    assert_eq!(catalogue(Language::French), english);
    assert_eq!(catalogue(Language::German), english);
    for language in Language::ALL {
        assert_eq!(lines(language.text()).count(), english.len(), "a key stands twice in {}", language.name());
    }
}

/// Every `w.t("…")`, `w.one("…")`, `w.two("…")` of templates and handlers.
fn used_keys(folder: &Path, keys: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            used_keys(&entry.path(), keys);
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).unwrap();
        for start in ["w.t(\"", "w.one(\"", "w.two(\""] {
            keys.extend(
                text.split(start).skip(1).filter_map(|rest| rest.split_once('"')).map(|(key, _)| key.to_owned()),
            );
        }
    }
}

#[test]
fn every_message_that_a_screen_says_is_in_the_catalogue() {
    let mut keys = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    used_keys(&root.join("templates"), &mut keys);
    used_keys(&root.join("src/web/screens"), &mut keys);
    let known: BTreeSet<&str> = lines(Language::English.text()).map(|(key, _)| key).collect();
    let unknown: Vec<&String> =
        keys.iter().filter(|key| key.contains('.') && !key.contains('{') && !known.contains(key.as_str())).collect();
    assert!(keys.len() > 150 && unknown.is_empty(), "{unknown:?}");
}

#[test]
fn no_template_holds_scripts_styles_or_text_that_is_not_escaped() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        for forbidden in [" style=\"", "<style", " onclick=", " hx-on", "javascript:", "|safe", "<script>"] {
            assert!(!text.contains(forbidden), "{} holds {forbidden}", entry.path().display());
        }
    }
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_led_to_the_sign_in_and_back() {
    let world = World::new();
    let answer = world.get("/connectors/HR?x=1", &[PAGE]).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.headers["location"], "/signin?return=%2Fconnectors%2FHR%3Fx%3D1");
    let answer = world.get("/signin?return=//evil.example", &[PAGE]).await;
    assert!(answer.status == 200 && !answer.text.contains("evil.example"), "{}", answer.text);
    // A program gets what programs get.
    assert_eq!(world.get("/connectors", &[]).await.problem(), "401 unauthorized");
    // A part of a page sends the whole page away.
    let answer = world.get("/palette_part", &[("hx-request", "true")]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.headers["hx-redirect"].to_str().unwrap()),
        (401, "/signin?return=%2Fpalette_part")
    );
}

#[tokio::test]
async fn signing_in_by_the_form_works_once_and_only_from_here() {
    let world = World::new();
    world.account("amara", "Able", true);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = "login=Amara&password=correct+horse+battery&back=%2Fdesign";
    let foreign = world.send("POST", "/signin", &[form, ("sec-fetch-site", "cross-site"), PAGE], body).await;
    assert_eq!(foreign.status, 403);
    let wrong =
        world.send("POST", "/signin", &[form, ("sec-fetch-site", "same-origin")], "login=Amara&password=x").await;
    assert!(wrong.status == 401 && wrong.text.contains("Login or password is wrong."), "{}", wrong.text);
    let right = world.send("POST", "/signin", &[form, ("sec-fetch-site", "same-origin")], body).await;
    assert_eq!((right.status.as_u16(), right.headers["location"].to_str().unwrap()), (303, "/change-password"));
    // Nothing else is open before the password is changed.
    let cookie = right.cookie();
    let answer = world.get("/design", &[PAGE, ("cookie", &cookie)]).await;
    assert_eq!((answer.status.as_u16(), answer.headers["location"].to_str().unwrap()), (303, "/change-password"));
    let change = "current=correct+horse+battery&new=a+long+walk+by+the+sea&again=a+long+walk+by+the+sea";
    let own = [form, ("sec-fetch-site", "same-origin"), ("cookie", cookie.as_str())];
    let changed = world.send("POST", "/change-password", &own, change).await;
    assert_eq!((changed.status.as_u16(), changed.headers["location"].to_str().unwrap()), (303, "/?done=password"));
    let answer = world.get("/design", &[PAGE, ("cookie", &changed.cookie())]).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn no_form_is_taken_from_another_site() {
    let world = World::new();
    world.account("administrator", "/", false);
    let forms: Vec<&str> = routes::table()
        .into_iter()
        .filter(|route| route.tag == super::TAG && route.method == axum::http::Method::POST)
        .map(|route| route.path)
        .collect();
    assert!(forms.len() >= 9, "{forms:?}");
    for path in forms {
        let cookie = world.session("administrator").await;
        for origin in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
            let headers = [("cookie", cookie.as_str()), ("content-type", "application/x-www-form-urlencoded"), origin];
            let body = "login=a&password=b&current=a&new=b&again=b&language=fr&change_set=a";
            let answer = world.send("POST", path, &headers, body).await;
            assert_eq!(answer.status, 403, "{path} with {origin:?}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn problems_are_pages_with_what_to_do() {
    let world = World::new();
    world.account("bo", "Unable", false);
    let answer = as_user(&world, "bo", "/connectors").await;
    assert_eq!(answer.status, 403);
    assert!(
        answer.text.contains("This is not open to you") && answer.text.contains("class=\"rail\""),
        "{}",
        answer.text
    );
    let answer = as_user(&world, "bo", "/nowhere").await;
    assert!(answer.status == 404 && answer.text.contains("There is nothing here"), "{}", answer.text);
    let answer = world.get("/nowhere", &[PAGE, ("accept-language", "de-CH,de;q=0.9")]).await;
    assert!(answer.status == 404 && answer.text.contains("Hier ist nichts"), "{}", answer.text);
    // Nothing of the menu is shown that is not open.
    let home = as_user(&world, "bo", "/").await.text;
    assert!(home.contains("Nothing is open to you yet") && !home.contains("/connectors"), "{home}");
}

#[tokio::test]
async fn hostile_names_are_text_on_every_screen() {
    let world = World::new();
    world.account("administrator", "/", false);
    hostile_people(&world);
    let mut pages = vec!["/resources/Person?col=Mail".to_owned(), "/palette_part?q=alert".to_owned()];
    for id in 1..=HOSTILE.len() {
        pages.extend(["", "/history", "/sources"].map(|view| format!("/resources/Person/{id}{view}")));
    }
    pages.push(
        "/resources/Person?q=%3Cscript%3Ealert(2)%3C%2Fscript%3E&where=Mail%20%3D%20%22%3Cscript%3E%22".to_owned(),
    );
    pages.push("/resources/%3Cscript%3Ealert(3)%3C%2Fscript%3E".to_owned());
    let mut shown = 0;
    for page in pages {
        let answer = as_user(&world, "administrator", &page).await;
        assert!([200, 400, 404].contains(&answer.status.as_u16()), "{page}: {}", answer.text);
        for raw in ["<script>alert", "<img src=x", "<svg/onload", "'; alert(1)"] {
            assert!(!answer.text.contains(raw), "{page} holds {raw}");
        }
        shown += usize::from(answer.text.contains("alert(1)"));
    }
    assert!(shown > 8, "the names are shown, on {shown} pages");
}

#[tokio::test]
async fn a_list_shows_what_rules_open_and_exports_the_same() {
    let world = World::new();
    hostile_people(&world);
    world.account("amara", "Able", false);
    world.account("bo", "Unable", false);
    for path in
        ["/resources/Person", "/resources/Person/export.csv", "/resources/Person/1", "/resources/Person/1/history"]
    {
        assert_eq!(as_user(&world, "bo", path).await.status, 403, "{path}");
    }
    world.account("administrator", "/", false);
    let csv = as_user(&world, "administrator", "/resources/Person/export.csv?col=Number&q=onerror").await;
    insta::assert_snapshot!(csv.text.trim_start_matches('\u{feff}').replace("\r\n", "\n"), @r#"
    Name,Number
    """><img src=x onerror=alert(1)>",P1
    "#);
}

#[tokio::test]
async fn files_of_pages_are_kept_for_ever_and_only_under_their_digest() {
    let world = World::new();
    let files = super::assets::assets();
    for address in [&files.style, &files.script, &files.htmx, &files.icons, &files.mark] {
        let answer = world.get(address, &[]).await;
        assert_eq!(answer.status, 200, "{address}");
        assert_eq!(answer.headers["cache-control"], "public, max-age=31536000, immutable");
    }
    assert_eq!(world.get("/assets/app.css", &[]).await.status, 404);
    assert!(include_str!("../../../assets/app.css").len() < 40_000);
}

#[tokio::test]
async fn the_sign_in_page() {
    let world = World::new();
    let text = world.get("/signin", &[PAGE]).await.text;
    let main = text.split("<main>").nth(1).unwrap().split("</main>").next().unwrap();
    let lines: Vec<&str> = main.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    <div class="card">
    <h1>Sign in</h1>
    <form method="post" action="/signin">
    <input type="hidden" name="back" value="/">
    <div class="field"><label for="login">Login</label><input id="login" name="login" value="" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus></div>
    <div class="field"><label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required></div>
    <button class="btn primary">Sign in</button>
    </form>
    </div>
    "#);
}
