//! A server in this process with a clock of its own, a small configuration, and named users.

use crate::folders::Folders;
use crate::web::access::sessions::{self, Learnt};
use crate::web::access::{AccessSettings, ProviderSettings, passwords};
use crate::web::app::{App, WebSettings};
use crate::web::listen::Peer;
use crate::web::routes;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use provost_model::configuration::{self, Parsed};
use provost_store::{Account, ItemChange, Store, StoreError, StoredItem};
use serde_json::Value;
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

pub(crate) const ORIGIN: &str = "https://provost.example";
pub(crate) const PASSWORD: &str = "correct horse battery";
/// Hash of `secret`.
const SECRET: &str = "K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=";
/// 2026-01-01T00:00:00Z.
pub(crate) const NEW_YEAR: i64 = 1_767_225_600_000_000;

thread_local! {
    static CLOCK: Cell<i64> = const { Cell::new(NEW_YEAR) };
}

/// What the server takes for now. Each test has a thread of its own.
pub(crate) fn clock() -> i64 {
    CLOCK.get()
}

pub(crate) fn wait(seconds: i64) {
    CLOCK.set(CLOCK.get() + seconds * 1_000_000);
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text))
    }

    pub(crate) fn problem(&self) -> String {
        let kind = self.json()["type"].as_str().unwrap_or_default().to_owned();
        format!("{} {}", self.status.as_u16(), kind.rsplit(':').next().unwrap_or_default())
    }

    /// `name=value` of the cookie that was set.
    pub(crate) fn cookie(&self) -> String {
        let set = self.headers.get("set-cookie").expect("a cookie is set").to_str().unwrap();
        set.split(';').next().unwrap().to_owned()
    }
}

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) router: Router,
    folder: tempfile::TempDir,
}

pub(crate) fn configuration(permissions: &[String]) -> String {
    let entries: String = permissions
        .iter()
        .map(|permission| format!("<Entry Permission=\"{permission}\" CanExecute=\"true\" />"))
        .collect();
    format!(
        r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Profile Identifier="Able" DisplayName_L1="Able" />
  <Profile Identifier="Unable" DisplayName_L1="Unable" />
  <AccessControlRule Identifier="R" DisplayName_L1="R" EntityType="Person" Profile="Able">{entries}</AccessControlRule>
  <OpenIdClient Identifier="Able" DisplayName_L1="Able" HashedSecret="{SECRET}" Profile="Able" />
  <OpenIdClient Identifier="Unable" DisplayName_L1="Unable" HashedSecret="{SECRET}" Profile="Unable" />
  <OpenIdClient Identifier="Old" DisplayName_L1="Old" HashedSecret="{SECRET}" Profile="Able" ExpirationDate="2026-01-01T01:00:00Z" />
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="Number" DisplayName_L1="Number" Type="String" TargetColumnIndex="4" IsKey="true" />
    <Property Identifier="Mail" DisplayName_L1="Mail" Type="String" TargetColumnIndex="5" />
  </EntityType>
  <AssignedProfile User="P1" Profile="Able" Context="-2" />
  <SelectUserByIdentityQueryHandlerSetting OwnerEntityType="Person" ResourceIdentityProperty="Mail" BeforeToken="@" />
</ConfigurationFile>"#
    )
}

impl World {
    pub(crate) fn new() -> World {
        World::with(AccessSettings::default())
    }

    pub(crate) fn with(access: AccessSettings) -> World {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(&folder.path().join("provost.db").display().to_string()).unwrap());
        let access = AccessSettings { is_secure: true, ..access };
        let world = World { app: app(folder.path(), store, settings(access)), router: Router::new(), folder };
        let world = World { router: routes::router(world.app.clone()), ..world };
        let all: Vec<String> = routes::table().iter().filter_map(super::walk::permission).collect();
        world.deploy(&configuration(&all));
        world
    }

    /// Another server on the same repository.
    pub(crate) fn second(&self) -> World {
        self.second_with(self.app.settings().clone())
    }

    /// Another server on the same repository, with settings of its own.
    pub(crate) fn second_with(&self, settings: WebSettings) -> World {
        let store = Arc::new(Store::open(&self.folder.path().join("provost.db").display().to_string()).unwrap());
        let app = app(self.folder.path(), store, settings);
        World { router: routes::router(app.clone()), app, folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn deploy(&self, text: &str) {
        let parsed: Parsed = configuration::parse(&[("conf.xml".to_owned(), text.to_owned())]);
        assert!(!parsed.has_errors(), "{:?}", parsed.problems);
        let item = |item: &configuration::Item| StoredItem {
            element: item.element.clone(),
            identity: item.identity.clone(),
            file: item.file.clone(),
            json: serde_json::to_string(item).unwrap(),
        };
        self.write(|tx| {
            let gone = tx.configuration_items()?.into_iter().map(|i| ItemChange::Delete(i.element, i.identity));
            let changes: Vec<ItemChange> =
                gone.chain(parsed.items.iter().map(|one| ItemChange::Insert(item(one)))).collect();
            tx.replace_configuration(&changes)?;
            tx.deploy_model(&parsed.configuration, clock()).map(|_| ())
        });
    }

    pub(crate) fn write(&self, body: impl FnOnce(&mut provost_store::WriteTx) -> Result<(), StoreError>) {
        self.app.store().write("tester", "test", body).unwrap();
    }

    /// A built-in account with [`PASSWORD`].
    pub(crate) fn account(&self, login: &str, profile: &str, must_change: bool) {
        let account = Account {
            login: login.to_owned(),
            password_hash: passwords::hash(PASSWORD).unwrap(),
            profile: profile.to_owned(),
            created_at: clock(),
            must_change,
            is_disabled: false,
        };
        self.write(|tx| tx.set_account(&account));
    }

    /// A session of an account, without the detour over a password.
    pub(crate) async fn session(&self, login: &str) -> String {
        let learnt = Learnt::default();
        let begun = sessions::begin(&self.app, &HeaderMap::new(), (login, ""), &learnt, "test".to_owned()).await;
        begun.unwrap().to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send_from([192, 0, 2, 1], method, path, headers, body).await
    }

    pub(crate) async fn send_from(
        &self,
        peer: [u8; 4],
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(Peer((peer, 4321).into()));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        Answer { status: head.status, headers: head.headers, text: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, "").await
    }

    /// Sends JSON as a page of ours would.
    pub(crate) async fn post(&self, path: &str, cookie: &str, json: &str) -> Answer {
        let headers = [("content-type", "application/json"), ("cookie", cookie), ("sec-fetch-site", "same-origin")];
        self.send("POST", path, &headers, json).await
    }

    pub(crate) async fn sign_in(&self, login: &str, password: &str) -> Answer {
        let json = serde_json::json!({ "login": login, "password": password }).to_string();
        self.post("/api/Access/SignIn", "", &json).await
    }

    pub(crate) async fn ask_token(&self, headers: &[(&str, &str)], form: &str) -> Answer {
        let form_type = ("content-type", "application/x-www-form-urlencoded");
        let headers: Vec<(&str, &str)> = headers.iter().copied().chain([form_type]).collect();
        self.send("POST", "/connect/token", &headers, form).await
    }

    pub(crate) async fn token(&self, client: &str) -> String {
        let form = format!("grant_type=client_credentials&client_id={client}&client_secret=secret&scope=usercube_api");
        let answer = self.ask_token(&[], &form).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Asks for something that only the able may see.
    pub(crate) async fn with_token(&self, token: &str) -> Answer {
        self.get(PROTECTED, &[("authorization", &format!("Bearer {token}"))]).await
    }

    pub(crate) fn refused(&self, reason: &str) -> bool {
        self.app.metrics().render().contains(&format!("provost_refused_total{{reason=\"{reason}\"}}"))
    }
}

/// A route that needs a permission.
pub(crate) const PROTECTED: &str = "/api/AccessControl/AccessControlPermission";

fn settings(access: AccessSettings) -> WebSettings {
    WebSettings {
        application_uri: ORIGIN.to_owned(),
        access,
        default_page_size: 50,
        max_page_size: 100,
        largest_file: 1 << 30,
        body_time: Duration::from_secs(60),
        has_swagger_page: true,
    }
}

fn app(folder: &std::path::Path, store: Arc<Store>, settings: WebSettings) -> App {
    let folders = Folders { temp: folder.join("Temp"), work: folder.join("Work") };
    App::new(store, folders, settings, clock)
}

pub(crate) fn basic(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

pub(crate) fn provider(authority: &str) -> ProviderSettings {
    ProviderSettings {
        name: "Mock".to_owned(),
        display_name: "Mock".to_owned(),
        client_id: "provost".to_owned(),
        client_secret: Some("s3cret/+".to_owned()),
        authority: authority.to_owned(),
        metadata_address: None,
        name_claim: "email".to_owned(),
        scopes: "openid profile email".to_owned(),
        require_https: false,
    }
}
