//! Launching, cancelling, resuming, restarting.

use super::shapes::{Because, InstanceShape, LaunchRequest, ResumeRequest};
use super::{body, number};
use crate::jobs::{Engine, JobError, Launch, LaunchOptions, Trigger};
use crate::web::app::App;
use crate::web::principal::Principal;
use crate::web::problem::Problem;
use crate::web::route::{Right, Route};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::routing::post;
use axum::{Extension, Json};
use provost_model::work::InstanceState;
use provost_store::{HistoryFilter, JobInstance};

const TAG: &str = "Jobs";

/// Who may launch or repair depends on how the job went before: the permission has its state as the last part of its
/// path, which only the handler knows.
pub(super) fn routes() -> Vec<Route> {
    let signed_in = Right::SignedIn;
    vec![
        Route::new(Method::POST, "/api/Job/RunJob/Jobs/{job}/Launch", signed_in, TAG, "Launches a job", || {
            post(launch)
        })
        .takes::<LaunchRequest>()
        .gives::<InstanceShape>()
        .succeeds_with(201),
        Route::new(
            Method::POST,
            "/api/Job/RunJob/Jobs/{job}/Repair",
            signed_in,
            TAG,
            "Resumes or restarts the latest execution of a job",
            || post(repair),
        )
        .takes::<Because>()
        .gives::<InstanceShape>(),
        Route::new(
            Method::POST,
            "/api/Job/RunJob/Instances/{id}/Cancel",
            Right::Permission("/Jobs/JobInstance/Update"),
            TAG,
            "Cancels an execution: what runs ends first",
            || post(cancel),
        )
        .takes::<Because>()
        .gives::<InstanceShape>(),
        Route::new(
            Method::POST,
            "/api/Job/RunJob/Instances/{id}/Resume",
            Right::Permission("/Jobs/RunJob/Repair/Blocked"),
            TAG,
            "Approves the change set that blocks an execution, and lets it go on",
            || post(resume),
        )
        .takes::<ResumeRequest>()
        .gives::<InstanceShape>(),
        Route::new(
            Method::POST,
            "/api/Job/RunJob/Instances/{id}/Restart",
            Right::Permission("/Jobs/RunJob/Repair/Errored"),
            TAG,
            "Restarts an execution from the step that failed",
            || post(restart),
        )
        .takes::<Because>()
        .gives::<InstanceShape>(),
    ]
}

/// The last part of the permission to launch or repair a job: how its latest execution ended.
pub(crate) fn standing(engine: &Engine, job: &str) -> Result<&'static str, JobError> {
    let of = HistoryFilter { job: Some(job.to_owned()), ..HistoryFilter::default() };
    let latest = engine.instances(&of, 1)?.pop();
    Ok(match latest.map(|latest| latest.state) {
        Some(InstanceState::Cancelled) => "Aborted",
        Some(InstanceState::Blocked) => "Blocked",
        Some(InstanceState::Errored) => "Errored",
        Some(InstanceState::Warning) => "Warning",
        _ => "Completed",
    })
}

/// Whether somebody may launch or repair a job as it stands.
///
/// # Errors
/// 403 when not.
pub(crate) fn permit(principal: &Principal, engine: &Engine, what: &str, job: &str) -> Result<(), Problem> {
    let permission = format!("/Jobs/RunJob/{what}/{}", standing(engine, job)?);
    if principal.may(&permission) { Ok(()) } else { Err(Problem::forbidden(&permission)) }
}

async fn launch(
    State(app): State<App>,
    Path(job): Path<String>,
    Extension(principal): Extension<Principal>,
    request: Result<Json<LaunchRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<InstanceShape>), Problem> {
    let (engine, request) = (app.jobs()?, body(request)?);
    app.blocking(move || {
        permit(&principal, &engine, "Launch", &job)?;
        let options = LaunchOptions {
            begin_step: request.begin_step,
            end_step: request.end_step,
            task: request.task,
            task_type: request.task_type,
            task_contains: request.task_contains,
            force: request.force,
        };
        let launch = Launch { job, options, trigger: Trigger::Person, actor: principal.name, reason: request.reason };
        Ok((StatusCode::CREATED, Json(engine.launch(&launch)?.into())))
    })
    .await
}

async fn repair(
    State(app): State<App>,
    Path(job): Path<String>,
    Extension(principal): Extension<Principal>,
    request: Result<Json<Because>, JsonRejection>,
) -> Result<Json<InstanceShape>, Problem> {
    let (engine, request) = (app.jobs()?, body(request)?);
    app.blocking(move || {
        permit(&principal, &engine, "Repair", &job)?;
        Ok(Json(engine.repair(&job, &principal.name, &request.reason)?.into()))
    })
    .await
}

/// Does something with an execution, and shows it.
async fn with(
    app: App,
    id: &str,
    work: impl FnOnce(&Engine, i64) -> Result<JobInstance, JobError> + Send + 'static,
) -> Result<Json<InstanceShape>, Problem> {
    let (engine, id) = (app.jobs()?, number(id)?);
    app.blocking(move || Ok(Json(work(&engine, id)?.into()))).await
}

async fn cancel(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(principal): Extension<Principal>,
    request: Result<Json<Because>, JsonRejection>,
) -> Result<Json<InstanceShape>, Problem> {
    let request = body(request)?;
    with(app, &id, move |engine, id| engine.cancel(id, &principal.name, &request.reason)).await
}

async fn resume(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(principal): Extension<Principal>,
    request: Result<Json<ResumeRequest>, JsonRejection>,
) -> Result<Json<InstanceShape>, Problem> {
    let request = body(request)?;
    // Nothing is approved that nobody has named.
    let change_set = request.change_set.trim().to_ascii_lowercase();
    with(app, &id, move |engine, id| engine.resume(id, Some(&change_set), &principal.name, &request.reason)).await
}

async fn restart(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(principal): Extension<Principal>,
    request: Result<Json<Because>, JsonRejection>,
) -> Result<Json<InstanceShape>, Problem> {
    let request = body(request)?;
    with(app, &id, move |engine, id| engine.restart(id, &principal.name, &request.reason)).await
}
