//! `InvokeApiTask`: a call of the product's own interface.

use super::{completed, paths};
use crate::agent::ServerSide;
use crate::report::{Kind, Report};
use crate::road;
use crate::settings::Settings;
use crate::verbs::options::calling;
use provost_model::configuration::jobs::LogLevel;
use provost_model::work::{AgentWork, TaskContext, TaskOutcome};
use reqwest::Method;

/// Bytes of an answer that are kept in the log.
const SHOWN: usize = 4096;

/// Calls what a task says, as the client of the agent.
///
/// # Errors
/// The task is not complete, there is no server to call or no client to call as, or the server refuses.
pub(crate) fn run(
    settings: &Settings,
    side: &ServerSide,
    work: &AgentWork,
    context: &dyn TaskContext,
) -> Result<TaskOutcome, Report> {
    let task = &work.task;
    let path = relative(task.text("ApiUrl"))?;
    let method = match task.text("HttpCommand") {
        "Get" => Method::GET,
        "Put" => Method::PUT,
        "Post" => Method::POST,
        "Delete" => Method::DELETE,
        other => {
            let text = format!("HttpCommand: \"{other}\" is not a method of InvokeApiTask");
            return Err(Report::new(Kind::Data, "api-method", text).hint("one of Get, Put, Post, Delete"));
        }
    };
    let body = match task.text("Body") {
        "" => None,
        named => {
            let file = paths::file_of_task(settings, "Body", named)?;
            Some(std::fs::read(&file).map_err(|error| Report::io("read", &file, &error))?)
        }
    };
    let own;
    let client = match side {
        ServerSide::There(client) => client.as_ref(),
        ServerSide::Here(_) => {
            let url = settings.serving.application_uri.as_deref().ok_or_else(|| {
                let text = format!("task \"{}\" calls the server, but nothing says where it is", task.identifier);
                Report::usage("no-server", text).hint("set ApplicationUri in appsettings.json")
            })?;
            own = calling(settings, url, task.open_id_client.as_deref(), None)?;
            &own
        }
    };
    let answer = client.call(method.clone(), path, body.as_deref()).map_err(|error| road::report(&error))?;
    context.log(LogLevel::Information, &format!("{method} {path}: {}", shown(&answer)));
    Ok(completed(true))
}

/// A path of the interface; an address that leads elsewhere would take the token with it.
fn relative(url: &str) -> Result<&str, Report> {
    let path = url.trim().trim_start_matches('/');
    let begins_address = path.split(['/', '?']).next().is_some_and(|first| first.contains(':'));
    if path.is_empty() || begins_address || url.trim().starts_with("//") || path.contains(['\\', '#']) {
        let text = format!("ApiUrl: \"{url}\" is not a path of the server");
        return Err(
            Report::new(Kind::Data, "api-url", text).hint("write a relative address, such as api/Job/RunJob/Jobs")
        );
    }
    Ok(path)
}

fn shown(answer: &str) -> String {
    match answer.char_indices().nth(SHOWN) {
        _ if answer.trim().is_empty() => "done".to_owned(),
        Some((end, _)) => format!("{}…", &answer[..end]),
        None => answer.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_the_server_are_called() {
        assert_eq!(relative("/api/Job?x=a:b").unwrap(), "api/Job?x=a:b");
        for wrong in ["https://elsewhere.example/api", "//elsewhere.example/api", "", " ", "/", "\\\\elsewhere\\api"] {
            assert_eq!(relative(wrong).unwrap_err().id, "api-url", "{wrong}");
        }
    }

    #[test]
    fn a_long_answer_is_cut() {
        assert_eq!(shown(" \n"), "done");
        assert_eq!(shown("{}"), "{}");
        assert_eq!(shown(&"é".repeat(5000)).chars().count(), SHOWN + 1);
    }
}
