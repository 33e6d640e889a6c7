//! What took time, for whoever collects traces (OpenTelemetry): requests, tasks, and the jobs that tasks are part of.
//!
//! A request goes on with the trace of its caller (`traceparent`, W3C Trace Context). A job is a trace of its own, whose
//! ids follow from the job instance: several servers and agents write to it without telling each other.

use provost_model::work::InstanceState;
use provost_store::{JobInstance, TaskInstance};
use std::fmt::Debug;
use std::time::Duration;

/// Something that took time.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The trace that it is part of.
    pub trace: [u8; 16],
    /// Its own id.
    pub id: [u8; 8],
    /// What it is part of.
    pub parent: Option<[u8; 8]>,
    /// What it was.
    pub name: String,
    /// It answered somebody across the network.
    pub is_answer: bool,
    /// Microseconds since 1970, UTC.
    pub began: i64,
    /// Microseconds since 1970, UTC.
    pub ended: i64,
    /// More about it.
    pub attributes: Vec<(&'static str, String)>,
    /// It did not work.
    pub has_failed: bool,
}

/// Who collects spans. Must not hold up anybody.
pub trait Spans: Debug + Send + Sync {
    /// Something has ended.
    fn ended(&self, span: Span);
}

/// Trace and parent of a request, as its caller says; none when the caller says nothing that can be read.
pub(crate) fn caller(traceparent: &str) -> Option<([u8; 16], [u8; 8])> {
    let mut parts = traceparent.trim().split('-');
    let (version, trace, parent) = (parts.next()?, parts.next()?, parts.next()?);
    let (trace, parent) = (bytes::<16>(trace)?, bytes::<8>(parent)?);
    (version.len() == 2 && version != "ff" && trace != [0; 16] && parent != [0; 8]).then_some((trace, parent))
}

fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let is_lower = hex.len() == 2 * N && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let mut out = [0; N];
    for (byte, digits) in out.iter_mut().zip(hex.as_bytes().chunks(2).filter(|_| is_lower)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    is_lower.then_some(out)
}

/// The span of a job instance that has ended.
pub(crate) fn of_job(job: &JobInstance) -> Span {
    let trace = trace_of(job);
    Span {
        trace,
        id: id_of(&trace, "job", 0),
        parent: None,
        name: format!("job {}", job.job),
        is_answer: false,
        began: job.started_at.unwrap_or(job.created_at),
        ended: job.ended_at.unwrap_or(job.created_at),
        attributes: vec![
            ("provost.job", job.job.clone()),
            ("provost.job.instance", job.id.to_string()),
            ("provost.job.trigger", job.trigger.clone()),
            ("provost.state", job.state.word().to_owned()),
        ],
        has_failed: job.state == InstanceState::Errored,
    }
}

/// The span of a task that ended at `now`.
pub(crate) fn of_task(job: &JobInstance, task: &TaskInstance, state: InstanceState, now: i64) -> Span {
    let trace = trace_of(job);
    let mut attributes = vec![
        ("provost.task", task.task.clone()),
        ("provost.task.instance", task.id.to_string()),
        ("provost.task.kind", task.kind.clone()),
        ("provost.job.instance", job.id.to_string()),
        ("provost.state", state.word().to_owned()),
    ];
    attributes.extend(task.connector.clone().map(|connector| ("provost.connector", connector)));
    attributes.extend(task.agent.clone().map(|agent| ("provost.agent", agent)));
    Span {
        trace,
        id: id_of(&trace, "task", task.id),
        parent: Some(id_of(&trace, "job", 0)),
        name: format!("{} {}", task.kind, task.task),
        is_answer: false,
        began: task.started_at.unwrap_or(task.created_at),
        ended: now,
        attributes,
        has_failed: state == InstanceState::Errored,
    }
}

/// The span of a request, which goes on with the trace of its caller if there is one.
pub(crate) fn of_request(
    caller: Option<([u8; 16], [u8; 8])>,
    (method, route, status): (&str, &str, u16),
    began: i64,
    took: Duration,
) -> Span {
    let random = uuid::Uuid::now_v7().to_string();
    let trace = caller.map_or_else(|| first(&format!("provost request {random}")), |(trace, _)| trace);
    Span {
        trace,
        id: first(&random),
        parent: caller.map(|(_, parent)| parent),
        name: format!("{method} {route}"),
        is_answer: true,
        began,
        ended: began + i64::try_from(took.as_micros()).unwrap_or_default(),
        attributes: vec![
            ("http.request.method", method.to_owned()),
            ("http.route", route.to_owned()),
            ("http.response.status_code", status.to_string()),
        ],
        has_failed: status >= 500,
    }
}

fn trace_of(job: &JobInstance) -> [u8; 16] {
    first(&format!("provost job {} {} {}", job.job, job.id, job.created_at))
}

fn id_of(trace: &[u8; 16], what: &str, number: i64) -> [u8; 8] {
    first(&format!("{trace:?} {what} {number}"))
}

fn first<const N: usize>(text: &str) -> [u8; N] {
    let digest = blake3::hash(text.as_bytes());
    let mut out = [0; N];
    out.copy_from_slice(&digest.as_bytes()[..N]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_of_a_caller_is_taken_when_it_is_well_formed() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let (trace, parent) = caller(good).unwrap();
        assert_eq!(trace[..3], [0x0a, 0xf7, 0x65]);
        assert_eq!(parent, [0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31]);
        for wrong in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319é-b7ad6b7169203331-01",
        ] {
            assert_eq!(caller(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn tasks_of_one_job_are_parts_of_one_trace() {
        let job = JobInstance { id: 3, job: "Daily".to_owned(), created_at: 17, ..JobInstance::default() };
        let task = |id| TaskInstance { id, ..TaskInstance::default() };
        let whole = of_job(&job);
        let parts = [4, 5].map(|id| of_task(&job, &task(id), InstanceState::Completed, 20));
        assert!(parts.iter().all(|part| part.trace == whole.trace && part.parent == Some(whole.id)));
        assert_ne!(parts[0].id, parts[1].id);
        assert_ne!(of_job(&JobInstance { id: 4, ..job }).trace, whole.trace);
    }
}
