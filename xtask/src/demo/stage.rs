//! Runs the real program step by step and shows what it prints.

use crate::home::Home;
use crate::shell::{self, Doing, Failure};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where the demo lives, from the root of the working copy.
pub(super) const HOME: &str = "demo-home";

/// Lines shown at the beginning and at the end of a long paragraph.
const HEAD: usize = 10;
const TAIL: usize = 2;

/// Characters shown of a line.
const WIDTH: usize = 150;

/// Exit codes that a step may end with, and what they mean.
#[derive(Clone, Copy)]
pub(super) enum Ending {
    /// Done, perhaps with rows that had to be set aside.
    Done,
    /// Blocked by a safeguard.
    Blocked,
}

/// What a step printed.
pub(super) struct Printed(String);

impl Printed {
    /// Name of the change set: 32 hexadecimal digits on the first line that speaks of one.
    pub(super) fn change_set(&self) -> Result<String, Failure> {
        let is_name = |word: &&str| word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let lines = self.0.lines().filter(|line| line.contains("change set"));
        let name = lines.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric())).find(is_name);
        name.map(str::to_owned).ok_or_else(|| Failure::new("the blocked run named no change set"))
    }
}

/// The program under way through the demo.
pub(super) struct Stage {
    program: PathBuf,
    home: Home,
    n_chapters: usize,
}

impl Stage {
    /// Builds the program as a user gets it, and makes room for a fresh home.
    pub(super) fn set_up() -> Result<Stage, Failure> {
        println!("Building the program (the first time takes some minutes) …");
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| shell::root().join("target"), PathBuf::from);
        shell::run(shell::cargo().args(["build", "--quiet", "--release", "--locked", "--package", "provost"]))?;
        let home = Home::fresh(shell::root().join(HOME))?;
        Ok(Stage { program: target.join("release/provost"), home, n_chapters: 0 })
    }

    /// Begins a chapter of the story.
    pub(super) fn chapter(&mut self, title: &str, text: &str) {
        self.n_chapters += 1;
        let line = format!("{}. {title}", self.n_chapters);
        let (bold, plain) = if std::io::stdout().is_terminal() { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        println!("\n{bold}{line}\n{}{plain}", "─".repeat(line.chars().count()));
        self.say(text);
    }

    /// Prints a paragraph.
    pub(super) fn say(&self, text: &str) {
        println!("{}\n", wrapped(text, 100));
    }

    /// Runs the program with these words and shows both; another ending than expected stops the demo.
    pub(super) fn provost(&self, words: &[&str], ending: Ending) -> Result<Printed, Failure> {
        let shown: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        println!("$ provost {}", shown.join(" "));
        let mut command = Command::new(&self.program);
        command
            .args(words)
            .current_dir(shell::root())
            .env("PROVOST_HOME", HOME)
            .env("PROVOST__Serilog__MinimumLevel", "Warning");
        let output = command.stderr(Stdio::inherit()).output().doing("start the program")?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        println!("{}\n", abridged(&printed));
        let code = output.status.code();
        let expected: &[i32] = match ending {
            Ending::Done => &[0, 4],
            Ending::Blocked => &[3],
        };
        match code {
            Some(code) if expected.contains(&code) => Ok(Printed(printed)),
            code => Err(Failure::new(format!("expected exit code {expected:?}, got {code:?}"))),
        }
    }

    /// Shows the first lines of a file of the home.
    pub(super) fn show(&self, file: &str, n_lines: usize) -> Result<(), Failure> {
        let path = format!("{HOME}/{file}");
        let text = std::fs::read_to_string(shell::root().join(&path)).doing(format_args!("read {path}"))?;
        println!("$ head -{n_lines} {path}");
        text.lines().take(n_lines).for_each(|line| println!("  {}", cut(line)));
        println!();
        Ok(())
    }

    /// Puts configuration and agent settings of the example into the home.
    pub(super) fn configure(&self) -> Result<(), Failure> {
        self.home.configure()
    }

    /// Puts files of the example where the connections look for them.
    pub(super) fn deliver(&self, folder: &str) -> Result<(), Failure> {
        let n = self.home.deliver(folder)?;
        println!("(delivered: {n} files of examples/company/{folder})\n");
        Ok(())
    }
}

/// What the program printed, indented, without the greater part of long paragraphs and the ends of long lines.
fn abridged(printed: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in printed.trim_end().split("\n\n") {
        let all: Vec<&str> = paragraph.lines().collect();
        let hidden = all.len().saturating_sub(HEAD + TAIL);
        let (head, tail) = if hidden > 1 { (HEAD, all.len() - TAIL) } else { (all.len(), all.len()) };
        lines.extend(all[..head].iter().map(|line| cut(line)));
        if hidden > 1 {
            lines.push(format!("  … {hidden} more lines"));
        }
        lines.extend(all[tail..].iter().map(|line| cut(line)));
        lines.push(String::new());
    }
    lines
        .iter()
        .map(|line| format!("  {line}").trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
        .trim_end()
        .to_owned()
}

fn cut(line: &str) -> String {
    if line.chars().count() <= WIDTH {
        return line.to_owned();
    }
    line.chars().take(WIDTH - 1).chain(['…']).collect()
}

/// Breaks a paragraph into lines of at most `width` characters.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let is_full = lines.last().is_some_and(|line| line.chars().count() + 1 + word.chars().count() > width);
        if is_full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

/// A word as it must be typed.
fn quoted(word: &str) -> String {
    if word.contains(' ') { format!("\"{word}\"") } else { word.to_owned() }
}

/// Writes what was printed so far, so that it does not appear after the program's own error output.
pub(super) fn flush() {
    // A closed stream leaves nobody to tell.
    let _ = std::io::stdout().flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_change_set_is_found_in_what_a_run_prints() {
        let printed = Printed("HR, complete: Blocked\nchange set 0123456789abcdef0123456789abcdef\n".to_owned());
        assert_eq!(printed.change_set().unwrap(), "0123456789abcdef0123456789abcdef");
        assert!(Printed("nothing here".to_owned()).change_set().is_err());
    }

    #[test]
    fn long_output_is_abridged() {
        let long: Vec<String> = (1..=20).map(|i| format!("line {i}")).collect();
        let shown = abridged(&format!("head\n\n{}\n\nend\n", long.join("\n")));
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[..3], ["  head", "", "  line 1"]);
        assert_eq!(lines[11..15], ["  line 10", "    … 8 more lines", "  line 19", "  line 20"]);
        assert_eq!(lines.last(), Some(&"  end"));
        assert_eq!(cut(&"x".repeat(200)).chars().count(), WIDTH);
        assert_eq!(abridged("one\n"), "  one");
    }

    #[test]
    fn paragraphs_are_wrapped() {
        assert_eq!(wrapped("one two  three\n four", 9), "one two\nthree\nfour");
    }
}
