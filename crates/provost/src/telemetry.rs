//! Traces for a collector of OpenTelemetry: OTLP over HTTP, as JSON.
//!
//! Spans wait in a queue of bounded length and are sent by a thread of their own, so that nobody waits for a collector.
//! What does not find room, or cannot be sent, is dropped and counted in the log.

use crate::report::{Kind, Report};
use provost_server::telemetry::{Span, Spans};
use reqwest::blocking::Client;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Most spans that wait.
const QUEUE: usize = 8192;
/// Most spans of one message.
const BATCH: usize = 512;
/// A span waits this long for others.
const PATIENCE: Duration = Duration::from_secs(2);
/// A collector answers in this time.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends spans to a collector. [`Traces::close`] sends what is left.
#[derive(Debug)]
pub struct Traces {
    queue: Mutex<Option<SyncSender<Span>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    dropped: Arc<AtomicU64>,
}

impl Traces {
    /// Sends to a collector: `http://127.0.0.1:4318` stands for `/v1/traces` there. `service` is the name under which it
    /// shows them.
    ///
    /// # Errors
    /// The address makes no sense, or there is no thread.
    pub fn start(endpoint: &str, service: &str) -> Result<Traces, Report> {
        let failed = |detail: String| Report::new(Kind::Usage, "opentelemetry", detail);
        let address = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        let address = reqwest::Url::parse(&address).map_err(|error| {
            failed(format!("OpenTelemetry:Endpoint is no address: {error}")).hint("write http://127.0.0.1:4318")
        })?;
        let (queue, spans) = sync_channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let sending = Sending { address, service: service.to_owned(), client: None, dropped: dropped.clone() };
        let thread = std::thread::Builder::new().name("traces".to_owned()).spawn(move || sending.run(&spans));
        let thread = thread.map_err(|error| failed(format!("no thread: {error}")))?;
        Ok(Traces { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)), dropped })
    }

    /// Sends what waits, and ends.
    pub fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::warn!("the thread that sends traces has failed");
        }
    }
}

impl Spans for Traces {
    fn ended(&self, span: Span) {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.as_ref().is_some_and(|queue| queue.try_send(span).is_err()) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The thread's own.
struct Sending {
    address: reqwest::Url,
    service: String,
    client: Option<Client>,
    dropped: Arc<AtomicU64>,
}

impl Sending {
    fn run(mut self, spans: &Receiver<Span>) {
        let mut is_open = true;
        let mut told: Option<Instant> = None;
        while is_open {
            let mut batch = Vec::new();
            match spans.recv() {
                Ok(span) => batch.push(span),
                Err(_) => return,
            }
            let until = Instant::now() + PATIENCE;
            while batch.len() < BATCH {
                match spans.recv_timeout(until.saturating_duration_since(Instant::now())) {
                    Ok(span) => batch.push(span),
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => {
                        is_open = false;
                        break;
                    }
                }
            }
            let lost = batch.len() as u64;
            if let Err(error) = self.send(&batch) {
                let dropped = self.dropped.fetch_add(lost, Ordering::Relaxed) + lost;
                // A collector that is away for a night must not fill the log.
                if told.is_none_or(|at| at.elapsed() > Duration::from_secs(600)) {
                    told = Some(Instant::now());
                    tracing::warn!(dropped, %error, "the collector of traces does not take them");
                }
            }
        }
    }

    fn send(&mut self, spans: &[Span]) -> Result<(), String> {
        let client = match &self.client {
            Some(client) => client,
            None => {
                // The process has one library of cryptography; whoever comes first says so.
                let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
                let made = Client::builder().timeout(TIMEOUT).build().map_err(|error| error.to_string())?;
                self.client.insert(made)
            }
        };
        let body = message(&self.service, spans).to_string();
        let request = client.post(self.address.clone()).header("content-type", "application/json").body(body);
        let answer = request.send().map_err(|error| error.without_url().to_string())?;
        if answer.status().is_success() { Ok(()) } else { Err(format!("it answers {}", answer.status())) }
    }
}

/// `ExportTraceServiceRequest` in the JSON form of OTLP: ids are hexadecimal, 64-bit numbers are texts.
fn message(service: &str, spans: &[Span]) -> Value {
    let text = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let spans: Vec<Value> = spans.iter().map(of_span).collect();
    json!({
        "resourceSpans": [{
            "resource": { "attributes": [
                text("service.name", service),
                text("service.version", env!("CARGO_PKG_VERSION")),
            ] },
            "scopeSpans": [{ "scope": { "name": "provost" }, "spans": spans }],
        }],
    })
}

fn of_span(span: &Span) -> Value {
    /// `SPAN_KIND_INTERNAL`, `SPAN_KIND_SERVER`, `STATUS_CODE_ERROR`.
    const KINDS: [u32; 2] = [1, 2];
    const FAILED: u32 = 2;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let attributes: Vec<Value> = span
        .attributes
        .iter()
        .map(|(key, value)| match *key {
            "http.response.status_code" => json!({ "key": key, "value": { "intValue": value } }),
            _ => json!({ "key": key, "value": { "stringValue": value } }),
        })
        .collect();
    let mut value = json!({
        "traceId": hex(&span.trace),
        "spanId": hex(&span.id),
        "name": span.name,
        "kind": KINDS[usize::from(span.is_answer)],
        "startTimeUnixNano": (i128::from(span.began) * 1000).to_string(),
        "endTimeUnixNano": (i128::from(span.ended.max(span.began)) * 1000).to_string(),
        "attributes": attributes,
    });
    if let Some(parent) = &span.parent {
        value["parentSpanId"] = hex(parent).into();
    }
    if span.has_failed {
        value["status"] = json!({ "code": FAILED });
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span() -> Span {
        Span {
            trace: [0xab; 16],
            id: [1; 8],
            parent: Some([2; 8]),
            name: "GET /health".to_owned(),
            is_answer: true,
            began: 1_767_225_600_000_000,
            ended: 1_767_225_600_000_250,
            attributes: vec![("http.response.status_code", "500".to_owned())],
            has_failed: true,
        }
    }

    #[test]
    fn a_span_is_written_as_otlp_wants_it() {
        let expected = json!({
            "traceId": "abababababababababababababababab",
            "spanId": "0101010101010101",
            "parentSpanId": "0202020202020202",
            "name": "GET /health",
            "kind": 2,
            "startTimeUnixNano": "1767225600000000000",
            "endTimeUnixNano": "1767225600000250000",
            "attributes": [{ "key": "http.response.status_code", "value": { "intValue": "500" } }],
            "status": { "code": 2 },
        });
        assert_eq!(of_span(&span()), expected);
    }

    #[test]
    fn a_collector_that_is_not_there_holds_up_nobody() {
        let traces = Traces::start("http://127.0.0.1:9", "test").unwrap();
        let began = Instant::now();
        for _ in 0..2 * QUEUE {
            traces.ended(span());
        }
        assert!(began.elapsed() < Duration::from_secs(2));
        traces.close();
        assert_eq!(traces.dropped.load(Ordering::Relaxed), 2 * QUEUE as u64);
        assert!(Traces::start("nowhere", "test").is_err());
    }
}
