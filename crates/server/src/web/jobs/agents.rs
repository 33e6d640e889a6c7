//! What agents ask for and report. The answer to a question for work waits until there is some.

use super::{body, number};
use crate::web::app::App;
use crate::web::principal::{Principal, Who};
use crate::web::problem::Problem;
use crate::web::route::{Right, Route};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json};
use provost_model::work::{OutcomeReport, ProgressAnswer, ProgressReport, WorkRequest};
use serde::Serialize;
use std::time::Duration;
use tokio::time::Instant;
use utoipa::ToSchema;

const TAG: &str = "Agents";
const RIGHT: Right = Right::Permission("/Connectors/SynchronizeSession");
/// Longest time that an answer waits for work.
const LONGEST: u64 = 30;
/// Work that became ready at another server is seen within this time.
const LOOK: Duration = Duration::from_secs(1);

/// A question for work.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "the shape for the description; the type is in the room that agents share")]
struct AgentWorkRequest {
    version: String,
    /// 32 hexadecimal digits that become the lease: the same question gets the same work.
    ask: String,
    /// At most 30.
    #[schema(minimum = 0)]
    wait_seconds: u32,
    /// Elements that the agent can run; empty for all.
    kinds: Vec<String>,
}

/// A report about a task that an agent runs.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "the shape for the description; the type is in the room that agents share")]
struct AgentReport {
    /// Word of the lease.
    lease: String,
    #[schema(value_type = Option<Object>)]
    progress: Option<serde_json::Value>,
    #[schema(value_type = Option<Object>)]
    outcome: Option<serde_json::Value>,
    #[schema(value_type = Vec<Object>)]
    log: Vec<serde_json::Value>,
}

/// Whether the job was cancelled.
#[derive(Debug, Serialize, ToSchema)]
struct AgentAnswer {
    cancel: bool,
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/api/Agent/{agent}/Work", RIGHT, TAG, "Waits for work; 204 when none came", || {
            post(work)
        })
        .takes::<AgentWorkRequest>(),
        Route::new(
            Method::POST,
            "/api/Agent/{agent}/Work/{taskInstance}/Progress",
            RIGHT,
            TAG,
            "Tells how far a task is, and keeps it",
            || post(progress),
        )
        .takes::<AgentReport>()
        .gives::<AgentAnswer>(),
        Route::new(
            Method::POST,
            "/api/Agent/{agent}/Work/{taskInstance}/Outcome",
            RIGHT,
            TAG,
            "Tells how a task ended; may be repeated",
            || post(outcome),
        )
        .takes::<AgentReport>()
        .gives::<AgentAnswer>(),
    ]
}

/// Who asks in the name of an agent: the identifier of the client, as tasks name it.
fn client_of(principal: &Principal) -> String {
    match &principal.who {
        Who::Client(identifier) => identifier.clone(),
        Who::Person(person) => format!("person {}", person.login),
    }
}

async fn work(
    State(app): State<App>,
    Path(agent): Path<String>,
    Extension(principal): Extension<Principal>,
    request: Result<Json<WorkRequest>, JsonRejection>,
) -> Result<Response, Problem> {
    let (engine, request) = (app.jobs()?, body(request)?);
    let is_word = |ask: &str| ask.len() == 32 && ask.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !request.ask.is_empty() && !is_word(&request.ask) {
        return Err(Problem::bad_request("ask", "a question is named by 32 hexadecimal digits, or not at all"));
    }
    let client = client_of(&principal);
    let _waiting = {
        let (engine, agent, client, version) = (engine.clone(), agent.clone(), client.clone(), request.version.clone());
        app.blocking(move || Ok(engine.arrive(&agent, &client, &version)?)).await?
    };
    let until = Instant::now() + Duration::from_secs(u64::from(request.wait_seconds).min(LONGEST));
    let mut bell = engine.bell();
    loop {
        bell.borrow_and_update();
        let (look, agent, client, asked) = (engine.clone(), agent.clone(), client.clone(), request.clone());
        if let Some(work) = app.blocking(move || Ok(look.work_for(&agent, &client, &asked)?)).await? {
            return Ok(Json(work).into_response());
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || engine.is_closing() {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        // Either way there is another look.
        drop(tokio::time::timeout(left.min(LOOK), bell.changed()).await);
    }
}

async fn progress(
    State(app): State<App>,
    Path((agent, task)): Path<(String, String)>,
    request: Result<Json<ProgressReport>, JsonRejection>,
) -> Result<Json<ProgressAnswer>, Problem> {
    let (engine, task, report) = (app.jobs()?, number(&task)?, body(request)?);
    app.blocking(move || Ok(Json(engine.progressed(&agent, task, &report)?))).await
}

async fn outcome(
    State(app): State<App>,
    Path((agent, task)): Path<(String, String)>,
    request: Result<Json<OutcomeReport>, JsonRejection>,
) -> Result<Json<ProgressAnswer>, Problem> {
    let (engine, task, report) = (app.jobs()?, number(&task)?, body(request)?);
    app.blocking(move || {
        engine.ended(&agent, task, &report)?;
        Ok(Json(ProgressAnswer::default()))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::Engine;
    use crate::jobs::tests::world::{World, by_person, deployed, job, task};
    use crate::web::WebSettings;
    use provost_model::access::Rights;
    use provost_model::configuration::jobs::{Job, TaskKind};
    use provost_model::work::AgentWork;

    fn served(world: &World) -> (App, Engine) {
        let mut step = task("export", 0, &[]);
        step.task.kind = TaskKind::Export;
        let engine =
            world.engine("s", &deployed(vec![Job { agent: Some("North".to_owned()), ..job("Daily", vec![step]) }]));
        let app = App::new(world.store(), world.folders(), WebSettings::default(), || 0);
        app.serve_jobs(engine.clone());
        (app, engine)
    }

    async fn ask(app: App, agent: &str, wait_seconds: u32) -> Response {
        let principal = Principal::new(Who::Client("Job".to_owned()), Rights::nothing());
        let request = WorkRequest { wait_seconds, ..WorkRequest::default() };
        let path = Path(agent.to_owned());
        work(State(app), path, Extension(principal), Ok(Json(request)))
            .await
            .unwrap_or_else(IntoResponse::into_response)
    }

    #[tokio::test]
    async fn an_agent_that_waits_gets_work_as_soon_as_there_is_some() {
        let world = World::sqlite();
        let (app, engine) = served(&world);
        assert_eq!(ask(app.clone(), "North", 0).await.status(), StatusCode::NO_CONTENT);
        let waiting = tokio::spawn(ask(app, "North", 30));
        let launched =
            tokio::task::spawn_blocking(move || engine.launch(&by_person("Daily")).unwrap().id).await.unwrap();
        let answer = waiting.await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let work: AgentWork = serde_json::from_slice(&bytes).unwrap();
        assert_eq!((work.job_instance, work.task.identifier.as_str()), (launched, "export"));
    }

    #[tokio::test]
    async fn an_agent_is_let_go_when_the_server_stops() {
        let world = World::sqlite();
        let (app, engine) = served(&world);
        let waiting = tokio::spawn(ask(app, "North", 30));
        engine.close();
        assert_eq!(waiting.await.unwrap().status(), StatusCode::NO_CONTENT);
    }
}
