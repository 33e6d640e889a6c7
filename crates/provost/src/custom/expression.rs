//! `InvokeExpressionTask`: a program or script of somebody else.

use super::process::{self, End, Ended};
use super::{completed, paths};
use crate::home::ensure_folder;
use crate::jobs::job_settings;
use crate::report::{Kind, Report};
use crate::settings::Settings;
use provost_model::configuration::jobs::LogLevel;
use provost_model::summary::{ErrorReport, Mode};
use provost_model::work::{AgentWork, InstanceState, TaskContext, TaskOutcome};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

/// Exit status of a script that did its work but has something to tell.
const WARNING: i32 = 4;
/// Variables that a script gets from the environment of the process, and nothing else.
const INHERITED: [&str; 4] = ["PATH", "HOME", "LANG", "TZ"];
/// Where programs are looked for when the environment does not say.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Runs the script of a task.
///
/// # Errors
/// The script cannot be started: it is not there, lies where it may not, or nothing can run it.
pub(super) fn run(settings: &Settings, work: &AgentWork, context: &dyn TaskContext) -> Result<TaskOutcome, Report> {
    let named = work.task.text("InputPath");
    if named.is_empty() {
        let text = format!("task \"{}\" names no script", work.task.identifier);
        return Err(Report::new(Kind::Data, "no-script", text).hint("set InputPath on the task and deploy it"));
    }
    let script = paths::file_of_task(settings, "InputPath", named)?;
    let mut command = command(&script)?;
    ensure_folder(&settings.export_output())?;
    ensure_folder(&settings.export_cookies())?;
    command.current_dir(settings.export_output()).env_clear().envs(environment(settings, work));
    let limit = match work.task.number("Timeout") {
        0 => job_settings(settings).task_timeout,
        seconds => Duration::from_secs(seconds.into()),
    };
    context.log(LogLevel::Information, &format!("runs {}", script.display()));
    let ended = process::run(&mut command, limit, context).map_err(|error| {
        let program = command.get_program().to_string_lossy().into_owned();
        Report::new(Kind::Error, "script-not-started", format!("{program} cannot be started: {error}"))
            .hint("the first line of a script names its program (#!/bin/sh), which must be there")
    })?;
    Ok(outcome(&script, &ended, limit))
}

/// What runs a script: its ending says so.
fn command(script: &Path) -> Result<Command, Report> {
    let ending = script.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let with = |program: &str, arguments: &[&str]| -> Result<Command, Report> {
        let mut command = Command::new(interpreter(program, script)?);
        command.args(arguments).arg(script);
        Ok(command)
    };
    match ending.as_str() {
        "ps1" => with("pwsh", &["-NoLogo", "-NoProfile", "-NonInteractive", "-File"]),
        "sh" => with("sh", &[]),
        // Unbuffered: the log shows a line when it is written.
        "py" => with("python3", &["-u"]),
        _ => {
            let mode = script.metadata().map_err(|error| Report::io("read", script, &error))?.permissions().mode();
            if mode & 0o111 == 0 {
                let text =
                    format!("{} cannot be run: it is neither a script that is known nor a program", script.display());
                return Err(Report::new(Kind::Usage, "script-not-runnable", text).hint(format!(
                    "make it executable (chmod +x {}), or give it the ending .sh, .py or .ps1",
                    script.display()
                )));
            }
            Ok(Command::new(script))
        }
    }
}

/// Where a program is, looked for as a shell does.
fn interpreter(program: &str, script: &Path) -> Result<PathBuf, Report> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| USUAL_PATH.into());
    let runs = |file: &PathBuf| file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0);
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(runs).ok_or_else(|| {
        let text = format!("{} needs {program}, which is not on this machine", script.display());
        Report::new(Kind::Error, "script-interpreter", text).hint(match program {
            "pwsh" => {
                "install PowerShell 7 (pwsh) and make sure that it is in PATH, or write the script for sh or Python"
            }
            _ => "install it, and make sure that it is in PATH",
        })
    })
}

/// The whole environment of a script.
fn environment(settings: &Settings, work: &AgentWork) -> Vec<(&'static str, String)> {
    let inherited = INHERITED.iter().filter_map(|name| Some((*name, std::env::var(name).ok()?)));
    let mut all: Vec<(&str, String)> = inherited.collect();
    if !all.iter().any(|(name, _)| *name == "PATH") {
        all.push(("PATH", USUAL_PATH.to_owned()));
    }
    let shown = |path: &Path| path.display().to_string();
    let mode = match work.mode {
        Mode::Initial => "initial",
        Mode::Complete => "complete",
        Mode::Incremental => "incremental",
    };
    all.extend([
        ("PROVOST_HOME", shown(&settings.home)),
        ("PROVOST_TEMP", shown(&settings.temp)),
        ("PROVOST_WORK", shown(&settings.work)),
        ("PROVOST_EXPORT_OUTPUT", shown(&settings.export_output())),
        ("PROVOST_EXPORT_COOKIES", shown(&settings.export_cookies())),
        ("PROVOST_JOB", work.job.clone()),
        ("PROVOST_JOB_INSTANCE", work.job_instance.to_string()),
        ("PROVOST_TASK", work.task.identifier.clone()),
        ("PROVOST_MODE", mode.to_owned()),
        ("PROVOST_CONNECTOR", work.task.connector.clone().unwrap_or_default()),
        ("PROVOST_AGENT", work.task.agent.clone().unwrap_or_default()),
    ]);
    all
}

fn outcome(script: &Path, ended: &Ended, limit: Duration) -> TaskOutcome {
    let name = script.file_name().unwrap_or_default().to_string_lossy();
    let error = |code: &str, message: String, hint: &str| ErrorReport {
        code: code.to_owned(),
        message,
        hint: Some(hint.to_owned()),
    };
    match ended.end {
        End::Itself(status) if status.success() => completed(true),
        End::Itself(status) if status.code() == Some(WARNING) => TaskOutcome {
            state: InstanceState::Warning,
            error: Some(error(
                "script-warning",
                format!("{name} ended with a warning{}", said(&ended.last)),
                "look at the log of the task",
            )),
            ..completed(true)
        },
        End::Itself(status) => TaskOutcome::errored(error(
            "script-failed",
            format!("{name} {}{}", how(status), said(&ended.last)),
            "look at the log of the task, and mend the script or what it needs",
        )),
        End::TimedOut => TaskOutcome::errored(error(
            "script-timeout",
            format!("{name} was ended after {} s{}", limit.as_secs(), said(&ended.last)),
            "set Timeout on the task to more seconds, or make the script faster",
        )),
        End::Cancelled => TaskOutcome {
            state: InstanceState::Cancelled,
            error: Some(error(
                "script-cancelled",
                format!("{name} was ended because the job was cancelled"),
                "launch the job again when its cause is gone",
            )),
            ..TaskOutcome::default()
        },
    }
}

fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended without exit status".to_owned(),
    }
}

/// The last lines, as the end of a sentence.
fn said(last: &[String]) -> String {
    if last.is_empty() { String::new() } else { format!(": {}", last.join(" | ")) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Heard, home, script, work};
    use super::*;
    use provost_model::configuration::jobs::TaskKind;

    fn run_script(name: &str, text: &str, attributes: &[(&str, &str)]) -> (Result<TaskOutcome, Report>, Vec<String>) {
        let (folder, settings) = home("{}");
        script(folder.path(), name, text);
        let mut attributes = attributes.to_vec();
        attributes.push(("InputPath", name));
        let heard = Heard::default();
        let outcome = run(&settings, &work(TaskKind::InvokeExpression, &attributes), &heard);
        let home = settings.home.display().to_string();
        (outcome, heard.lines().into_iter().map(|line| line.replace(&home, "HOME")).collect())
    }

    #[test]
    fn a_script_sees_a_clean_environment_and_works_in_the_export_folder() {
        let (outcome, lines) =
            run_script("Scripts/s.sh", "pwd; env | cut -d= -f1 | sort; env | grep ^PROVOST_ | sort", &[]);
        assert_eq!(outcome.unwrap(), completed(true));
        let shown: Vec<&str> = lines.iter().map(|line| line.trim_start_matches("Information ")).collect();
        assert_eq!(shown[..2], ["runs HOME/Scripts/s.sh", "HOME/Temp/ExportOutput"]);
        let allowed = |name: &&&str| {
            !name.starts_with("PROVOST_")
                && !INHERITED.contains(name)
                && !["PWD", "OLDPWD", "SHLVL", "_"].contains(name)
        };
        let names: Vec<&&str> = shown[2..].iter().filter(|line| !line.contains('=')).filter(allowed).collect();
        assert_eq!(names, Vec::<&&str>::new());
        let values: Vec<&str> = shown.iter().copied().filter(|line| line.contains('=')).collect();
        insta::assert_snapshot!(values.join("\n"), @r"
        PROVOST_AGENT=
        PROVOST_CONNECTOR=
        PROVOST_EXPORT_COOKIES=HOME/Temp/ExportCookies
        PROVOST_EXPORT_OUTPUT=HOME/Temp/ExportOutput
        PROVOST_HOME=HOME
        PROVOST_JOB=Nightly
        PROVOST_JOB_INSTANCE=7
        PROVOST_MODE=incremental
        PROVOST_TASK=Step
        PROVOST_TEMP=HOME/Temp
        PROVOST_WORK=HOME/Work
        ");
    }

    #[test]
    fn the_exit_status_says_how_the_task_ended() {
        let ended = |text: &str| {
            let outcome = run_script("s.sh", text, &[]).0.unwrap();
            (outcome.state, outcome.produced, outcome.error.map(|e| e.message).unwrap_or_default())
        };
        assert_eq!(ended("exit 0"), (InstanceState::Completed, true, String::new()));
        assert_eq!(
            ended("echo half; exit 4"),
            (InstanceState::Warning, true, "s.sh ended with a warning: half".to_owned())
        );
        assert_eq!(
            ended("echo no table HR; exit 3"),
            (InstanceState::Errored, false, "s.sh ended with exit status 3: no table HR".to_owned())
        );
        assert_eq!(ended("kill -9 $$"), (InstanceState::Errored, false, "s.sh was ended by signal 9".to_owned()));
    }

    #[test]
    fn a_script_that_takes_too_long_is_ended() {
        let (outcome, _) = run_script("s.sh", "sleep 300", &[("Timeout", "1")]);
        let error = outcome.unwrap().error.unwrap();
        assert_eq!((error.code.as_str(), error.message.as_str()), ("script-timeout", "s.sh was ended after 1 s"));
    }

    #[test]
    fn the_ending_says_what_runs_a_script() {
        let (outcome, lines) = run_script("s.py", "import sys; print('python', sys.version_info[0])", &[]);
        assert_eq!(outcome.unwrap().state, InstanceState::Completed);
        assert_eq!(lines[1], "Information python 3");
        let (outcome, _) = run_script("s.txt", "hello", &[]);
        assert_eq!(outcome.unwrap_err().id, "script-not-runnable");
        let (folder, settings) = home("{}");
        let heard = Heard::default();
        script(folder.path(), "bin/s", "#!/bin/sh\necho program");
        std::fs::set_permissions(folder.path().join("bin/s"), std::fs::Permissions::from_mode(0o755)).unwrap();
        run(&settings, &work(TaskKind::InvokeExpression, &[("InputPath", "bin/s")]), &heard).unwrap();
        assert_eq!(heard.lines()[1], "Information program");
        let missing = interpreter("no-such-program", Path::new("x.ps1")).unwrap_err();
        assert_eq!(missing.text, "x.ps1 needs no-such-program, which is not on this machine");
        assert_eq!(run_script("none", "", &[]).0.unwrap_err().id, "script-not-runnable");
    }

    #[test]
    fn a_task_without_script_says_so() {
        let (_folder, settings) = home("{}");
        let report = run(&settings, &work(TaskKind::InvokeExpression, &[]), &Heard::default()).unwrap_err();
        assert_eq!((report.id, report.text.as_str()), ("no-script", "task \"Step\" names no script"));
    }
}
