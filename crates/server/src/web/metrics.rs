//! Counters for whoever watches the server, in the text format of Prometheus.

use super::app::App;
use crate::telemetry;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Upper bounds of the classes of durations, in seconds.
const BOUNDS: [f64; 8] = [0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 30.0];

/// Help of each counter and gauge that handlers set; one that is not listed cannot be counted.
const KNOWN: &[(&str, &str, &str)] = &[
    ("provost_refused_total", "counter", "Requests refused, by reason"),
    ("provost_uploaded_bytes_total", "counter", "Bytes received from agents"),
    ("provost_sessions_total", "counter", "Synchronisation sessions, by what became of them"),
    ("provost_tasks_total", "counter", "Task instances that ended, by kind and state"),
    ("provost_tasks_running", "gauge", "Task instances that run now"),
];

/// Everything that is counted since the server started.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<(String, String, u16), Histogram>>,
    values: Mutex<BTreeMap<(&'static str, String), i64>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Histogram {
    classes: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
}

impl Metrics {
    /// Adds to a counter or gauge; `label` is `name="value"`, or empty.
    pub(crate) fn add(&self, name: &'static str, label: &str, by: i64) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        *values.entry((name, label.to_owned())).or_default() += by;
    }

    /// Sets a counter or gauge that is kept elsewhere.
    pub(crate) fn set(&self, name: &'static str, label: &str, value: i64) {
        self.values.lock().unwrap_or_else(PoisonError::into_inner).insert((name, label.to_owned()), value);
    }

    fn observe(&self, method: &str, route: &str, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = requests.entry((method.to_owned(), route.to_owned(), status)).or_default();
        let seconds = took.as_secs_f64();
        for (class, bound) in seen.classes.iter_mut().zip(BOUNDS) {
            *class += u64::from(seconds <= bound);
        }
        seen.count += 1;
        seen.seconds += seconds;
    }

    /// Everything as text.
    pub(crate) fn render(&self) -> String {
        let mut out = String::from(
            "# HELP provost_http_request_seconds Requests, by route\n# TYPE provost_http_request_seconds histogram\n",
        );
        for ((method, route, status), seen) in self.requests.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
            for (class, bound) in seen.classes.iter().zip(BOUNDS) {
                let _ = writeln!(out, "provost_http_request_seconds_bucket{{{labels},le=\"{bound}\"}} {class}");
            }
            let _ = writeln!(out, "provost_http_request_seconds_bucket{{{labels},le=\"+Inf\"}} {}", seen.count);
            let _ = writeln!(out, "provost_http_request_seconds_sum{{{labels}}} {:.6}", seen.seconds);
            let _ = writeln!(out, "provost_http_request_seconds_count{{{labels}}} {}", seen.count);
        }
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, kind, help) in KNOWN {
            let mut rows = values.iter().filter(|((known, _), _)| known == name).peekable();
            if rows.peek().is_some() {
                let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
            }
            for ((_, label), value) in rows {
                let _ = match label.is_empty() {
                    true => writeln!(out, "{name} {value}"),
                    false => writeln!(out, "{name}{{{label}}} {value}"),
                };
            }
        }
        out
    }
}

/// Counts a request under its route, never under the address as typed: that would let anyone make up series. Tells
/// whoever collects traces.
pub(crate) async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let at = app.now_micros();
    let traced = app.spans().is_some().then(|| {
        let header = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
        header.and_then(telemetry::caller)
    });
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().as_str().to_owned();
    let began = Instant::now();
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), began.elapsed());
    app.metrics().observe(&method, &route, status, took);
    if let (Some(spans), Some(caller)) = (app.spans(), traced) {
        spans.ended(telemetry::of_request(caller, (&method, &route, status), at, took));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_counters_are_rendered_for_prometheus() {
        let metrics = Metrics::default();
        metrics.observe("GET", "/health", 200, Duration::from_millis(30));
        metrics.add("provost_refused_total", "reason=\"token\"", 2);
        let text = metrics.render();
        assert!(text.contains(
            "provost_http_request_seconds_bucket{method=\"GET\",route=\"/health\",status=\"200\",le=\"0.025\"} 0\n"
        ));
        assert!(text.contains(
            "provost_http_request_seconds_bucket{method=\"GET\",route=\"/health\",status=\"200\",le=\"0.1\"} 1\n"
        ));
        assert!(text.contains("# TYPE provost_refused_total counter\nprovost_refused_total{reason=\"token\"} 2\n"));
        assert!(!text.contains("provost_tasks_running"));
    }
}
