//! A program of somebody else: run in a process group of its own, heard line by line, ended when its time is up.

use provost_model::configuration::jobs::LogLevel;
use provost_model::work::{TaskContext, TaskProgress};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Longest piece of a line that is kept as one.
const LONGEST_LINE: u64 = 4096;
/// Lines that are kept in the log of a task. What follows is read and counted.
const MOST_LINES: u64 = 10_000;
/// Last lines that an error shows.
const LAST_LINES: usize = 12;
/// Time between two looks at a program that is silent.
const LOOK: Duration = Duration::from_millis(20);
/// Time that a program gets to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);
/// Time in which the rest of the output must come when the program has ended: whoever left its group may hold it.
const REST: Duration = Duration::from_secs(2);

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By itself, or by a signal that was not ours.
    Itself(ExitStatus),
    /// Its time was up.
    TimedOut,
    /// Nobody waits for it any more.
    Cancelled,
}

/// What became of a program.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) end: End,
    /// The last lines that it wrote to standard error; to standard output when there are none.
    pub(super) last: Vec<String>,
}

struct Line {
    is_error: bool,
    text: String,
}

/// A shell that leads a process group, and ends all of it when this process is gone: the pipe to it closes then, however
/// this process came to its end. Programs are started into its group, so there is no moment in which one of them has no
/// guard. It is not moved by what asks the group to end.
struct Guard {
    shell: Child,
    group: Pid,
}

impl Guard {
    const WATCH: &str = "trap '' TERM INT HUP; read -r _; kill -KILL 0";

    fn start() -> io::Result<Guard> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", Guard::WATCH]).env_clear().current_dir("/");
        let shell = shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn()?;
        Ok(Guard { group: Pid::from_child(&shell), shell })
    }
}

impl Drop for Guard {
    /// Ends what is left of the group. Its number is the guard's, which is not given away before it is waited for.
    fn drop(&mut self) {
        // A group that is gone already is what is wanted.
        let _ = kill_process_group(self.group, Signal::KILL);
        let _ = self.shell.wait();
    }
}

/// Runs a program until it ends, its time is up, or its task is cancelled. What it writes lands in the log of the task.
/// When this returns, nothing of its process group is left; nor when this process is killed.
///
/// # Errors
/// The program cannot be started.
pub(super) fn run(command: &mut Command, limit: Duration, context: &dyn TaskContext) -> io::Result<Ended> {
    let began = Instant::now();
    let guard = Guard::start()?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Its children belong to it, and can be ended with it.
        .process_group(guard.group.as_raw_nonzero().get())
        .spawn()?;
    let (sender, lines) = sync_channel(256);
    listen(child.stdout.take(), false, &sender)?;
    listen(child.stderr.take(), true, &sender)?;
    drop(sender);
    let program = Pid::from_child(&child);
    let mut told = Told { context, began, heard: 0, last: Default::default() };
    let cut_off = loop {
        match lines.recv_timeout(LOOK) {
            Ok(line) => told.line(line),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => thread::sleep(LOOK),
        }
        if has_ended(program)? {
            break None;
        }
        if context.is_cancelled() {
            break Some(End::Cancelled);
        }
        if began.elapsed() > limit {
            break Some(End::TimedOut);
        }
    };
    if cut_off.is_some() {
        ask_to_end(&guard, program, &lines, &mut told)?;
    }
    drop(guard);
    let status = child.wait()?;
    told.rest(&lines);
    Ok(Ended { end: cut_off.unwrap_or(End::Itself(status)), last: told.last() })
}

/// Reads a stream on a thread of its own. The thread ends with the stream, or when nobody hears it any more.
fn listen(stream: Option<impl Read + Send + 'static>, is_error: bool, lines: &SyncSender<Line>) -> io::Result<()> {
    let Some(stream) = stream else { return Ok(()) };
    let lines = lines.clone();
    let work = move || {
        let mut stream = BufReader::new(stream);
        let mut piece = Vec::new();
        while let Ok(1..) = stream.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut piece) {
            let text = readable(&piece);
            piece.clear();
            if lines.send(Line { is_error, text }).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("output".to_owned()).spawn(work).map(drop)
}

/// A line without its end, and without what would move the cursor of whoever reads the log.
fn readable(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let shown = |c: char| if c.is_control() && c != '\t' { char::REPLACEMENT_CHARACTER } else { c };
    text.trim_end_matches(['\n', '\r']).chars().map(shown).collect()
}

/// Whether the program has ended. It keeps its number until it is waited for.
fn has_ended(program: Pid) -> io::Result<bool> {
    let how = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(waitid(WaitId::Pid(program), how)?.is_some())
}

/// Asks the group politely, and gives the program time to end.
fn ask_to_end(guard: &Guard, program: Pid, lines: &Receiver<Line>, told: &mut Told<'_>) -> io::Result<()> {
    // A group that is gone already is what is wanted.
    let _ = kill_process_group(guard.group, Signal::TERM);
    let until = Instant::now() + GRACE;
    while !has_ended(program)? && Instant::now() < until {
        match lines.recv_timeout(LOOK) {
            Ok(line) => told.line(line),
            Err(_) => thread::sleep(LOOK),
        }
    }
    Ok(())
}

/// What was heard of a program.
struct Told<'a> {
    context: &'a dyn TaskContext,
    began: Instant,
    heard: u64,
    /// The last lines of standard output and of standard error.
    last: [VecDeque<String>; 2],
}

impl Told<'_> {
    fn line(&mut self, line: Line) {
        self.heard += 1;
        if self.heard <= MOST_LINES {
            let level = if line.is_error { LogLevel::Warning } else { LogLevel::Information };
            self.context.log(level, &line.text);
        }
        if self.heard.is_multiple_of(100) || self.heard == 1 {
            let seconds = self.began.elapsed().as_secs_f64().max(0.001);
            let rate = self.heard as f64 / seconds;
            let stage = "Lines of output".to_owned();
            self.context.progress(&TaskProgress { stage, rows: self.heard, rate, ..TaskProgress::default() });
        }
        if !line.text.trim().is_empty() {
            let last = &mut self.last[usize::from(line.is_error)];
            if last.len() == LAST_LINES {
                last.pop_front();
            }
            last.push_back(line.text);
        }
    }

    fn last(self) -> Vec<String> {
        let [output, error] = self.last;
        if error.is_empty() { output.into() } else { error.into() }
    }

    /// What is still on its way when the program has ended.
    fn rest(&mut self, lines: &Receiver<Line>) {
        let until = Instant::now() + REST;
        while let Ok(line) = lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            self.line(line);
        }
        if self.heard > MOST_LINES {
            let more = self.heard - MOST_LINES;
            self.context.log(LogLevel::Warning, &format!("{more} more lines of output are not kept"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Heard;
    use super::*;

    fn shell(script: &str, limit: Duration, heard: &Heard) -> Ended {
        run(Command::new("sh").arg("-c").arg(script), limit, heard).unwrap()
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn both_streams_are_heard_and_the_exit_status_is_told() {
        let heard = Heard::default();
        let ended = shell("echo one; echo two >&2; printf 'no end'; exit 4", LONG, &heard);
        let End::Itself(status) = ended.end else { panic!("{ended:?}") };
        assert_eq!(status.code(), Some(4));
        let mut lines = heard.lines();
        lines.sort();
        assert_eq!(lines, ["Information no end", "Information one", "Warning two"]);
        assert_eq!(ended.last, ["two"]);
    }

    #[test]
    fn a_flood_is_read_but_not_kept() {
        let heard = Heard::default();
        let ended = shell("i=0; while [ $i -lt 10050 ]; do echo $i; i=$((i+1)); done", LONG, &heard);
        assert!(matches!(ended.end, End::Itself(status) if status.success()));
        let lines = heard.lines();
        assert_eq!(lines.len(), 10_001);
        assert_eq!(lines.last().unwrap(), "Warning 50 more lines of output are not kept");
        assert_eq!((ended.last.len(), ended.last.last().unwrap().as_str()), (12, "10049"));
    }

    #[test]
    fn a_line_without_end_is_cut_and_control_characters_are_replaced() {
        let heard = Heard::default();
        shell("head -c 5000 /dev/zero | tr '\\0' x; printf '\\n\\033[2J\\r\\n'", LONG, &heard);
        let lines = heard.lines();
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>()[..2], [12 + 4096, 12 + 904]);
        assert_eq!(lines[2], "Information \u{fffd}[2J");
    }

    /// The number that a shell wrote of a program in its background, which must not run any more.
    fn is_gone(folder: &std::path::Path) -> bool {
        let number = std::fs::read_to_string(folder.join("number")).unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            match std::fs::read_to_string(format!("/proc/{}/stat", number.trim())) {
                Err(_) => return true,
                // What has ended and was left to somebody else to be waited for.
                Ok(stat) if stat.contains(") Z ") => return true,
                // The signal is on its way.
                Ok(_) if Instant::now() < until => thread::yield_now(),
                Ok(_) => return false,
            }
        }
    }

    #[test]
    fn its_time_up_a_program_is_ended_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let script = format!("trap '' TERM; sleep 300 & echo $! > {}/number; wait; wait", folder.path().display());
        let ended = shell(&script, Duration::from_millis(300), &Heard::default());
        assert_eq!(ended.end, End::TimedOut);
        assert!(is_gone(folder.path()));
    }

    #[test]
    fn a_cancelled_program_is_asked_to_end_first() {
        let heard = Heard::default();
        heard.cancel();
        let ended = shell("trap 'echo bye; exit 0' TERM; while true; do sleep 0.1; done", LONG, &heard);
        assert_eq!(ended.end, End::Cancelled);
    }

    #[test]
    fn what_a_program_leaves_behind_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let began = Instant::now();
        let script = format!("sleep 300 & echo $! > {}/number; echo done", folder.path().display());
        let ended = shell(&script, LONG, &Heard::default());
        assert!(matches!(ended.end, End::Itself(status) if status.success()));
        assert!(is_gone(folder.path()));
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}
