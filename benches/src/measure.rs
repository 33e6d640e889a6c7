//! Runs a program as a child process and takes what the operating system counted for it.

use crate::Failure;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What a process took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Seconds from start to end.
    pub(crate) wall: f64,
    /// Seconds of all its threads, in user and in system mode.
    pub(crate) cpu: f64,
    /// Most memory that was resident, in MiB.
    pub(crate) peak: f64,
}

/// A program with its words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    words: Vec<OsString>,
    environment: Vec<(String, String)>,
    input: Option<std::path::PathBuf>,
}

/// Starts its arguments as a process, waits, and writes down what it took.
const WRAPPER: &str = "
import os, sys, time
start = time.monotonic()
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(pid, 0)
wall = time.monotonic() - start
with open(sys.argv[1], 'w') as out:
    out.write(f'{wall} {used.ru_utime + used.ru_stime} {used.ru_maxrss / 1024}')
sys.exit(os.waitstatus_to_exitcode(status) & 255)
";

impl Program {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Program {
        Program { words: vec![program.as_ref().to_owned()], ..Program::default() }
    }

    pub(crate) fn words(mut self, words: &[&str]) -> Program {
        self.words.extend(words.iter().map(OsString::from));
        self
    }

    pub(crate) fn path(mut self, path: &Path) -> Program {
        self.words.push(path.into());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Program {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn input(mut self, path: &Path) -> Program {
        self.input = Some(path.to_owned());
        self
    }

    /// Runs it to its end and gives its standard output. Exit code 4 says that rows were set aside: they are part of
    /// the data.
    pub(crate) fn run(&self) -> Result<String, Failure> {
        let (program, words) = self.words.split_first().ok_or("no program")?;
        self.finish(Command::new(program).args(words))
    }

    /// Starts it; its standard output is for whoever starts it.
    pub(crate) fn spawn(&self) -> Result<Child, Failure> {
        let (program, words) = self.words.split_first().ok_or("no program")?;
        let mut command = Command::new(program);
        command.args(words).envs(self.environment.iter().cloned());
        Ok(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?)
    }

    /// The same, measured.
    pub(crate) fn measure(&self, folder: &Path) -> Result<(Usage, String), Failure> {
        let report = folder.join("usage.txt");
        let output = self.finish(Command::new("python3").arg("-c").arg(WRAPPER).arg(&report).args(&self.words))?;
        let text = std::fs::read_to_string(&report)?;
        let numbers: Vec<f64> = text.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        match numbers[..] {
            [wall, cpu, peak] => Ok((Usage { wall, cpu, peak }, output)),
            _ => Err(format!("{}: three numbers expected, found {text:?}", report.display()).into()),
        }
    }

    fn finish(&self, command: &mut Command) -> Result<String, Failure> {
        command.envs(self.environment.iter().cloned()).stderr(Stdio::piped());
        if let Some(input) = &self.input {
            command.stdin(File::open(input)?);
        }
        let output = command.output()?;
        if matches!(output.status.code(), Some(0 | 4)) {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(format!(
            "{:?} ended with {}\n{}{}",
            self.words,
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
        .into())
    }
}

/// Whether a program is there.
pub(crate) fn is_there(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// The median of each figure.
pub(crate) fn median(usages: &[Usage]) -> Option<Usage> {
    let middle = |figure: fn(&Usage) -> f64| {
        let mut figures: Vec<f64> = usages.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied()
    };
    Some(Usage { wall: middle(|u| u.wall)?, cpu: middle(|u| u.cpu)?, peak: middle(|u| u.peak)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_taken_of_each_figure() {
        let usage = |wall, cpu, peak| Usage { wall, cpu, peak };
        let found = median(&[usage(3.0, 1.0, 5.0), usage(1.0, 2.0, 4.0), usage(2.0, 9.0, 6.0)]).unwrap();
        assert_eq!((found.wall, found.cpu, found.peak), (2.0, 2.0, 5.0));
        assert!(median(&[]).is_none());
    }
}
