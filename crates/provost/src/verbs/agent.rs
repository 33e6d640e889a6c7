//! `provost agent`: what runs beside the managed systems, when the server runs elsewhere.

use super::Run;
use super::options::calling;
use crate::agent::{AgentLink, ServerSide, StepTasks};
use crate::context::Context;
use crate::output::print;
use crate::report::{Exit, Kind, Report};
use clap::Args;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Time in which a task of the agent waits for a server that is being restarted: as long as a job waits for an agent.
const PATIENCE: Duration = Duration::from_secs(300);

/// Do the work of an agent until the process is told to stop
///
/// The agent connects to its server and asks for work; nobody needs to reach the agent. It is told who it is, as which
/// client it calls, and what it may read by the home folder: OpenId, Connections and ServerCertificate in
/// appsettings.agent.json, ApplicationUri in appsettings.json.
#[derive(Args, Debug)]
pub(crate) struct Agent {
    /// Address of the server (default: ApplicationUri)
    #[arg(long, value_name = "URL", alias = "api-url")]
    server_url: Option<String>,

    /// Accepted as the original has it; the agent opens no port
    #[arg(long, value_name = "URLS", hide = true)]
    urls: Option<String>,
}

impl Run for Agent {
    const NAME: &'static str = "agent";
    const ORIGINALS: &'static [&'static str] = &["Agent"];
    const EXAMPLES: &'static str = "\
Examples:
  provost agent --home /srv/provost-agent
  provost agent --server-url https://provost.example:5001";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let settings = context.settings()?;
        if self.urls.is_some() {
            tracing::warn!("--urls does nothing: the agent opens no port");
        }
        let agent = settings.agent_identifier.clone().ok_or_else(|| {
            Report::usage("no-agent", "nothing says which agent this is")
                .hint("set OpenId:AgentIdentifier in appsettings.agent.json to an Agent of the configuration")
        })?;
        let url = self.server_url.as_deref().or(settings.serving.application_uri.as_deref()).ok_or_else(|| {
            Report::usage("no-server", "nothing says where the server is")
                .hint("give --server-url, or set ApplicationUri in appsettings.json")
        })?;
        let client = Arc::new(calling(&settings, url, None, None, PATIENCE)?);
        let workers = settings.jobs.max_task_batch_size.unwrap_or(5).clamp(1, 32) as usize;
        print(&format!("agent {agent} works for {}\n", client.address()))?;
        let stop = Arc::new(AtomicBool::new(false));
        stop_on_signals(&stop)?;
        let side = ServerSide::There(client.clone());
        let tasks = Arc::new(StepTasks::new(settings, side));
        Arc::new(AgentLink { client, agent, tasks, workers, stop, trouble: Mutex::default() }).run();
        tracing::info!("stopped");
        Ok(Exit::Done)
    }
}

/// SIGTERM and SIGINT let what runs end; a second one ends the process, and the server gives the work to another.
fn stop_on_signals(stop: &Arc<AtomicBool>) -> Result<(), Report> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed =
        |error: std::io::Error| Report::new(Kind::Error, "agent", format!("signals cannot be caught: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let stop = stop.clone();
    let (mut term, mut int) = {
        let _inside = runtime.enter();
        (signal(SignalKind::terminate()).map_err(failed)?, signal(SignalKind::interrupt()).map_err(failed)?)
    };
    let wait = move || {
        runtime.block_on(async {
            loop {
                tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
                if stop.swap(true, Ordering::Relaxed) {
                    std::process::exit(1);
                }
                tracing::info!("stops when what runs has ended");
            }
        });
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map_err(failed)?;
    Ok(())
}
