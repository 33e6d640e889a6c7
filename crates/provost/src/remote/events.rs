//! Server-sent events, as far as a server of ours sends them.

use std::io::{self, BufRead};

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its kind: `job`, `task`, `log`.
    pub kind: String,
    /// What a reader that comes back says it has seen.
    pub id: Option<String>,
    /// JSON.
    pub data: String,
}

/// Reads the next event; none at the end of the stream.
///
/// # Errors
/// The stream broke off.
pub(super) fn next(from: &mut impl BufRead) -> io::Result<Option<Event>> {
    let (mut event, mut line) = (Event::default(), String::new());
    loop {
        line.clear();
        if from.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let text = line.trim_end_matches(['\r', '\n']);
        let (field, value) = text.split_once(':').unwrap_or((text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" if !text.is_empty() || (event.kind.is_empty() && event.data.is_empty()) => {}
            "" => return Ok(Some(event)),
            "event" => value.clone_into(&mut event.kind),
            "id" => event.id = Some(value.to_owned()),
            "data" => {
                if !event.data.is_empty() {
                    event.data.push('\n');
                }
                event.data.push_str(value);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_and_comments_are_not() {
        let mut stream =
            &b":\n\nevent: task\nid: 0:12\ndata: {\"a\":1}\n\n: still here\n\nevent:job\ndata:x\ndata:y\n\n"[..];
        let task = Event { kind: "task".to_owned(), id: Some("0:12".to_owned()), data: "{\"a\":1}".to_owned() };
        assert_eq!(next(&mut stream).unwrap(), Some(task));
        let job = Event { kind: "job".to_owned(), id: None, data: "x\ny".to_owned() };
        assert_eq!(next(&mut stream).unwrap(), Some(job));
        assert_eq!(next(&mut stream).unwrap(), None);
    }
}
