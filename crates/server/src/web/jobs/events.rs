//! An execution as it goes: server-sent events with states, progress and log lines.
//!
//! `job` and `task` carry what has changed; on every connection they begin with everything. `log` carries a line. The id
//! of an event says how far each log was read, so that a reader that comes back misses no line and gets none twice.

use super::number;
use super::shapes::{InstanceShape, TaskShape};
use crate::jobs::{Engine, JobError};
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::route::{Right, Route};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures_core::Stream;
use serde_json::json;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;

/// Bytes of a log that are read at once.
const PART: u64 = 256 << 10;
/// Time between two looks when nothing rings.
const LOOK: Duration = Duration::from_secs(1);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/api/Job/RunJob/Instances/{id}/Events",
            Right::Permission("/Jobs/JobInstance/Query"),
            "Jobs",
            "An execution as it goes, as server-sent events",
            || get(events),
        )
        .gives_raw(&["text/event-stream"]),
    ]
}

/// Events on their way out.
struct Feed(mpsc::Receiver<Result<Event, Infallible>>);

impl Stream for Feed {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

async fn events(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let (engine, id) = (app.jobs()?, number(&id)?);
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut seen = Seen { offsets: offsets(last), ..Seen::default() };
    // What does not exist is told before anything streams.
    let first = {
        let engine = engine.clone();
        app.blocking(move || Ok(seen.look(&engine, id).map(|news| (seen, news))?)).await?
    };
    let (sender, receiver) = mpsc::channel(64);
    tokio::spawn(feed(app, engine, id, first, sender));
    Ok(Sse::new(Feed(receiver)).keep_alive(KeepAlive::default()))
}

async fn feed(app: App, engine: Engine, id: i64, first: (Seen, News), sender: mpsc::Sender<Result<Event, Infallible>>) {
    let (mut seen, mut news) = first;
    let mut bell = engine.bell();
    loop {
        let quiet = news.events.is_empty();
        for event in std::mem::take(&mut news.events) {
            if sender.send(Ok(event)).await.is_err() {
                return;
            }
        }
        if (news.ended && quiet) || engine.is_closing() {
            return;
        }
        if quiet && tokio::time::timeout(LOOK, bell.changed()).await.is_ok_and(|rung| rung.is_err()) {
            return;
        }
        let look = engine.clone();
        match app.blocking(move || Ok(seen.look(&look, id).map(|news| (seen, news))?)).await {
            Ok(next) => (seen, news) = next,
            Err(_) => return,
        }
    }
}

/// `0:120,1:88`: how far the log of each task was read, by position.
fn offsets(id: &str) -> BTreeMap<i64, u64> {
    id.split(',')
        .filter_map(|part| part.split_once(':'))
        .filter_map(|(p, o)| Some((p.parse().ok()?, o.parse().ok()?)))
        .collect()
}

/// What a reader has seen.
#[derive(Debug, Default)]
struct Seen {
    job: Option<InstanceShape>,
    tasks: BTreeMap<i64, TaskShape>,
    offsets: BTreeMap<i64, u64>,
}

/// What a reader has not seen.
#[derive(Debug, Default)]
struct News {
    events: Vec<Event>,
    ended: bool,
}

impl Seen {
    fn look(&mut self, engine: &Engine, id: i64) -> Result<News, JobError> {
        let (job, tasks) = engine.instance(id)?;
        let mut news = News { ended: job.state.is_final(), ..News::default() };
        let shape: InstanceShape = job.into();
        for row in tasks {
            let position = row.position;
            let page = engine.log_part(&row, self.offsets.get(&position).copied().unwrap_or(0), PART)?;
            let shape: TaskShape = row.into();
            if self.tasks.get(&position) != Some(&shape) {
                news.events.push(self.event("task", &json!(shape)));
                self.tasks.insert(position, shape);
            }
            if page.next > 0 {
                self.offsets.insert(position, page.next);
            }
            for line in page.text.lines() {
                let line: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
                news.events.push(self.event("log", &json!({ "position": position, "line": line })));
            }
        }
        if self.job.as_ref() != Some(&shape) {
            news.events.push(self.event("job", &json!(shape)));
            self.job = Some(shape);
        }
        Ok(news)
    }

    fn event(&self, kind: &str, data: &serde_json::Value) -> Event {
        let id: Vec<String> = self.offsets.iter().map(|(position, offset)| format!("{position}:{offset}")).collect();
        Event::default().event(kind).id(id.join(",")).data(data.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::tests::world::{World, by_person, deployed, job, task};

    #[test]
    fn a_look_tells_what_is_new_and_a_second_one_nothing() {
        let world = World::sqlite();
        let engine = world.engine("s", &deployed(vec![job("Daily", vec![task("a", 0, &[])])]));
        let id = engine.launch(&by_person("Daily")).unwrap().id;
        let mut seen = Seen::default();
        let news = seen.look(&engine, id).unwrap();
        assert_eq!((news.events.len(), news.ended), (2, false), "the task and the job");
        assert!(seen.look(&engine, id).unwrap().events.is_empty());
        // Nothing waits for the connector, so there is nothing to synchronise: the task fails for want of a mapping.
        assert!(engine.run_next().unwrap());
        let news = seen.look(&engine, id).unwrap();
        assert_eq!((news.events.len(), news.ended), (4, true), "two lines, the task and the job");
        assert!(seen.offsets[&0] > 0);
        let mut again = Seen { offsets: seen.offsets.clone(), ..Seen::default() };
        assert_eq!(again.look(&engine, id).unwrap().events.len(), 2, "no line comes twice");
    }

    #[test]
    fn a_reader_that_comes_back_says_how_far_it_came() {
        assert_eq!(offsets("0:120,2:88"), BTreeMap::from([(0, 120), (2, 88)]));
        assert_eq!(offsets("nonsense,3:x"), BTreeMap::new());
    }
}
